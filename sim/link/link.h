/* SPDX-License-Identifier: MIT */
/*
 * The medium between hosts: every host has one station on the world's segment, and from each station to each
 * other one there is a wire of its own, with delay, loss, rate, MTU and a bounded queue (netem.h). Loopback
 * is a wire from a station to itself without delay.
 *
 * A wire is first-in-first-out: only the head of its queue has a timer. Packets due at once go to one queue
 * of the whole fabric that is drained at the gate's exit (sim_fabric_drain()), never by recursion.
 *
 * Owns packets in flight. Must not know what an IP stack does with them.
 */
#ifndef SIM_LINK_LINK_H
#define SIM_LINK_LINK_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/hmap.h"
#include "sim/base/list.h"
#include "sim/base/random.h"
#include "sim/link/netem.h"
#include "sim/packet/packet.h"
#include "sim/trace/ctx.h"

struct sim_station {
	struct sim_fabric *fabric;
	struct sim_list node;   /* of the fabric, in order of creation */
	uint16_t id;            /* the host's id, from 1 */
	bool down;              /* crashed or unplugged: what arrives is dropped */
	void *owner;            /* whose receive is called: see sim_station_receive() */
	struct sim_wire *wires; /* from here, by list; the first is loopback */
};

struct sim_wire {
	struct sim_wire *next;
	struct sim_station *from, *to;
	struct sim_netem netem;
	struct sim_packet_queue queue; /* in flight, in the order of packet->due_ns */
	struct sim_packet *departing;  /* the first in it that charges its sender still, NULL: none */
	struct sim_timer timer;        /* of the head, or of what departs */
	struct sim_rng rng;
	int64_t busy_until_ns; /* rate: when the last bit of what was sent last has left */
	uint64_t num_sent, num_delivered, num_dropped;
};

struct sim_fabric {
	struct sim_ctx *ctx;
	struct sim_list stations;
	struct sim_hmap by_addr;     /* who answers for an address: the segment's neighbour table */
	struct sim_packet_queue due; /* arrived, not yet handed to the stack */
	bool draining;
	bool wire_bytes;                /* serialise and parse at every hop */
	unsigned char *scratch;         /* of SIM_WIRE_MAX_BYTES, when first needed */
	struct sim_netem default_netem; /* of wires not said otherwise: no delay, limit 1000, MTU 1500 */
};

/* Supplied by ip/: a packet has arrived; it is the receiver's now. */
void sim_station_receive(struct sim_station *st, struct sim_packet *p);
/* Supplied by ip/: a packet that charges somebody (charged_to) has left the sender's interface; it is lent.
 */
void sim_station_departed(struct sim_station *st, struct sim_packet *p);
/* Supplied by ip/: wires from here changed, so that what was remembered of ways is void. */
void sim_station_changed(struct sim_station *st);

void sim_fabric_init(struct sim_fabric *f, struct sim_ctx *ctx);
/* Frees packets in flight, wires and tables; the stations are their hosts'. */
void sim_fabric_fini(struct sim_fabric *f);
int sim_station_init(struct sim_fabric *f, struct sim_station *st, uint16_t id, void *owner); /* 0, -ENOMEM */
struct sim_station *sim_station_find(struct sim_fabric *f, uint16_t id);

/* The station answers for this address. 0, -EEXIST (another does), -ENOMEM. All stations hear of it
 * (_changed). */
int sim_station_claim(struct sim_station *st, struct sim_addr a);
void sim_station_unclaim(struct sim_station *st, struct sim_addr a); /* if it does; all hear of it */
struct sim_station *sim_fabric_owner(const struct sim_fabric *f, struct sim_addr a); /* NULL: nobody */

/* The wire from one station to another (the same: loopback, MTU 65536), made when first asked for. NULL: no
 * memory. */
struct sim_wire *sim_wire_get(struct sim_station *from, struct sim_station *to);
void sim_wire_set(struct sim_wire *w, const struct sim_netem *netem); /* packets in flight keep their times */

/*
 * Sends a packet along a wire: traced, perhaps lost or dropped. Takes the packet. 0; dropped and traced
 * (whether the program hears of it is the caller's business): -ENOBUFS: its queue is full; -EMSGSIZE: over
 * the wire's MTU. A packet with charged_to set keeps charging only while it waits for a wire with a rate;
 * else it has departed at once.
 */
int sim_wire_send(struct sim_wire *w, struct sim_packet *p);

/* How many packets wait for wires with a rate to take them, on all wires but loopback. */
uint32_t sim_station_num_undeparted(const struct sim_station *st);

static inline bool sim_wire_is_loopback(const struct sim_wire *w)
{
	return w->from == w->to;
}

static inline uint32_t sim_wire_mtu(const struct sim_wire *w)
{
	return w->netem.mtu_bytes;
}

/* Hands over everything that is due at this instant, and what that causes, until nothing is left. */
void sim_fabric_drain(struct sim_fabric *f);

uint32_t sim_fabric_in_flight(const struct sim_fabric *f); /* packets on wires and due */

void sim_wire_on_timer(struct sim_clock *c, struct sim_timer *t); /* table entry: see sim_timer_fns */

#endif
