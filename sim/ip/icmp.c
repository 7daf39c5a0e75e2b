/* SPDX-License-Identifier: MIT */
/*
 * ICMP (RFC 792, RFC 1122 3.2.2) and ICMPv6 (RFC 4443): echo, and errors both ways, with Linux's errnos
 * (icmp(7)). Echo replies go to nobody: raw and ping sockets are not simulated.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/ip/ip_internal.h"
#include "sim/ip/neighbour.h"
#include "sim/packet/wire.h"

enum {
	V4_QUOTED_MAX = 576 - 20 - 8,  /* RFC 1812 4.3.2.3 */
	V6_QUOTED_MAX = 1280 - 40 - 8, /* RFC 4443 2.4 (c) */
};

struct mapping {
	int err;
	bool fatal;
};

/* By code of destination unreachable; ip(7), Linux's icmp_err_convert. */
static const struct mapping v4_unreachable[] = {
	{ ENETUNREACH, false },  /* 0: net */
	{ EHOSTUNREACH, false }, /* 1: host */
	{ ENOPROTOOPT, true },   /* 2: protocol */
	{ ECONNREFUSED, true },  /* 3: port */
	{ EMSGSIZE, false },     /* 4: fragmentation needed */
	{ EOPNOTSUPP, false },   /* 5: source route failed */
	{ ENETUNREACH, true },   /* 6: net unknown */
	{ EHOSTDOWN, true },     /* 7: host unknown */
	{ ENONET, true },        /* 8: source host isolated */
	{ ENETUNREACH, true },   /* 9: net prohibited */
	{ EHOSTUNREACH, true },  /* 10: host prohibited */
	{ ENETUNREACH, false },  /* 11: net, for this type of service */
	{ EHOSTUNREACH, false }, /* 12: host, for this type of service */
	{ EHOSTUNREACH, true },  /* 13: filtered */
	{ EHOSTUNREACH, true },  /* 14: precedence violation */
	{ EHOSTUNREACH, true },  /* 15: precedence cut-off */
};

static const struct mapping v6_unreachable[] = {
	{ ENETUNREACH, false },  /* 0: no route */
	{ EACCES, true },        /* 1: prohibited */
	{ EHOSTUNREACH, false }, /* 2: beyond the scope of the source */
	{ EHOSTUNREACH, false }, /* 3: address */
	{ ECONNREFUSED, true },  /* 4: port */
	{ EACCES, true },        /* 5: policy */
	{ EACCES, true },        /* 6: route rejected */
};

#define NUM(a) (sizeof(a) / sizeof(a)[0])

/* False: no error that a transport hears of. */
static bool map_error(const struct sim_packet *p, struct mapping *m)
{
	uint8_t type = p->icmp.type, code = p->icmp.code;

	if (p->proto == IPPROTO_ICMP) {
		*m = (struct mapping){ EHOSTUNREACH, false };
		switch (type) {
		case SIM_ICMP_UNREACHABLE:
			if (code < NUM(v4_unreachable))
				*m = v4_unreachable[code];
			return code < NUM(v4_unreachable);
		case SIM_ICMP_PARAMETER: *m = (struct mapping){ EPROTO, true }; return true;
		default: return type == SIM_ICMP_TIME_EXCEEDED;
		}
	}
	switch (type) {
	case SIM_ICMP6_UNREACHABLE:
		*m = code < NUM(v6_unreachable) ? v6_unreachable[code] : (struct mapping){ EPROTO, true };
		return true;
	case SIM_ICMP6_TOO_BIG: *m = (struct mapping){ EMSGSIZE, false }; return true;
	case SIM_ICMP6_TIME_EXCEEDED: *m = (struct mapping){ EHOSTUNREACH, false }; return true;
	case SIM_ICMP6_PARAMETER: *m = (struct mapping){ EPROTO, true }; return true;
	default: return false;
	}
}

static void tell_transport(struct sim_ip *ip, const struct sim_packet *p)
{
	const struct sim_ip_protocol *proto = sim_ip_protocol(p->icmp.quoted_proto);
	struct mapping m;

	if (!map_error(p, &m) || !proto || !proto->error || !sim_ip_is_local(ip, p->icmp.quoted_src))
		return;
	if (m.err == EMSGSIZE && p->icmp.mtu)
		sim_ip_pmtu_learn(ip, p->icmp.quoted_dst, p->icmp.mtu);
	proto->error(ip, p, m.err, m.fatal);
}

/* The way back to who sent a packet, from the address it was sent to; broadcasts are answered from our own.
 */
static int route_back(struct sim_ip *ip, const struct sim_packet *p, struct sim_route *r,
		      struct sim_addr *src)
{
	int err;

	*src = sim_ip_is_local(ip, p->dst) ? p->dst
	       : sim_addr_is_v4(p->dst)    ? sim_addr_v4(0)
					   : sim_addr_v6_any();
	err = sim_ip_route(ip, p->src, *src, 0, false, r);
	if (!err && sim_addr_is_any(*src))
		*src = r->src;
	return err;
}

static void answer_echo(struct sim_ip *ip, struct sim_packet *p)
{
	struct sim_ctx *ctx = sim_ip_ctx(ip);
	struct sim_packet *reply;
	struct sim_addr src;
	struct sim_route r;

	/* Linux: net.ipv4.icmp_echo_ignore_broadcasts is 1. */
	if (p->broadcast || route_back(ip, p, &r, &src))
		return;
	reply = sim_packet_clone(ctx->arena, &ctx->next_packet_id, p);
	if (!reply)
		return;
	reply->src = src;
	reply->dst = p->src;
	reply->icmp.type = p->proto == IPPROTO_ICMP ? SIM_ICMP_ECHO_REPLY : SIM_ICMP6_ECHO_REPLY;
	reply->flow = 0;
	reply->ttl = 0;
	reply->dont_fragment = false;
	sim_ip_send(ip, &r, reply);
}

void sim_icmp_deliver(struct sim_ip *ip, struct sim_packet *p)
{
	if (p->icmp.type == (p->proto == IPPROTO_ICMP ? SIM_ICMP_ECHO : SIM_ICMP6_ECHO)) {
		answer_echo(ip, p);
	} else if (p->proto == IPPROTO_ICMPV6 &&
		   (p->icmp.type == SIM_ICMP6_SOLICITATION || p->icmp.type == SIM_ICMP6_ADVERTISEMENT)) {
		sim_nd_receive(ip, p);
		return;
	} else {
		tell_transport(ip, p);
	}
	sim_packet_free(sim_ip_arena(ip), p);
}

/* ---- errors that we send ---- */

/* RFC 1122 3.2.2: never about an ICMP error, a broadcast, a later fragment, or to no single host. */
static bool may_answer(const struct sim_packet *about)
{
	uint8_t type = about->icmp.type;

	if (about->broadcast || sim_addr_is_multicast(about->dst) || sim_addr_is_any(about->src) ||
	    sim_addr_is_multicast(about->src) || (about->is_fragment && about->frag_off_bytes))
		return false;
	if (about->is_fragment)
		return about->proto != IPPROTO_ICMP && about->proto != IPPROTO_ICMPV6;
	if (about->proto == IPPROTO_ICMP)
		return type == SIM_ICMP_ECHO || type == SIM_ICMP_ECHO_REPLY;
	return about->proto != IPPROTO_ICMPV6 || type >= SIM_ICMP6_ECHO;
}

/* As much of the packet as is quoted, in bytes. */
static int quote(struct sim_ip *ip, const struct sim_packet *about, struct sim_packet *p)
{
	struct sim_arena *a = sim_ip_arena(ip);
	struct sim_slab *tail = NULL;
	unsigned char *buf;
	uint32_t max = sim_packet_is_v4(about) ? V4_QUOTED_MAX : V6_QUOTED_MAX, len;
	int err;

	buf = sim_arena_alloc_raw(a, SIM_WIRE_MAX_BYTES);
	if (!buf)
		return -ENOMEM;
	len = (uint32_t)sim_wire_emit(about, buf, SIM_WIRE_MAX_BYTES);
	err = sim_bytes_append_raw(a, &tail, buf, len < max ? len : max, &p->payload);
	sim_arena_free(a, buf, SIM_WIRE_MAX_BYTES);
	if (!err)
		sim_wire_parse_quoted(p);
	return err;
}

void sim_icmp_send_error(struct sim_ip *ip, const struct sim_packet *about, uint8_t type, uint8_t code,
			 uint16_t mtu)
{
	struct sim_ctx *ctx = sim_ip_ctx(ip);
	struct sim_packet *p;
	struct sim_addr src;
	struct sim_route r;

	if (!may_answer(about) || route_back(ip, about, &r, &src))
		return;
	p = sim_packet_new(ctx->arena, &ctx->next_packet_id);
	if (!p)
		return;
	p->src = src;
	p->dst = about->src;
	p->proto = sim_packet_is_v4(about) ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	p->tos = p->proto == IPPROTO_ICMP ? 0xc0 : 0; /* Linux: internetwork control */
	p->icmp.type = type;
	p->icmp.code = code;
	p->icmp.mtu = mtu;
	if (quote(ip, about, p))
		sim_packet_free(ctx->arena, p);
	else
		sim_ip_send(ip, &r, p);
}

void sim_icmp_report(struct sim_ip *ip, const struct sim_packet *about, uint8_t type, uint8_t code)
{
	struct sim_packet p;

	memset(&p, 0, sizeof p);
	p.src = p.dst = about->src;
	p.ttl = (uint8_t)(sim_packet_is_v4(about) ? ip->net->sysctl.ip_default_ttl
						  : ip->net->sysctl.ip6_hop_limit);
	p.iface = ip->ifaces[0].index;
	p.proto = sim_packet_is_v4(about) ? IPPROTO_ICMP : IPPROTO_ICMPV6;
	p.icmp.type = type;
	p.icmp.code = code;
	quote(ip, about, &p); /* without memory for it, of no bytes */
	p.icmp.quoted_proto = about->proto;
	p.icmp.quoted_src = about->src;
	p.icmp.quoted_dst = about->dst;
	p.icmp.quoted_sport = about->sport;
	p.icmp.quoted_dport = about->dport;
	p.icmp.quoted_seq = about->proto == IPPROTO_TCP && !about->is_fragment ? about->tcp.seq : 0;
	tell_transport(ip, &p);
	sim_bytes_release(sim_ip_arena(ip), &p.payload);
}
