/* SPDX-License-Identifier: MIT */
/* The trace: what the ring keeps, who is told, what the hash holds and what it does not. */
#include "sim/trace/trace.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/clock/clock.h"

enum { PIECE_BYTES = 1 << 20, NUM_RECORDS = 8, NUM_ARGS = 6, DESCRIPTORS = 3 };

static _Alignas(16) unsigned char piece[PIECE_BYTES];
static struct sim_arena *arena;
static struct sim_clock the_clock;
static struct sim_trace trace;

/* No timer is ever set here. */
sim_timer_fn *const sim_timer_fns[SIM_TIMER_NUM_KINDS] = { NULL };

static int fresh(void **state)
{
	(void)state;
	memset(piece, 0, sizeof piece);
	memset(&the_clock, 0, sizeof the_clock);
	arena = sim_arena_init(piece, sizeof piece);
	return sim_trace_init(&trace, arena, &the_clock, NUM_RECORDS);
}

static int done(void **state)
{
	(void)state;
	sim_trace_fini(&trace, arena);
	if (arena->num_live)
		return -1;
	sim_arena_fini(arena);
	return 0;
}

static void write_number(uint64_t n)
{
	the_clock.now_ns = (int64_t)n * 10;
	sim_trace_write(&trace, SIM_TRACE_TASK, 1, (uint32_t)n, n, n + 1);
}

static void a_record_is_what_was_written(void **state)
{
	const struct sim_trace_rec *r;

	(void)state;
	assert_int_equal(sizeof *r, 64);
	assert_null(sim_trace_get(&trace, 0));
	write_number(7);
	r = sim_trace_get(&trace, 0);
	assert_non_null(r);
	assert_int_equal(r->time_ns, 70);
	assert_int_equal(r->kind, SIM_TRACE_TASK);
	assert_int_equal(r->host, 1);
	assert_int_equal(r->obj, 7);
	assert_int_equal(r->arg[0], 7);
	assert_int_equal(r->arg[1], 8);
	for (int i = 2; i < NUM_ARGS; i++)
		assert_int_equal(r->arg[i], 0);
	assert_null(sim_trace_get(&trace, 1));
}

static void the_ring_keeps_the_last_ones(void **state)
{
	uint64_t n, kept = 0;

	(void)state;
	for (n = 0; n < 3 * NUM_RECORDS; n++)
		write_number(n);
	assert_int_equal(trace.num_written, n);
	/* All but one place: the next record is written there before it counts. */
	for (uint64_t i = 0; i < n; i++) {
		const struct sim_trace_rec *r = sim_trace_get(&trace, i);

		assert_int_equal(r != NULL, i > n - NUM_RECORDS);
		if (!r)
			continue;
		assert_int_equal(r->obj, i);
		kept++;
	}
	assert_int_equal(kept, NUM_RECORDS - 1);
	assert_null(sim_trace_get(&trace, n));
	assert_null(sim_trace_get(&trace, UINT64_MAX));
}

static void an_open_record_spoils_none_that_can_be_read(void **state)
{
	const struct sim_trace_rec *oldest;
	struct sim_trace_rec *open;

	(void)state;
	for (uint64_t n = 0; n < NUM_RECORDS; n++)
		write_number(n);
	oldest = sim_trace_get(&trace, 1);
	open = sim_trace_open(&trace, 5, SIM_TRACE_CALL, 2, 99);
	assert_ptr_not_equal(open, oldest);
	assert_int_equal(oldest->obj, 1);
	sim_trace_commit(&trace, open, NULL);
}

/* ---- sinks ---- */

struct seen {
	unsigned num;
	uint32_t objs[NUM_RECORDS];
	const struct sim_packet *packet;
};

static void sink(void *ctx, const struct sim_trace_rec *rec, const struct sim_packet *p)
{
	struct seen *s = ctx;

	s->objs[s->num++ % NUM_RECORDS] = rec->obj;
	s->packet = p;
}

static void sinks_hear_of_every_record_while_attached(void **state)
{
	struct seen first = { .num = 0 }, second = { .num = 0 };

	(void)state;
	assert_int_equal(sim_trace_attach(&trace, sink, &first), 0);
	write_number(1);
	assert_int_equal(sim_trace_attach(&trace, sink, &second), 0);
	write_number(2);
	sim_trace_detach(&trace, sink, &first);
	write_number(3);
	sim_trace_detach(&trace, sink, &first); /* it is not there: nothing happens */
	sim_trace_detach(&trace, sink, &second);
	write_number(4);
	assert_int_equal(first.num, 2);
	assert_int_equal(first.objs[0], 1);
	assert_int_equal(first.objs[1], 2);
	assert_int_equal(second.num, 2);
	assert_int_equal(second.objs[0], 2);
	assert_int_equal(second.objs[1], 3);
}

static void a_packet_is_lent_to_the_sinks(void **state)
{
	static const unsigned char packet[1];
	const struct sim_packet *p = (const void *)packet;
	struct seen s = { .num = 0 };

	(void)state;
	assert_int_equal(sim_trace_attach(&trace, sink, &s), 0);
	sim_trace_commit(&trace, sim_trace_open(&trace, 0, SIM_TRACE_DROP, 1, 1), p);
	assert_ptr_equal(s.packet, p);
	sim_trace_detach(&trace, sink, &s);
}

static void one_sink_too_many_is_refused(void **state)
{
	struct seen s[SIM_TRACE_MAX_SINKS + 1];

	(void)state;
	memset(s, 0, sizeof s);
	for (int i = 0; i < SIM_TRACE_MAX_SINKS; i++)
		assert_int_equal(sim_trace_attach(&trace, sink, &s[i]), 0);
	assert_int_equal(sim_trace_attach(&trace, sink, &s[SIM_TRACE_MAX_SINKS]), -ENOSPC);
	write_number(1);
	for (int i = 0; i < SIM_TRACE_MAX_SINKS; i++) {
		assert_int_equal(s[i].num, 1);
		sim_trace_detach(&trace, sink, &s[i]);
	}
	assert_int_equal(trace.num_sinks, 0);
}

/* ---- the hash ---- */

static void write_one(enum sim_trace_kind kind, int64_t time_ns, uint16_t host, uint32_t obj,
		      const uint64_t *arg)
{
	struct sim_trace_rec *r = sim_trace_open(&trace, time_ns, kind, host, obj);

	memcpy(r->arg, arg, sizeof r->arg);
	sim_trace_commit(&trace, r, NULL);
}

static uint64_t hash_of(enum sim_trace_kind kind, int64_t time_ns, uint16_t host, uint32_t obj,
			const uint64_t *arg)
{
	sim_trace_hash_start(&trace);
	write_one(kind, time_ns, host, obj, arg);
	return trace.hash;
}

static void every_field_of_a_record_is_in_the_hash(void **state)
{
	static const uint64_t arg[NUM_ARGS] = { 1, 2, 3, 4, 5, 6 };
	uint64_t h = hash_of(SIM_TRACE_SEND, 1, 2, 3, arg);

	(void)state;
	assert_int_equal(hash_of(SIM_TRACE_SEND, 1, 2, 3, arg), h);
	assert_int_not_equal(hash_of(SIM_TRACE_ARRIVE, 1, 2, 3, arg), h);
	assert_int_not_equal(hash_of(SIM_TRACE_SEND, 2, 2, 3, arg), h);
	assert_int_not_equal(hash_of(SIM_TRACE_SEND, 1, 3, 3, arg), h);
	assert_int_not_equal(hash_of(SIM_TRACE_SEND, 1, 2, 4, arg), h);
	for (int i = 0; i < NUM_ARGS; i++) {
		uint64_t other[NUM_ARGS];

		memcpy(other, arg, sizeof other);
		other[i] ^= UINT64_C(1) << 63;
		assert_int_not_equal(hash_of(SIM_TRACE_SEND, 1, 2, 3, other), h);
	}
}

static void descriptors_of_calls_are_not_in_the_hash(void **state)
{
	uint64_t arg[NUM_ARGS] = { 1, 2, 3, 4, 5, 6 }, h = hash_of(SIM_TRACE_CALL, 1, 2, 3, arg);

	(void)state;
	arg[DESCRIPTORS] = 5 | UINT64_C(6) << 32;
	assert_int_equal(hash_of(SIM_TRACE_CALL, 1, 2, 3, arg), h);
	arg[DESCRIPTORS + 1]++;
	assert_int_not_equal(hash_of(SIM_TRACE_CALL, 1, 2, 3, arg), h);
}

static void the_order_of_records_is_in_the_hash(void **state)
{
	static const uint64_t arg[NUM_ARGS] = { 1, 2, 3, 4, 5, 6 };
	uint64_t h;

	(void)state;
	sim_trace_hash_start(&trace);
	write_one(SIM_TRACE_TASK, 0, 1, 1, arg);
	write_one(SIM_TRACE_TASK, 0, 1, 2, arg);
	h = trace.hash;
	sim_trace_hash_start(&trace);
	write_one(SIM_TRACE_TASK, 0, 1, 2, arg);
	write_one(SIM_TRACE_TASK, 0, 1, 1, arg);
	assert_int_not_equal(trace.hash, h);
}

/* The value stands in bug reports and in golden files: it may only change on purpose. */
static void the_hash_is_the_same_on_every_machine(void **state)
{
	static const uint64_t arg[NUM_ARGS] = { 1, 2, 3, 4, 5, 6 };

	(void)state;
	assert_int_equal(hash_of(SIM_TRACE_SEND, 1, 2, 3, arg), UINT64_C(0x460c6d5359caa353));
}

static void hashing_begins_when_it_is_asked_for(void **state)
{
	(void)state;
	write_number(1);
	assert_int_equal(trace.hash, 0);
	assert_false(trace.want_digest);
	sim_trace_hash_start(&trace);
	assert_true(trace.want_digest);
}

static void every_drop_has_a_name_of_its_own(void **state)
{
	(void)state;
	for (unsigned i = 0; i < SIM_DROP_NUM; i++) {
		assert_non_null(sim_drop_name((enum sim_drop)i));
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(sim_drop_name((enum sim_drop)i),
						sim_drop_name((enum sim_drop)k));
	}
	assert_string_equal(sim_drop_name(SIM_DROP_NUM), "unknown");
}

static void without_memory_there_is_no_ring(void **state)
{
	struct sim_trace second;

	(void)state;
	assert_int_equal(sim_trace_init(&second, arena, &the_clock, 1u << 20), -ENOMEM);
}

#define T(name) cmocka_unit_test_setup_teardown(name, fresh, done)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_record_is_what_was_written),
		T(the_ring_keeps_the_last_ones),
		T(an_open_record_spoils_none_that_can_be_read),
		T(sinks_hear_of_every_record_while_attached),
		T(a_packet_is_lent_to_the_sinks),
		T(one_sink_too_many_is_refused),
		T(every_field_of_a_record_is_in_the_hash),
		T(descriptors_of_calls_are_not_in_the_hash),
		T(the_order_of_records_is_in_the_hash),
		T(the_hash_is_the_same_on_every_machine),
		T(hashing_begins_when_it_is_asked_for),
		T(every_drop_has_a_name_of_its_own),
		T(without_memory_there_is_no_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
