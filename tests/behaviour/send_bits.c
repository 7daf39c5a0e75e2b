/* SPDX-License-Identifier: MIT */
/*
 * Each single bit of send(2)'s flags on each kind of connected socket: what the call answers and what
 * arrives. Known flags are in suites of their own; this one is whole. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

/* The kernel's name; libc calls the bit MSG_PROXY. */
#ifndef MSG_PROBE
#define MSG_PROBE 0x10
#endif

enum kind { TCP, UDP, UDP6, STREAM, DGRAM, SEQPACKET, NUM_KINDS };

static const char *const kind_names[] = { "tcp", "udp", "udp6", "stream", "dgram", "seqpacket" };

/*
 * What Linux 6.18 answers to three bytes sent with the bit: "abc" they came, an errno they were refused,
 * "ab+c" the last came out of band, "(abcd)" they came only with "d", which was sent after them without a
 * flag.
 */
static const struct {
	unsigned bit;
	const char *answers[NUM_KINDS];
} rows[] = {
	{ 0x1u, { "ab+c", "EOPNOTSUPP", "abc", "ab+c", "EOPNOTSUPP", "EOPNOTSUPP" } },
	{ 0x2u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x4u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x8u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x10u, { "abc", "(d)", "(d)", "abc", "abc", "abc" } },
	{ 0x20u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x40u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x80u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x100u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x200u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x400u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x800u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x1000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x2000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x4000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x8000u, { "(abcd)", "(abcd)", "(abcd)", "abc", "abc", "abc" } },
	{ 0x10000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x20000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x40000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x80000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x100000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x200000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x400000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x800000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x1000000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x2000000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x4000000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x8000000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x10000000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x20000000u, { "EISCONN", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x40000000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
	{ 0x80000000u, { "abc", "abc", "abc", "abc", "abc", "abc" } },
};

static void udp6_pair(int fd[2])
{
	struct sockaddr_in6 at[2];

	for (int i = 0; i < 2; i++) {
		fd[i] = new_socket(AF_INET6, SOCK_DGRAM);
		assert_ok(bind6(fd[i], at6("::1", 0)));
		at[i] = local6(fd[i]);
	}
	assert_ok(connect6(fd[0], at[1]));
	assert_ok(connect6(fd[1], at[0]));
}

static void pair_of(enum kind kind, int fd[2])
{
	static const int types[] = {
		[STREAM] = SOCK_STREAM, [DGRAM] = SOCK_DGRAM, [SEQPACKET] = SOCK_SEQPACKET
	};

	switch (kind) {
	case TCP: tcp_pair(fd); break;
	case UDP: udp_pair(fd); break;
	case UDP6: udp6_pair(fd); break;
	default: unix_pair(types[kind], fd);
	}
}

static int receive(int fd, char *b, size_t room, int flags)
{
	ssize_t n = recv(fd, b, room - 1, flags | MSG_DONTWAIT);

	b[n > 0 ? n : 0] = '\0';
	return (int)n;
}

static void ask(enum kind kind, int flag, char *out, size_t room)
{
	char b[16], urgent[16] = "", later[16] = "";
	int fd[2];

	pair_of(kind, fd);
	if (send(fd[0], "abc", 3, flag | MSG_NOSIGNAL) < 0) {
		snprintf(out, room, "%s", strerrorname_np(errno));
		assert_int_equal(receive(fd[1], b, sizeof(b), 0), -1);
	} else {
		settle();
		(void)receive(fd[1], b, sizeof(b), 0);
		(void)receive(fd[1], urgent, sizeof(urgent), MSG_OOB);
		if (!*b && !*urgent) {
			assert_int_equal(send(fd[0], "d", 1, 0), 1);
			settle();
			(void)receive(fd[1], later, sizeof(later), 0);
		}
		snprintf(out, room, "%s%s%s%s%s%s", b, *urgent ? "+" : "", urgent, *later ? "(" : "", later,
			 *later ? ")" : "");
	}
	assert_int_equal(pending_error(fd[0]), 0);
	if (kind == TCP)
		tcp_end(fd);
	else
		close_pair(fd);
}

TEST(each_bit_of_the_flags_on_each_kind_of_socket)
{
	char got[64];
	int num_wrong = 0;

	for (unsigned i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		for (int k = 0; k < NUM_KINDS; k++) {
			ask((enum kind)k, (int)rows[i].bit, got, sizeof(got));
			if (getenv("BEHAVIOUR_SHOW_BITS"))
				printf("BIT\t%u\t%s\n", rows[i].bit, got);
			if (!strcmp(got, rows[i].answers[k]))
				continue;
			print_error("0x%x on %s: %s instead of %s\n", rows[i].bit, kind_names[k], got,
				    rows[i].answers[k]);
			num_wrong++;
		}
	}
	assert_int_equal(num_wrong, 0);
}

/* The kernel's own mark of a 32-bit program's call is no flag for sendmsg and recvmsg, and nothing to send.
 */
TEST(compat_bit_is_einval_where_there_are_control_messages)
{
	const int compat = (int)0x80000000;
	struct iovec part = piece("abc", 3);
	struct mmsghdr m = { .msg_hdr = { .msg_iov = &part, .msg_iovlen = 1 } };
	char b[8];
	int fd[2];

	for (int k = 0; k < NUM_KINDS; k++) {
		pair_of((enum kind)k, fd);
		assert_fails(sendmsg(fd[0], &m.msg_hdr, compat), EINVAL);
		assert_fails(sendmmsg(fd[0], &m, 1, compat), EINVAL);
		assert_fails(recvmsg(fd[0], &m.msg_hdr, compat | MSG_DONTWAIT), EINVAL);
		assert_fails(recvmmsg(fd[0], &m, 1, compat | MSG_DONTWAIT, NULL), EINVAL);
		assert_fails(sendmsg(-1, &m.msg_hdr, compat), EINVAL);
		assert_int_equal(send(fd[0], "abc", 3, compat), 3);
		await(fd[1], POLLIN);
		assert_int_equal(recv(fd[1], b, sizeof(b), compat), 3);
		if (k == TCP)
			tcp_end(fd);
		else
			close_pair(fd);
	}
}

/* A datagram that is pending goes without what MSG_PROBE was to add. */
TEST(msg_probe_adds_nothing_to_a_pending_datagram)
{
	char b[16];
	int fd[2];

	for (int k = UDP; k <= UDP6; k++) {
		pair_of((enum kind)k, fd);
		assert_int_equal(send(fd[0], "ab", 2, MSG_MORE), 2);
		assert_int_equal(send(fd[0], "cd", 2, MSG_MORE | MSG_PROBE), 2);
		assert_int_equal(send(fd[0], "efg", 3, MSG_PROBE), 3);
		assert_int_equal(recv(fd[1], b, sizeof(b), MSG_DONTWAIT), 2);
		assert_int_equal(send(fd[0], "ab", 2, MSG_MORE | MSG_PROBE), 2);
		assert_int_equal(send(fd[0], "h", 1, 0), 1);
		assert_int_equal(recv(fd[1], b, sizeof(b), MSG_DONTWAIT), 1);
		close_pair(fd);
	}
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(compat_bit_is_einval_where_there_are_control_messages),
	DUAL_TEST(msg_probe_adds_nothing_to_a_pending_datagram),
	DUAL_TEST(each_bit_of_the_flags_on_each_kind_of_socket),
};

BEHAVIOUR_MAIN("send_bits", tests)
