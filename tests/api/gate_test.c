/* SPDX-License-Identifier: MIT */
/*
 * What every call has in common, seen through libc's own names: nothing hangs and nothing takes wall time.
 * Dead-locks and spins are found and told, signals interrupt what waits, descriptors may be closed under a
 * waiting call.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "api/calls/flags.h"
#include "api/libc/kernel.h"
#include "sim/base/names.h"
#include "simsock_cmocka.h"
#include "tests/api/child.h"

#define NS_PER_S  INT64_C(1000000000)
#define NS_PER_MS INT64_C(1000000)

enum { NUM_SPINS = 100000, WALL_MAX_S = 5 };

static int pair[2], other[2];

/* The real clock, behind the drop-in face. */
static int64_t wall_ns(void)
{
	struct timespec ts;

	SIM_KERNEL(SYS_clock_gettime, CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * NS_PER_S + ts.tv_nsec;
}

/* ---- dead-locks ---- */

static void told(void (*fn)(void), const char *const *pieces)
{
	static struct child c;

	child_run(&c, fn);
	for (; *pieces; pieces++)
		if (!strstr(c.text, *pieces))
			fail_msg("\"%s\" is not in what was printed:\n%s", *pieces, c.text);
	assert_true(WIFEXITED(c.status));
	assert_int_equal(WEXITSTATUS(c.status), SIM_EXIT_DEADLOCK);
}

static void read_one(void *fd)
{
	char byte;

	(void)!recv(*(int *)fd, &byte, 1, 0);
}

static void both_wait(void)
{
	char byte;

	sim_world_new(7);
	sim_pair(pair, "tcp");
	sim_spawn("server", read_one, &pair[1]);
	(void)!recv(pair[0], &byte, 1, 0);
}

static void two_that_wait_for_each_other_are_both_named(void **state)
{
	static const char *const pieces[] = { "dead-lock", "recv",           "ESTAB", "10.0.0.1",
					      "10.0.0.2",  "SIMSOCK_SEED=7", NULL };

	(void)state;
	told(both_wait, pieces);
}

static void poll_for_ever(void)
{
	struct pollfd p = { .events = POLLIN };

	sim_world_new(1);
	sim_pair(pair, "unix");
	p.fd = pair[0];
	(void)poll(&p, 1, -1);
}

static void wait_in_epoll(void)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep;

	sim_world_new(1);
	sim_pair(pair, "unix dgram");
	ep = epoll_create1(0);
	(void)epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &ev);
	(void)epoll_wait(ep, &ev, 1, -1);
}

static void pause_for_ever(void)
{
	sim_world_new(1);
	(void)pause();
}

static void accept_for_ever(void)
{
	int fd;

	sim_world_new(1);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	(void)listen(fd, 1);
	(void)accept(fd, NULL, NULL);
}

static void send_for_ever(void)
{
	static char bytes[1 << 20];

	sim_world_new(1);
	sim_pair(pair, "tcp");
	for (;;)
		(void)!send(pair[0], bytes, sizeof bytes, 0);
}

static void whatever_waits_for_ever_is_told_at_once(void **state)
{
	static const struct {
		void (*fn)(void);
		const char *pieces[4];
	} rows[] = {
		{ poll_for_ever, { "dead-lock", "poll", NULL } },
		{ wait_in_epoll, { "dead-lock", "epoll_wait", NULL } },
		{ pause_for_ever, { "dead-lock", "pause", NULL } },
		{ accept_for_ever, { "dead-lock", "accept", "LISTEN", NULL } },
		{ send_for_ever, { "dead-lock", "send", "ESTAB", NULL } },
	};
	int64_t began_ns = wall_ns();

	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
		told(rows[i].fn, rows[i].pieces);
	assert_true(wall_ns() - began_ns < WALL_MAX_S * NS_PER_S);
}

/* A connection in FIN_WAIT_2 has a timer, which is housekeeping: it keeps no world alive. */
static void housekeeping_goes_on(void)
{
	char byte;

	sim_world_new(1);
	sim_pair(pair, "tcp");
	sim_pair(other, "tcp");
	close(other[0]);
	(void)!recv(pair[0], &byte, 1, 0);
}

static void housekeeping_alone_does_not_hide_a_dead_lock(void **state)
{
	static const char *const pieces[] = { "dead-lock", "recv", NULL };

	(void)state;
	told(housekeeping_goes_on, pieces);
}

/* ---- spins ---- */

static void send_late(void *arg)
{
	(void)arg;
	sleep(3);
	(void)!send(pair[1], "x", 1, 0);
}

static void a_loop_without_waiting_jumps_to_the_next_event(void **state)
{
	char byte;
	int n;

	(void)state;
	sim_pair(pair, "unix nonblock");
	sim_spawn("client", send_late, NULL);
	for (n = 0; n < NUM_SPINS && recv(pair[0], &byte, 1, 0) < 0; n++)
		assert_int_equal(errno, EAGAIN);
	assert_true(n < NUM_SPINS);
	assert_int_equal(sim_now_ns(), 3 * NS_PER_S);
}

static void polling_without_waiting_jumps_to_the_next_event(void **state)
{
	struct pollfd p = { .events = POLLIN };
	int n;

	(void)state;
	sim_pair(pair, "unix");
	sim_spawn("client", send_late, NULL);
	p.fd = pair[0];
	for (n = 0; n < NUM_SPINS && poll(&p, 1, 0) == 0; n++)
		;
	assert_true(n < NUM_SPINS);
	assert_int_equal(sim_now_ns(), 3 * NS_PER_S);
}

static void a_loop_that_only_reads_the_clock_moves_time(void **state)
{
	time_t began = time(NULL);
	struct timespec ts, first;
	int n;

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &first), 0);
	for (n = 0; n < NUM_SPINS * 100; n++) {
		assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
		if (ts.tv_sec > first.tv_sec + 1)
			break;
	}
	assert_true(ts.tv_sec > first.tv_sec + 1);
	assert_true(time(NULL) > began);
}

/* FIN_WAIT_2's timer is due between two of the steps in which such a loop moves time. */
static void a_loop_that_reads_the_clock_passes_housekeeping(void **state)
{
	time_t began = time(NULL);

	(void)state;
	sim_sysctl("client", "net.ipv4.tcp_fin_timeout", "1");
	sim_link("client", "server", "delay 1234567ns");
	sim_pair(pair, "tcp");
	close(pair[0]);
	while (time(NULL) < began + 3)
		;
	close(pair[1]);
}

static char block[1 << 20];

/* Probes of the closed window go on, and bring nothing. */
static void send_without_waiting(void)
{
	sim_world_new(1);
	sim_pair(pair, "tcp nonblock");
	for (;;)
		(void)!send(pair[0], block, sizeof block, 0);
}

static void a_loop_that_nothing_can_end_is_told(void **state)
{
	static const char *const pieces[] = { "spin", "send", "peer-window-zero", NULL };

	(void)state;
	told(send_without_waiting, pieces);
}

static void probes_of_a_closed_window_do_not_keep_a_world_running(void **state)
{
	(void)state;
	sim_pair(pair, "tcp nonblock");
	/* Until even what the network has taken leaves no room. */
	while (send(pair[0], block, sizeof block, 0) > 0)
		sim_run();
	assert_int_equal(errno, EAGAIN);
	sim_assert_why(EAGAIN, "peer-window-zero");
	sim_run();
	/* And the connection has not suffered by it. */
	while (recv(pair[1], block, sizeof block, 0) > 0)
		;
	assert_int_equal(send(pair[0], block, 1, 0), 1);
}

/* ---- virtual time ---- */

static void an_hour_takes_no_wall_time(void **state)
{
	struct timespec hour = { 3600, 0 }, short_wait = { 0, 1 };
	struct timeval tv = { 3600, 0 };
	struct pollfd p = { .events = POLLIN };
	int64_t began_ns = wall_ns();
	char byte;

	(void)state;
	sim_pair(pair, "tcp");
	p.fd = pair[0];
	assert_int_equal(nanosleep(&hour, NULL), 0);
	assert_int_equal(poll(&p, 1, 3600 * 1000), 0);
	assert_int_equal(select(0, NULL, NULL, NULL, &tv), 0);
	assert_int_equal(setsockopt(pair[0], SOL_SOCKET, SO_RCVTIMEO, &hour, sizeof hour), 0);
	assert_int_equal(recv(pair[0], &byte, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(sleep(3600), 0);
	assert_int_equal(nanosleep(&short_wait, NULL), 0);
	assert_in_range(sim_now_ns(), 5 * 3600 * NS_PER_S, 5 * 3600 * NS_PER_S + 60 * NS_PER_S);
	assert_true(wall_ns() - began_ns < WALL_MAX_S * NS_PER_S);
}

/* ---- signals ---- */

static volatile sig_atomic_t num_alarms;
static int64_t alarm_at_ns;

static void on_alarm(int sig)
{
	(void)sig;
	num_alarms++;
	alarm_at_ns = sim_now_ns();
	/* The call that waits gets what it waits for, if it is begun again. */
	if (num_alarms == 2)
		(void)!send(pair[1], "y", 1, 0);
}

static void alarm_after(long first_ms, long again_ms, int flags)
{
	struct sigaction sa = { .sa_handler = on_alarm, .sa_flags = flags };
	struct itimerval t = { { again_ms / 1000, again_ms % 1000 * 1000 },
			       { first_ms / 1000, first_ms % 1000 * 1000 } };

	num_alarms = 0;
	assert_int_equal(sigaction(SIGALRM, &sa, NULL), 0);
	assert_int_equal(setitimer(ITIMER_REAL, &t, NULL), 0);
}

static void no_alarm(void)
{
	struct itimerval off = { { 0, 0 }, { 0, 0 } };

	assert_int_equal(setitimer(ITIMER_REAL, &off, NULL), 0);
	signal(SIGALRM, SIG_DFL);
}

static void an_alarm_interrupts_a_waiting_call_at_its_time(void **state)
{
	char byte;

	(void)state;
	sim_pair(pair, "tcp");
	alarm_after(1500, 0, 0);
	errno = 0;
	assert_int_equal(recv(pair[0], &byte, 1, 0), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(num_alarms, 1);
	assert_int_equal(alarm_at_ns, 1500 * NS_PER_MS);
	sim_assert_why(EINTR, "signal");
	no_alarm();
}

static void with_sa_restart_the_call_goes_on_waiting(void **state)
{
	char byte = 0;

	(void)state;
	sim_pair(pair, "tcp");
	alarm_after(1500, 1000, SA_RESTART);
	assert_int_equal(recv(pair[0], &byte, 1, 0), 1);
	assert_int_equal(byte, 'y');
	assert_int_equal(num_alarms, 2);
	assert_int_equal(sim_now_ns(), 2500 * NS_PER_MS);
	no_alarm();
}

/* signal(7): calls with a time-out of their own are never begun again. */
static void sa_restart_does_not_help_poll_and_sleep(void **state)
{
	struct timespec hour = { 3600, 0 }, left = { 0, 0 };
	struct pollfd p = { .events = POLLIN };

	(void)state;
	sim_pair(pair, "tcp");
	p.fd = pair[0];
	alarm_after(1000, 0, SA_RESTART);
	assert_int_equal(poll(&p, 1, -1), -1);
	assert_int_equal(errno, EINTR);
	alarm_after(1000, 0, SA_RESTART);
	assert_int_equal(nanosleep(&hour, &left), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(left.tv_sec, 3599);
	assert_int_equal(left.tv_nsec, 0);
	no_alarm();
}

static void what_was_sent_before_the_alarm_counts(void **state)
{
	static char bytes[8 << 20];
	ssize_t sent;

	(void)state;
	sim_pair(pair, "unix");
	alarm_after(1000, 0, 0);
	sent = send(pair[0], bytes, sizeof bytes, 0);
	assert_in_range(sent, 1, sizeof bytes - 1);
	assert_int_equal(num_alarms, 1);
	no_alarm();
}

/* ---- descriptors closed under a call ---- */

struct waiter {
	int fd;
	ssize_t result;
	int err;
	bool done;
};

static void wait_to_read(void *arg)
{
	struct waiter *w = arg;
	char byte;

	w->result = recv(w->fd, &byte, 1, 0);
	w->err = errno;
	w->done = true;
}

static void a_call_that_waits_outlives_its_descriptor(void **state)
{
	struct waiter w = { 0 };
	int again;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	w.fd = pair[0];
	sim_spawn("client", wait_to_read, &w);
	sim_advance("1s");
	assert_false(w.done);
	assert_int_equal(close(pair[0]), 0);
	/* The number is free, the socket is not: the call still holds it. */
	again = socket(AF_INET, SOCK_DGRAM, 0);
	assert_int_equal(again, pair[0]);
	sim_advance("1s");
	assert_false(w.done);
	assert_int_equal(send(pair[1], "x", 1, 0), 1);
	sim_advance("1s");
	assert_true(w.done);
	assert_int_equal(w.result, 1);
	/* With the call gone the last reference is, and the other end hears of it. */
	assert_int_equal(send(pair[1], "x", 1, MSG_NOSIGNAL), -1);
	assert_int_equal(errno, EPIPE);
	close(again);
	close(pair[1]);
}

static void poll_both(void *arg)
{
	struct waiter *w = arg;
	struct pollfd p = { w->fd, POLLIN, 0 };

	w->result = poll(&p, 1, -1);
	w->err = p.revents;
	w->done = true;
}

static void a_poll_that_waits_outlives_its_descriptor(void **state)
{
	struct waiter w = { 0 };

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	w.fd = pair[0];
	sim_spawn("client", poll_both, &w);
	sim_advance("1s");
	assert_int_equal(close(pair[0]), 0);
	assert_int_equal(send(pair[1], "x", 1, 0), 1);
	sim_advance("1s");
	assert_true(w.done);
	assert_int_equal(w.result, 1);
	assert_int_equal(w.err, POLLIN);
	close(pair[1]);
}

static void a_closed_descriptor_leaves_its_epoll_sets(void **state)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(0);

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_ADD, pair[0], &ev), 0);
	assert_int_equal(send(pair[1], "x", 1, 0), 1);
	assert_int_equal(epoll_wait(ep, &ev, 1, 0), 1);
	close(pair[0]);
	assert_int_equal(epoll_wait(ep, &ev, 1, 1000), 0);
	close(pair[1]);
	close(ep);
}

/* ---- flags: the table of api/calls/flags.c against the calls ---- */

static const struct {
	const char *kind;
	enum sim_flag_socket column;
} kinds[] = {
	{ "tcp nonblock", SIM_FLAG_TCP },
	{ "udp nonblock", SIM_FLAG_UDP },
	{ "unix stream nonblock", SIM_FLAG_UNIX_STREAM },
	{ "unix dgram nonblock", SIM_FLAG_UNIX_DGRAM },
	{ "unix seqpacket nonblock", SIM_FLAG_UNIX_SEQPACKET },
};

static void check_flag(const char *kind, const struct sim_msg_flag *f, char letter, const char *direction,
		       ssize_t result)
{
	/* The queue of errors is empty here, and who is connected does not connect again. */
	bool may_fail =
		letter == SIM_FLAG_REFUSED || letter == SIM_FLAG_ABSENT ||
		(letter == SIM_FLAG_SIMULATED && (f->flag == MSG_ERRQUEUE || f->flag == MSG_FASTOPEN));

	if ((result < 0) != may_fail)
		fail_msg("%s, %s %s: the table says '%c', the call answered %zd (%s)", kind, direction,
			 sim_msg_flag_name((unsigned)f->flag), letter, result,
			 result < 0 ? strerror(errno) : "");
	if (result < 0)
		assert_true(errno == EOPNOTSUPP || errno == EINVAL || errno == EAGAIN || errno == EISCONN);
}

static void every_flag_does_on_every_socket_what_the_table_says(void **state)
{
	const struct sim_msg_flag *f;
	char buf[4];

	(void)state;
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		for (size_t n = 0; (f = sim_msg_flag(n)); n++) {
			sim_pair(pair, kinds[i].kind);
			check_flag(kinds[i].kind, f, f->send[kinds[i].column], "send",
				   send(pair[0], "x", 1, f->flag));
			assert_int_equal(send(pair[0], "y", 1, 0), 1);
			check_flag(kinds[i].kind, f, f->recv[kinds[i].column], "recv",
				   recv(pair[1], buf, 1, f->flag));
			close(pair[0]);
			close(pair[1]);
		}
	}
}

static void what_is_absent_is_told_as_not_simulated(void **state)
{
	(void)state;
	sim_pair(pair, "tcp");
	assert_int_equal(fcntl(pair[0], F_SETLEASE, F_RDLCK), -1);
	sim_assert_why(EINVAL, "not-simulated");
}

static void what_was_closed_unseen_is_closed(void **state)
{
	int fd, again;
	char byte;

	(void)state;
	sim_pair(pair, "tcp");
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(dup2(pair[0], fd), fd);
	assert_int_equal(close(pair[0]), 0);
	assert_int_equal(SIM_KERNEL(SYS_close, fd), 0); /* as fclose(3) does */
	again = socket(AF_INET, SOCK_DGRAM, 0);
	assert_true(again == fd || again == pair[0]);
	if (again != fd) {
		int third = socket(AF_INET, SOCK_DGRAM, 0);

		assert_int_equal(third, fd);
		close(third);
	}
	assert_int_equal(recv(pair[1], &byte, 1, 0), 0);
	close(again);
}

/* The one that is named goes before the one that the socket is connected to. */
static void a_peer_is_whom_connect_and_sendto_name(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(7) };
	struct sockaddr *a = (struct sockaddr *)&to;
	int fd = socket(AF_INET, SOCK_DGRAM, 0);

	(void)state;
	to.sin_addr.s_addr = htonl(0x0a000002); /* 10.0.0.2 */
	sim_inject("connect:error=ENETUNREACH:peer=server:7");
	sim_inject("sendto:error=ENOBUFS:peer=10.0.0.2:8");
	assert_int_equal(connect(fd, a, sizeof to), -1);
	assert_int_equal(errno, ENETUNREACH);
	to.sin_port = htons(9);
	assert_int_equal(connect(fd, a, sizeof to), 0);
	to.sin_port = htons(8);
	assert_int_equal(sendto(fd, "x", 1, 0, a, sizeof to), -1);
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(sendto(fd, "x", 1, 0, NULL, 0), 1);
	assert_int_equal(connect(fd, (struct sockaddr *)8, sizeof to), -1);
	assert_int_equal(errno, EFAULT);
	close(fd);
}

static void a_rule_looks_at_the_flags_of_the_call(void **state)
{
	struct msghdr none;
	int fd[2];

	(void)state;
	memset(&none, 0, sizeof none);
	sim_pair(fd, "unix dgram nonblock");
	sim_inject("%send:error=ENOBUFS:flags=MSG_EOR|MSG_DONTWAIT");
	sim_inject("recvmsg:error=ENOMEM:flags=MSG_PEEK");
	assert_int_equal(send(fd[0], "a", 1, MSG_EOR), 1);
	assert_int_equal(send(fd[0], "a", 1, MSG_EOR | MSG_DONTWAIT | MSG_NOSIGNAL), -1);
	assert_int_equal(errno, ENOBUFS);
	assert_int_equal(write(fd[0], "a", 1), 1);
	assert_int_equal(sendmsg(fd[0], &none, MSG_DONTWAIT | MSG_EOR), -1);
	assert_int_equal(recvmsg(fd[1], &none, MSG_PEEK), -1);
	assert_int_equal(errno, ENOMEM);
	assert_int_equal(recvmsg(fd[1], &none, 0), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(two_that_wait_for_each_other_are_both_named),
		cmocka_unit_test(whatever_waits_for_ever_is_told_at_once),
		cmocka_unit_test(housekeeping_alone_does_not_hide_a_dead_lock),
		sim_test(a_loop_without_waiting_jumps_to_the_next_event),
		sim_test(polling_without_waiting_jumps_to_the_next_event),
		sim_test(a_loop_that_only_reads_the_clock_moves_time),
		sim_test(a_loop_that_reads_the_clock_passes_housekeeping),
		cmocka_unit_test(a_loop_that_nothing_can_end_is_told),
		sim_test(probes_of_a_closed_window_do_not_keep_a_world_running),
		sim_test(what_was_closed_unseen_is_closed),
		sim_test(an_hour_takes_no_wall_time),
		sim_test(an_alarm_interrupts_a_waiting_call_at_its_time),
		sim_test(with_sa_restart_the_call_goes_on_waiting),
		sim_test(sa_restart_does_not_help_poll_and_sleep),
		sim_test(what_was_sent_before_the_alarm_counts),
		sim_test(a_call_that_waits_outlives_its_descriptor),
		sim_test(a_poll_that_waits_outlives_its_descriptor),
		sim_test(a_closed_descriptor_leaves_its_epoll_sets),
		sim_test(every_flag_does_on_every_socket_what_the_table_says),
		sim_test(what_is_absent_is_told_as_not_simulated),
		sim_test(a_peer_is_whom_connect_and_sendto_name),
		sim_test(a_rule_looks_at_the_flags_of_the_call),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
