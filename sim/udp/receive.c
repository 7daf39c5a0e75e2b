/* SPDX-License-Identifier: MIT */
/* Datagrams and errors that arrive, and the calls that read them. recv(2), udp(7), Linux's net/ipv4/udp.c as
 * observed. */
#include <errno.h>
#include <netinet/in.h>

#include "sim/sock/memory.h"
#include "sim/udp/udp_internal.h"

static struct sim_trace *trace_of(const struct sim_ip *ip)
{
	return &ip->net->ctx->trace;
}

static void drop(struct sim_ip *ip, struct sim_packet *p, enum sim_drop why)
{
	sim_packet_trace(trace_of(ip), SIM_TRACE_DROP, ip->net->host_id, p, why);
	sim_packet_free(ip->net->ctx->arena, p);
}

/* udp(7), udp_mem: at the third number datagrams are dropped, and their sender is not told. */
static bool has_memory(const struct sim_sock *sk, uint32_t size)
{
	const struct sim_net *net = sk->net;

	if (__builtin_expect(net->sysctl.udp_mem_max < SIM_MEM_PLENTY_PAGES, 0) &&
	    !sim_net_has_pages(net, SIM_SOCK_UDP, net->sysctl.udp_mem_max, size))
		return false;
	return sim_net_has_memory(net, size);
}

/* A datagram over the limit is taken if nothing else is charged: so that one always fits. */
static void enqueue(struct sim_udp_sock *us, struct sim_packet *p)
{
	struct sim_sock *sk = &us->in.sk;
	uint32_t size = p->truesize_bytes, used = sk->rmem_bytes + sk->errq_bytes;

	if (__builtin_expect(used && used + size > (uint32_t)sk->rcvbuf_bytes, 0)) {
		sk->num_drops++;
		drop(us->in.ip, p, SIM_DROP_RCVBUF);
		return;
	}
	if (__builtin_expect(!has_memory(sk, size), 0)) {
		sk->num_drops++;
		drop(us->in.ip, p, SIM_DROP_NO_MEMORY);
		return;
	}
	p->udp.num_drops = sk->num_drops;
	sk->rmem_bytes += size;
	us->last_ns = sim_now(sk->net->ctx);
	sim_packet_queue_push(&us->rcvq, p);
	sim_sock_notify(sk, EPOLLIN | EPOLLRDNORM);
}

/* udp_unexpected_gso(): who has not set UDP_GRO gets the datagrams one by one. Takes p. */
static void enqueue_segments(struct sim_udp_sock *us, struct sim_packet *p)
{
	struct sim_ctx *ctx = us->in.sk.net->ctx;
	uint32_t each = p->udp.segment_bytes, len = p->payload.len, n;

	for (uint32_t at = 0; at < len; at += n) {
		struct sim_packet *part = sim_packet_clone(ctx->arena, &ctx->next_packet_id, p);

		n = len - at < each ? len - at : each;
		if (!part)
			continue;
		sim_bytes_trim_front(ctx->arena, &part->payload, at);
		sim_bytes_trim_back(ctx->arena, &part->payload, part->payload.len - n);
		part->udp.segment_bytes = 0;
		part->truesize_bytes = sim_ip_truesize(n, sim_packet_is_v4(p));
		enqueue(us, part);
	}
	sim_packet_free(ctx->arena, p);
}

static void enqueue_copy(struct sim_inet *in, const struct sim_packet *p)
{
	struct sim_ctx *ctx = in->sk.net->ctx;
	struct sim_packet *copy = sim_packet_clone(ctx->arena, &ctx->next_packet_id, p);

	if (copy)
		enqueue((struct sim_udp_sock *)in, copy);
}

static void no_socket(struct sim_ip *ip, struct sim_packet *p)
{
	if (sim_packet_is_v4(p))
		sim_icmp_send_error(ip, p, SIM_ICMP_UNREACHABLE, SIM_ICMP_UNREACHABLE_PORT, 0);
	else
		sim_icmp_send_error(ip, p, SIM_ICMP6_UNREACHABLE, SIM_ICMP6_UNREACHABLE_PORT, 0);
	drop(ip, p, SIM_DROP_NO_SOCKET);
}

void sim_udp_deliver(struct sim_ip *ip, struct sim_packet *p)
{
	struct sim_ports *ps = &ip->net->udp->ports;
	struct sim_inet *in;

	if (!p->truesize_bytes)
		p->truesize_bytes = sim_ip_truesize(p->payload.len, sim_packet_is_v4(p));
	if (__builtin_expect(p->broadcast, 0)) {
		sim_ports_each_receiver(ps, p, enqueue_copy);
		sim_packet_free(ip->net->ctx->arena, p);
		return;
	}
	in = sim_ports_find_tuple(ps, p->dst, p->dport, p->src, p->sport);
	if (!in)
		in = sim_ports_find_receiver(ps, p, NULL);
	if (in && __builtin_expect(p->udp.segment_bytes && !(in->sk.tells & SIM_TELL_GRO), 0))
		enqueue_segments((struct sim_udp_sock *)in, p);
	else if (in)
		enqueue((struct sim_udp_sock *)in, p);
	else
		no_socket(ip, p);
}

/* ---- errors ---- */

/* ip(7): a connected socket hears of hard errors only, one with IP_RECVERR of all, connected or not. */
static bool hears(const struct sim_inet *in, const struct sim_packet *icmp, int err, bool fatal)
{
	bool v4 = icmp->proto == IPPROTO_ICMP;

	if (err == EMSGSIZE) {
		if (v4 && in->mtu_discover == IP_PMTUDISC_DONT)
			return false;
		fatal = v4 || in->mtu_discover6 == IPV6_PMTUDISC_DO;
	}
	return (v4 ? in->recverr : in->recverr6) || (fatal && sim_inet_is_connected(in));
}

void sim_udp_error(struct sim_ip *ip, const struct sim_packet *icmp, int err, bool fatal)
{
	const struct sim_icmp_header *h = &icmp->icmp;
	struct sim_ports *ps = &ip->net->udp->ports;
	struct sim_inet *in =
		sim_ports_find_tuple(ps, h->quoted_src, h->quoted_sport, h->quoted_dst, h->quoted_dport);

	struct sim_reason why;

	if (!in)
		in = sim_ports_find_bound(ps, h->quoted_src, h->quoted_sport, icmp->iface, NULL);
	if (!in || !hears(in, icmp, err, fatal))
		return;
	why = (struct sim_reason){ err == ECONNREFUSED ? SIM_WHY_REFUSED_ICMP : SIM_WHY_ICMP_UNREACHABLE,
				   in->sk.id,
				   sim_now(ip->net->ctx),
				   { h->code, sim_now(ip->net->ctx), 0, 0 } };
	if (icmp->proto == IPPROTO_ICMP ? in->recverr : in->recverr6)
		sim_inet_icmp_error(in, icmp, err, &why);
	sim_sock_set_error(&in->sk, err, why.key, why.since_ns, why.arg[0], why.arg[1]);
}

/* ---- recv(2) ---- */

static void fill_reader(struct sim_udp_sock *us)
{
	if (!us->num_reader)
		us->num_reader = us->rcvq.len;
}

uint32_t sim_udp_first_len(struct sim_udp_sock *us)
{
	fill_reader(us);
	return us->rcvq.head ? us->rcvq.head->payload.len : 0;
}

/* Takes the first datagram off; its room may come back later (struct sim_udp_sock, num_reader). */
static struct sim_packet *take(struct sim_udp_sock *us)
{
	struct sim_sock *sk = &us->in.sk;
	struct sim_packet *p;

	fill_reader(us);
	p = sim_packet_queue_pop(&us->rcvq);
	us->num_reader--;
	us->deficit_bytes += p->truesize_bytes;
	if (!us->num_reader || us->deficit_bytes >= (uint32_t)sk->rcvbuf_bytes >> 2) {
		sk->rmem_bytes -= us->deficit_bytes;
		sim_net_memory_freed(sk->net);
		us->deficit_bytes = 0;
	}
	return p;
}

static int nothing_to_read(struct sim_sock *sk, struct sim_task *t)
{
	const struct sim_udp_sock *us = sim_udp_of(sk);
	int64_t since_ns = us->last_ns ? us->last_ns : sk->made_ns;

	return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_RCVBUF_EMPTY, since_ns, since_ns, 0, 0, 0);
}

/* 1: there is one; 0: the end (shut down); or -errno. */
static int wait_for_datagram(struct sim_udp_sock *us, struct sim_task *t, const struct sim_msg *m)
{
	struct sim_sock *sk = &us->in.sk;
	int64_t deadline_ns = SIM_NEVER_NS, since_ns = 0;
	bool waited = false;
	int err;

	for (;;) {
		err = sim_sock_take_error(sk, t);
		if (err)
			return err;
		if (us->rcvq.head)
			return 1;
		if (m->nonblock)
			return nothing_to_read(sk, t);
		if (sk->shutdown & SIM_SHUT_RD)
			return 0;
		if (!waited) {
			since_ns = sim_now(sk->net->ctx);
			deadline_ns = sim_sock_deadline(sk, sk->rcvtimeo_ns);
			waited = true;
		}
		err = sim_sock_wait(sk, t, EPOLLIN | EPOLLERR, deadline_ns);
		if (err == -EAGAIN)
			return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_RCVTIMEO, since_ns, sk->rcvtimeo_ns, 0, 0,
					     0);
		if (err == -SIM_ERESTART && deadline_ns != SIM_NEVER_NS)
			return sim_sock_fail(sk, t, EINTR, SIM_WHY_SIGNAL, since_ns, 0, sim_now(sk->net->ctx),
					     0, 0);
		if (err)
			return err;
	}
}

static void name_sender(const struct sim_sock *sk, const struct sim_packet *p, struct sim_sockaddr *from)
{
	from->family = sk->domain;
	from->addr = p->src;
	from->port = p->sport;
	from->scope_id = 0;
	from->path_len = 0;
}

/* What the socket's options ask for, in the order of udp_recvmsg(). */
static void tell(struct sim_udp_sock *us, struct sim_msg *m, const struct sim_packet *p)
{
	struct sim_sock *sk = &us->in.sk;
	bool local = p->wire && sim_wire_is_loopback(p->wire);
	int32_t mark = local ? p->udp.mark : 0, priority = local ? p->udp.priority : 0;
	int segment = p->udp.segment_bytes;
	struct sim_told x = { .dst = p->dst,
			      .specific =
				      p->broadcast ? us->in.ip->ifaces[p->iface - 1].addrs[0].addr : p->dst,
			      .dport = p->dport,
			      .has_ports = true,
			      .ttl = p->ttl,
			      .tos = p->tos,
			      .iface = local ? sim_iface_of_addr(us->in.ip, p->dst) : p->iface };

	if (sk->tells & SIM_TELL_STAMPS)
		sim_cmsg_put_stamps(sk, m, p->due_ns, false);
	if (sk->tells & SIM_TELL_RXQ_OVFL && p->udp.num_drops)
		sim_cmsg_put(m, SOL_SOCKET, SO_RXQ_OVFL, &p->udp.num_drops, sizeof p->udp.num_drops);
	if (sk->tells & SIM_TELL_MARK)
		sim_cmsg_put(m, SOL_SOCKET, SO_MARK, &mark, sizeof mark);
	if (sk->tells & SIM_TELL_PRIORITY)
		sim_cmsg_put(m, SOL_SOCKET, SO_PRIORITY, &priority, sizeof priority);
	if (sk->tells & SIM_TELL_GRO && segment)
		sim_cmsg_put(m, IPPROTO_UDP, SIM_UDP_GRO, &segment, sizeof segment);
	sim_inet_tell(&us->in, m, &x);
}

ssize_t sim_udp_recv(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m)
{
	struct sim_udp_sock *us = sim_udp_of(sk);
	bool peek = m->flags & MSG_PEEK;
	struct sim_packet *p;
	uint32_t len, n;
	int ready, err;

	if (__builtin_expect(m->flags & MSG_ERRQUEUE, 0))
		return sim_inet_recv_error(&us->in, t, m);
	ready = wait_for_datagram(us, t, m);
	if (ready <= 0) {
		if (m->from)
			m->from->family = 0;
		return ready;
	}
	if (peek)
		fill_reader(us);
	p = peek ? us->rcvq.head : take(us);
	len = p->payload.len;
	n = m->len < len ? (uint32_t)m->len : len;
	err = n ? sim_bytes_to_user(&p->payload, 0, n, &m->it) : 0;
	if (n < len)
		m->out_flags |= MSG_TRUNC;
	if (m->from)
		name_sender(sk, p, m->from);
	if (__builtin_expect(sk->tells && !err, 0))
		tell(us, m, p);
	if (!peek) {
		if (!err)
			sim_sock_note_delivered(sk, &p->payload, 0, n);
		sim_packet_free(sim_sock_arena(sk), p);
	}
	if (err)
		return sim_sock_fail(sk, t, EFAULT, SIM_WHY_BAD_POINTER, SIM_NEVER_NS, 0, 0, 0, 0);
	return m->flags & MSG_TRUNC ? len : n;
}
