/* SPDX-License-Identifier: MIT */
/*
 * MSG_OOB on Unix streams: Linux since 5.15, as 6.18 has it. The last byte of a send stands in the stream
 * as a buffer of its own; who reads it out of band leaves an empty buffer there, the mark. Plain sockets
 * only.
 */
#include "tests/behaviour/urgent.h"

#include <sys/epoll.h>
#include <sys/select.h>

static void expect_no_oob(int fd)
{
	char b[8];

	assert_fails(recv(fd, b, sizeof(b), MSG_OOB), EINVAL);
}

static int queued(int fd)
{
	int n = -1;

	assert_ok(ioctl(fd, TIOCOUTQ, &n));
	return n;
}

static void in_line(int fd)
{
	assert_ok(set_int(fd, SOL_SOCKET, SO_OOBINLINE, 1));
}

/* fd[1] has "ab", the urgent "u", "cd". */
static void mixed_pair(int fd[2])
{
	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "ab", 0);
	send_all(fd[0], "u", MSG_OOB);
	send_all(fd[0], "cd", 0);
}

/* ---- readiness ---- */

TEST(urgent_byte_is_readable_and_pollpri)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "u", MSG_OOB);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI | POLLRDBAND), POLLIN | POLLPRI);
	expect(fd[1], "u", MSG_OOB);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), POLLIN); /* the mark is still there */
	close_pair(fd);
}

TEST(pollpri_ends_when_reading_passes_the_byte)
{
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), POLLIN | POLLPRI);
	expect(fd[1], "ab", 0);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), POLLIN | POLLPRI);
	expect(fd[1], "cd", 0);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), 0);
	close_pair(fd);
}

TEST(select_tells_of_it_as_readable_and_an_exception)
{
	struct timeval now = { 0, 0 };
	fd_set in, ex;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "u", MSG_OOB);
	FD_ZERO(&in);
	FD_SET(fd[1], &in);
	ex = in;
	assert_int_equal(select(fd[1] + 1, &in, NULL, &ex, &now), 2);
	assert_true(FD_ISSET(fd[1], &in) && FD_ISSET(fd[1], &ex));
	close_pair(fd);
}

TEST(epoll_edge_tells_of_each_urgent_byte)
{
	struct epoll_event e = { .events = EPOLLPRI | EPOLLET };
	int fd[2], set = epoll_create1(0);

	unix_pair(SOCK_STREAM, fd);
	assert_ok(epoll_ctl(set, EPOLL_CTL_ADD, fd[1], &e));
	send_all(fd[0], "a", 0);
	assert_int_equal(epoll_wait(set, &e, 1, 0), 0);
	for (int i = 0; i < 2; i++) {
		send_all(fd[0], "u", MSG_OOB);
		assert_int_equal(epoll_wait(set, &e, 1, 0), 1);
		assert_int_equal(e.events, EPOLLPRI);
		assert_int_equal(epoll_wait(set, &e, 1, 0), 0);
	}
	assert_ok(close(set));
	close_pair(fd);
}

/* ---- recv with MSG_OOB ---- */

TEST(urgent_byte_is_received_out_of_band_once)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "u", MSG_OOB);
	expect_no_oob(fd[1]);
	close_pair(fd);
}

TEST(urgent_byte_that_is_peeked_at_stays)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "u", MSG_OOB | MSG_PEEK);
	expect(fd[1], "u", MSG_OOB | MSG_PEEK);
	expect(fd[1], "u", MSG_OOB);
	close_pair(fd);
}

TEST(recv_out_of_band_of_nothing_is_einval)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	expect_no_oob(fd[1]);
	send_all(fd[0], "a", 0);
	expect_no_oob(fd[1]);
	close_pair(fd);
}

TEST(recv_out_of_band_unconnected_is_einval)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	expect_no_oob(fd);
	assert_ok(close(fd));
}

TEST(last_byte_of_an_urgent_send_is_the_urgent_one)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "abc", MSG_OOB);
	assert_int_equal(unread(fd[1]), 3);
	expect(fd[1], "c", MSG_OOB);
	assert_int_equal(unread(fd[1]), 2);
	expect(fd[1], "ab", 0);
	expect_nothing(fd[1]);
	close_pair(fd);
}

TEST(msg_flags_name_the_urgent_byte)
{
	char b[4];
	struct iovec part = { b, sizeof(b) };
	struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1 };
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(recvmsg(fd[1], &h, MSG_OOB), 1);
	assert_int_equal(h.msg_flags & ~MSG_CMSG_CLOEXEC, MSG_OOB);
	assert_int_equal(recvmsg(fd[1], &h, 0), 2);
	assert_int_equal(h.msg_flags & ~MSG_CMSG_CLOEXEC, 0);
	close_pair(fd);
}

TEST(no_room_for_the_urgent_byte_reads_it_all_the_same)
{
	char b;
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(recv(fd[1], &b, 0, MSG_OOB), 1);
	expect_no_oob(fd[1]);
	close_pair(fd);
}

TEST(bad_pointer_loses_the_urgent_byte)
{
	int fd[2];

	mixed_pair(fd);
	assert_fails(recv(fd[1], (void *)1, 1, MSG_OOB), EFAULT);
	expect_no_oob(fd[1]);
	expect(fd[1], "ab", 0);
	close_pair(fd);
}

TEST(recv_out_of_band_gives_no_name)
{
	struct sockaddr_un from;
	socklen_t len = sizeof(from);
	char b;
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(recvfrom(fd[1], &b, 1, MSG_OOB, (struct sockaddr *)&from, &len), 1);
	assert_int_equal(len, 0);
	close_pair(fd);
}

/* ---- the mark ---- */

TEST(normal_reading_stops_at_the_byte_and_then_drops_it)
{
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(at_mark(fd[1]), 0);
	expect(fd[1], "ab", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "cd", 0);
	assert_int_equal(at_mark(fd[1]), 0);
	expect_no_oob(fd[1]);
	close_pair(fd);
}

TEST(normal_reading_stops_where_the_byte_was_read)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "u", MSG_OOB);
	assert_int_equal(at_mark(fd[1]), 0);
	expect(fd[1], "ab", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "cd", 0);
	assert_int_equal(at_mark(fd[1]), 0);
	close_pair(fd);
}

TEST(waitall_stops_at_the_mark_too)
{
	char b[5];
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(recv(fd[1], b, 5, MSG_WAITALL), 2);
	assert_int_equal(recv(fd[1], b, 2, MSG_WAITALL), 2);
	assert_memory_equal(b, "cd", 2);
	close_pair(fd);
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
	close_pair(fd);
}

TEST(lone_urgent_byte_is_dropped_by_a_normal_read)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "u", MSG_OOB);
	assert_int_equal(at_mark(fd[1]), 1);
	expect_nothing(fd[1]);
	assert_int_equal(at_mark(fd[1]), 0);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), 0);
	expect_no_oob(fd[1]);
	close_pair(fd);
}

TEST(mark_of_a_read_byte_goes_with_the_next_read)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "u", MSG_OOB);
	expect(fd[1], "u", MSG_OOB);
	assert_int_equal(at_mark(fd[1]), 1);
	assert_int_equal(ready(fd[1], POLLIN), POLLIN);
	expect_nothing(fd[1]);
	assert_int_equal(at_mark(fd[1]), 0);
	assert_int_equal(ready(fd[1], POLLIN), 0);
	close_pair(fd);
}

TEST(peeking_stops_at_the_byte_and_skips_it_when_it_is_first)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "ab", MSG_PEEK);
	expect(fd[1], "ab", 0);
	expect(fd[1], "cd", MSG_PEEK);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "u", MSG_OOB);
	expect(fd[1], "cd", MSG_PEEK);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "cd", 0);
	close_pair(fd);
}

TEST(peeking_stops_where_the_byte_was_read)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "u", MSG_OOB);
	expect(fd[1], "ab", MSG_PEEK);
	expect(fd[1], "ab", 0);
	close_pair(fd);
}

TEST(peeking_at_a_lone_urgent_byte_finds_nothing)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "u", MSG_OOB);
	assert_fails(recv(fd[1], (char[8]){ 0 }, 8, MSG_PEEK | MSG_DONTWAIT), EAGAIN);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "u", MSG_OOB);
	close_pair(fd);
}

TEST(fionread_counts_the_urgent_byte)
{
	int fd[2];

	mixed_pair(fd);
	assert_int_equal(unread(fd[1]), 5);
	expect(fd[1], "ab", 0);
	assert_int_equal(unread(fd[1]), 3);
	expect(fd[1], "u", MSG_OOB);
	assert_int_equal(unread(fd[1]), 2);
	expect(fd[1], "cd", 0);
	assert_int_equal(unread(fd[1]), 0);
	close_pair(fd);
}

/* What Linux 6.18 counts when reading drops the byte. */
TEST(fionread_after_reading_dropped_the_byte)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "ab", 0);
	expect(fd[1], "cd", 0);
	assert_int_equal(unread(fd[1]), 1);
	send_all(fd[0], "e", 0);
	assert_int_equal(unread(fd[1]), 2);
	expect(fd[1], "e", 0);
	assert_int_equal(unread(fd[1]), 1);
	close_pair(fd);
}

TEST(urgent_byte_charges_the_sender_until_reading_passes_it)
{
	int fd[2], one, with_mark;

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "a", 0);
	one = queued(fd[0]);
	send_all(fd[0], "u", MSG_OOB);
	assert_int_equal(queued(fd[0]), 2 * one);
	expect(fd[1], "u", MSG_OOB);
	with_mark = queued(fd[0]);
	assert_int_equal(with_mark, 2 * one);
	expect(fd[1], "a", 0);
	assert_int_equal(queued(fd[0]), one);
	expect_nothing(fd[1]);
	assert_int_equal(queued(fd[0]), 0);
	close_pair(fd);
}

/* ---- SO_OOBINLINE ---- */

TEST(in_line_reading_stops_before_the_byte_and_goes_on_through_it)
{
	int fd[2];

	mixed_pair(fd);
	in_line(fd[1]);
	expect_no_oob(fd[1]);
	expect(fd[1], "ab", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), POLLIN | POLLPRI);
	expect(fd[1], "ucd", 0);
	assert_int_equal(at_mark(fd[1]), 0);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), 0);
	close_pair(fd);
}

TEST(in_line_peeking_sees_the_byte)
{
	int fd[2];

	mixed_pair(fd);
	in_line(fd[1]);
	expect(fd[1], "ab", MSG_PEEK);
	expect(fd[1], "ab", 0);
	expect(fd[1], "ucd", MSG_PEEK);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "ucd", 0);
	close_pair(fd);
}

TEST(in_line_chosen_after_the_byte_was_read)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "u", MSG_OOB);
	in_line(fd[1]);
	expect(fd[1], "ab", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "cd", 0);
	close_pair(fd);
}

TEST(in_line_short_read_of_the_byte_alone)
{
	char b;
	int fd[2];

	mixed_pair(fd);
	in_line(fd[1]);
	expect(fd[1], "ab", 0);
	assert_int_equal(recv(fd[1], &b, 1, 0), 1);
	assert_int_equal(b, 'u');
	assert_int_equal(at_mark(fd[1]), 0);
	expect(fd[1], "cd", 0);
	close_pair(fd);
}

/* ---- more than one ---- */

TEST(newer_urgent_byte_makes_an_unread_older_one_ordinary)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "a", 0);
	send_all(fd[0], "u", MSG_OOB);
	send_all(fd[0], "b", 0);
	send_all(fd[0], "v", MSG_OOB);
	send_all(fd[0], "c", 0);
	expect(fd[1], "v", MSG_OOB);
	expect(fd[1], "aub", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "c", 0);
	close_pair(fd);
}

TEST(newer_urgent_byte_lifts_the_mark_of_one_that_was_read)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "u", MSG_OOB);
	send_all(fd[0], "v", MSG_OOB);
	expect(fd[1], "abcd", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "v", MSG_OOB);
	close_pair(fd);
}

TEST(two_bytes_that_were_read_leave_two_marks)
{
	int fd[2];

	mixed_pair(fd);
	expect(fd[1], "u", MSG_OOB);
	send_all(fd[0], "v", MSG_OOB);
	send_all(fd[0], "e", 0);
	expect(fd[1], "v", MSG_OOB);
	expect(fd[1], "ab", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "cd", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "e", 0);
	assert_int_equal(at_mark(fd[1]), 0);
	close_pair(fd);
}

TEST(urgent_bytes_in_a_row_are_each_read)
{
	int fd[2], one;

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "u", MSG_OOB);
	one = queued(fd[0]);
	expect(fd[1], "u", MSG_OOB);
	send_all(fd[0], "v", MSG_OOB);
	assert_int_equal(queued(fd[0]), 2 * one);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "v", MSG_OOB);
	assert_int_equal(queued(fd[0]), one); /* of marks in a row one is kept */
	assert_int_equal(at_mark(fd[1]), 1);
	expect_nothing(fd[1]);
	close_pair(fd);
}

TEST(unread_urgent_bytes_in_a_row)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "u", MSG_OOB);
	send_all(fd[0], "v", MSG_OOB);
	send_all(fd[0], "w", MSG_OOB);
	assert_int_equal(at_mark(fd[1]), 0);
	expect(fd[1], "uv", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "w", MSG_OOB);
	expect_nothing(fd[1]);
	close_pair(fd);
}

TEST(mark_then_urgent_byte_at_the_front)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "u", MSG_OOB);
	expect(fd[1], "u", MSG_OOB);
	send_all(fd[0], "v", MSG_OOB);
	send_all(fd[0], "c", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "c", 0); /* both are passed */
	expect_no_oob(fd[1]);
	close_pair(fd);
}

TEST(mark_then_data_then_urgent_byte)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	send_all(fd[0], "u", MSG_OOB);
	expect(fd[1], "u", MSG_OOB);
	send_all(fd[0], "bv", MSG_OOB);
	assert_int_equal(at_mark(fd[1]), 0);
	expect(fd[1], "b", MSG_PEEK);
	expect(fd[1], "b", 0);
	assert_int_equal(at_mark(fd[1]), 1);
	expect(fd[1], "v", MSG_OOB);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(urgent_byte_is_readable_and_pollpri),
	DUAL_TEST(pollpri_ends_when_reading_passes_the_byte),
	DUAL_TEST(select_tells_of_it_as_readable_and_an_exception),
	DUAL_TEST(epoll_edge_tells_of_each_urgent_byte),
	DUAL_TEST(urgent_byte_is_received_out_of_band_once),
	DUAL_TEST(urgent_byte_that_is_peeked_at_stays),
	DUAL_TEST(recv_out_of_band_of_nothing_is_einval),
	DUAL_TEST(recv_out_of_band_unconnected_is_einval),
	DUAL_TEST(last_byte_of_an_urgent_send_is_the_urgent_one),
	DUAL_TEST(msg_flags_name_the_urgent_byte),
	DUAL_TEST(no_room_for_the_urgent_byte_reads_it_all_the_same),
	DUAL_TEST(bad_pointer_loses_the_urgent_byte),
	DUAL_TEST(recv_out_of_band_gives_no_name),
	DUAL_TEST(normal_reading_stops_at_the_byte_and_then_drops_it),
	DUAL_TEST(normal_reading_stops_where_the_byte_was_read),
	DUAL_TEST(waitall_stops_at_the_mark_too),
	DUAL_TEST(short_reads_reach_the_mark_exactly),
	DUAL_TEST(lone_urgent_byte_is_dropped_by_a_normal_read),
	DUAL_TEST(mark_of_a_read_byte_goes_with_the_next_read),
	DUAL_TEST(peeking_stops_at_the_byte_and_skips_it_when_it_is_first),
	DUAL_TEST(peeking_stops_where_the_byte_was_read),
	DUAL_TEST(peeking_at_a_lone_urgent_byte_finds_nothing),
	DUAL_TEST(fionread_counts_the_urgent_byte),
	DUAL_TEST(fionread_after_reading_dropped_the_byte),
	DUAL_TEST(urgent_byte_charges_the_sender_until_reading_passes_it),
	DUAL_TEST(in_line_reading_stops_before_the_byte_and_goes_on_through_it),
	DUAL_TEST(in_line_peeking_sees_the_byte),
	DUAL_TEST(in_line_chosen_after_the_byte_was_read),
	DUAL_TEST(in_line_short_read_of_the_byte_alone),
	DUAL_TEST(newer_urgent_byte_makes_an_unread_older_one_ordinary),
	DUAL_TEST(newer_urgent_byte_lifts_the_mark_of_one_that_was_read),
	DUAL_TEST(two_bytes_that_were_read_leave_two_marks),
	DUAL_TEST(urgent_bytes_in_a_row_are_each_read),
	DUAL_TEST(unread_urgent_bytes_in_a_row),
	DUAL_TEST(mark_then_urgent_byte_at_the_front),
	DUAL_TEST(mark_then_data_then_urgent_byte),
};

BEHAVIOUR_MAIN("unix_urgent", tests)
