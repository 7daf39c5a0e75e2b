/* SPDX-License-Identifier: MIT */
/*
 * Time and timers: clock_gettime(2), clock_getres(2), clock_nanosleep(2), nanosleep(2), setitimer(2),
 * getitimer(2), times(2), pause(2), sched_yield(2), all in virtual time. A read of a clock is no progress:
 * see sim_gate_leave().
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <time.h>

#include "api/calls/clocks.h"
#include "api/calls/gate.h"
#include "sim/base/uaccess.h"

/* How a clock stands to the world's time. */
enum clock_base { BASE_MONOTONIC, BASE_REALTIME, BASE_CPU };

/* The end of time, for spans and moments that lie beyond. */
#define FAR_NS (SIM_NEVER_NS / 2)

static const struct clock_row {
	int clock;
	enum clock_base base;
	unsigned traits;
} clock_rows[] = {
	{ CLOCK_REALTIME, BASE_REALTIME, SIM_CLOCK_SLEEPS },
	{ CLOCK_MONOTONIC, BASE_MONOTONIC, SIM_CLOCK_SLEEPS },
	{ CLOCK_PROCESS_CPUTIME_ID, BASE_CPU, SIM_CLOCK_SLEEPS },
	{ CLOCK_THREAD_CPUTIME_ID, BASE_CPU, 0 },
	{ CLOCK_MONOTONIC_RAW, BASE_MONOTONIC, 0 },
	{ CLOCK_REALTIME_COARSE, BASE_REALTIME, SIM_CLOCK_COARSE },
	{ CLOCK_MONOTONIC_COARSE, BASE_MONOTONIC, SIM_CLOCK_COARSE },
	{ CLOCK_BOOTTIME, BASE_MONOTONIC, SIM_CLOCK_SLEEPS },
	{ CLOCK_REALTIME_ALARM, BASE_REALTIME, SIM_CLOCK_IS_ALARM },
	{ CLOCK_BOOTTIME_ALARM, BASE_MONOTONIC, SIM_CLOCK_IS_ALARM },
	{ CLOCK_TAI, BASE_REALTIME, SIM_CLOCK_SLEEPS },
};

/* clock_getcpuclockid(3) makes such numbers of a process or a thread; fd clocks (type 3) are devices. */
static const struct clock_row cpu_of_somebody = { -1, BASE_CPU, SIM_CLOCK_SLEEPS };
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

unsigned sim_clock_traits(int clock)
{
	const struct clock_row *c = find_clock(clock);

	return c ? SIM_CLOCK_IS_ONE | c->traits : 0;
}

/* What the clock showed when the world began. */
static int64_t start_of(const struct sim_task *t, const struct clock_row *c)
{
	switch (c->base) {
	case BASE_REALTIME: return SIM_CLOCK_EPOCH_NS + t->proc->host->net.realtime_offset_ns;
	case BASE_CPU: return SIM_CLOCK_CPU_NS;
	case BASE_MONOTONIC: break;
	}
	return SIM_CLOCK_START_NS;
}

bool sim_timespec_is_valid(const struct timespec *ts)
{
	return ts->tv_sec >= 0 && ts->tv_nsec >= 0 && ts->tv_nsec < SIM_NS_PER_S;
}

int64_t sim_timespec_ns(const struct timespec *ts)
{
	return ts->tv_sec >= FAR_NS / SIM_NS_PER_S ? FAR_NS : ts->tv_sec * SIM_NS_PER_S + ts->tv_nsec;
}

struct timespec sim_timespec_of(int64_t ns)
{
	return (struct timespec){ .tv_sec = ns / SIM_NS_PER_S, .tv_nsec = ns % SIM_NS_PER_S };
}

int64_t sim_clock_after(const struct sim_task *t, const struct timespec *span)
{
	int64_t ns = sim_timespec_ns(span), now_ns = sim_now(t->sched->ctx);

	return ns < FAR_NS - now_ns ? now_ns + ns : FAR_NS;
}

int64_t sim_clock_when(const struct sim_task *t, int clock, const struct timespec *at)
{
	return sim_timespec_ns(at) - start_of(t, find_clock(clock));
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
	ns = start_of(g->t, c) + sim_now(&g->w->ctx);
	if (c->traits & SIM_CLOCK_COARSE)
		ns -= ns % SIM_TICK_NS;
	ts = sim_timespec_of(ns);
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
		res = sim_timespec_of(c->traits & SIM_CLOCK_COARSE ? SIM_TICK_NS : 1);
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

static long check_sleeps(struct sim_gate *g, int clock, const struct clock_row *c)
{
	/* clock_nanosleep(2): ENOTSUP of clocks that cannot, EINVAL of a thread's own CPU time. */
	if (!c || clock == CLOCK_THREAD_CPUTIME_ID)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, clock);
	if (c->traits & SIM_CLOCK_IS_ALARM)
		return sim_gate_fail(g, EPERM, SIM_WHY_BAD_ARGUMENT, 1, clock);
	if (!(c->traits & SIM_CLOCK_SLEEPS))
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
		deadline_ns = sim_timespec_ns(&ts) < FAR_NS ? sim_clock_when(g->t, clock, &ts) : SIM_NEVER_NS;
	if (deadline_ns <= sim_now(&g->w->ctx)) {
		sim_task_yield(g->t);
		return 0;
	}
	r = sleep_until(g, deadline_ns);
	if (r == -EINTR && left && !absolute) {
		int64_t left_ns = deadline_ns - sim_now(&g->w->ctx);

		ts = sim_timespec_of(left_ns > 0 ? left_ns : 0);
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

/* NULL: there is no such timer. */
static struct sim_alarm *itimer(struct sim_gate *g, int which)
{
	return (unsigned)which < SIM_NUM_ITIMERS ? &g->t->proc->itimers[which] : NULL;
}

static void show(const struct sim_alarm *a, struct itimerval *it)
{
	it->it_value = timeval_of(sim_alarm_left(a));
	it->it_interval = timeval_of(a->interval_ns);
}

static long set_itimer(struct sim_gate *g, struct sim_alarm *a, const struct itimerval *it)
{
	int64_t first_ns = ns_of(&it->it_value);
	int err = sim_alarm_set(a, first_ns ? sim_now(&g->w->ctx) + first_ns : SIM_NEVER_NS,
				ns_of(&it->it_interval));

	return err ? sim_gate_fail(g, -err, SIM_WHY_NO_MEMORY, 0, 0) : 0;
}

static long do_setitimer(struct sim_gate *g, int which, const struct itimerval *to, struct itimerval *old)
{
	struct sim_alarm *a = itimer(g, which);
	struct itimerval it = { .it_value = { 0, 0 } }, was;
	long r;

	if (to && sim_copy_from_user(&it, to, sizeof it))
		return bad_pointer(g, to);
	if (!is_valid(&it.it_value) || !is_valid(&it.it_interval))
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 2, it.it_value.tv_usec);
	if (!a)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, which);
	show(a, &was);
	r = set_itimer(g, a, &it);
	return !r && old && sim_copy_to_user(old, &was, sizeof was) ? bad_pointer(g, old) : r;
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
	struct sim_alarm *a = itimer(g, which);
	struct itimerval it;

	if (!a)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, which);
	show(a, &it);
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

long sim_call_set_clock(struct sim_task *t, enum sim_call_id id)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, id, -1, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, sim_gate_fail(&g, EPERM, SIM_WHY_NOT_SIMULATED, id, 0));
}

/* CPU time is virtual time, and all of it the program's own: no system's, no child's. */
long sim_call_times(struct sim_task *t, struct tms *user, clock_t *now)
{
	enum { TICKS_PER_S = 100 }; /* sysconf(3), _SC_CLK_TCK */
	struct tms tms = { .tms_utime = 0 };
	struct sim_gate g;
	long r = 0;

	if (sim_gate_enter(&g, t, SIM_CALL_TIMES, -1, 0))
		return sim_gate_leave(&g, g.answer);
	tms.tms_utime = (SIM_CLOCK_CPU_NS + sim_now(&g.w->ctx)) / (SIM_NS_PER_S / TICKS_PER_S);
	*now = (SIM_CLOCK_START_NS + sim_now(&g.w->ctx)) / (SIM_NS_PER_S / TICKS_PER_S);
	if (user && sim_copy_to_user(user, &tms, sizeof tms))
		r = bad_pointer(&g, user);
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
