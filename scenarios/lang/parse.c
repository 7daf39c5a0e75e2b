/* SPDX-License-Identifier: MIT */
/*
 * Scripts: options, commands, events. A mistake is noted and the parser goes on at the next line that begins
 * an event, so that one run shows several.
 */
#include "scenarios/lang/script.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/lang/parser.h"
#include "sim/base/names.h"
#include "sim/base/str.h"

enum { POOL_CHUNK_BYTES = 16384, POOL_MAX_BYTES = 64 << 20 };

/* ---- memory ---- */

struct chunk {
	struct chunk *next;
	size_t used, cap;
	_Alignas(16) unsigned char bytes[];
};

void *sim_parser_alloc(struct sim_parser *p, size_t bytes)
{
	struct sim_script *s = p->s;
	struct chunk *c = s->pool;
	size_t need = (bytes + 15) & ~(size_t)15, cap = need > POOL_CHUNK_BYTES ? need : POOL_CHUNK_BYTES;

	if (!c || c->cap - c->used < need) {
		c = s->pool_bytes + cap <= POOL_MAX_BYTES ? calloc(1, sizeof *c + cap) : NULL;
		if (!c) {
			sim_parser_fail(p, p->tok.at, "the script is too large: there is no memory for it");
			return NULL;
		}
		c->cap = cap;
		c->next = s->pool;
		s->pool = c;
		s->pool_bytes += cap;
	}
	c->used += need;
	return c->bytes + c->used - need;
}

void sim_script_free(struct sim_script *s)
{
	struct chunk *c, *next;

	if (!s)
		return;
	for (c = s->pool; c; c = next) {
		next = c->next;
		free(c);
	}
	free(s->events);
	free(s->errors);
	free((char *)(uintptr_t)s->src.text);
	free((char *)(uintptr_t)s->src.name);
	free(s);
}

/* ---- mistakes ---- */

static void note_error(struct sim_script *s, struct sim_slice at, const char *fmt, va_list ap)
{
	if (!s->errors)
		s->errors = calloc(SIM_SCRIPT_MAX_ERRORS, sizeof *s->errors);
	if (s->errors && s->num_errors < SIM_SCRIPT_MAX_ERRORS)
		(void)sim_diag_vat(&s->errors[s->num_errors], at.src, at.at, fmt, ap);
	s->num_errors++;
}

void sim_script_error(struct sim_script *s, struct sim_slice at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	note_error(s, at, fmt, ap);
	va_end(ap);
}

void sim_parser_fail(struct sim_parser *p, struct sim_slice at, const char *fmt, ...)
{
	va_list ap;

	if (p->failed)
		return;
	p->failed = true;
	va_start(ap, fmt);
	note_error(p->s, at, fmt, ap);
	va_end(ap);
}

void sim_parser_expected(struct sim_parser *p, const char *what)
{
	if (p->tok.kind == SIM_TOKEN_END)
		sim_parser_fail(p, p->tok.at, "expected %s, found the end of the file", what);
	else if (p->tok.kind == SIM_TOKEN_BAD)
		sim_parser_fail(p, p->tok.at, "%s", p->tok.what);
	else
		sim_parser_fail(p, p->tok.at, "expected %s, found \"" SIM_SLICE_FMT "\"", what,
				SIM_SLICE_ARG(p->tok.at));
}

/* ---- tokens ---- */

void sim_parser_next(struct sim_parser *p)
{
	p->end = p->tok.at.at + p->tok.at.len;
	p->tok = sim_lex(&p->lex);
	if (p->tok.kind == SIM_TOKEN_BAD)
		sim_parser_fail(p, p->tok.at, "%s", p->tok.what);
}

bool sim_parser_is(const struct sim_parser *p, int mark)
{
	return p->tok.kind == SIM_TOKEN_MARK && p->tok.mark == mark;
}

bool sim_parser_take(struct sim_parser *p, int mark)
{
	if (!sim_parser_is(p, mark))
		return false;
	sim_parser_next(p);
	return true;
}

/* Does a line that begins with this token begin an event? In the middle of a call, names do not. */
static bool begins_event(const struct sim_parser *p)
{
	if (!p->tok.starts_line)
		return false;
	switch (p->tok.kind) {
	case SIM_TOKEN_NUMBER:
	case SIM_TOKEN_COMMANDS: return true;
	case SIM_TOKEN_MARK: return p->tok.mark == '+' || p->tok.mark == '*';
	case SIM_TOKEN_NAME: return sim_lex_peek(&p->lex) != '=' && sim_lex_peek(&p->lex) != '(';
	default: return false;
	}
}

static void recover(struct sim_parser *p, size_t from)
{
	if (p->tok.at.at <= from)
		p->tok = sim_lex(&p->lex);
	while (p->tok.kind != SIM_TOKEN_END && !begins_event(p))
		p->tok = sim_lex(&p->lex);
	p->failed = false;
	p->depth = 0;
}

/* ---- events ---- */

struct sim_event *sim_parser_event(struct sim_parser *p)
{
	struct sim_script *s = p->s;
	unsigned cap = s->cap_events ? s->cap_events * 2 : 64;
	struct sim_event *more;

	if (s->num_events == SIM_SCRIPT_MAX_EVENTS) {
		sim_parser_fail(p, p->tok.at, "a script has at most %d events", SIM_SCRIPT_MAX_EVENTS);
		return NULL;
	}
	if (s->num_events == s->cap_events) {
		more = realloc(s->events, cap * sizeof *more);
		if (!more) {
			sim_parser_fail(p, p->tok.at, "there is no memory for the script");
			return NULL;
		}
		s->events = more;
		s->cap_events = cap;
	}
	more = &s->events[s->num_events++];
	memset(more, 0, sizeof *more);
	more->at = more->who = more->call = more->name = more->rest = sim_slice_sub(p->tok.at, 0, 0);
	return more;
}

static struct sim_slice up_to_here(const struct sim_parser *p, size_t from)
{
	struct sim_slice s = { p->lex.src, from, p->tok.at.at - from };

	return sim_slice_trim(s);
}

/* Without the comments that follow. */
static struct sim_slice up_to_end(const struct sim_parser *p, size_t from)
{
	return (struct sim_slice){ p->lex.src, from, p->end > from ? p->end - from : 0 };
}

/* ECONNRESET (Connection reset by peer); what stands in brackets is for people. */
static void parse_note(struct sim_parser *p)
{
	unsigned depth = 0;

	if (!sim_parser_is(p, '('))
		return;
	do {
		depth += sim_parser_is(p, '(');
		depth -= sim_parser_is(p, ')');
		if (depth)
			p->tok = sim_lex(&p->lex);
	} while (depth && p->tok.kind != SIM_TOKEN_END && !p->tok.starts_line);
	if (sim_parser_is(p, ')'))
		sim_parser_next(p);
	else
		sim_parser_expected(p, "\")\" behind the note");
}

static void parse_errno(struct sim_parser *p, struct sim_result *r)
{
	struct sim_slice name = p->tok.at;
	struct sim_suggest s = sim_suggest_for(name);
	char hint[SIM_SUGGEST_BYTES];

	if (p->tok.kind != SIM_TOKEN_NAME || p->tok.starts_line)
		return;
	r->err = sim_errno_by_name(sim_slice_text(name), name.len);
	if (!r->err) {
		sim_errno_suggest(&s);
		sim_parser_fail(p, name, "unknown errno \"" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(name),
				sim_suggest_text(&s, hint));
		return;
	}
	if (r->op == SIM_RESULT_EQ && r->value != -1)
		sim_parser_fail(p, name, "an errno behind a result that is not -1");
	sim_parser_next(p);
}

static enum sim_result_op result_op(struct sim_parser *p)
{
	static const struct {
		int mark;
		enum sim_result_op op;
	} ops[] = { { '=', SIM_RESULT_EQ },
		    { SIM_MARK2('=', '='), SIM_RESULT_EQ },
		    { SIM_MARK2('!', '='), SIM_RESULT_NE },
		    { '<', SIM_RESULT_LT },
		    { SIM_MARK2('<', '='), SIM_RESULT_LE },
		    { '>', SIM_RESULT_GT },
		    { SIM_MARK2('>', '='), SIM_RESULT_GE } };

	for (size_t i = 0; i < sizeof ops / sizeof ops[0]; i++)
		if (!p->tok.starts_line && sim_parser_take(p, ops[i].mark))
			return ops[i].op;
	return SIM_RESULT_NONE;
}

/* end: where the call ends. */
static void parse_result(struct sim_parser *p, struct sim_result *r, struct sim_slice end)
{
	size_t from;

	r->at = sim_slice_sub(p->tok.at, 0, 0);
	r->op = result_op(p);
	if (r->op == SIM_RESULT_NONE) {
		if (p->tok.starts_line)
			sim_parser_fail(p, end, "expected \"=\" and the result, such as: = 0");
		else
			sim_parser_expected(p, "\"=\" and the result, such as: = 0");
		return;
	}
	from = p->tok.at.at;
	if (r->op == SIM_RESULT_EQ && sim_parser_take(p, '?'))
		r->op = SIM_RESULT_ANY;
	else
		r->value = sim_parse_int(p);
	if (!p->failed)
		parse_errno(p, r);
	if (!p->failed)
		parse_note(p);
	r->at = up_to_end(p, from);
}

static void parse_call(struct sim_parser *p, struct sim_event *ev)
{
	size_t from = p->tok.at.at;

	ev->kind = SIM_STMT_CALL;
	ev->name = p->tok.at;
	sim_parser_next(p);
	(void)sim_parser_take(p, '(');
	if (!sim_parse_list(p, ')', false, &ev->args, &ev->num_args))
		return;
	ev->call = up_to_end(p, from);
	parse_result(p, &ev->result, (struct sim_slice){ ev->call.src, ev->call.at + ev->call.len, 0 });
}

/* `packet` and `code` are refused when they would run: here they are known for what they are. */
static void parse_packet(struct sim_parser *p, struct sim_event *ev)
{
	p->lex.pos = p->tok.at.at;
	ev->kind = SIM_STMT_PACKET;
	ev->rest = sim_lex_packet(&p->lex);
	p->s->num_packets++;
	p->tok = sim_lex(&p->lex);
}

static void parse_code(struct sim_parser *p, struct sim_event *ev)
{
	ev->kind = SIM_STMT_CODE;
	ev->rest = p->tok.at;
	p->s->num_code++;
	sim_parser_next(p);
}

static void parse_named(struct sim_parser *p, struct sim_event *ev)
{
	struct sim_slice name = p->tok.at;

	if (sim_lex_peek(&p->lex) == ':') {
		ev->who = name;
		sim_parser_next(p);
		sim_parser_next(p);
		name = p->tok.at;
		if (p->tok.kind != SIM_TOKEN_NAME) {
			sim_parser_expected(p, "a call or a line of control behind the process's name");
			return;
		}
	}
	if (sim_lex_peek(&p->lex) == '(') {
		if (ev->when.kind == SIM_WHEN_SAME)
			sim_parser_fail(p, name,
					"a call needs its time before it: write +0 " SIM_SLICE_FMT "(...)",
					SIM_SLICE_ARG(name));
		parse_call(p, ev);
		return;
	}
	sim_parse_control(p, name, ev);
	if (!p->failed)
		sim_parser_next(p);
}

static void check_when(struct sim_parser *p, const struct sim_event *ev, struct sim_slice at)
{
	if (ev->when.blocks && ev->kind != SIM_STMT_CALL)
		sim_parser_fail(p, at, "\"...\" behind a time is for a call that blocks");
	if ((ev->when.is_range || ev->when.kind == SIM_WHEN_ANY) &&
	    (ev->kind != SIM_STMT_PACKET || *sim_slice_text(ev->rest) != '>'))
		sim_parser_fail(p, at, "only a packet that is expected to leave may come %s",
				ev->when.is_range ? "in a span of time" : "at any time");
}

/* The settings are events of their own, which take the place of the last one; the first has its time. */
static void parse_timed_commands(struct sim_parser *p, struct sim_when when)
{
	unsigned first = --p->s->num_events;

	sim_parse_commands(p, p->tok.at);
	if (p->s->num_events > first)
		p->s->events[first].when = when;
	sim_parser_next(p);
}

static void parse_event(struct sim_parser *p)
{
	struct sim_slice at = p->tok.at;
	struct sim_event *ev;

	if (p->tok.kind == SIM_TOKEN_COMMANDS) {
		sim_parse_commands(p, p->tok.at);
		sim_parser_next(p);
		return;
	}
	ev = sim_parser_event(p);
	if (!ev)
		return;
	sim_parse_when(p, &ev->when);
	if (p->failed)
		return;
	if (p->tok.kind == SIM_TOKEN_COMMANDS) {
		parse_timed_commands(p, ev->when);
		return;
	}
	if (p->tok.kind == SIM_TOKEN_NAME)
		parse_named(p, ev);
	else if (p->tok.kind == SIM_TOKEN_CODE)
		parse_code(p, ev);
	else if (sim_parser_is(p, '<') || sim_parser_is(p, '>'))
		parse_packet(p, ev);
	else
		sim_parser_expected(p, ev->when.kind == SIM_WHEN_SAME
					       ? "a time, such as +0, or a line of control"
					       : "a call, a packet or a line of control");
	if (p->failed)
		return;
	ev->at = up_to_here(p, at.at);
	check_when(p, ev, at);
	if (!p->tok.starts_line && p->tok.kind != SIM_TOKEN_END)
		sim_parser_expected(p, "the end of the line");
}

/* ---- options ---- */

static bool is_option(const struct sim_parser *p)
{
	const struct sim_source *src = p->lex.src;
	size_t at = p->tok.at.at;

	return sim_parser_is(p, '-') && at + 1 < src->len && src->text[at + 1] == '-';
}

static void parse_option(struct sim_parser *p)
{
	struct sim_script_option *o = sim_parser_alloc(p, sizeof *o), **tail = &p->s->options;
	struct sim_slice line;
	size_t eq;

	p->lex.pos = p->tok.at.at + 2;
	line = sim_lex_line(&p->lex);
	if (!o)
		return;
	eq = sim_slice_find(line, '=');
	o->name = sim_slice_trim(sim_slice_sub(line, 0, eq));
	o->value = sim_slice_trim(sim_slice_sub(line, eq < line.len ? eq + 1 : eq, line.len));
	while (*tail)
		tail = &(*tail)->next;
	*tail = o;
	sim_parser_next(p);
}

static void parse_script(struct sim_parser *p)
{
	p->tok = sim_lex(&p->lex);
	if (p->tok.kind == SIM_TOKEN_BAD)
		sim_parser_fail(p, p->tok.at, "%s", p->tok.what);
	while (p->tok.kind != SIM_TOKEN_END) {
		size_t from = p->tok.at.at;

		if (is_option(p) && p->tok.starts_line) {
			if (p->s->num_events)
				sim_parser_fail(p, p->tok.at, "options stand before the first event");
			parse_option(p);
		} else if (!p->failed) {
			parse_event(p);
		}
		if (p->failed)
			recover(p, from);
	}
}

struct sim_script *sim_script_parse(const char *file_name, const char *text, size_t len)
{
	struct sim_script *s = calloc(1, sizeof *s);
	struct sim_parser p = { .s = s };
	char *copy = malloc(len + 1), *name = malloc(strlen(file_name) + 1);

	if (!s || !copy || !name) {
		free(s);
		free(copy);
		free(name);
		return NULL;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	memcpy(name, file_name, strlen(file_name) + 1);
	s->src = (struct sim_source){ name, copy, len, true };
	p.lex = (struct sim_lexer){ &s->src, 0 };
	p.tok.at = sim_slice_sub(sim_slice_all(&s->src), 0, 0);
	if (len > SIM_SCRIPT_MAX_BYTES)
		sim_parser_fail(&p, p.tok.at, "a script has at most %d bytes", SIM_SCRIPT_MAX_BYTES);
	else
		parse_script(&p);
	return s;
}
