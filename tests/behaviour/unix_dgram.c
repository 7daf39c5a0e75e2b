/* SPDX-License-Identifier: MIT */
/*
 * Unix-domain datagrams as unix(7) and send(2) have them: reliable, ordered, bounded by the receiver's queue
 * and the sender's buffer. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/ioctl.h>

/* A datagram socket bound to an abstract name. */
static int dgram_bound(const char *name, struct sockaddr_un *at, socklen_t *len)
{
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);

	*len = abstract_name(at, name);
	assert_ok(bind(fd, (struct sockaddr *)at, *len));
	return fd;
}

TEST(message_boundaries_are_kept)
{
	char b[8];
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_int_equal(send(fd[0], "one", 3, 0), 3);
	assert_int_equal(send(fd[0], "three", 5, 0), 5);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 5);
	close_pair(fd);
}

TEST(short_buffer_loses_the_rest)
{
	char b[8];
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_int_equal(send(fd[0], "abcdef", 6, 0), 6);
	assert_int_equal(send(fd[0], "n", 1, 0), 1);
	assert_int_equal(recv(fd[1], b, 2, 0), 2);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 1);
	close_pair(fd);
}

TEST(trunc_gives_the_real_length)
{
	char b[2];
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_int_equal(send(fd[0], "abcdef", 6, 0), 6);
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_PEEK | MSG_TRUNC), 6);
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_TRUNC), 6);
	close_pair(fd);
}

TEST(empty_datagram_arrives)
{
	char b[2];
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_int_equal(send(fd[0], "", 0, 0), 0);
	assert_int_equal(ready(fd[1], POLLIN), POLLIN);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 0);
	assert_fails(recv(fd[1], b, sizeof(b), MSG_DONTWAIT), EAGAIN);
	close_pair(fd);
}

TEST(sendto_a_name_carries_the_senders_name)
{
	struct sockaddr_un a, b, from;
	socklen_t a_len, b_len, len = sizeof(from);
	int fa = dgram_bound("a", &a, &a_len), fb = dgram_bound("b", &b, &b_len);
	char data[8];

	assert_int_equal(sendto(fa, "hello", 5, 0, (struct sockaddr *)&b, b_len), 5);
	assert_int_equal(recvfrom(fb, data, sizeof(data), 0, (struct sockaddr *)&from, &len), 5);
	assert_int_equal(len, a_len);
	assert_memory_equal(&from, &a, a_len);
	assert_ok(close(fa));
	assert_ok(close(fb));
}

TEST(unnamed_sender_has_no_name)
{
	struct sockaddr_un at, from;
	socklen_t at_len, len = sizeof(from);
	int fd = dgram_bound("named", &at, &at_len), sender = new_socket(AF_UNIX, SOCK_DGRAM);
	char data[8];

	assert_int_equal(sendto(sender, "x", 1, 0, (struct sockaddr *)&at, at_len), 1);
	assert_int_equal(recvfrom(fd, data, sizeof(data), 0, (struct sockaddr *)&from, &len), 1);
	assert_int_equal(len, 0);
	assert_ok(close(fd));
	assert_ok(close(sender));
}

TEST(send_without_address_or_peer_is_enotconn)
{
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_fails(send(fd, "x", 1, 0), ENOTCONN);
	assert_ok(close(fd));
}

TEST(send_to_a_name_nobody_has_is_econnrefused)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "nobody");
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, len), ECONNREFUSED);
	assert_fails(connect(fd, (struct sockaddr *)&at, len), ECONNREFUSED);
	assert_ok(close(fd));
}

TEST(send_to_a_path_that_is_missing_is_enoent)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);

	unix_dir_make(&dir);
	at = unix_name(&dir, "missing");
	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, sizeof(at)), ENOENT);
	assert_ok(close(fd));
	unix_dir_remove(&dir);
}

TEST(send_to_a_stream_socket_is_eprototype)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	int fd = new_socket(AF_UNIX, SOCK_DGRAM), other = new_socket(AF_UNIX, SOCK_STREAM);

	unix_dir_make(&dir);
	at = unix_name(&dir, "stream");
	assert_ok(bind_unix(other, at));
	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, sizeof(at)), EPROTOTYPE);
	assert_ok(close(fd));
	assert_ok(close(other));
	assert_ok(unlink(at.sun_path));
	unix_dir_remove(&dir);
}

TEST(send_to_a_path_without_write_permission_is_eacces)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	int fd, other;

	if (geteuid() == 0)
		skip();
	fd = new_socket(AF_UNIX, SOCK_DGRAM);
	other = new_socket(AF_UNIX, SOCK_DGRAM);
	unix_dir_make(&dir);
	at = unix_name(&dir, "closed");
	assert_ok(bind_unix(other, at));
	assert_ok(chmod(at.sun_path, 0444));
	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)&at, sizeof(at)), EACCES);
	assert_fails(connect_unix(fd, at), EACCES);
	assert_ok(close(fd));
	assert_ok(close(other));
	assert_ok(unlink(at.sun_path));
	unix_dir_remove(&dir);
}

TEST(sendto_from_a_connected_socket_goes_where_it_says)
{
	struct sockaddr_un at;
	socklen_t len;
	int fd[2], other = dgram_bound("other", &at, &len);
	char data[4];

	unix_pair(SOCK_DGRAM, fd);
	assert_int_equal(sendto(fd[0], "x", 1, 0, (struct sockaddr *)&at, len), 1);
	assert_int_equal(recv(other, data, sizeof(data), 0), 1);
	assert_fails(recv(fd[1], data, sizeof(data), MSG_DONTWAIT), EAGAIN);
	close_pair(fd);
	assert_ok(close(other));
}

TEST(socket_connected_elsewhere_refuses_strangers_with_eperm)
{
	struct sockaddr_un a, b;
	socklen_t a_len, b_len;
	int fa = dgram_bound("a", &a, &a_len), fb = dgram_bound("b", &b, &b_len);
	int stranger = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_ok(connect(fa, (struct sockaddr *)&b, b_len));
	assert_fails(sendto(stranger, "x", 1, 0, (struct sockaddr *)&a, a_len), EPERM);
	assert_fails(connect(stranger, (struct sockaddr *)&a, a_len), EPERM);
	assert_ok(close(fa));
	assert_ok(close(fb));
	assert_ok(close(stranger));
}

TEST(connect_again_changes_the_peer)
{
	struct sockaddr_un a, b;
	socklen_t a_len, b_len;
	int fa = dgram_bound("a", &a, &a_len), fb = dgram_bound("b", &b, &b_len);
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);
	char data[4];

	assert_ok(connect(fd, (struct sockaddr *)&a, a_len));
	assert_int_equal(send(fd, "1", 1, 0), 1);
	assert_ok(connect(fd, (struct sockaddr *)&b, b_len));
	assert_int_equal(send(fd, "2", 1, 0), 1);
	assert_int_equal(recv(fa, data, sizeof(data), 0), 1);
	assert_int_equal(recv(fb, data, sizeof(data), 0), 1);
	assert_int_equal(data[0], '2');
	assert_ok(close(fa));
	assert_ok(close(fb));
	assert_ok(close(fd));
}

TEST(connect_with_af_unspec_forgets_the_peer)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_un at;
	socklen_t len;
	int other = dgram_bound("x", &at, &len), fd = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_ok(connect(fd, (struct sockaddr *)&at, len));
	assert_ok(connect(fd, &none, sizeof(none)));
	assert_fails(send(fd, "x", 1, 0), ENOTCONN);
	len = sizeof(at);
	assert_fails(getpeername(fd, (struct sockaddr *)&at, &len), ENOTCONN);
	assert_ok(close(fd));
	assert_ok(close(other));
}

TEST(queue_of_the_receiver_holds_max_dgram_qlen_and_one)
{
	struct sockaddr_un at;
	socklen_t len;
	int other = dgram_bound("queue", &at, &len), fd = new_socket(AF_UNIX, SOCK_DGRAM);
	char data[4];

	assert_ok(connect(fd, (struct sockaddr *)&at, len));
	for (int i = 0; i < 11; i++)
		assert_int_equal(send(fd, "x", 1, MSG_DONTWAIT), 1);
	assert_fails(send(fd, "x", 1, MSG_DONTWAIT), EAGAIN);
	assert_int_equal(recv(other, data, sizeof(data), 0), 1);
	assert_int_equal(send(fd, "x", 1, MSG_DONTWAIT), 1);
	assert_fails(send(fd, "x", 1, MSG_DONTWAIT), EAGAIN);
	assert_ok(close(fd));
	assert_ok(close(other));
}

TEST(full_queue_takes_pollout_from_a_connected_sender)
{
	struct sockaddr_un at;
	socklen_t len;
	int other = dgram_bound("pollout", &at, &len), fd = new_socket(AF_UNIX, SOCK_DGRAM);
	char data[4];

	assert_ok(connect(fd, (struct sockaddr *)&at, len));
	assert_int_equal(ready(fd, POLLOUT), POLLOUT);
	while (send(fd, "x", 1, MSG_DONTWAIT) == 1)
		;
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(ready(fd, POLLOUT), 0);
	assert_int_equal(recv(other, data, sizeof(data), 0), 1);
	assert_int_equal(ready(fd, POLLOUT), POLLOUT);
	assert_ok(close(fd));
	assert_ok(close(other));
}

TEST(sndbuf_bounds_what_a_pair_holds)
{
	static char data[4096];
	int fd[2], num = 0;

	unix_pair(SOCK_DGRAM, fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 8192));
	while (send(fd[0], data, sizeof(data), MSG_DONTWAIT) == sizeof(data))
		num++;
	assert_int_equal(errno, EAGAIN);
	assert_in_range(num, 1, 4);
	close_pair(fd);
}

TEST(datagram_over_the_sndbuf_is_emsgsize)
{
	static char data[16384];
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 4096));
	assert_int_equal(get_int(fd[0], SOL_SOCKET, SO_SNDBUF), 8192);
	assert_fails(send(fd[0], data, 8192 - 32 + 1, 0), EMSGSIZE);
	assert_int_equal(send(fd[0], data, 8192 - 32, 0), 8192 - 32);
	close_pair(fd);
}

TEST(closing_one_end_of_a_pair_leaves_no_error_and_no_end)
{
	char b;
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_ok(close(fd[1]));
	assert_int_equal(pending_error(fd[0]), 0);
	assert_fails(recv(fd[0], &b, 1, MSG_DONTWAIT), EAGAIN);
	assert_ok(close(fd[0]));
}

TEST(closing_one_end_of_a_pair_unread_or_not_refuses_send)
{
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_ok(close(fd[1]));
	assert_fails(send(fd[0], "x", 1, 0), ECONNREFUSED);
	assert_fails(send(fd[0], "x", 1, 0), ENOTCONN);
	assert_ok(close(fd[0]));
}

TEST(closing_the_named_receiver_resets_who_is_connected_to_it)
{
	struct sockaddr_un at;
	socklen_t len;
	int other = dgram_bound("closing", &at, &len), fd = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_ok(connect(fd, (struct sockaddr *)&at, len));
	assert_ok(close(other));
	assert_fails(send(fd, "x", 1, 0), ECONNREFUSED);
	assert_fails(send(fd, "x", 1, 0), ENOTCONN);
	assert_ok(close(fd));
}

TEST(what_was_queued_survives_the_senders_close)
{
	char b[8];
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_int_equal(send(fd[0], "last", 4, 0), 4);
	assert_ok(close(fd[0]));
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 4);
	assert_ok(close(fd[1]));
}

TEST(shut_wr_makes_send_epipe_without_sigpipe)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_fails(send(fd[0], "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 0);
	close_pair(fd);
	signal_restore(SIGPIPE, before);
}

TEST(peers_shut_rd_makes_send_epipe_without_sigpipe)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_ok(shutdown(fd[1], SHUT_RD));
	assert_fails(send(fd[0], "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 0);
	close_pair(fd);
	signal_restore(SIGPIPE, before);
}

TEST(oob_is_refused)
{
	char b;
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_fails(send(fd[0], "x", 1, MSG_OOB), EOPNOTSUPP);
	assert_fails(recv(fd[1], &b, 1, MSG_OOB), EOPNOTSUPP);
	close_pair(fd);
}

TEST(fionread_is_the_size_of_the_next_datagram)
{
	int fd[2], n = -1;

	unix_pair(SOCK_DGRAM, fd);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(send(fd[0], "de", 2, 0), 2);
	assert_ok(ioctl(fd[1], FIONREAD, &n));
	assert_int_equal(n, 3);
	close_pair(fd);
}

TEST(listen_and_accept_are_not_supported)
{
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_fails(listen(fd[0], 1), EOPNOTSUPP);
	assert_fails(accept(fd[0], NULL, NULL), EOPNOTSUPP);
	close_pair(fd);
}

TEST(socket_can_send_to_itself)
{
	struct sockaddr_un at;
	socklen_t len;
	int fd = dgram_bound("self", &at, &len);
	char b[4];

	assert_int_equal(sendto(fd, "me", 2, 0, (struct sockaddr *)&at, len), 2);
	assert_int_equal(recv(fd, b, sizeof(b), 0), 2);
	assert_ok(close(fd));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(message_boundaries_are_kept),
	DUAL_TEST(short_buffer_loses_the_rest),
	DUAL_TEST(trunc_gives_the_real_length),
	DUAL_TEST(empty_datagram_arrives),
	DUAL_TEST(sendto_a_name_carries_the_senders_name),
	DUAL_TEST(unnamed_sender_has_no_name),
	DUAL_TEST(send_without_address_or_peer_is_enotconn),
	DUAL_TEST(send_to_a_name_nobody_has_is_econnrefused),
	DUAL_TEST(send_to_a_path_that_is_missing_is_enoent),
	DUAL_TEST(send_to_a_stream_socket_is_eprototype),
	DUAL_TEST(send_to_a_path_without_write_permission_is_eacces),
	DUAL_TEST(sendto_from_a_connected_socket_goes_where_it_says),
	DUAL_TEST(socket_connected_elsewhere_refuses_strangers_with_eperm),
	DUAL_TEST(connect_again_changes_the_peer),
	DUAL_TEST(connect_with_af_unspec_forgets_the_peer),
	DUAL_TEST(queue_of_the_receiver_holds_max_dgram_qlen_and_one),
	DUAL_TEST(full_queue_takes_pollout_from_a_connected_sender),
	DUAL_TEST(sndbuf_bounds_what_a_pair_holds),
	DUAL_TEST(datagram_over_the_sndbuf_is_emsgsize),
	DUAL_TEST(closing_one_end_of_a_pair_leaves_no_error_and_no_end),
	DUAL_TEST(closing_one_end_of_a_pair_unread_or_not_refuses_send),
	DUAL_TEST(closing_the_named_receiver_resets_who_is_connected_to_it),
	DUAL_TEST(what_was_queued_survives_the_senders_close),
	DUAL_TEST(shut_wr_makes_send_epipe_without_sigpipe),
	DUAL_TEST(peers_shut_rd_makes_send_epipe_without_sigpipe),
	DUAL_TEST(oob_is_refused),
	DUAL_TEST(fionread_is_the_size_of_the_next_datagram),
	DUAL_TEST(listen_and_accept_are_not_supported),
	DUAL_TEST(socket_can_send_to_itself),
};

BEHAVIOUR_MAIN("unix_dgram", tests)
