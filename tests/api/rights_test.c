/* SPDX-License-Identifier: MIT */
/*
 * Descriptors in messages, where no kernel can be asked: nothing of them outlives their world, neither memory
 * nor real descriptors, however they were left; several processes; the reasons.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "simsock_cmocka.h"

static ssize_t send_fds(int sock, const int *fds, size_t num)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(8 * sizeof(int))] = { 0 };
	struct iovec iov = { (char[]){ 'x' }, 1 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *c = (struct cmsghdr *)control;

	m.msg_controllen = CMSG_SPACE(num * sizeof(int));
	c->cmsg_len = CMSG_LEN(num * sizeof(int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(c), fds, num * sizeof(int));
	return sendmsg(sock, &m, 0);
}

/* With room for no more than one. */
static int receive_fd(int sock)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))];
	char byte;
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = CMSG_LEN(sizeof(int)) };
	int fd;

	assert_int_equal(recvmsg(sock, &m, 0), 1);
	assert_int_equal(m.msg_controllen, CMSG_LEN(sizeof(int)));
	memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof fd);
	return fd;
}

/* It runs when a Unix socket goes. */
static void run_collector(void)
{
	assert_int_equal(close(socket(AF_UNIX, SOCK_STREAM, 0)), 0);
}

static int num_real_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	int num = 0;

	assert_non_null(d);
	while (readdir(d))
		num++;
	closedir(d);
	return num;
}

/* What a round leaves: the logs of its sockets, which the world keeps, and no more than without descriptors.
 */
static size_t growth_of_round(const char *kind, bool descriptors)
{
	size_t before = sim_world_memory_bytes();
	int to[2], passed[2];
	char byte;

	sim_pair(to, kind);
	sim_pair(passed, "tcp");
	assert_int_equal(descriptors ? send_fds(to[0], passed, 2) : send(to[0], "x", 1, 0), 1);
	assert_int_equal(descriptors ? send_fds(to[0], (int[]){ to[0], to[1], passed[0] }, 3)
				     : send(to[0], "x", 1, 0),
			 1);
	close(passed[0]);
	close(passed[1]);
	if (descriptors)
		close(receive_fd(to[1]));
	else
		assert_int_equal(recv(to[1], &byte, 1, 0), 1);
	close(to[0]);
	close(to[1]);
	run_collector();
	sim_advance("100s"); /* TIME_WAIT */
	return sim_world_memory_bytes() - before;
}

static void in_flight_give_their_memory_back(void **state)
{
	static const char *const kinds[] = { "unix", "unix dgram", "unix seqpacket" };

	(void)state;
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		size_t plain;

		growth_of_round(kinds[i], true); /* what stays: tables */
		plain = growth_of_round(kinds[i], false);
		assert_int_equal(growth_of_round(kinds[i], true), plain);
	}
}

static void the_end_of_the_world_closes_what_was_real(void **state)
{
	int before = num_real_fds(), way[2], ends[2];
	struct sim_world *w = sim_world_new(1);
	char b;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, way), 0);
	assert_int_equal(pipe(ends), 0);
	/* Nobody can receive it any more, and nobody has collected it. */
	assert_int_equal(send_fds(way[0], (int[]){ ends[1], way[1], ends[1] }, 3), 1);
	assert_int_equal(send_fds(way[1], (int[]){ ends[1], way[0] }, 2), 1);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(close(way[0]), 0);
	sim_world_free(w);
	assert_int_equal(read(ends[0], &b, 1), 0);
	close(ends[0]);
	assert_int_equal(num_real_fds(), before);
}

static void a_collected_cycle_gives_real_ones_back(void **state)
{
	int before, way[2], ends[2];
	char b;

	(void)state;
	sim_pair(way, "unix"); /* also what the face makes for itself */
	close(way[0]);
	close(way[1]);
	before = num_real_fds();
	assert_int_equal(socketpair(AF_UNIX, SOCK_DGRAM, 0, way), 0);
	assert_int_equal(pipe(ends), 0);
	assert_int_equal(send_fds(way[0], (int[]){ ends[1], way[1] }, 2), 1);
	assert_int_equal(send_fds(way[1], (int[]){ way[0], ends[1] }, 2), 1);
	assert_int_equal(close(ends[1]), 0);
	assert_int_equal(close(way[0]), 0);
	assert_int_equal(close(way[1]), 0);
	assert_int_equal(fcntl(ends[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(read(ends[0], &b, 1), -1);
	run_collector();
	assert_int_equal(read(ends[0], &b, 1), 0);
	close(ends[0]);
	assert_int_equal(num_real_fds(), before);
}

static int way[2];

static void pass_and_end(void *arg)
{
	int fd[2];

	(void)arg;
	sim_pair(fd, "tcp");
	assert_int_equal(send_fds(way[0], &fd[1], 1), 1);
	assert_int_equal(send(fd[0], "from the dead", 13, 0), 13);
}

static void a_descriptor_outlives_the_process_that_sent_it(void **state)
{
	char text[20];
	int got;

	(void)state;
	sim_pair(way, "unix");
	sim_spawn("server", pass_and_end, NULL);
	got = receive_fd(way[1]);
	sim_advance("1s");
	assert_int_equal(recv(got, text, sizeof text, 0), 13);
	close(got);
	close(way[0]);
	close(way[1]);
}

static void tell_who(void *arg)
{
	(void)arg;
	assert_int_equal(send(way[0], "x", 1, 0), 1);
}

static void another_process_sends_other_credentials(void **state)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(struct ucred))];
	struct iovec iov = { (char[]){ 0 }, 1 };
	struct ucred who[2];
	int on = 1;

	(void)state;
	sim_pair(way, "unix");
	assert_int_equal(setsockopt(way[1], SOL_SOCKET, SO_PASSCRED, &on, sizeof on), 0);
	tell_who(NULL);
	sim_spawn("client", tell_who, NULL);
	for (int i = 0; i < 2; i++) {
		struct msghdr m = { .msg_iov = &iov,
				    .msg_iovlen = 1,
				    .msg_control = control,
				    .msg_controllen = sizeof control };

		assert_int_equal(recvmsg(way[1], &m, 0), 1);
		memcpy(&who[i], CMSG_DATA(CMSG_FIRSTHDR(&m)), sizeof who[i]);
	}
	assert_int_equal(who[0].pid, getpid());
	assert_int_not_equal(who[1].pid, who[0].pid);
	close(way[0]);
	close(way[1]);
}

static void a_bad_number_says_so(void **state)
{
	(void)state;
	sim_pair(way, "unix");
	assert_int_equal(send_fds(way[0], (int[]){ way[0], 77 }, 2), -1);
	assert_int_equal(errno, EBADF);
	assert_string_equal(sim_explain()->key, "bad-descriptor");
	assert_non_null(strstr(sim_explain()->text, "descriptor 77 is not open"));
	close(way[0]);
	close(way[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(in_flight_give_their_memory_back),
		cmocka_unit_test(the_end_of_the_world_closes_what_was_real),
		sim_test(a_collected_cycle_gives_real_ones_back),
		sim_test(a_descriptor_outlives_the_process_that_sent_it),
		sim_test(another_process_sends_other_credentials),
		sim_test(a_bad_number_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
