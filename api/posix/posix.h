/* SPDX-License-Identifier: MIT */
/* What the functions of simsock_posix.h are made of: which side a descriptor is on, restarting, errno. */
#ifndef API_POSIX_POSIX_H
#define API_POSIX_POSIX_H

#ifndef _GNU_SOURCE
#error "posix.h needs libc.h, which needs _GNU_SOURCE"
#endif

#include <errno.h>
#include <stdbool.h>

#include "api/calls/calls.h"
#include "api/libc/libc.h"
#include "api/posix/simsock_posix.h"
#include "api/raw/face.h"

/* 0 or -errno, as the faces' common part has it: true, or errno. */
static inline bool sim_posix_ok(long err)
{
	if (!err)
		return true;
	errno = (int)-err;
	return false;
}

/* A result or -errno, as libc has it. */
static inline long sim_posix_result(long r)
{
	return r < 0 ? (sim_posix_ok(r), -1) : r;
}

/* No task runs on this thread: true if it may have libc's sockets. False: errno is EAFNOSUPPORT, once it is
 * told why. */
static inline bool sim_posix_may_use_libc(const char *call)
{
	return sim_posix_ok(sim_face_may_call(call));
}

/* The current task's call has nothing behind it: a reason, and errno or h_errno, is all that it leaves. */
void sim_posix_refuse(enum sim_call_id id, int code);

/* What a call left behind: runs pending signals, makes errno. True: the call is to be made again. */
static inline bool sim_posix_again(struct sim_task *t, long *result)
{
	if (sim_face_again(t, result))
		return true;
	*result = sim_posix_result(*result);
	return false;
}

#define SIM_POSIX_RETURN(type, task, call)                      \
	do {                                                    \
		long posix_result;                              \
                                                                \
		do                                              \
			posix_result = (call);                  \
		while (sim_posix_again((task), &posix_result)); \
		return (type)posix_result;                      \
	} while (0)

/*
 * The body of a call on one descriptor; in `call`, `t` is the current task. A number that turns out to be
 * nobody's is the simulation's: it knows how to explain EBADF.
 */
#define SIM_POSIX_FD(type, fd, real, call)                                                             \
	do {                                                                                           \
		struct sim_task *t = sim_current;                                                      \
                                                                                                       \
		if (__builtin_expect(!t, 0))                                                           \
			return (real);                                                                 \
		if (__builtin_expect(!sim_fd_is_simulated(t, (fd)), 0) && sim_face_is_real(t, (fd))) { \
			type posix_real = (real);                                                      \
                                                                                                       \
			if (posix_real != -1 || errno != EBADF)                                        \
				return posix_real;                                                     \
		}                                                                                      \
		SIM_POSIX_RETURN(type, t, call);                                                       \
	} while (0)

/* The body of a call that needs none. */
#define SIM_POSIX_PLAIN(type, real, call)         \
	do {                                      \
		struct sim_task *t = sim_current; \
                                                  \
		if (__builtin_expect(!t, 0))      \
			return (real);            \
		SIM_POSIX_RETURN(type, t, call);  \
	} while (0)

#endif
