/* SPDX-License-Identifier: MIT */
/*
 * Readiness: poll, select and epoll over sockets, pipes, eventfds, files and sets in sets. Most waits are of
 * no time; the others take it from the budget, and nothing becomes ready while they wait.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/select.h>
#include <time.h>

#include "tests/corpus/calls.h"
#include "tests/corpus/drawn.h"
#include "tests/corpus/transcript.h"

enum { MAX_SET = 6 };

static int draw_timeout_ms(void)
{
	return one_in(40) ? take_ms(2) : 0;
}

void call_poll(void)
{
	static const short wanted[] = { POLLIN,
					POLLOUT,
					POLLIN | POLLOUT,
					POLLIN | POLLPRI | POLLRDHUP,
					0,
					POLLRDNORM | POLLWRNORM,
					POLLRDBAND | POLLWRBAND | POLLHUP };
	struct pollfd set[MAX_SET];
	nfds_t num = draw(MAX_SET + 1);
	int ms = draw_timeout_ms();
	struct timespec ts = { 0, ms * 1000000L };
	bool plain = one_in(2);
	long r;

	for (nfds_t i = 0; i < num; i++) {
		set[i].fd = draw_fd(~0u);
		set[i].events = PICK(wanted);
		set[i].revents = 0;
	}
	r = plain ? poll(set, num, ms) : ppoll(set, num, &ts, NULL);
	said(r, "%s(%lu, %d)", plain ? "poll" : "ppoll", (unsigned long)num, ms);
	for (nfds_t i = 0; i < num; i++)
		also(" %d:%s>%s", set[i].fd, events_text((unsigned short)set[i].events),
		     events_text((unsigned short)set[i].revents));
}

static void say_set(const char *name, const fd_set *set)
{
	also(" %s:", name);
	for (int fd = 0; fd < NUM_FDS; fd++)
		if (FD_ISSET(fd, set))
			also(" %d", fd);
}

void call_select(void)
{
	fd_set in, out, ex;
	int ms = draw_timeout_ms(), num = draw(4) ? NUM_FDS : (int)draw(NUM_FDS);
	struct timeval tv = { 0, ms * 1000L };
	struct timespec ts = { 0, ms * 1000000L };
	bool plain = one_in(2);
	long r;

	FD_ZERO(&in);
	FD_ZERO(&out);
	FD_ZERO(&ex);
	for (unsigned i = draw(MAX_SET); i; i--) {
		int fd = draw_of(~0u);

		/* Now and then one that is not open. */
		if (fd < 0 || one_in(100))
			fd = (int)(FIRST_FD + draw(NUM_FDS - FIRST_FD));
		FD_SET(fd, draw(3) ? &in : draw(3) ? &out : &ex);
	}
	if (one_in(100))
		num = -1;
	r = plain ? select(num, &in, &out, one_in(3) ? NULL : &ex, &tv)
		  : pselect(num, &in, &out, &ex, &ts, NULL);
	said(r, "%s(%d)", plain ? "select" : "pselect", num);
	if (r < 0)
		return;
	say_set("in", &in);
	say_set("out", &out);
	say_set("ex", &ex);
}

void call_epoll_create(void)
{
	int flags = one_in(20) ? 7 : one_in(3) ? EPOLL_CLOEXEC : 0;
	long r = one_in(20) ? epoll_create((int)draw(2)) : epoll_create1(flags);

	said(r, "epoll_create1(%#x)", flags);
	keep(r, EPOLL, 0);
}

void call_epoll_ctl(void)
{
	static const uint32_t wanted[] = { EPOLLIN, EPOLLOUT, EPOLLIN | EPOLLOUT,
					   EPOLLIN | EPOLLRDHUP | EPOLLPRI };
	int set = draw_fd(1u << EPOLL), fd = draw_fd(one_in(3) ? ~0u : 1u << SOCKET);
	int op =
		one_in(30)
			? (one_in(2) ? 0 : 4)
			: PICK(((const int[]){ EPOLL_CTL_ADD, EPOLL_CTL_ADD, EPOLL_CTL_MOD, EPOLL_CTL_DEL }));
	struct epoll_event ev = { .events = PICK(wanted), .data = { .u64 = (uint32_t)fd } };
	long r;

	if (one_in(4))
		ev.events |= EPOLLET;
	if (one_in(6))
		ev.events |= EPOLLONESHOT;
	if (one_in(30))
		ev.events |= EPOLLEXCLUSIVE;
	r = epoll_ctl(set, op, fd, one_in(100) ? bad_pointer() : &ev);
	said(r, "epoll_ctl(%d, %d, %d, %s)", set, op, fd, events_text(ev.events));
	if (!r && is_open(set) && op == EPOLL_CTL_ADD && is_open(fd) && fds[fd].kind != SOCKET)
		fds[set].has_real_members = true;
}

static int by_data(const void *a, const void *b)
{
	const struct epoll_event *x = a, *y = b;

	return x->data.u64 < y->data.u64 ? -1 : x->data.u64 > y->data.u64;
}

void call_epoll_wait(void)
{
	struct epoll_event out[NUM_FDS];
	int set = draw_fd(1u << EPOLL), ms = draw_timeout_ms(), max = NUM_FDS;
	struct timespec ts = { 0, ms * 1000000L };
	int way = (int)draw(4);
	long r;

	if (one_in(3) && !(is_open(set) && fds[set].has_real_members))
		max = one_in(8) ? 0 : 1 + (int)draw(3);
	switch (way) {
	case 0: r = epoll_pwait(set, out, max, ms, NULL); break;
	case 1: r = epoll_pwait2(set, out, max, &ts, NULL); break;
	default: r = epoll_wait(set, one_in(100) ? bad_pointer() : out, max, ms); break;
	}
	said(r, "epoll_wait, way %d(%d, %d, %d)", way, set, max, ms);
	if (r < 0)
		return;
	/* With pipes and the like in the set: the order in which they tell is not simulated (docs/corpus.md).
	 */
	if (is_open(set) && fds[set].has_real_members)
		qsort(out, (size_t)r, sizeof *out, by_data);
	for (long i = 0; i < r; i++)
		also(" %d:%s", (int)out[i].data.u64, events_text(out[i].events));
}
