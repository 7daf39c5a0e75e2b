/* SPDX-License-Identifier: MIT */
/* Routes, addresses, links and neighbours of a host as ip(8) of iproute2 6.1 prints them: see ip_words.h. */
#include <net/if.h>
#include <string.h>

#include "sim/host/ip_words.h"
#include "sim/ip/neighbour.h"

enum { V4_BITS = 96, V6_CONNECTED_METRIC = 256, V6_METRIC = 1024, QLEN = 1000, FLAG_LOWER_UP = 0x10000 };

/* ---- routes ---- */

/* One line: of the table, or a connected network. */
struct line {
	struct sim_addr dst;
	unsigned prefix_len; /* as of 128 */
	uint32_t metric;
	const struct sim_ip_route *route; /* NULL: connected */
	const struct sim_iface *iface;
	const struct sim_iface_addr *addr;
};

static struct sim_addr masked(struct sim_addr a, unsigned prefix_len)
{
	for (unsigned i = prefix_len; i < 128; i++)
		a.b[i / 8] &= (uint8_t) ~(0x80 >> i % 8);
	return a;
}

/* By destination, IPv6's default last as there, then by metric. */
static int compare(const struct line *a, const struct line *b)
{
	bool a_last = !sim_addr_is_v4(a->dst) && !a->prefix_len,
	     b_last = !sim_addr_is_v4(b->dst) && !b->prefix_len;
	int order = a_last - b_last;

	if (!order)
		order = memcmp(a->dst.b, b->dst.b, sizeof a->dst.b);
	if (!order)
		order = (int)a->prefix_len - (int)b->prefix_len;
	return order ? order : (a->metric > b->metric) - (a->metric < b->metric);
}

/* The first line behind `after` (NULL: of all); false: none is left. Few lines: looked for each time. */
static bool next_line(const struct sim_ip *ip, bool v4, const struct line *after, struct line *best)
{
	struct line l;
	bool found = false;

	for (const struct sim_ip_route *r = ip->routes; r; r = r->next) {
		l = (struct line){ r->dst, r->prefix_len, r->metric, r, &ip->ifaces[r->iface - 1], NULL };
		if (!v4 && !l.metric)
			l.metric = V6_METRIC;
		if (sim_addr_is_v4(r->dst) != v4 || (after && compare(&l, after) <= 0) ||
		    (found && compare(&l, best) >= 0))
			continue;
		*best = l;
		found = true;
	}
	for (uint32_t i = 0; i < ip->num_ifaces; i++) {
		const struct sim_iface *f = &ip->ifaces[i];

		for (uint32_t k = 0; k < f->num_addrs && f->up && !f->loopback; k++) {
			const struct sim_iface_addr *a = &f->addrs[k];

			l = (struct line){ masked(a->addr, a->prefix_len),
					   a->prefix_len,
					   v4 ? 0 : V6_CONNECTED_METRIC,
					   NULL,
					   f,
					   a };
			if (sim_addr_is_v4(a->addr) != v4 || a->no_route || (v4 && a->prefix_len == 128) ||
			    (after && compare(&l, after) <= 0) || (found && compare(&l, best) >= 0))
				continue;
			*best = l;
			found = true;
		}
	}
	return found;
}

static void add_network(struct sim_str *out, struct sim_addr a, unsigned prefix_len)
{
	unsigned own = sim_addr_is_v4(a) ? prefix_len - V4_BITS : prefix_len;
	char text[64];

	if (!own)
		sim_str_add(out, "default");
	else if (prefix_len == 128)
		sim_str_add(out, sim_addr_format(a, text));
	else
		sim_str_printf(out, "%s/%u", sim_addr_format(a, text), own);
}

static void add_route(struct sim_str *out, const struct line *l, bool v4)
{
	const struct sim_ip_route *r = l->route;
	bool unicast = !r || r->type == SIM_ROUTE_UNICAST;
	char text[64];

	if (!unicast)
		sim_str_printf(out, "%s ", sim_route_type_name((enum sim_route_type)r->type));
	add_network(out, l->dst, l->prefix_len);
	if (r && unicast && !sim_addr_is_any(r->gateway))
		sim_str_printf(out, " via %s", sim_addr_format(r->gateway, text));
	if (unicast || !v4)
		sim_str_printf(out, " dev %s", l->iface->name);
	if (!r)
		sim_str_add(out, " proto kernel");
	if (v4 && unicast && (!r || sim_addr_is_any(r->gateway)))
		sim_str_add(out, " scope link");
	if (v4 && !r)
		sim_str_printf(out, " src %s", sim_addr_format(l->addr->addr, text));
	if (l->metric)
		sim_str_printf(out, " metric %u", l->metric);
	if (r && r->mtu_bytes)
		sim_str_printf(out, " mtu %u", r->mtu_bytes);
	if (r && r->onlink)
		sim_str_add(out, " onlink");
	sim_str_add(out, v4 ? "\n" : " pref medium\n");
}

static void show_routes(struct sim_host *h, const struct sim_ip_command *cmd, const struct sim_iface *dev,
			struct sim_str *out)
{
	bool v4 = cmd->family != 6;
	struct line l, last;

	for (bool more = next_line(&h->ip, v4, NULL, &l); more; more = next_line(&h->ip, v4, &last, &l)) {
		if (!dev || l.iface == dev)
			add_route(out, &l, v4);
		last = l;
	}
}

/* ---- neighbours ---- */

static void add_lladdr(struct sim_str *out, const uint8_t *b)
{
	sim_str_printf(out, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

static void show_neighbours(struct sim_host *h, bool v4, const struct sim_iface *dev, struct sim_str *out)
{
	struct sim_list *node;
	char text[64];

	sim_list_each(node, &h->ip.neighbours) {
		const struct sim_neigh *n = sim_container_of(node, struct sim_neigh, node);

		if (sim_addr_is_v4(n->addr) != v4 || n->state == SIM_NUD_NONE ||
		    (dev && n->iface != dev->index))
			continue;
		sim_str_printf(out, "%s dev %s", sim_addr_format(n->addr, text),
			       h->ip.ifaces[n->iface - 1].name);
		if (sim_nud_is_valid(n->state)) {
			sim_str_add(out, " lladdr ");
			add_lladdr(out, n->lladdr);
		}
		sim_str_printf(out, "%s %s\n", n->is_router ? " router" : "", sim_nud_name(n->state));
	}
}

/* ---- interfaces ---- */

static void add_flags(struct sim_str *out, unsigned flags)
{
	static const struct {
		unsigned flag;
		const char *name;
	} names[] = {
		{ IFF_LOOPBACK, "LOOPBACK" },   { IFF_BROADCAST, "BROADCAST" },
		{ IFF_MULTICAST, "MULTICAST" }, { IFF_UP, "UP" },
		{ FLAG_LOWER_UP, "LOWER_UP" },
	};
	const char *sep = "";

	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		if (!(flags & names[i].flag))
			continue;
		sim_str_printf(out, "%s%s", sep, names[i].name);
		sep = ",";
	}
}

static void add_link(struct sim_str *out, const struct sim_ip *ip, const struct sim_iface *f, bool with_mode)
{
	uint8_t hwaddr[SIM_HWADDR_BYTES];

	sim_iface_hwaddr(ip, f, hwaddr);
	sim_str_printf(out, "%u: %s: <", f->index, f->name);
	add_flags(out, sim_iface_flags(f));
	sim_str_printf(out, "> mtu %u qdisc %s state %s %sgroup default qlen %u\n    link/%s ", f->mtu_bytes,
		       f->loopback ? "noqueue" : "pfifo_fast",
		       f->loopback ? "UNKNOWN"
		       : f->up     ? "UP"
				   : "DOWN",
		       with_mode ? "mode DEFAULT " : "", f->txqueuelen_packets ? f->txqueuelen_packets : QLEN,
		       f->loopback ? "loopback" : "ether");
	add_lladdr(out, hwaddr);
	sim_str_printf(out, " brd %s\n", f->loopback ? "00:00:00:00:00:00" : "ff:ff:ff:ff:ff:ff");
}

static void add_addr(struct sim_str *out, const struct sim_iface *f, const struct sim_iface_addr *a)
{
	bool v4 = sim_addr_is_v4(a->addr);
	uint32_t brd = v4 ? sim_iface_v4_broadcast(f, a) : 0;
	char text[64];

	sim_str_printf(out, "    inet%s %s/%u", v4 ? "" : "6", sim_addr_format(a->addr, text),
		       v4 ? a->prefix_len - V4_BITS : a->prefix_len);
	if (brd)
		sim_str_printf(out, " brd %s", sim_addr_format(sim_addr_v4(brd), text));
	sim_str_printf(out, " scope %s%s%s\n       valid_lft forever preferred_lft forever\n",
		       f->loopback ? "host" : "global", v4 ? " " : "", v4 ? f->name : "");
}

static void show_ifaces(struct sim_host *h, const struct sim_ip_command *cmd, const struct sim_iface *dev,
			struct sim_str *out)
{
	const struct sim_iface_addr *a;

	for (uint32_t i = 0; i < h->ip.num_ifaces; i++) {
		const struct sim_iface *f = &h->ip.ifaces[i];

		if (dev && f != dev)
			continue;
		add_link(out, &h->ip, f, cmd->object == SIM_IP_LINK);
		if (cmd->object == SIM_IP_LINK)
			continue;
		for (uint32_t n = 0; cmd->family != 6 && (a = sim_iface_v4_addr(f, n)) != NULL; n++)
			add_addr(out, f, a);
		for (uint32_t n = 0; cmd->family != 4 && (a = sim_iface_v6_addr(f, n)) != NULL; n++)
			add_addr(out, f, a);
	}
}

void sim_ip_show(struct sim_host *h, const struct sim_ip_command *cmd, const struct sim_iface *dev,
		 struct sim_str *out)
{
	switch (cmd->object) {
	case SIM_IP_ROUTE: show_routes(h, cmd, dev, out); break;
	case SIM_IP_NEIGH:
		if (cmd->family != 6)
			show_neighbours(h, true, dev, out);
		if (cmd->family != 4)
			show_neighbours(h, false, dev, out);
		break;
	default: show_ifaces(h, cmd, dev, out); break;
	}
}
