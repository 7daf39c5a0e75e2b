/* SPDX-License-Identifier: MIT */
/*
 * Literals: numbers and symbols with operators, strings, lists, structs, pointers. Numbers are folded as they
 * come: what remains is what was meant, and where it was written.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "scenarios/lang/escape.h"
#include "scenarios/lang/parser.h"
#include "sim/base/str.h"

enum { REPEAT_MAX = 4096 };

static const char *const kind_names[SIM_EXPR_NUM_KINDS] = {
	[SIM_EXPR_INT] = "a number",       [SIM_EXPR_STRING] = "a string",
	[SIM_EXPR_ELLIPSIS] = "\"...\"",   [SIM_EXPR_LIST] = "a list",
	[SIM_EXPR_STRUCT] = "a struct",    [SIM_EXPR_POINTER] = "a bad pointer",
	[SIM_EXPR_CALL] = "a made buffer",
};

const char *sim_expr_kind_name(enum sim_expr_kind kind)
{
	return (unsigned)kind < SIM_EXPR_NUM_KINDS ? kind_names[kind] : "?";
}

static struct sim_expr *expr_new(struct sim_parser *p, enum sim_expr_kind kind, struct sim_slice at)
{
	struct sim_expr *e = sim_parser_alloc(p, sizeof *e);

	if (!e)
		return NULL;
	e->kind = kind;
	e->at = at;
	return e;
}

/* From where `e` begins to where the last token read ended. */
static void extend(struct sim_expr *e, struct sim_slice to)
{
	e->at.len = to.at + to.len - e->at.at;
}

/* ---- numbers ---- */

static int digit_value(char c)
{
	if (sim_is_digit(c))
		return c - '0';
	c = sim_to_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : 99;
}

/* As C has them: 10, 0x1f, 0755. */
static bool read_uint(struct sim_slice s, uint64_t *out)
{
	const char *t = sim_slice_text(s);
	bool hex = s.len > 2 && t[0] == '0' && (t[1] == 'x' || t[1] == 'X');
	unsigned base = hex ? 16 : s.len > 1 && t[0] == '0' ? 8 : 10;
	uint64_t value = 0;

	for (size_t i = hex ? 2 : 0; i < s.len; i++) {
		unsigned digit = (unsigned)digit_value(t[i]);

		if (digit >= base || value > (UINT64_MAX - digit) / base)
			return false;
		value = value * base + digit;
	}
	*out = value;
	return true;
}

static struct sim_expr *number(struct sim_parser *p)
{
	struct sim_expr *e = expr_new(p, SIM_EXPR_INT, p->tok.at);
	uint64_t value = 0;

	if (!e)
		return NULL;
	if (!read_uint(p->tok.at, &value)) {
		sim_parser_fail(p, p->tok.at,
				"\"" SIM_SLICE_FMT "\" is no whole number: expected such as 10, 0x1f or 0755",
				SIM_SLICE_ARG(p->tok.at));
		return NULL;
	}
	e->value = (int64_t)value;
	sim_parser_next(p);
	return e;
}

int64_t sim_parse_int(struct sim_parser *p)
{
	bool minus = sim_parser_take(p, '-');
	struct sim_expr *e;

	if (p->tok.kind != SIM_TOKEN_NUMBER && p->tok.kind != SIM_TOKEN_NAME) {
		sim_parser_expected(p, "a number");
		return 0;
	}
	e = sim_parse_expr(p);
	if (!e)
		return 0;
	if (e->kind != SIM_EXPR_INT) {
		sim_parser_fail(p, e->at, "expected a number, found %s", sim_expr_kind_name(e->kind));
		return 0;
	}
	return minus ? -e->value : e->value;
}

/* ---- strings ---- */

static struct sim_expr *string(struct sim_parser *p)
{
	struct sim_slice in = sim_slice_sub(p->tok.at, 1, p->tok.at.len - 2);
	struct sim_expr *e = expr_new(p, SIM_EXPR_STRING, p->tok.at);
	unsigned char *bytes = sim_parser_alloc(p, in.len + 1);
	struct sim_diag d;
	size_t len = 0;

	if (!e || !bytes)
		return NULL;
	for (size_t i = 0; i < in.len;) {
		size_t taken = 1;

		bytes[len] = (unsigned char)sim_slice_text(in)[i];
		if (bytes[len] == '\\') {
			if (sim_escape_parse(sim_slice_sub(in, i + 1, in.len), &bytes[len], &taken, &d)) {
				sim_parser_fail(p, sim_slice_sub(in, i, 1), "%s", d.message);
				return NULL;
			}
			taken++;
		}
		i += taken;
		len++;
	}
	e->text = bytes;
	e->text_len = len;
	sim_parser_next(p);
	return e;
}

/* ---- names ---- */

static struct sim_expr *symbol(struct sim_parser *p)
{
	struct sim_slice name = p->tok.at;
	struct sim_expr *e = expr_new(p, SIM_EXPR_INT, name);
	struct sim_suggest s = sim_suggest_for(name);
	char hint[SIM_SUGGEST_BYTES];

	if (!e)
		return NULL;
	e->is_null = sim_slice_is(name, "NULL");
	if (sim_slice_is(name, "BADPTR")) {
		e->kind = SIM_EXPR_POINTER;
		e->value = 1;
	} else if (!e->is_null && !sim_constant_by_name(sim_slice_text(name), name.len, &e->value)) {
		sim_constant_suggest(&s);
		sim_parser_fail(p, name, "unknown symbol \"" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(name),
				sim_suggest_text(&s, hint));
		return NULL;
	}
	sim_parser_next(p);
	return e;
}

/* Functions whose value is known here. False: there is none of that name. */
static bool fold_call(struct sim_parser *p, struct sim_expr *e)
{
	const struct sim_expr *arg = e->first;
	bool one_int = e->num == 1 && arg->kind == SIM_EXPR_INT;
	struct in_addr a;

	if (!strcmp(e->name, "htons") || !strcmp(e->name, "ntohs") || !strcmp(e->name, "htonl") ||
	    !strcmp(e->name, "ntohl")) {
		if (!one_int)
			sim_parser_fail(p, e->at, "%s() takes one number", e->name);
		else
			e->value =
				e->name[4] == 's' ? htons((uint16_t)arg->value) : htonl((uint32_t)arg->value);
	} else if (!strcmp(e->name, "inet_addr")) {
		if (e->num != 1 || arg->kind != SIM_EXPR_STRING)
			sim_parser_fail(p, e->at, "inet_addr() takes one string, such as \"10.0.0.2\"");
		else if (inet_pton(AF_INET, (const char *)arg->text, &a) != 1)
			sim_parser_fail(p, arg->at, "no IPv4 address: expected one such as \"10.0.0.2\"");
		else
			e->value = a.s_addr;
	} else {
		return false;
	}
	e->kind = SIM_EXPR_INT;
	e->first = NULL;
	e->num = 0;
	return true;
}

/* What is left for the runner. */
static const char *const made_by_runner[] = { "page_end", "pattern", "inet_pton", "repeat" };

static struct sim_expr *function(struct sim_parser *p)
{
	struct sim_slice name = p->tok.at;
	struct sim_expr *e = expr_new(p, SIM_EXPR_CALL, name);
	struct sim_str out;
	struct sim_suggest s = sim_suggest_for(name);
	char hint[SIM_SUGGEST_BYTES];

	if (!e)
		return NULL;
	out = sim_str_on(e->name, sizeof e->name);
	sim_str_add_len(&out, sim_slice_text(name), name.len);
	sim_parser_next(p);
	(void)sim_parser_take(p, '(');
	if (!sim_parse_list(p, ')', false, &e->first, &e->num))
		return NULL;
	extend(e, (struct sim_slice){ name.src, p->tok.at.at, 0 });
	e->at = sim_slice_trim(e->at);
	if (fold_call(p, e))
		return p->failed ? NULL : e;
	for (size_t i = 0; i < sizeof made_by_runner / sizeof made_by_runner[0]; i++) {
		if (!strcmp(e->name, made_by_runner[i]))
			return e;
		sim_suggest_offer(&s, made_by_runner[i]);
	}
	sim_suggest_offer(&s, "htons");
	sim_suggest_offer(&s, "htonl");
	sim_suggest_offer(&s, "inet_addr");
	sim_parser_fail(p, name,
			"unknown function \"" SIM_SLICE_FMT "\"%s (htons, htonl, ntohs, ntohl, inet_addr, "
			"inet_pton, page_end, pattern, repeat)",
			SIM_SLICE_ARG(name), sim_suggest_text(&s, hint));
	return NULL;
}

/* ---- brackets ---- */

/* "(void *)1": a pointer to nowhere; or an expression in brackets. */
static struct sim_expr *bracketed(struct sim_parser *p)
{
	struct sim_slice open = p->tok.at;
	struct sim_expr *e;

	sim_parser_next(p);
	if (p->tok.kind == SIM_TOKEN_NAME && sim_slice_is(p->tok.at, "void")) {
		sim_parser_next(p);
		if (!sim_parser_take(p, '*') || !sim_parser_take(p, ')')) {
			sim_parser_expected(p, "\"(void *)\" and a number");
			return NULL;
		}
		e = p->tok.kind == SIM_TOKEN_NUMBER ? number(p) : NULL;
		if (!e) {
			sim_parser_expected(p, "the pointer's number, such as (void *)1");
			return NULL;
		}
		e->kind = SIM_EXPR_POINTER;
		e->at.len += e->at.at - open.at;
		e->at.at = open.at;
		return e;
	}
	e = sim_parse_expr(p);
	if (e && !sim_parser_take(p, ')')) {
		sim_parser_expected(p, "\")\"");
		return NULL;
	}
	return e;
}

static struct sim_expr *compound(struct sim_parser *p, enum sim_expr_kind kind, int close)
{
	struct sim_expr *e = expr_new(p, kind, p->tok.at);
	size_t end;

	if (!e)
		return NULL;
	sim_parser_next(p);
	if (!sim_parse_list(p, close, kind == SIM_EXPR_STRUCT, &e->first, &e->num))
		return NULL;
	end = p->tok.at.at;
	extend(e, (struct sim_slice){ e->at.src, end, 0 });
	e->at = sim_slice_trim(e->at);
	return e;
}

static struct sim_expr *primary(struct sim_parser *p)
{
	struct sim_expr *e;

	switch (p->tok.kind) {
	case SIM_TOKEN_NUMBER: return number(p);
	case SIM_TOKEN_STRING: return string(p);
	case SIM_TOKEN_NAME: return sim_lex_peek(&p->lex) == '(' ? function(p) : symbol(p);
	case SIM_TOKEN_ELLIPSIS:
		e = expr_new(p, SIM_EXPR_ELLIPSIS, p->tok.at);
		sim_parser_next(p);
		return e;
	default: break;
	}
	if (sim_parser_is(p, '('))
		return bracketed(p);
	if (sim_parser_is(p, '['))
		return compound(p, SIM_EXPR_LIST, ']');
	if (sim_parser_is(p, '{'))
		return compound(p, SIM_EXPR_STRUCT, '}');
	sim_parser_expected(p, "a value");
	return NULL;
}

/* ---- operators, as C ranks them ---- */

static struct sim_expr *unary(struct sim_parser *p)
{
	struct sim_slice at = p->tok.at;
	int op = sim_parser_is(p, '-') ? '-' : sim_parser_is(p, '~') ? '~' : sim_parser_is(p, '&') ? '&' : 0;
	struct sim_expr *e;

	if (!op)
		return primary(p);
	sim_parser_next(p);
	/* "&sin6_addr" is where inet_pton() writes: its name says nothing more. */
	if (op == '&' && p->tok.kind == SIM_TOKEN_NAME) {
		e = expr_new(p, SIM_EXPR_ELLIPSIS, at);
		sim_parser_next(p);
		return e;
	}
	e = p->depth < SIM_SCRIPT_MAX_DEPTH ? unary(p) : NULL;
	if (!e)
		return NULL;
	if (e->kind != SIM_EXPR_INT) {
		sim_parser_fail(p, e->at, "\"%c\" takes a number, not %s", op, sim_expr_kind_name(e->kind));
		return NULL;
	}
	e->value = op == '-' ? (int64_t)(0 - (uint64_t)e->value) : ~e->value;
	e->at.len += e->at.at - at.at;
	e->at.at = at.at;
	return e;
}

static int rank_of(const struct sim_parser *p)
{
	static const struct {
		int mark, rank;
	} ops[] = { { '|', 1 },
		    { '^', 2 },
		    { '&', 3 },
		    { SIM_MARK2('<', '<'), 4 },
		    { SIM_MARK2('>', '>'), 4 },
		    { '+', 5 },
		    { '-', 5 },
		    { '*', 6 },
		    { '/', 6 } };

	/* At the beginning of a line these two begin the next event. */
	if (p->tok.starts_line && (sim_parser_is(p, '+') || sim_parser_is(p, '*')))
		return 0;
	for (size_t i = 0; p->tok.kind == SIM_TOKEN_MARK && i < sizeof ops / sizeof ops[0]; i++)
		if (p->tok.mark == ops[i].mark)
			return ops[i].rank;
	return 0;
}

static bool compute(struct sim_parser *p, struct sim_expr *a, int op, const struct sim_expr *b)
{
	uint64_t x = (uint64_t)a->value, y = (uint64_t)b->value, r = 0;

	switch (op) {
	case '|': r = x | y; break;
	case '^': r = x ^ y; break;
	case '&': r = x & y; break;
	case '+': r = x + y; break;
	case '-': r = x - y; break;
	case '*': r = x * y; break;
	case '/':
		if (!b->value || b->value == -1) {
			sim_parser_fail(p, b->at, "a division by %s", b->value ? "-1" : "zero");
			return false;
		}
		r = (uint64_t)(a->value / b->value);
		break;
	case SIM_MARK2('<', '<'): r = y < 64 ? x << y : 0; break;
	default: r = y < 64 ? x >> y : 0;
	}
	a->value = (int64_t)r;
	return true;
}

static struct sim_expr *binary(struct sim_parser *p, int rank)
{
	struct sim_expr *a = unary(p), *b;
	int op, its;

	while (a && (its = rank_of(p)) >= rank && its) {
		op = p->tok.mark;
		if (a->kind != SIM_EXPR_INT) {
			sim_parser_fail(p, p->tok.at, "an operator behind %s: it takes numbers",
					sim_expr_kind_name(a->kind));
			return NULL;
		}
		sim_parser_next(p);
		b = binary(p, its + 1);
		if (!b)
			return NULL;
		if (b->kind != SIM_EXPR_INT) {
			sim_parser_fail(p, b->at, "an operator takes numbers, not %s",
					sim_expr_kind_name(b->kind));
			return NULL;
		}
		if (!compute(p, a, op, b))
			return NULL;
		extend(a, b->at);
	}
	return a;
}

struct sim_expr *sim_parse_expr(struct sim_parser *p)
{
	struct sim_expr *e;

	if (p->depth >= SIM_SCRIPT_MAX_DEPTH) {
		sim_parser_fail(p, p->tok.at, "brackets nest deeper than %d", SIM_SCRIPT_MAX_DEPTH);
		return NULL;
	}
	p->depth++;
	e = binary(p, 1);
	p->depth--;
	return e;
}

/* ---- lists ---- */

/* "name = ", "name(extent) = " of a field; a value that stands by its place has none. */
static bool field_name(struct sim_parser *p, struct sim_slice *name, struct sim_expr **extent)
{
	struct sim_lexer before = p->lex;
	struct sim_token tok = p->tok;

	*name = sim_slice_sub(tok.at, 0, 0);
	*extent = NULL;
	if (tok.kind != SIM_TOKEN_NAME)
		return true;
	sim_parser_next(p);
	if (sim_parser_is(p, '(') && !sim_slice_is(tok.at, "htons") && !sim_slice_is(tok.at, "inet_addr") &&
	    !sim_slice_is(tok.at, "inet_pton")) {
		sim_parser_next(p);
		*extent = sim_parse_expr(p);
		if (!*extent)
			return false;
		if (!sim_parser_take(p, ')')) {
			sim_parser_expected(p, "\")\"");
			return false;
		}
	}
	if (sim_parser_take(p, '=')) {
		*name = tok.at;
		return true;
	}
	if (*extent) {
		sim_parser_expected(p, "\"=\" behind the field's name");
		return false;
	}
	p->lex = before;
	p->tok = tok;
	return true;
}

/* "repeat(X, N)" in a list, X being no string, stands for X, N times. False: a mistake. */
static bool expand(struct sim_parser *p, struct sim_expr *e, struct sim_expr ***tail, unsigned *num)
{
	const struct sim_expr *what = e->first, *times = e->num == 2 ? what->next : NULL;

	if (!times || times->kind != SIM_EXPR_INT || times->value < 0 || times->value > REPEAT_MAX) {
		sim_parser_fail(p, e->at, "repeat() takes a value and how often, at most %d", REPEAT_MAX);
		return false;
	}
	for (int64_t i = 0; i < times->value; i++) {
		struct sim_expr *copy = expr_new(p, what->kind, what->at);

		if (!copy)
			return false;
		*copy = *what;
		copy->next = NULL;
		**tail = copy;
		*tail = &copy->next;
		++*num;
	}
	return true;
}

static bool is_repeated(const struct sim_expr *e)
{
	return e->kind == SIM_EXPR_CALL && !strcmp(e->name, "repeat") && e->first &&
	       e->first->kind != SIM_EXPR_STRING;
}

bool sim_parse_list(struct sim_parser *p, int close, bool in_struct, struct sim_expr **first, unsigned *num)
{
	struct sim_expr **tail = first, *e, *extent = NULL;
	struct sim_slice name = { p->lex.src, 0, 0 };
	const char *names = close == ')'   ? "\",\" or \")\""
			    : close == ']' ? "\",\" or \"]\""
					   : "\",\" or \"}\"";

	*first = NULL;
	*num = 0;
	if (sim_parser_take(p, close))
		return true;
	do {
		if (in_struct && !field_name(p, &name, &extent))
			return false;
		e = sim_parse_expr(p);
		if (!e)
			return false;
		if (close == ']' && is_repeated(e)) {
			if (!expand(p, e, &tail, num))
				return false;
			continue;
		}
		e->field = name;
		e->extent = extent;
		*tail = e;
		tail = &e->next;
		++*num;
	} while (sim_parser_take(p, ','));
	if (sim_parser_take(p, close))
		return true;
	sim_parser_expected(p, names);
	return false;
}
