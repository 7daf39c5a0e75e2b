/* SPDX-License-Identifier: MIT */
/* The memory of a host's sockets and its limits: simsock.mem_limit, net.ipv4.tcp_mem, net.ipv4.udp_mem. */
#include "simsock_cmocka.h"

#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

static char block[4096];

static void close_both(const int fd[2])
{
	close(fd[0]);
	close(fd[1]);
}

static ssize_t send_pieces(int fd, int num)
{
	struct iovec iov[16];

	for (int i = 0; i < num; i++)
		iov[i] = (struct iovec){ block, 1 };
	return writev(fd, iov, num);
}

static ssize_t pass_descriptor(int fd, int passed)
{
	_Alignas(struct cmsghdr) char control[CMSG_SPACE(sizeof(int))] = { 0 };
	struct iovec iov = { block, 1 };
	struct msghdr m = {
		.msg_iov = &iov, .msg_iovlen = 1, .msg_control = control, .msg_controllen = sizeof(control)
	};
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);

	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &passed, sizeof(int));
	return sendmsg(fd, &m, 0);
}

/* The client's sockets hold what they may: one Unix datagram that nobody has read. */
static void fill_memory(int fd[2])
{
	sim_pair(fd, "unix dgram nonblock");
	assert_int_equal(send(fd[0], block, 500, 0), 500);
	sim_sysctl("client", "simsock.mem_limit", "1280");
}

#define FAILS(call, error)                            \
	do {                                          \
		assert_int_equal((call), -1);         \
		sim_assert_why(error, "host-memory"); \
	} while (0)

static void messages_are_enobufs_at_the_limit(void **state)
{
	static const char *const kinds[] = { "udp nonblock", "unix nonblock", "unix dgram nonblock",
					     "unix seqpacket nonblock" };
	int full[2];

	(void)state;
	for (int i = 0; i < 4; i++) {
		int fd[2];

		sim_pair(fd, kinds[i]);
		fill_memory(full);
		FAILS(send(fd[0], block, 1, 0), ENOBUFS);
		sim_sysctl("client", "simsock.no_memory", "enomem");
		FAILS(send(fd[0], block, 1, 0), ENOMEM);
		sim_sysctl("client", "simsock.no_memory", "linux");
		assert_int_equal(recv(full[1], block, sizeof(block), 0), 500);
		assert_int_equal(send(fd[0], block, 1, 0), 1);
		sim_sysctl("client", "simsock.mem_limit", "0");
		close_both(full);
		close_both(fd);
	}
}

static void sockets_cannot_be_made_at_the_limit(void **state)
{
	int full[2], fd[2];

	(void)state;
	fill_memory(full);
	FAILS(socket(AF_INET, SOCK_STREAM, 0), ENOBUFS);
	FAILS(socket(AF_INET6, SOCK_DGRAM, 0), ENOBUFS);
	FAILS(socket(AF_UNIX, SOCK_STREAM, 0), ENOMEM);
	FAILS(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), ENOMEM);
	close_both(full);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	close_both(fd);
}

static void many_pieces_and_descriptors_are_enomem_at_the_limit(void **state)
{
	int full[2], fd[2];

	(void)state;
	sim_pair(fd, "unix nonblock");
	fill_memory(full);
	FAILS(send_pieces(fd[0], 9), ENOMEM);
	FAILS(pass_descriptor(fd[0], fd[1]), ENOMEM);
	FAILS(send_pieces(fd[0], 8), ENOBUFS);
	close_both(full);
	assert_int_equal(send_pieces(fd[0], 9), 9);
	assert_int_equal(recv(fd[1], block, sizeof(block), 0), 9);
	assert_int_equal(pass_descriptor(fd[0], fd[0]), 1);
	close_both(fd);
}

/* Linux's TCP waits for memory as it waits for room. */
static void tcp_is_eagain_at_the_limit_or_what_the_switch_says(void **state)
{
	int full[2], fd[2];

	(void)state;
	sim_pair(fd, "tcp nonblock");
	fill_memory(full);
	FAILS(send(fd[0], block, 1, 0), EAGAIN);
	sim_sysctl("client", "simsock.no_memory", "enobufs");
	FAILS(send(fd[0], block, 1, 0), ENOBUFS);
	close_both(full);
	assert_int_equal(send(fd[0], block, 1, 0), 1);
	close_both(fd);
}

static int full_fds[2];

static void frees_later(void *arg)
{
	char b[4096];

	(void)arg;
	sim_advance("1s");
	(void)recv(full_fds[1], b, sizeof(b), 0);
}

static void tcp_blocks_until_memory_is_given_back(void **state)
{
	int fd[2];

	(void)state;
	sim_pair(fd, "tcp");
	fill_memory(full_fds);
	sim_spawn("client", frees_later, NULL);
	assert_int_equal(send(fd[0], block, 10, 0), 10);
	assert_int_equal(sim_now_ns(), 1000000000);
	close_both(full_fds);
	close_both(fd);
}

/* Two pages are used up by the first buffer that the peer has not acknowledged; tcp_wmem's first number is
 * always granted. */
static void tcp_mem_holds_a_sender_back(void **state)
{
	int a[2], b[2], room = 1 << 20;
	ssize_t n;

	(void)state;
	sim_link("client", "server", "delay 10ms");
	sim_pair(a, "tcp nonblock");
	sim_pair(b, "tcp nonblock");
	assert_int_equal(setsockopt(a[0], SOL_SOCKET, SO_SNDBUF, &room, sizeof(room)), 0);
	sim_sysctl("client", "net.ipv4.tcp_mem", "1 1 2");
	n = send(a[0], (char[100000]){ 0 }, 100000, 0);
	assert_in_range(n, 4096, 65535); /* one buffer */
	FAILS(send(a[0], block, sizeof(block), 0), EAGAIN);
	assert_in_range(send(b[0], block, sizeof(block), 0), 1, 4096);
	sim_advance("1s");
	assert_true(send(a[0], block, sizeof(block), 0) > 0);
	close_both(a);
	close_both(b);
}

static void udp_mem_drops_what_arrives(void **state)
{
	int fd[2], num = 0;

	(void)state;
	sim_pair(fd, "udp nonblock");
	sim_sysctl("server", "net.ipv4.udp_mem", "1 1 1");
	for (int i = 0; i < 10; i++)
		assert_int_equal(send(fd[0], block, 1, 0), 1);
	while (recv(fd[1], block, 1, 0) == 1)
		num++;
	assert_int_equal(num, 4096 / 832);
	close_both(fd);
}

/* ENOMEM and ENOBUFS are told apart by a naive program only. */
static bool gives_up(int fd, bool naive)
{
	for (int tries = 0; tries < 3; tries++) {
		if (send(fd, block, 1, 0) == 1)
			return false;
		if (errno != ENOBUFS && (naive || errno != ENOMEM))
			return true;
		sim_advance("600ms");
	}
	return true;
}

static void no_memory_is_enobufs_or_enomem(void **state)
{
	static const char *const values[] = { "linux", "enobufs", "enomem" };

	(void)state;
	for (int v = 0; v < 3; v++)
		for (int naive = 0; naive < 2; naive++) {
			int fd[2];

			sim_pair(fd, "udp");
			sim_sysctl("client", "simsock.no_memory", values[v]);
			fill_memory(full_fds);
			sim_spawn("client", frees_later, NULL);
			assert_int_equal(gives_up(fd[0], naive), naive && v == 2);
			sim_advance("2s");
			sim_sysctl("client", "simsock.mem_limit", "0");
			close_both(full_fds);
			close_both(fd);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(messages_are_enobufs_at_the_limit),
		sim_test(sockets_cannot_be_made_at_the_limit),
		sim_test(many_pieces_and_descriptors_are_enomem_at_the_limit),
		sim_test(tcp_is_eagain_at_the_limit_or_what_the_switch_says),
		sim_test(tcp_blocks_until_memory_is_given_back),
		sim_test(tcp_mem_holds_a_sender_back),
		sim_test(udp_mem_drops_what_arrives),
		sim_test(no_memory_is_enobufs_or_enomem),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
