/* SPDX-License-Identifier: MIT */
/* epoll_create1(2), epoll_ctl(2), epoll_wait(2), epoll_pwait(2), epoll_pwait2(2). Never restarted after a
 * handler. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/epoll.h>
#include <sys/stat.h>

#include "api/calls/gate.h"
#include "api/calls/real.h"
#include "api/libc/libc.h"
#include "api/signals/signals.h"
#include "sim/base/uaccess.h"
#include "sim/proc/epoll.h"

enum { FAST_EVENTS = 64 };

static long bad_pointer(struct sim_gate *g, const void *p)
{
	return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)p, 0);
}

static long do_create(struct sim_gate *g, int flags)
{
	struct sim_proc *p = g->t->proc;
	struct sim_file *f;
	int fd;

	if (flags & ~EPOLL_CLOEXEC)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, flags);
	f = sim_epoll_new(&g->w->ctx);
	if (!f)
		return sim_gate_fail(g, ENOMEM, SIM_WHY_NO_MEMORY, 0, 0);
	fd = sim_fd_install(p->fds, p, f, 0, flags & EPOLL_CLOEXEC);
	if (fd < 0) {
		sim_file_put(&g->w->ctx, f, g->t);
		return sim_gate_fail(g, -fd, fd == -ENOMEM ? SIM_WHY_NO_MEMORY : SIM_WHY_FD_LIMIT,
				     p->fds->num_open, 0);
	}
	g->made_fd = fd;
	return fd;
}

long sim_call_epoll_create(struct sim_task *t, enum sim_call_id id, int flags)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, id, -1, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, do_create(&g, flags));
}

/* epoll_ctl(2), EPERM: a regular file or a directory has no readiness to tell of. EBADF: it is not open at
 * all. */
static long check_real(struct sim_gate *g, int fd)
{
	struct stat st;

	if (fd < 0 || sim_real_ready(fd, 0) == SIM_REAL_BAD)
		return sim_gate_fail(g, EBADF, SIM_WHY_BAD_FD, fd, 0);
	if (sim_libc()->fstat && !sim_libc()->fstat(fd, &st) && (S_ISREG(st.st_mode) || S_ISDIR(st.st_mode)))
		return sim_gate_fail(g, EPERM, SIM_WHY_NOT_SUPPORTED, 0, 0);
	return 0;
}

static long do_ctl(struct sim_gate *g, int op, int fd, struct epoll_event *user)
{
	struct sim_file *target = sim_fd_file(g->t->proc->fds, fd);
	struct epoll_event ev = { .events = 0 };
	long r;
	int err;

	if (op != EPOLL_CTL_DEL && sim_copy_from_user(&ev, user, sizeof ev))
		return bad_pointer(g, user);
	if (!g->file)
		return sim_gate_fail(g, EBADF, SIM_WHY_BAD_FD, g->fd, 0);
	if (!target) {
		r = check_real(g, fd);
		if (r)
			return r;
	}
	if (g->file->kind != SIM_FILE_EPOLL)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, g->fd);
	err = sim_epoll_change(g->file->ep, op, target, fd, &ev);
	return err ? sim_gate_fail(g, -err, SIM_WHY_BAD_ARGUMENT, 3, fd) : 0;
}

long sim_call_epoll_ctl(struct sim_task *t, int epfd, int op, int fd, struct epoll_event *ev)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_EPOLL_CTL, epfd, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = (uint32_t)op; /* and not the descriptor: its number is the system's, and this is hashed */
	return sim_gate_leave(&g, do_ctl(&g, op, fd, ev));
}

static int collect(struct sim_task *t, struct sim_epoll *ep, struct epoll_event *out, int max,
		   struct sim_real_asked *asked)
{
	int n;

	/* A set without real members asks nobody. */
	sim_real_note_start(asked, t);
	n = sim_epoll_collect(ep, out, max);
	t->real = sim_real_note_stop(asked) ? asked : NULL;
	return n;
}

/* Apart, so that a call that need not wait does not pay for its frame. */
static __attribute__((noinline)) long wait_for_events(struct sim_gate *g, struct sim_epoll *ep,
						      struct epoll_event *out, int max, int64_t deadline_ns)
{
	struct sim_task *t = g->t;
	struct sim_real_asked asked = { .t = t };
	struct sim_wait wait;
	int n, err = 0;

	sim_waitq_add(&ep->wait, &wait, SIM_WAIT_TASK, t, 0);
	t->on.events = EPOLLIN;
	for (;;) {
		n = collect(t, ep, out, max, &asked);
		if (n || err || sim_now(&g->w->ctx) >= deadline_ns)
			break;
		err = sim_task_block(t, deadline_ns);
		if (err == -ETIMEDOUT)
			err = 0;
	}
	t->real = NULL;
	sim_real_fini(&asked);
	sim_waitq_remove(&wait);
	if (n || !err)
		return n;
	return err == -SIM_ERESTART ? sim_gate_fail(g, EINTR, SIM_WHY_SIGNAL, 0, sim_now(&g->w->ctx)) : err;
}

/* Whole events up to a bad page are told; of the others nothing is lost. */
static long tell(struct sim_gate *g, struct sim_epoll *ep, struct epoll_event *user,
		 const struct epoll_event *out, long n)
{
	size_t missing = sim_copy_to_user(user, out, (size_t)n * sizeof *out);
	long told = n - (long)((missing + sizeof *out - 1) / sizeof *out);

	if (__builtin_expect(missing == 0, 1))
		return n;
	sim_epoll_untell(ep, (int)told);
	return told ? told : bad_pointer(g, user);
}

static long do_wait(struct sim_gate *g, struct epoll_event *user, int max, int64_t deadline_ns)
{
	struct sim_epoll *ep = g->file->ep;
	struct epoll_event fast[FAST_EVENTS], *out = fast;
	uint32_t cap = ep->num_items < (uint32_t)max ? ep->num_items : (uint32_t)max;
	size_t bytes = 0;
	long n;

	/* Whoever waits may be told of items that another task adds meanwhile: then in several calls. */
	if (cap > FAST_EVENTS) {
		bytes = cap * sizeof *out;
		out = sim_arena_alloc_raw(g->w->ctx.arena, bytes);
		if (!out)
			return sim_gate_fail(g, ENOMEM, SIM_WHY_NO_MEMORY, 0, 0);
	} else {
		cap = max < FAST_EVENTS ? (uint32_t)max : FAST_EVENTS;
	}
	n = sim_epoll_collect(ep, out, (int)cap);
	if (!n && sim_now(&g->w->ctx) < deadline_ns)
		n = wait_for_events(g, ep, out, (int)cap, deadline_ns);
	if (n > 0)
		n = tell(g, ep, user, out, n);
	if (bytes)
		sim_arena_free(g->w->ctx.arena, out, bytes);
	return n;
}

long sim_call_epoll_wait(struct sim_task *t, enum sim_call_id id, int epfd, struct epoll_event *out, int max,
			 const struct timespec *timeout, const sigset_t *mask)
{
	struct sim_gate g;
	struct sim_signals_mask m; /* large: only the word that tells is set */
	int64_t deadline_ns;
	long r;

	m.is_swapped = false;
	if (sim_gate_enter(&g, t, id, epfd, 0))
		return sim_gate_leave(&g, g.answer);
	r = sim_gate_deadline(&g, timeout, &deadline_ns);
	if (!r && sim_signals_mask_swap(&m, t, mask))
		r = bad_pointer(&g, mask);
	if (!r && !g.file)
		r = sim_gate_fail(&g, EBADF, SIM_WHY_BAD_FD, epfd, 0);
	if (!r && (max <= 0 || max > INT_MAX / (int)sizeof *out))
		r = sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_ARGUMENT, 3, max);
	if (!r && g.file->kind != SIM_FILE_EPOLL)
		r = sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, epfd);
	if (!r)
		r = do_wait(&g, out, max, deadline_ns);
	r = sim_gate_leave(&g, r);
	sim_signals_mask_restore(&m, t, r);
	return r;
}
