/* SPDX-License-Identifier: MIT */
/* Sending: send(2), sendto(2), sendmsg(2), sendmmsg(2), write(2), writev(2) on a socket. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>
#include <signal.h>
#include <string.h>

#include "api/calls/gate.h"
#include "api/calls/iovec.h"
#include "api/calls/scm.h"
#include "sim/base/uaccess.h"

/*
 * The rest of a long send. Linux looks at what came in meanwhile after every so many buffers, so that a
 * window that opened, or a reset, is seen in the middle of a call.
 */
static __attribute__((noinline)) long send_rest(struct sim_gate *g, struct sim_msg *m, long r)
{
	while (m->again) {
		m->again = false;
		m->len -= (size_t)r;
		m->done += (size_t)r;
		sim_world_settle(g->w);
		r = sim_sock_op(g->sk)->send(g->sk, g->t, m);
		if (r < 0)
			break;
	}
	return r < 0 ? (long)m->done : (long)m->done + r;
}

/* The part that all of them share: `m` has buffers, flags and destination. */
static long do_send(struct sim_gate *g, struct sim_msg *m)
{
	bool cut = m->len > g->limit;
	size_t len;
	long r;

	if (cut)
		m->len = g->limit;
	len = m->len;
	m->nonblock = (m->flags & MSG_DONTWAIT) || g->file->nonblock;
	r = sim_sock_op(g->sk)->send(g->sk, g->t, m);
	if (__builtin_expect(m->again, 0))
		r = send_rest(g, m, r);
	if (r == -EPIPE && sim_sock_epipe_signals(g->sk, m)) /* send(2), EPIPE */
		g->breaks_pipe = true;
	if (cut && r == (long)len)
		g->t->why = (struct sim_reason){
			SIM_WHY_INJECTED_SHORT, g->sk->id, SIM_NEVER_NS, { g->rule_id, (int64_t)len, 0, 0 }
		};
	return r;
}

/* -EBADF, -ENOTSOCK; of an epoll set or a timer write(2) is -EINVAL. */
static long not_writable(struct sim_gate *g)
{
	if (g->file && (g->id == SIM_CALL_WRITE || g->id == SIM_CALL_WRITEV || g->id == SIM_CALL_PWRITEV2 ||
			g->id == SIM_CALL_SENDFILE))
		return sim_gate_fail(g, EINVAL, SIM_WHY_NOT_READABLE, 0, 0);
	return sim_gate_no_socket(g);
}

long sim_call_sendto(struct sim_task *t, enum sim_call_id id, int fd, const void *buf, size_t len, int flags,
		     const struct sockaddr *to, socklen_t to_len)
{
	struct sim_gate g;
	struct sim_sockaddr a;
	struct iovec iov = { (void *)(uintptr_t)buf, len > SIM_RW_MAX_BYTES ? SIM_RW_MAX_BYTES : len };
	struct sim_msg m = {
		.it = { &iov, 1, 0 }, .len = iov.iov_len, .flags = flags, .by_pages = id == SIM_CALL_SENDFILE
	};
	long r;

	t->msg_flags = (unsigned)flags;
	if (sim_gate_enter_to(&g, t, id, fd, len, to, to_len))
		return sim_gate_leave(&g, g.answer);
	/* write(2) asks of all that it was told, and behind the descriptor; send(2) of what it takes, first.
	 */
	if (!sim_can_be_users(buf, id == SIM_CALL_WRITE ? len : iov.iov_len) &&
	    (g.sk || id != SIM_CALL_WRITE))
		return sim_gate_leave(&g, sim_gate_fail(&g, EFAULT, SIM_WHY_BAD_POINTER,
							(int64_t)(uintptr_t)buf, 0));
	if (!g.sk)
		return sim_gate_leave(&g, not_writable(&g));
	if (to) {
		r = sim_gate_addr_in(&g, to, to_len, &a);
		if (r)
			return sim_gate_leave(&g, r);
		m.to = &a;
		g.arg1 = len;
	}
	g.arg2 = (uint32_t)flags;
	return sim_gate_leave(&g, do_send(&g, &m));
}

/* Is there anything that was not taken? */
static bool has_bytes(struct sim_iter it)
{
	for (; it.num; it.num--, it.iov++, it.off = 0)
		if (it.iov->iov_len > it.off)
			return true;
	return false;
}

/* One message; *is_short: not all of it was taken, as of one with MSG_PROBE, of which nothing is. */
static long send_header(struct sim_gate *g, const struct msghdr *h, int flags, bool *is_short)
{
	struct sim_iovec_copy c;
	struct sim_sockaddr a;
	struct sim_msg m = { .flags = flags };
	struct sim_scm_room scm;
	long r;

	if (h->msg_name && h->msg_namelen) {
		socklen_t len = h->msg_namelen > sizeof(struct sockaddr_storage)
					? sizeof(struct sockaddr_storage)
					: h->msg_namelen;

		if ((int)h->msg_namelen < 0)
			return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ADDRESS_LEN, (int)h->msg_namelen, 0);
		r = sim_gate_addr_in(g, h->msg_name, len, &a);
		if (r)
			return r;
		m.to = &a;
	}
	r = sim_iovec_in(g, h->msg_iov, h->msg_iovlen, -EMSGSIZE, &c);
	if (r)
		return r;
	g->arg1 = c.total_bytes;
	g->arg2 = (uint32_t)flags;
	r = sim_scm_in(g, h, &scm, &m.scm);
	if (!r) {
		m.it = (struct sim_iter){ c.iov, c.num, 0 };
		m.len = c.total_bytes;
		r = do_send(g, &m);
		*is_short = r >= 0 && has_bytes(m.it);
	}
	sim_scm_done(m.scm);
	sim_iovec_done(g, &c);
	return r;
}

/* The kernel's own mark of a 32-bit program: where there are control messages it is EINVAL. */
enum { FLAG_CMSG_COMPAT = INT_MIN };

long sim_call_sendmsg(struct sim_task *t, int fd, const struct msghdr *msg, int flags)
{
	struct sim_gate g;
	struct msghdr h;
	bool is_short = false;

	t->msg_flags = (unsigned)flags;
	if (sim_gate_enter(&g, t, SIM_CALL_SENDMSG, fd, sim_msg_asked_for(t, SIM_CALL_SENDMSG, msg)))
		return sim_gate_leave(&g, g.answer);
	if (flags & FLAG_CMSG_COMPAT)
		return sim_gate_leave(&g, sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_FLAGS, flags, 0));
	if (!g.sk)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	if (sim_copy_from_user(&h, msg, sizeof h))
		return sim_gate_leave(&g, sim_gate_fail(&g, EFAULT, SIM_WHY_BAD_POINTER,
							(int64_t)(uintptr_t)msg, 0));
	return sim_gate_leave(&g, send_header(&g, &h, flags, &is_short));
}

long sim_call_sendmmsg(struct sim_task *t, int fd, struct mmsghdr *msgs, unsigned num, int flags)
{
	struct sim_gate g;
	bool is_short = false;
	unsigned n;
	long r = 0;

	if (num > SIM_IOV_MAX)
		num = SIM_IOV_MAX;
	t->msg_flags = (unsigned)flags;
	if (sim_gate_enter(&g, t, SIM_CALL_SENDMMSG, fd, num))
		return sim_gate_leave(&g, g.answer);
	if (flags & FLAG_CMSG_COMPAT)
		return sim_gate_leave(&g, sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_FLAGS, flags, 0));
	if (!g.sk)
		return sim_gate_leave(&g, sim_gate_no_socket(&g));
	if (num > g.limit)
		num = (unsigned)g.limit;
	g.limit = UINT64_MAX;                    /* it limited messages, not bytes */
	for (n = 0; n < num && !is_short; n++) { /* after a message that was cut none follows */
		struct mmsghdr h;
		unsigned len;

		if (sim_copy_from_user(&h, &msgs[n], sizeof h))
			r = sim_gate_fail(&g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)&msgs[n], 0);
		else
			r = send_header(&g, &h.msg_hdr, flags, &is_short);
		if (r < 0)
			break;
		len = (unsigned)r;
		if (sim_copy_to_user(&msgs[n].msg_len, &len, sizeof len)) {
			r = sim_gate_fail(&g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)&msgs[n], 0);
			break;
		}
		/* What is due goes out between the messages, as it would between calls. */
		sim_world_settle(g.w);
	}
	g.arg1 = num;
	return sim_gate_leave(&g, n ? (long)n : r);
}

long sim_call_writev_as(struct sim_task *t, enum sim_call_id id, int fd, const struct iovec *iov, int num,
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
	if (!g.sk)
		return sim_gate_leave(&g, not_writable(&g));
	r = sim_gate_rw_flags(&g, flags);
	if (!r)
		r = sim_iovec_in(&g, iov, num < 0 ? (size_t)SIM_IOV_MAX + 1 : (size_t)num, -EINVAL, &c);
	if (r)
		return sim_gate_leave(&g, r);
	m.it = (struct sim_iter){ c.iov, c.num, 0 };
	m.len = g.arg1 = c.total_bytes;
	r = m.len ? do_send(&g, &m) : 0; /* Linux's writev of nothing sends nothing, not even a datagram */
	sim_iovec_done(&g, &c);
	return sim_gate_leave(&g, r);
}
