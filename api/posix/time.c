/* SPDX-License-Identifier: MIT */
/* Sleeping, timers and clocks: see simsock_posix.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>

#include "api/posix/posix.h"
#include "api/signals/signals.h"
#include "sim/base/uaccess.h"

/* 0 or a positive errno; *left as nanosleep(2) has it. */
static int sleep_for(struct sim_task *t, enum sim_call_id id, const struct timespec *span,
		     struct timespec *left)
{
	int saved = errno, err;
	long r;

	do
		r = sim_call_nanosleep(t, id, CLOCK_MONOTONIC, 0, span, left);
	while (sim_posix_again(t, &r));
	err = r < 0 ? errno : 0;
	errno = saved;
	return err;
}

unsigned int sim_sleep(unsigned int span_s)
{
	struct timespec ts = { .tv_sec = span_s };

	if (!sim_current)
		return sim_libc()->sleep(span_s);
	/* sleep(3) has no error: what is left is told, whatever the reason. */
	return sleep_for(sim_current, SIM_CALL_SLEEP, &ts, &ts) ? (unsigned int)ts.tv_sec : 0;
}

int sim_usleep(unsigned int span_us)
{
	struct timespec ts = { .tv_sec = span_us / 1000000, .tv_nsec = span_us % 1000000 * 1000L };

	SIM_POSIX_PLAIN(int, sim_libc()->usleep(span_us),
			sim_call_nanosleep(t, SIM_CALL_USLEEP, CLOCK_MONOTONIC, 0, &ts, NULL));
}

int sim_nanosleep(const struct timespec *span, struct timespec *left)
{
	SIM_POSIX_PLAIN(int, sim_libc()->nanosleep(span, left),
			sim_call_nanosleep(t, SIM_CALL_NANOSLEEP, CLOCK_MONOTONIC, 0, span, left));
}

int sim_clock_nanosleep(int clock_id, int flags, const struct timespec *span, struct timespec *left)
{
	struct sim_task *t = sim_current;
	int saved = errno, err;
	long r;

	if (!t)
		return sim_libc()->clock_nanosleep(clock_id, flags, span, left);
	do
		r = sim_call_nanosleep(t, SIM_CALL_CLOCK_NANOSLEEP, clock_id, flags, span, left);
	while (sim_posix_again(t, &r));
	err = r < 0 ? errno : 0;
	errno = saved;
	return err;
}

int sim_pause(void)
{
	SIM_POSIX_PLAIN(int, sim_libc()->pause(), sim_call_pause(t));
}

static long suspend(struct sim_task *t, const sigset_t *mask)
{
	struct sim_signals_mask m;
	int err = sim_signals_mask_swap(&m, t, mask);
	long r;

	if (err)
		return err;
	r = sim_call_pause(t);
	sim_signals_mask_restore(&m, t, r);
	return r;
}

int sim_sigsuspend(const sigset_t *mask)
{
	SIM_POSIX_PLAIN(int, sim_libc()->sigsuspend(mask), suspend(t, mask));
}

int sim_sched_yield(void)
{
	SIM_POSIX_PLAIN(int, sim_libc()->sched_yield(), sim_call_sched_yield(t));
}

/* alarm(2) tells whole seconds, never 0 of a timer that is set (the kernel's alarm_setitimer). */
unsigned int sim_alarm(unsigned int span_s)
{
	struct itimerval to = { .it_value = { .tv_sec = span_s > INT_MAX ? INT_MAX : span_s } };
	struct itimerval old = { .it_value = { 0, 0 } };
	struct sim_task *t = sim_current;
	long r;

	if (!t)
		return sim_libc()->alarm(span_s);
	do
		r = sim_call_setitimer(t, SIM_CALL_ALARM, ITIMER_REAL, &to, &old);
	while (sim_posix_again(t, &r));
	if ((!old.it_value.tv_sec && old.it_value.tv_usec) || old.it_value.tv_usec >= 500000)
		old.it_value.tv_sec++;
	return (unsigned int)old.it_value.tv_sec;
}

unsigned int sim_ualarm(unsigned int first_us, unsigned int interval_us)
{
	struct itimerval to = { .it_value = { first_us / 1000000, first_us % 1000000 },
				.it_interval = { interval_us / 1000000, interval_us % 1000000 } };
	struct itimerval old = { .it_value = { 0, 0 } };

	if (!sim_current)
		return sim_libc()->ualarm(first_us, interval_us);
	if (sim_setitimer(ITIMER_REAL, &to, &old) < 0)
		return UINT_MAX;
	return (unsigned int)(old.it_value.tv_sec * 1000000 + old.it_value.tv_usec);
}

int sim_setitimer(int which, const struct itimerval *to, struct itimerval *old)
{
	SIM_POSIX_PLAIN(int, sim_libc()->setitimer(which, to, old),
			sim_call_setitimer(t, SIM_CALL_SETITIMER, which, to, old));
}

int sim_getitimer(int which, struct itimerval *now)
{
	SIM_POSIX_PLAIN(int, sim_libc()->getitimer(which, now), sim_call_getitimer(t, which, now));
}

int sim_clock_gettime(int clock_id, struct timespec *ts)
{
	SIM_POSIX_PLAIN(int, sim_libc()->clock_gettime(clock_id, ts),
			sim_call_clock_gettime(t, SIM_CALL_CLOCK_GETTIME, clock_id, ts));
}

int sim_clock_getres(int clock_id, struct timespec *ts)
{
	SIM_POSIX_PLAIN(int, sim_libc()->clock_getres(clock_id, ts), sim_call_clock_getres(t, clock_id, ts));
}

/* What a clock shows, asked under the name of another call: 0 or -1 and errno. */
static int read_clock(struct sim_task *t, enum sim_call_id id, int clock_id, struct timespec *ts)
{
	*ts = (struct timespec){ .tv_sec = 0 };
	SIM_POSIX_RETURN(int, t, sim_call_clock_gettime(t, id, clock_id, ts));
}

/* 0 or -1, errno and its reason. */
static int put_out(struct sim_task *t, void *to, const void *from, size_t len)
{
	if (!sim_copy_to_user(to, from, len))
		return 0;
	t->why = (struct sim_reason){
		SIM_WHY_BAD_POINTER, 0, SIM_NEVER_NS, { (int64_t)(uintptr_t)to, 0, 0, 0 }
	};
	errno = EFAULT;
	return -1;
}

int sim_gettimeofday(struct timeval *tv, void *zone)
{
	static const struct timezone utc;
	struct timeval now;
	struct timespec ts;

	if (!sim_current)
		return sim_libc()->gettimeofday(tv, zone);
	if (read_clock(sim_current, SIM_CALL_GETTIMEOFDAY, CLOCK_REALTIME, &ts))
		return -1;
	now.tv_sec = ts.tv_sec;
	now.tv_usec = ts.tv_nsec / 1000;
	if (tv && put_out(sim_current, tv, &now, sizeof now))
		return -1;
	return zone ? put_out(sim_current, zone, &utc, sizeof utc) : 0;
}

time_t sim_time(time_t *t)
{
	struct timespec ts;

	if (!sim_current)
		return sim_libc()->time(t);
	if (read_clock(sim_current, SIM_CALL_TIME, CLOCK_REALTIME, &ts))
		return -1;
	return t && put_out(sim_current, t, &ts.tv_sec, sizeof *t) ? -1 : ts.tv_sec;
}

int sim_timespec_get(struct timespec *ts, int base)
{
	if (!sim_current)
		return sim_libc()->timespec_get(ts, base);
	if (base != TIME_UTC || read_clock(sim_current, SIM_CALL_TIMESPEC_GET, CLOCK_REALTIME, ts))
		return 0;
	return base;
}

clock_t sim_clock(void)
{
	struct timespec ts;

	if (!sim_current)
		return sim_libc()->clock();
	if (read_clock(sim_current, SIM_CALL_CLOCK, CLOCK_PROCESS_CPUTIME_ID, &ts))
		return -1;
	return (clock_t)(ts.tv_sec * CLOCKS_PER_SEC + ts.tv_nsec / (1000000000 / CLOCKS_PER_SEC));
}
