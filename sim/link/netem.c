/* SPDX-License-Identifier: MIT */
/* tc-netem's words: see netem.h. A word and its value at a time, in any order, each at most once. */
#include "sim/link/netem.h"

#include <errno.h>
#include <inttypes.h>

#include "sim/base/diag.h"
#include "sim/base/quantity.h"
#include "sim/base/str.h"

#define NUM(a) (sizeof(a) / sizeof(a)[0])
#define KNOWN  "known are delay, loss, rate, limit, mtu"

/* A word is what stands between blanks; an empty one is the end. */
struct words {
	struct sim_slice rest;
	struct sim_slice word;
};

struct param {
	const char *name;
	int (*parse)(struct words *w, struct sim_netem *n, struct sim_diag *d);
};

static void next_word(struct words *w)
{
	const char *p;
	size_t len = 0;

	w->rest = sim_slice_trim(w->rest);
	p = sim_slice_text(w->rest);
	while (len < w->rest.len && !sim_is_blank(p[len]))
		len++;
	w->word = sim_slice_sub(w->rest, 0, len);
	w->rest = sim_slice_sub(w->rest, len, w->rest.len);
}

static bool is_number(struct sim_slice word)
{
	return word.len && sim_is_digit(sim_slice_text(word)[0]);
}

static int refuse_number(struct words *w, const char *what, const char *form, struct sim_diag *d)
{
	if (!is_number(w->word))
		return 0;
	return sim_diag_slice(d, w->word, "%s is not simulated yet: write \"%s\"", what, form);
}

static int parse_delay(struct words *w, struct sim_netem *n, struct sim_diag *d)
{
	int err = sim_parse_span(w->word, "delay", SIM_SPAN_BARE_US, &n->delay_ns, d);

	if (err)
		return err;
	next_word(w);
	return refuse_number(w, "jitter (a second number after delay)", "delay 20ms", d);
}

static int parse_loss(struct words *w, struct sim_netem *n, struct sim_diag *d)
{
	int err;

	if (sim_slice_is(w->word, "random"))
		next_word(w);
	else if (sim_slice_is(w->word, "state") || sim_slice_is(w->word, "gemodel"))
		return sim_diag_slice(d, w->word,
				      "loss " SIM_SLICE_FMT " is not simulated yet: write \"loss 1%%\"",
				      SIM_SLICE_ARG(w->word));
	err = sim_parse_percent(w->word, "loss", &n->loss_ppb, d);
	if (err)
		return err;
	next_word(w);
	return refuse_number(w, "correlation (a second percent after loss)", "loss 1%", d);
}

static int parse_rate(struct words *w, struct sim_netem *n, struct sim_diag *d)
{
	struct sim_slice value = w->word;
	int err = sim_parse_rate(value, "rate", &n->rate_bps, d);

	if (err)
		return err;
	if (n->rate_bps == 0)
		return sim_diag_slice(d, value, "rate 0 would deliver nothing: leave rate out for no limit");
	next_word(w);
	return refuse_number(w, "packet overhead (a second number after rate)", "rate 10mbit", d);
}

static int parse_u32(struct words *w, const char *what, uint32_t min, uint32_t max, uint32_t *out,
		     struct sim_diag *d)
{
	uint64_t value;
	int err = sim_parse_uint(w->word, what, min, max, &value, d);

	if (err)
		return err;
	*out = (uint32_t)value;
	next_word(w);
	return 0;
}

static int parse_limit(struct words *w, struct sim_netem *n, struct sim_diag *d)
{
	return parse_u32(w, "limit", 1, 1000000000, &n->limit_packets, d);
}

static int parse_mtu(struct words *w, struct sim_netem *n, struct sim_diag *d)
{
	return parse_u32(w, "mtu", SIM_NETEM_MTU_MIN, SIM_NETEM_MTU_MAX, &n->mtu_bytes, d);
}

static const struct param params[] = {
	{ "delay", parse_delay }, { "loss", parse_loss }, { "rate", parse_rate },
	{ "limit", parse_limit }, { "mtu", parse_mtu },
};

/* tc-netem(8) has them too. */
static const char *const absent[] = {
	"duplicate", "corrupt", "reorder", "gap", "distribution", "slot", "ecn", "jitter", "seed",
};

static const char *const units[] = { "ns", "us", "ms", "s", "bit", "kbit", "mbit", "gbit", "%" };

static int unknown_word(struct sim_slice word, struct sim_diag *d)
{
	struct sim_suggest s = sim_suggest_for(word);
	char near[SIM_SUGGEST_BYTES];
	size_t i;

	for (i = 0; i < NUM(absent); i++) {
		if (sim_slice_is(word, absent[i]))
			return sim_diag_slice(d, word, "\"%s\" is not simulated yet: " KNOWN, absent[i]);
	}
	for (i = 0; i < NUM(units); i++) {
		if (sim_slice_is(word, units[i]))
			return sim_diag_slice(d, word,
					      "a unit that stands alone: write it right behind the number, "
					      "such as 20ms");
	}
	for (i = 0; i < NUM(params); i++)
		sim_suggest_offer(&s, params[i].name);
	return sim_diag_slice(d, word, "unknown word \"" SIM_SLICE_FMT "\"%s (" KNOWN ")",
			      SIM_SLICE_ARG(word), sim_suggest_text(&s, near));
}

static const struct param *find_param(struct sim_slice word)
{
	size_t i;

	for (i = 0; i < NUM(params); i++) {
		if (sim_slice_is(word, params[i].name))
			return &params[i];
	}
	return NULL;
}

struct sim_netem sim_netem_default(void)
{
	struct sim_netem n = { 0, 0, SIM_NETEM_LIMIT_DEFAULT, 0, SIM_NETEM_MTU_DEFAULT };

	return n;
}

int sim_netem_parse(struct sim_slice in, struct sim_netem *out, struct sim_diag *d)
{
	struct sim_netem n = sim_netem_default();
	struct words w = { in, in };
	unsigned seen = 0;
	int err;

	next_word(&w);
	while (w.word.len) {
		const struct param *p = find_param(w.word);

		if (!p)
			return unknown_word(w.word, d);
		if (seen & 1u << (p - params))
			return sim_diag_slice(d, w.word, "\"%s\" is given twice", p->name);
		seen |= 1u << (p - params);
		next_word(&w);
		err = p->parse(&w, &n, d);
		if (err)
			return err;
	}
	*out = n;
	return 0;
}

/* "1%", "0.0000001%" */
static void add_percent(struct sim_str *out, uint32_t ppb)
{
	const uint32_t one = SIM_PPB_ONE / 100;
	uint32_t part = ppb % one, place = one;

	sim_str_printf(out, "%" PRIu32, ppb / one);
	if (part)
		sim_str_add(out, ".");
	while (part) {
		place /= 10;
		sim_str_printf(out, "%" PRIu32, part / place);
		part %= place;
	}
	sim_str_add(out, "%");
}

void sim_netem_add(struct sim_str *out, const struct sim_netem *n)
{
	sim_str_add(out, "delay ");
	sim_span_add(out, n->delay_ns);
	if (n->loss_ppb) {
		sim_str_add(out, " loss ");
		add_percent(out, n->loss_ppb);
	}
	if (n->rate_bps)
		sim_str_printf(out, " rate %" PRIu64 "bit", n->rate_bps);
	if (n->limit_packets != SIM_NETEM_LIMIT_DEFAULT)
		sim_str_printf(out, " limit %" PRIu32, n->limit_packets);
	if (n->mtu_bytes != SIM_NETEM_MTU_DEFAULT)
		sim_str_printf(out, " mtu %" PRIu32, n->mtu_bytes);
}
