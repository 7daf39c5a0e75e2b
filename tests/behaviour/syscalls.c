/* SPDX-License-Identifier: MIT */
/* syscall(2): socket calls by their numbers, past libc's names. The result is libc's, -1 and errno. */
#include "tests/behaviour/behaviour.h"

#include <linux/futex.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif

#define BAD ((void *)8)

TEST(a_connection_by_numbers_alone)
{
	struct sockaddr_in at = at4("127.0.0.1", 0);
	socklen_t len = sizeof(at);
	long listener = syscall(SYS_socket, AF_INET, SOCK_STREAM, 0), fd, conn;
	char got[8];

	assert_true(listener >= 0);
	assert_ok(syscall(SYS_bind, listener, &at, sizeof(at)));
	assert_ok(syscall(SYS_listen, listener, 1));
	assert_ok(syscall(SYS_getsockname, listener, &at, &len));
	fd = syscall(SYS_socket, AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_ok(syscall(SYS_connect, fd, &at, sizeof(at)));
	conn = syscall(SYS_accept4, listener, NULL, NULL, SOCK_NONBLOCK);
	assert_true(conn >= 0);
	assert_fails(syscall(SYS_recvfrom, conn, got, 8, 0, NULL, NULL), EAGAIN);
	assert_int_equal(syscall(SYS_sendto, fd, "abc", 3, MSG_NOSIGNAL, NULL, 0), 3);
	assert_int_equal(await((int)conn, POLLIN), POLLIN);
	assert_int_equal(syscall(SYS_recvfrom, conn, got, 8, 0, NULL, NULL), 3);
	assert_int_equal(syscall(SYS_write, conn, "de", 2), 2);
	assert_int_equal(syscall(SYS_read, fd, got, 8), 2);
	assert_ok(syscall(SYS_shutdown, fd, SHUT_WR));
	assert_fails(syscall(SYS_sendto, fd, "x", 1, MSG_NOSIGNAL, NULL, 0), EPIPE);
	assert_ok(syscall(SYS_close, conn));
	assert_ok(syscall(SYS_close, fd));
	assert_ok(syscall(SYS_close, listener));
	assert_fails(syscall(SYS_close, listener), EBADF);
}

TEST(the_same_socket_by_name_and_by_number)
{
	struct iovec part = piece("abc", 3);
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };
	struct mmsghdr many[2] = { { .msg_hdr = msg }, { .msg_hdr = msg } };
	char got[16];
	int fd[2];

	assert_ok(syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fd));
	assert_int_equal(send(fd[0], "1", 1, 0), 1);
	assert_int_equal(syscall(SYS_sendmsg, fd[0], &msg, 0), 3);
	assert_int_equal(syscall(SYS_sendmmsg, fd[0], many, 2, 0), 2);
	assert_int_equal(syscall(SYS_writev, fd[0], &part, 1), 3);
	assert_int_equal(recv(fd[1], got, sizeof(got), 0), 13);
	assert_memory_equal(got, "1abcabcabcabc", 13);
	assert_fails(syscall(SYS_sendto, fd[0], BAD, 1, 0, NULL, 0), EFAULT);
	assert_fails(syscall(SYS_sendto, -1, "x", 1, 0, NULL, 0), EBADF);
	assert_ok(syscall(SYS_close_range, fd[0], fd[1], 0));
	assert_fails(send(fd[0], "1", 1, 0), EBADF);
}

/* A success leaves errno alone, and so does what is not the simulation's. */
TEST(errno_is_set_by_a_failure_alone)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	errno = 77;
	assert_int_equal(syscall(SYS_write, fd[0], "x", 1), 1);
	assert_int_equal(errno, 77);
	assert_true(syscall(SYS_getpid) > 0);
	assert_int_equal(errno, 77);
	assert_fails(syscall(SYS_write, -1, "x", 1), EBADF);
	assert_fails(syscall(9999), ENOSYS);
	assert_fails(syscall(-1L), ENOSYS);
	close_pair(fd);
}

TEST(readiness_by_number)
{
	struct epoll_event ev = { .events = EPOLLIN };
	struct timespec zero = { 0, 0 };
	struct timeval none = { 0, 0 };
	struct pollfd p = { .events = POLLIN };
	long ep = syscall(SYS_epoll_create1, 0);
	fd_set set;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	p.fd = fd[0];
	assert_ok(syscall(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, fd[0], &ev));
	assert_int_equal(syscall(SYS_poll, &p, 1, 0), 0);
	assert_int_equal(syscall(SYS_epoll_wait, ep, &ev, 1, 0), 0);
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_int_equal(syscall(SYS_poll, &p, 1, 0), 1);
	assert_int_equal(syscall(SYS_ppoll, &p, 1, &zero, NULL, 8), 1);
	assert_int_equal(syscall(SYS_epoll_wait, ep, &ev, 1, 0), 1);
	assert_int_equal(syscall(SYS_epoll_pwait, ep, &ev, 1, 0, NULL, 8), 1);
	FD_ZERO(&set);
	FD_SET(fd[0], &set);
	assert_int_equal(syscall(SYS_select, fd[0] + 1, &set, NULL, NULL, &none), 1);
	assert_int_equal(syscall(SYS_pselect6, fd[0] + 1, &set, NULL, NULL, &zero, NULL), 1);
	assert_ok(syscall(SYS_close, ep));
	close_pair(fd);
}

TEST(duplicates_by_number)
{
	long copy;
	int fd[2];
	char got;

	unix_pair(SOCK_STREAM, fd);
	copy = syscall(SYS_fcntl, fd[0], F_DUPFD_CLOEXEC, 20);
	assert_int_equal(copy, 20);
	assert_int_equal(syscall(SYS_fcntl, copy, F_GETFD), FD_CLOEXEC);
	assert_int_equal(syscall(SYS_dup2, fd[0], 21), 21);
	assert_int_equal(syscall(SYS_dup3, fd[0], 22, O_CLOEXEC), 22);
	copy = syscall(SYS_dup, fd[0]);
	assert_int_equal(syscall(SYS_write, copy, "x", 1), 1);
	assert_int_equal(read(fd[1], &got, 1), 1);
	assert_ok(syscall(SYS_close, copy));
	assert_ok(syscall(SYS_close_range, 20, 22, 0));
	close_pair(fd);
}

TEST(real_descriptors_are_the_kernels_by_number_too)
{
	struct epoll_event ev = { .events = EPOLLIN };
	int ep = epoll_create1(0), fd[2], real[2];
	off_t at = 0;
	char got[4];

	assert_ok(pipe(real));
	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(syscall(SYS_write, real[1], "abc", 3), 3);
	assert_int_equal(syscall(SYS_read, real[0], got, 4), 3);
	assert_fails(syscall(SYS_sendto, real[1], "x", 1, 0, NULL, 0), ENOTSOCK);
	assert_fails(syscall(SYS_sendfile, fd[0], real[0], &at, 1), ESPIPE);
	assert_ok(epoll_ctl(ep, EPOLL_CTL_ADD, real[0], &ev));
	assert_ok(syscall(SYS_close, real[0]));
	assert_int_equal(epoll_wait(ep, &ev, 1, 0), 0);
	assert_int_equal(syscall(SYS_dup2, real[1], fd[1]), fd[1]);
	assert_int_equal(recv(fd[0], got, 1, 0), 0);
	assert_ok(syscall(SYS_close, real[1]));
	assert_ok(syscall(SYS_close, ep));
	close_pair(fd);
}

/* What a socket is not: the same errno whoever answers. */
TEST(what_is_for_files_fails_as_of_a_socket)
{
	char room[64];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_fails(syscall(SYS_fsync, fd[0]), EINVAL);
	assert_fails(syscall(SYS_fdatasync, fd[0]), EINVAL);
	assert_fails(syscall(SYS_ftruncate, fd[0], 0), EINVAL);
	assert_fails(syscall(SYS_readahead, fd[0], 0, 1), EINVAL);
	assert_fails(syscall(SYS_sync_file_range, fd[0], 0, 1, 0), ESPIPE);
	assert_fails(syscall(SYS_fallocate, fd[0], 0, 0, 1), ENODEV);
	assert_fails(syscall(SYS_getdents64, fd[0], room, sizeof(room)), ENOTDIR);
	assert_fails(syscall(SYS_fchdir, fd[0]), ENOTDIR);
	assert_fails(syscall(SYS_lseek, fd[0], 0, SEEK_CUR), ESPIPE);
	assert_fails(syscall(SYS_pread64, fd[0], room, 1, 0), ESPIPE);
	assert_fails(syscall(SYS_mmap, NULL, 4096, 1, 2, fd[0], 0), ENODEV);
	close_pair(fd);
}

TEST(waits_by_number_are_interrupted_and_restarted)
{
	struct sigaction before = signal_count(SIGALRM, 0);
	struct itimerval soon = { .it_value = { 0, 20000 } };
	int fd[2];
	char got;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(setitimer(ITIMER_REAL, &soon, NULL));
	assert_fails(syscall(SYS_read, fd[0], &got, 1), EINTR);
	assert_int_equal(signals_seen, 1);
	signal_restore(SIGALRM, before);
	close_pair(fd);
}

TEST(a_broken_stream_by_number_raises_sigpipe)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(syscall(SYS_close, fd[1]));
	assert_fails(syscall(SYS_write, fd[0], "x", 1), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_fails(syscall(SYS_sendto, fd[0], "x", 1, MSG_NOSIGNAL, NULL, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	signal_restore(SIGPIPE, before);
	assert_ok(close(fd[0]));
}

/* What makes a process is let alone, whoever counts the frames: the child returns here, and so does the
 * parent. */
TEST(processes_are_made_by_number)
{
	int status = 0;
	long pid;

	if (getenv("BEHAVIOUR_UNDER_EXEC"))
		skip();
	pid = syscall(SYS_fork);
	if (!pid)
		_exit(3);
	assert_true(pid > 0);
	assert_int_equal(waitpid((pid_t)pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 3);
	pid = syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
	if (!pid)
		_exit(4);
	assert_int_equal(waitpid((pid_t)pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 4);
}

TEST(six_arguments_arrive)
{
	int word = 1;

	/* FUTEX_WAKE_OP looks at all of them: adds 5 to the word, wakes nobody. */
	assert_ok(syscall(SYS_futex, &word, FUTEX_WAKE_OP, 0, NULL, &word, FUTEX_OP(FUTEX_OP_ADD, 5, 0, 1)));
	assert_int_equal(word, 6);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(a_connection_by_numbers_alone),
	DUAL_TEST(the_same_socket_by_name_and_by_number),
	DUAL_TEST(errno_is_set_by_a_failure_alone),
	DUAL_TEST(readiness_by_number),
	DUAL_TEST(duplicates_by_number),
	DUAL_TEST(real_descriptors_are_the_kernels_by_number_too),
	DUAL_TEST(what_is_for_files_fails_as_of_a_socket),
	DUAL_TEST(waits_by_number_are_interrupted_and_restarted),
	DUAL_TEST(a_broken_stream_by_number_raises_sigpipe),
	DUAL_TEST(processes_are_made_by_number),
	DUAL_TEST(six_arguments_arrive),
};
BEHAVIOUR_MAIN("syscalls", tests)
