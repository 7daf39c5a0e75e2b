/* SPDX-License-Identifier: MIT */
/* Built-in peers, sim_peer(): every service on every transport, many at a time, slow and bad links, ends. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/libc/kernel.h"
#include "simsock_cmocka.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define MS INT64_C(1000000)
enum { MANY = 200, BIG_BYTES = 300000, PORT = 7 };

/* ---- who talks to them ---- */

static int connect_from(int type, const char *address, int port)
{
	struct sockaddr_in v4 = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
	bool is_v4 = inet_pton(AF_INET, address, &v4.sin_addr) == 1;
	int fd = socket(is_v4 ? AF_INET : AF_INET6, type, 0);

	assert_true(fd >= 0);
	if (!is_v4)
		assert_int_equal(inet_pton(AF_INET6, address, &v6.sin6_addr), 1);
	assert_int_equal(connect(fd, is_v4 ? (struct sockaddr *)&v4 : (struct sockaddr *)&v6,
				 is_v4 ? sizeof v4 : sizeof v6),
			 0);
	return fd;
}

static int connect_to(const char *address, int port)
{
	return connect_from(SOCK_STREAM, address, port);
}

/* "@name" or a path. */
static struct sockaddr_un un_of(const char *path, socklen_t *len)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	size_t n = strlen(path);

	memcpy(a.sun_path, path, n);
	if (path[0] == '@')
		a.sun_path[0] = '\0';
	*len = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + n + (path[0] != '@'));
	return a;
}

static int connect_unix(int type, const char *path)
{
	socklen_t len;
	struct sockaddr_un a = un_of(path, &len);
	int fd = socket(AF_UNIX, type, 0);

	assert_true(fd >= 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, len), 0);
	return fd;
}

static void assert_sends(int fd, const void *bytes, size_t len)
{
	assert_int_equal(send(fd, bytes, len, 0), len);
}

static void assert_reads(int fd, const void *bytes, size_t len)
{
	unsigned char *got = malloc(len + 1);

	assert_int_equal(recv(fd, got, len, MSG_WAITALL), len);
	assert_memory_equal(got, bytes, len);
	free(got);
}

static void assert_echoes(int fd)
{
	assert_sends(fd, "hello", 5);
	assert_reads(fd, "hello", 5);
}

static void assert_ended(int fd)
{
	char b;

	assert_int_equal(recv(fd, &b, 1, 0), 0);
	close(fd);
}

/* A directory of the test's own, and a path in it; removed by remove_all(). */
static char folder[64];

static const char *in_folder(const char *name)
{
	static char path[128];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	return path;
}

static int make_folder(void **state)
{
	(void)state;
	snprintf(folder, sizeof folder, "/tmp/simsock.XXXXXX");
	return mkdtemp(folder) ? 0 : -1;
}

static int remove_folder(void **state)
{
	(void)state;
	return rmdir(folder);
}

static void write_file(const char *name, const char *text)
{
	FILE *f = fopen(in_folder(name), "w");

	assert_non_null(f);
	fputs(text, f);
	assert_int_equal(fclose(f), 0);
}

static const char *unix_addr(const char *kind, const char *path)
{
	static char addr[160];

	snprintf(addr, sizeof addr, "%s:%s", kind, path);
	return addr;
}

/* ---- addresses ---- */

static void a_host_is_all_its_addresses(void **state)
{
	static const char *const addresses[] = { "10.0.0.2", "fd00::2", "10.0.0.9" };

	(void)state;
	sim_host("server", "10.0.0.9/24");
	sim_peer("server:7", "echo");
	sim_peer("udp:server:7", "echo");
	for (int i = 0; i < 6; i++) {
		int fd = connect_from(i % 2 ? SOCK_DGRAM : SOCK_STREAM, addresses[i / 2], PORT);

		/* A connected UDP socket takes an answer from nowhere else. */
		assert_echoes(fd);
		close(fd);
	}
}

static void an_address_is_that_one_alone(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	sim_host("server", "10.0.0.9/24");
	sim_peer("10.0.0.9:7", "echo");
	sim_peer("tcp:[fd00::2]:7", "do send six");
	inet_pton(AF_INET, "10.0.0.2", &a.sin_addr);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), -1);
	assert_int_equal(errno, ECONNREFUSED);
	close(fd);
	fd = connect_to("10.0.0.9", PORT);
	assert_echoes(fd);
	close(fd);
	fd = connect_to("fd00::2", PORT);
	assert_reads(fd, "six", 3);
	close(fd);
}

static void localhost_is_the_callers_host(void **state)
{
	static const char *const at[] = { "localhost:7", "127.0.0.1:8", "[::1]:9" };
	static const char *const address[] = { "127.0.0.1", "127.0.0.1", "::1" };

	(void)state;
	for (int i = 0; i < 3; i++) {
		int fd;

		sim_peer(at[i], "echo");
		fd = connect_to(address[i], PORT + i);
		assert_echoes(fd);
		close(fd);
	}
}

static void a_port_may_be_a_services_name(void **state)
{
	int fd;

	(void)state;
	/* It is in /etc/services, or nowhere. */
	if (!getservbyname("echo", "tcp"))
		return;
	sim_peer("server:echo", "echo");
	fd = connect_to("10.0.0.2", 7);
	assert_echoes(fd);
	close(fd);
}

/* ---- echo, discard, chargen ---- */

static void echo_on_every_stream(void **state)
{
	int fds[4];

	(void)state;
	sim_peer("tcp:server:7", "echo");
	sim_peer("unix:@echo", "echo");
	sim_peer(unix_addr("unix", in_folder("s")), "echo");
	fds[0] = connect_to("10.0.0.2", PORT);
	fds[1] = connect_to("fd00::2", PORT);
	fds[2] = connect_unix(SOCK_STREAM, "@echo");
	fds[3] = connect_unix(SOCK_STREAM, in_folder("s"));
	for (int i = 0; i < 4; i++) {
		assert_echoes(fds[i]);
		/* It ends when the other side does, and not before it has sent all. */
		assert_sends(fds[i], "last", 4);
		assert_int_equal(shutdown(fds[i], SHUT_WR), 0);
		assert_reads(fds[i], "last", 4);
		assert_ended(fds[i]);
	}
	unlink(in_folder("s"));
}

static void discard_reads_and_says_nothing(void **state)
{
	static char big[BIG_BYTES];
	int fds[2];

	(void)state;
	sim_peer("server:9", "discard");
	sim_peer("unix:@discard", "discard");
	fds[0] = connect_to("10.0.0.2", 9);
	fds[1] = connect_unix(SOCK_STREAM, "@discard");
	for (int i = 0; i < 2; i++) {
		assert_sends(fds[i], big, sizeof big);
		assert_int_equal(shutdown(fds[i], SHUT_WR), 0);
		assert_ended(fds[i]);
	}
	assert_int_equal(sim_delivered("client tcp", NULL, 0), sizeof big);
}

/* RFC 864, computed another way than the peer does it: line N begins with the Nth of the 95, 72 long. */
static void write_pattern(char *to, size_t num_lines)
{
	for (size_t n = 0; n < num_lines; n++) {
		for (size_t i = 0; i < 72; i++)
			*to++ = (char)(0x20 + (n + i) % 95);
		*to++ = '\r';
		*to++ = '\n';
	}
}

static void chargen_goes_on_until_the_reader_closes(void **state)
{
	static char expected[1000 * 74];
	int fds[3];

	(void)state;
	write_pattern(expected, 1000);
	sim_peer("server:19", "chargen");
	sim_peer("unix:@chargen", "chargen");
	fds[0] = connect_to("10.0.0.2", 19);
	fds[1] = connect_to("fd00::2", 19);
	fds[2] = connect_unix(SOCK_STREAM, "@chargen");
	for (int i = 0; i < 3; i++) {
		/* What is sent to it is thrown away, and the end of our side is none of its. */
		assert_sends(fds[i], "whatever", 8);
		if (i)
			assert_int_equal(shutdown(fds[i], SHUT_WR), 0);
		assert_reads(fds[i], expected, sizeof expected);
		close(fds[i]);
	}
	sim_run();
	assert_null(strstr(sim_sockets(), "ESTAB"));
}

static void chargen_is_ended_by_a_reset(void **state)
{
	struct linger now = { 1, 0 };
	char b[100];
	int fd;

	(void)state;
	sim_link("client", "server", "delay 5ms");
	sim_peer("server:19", "chargen");
	fd = connect_to("10.0.0.2", 19);
	assert_int_equal(recv(fd, b, sizeof b, MSG_WAITALL), sizeof b);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof now), 0);
	close(fd);
	sim_run();
	assert_null(strstr(sim_sockets(), "ESTAB"));
	fd = connect_to("10.0.0.2", 19);
	assert_int_equal(recv(fd, b, sizeof b, MSG_WAITALL), sizeof b);
	close(fd);
}

/* ---- datagrams ---- */

static void udp_echoes_datagrams_whole_empty_ones_too(void **state)
{
	static const char *const addresses[] = { "10.0.0.2", "fd00::2" };
	static char big[60000], got[65536];

	(void)state;
	memset(big, 'x', sizeof big);
	sim_peer("udp:server:7", "echo");
	for (int i = 0; i < 2; i++) {
		int fd = connect_from(SOCK_DGRAM, addresses[i], PORT);

		assert_sends(fd, "", 0);
		assert_sends(fd, "a", 1);
		assert_sends(fd, big, sizeof big);
		assert_int_equal(recv(fd, got, sizeof got, 0), 0);
		assert_int_equal(recv(fd, got, sizeof got, 0), 1);
		assert_int_equal(recv(fd, got, sizeof got, 0), sizeof big);
		assert_memory_equal(got, big, sizeof big);
		close(fd);
	}
}

static void udp_discard_answers_nothing(void **state)
{
	int fd;

	(void)state;
	sim_peer("udp:server:9", "discard");
	fd = connect_from(SOCK_DGRAM, "10.0.0.2", 9);
	assert_sends(fd, "a", 1);
	assert_sends(fd, "", 0);
	sim_run();
	assert_int_equal(recv(fd, NULL, 0, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	close(fd);
}

/* The lengths are drawn from the seed: this many datagrams have some beyond 256 and some below. */
static void udp_chargen_answers_each_with_up_to_512_bytes(void **state)
{
	static char expected[100 * 74], got[1024];
	int num_long = 0, num_short = 0;
	int fd;

	(void)state;
	write_pattern(expected, 100);
	sim_peer("udp:server:19", "chargen");
	fd = connect_from(SOCK_DGRAM, "10.0.0.2", 19);
	for (int i = 0; i < 50; i++) {
		ssize_t n;

		assert_sends(fd, "x", i % 2);
		n = recv(fd, got, sizeof got, 0);
		assert_in_range(n, 0, 512);
		assert_memory_equal(got, expected + i * 74, (size_t)n);
		num_long += n > 256;
		num_short += n < 256;
	}
	assert_true(num_long > 5 && num_short > 5);
	close(fd);
}

static void unix_datagrams_go_back_to_those_with_a_name(void **state)
{
	static char big[150000], got[200000];
	int room = sizeof got;
	socklen_t len;
	struct sockaddr_un own = un_of("@me", &len);
	int fd, nameless;

	(void)state;
	memset(big, 'y', sizeof big);
	sim_peer("unix-dgram:@echo", "echo");
	sim_peer(unix_addr("unix-dgram", in_folder("d")), "chargen");
	nameless = connect_unix(SOCK_DGRAM, "@echo");
	assert_sends(nameless, "lost", 4);
	fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &room, sizeof room), 0);
	assert_int_equal(bind(fd, (struct sockaddr *)&own, len), 0);
	own = un_of("@echo", &len);
	assert_int_equal(connect(fd, (struct sockaddr *)&own, len), 0);
	assert_echoes(fd);
	assert_sends(fd, "", 0);
	assert_int_equal(recv(fd, got, sizeof got, 0), 0);
	assert_sends(fd, big, sizeof big);
	assert_int_equal(recv(fd, got, sizeof got, 0), sizeof big);
	assert_memory_equal(got, big, sizeof big);
	assert_int_equal(recv(nameless, got, 1, MSG_DONTWAIT), -1);
	own = un_of(in_folder("d"), &len);
	assert_int_equal(connect(fd, (struct sockaddr *)&own, len), 0);
	assert_sends(fd, "", 0);
	assert_in_range(recv(fd, got, sizeof got, 0), 0, 512);
	close(fd);
	close(nameless);
	unlink(in_folder("d"));
}

/* A socket of the kernel's, past the simulation, that is gone and has left its file. */
static void leave_socket_file(const char *path)
{
	socklen_t len;
	struct sockaddr_un a = un_of(path, &len);
	int fd = (int)SIM_KERNEL(SYS_socket, AF_UNIX, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(SIM_KERNEL(SYS_bind, fd, &a, len), 0);
	assert_int_equal(SIM_KERNEL(SYS_close, fd), 0);
}

static void a_socket_file_that_is_left_over_is_replaced(void **state)
{
	static const char *const kinds[] = { "unix", "unix-dgram" };

	(void)state;
	for (int i = 0; i < 2; i++) {
		leave_socket_file(in_folder("old"));
		sim_peer(unix_addr(kinds[i], in_folder("old")), "discard");
		close(connect_unix(i ? SOCK_DGRAM : SOCK_STREAM, in_folder("old")));
		assert_int_equal(unlink(in_folder("old")), 0);
	}
}

/* ---- many at a time ---- */

static void connections_are_served_at_the_same_time(void **state)
{
	int fds[MANY];

	(void)state;
	sim_peer("server:7", "echo");
	sim_link("client", "server", "delay 1ms");
	for (int round = 0; round < 2; round++) {
		for (int i = 0; i < MANY; i++)
			fds[i] = connect_to("10.0.0.2", PORT);
		for (int i = MANY; i-- > 0;)
			assert_echoes(fds[i]);
		for (int i = 0; i < MANY; i++)
			close(fds[i]);
	}
	sim_run();
	assert_null(strstr(sim_sockets(), "ESTAB"));
}

/* The one task that takes connections waits for a descriptor, and what is in the backlog is served then. */
static void without_descriptors_a_connection_waits(void **state)
{
	struct rlimit old, few = { 64, 64 };
	int fds[3], spare[64], num = 0;

	(void)state;
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	few.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &few), 0);
	sim_peer("server:7", "echo");
	fds[0] = connect_to("10.0.0.2", PORT);
	assert_echoes(fds[0]);
	fds[1] = socket(AF_INET, SOCK_STREAM, 0);
	fds[2] = socket(AF_INET, SOCK_STREAM, 0);
	while (num < 64 && (spare[num] = socket(AF_INET, SOCK_DGRAM, 0)) >= 0)
		num++;
	assert_true(num < 64);
	for (int i = 1; i < 3; i++) {
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) };

		inet_pton(AF_INET, "10.0.0.2", &a.sin_addr);
		assert_int_equal(connect(fds[i], (struct sockaddr *)&a, sizeof a), 0);
		assert_sends(fds[i], "later", 5);
	}
	sim_run();
	/* One that ends gives back two here: the peer's and ours. */
	close(fds[0]);
	assert_reads(fds[1], "later", 5);
	assert_reads(fds[2], "later", 5);
	while (num)
		close(spare[--num]);
	close(fds[1]);
	close(fds[2]);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
}

static void a_script_has_one_connection_after_the_other(void **state)
{
	int first, second;

	(void)state;
	sim_peer("server:80", "do expect hi; send ho; shutdown; discard; loop");
	first = connect_to("10.0.0.2", 80);
	second = connect_to("10.0.0.2", 80);
	assert_sends(second, "hi", 2);
	assert_sends(first, "hi", 2);
	assert_reads(first, "ho", 2);
	sim_run();
	assert_int_equal(recv(second, NULL, 0, MSG_DONTWAIT | MSG_PEEK), -1);
	close(first);
	assert_reads(second, "ho", 2);
	close(second);
}

static void a_script_is_read_from_its_file(void **state)
{
	char service[160];
	int fd;

	(void)state;
	write_file("script", "expect PING;\n\twait 50ms;\n\tsend PONG\\n;\n\tloop\n");
	snprintf(service, sizeof service, "script:%s", in_folder("script"));
	sim_peer("unix:@ping", service);
	sim_peer("server:80", service);
	unlink(in_folder("script"));
	for (int i = 0; i < 2; i++) {
		fd = i ? connect_unix(SOCK_STREAM, "@ping") : connect_to("10.0.0.2", 80);
		for (int n = 0; n < 2; n++) {
			assert_sends(fd, "PING", 4);
			assert_reads(fd, "PONG\n", 5);
		}
		close(fd);
	}
	assert_int_equal(sim_now_ns(), 200 * MS);
}

/* ---- big transfers, slow and lossy ---- */

/* Writes and reads at the same time, as nobody must who talks to an echo of less room than the bytes. */
static void pump(int fd, const unsigned char *bytes, size_t len)
{
	unsigned char *got = malloc(len);
	size_t sent = 0, came = 0;

	while (came < len) {
		struct pollfd p = { fd, POLLIN, 0 };
		ssize_t n;

		if (sent < len)
			p.events |= POLLOUT;
		assert_int_equal(poll(&p, 1, -1), 1);
		if (p.revents & POLLOUT) {
			n = send(fd, bytes + sent, len - sent, MSG_DONTWAIT);
			assert_true(n > 0);
			sent += (size_t)n;
			if (sent == len)
				assert_int_equal(shutdown(fd, SHUT_WR), 0);
		}
		if (p.revents & POLLIN) {
			n = recv(fd, got + came, len - came, MSG_DONTWAIT);
			assert_true(n > 0);
			came += (size_t)n;
		}
	}
	assert_memory_equal(got, bytes, len);
	free(got);
	assert_ended(fd);
}

static void a_big_echo_over_a_slow_link_with_loss_is_whole(void **state)
{
	unsigned char *bytes = malloc(BIG_BYTES);

	(void)state;
	for (size_t i = 0; i < BIG_BYTES; i++)
		bytes[i] = (unsigned char)(i % 251);
	sim_link("client", "server", "delay 20ms rate 10mbit loss 2%");
	sim_peer("server:7", "echo");
	pump(connect_to("10.0.0.2", PORT), bytes, BIG_BYTES);
	pump(connect_to("fd00::2", PORT), bytes, BIG_BYTES);
	free(bytes);
	/* 300000 bytes each way, 10 Mbit/s: 240 ms at least for each of the two. */
	assert_true(sim_now_ns() > 480 * MS);
}

/* ---- they are peers of ours ---- */

static void rules_leave_peers_alone(void **state)
{
	int fd, rule;

	(void)state;
	sim_peer("server:7", "echo");
	fd = connect_to("10.0.0.2", PORT);
	rule = sim_inject("recv,accept:error=EINTR");
	assert_sends(fd, "hello", 5);
	sim_run();
	assert_int_equal(sim_fired(rule), 0);
	sim_uninject(rule);
	assert_reads(fd, "hello", 5);
	close(fd);
}

static void peers_take_none_of_the_programs_numbers(void **state)
{
	int before = socket(AF_INET, SOCK_STREAM, 0), fd;

	(void)state;
	close(before);
	sim_peer("server:7", "echo");
	sim_peer("udp:server:7", "echo");
	sim_peer("server:8", "do echo; loop");
	for (int port = 7; port < 9; port++) {
		fd = connect_to("10.0.0.2", port);
		assert_int_equal(fd, before);
		assert_echoes(fd);
		assert_int_equal(dup(fd), fd + 1);
		close(fd + 1);
		close(fd);
	}
}

static void closing_every_number_leaves_peers_alone(void **state)
{
	int fd;

	(void)state;
	sim_peer("server:7", "echo");
	fd = connect_to("10.0.0.2", 7);
	for (int i = 3; i < 1024; i++)
		close(i);
	fd = connect_to("10.0.0.2", 7);
	assert_echoes(fd);
	close(fd);
}

static void no_other_task_runs_meanwhile(void **state)
{
	(void)state;
	sim_peer("server:7", "echo");
	sim_peer("udp:server:7", "echo");
	assert_int_equal(sim_now_ns(), 0);
	assert_string_equal(sim_calls("client"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(a_host_is_all_its_addresses),
		sim_test(an_address_is_that_one_alone),
		sim_test(localhost_is_the_callers_host),
		sim_test(a_port_may_be_a_services_name),
		sim_test(echo_on_every_stream),
		sim_test(discard_reads_and_says_nothing),
		sim_test(chargen_goes_on_until_the_reader_closes),
		sim_test(chargen_is_ended_by_a_reset),
		sim_test(udp_echoes_datagrams_whole_empty_ones_too),
		sim_test(udp_discard_answers_nothing),
		sim_test(udp_chargen_answers_each_with_up_to_512_bytes),
		sim_test(unix_datagrams_go_back_to_those_with_a_name),
		sim_test(a_socket_file_that_is_left_over_is_replaced),
		sim_test(connections_are_served_at_the_same_time),
		sim_test(without_descriptors_a_connection_waits),
		sim_test(a_script_has_one_connection_after_the_other),
		sim_test(a_script_is_read_from_its_file),
		sim_test(a_big_echo_over_a_slow_link_with_loss_is_whole),
		sim_test(rules_leave_peers_alone),
		sim_test(peers_take_none_of_the_programs_numbers),
		sim_test(closing_every_number_leaves_peers_alone),
		sim_test(no_other_task_runs_meanwhile),
	};

	return cmocka_run_group_tests(tests, make_folder, remove_folder);
}
