/* SPDX-License-Identifier: MIT */
/*
 * Who sent it: SO_PASSCRED and SCM_CREDENTIALS over Unix-domain sockets; and control messages that are wrong,
 * or that another kind of socket is given. unix(7), cmsg(3), sendmsg(2), ip(7).
 */
#include "tests/behaviour/control.h"

#include <netinet/udp.h>

enum { NOBODY = 65534, NO_SUCH_PID = 0x3fffffff };

static struct ucred myself(void)
{
	return (struct ucred){ .pid = getpid(), .uid = getuid(), .gid = getgid() };
}

static const struct ucred unknown = { .pid = 0, .uid = NOBODY, .gid = NOBODY };

static void assert_cred(struct message *m, struct ucred expected)
{
	struct cmsghdr *c = message_find(m, SCM_CREDENTIALS);
	struct ucred got;

	assert_non_null(c);
	assert_int_equal(c->cmsg_len, CMSG_LEN(sizeof(got)));
	memcpy(&got, CMSG_DATA(c), sizeof(got));
	assert_int_equal(got.pid, expected.pid);
	assert_int_equal(got.uid, expected.uid);
	assert_int_equal(got.gid, expected.gid);
}

/* Receives with room for credentials. */
static ssize_t receive(int sock, struct message *m, size_t len, int flags)
{
	message_room(m, len, CMSG_SPACE(sizeof(struct ucred)));
	return recvmsg(sock, &m->h, flags);
}

static ssize_t send_cred(int sock, struct ucred cred)
{
	struct message m;

	message_init(&m, "x", 1);
	message_add(&m, SOL_SOCKET, SCM_CREDENTIALS, &cred, sizeof(cred));
	return sendmsg(sock, &m.h, 0);
}

static void passes_credentials(int type)
{
	struct message m;
	int fd[2];

	unix_pair(type, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(receive(fd[1], &m, 8, 0), 1);
	assert_int_equal(m.h.msg_flags, 0);
	assert_int_equal(m.h.msg_controllen, CMSG_SPACE(sizeof(struct ucred)));
	assert_cred(&m, myself());
	close_pair(fd);
}

TEST(passcred_tells_who_sent)
{
	passes_credentials(SOCK_STREAM);
	passes_credentials(SOCK_DGRAM);
	passes_credentials(SOCK_SEQPACKET);
}

static void nobody_asked(int type)
{
	struct message m;
	int fd[2];

	unix_pair(type, fd);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(receive(fd[1], &m, 8, MSG_PEEK), 1);
	assert_int_equal(m.h.msg_controllen, 0);
	assert_int_equal(m.h.msg_flags, 0);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(receive(fd[1], &m, 8, 0), 1);
	assert_cred(&m, unknown);
	close_pair(fd);
}

TEST(what_was_sent_before_passcred_is_nobodys)
{
	nobody_asked(SOCK_STREAM);
	nobody_asked(SOCK_DGRAM);
	nobody_asked(SOCK_SEQPACKET);
}

static void sender_asked(int type)
{
	struct message m;
	int fd[2];

	unix_pair(type, fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(receive(fd[1], &m, 8, 0), 1);
	assert_cred(&m, myself());
	close_pair(fd);
}

TEST(passcred_of_the_sender_notes_it_too)
{
	sender_asked(SOCK_STREAM);
	sender_asked(SOCK_DGRAM);
	sender_asked(SOCK_SEQPACKET);
}

TEST(what_is_sent_before_accept_is_known)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "accept");
	int listener = new_socket(AF_UNIX, SOCK_STREAM), client = new_socket(AF_UNIX, SOCK_STREAM), fd;
	struct message m;

	assert_ok(bind(listener, (struct sockaddr *)&at, len));
	assert_ok(listen(listener, 1));
	assert_ok(connect(client, (struct sockaddr *)&at, len));
	assert_int_equal(send(client, "x", 1, 0), 1);
	fd = accept(listener, NULL, NULL);
	assert_int_equal(send(client, "y", 1, 0), 1);
	assert_ok(set_int(fd, SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(receive(fd, &m, 8, 0), 1);
	assert_cred(&m, myself());
	assert_int_equal(receive(fd, &m, 8, 0), 1);
	assert_cred(&m, unknown);
	assert_ok(close(fd));
	assert_ok(close(client));
	assert_ok(close(listener));
}

TEST(own_credentials_may_be_sent)
{
	struct message m;
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_int_equal(send_cred(fd[0], myself()), 1);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(receive(fd[1], &m, 8, 0), 1);
	assert_cred(&m, myself());
	close_pair(fd);
}

TEST(credentials_that_were_sent_are_not_told_unasked)
{
	struct message m;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send_cred(fd[0], myself()), 1);
	assert_int_equal(receive(fd[1], &m, 8, 0), 1);
	assert_int_equal(m.h.msg_controllen, 0);
	assert_int_equal(m.h.msg_flags, 0);
	close_pair(fd);
}

TEST(credentials_of_another_are_eperm)
{
	struct ucred c = myself();
	int fd[2];

	if (geteuid() == 0)
		skip();
	unix_pair(SOCK_STREAM, fd);
	c.pid = 1;
	assert_fails(send_cred(fd[0], c), EPERM);
	c = myself();
	c.uid = 0;
	assert_fails(send_cred(fd[0], c), EPERM);
	c = myself();
	c.gid = 0;
	assert_fails(send_cred(fd[0], c), EPERM);
	close_pair(fd);
}

TEST(root_may_be_anybody_who_lives)
{
	struct ucred c = myself();
	struct message m;
	int fd[2];

	if (geteuid() != 0)
		skip();
	unix_pair(SOCK_STREAM, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	c.uid = 12345;
	c.gid = 54321;
	assert_int_equal(send_cred(fd[0], c), 1);
	assert_int_equal(receive(fd[1], &m, 8, 0), 1);
	assert_cred(&m, c);
	c.pid = NO_SUCH_PID;
	assert_fails(send_cred(fd[0], c), ESRCH);
	c.pid = 0;
	assert_fails(send_cred(fd[0], c), ESRCH);
	close_pair(fd);
}

TEST(user_or_group_that_cannot_be_is_einval)
{
	struct ucred c = myself();
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	c.uid = UINT32_MAX;
	assert_fails(send_cred(fd[0], c), EINVAL);
	c = myself();
	c.gid = UINT32_MAX;
	c.pid = NO_SUCH_PID;
	assert_fails(send_cred(fd[0], c), EINVAL);
	close_pair(fd);
}

TEST(credentials_of_another_length_are_einval)
{
	struct ucred c[2] = { myself(), myself() };
	struct message m;
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	message_init(&m, "x", 1);
	message_add(&m, SOL_SOCKET, SCM_CREDENTIALS, c, sizeof(c[0]))->cmsg_len--;
	assert_fails(sendmsg(fd[0], &m.h, 0), EINVAL);
	message_init(&m, "x", 1);
	message_add(&m, SOL_SOCKET, SCM_CREDENTIALS, c, sizeof(c[0]) + 4);
	assert_fails(sendmsg(fd[0], &m.h, 0), EINVAL);
	close_pair(fd);
}

TEST(last_of_several_credentials_counts)
{
	struct ucred c = myself(), first = c;
	struct message m;
	int fd[2];

	if (geteuid() != 0)
		skip();
	unix_pair(SOCK_DGRAM, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	first.uid = 77;
	message_init(&m, "x", 1);
	message_add(&m, SOL_SOCKET, SCM_CREDENTIALS, &first, sizeof(first));
	message_add(&m, SOL_SOCKET, SCM_CREDENTIALS, &c, sizeof(c));
	assert_int_equal(sendmsg(fd[0], &m.h, 0), 1);
	assert_int_equal(receive(fd[1], &m, 8, 0), 1);
	assert_cred(&m, c);
	close_pair(fd);
}

/* ---- streams: different senders are not glued ---- */

TEST(stream_stops_where_the_sender_changes)
{
	struct ucred other = myself();
	struct message m;
	int fd[2];

	if (geteuid() != 0)
		skip();
	other.uid = 7;
	unix_pair(SOCK_STREAM, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	assert_int_equal(send(fd[0], "cd", 2, 0), 2);
	assert_int_equal(send_cred(fd[0], other), 1);
	assert_int_equal(send(fd[0], "e", 1, 0), 1);
	assert_int_equal(receive(fd[1], &m, 16, MSG_PEEK), 4);
	assert_cred(&m, myself());
	assert_int_equal(receive(fd[1], &m, 16, 0), 4);
	assert_cred(&m, myself());
	assert_int_equal(receive(fd[1], &m, 16, MSG_WAITALL), 1);
	assert_cred(&m, other);
	assert_int_equal(receive(fd[1], &m, 16, 0), 1);
	assert_cred(&m, myself());
	close_pair(fd);
}

TEST(stream_stops_where_known_senders_begin)
{
	struct message m;
	int fd[2];
	char b[16];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(send(fd[0], "cd", 2, 0), 2);
	assert_int_equal(receive(fd[1], &m, 1, 0), 1);
	assert_cred(&m, unknown);
	assert_int_equal(receive(fd[1], &m, 16, MSG_PEEK), 1);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 0));
	assert_int_equal(receive(fd[1], &m, 16, MSG_PEEK), 3);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 3);
	close_pair(fd);
}

TEST(plain_read_of_a_passcred_stream_stops_there_too)
{
	struct ucred other = myself();
	int fd[2];
	char b[16];

	if (geteuid() != 0)
		skip();
	other.gid = 7;
	unix_pair(SOCK_STREAM, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(send(fd[0], "ab", 2, 0), 2);
	assert_int_equal(send_cred(fd[0], other), 1);
	assert_int_equal(read(fd[1], b, sizeof(b)), 2);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 1);
	close_pair(fd);
}

TEST(part_of_a_message_keeps_its_sender)
{
	struct message m;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(send(fd[0], "abcd", 4, 0), 4);
	for (int i = 0; i < 4; i++) {
		assert_int_equal(receive(fd[1], &m, 1, 0), 1);
		assert_cred(&m, myself());
	}
	close_pair(fd);
}

TEST(end_of_a_passcred_stream_tells_zeroes)
{
	struct message m;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	assert_ok(close(fd[0]));
	assert_int_equal(receive(fd[1], &m, 8, 0), 0);
	assert_int_equal(m.h.msg_controllen, CMSG_SPACE(sizeof(struct ucred)));
	assert_cred(&m, (struct ucred){ 0, 0, 0 });
	assert_ok(close(fd[1]));
}

TEST(end_of_passcred_records_has_no_credentials)
{
	struct message m;
	int fd[2];

	unix_pair(SOCK_SEQPACKET, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	assert_ok(close(fd[0]));
	assert_int_equal(receive(fd[1], &m, 8, 0), 0);
	assert_int_equal(m.h.msg_controllen, 0);
	assert_int_equal(m.h.msg_flags, 0);
	assert_ok(close(fd[1]));
}

/* ---- room ---- */

static void truncates(size_t room, size_t len)
{
	struct message m;
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	message_room(&m, 8, room);
	assert_int_equal(recvmsg(fd[1], &m.h, 0), 1);
	assert_int_equal(m.h.msg_flags, room < CMSG_LEN(sizeof(struct ucred)) ? MSG_CTRUNC : 0);
	assert_int_equal(m.h.msg_controllen, len);
	if (len)
		assert_int_equal(CMSG_FIRSTHDR(&m.h)->cmsg_len,
				 len < CMSG_LEN(sizeof(struct ucred)) ? len : CMSG_LEN(sizeof(struct ucred)));
	close_pair(fd);
}

TEST(credentials_are_cut_to_the_room_there_is)
{
	truncates(0, 0);
	truncates(15, 0);
	truncates(16, 16);
	truncates(21, 21);
	truncates(27, 27);
	truncates(28, 28);
	truncates(31, 31);
	truncates(32, 32);
	truncates(64, 32);
}

TEST(no_control_buffer_for_credentials_is_ctrunc)
{
	struct message m;
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	message_room(&m, 8, 64);
	m.h.msg_control = NULL;
	assert_int_equal(recvmsg(fd[1], &m.h, 0), 1);
	assert_int_equal(m.h.msg_flags, MSG_CTRUNC);
	assert_int_equal(m.h.msg_controllen, 0);
	close_pair(fd);
}

TEST(credentials_come_before_descriptors)
{
	struct ucred c = myself();
	struct cmsghdr *first;
	struct message m;
	int fd[2], got;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	message_init(&m, "x", 1);
	message_add(&m, SOL_SOCKET, SCM_RIGHTS, &fd[0], sizeof(int));
	message_add(&m, SOL_SOCKET, SCM_CREDENTIALS, &c, sizeof(c));
	assert_int_equal(sendmsg(fd[0], &m.h, 0), 1);
	message_room(&m, 8, CMSG_SPACE(sizeof(c)) + CMSG_SPACE(sizeof(int)));
	assert_int_equal(recvmsg(fd[1], &m.h, 0), 1);
	assert_int_equal(m.h.msg_flags, 0);
	assert_int_equal(m.h.msg_controllen, CMSG_SPACE(sizeof(c)) + CMSG_SPACE(sizeof(int)));
	first = CMSG_FIRSTHDR(&m.h);
	assert_int_equal(first->cmsg_type, SCM_CREDENTIALS);
	memcpy(&got, CMSG_DATA(CMSG_NXTHDR(&m.h, first)), sizeof(got));
	assert_ok(close(got));
	close_pair(fd);
}

TEST(room_for_credentials_alone_truncates_descriptors)
{
	struct message m;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
	message_init(&m, "x", 1);
	message_add(&m, SOL_SOCKET, SCM_RIGHTS, &fd[0], sizeof(int));
	assert_int_equal(sendmsg(fd[0], &m.h, 0), 1);
	assert_int_equal(receive(fd[1], &m, 8, 0), 1);
	assert_int_equal(m.h.msg_flags, MSG_CTRUNC);
	assert_int_equal(m.h.msg_controllen, CMSG_SPACE(sizeof(struct ucred)));
	assert_cred(&m, myself());
	close_pair(fd);
}

/* ---- autobind ---- */

static socklen_t name_len(int fd)
{
	struct sockaddr_un a;
	socklen_t len = sizeof(a);

	assert_ok(getsockname(fd, (struct sockaddr *)&a, &len));
	return len;
}

TEST(passcred_names_a_datagram_socket_that_sends)
{
	int fd[2];

	unix_pair(SOCK_DGRAM, fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(name_len(fd[0]), sizeof(sa_family_t));
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(name_len(fd[0]), sizeof(sa_family_t) + 6);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(name_len(fd[1]), sizeof(sa_family_t));
	close_pair(fd);
}

TEST(passcred_does_not_name_a_stream_that_sends)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_PASSCRED, 1));
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(name_len(fd[0]), sizeof(sa_family_t));
	close_pair(fd);
}

/* ---- what is wrong ---- */

static void refused(int sock, int level, int type, size_t len, int error)
{
	struct message m;
	char data[64] = { 0 };

	message_init(&m, "x", 1);
	message_add(&m, level, type, data, len);
	if (error)
		assert_fails(sendmsg(sock, &m.h, MSG_NOSIGNAL), error);
	else
		assert_int_equal(sendmsg(sock, &m.h, MSG_NOSIGNAL), 1);
}

TEST(unknown_type_of_sol_socket_is_einval)
{
	int fd[2], udp[2], tcp[2];

	unix_pair(SOCK_STREAM, fd);
	udp_pair(udp);
	tcp_pair(tcp);
	refused(fd[0], SOL_SOCKET, 0, 4, EINVAL);
	refused(fd[0], SOL_SOCKET, 0x7777, 0, EINVAL);
	refused(fd[0], SOL_SOCKET, SO_MARK, 4, EINVAL);
	refused(udp[0], SOL_SOCKET, 0x7777, 4, EINVAL);
	refused(tcp[0], SOL_SOCKET, 0x7777, 4, EINVAL);
	tcp_end(tcp);
	close_pair(udp);
	close_pair(fd);
}

TEST(unix_sockets_ignore_other_levels)
{
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	refused(fd[0], IPPROTO_IP, IP_TTL, 4, 0);
	refused(fd[0], 4711, 4711, 0, 0);
	close_pair(fd);
}

TEST(tcp_ignores_other_levels_and_rights)
{
	int fd[2];

	tcp_pair(fd);
	refused(fd[0], IPPROTO_IP, IP_TTL, 4, 0);
	refused(fd[0], 4711, 4711, 0, 0);
	refused(fd[0], SOL_SOCKET, SCM_RIGHTS, 4, 0);
	refused(fd[0], SOL_SOCKET, SCM_CREDENTIALS, 1, 0);
	discard(fd[1], 4);
	tcp_end(fd);
}

TEST(udp_ignores_levels_of_others_and_rights)
{
	int fd[2];

	udp_pair(fd);
	refused(fd[0], 4711, 4711, 0, 0);
	refused(fd[0], IPPROTO_IPV6, 4711, 4, 0);
	refused(fd[0], SOL_SOCKET, SCM_RIGHTS, 4, 0);
	refused(fd[0], SOL_SOCKET, SCM_CREDENTIALS, 1, 0);
	refused(fd[0], IPPROTO_IP, 4711, 4, EINVAL);
	refused(fd[0], IPPROTO_UDP, 4711, 4, EINVAL);
	close_pair(fd);
}

TEST(udp_over_ipv6_ignores_levels_of_others)
{
	struct sockaddr_in6 at;
	int fd = new_socket(AF_INET6, SOCK_DGRAM);

	assert_ok(bind6(fd, at6("::1", 0)));
	at = local6(fd);
	assert_ok(connect6(fd, at));
	refused(fd, IPPROTO_IP, 4711, 4, 0);
	refused(fd, SOL_SOCKET, SCM_RIGHTS, 4, 0);
	refused(fd, IPPROTO_IPV6, 4711, 4, EINVAL);
	refused(fd, SOL_SOCKET, 0x7777, 4, EINVAL);
	assert_ok(close(fd));
}

TEST(connection_is_looked_at_before_tcps_control_messages)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2], alone = new_socket(AF_INET, SOCK_STREAM), udp = new_socket(AF_INET, SOCK_DGRAM);

	refused(alone, SOL_SOCKET, 0x7777, 4, EPIPE);
	refused(udp, SOL_SOCKET, 0x7777, 4, EDESTADDRREQ);
	tcp_pair(fd);
	assert_ok(shutdown(fd[0], SHUT_WR));
	refused(fd[0], SOL_SOCKET, 0x7777, 4, EPIPE);
	tcp_end(fd);
	assert_ok(close(alone));
	assert_ok(close(udp));
	signal_restore(SIGPIPE, before);
}

TEST(length_below_a_header_or_beyond_the_room_is_einval)
{
	static const size_t wrong[] = { 0, 1, 15, 4096, SIZE_MAX, (size_t)1 << 32 };
	struct message m;
	int fd[2], tcp[2], udp[2];

	unix_pair(SOCK_STREAM, fd);
	tcp_pair(tcp);
	udp_pair(udp);
	for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
		message_init(&m, "x", 1);
		message_add(&m, 4711, 0, "1234", 4)->cmsg_len = wrong[i];
		assert_fails(sendmsg(fd[0], &m.h, 0), EINVAL);
		assert_fails(sendmsg(tcp[0], &m.h, 0), EINVAL);
		assert_fails(sendmsg(udp[0], &m.h, 0), EINVAL);
	}
	close_pair(udp);
	tcp_end(tcp);
	close_pair(fd);
}

TEST(length_may_leave_out_the_padding_of_the_last)
{
	struct message m;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	message_init(&m, "x", 1);
	message_add(&m, 4711, 0, "1", 1);
	m.h.msg_controllen = CMSG_LEN(1);
	assert_int_equal(sendmsg(fd[0], &m.h, 0), 1);
	m.h.msg_controllen = CMSG_LEN(1) - 1;
	assert_fails(sendmsg(fd[0], &m.h, 0), EINVAL);
	close_pair(fd);
}

TEST(what_follows_the_last_whole_header_is_ignored)
{
	struct message m;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	message_init(&m, "x", 1);
	message_add(&m, 4711, 0, "1", 1);
	m.h.msg_controllen += sizeof(struct cmsghdr) - 1;
	memset(m.control.bytes + CMSG_SPACE(1), 0xff, sizeof(struct cmsghdr));
	assert_int_equal(sendmsg(fd[0], &m.h, 0), 1);
	m.h.msg_controllen++;
	assert_fails(sendmsg(fd[0], &m.h, 0), EINVAL);
	close_pair(fd);
}

TEST(mistake_in_a_later_message_refuses_all)
{
	struct message m;
	int fd[2], passed[2];
	char b;

	unix_pair(SOCK_STREAM, fd);
	unix_pair(SOCK_STREAM, passed);
	message_init(&m, "x", 1);
	message_add(&m, SOL_SOCKET, SCM_RIGHTS, &passed[1], sizeof(int));
	message_add(&m, SOL_SOCKET, 0x7777, "1234", 4);
	assert_fails(sendmsg(fd[0], &m.h, 0), EINVAL);
	assert_ok(close(passed[1]));
	assert_int_equal(recv(passed[0], &b, 1, MSG_DONTWAIT), 0);
	assert_ok(close(passed[0]));
	close_pair(fd);
}

TEST(control_data_that_cannot_be_read_is_efault)
{
	struct message m;
	int fd[2], udp[2];

	unix_pair(SOCK_STREAM, fd);
	udp_pair(udp);
	message_init(&m, "x", 1);
	m.h.msg_control = (void *)8;
	m.h.msg_controllen = 64;
	assert_fails(sendmsg(fd[0], &m.h, 0), EFAULT);
	assert_fails(sendmsg(udp[0], &m.h, 0), EFAULT);
	m.h.msg_controllen = 1;
	assert_fails(sendmsg(fd[0], &m.h, 0), EFAULT);
	m.h.msg_controllen = 0;
	assert_int_equal(sendmsg(fd[0], &m.h, 0), 1);
	close_pair(udp);
	close_pair(fd);
}

TEST(control_data_up_to_optmem_max)
{
	enum { OPTMEM_MAX = 131072 };
	static char control[OPTMEM_MAX + 8];
	struct message m;
	struct cmsghdr c = { .cmsg_len = OPTMEM_MAX - 8, .cmsg_level = 4711 };
	int fd[2];

	memcpy(control, &c, sizeof(c));
	unix_pair(SOCK_STREAM, fd);
	message_init(&m, "x", 1);
	m.h.msg_control = control;
	m.h.msg_controllen = OPTMEM_MAX - 8;
	assert_int_equal(sendmsg(fd[0], &m.h, 0), 1);
	m.h.msg_controllen = OPTMEM_MAX - 1;
	assert_int_equal(sendmsg(fd[0], &m.h, 0), 1);
	m.h.msg_controllen = OPTMEM_MAX;
	assert_fails(sendmsg(fd[0], &m.h, 0), ENOBUFS);
	m.h.msg_controllen = OPTMEM_MAX + 8;
	assert_fails(sendmsg(fd[0], &m.h, 0), ENOBUFS);
	m.h.msg_controllen = SIZE_MAX;
	assert_fails(sendmsg(fd[0], &m.h, 0), ENOBUFS);
	close_pair(fd);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(passcred_tells_who_sent),
	DUAL_TEST(what_was_sent_before_passcred_is_nobodys),
	DUAL_TEST(passcred_of_the_sender_notes_it_too),
	DUAL_TEST(what_is_sent_before_accept_is_known),
	DUAL_TEST(own_credentials_may_be_sent),
	DUAL_TEST(credentials_that_were_sent_are_not_told_unasked),
	DUAL_TEST(credentials_of_another_are_eperm),
	DUAL_TEST(root_may_be_anybody_who_lives),
	DUAL_TEST(user_or_group_that_cannot_be_is_einval),
	DUAL_TEST(credentials_of_another_length_are_einval),
	DUAL_TEST(last_of_several_credentials_counts),
	DUAL_TEST(stream_stops_where_the_sender_changes),
	DUAL_TEST(stream_stops_where_known_senders_begin),
	DUAL_TEST(plain_read_of_a_passcred_stream_stops_there_too),
	DUAL_TEST(part_of_a_message_keeps_its_sender),
	DUAL_TEST(end_of_a_passcred_stream_tells_zeroes),
	DUAL_TEST(end_of_passcred_records_has_no_credentials),
	DUAL_TEST(credentials_are_cut_to_the_room_there_is),
	DUAL_TEST(no_control_buffer_for_credentials_is_ctrunc),
	DUAL_TEST(credentials_come_before_descriptors),
	DUAL_TEST(room_for_credentials_alone_truncates_descriptors),
	DUAL_TEST(passcred_names_a_datagram_socket_that_sends),
	DUAL_TEST(passcred_does_not_name_a_stream_that_sends),
	DUAL_TEST(unknown_type_of_sol_socket_is_einval),
	DUAL_TEST(unix_sockets_ignore_other_levels),
	DUAL_TEST(tcp_ignores_other_levels_and_rights),
	DUAL_TEST(udp_ignores_levels_of_others_and_rights),
	DUAL_TEST(udp_over_ipv6_ignores_levels_of_others),
	DUAL_TEST(connection_is_looked_at_before_tcps_control_messages),
	DUAL_TEST(length_below_a_header_or_beyond_the_room_is_einval),
	DUAL_TEST(length_may_leave_out_the_padding_of_the_last),
	DUAL_TEST(what_follows_the_last_whole_header_is_ignored),
	DUAL_TEST(mistake_in_a_later_message_refuses_all),
	DUAL_TEST(control_data_that_cannot_be_read_is_efault),
	DUAL_TEST(control_data_up_to_optmem_max),
};

BEHAVIOUR_MAIN("unix_credentials", tests)
