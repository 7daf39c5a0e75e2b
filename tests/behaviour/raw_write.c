/* SPDX-License-Identifier: MIT */
/*
 * sys_send() with flags 0 is sys_write(): each cell of a matrix (kind of socket, state, size, blocking,
 * buffer) is made twice, alike; one of them sends, the other writes. Result, signals, what arrived, readiness
 * of both ends, pending errors and what is left to send must be the same, and errno untouched. Where Linux
 * makes a difference, a test of its own names it. send(2): "The only difference between send() and write(2)
 * is the presence of flags."
 */
#include "tests/behaviour/behaviour.h"

#include <limits.h>
#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/mman.h>

#include "api/raw/simsock_raw.h"

enum { ERRNO_MARK = 4321, BUFFER_BYTES = 70000, PAGE_BYTES = 4096 };

static const struct kind {
	const char *name;
	int domain, type;
} kinds[] = {
	{ "tcp", AF_INET, SOCK_STREAM },
	{ "tcp6", AF_INET6, SOCK_STREAM },
	{ "udp", AF_INET, SOCK_DGRAM },
	{ "udp6", AF_INET6, SOCK_DGRAM },
	{ "unix stream", AF_UNIX, SOCK_STREAM },
	{ "unix dgram", AF_UNIX, SOCK_DGRAM },
	{ "unix seqpacket", AF_UNIX, SOCK_SEQPACKET },
};

enum state {
	FRESH,
	BOUND,
	LISTENING,
	CONNECTED,
	FULL,
	SHUT_WRITING,
	SHUT_READING,
	PEER_SHUT_WRITING,
	PEER_SHUT_READING,
	PEER_CLOSED,
	PEER_CLOSED_UNREAD,
	PEER_RESET,
	NUM_STATES
};

static const char *const state_names[NUM_STATES] = {
	"fresh",
	"bound",
	"listening",
	"connected",
	"full",
	"shut for writing",
	"shut for reading",
	"peer shut for writing",
	"peer shut for reading",
	"peer closed",
	"peer closed with bytes unread",
	"peer reset",
};

/* One end that is tried and the other, -1: there is none. */
struct ends {
	int fd, peer;
};

/* What can be told after the call. */
struct outcome {
	long result;
	int signals, ready, peer_ready, error, peer_error, unsent;
	size_t num_messages, num_bytes;
	uint32_t sum;
};

static bool is_stream_or_record(const struct kind *k)
{
	return k->type != SOCK_DGRAM;
}

static bool makes_sense(const struct kind *k, enum state s)
{
	switch (s) {
	case LISTENING: return is_stream_or_record(k);
	case PEER_RESET: return k->domain != AF_UNIX && k->type == SOCK_STREAM;
	case PEER_CLOSED_UNREAD: return is_stream_or_record(k);
	case FULL: return k->domain == AF_UNIX || k->type == SOCK_STREAM;
	default: return true;
	}
}

static socklen_t loopback(const struct kind *k, struct sockaddr_storage *ss)
{
	struct sockaddr_in a4 = at4("127.0.0.1", 0);
	struct sockaddr_in6 a6 = at6("::1", 0);

	memset(ss, 0, sizeof(*ss));
	if (k->domain == AF_UNIX) {
		ss->ss_family = AF_UNIX; /* autobind */
		return sizeof(ss->ss_family);
	}
	if (k->domain == AF_INET)
		memcpy(ss, &a4, sizeof(a4));
	else
		memcpy(ss, &a6, sizeof(a6));
	return k->domain == AF_INET ? sizeof(a4) : sizeof(a6);
}

static void bind_somewhere(const struct kind *k, int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = loopback(k, &ss);

	assert_ok(bind(fd, (struct sockaddr *)&ss, len));
}

static void name_of(int fd, struct sockaddr_storage *ss, socklen_t *len)
{
	*len = sizeof(*ss);
	assert_ok(getsockname(fd, (struct sockaddr *)ss, len));
}

static void connect_to(int fd, int other)
{
	struct sockaddr_storage ss;
	socklen_t len;

	name_of(other, &ss, &len);
	assert_ok(connect(fd, (struct sockaddr *)&ss, len));
}

static struct ends connected(const struct kind *k)
{
	struct ends e;
	int pair[2], listener;

	if (k->domain == AF_UNIX) {
		unix_pair(k->type, pair);
		return (struct ends){ pair[0], pair[1] };
	}
	e.fd = new_socket(k->domain, k->type);
	if (k->type == SOCK_DGRAM) {
		e.peer = new_socket(k->domain, k->type);
		bind_somewhere(k, e.fd);
		bind_somewhere(k, e.peer);
		connect_to(e.fd, e.peer);
		connect_to(e.peer, e.fd);
		return e;
	}
	listener = new_socket(k->domain, k->type);
	bind_somewhere(k, listener);
	assert_ok(listen(listener, 1));
	connect_to(e.fd, listener);
	e.peer = accept(listener, NULL, NULL);
	assert_true(e.peer >= 0);
	assert_ok(close(listener));
	return e;
}

static struct ends unconnected(const struct kind *k, enum state s)
{
	struct ends e = { new_socket(k->domain, k->type), -1 };

	if (s != FRESH)
		bind_somewhere(k, e.fd);
	if (s == LISTENING)
		assert_ok(listen(e.fd, 1));
	return e;
}

static void close_peer(struct ends *e)
{
	assert_ok(close(e->peer));
	e->peer = -1;
}

/* Lets TCP's other end see what was done; the others' has seen it. */
static void rest(const struct kind *k)
{
	if (k->domain != AF_UNIX && k->type == SOCK_STREAM)
		poll(NULL, 0, 1);
}

/* TCP's other end acknowledges 40 ms later, and then there is room again. */
static void fill_for_good(const struct kind *k, int fd)
{
	if (k->domain == AF_UNIX) {
		fill(fd, 1024);
		return;
	}
	while (fill(fd, 1024))
		poll(NULL, 0, 50);
}

static struct ends make(const struct kind *k, enum state s)
{
	struct linger hard = { 1, 0 };
	struct ends e;

	if (s <= LISTENING)
		return unconnected(k, s);
	e = connected(k);
	switch (s) {
	case FULL: fill_for_good(k, e.fd); break;
	case SHUT_WRITING: assert_ok(shutdown(e.fd, SHUT_WR)); break;
	case SHUT_READING: assert_ok(shutdown(e.fd, SHUT_RD)); break;
	case PEER_SHUT_WRITING: assert_ok(shutdown(e.peer, SHUT_WR)); break;
	case PEER_SHUT_READING: assert_ok(shutdown(e.peer, SHUT_RD)); break;
	case PEER_CLOSED: close_peer(&e); break;
	case PEER_CLOSED_UNREAD:
		assert_int_equal(send(e.fd, "unread", 6, 0), 6);
		rest(k);
		close_peer(&e);
		break;
	case PEER_RESET:
		assert_ok(setsockopt(e.peer, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
		close_peer(&e);
		break;
	default: break;
	}
	rest(k);
	return e;
}

static int events(int fd)
{
	return fd < 0 ? 0 : ready(fd, POLLIN | POLLOUT | POLLPRI | POLLRDHUP);
}

/* All that is there to be read, added up. */
static void drain(int fd, struct outcome *o)
{
	static unsigned char got[BUFFER_BYTES];
	ssize_t n;

	if (fd < 0)
		return;
	while ((n = recv(fd, got, sizeof(got), MSG_DONTWAIT)) >= 0) {
		o->num_messages++;
		o->num_bytes += (size_t)n;
		for (ssize_t i = 0; i < n; i++)
			o->sum = o->sum * 31 + got[i];
		if (!n && o->num_messages > 4)
			break; /* the end of a stream is read for ever */
	}
}

static void look(const struct kind *k, const struct ends *e, enum state s, struct outcome *o)
{
	rest(k);
	o->ready = events(e->fd);
	o->peer_ready = events(e->peer);
	if (ioctl(e->fd, SIOCOUTQ, &o->unsent))
		o->unsent = -errno;
	o->error = pending_error(e->fd);
	o->peer_error = e->peer < 0 ? 0 : pending_error(e->peer);
	if (s != FULL) /* how much a kernel's TCP takes depends on when its peer acknowledges */
		drain(e->peer, o);
	if (k->domain != AF_UNIX && k->type == SOCK_STREAM)
		o->unsent = 0; /* acknowledged in its own time */
}

static struct outcome try(const struct kind *k, enum state s, bool is_write, bool block, const void *buf,
			  size_t len)
{
	struct timeval soon = { 0, 2000 };
	struct ends e = make(k, s);
	struct outcome o;

	memset(&o, 0, sizeof(o));
	if (!block)
		set_nonblock(e.fd);
	assert_ok(setsockopt(e.fd, SOL_SOCKET, SO_SNDTIMEO, &soon, sizeof(soon)));
	signals_seen = 0;
	errno = ERRNO_MARK;
	o.result = is_write ? sys_write(e.fd, buf, len) : sys_send(e.fd, buf, len, 0);
	assert_int_equal(errno, ERRNO_MARK);
	o.signals = signals_seen;
	look(k, &e, s, &o);
	assert_ok(close(e.fd));
	if (e.peer >= 0)
		assert_ok(close(e.peer));
	return o;
}

static void assert_alike(const struct kind *k, enum state s, bool block, const char *what, const void *buf,
			 size_t len)
{
	struct outcome sent = try(k, s, false, block, buf, len), written = try(k, s, true, block, buf, len);

	if (memcmp(&sent, &written, sizeof(sent)) != 0)
		fail_msg("%s, %s, %s, %s of %zu bytes: sys_send %ld (signals %d, ready %x/%x, error %d/%d, "
			 "unsent %d, %zu bytes in %zu), sys_write %ld (signals %d, ready %x/%x, error %d/%d, "
			 "unsent %d, %zu bytes in %zu)",
			 k->name, state_names[s], block ? "blocking" : "non-blocking", what, len, sent.result,
			 sent.signals, (unsigned)sent.ready, (unsigned)sent.peer_ready, sent.error,
			 sent.peer_error, sent.unsent, sent.num_bytes, sent.num_messages, written.result,
			 written.signals, (unsigned)written.ready, (unsigned)written.peer_ready,
			 written.error, written.peer_error, written.unsent, written.num_bytes,
			 written.num_messages);
}

/* The last `readable` bytes before a page that is none. */
static unsigned char *before_a_hole(size_t readable)
{
	static unsigned char *pages;

	if (!pages) {
		pages = mmap(NULL, 2 * PAGE_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			     0);
		assert_true(pages != MAP_FAILED);
		memset(pages, 'p', PAGE_BYTES);
		assert_ok(mprotect(pages + PAGE_BYTES, PAGE_BYTES, PROT_NONE));
	}
	return pages + PAGE_BYTES - readable;
}

static void run_cells(const struct kind *k, enum state s, bool block)
{
	static const size_t sizes[] = { 0, 1, 1000, 20000, 65507, 65508 };
	static unsigned char buf[BUFFER_BYTES];

	pattern_fill(buf, sizeof(buf), 0);
	if (s == FULL && k->domain != AF_UNIX) { /* it takes its time */
		assert_alike(k, s, block, "a good buffer", buf, 1000);
		return;
	}
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		/* More than a fresh TCP window: how much goes depends on the peer's acknowledgements. */
		if (k->type == SOCK_STREAM && sizes[i] > 20000)
			continue;
		assert_alike(k, s, block, "a good buffer", buf, sizes[i]);
	}
	assert_alike(k, s, block, "no buffer", (void *)8, 10);
	assert_alike(k, s, block, "no buffer", (void *)8, 0);
	assert_alike(k, s, block, "a buffer with a hole", before_a_hole(7), 10);
	assert_alike(k, s, block, "a buffer with a hole", before_a_hole(PAGE_BYTES), PAGE_BYTES + 10);
	assert_alike(k, s, block, "a kernel's address", (void *)0xffff800000000000u, 10);
}

static void run_matrix(bool block)
{
	struct sigaction before = signal_count(SIGPIPE, 0);

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		for (int s = 0; s < NUM_STATES; s++)
			if (makes_sense(&kinds[i], (enum state)s))
				run_cells(&kinds[i], (enum state)s, block);
	signal_restore(SIGPIPE, before);
}

TEST(sys_send_without_flags_is_sys_write_that_does_not_block)
{
	run_matrix(false);
}

TEST(sys_send_without_flags_is_sys_write_that_blocks)
{
	run_matrix(true);
}

/* ---- where Linux makes a difference ---- */

TEST(of_what_is_no_socket_sys_write_knows_better)
{
	int pipe_fd[2], set = epoll_create1(0), only_path = open("/tmp", O_PATH);

	assert_ok(pipe(pipe_fd));
	assert_int_equal(sys_send(pipe_fd[1], "x", 1, 0), -ENOTSOCK);
	assert_int_equal(sys_write(pipe_fd[1], "x", 1), 1);
	assert_int_equal(sys_write(pipe_fd[0], "x", 1), -EBADF); /* not open for writing */
	assert_int_equal(sys_send(pipe_fd[0], "x", 1, 0), -ENOTSOCK);
	assert_int_equal(sys_send(set, "x", 1, 0), -ENOTSOCK);
	assert_int_equal(sys_write(set, "x", 1), -EINVAL);
	assert_int_equal(sys_send(only_path, "x", 1, 0), -EBADF);
	assert_int_equal(sys_write(only_path, "x", 1), -EBADF);
	assert_int_equal(sys_send(1000, "x", 1, 0), -EBADF);
	assert_int_equal(sys_write(1000, "x", 1), -EBADF);
	assert_ok(close(set));
	assert_ok(close(only_path));
	close_pair(pipe_fd);
}

/* Both cut a length to 0x7ffff000; but sys_write first asks whether all of it is the program's to give. */
TEST(a_length_beyond_the_programs_memory_is_efault_of_sys_write_alone)
{
	static const size_t lens[] = { (size_t)1 << 47, (size_t)SSIZE_MAX, (size_t)SSIZE_MAX + 1, SIZE_MAX };
	static char byte; /* far from the end of the program's memory */
	int fd[2], tcp[2];

	unix_pair(SOCK_DGRAM, fd);
	tcp_pair(tcp);
	assert_ok(shutdown(tcp[0], SHUT_WR));
	for (size_t i = 0; i < sizeof(lens) / sizeof(lens[0]); i++) {
		assert_int_equal(sys_write(fd[0], &byte, lens[i]), -EFAULT);
		assert_int_equal(sys_send(fd[0], &byte, lens[i], 0), -EMSGSIZE);
		assert_int_equal(sys_write(tcp[0], &byte, lens[i]), -EFAULT); /* no EPIPE, no SIGPIPE */
		assert_int_equal(sys_read(fd[0], &byte, lens[i]), -EFAULT);
		assert_int_equal(sys_recv(fd[0], &byte, lens[i], MSG_DONTWAIT), -EAGAIN);
	}
	assert_int_equal(sys_write(fd[0], &byte, (size_t)1 << 40), -EMSGSIZE);
	assert_int_equal(sys_send(fd[0], &byte, (size_t)1 << 40, 0), -EMSGSIZE);
	close_pair(fd);
	tcp_end(tcp);
}

/* What can be no memory of a program's is found out before the descriptor by sys_send, behind it by
 * sys_write. */
TEST(a_kernels_address_is_efault_before_anything_else_of_sys_send)
{
	void *kernels = (void *)0xffff800000000000u;
	int udp = new_socket(AF_INET, SOCK_DGRAM), tcp = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(sys_send(-1, kernels, 1, 0), -EFAULT);
	assert_int_equal(sys_write(-1, kernels, 1), -EBADF);
	assert_int_equal(sys_recv(-1, kernels, 1, 0), -EFAULT);
	assert_int_equal(sys_read(-1, kernels, 1), -EBADF);
	assert_int_equal(sys_send(udp, kernels, 0, 0), -EFAULT);
	assert_int_equal(sys_write(udp, kernels, 0), -EFAULT);
	assert_int_equal(sys_send(udp, (void *)8, 1, 0), -EDESTADDRREQ);
	assert_int_equal(sys_write(udp, (void *)8, 1), -EDESTADDRREQ);
	assert_int_equal(sys_send(tcp, kernels, 1, 0), -EFAULT); /* no EPIPE, no SIGPIPE */
	assert_int_equal(sys_write(tcp, kernels, 1), -EFAULT);
	assert_ok(close(udp));
	assert_ok(close(tcp));
}

/* Of no bytes sys_write is sys_send: an empty datagram; sys_writev and sys_readv are not. */
TEST(no_bytes_are_a_datagram_of_sys_write_and_nothing_of_sys_writev)
{
	struct iovec none = piece("", 0);
	struct msghdr msg = { .msg_iov = &none, .msg_iovlen = 1 };
	char got[4];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(sys_writev(fd[0], &none, 1), 0);
	assert_int_equal(sys_writev(fd[0], NULL, 0), 0);
	assert_int_equal(sys_recv(fd[1], got, 4, MSG_DONTWAIT), -EAGAIN);
	assert_int_equal(sys_write(fd[0], NULL, 0), 0);
	assert_int_equal(sys_send(fd[0], NULL, 0, 0), 0);
	assert_int_equal(sys_sendmsg(fd[0], &msg, 0), 0);
	for (int i = 0; i < 3; i++)
		assert_int_equal(sys_recv(fd[1], got, 4, MSG_DONTWAIT), 0);
	assert_int_equal(sys_recv(fd[1], got, 4, MSG_DONTWAIT), -EAGAIN);
	close_pair(fd);
}

TEST(too_many_pieces_are_einval_of_sys_writev_and_emsgsize_of_sys_sendmsg)
{
	static struct iovec parts[1025];
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 1025 };
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(sys_writev(fd[0], parts, 1025), -EINVAL);
	assert_int_equal(sys_writev(fd[0], parts, -1), -EINVAL);
	assert_int_equal(sys_sendmsg(fd[0], &msg, 0), -EMSGSIZE);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(sys_send_without_flags_is_sys_write_that_does_not_block),
	DUAL_TEST(sys_send_without_flags_is_sys_write_that_blocks),
	DUAL_TEST(of_what_is_no_socket_sys_write_knows_better),
	DUAL_TEST(a_length_beyond_the_programs_memory_is_efault_of_sys_write_alone),
	DUAL_TEST(a_kernels_address_is_efault_before_anything_else_of_sys_send),
	DUAL_TEST(no_bytes_are_a_datagram_of_sys_write_and_nothing_of_sys_writev),
	DUAL_TEST(too_many_pieces_are_einval_of_sys_writev_and_emsgsize_of_sys_sendmsg),
};
BEHAVIOUR_MAIN("raw_write", tests)
