/* SPDX-License-Identifier: MIT */
/*
 * getsockopt(2) and setsockopt(2): values, lengths, errors, of socket(7), tcp(7) and ip(7). Buffer sizes are
 * in tcp_buffers.c. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/time.h>

TEST(type_domain_and_protocol_are_reported)
{
	static const struct {
		int domain, type, protocol;
	} sockets[] = {
		{ AF_INET, SOCK_STREAM, IPPROTO_TCP },
		{ AF_INET, SOCK_DGRAM, IPPROTO_UDP },
		{ AF_INET6, SOCK_STREAM, IPPROTO_TCP },
		{ AF_INET6, SOCK_DGRAM, IPPROTO_UDP },
		{ AF_UNIX, SOCK_STREAM, 0 },
		{ AF_UNIX, SOCK_DGRAM, 0 },
		{ AF_UNIX, SOCK_SEQPACKET, 0 },
	};

	for (size_t i = 0; i < sizeof(sockets) / sizeof(sockets[0]); i++) {
		int fd = new_socket(sockets[i].domain, sockets[i].type);

		assert_int_equal(get_int(fd, SOL_SOCKET, SO_DOMAIN), sockets[i].domain);
		assert_int_equal(get_int(fd, SOL_SOCKET, SO_TYPE), sockets[i].type);
		assert_int_equal(get_int(fd, SOL_SOCKET, SO_PROTOCOL), sockets[i].protocol);
		assert_ok(close(fd));
	}
}

TEST(type_domain_protocol_and_acceptconn_cannot_be_set)
{
	static const int options[] = {
		SO_TYPE, SO_DOMAIN, SO_PROTOCOL, SO_ERROR, SO_ACCEPTCONN, SO_PEERCRED
	};
	int fd = new_socket(AF_INET, SOCK_STREAM);

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		assert_fails(set_int(fd, SOL_SOCKET, options[i], 1), ENOPROTOOPT);
	assert_ok(close(fd));
}

TEST(acceptconn_follows_listen)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(get_int(listener, SOL_SOCKET, SO_ACCEPTCONN), 1);
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_ACCEPTCONN), 0);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(unknown_option_is_enoprotoopt)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), local = new_socket(AF_UNIX, SOCK_STREAM), value = 0;
	socklen_t len = sizeof(value);

	assert_fails(set_int(fd, SOL_SOCKET, 9999, 1), ENOPROTOOPT);
	assert_fails(getsockopt(fd, SOL_SOCKET, 9999, &value, &len), ENOPROTOOPT);
	assert_fails(set_int(fd, IPPROTO_TCP, 9999, 1), ENOPROTOOPT);
	assert_fails(getsockopt(fd, IPPROTO_TCP, 9999, &value, &len), ENOPROTOOPT);
	assert_fails(set_int(local, SOL_SOCKET, 9999, 1), ENOPROTOOPT);
	assert_ok(close(fd));
	assert_ok(close(local));
}

TEST(unknown_level_is_enoprotoopt_or_eopnotsupp)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), local = new_socket(AF_UNIX, SOCK_STREAM), value = 0;
	socklen_t len = sizeof(value);

	assert_fails(set_int(fd, 9999, 1, 1), ENOPROTOOPT);
	assert_fails(getsockopt(fd, 9999, 1, &value, &len), EOPNOTSUPP);
	assert_fails(set_int(local, IPPROTO_TCP, TCP_NODELAY, 1), EOPNOTSUPP);
	assert_fails(getsockopt(local, IPPROTO_TCP, TCP_NODELAY, &value, &len), EOPNOTSUPP);
	assert_ok(close(fd));
	assert_ok(close(local));
}

TEST(tcp_option_on_a_udp_socket_is_refused)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM), value = 0;
	socklen_t len = sizeof(value);

	assert_fails(set_int(fd, IPPROTO_TCP, TCP_NODELAY, 1), ENOPROTOOPT);
	assert_fails(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len), EOPNOTSUPP);
	assert_ok(close(fd));
}

TEST(short_value_is_einval_for_set)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), one = 1;

	assert_fails(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, 3), EINVAL);
	assert_fails(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, 0), EINVAL);
	assert_fails(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, 3), EINVAL);
	assert_fails(setsockopt(fd, SOL_SOCKET, SO_LINGER, &one, 4), EINVAL);
	assert_fails(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &one, 4), EINVAL);
	assert_ok(close(fd));
}

TEST(long_value_is_taken_by_its_head)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), values[2] = { 1, 77 };

	assert_ok(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, values, sizeof(values)));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_REUSEADDR), 1);
	assert_ok(close(fd));
}

TEST(negative_length_is_einval)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), value = 1;
	socklen_t len = (socklen_t)-1;

	assert_fails(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, (socklen_t)-1), EINVAL);
	assert_fails(getsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &value, &len), EINVAL);
	assert_ok(close(fd));
}

TEST(short_room_cuts_what_get_gives)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);
	unsigned char room[4] = { 0xee, 0xee, 0xee, 0xee };
	socklen_t len = 2;

	assert_ok(getsockopt(fd, SOL_SOCKET, SO_DOMAIN, room, &len));
	assert_int_equal(len, 2);
	assert_int_equal(room[0], AF_INET);
	assert_int_equal(room[2], 0xee);
	assert_ok(close(fd));
}

TEST(large_room_is_filled_to_the_options_size)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), room[4] = { -1, -1, -1, -1 };
	socklen_t len = sizeof(room);

	assert_ok(getsockopt(fd, SOL_SOCKET, SO_TYPE, room, &len));
	assert_int_equal(len, sizeof(int));
	assert_int_equal(room[1], -1);
	assert_ok(close(fd));
}

TEST(no_room_gives_nothing)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), value = 77;
	socklen_t len = 0;

	assert_ok(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, &len));
	assert_int_equal(len, 0);
	assert_int_equal(value, 77);
	assert_ok(close(fd));
}

TEST(options_of_no_socket_are_enotsock_or_ebadf)
{
	int p[2], value = 1;
	socklen_t len = sizeof(value);

	assert_ok(pipe(p));
	assert_fails(set_int(p[0], SOL_SOCKET, SO_REUSEADDR, 1), ENOTSOCK);
	assert_fails(getsockopt(p[0], SOL_SOCKET, SO_TYPE, &value, &len), ENOTSOCK);
	assert_fails(set_int(-1, SOL_SOCKET, SO_REUSEADDR, 1), EBADF);
	assert_fails(getsockopt(-1, SOL_SOCKET, SO_TYPE, &value, &len), EBADF);
	close_pair(p);
}

TEST(switches_read_back_as_zero_or_one)
{
	static const int options[] = { SO_REUSEADDR, SO_REUSEPORT, SO_KEEPALIVE, SO_BROADCAST,
				       SO_OOBINLINE, SO_DONTROUTE, SO_TIMESTAMP };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		int fd = new_socket(AF_INET, SOCK_DGRAM);

		if (options[i] != SO_KEEPALIVE && options[i] != SO_OOBINLINE)
			assert_int_equal(get_int(fd, SOL_SOCKET, options[i]), 0);
		assert_ok(set_int(fd, SOL_SOCKET, options[i], 5));
		assert_int_equal(get_int(fd, SOL_SOCKET, options[i]), 1);
		assert_ok(set_int(fd, SOL_SOCKET, options[i], 0));
		assert_int_equal(get_int(fd, SOL_SOCKET, options[i]), 0);
		assert_ok(close(fd));
	}
}

TEST(broadcast_can_be_set_on_a_stream_without_effect)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(set_int(fd, SOL_SOCKET, SO_BROADCAST, 1));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_BROADCAST), 1);
	assert_ok(close(fd));
}

TEST(error_is_zero_and_clears_when_read)
{
	struct sockaddr_in nobody = tcp_nobody();
	int fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);

	assert_int_equal(pending_error(fd), 0);
	assert_fails(connect4(fd, nobody), EINPROGRESS);
	await(fd, POLLOUT);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_int_equal(pending_error(fd), 0);
	assert_ok(close(fd));
}

TEST(linger_is_off_and_reads_back)
{
	struct linger value = { -1, -1 };
	socklen_t len = sizeof(value);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(getsockopt(fd, SOL_SOCKET, SO_LINGER, &value, &len));
	assert_int_equal(len, sizeof(value));
	assert_int_equal(value.l_onoff, 0);
	assert_int_equal(value.l_linger, 0);
	value.l_onoff = 7;
	value.l_linger = 30;
	assert_ok(setsockopt(fd, SOL_SOCKET, SO_LINGER, &value, sizeof(value)));
	assert_ok(getsockopt(fd, SOL_SOCKET, SO_LINGER, &value, &len));
	assert_int_equal(value.l_onoff, 1);
	assert_int_equal(value.l_linger, 30);
	assert_ok(close(fd));
}

TEST(timeouts_are_off_and_read_back)
{
	static const int options[] = { SO_RCVTIMEO, SO_SNDTIMEO };
	int fd = new_socket(AF_INET, SOCK_STREAM);

	for (int i = 0; i < 2; i++) {
		struct timeval value = { -1, -1 };
		socklen_t len = sizeof(value);

		assert_ok(getsockopt(fd, SOL_SOCKET, options[i], &value, &len));
		assert_int_equal(len, sizeof(value));
		assert_int_equal(value.tv_sec, 0);
		assert_int_equal(value.tv_usec, 0);
		value.tv_sec = 3;
		value.tv_usec = 500000;
		assert_ok(setsockopt(fd, SOL_SOCKET, options[i], &value, sizeof(value)));
		memset(&value, 0, sizeof(value));
		assert_ok(getsockopt(fd, SOL_SOCKET, options[i], &value, &len));
		assert_int_equal(value.tv_sec, 3);
		assert_int_equal(value.tv_usec, 500000);
	}
	assert_ok(close(fd));
}

TEST(timeout_with_wrong_microseconds_is_edom)
{
	struct timeval value = { .tv_sec = 1, .tv_usec = 1000000 };
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &value, sizeof(value)), EDOM);
	value.tv_usec = -1;
	assert_fails(setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &value, sizeof(value)), EDOM);
	assert_ok(close(fd));
}

TEST(rcvlowat_is_one_and_reads_back)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVLOWAT), 1);
	assert_ok(set_int(fd, SOL_SOCKET, SO_RCVLOWAT, 100));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVLOWAT), 100);
	assert_ok(set_int(fd, SOL_SOCKET, SO_RCVLOWAT, 0));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVLOWAT), 1);
	assert_ok(close(fd));
}

TEST(sndlowat_is_one_and_cannot_be_set)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(get_int(fd, SOL_SOCKET, SO_SNDLOWAT), 1);
	assert_fails(set_int(fd, SOL_SOCKET, SO_SNDLOWAT, 1), ENOPROTOOPT);
	assert_ok(close(fd));
}

TEST(nodelay_is_off_and_reads_back_as_one)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_NODELAY), 0);
	assert_ok(set_int(fd, IPPROTO_TCP, TCP_NODELAY, 9));
	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_NODELAY), 1);
	assert_ok(close(fd));
}

TEST(nodelay_is_inherited_by_accepted_sockets)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd[2];

	assert_ok(set_int(listener, IPPROTO_TCP, TCP_NODELAY, 1));
	assert_ok(set_int(listener, SOL_SOCKET, SO_KEEPALIVE, 1));
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	assert_int_equal(get_int(fd[1], IPPROTO_TCP, TCP_NODELAY), 1);
	assert_int_equal(get_int(fd[1], SOL_SOCKET, SO_KEEPALIVE), 1);
	assert_int_equal(get_int(fd[0], IPPROTO_TCP, TCP_NODELAY), 0);
	tcp_end(fd);
	assert_ok(close(listener));
}

TEST(maxseg_of_a_fresh_socket_is_536)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_MAXSEG), 536);
	assert_ok(close(fd));
}

TEST(maxseg_out_of_range_is_einval)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(set_int(fd, IPPROTO_TCP, TCP_MAXSEG, 40), EINVAL);
	assert_fails(set_int(fd, IPPROTO_TCP, TCP_MAXSEG, 65536), EINVAL);
	assert_ok(set_int(fd, IPPROTO_TCP, TCP_MAXSEG, 1000));
	assert_ok(close(fd));
}

TEST(maxseg_set_before_connect_bounds_the_segments)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd[2];

	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(set_int(fd[0], IPPROTO_TCP, TCP_MAXSEG, 1000));
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	assert_in_range(get_int(fd[0], IPPROTO_TCP, TCP_MAXSEG), 900, 1000);
	assert_in_range(get_int(fd[1], IPPROTO_TCP, TCP_MAXSEG), 900, 1000);
	tcp_end(fd);
	assert_ok(close(listener));
}

TEST(maxseg_on_loopback_is_large)
{
	int fd[2];

	tcp_pair(fd);
	assert_in_range(get_int(fd[0], IPPROTO_TCP, TCP_MAXSEG), 16384, 65483);
	tcp_end(fd);
}

TEST(keepalive_times_read_back)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE), 7200);
	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_KEEPINTVL), 75);
	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_KEEPCNT), 9);
	assert_ok(set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 10));
	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_KEEPIDLE), 10);
	assert_fails(set_int(fd, IPPROTO_TCP, TCP_KEEPIDLE, 0), EINVAL);
	assert_fails(set_int(fd, IPPROTO_TCP, TCP_KEEPCNT, 128), EINVAL);
	assert_ok(close(fd));
}

TEST(user_timeout_reads_back)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 0);
	assert_ok(set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, 1234));
	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT), 1234);
	assert_fails(set_int(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, -1), EINVAL);
	assert_ok(close(fd));
}

TEST(tcp_info_gives_the_state)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fresh = new_socket(AF_INET, SOCK_STREAM), fd[2];

	tcp_pair(fd);
	assert_int_equal(tcp_state(fresh), TCP_CLOSE);
	assert_int_equal(tcp_state(listener), TCP_LISTEN);
	assert_int_equal(tcp_state(fd[0]), TCP_ESTABLISHED);
	assert_int_equal(tcp_state(fd[1]), TCP_ESTABLISHED);
	tcp_end(fd);
	assert_ok(close(fresh));
	assert_ok(close(listener));
}

TEST(tcp_info_can_be_cut_short)
{
	unsigned char state[2] = { 0xee, 0xee };
	socklen_t len = 1;
	int fd[2];

	tcp_pair(fd);
	assert_ok(getsockopt(fd[0], IPPROTO_TCP, TCP_INFO, state, &len));
	assert_int_equal(len, 1);
	assert_int_equal(state[0], TCP_ESTABLISHED);
	assert_int_equal(state[1], 0xee);
	tcp_end(fd);
}

TEST(tcp_info_has_the_segment_sizes)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);
	int fd[2];

	tcp_pair(fd);
	assert_ok(getsockopt(fd[0], IPPROTO_TCP, TCP_INFO, &info, &len));
	assert_int_equal(len, sizeof(info));
	assert_int_equal(info.tcpi_snd_mss, get_int(fd[0], IPPROTO_TCP, TCP_MAXSEG));
	assert_int_equal(info.tcpi_unacked, 0);
	assert_int_equal(info.tcpi_retransmits, 0);
	assert_int_equal(info.tcpi_pmtu, 65535);
	tcp_end(fd);
}

TEST(ttl_reads_back_and_has_bounds)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(get_int(fd, IPPROTO_IP, IP_TTL), 64);
	assert_ok(set_int(fd, IPPROTO_IP, IP_TTL, 5));
	assert_int_equal(get_int(fd, IPPROTO_IP, IP_TTL), 5);
	assert_fails(set_int(fd, IPPROTO_IP, IP_TTL, 0), EINVAL);
	assert_fails(set_int(fd, IPPROTO_IP, IP_TTL, 256), EINVAL);
	assert_ok(set_int(fd, IPPROTO_IP, IP_TTL, -1));
	assert_int_equal(get_int(fd, IPPROTO_IP, IP_TTL), 64);
	assert_ok(close(fd));
}

TEST(tos_reads_back)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(get_int(fd, IPPROTO_IP, IP_TOS), 0);
	assert_ok(set_int(fd, IPPROTO_IP, IP_TOS, 0x10));
	assert_int_equal(get_int(fd, IPPROTO_IP, IP_TOS), 0x10);
	assert_ok(close(fd));
}

TEST(v6only_reads_back_until_the_socket_is_bound)
{
	int fd = new_socket(AF_INET6, SOCK_STREAM);

	assert_int_equal(get_int(fd, IPPROTO_IPV6, IPV6_V6ONLY), 0);
	assert_ok(set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	assert_int_equal(get_int(fd, IPPROTO_IPV6, IPV6_V6ONLY), 1);
	assert_ok(bind6(fd, at6("::1", 0)));
	assert_fails(set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 0), EINVAL);
	assert_ok(close(fd));
}

TEST(ipv6_option_on_an_ipv4_socket_is_enoprotoopt)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1), ENOPROTOOPT);
	assert_ok(close(fd));
}

TEST(option_set_through_one_duplicate_shows_in_the_other)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), copy = dup(fd);

	assert_ok(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_int_equal(get_int(copy, SOL_SOCKET, SO_REUSEADDR), 1);
	assert_ok(close(fd));
	assert_ok(close(copy));
}

TEST(priority_reads_back)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(get_int(fd, SOL_SOCKET, SO_PRIORITY), 0);
	assert_ok(set_int(fd, SOL_SOCKET, SO_PRIORITY, 6));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_PRIORITY), 6);
	assert_ok(close(fd));
}

TEST(value_at_a_wrong_address_is_efault)
{
	void *volatile bad = (void *)8;
	int fd = new_socket(AF_INET, SOCK_STREAM), value = 0;
	socklen_t len = sizeof(value);

	assert_fails(setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, bad, sizeof(int)), EFAULT);
	assert_fails(getsockopt(fd, SOL_SOCKET, SO_TYPE, bad, &len), EFAULT);
	assert_fails(getsockopt(fd, SOL_SOCKET, SO_TYPE, &value, bad), EFAULT);
	assert_ok(close(fd));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(type_domain_and_protocol_are_reported),
	DUAL_TEST(type_domain_protocol_and_acceptconn_cannot_be_set),
	DUAL_TEST(acceptconn_follows_listen),
	DUAL_TEST(unknown_option_is_enoprotoopt),
	DUAL_TEST(unknown_level_is_enoprotoopt_or_eopnotsupp),
	DUAL_TEST(tcp_option_on_a_udp_socket_is_refused),
	DUAL_TEST(short_value_is_einval_for_set),
	DUAL_TEST(long_value_is_taken_by_its_head),
	DUAL_TEST(negative_length_is_einval),
	DUAL_TEST(short_room_cuts_what_get_gives),
	DUAL_TEST(large_room_is_filled_to_the_options_size),
	DUAL_TEST(no_room_gives_nothing),
	DUAL_TEST(options_of_no_socket_are_enotsock_or_ebadf),
	DUAL_TEST(switches_read_back_as_zero_or_one),
	DUAL_TEST(broadcast_can_be_set_on_a_stream_without_effect),
	DUAL_TEST(error_is_zero_and_clears_when_read),
	DUAL_TEST(linger_is_off_and_reads_back),
	DUAL_TEST(timeouts_are_off_and_read_back),
	DUAL_TEST(timeout_with_wrong_microseconds_is_edom),
	DUAL_TEST(rcvlowat_is_one_and_reads_back),
	DUAL_TEST(sndlowat_is_one_and_cannot_be_set),
	DUAL_TEST(nodelay_is_off_and_reads_back_as_one),
	DUAL_TEST(nodelay_is_inherited_by_accepted_sockets),
	DUAL_TEST(maxseg_of_a_fresh_socket_is_536),
	DUAL_TEST(maxseg_out_of_range_is_einval),
	DUAL_TEST(maxseg_set_before_connect_bounds_the_segments),
	DUAL_TEST(maxseg_on_loopback_is_large),
	DUAL_TEST(keepalive_times_read_back),
	DUAL_TEST(user_timeout_reads_back),
	DUAL_TEST(tcp_info_gives_the_state),
	DUAL_TEST(tcp_info_can_be_cut_short),
	DUAL_TEST(tcp_info_has_the_segment_sizes),
	DUAL_TEST(ttl_reads_back_and_has_bounds),
	DUAL_TEST(tos_reads_back),
	DUAL_TEST(v6only_reads_back_until_the_socket_is_bound),
	DUAL_TEST(ipv6_option_on_an_ipv4_socket_is_enoprotoopt),
	DUAL_TEST(option_set_through_one_duplicate_shows_in_the_other),
	DUAL_TEST(priority_reads_back),
	DUAL_TEST(value_at_a_wrong_address_is_efault),
};

BEHAVIOUR_MAIN("options", tests)
