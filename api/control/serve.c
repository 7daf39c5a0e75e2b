/* SPDX-License-Identifier: MIT */
/*
 * sim_serve(): a peer that does what a script says (scenarios/lang/serve.h), as a task of a process of its
 * own, through the same calls as everybody. What it finds wrong fails the test.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/control/control.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>

#include "api/calls/calls.h"
#include "api/simsock.h"
#include "scenarios/lang/serve.h"
#include "sim/base/names.h"

enum { BACKLOG = 128, CHUNK_BYTES = 4096, SHOWN_BYTES = 48 };

struct serve {
	struct sim_control *c;
	struct sim_task *t;
	const char *file; /* where sim_serve() was called: for failures */
	int line;
	int port;
	char *script;
	struct sim_serve_step *steps;
	int num_steps;
	int listener, conn; /* -1: none */
	bool listens, shut, peer_shut;
	bool round_begins; /* of a loop: the peer may end the connection here */
};

/* "GET \r\n" as the script would have it. */
static void add_bytes(struct sim_str *out, const unsigned char *p, size_t len)
{
	for (size_t i = 0; i < len && i < SHOWN_BYTES; i++) {
		if (p[i] == '\r')
			sim_str_add(out, "\\r");
		else if (p[i] == '\n')
			sim_str_add(out, "\\n");
		else if (p[i] == '\\' || p[i] == '"')
			sim_str_printf(out, "\\%c", p[i]);
		else if (p[i] >= ' ' && p[i] < 0x7f)
			sim_str_printf(out, "%c", p[i]);
		else
			sim_str_printf(out, "\\x%02x", p[i]);
	}
	if (len > SHOWN_BYTES)
		sim_str_add(out, "...");
}

static _Noreturn void fail_step(struct serve *s, const struct sim_serve_step *step, const char *what)
{
	char name[80];
	struct sim_str n = sim_str_on(name, sizeof name);
	struct sim_source src;
	struct sim_diag d;

	sim_str_printf(&n, "%s:%d", s->t->proc->net->name, s->port);
	src = sim_source_of(name, s->script);
	sim_diag_at(&d, &src, step->at, "%s", what);
	sim_here(s->file, s->line);
	sim_control_fail_diag(&d);
}

static void must(struct serve *s, long result, const char *what)
{
	const char *name = result < 0 ? sim_errno_name((int)-result) : NULL;

	if (result >= 0)
		return;
	sim_here(s->file, s->line);
	sim_control_fail("sim_serve: %s on port %d of \"%s\": %s", what, s->port, s->t->proc->net->name,
			 name ? name : "failed");
}

/* IPv4 comes to an IPv6 socket as mapped addresses. */
static void begin_listening(struct serve *s)
{
	struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)s->port) };
	int off = 0, on = 1;
	long fd = sim_call_socket(s->t, AF_INET6, SOCK_STREAM, 0);

	must(s, fd, "socket");
	s->listener = (int)fd;
	must(s, sim_call_setsockopt(s->t, s->listener, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off),
	     "IPV6_V6ONLY");
	must(s, sim_call_setsockopt(s->t, s->listener, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on),
	     "SO_REUSEADDR");
	must(s, sim_call_bind(s->t, s->listener, (struct sockaddr *)&a, sizeof a), "bind");
	must(s, sim_call_listen(s->t, s->listener, BACKLOG), "listen");
	s->listens = true;
}

static long receive(struct serve *s, unsigned char *buf, size_t len)
{
	return sim_call_recvfrom(s->t, SIM_CALL_RECV, s->conn, buf, len, 0, NULL, NULL);
}

static void close_conn(struct serve *s, bool reset)
{
	struct linger now = { 1, 0 };

	if (s->conn < 0)
		return;
	if (reset)
		(void)sim_call_setsockopt(s->t, s->conn, SOL_SOCKET, SO_LINGER, &now, sizeof now);
	(void)sim_call_close(s->t, s->conn);
	s->conn = -1;
}

/* What ended the reading of a step: the text behind "and then". */
static const char *end_of(long result)
{
	return result == 0             ? "the peer closed its side"
	       : result == -ECONNRESET ? "the peer reset the connection"
				       : "the connection failed";
}

/* All bytes taken together, as they were wanted; false: the peer ended at the beginning of a round. */
static bool do_expect(struct serve *s, const struct sim_serve_step *step)
{
	unsigned char got[CHUNK_BYTES];
	char text[512];
	struct sim_str out = sim_str_on(text, sizeof text);
	uint64_t at = 0;

	while (at < step->num_bytes) {
		size_t want = step->num_bytes - at < sizeof got ? step->num_bytes - at : sizeof got;
		long n = receive(s, got, want);
		size_t same = 0;

		if (n <= 0 && at == 0 && s->round_begins)
			return false;
		if (n <= 0) {
			sim_str_printf(&out, "%s after ", end_of(n));
			sim_str_printf(&out, "%llu of %llu bytes", (unsigned long long)at,
				       (unsigned long long)step->num_bytes);
			if (at) {
				sim_str_add(&out, ": \"");
				add_bytes(&out, step->bytes, at);
				sim_str_add(&out, "\"");
			}
			fail_step(s, step, text);
		}
		s->round_begins = false;
		while (same < (size_t)n && got[same] == step->bytes[at + same])
			same++;
		if (same < (size_t)n) {
			sim_str_printf(&out, "byte %llu differs: came \"", (unsigned long long)(at + same));
			add_bytes(&out, got + same, (size_t)n - same);
			sim_str_add(&out, "\" in place of \"");
			add_bytes(&out, step->bytes + at + same, step->num_bytes - at - same);
			sim_str_add(&out, "\"");
			fail_step(s, step, text);
		}
		at += (uint64_t)n;
	}
	return true;
}

static bool do_read(struct serve *s, const struct sim_serve_step *step)
{
	unsigned char got[CHUNK_BYTES];
	char text[160];
	struct sim_str out = sim_str_on(text, sizeof text);
	uint64_t at = 0;

	while (at < step->num_bytes) {
		long n = receive(s, got,
				 step->num_bytes - at < sizeof got ? step->num_bytes - at : sizeof got);

		if (n <= 0 && at == 0 && s->round_begins)
			return false;
		if (n <= 0) {
			sim_str_printf(&out, "%s after %llu of %llu bytes", end_of(n), (unsigned long long)at,
				       (unsigned long long)step->num_bytes);
			fail_step(s, step, text);
		}
		s->round_begins = false;
		at += (uint64_t)n;
	}
	return true;
}

/* False: the other side is gone, and what is left is lost. */
static bool send_all(struct serve *s, const unsigned char *p, size_t len)
{
	while (len) {
		long n = sim_call_sendto(s->t, SIM_CALL_SEND, s->conn, p, len, MSG_NOSIGNAL, NULL, 0);

		if (n <= 0)
			return false;
		p += n;
		len -= (size_t)n;
	}
	return true;
}

static void do_fill(struct serve *s, const struct sim_serve_step *step)
{
	unsigned char chunk[CHUNK_BYTES];

	for (uint64_t at = 0; at < step->num_bytes;) {
		size_t len = step->num_bytes - at < sizeof chunk ? step->num_bytes - at : sizeof chunk;

		for (size_t i = 0; i < len; i++)
			chunk[i] = sim_serve_pattern(at + i);
		if (!send_all(s, chunk, len))
			return;
		at += len;
	}
}

/* echo, discard: until the peer's side ends. */
static void read_to_the_end(struct serve *s, bool echo)
{
	unsigned char chunk[CHUNK_BYTES];
	long n;

	while ((n = receive(s, chunk, sizeof chunk)) > 0)
		if (echo && !send_all(s, chunk, (size_t)n))
			echo = false;
	s->peer_shut = true;
}

static void do_accept(struct serve *s, bool implied)
{
	long fd;

	if (implied && s->conn >= 0)
		return;
	close_conn(s, false);
	fd = sim_call_accept(s->t, SIM_CALL_ACCEPT, s->listener, NULL, NULL, 0);
	must(s, fd, "accept");
	s->conn = (int)fd;
	s->shut = s->peer_shut = false;
}

/* One step; false: the connection ended where it may, the round is over. */
static bool do_step(struct serve *s, const struct sim_serve_step *step)
{
	switch (step->kind) {
	case SIM_SERVE_EXPECT: return do_expect(s, step);
	case SIM_SERVE_READ: return do_read(s, step);
	case SIM_SERVE_SEND: (void)send_all(s, step->bytes, step->num_bytes); break;
	case SIM_SERVE_FILL: do_fill(s, step); break;
	case SIM_SERVE_WAIT: sim_control_sleep(s->c, step->span_ns); break;
	case SIM_SERVE_ECHO:
	case SIM_SERVE_DISCARD: read_to_the_end(s, step->kind == SIM_SERVE_ECHO); break;
	case SIM_SERVE_SHUTDOWN:
		(void)sim_call_shutdown(s->t, s->conn, SHUT_WR);
		s->shut = true;
		break;
	case SIM_SERVE_CLOSE:
	case SIM_SERVE_RST: close_conn(s, step->kind == SIM_SERVE_RST); break;
	case SIM_SERVE_ACCEPT: do_accept(s, step->len == 0); break;
	case SIM_SERVE_LOOP:
	case SIM_SERVE_NUM_KINDS: break;
	}
	if (step->kind != SIM_SERVE_ACCEPT && step->kind != SIM_SERVE_WAIT)
		s->round_begins = false;
	return true;
}

/* The next round: on the same connection if it is open both ways still, else on a new one. */
static void begin_again(struct serve *s)
{
	s->round_begins = s->conn >= 0 && !s->shut && !s->peer_shut;
	if (!s->round_begins)
		close_conn(s, false);
}

static void serve_main(void *arg)
{
	struct serve *s = arg;
	int i = 0;

	s->t = sim_current;
	begin_listening(s);
	while (i < s->num_steps) {
		const struct sim_serve_step *step = &s->steps[i];

		if (step->kind == SIM_SERVE_LOOP) {
			begin_again(s);
			i = 0;
		} else if (step->kind == SIM_SERVE_ACCEPT && s->round_begins) {
			i++;
		} else if (do_step(s, step)) {
			i++;
		} else {
			s->round_begins = false;
			close_conn(s, false);
			i = 0;
		}
	}
	/* What is open stays open. */
	for (;;)
		(void)sim_task_block(s->t, SIM_NEVER_NS);
}

/* The script, its steps and their bytes lie in the world's memory. */
static void parse_script(struct serve *s, const char *script)
{
	struct sim_arena *a = s->c->w->ctx.arena;
	size_t len = strlen(script), max_steps = sim_serve_max_steps(script),
	       max_bytes = sim_serve_max_bytes(script);
	unsigned char *bytes = sim_arena_alloc(a, max_bytes ? max_bytes : 1);
	struct sim_diag d;

	s->script = sim_arena_alloc(a, len + 1);
	s->steps = sim_arena_alloc(a, max_steps * sizeof *s->steps);
	if (!s->script || !s->steps || !bytes)
		sim_control_fail("sim_serve: the world's memory is used up (SIMSOCK_ARENA)");
	memcpy(s->script, script, len + 1);
	s->num_steps = sim_serve_parse(s->script, s->steps, bytes, &d);
	if (s->num_steps < 0)
		sim_control_fail_diag(&d);
}

void(sim_serve)(const char *host, int port, const char *script)
{
	struct sim_control *c = sim_control_current("sim_serve");
	struct sim_host *h = sim_control_host(c, "serve", host);
	struct serve *s = sim_arena_alloc(c->w->ctx.arena, sizeof *s);

	if (!s)
		sim_control_fail("sim_serve: the world's memory is used up (SIMSOCK_ARENA)");
	if (port < 1 || port > 65535)
		sim_control_fail("sim_serve: port %d: expected 1 to 65535", port);
	s->c = c;
	s->port = port;
	s->listener = s->conn = -1;
	sim_control_where(&s->file, &s->line);
	parse_script(s, script ? script : "");
	s->t = sim_control_start(c, h, "serve", true, serve_main, s);
	while (!s->listens)
		sim_task_yield(sim_current);
}
