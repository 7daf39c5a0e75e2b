/* SPDX-License-Identifier: MIT */
/* See usage.h. */
#include "api/cmdline/usage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

int sim_cmdline_complain(const char *command, const char *what, const char *value, const char *expected)
{
	fprintf(stderr, "simsock: %s%s%s \"%s\": %s\n", command ? command : "", command ? ": " : "", what,
		value, expected);
	return SIM_EXIT_USAGE;
}

int sim_cmdline_seed(const char *command, const char *text, uint64_t *seed)
{
	char *end;

	errno = 0;
	*seed = strtoull(text, &end, 10);
	if (errno || end == text || *end || *seed == 0 || text[0] == '-')
		return sim_cmdline_complain(command, "--seed", text,
					    "a number from 1 to 18446744073709551615 was expected");
	return 0;
}
