/* SPDX-License-Identifier: MIT */
/*
 * Time and timers: clock_gettime(2), clock_getres(2), clock_nanosleep(2), nanosleep(2), setitimer(2),
 * getitimer(2), pause(2), sched_yield(2), all in virtual time. A read of a clock is no progress: see
 * sim_gate_leave().
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <time.h>

#include "api/calls/clocks.h"
#include "api/calls/gate.h"
#include "sim/base/uaccess.h"

/* How a clock stands to the world's time, and what may be done with it. */
enum clock_base { BASE_MONOTONIC, BASE_REALTIME, BASE_CPU };
enum { SLEEPS = 1, COARSE = 2, ALARM_CLOCK = 4 };

static const struct clock_row {
	int clock;
	enum clock_base base;
	unsigned traits;
} clock_rows[] = {
	{ CLOCK_REALTIME, BASE_REALTIME, SLEEPS },
	{ CLOCK_MONOTONIC, BASE_MONOTONIC, SLEEPS },
	{ CLOCK_PROCESS_CPUTIME_ID, BASE_CPU, SLEEPS },
	{ CLOCK_THREAD_CPUTIME_ID, BASE_CPU, 0 },
	{ CLOCK_MONOTONIC_RAW, BASE_MONOTONIC, 0 },
	{ CLOCK_REALTIME_COARSE, BASE_REALTIME, COARSE },
	{ CLOCK_MONOTONIC_COARSE, BASE_MONOTONIC, COARSE },
	{ CLOCK_BOOTTIME, BASE_MONOTONIC, SLEEPS },
	{ CLOCK_REALTIME_ALARM, BASE_REALTIME, ALARM_CLOCK },
	{ CLOCK_BOOTTIME_ALARM, BASE_MONOTONIC, ALARM_CLOCK },
	{ CLOCK_TAI, BASE_REALTIME, SLEEPS },
};

/* clock_getcpuclockid(3) makes such numbers of a process or a thread; fd clocks (type 3) are devices. */
static const struct clock_row cpu_of_somebody = { -1, BASE_CPU, SLEEPS };
enum { DYNAMIC_TYPE_MASK = 3, DYNAMIC_TYPE_FD = 3 };

static const struct clock_row *find_clock(int clock)
{
	if (clock < 0)
		return (clock & DYNAMIC_TYPE_MASK) == DYNAMIC_TYPE_FD ? NULL : &cpu_of_somebody;
	for (size_t i = 0; i < sizeof clock_rows / sizeof clock_rows[0]; i++) {
		if (clock_rows[i].clock == clock)
			return &clock_rows[i];
	}
	return NULL;
}

/* What the clock showed when the world began. */
static int64_t start_of(const struct sim_gate *g, const struct clock_row *c)
{
	switch (c->base) {
	case BASE_REALTIME: return SIM_CLOCK_EPOCH_NS + g->t->proc->host->realtime_offset_ns;
	case BASE_CPU: return SIM_CLOCK_CPU_NS;
	case BASE_MONOTONIC: break;
	}
	return SIM_CLOCK_START_NS;
}

static struct timespec timespec_of(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / SIM_NS_PER_S, .tv_nsec = ns % SIM_NS_PER_S };
}

static long bad_pointer(struct sim_gate *g, const void *p)
{
	return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)p, 0);
}

void (*sim_wall_clock)(struct timespec *ts);

static long do_gettime(struct sim_gate *g, int clock, struct timespec *user)
{
	const struct clock_row *c = find_clock(clock);
	struct timespec ts;
	int64_t ns;

	if (!c)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, clock);
	ns = start_of(g, c) + sim_now(&g->w->ctx);
	if (c->traits & COARSE)
		ns -= ns % SIM_TICK_NS;
	ts = timespec_of(ns);
	if (c->base == BASE_REALTIME && sim_wall_clock)
		sim_wall_clock(&ts);
	return sim_copy_to_user(user, &ts, sizeof ts) ? bad_pointer(g, user) : 0;
}

long sim_call_clock_gettime(struct sim_task *t, enum sim_call_id id, int clock, struct timespec *ts)
{
	struct sim_gate g;
	long r;

	if (sim_gate_enter(&g, t, id, -1, 0))
		return sim_gate_leave(&g, g.answer);
	r = do_gettime(&g, clock, ts);
	return sim_gate_leave(&g, r);
}

long sim_call_clock_getres(struct sim_task *t, int clock, struct timespec *ts)
{
	const struct clock_row *c = find_clock(clock);
	struct timespec res;
	struct sim_gate g;
	long r = 0;

	if (sim_gate_enter(&g, t, SIM_CALL_CLOCK_GETRES, -1, 0))
		return sim_gate_leave(&g, g.answer);
	if (!c) {
		r = sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, clock);
	} else if (ts) {
		res = timespec_of(c->traits & COARSE ? SIM_TICK_NS : 1);
		r = sim_copy_to_user(ts, &res, sizeof res) ? bad_pointer(&g, ts) : 0;
	}
	return sim_gate_leave(&g, r);
}

/* Until then, whoever wakes the task in between. 0, -EINTR, or what a dead-lock answers. */
static long sleep_until(struct sim_gate *g, int64_t deadline_ns)
{
	while (sim_now(&g->w->ctx) < deadline_ns) {
		int err = sim_task_block(g->t, deadline_ns);

		if (err == -SIM_ERESTART)
			return sim_gate_fail(g, EINTR, SIM_WHY_SIGNAL, 0, sim_now(&g->w->ctx));
		if (err && err != -ETIMEDOUT)
			return err;
	}
	return 0;
}

/* An absolute time of a clock in the world's time. */
static int64_t deadline_at(struct sim_gate *g, const struct clock_row *c, const struct timespec *at)
{
	int64_t start_ns = start_of(g, c);

	if (at->tv_sec > (SIM_NEVER_NS - start_ns) / SIM_NS_PER_S - 1)
		return SIM_NEVER_NS;
	return at->tv_sec * SIM_NS_PER_S + at->tv_nsec - start_ns;
}

static long check_sleeps(struct sim_gate *g, int clock, const struct clock_row *c)
{
	/* clock_nanosleep(2): ENOTSUP of clocks that cannot, EINVAL of a thread's own CPU time. */
	if (!c || clock == CLOCK_THREAD_CPUTIME_ID)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, clock);
	if (c->traits & ALARM_CLOCK)
		return sim_gate_fail(g, EPERM, SIM_WHY_BAD_ARGUMENT, 1, clock);
	if (!(c->traits & SLEEPS))
		return sim_gate_fail(g, EOPNOTSUPP, SIM_WHY_BAD_ARGUMENT, 1, clock);
	return 0;
}

static long do_sleep(struct sim_gate *g, int clock, int flags, const struct timespec *user,
		     struct timespec *left)
{
	const struct clock_row *c = find_clock(clock);
	bool absolute = flags & TIMER_ABSTIME;
	struct timespec ts;
	int64_t deadline_ns;
	long r = check_sleeps(g, clock, c);

	if (r)
		return r;
	if (sim_copy_from_user(&ts, user, sizeof ts))
		return bad_pointer(g, user);
	/* The kernel takes no negative absolute time either (timespec64_valid). */
	r = sim_gate_deadline(g, &ts, &deadline_ns);
	if (r)
		return r;
	if (absolute)
		deadline_ns = deadline_at(g, c, &ts);
	if (deadline_ns <= sim_now(&g->w->ctx)) {
		sim_task_yield(g->t);
		return 0;
	}
	r = sleep_until(g, deadline_ns);
	if (r == -EINTR && left && !absolute) {
		int64_t left_ns = deadline_ns - sim_now(&g->w->ctx);

		ts = timespec_of(left_ns > 0 ? left_ns : 0);
		if (sim_copy_to_user(left, &ts, sizeof ts))
			return bad_pointer(g, left);
	}
	return r;
}

long sim_call_nanosleep(struct sim_task *t, enum sim_call_id id, int clock, int flags,
			const struct timespec *span, struct timespec *left)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, id, -1, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, do_sleep(&g, clock, flags, span, left));
}

/* What would lie past the end of time is far away still. */
static int64_t ns_of(const struct timeval *tv)
{
	if (tv->tv_sec > SIM_NEVER_NS / 2 / SIM_NS_PER_S)
		return SIM_NEVER_NS / 2;
	return tv->tv_sec * SIM_NS_PER_S + tv->tv_usec * SIM_NS_PER_US;
}

static bool is_valid(const struct timeval *tv)
{
	return tv->tv_sec >= 0 && tv->tv_usec >= 0 && tv->tv_usec < SIM_NS_PER_S / SIM_NS_PER_US;
}

/* A timer that is set never shows 0: less than a microsecond is one. */
static struct timeval timeval_of(int64_t ns)
{
	int64_t us = (ns + SIM_NS_PER_US - 1) / SIM_NS_PER_US;

	return (struct timeval){ .tv_sec = us / 1000000, .tv_usec = us % 1000000 };
}

/* FIDELITY: ITIMER_VIRTUAL and ITIMER_PROF are absent: EINVAL. */
static long check_which(struct sim_gate *g, int which)
{
	return which == ITIMER_REAL ? 0 : sim_gate_fail(g, EINVAL, SIM_WHY_NOT_SUPPORTED, which, 0);
}

static long do_setitimer(struct sim_gate *g, int which, const struct itimerval *to, struct itimerval *old)
{
	struct itimerval it = { .it_value = { 0, 0 } };
	int64_t left_ns, interval_ns;
	long r = check_which(g, which);

	if (r)
		return r;
	if (to && sim_copy_from_user(&it, to, sizeof it))
		return bad_pointer(g, to);
	if (!is_valid(&it.it_value) || !is_valid(&it.it_interval))
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 2, it.it_value.tv_usec);
	sim_proc_alarm(g->t->proc, ns_of(&it.it_value), ns_of(&it.it_interval), &left_ns, &interval_ns);
	it.it_value = timeval_of(left_ns);
	it.it_interval = timeval_of(interval_ns);
	return old && sim_copy_to_user(old, &it, sizeof it) ? bad_pointer(g, old) : 0;
}

long sim_call_setitimer(struct sim_task *t, enum sim_call_id id, int which, const struct itimerval *to,
			struct itimerval *old)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, id, -1, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, do_setitimer(&g, which, to, old));
}

static long do_getitimer(struct sim_gate *g, int which, struct itimerval *user)
{
	struct sim_proc *p = g->t->proc;
	struct itimerval it;
	long r = check_which(g, which);

	if (r)
		return r;
	it.it_value = timeval_of(sim_timer_is_set(&p->alarm) ? p->alarm.due_ns - sim_now(&g->w->ctx) : 0);
	it.it_interval = timeval_of(p->alarm_interval_ns);
	return sim_copy_to_user(user, &it, sizeof it) ? bad_pointer(g, user) : 0;
}

long sim_call_getitimer(struct sim_task *t, int which, struct itimerval *now)
{
	struct sim_gate g;
	long r;

	if (sim_gate_enter(&g, t, SIM_CALL_GETITIMER, -1, 0))
		return sim_gate_leave(&g, g.answer);
	r = do_getitimer(&g, which, now);
	return sim_gate_leave(&g, r);
}

long sim_call_pause(struct sim_task *t)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_PAUSE, -1, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, sleep_until(&g, SIM_NEVER_NS));
}

long sim_call_sched_yield(struct sim_task *t)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_SCHED_YIELD, -1, 0))
		return sim_gate_leave(&g, g.answer);
	sim_task_yield(t);
	return sim_gate_leave(&g, 0);
}
