/* SPDX-License-Identifier: MIT */
/* Descriptors in messages: SCM_RIGHTS over Unix-domain sockets. unix(7), cmsg(3), sendmsg(2), recvmsg(2). */
#include "tests/behaviour/control.h"

#include <sys/resource.h>

enum { MOST_FDS = 253 /* SCM_MAX_FD */ };

static void passes_one(int type)
{
	int fd[2], passed[2], got;

	unix_pair(type, fd);
	unix_pair(SOCK_STREAM, passed);
	send_fd(fd[0], "x", 1, passed[1]);
	got = receive_fd(fd[1], 8, 1, 0);
	assert_true(got >= 0 && got != passed[1]);
	assert_talks_to(passed[0], got);
	assert_ok(close(got));
	close_pair(passed);
	close_pair(fd);
}

TEST(descriptor_passes_over_a_stream)
{
	passes_one(SOCK_STREAM);
}

TEST(descriptor_passes_over_datagrams)
{
	passes_one(SOCK_DGRAM);
}

TEST(descriptor_passes_over_seqpackets)
{
	passes_one(SOCK_SEQPACKET);
}

TEST(passed_descriptor_is_the_same_open_file)
{
	int fd[2], passed[2], got;

	unix_pair(SOCK_STREAM, fd);
	unix_pair(SOCK_STREAM, passed);
	send_fd(fd[0], "x", 1, passed[1]);
	assert_ok(close(passed[1]));
	got = receive_fd(fd[1], 8, 1, 0);
	assert_talks_to(passed[0], got);
	assert_talks_to(got, passed[0]);
	set_nonblock(got);
	assert_false(is_closed(passed[0]));
	assert_ok(close(got));
	assert_true(is_closed(passed[0]));
	assert_ok(close(passed[0]));
	close_pair(fd);
}

TEST(status_flags_go_along_and_descriptor_flags_do_not)
{
	int fd[2], passed = new_socket(AF_INET, SOCK_DGRAM), got;

	unix_pair(SOCK_DGRAM, fd);
	set_nonblock(passed);
	assert_ok(fcntl(passed, F_SETFD, FD_CLOEXEC));
	send_fd(fd[0], "x", 1, passed);
	got = receive_fd(fd[1], 8, 1, 0);
	assert_int_equal(fcntl(got, F_GETFD), 0);
	assert_true(fcntl(got, F_GETFL) & O_NONBLOCK);
	assert_ok(fcntl(got, F_SETFL, fcntl(got, F_GETFL) & ~O_NONBLOCK));
	assert_false(fcntl(passed, F_GETFL) & O_NONBLOCK);
	assert_ok(close(got));
	assert_ok(close(passed));
	close_pair(fd);
}

TEST(cmsg_cloexec_sets_close_on_exec)
{
	int fd[2], got;

	unix_pair(SOCK_DGRAM, fd);
	send_fd(fd[0], "x", 1, fd[0]);
	got = receive_fd(fd[1], 8, 1, MSG_CMSG_CLOEXEC);
	assert_int_equal(fcntl(got, F_GETFD), FD_CLOEXEC);
	assert_ok(close(got));
	close_pair(fd);
}

TEST(received_descriptors_have_the_lowest_free_numbers)
{
	struct message m;
	int fd[2], passed[3], got[3], first;

	unix_pair(SOCK_STREAM, fd);
	for (int i = 0; i < 3; i++)
		passed[i] = new_socket(AF_INET, SOCK_STREAM);
	assert_int_equal(send_fds(fd[0], "x", 1, passed, 3), 1);
	assert_ok(close(passed[1]));
	first = lowest_free();
	assert_int_equal(first, passed[1]);
	message_room(&m, 8, CMSG_SPACE(3 * sizeof(int)));
	assert_int_equal(recvmsg(fd[1], &m.h, 0), 1);
	assert_int_equal(m.h.msg_flags, 0);
	assert_int_equal(m.h.msg_controllen, CMSG_SPACE(3 * sizeof(int)));
	assert_int_equal(taken(&m, got), 3);
	assert_int_equal(got[0], first);
	assert_true(got[1] > first && got[2] == got[1] + 1);
	assert_ok(close(passed[0]));
	assert_ok(close(passed[2]));
	for (int i = 0; i < 3; i++)
		assert_ok(close(got[i]));
	close_pair(fd);
}

TEST(descriptors_of_several_messages_in_one_arrive_as_one)
{
	struct message m;
	int fd[2], got[3];

	unix_pair(SOCK_DGRAM, fd);
	message_init(&m, "x", 1);
	message_add(&m, SOL_SOCKET, SCM_RIGHTS, &fd[0], sizeof(int));
	message_add(&m, SOL_SOCKET, SCM_RIGHTS, fd, 2 * sizeof(int));
	assert_int_equal(sendmsg(fd[0], &m.h, 0), 1);
	message_room(&m, 8, CMSG_SPACE(3 * sizeof(int)));
	assert_int_equal(recvmsg(fd[1], &m.h, 0), 1);
	assert_int_equal(taken(&m, got), 3);
	for (int i = 0; i < 3; i++)
		assert_ok(close(got[i]));
	close_pair(fd);
}

TEST(descriptor_passes_twice_as_two_numbers)
{
	struct message m;
	int fd[2], got[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_int_equal(send_fds(fd[0], "x", 1, (int[]){ fd[0], fd[0] }, 2), 1);
	message_room(&m, 8, CMSG_SPACE(2 * sizeof(int)));
	assert_int_equal(recvmsg(fd[1], &m.h, 0), 1);
	assert_int_equal(taken(&m, got), 2);
	assert_int_not_equal(got[0], got[1]);
	close_pair(got);
	close_pair(fd);
}

TEST(scm_max_fd_descriptors_pass_and_one_more_is_einval)
{
	static int many[MOST_FDS + 1], got[MOST_FDS + 1];
	struct message m;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	for (int i = 0; i <= MOST_FDS; i++)
		many[i] = fd[0];
	assert_fails(send_fds(fd[0], "x", 1, many, MOST_FDS + 1), EINVAL);
	assert_int_equal(send_fds(fd[0], "x", 1, many, MOST_FDS), 1);
	message_room(&m, 8, CONTROL_ROOM_BYTES);
	assert_int_equal(recvmsg(fd[1], &m.h, 0), 1);
	assert_int_equal(taken(&m, got), MOST_FDS);
	for (int i = 0; i < MOST_FDS; i++)
		assert_ok(close(got[i]));
	close_pair(fd);
}

TEST(scm_max_fd_counts_over_all_messages_in_one)
{
	static int many[MOST_FDS];
	struct message m;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	for (int i = 0; i < MOST_FDS; i++)
		many[i] = fd[0];
	message_init(&m, "x", 1);
	message_add(&m, SOL_SOCKET, SCM_RIGHTS, many, 250 * sizeof(int));
	message_add(&m, SOL_SOCKET, SCM_RIGHTS, many, 4 * sizeof(int));
	assert_fails(sendmsg(fd[0], &m.h, 0), EINVAL);
	close_pair(fd);
}

TEST(number_that_is_not_open_is_ebadf_and_nothing_is_sent)
{
	int fd[2], gone, none[2];
	char b;

	unix_pair(SOCK_STREAM, fd);
	gone = lowest_free();
	none[0] = fd[0];
	none[1] = gone;
	assert_fails(send_fds(fd[0], "x", 1, &gone, 1), EBADF);
	assert_fails(send_fds(fd[0], "x", 1, none, 2), EBADF);
	none[1] = -1;
	assert_fails(send_fds(fd[0], "x", 1, none, 2), EBADF);
	assert_fails(recv(fd[1], &b, 1, MSG_DONTWAIT), EAGAIN);
	close_pair(fd);
}

TEST(descriptors_are_looked_at_before_the_connection)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM), gone = lowest_free();

	assert_fails(send_fds(fd, "x", 1, &gone, 1), EBADF);
	assert_fails(send_fds(fd, "x", 1, &fd, 1), ENOTCONN);
	assert_ok(close(fd));
}

TEST(array_of_no_descriptors_is_none)
{
	struct message m;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send_fds(fd[0], "x", 1, NULL, 0), 1);
	assert_int_equal(send(fd[0], "y", 1, 0), 1);
	message_room(&m, 8, CMSG_SPACE(sizeof(int)));
	assert_int_equal(recvmsg(fd[1], &m.h, 0), 2);
	assert_int_equal(m.h.msg_controllen, 0);
	close_pair(fd);
}

TEST(bytes_beyond_whole_numbers_are_ignored)
{
	struct message m;
	struct cmsghdr *c;
	int fd[2], got;

	unix_pair(SOCK_DGRAM, fd);
	message_init(&m, "x", 1);
	c = message_add(&m, SOL_SOCKET, SCM_RIGHTS, (int[]){ fd[0], -1 }, 2 * sizeof(int));
	c->cmsg_len -= 1;
	assert_int_equal(sendmsg(fd[0], &m.h, 0), 1);
	got = receive_fd(fd[1], 8, 1, 0);
	assert_ok(close(got));
	close_pair(fd);
}

/* ---- streams: what is glued together ---- */

TEST(stream_reads_on_into_a_message_with_a_descriptor_and_not_past_it)
{
	int fd[2], got;

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	send_fd(fd[0], "cd", 2, fd[0]);
	assert_int_equal(send(fd[0], "ef", 2, 0), 2);
	got = receive_fd(fd[1], 16, 4, 0);
	assert_true(got >= 0);
	assert_ok(close(got));
	assert_int_equal(receive_fd(fd[1], 16, 2, 0), -1);
	close_pair(fd);
}

TEST(stream_gives_the_descriptor_with_the_first_byte_of_its_message)
{
	int fd[2], got;

	unix_pair(SOCK_STREAM, fd);
	send_fd(fd[0], "abcd", 4, fd[0]);
	assert_int_equal(send(fd[0], "ef", 2, 0), 2);
	got = receive_fd(fd[1], 1, 1, 0);
	assert_true(got >= 0);
	assert_ok(close(got));
	assert_int_equal(receive_fd(fd[1], 16, 5, 0), -1);
	close_pair(fd);
}

TEST(stream_stops_between_two_messages_with_descriptors)
{
	int fd[2], got;

	unix_pair(SOCK_STREAM, fd);
	for (int i = 0; i < 2; i++)
		send_fd(fd[0], "ab", 2, fd[i]);
	for (int i = 0; i < 2; i++) {
		got = receive_fd(fd[1], 16, 2, 0);
		assert_true(got >= 0);
		assert_ok(close(got));
	}
	close_pair(fd);
}

TEST(waitall_stops_after_a_message_with_a_descriptor)
{
	int fd[2], got;

	unix_pair(SOCK_STREAM, fd);
	send_fd(fd[0], "ab", 2, fd[0]);
	assert_int_equal(send(fd[0], "cd", 2, 0), 2);
	got = receive_fd(fd[1], 4, 2, MSG_WAITALL);
	assert_ok(close(got));
	assert_int_equal(receive_fd(fd[1], 2, 2, MSG_WAITALL), -1);
	close_pair(fd);
}

TEST(plain_read_stops_there_too_and_drops_the_descriptor)
{
	int fd[2], passed[2];
	char b[16];

	unix_pair(SOCK_STREAM, fd);
	unix_pair(SOCK_STREAM, passed);
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	send_fd(fd[0], "cd", 2, passed[1]);
	assert_int_equal(send(fd[0], "ef", 2, 0), 2);
	assert_ok(close(passed[1]));
	assert_int_equal(read(fd[1], b, sizeof(b)), 4);
	assert_true(is_closed(passed[0]));
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 2);
	assert_ok(close(passed[0]));
	close_pair(fd);
}

TEST(stream_message_of_no_bytes_carries_nothing)
{
	int fd[2], passed[2];
	char b;

	unix_pair(SOCK_STREAM, fd);
	unix_pair(SOCK_STREAM, passed);
	send_fd(fd[0], "", 0, passed[1]);
	assert_fails(recv(fd[1], &b, 1, MSG_DONTWAIT), EAGAIN);
	assert_ok(close(passed[1]));
	assert_true(is_closed(passed[0]));
	assert_ok(close(passed[0]));
	close_pair(fd);
}

TEST(datagram_of_no_bytes_carries_a_descriptor)
{
	int fd[2], got;

	unix_pair(SOCK_DGRAM, fd);
	send_fd(fd[0], "", 0, fd[0]);
	got = receive_fd(fd[1], 8, 0, 0);
	assert_true(got >= 0);
	assert_ok(close(got));
	close_pair(fd);
}

TEST(long_stream_send_carries_descriptors_in_its_first_buffer)
{
	static char data[65536], into[65536];
	struct iovec iov = piece(data, sizeof(data));
	struct message m;
	ssize_t first;
	int fd[2], got;

	unix_pair(SOCK_STREAM, fd);
	message_init(&m, "", 0);
	message_add(&m, SOL_SOCKET, SCM_RIGHTS, &fd[0], sizeof(int));
	m.h.msg_iov = &iov;
	assert_int_equal(sendmsg(fd[0], &m.h, 0), sizeof(data));
	message_room(&m, 0, CMSG_SPACE(sizeof(int)));
	iov = (struct iovec){ into, sizeof(into) };
	m.h.msg_iov = &iov;
	first = recvmsg(fd[1], &m.h, 0);
	assert_int_equal(first, 36544);
	assert_int_equal(taken(&m, &got), 1);
	assert_int_equal(recv(fd[1], into, sizeof(into), 0), (ssize_t)sizeof(data) - first);
	assert_ok(close(got));
	close_pair(fd);
}

/* ---- too little room ---- */

/* Two descriptors sent, so much room: how many come, and what msg_controllen becomes. */
static void truncates(size_t room, size_t num, size_t len)
{
	struct message m;
	int fd[2], passed[2], got[4], before;

	unix_pair(SOCK_DGRAM, fd);
	unix_pair(SOCK_STREAM, passed);
	before = lowest_free();
	assert_int_equal(send_fds(fd[0], "x", 1, (int[]){ fd[0], passed[1] }, 2), 1);
	message_room(&m, 8, room);
	assert_int_equal(recvmsg(fd[1], &m.h, 0), 1);
	assert_int_equal(m.h.msg_flags, num < 2 ? MSG_CTRUNC : 0);
	assert_int_equal(m.h.msg_controllen, len);
	assert_int_equal(taken(&m, got), num);
	if (num)
		assert_int_equal(message_find(&m, SCM_RIGHTS)->cmsg_len, CMSG_LEN(num * sizeof(int)));
	for (size_t i = 0; i < num; i++)
		assert_ok(close(got[i]));
	assert_int_equal(lowest_free(), before);
	assert_ok(close(passed[1]));
	assert_true(is_closed(passed[0]));
	assert_ok(close(passed[0]));
	close_pair(fd);
}

TEST(room_too_small_takes_as_many_as_fit)
{
	truncates(0, 0, 0);
	truncates(sizeof(struct cmsghdr) - 1, 0, 0);
	truncates(sizeof(struct cmsghdr), 0, 0);
	truncates(sizeof(struct cmsghdr) + 3, 0, 0);
	truncates(sizeof(struct cmsghdr) + 4, 1, sizeof(struct cmsghdr) + 4);
	truncates(sizeof(struct cmsghdr) + 7, 1, sizeof(struct cmsghdr) + 7);
	truncates(sizeof(struct cmsghdr) + 8, 2, sizeof(struct cmsghdr) + 8);
	truncates(sizeof(struct cmsghdr) + 64, 2, sizeof(struct cmsghdr) + 8);
}

TEST(no_control_buffer_is_ctrunc)
{
	struct message m;
	int fd[2], passed[2];

	unix_pair(SOCK_STREAM, fd);
	unix_pair(SOCK_STREAM, passed);
	send_fd(fd[0], "x", 1, passed[1]);
	assert_ok(close(passed[1]));
	message_room(&m, 8, 64);
	m.h.msg_control = NULL;
	assert_int_equal(recvmsg(fd[1], &m.h, 0), 1);
	assert_int_equal(m.h.msg_flags, MSG_CTRUNC);
	assert_int_equal(m.h.msg_controllen, 0);
	assert_true(is_closed(passed[0]));
	assert_ok(close(passed[0]));
	close_pair(fd);
}

TEST(descriptor_limit_truncates)
{
	struct rlimit was, less;
	struct message m;
	int fd[2], got[4], first;

	unix_pair(SOCK_DGRAM, fd);
	assert_int_equal(send_fds(fd[0], "x", 1, (int[]){ fd[0], fd[1], fd[0] }, 3), 1);
	first = lowest_free();
	assert_ok(getrlimit(RLIMIT_NOFILE, &was));
	less = was;
	less.rlim_cur = (rlim_t)first + 1;
	assert_ok(setrlimit(RLIMIT_NOFILE, &less));
	message_room(&m, 8, 64);
	assert_int_equal(recvmsg(fd[1], &m.h, 0), 1);
	assert_ok(setrlimit(RLIMIT_NOFILE, &was));
	assert_int_equal(m.h.msg_flags, MSG_CTRUNC);
	assert_int_equal(taken(&m, got), 1);
	assert_int_equal(got[0], first);
	assert_int_equal(m.h.msg_controllen, CMSG_SPACE(sizeof(int)));
	assert_ok(close(got[0]));
	close_pair(fd);
}

TEST(control_buffer_that_cannot_be_written_is_ctrunc)
{
	struct message m;
	int fd[2], passed[2], before;

	unix_pair(SOCK_DGRAM, fd);
	unix_pair(SOCK_STREAM, passed);
	before = lowest_free();
	send_fd(fd[0], "x", 1, passed[1]);
	assert_ok(close(passed[1]));
	message_room(&m, 8, 64);
	m.h.msg_control = (void *)8;
	assert_int_equal(recvmsg(fd[1], &m.h, 0), 1);
	assert_int_equal(m.h.msg_flags, MSG_CTRUNC);
	assert_int_equal(m.h.msg_controllen, 0);
	assert_int_equal(lowest_free(), passed[1] < before ? passed[1] : before);
	assert_true(is_closed(passed[0]));
	assert_ok(close(passed[0]));
	close_pair(fd);
}

/* ---- looking without taking ---- */

static void peeks(int type)
{
	int fd[2], passed[2], seen, got;

	unix_pair(type, fd);
	unix_pair(SOCK_STREAM, passed);
	send_fd(fd[0], "ab", 2, passed[1]);
	assert_ok(close(passed[1]));
	seen = receive_fd(fd[1], 8, 2, MSG_PEEK);
	assert_true(seen >= 0);
	assert_talks_to(passed[0], seen);
	assert_ok(close(seen));
	got = receive_fd(fd[1], 8, 2, 0);
	assert_true(got >= 0);
	assert_talks_to(passed[0], got);
	assert_ok(close(got));
	assert_true(is_closed(passed[0]));
	assert_ok(close(passed[0]));
	close_pair(fd);
}

TEST(peek_gives_duplicates)
{
	peeks(SOCK_STREAM);
	peeks(SOCK_DGRAM);
	peeks(SOCK_SEQPACKET);
}

TEST(stream_peek_stops_after_a_message_with_a_descriptor)
{
	int fd[2], got;

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	send_fd(fd[0], "cd", 2, fd[0]);
	assert_int_equal(send(fd[0], "ef", 2, 0), 2);
	got = receive_fd(fd[1], 16, 4, MSG_PEEK);
	assert_true(got >= 0);
	assert_ok(close(got));
	/* It goes on looking when its buffer is full. */
	got = receive_fd(fd[1], 1, 1, MSG_PEEK);
	assert_true(got >= 0);
	assert_ok(close(got));
	got = receive_fd(fd[1], 16, 4, 0);
	assert_ok(close(got));
	assert_int_equal(receive_fd(fd[1], 16, 2, MSG_PEEK), -1);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(descriptor_passes_over_a_stream),
	DUAL_TEST(descriptor_passes_over_datagrams),
	DUAL_TEST(descriptor_passes_over_seqpackets),
	DUAL_TEST(passed_descriptor_is_the_same_open_file),
	DUAL_TEST(status_flags_go_along_and_descriptor_flags_do_not),
	DUAL_TEST(cmsg_cloexec_sets_close_on_exec),
	DUAL_TEST(received_descriptors_have_the_lowest_free_numbers),
	DUAL_TEST(descriptors_of_several_messages_in_one_arrive_as_one),
	DUAL_TEST(descriptor_passes_twice_as_two_numbers),
	DUAL_TEST(scm_max_fd_descriptors_pass_and_one_more_is_einval),
	DUAL_TEST(scm_max_fd_counts_over_all_messages_in_one),
	DUAL_TEST(number_that_is_not_open_is_ebadf_and_nothing_is_sent),
	DUAL_TEST(descriptors_are_looked_at_before_the_connection),
	DUAL_TEST(array_of_no_descriptors_is_none),
	DUAL_TEST(bytes_beyond_whole_numbers_are_ignored),
	DUAL_TEST(stream_reads_on_into_a_message_with_a_descriptor_and_not_past_it),
	DUAL_TEST(stream_gives_the_descriptor_with_the_first_byte_of_its_message),
	DUAL_TEST(stream_stops_between_two_messages_with_descriptors),
	DUAL_TEST(waitall_stops_after_a_message_with_a_descriptor),
	DUAL_TEST(plain_read_stops_there_too_and_drops_the_descriptor),
	DUAL_TEST(stream_message_of_no_bytes_carries_nothing),
	DUAL_TEST(datagram_of_no_bytes_carries_a_descriptor),
	DUAL_TEST(long_stream_send_carries_descriptors_in_its_first_buffer),
	DUAL_TEST(room_too_small_takes_as_many_as_fit),
	DUAL_TEST(no_control_buffer_is_ctrunc),
	DUAL_TEST(descriptor_limit_truncates),
	DUAL_TEST(control_buffer_that_cannot_be_written_is_ctrunc),
	DUAL_TEST(peek_gives_duplicates),
	DUAL_TEST(stream_peek_stops_after_a_message_with_a_descriptor),
};

BEHAVIOUR_MAIN("unix_rights", tests)
