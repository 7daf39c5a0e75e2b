/* SPDX-License-Identifier: MIT */
/*
 * bench_rows.c - the work that is measured, in plain sockets.
 *
 * Owns: one function a row, `void row(void *arg, uint64_t n)`, that does n operations and gives up loudly
 * when one does not do what it should.  Must not know: whether the sockets are the kernel's (send(2), tcp(7),
 * udp(7), unix(7), epoll(7)); what differs stands behind bench.h.
 */
#include "tests/bench/bench.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#ifdef BENCH_LIBRARY
#include "api/posix/simsock_redirect.h"
#endif

#define BULK_BYTES       65536
#define EPOLL_PAIRS      5000 /* two descriptors each */
#define SETTLE_EVERY_NUM 256  /* connections that may lie in TIME_WAIT */
#define MEMORY_PAIRS_MAX 4000

struct bench_state {
	int a, b; /* the two ends that most rows use */
	int listener;
	struct sockaddr_in listener_addr;
	int epoll;
	int bad; /* a number that is no descriptor */
	int (*pairs)[2];
	size_t num_pairs;
	char out[BULK_BYTES], in[BULK_BYTES];
};

static struct bench_state state;

void *bench_arg(void)
{
	return &state;
}

static int checked(int result, const char *what)
{
	if (result < 0)
		bench_fail(what);
	return result;
}

static void close_ends(void *arg)
{
	struct bench_state *s = arg;

	close(s->a);
	close(s->b);
}

/* UDP */

static int udp_bound(struct sockaddr_in *addr)
{
	socklen_t len = sizeof(*addr);
	int fd = checked(socket(AF_INET, SOCK_DGRAM, 0), "socket");

	*addr = (struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	checked(bind(fd, (struct sockaddr *)addr, sizeof(*addr)), "bind");
	checked(getsockname(fd, (struct sockaddr *)addr, &len), "getsockname");
	return fd;
}

static void udp_setup(void *arg)
{
	struct bench_state *s = arg;
	struct sockaddr_in a, b;

	s->a = udp_bound(&a);
	s->b = udp_bound(&b);
	checked(connect(s->a, (struct sockaddr *)&b, sizeof(b)), "connect");
	checked(connect(s->b, (struct sockaddr *)&a, sizeof(a)), "connect");
}

static void udp_64(void *arg, uint64_t n)
{
	struct bench_state *s = arg;

	while (n--)
		if (send(s->a, s->out, 64, 0) != 64 || recv(s->b, s->in, 64, 0) != 64)
			bench_fail("send and recv of 64 bytes");
}

/* TCP pairs */

static void listen_on_loopback(struct bench_state *s, int mss_bytes)
{
	socklen_t len = sizeof(s->listener_addr);

	s->listener_addr =
		(struct sockaddr_in){ .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	s->listener = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
	if (mss_bytes)
		checked(setsockopt(s->listener, IPPROTO_TCP, TCP_MAXSEG, &mss_bytes, sizeof(mss_bytes)),
			"setsockopt TCP_MAXSEG");
	checked(bind(s->listener, (struct sockaddr *)&s->listener_addr, len), "bind");
	checked(listen(s->listener, 16), "listen");
	checked(getsockname(s->listener, (struct sockaddr *)&s->listener_addr, &len), "getsockname");
}

static void tcp_connect_pair(struct bench_state *s, int mss_bytes, int *a, int *b)
{
	const struct sockaddr *to = (const struct sockaddr *)&s->listener_addr;

	*a = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
	if (mss_bytes)
		checked(setsockopt(*a, IPPROTO_TCP, TCP_MAXSEG, &mss_bytes, sizeof(mss_bytes)),
			"setsockopt TCP_MAXSEG");
	checked(connect(*a, to, sizeof(s->listener_addr)), "connect");
	*b = checked(accept(s->listener, NULL, NULL), "accept");
}

static void tcp_pair(struct bench_state *s, int mss_bytes)
{
	int on = 1;

	listen_on_loopback(s, mss_bytes);
	tcp_connect_pair(s, mss_bytes, &s->a, &s->b);
	close(s->listener);
	checked(setsockopt(s->a, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "setsockopt TCP_NODELAY");
	checked(setsockopt(s->b, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)), "setsockopt TCP_NODELAY");
}

static void tcp_setup(void *arg)
{
	tcp_pair(arg, 0);
}

static void tcp_mss1460_setup(void *arg)
{
	tcp_pair(arg, 1460);
}

/* One byte there and one back: serves TCP and Unix streams. */
static void ping_pong(void *arg, uint64_t n)
{
	struct bench_state *s = arg;

	while (n--)
		if (send(s->a, s->out, 1, 0) != 1 || recv(s->b, s->in, 1, 0) != 1 ||
		    send(s->b, s->out, 1, 0) != 1 || recv(s->a, s->in, 1, 0) != 1)
			bench_fail("ping-pong of one byte");
}

/* When neither end can go on, wait as a program would: the network may owe an acknowledgement. */
static void wait_for_progress(struct bench_state *s)
{
	struct pollfd p[2] = { { s->a, POLLOUT, 0 }, { s->b, POLLIN, 0 } };

	if (poll(p, 2, 1000) <= 0) {
		errno = ETIMEDOUT;
		bench_fail("64 KiB: neither end could go on");
	}
}

static void bulk_64k(void *arg, uint64_t n)
{
	struct bench_state *s = arg;

	while (n--) {
		size_t sent = 0, got = 0;

		while (got < BULK_BYTES) {
			ssize_t w = 0, r;

			if (sent < BULK_BYTES)
				w = send(s->a, s->out + sent, BULK_BYTES - sent, MSG_DONTWAIT);
			if (w < 0 && errno != EAGAIN)
				bench_fail("send of 64 KiB");
			sent += w > 0 ? (size_t)w : 0;
			r = recv(s->b, s->in + got, BULK_BYTES - got, MSG_DONTWAIT);
			if (r == 0 || (r < 0 && errno != EAGAIN))
				bench_fail("recv of 64 KiB");
			got += r > 0 ? (size_t)r : 0;
			if (w <= 0 && r <= 0)
				wait_for_progress(s);
		}
	}
}

/* Connections */

static void listener_setup(void *arg)
{
	listen_on_loopback(arg, 0);
}

static void listener_teardown(void *arg)
{
	close(((struct bench_state *)arg)->listener);
	bench_settle();
}

static void connect_accept_close(void *arg, uint64_t n)
{
	struct bench_state *s = arg;
	uint64_t i;
	int a, b;

	for (i = 0; i < n; i++) {
		tcp_connect_pair(s, 0, &a, &b);
		if (close(a) || close(b))
			bench_fail("close");
		if (i % SETTLE_EVERY_NUM == SETTLE_EVERY_NUM - 1)
			bench_settle();
	}
	bench_settle();
}

static void nothing(void *arg)
{
	(void)arg;
}

static void socketpair_close(void *arg, uint64_t n)
{
	int fd[2];

	(void)arg;
	while (n--)
		if (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) || close(fd[0]) || close(fd[1]))
			bench_fail("socketpair and close");
}

static void unix_setup(void *arg)
{
	struct bench_state *s = arg;
	int fd[2];

	checked(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), "socketpair");
	s->a = fd[0];
	s->b = fd[1];
}

/* Errors */

/* fill: send until nothing more is taken; true if something was. */
static int fill(struct bench_state *s)
{
	int taken = 0;

	while (send(s->a, s->out, BULK_BYTES, MSG_DONTWAIT) > 0)
		taken = 1;
	while (send(s->a, s->out, 1, MSG_DONTWAIT) > 0)
		taken = 1;
	return taken;
}

/*
 * Fill until it has stayed full for half a second: window probes go on moving bytes into what room the
 * receiver finds by packing its queue closer.
 */
static void full_setup(void *arg)
{
	struct bench_state *s = arg;
	int quiet;

	tcp_setup(arg);
	for (quiet = 0; quiet < 50; quiet++) {
		if (fill(s))
			quiet = 0;
		usleep(10000);
	}
}

/* A late probe may still make room: then fill again, but not often. */
static void send_full(void *arg, uint64_t n)
{
	struct bench_state *s = arg;
	uint64_t refills_max = 2 + n / 100;

	while (n--) {
		if (send(s->a, s->out, 1, MSG_DONTWAIT) == -1 && errno == EAGAIN)
			continue;
		if (!refills_max--)
			bench_fail("send on a full buffer, EAGAIN expected");
		fill(s);
	}
}

static void bad_setup(void *arg)
{
	struct bench_state *s = arg;

	s->bad = checked(socket(AF_INET, SOCK_STREAM, 0), "socket");
	close(s->bad);
}

static void send_bad(void *arg, uint64_t n)
{
	struct bench_state *s = arg;

	while (n--)
		if (send(s->bad, s->out, 1, 0) != -1 || errno != EBADF)
			bench_fail("send on a bad descriptor, EBADF expected");
}

/* Many descriptors */

static void add_pairs(struct bench_state *s, size_t num)
{
	s->pairs = calloc(num, sizeof(*s->pairs));
	if (!s->pairs)
		bench_fail("calloc");
	for (s->num_pairs = 0; s->num_pairs < num; s->num_pairs++)
		checked(socketpair(AF_UNIX, SOCK_STREAM, 0, s->pairs[s->num_pairs]), "socketpair");
}

static void drop_pairs(struct bench_state *s)
{
	while (s->num_pairs) {
		s->num_pairs--;
		close(s->pairs[s->num_pairs][0]);
		close(s->pairs[s->num_pairs][1]);
	}
	free(s->pairs);
	s->pairs = NULL;
}

static void epoll_setup(void *arg)
{
	struct bench_state *s = arg;
	size_t i;

	add_pairs(s, EPOLL_PAIRS);
	s->epoll = checked(epoll_create1(0), "epoll_create1");
	for (i = 0; i < 2 * s->num_pairs; i++) {
		int fd = s->pairs[i / 2][i % 2];
		struct epoll_event e = { .events = EPOLLIN, .data.fd = fd };

		checked(epoll_ctl(s->epoll, EPOLL_CTL_ADD, fd, &e), "epoll_ctl");
	}
	if (send(s->pairs[EPOLL_PAIRS / 2][0], s->out, 1, 0) != 1)
		bench_fail("send");
}

static void epoll_teardown(void *arg)
{
	struct bench_state *s = arg;

	close(s->epoll);
	drop_pairs(s);
}

static void epoll_10000(void *arg, uint64_t n)
{
	struct bench_state *s = arg;
	struct epoll_event e[64];

	while (n--)
		if (epoll_wait(s->epoll, e, 64, -1) != 1 || e[0].data.fd != s->pairs[EPOLL_PAIRS / 2][1])
			bench_fail("epoll_wait, one ready descriptor expected");
}

/* The pairs are freed afterwards, so that the row can be asked again. */
static uint64_t tcp_pair_bytes(void *arg, uint64_t n)
{
	struct bench_state *s = arg;
	uint64_t before, after;
	size_t i, num = n > MEMORY_PAIRS_MAX ? MEMORY_PAIRS_MAX : (size_t)n;

	s->pairs = calloc(num, sizeof(*s->pairs));
	if (!s->pairs)
		bench_fail("calloc");
	before = bench_memory_bytes();
	for (i = 0; i < num; i++)
		tcp_connect_pair(s, 0, &s->pairs[i][0], &s->pairs[i][1]);
	after = bench_memory_bytes();
	s->num_pairs = num;
	drop_pairs(s);
	bench_settle();
	return (after > before ? after - before : 0) * n / num;
}

/* World */

#ifdef BENCH_SIM
static void world_setup(void *arg)
{
	(void)arg;
	bench_world_close();
}

static void world_new_free(void *arg, uint64_t n)
{
	(void)arg;
	while (n--) {
		bench_world_open();
		bench_world_close();
	}
}

static void world_teardown(void *arg)
{
	(void)arg;
	bench_world_open();
}
#endif

const struct bench_row bench_rows[] = {
	{ "udp_64", udp_setup, udp_64, NULL, close_ends },
	{ "tcp_ping_pong", tcp_setup, ping_pong, NULL, close_ends },
	{ "tcp_64k_mss1460", tcp_mss1460_setup, bulk_64k, NULL, close_ends },
	{ "tcp_64k_mss64k", tcp_setup, bulk_64k, NULL, close_ends },
	{ "unix_ping_pong", unix_setup, ping_pong, NULL, close_ends },
	{ "connect_accept_close", listener_setup, connect_accept_close, NULL, listener_teardown },
	{ "socketpair_close", nothing, socketpair_close, NULL, nothing },
	{ "send_full_eagain", full_setup, send_full, NULL, close_ends },
	{ "send_bad_ebadf", bad_setup, send_bad, NULL, nothing },
	{ "epoll_1_of_10000", epoll_setup, epoll_10000, NULL, epoll_teardown },
	{ "tcp_idle_pair_bytes", listener_setup, NULL, tcp_pair_bytes, listener_teardown },
#ifdef BENCH_SIM
	{ "world_new_free", world_setup, world_new_free, NULL, world_teardown },
#endif
};

const size_t bench_num_rows = sizeof(bench_rows) / sizeof(bench_rows[0]);
