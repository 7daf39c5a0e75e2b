/* SPDX-License-Identifier: MIT */
/*
 * Gathered and scattered transfers: sendmsg(2), recvmsg(2), readv(2), writev(2), sendmmsg(2), recvmmsg(2),
 * their limits and errors. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <limits.h>

enum { IOV_LIMIT = 1024 }; /* UIO_MAXIOV */

TEST(sendmsg_joins_its_parts)
{
	struct iovec iov[3] = { piece("one", 3), piece("", 0), piece("three", 5) };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 3 };
	char b[16];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(sendmsg(fd[0], &m, 0), 8);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 8);
	assert_memory_equal(b, "onethree", 8);
	close_pair(fd);
}

TEST(recvmsg_fills_its_parts_in_order)
{
	char a[3], b[2], c[8];
	struct iovec iov[3] = { { a, sizeof(a) }, { b, sizeof(b) }, { c, sizeof(c) } };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 3 };
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "abcdefg", 7, 0), 7);
	assert_int_equal(recvmsg(fd[1], &m, 0), 7);
	assert_memory_equal(a, "abc", 3);
	assert_memory_equal(b, "de", 2);
	assert_memory_equal(c, "fg", 2);
	assert_int_equal(m.msg_flags, 0);
	tcp_end(fd);
}

TEST(writev_and_readv_do_the_same)
{
	struct iovec out[2] = { piece("ab", 2), piece("cd", 2) };
	char a[1], b[8];
	struct iovec in[2] = { { a, 1 }, { b, sizeof(b) } };
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(writev(fd[0], out, 2), 4);
	assert_int_equal(readv(fd[1], in, 2), 4);
	assert_int_equal(a[0], 'a');
	assert_memory_equal(b, "bcd", 3);
	close_pair(fd);
}

TEST(parts_make_one_record_on_seqpacket)
{
	struct iovec out[2] = { piece("ab", 2), piece("cd", 2) };
	char b[8];
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_int_equal(writev(fd[0], out, 2), 4);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 4);
	close_pair(fd);
}

TEST(recvmsg_gives_name_and_its_length)
{
	struct sockaddr_in a, b, from;
	int fa = udp_bound(&a), fb = udp_bound(&b);
	char data[8];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};

	assert_int_equal(sendto4(fa, "x", 1, 0, b), 1);
	assert_int_equal(recvmsg(fb, &m, 0), 1);
	assert_int_equal(m.msg_namelen, sizeof(from));
	assert_memory_equal(&from, &a, sizeof(a));
	assert_ok(close(fa));
	assert_ok(close(fb));
}

TEST(recvmsg_of_a_stream_gives_no_name)
{
	struct sockaddr_in from;
	char data[8];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = {
		.msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &iov, .msg_iovlen = 1
	};
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(recvmsg(fd[1], &m, 0), 1);
	assert_int_equal(m.msg_namelen, 0);
	tcp_end(fd);
}

TEST(sendmsg_with_a_name_sends_there)
{
	struct sockaddr_in at;
	struct iovec iov = piece("x", 1);
	struct msghdr m = { .msg_name = &at, .msg_namelen = sizeof(at), .msg_iov = &iov, .msg_iovlen = 1 };
	int fd = udp_bound(&at), sender = new_socket(AF_INET, SOCK_DGRAM);
	char b;

	assert_int_equal(sendmsg(sender, &m, 0), 1);
	assert_int_equal(recv(fd, &b, 1, 0), 1);
	assert_ok(close(fd));
	assert_ok(close(sender));
}

TEST(message_without_parts_is_an_empty_datagram)
{
	struct msghdr m = { .msg_iov = NULL, .msg_iovlen = 0 };
	char b;
	int fd[2];

	udp_pair(fd);
	assert_int_equal(sendmsg(fd[0], &m, 0), 0);
	await(fd[1], POLLIN);
	assert_int_equal(recv(fd[1], &b, 1, MSG_DONTWAIT), 0);
	close_pair(fd);
}

TEST(message_without_parts_is_nothing_on_a_stream)
{
	struct msghdr m = { .msg_iov = NULL, .msg_iovlen = 0 };
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(sendmsg(fd[0], &m, 0), 0);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	tcp_end(fd);
}

TEST(writev_of_no_parts_is_zero)
{
	struct iovec iov = piece("x", 1);
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(writev(fd[0], &iov, 0), 0);
	assert_int_equal(readv(fd[0], &iov, 0), 0);
	tcp_end(fd);
}

TEST(writev_of_no_parts_sends_no_datagram)
{
	struct iovec iov = piece("x", 1);
	int fd[2];

	udp_pair(fd);
	assert_int_equal(writev(fd[0], &iov, 0), 0);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	close_pair(fd);
}

TEST(writev_of_an_empty_part_sends_no_datagram)
{
	struct iovec iov = piece("x", 0);
	int fd[2];

	udp_pair(fd);
	assert_int_equal(writev(fd[0], &iov, 1), 0);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	close_pair(fd);
}

TEST(as_many_parts_as_the_limit_pass)
{
	static struct iovec iov[IOV_LIMIT];
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = IOV_LIMIT };
	static char b[IOV_LIMIT + 1];
	int fd[2];

	udp_pair(fd);
	for (int i = 0; i < IOV_LIMIT; i++)
		iov[i] = piece("x", 1);
	assert_int_equal(sendmsg(fd[0], &m, 0), IOV_LIMIT);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), IOV_LIMIT);
	assert_int_equal(writev(fd[0], iov, IOV_LIMIT), IOV_LIMIT);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), IOV_LIMIT);
	close_pair(fd);
}

TEST(one_part_over_the_limit_is_emsgsize_for_sendmsg_and_einval_for_writev)
{
	static struct iovec iov[IOV_LIMIT + 1];
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = IOV_LIMIT + 1 };
	int fd[2];

	udp_pair(fd);
	for (int i = 0; i <= IOV_LIMIT; i++)
		iov[i] = piece("x", 1);
	assert_fails(sendmsg(fd[0], &m, 0), EMSGSIZE);
	assert_fails(recvmsg(fd[0], &m, MSG_DONTWAIT), EMSGSIZE);
	assert_fails(writev(fd[0], iov, IOV_LIMIT + 1), EINVAL);
	assert_fails(readv(fd[0], iov, IOV_LIMIT + 1), EINVAL);
	close_pair(fd);
}

TEST(negative_count_is_einval_for_writev)
{
	volatile int count = -1;
	struct iovec iov = piece("x", 1);
	int fd[2];

	tcp_pair(fd);
	assert_fails(writev(fd[0], &iov, count), EINVAL);
	assert_fails(readv(fd[0], &iov, count), EINVAL);
	tcp_end(fd);
}

TEST(part_longer_than_ssize_max_is_einval)
{
	struct iovec iov = piece("x", (size_t)SSIZE_MAX + 1);
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct iovec two[2] = { piece("x", 1), iov };
	int fd[2];

	udp_pair(fd);
	assert_fails(writev(fd[0], two, 2), EINVAL);
	m.msg_iov = two;
	m.msg_iovlen = 2;
	assert_fails(sendmsg(fd[0], &m, 0), EINVAL);
	close_pair(fd);
}

TEST(parts_at_a_wrong_address_are_efault)
{
	struct iovec *volatile bad = (struct iovec *)8;
	struct msghdr m = { .msg_iov = bad, .msg_iovlen = 2 };
	int fd[2];

	udp_pair(fd);
	assert_fails(sendmsg(fd[0], &m, 0), EFAULT);
	assert_fails(writev(fd[0], bad, 2), EFAULT);
	assert_fails(readv(fd[0], bad, 2), EFAULT);
	close_pair(fd);
}

TEST(second_part_at_a_wrong_address_sends_nothing_of_a_datagram)
{
	void *volatile bad = (void *)8;
	struct iovec iov[2] = { piece("x", 1), { bad, 4 } };
	int fd[2];

	udp_pair(fd);
	assert_fails(writev(fd[0], iov, 2), EFAULT);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	close_pair(fd);
}

TEST(name_length_below_zero_is_einval)
{
	struct sockaddr_in at = at4("127.0.0.1", 9);
	struct iovec iov = piece("x", 1);
	struct msghdr m = { .msg_name = &at, .msg_namelen = (socklen_t)-1, .msg_iov = &iov, .msg_iovlen = 1 };
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(sendmsg(fd, &m, 0), EINVAL);
	assert_fails(recvmsg(fd, &m, MSG_DONTWAIT), EINVAL);
	assert_ok(close(fd));
}

TEST(control_data_too_short_for_a_header_is_ignored)
{
	char control[4] = { 0 };
	struct iovec iov = piece("x", 1);
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 4 };
	int fd[2];

	udp_pair(fd);
	assert_int_equal(sendmsg(fd[0], &m, 0), 1);
	close_pair(fd);
}

TEST(control_message_with_a_wrong_length_is_einval)
{
	union {
		char room[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	struct iovec iov = piece("x", 1);
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct cmsghdr *c;
	int fd[2];

	memset(&control, 0, sizeof(control));
	m.msg_control = control.room;
	m.msg_controllen = sizeof(control.room);
	c = CMSG_FIRSTHDR(&m);
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = 3;
	unix_pair(SOCK_STREAM, fd);
	assert_fails(sendmsg(fd[0], &m, 0), EINVAL);
	close_pair(fd);
}

TEST(recvmsg_without_control_data_sets_its_length_to_zero)
{
	char data[4], control[64];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = 64 };
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(recvmsg(fd[1], &m, 0), 1);
	assert_int_equal(m.msg_controllen, 0);
	close_pair(fd);
}

TEST(cmsg_cloexec_is_a_flag_that_recvmsg_echoes)
{
	char data[4];
	struct iovec iov = { data, sizeof(data) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(recvmsg(fd[1], &m, MSG_CMSG_CLOEXEC), 1);
	assert_int_equal(m.msg_flags, MSG_CMSG_CLOEXEC);
	close_pair(fd);
}

TEST(sendmmsg_counts_messages_and_fills_lengths)
{
	struct iovec iov[3] = { piece("a", 1), piece("bb", 2), piece("ccc", 3) };
	struct mmsghdr m[3];
	char b[8];
	int fd[2];

	udp_pair(fd);
	memset(m, 0, sizeof(m));
	for (int i = 0; i < 3; i++) {
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	assert_int_equal(sendmmsg(fd[0], m, 3, 0), 3);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(m[i].msg_len, i + 1);
		assert_int_equal(recv(fd[1], b, sizeof(b), 0), i + 1);
	}
	close_pair(fd);
}

TEST(sendmmsg_that_fails_later_reports_what_went)
{
	static char block[70000];
	struct iovec iov[2] = { piece("a", 1), piece(block, sizeof(block)) };
	struct mmsghdr m[2];
	int fd[2];

	udp_pair(fd);
	memset(m, 0, sizeof(m));
	for (int i = 0; i < 2; i++) {
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	assert_int_equal(sendmmsg(fd[0], m, 2, 0), 1);
	assert_fails(sendmmsg(fd[0], m + 1, 1, 0), EMSGSIZE);
	close_pair(fd);
}

TEST(sendmmsg_of_no_messages_is_zero)
{
	struct mmsghdr m;
	int fd[2];

	memset(&m, 0, sizeof(m));
	udp_pair(fd);
	assert_int_equal(sendmmsg(fd[0], &m, 0, 0), 0);
	close_pair(fd);
}

TEST(recvmmsg_gives_what_is_there)
{
	char b[4][8];
	struct iovec iov[4];
	struct mmsghdr m[4];
	int fd[2];

	udp_pair(fd);
	memset(m, 0, sizeof(m));
	for (int i = 0; i < 4; i++) {
		iov[i].iov_base = b[i];
		iov[i].iov_len = sizeof(b[i]);
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	assert_int_equal(send(fd[0], "a", 1, 0), 1);
	assert_int_equal(send(fd[0], "bb", 2, 0), 2);
	settle();
	assert_int_equal(recvmmsg(fd[1], m, 4, MSG_DONTWAIT, NULL), 2);
	assert_int_equal(m[0].msg_len, 1);
	assert_int_equal(m[1].msg_len, 2);
	assert_fails(recvmmsg(fd[1], m, 4, MSG_DONTWAIT, NULL), EAGAIN);
	close_pair(fd);
}

TEST(recvmmsg_waits_for_the_first_only_with_msg_waitforone)
{
	char b[2][8];
	struct iovec iov[2];
	struct mmsghdr m[2];
	int fd[2];

	udp_pair(fd);
	memset(m, 0, sizeof(m));
	for (int i = 0; i < 2; i++) {
		iov[i].iov_base = b[i];
		iov[i].iov_len = sizeof(b[i]);
		m[i].msg_hdr.msg_iov = &iov[i];
		m[i].msg_hdr.msg_iovlen = 1;
	}
	assert_int_equal(send(fd[0], "a", 1, 0), 1);
	assert_int_equal(recvmmsg(fd[1], m, 2, MSG_WAITFORONE, NULL), 1);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(sendmsg_joins_its_parts),
	DUAL_TEST(recvmsg_fills_its_parts_in_order),
	DUAL_TEST(writev_and_readv_do_the_same),
	DUAL_TEST(parts_make_one_record_on_seqpacket),
	DUAL_TEST(recvmsg_gives_name_and_its_length),
	DUAL_TEST(recvmsg_of_a_stream_gives_no_name),
	DUAL_TEST(sendmsg_with_a_name_sends_there),
	DUAL_TEST(message_without_parts_is_an_empty_datagram),
	DUAL_TEST(message_without_parts_is_nothing_on_a_stream),
	DUAL_TEST(writev_of_no_parts_is_zero),
	DUAL_TEST(writev_of_no_parts_sends_no_datagram),
	DUAL_TEST(writev_of_an_empty_part_sends_no_datagram),
	DUAL_TEST(as_many_parts_as_the_limit_pass),
	DUAL_TEST(one_part_over_the_limit_is_emsgsize_for_sendmsg_and_einval_for_writev),
	DUAL_TEST(negative_count_is_einval_for_writev),
	DUAL_TEST(part_longer_than_ssize_max_is_einval),
	DUAL_TEST(parts_at_a_wrong_address_are_efault),
	DUAL_TEST(second_part_at_a_wrong_address_sends_nothing_of_a_datagram),
	DUAL_TEST(name_length_below_zero_is_einval),
	DUAL_TEST(control_data_too_short_for_a_header_is_ignored),
	DUAL_TEST(control_message_with_a_wrong_length_is_einval),
	DUAL_TEST(recvmsg_without_control_data_sets_its_length_to_zero),
	DUAL_TEST(cmsg_cloexec_is_a_flag_that_recvmsg_echoes),
	DUAL_TEST(sendmmsg_counts_messages_and_fills_lengths),
	DUAL_TEST(sendmmsg_that_fails_later_reports_what_went),
	DUAL_TEST(sendmmsg_of_no_messages_is_zero),
	DUAL_TEST(recvmmsg_gives_what_is_there),
	DUAL_TEST(recvmmsg_waits_for_the_first_only_with_msg_waitforone),
};

BEHAVIOUR_MAIN("iov", tests)
