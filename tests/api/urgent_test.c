/* SPDX-License-Identifier: MIT */
/* Urgent data where only the simulation can look: the pointer on the wire, sysctls, reasons. */
#include "simsock_cmocka.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

/* The time line of what follows, until its end is asked for. */
static char trace_path[256];

static void trace_begin(void)
{
	const char *dir = getenv("TEST_TMPDIR");

	snprintf(trace_path, sizeof(trace_path), "%s/urgent-%d", dir ? dir : "/tmp", (int)getpid());
	sim_trace(trace_path);
}

static char *trace_end(void)
{
	static char text[65536];
	FILE *f;
	size_t n;

	sim_trace(NULL);
	f = fopen(trace_path, "r");
	assert_non_null(f);
	n = fread(text, 1, sizeof(text) - 1, f);
	text[n] = '\0';
	fclose(f);
	remove(trace_path);
	return text;
}

static void segment_has_flag_and_pointer(void **state)
{
	char b[8];
	int fd[2];

	(void)state;
	sim_pair(fd, "tcp");
	trace_begin();
	assert_int_equal(send(fd[0], "abu", 3, MSG_OOB), 3);
	assert_non_null(strstr(trace_end(), "[PU.] seq 1:4 ack 1 win 64 urg 3 len 3"));
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_OOB), 1);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 2);
	close(fd[0]);
	close(fd[1]);
}

static void pointer_goes_once_it_is_acknowledged(void **state)
{
	char b[8];
	int fd[2];

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[0], "u", 1, MSG_OOB), 1);
	sim_advance("1s");
	trace_begin();
	assert_int_equal(send(fd[0], "c", 1, 0), 1);
	assert_null(strstr(trace_end(), "urg"));
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 1);
	close(fd[0]);
	close(fd[1]);
}

/* tcp(7), tcp_stdurg: the pointer points at the byte, not behind it. */
static void stdurg_takes_the_byte_behind(void **state)
{
	char b[8];
	int fd[2];

	(void)state;
	sim_sysctl("client", "net.ipv4.tcp_stdurg", "1");
	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[1], "abu", 3, MSG_OOB), 3);
	assert_int_equal(recv(fd[0], b, 1, MSG_OOB), -1);
	assert_int_equal(errno, EAGAIN);
	assert_non_null(strstr(sim_explain()->text, "urgent data is announced, 3 bytes ahead"));
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(recv(fd[0], b, 1, MSG_OOB), 1);
	assert_int_equal(b[0], 'x');
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 3);
	assert_memory_equal(b, "abu", 3);
	close(fd[0]);
	close(fd[1]);
}

static void lost_segment_brings_the_pointer_again(void **state)
{
	char b[8];
	int fd[2];

	(void)state;
	sim_link("client", "server", "delay 10ms");
	sim_pair(fd, "tcp");
	sim_link("client", "server", "delay 10ms loss 100%");
	assert_int_equal(send(fd[0], "abu", 3, MSG_OOB), 3);
	sim_advance("100ms");
	sim_link("client", "server", "delay 10ms");
	trace_begin();
	assert_int_equal(recv(fd[1], b, 2, MSG_WAITALL), 2);
	assert_non_null(strstr(trace_end(), "urg 3"));
	assert_int_equal(recv(fd[1], b, 1, MSG_OOB), 1);
	assert_int_equal(b[0], 'u');
	close(fd[0]);
	close(fd[1]);
}

static void reason_of_nothing_urgent(void **state)
{
	char b;
	int fd[2];

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(recv(fd[1], &b, 1, MSG_OOB), -1);
	assert_int_equal(errno, EINVAL);
	assert_non_null(strstr(sim_explain()->text, "no urgent byte waits"));
	close(fd[0]);
	close(fd[1]);
}

static volatile sig_atomic_t num_urgent;

static void on_urgent(int number)
{
	(void)number;
	num_urgent++;
}

/* A call that waits is interrupted by it. */
static void sigurg_interrupts_a_blocked_read(void **state)
{
	struct sigaction sa = { .sa_handler = on_urgent }, before;
	char b;
	int fd[2];

	(void)state;
	sigaction(SIGURG, &sa, &before);
	sim_link("client", "server", "delay 10ms");
	sim_pair(fd, "tcp");
	assert_int_equal(fcntl(fd[1], F_SETOWN, getpid()), 0);
	assert_int_equal(send(fd[0], "u", 1, MSG_OOB), 1);
	assert_int_equal(recv(fd[1], &b, 1, 0), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(num_urgent, 1);
	assert_int_equal(recv(fd[1], &b, 1, MSG_OOB), 1);
	sigaction(SIGURG, &before, NULL);
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(segment_has_flag_and_pointer), sim_test(pointer_goes_once_it_is_acknowledged),
		sim_test(stdurg_takes_the_byte_behind), sim_test(lost_segment_brings_the_pointer_again),
		sim_test(reason_of_nothing_urgent),     sim_test(sigurg_interrupts_a_blocked_read),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
