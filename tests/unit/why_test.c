/* SPDX-License-Identifier: MIT */
/* The table of reasons: keys that tests may rely on, texts whose placeholders can be filled in. */
#include "sim/task/why.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { MAX_TEXT = 120 };

static void every_key_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIM_WHY_NUM; i++)
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(sim_why_name((enum sim_why_key)i),
						sim_why_name((enum sim_why_key)k));
}

/* As users write them in assertions: words of small letters with hyphens between. */
static void names_are_words_with_hyphens(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIM_WHY_NUM; i++) {
		const char *name = sim_why_name((enum sim_why_key)i);
		size_t len = strlen(name);

		assert_true(len > 0);
		assert_int_equal(strspn(name, "abcdefghijklmnopqrstuvwxyz-"), len);
		assert_true(name[0] != '-' && name[len - 1] != '-');
		assert_null(strstr(name, "--"));
	}
}

/* The length of the placeholder that `p` begins with, its braces included; 0: it is none. */
static size_t placeholder_len(const char *p)
{
	static const char *const words[] = { "{peer}", "{local}" };
	size_t n;

	for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strncmp(p, words[i], strlen(words[i])) == 0)
			return strlen(words[i]);
	/* A reason carries four arguments. */
	if (p[0] != '{' || p[1] < '0' || p[1] > '3')
		return 0;
	n = p[2] && strchr("tesa", p[2]) ? 3 : 2;
	if (p[2] == 'a' && p[1] == '3') /* an address takes two */
		return 0;
	return p[n] == '}' ? n + 1 : 0;
}

static bool is_well_formed(const char *text)
{
	for (const char *p = text; *p; p++) {
		size_t n = *p == '{' ? placeholder_len(p) : 1;

		if (!n || *p == '}')
			return false;
		p += n - 1;
	}
	return true;
}

static void placeholders_are_well_formed(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIM_WHY_NUM; i++)
		if (!is_well_formed(sim_why_text((enum sim_why_key)i)))
			fail_msg("%s: %s", sim_why_name((enum sim_why_key)i),
				 sim_why_text((enum sim_why_key)i));
}

static void what_is_no_placeholder_is_found(void **state)
{
	(void)state;
	assert_true(is_well_formed("at {peer}, {0} of {1t} in {3s}, {2a}, {local}"));
	assert_false(is_well_formed("{3a}"));
	assert_false(is_well_formed("{4}"));
	assert_false(is_well_formed("{0x}"));
	assert_false(is_well_formed("{0"));
	assert_false(is_well_formed("0}"));
	assert_false(is_well_formed("{}"));
	assert_false(is_well_formed("{peers}"));
}

/* They follow "send(5, 20000) = -1 EAGAIN: " on one line. */
static void texts_are_one_short_line_without_a_full_stop(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIM_WHY_NUM; i++) {
		const char *text = sim_why_text((enum sim_why_key)i);
		size_t len = strlen(text);

		assert_true(len > 0 && len <= MAX_TEXT);
		assert_null(strchr(text, '\n'));
		assert_true(text[len - 1] != '.');
	}
}

static void what_is_no_key_has_a_name_too(void **state)
{
	(void)state;
	assert_string_equal(sim_why_name(SIM_WHY_NONE), "none");
	assert_string_equal(sim_why_name(SIM_WHY_NUM), "unknown");
	assert_string_equal(sim_why_text(SIM_WHY_NUM), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_key_has_a_name_of_its_own),
		cmocka_unit_test(names_are_words_with_hyphens),
		cmocka_unit_test(placeholders_are_well_formed),
		cmocka_unit_test(what_is_no_placeholder_is_found),
		cmocka_unit_test(texts_are_one_short_line_without_a_full_stop),
		cmocka_unit_test(what_is_no_key_has_a_name_too),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
