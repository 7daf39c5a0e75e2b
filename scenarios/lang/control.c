/* SPDX-License-Identifier: MIT */
/*
 * Lines of control, each a word and what follows it, and packetdrill's commands in backticks, of which those
 * that set something are understood. No shell is run.
 */
#include <string.h>

#include "scenarios/lang/parser.h"
#include "sim/base/str.h"

enum rest { NO_REST, SOME_REST, MAYBE_REST };

struct word {
	const char *name, *form;
	unsigned num_words;
	enum rest rest;
};

static const struct word words[SIM_WORD_NUM] = {
	[SIM_WORD_CAPACITY] = { "capacity", "capacity SELECTOR BYTES", 0, SOME_REST },
	[SIM_WORD_EXPECT] = { "expect",
			      "expect signal SIGNAL, expect no signal, expect killed SIGNAL, or expect "
			      "sent|delivered SELECTOR BYTES",
			      1, SOME_REST },
	[SIM_WORD_EXPLAIN] = { "explain", "explain ERRNO KEY, such as: explain EAGAIN peer-not-reading", 2,
			       NO_REST },
	[SIM_WORD_FILE] = { "file", "file NAME BYTES", 1, SOME_REST },
	[SIM_WORD_HOST] = { "host", "host NAME ADDRESS/PREFIX...", 1, SOME_REST },
	[SIM_WORD_INJECT] = { "inject", "inject RULE", 0, SOME_REST },
	[SIM_WORD_IP] = { "ip", "ip HOST COMMAND", 1, SOME_REST },
	[SIM_WORD_IPTABLES] = { "iptables", "iptables HOST COMMAND", 1, SOME_REST },
	[SIM_WORD_IP6TABLES] = { "ip6tables", "ip6tables HOST COMMAND", 1, SOME_REST },
	[SIM_WORD_LINK] = { "link", "link HOST HOST NETEM", 2, SOME_REST },
	[SIM_WORD_PEER] = { "peer", "peer ADDRESS SERVICE", 1, SOME_REST },
	[SIM_WORD_PRINT] = { "print", "print TEXT", 0, SOME_REST },
	[SIM_WORD_PROCESS] = { "process", "process NAME HOST [uid N] [gid N] [umask N]", 2, MAYBE_REST },
	[SIM_WORD_SERVE] = { "serve", "serve HOST PORT SCRIPT", 2, SOME_REST },
	[SIM_WORD_SIGNAL] = { "signal", "signal PROCESS SIGNAL", 2, NO_REST },
	[SIM_WORD_SNDBUF] = { "sndbuf", "sndbuf SELECTOR BYTES", 0, SOME_REST },
	[SIM_WORD_SYSCTL] = { "sysctl", "sysctl HOST NAME VALUE", 2, SOME_REST },
	[SIM_WORD_DEFAULTS] = { "`defaults.sh`", "", 0, NO_REST },
	[SIM_WORD_NOTHING] = { "`nothing`", "", 0, NO_REST },
};

const char *sim_control_word_name(enum sim_control_word word)
{
	return (unsigned)word < SIM_WORD_NUM ? words[word].name : "?";
}

/* The next word of *rest, which loses it. */
static struct sim_slice next_word(struct sim_slice *rest)
{
	struct sim_slice all = sim_slice_trim(*rest);
	size_t n = 0;

	while (n < all.len && !sim_is_blank(sim_slice_text(all)[n]))
		n++;
	*rest = sim_slice_trim(sim_slice_sub(all, n, all.len));
	return sim_slice_sub(all, 0, n);
}

static void unknown_word(struct sim_parser *p, struct sim_slice word)
{
	struct sim_suggest s = sim_suggest_for(word);
	char hint[SIM_SUGGEST_BYTES], known[256];
	struct sim_str list = sim_str_on(known, sizeof known);

	for (unsigned i = 0; i < SIM_WORD_DEFAULTS; i++) {
		sim_suggest_offer(&s, words[i].name);
		sim_str_printf(&list, "%s%s", i ? ", " : "", words[i].name);
	}
	sim_parser_fail(p, word, "unknown line \"" SIM_SLICE_FMT "\"%s (a call has brackets; lines: %s)",
			SIM_SLICE_ARG(word), sim_suggest_text(&s, hint), known);
}

void sim_parse_control(struct sim_parser *p, struct sim_slice word, struct sim_event *ev)
{
	struct sim_slice rest = sim_lex_line(&p->lex);
	const struct word *w = words;

	while (w < words + SIM_WORD_DEFAULTS && !sim_slice_is(word, w->name))
		w++;
	if (w == words + SIM_WORD_DEFAULTS) {
		unknown_word(p, word);
		return;
	}
	ev->kind = SIM_STMT_CONTROL;
	ev->word = (enum sim_control_word)(w - words);
	for (unsigned i = 0; i < w->num_words; i++) {
		ev->words[i] = next_word(&rest);
		if (!ev->words[i].len) {
			sim_parser_fail(p, rest, "something is missing: expected %s", w->form);
			return;
		}
	}
	ev->rest = rest;
	if (w->rest == SOME_REST && !rest.len)
		sim_parser_fail(p, rest, "something is missing: expected %s", w->form);
	else if (w->rest == NO_REST && rest.len)
		sim_parser_fail(p, rest, "the line goes on: expected %s", w->form);
}

/* ---- commands in backticks ---- */

/* A line of commands goes on behind a backslash. */
static bool is_gap(char c)
{
	return sim_is_blank(c) || c == '\\';
}

static struct sim_slice skip_gap(struct sim_slice s)
{
	while (s.len && is_gap(*sim_slice_text(s)))
		s = sim_slice_sub(s, 1, s.len);
	while (s.len && is_gap(sim_slice_text(s)[s.len - 1]))
		s.len--;
	return s;
}

static struct sim_slice command_word(struct sim_slice *rest)
{
	struct sim_slice all = skip_gap(*rest);
	size_t n = 0;

	while (n < all.len && !is_gap(sim_slice_text(all)[n]))
		n++;
	*rest = skip_gap(sim_slice_sub(all, n, all.len));
	return sim_slice_sub(all, 0, n);
}

static void setting(struct sim_parser *p, struct sim_slice at, enum sim_control_word word,
		    struct sim_slice name, struct sim_slice value)
{
	struct sim_event *ev = sim_parser_event(p);

	if (!ev)
		return;
	ev->kind = SIM_STMT_CONTROL;
	ev->word = word;
	ev->at = at;
	ev->words[0] = sim_slice_sub(at, 0, 0); /* the first host */
	ev->words[1] = name;
	ev->rest = value;
}

/* NAME=VALUE or NAME="a b c" at the beginning of *rest, which loses it. */
static bool assignment(struct sim_parser *p, struct sim_slice *rest)
{
	struct sim_slice all = skip_gap(*rest), value;
	size_t eq = sim_slice_find(all, '='), end;
	bool quoted;

	if (eq == all.len) {
		sim_parser_fail(p, all, "expected NAME=VALUE");
		return false;
	}
	value = sim_slice_sub(all, eq + 1, all.len);
	quoted = value.len && *sim_slice_text(value) == '"';
	if (quoted)
		value = sim_slice_sub(value, 1, value.len);
	for (end = 0; end < value.len; end++)
		if (quoted ? sim_slice_text(value)[end] == '"' : is_gap(sim_slice_text(value)[end]))
			break;
	*rest = skip_gap(sim_slice_sub(value, end + quoted, value.len));
	setting(p, sim_slice_sub(all, 0, eq), SIM_WORD_SYSCTL, sim_slice_sub(all, 0, eq),
		sim_slice_sub(value, 0, end));
	return !p->failed;
}

static bool ends_with(struct sim_slice s, const char *end)
{
	size_t len = strlen(end);

	return s.len >= len && sim_slice_is(sim_slice_sub(s, s.len - len, len), end);
}

static bool begins_with(struct sim_slice s, const char *text)
{
	return sim_slice_is(sim_slice_sub(s, 0, strlen(text)), text);
}

/* "> /dev/null", "2>&1", "# why": no setting any more. */
static bool is_no_setting(struct sim_slice s)
{
	size_t n = 0;

	if (!s.len || *sim_slice_text(s) == '#')
		return true;
	while (n < s.len && !is_gap(sim_slice_text(s)[n]))
		n++;
	return sim_slice_find(sim_slice_sub(s, 0, n), '>') < n;
}

/*
 * What needs no doing: a script's settings go with its world, and no metrics of earlier connections are kept.
 */
static bool is_needless(struct sim_slice line)
{
	return begins_with(line, "/tmp/sysctl_restore_") || begins_with(line, "ip tcp_metrics flush");
}

/* One of them, without the words of the others. */
static void command(struct sim_parser *p, struct sim_slice line)
{
	struct sim_slice rest = line, word = command_word(&rest);

	if (!word.len || *sim_slice_text(word) == '#')
		return;
	if (is_needless(line)) {
		setting(p, word, SIM_WORD_NOTHING, word, rest);
		return;
	}
	if (ends_with(word, "defaults.sh")) {
		setting(p, word, SIM_WORD_DEFAULTS, word, rest);
		return;
	}
	if (!sim_slice_is(word, "sysctl") && !ends_with(word, "set_sysctls.py")) {
		sim_parser_fail(p, word,
				"the command \"" SIM_SLICE_FMT "\" is not understood: no shell is run "
				"(understood: sysctl NAME=VALUE, set_sysctls.py, defaults.sh)",
				SIM_SLICE_ARG(word));
		return;
	}
	while (rest.len && *sim_slice_text(rest) == '-')
		(void)command_word(&rest);
	do {
		if (is_no_setting(rest))
			return;
	} while (assignment(p, &rest));
}

/* To a semicolon, or to the end of a line that no backslash ends. */
static size_t command_len(struct sim_slice s)
{
	size_t n = 0;

	while (n < s.len && sim_slice_text(s)[n] != ';' &&
	       (sim_slice_text(s)[n] != '\n' || (n && sim_slice_text(s)[n - 1] == '\\')))
		n++;
	return n;
}

void sim_parse_commands(struct sim_parser *p, struct sim_slice text)
{
	struct sim_slice rest = sim_slice_sub(text, 1, text.len - 2);

	while (rest.len && !p->failed) {
		size_t n = command_len(rest);

		command(p, skip_gap(sim_slice_sub(rest, 0, n)));
		rest = sim_slice_sub(rest, n + 1, rest.len);
	}
}
