/* SPDX-License-Identifier: MIT */
/* From send(2) to IP. The order of checks is Linux's: udp_sendmsg, udpv6_sendmsg, sock_alloc_send_skb. */
#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>

#include "sim/base/assert.h"
#include "sim/ip/firewall.h"
#include "sim/ip/neighbour.h"
#include "sim/sock/memory.h"
#include "sim/udp/udp_internal.h"

#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

enum {
	FLAG_PROBE = 0x10, /* MSG_PROBE, which glibc's header does not have */
	MAX_PAYLOAD_V4 = SIM_UDP_MAX_LEN - 20 - 8,
	MAX_PAYLOAD_V6 = SIM_UDP_MAX_LEN - 8,
	UDP_HEADER_LEN = 8,
};

/* ---- room ---- */

bool sim_udp_is_writable(const struct sim_udp_sock *us)
{
	const struct sim_sock *sk = &us->in.sk;

	return sk->wmem_bytes < (uint32_t)sk->sndbuf_bytes >> 1 &&
	       sim_sock_test_room(sk, us->unsent_bytes) > 0;
}

static bool has_room(const struct sim_udp_sock *us, size_t len)
{
	const struct sim_sock *sk = &us->in.sk;

	/* One datagram may pass the limit, as on Linux. */
	return sk->wmem_bytes < (uint32_t)sk->sndbuf_bytes && len <= sim_sock_test_room(sk, us->unsent_bytes);
}

static int no_room(const struct sim_udp_sock *us, struct sim_task *t, int64_t since_ns)
{
	struct sim_sock *sk = (struct sim_sock *)&us->in.sk;
	const struct sim_sock_test *x = sk->test;

	if (sk->wmem_bytes >= (uint32_t)sk->sndbuf_bytes)
		return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_SNDBUF_FULL, since_ns, sk->wmem_bytes,
				     sk->sndbuf_bytes, us->unsent_bytes, 0);
	if (x && x->has_capacity && x->accepted_bytes - x->peer_read_bytes)
		return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_PEER_NOT_READING, since_ns,
				     (int64_t)(x->accepted_bytes - x->peer_read_bytes),
				     (int64_t)x->capacity_bytes, 0, 0);
	return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_SNDBUF_FULL, since_ns, us->unsent_bytes,
			     x ? (int64_t)x->sndbuf_bytes : 0, us->unsent_bytes, 0);
}

/* A datagram that the exact knobs could never hold would wait for ever. */
static int check_knobs(struct sim_udp_sock *us, struct sim_task *t, size_t len)
{
	const struct sim_sock_test *x = us->in.sk.test;
	uint64_t max = UINT64_MAX;

	if (__builtin_expect(!x, 1))
		return 0;
	if (x->has_sndbuf)
		max = x->sndbuf_bytes;
	if (x->has_capacity && x->capacity_bytes < max)
		max = x->capacity_bytes;
	if (len <= max)
		return 0;
	return sim_sock_fail(&us->in.sk, t, EMSGSIZE, SIM_WHY_TOO_LONG, SIM_NEVER_NS, (int64_t)len,
			     (int64_t)max, 0, 0);
}

/* 0: there is room; 1: there is now, but other tasks have had their turn meanwhile; or -errno. */
static int wait_for_room(struct sim_udp_sock *us, struct sim_task *t, const struct sim_msg *m)
{
	struct sim_sock *sk = &us->in.sk;
	int64_t deadline_ns = SIM_NEVER_NS, since_ns = 0;
	bool waited = false;
	int err;

	for (;;) {
		err = sim_sock_take_error(sk, t);
		if (err)
			return err;
		if (sk->shutdown & SIM_SHUT_WR)
			return sim_sock_fail(sk, t, EPIPE, SIM_WHY_SHUT_WR, us->shut_ns, us->shut_ns, 0, 0,
					     0);
		if (__builtin_expect(has_room(us, m->len), 1))
			return waited;
		if (m->nonblock)
			return no_room(us, t, SIM_NEVER_NS);
		if (!waited) {
			since_ns = sim_now(sk->net->ctx);
			deadline_ns = sim_sock_deadline(sk, sk->sndtimeo_ns);
			waited = true;
		}
		err = sim_sock_wait(sk, t, EPOLLOUT | EPOLLERR, deadline_ns);
		if (err == -EAGAIN)
			return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_SNDTIMEO, since_ns, sk->sndtimeo_ns,
					     sk->wmem_bytes, sk->sndbuf_bytes, 0);
		if (err == -SIM_ERESTART && deadline_ns != SIM_NEVER_NS)
			return sim_sock_fail(sk, t, EINTR, SIM_WHY_SIGNAL, since_ns, 0, sim_now(sk->net->ctx),
					     0, 0);
		if (err)
			return err;
	}
}

/* Who sent it is told when it left, and that its bytes are done with. */
static void tell_departed(struct sim_udp_sock *us, struct sim_packet *p)
{
	bool local = p->wire && sim_wire_is_loopback(p->wire);

	if (p->udp.stamps && p->wire)
		sim_inet_tx_stamp(&us->in, p, SIM_STAMP_SENT, p->udp.tskey);
	/* msg_zerocopy.rst: loopback copies after all. */
	if (p->udp.zerocopy)
		sim_errq_zerocopy_done(&us->in.sk, p->udp.zc_first, p->udp.zc_last, local);
}

void sim_udp_departed(struct sim_ip *ip, struct sim_packet *p)
{
	struct sim_udp_sock *us = p->charged_to;
	struct sim_sock *sk = &us->in.sk;

	(void)ip;
	SIM_ASSERT(sk->wmem_bytes >= p->charged_bytes);
	sk->wmem_bytes -= p->charged_bytes;
	us->unsent_bytes -= p->charged_payload_bytes;
	if (__builtin_expect(p->udp.stamps | p->udp.zerocopy, 0))
		tell_departed(us, p);
	if (sim_udp_is_writable(us))
		sim_sock_notify(sk, EPOLLOUT | EPOLLWRNORM);
	sim_sock_put(sk);
}

static void charge_always(struct sim_udp_sock *us, struct sim_packet *p)
{
	p->charged_to = sim_sock_get(&us->in.sk);
	p->charged_bytes = sim_ip_truesize(p->payload.len, sim_packet_is_v4(p));
	p->charged_payload_bytes = p->payload.len;
	us->in.sk.wmem_bytes += p->charged_bytes;
	us->unsent_bytes += p->payload.len;
}

/* On a wire that makes packets wait, they fill the send buffer until they have left. */
static void charge(struct sim_udp_sock *us, const struct sim_route *r, struct sim_packet *p)
{
	if (__builtin_expect(r->wire && !r->wire->netem.rate_bps, 1))
		return;
	charge_always(us, p);
}

/* ---- the datagram ---- */

/*
 * The longest packet that may go this way in one piece: from IP_PMTUDISC_PROBE on what the interface carries
 * counts, not what routers said (ip(7)).
 */
static uint32_t way_mtu(const struct sim_inet *in, const struct sim_udp_way *way)
{
	uint8_t discover = sim_udp_is_v4(way) ? in->mtu_discover : in->mtu_discover6;
	const struct sim_iface *i;

	if (__builtin_expect(discover < IP_PMTUDISC_PROBE, 1))
		return way->route.mtu_bytes;
	i = sim_ip_iface(in->ip, way->route.iface);
	return i ? i->mtu_bytes : way->route.mtu_bytes;
}

/* May it not be cut? IP_PMTUDISC_INTERFACE sends no DF, and yet nothing that would have to be cut. */
static bool stays_whole(const struct sim_inet *in, bool v4, const struct sim_udp_with *with)
{
	uint8_t discover = v4 ? in->mtu_discover : in->mtu_discover6;
	bool dontfrag = with && with->dontfrag >= 0 ? with->dontfrag : in->dontfrag;

	if (discover == IP_PMTUDISC_DO || discover == IP_PMTUDISC_PROBE || discover == IP_PMTUDISC_INTERFACE)
		return true;
	return !v4 && dontfrag;
}

/* Is it too long for UDP, or for a way on which it may not be fragmented? */
static int check_size(struct sim_udp_sock *us, struct sim_task *t, const struct sim_udp_way *way, size_t len,
		      const struct sim_udp_with *with)
{
	const struct sim_inet *in = &us->in;
	bool v4 = sim_udp_is_v4(way);
	uint32_t max = v4 ? MAX_PAYLOAD_V4 : MAX_PAYLOAD_V6, headers = UDP_HEADER_LEN + (v4 ? 20 : 40), mtu;

	if (__builtin_expect(len + headers <= way->route.mtu_bytes && len <= max, 1))
		return 0;
	mtu = way_mtu(in, way);
	if (stays_whole(in, v4, with) && !(with && with->segment_bytes) && mtu - headers < max)
		max = mtu - headers;
	if (len <= max)
		return 0;
	sim_inet_local_error(&us->in, EMSGSIZE, way->raddr, v4 ? in->rport : way->rport, mtu);
	return sim_sock_fail(&us->in.sk, t, EMSGSIZE, SIM_WHY_TOO_LONG, SIM_NEVER_NS, (int64_t)len, max, 0,
			     0);
}

static int no_memory(struct sim_udp_sock *us, struct sim_task *t)
{
	return sim_sock_fail(&us->in.sk, t, ENOBUFS, SIM_WHY_NO_MEMORY, SIM_NEVER_NS, 0, 0, 0, 0);
}

/* IP did not take it. 0: a loss that the program is not told of. */
static int not_sent(struct sim_udp_sock *us, struct sim_task *t, const struct sim_udp_way *way, uint32_t len,
		    int err)
{
	struct sim_inet *in = &us->in;
	const struct sim_wire *w = way->route.wire;

	/* A full queue is a silent loss unless the host's switch or IP_RECVERR says otherwise. */
	if (err == -ENOBUFS && in->sk.net->sysctl.sw_enobufs == SIM_ENOBUFS_DROP &&
	    !(sim_udp_is_v4(way) ? in->recverr : in->recverr6))
		return 0;
	sim_sock_take_back_sent(&in->sk, len);
	switch (err) {
	case -EPERM: /* netfilter's LOCAL_OUT */
		return sim_sock_fail(&in->sk, t, EPERM, SIM_WHY_FIREWALL, SIM_NEVER_NS,
				     in->ip->firewall->last_rule, 0, 0, 0);
	case -ENOBUFS:
		return sim_sock_fail(&in->sk, t, ENOBUFS, SIM_WHY_QUEUE_DROP, SIM_NEVER_NS,
				     w ? w->queue.len : 0, w ? w->netem.limit_packets : 0, 0, 0);
	default:
		return sim_sock_fail(&in->sk, t, -err, SIM_WHY_TOO_LONG, SIM_NEVER_NS, len,
				     way->route.mtu_bytes, 0, 0);
	}
}

/* Takes the run. NULL: no memory. */
static struct sim_packet *make_packet(struct sim_udp_sock *us, struct sim_udp_way *way, struct sim_bytes *run)
{
	struct sim_inet *in = &us->in;
	struct sim_ctx *ctx = in->sk.net->ctx;
	struct sim_packet *p = sim_packet_new(ctx->arena, &ctx->next_packet_id);

	if (!p) {
		sim_bytes_release(ctx->arena, run);
		return NULL;
	}
	p->src = way->route.src;
	p->dst = way->raddr;
	p->sport = in->lport;
	p->dport = way->rport;
	p->proto = IPPROTO_UDP;
	p->payload = *run;
	p->confirm = way->confirm;
	sim_inet_mark(in, &way->route, p);
	if (__builtin_expect(!way->flow, 0))
		way->flow = sim_flow_define(&ctx->trace, in->sk.net->host_id, p);
	p->flow = way->flow;
	return p;
}

/* Gives the run to a packet and that to IP. 0, or -errno that the call returns. truesize 0: of one piece. */
static int transmit(struct sim_udp_sock *us, struct sim_task *t, struct sim_udp_way *way,
		    struct sim_bytes *run, uint32_t truesize)
{
	struct sim_packet *p = make_packet(us, way, run);
	int err;

	if (!p)
		return no_memory(us, t);
	p->truesize_bytes = truesize;
	charge(us, &way->route, p);
	err = sim_ip_send(us->in.ip, &way->route, p);
	if (__builtin_expect(err, 0))
		return not_sent(us, t, way, run->len, err);
	/* It has left, or sim_udp_departed() tells: who watches for edges hears of room after each. */
	if (sim_udp_is_writable(us))
		sim_sock_notify(&us->in.sk, EPOLLOUT | EPOLLWRNORM);
	return 0;
}

/* ---- the datagram with more than its bytes ---- */

/* Does anything beside the bytes matter? */
static inline bool is_plain(const struct sim_udp_sock *us, const struct sim_msg *m)
{
	const struct sim_sock *sk = &us->in.sk;

	return !((uintptr_t)m->scm | us->segment_bytes | sk->tsflags | (uint32_t)(sk->mark | sk->priority) |
		 (uint32_t)(m->flags & MSG_ZEROCOPY) | (us->in.mtu_discover > IP_PMTUDISC_DO) |
		 (us->in.mtu_discover6 > IPV6_PMTUDISC_DO));
}

static void read_with(const struct sim_udp_sock *us, const struct sim_msg *m, struct sim_udp_with *with)
{
	const struct sim_sock *sk = &us->in.sk;
	const struct sim_scm_send *s = m->scm ? m->scm->send : NULL;

	*with = (struct sim_udp_with){ .ttl = -1,
				       .tos = -1,
				       .dontfrag = -1,
				       .segment_bytes = us->segment_bytes,
				       .mark = sk->mark,
				       .priority = sk->priority,
				       .tsflags = sk->tsflags,
				       .zerocopy = sk->zerocopy && m->flags & MSG_ZEROCOPY };
	if (!s)
		return;
	with->ttl = sim_udp_is_v4(&us->way) ? s->v4.ttl : s->v6.ttl;
	with->tos = sim_udp_is_v4(&us->way) ? s->v4.tos : s->v6.tos;
	with->dontfrag = s->v6.dontfrag;
	if (s->has_segment)
		with->segment_bytes = s->segment_bytes;
	if (s->has_mark)
		with->mark = s->mark;
	if (s->has_priority)
		with->priority = s->priority;
	else if (with->tos >= 0 && sim_udp_is_v4(&us->way)) /* ip(7), IP_TOS: it sets the priority too */
		with->priority = sim_inet_priority((uint8_t)with->tos);
	if (s->has_tsflags)
		with->tsflags = (sk->tsflags & ~(uint32_t)SOF_TIMESTAMPING_TX_RECORD_MASK) | s->tsflags;
	with->has_ts_id = s->has_ts_id;
	with->ts_id = s->ts_id;
}

/* A call with MSG_ZEROCOPY gets its number, and is charged until it is told that it is done with. */
static int number_zerocopy(struct sim_udp_sock *us, struct sim_task *t, struct sim_udp_with *with)
{
	struct sim_sock *sk = &us->in.sk;

	if (!with->zc_num) {
		if (sk->omem_bytes + SIM_ZEROCOPY_ROOM > (uint32_t)sk->net->sysctl.core_optmem_max)
			return sim_sock_fail(sk, t, ENOBUFS, SIM_WHY_OPTMEM, SIM_NEVER_NS, sk->omem_bytes,
					     sk->net->sysctl.core_optmem_max, 0, 0);
		sk->omem_bytes += SIM_ZEROCOPY_TRUESIZE;
		with->zc_first = sk->zckey;
	}
	with->zc_num++;
	sk->zckey++;
	return 0;
}

/* The number is given back: nothing was sent under it. */
static void forget_zerocopy(struct sim_udp_sock *us, struct sim_udp_with *with)
{
	if (!with->zc_num)
		return;
	us->in.sk.zckey -= with->zc_num;
	us->in.sk.omem_bytes -= SIM_ZEROCOPY_TRUESIZE;
	with->zc_num = 0;
}

static void dress(const struct sim_udp_sock *us, const struct sim_udp_with *with, struct sim_packet *p)
{
	if (with->ttl >= 0) {
		p->ttl = (uint8_t)with->ttl;
		p->ttl_is_zero = !with->ttl;
	}
	if (with->tos >= 0)
		p->tos = (uint8_t)with->tos;
	if (!sim_packet_is_v4(p) && with->dontfrag >= 0 && us->in.mtu_discover6 < IPV6_PMTUDISC_DO)
		p->dont_fragment = with->dontfrag;
	p->udp.mark = with->mark;
	p->udp.priority = with->priority;
}

/* timestamping.rst: which moments of this datagram are told of, and under which number. */
static void stamp(struct sim_udp_sock *us, const struct sim_udp_with *with, struct sim_packet *p)
{
	struct sim_sock *sk = &us->in.sk;

	if (!(with->tsflags & (SOF_TIMESTAMPING_TX_SOFTWARE | SOF_TIMESTAMPING_TX_SCHED)))
		return;
	if (sk->tsflags & SOF_TIMESTAMPING_OPT_ID)
		p->udp.tskey = with->has_ts_id ? with->ts_id : sk->tskey++;
	if (with->tsflags & SOF_TIMESTAMPING_TX_SCHED)
		sim_inet_tx_stamp(&us->in, p, SIM_STAMP_SCHED, p->udp.tskey);
	p->udp.stamps = with->tsflags & SOF_TIMESTAMPING_TX_SOFTWARE;
}

/* One packet of what is sent; `last` of its segments ends what MSG_ZEROCOPY waits for. */
static int transmit_one(struct sim_udp_sock *us, struct sim_udp_way *way, struct sim_bytes *run,
			uint32_t truesize, const struct sim_udp_with *with, bool first, bool last)
{
	struct sim_packet *p = make_packet(us, way, run);
	struct sim_route route = way->route;

	if (!p)
		return -ENOMEM;
	p->truesize_bytes = truesize;
	dress(us, with, p);
	p->iface = route.iface;
	if (p->payload.len > with->segment_bytes)
		p->udp.segment_bytes = with->segment_bytes;
	if (first)
		stamp(us, with, p);
	if (last && with->zc_num) {
		p->udp.zerocopy = true;
		p->udp.zc_first = with->zc_first;
		p->udp.zc_last = with->zc_first + with->zc_num - 1;
	}
	if (p->udp.stamps || p->udp.zerocopy)
		charge_always(us, p);
	else
		charge(us, &way->route, p);
	route.mtu_bytes = way_mtu(&us->in, way);
	return sim_ip_send(us->in.ip, &route, p);
}

/* udp(7), UDP_SEGMENT: within one host all goes as one, as Linux's loopback takes it. */
static int transmit_segments(struct sim_udp_sock *us, struct sim_udp_way *way, struct sim_bytes *run,
			     const struct sim_udp_with *with)
{
	struct sim_arena *a = sim_sock_arena(&us->in.sk);
	uint32_t len = run->len, n;
	int err = 0, e;

	for (uint32_t at = 0; at < len; at += n) {
		struct sim_bytes piece;

		n = len - at < with->segment_bytes ? len - at : with->segment_bytes;
		piece = sim_bytes_slice(run, at, n);
		e = transmit_one(us, way, &piece, 0, with, !at, at + n == len);
		err = e ? e : err;
	}
	sim_bytes_release(a, run);
	return err;
}

/* udp_send_skb(): each segment must fit into a packet, and there are so many at most. */
static int check_segments(struct sim_udp_sock *us, struct sim_task *t, const struct sim_udp_way *way,
			  uint32_t len, uint32_t segment)
{
	enum { MAX_SEGMENTS = 128 };
	uint32_t headers = UDP_HEADER_LEN + (sim_udp_is_v4(way) ? 20 : 40),
		 each = len < segment ? len : segment;

	if (headers + each > way_mtu(&us->in, way))
		return sim_sock_fail(&us->in.sk, t, EMSGSIZE, SIM_WHY_TOO_LONG, SIM_NEVER_NS, each,
				     way_mtu(&us->in, way) - headers, 0, 0);
	if (len > segment * MAX_SEGMENTS)
		return sim_sock_fail(&us->in.sk, t, EINVAL, SIM_WHY_TOO_MANY_SEGMENTS, SIM_NEVER_NS,
				     (len + segment - 1) / segment, MAX_SEGMENTS, 0, 0);
	return 0;
}

static int transmit_with(struct sim_udp_sock *us, struct sim_task *t, struct sim_udp_way *way,
			 struct sim_bytes *run, uint32_t truesize, struct sim_udp_with *with)
{
	bool local = way->route.wire && sim_wire_is_loopback(way->route.wire);
	uint32_t len = run->len;
	int err = with->segment_bytes ? check_segments(us, t, way, len, with->segment_bytes) : 0;

	if (err) {
		forget_zerocopy(us, with);
		sim_bytes_release(sim_sock_arena(&us->in.sk), run);
		return err;
	}
	if (!with->segment_bytes || len <= with->segment_bytes || local)
		err = transmit_one(us, way, run, truesize, with, true, true);
	else
		err = transmit_segments(us, way, run, with);
	if (err == -ENOMEM)
		return no_memory(us, t);
	return err ? not_sent(us, t, way, len, err) : 0;
}

static int copy_error(struct sim_udp_sock *us, struct sim_task *t, int err)
{
	if (err == -ENOMEM)
		return no_memory(us, t);
	return sim_sock_fail(&us->in.sk, t, EFAULT, SIM_WHY_BAD_POINTER, SIM_NEVER_NS, 0, 0, 0, 0);
}

/* ---- MSG_MORE and UDP_CORK ---- */

/* What was pending is charged no more: sock_wfree(). */
static void tell_room(struct sim_udp_sock *us)
{
	if (!sim_list_empty(&us->in.sk.wait.waits) && sim_udp_is_writable(us))
		sim_sock_notify(&us->in.sk, EPOLLOUT | EPOLLWRNORM);
}

void sim_udp_uncork(struct sim_udp_sock *us)
{
	struct sim_arena *a = sim_sock_arena(&us->in.sk);

	if (!us->cork)
		return;
	us->in.sk.wmem_bytes -= us->cork->charged_bytes;
	forget_zerocopy(us, &us->cork->with);
	sim_bytes_release(a, &us->cork->run);
	sim_arena_free(a, us->cork, sizeof *us->cork);
	us->cork = NULL;
	tell_room(us);
}

int sim_udp_push_pending(struct sim_udp_sock *us, struct sim_task *t)
{
	struct sim_udp_cork *c = us->cork;
	int err;

	if (!c)
		return 0;
	us->cork = NULL;
	us->in.sk.wmem_bytes -= c->charged_bytes;
	if (__builtin_expect(c->is_plain, 1))
		err = transmit(us, t, &c->way, &c->run, c->charged_bytes);
	else
		err = transmit_with(us, t, &c->way, &c->run, c->charged_bytes, &c->with);
	sim_arena_free(sim_sock_arena(&us->in.sk), c, sizeof *c);
	tell_room(us);
	return err;
}

/* By the buffers that it gets: one for each fragment that it will be sent in, the first with UDP's header. */
static uint32_t truesize_of_fragments(const struct sim_udp_way *way, uint32_t len)
{
	enum { UDP_HEADER = 8, FRAGMENT_HEADER = 8, IN_EIGHTS = ~7u };
	bool v4 = sim_udp_is_v4(way);
	uint32_t header = v4 ? 20 : 40, mtu = way->route.mtu_bytes, room, size;

	if (__builtin_expect(len + UDP_HEADER + header <= mtu, 1))
		return sim_ip_truesize(len, v4);
	room = ((mtu - header) & IN_EIGHTS) - (v4 ? 0 : FRAGMENT_HEADER);
	size = sim_ip_truesize(room - UDP_HEADER, v4);
	for (len -= room - UDP_HEADER; len > room; len -= room)
		size += sim_ip_truesize(room - UDP_HEADER, v4);
	return size + sim_ip_truesize(len > UDP_HEADER ? len - UDP_HEADER : 0, v4);
}

/*
 * As Linux: the first piece by the buffer that it gets, others by their bytes, which are put beside it, as
 * all of a file's pages are.
 */
static void charge_pending(struct sim_udp_sock *us, const struct sim_msg *m)
{
	struct sim_udp_cork *c = us->cork;
	uint32_t len = (uint32_t)m->len, head = m->by_pages ? 0 : len, size = len;

	if (!c->charged_bytes)
		size = truesize_of_fragments(&c->way, head) + len - head;

	c->charged_bytes += size;
	us->in.sk.wmem_bytes += size;
}

static int append(struct sim_udp_sock *us, struct sim_task *t, struct sim_msg *m)
{
	struct sim_udp_cork *c = us->cork;
	struct sim_arena *a = sim_sock_arena(&us->in.sk);
	struct sim_bytes piece;
	int err = check_size(us, t, &c->way, c->run.len + m->len, c->is_plain ? NULL : &c->with);

	if (!err && __builtin_expect(m->flags & MSG_ZEROCOPY, 0) && us->in.sk.zerocopy && m->len) {
		c->is_plain = false;
		err = number_zerocopy(us, t, &c->with);
	}
	if (err)
		return err;
	charge_pending(us, m);
	if (!m->len)
		return 0;
	err = sim_bytes_append(a, &c->tail, &m->it, m->len, &piece);
	if (err)
		return copy_error(us, t, err);
	sim_sock_note_sent(&us->in.sk, &piece);
	if (c->run.slab) {
		c->run.len += piece.len;
		sim_bytes_release(a, &piece);
	} else {
		c->run = piece;
	}
	return 0;
}

static int cork(struct sim_udp_sock *us, struct sim_task *t, const struct sim_udp_way *way,
		const struct sim_msg *m)
{
	us->cork = sim_arena_alloc(sim_sock_arena(&us->in.sk), sizeof *us->cork);
	if (!us->cork)
		return no_memory(us, t);
	us->cork->way = *way;
	us->cork->is_plain = is_plain(us, m);
	read_with(us, m, &us->cork->with);
	return 0;
}

/* To what is pending, or begins it; sends it when nothing says that more comes. */
static ssize_t send_corked(struct sim_udp_sock *us, struct sim_task *t, struct sim_msg *m)
{
	size_t len = m->len;
	int err = m->flags & FLAG_PROBE ? 0 : append(us, t, m);

	if (err) {
		sim_udp_uncork(us); /* Linux: one bad piece loses all */
		return err;
	}
	if (!(m->flags & MSG_MORE) && !us->cork_option)
		err = sim_udp_push_pending(us, t);
	return err ? err : (ssize_t)len;
}

/* ---- send(2) ---- */

/* The rest of sim_udp_send() where more than the bytes matters; the way is found. */
static ssize_t send_with(struct sim_udp_sock *us, struct sim_task *t, struct sim_msg *m)
{
	struct sim_sock *sk = &us->in.sk;
	struct sim_bytes run = { NULL, 0, 0 };
	struct sim_slab *tail = NULL;
	struct sim_udp_with with;
	size_t len = m->len;
	int err;

	read_with(us, m, &with);
	err = check_size(us, t, &us->way, len, &with);
	if (!err)
		err = check_knobs(us, t, len);
	if (!err)
		err = wait_for_room(us, t, m);
	if (err > 0)
		return sim_udp_send(sk, t, m);
	if (err)
		return err;
	if ((m->flags & MSG_MORE) || us->cork_option) {
		err = cork(us, t, &us->way, m);
		return err ? err : send_corked(us, t, m);
	}
	if (with.zerocopy)
		err = number_zerocopy(us, t, &with);
	if (!err && len) {
		err = sim_bytes_append(sim_sock_arena(sk), &tail, &m->it, len, &run);
		if (err) {
			forget_zerocopy(us, &with);
			return copy_error(us, t, err);
		}
	}
	if (err)
		return err;
	sim_sock_note_sent(sk, &run);
	err = transmit_with(us, t, &us->way, &run, 0, &with);
	return err ? err : (ssize_t)len;
}

ssize_t sim_udp_send(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m)
{
	struct sim_udp_sock *us = sim_udp_of(sk);
	struct sim_bytes run = { NULL, 0, 0 };
	struct sim_slab *tail = NULL;
	size_t len = m->len;
	int err = 0;

	if (__builtin_expect(!us->in.lport, 0))
		err = sim_ports_autobind(&sk->net->udp->ports, &us->in, t);
	if (!err && __builtin_expect(us->cork != NULL, 0)) {
		/* Over IPv6 nothing of the call is looked at but its bytes. */
		err = sim_udp_is_v4(&us->cork->way) ? sim_udp_check_call(us, t, m) : 0;
		return err ? err : send_corked(us, t, m);
	}
	if (!err)
		err = sim_udp_find_destination(us, t, m);
	if (!err && __builtin_expect(m->scm != NULL, 0))
		err = sim_udp_is_v4(&us->way) ? m->scm->err : m->scm->err6;
	if (!err && __builtin_expect((m->flags & MSG_MORE) || us->cork_option, 0))
		sim_udp_note_flow(us);
	us->way.confirm = (m->flags & MSG_CONFIRM) != 0;
	if (__builtin_expect(m->flags & FLAG_PROBE, 0) && !err) {
		if (us->way.confirm)
			sim_neigh_confirm(us->in.ip, &us->way.route);
		return (ssize_t)len; /* the way was looked up, and that is all: ip_make_skb() */
	}
	if (!err && __builtin_expect(!is_plain(us, m), 0))
		return send_with(us, t, m);
	if (!err)
		err = check_size(us, t, &us->way, len, NULL);
	if (!err)
		err = check_knobs(us, t, len);
	if (!err)
		err = wait_for_room(us, t, m);
	/* They may have sent elsewhere, or corked: the way and the checks are to be made again, and wait no
	 * more. */
	if (__builtin_expect(err > 0, 0))
		return sim_udp_send(sk, t, m);
	if (err)
		return err;
	if (__builtin_expect(
		    !sim_net_has_memory(sk->net, sim_ip_truesize((uint32_t)len, sim_udp_is_v4(&us->way))), 0))
		return sim_sock_no_memory(sk, t, ENOBUFS);
	if (__builtin_expect((m->flags & MSG_MORE) || us->cork_option, 0)) {
		err = cork(us, t, &us->way, m);
		return err ? err : send_corked(us, t, m);
	}
	if (len) {
		err = sim_bytes_append(sim_sock_arena(sk), &tail, &m->it, len, &run);
		if (err)
			return copy_error(us, t, err);
	}
	sim_sock_note_sent(sk, &run);
	err = transmit(us, t, &us->way, &run, 0);
	return err ? err : (ssize_t)len;
}
