/* SPDX-License-Identifier: MIT */
/* The world and its run loop: see world.h. */
#include "sim/world/world.h"

#include <errno.h>
#include <string.h>

#include "sim/base/assert.h"
#include "sim/tcp/tcp.h"

enum { DEFAULT_TRACE_RECORDS = 1024, DEFAULT_SPIN_LIMIT = 1000, FIRST_PID = 1000 };

/*
 * Protocols that only talk among themselves, such as probes of a window that nobody opens, could go on for
 * ever. When that is all that has happened for so long, and nobody waits for a time, nothing else will ever
 * happen.
 */
enum { QUIET_MAX_EVENTS = 1000, QUIET_LOOK_EVENTS = 8 };
#define QUIET_MAX_NS (24 * 3600 * SIM_NS_PER_S)
#define AWAITED_KINDS \
	(1u << SIM_TIMER_TASK | 1u << SIM_TIMER_ALARM | 1u << SIM_TIMER_TIMERFD | 1u << SIM_TIMER_AT)
/* All but retransmissions and probes, and what is housekeeping: these bring something new. */
#define MOVING_KINDS                                                                              \
	(AWAITED_KINDS | 1u << SIM_TIMER_ALARM_HELD | 1u << SIM_TIMER_WIRE | 1u << SIM_TIMER_IP | \
	 1u << SIM_TIMER_TCP_DELACK | 1u << SIM_TIMER_NEIGH_AWAITED)

static struct sim_world *world_of_sched(struct sim_sched *s)
{
	return sim_container_of(s, struct sim_world, sched);
}

/* All that is left are probes of windows that stayed closed since nobody has made progress. */
static bool is_stuck(struct sim_world *w)
{
	struct sim_list *h, *s;

	if (sim_clock_is_any_set(&w->ctx.clock, MOVING_KINDS))
		return false;
	sim_list_each(h, &w->hosts) {
		struct sim_net *net = &sim_container_of(h, struct sim_host, node)->net;

		sim_list_each(s, &net->sockets)
			if (!sim_tcp_sock_is_stuck(sim_container_of(s, struct sim_sock, node),
						   w->quiet_since_ns))
				return false;
	}
	return true;
}

static bool is_quiet_for_ever(struct sim_world *w)
{
	if (w->num_quiet <= QUIET_MAX_EVENTS && !w->num_quiet++)
		w->quiet_since_ns = sim_now(&w->ctx);
	if (w->num_quiet % QUIET_LOOK_EVENTS == 0 && is_stuck(w))
		return true;
	if (w->num_quiet <= QUIET_MAX_EVENTS || sim_now(&w->ctx) - w->quiet_since_ns <= QUIET_MAX_NS)
		return false;
	if (!sim_clock_is_any_set(&w->ctx.clock, AWAITED_KINDS))
		return true; /* and it stays so, until a call makes progress */
	w->num_quiet = 0;
	return false;
}

/* Something happens, or nothing is left: only housekeeping does not keep a world alive. */
static bool idle(struct sim_sched *s)
{
	struct sim_world *w = world_of_sched(s);

	if (w->fabric.due.head) {
		sim_fabric_drain(&w->fabric);
		return true;
	}
	if (!w->ctx.clock.num_foreground || is_quiet_for_ever(w))
		return false;
	if (w->on_jump && !w->on_jump(w, sim_clock_next_due(&w->ctx.clock)))
		return true;
	return sim_clock_step(&w->ctx.clock, SIM_NEVER_NS);
}

static int deadlock(struct sim_sched *s, struct sim_task *t)
{
	struct sim_world *w = world_of_sched(s);

	if (w->on_deadlock)
		return w->on_deadlock(w, t);
	SIM_UNREACHABLE("dead-lock: no task can ever run again");
}

struct sim_world *sim_world_init(void *mem, size_t size_bytes, const struct sim_world_config *config)
{
	struct sim_arena *a = sim_arena_init(mem, size_bytes);
	struct sim_world *w = a ? sim_arena_alloc(a, sizeof *w) : NULL;
	uint32_t num = config->num_trace_records ? config->num_trace_records : DEFAULT_TRACE_RECORDS;

	if (!w)
		return NULL;
	w->ctx.arena = a;
	w->ctx.seed = config->seed;
	w->ctx.next_packet_id = 1;
	if (sim_clock_init(&w->ctx.clock, a) || sim_trace_init(&w->ctx.trace, a, &w->ctx.clock, num) ||
	    sim_fdtable_init(&w->fds, &w->ctx, config->fd_ops) ||
	    sim_fdtable_init(&w->peer_fds, &w->ctx, NULL))
		return NULL;
	sim_fabric_init(&w->fabric, &w->ctx);
	w->fabric.wire_bytes = config->wire_bytes;
	sim_sched_init(&w->sched, &w->ctx);
	w->sched.idle = idle;
	w->sched.deadlock = deadlock;
	sim_fault_rules_init(&w->rules, a, config->seed);
	sim_list_init(&w->hosts);
	sim_list_init(&w->procs);
	w->spin_limit = DEFAULT_SPIN_LIMIT;
	w->record = config->record;
	return w;
}

struct sim_host *sim_world_find_host(struct sim_world *w, const char *name)
{
	struct sim_list *node;

	sim_list_each(node, &w->hosts) {
		struct sim_host *h = sim_container_of(node, struct sim_host, node);

		if (strcmp(h->net.name, name) == 0)
			return h;
	}
	return NULL;
}

int sim_world_add_host(struct sim_world *w, const char *name, struct sim_host **host)
{
	struct sim_host *h;

	if (strlen(name) >= sizeof h->net.name)
		return -ENAMETOOLONG;
	if (sim_world_find_host(w, name))
		return -EEXIST;
	h = sim_host_new(&w->ctx, &w->fabric, (uint16_t)(w->num_hosts + 1), name);
	if (!h)
		return -ENOMEM;
	w->num_hosts++;
	h->net.record = w->record;
	sim_list_append(&w->hosts, &h->node);
	if (!w->first_host)
		w->first_host = h;
	*host = h;
	return 0;
}

int sim_world_add_addr(struct sim_world *w, struct sim_host *h, struct sim_addr a, unsigned prefix_len)
{
	struct sim_iface *eth0 = NULL;

	if (sim_world_host_of(w, a))
		return -EEXIST;
	for (uint32_t i = 0; i < h->ip.num_ifaces; i++)
		if (!h->ip.ifaces[i].loopback)
			eth0 = &h->ip.ifaces[i];
	if (!eth0)
		eth0 = sim_ip_add_iface(&h->ip, "eth0", w->fabric.default_netem.mtu_bytes);
	return eth0 ? sim_ip_add_addr(&h->ip, eth0, a, prefix_len) : -ENOSPC;
}

struct sim_host *sim_world_host_of(struct sim_world *w, struct sim_addr a)
{
	struct sim_list *node;

	if (sim_addr_is_loopback(a))
		return NULL;
	sim_list_each(node, &w->hosts) {
		struct sim_host *h = sim_container_of(node, struct sim_host, node);

		if (sim_ip_is_local(&h->ip, a))
			return h;
	}
	return NULL;
}

struct sim_sock *sim_world_find_sock(struct sim_world *w, uint32_t id)
{
	struct sim_list *node, *s;

	sim_list_each(node, &w->hosts) {
		struct sim_host *h = sim_container_of(node, struct sim_host, node);

		sim_list_each(s, &h->net.sockets) {
			struct sim_sock *sk = sim_container_of(s, struct sim_sock, node);

			if (sk->id == id)
				return sk;
		}
	}
	return NULL;
}

struct sim_proc *sim_world_add_proc(struct sim_world *w, struct sim_host *h, const char *name, bool builtin)
{
	struct sim_proc *p = sim_proc_new(&w->ctx, h, &h->net, builtin ? &w->peer_fds : &w->fds, name);

	if (!p)
		return NULL;
	p->builtin = builtin;
	p->id = ++w->next_proc_id;
	p->pid = FIRST_PID + p->id;
	sim_list_append(&w->procs, &p->node);
	return p;
}

void sim_world_settle(struct sim_world *w)
{
	struct sim_clock *c = &w->ctx.clock;

	do
		sim_fabric_drain(&w->fabric);
	while (sim_clock_no_sooner_than(c) <= c->now_ns && sim_clock_step(c, c->now_ns));
}

void sim_world_run(struct sim_world *w)
{
	struct sim_task *t = w->sched.current;

	w->num_quiet = 0; /* whoever calls may have changed what was for ever */
	for (;;) {
		sim_world_settle(w);
		if (!sim_list_empty(&w->sched.ready))
			sim_task_yield(t);
		else if (!idle(&w->sched))
			return;
	}
}
