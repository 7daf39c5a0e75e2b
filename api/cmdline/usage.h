/* SPDX-License-Identifier: MIT */
/* What the commands say of an option that cannot be understood, and the option that they share. */
#ifndef API_CMDLINE_USAGE_H
#define API_CMDLINE_USAGE_H

#include <stdint.h>

enum { SIM_EXIT_USAGE = 2 };

/* "simsock: COMMAND: WHAT "VALUE": EXPECTED" (command NULL: without), on standard error; gives
 * SIM_EXIT_USAGE. */
int sim_cmdline_complain(const char *command, const char *what, const char *value, const char *expected);
/* The value of --seed: 0, or SIM_EXIT_USAGE and it is told. */
int sim_cmdline_seed(const char *command, const char *text, uint64_t *seed);

#endif
