/* SPDX-License-Identifier: MIT */
/* The small things of base/: hash map, random streams, checksum, bounded text. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/base/arena.h"
#include "sim/base/checksum.h"
#include "sim/base/hmap.h"
#include "sim/base/list.h"
#include "sim/base/random.h"
#include "sim/base/str.h"

#define PIECE_BYTES (1 << 20)
#define NUM_NODES   1000

static _Alignas(16) unsigned char piece[PIECE_BYTES];

struct item {
	struct sim_hnode node;
	uint32_t key;
};

static struct item *find(struct sim_hmap *m, uint32_t key)
{
	struct sim_hnode *n;

	for (n = sim_hmap_first(m, key % 97); n; n = sim_hmap_next(n)) {
		struct item *i = sim_container_of(n, struct item, node);

		if (i->key == key)
			return i;
	}
	return NULL;
}

static void a_map_finds_what_is_in_it_and_nothing_else(void **state)
{
	static struct item items[NUM_NODES];
	struct sim_arena *a = sim_arena_init(piece, sizeof piece);
	struct sim_hmap m;

	(void)state;
	assert_int_equal(sim_hmap_init(&m, a), 0);
	for (uint32_t i = 0; i < NUM_NODES; i++) {
		items[i].key = i;
		sim_hmap_insert(&m, a, &items[i].node, i % 97); /* many of one hash */
	}
	for (uint32_t i = 0; i < NUM_NODES; i += 2)
		sim_hmap_remove(&m, &items[i].node);
	sim_hmap_remove(&m, &items[0].node); /* twice: nothing happens */
	assert_int_equal(m.num_nodes, NUM_NODES / 2);
	for (uint32_t i = 0; i < NUM_NODES; i++)
		assert_ptr_equal(find(&m, i), i % 2 ? &items[i] : NULL);
	for (uint32_t i = 1; i < NUM_NODES; i += 2)
		sim_hmap_remove(&m, &items[i].node);
	sim_hmap_fini(&m, a);
	assert_int_equal(a->num_live, 0);
	sim_arena_fini(a);
}

static void a_map_without_memory_to_grow_still_works(void **state)
{
	static struct item items[100];
	struct sim_arena *a = sim_arena_init(piece, sizeof piece);
	struct sim_hmap m;

	(void)state;
	assert_int_equal(sim_hmap_init(&m, a), 0);
	a->limit_bytes = a->in_use_bytes;
	for (uint32_t i = 0; i < 100; i++) {
		items[i].key = i;
		sim_hmap_insert(&m, a, &items[i].node, i % 97);
	}
	for (uint32_t i = 0; i < 100; i++)
		assert_ptr_equal(find(&m, i), &items[i]);
	sim_arena_fini(a);
}

static void streams_are_the_same_everywhere_and_apart_by_purpose_and_object(void **state)
{
	struct sim_rng a = sim_rng_stream(1, SIM_PURPOSE_ISN, 1), b = sim_rng_stream(1, SIM_PURPOSE_ISN, 1);
	struct sim_rng c = sim_rng_stream(1, SIM_PURPOSE_PORT, 1), d = sim_rng_stream(1, SIM_PURPOSE_ISN, 2);
	uint64_t first = sim_rng_next(&a);

	(void)state;
	assert_true(first == UINT64_C(0xf49b10645c7af0b2)); /* by value: no compiler and no machine may change
							       it */
	assert_true(sim_rng_next(&b) == first);
	assert_true(sim_rng_next(&c) != first);
	assert_true(sim_rng_next(&d) != first);
}

static void a_number_below_a_bound_reaches_all_and_no_more(void **state)
{
	struct sim_rng r = sim_rng_stream(3, SIM_PURPOSE_USER, 0);
	unsigned seen[7] = { 0 };

	(void)state;
	for (int i = 0; i < 7000; i++) {
		uint64_t n = sim_rng_below(&r, 7);

		assert_true(n < 7);
		seen[n]++;
	}
	for (int i = 0; i < 7; i++)
		assert_in_range(seen[i], 800, 1200);
}

/* RFC 1071, section 3: the example, and the same in pieces of odd length. */
static void the_checksum_is_rfc_1071s_however_it_is_cut(void **state)
{
	static const unsigned char data[] = { 0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7 };

	(void)state;
	for (size_t cut = 0; cut <= sizeof data; cut++) {
		struct sim_csum c = { 0, 0 };

		sim_csum_add(&c, data, cut);
		sim_csum_add(&c, data + cut, sizeof data - cut);
		assert_int_equal(sim_csum_fold(&c), (uint16_t)~0xddf2);
	}
}

static void text_that_does_not_fit_is_cut_and_says_so(void **state)
{
	char buf[8];
	struct sim_str s = sim_str_on(buf, sizeof buf);

	(void)state;
	sim_str_printf(&s, "%d", 12345);
	assert_false(s.truncated);
	sim_str_add(&s, "678");
	assert_true(s.truncated);
	assert_string_equal(buf, "1234567");
	assert_int_equal(s.len, 7);
	sim_str_printf(&s, "more");
	assert_string_equal(buf, "1234567");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_map_finds_what_is_in_it_and_nothing_else),
		cmocka_unit_test(a_map_without_memory_to_grow_still_works),
		cmocka_unit_test(streams_are_the_same_everywhere_and_apart_by_purpose_and_object),
		cmocka_unit_test(a_number_below_a_bound_reaches_all_and_no_more),
		cmocka_unit_test(the_checksum_is_rfc_1071s_however_it_is_cut),
		cmocka_unit_test(text_that_does_not_fit_is_cut_and_says_so),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
