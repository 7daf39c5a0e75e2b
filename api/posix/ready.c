/* SPDX-License-Identifier: MIT */
/* Readiness: see simsock_posix.h. Timeouts in the callers' units become spans. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <limits.h>

#include "api/posix/posix.h"
#include "sim/base/uaccess.h"

/* Milliseconds, negative: for ever. */
static const struct timespec *span_of_ms(int ms, struct timespec *ts)
{
	if (ms < 0)
		return NULL;
	ts->tv_sec = ms / 1000;
	ts->tv_nsec = ms % 1000 * 1000000L;
	return ts;
}

int sim_poll(struct pollfd *fds, nfds_t num, int timeout_ms)
{
	struct timespec ts;

	SIM_POSIX_PLAIN(int, sim_libc()->poll(fds, num, timeout_ms),
			sim_call_poll(t, SIM_CALL_POLL, fds, num, span_of_ms(timeout_ms, &ts), NULL));
}

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

int sim_epoll_create(int size)
{
	/* epoll_create(2): the size means nothing but must be more than 0. A flag that does not exist fails
	 * alike. */
	SIM_POSIX_PLAIN(int, sim_libc()->epoll_create(size),
			sim_call_epoll_create(t, SIM_CALL_EPOLL_CREATE, size > 0 ? 0 : 1));
}

int sim_epoll_create1(int flags)
{
	SIM_POSIX_PLAIN(int, sim_libc()->epoll_create1(flags),
			sim_call_epoll_create(t, SIM_CALL_EPOLL_CREATE1, flags));
}

/* A real set cannot hold a simulated descriptor: the kernel would watch the number's place-holder. */
static int ctl_real(int epfd, int op, int fd, struct epoll_event *ev)
{
	struct epoll_event copy;

	if (sim_current && sim_fd_is_simulated(sim_current, fd) && sim_libc()->fcntl(epfd, F_GETFD) >= 0) {
		if (op != EPOLL_CTL_DEL && sim_copy_from_user(&copy, ev, sizeof copy)) {
			errno = EFAULT;
			return -1;
		}
		/* What is no set at all says so (EINVAL); the place-holder is in none. */
		if (!sim_libc()->epoll_ctl(epfd, EPOLL_CTL_DEL, fd, NULL) || errno != EINVAL)
			errno = EPERM;
		return -1;
	}
	return sim_libc()->epoll_ctl(epfd, op, fd, ev);
}

int sim_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	SIM_POSIX_FD(int, epfd, ctl_real(epfd, op, fd, ev), sim_call_epoll_ctl(t, epfd, op, fd, ev));
}

int sim_epoll_wait(int epfd, struct epoll_event *out, int max, int timeout_ms)
{
	struct timespec ts;

	SIM_POSIX_FD(int, epfd, sim_libc()->epoll_wait(epfd, out, max, timeout_ms),
		     sim_call_epoll_wait(t, SIM_CALL_EPOLL_WAIT, epfd, out, max, span_of_ms(timeout_ms, &ts),
					 NULL));
}

int sim_epoll_pwait(int epfd, struct epoll_event *out, int max, int timeout_ms, const sigset_t *mask)
{
	struct timespec ts;

	SIM_POSIX_FD(int, epfd, sim_libc()->epoll_pwait(epfd, out, max, timeout_ms, mask),
		     sim_call_epoll_wait(t, SIM_CALL_EPOLL_PWAIT, epfd, out, max, span_of_ms(timeout_ms, &ts),
					 mask));
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
