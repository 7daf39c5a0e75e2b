/* SPDX-License-Identifier: MIT */
/* A scenario as words: numbers, names, strings, marks. Must not know what they are for. */
#ifndef SCENARIOS_LANG_LEXER_H
#define SCENARIOS_LANG_LEXER_H

#include <stdbool.h>

#include "sim/base/diag.h"

enum sim_token_kind {
	SIM_TOKEN_END,
	SIM_TOKEN_NUMBER, /* 1, 0x1f, .25, 20ms */
	SIM_TOKEN_NAME,
	SIM_TOKEN_STRING, /* with its quotes */
	SIM_TOKEN_MARK,
	SIM_TOKEN_ELLIPSIS,
	SIM_TOKEN_COMMANDS, /* what stands in backticks, with them */
	SIM_TOKEN_CODE,     /* %{ ... }%, with these */
	SIM_TOKEN_BAD       /* what has no end, or begins nothing: `what` says it */
};

/* Marks of two letters. */
#define SIM_MARK2(a, b) ((int)(a) << 8 | (b))

struct sim_token {
	enum sim_token_kind kind;
	int mark; /* MARK: '(' or SIM_MARK2('>', '=') */
	struct sim_slice at;
	bool starts_line;
	const char *what;
};

struct sim_lexer {
	const struct sim_source *src;
	size_t pos;
};

struct sim_token sim_lex(struct sim_lexer *l);
/* To the end of the line, or to a comment there; the lexer stands behind it. Without blanks at the ends. */
struct sim_slice sim_lex_line(struct sim_lexer *l);
/* The same of a packet, whose options may go over several lines. */
struct sim_slice sim_lex_packet(struct sim_lexer *l);
/* The next letter that is no blank of this line; '\0' at its end. */
char sim_lex_peek(const struct sim_lexer *l);

#endif
