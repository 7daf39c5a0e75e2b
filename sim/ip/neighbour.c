/* SPDX-License-Identifier: MIT */
/*
 * Neighbours that nobody is: what is sent to them waits as long as Linux asks (three probes, a second apart)
 * and is then dropped with EHOSTUNREACH for its transport. Who has an address is known at once
 * (sim_fabric_owner()); the packets of ARP (RFC 826) and neighbour discovery (RFC 4861) are not simulated.
 */
#include <errno.h>

#include "sim/ip/ip_internal.h"

#define PROBING_NS (3 * SIM_NS_PER_S) /* mcast_solicit * retrans_time_ms */

/* Linux's unres_qlen_bytes is 212,992: as many smallest packets. */
enum { MAX_WAITING = 256 };

struct neighbour {
	struct sim_list node;
	struct sim_addr addr;
	int64_t fails_ns;
	struct sim_packet_queue waiting;
};

static struct neighbour *neighbour_of(struct sim_ip *ip, struct sim_addr addr)
{
	struct neighbour *n;
	struct sim_list *node;

	sim_list_each(node, &ip->neighbours) {
		n = sim_container_of(node, struct neighbour, node);
		if (sim_addr_equal(n->addr, addr))
			return n;
	}
	n = sim_arena_alloc(sim_ip_arena(ip), sizeof *n);
	if (!n)
		return NULL;
	n->addr = addr;
	n->fails_ns = sim_now(sim_ip_ctx(ip)) + PROBING_NS;
	sim_packet_queue_init(&n->waiting);
	sim_list_append(&ip->neighbours, &n->node);
	return n;
}

/* The oldest is first, and all wait for the same span. */
static int set_timer(struct sim_ip *ip)
{
	struct sim_list *first = sim_list_first(&ip->neighbours);
	struct sim_timer *t = &ip->neighbour_timer.timer;

	if (!first || sim_timer_is_set(t))
		return 0;
	return sim_timer_set(&sim_ip_ctx(ip)->clock, t,
			     sim_container_of(first, struct neighbour, node)->fails_ns);
}

static void stop_charging(struct sim_ip *ip, struct sim_packet *p)
{
	if (p->charged_to)
		sim_station_departed(ip->station, p);
	p->charged_to = NULL;
}

void sim_neighbour_wait(struct sim_ip *ip, struct sim_packet *p, struct sim_addr next_hop)
{
	struct neighbour *n = neighbour_of(ip, next_hop);

	if (!n || set_timer(ip)) {
		stop_charging(ip, p);
		sim_ip_drop(ip, p, SIM_DROP_NO_MEMORY);
		return;
	}
	if (n->waiting.len == MAX_WAITING) {
		struct sim_packet *oldest = sim_packet_queue_pop(&n->waiting);

		stop_charging(ip, oldest);
		sim_ip_drop(ip, oldest, SIM_DROP_QUEUE_FULL);
	}
	sim_packet_queue_push(&n->waiting, p);
}

/* Nobody has answered, or the host has come and its packets go on their way. */
static void finish(struct sim_ip *ip, struct neighbour *n)
{
	struct sim_station *owner = sim_fabric_owner(ip->station->fabric, n->addr);
	struct sim_wire *w = owner && owner != ip->station ? sim_wire_get(ip->station, owner) : NULL;
	bool v4 = sim_addr_is_v4(n->addr);
	struct sim_packet *p;

	/* Off the list first: who is told may send again, which begins anew. */
	sim_list_remove(&n->node);
	while ((p = sim_packet_queue_pop(&n->waiting)) != NULL) {
		if (w) {
			sim_wire_send(w, p);
			continue;
		}
		stop_charging(ip, p);
		sim_icmp_report(ip, p, v4 ? SIM_ICMP_UNREACHABLE : SIM_ICMP6_UNREACHABLE,
				v4 ? SIM_ICMP_UNREACHABLE_HOST : SIM_ICMP6_UNREACHABLE_ADDRESS);
		sim_ip_drop(ip, p, SIM_DROP_NO_HOST);
	}
	sim_arena_free(sim_ip_arena(ip), n, sizeof *n);
}

void sim_neighbours_fired(struct sim_ip *ip)
{
	int64_t now_ns = sim_now(sim_ip_ctx(ip));
	struct sim_list *first;

	while ((first = sim_list_first(&ip->neighbours)) != NULL) {
		struct neighbour *n = sim_container_of(first, struct neighbour, node);

		if (n->fails_ns > now_ns)
			break;
		finish(ip, n);
	}
	set_timer(ip);
}

void sim_neighbours_changed(struct sim_ip *ip)
{
	struct sim_list *node, *following;

	sim_list_each_safe(node, following, &ip->neighbours) {
		struct neighbour *n = sim_container_of(node, struct neighbour, node);

		if (sim_fabric_owner(ip->station->fabric, n->addr))
			finish(ip, n);
	}
	if (sim_list_empty(&ip->neighbours))
		sim_timer_cancel(&sim_ip_ctx(ip)->clock, &ip->neighbour_timer.timer);
}

void sim_neighbours_free(struct sim_ip *ip)
{
	struct sim_list *first;

	while ((first = sim_list_first(&ip->neighbours)) != NULL) {
		struct neighbour *n = sim_container_of(first, struct neighbour, node);

		sim_list_remove(&n->node);
		sim_packet_queue_free(&n->waiting, sim_ip_arena(ip));
		sim_arena_free(sim_ip_arena(ip), n, sizeof *n);
	}
}
