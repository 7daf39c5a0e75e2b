/* SPDX-License-Identifier: MIT */
/* Timers that are read or raise signals, and waiting for signals: see simsock_posix.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <limits.h>

#include "api/posix/posix.h"

int sim_timerfd_create(int clock_id, int flags)
{
	SIM_POSIX_PLAIN(int, sim_libc()->timerfd_create(clock_id, flags),
			sim_call_timerfd_create(t, clock_id, flags));
}

int sim_timerfd_settime(int fd, int flags, const struct itimerspec *to, struct itimerspec *old)
{
	SIM_POSIX_FD(int, fd, sim_libc()->timerfd_settime(fd, flags, to, old),
		     sim_call_timerfd_settime(t, fd, flags, to, old));
}

int sim_timerfd_gettime(int fd, struct itimerspec *now)
{
	SIM_POSIX_FD(int, fd, sim_libc()->timerfd_gettime(fd, now), sim_call_timerfd_gettime(t, fd, now));
}

/* ---- timer_create(2) ---- */

/* As the C library has it: the kernel's number stands in the pointer. */
static timer_t timer_of(int id)
{
	return (timer_t)(uintptr_t)(unsigned)id;
}

static int id_of(timer_t timer)
{
	uintptr_t n = (uintptr_t)timer;

	return n <= INT_MAX ? (int)n : -1;
}

/* A timer that was made where no world was: it is the C library's, and so is its time. */
static bool is_libcs(timer_t timer)
{
	return !sim_current || !sim_timer_is_simulated(sim_current, id_of(timer));
}

static long create(struct sim_task *t, int clock_id, struct sigevent *ev, timer_t *timer)
{
	int id;
	long r = sim_call_timer_create(t, clock_id, ev, &id);

	if (!r)
		*timer = timer_of(id);
	return r;
}

int sim_timer_create(int clock_id, struct sigevent *ev, timer_t *timer)
{
	SIM_POSIX_PLAIN(int, sim_libc()->timer_create(clock_id, ev, timer), create(t, clock_id, ev, timer));
}

/* The body of a call on a timer; a number that is nobody's is the simulation's to explain. */
#define ON_TIMER(timer, real, call)                                 \
	do {                                                        \
		struct sim_task *t = sim_current;                   \
                                                                    \
		if (is_libcs(timer)) {                              \
			int on_real = (real);                       \
                                                                    \
			if (!t || on_real != -1 || errno != EINVAL) \
				return on_real;                     \
		}                                                   \
		SIM_POSIX_RETURN(int, t, call);                     \
	} while (0)

int sim_timer_delete(timer_t timer)
{
	ON_TIMER(timer, sim_libc()->timer_delete(timer), sim_call_timer_delete(t, id_of(timer)));
}

int sim_timer_settime(timer_t timer, int flags, const struct itimerspec *to, struct itimerspec *old)
{
	ON_TIMER(timer, sim_libc()->timer_settime(timer, flags, to, old),
		 sim_call_timer_settime(t, id_of(timer), flags, to, old));
}

int sim_timer_gettime(timer_t timer, struct itimerspec *now)
{
	ON_TIMER(timer, sim_libc()->timer_gettime(timer, now), sim_call_timer_gettime(t, id_of(timer), now));
}

int sim_timer_getoverrun(timer_t timer)
{
	ON_TIMER(timer, sim_libc()->timer_getoverrun(timer), sim_call_timer_getoverrun(t, id_of(timer)));
}

/* times(2): any number but -1 is a time. */
clock_t sim_times(struct tms *tms)
{
	struct sim_task *t = sim_current;
	clock_t now = 0;
	long r;

	if (!t)
		return sim_libc()->times(tms);
	do
		r = sim_call_times(t, tms, &now);
	while (sim_posix_again(t, &r));
	return r < 0 ? -1 : now;
}

/* ---- clocks are not set: the machine's own least of all ---- */

int sim_clock_settime(int clock_id, const struct timespec *ts)
{
	SIM_POSIX_PLAIN(int, sim_libc()->clock_settime(clock_id, ts),
			sim_call_set_clock(t, SIM_CALL_CLOCK_SETTIME));
}

int sim_settimeofday(const struct timeval *tv, const struct timezone *zone)
{
	SIM_POSIX_PLAIN(int, sim_libc()->settimeofday(tv, zone),
			sim_call_set_clock(t, SIM_CALL_SETTIMEOFDAY));
}

int sim_adjtime(const struct timeval *by, struct timeval *left)
{
	SIM_POSIX_PLAIN(int, sim_libc()->adjtime(by, left), sim_call_set_clock(t, SIM_CALL_ADJTIME));
}

int sim_adjtimex(struct timex *tx)
{
	SIM_POSIX_PLAIN(int, sim_libc()->adjtimex(tx), sim_call_set_clock(t, SIM_CALL_ADJTIMEX));
}

int sim_clock_adjtime(int clock_id, struct timex *tx)
{
	SIM_POSIX_PLAIN(int, sim_libc()->clock_adjtime(clock_id, tx),
			sim_call_set_clock(t, SIM_CALL_CLOCK_ADJTIME));
}

/* ---- waiting for signals ---- */

int sim_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	SIM_POSIX_PLAIN(int, sim_libc()->sigtimedwait(set, info, timeout),
			sim_call_sigtimedwait(t, SIM_CALL_SIGTIMEDWAIT, set, info, timeout));
}

int sim_sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	SIM_POSIX_PLAIN(int, sim_libc()->sigwaitinfo(set, info),
			sim_call_sigtimedwait(t, SIM_CALL_SIGWAITINFO, set, info, NULL));
}

/* As the C library has it: after a handler it goes on, and its error is its result. */
int sim_sigwait(const sigset_t *set, int *sig)
{
	struct sim_task *t = sim_current;
	int saved = errno, err;
	long r;

	if (!t)
		return sim_libc()->sigwait(set, sig);
	do {
		do
			r = sim_call_sigtimedwait(t, SIM_CALL_SIGWAIT, set, NULL, NULL);
		while (sim_posix_again(t, &r));
		err = r < 0 ? errno : 0;
	} while (err == EINTR);
	errno = saved;
	if (!err && sig)
		*sig = (int)r;
	return err;
}

/* BSD's, sigvec(3): bits of the first 32 signals. */
int sim_sigpause(int mask)
{
	sigset_t set;

	if (!sim_current)
		return sim_libc()->sigpause(mask);
	sigemptyset(&set);
	for (int sig = 1; sig <= 32; sig++) {
		if ((unsigned)mask >> (sig - 1) & 1)
			sigaddset(&set, sig);
	}
	return sim_sigsuspend(&set);
}

/* X/Open's: this one signal is let through as well. */
int sim_xpg_sigpause(int sig)
{
	sigset_t set;

	if (!sim_current)
		return sim_libc()->__xpg_sigpause(sig);
	if (sigprocmask(SIG_BLOCK, NULL, &set) || sigdelset(&set, sig))
		return -1;
	return sim_sigsuspend(&set);
}

int sim_signalfd(int fd, const sigset_t *set, int flags)
{
	/* A real one, since the kernel holds what is blocked; a simulated descriptor is none (EINVAL). */
	if (sim_current && sim_fd_is_simulated(sim_current, fd)) {
		errno = EINVAL;
		return -1;
	}
	sim_face_has_signalfd();
	return sim_libc()->signalfd(fd, set, flags);
}
