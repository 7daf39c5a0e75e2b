/* SPDX-License-Identifier: MIT */
/* Interfaces and addresses of a host, and what arrives from its wires: see ip.h. */
#include "sim/ip/ip.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/base/assert.h"
#include "sim/base/str.h"
#include "sim/ip/firewall.h"
#include "sim/ip/ip_internal.h"
#include "sim/ip/neighbour.h"

enum { LOOPBACK_INDEX = 1, V4_BITS = 96 };

int sim_ip_init(struct sim_ip *ip, struct sim_net *net, struct sim_station *st)
{
	struct sim_iface *lo;
	int err;

	memset(ip, 0, sizeof *ip);
	ip->net = net;
	ip->station = st;
	ip->generation = 1;
	ip->id_rng = sim_rng_stream(net->ctx->seed, SIM_PURPOSE_IP_ID, net->host_id);
	sim_list_init(&ip->reassembly);
	sim_list_init(&ip->neighbours);
	sim_timer_init(&ip->reassembly_timer, SIM_TIMER_IP, true); /* keeps no world alive */
	net->ip = ip;
	st->owner = ip;
	lo = sim_ip_add_iface(ip, "lo", SIM_LOOPBACK_MTU);
	lo->loopback = true;
	err = sim_ip_add_addr(ip, lo, sim_addr_v4(INADDR_LOOPBACK), 8);
	if (!err)
		err = sim_ip_add_addr(ip, lo, sim_addr_v6_loopback(), 128);
	return err;
}

void sim_ip_fini(struct sim_ip *ip)
{
	sim_neighbours_flush(ip, NULL, true);
	sim_reassembly_free(ip);
	sim_timer_fini(&sim_ip_ctx(ip)->clock, &ip->reassembly_timer);
	sim_ip_pmtu_forget_all(ip);
	sim_firewall_free(ip);
	while (ip->routes) {
		struct sim_ip_route *r = ip->routes;

		ip->routes = r->next;
		sim_arena_free(sim_ip_arena(ip), r, sizeof *r);
	}
}

struct sim_iface *sim_ip_add_iface(struct sim_ip *ip, const char *name, uint32_t mtu_bytes)
{
	struct sim_iface *i;

	if (ip->num_ifaces == SIM_IP_MAX_IFACES)
		return NULL;
	i = &ip->ifaces[ip->num_ifaces++];
	memset(i, 0, sizeof *i);
	sim_str_copy(i->name, sizeof i->name, name);
	i->index = (uint8_t)ip->num_ifaces;
	i->up = true;
	i->mtu_bytes = mtu_bytes;
	ip->generation++;
	return i;
}

struct sim_iface *sim_ip_iface(struct sim_ip *ip, uint32_t index)
{
	return index >= 1 && index <= ip->num_ifaces ? &ip->ifaces[index - 1] : NULL;
}

static bool has_addr(const struct sim_ip *ip, struct sim_addr a)
{
	for (uint32_t i = 0; i < ip->num_ifaces; i++) {
		const struct sim_iface *f = &ip->ifaces[i];

		for (uint32_t k = 0; k < f->num_addrs; k++)
			if (sim_addr_equal(f->addrs[k].addr, a))
				return true;
	}
	return false;
}

bool sim_ip_is_local(const struct sim_ip *ip, struct sim_addr a)
{
	return sim_addr_is_loopback(a) || has_addr(ip, a);
}

bool sim_ip_is_broadcast(const struct sim_ip *ip, struct sim_addr a)
{
	uint32_t v4 = sim_addr_to_v4(a);

	if (!sim_addr_is_v4(a))
		return false;
	if (v4 == INADDR_BROADCAST)
		return true;
	for (uint32_t i = 0; i < ip->num_ifaces; i++) {
		const struct sim_iface *f = &ip->ifaces[i];

		for (uint32_t k = 0; k < f->num_addrs; k++) {
			const struct sim_iface_addr *fa = &f->addrs[k];

			/* RFC 3021: networks of two addresses and of one have no broadcast. */
			if (!sim_addr_is_v4(fa->addr) || fa->prefix_len > V4_BITS + 30)
				continue;
			if (v4 == (sim_addr_to_v4(fa->addr) | ~sim_iface_v4_mask(fa)))
				return true;
		}
	}
	return false;
}

int sim_ip_add_addr(struct sim_ip *ip, struct sim_iface *i, struct sim_addr a, unsigned prefix_len)
{
	int err;

	if (sim_addr_is_v4(a) && prefix_len <= 32)
		prefix_len += V4_BITS;
	if (prefix_len > 128 || (sim_addr_is_v4(a) && prefix_len < V4_BITS) || sim_addr_is_any(a) ||
	    sim_addr_is_multicast(a))
		return -EINVAL;
	if (has_addr(ip, a))
		return -EEXIST;
	if (i->num_addrs == SIM_IFACE_MAX_ADDRS)
		return -ENOSPC;
	if (i->index != LOOPBACK_INDEX && !sim_addr_is_loopback(a)) {
		err = sim_station_claim(ip->station, a);
		if (err)
			return err;
	}
	i->addrs[i->num_addrs].addr = a;
	i->addrs[i->num_addrs++].prefix_len = (uint8_t)prefix_len;
	ip->generation++;
	return 0;
}

static void forget_addr(struct sim_ip *ip, struct sim_iface *i, uint32_t n)
{
	struct sim_addr gone = i->addrs[n].addr;

	i->num_addrs--;
	memmove(&i->addrs[n], &i->addrs[n + 1], (i->num_addrs - n) * sizeof i->addrs[0]);
	ip->generation++;
	sim_station_unclaim(ip->station, gone);
}

/* Linux, fib_del_ifaddr and fib_sync_down_addr: with its last address of a family an interface loses the
 * routes whose gateways it reached by them. */
static void drop_lost_gateways(struct sim_ip *ip)
{
	const struct sim_iface_addr *on;
	struct sim_ip_route **at = &ip->routes, *r;

	while ((r = *at) != NULL) {
		if (r->type != SIM_ROUTE_UNICAST || r->onlink || sim_addr_is_any(r->gateway) ||
		    !sim_addr_is_v4(r->gateway) || sim_ip_connected_iface(ip, r->gateway, r->iface, &on)) {
			at = &r->next;
			continue;
		}
		*at = r->next;
		sim_arena_free(sim_ip_arena(ip), r, sizeof *r);
	}
}

int sim_ip_del_addr(struct sim_ip *ip, struct sim_iface *i, struct sim_addr a, unsigned prefix_len)
{
	if (sim_addr_is_v4(a) && prefix_len <= 32)
		prefix_len += V4_BITS;
	for (uint32_t n = 0; n < i->num_addrs; n++) {
		if (!sim_addr_equal(i->addrs[n].addr, a) || i->addrs[n].prefix_len != prefix_len)
			continue;
		forget_addr(ip, i, n);
		drop_lost_gateways(ip);
		return 0;
	}
	return -EADDRNOTAVAIL;
}

void sim_iface_set_up(struct sim_ip *ip, struct sim_iface *i, bool up)
{
	if (i->up == up)
		return;
	i->up = up;
	ip->generation++;
	if (up) {
		for (uint32_t n = 0; n < i->num_addrs; n++)
			i->addrs[n].no_route = false;
		return;
	}
	sim_ip_forget_routes_of(ip, i);
	for (uint32_t n = i->num_addrs; n-- > 0 && !ip->net->sysctl.keep_addr_on_down;)
		if (!sim_addr_is_v4(i->addrs[n].addr))
			forget_addr(ip, i, n);
	sim_neighbours_flush(ip, i, true);
}

void sim_iface_set_mtu(struct sim_ip *ip, struct sim_iface *i, uint32_t mtu_bytes)
{
	i->mtu_bytes = mtu_bytes;
	ip->generation++;
}

void sim_iface_set_txqueuelen(struct sim_ip *ip, struct sim_iface *i, uint32_t num_packets)
{
	i->txqueuelen_packets = num_packets;
	ip->generation++;
}

void sim_iface_set_arp(struct sim_ip *ip, struct sim_iface *i, bool arp)
{
	if (i->arp == arp)
		return;
	i->arp = arp;
	sim_neighbours_flush(ip, i, false);
}

/* ---- input ---- */

void sim_ip_drop(struct sim_ip *ip, struct sim_packet *p, enum sim_drop why)
{
	sim_packet_trace(&sim_ip_ctx(ip)->trace, SIM_TRACE_DROP, ip->net->host_id, p, why);
	sim_packet_free(sim_ip_arena(ip), p);
}

/* Of a packet for nobody here: the one on whose network the station is that sent it on, else the first. */
static uint8_t source_iface(const struct sim_ip *ip, const struct sim_packet *p)
{
	const struct sim_ip *from = p->wire->from->owner;
	const struct sim_iface_addr *on = NULL;
	const struct sim_iface *best = NULL, *f;

	for (uint32_t i = LOOPBACK_INDEX; i < from->num_ifaces && !best; i++)
		for (uint32_t k = 0; k < from->ifaces[i].num_addrs && !best; k++) {
			f = sim_ip_connected_iface(ip, from->ifaces[i].addrs[k].addr, 0, &on);
			best = f;
		}
	return best ? best->index : LOOPBACK_INDEX + 1;
}

/* The interface that an arriving packet came in by: the one that has its destination, or see above. */
uint8_t sim_iface_arrival(const struct sim_ip *ip, const struct sim_packet *p)
{
	if (sim_wire_is_loopback(p->wire))
		return LOOPBACK_INDEX;
	for (uint32_t i = LOOPBACK_INDEX; i < ip->num_ifaces; i++)
		for (uint32_t k = 0; k < ip->ifaces[i].num_addrs; k++)
			if (sim_addr_equal(ip->ifaces[i].addrs[k].addr, p->dst))
				return ip->ifaces[i].index;
	return source_iface(ip, p);
}

/* Whether a packet from outside is for this host. */
static bool is_for_us(const struct sim_ip *ip, const struct sim_packet *p)
{
	if (sim_addr_is_loopback(p->src) || sim_addr_is_loopback(p->dst))
		return false; /* RFC 1122 3.2.1.3 (g): never outside a host */
	return sim_ip_is_local(ip, p->dst) || sim_ip_is_broadcast(ip, p->dst);
}

static void deliver(struct sim_ip *ip, struct sim_packet *p)
{
	const struct sim_ip_protocol *proto = sim_ip_protocol(p->proto);

	if (__builtin_expect(p->csum == SIM_CSUM_BAD, 0)) {
		sim_ip_drop(ip, p, SIM_DROP_CHECKSUM);
	} else if (__builtin_expect(proto != NULL, 1)) {
		proto->deliver(ip, p);
	} else if (p->proto == (sim_packet_is_v4(p) ? IPPROTO_ICMP : IPPROTO_ICMPV6)) {
		sim_icmp_deliver(ip, p);
	} else if (p->is_arp) {
		sim_arp_receive(ip, p);
	} else {
		if (sim_packet_is_v4(p))
			sim_icmp_send_error(ip, p, SIM_ICMP_UNREACHABLE, SIM_ICMP_UNREACHABLE_PROTOCOL, 0);
		sim_ip_drop(ip, p, SIM_DROP_NO_SOCKET);
	}
}

void sim_station_receive(struct sim_station *st, struct sim_packet *p)
{
	struct sim_ip *ip = st->owner;

	p->iface = sim_iface_arrival(ip, p);
	sim_packet_trace(&sim_ip_ctx(ip)->trace, SIM_TRACE_ARRIVE, ip->net->host_id, p,
			 (uint64_t)(p->due_ns - p->sent_ns));
	if (!sim_wire_is_loopback(p->wire)) {
		if (__builtin_expect(!ip->ifaces[p->iface - 1].up, 0)) {
			sim_ip_drop(ip, p, SIM_DROP_LINK_DOWN);
			return;
		}
		if (__builtin_expect(!is_for_us(ip, p), 0)) {
			sim_ip_forward(ip, p);
			return;
		}
	}
	if (__builtin_expect(p->is_fragment, 0)) {
		p = sim_reassemble(ip, p);
		if (!p)
			return;
	}
	if (__builtin_expect(ip->firewall != NULL, 0) && !p->is_arp &&
	    sim_firewall_ask(ip, SIM_FW_INPUT, p)) {
		sim_ip_drop(ip, p, SIM_DROP_FIREWALL);
		return;
	}
	deliver(ip, p);
}

void sim_station_departed(struct sim_station *st, struct sim_packet *p)
{
	const struct sim_ip_protocol *proto = sim_ip_protocol(p->proto);

	SIM_ASSERT(proto && proto->departed);
	proto->departed(st->owner, p);
}

void sim_station_changed(struct sim_station *st)
{
	struct sim_ip *ip = st->owner;

	if (!ip)
		return;
	ip->generation++;
	sim_neighbours_changed(ip);
}

void sim_ip_on_timer(struct sim_clock *c, struct sim_timer *t)
{
	(void)c;
	sim_reassembly_fired(sim_container_of(t, struct sim_ip, reassembly_timer));
}
