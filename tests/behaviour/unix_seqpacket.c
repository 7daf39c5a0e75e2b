/* SPDX-License-Identifier: MIT */
/*
 * Unix-domain sequenced packets: connections as streams have them, records as datagrams have them; MSG_EOR of
 * send(2). Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

TEST(record_boundaries_are_kept)
{
	char b[8];
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_int_equal(send(fd[0], "one", 3, 0), 3);
	assert_int_equal(send(fd[0], "three", 5, 0), 5);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 5);
	close_pair(fd);
}

TEST(short_buffer_loses_the_rest_of_the_record)
{
	char b[8];
	struct iovec iov = { .iov_base = b, .iov_len = 2 };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_int_equal(send(fd[0], "abcdef", 6, 0), 6);
	assert_int_equal(send(fd[0], "n", 1, 0), 1);
	assert_int_equal(recvmsg(fd[1], &m, 0), 2);
	assert_int_equal(m.msg_flags & MSG_TRUNC, MSG_TRUNC);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 1);
	close_pair(fd);
}

TEST(trunc_gives_the_real_length)
{
	char b[2];
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_int_equal(send(fd[0], "abcdef", 6, 0), 6);
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_TRUNC), 6);
	close_pair(fd);
}

TEST(eor_is_accepted_and_changes_nothing)
{
	char b[8];
	struct iovec iov = { .iov_base = b, .iov_len = sizeof(b) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_int_equal(send(fd[0], "abc", 3, MSG_EOR), 3);
	assert_int_equal(recvmsg(fd[1], &m, 0), 3);
	assert_int_equal(m.msg_flags & ~MSG_EOR, 0);
	close_pair(fd);
}

TEST(empty_record_reads_like_the_end_but_is_not)
{
	char b[4];
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_int_equal(send(fd[0], "", 0, 0), 0);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 0);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 1);
	close_pair(fd);
}

TEST(record_over_the_sndbuf_is_emsgsize)
{
	static char data[16384];
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 4096));
	assert_fails(send(fd[0], data, 8192 - 31, 0), EMSGSIZE);
	assert_int_equal(send(fd[0], data, 8192 - 32, 0), 8192 - 32);
	close_pair(fd);
}

TEST(full_buffer_is_eagain)
{
	static char data[1024];
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	while (send(fd[0], data, sizeof(data), MSG_DONTWAIT) == sizeof(data))
		;
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(ready(fd[0], POLLOUT), 0);
	close_pair(fd);
}

TEST(send_before_connect_is_enotconn)
{
	int fd = new_socket(AF_UNIX, SOCK_SEQPACKET);
	char b;

	assert_fails(send(fd, "x", 1, 0), ENOTCONN);
	assert_fails(recv(fd, &b, 1, 0), ENOTCONN);
	assert_ok(close(fd));
}

TEST(sendto_ignores_the_address)
{
	struct sockaddr_un to;
	socklen_t len = abstract_name(&to, "nobody");
	char b[4];
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_int_equal(sendto(fd[0], "x", 1, 0, (struct sockaddr *)&to, len), 1);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 1);
	close_pair(fd);
}

TEST(send_after_the_peer_closed_is_epipe)
{
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_ok(close(fd[1]));
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(fd[0]));
}

TEST(send_after_the_peer_closed_raises_no_sigpipe)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_ok(close(fd[1]));
	assert_fails(send(fd[0], "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 0);
	assert_ok(close(fd[0]));
	signal_restore(SIGPIPE, before);
}

TEST(peer_close_ends_reading_after_what_was_sent)
{
	char b[8];
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_int_equal(send(fd[1], "last", 4, 0), 4);
	assert_ok(close(fd[1]));
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 4);
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 0);
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 0);
	assert_ok(close(fd[0]));
}

TEST(close_with_unread_records_is_econnreset_for_the_peer)
{
	char b;
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_int_equal(send(fd[0], "unread", 6, 0), 6);
	assert_ok(close(fd[1]));
	assert_fails(recv(fd[0], &b, 1, 0), ECONNRESET);
	assert_ok(close(fd[0]));
}

TEST(connect_and_accept)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "seq");
	int listener = new_socket(AF_UNIX, SOCK_SEQPACKET), fd = new_socket(AF_UNIX, SOCK_SEQPACKET), peer;
	char b[8];

	assert_ok(bind(listener, (struct sockaddr *)&at, len));
	assert_ok(listen(listener, 1));
	assert_ok(connect(fd, (struct sockaddr *)&at, len));
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	assert_int_equal(send(peer, "hello", 5, 0), 5);
	assert_int_equal(recv(fd, b, sizeof(b), 0), 5);
	assert_ok(close(fd));
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(stream_cannot_connect_to_a_seqpacket_name)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	int listener = new_socket(AF_UNIX, SOCK_SEQPACKET), fd = new_socket(AF_UNIX, SOCK_STREAM);

	unix_dir_make(&dir);
	at = unix_name(&dir, "seq");
	assert_ok(bind_unix(listener, at));
	assert_ok(listen(listener, 1));
	assert_fails(connect_unix(fd, at), EPROTOTYPE);
	assert_ok(close(fd));
	assert_ok(close(listener));
	assert_ok(unlink(at.sun_path));
	unix_dir_remove(&dir);
}

TEST(oob_is_refused)
{
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_fails(send(fd[0], "x", 1, MSG_OOB), EOPNOTSUPP);
	close_pair(fd);
}

TEST(half_close_ends_one_direction_only)
{
	char b[8];
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 0);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 1);
	close_pair(fd);
}

TEST(seqpacket_does_not_exist_for_inet)
{
	assert_fails(socket(AF_INET, SOCK_SEQPACKET, 0), ESOCKTNOSUPPORT);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(record_boundaries_are_kept),
	DUAL_TEST(short_buffer_loses_the_rest_of_the_record),
	DUAL_TEST(trunc_gives_the_real_length),
	DUAL_TEST(eor_is_accepted_and_changes_nothing),
	DUAL_TEST(empty_record_reads_like_the_end_but_is_not),
	DUAL_TEST(record_over_the_sndbuf_is_emsgsize),
	DUAL_TEST(full_buffer_is_eagain),
	DUAL_TEST(send_before_connect_is_enotconn),
	DUAL_TEST(sendto_ignores_the_address),
	DUAL_TEST(send_after_the_peer_closed_is_epipe),
	DUAL_TEST(send_after_the_peer_closed_raises_no_sigpipe),
	DUAL_TEST(peer_close_ends_reading_after_what_was_sent),
	DUAL_TEST(close_with_unread_records_is_econnreset_for_the_peer),
	DUAL_TEST(connect_and_accept),
	DUAL_TEST(stream_cannot_connect_to_a_seqpacket_name),
	DUAL_TEST(oob_is_refused),
	DUAL_TEST(half_close_ends_one_direction_only),
	DUAL_TEST(seqpacket_does_not_exist_for_inet),
};

BEHAVIOUR_MAIN("unix_seqpacket", tests)
