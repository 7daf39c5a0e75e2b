/* SPDX-License-Identifier: MIT */
/*
 * The switches for what the specification leaves open (docs/switches.md): each with a portable program, which
 * does well under every setting, and a naive one, which fails under one of them.
 */
#include "simsock_cmocka.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>

/* A program: does it do what it is for? */
typedef bool program(const char *kind);

static void assert_passes(program *p, const char *kind, const char *name, const char *value, bool expected)
{
	sim_sysctl("client", name, value);
	if (p(kind) != expected)
		fail_msg("%s=%s, %s: the program %s", name, value, kind, expected ? "fails" : "passes");
}

static volatile sig_atomic_t num_signals;

static void on_signal(int number)
{
	(void)number;
	num_signals++;
}

static void handle(int number)
{
	struct sigaction a = { .sa_handler = on_signal };

	num_signals = 0;
	assert_int_equal(sigaction(number, &a, NULL), 0);
}

static int new_socket(const char *kind)
{
	int fd = -1;

	if (strcmp(kind, "tcp") == 0)
		fd = socket(AF_INET, SOCK_STREAM, 0);
	else if (strcmp(kind, "udp") == 0)
		fd = socket(AF_INET, SOCK_DGRAM, 0);
	else if (strcmp(kind, "unix") == 0)
		fd = socket(AF_UNIX, SOCK_STREAM, 0);
	else if (strcmp(kind, "unix dgram") == 0)
		fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	else if (strcmp(kind, "unix seqpacket") == 0)
		fd = socket(AF_UNIX, SOCK_SEQPACKET, 0);
	assert_true(fd >= 0);
	return fd;
}

/* ---- simsock.eisconn ---- */

/* Sends to "the peer", by name, as a program for datagrams does, on a stream that is connected. */
static ssize_t send_to_somebody(int fd, const char *kind)
{
	struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons(7) };
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "\0somebody" };

	if (kind[0] == 't')
		return sendto(fd, "x", 1, 0, (struct sockaddr *)&in, sizeof(in));
	return sendto(fd, "x", 1, 0, (struct sockaddr *)&un, sizeof(sa_family_t) + 9);
}

static bool names_the_peer(const char *kind, bool falls_back)
{
	int fd[2];
	ssize_t n;

	sim_pair(fd, kind);
	n = send_to_somebody(fd[0], kind);
	if (n < 0 && errno == EISCONN && falls_back)
		n = send(fd[0], "x", 1, 0);
	close(fd[0]);
	close(fd[1]);
	return n == 1;
}

static bool names_the_peer_or_sends(const char *kind)
{
	return names_the_peer(kind, true);
}

static bool names_the_peer_only(const char *kind)
{
	return names_the_peer(kind, false);
}

static void a_recipient_on_a_connected_stream_is_refused_or_ignored(void **state)
{
	static const char *const values[] = { "linux", "always", "never" };
	static const char *const kinds[] = { "tcp", "unix", "unix seqpacket" };
	/* Linux ignores it on TCP and on sequenced packets. */
	static const bool naive[3][3] = { { true, false, true },
					  { false, false, false },
					  { true, true, true } };

	(void)state;
	for (int v = 0; v < 3; v++)
		for (int k = 0; k < 3; k++) {
			assert_passes(names_the_peer_or_sends, kinds[k], "simsock.eisconn", values[v], true);
			assert_passes(names_the_peer_only, kinds[k], "simsock.eisconn", values[v],
				      naive[v][k]);
		}
}

static void eisconn_by_the_switch_has_its_reason_and_sends_nothing(void **state)
{
	int fd[2];
	char b;

	(void)state;
	sim_sysctl("client", "simsock.eisconn", "always");
	sim_pair(fd, "tcp nonblock");
	assert_int_equal(send_to_somebody(fd[0], "tcp"), -1);
	sim_assert_why(EISCONN, "already-connected");
	assert_int_equal(recv(fd[1], &b, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	close(fd[0]);
	close(fd[1]);
}

/* ---- simsock.enobufs ---- */

/* Twenty datagrams onto a queue of four; careful: one that found no place is sent again. */
static bool floods(bool careful)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(9) };
	char block[1000] = "";
	int fd = new_socket("udp"), num = 0;

	sim_link("client", "server", "rate 1mbit limit 4");
	inet_pton(AF_INET, "10.0.0.2", &to.sin_addr);
	while (num < 20) {
		ssize_t n = sendto(fd, block, sizeof(block), 0, (struct sockaddr *)&to, sizeof(to));

		if (n == (ssize_t)sizeof(block))
			num++;
		else if (errno == ENOBUFS && careful)
			sim_advance("10ms");
		else
			break;
	}
	close(fd);
	return num == 20;
}

static bool floods_and_waits(const char *kind)
{
	(void)kind;
	return floods(true);
}

static bool floods_blindly(const char *kind)
{
	(void)kind;
	return floods(false);
}

static void a_full_queue_drops_or_is_reported(void **state)
{
	(void)state;
	assert_passes(floods_and_waits, "udp", "simsock.enobufs", "drop", true);
	assert_passes(floods_blindly, "udp", "simsock.enobufs", "drop", true);
	sim_advance("1s");
	assert_passes(floods_and_waits, "udp", "simsock.enobufs", "report", true);
	sim_advance("1s");
	assert_passes(floods_blindly, "udp", "simsock.enobufs", "report", false);
	sim_assert_why(ENOBUFS, "device-queue-full");
	sim_run();
}

/* ---- simsock.unconnected_send ---- */

static bool knows_not_connected(const char *kind, int one, int other)
{
	int fd = new_socket(kind);
	ssize_t n = send(fd, "x", 1, MSG_NOSIGNAL);
	bool known = n < 0 && (errno == one || errno == other);

	close(fd);
	return known;
}

static bool knows_both(const char *kind)
{
	return knows_not_connected(kind, ENOTCONN, EPIPE);
}

static bool knows_enotconn(const char *kind)
{
	return knows_not_connected(kind, ENOTCONN, ENOTCONN);
}

static bool knows_epipe(const char *kind)
{
	return knows_not_connected(kind, EPIPE, EPIPE);
}

static void an_unconnected_stream_gives_epipe_or_enotconn(void **state)
{
	static const char *const values[] = { "linux", "epipe", "enotconn" };
	static const char *const kinds[] = { "tcp", "unix", "unix seqpacket" };
	static const bool epipe[3][3] = { { true, false, false },
					  { true, true, true },
					  { false, false, false } };

	(void)state;
	for (int v = 0; v < 3; v++)
		for (int k = 0; k < 3; k++) {
			assert_passes(knows_both, kinds[k], "simsock.unconnected_send", values[v], true);
			assert_passes(knows_epipe, kinds[k], "simsock.unconnected_send", values[v],
				      epipe[v][k]);
			assert_passes(knows_enotconn, kinds[k], "simsock.unconnected_send", values[v],
				      !epipe[v][k]);
			sim_assert_why(epipe[v][k] ? EPIPE : ENOTCONN, "not-connected");
		}
}

/* ---- simsock.no_destination ---- */

static bool knows_edestaddrreq(const char *kind)
{
	return knows_not_connected(kind, EDESTADDRREQ, EDESTADDRREQ);
}

static bool knows_either(const char *kind)
{
	return knows_not_connected(kind, EDESTADDRREQ, ENOTCONN);
}

static void a_datagram_to_nobody_gives_edestaddrreq_or_enotconn(void **state)
{
	static const char *const values[] = { "linux", "edestaddrreq", "enotconn" };
	static const bool naive[3][2] = { { true, false }, { true, true }, { false, false } };

	(void)state;
	for (int v = 0; v < 3; v++)
		for (int k = 0; k < 2; k++) {
			const char *kind = k ? "unix dgram" : "udp";

			assert_passes(knows_either, kind, "simsock.no_destination", values[v], true);
			assert_passes(knows_edestaddrreq, kind, "simsock.no_destination", values[v],
				      naive[v][k]);
		}
}

/* ---- simsock.sigpipe ---- */

/* Writes to a reader that went; stops at the error, or (naive) when SIGPIPE comes. */
static bool stops(const char *kind, bool looks_at_results)
{
	int fd[2], num;

	handle(SIGPIPE);
	sim_pair(fd, kind);
	close(fd[1]);
	for (num = 0; num < 100 && !num_signals; num++)
		if (send(fd[0], "x", 1, 0) < 0 && errno == EPIPE && looks_at_results)
			break;
	close(fd[0]);
	return num < 100;
}

static bool stops_at_epipe(const char *kind)
{
	return stops(kind, true);
}

static bool stops_at_sigpipe(const char *kind)
{
	return stops(kind, false);
}

static void sigpipe_comes_or_is_suppressed(void **state)
{
	static const char *const kinds[] = { "tcp", "unix" };

	(void)state;
	for (int k = 0; k < 2; k++) {
		assert_passes(stops_at_epipe, kinds[k], "simsock.sigpipe", "raise", true);
		assert_passes(stops_at_epipe, kinds[k], "simsock.sigpipe", "suppress", true);
		assert_passes(stops_at_sigpipe, kinds[k], "simsock.sigpipe", "raise", true);
		assert_passes(stops_at_sigpipe, kinds[k], "simsock.sigpipe", "suppress", false);
	}
}

static void sigpipe_is_suppressed_per_socket_from_when_it_was_made(void **state)
{
	int quiet[2], loud[2];

	(void)state;
	handle(SIGPIPE);
	sim_sysctl("client", "simsock.sigpipe", "suppress");
	sim_pair(quiet, "unix");
	sim_sysctl("client", "simsock.sigpipe", "raise");
	sim_pair(loud, "unix");
	close(quiet[1]);
	close(loud[1]);
	assert_int_equal(send(quiet[0], "x", 1, 0), -1);
	assert_int_equal(errno, EPIPE);
	assert_int_equal(num_signals, 0);
	assert_int_equal(send(loud[0], "x", 1, 0), -1);
	assert_int_equal(num_signals, 1);
	close(quiet[0]);
	close(loud[0]);
}

/* ---- simsock.interrupted_send ---- */

static const char text[] = "abcdefghijklmnopqrst";

/* Blocking, as many do: after EINTR the same again. */
static void send_all_blocking(int fd)
{
	for (size_t at = 0; at < 20;) {
		ssize_t n = send(fd, text + at, 20 - at, 0);

		if (n > 0)
			at += (size_t)n;
		else
			assert_int_equal(errno, EINTR);
	}
}

/* Without waiting inside of send: nothing can be interrupted half way. */
static void send_all_polling(int fd)
{
	for (size_t at = 0; at < 20;) {
		struct pollfd p = { fd, POLLOUT, 0 };
		ssize_t n;

		if (poll(&p, 1, -1) < 0)
			continue;
		n = send(fd, text + at, 20 - at, MSG_DONTWAIT);
		if (n > 0)
			at += (size_t)n;
	}
}

static int reader_fd;

static void reads_late(void *arg)
{
	char b[64];

	(void)arg;
	sim_advance("2s");
	while (recv(reader_fd, b, sizeof(b), 0) > 0)
		continue;
}

/* A signal comes when 10 of 20 bytes are taken. Did the peer get what was sent, once? */
static bool survives_a_signal(const char *kind, void (*send_all)(int))
{
	char got[64];
	int fd[2];
	bool good;

	handle(SIGUSR1);
	sim_pair(fd, kind);
	sim_capacity(sim_fd(fd[0]), 10);
	sim_at("+1s", "signal client SIGUSR1");
	reader_fd = fd[1];
	sim_spawn("client", reads_late, NULL);
	send_all(fd[0]);
	sim_advance("3s");
	assert_true(num_signals > 0);
	good = sim_sent(sim_fd(fd[0]), got, sizeof(got)) == 20 && memcmp(got, text, 20) == 0;
	close(fd[0]);
	sim_advance("1s");
	return good;
}

static bool polls(const char *kind)
{
	return survives_a_signal(kind, send_all_polling);
}

static bool blocks(const char *kind)
{
	return survives_a_signal(kind, send_all_blocking);
}

static void a_send_interrupted_half_way_gives_the_count_or_eintr(void **state)
{
	static const char *const kinds[] = { "tcp", "unix" };

	(void)state;
	for (int k = 0; k < 2; k++) {
		assert_passes(polls, kinds[k], "simsock.interrupted_send", "count", true);
		assert_passes(polls, kinds[k], "simsock.interrupted_send", "eintr", true);
		assert_passes(blocks, kinds[k], "simsock.interrupted_send", "count", true);
		assert_passes(blocks, kinds[k], "simsock.interrupted_send", "eintr", false);
	}
}

/* ---- simsock.seqpacket_eor ---- */

static int flags_of_a_record(const char *kind, int flags)
{
	char b[8];
	struct iovec part = { b, sizeof(b) };
	struct msghdr h = { .msg_iov = &part, .msg_iovlen = 1 };
	int fd[2];

	sim_pair(fd, kind);
	assert_int_equal(send(fd[0], "ab", 2, flags), 2);
	assert_int_equal(recvmsg(fd[1], &h, 0), 2);
	close(fd[0]);
	close(fd[1]);
	return h.msg_flags & ~MSG_CMSG_CLOEXEC;
}

/* What a recvmsg() gives is a record. */
static bool knows_records(const char *kind)
{
	return !(flags_of_a_record(kind, MSG_EOR) & MSG_TRUNC);
}

/* A record goes on until MSG_EOR. */
static bool waits_for_eor(const char *kind)
{
	return (flags_of_a_record(kind, MSG_EOR) & MSG_EOR) != 0;
}

static void the_end_of_a_record_is_hidden_or_shown(void **state)
{
	const char *kind = "unix seqpacket";

	(void)state;
	assert_passes(knows_records, kind, "simsock.seqpacket_eor", "hide", true);
	assert_passes(knows_records, kind, "simsock.seqpacket_eor", "show", true);
	assert_passes(waits_for_eor, kind, "simsock.seqpacket_eor", "hide", false);
	assert_passes(waits_for_eor, kind, "simsock.seqpacket_eor", "show", true);
	sim_sysctl("client", "simsock.seqpacket_eor", "show");
	assert_int_equal(flags_of_a_record(kind, 0), 0);
	assert_int_equal(flags_of_a_record("unix dgram", MSG_EOR), 0);
}

/* ---- simsock.link_down ---- */

static bool keeps_for_later(const char *kind, int err)
{
	int fd[2];
	ssize_t n;

	sim_ip("client", "link set dev eth0 up");
	sim_pair(fd, kind);
	sim_ip("client", "link set dev eth0 down");
	n = send(fd[0], "x", 1, 0);
	if (n < 0 && errno != err && (err || (errno != ENETUNREACH && errno != ENETDOWN)))
		return false;
	sim_ip("client", "link set dev eth0 up");
	return send(fd[0], "x", 1, 0) == 1;
}

static bool waits_for_enetunreach(const char *kind)
{
	return keeps_for_later(kind, ENETUNREACH);
}

static bool waits_for_either(const char *kind)
{
	return keeps_for_later(kind, 0);
}

static void a_link_that_is_down_gives_enetunreach_or_enetdown(void **state)
{
	(void)state;
	assert_passes(waits_for_either, "udp", "simsock.link_down", "enetunreach", true);
	assert_passes(waits_for_enetunreach, "udp", "simsock.link_down", "enetunreach", true);
	assert_passes(waits_for_either, "udp", "simsock.link_down", "enetdown", true);
	assert_passes(waits_for_enetunreach, "udp", "simsock.link_down", "enetdown", false);
	sim_assert_why(ENETDOWN, "link-down");
}

/* ---- when, where ---- */

static void a_switch_can_be_thrown_at_a_time_and_holds_for_its_host(void **state)
{
	(void)state;
	sim_at("+1s", "sysctl client simsock.unconnected_send enotconn");
	sim_sysctl("server", "simsock.unconnected_send", "enotconn");
	assert_true(knows_epipe("tcp"));
	sim_advance("2s");
	assert_true(knows_enotconn("tcp"));
	sim_sysctl("client", "simsock.unconnected_send", "0");
	assert_true(knows_epipe("tcp"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(a_recipient_on_a_connected_stream_is_refused_or_ignored),
		sim_test(eisconn_by_the_switch_has_its_reason_and_sends_nothing),
		sim_test(a_full_queue_drops_or_is_reported),
		sim_test(an_unconnected_stream_gives_epipe_or_enotconn),
		sim_test(a_datagram_to_nobody_gives_edestaddrreq_or_enotconn),
		sim_test(sigpipe_comes_or_is_suppressed),
		sim_test(sigpipe_is_suppressed_per_socket_from_when_it_was_made),
		sim_test(a_send_interrupted_half_way_gives_the_count_or_eintr),
		sim_test(the_end_of_a_record_is_hidden_or_shown),
		sim_test(a_link_that_is_down_gives_enetunreach_or_enetdown),
		sim_test(a_switch_can_be_thrown_at_a_time_and_holds_for_its_host),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
