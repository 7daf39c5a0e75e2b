/* SPDX-License-Identifier: MIT */
/* Wrong inputs of one line with the whole text that a user gets to see. */
#ifndef TESTS_UNIT_WRONG_H
#define TESTS_UNIT_WRONG_H

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "sim/base/diag.h"

struct wrong {
	const char *input;
	unsigned column;
	const char *message;
};

/* Parses `input`; what a parser returns. */
typedef int parse_fn(const char *input, struct sim_diag *d);

static inline void check_wrong(const char *name, parse_fn *parse, const struct wrong *w, size_t num)
{
	char expected[2048];
	size_t i;

	for (i = 0; i < num; i++, w++) {
		struct sim_diag d = { .column = 0 };

		snprintf(expected, sizeof expected, "%s: %s\n  %s\n  %*s", name, w->message, w->input,
			 (int)w->column, "^");
		if (parse(w->input, &d) != -EINVAL)
			fail_msg("accepted: %s", w->input);
		assert_string_equal(d.text, expected);
		assert_string_equal(d.message, w->message);
		assert_int_equal(d.line, 1);
		assert_int_equal(d.column, w->column);
		/* Nobody has to want the message. */
		assert_int_equal(parse(w->input, NULL), -EINVAL);
	}
}

#endif
