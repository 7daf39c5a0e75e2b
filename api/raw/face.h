/* SPDX-License-Identifier: MIT */
/*
 * What the faces have in common, whichever form their results have: whose a descriptor is, what precedes a
 * real call while a world lives, restarting and signals on the way out, and the state that belongs to the
 * whole process. Results are -errno; errno is never touched.
 */
#ifndef API_RAW_FACE_H
#define API_RAW_FACE_H

#ifndef _GNU_SOURCE
#error "face.h needs libc.h, which needs _GNU_SOURCE"
#endif

#include <errno.h>
#include <stdbool.h>

#include "api/calls/calls.h"
#include "api/libc/libc.h"

/* A world begins or ends, on whichever thread: while one lives, threads that are no tasks get no sockets. */
void sim_face_world_began(void);
void sim_face_world_ended(void);
/* Called when the last world has ended; NULL: nothing. */
extern void (*sim_face_ended_hook)(void);

/* Why a thread without a world gets no sockets while one lives. */
extern const char *sim_face_refusal;

/* A descriptor that the drop-in face keeps for itself, -1: none. Closing it is EBADF. */
extern int sim_face_own_fd;

/*
 * Weak: NULL unless the drop-in face is linked. The first gives the functions that reserve real numbers; the
 * second tells whether the process's libc names are really ours, or some library's calls would go past us.
 */
__attribute__((weak)) const struct sim_fd_ops *sim_face_fd_ops(void);
__attribute__((weak)) bool sim_dropin_is_in_place(void);

/* ---- before a real call: 0, or -errno and the call is not made ---- */

/* No task runs on this thread: -EAFNOSUPPORT, once it is told why, if a world lives elsewhere. */
long sim_face_may_call(const char *call);
/*
 * A read of a real descriptor is to block, and it may be a signalfd(2)'s, which only virtual time makes
 * readable: waits as poll does. At once, unless the program has any.
 */
long sim_face_before_read(int fd);
long sim_face_before_close(int fd);
/* The numbers from `first` to `last`, both simulated and real ones, but for the one that is kept. */
void sim_face_before_close_range(unsigned int first, unsigned int last, int flags);
/* From a real `fd`. 1: closing what stood at `to` let others run, and `fd` has become a simulated one. */
long sim_face_before_dup(int fd, int to);
/* A real set cannot hold a simulated descriptor: the kernel would watch the number's place-holder. */
long sim_face_before_epoll_ctl(int epfd, int op, int fd, const struct epoll_event *ev);

/* signalfd(2) was called. */
void sim_face_has_signalfd(void);

/* ---- sendfile(2) with a simulated descriptor on either side ---- */

bool sim_face_sends_file(int to, int from);
long sim_face_sendfile(struct sim_task *t, int to, int from, off_t *at, size_t len);

/* ---- whose a call is, and what it leaves behind ---- */

/* A number that is not simulated: is it the program's own? */
static inline bool sim_face_is_real(const struct sim_task *t, int fd)
{
	return fd >= 0 && (t->proc->fds->ops || fd < 3);
}

/* A wait was interrupted, and nothing has happened yet: whoever cancels threads does it here. May not return.
 */
extern void (*sim_face_interrupted_hook)(void);

/* See below; the rare case. */
bool sim_face_settle(struct sim_task *t, long *result);

/* Runs the signals that a call left pending. True: the call is to be made again. */
static inline bool sim_face_again(struct sim_task *t, long *result)
{
	return __builtin_expect((t->proc->pending | t->proc->arrived) != 0 || *result == -SIM_ERESTART ||
					(*result < 0 && t->interrupted),
				0) &&
	       sim_face_settle(t, result);
}

/* Milliseconds as poll(2) has them: a span, or NULL for ever. */
static inline const struct timespec *sim_face_span_of_ms(int ms, struct timespec *room)
{
	if (ms < 0)
		return NULL;
	room->tv_sec = ms / 1000;
	room->tv_nsec = ms % 1000 * 1000000L;
	return room;
}

#endif
