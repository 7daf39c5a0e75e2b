/* SPDX-License-Identifier: MIT */
/*
 * What a program is told of an interface: flags, hardware address, its addresses in Linux's order.
 * netdevice(7), packet(7); asked of Linux 6.18.
 */
#include <net/ethernet.h>
#include <net/if.h>
#include <string.h>

#include "sim/ip/ip.h"
#include "sim/ip/ip_internal.h"

/* linux/if.h, which does not go together with net/if.h */
enum { FLAG_LOWER_UP = 0x10000, V4_BITS = 96 };

uint8_t sim_iface_of_addr(const struct sim_ip *ip, struct sim_addr a)
{
	for (uint32_t i = 0; i < ip->num_ifaces; i++)
		for (uint32_t k = 0; k < ip->ifaces[i].num_addrs; k++)
			if (sim_addr_equal(ip->ifaces[i].addrs[k].addr, a))
				return ip->ifaces[i].index;
	return ip->ifaces[0].index;
}

unsigned sim_iface_flags(const struct sim_iface *i)
{
	unsigned always = i->loopback ? IFF_LOOPBACK : IFF_BROADCAST | IFF_MULTICAST;

	return always | (i->up ? IFF_UP | IFF_RUNNING | FLAG_LOWER_UP : 0);
}

void sim_iface_hwaddr(const struct sim_ip *ip, const struct sim_iface *i, uint8_t hwaddr[SIM_HWADDR_BYTES])
{
	memset(hwaddr, 0, SIM_HWADDR_BYTES);
	if (i->loopback)
		return;
	hwaddr[0] = 0x02; /* IEEE 802: of one station, locally administered */
	hwaddr[3] = (uint8_t)(ip->net->host_id >> 8);
	hwaddr[4] = (uint8_t)ip->net->host_id;
	hwaddr[5] = i->index;
}

/* ARP's questions go to all, IPv6's to a group (RFC 2464 7); others hear neither in a capture of theirs. */
static void frame_destination(const struct sim_packet *p, uint8_t hwaddr[SIM_HWADDR_BYTES])
{
	const struct sim_ip *to = p->wire->to->owner;

	if (p->broadcast && sim_addr_is_multicast(p->dst) && !sim_addr_is_v4(p->dst)) {
		hwaddr[0] = hwaddr[1] = 0x33;
		memcpy(hwaddr + 2, p->dst.b + 12, 4);
		return;
	}
	if (p->broadcast) {
		memset(hwaddr, 0xff, SIM_HWADDR_BYTES);
		return;
	}
	sim_iface_hwaddr(to, &to->ifaces[sim_iface_arrival(to, p) - 1], hwaddr);
}

void sim_iface_frame(const struct sim_packet *p, uint8_t header[SIM_FRAME_HEADER_BYTES])
{
	unsigned type = p->is_arp ? ETHERTYPE_ARP : sim_packet_is_v4(p) ? ETHERTYPE_IP : ETHERTYPE_IPV6;
	struct sim_ip *from = p->wire->from->owner;
	const struct sim_iface *f = sim_ip_iface(from, p->iface);

	memset(header, 0, SIM_FRAME_HEADER_BYTES);
	if (!sim_wire_is_loopback(p->wire)) {
		frame_destination(p, header);
		if (f)
			sim_iface_hwaddr(from, f, header + SIM_HWADDR_BYTES);
	}
	header[12] = (uint8_t)(type >> 8);
	header[13] = (uint8_t)type;
}

uint32_t sim_iface_v4_mask(const struct sim_iface_addr *a)
{
	unsigned bits = a->prefix_len - V4_BITS;

	return bits ? UINT32_MAX << (32 - bits) : 0;
}

uint32_t sim_iface_v4_broadcast(const struct sim_iface *i, const struct sim_iface_addr *a)
{
	/* RFC 3021: networks of two addresses and of one have no broadcast. */
	if (i->loopback || a->prefix_len > V4_BITS + 30)
		return 0;
	return sim_addr_to_v4(a->addr) | ~sim_iface_v4_mask(a);
}

/* ip-address(8): "secondary" is an address of a network of which the interface had one before. */
static bool is_secondary(const struct sim_iface *i, uint32_t n)
{
	const struct sim_iface_addr *a = &i->addrs[n], *older;
	uint32_t mask = sim_iface_v4_mask(a);

	for (uint32_t k = 0; k < n; k++) {
		older = &i->addrs[k];
		if (sim_addr_is_v4(older->addr) && older->prefix_len == a->prefix_len &&
		    !((sim_addr_to_v4(older->addr) ^ sim_addr_to_v4(a->addr)) & mask))
			return true;
	}
	return false;
}

const struct sim_iface_addr *sim_iface_v4_addr(const struct sim_iface *i, uint32_t n)
{
	for (int secondary = 0; secondary < 2; secondary++)
		for (uint32_t k = 0; k < i->num_addrs; k++)
			if (sim_addr_is_v4(i->addrs[k].addr) && is_secondary(i, k) == secondary && n-- == 0)
				return &i->addrs[k];
	return NULL;
}

/* RFC 4291 2.5.6 */
static bool is_link_local(struct sim_addr a)
{
	return a.b[0] == 0xfe && (a.b[1] & 0xc0) == 0x80;
}

const struct sim_iface_addr *sim_iface_v6_addr(const struct sim_iface *i, uint32_t n)
{
	for (int link_local = 0; link_local < 2; link_local++)
		for (uint32_t k = i->num_addrs; k-- > 0;)
			if (!sim_addr_is_v4(i->addrs[k].addr) &&
			    is_link_local(i->addrs[k].addr) == link_local && n-- == 0)
				return &i->addrs[k];
	return NULL;
}

const struct sim_iface *sim_iface_by_name(const struct sim_ip *ip, const char *name, size_t len)
{
	for (uint32_t k = 0; k < ip->num_ifaces; k++)
		if (strlen(ip->ifaces[k].name) == len && !memcmp(ip->ifaces[k].name, name, len))
			return &ip->ifaces[k];
	return NULL;
}
