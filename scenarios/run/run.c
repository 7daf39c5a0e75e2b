/* SPDX-License-Identifier: MIT */
/*
 * The conductor: reads a file, makes its world, and goes through the events, each at its time. What happens
 * at an instant without time passing happens before the next line; a call that is not back by then blocks.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "scenarios/run/run.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/calls/calls.h"
#include "api/simsock.h"
#include "scenarios/run/scenario.h"
#include "sim/unix/unix_domain.h"

/* ---- times ---- */

static int64_t time_of(struct sim_scenario *s, const struct sim_event *ev, int64_t ns)
{
	switch (ev->when.kind) {
	case SIM_WHEN_SAME: return s->last_ns;
	case SIM_WHEN_AT: return ns;
	default: return s->last_ns + ns;
	}
}

/* ---- calls ---- */

static void unlink_job(struct sim_scenario *s, struct sim_job *j)
{
	struct sim_job **at = &s->running;

	while (*at != j)
		at = &(*at)->next;
	*at = j->next;
	j->next = NULL;
}

/* Its process ended under it. */
static bool was_killed(const struct sim_job *j)
{
	return !j->done && j->actor->proc->ended;
}

static void drop_last(struct sim_actor *a)
{
	if (a->last) {
		sim_job_free(a->last);
		free(a->last);
	}
	a->last = NULL;
}

/* It has come back: its time and its outcome. It stays its process's last call. */
static void finish(struct sim_job *j)
{
	struct sim_scenario *s = j->scn;
	char want[40], got[40];
	struct sim_str a = sim_str_on(want, sizeof want), b = sim_str_on(got, sizeof got);
	int64_t off_ns = j->end_ns - j->due_ns;

	unlink_job(s, j);
	drop_last(j->actor);
	j->actor->last = j;
	s->last_actor = j->actor;
	if (was_killed(j))
		return;
	sim_scn_check_outcome(j);
	if (j->due_ns == SIM_NEVER_NS || (off_ns <= s->tolerance_ns && off_ns >= -s->tolerance_ns))
		return;
	sim_render_time(&a, j->due_ns);
	sim_render_time(&b, j->end_ns);
	sim_scn_fail(s, j->ev->at, "%s: the call was to return at %s, and returned at %s", j->actor->name,
		     want, got);
}

static _Noreturn void fail_late(const struct sim_job *j)
{
	char due[40];
	struct sim_str out = sim_str_on(due, sizeof due);

	sim_render_time(&out, j->due_ns);
	sim_scn_fail(j->scn, j->ev->at, "%s: the call was to return at %s, and still blocks", j->actor->name,
		     due);
}

/* Those that are back are checked; one that is late fails. */
static void look_at_running(struct sim_scenario *s)
{
	struct sim_job *j = s->running, *next;

	for (; j; j = next) {
		next = j->next;
		if (j->done || was_killed(j))
			finish(j);
		else if (j->due_ns != SIM_NEVER_NS && s->w->ctx.clock.now_ns > j->due_ns + s->tolerance_ns)
			fail_late(j);
	}
}

static int64_t next_due(const struct sim_scenario *s)
{
	int64_t due = SIM_NEVER_NS;

	for (const struct sim_job *j = s->running; j; j = j->next)
		if (j->due_ns != SIM_NEVER_NS && j->due_ns + s->tolerance_ns < due)
			due = j->due_ns + s->tolerance_ns;
	return due;
}

/* Until that time, looking at each call when it is to be back. */
static void wait_until(struct sim_scenario *s, int64_t time_ns)
{
	for (;;) {
		int64_t due = next_due(s), now = s->w->ctx.clock.now_ns;

		if (due <= now)
			due++; /* a nanosecond later it is late */
		sim_scn_sleep_until(s, due < time_ns ? due : time_ns);
		look_at_running(s);
		if (s->w->ctx.clock.now_ns >= time_ns)
			return;
	}
}

/* A call that was not said to block does. */
static _Noreturn void fail_blocked(struct sim_job *j)
{
	char call[128];
	struct sim_str out = sim_str_on(call, sizeof call);

	sim_scn_add_slice(&out, j->ev->call);
	sim_scn_fail(
		j->scn, j->ev->call,
		"%s: the call blocks: write the time when it is to return, such as +0...0.1 %s, or +0... for "
		"any time",
		j->actor->name, call);
}

static void do_call(struct sim_scenario *s, const struct sim_event *ev, int64_t end_ns)
{
	struct sim_actor *a = sim_scn_actor(s, ev->who);
	struct sim_job *j;

	if (!a)
		sim_scn_mistake(s, ev->who, "no host or process is called \"" SIM_SLICE_FMT "\"",
				SIM_SLICE_ARG(ev->who));
	if (a->proc->ended)
		sim_scn_fail(s, ev->at, "\"%s\" has ended: a signal killed it", a->name);
	j = calloc(1, sizeof *j);
	if (!j)
		sim_control_fail("out of memory");
	j->scn = s;
	j->actor = a;
	j->ev = ev;
	j->next = s->running;
	j->due_ns = !ev->when.blocks ? s->w->ctx.clock.now_ns : ev->when.open_end ? SIM_NEVER_NS : end_ns;
	s->running = j;
	sim_scn_marshal(j);
	sim_scn_start(j);
	if (j->done || was_killed(j))
		finish(j);
	else if (!ev->when.blocks)
		fail_blocked(j);
}

/* ---- events ---- */

/* "explain" and "expect" without a time of their own are about the call before them: it comes back first. */
static void wait_for_call_before(struct sim_scenario *s, const struct sim_event *ev)
{
	bool asks =
		ev->kind == SIM_STMT_CONTROL && (ev->word == SIM_WORD_EXPECT || ev->word == SIM_WORD_EXPLAIN);

	if (!asks || ev->when.kind != SIM_WHEN_SAME)
		return;
	while (s->running && s->running->ev == ev - 1) {
		int64_t due_ns = s->running->due_ns;

		if (due_ns == SIM_NEVER_NS) {
			sim_scn_sleep_until(s, SIM_NEVER_NS);
			look_at_running(s);
		} else {
			wait_until(s, due_ns + (s->w->ctx.clock.now_ns >= due_ns));
		}
		s->last_ns = s->w->ctx.clock.now_ns;
	}
}

static void do_event(struct sim_scenario *s, const struct sim_event *ev)
{
	int64_t at_ns, end_ns;

	s->ev = ev;
	wait_for_call_before(s, ev);
	at_ns = time_of(s, ev, ev->when.ns);
	end_ns = time_of(s, ev, ev->when.end_ns);
	if (at_ns < s->w->ctx.clock.now_ns)
		sim_scn_mistake(s, ev->at, "that time is past");
	wait_until(s, at_ns);
	s->last_ns = at_ns;
	switch (ev->kind) {
	case SIM_STMT_CALL: do_call(s, ev, end_ns); break;
	case SIM_STMT_CONTROL: sim_scn_control(s, ev); break;
	case SIM_STMT_PACKET:
		sim_scn_mistake(
			s, ev->rest,
			"packet lines are not part of this version: let a second host make the calls");
	case SIM_STMT_CODE:
		sim_scn_mistake(s, ev->rest,
				"code is not part of this version: ask with getsockopt(..., TCP_INFO, ...)");
	}
	sim_scn_settle(s);
}

/* What still blocks comes back at its time, or is a dead-lock. */
static void wait_for_all(struct sim_scenario *s)
{
	while (s->running) {
		int64_t due = next_due(s);

		if (due == SIM_NEVER_NS)
			sim_scn_sleep_until(s, SIM_NEVER_NS);
		else
			wait_until(s, due + 1);
		look_at_running(s);
	}
}

/* ---- a file ---- */

/*
 * A mistake as the control API tells it, three lines with a caret under a piece of the event: that place in
 * the script.
 */
static _Noreturn void tell_mistake(struct sim_scenario *s, const char *text)
{
	const char *line = strchr(text, '\n'), *caret = line ? strchr(line + 1, '\n') : NULL;
	const char *what = text, *colon = strstr(text, ": ");
	struct sim_slice at = s->ev->at;
	size_t len, column;

	if (!caret || strlen(caret) < 4 || line[1] != ' ')
		sim_scn_mistake(s, at, "%s", text);
	len = (size_t)(caret - line) - 3; /* without the newline and two blanks */
	column = strlen(caret) - 4;
	if (colon && colon < line)
		what = colon + 2; /* what was read stands in the script: "iptables: " */
	for (size_t i = 0; len && i + len <= at.len; i++) {
		if (memcmp(sim_slice_text(at) + i, line + 3, len))
			continue;
		at = sim_slice_sub(at, i + column, 0);
		break;
	}
	sim_scn_mistake(s, at, "%.*s", (int)(line - what), what);
}

static __attribute__((noreturn)) void hook_fail(const char *file, int line, const char *text)
{
	struct sim_scenario *s = sim_scn_now();

	(void)file;
	(void)line;
	if (s->in_control)
		tell_mistake(s, text);
	fflush(s->options->out);
	if (s->ev)
		sim_scn_fail_text(s, s->running ? s->running->ev->at : s->ev->at, text);
	fprintf(s->options->complaints, "%s: %s\n", s->script->src.name, text);
	s->outcome = SIM_RUN_MISTAKE;
	siglongjmp(s->out, 1);
}

static const struct sim_test_hooks hooks = { hook_fail, hook_fail };

static void begin(struct sim_scenario *s)
{
	struct sim_list *node;

	s->w = (sim_world_new)(s->options->seed);
	s->c = sim_control_of(s->w);
	s->c->number_fd = sim_scn_number_fd;
	sim_control_collect(s->c);
	sim_list_each(node, &s->w->hosts) {
		struct sim_host *h = sim_container_of(node, struct sim_host, node);

		h->net.unix_domain->paths = SIM_UNIX_PATHS_VIRTUAL;
		(void)sim_scn_add_actor(s, h->net.name, h);
	}
	if (s->options->pcap_path)
		sim_control_pcap_to(s->c, s->options->pcap_path);
	if (s->options->trace)
		(sim_trace)("-");
	if (s->options->ladder)
		s->ladder = sim_ladder_begin(s);
}

static bool is_open_real(const struct sim_scenario *s, int fd)
{
	for (const struct sim_actor *a = s->actors; a; a = a->next)
		if (sim_scn_script_fd(a, fd) >= 0)
			return true;
	return false;
}

static void free_actors(struct sim_scenario *s)
{
	while (s->actors) {
		struct sim_actor *a = s->actors;

		s->actors = a->next;
		drop_last(a);
		while (a->workers) {
			struct sim_worker *wk = a->workers;

			a->workers = wk->next;
			free(wk);
		}
		free(a);
	}
	while (s->running) {
		struct sim_job *j = s->running;

		s->running = j->next;
		sim_job_free(j);
		free(j);
	}
}

static void end(struct sim_scenario *s)
{
	if (s->w)
		sim_current = s->w->main_task;
	sim_ladder_end(s->ladder);
	sim_world_free(s->w);
	for (unsigned i = 0; i < s->num_real_fds; i++)
		if (is_open_real(s, s->real_fds[i]))
			close(s->real_fds[i]);
	free(s->real_fds);
	while (s->files) {
		struct sim_scn_file *f = s->files;

		s->files = f->next;
		if (f->fd >= 0)
			close(f->fd);
		free(f);
	}
	while (s->copies) {
		struct sim_block *b = s->copies;

		s->copies = b->next;
		free(b);
	}
	free_actors(s);
}

static void run(struct sim_scenario *s)
{
	sim_control_set_hooks(&hooks);
	sim_scn_signals_begin(s);
	if (sigsetjmp(s->out, 1) == 0) {
		begin(s);
		sim_scn_options(s);
		for (unsigned i = 0; i < s->script->num_events; i++)
			do_event(s, &s->script->events[i]);
		wait_for_all(s);
		sim_scn_check_rules(s);
	}
	end(s);
	sim_scn_signals_end();
	sim_control_set_hooks(NULL);
}

static char *read_file(const char *path, size_t *len)
{
	FILE *f = fopen(path, "rb");
	char *text = f ? malloc(SIM_SCRIPT_MAX_BYTES + 1) : NULL;

	*len = 0;
	if (text) {
		*len = fread(text, 1, SIM_SCRIPT_MAX_BYTES + 1, f);
		if (ferror(f)) {
			free(text);
			text = NULL;
		}
	}
	if (f)
		fclose(f);
	return text;
}

enum sim_run_outcome sim_run_file(const char *path, const struct sim_run_options *o)
{
	struct sim_scenario *s = calloc(1, sizeof *s);
	enum sim_run_outcome outcome = SIM_RUN_MISTAKE;
	size_t len;
	char *text = read_file(path, &len);

	if (!s || !text) {
		fprintf(o->complaints, "%s: error: %s\n", path, strerror(errno));
		free(s);
		free(text);
		return SIM_RUN_MISTAKE;
	}
	s->options = o;
	s->script = sim_script_parse(path, text, len);
	free(text);
	if (s->script && !s->script->num_errors)
		for (unsigned i = 0; i < s->script->num_events; i++)
			if (s->script->events[i].kind == SIM_STMT_CALL)
				sim_scn_check_call(s, &s->script->events[i]);
	if (s->script && s->script->num_errors)
		sim_scn_print_errors(s);
	else if (s->script && !o->check_only)
		run(s);
	if (s->script)
		outcome = s->script->num_errors ? SIM_RUN_MISTAKE : s->outcome;
	sim_script_free(s->script);
	free(s);
	return outcome;
}
