/* SPDX-License-Identifier: MIT */
/*
 * sim_at(): lines that come to pass at a virtual time. A line is read when it is given, so that a mistake in
 * it fails where it stands, and read again when its time has come.
 */
#include "api/control/control.h"

#include <errno.h>
#include <string.h>

#include "api/calls/calls.h"
#include "api/simsock.h"
#include "sim/base/names.h"
#include "sim/base/quantity.h"
#include "sim/host/ip_words.h"
#include "sim/ip/firewall.h"
#include "sim/link/netem.h"

struct sim_at_line {
	struct sim_list node;
	struct sim_timer timer;
	size_t text_bytes;
	char text[];
};

/* One line, read. */
struct command {
	struct sim_host *host, *other;
	struct sim_netem netem;
	struct sim_fw_command firewall;
	struct sim_slice text; /* what firewall was read from */
	int signo;
	struct sim_ip_command ip;
	const char *rest; /* to the end of the line */
	char name[64];
};

struct verb {
	const char *name, *form;
	int (*parse)(struct sim_control *c, struct sim_slice args, struct command *out, struct sim_diag *d);
	void (*act)(struct sim_control *c, const struct command *cmd);
};

/* The next word of *rest, which loses it. */
static struct sim_slice next_word(struct sim_slice *rest)
{
	struct sim_slice all = sim_slice_trim(*rest), word;
	size_t n = sim_slice_find(all, ' ');

	word = sim_slice_sub(all, 0, n);
	*rest = sim_slice_trim(sim_slice_sub(all, n, all.len));
	return word;
}

static int parse_link(struct sim_control *c, struct sim_slice args, struct command *out, struct sim_diag *d)
{
	out->host = sim_control_find_host(c, next_word(&args), d);
	out->other = out->host ? sim_control_find_host(c, next_word(&args), d) : NULL;
	if (!out->other)
		return -EINVAL;
	return sim_control_parse_link(out->host, out->other, args, &out->netem, d);
}

static void act_link(struct sim_control *c, const struct command *cmd)
{
	(void)c;
	sim_control_link(cmd->host, cmd->other, &cmd->netem);
}

static int parse_inject(struct sim_control *c, struct sim_slice args, struct command *out, struct sim_diag *d)
{
	struct sim_fault_spec spec;

	(void)c;
	out->rest = sim_slice_text(args);
	return sim_fault_parse(out->rest, sim_control_parse_inet, &spec, d);
}

static void act_inject(struct sim_control *c, const struct command *cmd)
{
	if (sim_fault_add(&c->w->rules, cmd->rest, sim_control_parse_inet, NULL) < 0)
		sim_control_fail("sim_at: the world's memory is used up (SIMSOCK_ARENA)");
}

static int parse_sysctl(struct sim_control *c, struct sim_slice args, struct command *out, struct sim_diag *d)
{
	struct sim_slice name;
	struct sim_host probe;

	out->host = sim_control_find_host(c, next_word(&args), d);
	if (!out->host)
		return -EINVAL;
	name = next_word(&args);
	if (name.len >= sizeof out->name)
		name.len = sizeof out->name - 1;
	memcpy(out->name, sim_slice_text(name), name.len);
	out->name[name.len] = '\0';
	out->rest = sim_slice_text(args);
	probe = *out->host; /* tried on a copy: nothing is set before its time */
	return sim_host_sysctl_set(&probe, out->name, out->rest, d) ? 0 : -EINVAL;
}

static void act_sysctl(struct sim_control *c, const struct command *cmd)
{
	struct sim_diag d;

	(void)c;
	if (!sim_host_sysctl_set(cmd->host, cmd->name, cmd->rest, &d))
		sim_control_fail_diag(&d);
}

static int parse_firewall(struct sim_control *c, struct sim_slice args, struct command *out, bool v6,
			  struct sim_diag *d)
{
	out->host = sim_control_find_host(c, next_word(&args), d);
	out->text = args;
	return out->host ? sim_control_parse_firewall(c, args, v6, &out->firewall, d) : -EINVAL;
}

static int parse_iptables(struct sim_control *c, struct sim_slice args, struct command *out,
			  struct sim_diag *d)
{
	return parse_firewall(c, args, out, false, d);
}

static int parse_ip6tables(struct sim_control *c, struct sim_slice args, struct command *out,
			   struct sim_diag *d)
{
	return parse_firewall(c, args, out, true, d);
}

static void act_firewall(struct sim_control *c, const struct command *cmd)
{
	(void)c;
	sim_control_firewall(cmd->host, &cmd->firewall, cmd->text);
}

static int parse_ip(struct sim_control *c, struct sim_slice args, struct command *out, struct sim_diag *d)
{
	out->host = sim_control_find_host(c, next_word(&args), d);
	return out->host ? sim_ip_command_parse(args, &out->ip, d) : -EINVAL;
}

static void act_ip(struct sim_control *c, const struct command *cmd)
{
	char shown[SIM_REPORT_BYTES];
	struct sim_str s = sim_str_on(shown, sizeof shown);
	struct sim_diag d;

	(void)c;
	if (sim_ip_command_run(cmd->host, &cmd->ip, &s, &d))
		sim_control_fail_diag(&d);
	fputs(shown, stdout);
}

static int parse_signal(struct sim_control *c, struct sim_slice args, struct command *out, struct sim_diag *d)
{
	struct sim_slice name;
	struct sim_suggest s;
	char hint[SIM_SUGGEST_BYTES];

	out->host = sim_control_find_host(c, next_word(&args), d);
	if (!out->host)
		return -EINVAL;
	name = args;
	out->signo = sim_signal_by_name(sim_slice_text(name), name.len);
	if (out->signo)
		return 0;
	s = sim_suggest_for(name);
	sim_signal_suggest(&s);
	return sim_diag_slice(d, name, "unknown signal \"" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(name),
			      sim_suggest_text(&s, hint));
}

static void act_signal(struct sim_control *c, const struct command *cmd)
{
	struct sim_list *node;

	sim_list_each(node, &c->w->procs) {
		struct sim_proc *p = sim_container_of(node, struct sim_proc, node);

		if (p->host == cmd->host && !p->builtin && !p->ended)
			sim_proc_signal(p, cmd->signo);
	}
}

static int parse_print(struct sim_control *c, struct sim_slice args, struct command *out, struct sim_diag *d)
{
	(void)c;
	(void)d;
	out->rest = sim_slice_text(args);
	return 0;
}

static void act_print(struct sim_control *c, const struct command *cmd)
{
	char line[SIM_LINE_BYTES];
	struct sim_str s = sim_str_on(line, sizeof line);

	sim_render_time(&s, c->w->ctx.clock.now_ns);
	sim_str_printf(&s, " %s", cmd->rest);
	puts(line);
}

static const struct verb verbs[] = {
	{ "link", "link A B NETEM", parse_link, act_link },
	{ "inject", "inject RULE", parse_inject, act_inject },
	{ "sysctl", "sysctl HOST NAME VALUE", parse_sysctl, act_sysctl },
	{ "iptables", "iptables HOST RULE", parse_iptables, act_firewall },
	{ "ip6tables", "ip6tables HOST RULE", parse_ip6tables, act_firewall },
	{ "ip", "ip HOST COMMAND", parse_ip, act_ip },
	{ "signal", "signal HOST SIGNAL", parse_signal, act_signal },
	{ "print", "print TEXT", parse_print, act_print },
};
enum { NUM_VERBS = sizeof verbs / sizeof verbs[0] };

/* What stands behind the verb's word ends with the line, so that rest of it is a string. NULL and a
 * diagnostic. */
static const struct verb *parse_line(struct sim_control *c, const struct sim_source *src, struct command *out,
				     struct sim_diag *d)
{
	struct sim_slice rest = sim_slice_all(src), word = next_word(&rest);
	struct sim_suggest s = sim_suggest_for(word);
	char hint[SIM_SUGGEST_BYTES], known[512];
	struct sim_str list = sim_str_on(known, sizeof known);

	memset(out, 0, sizeof *out);
	for (unsigned i = 0; i < NUM_VERBS; i++) {
		if (sim_slice_is(word, verbs[i].name))
			return verbs[i].parse(c, rest, out, d) ? NULL : &verbs[i];
		sim_suggest_offer(&s, verbs[i].name);
		sim_str_printf(&list, "%s%s", i ? "; " : "", verbs[i].form);
	}
	sim_diag_slice(d, word, "unknown command \"" SIM_SLICE_FMT "\"%s (commands: %s)", SIM_SLICE_ARG(word),
		       sim_suggest_text(&s, hint), known);
	return NULL;
}

static int64_t parse_when(struct sim_control *c, const char *when)
{
	struct sim_source src = sim_source_of("sim_at", when);
	struct sim_slice all = sim_slice_trim(sim_slice_all(&src));
	bool relative = all.len && *sim_slice_text(all) == '+';
	int64_t now_ns = c->w->ctx.clock.now_ns, span_ns;
	struct sim_diag d;

	if (sim_parse_span(relative ? sim_slice_sub(all, 1, all.len) : all, "time", SIM_SPAN_NEEDS_UNIT,
			   &span_ns, &d))
		sim_control_fail_diag(&d);
	if (relative && span_ns > SIM_NEVER_NS - 1 - now_ns) {
		sim_diag_slice(&d, all, "later than time goes");
		sim_control_fail_diag(&d);
	}
	if (!relative && span_ns < now_ns) {
		sim_diag_slice(&d, all, "that is past: write +" SIM_SLICE_FMT " for a time from now",
			       SIM_SLICE_ARG(all));
		sim_control_fail_diag(&d);
	}
	return relative ? now_ns + span_ns : span_ns;
}

void(sim_at)(const char *when, const char *line)
{
	struct sim_control *c = sim_control_current("sim_at");
	struct sim_source src = sim_source_of("sim_at", line ? line : "");
	int64_t due_ns = parse_when(c, when ? when : "");
	struct sim_at_line *at;
	struct command cmd;
	struct sim_diag d;

	/* Blanks at the end would be part of what is quoted to the parsers. */
	while (src.len && src.text[src.len - 1] == ' ')
		src.len--;
	if (!parse_line(c, &src, &cmd, &d))
		sim_control_fail_diag(&d);
	at = sim_arena_alloc(c->w->ctx.arena, sizeof *at + src.len + 1);
	if (!at)
		sim_control_fail("sim_at: the world's memory is used up (SIMSOCK_ARENA)");
	at->text_bytes = src.len + 1;
	memcpy(at->text, src.text, src.len);
	sim_timer_init(&at->timer, SIM_TIMER_AT, false);
	sim_list_append(&c->ats, &at->node);
	if (sim_timer_set(&c->w->ctx.clock, &at->timer, due_ns))
		sim_control_fail("sim_at: the world's memory is used up (SIMSOCK_ARENA)");
}

void sim_control_on_at(struct sim_world *w, struct sim_timer *timer)
{
	struct sim_at_line *at = sim_container_of(timer, struct sim_at_line, timer);
	struct sim_control *c = sim_control_of(w);
	struct sim_source src = sim_source_of("sim_at", at->text);
	const struct verb *verb;
	struct command cmd;
	struct sim_diag d;

	sim_list_remove(&at->node);
	verb = parse_line(c, &src, &cmd, &d);
	if (!verb)
		sim_control_fail_diag(&d);
	verb->act(c, &cmd);
	sim_timer_fini(&w->ctx.clock, timer);
	sim_arena_free(w->ctx.arena, at, sizeof *at + at->text_bytes);
}

void sim_control_list_ats(struct sim_control *c, struct sim_str *out)
{
	struct sim_list *node;

	sim_list_each(node, &c->ats) {
		struct sim_at_line *at = sim_container_of(node, struct sim_at_line, node);

		sim_str_add(out, "still to come at ");
		sim_render_time(out, at->timer.due_ns);
		sim_str_printf(out, ": %s\n", at->text);
	}
}
