/* SPDX-License-Identifier: MIT */
/*
 * Buffers of TCP sockets: SO_SNDBUF and SO_RCVBUF of socket(7) and tcp(7), what a full buffer does to send(2)
 * and poll(2), a closed window and its recovery. Sizes that follow from sysctls state the defaults of
 * Linux 6.18. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <linux/sockios.h>
#include <sys/ioctl.h>

enum {
	SNDBUF_MIN = 4608,        /* 2 * (2048 + the size of a packet's control block) */
	RCVBUF_MIN = 2304,        /* 2048 + the size of a packet's control block */
	BUFFER_MAX = 2 * 4194304, /* net.core.wmem_max and rmem_max, doubled */
	TCP_SNDBUF = 16384,       /* net.ipv4.tcp_wmem[1] */
	TCP_RCVBUF = 131072,      /* net.ipv4.tcp_rmem[1] */
};

/* A pair whose buffers have these values, asked for before the connection is made; 0 leaves the default. */
static void sized_pair(int fd[2], int sndbuf, int rcvbuf)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);

	if (rcvbuf)
		assert_ok(set_int(listener, SOL_SOCKET, SO_RCVBUF, rcvbuf));
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	if (sndbuf)
		assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, sndbuf));
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	assert_true(fd[1] >= 0);
	assert_ok(close(listener));
}

/* Sends the pattern until it stays full; gives how much of it was taken. */
static size_t fill_pattern(int fd)
{
	static unsigned char block[4096];
	size_t total = 0;
	int refusals = 0;

	while (refusals < 3) {
		ssize_t n;

		pattern_fill(block, sizeof(block), total);
		n = send(fd, block, sizeof(block), MSG_DONTWAIT);
		if (n > 0) {
			total += (size_t)n;
			refusals = 0;
			continue;
		}
		assert_int_equal(n, -1);
		assert_int_equal(errno, EAGAIN);
		refusals++;
		settle();
	}
	return total;
}

static void read_pattern(int fd, size_t from, size_t len)
{
	static unsigned char block[65536];

	while (len) {
		ssize_t n;

		assert_true(await(fd, POLLIN) & POLLIN);
		n = recv(fd, block, len < sizeof(block) ? len : sizeof(block), MSG_DONTWAIT);
		assert_true(n > 0);
		assert_true(pattern_holds(block, (size_t)n, from));
		from += (size_t)n;
		len -= (size_t)n;
	}
}

static unsigned unacknowledged(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	assert_ok(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len));
	return info.tcpi_unacked;
}

/* Fills, waits for the acknowledgements that the peer delays, fills again: full until the peer reads. */
static size_t fill_for_good(int fd, size_t chunk)
{
	size_t total = 0, more;

	do {
		more = fill(fd, chunk);
		total += more;
		for (int tries = 0; tries < 100 && unacknowledged(fd); tries++)
			settle();
		assert_int_equal(unacknowledged(fd), 0);
	} while (more);
	return total;
}

TEST(fresh_socket_has_the_default_buffers)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(get_int(fd, SOL_SOCKET, SO_SNDBUF), TCP_SNDBUF);
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVBUF), TCP_RCVBUF);
	assert_ok(close(fd));
}

TEST(datagram_and_unix_sockets_have_the_core_default)
{
	int udp = new_socket(AF_INET, SOCK_DGRAM), local = new_socket(AF_UNIX, SOCK_STREAM);

	assert_int_equal(get_int(udp, SOL_SOCKET, SO_SNDBUF), 212992);
	assert_int_equal(get_int(udp, SOL_SOCKET, SO_RCVBUF), 212992);
	assert_int_equal(get_int(local, SOL_SOCKET, SO_SNDBUF), 212992);
	assert_int_equal(get_int(local, SOL_SOCKET, SO_RCVBUF), 212992);
	assert_ok(close(udp));
	assert_ok(close(local));
}

TEST(value_asked_for_is_doubled)
{
	static const int domains[] = { AF_INET, AF_INET6, AF_UNIX };

	for (int i = 0; i < 3; i++) {
		int fd = new_socket(domains[i], SOCK_STREAM);

		assert_ok(set_int(fd, SOL_SOCKET, SO_SNDBUF, 10000));
		assert_ok(set_int(fd, SOL_SOCKET, SO_RCVBUF, 10001));
		assert_int_equal(get_int(fd, SOL_SOCKET, SO_SNDBUF), 20000);
		assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVBUF), 20002);
		assert_ok(close(fd));
	}
}

TEST(value_too_small_becomes_the_minimum)
{
	static const int small[] = { 0, 1, 1000 };
	int fd = new_socket(AF_INET, SOCK_STREAM);

	for (int i = 0; i < 3; i++) {
		assert_ok(set_int(fd, SOL_SOCKET, SO_SNDBUF, small[i]));
		assert_ok(set_int(fd, SOL_SOCKET, SO_RCVBUF, small[i]));
		assert_int_equal(get_int(fd, SOL_SOCKET, SO_SNDBUF), SNDBUF_MIN);
		assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVBUF), RCVBUF_MIN);
	}
	assert_ok(set_int(fd, SOL_SOCKET, SO_SNDBUF, SNDBUF_MIN / 2 + 1));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_SNDBUF), SNDBUF_MIN + 2);
	assert_ok(set_int(fd, SOL_SOCKET, SO_RCVBUF, RCVBUF_MIN / 2 + 1));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVBUF), RCVBUF_MIN + 2);
	assert_ok(close(fd));
}

TEST(value_too_large_becomes_the_maximum)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(set_int(fd, SOL_SOCKET, SO_SNDBUF, BUFFER_MAX));
	assert_ok(set_int(fd, SOL_SOCKET, SO_RCVBUF, INT32_MAX));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_SNDBUF), BUFFER_MAX);
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVBUF), BUFFER_MAX);
	assert_ok(close(fd));
}

TEST(negative_value_becomes_the_maximum)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(set_int(fd, SOL_SOCKET, SO_SNDBUF, -1));
	assert_ok(set_int(fd, SOL_SOCKET, SO_RCVBUF, INT32_MIN));
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_SNDBUF), BUFFER_MAX);
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_RCVBUF), BUFFER_MAX);
	assert_ok(close(fd));
}

TEST(force_needs_a_privilege)
{
	int fd;

	if (geteuid() == 0)
		skip();
	fd = new_socket(AF_INET, SOCK_STREAM);
	assert_fails(set_int(fd, SOL_SOCKET, SO_SNDBUFFORCE, 10000), EPERM);
	assert_fails(set_int(fd, SOL_SOCKET, SO_RCVBUFFORCE, 10000), EPERM);
	assert_ok(close(fd));
}

TEST(connecting_grows_a_send_buffer_that_nobody_set)
{
	int fd[2];

	tcp_pair(fd);
	assert_true(get_int(fd[0], SOL_SOCKET, SO_SNDBUF) > TCP_SNDBUF);
	assert_true(get_int(fd[1], SOL_SOCKET, SO_SNDBUF) > TCP_SNDBUF);
	assert_int_equal(get_int(fd[0], SOL_SOCKET, SO_RCVBUF), TCP_RCVBUF);
	tcp_end(fd);
}

TEST(connecting_leaves_a_send_buffer_that_was_set)
{
	int fd[2];

	sized_pair(fd, 8000, 0);
	assert_int_equal(get_int(fd[0], SOL_SOCKET, SO_SNDBUF), 16000);
	tcp_end(fd);
}

TEST(accepted_socket_inherits_the_listeners_buffers)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd[2];

	assert_ok(set_int(listener, SOL_SOCKET, SO_SNDBUF, 7000));
	assert_ok(set_int(listener, SOL_SOCKET, SO_RCVBUF, 9000));
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	assert_int_equal(get_int(fd[1], SOL_SOCKET, SO_SNDBUF), 14000);
	assert_int_equal(get_int(fd[1], SOL_SOCKET, SO_RCVBUF), 18000);
	tcp_end(fd);
	assert_ok(close(listener));
}

TEST(full_buffer_is_eagain)
{
	int fd[2];

	sized_pair(fd, 4096, 4096);
	set_nonblock(fd[0]);
	fill_for_good(fd[0], 4096);
	assert_fails(send(fd[0], "x", 1, 0), EAGAIN);
	assert_fails(write(fd[0], "x", 1), EAGAIN);
	tcp_end(fd);
}

TEST(full_buffer_is_eagain_with_msg_dontwait_on_a_blocking_socket)
{
	int fd[2];

	sized_pair(fd, 4096, 4096);
	fill_for_good(fd[0], 4096);
	assert_fails(send(fd[0], "x", 1, MSG_DONTWAIT), EAGAIN);
	assert_int_equal(fcntl(fd[0], F_GETFL) & O_NONBLOCK, 0);
	tcp_end(fd);
}

TEST(eagain_raises_no_signal_and_leaves_no_error)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	sized_pair(fd, 4096, 4096);
	fill_for_good(fd[0], 4096);
	assert_fails(send(fd[0], "x", 1, MSG_DONTWAIT), EAGAIN);
	assert_int_equal(signals_seen, 0);
	assert_int_equal(pending_error(fd[0]), 0);
	tcp_end(fd);
	signal_restore(SIGPIPE, before);
}

TEST(send_of_nothing_succeeds_on_a_full_buffer)
{
	int fd[2];

	sized_pair(fd, 4096, 4096);
	fill(fd[0], 4096);
	assert_int_equal(send(fd[0], "", 0, MSG_DONTWAIT), 0);
	tcp_end(fd);
}

TEST(nonblocking_send_over_the_room_takes_a_prefix)
{
	static unsigned char block[1 << 20];
	int fd[2];
	ssize_t n;

	sized_pair(fd, 8192, 8192);
	pattern_fill(block, sizeof(block), 0);
	n = send(fd[0], block, sizeof(block), MSG_DONTWAIT);
	assert_true(n > 0 && n < (ssize_t)sizeof(block));
	read_pattern(fd[1], 0, (size_t)n);
	settle();
	assert_fails(recv(fd[1], block, 1, MSG_DONTWAIT), EAGAIN);
	tcp_end(fd);
}

TEST(nonblocking_writev_over_the_room_counts_across_its_parts)
{
	static unsigned char block[1 << 20];
	struct iovec iov[4];
	int fd[2];
	ssize_t n;

	sized_pair(fd, 8192, 8192);
	set_nonblock(fd[0]);
	pattern_fill(block, sizeof(block), 0);
	for (size_t i = 0; i < 4; i++) {
		iov[i].iov_base = block + i * 3000;
		iov[i].iov_len = i == 3 ? sizeof(block) - 9000 : 3000;
	}
	n = writev(fd[0], iov, 4);
	assert_true(n > 0 && n < (ssize_t)sizeof(block));
	read_pattern(fd[1], 0, (size_t)n);
	tcp_end(fd);
}

TEST(small_sndbuf_alone_leaves_the_peers_buffer_to_fill)
{
	int fd[2];

	sized_pair(fd, 1, 0);
	assert_in_range(fill(fd[0], 1000), 32768, 131072);
	tcp_end(fd);
}

TEST(small_buffers_on_both_sides_hold_little)
{
	int fd[2];

	sized_pair(fd, 1, 1);
	assert_in_range(fill_for_good(fd[0], 1000), 1000, 8192);
	tcp_end(fd);
}

TEST(larger_sndbuf_holds_more_when_the_window_is_closed)
{
	int small[2], large[2];
	size_t few, many;

	sized_pair(small, 4096, 4096);
	sized_pair(large, 65536, 4096);
	few = fill_for_good(small[0], 4096);
	many = fill_for_good(large[0], 4096);
	assert_true(many > few + 16384);
	tcp_end(small);
	tcp_end(large);
}

TEST(default_buffers_hold_megabytes_at_most)
{
	int fd[2];

	tcp_pair(fd);
	assert_in_range(fill(fd[0], 65536), 65536, 16 << 20);
	tcp_end(fd);
}

TEST(full_buffer_is_not_writable)
{
	int fd[2];

	sized_pair(fd, 4096, 4096);
	assert_int_equal(ready(fd[0], POLLOUT), POLLOUT);
	fill_for_good(fd[0], 4096);
	assert_int_equal(ready(fd[0], POLLIN | POLLOUT), 0);
	tcp_end(fd);
}

TEST(one_byte_read_does_not_make_a_full_sender_writable)
{
	char b;
	int fd[2];

	sized_pair(fd, 32768, 32768);
	fill_for_good(fd[0], 4096);
	assert_int_equal(recv(fd[1], &b, 1, 0), 1);
	settle();
	assert_int_equal(ready(fd[0], POLLOUT), 0);
	assert_fails(send(fd[0], "x", 1, MSG_DONTWAIT), EAGAIN);
	tcp_end(fd);
}

TEST(reading_everything_makes_the_sender_writable_again)
{
	int fd[2];
	size_t taken;

	sized_pair(fd, 8192, 8192);
	taken = fill(fd[0], 4096);
	discard(fd[1], taken);
	assert_int_equal(await(fd[0], POLLOUT), POLLOUT);
	assert_int_equal(send(fd[0], "x", 1, MSG_DONTWAIT), 1);
	discard(fd[1], 1);
	tcp_end(fd);
}

TEST(closed_window_reopens_and_no_byte_is_lost)
{
	int fd[2];
	size_t first, second;

	sized_pair(fd, 8192, 8192);
	first = fill_pattern(fd[0]);
	read_pattern(fd[1], 0, first);
	await(fd[0], POLLOUT);
	second = fill_pattern(fd[0]);
	assert_true(second >= first / 2);
	read_pattern(fd[1], 0, second);
	tcp_end(fd);
}

TEST(full_direction_does_not_stop_the_other)
{
	char b[8];
	int fd[2];

	sized_pair(fd, 4096, 4096);
	fill(fd[0], 4096);
	assert_int_equal(send(fd[1], "back", 4, MSG_DONTWAIT), 4);
	assert_true(await(fd[0], POLLIN) & POLLIN);
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 4);
	tcp_end(fd);
}

TEST(both_directions_can_be_full_at_once)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd[2];

	assert_ok(set_int(listener, SOL_SOCKET, SO_SNDBUF, 4096));
	assert_ok(set_int(listener, SOL_SOCKET, SO_RCVBUF, 4096));
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 4096));
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_RCVBUF, 4096));
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	fill_for_good(fd[0], 1000);
	fill_for_good(fd[1], 1000);
	assert_int_equal(ready(fd[0], POLLIN | POLLOUT), POLLIN);
	assert_int_equal(ready(fd[1], POLLIN | POLLOUT), POLLIN);
	tcp_end(fd);
	assert_ok(close(listener));
}

TEST(unread_and_unsent_bytes_add_up_to_what_was_taken)
{
	int fd[2], unread, queued;
	size_t taken;

	sized_pair(fd, 8192, 8192);
	taken = fill_for_good(fd[0], 4096);
	assert_ok(ioctl(fd[1], SIOCINQ, &unread));
	assert_ok(ioctl(fd[0], SIOCOUTQ, &queued));
	assert_true(unread > 0);
	assert_true(queued > 0);
	assert_int_equal((size_t)unread + (size_t)queued, taken);
	tcp_end(fd);
}

TEST(siocoutqnsd_counts_what_was_never_sent)
{
	int fd[2], queued, unsent;

	sized_pair(fd, 16384, 4096);
	fill_for_good(fd[0], 4096);
	assert_ok(ioctl(fd[0], SIOCOUTQ, &queued));
	assert_ok(ioctl(fd[0], SIOCOUTQNSD, &unsent));
	assert_true(unsent > 0);
	assert_true(unsent <= queued);
	tcp_end(fd);
}

TEST(full_buffer_is_delivered_after_shut_wr)
{
	char b;
	int fd[2];
	size_t taken;

	sized_pair(fd, 8192, 8192);
	taken = fill_pattern(fd[0]);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_fails(send(fd[0], "x", 1, MSG_DONTWAIT | MSG_NOSIGNAL), EPIPE);
	read_pattern(fd[1], 0, taken);
	assert_true(await(fd[1], POLLIN) & POLLIN);
	assert_int_equal(recv(fd[1], &b, 1, 0), 0);
	tcp_end(fd);
}

TEST(full_buffer_is_delivered_after_close)
{
	char b;
	int fd[2];
	size_t taken;

	sized_pair(fd, 8192, 8192);
	taken = fill_pattern(fd[0]);
	assert_ok(close(fd[0]));
	read_pattern(fd[1], 0, taken);
	assert_true(await(fd[1], POLLIN) & POLLIN);
	assert_int_equal(recv(fd[1], &b, 1, 0), 0);
	assert_ok(close(fd[1]));
}

TEST(smaller_rcvbuf_keeps_what_is_queued)
{
	int fd[2];
	size_t taken;

	sized_pair(fd, 8192, 32768);
	taken = fill_pattern(fd[0]);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_RCVBUF, 1));
	read_pattern(fd[1], 0, taken);
	tcp_end(fd);
}

TEST(larger_sndbuf_makes_room_at_once)
{
	int fd[2];

	sized_pair(fd, 4096, 4096);
	fill_for_good(fd[0], 4096);
	assert_fails(send(fd[0], "x", 1, MSG_DONTWAIT), EAGAIN);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 131072));
	assert_int_equal(ready(fd[0], POLLOUT), POLLOUT);
	assert_int_equal(send(fd[0], "x", 1, MSG_DONTWAIT), 1);
	tcp_end(fd);
}

TEST(closed_window_does_not_reset_or_end)
{
	int fd[2];
	size_t taken;

	sized_pair(fd, 4096, 4096);
	taken = fill_for_good(fd[0], 4096);
	settle();
	assert_int_equal(ready(fd[0], POLLIN | POLLOUT | POLLRDHUP), 0);
	assert_int_equal(ready(fd[1], POLLIN | POLLRDHUP), POLLIN);
	discard(fd[1], taken);
	tcp_end(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(fresh_socket_has_the_default_buffers),
	DUAL_TEST(datagram_and_unix_sockets_have_the_core_default),
	DUAL_TEST(value_asked_for_is_doubled),
	DUAL_TEST(value_too_small_becomes_the_minimum),
	DUAL_TEST(value_too_large_becomes_the_maximum),
	DUAL_TEST(negative_value_becomes_the_maximum),
	DUAL_TEST(force_needs_a_privilege),
	DUAL_TEST(connecting_grows_a_send_buffer_that_nobody_set),
	DUAL_TEST(connecting_leaves_a_send_buffer_that_was_set),
	DUAL_TEST(accepted_socket_inherits_the_listeners_buffers),
	DUAL_TEST(full_buffer_is_eagain),
	DUAL_TEST(full_buffer_is_eagain_with_msg_dontwait_on_a_blocking_socket),
	DUAL_TEST(eagain_raises_no_signal_and_leaves_no_error),
	DUAL_TEST(send_of_nothing_succeeds_on_a_full_buffer),
	DUAL_TEST(nonblocking_send_over_the_room_takes_a_prefix),
	DUAL_TEST(nonblocking_writev_over_the_room_counts_across_its_parts),
	DUAL_TEST(small_sndbuf_alone_leaves_the_peers_buffer_to_fill),
	DUAL_TEST(small_buffers_on_both_sides_hold_little),
	DUAL_TEST(larger_sndbuf_holds_more_when_the_window_is_closed),
	DUAL_TEST(default_buffers_hold_megabytes_at_most),
	DUAL_TEST(full_buffer_is_not_writable),
	DUAL_TEST(one_byte_read_does_not_make_a_full_sender_writable),
	DUAL_TEST(reading_everything_makes_the_sender_writable_again),
	DUAL_TEST(closed_window_reopens_and_no_byte_is_lost),
	DUAL_TEST(full_direction_does_not_stop_the_other),
	DUAL_TEST(both_directions_can_be_full_at_once),
	DUAL_TEST(unread_and_unsent_bytes_add_up_to_what_was_taken),
	DUAL_TEST(siocoutqnsd_counts_what_was_never_sent),
	DUAL_TEST(full_buffer_is_delivered_after_shut_wr),
	DUAL_TEST(full_buffer_is_delivered_after_close),
	DUAL_TEST(smaller_rcvbuf_keeps_what_is_queued),
	DUAL_TEST(larger_sndbuf_makes_room_at_once),
	DUAL_TEST(closed_window_does_not_reset_or_end),
};

BEHAVIOUR_MAIN("tcp_buffers", tests)
