/* SPDX-License-Identifier: MIT */
/*
 * Routes: what MSG_DONTROUTE and SO_DONTROUTE leave out, the types of ip-route(8), an interface that goes
 * down, and what a router on the way says. send(2), socket(7), ip(7). On a network of the suite's own:
 * segment.h.
 */
#include "tests/behaviour/segment.h"

static ssize_t send_udp(const char *to, int flags)
{
	bool six = strchr(to, ':') != NULL;
	int fd = new_socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM), err;
	ssize_t n = six ? sendto6(fd, "x", 1, flags, at6(to, 9)) : sendto4(fd, "x", 1, flags, at4(to, 9));

	err = errno;
	assert_ok(close(fd));
	errno = err;
	return n;
}

/* A TCP connection to the echo service, 0 or -1 and errno; the socket is closed. */
static int try_tcp(const char *to, bool dontroute)
{
	bool six = strchr(to, ':') != NULL;
	int fd = new_socket(six ? AF_INET6 : AF_INET, SOCK_STREAM), r, err;

	if (dontroute)
		assert_ok(set_int(fd, SOL_SOCKET, SO_DONTROUTE, 1));
	r = six ? connect6(fd, at6(to, ECHO_PORT)) : connect4(fd, at4(to, ECHO_PORT));
	err = errno;
	tcp_abort(fd);
	errno = err;
	return r;
}

TEST(dontroute_reaches_connected_networks_only)
{
	int fd;

	segment_begin();
	assert_int_equal(send_udp("10.0.0.254", MSG_DONTROUTE), 1);
	assert_int_equal(send_udp("127.0.0.1", MSG_DONTROUTE), 1);
	assert_int_equal(send_udp("10.0.9.2", 0), 1);
	assert_fails(send_udp("10.0.9.2", MSG_DONTROUTE), ENETUNREACH);
	/* A connected socket has a way already; the flag looks for another. */
	fd = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(connect4(fd, at4("10.0.9.2", ECHO_PORT)));
	assert_fails(send(fd, "x", 1, MSG_DONTROUTE), ENETUNREACH);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_fails(send(fd, "x", 1, MSG_DONTROUTE), ENETUNREACH);
	assert_ok(close(fd));
	segment_end();
}

TEST(so_dontroute_is_the_flag_for_every_call)
{
	int fd;

	segment_begin();
	fd = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(connect4(fd, at4("10.0.9.2", ECHO_PORT)));
	assert_ok(set_int(fd, SOL_SOCKET, SO_DONTROUTE, 1));
	assert_fails(send(fd, "x", 1, 0), ENETUNREACH);
	assert_fails(connect4(fd, at4("10.0.9.2", ECHO_PORT)), ENETUNREACH);
	assert_ok(connect4(fd, at4("10.0.0.254", ECHO_PORT)));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_ok(set_int(fd, SOL_SOCKET, SO_DONTROUTE, 0));
	assert_ok(connect4(fd, at4("10.0.9.2", ECHO_PORT)));
	assert_ok(close(fd));
	assert_fails(try_tcp("10.0.9.2", true), ENETUNREACH);
	assert_ok(try_tcp("10.0.9.2", false));
	assert_ok(try_tcp("10.0.0.254", true));
	segment_end();
}

/* Linux looks for no scope there. */
TEST(ipv6_goes_through_gateways_whatever_dontroute_says)
{
	int fd;

	segment_begin();
	assert_int_equal(send_udp("fd00::fe", MSG_DONTROUTE), 1);
	assert_int_equal(send_udp("fd09::2", MSG_DONTROUTE), 1);
	assert_fails(send_udp("fd99::1", MSG_DONTROUTE), ENETUNREACH);
	fd = new_socket(AF_INET6, SOCK_DGRAM);
	assert_ok(set_int(fd, SOL_SOCKET, SO_DONTROUTE, 1));
	assert_ok(connect6(fd, at6("fd09::2", ECHO_PORT)));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_ok(close(fd));
	assert_ok(try_tcp("fd09::2", true));
	segment_end();
}

TEST(tcp_takes_the_flag_and_ignores_it)
{
	char b[8];
	int fd;

	segment_begin();
	fd = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd, at4("10.0.9.2", ECHO_PORT)));
	assert_int_equal(send(fd, "abc", 3, MSG_DONTROUTE), 3);
	assert_true(await(fd, POLLIN) & POLLIN);
	assert_int_equal(recv(fd, b, sizeof(b), 0), 3);
	/* The option voids the way that the connection had: bytes are taken, and do not arrive. */
	assert_ok(set_int(fd, SOL_SOCKET, SO_DONTROUTE, 1));
	assert_int_equal(send(fd, "abc", 3, 0), 3);
	pass_ms(50);
	assert_int_equal(ready(fd, POLLIN), 0);
	assert_ok(set_int(fd, SOL_SOCKET, SO_DONTROUTE, 0));
	assert_true(await(fd, POLLIN) & POLLIN); /* sent again */
	assert_int_equal(recv(fd, b, sizeof(b), 0), 3);
	tcp_abort(fd);
	segment_end();
}

TEST(each_type_of_route_has_its_errno)
{
	static const struct {
		const char *command, *to;
		int err;
	} rows[] = {
		{ "route add unreachable 10.1.0.0/24", "10.1.0.7", EHOSTUNREACH },
		{ "route add prohibit 10.2.0.0/24", "10.2.0.7", EACCES },
		{ "route add blackhole 10.3.0.0/24", "10.3.0.7", EINVAL },
		{ "route add throw 10.4.0.0/24", "10.4.0.7", ENETUNREACH },
		{ "-6 route add unreachable fd0a::/64", "fd0a::7", EHOSTUNREACH },
		{ "-6 route add prohibit fd0b::/64", "fd0b::7", EACCES },
		{ "-6 route add blackhole fd0c::/64", "fd0c::7", EINVAL },
		{ "-6 route add throw fd0d::/64", "fd0d::7", ENETUNREACH },
	};

	segment_begin();
	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		on_host("client", rows[i].command);
		assert_fails(send_udp(rows[i].to, 0), rows[i].err);
		assert_fails(try_tcp(rows[i].to, false), rows[i].err);
	}
	/* IPv4 looks past them for a network of its own, finds none, and says so. */
	assert_fails(send_udp("10.1.0.7", MSG_DONTROUTE), ENETUNREACH);
	assert_fails(send_udp("10.2.0.7", MSG_DONTROUTE), ENETUNREACH);
	assert_fails(send_udp("fd0b::7", MSG_DONTROUTE), EACCES);
	segment_end();
}

TEST(longest_prefix_wins_and_replace_and_del_count)
{
	segment_begin();
	on_host("client", "route add default via 10.0.0.254");
	assert_int_equal(send_udp("192.0.2.1", 0), 1);
	on_host("client", "route add prohibit 192.0.2.0/24");
	assert_fails(send_udp("192.0.2.1", 0), EACCES);
	on_host("client", "route add 192.0.2.1 via 10.0.0.254");
	assert_int_equal(send_udp("192.0.2.1", 0), 1);
	on_host("client", "route replace unreachable 192.0.2.1");
	assert_fails(send_udp("192.0.2.1", 0), EHOSTUNREACH);
	on_host("client", "route del unreachable 192.0.2.1");
	assert_fails(send_udp("192.0.2.1", 0), EACCES);
	on_host("client", "route del default");
	assert_fails(send_udp("192.0.3.1", 0), ENETUNREACH);
	segment_end();
}

/* ---- links and addresses ---- */

TEST(link_down_takes_the_routes_away)
{
	int con, tcp;
	char b[8];

	segment_begin();
	con = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(connect4(con, at4("10.0.9.2", ECHO_PORT)));
	tcp = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(tcp, at4("10.0.9.2", ECHO_PORT)));
	on_host("client", "link set dev eth0 down");
	assert_fails(send(con, "x", 1, 0), ENETUNREACH);
	assert_fails(send_udp("10.0.0.254", 0), ENETUNREACH);
	assert_fails(send_udp("fd00::fe", 0), ENETUNREACH);
	assert_fails(try_tcp("10.0.0.254", false), ENETUNREACH);
	assert_int_equal(send_udp("10.0.0.1", 0), 1);      /* the address is still ours, */
	assert_fails(send_udp("fd00::1", 0), ENETUNREACH); /* IPv6's is not */
	assert_int_equal(send(tcp, "a", 1, 0), 1);         /* a connection waits */
	on_host("client", "link set dev eth0 up");
	assert_int_equal(send_udp("10.0.0.254", 0), 1);
	assert_fails(send(con, "x", 1, 0), ENETUNREACH); /* the gateway's route does not come back */
	on_host("client", "route add 10.0.9.0/24 via 10.0.0.254");
	assert_int_equal(send(con, "x", 1, 0), 1);
	assert_true(await(tcp, POLLIN) & POLLIN); /* what waited was sent again */
	assert_int_equal(recv(tcp, b, sizeof(b), 0), 1);
	tcp_abort(tcp);
	assert_ok(close(con));
	segment_end();
}

TEST(source_that_is_gone_has_no_route)
{
	struct sockaddr_in own = at4("10.0.0.3", 0);
	int fd, con;

	segment_begin();
	on_host("client", "addr add 10.0.0.3/24 dev eth0");
	fd = new_socket(AF_INET, SOCK_DGRAM);
	con = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(bind4(fd, own));
	assert_ok(bind4(con, own));
	assert_ok(connect4(con, at4("10.0.0.254", ECHO_PORT)));
	assert_int_equal(sendto4(fd, "x", 1, 0, at4("10.0.0.254", 9)), 1);
	on_host("client", "addr del 10.0.0.3/24 dev eth0");
	assert_fails(sendto4(fd, "x", 1, 0, at4("10.0.0.254", 9)), ENETUNREACH);
	assert_fails(send(con, "x", 1, 0), ENETUNREACH);
	assert_ok(close(fd));
	assert_ok(close(con));
	segment_end();
}

TEST(mtu_of_a_route_and_of_a_link)
{
	static char data[1500];
	int fd;

	segment_begin();
	fd = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
	assert_ok(connect4(fd, at4("10.0.9.2", ECHO_PORT)));
	assert_int_equal(get_int(fd, IPPROTO_IP, IP_MTU), 1500);
	assert_int_equal(send(fd, data, 1472, 0), 1472);
	on_host("client", "route replace 10.0.9.0/24 via 10.0.0.254 mtu 1300");
	assert_ok(connect4(fd, at4("10.0.9.2", ECHO_PORT)));
	assert_int_equal(get_int(fd, IPPROTO_IP, IP_MTU), 1300);
	assert_fails(send(fd, data, 1273, 0), EMSGSIZE);
	assert_int_equal(send(fd, data, 1272, 0), 1272);
	on_host("client", "link set dev eth0 mtu 1000");
	assert_ok(connect4(fd, at4("10.0.0.254", ECHO_PORT)));
	assert_int_equal(get_int(fd, IPPROTO_IP, IP_MTU), 1000);
	assert_fails(send(fd, data, 973, 0), EMSGSIZE);
	assert_ok(close(fd));
	segment_end();
}

/* ---- a router on the way ---- */

TEST(router_answers_by_the_far_host)
{
	char b[8];
	int fd, six;

	segment_begin();
	fd = new_socket(AF_INET, SOCK_DGRAM);
	six = new_socket(AF_INET6, SOCK_DGRAM);
	assert_ok(connect4(fd, at4("10.0.9.2", ECHO_PORT)));
	assert_ok(connect6(six, at6("fd09::2", ECHO_PORT)));
	assert_int_equal(send(fd, "abc", 3, 0), 3);
	assert_true(await(fd, POLLIN) & POLLIN);
	assert_int_equal(recv(fd, b, sizeof(b), 0), 3);
	assert_int_equal(send(six, "abc", 3, 0), 3);
	assert_true(await(six, POLLIN) & POLLIN);
	assert_int_equal(recv(six, b, sizeof(b), 0), 3);
	assert_ok(close(fd));
	assert_ok(close(six));
	segment_end();
}

/* A connected socket that hears of soft errors too: the one that comes, 0 if none does. */
static int error_from_way(const char *to, int port, int ttl)
{
	bool six = strchr(to, ':') != NULL;
	int fd = new_socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM), err;

	if (six) {
		assert_ok(set_int(fd, IPPROTO_IPV6, IPV6_RECVERR, 1));
		assert_ok(set_int(fd, IPPROTO_IPV6, IPV6_UNICAST_HOPS, ttl));
		assert_ok(connect6(fd, at6(to, port)));
	} else {
		assert_ok(set_int(fd, IPPROTO_IP, IP_RECVERR, 1));
		assert_ok(set_int(fd, IPPROTO_IP, IP_TTL, ttl));
		assert_ok(connect4(fd, at4(to, port)));
	}
	assert_int_equal(send(fd, "x", 1, 0), 1);
	pass_ms(30);
	err = pending_error(fd);
	assert_ok(close(fd));
	return err;
}

TEST(time_to_live_ends_at_the_router)
{
	segment_begin();
	assert_int_equal(error_from_way("10.0.9.2", 99, 1), EHOSTUNREACH);
	assert_int_equal(error_from_way("10.0.9.2", 99, 2), ECONNREFUSED);
	assert_int_equal(error_from_way("fd09::2", 99, 1), EHOSTUNREACH);
	assert_int_equal(error_from_way("fd09::2", 99, 2), ECONNREFUSED);
	segment_end();
}

TEST(router_without_a_route_says_so)
{
	segment_begin();
	on_host("client", "route add 10.0.0.0/8 via 10.0.0.254");
	on_host("client", "route add fd00::/8 via fd00::fe");
	on_host("router", "route add prohibit 10.2.0.0/24");
	on_host("router", "route add blackhole 10.3.0.0/24");
	assert_int_equal(error_from_way("10.77.0.1", 9, 64), ENETUNREACH);
	assert_int_equal(error_from_way("10.3.0.1", 9, 64), 0);
	assert_int_equal(error_from_way("10.2.0.1", 9, 64), EHOSTUNREACH);
	assert_int_equal(error_from_way("fd77::1", 9, 64), ENETUNREACH);
	segment_end();
}

TEST(unreachable_route_of_a_router_is_host_unreachable)
{
	segment_begin();
	on_host("client", "route add 10.0.0.0/8 via 10.0.0.254");
	on_host("client", "route add fd00::/8 via fd00::fe");
	on_host("router", "route add unreachable 10.1.0.0/24");
	on_host("router", "-6 route add prohibit fd0b::/64");
	assert_int_equal(error_from_way("10.1.0.1", 9, 64), EHOSTUNREACH);
	assert_int_equal(error_from_way("fd0b::1", 9, 64), EACCES);
	segment_end();
}

TEST(narrow_link_behind_the_router_is_learnt)
{
	static char data[1500];
	int fd;

	segment_begin();
	on_host("router", "link set dev eth1 mtu 1300");
	fd = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
	assert_ok(connect4(fd, at4("10.0.9.2", ECHO_PORT)));
	assert_int_equal(send(fd, data, 1400, 0), 1400);
	pass_ms(30);
	pending_error(fd);
	assert_fails(send(fd, data, 1400, 0), EMSGSIZE);
	assert_int_equal(get_int(fd, IPPROTO_IP, IP_MTU), 1300);
	assert_int_equal(send(fd, data, 1272, 0), 1272);
	assert_true(await(fd, POLLIN) & POLLIN);
	assert_ok(close(fd));
	segment_end();
}

TEST(router_cuts_what_may_be_cut)
{
	static char data[1500];
	int fd;

	segment_begin();
	on_host("router", "link set dev eth1 mtu 600");
	on_host("far", "link set dev eth0 mtu 600");
	fd = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(set_int(fd, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DONT));
	assert_ok(connect4(fd, at4("10.0.9.2", ECHO_PORT)));
	assert_int_equal(send(fd, data, 1400, 0), 1400);
	assert_true(await(fd, POLLIN) & POLLIN);
	assert_int_equal(recv(fd, data, sizeof(data), 0), 1400);
	assert_ok(close(fd));
	segment_end();
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(dontroute_reaches_connected_networks_only),
	DUAL_TEST(so_dontroute_is_the_flag_for_every_call),
	DUAL_TEST(ipv6_goes_through_gateways_whatever_dontroute_says),
	DUAL_TEST(tcp_takes_the_flag_and_ignores_it),
	DUAL_TEST(each_type_of_route_has_its_errno),
	DUAL_TEST(longest_prefix_wins_and_replace_and_del_count),
	DUAL_TEST(link_down_takes_the_routes_away),
	DUAL_TEST(source_that_is_gone_has_no_route),
	DUAL_TEST(mtu_of_a_route_and_of_a_link),
	DUAL_TEST(router_answers_by_the_far_host),
	DUAL_TEST(time_to_live_ends_at_the_router),
	DUAL_TEST(router_without_a_route_says_so),
	DUAL_TEST(unreachable_route_of_a_router_is_host_unreachable),
	DUAL_TEST(narrow_link_behind_the_router_is_learnt),
	DUAL_TEST(router_cuts_what_may_be_cut),
};

BEHAVIOUR_MAIN("routes", tests)
