/* SPDX-License-Identifier: MIT */
/* Spans, sizes, percents, rates, integers: exact, and refused when they do not fit (sim/base/quantity.h). */
#include "tests/unit/wrong.h"

#include "sim/base/quantity.h"
#include "sim/base/str.h"

#define NUM(a) (sizeof(a) / sizeof(a)[0])
#define DAY    UINT64_C(86400000000000)

struct right {
	const char *input;
	uint64_t value;
};

static struct sim_source src;

static struct sim_slice slice(const char *input)
{
	src = sim_source_of("t", input);
	return sim_slice_all(&src);
}

static int span(const char *input, struct sim_diag *d)
{
	int64_t ns;

	return sim_parse_span(slice(input), "delay", SIM_SPAN_NEEDS_UNIT, &ns, d);
}

static void spans_are_exact(void **state)
{
	static const struct right rows[] = {
		{ "0", 0 },
		{ "0.000", 0 },
		{ "10ns", 10 },
		{ "200us", 200000 },
		{ "5ms", 5000000 },
		{ "1.5s", 1500000000 },
		{ "0.000000001s", 1 },
		{ "2min", UINT64_C(120000000000) },
		{ "1h", UINT64_C(3600000000000) },
		{ "1d", DAY },
		{ "3secs", UINT64_C(3000000000) },
		{ "007ms", 7000000 },
		{ "106751d", 106751 * DAY },
		{ "9223372036.854775807s", 0 }, /* 19 digits: refused */
		{ "9223372036.85477580s", UINT64_C(9223372036854775800) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NUM(rows); i++) {
		int64_t ns = -1;
		int err = sim_parse_span(slice(rows[i].input), "delay", SIM_SPAN_NEEDS_UNIT, &ns, NULL);

		if (rows[i].value == 0 && strlen(rows[i].input) > 10) {
			assert_int_equal(err, -EINVAL);
			assert_int_equal(ns, -1);
			continue;
		}
		assert_int_equal(err, 0);
		assert_int_equal(ns, rows[i].value);
	}
}

static void a_bare_number_means_what_the_caller_says(void **state)
{
	int64_t ns;

	(void)state;
	assert_int_equal(sim_parse_span(slice("20"), "delay", SIM_SPAN_BARE_US, &ns, NULL), 0);
	assert_int_equal(ns, 20000);
	assert_int_equal(sim_parse_span(slice("1.5"), "delay", SIM_SPAN_BARE_S, &ns, NULL), 0);
	assert_int_equal(ns, 1500000000);
}

static void wrong_spans_are_refused(void **state)
{
	static const struct wrong rows[] = {
		{ "", 1, "delay needs a value, such as 5ms (units: ns us ms s min h d)" },
		{ "5", 2, "delay needs a unit: ns us ms s min h d" },
		{ "ms", 1, "\"ms\" is no number: delay looks like 5ms (units: ns us ms s min h d)" },
		{ "5.ms", 3, "\"5.ms\" is no number: delay looks like 5ms (units: ns us ms s min h d)" },
		{ ".5ms", 1, "\".5ms\" is no number: delay looks like 5ms (units: ns us ms s min h d)" },
		{ "-5ms", 1, "delay can't be negative: it looks like 5ms (units: ns us ms s min h d)" },
		{ "1.2.3s", 4, "\".3s\" is no unit of time: delay takes ns us ms s min h d" },
		{ "5MS", 2, "\"MS\" is no unit of time: delay takes ns us ms s min h d" },
		{ "5m", 2, "\"m\" is ambiguous: write \"min\" or \"ms\"" },
		{ "5 ms", 2, "delay has a blank before its unit: write the two as one word" },
		{ "0.5ns", 1, "delay is finer than a nanosecond" },
		{ "106752d", 1, "delay is longer than 292 years" },
		{ "1000000000000000000s", 1, "delay has more than 18 digits" },
		{ "0.0000000000000000001s", 1, "delay has more than 18 digits" },
	};

	(void)state;
	check_wrong("t", span, rows, NUM(rows));
}

static int size(const char *input, struct sim_diag *d)
{
	uint64_t bytes;

	return sim_parse_size(slice(input), "size", 1 << 20, &bytes, d);
}

static void sizes_are_exact(void **state)
{
	static const struct right rows[] = {
		{ "0", 0 },
		{ "1460", 1460 },
		{ "10k", 10240 },
		{ "64KiB", 65536 },
		{ "1.5k", 1536 },
		{ "2kB", 2000 },
		{ "1M", 1 << 20 },
		{ "1MiB", 1 << 20 },
		{ "3GB", UINT64_C(3000000000) },
		{ "7B", 7 },
		{ "9007199254740992k", UINT64_C(9223372036854775808) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NUM(rows); i++) {
		uint64_t bytes = 77;

		assert_int_equal(sim_parse_size(slice(rows[i].input), "size", UINT64_MAX, &bytes, NULL), 0);
		assert_int_equal(bytes, rows[i].value);
	}
}

static void wrong_sizes_are_refused(void **state)
{
	static const struct wrong rows[] = {
		{ "", 1, "size needs a value, such as 1460, 10k or 64KiB" },
		{ "1kb", 2, "\"kb\" is ambiguous: write KiB MiB GiB (1024) or kB MB GB (1000)" },
		{ "1m", 2, "\"m\" is ambiguous: write KiB MiB GiB (1024) or kB MB GB (1000)" },
		{ "1xB", 2,
		  "\"xB\" is no unit of size: size takes B, k M G or KiB MiB GiB (1024), kB MB GB (1000)" },
		{ "1.5", 1, "size is no whole number of bytes" },
		{ "2M", 1, "size is more than 1048576 bytes" },
		{ "999999999999999999G", 1, "size is more than 1048576 bytes" },
		{ "+1", 1, "\"+1\" is no number: size looks like 1460, 10k or 64KiB" },
		{ "0x10", 2,
		  "\"x10\" is no unit of size: size takes B, k M G or KiB MiB GiB (1024), kB MB GB "
		  "(1000)" },
	};

	(void)state;
	check_wrong("t", size, rows, NUM(rows));
}

static int percent(const char *input, struct sim_diag *d)
{
	uint32_t ppb;

	return sim_parse_percent(slice(input), "loss", &ppb, d);
}

static void percents_are_parts_per_thousand_million(void **state)
{
	static const struct right rows[] = {
		{ "0%", 0 },
		{ "100%", 1000000000 },
		{ "80%", 800000000 },
		{ "0.1%", 1000000 },
		{ "0.0000001%", 1 },
		{ "33.3333333%", 333333333 },
		{ "100.000%", 1000000000 },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NUM(rows); i++) {
		uint32_t ppb = 77;

		assert_int_equal(sim_parse_percent(slice(rows[i].input), "loss", &ppb, NULL), 0);
		assert_int_equal(ppb, rows[i].value);
	}
}

static void wrong_percents_are_refused(void **state)
{
	static const struct wrong rows[] = {
		{ "", 1, "loss needs a value, such as 5% or 0.1%" },
		{ "1", 2, "loss needs a percent sign: it looks like 5% or 0.1%" },
		{ "1%%", 2, "loss needs a percent sign: it looks like 5% or 0.1%" },
		{ "100.0000001%", 1, "loss is more than 100%" },
		{ "0.00000001%", 1, "loss is finer than 0.0000001%" },
		{ "%", 1, "\"%\" is no number: loss looks like 5% or 0.1%" },
	};

	(void)state;
	check_wrong("t", percent, rows, NUM(rows));
}

static int rate(const char *input, struct sim_diag *d)
{
	uint64_t bps;

	return sim_parse_rate(slice(input), "rate", &bps, d);
}

static void rates_are_as_tc_has_them(void **state)
{
	static const struct right rows[] = {
		{ "56000", 56000 },      { "9600bit", 9600 },
		{ "10mbit", 10000000 },  { "10Mbit", 10000000 },
		{ "1.5kbit", 1500 },     { "1mbps", 8000000 },
		{ "1kibit", 1024 },      { "2Kibps", 16384 },
		{ "1gbit", 1000000000 }, { "1000tbit", UINT64_C(1000000000000000) },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NUM(rows); i++) {
		uint64_t bps = 77;

		assert_int_equal(sim_parse_rate(slice(rows[i].input), "rate", &bps, NULL), 0);
		assert_int_equal(bps, rows[i].value);
	}
}

static void wrong_rates_are_refused(void **state)
{
	static const struct wrong rows[] = {
		{ "fast", 1, "\"fast\" is no number: rate looks like 10mbit" },
		{ "1mb", 2,
		  "\"mb\" is no unit of rate: rate takes bit kbit mbit gbit tbit, or bytes a "
		  "second: bps kbps mbps gbps "
		  "tbps" },
		{ "1001tbit", 1, "rate is more than 1000tbit" },
		{ "0.5bit", 1, "rate is no whole number of bits a second" },
	};

	(void)state;
	check_wrong("t", rate, rows, NUM(rows));
}

static int uint(const char *input, struct sim_diag *d)
{
	uint64_t n;

	return sim_parse_uint(slice(input), "port", 1, 65535, &n, d);
}

static void integers_have_a_range(void **state)
{
	static const struct wrong rows[] = {
		{ "", 1, "port needs a number from 1 to 65535" },
		{ "0", 1, "port is out of range: it goes from 1 to 65535" },
		{ "65536", 1, "port is out of range: it goes from 1 to 65535" },
		{ "99999999999999999999999", 1, "port is out of range: it goes from 1 to 65535" },
		{ "8o", 2, "\"8o\" is no number: port takes one from 1 to 65535" },
		{ "-1", 1, "\"-1\" is no number: port takes one from 1 to 65535" },
	};
	uint64_t n = 0;

	(void)state;
	assert_int_equal(sim_parse_uint(slice("65535"), "port", 1, 65535, &n, NULL), 0);
	assert_int_equal(n, 65535);
	assert_int_equal(sim_parse_uint(slice("18446744073709551615"), "n", 0, UINT64_MAX, &n, NULL), 0);
	assert_true(n == UINT64_MAX);
	assert_int_equal(sim_parse_uint(slice("18446744073709551616"), "n", 0, UINT64_MAX, &n, NULL),
			 -EINVAL);
	check_wrong("t", uint, rows, NUM(rows));
}

static void a_span_written_reads_back(void **state)
{
	static const struct right rows[] = {
		{ "0", 0 },
		{ "1ns", 1 },
		{ "999ns", 999 },
		{ "1us", 1000 },
		{ "1.5ms", 1500000 },
		{ "20ms", 20000000 },
		{ "1.000000001s", 1000000001 },
		{ "3600s", UINT64_C(3600000000000) },
		{ "9223372036.854775807s", INT64_MAX },
	};
	size_t i;

	(void)state;
	for (i = 0; i < NUM(rows); i++) {
		char buf[40];
		struct sim_str out = sim_str_on(buf, sizeof buf);

		sim_span_add(&out, (int64_t)rows[i].value);
		assert_string_equal(buf, rows[i].input);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(spans_are_exact),
		cmocka_unit_test(a_bare_number_means_what_the_caller_says),
		cmocka_unit_test(wrong_spans_are_refused),
		cmocka_unit_test(sizes_are_exact),
		cmocka_unit_test(wrong_sizes_are_refused),
		cmocka_unit_test(percents_are_parts_per_thousand_million),
		cmocka_unit_test(wrong_percents_are_refused),
		cmocka_unit_test(rates_are_as_tc_has_them),
		cmocka_unit_test(wrong_rates_are_refused),
		cmocka_unit_test(integers_have_a_range),
		cmocka_unit_test(a_span_written_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
