/* SPDX-License-Identifier: MIT */
/*
 * What the matrix (tests/matrix) and the random walks (tests/corpus) found: each once a cell or a seed on
 * which the simulation and the kernel differed, here the few calls that mattered. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <linux/sockios.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>

enum { CMSG_COMPAT = (int)0x80000000, LONG_BYTES = 1000000, HALF_OF_THE_WINDOW = 32768 };

static char block[LONG_BYTES];

/* ---- flags ---- */

TEST(header_calls_refuse_the_compat_bit_before_anything_else)
{
	struct mmsghdr many = { .msg_len = 0 };
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(sendmsg(fd, &many.msg_hdr, CMSG_COMPAT), EINVAL);
	assert_fails(sendmmsg(fd, &many, 1, CMSG_COMPAT), EINVAL);
	assert_fails(recvmsg(fd, &many.msg_hdr, CMSG_COMPAT), EINVAL);
	assert_fails(recvmmsg(fd, &many, 1, CMSG_COMPAT, NULL), EINVAL);
	assert_fails(sendmsg(-1, &many.msg_hdr, CMSG_COMPAT), EINVAL);
	assert_ok(close(fd));
}

TEST(other_calls_ignore_the_compat_bit)
{
	char b[4];
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "abc", 3, CMSG_COMPAT), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), CMSG_COMPAT), 3);
	close_pair(fd);
}

/* tcp(7), TCP_CORK; MSG_MORE is the same for one call. */
TEST(what_more_held_back_goes_when_an_acknowledgement_comes)
{
	int fd[2];

	tcp_pair(fd);
	assert_int_equal(send(fd[0], block, 65508, MSG_MORE), 65508);
	discard(fd[1], 65508);
	tcp_end(fd);
}

TEST(more_over_ipv6_is_charged_for_each_fragment)
{
	int fd = new_socket(AF_INET6, SOCK_DGRAM), charged = 0;

	assert_ok(bind6(fd, at6("::1", 0)));
	assert_ok(connect6(fd, local6(fd)));
	assert_int_equal(send(fd, block, 65507, MSG_MORE), 65507);
	assert_ok(ioctl(fd, SIOCOUTQ, &charged));
	assert_int_equal(charged, 65480 + 832 + 832); /* 27 bytes are the second fragment's */
	assert_ok(close(fd));
}

/* ---- long sends on TCP ---- */

/* Linux looks at what came in after every sixteen buffers, each of half of the peer's window. */
TEST(long_send_ends_where_it_sees_the_reset)
{
	int fd[2];

	tcp_pair(fd);
	assert_ok(close(fd[1]));
	settle();
	assert_int_equal(send(fd[0], block, LONG_BYTES, MSG_NOSIGNAL), 16 * HALF_OF_THE_WINDOW);
	assert_int_equal(pending_error(fd[0]), EPIPE);
	assert_ok(close(fd[0]));
}

/* sendmmsg(2): fewer messages than asked for. */
TEST(sendmmsg_stops_after_a_message_that_was_cut)
{
	struct iovec iov[2] = { { block, LONG_BYTES }, { block, 1 } };
	struct mmsghdr many[2] = { { .msg_len = 0 } };
	int fd[2];

	tcp_pair(fd);
	assert_ok(close(fd[1]));
	settle();
	for (int i = 0; i < 2; i++) {
		many[i].msg_hdr.msg_iov = &iov[i];
		many[i].msg_hdr.msg_iovlen = 1;
	}
	assert_int_equal(sendmmsg(fd[0], many, 2, MSG_NOSIGNAL), 1);
	assert_int_equal(many[0].msg_len, 16 * HALF_OF_THE_WINDOW);
	assert_int_equal(pending_error(fd[0]), EPIPE);
	assert_ok(close(fd[0]));
}

TEST(sendmmsg_stops_after_a_message_that_only_probes)
{
	struct iovec iov = { block, 1 };
	struct mmsghdr many[2] = { { .msg_len = 0 } };
	int fd[2], probe = 0x10;

	udp_pair(fd);
	for (int i = 0; i < 2; i++) {
		many[i].msg_hdr.msg_iov = &iov;
		many[i].msg_hdr.msg_iovlen = 1;
	}
	assert_int_equal(sendmmsg(fd[0], many, 2, probe), 1);
	assert_int_equal(many[0].msg_len, 1);
	assert_fails(recv(fd[1], block, 1, MSG_DONTWAIT), EAGAIN);
	assert_int_equal(sendmmsg(fd[0], many, 2, 0), 2);
	close_pair(fd);
}

/* Each second buffer of a long send asks for a push, so that a reader who takes all acknowledges at once. */
TEST(reader_that_was_shut_down_gets_all_of_a_long_send)
{
	static char b[LONG_BYTES];
	size_t got = 0;
	ssize_t n;
	int fd[2];

	tcp_pair(fd);
	assert_ok(shutdown(fd[1], SHUT_RD));
	assert_int_equal(send(fd[0], block, 200000, MSG_DONTWAIT), 200000);
	while ((n = recv(fd[1], b, sizeof(b), MSG_DONTWAIT)) > 0)
		got += (size_t)n;
	assert_int_equal(n, 0);
	assert_int_equal(got, 200000);
	tcp_end(fd);
}

TEST(refused_connection_is_writable)
{
	struct sockaddr_in nobody = tcp_nobody();
	int fd = new_socket(AF_INET, SOCK_STREAM);

	set_nonblock(fd);
	assert_fails(connect4(fd, nobody), EINPROGRESS);
	assert_int_equal(await(fd, POLLOUT) & POLLOUT, POLLOUT);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_int_equal(ready(fd, POLLIN | POLLOUT), POLLIN | POLLOUT | POLLHUP);
	assert_ok(close(fd));
}

/* ---- datagrams ---- */

/*
 * Linux 6.18: a connected socket of IPv4 forgets whom it is connected to for what it sends when it holds back
 * a datagram for another, until it is connected again.
 */
TEST(sends_to_the_peer_follow_a_datagram_that_was_held_back)
{
	struct sockaddr_in peer, other;
	int fd = new_socket(AF_INET, SOCK_DGRAM), a = udp_bound(&peer), b = udp_bound(&other);
	char bytes[8];

	assert_ok(connect4(fd, peer));
	assert_int_equal(sendto4(fd, "1", 1, MSG_MORE, other), 1);
	assert_int_equal(send(fd, "2", 1, 0), 1);
	assert_int_equal(recv(b, bytes, sizeof(bytes), MSG_DONTWAIT), 2);
	assert_int_equal(send(fd, "345", 3, 0), 3);
	assert_int_equal(recv(b, bytes, sizeof(bytes), MSG_DONTWAIT), 3);
	assert_fails(recv(a, bytes, sizeof(bytes), MSG_DONTWAIT), EAGAIN);
	assert_ok(connect4(fd, peer));
	assert_int_equal(send(fd, "6", 1, 0), 1);
	assert_int_equal(recv(a, bytes, sizeof(bytes), MSG_DONTWAIT), 1);
	assert_ok(close(fd));
	assert_ok(close(a));
	assert_ok(close(b));
}

/* It is looked for as an address of IPv6: with a route for all others it is lost there. */
TEST(name_of_no_family_finds_no_way_to_a_mapped_peer)
{
	struct sockaddr_in6 nothing = { .sin6_family = AF_UNSPEC };
	struct sockaddr_in at;
	int fd = new_socket(AF_INET6, SOCK_DGRAM), peer = udp_bound(&at);
	char b;

	assert_ok(connect6(fd, at6("::ffff:127.0.0.1", ntohs(at.sin_port))));
	if (sendto6(fd, "x", 1, 0, nothing) < 0)
		assert_int_equal(errno, ENETUNREACH);
	settle();
	assert_fails(recv(peer, &b, 1, MSG_DONTWAIT), EAGAIN);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(recv(peer, &b, 1, MSG_DONTWAIT), 1);
	assert_ok(close(fd));
	assert_ok(close(peer));
}

TEST(socket_of_ipv6_alone_refuses_ipv4_before_the_length)
{
	struct sockaddr_in at = at4("127.0.0.1", 20003);
	int fd = new_socket(AF_INET6, SOCK_DGRAM);

	assert_ok(bind6(fd, at6("::1", 0)));
	assert_fails(connect(fd, (struct sockaddr *)&at, 2), EAFNOSUPPORT);
	assert_fails(connect4(fd, at), EAFNOSUPPORT);
	assert_ok(close(fd));
}

TEST(oob_to_a_mapped_address_is_eopnotsupp_before_its_port_is_looked_at)
{
	int fd = new_socket(AF_INET6, SOCK_DGRAM);

	assert_ok(bind6(fd, at6("::ffff:127.0.0.1", 0)));
	assert_fails(sendto6(fd, "x", 1, MSG_OOB, at6("::ffff:127.0.0.1", 0)), EOPNOTSUPP);
	assert_fails(sendto6(fd, "x", 1, MSG_OOB, at6("::", 0)), EOPNOTSUPP);
	assert_fails(sendto6(fd, "x", 1, 0, at6("::", 0)), EINVAL);
	assert_ok(close(fd));
}

/* epoll(7), EPOLLET. */
TEST(each_datagram_that_leaves_is_an_edge_of_writability)
{
	struct epoll_event ev = { .events = EPOLLOUT | EPOLLET };
	int fd[2], set = epoll_create1(0);

	udp_pair(fd);
	assert_ok(epoll_ctl(set, EPOLL_CTL_ADD, fd[0], &ev));
	assert_int_equal(epoll_wait(set, &ev, 1, 0), 1);
	assert_int_equal(epoll_wait(set, &ev, 1, 0), 0);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(epoll_wait(set, &ev, 1, 0), 1);
	assert_int_equal(epoll_wait(set, &ev, 1, 0), 0);
	assert_ok(close(set));
	close_pair(fd);
}

/* ---- descriptors that are no sockets ---- */

TEST(connect_looks_at_the_address_before_it_asks_for_a_socket)
{
	int set = epoll_create1(0);
	struct sockaddr_in a = at4("127.0.0.1", 1);

	assert_fails(connect(set, (struct sockaddr *)8, sizeof(a)), EFAULT);
	assert_fails(connect4(set, a), ENOTSOCK);
	assert_fails(connect(-1, (struct sockaddr *)8, sizeof(a)), EBADF);
	assert_ok(close(set));
}

TEST(readv_of_nothing_from_an_epoll_set_is_einval)
{
	struct iovec none = { NULL, 0 };
	int set = epoll_create1(0);

	assert_fails(readv(set, &none, 1), EINVAL);
	assert_fails(readv(set, &none, 0), EINVAL);
	assert_ok(close(set));
}

TEST(of_two_in_one_epoll_set_the_later_hears_first)
{
	struct epoll_event ev = { .events = EPOLLIN, .data = { .u32 = 1 } }, out[2];
	int fd[2], again, set = epoll_create1(0);

	unix_pair(SOCK_DGRAM, fd);
	again = dup(fd[0]);
	assert_ok(epoll_ctl(set, EPOLL_CTL_ADD, fd[0], &ev));
	ev.data.u32 = 2;
	assert_ok(epoll_ctl(set, EPOLL_CTL_ADD, again, &ev));
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(epoll_wait(set, out, 2, 0), 2);
	assert_int_equal(out[0].data.u32, 2);
	assert_int_equal(out[1].data.u32, 1);
	assert_ok(close(again));
	assert_ok(close(set));
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(header_calls_refuse_the_compat_bit_before_anything_else),
	DUAL_TEST(other_calls_ignore_the_compat_bit),
	DUAL_TEST(what_more_held_back_goes_when_an_acknowledgement_comes),
	DUAL_TEST(more_over_ipv6_is_charged_for_each_fragment),
	DUAL_TEST(long_send_ends_where_it_sees_the_reset),
	DUAL_TEST(sendmmsg_stops_after_a_message_that_was_cut),
	DUAL_TEST(sendmmsg_stops_after_a_message_that_only_probes),
	DUAL_TEST(reader_that_was_shut_down_gets_all_of_a_long_send),
	DUAL_TEST(refused_connection_is_writable),
	DUAL_TEST(sends_to_the_peer_follow_a_datagram_that_was_held_back),
	DUAL_TEST(name_of_no_family_finds_no_way_to_a_mapped_peer),
	DUAL_TEST(socket_of_ipv6_alone_refuses_ipv4_before_the_length),
	DUAL_TEST(oob_to_a_mapped_address_is_eopnotsupp_before_its_port_is_looked_at),
	DUAL_TEST(each_datagram_that_leaves_is_an_edge_of_writability),
	DUAL_TEST(connect_looks_at_the_address_before_it_asks_for_a_socket),
	DUAL_TEST(readv_of_nothing_from_an_epoll_set_is_einval),
	DUAL_TEST(of_two_in_one_epoll_set_the_later_hears_first),
};

BEHAVIOUR_MAIN("found", tests)
