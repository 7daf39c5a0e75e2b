/* SPDX-License-Identifier: MIT */
/* Virtual time: order of timers, changing and cancelling them, Linux's timer wheel. */
#include "sim/clock/clock.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/base/arena.h"
#include "sim/base/random.h"

#define PIECE_BYTES (1 << 20)
#define NUM_TIMERS  500

static _Alignas(16) unsigned char piece[PIECE_BYTES];
static struct sim_clock the_clock;
static struct sim_timer timers[NUM_TIMERS];
static int64_t fired_at[NUM_TIMERS];
static int order[NUM_TIMERS * 4], num_fired;

static void probe(struct sim_clock *c, struct sim_timer *t)
{
	fired_at[t - timers] = c->now_ns;
	order[num_fired++] = (int)(t - timers);
}

sim_timer_fn *const sim_timer_fns[SIM_TIMER_NUM_KINDS] = { [SIM_TIMER_PROBE] = probe };

static int fresh(void **state)
{
	(void)state;
	memset(piece, 0, sizeof piece);
	num_fired = 0;
	for (int i = 0; i < NUM_TIMERS; i++)
		sim_timer_init(&timers[i], SIM_TIMER_PROBE, false);
	return sim_clock_init(&the_clock, sim_arena_init(piece, sizeof piece));
}

static int done(void **state)
{
	(void)state;
	for (int i = 0; i < NUM_TIMERS; i++)
		sim_timer_fini(&the_clock, &timers[i]);
	if (the_clock.heap_len || the_clock.num_foreground || the_clock.num_housekeeping)
		return -1;
	sim_clock_fini(&the_clock);
	sim_arena_fini(the_clock.arena);
	return 0;
}

static void run_all(void)
{
	while (sim_clock_step(&the_clock, SIM_NEVER_NS))
		;
}

static void timers_fire_by_time_then_by_order_of_setting(void **state)
{
	static const int64_t due[] = { 30, 10, 20, 10, 30, 0 };
	static const int expected[] = { 5, 1, 3, 2, 0, 4 };

	(void)state;
	for (int i = 0; i < 6; i++)
		sim_timer_set(&the_clock, &timers[i], due[i]);
	run_all();
	assert_int_equal(num_fired, 6);
	assert_memory_equal(order, expected, sizeof expected);
	assert_int_equal(the_clock.now_ns, 30);
}

static void a_timer_set_later_fires_later_and_one_set_earlier_earlier(void **state)
{
	(void)state;
	sim_timer_set(&the_clock, &timers[0], 10);
	sim_timer_set(&the_clock, &timers[1], 20);
	sim_timer_set(&the_clock, &timers[0], 30);
	sim_timer_set(&the_clock, &timers[2], 50);
	sim_timer_set(&the_clock, &timers[2], 5);
	run_all();
	assert_int_equal(num_fired, 3);
	assert_int_equal(fired_at[2], 5);
	assert_int_equal(fired_at[1], 20);
	assert_int_equal(fired_at[0], 30);
}

static void a_cancelled_timer_does_not_fire_and_counts_no_more(void **state)
{
	(void)state;
	sim_timer_set(&the_clock, &timers[0], 10);
	sim_timer_set(&the_clock, &timers[1], 20);
	sim_timer_cancel(&the_clock, &timers[0]);
	sim_timer_cancel(&the_clock, &timers[0]);
	assert_int_equal(the_clock.num_foreground, 1);
	assert_int_equal(sim_clock_next_due(&the_clock), 20);
	run_all();
	assert_int_equal(num_fired, 1);
	assert_int_equal(the_clock.num_foreground, 0);
}

static void a_time_in_the_past_means_now(void **state)
{
	(void)state;
	sim_timer_set(&the_clock, &timers[0], 100);
	run_all();
	sim_timer_set(&the_clock, &timers[1], 3);
	run_all();
	assert_int_equal(fired_at[1], 100);
}

static void a_step_stops_at_its_limit(void **state)
{
	(void)state;
	sim_timer_set(&the_clock, &timers[0], 100);
	assert_false(sim_clock_step(&the_clock, 99));
	assert_int_equal(the_clock.now_ns, 0);
	assert_true(sim_clock_step(&the_clock, 100));
}

/* Set, moved and cancelled at random, they fire as a sorted list of the last settings says. */
static void any_history_of_settings_gives_the_order_of_the_last_ones(void **state)
{
	struct sim_rng r = sim_rng_stream(7, SIM_PURPOSE_USER, 0);

	(void)state;
	for (int round = 0; round < 5000; round++) {
		struct sim_timer *t = &timers[sim_rng_below(&r, NUM_TIMERS)];

		if (sim_rng_below(&r, 4) == 0)
			sim_timer_cancel(&the_clock, t);
		else
			sim_timer_set(&the_clock, t, (int64_t)sim_rng_below(&r, 1000));
	}
	int expected = (int)the_clock.num_foreground;
	int64_t due[NUM_TIMERS];
	uint64_t seq[NUM_TIMERS];

	for (int i = 0; i < NUM_TIMERS; i++) {
		due[i] = timers[i].due_ns;
		seq[i] = timers[i].seq;
	}
	run_all();
	assert_int_equal(num_fired, expected);
	for (int i = 0; i < num_fired; i++) {
		int t = order[i], before = i ? order[i - 1] : t;

		assert_int_equal(fired_at[t], due[t]);
		assert_true(due[before] < due[t] || (due[before] == due[t] && seq[before] <= seq[t]));
	}
}

static void ticks_round_up_as_linux_timer_wheel_does(void **state)
{
	static const struct {
		int64_t now_ns, span_ns, at_ms;
	} rows[] = {
		{ 0, 1, 1 },                     /* never early */
		{ 0, 40 * SIM_NS_PER_MS, 40 },   /* level 0: exact */
		{ 500, 40 * SIM_NS_PER_MS, 41 }, /* between ticks */
		{ 0, 200 * SIM_NS_PER_MS, 200 }, /* level 1: eights */
		{ 0, 201 * SIM_NS_PER_MS, 208 },
		{ 0, 1000 * SIM_NS_PER_MS, 1024 }, /* level 2: 64s */
		{ 0, 5000 * SIM_NS_PER_MS, 5120 }, /* level 3: 512s */
		{ 24 * SIM_NS_PER_MS, 1000 * SIM_NS_PER_MS, 1024 },
	};

	(void)state;
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++)
		assert_int_equal(sim_clock_round_ticks(rows[i].now_ns, rows[i].span_ns),
				 rows[i].at_ms * SIM_NS_PER_MS);
}

static void housekeeping_is_counted_apart(void **state)
{
	(void)state;
	sim_timer_init(&timers[0], SIM_TIMER_PROBE, true);
	sim_timer_set(&the_clock, &timers[0], 10);
	assert_int_equal(the_clock.num_foreground, 0);
	assert_int_equal(the_clock.num_housekeeping, 1);
	run_all();
	assert_int_equal(the_clock.num_housekeeping, 0);
}

static void set_timers_are_found_by_their_kind(void **state)
{
	(void)state;
	assert_false(sim_clock_is_any_set(&the_clock, ~0u));
	assert_int_equal(sim_timer_set(&the_clock, &timers[3], 10), 0);
	assert_true(sim_clock_is_any_set(&the_clock, 1u << SIM_TIMER_PROBE));
	assert_false(sim_clock_is_any_set(&the_clock, ~(1u << SIM_TIMER_PROBE)));
	/* It is in the heap still, but no longer set. */
	sim_timer_cancel(&the_clock, &timers[3]);
	assert_false(sim_clock_is_any_set(&the_clock, ~0u));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(timers_fire_by_time_then_by_order_of_setting, fresh, done),
		cmocka_unit_test_setup_teardown(a_timer_set_later_fires_later_and_one_set_earlier_earlier,
						fresh, done),
		cmocka_unit_test_setup_teardown(a_cancelled_timer_does_not_fire_and_counts_no_more, fresh,
						done),
		cmocka_unit_test_setup_teardown(a_time_in_the_past_means_now, fresh, done),
		cmocka_unit_test_setup_teardown(a_step_stops_at_its_limit, fresh, done),
		cmocka_unit_test_setup_teardown(any_history_of_settings_gives_the_order_of_the_last_ones,
						fresh, done),
		cmocka_unit_test_setup_teardown(ticks_round_up_as_linux_timer_wheel_does, fresh, done),
		cmocka_unit_test_setup_teardown(housekeeping_is_counted_apart, fresh, done),
		cmocka_unit_test_setup_teardown(set_timers_are_found_by_their_kind, fresh, done),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
