/* SPDX-License-Identifier: MIT */
/*
 * TCP urgent data: tcp(7), RFC 9293 3.8.5, RFC 6093, as Linux keeps it: one byte out of band, a mark in the
 * stream. Types that refuse it are in send_flags.c, Unix streams in unix_urgent.c, signals in
 * urgent_signal.c. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>

static void send_all(int fd, const char *text, int flags)
{
	assert_int_equal(send(fd, text, strlen(text), flags), strlen(text));
}

/* The next read gives exactly this. */
static void expect(int fd, const char *text, int flags)
{
	char b[64] = { 0 };
	ssize_t n = recv(fd, b, sizeof(b) - 1, flags | MSG_DONTWAIT);

	assert_int_equal(n, strlen(text));
	assert_string_equal(b, text);
}

static void expect_nothing(int fd)
{
	char b[8];

	assert_fails(recv(fd, b, sizeof(b), MSG_DONTWAIT), EAGAIN);
}

static int at_mark(int fd)
{
	int by_request = -1, by_name;

	assert_ok(ioctl(fd, SIOCATMARK, &by_request));
	by_name = sockatmark(fd);
	assert_int_equal(by_request, by_name);
	return by_name;
}

static int unread(int fd)
{
	int n = -1;

	assert_ok(ioctl(fd, FIONREAD, &n));
	return n;
}

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
	assert_fails(send(fd[0], "u", 1, MSG_OOB | MSG_DONTWAIT), EAGAIN);
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

BEHAVIOUR_MAIN("tcp_urgent", tests)
