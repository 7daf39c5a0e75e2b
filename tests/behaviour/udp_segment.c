/* SPDX-License-Identifier: MIT */
/* Several datagrams of one send, and of one receive: udp(7), UDP_SEGMENT and UDP_GRO. */
#include "tests/behaviour/control.h"

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

struct pair {
	int from, to;
	struct sockaddr_in at;
};

static void pair_make(struct pair *p)
{
	p->to = udp_bound(&p->at);
	p->from = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(set_int(p->to, SOL_SOCKET, SO_RCVBUF, 2000000));
}

static void pair_end(const struct pair *p)
{
	assert_ok(close(p->from));
	assert_ok(close(p->to));
}

/* Bytes of a pattern as datagrams of `segment`. */
static ssize_t send_cut(const struct pair *p, size_t len, uint16_t segment)
{
	static char data[70000];
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(segment))] = { 0 };
	struct sockaddr_in at = p->at;
	struct iovec part = piece(data, len);
	struct msghdr h = { .msg_name = &at,
			    .msg_namelen = sizeof(at),
			    .msg_iov = &part,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c = CMSG_FIRSTHDR(&h);

	pattern_fill(data, len, 0);
	c->cmsg_level = IPPROTO_UDP;
	c->cmsg_type = UDP_SEGMENT;
	c->cmsg_len = CMSG_LEN(sizeof(segment));
	memcpy(CMSG_DATA(c), &segment, sizeof(segment));
	return sendmsg(p->from, &h, 0);
}

/* All of them, in order; how many. */
static int receive_all(const struct pair *p, size_t total, size_t each)
{
	static char data[70000];
	size_t at = 0;
	ssize_t n;
	int num = 0;

	while ((n = recv(p->to, data, sizeof(data), MSG_DONTWAIT)) >= 0) {
		assert_int_equal(n, total - at < each ? total - at : each);
		assert_true(pattern_holds(data, (size_t)n, at));
		at += (size_t)n;
		num++;
	}
	assert_int_equal(at, total);
	return num;
}

TEST(one_send_is_several_datagrams)
{
	struct pair p;

	pair_make(&p);
	assert_int_equal(send_cut(&p, 10, 3), 10);
	assert_int_equal(receive_all(&p, 10, 3), 4);
	assert_int_equal(send_cut(&p, 9, 3), 9);
	assert_int_equal(receive_all(&p, 9, 3), 3);
	assert_int_equal(send_cut(&p, 65507, 1000), 65507);
	assert_int_equal(receive_all(&p, 65507, 1000), 66);
	pair_end(&p);
}

TEST(length_of_zero_and_lengths_over_all_cut_nothing)
{
	struct pair p;

	pair_make(&p);
	assert_int_equal(send_cut(&p, 10, 0), 10);
	assert_int_equal(receive_all(&p, 10, 10), 1);
	assert_int_equal(send_cut(&p, 10, 10), 10);
	assert_int_equal(receive_all(&p, 10, 10), 1);
	assert_int_equal(send_cut(&p, 10, 65535), 10);
	assert_int_equal(receive_all(&p, 10, 10), 1);
	assert_int_equal(send_cut(&p, 65507, 65535), 65507);
	assert_int_equal(receive_all(&p, 65507, 65507), 1);
	assert_int_equal(send_cut(&p, 0, 3), 0);
	assert_int_equal(recv(p.to, &(char){ 0 }, 1, MSG_DONTWAIT), 0);
	pair_end(&p);
}

TEST(most_are_128)
{
	struct pair p;

	pair_make(&p);
	assert_int_equal(send_cut(&p, 128, 1), 128);
	assert_int_equal(receive_all(&p, 128, 1), 128);
	assert_fails(send_cut(&p, 129, 1), EINVAL);
	assert_int_equal(receive_all(&p, 0, 1), 0);
	pair_end(&p);
}

TEST(sum_is_a_datagrams_at_most)
{
	struct pair p;

	pair_make(&p);
	assert_fails(send_cut(&p, 65508, 1000), EMSGSIZE);
	assert_int_equal(receive_all(&p, 0, 1), 0);
	pair_end(&p);
}

TEST(option_of_the_socket)
{
	struct pair p;

	pair_make(&p);
	assert_int_equal(get_int(p.from, IPPROTO_UDP, UDP_SEGMENT), 0);
	assert_fails(set_int(p.from, IPPROTO_UDP, UDP_SEGMENT, -1), EINVAL);
	assert_fails(set_int(p.from, IPPROTO_UDP, UDP_SEGMENT, 65536), EINVAL);
	assert_ok(set_int(p.from, IPPROTO_UDP, UDP_SEGMENT, 65535));
	assert_ok(set_int(p.from, IPPROTO_UDP, UDP_SEGMENT, 4));
	assert_int_equal(get_int(p.from, IPPROTO_UDP, UDP_SEGMENT), 4);
	assert_int_equal(sendto4(p.from, "0123456789", 10, 0, p.at), 10);
	for (int i = 0; i < 3; i++)
		assert_int_equal(recv(p.to, (char[16]){ 0 }, 16, MSG_DONTWAIT), i < 2 ? 4 : 2);
	/* The message wins, also with none. */
	assert_int_equal(send_cut(&p, 10, 0), 10);
	assert_int_equal(receive_all(&p, 10, 10), 1);
	assert_int_equal(send_cut(&p, 10, 6), 10);
	assert_int_equal(receive_all(&p, 10, 6), 2);
	pair_end(&p);
}

TEST(what_msg_more_joined_is_cut_as_a_whole)
{
	struct pair p;
	char b[16];

	pair_make(&p);
	assert_ok(set_int(p.from, IPPROTO_UDP, UDP_SEGMENT, 4));
	assert_int_equal(sendto4(p.from, "01234", 5, MSG_MORE, p.at), 5);
	assert_ok(set_int(p.from, IPPROTO_UDP, UDP_SEGMENT, 2));
	assert_int_equal(sendto4(p.from, "56789", 5, 0, p.at), 5);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(recv(p.to, b, sizeof(b), MSG_DONTWAIT), i < 2 ? 4 : 2);
		assert_memory_equal(b, &"0123456789"[i * 4], i < 2 ? 4 : 2);
	}
	pair_end(&p);
}

TEST(wrong_lengths_and_types_of_udps_level_are_einval)
{
	struct pair p;

	pair_make(&p);
	for (size_t len = 0; len < 12; len++)
		if (len != sizeof(uint16_t))
			assert_fails(send_with(p.from, &p.at, sizeof(p.at), "x", 1, IPPROTO_UDP, UDP_SEGMENT,
					       "\1\0\0\0\0\0\0\0\0\0\0\0", len),
				     EINVAL);
	assert_fails(send_with(p.from, &p.at, sizeof(p.at), "x", 1, IPPROTO_UDP, UDP_GRO, "\1\0", 2), EINVAL);
	assert_fails(send_with(p.from, &p.at, sizeof(p.at), "x", 1, IPPROTO_UDP, 1, "\1\0", 2), EINVAL);
	pair_end(&p);
}

TEST(receiver_with_udp_gro_gets_it_whole)
{
	struct message m;
	struct pair p;

	pair_make(&p);
	assert_ok(set_int(p.to, IPPROTO_UDP, UDP_GRO, 1));
	assert_int_equal(get_int(p.to, IPPROTO_UDP, UDP_GRO), 1);
	assert_int_equal(send_cut(&p, 10, 3), 10);
	assert_int_equal(message_receive(p.to, &m, 0), 10);
	assert_int_equal(message_count(&m), 1);
	assert_int_equal(control_int(message_at(&m, 0, IPPROTO_UDP, UDP_GRO)), 3);
	assert_true(pattern_holds(m.data, 10, 0));
	/* One alone has no such message. */
	assert_int_equal(send_cut(&p, 3, 3), 3);
	assert_int_equal(message_receive(p.to, &m, 0), 3);
	assert_int_equal(message_count(&m), 0);
	assert_ok(set_int(p.to, IPPROTO_UDP, UDP_GRO, 0));
	assert_int_equal(send_cut(&p, 10, 3), 10);
	assert_int_equal(receive_all(&p, 10, 3), 4);
	pair_end(&p);
}

TEST(ipv6_has_it_too)
{
	struct sockaddr_in6 at;
	uint16_t segment = 4;
	int to = udp6_bound(&at), from = new_socket(AF_INET6, SOCK_DGRAM);
	char b[16];

	assert_int_equal(send_with(from, &at, sizeof(at), "0123456789", 10, IPPROTO_UDP, UDP_SEGMENT,
				   &segment, sizeof(segment)),
			 10);
	for (int i = 0; i < 3; i++)
		assert_int_equal(recv(to, b, sizeof(b), MSG_DONTWAIT), i < 2 ? 4 : 2);
	assert_fails(recv(to, b, sizeof(b), MSG_DONTWAIT), EAGAIN);
	assert_ok(close(from));
	assert_ok(close(to));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(one_send_is_several_datagrams),
	DUAL_TEST(length_of_zero_and_lengths_over_all_cut_nothing),
	DUAL_TEST(most_are_128),
	DUAL_TEST(sum_is_a_datagrams_at_most),
	DUAL_TEST(option_of_the_socket),
	DUAL_TEST(what_msg_more_joined_is_cut_as_a_whole),
	DUAL_TEST(wrong_lengths_and_types_of_udps_level_are_einval),
	DUAL_TEST(receiver_with_udp_gro_gets_it_whole),
	DUAL_TEST(ipv6_has_it_too),
};

BEHAVIOUR_MAIN("udp_segment", tests)
