/* SPDX-License-Identifier: MIT */
/*
 * Neighbour discovery (RFC 4861): solicitations and advertisements, as Linux's ndisc_recv_ns and
 * ndisc_recv_na treat them.
 *
 * FIDELITY: absent: routers' advertisements, redirects, duplicate address detection; hosts have no link-local
 * addresses of their own, so questions come from the address of the link that fits.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/ip/ip_internal.h"
#include "sim/ip/neighbour.h"

enum {
	TARGET_LEN = 16,
	OPTION_LEN = 8, /* kind, length in units of 8, a hardware address of 6 */
	OPTION_SOURCE = 1,
	OPTION_TARGET = 2,
	HOPS = 255, /* RFC 4861 7.1: nobody has forwarded it */
};

/* RFC 4861 4.4: the flags stand at the top of the word behind the checksum. */
enum { FLAG_ROUTER = 0x8000, FLAG_SOLICITED = 0x4000, FLAG_OVERRIDE = 0x2000 };

static struct sim_packet *nd_new(struct sim_ip *ip, const struct sim_iface *f, uint8_t type,
				 struct sim_addr from, struct sim_addr to, struct sim_addr target,
				 bool with_option)
{
	struct sim_ctx *ctx = sim_ip_ctx(ip);
	struct sim_packet *p = sim_packet_new(ctx->arena, &ctx->next_packet_id);
	unsigned char body[TARGET_LEN + OPTION_LEN];
	struct sim_slab *tail = NULL;

	if (!p)
		return NULL;
	p->iface = f->index;
	p->src = from;
	p->dst = to;
	p->proto = IPPROTO_ICMPV6;
	p->ttl = HOPS;
	p->icmp.type = type;
	memcpy(body, target.b, TARGET_LEN);
	body[TARGET_LEN] = type == SIM_ICMP6_SOLICITATION ? OPTION_SOURCE : OPTION_TARGET;
	body[TARGET_LEN + 1] = 1;
	sim_iface_hwaddr(ip, f, body + TARGET_LEN + 2);
	if (!sim_bytes_append_raw(ctx->arena, &tail, body, with_option ? sizeof body : TARGET_LEN,
				  &p->payload))
		return p;
	sim_packet_free(ctx->arena, p);
	return NULL;
}

/* RFC 4291 2.7.1: ff02::1:ff00:0/104 with the last 24 bits of the address. */
static struct sim_addr solicited_node(struct sim_addr a)
{
	struct sim_addr m = { .b = { 0xff, 0x02, [11] = 1, [12] = 0xff } };

	memcpy(m.b + 13, a.b + 13, 3);
	return m;
}

void sim_nd_solicit(struct sim_neigh *n, struct sim_addr src, bool unicast)
{
	struct sim_ip *ip = n->ip;
	const struct sim_iface *f = &ip->ifaces[n->iface - 1];
	struct sim_packet *p;

	if (sim_addr_is_any(src))
		src = sim_iface_source(f, n->addr);
	p = nd_new(ip, f, SIM_ICMP6_SOLICITATION, src, unicast ? n->addr : solicited_node(n->addr), n->addr,
		   !sim_addr_is_any(src));
	if (p)
		sim_neigh_ask(n, p, unicast);
}

/* What is in one of ours: the target, and the hardware address if it stands there. */
struct message {
	struct sim_addr target;
	uint8_t lladdr[SIM_HWADDR_BYTES];
	bool has_lladdr;
};

/* RFC 4861 7.1.1, 7.1.2. False: to be discarded. */
static bool read_message(const struct sim_packet *p, struct message *m)
{
	uint8_t kind = p->icmp.type == SIM_ICMP6_SOLICITATION ? OPTION_SOURCE : OPTION_TARGET;
	uint32_t at = TARGET_LEN, len = p->payload.len;
	unsigned char option[OPTION_LEN];

	memset(m, 0, sizeof *m);
	if (p->ttl != HOPS || p->icmp.code || len < TARGET_LEN)
		return false;
	sim_bytes_read(&p->payload, 0, TARGET_LEN, m->target.b);
	if (sim_addr_is_multicast(m->target) || sim_addr_is_v4(m->target))
		return false;
	for (; at + OPTION_LEN <= len; at += option[1] * 8u) {
		sim_bytes_read(&p->payload, at, OPTION_LEN, option);
		if (!option[1])
			return false;
		if (option[0] == kind && option[1] == 1) {
			memcpy(m->lladdr, option + 2, SIM_HWADDR_BYTES);
			m->has_lladdr = true;
		}
	}
	return true;
}

static void advertise(struct sim_ip *ip, const struct sim_iface *f, const struct sim_packet *asked,
		      const struct message *m)
{
	bool to_all = sim_addr_is_multicast(asked->dst);
	struct sim_wire *w = sim_wire_get(ip->station, asked->wire->from);
	struct sim_packet *p =
		nd_new(ip, f, SIM_ICMP6_ADVERTISEMENT, m->target, asked->src, m->target, to_all);

	if (!p)
		return;
	p->icmp.id = FLAG_SOLICITED;
	if (to_all)
		p->icmp.id |= FLAG_OVERRIDE;
	if (ip->net->sysctl.ip6_forwarding)
		p->icmp.id |= FLAG_ROUTER;
	if (w)
		sim_wire_send(w, p);
	else
		sim_ip_drop(ip, p, SIM_DROP_NO_MEMORY);
}

static void take_solicitation(struct sim_ip *ip, const struct sim_iface *f, const struct sim_packet *p,
			      const struct message *m)
{
	struct sim_neigh *n;

	if (!sim_ip_is_local(ip, m->target) || sim_addr_is_loopback(m->target) || sim_addr_is_any(p->src))
		return;
	n = f->arp && m->has_lladdr ? sim_neigh_get(ip, f->index, p->src) : NULL;
	if (n)
		sim_neigh_update(n, m->lladdr, SIM_NUD_STALE, SIM_NEIGH_WEAK_OVERRIDE | SIM_NEIGH_OVERRIDE);
	advertise(ip, f, p, m);
}

static void take_advertisement(struct sim_ip *ip, const struct sim_iface *f, const struct sim_packet *p,
			       const struct message *m)
{
	struct sim_neigh *n = f->arp ? sim_neigh_find(ip, f->index, m->target) : NULL;
	unsigned flags = SIM_NEIGH_WEAK_OVERRIDE | (p->icmp.id & FLAG_OVERRIDE ? SIM_NEIGH_OVERRIDE : 0);

	if (!n || n->state == SIM_NUD_FAILED)
		return;
	n->is_router = (p->icmp.id & FLAG_ROUTER) != 0;
	sim_neigh_update(n, m->has_lladdr ? m->lladdr : NULL,
			 p->icmp.id & FLAG_SOLICITED ? SIM_NUD_REACHABLE : SIM_NUD_STALE, flags);
}

void sim_nd_receive(struct sim_ip *ip, struct sim_packet *p)
{
	const struct sim_iface *f = &ip->ifaces[p->iface - 1];
	struct message m;

	if (!f->loopback && p->csum != SIM_CSUM_BAD && read_message(p, &m)) {
		if (p->icmp.type == SIM_ICMP6_SOLICITATION)
			take_solicitation(ip, f, p, &m);
		else
			take_advertisement(ip, f, p, &m);
	}
	sim_packet_free(sim_ip_arena(ip), p);
}
