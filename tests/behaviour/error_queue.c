/* SPDX-License-Identifier: MIT */
/* The queue of errors: ip(7) and ipv6(7), IP_RECVERR and IPV6_RECVERR; recv(2), MSG_ERRQUEUE. */
#include "tests/behaviour/control.h"

#include <linux/errqueue.h>

static int hearing(void)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(set_int(fd, IPPROTO_IP, IP_RECVERR, 1));
	return fd;
}

/* One to nobody, whose error has come. */
static void refused(int fd, const char *data, struct sockaddr_in nobody)
{
	assert_int_equal(sendto4(fd, data, strlen(data), 0, nobody), (ssize_t)strlen(data));
	assert_true(await(fd, 0) & POLLERR);
}

static struct sock_extended_err extended(struct message *m, int n, int level, int type)
{
	struct sock_extended_err e;

	memcpy(&e, CMSG_DATA(message_at(m, n, level, type)), sizeof(e));
	return e;
}

TEST(unconnected_socket_hears_of_a_refusal)
{
	struct sockaddr_in nobody = udp_nobody(), name;
	struct sock_extended_err e;
	struct sockaddr_in offender;
	struct message m;
	int fd = hearing();

	refused(fd, "abcdef", nobody);
	message_room(&m, 64, 512);
	m.h.msg_name = &name;
	m.h.msg_namelen = sizeof(name);
	assert_int_equal(recvmsg(fd, &m.h, MSG_ERRQUEUE), 6);
	assert_int_equal(m.h.msg_flags, MSG_ERRQUEUE);
	assert_memory_equal(m.data, "abcdef", 6);
	assert_int_equal(m.h.msg_namelen, sizeof(name));
	assert_int_equal(name.sin_port, nobody.sin_port);
	assert_int_equal(name.sin_addr.s_addr, nobody.sin_addr.s_addr);
	assert_int_equal(message_count(&m), 1);
	e = extended(&m, 0, IPPROTO_IP, IP_RECVERR);
	assert_int_equal(CMSG_FIRSTHDR(&m.h)->cmsg_len, CMSG_LEN(sizeof(e) + sizeof(offender)));
	assert_int_equal(e.ee_errno, ECONNREFUSED);
	assert_int_equal(e.ee_origin, SO_EE_ORIGIN_ICMP);
	assert_int_equal(e.ee_type, 3);
	assert_int_equal(e.ee_code, 3);
	assert_int_equal(e.ee_info, 0);
	assert_int_equal(e.ee_data, 0);
	memcpy(&offender, SO_EE_OFFENDER((struct sock_extended_err *)CMSG_DATA(CMSG_FIRSTHDR(&m.h))),
	       sizeof(offender));
	assert_int_equal(offender.sin_family, AF_INET);
	assert_int_equal(offender.sin_addr.s_addr, nobody.sin_addr.s_addr);
	assert_int_equal(offender.sin_port, 0);
	assert_fails(recvmsg(fd, &m.h, MSG_ERRQUEUE), EAGAIN);
	assert_ok(close(fd));
}

TEST(without_recverr_an_unconnected_socket_hears_nothing)
{
	struct sockaddr_in nobody = udp_nobody();
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	struct message m;

	assert_int_equal(sendto4(fd, "x", 1, 0, nobody), 1);
	settle();
	assert_int_equal(ready(fd, POLLIN | POLLOUT), POLLOUT);
	assert_int_equal(pending_error(fd), 0);
	assert_fails(message_receive(fd, &m, MSG_ERRQUEUE), EAGAIN);
	assert_ok(close(fd));
}

TEST(empty_queue_is_eagain_at_once_on_a_blocking_socket)
{
	int fd = hearing(), tcp[2];
	char b;

	tcp_pair(tcp);
	assert_fails(recv(fd, &b, 1, MSG_ERRQUEUE), EAGAIN);
	assert_fails(recv(tcp[0], &b, 1, MSG_ERRQUEUE), EAGAIN);
	tcp_end(tcp);
	assert_ok(close(fd));
}

TEST(error_is_pending_too_and_a_call_takes_that)
{
	struct sockaddr_in nobody = udp_nobody();
	int fd = hearing();
	struct message m;

	refused(fd, "1", nobody);
	assert_fails(sendto4(fd, "2", 1, 0, nobody), ECONNREFUSED);
	/* The queue keeps it. */
	assert_true(ready(fd, POLLOUT) & POLLERR);
	assert_int_equal(message_receive(fd, &m, MSG_ERRQUEUE), 1);
	assert_int_equal(m.data[0], '1');
	assert_int_equal(ready(fd, POLLOUT), POLLOUT);
	assert_ok(close(fd));
}

TEST(reading_the_queue_clears_the_pending_error)
{
	struct sockaddr_in nobody = udp_nobody();
	int fd = hearing();
	struct message m;

	refused(fd, "1", nobody);
	assert_int_equal(message_receive(fd, &m, MSG_ERRQUEUE), 1);
	assert_int_equal(pending_error(fd), 0);
	assert_ok(close(fd));
}

TEST(so_error_leaves_the_queue)
{
	struct sockaddr_in nobody = udp_nobody();
	int fd = hearing();
	struct message m;

	refused(fd, "1", nobody);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_int_equal(pending_error(fd), 0);
	assert_true(ready(fd, POLLOUT) & POLLERR);
	assert_int_equal(message_receive(fd, &m, MSG_ERRQUEUE), 1);
	assert_ok(close(fd));
}

TEST(next_in_the_queue_becomes_the_pending_error)
{
	struct sockaddr_in nobody = udp_nobody();
	int fd = hearing();
	struct message m;

	refused(fd, "1", nobody);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	refused(fd, "2", nobody);
	settle();
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_int_equal(message_receive(fd, &m, MSG_ERRQUEUE), 1);
	assert_int_equal(m.data[0], '1');
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_int_equal(message_receive(fd, &m, MSG_ERRQUEUE), 1);
	assert_int_equal(m.data[0], '2');
	assert_int_equal(pending_error(fd), 0);
	assert_int_equal(ready(fd, POLLOUT), POLLOUT);
	assert_ok(close(fd));
}

TEST(queue_is_not_peeked_at)
{
	struct sockaddr_in nobody = udp_nobody();
	int fd = hearing();
	struct message m;

	refused(fd, "1", nobody);
	assert_int_equal(message_receive(fd, &m, MSG_ERRQUEUE | MSG_PEEK), 1);
	assert_fails(message_receive(fd, &m, MSG_ERRQUEUE), EAGAIN);
	assert_ok(close(fd));
}

TEST(short_buffer_is_msg_trunc_and_the_length_is_not_told)
{
	struct sockaddr_in nobody = udp_nobody();
	int fd = hearing();
	struct message m;

	refused(fd, "abcdef", nobody);
	message_room(&m, 2, 512);
	assert_int_equal(recvmsg(fd, &m.h, MSG_ERRQUEUE | MSG_TRUNC), 2);
	assert_int_equal(m.h.msg_flags, MSG_ERRQUEUE | MSG_TRUNC);
	assert_fails(recvmsg(fd, &m.h, MSG_ERRQUEUE), EAGAIN);
	assert_ok(close(fd));
}

TEST(room_for_a_part_of_the_error_cuts_it)
{
	struct sockaddr_in nobody = udp_nobody();
	int fd = hearing();
	struct message m;

	refused(fd, "x", nobody);
	message_room(&m, 2, CMSG_LEN(4));
	assert_int_equal(recvmsg(fd, &m.h, MSG_ERRQUEUE), 1);
	assert_int_equal(m.h.msg_flags, MSG_ERRQUEUE | MSG_CTRUNC);
	assert_int_equal(m.h.msg_controllen, CMSG_LEN(4));
	assert_int_equal(CMSG_FIRSTHDR(&m.h)->cmsg_len, CMSG_LEN(4));
	assert_ok(close(fd));
}

TEST(long_datagram_is_quoted_in_part)
{
	static char data[4000], back[4000];
	struct sockaddr_in nobody = udp_nobody();
	int fd = hearing();

	pattern_fill(data, sizeof(data), 0);
	assert_int_equal(sendto4(fd, data, sizeof(data), 0, nobody), sizeof(data));
	await(fd, 0);
	/* RFC 1812 4.3.2.3: 576 bytes in all. */
	assert_int_equal(recv(fd, back, sizeof(back), MSG_ERRQUEUE), 576 - 28 - 28);
	assert_true(pattern_holds(back, 576 - 28 - 28, 0));
	assert_ok(close(fd));
}

TEST(connected_socket_has_both)
{
	struct sockaddr_in nobody = udp_nobody();
	int fd = hearing();
	struct message m;
	char b;

	assert_ok(connect4(fd, nobody));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	await(fd, 0);
	assert_fails(recv(fd, &b, 1, MSG_DONTWAIT), ECONNREFUSED);
	assert_fails(recv(fd, &b, 1, MSG_DONTWAIT), EAGAIN);
	assert_int_equal(message_receive(fd, &m, MSG_ERRQUEUE), 1);
	assert_ok(close(fd));
}

TEST(recvmmsg_reads_the_queue)
{
	struct sockaddr_in nobody = udp_nobody();
	struct mmsghdr two[2];
	struct message m;
	int fd = hearing();

	memset(two, 0, sizeof(two));
	refused(fd, "x", nobody);
	message_room(&m, 2, 512);
	two[0].msg_hdr = two[1].msg_hdr = m.h;
	assert_int_equal(recvmmsg(fd, two, 2, MSG_ERRQUEUE, NULL), 1);
	assert_int_equal(two[0].msg_len, 1);
	assert_int_equal(two[0].msg_hdr.msg_flags, MSG_ERRQUEUE);
	assert_int_equal(pending_error(fd), 0);
	assert_ok(close(fd));
}

TEST(switching_off_throws_the_queue_away)
{
	struct sockaddr_in nobody = udp_nobody();
	int fd = hearing();
	struct message m;

	refused(fd, "x", nobody);
	assert_ok(set_int(fd, IPPROTO_IP, IP_RECVERR, 0));
	assert_fails(message_receive(fd, &m, MSG_ERRQUEUE), EAGAIN);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_ok(close(fd));
}

TEST(packet_information_is_that_of_the_error)
{
	struct sockaddr_in nobody = udp_nobody();
	struct in_pktinfo info;
	int fd = hearing();
	struct message m;

	assert_ok(set_int(fd, IPPROTO_IP, IP_PKTINFO, 1));
	assert_ok(set_int(fd, IPPROTO_IP, IP_RECVTTL, 1));
	refused(fd, "x", nobody);
	assert_int_equal(message_receive(fd, &m, MSG_ERRQUEUE), 1);
	memcpy(&info, CMSG_DATA(message_at(&m, 0, IPPROTO_IP, IP_PKTINFO)), sizeof(info));
	assert_int_equal(info.ipi_spec_dst.s_addr, 0);
	assert_int_equal(info.ipi_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_equal(info.ipi_ifindex, 1);
	assert_int_equal(control_int(message_at(&m, 1, IPPROTO_IP, IP_TTL)), 64);
	message_at(&m, 2, IPPROTO_IP, IP_RECVERR);
	assert_ok(close(fd));
}

TEST(too_long_a_message_is_a_local_error)
{
	static char big[65508];
	struct sock_extended_err e;
	struct sockaddr_in at, name;
	struct message m;
	int to = udp_bound(&at), fd = hearing();

	assert_fails(sendto4(fd, big, sizeof(big), 0, at), EMSGSIZE);
	assert_true(ready(fd, POLLOUT) & POLLERR);
	assert_int_equal(pending_error(fd), 0);
	message_room(&m, 64, 512);
	m.h.msg_name = &name;
	m.h.msg_namelen = sizeof(name);
	assert_int_equal(recvmsg(fd, &m.h, MSG_ERRQUEUE), 0);
	assert_int_equal(m.h.msg_flags, MSG_ERRQUEUE);
	assert_int_equal(name.sin_addr.s_addr, at.sin_addr.s_addr);
	assert_int_equal(name.sin_port, 0);
	e = extended(&m, 0, IPPROTO_IP, IP_RECVERR);
	assert_int_equal(e.ee_errno, EMSGSIZE);
	assert_int_equal(e.ee_origin, SO_EE_ORIGIN_LOCAL);
	assert_int_equal(e.ee_type, 0);
	assert_int_equal(e.ee_info, 65535);
	assert_ok(connect4(fd, at));
	assert_fails(send(fd, big, sizeof(big), 0), EMSGSIZE);
	m.h.msg_namelen = sizeof(name);
	assert_int_equal(recvmsg(fd, &m.h, MSG_ERRQUEUE), 0);
	assert_int_equal(name.sin_port, at.sin_port);
	assert_ok(close(fd));
	assert_ok(close(to));
}

TEST(longer_than_any_datagram_is_no_local_error)
{
	static char big[65536];
	struct sockaddr_in at;
	struct message m;
	int to = udp_bound(&at), fd = hearing();

	assert_fails(sendto4(fd, big, sizeof(big), 0, at), EMSGSIZE);
	assert_fails(message_receive(fd, &m, MSG_ERRQUEUE), EAGAIN);
	assert_ok(close(fd));
	assert_ok(close(to));
}

TEST(queue_is_charged_to_the_receive_buffer)
{
	struct sockaddr_in nobody = udp_nobody();
	int fd = hearing(), n = 0;
	struct message m;

	assert_ok(set_int(fd, SOL_SOCKET, SO_RCVBUF, 1)); /* 2304 */
	for (int i = 0; i < 10; i++) {
		assert_int_equal(sendto4(fd, "x", 1, 0, nobody), 1);
		settle();
		pending_error(fd);
	}
	while (message_receive(fd, &m, MSG_ERRQUEUE) >= 0)
		n++;
	assert_int_equal(n, 2); /* 832 each */
	assert_ok(close(fd));
}

/* ---- IPv6 ---- */

static int hearing6(void)
{
	int fd = new_socket(AF_INET6, SOCK_DGRAM);

	assert_ok(set_int(fd, IPPROTO_IPV6, IPV6_RECVERR, 1));
	return fd;
}

TEST(ipv6_has_its_own_message)
{
	struct sockaddr_in6 nobody, name, offender;
	struct sock_extended_err e;
	struct message m;
	int fd = hearing6();

	assert_ok(close(udp6_bound(&nobody)));
	assert_int_equal(sendto6(fd, "abc", 3, 0, nobody), 3);
	await(fd, 0);
	message_room(&m, 64, 512);
	m.h.msg_name = &name;
	m.h.msg_namelen = sizeof(name);
	assert_int_equal(recvmsg(fd, &m.h, MSG_ERRQUEUE), 3);
	assert_int_equal(name.sin6_family, AF_INET6);
	assert_int_equal(name.sin6_port, nobody.sin6_port);
	e = extended(&m, 0, IPPROTO_IPV6, IPV6_RECVERR);
	assert_int_equal(CMSG_FIRSTHDR(&m.h)->cmsg_len, CMSG_LEN(sizeof(e) + sizeof(offender)));
	assert_int_equal(e.ee_errno, ECONNREFUSED);
	assert_int_equal(e.ee_origin, SO_EE_ORIGIN_ICMP6);
	assert_int_equal(e.ee_type, 1);
	assert_int_equal(e.ee_code, 4);
	memcpy(&offender, CMSG_DATA(CMSG_FIRSTHDR(&m.h)) + sizeof(e), sizeof(offender));
	assert_int_equal(offender.sin6_family, AF_INET6);
	assert_memory_equal(&offender.sin6_addr, &in6addr_loopback, 16);
	assert_ok(close(fd));
}

TEST(mapped_error_needs_ip_recverr_and_comes_as_ipv6s)
{
	struct sockaddr_in nobody = udp_nobody();
	struct sockaddr_in6 mapped = at6("::ffff:127.0.0.1", ntohs(nobody.sin_port));
	struct sock_extended_err e;
	int fd = hearing6();
	struct message m;

	assert_int_equal(sendto6(fd, "x", 1, 0, mapped), 1);
	settle();
	assert_fails(message_receive(fd, &m, MSG_ERRQUEUE), EAGAIN);
	assert_ok(set_int(fd, IPPROTO_IP, IP_RECVERR, 1));
	assert_int_equal(sendto6(fd, "x", 1, 0, mapped), 1);
	await(fd, 0);
	assert_int_equal(message_receive(fd, &m, MSG_ERRQUEUE), 1);
	e = extended(&m, 0, IPPROTO_IPV6, IPV6_RECVERR);
	assert_int_equal(e.ee_origin, SO_EE_ORIGIN_ICMP);
	assert_int_equal(e.ee_type, 3);
	assert_ok(close(fd));
}

TEST(too_long_for_ipv6_tells_the_port)
{
	static char big[65528];
	struct sockaddr_in6 at, name;
	struct sock_extended_err e;
	struct message m;
	int to = udp6_bound(&at), fd = hearing6();

	assert_fails(sendto6(fd, big, sizeof(big), 0, at), EMSGSIZE);
	message_room(&m, 64, 512);
	m.h.msg_name = &name;
	m.h.msg_namelen = sizeof(name);
	assert_int_equal(recvmsg(fd, &m.h, MSG_ERRQUEUE), 0);
	assert_int_equal(name.sin6_port, at.sin6_port);
	e = extended(&m, 0, IPPROTO_IPV6, IPV6_RECVERR);
	assert_int_equal(e.ee_errno, EMSGSIZE);
	assert_int_equal(e.ee_info, 65536);
	assert_ok(close(fd));
	assert_ok(close(to));
}

TEST(select_err_queue_says_pollpri)
{
	struct sockaddr_in nobody = udp_nobody();
	int fd = hearing();

	assert_ok(set_int(fd, SOL_SOCKET, SO_SELECT_ERR_QUEUE, 1));
	refused(fd, "x", nobody);
	assert_int_equal(ready(fd, POLLPRI | POLLOUT), POLLPRI | POLLOUT | POLLERR);
	assert_ok(close(fd));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(unconnected_socket_hears_of_a_refusal),
	DUAL_TEST(without_recverr_an_unconnected_socket_hears_nothing),
	DUAL_TEST(empty_queue_is_eagain_at_once_on_a_blocking_socket),
	DUAL_TEST(error_is_pending_too_and_a_call_takes_that),
	DUAL_TEST(reading_the_queue_clears_the_pending_error),
	DUAL_TEST(so_error_leaves_the_queue),
	DUAL_TEST(next_in_the_queue_becomes_the_pending_error),
	DUAL_TEST(queue_is_not_peeked_at),
	DUAL_TEST(short_buffer_is_msg_trunc_and_the_length_is_not_told),
	DUAL_TEST(room_for_a_part_of_the_error_cuts_it),
	DUAL_TEST(long_datagram_is_quoted_in_part),
	DUAL_TEST(connected_socket_has_both),
	DUAL_TEST(recvmmsg_reads_the_queue),
	DUAL_TEST(switching_off_throws_the_queue_away),
	DUAL_TEST(packet_information_is_that_of_the_error),
	DUAL_TEST(too_long_a_message_is_a_local_error),
	DUAL_TEST(longer_than_any_datagram_is_no_local_error),
	DUAL_TEST(queue_is_charged_to_the_receive_buffer),
	DUAL_TEST(ipv6_has_its_own_message),
	DUAL_TEST(mapped_error_needs_ip_recverr_and_comes_as_ipv6s),
	DUAL_TEST(too_long_for_ipv6_tells_the_port),
	DUAL_TEST(select_err_queue_says_pollpri),
};

BEHAVIOUR_MAIN("error_queue", tests)
