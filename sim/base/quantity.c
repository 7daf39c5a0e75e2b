/* SPDX-License-Identifier: MIT */
/* Quantities: see quantity.h. A number is a whole mantissa and a count of decimals; a unit is a whole factor.
 */
#include "sim/base/quantity.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sim/base/str.h"

#define DIGITS_MAX 18 /* what a mantissa holds for certain */

struct unit {
	const char *name;
	uint64_t factor; /* 0: refused for being ambiguous */
};

struct number {
	uint64_t mantissa;
	unsigned num_decimals;
	struct sim_slice unit; /* what follows the digits */
};

static const uint64_t ten_to[DIGITS_MAX + 1] = {
	UINT64_C(1),
	UINT64_C(10),
	UINT64_C(100),
	UINT64_C(1000),
	UINT64_C(10000),
	UINT64_C(100000),
	UINT64_C(1000000),
	UINT64_C(10000000),
	UINT64_C(100000000),
	UINT64_C(1000000000),
	UINT64_C(10000000000),
	UINT64_C(100000000000),
	UINT64_C(1000000000000),
	UINT64_C(10000000000000),
	UINT64_C(100000000000000),
	UINT64_C(1000000000000000),
	UINT64_C(10000000000000000),
	UINT64_C(100000000000000000),
	UINT64_C(1000000000000000000),
};

static const struct unit span_units[] = {
	{ "ns", 1 },
	{ "us", 1000 },
	{ "ms", 1000000 },
	{ "s", UINT64_C(1000000000) },
	{ "min", UINT64_C(60000000000) },
	{ "h", UINT64_C(3600000000000) },
	{ "d", UINT64_C(86400000000000) },
	{ "nsec", 1 },
	{ "nsecs", 1 },
	{ "usec", 1000 },
	{ "usecs", 1000 },
	{ "msec", 1000000 },
	{ "msecs", 1000000 },
	{ "sec", UINT64_C(1000000000) },
	{ "secs", UINT64_C(1000000000) },
	{ "m", 0 },
	{ NULL, 0 },
};

static const struct unit size_units[] = {
	{ "B", 1 },
	{ "k", UINT64_C(1) << 10 },
	{ "K", UINT64_C(1) << 10 },
	{ "M", UINT64_C(1) << 20 },
	{ "G", UINT64_C(1) << 30 },
	{ "KiB", UINT64_C(1) << 10 },
	{ "MiB", UINT64_C(1) << 20 },
	{ "GiB", UINT64_C(1) << 30 },
	{ "kB", 1000 },
	{ "MB", 1000000 },
	{ "GB", 1000000000 },
	{ "kb", 0 },
	{ "mb", 0 },
	{ "gb", 0 },
	{ "KB", 0 },
	{ "Kb", 0 },
	{ "m", 0 },
	{ "g", 0 },
	{ NULL, 0 },
};

/* tc(8), RATES: factors in bits a second. Read without regard to case. */
static const struct unit rate_units[] = {
	{ "bit", 1 },
	{ "kbit", 1000 },
	{ "mbit", 1000000 },
	{ "gbit", UINT64_C(1000000000) },
	{ "tbit", UINT64_C(1000000000000) },
	{ "kibit", UINT64_C(1) << 10 },
	{ "mibit", UINT64_C(1) << 20 },
	{ "gibit", UINT64_C(1) << 30 },
	{ "tibit", UINT64_C(1) << 40 },
	{ "bps", 8 },
	{ "kbps", 8000 },
	{ "mbps", 8000000 },
	{ "gbps", UINT64_C(8000000000) },
	{ "tbps", UINT64_C(8000000000000) },
	{ "kibps", UINT64_C(8) << 10 },
	{ "mibps", UINT64_C(8) << 20 },
	{ "gibps", UINT64_C(8) << 30 },
	{ "tibps", UINT64_C(8) << 40 },
	{ NULL, 0 },
};

/* Digits, perhaps a point and more digits; the rest is the unit. `example` says how such a quantity looks. */
static int scan_number(struct sim_slice in, const char *what, const char *example, struct number *n,
		       struct sim_diag *d)
{
	const char *p = sim_slice_text(in);
	size_t i = 0, num_digits = 0;
	bool point = false;

	n->mantissa = 0;
	n->num_decimals = 0;
	if (in.len == 0)
		return sim_diag_slice(d, in, "%s needs a value, such as %s", what, example);
	if (p[0] == '-')
		return sim_diag_slice(d, in, "%s can't be negative: it looks like %s", what, example);
	for (; i < in.len && (sim_is_digit(p[i]) || (p[i] == '.' && !point && i > 0)); i++) {
		if (p[i] == '.') {
			point = true;
			continue;
		}
		if (n->mantissa || p[i] != '0')
			num_digits++;
		if (num_digits > DIGITS_MAX || n->num_decimals == DIGITS_MAX)
			return sim_diag_slice(d, in, "%s has more than %d digits", what, DIGITS_MAX);
		n->mantissa = n->mantissa * 10 + (uint64_t)(p[i] - '0');
		n->num_decimals += point;
	}
	if (i == 0 || p[i - 1] == '.')
		return sim_diag_at(d, in.src, in.at + i,
				   "\"" SIM_SLICE_FMT "\" is no number: %s looks like %s", SIM_SLICE_ARG(in),
				   what, example);
	n->unit = sim_slice_sub(in, i, in.len - i);
	if (n->unit.len && p[i] == ' ')
		return sim_diag_slice(d, n->unit, "%s has a blank before its unit: write the two as one word",
				      what);
	return 0;
}

static bool same_but_case(struct sim_slice s, const char *word)
{
	const char *p = sim_slice_text(s);
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (sim_to_lower(p[i]) != word[i])
			return false;
	}
	return word[i] == '\0';
}

static const struct unit *find_unit(const struct unit *units, struct sim_slice name, bool any_case)
{
	for (; units->name; units++) {
		if (any_case ? same_but_case(name, units->name) : sim_slice_is(name, units->name))
			return units;
	}
	return NULL;
}

/* mantissa * factor / 10^decimals, which must be whole and at most max. */
static int scale(const struct number *n, uint64_t factor, uint64_t max, uint64_t *out)
{
	__uint128_t product = (__uint128_t)n->mantissa * factor;
	uint64_t divisor = ten_to[n->num_decimals];

	if (product / divisor > max)
		return -ERANGE;
	if (product % divisor)
		return -EDOM;
	*out = (uint64_t)(product / divisor);
	return 0;
}

int sim_parse_span(struct sim_slice in, const char *what, uint64_t bare_unit_ns, int64_t *out_ns,
		   struct sim_diag *d)
{
	struct number n;
	const struct unit *unit;
	uint64_t factor = bare_unit_ns, ns;
	int err = scan_number(in, what, "5ms (units: ns us ms s min h d)", &n, d);

	if (err)
		return err;
	if (n.unit.len) {
		unit = find_unit(span_units, n.unit, false);
		if (!unit)
			return sim_diag_slice(d, n.unit,
					      "\"" SIM_SLICE_FMT
					      "\" is no unit of time: %s takes ns us ms s min h d",
					      SIM_SLICE_ARG(n.unit), what);
		if (unit->factor == 0)
			return sim_diag_slice(d, n.unit, "\"m\" is ambiguous: write \"min\" or \"ms\"");
		factor = unit->factor;
	} else if (!factor) {
		if (n.mantissa)
			return sim_diag_at(d, in.src, in.at + in.len, "%s needs a unit: ns us ms s min h d",
					   what);
		factor = 1;
	}
	err = scale(&n, factor, INT64_MAX, &ns);
	if (err == -ERANGE)
		return sim_diag_slice(d, in, "%s is longer than 292 years", what);
	if (err)
		return sim_diag_slice(d, in, "%s is finer than a nanosecond", what);
	*out_ns = (int64_t)ns;
	return 0;
}

int sim_parse_size(struct sim_slice in, const char *what, uint64_t max_bytes, uint64_t *out_bytes,
		   struct sim_diag *d)
{
	struct number n;
	const struct unit *unit;
	uint64_t factor = 1;
	int err = scan_number(in, what, "1460, 10k or 64KiB", &n, d);

	if (err)
		return err;
	if (n.unit.len) {
		unit = find_unit(size_units, n.unit, false);
		if (!unit)
			return sim_diag_slice(
				d, n.unit,
				"\"" SIM_SLICE_FMT
				"\" is no unit of size: %s takes B, k M G or KiB MiB GiB (1024), "
				"kB MB GB (1000)",
				SIM_SLICE_ARG(n.unit), what);
		if (unit->factor == 0)
			return sim_diag_slice(d, n.unit,
					      "\"" SIM_SLICE_FMT
					      "\" is ambiguous: write KiB MiB GiB (1024) or kB MB GB (1000)",
					      SIM_SLICE_ARG(n.unit));
		factor = unit->factor;
	}
	err = scale(&n, factor, max_bytes, out_bytes);
	if (err == -ERANGE)
		return sim_diag_slice(d, in, "%s is more than %" PRIu64 " bytes", what, max_bytes);
	if (err)
		return sim_diag_slice(d, in, "%s is no whole number of bytes", what);
	return 0;
}

int sim_parse_percent(struct sim_slice in, const char *what, uint32_t *out_ppb, struct sim_diag *d)
{
	struct number n;
	uint64_t ppb;
	int err = scan_number(in, what, "5% or 0.1%", &n, d);

	if (err)
		return err;
	if (!sim_slice_is(n.unit, "%"))
		return sim_diag_slice(d, n.unit, "%s needs a percent sign: it looks like 5%% or 0.1%%", what);
	err = scale(&n, SIM_PPB_ONE / 100, SIM_PPB_ONE, &ppb);
	if (err == -ERANGE)
		return sim_diag_slice(d, in, "%s is more than 100%%", what);
	if (err)
		return sim_diag_slice(d, in, "%s is finer than 0.0000001%%", what);
	*out_ppb = (uint32_t)ppb;
	return 0;
}

int sim_parse_rate(struct sim_slice in, const char *what, uint64_t *out_bps, struct sim_diag *d)
{
	struct number n;
	const struct unit *unit;
	uint64_t factor = 1;
	int err = scan_number(in, what, "10mbit", &n, d);

	if (err)
		return err;
	if (n.unit.len) {
		unit = find_unit(rate_units, n.unit, true);
		if (!unit)
			return sim_diag_slice(d, n.unit,
					      "\"" SIM_SLICE_FMT
					      "\" is no unit of rate: %s takes bit kbit mbit gbit tbit, "
					      "or bytes a second: bps kbps mbps gbps tbps",
					      SIM_SLICE_ARG(n.unit), what);
		factor = unit->factor;
	}
	err = scale(&n, factor, UINT64_C(1000000000000000), out_bps);
	if (err == -ERANGE)
		return sim_diag_slice(d, in, "%s is more than 1000tbit", what);
	if (err)
		return sim_diag_slice(d, in, "%s is no whole number of bits a second", what);
	return 0;
}

int sim_parse_uint(struct sim_slice in, const char *what, uint64_t min, uint64_t max, uint64_t *out,
		   struct sim_diag *d)
{
	const char *p = sim_slice_text(in);
	uint64_t n = 0;
	size_t i;

	if (in.len == 0)
		return sim_diag_slice(d, in, "%s needs a number from %" PRIu64 " to %" PRIu64, what, min,
				      max);
	for (i = 0; i < in.len; i++) {
		if (!sim_is_digit(p[i]))
			return sim_diag_at(d, in.src, in.at + i,
					   "\"" SIM_SLICE_FMT "\" is no number: %s takes one from %" PRIu64
					   " to %" PRIu64,
					   SIM_SLICE_ARG(in), what, min, max);
		if (__builtin_mul_overflow(n, (uint64_t)10, &n) ||
		    __builtin_add_overflow(n, (uint64_t)(p[i] - '0'), &n)) {
			n = UINT64_MAX;
			break;
		}
	}
	if (i < in.len || n < min || n > max)
		return sim_diag_slice(d, in, "%s is out of range: it goes from %" PRIu64 " to %" PRIu64, what,
				      min, max);
	*out = n;
	return 0;
}

void sim_span_add(struct sim_str *out, int64_t span_ns)
{
	uint64_t ns = (uint64_t)span_ns, unit_ns = 1, part;
	const char *unit = "ns";
	char decimals[12];
	int len = 0;

	if (ns == 0) {
		sim_str_add(out, "0");
		return;
	}
	if (ns >= UINT64_C(1000000000)) {
		unit_ns = UINT64_C(1000000000);
		unit = "s";
	} else if (ns >= 1000000) {
		unit_ns = 1000000;
		unit = "ms";
	} else if (ns >= 1000) {
		unit_ns = 1000;
		unit = "us";
	}
	sim_str_printf(out, "%" PRIu64, ns / unit_ns);
	for (part = ns % unit_ns; part; part %= unit_ns) {
		unit_ns /= 10;
		if (len == 0)
			decimals[len++] = '.';
		decimals[len++] = (char)('0' + part / unit_ns);
	}
	sim_str_add_len(out, decimals, (size_t)len);
	sim_str_add(out, unit);
}
