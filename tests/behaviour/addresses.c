/* SPDX-License-Identifier: MIT */
/*
 * Addresses given to bind(2), connect(2), getsockname(2), getpeername(2): families, lengths, ports, what is
 * local and what is taken, for TCP. UDP has udp_names.c, Unix names unix_paths.c. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

TEST(fresh_socket_has_the_wildcard_and_port_zero)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), six = new_socket(AF_INET6, SOCK_STREAM);

	assert_int_equal(local4(fd).sin_family, AF_INET);
	assert_int_equal(local4(fd).sin_port, 0);
	assert_int_equal(local4(fd).sin_addr.s_addr, htonl(INADDR_ANY));
	assert_int_equal(local6(six).sin6_family, AF_INET6);
	assert_int_equal(local6(six).sin6_port, 0);
	assert_ok(close(fd));
	assert_ok(close(six));
}

TEST(bind_to_port_zero_takes_an_ephemeral_port)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(bind4(fd, at4("127.0.0.1", 0)));
	assert_in_range(ntohs(local4(fd).sin_port), 32768, 60999);
	assert_int_equal(local4(fd).sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_ok(close(fd));
}

TEST(connect_takes_an_ephemeral_port)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(connect4(fd, at));
	assert_in_range(ntohs(local4(fd).sin_port), 32768, 60999);
	assert_int_equal(local4(fd).sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	tcp_abort(fd);
	assert_ok(close(listener));
}

TEST(getsockname_clears_the_padding)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	static const unsigned char zero[8];
	int fd = new_socket(AF_INET, SOCK_STREAM);

	memset(&at, 0xee, sizeof(at));
	assert_ok(getsockname(fd, (struct sockaddr *)&at, &len));
	assert_memory_equal(at.sin_zero, zero, sizeof(zero));
	assert_ok(close(fd));
}

TEST(getsockname_cuts_to_the_room_and_gives_the_whole_length)
{
	unsigned char room[32];
	socklen_t len = 3;
	int fd = new_socket(AF_INET, SOCK_STREAM);

	memset(room, 0xee, sizeof(room));
	assert_ok(getsockname(fd, (struct sockaddr *)room, &len));
	assert_int_equal(len, sizeof(struct sockaddr_in));
	assert_int_equal(room[0], AF_INET);
	assert_int_equal(room[3], 0xee);
	len = 0;
	assert_ok(getsockname(fd, (struct sockaddr *)room, &len));
	assert_int_equal(len, sizeof(struct sockaddr_in));
	assert_ok(close(fd));
}

TEST(getsockname_with_a_negative_length_is_einval)
{
	struct sockaddr_in at;
	socklen_t len = (socklen_t)-1;
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(getsockname(fd, (struct sockaddr *)&at, &len), EINVAL);
	assert_ok(close(fd));
}

TEST(getpeername_before_connect_is_enotconn)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(getpeername(fd, (struct sockaddr *)&at, &len), ENOTCONN);
	assert_ok(bind4(fd, at4("127.0.0.1", 0)));
	assert_fails(getpeername(fd, (struct sockaddr *)&at, &len), ENOTCONN);
	assert_ok(listen(fd, 1));
	assert_fails(getpeername(fd, (struct sockaddr *)&at, &len), ENOTCONN);
	assert_ok(close(fd));
}

TEST(both_ends_agree_on_their_names)
{
	struct sockaddr_in a, b;
	socklen_t len = sizeof(a);
	int fd[2];

	tcp_pair(fd);
	a = local4(fd[0]);
	assert_ok(getpeername(fd[1], (struct sockaddr *)&b, &len));
	assert_memory_equal(&a, &b, sizeof(a));
	tcp_end(fd);
}

TEST(bind_to_a_foreign_address_is_eaddrnotavail)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), six = new_socket(AF_INET6, SOCK_STREAM);

	assert_fails(bind4(fd, at4("203.0.113.1", 0)), EADDRNOTAVAIL);
	assert_fails(bind6(six, at6("2001:db8:ffff::1", 0)), EADDRNOTAVAIL);
	assert_ok(close(fd));
	assert_ok(close(six));
}

TEST(stream_can_be_bound_to_a_multicast_address)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(bind4(fd, at4("224.0.0.1", 0)));
	assert_ok(close(fd));
}

TEST(whole_loopback_net_is_local)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(bind4(fd, at4("127.1.2.3", 0)));
	assert_int_equal(local4(fd).sin_addr.s_addr, htonl(0x7f010203));
	assert_ok(close(fd));
}

TEST(bind_twice_is_einval)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(bind4(fd, at4("127.0.0.1", 0)));
	assert_fails(bind4(fd, at4("127.0.0.1", 0)), EINVAL);
	assert_fails(bind4(fd, local4(fd)), EINVAL);
	assert_ok(close(fd));
}

TEST(bind_of_a_connected_socket_is_einval)
{
	int fd[2];

	tcp_pair(fd);
	assert_fails(bind4(fd[0], at4("127.0.0.1", 0)), EINVAL);
	assert_fails(bind4(fd[1], at4("127.0.0.1", 0)), EINVAL);
	tcp_end(fd);
}

TEST(bind_with_a_short_length_is_einval)
{
	struct sockaddr_in at = at4("127.0.0.1", 0);
	struct sockaddr_in6 six = at6("::1", 0);
	int fd = new_socket(AF_INET, SOCK_STREAM), fd6 = new_socket(AF_INET6, SOCK_STREAM);

	assert_fails(bind(fd, (struct sockaddr *)&at, sizeof(at) - 1), EINVAL);
	assert_fails(bind(fd, (struct sockaddr *)&at, 0), EINVAL);
	assert_fails(bind(fd6, (struct sockaddr *)&six, 23), EINVAL);
	assert_ok(bind(fd6, (struct sockaddr *)&six, 24));
	assert_ok(close(fd));
	assert_ok(close(fd6));
}

TEST(bind_with_a_longer_length_is_taken)
{
	struct sockaddr_storage room;
	struct sockaddr_in at = at4("127.0.0.1", 0);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	memset(&room, 0, sizeof(room));
	memcpy(&room, &at, sizeof(at));
	assert_fails(bind(fd, (struct sockaddr *)&room, sizeof(room) + 1), EINVAL);
	assert_ok(bind(fd, (struct sockaddr *)&room, sizeof(room)));
	assert_ok(close(fd));
}

TEST(connect_with_a_short_length_is_einval)
{
	struct sockaddr_in at = at4("127.0.0.1", 9);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(connect(fd, (struct sockaddr *)&at, sizeof(at) - 1), EINVAL);
	assert_fails(connect(fd, (struct sockaddr *)&at, 1), EINVAL);
	assert_ok(close(fd));
}

TEST(wrong_family_is_eafnosupport)
{
	struct sockaddr_in wrong = at4("127.0.0.1", 9);
	struct sockaddr_in6 six = at6("::1", 9);
	int fd = new_socket(AF_INET, SOCK_STREAM), fd6 = new_socket(AF_INET6, SOCK_STREAM);

	wrong.sin_family = AF_UNIX;
	assert_fails(bind4(fd, wrong), EAFNOSUPPORT);
	assert_fails(connect4(fd, wrong), EAFNOSUPPORT);
	assert_fails(bind6(fd, six), EAFNOSUPPORT);
	assert_fails(connect6(fd, six), EAFNOSUPPORT);
	six.sin6_family = AF_UNIX;
	assert_fails(bind6(fd6, six), EAFNOSUPPORT);
	assert_fails(connect6(fd6, six), EAFNOSUPPORT);
	assert_ok(close(fd));
	assert_ok(close(fd6));
}

TEST(ipv6_socket_takes_no_ipv4_address_in_bind)
{
	struct sockaddr_storage room;
	struct sockaddr_in at = at4("127.0.0.1", 0);
	int fd = new_socket(AF_INET6, SOCK_STREAM);

	memset(&room, 0, sizeof(room));
	memcpy(&room, &at, sizeof(at));
	assert_fails(bind(fd, (struct sockaddr *)&room, sizeof(struct sockaddr_in6)), EAFNOSUPPORT);
	assert_ok(close(fd));
}

TEST(bind_takes_af_unspec_with_the_wildcard_only)
{
	struct sockaddr_in any = at4("0.0.0.0", 0), other = at4("127.0.0.1", 0);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	any.sin_family = AF_UNSPEC;
	other.sin_family = AF_UNSPEC;
	assert_fails(bind4(fd, other), EAFNOSUPPORT);
	assert_ok(bind4(fd, any));
	assert_in_range(ntohs(local4(fd).sin_port), 32768, 60999);
	assert_ok(close(fd));
}

TEST(privileged_port_is_eacces)
{
	int fd;

	if (geteuid() == 0)
		skip();
	fd = new_socket(AF_INET, SOCK_STREAM);
	assert_fails(bind4(fd, at4("127.0.0.1", 1023)), EACCES);
	assert_ok(close(fd));
}

TEST(taken_port_is_eaddrinuse_for_every_overlapping_address)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), port = ntohs(at.sin_port);
	int a = new_socket(AF_INET, SOCK_STREAM), b = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(bind4(a, at), EADDRINUSE);
	assert_fails(bind4(a, at4("0.0.0.0", port)), EADDRINUSE);
	assert_ok(bind4(b, at4("127.0.0.2", port)));
	assert_ok(close(a));
	assert_ok(close(b));
	assert_ok(close(listener));
}

TEST(wildcard_taken_blocks_every_address)
{
	int any = new_socket(AF_INET, SOCK_STREAM), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(bind4(any, at4("0.0.0.0", 0)));
	assert_fails(bind4(fd, at4("127.0.0.1", ntohs(local4(any).sin_port))), EADDRINUSE);
	assert_ok(close(any));
	assert_ok(close(fd));
}

TEST(port_of_a_closed_listener_without_connections_is_free)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(close(listener));
	assert_ok(bind4(fd, at));
	assert_ok(close(fd));
}

TEST(port_of_a_live_connection_is_taken_after_its_listener_closed)
{
	struct sockaddr_in at;
	int fd[2], again = new_socket(AF_INET, SOCK_STREAM);

	tcp_pair(fd);
	at = local4(fd[1]);
	assert_fails(bind4(again, at), EADDRINUSE);
	tcp_end(fd);
	assert_ok(close(again));
}

TEST(reuseport_lets_two_listen_on_one_port)
{
	int a = new_socket(AF_INET, SOCK_STREAM), b = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(set_int(a, SOL_SOCKET, SO_REUSEPORT, 1));
	assert_ok(set_int(b, SOL_SOCKET, SO_REUSEPORT, 1));
	assert_ok(bind4(a, at4("127.0.0.1", 0)));
	assert_ok(bind4(b, local4(a)));
	assert_ok(listen(a, 1));
	assert_ok(listen(b, 1));
	assert_ok(close(a));
	assert_ok(close(b));
}

TEST(same_pair_of_ends_cannot_connect_twice)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 2);
	int a = new_socket(AF_INET, SOCK_STREAM), b = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(set_int(a, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(set_int(b, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(a, at4("127.0.0.1", 0)));
	assert_ok(bind4(b, local4(a)));
	assert_ok(connect4(a, at));
	assert_fails(connect4(b, at), EADDRNOTAVAIL);
	tcp_abort(a);
	assert_ok(close(b));
	assert_ok(close(listener));
}

TEST(one_local_port_connects_to_two_listeners)
{
	struct sockaddr_in at, other;
	int listener = tcp_listener(&at, 1), second = tcp_listener(&other, 1);
	int a = new_socket(AF_INET, SOCK_STREAM), b = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(set_int(a, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(set_int(b, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(a, at4("127.0.0.1", 0)));
	assert_ok(bind4(b, local4(a)));
	assert_ok(connect4(a, at));
	assert_ok(connect4(b, other));
	assert_int_equal(local4(a).sin_port, local4(b).sin_port);
	tcp_abort(a);
	tcp_abort(b);
	assert_ok(close(listener));
	assert_ok(close(second));
}

TEST(bound_address_is_kept_through_connect)
{
	struct sockaddr_in at, before, after;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(bind4(fd, at4("127.0.0.5", 0)));
	before = local4(fd);
	assert_ok(connect4(fd, at));
	after = local4(fd);
	assert_memory_equal(&before, &after, sizeof(before));
	tcp_abort(fd);
	assert_ok(close(listener));
}

TEST(tcp_to_a_multicast_address_is_enetunreach)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(connect4(fd, at4("224.0.0.1", 9)), ENETUNREACH);
	assert_ok(close(fd));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(fresh_socket_has_the_wildcard_and_port_zero),
	DUAL_TEST(bind_to_port_zero_takes_an_ephemeral_port),
	DUAL_TEST(connect_takes_an_ephemeral_port),
	DUAL_TEST(getsockname_clears_the_padding),
	DUAL_TEST(getsockname_cuts_to_the_room_and_gives_the_whole_length),
	DUAL_TEST(getsockname_with_a_negative_length_is_einval),
	DUAL_TEST(getpeername_before_connect_is_enotconn),
	DUAL_TEST(both_ends_agree_on_their_names),
	DUAL_TEST(bind_to_a_foreign_address_is_eaddrnotavail),
	DUAL_TEST(stream_can_be_bound_to_a_multicast_address),
	DUAL_TEST(whole_loopback_net_is_local),
	DUAL_TEST(bind_twice_is_einval),
	DUAL_TEST(bind_of_a_connected_socket_is_einval),
	DUAL_TEST(bind_with_a_short_length_is_einval),
	DUAL_TEST(bind_with_a_longer_length_is_taken),
	DUAL_TEST(connect_with_a_short_length_is_einval),
	DUAL_TEST(wrong_family_is_eafnosupport),
	DUAL_TEST(ipv6_socket_takes_no_ipv4_address_in_bind),
	DUAL_TEST(bind_takes_af_unspec_with_the_wildcard_only),
	DUAL_TEST(privileged_port_is_eacces),
	DUAL_TEST(taken_port_is_eaddrinuse_for_every_overlapping_address),
	DUAL_TEST(wildcard_taken_blocks_every_address),
	DUAL_TEST(port_of_a_closed_listener_without_connections_is_free),
	DUAL_TEST(port_of_a_live_connection_is_taken_after_its_listener_closed),
	DUAL_TEST(reuseport_lets_two_listen_on_one_port),
	DUAL_TEST(same_pair_of_ends_cannot_connect_twice),
	DUAL_TEST(one_local_port_connects_to_two_listeners),
	DUAL_TEST(bound_address_is_kept_through_connect),
	DUAL_TEST(tcp_to_a_multicast_address_is_enetunreach),
};

BEHAVIOUR_MAIN("addresses", tests)
