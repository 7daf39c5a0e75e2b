/* SPDX-License-Identifier: MIT */
/*
 * The net under the libc names: SIGSYS of a system call that was made elsewhere than in the door. The call is
 * answered in the handler, on the stack of whoever made it; only what
 * needs the caller's own registers is sent back to the door. Knows no sockets. Syscall User Dispatch;
 * sigaction(2), SA_RESTORER.
 *
 * The handler blocks no signal, so that the mask in force is the program's own.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/exec.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>

#include "api/exec/door.h"

#ifndef SYS_SECCOMP
#define SYS_SECCOMP 1
#endif
#ifndef SYS_USER_DISPATCH
#define SYS_USER_DISPATCH 2
#endif

static long *reg(ucontext_t *uc, int number)
{
	return (long *)&uc->uc_mcontext.gregs[number];
}

/* rt_sigprocmask(2): the mask in force after the handler is the context's. */
static long change_mask(ucontext_t *uc, const long *a)
{
	uint64_t room, now;
	long r = SIM_DOOR(SYS_rt_sigprocmask, a[0], sim_exec_mask((const void *)a[1], &room), a[2], a[3], 0,
			  0);

	if (!r && !SIM_DOOR(SYS_rt_sigprocmask, SIG_BLOCK, NULL, &now, SIM_EXEC_SIGSET_BYTES, 0, 0))
		memcpy(&uc->uc_sigmask, &now, sizeof now);
	return r;
}

/* sigaltstack(2): the same, the kernel puts the context's back. */
static long change_stack(ucontext_t *uc, const long *a)
{
	long r = SIM_DOOR3(SYS_sigaltstack, a[0], a[1], 0);

	if (!r)
		SIM_DOOR3(SYS_sigaltstack, NULL, &uc->uc_stack, 0);
	return r;
}

/* False: the context goes on at the door, which answers. */
static bool answer(ucontext_t *uc, long nr, long *a, long *r)
{
	switch (nr) {
	case SYS_rt_sigreturn: *reg(uc, REG_RIP) = (long)sim_door_sigreturn; return false;
	case SYS_rt_sigprocmask: *r = change_mask(uc, a); return true;
	case SYS_sigaltstack: *r = change_stack(uc, a); return true;
	default: break;
	}
	*r = sim_exec_serve(nr, a);
	return true;
}

static void on_sigsys(int sig, siginfo_t *info, void *context)
{
	ucontext_t *uc = context;
	int saved = errno;
	long a[] = { *reg(uc, REG_RDI), *reg(uc, REG_RSI), *reg(uc, REG_RDX),
		     *reg(uc, REG_R10), *reg(uc, REG_R8),  *reg(uc, REG_R9) };
	long r;

	(void)sig;
	if (info->si_code == SI_TIMER) {
		sim_exec_watch();
		return;
	}
	if (info->si_code != SYS_USER_DISPATCH && info->si_code != SYS_SECCOMP) {
		sim_exec_other_sigsys(info, context);
		errno = saved;
		return;
	}
	sim_exec.fork_returns_to = *reg(uc, REG_RIP);
	if (answer(uc, info->si_syscall, a, &r))
		*reg(uc, REG_RAX) = r;
	errno = saved;
}

int sim_exec_trap(bool dispatch)
{
	struct {
		void (*action)(int, siginfo_t *, void *);
		unsigned long flags;
		void (*restorer)(void);
		uint64_t mask;
	} d = { on_sigsys, SA_SIGINFO | SA_NODEFER | 0x04000000ul, sim_door_sigreturn, 0 };
	uint64_t sigsys = UINT64_C(1) << (SIGSYS - 1);
	long r = SIM_DOOR(SYS_rt_sigaction, SIGSYS, &d, NULL, SIM_EXEC_SIGSET_BYTES, 0, 0);

	if (!r)
		r = SIM_DOOR(SYS_rt_sigprocmask, SIG_UNBLOCK, &sigsys, NULL, SIM_EXEC_SIGSET_BYTES, 0, 0);
	if (r)
		return (int)r;
	return dispatch ? sim_door_close_all_others() : sim_door_close_to_sockets();
}
