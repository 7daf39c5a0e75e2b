/* SPDX-License-Identifier: MIT */
/* syslog(3) by the posix face: what reaches a daemon at /dev/log of the virtual host, byte for byte. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>

#include "simsock.h"
#include "simsock_posix.h"

static struct sim_world *world;
static int log_fd;

static void bind_log(int type)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };

	log_fd = sim_socket(AF_UNIX, type, 0);
	assert_int_equal(sim_bind(log_fd, (struct sockaddr *)&a, sizeof a), 0);
	if (type == SOCK_STREAM)
		assert_int_equal(sim_listen(log_fd, 5), 0);
}

static int begin(void **state)
{
	(void)state;
	setenv("TZ", "UTC", 1);
	world = sim_world_new(1);
	openlog(NULL, 0, LOG_USER);
	closelog();
	sim_openlog(NULL, 0, LOG_USER);
	sim_closelog();
	return 0;
}

static int end(void **state)
{
	(void)state;
	setlogmask(LOG_UPTO(LOG_DEBUG));
	sim_world_free(world);
	return 0;
}

static const char *received(int fd)
{
	static char buf[8192];
	ssize_t n = sim_recv(fd, buf, sizeof buf - 1, MSG_DONTWAIT);

	if (n < 0)
		return "nothing";
	buf[n] = '\0';
	return buf;
}

static void a_message_is_a_datagram(void **state)
{
	(void)state;
	bind_log(SOCK_DGRAM);
	sim_openlog("daemon", 0, LOG_DAEMON);
	sim_syslog(LOG_INFO, "one %d", 1);
	assert_string_equal(received(log_fd), "<30>Jan  1 00:00:00 daemon: one 1");
	sim_advance("3661s");
	errno = EPIPE;
	sim_syslog(LOG_ERR, "two %m\n");
	assert_int_equal(errno, EPIPE);
	assert_string_equal(received(log_fd), "<27>Jan  1 01:01:01 daemon: two Broken pipe\n");
	sim_syslog(LOG_USER | LOG_INFO, "%s", "");
	assert_string_equal(received(log_fd), "<14>Jan  1 01:01:01 daemon: ");
	sim_close(log_fd);
}

static void without_openlog_it_is_the_programs(void **state)
{
	char expected[128];

	(void)state;
	bind_log(SOCK_DGRAM);
	sim_syslog(LOG_ERR, "x");
	snprintf(expected, sizeof expected, "<11>Jan  1 00:00:00 %s: x", program_invocation_short_name);
	assert_string_equal(received(log_fd), expected);
	sim_close(log_fd);
}

static void the_process_is_the_virtual_one(void **state)
{
	char expected[64];
	struct ucred cred;
	socklen_t len = sizeof cred;
	int pair[2];

	(void)state;
	bind_log(SOCK_DGRAM);
	assert_int_equal(sim_socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
	assert_int_equal(sim_getsockopt(pair[0], SOL_SOCKET, SO_PEERCRED, &cred, &len), 0);
	sim_openlog("me", LOG_PID, LOG_LOCAL7);
	sim_syslog(LOG_EMERG, "x");
	snprintf(expected, sizeof expected, "<184>Jan  1 00:00:00 me[%d]: x", (int)cred.pid);
	assert_string_equal(received(log_fd), expected);
	sim_close(pair[0]);
	sim_close(pair[1]);
	sim_close(log_fd);
}

static void masked_messages_are_not_sent(void **state)
{
	(void)state;
	bind_log(SOCK_DGRAM);
	setlogmask(LOG_UPTO(LOG_WARNING));
	sim_syslog(LOG_DEBUG, "x");
	assert_string_equal(received(log_fd), "nothing");
	sim_close(log_fd);
}

static void a_priority_that_there_is_not_is_told_of(void **state)
{
	(void)state;
	bind_log(SOCK_DGRAM);
	sim_openlog("me", 0, LOG_DAEMON);
	sim_syslog(LOG_ERR | 0x10000, "x");
	assert_string_equal(received(log_fd),
			    "<35>Jan  1 00:00:00 me: syslog: unknown facility/priority: 10003");
	assert_string_equal(received(log_fd), "<27>Jan  1 00:00:00 me: x");
	sim_close(log_fd);
}

static void a_stream_has_an_end_after_each(void **state)
{
	static const char expected[] = "<27>Jan  1 00:00:00 me: x";
	char buf[128];
	int fd;

	(void)state;
	bind_log(SOCK_STREAM);
	sim_openlog("me", 0, LOG_DAEMON);
	sim_syslog(LOG_ERR, "x");
	fd = sim_accept(log_fd, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(sim_recv(fd, buf, sizeof buf, 0), sizeof expected);
	assert_memory_equal(buf, expected, sizeof expected);
	sim_close(fd);
	sim_close(log_fd);
}

/* Nor is any socket left. */
static void without_a_daemon_it_is_lost_silently(void **state)
{
	int fd;

	(void)state;
	errno = 0;
	sim_openlog("me", LOG_NDELAY | LOG_CONS, LOG_DAEMON);
	sim_syslog(LOG_ERR, "x");
	assert_int_equal(errno, 0);
	bind_log(SOCK_DGRAM);
	sim_close(log_fd); /* the path stays, and is nobody's */
	sim_syslog(LOG_ERR, "x");
	assert_int_equal(errno, 0);
	fd = sim_socket(AF_UNIX, SOCK_DGRAM, 0);
	assert_int_equal(fd, 3);
	sim_close(fd);
}

static void a_long_message_is_whole(void **state)
{
	static char text[5000];
	const char *got;

	(void)state;
	bind_log(SOCK_DGRAM);
	memset(text, 'a', sizeof text - 1);
	sim_openlog("me", 0, LOG_DAEMON);
	sim_syslog(LOG_ERR, "%s", text);
	got = received(log_fd);
	assert_int_equal(strlen(got), strlen("<27>Jan  1 00:00:00 me: ") + sizeof text - 1);
	sim_close(log_fd);
}

static void rules_reach_its_calls(void **state)
{
	(void)state;
	bind_log(SOCK_DGRAM);
	sim_inject("send:error=ENOBUFS");
	sim_syslog(LOG_ERR, "x");
	assert_string_equal(received(log_fd), "nothing");
	sim_close(log_fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(a_message_is_a_datagram, begin, end),
		cmocka_unit_test_setup_teardown(without_openlog_it_is_the_programs, begin, end),
		cmocka_unit_test_setup_teardown(the_process_is_the_virtual_one, begin, end),
		cmocka_unit_test_setup_teardown(masked_messages_are_not_sent, begin, end),
		cmocka_unit_test_setup_teardown(a_priority_that_there_is_not_is_told_of, begin, end),
		cmocka_unit_test_setup_teardown(a_stream_has_an_end_after_each, begin, end),
		cmocka_unit_test_setup_teardown(without_a_daemon_it_is_lost_silently, begin, end),
		cmocka_unit_test_setup_teardown(a_long_message_is_whole, begin, end),
		cmocka_unit_test_setup_teardown(rules_reach_its_calls, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
