/* SPDX-License-Identifier: MIT */
/* What a command in ip(8)'s words does to a host, and why it can't: see ip_words.h. */
#include <errno.h>
#include <string.h>

#include "sim/host/ip_words.h"
#include "sim/ip/neighbour.h"
#include "sim/link/link.h"

/* The interface that is named, else eth0. NULL and a diagnostic: none. */
static struct sim_iface *iface_of(struct sim_host *h, const struct sim_ip_command *cmd, struct sim_diag *d)
{
	const char *name = cmd->dev.len ? sim_slice_text(cmd->dev) : "eth0";
	size_t len = cmd->dev.len ? cmd->dev.len : strlen(name);
	const struct sim_iface *f = sim_iface_by_name(&h->ip, name, len);
	char list[96];
	struct sim_str l = sim_str_on(list, sizeof list);

	if (f)
		return sim_ip_iface(&h->ip, f->index);
	for (uint32_t i = 0; i < h->ip.num_ifaces; i++)
		sim_str_printf(&l, "%s%s", i ? ", " : "", h->ip.ifaces[i].name);
	sim_diag_slice(d, cmd->dev.len ? cmd->dev : cmd->subject,
		       "\"%s\" has no interface \"%.*s\" (interfaces: %s)", h->net.name, (int)len, name,
		       list);
	return NULL;
}

static int no_memory(const struct sim_ip_command *cmd, struct sim_diag *d)
{
	return sim_diag_slice(d, cmd->subject, "the world's memory is used up (SIMSOCK_ARENA)");
}

/* ---- routes ---- */

static int route_failed(const struct sim_ip_command *cmd, const struct sim_iface *f, int err,
			struct sim_diag *d)
{
	switch (-err) {
	case 0: return 0;
	case EEXIST:
		return sim_diag_slice(
			d, cmd->subject,
			"a route to it is there already: say replace, or give it another metric");
	case ESRCH: return sim_diag_slice(d, cmd->subject, "there is no such route");
	case ENETUNREACH:
		return sim_diag_slice(d, cmd->gateway,
				      "the gateway is on no network that this host is connected to");
	case ENETDOWN: return sim_diag_slice(d, cmd->dev, "%s is down", f->name);
	case ENOMEM: return no_memory(cmd, d);
	default: return sim_diag_slice(d, cmd->subject, "that route cannot be");
	}
}

static int run_route(struct sim_host *h, const struct sim_ip_command *cmd, struct sim_diag *d)
{
	const struct sim_iface *f = NULL;
	struct sim_ip_route route = cmd->route;

	if (cmd->verb == SIM_IP_FLUSH) {
		sim_ip_flush_routes(&h->ip, cmd->family != 6);
		return 0;
	}
	if (cmd->dev.len) {
		f = iface_of(h, cmd, d);
		if (!f)
			return -EINVAL;
		route.iface = f->index;
	}
	switch (cmd->verb) {
	case SIM_IP_ADD: return route_failed(cmd, f, sim_ip_add_route(&h->ip, &route), d);
	case SIM_IP_REPLACE: return route_failed(cmd, f, sim_ip_replace_route(&h->ip, &route), d);
	default: return route_failed(cmd, f, sim_ip_del_route(&h->ip, &route), d);
	}
}

/* ---- addresses ---- */

static int add_addr(struct sim_host *h, struct sim_iface *f, const struct sim_ip_command *cmd,
		    struct sim_diag *d)
{
	const struct sim_station *owner = sim_fabric_owner(h->station.fabric, cmd->addr);
	const struct sim_ip *theirs;
	int err = sim_ip_add_addr(&h->ip, f, cmd->addr, cmd->prefix_len);

	switch (-err) {
	case 0: return 0;
	case EEXIST:
		theirs = owner ? owner->owner : &h->ip;
		return sim_diag_slice(d, cmd->subject, "the address belongs to \"%s\" already",
				      theirs->net->name);
	case ENOSPC:
		return sim_diag_slice(d, cmd->subject, "an interface has at most %d addresses",
				      SIM_IFACE_MAX_ADDRS);
	case ENOMEM: return no_memory(cmd, d);
	default: return sim_diag_slice(d, cmd->subject, "that cannot be a host's own address");
	}
}

static void flush_addrs(struct sim_host *h, struct sim_iface *f, unsigned family)
{
	for (uint32_t n = f->num_addrs; n-- > 0;) {
		struct sim_iface_addr a = f->addrs[n];

		if (!family || sim_addr_is_v4(a.addr) == (family == 4))
			sim_ip_del_addr(&h->ip, f, a.addr, a.prefix_len);
	}
}

static int run_addr(struct sim_host *h, const struct sim_ip_command *cmd, struct sim_diag *d)
{
	struct sim_iface *f = iface_of(h, cmd, d);

	if (!f)
		return -EINVAL;
	if (cmd->verb == SIM_IP_ADD)
		return add_addr(h, f, cmd, d);
	if (cmd->verb == SIM_IP_FLUSH)
		flush_addrs(h, f, cmd->family);
	else if (sim_ip_del_addr(&h->ip, f, cmd->addr, cmd->prefix_len))
		return sim_diag_slice(d, cmd->subject, "%s has no such address with this prefix", f->name);
	return 0;
}

/* ---- links ---- */

static int add_link(struct sim_host *h, const struct sim_ip_command *cmd, struct sim_diag *d)
{
	char name[sizeof h->ip.ifaces[0].name];

	if (cmd->dev.len >= sizeof name)
		return sim_diag_slice(d, cmd->dev, "an interface's name has at most %zu letters",
				      sizeof name - 1);
	if (sim_iface_by_name(&h->ip, sim_slice_text(cmd->dev), cmd->dev.len))
		return sim_diag_slice(d, cmd->dev, "\"%s\" has an interface of that name already",
				      h->net.name);
	memcpy(name, sim_slice_text(cmd->dev), cmd->dev.len);
	name[cmd->dev.len] = '\0';
	if (!sim_ip_add_iface(&h->ip, name, h->station.fabric->default_netem.mtu_bytes))
		return sim_diag_slice(d, cmd->dev, "a host has at most %d interfaces, lo among them",
				      SIM_IP_MAX_IFACES);
	return 0;
}

static int run_link(struct sim_host *h, const struct sim_ip_command *cmd, struct sim_diag *d)
{
	struct sim_iface *f;

	if (cmd->verb == SIM_IP_ADD)
		return add_link(h, cmd, d);
	f = iface_of(h, cmd, d);
	if (!f)
		return -EINVAL;
	if (f->loopback)
		return sim_diag_slice(d, cmd->dev, "a host's loopback stays as it is");
	if (cmd->mtu_bytes)
		sim_iface_set_mtu(&h->ip, f, cmd->mtu_bytes);
	if (cmd->txqueuelen_packets)
		sim_iface_set_txqueuelen(&h->ip, f, cmd->txqueuelen_packets);
	if (cmd->has_arp)
		sim_iface_set_arp(&h->ip, f, cmd->arp);
	if (cmd->has_up)
		sim_iface_set_up(&h->ip, f, cmd->up);
	return 0;
}

/* ---- neighbours ---- */

static int set_neigh(struct sim_host *h, const struct sim_iface *f, const struct sim_ip_command *cmd,
		     struct sim_diag *d)
{
	struct sim_neigh *n = sim_neigh_get(&h->ip, f->index, cmd->addr);

	if (!n)
		return no_memory(cmd, d);
	sim_neigh_update(n, cmd->has_lladdr ? cmd->lladdr : NULL, (enum sim_nud_state)cmd->nud,
			 SIM_NEIGH_ADMIN | SIM_NEIGH_OVERRIDE);
	h->ip.generation++;
	return 0;
}

static int run_neigh(struct sim_host *h, const struct sim_ip_command *cmd, struct sim_diag *d)
{
	const struct sim_iface *f;
	struct sim_neigh *n;

	if (cmd->verb == SIM_IP_FLUSH) {
		f = cmd->dev.len ? iface_of(h, cmd, d) : NULL;
		if (cmd->dev.len && !f)
			return -EINVAL;
		sim_neighbours_flush(&h->ip, f, false);
		return 0;
	}
	f = iface_of(h, cmd, d);
	if (!f)
		return -EINVAL;
	n = sim_neigh_find(&h->ip, f->index, cmd->addr);
	if (cmd->verb == SIM_IP_ADD && n)
		return sim_diag_slice(d, cmd->subject, "that neighbour is there already: say replace");
	if (cmd->verb != SIM_IP_DEL)
		return set_neigh(h, f, cmd, d);
	if (!n)
		return sim_diag_slice(d, cmd->subject, "there is no such neighbour");
	sim_neigh_free(n);
	h->ip.generation++;
	return 0;
}

int sim_ip_command_run(struct sim_host *h, const struct sim_ip_command *cmd, struct sim_str *out,
		       struct sim_diag *d)
{
	const struct sim_iface *f = NULL;

	if (cmd->verb == SIM_IP_SHOW) {
		if (cmd->dev.len && !(f = iface_of(h, cmd, d)))
			return -EINVAL;
		sim_ip_show(h, cmd, f, out);
		return 0;
	}
	switch (cmd->object) {
	case SIM_IP_ROUTE: return run_route(h, cmd, d);
	case SIM_IP_ADDR: return run_addr(h, cmd, d);
	case SIM_IP_LINK: return run_link(h, cmd, d);
	default: return run_neigh(h, cmd, d);
	}
}
