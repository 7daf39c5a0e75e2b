/* SPDX-License-Identifier: MIT */
/*
 * Readiness as the kernel has it, where libc has it otherwise: sets of signals are 8 bytes and their size is
 * told, what is left of a time is put back. select(2), pselect(2), poll(2), epoll_wait(2), each under "C
 * library/kernel differences".
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <string.h>
#include <sys/syscall.h>

#include "api/raw/raw.h"
#include "sim/base/uaccess.h"

#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif

enum { KERNEL_SIGSET_BYTES = 8, US_PER_S = 1000000 };

/* A set of signals as the kernel takes it. *mask is NULL if none was given. 0, -EINVAL, -EFAULT. */
static long take_mask(const void *user, size_t bytes, sigset_t *room, const sigset_t **mask)
{
	*mask = NULL;
	if (!user)
		return 0;
	if (bytes != KERNEL_SIGSET_BYTES)
		return -EINVAL;
	sigemptyset(room);
	if (sim_copy_from_user(room, user, KERNEL_SIGSET_BYTES))
		return -EFAULT;
	*mask = room;
	return 0;
}

/* What is wrong with an argument, by its place or by where it points. */
static long refuse(struct sim_task *t, enum sim_call_id id, int fd, long err, int place, const void *user)
{
	bool bad_pointer = err == -EFAULT;

	return sim_call_fail(t, id, fd, (int)-err, bad_pointer ? SIM_WHY_BAD_POINTER : SIM_WHY_BAD_ARGUMENT,
			     bad_pointer ? (int64_t)(uintptr_t)user : place);
}

/* A span that is given by reference, and when it ends. */
struct span {
	struct timespec ts;
	const struct timespec *p; /* ts, or NULL: for ever */
	int64_t start_ns;
};

static int64_t now_ns(const struct sim_task *t)
{
	return sim_now(t->sched->ctx);
}

static long take_span(const struct sim_task *t, const void *user, struct span *s)
{
	s->p = NULL;
	s->start_ns = now_ns(t);
	if (!user)
		return 0;
	if (sim_copy_from_user(&s->ts, user, sizeof s->ts))
		return -EFAULT;
	s->p = &s->ts;
	return s->ts.tv_sec < 0 || s->ts.tv_nsec < 0 || s->ts.tv_nsec >= SIM_NS_PER_S ? -EINVAL : 0;
}

/* What is left; nothing is said of a span of 0 (the kernel's poll_select_finish()). */
static bool what_is_left(const struct sim_task *t, const struct span *s, struct timespec *left)
{
	int64_t passed_ns = now_ns(t) - s->start_ns;
	struct timespec passed = { passed_ns / SIM_NS_PER_S, passed_ns % SIM_NS_PER_S };

	if (!s->p || (!s->ts.tv_sec && !s->ts.tv_nsec))
		return false;
	left->tv_sec = s->ts.tv_sec - passed.tv_sec;
	left->tv_nsec = s->ts.tv_nsec - passed.tv_nsec;
	if (left->tv_nsec < 0) {
		left->tv_sec--;
		left->tv_nsec += SIM_NS_PER_S;
	}
	if (left->tv_sec < 0)
		*left = (struct timespec){ 0, 0 };
	return true;
}

/* Memory that cannot be written spoils nothing. */
static void put_left(const struct sim_task *t, const struct span *s, void *user)
{
	struct timespec left;

	if (what_is_left(t, s, &left))
		(void)sim_copy_to_user(user, &left, sizeof left);
}

/* ---- poll ---- */

static long poll_masked(struct sim_task *t, struct pollfd *fds, nfds_t num, struct timespec *timeout,
			const void *user_mask, size_t mask_bytes)
{
	const sigset_t *mask;
	struct span s;
	sigset_t room;
	long r = take_span(t, timeout, &s);

	if (!r)
		r = take_mask(user_mask, mask_bytes, &room, &mask);
	if (r)
		return refuse(t, SIM_CALL_PPOLL, -1, r, 3, s.p ? user_mask : timeout);
	do
		r = sim_call_poll(t, SIM_CALL_PPOLL, fds, num, s.p, mask);
	while (sim_face_again(t, &r));
	put_left(t, &s, timeout);
	return r;
}

long sys_ppoll(struct pollfd *fds, nfds_t num, struct timespec *timeout, const void *mask, size_t mask_bytes)
{
	return sim_current ? poll_masked(sim_current, fds, num, timeout, mask, mask_bytes)
			   : SIM_KERNEL(SYS_ppoll, fds, num, timeout, mask, mask_bytes);
}

/* ---- select ---- */

static long select_for(struct sim_task *t, enum sim_call_id id, int num, fd_set *const sets[3],
		       const struct span *s, const sigset_t *mask)
{
	long r;

	do
		r = sim_call_select(t, id, num, sets[0], sets[1], sets[2], s->p, mask, NULL);
	while (sim_face_again(t, &r));
	return r;
}

/* Microseconds may be more than a second's, and only the sum is looked at. */
static long span_of_timeval(const struct sim_task *t, const struct timeval *user, struct span *s)
{
	struct timeval tv;

	s->p = NULL;
	s->start_ns = now_ns(t);
	if (!user)
		return 0;
	if (sim_copy_from_user(&tv, user, sizeof tv))
		return -EFAULT;
	/* What overflows is negative, as the kernel has it. */
	(void)__builtin_add_overflow(tv.tv_sec, tv.tv_usec / US_PER_S, &s->ts.tv_sec);
	s->ts.tv_nsec = tv.tv_usec % US_PER_S * 1000;
	s->p = &s->ts;
	return s->ts.tv_sec < 0 || s->ts.tv_nsec < 0 ? -EINVAL : 0;
}

static long select_simulated(struct sim_task *t, int num, fd_set *const sets[3], struct timeval *timeout)
{
	struct timespec left;
	struct timeval tv;
	struct span s;
	long r = span_of_timeval(t, timeout, &s);

	if (r)
		return refuse(t, SIM_CALL_SELECT, -1, r, 5, timeout);
	r = select_for(t, SIM_CALL_SELECT, num, sets, &s, NULL);
	if (what_is_left(t, &s, &left)) {
		tv = (struct timeval){ left.tv_sec, left.tv_nsec / 1000 };
		(void)sim_copy_to_user(timeout, &tv, sizeof tv);
	}
	return r;
}

long sys_select(int num, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout)
{
	return sim_current ? select_simulated(sim_current, num, (fd_set *const[]){ rd, wr, ex }, timeout)
			   : SIM_KERNEL(SYS_select, num, rd, wr, ex, timeout);
}

static long pselect_simulated(struct sim_task *t, int num, fd_set *const sets[3], struct timespec *timeout,
			      const struct sim_sys_sigset *user)
{
	struct sim_sys_sigset last = { NULL, 0 };
	const sigset_t *mask;
	struct span s;
	sigset_t room;
	long r = user && sim_copy_from_user(&last, user, sizeof last) ? -EFAULT : 0;

	if (!r)
		r = take_span(t, timeout, &s);
	if (!r)
		r = take_mask(last.mask, last.mask_bytes, &room, &mask);
	if (r)
		return refuse(t, SIM_CALL_PSELECT, -1, r, 5, user);
	r = select_for(t, SIM_CALL_PSELECT, num, sets, &s, mask);
	put_left(t, &s, timeout);
	return r;
}

long sys_pselect6(int num, fd_set *rd, fd_set *wr, fd_set *ex, struct timespec *timeout,
		  const struct sim_sys_sigset *mask)
{
	return sim_current
		       ? pselect_simulated(sim_current, num, (fd_set *const[]){ rd, wr, ex }, timeout, mask)
		       : SIM_KERNEL(SYS_pselect6, num, rd, wr, ex, timeout, mask);
}

/* ---- epoll ---- */

static long epoll_masked(struct sim_task *t, enum sim_call_id id, int epfd, struct epoll_event *out, int max,
			 const struct timespec *timeout, const void *user_mask, size_t mask_bytes)
{
	const sigset_t *mask;
	sigset_t room;
	long r = take_mask(user_mask, mask_bytes, &room, &mask);

	if (r)
		return refuse(t, id, epfd, r, 5, user_mask);
	SIM_RAW_RETURN(t, sim_call_epoll_wait(t, id, epfd, out, max, timeout, mask));
}

long sys_epoll_pwait(int epfd, struct epoll_event *out, int max, int timeout_ms, const void *mask,
		     size_t mask_bytes)
{
	struct timespec ts;

	SIM_RAW_FD(epfd, SIM_KERNEL(SYS_epoll_pwait, epfd, out, max, timeout_ms, mask, mask_bytes),
		   epoll_masked(t, SIM_CALL_EPOLL_PWAIT, epfd, out, max, sim_face_span_of_ms(timeout_ms, &ts),
				mask, mask_bytes));
}

long sys_epoll_pwait2(int epfd, struct epoll_event *out, int max, const struct timespec *timeout,
		      const void *mask, size_t mask_bytes)
{
	SIM_RAW_FD(epfd, SIM_KERNEL(SYS_epoll_pwait2, epfd, out, max, timeout, mask, mask_bytes),
		   epoll_masked(t, SIM_CALL_EPOLL_PWAIT2, epfd, out, max, timeout, mask, mask_bytes));
}
