/* SPDX-License-Identifier: MIT */
/*
 * Virtual time and timers. Time is nanoseconds since the world began; it moves only when the run loop takes
 * the next timer. Timers fire in the order (due time, the order in which they were set).
 *
 * Two kinds: exact ones (poll, nanosleep, links), and ones that round up to a tick as Linux's timer wheel
 * does (TCP's, SO_RCVTIMEO). And two classes: foreground timers keep the world alive, housekeeping ones
 * (keepalive, TIME_WAIT, neighbour probes) do not.
 *
 * Owns the heap of timers. A timer is embedded in what it belongs to; what it does is code by index: the
 * table sim_timer_fns[] is defined where all layers meet (world/).
 */
#ifndef SIM_CLOCK_CLOCK_H
#define SIM_CLOCK_CLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_NS_PER_US INT64_C(1000)
#define SIM_NS_PER_MS INT64_C(1000000)
#define SIM_NS_PER_S  INT64_C(1000000000)
#define SIM_NEVER_NS  INT64_MAX
/* CLOCK_REALTIME when the world begins: 2030-01-01T00:00:00Z; a host's clock may be off by something. */
#define SIM_CLOCK_EPOCH_NS (INT64_C(1893456000) * SIM_NS_PER_S)
#define SIM_HZ             1000
#define SIM_TICK_NS        (SIM_NS_PER_S / SIM_HZ)

enum sim_timer_kind {
	SIM_TIMER_NONE,
	SIM_TIMER_TASK,           /* a wait's deadline */
	SIM_TIMER_WIRE,           /* the head of a wire's queue arrives */
	SIM_TIMER_IP,             /* fragments that never became whole */
	SIM_TIMER_NEIGH,          /* a neighbour's state changes, and only the cache cares */
	SIM_TIMER_NEIGH_AWAITED,  /* ... while a packet waits for it */
	SIM_TIMER_TCP_RETRANSMIT, /* RTO, or zero-window probe */
	SIM_TIMER_TCP_DELACK,
	SIM_TIMER_TCP_LIFETIME, /* keepalive, FIN_WAIT_2, TIME_WAIT */
	SIM_TIMER_ALARM,        /* alarm(2), setitimer(2), timer_create(2) */
	SIM_TIMER_ALARM_HELD,   /* the same, while its signal is held back */
	SIM_TIMER_TIMERFD,      /* timerfd_create(2) */
	SIM_TIMER_AT,           /* sim_at() */
	SIM_TIMER_PROBE,        /* unit tests' own */
	SIM_TIMER_NUM_KINDS
};

struct sim_clock;

struct sim_timer {
	int64_t due_ns;    /* SIM_NEVER_NS: idle */
	uint64_t seq;      /* when it was set: breaks ties */
	uint32_t heap_pos; /* 0: not in the heap, else position + 1 */
	uint8_t kind;      /* enum sim_timer_kind */
	bool housekeeping;
};

typedef void sim_timer_fn(struct sim_clock *clock, struct sim_timer *timer);
extern sim_timer_fn *const sim_timer_fns[SIM_TIMER_NUM_KINDS];

struct sim_arena;

/* One place of the heap. */
struct sim_clock_entry {
	int64_t key_ns; /* at or before the timer's due time */
	uint64_t seq;
	struct sim_timer *timer;
};

struct sim_clock {
	int64_t now_ns;
	uint64_t next_seq;
	uint32_t num_foreground; /* timers that are set, by class */
	uint32_t num_housekeeping;
	struct sim_clock_entry *heap;
	uint32_t heap_len, heap_cap;
	struct sim_arena *arena;
};

int sim_clock_init(struct sim_clock *c, struct sim_arena *a); /* 0 or -ENOMEM */
void sim_clock_fini(struct sim_clock *c);

void sim_timer_init(struct sim_timer *t, enum sim_timer_kind kind, bool housekeeping);

/*
 * Sets (or sets anew) the timer to fire at due_ns; a time in the past means now. Never fails once the timer
 * has been in the heap; the first time it may be -ENOMEM.
 */
int sim_timer_set(struct sim_clock *c, struct sim_timer *t, int64_t due_ns);

/* The same, span_ns from now, rounded up to the tick and the granularity of Linux's timer wheel. */
int sim_timer_set_ticks(struct sim_clock *c, struct sim_timer *t, int64_t span_ns);

/* Idle again; cheap: the heap forgets it later. */
void sim_timer_cancel(struct sim_clock *c, struct sim_timer *t);

/* Idle and out of the heap: before the memory it stands in is given away. */
void sim_timer_fini(struct sim_clock *c, struct sim_timer *t);

static inline bool sim_timer_is_set(const struct sim_timer *t)
{
	return t->due_ns != SIM_NEVER_NS;
}

/* When the wheel would fire a timer set at now_ns for span_ns: exposed for tests and for explaining. */
int64_t sim_clock_round_ticks(int64_t now_ns, int64_t span_ns);

/* The earliest due time (SIM_NEVER_NS if none), and that of foreground timers only is not kept: see
 * num_foreground. */
int64_t sim_clock_next_due(struct sim_clock *c);

/* No timer is due before this; cheap, and may be too early: a timer set later or cancelled leaves its place
 * as it was. */
static inline int64_t sim_clock_no_sooner_than(const struct sim_clock *c)
{
	return c->heap_len ? c->heap[0].key_ns : SIM_NEVER_NS;
}

/* Is any timer of these kinds (bits, 1 << kind) set? Looks at all of them. */
bool sim_clock_is_any_set(const struct sim_clock *c, uint32_t kinds);

/* Time passes without anything happening, up to until_ns, but never past a timer that is set. */
void sim_clock_pass(struct sim_clock *c, int64_t until_ns);

/* Fires the earliest timer, if it is due at or before limit_ns, moving time to it. False: none was. */
bool sim_clock_step(struct sim_clock *c, int64_t limit_ns);

#endif
