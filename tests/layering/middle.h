/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LAYERING_MIDDLE_H
#define TESTS_LAYERING_MIDDLE_H

#include "tests/layering/low.h"

enum { SIM_LAYERING_MIDDLE = SIM_LAYERING_LOW + 1 };

#endif
