/* SPDX-License-Identifier: MIT */
/*
 * careful_sender.c - a sender that reads what send(2) says and believes nothing but the receiver.
 *
 * Owns: careful_send_file().  Each call is followed by what its manual page says may happen: a part was taken
 * (go on behind it), a signal came (make the call again; a connect() goes on by itself: wait for it), no room
 * (poll, then try again), the connection is gone (make another, ask how far the receiver got, go on there).
 * Bytes that send() took are no bytes that arrived: the end is the receiver's count.  Knows plain sockets
 * only.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "scenarios/demo/senders.h"

#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <stdint.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#define PATIENCE_MS    30000 /* with nothing at all happening */
#define FRUITLESS_MAX  6     /* connections in a row that bring the receiver no further */
#define PAUSE_FIRST_MS 20    /* before the second of them; doubled each time */

/* Wait until `fd` is ready.  0, or -1 with errno (ETIMEDOUT when patience ends). */
static int wait_until(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	for (;;) {
		int ready = poll(&p, 1, PATIENCE_MS);

		if (ready > 0)
			return 0; /* also when the news is bad: the next call on it will say */
		if (ready == 0) {
			errno = ETIMEDOUT;
			return -1;
		}
		if (errno != EINTR && errno != EAGAIN)
			return -1;
	}
}

/* connect(2): an interrupted connect is not made again, it goes on; its outcome is in SO_ERROR. */
static int finish_connect(int fd)
{
	int outcome = 0;
	socklen_t len = sizeof(outcome);

	if (wait_until(fd, POLLOUT) || getsockopt(fd, SOL_SOCKET, SO_ERROR, &outcome, &len))
		return -1;
	if (outcome) {
		errno = outcome;
		return -1;
	}
	return 0;
}

/* close(2): on Linux the descriptor is gone whatever close() says, so it is never called twice. */
static void close_keeping_errno(int fd)
{
	int saved = errno;

	close(fd);
	errno = saved;
}

static int connect_one(const struct addrinfo *to)
{
	int sndbuf_bytes = SENDER_SNDBUF_BYTES;
	int fd = socket(to->ai_family, to->ai_socktype | SOCK_CLOEXEC, to->ai_protocol);

	if (fd < 0)
		return -1;
	/* A wish: with another size the file arrives all the same. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf_bytes, sizeof(sndbuf_bytes));
	if (!connect(fd, to->ai_addr, to->ai_addrlen))
		return fd;
	if (errno == EISCONN ||
	    ((errno == EINTR || errno == EINPROGRESS || errno == EALREADY) && !finish_connect(fd)))
		return fd;
	close_keeping_errno(fd);
	return -1;
}

static int connect_to(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found, *each;
	int status = getaddrinfo(host, port, &hints, &found), fd = -1, saved;

	if (status) {
		if (status != EAI_SYSTEM)
			errno = status == EAI_AGAIN ? EAGAIN : EHOSTUNREACH;
		return -1;
	}
	for (each = found; each && fd < 0; each = each->ai_next)
		fd = connect_one(each);
	saved = errno;
	freeaddrinfo(found);
	errno = saved;
	return fd;
}

/* The receiver's count: 8 bytes, big-endian, in however many pieces they come. */
static int receive_count(int fd, size_t *count)
{
	unsigned char bytes[8];
	size_t have = 0, i;

	while (have < sizeof(bytes)) {
		ssize_t got;

		if (wait_until(fd, POLLIN))
			return -1;
		got = recv(fd, bytes + have, sizeof(bytes) - have, 0);
		if (got > 0) {
			have += (size_t)got;
		} else if (got == 0) {
			errno = ECONNRESET; /* it left before it had spoken */
			return -1;
		} else if (errno != EINTR && errno != EAGAIN) {
			return -1;
		}
	}
	for (*count = 0, i = 0; i < sizeof(bytes); i++)
		*count = *count << 8 | bytes[i];
	return 0;
}

static int send_all(int fd, const unsigned char *bytes, size_t len)
{
	while (len) {
		ssize_t taken = send(fd, bytes, len, MSG_NOSIGNAL);

		if (taken >= 0) {
			bytes += taken;
			len -= (size_t)taken;
		} else if (errno == EAGAIN || errno == ENOBUFS) {
			if (wait_until(fd, POLLOUT))
				return -1;
		} else if (errno != EINTR) {
			return -1;
		}
	}
	return 0;
}

/*
 * One connection: hear where the receiver stands, send the rest, hear what it holds then.  `held` is set to
 * the last that was heard; 0 when that is everything, else -1 with errno.
 */
static int one_connection(int fd, const unsigned char *bytes, size_t len, size_t *held)
{
	if (receive_count(fd, held))
		return -1;
	if (*held > len) {
		errno = EPROTO; /* it holds what we never had */
		return -1;
	}
	if (send_all(fd, bytes + *held, len - *held) || shutdown(fd, SHUT_WR) || receive_count(fd, held))
		return -1;
	if (*held != len) {
		errno = EPROTO;
		return -1;
	}
	return 0;
}

/* Errors that another connection may not meet.  The others are ours, and trying again would not help. */
static int is_worth_another(int err)
{
	static const int passing[] = { ECONNRESET, EPIPE,        ECONNREFUSED, ECONNABORTED,
				       ETIMEDOUT,  EHOSTUNREACH, ENETUNREACH,  ENETDOWN,
				       ENETRESET,  EHOSTDOWN,    ENOTCONN,     EAGAIN,
				       EINTR,      ENOBUFS,      ENOMEM,       EADDRNOTAVAIL };
	size_t i;

	for (i = 0; i < sizeof(passing) / sizeof(passing[0]); i++)
		if (passing[i] == err)
			return 1;
	return 0;
}

static void pause_before(unsigned fruitless)
{
	long ms = PAUSE_FIRST_MS << (fruitless - 1);
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

int careful_send_file(const char *host, const char *port, const void *data, size_t len)
{
	size_t held = 0, held_before = 0;
	unsigned fruitless = 0;

	for (;;) {
		int fd = connect_to(host, port), done, why;

		done = fd >= 0 && !one_connection(fd, data, len, &held);
		why = errno;
		if (fd >= 0)
			close(fd);
		if (done)
			return 0;
		fruitless = held > held_before ? 1 : fruitless + 1;
		held_before = held;
		if (!is_worth_another(why) || fruitless > FRUITLESS_MAX) {
			errno = why;
			return -1;
		}
		pause_before(fruitless);
	}
}
