/* SPDX-License-Identifier: MIT */
/* See small_world.h. */
#include "tests/support/small_world.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/uaccess.h"
#include "sim/proc/timerfd.h"

enum { NUM_RECORDS = 64, THREAD_STACK_BYTES = 256 * 1024 };

#define FAKE_KIND SIM_SOCK_UDP /* its place in the table */

static struct small_world *the_world;

/* ---- carriers: a thread each, of which the one runs whose turn it is ---- */

struct carrier {
	pthread_t thread;
	sem_t turn;
	bool is_test; /* the test's own thread */
	bool over;    /* nobody wants it any more: end instead of running */
	struct sim_task *task;
	void (*fn)(void *);
	void *arg;
};

static void wait_for_turn(struct carrier *c)
{
	while (sem_wait(&c->turn))
		;
	if (c->over)
		pthread_exit(NULL);
}

static void *run_carrier(void *arg)
{
	struct carrier *c = arg;

	wait_for_turn(c);
	sim_task_entered(c->task);
	c->fn(c->arg);
	sim_task_exit(c->task);
}

static void carrier_switch(struct sim_task *from, struct sim_task *to)
{
	struct carrier *mine = from->carrier, *theirs = to->carrier;

	/* From here on `from` may be gone, if it has ended. */
	sem_post(&theirs->turn);
	wait_for_turn(mine);
}

static void carrier_free(struct sim_task *t)
{
	struct carrier *c = t->carrier;

	t->carrier = NULL;
	if (!c->is_test) {
		c->over = true;
		sem_post(&c->turn);
		pthread_join(c->thread, NULL);
	}
	sem_destroy(&c->turn);
	free(c);
}

static const struct sim_carrier_ops carriers = { carrier_switch, carrier_free };

static struct carrier *carrier_new(struct sim_task *t)
{
	struct carrier *c = calloc(1, sizeof *c);

	assert_non_null(c);
	assert_int_equal(sem_init(&c->turn, 0, 0), 0);
	c->task = t;
	t->carrier = c;
	return c;
}

struct sim_task *small_world_spawn(struct small_world *w, const char *name, void (*fn)(void *), void *arg)
{
	struct sim_task *t = sim_task_new(&w->sched, w->proc, name, false);
	struct carrier *c;
	pthread_attr_t attr;

	assert_non_null(t);
	c = carrier_new(t);
	c->fn = fn;
	c->arg = arg;
	pthread_attr_init(&attr);
	pthread_attr_setstacksize(&attr, THREAD_STACK_BYTES);
	assert_int_equal(pthread_create(&c->thread, &attr, run_carrier, c), 0);
	pthread_attr_destroy(&attr);
	return t;
}

/* ---- what the layers above supply ---- */

static void probe_is_due(struct sim_clock *c, struct sim_timer *t)
{
	struct small_world *w = sim_container_of(c, struct small_world, ctx.clock);

	w->on_timer(w, t);
}

sim_timer_fn *const sim_timer_fns[SIM_TIMER_NUM_KINDS] = {
	[SIM_TIMER_TASK] = sim_task_on_timer,
	[SIM_TIMER_ALARM] = sim_alarm_on_timer,
	[SIM_TIMER_ALARM_HELD] = sim_alarm_on_timer,
	[SIM_TIMER_TIMERFD] = sim_timerfd_on_timer,
	[SIM_TIMER_PROBE] = probe_is_due,
};

sim_wait_fn *const sim_wait_fns[SIM_WAIT_NUM_KINDS] = {
	[SIM_WAIT_TASK] = sim_task_on_wake,
	[SIM_WAIT_EPOLL] = sim_epoll_on_wake,
};

struct sim_sock *sim_sock_peer(struct sim_sock *sk)
{
	(void)sk;
	return NULL;
}

enum sim_signal_action sim_signal_action(struct sim_proc *p, int sig)
{
	(void)p;
	(void)sig;
	return the_world->signal_action;
}

bool sim_signal_hold(struct sim_proc *p, int sig, struct sim_alarm *a)
{
	(void)p;
	(void)sig;
	(void)a;
	return false;
}

uint32_t sim_real_ready(int fd, uint32_t events)
{
	uint32_t ready = the_world->real_ready[fd];

	the_world->num_real_looks++;
	return ready == SIM_REAL_BAD ? ready : ready & events;
}

size_t sim_copy_from_user(void *to, const void *user, size_t len)
{
	memcpy(to, user, len);
	return 0;
}

size_t sim_copy_to_user(void *user, const void *from, size_t len)
{
	memcpy(user, from, len);
	return 0;
}

/* ---- sockets of the tests' own kind ---- */

unsigned fake_sock_num_released, fake_sock_num_destroyed;

static struct fake_sock *fake_of(struct sim_sock *sk)
{
	return sim_container_of(sk, struct fake_sock, sk);
}

static uint32_t fake_poll(struct sim_sock *sk)
{
	fake_of(sk)->num_polls++;
	return fake_of(sk)->ready;
}

static void fake_release(struct sim_sock *sk, struct sim_task *t)
{
	(void)sk;
	(void)t;
	fake_sock_num_released++;
}

static void fake_destroy(struct sim_sock *sk)
{
	struct sim_arena *a = sim_sock_arena(sk);

	fake_sock_num_destroyed++;
	sim_sock_fini(sk);
	sim_arena_free(a, fake_of(sk), sizeof(struct fake_sock));
}

static void fake_view(struct sim_sock *sk, struct sim_sock_view *v)
{
	v->netid = "fake";
	v->state = fake_of(sk)->listening ? "LISTEN" : "UNCONN";
}

static const struct sim_sock_ops fake_ops = {
	.poll = fake_poll,
	.release = fake_release,
	.destroy = fake_destroy,
	.view = fake_view,
};

const struct sim_sock_ops *const sim_sock_ops[SIM_SOCK_NUM_KINDS] = { [FAKE_KIND] = &fake_ops };

struct fake_sock *fake_sock_new(struct small_world *w, int domain, int type, int protocol)
{
	struct fake_sock *s = sim_arena_alloc(w->ctx.arena, sizeof *s);

	if (s)
		sim_sock_init(&s->sk, &w->net, FAKE_KIND, domain, type, protocol);
	return s;
}

void fake_sock_ready(struct fake_sock *s, uint32_t events)
{
	s->ready = events;
	sim_sock_notify(&s->sk, events);
}

int fake_sock_open(struct small_world *w, int min, struct fake_sock **s)
{
	struct fake_sock *made = fake_sock_new(w, AF_INET, SOCK_STREAM, 0);
	struct sim_file *f = made ? sim_file_new_sock(&w->ctx, &made->sk, false) : NULL;
	int fd;

	if (!f) {
		if (made)
			sim_sock_put(&made->sk);
		return -ENOMEM;
	}
	fd = sim_fd_install(&w->fds, w->proc, f, min, false);
	if (fd < 0)
		sim_file_put(&w->ctx, f, w->task);
	else if (s)
		*s = made;
	return fd;
}

void small_world_close(struct small_world *w, int fd)
{
	struct sim_file *f = sim_fd_remove(&w->fds, fd);

	assert_non_null(f);
	sim_file_put(&w->ctx, f, w->task);
}

/* ---- the world ---- */

static bool idle(struct sim_sched *s)
{
	return sim_clock_step(&s->ctx->clock, SIM_NEVER_NS);
}

static int deadlock(struct sim_sched *s, struct sim_task *t)
{
	struct small_world *w = sim_container_of(s, struct small_world, sched);

	w->num_deadlocks++;
	w->deadlocked = t;
	return w->on_deadlock ? w->on_deadlock(w, t) : -SMALL_WORLD_DEADLOCK;
}

#define FIELD_DEFAULT(field, name, index, initial, min, max) .field = (initial),

void small_world_init(struct small_world *w, uint64_t seed)
{
	struct sim_sysctls sysctl = { SIM_SYSCTL_TABLE(FIELD_DEFAULT) };

	memset(w, 0, sizeof *w);
	the_world = w;
	fake_sock_num_released = fake_sock_num_destroyed = 0;
	w->mem = calloc(1, SMALL_WORLD_MEM_BYTES);
	assert_non_null(w->mem);
	w->ctx.arena = sim_arena_init(w->mem, SMALL_WORLD_MEM_BYTES);
	w->ctx.seed = seed;
	assert_int_equal(sim_clock_init(&w->ctx.clock, w->ctx.arena), 0);
	assert_int_equal(sim_trace_init(&w->ctx.trace, w->ctx.arena, &w->ctx.clock, NUM_RECORDS), 0);
	sim_sched_init(&w->sched, &w->ctx);
	w->sched.carriers = &carriers;
	w->sched.idle = idle;
	w->sched.deadlock = deadlock;
	w->net.ctx = &w->ctx;
	w->net.host_id = 1;
	w->net.sysctl = sysctl;
	sim_list_init(&w->net.sockets);
	assert_int_equal(sim_fdtable_init(&w->fds, &w->ctx, NULL), 0);
	w->proc = sim_proc_new(&w->ctx, NULL, &w->net, &w->fds, "test");
	assert_non_null(w->proc);
	w->proc->id = 1;
	w->task = sim_task_new(&w->sched, w->proc, "test", true);
	assert_non_null(w->task);
	w->proc->main = w->task;
	carrier_new(w->task)->is_test = true;
	w->signal_action = SIM_SIGNAL_HANDLER;
	w->num_live_before = w->ctx.arena->num_live;
}

void small_world_fini(struct small_world *w)
{
	assert_int_equal(w->fds.num_open, 0);
	assert_int_equal(w->net.num_sockets, 0);
	assert_ptr_equal(w->sched.all.next, &w->task->all);
	assert_ptr_equal(w->sched.all.prev, &w->task->all);
	assert_int_equal(w->ctx.arena->num_live, w->num_live_before);
	carrier_free(w->task);
	sim_arena_fini(w->ctx.arena);
	free(w->mem);
	the_world = NULL;
}

void small_world_run(struct small_world *w)
{
	for (;;) {
		if (!sim_list_empty(&w->sched.ready))
			sim_task_yield(w->task);
		else if (!idle(&w->sched))
			return;
	}
}
