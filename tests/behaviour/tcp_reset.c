/* SPDX-License-Identifier: MIT */
/*
 * What a reset does to the calls that come after it: RFC 9293 3.5.2, 3.10.7.4; send(2) ECONNRESET and EPIPE;
 * signal(7) SIGPIPE. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

/* A pair whose fd[1] has aborted, the reset having reached fd[0]. */
static int reset_socket(void)
{
	int fd[2];

	tcp_pair(fd);
	tcp_abort(fd[1]);
	await(fd[0], POLLIN);
	return fd[0];
}

TEST(first_recv_after_a_reset_is_econnreset_then_end)
{
	char b;
	int fd = reset_socket();

	assert_fails(recv(fd, &b, 1, 0), ECONNRESET);
	assert_int_equal(recv(fd, &b, 1, 0), 0);
	assert_int_equal(recv(fd, &b, 1, 0), 0);
	assert_ok(close(fd));
}

TEST(first_send_after_a_reset_is_econnreset_then_epipe)
{
	int fd = reset_socket();

	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), ECONNRESET);
	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(fd));
}

TEST(econnreset_raises_no_signal_and_the_epipe_after_it_does)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd = reset_socket();

	assert_fails(send(fd, "x", 1, 0), ECONNRESET);
	assert_int_equal(signals_seen, 0);
	assert_fails(send(fd, "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_ok(close(fd));
	signal_restore(SIGPIPE, before);
}

TEST(recv_that_took_the_reset_leaves_epipe_to_send)
{
	char b;
	int fd = reset_socket();

	assert_fails(recv(fd, &b, 1, 0), ECONNRESET);
	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(fd));
}

TEST(send_that_took_the_reset_leaves_the_end_to_recv)
{
	char b;
	int fd = reset_socket();

	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), ECONNRESET);
	assert_int_equal(recv(fd, &b, 1, 0), 0);
	assert_ok(close(fd));
}

TEST(so_error_takes_the_reset)
{
	char b;
	int fd = reset_socket();

	assert_int_equal(pending_error(fd), ECONNRESET);
	assert_int_equal(pending_error(fd), 0);
	assert_int_equal(recv(fd, &b, 1, 0), 0);
	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(fd));
}

TEST(reset_shows_as_pollerr_and_pollhup)
{
	int fd = reset_socket();

	assert_int_equal(ready(fd, POLLIN | POLLOUT | POLLRDHUP),
			 POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP);
	assert_int_equal(ready(fd, 0), POLLERR | POLLHUP);
	assert_ok(close(fd));
}

TEST(pollerr_ends_once_the_error_was_taken)
{
	int fd = reset_socket();

	assert_int_equal(pending_error(fd), ECONNRESET);
	assert_int_equal(ready(fd, POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	assert_ok(close(fd));
}

TEST(bytes_queued_before_the_reset_stay_readable)
{
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[1], "kept", 4, 0), 4);
	await(fd[0], POLLIN);
	tcp_abort(fd[1]);
	await(fd[0], POLLERR | POLLHUP);
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 4);
	assert_memory_equal(b, "kept", 4);
	assert_fails(recv(fd[0], b, sizeof(b), 0), ECONNRESET);
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 0);
	assert_ok(close(fd[0]));
}

TEST(close_with_unread_data_resets_the_peer)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "unread", 6, 0), 6);
	await(fd[1], POLLIN);
	assert_ok(close(fd[1]));
	await(fd[0], POLLIN);
	assert_fails(recv(fd[0], &b, 1, 0), ECONNRESET);
	assert_ok(close(fd[0]));
}

TEST(close_with_half_read_data_resets_the_peer)
{
	char b[3];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "unread", 6, 0), 6);
	assert_int_equal(recv(fd[1], b, 3, 0), 3);
	assert_ok(close(fd[1]));
	await(fd[0], POLLIN);
	assert_fails(recv(fd[0], b, 1, 0), ECONNRESET);
	assert_ok(close(fd[0]));
}

TEST(data_to_a_closed_peer_is_answered_by_reset)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(close(fd[1]));
	await(fd[0], POLLIN);
	assert_int_equal(send(fd[0], "x", 1, MSG_NOSIGNAL), 1);
	assert_true(await(fd[0], 0) & POLLHUP);
	assert_int_equal(pending_error(fd[0]), EPIPE);
	assert_ok(close(fd[0]));
}

TEST(reset_after_the_peers_fin_is_epipe_not_econnreset)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_ok(close(fd[1]));
	await(fd[0], POLLIN);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	await(fd[0], 0);
	assert_fails(send(fd[0], "y", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_int_equal(recv(fd[0], &b, 1, 0), 0);
	assert_ok(close(fd[0]));
	signal_restore(SIGPIPE, before);
}

TEST(recv_after_a_reset_in_close_wait_takes_epipe)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_ok(close(fd[1]));
	await(fd[0], POLLIN);
	assert_int_equal(send(fd[0], "x", 1, MSG_NOSIGNAL), 1);
	await(fd[0], 0);
	assert_int_equal(recv(fd[0], &b, 1, 0), 0);
	assert_int_equal(pending_error(fd[0]), EPIPE);
	assert_ok(close(fd[0]));
}

TEST(sigpipe_handler_has_run_when_send_returns)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd = reset_socket();

	assert_int_equal(pending_error(fd), ECONNRESET);
	assert_int_equal(write(fd, "x", 1), -1);
	assert_int_equal(signals_seen, 1);
	assert_ok(close(fd));
	signal_restore(SIGPIPE, before);
}

TEST(ignored_sigpipe_leaves_epipe)
{
	struct sigaction ignore = { .sa_handler = SIG_IGN }, before;
	int fd = reset_socket();

	assert_ok(sigaction(SIGPIPE, &ignore, &before));
	assert_int_equal(pending_error(fd), ECONNRESET);
	assert_fails(send(fd, "x", 1, 0), EPIPE);
	assert_ok(close(fd));
	signal_restore(SIGPIPE, before);
}

TEST(blocked_sigpipe_is_pending_after_send)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	sigset_t pipe_only, old, pending;
	int fd = reset_socket();

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	assert_ok(sigprocmask(SIG_BLOCK, &pipe_only, &old));
	assert_int_equal(pending_error(fd), ECONNRESET);
	assert_fails(send(fd, "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 0);
	assert_ok(sigpending(&pending));
	assert_int_equal(sigismember(&pending, SIGPIPE), 1);
	assert_ok(sigprocmask(SIG_SETMASK, &old, NULL));
	assert_int_equal(signals_seen, 1);
	assert_ok(close(fd));
	signal_restore(SIGPIPE, before);
}

TEST(shutdown_after_a_reset_is_enotconn)
{
	int fd = reset_socket();

	assert_fails(shutdown(fd, SHUT_WR), ENOTCONN);
	assert_ok(close(fd));
}

TEST(getpeername_after_a_reset_is_enotconn)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int fd = reset_socket();

	assert_fails(getpeername(fd, (struct sockaddr *)&at, &len), ENOTCONN);
	assert_ok(close(fd));
}

TEST(reset_socket_is_dissolved_before_it_connects_anew)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = reset_socket();

	assert_int_equal(pending_error(fd), ECONNRESET);
	assert_fails(connect4(fd, at), EISCONN);
	assert_ok(connect(fd, &none, sizeof(none)));
	assert_ok(connect4(fd, at));
	tcp_abort(fd);
	assert_ok(close(listener));
}

TEST(reset_discards_what_was_not_sent_yet)
{
	int fd[2];
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };
	char b;

	tcp_pair(fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_RCVBUF, 2048));
	assert_true(fill(fd[0], 4096) > 0);
	assert_ok(setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
	assert_ok(close(fd[0]));
	await(fd[1], POLLERR | POLLHUP);
	while (recv(fd[1], &b, 1, MSG_DONTWAIT) > 0)
		;
	assert_int_equal(errno, ECONNRESET);
	assert_ok(close(fd[1]));
}

TEST(blocked_sender_wakes_with_pollerr_when_reset)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_RCVBUF, 4096));
	fill(fd[0], 65536);
	assert_int_equal(ready(fd[0], POLLOUT), 0);
	assert_ok(close(fd[1]));
	assert_int_equal(await(fd[0], POLLOUT), POLLOUT | POLLERR | POLLHUP);
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), ECONNRESET);
	assert_ok(close(fd[0]));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(first_recv_after_a_reset_is_econnreset_then_end),
	DUAL_TEST(first_send_after_a_reset_is_econnreset_then_epipe),
	DUAL_TEST(econnreset_raises_no_signal_and_the_epipe_after_it_does),
	DUAL_TEST(recv_that_took_the_reset_leaves_epipe_to_send),
	DUAL_TEST(send_that_took_the_reset_leaves_the_end_to_recv),
	DUAL_TEST(so_error_takes_the_reset),
	DUAL_TEST(reset_shows_as_pollerr_and_pollhup),
	DUAL_TEST(pollerr_ends_once_the_error_was_taken),
	DUAL_TEST(bytes_queued_before_the_reset_stay_readable),
	DUAL_TEST(close_with_unread_data_resets_the_peer),
	DUAL_TEST(close_with_half_read_data_resets_the_peer),
	DUAL_TEST(data_to_a_closed_peer_is_answered_by_reset),
	DUAL_TEST(reset_after_the_peers_fin_is_epipe_not_econnreset),
	DUAL_TEST(recv_after_a_reset_in_close_wait_takes_epipe),
	DUAL_TEST(sigpipe_handler_has_run_when_send_returns),
	DUAL_TEST(ignored_sigpipe_leaves_epipe),
	DUAL_TEST(blocked_sigpipe_is_pending_after_send),
	DUAL_TEST(shutdown_after_a_reset_is_enotconn),
	DUAL_TEST(getpeername_after_a_reset_is_enotconn),
	DUAL_TEST(reset_socket_is_dissolved_before_it_connects_anew),
	DUAL_TEST(reset_discards_what_was_not_sent_yet),
	DUAL_TEST(blocked_sender_wakes_with_pollerr_when_reset),
};

BEHAVIOUR_MAIN("tcp_reset", tests)
