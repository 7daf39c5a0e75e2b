/* SPDX-License-Identifier: MIT */
/*
 * Whatever call of the demo's senders fails, with whatever errno its manual page documents, once or from then
 * on: the simulator neither hangs nor crashes. It says what happened and ends with one of the statuses it
 * documents.
 *
 * Each run is a process of its own, with a limit of wall time.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "api/cmdline/demo.h"
#include "api/simsock.h"
#include "sim/fault/call.h"

enum { WALL_LIMIT_S = 20, STATUS_LOST = 1 };

/* What the senders call. */
static const enum sim_call_id calls[] = {
	SIM_CALL_GETADDRINFO, SIM_CALL_SOCKET,     SIM_CALL_SETSOCKOPT, SIM_CALL_CONNECT,
	SIM_CALL_POLL,        SIM_CALL_GETSOCKOPT, SIM_CALL_RECV,       SIM_CALL_SEND,
	SIM_CALL_SHUTDOWN,    SIM_CALL_CLOSE,      SIM_CALL_NANOSLEEP,
};

/* Once at the first, once at a later call, and from the second on for ever. */
static const char *const whens[] = { "when=1", "when=4", "when=2+" };

static int status_of_run(const char *sender, const char *rule)
{
	pid_t pid = fork();
	int status;

	assert_true(pid >= 0);
	if (pid == 0) {
		struct demo_options o = { .seed = 1, .only = sender, .extra_rule = rule };
		int null = open("/dev/null", O_WRONLY);

		dup2(null, STDOUT_FILENO);
		dup2(null, STDERR_FILENO);
		alarm(WALL_LIMIT_S);
		exit(demo_run(&o));
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static bool is_documented(int status)
{
	if (!WIFEXITED(status))
		return false;
	switch (WEXITSTATUS(status)) {
	case EXIT_SUCCESS:
	case STATUS_LOST:
	case SIM_EXIT_DEADLOCK: return true;
	default: return false;
	}
}

static void sweep(const char *sender)
{
	unsigned num_runs = 0, num_bad = 0;

	for (unsigned c = 0; c < sizeof calls / sizeof calls[0]; c++) {
		for (const int16_t *e = sim_call_info(calls[c])->errs; *e; e++) {
			for (unsigned w = 0; w < sizeof whens / sizeof whens[0]; w++) {
				char rule[128];
				int status;

				snprintf(rule, sizeof rule, "%s:error=%s:%s", sim_call_name(calls[c]),
					 sim_call_err_name(calls[c], *e), whens[w]);
				status = status_of_run(sender, rule);
				num_runs++;
				if (is_documented(status))
					continue;
				num_bad++;
				print_error("%s sender, %s: %s %d\n", sender, rule,
					    WIFSIGNALED(status) ? "killed by signal" : "status",
					    WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
			}
		}
	}
	print_message("%s sender: %u runs\n", sender, num_runs);
	assert_true(num_runs > 200);
	assert_int_equal(num_bad, 0);
}

static void no_errno_of_any_call_of_the_naive_sender_hangs_or_crashes_the_simulator(void **state)
{
	(void)state;
	sweep("naive");
}

static void no_errno_of_any_call_of_the_careful_sender_hangs_or_crashes_the_simulator(void **state)
{
	(void)state;
	sweep("careful");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(no_errno_of_any_call_of_the_naive_sender_hangs_or_crashes_the_simulator),
		cmocka_unit_test(no_errno_of_any_call_of_the_careful_sender_hangs_or_crashes_the_simulator),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
