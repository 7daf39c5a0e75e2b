/* SPDX-License-Identifier: MIT */
/*
 * Assertions, always on: a failed one is a bug of simsock's, never of the user's and never a simulated error.
 *
 * Must not know who prints: sim_fatal() is supplied by whoever embeds the virtual network (api/, or a test),
 * which prints seed and virtual time and ends the process.
 */
#ifndef SIM_BASE_ASSERT_H
#define SIM_BASE_ASSERT_H

_Noreturn void sim_fatal(const char *what, const char *file, int line);

#define SIM_ASSERT(cond)      (__builtin_expect(!!(cond), 1) ? (void)0 : sim_fatal(#cond, __FILE__, __LINE__))
#define SIM_UNREACHABLE(what) sim_fatal(what, __FILE__, __LINE__)

#endif
