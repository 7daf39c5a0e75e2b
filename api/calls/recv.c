/* SPDX-License-Identifier: MIT */
/* Receiving: recv(2), recvfrom(2), recvmsg(2), recvmmsg(2), read(2), readv(2) on a socket. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>
#include <string.h>

#include "api/calls/gate.h"
#include "api/calls/iovec.h"
#include "api/calls/scm.h"
#include "sim/base/uaccess.h"

static long do_recv(struct sim_gate *g, struct sim_msg *m)
{
	if (m->len > g->limit)
		m->len = g->limit;
	m->nonblock = (m->flags & MSG_DONTWAIT) || g->file->nonblock;
	return sim_sock_op(g->sk)->recv(g->sk, g->t, m);
}

static bool is_plain_read(enum sim_call_id id)
{
	return id == SIM_CALL_READ || id == SIM_CALL_READV || id == SIM_CALL_PREADV2;
}

/* What is no socket has a read(2) of its own: bytes, -EBADF, -ENOTSOCK, and what sim_file_read() answers. */
static long read_file(struct sim_gate *g, struct sim_msg *m)
{
	if (!g->file || !is_plain_read(g->id))
		return sim_gate_no_socket(g);
	if (m->len > g->limit)
		m->len = g->limit;
	m->nonblock = (m->flags & MSG_DONTWAIT) || g->file->nonblock;
	return sim_file_read(g->file, g->t, m);
}

long sim_call_recvfrom(struct sim_task *t, enum sim_call_id id, int fd, void *buf, size_t len, int flags,
		       struct sockaddr *from, socklen_t *from_len)
{
	struct sim_gate g;
	struct sim_sockaddr a;
	struct iovec iov = { buf, len > SIM_RW_MAX_BYTES ? SIM_RW_MAX_BYTES : len };
	struct sim_msg m = { .it = { &iov, 1, 0 }, .len = iov.iov_len, .flags = flags };
	long r, err;

	t->msg_flags = (unsigned)flags;
	if (sim_gate_enter(&g, t, id, fd, len))
		return sim_gate_leave(&g, g.answer);
	/* As of sim_call_sendto(). */
	if (!sim_can_be_users(buf, id == SIM_CALL_READ ? len : iov.iov_len) &&
	    (g.file || id != SIM_CALL_READ))
		return sim_gate_leave(&g, sim_gate_fail(&g, EFAULT, SIM_WHY_BAD_POINTER,
							(int64_t)(uintptr_t)buf, 0));
	if (!g.sk)
		return sim_gate_leave(&g, read_file(&g, &m));
	g.arg2 = (uint32_t)flags;
	/* read(2) of nothing does nothing; recv(2) of nothing still waits. */
	if (!len && is_plain_read(id))
		return sim_gate_leave(&g, 0);
	if (from) {
		a.family = 0;
		m.from = &a;
	}
	r = do_recv(&g, &m);
	if (r >= 0 && from) {
		if (!a.family) { /* no name: a connected stream's */
			a.path_len = 0;
		}
		err = sim_gate_addr_out(&g, &a, from, from_len);
		if (err)
			r = err;
	}
	return sim_gate_leave(&g, r);
}

static long recv_header(struct sim_gate *g, struct msghdr *user, int flags)
{
	struct msghdr h;
	struct sim_iovec_copy c;
	struct sim_sockaddr a = { .family = 0 };
	struct sim_cmsgs got;
	struct sim_scm scm = { .got = &got };
	struct sim_msg m = { .flags = flags, .scm = &scm };
	long r;

	got.used_bytes = 0;
	if (sim_copy_from_user(&h, user, sizeof h))
		return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)user, 0);
	if (h.msg_name && (int)h.msg_namelen < 0)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ADDRESS_LEN, (int)h.msg_namelen, 0);
	r = sim_iovec_in(g, h.msg_iov, h.msg_iovlen, -EMSGSIZE, &c);
	if (r)
		return r;
	g->arg1 = c.total_bytes;
	g->arg2 = (uint32_t)flags;
	m.it = (struct sim_iter){ c.iov, c.num, 0 };
	m.len = c.total_bytes;
	m.from = h.msg_name ? &a : NULL;
	r = do_recv(g, &m);
	sim_iovec_done(g, &c);
	if (r < 0)
		return r;
	h.msg_flags = m.out_flags | (flags & MSG_CMSG_CLOEXEC);
	if (__builtin_expect(scm.rights || scm.has_cred || got.used_bytes, 0))
		sim_scm_out(g, &h, &scm);
	else
		h.msg_controllen = 0;
	if (h.msg_name) {
		int err = sim_gate_addr_out(g, &a, h.msg_name, &user->msg_namelen);

		if (err)
			return err;
	}
	if (sim_copy_to_user(&user->msg_flags, &h.msg_flags, sizeof h.msg_flags) ||
	    sim_copy_to_user(&user->msg_controllen, &h.msg_controllen, sizeof h.msg_controllen))
		return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)user, 0);
	return r;
}

/* As in send.c. */
enum { FLAG_CMSG_COMPAT = INT_MIN };

long sim_call_recvmsg(struct sim_task *t, int fd, struct msghdr *msg, int flags)
{
	struct sim_gate g;

	t->msg_flags = (unsigned)flags;
	if (sim_gate_enter(&g, t, SIM_CALL_RECVMSG, fd, sim_msg_asked_for(t, SIM_CALL_RECVMSG, msg)))
		return sim_gate_leave(&g, g.answer);
	if (flags & FLAG_CMSG_COMPAT)
		return sim_gate_leave(&g, sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_FLAGS, flags, 0));
	if (!g.sk)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	return sim_gate_leave(&g, recv_header(&g, msg, flags));
}

/* recvmmsg(2): the timeout is looked at only after each message. */
static bool out_of_time(struct sim_gate *g, int64_t deadline_ns)
{
	return sim_now(&g->w->ctx) >= deadline_ns;
}

/* Linux tells what is left of the time, if a message came. */
static long tell_left(struct sim_gate *g, struct timespec *timeout, int64_t deadline_ns)
{
	int64_t left_ns = deadline_ns - sim_now(&g->w->ctx);
	struct timespec left = { .tv_sec = 0 };

	if (deadline_ns == SIM_NEVER_NS)
		return 0;
	if (left_ns > 0) {
		left.tv_sec = left_ns / SIM_NS_PER_S;
		left.tv_nsec = left_ns % SIM_NS_PER_S;
	}
	if (sim_copy_to_user(timeout, &left, sizeof left))
		return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)timeout, 0);
	return 0;
}

long sim_call_recvmmsg(struct sim_task *t, int fd, struct mmsghdr *msgs, unsigned num, int flags,
		       struct timespec *timeout)
{
	struct sim_gate g;
	int64_t deadline_ns;
	unsigned n = 0;
	long r;

	if (num > SIM_IOV_MAX)
		num = SIM_IOV_MAX;
	t->msg_flags = (unsigned)flags;
	if (sim_gate_enter(&g, t, SIM_CALL_RECVMMSG, fd, num))
		return sim_gate_leave(&g, g.answer);
	if (flags & FLAG_CMSG_COMPAT)
		return sim_gate_leave(&g, sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_FLAGS, flags, 0));
	r = sim_gate_deadline(&g, timeout, &deadline_ns);
	if (r)
		return sim_gate_leave(&g, r);
	if (!g.sk)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	if (num > g.limit)
		num = (unsigned)g.limit;
	g.limit = UINT64_MAX;
	/* Linux: an error that waits is told whatever else there is, unless the queue of errors is asked. */
	if (!(flags & MSG_ERRQUEUE))
		r = sim_sock_take_error(g.sk, t);
	while (r >= 0 && n < num) {
		unsigned len;

		r = recv_header(&g, &msgs[n].msg_hdr, flags & ~MSG_WAITFORONE);
		if (r < 0)
			break;
		len = (unsigned)r;
		if (sim_copy_to_user(&msgs[n].msg_len, &len, sizeof len)) {
			r = sim_gate_fail(&g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)&msgs[n], 0);
			break;
		}
		n++;
		if (flags & MSG_WAITFORONE)
			flags |= MSG_DONTWAIT;
		if (out_of_time(&g, deadline_ns))
			break;
	}
	g.arg1 = num;
	/* An error after some messages is kept for the next call. */
	if (n && r < 0 && r != -EAGAIN && r != -SIM_ERESTART && !g.sk->err)
		g.sk->err = (int32_t)-r;
	if (n && timeout && (r = tell_left(&g, timeout, deadline_ns)) < 0)
		return sim_gate_leave(&g, r);
	return sim_gate_leave(&g, n ? (long)n : r);
}

long sim_call_readv_as(struct sim_task *t, enum sim_call_id id, int fd, const struct iovec *iov, int num,
		       int flags)
{
	struct msghdr probe = { .msg_iov = (struct iovec *)(uintptr_t)iov,
				.msg_iovlen = num > 0 ? (size_t)num : 0 };
	struct sim_gate g;
	struct sim_iovec_copy c;
	struct sim_msg m = { .flags = flags & RWF_NOWAIT ? MSG_DONTWAIT : 0 };
	long r;

	if (sim_gate_enter(&g, t, id, fd, sim_msg_asked_for(t, id, &probe)))
		return sim_gate_leave(&g, g.answer);
	if (!g.file)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	if (g.file->kind == SIM_FILE_EPOLL) /* cannot be read: that comes before what would be read */
		return sim_gate_leave(&g, read_file(&g, &m));
	r = sim_gate_rw_flags(&g, flags);
	if (!r)
		r = sim_iovec_in(&g, iov, num < 0 ? (size_t)SIM_IOV_MAX + 1 : (size_t)num, -EINVAL, &c);
	if (r)
		return sim_gate_leave(&g, r);
	m.it = (struct sim_iter){ c.iov, c.num, 0 };
	m.len = g.arg1 = c.total_bytes;
	if (m.len)
		r = g.sk ? do_recv(&g, &m) : read_file(&g, &m);
	sim_iovec_done(&g, &c);
	return sim_gate_leave(&g, r);
}
