/* SPDX-License-Identifier: MIT */
/*
 * What a failing sim_test() says, and how a program without cmocka ends: each in a child process, whose
 * output is looked at. After a failure, of whatever kind and on whatever stack, the next test runs as if
 * nothing had been.
 */
#include "simsock_cmocka.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/api/child.h"

static struct child child;

/* ---- the child: one test that fails, one that passes ---- */

static CMUnitTestFunction suspect;

static void all_is_well(void **state)
{
	int fd[2];
	char b;

	(void)state;
	assert_int_equal(sim_now_ns(), 0);
	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(recv(fd[1], &b, 1, 0), 1);
}

static void call_suspect(void **state)
{
	suspect(state);
}

static void run_both(void)
{
	const struct CMUnitTest tests[] = { sim_test(call_suspect), sim_test(all_is_well) };

	setenv("SIMSOCK_SEED", "7", 1);
	_exit(cmocka_run_group_tests(tests, NULL, NULL));
}

/* The texts stand in the output, in this order; NULL ends them. The next test passes. */
static void assert_says(CMUnitTestFunction fn, int num_failed, const char *const *texts)
{
	const char *at = child.text;

	suspect = fn;
	child_run(&child, run_both);
	if (!WIFEXITED(child.status) || WEXITSTATUS(child.status) != num_failed ||
	    !strstr(child.text, "       OK ] all_is_well"))
		fail_msg("status %#x: %s", (unsigned)child.status, child.text);
	for (; *texts; texts++) {
		at = strstr(at, *texts);
		if (!at)
			fail_msg("\"%s\" is missing in:\n%s", *texts, child.text);
		at += strlen(*texts);
	}
}

#define FAILS(fn, ...) assert_says(fn, 1, (const char *const[]){ __VA_ARGS__, NULL })

/* ---- assertions ---- */

static void sends_too_little(void **state)
{
	int fd[2];

	(void)state;
	sim_pair(fd, "tcp");
	sim_inject("send:returns=10,EINTR,10");
	for (int i = 0; i < 3; i++)
		(void)send(fd[0], "abcdefghijklmnopqrstuvwxyz0123456789", 36, 0);
	sim_assert_sent(sim_fd(fd[0]), "abcdefghijabcdefghijklmnopqrstuvwxyz", 36);
}

static void a_failure_shows_the_last_calls_the_loss_and_the_seed(void **state)
{
	(void)state;
	FAILS(sends_too_little, "0.000 client send(", ", 36) = 10   cut to 10 bytes by rule 1\n",
	      "0.000 client send(", ", 36) = -1 EINTR   injected by rule 1, call 2; nothing was queued\n",
	      "0.000 client send(", ", 36) = 10   cut to 10 bytes by rule 1\n", "rerun: SIMSOCK_SEED=7 ",
	      "--- sent 20 of 36 bytes, 16 lost\n", "failures_test.c:");
}

static void expects_other_results(void **state)
{
	int fd[2];

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	sim_assert_returns("client", "%send", "2, EINTR 1");
}

static void expects_another_reason(void **state)
{
	(void)state;
	assert_int_equal(send(1000, "abc", 3, 0), -1);
	sim_assert_why(EPIPE, "peer-gone");
}

static void failed_assertions_show_both_sides(void **state)
{
	(void)state;
	FAILS(expects_other_results, "%send on client returned \"3\", expected \"2 EINTR 1\"");
	FAILS(expects_another_reason, "the last failed call has EBADF and reason \"bad-descriptor\", "
				      "expected EPIPE and \"peer-gone\"\n"
				      "send(1000, 3) = -1 EBADF: descriptor 1000 is not open");
}

/* ---- mistakes ---- */

/* The child says where it will happen: this process never runs the function. */
static void injects_nonsense(void **state)
{
	(void)state;
	printf("expected: failures_test.c:%d: error: Failure!\n", __LINE__ + 1);
	sim_inject("send:error=EWHAT");
}

static void a_mistake_fails_the_test_where_it_stands(void **state)
{
	char *expected, *shown;

	(void)state;
	FAILS(injects_nonsense, "--- rule: unknown errno \"EWHAT\"", "  send:error=EWHAT\n             ^\n");
	expected = strstr(child.text, "expected: ");
	shown = strstr(child.text, "[   LINE   ] --- ");
	assert_non_null(expected);
	assert_non_null(shown);
	expected[strcspn(expected, "\n")] = '\0';
	shown[strcspn(shown, "\n")] = '\0';
	assert_non_null(strstr(shown, expected + strlen("expected: ")));
}

/* ---- what is left over ---- */

static void leaks_a_socket(void **state)
{
	(void)state;
	assert_true(socket(AF_INET, SOCK_DGRAM, 0) >= 0);
}

static void leaves_a_rule(void **state)
{
	(void)state;
	sim_inject("send:error=EINTR:when=2");
}

static void leaves_an_alarm(void **state)
{
	(void)state;
	alarm(10);
}

static void leaves_a_line(void **state)
{
	(void)state;
	sim_at("+1h", "print hello");
}

static void a_passing_test_must_leave_nothing(void **state)
{
	(void)state;
	FAILS(leaks_a_socket, "--- descriptor ", " is still open: udp   UNCONN");
	FAILS(leaves_a_rule, "--- rule 1 never fired: send:error=EINTR:when=2 (0 calls were asked)");
	FAILS(leaves_an_alarm, "--- an alarm is still set, for 10.000");
	FAILS(leaves_a_line, "--- still to come at 3600.000: print hello");
}

/* ---- dead-locks and spins ---- */

static void waits_for_nothing(void **state)
{
	int fd[2];
	char b;

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	(void)recv(fd[0], &b, 1, 0);
}

static void a_dead_lock_names_who_waits_for_what(void **state)
{
	(void)state;
	FAILS(waits_for_nothing, "--- dead-lock: nothing can ever wake anybody; virtual time 0.000\n",
	      "  main (client) waits in recv(", ") since 0.000 without a time limit\n",
	      "    its socket on client: tcp   ESTAB      0      0      10.0.0.1:",
	      "    the peer on server: tcp   ESTAB      3      0      10.0.0.2:");
}

static void asks_for_ever(void **state)
{
	int fd[2];
	char b;

	(void)state;
	sim_pair(fd, "tcp nonblock");
	while (recv(fd[0], &b, 1, 0) < 0 && errno == EAGAIN)
		continue;
}

static void a_spin_is_reported(void **state)
{
	(void)state;
	FAILS(asks_for_ever,
	      "--- spin: a task calls again and again, and nothing can ever change what it is told");
}

/* ---- other tasks ---- */

static void fails_in_here(void *arg)
{
	(void)arg;
	assert_int_equal(1, 2);
}

static void spawns_a_failure(void **state)
{
	int fd[2];
	char b;

	(void)state;
	sim_pair(fd, "tcp");
	sim_spawn("server", fails_in_here, NULL);
	(void)recv(fd[0], &b, 1, 0);
	fail_msg("%s", "the main task went on");
}

static void an_assertion_in_a_spawned_task_fails_the_test(void **state)
{
	(void)state;
	FAILS(spawns_a_failure, "--- 0x1 != 0x2", "failures_test.c:");
	assert_null(strstr(child.text, "the main task went on"));
}

static void talks_to(const char *script, const char *text)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(7) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	sim_serve("server", 7, script);
	inet_pton(AF_INET, "10.0.0.2", &a.sin_addr);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(send(fd, text, strlen(text), 0), strlen(text));
	close(fd);
}

static void sends_other_bytes(void **state)
{
	(void)state;
	talks_to("expect hello", "help!");
}

static void sends_too_few_bytes(void **state)
{
	(void)state;
	talks_to("wait 1ms; expect hello", "he");
}

static void says_help(int fd, const void *at, socklen_t len)
{
	assert_int_equal(connect(fd, at, len), 0);
	assert_int_equal(send(fd, "help!", 5, 0), 5);
	close(fd);
}

static void sends_other_bytes_to_a_script_in_line(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(7) };

	(void)state;
	sim_peer("10.0.0.2:7", "do wait 1ms; expect hello");
	inet_pton(AF_INET, "10.0.0.2", &a.sin_addr);
	says_help(socket(AF_INET, SOCK_STREAM, 0), &a, sizeof a);
}

static void sends_other_bytes_to_a_script_in_a_file(void **state)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "\0own" };
	char path[] = "/tmp/simsock.XXXXXX", service[64];
	FILE *f = fdopen(mkstemp(path), "w");

	(void)state;
	fputs("wait 1ms;\n\texpect hello\n", f);
	fclose(f);
	snprintf(service, sizeof service, "script:%s", path);
	sim_peer("unix:@own", service);
	unlink(path);
	says_help(socket(AF_UNIX, SOCK_STREAM, 0), &a, sizeof(sa_family_t) + 4);
}

static void a_scripted_peer_says_what_came_instead(void **state)
{
	(void)state;
	FAILS(sends_other_bytes, "--- server:7: byte 3 differs: came \"p!\" in place of \"lo\"\n",
	      "  expect hello\n  ^\n");
	FAILS(sends_other_bytes_to_a_script_in_line,
	      "--- 10.0.0.2:7: byte 3 differs: came \"p!\" in place of \"lo\"\n",
	      "  wait 1ms; expect hello\n            ^\n");
	FAILS(sends_other_bytes_to_a_script_in_a_file, "--- /tmp/simsock.",
	      ":2:2: unix:@own: byte 3 differs: came \"p!\" in place of \"lo\"\n", "   expect hello\n   ^\n");
	FAILS(sends_too_few_bytes, "--- server:7: the peer closed its side after 2 of 5 bytes: \"he\"\n",
	      "  wait 1ms; expect hello\n            ^\n");
}

/* ---- signals and other ends ---- */

static void writes_to_a_closed_pipe(void **state)
{
	int fd[2];

	(void)state;
	sim_pair(fd, "unix");
	close(fd[1]);
	(void)send(fd[0], "x", 1, 0);
}

static void a_fatal_signal_fails_the_test(void **state)
{
	(void)state;
	FAILS(writes_to_a_closed_pipe, "--- killed by SIGPIPE in send(", ", 1) = -1 EPIPE");
}

static void mocks_nothing(void **state)
{
	int fd[2];

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	(void)mock();
}

static void an_end_of_cmockas_own_is_reported_too(void **state)
{
	(void)state;
	FAILS(mocks_nothing, "0.000 client send(", "rerun: SIMSOCK_SEED=7 ", "mocks_nothing");
}

static void gives_up(void **state)
{
	(void)state;
	sim_inject("send:error=EINTR");
	skip();
}

static void a_skipped_test_is_no_failure(void **state)
{
	static const char *const texts[] = { "[  SKIPPED ] call_suspect", NULL };

	(void)state;
	assert_says(gives_up, 0, texts);
	assert_null(strstr(child.text, "never fired"));
}

/* ---- SIMSOCK=kernel ---- */

static void talks_without_a_world(void **state)
{
	int fd[2];
	char b[4];

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(recv(fd[1], b, 3, MSG_WAITALL), 3);
	close(fd[0]);
	close(fd[1]);
}

static void run_on_the_kernel(void)
{
	const struct CMUnitTest tests[] = { sim_test(talks_without_a_world), sim_test(leaves_a_rule) };

	setenv("SIMSOCK", "kernel", 1);
	_exit(cmocka_run_group_tests(tests, NULL, NULL));
}

static void on_the_kernel_what_needs_a_world_is_skipped(void **state)
{
	(void)state;
	child_run(&child, run_on_the_kernel);
	if (!WIFEXITED(child.status) || WEXITSTATUS(child.status) != 0 ||
	    !strstr(child.text, "       OK ] talks_without_a_world") ||
	    !strstr(child.text, "sim_inject needs the simulation, and SIMSOCK=kernel is set") ||
	    !strstr(child.text, "[  SKIPPED ] leaves_a_rule"))
		fail_msg("status %#x: %s", (unsigned)child.status, child.text);
}

/* ---- without cmocka ---- */

static void program_waits(void)
{
	int fd[2];
	char b;

	sim_world_new(7);
	sim_pair(fd, "unix");
	printf("before\n");
	(void)recv(fd[0], &b, 1, 0);
	printf("after\n");
}

static void a_program_that_dead_locks_ends_with_its_own_status(void **state)
{
	(void)state;
	child_run(&child, program_waits);
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), SIM_EXIT_DEADLOCK);
	assert_non_null(strstr(child.text,
			       "before\nsimsock: dead-lock: nothing can ever wake anybody; virtual time "
			       "0.000\n  main (client) waits in recv("));
	assert_non_null(strstr(child.text, "rerun: SIMSOCK_SEED=7"));
	assert_null(strstr(child.text, "after"));
}

static void program_injects_on_the_kernel(void)
{
	setenv("SIMSOCK", "kernel", 1);
	sim_world_free(sim_world_new(1));
	sim_inject("send:error=EINTR");
}

static void a_program_that_needs_a_world_ends_as_skipped(void **state)
{
	(void)state;
	child_run(&child, program_injects_on_the_kernel);
	assert_true(WIFEXITED(child.status));
	assert_int_equal(WEXITSTATUS(child.status), SIM_EXIT_SKIP);
}

static uint64_t seed_of(const char *bytes)
{
	struct sim_world *w = sim_world_from_bytes(bytes, strlen(bytes));
	uint64_t seed = sim_seed();

	sim_world_free(w);
	return seed;
}

static void program_of_choices(void)
{
	_exit(seed_of("abc") == seed_of("abc") && seed_of("abc") != seed_of("abd") && seed_of("") != 0 ? 0
												       : 1);
}

static void a_world_from_bytes_is_theirs(void **state)
{
	(void)state;
	child_run(&child, program_of_choices);
	assert_int_equal(child.status, 0);
	assert_int_equal(sim_seed(), 0);
}

/* ---- the group's state ---- */

static int set_up(void **state)
{
	static int value = 42;

	*state = &value;
	return 0;
}

static void sees_the_groups_state(void **state)
{
	assert_non_null(*state);
	assert_int_equal(*(int *)*state, 42);
}

static int tear_down(void **state)
{
	printf("torn down with %d\n", *(int *)*state);
	return 0;
}

static void run_with_setup(void)
{
	const struct CMUnitTest tests[] = { sim_test(sees_the_groups_state),
					    cmocka_unit_test(sees_the_groups_state) };
	int num_failed = cmocka_run_group_tests(tests, set_up, tear_down);

	fflush(NULL);
	_exit(num_failed);
}

static void sees_no_state(void **state)
{
	assert_null(*state);
}

static void run_without_setup(void)
{
	const struct CMUnitTest tests[] = { sim_test(sees_no_state) };

	_exit(cmocka_run_group_tests(tests, NULL, NULL));
}

static void the_state_is_the_users(void **state)
{
	(void)state;
	child_run(&child, run_with_setup);
	assert_int_equal(child.status, 0);
	assert_non_null(strstr(child.text, "torn down with 42"));
	child_run(&child, run_without_setup);
	assert_int_equal(child.status, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_failure_shows_the_last_calls_the_loss_and_the_seed),
		cmocka_unit_test(failed_assertions_show_both_sides),
		cmocka_unit_test(a_mistake_fails_the_test_where_it_stands),
		cmocka_unit_test(a_passing_test_must_leave_nothing),
		cmocka_unit_test(a_dead_lock_names_who_waits_for_what),
		cmocka_unit_test(a_spin_is_reported),
		cmocka_unit_test(an_assertion_in_a_spawned_task_fails_the_test),
		cmocka_unit_test(a_scripted_peer_says_what_came_instead),
		cmocka_unit_test(a_fatal_signal_fails_the_test),
		cmocka_unit_test(an_end_of_cmockas_own_is_reported_too),
		cmocka_unit_test(a_skipped_test_is_no_failure),
		cmocka_unit_test(on_the_kernel_what_needs_a_world_is_skipped),
		cmocka_unit_test(a_program_that_dead_locks_ends_with_its_own_status),
		cmocka_unit_test(a_program_that_needs_a_world_ends_as_skipped),
		cmocka_unit_test(a_world_from_bytes_is_theirs),
		cmocka_unit_test(the_state_is_the_users),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
