/* SPDX-License-Identifier: MIT */
/* The kinds of call of a corpus program, each of which draws one and writes its line, and what they share. */
#ifndef TESTS_CORPUS_CALLS_H
#define TESTS_CORPUS_CALLS_H

#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/un.h>

union address {
	struct sockaddr_storage ss;
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* X(name): call_name() */
#define CORPUS_CALLS(X)         \
	X(socket)               \
	X(socketpair)           \
	X(pair)                 \
	X(bind)                 \
	X(listen)               \
	X(connect)              \
	X(accept)               \
	X(names)                \
	X(shutdown)             \
	X(close)                \
	X(close_range)          \
	X(dup)                  \
	X(fcntl)                \
	X(send)                 \
	X(recv)                 \
	X(sendfile)             \
	X(real)                 \
	X(real_io)              \
	X(stdio)                \
	X(get_option)           \
	X(set_option)           \
	X(options_of_a_new_one) \
	X(ioctl)                \
	X(fstat)                \
	X(unlink)               \
	X(poll)                 \
	X(select)               \
	X(epoll_create)         \
	X(epoll_ctl)            \
	X(epoll_wait)           \
	X(interrupted)          \
	X(timeout)              \
	X(time)

#define CORPUS_PROTOTYPE(name) void call_##name(void);
CORPUS_CALLS(CORPUS_PROTOTYPE)
#undef CORPUS_PROTOTYPE

/* Reads all that waits in all sockets. */
void drain_all(void);
/* Would it block? Asked silently, so that a program cannot hang. */
bool would_block_in(int fd, size_t len);
bool would_block_out(int fd);
void no_delay(int fd);
socklen_t draw_address(union address *a, int fd, bool of_somebody);
/* The length that a call gets for the address that it gives back; and what it gave. */
socklen_t draw_cap(void);
void say_address(int fd, long r, const union address *a, socklen_t len, socklen_t cap);

#endif
