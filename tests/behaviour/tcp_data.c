/* SPDX-License-Identifier: MIT */
/*
 * Bytes over an established TCP connection: send(2), recv(2), read(2), write(2). Buffers that fill are in
 * tcp_buffers.c, ends of connections in tcp_close.c and tcp_reset.c. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/ioctl.h>
#include <linux/sockios.h>

TEST(sent_bytes_arrive)
{
	char b[16];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "hello", 5, 0), 5);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 5);
	assert_memory_equal(b, "hello", 5);
	tcp_end(fd);
}

TEST(both_directions_carry_bytes_at_once)
{
	char b[16];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "ping", 4, 0), 4);
	assert_int_equal(send(fd[1], "pong!", 5, 0), 5);
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 5);
	assert_memory_equal(b, "pong!", 5);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 4);
	assert_memory_equal(b, "ping", 4);
	tcp_end(fd);
}

TEST(stream_keeps_no_message_boundaries)
{
	char b[16];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "one", 3, 0), 3);
	assert_int_equal(send(fd[0], "two", 3, 0), 3);
	assert_int_equal(recv(fd[1], b, 6, MSG_WAITALL), 6);
	assert_memory_equal(b, "onetwo", 6);
	tcp_end(fd);
}

TEST(short_recv_leaves_the_rest)
{
	char b[16];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "abcdef", 6, 0), 6);
	assert_int_equal(recv(fd[1], b, 2, 0), 2);
	assert_memory_equal(b, "ab", 2);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 4);
	assert_memory_equal(b, "cdef", 4);
	tcp_end(fd);
}

TEST(write_and_read_are_send_and_recv_without_flags)
{
	char b[16];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(write(fd[0], "hello", 5), 5);
	assert_int_equal(read(fd[1], b, sizeof(b)), 5);
	assert_memory_equal(b, "hello", 5);
	tcp_end(fd);
}

TEST(recv_without_data_is_eagain_with_msg_dontwait)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_fails(recv(fd[1], &b, 1, MSG_DONTWAIT), EAGAIN);
	tcp_end(fd);
}

TEST(recv_without_data_is_eagain_when_nonblocking)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	set_nonblock(fd[1]);
	assert_fails(recv(fd[1], &b, 1, 0), EAGAIN);
	assert_fails(read(fd[1], &b, 1), EAGAIN);
	tcp_end(fd);
}

TEST(send_of_nothing_sends_nothing)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "", 0, 0), 0);
	assert_int_equal(send(fd[0], NULL, 0, 0), 0);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	assert_fails(recv(fd[1], &b, 1, MSG_DONTWAIT), EAGAIN);
	tcp_end(fd);
}

TEST(recv_of_nothing_gives_zero_and_takes_nothing)
{
	char b[4];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	await(fd[1], POLLIN);
	assert_int_equal(recv(fd[1], b, 0, 0), 0);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
	tcp_end(fd);
}

TEST(peek_leaves_the_bytes)
{
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "abcdef", 6, 0), 6);
	assert_int_equal(recv(fd[1], b, 3, MSG_PEEK), 3);
	assert_memory_equal(b, "abc", 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_PEEK), 6);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 6);
	assert_memory_equal(b, "abcdef", 6);
	assert_fails(recv(fd[1], b, sizeof(b), MSG_DONTWAIT), EAGAIN);
	tcp_end(fd);
}

TEST(peek_looks_across_segments)
{
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_ok(set_int(fd[0], IPPROTO_TCP, TCP_NODELAY, 1));
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	assert_int_equal(send(fd[0], "cd", 2, 0), 2);
	assert_int_equal(recv(fd[1], b, 4, MSG_PEEK | MSG_WAITALL), 4);
	assert_memory_equal(b, "abcd", 4);
	tcp_end(fd);
}

TEST(trunc_throws_bytes_away_uncopied)
{
	char b[8] = "untouch";
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "abcdef", 6, 0), 6);
	await(fd[1], POLLIN);
	assert_int_equal(recv(fd[1], b, 4, MSG_TRUNC), 4);
	assert_string_equal(b, "untouch");
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 2);
	assert_memory_equal(b, "ef", 2);
	tcp_end(fd);
}

TEST(waitall_with_dontwait_gives_what_is_there)
{
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	await(fd[1], POLLIN);
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_WAITALL | MSG_DONTWAIT), 3);
	tcp_end(fd);
}

TEST(waitall_ends_early_at_end_of_stream)
{
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_WAITALL), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_WAITALL), 0);
	tcp_end(fd);
}

TEST(a_mebibyte_arrives_whole_and_in_order)
{
	enum { TOTAL = 1 << 20, CHUNK = 10007 };
	static unsigned char out[CHUNK], in[CHUNK];
	size_t sent = 0, got = 0;
	int fd[2];

	tcp_pair(fd);
	set_nonblock(fd[0]);
	set_nonblock(fd[1]);
	while (got < TOTAL) {
		size_t len = TOTAL - sent < CHUNK ? TOTAL - sent : CHUNK;
		ssize_t n;

		pattern_fill(out, len, sent);
		n = len ? send(fd[0], out, len, 0) : 0;
		sent += n > 0 ? (size_t)n : 0;
		n = recv(fd[1], in, sizeof(in), 0);
		if (n < 0) {
			assert_int_equal(errno, EAGAIN);
			await(fd[1], POLLIN);
			continue;
		}
		assert_true(pattern_holds(in, (size_t)n, got));
		got += (size_t)n;
	}
	assert_int_equal(got, TOTAL);
	assert_fails(recv(fd[1], in, 1, 0), EAGAIN);
	tcp_end(fd);
}

TEST(many_small_sends_arrive_as_one_stream)
{
	unsigned char b[500];
	int fd[2];

	tcp_pair(fd);
	for (size_t i = 0; i < sizeof(b); i++) {
		unsigned char c = pattern_byte(i);

		assert_int_equal(send(fd[0], &c, 1, 0), 1);
	}
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_WAITALL), sizeof(b));
	assert_true(pattern_holds(b, sizeof(b), 0));
	tcp_end(fd);
}

TEST(sendto_ignores_the_address_of_a_connected_stream)
{
	struct sockaddr_in elsewhere = at4("127.0.0.9", 9);
	char b[4];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(sendto4(fd[0], "abc", 3, 0, elsewhere), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
	tcp_end(fd);
}

TEST(recvfrom_of_a_stream_gives_no_address)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char b[4];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(recvfrom(fd[1], b, sizeof(b), 0, (struct sockaddr *)&from, &len), 3);
	assert_int_equal(len, 0);
	tcp_end(fd);
}

TEST(send_before_connect_is_epipe_and_raises_sigpipe)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(send(fd, "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_ok(close(fd));
	signal_restore(SIGPIPE, before);
}

TEST(fionread_counts_unread_bytes)
{
	char b[4];
	int fd[2], n = -1;

	tcp_pair(fd);
	assert_ok(ioctl(fd[1], FIONREAD, &n));
	assert_int_equal(n, 0);
	assert_int_equal(send(fd[0], "abcdef", 6, 0), 6);
	await(fd[1], POLLIN);
	assert_ok(ioctl(fd[1], FIONREAD, &n));
	assert_int_equal(n, 6);
	assert_int_equal(recv(fd[1], b, 4, 0), 4);
	assert_ok(ioctl(fd[1], SIOCINQ, &n));
	assert_int_equal(n, 2);
	tcp_end(fd);
}

TEST(siocoutq_is_zero_once_all_is_acknowledged)
{
	int fd[2], n = -1;

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "abcdef", 6, 0), 6);
	for (int tries = 0; tries < 100 && n; tries++) {
		assert_ok(ioctl(fd[0], SIOCOUTQ, &n));
		if (n)
			settle();
	}
	assert_int_equal(n, 0);
	tcp_end(fd);
}

TEST(siocinq_of_a_listener_is_einval)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), n;

	assert_fails(ioctl(listener, FIONREAD, &n), EINVAL);
	assert_fails(ioctl(listener, SIOCOUTQ, &n), EINVAL);
	assert_ok(close(listener));
}

TEST(ipv6_carries_bytes)
{
	int listener = new_socket(AF_INET6, SOCK_STREAM), fd[2];
	char b[8];

	assert_ok(bind6(listener, at6("::1", 0)));
	assert_ok(listen(listener, 1));
	fd[0] = new_socket(AF_INET6, SOCK_STREAM);
	assert_ok(connect6(fd[0], local6(listener)));
	fd[1] = accept(listener, NULL, NULL);
	assert_int_equal(send(fd[0], "six", 3, 0), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
	assert_memory_equal(b, "six", 3);
	tcp_end(fd);
	assert_ok(close(listener));
}

TEST(rcvlowat_holds_poll_back_but_not_a_nonblocking_recv)
{
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_RCVLOWAT, 4));
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	assert_int_equal(recv(fd[1], b, 1, MSG_DONTWAIT), 1);
	assert_int_equal(send(fd[0], "de", 2, 0), 2);
	assert_int_equal(await(fd[1], POLLIN), POLLIN);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 4);
	tcp_end(fd);
}

TEST(data_sent_before_accept_is_kept)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd[2];
	char b[8];

	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd[0], at));
	assert_int_equal(send(fd[0], "early", 5, 0), 5);
	fd[1] = accept(listener, NULL, NULL);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 5);
	assert_memory_equal(b, "early", 5);
	tcp_end(fd);
	assert_ok(close(listener));
}

TEST(recv_of_more_than_two_gibibytes_is_capped_not_refused)
{
	volatile size_t huge = (size_t)1 << 40;
	static char b[4];        /* far below the end of the address space, where 2 GiB more are not EFAULT */
	char *volatile room = b; /* a fortified recv refuses what it can measure */
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
	assert_fails(recv(fd[1], room, huge, MSG_DONTWAIT), EAGAIN);
	tcp_end(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(sent_bytes_arrive),
	DUAL_TEST(both_directions_carry_bytes_at_once),
	DUAL_TEST(stream_keeps_no_message_boundaries),
	DUAL_TEST(short_recv_leaves_the_rest),
	DUAL_TEST(write_and_read_are_send_and_recv_without_flags),
	DUAL_TEST(recv_without_data_is_eagain_with_msg_dontwait),
	DUAL_TEST(recv_without_data_is_eagain_when_nonblocking),
	DUAL_TEST(send_of_nothing_sends_nothing),
	DUAL_TEST(recv_of_nothing_gives_zero_and_takes_nothing),
	DUAL_TEST(peek_leaves_the_bytes),
	DUAL_TEST(peek_looks_across_segments),
	DUAL_TEST(trunc_throws_bytes_away_uncopied),
	DUAL_TEST(waitall_with_dontwait_gives_what_is_there),
	DUAL_TEST(waitall_ends_early_at_end_of_stream),
	DUAL_TEST(a_mebibyte_arrives_whole_and_in_order),
	DUAL_TEST(many_small_sends_arrive_as_one_stream),
	DUAL_TEST(sendto_ignores_the_address_of_a_connected_stream),
	DUAL_TEST(recvfrom_of_a_stream_gives_no_address),
	DUAL_TEST(send_before_connect_is_epipe_and_raises_sigpipe),
	DUAL_TEST(fionread_counts_unread_bytes),
	DUAL_TEST(siocoutq_is_zero_once_all_is_acknowledged),
	DUAL_TEST(siocinq_of_a_listener_is_einval),
	DUAL_TEST(ipv6_carries_bytes),
	DUAL_TEST(rcvlowat_holds_poll_back_but_not_a_nonblocking_recv),
	DUAL_TEST(data_sent_before_accept_is_kept),
	DUAL_TEST(recv_of_more_than_two_gibibytes_is_capped_not_refused),
};

BEHAVIOUR_MAIN("tcp_data", tests)
