/* SPDX-License-Identifier: MIT */
/* Includes both headers: right with both libraries in deps, wrong with one. */
#include "tests/layering/low.h"
#include "tests/layering/middle.h"

_Static_assert(SIM_LAYERING_MIDDLE == SIM_LAYERING_LOW + 1, "both headers are seen");
