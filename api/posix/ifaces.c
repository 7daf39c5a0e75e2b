/* SPDX-License-Identifier: MIT */
/*
 * The interfaces of the virtual host as libc tells them: getifaddrs(3), if_nametoindex(3), if_nameindex(3).
 * The lists lie in blocks of malloc(3)'s, cut as glibc cuts them, so that either side frees either side's
 * list, and that a list outlives its world.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netpacket/packet.h>
#include <stdlib.h>
#include <string.h>

#include "api/posix/posix.h"

/* One entry with all that it points at. */
struct entry {
	struct ifaddrs ifa;
	char name[IF_NAMESIZE];
	union {
		struct sockaddr any;
		struct sockaddr_in v4;
		struct sockaddr_in6 v6;
		struct sockaddr_ll ll;
	} addr, mask, broadcast;
};

/* The entries as they are made; counted first, with `at` NULL. */
struct list {
	struct entry *at;
	int num;
};

static struct entry *append(struct list *l, const struct sim_iface *i)
{
	struct entry *e = l->at ? &l->at[l->num] : NULL;

	l->num++;
	if (!e)
		return NULL;
	memcpy(e->name, i->name, sizeof e->name);
	e->ifa.ifa_name = e->name;
	e->ifa.ifa_flags = sim_iface_flags(i);
	e->ifa.ifa_addr = &e->addr.any;
	if (l->num > 1)
		l->at[l->num - 2].ifa.ifa_next = &e->ifa;
	return e;
}

/* packet(7). FIDELITY: absent: ifa_data, the interface's counters, is NULL. */
static void append_link(struct list *l, const struct sim_ip *ip, const struct sim_iface *i)
{
	struct entry *e = append(l, i);

	if (!e)
		return;
	e->addr.ll.sll_family = AF_PACKET;
	e->addr.ll.sll_ifindex = i->index;
	e->addr.ll.sll_hatype = i->loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
	e->addr.ll.sll_halen = SIM_HWADDR_BYTES;
	e->broadcast.ll = e->addr.ll;
	sim_iface_hwaddr(ip, i, e->addr.ll.sll_addr);
	if (!i->loopback)
		memset(e->broadcast.ll.sll_addr, 0xff, SIM_HWADDR_BYTES);
	e->ifa.ifa_broadaddr = &e->broadcast.any;
}

static struct sockaddr_in v4_addr(uint32_t host_order)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(host_order) };

	return a;
}

static void append_v4(struct list *l, const struct sim_iface *i, const struct sim_iface_addr *a)
{
	struct entry *e = append(l, i);
	uint32_t broadcast = sim_iface_v4_broadcast(i, a), own = sim_addr_to_v4(a->addr);

	if (!e)
		return;
	e->addr.v4 = v4_addr(own);
	e->mask.v4 = v4_addr(sim_iface_v4_mask(a));
	/* Without a broadcast address the place shows where the link leads: to the address itself. */
	e->broadcast.v4 = v4_addr(broadcast ? broadcast : own);
	e->ifa.ifa_netmask = &e->mask.any;
	e->ifa.ifa_broadaddr = &e->broadcast.any;
}

static void append_v6(struct list *l, const struct sim_iface *i, const struct sim_iface_addr *a)
{
	struct entry *e = append(l, i);
	unsigned char *mask;

	if (!e)
		return;
	e->addr.v6.sin6_family = AF_INET6;
	memcpy(&e->addr.v6.sin6_addr, &a->addr, sizeof a->addr);
	if (IN6_IS_ADDR_LINKLOCAL(&e->addr.v6.sin6_addr))
		e->addr.v6.sin6_scope_id = i->index;
	e->mask.v6.sin6_family = AF_INET6;
	mask = e->mask.v6.sin6_addr.s6_addr;
	memset(mask, 0xff, a->prefix_len / 8);
	if (a->prefix_len % 8)
		mask[a->prefix_len / 8] = (unsigned char)(0xff00 >> a->prefix_len % 8);
	e->ifa.ifa_netmask = &e->mask.any;
}

/* Linux's order: the links, the addresses of IPv4, those of IPv6. */
static void append_all(struct list *l, const struct sim_ip *ip)
{
	const struct sim_iface_addr *a;

	for (uint32_t i = 0; i < ip->num_ifaces; i++)
		append_link(l, ip, &ip->ifaces[i]);
	for (uint32_t i = 0; i < ip->num_ifaces; i++)
		for (uint32_t n = 0; (a = sim_iface_v4_addr(&ip->ifaces[i], n)); n++)
			append_v4(l, &ip->ifaces[i], a);
	for (uint32_t i = 0; i < ip->num_ifaces; i++)
		for (uint32_t n = 0; (a = sim_iface_v6_addr(&ip->ifaces[i], n)); n++)
			append_v6(l, &ip->ifaces[i], a);
}

int sim_getifaddrs(struct ifaddrs **list)
{
	struct list counted = { NULL, 0 }, made = { NULL, 0 };
	struct sim_task *t = sim_current;
	const struct sim_host *host;
	long r;

	if (!t)
		return sim_posix_may_use_libc("getifaddrs") ? sim_libc()->getifaddrs(list) : -1;
	r = sim_call_own_host(t, SIM_CALL_GETIFADDRS, &host);
	(void)sim_posix_again(t, &r);
	if (r < 0)
		return -1;
	append_all(&counted, &host->ip);
	made.at = calloc((size_t)counted.num, sizeof *made.at);
	if (!made.at)
		return -1; /* errno is calloc's */
	append_all(&made, &host->ip);
	*list = &made.at->ifa;
	return 0;
}

void sim_freeifaddrs(struct ifaddrs *list)
{
	free(list);
}

/* ---- names and indexes ---- */

unsigned int sim_if_nametoindex(const char *name)
{
	struct sim_task *t = sim_current;
	long r;

	if (!t)
		return sim_posix_may_use_libc("if_nametoindex") ? sim_libc()->if_nametoindex(name) : 0;
	do
		r = sim_call_if_nametoindex(t, name);
	while (sim_posix_again(t, &r));
	return r < 0 ? 0 : (unsigned int)r;
}

char *sim_if_indextoname(unsigned int index, char *name)
{
	struct sim_task *t = sim_current;
	long r;

	if (!t)
		return sim_posix_may_use_libc("if_indextoname") ? sim_libc()->if_indextoname(index, name)
								: NULL;
	do
		r = sim_call_if_indextoname(t, index, name);
	while (sim_posix_again(t, &r));
	return r < 0 ? NULL : name;
}

struct if_nameindex *sim_if_nameindex(void)
{
	struct sim_task *t = sim_current;
	const struct sim_host *host;
	struct if_nameindex *list;
	long r;

	if (!t)
		return sim_posix_may_use_libc("if_nameindex") ? sim_libc()->if_nameindex() : NULL;
	r = sim_call_own_host(t, SIM_CALL_IF_NAMEINDEX, &host);
	(void)sim_posix_again(t, &r);
	list = r < 0 ? NULL : calloc(host->ip.num_ifaces + 1, sizeof *list);
	for (uint32_t i = 0; list && i < host->ip.num_ifaces; i++) {
		list[i].if_index = host->ip.ifaces[i].index;
		list[i].if_name = strdup(host->ip.ifaces[i].name);
		if (!list[i].if_name) {
			sim_if_freenameindex(list);
			errno = ENOBUFS;
			list = NULL;
		}
	}
	return list;
}

void sim_if_freenameindex(struct if_nameindex *list)
{
	for (struct if_nameindex *i = list; i && i->if_name; i++)
		free(i->if_name);
	free(list);
}
