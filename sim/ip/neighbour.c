/* SPDX-License-Identifier: MIT */
/* The neighbour cache and its state machine: see neighbour.h. Asking and hearing is arp.c's and nd.c's. */
#include "sim/ip/neighbour.h"

#include <errno.h>
#include <string.h>

#include "sim/base/random.h"
#include "sim/base/str.h"
#include "sim/ip/ip_internal.h"

#define RANDOM_AGAIN_NS (300 * SIM_NS_PER_S) /* neigh_periodic_work */
#define RETRANS_MIN_NS  (10 * SIM_NS_PER_MS) /* HZ / 100 */
#define FORCED_GC_NS    (5 * SIM_NS_PER_S)   /* neigh_forced_gc spares what is younger */

/* The sysctls of one family, net.ipv4.neigh.default.* or net.ipv6.neigh.default.*. */
struct params {
	int64_t delay_ns, retrans_ns, stale_ns;
	int32_t ucast, mcast, resolicit, queue_bytes, thresh1, thresh3;
};

static struct params params_of(const struct sim_ip *ip, bool v4)
{
	const struct sim_sysctls *s = &ip->net->sysctl;
	struct params p = {
		.delay_ns = (v4 ? s->neigh4_delay_first_probe : s->neigh6_delay_first_probe) * SIM_NS_PER_S,
		.retrans_ns = (v4 ? s->neigh4_retrans_ms : s->neigh6_retrans_ms) * SIM_NS_PER_MS,
		.stale_ns = (v4 ? s->neigh4_gc_stale : s->neigh6_gc_stale) * SIM_NS_PER_S,
		.ucast = v4 ? s->neigh4_ucast_solicit : s->neigh6_ucast_solicit,
		.mcast = v4 ? s->neigh4_mcast_solicit : s->neigh6_mcast_solicit,
		.resolicit = v4 ? s->neigh4_mcast_resolicit : s->neigh6_mcast_resolicit,
		.queue_bytes = v4 ? s->neigh4_unres_qlen_bytes : s->neigh6_unres_qlen_bytes,
		.thresh1 = v4 ? s->neigh4_gc_thresh1 : s->neigh6_gc_thresh1,
		.thresh3 = v4 ? s->neigh4_gc_thresh3 : s->neigh6_gc_thresh3,
	};

	if (p.retrans_ns < RETRANS_MIN_NS)
		p.retrans_ns = RETRANS_MIN_NS;
	return p;
}

static const char *const names[SIM_NUD_NUM] = {
	[SIM_NUD_NONE] = "NONE",     [SIM_NUD_INCOMPLETE] = "INCOMPLETE", [SIM_NUD_REACHABLE] = "REACHABLE",
	[SIM_NUD_STALE] = "STALE",   [SIM_NUD_DELAY] = "DELAY",           [SIM_NUD_PROBE] = "PROBE",
	[SIM_NUD_FAILED] = "FAILED", [SIM_NUD_NOARP] = "NOARP",           [SIM_NUD_PERMANENT] = "PERMANENT",
};

const char *sim_nud_name(unsigned state)
{
	return state < SIM_NUD_NUM ? names[state] : "?";
}

bool sim_nud_by_name(const char *text, size_t len, enum sim_nud_state *state)
{
	for (unsigned i = 0; i < SIM_NUD_NUM; i++) {
		size_t n = 0;

		while (n < len && names[i][n] && sim_to_lower(names[i][n]) == sim_to_lower(text[n]))
			n++;
		if (n == len && !names[i][n]) {
			*state = (enum sim_nud_state)i;
			return true;
		}
	}
	return false;
}

int64_t sim_neigh_reachable_ns(const struct sim_ip *ip, unsigned iface, bool v4)
{
	const struct sim_ctx *ctx = sim_ip_ctx(ip);
	uint64_t base_ms = (uint64_t)(v4 ? ip->net->sysctl.neigh4_base_reachable_ms
					 : ip->net->sysctl.neigh6_base_reachable_ms);
	uint64_t key = (uint64_t)ip->net->host_id << 16 | iface << 8 | v4;
	struct sim_rng rng;

	key |= (uint64_t)(sim_now(ctx) / RANDOM_AGAIN_NS) << 32;
	rng = sim_rng_stream(ctx->seed, SIM_PURPOSE_NEIGHBOUR, key);
	return base_ms ? (int64_t)(sim_rng_below(&rng, base_ms) + base_ms / 2) * SIM_NS_PER_MS : 0;
}

/* ---- entries ---- */

struct sim_neigh *sim_neigh_find(struct sim_ip *ip, unsigned iface, struct sim_addr addr)
{
	struct sim_list *node;

	sim_list_each(node, &ip->neighbours) {
		struct sim_neigh *n = sim_container_of(node, struct sim_neigh, node);

		if (n->iface == iface && sim_addr_equal(n->addr, addr))
			return n;
	}
	return NULL;
}

static void stop_charging(struct sim_ip *ip, struct sim_packet *p)
{
	if (p->charged_to)
		sim_station_departed(ip->station, p);
	p->charged_to = NULL;
}

static void drop(struct sim_ip *ip, struct sim_packet *p, enum sim_drop why)
{
	stop_charging(ip, p);
	sim_ip_drop(ip, p, why);
}

void sim_neigh_free(struct sim_neigh *n)
{
	struct sim_ip *ip = n->ip;
	struct sim_packet *p;

	sim_list_remove(&n->node);
	while ((p = sim_packet_queue_pop(&n->waiting)) != NULL)
		drop(ip, p, SIM_DROP_LINK_DOWN);
	sim_timer_fini(&sim_ip_ctx(ip)->clock, &n->timer);
	sim_arena_free(sim_ip_arena(ip), n, sizeof *n);
}

/* neigh_periodic_work, and neigh_forced_gc: what nobody misses goes when there are many. The number left. */
static int32_t collect(struct sim_ip *ip, bool v4, const struct params *p)
{
	int64_t now_ns = sim_now(sim_ip_ctx(ip));
	struct sim_list *node, *following;
	int32_t num = 0, left;

	sim_list_each(node, &ip->neighbours)
		num += sim_addr_is_v4(sim_container_of(node, struct sim_neigh, node)->addr) == v4;
	left = num;
	if (num < p->thresh1)
		return num;
	sim_list_each_safe(node, following, &ip->neighbours) {
		struct sim_neigh *n = sim_container_of(node, struct sim_neigh, node);
		int64_t used_ns = n->used_ns > n->confirmed_ns ? n->used_ns : n->confirmed_ns;
		bool old = now_ns - used_ns >= p->stale_ns ||
			   (num >= p->thresh3 && now_ns - n->updated_ns > FORCED_GC_NS);

		if (sim_addr_is_v4(n->addr) != v4 ||
		    !(n->state == SIM_NUD_FAILED || (n->state == SIM_NUD_STALE && old)))
			continue;
		sim_neigh_free(n);
		left--;
	}
	return left;
}

struct sim_neigh *sim_neigh_get(struct sim_ip *ip, unsigned iface, struct sim_addr addr)
{
	struct sim_neigh *n = sim_neigh_find(ip, iface, addr);
	struct params p = params_of(ip, sim_addr_is_v4(addr));

	if (n)
		return n;
	if (collect(ip, sim_addr_is_v4(addr), &p) >= p.thresh3)
		return NULL;
	n = sim_arena_alloc(sim_ip_arena(ip), sizeof *n);
	if (!n)
		return NULL;
	sim_timer_init(&n->timer, SIM_TIMER_NEIGH, true);
	n->ip = ip;
	n->addr = addr;
	n->iface = (uint8_t)iface;
	n->used_ns = n->updated_ns = sim_now(sim_ip_ctx(ip));
	/* Linux: jiffies - (base_reachable_time << 1): long ago. */
	n->confirmed_ns = n->used_ns - 2 * 1500 * SIM_NS_PER_S;
	sim_packet_queue_init(&n->waiting);
	sim_list_append(&ip->neighbours, &n->node);
	return n;
}

/* ---- the machine ---- */

static bool asks(const struct sim_neigh *n)
{
	return n->ip->ifaces[n->iface - 1].arp;
}

static void set_state(struct sim_neigh *n, enum sim_nud_state state)
{
	struct sim_ctx *ctx = sim_ip_ctx(n->ip);

	if (asks(n) && state != n->state) {
		struct sim_trace_rec *r = sim_trace_open(&ctx->trace, sim_now(ctx), SIM_TRACE_NEIGH,
							 n->ip->net->host_id, n->iface);

		memset(r->arg, 0, sizeof r->arg);
		r->arg[0] = n->state;
		r->arg[1] = state;
		memcpy(&r->arg[2], n->addr.b, sizeof n->addr.b);
		sim_trace_commit(&ctx->trace, r, NULL);
	}
	n->state = (uint8_t)state;
	n->updated_ns = sim_now(ctx);
}

/* Somebody waits for an answer, or only the cache does. */
static int set_timer(struct sim_neigh *n, int64_t due_ns)
{
	struct sim_clock *c = &sim_ip_ctx(n->ip)->clock;

	bool awaited = n->state == SIM_NUD_INCOMPLETE && n->waiting.len;

	sim_timer_cancel(c, &n->timer);
	n->timer.housekeeping = !awaited;
	n->timer.kind = awaited ? SIM_TIMER_NEIGH_AWAITED : SIM_TIMER_NEIGH;
	return sim_timer_set(c, &n->timer, due_ns);
}

static void cancel_timer(struct sim_neigh *n)
{
	sim_timer_cancel(&sim_ip_ctx(n->ip)->clock, &n->timer);
}

static void probe(struct sim_neigh *n, const struct params *p)
{
	bool v4 = sim_addr_is_v4(n->addr), unicast = n->probes < p->ucast;
	struct sim_addr src = v4 ? sim_addr_v4(0) : sim_addr_v6_any();

	if (n->probes < UINT8_MAX)
		n->probes++;
	if (!asks(n))
		return;
	/* arp_announce is 0: the source of what waits, if it is ours. */
	if (n->waiting.head && sim_ip_is_local(n->ip, n->waiting.head->src))
		src = n->waiting.head->src;
	if (v4)
		sim_arp_solicit(n, src, unicast);
	else
		sim_nd_solicit(n, src, unicast);
}

/* What waits for whom nobody is: its sender is told, here or where it came from. */
static void report(struct sim_ip *ip, struct sim_packet *p)
{
	bool v4 = sim_packet_is_v4(p);
	uint8_t type = v4 ? SIM_ICMP_UNREACHABLE : SIM_ICMP6_UNREACHABLE;
	uint8_t code = v4 ? SIM_ICMP_UNREACHABLE_HOST : SIM_ICMP6_UNREACHABLE_ADDRESS;

	stop_charging(ip, p);
	if (sim_ip_is_local(ip, p->src))
		sim_icmp_report(ip, p, type, code);
	else
		sim_icmp_send_error(ip, p, type, code, 0);
	sim_ip_drop(ip, p, SIM_DROP_NO_HOST);
}

/* Takes what waits off the entry, so that who is told may send again, which begins anew. */
static void take_waiting(struct sim_neigh *n, struct sim_packet_queue *to)
{
	struct sim_packet *p;

	sim_packet_queue_init(to);
	while ((p = sim_packet_queue_pop(&n->waiting)) != NULL)
		sim_packet_queue_push(to, p);
	n->waiting_bytes = 0;
}

static void fail(struct sim_neigh *n)
{
	struct sim_ip *ip = n->ip;
	struct sim_packet_queue waited;
	struct sim_packet *p;

	cancel_timer(n);
	set_state(n, SIM_NUD_FAILED);
	take_waiting(n, &waited);
	if (!asks(n))
		sim_neigh_free(n);
	while ((p = sim_packet_queue_pop(&waited)) != NULL)
		report(ip, p);
}

/* Whose interface has this hardware address; NULL: nobody's. */
static struct sim_station *station_of(const struct sim_neigh *n)
{
	const uint8_t *lladdr = n->lladdr;

	/* As sim_iface_hwaddr() makes them. */
	if (lladdr[0] != 0x02 || lladdr[1] || lladdr[2])
		return NULL;
	return sim_station_find(n->ip->station->fabric, (uint16_t)(lladdr[3] << 8 | lladdr[4]));
}

void sim_neigh_ask(struct sim_neigh *n, struct sim_packet *p, bool unicast)
{
	struct sim_station *to = unicast ? station_of(n) : NULL;
	struct sim_wire *w = to && to != n->ip->station ? sim_wire_get(n->ip->station, to) : NULL;

	if (!unicast)
		sim_ip_send_to_all(n->ip, p);
	else if (w)
		sim_wire_send(w, p);
	else
		drop(n->ip, p, SIM_DROP_LINK_ADDRESS);
}

/* Puts it into the interface's queue, which holds so many. */
static int transmit(struct sim_ip *ip, unsigned iface, struct sim_station *to, struct sim_packet *p)
{
	uint32_t limit = ip->ifaces[iface - 1].txqueuelen_packets;
	struct sim_wire *w = to && to != ip->station ? sim_wire_get(ip->station, to) : NULL;

	if (!w) {
		drop(ip, p, SIM_DROP_LINK_ADDRESS);
		return 0;
	}
	if (limit && sim_station_num_undeparted(ip->station) >= limit) {
		drop(ip, p, SIM_DROP_QUEUE_FULL);
		return -ENOBUFS;
	}
	return sim_wire_send(w, p);
}

static void send_waiting(struct sim_neigh *n)
{
	struct sim_packet_queue waited;
	struct sim_packet *p;

	take_waiting(n, &waited);
	while ((p = sim_packet_queue_pop(&waited)) != NULL)
		transmit(n->ip, n->iface, station_of(n), p);
}

/* The oldest give way when it gets too much. */
static void wait(struct sim_neigh *n, struct sim_packet *p, const struct params *params)
{
	uint32_t size = sim_ip_truesize(p->payload.len, sim_packet_is_v4(p));

	while (n->waiting.len && n->waiting_bytes + size > (uint32_t)params->queue_bytes) {
		struct sim_packet *oldest = sim_packet_queue_pop(&n->waiting);

		n->waiting_bytes -= sim_ip_truesize(oldest->payload.len, sim_packet_is_v4(oldest));
		drop(n->ip, oldest, SIM_DROP_QUEUE_FULL);
	}
	sim_packet_queue_push(&n->waiting, p);
	n->waiting_bytes += size;
}

/* __neigh_event_send() of an entry of which nothing is known: p waits, and the first question goes. */
static int begin(struct sim_neigh *n, struct sim_packet *p, const struct params *params)
{
	bool asked = n->state == SIM_NUD_INCOMPLETE;
	struct sim_ip *ip = n->ip;

	if (!asked && !params->mcast) {
		set_state(n, SIM_NUD_FAILED);
		drop(ip, p, SIM_DROP_NO_HOST);
		return 0;
	}
	wait(n, p, params);
	if (asked)
		return 0;
	cancel_timer(n);
	n->probes = (uint8_t)params->ucast;
	set_state(n, SIM_NUD_INCOMPLETE);
	if (set_timer(n, sim_now(sim_ip_ctx(ip)) + params->retrans_ns)) {
		sim_neigh_free(n); /* no memory: as if it had been lost */
		return 0;
	}
	probe(n, params);
	return 0;
}

static int through(struct sim_neigh *n, struct sim_packet *p)
{
	struct params params = params_of(n->ip, sim_addr_is_v4(n->addr));
	int64_t now_ns = sim_now(sim_ip_ctx(n->ip));

	if (p->confirm)
		n->confirmed_ns = now_ns;
	p->confirm = false;
	if (n->state != SIM_NUD_REACHABLE && n->state < SIM_NUD_NOARP)
		n->used_ns = now_ns;
	if (!sim_nud_is_valid(n->state))
		return begin(n, p, &params);
	if (n->state == SIM_NUD_STALE) {
		set_state(n, SIM_NUD_DELAY);
		set_timer(n, now_ns + params.delay_ns);
	}
	return transmit(n->ip, n->iface, station_of(n), p);
}

int sim_neigh_output(struct sim_ip *ip, const struct sim_route *r, struct sim_packet *p)
{
	struct sim_neigh *n = sim_neigh_find(ip, r->iface, r->next_hop);
	struct sim_station *owner;

	if (!ip->ifaces[r->iface - 1].arp && !(n && sim_nud_is_valid(n->state))) {
		owner = sim_fabric_owner(ip->station->fabric, r->next_hop);
		if (owner && owner != ip->station)
			return transmit(ip, r->iface, owner, p);
	}
	if (!n)
		n = sim_neigh_get(ip, r->iface, r->next_hop);
	if (n)
		return through(n, p);
	drop(ip, p, SIM_DROP_NO_MEMORY);
	return -ENOBUFS;
}

void sim_neigh_confirm(struct sim_ip *ip, const struct sim_route *r)
{
	struct sim_neigh *n = sim_neigh_find(ip, r->iface, r->next_hop);

	if (n)
		n->confirmed_ns = sim_now(sim_ip_ctx(ip));
}

/* Where an update may lead to: *state and *lladdr, by what is known and by RFC 4861 7.2.5. False: nowhere. */
static bool decide(const struct sim_neigh *n, const uint8_t **lladdr, enum sim_nud_state *state,
		   unsigned flags)
{
	bool valid = sim_nud_is_valid(n->state), differs;

	if (!*lladdr && !valid)
		return false;
	differs = *lladdr && (!valid || memcmp(*lladdr, n->lladdr, SIM_HWADDR_BYTES));
	if (!differs)
		*lladdr = n->lladdr;
	if (!valid)
		return true;
	if (differs && !(flags & (SIM_NEIGH_OVERRIDE | SIM_NEIGH_ADMIN))) {
		if (!(flags & SIM_NEIGH_WEAK_OVERRIDE) || n->state != SIM_NUD_REACHABLE)
			return false;
		*lladdr = n->lladdr;
		*state = SIM_NUD_STALE;
	} else if (!differs && *state == SIM_NUD_STALE && !(flags & SIM_NEIGH_ADMIN)) {
		*state = (enum sim_nud_state)n->state;
	}
	return true;
}

void sim_neigh_update(struct sim_neigh *n, const uint8_t *lladdr, enum sim_nud_state state, unsigned flags)
{
	int64_t now_ns = sim_now(sim_ip_ctx(n->ip));
	bool was_valid = sim_nud_is_valid(n->state);
	bool confirms = state == SIM_NUD_REACHABLE || state >= SIM_NUD_NOARP; /* whatever comes of it */

	if (!(flags & SIM_NEIGH_ADMIN) && n->state >= SIM_NUD_NOARP)
		return;
	if (!decide(n, &lladdr, &state, flags))
		return;
	if (confirms)
		n->confirmed_ns = now_ns;
	if (state != n->state) {
		cancel_timer(n);
		n->probes = 0;
		set_state(n, state);
		if (state == SIM_NUD_REACHABLE)
			set_timer(n,
				  now_ns + sim_neigh_reachable_ns(n->ip, n->iface, sim_addr_is_v4(n->addr)));
		else if (state == SIM_NUD_DELAY || state == SIM_NUD_PROBE)
			set_timer(n, now_ns);
	}
	if (lladdr != n->lladdr) {
		memcpy(n->lladdr, lladdr, SIM_HWADDR_BYTES);
		n->updated_ns = now_ns;
	}
	if (!was_valid)
		send_waiting(n);
}

/* ---- time ---- */

/* REACHABLE has run out, or was confirmed meanwhile. When to look again; 0: not. */
static int64_t reachable_ended(struct sim_neigh *n, const struct params *p, int64_t now_ns)
{
	int64_t until_ns = n->confirmed_ns + sim_neigh_reachable_ns(n->ip, n->iface, sim_addr_is_v4(n->addr));

	if (now_ns < until_ns)
		return until_ns;
	if (now_ns <= n->used_ns + p->delay_ns) {
		set_state(n, SIM_NUD_DELAY);
		return now_ns + p->delay_ns;
	}
	set_state(n, SIM_NUD_STALE);
	return 0;
}

/* Linux's timer is late by what its wheel rounds, so that a confirmation by the packet itself that began the
 * delay never counts: later ones do. */
static int64_t delay_ended(struct sim_neigh *n, const struct params *p, int64_t now_ns)
{
	if (now_ns < n->confirmed_ns + p->delay_ns) {
		set_state(n, SIM_NUD_REACHABLE);
		return n->confirmed_ns + sim_neigh_reachable_ns(n->ip, n->iface, sim_addr_is_v4(n->addr));
	}
	n->probes = 0;
	set_state(n, SIM_NUD_PROBE);
	return now_ns + p->retrans_ns;
}

void sim_neigh_on_timer(struct sim_clock *c, struct sim_timer *t)
{
	struct sim_neigh *n = sim_container_of(t, struct sim_neigh, timer);
	struct params p = params_of(n->ip, sim_addr_is_v4(n->addr));
	int64_t now_ns = c->now_ns, next_ns = now_ns + p.retrans_ns;

	if (n->state == SIM_NUD_REACHABLE)
		next_ns = reachable_ended(n, &p, now_ns);
	else if (n->state == SIM_NUD_DELAY)
		next_ns = delay_ended(n, &p, now_ns);
	if (n->state == SIM_NUD_INCOMPLETE || n->state == SIM_NUD_PROBE) {
		int32_t max = p.ucast + (n->state == SIM_NUD_PROBE ? p.resolicit : p.mcast);

		if (n->probes >= max) {
			fail(n);
			return;
		}
	}
	if (next_ns)
		set_timer(n, next_ns > now_ns ? next_ns : now_ns + RETRANS_MIN_NS);
	if (n->state == SIM_NUD_INCOMPLETE || n->state == SIM_NUD_PROBE)
		probe(n, &p);
}

/* ---- all of them ---- */

void sim_neighbours_changed(struct sim_ip *ip)
{
	struct sim_list *node, *following;

	sim_list_each_safe(node, following, &ip->neighbours) {
		struct sim_neigh *n = sim_container_of(node, struct sim_neigh, node);
		struct sim_station *owner = sim_fabric_owner(ip->station->fabric, n->addr);
		struct sim_packet_queue waited;
		struct sim_packet *p;

		if (asks(n) || sim_nud_is_valid(n->state) || !owner || owner == ip->station)
			continue;
		take_waiting(n, &waited);
		while ((p = sim_packet_queue_pop(&waited)) != NULL)
			transmit(ip, n->iface, owner, p);
		sim_neigh_free(n);
	}
}

void sim_neighbours_flush(struct sim_ip *ip, const struct sim_iface *f, bool with_permanent)
{
	struct sim_list *node, *following;

	sim_list_each_safe(node, following, &ip->neighbours) {
		struct sim_neigh *n = sim_container_of(node, struct sim_neigh, node);

		if ((!f || n->iface == f->index) && (with_permanent || n->state < SIM_NUD_NOARP))
			sim_neigh_free(n);
	}
	ip->generation++;
}
