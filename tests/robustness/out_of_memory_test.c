/* SPDX-License-Identifier: MIT */
/*
 * A world whose memory runs out, at every call in turn and for as long as it likes: calls fail as they may on
 * a host without memory, nothing asserts, bytes that were taken arrive in order, and once there is memory
 * again all goes on.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "api/calls/calls.h"
#include "simsock_cmocka.h"

enum { NUM_SEEDS = 60, NUM_LIMITS = 400, NUM_CALLS = 50, LIMIT_STEP_BYTES = 48, MAX_BYTES = 60000 };

static unsigned char bytes[MAX_BYTES], read_back[MAX_BYTES];
static uint64_t rng;

static unsigned draw(unsigned below)
{
	rng = rng * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
	return (unsigned)((rng >> 33) % below);
}

static struct sim_arena *arena(void)
{
	return sim_current->sched->ctx->arena;
}

static void limit_to(size_t more_bytes)
{
	arena()->limit_bytes = arena()->in_use_bytes + more_bytes;
}

static void no_limit(void)
{
	arena()->limit_bytes = arena()->size_bytes;
}

/* No memory from this call on, or little, or enough. */
static void squeeze(void)
{
	switch (draw(3)) {
	case 0: no_limit(); break;
	case 1: limit_to(0); break;
	default: limit_to(draw(6000)); break;
	}
}

static void assert_may_fail_so(void)
{
	if (errno != EAGAIN && errno != ENOMEM && errno != ENOBUFS && errno != EMSGSIZE)
		fail_msg("errno %d", errno);
}

struct stream {
	int fd[2];
	size_t num_sent, num_read;
};

static void send_some(struct stream *s)
{
	size_t n = 1 + draw(draw(2) ? 100 : MAX_BYTES - 1);
	struct iovec iov[2] = { { bytes, n / 2 }, { bytes + n / 2, n - n / 2 } };
	ssize_t r;

	for (size_t i = 0; i < n; i++)
		bytes[i] = (unsigned char)(s->num_sent + i);
	r = draw(3) ? send(s->fd[0], bytes, n, 0) : writev(s->fd[0], iov, 2);
	if (r < 0)
		assert_may_fail_so();
	else
		s->num_sent += (size_t)r;
}

static bool read_some(struct stream *s)
{
	ssize_t r = recv(s->fd[1], read_back, 1 + draw(MAX_BYTES - 1), 0);

	if (r < 0)
		assert_may_fail_so();
	for (ssize_t i = 0; i < r; i++)
		assert_int_equal(read_back[i], (unsigned char)(s->num_read + (size_t)i));
	s->num_read += r > 0 ? (size_t)r : 0;
	return r > 0;
}

static void open_pair(int fd[2], const char *kind)
{
	no_limit();
	sim_link("client", "server", "delay 1ms");
	sim_pair(fd, kind);
	assert_int_equal(fcntl(fd[0], F_SETFL, O_NONBLOCK), 0);
	assert_int_equal(fcntl(fd[1], F_SETFL, O_NONBLOCK), 0);
}

static void drain(struct stream *s)
{
	no_limit();
	for (int i = 0; i < 100 && s->num_read < s->num_sent; i++)
		if (!read_some(s))
			sim_advance("10s");
	assert_int_equal(s->num_read, s->num_sent);
	close(s->fd[0]);
	close(s->fd[1]);
	sim_run();
}

static void squeeze_stream(const char *kind)
{
	for (unsigned seed = 1; seed <= NUM_SEEDS; seed++) {
		struct stream s = { { -1, -1 }, 0, 0 };

		rng = seed;
		open_pair(s.fd, kind);
		for (int i = 0; i < NUM_CALLS; i++) {
			squeeze();
			send_some(&s);
			squeeze();
			if (draw(2))
				(void)read_some(&s);
			if (!draw(6))
				sim_advance("3ms");
		}
		drain(&s);
	}
}

/* A fixed limit, a little higher each time: every allocation of the transfer is the one that fails. */
static void limit_stream(const char *kind)
{
	for (unsigned n = 0; n < NUM_LIMITS; n++) {
		struct stream s = { { -1, -1 }, 0, 0 };

		rng = 1;
		open_pair(s.fd, kind);
		limit_to(n * LIMIT_STEP_BYTES);
		for (int i = 0; i < 8; i++) {
			send_some(&s);
			(void)read_some(&s);
			sim_advance("3ms");
		}
		drain(&s);
	}
}

static void squeeze_messages(const char *kind)
{
	for (unsigned seed = 1; seed <= NUM_SEEDS; seed++) {
		int fd[2];

		rng = seed;
		open_pair(fd, kind);
		for (int i = 0; i < NUM_CALLS; i++) {
			squeeze();
			if (send(fd[0], bytes, draw(draw(2) ? 100 : MAX_BYTES), 0) < 0)
				assert_may_fail_so();
			squeeze();
			if (draw(2) && recv(fd[1], read_back, draw(MAX_BYTES), 0) < 0)
				assert_may_fail_so();
			if (!draw(6))
				sim_advance("3ms");
		}
		no_limit();
		sim_advance("1s");
		while (recv(fd[1], read_back, MAX_BYTES, 0) >= 0)
			;
		assert_int_equal(send(fd[0], "last", 4, 0), 4);
		sim_advance("1s");
		assert_int_equal(recv(fd[1], read_back, MAX_BYTES, 0), 4);
		close(fd[0]);
		close(fd[1]);
	}
}

static void send_rights(const int fd[2])
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))] = { 0 };
	struct iovec iov = { bytes, 1 + draw(100) };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_len = CMSG_LEN(2 * sizeof(int));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	memcpy(CMSG_DATA(c), fd, 2 * sizeof(int));
	if (sendmsg(fd[0], &m, 0) < 0)
		assert_may_fail_so();
}

static void read_rights(int from)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(2 * sizeof(int))];
	struct iovec iov = { read_back, 1 + draw(200) };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof control
	};
	int fd;

	if (recvmsg(from, &m, draw(2) ? MSG_PEEK : 0) < 0) {
		assert_may_fail_so();
		return;
	}
	for (size_t at = CMSG_LEN(0); at + sizeof fd <= m.msg_controllen; at += sizeof fd) {
		memcpy(&fd, control + at, sizeof fd);
		assert_int_equal(close(fd), 0);
	}
}

static void squeeze_rights(const char *kind)
{
	for (unsigned seed = 1; seed <= NUM_SEEDS; seed++) {
		int fd[2];

		rng = seed;
		open_pair(fd, kind);
		for (int i = 0; i < NUM_CALLS; i++) {
			squeeze();
			send_rights(fd);
			squeeze();
			read_rights(fd[1]);
		}
		no_limit();
		close(fd[0]);
		close(fd[1]);
	}
}

static void descriptors_in_messages_survive_running_out_of_memory(void **state)
{
	(void)state;
	squeeze_rights("unix");
	squeeze_rights("unix dgram");
	squeeze_rights("unix seqpacket");
}

static void tcp_survives_running_out_of_memory(void **state)
{
	(void)state;
	squeeze_stream("tcp");
	limit_stream("tcp");
}

static void unix_streams_survive_running_out_of_memory(void **state)
{
	(void)state;
	squeeze_stream("unix");
	limit_stream("unix");
}

static void messages_survive_running_out_of_memory(void **state)
{
	(void)state;
	squeeze_messages("udp");
	squeeze_messages("udp6");
	squeeze_messages("unix dgram");
	squeeze_messages("unix seqpacket");
}

static void sockets_without_memory_are_told_so(void **state)
{
	int fd[2];

	(void)state;
	limit_to(0);
	while (socket(AF_INET, SOCK_STREAM, 0) >= 0)
		;
	assert_int_equal(errno, ENOMEM);
	sim_assert_why(ENOMEM, "no-memory");
	while (socketpair(AF_UNIX, SOCK_STREAM, 0, fd) == 0)
		;
	assert_int_equal(errno, ENOMEM);
	no_limit();
	for (int i = 3; i < 100; i++)
		close(i);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(tcp_survives_running_out_of_memory),
		sim_test(unix_streams_survive_running_out_of_memory),
		sim_test(messages_survive_running_out_of_memory),
		sim_test(descriptors_in_messages_survive_running_out_of_memory),
		sim_test(sockets_without_memory_are_told_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
