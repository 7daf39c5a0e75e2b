/* SPDX-License-Identifier: MIT */
/*
 * Out-of-band data where a socket has it: TCP urgent data, tcp(7) and RFC 6093 as Linux keeps it, and MSG_OOB
 * on Unix streams. Types that refuse it are in send_flags.c. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/ioctl.h>

TEST(urgent_byte_shows_as_pollpri)
{
	int fd[2];

	NOT_SIMULATED_YET("TCP urgent data");
	tcp_pair(fd);
	assert_int_equal(send(fd[0], "u", 1, MSG_OOB), 1);
	assert_int_equal(await(fd[1], POLLPRI), POLLPRI);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), POLLPRI);
	tcp_end(fd);
}

TEST(urgent_byte_is_received_out_of_band)
{
	char b[8];
	int fd[2];

	NOT_SIMULATED_YET("TCP urgent data");
	tcp_pair(fd);
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	assert_int_equal(send(fd[0], "u", 1, MSG_OOB), 1);
	assert_int_equal(send(fd[0], "cd", 2, 0), 2);
	await(fd[1], POLLPRI);
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_OOB), 1);
	assert_int_equal(b[0], 'u');
	assert_fails(recv(fd[1], b, sizeof(b), MSG_OOB), EINVAL);
	tcp_end(fd);
}

TEST(last_byte_of_an_urgent_send_is_the_urgent_one)
{
	char b[8];
	int fd[2];

	NOT_SIMULATED_YET("TCP urgent data");
	tcp_pair(fd);
	assert_int_equal(send(fd[0], "abc", 3, MSG_OOB), 3);
	await(fd[1], POLLPRI);
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_OOB), 1);
	assert_int_equal(b[0], 'c');
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 2);
	assert_memory_equal(b, "ab", 2);
	tcp_end(fd);
}

TEST(normal_reading_stops_at_the_mark_and_skips_the_byte)
{
	char b[8];
	int fd[2], mark = -1;

	NOT_SIMULATED_YET("TCP urgent data");
	tcp_pair(fd);
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	assert_int_equal(send(fd[0], "u", 1, MSG_OOB), 1);
	assert_int_equal(send(fd[0], "cd", 2, 0), 2);
	await(fd[1], POLLPRI);
	settle();
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 2);
	assert_ok(ioctl(fd[1], SIOCATMARK, &mark));
	assert_int_equal(mark, 1);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 2);
	assert_memory_equal(b, "cd", 2);
	tcp_end(fd);
}

TEST(urgent_data_in_line_is_read_where_it_stands)
{
	char b[8];
	int fd[2];

	NOT_SIMULATED_YET("TCP urgent data");
	tcp_pair(fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_OOBINLINE, 1));
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	assert_int_equal(send(fd[0], "u", 1, MSG_OOB), 1);
	await(fd[1], POLLPRI);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 2);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 1);
	assert_int_equal(b[0], 'u');
	assert_fails(recv(fd[1], b, sizeof(b), MSG_OOB), EINVAL);
	tcp_end(fd);
}

TEST(recv_of_urgent_data_that_is_not_there_is_einval)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EINVAL);
	tcp_end(fd);
}

TEST(unix_stream_has_out_of_band_data_too)
{
	char b[8];
	int fd[2];

	NOT_SIMULATED_YET("out-of-band data of Unix streams");
	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	assert_int_equal(send(fd[0], "u", 1, MSG_OOB), 1);
	assert_int_equal(ready(fd[1], POLLIN | POLLPRI), POLLIN | POLLPRI);
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_OOB), 1);
	assert_int_equal(b[0], 'u');
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 2);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(urgent_byte_shows_as_pollpri),
	DUAL_TEST(urgent_byte_is_received_out_of_band),
	DUAL_TEST(last_byte_of_an_urgent_send_is_the_urgent_one),
	DUAL_TEST(normal_reading_stops_at_the_mark_and_skips_the_byte),
	DUAL_TEST(urgent_data_in_line_is_read_where_it_stands),
	DUAL_TEST(recv_of_urgent_data_that_is_not_there_is_einval),
	DUAL_TEST(unix_stream_has_out_of_band_data_too),
};

BEHAVIOUR_MAIN("tcp_urgent", tests)
