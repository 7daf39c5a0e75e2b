/* SPDX-License-Identifier: MIT */
/* Names of errnos and signals, checked against the C library's own (sim/base/names.h). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* strerrorname_np, sigabbrev_np */
#endif
#include <errno.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/base/names.h"
#include "sim/base/str.h"

static void every_errno_has_the_name_that_libc_gives_it(void **state)
{
	int err, num = 0;

	(void)state;
	for (err = 1; err < 4096; err++) {
		const char *libc = strerrorname_np(err), *ours = sim_errno_name(err);

		if (!libc) {
			assert_null(ours);
			continue;
		}
		num++;
		if (err == ENOTSUP) /* libc prefers the alias; strace and the kernel say EOPNOTSUPP */
			libc = "EOPNOTSUPP";
		assert_string_equal(ours, libc);
		assert_int_equal(sim_errno_by_name(ours, strlen(ours)), err);
	}
	assert_int_equal(num, 131);
	assert_null(sim_errno_name(0));
	assert_null(sim_errno_name(-1));
}

static void aliases_of_errnos_are_understood(void **state)
{
	(void)state;
	assert_int_equal(sim_errno_by_name("EWOULDBLOCK", 11), EAGAIN);
	assert_int_equal(sim_errno_by_name("ENOTSUP", 7), EOPNOTSUPP);
	assert_int_equal(sim_errno_by_name("EDEADLOCK", 9), EDEADLK);
	assert_int_equal(sim_errno_by_name("EINTRX", 5), EINTR);
	assert_int_equal(sim_errno_by_name("EINTRX", 6), 0);
	assert_int_equal(sim_errno_by_name("", 0), 0);
}

static void every_signal_has_the_name_that_libc_gives_it(void **state)
{
	int signo;

	(void)state;
	for (signo = 1; signo < 32; signo++) {
		char name[32];

		snprintf(name, sizeof name, "SIG%s", sigabbrev_np(signo));
		if (signo == SIGPOLL) /* libc prefers POLL, strace says IO */
			snprintf(name, sizeof name, "SIGIO");
		assert_string_equal(sim_signal_name(signo), name);
		assert_int_equal(sim_signal_by_name(name, strlen(name)), signo);
	}
	assert_null(sim_signal_name(0));
	assert_null(sim_signal_name(32));
	assert_null(sim_signal_name(64));
}

static void real_time_signals_count_from_either_end(void **state)
{
	static const struct {
		const char *name;
		int signo;
	} rows[] = {
		{ "SIGRTMIN", 34 },    { "SIGRTMIN+3", 37 }, { "SIGRTMAX", 64 },    { "SIGRTMAX-2", 62 },
		{ "SIGRTMIN+30", 64 }, { "SIGRTMIN+31", 0 }, { "SIGRTMIN-1", 0 },   { "SIGRTMIN+", 0 },
		{ "SIGRTMAX+1", 0 },   { "SIGRTMIN+1x", 0 }, { "SIGRTMIN+111", 0 }, { "SIGRT", 0 },
		{ "SIGPOLL", SIGIO },  { "USR1", 0 },
	};
	size_t i;
	char buf[32];
	struct sim_str out;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(sim_signal_by_name(rows[i].name, strlen(rows[i].name)), rows[i].signo);
	out = sim_str_on(buf, sizeof buf);
	sim_signal_add(&out, 36);
	assert_string_equal(buf, "SIGRTMIN+2");
	out = sim_str_on(buf, sizeof buf);
	sim_signal_add(&out, SIGPIPE);
	assert_string_equal(buf, "SIGPIPE");
	out = sim_str_on(buf, sizeof buf);
	sim_signal_add(&out, 33);
	assert_string_equal(buf, "signal 33");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_errno_has_the_name_that_libc_gives_it),
		cmocka_unit_test(aliases_of_errnos_are_understood),
		cmocka_unit_test(every_signal_has_the_name_that_libc_gives_it),
		cmocka_unit_test(real_time_signals_count_from_either_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
