/* SPDX-License-Identifier: MIT */
/*
 * Orderly ends of TCP connections: close(2), shutdown(2), half close, FIN in all orders, lingering, and the
 * port that TIME_WAIT keeps. Resets are in tcp_reset.c. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

TEST(close_lets_the_peer_read_all_then_end)
{
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "last", 4, 0), 4);
	assert_ok(close(fd[0]));
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 4);
	assert_memory_equal(b, "last", 4);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 0);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 0);
	assert_ok(close(fd[1]));
}

TEST(peer_close_shows_in_as_pollin_and_rdhup)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(close(fd[0]));
	assert_int_equal(await(fd[1], POLLIN | POLLOUT | POLLRDHUP) & (POLLIN | POLLRDHUP),
			 POLLIN | POLLRDHUP);
	assert_int_equal(ready(fd[1], POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT | POLLRDHUP);
	assert_ok(close(fd[1]));
}

TEST(half_closed_socket_still_receives)
{
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 0);
	assert_int_equal(send(fd[1], "reply", 5, 0), 5);
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 5);
	assert_memory_equal(b, "reply", 5);
	close_pair(fd);
}

TEST(send_after_shut_wr_is_epipe_with_sigpipe)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_fails(send(fd[0], "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_fails(write(fd[0], "x", 1), EPIPE);
	assert_int_equal(signals_seen, 2);
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_int_equal(signals_seen, 2);
	close_pair(fd);
	signal_restore(SIGPIPE, before);
}

TEST(send_of_nothing_after_shut_wr_is_epipe_too)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_fails(send(fd[0], "", 0, MSG_NOSIGNAL), EPIPE);
	close_pair(fd);
}

TEST(shut_wr_twice_succeeds)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_ok(shutdown(fd[0], SHUT_WR));
	close_pair(fd);
}

TEST(shut_rd_ends_reading_but_not_the_connection)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_RD));
	assert_int_equal(recv(fd[0], &b, 1, 0), 0);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(recv(fd[1], &b, 1, 0), 1);
	close_pair(fd);
}

TEST(shut_rd_keeps_what_was_queued_and_what_still_comes)
{
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[1], "old", 3, 0), 3);
	await(fd[0], POLLIN);
	assert_ok(shutdown(fd[0], SHUT_RD));
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 3);
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 0);
	assert_int_equal(send(fd[1], "new", 3, 0), 3);
	settle();
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 3);
	close_pair(fd);
}

TEST(shut_rd_shows_as_pollin_and_rdhup)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_RD));
	assert_int_equal(ready(fd[0], POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT | POLLRDHUP);
	assert_int_equal(ready(fd[1], POLLIN | POLLOUT | POLLRDHUP), POLLOUT);
	close_pair(fd);
}

TEST(both_directions_shut_show_as_pollhup)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	await(fd[1], POLLIN);
	assert_ok(shutdown(fd[1], SHUT_WR));
	await(fd[0], POLLIN);
	assert_int_equal(ready(fd[0], POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	assert_int_equal(ready(fd[1], POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	close_pair(fd);
}

TEST(shut_rdwr_ends_both_directions)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_RDWR));
	assert_int_equal(recv(fd[0], &b, 1, 0), 0);
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_int_equal(recv(fd[1], &b, 1, 0), 0);
	close_pair(fd);
}

TEST(shutdown_with_wrong_direction_is_einval)
{
	int fd[2];

	tcp_pair(fd);
	assert_fails(shutdown(fd[0], 3), EINVAL);
	assert_fails(shutdown(fd[0], -1), EINVAL);
	close_pair(fd);
}

TEST(shutdown_of_a_fresh_socket_is_enotconn)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(shutdown(fd, SHUT_WR), ENOTCONN);
	assert_fails(shutdown(fd, SHUT_RD), ENOTCONN);
	assert_fails(shutdown(fd, SHUT_RDWR), ENOTCONN);
	assert_ok(close(fd));
}

TEST(shutdown_after_the_connection_ended_is_enotconn)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_ok(close(fd[1]));
	await(fd[0], POLLIN);
	assert_int_equal(recv(fd[0], &b, 1, 0), 0);
	assert_ok(shutdown(fd[0], SHUT_WR));
	for (int tries = 0; tries < 100 && tcp_state(fd[0]) != TCP_CLOSE; tries++)
		settle();
	assert_fails(shutdown(fd[0], SHUT_WR), ENOTCONN);
	assert_ok(close(fd[0]));
}

TEST(shutdown_of_a_listener_ends_listening)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(shutdown(listener, SHUT_RD));
	assert_fails(accept(listener, NULL, NULL), EINVAL);
	assert_fails(connect4(fd, at), ECONNREFUSED);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(shut_wr_leaves_a_listener_listening)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(shutdown(listener, SHUT_WR));
	assert_ok(connect4(fd, at));
	tcp_abort(fd);
	assert_ok(close(listener));
}

TEST(getpeername_holds_until_both_sides_have_ended)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_RDWR));
	assert_ok(getpeername(fd[0], (struct sockaddr *)&at, &len));
	await(fd[1], POLLIN);
	assert_ok(close(fd[1]));
	for (int tries = 0; tries < 100 && tcp_state(fd[0]) != TCP_CLOSE; tries++)
		settle();
	assert_int_equal(tcp_state(fd[0]), TCP_CLOSE);
	len = sizeof(at);
	assert_fails(getpeername(fd[0], (struct sockaddr *)&at, &len), ENOTCONN);
	assert_ok(close(fd[0]));
}

TEST(states_of_an_orderly_close)
{
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(tcp_state(fd[0]), TCP_ESTABLISHED);
	assert_ok(shutdown(fd[0], SHUT_WR));
	await(fd[1], POLLRDHUP);
	for (int tries = 0; tries < 100 && tcp_state(fd[0]) == TCP_FIN_WAIT1; tries++)
		settle();
	assert_int_equal(tcp_state(fd[0]), TCP_FIN_WAIT2);
	assert_int_equal(tcp_state(fd[1]), TCP_CLOSE_WAIT);
	assert_ok(shutdown(fd[1], SHUT_WR));
	await(fd[0], POLLRDHUP);
	for (int tries = 0; tries < 100 && tcp_state(fd[1]) == TCP_LAST_ACK; tries++)
		settle();
	assert_int_equal(tcp_state(fd[1]), TCP_CLOSE);
	assert_int_equal(tcp_state(fd[0]), TCP_CLOSE);
	close_pair(fd);
}

TEST(peer_closed_socket_takes_one_more_send)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(close(fd[1]));
	await(fd[0], POLLIN);
	assert_int_equal(send(fd[0], "x", 1, MSG_NOSIGNAL), 1);
	await(fd[0], POLLERR | POLLHUP);
	assert_fails(send(fd[0], "y", 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(fd[0]));
}

TEST(data_before_the_fin_is_read_before_the_end)
{
	char b[64];
	int fd[2];

	tcp_pair(fd);
	for (int i = 0; i < 10; i++)
		assert_int_equal(send(fd[0], "0123", 4, 0), 4);
	assert_ok(close(fd[0]));
	assert_int_equal(recv(fd[1], b, 64, MSG_WAITALL), 40);
	assert_int_equal(recv(fd[1], b, 64, 0), 0);
	assert_ok(close(fd[1]));
}

TEST(bound_port_in_time_wait_is_in_use)
{
	struct sockaddr_in at;
	int fd[2], again;

	tcp_pair(fd);
	at = local4(fd[0]);
	assert_ok(close(fd[0]));
	await(fd[1], POLLIN);
	assert_ok(close(fd[1]));
	settle();
	again = new_socket(AF_INET, SOCK_STREAM);
	assert_fails(bind4(again, at), EADDRINUSE);
	assert_ok(close(again));
}

/* A loopback port with a connection in TIME_WAIT, made by a listener with this SO_REUSEADDR. */
static struct sockaddr_in port_in_time_wait(int reuse)
{
	int listener = new_socket(AF_INET, SOCK_STREAM), fd = new_socket(AF_INET, SOCK_STREAM), peer;
	struct sockaddr_in at;

	assert_ok(set_int(listener, SOL_SOCKET, SO_REUSEADDR, reuse));
	assert_ok(bind4(listener, at4("127.0.0.1", 0)));
	assert_ok(listen(listener, 1));
	at = local4(listener);
	assert_ok(connect4(fd, at));
	peer = accept(listener, NULL, NULL);
	assert_ok(close(listener));
	assert_ok(close(peer));
	await(fd, POLLIN);
	assert_ok(close(fd));
	settle();
	return at;
}

TEST(reuseaddr_binds_and_listens_over_time_wait)
{
	struct sockaddr_in at = port_in_time_wait(1);
	int again = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(bind4(again, at), EADDRINUSE);
	assert_ok(set_int(again, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(again, at));
	assert_ok(listen(again, 1));
	assert_ok(close(again));
}

TEST(reuseaddr_needs_the_old_socket_to_have_had_it_too)
{
	struct sockaddr_in at = port_in_time_wait(0);
	int again = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(set_int(again, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_fails(bind4(again, at), EADDRINUSE);
	assert_ok(close(again));
}

TEST(aborted_connection_leaves_no_time_wait)
{
	struct sockaddr_in at;
	char b;
	int fd[2], again;

	tcp_pair(fd);
	at = local4(fd[1]);
	tcp_abort(fd[1]);
	await(fd[0], POLLIN);
	assert_fails(recv(fd[0], &b, 1, 0), ECONNRESET);
	assert_ok(close(fd[0]));
	again = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(bind4(again, at));
	assert_ok(close(again));
}

TEST(linger_without_time_closes_by_reset)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	tcp_abort(fd[0]);
	await(fd[1], POLLIN);
	assert_fails(recv(fd[1], &b, 1, 0), ECONNRESET);
	assert_int_equal(recv(fd[1], &b, 1, 0), 0);
	assert_ok(close(fd[1]));
}

TEST(linger_with_time_waits_for_the_peer_at_most_for_its_fin)
{
	struct linger soft = { .l_onoff = 1, .l_linger = 5 };
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_ok(setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &soft, sizeof(soft)));
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_ok(shutdown(fd[1], SHUT_WR));
	await(fd[0], POLLIN);
	assert_ok(close(fd[0]));
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_WAITALL), 3);
	assert_ok(close(fd[1]));
}

TEST(connection_survives_close_of_one_duplicate)
{
	char b;
	int fd[2], copy;

	tcp_pair(fd);
	copy = dup(fd[0]);
	assert_ok(close(fd[0]));
	settle();
	assert_int_equal(ready(fd[1], POLLIN | POLLRDHUP), 0);
	assert_int_equal(send(copy, "x", 1, 0), 1);
	assert_int_equal(recv(fd[1], &b, 1, 0), 1);
	assert_ok(close(copy));
	assert_int_equal(recv(fd[1], &b, 1, 0), 0);
	assert_ok(close(fd[1]));
}

TEST(shutdown_reaches_every_duplicate)
{
	int fd[2], copy;

	tcp_pair(fd);
	copy = dup(fd[0]);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_fails(send(copy, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(copy));
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(close_lets_the_peer_read_all_then_end),
	DUAL_TEST(peer_close_shows_in_as_pollin_and_rdhup),
	DUAL_TEST(half_closed_socket_still_receives),
	DUAL_TEST(send_after_shut_wr_is_epipe_with_sigpipe),
	DUAL_TEST(send_of_nothing_after_shut_wr_is_epipe_too),
	DUAL_TEST(shut_wr_twice_succeeds),
	DUAL_TEST(shut_rd_ends_reading_but_not_the_connection),
	DUAL_TEST(shut_rd_keeps_what_was_queued_and_what_still_comes),
	DUAL_TEST(shut_rd_shows_as_pollin_and_rdhup),
	DUAL_TEST(both_directions_shut_show_as_pollhup),
	DUAL_TEST(shut_rdwr_ends_both_directions),
	DUAL_TEST(shutdown_with_wrong_direction_is_einval),
	DUAL_TEST(shutdown_of_a_fresh_socket_is_enotconn),
	DUAL_TEST(shutdown_after_the_connection_ended_is_enotconn),
	DUAL_TEST(shutdown_of_a_listener_ends_listening),
	DUAL_TEST(shut_wr_leaves_a_listener_listening),
	DUAL_TEST(getpeername_holds_until_both_sides_have_ended),
	DUAL_TEST(states_of_an_orderly_close),
	DUAL_TEST(peer_closed_socket_takes_one_more_send),
	DUAL_TEST(data_before_the_fin_is_read_before_the_end),
	DUAL_TEST(bound_port_in_time_wait_is_in_use),
	DUAL_TEST(reuseaddr_binds_and_listens_over_time_wait),
	DUAL_TEST(reuseaddr_needs_the_old_socket_to_have_had_it_too),
	DUAL_TEST(aborted_connection_leaves_no_time_wait),
	DUAL_TEST(linger_without_time_closes_by_reset),
	DUAL_TEST(linger_with_time_waits_for_the_peer_at_most_for_its_fin),
	DUAL_TEST(connection_survives_close_of_one_duplicate),
	DUAL_TEST(shutdown_reaches_every_duplicate),
};

BEHAVIOUR_MAIN("tcp_close", tests)
