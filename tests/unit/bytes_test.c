/* SPDX-License-Identifier: MIT */
/* Slabs and runs: a model of plain bytes says what every operation must give, and nothing may be left over.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "sim/base/arena.h"
#include "sim/base/random.h"
#include "sim/packet/bytes.h"
#include "tests/support/two_hosts.h"

static unsigned char pattern(uint32_t i)
{
	return (unsigned char)(i * 31 + (i >> 8) * 7);
}

static void fill(unsigned char *to, uint32_t from, uint32_t len)
{
	for (uint32_t i = 0; i < len; i++)
		to[i] = pattern(from + i);
}

static void assert_holds(const struct sim_bytes *run, uint32_t from)
{
	static unsigned char out[1 << 18];

	assert_true(run->len <= sizeof out);
	sim_bytes_read(run, 0, run->len, out);
	for (uint32_t i = 0; i < run->len; i++)
		if (out[i] != pattern(from + i))
			fail_msg("byte %u of the run", i);
}

static struct sim_arena *arena_of(struct net_fixture *f)
{
	return f->ctx.arena;
}

/* A stream in pieces of many sizes: each run is its bytes, runs adjoin, and dropping them in any order frees
 * all. */
static void stream_in_pieces_is_what_was_put_in(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	struct sim_rng rng = sim_rng_stream(1, SIM_PURPOSE_USER, 0);
	static unsigned char data[200000];

	(void)state;
	for (int round = 0; round < 50; round++) {
		struct sim_slab *tail = NULL;
		struct sim_bytes runs[20];
		uint32_t at[20], pos = 0;

		for (int i = 0; i < 20; i++) {
			uint32_t len = 1 + (uint32_t)sim_rng_below(&rng, i % 5 ? 300 : 100000);

			at[i] = pos;
			fill(data, pos, len);
			assert_int_equal(sim_bytes_append_raw(arena_of(f), &tail, data, len, &runs[i]), 0);
			assert_int_equal(runs[i].len, len);
			pos += len;
			if (i)
				assert_true(sim_bytes_adjoin(&runs[i - 1], &runs[i]));
		}
		assert_false(sim_bytes_adjoin(&runs[0], &runs[2]));
		for (int i = 0; i < 20; i++)
			assert_holds(&runs[i], at[i]);
		for (int left = 20; left; left--) {
			int i = (int)sim_rng_below(&rng, (uint64_t)left);

			sim_bytes_release(arena_of(f), &runs[i]);
			runs[i] = runs[left - 1];
			at[i] = at[left - 1];
			if (left > 1)
				assert_holds(&runs[0], at[0]);
		}
	}
	net_free(f);
}

static void slices_and_trims(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	struct sim_rng rng = sim_rng_stream(2, SIM_PURPOSE_USER, 0);
	static unsigned char data[70000];
	struct sim_slab *tail = NULL;
	struct sim_bytes run, more;

	(void)state;
	fill(data, 0, sizeof data);
	assert_int_equal(sim_bytes_append_raw(arena_of(f), &tail, data, 100, &run), 0);
	assert_int_equal(sim_bytes_append_raw(arena_of(f), &tail, data + 100, sizeof data - 100, &more), 0);
	run.len += more.len; /* as receivers join what adjoins */
	sim_bytes_release(arena_of(f), &more);
	for (int i = 0; i < 300; i++) {
		uint32_t off = (uint32_t)sim_rng_below(&rng, sizeof data);
		uint32_t len = (uint32_t)sim_rng_below(&rng, sizeof data - off + 1), n;
		struct sim_bytes s = sim_bytes_slice(&run, off, len);

		assert_int_equal(s.len, len);
		assert_holds(&s, off);
		n = len ? (uint32_t)sim_rng_below(&rng, len) : 0;
		sim_bytes_trim_front(arena_of(f), &s, n);
		assert_holds(&s, off + n);
		sim_bytes_trim_back(arena_of(f), &s, s.len / 2);
		assert_holds(&s, off + n);
		sim_bytes_trim_front(arena_of(f), &s, s.len);
		assert_null(s.slab);
	}
	sim_bytes_release(arena_of(f), &run);
	net_free(f);
}

/* Bytes that are consumed from the front give their slabs back while the rest lives. */
static void front_of_a_long_run_is_freed_as_it_is_read(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	static unsigned char data[60000];
	struct sim_slab *tail = NULL;
	struct sim_bytes run = { NULL, 0, 0 }, piece;
	size_t full;

	(void)state;
	for (int i = 0; i < 10; i++) {
		assert_int_equal(sim_bytes_append_raw(arena_of(f), &tail, data, sizeof data, &piece), 0);
		if (run.slab) {
			run.len += piece.len;
			sim_bytes_release(arena_of(f), &piece);
		} else {
			run = piece;
		}
	}
	full = arena_of(f)->in_use_bytes;
	sim_bytes_trim_front(arena_of(f), &run, run.len - 100);
	assert_true(arena_of(f)->in_use_bytes < full / 4);
	sim_bytes_release(arena_of(f), &run);
	net_free(f);
}

static void user_memory_both_ways(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	unsigned char in[5000], out[5000];
	struct iovec iov[] = {
		{ in, 0 }, { in, 1 }, { in + 1, 2000 }, { in + 2001, 0 }, { in + 2001, 2999 }
	};
	struct iovec to[] = { { out, 4999 }, { out + 4999, 0 }, { out + 4999, 1 } };
	struct sim_iter it = { iov, 5, 0 }, ot = { to, 3, 0 };
	struct sim_slab *tail = NULL;
	struct sim_bytes run, rest;

	(void)state;
	fill(in, 0, sizeof in);
	assert_int_equal(sim_iter_total(&it), sizeof in);
	assert_int_equal(sim_bytes_append(arena_of(f), &tail, &it, 1500, &run), 0);
	assert_int_equal(sim_iter_total(&it), sizeof in - 1500);
	assert_int_equal(sim_bytes_append(arena_of(f), &tail, &it, sizeof in - 1500, &rest), 0);
	assert_int_equal(sim_iter_total(&it), 0);
	run.len += rest.len;
	sim_bytes_release(arena_of(f), &rest);
	assert_int_equal(sim_bytes_to_user(&run, 0, sizeof in, &ot), 0);
	assert_memory_equal(in, out, sizeof in);
	sim_bytes_release(arena_of(f), &run);
	net_free(f);
}

static void bad_pointer_leaves_everything_as_it_was(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	unsigned char good[1000] = { 0 };
	struct iovec iov[] = { { good, sizeof good }, { (void *)1, 10 } };
	struct sim_iter it = { iov, 2, 0 };
	struct sim_slab *tail = NULL;
	struct sim_bytes run, next;
	uint64_t live;

	(void)state;
	assert_int_equal(sim_bytes_append(arena_of(f), &tail, &it, 1010, &run), -EFAULT);
	assert_null(tail);
	assert_int_equal(sim_iter_total(&it), 1010);
	assert_int_equal(sim_bytes_append_raw(arena_of(f), &tail, "x", 1, &run), 0);
	live = arena_of(f)->num_live;
	assert_int_equal(sim_bytes_append(arena_of(f), &tail, &it, 1010, &next), -EFAULT);
	assert_int_equal(arena_of(f)->num_live, live);
	assert_int_equal(tail->used_bytes, 1);
	assert_null(tail->next);
	sim_bytes_release(arena_of(f), &run);
	net_free(f);
}

static void running_out_of_memory_leaves_everything_as_it_was(void **state)
{
	static unsigned char data[100000];

	(void)state;
	for (size_t room = 0; room < 140000; room += 4096) {
		struct net_fixture *f = net_new(0, 1);
		struct sim_slab *tail = NULL;
		struct sim_bytes run, next = { NULL, 0, 0 };
		uint64_t live;
		int err;

		assert_int_equal(sim_bytes_append_raw(arena_of(f), &tail, data, 200, &run), 0);
		live = arena_of(f)->num_live;
		arena_of(f)->limit_bytes = arena_of(f)->in_use_bytes + room;
		err = sim_bytes_append_raw(arena_of(f), &tail, data, sizeof data, &next);
		assert_true(err == 0 || err == -ENOMEM);
		if (err) {
			assert_int_equal(arena_of(f)->num_live, live);
			assert_ptr_equal(tail, run.slab);
			assert_int_equal(tail->used_bytes, 200);
		}
		sim_bytes_release(arena_of(f), &next);
		sim_bytes_release(arena_of(f), &run);
		net_free(f);
	}
}

static void digest_is_of_the_content_however_it_is_cut(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	struct sim_rng rng = sim_rng_stream(3, SIM_PURPOSE_USER, 0);
	static unsigned char data[70000];

	(void)state;
	fill(data, 0, sizeof data);
	for (int i = 0; i < 100; i++) {
		uint32_t len = 1 + (uint32_t)sim_rng_below(&rng, sizeof data), done = 0;
		struct sim_slab *one = NULL, *many = NULL;
		struct sim_bytes a, b = { NULL, 0, 0 }, piece;
		uint64_t digest;

		assert_int_equal(sim_bytes_append_raw(arena_of(f), &one, data, len, &a), 0);
		while (done < len) {
			uint32_t n = 1 + (uint32_t)sim_rng_below(&rng, 700);

			if (n > len - done)
				n = len - done;
			assert_int_equal(sim_bytes_append_raw(arena_of(f), &many, data + done, n, &piece), 0);
			if (b.slab)
				sim_bytes_release(arena_of(f), &piece);
			else
				b = piece;
			done += n;
			b.len = done;
		}
		digest = sim_bytes_digest(&a);
		assert_int_equal(sim_bytes_digest(&b), digest);
		assert_int_equal(sim_bytes_unshare(arena_of(f), &b), 0);
		assert_int_equal(sim_bytes_digest(&b), digest);
		b.slab->data[b.off] ^= 1;
		assert_int_not_equal(sim_bytes_digest(&b), digest);
		assert_int_equal(sim_bytes_digest(&a), digest);
		sim_bytes_release(arena_of(f), &a);
		sim_bytes_release(arena_of(f), &b);
	}
	net_free(f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(stream_in_pieces_is_what_was_put_in),
	cmocka_unit_test(slices_and_trims),
	cmocka_unit_test(front_of_a_long_run_is_freed_as_it_is_read),
	cmocka_unit_test(user_memory_both_ways),
	cmocka_unit_test(bad_pointer_leaves_everything_as_it_was),
	cmocka_unit_test(running_out_of_memory_leaves_everything_as_it_was),
	cmocka_unit_test(digest_is_of_the_content_however_it_is_cut),
};

int main(void)
{
	return cmocka_run_group_tests_name("bytes", tests, NULL, NULL);
}
