/* SPDX-License-Identifier: MIT */
/*
 * receiver.c - an accept loop that appends what comes to a sink; see receiver.h for the protocol.
 *
 * Owns: both.  Knows plain sockets only (accept(2), recv(2), send(2), socket(7) for SO_LINGER).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "scenarios/demo/receiver.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <sys/socket.h>
#include <unistd.h>

static int listen_on(const struct addrinfo *at)
{
	int fd = socket(at->ai_family, at->ai_socktype | SOCK_CLOEXEC, at->ai_protocol), on = 1, saved;

	if (fd < 0)
		return -1;
	(void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (!bind(fd, at->ai_addr, at->ai_addrlen) && !listen(fd, 16))
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

int receiver_listen(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE };
	struct addrinfo *found;
	int status = getaddrinfo(host, port, &hints, &found), fd, saved;

	if (status) {
		if (status != EAI_SYSTEM)
			errno = EADDRNOTAVAIL;
		return -1;
	}
	fd = listen_on(found);
	saved = errno;
	freeaddrinfo(found);
	errno = saved;
	return fd;
}

static int wait_until(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };
	int ready;

	do {
		ready = poll(&p, 1, -1);
	} while (ready < 0 && (errno == EINTR || errno == EAGAIN));
	return ready < 0 ? -1 : 0;
}

/* 0, or -1 when the connection is gone. */
static int say_count(int fd, const struct receiver *r)
{
	unsigned char bytes[8];
	size_t said = 0, i;
	uint64_t count = r->len;

	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = (unsigned char)(count >> (56 - 8 * i));
	while (said < sizeof(bytes)) {
		ssize_t taken = send(fd, bytes + said, sizeof(bytes) - said, MSG_NOSIGNAL);

		if (taken >= 0)
			said += (size_t)taken;
		else if (errno == EAGAIN) {
			if (wait_until(fd, POLLOUT))
				return -1;
		} else if (errno != EINTR)
			return -1;
	}
	return 0;
}

static size_t room_of(const struct receiver *r)
{
	if (r->reset_at_bytes > r->len && r->reset_at_bytes < r->cap)
		return r->reset_at_bytes - r->len;
	return r->cap - r->len;
}

/* socket(7): with a linger time of 0, close() sends a reset and throws away what is queued. */
static void arm_reset(int fd)
{
	struct linger at_once = { .l_onoff = 1, .l_linger = 0 };

	(void)setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once));
}

/* Until the sender ends its side: 0.  -1 when the connection is cut, by whichever end. */
static int take_bytes(int fd, struct receiver *r)
{
	for (;;) {
		unsigned char beyond;
		size_t room = room_of(r);
		ssize_t got = room ? recv(fd, r->data + r->len, room, 0) : recv(fd, &beyond, 1, 0);

		if (got == 0)
			return 0;
		if (got < 0 && errno == EAGAIN) {
			if (wait_until(fd, POLLIN))
				return -1;
			continue;
		}
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0)
			return -1;
		if (!room) {
			arm_reset(fd); /* more than the sink holds */
			return -1;
		}
		r->len += (size_t)got;
		if (r->reset_at_bytes && r->len >= r->reset_at_bytes) {
			r->reset_at_bytes = 0;
			arm_reset(fd);
			return -1;
		}
	}
}

static void take_connection(int fd, struct receiver *r)
{
	r->num_connections++;
	if (say_count(fd, r) || take_bytes(fd, r) || say_count(fd, r))
		r->num_cut++;
	close(fd);
}

static int is_enough(const struct receiver *r)
{
	return (r->enough_bytes && r->len >= r->enough_bytes) ||
	       (r->connections_max && r->num_connections >= r->connections_max);
}

/* accept(2): errors already pending on the new socket come out of accept(), and are no reason to stop. */
static int is_passing(int err)
{
	return err == EINTR || err == ECONNABORTED || err == EPROTO || err == ENETDOWN ||
	       err == ENOPROTOOPT || err == EHOSTDOWN || err == ENONET || err == EHOSTUNREACH ||
	       err == ENETUNREACH;
}

int receiver_serve(int listener, struct receiver *r)
{
	while (!is_enough(r)) {
		int fd = accept(listener, NULL, NULL);

		if (fd >= 0)
			take_connection(fd, r);
		else if (errno == EAGAIN ? wait_until(listener, POLLIN) : !is_passing(errno))
			return -1;
	}
	return 0;
}
