/* SPDX-License-Identifier: MIT */
/*
 * The demo: two ordinary senders (scenarios/demo) send the same file to the same receiver, over the same
 * virtual network, under the same faults drawn from the same seed. Shows calls and packets on one time line,
 * then what arrived against what was sent, and how each missing byte was lost.
 *
 * Each sender runs in a world of its own, as a process of its own, so that SIGPIPE ends it and not the demo.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/cmdline/demo.h"

#include <inttypes.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "api/cmdline/account.h"
#include "api/control/control.h"
#include "api/simsock.h"
#include "scenarios/demo/receiver.h"
#include "scenarios/demo/senders.h"
#include "sim/base/names.h"
#include "sim/fault/call.h"

#define FILE_BYTES  20000
#define RESET_BYTES 9000
#define PORT        "7000"
#define LINK        "delay 20ms"
/* "client" is the first host of every world. */
#define SENDER_HOST_ID 1
/* Exactly so many bytes, not yet acknowledged, fit: SO_SNDBUF, which the senders set too, is no such promise.
 */
#define SNDBUF_BYTES 4096

/* The same rules for both; where p= stands, the seed decides. */
static const char *const faults[] = {
	"send:host=client:short=7:when=3",
	"send:host=client:short=60%:p=15%",
	"send:host=client:error=EINTR:p=15%",
};

struct sender {
	const char *name;
	int (*send_file)(const char *host, const char *port, const void *data, size_t len);
};

static const struct sender senders[] = {
	{ "naive", naive_send_file },
	{ "careful", careful_send_file },
};

/* A send that took less than it was asked for. */
struct shortfall {
	size_t at; /* in the file, if the sender goes on behind what it asked for */
	long asked, result;
	int64_t time_ns;
};

enum { MAX_SHORTFALLS = 64 };

struct run {
	const struct sender *sender;
	struct shortfall shortfalls[MAX_SHORTFALLS];
	unsigned num_shortfalls;
	unsigned char file[FILE_BYTES];
	unsigned char sink[2 * FILE_BYTES];
	struct receiver receiver;
	int sender_id, status;
	bool returned;
	int result;
};

static void receive(void *arg)
{
	struct run *r = arg;
	int listener = receiver_listen("server", PORT);

	if (listener < 0) {
		perror("receiver");
		return;
	}
	(void)receiver_serve(listener, &r->receiver);
	close(listener);
}

static void send_it(void *arg)
{
	struct run *r = arg;

	r->result = r->sender->send_file("server", PORT, r->file, sizeof r->file);
	r->returned = true;
}

/* Bytes that do not repeat: a short generator of the demo's own, so that the file is the same for every seed.
 */
static void make_file(unsigned char *file, size_t len)
{
	uint64_t x = 0x9e3779b97f4a7c15u;

	for (size_t i = 0; i < len; i++) {
		x ^= x << 13;
		x ^= x >> 7;
		x ^= x << 17;
		file[i] = (unsigned char)(x >> 32);
	}
}

/* What the sender's own calls of send() said, from the trace: where a careless one loses bytes. */
static void collect_shortfalls(struct run *r)
{
	const struct sim_trace *tr = &sim_control_peek()->w->ctx.trace;
	size_t at = 0;

	for (uint64_t n = 0; n < tr->num_written; n++) {
		const struct sim_trace_rec *rec = sim_trace_get(tr, n);
		long asked, result;

		if (!rec || rec->kind != SIM_TRACE_CALL || rec->host != SENDER_HOST_ID ||
		    (rec->arg[0] & 0xff) != SIM_CALL_SEND)
			continue;
		asked = (long)rec->arg[1];
		result = (long)rec->arg[4];
		if (result < asked && r->num_shortfalls < MAX_SHORTFALLS)
			r->shortfalls[r->num_shortfalls++] =
				(struct shortfall){ at + (result > 0 ? (size_t)result : 0), asked, result,
						    rec->time_ns };
		at += (size_t)asked;
	}
}

static void print_cause(const struct run *r, const struct account_gap *gap)
{
	for (unsigned i = 0; i < r->num_shortfalls; i++) {
		const struct shortfall *s = &r->shortfalls[i];

		if (s->at != gap->at)
			continue;
		if (s->result >= 0)
			printf(":\n           send said %ld at t=%.3f, and the sender took it for %ld",
			       s->result, (double)s->time_ns / 1e9, s->asked);
		else
			printf(":\n           send said -1 %s at t=%.3f, and the sender went on",
			       sim_errno_name((int)-s->result), (double)s->time_ns / 1e9);
		return;
	}
}

static void print_gap(const struct run *r, const struct account_gap *gap)
{
	printf("  missing: bytes %zu to %zu (%zu bytes)", gap->at, gap->at + gap->len - 1, gap->len);
	if (gap->at + gap->len == FILE_BYTES)
		printf(", the end:\n           the reset threw away what was on its way");
	else
		print_cause(r, gap);
	putchar('\n');
}

static void print_outcome(const struct run *r)
{
	if (r->returned)
		printf("  it returned %d: %s\n", r->result,
		       r->result ? "it knows that it failed" : "\"all is sent\"");
	else if (WIFSIGNALED(r->status))
		printf("  it was killed by %s\n",
		       WTERMSIG(r->status) == SIGPIPE ? "SIGPIPE" : strsignal(WTERMSIG(r->status)));
	else
		printf("  it never came back\n");
}

/* True: nothing was lost. */
static bool print_verdict(const struct run *r)
{
	struct account a;

	account_compare(&a, r->file, sizeof r->file, r->receiver.data, r->receiver.len);
	printf("\nsent against arrived, %s sender:\n", r->sender->name);
	print_outcome(r);
	printf("  %zu of %d bytes arrived, in %u connection%s\n", r->receiver.len, FILE_BYTES,
	       r->receiver.num_connections, r->receiver.num_connections == 1 ? "" : "s");
	for (unsigned i = 0; i < a.num_gaps && i < ACCOUNT_MAX_GAPS; i++)
		print_gap(r, &a.gaps[i]);
	if (a.foreign_bytes)
		printf("  wrong: %zu bytes that do not stand there in the file\n", a.foreign_bytes);
	if (a.lost_bytes)
		printf("\nVERDICT: the %s sender lost %zu bytes%s.\n", r->sender->name, a.lost_bytes,
		       r->returned && !r->result ? ", and does not know it" : "");
	else
		printf("\nVERDICT: the %s sender lost none.\n", r->sender->name);
	return !a.lost_bytes && !a.foreign_bytes;
}

static bool run_one(const struct sender *s, const struct demo_options *o)
{
	static struct run r;
	struct sim_world *w;

	memset(&r, 0, sizeof r);
	r.sender = s;
	make_file(r.file, sizeof r.file);
	r.receiver = (struct receiver){ .data = r.sink,
					.cap = sizeof r.sink,
					.enough_bytes = FILE_BYTES,
					.reset_at_bytes = RESET_BYTES };
	printf("\n==== the %s sender ====\n\n", s->name);
	w = sim_world_new(o->seed);
	sim_link("client", "server", LINK);
	sim_sndbuf("client", SNDBUF_BYTES);
	if (o->pcap_path)
		sim_pcap(o->pcap_path);
	sim_trace("-");
	for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++)
		sim_inject(faults[i]);
	if (o->extra_rule)
		sim_inject(o->extra_rule);
	sim_spawn("server", receive, &r);
	r.sender_id = sim_spawn("client", send_it, &r);
	sim_run();
	r.status = sim_status(r.sender_id);
	collect_shortfalls(&r);
	sim_world_free(w);
	fflush(stdout);
	return print_verdict(&r);
}

static void print_head(const struct demo_options *o)
{
	printf("simsock demo, seed %" PRIu64 "\n\n"
	       "  client 10.0.0.1 <---- %s ----> server 10.0.0.2\n"
	       "  a file of %d bytes, sent through a send buffer of %d bytes\n"
	       "  the receiver resets the connection when it holds %d bytes\n"
	       "  faults in the sender's calls:",
	       o->seed, LINK, FILE_BYTES, SNDBUF_BYTES, RESET_BYTES);
	for (unsigned i = 0; i < sizeof faults / sizeof faults[0]; i++)
		printf("\n    %s", faults[i]);
	printf("%s%s\n", o->extra_rule ? "\n    " : "", o->extra_rule ? o->extra_rule : "");
}

int demo_run(const struct demo_options *o)
{
	bool careful_ok = true;

	print_head(o);
	for (unsigned i = 0; i < sizeof senders / sizeof senders[0]; i++) {
		bool ok;

		if (o->only && strcmp(o->only, senders[i].name))
			continue;
		ok = run_one(&senders[i], o);
		if (strcmp(senders[i].name, "careful") == 0)
			careful_ok = ok;
	}
	return careful_ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
