/* SPDX-License-Identifier: MIT */
/*
 * The least world in which tasks, descriptors, epoll sets and socket options live: no host, no packet. Tasks
 * are carried by threads of which one runs at a time; sockets are of a kind of the tests' own whose readiness
 * the test sets. Every table that the layers above would define is defined in small_world.c.
 */
#ifndef SIMSOCK_TESTS_SUPPORT_SMALL_WORLD_H
#define SIMSOCK_TESTS_SUPPORT_SMALL_WORLD_H

#include "sim/proc/epoll.h"
#include "sim/proc/proc.h"
#include "sim/sock/sock.h"
#include "sim/task/task.h"
#include "sim/trace/ctx.h"

enum { SMALL_WORLD_DEADLOCK = 9999, SMALL_WORLD_NUM_REAL = 16, SMALL_WORLD_MEM_BYTES = 32 << 20 };

struct small_world {
	struct sim_ctx ctx;
	struct sim_sched sched;
	struct sim_net net;
	struct sim_fdtable fds;
	struct sim_proc *proc;
	struct sim_task *task; /* the one that made the world: it runs on the test's own stack */
	void *mem;
	uint64_t num_live_before;
	unsigned num_deadlocks;
	struct sim_task *deadlocked; /* the task that the last one was about */
	int (*on_deadlock)(struct small_world *, struct sim_task *); /* NULL: -SMALL_WORLD_DEADLOCK */
	void (*on_timer)(struct small_world *, struct sim_timer *);  /* a SIM_TIMER_PROBE is due */
	enum sim_signal_action signal_action;
	uint32_t real_ready[SMALL_WORLD_NUM_REAL]; /* of "real" descriptors 0..: EPOLL* bits, or SIM_REAL_BAD
						    */
	unsigned num_real_looks;
};

/* One at a time: sim_real_ready() and kin have no argument that leads to it. */
void small_world_init(struct small_world *w, uint64_t seed);
/* Asserts that no socket, descriptor or task is left, and that everything was freed. */
void small_world_fini(struct small_world *w);

/* A task that begins with fn(arg) when its turn comes. It must not assert: the test's stack is elsewhere. */
struct sim_task *small_world_spawn(struct small_world *w, const char *name, void (*fn)(void *), void *arg);
/* The test lets others run and timers fire until no other task is left ready and nothing is due. */
void small_world_run(struct small_world *w);

struct fake_sock {
	struct sim_sock sk;
	uint32_t ready; /* EPOLL* bits that poll answers */
	bool listening;
	unsigned num_polls;
};

extern unsigned fake_sock_num_released, fake_sock_num_destroyed;

/* One reference, the caller's; NULL: no memory. */
struct fake_sock *fake_sock_new(struct small_world *w, int domain, int type, int protocol);
/* Sets the bits and tells who waits. */
void fake_sock_ready(struct fake_sock *s, uint32_t events);
/* A descriptor on a new fake socket, at least `min`: the number or -errno. */
int fake_sock_open(struct small_world *w, int min, struct fake_sock **s);
void small_world_close(struct small_world *w, int fd); /* asserts that it is open */

#endif
