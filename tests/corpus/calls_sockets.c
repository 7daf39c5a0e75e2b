/* SPDX-License-Identifier: MIT */
/* Sockets and descriptors: making, naming, connecting, copying and closing them. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <fcntl.h>
#include <linux/close_range.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include "tests/corpus/calls.h"
#include "tests/corpus/drawn.h"
#include "tests/corpus/transcript.h"

/*
 * TIMING: Nagle's algorithm holds small segments back until an acknowledgement that may be delayed for 40 ms.
 * No socket here uses it.
 */
void no_delay(int fd)
{
	if (is_tcp(fd))
		setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){ 1 }, sizeof(int));
}

/* ---- would it block? Asked silently, so that a program cannot hang ---- */

static bool is_blocking(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	return flags >= 0 && !(flags & O_NONBLOCK);
}

static short ready(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	return poll(&p, 1, 0) > 0 ? p.revents : 0;
}

bool would_block_in(int fd, size_t len)
{
	short now;
	int n = 0;

	if (!is_open(fd) || !is_blocking(fd))
		return false;
	now = ready(fd, POLLIN | POLLRDHUP);
	if (now & (POLLHUP | POLLRDHUP | POLLERR | POLLNVAL))
		return false;
	if (!(now & POLLIN))
		return true;
	/* SO_RCVLOWAT: with less than that a stream's recv would wait though poll tells of data. */
	return is_stream(fd) && !ioctl(fd, FIONREAD, &n) && (size_t)n < len;
}

bool would_block_out(int fd)
{
	if (!is_open(fd) || !is_blocking(fd))
		return false;
	/* poll(2) knows nothing of the queue that a datagram with a destination meets. */
	if (is_socket(fd) && fds[fd].family == UNIX_DGRAM)
		return true;
	return !ready(fd, POLLOUT);
}

/* ---- addresses ---- */

static socklen_t set_in(union address *a, const char *host, unsigned port)
{
	a->in.sin_family = AF_INET;
	a->in.sin_port = htons((uint16_t)port);
	inet_pton(AF_INET, host, &a->in.sin_addr);
	return sizeof a->in;
}

static socklen_t set_in6(union address *a, const char *host, unsigned port)
{
	a->in6.sin6_family = AF_INET6;
	a->in6.sin6_port = htons((uint16_t)port);
	inet_pton(AF_INET6, host, &a->in6.sin6_addr);
	return sizeof a->in6;
}

static socklen_t draw_unix(union address *a)
{
	static const char *const paths[] = { "u0",     "u1",    "u2",       "u3",         "./u0",
					     "dir/u0", "plain", "plain/u0", "missing/u0", "dir" };
	unsigned way = draw(20);

	a->un.sun_family = AF_UNIX;
	if (way == 0) /* unix(7), autobind */
		return sizeof(sa_family_t);
	if (way == 1) {
		memset(a->un.sun_path, 'x', sizeof a->un.sun_path);
		return sizeof a->un;
	}
	if (way < 8) {
		a->un.sun_path[1] = "wxyz"[draw(4)];
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 2 + draw(2));
	}
	snprintf(a->un.sun_path, sizeof a->un.sun_path, "%s", draw(4) ? paths[draw(4)] : PICK(paths));
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + strlen(a->un.sun_path) + draw(2));
}

/* Of that domain; to bind to or to reach somebody at. TIMING: all of it on this host. */
static socklen_t draw_own(union address *a, int domain)
{
	static const char *const hosts[] = { "127.0.0.1", "127.0.0.1", "127.0.0.2", "0.0.0.0" };
	static const char *const hosts6[] = { "::1", "::1", "::1", "::", "::ffff:127.0.0.1" };
	unsigned port = one_in(3) ? 0 : 20000 + draw(6);

	switch (domain) {
	case AF_INET: return set_in(a, PICK(hosts), port);
	case AF_INET6: return set_in6(a, PICK(hosts6), port);
	default: return draw_unix(a);
	}
}

/* Where one of our sockets is bound. */
static socklen_t name_of_somebody(union address *a, int domain)
{
	socklen_t len = sizeof a->ss;
	int fd = draw_of(1u << SOCKET);

	for (int tries = 0; tries < 8 && fd >= 0 && domain_of(fd) != domain; tries++)
		fd = draw_of(1u << SOCKET);
	if (fd < 0 || getsockname(fd, &a->sa, &len) || len <= sizeof(sa_family_t))
		return draw_own(a, domain);
	return len;
}

socklen_t draw_address(union address *a, int fd, bool of_somebody)
{
	int domain =
		domain_of(fd) == AF_UNSPEC || one_in(25) ? families[draw_family()].domain : domain_of(fd);
	socklen_t len;

	memset(a, 0, sizeof *a);
	len = of_somebody ? name_of_somebody(a, domain) : draw_own(a, domain);
	if (one_in(40))
		a->sa.sa_family = AF_UNSPEC;
	if (one_in(60))
		len = draw(len + 3);
	if (one_in(200))
		len = PICK(((const socklen_t[]){ 0, 1, sizeof a->ss, sizeof a->ss + 1, UINT32_MAX }));
	return len;
}

/* ---- making sockets ---- */

void call_socket(void)
{
	enum family f = draw_family();
	int flags = draw(5) ? SOCK_NONBLOCK : 0;
	int domain = families[f].domain, type = families[f].type, protocol = 0;
	long r;

	if (one_in(3))
		flags |= SOCK_CLOEXEC;
	if (one_in(30))
		domain = PICK(((const int[]){ AF_UNSPEC, AF_INET, AF_INET6, AF_UNIX, 45, -1 }));
	if (one_in(30))
		type = PICK(((const int[]){ 0, SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET, SOCK_RDM, 9, 15 }));
	if (one_in(20))
		protocol = PICK(((const int[]){ IPPROTO_TCP, IPPROTO_UDP, 1, 77, 256, -1 }));
	r = socket(domain, type | flags, protocol);
	said(r, "socket(%d, %d|%#x, %d)", domain, type, flags, protocol);
	for (f = 0; r >= 0 && f < NUM_FAMILIES; f++)
		if (families[f].domain == domain && families[f].type == type)
			break;
	keep(r, SOCKET, f < NUM_FAMILIES ? f : UNIX_DGRAM);
	no_delay((int)r);
}

void call_socketpair(void)
{
	enum family f = draw_family();
	int type = families[f].type | (draw(5) ? SOCK_NONBLOCK : 0), fd[2] = { -1, -1 };
	int domain = one_in(10) ? families[f].domain : AF_UNIX;
	long r = socketpair(domain, type, 0, one_in(60) ? bad_pointer() : fd);

	said(r, "socketpair(%d, %#x)", domain, type);
	if (r || fd[0] < 0)
		return;
	also(" [%d, %d]", fd[0], fd[1]);
	for (int i = 0; i < 2; i++)
		keep(fd[i], SOCKET,
		     families[f].type == SOCK_STREAM  ? UNIX_STREAM
		     : families[f].type == SOCK_DGRAM ? UNIX_DGRAM
						      : UNIX_SEQPACKET);
}

/*
 * Two that are connected to each other, by the whole way of calls. An IPv6 listener may be called by IPv4:
 * then its end has mapped addresses.
 */
void call_pair(void)
{
	enum family f = draw_family(), caller = f == TCP6 && one_in(4) ? TCP4 : f;
	union address a = { .in6 = { .sin6_family = AF_INET6 } };
	socklen_t len = sizeof a.in6;
	int fd[2], bound;

	if (f != TCP4 && f != TCP6)
		return;
	if (f == TCP4)
		len = set_in(&a, "127.0.0.1", 0);
	else if (caller == f)
		a.in6.sin6_addr = in6addr_loopback;
	bound = socket(families[f].domain, SOCK_STREAM, 0);
	keep(bound, SOCKET, f);
	said(bind(bound, &a.sa, len), "pair: bind(%d, %s)", bound, addr_text(bound, &a, len));
	said(listen(bound, 1), "pair: listen(%d)", bound);
	getsockname(bound, &a.sa, &len);
	if (caller != f)
		len = set_in(&a, "127.0.0.1", ntohs(a.in6.sin6_port));
	fd[0] = socket(families[caller].domain, SOCK_STREAM, 0);
	said(connect(fd[0], &a.sa, len), "pair: connect(%d, %s)", fd[0], addr_text(bound, &a, len));
	fd[1] = accept4(bound, NULL, NULL, SOCK_NONBLOCK);
	said(fd[1], "pair: accept4(%d)", bound);
	said(close(bound), "pair: close(%d)", bound);
	forget(bound);
	keep(fd[0], SOCKET, caller);
	keep(fd[1], SOCKET, f);
	no_delay(fd[0]);
	no_delay(fd[1]);
	fcntl(fd[0], F_SETFL, draw(4) ? O_NONBLOCK : 0);
}

void call_bind(void)
{
	int fd = draw_socket();
	union address a;
	socklen_t len = draw_address(&a, fd, one_in(6));
	long r = bind(fd, one_in(100) ? bad_pointer() : &a.sa, len);

	said(r, "bind(%d, %s)", fd, addr_text(fd, &a, len < sizeof a ? len : 0));
}

void call_listen(void)
{
	int fd = draw_socket(), backlog = PICK(((const int[]){ 5, 8, 1, 2, 100, -1, 0 }));
	long r = listen(fd, backlog);

	said(r, "listen(%d, %d)", fd, backlog);
}

static void set_send_timeout(int fd, int ms)
{
	struct timeval tv = { 0, ms * 1000 };

	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof tv);
}

static bool is_mapped(int fd)
{
	struct sockaddr_in6 a = { .sin6_family = AF_UNSPEC };
	socklen_t len = sizeof a;

	return !getsockname(fd, (struct sockaddr *)&a, &len) && a.sin6_family == AF_INET6 &&
	       IN6_IS_ADDR_V4MAPPED(&a.sin6_addr);
}

/* One that would wait for a full backlog waits for a few milliseconds of the budget. */
void call_connect(void)
{
	int fd = draw_socket();
	bool blocks = is_open(fd) && is_blocking(fd);
	union address a;
	socklen_t len = draw_address(&a, fd, draw(5) != 0);
	int ms = blocks ? take_ms(4) : 0;
	long r;

	if (blocks && !ms)
		return;
	/* Nor goes a TCP socket well from IPv4-mapped peers to others. */
	if (is_tcp(fd) && a.sa.sa_family == AF_INET6 && IN6_IS_ADDR_V4MAPPED(&a.in6.sin6_addr))
		a.in6.sin6_addr = in6addr_loopback;
	if (is_tcp(fd) && is_mapped(fd))
		return;
	/* A UDP socket that is connected to port 0 is odd in ways of its own (docs/corpus.md). */
	if (is_udp(fd) && (a.sa.sa_family == AF_INET || a.sa.sa_family == AF_INET6) && !a.in.sin_port)
		a.in.sin_port = htons(20000);
	if (blocks)
		set_send_timeout(fd, ms);
	r = connect(fd, one_in(100) ? bad_pointer() : &a.sa, len);
	said(r, "connect(%d, %s)%s", fd, addr_text(fd, &a, len < sizeof a ? len : 0),
	     blocks ? " blocking" : "");
	if (blocks)
		set_send_timeout(fd, 0);
}

void say_address(int fd, long r, const union address *a, socklen_t len, socklen_t cap)
{
	if (r >= 0)
		also(" from %s of %u", addr_text(fd, a, len < cap ? len : cap), len);
}

socklen_t draw_cap(void)
{
	return one_in(8) ? draw(40) : one_in(80) ? (socklen_t)-1 : (socklen_t)sizeof(struct sockaddr_storage);
}

void call_accept(void)
{
	int fd = draw_socket(), flags = draw(6) ? SOCK_NONBLOCK : one_in(8) ? 0x400000 : SOCK_CLOEXEC;
	union address a = { .sa = { .sa_family = AF_UNSPEC } };
	socklen_t cap = draw_cap(), len = cap;
	bool plain = one_in(3);
	long r;

	if (would_block_in(fd, 0))
		return;
	r = plain ? accept(fd, &a.sa, &len) : accept4(fd, one_in(4) ? NULL : &a.sa, &len, flags);
	said(r, "%s(%d, %#x)", plain ? "accept" : "accept4", fd, plain ? 0 : flags);
	say_address(fd, r, &a, len, cap);
	keep(r, SOCKET, is_socket(fd) ? fds[fd].family : TCP4);
	no_delay((int)r);
}

void call_names(void)
{
	int fd = draw_socket();
	union address a = { .sa = { .sa_family = AF_UNSPEC } };
	socklen_t cap = draw_cap(), len = cap;
	bool of_peer = one_in(2);
	void *to = one_in(80) ? bad_pointer() : &a.sa;
	long r = of_peer ? getpeername(fd, to, &len) : getsockname(fd, to, &len);

	said(r, "%s(%d, %d)", of_peer ? "getpeername" : "getsockname", fd, (int)cap);
	say_address(fd, r, &a, len, cap);
}

void call_shutdown(void)
{
	int fd = draw_socket(), how = one_in(30) ? 3 : (int)draw(3);
	long r = shutdown(fd, how);

	said(r, "shutdown(%d, %d)", fd, how);
}

void call_close(void)
{
	int fd = draw_fd(~0u);
	bool abort = is_socket(fd) && one_in(8);
	long r;

	if (abort) {
		/* TIMING: with a time to linger it would wait for an acknowledgement. */
		struct linger now = { 1, 0 };

		setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	}
	r = close(fd);
	said(r, "close(%d)%s", fd, abort ? " linger 0" : "");
	forget(fd);
}

void call_close_range(void)
{
	unsigned first = FIRST_FD + draw(NUM_FDS - FIRST_FD), last = first + draw(4);
	int flags = one_in(3) ? CLOSE_RANGE_CLOEXEC : 0;
	long r = close_range(first, one_in(20) ? first - 1 : last, flags);

	said(r, "close_range(%u, .., %d)", first, flags);
	for (unsigned fd = first; !r && !flags && fd <= last; fd++)
		forget((int)fd);
}

void call_dup(void)
{
	int fd = draw_fd(~0u), to = (int)(FIRST_FD + draw(NUM_FDS - FIRST_FD)), way = (int)draw(5);
	long r;

	if (one_in(30))
		to = one_in(2) ? fd : -2;
	/* Of real files in a set of epoll only the number is known: see docs/corpus.md. */
	if (num_open() >= MAX_OPEN || (is_open(fd) && (fds[fd].kind == PIPE || fds[fd].kind == EVENTFD)))
		return;
	switch (way) {
	case 0: r = dup(fd); break;
	case 1: r = dup2(fd, to); break;
	case 2: r = dup3(fd, to, one_in(2) ? O_CLOEXEC : one_in(5) ? O_NONBLOCK : 0); break;
	default: r = fcntl(fd, way == 3 ? F_DUPFD : F_DUPFD_CLOEXEC, to); break;
	}
	said(r, "dup, way %d(%d, %d)", way, fd, to);
	keep_copy(r, fd);
}

void call_fcntl(void)
{
	int fd = draw_fd(~0u), cmd = PICK(((const int[]){ F_GETFL, F_SETFL, F_GETFD, F_SETFD }));
	int arg = cmd == F_SETFL ? (draw(5) ? O_NONBLOCK : 0) : (int)draw(3);
	long r = fcntl(fd, cmd, arg);

	said(r, "fcntl(%d, %d, %#x)", fd, cmd, arg);
}
