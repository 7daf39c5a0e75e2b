/* SPDX-License-Identifier: MIT */
/*
 * How long a call waits: timeouts of poll(2), select(2), epoll_wait(2), SO_RCVTIMEO and SO_SNDTIMEO of
 * socket(7), the sleeping calls and the clocks they are measured by. Never shorter than asked; how much
 * longer is nobody's promise. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <threads.h>

enum { MS = 1000000 };

/* Gives a socket a timeout of this many milliseconds. */
static void set_timeout(int fd, int option, int ms)
{
	struct timeval t = { .tv_sec = ms / 1000, .tv_usec = ms % 1000 * 1000 };

	assert_ok(setsockopt(fd, SOL_SOCKET, option, &t, sizeof(t)));
}

#define assert_takes_at_least(ms, statement)                             \
	do {                                                             \
		int64_t since = monotonic_ns();                          \
		statement;                                               \
		assert_true(monotonic_ns() - since >= (int64_t)(ms)*MS); \
	} while (0)

TEST(poll_waits_at_least_its_timeout)
{
	int fd[2];
	struct pollfd p;

	unix_pair(SOCK_STREAM, fd);
	p = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	assert_takes_at_least(20, assert_int_equal(poll(&p, 1, 20), 0));
	assert_int_equal(p.revents, 0);
	close_pair(fd);
}

TEST(poll_of_nothing_sleeps)
{
	assert_takes_at_least(20, assert_int_equal(poll(NULL, 0, 20), 0));
}

TEST(poll_does_not_wait_when_something_is_ready)
{
	int64_t since = monotonic_ns();
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	assert_int_equal(poll(&p, 1, 60000), 1);
	assert_int_equal(poll(&p, 1, -1), 1);
	assert_true(monotonic_ns() - since < (int64_t)10000 * MS);
	assert_ok(close(fd));
}

TEST(ppoll_waits_at_least_its_timeout)
{
	struct timespec t = { 0, 20 * MS };

	assert_takes_at_least(20, assert_int_equal(ppoll(NULL, 0, &t, NULL), 0));
}

TEST(select_waits_at_least_its_timeout_and_leaves_none_of_it)
{
	struct timeval t = { 0, 20000 };
	int fd[2];
	fd_set r;

	unix_pair(SOCK_STREAM, fd);
	FD_ZERO(&r);
	FD_SET(fd[0], &r);
	assert_takes_at_least(20, assert_int_equal(select(fd[0] + 1, &r, NULL, NULL, &t), 0));
	assert_false(FD_ISSET(fd[0], &r));
	assert_int_equal(t.tv_sec, 0);
	assert_int_equal(t.tv_usec, 0);
	close_pair(fd);
}

TEST(select_that_need_not_wait_leaves_most_of_its_timeout)
{
	struct timeval t = { 100, 0 };
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	fd_set w;

	FD_ZERO(&w);
	FD_SET(fd, &w);
	assert_int_equal(select(fd + 1, NULL, &w, NULL, &t), 1);
	assert_in_range(t.tv_sec, 90, 100);
	assert_ok(close(fd));
}

TEST(epoll_waits_at_least_its_timeout)
{
	struct epoll_event e;
	int fd[2], ep = epoll_create1(0);

	unix_pair(SOCK_STREAM, fd);
	e = (struct epoll_event){ .events = EPOLLIN };
	assert_ok(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &e));
	assert_takes_at_least(20, assert_int_equal(epoll_wait(ep, &e, 1, 20), 0));
	close_pair(fd);
	assert_ok(close(ep));
}

TEST(recv_with_a_timeout_is_eagain_on_every_kind)
{
	char b;
	int tcp[2], udp[2], stream[2], dgram[2], seq[2], all[5];

	tcp_pair(tcp);
	udp_pair(udp);
	unix_pair(SOCK_STREAM, stream);
	unix_pair(SOCK_DGRAM, dgram);
	unix_pair(SOCK_SEQPACKET, seq);
	all[0] = tcp[0];
	all[1] = udp[0];
	all[2] = stream[0];
	all[3] = dgram[0];
	all[4] = seq[0];
	for (int i = 0; i < 5; i++) {
		set_timeout(all[i], SO_RCVTIMEO, 20);
		assert_takes_at_least(20, assert_fails(recv(all[i], &b, 1, 0), EAGAIN));
	}
	tcp_end(tcp);
	close_pair(udp);
	close_pair(stream);
	close_pair(dgram);
	close_pair(seq);
}

TEST(recv_with_a_timeout_takes_what_is_there_at_once)
{
	char b[4];
	int fd[2];

	tcp_pair(fd);
	set_timeout(fd[1], SO_RCVTIMEO, 60000);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
	tcp_end(fd);
}

TEST(waitall_with_a_timeout_gives_what_came)
{
	char b[8];
	int fd[2];

	tcp_pair(fd);
	set_timeout(fd[1], SO_RCVTIMEO, 20);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_takes_at_least(20, assert_int_equal(recv(fd[1], b, sizeof(b), MSG_WAITALL), 3));
	tcp_end(fd);
}

TEST(dontwait_passes_over_the_timeout)
{
	int64_t since = monotonic_ns();
	char b;
	int fd[2];

	tcp_pair(fd);
	set_timeout(fd[0], SO_RCVTIMEO, 60000);
	assert_fails(recv(fd[0], &b, 1, MSG_DONTWAIT), EAGAIN);
	assert_true(monotonic_ns() - since < (int64_t)10000 * MS);
	tcp_end(fd);
}

TEST(accept_with_a_timeout_is_eagain)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);

	set_timeout(listener, SO_RCVTIMEO, 20);
	assert_takes_at_least(20, assert_fails(accept(listener, NULL, NULL), EAGAIN));
	assert_ok(close(listener));
}

TEST(send_with_a_timeout_on_a_full_buffer_is_eagain)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	fill(fd[0], 4096);
	set_timeout(fd[0], SO_SNDTIMEO, 20);
	assert_takes_at_least(20, assert_fails(send(fd[0], "x", 1, 0), EAGAIN));
	close_pair(fd);
}

TEST(send_with_a_timeout_gives_what_went)
{
	static char block[1 << 20];
	int fd[2];
	ssize_t n = 0;

	unix_pair(SOCK_STREAM, fd);
	set_timeout(fd[0], SO_SNDTIMEO, 20);
	assert_takes_at_least(20, n = send(fd[0], block, sizeof(block), 0));
	assert_true(n > 0 && n < (ssize_t)sizeof(block));
	discard(fd[1], (size_t)n);
	close_pair(fd);
}

TEST(tcp_send_with_a_timeout_gives_what_went)
{
	static char block[1 << 20];
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd[2];
	ssize_t n = 0;

	assert_ok(set_int(listener, SOL_SOCKET, SO_RCVBUF, 8192));
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 8192));
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	set_timeout(fd[0], SO_SNDTIMEO, 100);
	assert_takes_at_least(100, n = send(fd[0], block, sizeof(block), 0));
	assert_true(n > 0 && n < (ssize_t)sizeof(block));
	discard(fd[1], (size_t)n);
	tcp_end(fd);
	assert_ok(close(listener));
}

TEST(connect_with_a_timeout_is_einprogress)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 0), first = new_socket(AF_INET, SOCK_STREAM);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(connect4(first, at));
	set_timeout(fd, SO_SNDTIMEO, 20);
	assert_takes_at_least(20, assert_fails(connect4(fd, at), EINPROGRESS));
	assert_fails(connect4(fd, at), EALREADY);
	tcp_abort(first);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(unix_connect_with_a_timeout_is_eagain)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "timeout");
	int listener = new_socket(AF_UNIX, SOCK_STREAM), first = new_socket(AF_UNIX, SOCK_STREAM);
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_ok(bind(listener, (struct sockaddr *)&at, len));
	assert_ok(listen(listener, 0));
	assert_ok(connect(first, (struct sockaddr *)&at, len));
	set_timeout(fd, SO_SNDTIMEO, 20);
	assert_takes_at_least(20, assert_fails(connect(fd, (struct sockaddr *)&at, len), EAGAIN));
	assert_ok(close(first));
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(datagram_to_a_full_queue_with_a_timeout_is_eagain)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "queue");
	int fd = new_socket(AF_UNIX, SOCK_DGRAM), sender = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_ok(bind(fd, (struct sockaddr *)&at, len));
	assert_ok(connect(sender, (struct sockaddr *)&at, len));
	while (send(sender, "x", 1, MSG_DONTWAIT) == 1)
		;
	set_timeout(sender, SO_SNDTIMEO, 20);
	assert_takes_at_least(20, assert_fails(send(sender, "x", 1, 0), EAGAIN));
	assert_ok(close(fd));
	assert_ok(close(sender));
}

TEST(nanosleep_sleeps_at_least_as_long_as_asked)
{
	struct timespec t = { 0, 20 * MS };

	assert_takes_at_least(20, assert_ok(nanosleep(&t, NULL)));
}

TEST(nanosleep_refuses_wrong_times)
{
	struct timespec over = { 0, 1000000000 }, negative = { -1, 0 };

	assert_fails(nanosleep(&over, NULL), EINVAL);
	assert_fails(nanosleep(&negative, NULL), EINVAL);
}

TEST(clock_nanosleep_gives_its_error_as_result)
{
	struct timespec t = { 0, 20 * MS }, over = { 0, 1000000000 };

	assert_takes_at_least(20, assert_int_equal(clock_nanosleep(CLOCK_MONOTONIC, 0, &t, NULL), 0));
	assert_int_equal(clock_nanosleep(CLOCK_MONOTONIC, 0, &over, NULL), EINVAL);
}

TEST(clock_nanosleep_until_a_time_that_passed_returns_at_once)
{
	struct timespec t;
	int64_t since = monotonic_ns();

	assert_ok(clock_gettime(CLOCK_MONOTONIC, &t));
	if (t.tv_sec > 0)
		t.tv_sec--;
	assert_int_equal(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
	assert_true(monotonic_ns() - since < (int64_t)10000 * MS);
}

TEST(clock_nanosleep_until_a_time_to_come_waits_for_it)
{
	int64_t until = monotonic_ns() + 20 * MS;
	struct timespec t = { .tv_sec = until / 1000000000, .tv_nsec = until % 1000000000 };

	assert_int_equal(clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &t, NULL), 0);
	assert_true(monotonic_ns() >= until);
}

TEST(usleep_sleeps_at_least_as_long_as_asked)
{
	assert_takes_at_least(20, assert_ok(usleep(20000)));
}

TEST(monotonic_clock_never_goes_back)
{
	int64_t before = monotonic_ns();

	for (int i = 0; i < 1000; i++) {
		int64_t now = monotonic_ns();

		assert_true(now >= before);
		before = now;
	}
}

TEST(realtime_clocks_agree)
{
	struct timespec a, b;
	struct timeval tv;
	time_t t;

	assert_ok(clock_gettime(CLOCK_REALTIME, &a));
	assert_ok(gettimeofday(&tv, NULL));
	assert_ok(clock_gettime(CLOCK_REALTIME, &b));
	t = time(NULL);
	assert_true(tv.tv_sec > a.tv_sec || (tv.tv_sec == a.tv_sec && tv.tv_usec >= a.tv_nsec / 1000));
	assert_true(tv.tv_sec < b.tv_sec || (tv.tv_sec == b.tv_sec && tv.tv_usec <= b.tv_nsec / 1000));
	assert_in_range(t, b.tv_sec - 1, b.tv_sec + 10);
}

TEST(unknown_clock_is_einval)
{
	struct timespec t;

	assert_fails(clock_gettime(12345, &t), EINVAL);
}

TEST(timerfd_counts_its_expirations)
{
	struct itimerspec t = { .it_value = { 0, 10 * MS }, .it_interval = { 0, 10 * MS } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	uint64_t count = 0;

	assert_true(fd >= 0);
	assert_fails(read(fd, &count, sizeof(count)), EAGAIN);
	assert_ok(timerfd_settime(fd, 0, &t, NULL));
	assert_int_equal(await(fd, POLLIN), POLLIN);
	poll(NULL, 0, 25);
	assert_int_equal(read(fd, &count, sizeof(count)), sizeof(count));
	assert_true(count >= 3);
	assert_ok(close(fd));
}

TEST(recvmmsg_looks_at_its_timeout_after_each_message_and_tells_what_is_left)
{
	struct timespec limit = { 5, 0 };
	struct mmsghdr m[3];
	char b[3][4];
	struct iovec v[3];
	int fd[2];

	udp_pair(fd);
	memset(m, 0, sizeof(m));
	for (int i = 0; i < 3; i++) {
		v[i] = (struct iovec){ b[i], sizeof(b[i]) };
		m[i].msg_hdr.msg_iov = &v[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	assert_int_equal(send(fd[0], "a", 1, 0), 1);
	assert_int_equal(send(fd[0], "b", 1, 0), 1);
	assert_int_equal(recvmmsg(fd[1], m, 2, 0, &limit), 2);
	assert_true(limit.tv_sec < 5 || (limit.tv_sec == 5 && !limit.tv_nsec));
	assert_in_range(limit.tv_sec, 3, 5);
	limit = (struct timespec){ 0, 0 };
	assert_int_equal(send(fd[0], "a", 1, 0), 1);
	assert_int_equal(send(fd[0], "b", 1, 0), 1);
	assert_int_equal(recvmmsg(fd[1], m, 3, 0, &limit), 1);
	assert_int_equal(limit.tv_sec | limit.tv_nsec, 0);
	limit.tv_nsec = 1000000000;
	assert_fails(recvmmsg(fd[1], m, 3, 0, &limit), EINVAL);
	close_pair(fd);
}

TEST(epoll_pwait2_waits_at_least_its_timeout)
{
	struct timespec limit = { 0, 20 * MS };
	struct epoll_event ev;
	int ep = epoll_create1(0);

	assert_takes_at_least(20, assert_int_equal(epoll_pwait2(ep, &ev, 1, &limit, NULL), 0));
	limit.tv_nsec = 1000000000;
	assert_fails(epoll_pwait2(ep, &ev, 1, &limit, NULL), EINVAL);
	assert_ok(close(ep));
}

TEST(thrd_sleep_sleeps_at_least_as_long_as_asked)
{
	struct timespec span = { 0, 20 * MS };

	assert_takes_at_least(20, assert_ok(thrd_sleep(&span, NULL)));
}

TEST(pselect_of_nothing_sleeps)
{
	struct timespec limit = { 0, 20 * MS };

	assert_takes_at_least(20, assert_ok(pselect(0, NULL, NULL, NULL, &limit, NULL)));
	assert_int_equal(limit.tv_nsec, 20 * MS);
}

TEST(close_lingers_no_longer_than_it_was_told)
{
	struct linger soft = { .l_onoff = 1, .l_linger = 1 };
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd[2];

	assert_ok(set_int(listener, SOL_SOCKET, SO_RCVBUF, 4096));
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	fill(fd[0], 4096);
	assert_ok(setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &soft, sizeof(soft)));
	assert_takes_at_least(1000, assert_ok(close(fd[0])));
	tcp_abort(fd[1]);
	assert_ok(close(listener));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(poll_waits_at_least_its_timeout),
	DUAL_TEST(poll_of_nothing_sleeps),
	DUAL_TEST(poll_does_not_wait_when_something_is_ready),
	DUAL_TEST(ppoll_waits_at_least_its_timeout),
	DUAL_TEST(select_waits_at_least_its_timeout_and_leaves_none_of_it),
	DUAL_TEST(select_that_need_not_wait_leaves_most_of_its_timeout),
	DUAL_TEST(epoll_waits_at_least_its_timeout),
	DUAL_TEST(recv_with_a_timeout_is_eagain_on_every_kind),
	DUAL_TEST(recv_with_a_timeout_takes_what_is_there_at_once),
	DUAL_TEST(waitall_with_a_timeout_gives_what_came),
	DUAL_TEST(dontwait_passes_over_the_timeout),
	DUAL_TEST(accept_with_a_timeout_is_eagain),
	DUAL_TEST(send_with_a_timeout_on_a_full_buffer_is_eagain),
	DUAL_TEST(send_with_a_timeout_gives_what_went),
	DUAL_TEST(tcp_send_with_a_timeout_gives_what_went),
	DUAL_TEST(connect_with_a_timeout_is_einprogress),
	DUAL_TEST(unix_connect_with_a_timeout_is_eagain),
	DUAL_TEST(datagram_to_a_full_queue_with_a_timeout_is_eagain),
	DUAL_TEST(nanosleep_sleeps_at_least_as_long_as_asked),
	DUAL_TEST(nanosleep_refuses_wrong_times),
	DUAL_TEST(clock_nanosleep_gives_its_error_as_result),
	DUAL_TEST(clock_nanosleep_until_a_time_that_passed_returns_at_once),
	DUAL_TEST(clock_nanosleep_until_a_time_to_come_waits_for_it),
	DUAL_TEST(usleep_sleeps_at_least_as_long_as_asked),
	DUAL_TEST(monotonic_clock_never_goes_back),
	DUAL_TEST(realtime_clocks_agree),
	DUAL_TEST(unknown_clock_is_einval),
	DUAL_TEST(timerfd_counts_its_expirations),
	DUAL_TEST(recvmmsg_looks_at_its_timeout_after_each_message_and_tells_what_is_left),
	DUAL_TEST(epoll_pwait2_waits_at_least_its_timeout),
	DUAL_TEST(thrd_sleep_sleeps_at_least_as_long_as_asked),
	DUAL_TEST(pselect_of_nothing_sleeps),
	DUAL_TEST(close_lingers_no_longer_than_it_was_told),
};

BEHAVIOUR_MAIN("time_waits", tests)
