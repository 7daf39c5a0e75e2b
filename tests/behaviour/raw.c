/* SPDX-License-Identifier: MIT */
/*
 * The raw face: results are the count or -errno, errno stays, and what libc evens out is as the kernel has
 * it. syscalls(2); select(2), poll(2), epoll_wait(2) under "C library/kernel differences".
 */
#include "tests/behaviour/behaviour.h"

#include <limits.h>
#include <sys/epoll.h>
#include <sys/time.h>

#include "api/raw/simsock_raw.h"

enum { ERRNO_MARK = 12345, MASK_BYTES = 8, MS = 1000000 };

/* Not known to the compiler, which would warn. */
static void *volatile nowhere = (void *)8;

#define BAD nowhere

/* The result, and errno is as it was. */
#define RAW(call)                                    \
	({                                           \
		long raw_result;                     \
                                                     \
		errno = ERRNO_MARK;                  \
		raw_result = (call);                 \
		assert_int_equal(errno, ERRNO_MARK); \
		raw_result;                          \
	})
#define assert_raw(call, expected) assert_int_equal(RAW(call), expected)

TEST(a_connection_is_made_and_used_without_errno)
{
	struct sockaddr_in at = at4("127.0.0.1", 0);
	socklen_t len = sizeof(at);
	long listener = RAW(sys_socket(AF_INET, SOCK_STREAM, 0)), fd, conn;
	int value = 1;
	char got[8];

	assert_true(listener >= 0);
	assert_raw(sys_setsockopt((int)listener, SOL_SOCKET, SO_REUSEADDR, &value, sizeof(value)), 0);
	assert_raw(sys_bind((int)listener, (struct sockaddr *)&at, sizeof(at)), 0);
	assert_raw(sys_listen((int)listener, 1), 0);
	assert_raw(sys_getsockname((int)listener, (struct sockaddr *)&at, &len), 0);
	fd = RAW(sys_socket(AF_INET, SOCK_STREAM, 0));
	assert_raw(sys_connect((int)fd, (struct sockaddr *)&at, sizeof(at)), 0);
	conn = RAW(sys_accept4((int)listener, NULL, NULL, SOCK_CLOEXEC));
	assert_true(conn >= 0);
	assert_raw(sys_fcntl((int)conn, F_GETFD, 0), FD_CLOEXEC);
	assert_raw(sys_send((int)fd, "abc", 3, 0), 3);
	assert_raw(sys_recv((int)conn, got, sizeof(got), 0), 3);
	assert_memory_equal(got, "abc", 3);
	assert_raw(sys_write((int)conn, "defg", 4), 4);
	assert_raw(sys_read((int)fd, got, sizeof(got)), 4);
	assert_raw(sys_recv((int)fd, got, sizeof(got), MSG_DONTWAIT), -EAGAIN);
	assert_raw(sys_shutdown((int)fd, SHUT_WR), 0);
	assert_raw(sys_recv((int)conn, got, sizeof(got), 0), 0);
	len = sizeof(value);
	assert_raw(sys_getsockopt((int)conn, SOL_SOCKET, SO_ERROR, &value, &len), 0);
	assert_int_equal(value, 0);
	len = sizeof(at);
	assert_raw(sys_getpeername((int)listener, (struct sockaddr *)&at, &len), -ENOTCONN);
	assert_raw(sys_close((int)conn), 0);
	assert_raw(sys_close((int)fd), 0);
	assert_raw(sys_close((int)listener), 0);
	assert_raw(sys_close((int)listener), -EBADF);
}

TEST(messages_gathered_and_scattered)
{
	struct iovec out[2] = { piece("ab", 2), piece("cde", 3) }, in[2];
	struct mmsghdr many[2] = { { .msg_hdr = { .msg_iov = out, .msg_iovlen = 2 } },
				   { .msg_hdr = { .msg_iov = out, .msg_iovlen = 1 } } };
	struct msghdr one = { .msg_iov = out, .msg_iovlen = 2 };
	char got[2][8];
	int fd[2];

	assert_raw(sys_socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd), 0);
	assert_raw(sys_sendmsg(fd[0], &one, 0), 5);
	assert_raw(sys_sendmmsg(fd[0], many, 2, 0), 2);
	assert_int_equal(many[0].msg_len, 5);
	assert_int_equal(many[1].msg_len, 2);
	assert_raw(sys_writev(fd[0], out, 2), 5);
	in[0] = (struct iovec){ got[0], 3 };
	in[1] = (struct iovec){ got[1], 5 };
	one.msg_iov = in;
	assert_raw(sys_recvmsg(fd[1], &one, 0), 5);
	assert_memory_equal(got[0], "abc", 3);
	assert_memory_equal(got[1], "de", 2);
	many[0].msg_hdr.msg_iov = &in[0];
	many[0].msg_hdr.msg_iovlen = 1;
	many[1].msg_hdr.msg_iov = &in[1];
	assert_raw(sys_recvmmsg(fd[1], many, 2, MSG_DONTWAIT, NULL), 2);
	assert_int_equal(many[0].msg_hdr.msg_flags, MSG_TRUNC);
	assert_raw(sys_readv(fd[1], in, 2), 5);
	assert_raw(sys_recvmmsg(fd[1], many, 2, MSG_DONTWAIT, NULL), -EAGAIN);
	close_pair(fd);
}

TEST(bad_pointers_are_efault_and_no_crash)
{
	int fd[2];

	assert_raw(sys_socketpair(AF_UNIX, SOCK_STREAM, 0, BAD), -EFAULT);
	unix_pair(SOCK_STREAM, fd);
	assert_raw(sys_send(fd[0], BAD, 4, 0), -EFAULT);
	assert_raw(sys_write(fd[0], BAD, 4), -EFAULT);
	assert_raw(sys_sendmsg(fd[0], BAD, 0), -EFAULT);
	assert_raw(sys_writev(fd[0], BAD, 1), -EFAULT);
	assert_raw(sys_recvmsg(fd[0], BAD, MSG_DONTWAIT), -EFAULT);
	assert_raw(sys_getsockname(fd[0], BAD, BAD), -EFAULT);
	assert_raw(sys_getsockopt(fd[0], SOL_SOCKET, SO_TYPE, BAD, BAD), -EFAULT);
	assert_raw(sys_setsockopt(fd[0], SOL_SOCKET, SO_RCVBUF, BAD, 4), -EFAULT);
	assert_raw(sys_poll(BAD, 1, 0), -EFAULT);
	assert_raw(sys_ppoll(NULL, 0, BAD, NULL, 0), -EFAULT);
	assert_raw(sys_select(0, NULL, NULL, NULL, BAD), -EFAULT);
	assert_raw(sys_select(8, BAD, NULL, NULL, NULL), -EFAULT);
	assert_raw(sys_pselect6(0, NULL, NULL, NULL, BAD, NULL), -EFAULT);
	assert_raw(sys_pselect6(0, NULL, NULL, NULL, NULL, BAD), -EFAULT);
	assert_raw(sys_sendfile(fd[0], fd[1], BAD, 1), -EFAULT);
	close_pair(fd);
}

/* select(2), ppoll(2): the kernel itself puts back what is left; of a time of 0 it says nothing. */
TEST(what_is_left_of_a_time_is_put_back)
{
	struct timespec ts = { 5, 0 }, zero = { 0, 0 };
	struct timeval tv = { 5, 0 };
	struct pollfd p = { .events = POLLIN };
	fd_set set;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	p.fd = fd[0];
	assert_raw(sys_write(fd[1], "x", 1), 1);
	assert_raw(sys_ppoll(&p, 1, &ts, NULL, 0), 1);
	assert_true(ts.tv_sec == 5 ? ts.tv_nsec == 0 : ts.tv_sec >= 3);
	FD_ZERO(&set);
	FD_SET(fd[0], &set);
	assert_raw(sys_select(fd[0] + 1, &set, NULL, NULL, &tv), 1);
	assert_true(tv.tv_sec == 5 ? tv.tv_usec == 0 : tv.tv_sec >= 3);
	ts = (struct timespec){ 0, 5 * MS };
	assert_raw(sys_ppoll(NULL, 0, &ts, NULL, 0), 0);
	assert_int_equal(ts.tv_sec, 0);
	assert_int_equal(ts.tv_nsec, 0);
	ts = (struct timespec){ 0, 5 * MS };
	assert_raw(sys_pselect6(0, NULL, NULL, NULL, &ts, NULL), 0);
	assert_int_equal(ts.tv_nsec, 0);
	tv = (struct timeval){ 0, 1500 };
	assert_raw(sys_select(0, NULL, NULL, NULL, &tv), 0);
	assert_int_equal(tv.tv_usec, 0);
	assert_raw(sys_ppoll(&p, 1, &zero, NULL, 0), 1);
	close_pair(fd);
}

/* The microseconds of select(2)'s time may be more than a second's. */
TEST(times_that_are_none_are_einval)
{
	struct timespec ts = { 0, 1000 * MS };
	struct timeval tv = { 0, -1 };

	assert_raw(sys_ppoll(NULL, 0, &ts, NULL, 0), -EINVAL);
	assert_raw(sys_pselect6(0, NULL, NULL, NULL, &ts, NULL), -EINVAL);
	assert_raw(sys_select(0, NULL, NULL, NULL, &tv), -EINVAL);
	assert_raw(sys_select(-1, NULL, NULL, NULL, NULL), -EINVAL);
	tv = (struct timeval){ LONG_MAX, 1000000 };
	assert_raw(sys_select(0, NULL, NULL, NULL, &tv), -EINVAL);
	tv = (struct timeval){ -1, 1000000 }; /* the sum alone counts: none at all */
	assert_raw(sys_select(0, NULL, NULL, NULL, &tv), 0);
}

TEST(a_signal_set_has_eight_bytes)
{
	uint64_t mask = 0;
	struct timespec ts = { 0, MS };
	struct sim_sys_sigset last = { &mask, 16 };
	struct epoll_event ev;
	long ep = RAW(sys_epoll_create1(EPOLL_CLOEXEC));

	assert_true(ep >= 0);
	assert_raw(sys_ppoll(NULL, 0, &ts, &mask, 128), -EINVAL);
	assert_raw(sys_ppoll(NULL, 0, &ts, &mask, MASK_BYTES), 0);
	ts.tv_nsec = MS;
	assert_raw(sys_pselect6(0, NULL, NULL, NULL, &ts, &last), -EINVAL);
	last.mask_bytes = MASK_BYTES;
	assert_raw(sys_pselect6(0, NULL, NULL, NULL, &ts, &last), 0);
	last.mask = NULL;
	last.mask_bytes = 3; /* not looked at */
	ts.tv_nsec = MS;
	assert_raw(sys_pselect6(0, NULL, NULL, NULL, &ts, &last), 0);
	assert_raw(sys_epoll_pwait((int)ep, &ev, 1, 0, &mask, 4), -EINVAL);
	assert_raw(sys_epoll_pwait((int)ep, &ev, 1, 0, BAD, MASK_BYTES), -EFAULT);
	assert_raw(sys_epoll_pwait((int)ep, &ev, 1, 0, &mask, MASK_BYTES), 0);
	ts = (struct timespec){ 0, 0 };
	assert_raw(sys_epoll_pwait2((int)ep, &ev, 1, &ts, &mask, 4), -EINVAL);
	assert_raw(sys_epoll_pwait2((int)ep, &ev, 1, &ts, NULL, 4), 0);
	assert_raw(sys_close((int)ep), 0);
}

TEST(epoll_tells_of_a_socket)
{
	struct epoll_event ev = { .events = EPOLLIN, .data.u32 = 7 };
	long ep = RAW(sys_epoll_create(1));
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_raw(sys_epoll_create(0), -EINVAL);
	assert_raw(sys_epoll_create1(1), -EINVAL);
	assert_raw(sys_epoll_ctl((int)ep, EPOLL_CTL_ADD, fd[0], &ev), 0);
	assert_raw(sys_epoll_ctl((int)ep, EPOLL_CTL_ADD, fd[0], &ev), -EEXIST);
	assert_raw(sys_epoll_ctl((int)ep, EPOLL_CTL_ADD, fd[1], BAD), -EFAULT);
	assert_raw(sys_epoll_wait((int)ep, &ev, 1, 0), 0);
	assert_raw(sys_write(fd[1], "x", 1), 1);
	assert_raw(sys_epoll_wait((int)ep, &ev, 1, -1), 1);
	assert_int_equal(ev.data.u32, 7);
	assert_raw(sys_epoll_wait((int)ep, BAD, 1, 0), -EFAULT);
	assert_raw(sys_epoll_wait((int)ep, &ev, 0, 0), -EINVAL);
	assert_raw(sys_epoll_wait(fd[0], &ev, 1, 0), -EINVAL);
	assert_raw(sys_close((int)ep), 0);
	close_pair(fd);
}

TEST(descriptors_are_doubled_and_closed)
{
	int fd[2];
	struct stat st;

	unix_pair(SOCK_STREAM, fd);
	assert_raw(sys_dup(fd[0]), fd[1] + 1);
	assert_raw(sys_dup2(fd[0], fd[1] + 2), fd[1] + 2);
	assert_raw(sys_dup2(fd[0], fd[0]), fd[0]);
	assert_raw(sys_dup3(fd[0], fd[1] + 3, O_CLOEXEC), fd[1] + 3);
	assert_raw(sys_dup3(fd[0], fd[0], 0), -EINVAL);
	assert_raw(sys_dup3(fd[0], fd[1] + 3, 1), -EINVAL);
	assert_raw(sys_dup2(fd[0], -1), -EBADF);
	assert_raw(sys_fcntl(fd[1] + 3, F_GETFD, 0), FD_CLOEXEC);
	assert_raw(sys_fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	assert_raw(sys_read(fd[1] + 1, &st, 1), -EAGAIN);
	assert_raw(sys_ioctl(fd[0], 0x541B /* FIONREAD */, BAD), -EFAULT);
	assert_raw(sys_fstat(fd[0], &st), 0);
	assert_true(S_ISSOCK(st.st_mode));
	assert_raw(sys_lseek(fd[0], 0, SEEK_CUR), -ESPIPE);
	assert_raw(sys_close_range((unsigned)fd[1] + 1, (unsigned)fd[1] + 3, 0), 0);
	assert_raw(sys_fcntl(fd[1] + 2, F_GETFD, 0), -EBADF);
	assert_raw(sys_close_range(5, 4, 0), -EINVAL);
	close_pair(fd);
}

TEST(real_files_are_the_kernels)
{
	int real[2], fd[2];
	char got[4];

	assert_ok(pipe(real));
	unix_pair(SOCK_STREAM, fd);
	assert_raw(sys_write(real[1], "abc", 3), 3);
	assert_raw(sys_read(real[0], got, 3), 3);
	assert_raw(sys_send(real[1], "abc", 3, 0), -ENOTSOCK);
	assert_raw(sys_dup2(real[0], fd[1]), fd[1]); /* what stood there is closed */
	assert_raw(sys_recv(fd[0], got, 1, 0), 0);
	assert_raw(sys_close(fd[1]), 0);
	assert_raw(sys_close(fd[0]), 0);
	assert_raw(sys_close(real[0]), 0);
	assert_raw(sys_close(real[1]), 0);
}

TEST(sendfile_moves_the_place_or_the_offset)
{
	char path[] = "/tmp/rawXXXXXX", got[8];
	int file = mkstemp(path), fd[2];
	off_t at = 2;

	assert_true(file >= 0);
	assert_ok(unlink(path));
	unix_pair(SOCK_STREAM, fd);
	assert_raw(sys_write(file, "abcdefgh", 8), 8);
	assert_raw(sys_sendfile(fd[0], file, &at, 3), 3);
	assert_int_equal(at, 5);
	assert_int_equal(lseek(file, 0, SEEK_CUR), 8);
	assert_raw(sys_lseek(file, 6, SEEK_SET), 6);
	assert_raw(sys_sendfile(fd[0], file, NULL, 100), 2);
	assert_raw(sys_lseek(file, 0, SEEK_CUR), 8);
	assert_raw(sys_sendfile(fd[0], file, NULL, 100), 0);
	assert_raw(sys_recv(fd[1], got, sizeof(got), 0), 5);
	assert_memory_equal(got, "cdegh", 5);
	assert_raw(sys_sendfile(fd[0], file, BAD, 1), -EFAULT);
	assert_raw(sys_sendfile(fd[0], -1, NULL, 1), -EBADF);
	assert_raw(sys_sendfile(-1, file, &at, 1), -EBADF);
	assert_raw(sys_close(file), 0);
	close_pair(fd);
}

/* signal(7): the handler runs, and without SA_RESTART the call is -EINTR; errno is still untouched. */
TEST(an_interrupted_call_is_minus_eintr)
{
	struct sigaction before = signal_count(SIGALRM, 0);
	struct itimerval soon = { .it_value = { 0, 20000 } };
	char byte;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(setitimer(ITIMER_REAL, &soon, NULL));
	assert_raw(sys_read(fd[0], &byte, 1), -EINTR);
	assert_int_equal(signals_seen, 1);
	assert_ok(setitimer(ITIMER_REAL, &soon, NULL));
	assert_raw(sys_poll(NULL, 0, -1), -EINTR);
	assert_int_equal(signals_seen, 2);
	signal_restore(SIGALRM, before);
	close_pair(fd);
}

TEST(a_handler_with_sa_restart_lets_the_call_go_on)
{
	struct sigaction before = signal_count(SIGALRM, SA_RESTART);
	struct itimerval soon = { .it_value = { 0, 20000 } };
	struct timeval limit = { 0, 200000 };
	char byte;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(setitimer(ITIMER_REAL, &soon, NULL));
	assert_raw(sys_read(fd[0], &byte, 0), 0);
	assert_ok(setsockopt(fd[0], SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit)));
	/* socket(7): with a timeout it is not restarted. */
	assert_raw(sys_recv(fd[0], &byte, 1, 0), -EINTR);
	assert_int_equal(signals_seen, 1);
	signal_restore(SIGALRM, before);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(a_connection_is_made_and_used_without_errno),
	DUAL_TEST(messages_gathered_and_scattered),
	DUAL_TEST(bad_pointers_are_efault_and_no_crash),
	DUAL_TEST(what_is_left_of_a_time_is_put_back),
	DUAL_TEST(times_that_are_none_are_einval),
	DUAL_TEST(a_signal_set_has_eight_bytes),
	DUAL_TEST(epoll_tells_of_a_socket),
	DUAL_TEST(descriptors_are_doubled_and_closed),
	DUAL_TEST(real_files_are_the_kernels),
	DUAL_TEST(sendfile_moves_the_place_or_the_offset),
	DUAL_TEST(an_interrupted_call_is_minus_eintr),
	DUAL_TEST(a_handler_with_sa_restart_lets_the_call_go_on),
};
BEHAVIOUR_MAIN("raw", tests)
