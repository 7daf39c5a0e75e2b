/* SPDX-License-Identifier: MIT */
/* The states: see states.h. Connections are ended by resets, so that no port is left in TIME_WAIT. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tests/matrix/states.h"

#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

enum { TCP_SNDBUF_BYTES = 40000 }; /* Linux doubles it: socket(7) */

const char *cell_at_work = "";

void must_failed(const char *what, const char *file, int line)
{
	int err = errno;

	fflush(stdout);
	fprintf(stderr, "%s:%d: %s: %s does not hold (%s)\n", file, line, cell_at_work, what, strerror(err));
	exit(2);
}

/* ---- addresses ---- */

/* Of this program's, so that runs beside each other do not meet. */
static socklen_t unix_place(union place *p)
{
	static unsigned num;
	int len =
		snprintf(p->un.sun_path + 1, sizeof p->un.sun_path - 1, "matrix-%d-%u", (int)getpid(), ++num);

	p->un.sun_family = AF_UNIX;
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

static socklen_t own_place(union place *p, int domain)
{
	memset(p, 0, sizeof *p);
	if (domain == AF_UNIX)
		return unix_place(p);
	p->sa.sa_family = (sa_family_t)domain;
	if (domain == AF_INET) {
		p->in.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
		return sizeof p->in;
	}
	p->in6.sin6_addr = in6addr_loopback;
	return sizeof p->in6;
}

static socklen_t bind_to_own(int fd, union place *p, int domain)
{
	socklen_t len = own_place(p, domain);

	must(!bind(fd, &p->sa, len));
	len = sizeof *p;
	must(!getsockname(fd, &p->sa, &len));
	return len;
}

/* No network is reached that way; of Unix names a path in no directory. */
static socklen_t unreachable_place(union place *p, int domain)
{
	memset(p, 0, sizeof *p);
	p->sa.sa_family = (sa_family_t)domain;
	switch (domain) {
	case AF_INET:
		p->in.sin_addr.s_addr = htonl(0xc6336409); /* 198.51.100.9, RFC 5737 */
		p->in.sin_port = htons(9);
		return sizeof p->in;
	case AF_INET6:
		p->in6.sin6_addr.s6_addr[0] = 0x20; /* 2001:db8::, RFC 3849 */
		p->in6.sin6_addr.s6_addr[1] = 0x01;
		p->in6.sin6_addr.s6_addr[2] = 0x0d;
		p->in6.sin6_addr.s6_addr[3] = 0xb8;
		p->in6.sin6_port = htons(9);
		return sizeof p->in6;
	default: snprintf(p->un.sun_path, sizeof p->un.sun_path, "/nonexistent/matrix"); return sizeof p->un;
	}
}

/* This host, where nobody has that port or that name. */
static socklen_t nobodys_place(union place *p, int domain)
{
	socklen_t len = own_place(p, domain);

	if (domain != AF_UNIX)
		p->in.sin_port = htons(9);
	return len;
}

socklen_t place_of(union place *p, const struct ends *e, const struct cell *c)
{
	int domain = families[c->family].domain;

	*p = e->good_at;
	switch (c->addr) {
	case ADDR_NONE: return 0;
	case ADDR_GOOD: return e->good_len;
	case ADDR_SHORT: return domain == AF_UNIX ? sizeof(sa_family_t) : 8;
	case ADDR_FAMILY: p->sa.sa_family = domain == AF_INET ? AF_INET6 : AF_INET; return e->good_len;
	case ADDR_UNREACHABLE: return unreachable_place(p, domain);
	case ADDR_NOBODY: return nobodys_place(p, domain);
	default: p->sa.sa_family = AF_UNSPEC; return e->good_len;
	}
}

/* ---- sockets ---- */

static bool is_inet_stream(enum family f)
{
	return f == TCP4 || f == TCP6;
}

static bool has_listener(enum family f)
{
	return families[f].type != SOCK_DGRAM;
}

static int new_socket(enum family f)
{
	int fd = socket(families[f].domain, families[f].type, 0);

	must(fd >= 0);
	if (!is_inet_stream(f))
		return fd;
	/* TIMING: the machine's own choice may pace what it sends; and the kernel adjusts a buffer that
	 * nobody set. */
	must(!setsockopt(fd, IPPROTO_TCP, TCP_CONGESTION, "reno", 4));
	must(!setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &(int){ TCP_SNDBUF_BYTES }, sizeof(int)));
	return fd;
}

static int new_listener(enum family f, int backlog, union place *p, socklen_t *len)
{
	int fd = new_socket(f);

	*len = bind_to_own(fd, p, families[f].domain);
	must(!listen(fd, backlog));
	return fd;
}

static void set_nonblocking(int fd, bool on)
{
	int flags = fcntl(fd, F_GETFL);

	must(flags >= 0 && !fcntl(fd, F_SETFL, on ? flags | O_NONBLOCK : flags & ~O_NONBLOCK));
}

static void reset_and_close(int fd)
{
	struct linger now = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	must(!close(fd));
}

static void close_peer(struct ends *e)
{
	must(!close(e->peer));
	e->peer = -1;
}

/* ---- connected ---- */

static void connect_inet_stream(struct ends *e, enum family f)
{
	union place at;
	socklen_t len;
	int listener = new_listener(f, 1, &at, &len);

	must(!connect(e->self, &at.sa, len));
	e->peer = accept(listener, NULL, NULL);
	must(e->peer >= 0);
	must(!close(listener));
}

static void connect_datagrams(struct ends *e, enum family f)
{
	union place at[2];
	socklen_t len[2];

	e->peer = new_socket(f);
	len[0] = bind_to_own(e->self, &at[0], families[f].domain);
	len[1] = bind_to_own(e->peer, &at[1], families[f].domain);
	must(!connect(e->self, &at[1].sa, len[1]));
	must(!connect(e->peer, &at[0].sa, len[0]));
}

static void connect_ends(struct ends *e, enum family f)
{
	int fd[2];

	if (is_inet_stream(f)) {
		connect_inet_stream(e, f);
	} else if (families[f].type == SOCK_DGRAM) {
		connect_datagrams(e, f);
	} else {
		must(!socketpair(AF_UNIX, families[f].type, 0, fd));
		must(!close(e->self));
		e->self = fd[0];
		e->peer = fd[1];
	}
}

/* ---- states of their own ---- */

/* tcp(7): a listener whose queue is full does not answer. */
static void make_connecting(struct ends *e, enum family f)
{
	union place at;
	socklen_t len;

	e->other[0] = new_listener(f, 0, &at, &len);
	e->other[1] = new_socket(f);
	must(!connect(e->other[1], &at.sa, len));
	set_nonblocking(e->self, true);
	must(connect(e->self, &at.sa, len) && errno == EINPROGRESS);
}

static void refuse_connection(struct ends *e, enum family f)
{
	union place at;
	socklen_t len = nobodys_place(&at, families[f].domain);

	set_nonblocking(e->self, true);
	must(connect(e->self, &at.sa, len) && errno == EINPROGRESS);
}

/* Whatever leaves an error that the next call takes. */
static void make_error(struct ends *e, enum family f)
{
	struct sockaddr nothing = { .sa_family = AF_UNSPEC };

	if (is_inet_stream(f)) {
		refuse_connection(e, f);
		return;
	}
	connect_ends(e, f);
	if (f == UNIX_DGRAM) { /* the peer takes another, or nobody: unix_dgram ECONNRESET */
		must(!connect(e->peer, &nothing, sizeof nothing));
	} else if (families[f].domain == AF_UNIX) { /* unix(7): it closes with data unread */
		must(send(e->self, "?", 1, 0) == 1);
		close_peer(e);
	} else { /* udp(7): port unreachable */
		close_peer(e);
		must(send(e->self, "?", 1, 0) == 1);
	}
}

static void make_full(struct ends *e, enum family f)
{
	static const char block[8192];

	connect_ends(e, f);
	while (send(e->self, block, sizeof block, MSG_DONTWAIT) >= 0)
		;
	must(errno == EAGAIN);
}

static void make_listening(struct ends *e, enum family f)
{
	union place at;

	bind_to_own(e->self, &at, families[f].domain);
	must(!listen(e->self, 1));
}

static void make_connected(struct ends *e, const struct cell *c)
{
	connect_ends(e, c->family);
	switch (c->state) {
	case PEER_SHUT_WR: must(!shutdown(e->peer, SHUT_WR)); break;
	case PEER_SHUT_RD: must(!shutdown(e->peer, SHUT_RD)); break;
	case PEER_CLOSED: close_peer(e); break;
	case PEER_RESET:
		reset_and_close(e->peer);
		e->peer = -1;
		break;
	case SHUT_READ: must(!shutdown(e->self, SHUT_RD)); break;
	case SHUT_WRITE: must(!shutdown(e->self, SHUT_WR)); break;
	case SHUT_BOTH: must(!shutdown(e->self, SHUT_RDWR)); break;
	default: break;
	}
}

static void make_self(struct ends *e, const struct cell *c)
{
	union place at;

	e->self = new_socket(c->family);
	switch (c->state) {
	case FRESH: break;
	case BOUND: bind_to_own(e->self, &at, families[c->family].domain); break;
	case CONNECTING: make_connecting(e, c->family); break;
	case ERROR_PENDING: make_error(e, c->family); break;
	case LISTENING: make_listening(e, c->family); break;
	case FULL: make_full(e, c->family); break;
	default: make_connected(e, c); break;
	}
}

void ends_make(struct ends *e, const struct cell *c)
{
	struct timeval timeout = { 0, SEND_TIMEOUT_MS * 1000 };

	*e = (struct ends){ .self = -1, .peer = -1, .good = -1, .other = { -1, -1 } };
	make_self(e, c);
	if (c->blocking)
		must(!setsockopt(e->self, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof timeout));
	set_nonblocking(e->self, !c->blocking);
	if (c->addr == ADDR_NONE)
		return;
	e->good = new_socket(c->family);
	e->good_len = bind_to_own(e->good, &e->good_at, families[c->family].domain);
	if (has_listener(c->family))
		must(!listen(e->good, 1));
}

void ends_close(struct ends *e)
{
	int all[] = { e->self, e->peer, e->good, e->other[0], e->other[1] };

	for (unsigned i = 0; i < NUM_OF(all); i++)
		if (all[i] >= 0)
			reset_and_close(all[i]);
}
