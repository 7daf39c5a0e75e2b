/* SPDX-License-Identifier: MIT */
/* Times before events: +.1, 1.5, +20ms, +0...0.2, +.1~+.3, *. Seconds unless a unit says otherwise. */
#include <errno.h>
#include <string.h>

#include "scenarios/lang/parser.h"
#include "sim/base/quantity.h"
#include "sim/base/str.h"

#define NS_PER_S    INT64_C(1000000000)
#define MAX_SECONDS INT64_C(1000000000)

static bool has_unit(struct sim_slice s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!sim_is_digit(sim_slice_text(s)[i]) && sim_slice_text(s)[i] != '.')
			return true;
	return false;
}

/* "1.25", ".5": to a nanosecond. */
static bool seconds(struct sim_slice s, int64_t *ns)
{
	const char *t = sim_slice_text(s);
	int64_t whole = 0, part = 0, unit = NS_PER_S;
	size_t i = 0;

	for (; i < s.len && t[i] != '.'; i++) {
		whole = whole * 10 + (t[i] - '0');
		if (whole > MAX_SECONDS)
			return false;
	}
	for (i++; i < s.len; i++) {
		if (t[i] == '.' || (unit == 1 && t[i] != '0'))
			return false;
		if (unit > 1) {
			unit /= 10;
			part += (t[i] - '0') * unit;
		}
	}
	*ns = whole * NS_PER_S + part;
	return true;
}

static int64_t parse_time(struct sim_parser *p)
{
	struct sim_slice s = p->tok.at;
	struct sim_diag d;
	int64_t ns = 0;

	if (p->tok.kind != SIM_TOKEN_NUMBER) {
		sim_parser_expected(p, "a time, such as 0.1 or 20ms");
		return 0;
	}
	if (has_unit(s)) {
		if (sim_parse_span(s, "time", SIM_SPAN_BARE_S, &ns, &d))
			sim_parser_fail(p, s, "%s", d.message);
		else if (ns > MAX_SECONDS * NS_PER_S)
			sim_parser_fail(p, s, "later than time goes in a scenario");
	} else if (!seconds(s, &ns)) {
		sim_parser_fail(p, s, "\"" SIM_SLICE_FMT "\" is no time in seconds: expected such as 0.1",
				SIM_SLICE_ARG(s));
	}
	sim_parser_next(p);
	return ns;
}

static void parse_end(struct sim_parser *p, struct sim_when *when, struct sim_slice at)
{
	(void)sim_parser_take(p, '+');
	when->end_ns = parse_time(p);
	if (!p->failed && when->end_ns < when->ns)
		sim_parser_fail(p, at, "it ends before it begins");
}

void sim_parse_when(struct sim_parser *p, struct sim_when *when)
{
	struct sim_slice at = p->tok.at;

	memset(when, 0, sizeof *when);
	if (sim_parser_take(p, '*')) {
		when->kind = SIM_WHEN_ANY;
		return;
	}
	if (sim_parser_take(p, '+'))
		when->kind = SIM_WHEN_AFTER;
	else if (p->tok.kind == SIM_TOKEN_NUMBER)
		when->kind = SIM_WHEN_AT;
	else
		return;
	when->ns = when->end_ns = parse_time(p);
	if (p->failed)
		return;
	if (sim_parser_take(p, '~')) {
		when->is_range = true;
		parse_end(p, when, at);
	} else if (p->tok.kind == SIM_TOKEN_ELLIPSIS) {
		when->blocks = true;
		sim_parser_next(p);
		when->open_end = p->tok.kind != SIM_TOKEN_NUMBER && !sim_parser_is(p, '+');
		if (!when->open_end)
			parse_end(p, when, at);
	}
}
