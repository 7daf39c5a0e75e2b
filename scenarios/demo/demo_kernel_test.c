/* SPDX-License-Identifier: MIT */
/*
 * demo_kernel_test.c - the demo's senders and receiver over the kernel's loopback: they are real programs
 * first.
 *
 * Owns: a receiver in a child process whose sink is shared memory, and what must have arrived.
 * Must not know: any simulation.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <netinet/in.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "scenarios/demo/receiver.h"
#include "scenarios/demo/senders.h"

#define FILE_BYTES 300000

struct fixture {
	struct receiver *r; /* shared with the child */
	pid_t pid;
	char port[8];
	unsigned char file[FILE_BYTES];
};

static int make_fixture(void **state)
{
	static struct fixture f;
	size_t i;
	unsigned char *shared = mmap(NULL, sizeof(*f.r) + 2 * FILE_BYTES, PROT_READ | PROT_WRITE,
				     MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (shared == MAP_FAILED)
		return -1;
	for (i = 0; i < FILE_BYTES; i++)
		f.file[i] = (unsigned char)(i * 2654435761u >> 13);
	f.r = (struct receiver *)shared;
	f.r->data = shared + sizeof(*f.r);
	f.r->cap = 2 * FILE_BYTES;
	f.pid = 0;
	*state = &f;
	return 0;
}

static int drop_fixture(void **state)
{
	struct fixture *f = *state;

	if (f->pid > 0) {
		kill(f->pid, SIGKILL);
		waitpid(f->pid, NULL, 0);
	}
	return munmap(f->r, sizeof(*f->r) + 2 * FILE_BYTES);
}

static void start_receiver(struct fixture *f)
{
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int listener = receiver_listen("127.0.0.1", "0");

	assert_true(listener >= 0);
	assert_int_equal(getsockname(listener, (struct sockaddr *)&at, &len), 0);
	snprintf(f->port, sizeof(f->port), "%u", (unsigned)ntohs(at.sin_port));
	f->pid = fork();
	assert_true(f->pid >= 0);
	if (!f->pid)
		_exit(receiver_serve(listener, f->r) ? 1 : 0);
	close(listener);
}

static void wait_for_receiver(struct fixture *f)
{
	int status;

	assert_int_equal(waitpid(f->pid, &status, 0), f->pid);
	f->pid = 0;
	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), 0);
}

static void assert_whole_file(const struct fixture *f)
{
	assert_int_equal(f->r->len, FILE_BYTES);
	assert_memory_equal(f->r->data, f->file, FILE_BYTES);
}

static void naive_sender_delivers_on_a_good_day(void **state)
{
	struct fixture *f = *state;

	f->r->connections_max = 1;
	start_receiver(f);
	assert_int_equal(naive_send_file("127.0.0.1", f->port, f->file, FILE_BYTES), 0);
	wait_for_receiver(f);
	assert_whole_file(f);
}

static void naive_sender_dies_of_sigpipe_after_a_reset(void **state)
{
	struct fixture *f = *state;
	pid_t sender;
	int status;

	f->r->connections_max = 1;
	f->r->reset_at_bytes = 100000;
	start_receiver(f);
	sender = fork();
	assert_true(sender >= 0);
	if (!sender) {
		fclose(stderr);
		_exit(naive_send_file("127.0.0.1", f->port, f->file, FILE_BYTES) ? 1 : 0);
	}
	assert_int_equal(waitpid(sender, &status, 0), sender);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGPIPE);
	wait_for_receiver(f);
	assert_int_equal(f->r->len, 100000);
}

static void careful_sender_delivers_in_one_connection(void **state)
{
	struct fixture *f = *state;

	f->r->enough_bytes = FILE_BYTES;
	start_receiver(f);
	assert_int_equal(careful_send_file("127.0.0.1", f->port, f->file, FILE_BYTES), 0);
	wait_for_receiver(f);
	assert_whole_file(f);
	assert_int_equal(f->r->num_connections, 1);
	assert_int_equal(f->r->num_cut, 0);
}

static void careful_sender_resumes_after_a_reset(void **state)
{
	struct fixture *f = *state;

	f->r->enough_bytes = FILE_BYTES;
	f->r->reset_at_bytes = 100000;
	start_receiver(f);
	assert_int_equal(careful_send_file("127.0.0.1", f->port, f->file, FILE_BYTES), 0);
	wait_for_receiver(f);
	assert_whole_file(f);
	assert_int_equal(f->r->num_connections, 2);
	assert_int_equal(f->r->num_cut, 1);
}

/* All bytes are there and the receipt is lost: the next connection has nothing left to send. */
static void careful_sender_asks_again_when_the_receipt_is_lost(void **state)
{
	struct fixture *f = *state;

	f->r->connections_max = 2;
	f->r->reset_at_bytes = FILE_BYTES;
	start_receiver(f);
	assert_int_equal(careful_send_file("127.0.0.1", f->port, f->file, FILE_BYTES), 0);
	wait_for_receiver(f);
	assert_whole_file(f);
	assert_int_equal(f->r->num_connections, 2);
}

static void note_alarm(int sig)
{
	(void)sig;
}

/* Without SA_RESTART, a send that waits for room comes back short or with EINTR, again and again. */
static void careful_sender_survives_a_storm_of_signals(void **state)
{
	struct fixture *f = *state;
	struct sigaction act = { .sa_handler = note_alarm }, before;
	struct itimerval storm = { { 0, 300 }, { 0, 300 } }, calm = { { 0, 0 }, { 0, 0 } };
	int result;

	f->r->enough_bytes = FILE_BYTES;
	f->r->reset_at_bytes = 150000;
	start_receiver(f);
	sigaction(SIGALRM, &act, &before);
	setitimer(ITIMER_REAL, &storm, NULL);
	result = careful_send_file("127.0.0.1", f->port, f->file, FILE_BYTES);
	setitimer(ITIMER_REAL, &calm, NULL);
	sigaction(SIGALRM, &before, NULL);
	assert_int_equal(result, 0);
	wait_for_receiver(f);
	assert_whole_file(f);
}

static void careful_sender_gives_up_where_nobody_listens(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int bound = receiver_listen("127.0.0.1", "0");

	assert_int_equal(getsockname(bound, (struct sockaddr *)&at, &len), 0);
	snprintf(f->port, sizeof(f->port), "%u", (unsigned)ntohs(at.sin_port));
	close(bound);
	assert_int_equal(careful_send_file("127.0.0.1", f->port, f->file, 10), -1);
	assert_int_equal(errno, ECONNREFUSED);
}

#define demo_test(fn) cmocka_unit_test_setup_teardown(fn, make_fixture, drop_fixture)

int main(void)
{
	const struct CMUnitTest tests[] = {
		demo_test(naive_sender_delivers_on_a_good_day),
		demo_test(naive_sender_dies_of_sigpipe_after_a_reset),
		demo_test(careful_sender_delivers_in_one_connection),
		demo_test(careful_sender_resumes_after_a_reset),
		demo_test(careful_sender_asks_again_when_the_receipt_is_lost),
		demo_test(careful_sender_survives_a_storm_of_signals),
		demo_test(careful_sender_gives_up_where_nobody_listens),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
