/* SPDX-License-Identifier: MIT */
/*
 * Waiting for signals: sigtimedwait(2), sigwaitinfo(2), sigwait(3). In virtual time, and never in the kernel:
 * whatever is pending here or held back by it is taken without waiting.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>

#include "api/calls/clocks.h"
#include "api/calls/gate.h"
#include "api/signals/signals.h"
#include "sim/base/uaccess.h"

static long bad_pointer(struct sim_gate *g, const void *p)
{
	return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)p, 0);
}

/* A signal's number, -EAGAIN, -EINTR, or what a dead-lock answers. */
static long wait_for(struct sim_gate *g, uint64_t set, siginfo_t *info, int64_t deadline_ns)
{
	struct sim_proc *p = g->t->proc;
	struct sim_sigwait w = { .t = g->t, .set = set };
	int err = 0, sig;

	sim_list_append(&p->sigwaits, &w.node);
	for (;;) {
		sig = sim_signals_take(p, set, info);
		if (sig || err || sim_now(&g->w->ctx) >= deadline_ns)
			break;
		err = sim_task_block(g->t, deadline_ns);
		if (err == -ETIMEDOUT)
			err = 0;
	}
	sim_list_remove(&w.node);
	if (sig)
		return sig;
	/* signal(7): not restarted, whatever the handler's flags are. */
	if (err == -SIM_ERESTART)
		return sim_gate_fail(g, EINTR, SIM_WHY_SIGNAL, 0, sim_now(&g->w->ctx));
	return err ? err : sim_gate_fail(g, EAGAIN, SIM_WHY_NO_SIGNAL, 0, 0);
}

static long do_wait(struct sim_gate *g, const sigset_t *user, siginfo_t *user_info,
		    const struct timespec *timeout)
{
	const uint64_t never = UINT64_C(1) << (SIGKILL - 1) | UINT64_C(1) << (SIGSTOP - 1);
	int64_t deadline_ns;
	siginfo_t info;
	uint64_t set;
	long r;

	/* The kernel's set is the first 8 bytes of the C library's. */
	if (sim_copy_from_user(&set, user, sizeof set))
		return bad_pointer(g, user);
	r = sim_gate_deadline(g, timeout, &deadline_ns);
	if (r)
		return r;
	if (timeout)
		g->arg1 = (uint64_t)(deadline_ns - sim_now(&g->w->ctx));
	r = wait_for(g, set & ~never, &info, deadline_ns);
	if (r > 0 && user_info && sim_copy_to_user(user_info, &info, sizeof info))
		return bad_pointer(g, user_info);
	return r;
}

long sim_call_sigtimedwait(struct sim_task *t, enum sim_call_id id, const sigset_t *set, siginfo_t *info,
			   const struct timespec *timeout)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, id, -1, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, do_wait(&g, set, info, timeout));
}
