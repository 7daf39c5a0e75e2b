/* SPDX-License-Identifier: MIT */
/*
 * Timers and waiting for signals where no kernel can be asked: rules, reasons, exact virtual times, several
 * simulated processes, dead-locks, what a test left behind.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/timex.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "simsock_cmocka.h"
#include "tests/api/child.h"

#define MS INT64_C(1000000)

static int new_timerfd(long first_ms, long interval_ms)
{
	struct itimerspec t = { .it_value = { first_ms / 1000, first_ms % 1000 * MS },
				.it_interval = { interval_ms / 1000, interval_ms % 1000 * MS } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);

	assert_int_equal(timerfd_settime(fd, 0, &t, NULL), 0);
	return fd;
}

static sigset_t blocked(int sig)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, sig);
	sigprocmask(SIG_BLOCK, &set, NULL);
	return set;
}

static void unblocked(sigset_t set)
{
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* ---- exact times ---- */

static void a_timer_wakes_at_its_own_instant(void **state)
{
	struct pollfd p = { .events = POLLIN };
	uint64_t count;

	(void)state;
	p.fd = new_timerfd(1500, 250);
	assert_int_equal(poll(&p, 1, -1), 1);
	assert_int_equal(sim_now_ns(), 1500 * MS);
	sim_advance("1100ms");
	assert_int_equal(read(p.fd, &count, sizeof count), sizeof count);
	assert_int_equal(count, 5);
	assert_int_equal(poll(&p, 1, -1), 1);
	assert_int_equal(sim_now_ns(), 2750 * MS);
	assert_int_equal(close(p.fd), 0);
}

static void a_timer_that_nobody_reads_costs_one_event(void **state)
{
	struct pollfd p = { .events = POLLIN };
	int fd = new_timerfd(1, 1);
	uint64_t count;

	(void)state;
	p.fd = new_timerfd(1000L * 3600 * 24 * 30, 0);
	assert_int_equal(poll(&p, 1, -1), 1);
	assert_int_equal(read(fd, &count, sizeof count), sizeof count);
	assert_int_equal(count, 1000L * 3600 * 24 * 30);
	close(fd);
	close(p.fd);
}

static void a_signalfd_beside_a_timer_is_seen_at_its_own_instant(void **state)
{
	struct itimerval t = { .it_value = { 0, 300000 } };
	sigset_t set = blocked(SIGALRM);
	struct pollfd p[2] = { { .events = POLLIN }, { .events = POLLIN } };
	struct signalfd_siginfo info;

	(void)state;
	p[0].fd = new_timerfd(500, 0);
	p[1].fd = signalfd(-1, &set, 0);
	setitimer(ITIMER_REAL, &t, NULL);
	assert_int_equal(poll(p, 2, -1), 1);
	assert_int_equal(sim_now_ns(), 300 * MS);
	assert_int_equal(p[1].revents, POLLIN);
	assert_int_equal(read(p[1].fd, &info, sizeof info), sizeof info);
	assert_int_equal(info.ssi_signo, SIGALRM);
	assert_int_equal(poll(p, 2, -1), 1);
	assert_int_equal(sim_now_ns(), 500 * MS);
	close(p[0].fd);
	close(p[1].fd);
	unblocked(set);
}

static void a_rules_signal_that_is_blocked_reaches_a_signalfd(void **state)
{
	sigset_t set = blocked(SIGUSR1);
	int fd = signalfd(-1, &set, SFD_NONBLOCK), ep = epoll_create1(0), pair[2];
	struct epoll_event ev = { .events = EPOLLIN };
	struct signalfd_siginfo info;

	(void)state;
	sim_pair(pair, "unix");
	epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev);
	sim_inject("send:signal=SIGUSR1:when=1");
	assert_int_equal(send(pair[0], "x", 1, 0), 1);
	assert_int_equal(epoll_wait(ep, &ev, 1, -1), 1);
	assert_int_equal(read(fd, &info, sizeof info), sizeof info);
	assert_int_equal(info.ssi_signo, SIGUSR1);
	close(ep);
	close(fd);
	unblocked(set);
}

static void sigwait_lets_others_run(void **state)
{
	struct timespec limit = { 60, 0 };
	sigset_t set = blocked(SIGALRM);
	siginfo_t info;

	(void)state;
	alarm(30);
	assert_int_equal(sigtimedwait(&set, &info, &limit), SIGALRM);
	assert_int_equal(sim_now_ns(), 30000 * MS);
	assert_int_equal(sigtimedwait(&set, &info, &limit), -1);
	assert_int_equal(errno, EAGAIN);
	sim_assert_why(EAGAIN, "no-signal");
	assert_int_equal(sim_now_ns(), 90000 * MS);
	unblocked(set);
}

/* ---- another simulated process ---- */

static int64_t woken_ns;

static void wait_for_own_alarm(void *arg)
{
	struct itimerval t = { .it_value = { 2, 0 } };

	setitimer(ITIMER_REAL, &t, NULL);
	if (sigwaitinfo(arg, NULL) == SIGALRM)
		woken_ns = sim_now_ns();
}

static void each_process_has_its_own_alarm(void **state)
{
	sigset_t set = blocked(SIGALRM);

	(void)state;
	alarm(5);
	sim_spawn("server", wait_for_own_alarm, &set);
	assert_int_equal(sigwaitinfo(&set, NULL), SIGALRM);
	assert_int_equal(sim_now_ns(), 5000 * MS);
	assert_int_equal(woken_ns, 2000 * MS);
	unblocked(set);
}

static void own_timers(void *arg)
{
	struct itimerspec t = { .it_value = { 1, 0 }, .it_interval = { 1, 0 } };
	siginfo_t info;
	timer_t timer;

	if (timer_create(CLOCK_MONOTONIC, NULL, &timer) || timer_settime(timer, 0, &t, NULL))
		return;
	sleep(3);
	if (sigwaitinfo(arg, &info) == SIGALRM && info.si_code == SI_TIMER)
		woken_ns = info.si_overrun;
	timer_delete(timer);
}

static void a_blocked_signal_of_another_process_keeps_its_overrun(void **state)
{
	sigset_t set = blocked(SIGALRM);

	(void)state;
	sim_spawn("server", own_timers, &set);
	sleep(10);
	assert_int_equal(woken_ns, 2);
	unblocked(set);
}

/* ---- rules and reasons ---- */

static void rules_act_on_timers(void **state)
{
	struct itimerspec t = { .it_value = { 1, 0 } };
	uint64_t count;
	int fd;

	(void)state;
	sim_inject("timerfd_create:error=EMFILE:when=1");
	assert_int_equal(timerfd_create(CLOCK_MONOTONIC, 0), -1);
	assert_int_equal(errno, EMFILE);
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	sim_inject("timerfd_settime:error=ECANCELED:once");
	assert_int_equal(timerfd_settime(fd, 0, &t, NULL), -1);
	assert_int_equal(errno, ECANCELED);
	assert_int_equal(timerfd_settime(fd, 0, &t, NULL), 0);
	sim_inject("read:error=EINTR:once");
	assert_int_equal(read(fd, &count, sizeof count), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(read(fd, &count, sizeof count), sizeof count);
	assert_int_equal(close(fd), 0);
}

static void every_failure_has_a_reason(void **state)
{
	struct itimerspec t = { .it_value = { 1, 0 } };
	struct sigevent ev = { .sigev_notify = SIGEV_THREAD };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t count;
	timer_t timer;

	(void)state;
	assert_int_equal(read(fd, &count, 4), -1);
	sim_assert_why(EINVAL, "too-short");
	assert_int_equal(read(fd, &count, sizeof count), -1);
	sim_assert_why(EAGAIN, "timer-off");
	timerfd_settime(fd, 0, &t, NULL);
	assert_int_equal(read(fd, &count, sizeof count), -1);
	sim_assert_why(EAGAIN, "not-expired");
	assert_string_equal(
		sim_explain()->text,
		"read(3, 8) = -1 EAGAIN: the timer has not expired since it was last read; it will "
		"at t=1.000");
	assert_int_equal(write(fd, &count, sizeof count), -1);
	sim_assert_why(EINVAL, "not-readable");
	assert_int_equal(pread(fd, &count, sizeof count, 0), -1);
	sim_assert_why(ESPIPE, "no-places");
	close(fd);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, &ev, &timer), -1);
	sim_assert_why(ENOTSUP, "not-simulated");
	assert_int_equal(timer_delete((timer_t)(uintptr_t)0x7ffffff0), -1);
	sim_assert_why(EINVAL, "no-such-timer");
}

static void a_process_has_sixty_four_timers(void **state)
{
	timer_t timers[65];

	(void)state;
	for (int i = 0; i < 64; i++)
		assert_int_equal(timer_create(CLOCK_MONOTONIC, NULL, &timers[i]), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, NULL, &timers[64]), -1);
	sim_assert_why(EAGAIN, "timer-limit");
	assert_int_equal(timer_delete(timers[7]), 0);
	assert_int_equal(timer_create(CLOCK_MONOTONIC, NULL, &timers[7]), 0);
	for (int i = 0; i < 64; i++)
		assert_int_equal(timer_delete(timers[i]), 0);
}

/* The machine's own clock must not move, even for root. */
static void clocks_cannot_be_set(void **state)
{
	struct timespec ts = { .tv_sec = 1 };
	struct timeval tv = { .tv_sec = 1 };
	struct timex tx = { .modes = ADJ_OFFSET };

	(void)state;
	assert_int_equal(clock_settime(CLOCK_REALTIME, &ts), -1);
	sim_assert_why(EPERM, "not-simulated");
	assert_int_equal(settimeofday(&tv, NULL), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(adjtime(&tv, NULL), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(adjtimex(&tx), -1);
	assert_int_equal(errno, EPERM);
	assert_int_equal(clock_adjtime(CLOCK_REALTIME, &tx), -1);
	assert_int_equal(errno, EPERM);
}

/* ---- dead-locks, and what is left ---- */

static void read_for_ever(void)
{
	uint64_t count;
	int fd;

	sim_world_new(1);
	fd = timerfd_create(CLOCK_MONOTONIC, 0);
	(void)!read(fd, &count, sizeof count);
}

static void wait_for_no_signal(void)
{
	sigset_t set;

	sim_world_new(1);
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigwaitinfo(&set, NULL);
}

/* The timer goes on, and what it sends is held back: nothing that it does can wake anybody. */
static void wait_beside_a_held_timer(void)
{
	struct itimerspec t = { .it_value = { 60, 0 }, .it_interval = { 60, 0 } };
	timer_t timer;
	char b;
	int fd[2];

	sim_world_new(1);
	blocked(SIGALRM);
	timer_create(CLOCK_MONOTONIC, NULL, &timer);
	timer_settime(timer, 0, &t, NULL);
	sim_pair(fd, "unix");
	(void)!recv(fd[0], &b, 1, 0);
}

static void waiting_for_nothing_is_a_dead_lock(void **state)
{
	static const struct {
		void (*fn)(void);
		const char *text;
	} cases[] = { { read_for_ever, "waits in read(3) since 0.000" },
		      { wait_for_no_signal, "waits in sigwaitinfo() since 0.000" },
		      { wait_beside_a_held_timer, "waits in recv(3) since 0.000" } };
	static struct child child;

	(void)state;
	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		child_run(&child, cases[i].fn);
		assert_true(WIFEXITED(child.status) && WEXITSTATUS(child.status) == 86);
		if (!strstr(child.text, "dead-lock") || !strstr(child.text, cases[i].text))
			fail_msg("%s", child.text);
	}
}

static void leaves_timers(void **state)
{
	struct itimerspec t = { .it_value = { 9, 0 } };
	timer_t timer;

	(void)state;
	(void)!timerfd_create(CLOCK_MONOTONIC, 0);
	timer_create(CLOCK_MONOTONIC, NULL, &timer);
	timer_settime(timer, 0, &t, NULL);
}

static void run_leaver(void)
{
	const struct CMUnitTest tests[] = { sim_test(leaves_timers) };

	exit(cmocka_run_group_tests(tests, NULL, NULL));
}

static void timers_that_are_left_fail_the_test(void **state)
{
	static struct child child;

	(void)state;
	child_run(&child, run_leaver);
	if (!strstr(child.text, "a timer of timer_create's is still set, for 9.000") ||
	    !strstr(child.text, "descriptor 3 is still open: a timer"))
		fail_msg("%s", child.text);
}

static void dprintf_writes_to_a_socket(void **state)
{
	static char large[20001], got[20001];
	int fd[2];

	(void)state;
	sim_pair(fd, "unix");
	assert_int_equal(dprintf(fd[0], "%s=%d\n", "answer", 42), 10);
	assert_int_equal(recv(fd[1], got, sizeof got, 0), 10);
	assert_memory_equal(got, "answer=42\n", 10);
	memset(large, 'x', 20000);
	sim_inject("write:short=7:when=1");
	assert_int_equal(dprintf(fd[0], "%s", large), 20000);
	assert_int_equal(recv(fd[1], got, sizeof got, MSG_WAITALL | MSG_DONTWAIT), 20000);
	sim_inject("write:error=EPIPE:once");
	assert_int_equal(dprintf(fd[0], "x"), -1);
	assert_int_equal(errno, EPIPE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(a_timer_wakes_at_its_own_instant),
		sim_test(a_timer_that_nobody_reads_costs_one_event),
		sim_test(a_signalfd_beside_a_timer_is_seen_at_its_own_instant),
		sim_test(a_rules_signal_that_is_blocked_reaches_a_signalfd),
		sim_test(sigwait_lets_others_run),
		sim_test(each_process_has_its_own_alarm),
		sim_test(a_blocked_signal_of_another_process_keeps_its_overrun),
		sim_test(rules_act_on_timers),
		sim_test(every_failure_has_a_reason),
		sim_test(a_process_has_sixty_four_timers),
		sim_test(clocks_cannot_be_set),
		cmocka_unit_test(waiting_for_nothing_is_a_dead_lock),
		cmocka_unit_test(timers_that_are_left_fail_the_test),
		sim_test(dprintf_writes_to_a_socket),
	};

	return cmocka_run_group_tests_name("timers", tests, NULL, NULL);
}
