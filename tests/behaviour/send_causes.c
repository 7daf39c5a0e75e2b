/* SPDX-License-Identifier: MIT */
/*
 * Natural causes of send(2)'s errors that need something beside the socket: other kinds of descriptors,
 * paths, broadcast addresses, ports that are used up, an MTU. Where the host's settings matter it is the
 * suite's own.
 */
#include "tests/behaviour/own_host.h"

#include <sys/epoll.h>
#include <sys/timerfd.h>

/* ---- EBADF, ENOTSOCK ---- */

static void assert_no_socket(int fd, int error)
{
	struct sockaddr_in to = at4("127.0.0.1", 9);
	struct iovec iov = piece("x", 1);
	struct msghdr m = { .msg_iov = &iov, .msg_iovlen = 1 };
	struct mmsghdr mm = { .msg_hdr = m };

	assert_fails(send(fd, "x", 1, 0), error);
	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL | MSG_OOB), error);
	assert_fails(sendto4(fd, "x", 1, 0, to), error);
	assert_fails(sendmsg(fd, &m, 0), error);
	assert_fails(sendmmsg(fd, &mm, 1, 0), error);
}

TEST(ebadf_for_a_descriptor_that_is_a_path_only)
{
	int fd = open("/", O_PATH | O_DIRECTORY);

	assert_true(fd >= 0);
	assert_no_socket(fd, EBADF);
	assert_fails(write(fd, "x", 1), EBADF);
	assert_ok(close(fd));
}

TEST(enotsock_for_every_other_kind_of_descriptor)
{
	int p[2], fds[6], num = 0;

	assert_ok(pipe(p));
	fds[num++] = p[0];
	fds[num++] = p[1];
	fds[num++] = open("/dev/null", O_RDWR);
	fds[num++] = open("/", O_RDONLY | O_DIRECTORY);
	fds[num++] = epoll_create1(0);
	fds[num++] = timerfd_create(CLOCK_MONOTONIC, 0);
	for (int i = 0; i < num; i++) {
		assert_true(fds[i] >= 0);
		assert_no_socket(fds[i], ENOTSOCK);
		assert_ok(close(fds[i]));
	}
}

TEST(ebadf_for_a_duplicate_that_was_closed)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM), twin = dup(fd);

	assert_true(twin >= 0);
	assert_ok(close(twin));
	assert_no_socket(twin, EBADF);
	assert_fails(send(fd, "x", 1, 0), EDESTADDRREQ);
	assert_ok(close(fd));
}

/* ---- Unix paths ---- */

static struct sockaddr_un path_of(const struct unix_dir *dir, const char *name)
{
	return unix_name(dir, name);
}

static void assert_unreachable(const struct sockaddr_un *to, int error)
{
	int dgram = new_socket(AF_UNIX, SOCK_DGRAM), stream = new_socket(AF_UNIX, SOCK_STREAM);

	assert_fails(sendto(dgram, "x", 1, 0, (const struct sockaddr *)to, sizeof(*to)), error);
	assert_fails(connect(dgram, (const struct sockaddr *)to, sizeof(*to)), error);
	assert_fails(connect(stream, (const struct sockaddr *)to, sizeof(*to)), error);
	assert_ok(close(dgram));
	assert_ok(close(stream));
}

TEST(enoent_enotdir_and_eloop_by_the_path)
{
	struct sockaddr_un at, to;
	struct unix_dir dir;
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);

	unix_dir_make(&dir);
	at = path_of(&dir, "s");
	assert_ok(bind_unix(fd, at));
	to = path_of(&dir, "missing");
	assert_unreachable(&to, ENOENT);
	to = path_of(&dir, "missing/s");
	assert_unreachable(&to, ENOENT);
	to = path_of(&dir, "s/s");
	assert_unreachable(&to, ENOTDIR);
	to = path_of(&dir, "loop");
	assert_ok(symlink("loop", to.sun_path));
	assert_unreachable(&to, ELOOP);
	assert_ok(unlink(to.sun_path));
	assert_ok(unlink(at.sun_path));
	assert_ok(close(fd));
	unix_dir_remove(&dir);
}

/* An address has no room for so long a name, the text of a link has. */
TEST(enametoolong_by_a_link)
{
	struct sockaddr_un to;
	struct unix_dir dir;
	char name[300];

	memset(name, 'x', sizeof(name));
	unix_dir_make(&dir);
	to = path_of(&dir, "link");
	name[256] = '\0';
	assert_ok(symlink(name, to.sun_path));
	assert_unreachable(&to, ENAMETOOLONG);
	assert_ok(unlink(to.sun_path));
	name[255] = '\0';
	assert_ok(symlink(name, to.sun_path));
	assert_unreachable(&to, ENOENT);
	assert_ok(unlink(to.sun_path));
	unix_dir_remove(&dir);
}

TEST(socket_behind_a_symbolic_link_is_reached)
{
	struct sockaddr_un at, to;
	struct unix_dir dir;
	int fd = new_socket(AF_UNIX, SOCK_DGRAM), other = new_socket(AF_UNIX, SOCK_DGRAM);
	char b;

	unix_dir_make(&dir);
	at = path_of(&dir, "s");
	to = path_of(&dir, "l");
	assert_ok(bind_unix(fd, at));
	assert_ok(symlink("s", to.sun_path));
	assert_int_equal(sendto(other, "x", 1, 0, (struct sockaddr *)&to, sizeof(to)), 1);
	assert_int_equal(recv(fd, &b, 1, 0), 1);
	assert_ok(unlink(to.sun_path));
	assert_ok(unlink(at.sun_path));
	close_pair((int[]){ fd, other });
	unix_dir_remove(&dir);
}

/* sun_path has no room for 256 bytes: a name that long has to be asked for by a relative one of many parts.
 */
TEST(einval_for_a_path_longer_than_the_address)
{
	char room[200] = { 0 };
	struct sockaddr_un *to = (struct sockaddr_un *)room;
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);

	to->sun_family = AF_UNIX;
	memset(to->sun_path, 'x', sizeof(to->sun_path));
	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)to, sizeof(*to) + 1), EINVAL);
	assert_fails(sendto(fd, "x", 1, 0, (struct sockaddr *)to, sizeof(*to)), ENOENT);
	assert_ok(close(fd));
}

TEST(eprototype_for_a_socket_of_another_type)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	int seq = new_socket(AF_UNIX, SOCK_SEQPACKET), dgram = new_socket(AF_UNIX, SOCK_DGRAM);

	unix_dir_make(&dir);
	at = path_of(&dir, "s");
	assert_ok(bind_unix(seq, at));
	assert_ok(listen(seq, 1));
	assert_fails(sendto(dgram, "x", 1, 0, (struct sockaddr *)&at, sizeof(at)), EPROTOTYPE);
	assert_fails(connect_unix(dgram, at), EPROTOTYPE);
	assert_ok(unlink(at.sun_path));
	close_pair((int[]){ seq, dgram });
	unix_dir_remove(&dir);
}

TEST(econnrefused_for_a_path_whose_socket_is_closed_or_no_socket)
{
	struct sockaddr_un at, file;
	struct unix_dir dir;
	int fd = new_socket(AF_UNIX, SOCK_DGRAM), other = new_socket(AF_UNIX, SOCK_DGRAM), plain;

	unix_dir_make(&dir);
	at = path_of(&dir, "s");
	file = path_of(&dir, "f");
	assert_ok(bind_unix(fd, at));
	assert_ok(close(fd));
	assert_fails(sendto(other, "x", 1, 0, (struct sockaddr *)&at, sizeof(at)), ECONNREFUSED);
	plain = open(file.sun_path, O_CREAT | O_WRONLY, 0600);
	assert_true(plain >= 0);
	assert_ok(close(plain));
	assert_fails(sendto(other, "x", 1, 0, (struct sockaddr *)&file, sizeof(file)), ECONNREFUSED);
	assert_ok(unlink(file.sun_path));
	assert_ok(unlink(at.sun_path));
	assert_ok(close(other));
	unix_dir_remove(&dir);
}

/* ---- broadcast ---- */

TEST(broadcast_address_is_eacces_unless_so_broadcast)
{
	struct sockaddr_in all = at4("127.255.255.255", 9);
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(sendto4(fd, "x", 1, 0, all), EACCES);
	assert_fails(connect4(fd, all), EACCES);
	assert_ok(set_int(fd, SOL_SOCKET, SO_BROADCAST, 1));
	assert_int_equal(sendto4(fd, "x", 1, 0, all), 1);
	assert_ok(connect4(fd, all));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_ok(close(fd));
}

TEST(broadcast_reaches_every_socket_of_its_port_that_hears_it)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM), any[2];
	struct sockaddr_in at = { .sin_family = AF_INET };
	char b;

	for (int i = 0; i < 2; i++) {
		any[i] = new_socket(AF_INET, SOCK_DGRAM);
		assert_ok(set_int(any[i], SOL_SOCKET, SO_REUSEADDR, 1));
		assert_ok(bind4(any[i], at));
		at = local4(any[i]);
	}
	assert_ok(set_int(fd, SOL_SOCKET, SO_BROADCAST, 1));
	assert_int_equal(sendto4(fd, "x", 1, 0, at4("127.255.255.255", ntohs(at.sin_port))), 1);
	for (int i = 0; i < 2; i++) {
		await(any[i], POLLIN);
		assert_int_equal(recv(any[i], &b, 1, MSG_DONTWAIT), 1);
	}
	close_pair(any);
	assert_ok(close(fd));
}

TEST(broadcast_to_no_socket_is_not_refused)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	assert_ok(set_int(fd, SOL_SOCKET, SO_BROADCAST, 1));
	assert_ok(connect4(fd, at4("127.255.255.255", 9)));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	settle();
	assert_int_equal(pending_error(fd), 0);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_ok(close(fd));
}

TEST(connect_of_tcp_to_a_broadcast_address_is_enetunreach)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(connect4(fd, at4("127.255.255.255", 9)), ENETUNREACH);
	assert_ok(set_int(fd, SOL_SOCKET, SO_BROADCAST, 1));
	assert_fails(connect4(fd, at4("127.255.255.255", 9)), ENETUNREACH);
	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(fd));
}

/* ---- ports ---- */

static struct sockaddr_in range_of_one_taken_port(int *holder, int type)
{
	struct sockaddr_in any = { .sin_family = AF_INET };

	host_sysctl("net.ipv4.ip_local_port_range", "40000 40000");
	*holder = new_socket(AF_INET, type);
	any.sin_port = htons(40000);
	assert_ok(bind4(*holder, any));
	return at4("127.0.0.1", 9);
}

TEST(eagain_for_udp_without_a_port_left)
{
	struct sockaddr_in to;
	int holder, fd;

	own_host();
	to = range_of_one_taken_port(&holder, SOCK_DGRAM);
	fd = new_socket(AF_INET, SOCK_DGRAM);
	assert_fails(sendto4(fd, "x", 1, 0, to), EAGAIN);
	assert_fails(connect4(fd, to), EAGAIN);
	assert_fails(send(fd, "x", 1, 0), EAGAIN); /* the port is looked for before the peer */
	assert_fails(sendto4(fd, "x", 1, MSG_OOB, to), EAGAIN);
	assert_fails(bind4(fd, (struct sockaddr_in){ .sin_family = AF_INET }), EADDRINUSE);
	assert_ok(close(holder));
	assert_int_equal(sendto4(fd, "x", 1, 0, to), 1);
	assert_ok(close(fd));
	host_sysctl("net.ipv4.ip_local_port_range", "32768 60999");
}

TEST(eaddrnotavail_for_tcp_without_a_port_left)
{
	struct sockaddr_in to, at;
	int holder, fd, listener, first;

	own_host();
	listener = tcp_listener(&at, 2);
	to = range_of_one_taken_port(&holder, SOCK_STREAM);
	fd = new_socket(AF_INET, SOCK_STREAM);
	assert_fails(connect4(fd, to), EADDRNOTAVAIL);
	assert_fails(send(fd, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(holder));
	/* One port goes to one end once. */
	first = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(first, at));
	assert_fails(connect4(fd, at), EADDRNOTAVAIL);
	assert_ok(close(first));
	assert_ok(close(fd));
	assert_ok(close(listener));
	host_sysctl("net.ipv4.ip_local_port_range", "32768 60999");
}

/* ---- EMSGSIZE ---- */

TEST(ipv6_datagram_of_all_that_fits_and_one_more)
{
	static char block[65528];
	int fd[2];
	struct sockaddr_in6 at;

	fd[1] = new_socket(AF_INET6, SOCK_DGRAM);
	assert_ok(bind6(fd[1], at6("::1", 0)));
	at = local6(fd[1]);
	fd[0] = new_socket(AF_INET6, SOCK_DGRAM);
	assert_ok(connect6(fd[0], at));
	assert_int_equal(send(fd[0], block, 65527, 0), 65527);
	assert_fails(send(fd[0], block, 65528, 0), EMSGSIZE);
	close_pair(fd);
}

TEST(datagram_over_the_mtu_that_may_not_be_cut_is_emsgsize)
{
	static char block[65527];
	int four = new_socket(AF_INET, SOCK_DGRAM), six = new_socket(AF_INET6, SOCK_DGRAM);

	assert_ok(set_int(six, IPPROTO_IPV6, IPV6_MTU_DISCOVER, IPV6_PMTUDISC_DO));
	assert_ok(connect6(six, at6("::1", 9)));
	assert_int_equal(send(six, block, 65536 - 48, 0), 65536 - 48);
	(void)pending_error(six);
	assert_fails(send(six, block, 65536 - 47, 0), EMSGSIZE);
	assert_ok(set_int(four, IPPROTO_IP, IP_MTU_DISCOVER, IP_PMTUDISC_DO));
	assert_ok(connect4(four, at4("127.0.0.1", 9)));
	assert_int_equal(send(four, block, 65507, 0), 65507);
	assert_ok(close(four));
	assert_ok(close(six));
}

/* ---- families ---- */

TEST(wrong_family_of_the_recipient)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/x" };
	struct sockaddr_in in = at4("127.0.0.1", 9);
	struct sockaddr_in6 in6 = at6("::1", 9);
	int four = new_socket(AF_INET, SOCK_DGRAM), six = new_socket(AF_INET6, SOCK_DGRAM);
	int local = new_socket(AF_UNIX, SOCK_DGRAM), tcp = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(sendto(four, "x", 1, 0, (struct sockaddr *)&un, sizeof(un)), EAFNOSUPPORT);
	assert_fails(sendto6(four, "x", 1, 0, in6), EAFNOSUPPORT);
	assert_fails(sendto(six, "x", 1, 0, (struct sockaddr *)&un, sizeof(un)), EINVAL);
	assert_fails(sendto4(local, "x", 1, 0, in), EINVAL);
	assert_fails(sendto6(tcp, "x", 1, MSG_NOSIGNAL, in6), EPIPE);
	assert_ok(close(four));
	assert_ok(close(six));
	assert_ok(close(local));
	assert_ok(close(tcp));
}

/* ---- no way ---- */

TEST(enetunreach_without_a_route)
{
	int udp, tcp, six;

	own_host();
	udp = new_socket(AF_INET, SOCK_DGRAM);
	tcp = new_socket(AF_INET, SOCK_STREAM);
	six = new_socket(AF_INET6, SOCK_DGRAM);
	assert_fails(sendto4(udp, "x", 1, 0, at4("203.0.113.1", 9)), ENETUNREACH);
	assert_fails(connect4(udp, at4("203.0.113.1", 9)), ENETUNREACH);
	assert_fails(connect4(tcp, at4("203.0.113.1", 9)), ENETUNREACH);
	assert_fails(sendto6(six, "x", 1, 0, at6("2001:db8::1", 9)), ENETUNREACH);
	assert_fails(send(tcp, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_ok(close(udp));
	assert_ok(close(tcp));
	assert_ok(close(six));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(ebadf_for_a_descriptor_that_is_a_path_only),
	DUAL_TEST(enotsock_for_every_other_kind_of_descriptor),
	DUAL_TEST(ebadf_for_a_duplicate_that_was_closed),
	DUAL_TEST(enoent_enotdir_and_eloop_by_the_path),
	DUAL_TEST(enametoolong_by_a_link),
	DUAL_TEST(socket_behind_a_symbolic_link_is_reached),
	DUAL_TEST(einval_for_a_path_longer_than_the_address),
	DUAL_TEST(eprototype_for_a_socket_of_another_type),
	DUAL_TEST(econnrefused_for_a_path_whose_socket_is_closed_or_no_socket),
	DUAL_TEST(broadcast_address_is_eacces_unless_so_broadcast),
	DUAL_TEST(broadcast_reaches_every_socket_of_its_port_that_hears_it),
	DUAL_TEST(broadcast_to_no_socket_is_not_refused),
	DUAL_TEST(connect_of_tcp_to_a_broadcast_address_is_enetunreach),
	DUAL_TEST(ipv6_datagram_of_all_that_fits_and_one_more),
	DUAL_TEST(datagram_over_the_mtu_that_may_not_be_cut_is_emsgsize),
	DUAL_TEST(wrong_family_of_the_recipient),
	DUAL_TEST(enetunreach_without_a_route),
	DUAL_TEST(eagain_for_udp_without_a_port_left),
	DUAL_TEST(eaddrnotavail_for_tcp_without_a_port_left),
};

BEHAVIOUR_MAIN("send_causes", tests)
