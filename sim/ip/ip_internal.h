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

/* neighbour.c: the packet waits until its next hop is there or has not answered for 3 s. Takes it. */
void sim_neighbour_wait(struct sim_ip *ip, struct sim_packet *p, struct sim_addr next_hop);
void sim_neighbours_fired(struct sim_ip *ip);
void sim_neighbours_changed(struct sim_ip *ip); /* somebody may have come who is waited for */
void sim_neighbours_free(struct sim_ip *ip);

/* reassembly.c: takes a fragment; a datagram that it completed, or NULL. */
struct sim_packet *sim_reassemble(struct sim_ip *ip, struct sim_packet *p);
void sim_reassembly_fired(struct sim_ip *ip);
void sim_reassembly_free(struct sim_ip *ip);

/* icmp.c: takes an ICMP or ICMPv6 packet that arrived. */
void sim_icmp_deliver(struct sim_ip *ip, struct sim_packet *p);
/* Tells the transport of an error about a packet of this host's, as if a router had sent it. */
void sim_icmp_report(struct sim_ip *ip, const struct sim_packet *about, uint8_t type, uint8_t code);

#endif
