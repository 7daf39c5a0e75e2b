/* SPDX-License-Identifier: MIT */
/*
 * MSG_FASTOPEN: sendto(2) that connects, tcp(7), RFC 7413. With net.ipv4.tcp_fastopen as it is by default (1:
 * clients only) no cookie ever comes, so that the data follows the handshake. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN 0x20000000
#endif

static void expect_abc(int listener)
{
	char b[8];
	int fd = accept(listener, NULL, NULL);

	assert_true(fd >= 0);
	assert_true(await(fd, POLLIN) & POLLIN);
	assert_int_equal(recv(fd, b, sizeof(b), 0), 3);
	assert_memory_equal(b, "abc", 3);
	tcp_abort(fd);
}

TEST(send_connects_and_sends)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(sendto4(fd, "abc", 3, MSG_FASTOPEN, at), 3);
	assert_int_equal(tcp_state(fd), TCP_ESTABLISHED);
	expect_abc(listener);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(sendmsg_connects_and_sends)
{
	struct sockaddr_in at;
	struct iovec parts[2] = { piece("a", 1), piece("bc", 2) };
	struct msghdr h = { .msg_name = &at, .msg_namelen = sizeof(at), .msg_iov = parts, .msg_iovlen = 2 };
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(sendmsg(fd, &h, MSG_FASTOPEN), 3);
	expect_abc(listener);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(nonblocking_send_begins_to_connect_and_sends_nothing)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(sendto4(fd, "xyz", 3, MSG_FASTOPEN | MSG_DONTWAIT, at), EINPROGRESS);
	assert_true(await(fd, POLLOUT) & POLLOUT);
	assert_int_equal(pending_error(fd), 0);
	assert_int_equal(send(fd, "abc", 3, 0), 3);
	expect_abc(listener);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(send_of_nothing_connects)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(sendto4(fd, "", 0, MSG_FASTOPEN, at), 0);
	assert_int_equal(tcp_state(fd), TCP_ESTABLISHED);
	assert_int_equal(send(fd, "abc", 3, 0), 3);
	expect_abc(listener);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(connected_socket_is_eisconn)
{
	struct sockaddr_in at = at4("127.0.0.1", 9);
	int fd[2];

	tcp_pair(fd);
	assert_fails(send(fd[0], "abc", 3, MSG_FASTOPEN), EISCONN);
	assert_fails(sendto4(fd[0], "abc", 3, MSG_FASTOPEN, at), EISCONN);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_fails(send(fd[0], "abc", 3, MSG_FASTOPEN | MSG_NOSIGNAL), EISCONN);
	tcp_end(fd);
}

TEST(listening_socket_is_eisconn)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);

	assert_fails(sendto4(listener, "abc", 3, MSG_FASTOPEN, at), EISCONN);
	assert_ok(close(listener));
}

TEST(addresses_that_are_none)
{
	struct sockaddr_in at = at4("127.0.0.1", 9);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(send(fd, "abc", 3, MSG_FASTOPEN | MSG_NOSIGNAL), EINVAL);
	assert_fails(sendto(fd, "abc", 3, MSG_FASTOPEN, (struct sockaddr *)&at, 1), EINVAL);
	assert_fails(sendto(fd, "abc", 3, MSG_FASTOPEN, (struct sockaddr *)&at, 8), EINVAL);
	at.sin_family = AF_UNSPEC;
	assert_fails(sendto4(fd, "abc", 3, MSG_FASTOPEN, at), EOPNOTSUPP);
	at.sin_family = AF_INET6;
	assert_fails(sendto4(fd, "abc", 3, MSG_FASTOPEN, at), EAFNOSUPPORT);
	assert_ok(close(fd));
}

TEST(nobody_there_is_econnrefused)
{
	struct sockaddr_in at = tcp_nobody();
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(sendto4(fd, "abc", 3, MSG_FASTOPEN | MSG_NOSIGNAL, at), ECONNREFUSED);
	assert_fails(send(fd, "abc", 3, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(fd));
}

TEST(bad_pointer_connects_all_the_same)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(sendto4(fd, (void *)1, 3, MSG_FASTOPEN, at), EFAULT);
	assert_int_equal(tcp_state(fd), TCP_ESTABLISHED);
	assert_int_equal(send(fd, "abc", 3, 0), 3);
	expect_abc(listener);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(sigpipe_does_not_come_with_a_refusal)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	struct sockaddr_in at = tcp_nobody();
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(sendto4(fd, "abc", 3, MSG_FASTOPEN, at), ECONNREFUSED);
	assert_fails(send(fd, "abc", 3, MSG_FASTOPEN), EINVAL);
	assert_int_equal(signals_seen, 0);
	signal_restore(SIGPIPE, before);
	assert_ok(close(fd));
}

TEST(more_and_urgent_go_along)
{
	struct sockaddr_in at;
	char b[8];
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM), other;

	assert_int_equal(sendto4(fd, "abu", 3, MSG_FASTOPEN | MSG_OOB, at), 3);
	other = accept(listener, NULL, NULL);
	await(other, POLLPRI);
	assert_int_equal(recv(other, b, sizeof(b), MSG_OOB), 1);
	assert_int_equal(b[0], 'u');
	tcp_abort(other);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(ipv6_connects_and_sends)
{
	struct sockaddr_in6 at;
	int listener = new_socket(AF_INET6, SOCK_STREAM), fd = new_socket(AF_INET6, SOCK_STREAM);

	assert_ok(bind6(listener, at6("::1", 0)));
	assert_ok(listen(listener, 1));
	at = local6(listener);
	assert_int_equal(sendto6(fd, "abc", 3, MSG_FASTOPEN, at), 3);
	expect_abc(listener);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(send_connects_and_sends),
	DUAL_TEST(sendmsg_connects_and_sends),
	DUAL_TEST(nonblocking_send_begins_to_connect_and_sends_nothing),
	DUAL_TEST(send_of_nothing_connects),
	DUAL_TEST(connected_socket_is_eisconn),
	DUAL_TEST(listening_socket_is_eisconn),
	DUAL_TEST(addresses_that_are_none),
	DUAL_TEST(nobody_there_is_econnrefused),
	DUAL_TEST(bad_pointer_connects_all_the_same),
	DUAL_TEST(sigpipe_does_not_come_with_a_refusal),
	DUAL_TEST(more_and_urgent_go_along),
	DUAL_TEST(ipv6_connects_and_sends),
};

BEHAVIOUR_MAIN("tcp_fastopen", tests)
