/* SPDX-License-Identifier: MIT */
/*
 * The errors of send(2), errno by errno in the manual's order, with what else each leaves behind: nothing
 * queued, no signal, no pending error, unless the test says otherwise. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/mman.h>

/* An address that no memory is mapped at, hidden from the compiler. */
static void *unmapped(void)
{
	void *volatile bad = (void *)8;

	return bad;
}

/* Two pages of which the second faults; gives the last len bytes of the first. */
static unsigned char *before_a_hole(void **map, size_t len)
{
	unsigned char *p = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	assert_true(p != MAP_FAILED);
	assert_ok(mprotect(p + 4096, 4096, PROT_NONE));
	*map = p;
	return p + 4096 - len;
}

TEST(eacces_for_a_datagram_to_a_path_in_a_closed_directory)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	int fd, other;

	if (geteuid() == 0)
		skip();
	fd = new_socket(AF_UNIX, SOCK_DGRAM);
	other = new_socket(AF_UNIX, SOCK_DGRAM);
	unix_dir_make(&dir);
	at = unix_name(&dir, "s");
	assert_ok(bind_unix(other, at));
	assert_ok(chmod(dir.path, 0600));
	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, sizeof(at)), EACCES);
	assert_ok(chmod(dir.path, 0700));
	assert_ok(unlink(at.sun_path));
	assert_ok(close(fd));
	assert_ok(close(other));
	unix_dir_remove(&dir);
}

TEST(eagain_equals_ewouldblock)
{
	assert_int_equal(EAGAIN, EWOULDBLOCK);
}

TEST(ebadf_for_a_number_that_is_no_descriptor)
{
	struct iovec iov = piece("x", 1);
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };

	assert_fails(send(-1, "x", 1, 0), EBADF);
	assert_fails(send(1000000, "x", 1, 0), EBADF);
	assert_fails(sendto(-1, "x", 1, 0, NULL, 0), EBADF);
	assert_fails(sendmsg(-1, &m, 0), EBADF);
	assert_fails(write(-1, "x", 1), EBADF);
}

TEST(ebadf_after_close)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	close_pair(fd);
	assert_fails(send(fd[0], "x", 1, 0), EBADF);
	assert_int_equal(signals_seen, 0);
	signal_restore(SIGPIPE, before);
}

TEST(ebadf_comes_before_efault_and_a_wrong_address)
{
	assert_fails(send(-1, unmapped(), 1, 0), EBADF);
	assert_fails(sendto(-1, "x", 1, 0, (struct sockaddr *)unmapped(), 16), EBADF);
}

TEST(econnreset_is_taken_by_the_first_send_after_the_reset)
{
	int fd[2];

	tcp_pair(fd);
	tcp_abort(fd[1]);
	await(fd[0], POLLIN);
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), ECONNRESET);
	assert_int_equal(pending_error(fd[0]), 0);
	assert_ok(close(fd[0]));
}

TEST(edestaddrreq_for_udp_and_enotconn_for_unix_datagrams)
{
	int udp = new_socket(AF_INET, SOCK_DGRAM), six = new_socket(AF_INET6, SOCK_DGRAM);
	int local = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_fails(send(udp, "x", 1, 0), EDESTADDRREQ);
	assert_fails(send(six, "x", 1, 0), EDESTADDRREQ);
	assert_fails(send(local, "x", 1, 0), ENOTCONN);
	assert_ok(close(udp));
	assert_ok(close(six));
	assert_ok(close(local));
}

TEST(efault_for_a_buffer_that_is_not_mapped)
{
	char b;
	int tcp[2], udp[2], local[2];

	tcp_pair(tcp);
	udp_pair(udp);
	unix_pair(SOCK_STREAM, local);
	assert_fails(send(tcp[0], unmapped(), 10, 0), EFAULT);
	assert_fails(send(udp[0], unmapped(), 10, 0), EFAULT);
	assert_fails(send(local[0], unmapped(), 10, 0), EFAULT);
	settle();
	assert_fails(recv(tcp[1], &b, 1, MSG_DONTWAIT), EAGAIN);
	assert_fails(recv(udp[1], &b, 1, MSG_DONTWAIT), EAGAIN);
	assert_fails(recv(local[1], &b, 1, MSG_DONTWAIT), EAGAIN);
	tcp_end(tcp);
	close_pair(udp);
	close_pair(local);
}

TEST(efault_for_a_buffer_that_ends_in_a_hole_sends_nothing)
{
	char b[128];
	void *map;
	unsigned char *edge = before_a_hole(&map, 50);
	int tcp[2], udp[2], local[2];

	tcp_pair(tcp);
	udp_pair(udp);
	unix_pair(SOCK_STREAM, local);
	assert_fails(send(tcp[0], edge, 100, 0), EFAULT);
	assert_fails(send(udp[0], edge, 100, 0), EFAULT);
	assert_fails(send(local[0], edge, 100, 0), EFAULT);
	settle();
	assert_fails(recv(tcp[1], b, sizeof(b), MSG_DONTWAIT), EAGAIN);
	assert_fails(recv(udp[1], b, sizeof(b), MSG_DONTWAIT), EAGAIN);
	assert_fails(recv(local[1], b, sizeof(b), MSG_DONTWAIT), EAGAIN);
	assert_int_equal(send(tcp[0], edge, 50, 0), 50);
	assert_int_equal(recv(tcp[1], b, sizeof(b), 0), 50);
	tcp_end(tcp);
	close_pair(udp);
	close_pair(local);
	assert_ok(munmap(map, 8192));
}

TEST(efault_of_recv_keeps_the_stream_and_loses_the_datagram)
{
	char b[8];
	int tcp[2], udp[2];

	tcp_pair(tcp);
	udp_pair(udp);
	assert_int_equal(send(tcp[0], "abc", 3, 0), 3);
	assert_int_equal(send(udp[0], "abc", 3, 0), 3);
	await(tcp[1], POLLIN);
	await(udp[1], POLLIN);
	assert_fails(recv(tcp[1], unmapped(), 3, 0), EFAULT);
	assert_fails(recv(udp[1], unmapped(), 3, 0), EFAULT);
	assert_int_equal(recv(tcp[1], b, sizeof(b), MSG_DONTWAIT), 3);
	assert_fails(recv(udp[1], b, sizeof(b), MSG_DONTWAIT), EAGAIN);
	tcp_end(tcp);
	close_pair(udp);
}

TEST(efault_for_an_address_that_is_not_mapped)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)unmapped(), sizeof(struct sockaddr_in)),
		     EFAULT);
	assert_fails(connect(fd, (struct sockaddr *)unmapped(), sizeof(struct sockaddr_in)), EFAULT);
	assert_fails(bind(fd, (struct sockaddr *)unmapped(), sizeof(struct sockaddr_in)), EFAULT);
	assert_fails(sendmsg(fd, (struct msghdr *)unmapped(), 0), EFAULT);
	assert_ok(close(fd));
}

TEST(einval_for_an_address_length_that_cannot_be)
{
	struct sockaddr_in at;
	int fd = udp_bound(&at);

	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, (socklen_t)-1), EINVAL);
	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, 129), EINVAL);
	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, 1), EINVAL);
	assert_ok(close(fd));
}

TEST(eisconn_for_a_unix_stream_and_silence_for_tcp)
{
	struct sockaddr_un to;
	socklen_t len = abstract_name(&to, "nobody");
	char b;
	int tcp[2], local[2];

	tcp_pair(tcp);
	unix_pair(SOCK_STREAM, local);
	assert_int_equal(sendto4(tcp[0], "x", 1, 0, at4("127.0.0.1", 1)), 1);
	assert_int_equal(recv(tcp[1], &b, 1, 0), 1);
	assert_fails(sendto(local[0], "x", 1, 0, (struct sockaddr *)&to, len), EISCONN);
	assert_int_equal(ready(local[1], POLLIN), 0);
	tcp_end(tcp);
	close_pair(local);
}

TEST(emsgsize_transmits_nothing)
{
	static char block[300000];
	char b;
	int udp[2], local[2], seq[2];

	udp_pair(udp);
	unix_pair(SOCK_DGRAM, local);
	unix_pair(SOCK_SEQPACKET, seq);
	assert_fails(send(udp[0], block, sizeof(block), 0), EMSGSIZE);
	assert_fails(send(local[0], block, sizeof(block), 0), EMSGSIZE);
	assert_fails(send(seq[0], block, sizeof(block), 0), EMSGSIZE);
	settle();
	assert_fails(recv(udp[1], &b, 1, MSG_DONTWAIT), EAGAIN);
	assert_fails(recv(local[1], &b, 1, MSG_DONTWAIT), EAGAIN);
	assert_fails(recv(seq[1], &b, 1, MSG_DONTWAIT), EAGAIN);
	close_pair(udp);
	close_pair(local);
	close_pair(seq);
}

TEST(stream_is_never_emsgsize)
{
	static char block[300000];
	int fd[2];
	ssize_t n;

	unix_pair(SOCK_STREAM, fd);
	n = send(fd[0], block, sizeof(block), MSG_DONTWAIT);
	assert_true(n > 0);
	close_pair(fd);
}

TEST(enobufs_does_not_happen_on_loopback)
{
	static char block[60000];
	int fd[2];

	udp_pair(fd);
	for (int i = 0; i < 100; i++)
		assert_int_equal(send(fd[0], block, sizeof(block), MSG_DONTWAIT), sizeof(block));
	close_pair(fd);
}

TEST(enotconn_for_unix_streams_and_epipe_for_tcp)
{
	int local = new_socket(AF_UNIX, SOCK_STREAM), seq = new_socket(AF_UNIX, SOCK_SEQPACKET);
	int tcp = new_socket(AF_INET, SOCK_STREAM), six = new_socket(AF_INET6, SOCK_STREAM);

	assert_fails(send(local, "x", 1, MSG_NOSIGNAL), ENOTCONN);
	assert_fails(send(seq, "x", 1, MSG_NOSIGNAL), ENOTCONN);
	assert_fails(send(tcp, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_fails(send(six, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(local));
	assert_ok(close(seq));
	assert_ok(close(tcp));
	assert_ok(close(six));
}

TEST(sendto_on_a_fresh_tcp_socket_does_not_connect_it)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(sendto4(fd, "x", 1, MSG_NOSIGNAL, at), EPIPE);
	assert_int_equal(ready(listener, POLLIN), 0);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(enotsock_for_pipes_and_files)
{
	struct iovec iov = piece("x", 1);
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int p[2], file = open("/dev/null", O_RDWR);
	char b;

	assert_true(file >= 0);
	assert_ok(pipe(p));
	assert_fails(send(p[1], "x", 1, 0), ENOTSOCK);
	assert_fails(recv(p[0], &b, 1, 0), ENOTSOCK);
	assert_fails(send(file, "x", 1, 0), ENOTSOCK);
	assert_fails(sendto(file, "x", 1, 0, NULL, 0), ENOTSOCK);
	assert_fails(sendmsg(file, &m, 0), ENOTSOCK);
	assert_fails(recvmsg(file, &m, 0), ENOTSOCK);
	close_pair(p);
	assert_ok(close(file));
}

TEST(epipe_comes_before_efault_on_a_closed_unix_stream)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(close(fd[1]));
	assert_fails(send(fd[0], unmapped(), 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(fd[0]));
}

TEST(epipe_after_shut_wr_on_every_kind_and_sigpipe_on_streams)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM, SOCK_SEQPACKET };
	static const int signals[] = { 1, 0, 0 };
	int fd[2];

	for (int i = 0; i < 3; i++) {
		struct sigaction before = signal_count(SIGPIPE, 0);

		unix_pair(types[i], fd);
		assert_ok(shutdown(fd[0], SHUT_WR));
		assert_fails(send(fd[0], "x", 1, 0), EPIPE);
		assert_int_equal(signals_seen, signals[i]);
		close_pair(fd);
		signal_restore(SIGPIPE, before);
	}
}

TEST(write_of_nothing_to_a_closed_unix_stream_is_epipe)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(close(fd[1]));
	assert_fails(send(fd[0], "", 0, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(fd[0]));
}

TEST(no_failure_to_deliver_shows_in_the_send_itself)
{
	struct sockaddr_in nobody;
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(close(udp_bound(&nobody)));
	assert_int_equal(sendto4(fd, "x", 1, 0, nobody), 1);
	assert_int_equal(sendto4(fd, "x", 1, 0, nobody), 1);
	assert_ok(close(fd));
}

TEST(send_is_sendto_without_an_address)
{
	char b[4];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(sendto(fd[0], "abc", 3, 0, NULL, 0), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
	assert_int_equal(sendto(fd[0], "abc", 3, 0, NULL, 16), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
	close_pair(fd);
}

TEST(sendto_with_an_address_of_no_length_is_einval_for_udp)
{
	struct sockaddr_in at;
	int fd = udp_bound(&at), other = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(sendto(other, "x", 1, 0, (struct sockaddr *)&at, 0), EINVAL);
	assert_ok(close(fd));
	assert_ok(close(other));
}

TEST(failed_send_leaves_the_socket_usable)
{
	static char block[70000];
	char b[4];
	int fd[2];

	udp_pair(fd);
	assert_fails(send(fd[0], block, sizeof(block), 0), EMSGSIZE);
	assert_fails(send(fd[0], "x", 1, MSG_OOB), EOPNOTSUPP);
	assert_fails(send(fd[0], unmapped(), 1, 0), EFAULT);
	assert_int_equal(send(fd[0], "ok", 2, 0), 2);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 2);
	close_pair(fd);
}

TEST(datagram_over_two_gibibytes_is_emsgsize_like_any_other)
{
	int fd[2];

	udp_pair(fd);
	assert_fails(send(fd[0], "x", (size_t)1 << 31, 0), EMSGSIZE);
	assert_fails(send(fd[0], "x", SIZE_MAX, 0), EMSGSIZE);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(eacces_for_a_datagram_to_a_path_in_a_closed_directory),
	DUAL_TEST(eagain_equals_ewouldblock),
	DUAL_TEST(ebadf_for_a_number_that_is_no_descriptor),
	DUAL_TEST(ebadf_after_close),
	DUAL_TEST(ebadf_comes_before_efault_and_a_wrong_address),
	DUAL_TEST(econnreset_is_taken_by_the_first_send_after_the_reset),
	DUAL_TEST(edestaddrreq_for_udp_and_enotconn_for_unix_datagrams),
	DUAL_TEST(efault_for_a_buffer_that_is_not_mapped),
	DUAL_TEST(efault_for_a_buffer_that_ends_in_a_hole_sends_nothing),
	DUAL_TEST(efault_of_recv_keeps_the_stream_and_loses_the_datagram),
	DUAL_TEST(efault_for_an_address_that_is_not_mapped),
	DUAL_TEST(einval_for_an_address_length_that_cannot_be),
	DUAL_TEST(eisconn_for_a_unix_stream_and_silence_for_tcp),
	DUAL_TEST(emsgsize_transmits_nothing),
	DUAL_TEST(stream_is_never_emsgsize),
	DUAL_TEST(enobufs_does_not_happen_on_loopback),
	DUAL_TEST(enotconn_for_unix_streams_and_epipe_for_tcp),
	DUAL_TEST(sendto_on_a_fresh_tcp_socket_does_not_connect_it),
	DUAL_TEST(enotsock_for_pipes_and_files),
	DUAL_TEST(epipe_comes_before_efault_on_a_closed_unix_stream),
	DUAL_TEST(epipe_after_shut_wr_on_every_kind_and_sigpipe_on_streams),
	DUAL_TEST(write_of_nothing_to_a_closed_unix_stream_is_epipe),
	DUAL_TEST(no_failure_to_deliver_shows_in_the_send_itself),
	DUAL_TEST(send_is_sendto_without_an_address),
	DUAL_TEST(sendto_with_an_address_of_no_length_is_einval_for_udp),
	DUAL_TEST(failed_send_leaves_the_socket_usable),
	DUAL_TEST(datagram_over_two_gibibytes_is_emsgsize_like_any_other),
};

BEHAVIOUR_MAIN("send_errors", tests)
