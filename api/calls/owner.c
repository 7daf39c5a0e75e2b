/* SPDX-License-Identifier: MIT */
/*
 * Who gets a file's signals: fcntl(2), F_SETOWN, F_SETOWN_EX, F_SETSIG and their inverses; socket(7),
 * FIOSETOWN, SIOCSPGRP. A thread stands for its process: SIGURG is handled by the process's main task.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/calls/owner.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <unistd.h>

#include "sim/base/uaccess.h"
#include "sim/proc/proc.h"

enum { SIGNAL_MAX = 64 };

static struct sim_proc *find_pid(struct sim_gate *g, int pid)
{
	struct sim_list *node;

	/* getpid(2) and getpgrp(2) are the real process's, whichever simulated one asks. */
	if (pid == getpid() || g->t->proc->pid == (uint32_t)pid)
		return g->t->proc;
	sim_list_each(node, &g->w->procs) {
		struct sim_proc *p = sim_container_of(node, struct sim_proc, node);

		if (p->pid == (uint32_t)pid && !p->ended)
			return p;
	}
	return NULL;
}

static struct sim_proc *find_group(struct sim_gate *g, int pgrp)
{
	return pgrp == getpgrp() ? g->t->proc : find_pid(g, pgrp);
}

static long set(struct sim_gate *g, int type, int pid)
{
	struct sim_owner *o = &g->file->owner;
	struct sim_proc *p = NULL;

	if (pid) {
		p = type == F_OWNER_PGRP ? find_group(g, pid) : find_pid(g, pid);
		if (!p)
			return sim_gate_fail(g, ESRCH, SIM_WHY_NO_PROCESS, pid, 0);
	}
	o->proc = p;
	o->pid = pid;
	o->type = (uint8_t)type;
	return 0;
}

long sim_owner_set(struct sim_gate *g, int who)
{
	if (who == INT_MIN)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 3, who);
	return who < 0 ? set(g, F_OWNER_PGRP, -who) : set(g, F_OWNER_PID, who);
}

int sim_owner_get(const struct sim_gate *g)
{
	const struct sim_owner *o = &g->file->owner;

	return o->type == F_OWNER_PGRP ? -o->pid : o->pid;
}

static long set_ex(struct sim_gate *g, const struct f_owner_ex *user)
{
	struct f_owner_ex ex;

	if (sim_copy_from_user(&ex, user, sizeof ex))
		return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)user, 0);
	if (ex.type != F_OWNER_TID && ex.type != F_OWNER_PID && ex.type != F_OWNER_PGRP)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 3, ex.type);
	return set(g, ex.type, ex.pid);
}

static long get_ex(struct sim_gate *g, struct f_owner_ex *user)
{
	const struct sim_owner *o = &g->file->owner;
	struct f_owner_ex ex = { (enum __pid_type)o->type, o->pid };

	if (sim_copy_to_user(user, &ex, sizeof ex))
		return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)user, 0);
	return 0;
}

bool sim_owner_fcntl(struct sim_gate *g, int cmd, long arg, long *result)
{
	switch (cmd) {
	case F_SETOWN: *result = sim_owner_set(g, (int)arg); return true;
	case F_GETOWN: *result = sim_owner_get(g); return true;
	case F_SETOWN_EX: *result = set_ex(g, (const struct f_owner_ex *)(uintptr_t)arg); return true;
	case F_GETOWN_EX: *result = get_ex(g, (struct f_owner_ex *)(uintptr_t)arg); return true;
	case F_GETSIG: *result = g->file->owner.sig; return true;
	case F_SETSIG:
		/* FIDELITY: stored: it is about SIGIO, which nothing raises. */
		if (arg < 0 || arg > SIGNAL_MAX) {
			*result = sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 3, arg);
		} else {
			g->file->owner.sig = (uint8_t)arg;
			*result = 0;
		}
		return true;
	default: return false;
	}
}
