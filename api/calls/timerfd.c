/* SPDX-License-Identifier: MIT */
/* timerfd_create(2), timerfd_settime(2), timerfd_gettime(2). Reading one: recv.c, sim/proc/timerfd.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <sys/timerfd.h>

#include "api/calls/clocks.h"
#include "api/calls/gate.h"
#include "sim/base/uaccess.h"
#include "sim/proc/timerfd.h"

static long bad_pointer(struct sim_gate *g, const void *p)
{
	return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)p, 0);
}

/* timerfd_create(2), EINVAL, EPERM: CLOCK_*_ALARM need CAP_WAKE_ALARM, which here is root's. */
static long check_clock(struct sim_gate *g, int clock)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_MONOTONIC:
	case CLOCK_BOOTTIME: return 0;
	case CLOCK_REALTIME_ALARM:
	case CLOCK_BOOTTIME_ALARM:
		return g->t->proc->uid ? sim_gate_fail(g, EPERM, SIM_WHY_BAD_ARGUMENT, 1, clock) : 0;
	default: return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, clock);
	}
}

static long do_create(struct sim_gate *g, int clock, int flags)
{
	struct sim_proc *p = g->t->proc;
	struct sim_file *f;
	long r;
	int fd;

	if (flags & ~(TFD_CLOEXEC | TFD_NONBLOCK))
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 2, flags);
	r = check_clock(g, clock);
	if (r)
		return r;
	f = sim_timerfd_new(&g->w->ctx, clock, flags & TFD_NONBLOCK);
	if (!f)
		return sim_gate_fail(g, ENOMEM, SIM_WHY_NO_MEMORY, 0, 0);
	fd = sim_fd_install(p->fds, p, f, 0, flags & TFD_CLOEXEC);
	if (fd < 0) {
		sim_file_put(&g->w->ctx, f, g->t);
		return sim_gate_fail(g, -fd, fd == -ENOMEM ? SIM_WHY_NO_MEMORY : SIM_WHY_FD_LIMIT,
				     p->fds->num_open, 0);
	}
	g->made_fd = fd;
	return fd;
}

long sim_call_timerfd_create(struct sim_task *t, int clock, int flags)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_TIMERFD_CREATE, -1, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = (uint32_t)clock;
	g.arg2 = (uint32_t)flags;
	return sim_gate_leave(&g, do_create(&g, clock, flags));
}

static struct itimerspec show(struct sim_timerfd *tfd)
{
	return (struct itimerspec){ .it_value = sim_timespec_of(sim_timerfd_left(tfd)),
				    .it_interval = sim_timespec_of(tfd->interval_ns) };
}

/* -EBADF, or -EINVAL: it is no timer. */
static long check_fd(struct sim_gate *g)
{
	if (!g->file)
		return sim_gate_fail(g, EBADF, SIM_WHY_BAD_FD, g->fd, 0);
	return g->file->kind == SIM_FILE_TIMERFD ? 0
						 : sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, g->fd);
}

static int set(struct sim_gate *g, struct sim_timerfd *tfd, int flags, const struct itimerspec *it)
{
	int64_t first_ns = SIM_NEVER_NS;

	if (it->it_value.tv_sec || it->it_value.tv_nsec)
		first_ns = flags & TFD_TIMER_ABSTIME ? sim_clock_when(g->t, tfd->clock, &it->it_value)
						     : sim_clock_after(g->t, &it->it_value);
	tfd->cancel_on_set = flags & TFD_TIMER_CANCEL_ON_SET;
	return sim_timerfd_set(tfd, first_ns, sim_timespec_ns(&it->it_interval));
}

static long do_settime(struct sim_gate *g, int flags, const struct itimerspec *to, struct itimerspec *old)
{
	struct itimerspec it, was;
	long r;
	int err;

	if (sim_copy_from_user(&it, to, sizeof it))
		return bad_pointer(g, to);
	if (flags & ~(TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET))
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 2, flags);
	if (!sim_timespec_is_valid(&it.it_value) || !sim_timespec_is_valid(&it.it_interval))
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 3, it.it_value.tv_nsec);
	r = check_fd(g);
	if (r)
		return r;
	was = show(g->file->tfd);
	err = set(g, g->file->tfd, flags, &it);
	if (err)
		return sim_gate_fail(g, -err, SIM_WHY_NO_MEMORY, 0, 0);
	return old && sim_copy_to_user(old, &was, sizeof was) ? bad_pointer(g, old) : 0;
}

long sim_call_timerfd_settime(struct sim_task *t, int fd, int flags, const struct itimerspec *to,
			      struct itimerspec *old)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_TIMERFD_SETTIME, fd, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = (uint32_t)flags;
	return sim_gate_leave(&g, do_settime(&g, flags, to, old));
}

long sim_call_timerfd_gettime(struct sim_task *t, int fd, struct itimerspec *now)
{
	struct itimerspec it;
	struct sim_gate g;
	long r;

	if (sim_gate_enter(&g, t, SIM_CALL_TIMERFD_GETTIME, fd, 0))
		return sim_gate_leave(&g, g.answer);
	r = check_fd(&g);
	if (!r) {
		it = show(g.file->tfd);
		r = sim_copy_to_user(now, &it, sizeof it) ? bad_pointer(&g, now) : 0;
	}
	return sim_gate_leave(&g, r);
}
