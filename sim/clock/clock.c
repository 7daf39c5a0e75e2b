/* SPDX-License-Identifier: MIT */
/*
 * Timers in a 4-ary array heap, ordered by (due, seq). Setting a timer later than its place in the heap, and
 * cancelling it, only change the timer: its entry finds out when it comes to the top. That makes the two
 * things a TCP does with its timers for every segment cost nothing.
 */
#include "sim/clock/clock.h"

#include <errno.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"

enum { FIRST_HEAP_CAP = 32, ARITY = 4 };

static bool before(const struct sim_clock_entry *a, const struct sim_clock_entry *b)
{
	return a->key_ns != b->key_ns ? a->key_ns < b->key_ns : a->seq < b->seq;
}

static void put(struct sim_clock *c, uint32_t i, struct sim_clock_entry e)
{
	c->heap[i] = e;
	e.timer->heap_pos = i + 1;
}

static void sift_up(struct sim_clock *c, uint32_t i, struct sim_clock_entry e)
{
	while (i > 0) {
		uint32_t up = (i - 1) / ARITY;

		if (!before(&e, &c->heap[up]))
			break;
		put(c, i, c->heap[up]);
		i = up;
	}
	put(c, i, e);
}

static void sift_down(struct sim_clock *c, uint32_t i, struct sim_clock_entry e)
{
	for (;;) {
		uint32_t first = i * ARITY + 1, best = first, end = first + ARITY;

		if (first >= c->heap_len)
			break;
		if (end > c->heap_len)
			end = c->heap_len;
		for (uint32_t k = first + 1; k < end; k++)
			if (before(&c->heap[k], &c->heap[best]))
				best = k;
		if (!before(&c->heap[best], &e))
			break;
		put(c, i, c->heap[best]);
		i = best;
	}
	put(c, i, e);
}

static void remove_at(struct sim_clock *c, uint32_t i)
{
	struct sim_clock_entry last = c->heap[--c->heap_len];

	c->heap[i].timer->heap_pos = 0;
	if (i == c->heap_len)
		return;
	if (i > 0 && before(&last, &c->heap[(i - 1) / ARITY]))
		sift_up(c, i, last);
	else
		sift_down(c, i, last);
}

int sim_clock_init(struct sim_clock *c, struct sim_arena *a)
{
	*c = (struct sim_clock){ .arena = a, .heap_cap = FIRST_HEAP_CAP, .next_seq = 1 };
	c->heap = sim_arena_alloc(a, FIRST_HEAP_CAP * sizeof *c->heap);
	return c->heap ? 0 : -ENOMEM;
}

void sim_clock_fini(struct sim_clock *c)
{
	sim_arena_free(c->arena, c->heap, c->heap_cap * sizeof *c->heap);
	c->heap = NULL;
	c->heap_len = c->heap_cap = 0;
}

void sim_timer_init(struct sim_timer *t, enum sim_timer_kind kind, bool housekeeping)
{
	*t = (struct sim_timer){ .due_ns = SIM_NEVER_NS,
				 .kind = (uint8_t)kind,
				 .housekeeping = housekeeping };
}

static void count(struct sim_clock *c, const struct sim_timer *t, uint32_t delta)
{
	if (t->housekeeping)
		c->num_housekeeping += delta;
	else
		c->num_foreground += delta;
}

static int insert(struct sim_clock *c, struct sim_timer *t)
{
	if (c->heap_len == c->heap_cap) {
		size_t old = c->heap_cap * sizeof *c->heap;
		struct sim_clock_entry *bigger = sim_arena_resize(c->arena, c->heap, old, old * 2);

		if (!bigger)
			return -ENOMEM;
		c->heap = bigger;
		c->heap_cap *= 2;
	}
	sift_up(c, c->heap_len++, (struct sim_clock_entry){ t->due_ns, t->seq, t });
	return 0;
}

int sim_timer_set(struct sim_clock *c, struct sim_timer *t, int64_t due_ns)
{
	bool was_set = sim_timer_is_set(t);

	SIM_ASSERT(t->kind != SIM_TIMER_NONE);
	if (due_ns < c->now_ns)
		due_ns = c->now_ns;
	if (due_ns == SIM_NEVER_NS) {
		sim_timer_cancel(c, t);
		return 0;
	}
	t->due_ns = due_ns;
	t->seq = c->next_seq++;
	if (!t->heap_pos) {
		if (insert(c, t)) {
			t->due_ns = SIM_NEVER_NS;
			return -ENOMEM;
		}
	} else if (c->heap[t->heap_pos - 1].key_ns > due_ns) {
		sift_up(c, t->heap_pos - 1, (struct sim_clock_entry){ due_ns, t->seq, t });
	}
	if (!was_set)
		count(c, t, 1);
	return 0;
}

/*
 * Linux's timer wheel (kernel/time/timer.c): level n has 64 buckets of 8^n ticks each; a timer is put into
 * the bucket that ends at or after its expiry, so it never fires early and at most one granule late.
 */
int64_t sim_clock_round_ticks(int64_t now_ns, int64_t span_ns)
{
	/* Neither is negative: unsigned divisions are shorter. */
	uint64_t now_up = ((uint64_t)now_ns + SIM_TICK_NS - 1) / SIM_TICK_NS;
	int64_t delta = (int64_t)(((uint64_t)span_ns + SIM_TICK_NS - 1) / SIM_TICK_NS);
	int64_t expires = (int64_t)now_up + delta;
	unsigned shift = 0;

	/* Level n starts at 63 * 8^(n-1) ticks from now. */
	for (int64_t start = 63; delta >= start && shift < 24; start *= 8)
		shift += 3;
	expires = ((expires + ((INT64_C(1) << shift) - 1)) >> shift) << shift;
	return expires * SIM_TICK_NS;
}

int sim_timer_set_ticks(struct sim_clock *c, struct sim_timer *t, int64_t span_ns)
{
	return sim_timer_set(c, t, sim_clock_round_ticks(c->now_ns, span_ns));
}

void sim_timer_cancel(struct sim_clock *c, struct sim_timer *t)
{
	if (!sim_timer_is_set(t))
		return;
	t->due_ns = SIM_NEVER_NS;
	count(c, t, (uint32_t)-1);
}

void sim_timer_fini(struct sim_clock *c, struct sim_timer *t)
{
	sim_timer_cancel(c, t);
	if (t->heap_pos)
		remove_at(c, t->heap_pos - 1);
}

/* Brings a timer to the top whose entry tells its true due time. */
static struct sim_timer *settle_top(struct sim_clock *c)
{
	while (c->heap_len) {
		struct sim_timer *t = c->heap[0].timer;

		if (t->due_ns == c->heap[0].key_ns && t->seq == c->heap[0].seq)
			return t;
		if (sim_timer_is_set(t))
			sift_down(c, 0, (struct sim_clock_entry){ t->due_ns, t->seq, t });
		else
			remove_at(c, 0);
	}
	return NULL;
}

int64_t sim_clock_next_due(struct sim_clock *c)
{
	struct sim_timer *t = settle_top(c);

	return t ? t->due_ns : SIM_NEVER_NS;
}

bool sim_clock_is_any_set(const struct sim_clock *c, uint32_t kinds)
{
	for (uint32_t i = 0; i < c->heap_len; i++) {
		const struct sim_timer *t = c->heap[i].timer;

		if (sim_timer_is_set(t) && (kinds >> t->kind & 1))
			return true;
	}
	return false;
}

void sim_clock_pass(struct sim_clock *c, int64_t until_ns)
{
	int64_t due_ns = sim_clock_next_due(c);

	if (until_ns > due_ns)
		until_ns = due_ns;
	if (until_ns > c->now_ns)
		c->now_ns = until_ns;
}

bool sim_clock_step(struct sim_clock *c, int64_t limit_ns)
{
	struct sim_timer *t;

	if (sim_clock_no_sooner_than(c) > limit_ns)
		return false;
	t = settle_top(c);
	if (!t || t->due_ns > limit_ns)
		return false;
	SIM_ASSERT(t->due_ns >= c->now_ns);
	c->now_ns = t->due_ns;
	t->due_ns = SIM_NEVER_NS;
	count(c, t, (uint32_t)-1);
	remove_at(c, 0);
	sim_timer_fns[t->kind](c, t);
	return true;
}
