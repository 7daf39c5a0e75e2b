/* SPDX-License-Identifier: MIT */
/* Copies from and to memory that is bad in part: how much is copied, what is left, who else hears of faults.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/uaccess/uaccess.h"

enum { PAGE = 4096, BIG = 2 * PAGE };

/* cmocka sets its own handlers before each body, so that each installs anew. Two pages that may be touched,
 * one that may not. */
static unsigned char *pages;
static unsigned char buf[BIG];

static int set_up(void **state)
{
	(void)state;
	pages = mmap(NULL, BIG + PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	assert_true(pages != MAP_FAILED);
	assert_int_equal(mprotect(pages + BIG, PAGE, PROT_NONE), 0);
	for (int i = 0; i < BIG; i++)
		pages[i] = (unsigned char)(i * 7 + 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	return munmap(pages, BIG + PAGE);
}

static void every_size_is_copied_whole(void **state)
{
	(void)state;
	sim_uaccess_install();
	for (size_t len = 0; len < 2000; len++) {
		memset(buf, 0, len + 1);
		assert_int_equal(sim_copy_from_user(buf, pages + 3, len), 0);
		assert_memory_equal(buf, pages + 3, len);
		assert_int_equal(buf[len], 0);
	}
}

static void reading_into_a_bad_page_tells_what_is_left_and_copies_the_rest(void **state)
{
	(void)state;
	sim_uaccess_install();
	for (size_t good = 0; good < 700; good++) {
		size_t len = good + 600;

		memset(buf, 0, sizeof buf);
		assert_int_equal(sim_copy_from_user(buf, pages + BIG - good, len), 600);
		assert_memory_equal(buf, pages + BIG - good, good);
		assert_int_equal(buf[good], 0);
	}
}

static void writing_into_a_bad_page_tells_what_is_left_and_copies_the_rest(void **state)
{
	(void)state;
	sim_uaccess_install();
	memset(buf, 0xa5, sizeof buf);
	for (size_t good = 0; good < 700; good++) {
		assert_int_equal(sim_copy_to_user(pages + BIG - good, buf, good + 33), 33);
		assert_memory_equal(pages + BIG - good, buf, good);
	}
}

static void addresses_that_can_never_be_good_copy_nothing(void **state)
{
	(void)state;
	sim_uaccess_install();
	assert_int_equal(sim_copy_from_user(buf, NULL, 100), 100);
	assert_int_equal(sim_copy_to_user(NULL, buf, 1), 1);
	assert_int_equal(sim_copy_from_user(buf, (void *)(UINT64_C(1) << 63), 600), 600);
	assert_int_equal(sim_copy_to_user((void *)~UINT64_C(0), buf, 1), 1);
}

static void nothing_is_copied_from_anywhere(void **state)
{
	(void)state;
	sim_uaccess_install();
	assert_int_equal(sim_copy_from_user(buf, NULL, 0), 0);
}

static sigjmp_buf place;
static volatile sig_atomic_t num_heard;

static void hear(int sig)
{
	(void)sig;
	num_heard++;
	siglongjmp(place, 1);
}

static void a_fault_of_the_programs_own_goes_to_its_own_handler(void **state)
{
	struct sigaction sa = { .sa_handler = hear }, old;

	(void)state;
	sigaction(SIGSEGV, &sa, &old);
	sim_uaccess_install();
	num_heard = 0;
	if (!sigsetjmp(place, 1))
		*(volatile unsigned char *)(pages + BIG) = 1;
	assert_int_equal(num_heard, 1);
	assert_int_equal(sim_copy_from_user(buf, pages + BIG, 5), 5);
	assert_int_equal(num_heard, 1);
	sigaction(SIGSEGV, &old, NULL);
	sim_uaccess_install();
}

static void a_fault_that_nobody_handles_still_ends_the_program(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	if (!pid) {
		signal(SIGSEGV, SIG_DFL);
		sim_uaccess_install();
		*(volatile unsigned char *)(pages + BIG) = 1;
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGSEGV);
}

#if defined(__SANITIZE_ADDRESS__)
static void a_copy_past_the_end_of_a_block_is_reported(void **state)
{
	int status;
	pid_t pid = fork();

	(void)state;
	sim_uaccess_install();
	if (!pid) {
		unsigned char *block = malloc(10);

		close(STDERR_FILENO);
		(void)sim_copy_to_user(block, buf, 11);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) || WEXITSTATUS(status) != 0);
}
#endif

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(every_size_is_copied_whole, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			reading_into_a_bad_page_tells_what_is_left_and_copies_the_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(
			writing_into_a_bad_page_tells_what_is_left_and_copies_the_rest, set_up, tear_down),
		cmocka_unit_test_setup_teardown(addresses_that_can_never_be_good_copy_nothing, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(nothing_is_copied_from_anywhere, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_fault_of_the_programs_own_goes_to_its_own_handler, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(a_fault_that_nobody_handles_still_ends_the_program, set_up,
						tear_down),
#if defined(__SANITIZE_ADDRESS__)
		cmocka_unit_test_setup_teardown(a_copy_past_the_end_of_a_block_is_reported, set_up,
						tear_down),
#endif
	};

	return cmocka_run_group_tests_name("uaccess", tests, NULL, NULL);
}
