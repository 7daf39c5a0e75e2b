/* SPDX-License-Identifier: MIT */
/*
 * TCP urgent data: how it is sent, and what becomes of it when the connection ends. What the receiver sees is
 * in tcp_urgent.c. Plain sockets only.
 */
#include "tests/behaviour/urgent.h"

/* ---- sending ---- */

TEST(urgent_send_of_nothing_is_nothing)
{
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "", 0, MSG_OOB), 0);
	settle();
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), 0);
	tcp_end(fd);
}

TEST(urgent_send_with_msg_more_goes_at_once)
{
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "ab", MSG_MORE);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	send_all(fd[0], "u", MSG_OOB | MSG_MORE);
	assert_int_equal(await(fd[1], POLLPRI), POLLPRI);
	expect(fd[1], "ab", 0);
	expect(fd[1], "u", MSG_OOB);
	tcp_end(fd);
}

TEST(urgent_send_on_a_corked_socket_goes_at_once)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(set_int(fd[0], IPPROTO_TCP, TCP_CORK, 1));
	send_all(fd[0], "u", MSG_OOB);
	assert_int_equal(await(fd[1], POLLPRI), POLLPRI);
	expect(fd[1], "u", MSG_OOB);
	tcp_end(fd);
}

TEST(large_urgent_send_marks_its_last_byte)
{
	static char data[20000], got[20000];
	size_t n = 0;
	ssize_t r;
	int fd[2];

	tcp_pair(fd);
	pattern_fill(data, sizeof(data), 0);
	assert_int_equal(send(fd[0], data, sizeof(data), MSG_OOB), sizeof(data));
	await(fd[1], POLLPRI);
	settle();
	while (!at_mark(fd[1]) && (r = recv(fd[1], got + n, sizeof(got) - n, MSG_DONTWAIT)) > 0)
		n += (size_t)r;
	assert_int_equal(n, sizeof(data) - 1);
	assert_true(pattern_holds(got, n, 0));
	assert_int_equal(at_mark(fd[1]), 1);
	assert_int_equal(recv(fd[1], got, 1, MSG_OOB), 1);
	assert_true(pattern_holds(got, 1, sizeof(data) - 1));
	tcp_end(fd);
}

TEST(urgent_send_by_sendmsg_marks_the_last_of_all_pieces)
{
	struct iovec parts[3] = { piece("ab", 2), piece("cd", 2), piece("", 0) };
	struct msghdr h = { .msg_iov = parts, .msg_iovlen = 3 };
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(sendmsg(fd[0], &h, MSG_OOB), 4);
	await(fd[1], POLLPRI);
	expect(fd[1], "abc", 0);
	expect(fd[1], "d", MSG_OOB);
	tcp_end(fd);
}

TEST(urgent_send_that_is_cut_short_marks_where_it_ended)
{
	static char block[65536], got[65536];
	size_t before, n = 0;
	ssize_t r, sent;
	int fd[2], small = 1;

	tcp_pair(fd);
	assert_ok(setsockopt(fd[0], SOL_SOCKET, SO_SNDBUF, &small, sizeof(small)));
	before = fill(fd[0], sizeof(block));
	discard(fd[1], before);
	settle();
	sent = send(fd[0], block, sizeof(block), MSG_OOB | MSG_DONTWAIT);
	assert_true(sent > 0);
	await(fd[1], POLLPRI);
	settle();
	while (n < (size_t)sent - 1 && (r = recv(fd[1], got, sizeof(got), MSG_DONTWAIT)) > 0) {
		n += (size_t)r;
		settle();
	}
	assert_int_equal(n, sent - 1);
	assert_int_equal(at_mark(fd[1]), 1);
	tcp_end(fd);
}

TEST(urgent_send_after_shutdown_is_epipe)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_fails(send(fd[0], "u", 1, MSG_OOB | MSG_NOSIGNAL), EPIPE);
	tcp_end(fd);
}

TEST(urgent_send_unconnected_is_epipe)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(send(fd, "u", 1, MSG_OOB | MSG_NOSIGNAL), EPIPE);
	assert_ok(close(fd));
}

/* The receiver's window is closed: the pointer comes all the same, with the first probe. */
TEST(urgent_pointer_passes_a_closed_window)
{
	static char block[65536];
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd[2], small = 4096, error = EINVAL;
	struct pollfd p;
	ssize_t sent;
	char b;

	assert_ok(setsockopt(listener, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small)));
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	assert_ok(close(listener));
	sent = send(fd[0], block, sizeof(block), MSG_DONTWAIT);
	assert_true(sent > 10000);
	assert_int_equal(send(fd[0], "u", 1, MSG_OOB | MSG_DONTWAIT), 1);
	for (int i = 0; i < 100 && error == EINVAL; i++) {
		poll(NULL, 0, 10);
		assert_int_equal(recv(fd[1], &b, 1, MSG_OOB), -1);
		error = errno;
	}
	assert_int_equal(error, EAGAIN); /* announced, and not there */
	assert_int_equal(ready(fd[1], POLLPRI), 0);
	assert_int_equal(at_mark(fd[1]), 0);
	while (!at_mark(fd[1])) {
		p = (struct pollfd){ .fd = fd[1], .events = POLLIN | POLLPRI };
		assert_int_equal(poll(&p, 1, 2000), 1);
		sent -= recv(fd[1], block, sizeof(block), MSG_DONTWAIT);
	}
	assert_int_equal(sent, 0);
	await(fd[1], POLLPRI);
	expect(fd[1], "u", MSG_OOB);
	tcp_end(fd);
}

/* ---- ends ---- */

TEST(urgent_byte_outlives_the_end_of_the_stream)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "au", MSG_OOB);
	assert_ok(shutdown(fd[0], SHUT_WR));
	await(fd[1], POLLRDHUP);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI | POLLRDHUP), POLLIN | POLLPRI | POLLRDHUP);
	expect(fd[1], "a", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "u", MSG_OOB);
	assert_int_equal(recv(fd[1], &b, 1, 0), 0);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	tcp_end(fd);
}

TEST(end_of_stream_behind_an_unread_urgent_byte)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "u", MSG_OOB);
	assert_ok(shutdown(fd[0], SHUT_WR));
	await(fd[1], POLLRDHUP);
	assert_int_equal(recv(fd[1], &b, 1, 0), 0);
	assert_int_equal(ready(fd[1], POLLPRI), 0);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	tcp_end(fd);
}

TEST(urgent_byte_after_the_reader_shut_down)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[1], SHUT_RD));
	send_all(fd[0], "au", MSG_OOB);
	await(fd[1], POLLPRI);
	expect(fd[1], "u", MSG_OOB);
	expect(fd[1], "a", 0);
	tcp_end(fd);
}

TEST(urgent_byte_after_a_reset_is_lost)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "au", MSG_OOB);
	await(fd[1], POLLPRI);
	tcp_abort(fd[0]);
	await(fd[1], POLLHUP);
	assert_int_equal(ready(fd[1], POLLPRI) & POLLPRI, POLLPRI);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), ENOTCONN);
	assert_int_equal(pending_error(fd[1]), ECONNRESET);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), ENOTCONN);
	expect(fd[1], "a", 0);
	assert_ok(close(fd[1]));
}

TEST(close_with_only_a_read_urgent_byte_left_resets)
{
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "u", MSG_OOB);
	await(fd[1], POLLPRI);
	expect(fd[1], "u", MSG_OOB);
	assert_ok(close(fd[1]));
	assert_true(await(fd[0], POLLIN) & POLLHUP); /* the byte still stood in the stream, unread */
	assert_int_equal(pending_error(fd[0]), ECONNRESET);
	assert_ok(close(fd[0]));
}

TEST(connecting_anew_forgets_the_mark)
{
	struct sockaddr_in at;
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int listener, fd[2], other;
	char b;

	tcp_pair(fd);
	send_all(fd[1], "u", MSG_OOB);
	await(fd[0], POLLPRI);
	assert_ok(connect(fd[0], &none, sizeof(none)));
	assert_int_equal(ready(fd[0], POLLPRI) & POLLPRI, 0);
	assert_fails(recv(fd[0], &b, 1, MSG_OOB), EINVAL);
	listener = tcp_listener(&at, 1);
	assert_ok(connect4(fd[0], at));
	other = accept(listener, NULL, NULL);
	assert_int_equal(at_mark(fd[0]), 0);
	assert_fails(recv(fd[0], &b, 1, MSG_OOB), EINVAL);
	send_all(other, "v", MSG_OOB);
	await(fd[0], POLLPRI);
	expect(fd[0], "v", MSG_OOB);
	assert_ok(close(listener));
	assert_ok(close(fd[1]));
	assert_ok(close(other));
	assert_ok(close(fd[0]));
}

TEST(ipv6_has_urgent_data_as_well)
{
	struct sockaddr_in6 at;
	int listener = new_socket(AF_INET6, SOCK_STREAM), fd[2];

	assert_ok(bind6(listener, at6("::1", 0)));
	assert_ok(listen(listener, 1));
	at = local6(listener);
	fd[0] = new_socket(AF_INET6, SOCK_STREAM);
	assert_ok(connect6(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	send_all(fd[0], "au", MSG_OOB);
	await(fd[1], POLLPRI);
	expect(fd[1], "u", MSG_OOB);
	expect(fd[1], "a", 0);
	assert_ok(close(listener));
	tcp_end(fd);
}

/* ---- SIOCATMARK, sockatmark(3) ---- */

TEST(mark_of_what_has_none)
{
	struct sockaddr_in at;
	int fd = new_socket(AF_INET, SOCK_STREAM), listener = tcp_listener(&at, 1), udp, file;

	assert_int_equal(at_mark(fd), 0);
	assert_int_equal(at_mark(listener), 0);
	udp = new_socket(AF_INET, SOCK_DGRAM);
	assert_fails(sockatmark(udp), ENOTTY);
	file = open("/dev/null", O_RDONLY);
	assert_fails(sockatmark(file), ENOTTY);
	assert_fails(sockatmark(-1), EBADF);
	assert_fails(ioctl(fd, SIOCATMARK, (void *)1), EFAULT);
	assert_ok(close(fd));
	assert_ok(close(listener));
	assert_ok(close(udp));
	assert_ok(close(file));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(urgent_send_of_nothing_is_nothing),
	DUAL_TEST(urgent_send_with_msg_more_goes_at_once),
	DUAL_TEST(urgent_send_on_a_corked_socket_goes_at_once),
	DUAL_TEST(large_urgent_send_marks_its_last_byte),
	DUAL_TEST(urgent_send_by_sendmsg_marks_the_last_of_all_pieces),
	DUAL_TEST(urgent_send_that_is_cut_short_marks_where_it_ended),
	DUAL_TEST(urgent_send_after_shutdown_is_epipe),
	DUAL_TEST(urgent_send_unconnected_is_epipe),
	DUAL_TEST(urgent_pointer_passes_a_closed_window),
	DUAL_TEST(urgent_byte_outlives_the_end_of_the_stream),
	DUAL_TEST(end_of_stream_behind_an_unread_urgent_byte),
	DUAL_TEST(urgent_byte_after_the_reader_shut_down),
	DUAL_TEST(urgent_byte_after_a_reset_is_lost),
	DUAL_TEST(close_with_only_a_read_urgent_byte_left_resets),
	DUAL_TEST(connecting_anew_forgets_the_mark),
	DUAL_TEST(ipv6_has_urgent_data_as_well),
	DUAL_TEST(mark_of_what_has_none),
};

BEHAVIOUR_MAIN("tcp_urgent_send", tests)
