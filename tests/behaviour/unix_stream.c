/* SPDX-License-Identifier: MIT */
/*
 * Unix-domain streams as unix(7), send(2) and connect(2) have them: named and unnamed connections, bytes,
 * ends, resets, backlog. Names themselves are in unix_paths.c, the socketpair call in socketpair.c. Plain
 * sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/ioctl.h>
#include <linux/sockios.h>

static int unix_listener(struct sockaddr_un *at, socklen_t *len, const char *name, int backlog)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	*len = abstract_name(at, name);
	assert_ok(bind(fd, (struct sockaddr *)at, *len));
	assert_ok(listen(fd, backlog));
	return fd;
}

TEST(sent_bytes_arrive)
{
	char b[16];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "hello", 5, 0), 5);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 5);
	assert_memory_equal(b, "hello", 5);
	close_pair(fd);
}

TEST(stream_joins_sends_and_splits_reads)
{
	char b[16];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "one", 3, 0), 3);
	assert_int_equal(send(fd[0], "two", 3, 0), 3);
	assert_int_equal(recv(fd[1], b, 2, 0), 2);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 4);
	assert_memory_equal(b, "etwo", 4);
	close_pair(fd);
}

TEST(peek_leaves_the_bytes)
{
	char b[16];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "one", 3, 0), 3);
	assert_int_equal(send(fd[0], "two", 3, 0), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), MSG_PEEK), 6);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 6);
	assert_memory_equal(b, "onetwo", 6);
	close_pair(fd);
}

TEST(trunc_copies_all_the_same)
{
	char b[4] = "...";
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "abcdef", 6, 0), 6);
	assert_int_equal(recv(fd[1], b, 3, MSG_TRUNC), 3);
	assert_memory_equal(b, "abc", 3);
	assert_int_equal(recv(fd[1], b, 4, 0), 3);
	close_pair(fd);
}

TEST(send_of_nothing_is_zero_and_not_a_message)
{
	char b;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "", 0, 0), 0);
	assert_fails(recv(fd[1], &b, 1, MSG_DONTWAIT), EAGAIN);
	close_pair(fd);
}

TEST(recv_of_nothing_waits_like_any_recv)
{
	char b;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_fails(recv(fd[0], &b, 0, MSG_DONTWAIT), EAGAIN);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(recv(fd[0], &b, 0, 0), 0);
	assert_int_equal(recv(fd[0], &b, 1, 0), 1);
	close_pair(fd);
}

TEST(send_before_connect_is_enotconn_without_sigpipe)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd = new_socket(AF_UNIX, SOCK_STREAM);
	char b;

	assert_fails(send(fd, "x", 1, 0), ENOTCONN);
	assert_int_equal(signals_seen, 0);
	assert_fails(recv(fd, &b, 1, 0), EINVAL);
	assert_ok(close(fd));
	signal_restore(SIGPIPE, before);
}

TEST(sendto_with_an_address_is_eisconn_or_eopnotsupp)
{
	struct sockaddr_un to;
	socklen_t len = abstract_name(&to, "nobody");
	int fd[2], fresh = new_socket(AF_UNIX, SOCK_STREAM);

	unix_pair(SOCK_STREAM, fd);
	assert_fails(sendto(fd[0], "x", 1, 0, (struct sockaddr *)&to, len), EISCONN);
	assert_fails(sendto(fresh, "x", 1, 0, (struct sockaddr *)&to, len), EOPNOTSUPP);
	close_pair(fd);
	assert_ok(close(fresh));
}

TEST(send_after_the_peer_closed_is_epipe_with_sigpipe)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(close(fd[1]));
	assert_fails(send(fd[0], "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_fails(write(fd[0], "x", 1), EPIPE);
	assert_int_equal(signals_seen, 2);
	assert_ok(close(fd[0]));
	signal_restore(SIGPIPE, before);
}

TEST(peer_close_ends_the_stream_after_what_was_sent)
{
	char b[8];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[1], "last", 4, 0), 4);
	assert_ok(close(fd[1]));
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 4);
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 0);
	assert_ok(close(fd[0]));
}

TEST(close_with_unread_data_is_econnreset_for_the_peer)
{
	char b;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "unread", 6, 0), 6);
	assert_ok(close(fd[1]));
	assert_fails(recv(fd[0], &b, 1, 0), ECONNRESET);
	assert_int_equal(recv(fd[0], &b, 1, 0), 0);
	assert_ok(close(fd[0]));
}

TEST(send_takes_the_reset_of_a_peer_that_closed_unread)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "unread", 6, 0), 6);
	assert_ok(close(fd[1]));
	assert_int_equal(pending_error(fd[0]), ECONNRESET);
	assert_fails(send(fd[0], "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_ok(close(fd[0]));
	signal_restore(SIGPIPE, before);
}

TEST(send_to_a_peer_that_closed_unread_is_epipe_and_leaves_the_reset)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "unread", 6, 0), 6);
	assert_ok(close(fd[1]));
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_int_equal(pending_error(fd[0]), ECONNRESET);
	assert_ok(close(fd[0]));
}

TEST(own_unread_data_does_not_spoil_the_peers_reading)
{
	char b[8];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "unread", 6, 0), 6);
	assert_int_equal(send(fd[1], "kept", 4, 0), 4);
	assert_ok(close(fd[1]));
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 4);
	assert_fails(recv(fd[0], b, sizeof(b), 0), ECONNRESET);
	assert_ok(close(fd[0]));
}

TEST(half_close_ends_one_direction_only)
{
	char b[8];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 0);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 1);
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	close_pair(fd);
}

TEST(peers_shut_rd_makes_send_epipe)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(shutdown(fd[1], SHUT_RD));
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	close_pair(fd);
}

TEST(shut_rd_keeps_what_was_queued)
{
	char b[8];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "old", 3, 0), 3);
	assert_ok(shutdown(fd[1], SHUT_RD));
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 0);
	close_pair(fd);
}

TEST(shutdown_of_a_fresh_socket_succeeds)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_ok(shutdown(fd, SHUT_WR));
	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), ENOTCONN);
	assert_ok(close(fd));
}

TEST(full_buffer_is_eagain_and_room_returns_when_read)
{
	int fd[2];
	size_t taken;

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(ready(fd[0], POLLOUT), POLLOUT);
	taken = fill(fd[0], 4096);
	assert_fails(send(fd[0], "x", 1, MSG_DONTWAIT), EAGAIN);
	assert_int_equal(ready(fd[0], POLLOUT), 0);
	discard(fd[1], taken);
	assert_int_equal(ready(fd[0], POLLOUT), POLLOUT);
	assert_int_equal(send(fd[0], "x", 1, MSG_DONTWAIT), 1);
	close_pair(fd);
}

TEST(nonblocking_send_over_the_room_is_short)
{
	static char block[1 << 20];
	int fd[2];
	ssize_t n;

	unix_pair(SOCK_STREAM, fd);
	n = send(fd[0], block, sizeof(block), MSG_DONTWAIT);
	assert_true(n > 0 && n < (ssize_t)sizeof(block));
	assert_fails(send(fd[0], block, sizeof(block), MSG_DONTWAIT), EAGAIN);
	discard(fd[1], (size_t)n);
	close_pair(fd);
}

TEST(senders_sndbuf_alone_decides_how_much_fits)
{
	int fd[2];
	size_t small, large;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 8192));
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_RCVBUF, 2304));
	small = fill(fd[0], 1024);
	large = fill(fd[1], 1024);
	assert_in_range(small, 1024, 16384);
	assert_in_range(large, 65536, 212992);
	close_pair(fd);
}

TEST(accept_gives_a_connection_and_its_name)
{
	struct sockaddr_un at, from;
	socklen_t len, from_len = sizeof(from);
	int listener = unix_listener(&at, &len, "accept", 1), fd = new_socket(AF_UNIX, SOCK_STREAM), peer;
	char b;

	assert_ok(connect(fd, (struct sockaddr *)&at, len));
	peer = accept(listener, (struct sockaddr *)&from, &from_len);
	assert_true(peer >= 0);
	assert_int_equal(from_len, sizeof(sa_family_t));
	assert_int_equal(from.sun_family, AF_UNIX);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(recv(peer, &b, 1, 0), 1);
	assert_ok(close(fd));
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(data_sent_before_accept_is_kept)
{
	struct sockaddr_un at;
	socklen_t len;
	int listener = unix_listener(&at, &len, "early", 1), fd = new_socket(AF_UNIX, SOCK_STREAM), peer;
	char b[8];

	assert_ok(connect(fd, (struct sockaddr *)&at, len));
	assert_int_equal(send(fd, "early", 5, 0), 5);
	assert_ok(close(fd));
	peer = accept(listener, NULL, NULL);
	assert_int_equal(recv(peer, b, sizeof(b), 0), 5);
	assert_int_equal(recv(peer, b, sizeof(b), 0), 0);
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(full_backlog_is_eagain_for_a_nonblocking_connect)
{
	struct sockaddr_un at;
	socklen_t len;
	int listener = unix_listener(&at, &len, "full", 1), fd[3], peer;

	for (int i = 0; i < 3; i++)
		fd[i] = new_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
	assert_ok(connect(fd[0], (struct sockaddr *)&at, len));
	assert_ok(connect(fd[1], (struct sockaddr *)&at, len));
	assert_fails(connect(fd[2], (struct sockaddr *)&at, len), EAGAIN);
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	assert_ok(connect(fd[2], (struct sockaddr *)&at, len));
	for (int i = 0; i < 3; i++)
		assert_ok(close(fd[i]));
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(backlog_of_zero_takes_one_connection)
{
	struct sockaddr_un at;
	socklen_t len;
	int listener = unix_listener(&at, &len, "zero", 0), fd[2];

	for (int i = 0; i < 2; i++)
		fd[i] = new_socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK);
	assert_ok(connect(fd[0], (struct sockaddr *)&at, len));
	assert_fails(connect(fd[1], (struct sockaddr *)&at, len), EAGAIN);
	close_pair(fd);
	assert_ok(close(listener));
}

TEST(connected_socket_refuses_another_connect)
{
	struct sockaddr_un at;
	socklen_t len;
	int listener = unix_listener(&at, &len, "again", 1), fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_ok(connect(fd, (struct sockaddr *)&at, len));
	assert_fails(connect(fd, (struct sockaddr *)&at, len), EISCONN);
	assert_fails(connect(listener, (struct sockaddr *)&at, len), EINVAL);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(closing_the_listener_resets_what_was_not_accepted)
{
	struct sockaddr_un at;
	socklen_t len;
	int listener = unix_listener(&at, &len, "gone", 1), fd = new_socket(AF_UNIX, SOCK_STREAM);
	char b;

	assert_ok(connect(fd, (struct sockaddr *)&at, len));
	assert_ok(close(listener));
	assert_fails(recv(fd, &b, 1, 0), ECONNRESET);
	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(fd));
}

TEST(listen_needs_a_name)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_fails(listen(fd, 1), EINVAL);
	assert_ok(close(fd));
}

TEST(accept_needs_a_listener)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_fails(accept(fd[0], NULL, NULL), EINVAL);
	close_pair(fd);
}

TEST(connect_to_a_name_nobody_has_is_econnrefused)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "nobody");
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_fails(connect(fd, (struct sockaddr *)&at, len), ECONNREFUSED);
	assert_ok(close(fd));
}

TEST(connect_to_a_bound_socket_that_does_not_listen_is_refused)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "idle");
	int bound = new_socket(AF_UNIX, SOCK_STREAM), fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_ok(bind(bound, (struct sockaddr *)&at, len));
	assert_fails(connect(fd, (struct sockaddr *)&at, len), ECONNREFUSED);
	assert_ok(close(bound));
	assert_ok(close(fd));
}

TEST(connect_to_the_wrong_type_is_eprototype_or_refused)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	int bound = new_socket(AF_UNIX, SOCK_DGRAM), fd = new_socket(AF_UNIX, SOCK_STREAM);

	unix_dir_make(&dir);
	at = unix_name(&dir, "s");
	assert_ok(bind_unix(bound, at));
	assert_fails(connect_unix(fd, at), EPROTOTYPE);
	assert_ok(close(bound));
	assert_ok(close(fd));
	assert_ok(unlink(at.sun_path));
	unix_dir_remove(&dir);
}

TEST(poll_shows_the_peers_close_as_hangup)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(ready(fd[0], POLLIN | POLLOUT | POLLRDHUP), POLLOUT);
	assert_ok(close(fd[1]));
	assert_int_equal(ready(fd[0], POLLIN | POLLOUT | POLLRDHUP), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	assert_ok(close(fd[0]));
}

TEST(fresh_socket_polls_as_writable_and_hung_up)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_int_equal(ready(fd, POLLIN | POLLOUT | POLLRDHUP), POLLOUT | POLLHUP);
	assert_ok(close(fd));
}

TEST(fionread_counts_unread_bytes)
{
	char b[4];
	int fd[2], n = -1;

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(send(fd[0], "de", 2, 0), 2);
	assert_ok(ioctl(fd[1], FIONREAD, &n));
	assert_int_equal(n, 5);
	assert_int_equal(recv(fd[1], b, 4, 0), 4);
	assert_ok(ioctl(fd[1], FIONREAD, &n));
	assert_int_equal(n, 1);
	close_pair(fd);
}

TEST(recvfrom_names_no_unnamed_peer)
{
	struct sockaddr_un from;
	socklen_t len = sizeof(from);
	char b[4];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(recvfrom(fd[1], b, sizeof(b), 0, (struct sockaddr *)&from, &len), 3);
	assert_int_equal(len, 0);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(sent_bytes_arrive),
	DUAL_TEST(stream_joins_sends_and_splits_reads),
	DUAL_TEST(peek_leaves_the_bytes),
	DUAL_TEST(trunc_copies_all_the_same),
	DUAL_TEST(send_of_nothing_is_zero_and_not_a_message),
	DUAL_TEST(recv_of_nothing_waits_like_any_recv),
	DUAL_TEST(send_before_connect_is_enotconn_without_sigpipe),
	DUAL_TEST(sendto_with_an_address_is_eisconn_or_eopnotsupp),
	DUAL_TEST(send_after_the_peer_closed_is_epipe_with_sigpipe),
	DUAL_TEST(peer_close_ends_the_stream_after_what_was_sent),
	DUAL_TEST(close_with_unread_data_is_econnreset_for_the_peer),
	DUAL_TEST(send_takes_the_reset_of_a_peer_that_closed_unread),
	DUAL_TEST(send_to_a_peer_that_closed_unread_is_epipe_and_leaves_the_reset),
	DUAL_TEST(own_unread_data_does_not_spoil_the_peers_reading),
	DUAL_TEST(half_close_ends_one_direction_only),
	DUAL_TEST(peers_shut_rd_makes_send_epipe),
	DUAL_TEST(shut_rd_keeps_what_was_queued),
	DUAL_TEST(shutdown_of_a_fresh_socket_succeeds),
	DUAL_TEST(full_buffer_is_eagain_and_room_returns_when_read),
	DUAL_TEST(nonblocking_send_over_the_room_is_short),
	DUAL_TEST(senders_sndbuf_alone_decides_how_much_fits),
	DUAL_TEST(accept_gives_a_connection_and_its_name),
	DUAL_TEST(data_sent_before_accept_is_kept),
	DUAL_TEST(full_backlog_is_eagain_for_a_nonblocking_connect),
	DUAL_TEST(backlog_of_zero_takes_one_connection),
	DUAL_TEST(connected_socket_refuses_another_connect),
	DUAL_TEST(closing_the_listener_resets_what_was_not_accepted),
	DUAL_TEST(listen_needs_a_name),
	DUAL_TEST(accept_needs_a_listener),
	DUAL_TEST(connect_to_a_name_nobody_has_is_econnrefused),
	DUAL_TEST(connect_to_a_bound_socket_that_does_not_listen_is_refused),
	DUAL_TEST(connect_to_the_wrong_type_is_eprototype_or_refused),
	DUAL_TEST(poll_shows_the_peers_close_as_hangup),
	DUAL_TEST(fresh_socket_polls_as_writable_and_hung_up),
	DUAL_TEST(fionread_counts_unread_bytes),
	DUAL_TEST(recvfrom_names_no_unnamed_peer),
};

BEHAVIOUR_MAIN("unix_stream", tests)
