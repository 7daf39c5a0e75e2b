/* SPDX-License-Identifier: MIT */
/*
 * The accept queue of listen(2) and what a connection attempt looks like that it has no room for: a socket in
 * SYN_SENT for as long as the test lasts. What retransmission makes of it is in time_tcp.c. Plain sockets
 * only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/resource.h>

enum { MAX_WAITING = 8 };

struct full_listener {
	int fd;
	struct sockaddr_in at;
	int waiting[MAX_WAITING];
	int num_waiting;
};

/* A listener whose accept queue is full. */
static void full_listener_make(struct full_listener *l, int backlog)
{
	l->fd = tcp_listener(&l->at, backlog);
	l->num_waiting = backlog + 1;
	for (int i = 0; i < l->num_waiting; i++) {
		l->waiting[i] = new_socket(AF_INET, SOCK_STREAM);
		assert_ok(connect4(l->waiting[i], l->at));
	}
}

static void full_listener_end(struct full_listener *l)
{
	for (int i = 0; i < l->num_waiting; i++)
		tcp_abort(l->waiting[i]);
	assert_ok(close(l->fd));
}

/* A nonblocking socket whose connection attempt found the queue full. */
static int stuck_in_connect(const struct full_listener *l)
{
	int fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);

	assert_fails(connect4(fd, l->at), EINPROGRESS);
	settle();
	return fd;
}

TEST(backlog_of_n_holds_n_and_one)
{
	for (int backlog = 0; backlog < 4; backlog++) {
		struct full_listener l;
		int fd;

		full_listener_make(&l, backlog);
		fd = stuck_in_connect(&l);
		assert_int_equal(ready(fd, POLLOUT), 0);
		assert_ok(close(fd));
		full_listener_end(&l);
	}
}

TEST(negative_backlog_is_a_large_one)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, -1), fd[5];

	for (int i = 0; i < 5; i++) {
		fd[i] = new_socket(AF_INET, SOCK_STREAM);
		assert_ok(connect4(fd[i], at));
	}
	for (int i = 0; i < 5; i++)
		tcp_abort(fd[i]);
	assert_ok(close(listener));
}

TEST(accepting_makes_room_for_the_next)
{
	struct full_listener l;
	int fd = new_socket(AF_INET, SOCK_STREAM), peer;

	full_listener_make(&l, 1);
	peer = accept(l.fd, NULL, NULL);
	assert_true(peer >= 0);
	assert_ok(connect4(fd, l.at));
	tcp_abort(fd);
	assert_ok(close(peer));
	full_listener_end(&l);
}

TEST(larger_backlog_makes_room_for_the_next)
{
	struct full_listener l;
	int fd = new_socket(AF_INET, SOCK_STREAM);

	full_listener_make(&l, 1);
	assert_ok(listen(l.fd, 5));
	assert_ok(connect4(fd, l.at));
	tcp_abort(fd);
	full_listener_end(&l);
}

TEST(connections_that_end_in_the_queue_still_fill_it)
{
	struct full_listener l;
	int fd;

	full_listener_make(&l, 1);
	for (int i = 0; i < l.num_waiting; i++)
		tcp_abort(l.waiting[i]);
	l.num_waiting = 0;
	fd = stuck_in_connect(&l);
	assert_int_equal(ready(fd, POLLOUT), 0);
	assert_ok(close(fd));
	full_listener_end(&l);
}

TEST(connecting_socket_is_neither_readable_nor_writable)
{
	struct full_listener l;
	int fd;

	full_listener_make(&l, 0);
	fd = stuck_in_connect(&l);
	assert_int_equal(ready(fd, POLLIN | POLLOUT | POLLRDHUP | POLLPRI), 0);
	assert_int_equal(tcp_state(fd), TCP_SYN_SENT);
	assert_int_equal(pending_error(fd), 0);
	assert_ok(close(fd));
	full_listener_end(&l);
}

TEST(second_connect_while_connecting_is_ealready)
{
	struct full_listener l;
	int fd;

	full_listener_make(&l, 0);
	fd = stuck_in_connect(&l);
	assert_fails(connect4(fd, l.at), EALREADY);
	assert_fails(connect4(fd, at4("127.0.0.2", 1)), EALREADY);
	assert_ok(close(fd));
	full_listener_end(&l);
}

TEST(send_while_connecting_is_eagain)
{
	struct full_listener l;
	int fd;

	full_listener_make(&l, 0);
	fd = stuck_in_connect(&l);
	assert_fails(send(fd, "x", 1, 0), EAGAIN);
	assert_int_equal(ready(fd, POLLOUT), 0);
	assert_ok(close(fd));
	full_listener_end(&l);
}

TEST(recv_while_connecting_is_eagain)
{
	struct full_listener l;
	char b;
	int fd;

	full_listener_make(&l, 0);
	fd = stuck_in_connect(&l);
	assert_fails(recv(fd, &b, 1, 0), EAGAIN);
	assert_ok(close(fd));
	full_listener_end(&l);
}

TEST(connecting_socket_has_a_name_and_no_peer)
{
	struct full_listener l;
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int fd;

	full_listener_make(&l, 0);
	fd = stuck_in_connect(&l);
	assert_int_equal(local4(fd).sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_int_not_equal(local4(fd).sin_port, 0);
	assert_fails(getpeername(fd, (struct sockaddr *)&at, &len), ENOTCONN);
	assert_ok(close(fd));
	full_listener_end(&l);
}

TEST(listen_while_connecting_is_einval)
{
	struct full_listener l;
	int fd;

	full_listener_make(&l, 0);
	fd = stuck_in_connect(&l);
	assert_fails(listen(fd, 1), EINVAL);
	assert_ok(close(fd));
	full_listener_end(&l);
}

TEST(shutdown_while_connecting_gives_the_attempt_up)
{
	struct full_listener l;
	int fd;

	full_listener_make(&l, 0);
	fd = stuck_in_connect(&l);
	assert_ok(shutdown(fd, SHUT_RDWR));
	assert_int_equal(tcp_state(fd), TCP_CLOSE);
	assert_ok(close(fd));
	full_listener_end(&l);
}

TEST(connect_with_af_unspec_gives_the_attempt_up)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct full_listener l;
	struct sockaddr_in at;
	int fd, other = tcp_listener(&at, 1);

	full_listener_make(&l, 0);
	fd = stuck_in_connect(&l);
	assert_ok(connect(fd, &none, sizeof(none)));
	assert_int_equal(tcp_state(fd), TCP_CLOSE);
	assert_fails(connect4(fd, at), EINPROGRESS);
	await(fd, POLLOUT);
	tcp_abort(fd);
	assert_ok(close(other));
	full_listener_end(&l);
}

TEST(closing_a_connecting_socket_leaves_no_trace_at_the_listener)
{
	struct full_listener l;
	int fd, peer;

	full_listener_make(&l, 0);
	fd = stuck_in_connect(&l);
	assert_ok(close(fd));
	peer = accept(l.fd, NULL, NULL);
	assert_true(peer >= 0);
	settle();
	assert_int_equal(ready(l.fd, POLLIN), 0);
	assert_ok(close(peer));
	full_listener_end(&l);
}

TEST(listener_polls_readable_while_connections_wait)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 2), fd[2], peer[2];

	assert_int_equal(ready(listener, POLLIN | POLLOUT), 0);
	for (int i = 0; i < 2; i++) {
		fd[i] = new_socket(AF_INET, SOCK_STREAM);
		assert_ok(connect4(fd[i], at));
	}
	assert_int_equal(ready(listener, POLLIN | POLLOUT), POLLIN);
	peer[0] = accept(listener, NULL, NULL);
	assert_int_equal(ready(listener, POLLIN | POLLOUT), POLLIN);
	peer[1] = accept(listener, NULL, NULL);
	assert_int_equal(ready(listener, POLLIN | POLLOUT), 0);
	for (int i = 0; i < 2; i++) {
		tcp_abort(fd[i]);
		assert_ok(close(peer[i]));
	}
	assert_ok(close(listener));
}

TEST(two_listeners_on_one_port_are_eaddrinuse)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), second = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(bind4(second, at), EADDRINUSE);
	assert_ok(set_int(second, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_fails(bind4(second, at), EADDRINUSE);
	assert_ok(close(second));
	assert_ok(close(listener));
}

TEST(two_sockets_with_reuseaddr_bind_one_port_but_only_one_listens)
{
	int first = new_socket(AF_INET, SOCK_STREAM), second = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(set_int(first, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(set_int(second, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(first, at4("127.0.0.1", 0)));
	assert_ok(bind4(second, local4(first)));
	assert_ok(listen(first, 1));
	assert_fails(listen(second, 1), EADDRINUSE);
	assert_ok(close(first));
	assert_ok(close(second));
}

/* Numbers end at 64, and all of them are taken. */
static int take_all_numbers(int held[64], struct rlimit *old)
{
	struct rlimit few;
	int num = 0;

	assert_ok(getrlimit(RLIMIT_NOFILE, old));
	few = *old;
	few.rlim_cur = 64;
	assert_ok(setrlimit(RLIMIT_NOFILE, &few));
	while ((held[num] = socket(AF_INET, SOCK_DGRAM, 0)) >= 0)
		num++;
	assert_int_equal(errno, EMFILE);
	return num;
}

/* accept(2) takes the number before it looks at the queue: what waits there stays. */
TEST(accept_without_a_free_descriptor_is_emfile_and_keeps_the_connection)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM), held[64], num, peer;
	struct rlimit old;

	set_nonblock(listener);
	num = take_all_numbers(held, &old);
	assert_fails(accept(listener, NULL, NULL), EMFILE);
	assert_fails(accept(held[0], NULL, NULL), EMFILE);
	assert_fails(accept4(listener, NULL, NULL, 1), EINVAL);
	assert_ok(connect4(fd, at));
	assert_fails(accept(listener, NULL, NULL), EMFILE);
	assert_ok(close(held[--num]));
	peer = accept(listener, NULL, NULL);
	assert_true(peer >= 0);
	assert_ok(close(peer));
	while (num)
		assert_ok(close(held[--num]));
	assert_ok(setrlimit(RLIMIT_NOFILE, &old));
	tcp_abort(fd);
	assert_ok(close(listener));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(accept_without_a_free_descriptor_is_emfile_and_keeps_the_connection),
	DUAL_TEST(backlog_of_n_holds_n_and_one),
	DUAL_TEST(negative_backlog_is_a_large_one),
	DUAL_TEST(accepting_makes_room_for_the_next),
	DUAL_TEST(larger_backlog_makes_room_for_the_next),
	DUAL_TEST(connections_that_end_in_the_queue_still_fill_it),
	DUAL_TEST(connecting_socket_is_neither_readable_nor_writable),
	DUAL_TEST(second_connect_while_connecting_is_ealready),
	DUAL_TEST(send_while_connecting_is_eagain),
	DUAL_TEST(recv_while_connecting_is_eagain),
	DUAL_TEST(connecting_socket_has_a_name_and_no_peer),
	DUAL_TEST(listen_while_connecting_is_einval),
	DUAL_TEST(shutdown_while_connecting_gives_the_attempt_up),
	DUAL_TEST(connect_with_af_unspec_gives_the_attempt_up),
	DUAL_TEST(closing_a_connecting_socket_leaves_no_trace_at_the_listener),
	DUAL_TEST(listener_polls_readable_while_connections_wait),
	DUAL_TEST(two_listeners_on_one_port_are_eaddrinuse),
	DUAL_TEST(two_sockets_with_reuseaddr_bind_one_port_but_only_one_listens),
};

BEHAVIOUR_MAIN("tcp_backlog", tests)
