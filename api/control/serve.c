/* SPDX-License-Identifier: MIT */
/*
 * Peers that do what a script says (scenarios/lang/serve.h), one connection after the other, each as a task
 * of a process of its own, through the same calls as everybody. What one finds wrong fails the test.
 * sim_serve() is one of them; sim_peer() makes others.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/control/peer.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>

#include "api/calls/calls.h"
#include "api/simsock.h"
#include "scenarios/lang/serve.h"
#include "sim/base/names.h"

enum { BACKLOG = 128, CHUNK_BYTES = 4096, SHOWN_BYTES = 48 };

struct sim_peer_script {
	struct sim_control *c;
	struct sim_task *t;
	const char *file; /* where it was asked for: for failures */
	int line;
	const char *where;     /* where it listens: for failures */
	struct sim_source src; /* the script, in the world's memory */
	struct sim_serve_step *steps;
	int num_steps;
	int listener, conn; /* -1: none */
	bool shut, peer_shut;
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

static _Noreturn void fail_step(struct sim_peer_script *s, const struct sim_serve_step *step,
				const char *what)
{
	struct sim_source src = s->src;
	struct sim_diag d;

	if (src.is_file) {
		sim_diag_at(&d, &src, step->at, "%s: %s", s->where, what);
	} else {
		src.name = s->where;
		sim_diag_at(&d, &src, step->at, "%s", what);
	}
	sim_here(s->file, s->line);
	sim_control_fail_diag(&d);
}

static long receive(struct sim_peer_script *s, unsigned char *buf, size_t len)
{
	return sim_peer_receive(s->t, s->conn, buf, len);
}

static void close_conn(struct sim_peer_script *s, bool reset)
{
	if (s->conn >= 0)
		sim_peer_close(s->t, s->conn, reset);
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
static bool do_expect(struct sim_peer_script *s, const struct sim_serve_step *step)
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

static bool do_read(struct sim_peer_script *s, const struct sim_serve_step *step)
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

static bool send_all(struct sim_peer_script *s, const unsigned char *p, size_t len)
{
	return sim_peer_send_all(s->t, s->conn, p, len);
}

static void do_fill(struct sim_peer_script *s, const struct sim_serve_step *step)
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
static void read_to_the_end(struct sim_peer_script *s, bool echo)
{
	unsigned char chunk[CHUNK_BYTES];
	long n;

	while ((n = receive(s, chunk, sizeof chunk)) > 0)
		if (echo && !send_all(s, chunk, (size_t)n))
			echo = false;
	s->peer_shut = true;
}

static void do_accept(struct sim_peer_script *s, bool implied)
{
	long fd;

	if (implied && s->conn >= 0)
		return;
	close_conn(s, false);
	fd = sim_call_accept(s->t, SIM_CALL_ACCEPT, s->listener, NULL, NULL, 0);
	if (fd < 0) {
		const char *name = sim_errno_name((int)-fd);

		sim_here(s->file, s->line);
		sim_control_fail("peer %s: accept: %s", s->where, name ? name : "failed");
	}
	s->conn = (int)fd;
	s->shut = s->peer_shut = false;
}

/* One step; false: the connection ended where it may, the round is over. */
static bool do_step(struct sim_peer_script *s, const struct sim_serve_step *step)
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
static void begin_again(struct sim_peer_script *s)
{
	s->round_begins = s->conn >= 0 && !s->shut && !s->peer_shut;
	if (!s->round_begins)
		close_conn(s, false);
}

void sim_peer_script_main(void *arg)
{
	struct sim_peer_script *s = arg;
	int i = 0;

	s->t = sim_current;
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
struct sim_peer_script *sim_peer_script_new(struct sim_control *c, const struct sim_source *src,
					    const char *where, struct sim_diag *d)
{
	struct sim_peer_script *s = sim_peer_alloc(c, sizeof *s);
	size_t max_bytes = sim_serve_max_bytes(src->text);

	s->c = c;
	s->where = where;
	s->listener = s->conn = -1;
	sim_control_where(&s->file, &s->line);
	s->src = *src;
	s->src.name = sim_peer_copy(c, src->name, strlen(src->name));
	s->src.text = sim_peer_copy(c, src->text, src->len);
	s->steps = sim_peer_alloc(c, sim_serve_max_steps(src->text) * sizeof *s->steps);
	s->num_steps = sim_serve_parse_source(&s->src, s->steps, sim_peer_alloc(c, max_bytes), d);
	return s->num_steps < 0 ? NULL : s;
}

void sim_peer_script_listens(struct sim_peer_script *s, int fd)
{
	s->listener = fd;
}

static const char *where_of(struct sim_control *c, const char *host, int port)
{
	char text[80];
	struct sim_str s = sim_str_on(text, sizeof text);

	sim_str_printf(&s, "%s:%d", host, port);
	return sim_peer_copy(c, text, s.len);
}

void(sim_serve)(const char *host, int port, const char *script)
{
	struct sim_control *c = sim_control_current("sim_serve");
	struct sim_host *h = sim_control_host(c, "serve", host);
	struct sim_source src = sim_source_of("serve script", script ? script : "");
	struct sim_sockaddr at = sim_peer_any(port);
	struct sim_peer_script *s;
	struct sim_task *t;
	const char *step, *name;
	struct sim_diag d;
	int fd;

	if (port < 1 || port > 65535)
		sim_control_fail("sim_serve: port %d: expected 1 to 65535", port);
	s = sim_peer_script_new(c, &src, where_of(c, host, port), &d);
	if (!s)
		sim_control_fail_diag(&d);
	t = sim_control_start(c, h, "serve", true, sim_peer_script_main, s);
	fd = sim_peer_listen(c, t, SOCK_STREAM, &at, BACKLOG, &step);
	name = fd < 0 ? sim_errno_name(-fd) : NULL;
	if (fd < 0)
		sim_control_fail("sim_serve: %s on port %d of \"%s\": %s", step, port, host,
				 name ? name : "failed");
	sim_peer_script_listens(s, fd);
	/* It comes as far as its first wait, so that its script's time begins now. */
	sim_task_yield(sim_current);
}
