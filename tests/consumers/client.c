/* SPDX-License-Identifier: MIT */
/* A client as a user has it; with -DNAIVE it has the bug that the test is there to find. */
#include "client.h"

#include <errno.h>
#include <sys/socket.h>
#include <sys/types.h>

int send_all(int fd, const void *buf, size_t len)
{
	const char *at = buf;

	while (len > 0) {
		ssize_t n = send(fd, at, len, MSG_NOSIGNAL);
#ifndef NAIVE
		if (n < 0 && errno == EINTR)
			continue;
#endif
		if (n < 0)
			return -1;
		at += n;
		len -= (size_t)n;
	}
	return 0;
}
