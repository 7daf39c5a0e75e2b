/* SPDX-License-Identifier: MIT */
/* The object face, on real sockets and on simulated ones: whose a descriptor is, what send takes, SIGPIPE. */
#include "tests/behaviour/behaviour.h"

#include <sys/time.h>

#include "api/object/simsock_object.h"

static void pair(struct sim_object *a, struct sim_object *b, int type)
{
	*a = (struct sim_object)SIM_OBJECT_INIT;
	*b = (struct sim_object)SIM_OBJECT_INIT;
	assert_ok(sim_object_pair(a, b, type));
}

TEST(an_object_connects_accepts_and_transmits)
{
	struct sim_object listener = SIM_OBJECT_INIT, client = SIM_OBJECT_INIT, server = SIM_OBJECT_INIT;
	struct sockaddr_in at = at4("127.0.0.1", 0), from;
	socklen_t len = sizeof(from);
	char got[8];

	listener.suppress_sigpipe = true;
	assert_ok(sim_object_open(&listener, AF_INET, SOCK_STREAM, 0));
	assert_ok(sim_object_bind(&listener, (struct sockaddr *)&at, sizeof(at)));
	assert_ok(sim_object_listen(&listener, 1));
	at = local4(listener.fd);
	assert_ok(sim_object_open(&client, AF_INET, SOCK_STREAM, 0));
	assert_ok(sim_object_connect(&client, (struct sockaddr *)&at, sizeof(at)));
	assert_ok(sim_object_accept(&listener, &server, (struct sockaddr *)&from, &len));
	assert_int_equal(from.sin_port, local4(client.fd).sin_port);
	assert_true(server.suppress_sigpipe); /* as the listener's */
	assert_false(client.suppress_sigpipe);
	assert_int_equal(sim_object_send(&client, "hello", 5, 0), 5);
	assert_int_equal(sim_object_recv(&server, got, sizeof(got), 0), 5);
	assert_memory_equal(got, "hello", 5);
	assert_ok(sim_object_shutdown(&client, SHUT_WR));
	assert_int_equal(sim_object_recv(&server, got, sizeof(got), 0), 0);
	assert_ok(sim_object_close(&server));
	assert_ok(sim_object_close(&client));
	assert_ok(sim_object_close(&listener));
	assert_int_equal(listener.fd, -1);
	assert_fails(sim_object_close(&listener), EBADF);
}

TEST(datagrams_go_to_a_recipient)
{
	struct sim_object a = SIM_OBJECT_INIT, b = SIM_OBJECT_INIT;
	struct sockaddr_in at, from;
	socklen_t len = sizeof(from);
	struct iovec parts[2] = { piece("ab", 2), piece("c", 1) };
	struct msghdr msg = { .msg_iov = parts, .msg_iovlen = 2, .msg_name = &at, .msg_namelen = sizeof(at) };
	char got[8];

	assert_ok(sim_object_attach(&b, udp_bound(&at)));
	assert_ok(sim_object_open(&a, AF_INET, SOCK_DGRAM, 0));
	assert_fails(sim_object_send(&a, "x", 1, 0), EDESTADDRREQ);
	assert_int_equal(sim_object_send_to(&a, "x", 1, 0, (struct sockaddr *)&at, sizeof(at)), 1);
	assert_int_equal(sim_object_recv_from(&b, got, sizeof(got), 0, (struct sockaddr *)&from, &len), 1);
	assert_int_equal(from.sin_port, local4(a.fd).sin_port);
	assert_int_equal(sim_object_send_msg(&a, &msg, 0), 3);
	assert_int_equal(sim_object_recv(&b, got, sizeof(got), 0), 3);
	assert_memory_equal(got, "abc", 3);
	assert_ok(sim_object_close(&a));
	assert_ok(sim_object_close(&b));
}

TEST(a_descriptor_is_taken_over_and_given_back)
{
	struct sim_object o = SIM_OBJECT_INIT, other = SIM_OBJECT_INIT;
	int fd[2], real[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(sim_object_attach(&o, fd[0]));
	assert_fails(sim_object_attach(&o, fd[1]), EBUSY);
	assert_fails(sim_object_open(&o, AF_UNIX, SOCK_STREAM, 0), EBUSY);
	assert_fails(sim_object_pair(&other, &o, SOCK_STREAM), EBUSY);
	assert_fails(sim_object_accept(&other, &o, NULL, NULL), EBUSY);
	assert_int_equal(o.fd, fd[0]);
	assert_int_equal(sim_object_send(&o, "x", 1, 0), 1);
	assert_int_equal(sim_object_detach(&o), fd[0]);
	assert_int_equal(o.fd, -1);
	assert_fails(sim_object_detach(&o), EBADF);
	close_pair(fd);
	assert_ok(pipe(real));
	assert_fails(sim_object_attach(&o, real[0]), ENOTSOCK);
	assert_fails(sim_object_attach(&o, -1), EBADF);
	close_pair(real);
}

TEST(without_a_socket_everything_is_ebadf)
{
	struct sim_object o = SIM_OBJECT_INIT, made = SIM_OBJECT_INIT;
	struct sockaddr_in at = at4("127.0.0.1", 1);
	char byte = 0;

	assert_fails(sim_object_bind(&o, (struct sockaddr *)&at, sizeof(at)), EBADF);
	assert_fails(sim_object_listen(&o, 1), EBADF);
	assert_fails(sim_object_connect(&o, (struct sockaddr *)&at, sizeof(at)), EBADF);
	assert_fails(sim_object_accept(&o, &made, NULL, NULL), EBADF);
	assert_fails(sim_object_send(&o, "x", 1, 0), EBADF);
	assert_fails(sim_object_send_to(&o, "x", 1, 0, (struct sockaddr *)&at, sizeof(at)), EBADF);
	assert_fails(sim_object_recv(&o, &byte, 1, 0), EBADF);
	assert_fails(sim_object_shutdown(&o, SHUT_RD), EBADF);
	assert_int_equal(made.fd, -1);
}

/* "As many src bytes as possible": what there is room for, if it does not block. */
TEST(send_takes_what_there_is_room_for)
{
	static char block[4 << 20];
	struct sim_object a, b;
	ssize_t n, got = 0, all = 0;

	pair(&a, &b, SOCK_STREAM);
	n = sim_object_send(&a, block, sizeof(block), MSG_DONTWAIT);
	assert_in_range(n, 1, sizeof(block) - 1);
	assert_fails(sim_object_send(&a, block, sizeof(block), MSG_DONTWAIT), EAGAIN);
	while ((got = sim_object_recv(&b, block, sizeof(block), MSG_DONTWAIT)) > 0)
		all += got;
	assert_int_equal(all, n);
	assert_ok(sim_object_close(&a));
	assert_ok(sim_object_close(&b));
}

TEST(a_datagram_that_is_too_long_is_not_sent_in_part)
{
	static char block[70000];
	int fd[2];
	struct sim_object a = SIM_OBJECT_INIT;

	udp_pair(fd);
	assert_ok(sim_object_attach(&a, fd[0]));
	assert_fails(sim_object_send(&a, block, sizeof(block), 0), EMSGSIZE);
	assert_fails(recv(fd[1], block, 1, MSG_DONTWAIT), EAGAIN);
	assert_ok(sim_object_close(&a));
	assert_ok(close(fd[1]));
}

TEST(a_broken_stream_raises_sigpipe_unless_it_is_suppressed)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	struct iovec part = piece("x", 1);
	struct msghdr msg = { .msg_iov = &part, .msg_iovlen = 1 };
	struct sim_object a, b;

	pair(&a, &b, SOCK_STREAM);
	assert_ok(sim_object_close(&b));
	assert_fails(sim_object_send(&a, "x", 1, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_fails(sim_object_send(&a, "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_int_equal(signals_seen, 1);
	a.suppress_sigpipe = true;
	assert_fails(sim_object_send(&a, "x", 1, 0), EPIPE);
	assert_fails(sim_object_send_to(&a, "x", 1, 0, NULL, 0), EPIPE);
	assert_fails(sim_object_send_msg(&a, &msg, 0), EPIPE);
	assert_int_equal(signals_seen, 1);
	a.suppress_sigpipe = false;
	assert_fails(sim_object_send_msg(&a, &msg, 0), EPIPE);
	assert_int_equal(signals_seen, 2);
	signal_restore(SIGPIPE, before);
	assert_ok(sim_object_close(&a));
}

/* Flags that the caller gives stay beside MSG_NOSIGNAL. */
TEST(suppression_keeps_the_other_flags)
{
	struct sim_object a, b;
	char got;

	pair(&a, &b, SOCK_STREAM);
	a.suppress_sigpipe = true;
	assert_int_equal(sim_object_send(&a, "x", 1, MSG_DONTWAIT | MSG_MORE), 1);
	assert_int_equal(sim_object_recv(&b, &got, 1, MSG_PEEK), 1);
	assert_int_equal(sim_object_recv(&b, &got, 1, 0), 1);
	assert_fails(sim_object_recv(&b, &got, 1, MSG_DONTWAIT), EAGAIN);
	assert_ok(sim_object_close(&a));
	assert_ok(sim_object_close(&b));
}

static int temporary_file(const char *text)
{
	char path[] = "/tmp/objectXXXXXX";
	int file = mkstemp(path);

	assert_true(file >= 0);
	assert_ok(unlink(path));
	assert_int_equal(write(file, text, strlen(text)), strlen(text));
	return file;
}

/* sendfile(2) has no MSG_NOSIGNAL: the signal is taken away, one that was pending before is not. */
TEST(a_files_sigpipe_is_suppressed_too)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int file = temporary_file("abcdef");
	struct sim_object a, b;
	off_t at = 1;
	sigset_t set;
	char got[8];

	pair(&a, &b, SOCK_STREAM);
	a.suppress_sigpipe = true;
	assert_int_equal(sim_object_send_file(&a, file, &at, 3), 3);
	assert_int_equal(at, 4);
	assert_int_equal(sim_object_recv(&b, got, sizeof(got), 0), 3);
	assert_memory_equal(got, "bcd", 3);
	assert_ok(sim_object_close(&b));
	assert_fails(sim_object_send_file(&a, file, &at, 2), EPIPE);
	assert_int_equal(signals_seen, 0);
	a.suppress_sigpipe = false;
	assert_fails(sim_object_send_file(&a, file, &at, 2), EPIPE);
	assert_int_equal(signals_seen, 1);

	sigemptyset(&set);
	sigaddset(&set, SIGPIPE);
	assert_ok(sigprocmask(SIG_BLOCK, &set, NULL));
	assert_ok(raise(SIGPIPE));
	a.suppress_sigpipe = true;
	assert_fails(sim_object_send_file(&a, file, &at, 2), EPIPE);
	assert_int_equal(signals_seen, 1);
	assert_ok(sigprocmask(SIG_UNBLOCK, &set, NULL));
	assert_int_equal(signals_seen, 2);
	signal_restore(SIGPIPE, before);
	assert_ok(sim_object_close(&a));
	assert_ok(close(file));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(an_object_connects_accepts_and_transmits),
	DUAL_TEST(datagrams_go_to_a_recipient),
	DUAL_TEST(a_descriptor_is_taken_over_and_given_back),
	DUAL_TEST(without_a_socket_everything_is_ebadf),
	DUAL_TEST(send_takes_what_there_is_room_for),
	DUAL_TEST(a_datagram_that_is_too_long_is_not_sent_in_part),
	DUAL_TEST(a_broken_stream_raises_sigpipe_unless_it_is_suppressed),
	DUAL_TEST(suppression_keeps_the_other_flags),
	DUAL_TEST(a_files_sigpipe_is_suppressed_too),
};
BEHAVIOUR_MAIN("object", tests)
