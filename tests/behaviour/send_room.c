/* SPDX-License-Identifier: MIT */
/*
 * When more fits: what a queued message is charged, SIOCOUTQ and SO_MEMINFO, and where poll, select and epoll
 * begin to say so: a quarter used of a Unix buffer, half of UDP's, a third free of TCP's; TCP_NOTSENT_LOWAT.
 */
#include "tests/behaviour/behaviour.h"

#include <linux/sock_diag.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>

static int outq(int fd)
{
	int n = -1;

	assert_ok(ioctl(fd, SIOCOUTQ, &n));
	return n;
}

static int unsent(int fd)
{
	int n = -1;

	assert_ok(ioctl(fd, SIOCOUTQNSD, &n));
	return n;
}

static uint32_t meminfo(int fd, int what)
{
	uint32_t v[SK_MEMINFO_VARS] = { 0 };
	socklen_t len = sizeof(v);

	assert_ok(getsockopt(fd, SOL_SOCKET, SO_MEMINFO, v, &len));
	assert_int_equal(len, sizeof(v));
	return v[what];
}

static bool select_says(int fd)
{
	struct timeval now = { 0, 0 };
	fd_set w;

	FD_ZERO(&w);
	FD_SET(fd, &w);
	return select(fd + 1, NULL, &w, NULL, &now) == 1;
}

/* poll, select and a level-triggered epoll agree. */
static void assert_writable(int fd, int level, bool expected)
{
	struct epoll_event e;

	assert_int_equal(ready(fd, POLLOUT), expected ? POLLOUT : 0);
	assert_int_equal(select_says(fd), expected);
	assert_int_equal(epoll_wait(level, &e, 1, 0), expected);
}

static int watch(int fd, uint32_t events)
{
	struct epoll_event e = { .events = events };
	int set = epoll_create1(0);

	assert_true(set >= 0);
	assert_ok(epoll_ctl(set, EPOLL_CTL_ADD, fd, &e));
	return set;
}

static int edges(int set)
{
	struct epoll_event e;

	return epoll_wait(set, &e, 1, 0);
}

/* ---- charges ---- */

/* A head with what stands behind it, of 512 bytes or a power of two; the rest in pages. */
static int charge_of(int len, int head_max, int pages_max)
{
	int paged = 0, need, head = 512;

	if (len > head_max) {
		paged = len - head_max > pages_max ? pages_max : len - head_max;
		paged = (paged + 4095) & ~4095;
		paged = paged > len ? len : paged;
	}
	need = len - paged + 320;
	while (head < need)
		head *= 2;
	return 256 + head + ((paged + 4095) & ~4095);
}

TEST(unix_messages_are_charged_by_what_they_take)
{
	static const int lens[] = { 1,    192,  193,   704,   705,   1728,  3776,
				    3777, 4096, 16064, 16065, 32768, 60000, 100000 };
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM };
	static char block[100000];

	for (int t = 0; t < 3; t++)
		for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
			bool stream = types[t] == SOCK_STREAM;
			int fd[2], expected = charge_of(lens[i], stream ? 3776 : 16064,
							stream ? 32768 : 17 * 4096);

			if (stream && lens[i] > 36544)
				continue;
			unix_pair(types[t], fd);
			assert_int_equal(outq(fd[0]), 0);
			assert_int_equal(send(fd[0], block, (size_t)lens[i], 0), lens[i]);
			assert_int_equal(outq(fd[0]), expected);
			assert_int_equal(meminfo(fd[0], SK_MEMINFO_WMEM_ALLOC), expected);
			assert_int_equal(recv(fd[1], block, sizeof(block), 0), lens[i]);
			assert_int_equal(outq(fd[0]), 0);
			close_pair(fd);
		}
}

TEST(udp_datagrams_are_charged_to_their_receiver)
{
	static const struct {
		int len;
		uint32_t charge;
	} table[] = { { 0, 832 },    { 1, 832 },     { 197, 832 },   { 198, 1280 },  { 645, 1280 },
		      { 646, 2304 }, { 1472, 2304 }, { 1669, 2304 }, { 1670, 4352 }, { 8000, 16640 } };
	static char block[8000];

	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		int fd[2];

		udp_pair(fd);
		assert_int_equal(send(fd[0], block, (size_t)table[i].len, 0), table[i].len);
		await(fd[1], POLLIN);
		assert_int_equal(meminfo(fd[1], SK_MEMINFO_RMEM_ALLOC), table[i].charge);
		assert_int_equal(outq(fd[0]), 0); /* it has left */
		close_pair(fd);
	}
}

TEST(meminfo_gives_the_buffers_and_is_cut_to_the_room)
{
	uint32_t v[2] = { 0 };
	socklen_t len = sizeof(v);
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(meminfo(fd, SK_MEMINFO_SNDBUF), get_int(fd, SOL_SOCKET, SO_SNDBUF));
	assert_ok(getsockopt(fd, SOL_SOCKET, SO_MEMINFO, v, &len));
	assert_int_equal(len, sizeof(v));
	assert_int_equal(v[SK_MEMINFO_RCVBUF], get_int(fd, SOL_SOCKET, SO_RCVBUF));
	assert_fails(setsockopt(fd, SOL_SOCKET, SO_MEMINFO, v, sizeof(v)), ENOPROTOOPT);
	assert_ok(close(fd));
}

/* ---- thresholds ---- */

TEST(unix_sender_is_writable_while_a_quarter_is_used_at_most)
{
	static const int types[] = { SOCK_STREAM, SOCK_SEQPACKET, SOCK_DGRAM };
	static char block[500];

	for (int t = 0; t < 3; t++) {
		int fd[2], level, edge, sndbuf, fires = 0;

		unix_pair(types[t], fd);
		assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 16384));
		sndbuf = get_int(fd[0], SOL_SOCKET, SO_SNDBUF);
		level = watch(fd[0], EPOLLOUT);
		while (send(fd[0], block, sizeof(block), MSG_DONTWAIT) > 0)
			/* A datagram socket looks at its peer's queue too, which is full before. */
			if (types[t] != SOCK_DGRAM)
				assert_writable(fd[0], level, (outq(fd[0]) + 1) * 4 <= sndbuf);
		edge = watch(fd[0], EPOLLOUT | EPOLLET);
		assert_int_equal(edges(edge), 0);
		while (recv(fd[1], block, sizeof(block), MSG_DONTWAIT) > 0) {
			bool room = (outq(fd[0]) + 1) * 4 <= sndbuf;

			assert_writable(fd[0], level, room);
			if (types[t] != SOCK_DGRAM) {
				if (!room)
					assert_int_equal(edges(edge), 0);
				else
					fires += edges(edge);
			}
		}
		assert_writable(fd[0], level, true);
		if (types[t] != SOCK_DGRAM)
			assert_true(fires > 0);
		assert_ok(close(level));
		assert_ok(close(edge));
		close_pair(fd);
	}
}

/* What is corked lies in the send buffer. */
TEST(udp_sender_is_writable_while_half_is_used_at_most)
{
	int fd[2], level, sndbuf;
	char block[100] = "";
	bool was_not = false;

	udp_pair(fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 2304));
	sndbuf = get_int(fd[0], SOL_SOCKET, SO_SNDBUF);
	level = watch(fd[0], EPOLLOUT);
	for (int i = 0; i < 30; i++) {
		bool room = outq(fd[0]) < sndbuf / 2;

		assert_writable(fd[0], level, room);
		was_not |= !room;
		assert_int_equal(send(fd[0], block, sizeof(block), MSG_MORE | MSG_DONTWAIT), sizeof(block));
	}
	assert_true(was_not);
	assert_int_equal(send(fd[0], block, 1, MSG_DONTWAIT), 1);
	assert_writable(fd[0], level, true);
	assert_ok(close(level));
	close_pair(fd);
}

/* A pair that is full for good, the reader's window closed. */
static void full_tcp(int fd[2], int lowat)
{
	int idle = 0;

	tcp_pair(fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 1 << 18));
	if (lowat)
		assert_ok(set_int(fd[0], IPPROTO_TCP, TCP_NOTSENT_LOWAT, lowat));
	while (idle < 3) {
		static char block[65536];

		if (send(fd[0], block, sizeof(block), MSG_DONTWAIT) > 0) {
			idle = 0;
		} else {
			assert_int_equal(errno, EAGAIN);
			idle++;
			settle();
			settle();
		}
	}
}

TEST(tcp_sender_is_writable_once_a_third_is_free)
{
	static char block[16384];
	int fd[2], level, edge, sndbuf;

	full_tcp(fd, 0);
	sndbuf = get_int(fd[0], SOL_SOCKET, SO_SNDBUF);
	level = watch(fd[0], EPOLLOUT);
	edge = watch(fd[0], EPOLLOUT | EPOLLET);
	assert_writable(fd[0], level, false);
	assert_int_equal(edges(edge), 0);
	while (ready(fd[0], POLLOUT) == 0) {
		/* What is queued costs more than its bytes: with two thirds and less of bytes it may be. */
		assert_true(meminfo(fd[0], SK_MEMINFO_WMEM_QUEUED) > (uint32_t)sndbuf / 2);
		assert_true(await(fd[1], POLLIN) & POLLIN);
		assert_true(recv(fd[1], block, sizeof(block), MSG_DONTWAIT) > 0);
		settle();
	}
	assert_true((uint32_t)sndbuf - meminfo(fd[0], SK_MEMINFO_WMEM_QUEUED) >=
		    meminfo(fd[0], SK_MEMINFO_WMEM_QUEUED) / 2);
	assert_writable(fd[0], level, true);
	assert_int_equal(edges(edge), 1);
	assert_int_equal(edges(edge), 0);
	assert_ok(close(level));
	assert_ok(close(edge));
	tcp_end(fd);
}

TEST(notsent_lowat_is_off_and_reads_back)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 0);
	assert_ok(set_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, 1000));
	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT), 1000);
	assert_ok(set_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT, -1));
	assert_int_equal(get_int(fd, IPPROTO_TCP, TCP_NOTSENT_LOWAT), -1);
	assert_ok(close(fd));
}

TEST(notsent_lowat_bounds_what_waits_to_be_sent)
{
	static char block[65536];
	int with[2], without[2], level;

	full_tcp(without, 0);
	full_tcp(with, 1000);
	assert_true(unsent(without[0]) > 2 * 65536);
	assert_true(unsent(with[0]) >= 1000 && unsent(with[0]) <= 65536);
	assert_fails(send(with[0], "x", 1, MSG_DONTWAIT), EAGAIN);
	level = watch(with[0], EPOLLOUT);
	assert_writable(with[0], level, false);
	while (recv(with[1], block, sizeof(block), MSG_DONTWAIT) > 0 || unsent(with[0]))
		settle();
	assert_writable(with[0], level, true);
	assert_int_equal(send(with[0], "x", 1, MSG_DONTWAIT), 1);
	assert_ok(close(level));
	tcp_end(with);
	tcp_end(without);
}

TEST(lifting_notsent_lowat_makes_room)
{
	int fd[2];

	full_tcp(fd, 1000);
	assert_int_equal(ready(fd[0], POLLOUT), 0);
	assert_ok(set_int(fd[0], IPPROTO_TCP, TCP_NOTSENT_LOWAT, -1));
	assert_int_equal(ready(fd[0], POLLOUT), POLLOUT);
	assert_int_equal(send(fd[0], "x", 1, MSG_DONTWAIT), 1);
	tcp_end(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(unix_messages_are_charged_by_what_they_take),
	DUAL_TEST(udp_datagrams_are_charged_to_their_receiver),
	DUAL_TEST(meminfo_gives_the_buffers_and_is_cut_to_the_room),
	DUAL_TEST(unix_sender_is_writable_while_a_quarter_is_used_at_most),
	DUAL_TEST(udp_sender_is_writable_while_half_is_used_at_most),
	DUAL_TEST(tcp_sender_is_writable_once_a_third_is_free),
	DUAL_TEST(notsent_lowat_is_off_and_reads_back),
	DUAL_TEST(notsent_lowat_bounds_what_waits_to_be_sent),
	DUAL_TEST(lifting_notsent_lowat_makes_room),
};

BEHAVIOUR_MAIN("send_room", tests)
