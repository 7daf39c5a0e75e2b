/* SPDX-License-Identifier: MIT */
/*
 * A scenario, read: docs/scenario-language.md is its language, a superset of packetdrill's. Here it is a list
 * of events: calls with literals and expected results, lines of control, packets, code. Numbers are folded,
 * symbols have their values, structs stay as they were written: what they are is the business of who runs it.
 *
 * Owns everything of a script, freed whole. Must not know a socket or the simulation.
 */
#ifndef SCENARIOS_LANG_SCRIPT_H
#define SCENARIOS_LANG_SCRIPT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/diag.h"

enum {
	SIM_SCRIPT_MAX_BYTES = 1 << 20,
	SIM_SCRIPT_MAX_EVENTS = 65536,
	SIM_SCRIPT_MAX_DEPTH = 32,
	SIM_SCRIPT_MAX_ERRORS = 20,
	SIM_SCRIPT_MAX_ARGS = 8,
	SIM_SCRIPT_MAX_WORDS = 3
};

enum sim_expr_kind {
	SIM_EXPR_INT,      /* 7, 0x10, MSG_OOB|MSG_DONTWAIT, htons(80) */
	SIM_EXPR_STRING,   /* "text" */
	SIM_EXPR_ELLIPSIS, /* ... */
	SIM_EXPR_LIST,     /* [1, 2] */
	SIM_EXPR_STRUCT,   /* {events=POLLIN, fd=3} */
	SIM_EXPR_POINTER,  /* BADPTR, (void *)1 */
	SIM_EXPR_CALL,     /* page_end(100): what only the runner can make */
	SIM_EXPR_NUM_KINDS
};

struct sim_expr {
	enum sim_expr_kind kind;
	bool is_null;              /* INT: written NULL */
	struct sim_slice at;       /* as it was written */
	int64_t value;             /* INT, POINTER */
	const unsigned char *text; /* STRING, terminated; may hold zeros */
	size_t text_len;
	char name[32];           /* CALL: whose */
	struct sim_expr *first;  /* LIST, STRUCT, CALL: what is inside */
	unsigned num;            /* how many */
	struct sim_expr *next;   /* in the same list */
	struct sim_slice field;  /* in a STRUCT: the field's name; len 0: it stands by its place */
	struct sim_expr *extent; /* in a STRUCT: N of "msg_iov(N)=", or NULL */
};

enum sim_when_kind {
	SIM_WHEN_SAME, /* nothing was said: right after what stands before */
	SIM_WHEN_AFTER,
	SIM_WHEN_AT,
	SIM_WHEN_ANY
};

struct sim_when {
	enum sim_when_kind kind;
	bool is_range;      /* a~b */
	bool blocks;        /* t...end: the call may take until then */
	bool open_end;      /* "t...": whenever */
	int64_t ns, end_ns; /* of AFTER: relative to what stands before, both */
};

/* How a result is compared. */
enum sim_result_op {
	SIM_RESULT_NONE, /* none is expected */
	SIM_RESULT_ANY,  /* "= ?" */
	SIM_RESULT_EQ,
	SIM_RESULT_NE,
	SIM_RESULT_LT,
	SIM_RESULT_LE,
	SIM_RESULT_GT,
	SIM_RESULT_GE
};

struct sim_result {
	enum sim_result_op op;
	int64_t value;
	int err;             /* 0: none is named */
	struct sim_slice at; /* from the value on */
};

enum sim_stmt_kind { SIM_STMT_CALL, SIM_STMT_CONTROL, SIM_STMT_PACKET, SIM_STMT_CODE };

/* Lines of control: what the table of control.c says of each. */
enum sim_control_word {
	SIM_WORD_CAPACITY,
	SIM_WORD_EXPECT,
	SIM_WORD_EXPLAIN,
	SIM_WORD_FILE,
	SIM_WORD_HOST,
	SIM_WORD_INJECT,
	SIM_WORD_IP,
	SIM_WORD_IPTABLES,
	SIM_WORD_IP6TABLES,
	SIM_WORD_LINK,
	SIM_WORD_PEER,
	SIM_WORD_PRINT,
	SIM_WORD_PROCESS,
	SIM_WORD_SERVE,
	SIM_WORD_SIGNAL,
	SIM_WORD_SNDBUF,
	SIM_WORD_SYSCTL,
	SIM_WORD_DEFAULTS, /* packetdrill's defaults.sh */
	SIM_WORD_NOTHING,  /* a command that needs no doing; its time passes */
	SIM_WORD_NUM
};

struct sim_event {
	struct sim_when when;
	enum sim_stmt_kind kind;
	struct sim_slice at;  /* all of it, from the time on */
	struct sim_slice who; /* "client:"; len 0: nobody was named */
	/* CALL */
	struct sim_slice call, name; /* call: from the name to the closing bracket */
	struct sim_expr *args;
	unsigned num_args;
	struct sim_result result;
	/* CONTROL */
	enum sim_control_word word;
	struct sim_slice words[SIM_SCRIPT_MAX_WORDS];
	struct sim_slice rest; /* PACKET, CODE: all of it */
};

/* --name=value */
struct sim_script_option {
	struct sim_slice name, value; /* value: len 0 at the name's end if there is none */
	struct sim_script_option *next;
};

struct sim_script {
	struct sim_source src; /* its own copy */
	struct sim_script_option *options;
	struct sim_event *events;
	unsigned num_events, cap_events;
	unsigned num_packets, num_code;
	struct sim_diag *errors; /* up to SIM_SCRIPT_MAX_ERRORS */
	unsigned num_errors;
	void *pool; /* of what the events point to */
	size_t pool_bytes;
};

/* The text, which is copied, read; never fails: mistakes stand in errors. NULL: no memory. */
struct sim_script *sim_script_parse(const char *file_name, const char *text, size_t len);
void sim_script_free(struct sim_script *s); /* NULL is legal */

/* One more mistake, found by who runs it. */
void sim_script_error(struct sim_script *s, struct sim_slice at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));

const char *sim_control_word_name(enum sim_control_word word);
const char *sim_expr_kind_name(enum sim_expr_kind kind); /* "a number", "a string" */

/* The value of a constant by name; false: there is none of that name. */
bool sim_constant_by_name(const char *name, size_t len, int64_t *value);
void sim_constant_suggest(struct sim_suggest *s);
/* "POLLIN|POLLOUT": what has no name as a number. prefixes: "POLL" or "MSG_", which names count. */
struct sim_str;
void sim_constant_add_bits(struct sim_str *out, const char *prefix, uint64_t bits);
/* The name with that prefix and value, or NULL. */
const char *sim_constant_name(const char *prefix, int64_t value);

#endif
