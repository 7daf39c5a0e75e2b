/* SPDX-License-Identifier: MIT */
/*
 * Control messages for the suites that pass them: built and taken apart on plain sockets. cmsg(3). It knows
 * nothing of what is sent in them.
 */
#ifndef SIMSOCK_TESTS_BEHAVIOUR_CONTROL_H
#define SIMSOCK_TESTS_BEHAVIOUR_CONTROL_H

#include "tests/behaviour/behaviour.h"

enum { CONTROL_ROOM_BYTES = 2048 };

/* One message with its bytes and its control data. */
struct message {
	struct msghdr h;
	struct iovec iov;
	char data[64];
	union {
		char bytes[CONTROL_ROOM_BYTES];
		struct cmsghdr align;
	} control;
};

/* With these bytes to send, and no control data. */
static inline void message_init(struct message *m, const void *data, size_t len)
{
	memset(m, 0, sizeof(*m));
	assert_true(len <= sizeof(m->data));
	memcpy(m->data, data, len);
	m->iov = (struct iovec){ m->data, len };
	m->h.msg_iov = &m->iov;
	m->h.msg_iovlen = 1;
	m->h.msg_control = m->control.bytes;
}

/* Room for so many bytes, and for so much control data. */
static inline void message_room(struct message *m, size_t len, size_t control_len)
{
	message_init(m, "", 0);
	assert_true(len <= sizeof(m->data) && control_len <= sizeof(m->control.bytes));
	m->iov.iov_len = len;
	m->h.msg_controllen = control_len;
}

/* Appends a control message; its header, which the caller may bend. */
static inline struct cmsghdr *message_add(struct message *m, int level, int type, const void *data,
					  size_t len)
{
	struct cmsghdr *c = (struct cmsghdr *)(m->control.bytes + m->h.msg_controllen);

	m->h.msg_controllen += CMSG_SPACE(len);
	assert_true(m->h.msg_controllen <= sizeof(m->control.bytes));
	c->cmsg_level = level;
	c->cmsg_type = type;
	c->cmsg_len = CMSG_LEN(len);
	if (len)
		memcpy(CMSG_DATA(c), data, len);
	return c;
}

/* The first control message of that type of SOL_SOCKET; NULL: there is none. */
static inline struct cmsghdr *message_find(struct message *m, int type)
{
	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m->h); c; c = CMSG_NXTHDR(&m->h, c))
		if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == type)
			return c;
	return NULL;
}

/* The n-th control message, from 0; it must be there and of that type. */
static inline struct cmsghdr *message_at(struct message *m, int n, int level, int type)
{
	struct cmsghdr *c = CMSG_FIRSTHDR(&m->h);

	while (c && n--)
		c = CMSG_NXTHDR(&m->h, c);
	assert_non_null(c);
	assert_int_equal(c->cmsg_level, level);
	assert_int_equal(c->cmsg_type, type);
	return c;
}

/* How many there are. */
static inline int message_count(struct message *m)
{
	int n = 0;

	for (struct cmsghdr *c = CMSG_FIRSTHDR(&m->h); c; c = CMSG_NXTHDR(&m->h, c))
		n++;
	return n;
}

static inline int control_int(const struct cmsghdr *c)
{
	int v;

	assert_int_equal(c->cmsg_len, CMSG_LEN(sizeof(v)));
	memcpy(&v, CMSG_DATA(c), sizeof(v));
	return v;
}

/* Receives with much room, without waiting; gives the number of bytes. */
static inline ssize_t message_receive(int fd, struct message *m, int flags)
{
	message_room(m, sizeof(m->data), 512);
	return recvmsg(fd, &m->h, flags | MSG_DONTWAIT);
}

/* ---- datagrams with one control message ---- */

static inline ssize_t send_with(int fd, const void *to, socklen_t to_len, const void *data, size_t len,
				int level, int type, const void *value, size_t value_len)
{
	struct message m;

	message_init(&m, data, len);
	message_add(&m, level, type, value, value_len);
	m.h.msg_name = (void *)(uintptr_t)to;
	m.h.msg_namelen = to_len;
	return sendmsg(fd, &m.h, MSG_NOSIGNAL | MSG_DONTWAIT);
}

static inline ssize_t send_with_int(int fd, const void *to, socklen_t to_len, int level, int type, int value)
{
	return send_with(fd, to, to_len, "x", 1, level, type, &value, sizeof(value));
}

static inline int udp6_bound(struct sockaddr_in6 *at)
{
	int fd = new_socket(AF_INET6, SOCK_DGRAM);

	assert_ok(bind6(fd, at6("::", 0)));
	*at = local6(fd);
	at->sin6_addr = in6addr_loopback;
	return fd;
}

/* Where nobody is. */
static inline struct sockaddr_in udp_nobody(void)
{
	struct sockaddr_in at;

	assert_ok(close(udp_bound(&at)));
	return at;
}

/* ---- descriptors ---- */

static inline ssize_t send_fds(int sock, const void *data, size_t len, const int *fds, size_t num)
{
	struct message m;

	message_init(&m, data, len);
	message_add(&m, SOL_SOCKET, SCM_RIGHTS, fds, num * sizeof(*fds));
	return sendmsg(sock, &m.h, 0);
}

static inline void send_fd(int sock, const void *data, size_t len, int fd)
{
	assert_int_equal(send_fds(sock, data, len, &fd, 1), len);
}

/* What came of descriptors in a message: how many, and which. */
static inline size_t taken(struct message *m, int *fds)
{
	struct cmsghdr *c = message_find(m, SCM_RIGHTS);

	if (!c)
		return 0;
	memcpy(fds, CMSG_DATA(c), c->cmsg_len - CMSG_LEN(0));
	return (c->cmsg_len - CMSG_LEN(0)) / sizeof(*fds);
}

/* Receives up to len bytes with room for one descriptor: the descriptor, -1: none came. */
static inline int receive_fd(int sock, size_t len, ssize_t expected, int flags)
{
	struct message m;
	int fds[4] = { -1, -1, -1, -1 };
	ssize_t n;

	message_room(&m, len, CMSG_SPACE(sizeof(int)));
	n = recvmsg(sock, &m.h, flags);
	assert_int_equal(n, expected);
	assert_int_equal(m.h.msg_flags & MSG_CTRUNC, 0);
	assert_in_range(taken(&m, fds), 0, 1);
	return fds[0];
}

static inline void assert_talks_to(int a, int b)
{
	char byte = 0;

	assert_int_equal(send(a, "!", 1, 0), 1);
	assert_int_equal(recv(b, &byte, 1, MSG_DONTWAIT), 1);
	assert_int_equal(byte, '!');
}

/* The lowest number that is free: what open(2) would give. */
static inline int lowest_free(void)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_ok(close(fd));
	return fd;
}

/* The other end of fd[1]'s pair tells that no descriptor holds it any more. */
static inline bool is_closed(int other_end)
{
	char b;

	return recv(other_end, &b, 1, MSG_DONTWAIT) == 0;
}

#endif
