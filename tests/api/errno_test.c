/* SPDX-License-Identifier: MIT */
/*
 * Every errno of send(2): provoked in the simulated network and explained by its reason, in one table;
 * triggered by a rule, with the side effect that rules declare, in another.
 */
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
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <unistd.h>

#include "simsock.h"

static char block[300000];

/* ---- what the provocations share ---- */

static int udp(void)
{
	return socket(AF_INET, SOCK_DGRAM, 0);
}

static ssize_t to4(int fd, const char *addr, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, addr, &a.sin_addr);
	return sendto(fd, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&a, sizeof(a));
}

static int connect_to(int fd, const char *addr, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, addr, &a.sin_addr);
	return connect(fd, (struct sockaddr *)&a, sizeof(a));
}

static ssize_t to_path(int fd, const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	strncpy(a.sun_path, path, sizeof(a.sun_path) - 1);
	return sendto(fd, "x", 1, MSG_NOSIGNAL, (struct sockaddr *)&a, sizeof(a));
}

/* A path in a directory of this process's own, which atexit() takes away. */
static const char *in_dir(const char *name)
{
	static char dir[] = "/tmp/simsock.XXXXXX", path[64];
	static bool made;

	if (!made)
		assert_non_null(mkdtemp(dir));
	made = true;
	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return path;
}

static void pair(int fd[2], const char *kind)
{
	sim_pair(fd, kind);
}

static ssize_t one(int fd)
{
	return send(fd, "x", 1, MSG_NOSIGNAL);
}

static void fill(int fd)
{
	while (send(fd, block, 1000, MSG_DONTWAIT) > 0)
		continue;
}

static void abort_peer(int fd)
{
	struct linger now = { 1, 0 };

	setsockopt(fd, SOL_SOCKET, SO_LINGER, &now, sizeof(now));
	close(fd);
}

static void on_alarm(int number)
{
	(void)number;
}

static void *bad_pointer(void)
{
	void *volatile bad = (void *)8;

	return bad;
}

/* ---- the provocations: each gives the failing call's result ---- */

static ssize_t broadcast_without_option(void)
{
	return to4(udp(), "10.0.0.255", 9);
}

static ssize_t nonblocking_on_a_full_buffer(void)
{
	int fd[2];

	pair(fd, "unix nonblock");
	fill(fd[0]);
	return one(fd[0]);
}

static ssize_t closed_window(void)
{
	int fd[2];

	pair(fd, "tcp nonblock");
	for (int i = 0; i < 40; i++) {
		fill(fd[0]);
		sim_advance("1s");
	}
	fill(fd[0]);
	return one(fd[0]);
}

static ssize_t peer_does_not_read(void)
{
	int fd[2];

	pair(fd, "tcp nonblock");
	sim_capacity(sim_fd(fd[0]), 10);
	fill(fd[0]);
	return one(fd[0]);
}

static ssize_t receivers_queue_full(void)
{
	int fd[2], other = socket(AF_UNIX, SOCK_DGRAM, 0);
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "\0receiver" };
	socklen_t len = sizeof(sa_family_t) + 9;
	ssize_t n;

	fd[1] = socket(AF_UNIX, SOCK_DGRAM, 0);
	bind(fd[1], (struct sockaddr *)&a, len);
	do {
		n = sendto(other, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&a, len);
	} while (n > 0);
	return n;
}

static ssize_t timeout_passed(void)
{
	struct timeval tv = { 1, 0 };
	int fd[2];

	pair(fd, "unix");
	fill(fd[0]);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	return one(fd[0]);
}

/* Whatever it waited for. */
static ssize_t timeout_passed_at_the_capacity(void)
{
	struct timeval tv = { 1, 0 };
	int fd[2];

	pair(fd, "tcp");
	sim_capacity(sim_fd(fd[0]), 10);
	fill(fd[0]);
	setsockopt(fd[0], SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	return one(fd[0]);
}

static ssize_t no_port_left(void)
{
	int holder = udp();
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(40000) };

	sim_sysctl("client", "net.ipv4.ip_local_port_range", "40000 40000");
	bind(holder, (struct sockaddr *)&a, sizeof(a));
	return to4(udp(), "10.0.0.2", 9);
}

static ssize_t no_port_left_to_connect(void)
{
	int holder = socket(AF_INET, SOCK_STREAM, 0);
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(40000) };

	sim_sysctl("client", "net.ipv4.ip_local_port_range", "40000 40000");
	bind(holder, (struct sockaddr *)&a, sizeof(a));
	return connect_to(socket(AF_INET, SOCK_STREAM, 0), "10.0.0.2", 9);
}

static ssize_t while_connecting(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	sim_link("client", "server", "delay 10ms");
	connect_to(fd, "10.0.0.2", 9);
	return one(fd);
}

static ssize_t closed_descriptor(void)
{
	int fd = udp();

	close(fd);
	return one(fd);
}

static ssize_t epoll_set(void)
{
	int fd = epoll_create1(0);
	ssize_t n = one(fd);

	close(fd);
	return n;
}

static ssize_t reset_by_peer(void)
{
	int fd[2];

	pair(fd, "tcp");
	abort_peer(fd[1]);
	sim_advance("1ms");
	return one(fd[0]);
}

static ssize_t peer_closed_with_bytes_unread(void)
{
	int fd[2];
	ssize_t n;

	pair(fd, "unix");
	assert_int_equal(one(fd[0]), 1);
	close(fd[1]);
	n = recv(fd[0], block, 1, 0);
	return n;
}

static ssize_t datagram_to_nobody(void)
{
	return one(udp());
}

static ssize_t unix_datagram_to_nobody(void)
{
	return one(socket(AF_UNIX, SOCK_DGRAM, 0));
}

static ssize_t unconnected_seqpacket(void)
{
	return one(socket(AF_UNIX, SOCK_SEQPACKET, 0));
}

static ssize_t unconnected_tcp(void)
{
	return one(socket(AF_INET, SOCK_STREAM, 0));
}

static ssize_t recipient_on_a_connected_stream(void)
{
	int fd[2];

	pair(fd, "unix");
	return to_path(fd[0], "/x");
}

static ssize_t recipient_on_an_unconnected_stream(void)
{
	return to_path(socket(AF_UNIX, SOCK_STREAM, 0), "/x");
}

static ssize_t buffer_that_is_not_there(void)
{
	int fd[2];

	pair(fd, "tcp");
	return send(fd[0], bad_pointer(), 10, 0);
}

static ssize_t address_that_is_not_there(void)
{
	return sendto(udp(), "x", 1, 0, bad_pointer(), sizeof(struct sockaddr_in));
}

static ssize_t interrupted(void)
{
	struct sigaction a = { .sa_handler = on_alarm };
	int fd[2];

	pair(fd, "unix");
	fill(fd[0]);
	sigaction(SIGALRM, &a, NULL);
	alarm(1);
	return one(fd[0]);
}

static ssize_t interrupted_half_way_by_the_switch(void)
{
	struct sigaction a = { .sa_handler = on_alarm };
	int fd[2];

	sim_sysctl("client", "simsock.interrupted_send", "eintr");
	pair(fd, "unix");
	sigaction(SIGALRM, &a, NULL);
	alarm(1);
	return send(fd[0], block, sizeof(block), 0);
}

static ssize_t short_address(void)
{
	struct sockaddr_in a = { .sin_family = AF_INET };

	return sendto(udp(), "x", 1, 0, (struct sockaddr *)&a, 4);
}

static ssize_t datagram_too_long(void)
{
	int fd[2];

	pair(fd, "udp");
	return send(fd[0], block, 65508, 0);
}

static ssize_t datagram_over_the_mtu(void)
{
	int fd[2], always = IP_PMTUDISC_DO;

	pair(fd, "udp");
	setsockopt(fd[0], IPPROTO_IP, IP_MTU_DISCOVER, &always, sizeof(always));
	return send(fd[0], block, 1473, 0);
}

static ssize_t record_over_the_buffer(void)
{
	int fd[2];

	pair(fd, "unix seqpacket");
	return send(fd[0], block, sizeof(block), 0);
}

static ssize_t too_many_pieces(void)
{
	static struct iovec iov[1025];
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = 1025 };

	return sendmsg(udp(), &m, 0);
}

static ssize_t queue_full_by_the_switch(void)
{
	int fd[2];

	sim_sysctl("client", "simsock.enobufs", "report");
	sim_link("client", "server", "rate 1mbit limit 1");
	pair(fd, "udp");
	one(fd[0]);
	return one(fd[0]);
}

static ssize_t queue_full_with_recverr(void)
{
	int fd[2], on = 1;

	sim_link("client", "server", "rate 1mbit limit 1");
	pair(fd, "udp");
	setsockopt(fd[0], IPPROTO_IP, IP_RECVERR, &on, sizeof(on));
	one(fd[0]);
	return one(fd[0]);
}

static void use_up_memory(void)
{
	int fd[2];

	pair(fd, "unix dgram");
	assert_int_equal(one(fd[0]), 1);
	sim_sysctl("client", "simsock.mem_limit", "1");
}

static ssize_t host_memory_used_up(void)
{
	int fd[2];

	pair(fd, "udp");
	use_up_memory();
	return one(fd[0]);
}

static ssize_t host_memory_used_up_by_pieces(void)
{
	static struct iovec iov[9];
	int fd[2];

	pair(fd, "udp");
	use_up_memory();
	return writev(fd[0], iov, 9);
}

static ssize_t control_data_too_long(void)
{
	static _Alignas(struct cmsghdr) char control[4096];
	struct cmsghdr *c = (struct cmsghdr *)control;
	struct iovec iov = { block, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	int fd[2];

	c->cmsg_len = sizeof(control);
	sim_sysctl("client", "net.core.optmem_max", "1024");
	pair(fd, "unix");
	return sendmsg(fd[0], &m, 0);
}

static ssize_t urgent_datagram(void)
{
	int fd[2];

	pair(fd, "udp");
	return send(fd[0], "x", 1, MSG_OOB);
}

static ssize_t shut_down(void)
{
	int fd[2];

	pair(fd, "tcp");
	shutdown(fd[0], SHUT_WR);
	return one(fd[0]);
}

static ssize_t peer_closed(void)
{
	int fd[2];

	pair(fd, "unix");
	close(fd[1]);
	return one(fd[0]);
}

static ssize_t after_a_reset(void)
{
	int fd[2];

	pair(fd, "tcp");
	abort_peer(fd[1]);
	sim_advance("1ms");
	one(fd[0]);
	return one(fd[0]);
}

static ssize_t port_unreachable(void)
{
	int fd = udp();

	connect_to(fd, "10.0.0.2", 9);
	one(fd);
	return one(fd);
}

static ssize_t nobody_listens(void)
{
	return connect_to(socket(AF_INET, SOCK_STREAM, 0), "10.0.0.2", 9);
}

static ssize_t unix_receiver_gone(void)
{
	int fd[2];

	pair(fd, "unix dgram");
	close(fd[1]);
	return one(fd[0]);
}

static ssize_t nobody_has_the_address(void)
{
	return connect_to(socket(AF_INET, SOCK_STREAM, 0), "10.0.0.77", 9);
}

static ssize_t no_route(void)
{
	return to4(udp(), "203.0.113.1", 9);
}

static ssize_t host_unknown(void)
{
	int fd[2];

	pair(fd, "udp");
	sim_iptables("server", "-A INPUT -p udp -j REJECT --reject-with icmp-host-unknown");
	one(fd[0]);
	return one(fd[0]);
}

static ssize_t no_answer(void)
{
	int fd[2];

	pair(fd, "tcp");
	sim_link("client", "server", "loss 100%");
	one(fd[0]);
	sim_advance("2h");
	return one(fd[0]);
}

static ssize_t family_of_another(void)
{
	return to_path(udp(), "/x");
}

static ssize_t path_of_another_type(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	ssize_t n;

	strncpy(a.sun_path, in_dir("stream"), sizeof(a.sun_path) - 1);
	bind(fd, (struct sockaddr *)&a, sizeof(a));
	n = to_path(socket(AF_UNIX, SOCK_DGRAM, 0), a.sun_path);
	unlink(a.sun_path);
	return n;
}

static ssize_t path_that_is_missing(void)
{
	return to_path(socket(AF_UNIX, SOCK_DGRAM, 0), in_dir("missing"));
}

static ssize_t path_through_a_file(void)
{
	return to_path(socket(AF_UNIX, SOCK_DGRAM, 0), "/dev/null/x");
}

static ssize_t path_in_a_circle(void)
{
	const char *path = in_dir("loop");
	ssize_t n;

	if (symlink("loop", path))
		fail();
	n = to_path(socket(AF_UNIX, SOCK_DGRAM, 0), path);
	unlink(path);
	return n;
}

static ssize_t dropped_by_the_firewall(void)
{
	sim_iptables("client", "-A OUTPUT -p udp -j DROP");
	return to4(udp(), "10.0.0.2", 9);
}

static const struct cause {
	ssize_t (*provoke)(void);
	int err;
	const char *key, *text; /* what the explanation has in it */
} causes[] = {
	{ broadcast_without_option, EACCES, "broadcast", "SO_BROADCAST is not set" },
	{ nonblocking_on_a_full_buffer, EAGAIN, "sndbuf-full", "send buffer full: " },
	{ closed_window, EAGAIN, "peer-window-zero", "window 0" },
	{ peer_does_not_read, EAGAIN, "peer-not-reading", "capacity of 10 bytes" },
	{ receivers_queue_full, EAGAIN, "peer-queue-full", "queue is full: 11 of 11" },
	{ timeout_passed, EAGAIN, "send-timeout", "SO_SNDTIMEO of 1.000" },
	{ timeout_passed_at_the_capacity, EAGAIN, "send-timeout", "10 of 10 bytes" },
	{ no_port_left, EAGAIN, "no-ports", "from 40000 to 40000" },
	{ no_port_left_to_connect, EADDRNOTAVAIL, "no-ports", "from 40000 to 40000" },
	{ while_connecting, EAGAIN, "connect-in-progress", "still under way" },
	{ closed_descriptor, EBADF, "bad-descriptor", "is not open" },
	{ epoll_set, ENOTSOCK, "not-a-socket", "is not a socket" },
	{ reset_by_peer, ECONNRESET, "rst-received", "RST from 10.0.0.2" },
	{ after_a_reset, EPIPE, "rst-received", "RST from " },
	{ peer_closed_with_bytes_unread, ECONNRESET, "peer-closed-unread", "1 bytes unread" },
	{ datagram_to_nobody, EDESTADDRREQ, "no-destination", "no destination" },
	{ unix_datagram_to_nobody, ENOTCONN, "no-destination", "no destination" },
	{ unconnected_seqpacket, ENOTCONN, "not-connected", "not connected" },
	{ unconnected_tcp, EPIPE, "not-connected", "not connected" },
	{ recipient_on_a_connected_stream, EISCONN, "already-connected", "connected" },
	{ recipient_on_an_unconnected_stream, EOPNOTSUPP, "not-supported", "does not support" },
	{ buffer_that_is_not_there, EFAULT, "bad-pointer", "cannot be accessed" },
	{ address_that_is_not_there, EFAULT, "bad-pointer", "cannot be accessed" },
	{ interrupted, EINTR, "signal", "at t=1.000 before anything was done" },
	{ interrupted_half_way_by_the_switch, EINTR, "signal-after-bytes", "bytes were taken already" },
	{ short_address, EINVAL, "bad-address-length", "an address of 4 bytes" },
	{ datagram_too_long, EMSGSIZE, "message-too-long", "65508 bytes: the most is 65507" },
	{ datagram_over_the_mtu, EMSGSIZE, "message-too-long", "1473 bytes: the most is 1472" },
	{ record_over_the_buffer, EMSGSIZE, "message-too-long", "300000 bytes: the most is 212960" },
	{ too_many_pieces, EMSGSIZE, "too-many-iovecs", "1025 buffers: the most is 1024" },
	{ queue_full_by_the_switch, ENOBUFS, "device-queue-full", "1 of 1 packets" },
	{ queue_full_with_recverr, ENOBUFS, "device-queue-full", "1 of 1 packets" },
	{ control_data_too_long, ENOBUFS, "control-too-long", "optmem_max is 1024" },
	{ host_memory_used_up, ENOBUFS, "host-memory", "may hold 1 " },
	{ host_memory_used_up_by_pieces, ENOMEM, "host-memory", "may hold 1 " },
	{ urgent_datagram, EOPNOTSUPP, "bad-flags", "does not fit" },
	{ shut_down, EPIPE, "shut-down", "shut down for writing" },
	{ peer_closed, EPIPE, "peer-gone", "closed its end" },
	{ port_unreachable, ECONNREFUSED, "port-unreachable", "port unreachable" },
	{ nobody_listens, ECONNREFUSED, "refused", "nobody listens on that port" },
	{ unix_receiver_gone, ECONNREFUSED, "unix-refused", "nobody listens" },
	{ nobody_has_the_address, EHOSTUNREACH, "icmp-unreachable", "unreachable" },
	{ no_route, ENETUNREACH, "unreachable", "no route" },
	{ host_unknown, EHOSTDOWN, "icmp-unreachable", "code 7" },
	{ no_answer, ETIMEDOUT, "timed-out", "no answer" },
	{ family_of_another, EAFNOSUPPORT, "bad-family", "address family 1" },
	{ path_of_another_type, EPROTOTYPE, "wrong-type", "of type 1, this one of type 2" },
	{ path_that_is_missing, ENOENT, "no-such-path", "no socket has that path" },
	{ path_through_a_file, ENOTDIR, "no-such-path", "" },
	{ path_in_a_circle, ELOOP, "no-such-path", "" },
	{ dropped_by_the_firewall, EPERM, "firewall", "rule 1 of OUTPUT" },
};

static void every_errno_comes_up_by_itself_and_is_explained(void **state)
{
	int wrong = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(causes) / sizeof(causes[0]); i++) {
		const struct cause *c = &causes[i];
		struct sim_world *w = sim_world_new(1);
		const struct sim_why *why;
		ssize_t n = c->provoke();
		int err = errno;

		why = sim_explain();
		if (n != -1 || err != c->err || why->err != c->err || strcmp(why->key, c->key) != 0 ||
		    !strstr(why->text, c->text)) {
			print_error("row %zu: %zd %s, %s: %s; expected %s, %s: ...%s...\n", i, n,
				    n < 0 ? strerrorname_np(err) : "", why->key, why->text,
				    strerrorname_np(c->err), c->key, c->text);
			wrong++;
		}
		sim_world_free(w);
	}
	rmdir(in_dir(""));
	assert_int_equal(wrong, 0);
}

/* ---- by a rule ---- */

static const char *const documented[] = {
	"EACCES",   "EAGAIN",   "EBADF",      "ECONNRESET", "EDESTADDRREQ", "EFAULT",
	"EINTR",    "EINVAL",   "EISCONN",    "EMSGSIZE",   "ENOBUFS",      "ENOMEM",
	"ENOTCONN", "ENOTSOCK", "EOPNOTSUPP", "EPIPE",      "ENETDOWN",     "ENETUNREACH",
};
static const char *const others[] = {
	"ECONNREFUSED", "EHOSTUNREACH", "EHOSTDOWN", "ETIMEDOUT",    "EADDRNOTAVAIL", "EAFNOSUPPORT",
	"EPROTOTYPE",   "ENOENT",       "ELOOP",     "ENAMETOOLONG", "ENOTDIR",       "EPERM",
};

static volatile sig_atomic_t num_sigpipes;

static void on_sigpipe(int number)
{
	(void)number;
	num_sigpipes++;
}

/* rules.md: the call does not happen. Nothing is queued, nothing is pending, and the next call is as it was.
 */
static void inject(const char *name, const char *mark, const char *kind)
{
	struct sim_world *w = sim_world_new(1);
	char rule[64], b[8];
	int fd[2], id, pending = -1;
	socklen_t len = sizeof(pending);
	ssize_t n;

	sim_pair(fd, kind);
	snprintf(rule, sizeof(rule), "%%send:error=%s%s:when=2", mark, name);
	id = sim_inject(rule);
	assert_int_equal(send(fd[0], "a", 1, 0), 1);
	n = send(fd[0], "b", 1, 0);
	if (n != -1 || strcmp(strerrorname_np(errno), name) != 0 ||
	    strcmp(sim_explain()->key, "injected") != 0)
		fail_msg("%s on %s: %zd, %s", name, kind, n, sim_explain()->text);
	assert_int_equal(getsockopt(fd[0], SOL_SOCKET, SO_ERROR, &pending, &len), 0);
	assert_int_equal(pending, 0);
	assert_int_equal(send(fd[0], "c", 1, 0), 1);
	assert_int_equal(sim_sent(sim_fd(fd[0]), b, sizeof(b)), 2);
	assert_memory_equal(b, "ac", 2);
	assert_int_equal(recv(fd[1], b, 1, 0), 1);
	assert_int_equal(recv(fd[1], b + 1, 1, 0), 1);
	assert_memory_equal(b, "ac", 2);
	assert_int_equal(sim_fired(id), 1);
	sim_world_free(w);
}

static void every_errno_can_be_triggered_and_has_no_other_effect(void **state)
{
	static const char *const kinds[] = { "tcp", "udp", "unix", "unix dgram", "unix seqpacket" };

	(void)state;
	signal(SIGPIPE, on_sigpipe);
	for (int k = 0; k < 5; k++) {
		for (size_t i = 0; i < sizeof(documented) / sizeof(documented[0]); i++)
			inject(documented[i], "", kinds[k]);
		for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++)
			inject(others[i], "!", kinds[k]);
	}
	assert_int_equal(num_sigpipes, 0);
}

static int heard[2];

/* A broadcast goes to every host of the segment, by either address. */
static void hears(void *arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(9) };
	int which = *(int *)arg, fd = udp();
	char b;

	bind(fd, (struct sockaddr *)&a, sizeof(a));
	while (recv(fd, &b, 1, 0) == 1)
		heard[which]++;
}

static void broadcasts_reach_every_host_of_the_segment(void **state)
{
	static int which[2] = { 0, 1 };
	struct sim_world *w = sim_world_new(1);
	int fd = udp(), on = 1;

	(void)state;
	sim_host("db", "10.0.0.9/24");
	sim_spawn("server", hears, &which[0]);
	sim_spawn("db", hears, &which[1]);
	sim_advance("1ms");
	assert_int_equal(to4(fd, "255.255.255.255", 9), -1);
	assert_int_equal(errno, EACCES);
	setsockopt(fd, SOL_SOCKET, SO_BROADCAST, &on, sizeof(on));
	assert_int_equal(to4(fd, "10.0.0.255", 9), 1);
	assert_int_equal(to4(fd, "255.255.255.255", 9), 1);
	sim_advance("1ms");
	assert_int_equal(heard[0], 2);
	assert_int_equal(heard[1], 2);
	sim_world_free(w);
}

/* ---- two blocked senders ---- */

static struct sockaddr_un name_of_receiver = { .sun_family = AF_UNIX, .sun_path = "\0receiver" };
enum { NAME_LEN = sizeof(sa_family_t) + 9 };

static void sends_its_letter(void *arg)
{
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	(void)!sendto(fd, arg, 1, 0, (struct sockaddr *)&name_of_receiver, NAME_LEN);
}

static void blocked_senders_go_on_in_the_order_in_which_they_came(void **state)
{
	static char letters[] = "abc";
	struct sim_world *w = sim_world_new(1);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0), other = socket(AF_UNIX, SOCK_DGRAM, 0);
	char b, got[4] = "";
	int num = 0;

	(void)state;
	bind(fd, (struct sockaddr *)&name_of_receiver, NAME_LEN);
	while (sendto(other, "x", 1, MSG_DONTWAIT, (struct sockaddr *)&name_of_receiver, NAME_LEN) == 1)
		continue;
	for (int i = 0; i < 3; i++) {
		sim_spawn("client", sends_its_letter, &letters[i]);
		sim_advance("1ms");
	}
	while (recv(fd, &b, 1, MSG_DONTWAIT) == 1) {
		if (b != 'x')
			got[num++] = b;
		sim_advance("1ms");
	}
	assert_string_equal(got, "abc");
	sim_world_free(w);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_errno_comes_up_by_itself_and_is_explained),
		cmocka_unit_test(every_errno_can_be_triggered_and_has_no_other_effect),
		cmocka_unit_test(broadcasts_reach_every_host_of_the_segment),
		cmocka_unit_test(blocked_senders_go_on_in_the_order_in_which_they_came),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
