/* SPDX-License-Identifier: MIT */
/*
 * The neighbour cache of a host: which link-layer address a next hop has, and whether it is still there. The
 * states are RFC 4861 7.3.2's, for IPv4 too; transitions, timers and sysctls are Linux 6.18's (net/core's
 * neighbour.c as observed, arp(7)).
 *
 * An interface with `arp` asks by packets: ARP (arp.c) and neighbour discovery (nd.c). One without knows at
 * once who has an address (sim_fabric_owner()) and keeps an entry only of whom nobody is: what is sent there
 * waits as long as Linux would ask, without a packet, and is then dropped with EHOSTUNREACH for its sender.
 *
 * Private to ip/, and to what shows and changes the cache in ip-neighbour(8)'s words.
 */
#ifndef SIM_IP_NEIGHBOUR_H
#define SIM_IP_NEIGHBOUR_H

#include "sim/ip/ip.h"

enum sim_nud_state {
	SIM_NUD_NONE,
	SIM_NUD_INCOMPLETE, /* asked for; packets wait */
	SIM_NUD_REACHABLE,  /* was confirmed not long ago */
	SIM_NUD_STALE,      /* not any more; nobody has used it since */
	SIM_NUD_DELAY,      /* used: confirmation may come by itself */
	SIM_NUD_PROBE,      /* it did not: asked by unicast */
	SIM_NUD_FAILED,
	SIM_NUD_NOARP, /* needs no confirmation */
	SIM_NUD_PERMANENT,
	SIM_NUD_NUM
};

struct sim_neigh {
	struct sim_list node; /* of the host's cache, oldest first */
	struct sim_timer timer;
	struct sim_ip *ip;
	struct sim_addr addr;
	int64_t confirmed_ns, used_ns, updated_ns;
	struct sim_packet_queue waiting; /* while INCOMPLETE */
	uint32_t waiting_bytes;          /* by truesize */
	uint8_t iface;                   /* index */
	uint8_t state;                   /* enum sim_nud_state */
	uint8_t probes;                  /* sent in this state, from ucast_solicit on when INCOMPLETE */
	bool is_router;                  /* neighbour discovery: it said so */
	uint8_t lladdr[SIM_HWADDR_BYTES];
};

const char *sim_nud_name(unsigned state); /* "REACHABLE" */
bool sim_nud_by_name(const char *text, size_t len, enum sim_nud_state *state);
static inline bool sim_nud_is_valid(unsigned state) /* lladdr means something */
{
	return state >= SIM_NUD_REACHABLE && state != SIM_NUD_FAILED;
}

struct sim_neigh *sim_neigh_find(struct sim_ip *ip, unsigned iface, struct sim_addr addr); /* NULL: none */
/* The entry, made (as NONE) if there is none. NULL: no memory, or gc_thresh3 entries are there already. */
struct sim_neigh *sim_neigh_get(struct sim_ip *ip, unsigned iface, struct sim_addr addr);
void sim_neigh_free(struct sim_neigh *n); /* what waits is dropped without a word */

/* Of one interface, or of all (NULL). */
void sim_neighbours_flush(struct sim_ip *ip, const struct sim_iface *f, bool with_permanent);

/*
 * A packet for r->next_hop by r->iface, which is not known to be on a wire of its own: it goes, waits or is
 * dropped. Takes it. 0; -ENOBUFS: the queue of the interface or the cache is full.
 */
int sim_neigh_output(struct sim_ip *ip, const struct sim_route *r, struct sim_packet *p);

/* The sender knows that the next hop is there (MSG_CONFIRM): as of now. */
void sim_neigh_confirm(struct sim_ip *ip, const struct sim_route *r);

enum {
	SIM_NEIGH_OVERRIDE = 1,      /* another address than the known one replaces it */
	SIM_NEIGH_WEAK_OVERRIDE = 2, /* ... makes a REACHABLE entry STALE, with the known one */
	SIM_NEIGH_ADMIN = 4,         /* said by hand: PERMANENT ones too */
};
/* News of a neighbour: Linux's __neigh_update. lladdr NULL: the known one. `state`: where to, if valid. */
void sim_neigh_update(struct sim_neigh *n, const uint8_t *lladdr, enum sim_nud_state state, unsigned flags);

/* How long a confirmation holds: base_reachable_time_ms, times 0.5 to 1.5, drawn anew every 300 s. */
int64_t sim_neigh_reachable_ns(const struct sim_ip *ip, unsigned iface, bool v4);

/* arp.c, nd.c. Asks for it: by unicast to the known address, or all. src: of a packet that waits; else any.
 */
void sim_arp_solicit(struct sim_neigh *n, struct sim_addr src, bool unicast);
void sim_nd_solicit(struct sim_neigh *n, struct sim_addr src, bool unicast);
/* What came: takes the packet. */
void sim_arp_receive(struct sim_ip *ip, struct sim_packet *p);
void sim_nd_receive(struct sim_ip *ip, struct sim_packet *p);

/* Sends such a question, which it takes. */
void sim_neigh_ask(struct sim_neigh *n, struct sim_packet *p, bool unicast);

#endif
