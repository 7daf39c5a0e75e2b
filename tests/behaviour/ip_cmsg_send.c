/* SPDX-License-Identifier: MIT */
/*
 * Control messages that are sent over UDP and what the receiver sees of them: cmsg(3), ip(7), ipv6(7),
 * udp(7), RFC 3542.
 */
#include "tests/behaviour/control.h"

#include <net/if.h>

static struct in_pktinfo pktinfo(const char *source, int iface)
{
	struct in_pktinfo p = { .ipi_ifindex = iface };

	assert_int_equal(inet_pton(AF_INET, source, &p.ipi_spec_dst), 1);
	return p;
}

static struct in6_pktinfo pktinfo6(const char *source, unsigned iface)
{
	struct in6_pktinfo p = { .ipi6_ifindex = iface };

	assert_int_equal(inet_pton(AF_INET6, source, &p.ipi6_addr), 1);
	return p;
}

/* Sender, receiver that tells all, and where it is. */
struct pair {
	int from, to;
	struct sockaddr_in at;
};

static void pair_make(struct pair *p)
{
	p->to = udp_bound(&p->at);
	p->from = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(set_int(p->to, IPPROTO_IP, IP_RECVTTL, 1));
	assert_ok(set_int(p->to, IPPROTO_IP, IP_RECVTOS, 1));
}

static void pair_end(const struct pair *p)
{
	assert_ok(close(p->from));
	assert_ok(close(p->to));
}

static ssize_t send4(const struct pair *p, int type, const void *value, size_t len)
{
	return send_with(p->from, &p->at, sizeof(p->at), "x", 1, IPPROTO_IP, type, value, len);
}

/* The time to live and the type of service that came, and the sender's address. */
static void assert_came(int fd, int ttl, int tos, const char *source)
{
	struct sockaddr_in from;
	struct message m;

	message_room(&m, 64, 512);
	m.h.msg_name = &from;
	m.h.msg_namelen = sizeof(from);
	assert_true(recvmsg(fd, &m.h, MSG_DONTWAIT) >= 0);
	assert_int_equal(control_int(message_at(&m, 0, IPPROTO_IP, IP_TTL)), ttl);
	assert_int_equal(*CMSG_DATA(message_at(&m, 1, IPPROTO_IP, IP_TOS)), tos);
	assert_int_equal(from.sin_addr.s_addr, at4(source, 0).sin_addr.s_addr);
}

TEST(ttl_of_one_datagram)
{
	struct pair p;
	int ttl = 9;

	pair_make(&p);
	assert_int_equal(send4(&p, IP_TTL, &ttl, sizeof(ttl)), 1);
	assert_came(p.to, 9, 0, "127.0.0.1");
	assert_int_equal(sendto4(p.from, "x", 1, 0, p.at), 1);
	assert_came(p.to, 64, 0, "127.0.0.1");
	pair_end(&p);
}

TEST(ttl_wins_over_the_socket_option)
{
	struct pair p;
	int ttl = 200;

	pair_make(&p);
	assert_ok(set_int(p.from, IPPROTO_IP, IP_TTL, 5));
	assert_int_equal(send4(&p, IP_TTL, &ttl, sizeof(ttl)), 1);
	assert_came(p.to, 200, 0, "127.0.0.1");
	pair_end(&p);
}

TEST(ttl_is_from_1_to_255_and_an_int)
{
	static const int wrong[] = { 0, -1, 256, 1 << 20 };
	struct pair p;
	int ttl = 1;

	pair_make(&p);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++)
		assert_fails(send4(&p, IP_TTL, &wrong[i], sizeof(int)), EINVAL);
	for (size_t len = 0; len <= 8; len++)
		if (len != sizeof(ttl))
			assert_fails(send4(&p, IP_TTL, "\1\0\0\0\0\0\0\0", len), EINVAL);
	assert_int_equal(send4(&p, IP_TTL, &ttl, sizeof(ttl)), 1);
	assert_came(p.to, 1, 0, "127.0.0.1");
	pair_end(&p);
}

TEST(tos_is_a_byte_or_an_int)
{
	unsigned char byte = 0xff;
	struct pair p;
	int tos = 0x1f;

	pair_make(&p);
	assert_int_equal(send4(&p, IP_TOS, &tos, sizeof(tos)), 1);
	assert_came(p.to, 64, 0x1f, "127.0.0.1");
	assert_int_equal(send4(&p, IP_TOS, &byte, 1), 1);
	assert_came(p.to, 64, 0xff, "127.0.0.1");
	tos = 256;
	assert_fails(send4(&p, IP_TOS, &tos, sizeof(tos)), EINVAL);
	tos = -1;
	assert_fails(send4(&p, IP_TOS, &tos, sizeof(tos)), EINVAL);
	assert_fails(send4(&p, IP_TOS, &tos, 0), EINVAL);
	assert_fails(send4(&p, IP_TOS, &tos, 2), EINVAL);
	pair_end(&p);
}

TEST(pktinfo_names_the_source)
{
	struct in_pktinfo info = pktinfo("127.0.0.2", 0);
	struct pair p;

	pair_make(&p);
	assert_int_equal(send4(&p, IP_PKTINFO, &info, sizeof(info)), 1);
	assert_came(p.to, 64, 0, "127.0.0.2");
	assert_int_equal(sendto4(p.from, "x", 1, 0, p.at), 1);
	assert_came(p.to, 64, 0, "127.0.0.1");
	pair_end(&p);
}

TEST(pktinfo_of_no_address_undoes_what_was_bound)
{
	struct in_pktinfo info = pktinfo("0.0.0.0", 0);
	struct pair p;

	pair_make(&p);
	assert_ok(bind4(p.from, at4("127.0.0.5", 0)));
	assert_int_equal(send4(&p, IP_PKTINFO, &info, sizeof(info)), 1);
	assert_came(p.to, 64, 0, "127.0.0.1");
	assert_ok(connect4(p.from, p.at));
	assert_int_equal(send_with(p.from, NULL, 0, "x", 1, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info)), 1);
	assert_came(p.to, 64, 0, "127.0.0.1");
	assert_int_equal(send(p.from, "x", 1, 0), 1);
	assert_came(p.to, 64, 0, "127.0.0.5");
	pair_end(&p);
}

TEST(pktinfo_names_the_interface)
{
	struct in_pktinfo info = pktinfo("0.0.0.0", (int)if_nametoindex("lo"));
	struct pair p;

	pair_make(&p);
	assert_int_equal(send4(&p, IP_PKTINFO, &info, sizeof(info)), 1);
	assert_came(p.to, 64, 0, "127.0.0.1");
	info.ipi_ifindex = 7777;
	assert_fails(send4(&p, IP_PKTINFO, &info, sizeof(info)), ENODEV);
	pair_end(&p);
}

TEST(pktinfo_of_another_hosts_address)
{
	struct in_pktinfo info = pktinfo("192.0.2.77", 0);
	struct pair p;

	pair_make(&p);
	assert_fails(send4(&p, IP_PKTINFO, &info, sizeof(info)), ENETUNREACH);
	info = pktinfo("224.0.0.1", 0);
	assert_fails(send4(&p, IP_PKTINFO, &info, sizeof(info)), EINVAL);
	info = pktinfo("255.255.255.255", 0);
	assert_fails(send4(&p, IP_PKTINFO, &info, sizeof(info)), EINVAL);
	assert_fails(send4(&p, IP_PKTINFO, &info, sizeof(info) - 1), EINVAL);
	assert_fails(send4(&p, IP_PKTINFO, &info, sizeof(info) - 4), EINVAL);
	pair_end(&p);
}

TEST(several_messages_of_one_send)
{
	struct in_pktinfo info = pktinfo("127.0.0.9", 0);
	int ttl = 33, tos = 0x48, other = 44;
	struct message m;
	struct pair p;

	pair_make(&p);
	message_init(&m, "x", 1);
	message_add(&m, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	message_add(&m, IPPROTO_TCP, 1, "abcdef", 6);
	message_add(&m, IPPROTO_IP, IP_PKTINFO, &info, sizeof(info));
	message_add(&m, IPPROTO_IP, IP_TOS, &tos, sizeof(tos));
	message_add(&m, IPPROTO_IP, IP_TTL, &other, sizeof(other));
	m.h.msg_name = &p.at;
	m.h.msg_namelen = sizeof(p.at);
	assert_int_equal(sendmsg(p.from, &m.h, 0), 1);
	assert_came(p.to, 44, 0x48, "127.0.0.9");
	pair_end(&p);
}

TEST(what_msg_more_began_keeps_its_ttl)
{
	struct pair p;
	struct message m;
	int ttl = 11, late = 0;

	pair_make(&p);
	message_init(&m, "A", 1);
	message_add(&m, IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
	m.h.msg_name = &p.at;
	m.h.msg_namelen = sizeof(p.at);
	assert_int_equal(sendmsg(p.from, &m.h, MSG_MORE), 1);
	/* What comes along later is not even looked at. */
	assert_int_equal(send4(&p, IP_TTL, &late, sizeof(late)), 1);
	assert_came(p.to, 11, 0, "127.0.0.1");
	assert_fails(send4(&p, IP_TTL, &late, sizeof(late)), EINVAL);
	pair_end(&p);
}

TEST(protocol_number_says_nothing_over_udp)
{
	enum { TYPE_IP_PROTOCOL = 52 };
	struct pair p;
	int number = 1;

	pair_make(&p);
	assert_int_equal(send4(&p, TYPE_IP_PROTOCOL, &number, sizeof(number)), 1);
	assert_came(p.to, 64, 0, "127.0.0.1");
	number = 0;
	assert_fails(send4(&p, TYPE_IP_PROTOCOL, &number, sizeof(number)), EINVAL);
	number = 256;
	assert_fails(send4(&p, TYPE_IP_PROTOCOL, &number, sizeof(number)), EINVAL);
	pair_end(&p);
}

TEST(no_options_may_be_given_and_wrong_ones_are_einval)
{
	struct pair p;

	pair_make(&p);
	assert_int_equal(send4(&p, IP_RETOPTS, "", 0), 1);
	assert_came(p.to, 64, 0, "127.0.0.1");
	assert_fails(send4(&p, IP_RETOPTS, "\377\377\377\377", 4), EINVAL);
	assert_fails(send4(&p, IP_RETOPTS, "\7", 1), EINVAL);
	assert_fails(send4(&p, IP_RETOPTS, "\7\1", 2), EINVAL);
	pair_end(&p);
}

/* ---- IPv6 ---- */

struct pair6 {
	int from, to;
	struct sockaddr_in6 at;
};

static void pair6_make(struct pair6 *p)
{
	p->to = udp6_bound(&p->at);
	p->from = new_socket(AF_INET6, SOCK_DGRAM);
	assert_ok(set_int(p->to, IPPROTO_IPV6, IPV6_RECVHOPLIMIT, 1));
	assert_ok(set_int(p->to, IPPROTO_IPV6, IPV6_RECVTCLASS, 1));
	assert_ok(set_int(p->to, IPPROTO_IP, IP_RECVTTL, 1));
	assert_ok(set_int(p->to, IPPROTO_IP, IP_RECVTOS, 1));
}

static void pair6_end(const struct pair6 *p)
{
	assert_ok(close(p->from));
	assert_ok(close(p->to));
}

static ssize_t send6(const struct pair6 *p, int type, int value)
{
	return send_with_int(p->from, &p->at, sizeof(p->at), IPPROTO_IPV6, type, value);
}

static void assert_came6(int fd, int hops, int tclass)
{
	struct message m;

	assert_true(message_receive(fd, &m, 0) >= 0);
	assert_int_equal(message_count(&m), 2);
	assert_int_equal(control_int(message_at(&m, 0, IPPROTO_IPV6, IPV6_HOPLIMIT)), hops);
	assert_int_equal(control_int(message_at(&m, 1, IPPROTO_IPV6, IPV6_TCLASS)), tclass);
}

TEST(hop_limit_of_one_datagram)
{
	struct pair6 p;

	pair6_make(&p);
	assert_int_equal(send6(&p, IPV6_HOPLIMIT, 9), 1);
	assert_came6(p.to, 9, 0);
	assert_int_equal(send6(&p, IPV6_2292HOPLIMIT, 10), 1);
	assert_came6(p.to, 10, 0);
	assert_int_equal(send6(&p, IPV6_HOPLIMIT, 255), 1);
	assert_came6(p.to, 255, 0);
	assert_fails(send6(&p, IPV6_HOPLIMIT, 256), EINVAL);
	assert_fails(send6(&p, IPV6_HOPLIMIT, -2), EINVAL);
	pair6_end(&p);
}

TEST(hop_limit_of_zero_and_of_none)
{
	struct pair6 p;

	pair6_make(&p);
	assert_int_equal(send6(&p, IPV6_HOPLIMIT, 0), 1);
	assert_came6(p.to, 0, 0);
	assert_ok(set_int(p.from, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 5));
	assert_int_equal(send6(&p, IPV6_HOPLIMIT, -1), 1);
	assert_came6(p.to, 5, 0);
	assert_ok(set_int(p.from, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 0));
	assert_int_equal(sendto6(p.from, "x", 1, 0, p.at), 1);
	assert_came6(p.to, 0, 0);
	pair6_end(&p);
}

TEST(traffic_class_of_one_datagram)
{
	struct pair6 p;

	pair6_make(&p);
	assert_ok(set_int(p.from, IPPROTO_IPV6, IPV6_TCLASS, 0x24));
	assert_int_equal(send6(&p, IPV6_TCLASS, 7), 1);
	assert_came6(p.to, 64, 7);
	assert_int_equal(sendto6(p.from, "x", 1, 0, p.at), 1);
	assert_came6(p.to, 64, 0x24);
	/* RFC 3542 6.5 has the default for it; Linux 6.18 sets all bits. */
	assert_int_equal(send6(&p, IPV6_TCLASS, -1), 1);
	assert_came6(p.to, 64, 0xff);
	assert_fails(send6(&p, IPV6_TCLASS, 256), EINVAL);
	assert_fails(send6(&p, IPV6_TCLASS, -2), EINVAL);
	pair6_end(&p);
}

TEST(pktinfo6_names_source_and_interface)
{
	struct in6_pktinfo info = pktinfo6("::1", 0);
	struct pair6 p;

	pair6_make(&p);
#define SEND_INFO(len) send_with(p.from, &p.at, sizeof(p.at), "x", 1, IPPROTO_IPV6, IPV6_PKTINFO, &info, len)
	assert_int_equal(SEND_INFO(sizeof(info)), 1);
	assert_came6(p.to, 64, 0);
	info = pktinfo6("::", if_nametoindex("lo"));
	assert_int_equal(SEND_INFO(sizeof(info)), 1);
	assert_came6(p.to, 64, 0);
	info = pktinfo6("::", 7777);
	assert_fails(SEND_INFO(sizeof(info)), ENODEV);
	info = pktinfo6("2001:db8::77", 0);
	assert_fails(SEND_INFO(sizeof(info)), EINVAL);
	info = pktinfo6("fe80::1", 0);
	assert_fails(SEND_INFO(sizeof(info)), EINVAL);
	info = pktinfo6("::ffff:127.0.0.7", 0);
	assert_fails(SEND_INFO(sizeof(info)), EINVAL);
	info = pktinfo6("::1", 0);
	assert_fails(SEND_INFO(sizeof(info) - 1), EINVAL);
	pair6_end(&p);
}

TEST(mapped_destination_takes_ipv4s_messages)
{
	struct in6_pktinfo info6 = pktinfo6("::ffff:127.0.0.7", 0);
	struct in_pktinfo info = pktinfo("127.0.0.8", 0);
	struct sockaddr_in6 mapped, from;
	struct message m;
	struct pair6 p;

	pair6_make(&p);
	mapped = p.at;
	assert_int_equal(inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr), 1);
	for (int i = 0; i < 2; i++) {
		ssize_t n = i ? send_with(p.from, &mapped, sizeof(mapped), "x", 1, IPPROTO_IP, IP_PKTINFO,
					  &info, sizeof(info))
			      : send_with(p.from, &mapped, sizeof(mapped), "x", 1, IPPROTO_IPV6, IPV6_PKTINFO,
					  &info6, sizeof(info6));

		assert_int_equal(n, 1);
		message_room(&m, 8, 256);
		m.h.msg_name = &from;
		m.h.msg_namelen = sizeof(from);
		assert_int_equal(recvmsg(p.to, &m.h, MSG_DONTWAIT), 1);
		assert_int_equal(from.sin6_addr.s6_addr[15], i ? 8 : 7);
	}
	info6 = pktinfo6("::1", 0);
	assert_fails(send_with(p.from, &mapped, sizeof(mapped), "x", 1, IPPROTO_IPV6, IPV6_PKTINFO, &info6,
			       sizeof(info6)),
		     EINVAL);
	pair6_end(&p);
}

TEST(each_family_ignores_the_others_messages)
{
	struct sockaddr_in6 mapped;
	struct message m;
	struct pair6 p;
	int wrong = -77;

	pair6_make(&p);
	mapped = p.at;
	assert_int_equal(inet_pton(AF_INET6, "::ffff:127.0.0.1", &mapped.sin6_addr), 1);
	assert_int_equal(send_with_int(p.from, &p.at, sizeof(p.at), IPPROTO_IP, IP_TTL, wrong), 1);
	assert_came6(p.to, 64, 0);
	assert_int_equal(send_with_int(p.from, &mapped, sizeof(mapped), IPPROTO_IPV6, IPV6_HOPLIMIT, wrong),
			 1);
	assert_int_equal(send_with_int(p.from, &mapped, sizeof(mapped), IPPROTO_IP, IP_TTL, 3), 1);
	assert_int_equal(message_receive(p.to, &m, 0), 1);
	assert_int_equal(control_int(message_at(&m, 0, IPPROTO_IP, IP_TTL)), 64);
	assert_int_equal(message_receive(p.to, &m, 0), 1);
	assert_int_equal(control_int(message_at(&m, 0, IPPROTO_IP, IP_TTL)), 3);
	pair6_end(&p);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(ttl_of_one_datagram),
	DUAL_TEST(ttl_wins_over_the_socket_option),
	DUAL_TEST(ttl_is_from_1_to_255_and_an_int),
	DUAL_TEST(tos_is_a_byte_or_an_int),
	DUAL_TEST(pktinfo_names_the_source),
	DUAL_TEST(pktinfo_of_no_address_undoes_what_was_bound),
	DUAL_TEST(pktinfo_names_the_interface),
	DUAL_TEST(pktinfo_of_another_hosts_address),
	DUAL_TEST(several_messages_of_one_send),
	DUAL_TEST(what_msg_more_began_keeps_its_ttl),
	DUAL_TEST(protocol_number_says_nothing_over_udp),
	DUAL_TEST(no_options_may_be_given_and_wrong_ones_are_einval),
	DUAL_TEST(hop_limit_of_one_datagram),
	DUAL_TEST(hop_limit_of_zero_and_of_none),
	DUAL_TEST(traffic_class_of_one_datagram),
	DUAL_TEST(pktinfo6_names_source_and_interface),
	DUAL_TEST(mapped_destination_takes_ipv4s_messages),
	DUAL_TEST(each_family_ignores_the_others_messages),
};

BEHAVIOUR_MAIN("ip_cmsg_send", tests)
