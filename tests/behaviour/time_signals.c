/* SPDX-License-Identifier: MIT */
/*
 * Signals and waiting calls, signal(7): what SIGALRM interrupts with EINTR, what SA_RESTART resumes, what a
 * partial transfer gives instead; alarm(2), setitimer(2), sigsuspend(2). Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>

/* What the handler of the next SIGALRM does beside counting. */
static int alarm_sends_on = -1;
static int alarm_empties = -1;
static struct sockaddr_in alarm_connects_to;
static int alarm_connects = -1;
static sigjmp_buf alarm_jumps_to;
static bool alarm_jumps;

static void on_alarm(int number)
{
	static char block[65536];
	int saved = errno;

	(void)number;
	signals_seen++;
	while (alarm_empties >= 0 && recv(alarm_empties, block, sizeof(block), MSG_DONTWAIT) > 0)
		;
	if (alarm_connects >= 0)
		(void)!connect4(alarm_connects, alarm_connects_to);
	if (alarm_sends_on >= 0)
		(void)!write(alarm_sends_on, "woken", 5);
	errno = saved;
	if (alarm_jumps)
		siglongjmp(alarm_jumps_to, 1);
}

/* One SIGALRM after 20 ms; its handler has these flags. */
static struct sigaction alarm_soon(int flags)
{
	struct sigaction now = { .sa_flags = flags }, before;
	struct itimerval t = { .it_value = { 0, 20000 } };

	now.sa_handler = on_alarm;
	sigemptyset(&now.sa_mask);
	signals_seen = 0;
	alarm_sends_on = -1;
	alarm_empties = -1;
	alarm_connects = -1;
	alarm_jumps = false;
	assert_ok(sigaction(SIGALRM, &now, &before));
	assert_ok(setitimer(ITIMER_REAL, &t, NULL));
	return before;
}

static void alarm_over(struct sigaction before)
{
	struct itimerval off = { .it_value = { 0, 0 } };

	assert_ok(setitimer(ITIMER_REAL, &off, NULL));
	assert_ok(sigaction(SIGALRM, &before, NULL));
}

TEST(recv_is_interrupted_on_every_kind)
{
	char b;
	int tcp[2], udp[2], stream[2], dgram[2], all[4];

	tcp_pair(tcp);
	udp_pair(udp);
	unix_pair(SOCK_STREAM, stream);
	unix_pair(SOCK_DGRAM, dgram);
	all[0] = tcp[0];
	all[1] = udp[0];
	all[2] = stream[0];
	all[3] = dgram[0];
	for (int i = 0; i < 4; i++) {
		struct sigaction before = alarm_soon(0);

		assert_fails(recv(all[i], &b, 1, 0), EINTR);
		assert_int_equal(signals_seen, 1);
		alarm_over(before);
	}
	tcp_end(tcp);
	close_pair(udp);
	close_pair(stream);
	close_pair(dgram);
}

TEST(recv_resumes_with_sa_restart)
{
	struct sigaction before;
	char b[8];
	int fd[2];

	tcp_pair(fd);
	before = alarm_soon(SA_RESTART);
	alarm_sends_on = fd[0];
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 5);
	assert_memory_equal(b, "woken", 5);
	assert_int_equal(signals_seen, 1);
	alarm_over(before);
	tcp_end(fd);
}

TEST(read_of_a_unix_stream_resumes_with_sa_restart)
{
	struct sigaction before;
	char b[8];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	before = alarm_soon(SA_RESTART);
	alarm_sends_on = fd[0];
	assert_int_equal(read(fd[1], b, sizeof(b)), 5);
	alarm_over(before);
	close_pair(fd);
}

TEST(recv_with_a_timeout_is_interrupted_even_with_sa_restart)
{
	struct timeval limit = { 10, 0 };
	struct sigaction before;
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_ok(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
	before = alarm_soon(SA_RESTART);
	assert_fails(recv(fd[0], &b, 1, 0), EINTR);
	alarm_over(before);
	tcp_end(fd);
}

TEST(interrupted_recv_loses_nothing)
{
	struct sigaction before;
	char b[8];
	int fd[2];

	tcp_pair(fd);
	before = alarm_soon(0);
	assert_fails(recv(fd[1], b, sizeof(b), 0), EINTR);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
	alarm_over(before);
	tcp_end(fd);
}

TEST(interrupted_waitall_gives_what_came)
{
	struct sigaction before;
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	before = alarm_soon(0);
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_WAITALL), 3);
	assert_int_equal(signals_seen, 1);
	alarm_over(before);
	tcp_end(fd);
}

TEST(accept_is_interrupted)
{
	struct sigaction before;
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);

	before = alarm_soon(0);
	assert_fails(accept(listener, NULL, NULL), EINTR);
	alarm_over(before);
	assert_ok(close(listener));
}

TEST(accept_resumes_with_sa_restart)
{
	struct sigaction before;
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK), peer;

	before = alarm_soon(SA_RESTART);
	alarm_connects_to = at;
	alarm_connects = fd;
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(signals_seen, 1);
	alarm_over(before);
	tcp_abort(fd);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(connect_is_interrupted_and_goes_on_by_itself)
{
	struct sigaction before;
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 0), first = new_socket(AF_INET, SOCK_STREAM);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(connect4(first, at));
	before = alarm_soon(0);
	assert_fails(connect4(fd, at), EINTR);
	set_nonblock(fd);
	assert_fails(connect4(fd, at), EALREADY);
	alarm_over(before);
	tcp_abort(first);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(send_on_a_full_stream_is_interrupted_before_any_byte)
{
	struct sigaction before;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	fill(fd[0], 4096);
	before = alarm_soon(0);
	assert_fails(send(fd[0], "x", 1, 0), EINTR);
	assert_int_equal(signals_seen, 1);
	alarm_over(before);
	close_pair(fd);
}

TEST(send_on_a_full_stream_waits_for_the_peer_to_read)
{
	struct sigaction before;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	fill(fd[0], 4096);
	before = alarm_soon(SA_RESTART);
	alarm_empties = fd[1];
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(signals_seen, 1);
	alarm_over(before);
	close_pair(fd);
}

TEST(interrupted_send_gives_the_bytes_that_went)
{
	static char block[1 << 20];
	struct sigaction before;
	int fd[2];
	ssize_t n;

	unix_pair(SOCK_STREAM, fd);
	before = alarm_soon(0);
	n = send(fd[0], block, sizeof(block), 0);
	assert_true(n > 0 && n < (ssize_t)sizeof(block));
	assert_int_equal(signals_seen, 1);
	alarm_over(before);
	discard(fd[1], (size_t)n);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	close_pair(fd);
}

/* A TCP pair with small buffers. */
static void small_pair(int fd[2])
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);

	assert_ok(set_int(listener, SOL_SOCKET, SO_RCVBUF, 8192));
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 8192));
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	assert_ok(close(listener));
}

TEST(interrupted_tcp_send_gives_the_bytes_that_went_even_with_sa_restart)
{
	static char block[1 << 20];
	struct sigaction before;
	int fd[2];
	ssize_t n;

	small_pair(fd);
	before = alarm_soon(SA_RESTART);
	n = send(fd[0], block, sizeof(block), 0);
	assert_true(n > 0 && n < (ssize_t)sizeof(block));
	assert_int_equal(signals_seen, 1);
	alarm_over(before);
	discard(fd[1], (size_t)n);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	tcp_end(fd);
}

TEST(tcp_send_with_no_room_is_interrupted)
{
	static char block[1 << 20];
	struct sigaction before;
	int fd[2];

	small_pair(fd);
	do {
		fill(fd[0], 4096);
		poll(NULL, 0, 60);
	} while (send(fd[0], block, 4096, MSG_DONTWAIT) > 0);
	before = alarm_soon(0);
	assert_fails(send(fd[0], block, sizeof(block), 0), EINTR);
	alarm_over(before);
	tcp_end(fd);
}

TEST(tcp_send_with_no_room_waits_for_the_peer_to_read)
{
	struct sigaction before;
	int fd[2];

	small_pair(fd);
	do {
		fill(fd[0], 4096);
		poll(NULL, 0, 60);
	} while (send(fd[0], "x", 1, MSG_DONTWAIT) > 0);
	before = alarm_soon(SA_RESTART);
	alarm_empties = fd[1];
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(signals_seen, 1);
	alarm_over(before);
	tcp_end(fd);
}

TEST(datagram_to_a_full_queue_waits_for_the_peer_to_read)
{
	struct sockaddr_un at;
	struct sigaction before;
	socklen_t len = abstract_name(&at, "waits");
	int fd = new_socket(AF_UNIX, SOCK_DGRAM), sender = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_ok(bind(fd, (struct sockaddr *)&at, len));
	assert_ok(connect(sender, (struct sockaddr *)&at, len));
	while (send(sender, "x", 1, MSG_DONTWAIT) == 1)
		;
	before = alarm_soon(SA_RESTART);
	alarm_empties = fd;
	assert_int_equal(send(sender, "x", 1, 0), 1);
	assert_int_equal(signals_seen, 1);
	alarm_over(before);
	assert_ok(close(fd));
	assert_ok(close(sender));
}

TEST(datagram_to_a_full_queue_is_interrupted)
{
	struct sockaddr_un at;
	struct sigaction before;
	socklen_t len = abstract_name(&at, "queue");
	int fd = new_socket(AF_UNIX, SOCK_DGRAM), sender = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_ok(bind(fd, (struct sockaddr *)&at, len));
	assert_ok(connect(sender, (struct sockaddr *)&at, len));
	while (send(sender, "x", 1, MSG_DONTWAIT) == 1)
		;
	before = alarm_soon(0);
	assert_fails(send(sender, "x", 1, 0), EINTR);
	alarm_over(before);
	assert_ok(close(fd));
	assert_ok(close(sender));
}

TEST(poll_is_interrupted_even_with_sa_restart)
{
	struct pollfd p;
	struct sigaction before;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	p = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	before = alarm_soon(SA_RESTART);
	assert_fails(poll(&p, 1, -1), EINTR);
	alarm_over(before);
	close_pair(fd);
}

TEST(select_is_interrupted_even_with_sa_restart)
{
	struct sigaction before;
	int fd[2];
	fd_set r;

	unix_pair(SOCK_STREAM, fd);
	FD_ZERO(&r);
	FD_SET(fd[0], &r);
	before = alarm_soon(SA_RESTART);
	assert_fails(select(fd[0] + 1, &r, NULL, NULL, NULL), EINTR);
	alarm_over(before);
	close_pair(fd);
}

TEST(epoll_wait_is_interrupted_even_with_sa_restart)
{
	struct epoll_event e;
	struct sigaction before = alarm_soon(SA_RESTART);
	int ep = epoll_create1(0);

	assert_fails(epoll_wait(ep, &e, 1, -1), EINTR);
	alarm_over(before);
	assert_ok(close(ep));
}

TEST(poll_that_finds_something_ready_is_not_interrupted_by_what_came_before)
{
	struct sigaction before = signal_count(SIGUSR1, 0);
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	assert_ok(raise(SIGUSR1));
	assert_int_equal(signals_seen, 1);
	assert_int_equal(poll(&p, 1, -1), 1);
	assert_ok(close(fd));
	signal_restore(SIGUSR1, before);
}

TEST(handler_that_makes_data_arrive_still_interrupts_poll)
{
	struct sigaction before;
	struct pollfd p;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	p = (struct pollfd){ .fd = fd[1], .events = POLLIN };
	before = alarm_soon(0);
	alarm_sends_on = fd[0];
	assert_fails(poll(&p, 1, -1), EINTR);
	assert_int_equal(poll(&p, 1, 0), 1);
	alarm_over(before);
	close_pair(fd);
}

TEST(blocked_signal_interrupts_nothing_and_is_pending)
{
	sigset_t only, old, pending;
	struct sigaction before = alarm_soon(0);

	sigemptyset(&only);
	sigaddset(&only, SIGALRM);
	assert_ok(sigprocmask(SIG_BLOCK, &only, &old));
	assert_int_equal(poll(NULL, 0, 60), 0);
	assert_int_equal(signals_seen, 0);
	assert_ok(sigpending(&pending));
	assert_int_equal(sigismember(&pending, SIGALRM), 1);
	assert_ok(sigprocmask(SIG_SETMASK, &old, NULL));
	assert_int_equal(signals_seen, 1);
	alarm_over(before);
}

TEST(ignored_signal_interrupts_nothing)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before = alarm_soon(0);

	assert_ok(sigaction(SIGALRM, &ignore, NULL));
	assert_int_equal(poll(NULL, 0, 60), 0);
	alarm_over(before);
}

TEST(ppoll_lets_a_blocked_signal_in_while_it_waits)
{
	sigset_t only, none, old;
	struct sigaction before = alarm_soon(0);

	sigemptyset(&none);
	sigemptyset(&only);
	sigaddset(&only, SIGALRM);
	assert_ok(sigprocmask(SIG_BLOCK, &only, &old));
	assert_fails(ppoll(NULL, 0, NULL, &none), EINTR);
	assert_int_equal(signals_seen, 1);
	assert_ok(sigprocmask(SIG_SETMASK, &old, &none));
	assert_int_equal(sigismember(&none, SIGALRM), 1);
	alarm_over(before);
}

TEST(sigsuspend_waits_for_a_signal)
{
	sigset_t only, none, old;
	struct sigaction before = alarm_soon(0);

	sigemptyset(&none);
	sigemptyset(&only);
	sigaddset(&only, SIGALRM);
	assert_ok(sigprocmask(SIG_BLOCK, &only, &old));
	assert_fails(sigsuspend(&none), EINTR);
	assert_int_equal(signals_seen, 1);
	assert_ok(sigprocmask(SIG_SETMASK, &old, NULL));
	alarm_over(before);
}

TEST(pause_waits_for_a_signal)
{
	struct sigaction before = alarm_soon(SA_RESTART);

	assert_fails(pause(), EINTR);
	assert_int_equal(signals_seen, 1);
	alarm_over(before);
}

TEST(nanosleep_is_interrupted_and_gives_what_is_left)
{
	struct timespec asked = { 5, 0 }, left = { -1, -1 };
	struct sigaction before = alarm_soon(SA_RESTART);

	assert_fails(nanosleep(&asked, &left), EINTR);
	assert_in_range(left.tv_sec, 3, 4);
	assert_in_range(left.tv_nsec, 0, 999999999);
	alarm_over(before);
}

TEST(sleep_is_interrupted_and_gives_the_seconds_left)
{
	struct sigaction before = alarm_soon(0);

	assert_in_range(sleep(10), 8, 10);
	assert_int_equal(signals_seen, 1);
	alarm_over(before);
}

TEST(handler_can_jump_out_of_a_waiting_call)
{
	static struct sigaction before; /* set after sigsetjmp, read after the jump */
	char b;
	int fd[2];

	tcp_pair(fd);
	if (!sigsetjmp(alarm_jumps_to, 1)) {
		before = alarm_soon(SA_RESTART);
		alarm_jumps = true;
		recv(fd[0], &b, 1, 0);
		fail();
	}
	assert_int_equal(signals_seen, 1);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(recv(fd[0], &b, 1, 0), 1);
	alarm_over(before);
	tcp_end(fd);
}

TEST(alarm_gives_the_seconds_that_were_left)
{
	struct sigaction before = signal_count(SIGALRM, 0);

	assert_int_equal(alarm(100), 0);
	assert_int_equal(alarm(50), 100);
	assert_int_equal(alarm(0), 50);
	assert_int_equal(alarm(0), 0);
	assert_int_equal(signals_seen, 0);
	signal_restore(SIGALRM, before);
}

TEST(alarm_and_setitimer_share_one_timer)
{
	struct itimerval t = { .it_value = { 0, 0 } };
	struct sigaction before = signal_count(SIGALRM, 0);

	assert_int_equal(alarm(100), 0);
	assert_ok(getitimer(ITIMER_REAL, &t));
	assert_in_range(t.it_value.tv_sec, 98, 100);
	t.it_value.tv_sec = 40;
	t.it_value.tv_usec = 0;
	assert_ok(setitimer(ITIMER_REAL, &t, NULL));
	assert_int_equal(alarm(0), 40);
	signal_restore(SIGALRM, before);
}

TEST(setitimer_repeats_by_its_interval)
{
	struct itimerval t = { .it_value = { 0, 10000 }, .it_interval = { 0, 10000 } }, off, old;
	struct sigaction before = signal_count(SIGALRM, 0);

	memset(&off, 0, sizeof(off));
	assert_ok(setitimer(ITIMER_REAL, &t, NULL));
	for (int i = 0; i < 3; i++)
		assert_fails(poll(NULL, 0, 2000), EINTR);
	assert_true(signals_seen >= 3);
	assert_ok(setitimer(ITIMER_REAL, &off, &old));
	assert_int_equal(old.it_interval.tv_usec, 10000);
	signal_restore(SIGALRM, before);
}

TEST(setitimer_refuses_wrong_times)
{
	struct itimerval wrong = { .it_value = { 0, 1000000 } };

	assert_fails(setitimer(ITIMER_REAL, &wrong, NULL), EINVAL);
	assert_fails(setitimer((__itimer_which_t)99, &wrong, NULL), EINVAL);
}

TEST(sigpipe_handler_runs_before_send_returns)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(close(fd[1]));
	assert_fails(send(fd[0], "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_ok(close(fd[0]));
	signal_restore(SIGPIPE, before);
}

TEST(resethand_runs_a_handler_once)
{
	struct sigaction before = signal_count(SIGUSR1, SA_RESETHAND), now;

	assert_ok(raise(SIGUSR1));
	assert_int_equal(signals_seen, 1);
	assert_ok(sigaction(SIGUSR1, NULL, &now));
	assert_true(now.sa_handler == SIG_DFL);
	signal_restore(SIGUSR1, before);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(recv_is_interrupted_on_every_kind),
	DUAL_TEST(recv_resumes_with_sa_restart),
	DUAL_TEST(read_of_a_unix_stream_resumes_with_sa_restart),
	DUAL_TEST(recv_with_a_timeout_is_interrupted_even_with_sa_restart),
	DUAL_TEST(interrupted_recv_loses_nothing),
	DUAL_TEST(interrupted_waitall_gives_what_came),
	DUAL_TEST(accept_is_interrupted),
	DUAL_TEST(accept_resumes_with_sa_restart),
	DUAL_TEST(connect_is_interrupted_and_goes_on_by_itself),
	DUAL_TEST(send_on_a_full_stream_is_interrupted_before_any_byte),
	DUAL_TEST(send_on_a_full_stream_waits_for_the_peer_to_read),
	DUAL_TEST(interrupted_send_gives_the_bytes_that_went),
	DUAL_TEST(interrupted_tcp_send_gives_the_bytes_that_went_even_with_sa_restart),
	DUAL_TEST(tcp_send_with_no_room_is_interrupted),
	DUAL_TEST(tcp_send_with_no_room_waits_for_the_peer_to_read),
	DUAL_TEST(datagram_to_a_full_queue_waits_for_the_peer_to_read),
	DUAL_TEST(datagram_to_a_full_queue_is_interrupted),
	DUAL_TEST(poll_is_interrupted_even_with_sa_restart),
	DUAL_TEST(select_is_interrupted_even_with_sa_restart),
	DUAL_TEST(epoll_wait_is_interrupted_even_with_sa_restart),
	DUAL_TEST(poll_that_finds_something_ready_is_not_interrupted_by_what_came_before),
	DUAL_TEST(handler_that_makes_data_arrive_still_interrupts_poll),
	DUAL_TEST(blocked_signal_interrupts_nothing_and_is_pending),
	DUAL_TEST(ignored_signal_interrupts_nothing),
	DUAL_TEST(ppoll_lets_a_blocked_signal_in_while_it_waits),
	DUAL_TEST(sigsuspend_waits_for_a_signal),
	DUAL_TEST(pause_waits_for_a_signal),
	DUAL_TEST(nanosleep_is_interrupted_and_gives_what_is_left),
	DUAL_TEST(sleep_is_interrupted_and_gives_the_seconds_left),
	DUAL_TEST(handler_can_jump_out_of_a_waiting_call),
	DUAL_TEST(alarm_gives_the_seconds_that_were_left),
	DUAL_TEST(alarm_and_setitimer_share_one_timer),
	DUAL_TEST(setitimer_repeats_by_its_interval),
	DUAL_TEST(setitimer_refuses_wrong_times),
	DUAL_TEST(sigpipe_handler_runs_before_send_returns),
	DUAL_TEST(resethand_runs_a_handler_once),
};

BEHAVIOUR_MAIN("time_signals", tests)
