/* SPDX-License-Identifier: MIT */
/*
 * MSG_OOB on Unix streams: how it is sent, what becomes of it when an end closes, and with descriptors and
 * credentials. What the receiver sees is in unix_urgent.c. Plain sockets only.
 */
#include "tests/behaviour/urgent.h"

static void expect_no_oob(int fd)
{
	char b[8];

	assert_fails(recv(fd, b, sizeof(b), MSG_OOB), EINVAL);
}

static void in_line(int fd)
{
	assert_ok(set_int(fd, SOL_SOCKET, SO_OOBINLINE, 1));
}

/* ---- sending ---- */

TEST(urgent_send_of_nothing_is_eopnotsupp)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_fails(send(fd[0], "", 0, MSG_OOB), EOPNOTSUPP);
	close_pair(fd);
}

TEST(urgent_send_on_other_types_is_eopnotsupp)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET };
	char b;

	for (int i = 0; i < 2; i++) {
		int fd[2];

		unix_pair(types[i], fd);
		assert_fails(send(fd[0], "u", 1, MSG_OOB), EOPNOTSUPP);
		assert_fails(recv(fd[1], &b, 1, MSG_OOB), EOPNOTSUPP);
		assert_fails(sockatmark(fd[1]), EOPNOTSUPP);
		close_pair(fd);
	}
}

TEST(large_urgent_send_marks_its_last_byte)
{
	static char data[50000], got[50000];
	size_t n = 0;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	pattern_fill(data, sizeof(data), 0);
	assert_int_equal(send(fd[0], data, sizeof(data), MSG_OOB), sizeof(data));
	while (!at_mark(fd[1])) {
		ssize_t r = recv(fd[1], got + n, sizeof(got) - n, MSG_DONTWAIT);

		assert_true(r > 0);
		n += (size_t)r;
	}
	assert_int_equal(n, sizeof(data) - 1);
	assert_true(pattern_holds(got, n, 0));
	assert_int_equal(recv(fd[1], got, 1, MSG_OOB), 1);
	assert_true(pattern_holds(got, 1, sizeof(data) - 1));
	close_pair(fd);
}

TEST(urgent_send_of_pieces_marks_the_last_byte)
{
	struct iovec parts[3] = { piece("ab", 2), piece("cd", 2), piece("", 0) };
	struct msghdr h = { .msg_iov = parts, .msg_iovlen = 3 };
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(sendmsg(fd[0], &h, MSG_OOB), 4);
	expect(fd[1], "d", MSG_OOB);
	expect(fd[1], "abc", 0);
	close_pair(fd);
}

TEST(urgent_send_into_a_full_buffer)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	fill(fd[0], 1000);
	assert_fails(send(fd[0], "u", 1, MSG_OOB | MSG_DONTWAIT), EAGAIN);
	assert_int_equal(ready(fd[1], POLLPRI), 0);
	close_pair(fd);
}

TEST(urgent_send_after_shutdown_is_epipe)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_fails(send(fd[0], "u", 1, MSG_OOB | MSG_NOSIGNAL), EPIPE);
	close_pair(fd);
	unix_pair(SOCK_STREAM, fd);
	assert_ok(shutdown(fd[1], SHUT_RD));
	assert_fails(send(fd[0], "u", 1, MSG_OOB | MSG_NOSIGNAL), EPIPE);
	close_pair(fd);
}

TEST(urgent_send_to_a_closed_peer)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(close(fd[1]));
	assert_fails(send(fd[0], "u", 1, MSG_OOB), EPIPE);
	assert_int_equal(signals_seen, 1);
	signal_restore(SIGPIPE, before);
	assert_ok(close(fd[0]));
}

TEST(urgent_send_unconnected_is_enotconn)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_fails(send(fd, "u", 1, MSG_OOB), ENOTCONN);
	assert_fails(send(fd, "", 0, MSG_OOB), EOPNOTSUPP);
	assert_ok(close(fd));
}

TEST(bad_pointer_of_an_urgent_send)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_fails(send(fd[0], (void *)1, 1, MSG_OOB), EFAULT);
	assert_fails(send(fd[0], (void *)1, 2, MSG_OOB), EFAULT);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), 0);
	close_pair(fd);
}

/* ---- ends ---- */

TEST(urgent_byte_outlives_the_end_of_the_stream)
{
	char b;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "au", MSG_OOB);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI | POLLRDHUP), POLLIN | POLLPRI | POLLRDHUP);
	expect(fd[1], "a", 0);
	expect(fd[1], "u", MSG_OOB);
	assert_int_equal(recv(fd[1], &b, 1, 0), 0);
	expect_no_oob(fd[1]);
	close_pair(fd);
}

TEST(urgent_byte_outlives_its_sender)
{
	char b;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "au", MSG_OOB);
	assert_ok(close(fd[0]));
	assert_int_equal(ready(fd[1], POLLPRI) & POLLPRI, POLLPRI);
	expect(fd[1], "u", MSG_OOB);
	expect(fd[1], "a", 0);
	assert_int_equal(recv(fd[1], &b, 1, 0), 0);
	assert_ok(close(fd[1]));
}

TEST(close_with_an_unread_urgent_byte_resets)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "u", MSG_OOB);
	assert_ok(close(fd[1]));
	assert_int_equal(pending_error(fd[0]), ECONNRESET);
	assert_ok(close(fd[0]));
}

TEST(close_with_only_a_mark_left_does_not_reset)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "u", MSG_OOB);
	expect(fd[1], "u", MSG_OOB);
	assert_ok(close(fd[1]));
	assert_int_equal(pending_error(fd[0]), 0);
	assert_ok(close(fd[0]));
}

TEST(close_with_data_behind_a_mark_resets)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "u", MSG_OOB);
	expect(fd[1], "u", MSG_OOB);
	send_all(fd[0], "c", 0);
	assert_ok(close(fd[1]));
	assert_int_equal(pending_error(fd[0]), ECONNRESET);
	assert_ok(close(fd[0]));
}

/* ---- with descriptors and credentials ---- */

static void send_with_descriptor(int fd, const char *text, int flags)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int))];
	} c = { .room = { 0 } };
	struct iovec part = piece(text, strlen(text));
	struct msghdr h = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c.room)
	};

	c.head.cmsg_level = SOL_SOCKET;
	c.head.cmsg_type = SCM_RIGHTS;
	c.head.cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(&c.head), &fd, sizeof(fd));
	assert_int_equal(sendmsg(fd, &h, flags), strlen(text));
}

/* How many descriptors came with it; they are closed. */
static int receive_text(int fd, const char *text, int flags)
{
	union {
		struct cmsghdr head;
		char room[CMSG_SPACE(sizeof(int) * 4)];
	} c;
	char b[64] = { 0 };
	struct iovec part = { b, sizeof(b) - 1 };
	struct msghdr h = {
		.msg_iov = &part, .msg_iovlen = 1, .msg_control = &c, .msg_controllen = sizeof(c.room)
	};
	int got, num = 0;

	assert_int_equal(recvmsg(fd, &h, flags | MSG_DONTWAIT), strlen(text));
	assert_string_equal(b, text);
	for (struct cmsghdr *m = CMSG_FIRSTHDR(&h); m; m = CMSG_NXTHDR(&h, m)) {
		for (size_t at = 0; CMSG_LEN(at + sizeof(int)) <= m->cmsg_len; at += sizeof(int)) {
			memcpy(&got, CMSG_DATA(m) + at, sizeof(got));
			assert_ok(close(got));
			num++;
		}
	}
	return num;
}

TEST(descriptors_of_a_lone_urgent_byte_are_not_received)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_with_descriptor(fd[0], "u", MSG_OOB);
	assert_int_equal(receive_text(fd[1], "u", MSG_OOB), 0);
	expect_nothing(fd[1]);
	close_pair(fd);
}

TEST(descriptors_go_with_the_bytes_before_the_urgent_one)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_with_descriptor(fd[0], "abu", MSG_OOB);
	assert_int_equal(receive_text(fd[1], "ab", 0), 1);
	assert_int_equal(receive_text(fd[1], "u", MSG_OOB), 0);
	close_pair(fd);
}

TEST(descriptors_of_an_urgent_byte_in_line_are_received)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	in_line(fd[1]);
	send_with_descriptor(fd[0], "u", MSG_OOB);
	send_all(fd[0], "c", 0);
	assert_int_equal(receive_text(fd[1], "u", 0), 1);
	expect(fd[1], "c", 0);
	close_pair(fd);
}

TEST(descriptors_of_a_passed_urgent_byte_are_lost)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_with_descriptor(fd[0], "u", MSG_OOB);
	send_all(fd[0], "c", 0);
	assert_int_equal(receive_text(fd[1], "c", 0), 0);
	close_pair(fd);
}

TEST(descriptors_of_an_urgent_byte_that_became_ordinary)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_with_descriptor(fd[0], "u", MSG_OOB);
	send_all(fd[0], "v", MSG_OOB);
	assert_int_equal(receive_text(fd[1], "u", 0), 1);
	expect(fd[1], "v", MSG_OOB);
	close_pair(fd);
}

TEST(descriptors_before_a_mark)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_with_descriptor(fd[0], "ab", 0);
	send_all(fd[0], "u", MSG_OOB);
	send_all(fd[0], "c", 0);
	expect(fd[1], "u", MSG_OOB);
	assert_int_equal(receive_text(fd[1], "ab", MSG_PEEK), 1);
	assert_int_equal(receive_text(fd[1], "ab", 0), 1);
	assert_int_equal(at_mark(fd[1]), 1);
	assert_int_equal(receive_text(fd[1], "c", 0), 0);
	close_pair(fd);
}

TEST(marks_hold_where_credentials_are_told)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	send_all(fd[0], "ab", 0);
	send_all(fd[0], "u", MSG_OOB);
	send_all(fd[0], "cd", 0);
	expect(fd[1], "ab", MSG_PEEK);
	expect(fd[1], "ab", 0);
	expect(fd[1], "cd", MSG_PEEK);
	expect(fd[1], "u", MSG_OOB);
	expect(fd[1], "cd", 0);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(urgent_send_of_nothing_is_eopnotsupp),
	DUAL_TEST(urgent_send_on_other_types_is_eopnotsupp),
	DUAL_TEST(large_urgent_send_marks_its_last_byte),
	DUAL_TEST(urgent_send_of_pieces_marks_the_last_byte),
	DUAL_TEST(urgent_send_into_a_full_buffer),
	DUAL_TEST(urgent_send_after_shutdown_is_epipe),
	DUAL_TEST(urgent_send_to_a_closed_peer),
	DUAL_TEST(urgent_send_unconnected_is_enotconn),
	DUAL_TEST(bad_pointer_of_an_urgent_send),
	DUAL_TEST(urgent_byte_outlives_the_end_of_the_stream),
	DUAL_TEST(urgent_byte_outlives_its_sender),
	DUAL_TEST(close_with_an_unread_urgent_byte_resets),
	DUAL_TEST(close_with_only_a_mark_left_does_not_reset),
	DUAL_TEST(close_with_data_behind_a_mark_resets),
	DUAL_TEST(descriptors_of_a_lone_urgent_byte_are_not_received),
	DUAL_TEST(descriptors_go_with_the_bytes_before_the_urgent_one),
	DUAL_TEST(descriptors_of_an_urgent_byte_in_line_are_received),
	DUAL_TEST(descriptors_of_a_passed_urgent_byte_are_lost),
	DUAL_TEST(descriptors_of_an_urgent_byte_that_became_ordinary),
	DUAL_TEST(descriptors_before_a_mark),
	DUAL_TEST(marks_hold_where_credentials_are_told),
};

BEHAVIOUR_MAIN("unix_urgent_send", tests)
