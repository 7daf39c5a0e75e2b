/* SPDX-License-Identifier: MIT */
/*
 * What happened as a ladder: a column a host, calls in their host's, packets as arrows from one to the other.
 * The texts are those of the time line.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdlib.h>
#include <string.h>

#include "api/control/control.h"
#include "scenarios/run/scenario.h"
#include "sim/base/names.h"
#include "sim/packet/packet.h"

enum { MAX_COLUMNS = 8, TIME_WIDTH = 12, WIDTH = 52, LINE_BYTES = 1024 };

struct sim_ladder {
	struct sim_scenario *s;
	FILE *out;
	struct sim_control *c;
	unsigned num_shown; /* columns, when the head was printed last */
};

static unsigned num_columns(const struct sim_ladder *l)
{
	return l->c->w->num_hosts < MAX_COLUMNS ? l->c->w->num_hosts : MAX_COLUMNS;
}

/* Hosts are numbered from 1 as they come. */
static unsigned column_of(const struct sim_ladder *l, unsigned host_id)
{
	unsigned n = num_columns(l);

	return host_id < 1 ? 0 : host_id > n ? n - 1 : host_id - 1;
}

static void print_head(struct sim_ladder *l)
{
	unsigned n = num_columns(l);

	if (n == l->num_shown)
		return;
	l->num_shown = n;
	fprintf(l->out, "%-*s", TIME_WIDTH, "time");
	for (unsigned i = 0; i < n; i++)
		fprintf(l->out, "%-*s", i + 1 < n ? WIDTH : 0,
			sim_control_host_name(l->c, (uint16_t)(i + 1)));
	fputc('\n', l->out);
}

/* Blanks with a bar in every column, and the time. Columns are bytes: the text is ASCII. */
static void blank_line(const struct sim_ladder *l, char line[LINE_BYTES], int64_t time_ns)
{
	char when[40];
	struct sim_str t = sim_str_on(when, sizeof when);

	memset(line, ' ', LINE_BYTES - 1);
	line[LINE_BYTES - 1] = '\0';
	sim_render_time(&t, time_ns);
	memcpy(line, when, t.len < TIME_WIDTH ? t.len : TIME_WIDTH - 1);
	for (unsigned i = 0; i < num_columns(l); i++)
		line[TIME_WIDTH + i * WIDTH] = '|';
}

static void print_line(const struct sim_ladder *l, char line[LINE_BYTES])
{
	size_t n = LINE_BYTES - 1;

	while (n && line[n - 1] == ' ')
		n--;
	fprintf(l->out, "%.*s\n", (int)n, line);
}

/* In its host's column, over as many lines as it needs; the last column has all the room there is. */
static void print_text(const struct sim_ladder *l, unsigned column, int64_t time_ns, const char *text)
{
	char line[LINE_BYTES];
	size_t width = column + 1 < num_columns(l) ? WIDTH - 3 : 70, from = TIME_WIDTH + column * WIDTH + 2;
	bool first = true;

	while (*text || first) {
		size_t n = strlen(text), cut = n;

		if (n > width)
			for (cut = width; cut > width / 2 && text[cut] != ' ';)
				cut--;
		if (n > width && cut == width / 2)
			cut = width;
		blank_line(l, line, time_ns);
		if (!first)
			memset(line, ' ', TIME_WIDTH);
		memcpy(line + from, text, cut);
		print_line(l, line);
		text += cut;
		text += strspn(text, " ");
		first = false;
	}
}

static void print_arrow(const struct sim_ladder *l, unsigned from, unsigned to, int64_t time_ns, bool dropped,
			const char *text)
{
	char line[LINE_BYTES];
	size_t left = TIME_WIDTH + (from < to ? from : to) * WIDTH, len = strlen(text),
	       width = (from < to ? to - from : from - to) * WIDTH, at;

	blank_line(l, line, time_ns);
	memset(line + left + 1, '-', width - 1);
	if (from < to)
		line[left + width - 1] = dropped ? 'x' : '>';
	else
		line[left + 1] = dropped ? 'x' : '<';
	if (len > width - 6)
		len = width - 6;
	at = left + (width - len) / 2;
	line[at - 1] = line[at + len] = ' ';
	for (size_t i = 0; i < len; i++)
		line[at + i] = text[i];
	print_line(l, line);
}

/* "TCP 49936 > 8080 [S] seq 0 win 64240 len 0": what says nothing here is left out. */
static const char *shorten(char *text)
{
	const char *flags = strchr(text, '[');
	size_t len = strlen(text);

	if (len > 6 && !strcmp(text + len - 6, " len 0"))
		text[len - 6] = '\0';
	return !strncmp(text, "TCP ", 4) && flags ? flags : text;
}

static void on_packet(struct sim_ladder *l, const struct sim_trace_rec *r, const struct sim_packet *p)
{
	struct sim_host *from = sim_world_host_of(l->c->w, p->src), *to = sim_world_host_of(l->c->w, p->dst);
	unsigned here = column_of(l, r->host);
	unsigned a = from ? column_of(l, from->net.host_id) : here,
		 b = to ? column_of(l, to->net.host_id) : here;
	char text[LINE_BYTES];
	struct sim_str out = sim_str_on(text, sizeof text);
	bool dropped = r->kind == SIM_TRACE_DROP;

	sim_render_packet(l->c, &out, p);
	if (dropped)
		sim_str_printf(&out, " DROPPED: %s", sim_drop_name((enum sim_drop)r->arg[5]));
	/* What is dropped where it arrived has its arrow already. */
	if (a == b || (dropped && here == b))
		print_text(l, here, r->time_ns, text);
	else
		print_arrow(l, a, b, r->time_ns, dropped, shorten(text));
}

static void on_call(struct sim_ladder *l, const struct sim_trace_rec *r)
{
	char text[LINE_BYTES];
	struct sim_str out = sim_str_on(text, sizeof text);
	const char *call;

	if (sim_control_is_builtin(l->c, (uint32_t)(r->arg[0] >> 32)) && !r->arg[4])
		return; /* how a scripted peer sets itself up */
	sim_render_call(l->c, &out, l->c->w->ctx.trace.num_written - 1, r);
	call = strchr(text, ' ');
	print_text(l, column_of(l, r->host), r->time_ns, call ? call + 1 : text);
}

static void on_record(void *ctx, const struct sim_trace_rec *r, const struct sim_packet *p)
{
	struct sim_ladder *l = ctx;
	char text[64];
	struct sim_str out = sim_str_on(text, sizeof text);

	print_head(l);
	if (r->kind == SIM_TRACE_CALL) {
		on_call(l, r);
	} else if (r->kind == SIM_TRACE_SIGNAL) {
		sim_str_add(&out, "--- ");
		sim_signal_add(&out, (int)r->arg[0]);
		sim_str_add(&out, " ---");
		print_text(l, column_of(l, r->host), r->time_ns, text);
	} else if ((r->kind == SIM_TRACE_SEND || r->kind == SIM_TRACE_DROP) && p) {
		on_packet(l, r, p);
	}
}

struct sim_ladder *sim_ladder_begin(struct sim_scenario *s)
{
	struct sim_ladder *l = calloc(1, sizeof *l);

	if (!l || sim_trace_attach(&s->w->ctx.trace, on_record, l))
		sim_control_fail("there is no room for a ladder");
	l->s = s;
	l->out = s->options->out;
	l->c = s->c;
	return l;
}

void sim_ladder_end(struct sim_ladder *l)
{
	if (!l)
		return;
	sim_trace_detach(&l->c->w->ctx.trace, on_record, l);
	free(l);
}
