/* SPDX-License-Identifier: MIT */
/* See ready.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/calls/ready.h"

#include <errno.h>

#include "api/calls/real.h"

long sim_ready_init(struct sim_gate *g, struct sim_ready_set *s, uint32_t cap)
{
	s->num = 0;
	s->cap = cap;
	s->items = s->fast;
	if (cap <= SIM_READY_FAST)
		return 0;
	s->items = sim_arena_alloc_raw(g->w->ctx.arena, cap * sizeof *s->items);
	return s->items ? 0 : sim_gate_fail(g, ENOMEM, SIM_WHY_NO_MEMORY, 0, 0);
}

void sim_ready_fini(struct sim_gate *g, struct sim_ready_set *s)
{
	if (s->items && s->items != s->fast)
		sim_arena_free(g->w->ctx.arena, s->items, s->cap * sizeof *s->items);
}

static uint32_t look_at(struct sim_task *t, struct sim_ready_item *i)
{
	struct sim_file *f = i->file ? i->file : sim_fd_file(t->proc->fds, i->fd);
	uint32_t now;

	if (i->fd < 0)
		return 0;
	if (f)
		return sim_file_poll(f) & i->want;
	now = sim_real_ready(i->fd, i->want);
	return now == SIM_REAL_BAD ? SIM_READY_BAD : now & i->want;
}

static long look(struct sim_task *t, struct sim_ready_set *s)
{
	long n = 0;

	for (uint32_t i = 0; i < s->num; i++) {
		s->items[i].got = look_at(t, &s->items[i]);
		n += s->items[i].got != 0;
	}
	return n;
}

static void join(struct sim_task *t, struct sim_ready_set *s)
{
	for (uint32_t i = 0; i < s->num; i++) {
		struct sim_ready_item *it = &s->items[i];
		struct sim_file *f = it->fd < 0 ? NULL : sim_fd_file(t->proc->fds, it->fd);

		if (!f)
			continue;
		it->file = sim_file_get(f);
		sim_waitq_add(sim_file_waitq(f), &it->wait, SIM_WAIT_TASK, t, it->want);
	}
}

static void leave(struct sim_task *t, struct sim_ready_set *s)
{
	for (uint32_t i = 0; i < s->num; i++) {
		struct sim_ready_item *it = &s->items[i];

		if (!it->file)
			continue;
		sim_waitq_remove(&it->wait);
		sim_file_put(t->sched->ctx, it->file, t);
		it->file = NULL;
	}
}

/* For the report of a dead-lock: one descriptor is named, of several none. */
static void tell_what_for(struct sim_gate *g, const struct sim_ready_set *s)
{
	const struct sim_ready_item *it = &s->items[0];

	g->t->on.fd = s->num == 1 ? it->fd : -1;
	g->t->on.events = s->num == 1 ? it->want : 0;
	g->t->on.sock_id = s->num == 1 && it->file && it->file->kind == SIM_FILE_SOCK ? it->file->sk->id : 0;
}

static long look_and_note(struct sim_task *t, struct sim_ready_set *s, struct sim_real_asked *asked)
{
	long n;

	sim_real_note_start(asked, t);
	n = look(t, s);
	t->real = sim_real_note_stop(asked) ? asked : NULL;
	return n;
}

static long wait_for_any(struct sim_gate *g, struct sim_ready_set *s, int64_t deadline_ns)
{
	struct sim_task *t = g->t;
	struct sim_real_asked asked = { .t = t };
	long n;
	int err = 0;

	join(t, s);
	tell_what_for(g, s);
	for (;;) {
		n = look_and_note(t, s, &asked);
		if (n || err || sim_now(&g->w->ctx) >= deadline_ns)
			break;
		err = sim_task_block(t, deadline_ns);
		if (err == -ETIMEDOUT)
			err = 0;
	}
	t->real = NULL;
	sim_real_fini(&asked);
	leave(t, s);
	if (n || !err)
		return n;
	return err == -SIM_ERESTART ? sim_gate_fail(g, EINTR, SIM_WHY_SIGNAL, 0, sim_now(&g->w->ctx)) : err;
}

long sim_ready_wait(struct sim_gate *g, struct sim_ready_set *s, int64_t deadline_ns)
{
	long n = look(g->t, s);

	if (!n && sim_now(&g->w->ctx) < deadline_ns)
		n = wait_for_any(g, s, deadline_ns);
	return n;
}
