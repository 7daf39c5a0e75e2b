/* SPDX-License-Identifier: MIT */
/*
 * A user's mistake as a value: what was being read, where, what is wrong and what was expected, rendered with
 *the source line and a caret. Whoever parses fills it in and returns -EINVAL; nothing is then half applied.
 *
 *	rule: unknown key "eror": did you mean "error"?
 *	  send:eror=EINTR
 *	       ^
 *
 * Must not know who shows it. Lines and columns count from 1, columns in bytes.
 */
#ifndef SIM_BASE_DIAG_H
#define SIM_BASE_DIAG_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

/* What a user wrote, whole. Borrowed: it lives as long as the parse. */
struct sim_source {
	const char *name; /* "rule", "link", "serve script", or a file's name */
	const char *text;
	size_t len;
	bool is_file; /* the rendering then opens with "NAME:LINE:COLUMN: " */
};

struct sim_source sim_source_of(const char *name, const char *text);

/* A piece of it. */
struct sim_slice {
	const struct sim_source *src;
	size_t at, len;
};

#define SIM_DIAG_MESSAGE_BYTES 640
#define SIM_DIAG_TEXT_BYTES    1024

struct sim_diag {
	unsigned line, column;
	char message[SIM_DIAG_MESSAGE_BYTES]; /* what is wrong and what was expected, one line */
	char text[SIM_DIAG_TEXT_BYTES];       /* all of it, three lines without a newline at the end */
};

/* Fills in `d` (which may be NULL) for the byte at offset `at` of the source. Always returns -EINVAL. */
int sim_diag_at(struct sim_diag *d, const struct sim_source *src, size_t at, const char *fmt, ...)
	__attribute__((format(printf, 4, 5)));
int sim_diag_vat(struct sim_diag *d, const struct sim_source *src, size_t at, const char *fmt, va_list ap)
	__attribute__((format(printf, 4, 0)));

/* The same for the beginning of a slice. */
int sim_diag_slice(struct sim_diag *d, struct sim_slice s, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

/* For "%.*s": the slice, cut to a length that a message can hold. */
#define SIM_SLICE_FMT    "%.*s"
#define SIM_SLICE_ARG(s) (int)((s).len < 64 ? (s).len : 64), (s).src->text + (s).at

static inline const char *sim_slice_text(struct sim_slice s)
{
	return s.src->text + s.at;
}

/* `from` counts from the slice's beginning; the piece is cut to what there is. */
struct sim_slice sim_slice_sub(struct sim_slice s, size_t from, size_t len);
struct sim_slice sim_slice_all(const struct sim_source *src);
struct sim_slice sim_slice_trim(struct sim_slice s); /* without blanks at either end */
bool sim_slice_is(struct sim_slice s, const char *word);

/* The first `c` in the slice as an offset from its beginning, or its length. */
size_t sim_slice_find(struct sim_slice s, char c);

/*
 * The nearest of the words offered to a word that is unknown: cut short, or with letters added, left out,
 * changed or swapped; upper and lower case are the same. `best` stays NULL if none is near enough to be
 * meant. Of two as near, the first.
 */
struct sim_suggest {
	struct sim_slice word;
	const char *best;
	unsigned best_distance;
};

struct sim_suggest sim_suggest_for(struct sim_slice word);
void sim_suggest_offer(struct sim_suggest *s, const char *candidate);

#define SIM_SUGGEST_BYTES 96
/* ": did you mean "BEST"?" into buf, or nothing; returns buf. */
const char *sim_suggest_text(const struct sim_suggest *s, char buf[SIM_SUGGEST_BYTES]);

#endif
