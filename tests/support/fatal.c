/* SPDX-License-Identifier: MIT */
/*
 * What a failed assertion of simsock's does in a unit test that links modules of sim/ without the faces: it
 * says which fact did not hold and aborts, so that the test program fails at once and a debugger stands
 * there.
 */
#include <stdio.h>
#include <stdlib.h>

#include "sim/base/assert.h"

_Noreturn void sim_fatal(const char *what, const char *file, int line)
{
	fflush(stdout);
	fprintf(stderr, "simsock: %s:%d: does not hold: %s\n", file, line, what);
	fflush(stderr);
	abort();
}
