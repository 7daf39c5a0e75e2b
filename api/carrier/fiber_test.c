/* SPDX-License-Identifier: MIT */
/* Tasks on fibers: who runs, what each keeps for itself (errno, floating point control), stacks that come
 * back. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <fenv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/carrier/fiber.h"
#include "sim/base/assert.h"
#include "sim/base/str.h"
#include "sim/task/task.h"
#include "sim/trace/ctx.h"

/* What the layers above give. */
__thread struct sim_task *sim_current __attribute__((tls_model("initial-exec")));
sim_timer_fn *const sim_timer_fns[SIM_TIMER_NUM_KINDS];
sim_wait_fn *const sim_wait_fns[SIM_WAIT_NUM_KINDS];

_Noreturn void sim_fatal(const char *what, const char *file, int line)
{
	fprintf(stderr, "%s:%d: does not hold: %s\n", file, line, what);
	abort();
}

enum { ARENA_BYTES = 4 << 20, NUM_TASKS = 200 };

struct bench {
	void *mem;
	struct sim_ctx ctx;
	struct sim_sched sched;
	struct sim_task *main_task;
	char text[64];
	struct sim_str log;
};

static struct bench *b;

static bool nothing_happens(struct sim_sched *s)
{
	(void)s;
	return false;
}

static int nobody_can_wake(struct sim_sched *s, struct sim_task *t)
{
	(void)s;
	(void)t;
	return -EDEADLK;
}

static int set_up(void **state)
{
	(void)state;
	b = calloc(1, sizeof *b);
	b->mem = calloc(1, ARENA_BYTES);
	b->ctx.arena = sim_arena_init(b->mem, ARENA_BYTES);
	b->ctx.seed = 1;
	b->log = sim_str_on(b->text, sizeof b->text);
	assert_int_equal(sim_clock_init(&b->ctx.clock, b->ctx.arena), 0);
	assert_int_equal(sim_trace_init(&b->ctx.trace, b->ctx.arena, &b->ctx.clock, 64), 0);
	sim_sched_init(&b->sched, &b->ctx);
	b->sched.carriers = &sim_fiber_ops;
	b->sched.idle = nothing_happens;
	b->sched.deadlock = nobody_can_wake;
	b->main_task = sim_task_new(&b->sched, NULL, "main", true);
	sim_current = b->main_task;
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sim_current = NULL;
	sim_fiber_ops.free(b->main_task);
	free(b->mem);
	free(b);
	return 0;
}

static struct sim_task *spawn(void (*fn)(void *), void *arg)
{
	struct sim_task *t = sim_task_new(&b->sched, NULL, "fiber", false);

	assert_non_null(t);
	assert_int_equal(sim_fiber_start(t, fn, arg), 0);
	return t;
}

static void note(void *arg)
{
	sim_str_add(&b->log, arg);
	sim_task_yield(sim_current);
	sim_str_add(&b->log, arg);
}

static void tasks_take_turns_in_the_order_they_became_ready(void **state)
{
	char x[] = "x", y[] = "y";

	(void)state;
	spawn(note, x);
	spawn(note, y);
	for (int i = 0; i < 4; i++) {
		sim_str_add(&b->log, "m");
		sim_task_yield(b->main_task);
	}
	assert_string_equal(b->text, "mxymxymm");
}

static void expect_current(void *arg)
{
	assert_ptr_equal(sim_current, *(struct sim_task **)arg);
}

static void the_current_task_is_the_one_that_runs(void **state)
{
	struct sim_task *t;

	(void)state;
	t = spawn(expect_current, &t);
	sim_task_yield(b->main_task);
	assert_ptr_equal(sim_current, b->main_task);
}

static void set_errno(void *arg)
{
	assert_int_equal(errno, 0);
	errno = *(int *)arg;
	sim_task_yield(sim_current);
	assert_int_equal(errno, *(int *)arg);
}

static void errno_is_each_tasks_own(void **state)
{
	int one = EAGAIN, two = EPIPE;

	(void)state;
	spawn(set_errno, &one);
	spawn(set_errno, &two);
	errno = ENOENT;
	sim_task_yield(b->main_task);
	assert_int_equal(errno, ENOENT);
	sim_task_yield(b->main_task);
	assert_int_equal(errno, ENOENT);
}

static void round_up(void *arg)
{
	(void)arg;
	assert_int_equal(fegetround(), FE_TONEAREST);
	fesetround(FE_UPWARD);
	sim_task_yield(sim_current);
	assert_int_equal(fegetround(), FE_UPWARD);
}

static void rounding_of_floating_point_is_each_tasks_own(void **state)
{
	(void)state;
	spawn(round_up, NULL);
	sim_task_yield(b->main_task);
	assert_int_equal(fegetround(), FE_TONEAREST);
	sim_task_yield(b->main_task);
	assert_int_equal(fegetround(), FE_TONEAREST);
}

static int deep(int n)
{
	volatile char block[1000];

	memset((char *)block, n, sizeof block);
	return n ? deep(n - 1) + (block[n % 1000] == (char)n) : 0;
}

static void use_the_stack(void *arg)
{
	*(int *)arg += deep(100) == 100;
}

static void many_fibers_in_turn_use_few_stacks(void **state)
{
	int num_good = 0;

	(void)state;
	for (int i = 0; i < NUM_TASKS; i++) {
		spawn(use_the_stack, &num_good);
		if (i % 10 == 9)
			sim_task_yield(b->main_task);
	}
	assert_int_equal(num_good, NUM_TASKS);
}

static int num_ended;

static void count_end(struct sim_task *t)
{
	assert_ptr_equal(t, sim_current);
	num_ended++;
}

static void return_at_once(void *arg)
{
	(void)arg;
}

static void the_end_of_a_fiber_is_told(void **state)
{
	(void)state;
	num_ended = 0;
	sim_fiber_ended_hook = count_end;
	spawn(return_at_once, NULL);
	sim_task_yield(b->main_task);
	sim_fiber_ended_hook = NULL;
	assert_int_equal(num_ended, 1);
}

static void a_task_that_never_ran_is_freed(void **state)
{
	(void)state;
	sim_task_free(spawn(return_at_once, NULL));
	sim_fiber_trim();
}

static void guard(void *arg)
{
	const void *here = __builtin_frame_address(0);

	*(bool *)arg = !sim_fiber_is_guard(sim_current, here) &&
		       sim_fiber_is_guard(sim_current, (void *)((uintptr_t)here - SIM_FIBER_STACK_BYTES));
}

static void below_the_stack_lies_its_guard(void **state)
{
	bool good = false;

	(void)state;
	spawn(guard, &good);
	sim_task_yield(b->main_task);
	assert_true(good);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(tasks_take_turns_in_the_order_they_became_ready, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(the_current_task_is_the_one_that_runs, set_up, tear_down),
		cmocka_unit_test_setup_teardown(errno_is_each_tasks_own, set_up, tear_down),
		cmocka_unit_test_setup_teardown(rounding_of_floating_point_is_each_tasks_own, set_up,
						tear_down),
		cmocka_unit_test_setup_teardown(many_fibers_in_turn_use_few_stacks, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_end_of_a_fiber_is_told, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_task_that_never_ran_is_freed, set_up, tear_down),
		cmocka_unit_test_setup_teardown(below_the_stack_lies_its_guard, set_up, tear_down),
	};

	return cmocka_run_group_tests_name("fiber", tests, NULL, NULL);
}
