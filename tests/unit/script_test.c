/* SPDX-License-Identifier: MIT */
/* Scenarios, read: what becomes of each form, and that mistakes do not spread. */
#include <arpa/inet.h>
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "scenarios/lang/lexer.h"
#include "scenarios/lang/script.h"

static struct sim_script *script;

static struct sim_script *parse(const char *text)
{
	sim_script_free(script);
	script = sim_script_parse("t.pkt", text, strlen(text));
	assert_non_null(script);
	return script;
}

static const struct sim_event *event(const char *text)
{
	parse(text);
	if (script->num_errors)
		fail_msg("%s", script->errors[0].text);
	assert_true(script->num_events >= 1);
	return &script->events[0];
}

static void assert_slice(struct sim_slice s, const char *want)
{
	if (!sim_slice_is(s, want))
		fail_msg("\"%.*s\" in place of \"%s\"", (int)s.len, sim_slice_text(s), want);
}

static void assert_mistake(const char *text, unsigned line, unsigned column, const char *message)
{
	parse(text);
	assert_true(script->num_errors >= 1);
	assert_string_equal(script->errors[0].message, message);
	assert_int_equal(script->errors[0].line, line);
	assert_int_equal(script->errors[0].column, column);
}

static int teardown(void **state)
{
	(void)state;
	sim_script_free(script);
	script = NULL;
	return 0;
}

/* ---- words ---- */

static void an_ellipsis_ends_a_number(void **state)
{
	struct sim_source src = sim_source_of("t", "0...0.25 .5...1");
	struct sim_lexer l = { &src, 0 };

	(void)state;
	assert_slice(sim_lex(&l).at, "0");
	assert_int_equal(sim_lex(&l).kind, SIM_TOKEN_ELLIPSIS);
	assert_slice(sim_lex(&l).at, "0.25");
	assert_slice(sim_lex(&l).at, ".5");
	assert_int_equal(sim_lex(&l).kind, SIM_TOKEN_ELLIPSIS);
	assert_slice(sim_lex(&l).at, "1");
	assert_int_equal(sim_lex(&l).kind, SIM_TOKEN_END);
}

static void comments_are_blanks(void **state)
{
	struct sim_source src = sim_source_of("t", "a // b\n/* c\n d */ e");
	struct sim_lexer l = { &src, 0 };
	struct sim_token t;

	(void)state;
	assert_slice(sim_lex(&l).at, "a");
	t = sim_lex(&l);
	assert_slice(t.at, "e");
	assert_true(t.starts_line);
}

static void a_line_keeps_slashes_inside_a_word(void **state)
{
	struct sim_source src = sim_source_of("t", " get http://x/ // and no more\nnext");
	struct sim_lexer l = { &src, 0 };

	(void)state;
	assert_slice(sim_lex_line(&l), "get http://x/");
	assert_slice(sim_lex(&l).at, "next");
}

/* ---- times ---- */

static void times_are_relative_absolute_or_missing(void **state)
{
	(void)state;
	assert_int_equal(event("+.25 print x")->when.kind, SIM_WHEN_AFTER);
	assert_int_equal(script->events[0].when.ns, 250000000);
	assert_int_equal(event("1.5 print x")->when.kind, SIM_WHEN_AT);
	assert_int_equal(event("+20ms print x")->when.ns, 20000000);
	assert_int_equal(event("print x")->when.kind, SIM_WHEN_SAME);
}

static void a_blocking_call_has_an_end(void **state)
{
	const struct sim_event *ev = event("+0...0.2 read(3, ..., 1) = 1");

	(void)state;
	assert_true(ev->when.blocks && !ev->when.open_end);
	assert_int_equal(ev->when.end_ns, 200000000);
	ev = event("+0 ...+20ms read(3, ..., 1) = 1");
	assert_int_equal(ev->when.end_ns, 20000000);
	ev = event("+0... read(3, ..., 1) = 1");
	assert_true(ev->when.blocks && ev->when.open_end);
}

static void packets_may_come_in_a_span(void **state)
{
	(void)state;
	assert_int_equal(event("+.21~+.215 > P. 1:41(40) ack 1")->kind, SIM_STMT_PACKET);
	assert_int_equal(event("* > . 1:1(0) ack 2 <...>")->when.kind, SIM_WHEN_ANY);
	assert_int_equal(script->num_packets, 1);
}

/* ---- literals ---- */

static int64_t folded(const char *expr)
{
	char text[200] = "+0 close(";

	strncat(text, expr, sizeof text - 32);
	strncat(text, ") = 0", 8);
	assert_int_equal(event(text)->args->kind, SIM_EXPR_INT);
	return script->events[0].args->value;
}

static void numbers_are_folded(void **state)
{
	(void)state;
	assert_int_equal(folded("0x1f"), 31);
	assert_int_equal(folded("0755"), 0755);
	assert_int_equal(folded("-1"), -1);
	assert_int_equal(folded("MSG_OOB|MSG_DONTWAIT"), MSG_OOB | MSG_DONTWAIT);
	assert_int_equal(folded("1 + 2 * 3"), 7);
	assert_int_equal(folded("(1 + 2) * 3"), 9);
	assert_int_equal(folded("~0 & 0xff"), 255);
	assert_int_equal(folded("1 << 4 | 1"), 17);
	assert_int_equal(folded("htons(8080)"), htons(8080));
	assert_int_equal(folded("inet_addr(\"10.0.0.2\")"), inet_addr("10.0.0.2"));
	assert_int_equal(folded("ECONNRESET"), ECONNRESET);
	assert_true(folded("NULL") == 0 && script->events[0].args->is_null);
}

static void strings_have_escapes_and_zeros(void **state)
{
	const struct sim_expr *e = event("+0 send(3, \"a\\0b\\x41\\n\", 5, 0) = 5")->args->next;

	(void)state;
	assert_int_equal(e->kind, SIM_EXPR_STRING);
	assert_int_equal(e->text_len, 5);
	assert_memory_equal(e->text, "a\0bA\n", 6);
}

static void structs_keep_names_and_extents(void **state)
{
	const struct sim_expr *m =
		event("+0 sendmsg(3, {msg_name(...)=..., msg_iov(2)=[{..., 1}, {\"x\", 1}]}, 0) = 2")
			->args->next;

	(void)state;
	assert_int_equal(m->kind, SIM_EXPR_STRUCT);
	assert_int_equal(m->num, 2);
	assert_slice(m->first->field, "msg_name");
	assert_int_equal(m->first->extent->kind, SIM_EXPR_ELLIPSIS);
	assert_slice(m->first->next->field, "msg_iov");
	assert_int_equal(m->first->next->extent->value, 2);
	assert_int_equal(m->first->next->num, 2);
	assert_int_equal(m->first->next->first->first->field.len, 0);
}

static void lists_repeat_values(void **state)
{
	const struct sim_expr *e =
		event("+0 writev(3, [{..., 1}, repeat({\"x\", 1}, 1023)], 1024) = 1024")->args->next;

	(void)state;
	assert_int_equal(e->num, 1024);
	assert_int_equal(e->first->next->next->kind, SIM_EXPR_STRUCT);
	assert_mistake("+0 writev(3, [repeat({..., 1}, 5000)], 1) = 1", 1, 15,
		       "repeat() takes a value and how often, at most 4096");
}

static void bad_pointers_can_be_written(void **state)
{
	(void)state;
	assert_int_equal(event("+0 send(3, (void *)8, 1, 0) = -1 EFAULT (x)")->args->next->kind,
			 SIM_EXPR_POINTER);
	assert_int_equal(script->events[0].args->next->value, 8);
	assert_int_equal(event("+0 send(3, BADPTR, 1, 0) = -1")->args->next->kind, SIM_EXPR_POINTER);
}

/* ---- results ---- */

static void results_compare_and_name_errnos(void **state)
{
	const struct sim_result *r = &event("+0 close(3) = -1 EBADF (Bad (really) descriptor)")->result;

	(void)state;
	assert_int_equal(r->value, -1);
	assert_int_equal(r->err, EBADF);
	assert_slice(r->at, "-1 EBADF (Bad (really) descriptor)");
	assert_int_equal(event("+0 close(3) >= 0")->result.op, SIM_RESULT_GE);
	assert_int_equal(event("+0 close(3) = ?")->result.op, SIM_RESULT_ANY);
	assert_int_equal(event("+0 fcntl(3, F_GETFL) = 0x2 (flags O_RDWR)")->result.value, 2);
	assert_int_equal(event("+0 close(3) = -1 ECONNRESET(no blank)")->result.err, ECONNRESET);
}

static void a_result_ends_where_the_next_line_begins(void **state)
{
	event("+0 close(3) = 0\n+0 close(4) = 0\n*  > . 1:1(0) ack 1\n");
	(void)state;
	assert_int_equal(script->num_events, 3);
	assert_int_equal(script->events[0].result.value, 0);
}

/* ---- lines of control, commands ---- */

static void a_line_is_said_by_a_process(void **state)
{
	const struct sim_event *ev = event("+0 alice: close(3) = 0");

	(void)state;
	assert_slice(ev->who, "alice");
	assert_slice(ev->name, "close");
	ev = event("server: expect signal SIGURG");
	assert_slice(ev->who, "server");
	assert_int_equal(ev->word, SIM_WORD_EXPECT);
	assert_slice(ev->words[0], "signal");
	assert_slice(ev->rest, "SIGURG");
}

static void commands_become_settings(void **state)
{
	event("+.1 `../common/defaults.sh\n ../set_sysctls.py /proc/sys/net/ipv4/a=1 \\\n  b=\"4 5 6\"\n"
	      "sysctl -q net.c=2 > /dev/null 2>&1`\n+0 print x");
	(void)state;
	assert_int_equal(script->num_events, 5);
	assert_int_equal(script->events[0].word, SIM_WORD_DEFAULTS);
	assert_int_equal(script->events[0].when.ns, 100000000);
	assert_slice(script->events[1].words[1], "/proc/sys/net/ipv4/a");
	assert_slice(script->events[1].rest, "1");
	assert_slice(script->events[2].rest, "4 5 6");
	assert_slice(script->events[3].words[1], "net.c");
}

static void options_stand_first(void **state)
{
	event("--ip_version=ipv6 // why\n--strict_segments\n+0 print x");
	(void)state;
	assert_slice(script->options->name, "ip_version");
	assert_slice(script->options->value, "ipv6");
	assert_slice(script->options->next->name, "strict_segments");
	assert_int_equal(script->options->next->value.len, 0);
	assert_mistake("+0 print x\n--mss=1000\n", 2, 1, "options stand before the first event");
}

/* ---- mistakes ---- */

static void a_mistake_does_not_spread(void **state)
{
	parse("+0 socket(AF_INET, SOCK_STRAEM, 0) = 3\n+0 close(3) = 0\n"
	      "+0 listen(3 1) = 0\n+0 close(4) = 0\n");
	(void)state;
	assert_int_equal(script->num_errors, 2);
	assert_int_equal(script->errors[0].line, 1);
	assert_int_equal(script->errors[1].line, 3);
}

static void mistakes_are_counted_beyond_what_is_kept(void **state)
{
	char text[3200] = "";

	(void)state;
	for (int i = 0; i < 100; i++)
		strncat(text, "+0 close(WHAT) = 0\n", 32);
	parse(text);
	assert_int_equal(script->num_errors, 100);
}

static void a_missing_result_is_told_where_the_call_ends(void **state)
{
	(void)state;
	assert_mistake("+0 close(3)\n+0 close(4) = 0\n", 1, 12,
		       "expected \"=\" and the result, such as: = 0");
	assert_int_equal(script->num_errors, 1);
}

static void deep_brackets_are_refused(void **state)
{
	char text[256] = "+0 close(";

	(void)state;
	for (int i = 0; i < 100; i++)
		strncat(text, "[", 2);
	assert_mistake(text, 1, 42, "brackets nest deeper than 32");
}

static void large_scripts_are_refused(void **state)
{
	static char text[SIM_SCRIPT_MAX_BYTES + 2];

	(void)state;
	memset(text, ' ', sizeof text - 1);
	parse(text);
	assert_int_equal(script->num_errors, 1);
	assert_string_equal(script->errors[0].message, "a script has at most 1048576 bytes");
}

static void an_empty_script_is_one(void **state)
{
	(void)state;
	assert_int_equal(parse("")->num_errors, 0);
	assert_int_equal(parse("// only this\n")->num_errors, 0);
	assert_int_equal(script->num_events, 0);
}

#define T(name) cmocka_unit_test_teardown(name, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(an_ellipsis_ends_a_number),
		T(comments_are_blanks),
		T(a_line_keeps_slashes_inside_a_word),
		T(times_are_relative_absolute_or_missing),
		T(a_blocking_call_has_an_end),
		T(packets_may_come_in_a_span),
		T(numbers_are_folded),
		T(strings_have_escapes_and_zeros),
		T(structs_keep_names_and_extents),
		T(lists_repeat_values),
		T(bad_pointers_can_be_written),
		T(results_compare_and_name_errnos),
		T(a_result_ends_where_the_next_line_begins),
		T(a_line_is_said_by_a_process),
		T(commands_become_settings),
		T(options_stand_first),
		T(a_mistake_does_not_spread),
		T(mistakes_are_counted_beyond_what_is_kept),
		T(a_missing_result_is_told_where_the_call_ends),
		T(deep_brackets_are_refused),
		T(large_scripts_are_refused),
		T(an_empty_script_is_one),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
