/* SPDX-License-Identifier: MIT */
/*
 * Several tasks at one socket: what one of them does while another waits in a call must not reach the other
 * one's call. Owns the cases that no kernel can be asked about, since their order is the scheduler's.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "simsock_cmocka.h"
#include "tests/api/child.h"

static int pair[2];

static void send_later(void *arg)
{
	const char *text = arg;

	sleep(1);
	(void)!send(pair[1], text, strlen(text), 0);
}

static void a_peek_that_waited_tells_what_came(void **state)
{
	static const char *const kinds[] = { "unix", "unix dgram", "unix seqpacket", "tcp", "udp" };
	char b[8];

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		sim_pair(pair, kinds[i]);
		sim_spawn("client", send_later, (void *)(uintptr_t) "abc");
		assert_int_equal(recv(pair[0], b, sizeof b, MSG_PEEK), 3);
		assert_int_equal(recv(pair[0], b, sizeof b, 0), 3);
		assert_memory_equal(b, "abc", 3);
	}
}

/* At the instant of the other's timeout: after it is due, and before it is told. */
static void end_listening(void *arg)
{
	struct timespec now;

	usleep(11000);
	clock_gettime(CLOCK_MONOTONIC, &now); /* leaving the call fires what is due */
	shutdown(*(int *)arg, SHUT_RD);
}

static void an_accept_that_timed_out_survives_the_end_of_listening(void **state)
{
	struct timeval limit = { 0, 10000 };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(listen(fd, 1), 0);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit), 0);
	sim_spawn("client", end_listening, &fd);
	sim_advance("1ms");
	assert_int_equal(accept(fd, NULL, NULL), -1);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(sim_now_ns(), 11000000);
	close(fd);
}

/* ---- one socket, two senders ---- */

enum { PORT = 5000, DATAGRAM_BYTES = 1000, BUSY_BYTES = 8000 };

static int shared;

static struct sockaddr_in server(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, "10.0.0.2", &a.sin_addr);
	return a;
}

struct sender {
	int number, flags;
};

static void send_to_own(void *arg)
{
	const struct sender *s = arg;
	struct sockaddr_in to = server(PORT + s->number);
	char block[DATAGRAM_BYTES];

	memset(block, '0' + s->number, sizeof block);
	assert_int_equal(sendto(shared, block, sizeof block, s->flags, (void *)&to, sizeof to), sizeof block);
}

static int bound_to(int port)
{
	struct sockaddr_in at = server(port);
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	assert_int_equal(bind(fd, (void *)&at, sizeof at), 0);
	return fd;
}

static int heard[2];

static void hear_both(void *arg)
{
	int fds[2] = { bound_to(PORT), bound_to(PORT + 1) };

	(void)arg;
	for (int i = 0; i < 2; i++) {
		char block[DATAGRAM_BYTES + 1];
		ssize_t n;

		while ((n = recv(fds[i], block, sizeof block, 0)) == DATAGRAM_BYTES && block[0] == '0' + i)
			heard[i]++;
		assert_int_equal(n, 0); /* the sign to end */
	}
}

static void end_of(int number)
{
	struct sockaddr_in to = server(PORT + number);

	assert_int_equal(sendto(shared, "", 0, 0, (void *)&to, sizeof to), 0);
}

/* Fills the send buffer with what nobody hears, so that senders wait for room. */
static void keep_busy(void)
{
	static const char block[BUSY_BYTES];
	struct sockaddr_in to = server(PORT + 7);
	int few = 4608;

	sim_link("client", "server", "rate 1mbit");
	shared = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(setsockopt(shared, SOL_SOCKET, SO_SNDBUF, &few, sizeof few), 0);
	assert_int_equal(sendto(shared, block, sizeof block, 0, (void *)&to, sizeof to), sizeof block);
}

static void senders_that_wait_on_one_socket_reach_their_own_destinations(void **state)
{
	static struct sender senders[2] = { { 0, 0 }, { 1, 0 } };

	(void)state;
	memset(heard, 0, sizeof heard);
	sim_spawn("server", hear_both, NULL);
	sim_advance("1ms");
	keep_busy();
	for (int i = 0; i < 2; i++)
		sim_spawn("client", send_to_own, &senders[i]);
	sim_advance("5s");
	for (int i = 0; i < 2; i++) {
		end_of(i);
		sim_advance("5s");
	}
	assert_int_equal(heard[0], 1);
	assert_int_equal(heard[1], 1);
	close(shared);
}

/* By how much the world's memory has grown when two that waited have sent, and the socket is closed. */
static size_t growth_by_two(int flags)
{
	static struct sender senders[2];
	size_t before = sim_world_memory_bytes();

	keep_busy();
	for (int i = 0; i < 2; i++) {
		senders[i].flags = flags;
		sim_spawn("client", send_to_own, &senders[i]);
	}
	sim_advance("5s");
	assert_int_equal(close(shared), 0);
	sim_run();
	return sim_world_memory_bytes() - before;
}

static void what_senders_that_waited_have_corked_goes_with_the_socket(void **state)
{
	(void)state;
	(void)growth_by_two(0); /* after which the world's tables have their size */
	assert_int_equal(growth_by_two(MSG_MORE), growth_by_two(0));
}

/* ---- a descriptor's number that changes hands under a call ---- */

static void take_the_number(void *arg)
{
	int fd = *(int *)arg;

	usleep(500000);
	assert_int_equal(close(fd), 0);
	assert_int_equal(socket(AF_INET, SOCK_DGRAM, 0), fd);
	sleep(1);
}

static void a_delayed_close_closes_what_has_the_number_by_then(void **state)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	sim_inject("close:delay_enter=1s:when=1");
	sim_spawn("client", take_the_number, &fd);
	assert_int_equal(close(fd), 0);
	assert_int_equal(close(fd), -1);
	assert_int_equal(errno, EBADF);
	sim_advance("5s");
}

static void give_it_to_a_socket(void *arg)
{
	int fd = *(int *)arg;

	usleep(500000);
	assert_int_equal(close(fd), 0);
	assert_int_equal(socket(AF_INET, SOCK_DGRAM, 0), fd);
	sleep(1);
}

static void a_real_file_that_becomes_a_socket_under_dup2_is_one(void **state)
{
	int file = open("/dev/null", O_RDONLY), fd = socket(AF_INET, SOCK_STREAM, 0), type = 0;
	socklen_t len = sizeof type;

	(void)state;
	sim_inject("close:delay_enter=1s:when=1"); /* of fd, by dup2; the file's is none of ours */
	sim_spawn("client", give_it_to_a_socket, &file);
	assert_int_equal(dup2(file, fd), fd);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len), 0);
	assert_int_equal(type, SOCK_DGRAM);
	assert_int_equal(close(fd), 0);
	sim_advance("5s");
}

/* ---- who runs next ---- */

static char order[8];

static void append_letter(void *letter)
{
	strncat(order, letter, 1);
}

/* A line for each of ten seeds: in which order four tasks ran that were ready at once. */
static void print_orders(void)
{
	static char letters[] = "abcd";

	for (uint64_t seed = 1; seed <= 10; seed++) {
		struct sim_world *w = sim_world_new(seed);

		order[0] = '\0';
		for (int i = 0; i < 4; i++)
			sim_spawn("client", append_letter, &letters[i]);
		sim_run();
		printf("%s\n", order);
		sim_world_free(w);
	}
}

static void print_seeded_orders(void)
{
	setenv("SIMSOCK_SCHED", "seeded", 1);
	print_orders();
}

static void ready_tasks_run_first_come_first_served(void **state)
{
	(void)state;
	assert_child(print_orders, 0, "abcd\nabcd\nabcd\nabcd\nabcd\nabcd\nabcd\nabcd\nabcd\nabcd\n");
}

static void the_seed_draws_the_order_when_asked_to(void **state)
{
	static struct child once, again;
	unsigned num_other = 0;

	(void)state;
	child_run(&once, print_seeded_orders);
	child_run(&again, print_seeded_orders);
	assert_int_equal(once.status, 0);
	assert_string_equal(once.text, again.text);
	for (const char *line = once.text; *line; line += 5)
		num_other += strncmp(line, "abcd", 4) != 0;
	assert_in_range(num_other, 5, 10);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(a_peek_that_waited_tells_what_came),
		sim_test(an_accept_that_timed_out_survives_the_end_of_listening),
		sim_test(senders_that_wait_on_one_socket_reach_their_own_destinations),
		sim_test(what_senders_that_waited_have_corked_goes_with_the_socket),
		sim_test(a_real_file_that_becomes_a_socket_under_dup2_is_one),
		sim_test(a_delayed_close_closes_what_has_the_number_by_then),
		cmocka_unit_test(ready_tasks_run_first_come_first_served),
		cmocka_unit_test(the_seed_draws_the_order_when_asked_to),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
