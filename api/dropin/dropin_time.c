/* SPDX-License-Identifier: MIT */
/* The libc names of time, timers, handlers of faults, and names: see dropin.c. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <signal.h>
#include <threads.h>

#include "api/dropin/define.h"
#include "api/posix/posix.h"
#include "api/uaccess/uaccess.h"

/* thrd_sleep(3): what is no signal's doing. */
enum { THRD_SLEEP_SIGNAL = -1, THRD_SLEEP_ERROR = -2 };

/* ---- sleeping ---- */

unsigned int sim_dropin_sleep(unsigned int span_s) SIM_AS("sleep");
unsigned int sim_dropin_sleep(unsigned int span_s)
{
	return sim_sleep(span_s);
}

int sim_dropin_usleep(unsigned int span_us) SIM_AS("usleep");
int sim_dropin_usleep(unsigned int span_us)
{
	return sim_usleep(span_us);
}

int sim_dropin_nanosleep(const struct timespec *span, struct timespec *left) SIM_AS("nanosleep");
int sim_dropin_nanosleep(const struct timespec *span, struct timespec *left)
{
	return sim_nanosleep(span, left);
}

int sim_dropin___nanosleep(const struct timespec *span, struct timespec *left) SIM_AS("__nanosleep");
int sim_dropin___nanosleep(const struct timespec *span, struct timespec *left)
{
	return sim_nanosleep(span, left);
}

int sim_dropin_clock_nanosleep(int clock_id, int flags, const struct timespec *span, struct timespec *left)
	SIM_AS("clock_nanosleep");
int sim_dropin_clock_nanosleep(int clock_id, int flags, const struct timespec *span, struct timespec *left)
{
	return sim_clock_nanosleep(clock_id, flags, span, left);
}

int sim_dropin_thrd_sleep(const struct timespec *span, struct timespec *left) SIM_AS("thrd_sleep");
int sim_dropin_thrd_sleep(const struct timespec *span, struct timespec *left)
{
	int err = sim_clock_nanosleep(CLOCK_REALTIME, 0, span, left);

	if (err == EINTR)
		return THRD_SLEEP_SIGNAL;
	return err ? THRD_SLEEP_ERROR : 0;
}

int sim_dropin_pause(void) SIM_AS("pause");
int sim_dropin_pause(void)
{
	return sim_pause();
}

int sim_dropin_sigsuspend(const sigset_t *mask) SIM_AS("sigsuspend");
int sim_dropin_sigsuspend(const sigset_t *mask)
{
	return sim_sigsuspend(mask);
}

int sim_dropin___sigsuspend(const sigset_t *mask) SIM_AS("__sigsuspend");
int sim_dropin___sigsuspend(const sigset_t *mask)
{
	return sim_sigsuspend(mask);
}

int sim_dropin_sched_yield(void) SIM_AS("sched_yield");
int sim_dropin_sched_yield(void)
{
	return sim_sched_yield();
}

int sim_dropin___sched_yield(void) SIM_AS("__sched_yield");
int sim_dropin___sched_yield(void)
{
	return sim_sched_yield();
}

int sim_dropin_pthread_yield(void) SIM_AS("pthread_yield");
int sim_dropin_pthread_yield(void)
{
	return sim_sched_yield();
}

void sim_dropin_thrd_yield(void) SIM_AS("thrd_yield");
void sim_dropin_thrd_yield(void)
{
	(void)sim_sched_yield();
}

/* ---- timers ---- */

unsigned int sim_dropin_alarm(unsigned int span_s) SIM_AS("alarm");
unsigned int sim_dropin_alarm(unsigned int span_s)
{
	return sim_alarm(span_s);
}

unsigned int sim_dropin_ualarm(unsigned int first_us, unsigned int interval_us) SIM_AS("ualarm");
unsigned int sim_dropin_ualarm(unsigned int first_us, unsigned int interval_us)
{
	return sim_ualarm(first_us, interval_us);
}

int sim_dropin_setitimer(int which, const struct itimerval *to, struct itimerval *old) SIM_AS("setitimer");
int sim_dropin_setitimer(int which, const struct itimerval *to, struct itimerval *old)
{
	return sim_setitimer(which, to, old);
}

int sim_dropin_getitimer(int which, struct itimerval *now) SIM_AS("getitimer");
int sim_dropin_getitimer(int which, struct itimerval *now)
{
	return sim_getitimer(which, now);
}

/* ---- clocks ---- */

int sim_dropin_clock_gettime(int clock_id, struct timespec *ts) SIM_AS("clock_gettime");
int sim_dropin_clock_gettime(int clock_id, struct timespec *ts)
{
	return sim_clock_gettime(clock_id, ts);
}

int sim_dropin___clock_gettime(int clock_id, struct timespec *ts) SIM_AS("__clock_gettime");
int sim_dropin___clock_gettime(int clock_id, struct timespec *ts)
{
	return sim_clock_gettime(clock_id, ts);
}

int sim_dropin_clock_getres(int clock_id, struct timespec *ts) SIM_AS("clock_getres");
int sim_dropin_clock_getres(int clock_id, struct timespec *ts)
{
	return sim_clock_getres(clock_id, ts);
}

int sim_dropin_gettimeofday(struct timeval *tv, void *zone) SIM_AS("gettimeofday");
int sim_dropin_gettimeofday(struct timeval *tv, void *zone)
{
	return sim_gettimeofday(tv, zone);
}

int sim_dropin___gettimeofday(struct timeval *tv, void *zone) SIM_AS("__gettimeofday");
int sim_dropin___gettimeofday(struct timeval *tv, void *zone)
{
	return sim_gettimeofday(tv, zone);
}

time_t sim_dropin_time(time_t *t) SIM_AS("time");
time_t sim_dropin_time(time_t *t)
{
	return sim_time(t);
}

int sim_dropin_timespec_get(struct timespec *ts, int base) SIM_AS("timespec_get");
int sim_dropin_timespec_get(struct timespec *ts, int base)
{
	return sim_timespec_get(ts, base);
}

clock_t sim_dropin_clock(void) SIM_AS("clock");
clock_t sim_dropin_clock(void)
{
	return sim_clock();
}

/* ---- handlers of faults, which stand behind ours while it does ---- */

int sim_dropin_sigaction(int sig, const struct sigaction *act, struct sigaction *old) SIM_AS("sigaction");
int sim_dropin_sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	return sim_uaccess_sigaction(sig, act, old) ? 0 : sim_libc()->sigaction(sig, act, old);
}

int sim_dropin___sigaction(int sig, const struct sigaction *act, struct sigaction *old) SIM_AS("__sigaction");
int sim_dropin___sigaction(int sig, const struct sigaction *act, struct sigaction *old)
{
	return sim_uaccess_sigaction(sig, act, old) ? 0 : sim_libc()->sigaction(sig, act, old);
}

/* signal(2), as glibc has it: restarting, and the signal is blocked while its handler runs. */
sighandler_t sim_dropin_signal(int sig, sighandler_t handler) SIM_AS("signal");
sighandler_t sim_dropin_signal(int sig, sighandler_t handler)
{
	struct sigaction act = { .sa_handler = handler, .sa_flags = SA_RESTART }, old;

	sigemptyset(&act.sa_mask);
	if (sig > 0 && sig < NSIG)
		sigaddset(&act.sa_mask, sig);
	return sim_uaccess_sigaction(sig, &act, &old) ? old.sa_handler : sim_libc()->signal(sig, handler);
}

/* ---- names ---- */

int sim_dropin_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			   struct addrinfo **list) SIM_AS("getaddrinfo");
int sim_dropin_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
			   struct addrinfo **list)
{
	return sim_getaddrinfo(node, service, hints, list);
}

void sim_dropin_freeaddrinfo(struct addrinfo *list) SIM_AS("freeaddrinfo");
void sim_dropin_freeaddrinfo(struct addrinfo *list)
{
	sim_freeaddrinfo(list);
}

int sim_dropin_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, socklen_t host_len,
			   char *service, socklen_t service_len, int flags) SIM_AS("getnameinfo");
int sim_dropin_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, socklen_t host_len,
			   char *service, socklen_t service_len, int flags)
{
	return sim_getnameinfo(addr, len, host, host_len, service, service_len, flags);
}

struct hostent *sim_dropin_gethostbyname(const char *name) SIM_AS("gethostbyname");
struct hostent *sim_dropin_gethostbyname(const char *name)
{
	return sim_gethostbyname(name);
}

struct hostent *sim_dropin_gethostbyname2(const char *name, int family) SIM_AS("gethostbyname2");
struct hostent *sim_dropin_gethostbyname2(const char *name, int family)
{
	return sim_gethostbyname2(name, family);
}

struct hostent *sim_dropin_gethostbyaddr(const void *addr, socklen_t len, int family) SIM_AS("gethostbyaddr");
struct hostent *sim_dropin_gethostbyaddr(const void *addr, socklen_t len, int family)
{
	return sim_gethostbyaddr(addr, len, family);
}

int sim_dropin_gethostbyname_r(const char *name, struct hostent *ret, char *buf, size_t buf_len,
			       struct hostent **result, int *err) SIM_AS("gethostbyname_r");
int sim_dropin_gethostbyname_r(const char *name, struct hostent *ret, char *buf, size_t buf_len,
			       struct hostent **result, int *err)
{
	return sim_gethostbyname_r(name, ret, buf, buf_len, result, err);
}

int sim_dropin_gethostbyname2_r(const char *name, int family, struct hostent *ret, char *buf, size_t buf_len,
				struct hostent **result, int *err) SIM_AS("gethostbyname2_r");
int sim_dropin_gethostbyname2_r(const char *name, int family, struct hostent *ret, char *buf, size_t buf_len,
				struct hostent **result, int *err)
{
	return sim_gethostbyname2_r(name, family, ret, buf, buf_len, result, err);
}

int sim_dropin_gethostbyaddr_r(const void *addr, socklen_t len, int family, struct hostent *ret, char *buf,
			       size_t buf_len, struct hostent **result, int *err) SIM_AS("gethostbyaddr_r");
int sim_dropin_gethostbyaddr_r(const void *addr, socklen_t len, int family, struct hostent *ret, char *buf,
			       size_t buf_len, struct hostent **result, int *err)
{
	return sim_gethostbyaddr_r(addr, len, family, ret, buf, buf_len, result, err);
}
