/* SPDX-License-Identifier: MIT */
/*
 * Tasks and their scheduler. A task is a thread of control of a simulated process; exactly one runs at any
 * moment. Blocking is one primitive: wait until woken, interrupted, or a deadline. When the task that blocks
 * is the only one, the world's events run until it wakes; when nothing can ever wake anybody, that is a
 * dead-lock and reported.
 *
 * Owns the order in which tasks run. What carries a task (a fiber, a thread) is supplied through a table of
 * functions: no thread and no stack is known here.
 */
#ifndef SIM_TASK_TASK_H
#define SIM_TASK_TASK_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/list.h"
#include "sim/base/random.h"
#include "sim/clock/clock.h"
#include "sim/task/wait.h"
#include "sim/task/why.h"

struct sim_ctx;
struct sim_proc;
struct sim_sched;
struct sim_task;

/* Linux's own number inside the kernel: the call may be restarted after the handler, or be EINTR. */
#define SIM_ERESTART 512

enum sim_task_state { SIM_TASK_RUNNING, SIM_TASK_READY, SIM_TASK_BLOCKED, SIM_TASK_DEAD };

/* What a blocked task waits for: for the dead-lock report. */
struct sim_blocked_on {
	uint16_t call;    /* enum sim_call_id */
	uint32_t sock_id; /* 0: not a single socket */
	int fd;
	uint32_t events;
	int64_t since_ns, deadline_ns;
};

struct sim_task {
	struct sim_list node; /* in the ready queue, when ready */
	struct sim_list all;  /* of the scheduler */
	struct sim_sched *sched;
	struct sim_proc *proc; /* whose task it is */
	uint32_t id;
	uint8_t state;    /* enum sim_task_state */
	bool interrupted; /* a signal is to be handled: blocking calls return -SIM_ERESTART */
	bool in_call;     /* a call of it has entered the gate and not left it */
	bool timed_out;
	bool daemon;            /* a built-in peer: its waiting for ever is no dead-lock and not reported */
	struct sim_timer timer; /* of the present wait */
	struct sim_blocked_on on;
	struct sim_reason why; /* of the last failed or short call */
	uint64_t num_calls;
	const void *to; /* the address that the call about to enter the gate names, the program's memory; or
			   NULL */
	uint32_t to_len;
	unsigned msg_flags;    /* MSG_* of the call that is entering the gate, or in it */
	int64_t spin_since_ns; /* the instant at which it last made progress, or time moved */
	uint32_t num_spins;    /* calls without progress since */
	void *carrier;         /* the embedder's: fiber or thread */
	void *real;            /* the embedder's: real descriptors that it waits for, NULL: none */
	char name[24];
};

/* How tasks are carried. All are called with the scheduler consistent. */
struct sim_carrier_ops {
	void (*switch_to)(struct sim_task *from, struct sim_task *to); /* returns when `from` runs again */
	void (*free)(struct sim_task *t); /* the carrier of a dead task that is not running */
};

enum sim_sched_policy { SIM_SCHED_FIFO, SIM_SCHED_SEEDED };

struct sim_sched {
	struct sim_ctx *ctx;
	struct sim_list ready, all;
	struct sim_task *current;
	struct sim_task *zombie; /* ended, its carrier not yet freed: by whoever runs next */
	const struct sim_carrier_ops *carriers;
	enum sim_sched_policy policy;
	struct sim_rng rng;
	/* Makes something happen: runs due packets, or takes the next timer. False: nothing is left that
	 * could. */
	bool (*idle)(struct sim_sched *s);
	/* Nothing can wake anybody. What it returns is what the blocked call of `t` returns. */
	int (*deadlock)(struct sim_sched *s, struct sim_task *t);
};

void sim_sched_init(struct sim_sched *s, struct sim_ctx *ctx);

/* A task in the ready queue (or running, for the one that makes the world). NULL: no memory. */
struct sim_task *sim_task_new(struct sim_sched *s, struct sim_proc *proc, const char *name, bool running);
void sim_task_free(struct sim_task *t); /* must not be the current one */

/*
 * Blocks the current task until sim_task_wake(), sim_task_interrupt() or the deadline (SIM_NEVER_NS: none).
 * 0: woken; -ETIMEDOUT; -SIM_ERESTART: interrupted. The caller has put the task on wait queues before and
 * takes it off after, and checks what it waited for in a loop.
 */
int sim_task_block(struct sim_task *t, int64_t deadline_ns);

void sim_task_wake(struct sim_task *t);      /* of a task that does not block: nothing happens */
void sim_task_interrupt(struct sim_task *t); /* sets interrupted, and wakes */
void sim_task_yield(struct sim_task *t);     /* to the end of the ready queue, if another task is ready */
_Noreturn void sim_task_exit(struct sim_task *t); /* the current task ends */
void sim_task_entered(struct sim_task *t);        /* the first thing a new carrier calls when it runs */

/* Table entries: see sim_wait_fns and sim_timer_fns. */
void sim_task_on_wake(struct sim_wait *w, uint32_t events);
void sim_task_on_timer(struct sim_clock *c, struct sim_timer *t);

#endif
