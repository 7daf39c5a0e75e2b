/* SPDX-License-Identifier: MIT */
/*
 * TCP urgent data: tcp(7), RFC 9293 3.8.5, RFC 6093, as Linux keeps it: one byte out of band, a mark in the
 * stream. Types that refuse it are in send_flags.c, Unix streams in unix_urgent.c, signals in
 * urgent_signal.c. Plain sockets only.
 */
#include "tests/behaviour/urgent.h"

#include <sys/epoll.h>
#include <sys/select.h>

/* fd[1] has "ab", the urgent "u", "cd". */
static void mixed_pair(int fd[2])
{
	tcp_pair(fd);
	send_all(fd[0], "ab", 0);
	send_all(fd[0], "u", MSG_OOB);
	send_all(fd[0], "cd", 0);
	await(fd[1], POLLPRI);
	settle();
}

static void inline_pair(int fd[2])
{
	tcp_pair(fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_OOBINLINE, 1));
	send_all(fd[0], "ab", 0);
	send_all(fd[0], "u", MSG_OOB);
	send_all(fd[0], "cd", 0);
	await(fd[1], POLLPRI);
	settle();
}

/* ---- readiness ---- */

TEST(urgent_byte_shows_as_pollpri)
{
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "u", MSG_OOB);
	assert_int_equal(await(fd[1], POLLPRI), POLLPRI);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), POLLPRI);
	tcp_end(fd);
}

TEST(bytes_before_the_urgent_one_are_readable_beside_it)
{
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "ab", 0);
	send_all(fd[0], "u", MSG_OOB);
	await(fd[1], POLLPRI);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI | POLLRDBAND), POLLIN | POLLPRI);
	expect(fd[1], "ab", 0);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), POLLPRI);
	expect_nothing(fd[1]);
	tcp_end(fd);
}

TEST(bytes_behind_the_urgent_one_make_it_readable)
{
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "u", MSG_OOB);
	send_all(fd[0], "c", 0);
	await(fd[1], POLLIN);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), POLLIN | POLLPRI);
	expect(fd[1], "c", 0);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), 0);
	tcp_end(fd);
}

TEST(pollpri_ends_when_the_byte_is_read)
{
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "u", MSG_OOB);
	await(fd[1], POLLPRI);
	expect(fd[1], "u", MSG_OOB);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), 0);
	tcp_end(fd);
}

TEST(in_line_the_byte_is_readable_and_still_pollpri)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_OOBINLINE, 1));
	send_all(fd[0], "u", MSG_OOB);
	await(fd[1], POLLPRI);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), POLLIN | POLLPRI);
	expect(fd[1], "u", 0);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), 0);
	tcp_end(fd);
}

TEST(select_tells_of_it_as_an_exception)
{
	struct timeval now = { 0, 0 };
	fd_set in, ex;
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "u", MSG_OOB);
	await(fd[1], POLLPRI);
	FD_ZERO(&in);
	FD_SET(fd[1], &in);
	ex = in;
	assert_int_equal(select(fd[1] + 1, &in, NULL, &ex, &now), 1);
	assert_false(FD_ISSET(fd[1], &in));
	assert_true(FD_ISSET(fd[1], &ex));
	tcp_end(fd);
}

TEST(epoll_tells_of_it_level_and_edge)
{
	struct epoll_event e = { .events = EPOLLPRI };
	int fd[2], level = epoll_create1(0), edge = epoll_create1(0);

	tcp_pair(fd);
	assert_ok(epoll_ctl(level, EPOLL_CTL_ADD, fd[1], &e));
	e.events |= EPOLLET;
	assert_ok(epoll_ctl(edge, EPOLL_CTL_ADD, fd[1], &e));
	assert_int_equal(epoll_wait(level, &e, 1, 0), 0);
	send_all(fd[0], "u", MSG_OOB);
	await(fd[1], POLLPRI);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(epoll_wait(level, &e, 1, 0), 1);
		assert_int_equal(e.events, EPOLLPRI);
		assert_int_equal(epoll_wait(edge, &e, 1, 0), !i);
	}
	send_all(fd[0], "v", MSG_OOB);
	settle();
	assert_int_equal(epoll_wait(edge, &e, 1, 0), 1);
	assert_int_equal(e.events, EPOLLPRI);
	assert_ok(close(level));
	assert_ok(close(edge));
	tcp_end(fd);
}

/* ---- recv with MSG_OOB ---- */

TEST(urgent_byte_is_received_out_of_band)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "u", MSG_OOB);
	tcp_end(fd);
}

TEST(urgent_byte_is_received_once)
{
	char b;
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "u", MSG_OOB);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB | MSG_PEEK), EINVAL);
	tcp_end(fd);
}

TEST(urgent_byte_that_is_peeked_at_stays)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "u", MSG_OOB | MSG_PEEK);
	expect(fd[1], "u", MSG_OOB | MSG_PEEK);
	expect(fd[1], "u", MSG_OOB);
	tcp_end(fd);
}

TEST(last_byte_of_an_urgent_send_is_the_urgent_one)
{
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "abc", MSG_OOB);
	await(fd[1], POLLPRI);
	expect(fd[1], "c", MSG_OOB);
	expect(fd[1], "ab", 0);
	expect_nothing(fd[1]);
	tcp_end(fd);
}

TEST(recv_of_urgent_data_that_is_not_there_is_einval)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	send_all(fd[0], "a", 0);
	await(fd[1], POLLIN);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB | MSG_DONTWAIT), EINVAL);
	tcp_end(fd);
}

TEST(recv_out_of_band_where_nothing_is_connected)
{
	char b;
	struct sockaddr_in at;
	int fd = new_socket(AF_INET, SOCK_STREAM), listener = tcp_listener(&at, 1);

	assert_fails(recv(fd, &b, 1, MSG_OOB), EINVAL);
	assert_fails(recv(listener, &b, 1, MSG_OOB), ENOTCONN);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(msg_flags_name_the_urgent_byte)
{
	char b[4];
	struct iovec part = { b, sizeof(b) };
	struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1 };
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(recvmsg(fd[1], &h, MSG_OOB), 1);
	assert_int_equal(h.msg_flags, MSG_OOB);
	h.msg_flags = 0;
	assert_int_equal(recvmsg(fd[1], &h, 0), 2);
	assert_int_equal(h.msg_flags, 0);
	tcp_end(fd);
}

TEST(no_room_for_the_urgent_byte_truncates_and_reads_it)
{
	char b;
	struct iovec part = { &b, 0 };
	struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1 };
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(recvmsg(fd[1], &h, MSG_OOB), 0);
	assert_int_equal(h.msg_flags, MSG_OOB | MSG_TRUNC);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	tcp_end(fd);
}

TEST(msg_trunc_takes_the_urgent_byte_and_copies_nothing)
{
	char b = '-';
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(recv(fd[1], &b, 1, MSG_OOB | MSG_TRUNC), 1);
	assert_int_equal(b, '-');
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	tcp_end(fd);
}

TEST(bad_pointer_loses_the_urgent_byte)
{
	char b;
	int fd[2];

	mixed_pair(fd);
	assert_fails(recv(fd[1], (void *)1, 1, MSG_OOB), EFAULT);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	tcp_end(fd);
}

TEST(recv_out_of_band_never_waits)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB | MSG_WAITALL), EINVAL);
	tcp_end(fd);
}

/* ---- the mark ---- */

TEST(normal_reading_stops_at_the_mark_and_skips_the_byte)
{
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(at_mark(fd[1]), 0);
	expect(fd[1], "ab", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "cd", 0);
	assert_int_equal(at_mark(fd[1]), 0);
	tcp_end(fd);
}

TEST(waitall_stops_at_the_mark_too)
{
	char b[5];
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(recv(fd[1], b, 5, MSG_WAITALL), 2);
	assert_memory_equal(b, "ab", 2);
	assert_int_equal(recv(fd[1], b, 2, MSG_WAITALL), 2);
	assert_memory_equal(b, "cd", 2);
	tcp_end(fd);
}

TEST(reading_past_the_mark_loses_the_unread_byte)
{
	char b;
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "ab", 0);
	assert_int_equal(ready(fd[1], POLLPRI), POLLPRI);
	expect(fd[1], "cd", 0);
	assert_int_equal(ready(fd[1], POLLPRI), 0);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	tcp_end(fd);
}

TEST(mark_stays_when_the_byte_was_read_out_of_band)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "u", MSG_OOB);
	expect(fd[1], "ab", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "cd", 0);
	tcp_end(fd);
}

TEST(short_reads_reach_the_mark_exactly)
{
	char b[2];
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(recv(fd[1], b, 1, 0), 1);
	assert_int_equal(at_mark(fd[1]), 0);
	assert_int_equal(recv(fd[1], b, 1, 0), 1);
	assert_int_equal(at_mark(fd[1]), 1);
	assert_int_equal(recv(fd[1], b, 1, 0), 1);
	assert_int_equal(b[0], 'c');
	assert_int_equal(at_mark(fd[1]), 0);
	tcp_end(fd);
}

TEST(peeking_stops_at_the_mark_and_moves_nothing)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "ab", MSG_PEEK);
	expect(fd[1], "ab", MSG_PEEK);
	expect(fd[1], "ab", 0);
	expect(fd[1], "cd", MSG_PEEK);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "u", MSG_OOB);
	expect(fd[1], "cd", 0);
	tcp_end(fd);
}

TEST(fionread_counts_up_to_the_mark)
{
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(unread(fd[1]), 2);
	expect(fd[1], "ab", 0);
	assert_int_equal(unread(fd[1]), 0);
	expect(fd[1], "cd", 0);
	assert_int_equal(unread(fd[1]), 0);
	tcp_end(fd);
}

TEST(mark_is_reached_when_the_urgent_byte_is_the_first)
{
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(at_mark(fd[1]), 0);
	send_all(fd[0], "u", MSG_OOB);
	await(fd[1], POLLPRI);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "u", MSG_OOB | MSG_PEEK);
	assert_int_equal(at_mark(fd[1]), 1);
	tcp_end(fd);
}

TEST(normal_read_of_a_lone_urgent_byte_finds_nothing_and_loses_it)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "u", MSG_OOB);
	await(fd[1], POLLPRI);
	expect_nothing(fd[1]);
	assert_int_equal(at_mark(fd[1]), 0);
	assert_int_equal(ready(fd[1], POLLPRI), 0);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	send_all(fd[0], "c", 0);
	await(fd[1], POLLIN);
	expect(fd[1], "c", 0);
	tcp_end(fd);
}

/* ---- SO_OOBINLINE ---- */

TEST(urgent_data_in_line_is_read_where_it_stands)
{
	char b;
	int fd[2];

	inline_pair(fd);
	assert_int_equal(at_mark(fd[1]), 0);
	expect(fd[1], "ab", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	expect(fd[1], "ucd", 0);
	assert_int_equal(at_mark(fd[1]), 0);
	tcp_end(fd);
}

TEST(fionread_in_line_counts_everything)
{
	int fd[2];

	inline_pair(fd);
	assert_int_equal(unread(fd[1]), 5);
	expect(fd[1], "ab", 0);
	assert_int_equal(unread(fd[1]), 3);
	expect(fd[1], "ucd", 0);
	tcp_end(fd);
}

TEST(in_line_may_be_chosen_after_the_byte_came)
{
	char b;
	int fd[2];

	mixed_pair(fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_OOBINLINE, 1));
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_OOBINLINE, 0));
	expect(fd[1], "u", MSG_OOB);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_OOBINLINE, 1));
	expect(fd[1], "ab", 0);
	expect(fd[1], "ucd", 0); /* read twice: tcp(7) does not promise otherwise */
	tcp_end(fd);
}

TEST(accepted_socket_inherits_in_line)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd[2];

	assert_ok(set_int(listener, SOL_SOCKET, SO_OOBINLINE, 1));
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	assert_int_equal(get_int(fd[1], SOL_SOCKET, SO_OOBINLINE), 1);
	send_all(fd[0], "au", MSG_OOB);
	await(fd[1], POLLPRI);
	expect(fd[1], "a", 0);
	expect(fd[1], "u", 0);
	assert_ok(close(listener));
	tcp_end(fd);
}

/* ---- more than one ---- */

TEST(newer_urgent_byte_replaces_one_that_nobody_read)
{
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "a", 0);
	send_all(fd[0], "u", MSG_OOB);
	send_all(fd[0], "b", 0);
	send_all(fd[0], "v", MSG_OOB);
	send_all(fd[0], "c", 0);
	settle();
	expect(fd[1], "v", MSG_OOB);
	expect(fd[1], "aub", 0); /* the older one has become an ordinary byte */
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "c", 0);
	tcp_end(fd);
}

TEST(newer_urgent_byte_replaces_one_that_was_read)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "u", MSG_OOB);
	send_all(fd[0], "v", MSG_OOB);
	await(fd[1], POLLPRI);
	expect(fd[1], "v", MSG_OOB);
	expect(fd[1], "abucd", 0);
	tcp_end(fd);
}

TEST(urgent_bytes_one_by_one_are_each_read)
{
	int fd[2];

	tcp_pair(fd);
	for (int i = 0; i < 4; i++) {
		char one[2] = { (char)('a' + i), 0 };

		send_all(fd[0], one, MSG_OOB);
		await(fd[1], POLLPRI);
		expect(fd[1], one, MSG_OOB);
	}
	expect_nothing(fd[1]);
	tcp_end(fd);
}

TEST(urgent_bytes_in_a_row_at_the_mark)
{
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "u", MSG_OOB);
	await(fd[1], POLLPRI);
	send_all(fd[0], "v", MSG_OOB);
	settle();
	assert_int_equal(at_mark(fd[1]), 1); /* the unread one was dropped: reading stood right before it */
	expect(fd[1], "v", MSG_OOB);
	expect_nothing(fd[1]);
	send_all(fd[0], "c", 0);
	await(fd[1], POLLIN);
	expect(fd[1], "c", 0);
	tcp_end(fd);
}

TEST(three_urgent_bytes_in_a_row_at_the_mark)
{
	int fd[2];

	tcp_pair(fd);
	for (int i = 0; i < 3; i++) {
		send_all(fd[0], i == 0 ? "u" : i == 1 ? "v" : "w", MSG_OOB);
		settle();
	}
	assert_int_equal(at_mark(fd[1]), 1);
	assert_int_equal(unread(fd[1]), 0);
	expect(fd[1], "w", MSG_OOB);
	expect_nothing(fd[1]);
	tcp_end(fd);
}

TEST(urgent_byte_after_bytes_at_the_mark)
{
	int fd[2];

	tcp_pair(fd);
	send_all(fd[0], "u", MSG_OOB);
	await(fd[1], POLLPRI);
	send_all(fd[0], "bv", MSG_OOB);
	settle();
	assert_int_equal(at_mark(fd[1]), 0);
	expect(fd[1], "v", MSG_OOB);
	expect(fd[1], "b", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	tcp_end(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(urgent_byte_shows_as_pollpri),
	DUAL_TEST(bytes_before_the_urgent_one_are_readable_beside_it),
	DUAL_TEST(bytes_behind_the_urgent_one_make_it_readable),
	DUAL_TEST(pollpri_ends_when_the_byte_is_read),
	DUAL_TEST(in_line_the_byte_is_readable_and_still_pollpri),
	DUAL_TEST(select_tells_of_it_as_an_exception),
	DUAL_TEST(epoll_tells_of_it_level_and_edge),
	DUAL_TEST(urgent_byte_is_received_out_of_band),
	DUAL_TEST(urgent_byte_is_received_once),
	DUAL_TEST(urgent_byte_that_is_peeked_at_stays),
	DUAL_TEST(last_byte_of_an_urgent_send_is_the_urgent_one),
	DUAL_TEST(recv_of_urgent_data_that_is_not_there_is_einval),
	DUAL_TEST(recv_out_of_band_where_nothing_is_connected),
	DUAL_TEST(msg_flags_name_the_urgent_byte),
	DUAL_TEST(no_room_for_the_urgent_byte_truncates_and_reads_it),
	DUAL_TEST(msg_trunc_takes_the_urgent_byte_and_copies_nothing),
	DUAL_TEST(bad_pointer_loses_the_urgent_byte),
	DUAL_TEST(recv_out_of_band_never_waits),
	DUAL_TEST(normal_reading_stops_at_the_mark_and_skips_the_byte),
	DUAL_TEST(waitall_stops_at_the_mark_too),
	DUAL_TEST(reading_past_the_mark_loses_the_unread_byte),
	DUAL_TEST(mark_stays_when_the_byte_was_read_out_of_band),
	DUAL_TEST(short_reads_reach_the_mark_exactly),
	DUAL_TEST(peeking_stops_at_the_mark_and_moves_nothing),
	DUAL_TEST(fionread_counts_up_to_the_mark),
	DUAL_TEST(mark_is_reached_when_the_urgent_byte_is_the_first),
	DUAL_TEST(normal_read_of_a_lone_urgent_byte_finds_nothing_and_loses_it),
	DUAL_TEST(urgent_data_in_line_is_read_where_it_stands),
	DUAL_TEST(fionread_in_line_counts_everything),
	DUAL_TEST(in_line_may_be_chosen_after_the_byte_came),
	DUAL_TEST(accepted_socket_inherits_in_line),
	DUAL_TEST(newer_urgent_byte_replaces_one_that_nobody_read),
	DUAL_TEST(newer_urgent_byte_replaces_one_that_was_read),
	DUAL_TEST(urgent_bytes_one_by_one_are_each_read),
	DUAL_TEST(urgent_bytes_in_a_row_at_the_mark),
	DUAL_TEST(three_urgent_bytes_in_a_row_at_the_mark),
	DUAL_TEST(urgent_byte_after_bytes_at_the_mark),
};

BEHAVIOUR_MAIN("tcp_urgent", tests)
