/* SPDX-License-Identifier: MIT */
/* Processes: see proc.h. _exit(2), signal(7), setitimer(2). */
#include "sim/proc/proc.h"

#include <signal.h>

#include "sim/base/assert.h"
#include "sim/base/str.h"

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
	sim_timer_init(&p->alarm, SIM_TIMER_ALARM, false);
	sim_str_copy(p->name, sizeof p->name, name);
	return p;
}

void sim_proc_end(struct sim_proc *p, int exit_status, struct sim_task *t)
{
	if (p->ended)
		return;
	p->ended = true;
	p->exit_status = exit_status;
	sim_timer_cancel(&p->ctx->clock, &p->alarm);
	for (int fd = 0; fd < p->fds->num_slots; fd++) {
		if (p->fds->slots[fd].file && p->fds->slots[fd].proc_id == p->id)
			sim_file_put(p->ctx, sim_fd_remove(p->fds, fd), t);
	}
}

void sim_proc_signal(struct sim_proc *p, int sig)
{
	enum sim_signal_action action = sim_signal_action(p, sig);

	SIM_ASSERT(sig >= 1 && sig <= 64);
	sim_trace_write(&p->ctx->trace, SIM_TRACE_SIGNAL, p->net->host_id, p->id, (uint64_t)sig, action);
	if (p->ended || action == SIM_SIGNAL_IGNORE)
		return;
	p->pending |= UINT64_C(1) << (sig - 1);
	if (action != SIM_SIGNAL_BLOCKED && p->main)
		sim_task_interrupt(p->main);
}

void sim_proc_alarm(struct sim_proc *p, int64_t first_ns, int64_t interval_ns, int64_t *left_ns,
		    int64_t *old_interval_ns)
{
	struct sim_clock *c = &p->ctx->clock;

	*left_ns = sim_timer_is_set(&p->alarm) ? p->alarm.due_ns - c->now_ns : 0;
	*old_interval_ns = p->alarm_interval_ns;
	p->alarm_interval_ns = interval_ns;
	if (first_ns)
		(void)sim_timer_set(c, &p->alarm, c->now_ns + first_ns);
	else
		sim_timer_cancel(c, &p->alarm);
}

void sim_proc_on_alarm(struct sim_clock *c, struct sim_timer *t)
{
	struct sim_proc *p = sim_container_of(t, struct sim_proc, alarm);

	if (p->alarm_interval_ns)
		(void)sim_timer_set(c, t, c->now_ns + p->alarm_interval_ns);
	sim_proc_signal(p, SIGALRM);
}
