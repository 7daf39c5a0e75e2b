/* SPDX-License-Identifier: MIT */
/*
 * Places in the stream of bytes that a program is told of: when they were queued, sent and acknowledged
 * (timestamping.rst), and when what MSG_ZEROCOPY lent is its own again (msg_zerocopy.rst). Most connections
 * have none.
 *
 * FIDELITY: SCM_TSTAMP_SND is the moment at which the segment is handed to the link, also where that makes it
 * wait. Each call with MSG_ZEROCOPY is charged to optmem_max by itself; Linux joins those that share a
 * buffer.
 */
#include <errno.h>
#include <linux/net_tstamp.h>

#include "sim/tcp/env.h"
#include "sim/tcp/seq.h"
#include "sim/tcp/sock.h"

struct sim_tcp_mark {
	struct sim_tcp_mark *next;
	uint32_t end_seq; /* past the last byte */
	uint32_t key;
	uint32_t stamps; /* SOF_TIMESTAMPING_TX_* that are still to be told */
	bool zerocopy;
	uint32_t zc;
	struct sim_bytes bytes; /* what the acknowledgement's stamp gives back */
};

#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

enum { ALL_STAMPS = SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_ACK };

bool sim_tcp_wants_mark(const struct sim_tcp_sock *ts, const struct sim_msg *m)
{
	const struct sim_sock *sk = &ts->in.sk;
	uint32_t flags =
		m->scm && m->scm->send && m->scm->send->has_tsflags ? m->scm->send->tsflags : sk->tsflags;

	return flags & ALL_STAMPS || (sk->zerocopy && m->flags & MSG_ZEROCOPY && m->len);
}

int sim_tcp_mark_begin(struct sim_tcp_sock *ts, struct sim_task *t, const struct sim_msg *m,
		       struct sim_tcp_mark **made)
{
	struct sim_sock *sk = &ts->in.sk;
	const struct sim_scm_send *s = m->scm ? m->scm->send : NULL;
	struct sim_tcp_mark *x = NULL;
	bool zerocopy = sk->zerocopy && m->flags & MSG_ZEROCOPY && m->len;

	*made = NULL;
	if (zerocopy && sk->omem_bytes + SIM_ZEROCOPY_ROOM > (uint32_t)sk->net->sysctl.core_optmem_max)
		return sim_sock_fail(sk, t, ENOBUFS, SIM_WHY_OPTMEM, SIM_NEVER_NS, sk->omem_bytes,
				     sk->net->sysctl.core_optmem_max, 0, 0);
	x = sim_arena_alloc(sim_sock_arena(sk), sizeof *x);
	if (!x)
		return sim_sock_fail(sk, t, ENOBUFS, SIM_WHY_NO_MEMORY, SIM_NEVER_NS, 0, 0, 0, 0);
	x->stamps = (s && s->has_tsflags ? s->tsflags : sk->tsflags) & ALL_STAMPS;
	x->zerocopy = zerocopy;
	if (zerocopy) {
		sk->omem_bytes += SIM_ZEROCOPY_TRUESIZE;
		x->zc = sk->zckey++;
	}
	*made = x;
	return 0;
}

static void free_mark(struct sim_tcp_sock *ts, struct sim_tcp_mark *x)
{
	sim_bytes_release(sim_sock_arena(&ts->in.sk), &x->bytes);
	sim_arena_free(sim_sock_arena(&ts->in.sk), x, sizeof *x);
}

void sim_tcp_mark_abort(struct sim_tcp_sock *ts, struct sim_tcp_mark *x)
{
	if (x->zerocopy) {
		ts->in.sk.omem_bytes -= SIM_ZEROCOPY_TRUESIZE;
		ts->in.sk.zckey--;
	}
	free_mark(ts, x);
}

void sim_tcp_mark_end(struct sim_tcp_sock *ts, struct sim_tcp_mark *x, size_t num_bytes)
{
	const struct sim_bytes *queued = &ts->conn.sndq;
	struct sim_tcp_mark **at = &ts->marks;
	uint32_t len = num_bytes < queued->len ? (uint32_t)num_bytes : queued->len;

	x->end_seq = ts->conn.write_seq;
	x->key = x->end_seq - 1 - ts->in.sk.tskey;
	if (len && x->stamps & SOF_TIMESTAMPING_TX_ACK && !(ts->in.sk.tsflags & SOF_TIMESTAMPING_OPT_TSONLY))
		x->bytes = sim_bytes_slice(queued, queued->len - len, len);
	while (*at)
		at = &(*at)->next;
	*at = x;
	sim_tcp_marks_acked(ts); /* it may all have gone while the call waited for room */
}

/* A segment leaves: the stamps of the marks whose last byte is in it. */
void sim_tcp_marks_sent(struct sim_tcp_sock *ts, struct sim_packet *p)
{
	uint32_t end = p->tcp.seq + p->payload.len;

	if (!p->payload.len)
		return;
	p->iface = ts->in.route.iface;
	for (struct sim_tcp_mark *x = ts->marks; x; x = x->next) {
		if (!sim_seq_before(p->tcp.seq, x->end_seq) || sim_seq_before(end, x->end_seq))
			continue;
		if (x->stamps & SOF_TIMESTAMPING_TX_SCHED)
			sim_inet_tx_stamp(&ts->in, p, SIM_STAMP_SCHED, x->key);
		if (x->stamps & SOF_TIMESTAMPING_TX_SOFTWARE)
			sim_inet_tx_stamp(&ts->in, p, SIM_STAMP_SENT, x->key);
		x->stamps &= SOF_TIMESTAMPING_TX_ACK;
	}
}

static void tell_acked(struct sim_tcp_sock *ts, struct sim_tcp_mark *x)
{
	struct sim_sock *sk = &ts->in.sk;
	bool v4 = sim_addr_is_v4(ts->in.raddr);
	struct sim_sock_err e = { .err = ENOMSG,
				  .origin = SIM_ERR_TIMESTAMPING,
				  .info = SIM_STAMP_ACK,
				  .data = sk->tsflags & SOF_TIMESTAMPING_OPT_ID ? x->key : 0,
				  .truesize_bytes = sim_ip_truesize(x->bytes.len, v4),
				  .at_ns = sim_now(sk->net->ctx),
				  .v4 = v4,
				  .bytes = x->bytes };

	x->bytes = (struct sim_bytes){ NULL, 0, 0 };
	sim_errq_push(sk, &e);
}

static void finish(struct sim_tcp_sock *ts, struct sim_tcp_mark *x, bool acked)
{
	bool local = ts->in.route.wire && sim_wire_is_loopback(ts->in.route.wire);

	if (acked && x->stamps & SOF_TIMESTAMPING_TX_ACK)
		tell_acked(ts, x);
	/* msg_zerocopy.rst: loopback copies after all. */
	if (x->zerocopy)
		sim_errq_zerocopy_done(&ts->in.sk, x->zc, x->zc, local);
	free_mark(ts, x);
}

void sim_tcp_marks_acked(struct sim_tcp_sock *ts)
{
	struct sim_tcp_mark *x;

	while ((x = ts->marks) && !sim_seq_before(ts->conn.snd_una, x->end_seq)) {
		ts->marks = x->next;
		finish(ts, x, true);
	}
}

int sim_tcp_number_stamps(struct sim_sock *sk, bool of_stream)
{
	const struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);

	if (sim_tcp_in_states(ts, 1u << SIM_TCP_CLOSED | 1u << SIM_TCP_LISTEN))
		return -EINVAL;
	sk->tskey = of_stream ? ts->conn.write_seq : ts->conn.snd_una;
	return 0;
}

void sim_tcp_marks_drop(struct sim_tcp_sock *ts)
{
	struct sim_tcp_mark *x;

	while ((x = ts->marks)) {
		ts->marks = x->next;
		finish(ts, x, false);
	}
}
