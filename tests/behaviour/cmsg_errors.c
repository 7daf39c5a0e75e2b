/* SPDX-License-Identifier: MIT */
/*
 * What each kind of socket answers to control messages of every type, length and kind of value; and to
 * sendmsg and recvmsg in full: cmsg(3), send(2), sendmmsg(2), recvmmsg(2). The answers were taken from
 * Linux 6.18.
 */
#include "tests/behaviour/control.h"

enum kind { UDP4, UDP6, MAPPED, TCP, UNIX, NUM_KINDS };

struct ends {
	int from, to;
	struct sockaddr_storage at;
	socklen_t at_len; /* 0: connected */
};

static void ends_make(struct ends *e, enum kind kind)
{
	struct sockaddr_in v4;
	struct sockaddr_in6 v6;
	int fd[2];

	memset(e, 0, sizeof(*e));
	switch (kind) {
	case UDP4:
		e->to = udp_bound(&v4);
		e->from = new_socket(AF_INET, SOCK_DGRAM);
		memcpy(&e->at, &v4, e->at_len = sizeof(v4));
		return;
	case UDP6:
	case MAPPED:
		e->to = udp6_bound(&v6);
		if (kind == MAPPED)
			v6 = at6("::ffff:127.0.0.1", ntohs(v6.sin6_port));
		e->from = new_socket(AF_INET6, SOCK_DGRAM);
		memcpy(&e->at, &v6, e->at_len = sizeof(v6));
		return;
	case TCP: tcp_pair(fd); break;
	default: unix_pair(SOCK_DGRAM, fd); break;
	}
	e->from = fd[0];
	e->to = fd[1];
}

static void ends_close(const struct ends *e)
{
	assert_ok(close(e->from));
	assert_ok(close(e->to));
}

/* 0 or the errno. What was sent is read, so that no queue fills. */
static int answer(const struct ends *e, int level, int type, const void *value, size_t len)
{
	char b[8];

	if (send_with(e->from, e->at_len ? &e->at : NULL, e->at_len, "x", 1, level, type, value, len) < 0)
		return errno;
	assert_int_equal(recv(e->to, b, sizeof(b), 0), 1);
	return 0;
}

struct row {
	int level, type;
	size_t len;
	int value; /* of each byte, but the first alone if `first` */
	bool first;
	int errors[NUM_KINDS]; /* UDP over IPv4, over IPv6, from IPv6 to a mapped address, TCP, Unix */
};

#define E EINVAL
#define ALL(x)                \
	{                     \
		x, x, x, x, x \
	}
static const struct row rows[] = {
	/* SO_MARK, SO_PRIORITY: any int of root's. */
	{ SOL_SOCKET, 36, 4, 0, false, { 0, 0, 0, 0, E } },
	{ SOL_SOCKET, 36, 3, 0, false, ALL(E) },
	{ SOL_SOCKET, 36, 5, 0, false, ALL(E) },
	{ SOL_SOCKET, 12, 4, 0, false, { 0, 0, 0, 0, E } },
	{ SOL_SOCKET, 12, 8, 0, false, ALL(E) },
	/* SO_TIMESTAMPING. */
	{ SOL_SOCKET, 37, 4, 1, true, { 0, 0, 0, 0, E } },
	{ SOL_SOCKET, 37, 4, 8, true, ALL(E) },
	{ SOL_SOCKET, 37, 2, 0, false, ALL(E) },
	{ SOL_SOCKET, 65, 4, 0, false, { 0, 0, 0, 0, E } },
	/* SCM_TXTIME without SO_TXTIME, SCM_DEVMEM_DMABUF, SCM_TS_OPT_ID without SOF_TIMESTAMPING_OPT_ID. */
	{ SOL_SOCKET, 61, 8, 0, false, ALL(E) },
	{ SOL_SOCKET, 79, 4, 0, false, { 0, 0, 0, 0, E } },
	{ SOL_SOCKET, 79, 4, 1, true, { 0, 0, 0, E, E } },
	{ SOL_SOCKET, 81, 4, 0, false, ALL(E) },
	/* SCM_RIGHTS, SCM_CREDENTIALS say nothing over IP, whatever they hold. */
	{ SOL_SOCKET, SCM_RIGHTS, 4, 255, false, { 0, 0, 0, 0, EBADF } },
	{ SOL_SOCKET, SCM_CREDENTIALS, 4, 0, false, { 0, 0, 0, 0, E } },
	{ SOL_SOCKET, 3, 4, 0, false, ALL(E) },
	{ SOL_SOCKET, 0, 0, 0, false, ALL(E) },
	{ SOL_SOCKET, -1, 4, 0, false, ALL(E) },
	/* IPPROTO_IP. */
	{ IPPROTO_IP, IP_TOS, 1, 255, false, { 0, 0, 0, 0, 0 } },
	{ IPPROTO_IP, IP_TOS, 4, 255, false, { E, 0, E, 0, 0 } },
	{ IPPROTO_IP, IP_TOS, 2, 0, false, { E, 0, E, 0, 0 } },
	{ IPPROTO_IP, IP_TTL, 4, 0, false, { E, 0, E, 0, 0 } },
	{ IPPROTO_IP, IP_TTL, 4, 1, true, ALL(0) },
	{ IPPROTO_IP, IP_TTL, 1, 1, true, { E, 0, E, 0, 0 } },
	{ IPPROTO_IP, IP_PKTINFO, 12, 0, false, ALL(0) },
	{ IPPROTO_IP, IP_PKTINFO, 8, 0, false, { E, 0, E, 0, 0 } },
	{ IPPROTO_IP, IP_PKTINFO, 16, 0, false, { E, 0, E, 0, 0 } },
	{ IPPROTO_IP, IP_PKTINFO, 12, 255, false, { E, 0, E, 0, 0 } },
	{ IPPROTO_IP, IP_RETOPTS, 0, 0, false, ALL(0) },
	{ IPPROTO_IP, IP_RETOPTS, 4, 255, false, { E, 0, E, 0, 0 } },
	{ IPPROTO_IP, 52, 4, 1, true, ALL(0) },
	{ IPPROTO_IP, 52, 4, 0, false, { E, 0, E, 0, 0 } },
	{ IPPROTO_IP, IP_RECVTTL, 4, 0, false, { E, 0, E, 0, 0 } },
	{ IPPROTO_IP, 0, 0, 0, false, { E, 0, E, 0, 0 } },
	/* IPPROTO_IPV6. */
	{ IPPROTO_IPV6, IPV6_PKTINFO, 20, 0, false, { 0, 0, E, 0, 0 } },
	{ IPPROTO_IPV6, IPV6_PKTINFO, 24, 0, false, { 0, 0, E, 0, 0 } },
	{ IPPROTO_IPV6, IPV6_PKTINFO, 16, 0, false, { 0, E, E, 0, 0 } },
	{ IPPROTO_IPV6, IPV6_PKTINFO, 20, 255, false, { 0, ENODEV, E, 0, 0 } },
	{ IPPROTO_IPV6, IPV6_2292PKTINFO, 20, 255, false, { 0, ENODEV, 0, 0, 0 } },
	{ IPPROTO_IPV6, IPV6_2292PKTINFO, 20, 1, true, { 0, E, 0, 0, 0 } },
	{ IPPROTO_IPV6, IPV6_HOPLIMIT, 4, 255, false, ALL(0) },
	{ IPPROTO_IPV6, IPV6_HOPLIMIT, 8, 0, false, { 0, E, 0, 0, 0 } },
	{ IPPROTO_IPV6, IPV6_HOPLIMIT, 4, 1, false, { 0, E, 0, 0, 0 } },
	{ IPPROTO_IPV6, IPV6_TCLASS, 4, 255, false, ALL(0) },
	{ IPPROTO_IPV6, IPV6_TCLASS, 1, 0, false, { 0, E, 0, 0, 0 } },
	{ IPPROTO_IPV6, 62, 4, 1, true, ALL(0) },
	{ IPPROTO_IPV6, 62, 4, 2, true, { 0, E, 0, 0, 0 } },
	{ IPPROTO_IPV6, 11, 4, 0, false, ALL(0) },
	{ IPPROTO_IPV6, 11, 3, 0, false, { 0, E, 0, 0, 0 } },
	{ IPPROTO_IPV6, IPV6_HOPOPTS, 7, 0, false, { 0, E, 0, 0, 0 } },
	{ IPPROTO_IPV6, IPV6_HOPOPTS, 8, 255, false, { 0, E, 0, 0, 0 } },
	{ IPPROTO_IPV6, IPV6_DSTOPTS, 8, 255, false, { 0, E, 0, 0, 0 } },
	{ IPPROTO_IPV6, IPV6_RTHDR, 8, 0, false, { 0, E, 0, 0, 0 } },
	{ IPPROTO_IPV6, 99, 4, 0, false, { 0, E, 0, 0, 0 } },
	/* IPPROTO_UDP, others. */
	{ IPPROTO_UDP, 103, 2, 0, false, ALL(0) },
	{ IPPROTO_UDP, 103, 4, 0, false, { E, E, E, 0, 0 } },
	{ IPPROTO_UDP, 1, 4, 0, false, { E, E, E, 0, 0 } },
	{ IPPROTO_TCP, 1, 4, 0, false, ALL(0) },
	{ 4711, 1, 4, 255, false, ALL(0) },
};
#undef E

TEST(every_type_on_every_kind_of_socket)
{
	unsigned char value[32];

	for (int kind = 0; kind < NUM_KINDS; kind++) {
		struct ends e;

		ends_make(&e, (enum kind)kind);
		for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
			const struct row *r = &rows[i];
			int err;

			if (!geteuid() || r->level != SOL_SOCKET || (r->type != 36 && r->type != 12)) {
				memset(value, r->first ? 0 : r->value, sizeof(value));
				value[0] = (unsigned char)r->value;
				err = answer(&e, r->level, r->type, value, r->len);
				if (err != r->errors[kind])
					fail_msg("row %d, kind %d: errno %d instead of %d", (int)i, kind, err,
						 r->errors[kind]);
			}
		}
		ends_close(&e);
	}
}

TEST(mistake_is_found_wherever_it_stands)
{
	int good = 5, bad = 0;
	struct sockaddr_in at;
	struct message m;
	int to = udp_bound(&at), from = new_socket(AF_INET, SOCK_DGRAM);

	for (int i = 0; i < 3; i++) {
		message_init(&m, "x", 1);
		for (int k = 0; k < 3; k++)
			message_add(&m, IPPROTO_IP, IP_TTL, i == k ? &bad : &good, sizeof(int));
		m.h.msg_name = &at;
		m.h.msg_namelen = sizeof(at);
		assert_fails(sendmsg(from, &m.h, 0), EINVAL);
	}
	assert_fails(recv(to, m.data, 1, MSG_DONTWAIT), EAGAIN);
	assert_ok(close(from));
	assert_ok(close(to));
}

TEST(destination_is_looked_at_before_ipv4s_messages)
{
	struct sockaddr_in nowhere = at4("127.0.0.1", 0);
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(send_with_int(fd, NULL, 0, IPPROTO_IP, IP_TTL, 0), EDESTADDRREQ);
	assert_fails(send_with_int(fd, &nowhere, sizeof(nowhere), IPPROTO_IP, IP_TTL, 5), EINVAL);
	assert_ok(close(fd));
}

TEST(sendmmsg_stops_at_the_first_mistake_and_forgets_its_errno)
{
	struct mmsghdr three[3];
	struct message m[3];
	struct sockaddr_in at;
	int to = udp_bound(&at), from = new_socket(AF_INET, SOCK_DGRAM);

	for (int i = 0; i < 3; i++) {
		int ttl = i == 1 ? 0 : 5;

		message_init(&m[i], "x", 1);
		message_add(&m[i], IPPROTO_IP, IP_TTL, &ttl, sizeof(ttl));
		memset(&three[i], 0xff, sizeof(three[i]));
		three[i].msg_hdr = m[i].h;
		three[i].msg_hdr.msg_name = &at;
		three[i].msg_hdr.msg_namelen = sizeof(at);
	}
	assert_int_equal(sendmmsg(from, three, 3, 0), 1);
	assert_int_equal(three[0].msg_len, 1);
	assert_int_equal(three[1].msg_len, UINT32_MAX);
	assert_int_equal(pending_error(from), 0);
	assert_fails(sendmmsg(from, three + 1, 2, 0), EINVAL);
	assert_int_equal(sendmmsg(from, three + 2, 1, 0), 1);
	assert_ok(close(from));
	assert_ok(close(to));
}

TEST(recvmmsg_keeps_the_error_of_a_later_message)
{
	struct mmsghdr two[2];
	struct message m;
	struct sockaddr_in at;
	int to = udp_bound(&at), from = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(sendto4(from, "a", 1, 0, at), 1);
	assert_int_equal(sendto4(from, "b", 1, 0, at), 1);
	message_room(&m, 8, 0);
	memset(two, 0, sizeof(two));
	two[0].msg_hdr = two[1].msg_hdr = m.h;
	two[1].msg_hdr.msg_iovlen = 1025;
	assert_int_equal(recvmmsg(to, two, 2, 0, NULL), 1);
	assert_int_equal(pending_error(to), EMSGSIZE);
	assert_int_equal(recv(to, m.data, 1, MSG_DONTWAIT), 1);
	assert_int_equal(m.data[0], 'b');
	assert_ok(close(from));
	assert_ok(close(to));
}

TEST(waitforone_takes_what_is_there)
{
	struct mmsghdr four[4];
	struct message m;
	struct sockaddr_in at;
	int to = udp_bound(&at), from = new_socket(AF_INET, SOCK_DGRAM);

	for (int i = 0; i < 2; i++)
		assert_int_equal(sendto4(from, "a", 1, 0, at), 1);
	message_room(&m, 8, 0);
	memset(four, 0, sizeof(four));
	for (int i = 0; i < 4; i++)
		four[i].msg_hdr = m.h;
	assert_int_equal(recvmmsg(to, four, 4, MSG_WAITFORONE, NULL), 2);
	assert_fails(recvmmsg(to, four, 4, MSG_DONTWAIT, NULL), EAGAIN);
	assert_ok(close(from));
	assert_ok(close(to));
}

TEST(optmem_max_limits_control_data_of_every_socket)
{
	enum { OPTMEM_MAX = 131072 };
	static char control[OPTMEM_MAX + 8];
	struct cmsghdr c = { .cmsg_len = OPTMEM_MAX - 8, .cmsg_level = 4711 };
	struct message m;
	int udp[2], tcp[2];

	memcpy(control, &c, sizeof(c));
	udp_pair(udp);
	tcp_pair(tcp);
	message_init(&m, "x", 1);
	m.h.msg_control = control;
	m.h.msg_controllen = OPTMEM_MAX - 8;
	assert_int_equal(sendmsg(udp[0], &m.h, 0), 1);
	assert_int_equal(sendmsg(tcp[0], &m.h, 0), 1);
	m.h.msg_controllen = OPTMEM_MAX;
	assert_fails(sendmsg(udp[0], &m.h, 0), ENOBUFS);
	assert_fails(sendmsg(tcp[0], &m.h, 0), ENOBUFS);
	m.h.msg_controllen = (size_t)INT32_MAX + 1;
	assert_fails(sendmsg(udp[0], &m.h, 0), ENOBUFS);
	tcp_end(tcp);
	close_pair(udp);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(every_type_on_every_kind_of_socket),
	DUAL_TEST(mistake_is_found_wherever_it_stands),
	DUAL_TEST(destination_is_looked_at_before_ipv4s_messages),
	DUAL_TEST(sendmmsg_stops_at_the_first_mistake_and_forgets_its_errno),
	DUAL_TEST(recvmmsg_keeps_the_error_of_a_later_message),
	DUAL_TEST(waitforone_takes_what_is_there),
	DUAL_TEST(optmem_max_limits_control_data_of_every_socket),
};

BEHAVIOUR_MAIN("cmsg_errors", tests)
