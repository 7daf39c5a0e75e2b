/* SPDX-License-Identifier: MIT */
/*
 * System calls that pass no function of libc: by syscall(2), and by the instruction itself in the program.
 * Each body runs both ways, on the kernel and under `simsock exec`. Plain calls only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/wait.h>

typedef long way_fn(long nr, long a, long b, long c, long d, long e, long f);

static long by_libc(long nr, long a, long b, long c, long d, long e, long f)
{
	return syscall(nr, a, b, c, d, e, f);
}

static long by_instruction(long nr, long a, long b, long c, long d, long e, long f)
{
	register long r10 __asm__("r10") = d;
	register long r8 __asm__("r8") = e;
	register long r9 __asm__("r9") = f;
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "0"(nr), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	if (r >= 0 || r < -4095)
		return r;
	errno = (int)-r;
	return -1;
}

static way_fn *way;

#define CALL_6(nr, a, b, c, d, e, f, ...) \
	way((nr), (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))
#define CALL(...) CALL_6(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)

enum { SIGSET_BYTES = 8, BAD = 8 };

/* Whoever is given this pointer answers EFAULT. */
#define NOWHERE ((void *)BAD)

static void pair_of_calls(int fd[2])
{
	struct sockaddr_in at = at4("127.0.0.1", 0);
	socklen_t len = sizeof(at);
	long listener = CALL(SYS_socket, AF_INET, SOCK_STREAM, 0);

	assert_true(listener >= 0);
	assert_ok(CALL(SYS_bind, listener, &at, len));
	assert_ok(CALL(SYS_listen, listener, 1));
	assert_ok(CALL(SYS_getsockname, listener, &at, &len));
	fd[0] = (int)CALL(SYS_socket, AF_INET, SOCK_STREAM, 0);
	assert_ok(CALL(SYS_connect, fd[0], &at, len));
	fd[1] = (int)CALL(SYS_accept4, listener, NULL, NULL, SOCK_CLOEXEC);
	assert_true(fd[1] >= 0);
	assert_ok(CALL(SYS_close, listener));
}

static void end_by_calls(const int fd[2])
{
	struct linger hard = { .l_onoff = 1, .l_linger = 0 };

	assert_ok(CALL(SYS_setsockopt, fd[0], SOL_SOCKET, SO_LINGER, &hard, sizeof(hard)));
	assert_ok(CALL(SYS_close, fd[0]));
	assert_ok(CALL(SYS_close, fd[1]));
}

TEST(a_connection_is_made_used_and_ended)
{
	char text[8] = "";
	int fd[2], type = 0, num = 0;
	struct sockaddr_in peer;
	socklen_t len = sizeof(type), peer_len = sizeof(peer);

	pair_of_calls(fd);
	assert_ok(CALL(SYS_getpeername, fd[1], &peer, &peer_len));
	assert_int_equal(peer.sin_port, local4(fd[0]).sin_port);
	assert_ok(CALL(SYS_getsockopt, fd[0], SOL_SOCKET, SO_TYPE, &type, &len));
	assert_int_equal(type, SOCK_STREAM);
	assert_int_equal(CALL(SYS_fcntl, fd[1], F_GETFD), FD_CLOEXEC);
	assert_int_equal(CALL(SYS_sendto, fd[0], "hello", 5, 0, NULL, 0), 5);
	assert_int_equal(await(fd[1], POLLIN), POLLIN);
	assert_ok(CALL(SYS_ioctl, fd[1], FIONREAD, &num));
	assert_int_equal(num, 5);
	assert_int_equal(CALL(SYS_recvfrom, fd[1], text, 2, 0, NULL, NULL), 2);
	assert_int_equal(CALL(SYS_read, fd[1], text + 2, 6), 3);
	assert_string_equal(text, "hello");
	assert_ok(CALL(SYS_shutdown, fd[0], SHUT_WR));
	assert_int_equal(CALL(SYS_read, fd[1], text, 8), 0);
	end_by_calls(fd);
}

TEST(vectors_and_messages)
{
	char a[4] = "", b[8] = "";
	struct iovec in[] = { { a, 3 }, { b, 7 } }, out[] = { { (char *)"abc", 3 }, { (char *)"defg", 4 } };
	struct msghdr to = { .msg_iov = out, .msg_iovlen = 2 }, from = { .msg_iov = in, .msg_iovlen = 2 };
	struct mmsghdr many[2] = { { .msg_hdr = to }, { .msg_hdr = to } };
	int fd[2];

	assert_ok(CALL(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, fd));
	assert_int_equal(CALL(SYS_writev, fd[0], out, 2), 7);
	assert_int_equal(CALL(SYS_readv, fd[1], in, 2), 7);
	assert_string_equal(b, "defg");
	assert_int_equal(CALL(SYS_sendmsg, fd[0], &to, 0), 7);
	assert_int_equal(CALL(SYS_recvmsg, fd[1], &from, 0), 7);
	assert_string_equal(a, "abc");
	assert_int_equal(CALL(SYS_sendmmsg, fd[0], many, 2, 0), 2);
	assert_int_equal(many[1].msg_len, 7);
	many[0].msg_hdr = from;
	assert_int_equal(CALL(SYS_recvmmsg, fd[1], many, 1, 0, NULL), 1);
	assert_int_equal(many[0].msg_len, 10);
	assert_int_equal(CALL(SYS_close, fd[0]), 0);
	assert_int_equal(CALL(SYS_close, fd[1]), 0);
}

TEST(vectors_with_flags_and_no_offset)
{
	char a[8] = "";
	struct iovec in = { a, 7 }, out = { (char *)"abcdefg", 7 };
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(CALL(SYS_pwritev2, fd[0], &out, 1, -1L, -1L, 0), 7);
	assert_int_equal(CALL(SYS_preadv2, fd[1], &in, 1, -1L, -1L, 0), 7);
	assert_string_equal(a, "abcdefg");
	assert_fails(CALL(SYS_pwritev, fd[0], &out, 1, 0, 0), ESPIPE);
	assert_fails(CALL(SYS_preadv, fd[1], &in, 1, 0, 0), ESPIPE);
	assert_fails(CALL(SYS_pwrite64, fd[0], "x", 1, 0), ESPIPE);
	assert_fails(CALL(SYS_pread64, fd[1], a, 1, 0), ESPIPE);
	assert_fails(CALL(SYS_lseek, fd[1], 0, SEEK_CUR), ESPIPE);
	close_pair(fd);
}

TEST(datagrams_say_who_sent_them)
{
	struct sockaddr_in at[2], from;
	socklen_t len = sizeof(from);
	int fd[2] = { udp_bound(&at[0]), udp_bound(&at[1]) };
	char byte = 0;

	assert_int_equal(CALL(SYS_sendto, fd[0], "x", 1, 0, &at[1], sizeof(at[1])), 1);
	assert_int_equal(CALL(SYS_recvfrom, fd[1], &byte, 1, 0, &from, &len), 1);
	assert_int_equal(from.sin_port, at[0].sin_port);
	assert_int_equal(len, sizeof(from));
	close_pair(fd);
}

TEST(waits_of_every_kind)
{
	struct pollfd p = { .events = POLLIN };
	struct timeval tv = { 0, 1000 };
	struct timespec ts = { 0, 1000000 };
	struct {
		const void *mask;
		size_t len;
	} last = { NULL, SIGSET_BYTES };
	fd_set set;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	p.fd = fd[1];
	FD_ZERO(&set);
	FD_SET(fd[1], &set);
	assert_int_equal(CALL(SYS_poll, &p, 1, 0), 0);
	assert_int_equal(CALL(SYS_select, fd[1] + 1, &set, NULL, NULL, &tv), 0);
	assert_int_equal(CALL(SYS_ppoll, &p, 1, &ts, NULL, SIGSET_BYTES), 0);
	assert_int_equal(CALL(SYS_write, fd[0], "x", 1), 1);
	FD_SET(fd[1], &set);
	assert_int_equal(CALL(SYS_poll, &p, 1, -1), 1);
	assert_int_equal(CALL(SYS_ppoll, &p, 1, NULL, NULL, SIGSET_BYTES), 1);
	assert_int_equal(p.revents, POLLIN);
	assert_int_equal(CALL(SYS_select, fd[1] + 1, &set, NULL, NULL, NULL), 1);
	assert_int_equal(CALL(SYS_pselect6, fd[1] + 1, &set, NULL, NULL, NULL, &last), 1);
	assert_true(FD_ISSET(fd[1], &set));
	close_pair(fd);
}

TEST(epoll_of_every_kind)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u64 = 77 }, got = { 0 };
	struct timespec ts = { 0, 1000000 };
	int fd[2], ep = (int)CALL(SYS_epoll_create1, EPOLL_CLOEXEC), old = (int)CALL(SYS_epoll_create, 1);

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(CALL(SYS_fcntl, ep, F_GETFD), FD_CLOEXEC);
	assert_ok(CALL(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, fd[1], &e));
	assert_fails(CALL(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, fd[1], &e), EEXIST);
	assert_int_equal(CALL(SYS_epoll_wait, ep, &got, 1, 1), 0);
	assert_int_equal(CALL(SYS_write, fd[0], "x", 1), 1);
	assert_int_equal(CALL(SYS_epoll_wait, ep, &got, 1, -1), 1);
	assert_int_equal(got.data.u64, 77);
	assert_int_equal(CALL(SYS_epoll_pwait, ep, &got, 1, -1, NULL, SIGSET_BYTES), 1);
	assert_int_equal(CALL(SYS_epoll_pwait2, ep, &got, 1, &ts, NULL, SIGSET_BYTES), 1);
	assert_ok(CALL(SYS_epoll_ctl, old, EPOLL_CTL_ADD, ep, &e));
	assert_int_equal(CALL(SYS_epoll_wait, old, &got, 1, -1), 1);
	close_pair(fd);
	assert_ok(CALL(SYS_close, ep));
	assert_ok(CALL(SYS_close, old));
}

TEST(copies_take_the_numbers_that_the_kernel_gives)
{
	int fd[2], low;
	char byte;

	unix_pair(SOCK_STREAM, fd);
	low = (int)CALL(SYS_dup, fd[0]);
	assert_int_equal(low, fd[1] + 1);
	assert_int_equal(CALL(SYS_dup2, fd[0], 40), 40);
	assert_int_equal(CALL(SYS_dup3, fd[0], 41, O_CLOEXEC), 41);
	assert_fails(CALL(SYS_dup3, fd[0], fd[0], 0), EINVAL);
	assert_int_equal(CALL(SYS_fcntl, fd[0], F_DUPFD, 40), 42);
	assert_int_equal(CALL(SYS_fcntl, 41, F_GETFD), FD_CLOEXEC);
	assert_ok(CALL(SYS_fcntl, 42, F_SETFL, O_NONBLOCK));
	assert_int_equal(CALL(SYS_fcntl, fd[0], F_GETFL), O_RDWR | O_NONBLOCK);
	assert_ok(CALL(SYS_close, fd[0]));
	assert_int_equal(CALL(SYS_write, 41, "x", 1), 1);
	assert_int_equal(CALL(SYS_read, fd[1], &byte, 1), 1);
	assert_ok(CALL(SYS_close_range, 40, 42, 0));
	assert_ok(CALL(SYS_close, low));
	assert_int_equal(CALL(SYS_read, fd[1], &byte, 1), 0);
	assert_ok(CALL(SYS_close, fd[1]));
	assert_fails(CALL(SYS_close, fd[1]), EBADF);
}

TEST(every_stat_names_the_same_socket)
{
	struct stat st = { 0 }, at = { 0 };
	struct statx x;
	int fd[2], copy;

	unix_pair(SOCK_STREAM, fd);
	copy = dup(fd[0]);
	assert_ok(CALL(SYS_fstat, fd[0], &st));
	assert_true(S_ISSOCK(st.st_mode));
	assert_ok(CALL(SYS_newfstatat, copy, "", &at, AT_EMPTY_PATH));
	assert_int_equal(at.st_ino, st.st_ino);
	assert_int_equal(at.st_dev, st.st_dev);
	assert_ok(CALL(SYS_statx, fd[0], "", AT_EMPTY_PATH, STATX_INO | STATX_TYPE, &x));
	assert_int_equal(x.stx_ino, st.st_ino);
	assert_true(S_ISSOCK(x.stx_mode));
	assert_ok(CALL(SYS_fstat, fd[1], &at));
	assert_true(at.st_ino != st.st_ino);
	assert_fails(CALL(SYS_newfstatat, fd[0], "name", &at, 0), ENOTDIR);
	assert_fails(CALL(SYS_statx, fd[0], "name", 0, STATX_INO, &x), ENOTDIR);
	assert_ok(close(copy));
	close_pair(fd);
}

TEST(a_file_is_sent)
{
	FILE *f = tmpfile();
	off_t at = 2;
	int fd[2];
	char text[8] = "";

	assert_non_null(f);
	assert_int_equal(fputs("abcdef", f), 1);
	assert_ok(fflush(f));
	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(CALL(SYS_sendfile, fd[0], fileno(f), &at, 3), 3);
	assert_int_equal(at, 5);
	assert_int_equal(CALL(SYS_read, fd[1], text, sizeof(text)), 3);
	assert_string_equal(text, "cde");
	close_pair(fd);
	assert_ok(fclose(f));
}

TEST(bad_pointers_are_efault)
{
	struct epoll_event e = { .events = EPOLLIN };
	int fd[2], ep = epoll_create1(0), n = 4;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(epoll_ctl(ep, EPOLL_CTL_ADD, fd[0], &e));
	assert_int_equal(write(fd[1], "x", 1), 1);
	assert_fails(CALL(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, NOWHERE), EFAULT);
	assert_fails(CALL(SYS_sendto, fd[0], NOWHERE, 5, 0, NULL, 0), EFAULT);
	assert_fails(CALL(SYS_write, fd[0], NOWHERE, 5), EFAULT);
	assert_fails(CALL(SYS_sendmsg, fd[0], NOWHERE, 0), EFAULT);
	assert_fails(CALL(SYS_writev, fd[0], NOWHERE, 1), EFAULT);
	assert_fails(CALL(SYS_readv, fd[0], NOWHERE, 1), EFAULT);
	assert_fails(CALL(SYS_recvmsg, fd[0], NOWHERE, 0), EFAULT);
	assert_fails(CALL(SYS_bind, fd[0], NOWHERE, 16), EFAULT);
	assert_fails(CALL(SYS_getsockname, fd[0], NOWHERE, &n), EFAULT);
	assert_fails(CALL(SYS_getsockopt, fd[0], SOL_SOCKET, SO_TYPE, NOWHERE, &n), EFAULT);
	assert_fails(CALL(SYS_setsockopt, fd[0], SOL_SOCKET, SO_SNDBUF, NOWHERE, 4), EFAULT);
	assert_fails(CALL(SYS_ioctl, fd[0], FIONREAD, NOWHERE), EFAULT);
	assert_fails(CALL(SYS_fstat, fd[0], NOWHERE), EFAULT);
	assert_fails(CALL(SYS_statx, fd[0], "", AT_EMPTY_PATH, STATX_INO, NOWHERE), EFAULT);
	assert_fails(CALL(SYS_poll, NOWHERE, 1, 0), EFAULT);
	assert_fails(CALL(SYS_ppoll, NOWHERE, 1, NULL, NULL, SIGSET_BYTES), EFAULT);
	assert_fails(CALL(SYS_select, 1, NOWHERE, NULL, NULL, NULL), EFAULT);
	assert_fails(CALL(SYS_pselect6, 1, NULL, NULL, NULL, NULL, NOWHERE), EFAULT);
	assert_fails(CALL(SYS_epoll_ctl, ep, EPOLL_CTL_ADD, fd[1], NOWHERE), EFAULT);
	assert_fails(CALL(SYS_epoll_wait, ep, NOWHERE, 1, 0), EFAULT);
	assert_fails(CALL(SYS_read, fd[0], NOWHERE, 5), EFAULT);
	assert_fails(CALL(SYS_recvfrom, fd[0], NOWHERE, 5, MSG_DONTWAIT, NULL, NULL), EFAULT);
	close_pair(fd);
	assert_ok(close(ep));
}

TEST(bad_pointers_of_other_calls_are_efault)
{
	assert_fails(CALL(SYS_pipe, NOWHERE), EFAULT);
	assert_fails(CALL(SYS_pipe2, NOWHERE, 0), EFAULT);
	assert_fails(CALL(SYS_open, NOWHERE, O_RDONLY), EFAULT);
	assert_fails(CALL(SYS_openat, AT_FDCWD, NOWHERE, O_RDONLY), EFAULT);
	assert_fails(CALL(SYS_readlink, NOWHERE, NOWHERE, 5), EFAULT);
	assert_fails(CALL(SYS_readlink, "/proc/self/exe", NOWHERE, 5), EFAULT);
	assert_fails(CALL(SYS_getrandom, NOWHERE, 5, 0), EFAULT);
	assert_fails(CALL(SYS_nanosleep, NOWHERE, NULL), EFAULT);
	assert_fails(CALL(SYS_clock_nanosleep, CLOCK_MONOTONIC, 0, NOWHERE, NULL), EFAULT);
	assert_fails(CALL(SYS_clock_gettime, CLOCK_MONOTONIC, NOWHERE), EFAULT);
	assert_fails(CALL(SYS_gettimeofday, NOWHERE, NULL), EFAULT);
	assert_fails(CALL(SYS_gettimeofday, NULL, NOWHERE), EFAULT);
	assert_fails(CALL(SYS_time, NOWHERE), EFAULT);
	assert_fails(CALL(SYS_setitimer, ITIMER_REAL, NOWHERE, NULL), EFAULT);
	assert_fails(CALL(SYS_rt_sigaction, SIGUSR1, NOWHERE, NULL, SIGSET_BYTES), EFAULT);
	assert_fails(CALL(SYS_rt_sigaction, SIGUSR1, NULL, NOWHERE, SIGSET_BYTES), EFAULT);
	assert_fails(CALL(SYS_rt_sigprocmask, SIG_BLOCK, NOWHERE, NULL, SIGSET_BYTES), EFAULT);
	assert_fails(CALL(SYS_rt_sigprocmask, SIG_BLOCK, NULL, NOWHERE, SIGSET_BYTES), EFAULT);
	assert_fails(CALL(SYS_rt_sigsuspend, NOWHERE, SIGSET_BYTES), EFAULT);
	assert_fails(CALL(SYS_uname, NOWHERE), EFAULT);
	assert_fails(CALL(SYS_execve, NOWHERE, NULL, NULL), EFAULT);
	assert_fails(CALL(SYS_execve, "/bin/true", NULL, NOWHERE), EFAULT);
	assert_fails(CALL(SYS_sigaltstack, NOWHERE, NULL), EFAULT);
	assert_fails(CALL(SYS_waitid, P_ALL, 0, NOWHERE, WNOHANG | WEXITED), EFAULT);
}

TEST(signal_sets_have_the_kernels_size)
{
	uint64_t set = 0;
	struct sigaction sa;

	assert_fails(CALL(SYS_rt_sigaction, SIGUSR1, NULL, &sa, 16), EINVAL);
	assert_fails(CALL(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &set, 16), EINVAL);
	assert_fails(CALL(SYS_rt_sigsuspend, &set, 16), EINVAL);
	assert_fails(CALL(SYS_ppoll, NULL, 0, NULL, &set, 16), EINVAL);
	assert_fails(CALL(SYS_rt_sigaction, SIGKILL, &sa, NULL, SIGSET_BYTES), EINVAL);
	assert_fails(CALL(SYS_rt_sigaction, 65, NULL, NULL, SIGSET_BYTES), EINVAL);
	assert_fails(CALL(SYS_rt_sigaction, 0, NULL, NULL, SIGSET_BYTES), EINVAL);
}

TEST(there_is_no_such_call)
{
	assert_fails(CALL(9999), ENOSYS);
	assert_fails(CALL(-1L), ENOSYS);
}

/* io_uring(7) would go past everybody; the kernel of a machine may have it. */
TEST(io_uring_is_not_there)
{
	char params[120] = "";

	if (!behaviour_is_simulated())
		skip();
	assert_fails(CALL(SYS_io_uring_setup, 4, params), ENOSYS);
	assert_fails(CALL(SYS_io_uring_enter, 0, 0, 0, 0, NULL, 0), ENOSYS);
	assert_fails(CALL(SYS_io_uring_register, 0, 0, NULL, 0), ENOSYS);
}

/* EINVAL of splice(2) is how a kind of file says that it cannot: programs then read and write. */
TEST(a_socket_is_spliced_or_refused)
{
	int fd[2], p[2];
	char byte = 0;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(pipe(p));
	assert_int_equal(write(p[1], "x", 1), 1);
	if (CALL(SYS_splice, p[0], NULL, fd[0], NULL, 1, 0) == 1) {
		assert_int_equal(read(fd[1], &byte, 1), 1);
	} else {
		assert_int_equal(errno, EINVAL);
		assert_int_equal(read(p[0], &byte, 1), 1);
	}
	assert_int_equal(byte, 'x');
	close_pair(p);
	close_pair(fd);
}

TEST(all_six_arguments_and_the_registers_survive)
{
	struct sockaddr_in at[2], from;
	int fd[2] = { udp_bound(&at[0]), udp_bound(&at[1]) };
	socklen_t len = 0;
	char b[3];

	for (int i = 0; i < 3; i++)
		assert_int_equal(CALL(SYS_sendto, fd[0], "abc", 3, MSG_DONTWAIT, &at[1], sizeof(at[1])), 3);
	for (int i = 0; i < 3; i++, len = i) {
		memset(&from, 0, sizeof(from));
		assert_int_equal(CALL(SYS_recvfrom, fd[1], b, 3, MSG_DONTWAIT, &from, &len), 3);
		assert_int_equal(len, sizeof(from));
	}
	assert_fails(CALL(SYS_recvfrom, fd[1], b, 3, MSG_DONTWAIT, NULL, NULL), EAGAIN);
	close_pair(fd);
}

static int use_libc(void **state)
{
	(void)state;
	way = by_libc;
	return 0;
}

static int use_instruction(void **state)
{
	(void)state;
	way = by_instruction;
	return 0;
}

int main(void)
{
#define ROW(fn) cmocka_unit_test(fn)
	const struct CMUnitTest tests[] = {
		ROW(a_connection_is_made_used_and_ended),
		ROW(vectors_and_messages),
		ROW(vectors_with_flags_and_no_offset),
		ROW(datagrams_say_who_sent_them),
		ROW(waits_of_every_kind),
		ROW(epoll_of_every_kind),
		ROW(copies_take_the_numbers_that_the_kernel_gives),
		ROW(every_stat_names_the_same_socket),
		ROW(a_file_is_sent),
		ROW(bad_pointers_are_efault),
		ROW(bad_pointers_of_other_calls_are_efault),
		ROW(signal_sets_have_the_kernels_size),
		ROW(there_is_no_such_call),
		ROW(io_uring_is_not_there),
		ROW(a_socket_is_spliced_or_refused),
		ROW(all_six_arguments_and_the_registers_survive),
	};
	int failed = cmocka_run_group_tests_name("by syscall()", tests, use_libc, NULL);

	failed += cmocka_run_group_tests_name("by the instruction", tests, use_instruction, NULL);
	return behaviour_result(failed);
}
