/* SPDX-License-Identifier: MIT */
/* See real.h. poll(2). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/calls/real.h"

#include <errno.h>

#include "api/calls/calls.h"
#include "api/libc/libc.h"

enum { FIRST_CAP = 8, NUM_STANDARD = 3 };

/* Who notes what is asked on this thread. */
static __thread struct sim_real_asked *noting;

static void note(struct sim_real_asked *a, int fd, uint32_t events)
{
	struct sim_arena *arena = a->t->sched->ctx->arena;

	if (a->num == a->cap) {
		uint32_t cap = a->cap ? 2 * a->cap : FIRST_CAP;
		struct pollfd *fds = sim_arena_resize(arena, a->fds, a->cap * sizeof *fds, cap * sizeof *fds);

		if (!fds)
			return;
		a->fds = fds;
		a->cap = cap;
	}
	a->fds[a->num++] = (struct pollfd){ .fd = fd, .events = (short)events };
}

/* EPOLL* and POLL* bits are the same numbers. */
uint32_t sim_real_ready(int fd, uint32_t events)
{
	struct pollfd p = { .fd = fd, .events = (short)(events & 0xffff) };
	int saved = errno;

	/* Where numbers are the simulation's own, only the standard ones can mean real files. */
	if (fd >= NUM_STANDARD && sim_current && !sim_current->proc->fds->ops)
		return SIM_REAL_BAD;
	while (sim_libc()->poll(&p, 1, 0) < 0 && errno == EINTR)
		continue;
	errno = saved;
	if (p.revents & POLLNVAL)
		return SIM_REAL_BAD;
	if (noting)
		note(noting, fd, events);
	return (uint32_t)(unsigned short)p.revents;
}

void sim_real_note_start(struct sim_real_asked *a, struct sim_task *t)
{
	a->t = t;
	a->num = 0;
	noting = a;
}

bool sim_real_note_stop(struct sim_real_asked *a)
{
	noting = NULL;
	return a->num != 0;
}

void sim_real_fini(struct sim_real_asked *a)
{
	if (a->fds)
		sim_arena_free(a->t->sched->ctx->arena, a->fds, a->cap * sizeof *a->fds);
}

static struct sim_real_asked *asked_by(struct sim_list *node)
{
	struct sim_task *t = sim_container_of(node, struct sim_task, all);

	return t->state == SIM_TASK_BLOCKED ? t->real : NULL;
}

static uint32_t gather(struct sim_world *w, struct pollfd *fds)
{
	struct sim_list *node;
	uint32_t num = 0;

	sim_list_each(node, &w->sched.all) {
		struct sim_real_asked *a = asked_by(node);

		for (uint32_t i = 0; a && i < a->num; i++, num++) {
			if (fds)
				fds[num] = a->fds[i];
		}
	}
	return num;
}

/* After a real signal: the first waiter says EINTR, or runs the handler and goes on. */
static void interrupt(struct sim_world *w)
{
	struct sim_list *node;

	sim_list_each(node, &w->sched.all) {
		struct sim_task *t = sim_container_of(node, struct sim_task, all);

		if (t->state == SIM_TASK_BLOCKED && t->proc == w->program) {
			sim_task_interrupt(t);
			return;
		}
	}
}

/* Each waiter whose own descriptors are ready. */
static void wake(struct sim_world *w, const struct pollfd *fds)
{
	struct sim_list *node, *following;
	uint32_t at = 0;

	sim_list_each_safe(node, following, &w->sched.all) {
		struct sim_task *t = sim_container_of(node, struct sim_task, all);
		struct sim_real_asked *a = asked_by(node);
		bool is_ready = false;

		if (!a)
			continue;
		for (uint32_t i = 0; i < a->num; i++)
			is_ready |= fds[at++].revents != 0;
		if (is_ready)
			sim_task_wake(t);
	}
}

bool (*sim_real_is_foreign)(int fd);

static bool is_any_foreign(struct sim_world *w)
{
	struct sim_list *node;

	sim_list_each(node, &w->sched.all) {
		struct sim_real_asked *a = asked_by(node);

		for (uint32_t i = 0; a && i < a->num; i++) {
			/* That it breaks nobody waits for. */
			if (a->fds[i].events & ~(POLLERR | POLLHUP) && sim_real_is_foreign(a->fds[i].fd))
				return true;
		}
	}
	return false;
}

unsigned sim_real_num_paced;
uint32_t (*sim_real_senders)(struct pollfd *fds, bool idle);
int (*sim_real_poll)(struct pollfd *fds, uint32_t num, const struct timespec *limit);

static int poll_all(struct pollfd *fds, uint32_t num, const struct timespec *limit)
{
	if (sim_real_poll)
		return sim_real_poll(fds, num, limit);
	return limit ? sim_libc()->ppoll(fds, num, limit, NULL) : sim_libc()->poll(fds, num, -1);
}

/* NULL: as long as it takes. False: nobody waits for anything real. */
static bool wait_until(struct sim_world *w, const struct timespec *limit)
{
	uint32_t num_asked = gather(w, NULL);
	uint32_t num = num_asked + (sim_real_senders ? sim_real_senders(NULL, !limit) : 0);
	struct pollfd *fds = num ? sim_arena_alloc_raw(w->ctx.arena, num * sizeof *fds) : NULL;
	static const struct timespec none;
	bool is_outside;
	int n;

	if (!fds)
		return false;
	is_outside = !sim_real_is_foreign || num > num_asked || is_any_foreign(w);
	if (!is_outside) /* but the program itself may have made one ready meanwhile, on another thread */
		limit = &none;
	gather(w, fds);
	if (num > num_asked)
		num = num_asked + sim_real_senders(fds + num_asked, !limit);
	n = poll_all(fds, num, limit);
	if (n > 0)
		wake(w, fds);
	else if (n < 0)
		interrupt(w);
	sim_arena_free(w->ctx.arena, fds, num * sizeof *fds);
	return is_outside || n;
}

bool sim_real_wait(struct sim_world *w)
{
	return wait_until(w, NULL);
}

/* ---- keeping to the wall clock ---- */

static int64_t wall_ns(void)
{
	struct timespec ts;

	sim_libc()->clock_gettime(CLOCK_MONOTONIC, &ts);
	return ts.tv_sec * SIM_NS_PER_S + ts.tv_nsec;
}

bool sim_real_on_jump(struct sim_world *w, int64_t due_ns)
{
	int64_t now_ns = sim_now(&w->ctx), left_ns = due_ns - now_ns, began_ns, passed_ns;
	struct timespec limit = { .tv_sec = left_ns / SIM_NS_PER_S, .tv_nsec = left_ns % SIM_NS_PER_S };

	if (left_ns <= 0 || !sim_real_is_foreign)
		return true;
	began_ns = wall_ns();
	if (!wait_until(w, &limit))
		return true;
	sim_real_num_paced++;
	passed_ns = wall_ns() - began_ns;
	sim_clock_pass(&w->ctx.clock, now_ns + (passed_ns < left_ns ? passed_ns : left_ns));
	return sim_list_empty(&w->sched.ready);
}
