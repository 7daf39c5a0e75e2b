/* SPDX-License-Identifier: MIT */
/*
 * Addresses and ports of UDP sockets: bind(2), ephemeral ports, sharing a port, wildcard addresses, IPv6 and
 * IPv4-mapped addresses. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

static bool ephemeral(struct sockaddr_in at)
{
	return ntohs(at.sin_port) >= 32768 && ntohs(at.sin_port) <= 60999;
}

TEST(fresh_socket_has_no_name)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	struct sockaddr_in at = local4(fd);

	assert_int_equal(at.sin_family, AF_INET);
	assert_int_equal(at.sin_port, 0);
	assert_int_equal(at.sin_addr.s_addr, htonl(INADDR_ANY));
	assert_ok(close(fd));
}

TEST(bind_to_port_zero_takes_an_ephemeral_port)
{
	struct sockaddr_in at;
	int fd = udp_bound(&at);

	assert_true(ephemeral(at));
	assert_ok(close(fd));
}

TEST(sendto_binds_to_an_ephemeral_port_and_the_wildcard)
{
	struct sockaddr_in at, own;
	int other = udp_bound(&at), fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(sendto4(fd, "x", 1, 0, at), 1);
	own = local4(fd);
	assert_true(ephemeral(own));
	assert_int_equal(own.sin_addr.s_addr, htonl(INADDR_ANY));
	assert_ok(close(fd));
	assert_ok(close(other));
}

TEST(connect_binds_to_an_ephemeral_port_and_the_routes_address)
{
	struct sockaddr_in at, own;
	int other = udp_bound(&at), fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(connect4(fd, at));
	own = local4(fd);
	assert_true(ephemeral(own));
	assert_int_equal(own.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_ok(close(fd));
	assert_ok(close(other));
}

TEST(ephemeral_ports_differ)
{
	struct sockaddr_in at[20];
	int fd[20];

	for (int i = 0; i < 20; i++) {
		fd[i] = udp_bound(&at[i]);
		for (int j = 0; j < i; j++)
			assert_int_not_equal(at[i].sin_port, at[j].sin_port);
	}
	for (int i = 0; i < 20; i++)
		assert_ok(close(fd[i]));
}

TEST(taken_port_is_eaddrinuse)
{
	struct sockaddr_in at;
	int fd = udp_bound(&at), second = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(bind4(second, at), EADDRINUSE);
	at.sin_addr.s_addr = htonl(INADDR_ANY);
	assert_fails(bind4(second, at), EADDRINUSE);
	assert_ok(close(fd));
	assert_ok(bind4(second, at));
	assert_ok(close(second));
}

TEST(port_is_free_again_after_close)
{
	struct sockaddr_in at;
	int fd = udp_bound(&at);

	assert_ok(close(fd));
	fd = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(bind4(fd, at));
	assert_ok(close(fd));
}

TEST(same_port_on_two_addresses_is_no_conflict)
{
	struct sockaddr_in at;
	char data[4];
	int fd = udp_bound(&at), second = new_socket(AF_INET, SOCK_DGRAM);

	at.sin_addr.s_addr = htonl(0x7f000002);
	assert_ok(bind4(second, at));
	assert_int_equal(sendto4(fd, "x", 1, 0, at), 1);
	assert_int_equal(recv(second, data, sizeof(data), 0), 1);
	assert_fails(recv(fd, data, sizeof(data), MSG_DONTWAIT), EAGAIN);
	assert_ok(close(fd));
	assert_ok(close(second));
}

TEST(tcp_and_udp_ports_are_apart)
{
	int stream = new_socket(AF_INET, SOCK_STREAM), fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(bind4(stream, at4("127.0.0.1", 0)));
	assert_ok(bind4(fd, local4(stream)));
	assert_int_equal(local4(fd).sin_port, local4(stream).sin_port);
	assert_ok(close(stream));
	assert_ok(close(fd));
}

TEST(bind_twice_is_einval)
{
	struct sockaddr_in at;
	int fd = udp_bound(&at);

	assert_fails(bind4(fd, at4("127.0.0.1", 0)), EINVAL);
	assert_ok(close(fd));
}

TEST(reuseaddr_on_both_shares_a_port)
{
	int first = new_socket(AF_INET, SOCK_DGRAM), second = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(set_int(first, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(first, at4("127.0.0.1", 0)));
	assert_fails(bind4(second, local4(first)), EADDRINUSE);
	assert_ok(set_int(second, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(second, local4(first)));
	assert_ok(close(first));
	assert_ok(close(second));
}

TEST(of_two_that_share_a_port_the_last_bound_gets_the_datagram)
{
	int first = new_socket(AF_INET, SOCK_DGRAM), second = new_socket(AF_INET, SOCK_DGRAM);
	int sender = new_socket(AF_INET, SOCK_DGRAM);
	char data[4];

	assert_ok(set_int(first, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(set_int(second, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(first, at4("127.0.0.1", 0)));
	assert_ok(bind4(second, local4(first)));
	assert_int_equal(sendto4(sender, "x", 1, 0, local4(first)), 1);
	assert_int_equal(recv(second, data, sizeof(data), 0), 1);
	assert_fails(recv(first, data, sizeof(data), MSG_DONTWAIT), EAGAIN);
	assert_ok(close(first));
	assert_ok(close(second));
	assert_ok(close(sender));
}

TEST(connected_socket_wins_over_one_that_shares_its_port)
{
	int first = new_socket(AF_INET, SOCK_DGRAM), second = new_socket(AF_INET, SOCK_DGRAM);
	struct sockaddr_in peer;
	int sender = udp_bound(&peer);
	char data[4];

	assert_ok(set_int(first, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(set_int(second, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(first, at4("127.0.0.1", 0)));
	assert_ok(bind4(second, local4(first)));
	assert_ok(connect4(first, peer));
	assert_int_equal(sendto4(sender, "x", 1, 0, local4(first)), 1);
	assert_int_equal(recv(first, data, sizeof(data), 0), 1);
	assert_fails(recv(second, data, sizeof(data), MSG_DONTWAIT), EAGAIN);
	assert_ok(close(first));
	assert_ok(close(second));
	assert_ok(close(sender));
}

TEST(exact_address_wins_over_the_wildcard)
{
	int any = new_socket(AF_INET, SOCK_DGRAM), exact = new_socket(AF_INET, SOCK_DGRAM);
	int sender = new_socket(AF_INET, SOCK_DGRAM);
	struct sockaddr_in at;
	char data[4];

	assert_ok(set_int(any, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(set_int(exact, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(exact, at4("127.0.0.1", 0)));
	at = local4(exact);
	assert_ok(bind4(any, at4("0.0.0.0", ntohs(at.sin_port))));
	assert_int_equal(sendto4(sender, "x", 1, 0, at), 1);
	assert_int_equal(recv(exact, data, sizeof(data), 0), 1);
	assert_int_equal(sendto4(sender, "y", 1, 0, at4("127.0.0.2", ntohs(at.sin_port))), 1);
	assert_int_equal(recv(any, data, sizeof(data), 0), 1);
	assert_int_equal(data[0], 'y');
	assert_ok(close(any));
	assert_ok(close(exact));
	assert_ok(close(sender));
}

TEST(wildcard_socket_answers_from_the_address_it_was_reached_at)
{
	int any = new_socket(AF_INET, SOCK_DGRAM), fd = new_socket(AF_INET, SOCK_DGRAM);
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	char data[4];

	assert_ok(bind4(any, at4("0.0.0.0", 0)));
	assert_int_equal(sendto4(fd, "x", 1, 0, at4("127.0.0.1", ntohs(local4(any).sin_port))), 1);
	assert_int_equal(recvfrom(any, data, sizeof(data), 0, (struct sockaddr *)&from, &len), 1);
	assert_int_equal(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(sendto4(any, "y", 1, 0, from), 1);
	len = sizeof(from);
	assert_int_equal(recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len), 1);
	assert_int_equal(from.sin_port, local4(any).sin_port);
	assert_int_equal(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_ok(close(any));
	assert_ok(close(fd));
}

TEST(wildcard_destination_is_loopback)
{
	struct sockaddr_in at, from;
	socklen_t len = sizeof(from);
	char data[4];
	int fd = udp_bound(&at), sender = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(sendto4(sender, "x", 1, 0, at4("0.0.0.0", ntohs(at.sin_port))), 1);
	assert_int_equal(recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len), 1);
	assert_int_equal(from.sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_ok(close(fd));
	assert_ok(close(sender));
}

TEST(getpeername_of_a_connected_socket)
{
	struct sockaddr_in peer;
	socklen_t len = sizeof(peer);
	int fd[2];
	struct sockaddr_in want;

	udp_pair(fd);
	want = local4(fd[1]);
	assert_ok(getpeername(fd[0], (struct sockaddr *)&peer, &len));
	assert_memory_equal(&peer, &want, sizeof(want));
	close_pair(fd);
}

TEST(ipv6_datagram_names_its_sender)
{
	int a = new_socket(AF_INET6, SOCK_DGRAM), b = new_socket(AF_INET6, SOCK_DGRAM);
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	char data[4];

	assert_ok(bind6(a, at6("::1", 0)));
	assert_ok(bind6(b, at6("::1", 0)));
	assert_int_equal(sendto6(a, "six", 3, 0, local6(b)), 3);
	assert_int_equal(recvfrom(b, data, sizeof(data), 0, (struct sockaddr *)&from, &len), 3);
	assert_int_equal(len, sizeof(from));
	assert_int_equal(from.sin6_family, AF_INET6);
	assert_int_equal(from.sin6_port, local6(a).sin6_port);
	assert_memory_equal(&from.sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback));
	assert_int_equal(from.sin6_scope_id, 0);
	assert_ok(close(a));
	assert_ok(close(b));
}

TEST(ipv6_refusal_reaches_a_connected_socket)
{
	int fd = new_socket(AF_INET6, SOCK_DGRAM), gone = new_socket(AF_INET6, SOCK_DGRAM);
	struct sockaddr_in6 at;

	assert_ok(bind6(gone, at6("::1", 0)));
	at = local6(gone);
	assert_ok(close(gone));
	assert_ok(connect6(fd, at));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	await(fd, 0);
	assert_fails(send(fd, "x", 1, 0), ECONNREFUSED);
	assert_ok(close(fd));
}

TEST(ipv6_largest_datagram)
{
	static char data[65528];
	int a = new_socket(AF_INET6, SOCK_DGRAM), b = new_socket(AF_INET6, SOCK_DGRAM);

	assert_ok(bind6(b, at6("::1", 0)));
	assert_ok(connect6(a, local6(b)));
	assert_fails(send(a, data, 65528, 0), EMSGSIZE);
	assert_int_equal(send(a, data, 65527, 0), 65527);
	assert_int_equal(recv(b, data, sizeof(data), 0), 65527);
	assert_ok(close(a));
	assert_ok(close(b));
}

TEST(ipv6_wildcard_hears_ipv4_as_mapped)
{
	int six = new_socket(AF_INET6, SOCK_DGRAM);
	struct sockaddr_in own;
	struct sockaddr_in6 from;
	socklen_t len = sizeof(from);
	int four = udp_bound(&own);
	char data[4], text[INET6_ADDRSTRLEN];

	assert_ok(bind6(six, at6("::", 0)));
	assert_int_equal(sendto4(four, "x", 1, 0, at4("127.0.0.1", ntohs(local6(six).sin6_port))), 1);
	assert_int_equal(recvfrom(six, data, sizeof(data), 0, (struct sockaddr *)&from, &len), 1);
	assert_int_equal(from.sin6_port, own.sin_port);
	assert_non_null(inet_ntop(AF_INET6, &from.sin6_addr, text, sizeof(text)));
	assert_string_equal(text, "::ffff:127.0.0.1");
	assert_int_equal(sendto6(six, "y", 1, 0, from), 1);
	assert_int_equal(recv(four, data, sizeof(data), 0), 1);
	assert_ok(close(six));
	assert_ok(close(four));
}

TEST(ipv6_only_socket_leaves_the_port_to_ipv4)
{
	int six = new_socket(AF_INET6, SOCK_DGRAM), four = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(set_int(six, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	assert_ok(bind6(six, at6("::", 0)));
	assert_ok(bind4(four, at4("0.0.0.0", ntohs(local6(six).sin6_port))));
	assert_ok(close(six));
	assert_ok(close(four));
}

TEST(ipv6_wildcard_takes_the_port_from_ipv4_too)
{
	int six = new_socket(AF_INET6, SOCK_DGRAM), four = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(bind6(six, at6("::", 0)));
	assert_fails(bind4(four, at4("127.0.0.1", ntohs(local6(six).sin6_port))), EADDRINUSE);
	assert_ok(close(six));
	assert_ok(close(four));
}

TEST(ipv6_only_socket_cannot_send_to_a_mapped_address)
{
	struct sockaddr_in at;
	int six = new_socket(AF_INET6, SOCK_DGRAM), four = udp_bound(&at);

	assert_ok(set_int(six, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	assert_fails(sendto6(six, "x", 1, 0, at6("::ffff:127.0.0.1", ntohs(at.sin_port))), ENETUNREACH);
	assert_ok(close(six));
	assert_ok(close(four));
}

TEST(ipv6_socket_takes_an_ipv4_address_in_sendto)
{
	struct sockaddr_in at;
	char data[4];
	int six = new_socket(AF_INET6, SOCK_DGRAM), four = udp_bound(&at);

	assert_int_equal(sendto4(six, "x", 1, 0, at), 1);
	assert_int_equal(recv(four, data, sizeof(data), 0), 1);
	assert_ok(close(six));
	assert_ok(close(four));
}

TEST(wrong_family_is_eafnosupport)
{
	struct sockaddr_in6 six = at6("::1", 9);
	struct sockaddr_in wrong = at4("127.0.0.1", 9);
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(sendto6(fd, "x", 1, 0, six), EAFNOSUPPORT);
	assert_fails(connect6(fd, six), EAFNOSUPPORT);
	wrong.sin_family = AF_UNIX;
	assert_fails(bind4(fd, wrong), EAFNOSUPPORT);
	assert_ok(close(fd));
}

TEST(sendto_takes_af_unspec_for_ipv4)
{
	struct sockaddr_in at;
	char data[4];
	int fd = udp_bound(&at), sender = new_socket(AF_INET, SOCK_DGRAM);

	at.sin_family = AF_UNSPEC;
	assert_int_equal(sendto4(sender, "x", 1, 0, at), 1);
	assert_int_equal(recv(fd, data, sizeof(data), 0), 1);
	assert_ok(close(fd));
	assert_ok(close(sender));
}

TEST(short_address_is_einval)
{
	struct sockaddr_in at = at4("127.0.0.1", 9);
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, 15), EINVAL);
	assert_fails(connect(fd, (struct sockaddr *)&at, 15), EINVAL);
	assert_fails(bind(fd, (struct sockaddr *)&at, 15), EINVAL);
	assert_ok(close(fd));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(fresh_socket_has_no_name),
	DUAL_TEST(bind_to_port_zero_takes_an_ephemeral_port),
	DUAL_TEST(sendto_binds_to_an_ephemeral_port_and_the_wildcard),
	DUAL_TEST(connect_binds_to_an_ephemeral_port_and_the_routes_address),
	DUAL_TEST(ephemeral_ports_differ),
	DUAL_TEST(taken_port_is_eaddrinuse),
	DUAL_TEST(port_is_free_again_after_close),
	DUAL_TEST(same_port_on_two_addresses_is_no_conflict),
	DUAL_TEST(tcp_and_udp_ports_are_apart),
	DUAL_TEST(bind_twice_is_einval),
	DUAL_TEST(reuseaddr_on_both_shares_a_port),
	DUAL_TEST(of_two_that_share_a_port_the_last_bound_gets_the_datagram),
	DUAL_TEST(connected_socket_wins_over_one_that_shares_its_port),
	DUAL_TEST(exact_address_wins_over_the_wildcard),
	DUAL_TEST(wildcard_socket_answers_from_the_address_it_was_reached_at),
	DUAL_TEST(wildcard_destination_is_loopback),
	DUAL_TEST(getpeername_of_a_connected_socket),
	DUAL_TEST(ipv6_datagram_names_its_sender),
	DUAL_TEST(ipv6_refusal_reaches_a_connected_socket),
	DUAL_TEST(ipv6_largest_datagram),
	DUAL_TEST(ipv6_wildcard_hears_ipv4_as_mapped),
	DUAL_TEST(ipv6_only_socket_leaves_the_port_to_ipv4),
	DUAL_TEST(ipv6_wildcard_takes_the_port_from_ipv4_too),
	DUAL_TEST(ipv6_only_socket_cannot_send_to_a_mapped_address),
	DUAL_TEST(ipv6_socket_takes_an_ipv4_address_in_sendto),
	DUAL_TEST(wrong_family_is_eafnosupport),
	DUAL_TEST(sendto_takes_af_unspec_for_ipv4),
	DUAL_TEST(short_address_is_einval),
};

BEHAVIOUR_MAIN("udp_names", tests)
