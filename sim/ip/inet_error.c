/* SPDX-License-Identifier: MIT */
/*
 * What goes into the queue of errors of UDP and TCP sockets, and how recvmsg(2) with MSG_ERRQUEUE gives it
 * back: ip(7), IP_RECVERR; timestamping.rst; in Linux 6.18 ip_icmp_error(), ip_local_error(),
 * __skb_tstamp_tx(), ip_recv_error(), ipv6_recv_error().
 *
 * FIDELITY: the Ethernet header in front of a packet that a time stamp gives back has no address of the next
 * hop.
 */
#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/ip/inet.h"
#include "sim/ip/ip_internal.h"
#include "sim/packet/wire.h"

/* What Linux charges for an entry without data. */
enum { EMPTY_TRUESIZE = 832 };

enum { ETHER_HEADER_BYTES = 14, ETHER_TYPE_V4 = 0x0800, ETHER_TYPE_V6 = 0x86dd };

/* struct sock_extended_err, and an address of either family behind it. */
struct extended_err {
	uint32_t err;
	uint8_t origin, type, code, pad;
	uint32_t info, data;
};

/* ---- in ---- */

void sim_inet_local_error(struct sim_inet *in, int err, struct sim_addr to, uint16_t port, uint32_t info)
{
	bool v4 = sim_addr_is_v4(to);
	struct sim_sock_err e = { .err = (uint32_t)err,
				  .origin = SIM_ERR_LOCAL,
				  .info = v4 && info > UINT16_MAX ? UINT16_MAX : info,
				  .truesize_bytes = EMPTY_TRUESIZE,
				  .at_ns = sim_now(in->sk.net->ctx),
				  .has_name = true,
				  .v4 = v4,
				  .to = to,
				  .port = port };

	if (v4 ? in->recverr : in->recverr6)
		sim_errq_push(&in->sk, &e);
}

/* How much of what an ICMP error quotes stands before the transport's payload. */
static uint32_t quoted_headers(const struct sim_packet *icmp)
{
	enum { V6_FRAGMENT = 44 };
	unsigned char b[SIM_IPV6_HEADER_LEN] = { 0 };
	uint32_t len = icmp->payload.len;
	uint32_t transport = icmp->icmp.quoted_proto == IPPROTO_UDP ? SIM_UDP_HEADER_LEN : 0;

	sim_bytes_read(&icmp->payload, 0, len < sizeof b ? len : (uint32_t)sizeof b, b);
	if (b[0] >> 4 == 4)
		return (b[0] & 15) * 4u + transport;
	return SIM_IPV6_HEADER_LEN + (b[6] == V6_FRAGMENT ? SIM_IPV6_FRAGMENT_LEN : 0) + transport;
}

void sim_inet_icmp_error(struct sim_inet *in, const struct sim_packet *icmp, int err,
			 const struct sim_reason *why)
{
	bool v4 = icmp->proto == IPPROTO_ICMP;
	uint32_t skip = quoted_headers(icmp), len = icmp->payload.len;
	struct sim_sock_err e = { .err = (uint32_t)err,
				  .origin = v4 ? SIM_ERR_ICMP : SIM_ERR_ICMP6,
				  .type = icmp->icmp.type,
				  .code = icmp->icmp.code,
				  .info = err == EMSGSIZE ? icmp->icmp.mtu : 0,
				  .truesize_bytes = sim_ip_truesize(len + SIM_ICMP_HEADER_LEN, v4),
				  .at_ns = sim_now(in->sk.net->ctx),
				  .has_name = true,
				  .has_packet = true,
				  .v4 = v4,
				  .to = icmp->icmp.quoted_dst,
				  .port = icmp->icmp.quoted_dport,
				  .src = icmp->src,
				  .dst = icmp->dst,
				  .ttl = icmp->ttl,
				  .tos = icmp->tos,
				  .iface = icmp->iface,
				  .why = *why };

	if (skip < len)
		e.bytes = sim_bytes_slice(&icmp->payload, skip, len - skip);
	sim_errq_push(&in->sk, &e);
}

/* The packet as bytes, with the header of an Ethernet in front as the device has it. */
static struct sim_bytes as_bytes(struct sim_inet *in, const struct sim_packet *p)
{
	struct sim_arena *a = sim_sock_arena(&in->sk);
	const struct sim_iface *i = sim_ip_iface(in->ip, p->iface);
	uint32_t cap = ETHER_HEADER_BYTES + sim_packet_ip_len(p);
	unsigned char *buf = sim_arena_alloc(a, cap);
	uint16_t type = sim_packet_is_v4(p) ? ETHER_TYPE_V4 : ETHER_TYPE_V6;
	struct sim_bytes bytes = { NULL, 0, 0 };
	struct sim_slab *tail = NULL;

	if (!buf)
		return bytes;
	if (i)
		sim_iface_hwaddr(in->ip, i, buf + SIM_HWADDR_BYTES);
	buf[12] = (unsigned char)(type >> 8);
	buf[13] = (unsigned char)type;
	sim_wire_emit(p, buf + ETHER_HEADER_BYTES, cap - ETHER_HEADER_BYTES);
	if (sim_bytes_append_raw(a, &tail, buf, cap, &bytes))
		bytes = (struct sim_bytes){ NULL, 0, 0 };
	sim_arena_free(a, buf, cap);
	return bytes;
}

void sim_inet_tx_stamp(struct sim_inet *in, struct sim_packet *p, enum sim_stamp kind, uint32_t key)
{
	bool v4 = sim_packet_is_v4(p), whole = !(in->sk.tsflags & SOF_TIMESTAMPING_OPT_TSONLY);
	struct sim_sock_err e = { .err = ENOMSG,
				  .origin = SIM_ERR_TIMESTAMPING,
				  .info = kind,
				  .data = in->sk.tsflags & SOF_TIMESTAMPING_OPT_ID ? key : 0,
				  .truesize_bytes = EMPTY_TRUESIZE,
				  .at_ns = sim_now(in->sk.net->ctx),
				  .v4 = v4 };

	if (!p->ttl && !p->ttl_is_zero)
		p->ttl = (uint8_t)(v4 ? in->sk.net->sysctl.ip_default_ttl : in->sk.net->sysctl.ip6_hop_limit);
	if (whole) {
		e.bytes = as_bytes(in, p);
		e.truesize_bytes = sim_ip_truesize(p->payload.len, v4);
	}
	if (whole && in->sk.tsflags & SOF_TIMESTAMPING_OPT_CMSG) {
		e.has_packet = e.own = true;
		e.src = p->src;
		e.dst = p->dst;
		e.ttl = p->ttl;
		e.tos = p->tos;
		e.iface = p->iface;
	}
	sim_errq_push(&in->sk, &e);
}

/* ---- out ---- */

static void tell_name(const struct sim_inet *in, const struct sim_sock_err *e, struct sim_sockaddr *from)
{
	from->family = e->has_name ? in->sk.domain : 0;
	from->addr = e->to;
	from->port = e->port;
	from->scope_id = 0;
	from->path_len = 0;
}

static void tell_packet(const struct sim_inet *in, struct sim_msg *m, const struct sim_sock_err *e)
{
	struct sim_told x = { .dst = e->dst,
			      .specific = e->own ? e->src : sim_addr_v4(0),
			      .ttl = e->ttl,
			      .tos = e->tos,
			      .iface = e->iface };

	sim_inet_tell(in, m, &x);
}

static void tell_error(const struct sim_inet *in, struct sim_msg *m, const struct sim_sock_err *e)
{
	struct extended_err ee = { e->err, e->origin, e->type, e->code, 0, e->info, e->data };
	unsigned char whole[sizeof ee + sizeof(struct sockaddr_in6)] = { 0 };
	bool six = in->sk.domain == AF_INET6;
	struct sockaddr_in6 offender6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in offender = { .sin_family = AF_INET };

	memcpy(whole, &ee, sizeof ee);
	if (e->has_packet && six) {
		memcpy(&offender6.sin6_addr, e->src.b, sizeof offender6.sin6_addr);
		memcpy(whole + sizeof ee, &offender6, sizeof offender6);
	} else if (e->has_packet) {
		offender.sin_addr.s_addr = e->src.w[3];
		memcpy(whole + sizeof ee, &offender, sizeof offender);
	}
	if (six)
		sim_cmsg_put(m, IPPROTO_IPV6, IPV6_RECVERR, whole, sizeof ee + sizeof offender6);
	else
		sim_cmsg_put(m, IPPROTO_IP, IP_RECVERR, whole, sizeof ee + sizeof offender);
}

ssize_t sim_inet_recv_error(struct sim_inet *in, struct sim_task *t, struct sim_msg *m)
{
	struct sim_sock *sk = &in->sk;
	struct sim_sock_err *e = sim_errq_pop(sk);
	uint32_t len, n;
	int err;

	if (m->from)
		m->from->family = 0;
	if (!e)
		return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_ERRQUEUE_EMPTY, SIM_NEVER_NS, 0, 0, 0, 0);
	len = e->bytes.len;
	n = m->len < len ? (uint32_t)m->len : len;
	err = n ? sim_bytes_to_user(&e->bytes, 0, n, &m->it) : 0;
	if (!err) {
		if (n < len)
			m->out_flags |= MSG_TRUNC;
		m->out_flags |= MSG_ERRQUEUE;
		if (sk->tells & SIM_TELL_STAMPS || sk->tsflags)
			if (e->at_ns || e->origin != SIM_ERR_ZEROCOPY)
				sim_cmsg_put_stamps(sk, m, e->at_ns, true);
		if (m->from)
			tell_name(in, e, m->from);
		if (e->has_packet)
			tell_packet(in, m, e);
		tell_error(in, m, e);
	}
	sim_errq_free_one(sk, e);
	if (err)
		return sim_sock_fail(sk, t, EFAULT, SIM_WHY_BAD_POINTER, SIM_NEVER_NS, 0, 0, 0, 0);
	return n;
}
