/* SPDX-License-Identifier: MIT */
/*
 * send(2), EFAULT: every pointer of every call, on every kind of socket, and buffers that run into a hole:
 * what was queued before the hole is what Linux queues. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/ioctl.h>
#include <sys/mman.h>

enum { PAGE = 4096, BLOCK = 64 * PAGE };

static const struct kind {
	const char *name;
	int domain, type;
} kinds[] = {
	{ "tcp", AF_INET, SOCK_STREAM },          { "udp", AF_INET, SOCK_DGRAM },
	{ "unix", AF_UNIX, SOCK_STREAM },         { "unix dgram", AF_UNIX, SOCK_DGRAM },
	{ "seqpacket", AF_UNIX, SOCK_SEQPACKET },
};
enum { NUM_KINDS = sizeof(kinds) / sizeof(kinds[0]) };

static void pair_of(const struct kind *k, int fd[2])
{
	if (k->domain == AF_UNIX)
		unix_pair(k->type, fd);
	else if (k->type == SOCK_STREAM)
		tcp_pair(fd);
	else
		udp_pair(fd);
}

static void end_pair(const struct kind *k, const int fd[2])
{
	if (k->domain == AF_INET && k->type == SOCK_STREAM)
		tcp_end(fd);
	else
		close_pair(fd);
}

/* An address that no memory is mapped at, hidden from the compiler. */
static void *unmapped(void)
{
	void *volatile bad = (void *)8;

	return bad;
}

/* BLOCK bytes, and a page that faults behind them. */
static unsigned char *block_before_a_hole(void)
{
	unsigned char *p =
		mmap(NULL, BLOCK + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_ok(mprotect(p + BLOCK, PAGE, PROT_NONE));
	pattern_fill(p, BLOCK, 0);
	return p;
}

static void free_block(unsigned char *p)
{
	assert_ok(munmap(p, BLOCK + PAGE));
}

static void assert_nothing_came(int fd)
{
	char b;

	settle();
	assert_fails(recv(fd, &b, 1, MSG_DONTWAIT), EAGAIN);
}

TEST(every_call_and_kind_refuses_a_bad_buffer_and_queues_nothing)
{
	struct sigaction before = signal_count(SIGSEGV, 0);

	for (int k = 0; k < NUM_KINDS; k++) {
		struct iovec iov = { unmapped(), 10 };
		struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
		struct mmsghdr mm = { .msg_hdr = m };
		int fd[2];

		pair_of(&kinds[k], fd);
		assert_fails(send(fd[0], unmapped(), 10, 0), EFAULT);
		assert_fails(sendto(fd[0], unmapped(), 10, 0, NULL, 0), EFAULT);
		assert_fails(write(fd[0], unmapped(), 10), EFAULT);
		assert_fails(writev(fd[0], &iov, 1), EFAULT);
		assert_fails(sendmsg(fd[0], &m, 0), EFAULT);
		assert_fails(sendmmsg(fd[0], &mm, 1, 0), EFAULT);
		assert_int_equal(pending_error(fd[0]), 0);
		assert_nothing_came(fd[1]);
		assert_int_equal(send(fd[0], "x", 1, 0), 1); /* as good as new */
		end_pair(&kinds[k], fd);
	}
	assert_int_equal(signals_seen, 0);
	signal_restore(SIGSEGV, before);
}

TEST(bad_buffer_of_no_length_is_not_looked_at)
{
	for (int k = 0; k < NUM_KINDS; k++) {
		int fd[2];

		pair_of(&kinds[k], fd);
		assert_int_equal(send(fd[0], unmapped(), 0, 0), 0);
		end_pair(&kinds[k], fd);
	}
}

TEST(array_of_pieces_header_and_name_are_refused)
{
	for (int k = 0; k < NUM_KINDS; k++) {
		struct iovec iov = piece("x", 1);
		struct msghdr bad_iov = { .msg_iov = unmapped(), .msg_iovlen = 1 };
		struct msghdr bad_name = {
			.msg_name = unmapped(), .msg_namelen = 16, .msg_iov = &iov, .msg_iovlen = 1
		};
		struct mmsghdr mm = { .msg_hdr = bad_iov };
		int fd[2];

		pair_of(&kinds[k], fd);
		assert_fails(sendmsg(fd[0], unmapped(), 0), EFAULT);
		assert_fails(sendmsg(fd[0], &bad_iov, 0), EFAULT);
		assert_fails(sendmsg(fd[0], &bad_name, 0), EFAULT);
		assert_fails(sendmmsg(fd[0], unmapped(), 1, 0), EFAULT);
		assert_fails(sendmmsg(fd[0], &mm, 1, 0), EFAULT);
		assert_fails(writev(fd[0], unmapped(), 1), EFAULT);
		assert_fails(sendto(fd[0], "x", 1, 0, unmapped(), 16), EFAULT);
		assert_nothing_came(fd[1]);
		end_pair(&kinds[k], fd);
	}
}

TEST(bad_control_data_is_refused)
{
	for (int k = 0; k < NUM_KINDS; k++) {
		struct iovec iov = piece("x", 1);
		struct msghdr m = {
			.msg_iov = &iov, .msg_iovlen = 1, .msg_control = unmapped(), .msg_controllen = 24
		};
		int fd[2];

		pair_of(&kinds[k], fd);
		assert_fails(sendmsg(fd[0], &m, 0), EFAULT);
		assert_nothing_came(fd[1]);
		end_pair(&kinds[k], fd);
	}
}

TEST(message_with_one_bad_piece_is_not_sent)
{
	unsigned char *p = block_before_a_hole();

	for (int k = 0; k < NUM_KINDS; k++) {
		struct iovec iov[3] = { piece("good", 4), { p + BLOCK - 5, 10 }, piece("good", 4) };
		int fd[2];

		pair_of(&kinds[k], fd);
		assert_fails(writev(fd[0], iov, 3), EFAULT);
		assert_fails(send(fd[0], p + BLOCK - 5, 10, 0), EFAULT);
		assert_nothing_came(fd[1]);
		end_pair(&kinds[k], fd);
	}
	free_block(p);
}

TEST(second_message_of_sendmmsg_that_is_bad_leaves_the_first)
{
	struct iovec iov[2] = { piece("one", 3), { unmapped(), 3 } };
	struct mmsghdr mm[2] = { { .msg_hdr = { .msg_iov = &iov[0], .msg_iovlen = 1 } },
				 { .msg_hdr = { .msg_iov = &iov[1], .msg_iovlen = 1 } } };
	int fd[2];

	udp_pair(fd);
	assert_int_equal(sendmmsg(fd[0], mm, 2, 0), 1);
	assert_int_equal(mm[0].msg_len, 3);
	assert_int_equal(pending_error(fd[0]), 0); /* nobody hears why */
	close_pair(fd);
}

/* ---- large buffers: progress is by the kernel's own buffers ---- */

static ssize_t send_before_hole(int fd, const unsigned char *block, size_t good)
{
	return send(fd, block + BLOCK - good, good + 100, MSG_DONTWAIT);
}

static void assert_pattern_came(int fd, size_t from, size_t len)
{
	static unsigned char in[BLOCK];
	size_t got = 0;

	while (got < len) {
		ssize_t n;

		await(fd, POLLIN);
		n = recv(fd, in + got, len - got, MSG_DONTWAIT);
		assert_true(n > 0);
		got += (size_t)n;
	}
	assert_true(pattern_holds(in, len, from));
	assert_nothing_came(fd);
}

/* On loopback a buffer takes half of the peer's window, which is 65,483 bytes to begin with. */
TEST(tcp_keeps_the_whole_buffers_before_a_hole)
{
	enum { BUFFER = 32741 };
	static const size_t goods[] = { 1, 100, 5000, 25000, 40000, 50000, 80000 };
	unsigned char *p = block_before_a_hole();

	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		size_t whole = goods[i] / BUFFER * BUFFER;
		int fd[2];

		tcp_pair(fd);
		assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 1 << 20));
		if (whole)
			assert_int_equal(send_before_hole(fd[0], p, goods[i]), whole);
		else
			assert_fails(send_before_hole(fd[0], p, goods[i]), EFAULT);
		assert_pattern_came(fd[1], BLOCK - goods[i], whole);
		assert_int_equal(send(fd[0], "x", 1, 0), 1);
		tcp_end(fd);
	}
	free_block(p);
}

TEST(unix_stream_keeps_the_whole_buffers_before_a_hole)
{
	enum { BUFFER = 4096 - 320 + 32768 };
	static const size_t goods[] = { 1, 5000, 36543, 36544, 40000, 73087, 73088, 100000 };
	unsigned char *p = block_before_a_hole();

	for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
		size_t whole = goods[i] / BUFFER * BUFFER;
		int fd[2];

		unix_pair(SOCK_STREAM, fd);
		if (whole)
			assert_int_equal(send_before_hole(fd[0], p, goods[i]), whole);
		else
			assert_fails(send_before_hole(fd[0], p, goods[i]), EFAULT);
		assert_pattern_came(fd[1], BLOCK - goods[i], whole);
		close_pair(fd);
	}
	free_block(p);
}

TEST(messages_are_sent_whole_or_not_at_all_before_a_hole)
{
	static const size_t goods[] = { 1, 5000, 30000, 60000 };
	unsigned char *p = block_before_a_hole();

	for (int k = 0; k < NUM_KINDS; k++) {
		if (kinds[k].type == SOCK_STREAM)
			continue;
		for (size_t i = 0; i < sizeof(goods) / sizeof(goods[0]); i++) {
			int fd[2];

			pair_of(&kinds[k], fd);
			assert_fails(send_before_hole(fd[0], p, goods[i]), EFAULT);
			assert_nothing_came(fd[1]);
			close_pair(fd);
		}
	}
	free_block(p);
}

TEST(bytes_held_back_outlive_a_bad_send)
{
	char b[32];
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "0123456789", 10, MSG_MORE), 10);
	assert_fails(send(fd[0], unmapped(), 10, MSG_MORE), EFAULT);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	await(fd[1], POLLIN);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 13);
	assert_memory_equal(b, "0123456789abc", 13);
	tcp_end(fd);
}

TEST(gathered_datagram_is_lost_with_a_bad_piece)
{
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "ab", 2, MSG_MORE), 2);
	assert_fails(send(fd[0], unmapped(), 2, 0), EFAULT);
	assert_nothing_came(fd[1]);
	assert_int_equal(send(fd[0], "cd", 2, 0), 2);
	await(fd[1], POLLIN);
	assert_int_equal(recv(fd[1], (char[8]){ 0 }, 8, 0), 2);
	close_pair(fd);
}

/* What was sent at once is taken at once: the first message whole, of the second nothing. */
TEST(unix_stream_is_read_up_to_the_message_that_meets_the_hole)
{
	unsigned char *p = block_before_a_hole(), b[200];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], p, 77, 0), 77);
	assert_int_equal(send(fd[0], p, 77, 0), 77);
	assert_int_equal(recv(fd[1], p + BLOCK - 100, 124, 0), 77);
	assert_fails(recv(fd[1], p + BLOCK - 50, 124, 0), EFAULT);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 77);
	close_pair(fd);
	free_block(p);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(every_call_and_kind_refuses_a_bad_buffer_and_queues_nothing),
	DUAL_TEST(bad_buffer_of_no_length_is_not_looked_at),
	DUAL_TEST(array_of_pieces_header_and_name_are_refused),
	DUAL_TEST(bad_control_data_is_refused),
	DUAL_TEST(message_with_one_bad_piece_is_not_sent),
	DUAL_TEST(second_message_of_sendmmsg_that_is_bad_leaves_the_first),
	DUAL_TEST(tcp_keeps_the_whole_buffers_before_a_hole),
	DUAL_TEST(unix_stream_keeps_the_whole_buffers_before_a_hole),
	DUAL_TEST(unix_stream_is_read_up_to_the_message_that_meets_the_hole),
	DUAL_TEST(messages_are_sent_whole_or_not_at_all_before_a_hole),
	DUAL_TEST(bytes_held_back_outlive_a_bad_send),
	DUAL_TEST(gathered_datagram_is_lost_with_a_bad_piece),
};

BEHAVIOUR_MAIN("send_faults", tests)
