/* SPDX-License-Identifier: MIT */
/*
 * A peer's script, read: see serve.h. Steps are cut at semicolons that are neither escaped nor quoted; each
 * kind of step has a function that reads what follows its word; what must not follow what is checked as they
 * come.
 */
#include "scenarios/lang/serve.h"

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <string.h>

#include "scenarios/lang/escape.h"
#include "sim/base/assert.h"
#include "sim/base/diag.h"
#include "sim/base/quantity.h"

#define NAME "serve script"
#define STEPS                                                                                          \
	"steps: expect BYTES, read N, send BYTES, fill N, wait SPAN, echo, discard, shutdown, close, " \
	"rst, accept, loop"
#define FILL_MAX UINT64_C(0x1000000000) /* 64 GiB */

struct parser {
	struct sim_serve_step *steps;
	size_t num_steps;
	unsigned char *bytes; /* where the next byte goes */
	struct sim_diag *d;
	bool begun;     /* the first accept is behind us */
	bool connected; /* a connection has been taken and neither closed nor reset */
	bool shut;      /* our side has ended */
	bool peer_shut; /* the peer's side has, as far as the script can tell */
};

/* What a step needs of the connection, and does to it. */
enum {
	NEEDS_CONNECTION = 1,
	READS = 2,
	WRITES = 4,
	ENDS = 8,       /* the connection */
	SHUTS = 16,     /* our side */
	TO_THE_END = 32 /* reads until the peer's side ends */
};

struct word {
	const char *name;
	unsigned effects;
	int (*parse)(struct parser *p, struct sim_slice arg, struct sim_serve_step *s);
};

/* Leaves out the quotes around all of `arg`; what else a quote may be is a mistake. */
static int unquote(struct parser *p, struct sim_slice *arg)
{
	const char *t = sim_slice_text(*arg);
	size_t i = 1;

	if (arg->len == 0 || t[0] != '"')
		return 0;
	while (i < arg->len && t[i] != '"')
		i += t[i] == '\\' ? 2 : 1;
	if (i >= arg->len)
		return sim_diag_slice(p->d, *arg,
				      "a quote without its end: write \\\" for a quote in the text");
	if (i + 1 < arg->len)
		return sim_diag_at(p->d, arg->src, arg->at + i + 1,
				   "text behind the closing quote: quotes enclose all of it, or write \\\"");
	*arg = sim_slice_sub(*arg, 1, i - 1);
	return 0;
}

static int parse_bytes(struct parser *p, struct sim_slice arg, struct sim_serve_step *s)
{
	struct sim_slice in = arg;
	size_t i = 0;

	if (arg.len == 0)
		return sim_diag_slice(p->d, arg, "%s needs the bytes, such as: %s +OK\\r\\n",
				      sim_serve_kind_name(s->kind), sim_serve_kind_name(s->kind));
	if (unquote(p, &in))
		return -EINVAL;
	s->bytes = p->bytes;
	while (i < in.len) {
		char c = sim_slice_text(in)[i++];
		size_t len = 0;

		if (c != '\\')
			*p->bytes = (unsigned char)c;
		else if (sim_escape_parse(sim_slice_sub(in, i, in.len), p->bytes, &len, p->d))
			return -EINVAL;
		p->bytes++;
		i += len;
	}
	s->num_bytes = (uint64_t)(p->bytes - s->bytes);
	if (s->num_bytes == 0)
		return sim_diag_slice(p->d, arg, "%s needs at least a byte", sim_serve_kind_name(s->kind));
	return 0;
}

static int parse_expect(struct parser *p, struct sim_slice arg, struct sim_serve_step *s)
{
	if (sim_slice_is(arg, "*"))
		return sim_diag_slice(p->d, arg,
				      "expect takes no pattern: \"read N\" or \"discard\" takes what comes, "
				      "and \"\\x2a\" is a star");
	return parse_bytes(p, arg, s);
}

static int parse_count(struct parser *p, struct sim_slice arg, struct sim_serve_step *s)
{
	if (sim_parse_size(arg, sim_serve_kind_name(s->kind), FILL_MAX, &s->num_bytes, p->d))
		return -EINVAL;
	if (s->num_bytes == 0)
		return sim_diag_slice(p->d, arg, "%s 0 does nothing", sim_serve_kind_name(s->kind));
	return 0;
}

static int parse_wait(struct parser *p, struct sim_slice arg, struct sim_serve_step *s)
{
	if (sim_parse_span(arg, "wait", SIM_SPAN_NEEDS_UNIT, &s->span_ns, p->d))
		return -EINVAL;
	if (s->span_ns == 0)
		return sim_diag_slice(p->d, arg, "wait 0 does nothing");
	return 0;
}

static int parse_nothing(struct parser *p, struct sim_slice arg, struct sim_serve_step *s)
{
	if (arg.len == 0)
		return 0;
	return sim_diag_slice(p->d, arg, "%s takes nothing behind it; steps are separated by \";\"",
			      sim_serve_kind_name(s->kind));
}

static const struct word words[SIM_SERVE_NUM_KINDS] = {
	[SIM_SERVE_EXPECT] = { "expect", NEEDS_CONNECTION | READS, parse_expect },
	[SIM_SERVE_READ] = { "read", NEEDS_CONNECTION | READS, parse_count },
	[SIM_SERVE_SEND] = { "send", NEEDS_CONNECTION | WRITES, parse_bytes },
	[SIM_SERVE_FILL] = { "fill", NEEDS_CONNECTION | WRITES, parse_count },
	[SIM_SERVE_WAIT] = { "wait", 0, parse_wait },
	[SIM_SERVE_ECHO] = { "echo", NEEDS_CONNECTION | READS | WRITES | TO_THE_END, parse_nothing },
	[SIM_SERVE_DISCARD] = { "discard", NEEDS_CONNECTION | READS | TO_THE_END, parse_nothing },
	[SIM_SERVE_SHUTDOWN] = { "shutdown", NEEDS_CONNECTION | WRITES | SHUTS, parse_nothing },
	[SIM_SERVE_CLOSE] = { "close", NEEDS_CONNECTION | ENDS, parse_nothing },
	[SIM_SERVE_RST] = { "rst", NEEDS_CONNECTION | ENDS, parse_nothing },
	[SIM_SERVE_ACCEPT] = { "accept", 0, parse_nothing },
	[SIM_SERVE_LOOP] = { "loop", 0, parse_nothing },
};

const char *sim_serve_kind_name(enum sim_serve_kind kind)
{
	SIM_ASSERT((unsigned)kind < SIM_SERVE_NUM_KINDS);
	return words[kind].name;
}

static int unknown_word(struct parser *p, struct sim_slice name)
{
	struct sim_suggest s = sim_suggest_for(name);
	char near[SIM_SUGGEST_BYTES];
	size_t i;

	for (i = 0; i < SIM_SERVE_NUM_KINDS; i++)
		sim_suggest_offer(&s, words[i].name);
	return sim_diag_slice(p->d, name, "unknown step \"" SIM_SLICE_FMT "\"%s (%s)", SIM_SLICE_ARG(name),
			      sim_suggest_text(&s, near), STEPS);
}

static struct sim_serve_step *add_step(struct parser *p, enum sim_serve_kind kind, struct sim_slice in)
{
	struct sim_serve_step *s = &p->steps[p->num_steps++];

	memset(s, 0, sizeof *s);
	s->kind = kind;
	s->at = in.at;
	s->len = in.len;
	return s;
}

/* Before all that was read until now, which are waits. */
static void imply_accept(struct parser *p)
{
	memmove(p->steps + 1, p->steps, p->num_steps * sizeof *p->steps);
	memset(p->steps, 0, sizeof *p->steps);
	p->steps->kind = SIM_SERVE_ACCEPT;
	p->num_steps++;
	p->begun = p->connected = true;
}

static int accept_next(struct parser *p, struct sim_slice in)
{
	if (p->connected)
		return sim_diag_slice(p->d, in, "accept while a connection is open: close or rst it first");
	p->begun = p->connected = true;
	p->shut = p->peer_shut = false;
	return 0;
}

static int check_possible(struct parser *p, enum sim_serve_kind kind, struct sim_slice in)
{
	unsigned effects = words[kind].effects;
	const char *name = words[kind].name;

	if (!p->connected && effects & NEEDS_CONNECTION)
		return sim_diag_slice(p->d, in,
				      "%s has no connection: it was closed before; \"accept\" takes the next",
				      name);
	if (p->peer_shut && effects & READS)
		return sim_diag_slice(
			p->d, in, "%s has nothing to read: echo and discard went on to the peer's end", name);
	if (p->shut && effects & SHUTS)
		return sim_diag_slice(p->d, in, "%s a second time: this side has ended before", name);
	if (p->shut && effects & WRITES)
		return sim_diag_slice(p->d, in, "%s can't send: shutdown has ended this side", name);
	return 0;
}

static void apply_effects(struct parser *p, enum sim_serve_kind kind)
{
	unsigned effects = words[kind].effects;

	if (effects & SHUTS)
		p->shut = true;
	if (effects & TO_THE_END)
		p->peer_shut = true;
	if (effects & ENDS)
		p->connected = false;
}

static int check_loop(struct parser *p, struct sim_slice in)
{
	if (p->num_steps == 1 && p->steps[0].kind == SIM_SERVE_ACCEPT)
		return sim_diag_slice(p->d, in, "loop has nothing to do again: name steps before it");
	return 0;
}

/* Without blanks at either end, but for one that a backslash stands before. */
static struct sim_slice trim_step(struct sim_slice in)
{
	struct sim_slice s = sim_slice_trim(in);
	size_t num_backslashes = 0;

	while (num_backslashes < s.len && sim_slice_text(s)[s.len - 1 - num_backslashes] == '\\')
		num_backslashes++;
	if (num_backslashes % 2 && s.at + s.len < in.at + in.len)
		s.len++;
	return s;
}

static int parse_step(struct parser *p, struct sim_slice in)
{
	struct sim_slice step = trim_step(in), arg;
	size_t len = 0, kind = 0;

	while (len < step.len && (unsigned char)sim_slice_text(step)[len] > ' ')
		len++;
	if (len == 0)
		return sim_diag_slice(p->d, in, "a step is missing (%s)", STEPS);
	if (p->num_steps && p->steps[p->num_steps - 1].kind == SIM_SERVE_LOOP)
		return sim_diag_slice(p->d, step, "nothing is reached behind loop");
	while (kind < SIM_SERVE_NUM_KINDS && !sim_slice_is(sim_slice_sub(step, 0, len), words[kind].name))
		kind++;
	if (kind == SIM_SERVE_NUM_KINDS)
		return unknown_word(p, sim_slice_sub(step, 0, len));
	if (!p->begun && kind != SIM_SERVE_WAIT && kind != SIM_SERVE_ACCEPT)
		imply_accept(p);
	if (kind == SIM_SERVE_LOOP && check_loop(p, step))
		return -EINVAL;
	if (kind == SIM_SERVE_ACCEPT && accept_next(p, step))
		return -EINVAL;
	if (check_possible(p, (enum sim_serve_kind)kind, step))
		return -EINVAL;
	apply_effects(p, (enum sim_serve_kind)kind);
	arg = trim_step(sim_slice_sub(step, len, step.len));
	return words[kind].parse(p, arg, add_step(p, (enum sim_serve_kind)kind, step));
}

static bool is_blank(char c)
{
	return (unsigned char)c <= ' ';
}

/* Behind position `i`: blanks, or what is none. */
static size_t skip(struct sim_slice s, size_t i, bool blanks)
{
	while (i < s.len && is_blank(sim_slice_text(s)[i]) == blanks &&
	       (blanks || sim_slice_text(s)[i] != ';'))
		i++;
	return i;
}

/* To the next `end` that is not escaped. */
static size_t find_bare(struct sim_slice s, size_t i, char end)
{
	while (i < s.len && sim_slice_text(s)[i] != end)
		i += sim_slice_text(s)[i] == '\\' ? 2 : 1;
	return i < s.len ? i : s.len;
}

/* To the next semicolon that separates steps: one in quotes does not, if the quotes open what follows the
 * word. */
static size_t step_len(struct sim_slice rest)
{
	size_t i = skip(rest, skip(rest, skip(rest, 0, true), false), true);

	if (i < rest.len && sim_slice_text(rest)[i] == '"')
		i = find_bare(rest, i + 1, '"');
	return find_bare(rest, i, ';');
}

size_t sim_serve_max_steps(const char *script)
{
	size_t num = 2; /* the last one, and the accept that is implied */

	for (; *script; script++)
		num += *script == ';';
	return num;
}

size_t sim_serve_max_bytes(const char *script)
{
	return strlen(script) + 1;
}

int sim_serve_parse(const char *script, struct sim_serve_step *steps, unsigned char *bytes,
		    struct sim_diag *d)
{
	struct sim_source src = sim_source_of(NAME, script);

	return sim_serve_parse_source(&src, steps, bytes, d);
}

int sim_serve_parse_source(const struct sim_source *src, struct sim_serve_step *steps, unsigned char *bytes,
			   struct sim_diag *d)
{
	struct sim_slice rest = sim_slice_all(src);
	struct parser p = { .steps = steps, .bytes = bytes, .d = d };
	size_t len;

	if (sim_slice_trim(rest).len == 0)
		return sim_diag_slice(d, rest, "empty (%s)", STEPS);
	if (rest.len > INT_MAX / 2)
		return sim_diag_slice(d, rest, "longer than 1 GiB");
	while (sim_slice_trim(rest).len) {
		len = step_len(rest);
		if (parse_step(&p, sim_slice_sub(rest, 0, len)))
			return -EINVAL;
		rest = sim_slice_sub(rest, len + 1, rest.len);
	}
	if (!p.begun)
		imply_accept(&p);
	return (int)p.num_steps;
}
