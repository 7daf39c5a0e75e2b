/* SPDX-License-Identifier: MIT */
/*
 * Sockets as descriptors: numbers, duplicates, flags, close-on-exec, fstat, ioctl, and what a socket is not;
 * mixed with real files and pipes. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/ioctl.h>

TEST(dup_takes_the_lowest_free_number)
{
	int a = new_socket(AF_INET, SOCK_DGRAM), b = new_socket(AF_INET, SOCK_DGRAM), copy;

	assert_ok(close(a));
	copy = dup(b);
	assert_int_equal(copy, a);
	assert_ok(close(b));
	assert_ok(close(copy));
}

TEST(files_and_sockets_share_the_numbers)
{
	int a = new_socket(AF_INET, SOCK_DGRAM), file, again;

	assert_ok(close(a));
	file = open("/dev/null", O_RDONLY);
	assert_int_equal(file, a);
	again = new_socket(AF_INET, SOCK_DGRAM);
	assert_true(again > file);
	assert_ok(close(file));
	assert_ok(close(again));
}

TEST(dup2_takes_the_number_it_is_given)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(dup2(fd, 50), 50);
	assert_int_equal(get_int(50, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	assert_ok(close(50));
	assert_ok(close(fd));
}

TEST(dup2_onto_itself_changes_nothing)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	assert_int_equal(dup2(fd, fd), fd);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_ok(close(fd));
}

TEST(dup2_closes_what_had_the_number)
{
	char b;
	int fd[2], other = new_socket(AF_INET, SOCK_DGRAM);

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(dup2(other, fd[0]), fd[0]);
	assert_int_equal(recv(fd[1], &b, 1, 0), 0);
	assert_ok(close(other));
	close_pair(fd);
}

TEST(dup2_puts_a_socket_over_a_file_and_a_file_over_a_socket)
{
	int file = open("/dev/null", O_RDWR), fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(dup2(fd, file), file);
	assert_int_equal(get_int(file, SOL_SOCKET, SO_TYPE), SOCK_DGRAM);
	assert_ok(close(fd));
	fd = open("/dev/null", O_RDWR);
	assert_int_equal(dup2(fd, file), file);
	assert_fails(send(file, "x", 1, 0), ENOTSOCK);
	assert_int_equal(write(file, "x", 1), 1);
	assert_ok(close(fd));
	assert_ok(close(file));
}

TEST(dup_of_no_descriptor_is_ebadf)
{
	assert_fails(dup(-1), EBADF);
	assert_fails(dup(999), EBADF);
	assert_fails(dup2(999, 50), EBADF);
	assert_fails(fcntl(999, F_DUPFD, 0), EBADF);
}

TEST(dup2_to_a_negative_number_is_ebadf)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(dup2(fd, -1), EBADF);
	assert_ok(close(fd));
}

TEST(dup3_sets_cloexec_and_refuses_itself)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(dup3(fd, 50, O_CLOEXEC), 50);
	assert_int_equal(fcntl(50, F_GETFD), FD_CLOEXEC);
	assert_fails(dup3(fd, fd, 0), EINVAL);
	assert_fails(dup3(fd, 51, O_NONBLOCK), EINVAL);
	assert_ok(close(50));
	assert_ok(close(fd));
}

TEST(f_dupfd_takes_the_lowest_number_from_its_argument)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM), a, b;

	a = fcntl(fd, F_DUPFD, 40);
	assert_int_equal(a, 40);
	b = fcntl(fd, F_DUPFD_CLOEXEC, 40);
	assert_int_equal(b, 41);
	assert_int_equal(fcntl(a, F_GETFD), 0);
	assert_int_equal(fcntl(b, F_GETFD), FD_CLOEXEC);
	assert_fails(fcntl(fd, F_DUPFD, -1), EINVAL);
	assert_ok(close(a));
	assert_ok(close(b));
	assert_ok(close(fd));
}

TEST(duplicates_share_status_flags_and_not_descriptor_flags)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM), copy = dup(fd);

	set_nonblock(fd);
	assert_int_equal(fcntl(copy, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_ok(fcntl(fd, F_SETFD, FD_CLOEXEC));
	assert_int_equal(fcntl(copy, F_GETFD), 0);
	assert_ok(close(fd));
	assert_ok(close(copy));
}

TEST(duplicate_does_not_inherit_cloexec)
{
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0), copy = dup(fd);

	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(fcntl(copy, F_GETFD), 0);
	assert_ok(close(fd));
	assert_ok(close(copy));
}

TEST(getfl_is_read_write)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR);
	assert_ok(close(fd));
}

TEST(setfl_changes_nonblock_both_ways_and_keeps_the_access_mode)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(fcntl(fd, F_SETFL, O_NONBLOCK));
	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	assert_ok(fcntl(fd, F_SETFL, 0));
	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR);
	assert_ok(fcntl(fd, F_SETFL, O_RDONLY | O_CREAT | O_TRUNC));
	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR);
	assert_ok(close(fd));
}

TEST(fionbio_is_o_nonblock)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), on = 1, off = 0;

	assert_ok(ioctl(fd, FIONBIO, &on));
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, O_NONBLOCK);
	assert_ok(ioctl(fd, FIONBIO, &off));
	assert_int_equal(fcntl(fd, F_GETFL) & O_NONBLOCK, 0);
	assert_ok(close(fd));
}

TEST(fioclex_is_fd_cloexec)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(ioctl(fd, FIOCLEX));
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_ok(ioctl(fd, FIONCLEX));
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_ok(close(fd));
}

TEST(unknown_ioctl_is_enotty)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), local = new_socket(AF_UNIX, SOCK_STREAM), value = 0;

	assert_fails(ioctl(fd, 0x12345678, &value), ENOTTY);
	assert_fails(ioctl(local, 0x12345678, &value), ENOTTY);
	assert_int_equal(isatty(fd), 0);
	assert_ok(close(fd));
	assert_ok(close(local));
}

TEST(unknown_fcntl_is_einval)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(fcntl(fd, 9999, 0), EINVAL);
	assert_ok(close(fd));
}

TEST(socket_flags_set_what_they_say)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);

	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR | O_NONBLOCK);
	assert_int_equal(fcntl(fd, F_GETFD), 0);
	assert_ok(close(fd));
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	assert_int_equal(fcntl(fd, F_GETFL), O_RDWR);
	assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_ok(close(fd));
}

TEST(close_of_one_duplicate_keeps_the_socket)
{
	char b;
	int fd[2], copy;

	unix_pair(SOCK_STREAM, fd);
	copy = dup(fd[0]);
	assert_ok(close(fd[0]));
	assert_int_equal(send(copy, "x", 1, 0), 1);
	assert_int_equal(recv(fd[1], &b, 1, 0), 1);
	assert_ok(close(copy));
	assert_int_equal(recv(fd[1], &b, 1, 0), 0);
	assert_ok(close(fd[1]));
}

TEST(duplicates_read_from_one_queue)
{
	char b;
	int fd[2], copy;

	unix_pair(SOCK_STREAM, fd);
	copy = dup(fd[1]);
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	assert_int_equal(recv(fd[1], &b, 1, 0), 1);
	assert_int_equal(recv(copy, &b, 1, 0), 1);
	assert_int_equal(b, 'b');
	assert_ok(close(copy));
	close_pair(fd);
}

TEST(close_twice_is_ebadf)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(close(fd));
	assert_fails(close(fd), EBADF);
	assert_fails(close(-1), EBADF);
}

TEST(every_call_on_a_closed_descriptor_is_ebadf)
{
	struct sockaddr_in at = at4("127.0.0.1", 9);
	socklen_t len = sizeof(at);
	struct stat st;
	char b;
	int fd = new_socket(AF_INET, SOCK_STREAM), n;

	assert_ok(close(fd));
	assert_fails(bind4(fd, at), EBADF);
	assert_fails(connect4(fd, at), EBADF);
	assert_fails(listen(fd, 1), EBADF);
	assert_fails(accept(fd, NULL, NULL), EBADF);
	assert_fails(recv(fd, &b, 1, 0), EBADF);
	assert_fails(read(fd, &b, 1), EBADF);
	assert_fails(shutdown(fd, SHUT_RD), EBADF);
	assert_fails(getsockname(fd, (struct sockaddr *)&at, &len), EBADF);
	assert_fails(getpeername(fd, (struct sockaddr *)&at, &len), EBADF);
	assert_fails(fcntl(fd, F_GETFL), EBADF);
	assert_fails(ioctl(fd, FIONREAD, &n), EBADF);
	assert_fails(fstat(fd, &st), EBADF);
}

TEST(every_socket_call_on_a_pipe_is_enotsock)
{
	struct sockaddr_in at = at4("127.0.0.1", 9);
	socklen_t len = sizeof(at);
	char b;
	int p[2];

	assert_ok(pipe(p));
	assert_fails(bind4(p[0], at), ENOTSOCK);
	assert_fails(connect4(p[0], at), ENOTSOCK);
	assert_fails(listen(p[0], 1), ENOTSOCK);
	assert_fails(accept(p[0], NULL, NULL), ENOTSOCK);
	assert_fails(accept4(p[0], NULL, NULL, 0), ENOTSOCK);
	assert_fails(send(p[1], "x", 1, 0), ENOTSOCK);
	assert_fails(recvfrom(p[0], &b, 1, 0, NULL, NULL), ENOTSOCK);
	assert_fails(shutdown(p[0], SHUT_RD), ENOTSOCK);
	assert_fails(getsockname(p[0], (struct sockaddr *)&at, &len), ENOTSOCK);
	assert_fails(getpeername(p[0], (struct sockaddr *)&at, &len), ENOTSOCK);
	close_pair(p);
}

TEST(pipe_beside_sockets_still_works)
{
	char b[4];
	int p[2], fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(pipe(p));
	assert_int_equal(write(p[1], "pipe", 4), 4);
	assert_int_equal(send(fd[0], "sock", 4, 0), 4);
	assert_int_equal(read(p[0], b, 4), 4);
	assert_memory_equal(b, "pipe", 4);
	assert_int_equal(read(fd[1], b, 4), 4);
	assert_memory_equal(b, "sock", 4);
	close_pair(p);
	close_pair(fd);
}

TEST(fstat_says_socket)
{
	static const int domains[] = { AF_INET, AF_INET6, AF_UNIX };
	struct stat st;

	for (int i = 0; i < 3; i++) {
		int fd = new_socket(domains[i], SOCK_STREAM);

		assert_ok(fstat(fd, &st));
		assert_true(S_ISSOCK(st.st_mode));
		assert_int_equal(st.st_mode & 0777, 0777);
		assert_int_equal(st.st_size, 0);
		assert_ok(close(fd));
	}
}

TEST(fstat_tells_sockets_apart_and_duplicates_alike)
{
	struct stat a, b, c;
	int fd = new_socket(AF_INET, SOCK_STREAM), other = new_socket(AF_INET, SOCK_STREAM), copy = dup(fd);

	assert_ok(fstat(fd, &a));
	assert_ok(fstat(other, &b));
	assert_ok(fstat(copy, &c));
	assert_true(a.st_ino != b.st_ino);
	assert_true(a.st_ino == c.st_ino && a.st_dev == c.st_dev);
	assert_ok(close(fd));
	assert_ok(close(other));
	assert_ok(close(copy));
}

TEST(lseek_is_espipe)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(lseek(fd, 0, SEEK_SET), ESPIPE);
	assert_ok(close(fd));
}

TEST(positioned_reads_and_writes_are_espipe)
{
	char b;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_fails(pread(fd[0], &b, 1, 0), ESPIPE);
	assert_fails(pwrite(fd[0], "x", 1, 0), ESPIPE);
	close_pair(fd);
}

TEST(fsync_and_ftruncate_are_einval)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(fsync(fd), EINVAL);
	assert_fails(fdatasync(fd), EINVAL);
	assert_fails(ftruncate(fd, 0), EINVAL);
	assert_ok(close(fd));
}

TEST(read_of_nothing_on_a_socket_that_is_not_connected)
{
	char b;
	int tcp = new_socket(AF_INET, SOCK_STREAM), local = new_socket(AF_UNIX, SOCK_STREAM);

	assert_int_equal(read(tcp, &b, 0), 0);
	assert_int_equal(read(local, &b, 0), 0);
	assert_fails(read(tcp, &b, 1), ENOTCONN);
	assert_fails(read(local, &b, 1), EINVAL);
	assert_ok(close(tcp));
	assert_ok(close(local));
}

TEST(write_of_nothing_on_a_socket_that_is_not_connected)
{
	int tcp = new_socket(AF_INET, SOCK_STREAM), local = new_socket(AF_UNIX, SOCK_STREAM);

	assert_fails(send(tcp, "", 0, MSG_NOSIGNAL), EPIPE);
	assert_fails(write(local, "", 0), ENOTCONN);
	assert_ok(close(tcp));
	assert_ok(close(local));
}

TEST(shutdown_errors_come_in_the_order_descriptor_then_socket_then_argument)
{
	int p[2], fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(pipe(p));
	assert_fails(shutdown(-1, 99), EBADF);
	assert_fails(shutdown(p[0], 99), ENOTSOCK);
	assert_fails(shutdown(fd, 99), EINVAL);
	assert_fails(shutdown(fd, SHUT_RD), ENOTCONN);
	close_pair(p);
	assert_ok(close(fd));
}

TEST(duplicate_above_the_limit_is_einval)
{
	struct sockaddr_in at;
	int fd = udp_bound(&at);

	assert_fails(fcntl(fd, F_DUPFD, INT32_MAX), EINVAL);
	assert_ok(close(fd));
}

TEST(closed_number_is_reused_by_accept)
{
	struct sockaddr_in at;
	int hole = new_socket(AF_INET, SOCK_STREAM), listener = tcp_listener(&at, 1);
	int fd = new_socket(AF_INET, SOCK_STREAM), peer;

	assert_ok(connect4(fd, at));
	assert_ok(close(hole));
	peer = accept(listener, NULL, NULL);
	assert_int_equal(peer, hole);
	tcp_abort(fd);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(failed_socket_takes_no_number)
{
	int a, b;

	a = new_socket(AF_INET, SOCK_STREAM);
	assert_fails(socket(AF_INET, 15, 0), EINVAL);
	assert_fails(accept(a, NULL, NULL), EINVAL);
	b = new_socket(AF_INET, SOCK_STREAM);
	assert_int_equal(dup2(b, b), b);
	assert_ok(close(b));
	assert_int_equal(dup(a), b);
	assert_ok(close(b));
	assert_ok(close(a));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(dup_takes_the_lowest_free_number),
	DUAL_TEST(files_and_sockets_share_the_numbers),
	DUAL_TEST(dup2_takes_the_number_it_is_given),
	DUAL_TEST(dup2_onto_itself_changes_nothing),
	DUAL_TEST(dup2_closes_what_had_the_number),
	DUAL_TEST(dup2_puts_a_socket_over_a_file_and_a_file_over_a_socket),
	DUAL_TEST(dup_of_no_descriptor_is_ebadf),
	DUAL_TEST(dup2_to_a_negative_number_is_ebadf),
	DUAL_TEST(dup3_sets_cloexec_and_refuses_itself),
	DUAL_TEST(f_dupfd_takes_the_lowest_number_from_its_argument),
	DUAL_TEST(duplicates_share_status_flags_and_not_descriptor_flags),
	DUAL_TEST(duplicate_does_not_inherit_cloexec),
	DUAL_TEST(getfl_is_read_write),
	DUAL_TEST(setfl_changes_nonblock_both_ways_and_keeps_the_access_mode),
	DUAL_TEST(fionbio_is_o_nonblock),
	DUAL_TEST(fioclex_is_fd_cloexec),
	DUAL_TEST(unknown_ioctl_is_enotty),
	DUAL_TEST(unknown_fcntl_is_einval),
	DUAL_TEST(socket_flags_set_what_they_say),
	DUAL_TEST(close_of_one_duplicate_keeps_the_socket),
	DUAL_TEST(duplicates_read_from_one_queue),
	DUAL_TEST(close_twice_is_ebadf),
	DUAL_TEST(every_call_on_a_closed_descriptor_is_ebadf),
	DUAL_TEST(every_socket_call_on_a_pipe_is_enotsock),
	DUAL_TEST(pipe_beside_sockets_still_works),
	DUAL_TEST(fstat_says_socket),
	DUAL_TEST(fstat_tells_sockets_apart_and_duplicates_alike),
	DUAL_TEST(lseek_is_espipe),
	DUAL_TEST(positioned_reads_and_writes_are_espipe),
	DUAL_TEST(fsync_and_ftruncate_are_einval),
	DUAL_TEST(read_of_nothing_on_a_socket_that_is_not_connected),
	DUAL_TEST(write_of_nothing_on_a_socket_that_is_not_connected),
	DUAL_TEST(shutdown_errors_come_in_the_order_descriptor_then_socket_then_argument),
	DUAL_TEST(duplicate_above_the_limit_is_einval),
	DUAL_TEST(closed_number_is_reused_by_accept),
	DUAL_TEST(failed_socket_takes_no_number),
};

BEHAVIOUR_MAIN("descriptors", tests)
