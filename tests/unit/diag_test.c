/* SPDX-License-Identifier: MIT */
/* A user's mistake, rendered; near words (sim/base/diag.h). */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/base/diag.h"

static void message_source_line_and_caret_are_shown(void **state)
{
	struct sim_source src = sim_source_of("rule", "send:eror=EINTR");
	struct sim_diag d;

	(void)state;
	assert_int_equal(sim_diag_at(&d, &src, 5, "unknown \"%s\"", "eror"), -22);
	assert_string_equal(d.text, "rule: unknown \"eror\"\n  send:eror=EINTR\n       ^");
	assert_string_equal(d.message, "unknown \"eror\"");
	assert_int_equal(d.line, 1);
	assert_int_equal(d.column, 6);
}

static void a_file_is_named_with_line_and_column(void **state)
{
	struct sim_source src = sim_source_of("a.sim", "one\ntwo three\nfour");
	struct sim_diag d;

	(void)state;
	src.is_file = true;
	sim_diag_at(&d, &src, 8, "what");
	assert_string_equal(d.text, "a.sim:2:5: what\n  two three\n      ^");
	src.is_file = false;
	sim_diag_at(&d, &src, 8, "what");
	assert_string_equal(d.text, "a.sim, line 2: what\n  two three\n      ^");
}

static void the_caret_may_stand_behind_the_end(void **state)
{
	struct sim_source src = sim_source_of("x", "abc\n");
	struct sim_diag d;

	(void)state;
	sim_diag_at(&d, &src, 3, "short");
	assert_string_equal(d.text, "x: short\n  abc\n     ^");
	sim_diag_at(&d, &src, 1000, "short");
	assert_string_equal(d.text, "x, line 2: short\n  \n  ^");
}

static void of_a_long_line_the_part_around_the_caret_is_shown(void **state)
{
	char line[301];
	struct sim_source src;
	struct sim_diag d;
	const char *caret;
	char *shown;

	(void)state;
	memset(line, 'a', 300);
	line[150] = 'B';
	line[300] = '\0';
	src = sim_source_of("x", line);
	sim_diag_at(&d, &src, 150, "here");
	shown = strstr(d.text, "\n  ...aaa");
	assert_non_null(shown);
	caret = strrchr(d.text, '\n');
	assert_int_equal(shown[strchr(caret, '^') - caret], 'B');
	assert_non_null(strstr(d.text, "aaa...\n"));
	assert_true(strlen(d.text) < 200);
}

static void what_would_move_the_caret_is_shown_as_one_column(void **state)
{
	struct sim_source src = sim_source_of("x", "a\tb\001\303\244c");
	struct sim_diag d;

	(void)state;
	sim_diag_at(&d, &src, 6, "\"%s\"", "\n\303");
	assert_string_equal(d.text, "x: \"??\"\n  a b???c\n        ^");
}

static void a_message_too_long_is_cut(void **state)
{
	struct sim_source src = sim_source_of("x", "y");
	char long_text[2000];
	struct sim_diag d;

	(void)state;
	memset(long_text, 'm', sizeof long_text - 1);
	long_text[sizeof long_text - 1] = '\0';
	sim_diag_at(&d, &src, 0, "%s", long_text);
	assert_int_equal(strlen(d.message), SIM_DIAG_MESSAGE_BYTES - 1);
	assert_non_null(strstr(d.text, "\n  y\n  ^"));
}

static void a_slice_never_leaves_its_source(void **state)
{
	struct sim_source src = sim_source_of("x", "  ab,cd ");
	struct sim_slice s = sim_slice_trim(sim_slice_all(&src));

	(void)state;
	assert_true(sim_slice_is(s, "ab,cd"));
	assert_int_equal(sim_slice_find(s, ','), 2);
	assert_int_equal(sim_slice_find(s, '!'), 5);
	assert_true(sim_slice_is(sim_slice_sub(s, 3, 100), "cd"));
	assert_int_equal(sim_slice_sub(s, 100, 100).len, 0);
	assert_int_equal(sim_slice_sub(s, 100, 100).at, 7);
	src = sim_source_of("x", " \t\n");
	assert_int_equal(sim_slice_trim(sim_slice_all(&src)).len, 0);
}

static const char *nearest(const char *word)
{
	static const char *const words[] = {
		"error", "retval", "returns", "short", "p", "fd", "established"
	};
	struct sim_source src = sim_source_of("x", word);
	struct sim_suggest s = sim_suggest_for(sim_slice_all(&src));
	size_t i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		sim_suggest_offer(&s, words[i]);
	return s.best ? s.best : "";
}

static void the_word_that_was_meant_is_guessed(void **state)
{
	(void)state;
	assert_string_equal(nearest("eror"), "error");
	assert_string_equal(nearest("errro"), "error");
	assert_string_equal(nearest("ERROR"), "error");
	assert_string_equal(nearest("errors"), "error");
	assert_string_equal(nearest("retrun"), "returns");
	assert_string_equal(nearest("hsort"), "short");
	assert_string_equal(nearest("estab"), "established");
	assert_string_equal(nearest("df"), "fd");
}

static void a_word_far_from_all_is_not_guessed(void **state)
{
	(void)state;
	assert_string_equal(nearest("delay"), "");
	assert_string_equal(nearest("x"), "");
	assert_string_equal(nearest(""), "");
	assert_string_equal(nearest("a word that is longer than any that is known here"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(message_source_line_and_caret_are_shown),
		cmocka_unit_test(a_file_is_named_with_line_and_column),
		cmocka_unit_test(the_caret_may_stand_behind_the_end),
		cmocka_unit_test(of_a_long_line_the_part_around_the_caret_is_shown),
		cmocka_unit_test(what_would_move_the_caret_is_shown_as_one_column),
		cmocka_unit_test(a_message_too_long_is_cut),
		cmocka_unit_test(a_slice_never_leaves_its_source),
		cmocka_unit_test(the_word_that_was_meant_is_guessed),
		cmocka_unit_test(a_word_far_from_all_is_not_guessed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
