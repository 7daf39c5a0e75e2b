/* SPDX-License-Identifier: MIT */
/*
 * timer_create(2), timer_delete(2), timer_settime(2), timer_gettime(2), timer_getoverrun(2).
 *
 * FIDELITY: SIGEV_THREAD is absent (ENOTSUP): a thread of the C library's own is no task. SIGEV_THREAD_ID may
 * name the calling thread. CLOCK_*_ALARM are EOPNOTSUPP, as on a machine without a clock that wakes it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "api/calls/clocks.h"
#include "api/calls/gate.h"
#include "api/signals/signals.h"
#include "sim/base/uaccess.h"

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

enum { LAST_SIGNAL = 64 };

static long bad_pointer(struct sim_gate *g, const void *p)
{
	return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)p, 0);
}

bool sim_timer_is_simulated(const struct sim_task *t, int id)
{
	return sim_alarm_find(t->proc, id) != NULL;
}

static long check_clock(struct sim_gate *g, int clock)
{
	unsigned traits = sim_clock_traits(clock);

	if (!traits)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, clock);
	if (!(traits & SIM_CLOCK_SLEEPS) && clock != CLOCK_THREAD_CPUTIME_ID)
		return sim_gate_fail(g, ENOTSUP, SIM_WHY_BAD_ARGUMENT, 1, clock);
	return 0;
}

/* Which signal it asks for, 0: none; or -errno. */
static long signal_of(struct sim_gate *g, const struct sigevent *ev)
{
	switch (ev->sigev_notify) {
	case SIGEV_NONE: return 0;
	case SIGEV_THREAD: return sim_gate_fail(g, ENOTSUP, SIM_WHY_NOT_SIMULATED, SIM_CALL_TIMER_CREATE, 0);
	case SIGEV_THREAD_ID:
		/* Linux takes any thread of the process; here one thread carries all of its tasks. */
		if (ev->sigev_notify_thread_id != (pid_t)syscall(SYS_gettid))
			return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 2, ev->sigev_notify_thread_id);
		break;
	case SIGEV_SIGNAL: break;
	default: return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 2, ev->sigev_notify);
	}
	if (ev->sigev_signo < 1 || ev->sigev_signo > LAST_SIGNAL)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 2, ev->sigev_signo);
	return ev->sigev_signo;
}

static long do_create(struct sim_gate *g, int clock, const struct sigevent *user, int *id)
{
	struct sigevent ev = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGALRM };
	struct sim_alarm *a;
	long r, sig;
	int err;

	if (user && sim_copy_from_user(&ev, user, sizeof ev))
		return bad_pointer(g, user);
	r = check_clock(g, clock);
	sig = r ? r : signal_of(g, &ev);
	if (sig < 0)
		return sig;
	err = sim_alarm_new(g->t->proc, clock, (int)sig, (uintptr_t)ev.sigev_value.sival_ptr, &a);
	if (err)
		return sim_gate_fail(g, -err, err == -EAGAIN ? SIM_WHY_TIMER_LIMIT : SIM_WHY_NO_MEMORY,
				     SIM_POSIX_TIMERS_MAX, 0);
	*id = a->id;
	return 0;
}

long sim_call_timer_create(struct sim_task *t, int clock, const struct sigevent *ev, int *id)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_TIMER_CREATE, -1, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = (uint32_t)clock;
	return sim_gate_leave(&g, do_create(&g, clock, ev, id));
}

static struct sim_alarm *find(struct sim_gate *g, int id, long *r)
{
	struct sim_alarm *a = sim_alarm_find(g->t->proc, id);

	*r = a ? 0 : sim_gate_fail(g, EINVAL, SIM_WHY_NO_TIMER, id, 0);
	return a;
}

long sim_call_timer_delete(struct sim_task *t, int id)
{
	struct sim_alarm *a;
	struct sim_gate g;
	long r;

	if (sim_gate_enter(&g, t, SIM_CALL_TIMER_DELETE, -1, 0))
		return sim_gate_leave(&g, g.answer);
	a = find(&g, id, &r);
	if (a) {
		sim_signals_forget(a);
		sim_alarm_free(a);
	}
	return sim_gate_leave(&g, r);
}

static struct itimerspec show(const struct sim_alarm *a)
{
	return (struct itimerspec){ .it_value = sim_timespec_of(sim_alarm_left(a)),
				    .it_interval = sim_timespec_of(a->interval_ns) };
}

static int set(struct sim_gate *g, struct sim_alarm *a, int flags, const struct itimerspec *it)
{
	int64_t first_ns = SIM_NEVER_NS;

	/* Other flags have no effect on Linux either. */
	if (it->it_value.tv_sec || it->it_value.tv_nsec)
		first_ns = flags & TIMER_ABSTIME ? sim_clock_when(g->t, a->clock, &it->it_value)
						 : sim_clock_after(g->t, &it->it_value);
	sim_signals_forget(a);
	return sim_alarm_set(a, first_ns, sim_timespec_ns(&it->it_interval));
}

static long do_settime(struct sim_gate *g, int id, int flags, const struct itimerspec *to,
		       struct itimerspec *old)
{
	struct itimerspec it, was;
	struct sim_alarm *a;
	long r;
	int err;

	if (!to)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 3, 0);
	if (sim_copy_from_user(&it, to, sizeof it))
		return bad_pointer(g, to);
	if (!sim_timespec_is_valid(&it.it_value) || !sim_timespec_is_valid(&it.it_interval))
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 3, it.it_value.tv_nsec);
	a = find(g, id, &r);
	if (!a)
		return r;
	was = show(a);
	err = set(g, a, flags, &it);
	if (err)
		return sim_gate_fail(g, -err, SIM_WHY_NO_MEMORY, 0, 0);
	return old && sim_copy_to_user(old, &was, sizeof was) ? bad_pointer(g, old) : 0;
}

long sim_call_timer_settime(struct sim_task *t, int id, int flags, const struct itimerspec *to,
			    struct itimerspec *old)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_TIMER_SETTIME, -1, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, do_settime(&g, id, flags, to, old));
}

long sim_call_timer_gettime(struct sim_task *t, int id, struct itimerspec *now)
{
	struct sim_alarm *a;
	struct itimerspec it;
	struct sim_gate g;
	long r;

	if (sim_gate_enter(&g, t, SIM_CALL_TIMER_GETTIME, -1, 0))
		return sim_gate_leave(&g, g.answer);
	a = find(&g, id, &r);
	if (a) {
		it = show(a);
		r = sim_copy_to_user(now, &it, sizeof it) ? bad_pointer(&g, now) : 0;
	}
	return sim_gate_leave(&g, r);
}

long sim_call_timer_getoverrun(struct sim_task *t, int id)
{
	struct sim_alarm *a;
	struct sim_gate g;
	long r;

	if (sim_gate_enter(&g, t, SIM_CALL_TIMER_GETOVERRUN, -1, 0))
		return sim_gate_leave(&g, g.answer);
	a = find(&g, id, &r);
	return sim_gate_leave(&g, a ? sim_signals_overrun(a) : r);
}
