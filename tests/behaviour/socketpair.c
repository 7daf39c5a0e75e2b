/* SPDX-License-Identifier: MIT */
/*
 * The calls socket(2) and socketpair(2): which domains, types and protocols exist, and what a pair is from
 * birth. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

TEST(pair_of_each_type_is_connected_both_ways)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	char b;

	for (int i = 0; i < 3; i++) {
		int fd[2];

		unix_pair(types[i], fd);
		assert_int_equal(send(fd[0], "x", 1, 0), 1);
		assert_int_equal(recv(fd[1], &b, 1, 0), 1);
		assert_int_equal(send(fd[1], "y", 1, 0), 1);
		assert_int_equal(recv(fd[0], &b, 1, 0), 1);
		assert_int_equal(get_int(fd[0], SOL_SOCKET, SO_TYPE), types[i]);
		close_pair(fd);
	}
}

TEST(pair_takes_the_two_lowest_numbers)
{
	int first = new_socket(AF_UNIX, SOCK_STREAM), fd[2];

	assert_ok(close(first));
	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(fd[0], first);
	assert_true(fd[1] > first);
	close_pair(fd);
}

TEST(pair_flags_apply_to_both)
{
	int fd[2];

	unix_pair(SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, fd);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(fcntl(fd[i], F_GETFL) & O_NONBLOCK, O_NONBLOCK);
		assert_int_equal(fcntl(fd[i], F_GETFD), FD_CLOEXEC);
	}
	close_pair(fd);
}

TEST(pair_of_inet_is_eopnotsupp)
{
	int fd[2];

	assert_fails(socketpair(AF_INET, SOCK_STREAM, 0, fd), EOPNOTSUPP);
	assert_fails(socketpair(AF_INET6, SOCK_DGRAM, 0, fd), EOPNOTSUPP);
}

TEST(pair_of_an_unknown_domain_is_eafnosupport)
{
	int fd[2];

	assert_fails(socketpair(99, SOCK_STREAM, 0, fd), EAFNOSUPPORT);
}

TEST(pair_with_a_protocol_is_eprotonosupport)
{
	int fd[2];

	assert_fails(socketpair(AF_UNIX, SOCK_STREAM, IPPROTO_TCP, fd), EPROTONOSUPPORT);
}

TEST(unix_socket_takes_protocol_zero_or_its_own)
{
	int fd = socket(AF_UNIX, SOCK_STREAM, AF_UNIX);

	assert_true(fd >= 0);
	assert_ok(close(fd));
	assert_fails(socket(AF_UNIX, SOCK_STREAM, 17), EPROTONOSUPPORT);
}

TEST(unix_raw_is_a_datagram_socket)
{
	int fd = new_socket(AF_UNIX, SOCK_RAW);

	assert_int_equal(get_int(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	assert_ok(close(fd));
}

TEST(unix_rdm_is_esocktnosupport)
{
	assert_fails(socket(AF_UNIX, SOCK_RDM, 0), ESOCKTNOSUPPORT);
}

TEST(unknown_domain_is_eafnosupport)
{
	assert_fails(socket(99, SOCK_STREAM, 0), EAFNOSUPPORT);
	assert_fails(socket(-1, SOCK_STREAM, 0), EAFNOSUPPORT);
	assert_fails(socket(AF_UNSPEC, SOCK_STREAM, 0), EAFNOSUPPORT);
}

TEST(unknown_type_is_einval)
{
	assert_fails(socket(AF_INET, 0, 0), ESOCKTNOSUPPORT);
	assert_fails(socket(AF_INET, 15, 0), EINVAL);
}

TEST(unknown_type_flag_is_einval)
{
	assert_fails(socket(AF_INET, SOCK_STREAM | 0x100, 0), EINVAL);
}

TEST(protocol_of_the_other_type_is_eprotonosupport)
{
	assert_fails(socket(AF_INET, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
	assert_fails(socket(AF_INET, SOCK_DGRAM, IPPROTO_TCP), EPROTONOSUPPORT);
	assert_fails(socket(AF_INET6, SOCK_STREAM, IPPROTO_UDP), EPROTONOSUPPORT);
}

TEST(protocol_out_of_range_is_einval)
{
	assert_fails(socket(AF_INET, SOCK_STREAM, -1), EINVAL);
	assert_fails(socket(AF_INET, SOCK_STREAM, 1000), EINVAL);
}

TEST(explicit_protocol_is_reported)
{
	int fd = socket(AF_INET, SOCK_STREAM, IPPROTO_TCP);

	assert_true(fd >= 0);
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_PROTOCOL), IPPROTO_TCP);
	assert_ok(close(fd));
}

TEST(raw_socket_needs_a_privilege)
{
	if (geteuid() == 0)
		skip();
	assert_fails(socket(AF_INET, SOCK_RAW, IPPROTO_UDP), EPERM);
}

TEST(socket_takes_the_lowest_free_number)
{
	int a = new_socket(AF_INET, SOCK_STREAM), b = new_socket(AF_INET, SOCK_DGRAM), again;

	assert_true(b > a);
	assert_ok(close(a));
	again = new_socket(AF_UNIX, SOCK_STREAM);
	assert_int_equal(again, a);
	assert_ok(close(again));
	assert_ok(close(b));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(pair_of_each_type_is_connected_both_ways),
	DUAL_TEST(pair_takes_the_two_lowest_numbers),
	DUAL_TEST(pair_flags_apply_to_both),
	DUAL_TEST(pair_of_inet_is_eopnotsupp),
	DUAL_TEST(pair_of_an_unknown_domain_is_eafnosupport),
	DUAL_TEST(pair_with_a_protocol_is_eprotonosupport),
	DUAL_TEST(unix_socket_takes_protocol_zero_or_its_own),
	DUAL_TEST(unix_raw_is_a_datagram_socket),
	DUAL_TEST(unix_rdm_is_esocktnosupport),
	DUAL_TEST(unknown_domain_is_eafnosupport),
	DUAL_TEST(unknown_type_is_einval),
	DUAL_TEST(unknown_type_flag_is_einval),
	DUAL_TEST(protocol_of_the_other_type_is_eprotonosupport),
	DUAL_TEST(protocol_out_of_range_is_einval),
	DUAL_TEST(explicit_protocol_is_reported),
	DUAL_TEST(raw_socket_needs_a_privilege),
	DUAL_TEST(socket_takes_the_lowest_free_number),
};

BEHAVIOUR_MAIN("socketpair", tests)
