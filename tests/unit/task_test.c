/* SPDX-License-Identifier: MIT */
/* The scheduler: in which order tasks run, what wakes them, what happens when nothing can. */
#include "sim/task/task.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>

#include "sim/base/str.h"
#include "tests/support/small_world.h"

enum { NUM_SEEDED = 6, NUM_TURNS = 4, MANY = 100 };

static struct small_world w;
static char text[256];
static struct sim_str said;
static struct sim_waitq queue;

static int set_up(void **state)
{
	(void)state;
	small_world_init(&w, 1);
	said = sim_str_on(text, sizeof text);
	sim_waitq_init(&queue);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	small_world_fini(&w);
	return 0;
}

static void say(const char *what)
{
	sim_str_add(&said, what);
}

static void say_twice(void *arg)
{
	say(arg);
	sim_task_yield(w.sched.current);
	say(arg);
}

static char a[] = "a", b[] = "b", c[] = "c";

/* ---- order ---- */

static void tasks_run_in_the_order_they_became_ready(void **state)
{
	(void)state;
	small_world_spawn(&w, "a", say_twice, a);
	small_world_spawn(&w, "b", say_twice, b);
	small_world_spawn(&w, "c", say_twice, c);
	small_world_run(&w);
	assert_string_equal(text, "abcabc");
}

static void take_turns(void *arg)
{
	for (int i = 0; i < NUM_TURNS; i++) {
		say(arg);
		sim_task_yield(w.sched.current);
	}
}

/* The order in which a seed lets six tasks run four times each. */
static void run_seeded(uint64_t seed, char *order, size_t cap)
{
	static char names[NUM_SEEDED][2];

	small_world_init(&w, seed);
	said = sim_str_on(text, sizeof text);
	w.sched.policy = SIM_SCHED_SEEDED;
	for (int i = 0; i < NUM_SEEDED; i++) {
		names[i][0] = (char)('0' + i);
		small_world_spawn(&w, names[i], take_turns, names[i]);
	}
	small_world_run(&w);
	sim_str_copy(order, cap, text);
	small_world_fini(&w);
}

static void a_seed_gives_the_same_order_again_and_another_seed_another(void **state)
{
	char first[64], again[64], other[64];

	(void)state;
	tear_down(NULL); /* each run has a world of its own */
	run_seeded(7, first, sizeof first);
	run_seeded(7, again, sizeof again);
	run_seeded(8, other, sizeof other);
	set_up(NULL);
	assert_int_equal(strlen(first), NUM_SEEDED * NUM_TURNS);
	assert_string_equal(first, again);
	assert_string_not_equal(first, other);
	assert_string_not_equal(first, "012345012345012345012345");
}

static void yielding_with_nobody_ready_returns_at_once(void **state)
{
	(void)state;
	sim_task_yield(w.task);
	assert_ptr_equal(w.sched.current, w.task);
	assert_int_equal(w.task->state, SIM_TASK_RUNNING);
}

/* ---- waiting ---- */

static int wait_on(struct sim_waitq *q, uint32_t events, int64_t deadline_ns)
{
	struct sim_task *t = w.sched.current;
	struct sim_wait wait;
	int r;

	sim_waitq_add(q, &wait, SIM_WAIT_TASK, t, events);
	r = sim_task_block(t, deadline_ns);
	sim_waitq_remove(&wait);
	return r;
}

static void wait_then_say(void *arg)
{
	sim_str_printf(&said, "%s%d", (char *)arg, wait_on(&queue, EPOLLIN, SIM_NEVER_NS));
}

static void everybody_on_a_queue_wakes_in_the_order_of_coming(void **state)
{
	(void)state;
	small_world_spawn(&w, "a", wait_then_say, a);
	small_world_spawn(&w, "b", wait_then_say, b);
	small_world_spawn(&w, "c", wait_then_say, c);
	small_world_run(&w);
	assert_string_equal(text, "");
	sim_waitq_wake(&queue, EPOLLIN);
	small_world_run(&w);
	assert_string_equal(text, "a0b0c0");
}

static void wait_for_writing(void *arg)
{
	(void)arg;
	wait_on(&queue, EPOLLOUT, SIM_NEVER_NS);
	say("w");
}

static void only_those_who_want_the_event_wake_but_errors_wake_all(void **state)
{
	(void)state;
	small_world_spawn(&w, "a", wait_then_say, a);
	small_world_spawn(&w, "w", wait_for_writing, NULL);
	small_world_run(&w);
	sim_waitq_wake(&queue, EPOLLPRI);
	small_world_run(&w);
	assert_string_equal(text, "");
	sim_waitq_wake(&queue, EPOLLIN);
	small_world_run(&w);
	assert_string_equal(text, "a0");
	sim_waitq_wake(&queue, EPOLLERR);
	small_world_run(&w);
	assert_string_equal(text, "a0w");
}

static void a_deadline_wakes_at_its_time_and_not_before(void **state)
{
	(void)state;
	assert_int_equal(wait_on(&queue, EPOLLIN, 5 * SIM_NS_PER_S), -ETIMEDOUT);
	assert_int_equal(sim_now(&w.ctx), 5 * SIM_NS_PER_S);
	assert_int_equal(w.num_deadlocks, 0);
	assert_false(sim_timer_is_set(&w.task->timer));
}

static void a_deadline_in_the_past_lets_others_run_first(void **state)
{
	(void)state;
	small_world_spawn(&w, "a", say_twice, a);
	w.ctx.clock.now_ns = SIM_NS_PER_S;
	assert_int_equal(wait_on(&queue, EPOLLIN, 0), -ETIMEDOUT);
	assert_int_equal(sim_now(&w.ctx), SIM_NS_PER_S);
	assert_string_equal(text, "aa");
}

static void wake_queue(void *arg)
{
	(void)arg;
	sim_waitq_wake(&queue, EPOLLIN);
}

static void who_is_woken_in_time_hears_of_no_deadline(void **state)
{
	(void)state;
	small_world_spawn(&w, "waker", wake_queue, NULL);
	assert_int_equal(wait_on(&queue, EPOLLIN, SIM_NS_PER_S), 0);
	assert_int_equal(sim_now(&w.ctx), 0);
	/* The timer of that wait is gone: the next one sleeps its whole time. */
	assert_int_equal(wait_on(&queue, EPOLLIN, 3 * SIM_NS_PER_S), -ETIMEDOUT);
	assert_int_equal(sim_now(&w.ctx), 3 * SIM_NS_PER_S);
}

/* Wakes the queue at the very instant of the deadline, and lets that pass before the woken task can run. */
static void wake_queue_and_let_time_pass(void *arg)
{
	(void)arg;
	sim_waitq_wake(&queue, EPOLLIN);
	(void)sim_clock_step(&w.ctx.clock, SIM_NEVER_NS);
}

static void who_was_woken_before_the_deadline_fired_did_not_time_out(void **state)
{
	(void)state;
	small_world_spawn(&w, "waker", wake_queue_and_let_time_pass, NULL);
	assert_int_equal(wait_on(&queue, EPOLLIN, SIM_NS_PER_S), 0);
}

static void interrupt_main(void *arg)
{
	(void)arg;
	sim_task_interrupt(w.task);
}

static void an_interrupt_ends_the_wait_and_stays_until_it_is_taken(void **state)
{
	(void)state;
	small_world_spawn(&w, "signal", interrupt_main, NULL);
	assert_int_equal(wait_on(&queue, EPOLLIN, SIM_NS_PER_S), -SIM_ERESTART);
	assert_int_equal(sim_now(&w.ctx), 0);
	/* Whoever handles the signal clears it; until then nothing blocks. */
	assert_int_equal(wait_on(&queue, EPOLLIN, SIM_NS_PER_S), -SIM_ERESTART);
	w.task->interrupted = false;
	assert_int_equal(wait_on(&queue, EPOLLIN, SIM_NS_PER_S), -ETIMEDOUT);
}

static void waking_who_does_not_wait_does_nothing(void **state)
{
	(void)state;
	sim_task_wake(w.task);
	assert_true(sim_list_empty(&w.sched.ready));
	assert_int_equal(w.task->state, SIM_TASK_RUNNING);
}

static void sleep_then_say(void *arg)
{
	const char *name = arg;

	(void)sim_task_block(w.sched.current, (name[0] - 'a' + 1) * SIM_NS_PER_MS);
	say(name);
}

static void sleepers_wake_by_their_deadlines(void **state)
{
	(void)state;
	small_world_spawn(&w, "c", sleep_then_say, c);
	small_world_spawn(&w, "a", sleep_then_say, a);
	small_world_spawn(&w, "b", sleep_then_say, b);
	small_world_run(&w);
	assert_string_equal(text, "abc");
	assert_int_equal(sim_now(&w.ctx), 3 * SIM_NS_PER_MS);
}

/* ---- dead-locks ---- */

static void when_nothing_can_wake_anybody_the_hook_says_what_the_call_returns(void **state)
{
	(void)state;
	w.task->on.call = 42;
	assert_int_equal(wait_on(&queue, EPOLLIN, SIM_NEVER_NS), -SMALL_WORLD_DEADLOCK);
	assert_int_equal(w.num_deadlocks, 1);
	assert_ptr_equal(w.deadlocked, w.task);
	/* What the report tells of the wait. */
	assert_int_equal(w.task->on.call, 42);
	assert_int_equal(w.task->on.since_ns, 0);
	assert_int_equal(w.task->on.deadline_ns, SIM_NEVER_NS);
}

static int wake_main(struct small_world *world, struct sim_task *t)
{
	(void)t;
	sim_task_wake(world->task);
	return -1;
}

static void a_hook_that_wakes_somebody_resolves_the_dead_lock(void **state)
{
	(void)state;
	w.on_deadlock = wake_main;
	assert_int_equal(wait_on(&queue, EPOLLIN, SIM_NEVER_NS), 0);
	assert_int_equal(w.num_deadlocks, 1);
}

static void one_that_ends_last_reports_for_those_who_wait(void **state)
{
	(void)state;
	w.on_deadlock = wake_main;
	small_world_spawn(&w, "a", say_twice, a);
	assert_int_equal(wait_on(&queue, EPOLLIN, SIM_NEVER_NS), 0);
	assert_string_equal(text, "aa");
	assert_int_equal(w.num_deadlocks, 1);
}

static bool housekeeping_ran;

static void on_probe(struct small_world *world, struct sim_timer *t)
{
	(void)t;
	(void)world;
	housekeeping_ran = true;
	sim_waitq_wake(&queue, EPOLLIN);
}

static void an_event_that_wakes_the_waiter_is_no_dead_lock(void **state)
{
	struct sim_timer t;

	(void)state;
	w.on_timer = on_probe;
	housekeeping_ran = false;
	sim_timer_init(&t, SIM_TIMER_PROBE, false);
	assert_int_equal(sim_timer_set(&w.ctx.clock, &t, SIM_NS_PER_S), 0);
	assert_int_equal(wait_on(&queue, EPOLLIN, SIM_NEVER_NS), 0);
	assert_true(housekeeping_ran);
	assert_int_equal(w.num_deadlocks, 0);
	sim_timer_fini(&w.ctx.clock, &t);
}

/* ---- birth and death ---- */

static void say_once(void *arg)
{
	say(arg);
}

static void an_ended_task_is_freed_by_whoever_runs_next(void **state)
{
	uint64_t live = w.ctx.arena->num_live;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		small_world_spawn(&w, "short", say_once, a);
		sim_task_yield(w.task);
		assert_null(w.sched.zombie);
		assert_int_equal(w.ctx.arena->num_live, live);
	}
}

static void a_task_that_never_ran_can_be_freed(void **state)
{
	(void)state;
	sim_task_free(small_world_spawn(&w, "never", say_once, a));
	small_world_run(&w);
	assert_string_equal(text, "");
}

static void a_task_that_waits_can_be_freed(void **state)
{
	struct sim_task *t = small_world_spawn(&w, "waits", sleep_then_say, a);

	(void)state;
	sim_task_yield(w.task);
	assert_int_equal(t->state, SIM_TASK_BLOCKED);
	sim_task_free(t);
	small_world_run(&w);
	assert_string_equal(text, "");
	assert_int_equal(w.ctx.clock.num_foreground, 0);
}

static void spawn_then_say(void *arg)
{
	small_world_spawn(&w, "child", say_once, arg);
	say("p");
}

static void a_task_may_make_tasks_and_end_before_them(void **state)
{
	(void)state;
	small_world_spawn(&w, "parent", spawn_then_say, c);
	small_world_run(&w);
	assert_string_equal(text, "pc");
}

static void without_memory_there_is_no_task(void **state)
{
	size_t limit = w.ctx.arena->limit_bytes;

	(void)state;
	w.ctx.arena->limit_bytes = w.ctx.arena->in_use_bytes;
	assert_null(sim_task_new(&w.sched, w.proc, "none", false));
	w.ctx.arena->limit_bytes = limit;
	assert_true(sim_list_empty(&w.sched.ready));
}

/* ---- signals of a process (proc.h) ---- */

static void an_ignored_signal_interrupts_nobody(void **state)
{
	(void)state;
	w.signal_action = SIM_SIGNAL_IGNORE;
	sim_proc_signal(w.proc, 14);
	assert_false(w.task->interrupted);
	assert_int_equal(w.proc->pending, 0);
}

static void a_blocked_signal_pends_and_interrupts_nobody(void **state)
{
	(void)state;
	w.signal_action = SIM_SIGNAL_BLOCKED;
	sim_proc_signal(w.proc, 14);
	assert_false(w.task->interrupted);
	assert_int_equal(w.proc->pending, 1u << 13);
}

static void an_interval_timer_interrupts_again_and_again(void **state)
{
	struct sim_alarm *timer = &w.proc->itimers[0];

	(void)state;
	assert_int_equal(sim_alarm_left(timer), 0);
	assert_int_equal(sim_alarm_set(timer, 3 * SIM_NS_PER_S, 2 * SIM_NS_PER_S), 0);
	for (int64_t at_s = 3; at_s <= 7; at_s += 2) {
		assert_int_equal(sim_task_block(w.task, SIM_NEVER_NS), -SIM_ERESTART);
		assert_int_equal(sim_now(&w.ctx), at_s * SIM_NS_PER_S);
		w.task->interrupted = false;
	}
	assert_int_equal(sim_alarm_left(timer), 2 * SIM_NS_PER_S);
	assert_int_equal(sim_alarm_set(timer, SIM_NEVER_NS, 0), 0);
	assert_int_equal(sim_task_block(w.task, SIM_NEVER_NS), -SMALL_WORLD_DEADLOCK);
}

/* The table of a process's timers, which stays as long as its world. */
static void forget_timers(void)
{
	sim_arena_free(w.ctx.arena, w.proc->timers, SIM_POSIX_TIMERS_MAX * sizeof *w.proc->timers);
	w.proc->timers = NULL;
}

static void a_timer_has_one_signal_under_way_and_counts_the_rest(void **state)
{
	struct sim_alarm *timer, *from;

	(void)state;
	w.signal_action = SIM_SIGNAL_BLOCKED;
	assert_int_equal(sim_alarm_new(w.proc, 1, 10, 7, &timer), 0);
	assert_ptr_equal(sim_alarm_find(w.proc, timer->id), timer);
	assert_int_equal(sim_alarm_set(timer, SIM_NS_PER_S, SIM_NS_PER_S), 0);
	assert_int_equal(sim_task_block(w.task, 4 * SIM_NS_PER_S + 1), -ETIMEDOUT);
	assert_true(sim_proc_take_signal(w.proc, 10, &from));
	assert_ptr_equal(from, timer);
	assert_int_equal(timer->last_overrun, 3);
	assert_int_equal(w.proc->pending, 0);
	assert_false(sim_proc_take_signal(w.proc, 10, &from));
	sim_alarm_free(timer);
	assert_null(sim_alarm_find(w.proc, timer->id));
	forget_timers();
}

static void setting_a_timer_anew_takes_its_signal_back(void **state)
{
	struct sim_alarm *timer, *from;

	(void)state;
	w.signal_action = SIM_SIGNAL_BLOCKED;
	assert_int_equal(sim_alarm_new(w.proc, 1, 10, 0, &timer), 0);
	assert_int_equal(sim_alarm_set(timer, SIM_NS_PER_S, 0), 0);
	assert_int_equal(sim_task_block(w.task, 2 * SIM_NS_PER_S), -ETIMEDOUT);
	assert_int_equal(sim_alarm_set(timer, SIM_NEVER_NS, 0), 0);
	assert_false(sim_proc_take_signal(w.proc, 10, &from));
	sim_proc_signal(w.proc, 10);
	assert_true(sim_proc_take_signal(w.proc, 10, &from));
	assert_null(from);
	sim_alarm_free(timer);
	forget_timers();
}

static void who_waits_for_a_signal_is_woken_and_not_interrupted(void **state)
{
	struct sim_sigwait wait = { .t = w.task, .set = 1u << 13 };

	(void)state;
	w.signal_action = SIM_SIGNAL_HANDLER;
	sim_list_append(&w.proc->sigwaits, &wait.node);
	assert_int_equal(sim_alarm_set(&w.proc->itimers[0], SIM_NS_PER_S, 0), 0);
	assert_int_equal(sim_task_block(w.task, SIM_NEVER_NS), 0);
	assert_false(w.task->interrupted);
	assert_int_equal(w.proc->pending, 1u << 13);
	sim_list_remove(&wait.node);
}

static void a_process_that_ends_closes_what_it_has_open_and_nothing_else(void **state)
{
	struct sim_proc *other = sim_proc_new(&w.ctx, NULL, &w.net, &w.fds, "other");
	int mine, theirs;

	(void)state;
	other->id = 2;
	mine = fake_sock_open(&w, 0, NULL);
	theirs = fake_sock_open(&w, 0, NULL);
	w.fds.slots[theirs].proc_id = 2;
	assert_int_equal(sim_alarm_set(&other->itimers[0], SIM_NS_PER_S, 0), 0);
	sim_proc_end(other, 9, w.task);
	assert_null(sim_fd_file(&w.fds, theirs));
	assert_non_null(sim_fd_file(&w.fds, mine));
	assert_int_equal(fake_sock_num_released, 1);
	assert_int_equal(w.ctx.clock.num_foreground, 0);
	sim_proc_end(other, 1, w.task); /* it has ended already */
	assert_int_equal(other->exit_status, 9);
	sim_timer_fini(&w.ctx.clock, &other->itimers[0].timer);
	sim_arena_free(w.ctx.arena, other, sizeof *other);
	small_world_close(&w, mine);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(tasks_run_in_the_order_they_became_ready),
		T(a_seed_gives_the_same_order_again_and_another_seed_another),
		T(yielding_with_nobody_ready_returns_at_once),
		T(everybody_on_a_queue_wakes_in_the_order_of_coming),
		T(only_those_who_want_the_event_wake_but_errors_wake_all),
		T(a_deadline_wakes_at_its_time_and_not_before),
		T(a_deadline_in_the_past_lets_others_run_first),
		T(who_is_woken_in_time_hears_of_no_deadline),
		T(who_was_woken_before_the_deadline_fired_did_not_time_out),
		T(an_interrupt_ends_the_wait_and_stays_until_it_is_taken),
		T(waking_who_does_not_wait_does_nothing),
		T(sleepers_wake_by_their_deadlines),
		T(when_nothing_can_wake_anybody_the_hook_says_what_the_call_returns),
		T(a_hook_that_wakes_somebody_resolves_the_dead_lock),
		T(one_that_ends_last_reports_for_those_who_wait),
		T(an_event_that_wakes_the_waiter_is_no_dead_lock),
		T(an_ended_task_is_freed_by_whoever_runs_next),
		T(a_task_that_never_ran_can_be_freed),
		T(a_task_that_waits_can_be_freed),
		T(a_task_may_make_tasks_and_end_before_them),
		T(without_memory_there_is_no_task),
		T(an_ignored_signal_interrupts_nobody),
		T(a_blocked_signal_pends_and_interrupts_nobody),
		T(an_interval_timer_interrupts_again_and_again),
		T(a_timer_has_one_signal_under_way_and_counts_the_rest),
		T(setting_a_timer_anew_takes_its_signal_back),
		T(who_waits_for_a_signal_is_woken_and_not_interrupted),
		T(a_process_that_ends_closes_what_it_has_open_and_nothing_else),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
