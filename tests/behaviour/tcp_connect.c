/* SPDX-License-Identifier: MIT */
/*
 * Opening a TCP connection: connect(2), accept(2), listen(2) on loopback, as tcp(7) and RFC 9293 3.5 say.
 * Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

TEST(connect_succeeds_before_anyone_accepts)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(connect4(fd, at));
	assert_int_equal(ready(listener, POLLIN), POLLIN);
	assert_int_equal(send(fd, "early", 5, 0), 5);
	tcp_abort(fd);
	assert_ok(close(listener));
}

TEST(accept_gives_the_address_of_the_connecting_socket)
{
	struct sockaddr_in at, from, own;
	socklen_t len = sizeof(from);
	int listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM), peer;

	assert_ok(connect4(fd, at));
	peer = accept(listener, (struct sockaddr *)&from, &len);
	assert_true(peer >= 0);
	own = local4(fd);
	assert_int_equal(len, sizeof(from));
	assert_int_equal(from.sin_family, AF_INET);
	assert_int_equal(from.sin_port, own.sin_port);
	assert_int_equal(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	tcp_abort(fd);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(accepted_socket_has_the_address_of_the_listener)
{
	struct sockaddr_in at, own, remote;
	socklen_t len = sizeof(remote);
	int listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM), peer;

	assert_ok(connect4(fd, at));
	peer = accept(listener, NULL, NULL);
	own = local4(peer);
	assert_memory_equal(&own, &at, sizeof(at));
	assert_ok(getpeername(fd, (struct sockaddr *)&remote, &len));
	assert_memory_equal(&remote, &at, sizeof(at));
	tcp_abort(fd);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(accept_without_a_connection_is_eagain_when_nonblocking)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);

	set_nonblock(listener);
	assert_fails(accept(listener, NULL, NULL), EAGAIN);
	assert_ok(close(listener));
}

TEST(accepted_socket_does_not_inherit_nonblocking)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM), peer;

	set_nonblock(listener);
	assert_ok(connect4(fd, at));
	await(listener, POLLIN);
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(fcntl(peer, F_GETFL) & O_NONBLOCK, 0);
	tcp_abort(fd);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(accept4_sets_the_flags_it_is_given)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM), peer;

	assert_ok(connect4(fd, at));
	peer = accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
	assert_true(peer >= 0);
	assert_int_equal(fcntl(peer, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_int_equal(fcntl(peer, F_GETFD), FD_CLOEXEC);
	tcp_abort(fd);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(accept4_refuses_unknown_flags)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);

	assert_fails(accept4(listener, NULL, NULL, 1), EINVAL);
	assert_ok(close(listener));
}

TEST(accept_takes_connections_in_the_order_they_were_made)
{
	struct sockaddr_in at, from;
	socklen_t len;
	int listener = tcp_listener(&at, 3), fd[3], peer[3];

	for (int i = 0; i < 3; i++) {
		fd[i] = new_socket(AF_INET, SOCK_STREAM);
		assert_ok(connect4(fd[i], at));
	}
	for (int i = 0; i < 3; i++) {
		len = sizeof(from);
		peer[i] = accept(listener, (struct sockaddr *)&from, &len);
		assert_int_equal(from.sin_port, local4(fd[i]).sin_port);
	}
	for (int i = 0; i < 3; i++) {
		tcp_abort(fd[i]);
		assert_ok(close(peer[i]));
	}
	assert_ok(close(listener));
}

TEST(accept_truncates_the_address_and_gives_its_whole_length)
{
	struct sockaddr_in at;
	unsigned char from[16];
	socklen_t len = 4;
	int listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM), peer;

	memset(from, 0xee, sizeof(from));
	assert_ok(connect4(fd, at));
	peer = accept(listener, (struct sockaddr *)from, &len);
	assert_true(peer >= 0);
	assert_int_equal(len, sizeof(struct sockaddr_in));
	assert_int_equal(from[2], ntohs(local4(fd).sin_port) >> 8);
	assert_int_equal(from[4], 0xee);
	tcp_abort(fd);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(connect_to_a_port_without_listener_is_refused)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(connect4(fd, tcp_nobody()), ECONNREFUSED);
	assert_int_equal(pending_error(fd), 0);
	assert_ok(close(fd));
}

TEST(connect_to_a_bound_socket_that_does_not_listen_is_refused)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);
	int bound = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(bind4(bound, at4("127.0.0.1", 0)));
	assert_fails(connect4(fd, local4(bound)), ECONNREFUSED);
	assert_ok(close(fd));
	assert_ok(close(bound));
}

TEST(refused_socket_can_connect_again)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(connect4(fd, tcp_nobody()), ECONNREFUSED);
	assert_ok(connect4(fd, at));
	tcp_abort(fd);
	assert_ok(close(listener));
}

TEST(connected_socket_refuses_another_connect)
{
	struct sockaddr_in at;
	int fd[2], listener = tcp_listener(&at, 1);

	tcp_pair(fd);
	assert_fails(connect4(fd[0], at), EISCONN);
	assert_fails(connect4(fd[1], at), EISCONN);
	tcp_abort(fd[0]);
	assert_ok(close(fd[1]));
	assert_ok(close(listener));
}

TEST(listening_socket_refuses_to_connect)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);

	assert_fails(connect4(listener, at), EISCONN);
	assert_ok(close(listener));
}

TEST(nonblocking_connect_is_in_progress_then_connected)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);

	assert_fails(connect4(fd, at), EINPROGRESS);
	assert_int_equal(await(fd, POLLOUT), POLLOUT);
	assert_int_equal(pending_error(fd), 0);
	assert_ok(connect4(fd, at));
	assert_fails(connect4(fd, at), EISCONN);
	tcp_abort(fd);
	assert_ok(close(listener));
}

TEST(nonblocking_connect_reports_refusal_through_so_error)
{
	int fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);

	assert_fails(connect4(fd, tcp_nobody()), EINPROGRESS);
	assert_int_equal(await(fd, POLLIN | POLLOUT), POLLIN | POLLOUT | POLLERR | POLLHUP);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_int_equal(pending_error(fd), 0);
	assert_ok(close(fd));
}

TEST(second_nonblocking_connect_reports_refusal)
{
	struct sockaddr_in at = tcp_nobody();
	int fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);

	assert_fails(connect4(fd, at), EINPROGRESS);
	await(fd, POLLOUT);
	assert_fails(connect4(fd, at), ECONNREFUSED);
	assert_fails(connect4(fd, at), EINPROGRESS);
	await(fd, POLLOUT);
	assert_ok(close(fd));
}

TEST(second_nonblocking_connect_after_so_error_is_aborted)
{
	struct sockaddr_in at = tcp_nobody();
	int fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);

	assert_fails(connect4(fd, at), EINPROGRESS);
	await(fd, POLLOUT);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_fails(connect4(fd, at), ECONNABORTED);
	assert_ok(close(fd));
}

TEST(refused_nonblocking_connect_fails_send_and_recv_once)
{
	char b;
	int fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);

	assert_fails(connect4(fd, tcp_nobody()), EINPROGRESS);
	await(fd, POLLOUT);
	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), ECONNREFUSED);
	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_int_equal(recv(fd, &b, 1, 0), 0);
	assert_ok(close(fd));
}

TEST(connect_with_af_unspec_dissolves_the_connection)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_ok(connect(fd[0], &none, sizeof(none)));
	assert_fails(getpeername(fd[0], (struct sockaddr *)&at, &len), ENOTCONN);
	await(fd[1], POLLIN);
	assert_fails(recv(fd[1], &b, 1, 0), ECONNRESET);
	close_pair(fd);
}

TEST(dissolved_socket_can_connect_again)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 2);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(connect4(fd, at));
	assert_ok(connect(fd, &none, sizeof(none)));
	assert_ok(connect4(fd, at));
	tcp_abort(fd);
	assert_ok(close(listener));
}

TEST(socket_bound_to_its_own_target_connects_to_itself)
{
	struct sockaddr_in at, remote;
	socklen_t len = sizeof(remote);
	char b[4];
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(bind4(fd, at4("127.0.0.1", 0)));
	at = local4(fd);
	assert_ok(connect4(fd, at));
	assert_ok(getpeername(fd, (struct sockaddr *)&remote, &len));
	assert_memory_equal(&remote, &at, sizeof(at));
	assert_int_equal(send(fd, "self", 4, 0), 4);
	await(fd, POLLIN);
	assert_int_equal(recv(fd, b, sizeof(b), 0), 4);
	assert_memory_equal(b, "self", 4);
	tcp_abort(fd);
}

TEST(self_connected_socket_reads_its_own_fin)
{
	char b;
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(bind4(fd, at4("127.0.0.1", 0)));
	assert_ok(connect4(fd, local4(fd)));
	assert_ok(shutdown(fd, SHUT_WR));
	await(fd, POLLIN);
	assert_int_equal(recv(fd, &b, 1, 0), 0);
	tcp_abort(fd);
}

TEST(connect_to_the_wildcard_address_reaches_loopback)
{
	struct sockaddr_in at, remote;
	socklen_t len = sizeof(remote);
	int listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(connect4(fd, at4("0.0.0.0", ntohs(at.sin_port))));
	assert_ok(getpeername(fd, (struct sockaddr *)&remote, &len));
	assert_int_equal(remote.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	tcp_abort(fd);
	assert_ok(close(listener));
}

TEST(connect_to_port_zero_is_refused)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(connect4(fd, at4("127.0.0.1", 0)), ECONNREFUSED);
	assert_ok(close(fd));
}

TEST(wildcard_listener_accepts_on_any_loopback_address)
{
	struct sockaddr_in own;
	int listener = new_socket(AF_INET, SOCK_STREAM), fd, peer;

	assert_ok(bind4(listener, at4("0.0.0.0", 0)));
	assert_ok(listen(listener, 1));
	fd = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd, at4("127.0.0.2", ntohs(local4(listener).sin_port))));
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	own = local4(peer);
	assert_int_equal(own.sin_addr.s_addr, htonl(0x7f000002));
	tcp_abort(fd);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(listen_without_bind_takes_an_ephemeral_port)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), listener = new_socket(AF_INET, SOCK_STREAM);
	struct sockaddr_in at;

	assert_ok(listen(listener, 1));
	at = local4(listener);
	assert_int_equal(at.sin_addr.s_addr, htonl(INADDR_ANY));
	assert_true(ntohs(at.sin_port) >= 32768 && ntohs(at.sin_port) <= 60999);
	assert_ok(connect4(fd, at4("127.0.0.1", ntohs(at.sin_port))));
	tcp_abort(fd);
	assert_ok(close(listener));
}

TEST(listen_again_changes_the_backlog_and_succeeds)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);

	assert_ok(listen(listener, 5));
	assert_ok(close(listener));
}

TEST(listen_on_a_connected_socket_is_einval)
{
	int fd[2];

	tcp_pair(fd);
	assert_fails(listen(fd[0], 1), EINVAL);
	assert_fails(listen(fd[1], 1), EINVAL);
	tcp_abort(fd[0]);
	assert_ok(close(fd[1]));
}

TEST(accept_on_a_socket_that_does_not_listen_is_einval)
{
	int fd[2], fresh = new_socket(AF_INET, SOCK_STREAM);

	tcp_pair(fd);
	assert_fails(accept(fresh, NULL, NULL), EINVAL);
	assert_fails(accept(fd[0], NULL, NULL), EINVAL);
	tcp_abort(fd[0]);
	assert_ok(close(fd[1]));
	assert_ok(close(fresh));
}

TEST(send_on_a_listening_socket_is_epipe)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);

	assert_fails(send(listener, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(listener));
}

TEST(recv_on_a_listening_or_fresh_socket_is_enotconn)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fresh = new_socket(AF_INET, SOCK_STREAM);
	char b;

	assert_fails(recv(listener, &b, 1, 0), ENOTCONN);
	assert_fails(recv(fresh, &b, 1, 0), ENOTCONN);
	assert_ok(close(listener));
	assert_ok(close(fresh));
}

TEST(closing_the_listener_resets_what_was_not_accepted)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM);
	char b;

	assert_ok(connect4(fd, at));
	assert_ok(close(listener));
	await(fd, POLLIN);
	assert_fails(recv(fd, &b, 1, 0), ECONNRESET);
	assert_ok(close(fd));
}

TEST(closing_the_listener_keeps_what_was_accepted)
{
	int fd[2];
	char b;

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(recv(fd[1], &b, 1, 0), 1);
	tcp_abort(fd[0]);
	assert_ok(close(fd[1]));
}

TEST(connection_that_ended_before_accept_is_still_accepted)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM), peer;
	char b[4];

	assert_ok(connect4(fd, at));
	assert_int_equal(send(fd, "bye", 3, 0), 3);
	assert_ok(close(fd));
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	await(peer, POLLIN);
	assert_int_equal(recv(peer, b, sizeof(b), MSG_WAITALL), 3);
	assert_int_equal(recv(peer, b, sizeof(b), 0), 0);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(connection_reset_before_accept_is_accepted_with_its_error)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM), peer;
	char b;

	assert_ok(connect4(fd, at));
	tcp_abort(fd);
	await(listener, POLLIN);
	settle();
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	assert_fails(recv(peer, &b, 1, 0), ECONNRESET);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(ipv6_loopback_connects)
{
	int listener = new_socket(AF_INET6, SOCK_STREAM), fd = new_socket(AF_INET6, SOCK_STREAM), peer;
	struct sockaddr_in6 from, own;
	socklen_t len = sizeof(from);

	assert_ok(bind6(listener, at6("::1", 0)));
	assert_ok(listen(listener, 1));
	assert_ok(connect6(fd, local6(listener)));
	peer = accept(listener, (struct sockaddr *)&from, &len);
	assert_true(peer >= 0);
	own = local6(fd);
	assert_int_equal(len, sizeof(from));
	assert_memory_equal(&from.sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback));
	assert_int_equal(from.sin6_port, own.sin6_port);
	tcp_abort(fd);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(ipv6_wildcard_listener_sees_ipv4_as_mapped)
{
	int listener = new_socket(AF_INET6, SOCK_STREAM), fd = new_socket(AF_INET, SOCK_STREAM), peer;
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	char text[INET6_ADDRSTRLEN];

	assert_ok(bind6(listener, at6("::", 0)));
	assert_ok(listen(listener, 1));
	assert_ok(connect4(fd, at4("127.0.0.1", ntohs(local6(listener).sin6_port))));
	peer = accept(listener, (struct sockaddr *)&from, &len);
	assert_true(peer >= 0);
	assert_int_equal(len, sizeof(from));
	assert_non_null(inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof(text)));
	assert_string_equal(text, "::ffff:127.0.0.1");
	tcp_abort(fd);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(ipv6_only_listener_refuses_ipv4)
{
	int listener = new_socket(AF_INET6, SOCK_STREAM), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(set_int(listener, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	assert_ok(bind6(listener, at6("::", 0)));
	assert_ok(listen(listener, 1));
	assert_fails(connect4(fd, at4("127.0.0.1", ntohs(local6(listener).sin6_port))), ECONNREFUSED);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(ipv6_socket_connects_to_ipv4_by_its_mapped_address)
{
	struct sockaddr_in at;
	struct sockaddr_in6 own;
	char text[INET6_ADDRSTRLEN];
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET6, SOCK_STREAM);

	assert_ok(connect6(fd, at6("::ffff:127.0.0.1", ntohs(at.sin_port))));
	own = local6(fd);
	assert_non_null(inet_ntop(AF_INET6, &own.sin6_addr, text, sizeof(text)));
	assert_string_equal(text, "::ffff:127.0.0.1");
	tcp_abort(fd);
	assert_ok(close(listener));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(connect_succeeds_before_anyone_accepts),
	DUAL_TEST(accept_gives_the_address_of_the_connecting_socket),
	DUAL_TEST(accepted_socket_has_the_address_of_the_listener),
	DUAL_TEST(accept_without_a_connection_is_eagain_when_nonblocking),
	DUAL_TEST(accepted_socket_does_not_inherit_nonblocking),
	DUAL_TEST(accept4_sets_the_flags_it_is_given),
	DUAL_TEST(accept4_refuses_unknown_flags),
	DUAL_TEST(accept_takes_connections_in_the_order_they_were_made),
	DUAL_TEST(accept_truncates_the_address_and_gives_its_whole_length),
	DUAL_TEST(connect_to_a_port_without_listener_is_refused),
	DUAL_TEST(connect_to_a_bound_socket_that_does_not_listen_is_refused),
	DUAL_TEST(refused_socket_can_connect_again),
	DUAL_TEST(connected_socket_refuses_another_connect),
	DUAL_TEST(listening_socket_refuses_to_connect),
	DUAL_TEST(nonblocking_connect_is_in_progress_then_connected),
	DUAL_TEST(nonblocking_connect_reports_refusal_through_so_error),
	DUAL_TEST(second_nonblocking_connect_reports_refusal),
	DUAL_TEST(second_nonblocking_connect_after_so_error_is_aborted),
	DUAL_TEST(refused_nonblocking_connect_fails_send_and_recv_once),
	DUAL_TEST(connect_with_af_unspec_dissolves_the_connection),
	DUAL_TEST(dissolved_socket_can_connect_again),
	DUAL_TEST(socket_bound_to_its_own_target_connects_to_itself),
	DUAL_TEST(self_connected_socket_reads_its_own_fin),
	DUAL_TEST(connect_to_the_wildcard_address_reaches_loopback),
	DUAL_TEST(connect_to_port_zero_is_refused),
	DUAL_TEST(wildcard_listener_accepts_on_any_loopback_address),
	DUAL_TEST(listen_without_bind_takes_an_ephemeral_port),
	DUAL_TEST(listen_again_changes_the_backlog_and_succeeds),
	DUAL_TEST(listen_on_a_connected_socket_is_einval),
	DUAL_TEST(accept_on_a_socket_that_does_not_listen_is_einval),
	DUAL_TEST(send_on_a_listening_socket_is_epipe),
	DUAL_TEST(recv_on_a_listening_or_fresh_socket_is_enotconn),
	DUAL_TEST(closing_the_listener_resets_what_was_not_accepted),
	DUAL_TEST(closing_the_listener_keeps_what_was_accepted),
	DUAL_TEST(connection_that_ended_before_accept_is_still_accepted),
	DUAL_TEST(connection_reset_before_accept_is_accepted_with_its_error),
	DUAL_TEST(ipv6_loopback_connects),
	DUAL_TEST(ipv6_wildcard_listener_sees_ipv4_as_mapped),
	DUAL_TEST(ipv6_only_listener_refuses_ipv4),
	DUAL_TEST(ipv6_socket_connects_to_ipv4_by_its_mapped_address),
};

BEHAVIOUR_MAIN("tcp_connect", tests)
