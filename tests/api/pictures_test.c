/* SPDX-License-Identifier: MIT */
/*
 * Lines that people read who know strace(1), ss(8) and tcpdump(8): addresses stand where those programs show
 * them, reasons name who it was, a time line tells one connection as one, reports show the sockets.
 */
#include "simsock_cmocka.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/child.h"

enum { PORT = 80 };

static struct child child;

static struct sockaddr_in server_at(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, "10.0.0.2", &a.sin_addr);
	return a;
}

static void assert_shows(const char *text, const char *piece)
{
	if (!strstr(text, piece))
		fail_msg("\"%s\" is missing in:\n%s", piece, text);
}

static void assert_shows_not(const char *text, const char *piece)
{
	if (strstr(text, piece))
		fail_msg("\"%s\" stands in:\n%s", piece, text);
}

/* ---- calls ---- */

static void connect_from_5000(void *arg)
{
	struct sockaddr_in a = server_at(PORT), own = { .sin_family = AF_INET, .sin_port = htons(5000) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)arg;
	(void)bind(fd, (struct sockaddr *)&own, sizeof own);
	(void)connect(fd, (struct sockaddr *)&a, sizeof a);
	close(fd);
}

static void serve_one(void *arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(PORT) }, name;
	int lfd = socket(AF_INET, SOCK_STREAM, 0), fd;
	socklen_t len = sizeof name;

	(void)arg;
	(void)bind(lfd, (struct sockaddr *)&a, sizeof a);
	(void)listen(lfd, 1);
	fd = accept(lfd, NULL, NULL);
	(void)getpeername(fd, (struct sockaddr *)&name, &len);
	(void)getsockname(fd, (struct sockaddr *)&name, &len);
	close(fd);
	fd = socket(AF_INET, SOCK_STREAM, 0);
	(void)getpeername(fd, (struct sockaddr *)&name, &len);
	(void)fcntl(lfd, F_SETFL, O_NONBLOCK);
	(void)accept(lfd, NULL, NULL);
}

static void names_are_shown_as_strace_shows_them(void **state)
{
	const char *text;
	char line[80];
	int fd;

	(void)state;
	sim_spawn("server", serve_one, NULL);
	sim_spawn("client", connect_from_5000, NULL);
	sim_run();
	text = sim_calls("server");
	assert_shows(text, "10.0.0.1:5000) = ");
	assert_int_equal(sscanf(strstr(text, "accept("), "accept(%*d, 10.0.0.1:5000) = %d", &fd), 1);
	snprintf(line, sizeof line, "getpeername(%d, 10.0.0.1:5000) = 0", fd);
	assert_shows(text, line);
	snprintf(line, sizeof line, "getsockname(%d, 10.0.0.2:80) = 0", fd);
	assert_shows(text, line);
	snprintf(line, sizeof line, "getpeername(%d) = -1 ENOTCONN", fd);
	assert_shows(text, line);
	assert_shows(text, ") = -1 EAGAIN");
}

static void names_asked_for_are_shown(void **state)
{
	struct addrinfo *ai;

	(void)state;
	assert_int_equal(getaddrinfo("server", "80", NULL, &ai), 0);
	freeaddrinfo(ai);
	assert_int_equal(getaddrinfo("a-name-that-is-rather-long", "80", NULL, &ai), EAI_NONAME);
	assert_shows(sim_calls("client"), "getaddrinfo(\"server\") = 0 (2 addresses)\n");
	assert_shows(sim_calls("client"), "getaddrinfo(\"a-name-that-is-r\"...) = -2 EAI_NONAME   no host");
}

static void paths_are_shown(void **state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "\0hidden" };
	socklen_t len = sizeof(sa_family_t) + 7;
	int lfd = socket(AF_UNIX, SOCK_STREAM, 0), fd = socket(AF_UNIX, SOCK_STREAM, 0);
	char line[64];

	(void)state;
	assert_int_equal(bind(lfd, (struct sockaddr *)&a, len), 0);
	assert_int_equal(listen(lfd, 1), 0);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, len), 0);
	snprintf(line, sizeof line, "bind(%d, @hidden) = 0", lfd);
	assert_shows(sim_calls("client"), line);
	snprintf(line, sizeof line, "connect(%d, @hidden) = 0", fd);
	assert_shows(sim_calls("client"), line);
	close(fd);
	close(lfd);
}

/* ---- reasons ---- */

static void who_refused_is_named(void **state)
{
	struct sockaddr_in a = server_at(81);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), -1);
	sim_assert_why(ECONNREFUSED, "refused");
	assert_shows(sim_explain()->text, "10.0.0.2:81 answered the SYN with RST");
	close(fd);
	assert_shows(sim_calls("client"), "10.0.0.2:81 answered the SYN with RST");
}

static void who_never_answered_is_named(void **state)
{
	struct sockaddr_in a = server_at(PORT);
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	sim_link("client", "server", "loss 100%");
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), -1);
	sim_assert_why(ETIMEDOUT, "timed-out");
	assert_shows(sim_explain()->text, "no answer from 10.0.0.2:80");
	close(fd);
}

static void since_when_nothing_has_come_is_told(void **state)
{
	static const char *const kinds[] = { "tcp nonblock", "udp nonblock", "unix nonblock",
					     "unix dgram nonblock" };
	char line[64], b;
	int fd[2];

	(void)state;
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		sim_pair(fd, kinds[i]);
		sim_advance("1s");
		assert_int_equal(recv(fd[1], &b, 1, 0), -1);
		snprintf(line, sizeof line, "nothing has arrived since t=%u.000", 2 * i);
		assert_shows(sim_explain()->text, line);
		assert_int_equal(send(fd[0], "x", 1, 0), 1);
		sim_advance("1s");
		assert_int_equal(recv(fd[1], &b, 1, 0), 1);
		assert_int_equal(recv(fd[1], &b, 1, 0), -1);
		snprintf(line, sizeof line, "nothing has arrived since t=%u.000", 2 * i + 1);
		assert_shows(sim_explain()->text, line);
	}
}

static void when_this_end_was_shut_down_is_told(void **state)
{
	static const char *const kinds[] = { "tcp", "udp", "unix" };
	char line[64];
	int fd[2];

	(void)state;
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		sim_pair(fd, kinds[i]);
		sim_advance("1s");
		assert_int_equal(shutdown(fd[0], SHUT_WR), 0);
		sim_advance("1s");
		assert_int_equal(send(fd[0], "x", 1, MSG_NOSIGNAL), -1);
		snprintf(line, sizeof line, "shut down for writing at t=%u.000", 2 * i + 1);
		assert_shows(sim_explain()->text, line);
	}
}

static void a_fin_is_no_byte_that_was_lost(void **state)
{
	int fd[2];
	char b;

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[0], "unread", 6, 0), 6);
	sim_link("client", "server", "delay 10ms");
	assert_int_equal(shutdown(fd[0], SHUT_WR), 0);
	close(fd[1]); /* unread bytes: a reset, which crosses the FIN */
	sim_advance("1s");
	while (recv(fd[0], &b, 1, 0) == 1)
		;
	sim_assert_why(ECONNRESET, "rst-received");
	assert_shows(sim_explain()->text, "; 0 bytes sent were not acknowledged");
}

/* ---- the time line ---- */

static void close_both(void)
{
	int fd[2];
	char b;

	sim_world_new(1);
	sim_pair(fd, "tcp");
	sim_trace("-");
	shutdown(fd[0], SHUT_WR);
	shutdown(fd[1], SHUT_WR);
	(void)!recv(fd[0], &b, 1, 0);
	sim_trace(NULL);
	exit(0);
}

static void time_wait_is_one_step_of_one_socket(void **state)
{
	(void)state;
	child_run(&child, close_both);
	assert_shows(child.text, ": FIN-WAIT-2 > TIME-WAIT");
	assert_shows_not(child.text, "UNCONN > TIME-WAIT");
	assert_shows_not(child.text, "TIME-WAIT > UNCONN");
}

/* ---- reports ---- */

static void spin_on_recv(void)
{
	int fd[2];
	char b;

	sim_world_new(1);
	sim_pair(fd, "tcp nonblock");
	for (;;)
		(void)!recv(fd[0], &b, 1, 0);
}

static void spin_in_poll(void)
{
	struct pollfd p = { .events = POLLIN };
	int fd[2];

	sim_world_new(1);
	sim_pair(fd, "tcp");
	p.fd = fd[0];
	for (;;)
		(void)poll(&p, 1, 0);
}

static void a_spin_shows_its_sockets(void **state)
{
	(void)state;
	child_run(&child, spin_on_recv);
	assert_shows(child.text, "calls recv(");
	assert_shows(child.text, "its socket on client: tcp   ESTAB");
	assert_shows(child.text, "the peer on server: tcp   ESTAB");
	assert_int_equal(WEXITSTATUS(child.status), SIM_EXIT_DEADLOCK);
	child_run(&child, spin_in_poll);
	assert_shows(child.text, "calls poll(");
	assert_shows(child.text, "its socket on client: tcp   ESTAB");
}

static char block[1 << 20];

static void send_to_nobody(void)
{
	int fd[2];

	sim_world_new(1);
	sim_pair(fd, "tcp");
	sim_link("client", "server", "delay 20ms");
	for (;;)
		(void)!send(fd[0], block, sizeof block, 0);
}

static void probes_that_nobody_can_answer_are_a_dead_lock_at_once(void **state)
{
	const char *at;

	(void)state;
	child_run(&child, send_to_nobody);
	at = strstr(child.text, "virtual time ");
	assert_shows(child.text, "dead-lock: ");
	assert_true(at && strtol(at + strlen("virtual time "), NULL, 10) < 60);
	assert_int_equal(WEXITSTATUS(child.status), SIM_EXIT_DEADLOCK);
}

static void read_late(void *fd)
{
	sleep(1000);
	(void)!read(*(int *)fd, block, 4096);
	while (read(*(int *)fd, block, sizeof block) > 0)
		;
}

/* The window opens, and the packet that says so is lost: probes are what helps, and no dead-lock. */
static void probes_that_will_be_answered_are_none(void **state)
{
	int fd[2];
	size_t left = sizeof block;

	(void)state;
	sim_pair(fd, "tcp");
	sim_link("client", "server", "delay 20ms loss 20%");
	sim_spawn("server", read_late, &fd[1]);
	while (left) {
		ssize_t n = send(fd[0], block, left, 0);

		assert_true(n > 0);
		left -= (size_t)n;
	}
	sim_run();
	assert_int_equal(sim_delivered(sim_fd(fd[0]), NULL, 0), sizeof block);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(names_are_shown_as_strace_shows_them),
		sim_test(names_asked_for_are_shown),
		sim_test(paths_are_shown),
		sim_test(who_refused_is_named),
		sim_test(who_never_answered_is_named),
		sim_test(since_when_nothing_has_come_is_told),
		sim_test(when_this_end_was_shut_down_is_told),
		sim_test(a_fin_is_no_byte_that_was_lost),
		cmocka_unit_test(time_wait_is_one_step_of_one_socket),
		cmocka_unit_test(a_spin_shows_its_sockets),
		cmocka_unit_test(probes_that_nobody_can_answer_are_a_dead_lock_at_once),
		sim_test(probes_that_will_be_answered_are_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
