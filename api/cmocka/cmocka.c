/* SPDX-License-Identifier: MIT */
/*
 * Worlds round cmocka's tests. cmocka ends a failed test by a longjmp() from _fail() to its runner, which
 * knows neither of worlds nor of stacks: so _fail() and _skip() are ours here, go to the main task's stack,
 * say what is to be said, free the world, and then call cmocka's own. Whatever leaves a test by another way
 * (mock() without a value, a crash) finds the world still there in the teardown.
 *
 * Every name of cmocka's is weak, so that a program without cmocka links too; ours are weak, so that a static
 * libcmocka.a, which calls its own directly, links too: then failures are reported in the teardown.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/cmocka/simsock_cmocka.h"

#include <dlfcn.h>
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/calls/calls.h"
#include "api/control/control.h"
#include "api/signals/signals.h"
#include "sim/base/names.h"

enum { LAST_CALLS = 20, TEXT_BYTES = 16384, SHOWN_BYTES = 32 };

void print_error(const char *const format, ...) __attribute__((weak));
void print_message(const char *const format, ...) __attribute__((weak));
/* What a result line shows as the failure's message; not in the header, though it is exported. */
void cm_print_error(const char *const format, ...) __attribute__((weak, format(printf, 1, 2)));

/* The test that runs on this thread. */
static __thread struct sim_world *world;
static __thread bool running;

/* The group that runs, as its user wrote it. */
static struct {
	struct CMUnitTest *tests;
	size_t num_tests;
	CMFixtureFunction setup, teardown;
	void *state;
} group;

typedef void cmocka_end_fn(const char *const file, const int line);

/* cmocka's own function of that name, behind ours. */
static _Noreturn void call_cmocka(const char *name, const char *file, int line)
{
	cmocka_end_fn *fn;
	void *found = dlsym(RTLD_NEXT, name);

	memcpy(&fn, &found, sizeof fn);
	if (fn)
		fn(file, line);
	fprintf(stderr, "%s:%d: simsock: cmocka's %s is not to be found in this process\n", file, line, name);
	abort();
}

/* ---- the end of a test ---- */

static void end_test(void)
{
	struct sim_world *w = world;

	running = false;
	world = NULL;
	sim_control_set_hooks(NULL);
	sim_fatal_signal_hook = NULL;
	sim_world_free(w);
}

static void add_program(struct sim_str *out)
{
	char path[256];
	FILE *f = fopen("/proc/self/cmdline", "r");
	size_t n = f ? fread(path, 1, sizeof path - 1, f) : 0;

	if (f)
		fclose(f);
	path[n] = '\0';
	sim_str_add(out, n ? path : "./a.out");
}

/* The last calls, with their reasons, and how to see it all again. */
static void print_report(struct sim_control *c)
{
	char *text = malloc(TEXT_BYTES);
	struct sim_str out;

	if (!text)
		return;
	out = sim_str_on(text, TEXT_BYTES);
	sim_render_last_calls(c, &out, NULL, LAST_CALLS);
	sim_str_printf(&out, "rerun: SIMSOCK_SEED=%" PRIu64 " ", c->w->ctx.seed);
	add_program(&out);
	print_error("%s\n", text);
	free(text);
}

static _Noreturn void fail_now(struct sim_control *c, const char *file, int line)
{
	if (c)
		print_report(c);
	end_test();
	call_cmocka("_fail", file, line);
}

static _Noreturn void skip_now(struct sim_control *c, const char *file, int line)
{
	(void)c;
	end_test();
	call_cmocka("_skip", file, line);
}

static void fail_on_main(struct sim_control *c, const char *file, int line)
{
	fail_now(c, file, line);
}

static void skip_on_main(struct sim_control *c, const char *file, int line)
{
	skip_now(c, file, line);
}

static __attribute__((noreturn)) void fail_text(const char *file, int line, const char *text)
{
	cm_print_error ? cm_print_error("%s\n", text) : print_error("%s\n", text);
	fail_now(sim_control_peek(), file, line);
}

static __attribute__((noreturn)) void skip_text(const char *file, int line, const char *text)
{
	print_message("%s\n", text);
	skip_now(sim_control_peek(), file, line);
}

static const struct sim_test_hooks hooks = { fail_text, skip_text };

/* The failing test's main task goes on where cmocka wants it; whatever task it was that failed. */
static _Noreturn void leave(const char *name, const char *file, int line,
			    void (*act)(struct sim_control *c, const char *file, int line))
{
	struct sim_control *c = running ? sim_control_peek() : NULL;

	if (c)
		sim_control_on_main(c, file, line, act);
	if (running)
		act(NULL, file, line);
	call_cmocka(name, file, line);
}

__attribute__((weak)) void _fail(const char *const file, const int line)
{
	leave("_fail", file, line, fail_on_main);
}

__attribute__((weak)) void _skip(const char *const file, const int line)
{
	leave("_skip", file, line, skip_on_main);
}

/* ---- a test ---- */

/* SIGPIPE and kin would take all tests with them: the one that did it fails instead. */
static int on_fatal_signal(struct sim_proc *p, int sig)
{
	struct sim_control *c = sim_control_peek();
	char text[SIM_LINE_BYTES];
	struct sim_str out = sim_str_on(text, sizeof text);

	if (!p->is_program || !c)
		return 0;
	sim_str_add(&out, "killed by ");
	sim_signal_add(&out, sig);
	sim_render_last_call_of(c, &out, sim_current);
	sim_control_fail("%s", text);
}

static void check_left_over(void)
{
	struct sim_control *c = sim_control_of(world);
	char text[SIM_LINE_BYTES * 4];
	struct sim_str out = sim_str_on(text, sizeof text);

	sim_here("the end of the test", 0);
	sim_control_left_over(c, &out);
	if (!out.len)
		return;
	text[out.len - 1] = '\0'; /* the last newline */
	sim_control_fail("%s", text);
}

static void print_hash(void)
{
	const char *wanted = getenv("SIMSOCK_HASH");

	if (wanted && strcmp(wanted, "0") != 0)
		print_message("[   HASH   ] %016" PRIx64 "\n", sim_trace_hash());
}

void sim_test_run(void **state)
{
	CMUnitTestFunction fn;
	void *users_state = group.state;

	memcpy(&fn, state, sizeof fn);
	running = true;
	sim_control_set_hooks(&hooks);
	sim_here("the beginning of the test", 0);
	if (!sim_control_is_kernel()) {
		sim_fatal_signal_hook = on_fatal_signal;
		world = (sim_world_new)(0);
		sim_control_collect(sim_control_of(world));
		(void)sim_trace_hash();
	}
	fn(&users_state);
	if (world) {
		check_left_over();
		print_hash();
	}
	end_test();
}

int sim_test_teardown(void **state)
{
	(void)state;
	if (!running)
		return 0;
	/* It went out by a way of cmocka's own, from whatever stack. */
	if (world) {
		sim_current = world->main_task;
		print_report(sim_control_of(world));
	}
	end_test();
	return 0;
}

/*
 * A group's state hides every test's own from cmocka 1.1, and that is where sim_test() keeps its function: so
 * cmocka never learns of the group's state, and each other test is given it as its own.
 */
static int setup_group(void **state)
{
	int err = group.setup(state);

	group.state = *state;
	*state = NULL;
	for (size_t i = 0; group.state && i < group.num_tests; i++)
		if (group.tests[i].test_func != sim_test_run)
			group.tests[i].initial_state = group.state;
	return err;
}

static int teardown_group(void **state)
{
	*state = group.state;
	return group.teardown(state);
}

int sim_test_group(sim_test_run_fn *run, const char *name, const struct CMUnitTest *tests, size_t num_tests,
		   CMFixtureFunction setup, CMFixtureFunction teardown)
{
	int num_failed;

	group.tests = malloc((num_tests + 1) * sizeof *tests);
	if (!group.tests)
		return (int)num_tests;
	memcpy(group.tests, tests, num_tests * sizeof *tests);
	group.num_tests = num_tests;
	group.setup = setup;
	group.teardown = teardown;
	group.state = NULL;
	num_failed = run(name, group.tests, num_tests, setup ? setup_group : NULL,
			 teardown ? teardown_group : NULL);
	free(group.tests);
	return num_failed;
}

/* ---- assertions ---- */

static void add_bytes(struct sim_str *out, const unsigned char *p, size_t len)
{
	sim_str_add(out, "\"");
	for (size_t i = 0; i < len && i < SHOWN_BYTES; i++)
		sim_str_printf(out,
			       p[i] >= ' ' && p[i] < 0x7f && p[i] != '"' && p[i] != '\\' ? "%c" : "\\x%02x",
			       p[i]);
	sim_str_add(out, len > SHOWN_BYTES ? "...\"" : "\"");
}

static void compare(const char *what, const unsigned char *got, size_t got_len, const unsigned char *want,
		    size_t len)
{
	char text[SIM_LINE_BYTES];
	struct sim_str out = sim_str_on(text, sizeof text);
	size_t both = got_len < len ? got_len : len, same = 0;

	while (same < both && got[same] == want[same])
		same++;
	if (same == len && got_len == len)
		return;
	sim_str_printf(&out, "%s %zu of %zu bytes", what, got_len, len);
	if (got_len < len)
		sim_str_printf(&out, ", %zu lost", len - got_len);
	else if (got_len > len)
		sim_str_printf(&out, ", %zu too many", got_len - len);
	if (same < both || got_len > len) {
		sim_str_printf(&out, "; from byte %zu on ", same);
		add_bytes(&out, got + same, got_len - same);
		sim_str_add(&out, " in place of ");
		add_bytes(&out, want + same, len - same);
	}
	sim_control_fail("%s", text);
}

static void assert_moved(const char *what, bool delivered, const char *sel, const void *buf, size_t len)
{
	struct sim_control *c = sim_control_current("sim_assert_sent");
	size_t total = sim_control_moved(c, sel, delivered, NULL, 0);
	unsigned char *got;

	got = sim_arena_alloc(c->w->ctx.arena, total + 1); /* goes with the world when the assertion fails */
	if (!got)
		sim_control_fail("%s %zu of %zu bytes, which is more than the world's memory can show", what,
				 total, len);
	(void)sim_control_moved(c, sel, delivered, got, total);
	compare(what, got, total, buf, len);
	sim_arena_free(c->w->ctx.arena, got, total + 1);
}

void sim_assert_sent_at(const char *sel, const void *buf, size_t len, const char *file, int line)
{
	sim_here(file, line);
	assert_moved("sent", false, sel, buf, len);
}

void sim_assert_delivered_at(const char *sel, const void *buf, size_t len, const char *file, int line)
{
	sim_here(file, line);
	assert_moved("delivered", true, sel, buf, len);
}

/* Blanks and commas are the same, and one is as good as several. */
static void normalize(struct sim_str *out, const char *text)
{
	for (;;) {
		size_t n;

		text += strspn(text, " ,\t\n");
		n = strcspn(text, " ,\t\n");
		if (!n)
			return;
		if (out->len)
			sim_str_add(out, " ");
		sim_str_add_len(out, text, n);
		text += n;
	}
}

void sim_assert_returns_at(const char *sel, const char *call, const char *results, const char *file, int line)
{
	struct sim_control *c;
	char *text = malloc(2 * (size_t)TEXT_BYTES);
	struct sim_str want, got;
	bool same;

	sim_here(file, line);
	c = sim_control_current("sim_assert_returns");
	if (!text)
		sim_control_fail("out of memory");
	want = sim_str_on(text, TEXT_BYTES);
	got = sim_str_on(text + TEXT_BYTES, TEXT_BYTES);
	normalize(&want, results);
	sim_render_results(c, &got, sel, call);
	same = !strcmp(want.buf, got.buf);
	if (!same) {
		char message[SIM_LINE_BYTES];
		struct sim_str m = sim_str_on(message, sizeof message);

		sim_str_printf(&m, "%s on %s returned \"%s\", expected \"%s\"", call, sel, got.buf, want.buf);
		free(text);
		sim_control_fail("%s", message);
	}
	free(text);
}

void sim_assert_why_at(int err, const char *key, const char *file, int line)
{
	const struct sim_why *why;

	sim_here(file, line);
	why = sim_explain();
	if (why->err == err && !strcmp(why->key, key))
		return;
	sim_control_fail("the last failed call has %s and reason \"%s\", expected %s and \"%s\"\n%s",
			 why->err ? sim_errno_name(why->err) : "no error", why->key,
			 err ? sim_errno_name(err) : "no error", key, why->text);
}
