/* SPDX-License-Identifier: MIT */
/*
 * What poll(2) and select(2) have in common: a set of descriptors, simulated and real, looked at once and
 * then waited for. The set lives for one call.
 */
#ifndef API_CALLS_READY_H
#define API_CALLS_READY_H

#include "api/calls/gate.h"

struct sim_ready_item {
	int fd;                /* negative: ignored */
	uint32_t want;         /* EPOLL* bits, with those that are always told */
	uint32_t got;          /* SIM_READY_BAD: no such descriptor */
	struct sim_file *file; /* while the call waits: with a reference */
	struct sim_wait wait;
};

enum { SIM_READY_FAST = 8 };

/* As POLLNVAL; epoll itself never tells it. */
#define SIM_READY_BAD 0x020u

struct sim_ready_set {
	struct sim_ready_item *items;
	uint32_t num, cap;
	struct sim_ready_item fast[SIM_READY_FAST];
};

/* Room for cap items, none in it yet. 0 or -ENOMEM with its reason. */
long sim_ready_init(struct sim_gate *g, struct sim_ready_set *s, uint32_t cap);
void sim_ready_fini(struct sim_gate *g, struct sim_ready_set *s);

static inline struct sim_ready_item *sim_ready_add(struct sim_ready_set *s, int fd, uint32_t want)
{
	struct sim_ready_item *i = &s->items[s->num++];

	i->fd = fd;
	i->want = want;
	i->got = 0;
	i->file = NULL;
	return i;
}

/*
 * How many items have something to tell, at once or by the deadline (0 then); -EINTR, or what a dead-lock
 * answers.
 */
long sim_ready_wait(struct sim_gate *g, struct sim_ready_set *s, int64_t deadline_ns);

#endif
