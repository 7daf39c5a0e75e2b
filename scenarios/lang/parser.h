/* SPDX-License-Identifier: MIT */
/* What the parts of the parser share. Private to lang/. */
#ifndef SCENARIOS_LANG_PARSER_H
#define SCENARIOS_LANG_PARSER_H

#include "scenarios/lang/lexer.h"
#include "scenarios/lang/script.h"

struct sim_parser {
	struct sim_script *s;
	struct sim_lexer lex;
	struct sim_token tok; /* the one that is to be read next */
	size_t end;           /* of the one before it */
	unsigned depth;       /* of brackets that are open */
	bool failed;          /* in this line */
};

/* The next token becomes tok. */
void sim_parser_next(struct sim_parser *p);
bool sim_parser_is(const struct sim_parser *p, int mark);
bool sim_parser_take(struct sim_parser *p, int mark); /* if it is that mark */
/* A mistake at `at`; only the first of a line is kept. */
void sim_parser_fail(struct sim_parser *p, struct sim_slice at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* "expected WHAT, found ..." at the present token. */
void sim_parser_expected(struct sim_parser *p, const char *what);
/* Memory of the script, zeroed; NULL and a mistake: there is none left. */
void *sim_parser_alloc(struct sim_parser *p, size_t bytes);

/* expr.c. NULL: a mistake. */
struct sim_expr *sim_parse_expr(struct sim_parser *p);
/* Up to a closing mark, which is taken; false: a mistake. */
bool sim_parse_list(struct sim_parser *p, int close, bool in_struct, struct sim_expr **first, unsigned *num);
/* A whole number, with its sign, that is no part of an expression: 0 and a mistake if it is none. */
int64_t sim_parse_int(struct sim_parser *p);

/* when.c: the time before an event; of none SIM_WHEN_SAME. */
void sim_parse_when(struct sim_parser *p, struct sim_when *when);

/* control.c. word: where it stands. The lexer stands behind the word, and then behind the line. */
void sim_parse_control(struct sim_parser *p, struct sim_slice word, struct sim_event *ev);
/* What stands in backticks, an event a setting. */
void sim_parse_commands(struct sim_parser *p, struct sim_slice text);

/* parse.c: a new event, NULL and a mistake if there are too many. */
struct sim_event *sim_parser_event(struct sim_parser *p);

#endif
