/* SPDX-License-Identifier: MIT */
/*
 * Descriptors in messages where numbers are the simulation's own: the posix face alone, without libc's names.
 * A real descriptor cannot be had under such a number, so that it is not passed.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "api/posix/simsock_posix.h"
#include "api/simsock.h"

enum { NOT_OPEN = 50 };

static int way[2];

/* Sends or receives the one descriptor. */
static ssize_t move(ssize_t (*call)(int sock, struct msghdr *m, int flags), int sock, int *fd)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { (char[]){ 'x' }, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = control,
			    .msg_controllen = CMSG_LEN(sizeof(int)) };
	struct cmsghdr *c = (struct cmsghdr *)control;
	ssize_t r;

	c->cmsg_len = CMSG_LEN(sizeof(int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(c), fd, sizeof *fd);
	r = call(sock, &m, 0);
	memcpy(fd, CMSG_DATA(c), sizeof *fd);
	return r;
}

static ssize_t send_it(int sock, struct msghdr *m, int flags)
{
	return sim_sendmsg(sock, m, flags);
}

static void assert_refused(int fd, const char *key)
{
	assert_int_equal(move(send_it, way[0], &fd), -1);
	assert_int_equal(errno, EBADF);
	assert_string_equal(sim_explain()->key, key);
}

static void only_simulated_descriptors_pass(void **state)
{
	struct sim_world *w = sim_world_new(1);
	int fd, pair[2];
	char b = 0;

	(void)state;
	assert_int_equal(sim_socketpair(AF_UNIX, SOCK_DGRAM, 0, way), 0);
	assert_int_equal(sim_socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	for (fd = 0; fd < 3; fd++)
		assert_refused(fd, "real-descriptor");
	assert_refused(NOT_OPEN, "bad-descriptor");
	assert_refused(-1, "bad-descriptor");
	fd = pair[1];
	assert_int_equal(move(send_it, way[0], &fd), 1);
	assert_int_equal(sim_close(pair[1]), 0);
	assert_int_equal(move(sim_recvmsg, way[1], &fd), 1);
	assert_int_equal(fd, pair[1]); /* the lowest that is free */
	assert_int_equal(sim_send(pair[0], "y", 1, 0), 1);
	assert_int_equal(sim_recv(fd, &b, 1, 0), 1);
	assert_int_equal(b, 'y');
	sim_world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(only_simulated_descriptors_pass) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
