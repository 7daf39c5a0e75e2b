/* SPDX-License-Identifier: MIT */
/*
 * The flags of send(2), flag by flag, on every kind of socket that the manual speaks of. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/ioctl.h>

enum kind { TCP4, UDP4, UNIX_STREAM, UNIX_DGRAM, UNIX_SEQPACKET, NUM_KINDS };

static void connected(enum kind kind, int fd[2])
{
	static const int unix_types[] = {
		[UNIX_STREAM] = SOCK_STREAM,
		[UNIX_DGRAM] = SOCK_DGRAM,
		[UNIX_SEQPACKET] = SOCK_SEQPACKET,
	};

	if (kind == TCP4)
		tcp_pair(fd);
	else if (kind == UDP4)
		udp_pair(fd);
	else
		unix_pair(unix_types[kind], fd);
}

static void flag_is_harmless(int flag)
{
	char b[8];

	for (int kind = 0; kind < NUM_KINDS; kind++) {
		int fd[2];

		connected((enum kind)kind, fd);
		assert_int_equal(send(fd[0], "abc", 3, flag), 3);
		assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
		assert_memory_equal(b, "abc", 3);
		close_pair(fd);
	}
}

TEST(no_flag_is_write)
{
	char b[8];

	for (int kind = 0; kind < NUM_KINDS; kind++) {
		int fd[2];

		connected((enum kind)kind, fd);
		assert_int_equal(send(fd[0], "abc", 3, 0), 3);
		assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
		assert_int_equal(write(fd[0], "abc", 3), 3);
		assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
		close_pair(fd);
	}
}

TEST(confirm_is_accepted_everywhere)
{
	flag_is_harmless(MSG_CONFIRM);
}

TEST(dontroute_is_accepted_everywhere)
{
	flag_is_harmless(MSG_DONTROUTE);
}

TEST(eor_is_accepted_everywhere)
{
	flag_is_harmless(MSG_EOR);
}

TEST(dontwait_is_accepted_where_there_is_room)
{
	flag_is_harmless(MSG_DONTWAIT);
}

TEST(nosignal_is_accepted_everywhere)
{
	flag_is_harmless(MSG_NOSIGNAL);
}

TEST(unknown_bits_are_ignored)
{
	flag_is_harmless(0x00800000);
}

TEST(flags_of_recv_are_ignored_by_send)
{
	flag_is_harmless(MSG_PEEK);
	flag_is_harmless(MSG_WAITALL);
	flag_is_harmless(MSG_TRUNC);
	flag_is_harmless(MSG_CTRUNC);
	flag_is_harmless(MSG_ERRQUEUE);
}

TEST(dontwait_makes_one_call_nonblocking_on_every_kind_that_can_fill)
{
	static const enum kind kinds[] = { TCP4, UNIX_STREAM, UNIX_DGRAM, UNIX_SEQPACKET };
	static char block[1024];

	for (int i = 0; i < 4; i++) {
		int fd[2];
		ssize_t n;

		connected(kinds[i], fd);
		do
			n = send(fd[0], block, sizeof(block), MSG_DONTWAIT);
		while (n > 0);
		assert_int_equal(n, -1);
		assert_int_equal(errno, EAGAIN);
		assert_int_equal(fcntl(fd[0], F_GETFL) & O_NONBLOCK, 0);
		close_pair(fd);
	}
}

TEST(o_nonblock_does_the_same_for_every_call)
{
	static const enum kind kinds[] = { TCP4, UNIX_STREAM, UNIX_DGRAM, UNIX_SEQPACKET };
	static char block[1024];

	for (int i = 0; i < 4; i++) {
		int fd[2];
		ssize_t n;

		connected(kinds[i], fd);
		set_nonblock(fd[0]);
		do
			n = write(fd[0], block, sizeof(block));
		while (n > 0);
		assert_int_equal(n, -1);
		assert_int_equal(errno, EAGAIN);
		close_pair(fd);
	}
}

TEST(dontwait_with_nosignal_gives_epipe_quietly)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(close(fd[1]));
	assert_fails(send(fd[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL), EPIPE);
	assert_int_equal(signals_seen, 0);
	assert_ok(close(fd[0]));
	signal_restore(SIGPIPE, before);
}

TEST(nosignal_holds_for_its_call_only)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(close(fd[1]));
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_int_equal(signals_seen, 0);
	assert_fails(send(fd[0], "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_ok(close(fd[0]));
	signal_restore(SIGPIPE, before);
}

TEST(nosignal_works_for_sendto_and_sendmsg)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	struct iovec iov = piece("x", 1);
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_fails(sendto(fd[0], "x", 1, MSG_NOSIGNAL, NULL, 0), EPIPE);
	assert_fails(sendmsg(fd[0], &m, MSG_NOSIGNAL), EPIPE);
	assert_int_equal(signals_seen, 0);
	assert_fails(sendmsg(fd[0], &m, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_fails(writev(fd[0], &iov, 1), EPIPE);
	assert_int_equal(signals_seen, 2);
	close_pair(fd);
	signal_restore(SIGPIPE, before);
}

TEST(flags_in_the_message_header_are_ignored)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	struct iovec iov = piece("x", 1);
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_flags = MSG_NOSIGNAL };
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_fails(sendmsg(fd[0], &m, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	close_pair(fd);
	signal_restore(SIGPIPE, before);
}

TEST(oob_is_eopnotsupp_where_there_is_no_out_of_band_data)
{
	static const enum kind kinds[] = { UDP4, UNIX_DGRAM, UNIX_SEQPACKET };

	for (int i = 0; i < 3; i++) {
		int fd[2];

		connected(kinds[i], fd);
		assert_fails(send(fd[0], "x", 1, MSG_OOB), EOPNOTSUPP);
		settle();
		assert_int_equal(ready(fd[1], POLLIN), 0);
		close_pair(fd);
	}
}

TEST(oob_refusal_comes_before_a_missing_peer)
{
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_fails(send(fd, "x", 1, MSG_OOB), EOPNOTSUPP);
	assert_ok(close(fd));
}

TEST(more_gathers_udp_sends_into_one_datagram)
{
	char b[16];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "ab", 2, MSG_MORE), 2);
	assert_int_equal(send(fd[0], "cd", 2, MSG_MORE), 2);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	assert_int_equal(send(fd[0], "", 0, 0), 0);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 4);
	assert_memory_equal(b, "abcd", 4);
	close_pair(fd);
}

/* The kernel's connect(2) looks its way up in the very place where the pending datagram's stands. */
TEST(connect_redirects_what_is_corked)
{
	struct sockaddr_in first_at, second_at;
	int first = udp_bound(&first_at), second = udp_bound(&second_at),
	    fd = new_socket(AF_INET, SOCK_DGRAM);
	char b[8];

	assert_int_equal(sendto4(fd, "ab", 2, MSG_MORE, first_at), 2);
	assert_ok(connect4(fd, second_at));
	assert_int_equal(send(fd, "cd", 2, 0), 2);
	settle();
	assert_fails(recv(first, b, sizeof(b), MSG_DONTWAIT), EAGAIN);
	assert_int_equal(recv(second, b, sizeof(b), MSG_DONTWAIT), 4);
	assert_memory_equal(b, "abcd", 4);
	assert_ok(close(fd));
	assert_ok(close(first));
	assert_ok(close(second));
}

TEST(more_that_outgrows_a_udp_datagram_is_emsgsize)
{
	static char block[40000];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], block, sizeof(block), MSG_MORE), sizeof(block));
	assert_fails(send(fd[0], block, sizeof(block), MSG_MORE), EMSGSIZE);
	close_pair(fd);
}

TEST(closing_drops_a_gathered_udp_datagram)
{
	char b[8];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "lost", 4, MSG_MORE), 4);
	assert_ok(close(fd[0]));
	settle();
	assert_fails(recv(fd[1], b, sizeof(b), MSG_DONTWAIT), EAGAIN);
	assert_ok(close(fd[1]));
}

TEST(udp_cork_gathers_until_it_is_lifted)
{
	enum { CORK = 1 }; /* UDP_CORK of udp(7) */
	char b[16];
	int fd[2];

	udp_pair(fd);
	assert_ok(set_int(fd[0], IPPROTO_UDP, CORK, 1));
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	assert_int_equal(send(fd[0], "cd", 2, 0), 2);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	assert_ok(set_int(fd[0], IPPROTO_UDP, CORK, 0));
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 4);
	close_pair(fd);
}

TEST(more_holds_a_partial_tcp_segment_back)
{
	char b[16];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "head", 4, MSG_MORE), 4);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	assert_int_equal(send(fd[0], "tail", 4, 0), 4);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 8);
	assert_memory_equal(b, "headtail", 8);
	tcp_end(fd);
}

TEST(tcp_cork_holds_back_until_it_is_lifted)
{
	char b[16];
	int fd[2];

	tcp_pair(fd);
	assert_ok(set_int(fd[0], IPPROTO_TCP, TCP_CORK, 1));
	assert_int_equal(send(fd[0], "head", 4, 0), 4);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	assert_ok(set_int(fd[0], IPPROTO_TCP, TCP_CORK, 0));
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 4);
	tcp_end(fd);
}

TEST(shut_wr_sends_what_tcp_held_back)
{
	char b[16];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "head", 4, MSG_MORE), 4);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_WAITALL), 4);
	close_pair(fd);
}

TEST(more_does_not_hold_unix_data_back)
{
	char b[8];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "abc", 3, MSG_MORE), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_DONTWAIT), 3);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(no_flag_is_write),
	DUAL_TEST(confirm_is_accepted_everywhere),
	DUAL_TEST(dontroute_is_accepted_everywhere),
	DUAL_TEST(eor_is_accepted_everywhere),
	DUAL_TEST(dontwait_is_accepted_where_there_is_room),
	DUAL_TEST(nosignal_is_accepted_everywhere),
	DUAL_TEST(unknown_bits_are_ignored),
	DUAL_TEST(flags_of_recv_are_ignored_by_send),
	DUAL_TEST(dontwait_makes_one_call_nonblocking_on_every_kind_that_can_fill),
	DUAL_TEST(o_nonblock_does_the_same_for_every_call),
	DUAL_TEST(dontwait_with_nosignal_gives_epipe_quietly),
	DUAL_TEST(nosignal_holds_for_its_call_only),
	DUAL_TEST(nosignal_works_for_sendto_and_sendmsg),
	DUAL_TEST(flags_in_the_message_header_are_ignored),
	DUAL_TEST(oob_is_eopnotsupp_where_there_is_no_out_of_band_data),
	DUAL_TEST(oob_refusal_comes_before_a_missing_peer),
	DUAL_TEST(more_gathers_udp_sends_into_one_datagram),
	DUAL_TEST(connect_redirects_what_is_corked),
	DUAL_TEST(more_that_outgrows_a_udp_datagram_is_emsgsize),
	DUAL_TEST(closing_drops_a_gathered_udp_datagram),
	DUAL_TEST(udp_cork_gathers_until_it_is_lifted),
	DUAL_TEST(more_holds_a_partial_tcp_segment_back),
	DUAL_TEST(tcp_cork_holds_back_until_it_is_lifted),
	DUAL_TEST(shut_wr_sends_what_tcp_held_back),
	DUAL_TEST(more_does_not_hold_unix_data_back),
};

BEHAVIOUR_MAIN("send_flags", tests)
