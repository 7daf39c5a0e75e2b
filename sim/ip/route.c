/* SPDX-License-Identifier: MIT */
/*
 * The way to an address: connected networks, the table (route_table.c), and what routers said of the MTU.
 * Linux's ip_route_output_key as observed. Few entries: walked, and sockets keep what was found.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/ip/ip_internal.h"
#include "sim/ip/neighbour.h"

enum {
	V4_MIN_PMTU = 552, /* net.ipv4.route.min_pmtu */
	V6_MIN_MTU = 1280, /* RFC 8200 5 */
	MAX_PMTUS = 64,
};

#define PMTU_EXPIRES_NS (600 * SIM_NS_PER_S) /* net.ipv4.route.mtu_expires */

struct sim_ip_pmtu {
	struct sim_ip_pmtu *next;
	struct sim_addr dst;
	uint32_t mtu_bytes;
	int64_t expires_ns;
};

bool sim_ip_prefix_matches(struct sim_addr a, struct sim_addr prefix, unsigned prefix_len)
{
	unsigned bytes = prefix_len / 8, bits = prefix_len % 8;

	if (memcmp(a.b, prefix.b, bytes) != 0)
		return false;
	return !bits || !((a.b[bytes] ^ prefix.b[bytes]) & (0xff << (8 - bits)));
}

/* ---- path MTU ---- */

void sim_ip_pmtu_learn(struct sim_ip *ip, struct sim_addr dst, uint32_t mtu_bytes)
{
	uint32_t min = sim_addr_is_v4(dst) ? V4_MIN_PMTU : V6_MIN_MTU, num = 0;
	struct sim_ip_pmtu **at = &ip->pmtus, *m;

	while (*at && !sim_addr_equal((*at)->dst, dst)) {
		if (++num == MAX_PMTUS) /* the oldest gives way: new ones stand first */
			break;
		at = &(*at)->next;
	}
	m = *at;
	if (m)
		*at = m->next;
	else
		m = sim_arena_alloc(sim_ip_arena(ip), sizeof *m);
	if (!m)
		return;
	m->dst = dst;
	m->mtu_bytes = mtu_bytes < min ? min : mtu_bytes;
	m->expires_ns = sim_now(sim_ip_ctx(ip)) + PMTU_EXPIRES_NS;
	m->next = ip->pmtus;
	ip->pmtus = m;
	ip->generation++;
}

void sim_ip_pmtu_forget_all(struct sim_ip *ip)
{
	while (ip->pmtus) {
		struct sim_ip_pmtu *m = ip->pmtus;

		ip->pmtus = m->next;
		sim_arena_free(sim_ip_arena(ip), m, sizeof *m);
	}
}

static uint32_t limit_mtu(const struct sim_ip *ip, struct sim_addr dst, uint32_t mtu_bytes)
{
	for (const struct sim_ip_pmtu *m = ip->pmtus; m; m = m->next)
		if (sim_addr_equal(m->dst, dst) && m->expires_ns > sim_now(sim_ip_ctx(ip)))
			return m->mtu_bytes < mtu_bytes ? m->mtu_bytes : mtu_bytes;
	return mtu_bytes;
}

const struct sim_iface *sim_ip_connected_iface(const struct sim_ip *ip, struct sim_addr a, uint32_t only,
					       const struct sim_iface_addr **on)
{
	const struct sim_iface *best = NULL;

	for (uint32_t i = 0; i < ip->num_ifaces; i++) {
		const struct sim_iface *f = &ip->ifaces[i];

		if (!f->up || f->loopback || (only && f->index != only))
			continue;
		for (uint32_t k = 0; k < f->num_addrs; k++) {
			const struct sim_iface_addr *fa = &f->addrs[k];

			if (fa->no_route || !sim_ip_prefix_matches(a, fa->addr, fa->prefix_len) ||
			    (best && fa->prefix_len <= (*on)->prefix_len))
				continue;
			best = f;
			*on = fa;
		}
	}
	return best;
}

/* ---- look-up ---- */

struct sim_addr sim_iface_source(const struct sim_iface *f, struct sim_addr to)
{
	const struct sim_iface_addr *found = NULL;

	for (uint32_t k = 0; k < f->num_addrs; k++) {
		const struct sim_iface_addr *fa = &f->addrs[k];

		if (sim_addr_is_v4(fa->addr) != sim_addr_is_v4(to))
			continue;
		if (sim_ip_prefix_matches(to, fa->addr, fa->prefix_len))
			return fa->addr;
		if (!found)
			found = fa;
	}
	return found ? found->addr : sim_addr_is_v4(to) ? sim_addr_v4(0) : sim_addr_v6_any();
}

static int use_loopback(struct sim_ip *ip, struct sim_addr dst, bool broadcast, struct sim_route *r)
{
	r->wire = ip->station->wires;
	r->iface = ip->ifaces[0].index;
	r->local = !broadcast;
	r->broadcast = broadcast;
	r->mtu_bytes = ip->ifaces[0].mtu_bytes;
	r->src = sim_addr_is_v4(dst) && sim_addr_is_loopback(dst) ? sim_addr_v4(INADDR_LOOPBACK) : dst;
	return 0;
}

/* The wire to the next hop is looked for at each packet: it may change, or is not all that counts. */
static bool asks_cache(struct sim_ip *ip, const struct sim_iface *f, struct sim_addr next_hop)
{
	return f->arp || f->txqueuelen_packets ||
	       (!sim_list_empty(&ip->neighbours) && sim_neigh_find(ip, f->index, next_hop));
}

static int use_iface(struct sim_ip *ip, const struct sim_iface *f, struct sim_addr dst, uint32_t route_mtu,
		     struct sim_route *r)
{
	struct sim_station *owner;

	r->iface = f->index;
	r->mtu_bytes = route_mtu && route_mtu < f->mtu_bytes ? route_mtu : f->mtu_bytes;
	r->src = sim_iface_source(f, r->next_hop);
	if (r->broadcast)
		return 0;
	owner = sim_fabric_owner(ip->station->fabric, r->next_hop);
	if (owner && owner != ip->station) {
		r->wire = sim_wire_get(ip->station, owner);
		if (!r->wire)
			return -ENOMEM;
		if (sim_wire_mtu(r->wire) < r->mtu_bytes)
			r->mtu_bytes = sim_wire_mtu(r->wire);
		if (__builtin_expect(asks_cache(ip, f, r->next_hop), 0))
			r->wire = NULL;
	}
	/* RFC 8200 5: such a link carries no IPv6, and Linux takes it away from the interface. */
	if (!sim_addr_is_v4(dst) && r->mtu_bytes < V6_MIN_MTU)
		return -ENETUNREACH;
	r->mtu_bytes = limit_mtu(ip, dst, r->mtu_bytes);
	return 0;
}

static int route_broadcast(struct sim_ip *ip, struct sim_addr dst, uint32_t bound_if, struct sim_route *r)
{
	const struct sim_iface_addr *on = NULL;
	const struct sim_iface *f;

	if (sim_addr_is_loopback(dst))
		return use_loopback(ip, dst, true, r);
	f = sim_ip_connected_iface(ip, dst, bound_if, &on);
	for (uint32_t i = 0; !f && i < ip->num_ifaces; i++)
		if (!ip->ifaces[i].loopback && ip->ifaces[i].up &&
		    (!bound_if || ip->ifaces[i].index == bound_if))
			f = &ip->ifaces[i];
	if (!f)
		return -ENETUNREACH;
	r->broadcast = true;
	return use_iface(ip, f, dst, 0, r);
}

/* What a type answers to a sender: RTN_* of the kernel's fib_props[]. */
static const struct {
	const char *name;
	int err;
} route_types[SIM_ROUTE_NUM_TYPES] = {
	[SIM_ROUTE_UNICAST] = { "unicast", 0 },
	[SIM_ROUTE_UNREACHABLE] = { "unreachable", EHOSTUNREACH },
	[SIM_ROUTE_PROHIBIT] = { "prohibit", EACCES },
	[SIM_ROUTE_BLACKHOLE] = { "blackhole", EINVAL },
	[SIM_ROUTE_THROW] = { "throw", ENETUNREACH },
};

const char *sim_route_type_name(enum sim_route_type type)
{
	return route_types[type].name;
}

/* The entry of the table for dst that beats a connected network of `connected_len` bits (0: none does). */
static const struct sim_ip_route *table_entry(const struct sim_ip *ip, struct sim_addr dst, uint32_t bound_if,
					      bool link_only, bool connected, unsigned connected_len)
{
	for (const struct sim_ip_route *e = ip->routes; e; e = e->next) {
		bool unicast = e->type == SIM_ROUTE_UNICAST;

		if (connected && connected_len >= e->prefix_len)
			return NULL;
		if (sim_addr_is_v4(e->dst) != sim_addr_is_v4(dst) ||
		    !sim_ip_prefix_matches(dst, e->dst, e->prefix_len))
			continue;
		/* RT_SCOPE_LINK: neither gateways nor the other types are looked at. */
		if (link_only && (!unicast || !sim_addr_is_any(e->gateway)))
			continue;
		if (unicast && ((bound_if && e->iface != bound_if) || !ip->ifaces[e->iface - 1].up))
			continue;
		return e;
	}
	return NULL;
}

static int route_out(struct sim_ip *ip, struct sim_addr dst, uint32_t bound_if, bool dontroute,
		     struct sim_route *r)
{
	const struct sim_iface_addr *on = NULL;
	const struct sim_iface *f = sim_ip_connected_iface(ip, dst, bound_if, &on);
	const struct sim_ip_route *e;

	/* Linux's IPv6 knows no scope of routes: it takes SO_DONTROUTE and goes through gateways. */
	e = table_entry(ip, dst, bound_if, dontroute && sim_addr_is_v4(dst), f != NULL,
			f ? on->prefix_len : 0);
	if (e && e->type != SIM_ROUTE_UNICAST)
		return -route_types[e->type].err;
	if (e) {
		if (!sim_addr_is_any(e->gateway))
			r->next_hop = e->gateway;
		return use_iface(ip, &ip->ifaces[e->iface - 1], dst, e->mtu_bytes, r);
	}
	if (!f && bound_if && bound_if <= ip->num_ifaces && !ip->ifaces[bound_if - 1].loopback &&
	    ip->ifaces[bound_if - 1].up)
		f = &ip->ifaces[bound_if - 1]; /* Linux: a destination is on the link that was named */
	return f ? use_iface(ip, f, dst, 0, r) : -ENETUNREACH;
}

/* Linux looks at IPv4's source alone. 0, or why it can't be that of a packet. */
static int check_source(const struct sim_ip *ip, struct sim_addr src)
{
	if (!sim_addr_is_v4(src))
		return 0;
	if (sim_addr_is_multicast(src) || sim_addr_to_v4(src) == INADDR_BROADCAST)
		return -EINVAL;
	return sim_ip_is_local(ip, src) ? 0 : -ENETUNREACH;
}

int sim_ip_route(struct sim_ip *ip, struct sim_addr dst, struct sim_addr src, uint32_t bound_if,
		 bool dontroute, struct sim_route *r)
{
	bool has_src = !sim_addr_is_any(src);
	int err = has_src ? check_source(ip, src) : 0;

	memset(r, 0, sizeof *r);
	r->next_hop = dst;
	if (err)
		return err;
	if (sim_addr_is_multicast(dst))
		return -ENETUNREACH;
	if (sim_ip_is_broadcast(ip, dst))
		err = route_broadcast(ip, dst, bound_if, r);
	else if (sim_ip_is_local(ip, dst))
		err = use_loopback(ip, dst, false, r);
	else
		err = route_out(ip, dst, bound_if, dontroute, r);
	if (err)
		return err;
	/* Linux: an address of the loopback interface does not leave the host. */
	if (has_src && sim_addr_is_loopback(src) && sim_addr_is_v4(src) && !r->local &&
	    r->iface != ip->ifaces[0].index)
		return -EINVAL;
	r->generation = ip->generation;
	return 0;
}

enum sim_why_key sim_ip_why_no_route(struct sim_ip *ip, struct sim_addr dst, struct sim_addr src,
				     uint32_t bound_if, bool dontroute, int err)
{
	struct sim_route probe;

	switch (-err) {
	case EHOSTUNREACH: return SIM_WHY_ROUTE_UNREACHABLE;
	case EACCES: return SIM_WHY_ROUTE_PROHIBIT;
	case EINVAL:
		return !sim_ip_route(ip, dst, sim_addr_is_v4(dst) ? sim_addr_v4(0) : sim_addr_v6_any(),
				     bound_if, dontroute, &probe)
			       ? SIM_WHY_BAD_ARGUMENT
			       : SIM_WHY_ROUTE_BLACKHOLE;
	default: break;
	}
	if (!sim_addr_is_any(src) && check_source(ip, src))
		return SIM_WHY_SOURCE_NOT_LOCAL;
	if (dontroute && !sim_ip_route(ip, dst, src, bound_if, false, &probe))
		return SIM_WHY_NOT_ON_LINK;
	for (uint32_t i = 0; i < ip->num_ifaces; i++)
		if (!ip->ifaces[i].up)
			return SIM_WHY_LINK_DOWN;
	return SIM_WHY_UNREACHABLE;
}

int sim_ip_no_route_errno(const struct sim_ip *ip, enum sim_why_key why, int err)
{
	if (err == -ENETUNREACH && why == SIM_WHY_LINK_DOWN && ip->net->sysctl.sw_link_down)
		return ENETDOWN;
	return -err;
}
