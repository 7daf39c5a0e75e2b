/* SPDX-License-Identifier: MIT */
/* Processes: see proc.h. _exit(2), signal(7), setitimer(2). */
#include "sim/proc/proc.h"

#include <signal.h>

#include "sim/base/assert.h"
#include "sim/base/str.h"

/* setitimer(2): ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF. */
static const int itimer_signals[SIM_NUM_ITIMERS] = { SIGALRM, SIGVTALRM, SIGPROF };

struct sim_proc *sim_proc_new(struct sim_ctx *ctx, struct sim_host *host, struct sim_net *net,
			      struct sim_fdtable *fds, const char *name)
{
	struct sim_proc *p = sim_arena_alloc(ctx->arena, sizeof *p);

	if (!p)
		return NULL;
	p->ctx = ctx;
	p->host = host;
	p->net = net;
	p->fds = fds;
	p->umask = 022;
	sim_list_init(&p->node);
	sim_list_init(&p->sigwaits);
	for (int i = 0; i < SIM_NUM_ITIMERS; i++)
		sim_alarm_init(&p->itimers[i], p, itimer_signals[i]);
	sim_str_copy(p->name, sizeof p->name, name);
	return p;
}

void sim_proc_end(struct sim_proc *p, int exit_status, struct sim_task *t)
{
	if (p->ended)
		return;
	p->ended = true;
	p->exit_status = exit_status;
	sim_alarm_end_all(p);
	for (int fd = 0; fd < p->fds->num_slots; fd++) {
		if (p->fds->slots[fd].file && p->fds->slots[fd].proc_id == p->id)
			sim_file_put(p->ctx, sim_fd_remove(p->fds, fd), t);
	}
}

/* A task takes it where a handler would have run, whichever task waits first. */
static bool wake_waiter(struct sim_proc *p, int sig)
{
	struct sim_list *node;

	sim_list_each(node, &p->sigwaits) {
		struct sim_sigwait *w = sim_container_of(node, struct sim_sigwait, node);

		if (w->set >> (sig - 1) & 1) {
			sim_task_wake(w->t);
			return true;
		}
	}
	return false;
}

static void pend(struct sim_proc *p, int sig, struct sim_alarm *a)
{
	uint64_t bit = UINT64_C(1) << (sig - 1);

	p->pending |= bit;
	if (!a) {
		p->pending_plain |= bit;
	} else if (a->state == SIM_ALARM_RAISED) {
		a->overrun++;
	} else {
		a->state = SIM_ALARM_RAISED;
		a->raised_ns = sim_now(p->ctx);
		a->overrun = 0;
	}
}

enum sim_signal_action sim_proc_raise(struct sim_proc *p, int sig, struct sim_alarm *a)
{
	enum sim_signal_action action = sim_signal_action(p, sig);

	SIM_ASSERT(sig >= 1 && sig <= 64);
	sim_trace_write(&p->ctx->trace, SIM_TRACE_SIGNAL, p->net->host_id, p->id, (uint64_t)sig, action);
	if (p->ended || action == SIM_SIGNAL_IGNORE)
		return action;
	if (action != SIM_SIGNAL_BLOCKED || !sim_signal_hold(p, sig, a))
		pend(p, sig, a);
	if (action != SIM_SIGNAL_FATAL && wake_waiter(p, sig))
		return action;
	if (action != SIM_SIGNAL_BLOCKED && p->main)
		sim_task_interrupt(p->main);
	return action;
}

bool sim_proc_take_signal(struct sim_proc *p, int sig, struct sim_alarm **a)
{
	uint64_t bit = UINT64_C(1) << (sig - 1);
	bool plain = (p->pending_plain & bit) != 0;

	*a = plain ? NULL : sim_alarm_raised(p, sig);
	if (*a)
		sim_alarm_delivered(*a);
	p->pending_plain &= ~bit;
	if (!sim_alarm_raised(p, sig))
		p->pending &= ~bit;
	return plain || *a;
}
