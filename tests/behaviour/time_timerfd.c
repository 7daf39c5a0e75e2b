/* SPDX-License-Identifier: MIT */
/*
 * timerfd_create(2), timerfd_settime(2), timerfd_gettime(2): what a timer that is read answers, in sets
 * beside sockets too; and every errno of the page. Times are compared by order only.
 */
#include "tests/behaviour/behaviour.h"

#include <limits.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>

#define MS 1000000L

#ifndef TFD_IOC_SET_TICKS
#define TFD_IOC_SET_TICKS _IOW('T', 0, uint64_t)
#endif

/* An address that nothing has; volatile, so that no compiler warns of it. */
static void *volatile nowhere = (void *)8;

static int new_timer(int flags)
{
	int fd = timerfd_create(CLOCK_MONOTONIC, flags);

	assert_true(fd >= 0);
	return fd;
}

/* Expires after first_ms, then every interval_ms. */
static void set_ms(int fd, long first_ms, long interval_ms)
{
	struct itimerspec t = { .it_value = { first_ms / 1000, first_ms % 1000 * MS },
				.it_interval = { interval_ms / 1000, interval_ms % 1000 * MS } };

	assert_ok(timerfd_settime(fd, 0, &t, NULL));
}

static uint64_t read_count(int fd)
{
	uint64_t count = 0;

	assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
	return count;
}

static int64_t ns_of(struct timespec t)
{
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

TEST(create_takes_the_clocks_that_the_page_names)
{
	static const int good[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME };
	static const int bad[] = { -1,
				   CLOCK_PROCESS_CPUTIME_ID,
				   CLOCK_THREAD_CPUTIME_ID,
				   CLOCK_MONOTONIC_RAW,
				   CLOCK_REALTIME_COARSE,
				   CLOCK_MONOTONIC_COARSE,
				   10,
				   CLOCK_TAI,
				   1000 };

	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_ok(close(timerfd_create(good[i], 0)));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_fails(timerfd_create(bad[i], 0), EINVAL);
}

TEST(alarm_clocks_need_a_privilege)
{
	static const int clocks[] = { CLOCK_REALTIME_ALARM, CLOCK_BOOTTIME_ALARM };

	for (size_t i = 0; i < 2; i++) {
		int fd = timerfd_create(clocks[i], 0);

		if (fd < 0)
			assert_int_equal(errno, EPERM);
		else
			assert_ok(close(fd));
	}
}

TEST(create_refuses_unknown_flags)
{
	assert_fails(timerfd_create(CLOCK_MONOTONIC, 4), EINVAL);
	assert_fails(timerfd_create(1000, 4), EINVAL);
}

TEST(create_sets_the_flags_of_its_descriptor)
{
	int fd = new_timer(TFD_NONBLOCK | TFD_CLOEXEC), plain = new_timer(0);

	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(plain, F_GETFL), O_RDWR);
	assert_int_equal(fcntl(plain, F_GETFD), 0);
	assert_ok(close(fd));
	assert_ok(close(plain));
}

TEST(settime_checks_in_the_kernels_order)
{
	struct itimerspec t = { .it_value = { 0, MS } };
	int fd = new_timer(0), ep = epoll_create1(0), sv[2];

	unix_pair(SOCK_STREAM, sv);
	assert_fails(timerfd_settime(fd, 4, NULL, NULL), EFAULT);
	assert_fails(timerfd_settime(fd, 0, nowhere, NULL), EFAULT);
	assert_fails(timerfd_settime(fd, 4, &t, NULL), EINVAL);
	assert_fails(timerfd_settime(1000, 4, &t, NULL), EINVAL);
	assert_fails(timerfd_settime(1000, 0, &t, NULL), EBADF);
	assert_fails(timerfd_settime(-1, 0, &t, NULL), EBADF);
	assert_fails(timerfd_settime(sv[0], 0, &t, NULL), EINVAL);
	assert_fails(timerfd_settime(ep, 0, &t, NULL), EINVAL);
	assert_ok(close(fd));
	assert_ok(close(ep));
	close_pair(sv);
}

TEST(settime_refuses_wrong_times)
{
	struct itimerspec wrong[] = {
		{ .it_value = { 0, 1000000000 } },
		{ .it_value = { 0, -1 } },
		{ .it_value = { -1, 0 } },
		{ .it_value = { 1, 0 }, .it_interval = { 0, 1000000000 } },
		{ .it_value = { 1, 0 }, .it_interval = { -1, 0 } },
	};
	int fd = new_timer(0);

	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		assert_fails(timerfd_settime(fd, 0, &wrong[i], NULL), EINVAL);
		assert_fails(timerfd_settime(fd, TFD_TIMER_ABSTIME, &wrong[i], NULL), EINVAL);
	}
	assert_fails(timerfd_settime(1000, 0, &wrong[0], NULL), EINVAL);
	assert_ok(close(fd));
}

TEST(settime_with_a_bad_pointer_for_the_old_time_has_set_the_new_one)
{
	struct itimerspec t = { .it_value = { 5, 0 } }, now;
	int fd = new_timer(0);

	assert_fails(timerfd_settime(fd, 0, &t, nowhere), EFAULT);
	assert_ok(timerfd_gettime(fd, &now));
	assert_in_range(ns_of(now.it_value), 1, ns_of(t.it_value));
	assert_ok(close(fd));
}

TEST(gettime_checks_in_the_kernels_order)
{
	struct itimerspec now;
	int fd = new_timer(0), ep = epoll_create1(0);

	assert_fails(timerfd_gettime(fd, nowhere), EFAULT);
	assert_fails(timerfd_gettime(1000, nowhere), EBADF);
	assert_fails(timerfd_gettime(ep, &now), EINVAL);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(gettime_tells_what_is_left_and_the_interval)
{
	struct itimerspec now;
	int fd = new_timer(0);

	assert_ok(timerfd_gettime(fd, &now));
	assert_int_equal(ns_of(now.it_value) | ns_of(now.it_interval), 0);
	set_ms(fd, 5000, 250);
	assert_ok(timerfd_gettime(fd, &now));
	assert_in_range(ns_of(now.it_value), 4000 * MS, 5000 * MS);
	assert_int_equal(ns_of(now.it_interval), 250 * MS);
	set_ms(fd, 0, 250);
	assert_ok(timerfd_gettime(fd, &now));
	assert_int_equal(ns_of(now.it_value), 0);
	assert_int_equal(ns_of(now.it_interval), 250 * MS);
	assert_ok(close(fd));
}

TEST(settime_tells_the_old_setting)
{
	struct itimerspec t = { .it_value = { 1, 0 } }, old;
	int fd = new_timer(0);

	set_ms(fd, 5000, 250);
	assert_ok(timerfd_settime(fd, 0, &t, &old));
	assert_in_range(ns_of(old.it_value), 4000 * MS, 5000 * MS);
	assert_int_equal(ns_of(old.it_interval), 250 * MS);
	assert_ok(close(fd));
}

TEST(read_of_too_few_bytes_is_einval)
{
	uint64_t count;
	int fd = new_timer(TFD_NONBLOCK);

	set_ms(fd, 1, 0);
	assert_int_equal(await(fd, POLLIN), POLLIN);
	assert_fails(read(fd, &count, 7), EINVAL);
	assert_fails(read(fd, &count, 0), EINVAL);
	assert_int_equal(read_count(fd), 1);
	assert_ok(close(fd));
}

TEST(read_before_it_expires_is_eagain)
{
	uint64_t count;
	int fd = new_timer(TFD_NONBLOCK);

	assert_fails(read(fd, &count, sizeof(count)), EAGAIN);
	assert_fails(read(fd, &count, 7), EINVAL);
	set_ms(fd, 10000, 0);
	assert_fails(read(fd, &count, sizeof(count)), EAGAIN);
	assert_ok(close(fd));
}

TEST(read_waits_until_it_expires)
{
	int64_t before = monotonic_ns();
	int fd = new_timer(0);

	set_ms(fd, 20, 0);
	assert_int_equal(read_count(fd), 1);
	assert_true(monotonic_ns() - before >= 20 * MS);
	assert_ok(close(fd));
}

TEST(nonblock_can_be_set_later)
{
	uint64_t count;
	int fd = new_timer(0), on = 1;

	set_nonblock(fd);
	assert_fails(read(fd, &count, sizeof(count)), EAGAIN);
	assert_ok(fcntl(fd, F_SETFL, 0));
	assert_ok(ioctl(fd, FIONBIO, &on));
	assert_fails(read(fd, &count, sizeof(count)), EAGAIN);
	assert_ok(close(fd));
}

TEST(read_gives_the_count_once)
{
	uint64_t count;
	int fd = new_timer(TFD_NONBLOCK);

	set_ms(fd, 1, 0);
	assert_int_equal(await(fd, POLLIN), POLLIN);
	assert_int_equal(read_count(fd), 1);
	assert_int_equal(ready(fd, POLLIN), 0);
	assert_fails(read(fd, &count, sizeof(count)), EAGAIN);
	assert_ok(close(fd));
}

TEST(read_to_a_bad_pointer_loses_the_count)
{
	uint64_t count;
	int fd = new_timer(TFD_NONBLOCK);

	set_ms(fd, 1, 0);
	assert_int_equal(await(fd, POLLIN), POLLIN);
	assert_fails(read(fd, nowhere, sizeof(count)), EFAULT);
	assert_fails(read(fd, &count, sizeof(count)), EAGAIN);
	assert_ok(close(fd));
}

TEST(readv_fills_its_pieces)
{
	unsigned char a[3], b[5];
	struct iovec v[2] = { { a, sizeof(a) }, { b, sizeof(b) } };
	int fd = new_timer(TFD_NONBLOCK);

	set_ms(fd, 1, 0);
	assert_int_equal(await(fd, POLLIN), POLLIN);
	v[1].iov_len = 4;
	assert_fails(readv(fd, v, 2), EINVAL);
	assert_int_equal(readv(fd, v, 0), 0);
	v[1].iov_len = 5;
	assert_int_equal(readv(fd, v, 2), 8);
	assert_int_equal(a[0], 1);
	assert_int_equal(a[1] | a[2] | b[0] | b[4], 0);
	assert_ok(close(fd));
}

TEST(interval_counts_what_nobody_read)
{
	int fd = new_timer(TFD_NONBLOCK);

	set_ms(fd, 5, 5);
	poll(NULL, 0, 33);
	assert_true(read_count(fd) >= 6);
	assert_int_equal(await(fd, POLLIN), POLLIN);
	assert_true(read_count(fd) >= 1);
	assert_ok(close(fd));
}

TEST(gettime_does_not_take_the_count)
{
	struct itimerspec now;
	int fd = new_timer(TFD_NONBLOCK);

	set_ms(fd, 5, 5);
	poll(NULL, 0, 22);
	assert_ok(timerfd_gettime(fd, &now));
	assert_in_range(ns_of(now.it_value), 1, 5 * MS);
	assert_true(read_count(fd) >= 4);
	assert_ok(close(fd));
}

TEST(gettime_of_one_that_has_expired_for_good_shows_none_left)
{
	struct itimerspec now;
	int fd = new_timer(0);

	set_ms(fd, 1, 0);
	assert_int_equal(await(fd, POLLIN), POLLIN);
	assert_ok(timerfd_gettime(fd, &now));
	assert_int_equal(ns_of(now.it_value), 0);
	assert_int_equal(read_count(fd), 1);
	assert_ok(close(fd));
}

TEST(settime_drops_what_has_expired)
{
	uint64_t count;
	int fd = new_timer(TFD_NONBLOCK);

	set_ms(fd, 1, 0);
	assert_int_equal(await(fd, POLLIN), POLLIN);
	set_ms(fd, 10000, 0);
	assert_int_equal(ready(fd, POLLIN), 0);
	assert_fails(read(fd, &count, sizeof(count)), EAGAIN);
	set_ms(fd, 1, 0);
	assert_int_equal(await(fd, POLLIN), POLLIN);
	set_ms(fd, 0, 0);
	assert_int_equal(ready(fd, POLLIN), 0);
	assert_ok(close(fd));
}

TEST(absolute_time_is_of_the_timers_clock)
{
	static const int clocks[] = { CLOCK_REALTIME, CLOCK_MONOTONIC, CLOCK_BOOTTIME };

	for (size_t i = 0; i < 3; i++) {
		int fd = timerfd_create(clocks[i], TFD_NONBLOCK);
		struct itimerspec t = { .it_value = { 0, 0 } };
		struct timespec now;

		assert_ok(clock_gettime(clocks[i], &now));
		t.it_value.tv_sec = now.tv_sec + 100;
		assert_ok(timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, NULL));
		assert_ok(timerfd_gettime(fd, &t));
		assert_in_range(t.it_value.tv_sec, 97, 100);
		assert_int_equal(ready(fd, POLLIN), 0);
		assert_ok(close(fd));
	}
}

TEST(absolute_time_in_the_past_expires_at_once_and_counts_its_intervals)
{
	struct itimerspec t = { .it_interval = { 1, 0 } };
	struct timespec now;
	int fd = timerfd_create(CLOCK_REALTIME, TFD_NONBLOCK);

	assert_ok(clock_gettime(CLOCK_REALTIME, &now));
	t.it_value = now;
	t.it_value.tv_sec -= 10;
	assert_ok(timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, NULL));
	assert_int_equal(await(fd, POLLIN), POLLIN);
	assert_in_range(read_count(fd), 11, 12);
	assert_ok(timerfd_gettime(fd, &t));
	assert_in_range(ns_of(t.it_value), 1, 1000 * MS);
	assert_ok(close(fd));
}

TEST(cancel_on_set_is_taken_of_every_clock_and_cancels_nothing_by_itself)
{
	struct itimerspec t = { .it_value = { 0, 1 } };
	int fd = timerfd_create(CLOCK_REALTIME, 0), mono = new_timer(0);

	assert_ok(timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &t, NULL));
	assert_int_equal(read_count(fd), 1);
	assert_ok(timerfd_settime(mono, TFD_TIMER_CANCEL_ON_SET, &t, NULL));
	assert_int_equal(read_count(mono), 1);
	assert_ok(close(fd));
	assert_ok(close(mono));
}

TEST(far_times_are_taken)
{
	struct itimerspec t = { .it_value = { LONG_MAX, 0 }, .it_interval = { LONG_MAX, 0 } };
	int fd = new_timer(0);

	assert_ok(timerfd_settime(fd, 0, &t, NULL));
	assert_ok(timerfd_settime(fd, TFD_TIMER_ABSTIME, &t, NULL));
	assert_int_equal(ready(fd, POLLIN), 0);
	set_ms(fd, 1, 0);
	t.it_value = (struct timespec){ 0, MS };
	assert_ok(timerfd_settime(fd, 0, &t, NULL));
	assert_int_equal(read_count(fd), 1);
	assert_ok(close(fd));
}

TEST(poll_shows_pollin_and_nothing_else)
{
	int fd = new_timer(0);

	assert_int_equal(ready(fd, 0x3fff), 0);
	set_ms(fd, 1, 0);
	assert_int_equal(await(fd, 0x3fff), POLLIN);
	assert_int_equal(ready(fd, POLLRDNORM | POLLOUT), 0);
	assert_ok(close(fd));
}

TEST(poll_waits_for_a_timer_beside_a_socket)
{
	struct pollfd p[2];
	int fd = new_timer(0), sv[2];

	unix_pair(SOCK_STREAM, sv);
	p[0] = (struct pollfd){ .fd = sv[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = fd, .events = POLLIN };
	set_ms(fd, 10, 0);
	assert_int_equal(poll(p, 2, 2000), 1);
	assert_int_equal(p[0].revents, 0);
	assert_int_equal(p[1].revents, POLLIN);
	assert_int_equal(send(sv[1], "x", 1, 0), 1);
	assert_int_equal(poll(p, 2, 2000), 2);
	assert_ok(close(fd));
	close_pair(sv);
}

TEST(select_waits_for_a_timer)
{
	struct timeval limit = { 2, 0 };
	int fd = new_timer(0);
	fd_set r, w, x;

	FD_ZERO(&r);
	FD_SET(fd, &r);
	w = x = r;
	set_ms(fd, 10, 0);
	FD_ZERO(&w);
	assert_int_equal(select(fd + 1, &r, &w, &x, &limit), 1);
	assert_true(FD_ISSET(fd, &r));
	assert_false(FD_ISSET(fd, &x));
	assert_ok(close(fd));
}

TEST(epoll_shows_a_level_until_it_is_read)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int fd = new_timer(0), ep = epoll_create1(0);

	assert_ok(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	set_ms(fd, 10, 0);
	assert_int_equal(epoll_wait(ep, &ev, 1, 2000), 1);
	assert_int_equal(ev.events, EPOLLIN);
	assert_int_equal(epoll_wait(ep, &ev, 1, 0), 1);
	assert_int_equal(read_count(fd), 1);
	assert_int_equal(epoll_wait(ep, &ev, 1, 0), 0);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(edge_triggered_epoll_hears_of_an_interval_only_after_a_read)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLET };
	int fd = new_timer(0), ep = epoll_create1(0);

	assert_ok(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &ev));
	set_ms(fd, 5, 5);
	assert_int_equal(epoll_wait(ep, &ev, 1, 2000), 1);
	assert_int_equal(epoll_wait(ep, &ev, 1, 22), 0);
	assert_true(read_count(fd) >= 2);
	assert_int_equal(epoll_wait(ep, &ev, 1, 2000), 1);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(duplicates_share_the_timer)
{
	uint64_t count;
	int fd = new_timer(TFD_NONBLOCK), twin = dup(fd);

	set_ms(twin, 1, 0);
	assert_int_equal(await(fd, POLLIN), POLLIN);
	assert_ok(close(fd));
	assert_int_equal(read_count(twin), 1);
	assert_fails(read(twin, &count, sizeof(count)), EAGAIN);
	assert_ok(close(twin));
}

TEST(close_of_a_timer_that_is_set_is_quiet)
{
	int fd = new_timer(0);

	set_ms(fd, 5, 5);
	assert_ok(close(fd));
	assert_int_equal(poll(NULL, 0, 15), 0);
}

TEST(write_is_einval)
{
	struct iovec v = { (void *)(uintptr_t) "12345678", 8 };
	int fd = new_timer(0);

	assert_fails(write(fd, "12345678", 8), EINVAL);
	assert_fails(write(fd, "", 0), EINVAL);
	assert_fails(writev(fd, &v, 1), EINVAL);
	assert_ok(close(fd));
}

TEST(it_is_no_socket)
{
	struct sockaddr_in at = at4("127.0.0.1", 1);
	socklen_t len = sizeof(at);
	char b;
	int fd = new_timer(0);

	assert_fails(send(fd, "x", 1, 0), ENOTSOCK);
	assert_fails(recv(fd, &b, 1, 0), ENOTSOCK);
	assert_fails(connect4(fd, at), ENOTSOCK);
	assert_fails(listen(fd, 1), ENOTSOCK);
	assert_fails(getsockname(fd, (struct sockaddr *)&at, &len), ENOTSOCK);
	assert_fails(shutdown(fd, SHUT_RD), ENOTSOCK);
	assert_ok(close(fd));
}

TEST(fstat_shows_an_anonymous_inode)
{
	struct stat st, other;
	int fd = new_timer(0), ep = epoll_create1(0);

	assert_ok(fstat(fd, &st));
	assert_ok(fstat(ep, &other));
	assert_int_equal(st.st_mode, 0600);
	assert_int_equal(st.st_ino, other.st_ino);
	assert_int_equal(st.st_dev, other.st_dev);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(lseek_stays_at_the_start)
{
	int fd = new_timer(0), ep = epoll_create1(0);

	assert_int_equal(lseek(fd, 5, SEEK_SET), 0);
	assert_int_equal(lseek(ep, 5, SEEK_END), 0);
	assert_fails(lseek(fd, 0, 5), EINVAL);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(ioctl_knows_ticks_and_no_bytes)
{
	uint64_t num = 3;
	int fd = new_timer(TFD_NONBLOCK), n = 0, on = 1;

	assert_ok(ioctl(fd, TFD_IOC_SET_TICKS, &num));
	assert_int_equal(read_count(fd), 3);
	num = 0;
	assert_fails(ioctl(fd, TFD_IOC_SET_TICKS, &num), EINVAL);
	assert_fails(ioctl(fd, TFD_IOC_SET_TICKS, NULL), EFAULT);
	assert_fails(ioctl(fd, FIONREAD, &n), ENOTTY);
	assert_fails(ioctl(fd, FIOASYNC, &on), ENOTTY);
	on = 0;
	assert_ok(ioctl(fd, FIOASYNC, &on));
	assert_ok(fcntl(fd, F_SETFL, O_ASYNC | O_NONBLOCK));
	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	assert_ok(close(fd));
}

TEST(read_is_interrupted_and_resumes_with_sa_restart)
{
	struct itimerspec t = { .it_value = { 0, 40 * MS } };
	struct itimerval soon = { .it_value = { 0, 10000 } };
	struct sigaction before = signal_count(SIGALRM, 0), again;
	uint64_t count;
	int fd = new_timer(0);

	assert_ok(setitimer(ITIMER_REAL, &soon, NULL));
	assert_fails(read(fd, &count, sizeof(count)), EINTR);
	assert_int_equal(signals_seen, 1);
	again = signal_count(SIGALRM, SA_RESTART);
	assert_ok(timerfd_settime(fd, 0, &t, NULL));
	assert_ok(setitimer(ITIMER_REAL, &soon, NULL));
	assert_int_equal(read_count(fd), 1);
	assert_int_equal(signals_seen, 1);
	signal_restore(SIGALRM, again);
	signal_restore(SIGALRM, before);
	assert_ok(close(fd));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(create_takes_the_clocks_that_the_page_names),
	DUAL_TEST(alarm_clocks_need_a_privilege),
	DUAL_TEST(create_refuses_unknown_flags),
	DUAL_TEST(create_sets_the_flags_of_its_descriptor),
	DUAL_TEST(settime_checks_in_the_kernels_order),
	DUAL_TEST(settime_refuses_wrong_times),
	DUAL_TEST(settime_with_a_bad_pointer_for_the_old_time_has_set_the_new_one),
	DUAL_TEST(gettime_checks_in_the_kernels_order),
	DUAL_TEST(gettime_tells_what_is_left_and_the_interval),
	DUAL_TEST(settime_tells_the_old_setting),
	DUAL_TEST(read_of_too_few_bytes_is_einval),
	DUAL_TEST(read_before_it_expires_is_eagain),
	DUAL_TEST(read_waits_until_it_expires),
	DUAL_TEST(nonblock_can_be_set_later),
	DUAL_TEST(read_gives_the_count_once),
	DUAL_TEST(read_to_a_bad_pointer_loses_the_count),
	DUAL_TEST(readv_fills_its_pieces),
	DUAL_TEST(interval_counts_what_nobody_read),
	DUAL_TEST(gettime_does_not_take_the_count),
	DUAL_TEST(gettime_of_one_that_has_expired_for_good_shows_none_left),
	DUAL_TEST(settime_drops_what_has_expired),
	DUAL_TEST(absolute_time_is_of_the_timers_clock),
	DUAL_TEST(absolute_time_in_the_past_expires_at_once_and_counts_its_intervals),
	DUAL_TEST(cancel_on_set_is_taken_of_every_clock_and_cancels_nothing_by_itself),
	DUAL_TEST(far_times_are_taken),
	DUAL_TEST(poll_shows_pollin_and_nothing_else),
	DUAL_TEST(poll_waits_for_a_timer_beside_a_socket),
	DUAL_TEST(select_waits_for_a_timer),
	DUAL_TEST(epoll_shows_a_level_until_it_is_read),
	DUAL_TEST(edge_triggered_epoll_hears_of_an_interval_only_after_a_read),
	DUAL_TEST(duplicates_share_the_timer),
	DUAL_TEST(close_of_a_timer_that_is_set_is_quiet),
	DUAL_TEST(write_is_einval),
	DUAL_TEST(it_is_no_socket),
	DUAL_TEST(fstat_shows_an_anonymous_inode),
	DUAL_TEST(lseek_stays_at_the_start),
	DUAL_TEST(ioctl_knows_ticks_and_no_bytes),
	DUAL_TEST(read_is_interrupted_and_resumes_with_sa_restart),
};

BEHAVIOUR_MAIN("time_timerfd", tests)
