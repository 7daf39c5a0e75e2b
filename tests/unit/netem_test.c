/* SPDX-License-Identifier: MIT */
/* tc-netem's words (sim/link/netem.h). */
#include "tests/unit/wrong.h"

#include "sim/base/str.h"
#include "sim/link/netem.h"

#define NUM(a) (sizeof(a) / sizeof(a)[0])

static struct sim_netem netem;

static int parse(const char *text, struct sim_diag *d)
{
	struct sim_source src = sim_source_of("netem", text);

	return sim_netem_parse(sim_slice_all(&src), &netem, d);
}

static void reads(const char *text)
{
	struct sim_diag d;

	if (parse(text, &d))
		fail_msg("%s", d.text);
}

static void wrong_words_are_refused_with_a_caret(void **state)
{
	static const struct wrong rows[] = {
		{ "dely 20ms", 1,
		  "unknown word \"dely\": did you mean \"delay\"? (known are delay, loss, rate, "
		  "limit, mtu)" },
		{ "delay", 6, "delay needs a value, such as 5ms (units: ns us ms s min h d)" },
		{ "delay 20ms 5ms", 12,
		  "jitter (a second number after delay) is not simulated yet: write \"delay 20ms\"" },
		{ "delay 20ms distribution normal", 12,
		  "\"distribution\" is not simulated yet: known are delay, loss, rate, limit, mtu" },
		{ "delay -1ms", 7,
		  "delay can't be negative: it looks like 5ms (units: ns us ms s "
		  "min h d)" },
		{ "delay 20 ms", 10,
		  "a unit that stands alone: write it right behind the number, such as 20ms" },
		{ "loss 1", 7, "loss needs a percent sign: it looks like 5% or 0.1%" },
		{ "loss 1% 25%", 9,
		  "correlation (a second percent after loss) is not simulated yet: write \"loss 1%\"" },
		{ "loss gemodel 1% 10%", 6, "loss gemodel is not simulated yet: write \"loss 1%\"" },
		{ "corrupt 0.01%", 1,
		  "\"corrupt\" is not simulated yet: known are delay, loss, rate, limit, mtu" },
		{ "rate 10mbits", 8,
		  "\"mbits\" is no unit of rate: rate takes bit kbit mbit gbit tbit, or bytes a "
		  "second: bps kbps mbps gbps tbps" },
		{ "rate 0", 6, "rate 0 would deliver nothing: leave rate out for no limit" },
		{ "rate 10mbit 20", 13,
		  "packet overhead (a second number after rate) is not simulated yet: write \"rate "
		  "10mbit\"" },
		{ "limit 0", 7, "limit is out of range: it goes from 1 to 1000000000" },
		{ "limit many", 7, "\"many\" is no number: limit takes one from 1 to 1000000000" },
		{ "mtu 20", 5, "mtu is out of range: it goes from 68 to 65536" },
		{ "mtu 100000", 5, "mtu is out of range: it goes from 68 to 65536" },
		{ "delay 1ms delay 2ms", 11, "\"delay\" is given twice" },
		{ "20ms", 1, "unknown word \"20ms\" (known are delay, loss, rate, limit, mtu)" },
		{ "delay 20ms loss 1 %", 18, "loss needs a percent sign: it looks like 5% or 0.1%" },
		{ "loss state 1%", 6, "loss state is not simulated yet: write \"loss 1%\"" },
		{ "duplicate 1%", 1,
		  "\"duplicate\" is not simulated yet: known are delay, loss, rate, limit, mtu" },
		{ "reorder 5%", 1,
		  "\"reorder\" is not simulated yet: known are delay, loss, rate, limit, mtu" },
		{ "slot 1ms", 1, "\"slot\" is not simulated yet: known are delay, loss, rate, limit, mtu" },
	};

	(void)state;
	check_wrong("netem", parse, rows, NUM(rows));
}

static void what_is_not_named_has_its_default(void **state)
{
	(void)state;
	memset(&netem, 0xff, sizeof netem);
	reads("");
	assert_int_equal(netem.delay_ns, 0);
	assert_int_equal(netem.loss_ppb, 0);
	assert_int_equal(netem.limit_packets, 1000);
	assert_int_equal(netem.rate_bps, 0);
	assert_int_equal(netem.mtu_bytes, 1500);
}

static void words_come_in_any_order(void **state)
{
	(void)state;
	reads("  mtu 1400 limit 100\trate 10mbit loss random 0.5% delay 20ms ");
	assert_int_equal(netem.delay_ns, 20000000);
	assert_int_equal(netem.loss_ppb, 5000000);
	assert_int_equal(netem.limit_packets, 100);
	assert_int_equal(netem.rate_bps, 10000000);
	assert_int_equal(netem.mtu_bytes, 1400);
}

static void a_bare_delay_is_microseconds_as_in_tc(void **state)
{
	(void)state;
	reads("delay 20");
	assert_int_equal(netem.delay_ns, 20000);
}

static void a_wrong_description_changes_nothing(void **state)
{
	(void)state;
	reads("delay 20ms");
	assert_int_equal(parse("delay 5ms mtu 1", NULL), -EINVAL);
	assert_int_equal(netem.delay_ns, 20000000);
}

static void a_description_written_reads_back(void **state)
{
	static const char *const rows[] = {
		"delay 0",
		"delay 20ms",
		"delay 20ms loss 0.0000001% rate 10000000bit limit 1 mtu 68",
		"delay 1.5us loss 12.5%",
		"delay 0 loss 100%",
	};
	size_t i;

	(void)state;
	for (i = 0; i < NUM(rows); i++) {
		char buf[128];
		struct sim_str out = sim_str_on(buf, sizeof buf);

		reads(rows[i]);
		sim_netem_add(&out, &netem);
		assert_string_equal(buf, rows[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_words_are_refused_with_a_caret),
		cmocka_unit_test(what_is_not_named_has_its_default),
		cmocka_unit_test(words_come_in_any_order),
		cmocka_unit_test(a_bare_delay_is_microseconds_as_in_tc),
		cmocka_unit_test(a_wrong_description_changes_nothing),
		cmocka_unit_test(a_description_written_reads_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
