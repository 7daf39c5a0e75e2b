/* SPDX-License-Identifier: MIT */
/* One cell tried: see try.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tests/matrix/try.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sockios.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "tests/corpus/transcript.h"
#include "tests/matrix/states.h"

enum {
	MSS_BYTES_TCP4 = 65483, /* of loopback: 65536 - 20 - 20 - 12 of timestamps, less what the stack keeps
				 */
	MSS_BYTES_TCP6 = 65463,
	MSS_BYTES_UDP = 1472,
	MSS_BYTES_UNIX = 4096,
	BYTES_MAX = 5 << 20,
	NUM_MMSG = 2,
	RECV_MAX = 400,
};

static unsigned char *data, *received;
static int file = -1, free_fd;
static volatile sig_atomic_t num_sigpipe;

static void count_sigpipe(int sig)
{
	(void)sig;
	num_sigpipe++;
}

static int lowest_free(void)
{
	int fd = dup(0);

	must(fd >= 0 && !close(fd));
	return fd;
}

static unsigned char *map_bytes(void)
{
	void *p = mmap(NULL, BYTES_MAX, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	must(p != MAP_FAILED);
	return p;
}

void try_prepare(void)
{
	struct sigaction sa = { .sa_handler = count_sigpipe };
	const char *base = getenv("TEST_TMPDIR");
	char path[256];

	must(!sigaction(SIGPIPE, &sa, NULL));
	data = map_bytes();
	received = map_bytes();
	for (size_t i = 0; i < BYTES_MAX; i++)
		data[i] = (unsigned char)(i * 31 + (i >> 8) * 7 + 1);
	snprintf(path, sizeof path, "%s/matrixXXXXXX", base ? base : "/tmp");
	file = mkstemp(path);
	must(file >= 0 && !unlink(path));
	must(write(file, data, BYTES_MAX) == BYTES_MAX);
	free_fd = lowest_free();
}

static size_t size_of(const struct cell *c, int fd)
{
	int sndbuf = 0;
	socklen_t len = sizeof sndbuf;

	switch (c->size) {
	case SIZE_0: return 0;
	case SIZE_1: return 1;
	case SIZE_65507: return 65507;
	case SIZE_65508: return 65508;
	case SIZE_MSS:
		return c->family == TCP4                       ? MSS_BYTES_TCP4
		       : c->family == TCP6                     ? MSS_BYTES_TCP6
		       : families[c->family].domain == AF_UNIX ? MSS_BYTES_UNIX
							       : MSS_BYTES_UDP;
	default:
		must(!getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf, &len));
		must(sndbuf < BYTES_MAX);
		return (size_t)sndbuf + (c->size == SIZE_BUF1);
	}
}

/* Two messages, the second with one byte. */
static long send_mmsg(int fd, const struct msghdr *msg, int flags)
{
	struct iovec second = { data, 1 };
	struct mmsghdr many[NUM_MMSG] = { { .msg_hdr = *msg }, { .msg_hdr = *msg } };
	long r;
	int err;

	many[1].msg_hdr.msg_iov = &second;
	many[1].msg_hdr.msg_iovlen = 1;
	r = sendmmsg(fd, many, NUM_MMSG, flags);
	err = errno;
	for (long i = 0; i < r; i++)
		also(" %u", many[i].msg_len);
	errno = err;
	return r;
}

static long make_call(const struct cell *c, const struct ends *e, size_t len)
{
	union place to;
	socklen_t to_len = place_of(&to, e, c);
	struct iovec iov[3] = { { data, len / 2 }, { NULL, 0 }, { data + len / 2, len - len / 2 } };
	struct msghdr msg = { .msg_name = to_len ? &to : NULL, .msg_namelen = to_len, .msg_iov = iov };
	off_t at = 0;
	int flags = (int)c->flags;

	msg.msg_iovlen = NUM_OF(iov);
	switch (c->call) {
	case SEND: return send(e->self, data, len, flags);
	case SENDTO: return sendto(e->self, data, len, flags, to_len ? &to.sa : NULL, to_len);
	case SENDMSG: return sendmsg(e->self, &msg, flags);
	case SENDMMSG: return send_mmsg(e->self, &msg, flags);
	case WRITE: return write(e->self, data, len);
	case WRITEV: return writev(e->self, iov, NUM_OF(iov));
	default: return sendfile(e->self, file, &at, len);
	}
}

/* ---- what is seen of it ---- */

static const char *error_text(int err)
{
	return err ? strerrorname_np(err) ? strerrorname_np(err) : "E?" : "0";
}

static int pending_error(int fd)
{
	int err = -1;
	socklen_t len = sizeof err;

	must(!getsockopt(fd, SOL_SOCKET, SO_ERROR, &err, &len));
	return err;
}

static void tell_readiness(const char *who, int fd)
{
	struct pollfd p = { fd, POLLIN | POLLPRI | POLLOUT | POLLRDHUP | POLLRDBAND | POLLWRBAND, 0 };

	must(poll(&p, 1, 0) >= 0);
	also(", %s %s", who, events_text((unsigned short)p.revents));
}

/* What waits there: bytes, their digest, in how many pieces if they are records, and how it ends. */
static void tell_arrived(const char *who, int fd, const struct cell *c)
{
	bool stream = families[c->family].type == SOCK_STREAM;
	size_t sum = 0;
	int num = 0;
	long r;

	while (num < RECV_MAX && sum < BYTES_MAX &&
	       (r = recv(fd, received + sum, BYTES_MAX - sum, MSG_DONTWAIT)) >= 0) {
		sum += (size_t)r;
		num++;
		if (!r && families[c->family].type != SOCK_DGRAM)
			break;
	}
	also(", %s got", who);
	if (sum || (num && !stream))
		also(" %zu %08x", sum, digest(received, sum));
	if (!stream && num > 1)
		also(" in %d", num);
	also(" then %s", r < 0 ? error_text(errno) : r ? "more" : "end");
}

static void tell_left(int fd, const struct cell *c)
{
	int num = -1;

	/* TIMING: an acknowledgement may be delayed. */
	if (c->family == TCP4 || c->family == TCP6 || ioctl(fd, SIOCOUTQ, &num))
		return;
	if (num)
		also(" queued %d", num);
}

static void tell_ends(const struct ends *e, const struct cell *c)
{
	tell_readiness("self", e->self);
	tell_left(e->self, c);
	if (e->peer >= 0)
		tell_readiness("peer", e->peer);
	also(", SO_ERROR %s", error_text(pending_error(e->self)));
	if (e->peer >= 0) {
		also(" %s", error_text(pending_error(e->peer)));
		tell_arrived("peer", e->peer, c);
	}
	if (e->good >= 0 && families[c->family].type == SOCK_DGRAM)
		tell_arrived("good", e->good, c);
}

void try_cell(const struct cell *c, const char *name)
{
	struct ends e;
	size_t len;
	long r;
	int err;

	cell_at_work = name;
	ends_make(&e, c);
	len = size_of(c, e.self);
	also("%s", name);
	if (c->size == SIZE_BUF)
		also(" (%zu)", len);
	also(" =");
	num_sigpipe = 0;
	r = make_call(c, &e, len);
	err = errno;
	if (r < 0)
		also(" -1 %s", error_text(err));
	else
		also(" %ld", r);
	if (num_sigpipe)
		also(" SIGPIPE x%d", (int)num_sigpipe);
	tell_ends(&e, c);
	ends_close(&e);
	if (lowest_free() != free_fd)
		also(", a descriptor is left");
	end_line();
}
