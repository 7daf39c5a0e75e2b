/* SPDX-License-Identifier: MIT */
/*
 * Sockets as such: socket(2), socketpair(2), bind(2), listen(2), connect(2), accept(2), shutdown(2),
 * getsockname(2), getpeername(2), setsockopt(2), getsockopt(2).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <string.h>

#include "api/calls/gate.h"
#include "sim/base/uaccess.h"
#include "sim/sock/memory.h"

enum { MAX_OPTION_BYTES = 1024 };

#define TYPE_FLAGS (SOCK_NONBLOCK | SOCK_CLOEXEC)

/* A new descriptor on a socket (whose reference it takes, also on failure). */
static long install(struct sim_gate *g, struct sim_sock *sk, int flags)
{
	struct sim_proc *p = g->t->proc;
	struct sim_file *f = sim_file_new_sock(&g->w->ctx, sk, (flags & SOCK_NONBLOCK) != 0);
	int fd;

	if (!f) {
		sim_sock_close(sk, g->t);
		return sim_gate_fail(g, ENOMEM, SIM_WHY_NO_MEMORY, 0, 0);
	}
	fd = sim_fd_install(p->fds, p, f, 0, (flags & SOCK_CLOEXEC) != 0);
	if (fd < 0) {
		sim_file_put(&g->w->ctx, f, g->t);
		return sim_gate_fail(g, -fd, SIM_WHY_FD_LIMIT, p->fds->num_open, 0);
	}
	if (g->w->on_socket)
		g->w->on_socket(g->w, sk);
	return fd;
}

static long made(struct sim_gate *g, long fd)
{
	if (fd >= 0)
		g->made_fd = (int)fd;
	return sim_gate_leave(g, fd);
}

static long fail_to_make(struct sim_gate *g, int err, int domain, int type)
{
	const struct sim_net *net = g->t->proc->net;

	if ((err == -ENOMEM || err == -ENOBUFS) && !sim_net_has_memory(net, 1))
		return sim_gate_fail(g, -err, SIM_WHY_HOST_MEMORY,
				     (int64_t)sim_net_memory_bytes(net, SIM_SOCK_NONE),
				     net->sysctl.mem_limit);
	if (err == -ENOMEM)
		return sim_gate_fail(g, ENOMEM, SIM_WHY_NO_MEMORY, 0, 0);
	return sim_gate_fail(g, -err, SIM_WHY_NOT_SUPPORTED, domain, type);
}

long sim_call_socket(struct sim_task *t, int domain, int type, int protocol)
{
	struct sim_gate g;
	struct sim_sock *sk;
	int err;

	if (sim_gate_enter(&g, t, SIM_CALL_SOCKET, -1, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = (uint64_t)(uint32_t)domain | (uint64_t)(uint32_t)type << 32;
	g.arg2 = (uint64_t)(uint32_t)protocol;
	err = sim_host_socket(t->proc->net, domain, type & ~TYPE_FLAGS, protocol, &sk);
	if (err)
		return sim_gate_leave(&g, fail_to_make(&g, err, domain, type));
	return made(&g, install(&g, sk, type));
}

long sim_call_socketpair(struct sim_task *t, int domain, int type, int protocol, int *fds)
{
	struct sim_gate g;
	struct sim_sock *pair[2];
	int fd[2];
	int err;

	if (sim_gate_enter(&g, t, SIM_CALL_SOCKETPAIR, -1, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = (uint64_t)(uint32_t)domain | (uint64_t)(uint32_t)type << 32;
	g.arg2 = (uint64_t)(uint32_t)protocol;
	/* Linux writes the numbers before it makes the sockets. */
	if (sim_copy_from_user(fd, fds, sizeof fd) || sim_copy_to_user(fds, fd, sizeof fd))
		return sim_gate_leave(&g, sim_gate_fail(&g, EFAULT, SIM_WHY_BAD_POINTER,
							(int64_t)(uintptr_t)fds, 0));
	err = sim_host_socketpair(t->proc->net, t, domain, type & ~TYPE_FLAGS, protocol, pair);
	if (err)
		return sim_gate_leave(&g, fail_to_make(&g, err, domain, type));
	fd[0] = (int)install(&g, pair[0], type);
	if (fd[0] < 0) {
		sim_sock_close(pair[1], t);
		return sim_gate_leave(&g, fd[0]);
	}
	fd[1] = (int)install(&g, pair[1], type);
	if (fd[1] < 0 || sim_copy_to_user(fds, fd, sizeof fd)) {
		err = fd[1] < 0 ? fd[1]
				: (int)sim_gate_fail(&g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)fds,
						     0);
		sim_file_put(&g.w->ctx, sim_fd_remove(t->proc->fds, fd[0]), t);
		if (fd[1] >= 0)
			sim_file_put(&g.w->ctx, sim_fd_remove(t->proc->fds, fd[1]), t);
		return sim_gate_leave(&g, err);
	}
	return sim_gate_leave(&g, 0);
}

long sim_call_bind(struct sim_task *t, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sim_gate g;
	struct sim_sockaddr a;
	long r;

	if (sim_gate_enter(&g, t, SIM_CALL_BIND, fd, 0))
		return sim_gate_leave(&g, g.answer);
	if (!g.sk)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	r = sim_gate_addr_in(&g, addr, len, &a);
	if (!r)
		r = sim_sock_op(g.sk)->bind(g.sk, t, &a);
	return sim_gate_leave(&g, r);
}

long sim_call_listen(struct sim_task *t, int fd, int backlog)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_LISTEN, fd, 0))
		return sim_gate_leave(&g, g.answer);
	if (!g.sk)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	g.arg1 = (uint32_t)backlog;
	/* listen(2): more than somaxconn is silently cut; the comparison is unsigned. */
	if ((unsigned)backlog > (unsigned)g.sk->net->sysctl.core_somaxconn)
		backlog = g.sk->net->sysctl.core_somaxconn;
	if (!sim_sock_op(g.sk)->listen)
		return sim_gate_leave(&g, sim_gate_fail(&g, EOPNOTSUPP, SIM_WHY_NOT_SUPPORTED, 0, 0));
	return sim_gate_leave(&g, sim_sock_op(g.sk)->listen(g.sk, t, backlog));
}

long sim_call_connect(struct sim_task *t, int fd, const struct sockaddr *addr, socklen_t len)
{
	struct sim_gate g;
	struct sim_sockaddr a;
	long r;

	if (sim_gate_enter_to(&g, t, SIM_CALL_CONNECT, fd, 0, addr, len))
		return sim_gate_leave(&g, g.answer);
	if (!g.file)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	r = sim_gate_addr_in(&g, addr, len, &a); /* Linux 6.18: before it asks whether it is a socket */
	if (!r && !g.sk)
		r = sim_gate_no_socket(&g);
	if (!r && len < sizeof(sa_family_t)) /* not even AF_UNSPEC, which would dissolve a connection */
		r = sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_ADDRESS_LEN, (int)len, sizeof(sa_family_t));
	if (!r)
		r = sim_sock_op(g.sk)->connect(g.sk, t, &a, g.file->nonblock);
	if (g.w->on_socket && (!r || r == -EINPROGRESS))
		g.w->on_socket(g.w, g.sk);
	return sim_gate_leave(&g, r);
}

long sim_call_accept(struct sim_task *t, enum sim_call_id id, int fd, struct sockaddr *addr, socklen_t *len,
		     int flags)
{
	struct sim_gate g;
	struct sim_sock *child;
	struct sim_sockaddr a;
	long r;

	if (sim_gate_enter(&g, t, id, fd, 0))
		return sim_gate_leave(&g, g.answer);
	if (g.file && (flags & ~TYPE_FLAGS))
		return sim_gate_leave(&g, sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_FLAGS, flags, 0));
	/* Linux takes the number first: without one, what waits in the queue stays there. */
	r = g.file ? sim_fd_check_room(t->proc->fds) : 0;
	if (r)
		return sim_gate_leave(&g, sim_gate_fail(&g, -(int)r, SIM_WHY_FD_LIMIT, t->proc->fds->num_open,
							0));
	if (!g.sk)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	if (!sim_sock_op(g.sk)->accept)
		return sim_gate_leave(&g, sim_gate_fail(&g, EOPNOTSUPP, SIM_WHY_NOT_SUPPORTED, 0, 0));
	r = sim_sock_op(g.sk)->accept(g.sk, t, g.file->nonblock, &child);
	if (r)
		return sim_gate_leave(&g, r);
	memset(&a, 0, offsetof(struct sim_sockaddr, path));
	a.family = child->domain;
	/* A peer that has gone already: Linux answers ECONNABORTED; inet_accept keeps the name it had. */
	(void)sim_sock_op(child)->getname(child, NULL, &a, true);
	sim_gate_names(&g, &a);
	if (addr)
		r = sim_gate_addr_out(&g, &a, addr, len);
	if (r) {
		sim_sock_close(child, t);
		return sim_gate_leave(&g, r);
	}
	return made(&g, install(&g, child, flags));
}

long sim_call_shutdown(struct sim_task *t, int fd, int how)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_SHUTDOWN, fd, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = (uint32_t)how;
	if (!g.sk)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	if (how < SHUT_RD || how > SHUT_RDWR)
		return sim_gate_leave(&g, sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_ARGUMENT, 2, how));
	return sim_gate_leave(&g, sim_sock_op(g.sk)->shutdown(g.sk, t, how));
}

long sim_call_getname(struct sim_task *t, enum sim_call_id id, int fd, struct sockaddr *addr, socklen_t *len)
{
	struct sim_gate g;
	struct sim_sockaddr a;
	long r;

	if (sim_gate_enter(&g, t, id, fd, 0))
		return sim_gate_leave(&g, g.answer);
	if (!g.sk)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	memset(&a, 0, offsetof(struct sim_sockaddr, path));
	a.family = g.sk->domain;
	r = sim_sock_op(g.sk)->getname(g.sk, t, &a, id == SIM_CALL_GETPEERNAME);
	if (!r)
		sim_gate_names(&g, &a);
	if (!r)
		r = sim_gate_addr_out(&g, &a, addr, len);
	return sim_gate_leave(&g, r);
}

long sim_call_setsockopt(struct sim_task *t, int fd, int level, int name, const void *val, socklen_t len)
{
	struct sim_gate g;
	int first = 0;

	if (sim_gate_enter(&g, t, SIM_CALL_SETSOCKOPT, fd, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = (uint64_t)(uint32_t)level | (uint64_t)(uint32_t)name << 32;
	if (!g.sk)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	/* For the record alone. */
	if ((int)len >= (int)sizeof first && !sim_copy_from_user(&first, val, sizeof first))
		memcpy(&g.arg2, &first, sizeof first);
	return sim_gate_leave(&g, sim_sock_setopt(g.sk, t, level, name, val, len));
}

long sim_call_getsockopt(struct sim_task *t, int fd, int level, int name, void *val, socklen_t *len)
{
	struct sim_gate g;
	unsigned char copy[MAX_OPTION_BYTES];
	socklen_t n;
	long r;

	if (sim_gate_enter(&g, t, SIM_CALL_GETSOCKOPT, fd, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = (uint64_t)(uint32_t)level | (uint64_t)(uint32_t)name << 32;
	if (!g.sk)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	r = sim_sock_option_level(g.sk, t, level, false);
	if (r)
		return sim_gate_leave(&g, r);
	if (sim_copy_from_user(&n, len, sizeof n))
		return sim_gate_leave(&g, sim_gate_fail(&g, EFAULT, SIM_WHY_BAD_POINTER,
							(int64_t)(uintptr_t)len, 0));
	if ((int)n > (int)sizeof copy)
		n = sizeof copy;
	r = sim_sock_getopt(g.sk, t, level, name, copy, &n);
	if (!r && ((n && sim_copy_to_user(val, copy, n)) || sim_copy_to_user(len, &n, sizeof n)))
		r = sim_gate_fail(&g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)val, 0);
	if (!r && n >= sizeof(int))
		memcpy(&g.arg2, copy, sizeof(int));
	return sim_gate_leave(&g, r);
}
