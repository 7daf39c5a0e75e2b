/* SPDX-License-Identifier: MIT */
/*
 * The sockets of built-in peers. They are opened by whoever asks for the peer, and not by the peer's own
 * task, so that what is wrong is told where it was asked for, and no other task need run: past the gate, as
 * sim_pair() does it. What the peers do with them afterwards are calls like everybody's.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "api/calls/calls.h"
#include "api/control/peer.h"
#include "api/simsock.h"
#include "sim/base/names.h"

void *sim_peer_alloc(struct sim_control *c, size_t len)
{
	void *p = sim_arena_alloc(c->w->ctx.arena, len);

	if (!p)
		sim_control_fail("peer: the world's memory is used up (SIMSOCK_ARENA)");
	return p;
}

char *sim_peer_copy(struct sim_control *c, const char *text, size_t len)
{
	char *copy = sim_peer_alloc(c, len + 1);

	memcpy(copy, text, len);
	return copy;
}

void sim_peer_fail(const struct sim_peer *p, const char *what, long result)
{
	const char *name = sim_errno_name((int)-result);

	sim_here(p->file, p->line);
	sim_control_fail("peer %s: %s: %s", p->where, what, name ? name : "failed");
}

struct sim_sockaddr sim_peer_any(int port)
{
	struct sim_sockaddr a;

	memset(&a, 0, sizeof a);
	a.family = AF_INET6;
	a.raw_len = sizeof(struct sockaddr_in6);
	a.port = (uint16_t)port;
	a.addr = sim_addr_v6_any();
	return a;
}

/* 0, or -errno and the step. A restarted server has its port at once: SO_REUSEADDR. */
static int prepare(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *at, int backlog,
		   const char **step)
{
	int off = 0, on = 1, err = 0, max = sk->net->sysctl.core_somaxconn;

	*step = "bind";
	if (at->family == AF_INET6 && sim_addr_is_any(at->addr))
		err = sim_sock_setopt(sk, t, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
	if (!err && sk->type == SOCK_STREAM && at->family != AF_UNIX)
		err = sim_sock_setopt(sk, t, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
	if (!err)
		err = sim_sock_op(sk)->bind(sk, t, at);
	if (err || sk->type != SOCK_STREAM)
		return err;
	*step = "listen";
	return sim_sock_op(sk)->listen(sk, t, backlog < max ? backlog : max);
}

int sim_peer_listen(struct sim_control *c, struct sim_task *t, int type, const struct sim_sockaddr *at,
		    int backlog, const char **step)
{
	struct sim_proc *p = t->proc;
	struct sim_sock *sk;
	struct sim_file *f;
	int err, fd;

	*step = "socket";
	err = sim_host_socket(p->net, at->family, type, 0, &sk);
	if (err)
		return err;
	err = prepare(sk, t, at, backlog, step);
	if (err) {
		sim_sock_close(sk, NULL);
		return err;
	}
	f = sim_file_new_sock(&c->w->ctx, sk, false);
	if (!f) {
		sim_sock_close(sk, NULL);
		return -ENOMEM;
	}
	fd = sim_fd_install(p->fds, p, f, 0, true);
	if (fd < 0)
		sim_file_put(&c->w->ctx, f, NULL);
	else if (c->w->on_socket)
		c->w->on_socket(c->w, sk);
	return fd;
}

long sim_peer_receive(struct sim_task *t, int fd, void *buf, size_t len)
{
	return sim_call_recvfrom(t, SIM_CALL_RECV, fd, buf, len, 0, NULL, NULL);
}

bool sim_peer_send_all(struct sim_task *t, int fd, const void *buf, size_t len)
{
	const unsigned char *p = buf;

	while (len) {
		long n = sim_call_sendto(t, SIM_CALL_SEND, fd, p, len, MSG_NOSIGNAL, NULL, 0);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

void sim_peer_close(struct sim_task *t, int fd, bool reset)
{
	struct linger now = { 1, 0 };

	if (reset)
		(void)sim_call_setsockopt(t, fd, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	(void)sim_call_close(t, fd);
}
