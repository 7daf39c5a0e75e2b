/* SPDX-License-Identifier: MIT */
/*
 * Waiting for signals: sigtimedwait(2), sigwaitinfo(2), sigwait(3), sigpause(3), and signalfd(2) in sets
 * beside sockets. Times are compared by order only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/time.h>

#define MS 1000000L

/* X/Open's sigpause by its own name, whatever the headers take "sigpause" for. */
int xpg_sigpause(int sig) __asm__("__xpg_sigpause");

/* An address that nothing has; volatile, so that no compiler warns of it. */
static void *volatile nowhere = (void *)8;

static const struct timespec no_time = { 0, 0 };

static sigset_t set_of(int a, int b)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, a);
	if (b)
		sigaddset(&set, b);
	return set;
}

static void alarm_after_ms(long ms)
{
	struct itimerval t = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	assert_ok(setitimer(ITIMER_REAL, &t, NULL));
}

/* SIGALRM and SIGUSR1 are blocked, and have handlers that count. */
struct blocked {
	sigset_t set, old;
	struct sigaction alarm, usr1;
};

static void block(struct blocked *b)
{
	b->set = set_of(SIGALRM, SIGUSR1);
	b->alarm = signal_count(SIGALRM, SA_RESTART);
	b->usr1 = signal_count(SIGUSR1, SA_RESTART);
	assert_ok(sigprocmask(SIG_BLOCK, &b->set, &b->old));
}

static void unblock(const struct blocked *b)
{
	assert_ok(sigprocmask(SIG_SETMASK, &b->old, NULL));
	signal_restore(SIGUSR1, b->usr1);
	signal_restore(SIGALRM, b->alarm);
}

TEST(sigwaitinfo_takes_the_alarm_when_it_comes)
{
	int64_t before = monotonic_ns();
	struct blocked b;
	siginfo_t info;

	block(&b);
	alarm_after_ms(20);
	assert_int_equal(sigwaitinfo(&b.set, &info), SIGALRM);
	assert_true(monotonic_ns() - before >= 20 * MS);
	assert_int_equal(info.si_signo, SIGALRM);
	assert_int_equal(info.si_code, SI_KERNEL);
	unblock(&b);
	assert_int_equal(signals_seen, 0);
}

TEST(sigwaitinfo_takes_what_is_pending_at_once)
{
	struct blocked b;
	siginfo_t info;

	block(&b);
	assert_ok(raise(SIGUSR1));
	assert_int_equal(sigwaitinfo(&b.set, &info), SIGUSR1);
	assert_int_equal(info.si_pid, getpid());
	unblock(&b);
	assert_int_equal(signals_seen, 0);
}

TEST(sigtimedwait_takes_what_came_while_another_call_waited)
{
	struct blocked b;

	block(&b);
	alarm_after_ms(5);
	assert_int_equal(poll(NULL, 0, 20), 0);
	assert_int_equal(sigtimedwait(&b.set, NULL, &no_time), SIGALRM);
	assert_fails(sigtimedwait(&b.set, NULL, &no_time), EAGAIN);
	unblock(&b);
	assert_int_equal(signals_seen, 0);
}

TEST(lowest_signal_comes_first)
{
	struct blocked b;

	block(&b);
	alarm_after_ms(5);
	assert_int_equal(poll(NULL, 0, 20), 0);
	assert_ok(raise(SIGUSR1));
	assert_int_equal(sigtimedwait(&b.set, NULL, &no_time), SIGUSR1);
	assert_int_equal(sigtimedwait(&b.set, NULL, &no_time), SIGALRM);
	unblock(&b);
}

TEST(sigtimedwait_that_nothing_ends_is_eagain)
{
	struct timespec limit = { 0, 20 * MS };
	int64_t before = monotonic_ns();
	struct blocked b;

	block(&b);
	assert_fails(sigtimedwait(&b.set, NULL, &limit), EAGAIN);
	assert_true(monotonic_ns() - before >= 20 * MS);
	assert_fails(sigtimedwait(&b.set, NULL, &no_time), EAGAIN);
	unblock(&b);
}

TEST(other_signals_interrupt_even_with_sa_restart)
{
	struct sigaction before = signal_count(SIGALRM, SA_RESTART);
	sigset_t set = set_of(SIGUSR2, 0), old;

	assert_ok(sigprocmask(SIG_BLOCK, &set, &old));
	alarm_after_ms(10);
	assert_fails(sigwaitinfo(&set, NULL), EINTR);
	assert_int_equal(signals_seen, 1);
	assert_ok(sigprocmask(SIG_SETMASK, &old, NULL));
	signal_restore(SIGALRM, before);
}

TEST(other_blocked_signals_do_not_wake)
{
	struct timespec limit = { 0, 40 * MS };
	sigset_t only = set_of(SIGUSR1, 0);
	struct blocked b;

	block(&b);
	alarm_after_ms(10);
	assert_fails(sigtimedwait(&only, NULL, &limit), EAGAIN);
	assert_int_equal(sigtimedwait(&b.set, NULL, &no_time), SIGALRM);
	unblock(&b);
}

TEST(unblocked_signal_with_a_handler_is_taken_instead)
{
	struct sigaction before = signal_count(SIGALRM, 0);
	sigset_t set = set_of(SIGALRM, 0);

	alarm_after_ms(10);
	assert_int_equal(sigwaitinfo(&set, NULL), SIGALRM);
	assert_int_equal(signals_seen, 0);
	signal_restore(SIGALRM, before);
}

TEST(sigtimedwait_checks_its_arguments)
{
	struct timespec wrong = { 0, 1000000000 };
	struct blocked b;

	block(&b);
	assert_fails(sigtimedwait(nowhere, NULL, &no_time), EFAULT);
	assert_fails(sigtimedwait(&b.set, NULL, nowhere), EFAULT);
	assert_fails(sigtimedwait(&b.set, NULL, &wrong), EINVAL);
	wrong = (struct timespec){ -1, 0 };
	assert_fails(sigtimedwait(&b.set, NULL, &wrong), EINVAL);
	unblock(&b);
}

TEST(bad_pointer_for_the_information_loses_the_signal)
{
	struct blocked b;

	block(&b);
	assert_ok(raise(SIGUSR1));
	assert_fails(sigtimedwait(&b.set, nowhere, &no_time), EFAULT);
	assert_fails(sigtimedwait(&b.set, NULL, &no_time), EAGAIN);
	unblock(&b);
}

TEST(sigwait_gives_the_signal_and_goes_on_after_a_handler)
{
	struct sigaction before = signal_count(SIGALRM, 0), usr1 = signal_count(SIGUSR1, 0);
	sigset_t set = set_of(SIGUSR1, 0), old;
	struct itimerspec t = { .it_value = { 0, 30 * MS } };
	struct sigevent ev;
	timer_t timer;
	int got = 0;

	memset(&ev, 0, sizeof(ev));
	ev.sigev_signo = SIGUSR1;
	assert_ok(timer_create(CLOCK_MONOTONIC, &ev, &timer));
	assert_ok(sigprocmask(SIG_BLOCK, &set, &old));
	assert_ok(timer_settime(timer, 0, &t, NULL));
	alarm_after_ms(10);
	assert_int_equal(sigwait(&set, &got), 0);
	assert_int_equal(got, SIGUSR1);
	assert_int_equal(signals_seen, 1);
	assert_ok(timer_delete(timer));
	assert_ok(sigprocmask(SIG_SETMASK, &old, NULL));
	signal_restore(SIGUSR1, usr1);
	signal_restore(SIGALRM, before);
}

TEST(overrun_of_a_signal_that_is_waited_for)
{
	struct itimerspec t = { .it_value = { 0, 10 * MS }, .it_interval = { 0, 10 * MS } };
	struct sigevent ev;
	struct blocked b;
	siginfo_t info;
	timer_t timer;

	memset(&ev, 0, sizeof(ev));
	ev.sigev_signo = SIGUSR1;
	ev.sigev_value.sival_int = 7;
	block(&b);
	assert_ok(timer_create(CLOCK_MONOTONIC, &ev, &timer));
	assert_ok(timer_settime(timer, 0, &t, NULL));
	assert_int_equal(poll(NULL, 0, 45), 0);
	assert_int_equal(sigwaitinfo(&b.set, &info), SIGUSR1);
	assert_int_equal(info.si_code, SI_TIMER);
	assert_int_equal(info.si_value.sival_int, 7);
	assert_in_range(info.si_overrun, 2, 50);
	assert_int_equal(timer_getoverrun(timer), info.si_overrun);
	assert_int_equal(sigwaitinfo(&b.set, &info), SIGUSR1);
	assert_in_range(info.si_overrun, 0, 1);
	assert_ok(timer_delete(timer));
	unblock(&b);
}

TEST(sigpause_waits_for_the_signal_that_it_lets_through)
{
	struct blocked b;

	block(&b);
	alarm_after_ms(10);
	assert_fails(xpg_sigpause(SIGALRM), EINTR);
	assert_int_equal(signals_seen, 1);
	unblock(&b);
}

TEST(poll_shows_a_signalfd_when_the_alarm_comes)
{
	struct pollfd p[2];
	struct signalfd_siginfo info;
	struct blocked b;
	int64_t before;
	int fd, sv[2];

	block(&b);
	unix_pair(SOCK_STREAM, sv);
	fd = signalfd(-1, &b.set, SFD_NONBLOCK);
	p[0] = (struct pollfd){ .fd = sv[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = fd, .events = POLLIN };
	before = monotonic_ns();
	alarm_after_ms(20);
	assert_int_equal(poll(p, 2, 2000), 1);
	assert_in_range(monotonic_ns() - before, 20 * MS, 1000 * MS);
	assert_int_equal(p[0].revents, 0);
	assert_int_equal(p[1].revents, POLLIN);
	assert_int_equal(read(fd, &info, sizeof(info)), sizeof(info));
	assert_int_equal(info.ssi_signo, SIGALRM);
	assert_fails(read(fd, &info, sizeof(info)), EAGAIN);
	assert_ok(close(fd));
	close_pair(sv);
	unblock(&b);
	assert_int_equal(signals_seen, 0);
}

TEST(epoll_shows_a_signalfd_when_the_alarm_comes)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct signalfd_siginfo info;
	struct blocked b;
	int fd, ep = epoll_create1(0);

	block(&b);
	fd = signalfd(-1, &b.set, SFD_NONBLOCK);
	assert_ok(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	for (int i = 0; i < 2; i++) {
		alarm_after_ms(10);
		assert_int_equal(epoll_wait(ep, &ev, 1, 2000), 1);
		assert_int_equal(read(fd, &info, sizeof(info)), sizeof(info));
		assert_int_equal(info.ssi_signo, SIGALRM);
		assert_int_equal(epoll_wait(ep, &ev, 1, 0), 0);
	}
	assert_ok(close(fd));
	assert_ok(close(ep));
	unblock(&b);
}

TEST(select_shows_a_signalfd_when_the_alarm_comes)
{
	struct timeval limit = { 2, 0 };
	struct blocked b;
	fd_set r;
	int fd;

	block(&b);
	fd = signalfd(-1, &b.set, 0);
	FD_ZERO(&r);
	FD_SET(fd, &r);
	alarm_after_ms(10);
	assert_int_equal(select(fd + 1, &r, NULL, NULL, &limit), 1);
	assert_true(FD_ISSET(fd, &r));
	assert_int_equal(sigtimedwait(&b.set, NULL, &no_time), SIGALRM);
	assert_ok(close(fd));
	unblock(&b);
}

TEST(read_of_a_signalfd_waits_for_the_alarm)
{
	struct signalfd_siginfo info;
	struct blocked b;
	int64_t before;
	int fd;

	block(&b);
	fd = signalfd(-1, &b.set, 0);
	before = monotonic_ns();
	alarm_after_ms(20);
	assert_int_equal(read(fd, &info, sizeof(info)), sizeof(info));
	assert_true(monotonic_ns() - before >= 20 * MS);
	assert_int_equal(info.ssi_signo, SIGALRM);
	assert_ok(close(fd));
	unblock(&b);
}

TEST(signalfd_shows_every_period_of_a_timer)
{
	struct itimerspec t = { .it_value = { 0, 10 * MS }, .it_interval = { 0, 10 * MS } };
	struct signalfd_siginfo info;
	struct sigevent ev;
	struct blocked b;
	timer_t timer;
	int fd;

	memset(&ev, 0, sizeof(ev));
	ev.sigev_signo = SIGUSR1;
	block(&b);
	fd = signalfd(-1, &b.set, SFD_NONBLOCK);
	assert_ok(timer_create(CLOCK_MONOTONIC, &ev, &timer));
	assert_ok(timer_settime(timer, 0, &t, NULL));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(await(fd, POLLIN), POLLIN);
		assert_int_equal(read(fd, &info, sizeof(info)), sizeof(info));
		assert_int_equal(info.ssi_signo, SIGUSR1);
		assert_int_equal(info.ssi_code, SI_TIMER);
	}
	assert_ok(timer_delete(timer));
	assert_ok(close(fd));
	unblock(&b);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(sigwaitinfo_takes_the_alarm_when_it_comes),
	DUAL_TEST(sigwaitinfo_takes_what_is_pending_at_once),
	DUAL_TEST(sigtimedwait_takes_what_came_while_another_call_waited),
	DUAL_TEST(lowest_signal_comes_first),
	DUAL_TEST(sigtimedwait_that_nothing_ends_is_eagain),
	DUAL_TEST(other_signals_interrupt_even_with_sa_restart),
	DUAL_TEST(other_blocked_signals_do_not_wake),
	DUAL_TEST(unblocked_signal_with_a_handler_is_taken_instead),
	DUAL_TEST(sigtimedwait_checks_its_arguments),
	DUAL_TEST(bad_pointer_for_the_information_loses_the_signal),
	DUAL_TEST(sigwait_gives_the_signal_and_goes_on_after_a_handler),
	DUAL_TEST(overrun_of_a_signal_that_is_waited_for),
	DUAL_TEST(sigpause_waits_for_the_signal_that_it_lets_through),
	DUAL_TEST(poll_shows_a_signalfd_when_the_alarm_comes),
	DUAL_TEST(epoll_shows_a_signalfd_when_the_alarm_comes),
	DUAL_TEST(select_shows_a_signalfd_when_the_alarm_comes),
	DUAL_TEST(read_of_a_signalfd_waits_for_the_alarm),
	DUAL_TEST(signalfd_shows_every_period_of_a_timer),
};

BEHAVIOUR_MAIN("time_sigwait", tests)
