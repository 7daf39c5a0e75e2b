/* SPDX-License-Identifier: MIT */
/* What the suites about out-of-band data share, on any stream. */
#ifndef SIMSOCK_TESTS_BEHAVIOUR_URGENT_H
#define SIMSOCK_TESTS_BEHAVIOUR_URGENT_H

#include "tests/behaviour/behaviour.h"

#include <sys/ioctl.h>

static inline void send_all(int fd, const char *text, int flags)
{
	assert_int_equal(send(fd, text, strlen(text), flags), strlen(text));
}

/* The next read gives exactly this. */
static inline void expect(int fd, const char *text, int flags)
{
	char b[64] = { 0 };
	ssize_t n = recv(fd, b, sizeof(b) - 1, flags | MSG_DONTWAIT);

	assert_int_equal(n, strlen(text));
	assert_string_equal(b, text);
}

static inline void expect_nothing(int fd)
{
	char b[8];

	assert_fails(recv(fd, b, sizeof(b), MSG_DONTWAIT), EAGAIN);
}

static inline int at_mark(int fd)
{
	int by_request = -1, by_name;

	assert_ok(ioctl(fd, SIOCATMARK, &by_request));
	by_name = sockatmark(fd);
	assert_int_equal(by_request, by_name);
	return by_name;
}

static inline int unread(int fd)
{
	int n = -1;

	assert_ok(ioctl(fd, FIONREAD, &n));
	return n;
}

#endif
