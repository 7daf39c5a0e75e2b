/* SPDX-License-Identifier: MIT */
/* Stations, wires and the queue of what is due: see link.h. tc-netem(8) for what a wire does. */
#include "sim/link/link.h"

#include <errno.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/packet/wire.h"

/* One entry of the segment's neighbour table. */
struct claim {
	struct sim_hnode node;
	struct sim_station *station;
	struct sim_addr addr;
};

void sim_fabric_init(struct sim_fabric *f, struct sim_ctx *ctx)
{
	memset(f, 0, sizeof *f);
	f->ctx = ctx;
	sim_list_init(&f->stations);
	sim_packet_queue_init(&f->due);
	f->default_netem = sim_netem_default();
}

static void free_wires(struct sim_station *st, struct sim_ctx *ctx)
{
	while (st->wires) {
		struct sim_wire *w = st->wires;

		st->wires = w->next;
		sim_timer_fini(&ctx->clock, &w->timer);
		sim_packet_queue_free(&w->queue, ctx->arena);
		sim_arena_free(ctx->arena, w, sizeof *w);
	}
}

void sim_fabric_fini(struct sim_fabric *f)
{
	struct sim_arena *a = f->ctx->arena;
	struct sim_list *node;

	sim_packet_queue_free(&f->due, a);
	sim_list_each(node, &f->stations)
		free_wires(sim_container_of(node, struct sim_station, node), f->ctx);
	if (f->by_addr.buckets) {
		for (uint32_t i = 0; i <= f->by_addr.mask; i++) {
			while (f->by_addr.buckets[i]) {
				struct sim_hnode *n = f->by_addr.buckets[i];

				sim_hmap_remove(&f->by_addr, n);
				sim_arena_free(a, sim_container_of(n, struct claim, node),
					       sizeof(struct claim));
			}
		}
		sim_hmap_fini(&f->by_addr, a);
	}
	if (f->scratch)
		sim_arena_free(a, f->scratch, SIM_WIRE_MAX_BYTES);
	f->scratch = NULL;
}

int sim_station_init(struct sim_fabric *f, struct sim_station *st, uint16_t id, void *owner)
{
	memset(st, 0, sizeof *st);
	st->fabric = f;
	st->id = id;
	st->owner = owner;
	sim_list_append(&f->stations, &st->node);
	if (sim_wire_get(st, st))
		return 0;
	sim_list_remove(&st->node);
	return -ENOMEM;
}

struct sim_station *sim_station_find(struct sim_fabric *f, uint16_t id)
{
	struct sim_list *node;

	sim_list_each(node, &f->stations) {
		struct sim_station *st = sim_container_of(node, struct sim_station, node);

		if (st->id == id)
			return st;
	}
	return NULL;
}

/* ---- who has an address ---- */

static uint32_t addr_hash(struct sim_addr a)
{
	return (uint32_t)sim_mix(a.d[0] ^ 0x9e3779b97f4a7c15u, a.d[1] ^ 0xc2b2ae3d27d4eb4fu);
}

static struct claim *find_claim(const struct sim_fabric *f, struct sim_addr a)
{
	struct sim_hnode *n = f->by_addr.buckets ? sim_hmap_first(&f->by_addr, addr_hash(a)) : NULL;

	for (; n; n = sim_hmap_next(n)) {
		struct claim *c = sim_container_of(n, struct claim, node);

		if (sim_addr_equal(c->addr, a))
			return c;
	}
	return NULL;
}

struct sim_station *sim_fabric_owner(const struct sim_fabric *f, struct sim_addr a)
{
	const struct claim *c = find_claim(f, a);

	return c ? c->station : NULL;
}

static void tell_all(struct sim_fabric *f)
{
	struct sim_list *node;

	sim_list_each(node, &f->stations)
		sim_station_changed(sim_container_of(node, struct sim_station, node));
}

int sim_station_claim(struct sim_station *st, struct sim_addr a)
{
	struct sim_fabric *f = st->fabric;
	struct claim *c;

	if (sim_fabric_owner(f, a))
		return -EEXIST;
	if (!f->by_addr.buckets && sim_hmap_init(&f->by_addr, f->ctx->arena))
		return -ENOMEM;
	c = sim_arena_alloc(f->ctx->arena, sizeof *c);
	if (!c)
		return -ENOMEM;
	c->station = st;
	c->addr = a;
	sim_hmap_insert(&f->by_addr, f->ctx->arena, &c->node, addr_hash(a));
	tell_all(f);
	return 0;
}

void sim_station_unclaim(struct sim_station *st, struct sim_addr a)
{
	struct sim_fabric *f = st->fabric;
	struct claim *c = find_claim(f, a);

	if (!c || c->station != st)
		return;
	sim_hmap_remove(&f->by_addr, &c->node);
	sim_arena_free(f->ctx->arena, c, sizeof *c);
	tell_all(f);
}

/* ---- wires ---- */

static struct sim_wire *wire_new(struct sim_station *from, struct sim_station *to)
{
	struct sim_ctx *ctx = from->fabric->ctx;
	struct sim_wire *w = sim_arena_alloc(ctx->arena, sizeof *w);

	if (!w)
		return NULL;
	w->from = from;
	w->to = to;
	w->netem = from == to ? sim_netem_default() : from->fabric->default_netem;
	if (from == to)
		w->netem.mtu_bytes = SIM_NETEM_MTU_MAX;
	sim_packet_queue_init(&w->queue);
	sim_timer_init(&w->timer, SIM_TIMER_WIRE, false);
	w->rng = sim_rng_stream(ctx->seed, SIM_PURPOSE_LINK, (uint64_t)from->id << 16 | to->id);
	return w;
}

struct sim_wire *sim_wire_get(struct sim_station *from, struct sim_station *to)
{
	struct sim_wire **at = &from->wires;

	while (*at && (*at)->to != to)
		at = &(*at)->next;
	if (!*at)
		*at = wire_new(from, to);
	return *at;
}

void sim_wire_set(struct sim_wire *w, const struct sim_netem *netem)
{
	w->netem = *netem;
	sim_station_changed(w->from);
}

/* How long the bits take to leave, rounded up to a nanosecond. */
static int64_t transmission_ns(const struct sim_wire *w, const struct sim_packet *p)
{
	__uint128_t bits_ns = (__uint128_t)sim_packet_link_len(p) * 8 * (uint64_t)SIM_NS_PER_S;

	return (int64_t)((bits_ns + w->netem.rate_bps - 1) / w->netem.rate_bps);
}

/* Sets when the packet departs and arrives. Never before what was sent earlier: a wire is a queue. */
static void schedule(struct sim_wire *w, struct sim_packet *p, int64_t now_ns)
{
	p->sent_ns = p->departs_ns = now_ns;
	if (w->netem.rate_bps) {
		if (w->busy_until_ns > now_ns)
			p->departs_ns = w->busy_until_ns;
		p->departs_ns += transmission_ns(w, p);
		w->busy_until_ns = p->departs_ns;
	}
	p->due_ns = p->departs_ns + w->netem.delay_ns;
	if (w->queue.head) {
		struct sim_packet *last = sim_container_of(w->queue.tail, struct sim_packet, next);

		if (p->due_ns < last->due_ns)
			p->due_ns = last->due_ns;
	}
}

static void stop_charging(struct sim_wire *w, struct sim_packet *p)
{
	if (p->charged_to)
		sim_station_departed(w->from, p);
	p->charged_to = NULL;
}

static void drop(struct sim_wire *w, struct sim_packet *p, enum sim_drop why)
{
	struct sim_ctx *ctx = w->from->fabric->ctx;

	w->num_dropped++;
	stop_charging(w, p);
	sim_packet_trace(&ctx->trace, SIM_TRACE_DROP, w->from->id, p, why);
	sim_packet_free(ctx->arena, p);
}

/* The mode wire=bytes: what arrives is what was read from bytes. */
static int through_bytes(struct sim_fabric *f, struct sim_packet *p)
{
	struct sim_arena *a = f->ctx->arena;
	size_t len;
	int err;

	if (!f->scratch)
		f->scratch = sim_arena_alloc_raw(a, SIM_WIRE_MAX_BYTES);
	if (!f->scratch)
		return -ENOMEM;
	len = sim_wire_emit(p, f->scratch, SIM_WIRE_MAX_BYTES);
	sim_bytes_release(a, &p->payload);
	err = p->is_arp ? sim_wire_parse_arp(f->scratch, len, p) : sim_wire_parse(a, f->scratch, len, p);
	SIM_ASSERT(!err || err == -ENOMEM);
	return err;
}

static int64_t next_event_ns(const struct sim_wire *w)
{
	int64_t due_ns = w->queue.head ? w->queue.head->due_ns : SIM_NEVER_NS;

	return w->departing && w->departing->departs_ns < due_ns ? w->departing->departs_ns : due_ns;
}

/* -ENOMEM: the queue is as it was. */
static int enqueue(struct sim_wire *w, struct sim_packet *p)
{
	struct sim_ctx *ctx = w->from->fabric->ctx;

	if (!sim_timer_is_set(&w->timer) && sim_timer_set(&ctx->clock, &w->timer, p->departs_ns))
		return -ENOMEM;
	sim_packet_queue_push(&w->queue, p);
	if (p->charged_to && !w->departing)
		w->departing = p;
	if (next_event_ns(w) != w->timer.due_ns)
		return sim_timer_set(&ctx->clock, &w->timer, next_event_ns(w));
	return 0;
}

static bool is_lost(struct sim_wire *w)
{
	return w->netem.loss_ppb && sim_rng_below(&w->rng, UINT64_C(1000000000)) < w->netem.loss_ppb;
}

int sim_wire_send(struct sim_wire *w, struct sim_packet *p)
{
	struct sim_fabric *f = w->from->fabric;
	struct sim_ctx *ctx = f->ctx;
	int64_t now_ns = sim_now(ctx);

	if (w->queue.len >= w->netem.limit_packets) {
		drop(w, p, SIM_DROP_QUEUE_FULL);
		return -ENOBUFS;
	}
	if (!sim_wire_is_loopback(w) && sim_packet_ip_len(p) > w->netem.mtu_bytes) {
		drop(w, p, SIM_DROP_TOO_BIG);
		return -EMSGSIZE;
	}
	schedule(w, p, now_ns);
	p->wire = w;
	w->num_sent++;
	sim_packet_trace(&ctx->trace, SIM_TRACE_SEND, w->from->id, p, (uint64_t)(p->due_ns - now_ns));
	if (p->departs_ns == now_ns)
		stop_charging(w, p);
	if (is_lost(w)) {
		drop(w, p, SIM_DROP_LOSS);
		return 0;
	}
	if (__builtin_expect(f->wire_bytes, 0) && through_bytes(f, p)) {
		drop(w, p, SIM_DROP_NO_MEMORY);
		return 0;
	}
	if (p->due_ns == now_ns && !w->queue.head)
		sim_packet_queue_push(&f->due, p);
	else if (enqueue(w, p))
		drop(w, p, SIM_DROP_NO_MEMORY);
	return 0;
}

uint32_t sim_station_num_undeparted(const struct sim_station *st)
{
	int64_t now_ns = sim_now(st->fabric->ctx);
	uint32_t n = 0;

	for (const struct sim_wire *w = st->wires; w; w = w->next) {
		if (sim_wire_is_loopback(w) || !w->netem.rate_bps)
			continue;
		for (const struct sim_packet *p = w->queue.head; p; p = p->next)
			n += p->departs_ns > now_ns;
	}
	return n;
}

static void depart(struct sim_wire *w, int64_t now_ns)
{
	while (w->departing && w->departing->departs_ns <= now_ns) {
		struct sim_packet *p = w->departing;

		stop_charging(w, p);
		while (p && !p->charged_to)
			p = p->next;
		w->departing = p;
	}
}

void sim_wire_on_timer(struct sim_clock *c, struct sim_timer *t)
{
	struct sim_wire *w = sim_container_of(t, struct sim_wire, timer);

	depart(w, c->now_ns);
	while (w->queue.head && w->queue.head->due_ns <= c->now_ns)
		sim_packet_queue_push(&w->from->fabric->due, sim_packet_queue_pop(&w->queue));
	if (w->queue.head)
		sim_timer_set(c, t, next_event_ns(w)); /* has been in the heap: cannot fail */
}

static void deliver(struct sim_fabric *f, struct sim_packet *p)
{
	struct sim_wire *w = p->wire;

	if (w->to->down) {
		w->num_dropped++;
		sim_packet_trace(&f->ctx->trace, SIM_TRACE_DROP, w->to->id, p, SIM_DROP_NO_HOST);
		sim_packet_free(f->ctx->arena, p);
		return;
	}
	w->num_delivered++;
	sim_station_receive(w->to, p);
}

void sim_fabric_drain(struct sim_fabric *f)
{
	struct sim_packet *p;

	if (f->draining)
		return;
	f->draining = true;
	while ((p = sim_packet_queue_pop(&f->due)) != NULL)
		deliver(f, p);
	f->draining = false;
}

uint32_t sim_fabric_in_flight(const struct sim_fabric *f)
{
	uint32_t n = f->due.len;
	struct sim_list *node;

	sim_list_each(node, &f->stations) {
		struct sim_station *st = sim_container_of(node, struct sim_station, node);

		for (struct sim_wire *w = st->wires; w; w = w->next)
			n += w->queue.len;
	}
	return n;
}
