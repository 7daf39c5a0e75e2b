/* SPDX-License-Identifier: MIT */
/*
 * Which error goes first where getsockopt(2) and setsockopt(2) have several to choose from, and what options
 * do to each other. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <netinet/ip.h>
#include <sys/mman.h>

/* A page that may not be touched. */
static void *nowhere(void)
{
	static void *page;

	if (!page)
		page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(page != MAP_FAILED);
	return page;
}

TEST(unix_socket_refuses_other_levels_before_it_looks_at_pointers)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM), value = 0;
	socklen_t len = (socklen_t)-1;

	assert_fails(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, nowhere()), EOPNOTSUPP);
	assert_fails(getsockopt(fd, IPPROTO_IP, IP_TTL, &value, &len), EOPNOTSUPP);
	assert_fails(setsockopt(fd, IPPROTO_IP, IP_TTL, nowhere(), 4), EOPNOTSUPP);
	assert_ok(close(fd));
}

TEST(inet_socket_refuses_levels_it_does_not_have_before_it_looks_at_pointers)
{
	int four = new_socket(AF_INET, SOCK_STREAM), six = new_socket(AF_INET6, SOCK_STREAM), value = 0;

	assert_fails(getsockopt(four, IPPROTO_IPV6, IPV6_V6ONLY, &value, nowhere()), EOPNOTSUPP);
	assert_fails(getsockopt(six, 77, 1, &value, nowhere()), ENOPROTOOPT);
	assert_fails(setsockopt(four, IPPROTO_UDP, 1, nowhere(), 4), ENOPROTOOPT);
	assert_ok(close(four));
	assert_ok(close(six));
}

TEST(negative_length_is_einval_when_set_before_the_level_is_looked_at)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM), value = 0;

	assert_fails(setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, (socklen_t)-1), EINVAL);
	assert_ok(close(fd));
}

TEST(ipv6_option_takes_a_negative_room_for_a_great_one)
{
	int fd = new_socket(AF_INET6, SOCK_STREAM), value = -1;
	socklen_t len = (socklen_t)-1;

	assert_ok(getsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &value, &len));
	assert_int_equal(len, 4);
	assert_int_equal(value, 0);
	len = (socklen_t)-1;
	assert_fails(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &value, &len), EINVAL);
	assert_ok(close(fd));
}

TEST(unknown_option_with_a_bad_value_is_the_protocols_choice)
{
	int four = new_socket(AF_INET, SOCK_STREAM), six = new_socket(AF_INET6, SOCK_STREAM);

	assert_fails(setsockopt(four, IPPROTO_IP, 9999, nowhere(), 4), ENOPROTOOPT);
	assert_fails(setsockopt(six, IPPROTO_IPV6, 9999, nowhere(), 4), EFAULT);
	assert_fails(setsockopt(four, IPPROTO_TCP, 9999, nowhere(), 4), EFAULT);
	assert_fails(setsockopt(four, SOL_SOCKET, 9999, nowhere(), 4), EFAULT);
	assert_ok(close(four));
	assert_ok(close(six));
}

TEST(ipv6_option_set_from_null_is_zero)
{
	int fd = new_socket(AF_INET6, SOCK_DGRAM);

	assert_ok(set_int(fd, IPPROTO_IPV6, IPV6_V6ONLY, 1));
	assert_ok(setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, NULL, 4));
	assert_int_equal(get_int(fd, IPPROTO_IPV6, IPV6_V6ONLY), 0);
	assert_ok(close(fd));
}

TEST(only_so_many_bytes_are_read_as_the_option_has)
{
	unsigned char *pages = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(mprotect(pages + 4096, 4096, PROT_NONE));
	pages[4092] = 1;
	assert_ok(setsockopt(fd, SOL_SOCKET, SO_BROADCAST, pages + 4092, 100));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_BROADCAST), 1);
	assert_ok(munmap(pages, 8192));
	assert_ok(close(fd));
}

TEST(peercred_of_an_inet_socket_is_nobody)
{
	static const int domains[] = { AF_INET, AF_INET6 };

	for (size_t i = 0; i < 2; i++) {
		struct {
			int pid;
			unsigned uid, gid;
		} cred = { 1, 1, 1 };
		socklen_t len = sizeof(cred);
		int fd = new_socket(domains[i], SOCK_STREAM);

		assert_ok(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len));
		assert_int_equal(len, 12);
		assert_int_equal(cred.pid, 0);
		assert_int_equal(cred.uid, UINT32_MAX);
		assert_int_equal(cred.gid, UINT32_MAX);
		assert_ok(close(fd));
	}
}

TEST(type_of_service_sets_the_priority)
{
	static const struct {
		int tos, priority;
	} rows[] = { { IPTOS_LOWDELAY, 6 },
		     { IPTOS_THROUGHPUT, 2 },
		     { IPTOS_LOWDELAY | IPTOS_THROUGHPUT, 4 },
		     { 0, 0 } };
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(set_int(fd, SOL_SOCKET, SO_PRIORITY, 5));
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_ok(set_int(fd, IPPROTO_IP, IP_TOS, rows[i].tos));
		assert_int_equal(get_int(fd, SOL_SOCKET, SO_PRIORITY), rows[i].priority);
	}
	assert_ok(set_int(fd, SOL_SOCKET, SO_PRIORITY, 5));
	assert_ok(set_int(fd, IPPROTO_IP, IP_TOS, 0)); /* no change: none of the priority */
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_PRIORITY), 5);
	assert_ok(close(fd));
}

TEST(rcvlowat_of_tcp_is_cut_to_half_of_the_greatest_buffer_and_grows_it)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), udp = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(set_int(fd, SOL_SOCKET, SO_RCVLOWAT, 1000000));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVLOWAT), 1000000);
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVBUF), 2000000);
	assert_ok(set_int(fd, SOL_SOCKET, SO_RCVLOWAT, -1));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVLOWAT), 33554432 / 2);
	assert_ok(set_int(udp, SOL_SOCKET, SO_RCVLOWAT, -1));
	assert_int_equal(get_int(udp, SOL_SOCKET, SO_RCVLOWAT), INT32_MAX);
	assert_ok(close(fd));
	assert_ok(close(udp));
}

TEST(rcvlowat_of_tcp_is_cut_to_half_of_a_buffer_that_was_set)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(set_int(fd, SOL_SOCKET, SO_RCVBUF, 10000));
	assert_ok(set_int(fd, SOL_SOCKET, SO_RCVLOWAT, 50000));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVLOWAT), 10000);
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVBUF), 20000);
	assert_ok(close(fd));
}

TEST(defer_accept_is_kept_as_syn_acks_up_to_120_s_apart)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 100));
	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 127);
	assert_ok(set_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT, 200));
	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_DEFER_ACCEPT), 247);
	assert_ok(close(fd));
}

TEST(mtu_of_ipv4_over_loopback_is_cut_to_the_longest_packet)
{
	struct sockaddr_in6 at6 = { .sin6_family = AF_INET6 };
	int fd[2], six = new_socket(AF_INET6, SOCK_DGRAM);

	udp_pair(fd);
	assert_int_equal(get_int(fd[0], IPPROTO_IP, IP_MTU), 65535);
	at6.sin6_addr = in6addr_loopback;
	at6.sin6_port = htons(9);
	assert_ok(connect6(six, at6));
	assert_int_equal(get_int(six, IPPROTO_IPV6, IPV6_MTU), 65536);
	close_pair(fd);
	assert_ok(close(six));
}

TEST(segments_of_ipv6_over_loopback_use_the_whole_interface)
{
	struct sockaddr_in6 at = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int listener = new_socket(AF_INET6, SOCK_STREAM), fd = new_socket(AF_INET6, SOCK_STREAM);

	assert_ok(bind6(listener, at));
	assert_ok(listen(listener, 1));
	assert_ok(connect6(fd, local6(listener)));
	/* Half of the peer's window, which is a whole segment of 65536 - 40 - 20 - 12 bytes. */
	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_MAXSEG), 32732);
	tcp_abort(fd);
	assert_ok(close(listener));
}

TEST(socketpair_looks_at_its_pointer_before_the_family)
{
	assert_fails(socketpair(AF_INET, SOCK_STREAM, 0, nowhere()), EFAULT);
}

TEST(accept4_looks_for_the_descriptor_before_the_flags_and_at_these_before_what_it_is)
{
	int fd = open("/dev/null", O_RDWR);

	assert_fails(accept4(99, NULL, NULL, 0x400000), EBADF);
	assert_fails(accept4(fd, NULL, NULL, 0x400000), EINVAL);
	assert_ok(close(fd));
}

TEST(datagram_socket_of_icmp_is_forbidden)
{
	assert_fails(socket(AF_INET, SOCK_DGRAM, IPPROTO_ICMP), EACCES);
	assert_fails(socket(AF_INET6, SOCK_DGRAM, IPPROTO_ICMPV6), EACCES);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(unix_socket_refuses_other_levels_before_it_looks_at_pointers),
	DUAL_TEST(inet_socket_refuses_levels_it_does_not_have_before_it_looks_at_pointers),
	DUAL_TEST(negative_length_is_einval_when_set_before_the_level_is_looked_at),
	DUAL_TEST(ipv6_option_takes_a_negative_room_for_a_great_one),
	DUAL_TEST(unknown_option_with_a_bad_value_is_the_protocols_choice),
	DUAL_TEST(ipv6_option_set_from_null_is_zero),
	DUAL_TEST(only_so_many_bytes_are_read_as_the_option_has),
	DUAL_TEST(peercred_of_an_inet_socket_is_nobody),
	DUAL_TEST(type_of_service_sets_the_priority),
	DUAL_TEST(rcvlowat_of_tcp_is_cut_to_half_of_the_greatest_buffer_and_grows_it),
	DUAL_TEST(rcvlowat_of_tcp_is_cut_to_half_of_a_buffer_that_was_set),
	DUAL_TEST(defer_accept_is_kept_as_syn_acks_up_to_120_s_apart),
	DUAL_TEST(mtu_of_ipv4_over_loopback_is_cut_to_the_longest_packet),
	DUAL_TEST(segments_of_ipv6_over_loopback_use_the_whole_interface),
	DUAL_TEST(socketpair_looks_at_its_pointer_before_the_family),
	DUAL_TEST(accept4_looks_for_the_descriptor_before_the_flags_and_at_these_before_what_it_is),
	DUAL_TEST(datagram_socket_of_icmp_is_forbidden),
};

BEHAVIOUR_MAIN("option errors", tests)
