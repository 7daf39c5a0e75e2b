/* SPDX-License-Identifier: MIT */
/*
 * Connections of built-in peers: one task takes them, and each is served by a task of its own, for as many as
 * there are at the same time; one that is done serves a later connection. Order is the scheduler's: the same
 * in every run. Echo (RFC 862), discard (RFC 863), character generator (RFC 864).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>

#include "api/calls/calls.h"
#include "api/control/peer.h"

struct sim_peer_worker {
	struct sim_peer *p;
	struct sim_task *t;
	int fd;                       /* -1: none */
	struct sim_peer_worker *next; /* of those that are idle */
};

/* ---- who serves ---- */

static void worker_main(void *arg)
{
	struct sim_peer_worker *w = arg;
	struct sim_peer *p = w->p;

	for (;;) {
		while (w->fd < 0)
			(void)sim_task_block(w->t, SIM_NEVER_NS);
		p->ops->connection(p, w->t, w->fd);
		sim_peer_close(w->t, w->fd, false);
		w->fd = -1;
		p->num_busy--;
		w->next = p->idle;
		p->idle = w;
		if (p->starved)
			sim_task_wake(p->starved);
	}
}

static void hand_over(struct sim_peer *p, int fd)
{
	struct sim_peer_worker *w = p->idle;

	p->num_busy++;
	if (w) {
		p->idle = w->next;
		w->fd = fd;
		sim_task_wake(w->t);
		return;
	}
	w = sim_peer_alloc(p->c, sizeof *w);
	w->p = p;
	w->fd = fd;
	w->t = sim_control_start_task(p->c, p->proc, p->ops->name, worker_main, w);
}

/* No descriptor is to be had: a connection that ends gives one back, and what waits stays in the backlog. */
static void wait_for_an_end(struct sim_peer *p, struct sim_task *t, long result)
{
	unsigned num_busy = p->num_busy;

	if (!num_busy)
		sim_peer_fail(p, "accept", result);
	p->starved = t;
	while (p->num_busy >= num_busy)
		(void)sim_task_block(t, SIM_NEVER_NS);
	p->starved = NULL;
}

/* To wait before and not in the call leaves the connection where it is if there is no number for it. */
void sim_peer_accept_main(void *arg)
{
	struct sim_peer_listener *l = arg;
	struct sim_peer *p = l->p;
	struct sim_task *t = sim_current;

	for (;;) {
		struct pollfd ready = { l->fd, POLLIN, 0 };
		long fd = sim_call_poll(t, SIM_CALL_POLL, &ready, 1, NULL, NULL);

		if (fd > 0)
			fd = sim_call_accept(t, SIM_CALL_ACCEPT, l->fd, NULL, NULL, 0);

		if (fd >= 0)
			hand_over(p, (int)fd);
		else if (fd == -EMFILE || fd == -ENFILE || fd == -ENOMEM)
			wait_for_an_end(p, t, fd);
		else if (fd != -ECONNABORTED)
			sim_peer_fail(p, "accept", fd);
	}
}

/* ---- echo and discard ---- */

static void echo_connection(struct sim_peer *p, struct sim_task *t, int fd)
{
	unsigned char chunk[SIM_PEER_CHUNK_BYTES];
	long n;

	(void)p;
	while ((n = sim_peer_receive(t, fd, chunk, sizeof chunk)) > 0)
		if (!sim_peer_send_all(t, fd, chunk, (size_t)n))
			return;
}

static long echo_datagram(struct sim_peer *p, unsigned char *dgram, size_t len)
{
	(void)p;
	(void)dgram;
	return (long)len;
}

static void discard_connection(struct sim_peer *p, struct sim_task *t, int fd)
{
	unsigned char chunk[SIM_PEER_CHUNK_BYTES];

	(void)p;
	while (sim_peer_receive(t, fd, chunk, sizeof chunk) > 0)
		continue;
}

static long discard_datagram(struct sim_peer *p, unsigned char *dgram, size_t len)
{
	(void)p;
	(void)dgram;
	(void)len;
	return -1;
}

/* ---- chargen ---- */

/* RFC 864: lines of 72 of the 95 printing characters as a ring, each begun one further on, and CR LF. */
enum { LINE_CHARS = 72, LINE_BYTES = LINE_CHARS + 2, RING_CHARS = 95, DGRAM_MAX = 512 };

static unsigned char pattern(uint64_t n)
{
	uint64_t line = n / LINE_BYTES, column = n % LINE_BYTES;

	if (column >= LINE_CHARS)
		return column == LINE_CHARS ? '\r' : '\n';
	return (unsigned char)(' ' + (line + column) % RING_CHARS);
}

static void fill(unsigned char *to, size_t len, uint64_t at)
{
	for (size_t i = 0; i < len; i++)
		to[i] = pattern(at + i);
}

/* "Any data received is thrown away": what has come. False: the connection has failed. */
static bool throw_away(struct sim_task *t, int fd, bool *peer_shut)
{
	unsigned char chunk[SIM_PEER_CHUNK_BYTES];
	long n = *peer_shut ? -EAGAIN : 1;

	while (n > 0)
		n = sim_call_recvfrom(t, SIM_CALL_RECV, fd, chunk, sizeof chunk, MSG_DONTWAIT, NULL, NULL);
	*peer_shut |= n == 0;
	return n == 0 || n == -EAGAIN;
}

/* Until the user closes the connection, which the next send is told. */
static void chargen_connection(struct sim_peer *p, struct sim_task *t, int fd)
{
	unsigned char chunk[SIM_PEER_CHUNK_BYTES];
	bool peer_shut = false;
	uint64_t at = 0;

	(void)p;
	do {
		fill(chunk, sizeof chunk, at);
		at += sizeof chunk;
	} while (sim_peer_send_all(t, fd, chunk, sizeof chunk) && throw_away(t, fd, &peer_shut));
}

/* "A random number (between 0 and 512) of characters", whatever came: from the line after the last one's. */
static long chargen_datagram(struct sim_peer *p, unsigned char *dgram, size_t len)
{
	(void)len;
	len = (size_t)sim_rng_below(&p->rng, DGRAM_MAX + 1);
	fill(dgram, len, p->num_answers++ * LINE_BYTES);
	return (long)len;
}

const struct sim_peer_ops sim_peer_echo = { "echo", echo_connection, echo_datagram };
const struct sim_peer_ops sim_peer_discard = { "discard", discard_connection, discard_datagram };
const struct sim_peer_ops sim_peer_chargen = { "chargen", chargen_connection, chargen_datagram };
