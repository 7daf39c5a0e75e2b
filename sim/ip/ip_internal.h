/* SPDX-License-Identifier: MIT */
/* What the files of ip/ share and nobody else sees. */
#ifndef SIM_IP_IP_INTERNAL_H
#define SIM_IP_IP_INTERNAL_H

#include "sim/ip/ip.h"

static inline struct sim_ctx *sim_ip_ctx(const struct sim_ip *ip)
{
	return ip->net->ctx;
}

static inline struct sim_arena *sim_ip_arena(const struct sim_ip *ip)
{
	return ip->net->ctx->arena;
}

/* Traces and frees. */
void sim_ip_drop(struct sim_ip *ip, struct sim_packet *p, enum sim_drop why);

/* route.c: remembers what a router said of the way to dst, and forgets all of it. */
void sim_ip_pmtu_learn(struct sim_ip *ip, struct sim_addr dst, uint32_t mtu_bytes);
void sim_ip_pmtu_forget_all(struct sim_ip *ip);
bool sim_ip_prefix_matches(struct sim_addr a, struct sim_addr prefix, unsigned prefix_len);
/* The interface (`only`, if not 0) that is up and on whose network the address is, by the longest prefix; *on
 * is the interface's address there. NULL: none. */
const struct sim_iface *sim_ip_connected_iface(const struct sim_ip *ip, struct sim_addr a, uint32_t only,
					       const struct sim_iface_addr **on);

/* ip.c: the index of the interface by which an arriving packet comes in. */
uint8_t sim_iface_arrival(const struct sim_ip *ip, const struct sim_packet *p);

/* route_table.c: what goes out by an interface that goes down. */
void sim_ip_forget_routes_of(struct sim_ip *ip, const struct sim_iface *f);

/* forward.c: a packet that came from outside and is for somebody else; takes it. */
void sim_ip_forward(struct sim_ip *ip, struct sim_packet *p);

/* neighbour.c: somebody may have come who is waited for. */
void sim_neighbours_changed(struct sim_ip *ip);

/* output.c: clones of the packet to all other stations, which is no packet of its own. Takes it. */
void sim_ip_send_to_all(struct sim_ip *ip, struct sim_packet *p);

/* reassembly.c: takes a fragment; a datagram that it completed, or NULL. */
struct sim_packet *sim_reassemble(struct sim_ip *ip, struct sim_packet *p);
void sim_reassembly_fired(struct sim_ip *ip);
void sim_reassembly_free(struct sim_ip *ip);

/* output.c: a packet that is whole but for its link: cut if the link needs it. Takes it. */
int sim_ip_send_on(struct sim_ip *ip, const struct sim_route *r, struct sim_packet *p);

/* icmp.c: takes an ICMP or ICMPv6 packet that arrived. */
void sim_icmp_deliver(struct sim_ip *ip, struct sim_packet *p);
/* Tells the transport of an error about a packet of this host's, as if a router had sent it. */
void sim_icmp_report(struct sim_ip *ip, const struct sim_packet *about, uint8_t type, uint8_t code);

#endif
