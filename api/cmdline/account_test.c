/* SPDX-License-Identifier: MIT */
/* What was received against what was to be sent: gaps, doubles, bytes from nowhere. */
#include "api/cmdline/account.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

enum { FILE_BYTES = 1000 };

static unsigned char file[FILE_BYTES], got[4 * FILE_BYTES];
static size_t got_len;
static struct account a;

/* Bytes that do not repeat within a window. */
static int fresh(void **state)
{
	uint32_t x = 1;

	(void)state;
	for (int i = 0; i < FILE_BYTES; i++) {
		x = x * 1664525u + 1013904223u;
		file[i] = (unsigned char)(x >> 24);
	}
	got_len = 0;
	return 0;
}

static void receive(size_t at, size_t len)
{
	memcpy(got + got_len, file + at, len);
	got_len += len;
}

static void compare(void)
{
	account_compare(&a, file, sizeof file, got, got_len);
}

static void check_gap(unsigned n, size_t at, size_t len)
{
	assert_int_equal(a.gaps[n].at, at);
	assert_int_equal(a.gaps[n].len, len);
}

static void all_of_it_is_no_loss(void **state)
{
	(void)state;
	receive(0, FILE_BYTES);
	compare();
	assert_int_equal(a.num_gaps, 0);
	assert_int_equal(a.lost_bytes, 0);
	assert_int_equal(a.foreign_bytes, 0);
}

static void nothing_is_one_gap(void **state)
{
	(void)state;
	compare();
	assert_int_equal(a.num_gaps, 1);
	check_gap(0, 0, FILE_BYTES);
	assert_int_equal(a.lost_bytes, FILE_BYTES);
}

static void gaps_at_the_beginning_in_the_middle_and_at_the_end(void **state)
{
	(void)state;
	receive(10, 90);
	receive(150, 50);
	receive(201, 700);
	compare();
	assert_int_equal(a.num_gaps, 4);
	check_gap(0, 0, 10);
	check_gap(1, 100, 50);
	check_gap(2, 200, 1);
	check_gap(3, 901, 99);
	assert_int_equal(a.lost_bytes, 160);
	assert_int_equal(a.foreign_bytes, 0);
}

static void what_came_twice_is_foreign_and_loses_nothing(void **state)
{
	(void)state;
	receive(0, 500);
	receive(480, 520); /* the last 20 again */
	compare();
	assert_int_equal(a.lost_bytes, 0);
	assert_int_equal(a.num_gaps, 0);
	assert_int_equal(a.foreign_bytes, 20);
}

static void the_whole_file_twice_is_foreign_the_second_time(void **state)
{
	(void)state;
	receive(0, FILE_BYTES);
	receive(0, FILE_BYTES);
	compare();
	assert_int_equal(a.lost_bytes, 0);
	assert_int_equal(a.foreign_bytes, FILE_BYTES);
}

static void bytes_from_nowhere_are_foreign(void **state)
{
	static const char other[] = "these are not of the file";

	(void)state;
	receive(0, 300);
	memcpy(got + got_len, other, sizeof other);
	got_len += sizeof other;
	receive(300, 700);
	compare();
	assert_int_equal(a.lost_bytes, 0);
	assert_int_equal(a.num_gaps, 0);
	assert_int_equal(a.foreign_bytes, sizeof other);
}

/* The last bytes received are fewer than a window: they still find their place. */
static void a_short_tail_finds_its_place(void **state)
{
	(void)state;
	receive(0, 500);
	receive(FILE_BYTES - 3, 3);
	compare();
	assert_int_equal(a.foreign_bytes, 0);
	assert_int_equal(a.num_gaps, 1);
	check_gap(0, 500, 497);
}

static void many_gaps_are_counted_and_the_first_kept(void **state)
{
	unsigned num = 0;

	(void)state;
	for (size_t at = 0; at + 10 <= FILE_BYTES; at += 10, num++)
		receive(at + 1, 9);
	compare();
	assert_true(num > ACCOUNT_MAX_GAPS);
	assert_int_equal(a.num_gaps, num);
	assert_int_equal(a.lost_bytes, num);
	check_gap(ACCOUNT_MAX_GAPS - 1, (ACCOUNT_MAX_GAPS - 1) * 10, 1);
}

/* Whatever is cut out, lost and received add up to the file. */
static void lost_and_received_make_the_file(void **state)
{
	uint32_t x = 7;

	(void)state;
	for (int round = 0; round < 200; round++) {
		size_t at = 0, received = 0;

		got_len = 0;
		while (at < FILE_BYTES) {
			size_t keep, skip;

			x = x * 1664525u + 1013904223u;
			keep = 20 + (x >> 24) % 100;
			skip = (x >> 16) % 30;
			if (keep > FILE_BYTES - at)
				keep = FILE_BYTES - at;
			receive(at, keep);
			received += keep;
			at += keep + skip;
		}
		compare();
		assert_int_equal(a.lost_bytes + received, FILE_BYTES);
		assert_int_equal(a.foreign_bytes, 0);
	}
}

#define T(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(all_of_it_is_no_loss),
		T(nothing_is_one_gap),
		T(gaps_at_the_beginning_in_the_middle_and_at_the_end),
		T(what_came_twice_is_foreign_and_loses_nothing),
		T(the_whole_file_twice_is_foreign_the_second_time),
		T(bytes_from_nowhere_are_foreign),
		T(a_short_tail_finds_its_place),
		T(many_gaps_are_counted_and_the_first_kept),
		T(lost_and_received_make_the_file),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
