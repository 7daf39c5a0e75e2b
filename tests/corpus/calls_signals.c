/* SPDX-License-Identifier: MIT */
/*
 * Time and signals: calls that wait and are interrupted by a timer's signal, timeouts of sockets, sleeping
 * and clocks. TIMING: of a time that passed only whether it was long enough is written, and each takes a few
 * milliseconds of the budget.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <sys/select.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "tests/corpus/calls.h"
#include "tests/corpus/drawn.h"
#include "tests/corpus/transcript.h"

enum { WAIT_MS = 2, LONG_MS = 900, TIMEOUT_MS = 400 };

static int64_t now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

static void say_span(int64_t began_ms, int expected_ms)
{
	int64_t span_ms = now_ms() - began_ms;

	/* Both readings are cut to milliseconds. */
	also(" %s", span_ms < expected_ms - 1 ? "too early" : span_ms < LONG_MS ? "in time" : "late");
}

/* TIMING: again and again, for the first may come before the call that it is to interrupt. */
static void set_timer(int ms)
{
	struct itimerval it = { .it_value = { 0, ms * 1000 }, .it_interval = { 0, ms * 1000 } };

	setitimer(ITIMER_REAL, &it, NULL);
}

static void set_timeout(int fd, int option, int ms)
{
	struct timeval tv = { 0, ms * 1000 };

	setsockopt(fd, SOL_SOCKET, option, &tv, sizeof tv);
}

static long wait_in_epoll(int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int set = epoll_create1(0);
	long r;
	int err;

	epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev);
	r = epoll_wait(set, &ev, 1, LONG_MS);
	err = errno;
	close(set);
	errno = err;
	return r;
}

static long wait_in_select(int fd)
{
	struct timeval tv = { 0, LONG_MS * 1000L };
	fd_set in;

	FD_ZERO(&in);
	FD_SET(fd, &in);
	return select(fd + 1, &in, NULL, NULL, &tv);
}

enum way {
	IN_RECV,
	IN_READ,
	IN_RECVMSG,
	IN_POLL,
	IN_SELECT,
	IN_EPOLL,
	IN_NANOSLEEP,
	IN_PAUSE,
	IN_ACCEPT,
	NUM_WAYS
};
static const char *const ways[NUM_WAYS] = { "recv",  "read",      "recvmsg", "poll",  "select",
					    "epoll", "nanosleep", "pause",   "accept" };

static long wait_in(enum way way, int fd, int listener)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	struct timespec ts = { 0, LONG_MS * 1000000L };
	struct iovec iov = { room, 10 };
	struct msghdr msg = { .msg_iov = &iov, .msg_iovlen = 1 };

	switch (way) {
	case IN_RECV: return recv(fd, room, 10, 0);
	case IN_READ: return read(fd, room, 10);
	case IN_RECVMSG: return recvmsg(fd, &msg, 0);
	case IN_POLL: return poll(&p, 1, LONG_MS);
	case IN_SELECT: return wait_in_select(fd);
	case IN_EPOLL: return wait_in_epoll(fd);
	case IN_NANOSLEEP: return nanosleep(&ts, NULL);
	case IN_PAUSE: return pause();
	default: return accept(listener, NULL, NULL);
	}
}

/* Two that wait for each other, and one that nobody connects to. */
struct idle {
	int fd, other, listener;
};

static struct idle make_idle(void)
{
	struct idle i = { -1, -1, -1 };
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	int fd[2] = { -1, -1 };

	i.listener = socket(AF_INET, SOCK_STREAM, 0);
	bind(i.listener, (struct sockaddr *)&a, sizeof a);
	listen(i.listener, 1);
	if (one_in(2)) {
		socketpair(AF_UNIX, one_in(2) ? SOCK_STREAM : SOCK_DGRAM, 0, fd);
	} else {
		fd[0] = socket(AF_INET, SOCK_DGRAM, 0);
		bind(fd[0], (struct sockaddr *)&a, sizeof a);
	}
	i.fd = fd[0];
	i.other = fd[1];
	return i;
}

static void end_idle(const struct idle *i)
{
	close(i->fd);
	close(i->listener);
	if (i->other >= 0)
		close(i->other);
}

/* signal(7): which calls a handler interrupts, SA_RESTART or not; with a timeout of its own none is
 * restarted. */
void call_interrupted(void)
{
	enum way way = draw(NUM_WAYS);
	bool restart = one_in(2);
	struct sigaction sa = { .sa_flags = restart ? SA_RESTART : 0, .sa_handler = count_signal };
	struct idle i;
	int64_t began_ms;
	int timeout_ms = restart || one_in(3) ? TIMEOUT_MS : 0, err;
	long r;

	if (take_ms(WAIT_MS) < WAIT_MS)
		return;
	i = make_idle();
	sigaction(SIGALRM, &sa, NULL);
	set_timeout(i.fd, SO_RCVTIMEO, timeout_ms);
	set_timeout(i.listener, SO_RCVTIMEO, timeout_ms);
	began_ms = now_ms();
	set_timer(WAIT_MS);
	r = wait_in(way, i.fd, i.listener);
	err = errno;
	set_timer(0);
	errno = err;
	said(r, "interrupted: %s(%d)%s, timeout %d", ways[way], i.fd, restart ? " SA_RESTART" : "",
	     timeout_ms);
	say_span(began_ms, WAIT_MS);
	end_idle(&i);
}

/* socket(7), SO_RCVTIMEO. */
void call_timeout(void)
{
	static const enum way with_timeout[] = { IN_RECV, IN_READ, IN_RECVMSG, IN_ACCEPT };
	enum way way = PICK(with_timeout);
	struct idle i;
	int64_t began_ms;
	long r;

	if (take_ms(WAIT_MS) < WAIT_MS)
		return;
	i = make_idle();
	set_timeout(i.fd, SO_RCVTIMEO, WAIT_MS);
	set_timeout(i.listener, SO_RCVTIMEO, WAIT_MS);
	began_ms = now_ms();
	r = wait_in(way, i.fd, i.listener);
	said(r, "timeout: %s(%d)", ways[way], i.fd);
	say_span(began_ms, WAIT_MS);
	end_idle(&i);
}

static void sleep_shortly(void)
{
	struct timespec ts = { 0, take_ms(1) * 1000000L };
	int64_t began_ms = now_ms();
	int clock = PICK(((const int[]){ CLOCK_MONOTONIC, CLOCK_REALTIME, CLOCK_BOOTTIME, 99 }));
	int err;

	if (one_in(4))
		ts.tv_nsec = PICK(((const long[]){ -1, 1000000000, 0 }));
	if (one_in(2)) {
		said(nanosleep(&ts, NULL), "nanosleep(%ld)", ts.tv_nsec);
	} else {
		err = clock_nanosleep(clock, 0, &ts, NULL);
		said(err, "clock_nanosleep(%d, %ld)", clock, ts.tv_nsec);
	}
	say_span(began_ms, 0);
}

/* A timer that is far away, and what is told of it; none is left behind. */
static void look_at_timers(void)
{
	struct itimerval it = { .it_value = { 70, 0 }, .it_interval = { 5, 0 } }, old;

	said(setitimer(ITIMER_REAL, &it, &old), "setitimer(70 s)");
	also(" before %d", old.it_value.tv_sec || old.it_value.tv_usec);
	said(getitimer(ITIMER_REAL, &old), "getitimer()");
	also(" %d, then %ld", old.it_value.tv_sec >= 69, (long)old.it_interval.tv_sec);
	said((long)alarm(100), "alarm(100)");
	said((long)alarm(0), "alarm(0)");
	it.it_value.tv_usec = 1000000;
	said(setitimer(ITIMER_REAL, &it, NULL), "setitimer(1000000 us)");
}

void call_time(void)
{
	static int64_t last_ms;
	struct timespec ts = { 0, 0 };
	int64_t ms;

	switch (draw(4)) {
	case 0: sleep_shortly(); return;
	case 1: look_at_timers(); return;
	case 2:
		said(clock_getres(CLOCK_MONOTONIC, &ts), "clock_getres()");
		also(" %ld ns", ts.tv_nsec);
		said(clock_gettime(99, &ts), "clock_gettime(99)");
		return;
	default:
		ms = now_ms();
		said(0, "clock_gettime()");
		also(" %s", ms >= last_ms ? "not before" : "back in time");
		last_ms = ms;
		return;
	}
}
