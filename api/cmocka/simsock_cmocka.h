/* SPDX-License-Identifier: MIT */
/*
 * simsock_cmocka.h - a world for each cmocka test.
 *
 *	static void fn(void **state) { ... }
 *	const struct CMUnitTest tests[] = { sim_test(fn) };
 *	return cmocka_run_group_tests(tests, NULL, NULL);
 *
 * sim_test(fn) runs fn in a world of its own, on host "client". *state is the user's: what the group's setup
 * has set, else NULL. A test that passes must not leave behind: an open simulated socket (those of sim_pair()
 * are the world's), a rule that never fired, an alarm or a sim_at() line still to come. A test that fails
 * prints its last calls with their reasons, and how to run it again. Assertions may fail in spawned tasks
 * too. A signal that would kill the program fails the test.
 *
 * Environment: that of simsock.h; SIMSOCK_HASH=1 prints each test's trace hash. Under SIMSOCK=kernel fn runs
 * without a world, and is skipped at the first call that needs one.
 *
 * Includes what cmocka.h needs before it. C99 and C++.
 */
#ifndef SIMSOCK_CMOCKA_H
#define SIMSOCK_CMOCKA_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#include <cmocka.h>

#ifdef __cplusplus
}
#endif

#include "simsock.h"

#ifdef __cplusplus
extern "C" {
#endif

/* An initializer of struct CMUnitTest. */
#define sim_test(fn)                                                            \
	{                                                                       \
#fn, sim_test_run, NULL, sim_test_teardown,                     \
			__extension__(void *)(1 ? (fn) : (CMUnitTestFunction)0) \
	}

/* What the selected sockets' sends have accepted, all together, is exactly this. */
#define sim_assert_sent(sel, buf, len) sim_assert_sent_at(sel, buf, len, __FILE__, __LINE__)
/* What the peers' programs have read of it is exactly this. */
#define sim_assert_delivered(sel, buf, len) sim_assert_delivered_at(sel, buf, len, __FILE__, __LINE__)
/*
 * The results of the calls on the selected sockets, in order: sim_assert_returns(sel, "%send", "10 10 EINTR
 * 16"). call: names and %classes as a rule has them. The last 1024 records are known (SIMSOCK_RING).
 */
#define sim_assert_returns(sel, call, results) sim_assert_returns_at(sel, call, results, __FILE__, __LINE__)
/* The caller's last failed or short call: sim_assert_why(EAGAIN, "peer-not-reading"). Prints sim_explain() if
 * not. */
#define sim_assert_why(err, key) sim_assert_why_at(err, key, __FILE__, __LINE__)

/* What stands behind the macros. */
void sim_test_run(void **state);
int sim_test_teardown(void **state);
typedef int sim_test_run_fn(const char *name, const struct CMUnitTest *const tests, const size_t num_tests,
			    CMFixtureFunction setup, CMFixtureFunction teardown);
/* run: named by the user's file, so that the program needs cmocka and not only likes to have it. */
int sim_test_group(sim_test_run_fn *run, const char *name, const struct CMUnitTest *tests, size_t num_tests,
		   CMFixtureFunction setup, CMFixtureFunction teardown);
void sim_assert_sent_at(const char *sel, const void *buf, size_t len, const char *file, int line);
void sim_assert_delivered_at(const char *sel, const void *buf, size_t len, const char *file, int line);
void sim_assert_returns_at(const char *sel, const char *call, const char *results, const char *file,
			   int line);
void sim_assert_why_at(int err, const char *key, const char *file, int line);

#ifdef __cplusplus
}
#endif

/* cmocka hands a test either its own state or the group's: sim_test() needs the first, users the second. */
#undef cmocka_run_group_tests
#undef cmocka_run_group_tests_name
#define cmocka_run_group_tests(tests, setup, teardown)                                                    \
	sim_test_group(_cmocka_run_group_tests, #tests, tests, sizeof(tests) / sizeof((tests)[0]), setup, \
		       teardown)
#define cmocka_run_group_tests_name(name, tests, setup, teardown)                                       \
	sim_test_group(_cmocka_run_group_tests, name, tests, sizeof(tests) / sizeof((tests)[0]), setup, \
		       teardown)

#endif
