/* SPDX-License-Identifier: MIT */
/* MSG_ZEROCOPY with SO_ZEROCOPY over loopback: send(2), Linux's msg_zerocopy.rst. */
#include "tests/behaviour/control.h"

#include <linux/errqueue.h>

#ifndef SO_ZEROCOPY
#define SO_ZEROCOPY 60
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif

/* The next entry: calls first to last are done with, and were copied. */
static void assert_done(int fd, uint32_t first, uint32_t last)
{
	struct sock_extended_err e;
	struct message m;

	assert_int_equal(message_receive(fd, &m, MSG_ERRQUEUE), 0);
	assert_int_equal(m.h.msg_flags, MSG_ERRQUEUE);
	assert_int_equal(message_count(&m), 1);
	memcpy(&e, CMSG_DATA(message_at(&m, 0, IPPROTO_IP, IP_RECVERR)), sizeof(e));
	assert_int_equal(e.ee_errno, 0);
	assert_int_equal(e.ee_origin, SO_EE_ORIGIN_ZEROCOPY);
	assert_int_equal(e.ee_code, SO_EE_CODE_ZEROCOPY_COPIED);
	assert_int_equal(e.ee_info, first);
	assert_int_equal(e.ee_data, last);
}

static void assert_none(int fd)
{
	struct message m;

	assert_fails(message_receive(fd, &m, MSG_ERRQUEUE), EAGAIN);
}

TEST(option_is_0_or_1_and_of_ip_alone)
{
	int udp = new_socket(AF_INET, SOCK_DGRAM), tcp = new_socket(AF_INET6, SOCK_STREAM), un[2];

	unix_pair(SOCK_STREAM, un);
	assert_int_equal(get_int(udp, SOL_SOCKET, SO_ZEROCOPY), 0);
	assert_fails(set_int(udp, SOL_SOCKET, SO_ZEROCOPY, 2), EINVAL);
	assert_fails(set_int(udp, SOL_SOCKET, SO_ZEROCOPY, -1), EINVAL);
	assert_ok(set_int(udp, SOL_SOCKET, SO_ZEROCOPY, 1));
	assert_int_equal(get_int(udp, SOL_SOCKET, SO_ZEROCOPY), 1);
	assert_ok(set_int(tcp, SOL_SOCKET, SO_ZEROCOPY, 1));
	assert_fails(set_int(un[0], SOL_SOCKET, SO_ZEROCOPY, 1), EOPNOTSUPP);
	assert_fails(set_int(un[0], SOL_SOCKET, SO_ZEROCOPY, 2), EOPNOTSUPP);
	close_pair(un);
	assert_ok(close(tcp));
	assert_ok(close(udp));
}

TEST(flag_without_the_option_is_ignored)
{
	int udp[2], tcp[2], un[2];

	udp_pair(udp);
	tcp_pair(tcp);
	unix_pair(SOCK_DGRAM, un);
	assert_int_equal(send(udp[0], "x", 1, MSG_ZEROCOPY), 1);
	assert_int_equal(send(tcp[0], "x", 1, MSG_ZEROCOPY), 1);
	assert_int_equal(send(un[0], "x", 1, MSG_ZEROCOPY), 1);
	settle();
	assert_none(udp[0]);
	assert_none(tcp[0]);
	close_pair(un);
	tcp_end(tcp);
	close_pair(udp);
}

TEST(udp_tells_of_each_and_joins_neighbours)
{
	int fd[2];

	udp_pair(fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_ZEROCOPY, 1));
	assert_int_equal(send(fd[0], "x", 1, MSG_ZEROCOPY), 1);
	assert_true(ready(fd[0], POLLOUT) & POLLERR);
	assert_int_equal(pending_error(fd[0]), 0);
	assert_done(fd[0], 0, 0);
	assert_int_equal(ready(fd[0], POLLOUT), POLLOUT);
	for (int i = 0; i < 3; i++)
		assert_int_equal(send(fd[0], "x", 1, MSG_ZEROCOPY), 1);
	assert_done(fd[0], 1, 3);
	assert_none(fd[0]);
	close_pair(fd);
}

TEST(udp_counts_empty_datagrams_too)
{
	int fd[2];

	udp_pair(fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_ZEROCOPY, 1));
	assert_int_equal(send(fd[0], "", 0, MSG_ZEROCOPY), 0);
	assert_done(fd[0], 0, 0);
	close_pair(fd);
}

TEST(call_that_fails_has_no_number)
{
	static char big[65508];
	int fd[2];

	udp_pair(fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_ZEROCOPY, 1));
	assert_fails(send(fd[0], big, sizeof(big), MSG_ZEROCOPY), EMSGSIZE);
	assert_none(fd[0]);
	assert_int_equal(send(fd[0], "x", 1, MSG_ZEROCOPY), 1);
	assert_done(fd[0], 0, 0);
	close_pair(fd);
}

TEST(tcp_tells_when_the_peer_has_it)
{
	static char block[20000];
	int fd[2];

	tcp_pair(fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_ZEROCOPY, 1));
	assert_int_equal(send(fd[0], block, sizeof(block), MSG_ZEROCOPY), sizeof(block));
	discard(fd[1], sizeof(block));
	await(fd[0], 0);
	assert_done(fd[0], 0, 0);
	assert_int_equal(send(fd[0], "plain", 5, 0), 5);
	assert_int_equal(send(fd[0], block, sizeof(block), MSG_ZEROCOPY), sizeof(block));
	discard(fd[1], 5 + sizeof(block));
	await(fd[0], 0);
	assert_done(fd[0], 1, 1);
	assert_none(fd[0]);
	tcp_end(fd);
}

TEST(tcp_counts_no_empty_send)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_ZEROCOPY, 1));
	assert_int_equal(send(fd[0], "", 0, MSG_ZEROCOPY), 0);
	settle();
	assert_none(fd[0]);
	tcp_end(fd);
}

TEST(accepted_connection_inherits_the_option)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd[2];

	assert_ok(set_int(listener, SOL_SOCKET, SO_ZEROCOPY, 1));
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	assert_int_equal(get_int(fd[1], SOL_SOCKET, SO_ZEROCOPY), 1);
	tcp_end(fd);
	assert_ok(close(listener));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(option_is_0_or_1_and_of_ip_alone),
	DUAL_TEST(flag_without_the_option_is_ignored),
	DUAL_TEST(udp_tells_of_each_and_joins_neighbours),
	DUAL_TEST(udp_counts_empty_datagrams_too),
	DUAL_TEST(call_that_fails_has_no_number),
	DUAL_TEST(tcp_tells_when_the_peer_has_it),
	DUAL_TEST(tcp_counts_no_empty_send),
	DUAL_TEST(accepted_connection_inherits_the_option),
};

BEHAVIOUR_MAIN("zerocopy", tests)
