/* SPDX-License-Identifier: MIT */
/*
 * Sockets, epoll sets, pipes and files in each other's calls: sendfile(2), dup3(2), close_range(2),
 * epoll_ctl(2), and what an epoll set answers to calls of other files. Plain descriptors only.
 */
#include "tests/behaviour/behaviour.h"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/sendfile.h>

enum { FILE_BYTES = 1000 };

static int new_file(void)
{
	char name[] = "/tmp/behaviourXXXXXX", bytes[FILE_BYTES];
	int fd = mkstemp(name);

	assert_true(fd >= 0);
	assert_ok(unlink(name));
	pattern_fill(bytes, sizeof(bytes), 0);
	assert_int_equal(write(fd, bytes, sizeof(bytes)), sizeof(bytes));
	return fd;
}

TEST(epoll_set_answers_other_files_calls)
{
	int set = epoll_create1(0), value = 0;
	char byte = 0;
	struct iovec piece_of_one = piece(&byte, 1);

	assert_int_equal(lseek(set, 5, SEEK_SET), 0);
	assert_fails(lseek(set, 0, 99), EINVAL);
	assert_fails(ioctl(set, FIONREAD, &value), EINVAL);
	assert_fails(write(set, &byte, 1), EINVAL);
	assert_fails(read(set, &byte, 1), EINVAL);
	assert_fails(writev(set, &piece_of_one, 1), EINVAL);
	assert_fails(send(set, &byte, 1, 0), ENOTSOCK);
	assert_ok(close(set));
}

TEST(epoll_wait_looks_for_the_descriptor_before_the_number_of_events)
{
	struct epoll_event ev;

	assert_fails(epoll_wait(-1, &ev, 0, 0), EBADF);
}

TEST(epoll_ctl_on_what_is_no_set_is_einval)
{
	int fd[2], socket_fd = new_socket(AF_INET, SOCK_DGRAM);
	struct epoll_event ev = { .events = EPOLLIN };

	assert_ok(pipe(fd));
	assert_fails(epoll_ctl(fd[0], EPOLL_CTL_ADD, socket_fd, &ev), EINVAL);
	assert_fails(epoll_ctl(fd[0], EPOLL_CTL_ADD, socket_fd, (void *)8), EFAULT);
	assert_fails(epoll_ctl(socket_fd, EPOLL_CTL_ADD, fd[0], &ev), EINVAL);
	close_pair(fd);
	assert_ok(close(socket_fd));
}

/* The number's next owner is not in the set. */
static void assert_left_the_set(int set, int number)
{
	struct epoll_event ev = { .events = EPOLLIN | EPOLLOUT };
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_int_equal(fd, number);
	assert_int_equal(epoll_wait(set, &ev, 1, 0), 0);
	assert_ok(epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev));
	assert_ok(close(fd));
}

TEST(closed_eventfd_leaves_the_epoll_set)
{
	int set = epoll_create1(0), fd = eventfd(1, EFD_NONBLOCK);
	struct epoll_event ev = { .events = EPOLLIN };

	assert_ok(epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev));
	assert_int_equal(epoll_wait(set, &ev, 1, 0), 1);
	assert_ok(close(fd));
	assert_left_the_set(set, fd);
	assert_ok(close(set));
}

TEST(eventfd_closed_by_close_range_leaves_the_epoll_set)
{
	int set = epoll_create1(0), fd = eventfd(1, EFD_NONBLOCK);
	struct epoll_event ev = { .events = EPOLLIN };

	assert_ok(epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev));
	assert_ok(close_range((unsigned)fd, (unsigned)fd, 0));
	assert_left_the_set(set, fd);
	assert_ok(close(set));
}

TEST(eventfd_replaced_by_dup2_leaves_the_epoll_set)
{
	int set = epoll_create1(0), fd = eventfd(1, EFD_NONBLOCK), other = eventfd(1, EFD_NONBLOCK);
	struct epoll_event ev = { .events = EPOLLIN };

	assert_ok(epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev));
	assert_int_equal(dup2(other, fd), fd);
	assert_int_equal(epoll_wait(set, &ev, 1, 0), 0);
	assert_ok(epoll_ctl(set, EPOLL_CTL_ADD, fd, &ev));
	assert_ok(close(fd));
	assert_ok(close(other));
	assert_ok(close(set));
}

TEST(dup3_with_an_unknown_flag_closes_nothing)
{
	int file = new_file(), fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(dup3(file, fd, O_NONBLOCK), EINVAL);
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	assert_ok(close(file));
	assert_ok(close(fd));
}

TEST(close_range_with_an_unknown_flag_closes_nothing)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(close_range((unsigned)fd, (unsigned)fd, 0x1000), EINVAL);
	assert_int_equal(get_int(fd, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	assert_ok(close(fd));
}

TEST(sendfile_from_what_has_no_places)
{
	int fd[2], pipe_fd[2], event = eventfd(1, EFD_NONBLOCK), set = epoll_create1(0);
	off_t at = 0;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(pipe(pipe_fd));
	assert_fails(sendfile(fd[0], pipe_fd[0], &at, 1), ESPIPE);
	assert_fails(sendfile(fd[0], pipe_fd[0], NULL, 1), EINVAL);
	assert_fails(sendfile(fd[0], pipe_fd[1], NULL, 1), EBADF); /* not open for reading */
	assert_fails(sendfile(fd[0], event, NULL, 1), EINVAL);
	assert_fails(sendfile(fd[0], fd[1], &at, 1), ESPIPE);
	assert_fails(sendfile(fd[0], fd[1], NULL, 1), EINVAL);
	assert_fails(sendfile(fd[0], set, NULL, 1), EINVAL);
	close_pair(fd);
	close_pair(pipe_fd);
	assert_ok(close(event));
	assert_ok(close(set));
}

TEST(sendfile_from_an_eventfd_does_not_read_it)
{
	int fd[2], event = eventfd(1, EFD_NONBLOCK);
	off_t at = 0;

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(sendfile(fd[0], event, &at, 8), -1);
	assert_int_equal(ready(event, POLLIN), POLLIN);
	close_pair(fd);
	assert_ok(close(event));
}

TEST(sendfile_of_nothing)
{
	int fd[2], pipe_fd[2], event = eventfd(1, EFD_NONBLOCK), set = epoll_create1(0), file = new_file();

	unix_pair(SOCK_STREAM, fd);
	assert_ok(pipe(pipe_fd));
	assert_ok(sendfile(fd[0], file, NULL, 0));
	assert_ok(sendfile(fd[0], event, NULL, 0));
	assert_ok(sendfile(fd[0], set, NULL, 0));
	assert_fails(sendfile(fd[0], pipe_fd[0], NULL, 0), EINVAL);
	assert_fails(sendfile(fd[0], fd[1], NULL, 0), EINVAL);
	close_pair(fd);
	close_pair(pipe_fd);
	assert_ok(close(event));
	assert_ok(close(set));
	assert_ok(close(file));
}

TEST(sendfile_into_an_epoll_set_is_einval)
{
	int set = epoll_create1(0), file = new_file();
	off_t at = FILE_BYTES - 10;

	assert_fails(sendfile(set, file, &at, 100), EINVAL);
	assert_ok(close(set));
	assert_ok(close(file));
}

TEST(stream_is_charged_for_the_pages_of_sendfile)
{
	int fd[2], file = new_file(), charged = 0;
	off_t at = 0;

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(sendfile(fd[0], file, &at, 573), 573);
	assert_ok(ioctl(fd[0], SIOCOUTQ, &charged));
	assert_int_equal(charged, 768 + 573);
	discard(fd[1], 573);
	assert_ok(ioctl(fd[0], SIOCOUTQ, &charged));
	assert_int_equal(charged, 0);
	close_pair(fd);
	assert_ok(close(file));
}

TEST(sendfile_to_udp_over_ipv6_that_meets_the_end_stays_pending)
{
	struct sockaddr_in6 at6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	int fd = new_socket(AF_INET6, SOCK_DGRAM), file = new_file(), charged = 0;
	char bytes[200];
	off_t at = FILE_BYTES - 100;

	assert_ok(bind6(fd, at6));
	assert_ok(connect6(fd, local6(fd)));
	assert_int_equal(sendfile(fd, file, &at, 500), 100);
	assert_fails(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT), EAGAIN);
	assert_ok(ioctl(fd, SIOCOUTQ, &charged));
	assert_int_equal(charged, 832 + 100);
	assert_int_equal(send(fd, "xyz", 3, 0), 3);
	assert_int_equal(recv(fd, bytes, sizeof(bytes), MSG_DONTWAIT), 103);
	assert_ok(close(fd));
	assert_ok(close(file));
}

static int large_file(size_t len)
{
	static char block[300000];
	char path[] = "/tmp/behaviourXXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0 && len <= sizeof(block));
	assert_ok(unlink(path));
	assert_int_equal(write(fd, block, len), len);
	return fd;
}

/* Through a pipe of 16 pages. */
TEST(sendfile_moves_64_kib_at_a_time)
{
	int fd[2], file = large_file(200000), charged = 0, num = 0;
	static char bytes[70000];
	off_t at = 0;

	unix_pair(SOCK_SEQPACKET, fd);
	assert_int_equal(sendfile(fd[0], file, &at, 200000), 200000);
	while (recv(fd[1], bytes, sizeof(bytes), MSG_DONTWAIT) == 65536)
		num++;
	assert_int_equal(num, 3);
	close_pair(fd);
	unix_pair(SOCK_STREAM, fd);
	at = 0;
	assert_int_equal(sendfile(fd[0], file, &at, 200000), 200000);
	assert_ok(ioctl(fd[0], SIOCOUTQ, &charged));
	assert_int_equal(charged, 200000 + 4 * 768);
	close_pair(fd);
	assert_ok(close(file));
}

TEST(sendfile_makes_one_datagram_or_none)
{
	int fd[2], file = large_file(66000);
	static char bytes[70000];
	off_t at = 0;

	udp_pair(fd);
	assert_int_equal(sendfile(fd[0], file, &at, 65507), 65507);
	assert_int_equal(recv(fd[1], bytes, sizeof(bytes), MSG_DONTWAIT), 65507);
	at = 0;
	assert_fails(sendfile(fd[0], file, &at, 65508), EMSGSIZE);
	assert_fails(recv(fd[1], bytes, sizeof(bytes), MSG_DONTWAIT), EAGAIN);
	close_pair(fd);
	assert_ok(close(file));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(epoll_set_answers_other_files_calls),
	DUAL_TEST(epoll_wait_looks_for_the_descriptor_before_the_number_of_events),
	DUAL_TEST(epoll_ctl_on_what_is_no_set_is_einval),
	DUAL_TEST(closed_eventfd_leaves_the_epoll_set),
	DUAL_TEST(eventfd_closed_by_close_range_leaves_the_epoll_set),
	DUAL_TEST(eventfd_replaced_by_dup2_leaves_the_epoll_set),
	DUAL_TEST(dup3_with_an_unknown_flag_closes_nothing),
	DUAL_TEST(close_range_with_an_unknown_flag_closes_nothing),
	DUAL_TEST(sendfile_from_what_has_no_places),
	DUAL_TEST(sendfile_from_an_eventfd_does_not_read_it),
	DUAL_TEST(sendfile_of_nothing),
	DUAL_TEST(sendfile_into_an_epoll_set_is_einval),
	DUAL_TEST(stream_is_charged_for_the_pages_of_sendfile),
	DUAL_TEST(sendfile_to_udp_over_ipv6_that_meets_the_end_stays_pending),
	DUAL_TEST(sendfile_moves_64_kib_at_a_time),
	DUAL_TEST(sendfile_makes_one_datagram_or_none),
};

BEHAVIOUR_MAIN("mixed descriptors", tests)
