/* SPDX-License-Identifier: MIT */
/* From send(2) to IP. The order of checks is Linux's: udp_sendmsg, udpv6_sendmsg, sock_alloc_send_skb. */
#include <errno.h>
#include <netinet/in.h>

#include "sim/base/assert.h"
#include "sim/ip/firewall.h"
#include "sim/sock/memory.h"
#include "sim/udp/udp_internal.h"

enum {
	MAX_LEN = 65535,
	MAX_PAYLOAD_V4 = MAX_LEN - 20 - 8,
	MAX_PAYLOAD_V6 = MAX_LEN - 8,
	UDP_HEADER_LEN = 8,
};

static bool is_v4(const struct sim_udp_way *way)
{
	return sim_addr_is_v4(way->raddr);
}

/* ---- where to ---- */

static int no_route(struct sim_sock *sk, struct sim_task *t, int err)
{
	switch (err) {
	case -EINVAL: return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 5, 0, 0, 0);
	case -ENOMEM: return sim_sock_fail(sk, t, ENOMEM, SIM_WHY_NO_MEMORY, SIM_NEVER_NS, 0, 0, 0, 0);
	default: return sim_sock_fail(sk, t, -err, SIM_WHY_UNREACHABLE, SIM_NEVER_NS, 0, 0, 0, 0);
	}
}

/* dontroute: MSG_DONTROUTE or SO_DONTROUTE. */
static int find_way(struct sim_udp_sock *us, struct sim_task *t, struct sim_addr raddr, uint16_t rport,
		    bool dontroute)
{
	struct sim_inet *in = &us->in;
	struct sim_udp_way *way = &us->way;
	struct sim_addr src;
	int err;

	if (sim_route_is_valid(in->ip, &way->route) && way->rport == rport &&
	    sim_addr_equal(way->raddr, raddr) && way->bound_if == in->sk.bound_if &&
	    way->dontroute == dontroute)
		return 0;
	way->route.generation = 0;
	way->raddr = raddr;
	way->rport = rport;
	way->bound_if = in->sk.bound_if;
	way->dontroute = dontroute;
	way->flow = 0;
	src = sim_inet_source(in);
	err = sim_ip_route(in->ip, raddr, src, in->sk.bound_if, dontroute, &way->route);
	if (err)
		return no_route(&in->sk, t, err);
	/* Kept with what is corked: the socket's own may be of another family when it goes. */
	if (!sim_addr_is_any(src))
		way->route.src = src;
	return 0;
}

/* The address that the call names: where it goes, in us->way. */
static int way_to_named(struct sim_udp_sock *us, struct sim_task *t, const struct sim_sockaddr *to,
			bool dontroute)
{
	struct sim_sock *sk = &us->in.sk;
	struct sim_addr raddr;
	int err = sim_udp_check_len(us, t, to, true);

	if (err)
		return err;
	if (sk->domain == AF_INET6 && to->family != AF_INET6 && to->family != AF_INET)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_FAMILY, SIM_NEVER_NS, to->family, sk->domain,
				     0, 0);
	err = sim_inet_check_peer(&us->in, t, to, &raddr);
	if (err)
		return err;
	if (!to->port)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 5, 0, 0, 0);
	return find_way(us, t, raddr, to->port, dontroute);
}

static int way_to_peer(struct sim_udp_sock *us, struct sim_task *t, bool dontroute)
{
	struct sim_inet *in = &us->in;

	if (!sim_inet_is_connected(in))
		return sim_sock_fail(&in->sk, t, sim_sock_no_destination_errno(&in->sk, EDESTADDRREQ),
				     SIM_WHY_NO_DESTINATION, SIM_NEVER_NS, 0, 0, 0, 0);
	return find_way(us, t, in->raddr, in->rport, dontroute);
}

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

void sim_udp_departed(struct sim_ip *ip, struct sim_packet *p)
{
	struct sim_udp_sock *us = p->charged_to;
	struct sim_sock *sk = &us->in.sk;

	(void)ip;
	SIM_ASSERT(sk->wmem_bytes >= p->charged_bytes);
	sk->wmem_bytes -= p->charged_bytes;
	us->unsent_bytes -= p->charged_payload_bytes;
	if (sim_udp_is_writable(us))
		sim_sock_notify(sk, EPOLLOUT | EPOLLWRNORM);
	sim_sock_put(sk);
}

/* On a wire that makes packets wait, they fill the send buffer until they have left. */
static void charge(struct sim_udp_sock *us, const struct sim_route *r, struct sim_packet *p)
{
	if (__builtin_expect(r->wire && !r->wire->netem.rate_bps, 1))
		return;
	p->charged_to = sim_sock_get(&us->in.sk);
	p->charged_bytes = sim_ip_truesize(p->payload.len, sim_packet_is_v4(p));
	p->charged_payload_bytes = p->payload.len;
	us->in.sk.wmem_bytes += p->charged_bytes;
	us->unsent_bytes += p->payload.len;
}

/* ---- the datagram ---- */

/* Is it too long for UDP, or for a way on which it may not be fragmented? */
static int check_size(struct sim_udp_sock *us, struct sim_task *t, const struct sim_udp_way *way, size_t len)
{
	const struct sim_inet *in = &us->in;
	bool v4 = is_v4(way), whole;
	uint32_t max = v4 ? MAX_PAYLOAD_V4 : MAX_PAYLOAD_V6, headers = UDP_HEADER_LEN + (v4 ? 20 : 40);

	whole = v4 ? in->mtu_discover == IP_PMTUDISC_DO || in->mtu_discover == IP_PMTUDISC_PROBE
		   : in->dontfrag || in->mtu_discover6 == IPV6_PMTUDISC_DO ||
				in->mtu_discover6 == IPV6_PMTUDISC_PROBE;
	if (whole && way->route.mtu_bytes - headers < max)
		max = way->route.mtu_bytes - headers;
	if (__builtin_expect(len <= max, 1))
		return 0;
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
	    !(is_v4(way) ? in->recverr : in->recverr6))
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

/* Gives the run to a packet and that to IP. 0, or -errno that the call returns. truesize 0: of one piece. */
static int transmit(struct sim_udp_sock *us, struct sim_task *t, struct sim_udp_way *way,
		    struct sim_bytes *run, uint32_t truesize)
{
	struct sim_inet *in = &us->in;
	struct sim_ctx *ctx = in->sk.net->ctx;
	struct sim_packet *p = sim_packet_new(ctx->arena, &ctx->next_packet_id);
	int err;

	if (!p) {
		sim_bytes_release(ctx->arena, run);
		return no_memory(us, t);
	}
	p->src = way->route.src;
	p->dst = way->raddr;
	p->sport = in->lport;
	p->dport = way->rport;
	p->proto = IPPROTO_UDP;
	p->payload = *run;
	p->truesize_bytes = truesize;
	sim_inet_mark(in, &way->route, p);
	if (__builtin_expect(!way->flow, 0))
		way->flow = sim_flow_define(&ctx->trace, in->sk.net->host_id, p);
	p->flow = way->flow;
	charge(us, &way->route, p);
	err = sim_ip_send(in->ip, &way->route, p);
	return __builtin_expect(!err, 1) ? 0 : not_sent(us, t, way, run->len, err);
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
	err = transmit(us, t, &c->way, &c->run, c->charged_bytes);
	sim_arena_free(sim_sock_arena(&us->in.sk), c, sizeof *c);
	tell_room(us);
	return err;
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
		size = sim_ip_truesize(head, is_v4(&c->way)) + len - head;

	c->charged_bytes += size;
	us->in.sk.wmem_bytes += size;
}

static int append(struct sim_udp_sock *us, struct sim_task *t, struct sim_msg *m)
{
	struct sim_udp_cork *c = us->cork;
	struct sim_arena *a = sim_sock_arena(&us->in.sk);
	struct sim_bytes piece;
	int err = check_size(us, t, &c->way, c->run.len + m->len);

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

static int cork(struct sim_udp_sock *us, struct sim_task *t, const struct sim_udp_way *way)
{
	us->cork = sim_arena_alloc(sim_sock_arena(&us->in.sk), sizeof *us->cork);
	if (!us->cork)
		return no_memory(us, t);
	us->cork->way = *way;
	return 0;
}

/* To what is pending, or begins it; sends it when nothing says that more comes. */
static ssize_t send_corked(struct sim_udp_sock *us, struct sim_task *t, struct sim_msg *m)
{
	size_t len = m->len;
	int err = append(us, t, m);

	if (err) {
		sim_udp_uncork(us); /* Linux: one bad piece loses all */
		return err;
	}
	if (!(m->flags & MSG_MORE) && !us->cork_option)
		err = sim_udp_push_pending(us, t);
	return err ? err : (ssize_t)len;
}

/* ---- send(2) ---- */

/* The checks of udp_sendmsg() that come before the destination. */
static int check_call(struct sim_udp_sock *us, struct sim_task *t, const struct sim_msg *m)
{
	struct sim_sock *sk = &us->in.sk;

	if (__builtin_expect(m->len > MAX_LEN, 0))
		return sim_sock_fail(sk, t, EMSGSIZE, SIM_WHY_TOO_LONG, SIM_NEVER_NS, (int64_t)m->len,
				     MAX_PAYLOAD_V4, 0, 0);
	if (__builtin_expect(m->flags & MSG_OOB, 0))
		return sim_sock_fail(sk, t, EOPNOTSUPP, SIM_WHY_BAD_FLAGS, SIM_NEVER_NS, MSG_OOB, 0, 0, 0);
	return 0;
}

static int find_destination(struct sim_udp_sock *us, struct sim_task *t, const struct sim_msg *m)
{
	const struct sim_sockaddr *to = m->to;
	bool six = us->in.sk.domain == AF_INET6;
	bool dontroute = us->in.sk.dontroute || (m->flags & MSG_DONTROUTE);
	int err;

	if (to && six && to->raw_len < sizeof(sa_family_t))
		return sim_sock_fail(&us->in.sk, t, EINVAL, SIM_WHY_BAD_ADDRESS_LEN, SIM_NEVER_NS,
				     to->raw_len, sizeof(sa_family_t), 0, 0);
	/* IPv6 takes a name of no family for none. */
	if (to && six && to->family == AF_UNSPEC)
		to = NULL;
	if (!six) {
		err = check_call(us, t, m);
		if (err)
			return err;
	}
	err = to ? way_to_named(us, t, to, dontroute) : way_to_peer(us, t, dontroute);
	if (err)
		return err;
	/* An IPv6 socket finds MSG_OOB wrong only when it sends IPv4. */
	if (six && is_v4(&us->way)) {
		err = check_call(us, t, m);
		if (err)
			return err;
	}
	if (__builtin_expect(us->way.route.broadcast, 0) && !us->in.sk.broadcast)
		return sim_sock_fail(&us->in.sk, t, EACCES, SIM_WHY_BROADCAST, SIM_NEVER_NS, 0, 0, 0, 0);
	return 0;
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
		err = is_v4(&us->cork->way) ? check_call(us, t, m) : 0;
		return err ? err : send_corked(us, t, m);
	}
	if (!err)
		err = find_destination(us, t, m);
	if (!err && __builtin_expect(m->scm != NULL, 0))
		err = is_v4(&us->way) ? m->scm->err : m->scm->err6;
	if (!err)
		err = check_size(us, t, &us->way, len);
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
	if (__builtin_expect(!sim_net_has_memory(sk->net, sim_ip_truesize((uint32_t)len, is_v4(&us->way))),
			     0))
		return sim_sock_no_memory(sk, t, ENOBUFS);
	if (__builtin_expect((m->flags & MSG_MORE) || us->cork_option, 0)) {
		err = cork(us, t, &us->way);
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
