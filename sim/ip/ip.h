/* SPDX-License-Identifier: MIT */
/*
 * The IP stack of one host: interfaces, addresses, routes, output with fragmentation, input with reassembly,
 * ICMP.
 *
 * Must not know transports: what arrives goes up through sim_ip_protocol(), errors too. IPv4 (RFC 791), IPv6
 * (RFC 8200), ICMP (RFC 792, 4443), ip(7), ipv6(7).
 */
#ifndef SIM_IP_IP_H
#define SIM_IP_IP_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/link/link.h"
#include "sim/packet/packet.h"
#include "sim/sock/net.h"
#include "sim/task/why.h"

enum { SIM_IP_MAX_IFACES = 4, SIM_IFACE_MAX_ADDRS = 8 };
enum { SIM_LOOPBACK_MTU = 65536 };

struct sim_iface_addr {
	struct sim_addr addr;
	uint8_t prefix_len; /* as of 128: IPv4's is 96 more */
	bool no_route;      /* its network is not connected: that route was deleted */
};

struct sim_iface {
	char name[16]; /* "lo", "eth0" */
	uint8_t index; /* from 1, as if_nametoindex(3) tells */
	bool loopback, up;
	bool arp; /* neighbours are asked for by packets (neighbour.h); else they are known at once */
	uint32_t mtu_bytes;
	uint32_t txqueuelen_packets; /* 0: never said */
	uint32_t num_addrs;
	struct sim_iface_addr addrs[SIM_IFACE_MAX_ADDRS];
};

/* ip-route(8): what a route does with a packet. */
enum sim_route_type {
	SIM_ROUTE_UNICAST,
	SIM_ROUTE_UNREACHABLE, /* EHOSTUNREACH */
	SIM_ROUTE_PROHIBIT,    /* EACCES */
	SIM_ROUTE_BLACKHOLE,   /* EINVAL to the sender here, silence to one whose packet is forwarded */
	SIM_ROUTE_THROW,       /* as if no route were there: ENETUNREACH */
	SIM_ROUTE_NUM_TYPES
};
const char *sim_route_type_name(enum sim_route_type type); /* "unreachable" */

struct sim_ip_route {
	struct sim_ip_route *next;
	struct sim_addr dst, gateway; /* gateway any: directly connected */
	uint8_t prefix_len;
	uint8_t iface;              /* index */
	uint8_t type;               /* enum sim_route_type */
	bool onlink;                /* the gateway is there, whatever the networks say */
	uint32_t metric, mtu_bytes; /* mtu 0: the interface's */
};

struct sim_firewall;
struct sim_ip_pmtu;

struct sim_ip {
	struct sim_net *net;
	struct sim_station *station;
	struct sim_iface ifaces[SIM_IP_MAX_IFACES];
	uint32_t num_ifaces;
	struct sim_ip_route *routes; /* longest prefix first, then metric */
	uint32_t generation;         /* grows with every change: cached routes are looked up again */
	struct sim_rng id_rng;
	struct sim_firewall *firewall; /* firewall.h; NULL: everything passes */
	struct sim_ip_pmtu *pmtus;     /* what routers said of ways */
	struct sim_list reassembly;    /* datagrams in parts, oldest first */
	uint32_t num_reassembly_bytes;
	struct sim_timer reassembly_timer; /* SIM_TIMER_IP */
	struct sim_list neighbours;        /* the cache: neighbour.h */
};

/* What a socket keeps of a look-up. */
struct sim_route {
	uint32_t generation; /* 0: none */
	uint8_t iface;
	bool local;     /* delivered on this host */
	bool broadcast; /* to everybody on the segment */
	uint32_t mtu_bytes;
	struct sim_addr src; /* to use if the socket has none */
	struct sim_addr next_hop;
	struct sim_wire *wire; /* NULL: the neighbour cache says (neighbour.h), at each packet */
};

/* What a transport is called for; index IPPROTO_*. Defined where the protocols meet (host/). */
struct sim_ip_protocol {
	void (*deliver)(struct sim_ip *ip, struct sim_packet *p); /* takes the packet */
	/* An ICMP error about a packet that this host sent: addresses and ports as quoted; err as Linux maps
	 * it (icmp(7)); `fatal` if it is a hard error. The packet is lent. */
	void (*error)(struct sim_ip *ip, const struct sim_packet *icmp, int err, bool fatal);
	/* A packet that was sent with charged_to set has left the host, or was dropped; it is lent. NULL if
	 * the protocol never sets it. */
	void (*departed)(struct sim_ip *ip, struct sim_packet *p);
};
const struct sim_ip_protocol *sim_ip_protocol(uint8_t proto); /* NULL: none */

int sim_ip_init(struct sim_ip *ip, struct sim_net *net, struct sim_station *st); /* with lo and its addresses
										  */
void sim_ip_fini(struct sim_ip *ip);

/* eth0 and on. The interface, or NULL: all are taken. */
struct sim_iface *sim_ip_add_iface(struct sim_ip *ip, const char *name, uint32_t mtu_bytes);
/*
 * prefix_len: of 32 or as of 128 for IPv4, of 128 for IPv6, here and for routes. 0; -EEXIST: this or another
 * host has the address; -ENOSPC; -EINVAL: no such prefix; -ENOMEM.
 */
int sim_ip_add_addr(struct sim_ip *ip, struct sim_iface *i, struct sim_addr a, unsigned prefix_len);
/* Copies *r. iface 0: the one on whose network the gateway is. 0, -EEXIST, -EINVAL, -ENOMEM, -ENETUNREACH
 * (gateway), -ENETDOWN (the interface). */
int sim_ip_add_route(struct sim_ip *ip, const struct sim_ip_route *r);
/* The same, and what stood there of its destination and metric is gone. */
int sim_ip_replace_route(struct sim_ip *ip, const struct sim_ip_route *r);
/* The first of that destination, and of that gateway, interface and type, where said (type unicast: any). A
 * connected network's goes too. 0, -ESRCH. */
int sim_ip_del_route(struct sim_ip *ip, const struct sim_ip_route *r);
/* Every route of the table of one family; connected networks stay. */
void sim_ip_flush_routes(struct sim_ip *ip, bool v4);

/* 0; -EADDRNOTAVAIL: the interface has no such address with this prefix. */
int sim_ip_del_addr(struct sim_ip *ip, struct sim_iface *i, struct sim_addr a, unsigned prefix_len);
/*
 * As Linux on "ip link set up|down": going down, the interface loses its routes, its IPv6 addresses (unless
 * net.ipv6.conf.all.keep_addr_on_down) and its neighbours. What was already on the wire arrives at nobody.
 */
void sim_iface_set_up(struct sim_ip *ip, struct sim_iface *i, bool up);
void sim_iface_set_mtu(struct sim_ip *ip, struct sim_iface *i, uint32_t mtu_bytes);
/* So many packets wait for wires with a rate, on all interfaces of the host; one more is dropped. */
void sim_iface_set_txqueuelen(struct sim_ip *ip, struct sim_iface *i, uint32_t num_packets);
void sim_iface_set_arp(struct sim_ip *ip, struct sim_iface *i, bool arp); /* the cache begins anew */
/* The interface that has this address of the host's, else loopback. */
uint8_t sim_iface_of_addr(const struct sim_ip *ip, struct sim_addr a);
struct sim_iface *sim_ip_iface(struct sim_ip *ip, uint32_t index); /* NULL: none */

/* What programs are told of an interface (iface.c). IFF_* of netdevice(7), with IFF_LOWER_UP. */
unsigned sim_iface_flags(const struct sim_iface *i);
enum { SIM_HWADDR_BYTES = 6 };
/* Derived from the host's id and the interface's index; loopback's is zero. */
void sim_iface_hwaddr(const struct sim_ip *ip, const struct sim_iface *i, uint8_t hwaddr[SIM_HWADDR_BYTES]);
/*
 * The Ethernet header that a packet on a wire has, for captures: addresses of both ends, and the type. All
 * zeros on loopback, as there.
 */
enum { SIM_FRAME_HEADER_BYTES = 14 };
void sim_iface_frame(const struct sim_packet *p, uint8_t header[SIM_FRAME_HEADER_BYTES]);
/* The address of an interface from which to speak to `to`: one of its network, else the first of its family;
 * any if it has none. */
struct sim_addr sim_iface_source(const struct sim_iface *f, struct sim_addr to);
/* Of an IPv4 address, in host order; a broadcast of 0: the network has none. */
uint32_t sim_iface_v4_mask(const struct sim_iface_addr *a);
uint32_t sim_iface_v4_broadcast(const struct sim_iface *i, const struct sim_iface_addr *a);
/* Address n in the order in which Linux tells them, NULL past the last: of IPv4 the first of each network and
 * then the others; of IPv6 the newest first, link-local ones last. */
const struct sim_iface_addr *sim_iface_v4_addr(const struct sim_iface *i, uint32_t n);
const struct sim_iface_addr *sim_iface_v6_addr(const struct sim_iface *i, uint32_t n);
const struct sim_iface *sim_iface_by_name(const struct sim_ip *ip, const char *name, size_t len); /* NULL:
												   * none
												   */

bool sim_ip_is_local(const struct sim_ip *ip, struct sim_addr a);     /* ours: 127/8 and ::1 too */
bool sim_ip_is_broadcast(const struct sim_ip *ip, struct sim_addr a); /* 255.255.255.255, or a subnet's */

/*
 * Finds the way to dst. src: the socket's own address, any if none; bound_if: 0 or an interface; dontroute:
 * no gateway, which IPv6 does not heed, as on Linux. 0; -ENETUNREACH: no route, or the source is not ours;
 * -EHOSTUNREACH, -EACCES, -EINVAL: a route of that type; -EINVAL: source and destination can't go together;
 * -ENOMEM. An address of a connected network that no host has is routed (with no wire), as on Linux: packets
 * wait for the neighbour, and after 3 s the transport hears EHOSTUNREACH.
 */
int sim_ip_route(struct sim_ip *ip, struct sim_addr dst, struct sim_addr src, uint32_t bound_if,
		 bool dontroute, struct sim_route *r);

/* Why sim_ip_route() answered err, for the reason of a call. */
enum sim_why_key sim_ip_why_no_route(struct sim_ip *ip, struct sim_addr dst, struct sim_addr src,
				     uint32_t bound_if, bool dontroute, int err);
/* The errno of the call: that of Linux, or by the switch ENETDOWN, POSIX's for an interface that is down. */
int sim_ip_no_route_errno(const struct sim_ip *ip, enum sim_why_key why, int err);

static inline bool sim_route_is_valid(const struct sim_ip *ip, const struct sim_route *r)
{
	return r->generation == ip->generation;
}

/*
 * Sends a packet whose addresses, ports, proto, ttl, tos and payload stand; gives it an IP id if it needs
 * one, and fragments it to the route's MTU. Takes it. 0; -EMSGSIZE: too big and dont_fragment; -ENOBUFS: the
 * queue was full; -EPERM: the firewall's OUTPUT. TCP and UDP segments of any size up to 65,535 less headers.
 */
int sim_ip_send(struct sim_ip *ip, const struct sim_route *r, struct sim_packet *p);

/* What a receive queue is charged for a datagram of this many bytes, as Linux's loopback allocates it. */
uint32_t sim_ip_truesize(uint32_t payload_len, bool v4);

/* ICMP destination unreachable and kin about a packet that arrived (lent): to its sender, rate not limited.
 */
void sim_icmp_send_error(struct sim_ip *ip, const struct sim_packet *about, uint8_t type, uint8_t code,
			 uint16_t mtu);

/* Table entries: see sim_timer_fns. */
void sim_ip_on_timer(struct sim_clock *c, struct sim_timer *t);
void sim_neigh_on_timer(struct sim_clock *c, struct sim_timer *t);

/* Addresses as text: inet_pton(3)'s forms, and back. */
bool sim_addr_parse(const char *text, struct sim_addr *a);
const char *sim_addr_format(struct sim_addr a, char buf[64]); /* v4-mapped ones as dotted quads; returns buf
							       */

#endif
