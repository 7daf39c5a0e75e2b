/* SPDX-License-Identifier: MIT */
/*
 * Wait queues: who wants to hear of a change. A blocked task waits, and so does an epoll item. Waking only
 * tells; who is woken looks for himself. Owns nothing: waits are embedded in their owners, who take them off
 * again.
 */
#ifndef SIM_TASK_WAIT_H
#define SIM_TASK_WAIT_H

#include <stdint.h>

#include "sim/base/list.h"

enum sim_wait_kind {
	SIM_WAIT_TASK,  /* owner: struct sim_task */
	SIM_WAIT_EPOLL, /* owner: an epoll item */
	SIM_WAIT_NUM_KINDS
};

struct sim_wait {
	struct sim_list node;
	void *owner;
	uint32_t events; /* EPOLL* bits it wants to hear of; 0: all */
	uint8_t kind;
};

struct sim_waitq {
	struct sim_list waits;
};

typedef void sim_wait_fn(struct sim_wait *w, uint32_t events);
extern sim_wait_fn *const sim_wait_fns[SIM_WAIT_NUM_KINDS]; /* defined where all layers meet (world/) */

static inline void sim_waitq_init(struct sim_waitq *q)
{
	sim_list_init(&q->waits);
}

static inline void sim_waitq_add(struct sim_waitq *q, struct sim_wait *w, enum sim_wait_kind kind,
				 void *owner, uint32_t events)
{
	w->owner = owner;
	w->events = events;
	w->kind = (uint8_t)kind;
	sim_list_append(&q->waits, &w->node);
}

/* It hears before those that are there. */
static inline void sim_waitq_add_first(struct sim_waitq *q, struct sim_wait *w, enum sim_wait_kind kind,
				       void *owner, uint32_t events)
{
	sim_waitq_add(q, w, kind, owner, events);
	sim_list_remove(&w->node);
	sim_list_insert(&w->node, q->waits.next);
}

static inline void sim_waitq_remove(struct sim_wait *w)
{
	sim_list_remove(&w->node);
}

void sim_waitq_tell(struct sim_waitq *q, uint32_t events);

/* Tells those that want one of these events (EPOLLERR and EPOLLHUP: all). */
static inline void sim_waitq_wake(struct sim_waitq *q, uint32_t events)
{
	if (__builtin_expect(!sim_list_empty(&q->waits), 0))
		sim_waitq_tell(q, events);
}

#endif
