/* SPDX-License-Identifier: MIT */
/* Words of a scenario: see lexer.h. */
#include "scenarios/lang/lexer.h"

#include <string.h>

#include "sim/base/str.h"

static char at(const struct sim_lexer *l, size_t ahead)
{
	return l->pos + ahead < l->src->len ? l->src->text[l->pos + ahead] : '\0';
}

static bool is_end(const struct sim_lexer *l)
{
	return l->pos >= l->src->len;
}

static bool starts(const struct sim_lexer *l, const char *mark)
{
	size_t len = strlen(mark);

	return l->src->len - l->pos >= len && !memcmp(l->src->text + l->pos, mark, len);
}

static bool is_name(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_';
}

static bool is_blank(char c)
{
	return sim_is_blank(c) || c == '\v' || c == '\f';
}

static void to_line_end(struct sim_lexer *l)
{
	while (!is_end(l) && at(l, 0) != '\n')
		l->pos++;
}

/* Behind `mark`; false: there is none. */
static bool skip_to(struct sim_lexer *l, const char *mark)
{
	while (!is_end(l) && !starts(l, mark))
		l->pos++;
	if (is_end(l))
		return false;
	l->pos += strlen(mark);
	return true;
}

/* Blanks and comments. False: a comment without its end, which begins at pos. */
static bool skip_blanks(struct sim_lexer *l, bool *new_line)
{
	for (;;) {
		size_t from = l->pos;

		while (!is_end(l) && is_blank(at(l, 0))) {
			*new_line |= at(l, 0) == '\n';
			l->pos++;
		}
		if (starts(l, "//")) {
			to_line_end(l);
		} else if (starts(l, "/*")) {
			from = l->pos;
			l->pos += 2;
			if (!skip_to(l, "*/")) {
				l->pos = from;
				return false;
			}
		}
		if (l->pos == from)
			return true;
	}
}

static struct sim_token token(struct sim_lexer *l, enum sim_token_kind kind, size_t from)
{
	struct sim_token t = { .kind = kind, .at = { l->src, from, l->pos - from } };

	return t;
}

static struct sim_token bad(struct sim_lexer *l, size_t from, const char *what)
{
	struct sim_token t;

	if (l->pos == from)
		l->pos++;
	t = token(l, SIM_TOKEN_BAD, from);
	t.what = what;
	return t;
}

/* Digits, a point with a digit behind it, letters of a unit; "0...1" is a number, an ellipsis, a number. */
static struct sim_token number(struct sim_lexer *l)
{
	size_t from = l->pos;

	while (sim_is_digit(at(l, 0)) || is_name(at(l, 0)) || (at(l, 0) == '.' && sim_is_digit(at(l, 1))))
		l->pos++;
	return token(l, SIM_TOKEN_NUMBER, from);
}

static struct sim_token name(struct sim_lexer *l)
{
	size_t from = l->pos;

	while (is_name(at(l, 0)) || sim_is_digit(at(l, 0)))
		l->pos++;
	return token(l, SIM_TOKEN_NAME, from);
}

static struct sim_token string(struct sim_lexer *l)
{
	size_t from = l->pos++;

	while (!is_end(l) && at(l, 0) != '"' && at(l, 0) != '\n')
		l->pos += at(l, 0) == '\\' && l->pos + 1 < l->src->len && at(l, 1) != '\n' ? 2 : 1;
	if (is_end(l) || at(l, 0) != '"')
		return bad(l, from, "a string without its closing quote");
	l->pos++;
	return token(l, SIM_TOKEN_STRING, from);
}

static struct sim_token enclosed(struct sim_lexer *l, enum sim_token_kind kind, const char *open,
				 const char *close, const char *what)
{
	size_t from = l->pos;

	l->pos += strlen(open);
	if (skip_to(l, close))
		return token(l, kind, from);
	l->pos = from + strlen(open);
	return bad(l, from, what);
}

static struct sim_token mark(struct sim_lexer *l)
{
	static const char *const doubles[] = { ">=", "<=", "!=", "==", "<<", ">>" };
	size_t from = l->pos;
	struct sim_token t;

	for (size_t i = 0; i < sizeof doubles / sizeof doubles[0]; i++) {
		if (!starts(l, doubles[i]))
			continue;
		l->pos += 2;
		t = token(l, SIM_TOKEN_MARK, from);
		t.mark = SIM_MARK2(doubles[i][0], doubles[i][1]);
		return t;
	}
	if (!at(l, 0) || !strchr("()[]{},=+-*~|&<>:!?^/", at(l, 0)))
		return bad(l, from, "a character that means nothing here");
	l->pos++;
	t = token(l, SIM_TOKEN_MARK, from);
	t.mark = (unsigned char)l->src->text[from];
	return t;
}

static struct sim_token word(struct sim_lexer *l)
{
	char c = at(l, 0);

	if (is_end(l))
		return token(l, SIM_TOKEN_END, l->pos);
	if (starts(l, "/*"))
		return bad(l, l->pos, "a comment without its end \"*/\"");
	if (sim_is_digit(c) || (c == '.' && sim_is_digit(at(l, 1))))
		return number(l);
	if (is_name(c))
		return name(l);
	if (c == '"')
		return string(l);
	if (starts(l, "...")) {
		l->pos += 3;
		return token(l, SIM_TOKEN_ELLIPSIS, l->pos - 3);
	}
	if (c == '`')
		return enclosed(l, SIM_TOKEN_COMMANDS, "`", "`", "commands without their closing backtick");
	if (starts(l, "%{"))
		return enclosed(l, SIM_TOKEN_CODE, "%{", "}%", "code without its end \"}%\"");
	return mark(l);
}

struct sim_token sim_lex(struct sim_lexer *l)
{
	bool new_line = l->pos == 0;
	struct sim_token t;

	(void)skip_blanks(l, &new_line);
	t = word(l);
	t.starts_line = new_line;
	return t;
}

/* A comment that ends a line: at its beginning, or behind a blank ("http://" holds none). */
static bool is_comment(const struct sim_lexer *l, size_t from)
{
	return starts(l, "//") && (l->pos == from || is_blank(l->src->text[l->pos - 1]));
}

struct sim_slice sim_lex_line(struct sim_lexer *l)
{
	struct sim_slice s = { l->src, l->pos, 0 };
	bool quoted = false;

	while (!is_end(l) && at(l, 0) != '\n' && (quoted || !is_comment(l, s.at))) {
		if (at(l, 0) == '\\' && l->pos + 1 < l->src->len && at(l, 1) != '\n')
			l->pos++;
		else if (at(l, 0) == '"')
			quoted = !quoted;
		l->pos++;
	}
	s.len = l->pos - s.at;
	to_line_end(l);
	return sim_slice_trim(s);
}

struct sim_slice sim_lex_packet(struct sim_lexer *l)
{
	struct sim_slice s = { l->src, l->pos, 0 };
	bool open = false;

	if (!is_end(l))
		l->pos++; /* the mark of its direction */
	while (!is_end(l) && (open || at(l, 0) != '\n') && !is_comment(l, s.at)) {
		if (at(l, 0) == '<')
			open = true;
		else if (at(l, 0) == '>')
			open = false;
		l->pos++;
	}
	s.len = l->pos - s.at;
	to_line_end(l);
	return sim_slice_trim(s);
}

char sim_lex_peek(const struct sim_lexer *l)
{
	size_t i = l->pos;

	while (i < l->src->len && (l->src->text[i] == ' ' || l->src->text[i] == '\t'))
		i++;
	return i < l->src->len && l->src->text[i] != '\n' ? l->src->text[i] : '\0';
}
