/* SPDX-License-Identifier: MIT */
/* What the functions of simsock_raw.h are made of: which side a call is on, restarting. */
#ifndef API_RAW_RAW_H
#define API_RAW_RAW_H

#include "api/libc/kernel.h"
#include "api/raw/face.h"
#include "api/raw/simsock_raw.h"

/* The body of a call that is simulated: made anew as long as SA_RESTART says so. */
#define SIM_RAW_RETURN(task, call)                           \
	do {                                                 \
		long raw_result;                             \
                                                             \
		do                                           \
			raw_result = (call);                 \
		while (sim_face_again((task), &raw_result)); \
		return raw_result;                           \
	} while (0)

/*
 * The body of a call on one descriptor; in `call`, `t` is the current task. A number that turns out to be
 * nobody's is the simulation's: it knows how to explain EBADF.
 */
#define SIM_RAW_FD(fd, real, call)                                                                     \
	do {                                                                                           \
		struct sim_task *t = sim_current;                                                      \
                                                                                                       \
		if (__builtin_expect(!t, 0))                                                           \
			return (real);                                                                 \
		if (__builtin_expect(!sim_fd_is_simulated(t, (fd)), 0) && sim_face_is_real(t, (fd))) { \
			long raw_real = (real);                                                        \
                                                                                                       \
			if (raw_real != -EBADF)                                                        \
				return raw_real;                                                       \
		}                                                                                      \
		SIM_RAW_RETURN(t, call);                                                               \
	} while (0)

/* The body of a call that needs none. */
#define SIM_RAW_PLAIN(real, call)                 \
	do {                                      \
		struct sim_task *t = sim_current; \
                                                  \
		if (__builtin_expect(!t, 0))      \
			return (real);            \
		SIM_RAW_RETURN(t, call);          \
	} while (0)

#endif
