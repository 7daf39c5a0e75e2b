/* SPDX-License-Identifier: MIT */
/*
 * The routing table of a host, as ip-route(8) changes it: see ip.h. Connected networks are no entries of it;
 * they follow from the interfaces' addresses.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/ip/ip_internal.h"

enum { V4_BITS = 96 };

static unsigned normal_prefix(struct sim_addr dst, unsigned prefix_len)
{
	return sim_addr_is_v4(dst) && prefix_len <= 32 ? prefix_len + V4_BITS : prefix_len;
}

static bool route_before(const struct sim_ip_route *a, const struct sim_ip_route *b)
{
	return a->prefix_len != b->prefix_len ? a->prefix_len > b->prefix_len : a->metric < b->metric;
}

/* Is the gateway on a network of an interface that is up, or on one that a route names? */
static const struct sim_iface *gateway_iface(struct sim_ip *ip, const struct sim_ip_route *r)
{
	const struct sim_iface_addr *on = NULL;
	const struct sim_iface *f = sim_ip_connected_iface(ip, r->gateway, r->iface, &on);

	for (const struct sim_ip_route *e = ip->routes; e && !f; e = e->next) {
		if (e->type != SIM_ROUTE_UNICAST || !sim_addr_is_any(e->gateway) ||
		    sim_addr_is_v4(e->dst) != sim_addr_is_v4(r->gateway) ||
		    (r->iface && e->iface != r->iface) ||
		    !sim_ip_prefix_matches(r->gateway, e->dst, e->prefix_len))
			continue;
		f = sim_ip_iface(ip, e->iface);
	}
	return f;
}

/* Makes *want what the table holds: the prefix as of 128, the interface found. 0 or -errno. */
static int complete(struct sim_ip *ip, struct sim_ip_route *want)
{
	const struct sim_iface *f;

	want->prefix_len = (uint8_t)normal_prefix(want->dst, want->prefix_len);
	if (want->prefix_len > 128 || (want->iface && !sim_ip_iface(ip, want->iface)))
		return -EINVAL;
	if (want->type != SIM_ROUTE_UNICAST) {
		want->iface = ip->ifaces[0].index;
		return 0;
	}
	if (want->iface && !sim_ip_iface(ip, want->iface)->up)
		return -ENETDOWN;
	if (sim_addr_is_any(want->gateway) || (want->onlink && want->iface))
		return want->iface ? 0 : -EINVAL;
	f = gateway_iface(ip, want);
	if (!f)
		return -ENETUNREACH;
	want->iface = f->index;
	return 0;
}

static struct sim_ip_route **place_of(struct sim_ip *ip, const struct sim_ip_route *want)
{
	struct sim_ip_route **at = &ip->routes;

	while (*at && route_before(*at, want))
		at = &(*at)->next;
	return at;
}

static bool is_same(const struct sim_ip_route *a, const struct sim_ip_route *b)
{
	return a->prefix_len == b->prefix_len && sim_addr_is_v4(a->dst) == sim_addr_is_v4(b->dst) &&
	       sim_ip_prefix_matches(a->dst, b->dst, b->prefix_len);
}

static void remove_at(struct sim_ip *ip, struct sim_ip_route **at)
{
	struct sim_ip_route *gone = *at;

	*at = gone->next;
	sim_arena_free(sim_ip_arena(ip), gone, sizeof *gone);
	ip->generation++;
}

/* IPv4's route to a connected network has the metric 0, as an entry that says none. */
static bool is_connected(struct sim_ip *ip, const struct sim_ip_route *r, bool take_away)
{
	bool found = false;

	for (uint32_t i = 0; i < ip->num_ifaces; i++) {
		struct sim_iface *f = &ip->ifaces[i];

		for (uint32_t k = 0; k < f->num_addrs; k++) {
			struct sim_iface_addr *a = &f->addrs[k];

			if (f->loopback || !f->up || a->no_route || a->prefix_len != r->prefix_len ||
			    (r->iface && r->iface != f->index) ||
			    !sim_ip_prefix_matches(r->dst, a->addr, a->prefix_len))
				continue;
			found = true;
			if (take_away) {
				a->no_route = true;
				ip->generation++;
			}
		}
	}
	return found;
}

static int insert(struct sim_ip *ip, const struct sim_ip_route *want)
{
	struct sim_ip_route **at = place_of(ip, want),
			    *mine = sim_arena_alloc(sim_ip_arena(ip), sizeof *mine);

	if (!mine)
		return -ENOMEM;
	*mine = *want;
	mine->next = *at;
	*at = mine;
	ip->generation++;
	return 0;
}

int sim_ip_add_route(struct sim_ip *ip, const struct sim_ip_route *r)
{
	struct sim_ip_route want = *r;
	int err = complete(ip, &want);

	if (err)
		return err;
	if (sim_addr_is_v4(want.dst) && !want.metric && is_connected(ip, &want, false))
		return -EEXIST;
	for (struct sim_ip_route *e = *place_of(ip, &want); e && !route_before(&want, e); e = e->next)
		if (is_same(e, &want))
			return -EEXIST;
	return insert(ip, &want);
}

int sim_ip_replace_route(struct sim_ip *ip, const struct sim_ip_route *r)
{
	struct sim_ip_route want = *r, **at;
	int err = complete(ip, &want);

	if (err)
		return err;
	for (at = place_of(ip, &want); *at && !route_before(&want, *at); at = &(*at)->next) {
		if (is_same(*at, &want)) {
			remove_at(ip, at);
			return insert(ip, &want);
		}
	}
	err = insert(ip, &want);
	if (!err && sim_addr_is_v4(want.dst) && !want.metric)
		is_connected(ip, &want, true);
	return err;
}

int sim_ip_del_route(struct sim_ip *ip, const struct sim_ip_route *r)
{
	struct sim_ip_route want = *r;

	want.prefix_len = (uint8_t)normal_prefix(r->dst, r->prefix_len);
	for (struct sim_ip_route **at = &ip->routes; *at; at = &(*at)->next) {
		const struct sim_ip_route *e = *at;

		if (!is_same(e, &want) || (want.metric && e->metric != want.metric) ||
		    (want.type && e->type != want.type) || (want.iface && e->iface != want.iface) ||
		    (!sim_addr_is_any(want.gateway) && !sim_addr_equal(e->gateway, want.gateway)))
			continue;
		remove_at(ip, at);
		return 0;
	}
	if (want.type == SIM_ROUTE_UNICAST && sim_addr_is_any(want.gateway) && is_connected(ip, &want, true))
		return 0;
	return -ESRCH;
}

void sim_ip_flush_routes(struct sim_ip *ip, bool v4)
{
	for (struct sim_ip_route **at = &ip->routes; *at;)
		if (sim_addr_is_v4((*at)->dst) == v4)
			remove_at(ip, at);
		else
			at = &(*at)->next;
}

void sim_ip_forget_routes_of(struct sim_ip *ip, const struct sim_iface *f)
{
	for (struct sim_ip_route **at = &ip->routes; *at;)
		if ((*at)->type == SIM_ROUTE_UNICAST && (*at)->iface == f->index)
			remove_at(ip, at);
		else
			at = &(*at)->next;
}
