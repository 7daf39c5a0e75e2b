/* SPDX-License-Identifier: MIT */
/*
 * TCP's own timers as far as a program sees them: SYN retransmission, giving up, and the 200 ms that a
 * held-back segment waits. Wall times are lower bounds and wide ranges. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

enum { MS = 1000000 };

TEST(connect_that_found_the_queue_full_succeeds_by_a_later_syn)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 0), first = new_socket(AF_INET, SOCK_STREAM), peer;
	int fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
	int64_t since = monotonic_ns();
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	assert_ok(connect4(first, at));
	assert_fails(connect4(fd, at), EINPROGRESS);
	settle();
	assert_int_equal(ready(fd, POLLOUT), 0);
	peer = accept(listener, NULL, NULL);
	assert_int_equal(poll(&p, 1, 10000), 1);
	assert_int_equal(p.revents, POLLOUT);
	assert_in_range((monotonic_ns() - since) / MS, 900, 5000);
	assert_ok(connect4(fd, at));
	tcp_abort(first);
	tcp_abort(fd);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(connect_gives_up_with_etimedout_after_its_last_syn)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 0), first = new_socket(AF_INET, SOCK_STREAM);
	int fd = new_socket(AF_INET, SOCK_STREAM);
	int64_t since = monotonic_ns();

	assert_ok(connect4(first, at));
	assert_ok(set_int(fd, IPPROTO_TCP, TCP_SYNCNT, 1));
	assert_fails(connect4(fd, at), ETIMEDOUT);
	assert_in_range((monotonic_ns() - since) / MS, 1500, 10000);
	tcp_abort(first);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(segment_held_back_by_more_leaves_after_a_while)
{
	int64_t since = monotonic_ns();
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "held", 4, MSG_MORE), 4);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 4);
	assert_in_range((monotonic_ns() - since) / MS, 150, 2000);
	tcp_end(fd);
}

/* tcp(7), TCP_USER_TIMEOUT: also of data that waits for the peer's window. */
TEST(send_is_etimedout_when_the_peer_has_not_read_for_tcp_user_timeout)
{
	static char block[65536];
	int fd[2];

	tcp_pair(fd);
	assert_ok(set_int(fd[0], IPPROTO_TCP, TCP_USER_TIMEOUT, 300));
	while (send(fd[0], block, sizeof(block), MSG_DONTWAIT) > 0)
		;
	assert_int_equal(errno, EAGAIN);
	assert_true(await(fd[0], POLLIN) & POLLERR);
	assert_fails(send(fd[0], "x", 1, 0), ETIMEDOUT);
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(connect_that_found_the_queue_full_succeeds_by_a_later_syn),
	DUAL_TEST(connect_gives_up_with_etimedout_after_its_last_syn),
	DUAL_TEST(segment_held_back_by_more_leaves_after_a_while),
	DUAL_TEST(send_is_etimedout_when_the_peer_has_not_read_for_tcp_user_timeout),
};

BEHAVIOUR_MAIN("time_tcp", tests)
