/* SPDX-License-Identifier: MIT */
/* simsock fidelity: see fidelity.c. */
#ifndef API_CMDLINE_FIDELITY_H
#define API_CMDLINE_FIDELITY_H

#include <stdio.h>

/* Prints the list as Markdown; docs/fidelity.md is its output. The exit status: failing to write is
 * EXIT_FAILURE. */
int fidelity_print(FILE *out);

#endif
