/* SPDX-License-Identifier: MIT */
/* simsock run FILE...: scenarios. */
#ifndef API_CMDLINE_RUN_H
#define API_CMDLINE_RUN_H

/* argv[0] is "run". 0: all passed; 1: an expectation was not met; 2: a mistake in a script or an option. */
int run_main(int argc, char **argv);

#endif
