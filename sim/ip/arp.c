/* SPDX-License-Identifier: MIT */
/* ARP (RFC 826): questions, answers, and what is learnt of both, as Linux's arp_process does it. */
#include <errno.h>
#include <string.h>

#include "sim/ip/ip_internal.h"
#include "sim/ip/neighbour.h"

static struct sim_packet *arp_new(struct sim_ip *ip, const struct sim_iface *f, uint16_t op,
				  struct sim_addr from, struct sim_addr to)
{
	struct sim_ctx *ctx = sim_ip_ctx(ip);
	struct sim_packet *p = sim_packet_new(ctx->arena, &ctx->next_packet_id);

	if (!p)
		return NULL;
	p->is_arp = true;
	p->iface = f->index;
	p->src = from;
	p->dst = to;
	p->arp.op = op;
	sim_iface_hwaddr(ip, f, p->arp.sha);
	return p;
}

void sim_arp_solicit(struct sim_neigh *n, struct sim_addr src, bool unicast)
{
	struct sim_ip *ip = n->ip;
	const struct sim_iface *f = &ip->ifaces[n->iface - 1];
	struct sim_packet *p = arp_new(ip, f, SIM_ARP_REQUEST,
				       sim_addr_is_any(src) ? sim_iface_source(f, n->addr) : src, n->addr);

	if (p)
		sim_neigh_ask(n, p, unicast);
}

static void reply(struct sim_ip *ip, const struct sim_iface *f, const struct sim_packet *request)
{
	struct sim_packet *p = arp_new(ip, f, SIM_ARP_REPLY, request->dst, request->src);
	struct sim_wire *w = sim_wire_get(ip->station, request->wire->from);

	if (!p)
		return;
	memcpy(p->arp.tha, request->arp.sha, sizeof p->arp.tha);
	if (w)
		sim_wire_send(w, p);
	else
		sim_ip_drop(ip, p, SIM_DROP_NO_MEMORY);
}

/* Of whoever is known already, or asks for us. */
static void learn(struct sim_ip *ip, const struct sim_iface *f, const struct sim_packet *p, bool for_us)
{
	struct sim_neigh *n =
		for_us ? sim_neigh_get(ip, f->index, p->src) : sim_neigh_find(ip, f->index, p->src);
	int64_t locktime_ns = ip->net->sysctl.neigh4_locktime * (SIM_NS_PER_S / 100);
	bool is_answer = p->arp.op == SIM_ARP_REPLY && !p->broadcast, override;

	if (!n)
		return;
	/* arp_process: of several answers the first; one who asks for us is believed (neigh_event_ns). */
	override = for_us || sim_now(sim_ip_ctx(ip)) > n->updated_ns + locktime_ns;
	sim_neigh_update(n, p->arp.sha, is_answer ? SIM_NUD_REACHABLE : SIM_NUD_STALE,
			 override ? SIM_NEIGH_OVERRIDE : 0);
}

void sim_arp_receive(struct sim_ip *ip, struct sim_packet *p)
{
	const struct sim_iface *f = &ip->ifaces[p->iface - 1];
	bool for_us =
		p->arp.op == SIM_ARP_REQUEST && sim_ip_is_local(ip, p->dst) && !sim_addr_is_loopback(p->dst);

	if (!f->loopback && f->up) {
		if (f->arp && !sim_addr_is_any(p->src) && !sim_ip_is_local(ip, p->src))
			learn(ip, f, p, for_us);
		if (for_us)
			reply(ip, f, p);
	}
	sim_packet_free(sim_ip_arena(ip), p);
}
