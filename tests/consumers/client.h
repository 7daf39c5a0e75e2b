/* SPDX-License-Identifier: MIT */
/* A client as a user has it: plain sockets, nothing of simsock. */
#ifndef TESTS_CONSUMERS_CLIENT_H
#define TESTS_CONSUMERS_CLIENT_H

#include <stddef.h>

/* Sends all of buf: 0, or -1 and errno. */
int send_all(int fd, const void *buf, size_t len);

#endif
