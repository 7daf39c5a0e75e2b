/* SPDX-License-Identifier: MIT */
/*
 * How failures are told: a user's mistake, a dead-lock, a spin, a bug of ours. Under a test framework the
 * test fails from the main task's stack; else the program says why and ends with the status that simsock.h
 * documents.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/calls/calls.h"
#include "api/calls/real.h"
#include "api/carrier/fiber.h"
#include "api/control/control.h"
#include "api/simsock.h"
#include "sim/base/assert.h"

static __thread const struct sim_test_hooks *hooks;
static __thread const char *here_file;
static __thread int here_line;
static __thread const char *doing;

void sim_here(const char *file, int line)
{
	here_file = file;
	here_line = line;
}

void sim_control_doing(const char *what)
{
	doing = what;
}

void sim_control_where(const char **file, int *line)
{
	*file = here_file ? here_file : "simsock";
	*line = here_line;
}

void sim_control_set_hooks(const struct sim_test_hooks *h)
{
	hooks = h;
}

void sim_control_end(int status, const char *text)
{
	struct sim_control *c = sim_control_peek();

	fflush(stdout);
	if (here_file && here_line)
		fprintf(stderr, "%s:%d: ", here_file, here_line);
	fprintf(stderr, "simsock: %s%s%s\n", doing ? doing : "", doing ? ": " : "", text);
	if (c)
		sim_control_close_files(c);
	fflush(NULL);
	_exit(status);
}

/* ---- from a task's stack to the main one ---- */

static void on_main_now(struct sim_control *c)
{
	c->failure.act(c, c->failure.file, c->failure.line);
	SIM_UNREACHABLE("a failure came back");
}

void sim_control_on_main(struct sim_control *c, const char *file, int line,
			 void (*act)(struct sim_control *c, const char *file, int line))
{
	struct sim_sched *s = &c->w->sched;
	struct sim_task *t = sim_current, *main_task = c->w->main_task;

	c->failure.act = act;
	c->failure.file = file;
	c->failure.line = line;
	if (t != main_task) {
		/* Main stands in the middle of a call of its own, and never finishes it: the world goes next.
		 */
		c->failed_elsewhere = true;
		s->current = main_task;
		main_task->state = SIM_TASK_RUNNING;
		s->carriers->switch_to(t, main_task);
		SIM_UNREACHABLE("a failed task runs again");
	}
	on_main_now(c);
	abort();
}

static void control_switch(struct sim_task *from, struct sim_task *to)
{
	struct sim_control *c = sim_control_of(sim_world_of(from));

	sim_fiber_ops.switch_to(from, to);
	if (__builtin_expect(c->failed_elsewhere, 0) && from == c->w->main_task)
		on_main_now(c);
}

static void control_free_carrier(struct sim_task *t)
{
	sim_fiber_ops.free(t);
}

const struct sim_carrier_ops sim_control_carriers = { control_switch, control_free_carrier };

/* ---- the user's mistakes ---- */

static char *report_of(struct sim_control *c)
{
	if (!c->report)
		c->report = malloc(SIM_REPORT_BYTES);
	return c->report;
}

static void fail_on_main(struct sim_control *c, const char *file, int line)
{
	hooks->fail(file, line, c->report);
}

static void skip_on_main(struct sim_control *c, const char *file, int line)
{
	hooks->skip(file, line, c->report);
}

/* text may lie on a stack that is left behind. */
static _Noreturn void tell_framework(const char *text,
				     void (*act)(struct sim_control *c, const char *file, int line))
{
	struct sim_control *c = sim_control_peek();
	const char *file;
	int line;

	sim_control_where(&file, &line);
	if (!c) {
		if (act == skip_on_main)
			hooks->skip(file, line, text);
		hooks->fail(file, line, text);
	}
	if (text != c->report && report_of(c))
		sim_str_copy(c->report, SIM_REPORT_BYTES, text);
	sim_control_on_main(c, file, line, act);
}

static _Noreturn void fail_text(const char *text)
{
	if (hooks)
		tell_framework(text, fail_on_main);
	sim_control_end(SIM_EXIT_MISTAKE, text);
}

void sim_control_fail(const char *fmt, ...)
{
	char text[SIM_DIAG_TEXT_BYTES + 256];
	struct sim_str s = sim_str_on(text, sizeof text);
	va_list ap;

	va_start(ap, fmt);
	sim_str_vprintf(&s, fmt, ap);
	va_end(ap);
	fail_text(text);
}

void sim_control_fail_diag(const struct sim_diag *d)
{
	fail_text(d->text);
}

void sim_control_skip(const char *what)
{
	char text[160];
	struct sim_str s = sim_str_on(text, sizeof text);

	sim_str_printf(&s, "%s needs the simulation, and SIMSOCK=kernel is set", what);
	if (hooks)
		tell_framework(text, skip_on_main);
	sim_control_end(SIM_EXIT_SKIP, text);
}

/* ---- nothing can happen, or nothing does ---- */

static _Noreturn void tell_stuck(struct sim_control *c, const char *head, struct sim_task *t)
{
	char *report = report_of(c);
	struct sim_str s;

	if (!report || c->reporting)
		sim_control_end(SIM_EXIT_DEADLOCK, head);
	c->reporting = true;
	s = sim_str_on(report, SIM_REPORT_BYTES);
	sim_str_printf(&s, "%s", head);
	sim_render_time(&s, c->w->ctx.clock.now_ns);
	sim_str_add(&s, "\n");
	sim_render_blocked(c, &s, t);
	if (hooks)
		tell_framework(report, fail_on_main);
	sim_str_add(&s, "the last calls:\n");
	sim_render_last_calls(c, &s, NULL, 10);
	sim_str_printf(&s, "rerun: SIMSOCK_SEED=%llu", (unsigned long long)c->w->ctx.seed);
	here_file = NULL;
	sim_control_end(SIM_EXIT_DEADLOCK, report);
}

int sim_control_on_deadlock(struct sim_world *w, struct sim_task *t)
{
	/* Somebody polls a real descriptor too: that may bring something yet. */
	if (sim_real_wait(w))
		return 0;
	tell_stuck(sim_control_of(w), "dead-lock: nothing can ever wake anybody; virtual time ", t);
}

int sim_control_on_spin(struct sim_world *w, struct sim_task *t)
{
	if (sim_real_wait(w))
		return 0;
	tell_stuck(sim_control_of(w),
		   "spin: a task calls again and again, and nothing can ever change what it is told; "
		   "virtual time ",
		   t);
}

/* ---- bugs of ours ---- */

void sim_fatal(const char *what, const char *file, int line)
{
	struct sim_control *c = sim_control_peek();

	fflush(stdout);
	fprintf(stderr, "simsock: bug: %s at %s:%d", what, file, line);
	if (c)
		fprintf(stderr, ", seed %llu, t=%lld.%09llds", (unsigned long long)c->w->ctx.seed,
			(long long)(c->w->ctx.clock.now_ns / SIM_NS_PER_S),
			(long long)(c->w->ctx.clock.now_ns % SIM_NS_PER_S));
	fputc('\n', stderr);
	fflush(stderr);
	abort();
}
