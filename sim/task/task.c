/* SPDX-License-Identifier: MIT */
/*
 * The scheduler: see task.h. There is no scheduler's stack: whoever blocks picks who runs next, or makes the
 * world's events happen himself until somebody can.
 */
#include "sim/task/task.h"

#include <errno.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/base/str.h"
#include "sim/trace/ctx.h"

void sim_sched_init(struct sim_sched *s, struct sim_ctx *ctx)
{
	memset(s, 0, sizeof *s);
	s->ctx = ctx;
	sim_list_init(&s->ready);
	sim_list_init(&s->all);
	s->rng = sim_rng_stream(ctx->seed, SIM_PURPOSE_SCHED, 0);
}

struct sim_task *sim_task_new(struct sim_sched *s, struct sim_proc *proc, const char *name, bool running)
{
	struct sim_task *t = sim_arena_alloc(s->ctx->arena, sizeof *t);

	if (!t)
		return NULL;
	t->sched = s;
	t->proc = proc;
	t->id = ++s->ctx->next_task_id;
	sim_str_copy(t->name, sizeof t->name, name);
	sim_timer_init(&t->timer, SIM_TIMER_TASK, false);
	t->on.deadline_ns = SIM_NEVER_NS;
	sim_list_append(&s->all, &t->all);
	sim_list_init(&t->node);
	if (running) {
		SIM_ASSERT(!s->current);
		s->current = t;
		t->state = SIM_TASK_RUNNING;
	} else {
		t->state = SIM_TASK_READY;
		sim_list_append(&s->ready, &t->node);
	}
	sim_trace_write(&s->ctx->trace, SIM_TRACE_TASK, 0, t->id, SIM_TRACE_BEGAN, 0);
	return t;
}

void sim_task_free(struct sim_task *t)
{
	struct sim_sched *s = t->sched;

	SIM_ASSERT(s->current != t);
	if (s->zombie == t)
		s->zombie = NULL;
	if (t->carrier)
		s->carriers->free(t);
	sim_timer_fini(&s->ctx->clock, &t->timer);
	sim_list_remove(&t->node);
	sim_list_remove(&t->all);
	sim_arena_free(s->ctx->arena, t, sizeof *t);
}

static struct sim_task *pick(struct sim_sched *s)
{
	struct sim_list *node = sim_list_first(&s->ready);
	uint64_t skip = 0, n = 0;

	if (!node || s->policy == SIM_SCHED_FIFO || node->next == &s->ready)
		return node ? sim_container_of(node, struct sim_task, node) : NULL;
	for (struct sim_list *i = node; i != &s->ready; i = i->next)
		n++;
	for (skip = sim_rng_below(&s->rng, n); skip; skip--)
		node = node->next;
	return sim_container_of(node, struct sim_task, node);
}

static void run(struct sim_sched *s, struct sim_task *t)
{
	sim_list_remove(&t->node);
	t->state = SIM_TASK_RUNNING;
	s->current = t;
}

static void bury(struct sim_sched *s)
{
	if (s->zombie && s->zombie != s->current)
		sim_task_free(s->zombie);
}

void sim_task_entered(struct sim_task *t)
{
	bury(t->sched);
}

/* Gives the processor to `next`; returns when `t` runs again. */
static void hand_over(struct sim_task *t, struct sim_task *next)
{
	struct sim_sched *s = t->sched;

	run(s, next);
	if (next != t) {
		s->carriers->switch_to(t, next);
		bury(s);
	}
}

/* Until this task was picked to run, by whatever others do and events bring. */
static int wait_for_turn(struct sim_task *t)
{
	struct sim_sched *s = t->sched;

	for (;;) {
		struct sim_task *next = pick(s);

		if (next) {
			hand_over(t, next);
			if (t->state == SIM_TASK_RUNNING)
				return 0;
		} else if (!s->idle(s)) {
			int err = s->deadlock(s, t);

			if (sim_list_empty(&s->ready)) {
				run(s, t);
				return err;
			}
		}
	}
}

int sim_task_block(struct sim_task *t, int64_t deadline_ns)
{
	struct sim_sched *s = t->sched;
	int err;

	SIM_ASSERT(s->current == t && t->state == SIM_TASK_RUNNING);
	if (t->interrupted)
		return -SIM_ERESTART;
	t->timed_out = false;
	if (deadline_ns != SIM_NEVER_NS && sim_timer_set(&s->ctx->clock, &t->timer, deadline_ns))
		return -ENOMEM;
	t->state = SIM_TASK_BLOCKED;
	t->on.since_ns = sim_now(s->ctx);
	t->on.deadline_ns = deadline_ns;
	err = wait_for_turn(t);
	sim_timer_cancel(&s->ctx->clock, &t->timer);
	if (err)
		return err;
	if (t->interrupted)
		return -SIM_ERESTART;
	return t->timed_out ? -ETIMEDOUT : 0;
}

void sim_task_wake(struct sim_task *t)
{
	if (t->state != SIM_TASK_BLOCKED)
		return;
	t->state = SIM_TASK_READY;
	sim_list_append(&t->sched->ready, &t->node);
}

void sim_task_interrupt(struct sim_task *t)
{
	t->interrupted = true;
	sim_task_wake(t);
}

void sim_task_yield(struct sim_task *t)
{
	if (sim_list_empty(&t->sched->ready))
		return;
	t->state = SIM_TASK_READY;
	sim_list_append(&t->sched->ready, &t->node);
	hand_over(t, pick(t->sched));
}

void sim_task_exit(struct sim_task *t)
{
	struct sim_sched *s = t->sched;

	SIM_ASSERT(s->current == t && t->carrier);
	bury(s);
	t->state = SIM_TASK_DEAD;
	sim_trace_write(&s->ctx->trace, SIM_TRACE_TASK, 0, t->id, SIM_TRACE_ENDED, 0);
	for (;;) {
		struct sim_task *next = pick(s);

		if (next) {
			s->zombie = t;
			hand_over(t, next);
			SIM_UNREACHABLE("a dead task runs");
		}
		if (!s->idle(s))
			(void)s->deadlock(s, t);
	}
}

void sim_task_on_wake(struct sim_wait *w, uint32_t events)
{
	(void)events;
	sim_task_wake(w->owner);
}

void sim_task_on_timer(struct sim_clock *c, struct sim_timer *timer)
{
	struct sim_task *t = sim_container_of(timer, struct sim_task, timer);

	(void)c;
	/* Woken already, and this deadline is due before it could run: what it waited for came in time. */
	if (t->state != SIM_TASK_BLOCKED)
		return;
	t->timed_out = true;
	sim_task_wake(t);
}
