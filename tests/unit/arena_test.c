/* SPDX-License-Identifier: MIT */
/* The arena: alignment, reuse, limits, what it counts. */
#include "sim/base/arena.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#define PIECE_BYTES (1 << 20)

static _Alignas(16) unsigned char piece[PIECE_BYTES];

static struct sim_arena *fresh(void)
{
	static struct sim_arena *a;

	if (a)
		sim_arena_fini(a);
	memset(piece, 0, sizeof piece);
	a = sim_arena_init(piece, sizeof piece);
	assert_non_null(a);
	return a;
}

static void a_piece_too_small_is_refused(void **state)
{
	(void)state;
	assert_null(sim_arena_init(piece, 64));
}

static void blocks_are_aligned_and_apart(void **state)
{
	static const size_t sizes[] = { 1, 15, 16, 17, 255, 1024, 1025, 5000 };
	struct sim_arena *a = fresh();
	unsigned char *p[8];

	(void)state;
	for (unsigned i = 0; i < 8; i++) {
		p[i] = sim_arena_alloc(a, sizes[i]);
		assert_non_null(p[i]);
		assert_int_equal((uintptr_t)p[i] & 15, 0);
		memset(p[i], (int)i + 1, sizes[i]);
	}
	for (unsigned i = 0; i < 8; i++) {
		for (size_t k = 0; k < sizes[i]; k++)
			assert_int_equal(p[i][k], i + 1);
		sim_arena_free(a, p[i], sizes[i]);
	}
	assert_int_equal(a->num_live, 0);
	assert_int_equal(a->in_use_bytes, 0);
}

static void what_is_freed_comes_back_first_and_zeroed(void **state)
{
	struct sim_arena *a = fresh();
	unsigned char *p = sim_arena_alloc(a, 100), *q;
	size_t brk = a->brk_bytes;

	(void)state;
	memset(p, 0xaa, 100);
	sim_arena_free(a, p, 100);
	q = sim_arena_alloc(a, 97); /* the same class */
	assert_ptr_equal(p, q);
	assert_int_equal(q[50], 0);
	assert_int_equal(a->brk_bytes, brk);
	sim_arena_free(a, q, 97);
}

static void running_out_gives_null_and_stays_usable(void **state)
{
	struct sim_arena *a = fresh();
	void *p;

	(void)state;
	assert_null(sim_arena_alloc(a, PIECE_BYTES));
	a->limit_bytes = a->in_use_bytes + 64;
	p = sim_arena_alloc(a, 64);
	assert_non_null(p);
	assert_null(sim_arena_alloc(a, 1));
	sim_arena_free(a, p, 64);
	assert_non_null(sim_arena_alloc(a, 1));
}

static void resizing_keeps_the_content_and_failing_keeps_the_block(void **state)
{
	struct sim_arena *a = fresh();
	char *p = sim_arena_alloc(a, 20), *q;

	(void)state;
	memcpy(p, "nineteen characters", 20);
	q = sim_arena_resize(a, p, 20, 3000);
	assert_non_null(q);
	assert_string_equal(q, "nineteen characters");
	a->limit_bytes = a->in_use_bytes;
	assert_null(sim_arena_resize(a, q, 3000, 30000));
	assert_string_equal(q, "nineteen characters");
	sim_arena_free(a, q, 3000);
	assert_int_equal(a->num_live, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_piece_too_small_is_refused),
		cmocka_unit_test(blocks_are_aligned_and_apart),
		cmocka_unit_test(what_is_freed_comes_back_first_and_zeroed),
		cmocka_unit_test(running_out_gives_null_and_stays_usable),
		cmocka_unit_test(resizing_keeps_the_content_and_failing_keeps_the_block),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
