/* SPDX-License-Identifier: MIT */
/* Epoll sets: ways of telling, nesting, order, cost. What is said of limits was asked of Linux 6.18. */
#include "sim/proc/epoll.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "tests/support/small_world.h"

enum { MANY = 10000, FEW = 4, DEEPEST = 5 };

static struct small_world w;
static struct sim_file *set;
static struct fake_sock *sock;
static struct sim_file *file; /* sock's */
static int fd;

static int set_up(void **state)
{
	(void)state;
	small_world_init(&w, 1);
	set = sim_epoll_new(&w.ctx);
	assert_non_null(set);
	fd = fake_sock_open(&w, 0, &sock);
	file = sim_fd_file(&w.fds, fd);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	sim_file_put(&w.ctx, set, w.task);
	for (fd = 0; fd < w.fds.num_slots; fd++)
		if (sim_fd_file(&w.fds, fd))
			small_world_close(&w, fd);
	small_world_fini(&w);
	return 0;
}

static int control(struct sim_file *in, int op, struct sim_file *target, int number, uint32_t events)
{
	struct epoll_event ev = { .events = events, .data.fd = number };

	return sim_epoll_change(in->ep, op, target, number, &ev);
}

static void add(struct sim_file *in, struct sim_file *target, int number, uint32_t events)
{
	assert_int_equal(control(in, EPOLL_CTL_ADD, target, number, events), 0);
}

/* What one wait tells of the one socket: its events, 0 if nothing is ready. */
static uint32_t told(void)
{
	struct epoll_event ev[2];
	int n = sim_epoll_collect(set->ep, ev, 2);

	assert_in_range(n, 0, 1);
	if (!n)
		return 0;
	assert_int_equal(ev[0].data.fd, fd);
	return ev[0].events;
}

static void level_triggered_tells_as_long_as_it_holds(void **state)
{
	(void)state;
	add(set, file, fd, EPOLLIN);
	assert_int_equal(told(), 0);
	fake_sock_ready(sock, EPOLLIN | EPOLLOUT);
	assert_int_equal(told(), EPOLLIN);
	assert_int_equal(told(), EPOLLIN);
	sock->ready = EPOLLOUT;
	assert_int_equal(told(), 0);
	fake_sock_ready(sock, EPOLLIN);
	assert_int_equal(told(), EPOLLIN);
}

static void what_is_ready_when_it_is_added_is_told(void **state)
{
	(void)state;
	sock->ready = EPOLLIN;
	add(set, file, fd, EPOLLIN | EPOLLET);
	assert_int_equal(told(), EPOLLIN);
	assert_int_equal(told(), 0);
}

static void errors_and_hang_ups_are_told_without_being_asked_for(void **state)
{
	(void)state;
	add(set, file, fd, 0);
	fake_sock_ready(sock, EPOLLIN | EPOLLERR | EPOLLHUP);
	assert_int_equal(told(), EPOLLERR | EPOLLHUP);
}

static void edge_triggered_tells_once_per_change(void **state)
{
	(void)state;
	add(set, file, fd, EPOLLIN | EPOLLET);
	fake_sock_ready(sock, EPOLLIN);
	assert_int_equal(told(), EPOLLIN);
	assert_int_equal(told(), 0);
	/* More of the same is a change too, read or not. */
	fake_sock_ready(sock, EPOLLIN);
	fake_sock_ready(sock, EPOLLIN);
	assert_int_equal(told(), EPOLLIN);
	assert_int_equal(told(), 0);
}

static void one_shot_tells_once_until_it_is_set_anew(void **state)
{
	(void)state;
	add(set, file, fd, EPOLLIN | EPOLLONESHOT);
	fake_sock_ready(sock, EPOLLIN);
	assert_int_equal(told(), EPOLLIN);
	fake_sock_ready(sock, EPOLLIN | EPOLLERR);
	assert_int_equal(told(), 0);
	assert_int_equal(control(set, EPOLL_CTL_MOD, file, fd, EPOLLIN | EPOLLONESHOT), 0);
	assert_int_equal(told(), EPOLLIN | EPOLLERR);
	assert_int_equal(told(), 0);
}

static void modifying_looks_anew(void **state)
{
	(void)state;
	sock->ready = EPOLLIN | EPOLLOUT;
	add(set, file, fd, EPOLLIN | EPOLLET);
	assert_int_equal(told(), EPOLLIN);
	assert_int_equal(control(set, EPOLL_CTL_MOD, file, fd, EPOLLOUT | EPOLLET), 0);
	assert_int_equal(told(), EPOLLOUT);
	assert_int_equal(told(), 0);
	/* And hears of what it now wants. */
	fake_sock_ready(sock, EPOLLOUT);
	assert_int_equal(told(), EPOLLOUT);
}

static void wrong_controls_are_refused(void **state)
{
	(void)state;
	assert_int_equal(control(set, EPOLL_CTL_MOD, file, fd, EPOLLIN), -ENOENT);
	assert_int_equal(control(set, EPOLL_CTL_DEL, file, fd, 0), -ENOENT);
	add(set, file, fd, EPOLLIN);
	assert_int_equal(control(set, EPOLL_CTL_ADD, file, fd, EPOLLIN), -EEXIST);
	assert_int_equal(control(set, 77, file, fd, EPOLLIN), -EINVAL);
	assert_int_equal(control(set, EPOLL_CTL_ADD, set, 99, EPOLLIN), -EINVAL);
	assert_int_equal(control(set, EPOLL_CTL_DEL, file, fd, 0), 0);
	assert_int_equal(control(set, EPOLL_CTL_DEL, file, fd, 0), -ENOENT);
	assert_int_equal(set->ep->num_items, 0);
}

static void exclusive_goes_with_few_other_bits_and_cannot_be_modified(void **state)
{
	struct sim_file *other = sim_epoll_new(&w.ctx);

	(void)state;
	assert_int_equal(control(set, EPOLL_CTL_ADD, file, fd, EPOLLEXCLUSIVE | EPOLLIN | EPOLLRDHUP),
			 -EINVAL);
	assert_int_equal(control(set, EPOLL_CTL_ADD, file, fd, EPOLLEXCLUSIVE | EPOLLIN | EPOLLONESHOT),
			 -EINVAL);
	assert_int_equal(control(set, EPOLL_CTL_ADD, other, 99, EPOLLEXCLUSIVE | EPOLLIN), -EINVAL);
	/* Before it is asked whether there is anything to modify. */
	assert_int_equal(control(set, EPOLL_CTL_MOD, file, fd, EPOLLEXCLUSIVE | EPOLLIN), -EINVAL);
	add(set, file, fd, EPOLLEXCLUSIVE | EPOLLIN | EPOLLET);
	assert_int_equal(control(set, EPOLL_CTL_MOD, file, fd, EPOLLIN), -EINVAL);
	fake_sock_ready(sock, EPOLLIN);
	assert_int_equal(told(), EPOLLIN);
	sim_file_put(&w.ctx, other, w.task);
}

static void one_file_may_stand_in_a_set_under_several_numbers(void **state)
{
	struct epoll_event ev[3];
	int twin = sim_fd_install(&w.fds, w.proc, sim_file_get(file), 0, false);

	(void)state;
	add(set, file, fd, EPOLLIN);
	add(set, file, twin, EPOLLIN);
	fake_sock_ready(sock, EPOLLIN);
	assert_int_equal(sim_epoll_collect(set->ep, ev, 3), 2);
	assert_int_equal(ev[0].data.fd, twin); /* as Linux: who came last hears first */
	assert_int_equal(ev[1].data.fd, fd);
	/* epoll(7), question 6: an item goes when the file does, not when one of its descriptors does. */
	small_world_close(&w, fd);
	assert_int_equal(sim_epoll_collect(set->ep, ev, 3), 2);
	small_world_close(&w, twin);
	assert_int_equal(sim_epoll_collect(set->ep, ev, 3), 0);
	assert_int_equal(set->ep->num_items, 0);
}

static void a_number_used_again_is_another_item(void **state)
{
	struct fake_sock *second;
	struct sim_file *kept = sim_file_get(file);

	(void)state;
	add(set, file, fd, EPOLLIN);
	small_world_close(&w, fd);
	assert_int_equal(fake_sock_open(&w, 0, &second), fd);
	/* The old file is still open elsewhere, and its item still there. */
	add(set, sim_fd_file(&w.fds, fd), fd, EPOLLIN);
	assert_int_equal(set->ep->num_items, 2);
	sim_file_put(&w.ctx, kept, w.task);
	assert_int_equal(set->ep->num_items, 1);
	assert_int_equal(control(set, EPOLL_CTL_DEL, sim_fd_file(&w.fds, fd), fd, 0), 0);
}

static void what_is_closed_while_ready_is_forgotten(void **state)
{
	(void)state;
	add(set, file, fd, EPOLLIN);
	fake_sock_ready(sock, EPOLLIN);
	small_world_close(&w, fd);
	assert_int_equal(set->ep->num_items, 0);
	assert_false(sim_epoll_has_ready(set->ep));
}

/* ---- sets in sets ---- */

static void a_set_in_a_set_is_readable_when_it_has_something(void **state)
{
	struct sim_file *outer = sim_epoll_new(&w.ctx);
	struct epoll_event ev;

	(void)state;
	add(set, file, fd, EPOLLIN);
	add(outer, set, 99, EPOLLIN);
	assert_int_equal(sim_epoll_collect(outer->ep, &ev, 1), 0);
	/* Again and again, though nobody collects from the inner one. */
	for (int i = 0; i < 3; i++) {
		fake_sock_ready(sock, EPOLLIN);
		assert_int_equal(sim_epoll_collect(outer->ep, &ev, 1), 1);
		assert_int_equal(ev.data.fd, 99);
		assert_int_equal(ev.events, EPOLLIN);
		sock->ready = 0;
		assert_int_equal(sim_epoll_collect(outer->ep, &ev, 1), 0);
	}
	sim_file_put(&w.ctx, outer, w.task);
}

static bool outer_was_told;

static void wait_for_set(void *arg)
{
	struct sim_task *t = w.sched.current;
	struct sim_wait wait;

	(void)arg;
	sim_waitq_add(&set->ep->wait, &wait, SIM_WAIT_TASK, t, 0);
	while (!sim_epoll_has_ready(set->ep))
		(void)sim_task_block(t, SIM_NEVER_NS);
	sim_waitq_remove(&wait);
	outer_was_told = true;
}

static void who_polls_a_set_hears_of_an_item_that_was_once_told_in_vain(void **state)
{
	(void)state;
	add(set, file, fd, EPOLLIN);
	fake_sock_ready(sock, EPOLLIN);
	sock->ready = 0; /* read by another before anybody looked */
	outer_was_told = false;
	small_world_spawn(&w, "poller", wait_for_set, NULL);
	small_world_run(&w);
	assert_false(outer_was_told);
	fake_sock_ready(sock, EPOLLIN);
	small_world_run(&w);
	assert_true(outer_was_told);
}

static void a_loop_of_sets_is_refused(void **state)
{
	struct sim_file *second = sim_epoll_new(&w.ctx), *third = sim_epoll_new(&w.ctx);

	(void)state;
	add(set, second, 90, EPOLLIN);
	add(second, third, 91, EPOLLIN);
	assert_int_equal(control(third, EPOLL_CTL_ADD, set, 92, EPOLLIN), -ELOOP);
	assert_int_equal(control(second, EPOLL_CTL_ADD, set, 92, EPOLLIN), -ELOOP);
	sim_file_put(&w.ctx, second, w.task);
	sim_file_put(&w.ctx, third, w.task);
}

static void five_sets_may_nest_and_a_sixth_is_refused_from_either_end(void **state)
{
	struct sim_file *s[DEEPEST + 2];
	int i;

	(void)state;
	for (i = 0; i < DEEPEST + 2; i++)
		s[i] = sim_epoll_new(&w.ctx);
	/* s[1] holds s[2] holds ... s[5]. */
	for (i = 1; i < DEEPEST; i++)
		add(s[i], s[i + 1], i + 1, EPOLLIN);
	assert_int_equal(control(s[DEEPEST], EPOLL_CTL_ADD, s[DEEPEST + 1], DEEPEST + 1, EPOLLIN), -ELOOP);
	assert_int_equal(control(s[0], EPOLL_CTL_ADD, s[1], 1, EPOLLIN), -ELOOP);
	/* What lies above counts with what lies below, and ends with the link between. */
	assert_int_equal(control(s[2], EPOLL_CTL_DEL, s[3], 3, 0), 0);
	add(s[0], s[1], 1, EPOLLIN);
	add(s[DEEPEST], s[DEEPEST + 1], DEEPEST + 1, EPOLLIN);
	assert_int_equal(control(s[2], EPOLL_CTL_ADD, s[3], 3, EPOLLIN), -ELOOP);
	for (i = 0; i < DEEPEST + 2; i++)
		sim_file_put(&w.ctx, s[i], w.task);
}

/* ---- order and cost ---- */

static void a_short_array_gets_each_its_turn(void **state)
{
	struct fake_sock *s[FEW];
	struct epoll_event ev[FEW];
	int first, seen[FEW] = { 0 };

	(void)state;
	for (int i = 0; i < FEW; i++) {
		int number = fake_sock_open(&w, 0, &s[i]);

		add(set, sim_fd_file(&w.fds, number), number, EPOLLIN);
		fake_sock_ready(s[i], EPOLLIN);
	}
	first = fd + 1;
	for (int round = 0; round < 3 * FEW; round += 2) {
		assert_int_equal(sim_epoll_collect(set->ep, ev, 2), 2);
		seen[ev[0].data.fd - first]++;
		seen[ev[1].data.fd - first]++;
	}
	for (int i = 0; i < FEW; i++)
		assert_int_equal(seen[i], 3);
	/* And a long one gets each once. */
	assert_int_equal(sim_epoll_collect(set->ep, ev, FEW), FEW);
}

static void one_of_ten_thousand_costs_what_is_ready_not_what_is_watched(void **state)
{
	static struct fake_sock *s[MANY];
	struct epoll_event ev[FEW];
	unsigned num_polls = 0;
	int last = 0;

	(void)state;
	for (int i = 0; i < MANY; i++) {
		last = fake_sock_open(&w, 0, &s[i]);
		add(set, sim_fd_file(&w.fds, last), last, EPOLLIN);
		s[i]->num_polls = 0;
	}
	fake_sock_ready(s[MANY - 1], EPOLLIN);
	for (int i = 0; i < 3; i++) {
		assert_int_equal(sim_epoll_collect(set->ep, ev, FEW), 1);
		assert_int_equal(ev[0].data.fd, last);
	}
	for (int i = 0; i < MANY; i++)
		num_polls += s[i]->num_polls;
	assert_int_equal(num_polls, 3);
}

/* ---- real descriptors among them ---- */

static void a_real_descriptor_is_asked_and_told_of(void **state)
{
	struct epoll_event ev[2];

	(void)state;
	add(set, NULL, 7, EPOLLIN);
	add(set, file, fd, EPOLLIN);
	assert_int_equal(sim_epoll_collect(set->ep, ev, 2), 0);
	w.real_ready[7] = EPOLLIN | EPOLLOUT;
	sock->ready = 0;
	assert_int_equal(sim_epoll_collect(set->ep, ev, 2), 1);
	assert_int_equal(ev[0].data.fd, 7);
	assert_int_equal(ev[0].events, EPOLLIN);
	fake_sock_ready(sock, EPOLLIN);
	assert_int_equal(sim_epoll_collect(set->ep, ev, 2), 2);
	w.real_ready[7] = SIM_REAL_BAD; /* the program closed it */
	assert_int_equal(sim_epoll_collect(set->ep, ev, 2), 1);
	assert_int_equal(control(set, EPOLL_CTL_DEL, NULL, 7, 0), 0);
	w.num_real_looks = 0;
	assert_int_equal(sim_epoll_collect(set->ep, ev, 2), 1);
	assert_int_equal(w.num_real_looks, 0);
}

static void an_edge_of_a_real_descriptor_is_told_once(void **state)
{
	struct epoll_event ev;

	(void)state;
	add(set, NULL, 7, EPOLLIN | EPOLLET);
	w.real_ready[7] = EPOLLIN;
	assert_int_equal(sim_epoll_collect(set->ep, &ev, 1), 1);
	assert_int_equal(sim_epoll_collect(set->ep, &ev, 1), 0);
	w.real_ready[7] = 0;
	assert_int_equal(sim_epoll_collect(set->ep, &ev, 1), 0);
	w.real_ready[7] = EPOLLIN;
	assert_int_equal(sim_epoll_collect(set->ep, &ev, 1), 1);
}

static void without_memory_nothing_is_added(void **state)
{
	struct sim_arena *a = w.ctx.arena;
	size_t limit = a->limit_bytes;

	(void)state;
	a->limit_bytes = a->in_use_bytes;
	assert_null(sim_epoll_new(&w.ctx));
	assert_int_equal(control(set, EPOLL_CTL_ADD, file, fd, EPOLLIN), -ENOMEM);
	assert_int_equal(set->ep->num_items, 0);
	a->limit_bytes = limit;
	add(set, file, fd, EPOLLIN);
}

#define T(name) cmocka_unit_test_setup_teardown(name, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(level_triggered_tells_as_long_as_it_holds),
		T(what_is_ready_when_it_is_added_is_told),
		T(errors_and_hang_ups_are_told_without_being_asked_for),
		T(edge_triggered_tells_once_per_change),
		T(one_shot_tells_once_until_it_is_set_anew),
		T(modifying_looks_anew),
		T(wrong_controls_are_refused),
		T(exclusive_goes_with_few_other_bits_and_cannot_be_modified),
		T(one_file_may_stand_in_a_set_under_several_numbers),
		T(a_number_used_again_is_another_item),
		T(what_is_closed_while_ready_is_forgotten),
		T(a_set_in_a_set_is_readable_when_it_has_something),
		T(who_polls_a_set_hears_of_an_item_that_was_once_told_in_vain),
		T(a_loop_of_sets_is_refused),
		T(five_sets_may_nest_and_a_sixth_is_refused_from_either_end),
		T(a_short_array_gets_each_its_turn),
		T(one_of_ten_thousand_costs_what_is_ready_not_what_is_watched),
		T(a_real_descriptor_is_asked_and_told_of),
		T(an_edge_of_a_real_descriptor_is_told_once),
		T(without_memory_nothing_is_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
