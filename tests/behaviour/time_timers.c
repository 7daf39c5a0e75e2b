/* SPDX-License-Identifier: MIT */
/*
 * timer_create(2), timer_settime(2), timer_gettime(2), timer_getoverrun(2), timer_delete(2), and
 * setitimer(2)'s timers of CPU time. Times are compared by order only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/times.h>

#define MS 1000000L

#ifndef sigev_notify_thread_id
#define sigev_notify_thread_id _sigev_un._tid
#endif

/* An address that nothing has; volatile, so that no compiler warns of it. */
static void *volatile nowhere = (void *)8;

static siginfo_t last_info;
static timer_t last_timer;
static volatile int last_overrun;

static void on_signal(int number, siginfo_t *info, void *context)
{
	(void)number;
	(void)context;
	signals_seen++;
	last_info = *info;
	last_overrun = timer_getoverrun(last_timer);
}

static struct sigaction tell_of(int number, int flags)
{
	struct sigaction now = { .sa_flags = SA_SIGINFO | flags }, before;

	now.sa_sigaction = on_signal;
	sigemptyset(&now.sa_mask);
	signals_seen = 0;
	memset(&last_info, 0, sizeof(last_info));
	assert_ok(sigaction(number, &now, &before));
	return before;
}

static timer_t new_timer(int notify, int number)
{
	struct sigevent ev;
	timer_t timer;

	memset(&ev, 0, sizeof(ev));
	ev.sigev_notify = notify;
	ev.sigev_signo = number;
	ev.sigev_value.sival_int = 4711;
	assert_ok(timer_create(CLOCK_MONOTONIC, &ev, &timer));
	last_timer = timer;
	return timer;
}

static void set_ms(timer_t timer, long first_ms, long interval_ms)
{
	struct itimerspec t = { .it_value = { first_ms / 1000, first_ms % 1000 * MS },
				.it_interval = { interval_ms / 1000, interval_ms % 1000 * MS } };

	assert_ok(timer_settime(timer, 0, &t, NULL));
}

static int64_t ns_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static sigset_t set_of(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	return set;
}

static int create_on(int clock)
{
	struct sigevent ev;
	timer_t timer;
	int r;

	memset(&ev, 0, sizeof(ev));
	ev.sigev_notify = SIGEV_NONE;
	r = timer_create(clock, &ev, &timer);
	return r ? r : timer_delete(timer);
}

TEST(create_takes_the_clocks_that_can_sleep)
{
	static const int good[] = { CLOCK_REALTIME,          CLOCK_MONOTONIC, CLOCK_PROCESS_CPUTIME_ID,
				    CLOCK_THREAD_CPUTIME_ID, CLOCK_BOOTTIME,  CLOCK_TAI };
	static const int cannot[] = { CLOCK_MONOTONIC_RAW, CLOCK_REALTIME_COARSE, CLOCK_MONOTONIC_COARSE };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_ok(create_on(good[i]));
	for (size_t i = 0; i < sizeof(cannot) / sizeof(cannot[0]); i++)
		assert_fails(create_on(cannot[i]), ENOTSUP);
	assert_fails(create_on(10), EINVAL);
	assert_fails(create_on(1000), EINVAL);
	assert_fails(create_on(-1), EINVAL);
}

TEST(create_refuses_what_is_no_notification)
{
	struct sigevent ev;
	timer_t timer;

	memset(&ev, 0, sizeof(ev));
	ev.sigev_notify = 99;
	assert_fails(timer_create(CLOCK_MONOTONIC, &ev, &timer), EINVAL);
	ev.sigev_notify = SIGEV_SIGNAL;
	assert_fails(timer_create(CLOCK_MONOTONIC, &ev, &timer), EINVAL);
	ev.sigev_signo = 65;
	assert_fails(timer_create(CLOCK_MONOTONIC, &ev, &timer), EINVAL);
	ev.sigev_signo = 64;
	assert_ok(timer_create(CLOCK_MONOTONIC, &ev, &timer));
	assert_ok(timer_delete(timer));
}

TEST(thread_id_may_name_the_caller)
{
	struct sigaction before = tell_of(SIGUSR1, 0);
	struct sigevent ev;
	timer_t timer;

	memset(&ev, 0, sizeof(ev));
	ev.sigev_notify = SIGEV_THREAD_ID;
	ev.sigev_signo = SIGUSR1;
	ev.sigev_notify_thread_id = 1;
	if (getpid() != 1)
		assert_fails(timer_create(CLOCK_MONOTONIC, &ev, &timer), EINVAL);
	ev.sigev_notify_thread_id = (pid_t)syscall(SYS_gettid);
	assert_ok(timer_create(CLOCK_MONOTONIC, &ev, &timer));
	last_timer = timer;
	set_ms(timer, 5, 0);
	assert_fails(poll(NULL, 0, 2000), EINTR);
	assert_int_equal(last_info.si_code, SI_TIMER);
	assert_ok(timer_delete(timer));
	signal_restore(SIGUSR1, before);
}

TEST(calls_on_a_timer_that_is_gone_are_einval)
{
	struct itimerspec t = { .it_value = { 1, 0 } };
	timer_t timer = new_timer(SIGEV_NONE, 0);

	assert_ok(timer_delete(timer));
	assert_fails(timer_delete(timer), EINVAL);
	assert_fails(timer_settime(timer, 0, &t, NULL), EINVAL);
	assert_fails(timer_gettime(timer, &t), EINVAL);
	assert_fails(timer_getoverrun(timer), EINVAL);
}

TEST(settime_refuses_wrong_times)
{
	struct itimerspec wrong[] = {
		{ .it_value = { 0, 1000000000 } },
		{ .it_value = { 0, -1 } },
		{ .it_value = { -1, 0 } },
		{ .it_interval = { -1, 0 } },
		{ .it_interval = { 0, 1000000000 } },
	};
	timer_t timer = new_timer(SIGEV_NONE, 0);

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_fails(timer_settime(timer, 0, &wrong[i], NULL), EINVAL);
	assert_fails(timer_settime(timer, 0, NULL, NULL), EINVAL);
	assert_fails(timer_settime(timer, 0, nowhere, NULL), EFAULT);
	assert_fails(timer_gettime(timer, nowhere), EFAULT);
	assert_ok(timer_delete(timer));
}

TEST(settime_tells_the_old_setting_and_takes_unknown_flags)
{
	struct itimerspec t = { .it_value = { 1, 0 } }, old;
	timer_t timer = new_timer(SIGEV_SIGNAL, SIGUSR1);

	set_ms(timer, 5000, 250);
	assert_ok(timer_settime(timer, 8, &t, &old));
	assert_in_range(ns_of(old.it_value), 4000 * MS, 5000 * MS);
	assert_int_equal(ns_of(old.it_interval), 250 * MS);
	assert_fails(timer_settime(timer, 0, &t, nowhere), EFAULT);
	assert_ok(timer_gettime(timer, &old));
	assert_in_range(ns_of(old.it_value), 1, 1000 * MS);
	assert_int_equal(ns_of(old.it_interval), 0);
	assert_ok(timer_delete(timer));
}

TEST(signal_tells_that_a_timer_sent_it)
{
	struct sigaction before = tell_of(SIGUSR1, 0);
	timer_t timer = new_timer(SIGEV_SIGNAL, SIGUSR1);

	set_ms(timer, 5, 0);
	assert_fails(poll(NULL, 0, 2000), EINTR);
	assert_int_equal(signals_seen, 1);
	assert_int_equal(last_info.si_signo, SIGUSR1);
	assert_int_equal(last_info.si_code, SI_TIMER);
	assert_int_equal(last_info.si_overrun, 0);
	assert_int_equal(last_info.si_value.sival_int, 4711);
	assert_ok(timer_delete(timer));
	signal_restore(SIGUSR1, before);
}

TEST(no_event_at_all_means_sigalrm)
{
	struct sigaction before = tell_of(SIGALRM, 0);
	timer_t timer;

	assert_ok(timer_create(CLOCK_REALTIME, NULL, &timer));
	last_timer = timer;
	set_ms(timer, 5, 0);
	assert_fails(poll(NULL, 0, 2000), EINTR);
	assert_int_equal(last_info.si_signo, SIGALRM);
	assert_int_equal(last_info.si_code, SI_TIMER);
	assert_ok(timer_delete(timer));
	signal_restore(SIGALRM, before);
}

TEST(interval_repeats)
{
	struct sigaction before = tell_of(SIGUSR1, 0);
	timer_t timer = new_timer(SIGEV_SIGNAL, SIGUSR1);

	set_ms(timer, 10, 10);
	for (int i = 0; i < 3; i++)
		assert_fails(poll(NULL, 0, 2000), EINTR);
	assert_true(signals_seen >= 3);
	assert_ok(timer_delete(timer));
	assert_int_equal(poll(NULL, 0, 25), 0);
	signal_restore(SIGUSR1, before);
}

TEST(two_timers_of_one_signal_send_two)
{
	sigset_t set = set_of(SIGRTMIN), old;
	struct sigaction before = tell_of(SIGRTMIN, 0);
	timer_t a = new_timer(SIGEV_SIGNAL, SIGRTMIN), b = new_timer(SIGEV_SIGNAL, SIGRTMIN);

	assert_ok(sigprocmask(SIG_BLOCK, &set, &old));
	set_ms(a, 5, 0);
	set_ms(b, 5, 0);
	assert_int_equal(poll(NULL, 0, 20), 0);
	assert_ok(sigprocmask(SIG_SETMASK, &old, NULL));
	assert_int_equal(signals_seen, 2);
	set_ms(a, 5, 0);
	set_ms(b, 5, 0);
	while (signals_seen < 4)
		poll(NULL, 0, 20);
	assert_ok(timer_delete(a));
	assert_ok(timer_delete(b));
	signal_restore(SIGRTMIN, before);
}

TEST(overrun_counts_what_a_blocked_signal_missed)
{
	sigset_t set = set_of(SIGUSR1), old, pending;
	struct sigaction before = tell_of(SIGUSR1, 0);
	timer_t timer = new_timer(SIGEV_SIGNAL, SIGUSR1);
	int first;

	assert_ok(sigprocmask(SIG_BLOCK, &set, &old));
	set_ms(timer, 10, 10);
	assert_int_equal(poll(NULL, 0, 55), 0);
	assert_ok(sigpending(&pending));
	assert_int_equal(sigismember(&pending, SIGUSR1), 1);
	assert_ok(sigprocmask(SIG_SETMASK, &old, NULL));
	assert_int_equal(signals_seen, 1);
	assert_in_range(last_info.si_overrun, 3, 50);
	assert_int_equal(last_overrun, last_info.si_overrun);
	first = timer_getoverrun(timer);
	assert_in_range(first, 3, 50);
	assert_fails(poll(NULL, 0, 2000), EINTR);
	assert_in_range(timer_getoverrun(timer), 0, 2);
	assert_ok(timer_delete(timer));
	signal_restore(SIGUSR1, before);
}

TEST(settime_takes_a_blocked_signal_back)
{
	sigset_t set = set_of(SIGUSR1), old;
	struct sigaction before = tell_of(SIGUSR1, 0);
	timer_t timer = new_timer(SIGEV_SIGNAL, SIGUSR1);

	assert_ok(sigprocmask(SIG_BLOCK, &set, &old));
	set_ms(timer, 5, 0);
	assert_int_equal(poll(NULL, 0, 20), 0);
	set_ms(timer, 0, 0);
	assert_ok(sigprocmask(SIG_SETMASK, &old, NULL));
	assert_int_equal(signals_seen, 0);
	assert_ok(timer_delete(timer));
	signal_restore(SIGUSR1, before);
}

TEST(delete_takes_a_blocked_signal_back)
{
	sigset_t set = set_of(SIGUSR1), old;
	struct sigaction before = tell_of(SIGUSR1, 0);
	timer_t timer = new_timer(SIGEV_SIGNAL, SIGUSR1);

	assert_ok(sigprocmask(SIG_BLOCK, &set, &old));
	set_ms(timer, 5, 5);
	assert_int_equal(poll(NULL, 0, 20), 0);
	assert_ok(timer_delete(timer));
	assert_ok(sigprocmask(SIG_SETMASK, &old, NULL));
	assert_int_equal(signals_seen, 0);
	signal_restore(SIGUSR1, before);
}

TEST(absolute_time_in_the_past_expires_at_once)
{
	struct sigaction before = tell_of(SIGALRM, 0);
	struct itimerspec t = { .it_value = { 1, 0 } };
	timer_t timer;

	assert_ok(timer_create(CLOCK_REALTIME, NULL, &timer));
	last_timer = timer;
	assert_ok(timer_settime(timer, TIMER_ABSTIME, &t, NULL));
	settle();
	assert_int_equal(signals_seen, 1);
	assert_ok(timer_delete(timer));
	signal_restore(SIGALRM, before);
}

TEST(no_notification_only_runs)
{
	struct itimerspec t;
	timer_t timer = new_timer(SIGEV_NONE, 0);

	set_ms(timer, 10, 10);
	assert_int_equal(poll(NULL, 0, 35), 0);
	assert_ok(timer_gettime(timer, &t));
	assert_in_range(ns_of(t.it_value), 1, 10 * MS);
	assert_int_equal(timer_getoverrun(timer), 0);
	set_ms(timer, 5, 0);
	assert_int_equal(poll(NULL, 0, 15), 0);
	assert_ok(timer_gettime(timer, &t));
	assert_int_equal(ns_of(t.it_value), 0);
	assert_ok(timer_delete(timer));
}

TEST(signal_of_a_timer_interrupts_a_call_with_a_timeout)
{
	struct sigaction before = tell_of(SIGUSR1, SA_RESTART);
	struct timeval limit = { 0, 60000 };
	timer_t timer = new_timer(SIGEV_SIGNAL, SIGUSR1);
	char b;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
	set_ms(timer, 10, 0);
	assert_fails(recv(fd[0], &b, 1, 0), EINTR);
	assert_fails(recv(fd[0], &b, 1, 0), EAGAIN);
	assert_int_equal(signals_seen, 1);
	close_pair(fd);
	assert_ok(timer_delete(timer));
	signal_restore(SIGUSR1, before);
}

static volatile clock_t spent;

static void spend(void)
{
	spent = clock();
}

TEST(timers_of_cpu_time_send_their_signals)
{
	static const struct {
		__itimer_which_t which;
		int signal;
	} timers[] = { { ITIMER_VIRTUAL, SIGVTALRM }, { ITIMER_PROF, SIGPROF } };

	for (size_t i = 0; i < 2; i++) {
		struct sigaction before = signal_count(timers[i].signal, 0);
		struct itimerval t = { .it_value = { 0, 10000 }, .it_interval = { 0, 10000 } }, old;

		assert_ok(setitimer(timers[i].which, &t, NULL));
		while (signals_seen < 2)
			spend();
		memset(&t, 0, sizeof(t));
		assert_ok(setitimer(timers[i].which, &t, &old));
		assert_true(old.it_value.tv_usec > 0);
		assert_int_equal(old.it_interval.tv_usec, 10000);
		assert_ok(getitimer(timers[i].which, &old));
		assert_int_equal(old.it_value.tv_sec | old.it_value.tv_usec, 0);
		signal_restore(timers[i].signal, before);
	}
}

TEST(times_goes_on_with_the_clock)
{
	struct tms a, b;
	clock_t before = times(&a), after;

	poll(NULL, 0, 30);
	after = times(&b);
	assert_in_range(after - before, 2, 50);
	assert_true(b.tms_utime >= a.tms_utime);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(create_takes_the_clocks_that_can_sleep),
	DUAL_TEST(create_refuses_what_is_no_notification),
	DUAL_TEST(thread_id_may_name_the_caller),
	DUAL_TEST(calls_on_a_timer_that_is_gone_are_einval),
	DUAL_TEST(settime_refuses_wrong_times),
	DUAL_TEST(settime_tells_the_old_setting_and_takes_unknown_flags),
	DUAL_TEST(signal_tells_that_a_timer_sent_it),
	DUAL_TEST(no_event_at_all_means_sigalrm),
	DUAL_TEST(interval_repeats),
	DUAL_TEST(two_timers_of_one_signal_send_two),
	DUAL_TEST(overrun_counts_what_a_blocked_signal_missed),
	DUAL_TEST(settime_takes_a_blocked_signal_back),
	DUAL_TEST(delete_takes_a_blocked_signal_back),
	DUAL_TEST(absolute_time_in_the_past_expires_at_once),
	DUAL_TEST(no_notification_only_runs),
	DUAL_TEST(signal_of_a_timer_interrupts_a_call_with_a_timeout),
	DUAL_TEST(timers_of_cpu_time_send_their_signals),
	DUAL_TEST(times_goes_on_with_the_clock),
};

BEHAVIOUR_MAIN("time_timers", tests)
