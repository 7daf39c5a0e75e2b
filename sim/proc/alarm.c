/* SPDX-License-Identifier: MIT */
/* Timers that raise signals: see alarm.h. setitimer(2), timer_create(2), timer_getoverrun(2). */
#include "sim/proc/alarm.h"

#include <errno.h>
#include <limits.h>

#include "sim/proc/proc.h"

/* A program tells these ids from those of timers that it had before the world began. */
enum { FIRST_ID = 0x51a00000 };

void sim_alarm_init(struct sim_alarm *a, struct sim_proc *p, int sig)
{
	*a = (struct sim_alarm){ .p = p, .next_ns = SIM_NEVER_NS, .id = -1, .sig = (uint8_t)sig };
	sim_timer_init(&a->timer, SIM_TIMER_ALARM, false);
}

static int64_t add(int64_t ns, int64_t span_ns)
{
	return ns >= 0 && span_ns >= SIM_NEVER_NS - ns ? SIM_NEVER_NS - 1 : ns + span_ns;
}

static int64_t now_of(const struct sim_alarm *a)
{
	return a->p->ctx->clock.now_ns;
}

/* The first time after now at which it expires, if it has at next_ns; *missed: how often between them. */
static int64_t following(const struct sim_alarm *a, int64_t *missed)
{
	*missed = (now_of(a) - a->next_ns) / a->interval_ns;
	return add(a->next_ns + *missed * a->interval_ns, a->interval_ns);
}

int sim_alarm_set(struct sim_alarm *a, int64_t first_ns, int64_t interval_ns)
{
	struct sim_clock *c = &a->p->ctx->clock;

	a->timer.kind = SIM_TIMER_ALARM;
	if (first_ns == SIM_NEVER_NS || !a->sig)
		sim_timer_cancel(c, &a->timer);
	else if (sim_timer_set(c, &a->timer, first_ns))
		return -ENOMEM;
	a->next_ns = first_ns;
	a->interval_ns = interval_ns;
	if (a->state == SIM_ALARM_RAISED)
		a->state = SIM_ALARM_IDLE;
	a->overrun = a->last_overrun = 0;
	return 0;
}

int64_t sim_alarm_left(const struct sim_alarm *a)
{
	int64_t next_ns = a->next_ns, missed;

	if (next_ns == SIM_NEVER_NS)
		return 0;
	/* SIGEV_NONE: no event has moved it on. */
	if (next_ns <= now_of(a) && a->interval_ns)
		next_ns = following(a, &missed);
	return next_ns > now_of(a) ? next_ns - now_of(a) : 0;
}

static void count_overrun(struct sim_alarm *a, int64_t num)
{
	a->overrun = num > INT_MAX - a->overrun ? INT_MAX : a->overrun + (int)num;
}

void sim_alarm_on_timer(struct sim_clock *c, struct sim_timer *t)
{
	struct sim_alarm *a = sim_container_of(t, struct sim_alarm, timer);
	enum sim_signal_action action;
	int64_t missed = 0;

	if (a->interval_ns) {
		a->next_ns = following(a, &missed);
		(void)sim_timer_set(c, t, a->next_ns);
	} else {
		a->next_ns = SIM_NEVER_NS;
	}
	action = sim_proc_raise(a->p, a->sig, a->id < 0 ? NULL : a);
	count_overrun(a, missed);
	/* What only adds to a signal that is held back brings nothing new: a dead-lock may be told. */
	t->kind = action == SIM_SIGNAL_BLOCKED ? SIM_TIMER_ALARM_HELD : SIM_TIMER_ALARM;
}

int sim_alarm_new(struct sim_proc *p, int clock, int sig, uint64_t value, struct sim_alarm **made)
{
	if (!p->timers)
		p->timers = sim_arena_alloc(p->ctx->arena, SIM_POSIX_TIMERS_MAX * sizeof *p->timers);
	if (!p->timers)
		return -ENOMEM;
	for (int i = 0; i < SIM_POSIX_TIMERS_MAX; i++) {
		struct sim_alarm *a = &p->timers[i];

		if (a->used)
			continue;
		sim_alarm_init(a, p, sig);
		a->used = true;
		a->id = FIRST_ID + i;
		a->clock = clock;
		a->value = value;
		*made = a;
		return 0;
	}
	return -EAGAIN;
}

struct sim_alarm *sim_alarm_find(const struct sim_proc *p, int id)
{
	int i = id - FIRST_ID;

	return p->timers && i >= 0 && i < SIM_POSIX_TIMERS_MAX && p->timers[i].used ? &p->timers[i] : NULL;
}

void sim_alarm_free(struct sim_alarm *a)
{
	sim_timer_fini(&a->p->ctx->clock, &a->timer);
	a->state = SIM_ALARM_IDLE;
	a->used = false;
}

struct sim_alarm *sim_alarm_raised(const struct sim_proc *p, int sig)
{
	struct sim_alarm *first = NULL;

	for (int i = 0; p->timers && i < SIM_POSIX_TIMERS_MAX; i++) {
		struct sim_alarm *a = &p->timers[i];

		if (a->used && a->state == SIM_ALARM_RAISED && a->sig == sig &&
		    (!first || a->raised_ns < first->raised_ns))
			first = a;
	}
	return first;
}

void sim_alarm_delivered(struct sim_alarm *a)
{
	a->state = SIM_ALARM_IDLE;
	a->last_overrun = a->overrun;
	a->overrun = 0;
}

static void unhold(struct sim_alarm *a)
{
	if (a->timer.kind == SIM_TIMER_ALARM_HELD)
		a->timer.kind = SIM_TIMER_ALARM;
}

void sim_alarm_unhold_all(struct sim_proc *p)
{
	for (int i = 0; i < SIM_NUM_ITIMERS; i++)
		unhold(&p->itimers[i]);
	for (int i = 0; p->timers && i < SIM_POSIX_TIMERS_MAX; i++) {
		if (p->timers[i].used)
			unhold(&p->timers[i]);
	}
}

void sim_alarm_end_all(struct sim_proc *p)
{
	for (int i = 0; i < SIM_NUM_ITIMERS; i++)
		sim_timer_cancel(&p->ctx->clock, &p->itimers[i].timer);
	for (int i = 0; p->timers && i < SIM_POSIX_TIMERS_MAX; i++) {
		if (p->timers[i].used)
			sim_alarm_free(&p->timers[i]);
	}
}
