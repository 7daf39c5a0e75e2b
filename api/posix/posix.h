/* SPDX-License-Identifier: MIT */
/*
 * What the functions of simsock_posix.h are made of: which side a descriptor is on, restarting, errno. And
 * the state of the face that belongs to the whole process.
 */
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

/* A world begins or ends, on whichever thread: while one lives, threads that are no tasks get no sockets. */
void sim_posix_world_began(void);
void sim_posix_world_ended(void);
/* Called when the last world has ended; NULL: nothing. */
extern void (*sim_posix_ended_hook)(void);

/* Why a thread without a world gets no sockets while one lives. */
extern const char *sim_posix_refusal;

/* A descriptor that the drop-in face keeps for itself, -1: none. Closing it is EBADF. */
extern int sim_posix_own_fd;

/*
 * Weak: NULL unless the drop-in face is linked. The first gives the functions that reserve real numbers; the
 * second tells whether the process's libc names are really ours, or some library's calls would go past us.
 */
__attribute__((weak)) const struct sim_fd_ops *sim_face_fd_ops(void);
__attribute__((weak)) bool sim_dropin_is_in_place(void);

/* No task runs on this thread: true if it may have libc's sockets. False: errno is EAFNOSUPPORT, once it is
 * told why. */
bool sim_posix_may_use_libc(const char *call);

/* The current task's call has nothing behind it: a reason, and errno or h_errno, is all that it leaves. */
void sim_posix_refuse(enum sim_call_id id, int code);

/*
 * A read of a real descriptor is to block, and it may be a signalfd(2)'s, which only virtual time makes
 * readable: waits as poll does. False, with errno: interrupted. At once, unless the program has any.
 */
bool sim_posix_wait_to_read(int fd);

/* A wait was interrupted, and nothing has happened yet: whoever cancels threads does it here. May not return.
 */
extern void (*sim_posix_interrupted_hook)(void);

/* What a call left behind: runs pending signals, makes errno. True: the call is to be made again. */
bool sim_posix_settle(struct sim_task *t, long *result);

static inline bool sim_posix_again(struct sim_task *t, long *result)
{
	if (__builtin_expect((t->proc->pending | t->proc->arrived) != 0 || *result == -SIM_ERESTART ||
				     (*result < 0 && t->interrupted),
			     0))
		return sim_posix_settle(t, result);
	if (*result < 0) {
		errno = (int)-*result;
		*result = -1;
	}
	return false;
}

/* A number that is not simulated: is it the program's own? */
static inline bool sim_posix_is_real(const struct sim_task *t, int fd)
{
	return fd >= 0 && (t->proc->fds->ops || fd < 3);
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
#define SIM_POSIX_FD(type, fd, real, call)                                                              \
	do {                                                                                            \
		struct sim_task *t = sim_current;                                                       \
                                                                                                        \
		if (__builtin_expect(!t, 0))                                                            \
			return (real);                                                                  \
		if (__builtin_expect(!sim_fd_is_simulated(t, (fd)), 0) && sim_posix_is_real(t, (fd))) { \
			type posix_real = (real);                                                       \
                                                                                                        \
			if (posix_real != -1 || errno != EBADF)                                         \
				return posix_real;                                                      \
		}                                                                                       \
		SIM_POSIX_RETURN(type, t, call);                                                        \
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
