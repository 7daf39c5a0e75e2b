/* SPDX-License-Identifier: MIT */
/*
 * A TCP socket after its connection: what is left of its names, and whether it can be bound, connected and
 * listened with again. UDP's odd ends beside it. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

static struct sockaddr_in loopback(int port)
{
	return at4("127.0.0.1", port);
}

/* Dissolves the connection, or what is left of it. */
static void dissolve(int fd)
{
	struct sockaddr a = { .sa_family = AF_UNSPEC };

	assert_ok(connect(fd, &a, sizeof(a)));
}

/* Two that were connected, both closed by a reset; fd[0] made by connect, fd[1] accepted. */
static void ended_pair(int fd[2])
{
	struct linger hard = { 1, 0 };
	int copy;

	tcp_pair(fd);
	copy = dup(fd[0]);
	assert_true(copy >= 0);
	assert_ok(setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
	dissolve(copy); /* resets the peer */
	assert_ok(close(copy));
	(void)pending_error(fd[0]);
	assert_int_equal(await(fd[1], 0) & POLLHUP, POLLHUP);
	(void)pending_error(fd[1]);
}

TEST(port_of_a_connection_that_ended_is_still_told)
{
	int fd[2], port;
	struct sockaddr_in at;

	tcp_pair(fd);
	port = local4(fd[0]).sin_port;
	tcp_abort(fd[1]);
	assert_true(await(fd[0], 0) & POLLHUP);
	(void)pending_error(fd[0]);
	assert_int_equal(local4(fd[0]).sin_port, port);
	dissolve(fd[0]);
	at = local4(fd[0]);
	assert_int_equal(at.sin_port, port);
	assert_int_equal(at.sin_addr.s_addr, 0);
	assert_ok(close(fd[0]));
}

TEST(port_of_a_refused_connection_is_still_told_and_another_can_be_bound)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);
	struct sockaddr_in at;

	assert_fails(connect4(fd, tcp_nobody()), ECONNREFUSED);
	at = local4(fd);
	assert_true(at.sin_port != 0);
	assert_int_equal(at.sin_addr.s_addr, 0);
	assert_ok(bind4(fd, loopback(0)));
	assert_ok(listen(fd, 1));
	assert_ok(close(fd));
}

TEST(socket_whose_connection_ended_can_be_bound_but_not_listen)
{
	int fd[2];

	ended_pair(fd);
	assert_ok(bind4(fd[1], loopback(0)));
	assert_fails(listen(fd[1], 1), EINVAL);
	assert_fails(connect4(fd[1], loopback(9)), EISCONN);
	assert_fails(bind4(fd[1], loopback(0)), EINVAL);
	close_pair(fd);
}

TEST(port_bound_after_the_end_is_kept_when_the_end_is_dissolved)
{
	int fd[2], port;

	ended_pair(fd);
	assert_ok(bind4(fd[1], loopback(0)));
	port = local4(fd[1]).sin_port;
	dissolve(fd[1]);
	assert_int_equal(local4(fd[1]).sin_port, port);
	assert_fails(bind4(fd[1], loopback(0)), EINVAL);
	assert_ok(listen(fd[1], 1));
	close_pair(fd);
}

TEST(failed_bind_takes_the_old_address_away)
{
	struct sockaddr_in busy;
	int fd[2], listener = tcp_listener(&busy, 1);

	ended_pair(fd);
	assert_int_equal(local4(fd[1]).sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_fails(bind4(fd[1], busy), EADDRINUSE);
	assert_int_equal(local4(fd[1]).sin_addr.s_addr, 0);
	close_pair(fd);
	assert_ok(close(listener));
}

TEST(accepted_socket_keeps_the_address_its_listener_was_bound_to)
{
	int fd[2];

	tcp_pair(fd);
	dissolve(fd[1]);
	assert_int_equal(local4(fd[1]).sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	close_pair(fd);
}

TEST(refused_socket_that_is_shut_down_untold_can_only_be_dissolved)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	set_nonblock(fd);
	assert_fails(connect4(fd, tcp_nobody()), EINPROGRESS);
	assert_true(await(fd, 0) & POLLHUP);
	assert_fails(shutdown(fd, SHUT_WR), ENOTCONN);
	assert_fails(connect4(fd, loopback(9)), EINVAL);
	assert_fails(listen(fd, 1), EINVAL);
	dissolve(fd);
	assert_ok(listen(fd, 1));
	assert_ok(close(fd));
}

/* Connected to itself: simultaneous open, RFC 9293 3.5. */
static int bound_alone(struct sockaddr_in *at)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(bind4(fd, loopback(0)));
	*at = local4(fd);
	return fd;
}

TEST(simultaneous_open_of_a_socket_shut_before_closes_it)
{
	struct sockaddr_in at;
	int fd = bound_alone(&at);

	assert_fails(shutdown(fd, SHUT_WR), ENOTCONN);
	assert_fails(connect4(fd, at), ECONNABORTED);
	assert_ok(close(fd));
}

/* Both ends close, so that the one that closed first is in TIME_WAIT at this port. */
static struct sockaddr_in leave_time_wait(struct sockaddr_in *peer, int *listener)
{
	struct sockaddr_in at;
	int fd[2];
	char byte;

	*listener = tcp_listener(peer, 4);
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(fd[0], loopback(0)));
	at = local4(fd[0]);
	assert_ok(connect4(fd[0], *peer));
	fd[1] = accept(*listener, NULL, NULL);
	assert_true(fd[1] >= 0);
	assert_ok(close(fd[0]));
	assert_int_equal(recv(fd[1], &byte, 1, 0), 0);
	assert_ok(close(fd[1]));
	settle();
	return at;
}

TEST(bound_socket_may_take_the_ends_of_one_in_time_wait)
{
	struct sockaddr_in peer, at;
	int listener, fd = new_socket(AF_INET, SOCK_STREAM), accepted;

	at = leave_time_wait(&peer, &listener);
	assert_ok(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(fd, at));
	assert_ok(connect4(fd, peer));
	accepted = accept(listener, NULL, NULL);
	assert_true(accepted >= 0);
	tcp_abort(fd);
	assert_ok(close(accepted));
	assert_ok(close(listener));
}

TEST(listen_on_a_port_with_an_old_connection_is_in_use)
{
	struct sockaddr_in at, peer;
	int listener = tcp_listener(&peer, 1), fd = bound_alone(&at),
	    other = new_socket(AF_INET, SOCK_STREAM);

	/* With SO_REUSEADDR both may be bound; when it is taken back, listening has to be alone. */
	assert_ok(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(set_int(other, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(other, at));
	assert_ok(connect4(fd, peer));
	assert_ok(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 0));
	assert_fails(listen(other, 1), EADDRINUSE);
	tcp_abort(fd);
	assert_ok(close(other));
	assert_ok(close(listener));
}

TEST(recvmmsg_tells_of_an_error_that_waits_before_it_looks_at_the_stream)
{
	struct mmsghdr msg;
	char bytes[10] = "";
	struct iovec part = piece(bytes, sizeof(bytes));
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[1], SHUT_WR));
	assert_int_equal(await(fd[0], POLLRDHUP), POLLRDHUP);
	tcp_abort(fd[1]);
	assert_true(await(fd[0], 0) & POLLHUP);
	memset(&msg, 0, sizeof(msg));
	msg.msg_hdr.msg_iov = &part;
	msg.msg_hdr.msg_iovlen = 1;
	assert_fails(recvmmsg(fd[0], &msg, 1, MSG_DONTWAIT, NULL), EPIPE);
	assert_int_equal(recvmmsg(fd[0], &msg, 1, MSG_DONTWAIT, NULL), 1);
	assert_int_equal(msg.msg_len, 0);
	assert_ok(close(fd[0]));
}

TEST(connections_of_a_listener_that_was_shut_before_are_shut_too)
{
	int listener = new_socket(AF_INET, SOCK_STREAM), fd = new_socket(AF_INET, SOCK_STREAM), accepted;
	char byte;

	assert_ok(bind4(listener, loopback(0)));
	assert_fails(shutdown(listener, SHUT_WR), ENOTCONN);
	assert_ok(listen(listener, 1));
	assert_ok(connect4(fd, local4(listener)));
	assert_int_equal(await(fd, POLLRDHUP), POLLRDHUP);
	assert_int_equal(recv(fd, &byte, 1, 0), 0);
	accepted = accept(listener, NULL, NULL);
	assert_true(accepted >= 0);
	assert_fails(send(accepted, "x", 1, MSG_NOSIGNAL), EPIPE);
	tcp_abort(fd);
	assert_ok(close(accepted));
	assert_ok(close(listener));
}

TEST(udp_over_ipv6_refuses_a_name_without_a_family)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = new_socket(AF_INET6, SOCK_DGRAM);

	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, 1), EINVAL);
	at.sin6_port = htons(9);
	assert_ok(connect6(fd, at));
	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, 1), EINVAL);
	assert_ok(close(fd));
}

TEST(udp_over_ipv6_does_not_look_at_the_flags_of_what_it_appends)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = new_socket(AF_INET6, SOCK_DGRAM);
	char bytes[8];

	assert_ok(bind6(fd, at));
	assert_ok(connect6(fd, local6(fd)));
	assert_int_equal(send(fd, "ab", 2, MSG_MORE), 2);
	assert_int_equal(send(fd, "cd", 2, MSG_OOB), 2);
	assert_int_equal(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT), 4);
	assert_ok(close(fd));
}

TEST(udp_is_charged_for_what_is_pending)
{
	int fd[2], charged = 0;

	udp_pair(fd);
	assert_int_equal(send(fd[0], "", 0, MSG_MORE), 0);
	assert_ok(ioctl(fd[0], SIOCOUTQ, &charged));
	assert_int_equal(charged, 832);
	assert_int_equal(send(fd[0], "0123456789", 10, MSG_MORE), 10);
	assert_ok(ioctl(fd[0], SIOCOUTQ, &charged));
	assert_int_equal(charged, 842);
	assert_int_equal(send(fd[0], "", 0, 0), 0);
	assert_ok(ioctl(fd[0], SIOCOUTQ, &charged));
	assert_int_equal(charged, 0);
	discard(fd[1], 10);
	close_pair(fd);
}

TEST(udp_socket_connected_to_port_0_hears_every_port_of_that_address)
{
	struct sockaddr_in at, from;
	int fd = new_socket(AF_INET, SOCK_DGRAM), sender = udp_bound(&from);
	char byte;

	assert_ok(connect4(fd, loopback(0)));
	at = local4(fd);
	assert_int_equal(sendto4(sender, "x", 1, 0, at), 1);
	assert_int_equal(recv(fd, &byte, 1, MSG_DONTWAIT), 1);
	assert_ok(close(fd));
	assert_ok(close(sender));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(port_of_a_connection_that_ended_is_still_told),
	DUAL_TEST(port_of_a_refused_connection_is_still_told_and_another_can_be_bound),
	DUAL_TEST(socket_whose_connection_ended_can_be_bound_but_not_listen),
	DUAL_TEST(port_bound_after_the_end_is_kept_when_the_end_is_dissolved),
	DUAL_TEST(failed_bind_takes_the_old_address_away),
	DUAL_TEST(accepted_socket_keeps_the_address_its_listener_was_bound_to),
	DUAL_TEST(refused_socket_that_is_shut_down_untold_can_only_be_dissolved),
	DUAL_TEST(simultaneous_open_of_a_socket_shut_before_closes_it),
	DUAL_TEST(bound_socket_may_take_the_ends_of_one_in_time_wait),
	DUAL_TEST(listen_on_a_port_with_an_old_connection_is_in_use),
	DUAL_TEST(recvmmsg_tells_of_an_error_that_waits_before_it_looks_at_the_stream),
	DUAL_TEST(connections_of_a_listener_that_was_shut_before_are_shut_too),
	DUAL_TEST(udp_over_ipv6_refuses_a_name_without_a_family),
	DUAL_TEST(udp_over_ipv6_does_not_look_at_the_flags_of_what_it_appends),
	DUAL_TEST(udp_is_charged_for_what_is_pending),
	DUAL_TEST(udp_socket_connected_to_port_0_hears_every_port_of_that_address),
};

BEHAVIOUR_MAIN("tcp again", tests)
