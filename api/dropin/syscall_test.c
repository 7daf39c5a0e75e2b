/* SPDX-License-Identifier: MIT */
/*
 * syscall() in a process whose libc names are ours, where a kernel has no say: rules, reasons and the time
 * line by number; numbers that are not simulated; threads that are no tasks. What it answers otherwise stands
 * in tests/behaviour/syscalls.c.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "simsock_cmocka.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

static int fd[2];

static void a_rule_reaches_a_call_by_its_number(void **state)
{
	(void)state;
	sim_pair(fd, "tcp");
	sim_inject("sendto:error=ENOBUFS:when=1");
	assert_int_equal(syscall(SYS_sendto, fd[0], "x", 1, 0, NULL, 0), -1);
	sim_assert_why(ENOBUFS, "injected");
	assert_int_equal(syscall(SYS_sendto, fd[0], "x", 1, 0, NULL, 0), 1);
	sim_inject("write:short=2:when=1");
	assert_int_equal(syscall(SYS_write, fd[0], "abcd", 4), 2);
	close(fd[0]);
	close(fd[1]);
}

static void what_is_not_simulated_fails_closed_and_is_told(void **state)
{
	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(syscall(SYS_flock, fd[0], LOCK_EX), -1);
	sim_assert_why(ENOSYS, "not-simulated");
	assert_int_equal(syscall(SYS_fsync, fd[0]), -1);
	sim_assert_why(EINVAL, "not-simulated");
	assert_int_equal(syscall(SYS_io_uring_setup, 1, NULL), -1);
	sim_assert_why(ENOSYS, "not-simulated");
	sim_inject("syscall:error=EINVAL:when=1");
	assert_int_equal(syscall(SYS_flock, fd[0], LOCK_EX), -1);
	sim_assert_why(EINVAL, "injected");
	close(fd[0]);
	close(fd[1]);
}

static void what_concerns_no_simulated_descriptor_is_the_kernels(void **state)
{
	char path[] = "/tmp/numbersXXXXXX";
	int file = mkostemp(path, O_CLOEXEC);

	(void)state;
	assert_true(file >= 0);
	assert_int_equal(syscall(SYS_flock, file, LOCK_EX | LOCK_NB), 0);
	assert_int_equal(syscall(SYS_fsync, file), 0);
	assert_int_equal(syscall(SYS_unlink, path), 0);
	assert_int_equal(syscall(SYS_close, file), 0);
	assert_int_equal(syscall(SYS_getppid), getppid());
}

static void clocks_by_number_are_virtual(void **state)
{
	struct timespec ts, hour = { 3600, 0 };
	int64_t began_ns;

	(void)state;
	began_ns = sim_now_ns();
	assert_int_equal(syscall(SYS_nanosleep, &hour, NULL), 0);
	assert_int_equal(sim_now_ns() - began_ns, INT64_C(3600000000000));
	assert_int_equal(syscall(SYS_clock_gettime, CLOCK_REALTIME, &ts), 0);
	assert_int_equal(ts.tv_sec, 1893456000 + sim_now_ns() / 1000000000);
}

static void every_number_is_closed_and_the_simulation_goes_on(void **state)
{
	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(syscall(SYS_close_range, fd[0], ~0u, 0), 0);
	sim_pair(fd, "tcp");
	assert_int_equal(syscall(SYS_write, fd[0], "x", 1), 1);
	close(fd[0]);
	close(fd[1]);
}

static void a_signalfd_is_waited_for_in_virtual_time(void **state)
{
	struct signalfd_siginfo info;
	sigset_t set, before;
	int sfd;

	(void)state;
	sigemptyset(&set);
	sigaddset(&set, SIGALRM);
	assert_int_equal(sigprocmask(SIG_BLOCK, &set, &before), 0);
	sfd = signalfd(-1, &set, 0);
	assert_true(sfd >= 0);
	assert_int_equal(syscall(SYS_alarm, 5), 0);
	assert_int_equal(syscall(SYS_read, sfd, &info, sizeof(info)), sizeof(info));
	assert_int_equal(info.ssi_signo, SIGALRM);
	assert_true(sim_now_ns() >= INT64_C(5000000000));
	close(sfd);
	assert_int_equal(sigprocmask(SIG_SETMASK, &before, NULL), 0);
}

static void *ask_for_a_socket(void *unused)
{
	static int errors[2];

	(void)unused;
	errors[0] = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0) < 0 ? errno : 0;
	errors[1] = syscall(SYS_gettid) > 0 ? 0 : errno;
	return errors;
}

static void a_thread_that_is_no_task_gets_no_socket_by_number(void **state)
{
	pthread_t thread;
	void *errors;

	(void)state;
	assert_int_equal(pthread_create(&thread, NULL, ask_for_a_socket, NULL), 0);
	assert_int_equal(pthread_join(thread, &errors), 0);
	assert_int_equal(((int *)errors)[0], EAFNOSUPPORT);
	assert_int_equal(((int *)errors)[1], 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(a_rule_reaches_a_call_by_its_number),
		sim_test(what_is_not_simulated_fails_closed_and_is_told),
		sim_test(what_concerns_no_simulated_descriptor_is_the_kernels),
		sim_test(clocks_by_number_are_virtual),
		sim_test(every_number_is_closed_and_the_simulation_goes_on),
		sim_test(a_signalfd_is_waited_for_in_virtual_time),
		sim_test(a_thread_that_is_no_task_gets_no_socket_by_number),
	};

	return cmocka_run_group_tests_name("syscall", tests, NULL, NULL);
}
