/* SPDX-License-Identifier: MIT */
/* Errors and signals on the way out: see posix.h. errno(3), signal(7) "Interruption of system calls". */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/posix/posix.h"

#include <stdatomic.h>
#include <unistd.h>

#include "api/signals/signals.h"
#include "api/uaccess/uaccess.h"
#include "sim/base/str.h"

int sim_posix_own_fd = -1;
void (*sim_posix_ended_hook)(void);

const char *sim_posix_refusal =
	"this thread is no simulated task, and a world lives; a thread of control that shall have sockets is "
	"made with sim_spawn()";

static atomic_int num_worlds;
static atomic_flag told = ATOMIC_FLAG_INIT;

/* Where getpid() is libc's, SO_PEERCRED tells what it tells; permissions of real paths are the user's. */
static void be_ourselves(struct sim_proc *p)
{
	p->pid = (uint32_t)getpid();
	p->uid = geteuid();
	p->gid = getegid();
}

void sim_posix_world_began(void)
{
	atomic_fetch_add(&num_worlds, 1);
	sim_uaccess_install();
	if (sim_current && sim_current->proc->fds->ops)
		be_ourselves(sim_current->proc);
}

void sim_posix_world_ended(void)
{
	if (atomic_fetch_sub(&num_worlds, 1) == 1 && sim_posix_ended_hook)
		sim_posix_ended_hook();
}

bool sim_posix_may_use_libc(const char *call)
{
	char text[256];
	struct sim_str s = sim_str_on(text, sizeof text);

	if (atomic_load_explicit(&num_worlds, memory_order_relaxed) == 0)
		return true;
	if (!atomic_flag_test_and_set(&told)) {
		sim_str_printf(&s, "simsock: %s() is refused with EAFNOSUPPORT: %s\n", call,
			       sim_posix_refusal);
		(void)!sim_libc()->write(STDERR_FILENO, s.buf, s.len);
	}
	errno = EAFNOSUPPORT;
	return false;
}

void (*sim_posix_interrupted_hook)(void);

bool sim_posix_settle(struct sim_task *t, long *result)
{
	enum sim_signals_seen seen = SIM_SIGNALS_NONE;

	if (t->interrupted && *result < 0 && sim_posix_interrupted_hook)
		sim_posix_interrupted_hook();
	if (t->proc->pending || t->proc->arrived || t->interrupted)
		seen = sim_signals_deliver(t);
	if (*result == -SIM_ERESTART) {
		if (seen != SIM_SIGNALS_INTERRUPTED)
			return true;
		*result = -EINTR;
	}
	if (*result < 0) {
		errno = (int)-*result;
		*result = -1;
	}
	return false;
}
