/* SPDX-License-Identifier: MIT */
/* Data: what is sent, received, and moved from files; pipes and eventfds beside the sockets. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/corpus/calls.h"
#include "tests/corpus/drawn.h"
#include "tests/corpus/transcript.h"

#ifndef MSG_BATCH
#define MSG_BATCH 0x40000
#endif

/*
 * TIMING: how much an unread buffer takes depends on memory that the kernel shares out as it likes. Every
 * so many sends all that waits is read, and a TCP socket sends only so much in its life.
 */
enum { SENDS_BETWEEN_DRAINS = 40, MAX_SENT_BYTES = 70000, LARGE_BYTES = 4000 };

static unsigned num_sends;

static size_t draw_len(int fd)
{
	static const size_t udp[] = { 1472, 1473, 9000, 30000, 65507, 65508, 65527, 65528 };
	static const size_t tcp[] = { 1448, 16384, 32741, 65483, 65507, 65508 };
	static const size_t local[] = { 65507, 65536, 106432, 212960, 212961, 212992, 212993 };
	size_t len = one_in(12) ? 0 : draw(2) ? draw(100) : draw(1500);

	if (is_udp(fd) && one_in(60))
		len = PICK(udp);
	if (is_tcp(fd) && one_in(100))
		len = PICK(tcp);
	if (is_socket(fd) && domain_of(fd) == AF_UNIX && one_in(60))
		len = one_in(4) ? PICK(local) : LARGE_BYTES + draw(61000);
	return len;
}

/*
 * TIMING: MSG_MORE on TCP holds data back until a timer. Urgent data and fast open are not simulated, and say
 * so (docs/fidelity.md).
 */
static int draw_other_flag(void)
{
	static const unsigned others[] = {
		MSG_PEEK, MSG_DONTROUTE, MSG_CTRUNC, MSG_TRUNC, MSG_EOR,        MSG_WAITALL,      MSG_FIN,
		MSG_SYN,  MSG_CONFIRM,   MSG_RST,    MSG_BATCH, 1u << 17,       1u << 19,         1u << 20,
		1u << 21, 1u << 25,      1u << 27,   1u << 28,  MSG_WAITFORONE, MSG_CMSG_CLOEXEC, 1u << 31
	};

	return (int)PICK(others);
}

static int draw_send_flags(int fd)
{
	int flags = 0;

	if (one_in(3))
		flags |= MSG_DONTWAIT;
	if (one_in(3))
		flags |= MSG_NOSIGNAL;
	if (one_in(20) && !is_tcp(fd))
		flags |= MSG_MORE;
	if (one_in(12)) {
		flags |= draw_other_flag();
		if (one_in(3))
			flags |= draw_other_flag();
	}
	if (one_in(100) && is_socket(fd) && !is_stream(fd))
		flags |= MSG_OOB;
	return flags;
}

static void drain_one(int fd)
{
	size_t sum = 0;
	uint32_t h = 0;
	int n = 0;
	long r;

	while ((r = recv(fd, room, BUFFER_BYTES, MSG_DONTWAIT)) >= 0 && n < 300) {
		h = h * 31 + digest(room, (size_t)r);
		sum += (size_t)r;
		n++;
		if (!r && is_stream(fd))
			break;
	}
	/* An end of many datagrams of no bytes is none of a seqpacket's. */
	if (n || (errno != EAGAIN && errno != ENOTCONN))
		said(r, "drain(%d): %d calls, %zu bytes, %08x", fd, n, sum, h);
}

void drain_all(void)
{
	num_sends = 0;
	for (int fd = FIRST_FD; fd < NUM_FDS; fd++)
		if (is_socket(fd) && fds[fd].family != UNIX_SEQPACKET)
			drain_one(fd);
}

/* True: this one may send that much more. */
static bool may_send(int fd, size_t len)
{
	if (!is_open(fd) || fds[fd].kind != SOCKET)
		return true;
	if (fds[fd].num_sent + len > (is_tcp(fd) ? MAX_SENT_BYTES : INT_MAX))
		return false;
	fds[fd].num_sent += (unsigned)len;
	return true;
}

enum { MAX_PARTS = 4 };

/* Splits len bytes at p into up to MAX_PARTS; gives their number. */
static int draw_parts(struct iovec *iov, unsigned char *p, size_t len)
{
	int n = 1 + (int)draw(MAX_PARTS);

	for (int i = 0; i < n; i++) {
		size_t part = i == n - 1 ? len : draw((uint32_t)len + 1);

		iov[i] = (struct iovec){ p, part };
		p += part;
		len -= part;
	}
	return n;
}

static long send_msgs(int fd, struct msghdr *msg, int flags, const char *to)
{
	struct mmsghdr many[3] = { { .msg_hdr = *msg }, { .msg_hdr = *msg }, { .msg_hdr = *msg } };
	long r;

	many[2].msg_hdr.msg_iovlen = 0;
	r = sendmmsg(fd, many, 3, flags);
	said(r, "sendmmsg(%d, %zu parts, %s, %s)", fd, msg->msg_iovlen, msg_text(flags), to);
	for (long i = 0; i < r; i++)
		also(" %u", many[i].msg_len);
	return r;
}

void call_send(void)
{
	int fd = draw_socket(), flags = draw_send_flags(fd), way = (int)draw(6);
	size_t len = draw_len(fd);
	unsigned char *p = draw_place(bytes, len);
	union address a;
	bool to_somebody = one_in(is_socket(fd) && !is_stream(fd) ? 2 : 12);
	socklen_t to_len = to_somebody ? draw_address(&a, fd, true) : 0;
	struct iovec iov[MAX_PARTS];
	struct msghdr msg = { .msg_iov = iov };

	if (!may_send(fd, len * (way == 5 ? 2 : 1)))
		return;
	/* What sendfile(2) sent is the file's pages: writing to it later changes what was sent. */
	if (is_open(fd) && fds[fd].kind == REGULAR)
		return;
	if (++num_sends > SENDS_BETWEEN_DRAINS || len > LARGE_BYTES)
		drain_all();
	if (would_block_out(fd) || len > LARGE_BYTES)
		flags |= MSG_DONTWAIT;
	if ((flags & MSG_DONTWAIT) && (way == 1 || way == 2))
		way = 0;
	msg.msg_iovlen = (size_t)draw_parts(iov, p, len);
	msg.msg_name = to_len && to_len <= sizeof a ? &a : NULL;
	msg.msg_namelen = to_len;
	switch (way) {
	case 0: said(send(fd, p, len, flags), "send(%d, %zu, %s)", fd, len, msg_text(flags)); break;
	case 1: said(write(fd, p, len), "write(%d, %zu)", fd, len); break;
	case 2:
		said(writev(fd, iov, (int)msg.msg_iovlen), "writev(%d, %zu in %zu)", fd, len, msg.msg_iovlen);
		break;
	case 3:
		said(sendto(fd, p, len, flags, msg.msg_name, to_len), "sendto(%d, %zu, %s, %s)", fd, len,
		     msg_text(flags), msg.msg_name ? addr_text(fd, &a, to_len) : "-");
		break;
	case 4:
		said(sendmsg(fd, &msg, flags), "sendmsg(%d, %zu in %zu, %s, %s)", fd, len, msg.msg_iovlen,
		     msg_text(flags), msg.msg_name ? addr_text(fd, &a, to_len) : "-");
		break;
	default: send_msgs(fd, &msg, flags, msg.msg_name ? addr_text(fd, &a, to_len) : "-"); break;
	}
	if (len > LARGE_BYTES)
		drain_all();
}

static int draw_recv_flags(int fd)
{
	int flags = 0;

	if (one_in(3))
		flags |= MSG_DONTWAIT;
	if (one_in(5))
		flags |= MSG_PEEK;
	if (one_in(6))
		flags |= MSG_TRUNC;
	if (one_in(12))
		flags |= MSG_WAITALL | MSG_DONTWAIT;
	if (one_in(40))
		flags |= PICK(((const int[]){ MSG_ERRQUEUE, MSG_NOSIGNAL, MSG_DONTROUTE, MSG_EOR,
					      MSG_CMSG_CLOEXEC }));
	if (one_in(100) && is_socket(fd) && !is_stream(fd))
		flags |= MSG_OOB;
	return flags;
}

/* What came: how much is told beside the result, because MSG_TRUNC may tell of more. */
static void say_data(long r, const void *data, size_t cap)
{
	if (r > 0)
		also(" %08x", digest(data, (size_t)r < cap ? (size_t)r : cap));
}

static void receive_msg(int fd, struct iovec *iov, int num, unsigned char *p, size_t len, int flags)
{
	union address a = { .sa = { .sa_family = AF_UNSPEC } };
	struct msghdr msg = { .msg_iov = iov, .msg_iovlen = (size_t)num, .msg_name = &a };
	socklen_t cap = draw_cap();
	long r;

	msg.msg_namelen = cap;
	r = recvmsg(fd, &msg, flags);
	said(r, "recvmsg(%d, %zu in %d, %s, %d)", fd, len, num, msg_text(flags), (int)cap);
	say_data(r, p, len);
	if (r >= 0)
		also(" %s", msg_text(msg.msg_flags));
	say_address(fd, r, &a, msg.msg_namelen, cap);
}

static void receive_msgs(int fd, unsigned char *p, size_t len, int flags)
{
	struct iovec iov[3] = { { p, len }, { p + len, len }, { p + 2 * len, len } };
	struct mmsghdr many[3];
	long r;

	memset(many, 0, sizeof many);
	for (int i = 0; i < 3; i++)
		many[i].msg_hdr = (struct msghdr){ .msg_iov = &iov[i], .msg_iovlen = 1 };
	r = recvmmsg(fd, many, 3, flags | MSG_DONTWAIT, NULL);
	said(r, "recvmmsg(%d, %zu, %s)", fd, len, msg_text(flags));
	for (long i = 0; i < r; i++) {
		also(" %u %s", many[i].msg_len, msg_text(many[i].msg_hdr.msg_flags));
		say_data(many[i].msg_len, iov[i].iov_base, len);
	}
}

void call_recv(void)
{
	int fd = draw_socket(), flags = draw_recv_flags(fd), way = (int)draw(6), num;
	size_t len = one_in(12) ? 0 : draw(2) ? draw(200) : draw(3000);
	unsigned char *p = draw_place(room, way == 5 ? 3 * len : len);
	union address a = { .sa = { .sa_family = AF_UNSPEC } };
	socklen_t cap = draw_cap(), from_len = cap;
	struct iovec iov[MAX_PARTS];
	long r;

	if (would_block_in(fd, len))
		flags |= MSG_DONTWAIT;
	if ((flags & MSG_DONTWAIT) && (way == 1 || way == 2))
		way = 0;
	num = draw_parts(iov, p, len);
	switch (way) {
	case 0: r = recv(fd, p, len, flags), said(r, "recv(%d, %zu, %s)", fd, len, msg_text(flags)); break;
	case 1: r = read(fd, p, len), said(r, "read(%d, %zu)", fd, len); break;
	case 2: r = readv(fd, iov, num), said(r, "readv(%d, %zu in %d)", fd, len, num); break;
	case 3:
		r = recvfrom(fd, p, len, flags, &a.sa, &from_len);
		said(r, "recvfrom(%d, %zu, %s, %d)", fd, len, msg_text(flags), (int)cap);
		break;
	case 4: receive_msg(fd, iov, num, p, len, flags); return;
	default: receive_msgs(fd, p, len, flags); return;
	}
	say_data(r, p, len);
	if (way == 3)
		say_address(fd, r, &a, from_len, cap);
}

void call_sendfile(void)
{
	int to = draw_socket(), from = draw_fd(one_in(6) ? ~0u : 1u << REGULAR);
	off_t at = draw(3000), *place = one_in(2) ? &at : NULL;
	size_t len = draw(1500);
	long r;

	/* From a socket into a pipe is not simulated. */
	if (would_block_out(to) || !may_send(to, len) || (is_open(to) && !is_socket(to)))
		return;
	num_sends++;
	r = sendfile(to, from, place, len);
	said(r, "sendfile(%d, %d, %s, %zu) at %ld", to, from, place ? "&at" : "NULL", len, (long)at);
}

/* ---- real files beside the sockets ---- */

void call_real(void)
{
	int fd[2] = { -1, -1 };
	long r;

	if (one_in(3)) {
		r = pipe2(fd, draw(4) ? O_NONBLOCK : 0);
		said(r, "pipe2()");
		also(" [%d, %d]", fd[0], fd[1]);
		keep(fd[0], PIPE, 0);
		keep(fd[1], PIPE, 0);
	} else if (one_in(2)) {
		unsigned first = draw(3);

		fd[0] = eventfd(first, draw(4) ? EFD_NONBLOCK : 0);
		said(fd[0], "eventfd()");
		keep(fd[0], EVENTFD, 0);
	} else {
		fd[0] = open("plain", O_RDWR);
		said(fd[0], "open()");
		keep(fd[0], REGULAR, 0);
	}
}

void call_real_io(void)
{
	int fd = draw_of(1u << PIPE | 1u << EVENTFD | 1u << REGULAR);
	size_t len = fd >= 0 && fds[fd].kind == EVENTFD ? 8 : draw(300);
	long r;

	if (fd < 0)
		return;
	if (one_in(2) && fds[fd].kind != REGULAR) {
		if (would_block_out(fd))
			return;
		r = fds[fd].kind == EVENTFD ? write(fd, &(uint64_t){ draw(3) }, len) : write(fd, bytes, len);
		said(r, "write(%d, %zu)", fd, len);
	} else if (!would_block_in(fd, 0)) {
		r = read(fd, room, len);
		said(r, "read(%d, %zu)", fd, len);
		say_data(r, room, len);
	}
}

/* Streams of stdio over both ends of a connection. */
void call_stdio(void)
{
	char text[64] = "";
	int fd[2];
	FILE *to, *from;

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd))
		return;
	to = fdopen(fd[0], "w");
	from = fdopen(fd[1], "r");
	said(fprintf(to, "%u\n%s\n", draw(1000), "the second line"), "fprintf(%d)", fd[0]);
	said(fflush(to), "fflush(%d)", fd[0]);
	said(fgets(text, sizeof text, from) ? 0 : -1, "fgets(%d)", fd[1]);
	also(" %08x", digest(text, strlen(text)));
	if (one_in(2)) {
		said(fclose(to), "fclose(%d)", fd[0]);
		to = NULL;
	}
	said(fgets(text, sizeof text, from) ? 0 : -1, "fgets(%d)", fd[1]);
	also(" %08x", digest(text, strlen(text)));
	if (!to)
		said(fgetc(from), "fgetc(%d) at the end", fd[1]);
	said(fclose(from), "fclose(%d)", fd[1]);
	if (to)
		said(fclose(to), "fclose(%d)", fd[0]);
}
