/* SPDX-License-Identifier: MIT */
/*
 * What every behaviour suite shares: the test macros, the way its result is reported, and small helpers on
 * plain sockets. It owns no behaviour of its own, and it must not know simsock beyond DUAL_TEST.
 *
 * A body states what Linux does. It runs on the kernel, and (built with -DSIMSOCK_DUAL) on the simulation.
 */
#ifndef SIMSOCK_TESTS_BEHAVIOUR_BEHAVIOUR_H
#define SIMSOCK_TESTS_BEHAVIOUR_BEHAVIOUR_H

/* A suite includes this first, so that it holds for the system's headers too. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifdef SIMSOCK_DUAL
#include "api/cmocka/simsock_cmocka.h"
#define DUAL_TEST(fn) sim_test(fn)
#else
#define DUAL_TEST(fn) cmocka_unit_test(fn)
#endif

/* The kernel whose answers the bodies state; see README.md. */
#define BEHAVIOUR_REFERENCE "6.18."

/*
 * TEST(name) { ... }: one behaviour, named by it, that leaves no descriptor open. A test that no table lists
 * is an unused function: an error.
 */
#define TEST(name)                      \
	static void name##_body(void);  \
	static void name(void **state)  \
	{                               \
		(void)state;            \
		descriptors_remember(); \
		name##_body();          \
		descriptors_compare();  \
	}                               \
	static void name##_body(void)

/* First in a body whose subject the simulation does not have yet: there it is skipped, and says why. */
#define NOT_SIMULATED_YET(what)                               \
	do {                                                  \
		if (behaviour_is_simulated()) {               \
			print_message("skipped: " what "\n"); \
			skip();                               \
		}                                             \
	} while (0)

/* The call answers -1 with this errno. */
#define assert_fails(call, error)                 \
	do {                                      \
		errno = 0;                        \
		assert_int_equal((call), -1);     \
		assert_int_equal(errno, (error)); \
	} while (0)

/* The call answers 0. */
#define assert_ok(call) assert_int_equal((call), 0)

/* Every suite ends with it. A failure on a kernel other than the reference is a reported difference. */
#define BEHAVIOUR_MAIN(suite, tests)                                                            \
	int main(void)                                                                          \
	{                                                                                       \
		return behaviour_result(cmocka_run_group_tests_name(suite, tests, NULL, NULL)); \
	}

static inline bool behaviour_on_kernel(void)
{
#ifdef SIMSOCK_DUAL
	const char *mode = getenv("SIMSOCK");

	return mode && !strcmp(mode, "kernel");
#else
	return true;
#endif
}

/* Linked with the simulation, or the kernel's twin under `simsock exec` (tests/exec/behaviour.sh). */
static inline bool behaviour_is_simulated(void)
{
	return !behaviour_on_kernel() || getenv("BEHAVIOUR_UNDER_EXEC");
}

static inline int behaviour_result(int num_failed)
{
	struct utsname name;

	if (!num_failed || !behaviour_on_kernel() || uname(&name) ||
	    !strncmp(name.release, BEHAVIOUR_REFERENCE, strlen(BEHAVIOUR_REFERENCE)))
		return num_failed;
	fprintf(stderr,
		"difference: kernel %s answers %d test(s) otherwise than the reference %sx; not a failure\n",
		name.release, num_failed, BEHAVIOUR_REFERENCE);
	return 0;
}

/* ---- no descriptor outlives its test (on the simulation, sim_test says so) ---- */

#define DESCRIPTORS_WATCHED 64

static bool descriptors_before[DESCRIPTORS_WATCHED];

static inline void descriptors_remember(void)
{
	if (!behaviour_on_kernel())
		return;
	for (int fd = 0; fd < DESCRIPTORS_WATCHED; fd++)
		descriptors_before[fd] = fcntl(fd, F_GETFD) >= 0;
}

static inline void descriptors_compare(void)
{
	if (!behaviour_on_kernel())
		return;
	for (int fd = 0; fd < DESCRIPTORS_WATCHED; fd++)
		if (fcntl(fd, F_GETFD) >= 0 && !descriptors_before[fd])
			fail_msg("descriptor %d was left open", fd);
}

/* ---- waiting ---- */

/* Lets the kernel finish what it may do behind a call's back; no wall time on the simulation. */
static inline void settle(void)
{
	poll(NULL, 0, 3);
}

/* What poll reports of one descriptor at this moment. */
static inline int ready(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = (short)events };

	assert_true(poll(&p, 1, 0) >= 0);
	return p.revents;
}

/* What poll reports once there is anything to report; nothing within two seconds fails the test. */
static inline int await(int fd, int events)
{
	struct pollfd p = { .fd = fd, .events = (short)events };

	assert_int_equal(poll(&p, 1, 2000), 1);
	return p.revents;
}

static inline int64_t monotonic_ns(void)
{
	struct timespec t;

	assert_ok(clock_gettime(CLOCK_MONOTONIC, &t));
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

/* ---- descriptors and options ---- */

static inline void set_nonblock(int fd)
{
	int flags = fcntl(fd, F_GETFL);

	assert_true(flags >= 0);
	assert_ok(fcntl(fd, F_SETFL, flags | O_NONBLOCK));
}

static inline void close_pair(const int fd[2])
{
	assert_ok(close(fd[0]));
	assert_ok(close(fd[1]));
}

static inline int get_int(int fd, int level, int option)
{
	int value = -1;
	socklen_t len = sizeof(value);

	assert_ok(getsockopt(fd, level, option, &value, &len));
	assert_int_equal(len, sizeof(value));
	return value;
}

static inline int set_int(int fd, int level, int option, int value)
{
	return setsockopt(fd, level, option, &value, sizeof(value));
}

static inline int pending_error(int fd)
{
	return get_int(fd, SOL_SOCKET, SO_ERROR);
}

/* ---- addresses ---- */

static inline struct sockaddr_in at4(const char *address, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	assert_int_equal(inet_pton(AF_INET, address, &a.sin_addr), 1);
	return a;
}

static inline struct sockaddr_in6 at6(const char *address, int port)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };

	assert_int_equal(inet_pton(AF_INET6, address, &a.sin6_addr), 1);
	return a;
}

static inline struct sockaddr_in local4(int fd)
{
	struct sockaddr_in a;
	socklen_t len = sizeof(a);

	assert_ok(getsockname(fd, (struct sockaddr *)&a, &len));
	assert_int_equal(len, sizeof(a));
	return a;
}

static inline struct sockaddr_in6 local6(int fd)
{
	struct sockaddr_in6 a;
	socklen_t len = sizeof(a);

	assert_ok(getsockname(fd, (struct sockaddr *)&a, &len));
	assert_int_equal(len, sizeof(a));
	return a;
}

static inline int bind4(int fd, struct sockaddr_in a)
{
	return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

static inline int bind6(int fd, struct sockaddr_in6 a)
{
	return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

static inline int connect4(int fd, struct sockaddr_in a)
{
	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static inline int connect6(int fd, struct sockaddr_in6 a)
{
	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static inline ssize_t sendto4(int fd, const void *data, size_t len, int flags, struct sockaddr_in a)
{
	return sendto(fd, data, len, flags, (struct sockaddr *)&a, sizeof(a));
}

static inline ssize_t sendto6(int fd, const void *data, size_t len, int flags, struct sockaddr_in6 a)
{
	return sendto(fd, data, len, flags, (struct sockaddr *)&a, sizeof(a));
}

/* ---- sockets ---- */

static inline int new_socket(int domain, int type)
{
	int fd = socket(domain, type, 0);

	assert_true(fd >= 0);
	return fd;
}

/* A TCP socket that listens on a loopback port of the kernel's choice. */
static inline int tcp_listener(struct sockaddr_in *at, int backlog)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(bind4(fd, at4("127.0.0.1", 0)));
	assert_ok(listen(fd, backlog));
	*at = local4(fd);
	return fd;
}

/* A loopback port that nobody listens on: one that was just bound and given back. */
static inline struct sockaddr_in tcp_nobody(void)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);
	struct sockaddr_in at;

	assert_ok(bind4(fd, at4("127.0.0.1", 0)));
	at = local4(fd);
	assert_ok(close(fd));
	return at;
}

/* fd[0] connected, fd[1] was accepted. */
static inline void tcp_pair(int fd[2])
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1);

	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	assert_true(fd[1] >= 0);
	assert_ok(close(listener));
}

/* Ends a connection by a reset, which leaves no port in TIME_WAIT. */
static inline void tcp_abort(int fd)
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	assert_ok(setsockopt(fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
	assert_ok(close(fd));
}

static inline void tcp_end(const int fd[2])
{
	tcp_abort(fd[0]);
	assert_ok(close(fd[1]));
}

static inline int tcp_state(int fd)
{
	struct tcp_info info;
	socklen_t len = sizeof(info);

	assert_ok(getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len));
	return info.tcpi_state;
}

static inline int udp_bound(struct sockaddr_in *at)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(bind4(fd, at4("127.0.0.1", 0)));
	*at = local4(fd);
	return fd;
}

/* Two UDP sockets, each connected to the other. */
static inline void udp_pair(int fd[2])
{
	struct sockaddr_in at[2];

	fd[0] = udp_bound(&at[0]);
	fd[1] = udp_bound(&at[1]);
	assert_ok(connect4(fd[0], at[1]));
	assert_ok(connect4(fd[1], at[0]));
}

static inline void unix_pair(int type, int fd[2])
{
	assert_ok(socketpair(AF_UNIX, type, 0, fd));
}

/* ---- Unix names ---- */

/*
 * Tells this run's abstract names from another's: sandboxes that run beside each other share the names and
 * may have equal process ids.
 */
static inline unsigned long run_tag(void)
{
	static unsigned long tag;
	struct timespec t;

	if (!tag && behaviour_on_kernel()) {
		assert_ok(clock_gettime(CLOCK_REALTIME, &t));
		tag = (unsigned long)t.tv_sec * 1000000000UL + (unsigned long)t.tv_nsec;
	}
	return tag;
}

/* An abstract name of this process; gives its length. */
static inline socklen_t abstract_name(struct sockaddr_un *a, const char *name)
{
	int len;

	memset(a, 0, sizeof(*a));
	a->sun_family = AF_UNIX;
	len = snprintf(a->sun_path + 1, sizeof(a->sun_path) - 1, "behaviour-%d-%lx-%s", (int)getpid(),
		       run_tag(), name);
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + (size_t)len);
}

struct unix_dir {
	char path[80];
};

static inline void unix_dir_make(struct unix_dir *dir)
{
	const char *base = getenv("TEST_TMPDIR");

	if (!base || strlen(base) > 60)
		base = "/tmp";
	snprintf(dir->path, sizeof(dir->path), "%s/behXXXXXX", base);
	assert_non_null(mkdtemp(dir->path));
}

static inline void unix_dir_remove(const struct unix_dir *dir)
{
	assert_ok(rmdir(dir->path));
}

static inline struct sockaddr_un unix_name(const struct unix_dir *dir, const char *name)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int len = snprintf(a.sun_path, sizeof(a.sun_path), "%s/%s", dir->path, name);

	assert_true(len > 0 && (size_t)len < sizeof(a.sun_path));
	return a;
}

static inline int bind_unix(int fd, struct sockaddr_un a)
{
	return bind(fd, (struct sockaddr *)&a, sizeof(a));
}

static inline int connect_unix(int fd, struct sockaddr_un a)
{
	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

/* ---- bytes ---- */

/* A byte that depends on its place in the stream, so that lost or moved bytes show. */
static inline unsigned char pattern_byte(size_t at)
{
	return (unsigned char)(at * 31 + (at >> 8) * 7 + 1);
}

static inline void pattern_fill(void *data, size_t len, size_t start)
{
	unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		p[i] = pattern_byte(start + i);
}

static inline bool pattern_holds(const void *data, size_t len, size_t start)
{
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++)
		if (p[i] != pattern_byte(start + i))
			return false;
	return true;
}

/* One part of a gathered write. */
static inline struct iovec piece(const void *data, size_t len)
{
	struct iovec part = { .iov_base = (void *)(uintptr_t)data, .iov_len = len };

	return part;
}

/* Sends without blocking until it stays full; gives the number of bytes taken. */
static inline size_t fill(int fd, size_t chunk)
{
	static char block[65536];
	size_t total = 0;
	int refusals = 0;

	assert_true(chunk <= sizeof(block));
	while (refusals < 3) {
		ssize_t n = send(fd, block, chunk, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n > 0) {
			total += (size_t)n;
			refusals = 0;
			continue;
		}
		assert_int_equal(n, -1);
		assert_int_equal(errno, EAGAIN);
		refusals++;
		settle();
	}
	return total;
}

/* Reads exactly this many bytes, waiting for each, and throws them away. */
static inline void discard(int fd, size_t len)
{
	static char block[65536];

	while (len) {
		ssize_t n;

		assert_true(await(fd, POLLIN) & POLLIN);
		n = recv(fd, block, len < sizeof(block) ? len : sizeof(block), MSG_DONTWAIT);
		assert_true(n > 0);
		len -= (size_t)n;
	}
}

/* ---- signals ---- */

static volatile sig_atomic_t signals_seen;

static inline void count_signal(int number)
{
	(void)number;
	signals_seen++;
}

/* Counts a signal instead of its default action until signal_restore. */
static inline struct sigaction signal_count(int number, int flags)
{
	struct sigaction now = { .sa_flags = flags }, before;

	now.sa_handler = count_signal;
	sigemptyset(&now.sa_mask);
	signals_seen = 0;
	assert_ok(sigaction(number, &now, &before));
	return before;
}

static inline void signal_restore(int number, struct sigaction before)
{
	assert_ok(sigaction(number, &before, NULL));
}

#endif
