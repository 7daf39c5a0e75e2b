/* SPDX-License-Identifier: MIT */
/*
 * Urgent data as the calls see it: MSG_OOB on receive, the mark in reading, FIONREAD, SIOCATMARK, readiness.
 * recv(2), tcp(7), sockatmark(3); Linux's tcp_recv_urg(), tcp_recvmsg_locked(), tcp_inq(), tcp_poll().
 */
#include <errno.h>

#include "sim/tcp/env.h"
#include "sim/tcp/sock.h"

void sim_tcp_env_urgent(struct sim_tcp_conn *c)
{
	sim_sock_signal_urgent(&sim_tcp_sock_of_conn(c)->in.sk);
}

bool sim_tcp_env_oobinline(const struct sim_tcp_conn *c)
{
	return sim_tcp_sock_of_conn(c)->in.sk.oobinline;
}

void sim_tcp_env_readable_urgent(struct sim_tcp_conn *c)
{
	sim_sock_notify(&sim_tcp_sock_of_conn(c)->in.sk, EPOLLPRI | EPOLLIN | EPOLLRDNORM);
}

/* The first byte of the queue is nobody's: it counts as read. */
void sim_tcp_env_skip_urgent(struct sim_tcp_conn *c)
{
	struct sim_sock *sk = &sim_tcp_sock_of_conn(c)->in.sk;

	sim_sock_note_delivered(sk, sim_tcp_conn_first(c), 0, 1);
	sim_tcp_conn_consume(c, 1);
	sk->rmem_bytes = c->rmem_bytes;
}

/* Bytes before the urgent one, from `ahead` bytes behind what was read on. */
static uint32_t bytes_to_mark(const struct sim_tcp_conn *c, size_t ahead)
{
	return c->extra->urg_seq - (sim_tcp_conn_copied_seq(c) + (uint32_t)ahead);
}

bool sim_tcp_at_mark(const struct sim_tcp_sock *ts, size_t ahead)
{
	return ts->conn.urg_data && !bytes_to_mark(&ts->conn, ahead);
}

size_t sim_tcp_until_mark(struct sim_tcp_sock *ts, bool peek, size_t *ahead, size_t left)
{
	struct sim_tcp_conn *c = &ts->conn;
	uint32_t before = bytes_to_mark(c, *ahead);

	if (!before && !ts->in.sk.oobinline) {
		if (peek) {
			++*ahead;
		} else {
			sim_tcp_env_skip_urgent(c);
			c->urg_data = SIM_TCP_URG_NONE;
		}
		return c->rcv_len > *ahead ? left : 0;
	}
	return before && before < left ? before : left;
}

bool sim_tcp_is_readable_at_mark(const struct sim_tcp_sock *ts)
{
	return ts->in.sk.oobinline || !sim_tcp_at_mark(ts, 0) ||
	       ts->conn.rcv_len > (uint32_t)ts->in.sk.rcvlowat_bytes;
}

uint32_t sim_tcp_num_unread(const struct sim_tcp_sock *ts)
{
	const struct sim_tcp_conn *c = &ts->conn;
	uint32_t before;

	if (!c->urg_data || ts->in.sk.oobinline)
		return c->rcv_len;
	before = bytes_to_mark(c, 0);
	return before < c->rcv_len ? before : c->rcv_len;
}

static ssize_t hand_over(struct sim_tcp_sock *ts, struct sim_task *t, struct sim_msg *m)
{
	struct sim_tcp_conn *c = &ts->conn;

	if (!(m->flags & MSG_PEEK))
		c->urg_data = SIM_TCP_URG_READ;
	m->out_flags |= MSG_OOB;
	if (!m->len) {
		m->out_flags |= MSG_TRUNC;
		return 0;
	}
	if (!(m->flags & MSG_TRUNC) && sim_iter_to_user(&m->it, &c->extra->urg_byte, 1))
		return sim_tcp_fail(ts, t, EFAULT, SIM_WHY_BAD_POINTER);
	return 1;
}

ssize_t sim_tcp_recv_urgent(struct sim_tcp_sock *ts, struct sim_task *t, struct sim_msg *m)
{
	struct sim_sock *sk = &ts->in.sk;
	struct sim_tcp_conn *c = &ts->conn;

	if (sk->oobinline || c->urg_data == SIM_TCP_URG_NONE || c->urg_data == SIM_TCP_URG_READ)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_NO_URGENT_DATA, SIM_NEVER_NS, sk->oobinline,
				     c->urg_data, 0, 0);
	if (c->state == SIM_TCP_CLOSED && !c->fin_rcvd)
		return sim_tcp_fail(ts, t, ENOTCONN, SIM_WHY_NOT_CONNECTED);
	if (c->urg_data == SIM_TCP_URG_VALID)
		return hand_over(ts, t, m);
	if (c->state == SIM_TCP_CLOSED || sk->shutdown & SIM_SHUT_RD)
		return 0;
	return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_URGENT_NOT_YET, SIM_NEVER_NS, bytes_to_mark(c, 0), 0, 0,
			     0);
}
