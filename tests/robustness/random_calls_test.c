/* SPDX-License-Identifier: MIT */
/*
 * Random socket calls, good ones and senseless ones, by several tasks on two hosts, under random links, rules
 * and buffer sizes: whatever the calls return, the simulator neither crashes nor hangs, and no assertion of
 * its own fails. What the calls ought to return is the matter of other tests.
 *
 * Each seed is a process of its own, with a limit of wall time. With a seed as its argument the program runs
 * that one alone, in this process, for a debugger.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "simsock_cmocka.h"

enum {
	NUM_SEEDS = 150,
	NUM_TASKS = 4, /* beside the main one */
	CALLS_PER_TASK = 150,
	CALLS_OF_MAIN = 200,
	WALL_LIMIT_MS = 20000,
	FIRST_FD = 3,
	NUM_FDS = 12, /* few, so that calls meet the same socket */
	MAX_BYTES = 70000,
	SHOWN_LINES = 9,
	REAL_FD = 200, /* that messages carry */
};

#define NUM_OF(table) (sizeof(table) / sizeof((table)[0]))
#define PICK(table)   ((table)[draw(NUM_OF(table))])

static char bytes[MAX_BYTES], read_back[MAX_BYTES];
static const char *program;
static uint64_t rng;

/* Each draw is a statement of its own: compilers differ in the order of arguments. */
static unsigned draw(unsigned below)
{
	rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((rng >> 33) % below);
}

static bool one_in(unsigned n)
{
	return draw(n) == 0;
}

/* ---- What calls are given ---- */

struct address {
	struct sockaddr_storage ss;
	socklen_t len;
};

static const char *const ipv4[] = {
	"127.0.0.1", "10.0.0.2", "10.0.0.1", "0.0.0.0", "10.0.0.99", "255.255.255.255", "10.0.0.255",
};
static const char *const ipv6[] = { "::1", "fd00::2", "::", "::ffff:10.0.0.2", "fd00::1" };

static in_port_t draw_port(void)
{
	return htons(one_in(8) ? 0 : (in_port_t)(80 + draw(3)));
}

static void draw_inet(struct address *a)
{
	struct sockaddr_in *sin = (struct sockaddr_in *)&a->ss;

	sin->sin_family = AF_INET;
	sin->sin_port = draw_port();
	inet_pton(AF_INET, PICK(ipv4), &sin->sin_addr);
	a->len = sizeof *sin;
}

static void draw_inet6(struct address *a)
{
	struct sockaddr_in6 *sin6 = (struct sockaddr_in6 *)&a->ss;

	sin6->sin6_family = AF_INET6;
	sin6->sin6_port = draw_port();
	inet_pton(AF_INET6, PICK(ipv6), &sin6->sin6_addr);
	a->len = sizeof *sin6;
}

/* An abstract name of one letter. */
static void draw_unix(struct address *a)
{
	struct sockaddr_un *sun = (struct sockaddr_un *)&a->ss;

	sun->sun_family = AF_UNIX;
	sun->sun_path[1] = (char)('a' + draw(3));
	a->len = offsetof(struct sockaddr_un, sun_path) + 2;
}

static void draw_unspec(struct address *a)
{
	a->ss.ss_family = AF_UNSPEC;
	a->len = sizeof(struct sockaddr_in);
}

static void draw_address(struct address *a)
{
	static void (*const kinds[])(struct address *) = {
		draw_inet, draw_inet, draw_inet, draw_inet6, draw_unix, draw_unspec,
	};

	memset(a, 0, sizeof *a);
	PICK(kinds)(a);
}

static int draw_fd(void)
{
	return FIRST_FD + (int)draw(NUM_FDS);
}

static int draw_msg_flags(void)
{
	static const int flags[] = {
		0,         MSG_DONTWAIT, MSG_MORE, MSG_PEEK,      MSG_WAITALL,
		MSG_TRUNC, MSG_NOSIGNAL, MSG_OOB,  MSG_DONTROUTE,
	};
	int f = PICK(flags);

	return f | (one_in(3) ? 0 : MSG_DONTWAIT);
}

static int draw_nonblock(void)
{
	return draw(2) ? SOCK_NONBLOCK : 0;
}

/* ---- The calls ---- */

static const int unix_types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
static const int inet_types[] = { SOCK_STREAM, SOCK_DGRAM };

static void call_socket_inet(void)
{
	int type = PICK(inet_types);

	(void)socket(AF_INET, type | draw_nonblock(), 0);
}

static void call_socket_inet6(void)
{
	int type = PICK(inet_types);

	(void)socket(AF_INET6, type | draw_nonblock(), 0);
}

static void call_socket_unix(void)
{
	int type = PICK(unix_types);

	(void)socket(AF_UNIX, type | draw_nonblock(), 0);
}

static void call_socketpair(void)
{
	int fd[2];

	(void)socketpair(AF_UNIX, PICK(unix_types), 0, fd);
}

static void call_bind(void)
{
	struct address a;

	draw_address(&a);
	(void)bind(draw_fd(), (struct sockaddr *)&a.ss, a.len);
}

static void call_listen(void)
{
	int fd = draw_fd();

	(void)listen(fd, (int)draw(4));
}

static void call_connect(void)
{
	struct address a;

	draw_address(&a);
	(void)connect(draw_fd(), (struct sockaddr *)&a.ss, a.len);
}

static void call_accept4(void)
{
	int fd = draw_fd();

	(void)accept4(fd, NULL, NULL, draw_nonblock());
}

static void call_send(void)
{
	int fd = draw_fd();
	size_t len = draw(one_in(3) ? MAX_BYTES : 3000);

	(void)send(fd, bytes, len, draw_msg_flags());
}

static void call_sendto(void)
{
	int fd = draw_fd();
	size_t len = draw(3000);
	int flags = draw_msg_flags();
	struct address a;

	draw_address(&a);
	(void)sendto(fd, bytes, len, flags, (struct sockaddr *)&a.ss, a.len);
}

static void call_recv(void)
{
	int fd = draw_fd();
	size_t len = draw(MAX_BYTES);

	(void)recv(fd, read_back, len, draw_msg_flags());
}

static void call_recvfrom(void)
{
	int fd = draw_fd();
	size_t len = draw(5000);
	struct address a = { .len = sizeof a.ss };

	(void)recvfrom(fd, read_back, len, draw_msg_flags(), (struct sockaddr *)&a.ss, &a.len);
}

static void call_writev(void)
{
	struct iovec iov[] = { { bytes, 0 }, { bytes, 0 }, { bytes, 0 } };
	ssize_t n;

	iov[0].iov_len = draw(3000);
	iov[1].iov_len = draw(3);
	iov[2].iov_len = draw(9000);
	n = writev(draw_fd(), iov, NUM_OF(iov));
	(void)n;
}

static void call_readv(void)
{
	struct iovec iov[] = { { read_back, 0 }, { read_back + 100, 0 } };
	ssize_t n;

	iov[0].iov_len = draw(50);
	iov[1].iov_len = draw(4000);
	n = readv(draw_fd(), iov, NUM_OF(iov));
	(void)n;
}

/* Up to three descriptors, or credentials, or nonsense. */
static void call_sendmsg(void)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(3 * sizeof(int))] = { 0 };
	struct iovec iov = { bytes, draw(one_in(4) ? MAX_BYTES : 50) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *c = (struct cmsghdr *)control;
	int fds[3];

	for (unsigned i = 0; i < NUM_OF(fds); i++)
		fds[i] = one_in(4) ? REAL_FD : draw_fd();
	m.msg_controllen = CMSG_SPACE(draw(4) * sizeof(int));
	c->cmsg_len = one_in(8) ? draw(64) : m.msg_controllen;
	c->cmsg_level = one_in(8) ? (int)draw(60) : SOL_SOCKET;
	c->cmsg_type = one_in(8) ? (int)draw(60) : SCM_RIGHTS;
	memcpy(CMSG_DATA(c), fds, sizeof fds);
	(void)sendmsg(draw_fd(), &m, draw_msg_flags());
}

static void close_out_of_reach(int fd)
{
	if (fd >= FIRST_FD + NUM_FDS)
		close(fd);
}

static void call_recvmsg(void)
{
	_Alignas(struct cmsghdr) char control[96];
	struct iovec iov = { read_back, draw(one_in(4) ? MAX_BYTES : 50) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1, .msg_control = control };
	struct cmsghdr *c;
	int fd;

	m.msg_controllen = draw(sizeof control + 1);
	if (recvmsg(draw_fd(), &m, draw_msg_flags()) < 0)
		return;
	for (c = CMSG_FIRSTHDR(&m); c; c = CMSG_NXTHDR(&m, c)) {
		for (size_t at = CMSG_LEN(0); c->cmsg_type == SCM_RIGHTS && at < c->cmsg_len;
		     at += sizeof fd) {
			memcpy(&fd, (char *)c + at, sizeof fd);
			close_out_of_reach(fd);
		}
	}
}

static void call_shutdown(void)
{
	int fd = draw_fd();

	(void)shutdown(fd, (int)draw(3));
}

static void call_close(void)
{
	(void)close(draw_fd());
}

static void call_dup2(void)
{
	int from = draw_fd();

	(void)dup2(from, draw_fd());
}

static void call_epoll_create1(void)
{
	(void)epoll_create1(0);
}

static void call_epoll_ctl(void)
{
	struct epoll_event ev = { .events = draw(2) ? EPOLLIN : EPOLLOUT };
	int epfd = draw_fd();
	int fd = draw_fd();

	if (one_in(3))
		ev.events |= EPOLLET;
	if (one_in(4))
		ev.events |= EPOLLONESHOT;
	(void)epoll_ctl(epfd, EPOLL_CTL_ADD + (int)draw(3), fd, &ev);
}

static void call_epoll_wait(void)
{
	struct epoll_event out[30];
	int epfd = draw_fd();
	int cap = 1 + (int)draw(NUM_OF(out));

	(void)epoll_wait(epfd, out, cap, (int)draw(100));
}

static void call_poll(void)
{
	struct pollfd p[3];

	for (unsigned i = 0; i < NUM_OF(p); i++) {
		p[i].fd = draw_fd();
		p[i].events = (short)draw(8);
	}
	(void)poll(p, NUM_OF(p), (int)draw(200));
}

static void call_setsockopt(void)
{
	static const struct {
		int level, name;
	} options[] = {
		{ SOL_SOCKET, SO_REUSEADDR },
		{ SOL_SOCKET, SO_REUSEPORT },
		{ SOL_SOCKET, SO_SNDBUF },
		{ SOL_SOCKET, SO_RCVBUF },
		{ SOL_SOCKET, SO_BROADCAST },
		{ SOL_SOCKET, SO_PASSCRED },
		{ IPPROTO_TCP, TCP_NODELAY },
		{ IPPROTO_TCP, TCP_CORK },
		{ IPPROTO_TCP, TCP_MAXSEG },
		{ IPPROTO_TCP, TCP_QUICKACK },
		{ IPPROTO_TCP, TCP_LINGER2 },
		{ IPPROTO_TCP, TCP_USER_TIMEOUT },
		{ IPPROTO_UDP, 1 /* UDP_CORK */ },
		{ IPPROTO_IPV6, IPV6_V6ONLY },
		{ IPPROTO_IP, IP_TTL },
	};
	unsigned i = draw(NUM_OF(options));
	int value = draw(2) ? (int)draw(10000) : 1;

	(void)setsockopt(draw_fd(), options[i].level, options[i].name, &value, sizeof value);
}

static void call_setsockopt_linger(void)
{
	struct linger l = { .l_onoff = 1, .l_linger = (int)draw(3) };

	(void)setsockopt(draw_fd(), SOL_SOCKET, SO_LINGER, &l, sizeof l);
}

static void call_setsockopt_timeout(void)
{
	struct timeval tv = { .tv_usec = (suseconds_t)draw(900000) };
	int fd = draw_fd();

	(void)setsockopt(fd, SOL_SOCKET, draw(2) ? SO_RCVTIMEO : SO_SNDTIMEO, &tv, sizeof tv);
}

static void call_nanosleep(void)
{
	struct timespec ts = { .tv_nsec = (long)draw(1000000000) };

	(void)nanosleep(&ts, NULL);
}

static void call_what_only_looks(void)
{
	struct address a = { .len = sizeof a.ss };
	struct tcp_info info;
	socklen_t len = sizeof info;
	int fd = draw_fd();
	int n;

	(void)ioctl(fd, draw(2) ? FIONREAD : TIOCOUTQ, &n);
	(void)getsockname(fd, (struct sockaddr *)&a.ss, &a.len);
	a.len = sizeof a.ss;
	(void)getpeername(fd, (struct sockaddr *)&a.ss, &a.len);
	(void)getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &len);
	(void)sim_sockets();
	(void)sim_explain();
}

static const struct operation {
	unsigned weight;
	void (*call)(void);
} operations[] = {
	{ 4, call_socket_inet },
	{ 4, call_socket_inet6 },
	{ 4, call_socket_unix },
	{ 4, call_socketpair },
	{ 8, call_bind },
	{ 8, call_listen },
	{ 12, call_connect },
	{ 8, call_accept4 },
	{ 12, call_send },
	{ 4, call_sendto },
	{ 12, call_recv },
	{ 4, call_recvfrom },
	{ 4, call_writev },
	{ 4, call_readv },
	{ 8, call_sendmsg },
	{ 8, call_recvmsg },
	{ 4, call_shutdown },
	{ 8, call_close },
	{ 4, call_dup2 },
	{ 4, call_epoll_create1 },
	{ 4, call_epoll_ctl },
	{ 4, call_epoll_wait },
	{ 4, call_poll },
	{ 4, call_setsockopt },
	{ 1, call_setsockopt_linger },
	{ 1, call_setsockopt_timeout },
	{ 4, call_nanosleep },
	{ 4, call_what_only_looks },
};

static void call_something(void)
{
	const struct operation *op = operations;
	unsigned sum = 0, at;

	for (unsigned i = 0; i < NUM_OF(operations); i++)
		sum += operations[i].weight;
	at = draw(sum);
	while (at >= op->weight)
		at -= op++->weight;
	op->call();
}

/* ---- A world ---- */

/* A call that blocks for ever is interrupted each second of the virtual clock. */
static void set_interval_timer(time_t interval_s)
{
	struct itimerval it = { { interval_s, 0 }, { interval_s, 0 } };

	setitimer(ITIMER_REAL, &it, NULL);
}

static void call_often(int num_calls)
{
	set_interval_timer(1);
	for (int i = 0; i < num_calls; i++)
		call_something();
}

static void run_task(void *arg)
{
	(void)arg;
	call_often(CALLS_PER_TASK);
}

/* With somebody asleep, no deadlock is found where tasks only wait for each other for a while. */
static void sleep_long(void *arg)
{
	(void)arg;
	for (int i = 0; i < 400; i++)
		sleep(1);
}

static void draw_links(void)
{
	static const char *const links[] = {
		"delay 1ms", "delay 5ms loss 10%", "rate 1mbit",
		"",          "mtu 600 limit 5",    "rate 200kbit delay 3ms loss 30%",
	};
	static const char *const loopbacks[] = { "rate 1mbit limit 4", "delay 2ms loss 10%" };

	sim_link("client", "server", PICK(links));
	if (one_in(3))
		sim_link("client", "client", PICK(loopbacks));
}

static void draw_rules(void)
{
	static const struct {
		unsigned one_in;
		const char *rule;
	} rules[] = {
		{ 2, "all:delay_enter=7ms:p=20%" },
		{ 3, "%send:short=30%:p=30%" },
		{ 3, "all:signal=SIGALRM:p=10%" },
		{ 4, "all:delay_exit=3ms:p=20%" },
		{ 4, "send,recv,connect,close:error=EINTR:p=10%" },
	};

	for (unsigned i = 0; i < NUM_OF(rules); i++)
		if (one_in(rules[i].one_in))
			sim_inject(rules[i].rule);
	if (one_in(3))
		sim_capacity("all", 1 + draw(3000));
	if (one_in(3))
		sim_sndbuf("all", 1 + draw(3000));
}

static void ignore_signal(int sig)
{
	(void)sig;
}

static void run_world(unsigned seed)
{
	/* No SA_RESTART: calls are interrupted. */
	struct sigaction sa = { .sa_handler = ignore_signal };
	struct sim_world *w;

	sigaction(SIGALRM, &sa, NULL);
	signal(SIGPIPE, SIG_IGN);
	if (seed % 3 == 0)
		setenv("SIMSOCK_WIRE", "bytes", 1);
	rng = seed * UINT64_C(7919) + 1;
	w = sim_world_new(seed);
	draw_links();
	draw_rules();
	sim_spawn("client", sleep_long, NULL);
	for (int i = 0; i < NUM_TASKS; i++)
		sim_spawn(draw(2) ? "server" : "client", run_task, NULL);
	call_often(CALLS_OF_MAIN);
	set_interval_timer(0);
	sim_advance("100s");
	sim_world_free(w);
}

/* ---- A process for each ---- */

struct run {
	int status;    /* as waitpid() tells */
	bool too_long; /* ... because it was killed */
	char said[4096];
};

static void be_the_child(unsigned seed, const int to_parent[2])
{
	static const int of_cmocka[] = { SIGFPE, SIGILL, SIGSEGV, SIGBUS, SIGSYS };

	for (unsigned i = 0; i < NUM_OF(of_cmocka); i++)
		signal(of_cmocka[i], SIG_DFL);
	dup2(to_parent[1], STDOUT_FILENO);
	dup2(to_parent[1], STDERR_FILENO);
	for (int fd = FIRST_FD; fd < FIRST_FD + NUM_FDS; fd++)
		close(fd);
	dup2(open("/dev/null", O_RDWR), REAL_FD);
	run_world(seed);
	_exit(EXIT_SUCCESS);
}

static int64_t wall_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* Until the child closes its end, which it does by ending. What does not fit is read and dropped. */
static bool listen_to_child(int from_child, char *said, size_t cap)
{
	int64_t end_ms = wall_ms() + WALL_LIMIT_MS;
	size_t num_said = 0;

	for (;;) {
		struct pollfd p = { .fd = from_child, .events = POLLIN };
		int64_t left_ms = end_ms - wall_ms();
		char rest[512];
		ssize_t n;

		if (left_ms <= 0 || poll(&p, 1, (int)left_ms) == 0)
			return false;
		if (num_said + 1 < cap)
			n = read(from_child, said + num_said, cap - 1 - num_said);
		else
			n = read(from_child, rest, sizeof rest);
		if (n <= 0)
			return true;
		if (num_said + 1 < cap)
			num_said += (size_t)n;
		said[num_said] = '\0';
	}
}

static void run_seed(unsigned seed, struct run *run)
{
	int fd[2];
	pid_t pid;

	memset(run, 0, sizeof *run);
	assert_int_equal(pipe(fd), 0);
	pid = fork();
	assert_true(pid >= 0);
	if (pid == 0)
		be_the_child(seed, fd);
	close(fd[1]);
	run->too_long = !listen_to_child(fd[0], run->said, sizeof run->said);
	if (run->too_long)
		kill(pid, SIGKILL);
	close(fd[0]);
	assert_int_equal(waitpid(pid, &run->status, 0), pid);
}

static bool ended_with(const struct run *run, int exit_status)
{
	return !run->too_long && WIFEXITED(run->status) && WEXITSTATUS(run->status) == exit_status;
}

static void report(unsigned seed, struct run *run)
{
	char *end = run->said;

	for (int i = 0; i < SHOWN_LINES && end; i++)
		end = strchr(end + (i > 0), '\n');
	if (end)
		*end = '\0';
	if (run->too_long)
		print_error("seed %u: still running after %d ms\n", seed, WALL_LIMIT_MS);
	else if (WIFSIGNALED(run->status))
		print_error("seed %u: killed by signal %d\n", seed, WTERMSIG(run->status));
	else
		print_error("seed %u: status %d\n", seed, WEXITSTATUS(run->status));
	print_error("%s\nagain: %s %u\n", run->said, program, seed);
}

static void no_sequence_of_calls_crashes_or_hangs_the_simulator(void **state)
{
	unsigned num_done = 0, num_deadlocks = 0;

	(void)state;
	for (unsigned seed = 1; seed <= NUM_SEEDS; seed++) {
		struct run run;

		run_seed(seed, &run);
		if (ended_with(&run, EXIT_SUCCESS))
			num_done++;
		else if (ended_with(&run, SIM_EXIT_DEADLOCK))
			num_deadlocks++;
		else
			report(seed, &run);
	}
	print_message("%u runs to their end, %u deadlocks\n", num_done, num_deadlocks);
	assert_int_equal(num_done + num_deadlocks, NUM_SEEDS);
	/* Where most are deadlocks, little is tested. */
	assert_true(num_done > NUM_SEEDS / 2);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_sequence_of_calls_crashes_or_hangs_the_simulator),
	};

	program = argv[0];
	if (argc > 1) {
		run_world((unsigned)strtoul(argv[1], NULL, 10));
		return EXIT_SUCCESS;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
