/* SPDX-License-Identifier: MIT */
/* Control messages that a receive gives: which, in which order, cut to which room. ip(7), ipv6(7), recv(2),
 * cmsg(3). */
#include "tests/behaviour/control.h"

enum { ORIGDSTADDR = 20, ORIGDSTADDR6 = 74, RCVMARK = 75, RCVPRIORITY = 82 };

static void ask4(int fd)
{
	static const int options[] = { IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, ORIGDSTADDR };

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++)
		assert_ok(set_int(fd, IPPROTO_IP, options[i], 1));
}

TEST(all_of_ipv4_in_order)
{
	struct sockaddr_in at, told;
	struct in_pktinfo info;
	struct message m;
	int to = udp_bound(&at), from = new_socket(AF_INET, SOCK_DGRAM);

	ask4(to);
	assert_ok(set_int(to, SOL_SOCKET, RCVMARK, 1));
	assert_ok(set_int(to, SOL_SOCKET, RCVPRIORITY, 1));
	assert_ok(set_int(to, SOL_SOCKET, SO_TIMESTAMP, 1));
	assert_int_equal(sendto4(from, "x", 1, 0, at), 1);
	assert_int_equal(message_receive(to, &m, 0), 1);
	assert_int_equal(message_count(&m), 7);
	assert_int_equal(m.h.msg_flags, 0);
	message_at(&m, 0, SOL_SOCKET, SO_TIMESTAMP);
	assert_int_equal(control_int(message_at(&m, 1, SOL_SOCKET, SO_MARK)), 0);
	assert_int_equal(control_int(message_at(&m, 2, SOL_SOCKET, SO_PRIORITY)), 0);
	memcpy(&info, CMSG_DATA(message_at(&m, 3, IPPROTO_IP, IP_PKTINFO)), sizeof(info));
	assert_int_equal(info.ipi_ifindex, 1);
	assert_int_equal(info.ipi_addr.s_addr, at.sin_addr.s_addr);
	assert_int_equal(info.ipi_spec_dst.s_addr, at.sin_addr.s_addr);
	assert_int_equal(control_int(message_at(&m, 4, IPPROTO_IP, IP_TTL)), 64);
	assert_int_equal(message_at(&m, 5, IPPROTO_IP, IP_TOS)->cmsg_len, CMSG_LEN(1));
	memcpy(&told, CMSG_DATA(message_at(&m, 6, IPPROTO_IP, ORIGDSTADDR)), sizeof(told));
	assert_memory_equal(&told, &at, sizeof(at));
	assert_ok(close(from));
	assert_ok(close(to));
}

TEST(all_of_ipv6_in_order)
{
	static const int options[] = { IPV6_RECVPKTINFO, IPV6_RECVHOPLIMIT, IPV6_RECVTCLASS,
				       IPV6_2292PKTINFO, IPV6_2292HOPLIMIT, ORIGDSTADDR6 };
	struct sockaddr_in6 at, told;
	struct in6_pktinfo info;
	struct message m;
	int to = udp6_bound(&at), from = new_socket(AF_INET6, SOCK_DGRAM);

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		assert_int_equal(get_int(to, IPPROTO_IPV6, options[i]), 0);
		assert_ok(set_int(to, IPPROTO_IPV6, options[i], 1));
		assert_int_equal(get_int(to, IPPROTO_IPV6, options[i]), 1);
	}
	ask4(to);
	assert_int_equal(sendto6(from, "x", 1, 0, at), 1);
	assert_int_equal(message_receive(to, &m, 0), 1);
	assert_int_equal(message_count(&m), 6);
	memcpy(&info, CMSG_DATA(message_at(&m, 0, IPPROTO_IPV6, IPV6_PKTINFO)), sizeof(info));
	assert_memory_equal(&info.ipi6_addr, &in6addr_loopback, 16);
	assert_int_equal(info.ipi6_ifindex, 1);
	assert_int_equal(control_int(message_at(&m, 1, IPPROTO_IPV6, IPV6_HOPLIMIT)), 64);
	assert_int_equal(control_int(message_at(&m, 2, IPPROTO_IPV6, IPV6_TCLASS)), 0);
	message_at(&m, 3, IPPROTO_IPV6, IPV6_2292PKTINFO);
	message_at(&m, 4, IPPROTO_IPV6, IPV6_2292HOPLIMIT);
	memcpy(&told, CMSG_DATA(message_at(&m, 5, IPPROTO_IPV6, ORIGDSTADDR6)), sizeof(told));
	assert_int_equal(told.sin6_port, at.sin6_port);
	assert_memory_equal(&told.sin6_addr, &in6addr_loopback, 16);
	assert_ok(close(from));
	assert_ok(close(to));
}

TEST(ipv4_on_an_ipv6_socket_has_both_kinds)
{
	struct sockaddr_in6 at, mapped;
	struct in6_pktinfo info;
	struct message m;
	int to = udp6_bound(&at), from = new_socket(AF_INET6, SOCK_DGRAM);

	assert_ok(set_int(to, IPPROTO_IPV6, IPV6_RECVPKTINFO, 1));
	assert_ok(set_int(to, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1));
	ask4(to);
	mapped = at6("::ffff:127.0.0.1", ntohs(at.sin6_port));
	assert_int_equal(sendto6(from, "x", 1, 0, mapped), 1);
	assert_int_equal(message_receive(to, &m, 0), 1);
	assert_int_equal(message_count(&m), 5);
	memcpy(&info, CMSG_DATA(message_at(&m, 0, IPPROTO_IPV6, IPV6_PKTINFO)), sizeof(info));
	assert_memory_equal(&info.ipi6_addr, &mapped.sin6_addr, 16);
	message_at(&m, 1, IPPROTO_IP, IP_PKTINFO);
	message_at(&m, 2, IPPROTO_IP, IP_TTL);
	message_at(&m, 3, IPPROTO_IP, IP_TOS);
	message_at(&m, 4, IPPROTO_IP, ORIGDSTADDR);
	assert_ok(close(from));
	assert_ok(close(to));
}

TEST(options_read_back_as_0_or_1)
{
	static const int options[] = { IP_PKTINFO, IP_RECVTTL, IP_RECVTOS, ORIGDSTADDR };
	int fd = new_socket(AF_INET, SOCK_DGRAM), tcp = new_socket(AF_INET, SOCK_STREAM);

	for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
		assert_int_equal(get_int(fd, IPPROTO_IP, options[i]), 0);
		assert_ok(set_int(fd, IPPROTO_IP, options[i], 77));
		assert_int_equal(get_int(fd, IPPROTO_IP, options[i]), 1);
		assert_ok(set_int(fd, IPPROTO_IP, options[i], 0));
		assert_int_equal(get_int(fd, IPPROTO_IP, options[i]), 0);
		assert_ok(set_int(tcp, IPPROTO_IP, options[i], 1));
	}
	assert_ok(close(tcp));
	assert_ok(close(fd));
}

TEST(what_does_not_fit_is_cut_to_the_byte)
{
	struct sockaddr_in at;
	struct message m;
	int to = udp_bound(&at), from = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(set_int(to, IPPROTO_IP, IP_PKTINFO, 1));
	assert_ok(set_int(to, IPPROTO_IP, IP_RECVTTL, 1));
	for (size_t room = 0; room <= CMSG_SPACE(12) + CMSG_SPACE(4); room++) {
		size_t second = room < CMSG_SPACE(12) ? 0 : room - CMSG_SPACE(12), all = room;

		assert_int_equal(sendto4(from, "x", 1, 0, at), 1);
		message_room(&m, 8, room);
		assert_int_equal(recvmsg(to, &m.h, MSG_DONTWAIT), 1);
		assert_int_equal(m.h.msg_flags, second < CMSG_LEN(4) ? MSG_CTRUNC : 0);
		if (room < sizeof(struct cmsghdr))
			all = 0;
		else if (room > CMSG_LEN(12) && room < CMSG_SPACE(12))
			all = room; /* the padding, as far as there is room */
		else if (room >= CMSG_SPACE(12) && second < sizeof(struct cmsghdr))
			all = CMSG_SPACE(12);
		assert_int_equal(m.h.msg_controllen, all);
		if (room >= sizeof(struct cmsghdr))
			assert_int_equal(((struct cmsghdr *)m.control.bytes)->cmsg_len,
					 room < CMSG_LEN(12) ? room : CMSG_LEN(12));
	}
	assert_ok(close(from));
	assert_ok(close(to));
}

TEST(no_room_and_no_buffer_are_ctrunc)
{
	struct sockaddr_in at;
	struct message m;
	int to = udp_bound(&at), from = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(set_int(to, IPPROTO_IP, IP_RECVTTL, 1));
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sendto4(from, "x", 1, 0, at), 1);
		message_room(&m, 8, i ? 0 : 64);
		if (i != 1)
			m.h.msg_control = NULL;
		assert_int_equal(recvmsg(to, &m.h, 0), 1);
		assert_int_equal(m.h.msg_flags, MSG_CTRUNC);
		assert_int_equal(m.h.msg_controllen, 0);
	}
	assert_ok(close(from));
	assert_ok(close(to));
}

TEST(a_look_gives_them_too)
{
	struct sockaddr_in at;
	struct message m;
	int to = udp_bound(&at), from = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(set_int(to, IPPROTO_IP, IP_RECVTTL, 1));
	assert_int_equal(sendto4(from, "x", 1, 0, at), 1);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(message_receive(to, &m, i ? 0 : MSG_PEEK), 1);
		assert_int_equal(control_int(message_at(&m, 0, IPPROTO_IP, IP_TTL)), 64);
	}
	assert_ok(close(from));
	assert_ok(close(to));
}

TEST(streams_tell_nothing_of_packets)
{
	struct message m;
	int fd[2];

	tcp_pair(fd);
	ask4(fd[1]);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	await(fd[1], POLLIN);
	assert_int_equal(message_receive(fd[1], &m, 0), 1);
	assert_int_equal(m.h.msg_controllen, 0);
	tcp_end(fd);
}

TEST(type_of_service_of_the_socket_arrives)
{
	struct sockaddr_in at;
	struct message m;
	int to = udp_bound(&at), from = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(set_int(to, IPPROTO_IP, IP_RECVTOS, 1));
	assert_ok(set_int(to, SOL_SOCKET, RCVPRIORITY, 1));
	assert_ok(set_int(from, IPPROTO_IP, IP_TOS, 0x10));
	assert_int_equal(sendto4(from, "x", 1, 0, at), 1);
	assert_int_equal(message_receive(to, &m, 0), 1);
	assert_int_equal(control_int(message_at(&m, 0, SOL_SOCKET, SO_PRIORITY)), 6);
	assert_int_equal(*CMSG_DATA(message_at(&m, 1, IPPROTO_IP, IP_TOS)), 0x10);
	assert_ok(close(from));
	assert_ok(close(to));
}

TEST(losses_are_counted_for_the_next_that_comes)
{
	struct sockaddr_in at;
	struct message m;
	int to = udp_bound(&at), from = new_socket(AF_INET, SOCK_DGRAM), n = 0;

	assert_ok(set_int(to, SOL_SOCKET, SO_RXQ_OVFL, 1));
	assert_ok(set_int(to, SOL_SOCKET, SO_RCVBUF, 1));
	for (int i = 0; i < 10; i++)
		assert_int_equal(sendto4(from, "x", 1, 0, at), 1);
	for (; message_receive(to, &m, 0) == 1; n++)
		assert_int_equal(message_count(&m), 0);
	assert_int_equal(sendto4(from, "y", 1, 0, at), 1);
	assert_int_equal(message_receive(to, &m, 0), 1);
	assert_int_equal(control_int(message_at(&m, 0, SOL_SOCKET, SO_RXQ_OVFL)), 10 - n);
	assert_ok(close(from));
	assert_ok(close(to));
}

TEST(each_of_recvmmsg_has_its_own)
{
	struct mmsghdr two[2];
	struct message m[2];
	struct sockaddr_in at;
	int to = udp_bound(&at), from = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(set_int(to, IPPROTO_IP, IP_RECVTTL, 1));
	for (int i = 0; i < 2; i++) {
		assert_int_equal(send_with_int(from, &at, sizeof(at), IPPROTO_IP, IP_TTL, 10 + i), 1);
		message_room(&m[i], 8, i ? 20 : 64);
		memset(&two[i], 0, sizeof(two[i]));
		two[i].msg_hdr = m[i].h;
	}
	assert_int_equal(recvmmsg(to, two, 2, 0, NULL), 2);
	assert_int_equal(two[0].msg_hdr.msg_controllen, CMSG_SPACE(4));
	assert_int_equal(two[0].msg_hdr.msg_flags, 0);
	assert_int_equal(two[1].msg_hdr.msg_controllen, 20);
	assert_int_equal(two[1].msg_hdr.msg_flags, 0);
	assert_int_equal(*CMSG_DATA(CMSG_FIRSTHDR(&two[0].msg_hdr)), 10);
	assert_int_equal(*CMSG_DATA(CMSG_FIRSTHDR(&two[1].msg_hdr)), 11);
	assert_ok(close(from));
	assert_ok(close(to));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(all_of_ipv4_in_order),
	DUAL_TEST(all_of_ipv6_in_order),
	DUAL_TEST(ipv4_on_an_ipv6_socket_has_both_kinds),
	DUAL_TEST(options_read_back_as_0_or_1),
	DUAL_TEST(what_does_not_fit_is_cut_to_the_byte),
	DUAL_TEST(no_room_and_no_buffer_are_ctrunc),
	DUAL_TEST(a_look_gives_them_too),
	DUAL_TEST(streams_tell_nothing_of_packets),
	DUAL_TEST(type_of_service_of_the_socket_arrives),
	DUAL_TEST(losses_are_counted_for_the_next_that_comes),
	DUAL_TEST(each_of_recvmmsg_has_its_own),
};

BEHAVIOUR_MAIN("ip_cmsg_recv", tests)
