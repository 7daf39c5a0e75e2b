/* SPDX-License-Identifier: MIT */
/* Users' mistakes, rendered; near words. See diag.h. */
#include "sim/base/diag.h"

#include <errno.h>
#include <string.h>

#include "sim/base/str.h"

#define LINE_SHOWN_MAX  72
#define LINE_BEFORE_MAX 48 /* of a longer line, at most this much before the caret */
#define WORD_MAX        32

struct sim_source sim_source_of(const char *name, const char *text)
{
	struct sim_source src = { name, text, strlen(text), false };

	return src;
}

struct sim_slice sim_slice_all(const struct sim_source *src)
{
	struct sim_slice s = { src, 0, src->len };

	return s;
}

struct sim_slice sim_slice_sub(struct sim_slice s, size_t from, size_t len)
{
	if (from > s.len)
		from = s.len;
	s.at += from;
	s.len -= from;
	if (len < s.len)
		s.len = len;
	return s;
}

struct sim_slice sim_slice_trim(struct sim_slice s)
{
	const char *p = sim_slice_text(s);
	size_t from = 0;

	while (from < s.len && sim_is_blank(p[from]))
		from++;
	while (s.len > from && sim_is_blank(p[s.len - 1]))
		s.len--;
	return sim_slice_sub(s, from, s.len - from);
}

bool sim_slice_is(struct sim_slice s, const char *word)
{
	return strlen(word) == s.len && memcmp(sim_slice_text(s), word, s.len) == 0;
}

size_t sim_slice_find(struct sim_slice s, char c)
{
	const char *p = s.len ? memchr(sim_slice_text(s), c, s.len) : NULL;

	return p ? (size_t)(p - sim_slice_text(s)) : s.len;
}

/* The line that holds offset `at`. */
static struct sim_slice line_of(const struct sim_source *src, size_t at)
{
	struct sim_slice s = { src, at, 0 };

	while (s.at > 0 && src->text[s.at - 1] != '\n')
		s.at--;
	while (s.at + s.len < src->len && src->text[s.at + s.len] != '\n')
		s.len++;
	return s;
}

static unsigned line_number(const struct sim_source *src, size_t at)
{
	unsigned n = 1;
	size_t i;

	for (i = 0; i < at; i++)
		n += src->text[i] == '\n';
	return n;
}

/* One column a byte: what would move the caret, or is no text, shows as a stand-in. */
static void add_shown(struct sim_str *out, char c)
{
	char shown = c;

	if (c == '\t')
		shown = ' ';
	else if ((unsigned char)c < 0x20 || (unsigned char)c >= 0x7f)
		shown = '?';
	sim_str_add_len(out, &shown, 1);
}

static void add_line_and_caret(struct sim_str *out, struct sim_slice line, size_t column0)
{
	size_t from = 0, i, upto = line.len;

	if (line.len > LINE_SHOWN_MAX && column0 > LINE_BEFORE_MAX)
		from = column0 - LINE_BEFORE_MAX;
	if (upto - from > LINE_SHOWN_MAX)
		upto = from + LINE_SHOWN_MAX;
	sim_str_add(out, "\n  ");
	if (from)
		sim_str_add(out, "...");
	for (i = from; i < upto; i++)
		add_shown(out, sim_slice_text(line)[i]);
	if (upto < line.len)
		sim_str_add(out, "...");
	sim_str_add(out, "\n  ");
	if (from)
		sim_str_add(out, "   ");
	for (i = from; i < column0; i++)
		sim_str_add(out, " ");
	sim_str_add(out, "^");
}

/* A message quotes what the user wrote: keep it one line of text. */
static void make_printable(char *text)
{
	for (; *text; text++) {
		if ((unsigned char)*text < 0x20 || (unsigned char)*text >= 0x7f)
			*text = '?';
	}
}

int sim_diag_vat(struct sim_diag *d, const struct sim_source *src, size_t at, const char *fmt, va_list ap)
{
	struct sim_slice line;
	struct sim_str out;

	if (!d)
		return -EINVAL;
	if (at > src->len)
		at = src->len;
	line = line_of(src, at);
	d->line = line_number(src, at);
	d->column = (unsigned)(at - line.at) + 1;
	out = sim_str_on(d->message, sizeof d->message);
	sim_str_vprintf(&out, fmt, ap);
	make_printable(d->message);
	out = sim_str_on(d->text, sizeof d->text);
	if (src->is_file)
		sim_str_printf(&out, "%s:%u:%u: %s", src->name, d->line, d->column, d->message);
	else if (d->line > 1)
		sim_str_printf(&out, "%s, line %u: %s", src->name, d->line, d->message);
	else
		sim_str_printf(&out, "%s: %s", src->name, d->message);
	add_line_and_caret(&out, line, at - line.at);
	return -EINVAL;
}

int sim_diag_at(struct sim_diag *d, const struct sim_source *src, size_t at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sim_diag_vat(d, src, at, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

int sim_diag_slice(struct sim_diag *d, struct sim_slice s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sim_diag_vat(d, s.src, s.at, fmt, ap);
	va_end(ap);
	return -EINVAL;
}

static unsigned min3(unsigned a, unsigned b, unsigned c)
{
	if (b < a)
		a = b;
	return c < a ? c : a;
}

/* Damerau's distance (optimal string alignment), over three rows. Neither is longer than WORD_MAX. */
static unsigned distance(const char *a, size_t a_len, const char *b, size_t b_len)
{
	unsigned rows[3][WORD_MAX + 1];
	unsigned *before = rows[0], *prev = rows[1], *row = rows[2], *spare;
	size_t i, j;

	for (j = 0; j <= b_len; j++) {
		before[j] = 0;
		prev[j] = (unsigned)j;
	}
	for (i = 1; i <= a_len; i++) {
		row[0] = (unsigned)i;
		for (j = 1; j <= b_len; j++) {
			unsigned differ = sim_to_lower(a[i - 1]) != sim_to_lower(b[j - 1]);

			row[j] = min3(prev[j] + 1, row[j - 1] + 1, prev[j - 1] + differ);
			if (i > 1 && j > 1 && sim_to_lower(a[i - 1]) == sim_to_lower(b[j - 2]) &&
			    sim_to_lower(a[i - 2]) == sim_to_lower(b[j - 1]) && before[j - 2] + 1 < row[j])
				row[j] = before[j - 2] + 1;
		}
		spare = before;
		before = prev;
		prev = row;
		row = spare;
	}
	return prev[b_len];
}

struct sim_suggest sim_suggest_for(struct sim_slice word)
{
	struct sim_suggest s = { word, NULL, 0 };

	/* One letter may be wrong in a short word, two in a longer one, a third of a long one. */
	s.best_distance = word.len < 4 ? 2 : word.len < 9 ? 3 : (unsigned)(word.len / 3) + 1;
	return s;
}

/* What is cut short is as near as what has one wrong letter. */
static bool is_beginning(struct sim_slice word, const char *candidate, size_t len)
{
	size_t i;

	for (i = 0; i < word.len && i < len; i++) {
		if (sim_to_lower(sim_slice_text(word)[i]) != sim_to_lower(candidate[i]))
			return false;
	}
	return word.len >= 3 && word.len < len;
}

void sim_suggest_offer(struct sim_suggest *s, const char *candidate)
{
	size_t len = strlen(candidate);
	unsigned d;

	if (s->word.len == 0 || s->word.len > WORD_MAX || len > WORD_MAX)
		return;
	d = is_beginning(s->word, candidate, len)
		    ? 1
		    : distance(sim_slice_text(s->word), s->word.len, candidate, len);
	if (d < s->best_distance && d < len) {
		s->best_distance = d;
		s->best = candidate;
	}
}

const char *sim_suggest_text(const struct sim_suggest *s, char buf[SIM_SUGGEST_BYTES])
{
	struct sim_str out = sim_str_on(buf, SIM_SUGGEST_BYTES);

	if (s->best)
		sim_str_printf(&out, ": did you mean \"%s\"?", s->best);
	return buf;
}
