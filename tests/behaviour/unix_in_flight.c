/* SPDX-License-Identifier: MIT */
/*
 * Descriptors that are in a message and nobody has received yet: when they are closed, who may refuse them,
 * what kinds there are. unix(7), cmsg(3).
 */
#include "tests/behaviour/control.h"

#include <sys/epoll.h>
#include <sys/resource.h>

enum { PASSRIGHTS = 83 /* SO_PASSRIGHTS, newer than glibc's headers */ };

/* ---- never received ---- */

static void drops_on_close(int type)
{
	int fd[2], passed[2];

	unix_pair(type, fd);
	unix_pair(SOCK_STREAM, passed);
	assert_int_equal(send(fd[0], "a", 1, 0), 1);
	send_fd(fd[0], "x", 1, passed[1]);
	assert_ok(close(passed[1]));
	assert_false(is_closed(passed[0]));
	assert_ok(close(fd[1]));
	settle();
	assert_true(is_closed(passed[0]));
	assert_ok(close(fd[0]));
	assert_ok(close(passed[0]));
}

TEST(closing_the_receiver_closes_what_is_in_flight)
{
	drops_on_close(SOCK_STREAM);
	drops_on_close(SOCK_DGRAM);
	drops_on_close(SOCK_SEQPACKET);
}

TEST(closing_the_sender_does_not)
{
	int fd[2], passed[2], got;

	unix_pair(SOCK_STREAM, fd);
	unix_pair(SOCK_STREAM, passed);
	send_fd(fd[0], "x", 1, passed[1]);
	assert_ok(close(passed[1]));
	assert_ok(close(fd[0]));
	got = receive_fd(fd[1], 8, 1, 0);
	assert_talks_to(passed[0], got);
	assert_ok(close(got));
	assert_ok(close(passed[0]));
	assert_ok(close(fd[1]));
}

TEST(closing_a_listener_closes_what_waits_in_connections_not_accepted)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "embryo");
	int listener = new_socket(AF_UNIX, SOCK_STREAM), client = new_socket(AF_UNIX, SOCK_STREAM), passed[2];

	unix_pair(SOCK_STREAM, passed);
	assert_ok(bind(listener, (struct sockaddr *)&at, len));
	assert_ok(listen(listener, 1));
	assert_ok(connect(client, (struct sockaddr *)&at, len));
	send_fd(client, "x", 1, passed[1]);
	assert_ok(close(passed[1]));
	assert_ok(close(listener));
	settle();
	assert_true(is_closed(passed[0]));
	assert_ok(close(client));
	assert_ok(close(passed[0]));
}

TEST(descriptors_come_through_a_connection_not_yet_accepted)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "accepted");
	int listener = new_socket(AF_UNIX, SOCK_SEQPACKET), client = new_socket(AF_UNIX, SOCK_SEQPACKET), fd,
	    got;

	assert_ok(bind(listener, (struct sockaddr *)&at, len));
	assert_ok(listen(listener, 1));
	assert_ok(connect(client, (struct sockaddr *)&at, len));
	send_fd(client, "x", 1, client);
	fd = accept(listener, NULL, NULL);
	got = receive_fd(fd, 8, 1, 0);
	assert_talks_to(got, fd);
	assert_ok(close(got));
	assert_ok(close(fd));
	assert_ok(close(client));
	assert_ok(close(listener));
}

TEST(socket_in_flight_to_itself_is_collected)
{
	int fd[2], other[2];
	char b;

	unix_pair(SOCK_STREAM, fd);
	send_fd(fd[0], "x", 1, fd[1]);
	assert_ok(close(fd[1]));
	assert_int_equal(recv(fd[0], &b, 1, MSG_DONTWAIT), -1);
	/* The collector runs when a Unix socket goes. */
	unix_pair(SOCK_STREAM, other);
	close_pair(other);
	for (int i = 0; i < 100 && !(ready(fd[0], POLLIN) & POLLHUP); i++)
		settle();
	assert_int_equal(ready(fd[0], POLLIN) & POLLHUP, POLLHUP);
	assert_ok(close(fd[0]));
}

TEST(sockets_in_flight_to_each_other_are_collected)
{
	int a[2], b[2], passed[2];

	unix_pair(SOCK_STREAM, a);
	unix_pair(SOCK_DGRAM, b);
	unix_pair(SOCK_STREAM, passed);
	send_fd(a[0], "x", 1, b[1]);
	send_fd(b[0], "x", 1, a[1]);
	send_fd(a[0], "x", 1, passed[1]);
	assert_ok(close(a[1]));
	assert_ok(close(b[1]));
	assert_ok(close(passed[1]));
	assert_false(is_closed(passed[0]));
	assert_ok(close(b[0]));
	for (int i = 0; i < 100 && !(ready(passed[0], POLLIN) & POLLHUP); i++)
		settle();
	assert_true(is_closed(passed[0]));
	assert_ok(close(a[0]));
	assert_ok(close(passed[0]));
}

TEST(chain_of_sockets_in_flight_ends_with_its_first)
{
	enum { LINKS = 40 };
	int ends[2], at, next[2];

	unix_pair(SOCK_STREAM, ends);
	at = ends[1];
	for (int i = 0; i < LINKS; i++) {
		unix_pair(SOCK_STREAM, next);
		send_fd(next[0], "x", 1, at);
		assert_ok(close(at));
		assert_ok(close(next[0]));
		at = next[1];
	}
	assert_false(is_closed(ends[0]));
	assert_ok(close(at));
	for (int i = 0; i < 100 && !(ready(ends[0], POLLIN) & POLLHUP); i++)
		settle();
	assert_true(is_closed(ends[0]));
	assert_ok(close(ends[0]));
}

/* ---- what may refuse ---- */

TEST(passrights_is_on_and_refuses_descriptors_when_off)
{
	int fd[2], tcp = new_socket(AF_INET, SOCK_STREAM), value;
	socklen_t len = sizeof(value);

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(get_int(fd[1], SOL_SOCKET, PASSRIGHTS), 1);
	assert_ok(set_int(fd[1], SOL_SOCKET, PASSRIGHTS, 0));
	assert_int_equal(get_int(fd[1], SOL_SOCKET, PASSRIGHTS), 0);
	assert_fails(send_fds(fd[0], "x", 1, &fd[0], 1), EPERM);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_ok(set_int(fd[1], SOL_SOCKET, PASSRIGHTS, 7));
	assert_int_equal(get_int(fd[1], SOL_SOCKET, PASSRIGHTS), 1);
	assert_fails(getsockopt(tcp, SOL_SOCKET, PASSRIGHTS, &value, &len), EOPNOTSUPP);
	assert_fails(set_int(tcp, SOL_SOCKET, PASSRIGHTS, 0), EOPNOTSUPP);
	assert_ok(close(tcp));
	close_pair(fd);
}

TEST(passrights_of_a_datagram_socket)
{
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, PASSRIGHTS, 0));
	assert_fails(send_fds(fd[0], "x", 1, &fd[0], 1), EPERM);
	close_pair(fd);
}

TEST(listener_hands_passrights_on)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "passrights");
	int listener = new_socket(AF_UNIX, SOCK_STREAM), client = new_socket(AF_UNIX, SOCK_STREAM);

	assert_ok(bind(listener, (struct sockaddr *)&at, len));
	assert_ok(listen(listener, 1));
	assert_ok(set_int(listener, SOL_SOCKET, PASSRIGHTS, 0));
	assert_ok(connect(client, (struct sockaddr *)&at, len));
	assert_fails(send_fds(client, "x", 1, &client, 1), EPERM);
	assert_ok(close(client));
	assert_ok(close(listener));
}

TEST(more_in_flight_than_the_descriptor_limit_is_etoomanyrefs)
{
	struct rlimit was, less;
	int fd[2], many[20];

	if (geteuid() == 0)
		skip(); /* CAP_SYS_RESOURCE */
	unix_pair(SOCK_DGRAM, fd);
	for (int i = 0; i < 20; i++)
		many[i] = fd[0];
	assert_ok(getrlimit(RLIMIT_NOFILE, &was));
	less = was;
	less.rlim_cur = 30;
	assert_ok(setrlimit(RLIMIT_NOFILE, &less));
	assert_int_equal(send_fds(fd[0], "x", 1, many, 20), 1);
	assert_int_equal(send_fds(fd[0], "x", 1, many, 20), 1);
	assert_fails(send_fds(fd[0], "x", 1, many, 20), ETOOMANYREFS);
	assert_int_equal(recv(fd[1], many, 1, 0), 1);
	assert_int_equal(send_fds(fd[0], "x", 1, (int[]){ fd[0] }, 1), 1);
	assert_ok(setrlimit(RLIMIT_NOFILE, &was));
	close_pair(fd);
}

/* ---- kinds of descriptor ---- */

TEST(pipe_and_file_pass_beside_a_socket)
{
	struct message m;
	int fd[2], ends[2], null, got[3];
	char b = 0;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(pipe(ends));
	null = open("/dev/null", O_RDWR);
	assert_true(null >= 0);
	assert_int_equal(send_fds(fd[0], "x", 1, (int[]){ ends[1], fd[0], null }, 3), 1);
	assert_ok(close(ends[1]));
	assert_ok(close(null));
	message_room(&m, 8, CMSG_SPACE(3 * sizeof(int)));
	assert_int_equal(recvmsg(fd[1], &m.h, MSG_CMSG_CLOEXEC), 1);
	assert_int_equal(taken(&m, got), 3);
	assert_int_equal(write(got[0], "p", 1), 1);
	assert_int_equal(read(ends[0], &b, 1), 1);
	assert_int_equal(b, 'p');
	assert_talks_to(got[1], fd[1]);
	assert_int_equal(write(got[2], "n", 1), 1);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(fcntl(got[i], F_GETFD), FD_CLOEXEC);
		assert_ok(close(got[i]));
	}
	assert_int_equal(read(ends[0], &b, 1), 0);
	assert_ok(close(ends[0]));
	close_pair(fd);
}

TEST(pipe_in_flight_is_closed_with_its_receiver)
{
	int fd[2], ends[2];
	char b;

	unix_pair(SOCK_DGRAM, fd);
	assert_ok(pipe(ends));
	send_fd(fd[0], "x", 1, ends[1]);
	assert_ok(close(ends[1]));
	set_nonblock(ends[0]);
	assert_fails(read(ends[0], &b, 1), EAGAIN);
	close_pair(fd);
	settle();
	assert_int_equal(read(ends[0], &b, 1), 0);
	assert_ok(close(ends[0]));
}

TEST(pipe_peeked_at_is_duplicated)
{
	int fd[2], ends[2], seen, got;
	char b;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(pipe(ends));
	send_fd(fd[0], "x", 1, ends[0]);
	seen = receive_fd(fd[1], 8, 1, MSG_PEEK);
	got = receive_fd(fd[1], 8, 1, 0);
	assert_int_equal(write(ends[1], "12", 2), 2);
	assert_int_equal(read(seen, &b, 1), 1);
	assert_int_equal(read(got, &b, 1), 1);
	assert_int_equal(b, '2');
	assert_ok(close(seen));
	assert_ok(close(got));
	close_pair(ends);
	close_pair(fd);
}

TEST(listener_passes_and_accepts)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), client = new_socket(AF_INET, SOCK_STREAM), fd[2], got, accepted;

	unix_pair(SOCK_STREAM, fd);
	send_fd(fd[0], "x", 1, listener);
	assert_ok(close(listener));
	got = receive_fd(fd[1], 8, 1, 0);
	assert_ok(connect4(client, at));
	accepted = accept(got, NULL, NULL);
	assert_true(accepted >= 0);
	tcp_abort(client);
	assert_ok(close(accepted));
	assert_ok(close(got));
	close_pair(fd);
}

TEST(epoll_set_passes_and_still_watches)
{
	struct epoll_event e = { .events = EPOLLIN };
	int fd[2], set = epoll_create1(0), got;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(epoll_ctl(set, EPOLL_CTL_ADD, fd[0], &e));
	send_fd(fd[0], "x", 1, set);
	assert_ok(close(set));
	got = receive_fd(fd[1], 8, 1, 0);
	assert_int_equal(epoll_wait(got, &e, 1, 0), 0);
	assert_int_equal(send(fd[1], "y", 1, 0), 1);
	assert_int_equal(epoll_wait(got, &e, 1, 0), 1);
	assert_ok(close(got));
	close_pair(fd);
}

TEST(watch_lives_while_its_file_is_in_flight)
{
	struct epoll_event e = { .events = EPOLLIN, .data.u32 = 7 };
	int fd[2], passed[2], set = epoll_create1(0), got;

	unix_pair(SOCK_STREAM, fd);
	unix_pair(SOCK_STREAM, passed);
	assert_ok(epoll_ctl(set, EPOLL_CTL_ADD, passed[1], &e));
	send_fd(fd[0], "x", 1, passed[1]);
	assert_ok(close(passed[1]));
	assert_int_equal(send(passed[0], "y", 1, 0), 1);
	e.data.u32 = 0;
	assert_int_equal(epoll_wait(set, &e, 1, 0), 1);
	assert_int_equal(e.data.u32, 7);
	got = receive_fd(fd[1], 8, 1, 0);
	assert_int_equal(epoll_wait(set, &e, 1, 0), 1);
	assert_ok(close(got));
	assert_int_equal(epoll_wait(set, &e, 1, 0), 0);
	assert_ok(close(passed[0]));
	assert_ok(close(set));
	close_pair(fd);
}

TEST(sendmmsg_and_recvmmsg_pass_descriptors)
{
	struct message m[2];
	struct mmsghdr h[2];
	int fd[2], got[2];

	unix_pair(SOCK_SEQPACKET, fd);
	for (int i = 0; i < 2; i++) {
		message_init(&m[i], "ab", 2);
		message_add(&m[i], SOL_SOCKET, SCM_RIGHTS, &fd[i], sizeof(int));
		h[i].msg_hdr = m[i].h;
	}
	assert_int_equal(sendmmsg(fd[0], h, 2, 0), 2);
	for (int i = 0; i < 2; i++) {
		message_room(&m[i], 8, CMSG_SPACE(sizeof(int)));
		h[i].msg_hdr = m[i].h;
	}
	assert_int_equal(recvmmsg(fd[1], h, 2, 0, NULL), 2);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(h[i].msg_hdr.msg_controllen, CMSG_SPACE(sizeof(int)));
		memcpy(&got[i], CMSG_DATA(CMSG_FIRSTHDR(&h[i].msg_hdr)), sizeof(int));
	}
	assert_talks_to(got[0], got[1]);
	close_pair(got);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(closing_the_receiver_closes_what_is_in_flight),
	DUAL_TEST(closing_the_sender_does_not),
	DUAL_TEST(closing_a_listener_closes_what_waits_in_connections_not_accepted),
	DUAL_TEST(descriptors_come_through_a_connection_not_yet_accepted),
	DUAL_TEST(socket_in_flight_to_itself_is_collected),
	DUAL_TEST(sockets_in_flight_to_each_other_are_collected),
	DUAL_TEST(chain_of_sockets_in_flight_ends_with_its_first),
	DUAL_TEST(passrights_is_on_and_refuses_descriptors_when_off),
	DUAL_TEST(passrights_of_a_datagram_socket),
	DUAL_TEST(listener_hands_passrights_on),
	DUAL_TEST(more_in_flight_than_the_descriptor_limit_is_etoomanyrefs),
	DUAL_TEST(pipe_and_file_pass_beside_a_socket),
	DUAL_TEST(pipe_in_flight_is_closed_with_its_receiver),
	DUAL_TEST(pipe_peeked_at_is_duplicated),
	DUAL_TEST(listener_passes_and_accepts),
	DUAL_TEST(epoll_set_passes_and_still_watches),
	DUAL_TEST(watch_lives_while_its_file_is_in_flight),
	DUAL_TEST(sendmmsg_and_recvmmsg_pass_descriptors),
};

BEHAVIOUR_MAIN("unix_in_flight", tests)
