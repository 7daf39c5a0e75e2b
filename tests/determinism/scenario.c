/* SPDX-License-Identifier: MIT */
/*
 * A program that uses much of the network, and prints the hash of its trace: the same with every compiler, at
 * every level of optimisation, under every sanitizer, on every day of the calendar, and with packets turned
 * into bytes at every hop. tests/determinism/compare runs it in these ways.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <inttypes.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "simsock.h"

static unsigned char out[40000], in[40000];

static struct sockaddr_in server_addr(int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((unsigned short)port) };

	inet_pton(AF_INET, "10.0.0.2", &a.sin_addr);
	return a;
}

/* recv(2), again after EINTR. */
static ssize_t receive(int fd, void *buf, size_t len)
{
	ssize_t n;

	do
		n = recv(fd, buf, len, 0);
	while (n < 0 && errno == EINTR);
	return n;
}

/* Echoes what comes on one connection. */
static void echo_server(void *arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(7) };
	int l = socket(AF_INET, SOCK_STREAM, 0), c;
	char buf[3000];
	ssize_t n;

	(void)arg;
	if (bind(l, (struct sockaddr *)&a, sizeof a) || listen(l, 5))
		abort();
	c = accept(l, NULL, NULL);
	while ((n = recv(c, buf, sizeof buf, 0)) > 0)
		for (ssize_t done = 0; done < n;)
			done += send(c, buf + done, (size_t)(n - done), 0);
	close(c);
	close(l);
}

static void over_tcp(void)
{
	struct sockaddr_in a = server_addr(7);
	size_t sent = 0, got = 0;
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	if (connect(fd, (struct sockaddr *)&a, sizeof a))
		abort();
	while (got < sizeof out) {
		int events = POLLIN | (sent < sizeof out ? POLLOUT : 0);
		struct pollfd p = { fd, (short)events, 0 };
		ssize_t n;

		if (poll(&p, 1, 1000) < 0 && errno != EINTR)
			abort();
		if ((p.revents & POLLOUT) && sent < sizeof out) {
			n = send(fd, out + sent, sizeof out - sent, MSG_DONTWAIT);
			sent += n > 0 ? (size_t)n : 0;
		}
		if (p.revents & POLLIN) {
			n = recv(fd, in + got, sizeof in - got, MSG_DONTWAIT);
			got += n > 0 ? (size_t)n : 0;
		}
	}
	if (memcmp(in, out, sizeof out))
		abort();
	close(fd);
}

static void over_udp(void)
{
	int fd[2];

	sim_pair(fd, "udp");
	for (size_t n = 0; n < 6000; n += 500) {
		struct pollfd p = { fd[1], POLLIN, 0 };

		(void)send(fd[0], out, n, 0);
		if (poll(&p, 1, 100) == 1)
			(void)receive(fd[1], in, sizeof in);
	}
	close(fd[0]);
	close(fd[1]);
}

static void over_unix(void)
{
	int fd[2];

	if (socketpair(AF_UNIX, SOCK_SEQPACKET, 0, fd))
		abort();
	for (size_t n = 1; n < 5000; n *= 3) {
		if (send(fd[0], out, n, 0) != (ssize_t)n || receive(fd[1], in, sizeof in) != (ssize_t)n)
			abort();
	}
	close(fd[0]);
	close(fd[1]);
}

int main(void)
{
	struct sim_world *w = sim_world_new(0);
	struct timespec ts;

	for (size_t i = 0; i < sizeof out; i++)
		out[i] = (unsigned char)(i * 7 >> 2);
	(void)sim_trace_hash(); /* it counts from here on */
	sim_link("client", "server", "delay 13ms loss 2% rate 5mbit");
	sim_inject("%send:host=client:short=50%:p=10%");
	sim_inject("%recv:host=client:error=EINTR:p=5%");
	sim_spawn("server", echo_server, NULL);
	over_tcp();
	over_udp();
	over_unix();
	sim_run();
	clock_gettime(CLOCK_REALTIME, &ts);
	printf("%016" PRIx64 " %lld.%09ld\n", sim_trace_hash(), (long long)ts.tv_sec, ts.tv_nsec);
	sim_world_free(w);
	return 0;
}
