/* SPDX-License-Identifier: MIT */
/*
 * Fibers: what carries a task made by sim_spawn(). Each has a stack of its own with a page below it that may
 * not be touched; handing over saves what the ABI asks a callee to save, and errno. AddressSanitizer,
 * ThreadSanitizer and valgrind are told of stacks and switches. The task that made the world runs on the
 * stack it came on.
 *
 * A fiber never moves to another OS thread. Handing over sets sim_current. Whoever drops a world calls
 * sim_fiber_ops.free() for each task that has a carrier.
 */
#ifndef API_CARRIER_FIBER_H
#define API_CARRIER_FIBER_H

#include "sim/task/task.h"

enum { SIM_FIBER_STACK_BYTES = 256 * 1024 };

extern const struct sim_carrier_ops sim_fiber_ops;

/* The ready task `t` shall begin with fn(arg) when its turn comes; when fn returns the task ends. 0 or
 * -ENOMEM. */
int sim_fiber_start(struct sim_task *t, void (*fn)(void *), void *arg);

/* Called on the task's own stack after fn has returned and before the task ends; NULL: nothing. */
extern void (*sim_fiber_ended_hook)(struct sim_task *t);

/* Stacks of fibers that ended are kept for the next ones; this gives them back to the system. */
void sim_fiber_trim(void);

/* Is `addr` in the page below the fiber's stack? For a message when a stack overflows. */
bool sim_fiber_is_guard(const struct sim_task *t, const void *addr);

#endif
