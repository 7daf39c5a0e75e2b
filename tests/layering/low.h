/* SPDX-License-Identifier: MIT */
#ifndef TESTS_LAYERING_LOW_H
#define TESTS_LAYERING_LOW_H

enum { SIM_LAYERING_LOW = 1 };

#endif
