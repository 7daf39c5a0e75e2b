/* SPDX-License-Identifier: MIT */
/*
 * UDP over IPv4 loopback as udp(7), send(2) and recv(2) have it: connected and unconnected sockets, message
 * boundaries, truncation, sizes, and errors that ICMP brings. Names and ports are in udp_names.c.
 * Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/ioctl.h>

enum { UDP_MAX = 65507 }; /* 65535 less 20 of IPv4 and 8 of UDP */

/* A loopback port that no UDP socket has. */
static struct sockaddr_in udp_nobody(void)
{
	struct sockaddr_in at;

	assert_ok(close(udp_bound(&at)));
	return at;
}

TEST(sendto_reaches_the_named_socket_and_names_the_sender)
{
	struct sockaddr_in a, b, from;
	socklen_t len = sizeof(from);
	int fa = udp_bound(&a), fb = udp_bound(&b);
	char data[16];

	assert_int_equal(sendto4(fa, "hello", 5, 0, b), 5);
	assert_int_equal(recvfrom(fb, data, sizeof(data), 0, (struct sockaddr *)&from, &len), 5);
	assert_memory_equal(data, "hello", 5);
	assert_int_equal(len, sizeof(from));
	assert_memory_equal(&from, &a, sizeof(a));
	assert_ok(close(fa));
	assert_ok(close(fb));
}

TEST(connected_sockets_send_without_an_address)
{
	char data[16];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "hello", 5, 0), 5);
	assert_int_equal(recv(fd[1], data, sizeof(data), 0), 5);
	assert_int_equal(write(fd[1], "back", 4), 4);
	assert_int_equal(read(fd[0], data, sizeof(data)), 4);
	assert_memory_equal(data, "back", 4);
	close_pair(fd);
}

TEST(message_boundaries_are_kept)
{
	char data[16];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "one", 3, 0), 3);
	assert_int_equal(send(fd[0], "three", 5, 0), 5);
	assert_int_equal(recv(fd[1], data, sizeof(data), 0), 3);
	assert_int_equal(recv(fd[1], data, sizeof(data), 0), 5);
	assert_memory_equal(data, "three", 5);
	close_pair(fd);
}

TEST(send_without_address_or_peer_is_edestaddrreq)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(send(fd, "x", 1, 0), EDESTADDRREQ);
	assert_fails(write(fd, "x", 1), EDESTADDRREQ);
	assert_fails(send(fd, "", 0, 0), EDESTADDRREQ);
	assert_ok(close(fd));
}

TEST(sendto_on_a_connected_socket_goes_where_it_says)
{
	struct sockaddr_in at;
	char data[4];
	int fd[2], other = udp_bound(&at);

	udp_pair(fd);
	assert_int_equal(sendto4(fd[0], "x", 1, 0, at), 1);
	assert_int_equal(recv(other, data, sizeof(data), 0), 1);
	assert_fails(recv(fd[1], data, sizeof(data), MSG_DONTWAIT), EAGAIN);
	assert_ok(close(other));
	close_pair(fd);
}

TEST(connected_socket_hears_its_peer_only)
{
	struct sockaddr_in at;
	char data[4];
	int fd[2], stranger = udp_bound(&at);

	udp_pair(fd);
	assert_int_equal(sendto4(stranger, "x", 1, 0, local4(fd[0])), 1);
	settle();
	assert_fails(recv(fd[0], data, sizeof(data), MSG_DONTWAIT), EAGAIN);
	assert_int_equal(send(fd[1], "y", 1, 0), 1);
	assert_int_equal(recv(fd[0], data, sizeof(data), 0), 1);
	assert_int_equal(data[0], 'y');
	assert_ok(close(stranger));
	close_pair(fd);
}

TEST(connect_keeps_what_was_queued_before)
{
	struct sockaddr_in at, from;
	char data[4];
	int fd[2], stranger = udp_bound(&from), fresh = udp_bound(&at);

	udp_pair(fd);
	assert_int_equal(sendto4(stranger, "x", 1, 0, at), 1);
	await(fresh, POLLIN);
	assert_ok(connect4(fresh, local4(fd[0])));
	assert_int_equal(recv(fresh, data, sizeof(data), 0), 1);
	assert_ok(close(stranger));
	assert_ok(close(fresh));
	close_pair(fd);
}

TEST(connect_again_changes_the_peer)
{
	struct sockaddr_in at;
	char data[4];
	int fd[2], other = udp_bound(&at);

	udp_pair(fd);
	assert_ok(connect4(fd[0], at));
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(recv(other, data, sizeof(data), 0), 1);
	assert_ok(close(other));
	close_pair(fd);
}

TEST(connect_with_af_unspec_forgets_the_peer)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in at;
	socklen_t len = sizeof(at);
	int fd[2];

	udp_pair(fd);
	assert_ok(connect(fd[0], &none, sizeof(none)));
	assert_fails(getpeername(fd[0], (struct sockaddr *)&at, &len), ENOTCONN);
	assert_fails(send(fd[0], "x", 1, 0), EDESTADDRREQ);
	close_pair(fd);
}

TEST(connect_with_af_unspec_keeps_a_port_that_was_asked_for)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in asked = udp_nobody(), after;
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(bind4(fd, asked));
	assert_ok(connect4(fd, asked));
	assert_ok(connect(fd, &none, sizeof(none)));
	after = local4(fd);
	assert_memory_equal(&asked, &after, sizeof(after));
	assert_ok(close(fd));
}

TEST(connect_with_af_unspec_gives_back_a_port_that_bind_chose)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	int fd[2];

	udp_pair(fd);
	assert_ok(connect(fd[0], &none, sizeof(none)));
	assert_int_equal(local4(fd[0]).sin_port, 0);
	assert_int_equal(local4(fd[0]).sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	close_pair(fd);
}

TEST(connect_with_af_unspec_gives_back_a_port_that_nobody_asked_for)
{
	struct sockaddr none = { .sa_family = AF_UNSPEC };
	struct sockaddr_in at;
	int other = udp_bound(&at), fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(connect4(fd, at));
	assert_int_not_equal(local4(fd).sin_port, 0);
	assert_ok(connect(fd, &none, sizeof(none)));
	assert_int_equal(local4(fd).sin_port, 0);
	assert_int_equal(local4(fd).sin_addr.s_addr, htonl(INADDR_ANY));
	assert_ok(close(fd));
	assert_ok(close(other));
}

TEST(empty_datagram_arrives)
{
	char data[4];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "", 0, 0), 0);
	assert_int_equal(await(fd[1], POLLIN), POLLIN);
	assert_int_equal(recv(fd[1], data, sizeof(data), 0), 0);
	assert_fails(recv(fd[1], data, sizeof(data), MSG_DONTWAIT), EAGAIN);
	close_pair(fd);
}

TEST(write_of_nothing_is_an_empty_datagram_too)
{
	char data[4];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(write(fd[0], "", 0), 0);
	await(fd[1], POLLIN);
	assert_int_equal(recv(fd[1], data, sizeof(data), MSG_DONTWAIT), 0);
	close_pair(fd);
}

TEST(short_buffer_loses_the_rest_of_the_datagram)
{
	char data[8];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "abcdef", 6, 0), 6);
	assert_int_equal(send(fd[0], "next", 4, 0), 4);
	assert_int_equal(recv(fd[1], data, 2, 0), 2);
	assert_memory_equal(data, "ab", 2);
	assert_int_equal(recv(fd[1], data, sizeof(data), 0), 4);
	assert_memory_equal(data, "next", 4);
	close_pair(fd);
}

TEST(trunc_gives_the_real_length)
{
	char data[2];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "abcdef", 6, 0), 6);
	assert_int_equal(recv(fd[1], data, sizeof(data), MSG_TRUNC), 6);
	assert_memory_equal(data, "ab", 2);
	close_pair(fd);
}

TEST(recvmsg_marks_a_cut_datagram)
{
	char data[2];
	struct iovec iov = { .iov_base = data, .iov_len = sizeof(data) };
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	assert_int_equal(recvmsg(fd[1], &m, 0), 2);
	assert_int_equal(m.msg_flags, MSG_TRUNC);
	assert_int_equal(recvmsg(fd[1], &m, 0), 2);
	assert_int_equal(m.msg_flags, 0);
	close_pair(fd);
}

TEST(peek_leaves_the_datagram)
{
	char data[8];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(recv(fd[1], data, 1, MSG_PEEK), 1);
	assert_int_equal(recv(fd[1], data, sizeof(data), MSG_PEEK), 3);
	assert_int_equal(recv(fd[1], data, 0, MSG_PEEK | MSG_TRUNC), 3);
	assert_int_equal(recv(fd[1], data, sizeof(data), 0), 3);
	assert_fails(recv(fd[1], data, sizeof(data), MSG_DONTWAIT), EAGAIN);
	close_pair(fd);
}

TEST(waitall_does_not_wait_for_a_second_datagram)
{
	char data[8];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(recv(fd[1], data, sizeof(data), MSG_WAITALL), 3);
	close_pair(fd);
}

TEST(largest_datagram_passes_and_one_more_byte_is_emsgsize)
{
	static char data[UDP_MAX + 1], in[UDP_MAX + 1];
	int fd[2];

	udp_pair(fd);
	pattern_fill(data, sizeof(data), 0);
	assert_fails(send(fd[0], data, UDP_MAX + 1, 0), EMSGSIZE);
	assert_int_equal(send(fd[0], data, UDP_MAX, 0), UDP_MAX);
	assert_int_equal(recv(fd[1], in, sizeof(in), 0), UDP_MAX);
	assert_true(pattern_holds(in, UDP_MAX, 0));
	close_pair(fd);
}

TEST(datagram_over_the_length_field_is_emsgsize)
{
	static char data[70000];
	struct sockaddr_in at;
	int fd = udp_bound(&at);

	assert_fails(sendto4(fd, data, 65536, 0, at), EMSGSIZE);
	assert_fails(sendto4(fd, data, sizeof(data), 0, at), EMSGSIZE);
	settle();
	assert_int_equal(ready(fd, POLLIN), 0);
	assert_ok(close(fd));
}

TEST(datagram_to_nobody_brings_econnrefused_to_a_connected_socket)
{
	char data[4];
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(connect4(fd, udp_nobody()));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(await(fd, POLLIN | POLLOUT) & POLLERR, POLLERR);
	assert_fails(recv(fd, data, sizeof(data), 0), ECONNREFUSED);
	assert_fails(recv(fd, data, sizeof(data), MSG_DONTWAIT), EAGAIN);
	assert_ok(close(fd));
}

TEST(send_takes_the_refusal_and_sends_nothing_then_works_again)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(connect4(fd, udp_nobody()));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	await(fd, 0);
	assert_fails(send(fd, "y", 1, 0), ECONNREFUSED);
	settle();
	assert_int_equal(ready(fd, 0), 0);
	assert_int_equal(send(fd, "z", 1, 0), 1);
	await(fd, 0);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_ok(close(fd));
}

TEST(refusal_raises_no_sigpipe)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(connect4(fd, udp_nobody()));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	await(fd, 0);
	assert_fails(send(fd, "x", 1, 0), ECONNREFUSED);
	assert_int_equal(signals_seen, 0);
	assert_ok(close(fd));
	signal_restore(SIGPIPE, before);
}

TEST(refusal_makes_poll_report_pollerr_beside_what_it_was_asked)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(connect4(fd, udp_nobody()));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	await(fd, 0);
	assert_int_equal(ready(fd, POLLIN | POLLOUT), POLLOUT | POLLERR);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_int_equal(ready(fd, POLLIN | POLLOUT), POLLOUT);
	assert_ok(close(fd));
}

TEST(unconnected_socket_hears_of_no_refusal)
{
	struct sockaddr_in at, nobody = udp_nobody();
	int fd = udp_bound(&at);

	assert_int_equal(sendto4(fd, "x", 1, 0, nobody), 1);
	settle();
	assert_int_equal(pending_error(fd), 0);
	assert_int_equal(sendto4(fd, "x", 1, 0, nobody), 1);
	assert_ok(close(fd));
}

TEST(unconnected_socket_with_ip_recverr_hears_of_refusal)
{
	struct sockaddr_in at, nobody = udp_nobody();
	int fd = udp_bound(&at);

	assert_ok(set_int(fd, IPPROTO_IP, IP_RECVERR, 1));
	assert_int_equal(sendto4(fd, "x", 1, 0, nobody), 1);
	await(fd, 0);
	assert_fails(sendto4(fd, "x", 1, 0, nobody), ECONNREFUSED);
	assert_ok(close(fd));
}

TEST(closing_the_receiver_refuses_what_comes_after)
{
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	await(fd[1], POLLIN);
	assert_ok(close(fd[1]));
	settle();
	assert_int_equal(pending_error(fd[0]), 0);
	assert_int_equal(send(fd[0], "y", 1, 0), 1);
	await(fd[0], 0);
	assert_fails(send(fd[0], "z", 1, 0), ECONNREFUSED);
	assert_ok(close(fd[0]));
}

TEST(full_receive_buffer_drops_silently)
{
	static char data[1000];
	int fd[2], sent = 200, got = 0;

	udp_pair(fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_RCVBUF, 4096));
	for (int i = 0; i < sent; i++)
		assert_int_equal(send(fd[0], data, sizeof(data), 0), sizeof(data));
	settle();
	while (recv(fd[1], data, sizeof(data), MSG_DONTWAIT) == sizeof(data))
		got++;
	assert_in_range(got, 1, 20);
	assert_int_equal(send(fd[0], data, 1, 0), 1);
	assert_int_equal(recv(fd[1], data, sizeof(data), 0), 1);
	close_pair(fd);
}

TEST(recv_without_datagram_is_eagain_when_nonblocking)
{
	struct sockaddr_in at;
	char data[4];
	int fd = udp_bound(&at);

	set_nonblock(fd);
	assert_fails(recv(fd, data, sizeof(data), 0), EAGAIN);
	assert_ok(close(fd));
}

TEST(recv_on_an_unbound_socket_is_eagain_not_an_error)
{
	char data[4];
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(recv(fd, data, sizeof(data), MSG_DONTWAIT), EAGAIN);
	assert_ok(close(fd));
}

TEST(oob_is_refused)
{
	struct sockaddr_in at;
	char data[4];
	int fd[2];

	udp_pair(fd);
	at = local4(fd[1]);
	assert_fails(send(fd[0], "x", 1, MSG_OOB), EOPNOTSUPP);
	assert_fails(sendto4(fd[0], "x", 1, MSG_OOB, at), EOPNOTSUPP);
	settle();
	assert_fails(recv(fd[1], data, sizeof(data), MSG_DONTWAIT), EAGAIN);
	close_pair(fd);
}

TEST(listen_and_accept_are_not_supported)
{
	struct sockaddr_in at;
	int fd = udp_bound(&at);

	assert_fails(listen(fd, 1), EOPNOTSUPP);
	assert_fails(accept(fd, NULL, NULL), EOPNOTSUPP);
	assert_ok(close(fd));
}

TEST(datagram_to_port_zero_is_einval)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(sendto4(fd, "x", 1, 0, at4("127.0.0.1", 0)), EINVAL);
	assert_ok(close(fd));
}

TEST(connected_to_port_zero_sends_and_is_refused)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(connect4(fd, at4("127.0.0.1", 0)));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	await(fd, 0);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_ok(close(fd));
}

TEST(broadcast_needs_so_broadcast)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(sendto4(fd, "x", 1, 0, at4("127.255.255.255", 9)), EACCES);
	assert_fails(connect4(fd, at4("127.255.255.255", 9)), EACCES);
	assert_ok(set_int(fd, SOL_SOCKET, SO_BROADCAST, 1));
	assert_int_equal(sendto4(fd, "x", 1, 0, at4("127.255.255.255", 9)), 1);
	assert_ok(close(fd));
}

TEST(shutdown_needs_a_peer)
{
	struct sockaddr_in at;
	int fd = udp_bound(&at);

	assert_fails(shutdown(fd, SHUT_WR), ENOTCONN);
	assert_ok(close(fd));
}

TEST(shut_wr_makes_send_epipe_without_sigpipe)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2];

	udp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	assert_fails(send(fd[0], "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 0);
	close_pair(fd);
	signal_restore(SIGPIPE, before);
}

TEST(shut_rd_gives_end_of_data)
{
	char data[4];
	int fd[2];

	udp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_RD));
	assert_int_equal(recv(fd[0], data, sizeof(data), 0), 0);
	assert_int_equal(ready(fd[0], POLLIN | POLLRDHUP) & (POLLIN | POLLRDHUP), POLLIN | POLLRDHUP);
	close_pair(fd);
}

TEST(fionread_is_the_size_of_the_next_datagram)
{
	char data[8];
	int fd[2], n = -1;

	udp_pair(fd);
	assert_ok(ioctl(fd[1], FIONREAD, &n));
	assert_int_equal(n, 0);
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(send(fd[0], "abcde", 5, 0), 5);
	await(fd[1], POLLIN);
	assert_ok(ioctl(fd[1], FIONREAD, &n));
	assert_int_equal(n, 3);
	assert_int_equal(recv(fd[1], data, sizeof(data), 0), 3);
	assert_ok(ioctl(fd[1], FIONREAD, &n));
	assert_int_equal(n, 5);
	close_pair(fd);
}

TEST(socket_can_send_to_itself)
{
	struct sockaddr_in at;
	char data[8];
	int fd = udp_bound(&at);

	assert_ok(connect4(fd, at));
	assert_int_equal(send(fd, "me", 2, 0), 2);
	assert_int_equal(recv(fd, data, sizeof(data), 0), 2);
	assert_ok(close(fd));
}

TEST(recvfrom_cuts_the_address_and_gives_its_whole_length)
{
	struct sockaddr_in a, b;
	unsigned char from[16];
	socklen_t len = 4;
	char data[4];
	int fa = udp_bound(&a), fb = udp_bound(&b);

	memset(from, 0xee, sizeof(from));
	assert_int_equal(sendto4(fa, "x", 1, 0, b), 1);
	assert_int_equal(recvfrom(fb, data, sizeof(data), 0, (struct sockaddr *)from, &len), 1);
	assert_int_equal(len, sizeof(struct sockaddr_in));
	assert_memory_equal(from, &a, 4);
	assert_int_equal(from[4], 0xee);
	assert_ok(close(fa));
	assert_ok(close(fb));
}

TEST(more_gathers_one_datagram_from_several_sends)
{
	char data[16];
	int fd[2];

	udp_pair(fd);
	assert_int_equal(send(fd[0], "one", 3, MSG_MORE), 3);
	assert_int_equal(send(fd[0], "two", 3, MSG_MORE), 3);
	settle();
	assert_int_equal(ready(fd[1], POLLIN), 0);
	assert_int_equal(send(fd[0], "end", 3, 0), 3);
	assert_int_equal(recv(fd[1], data, sizeof(data), 0), 9);
	assert_memory_equal(data, "onetwoend", 9);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(sendto_reaches_the_named_socket_and_names_the_sender),
	DUAL_TEST(connected_sockets_send_without_an_address),
	DUAL_TEST(message_boundaries_are_kept),
	DUAL_TEST(send_without_address_or_peer_is_edestaddrreq),
	DUAL_TEST(sendto_on_a_connected_socket_goes_where_it_says),
	DUAL_TEST(connected_socket_hears_its_peer_only),
	DUAL_TEST(connect_keeps_what_was_queued_before),
	DUAL_TEST(connect_again_changes_the_peer),
	DUAL_TEST(connect_with_af_unspec_forgets_the_peer),
	DUAL_TEST(connect_with_af_unspec_keeps_a_port_that_was_asked_for),
	DUAL_TEST(connect_with_af_unspec_gives_back_a_port_that_bind_chose),
	DUAL_TEST(connect_with_af_unspec_gives_back_a_port_that_nobody_asked_for),
	DUAL_TEST(empty_datagram_arrives),
	DUAL_TEST(write_of_nothing_is_an_empty_datagram_too),
	DUAL_TEST(short_buffer_loses_the_rest_of_the_datagram),
	DUAL_TEST(trunc_gives_the_real_length),
	DUAL_TEST(recvmsg_marks_a_cut_datagram),
	DUAL_TEST(peek_leaves_the_datagram),
	DUAL_TEST(waitall_does_not_wait_for_a_second_datagram),
	DUAL_TEST(largest_datagram_passes_and_one_more_byte_is_emsgsize),
	DUAL_TEST(datagram_over_the_length_field_is_emsgsize),
	DUAL_TEST(datagram_to_nobody_brings_econnrefused_to_a_connected_socket),
	DUAL_TEST(send_takes_the_refusal_and_sends_nothing_then_works_again),
	DUAL_TEST(refusal_raises_no_sigpipe),
	DUAL_TEST(refusal_makes_poll_report_pollerr_beside_what_it_was_asked),
	DUAL_TEST(unconnected_socket_hears_of_no_refusal),
	DUAL_TEST(unconnected_socket_with_ip_recverr_hears_of_refusal),
	DUAL_TEST(closing_the_receiver_refuses_what_comes_after),
	DUAL_TEST(full_receive_buffer_drops_silently),
	DUAL_TEST(recv_without_datagram_is_eagain_when_nonblocking),
	DUAL_TEST(recv_on_an_unbound_socket_is_eagain_not_an_error),
	DUAL_TEST(oob_is_refused),
	DUAL_TEST(listen_and_accept_are_not_supported),
	DUAL_TEST(datagram_to_port_zero_is_einval),
	DUAL_TEST(connected_to_port_zero_sends_and_is_refused),
	DUAL_TEST(broadcast_needs_so_broadcast),
	DUAL_TEST(shutdown_needs_a_peer),
	DUAL_TEST(shut_wr_makes_send_epipe_without_sigpipe),
	DUAL_TEST(shut_rd_gives_end_of_data),
	DUAL_TEST(fionread_is_the_size_of_the_next_datagram),
	DUAL_TEST(socket_can_send_to_itself),
	DUAL_TEST(recvfrom_cuts_the_address_and_gives_its_whole_length),
	DUAL_TEST(more_gathers_one_datagram_from_several_sends),
};

BEHAVIOUR_MAIN("udp", tests)
