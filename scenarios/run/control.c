/* SPDX-License-Identifier: MIT */
/*
 * Lines of control and script options: hosts, links, rules, buffers, peers, signals, what is expected. Each
 * does what the function of simsock.h of that name does, and a mistake in it is shown where it stands in the
 * script.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "api/calls/calls.h"
#include "api/simsock.h"
#include "scenarios/run/scenario.h"
#include "sim/base/names.h"
#include "sim/base/quantity.h"
#include "sim/link/netem.h"
#include "sim/unix/unix_domain.h"

/* ---- help ---- */

/* A slice as a string: in a buffer that the next call of this function takes again. */
static const char *text_of(struct sim_scenario *s, struct sim_slice in)
{
	static char text[4096];

	if (in.len >= sizeof text)
		sim_scn_mistake(s, in, "longer than %zu letters", sizeof text - 1);
	memcpy(text, sim_slice_text(in), in.len);
	text[in.len] = '\0';
	return text;
}

/* The same for as long as the scenario runs. */
static const char *copy_of(struct sim_scenario *s, struct sim_slice in)
{
	struct sim_block *b = calloc(1, sizeof *b + in.len + 1);

	if (!b)
		sim_control_fail("out of memory");
	memcpy(b->bytes, sim_slice_text(in), in.len);
	b->next = s->copies;
	s->copies = b;
	return (const char *)b->bytes;
}

/* A diagnostic of a parser that read a copy of `in`: its message, where it stands in the script. */
static _Noreturn void mistake_in(struct sim_scenario *s, struct sim_slice in, const struct sim_diag *d)
{
	struct sim_slice at = sim_slice_sub(in, d->column ? d->column - 1 : 0, 0);

	sim_scn_mistake(s, at, "%s", d->message);
}

/* The same of a parser that read the script itself. */
static _Noreturn void mistake_there(struct sim_scenario *s, const struct sim_diag *d)
{
	const struct sim_source *src = &s->script->src;
	struct sim_slice at = sim_slice_all(src);
	unsigned line = 1;

	for (size_t i = 0; i < src->len && line < d->line; i++) {
		at = sim_slice_sub(sim_slice_all(src), i + 1, src->len);
		line += src->text[i] == '\n';
	}
	sim_scn_mistake(s, sim_slice_sub(at, d->column - 1, 0), "%s", d->message);
}

static struct sim_host *host_of(struct sim_scenario *s, struct sim_slice name)
{
	struct sim_diag d;
	struct sim_host *h = name.len ? sim_control_find_host(s->c, name, &d) : s->w->first_host;

	if (!h)
		mistake_there(s, &d);
	return h;
}

static struct sim_slice last_word(struct sim_slice *rest)
{
	size_t n = rest->len;
	struct sim_slice word;

	while (n && !sim_is_blank(sim_slice_text(*rest)[n - 1]))
		n--;
	word = sim_slice_sub(*rest, n, rest->len);
	*rest = sim_slice_trim(sim_slice_sub(*rest, 0, n));
	return word;
}

static struct sim_slice first_word(struct sim_slice *rest)
{
	struct sim_slice all = sim_slice_trim(*rest);
	size_t n = 0;

	while (n < all.len && !sim_is_blank(sim_slice_text(all)[n]))
		n++;
	*rest = sim_slice_trim(sim_slice_sub(all, n, all.len));
	return sim_slice_sub(all, 0, n);
}

static uint64_t bytes_of(struct sim_scenario *s, struct sim_slice in, const char *what)
{
	struct sim_diag d;
	uint64_t bytes = 0;

	if (sim_parse_size(in, what, UINT64_C(1) << 30, &bytes, &d))
		mistake_there(s, &d);
	return bytes;
}

static int signal_of(struct sim_scenario *s, struct sim_slice name)
{
	struct sim_suggest near = sim_suggest_for(name);
	char hint[SIM_SUGGEST_BYTES];
	int sig = sim_signal_by_name(sim_slice_text(name), name.len);

	if (sig)
		return sig;
	sim_signal_suggest(&near);
	sim_scn_mistake(s, name, "unknown signal \"" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(name),
			sim_suggest_text(&near, hint));
}

static struct sim_actor *actor_of(struct sim_scenario *s, struct sim_slice who)
{
	struct sim_suggest near = sim_suggest_for(who);
	char hint[SIM_SUGGEST_BYTES];
	struct sim_actor *a = sim_scn_actor(s, who);

	if (a)
		return a;
	for (a = s->actors; a; a = a->next)
		sim_suggest_offer(&near, a->name);
	sim_scn_mistake(s, who, "no host or process is called \"" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(who),
			sim_suggest_text(&near, hint));
}

/* ---- the network ---- */

static void do_host(struct sim_scenario *s, const struct sim_event *ev)
{
	const char *name = copy_of(s, ev->words[0]);
	bool is_new = !sim_world_find_host(s->w, name);

	sim_control_add_host(s->c, name, text_of(s, ev->rest));
	if (is_new) {
		struct sim_host *h = sim_world_find_host(s->w, name);

		h->net.unix_domain->paths = SIM_UNIX_PATHS_VIRTUAL;
		(void)sim_scn_add_actor(s, name, h);
	}
}

static void do_link(struct sim_scenario *s, const struct sim_event *ev)
{
	struct sim_host *a = host_of(s, ev->words[0]), *b = host_of(s, ev->words[1]);
	struct sim_netem netem;
	struct sim_diag d;

	if (sim_control_parse_link(a, b, ev->rest, &netem, &d))
		mistake_there(s, &d);
	sim_control_link(a, b, &netem);
}

/* Up to what stands behind the last point and the word there: "net.ipv4.tcp_". */
static size_t family_len(const char *name)
{
	const char *dot = strrchr(name, '.');
	const char *end = dot ? strchr(dot, '_') : NULL;

	return end ? (size_t)(end - name) + 1 : dot ? (size_t)(dot - name) + 1 : 0;
}

/* Linux has many more than are simulated: those that are near. */
static void add_sysctls_like(struct sim_str *out, const char *name)
{
	size_t len = family_len(name);
	const char *known, *sep = "";

	sim_str_add(out, " (");
	for (unsigned n = 0; len && (known = sim_host_sysctl_name(n)); n++) {
		if (strncmp(known, name, len))
			continue;
		if (!*sep)
			sim_str_printf(out, "of %.*s* there are ", (int)len, name);
		sim_str_printf(out, "%s%s", sep, known + len);
		sep = ", ";
	}
	sim_str_printf(out, "%sall: docs/fidelity.md)", *sep ? "; " : "");
}

static _Noreturn void unknown_sysctl(struct sim_scenario *s, struct sim_slice at, const char *name,
				     const char *message)
{
	char text[SIM_DIAG_MESSAGE_BYTES];
	struct sim_str out = sim_str_on(text, sizeof text);

	sim_str_add(&out, message);
	add_sysctls_like(&out, name);
	sim_scn_mistake(s, at, "%s", text);
}

static void set_sysctl(struct sim_scenario *s, struct sim_host *h, struct sim_slice name,
		       struct sim_slice value)
{
	char text[128];
	struct sim_str out = sim_str_on(text, sizeof text);
	struct sim_diag d;

	/* set_sysctls.py says it as a path. */
	if (sim_slice_is(sim_slice_sub(name, 0, 10), "/proc/sys/"))
		name = sim_slice_sub(name, 10, name.len);
	for (size_t i = 0; i < name.len; i++)
		sim_str_add_len(&out, sim_slice_text(name)[i] == '/' ? "." : sim_slice_text(name) + i, 1);
	if (sim_host_sysctl_set(h, text, text_of(s, value), &d))
		return;
	if (strstr(d.text, "sysctl name") == d.text)
		unknown_sysctl(s, name, text, d.message);
	sim_scn_mistake(s, value, "%s", d.message);
}

static void do_sysctl(struct sim_scenario *s, const struct sim_event *ev)
{
	set_sysctl(s, host_of(s, ev->words[0]), ev->words[1], ev->rest);
}

/* What packetdrill's defaults.sh sets, as far as it is simulated. */
static void do_defaults(struct sim_scenario *s)
{
	static const char *const settings[][2] = {
		{ "net.ipv4.tcp_rmem", "4096 540000 15728640" },
		{ "net.ipv4.tcp_wmem", "4096 262144 4194304" },
		{ "net.ipv4.tcp_timestamps", "1" },
		{ "net.ipv4.tcp_syn_retries", "5" },
	};
	struct sim_diag d;

	for (size_t i = 0; i < sizeof settings / sizeof settings[0]; i++)
		(void)sim_host_sysctl_set(s->w->first_host, settings[i][0], settings[i][1], &d);
}

static void pass_on(struct sim_scenario *s, const struct sim_event *ev,
		    void (*fn)(const char *host, const char *command))
{
	const char *host = copy_of(s, ev->words[0]);

	(void)host_of(s, ev->words[0]);
	fn(host, text_of(s, ev->rest));
}

/* What a command shows goes where the scenario prints. */
static void do_ip(struct sim_scenario *s, const struct sim_event *ev)
{
	const char *host = copy_of(s, ev->words[0]);

	(void)host_of(s, ev->words[0]);
	fputs((sim_ip)(host, text_of(s, ev->rest)), s->options->out);
}

/* ---- faults, buffers, peers ---- */

static void do_inject(struct sim_scenario *s, const struct sim_event *ev)
{
	struct sim_diag d;
	const char *rule = text_of(s, ev->rest);
	int id;

	if (s->num_rules == sizeof s->rules / sizeof s->rules[0])
		sim_scn_mistake(s, ev->at, "a scenario has at most %zu rules",
				sizeof s->rules / sizeof s->rules[0]);
	id = sim_fault_add(&s->w->rules, rule, sim_control_parse_inet, &d);
	if (id == -EINVAL)
		mistake_in(s, ev->rest, &d);
	if (id < 0)
		sim_control_fail("the world's memory is used up (SIMSOCK_ARENA)");
	s->rules[s->num_rules] = id;
	s->rule_events[s->num_rules++] = ev;
}

void sim_scn_check_rules(struct sim_scenario *s)
{
	for (unsigned i = 0; i < s->num_rules; i++)
		if (!(sim_fired)(s->rules[i]))
			sim_scn_fail(s, s->rule_events[i]->at, "this rule never fired");
}

/* A selector with the script's own numbers behind "fd". */
static const char *selector_of(struct sim_scenario *s, const struct sim_event *ev, struct sim_slice in,
			       char *text, size_t cap)
{
	struct sim_actor *a = actor_of(s, ev->who);
	struct sim_str out = sim_str_on(text, cap);
	bool is_fd = false;

	while (in.len) {
		struct sim_slice word = first_word(&in);
		uint64_t fd;
		struct sim_diag d;

		if (out.len)
			sim_str_add(&out, " ");
		if (is_fd && !sim_parse_uint(word, "fd", 0, SIM_SCN_MAX_FD - 1, &fd, &d))
			sim_str_printf(&out, "%d", sim_scn_fd(a, (int64_t)fd));
		else
			sim_str_add_len(&out, sim_slice_text(word), word.len);
		is_fd = sim_slice_is(word, "fd");
	}
	return text;
}

static void do_knob(struct sim_scenario *s, const struct sim_event *ev)
{
	struct sim_slice sel = ev->rest, size = last_word(&sel);
	char text[256];
	uint64_t bytes = bytes_of(s, size, "the buffer");

	if (!sel.len)
		sim_scn_mistake(s, ev->rest, "expected %s SELECTOR BYTES, such as: %s client 1000",
				sim_control_word_name(ev->word), sim_control_word_name(ev->word));
	(void)selector_of(s, ev, sel, text, sizeof text);
	if (ev->word == SIM_WORD_SNDBUF)
		(sim_sndbuf)(text, bytes);
	else
		(sim_capacity)(text, bytes);
}

static void do_serve(struct sim_scenario *s, const struct sim_event *ev)
{
	const char *host = copy_of(s, ev->words[0]);
	struct sim_diag d;
	uint64_t port;

	(void)host_of(s, ev->words[0]);
	if (sim_parse_uint(ev->words[1], "port", 1, 65535, &port, &d))
		mistake_there(s, &d);
	(sim_serve)(host, (int)port, text_of(s, ev->rest));
}

static void do_peer(struct sim_scenario *s, const struct sim_event *ev)
{
	const char *addr = copy_of(s, ev->words[0]);

	(sim_peer)(addr, text_of(s, ev->rest));
}

static void do_file(struct sim_scenario *s, const struct sim_event *ev)
{
	struct sim_slice name = ev->words[0];

	if (name.len > 1 && *sim_slice_text(name) == '"')
		name = sim_slice_sub(name, 1, name.len - 2);
	sim_scn_add_file(s, name, bytes_of(s, ev->rest, "the file"));
}

/* ---- processes, signals ---- */

static uint32_t number_of(struct sim_scenario *s, struct sim_slice in, const char *what, bool octal)
{
	uint64_t value = 0;
	struct sim_diag d;

	if (sim_parse_uint(in, what, 0, octal ? 777 : UINT32_MAX, &value, &d))
		mistake_there(s, &d);
	if (octal)
		value = (value / 100 % 10) << 6 | (value / 10 % 10) << 3 | value % 10;
	return (uint32_t)value;
}

static void do_process(struct sim_scenario *s, const struct sim_event *ev)
{
	struct sim_slice rest = ev->rest, word;
	struct sim_host *h = host_of(s, ev->words[1]);
	struct sim_actor *a = sim_scn_actor(s, ev->words[0]);

	if (ev->words[0].len >= SIM_SCN_NAME_BYTES)
		sim_scn_mistake(s, ev->words[0], "a process's name has at most %d letters",
				SIM_SCN_NAME_BYTES - 1);
	if (a && a->host != h)
		sim_scn_mistake(s, ev->words[0], "\"%s\" is on another host already", a->name);
	if (!a)
		a = sim_scn_add_actor(s, text_of(s, ev->words[0]), h);
	while (rest.len) {
		word = first_word(&rest);
		if (!rest.len)
			sim_scn_mistake(s, word, "expected a number behind \"" SIM_SLICE_FMT "\"",
					SIM_SLICE_ARG(word));
		if (sim_slice_is(word, "uid"))
			a->proc->uid = number_of(s, first_word(&rest), "uid", false);
		else if (sim_slice_is(word, "gid"))
			a->proc->gid = number_of(s, first_word(&rest), "gid", false);
		else if (sim_slice_is(word, "umask"))
			a->proc->umask = number_of(s, first_word(&rest), "umask", true);
		else
			sim_scn_mistake(s, word, "unknown word \"" SIM_SLICE_FMT "\" (uid N, gid N, umask N)",
					SIM_SLICE_ARG(word));
	}
}

static void do_signal(struct sim_scenario *s, const struct sim_event *ev)
{
	struct sim_actor *a = actor_of(s, ev->words[0]);
	int sig = signal_of(s, ev->words[1]);

	if (a->proc->ended)
		sim_scn_fail(s, ev->at, "\"%s\" has ended", a->name);
	sim_proc_signal(a->proc, sig);
	sim_scn_settle(s);
}

/* ---- expectations ---- */

/* The call of the line that stands before, of the process that is asked about: it is not back yet. */
static const struct sim_job *call_before(struct sim_scenario *s, const struct sim_event *ev)
{
	const struct sim_event *from = ev;
	const struct sim_actor *who = ev->who.len ? sim_scn_actor(s, ev->who) : NULL;
	const struct sim_job *j = s->running;

	do {
		if (from == s->script->events)
			return NULL;
		from--;
	} while (from->kind != SIM_STMT_CALL || (who && sim_scn_actor(s, from->who) != who));
	while (j && j->ev != from)
		j = j->next;
	return j;
}

/* What "explain" asks about has no such reason: a call that still blocks is told first. */
static void check_not_blocked(struct sim_scenario *s, const struct sim_event *ev)
{
	const struct sim_job *j = call_before(s, ev);
	char since[40], call[120];
	struct sim_str when = sim_str_on(since, sizeof since), text = sim_str_on(call, sizeof call);

	if (!j)
		return;
	sim_render_time(&when, j->begin_ns);
	sim_scn_add_slice(&text, j->ev->call);
	sim_scn_fail(s, ev->at, "%s: %s still blocks, since %s", j->actor->name, call, since);
}

static _Noreturn void fail_no_reason(struct sim_scenario *s, const struct sim_event *ev,
				     const struct sim_job *j)
{
	if (j->result == -1 && j->err)
		sim_scn_fail(s, ev->at,
			     "the last call failed with %s, and has left no reason: a call on a file, a pipe "
			     "or a path is not simulated",
			     sim_errno_name(j->err));
	sim_scn_fail(s, ev->at, "the last call neither failed nor came up short");
}

static void check_key(struct sim_scenario *s, struct sim_slice key)
{
	struct sim_suggest near = sim_suggest_for(key);
	char hint[SIM_SUGGEST_BYTES];

	for (unsigned k = 0; k < SIM_WHY_NUM; k++)
		if (sim_slice_is(key, sim_why_name(k)))
			return;
	for (unsigned k = 1; k < SIM_WHY_NUM; k++)
		sim_suggest_offer(&near, sim_why_name(k));
	sim_scn_mistake(s, key, "unknown reason \"" SIM_SLICE_FMT "\"%s (docs/why.md)", SIM_SLICE_ARG(key),
			sim_suggest_text(&near, hint));
}

static void do_explain(struct sim_scenario *s, const struct sim_event *ev)
{
	const struct sim_actor *a = ev->who.len ? actor_of(s, ev->who) : s->last_actor;
	const struct sim_job *j = a ? a->last : NULL;
	struct sim_slice err = ev->words[0], key = ev->words[1];
	struct sim_suggest near = sim_suggest_for(err);
	char hint[SIM_SUGGEST_BYTES];
	int want = sim_errno_by_name(sim_slice_text(err), err.len);

	if (!want && !sim_slice_is(err, "0")) {
		sim_errno_suggest(&near);
		sim_scn_mistake(s, err, "unknown errno \"" SIM_SLICE_FMT "\"%s (0: it came up short)",
				SIM_SLICE_ARG(err), sim_suggest_text(&near, hint));
	}
	check_key(s, key);
	if (j && j->why_err == want && sim_slice_is(key, j->why_key))
		return;
	check_not_blocked(s, ev);
	if (!j)
		sim_scn_mistake(s, ev->at, "no call stands before this line");
	if (!j->why_key[0])
		fail_no_reason(s, ev, j);
	sim_scn_fail(s, j->why_err == want ? key : err,
		     "expected " SIM_SLICE_FMT " " SIM_SLICE_FMT ", got %s %s: %s", SIM_SLICE_ARG(err),
		     SIM_SLICE_ARG(key), j->why_err ? sim_errno_name(j->why_err) : "0", j->why_key,
		     j->why_text);
}

static void add_signals(struct sim_str *out, uint64_t seen)
{
	const char *sep = "";

	for (int sig = 1; sig <= 64; sig++) {
		if (!(seen >> (sig - 1) & 1))
			continue;
		sim_str_add(out, sep);
		sim_signal_add(out, sig);
		sep = ", ";
	}
	if (!*sep)
		sim_str_add(out, "none");
}

static void expect_signal(struct sim_scenario *s, const struct sim_event *ev, struct sim_actor *a)
{
	int sig = signal_of(s, ev->rest);
	uint64_t bit = UINT64_C(1) << (sig - 1);
	char seen[128];
	struct sim_str out = sim_str_on(seen, sizeof seen);

	add_signals(&out, a->seen);
	if (!(a->seen & bit))
		sim_scn_fail(s, ev->rest,
			     "expected " SIM_SLICE_FMT " at %s since its last call began, got %s",
			     SIM_SLICE_ARG(ev->rest), a->name, seen);
	a->seen &= ~bit;
}

static void expect_no_signal(struct sim_scenario *s, const struct sim_event *ev, struct sim_actor *a)
{
	char seen[128];
	struct sim_str out = sim_str_on(seen, sizeof seen);

	if (!sim_slice_is(ev->rest, "signal"))
		sim_scn_mistake(s, ev->rest, "expected \"no signal\"");
	add_signals(&out, a->seen);
	if (a->seen)
		sim_scn_fail(s, ev->rest, "expected no signal at %s since its last call began, got %s",
			     a->name, seen);
}

static void expect_killed(struct sim_scenario *s, const struct sim_event *ev, struct sim_actor *a)
{
	int sig = signal_of(s, ev->rest);

	if (!a->proc->ended)
		sim_scn_fail(s, ev->rest, "\"%s\" still lives", a->name);
	if (!WIFSIGNALED(a->proc->exit_status) || WTERMSIG(a->proc->exit_status) != sig)
		sim_scn_fail(s, ev->rest, "\"%s\" was ended by %s", a->name,
			     sim_signal_name(WTERMSIG(a->proc->exit_status)));
}

static void expect_moved(struct sim_scenario *s, const struct sim_event *ev, bool delivered)
{
	struct sim_slice sel = ev->rest, size = last_word(&sel);
	uint64_t want = bytes_of(s, size, "the number"), got;
	char text[256];

	if (!sel.len)
		sim_scn_mistake(s, ev->rest,
				"expected a selector and a number of bytes, such as: client 1000");
	(void)selector_of(s, ev, sel, text, sizeof text);
	got = sim_control_moved(s->c, text, delivered, NULL, 0);
	if (got != want)
		sim_scn_fail(s, size, "expected %llu bytes %s, got %llu", (unsigned long long)want,
			     delivered ? "delivered" : "sent", (unsigned long long)got);
}

static void do_expect(struct sim_scenario *s, const struct sim_event *ev)
{
	struct sim_slice what = ev->words[0];
	struct sim_actor *a = ev->who.len     ? actor_of(s, ev->who)
			      : s->last_actor ? sim_scn_actor_of(s, s->last_actor->proc)
					      : s->actors;

	sim_scn_settle(s);
	if (sim_slice_is(what, "signal"))
		expect_signal(s, ev, a);
	else if (sim_slice_is(what, "no"))
		expect_no_signal(s, ev, a);
	else if (sim_slice_is(what, "killed"))
		expect_killed(s, ev, a);
	else if (sim_slice_is(what, "sent") || sim_slice_is(what, "delivered"))
		expect_moved(s, ev, sim_slice_is(what, "delivered"));
	else
		sim_scn_mistake(s, what,
				"unknown expectation \"" SIM_SLICE_FMT "\" (signal SIGNAL, no signal, killed "
				"SIGNAL, sent SELECTOR BYTES, delivered SELECTOR BYTES)",
				SIM_SLICE_ARG(what));
}

static void do_print(struct sim_scenario *s, const struct sim_event *ev)
{
	char when[40];
	struct sim_str out = sim_str_on(when, sizeof when);

	sim_render_time(&out, s->w->ctx.clock.now_ns);
	fprintf(s->options->out, "%s %s\n", when, text_of(s, ev->rest));
}

void sim_scn_control(struct sim_scenario *s, const struct sim_event *ev)
{
	s->in_control = true;
	switch (ev->word) {
	case SIM_WORD_SNDBUF:
	case SIM_WORD_CAPACITY: do_knob(s, ev); break;
	case SIM_WORD_EXPECT: do_expect(s, ev); break;
	case SIM_WORD_EXPLAIN: do_explain(s, ev); break;
	case SIM_WORD_FILE: do_file(s, ev); break;
	case SIM_WORD_HOST: do_host(s, ev); break;
	case SIM_WORD_INJECT: do_inject(s, ev); break;
	case SIM_WORD_IP: do_ip(s, ev); break;
	case SIM_WORD_IPTABLES: pass_on(s, ev, (sim_iptables)); break;
	case SIM_WORD_IP6TABLES: pass_on(s, ev, (sim_ip6tables)); break;
	case SIM_WORD_LINK: do_link(s, ev); break;
	case SIM_WORD_PEER: do_peer(s, ev); break;
	case SIM_WORD_PRINT: do_print(s, ev); break;
	case SIM_WORD_PROCESS: do_process(s, ev); break;
	case SIM_WORD_SERVE: do_serve(s, ev); break;
	case SIM_WORD_SIGNAL: do_signal(s, ev); break;
	case SIM_WORD_SYSCTL: do_sysctl(s, ev); break;
	case SIM_WORD_DEFAULTS: do_defaults(s); break;
	case SIM_WORD_NOTHING:
	case SIM_WORD_NUM: break;
	}
	s->in_control = false;
}

/* ---- options ---- */

static void unknown_option(struct sim_scenario *s, const struct sim_script_option *o)
{
	static const char *const known[] = { "ip_version", "tolerance_usecs" };
	struct sim_suggest near = sim_suggest_for(o->name);
	char hint[SIM_SUGGEST_BYTES];

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		sim_suggest_offer(&near, known[i]);
	sim_scn_mistake(s, o->name, "unknown option \"--" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(o->name),
			sim_suggest_text(&near, hint));
}

void sim_scn_options(struct sim_scenario *s)
{
	/* They are about packet lines, which are refused, and about addresses that only these show. */
	static const char *const of_packets[] = { "tcp_ts_tick_usecs", "tcp_ts_ecr_scaled",
						  "strict_segments",   "mss",
						  "local_ip",          "remote_ip" };
	struct sim_diag d;
	uint64_t n;

	for (const struct sim_script_option *o = s->script->options; o; o = o->next) {
		bool known = false;

		for (size_t i = 0; i < sizeof of_packets / sizeof of_packets[0]; i++)
			known |= sim_slice_is(o->name, of_packets[i]);
		if (sim_slice_is(o->name, "ip_version")) {
			s->is_v6 = sim_slice_is(o->value, "ipv6");
			if (!s->is_v6 && !sim_slice_is(o->value, "ipv4"))
				sim_scn_mistake(s, o->value, "expected --ip_version=ipv4 or ipv6");
		} else if (sim_slice_is(o->name, "tolerance_usecs")) {
			if (sim_parse_uint(o->value, "tolerance_usecs", 0, 1000000000, &n, &d))
				mistake_there(s, &d);
			s->tolerance_ns = (int64_t)n * 1000;
		} else if (!known) {
			unknown_option(s, o);
		}
	}
}
