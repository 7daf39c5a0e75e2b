/* SPDX-License-Identifier: MIT */
/* Readiness where libc and the kernel have it otherwise: see simsock_posix.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <limits.h>

#include "api/posix/posix.h"

int sim_ppoll(struct pollfd *fds, nfds_t num, const struct timespec *timeout, const sigset_t *mask)
{
	SIM_POSIX_PLAIN(int, sim_libc()->ppoll(fds, num, timeout, mask),
			sim_call_poll(t, SIM_CALL_PPOLL, fds, num, timeout, mask));
}

/* select(2), Linux: microseconds may be more than a second's; what is left of the time is told. */
static int select_simulated(struct sim_task *t, int num, fd_set *rd, fd_set *wr, fd_set *ex,
			    struct timeval *timeout)
{
	struct timespec span = { .tv_sec = 0 }, left;
	long r;

	if (timeout && (timeout->tv_sec < 0 || timeout->tv_usec < 0)) {
		errno = EINVAL;
		return -1;
	}
	if (timeout && timeout->tv_usec / 1000000 > LONG_MAX - timeout->tv_sec) {
		span.tv_sec = LONG_MAX;
		span.tv_nsec = 999999999;
	} else if (timeout) {
		span.tv_sec = timeout->tv_sec + timeout->tv_usec / 1000000;
		span.tv_nsec = timeout->tv_usec % 1000000 * 1000;
	}
	left = span;
	do
		r = sim_call_select(t, SIM_CALL_SELECT, num, rd, wr, ex, timeout ? &span : NULL, NULL, &left);
	while (sim_posix_again(t, &r));
	if (timeout) {
		timeout->tv_sec = left.tv_sec;
		timeout->tv_usec = left.tv_nsec / 1000;
	}
	return (int)r;
}

int sim_select(int num, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout)
{
	return sim_current ? select_simulated(sim_current, num, rd, wr, ex, timeout)
			   : sim_libc()->select(num, rd, wr, ex, timeout);
}

int sim_pselect(int num, fd_set *rd, fd_set *wr, fd_set *ex, const struct timespec *timeout,
		const sigset_t *mask)
{
	SIM_POSIX_PLAIN(int, sim_libc()->pselect(num, rd, wr, ex, timeout, mask),
			sim_call_select(t, SIM_CALL_PSELECT, num, rd, wr, ex, timeout, mask, NULL));
}

int sim_epoll_pwait(int epfd, struct epoll_event *out, int max, int timeout_ms, const sigset_t *mask)
{
	struct timespec ts;

	SIM_POSIX_FD(int, epfd, sim_libc()->epoll_pwait(epfd, out, max, timeout_ms, mask),
		     sim_call_epoll_wait(t, SIM_CALL_EPOLL_PWAIT, epfd, out, max,
					 sim_face_span_of_ms(timeout_ms, &ts), mask));
}

static int pwait2_real(int epfd, struct epoll_event *out, int max, const struct timespec *timeout,
		       const sigset_t *mask)
{
	if (sim_libc()->epoll_pwait2)
		return sim_libc()->epoll_pwait2(epfd, out, max, timeout, mask);
	errno = ENOSYS;
	return -1;
}

int sim_epoll_pwait2(int epfd, struct epoll_event *out, int max, const struct timespec *timeout,
		     const sigset_t *mask)
{
	SIM_POSIX_FD(int, epfd, pwait2_real(epfd, out, max, timeout, mask),
		     sim_call_epoll_wait(t, SIM_CALL_EPOLL_PWAIT2, epfd, out, max, timeout, mask));
}
