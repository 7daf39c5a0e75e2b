/* SPDX-License-Identifier: MIT */
/* A peer's script (scenarios/lang/serve.h). */
#include "tests/unit/wrong.h"

#include "scenarios/lang/serve.h"

#define NUM(a) (sizeof(a) / sizeof(a)[0])
#define MAX    32
#define STEPS                                                                         \
	"steps: expect BYTES, read N, send BYTES, fill N, wait SPAN, echo, discard, " \
	"shutdown, close, rst, accept, loop"

static struct sim_serve_step steps[MAX];
static unsigned char bytes[512];

static int parse(const char *script, struct sim_diag *d)
{
	assert_true(sim_serve_max_steps(script) <= MAX);
	assert_true(sim_serve_max_bytes(script) <= sizeof bytes);
	return sim_serve_parse(script, steps, bytes, d);
}

/* The kinds of a script's steps, as "accept expect send". */
static void assert_kinds(const char *script, const char *kinds)
{
	char got[256] = "";
	struct sim_diag d;
	int i, num = parse(script, &d);

	if (num < 0)
		fail_msg("%s", d.text);
	for (i = 0; i < num; i++)
		snprintf(got + strlen(got), sizeof got - strlen(got), "%s%s", i ? " " : "",
			 sim_serve_kind_name(steps[i].kind));
	assert_string_equal(got, kinds);
}

static void assert_bytes(const char *script, const char *expected, size_t len)
{
	struct sim_diag d;

	if (parse(script, &d) < 0)
		fail_msg("%s", d.text);
	assert_int_equal(steps[1].num_bytes, len);
	assert_memory_equal(steps[1].bytes, expected, len);
}

static void wrong_scripts_are_refused_with_a_caret(void **state)
{
	static const struct wrong rows[] = {
		{ "", 1, "empty (" STEPS ")" },
		{ "exptec PING", 1, "unknown step \"exptec\": did you mean \"expect\"? (" STEPS ")" },
		{ "expect", 7, "expect needs the bytes, such as: expect +OK\\r\\n" },
		{ "expect *", 8,
		  "expect takes no pattern: \"read N\" or \"discard\" takes what comes, and "
		  "\"\\x2a\" is a star" },
		{ "expect \"\"", 8, "expect needs at least a byte" },
		{ "expect \"abc", 8, "a quote without its end: write \\\" for a quote in the text" },
		{ "expect \"abc\" def", 13,
		  "text behind the closing quote: quotes enclose all of it, or write \\\"" },
		{ "expect abc\\", 11, "a backslash with nothing behind it: write \\\\ for one" },
		{ "expect a\\qb", 9,
		  "unknown escape \"\\q\" (escapes: \\r \\n \\t \\0 \\\\ \\\" \\; \\xHH)" },
		{ "expect a\\x1", 9, "\\x needs two hexadecimal digits, such as \\x0d" },
		{ "expect \\400", 8, "\\400 is no byte: octal escapes end at \\377" },
		{ "read", 5, "read needs a value, such as 1460, 10k or 64KiB" },
		{ "read many", 6, "\"many\" is no number: read looks like 1460, 10k or 64KiB" },
		{ "read 0", 6, "read 0 does nothing" },
		{ "fill 10kb", 8, "\"kb\" is ambiguous: write KiB MiB GiB (1024) or kB MB GB (1000)" },
		{ "wait", 5, "wait needs a value, such as 5ms (units: ns us ms s min h d)" },
		{ "wait 50", 8, "wait needs a unit: ns us ms s min h d" },
		{ "wait 50 ms", 8, "wait has a blank before its unit: write the two as one word" },
		{ "wait 0", 6, "wait 0 does nothing" },
		{ "close now", 7, "close takes nothing behind it; steps are separated by \";\"" },
		{ "close; send x", 8,
		  "send has no connection: it was closed before; \"accept\" takes the next" },
		{ "rst; close", 6,
		  "close has no connection: it was closed before; \"accept\" takes the next" },
		{ "shutdown; send x", 11, "send can't send: shutdown has ended this side" },
		{ "shutdown; echo", 11, "echo can't send: shutdown has ended this side" },
		{ "echo; expect x", 7,
		  "expect has nothing to read: echo and discard went on to the peer's end" },
		{ "accept; accept", 9, "accept while a connection is open: close or rst it first" },
		{ "loop", 1, "loop has nothing to do again: name steps before it" },
		{ "accept; loop", 9, "loop has nothing to do again: name steps before it" },
		{ "send x; loop; send y", 15, "nothing is reached behind loop" },
		{ "send x;; close", 8, "a step is missing (" STEPS ")" },
		{ "send x; ; close", 8, "a step is missing (" STEPS ")" },
		{ "; send x", 1, "a step is missing (" STEPS ")" },
		{ "send\\", 1, "unknown step \"send\\\": did you mean \"send\"? (" STEPS ")" },
		{ "shutdown; shutdown", 11, "shutdown a second time: this side has ended before" },
		{ "discard; read 5", 10,
		  "read has nothing to read: echo and discard went on to the peer's end" },
		{ "close; echo", 8,
		  "echo has no connection: it was closed before; \"accept\" takes the next" },
		{ "send \"a\\\"", 6, "a quote without its end: write \\\" for a quote in the text" },
		{ "fill 100GB", 6, "fill is more than 68719476736 bytes" },
	};

	(void)state;
	check_wrong("serve script", parse, rows, NUM(rows));
}

static void half_a_reply_and_a_reset(void **state)
{
	(void)state;
	assert_kinds("expect *1\\r\\n$4\\r\\nPING\\r\\n; send +PO; wait 50ms; rst",
		     "accept expect send wait rst");
	assert_int_equal(steps[1].num_bytes, 14);
	assert_memory_equal(steps[1].bytes, "*1\r\n$4\r\nPING\r\n", 14);
	assert_int_equal(steps[2].num_bytes, 3);
	assert_memory_equal(steps[2].bytes, "+PO", 3);
	assert_int_equal(steps[3].span_ns, 50000000);
	assert_int_equal(steps[0].len, 0);
	assert_int_equal(steps[2].at, 29);
	assert_int_equal(steps[2].len, 8);
}

static void the_first_step_takes_a_connection_unless_the_script_says_when(void **state)
{
	(void)state;
	assert_kinds("discard", "accept discard");
	assert_kinds("wait 1s; rst", "accept wait rst");
	assert_kinds("wait 1s", "accept wait");
	assert_kinds("accept; rst", "accept rst");
	assert_kinds("wait 1s; wait 1s; accept; rst", "wait wait accept rst");
	assert_kinds("read 1; close; wait 1s; accept; send x", "accept read close wait accept send");
}

static void a_loop_begins_again(void **state)
{
	(void)state;
	assert_kinds("expect PING; send PONG; loop", "accept expect send loop");
	assert_kinds("echo; loop;", "accept echo loop");
	assert_kinds("send x; close; loop", "accept send close loop");
	assert_kinds("accept; close; accept; rst; loop", "accept close accept rst loop");
}

static void a_side_that_has_ended_can_do_the_rest(void **state)
{
	(void)state;
	assert_kinds("shutdown; read 10; discard; close", "accept shutdown read discard close");
	assert_kinds("discard; send bye; shutdown; close", "accept discard send shutdown close");
}

static void bytes_have_the_escapes_of_c(void **state)
{
	(void)state;
	assert_bytes("send \\r\\n\\t\\0\\x41\\101\\\\\\\";", "\r\n\t\0AA\\\"", 8);
	assert_bytes("send \\377\\xfF\\0010", "\377\377\0010", 4);
	assert_bytes("send \\a\\b\\f\\v\\e", "\a\b\f\v\033", 5);
	assert_bytes("send a\\;b", "a;b", 3);
	assert_bytes("send 100", "100", 3);
}

static void blanks_at_the_edge_are_dropped_unless_quoted_or_escaped(void **state)
{
	(void)state;
	assert_bytes("  send   a  b  ;close", "a  b", 4);
	assert_bytes("send \" a; b \" ; close", " a; b ", 6);
	assert_int_equal(steps[2].kind, SIM_SERVE_CLOSE);
	assert_bytes("send \\ a\\ ; close", " a ", 3);
	assert_bytes("send \\ a\\ ", " a ", 3);
	assert_bytes("send a\\\\ ; close", "a\\", 2);
	assert_bytes("send \"a\\\"b\"", "a\"b", 3);
	assert_bytes("send say \"a", "say \"a", 6);
	assert_bytes("send\n\"x\"\n;\nclose", "x", 1);
}

static void a_quote_inside_bytes_does_not_hide_a_semicolon(void **state)
{
	(void)state;
	assert_kinds("send a \"b; send c\"", "accept send send");
}

static void counts_are_sizes(void **state)
{
	(void)state;
	assert_kinds("read 64KiB; fill 10k", "accept read fill");
	assert_int_equal(steps[1].num_bytes, 65536);
	assert_int_equal(steps[2].num_bytes, 10240);
	assert_null(steps[2].bytes);
}

static void a_wrong_line_of_several_is_named(void **state)
{
	struct sim_diag d;

	(void)state;
	assert_int_equal(parse("expect PING;\n  sned PONG;\nclose", &d), -EINVAL);
	assert_int_equal(d.line, 2);
	assert_int_equal(d.column, 3);
	assert_string_equal(d.text,
			    "serve script, line 2: unknown step \"sned\": did you mean \"send\"? (" STEPS
			    ")\n    sned PONG;\n    ^");
}

static void the_pattern_shows_bytes_out_of_place(void **state)
{
	(void)state;
	assert_int_equal(sim_serve_pattern(0), 0);
	assert_int_equal(sim_serve_pattern(250), 250);
	assert_int_equal(sim_serve_pattern(251), 0);
	assert_int_not_equal(sim_serve_pattern(4096), sim_serve_pattern(0));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_scripts_are_refused_with_a_caret),
		cmocka_unit_test(half_a_reply_and_a_reset),
		cmocka_unit_test(the_first_step_takes_a_connection_unless_the_script_says_when),
		cmocka_unit_test(a_loop_begins_again),
		cmocka_unit_test(a_side_that_has_ended_can_do_the_rest),
		cmocka_unit_test(bytes_have_the_escapes_of_c),
		cmocka_unit_test(blanks_at_the_edge_are_dropped_unless_quoted_or_escaped),
		cmocka_unit_test(a_quote_inside_bytes_does_not_hide_a_semicolon),
		cmocka_unit_test(counts_are_sizes),
		cmocka_unit_test(a_wrong_line_of_several_is_named),
		cmocka_unit_test(the_pattern_shows_bytes_out_of_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
