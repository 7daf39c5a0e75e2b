/* SPDX-License-Identifier: MIT */
/* Open files and the table of descriptors: numbers, sharing, limits, running out of memory. */
#include "sim/proc/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "tests/support/small_world.h"

enum { FIRST_FD = 3, MANY = 300, REAL_LIMIT = 40 };

static struct small_world w;

static int set_up(void **state)
{
	(void)state;
	small_world_init(&w, 1);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	small_world_fini(&w);
	return 0;
}

static int open_one(void)
{
	return fake_sock_open(&w, 0, NULL);
}

static void close_all(void)
{
	for (int fd = 0; fd < w.fds.num_slots; fd++)
		if (sim_fd_file(&w.fds, fd))
			small_world_close(&w, fd);
}

static void a_new_descriptor_takes_the_lowest_free_number(void **state)
{
	(void)state;
	for (int fd = FIRST_FD; fd < FIRST_FD + 5; fd++)
		assert_int_equal(open_one(), fd);
	small_world_close(&w, 6);
	small_world_close(&w, 4);
	assert_int_equal(open_one(), 4);
	assert_int_equal(open_one(), 6);
	assert_int_equal(open_one(), FIRST_FD + 5);
	close_all();
}

static void a_minimum_is_kept_and_does_not_hide_lower_numbers(void **state)
{
	(void)state;
	assert_int_equal(fake_sock_open(&w, 10, NULL), 10);
	assert_int_equal(fake_sock_open(&w, 10, NULL), 11);
	assert_int_equal(open_one(), FIRST_FD);
	small_world_close(&w, 10);
	assert_int_equal(fake_sock_open(&w, 5, NULL), 5);
	assert_int_equal(fake_sock_open(&w, 10, NULL), 10);
	assert_int_equal(open_one(), FIRST_FD + 1);
	close_all();
}

static void the_table_grows_and_keeps_what_is_in_it(void **state)
{
	struct sim_file *first;

	(void)state;
	assert_int_equal(open_one(), FIRST_FD);
	first = sim_fd_file(&w.fds, FIRST_FD);
	for (int i = 1; i < MANY; i++)
		assert_int_equal(open_one(), FIRST_FD + i);
	assert_int_equal(w.fds.num_open, MANY);
	assert_ptr_equal(sim_fd_file(&w.fds, FIRST_FD), first);
	assert_null(sim_fd_file(&w.fds, FIRST_FD + MANY));
	assert_null(sim_fd_file(&w.fds, -1));
	assert_null(sim_fd_file(&w.fds, INT32_MAX));
	close_all();
	assert_int_equal(fake_sock_num_destroyed, MANY);
}

static void at_the_limit_it_is_emfile_until_one_is_closed(void **state)
{
	(void)state;
	w.fds.limit = FIRST_FD + 2;
	assert_int_equal(open_one(), FIRST_FD);
	assert_int_equal(open_one(), FIRST_FD + 1);
	assert_int_equal(open_one(), -EMFILE);
	assert_int_equal(fake_sock_open(&w, FIRST_FD + 2, NULL), -EMFILE);
	small_world_close(&w, FIRST_FD);
	assert_int_equal(open_one(), FIRST_FD);
	assert_int_equal(w.fds.num_open, 2);
	close_all();
}

static void a_duplicate_shares_the_file_and_the_last_close_releases_it(void **state)
{
	struct fake_sock *s;
	int fd = fake_sock_open(&w, 0, &s), dup;
	struct sim_file *f = sim_fd_file(&w.fds, fd);

	(void)state;
	dup = sim_fd_install(&w.fds, w.proc, sim_file_get(f), 0, true);
	assert_int_equal(dup, fd + 1);
	f->nonblock = true;
	assert_true(sim_fd_file(&w.fds, dup)->nonblock);
	assert_true(w.fds.slots[dup].cloexec);
	assert_false(w.fds.slots[fd].cloexec);
	small_world_close(&w, fd);
	assert_int_equal(fake_sock_num_released, 0);
	assert_false(s->sk.dead);
	small_world_close(&w, dup);
	assert_int_equal(fake_sock_num_released, 1);
	assert_int_equal(fake_sock_num_destroyed, 1);
}

static void a_socket_that_the_protocol_holds_outlives_its_file(void **state)
{
	struct fake_sock *s;
	int fd = fake_sock_open(&w, 0, &s);

	(void)state;
	sim_sock_get(&s->sk);
	small_world_close(&w, fd);
	assert_true(s->sk.dead);
	assert_int_equal(fake_sock_num_released, 1);
	assert_int_equal(fake_sock_num_destroyed, 0);
	sim_sock_put(&s->sk);
	assert_int_equal(fake_sock_num_destroyed, 1);
}

static void install_at_takes_exactly_that_number(void **state)
{
	int fd = open_one();
	struct sim_file *f = sim_fd_file(&w.fds, fd);

	(void)state;
	assert_int_equal(sim_fd_install_at(&w.fds, w.proc, sim_file_get(f), 100, false), 100);
	assert_ptr_equal(sim_fd_file(&w.fds, 100), f);
	/* 0, 1 and 2 are never given out, but may be asked for. */
	assert_int_equal(sim_fd_install_at(&w.fds, w.proc, sim_file_get(f), 0, false), 0);
	small_world_close(&w, 0);
	assert_int_equal(open_one(), fd + 1);
	assert_int_equal(sim_fd_install_at(&w.fds, w.proc, f, -1, false), -EBADF);
	assert_int_equal(sim_fd_install_at(&w.fds, w.proc, f, w.fds.limit, false), -EBADF);
	close_all();
}

static void what_install_at_put_there_is_not_given_out_again(void **state)
{
	struct sim_file *f;
	int fd = open_one();

	(void)state;
	f = sim_fd_file(&w.fds, fd);
	assert_int_equal(sim_fd_install_at(&w.fds, w.proc, sim_file_get(f), fd + 1, false), fd + 1);
	assert_int_equal(open_one(), fd + 2);
	close_all();
}

static void removing_what_is_not_open_is_nothing(void **state)
{
	(void)state;
	assert_null(sim_fd_remove(&w.fds, FIRST_FD));
	assert_null(sim_fd_remove(&w.fds, -1));
	assert_null(sim_fd_remove(&w.fds, 1 << 30));
	assert_int_equal(w.fds.num_open, 0);
}

/* With ever less memory: each attempt works whole or leaves nothing behind. */
static void out_of_memory_leaves_the_table_as_it_was(void **state)
{
	struct sim_arena *a = w.ctx.arena;
	size_t limit = a->limit_bytes;
	int fd, num = 0;

	(void)state;
	for (;;) {
		uint64_t live = a->num_live;
		int open = w.fds.num_open;

		a->limit_bytes = a->in_use_bytes + 600; /* room for one or two, not for a greater table */
		fd = open_one();
		if (fd >= 0) {
			num++;
			continue;
		}
		assert_int_equal(fd, -ENOMEM);
		assert_int_equal(a->num_live, live);
		assert_int_equal(w.fds.num_open, open);
		break;
	}
	assert_true(num > 0);
	/* And with memory again it goes on where it was. */
	a->limit_bytes = limit;
	assert_int_equal(open_one(), FIRST_FD + num);
	close_all();
}

/* ---- numbers reserved beside real ones ---- */

static bool real_taken[REAL_LIMIT];
static int num_drops;

static int real_take(int min, bool cloexec)
{
	(void)cloexec;
	for (int fd = min; fd < REAL_LIMIT; fd++) {
		if (!real_taken[fd]) {
			real_taken[fd] = true;
			return fd;
		}
	}
	return -EMFILE;
}

static int real_take_at(int fd, bool cloexec)
{
	(void)cloexec;
	real_taken[fd] = true;
	return fd;
}

static void real_drop(int fd)
{
	num_drops++;
	real_taken[fd] = false;
}

static const struct sim_fd_ops real_ops = { .take = real_take, .take_at = real_take_at, .drop = real_drop };

static void numbers_are_reserved_beside_real_ones(void **state)
{
	(void)state;
	memset(real_taken, 0, sizeof real_taken);
	real_taken[0] = real_taken[1] = real_taken[2] = real_taken[4] = true;
	num_drops = 0;
	w.fds.ops = &real_ops;
	assert_int_equal(open_one(), 3);
	assert_int_equal(open_one(), 5);
	assert_int_equal(sim_fd_install_at(&w.fds, w.proc, sim_file_get(sim_fd_file(&w.fds, 3)), 4, false),
			 4);
	for (int fd = 6; fd < REAL_LIMIT; fd++)
		assert_int_equal(open_one(), fd);
	assert_int_equal(open_one(), -EMFILE);
	small_world_close(&w, 4);
	assert_false(real_taken[4]);
	assert_int_equal(num_drops, 1);
	close_all();
	assert_int_equal(num_drops, REAL_LIMIT - 3);
}

static void a_reserved_number_is_given_back_when_the_table_cannot_grow(void **state)
{
	struct sim_arena *a = w.ctx.arena;
	size_t limit = a->limit_bytes;

	(void)state;
	memset(real_taken, 0, sizeof real_taken);
	num_drops = 0;
	w.fds.ops = &real_ops;
	a->limit_bytes = a->in_use_bytes + 900; /* a file and a socket, no second table of 64 */
	assert_int_equal(fake_sock_open(&w, w.fds.num_slots, NULL), -ENOMEM);
	assert_int_equal(num_drops, 1);
	assert_false(real_taken[w.fds.num_slots]);
	a->limit_bytes = limit;
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(a_new_descriptor_takes_the_lowest_free_number),
		T(a_minimum_is_kept_and_does_not_hide_lower_numbers),
		T(the_table_grows_and_keeps_what_is_in_it),
		T(at_the_limit_it_is_emfile_until_one_is_closed),
		T(a_duplicate_shares_the_file_and_the_last_close_releases_it),
		T(a_socket_that_the_protocol_holds_outlives_its_file),
		T(install_at_takes_exactly_that_number),
		T(what_install_at_put_there_is_not_given_out_again),
		T(removing_what_is_not_open_is_nothing),
		T(out_of_memory_leaves_the_table_as_it_was),
		T(numbers_are_reserved_beside_real_ones),
		T(a_reserved_number_is_given_back_when_the_table_cannot_grow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
