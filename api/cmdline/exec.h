/* SPDX-License-Identifier: MIT */
/* simsock exec: an unmodified program on a virtual network. */
#ifndef API_CMDLINE_EXEC_H
#define API_CMDLINE_EXEC_H

/* argv[0] is "exec". Does not return if the program could be run; else the exit status. */
int exec_main(int argc, char **argv);

#endif
