/* SPDX-License-Identifier: MIT */
/* The libc names of timers, of what sets clocks, and of waiting for signals: see dropin.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <signal.h>
#include <sys/timeb.h>

#include "api/dropin/define.h"
#include "api/posix/posix.h"

/* ---- timers ---- */

int sim_dropin_timerfd_create(int clock_id, int flags) SIM_AS("timerfd_create");
int sim_dropin_timerfd_create(int clock_id, int flags)
{
	return sim_timerfd_create(clock_id, flags);
}

int sim_dropin_timerfd_settime(int fd, int flags, const struct itimerspec *to, struct itimerspec *old)
	SIM_AS("timerfd_settime");
int sim_dropin_timerfd_settime(int fd, int flags, const struct itimerspec *to, struct itimerspec *old)
{
	return sim_timerfd_settime(fd, flags, to, old);
}

int sim_dropin_timerfd_gettime(int fd, struct itimerspec *now) SIM_AS("timerfd_gettime");
int sim_dropin_timerfd_gettime(int fd, struct itimerspec *now)
{
	return sim_timerfd_gettime(fd, now);
}

int sim_dropin_timer_create(int clock_id, struct sigevent *ev, timer_t *timer) SIM_AS("timer_create");
int sim_dropin_timer_create(int clock_id, struct sigevent *ev, timer_t *timer)
{
	return sim_timer_create(clock_id, ev, timer);
}

int sim_dropin_timer_delete(timer_t timer) SIM_AS("timer_delete");
int sim_dropin_timer_delete(timer_t timer)
{
	return sim_timer_delete(timer);
}

int sim_dropin_timer_settime(timer_t timer, int flags, const struct itimerspec *to, struct itimerspec *old)
	SIM_AS("timer_settime");
int sim_dropin_timer_settime(timer_t timer, int flags, const struct itimerspec *to, struct itimerspec *old)
{
	return sim_timer_settime(timer, flags, to, old);
}

int sim_dropin_timer_gettime(timer_t timer, struct itimerspec *now) SIM_AS("timer_gettime");
int sim_dropin_timer_gettime(timer_t timer, struct itimerspec *now)
{
	return sim_timer_gettime(timer, now);
}

int sim_dropin_timer_getoverrun(timer_t timer) SIM_AS("timer_getoverrun");
int sim_dropin_timer_getoverrun(timer_t timer)
{
	return sim_timer_getoverrun(timer);
}

clock_t sim_dropin_times(struct tms *tms) SIM_AS("times");
clock_t sim_dropin_times(struct tms *tms)
{
	return sim_times(tms);
}

/* ---- clocks: an old way to read one, and setting them, which is refused ---- */

int sim_dropin_ftime(struct timeb *tb) SIM_AS("ftime");
int sim_dropin_ftime(struct timeb *tb)
{
	struct timeval tv;

	if (sim_gettimeofday(&tv, NULL))
		return -1;
	*tb = (struct timeb){ .time = tv.tv_sec, .millitm = (unsigned short)(tv.tv_usec / 1000) };
	return 0;
}

int sim_dropin_clock_settime(int clock_id, const struct timespec *ts) SIM_AS("clock_settime");
int sim_dropin_clock_settime(int clock_id, const struct timespec *ts)
{
	return sim_clock_settime(clock_id, ts);
}

int sim_dropin_settimeofday(const struct timeval *tv, const struct timezone *zone) SIM_AS("settimeofday");
int sim_dropin_settimeofday(const struct timeval *tv, const struct timezone *zone)
{
	return sim_settimeofday(tv, zone);
}

int sim_dropin_adjtime(const struct timeval *by, struct timeval *left) SIM_AS("adjtime");
int sim_dropin_adjtime(const struct timeval *by, struct timeval *left)
{
	return sim_adjtime(by, left);
}

int sim_dropin_adjtimex(struct timex *tx) SIM_AS("adjtimex");
int sim_dropin_adjtimex(struct timex *tx)
{
	return sim_adjtimex(tx);
}

int sim_dropin___adjtimex(struct timex *tx) SIM_AS("__adjtimex");
int sim_dropin___adjtimex(struct timex *tx)
{
	return sim_adjtimex(tx);
}

int sim_dropin_ntp_adjtime(struct timex *tx) SIM_AS("ntp_adjtime");
int sim_dropin_ntp_adjtime(struct timex *tx)
{
	return sim_adjtimex(tx);
}

int sim_dropin_clock_adjtime(int clock_id, struct timex *tx) SIM_AS("clock_adjtime");
int sim_dropin_clock_adjtime(int clock_id, struct timex *tx)
{
	return sim_clock_adjtime(clock_id, tx);
}

/* ---- waiting for signals ---- */

int sim_dropin_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
	SIM_AS("sigtimedwait");
int sim_dropin_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	return sim_sigtimedwait(set, info, timeout);
}

int sim_dropin___sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
	SIM_AS("__sigtimedwait");
int sim_dropin___sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	return sim_sigtimedwait(set, info, timeout);
}

int sim_dropin_sigwaitinfo(const sigset_t *set, siginfo_t *info) SIM_AS("sigwaitinfo");
int sim_dropin_sigwaitinfo(const sigset_t *set, siginfo_t *info)
{
	return sim_sigwaitinfo(set, info);
}

int sim_dropin_sigwait(const sigset_t *set, int *sig) SIM_AS("sigwait");
int sim_dropin_sigwait(const sigset_t *set, int *sig)
{
	return sim_sigwait(set, sig);
}

/* BSD's, a mask; X/Open's, a signal. The third is what old headers of the C library made of both. */
int sim_dropin_sigpause(int mask) SIM_AS("sigpause");
int sim_dropin_sigpause(int mask)
{
	return sim_sigpause(mask);
}

int sim_dropin___xpg_sigpause(int sig) SIM_AS("__xpg_sigpause");
int sim_dropin___xpg_sigpause(int sig)
{
	return sim_xpg_sigpause(sig);
}

int sim_dropin___sigpause(int sig_or_mask, int is_sig) SIM_AS("__sigpause");
int sim_dropin___sigpause(int sig_or_mask, int is_sig)
{
	return is_sig ? sim_xpg_sigpause(sig_or_mask) : sim_sigpause(sig_or_mask);
}

int sim_dropin_signalfd(int fd, const sigset_t *set, int flags) SIM_AS("signalfd");
int sim_dropin_signalfd(int fd, const sigset_t *set, int flags)
{
	return sim_signalfd(fd, set, flags);
}
