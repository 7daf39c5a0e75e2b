/* SPDX-License-Identifier: MIT */
/* Sysctls by name: the table of sim/sock/sysctl_table.h read and written as sysctl(8) would. */
#include <errno.h>
#include <stddef.h>
#include <string.h>

#include "sim/base/diag.h"
#include "sim/base/quantity.h"
#include "sim/base/str.h"
#include "sim/host/host.h"

enum { MAX_VALUES = 3, MAX_WORDS = 3 };

static const struct row {
	const char *name;
	size_t at;
	int index;
	int32_t min, max;
} rows[] = {
#define SYSCTL_ROW(field, text, index, initial, min, max) \
	{ text, offsetof(struct sim_sysctls, field), index, min, max },
	SIM_SYSCTL_TABLE(SYSCTL_ROW)
#undef SYSCTL_ROW
};

enum { NUM_ROWS = sizeof rows / sizeof rows[0] };

static const struct words {
	const char *name;
	const char *words[MAX_WORDS + 1];
} all_words[] = {
#define WORDS_ROW(text, ...) { text, { __VA_ARGS__ } },
	SIM_SYSCTL_WORDS_TABLE(WORDS_ROW)
#undef WORDS_ROW
};

/* NULL: it takes numbers alone. */
static const char *const *words_of(const struct row *r)
{
	for (unsigned i = 0; i < sizeof all_words / sizeof all_words[0]; i++)
		if (strcmp(all_words[i].name, r->name) == 0)
			return all_words[i].words;
	return NULL;
}

/* A number, or one of the row's words. */
static int parse_value(struct sim_slice in, const struct row *r, uint64_t *v, struct sim_diag *d)
{
	const char *const *words = words_of(r);
	struct sim_suggest s = sim_suggest_for(in);
	char hint[SIM_SUGGEST_BYTES], list[96];
	struct sim_str known = sim_str_on(list, sizeof list);

	if (!words || (in.len && sim_is_digit(sim_slice_text(in)[0])))
		return sim_parse_uint(in, r->name, (uint64_t)r->min, (uint64_t)r->max, v, d);
	for (*v = 0; words[*v]; ++*v) {
		if (sim_slice_is(in, words[*v]))
			return 0;
		sim_suggest_offer(&s, words[*v]);
		sim_str_printf(&known, "%s%s", !*v ? "" : words[*v + 1] ? ", " : " or ", words[*v]);
	}
	return sim_diag_slice(d, in, "%s is %s, not \"" SIM_SLICE_FMT "\"%s", r->name, list,
			      SIM_SLICE_ARG(in), sim_suggest_text(&s, hint));
}

static int32_t *field(struct sim_sysctls *s, const struct row *r)
{
	return (int32_t *)(void *)((char *)s + r->at);
}

/*
 * Linux has the neighbour cache's settings for each interface; here those of all are one, which answers to
 * "default" and to the name of every eth.
 */
static bool is_name_of(struct sim_slice name, const char *row)
{
	static const char tail[] = ".default.";
	const char *at = strstr(row, tail);
	size_t head = at ? (size_t)(at - row) + 1 : 0, dot;
	struct sim_slice rest;

	if (sim_slice_is(name, row))
		return true;
	if (!at || name.len <= head || memcmp(sim_slice_text(name), row, head))
		return false;
	rest = sim_slice_sub(name, head, name.len);
	dot = sim_slice_find(rest, '.');
	return rest.len > 3 && !memcmp(sim_slice_text(rest), "eth", 3) && dot < rest.len &&
	       sim_slice_is(sim_slice_sub(rest, dot, rest.len), at + sizeof tail - 2);
}

/* The rows of one name are neighbours: their first, and how many. */
static const struct row *find(struct sim_slice name, unsigned *num)
{
	for (unsigned i = 0; i < NUM_ROWS; i++) {
		if (rows[i].index || !is_name_of(name, rows[i].name))
			continue;
		for (*num = 1; i + *num < NUM_ROWS && rows[i + *num].index; ++*num)
			;
		return &rows[i];
	}
	return NULL;
}

const char *sim_host_sysctl_name(unsigned n)
{
	for (unsigned i = 0; i < NUM_ROWS; i++)
		if (!rows[i].index && !n--)
			return rows[i].name;
	return NULL;
}

static bool unknown_name(struct sim_slice name, struct sim_diag *d)
{
	struct sim_suggest s = sim_suggest_for(name);
	char buf[SIM_SUGGEST_BYTES];

	for (unsigned i = 0; i < NUM_ROWS; i++)
		if (!rows[i].index)
			sim_suggest_offer(&s, rows[i].name);
	sim_diag_slice(d, name, "unknown sysctl \"" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(name),
		       sim_suggest_text(&s, buf));
	return false;
}

/* The next blank-separated word of *rest. */
static struct sim_slice next_word(struct sim_slice *rest)
{
	struct sim_slice word, all = sim_slice_trim(*rest);
	size_t n = 0;

	while (n < all.len && !sim_is_blank(sim_slice_text(all)[n]))
		n++;
	word = sim_slice_sub(all, 0, n);
	*rest = sim_slice_sub(all, n, all.len - n);
	return word;
}

bool sim_host_sysctl_set(struct sim_host *h, const char *name, const char *value, struct sim_diag *d)
{
	struct sim_source name_src = sim_source_of("sysctl name", name),
			  src = sim_source_of("sysctl value", value);
	struct sim_slice rest = sim_slice_all(&src);
	int32_t parsed[MAX_VALUES] = { 0 };
	unsigned num, n;
	const struct row *r = find(sim_slice_all(&name_src), &num);

	if (!r)
		return unknown_name(sim_slice_all(&name_src), d);
	for (n = 0; n < num; n++) {
		struct sim_slice word = next_word(&rest);
		uint64_t v;

		if (!word.len && n) {
			sim_diag_slice(d, word, "%s takes %u numbers, and only %u stand here", name, num, n);
			return false;
		}
		if (parse_value(word, &r[n], &v, d))
			return false;
		parsed[n] = (int32_t)v;
	}
	rest = sim_slice_trim(rest);
	if (rest.len) {
		sim_diag_slice(d, rest, "%s takes %u number%s: \"" SIM_SLICE_FMT "\" is too much", name, num,
			       num == 1 ? "" : "s", SIM_SLICE_ARG(rest));
		return false;
	}
	/* ip(7): the last port may not come before the first. */
	if (r->at == offsetof(struct sim_sysctls, port_first) && parsed[1] < parsed[0]) {
		sim_diag_slice(d, sim_slice_all(&src),
			       "the range of ports ends at %d, before it begins at %d", parsed[1], parsed[0]);
		return false;
	}
	for (n = 0; n < num; n++)
		*field(&h->net.sysctl, &r[n]) = parsed[n];
	return true;
}

bool sim_host_sysctl_get(const struct sim_host *h, const char *name, char *buf, size_t cap)
{
	struct sim_source src = sim_source_of("sysctl name", name);
	struct sim_sysctls copy = h->net.sysctl;
	struct sim_str out = sim_str_on(buf, cap);
	unsigned num;
	const struct row *r = find(sim_slice_all(&src), &num);

	if (!r)
		return false;
	for (unsigned n = 0; n < num; n++) {
		int32_t v = *field(&copy, &r[n]);

		if (words_of(r))
			sim_str_add(&out, words_of(r)[v]);
		else
			sim_str_printf(&out, "%s%d", n ? "\t" : "", v);
	}
	return true;
}
