/* SPDX-License-Identifier: MIT */
/* How failures and mistakes of a scenario are told. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <string.h>

#include "scenarios/run/scenario.h"
#include "sim/base/names.h"

void sim_scn_add_slice(struct sim_str *out, struct sim_slice s)
{
	bool blank = false;

	for (size_t i = 0; i < s.len; i++) {
		char c = sim_slice_text(s)[i];

		if (sim_is_blank(c)) {
			blank = out->len > 0;
			continue;
		}
		if (blank)
			sim_str_add(out, " ");
		blank = false;
		sim_str_add_len(out, &c, 1);
	}
}

static void add_errno(struct sim_str *out, int err)
{
	const char *name = sim_errno_name(err);

	sim_str_printf(out, name ? " %s (%s)" : " errno %s (%s)", name ? name : "?", strerror(err));
}

void sim_scn_add_result(struct sim_str *out, const struct sim_job *j)
{
	sim_str_printf(out, "%ld", j->result);
	if (j->result == -1 && j->err)
		add_errno(out, j->err);
}

void sim_scn_print_errors(const struct sim_scenario *s)
{
	const struct sim_script *script = s->script;
	unsigned num =
		script->num_errors < SIM_SCRIPT_MAX_ERRORS ? script->num_errors : SIM_SCRIPT_MAX_ERRORS;

	for (unsigned i = 0; i < num; i++) {
		const struct sim_diag *d = &script->errors[i];
		const char *rest = strchr(d->text, '\n');

		fprintf(s->options->complaints, "%s:%u:%u: error: %s%s\n", script->src.name, d->line,
			d->column, d->message, rest ? rest : "");
	}
	if (script->num_errors > num)
		fprintf(s->options->complaints, "%s: and %u more mistakes\n", script->src.name,
			script->num_errors - num);
}

/* FILE:LINE:COLUMN: WORD: message, the line, the caret. */
static void print(struct sim_scenario *s, struct sim_slice at, const char *word, const char *fmt, va_list ap)
{
	struct sim_diag d;
	const char *rest;

	(void)sim_diag_vat(&d, at.src, at.at, fmt, ap);
	rest = strchr(d.text, '\n');
	fflush(s->options->out);
	fprintf(s->options->complaints, "%s:%u:%u: %s: %s%s\n", s->script->src.name, d.line, d.column, word,
		d.message, rest ? rest : "");
}

static _Noreturn void leave(struct sim_scenario *s, enum sim_run_outcome outcome)
{
	s->outcome = outcome;
	siglongjmp(s->out, 1);
}

void sim_scn_mistake(struct sim_scenario *s, struct sim_slice at, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(s, at, "error", fmt, ap);
	va_end(ap);
	leave(s, SIM_RUN_MISTAKE);
}

static void add_now(struct sim_scenario *s, struct sim_str *out)
{
	sim_str_add(out, "FAILED at ");
	sim_render_time(out, s->w->ctx.clock.now_ns);
}

void sim_scn_fail(struct sim_scenario *s, struct sim_slice at, const char *fmt, ...)
{
	char when[64];
	struct sim_str out = sim_str_on(when, sizeof when);
	va_list ap;

	add_now(s, &out);
	va_start(ap, fmt);
	print(s, at, when, fmt, ap);
	va_end(ap);
	leave(s, SIM_RUN_FAILED);
}

static void __attribute__((format(printf, 4, 5)))
print_at(struct sim_scenario *s, struct sim_slice at, const char *word, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	print(s, at, word, fmt, ap);
	va_end(ap);
}

void sim_scn_fail_text(struct sim_scenario *s, struct sim_slice at, const char *text)
{
	char when[64];
	struct sim_str out = sim_str_on(when, sizeof when);
	const char *rest = strchr(text, '\n');

	add_now(s, &out);
	print_at(s, at, when, "%.*s", (int)(rest ? rest - text : (long)strlen(text)), text);
	while (rest) {
		const char *line = rest + 1;

		rest = strchr(line, '\n');
		/* The conductor's own waiting is nobody's fault. */
		if (*line && strncmp(line, "  main (", 8))
			fprintf(s->options->complaints, "  %.*s\n",
				(int)(rest ? rest - line : (long)strlen(line)), line);
	}
	leave(s, SIM_RUN_FAILED);
}

void sim_scn_fail_job(struct sim_job *j)
{
	struct sim_scenario *s = j->scn;
	char when[64], call[120], result[256];
	struct sim_str out = sim_str_on(when, sizeof when), text = sim_str_on(call, sizeof call),
		       res = sim_str_on(result, sizeof result);
	FILE *f = s->options->complaints;

	add_now(s, &out);
	sim_scn_add_slice(&text, j->ev->call);
	if (text.truncated)
		memcpy(call + sizeof call - 4, "...", 4);
	sim_scn_add_result(&res, j);
	print_at(s, j->differs_at, when, "%s: %s", j->actor->name, call);
	fprintf(f, "  expected: %s\n  got:      %s\n", j->want, j->got);
	if (strcmp(j->got, result))
		fprintf(f, "  result:   %s\n", result);
	if (j->why_text[0])
		fprintf(f, "  reason:   %s [%s]\n", j->why_text, j->why_key);
	leave(s, SIM_RUN_FAILED);
}
