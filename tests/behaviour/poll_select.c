/* SPDX-License-Identifier: MIT */
/*
 * poll(2) and select(2): what every kind of socket shows in every state, mixed sets, wrong arguments. How
 * long they wait is in time_waits.c. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/select.h>

enum { ALL = POLLIN | POLLPRI | POLLOUT | POLLRDHUP };

TEST(fresh_tcp_socket_is_hung_up_and_writable)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(ready(fd, ALL), POLLOUT | POLLHUP);
	assert_int_equal(ready(fd, 0), POLLHUP);
	assert_ok(close(fd));
}

TEST(bound_tcp_socket_is_as_a_fresh_one)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(bind4(fd, at4("127.0.0.1", 0)));
	assert_int_equal(ready(fd, ALL), POLLOUT | POLLHUP);
	assert_ok(close(fd));
}

TEST(listener_is_silent_until_a_connection_waits)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(ready(listener, ALL), 0);
	assert_ok(connect4(fd, at));
	assert_int_equal(await(listener, ALL), POLLIN);
	tcp_abort(fd);
	assert_ok(close(listener));
}

TEST(established_tcp_is_writable)
{
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(ready(fd[0], ALL), POLLOUT);
	assert_int_equal(ready(fd[1], ALL), POLLOUT);
	tcp_end(fd);
}

TEST(arrived_bytes_are_readable_and_normal)
{
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	await(fd[1], POLLIN);
	assert_int_equal(ready(fd[1], ALL), POLLIN | POLLOUT);
	assert_int_equal(ready(fd[1], POLLRDNORM | POLLRDBAND | POLLWRNORM | POLLWRBAND),
			 POLLRDNORM | POLLWRNORM);
	tcp_end(fd);
}

TEST(readable_ends_when_all_is_read)
{
	char b;
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(recv(fd[1], &b, 1, 0), 1);
	assert_int_equal(ready(fd[1], ALL), POLLOUT);
	tcp_end(fd);
}

TEST(only_what_was_asked_is_reported)
{
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	await(fd[1], POLLIN);
	assert_int_equal(ready(fd[1], POLLIN), POLLIN);
	assert_int_equal(ready(fd[1], POLLOUT), POLLOUT);
	assert_int_equal(ready(fd[1], POLLPRI), 0);
	assert_int_equal(ready(fd[1], 0), 0);
	tcp_end(fd);
}

TEST(refused_connect_is_in_out_err_hup)
{
	int fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);

	assert_fails(connect4(fd, tcp_nobody()), EINPROGRESS);
	await(fd, POLLOUT);
	assert_int_equal(ready(fd, ALL), POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_int_equal(ready(fd, ALL), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	assert_ok(close(fd));
}

TEST(half_closed_peer_is_in_and_rdhup)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[1], SHUT_WR));
	await(fd[0], POLLIN);
	assert_int_equal(ready(fd[0], ALL), POLLIN | POLLOUT | POLLRDHUP);
	assert_int_equal(ready(fd[0], 0), 0);
	assert_int_equal(ready(fd[1], ALL), POLLOUT);
	tcp_end(fd);
}

TEST(rdhup_waits_for_no_data_to_be_read)
{
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_ok(shutdown(fd[1], SHUT_WR));
	await(fd[0], POLLRDHUP);
	assert_int_equal(ready(fd[0], POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
	tcp_end(fd);
}

TEST(reset_is_in_out_rdhup_err_hup)
{
	int fd[2];

	tcp_pair(fd);
	tcp_abort(fd[1]);
	await(fd[0], POLLIN);
	assert_int_equal(ready(fd[0], ALL), POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP);
	assert_ok(close(fd[0]));
}

TEST(own_shut_wr_stays_writable)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_int_equal(ready(fd[0], POLLOUT), POLLOUT);
	tcp_end(fd);
}

TEST(udp_socket_is_writable_from_birth)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_int_equal(ready(fd, ALL), POLLOUT);
	assert_ok(close(fd));
}

TEST(udp_datagram_is_readable)
{
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(await(fd[1], POLLIN), POLLIN);
	close_pair(fd);
}

TEST(udp_shut_down_both_ways_is_hung_up)
{
	int fd[2];

	udp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_RDWR));
	assert_int_equal(ready(fd[0], ALL), POLLIN | POLLOUT | POLLRDHUP | POLLHUP);
	close_pair(fd);
}

TEST(unix_listener_and_its_connection)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "poll");
	int listener = new_socket(AF_UNIX, SOCK_STREAM), fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_ok(bind(listener, (struct sockaddr *)&at, len));
	assert_ok(listen(listener, 1));
	assert_int_equal(ready(listener, ALL), 0);
	assert_ok(connect(fd, (struct sockaddr *)&at, len));
	assert_int_equal(ready(listener, ALL), POLLIN);
	assert_int_equal(ready(fd, ALL), POLLOUT);
	assert_ok(close(fd));
	assert_ok(close(listener));
}

TEST(unix_half_close_is_in_and_rdhup)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(shutdown(fd[1], SHUT_WR));
	assert_int_equal(ready(fd[0], ALL), POLLIN | POLLOUT | POLLRDHUP);
	close_pair(fd);
}

TEST(unix_reset_is_err_and_hup)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_ok(close(fd[1]));
	assert_int_equal(ready(fd[0], ALL), POLLIN | POLLOUT | POLLRDHUP | POLLERR | POLLHUP);
	assert_ok(close(fd[0]));
}

TEST(unix_datagram_pair_whose_other_end_closed_is_writable)
{
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_int_equal(ready(fd[0], ALL), POLLOUT);
	assert_ok(close(fd[1]));
	assert_int_equal(ready(fd[0], ALL), POLLOUT);
	assert_ok(close(fd[0]));
}

TEST(unconnected_unix_seqpacket_is_hung_up)
{
	int fd = new_socket(AF_UNIX, SOCK_SEQPACKET), dgram = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_int_equal(ready(fd, ALL), POLLOUT | POLLHUP);
	assert_int_equal(ready(dgram, ALL), POLLOUT);
	assert_ok(close(fd));
	assert_ok(close(dgram));
}

TEST(closed_descriptor_is_pollnval)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	struct pollfd p = { .fd = fd, .events = ALL };

	assert_ok(close(fd));
	assert_int_equal(poll(&p, 1, 1000), 1);
	assert_int_equal(p.revents, POLLNVAL);
}

TEST(negative_descriptor_is_passed_over)
{
	struct pollfd p = { .fd = -1, .events = ALL, .revents = 0x7f };

	assert_int_equal(poll(&p, 1, 0), 0);
	assert_int_equal(p.revents, 0);
}

TEST(poll_counts_descriptors_not_events)
{
	int fd[2], idle = new_socket(AF_INET, SOCK_DGRAM);
	struct pollfd p[3];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	p[0] = (struct pollfd){ .fd = fd[1], .events = POLLIN | POLLOUT };
	p[1] = (struct pollfd){ .fd = idle, .events = POLLIN };
	p[2] = (struct pollfd){ .fd = fd[0], .events = POLLOUT };
	assert_int_equal(poll(p, 3, 0), 2);
	assert_int_equal(p[0].revents, POLLIN | POLLOUT);
	assert_int_equal(p[1].revents, 0);
	assert_int_equal(p[2].revents, POLLOUT);
	close_pair(fd);
	assert_ok(close(idle));
}

TEST(poll_takes_one_descriptor_twice)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	struct pollfd p[2] = { { .fd = fd, .events = POLLOUT }, { .fd = fd, .events = POLLIN | POLLOUT } };

	assert_int_equal(poll(p, 2, 0), 2);
	assert_int_equal(p[1].revents, POLLOUT);
	assert_ok(close(fd));
}

TEST(poll_takes_pipes_beside_sockets)
{
	int p[2], fd[2];
	struct pollfd set[2];

	assert_ok(pipe(p));
	unix_pair(SOCK_STREAM, fd);
	set[0] = (struct pollfd){ .fd = p[0], .events = POLLIN };
	set[1] = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	assert_int_equal(poll(set, 2, 0), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(poll(set, 2, 1000), 1);
	assert_int_equal(set[0].revents, POLLIN);
	assert_int_equal(set[1].revents, 0);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(poll(set, 2, 1000), 2);
	close_pair(p);
	close_pair(fd);
}

TEST(poll_of_nothing_returns_zero)
{
	assert_int_equal(poll(NULL, 0, 0), 0);
}

TEST(ppoll_is_poll)
{
	struct timespec none = { 0, 0 }, wrong = { 0, 1000000000 };
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	struct pollfd p = { .fd = fd, .events = POLLOUT };

	assert_int_equal(ppoll(&p, 1, &none, NULL), 1);
	assert_int_equal(p.revents, POLLOUT);
	assert_fails(ppoll(&p, 1, &wrong, NULL), EINVAL);
	assert_ok(close(fd));
}

/* select with a zero timeout; the sets are read and written. */
static int select_now(int fd, bool *in, bool *out, bool *except)
{
	struct timeval none = { 0, 0 };
	fd_set r, w, x;
	int n;

	FD_ZERO(&r);
	FD_ZERO(&w);
	FD_ZERO(&x);
	FD_SET(fd, &r);
	FD_SET(fd, &w);
	FD_SET(fd, &x);
	n = select(fd + 1, &r, &w, &x, &none);
	*in = FD_ISSET(fd, &r);
	*out = FD_ISSET(fd, &w);
	*except = FD_ISSET(fd, &x);
	return n;
}

TEST(select_counts_every_bit_it_leaves_set)
{
	bool in, out, except;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(select_now(fd[0], &in, &out, &except), 1);
	assert_true(!in && out && !except);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(select_now(fd[0], &in, &out, &except), 2);
	assert_true(in && out && !except);
	close_pair(fd);
}

TEST(select_shows_an_error_as_readable_and_writable)
{
	bool in, out, except;
	int fd[2];

	tcp_pair(fd);
	tcp_abort(fd[1]);
	await(fd[0], POLLIN);
	assert_int_equal(select_now(fd[0], &in, &out, &except), 2);
	assert_true(in && out && !except);
	assert_ok(close(fd[0]));
}

TEST(select_shows_a_fresh_tcp_socket_as_readable_and_writable)
{
	bool in, out, except;
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(select_now(fd, &in, &out, &except), 2);
	assert_true(in && out && !except);
	assert_ok(close(fd));
}

TEST(select_shows_the_end_of_a_stream_as_readable)
{
	bool in, out, except;
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[1], SHUT_WR));
	await(fd[0], POLLIN);
	assert_int_equal(select_now(fd[0], &in, &out, &except), 2);
	assert_true(in && out && !except);
	tcp_end(fd);
}

TEST(select_shows_a_full_buffer_as_not_writable)
{
	bool in, out, except;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	fill(fd[0], 4096);
	assert_int_equal(select_now(fd[0], &in, &out, &except), 0);
	assert_true(!in && !out && !except);
	close_pair(fd);
}

TEST(select_with_a_closed_descriptor_is_ebadf)
{
	bool in, out, except;
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(close(fd));
	assert_fails(select_now(fd, &in, &out, &except), EBADF);
}

TEST(select_with_a_negative_count_is_einval)
{
	struct timeval none = { 0, 0 };

	assert_fails(select(-1, NULL, NULL, NULL, &none), EINVAL);
}

TEST(select_with_a_negative_time_is_einval)
{
	struct timeval wrong = { -1, 0 };

	assert_fails(select(0, NULL, NULL, NULL, &wrong), EINVAL);
}

TEST(select_looks_below_its_count_only_and_clears_the_rest_of_the_word)
{
	struct timeval none = { 0, 0 };
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	fd_set w;

	FD_ZERO(&w);
	FD_SET(fd, &w);
	assert_int_equal(select(fd, NULL, &w, NULL, &none), 0);
	assert_false(FD_ISSET(fd, &w));
	FD_SET(fd, &w);
	assert_int_equal(select(fd + 1, NULL, &w, NULL, &none), 1);
	assert_ok(close(fd));
}

TEST(select_takes_pipes_beside_sockets)
{
	struct timeval none = { 0, 0 };
	int p[2], fd[2], top;
	fd_set r;

	assert_ok(pipe(p));
	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	top = (fd[0] > p[0] ? fd[0] : p[0]) + 1;
	FD_ZERO(&r);
	FD_SET(p[0], &r);
	FD_SET(fd[0], &r);
	assert_int_equal(select(top, &r, NULL, NULL, &none), 2);
	assert_true(FD_ISSET(p[0], &r) && FD_ISSET(fd[0], &r));
	close_pair(p);
	close_pair(fd);
}

TEST(pselect_leaves_its_timeout_alone)
{
	struct timespec limit = { 5, 0 };
	int fd = new_socket(AF_INET, SOCK_DGRAM);
	fd_set w;

	FD_ZERO(&w);
	FD_SET(fd, &w);
	assert_int_equal(pselect(fd + 1, NULL, &w, NULL, &limit, NULL), 1);
	assert_int_equal(limit.tv_sec, 5);
	assert_int_equal(limit.tv_nsec, 0);
	assert_ok(close(fd));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(fresh_tcp_socket_is_hung_up_and_writable),
	DUAL_TEST(bound_tcp_socket_is_as_a_fresh_one),
	DUAL_TEST(listener_is_silent_until_a_connection_waits),
	DUAL_TEST(established_tcp_is_writable),
	DUAL_TEST(arrived_bytes_are_readable_and_normal),
	DUAL_TEST(readable_ends_when_all_is_read),
	DUAL_TEST(only_what_was_asked_is_reported),
	DUAL_TEST(refused_connect_is_in_out_err_hup),
	DUAL_TEST(half_closed_peer_is_in_and_rdhup),
	DUAL_TEST(rdhup_waits_for_no_data_to_be_read),
	DUAL_TEST(reset_is_in_out_rdhup_err_hup),
	DUAL_TEST(own_shut_wr_stays_writable),
	DUAL_TEST(udp_socket_is_writable_from_birth),
	DUAL_TEST(udp_datagram_is_readable),
	DUAL_TEST(udp_shut_down_both_ways_is_hung_up),
	DUAL_TEST(unix_listener_and_its_connection),
	DUAL_TEST(unix_half_close_is_in_and_rdhup),
	DUAL_TEST(unix_reset_is_err_and_hup),
	DUAL_TEST(unix_datagram_pair_whose_other_end_closed_is_writable),
	DUAL_TEST(unconnected_unix_seqpacket_is_hung_up),
	DUAL_TEST(closed_descriptor_is_pollnval),
	DUAL_TEST(negative_descriptor_is_passed_over),
	DUAL_TEST(poll_counts_descriptors_not_events),
	DUAL_TEST(poll_takes_one_descriptor_twice),
	DUAL_TEST(poll_takes_pipes_beside_sockets),
	DUAL_TEST(poll_of_nothing_returns_zero),
	DUAL_TEST(ppoll_is_poll),
	DUAL_TEST(select_counts_every_bit_it_leaves_set),
	DUAL_TEST(select_shows_an_error_as_readable_and_writable),
	DUAL_TEST(select_shows_a_fresh_tcp_socket_as_readable_and_writable),
	DUAL_TEST(select_shows_the_end_of_a_stream_as_readable),
	DUAL_TEST(select_shows_a_full_buffer_as_not_writable),
	DUAL_TEST(select_with_a_closed_descriptor_is_ebadf),
	DUAL_TEST(select_with_a_negative_count_is_einval),
	DUAL_TEST(select_with_a_negative_time_is_einval),
	DUAL_TEST(select_looks_below_its_count_only_and_clears_the_rest_of_the_word),
	DUAL_TEST(select_takes_pipes_beside_sockets),
	DUAL_TEST(pselect_leaves_its_timeout_alone),
};

BEHAVIOUR_MAIN("poll_select", tests)
