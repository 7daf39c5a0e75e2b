/* SPDX-License-Identifier: MIT */
/*
 * A world: hosts, the fabric between them, processes and tasks, rules, the seed, and the run loop. A world is
 * a value and several can live; everything of it lies in one arena, which whoever made it supplies and drops.
 */
#ifndef SIM_WORLD_WORLD_H
#define SIM_WORLD_WORLD_H

#include "sim/fault/rule.h"
#include "sim/host/host.h"
#include "sim/proc/proc.h"

struct sim_world {
	struct sim_ctx ctx;
	struct sim_fabric fabric;
	struct sim_sched sched;
	struct sim_fdtable fds;      /* of the program and of what it spawned: they share an address space */
	struct sim_fdtable peer_fds; /* of built-in peers: numbers of their own, which no program sees */
	struct sim_fault_rules rules;
	struct sim_list hosts;
	struct sim_list procs;
	uint16_t num_hosts;
	uint32_t next_proc_id;
	struct sim_host *first_host; /* where the program under test runs */
	struct sim_proc *program;
	struct sim_task *main_task;
	bool record; /* new hosts' sockets keep what they send and deliver */
	uint64_t num_calls;
	int64_t call_cost_ns; /* charged to every call, 0 */
	uint32_t num_quiet;   /* events since a call last made progress */
	int64_t quiet_since_ns;
	uint32_t spin_limit; /* calls at one instant without progress */
	/* Supplied by the embedder: says what hangs, decides how it ends. What it returns the blocked call
	 * returns. */
	int (*on_deadlock)(struct sim_world *w, struct sim_task *t);
	int (*on_spin)(struct sim_world *w, struct sim_task *t);
	void (*on_socket)(struct sim_world *w, struct sim_sock *sk); /* NULL or: a call has made or connected
									it */
	/* NULL, or: time is about to jump to due_ns. False: something real has happened instead. */
	bool (*on_jump)(struct sim_world *w, int64_t due_ns);
	void (*on_at)(struct sim_world *w, struct sim_timer *timer); /* a SIM_TIMER_AT is due */
	void *embedder; /* the embedder's own; nothing here looks */
};

struct sim_world_config {
	uint64_t seed;
	const struct sim_fd_ops *fd_ops; /* NULL: own descriptor numbers */
	uint32_t num_trace_records;      /* a power of two; 0: 1024 */
	bool wire_bytes;
	bool record; /* sockets keep what they send and deliver */
};

/* In an arena of its own, laid over zeroed memory. NULL: it is too small. With no host yet. */
struct sim_world *sim_world_init(void *mem, size_t size_bytes, const struct sim_world_config *config);

struct sim_host *sim_world_find_host(struct sim_world *w, const char *name); /* NULL: none */
/* 0; -EEXIST: the name, or the address, is taken; -ENAMETOOLONG; -ENOSPC: it has as many as it can; -ENOMEM.
 */
int sim_world_add_host(struct sim_world *w, const char *name, struct sim_host **host);
int sim_world_add_addr(struct sim_world *w, struct sim_host *h, struct sim_addr a, unsigned prefix_len);
struct sim_host *sim_world_host_of(struct sim_world *w, struct sim_addr a); /* who has it, not loopback; NULL
									     */

struct sim_proc *sim_world_add_proc(struct sim_world *w, struct sim_host *h, const char *name,
				    bool builtin); /* NULL: no
					memory */

struct sim_sock *sim_world_find_sock(struct sim_world *w, uint32_t id);

/* Runs what is due at this instant: packets, then timers, until nothing is. At the gate's exit. */
void sim_world_settle(struct sim_world *w);

static inline bool sim_world_is_settled(struct sim_world *w)
{
	return !w->fabric.due.head && sim_clock_no_sooner_than(&w->ctx.clock) > w->ctx.clock.now_ns;
}

/* The current task of w lets others run and events happen until nothing foreground is left; then returns. */
void sim_world_run(struct sim_world *w);

static inline struct sim_world *sim_world_of(struct sim_task *t)
{
	return sim_container_of(t->sched, struct sim_world, sched);
}

#endif
