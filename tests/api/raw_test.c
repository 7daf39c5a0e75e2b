/* SPDX-License-Identifier: MIT */
/*
 * The raw and the object face in a process whose libc names are libc's own: numbers are the simulation's;
 * rules, reasons and threads as with the other faces. What they answer is stated in tests/behaviour.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/object/simsock_object.h"
#include "api/raw/simsock_raw.h"
#include "simsock.h"

/* Made in the test itself: cmocka's handler of SIGSEGV, which is set before, must stand behind ours. */
#define IN_A_WORLD(name)                                    \
	static void name##_body(void);                      \
	static void name(void **state)                      \
	{                                                   \
		struct sim_world *world = sim_world_new(1); \
                                                            \
		(void)state;                                \
		name##_body();                              \
		sim_world_free(world);                      \
	}                                                   \
	static void name##_body(void)

static void assert_reason(int err, const char *key)
{
	assert_int_equal(sim_explain()->err, err);
	assert_string_equal(sim_explain()->key, key);
}

IN_A_WORLD(numbers_are_the_simulations_and_standard_ones_the_programs)
{
	int file = open("/dev/null", O_WRONLY), fd[2];

	assert_int_equal(sys_socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(fd[0], 3);
	assert_true(file >= 3); /* another of that number may be libc's */
	assert_int_equal(sys_write(fd[0], "x", 1), 1);
	assert_int_equal(sys_write(1, "", 0), 0);
	assert_int_equal(sys_write(77, "x", 1), -EBADF);
	assert_reason(EBADF, "bad-descriptor");
	assert_int_equal(sys_close(fd[0]), 0);
	assert_int_equal(sys_close(fd[1]), 0);
	close(file);
}

IN_A_WORLD(rules_know_the_calls_by_libcs_names)
{
	char got[8];
	int fd[2];

	sim_pair(fd, "tcp");
	sim_inject("send:error=ENOBUFS:when=1");
	sim_inject("write:short=2:when=1");
	sim_inject("pselect:error=EINTR:when=1");
	sim_inject("sendfile:error=EIO:when=1");
	errno = 99;
	assert_int_equal(sys_send(fd[0], "abc", 3, 0), -ENOBUFS);
	assert_reason(ENOBUFS, "injected");
	assert_int_equal(sys_write(fd[0], "abc", 3), 2);
	assert_int_equal(sys_read(fd[1], got, sizeof got), 2);
	assert_int_equal(sys_pselect6(0, NULL, NULL, NULL, NULL, NULL), -EINTR);
	assert_int_equal(sys_sendfile(fd[0], 77, NULL, 1), -EIO);
	assert_int_equal(errno, 99);
	assert_int_equal(sys_close_range(3, 10, 0), 0);
}

IN_A_WORLD(what_the_face_itself_refuses_has_a_reason)
{
	char mask[16] = "";
	int fd[2];

	sim_pair(fd, "tcp");
	assert_int_equal(sys_ppoll(NULL, 0, NULL, mask, 16), -EINVAL);
	assert_reason(EINVAL, "bad-argument");
	assert_int_equal(sys_select(0, NULL, NULL, NULL, (void *)8), -EFAULT);
	assert_reason(EFAULT, "bad-pointer");
	assert_int_equal(sys_sendfile(fd[0], fd[1], NULL, 1), -EINVAL);
	assert_reason(EINVAL, "not-supported");
	assert_int_equal(sys_send(fd[0], (void *)(uintptr_t)0xffff800000000000u, 1, 0), -EFAULT);
	assert_reason(EFAULT, "bad-pointer");
	assert_int_equal(sys_close_range(3, 10, 0), 0);
}

IN_A_WORLD(an_object_is_simulated_without_libcs_names)
{
	struct sim_object a = SIM_OBJECT_INIT, b = SIM_OBJECT_INIT;

	assert_int_equal(sim_object_pair(&a, &b, SOCK_STREAM), 0);
	sim_inject("send:short=2:when=1");
	assert_int_equal(sim_object_send(&a, "abc", 3, 0), 2);
	assert_reason(0, "injected-short");
	assert_int_equal(sim_object_close(&a), 0);
	assert_int_equal(sim_object_close(&b), 0);
}

static void *ask(void *unused)
{
	static long r[2];

	(void)unused;
	r[0] = sys_socket(AF_INET, SOCK_STREAM, 0);
	r[1] = sys_write(1, "", 0);
	return r;
}

IN_A_WORLD(a_thread_that_is_no_task_gets_no_socket)
{
	pthread_t thread;
	void *r;

	assert_int_equal(pthread_create(&thread, NULL, ask, NULL), 0);
	assert_int_equal(pthread_join(thread, &r), 0);
	assert_int_equal(((long *)r)[0], -EAFNOSUPPORT);
	assert_int_equal(((long *)r)[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_the_simulations_and_standard_ones_the_programs),
		cmocka_unit_test(rules_know_the_calls_by_libcs_names),
		cmocka_unit_test(what_the_face_itself_refuses_has_a_reason),
		cmocka_unit_test(an_object_is_simulated_without_libcs_names),
		cmocka_unit_test(a_thread_that_is_no_task_gets_no_socket),
	};

	return cmocka_run_group_tests_name("raw", tests, NULL, NULL);
}
