/* SPDX-License-Identifier: MIT */
/*
 * The program's dispositions and masks: sigaction(2), sigprocmask(2), signal(7). The kernel is given a
 *handler of ours in place of the program's, so that
 *	- a signal from outside that arrives in the middle of a simulated call waits for its end, where the
 *	  world is consistent and the handler may make calls itself;
 *	- a signal whose default it is to end the program finds the trace and the capture finished;
 *	- SIGSYS stays ours, and is never blocked.
 * What the program asks of its dispositions is answered from here. SIGSEGV and SIGBUS belong to uaccess/,
 * which lies behind the program's sigaction() already.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/exec.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>

#include "api/calls/calls.h"
#include "api/exec/door.h"
#include "sim/base/uaccess.h"

/* rt_sigaction(2)'s structure. */
struct disposition {
	union {
		void (*handler)(int);
		void (*action)(int, siginfo_t *, void *);
	};
	unsigned long flags;
	void (*restorer)(void);
	uint64_t mask;
};

#define BIT(sig)    (UINT64_C(1) << ((sig)-1))
#define SA_RESTORER 0x04000000ul

static struct disposition believed[NSIG];
/* Signals that came in the middle of a simulated call, with what came with them. */
static siginfo_t late[NSIG];
static uint64_t is_late;

static long tell_kernel(int sig, const struct disposition *d, struct disposition *old)
{
	return SIM_DOOR(SYS_rt_sigaction, sig, d, old, SIM_EXEC_SIGSET_BYTES, 0, 0);
}

/* signal(7): what ends a program and is not left to the kernel. */
static bool ends_by_default(int sig)
{
	static const uint64_t stops_or_is_ignored = BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) |
						    BIT(SIGWINCH) | BIT(SIGTSTP) | BIT(SIGTTIN) |
						    BIT(SIGTTOU);

	return !(stops_or_is_ignored & BIT(sig));
}

static bool is_ours(int sig)
{
	return sig >= 1 && sig < NSIG && sig != SIGKILL && sig != SIGSTOP && sig != SIGSEGV &&
	       sig != SIGBUS && sig != SIGSYS;
}

static bool has_handler(int sig)
{
	return believed[sig].handler != SIG_DFL && believed[sig].handler != SIG_IGN;
}

static void on_signal(int sig, siginfo_t *info, void *context);

/* The kernel does what the program believes, through on_signal() where something is to be done first. */
static long install(int sig)
{
	struct disposition d = believed[sig];
	bool is_default = d.handler == SIG_DFL;

	if (d.handler == SIG_IGN || (is_default && !ends_by_default(sig)))
		return tell_kernel(sig, &d, NULL);
	d.action = on_signal;
	/* A default that ends the program interrupts nothing before it does. */
	d.flags = (d.flags & ~(unsigned long)SA_RESETHAND) | SA_SIGINFO | SA_RESTORER;
	d.restorer = (void (*)(void))sim_door_sigreturn;
	if (is_default) {
		d.flags = SA_SIGINFO | SA_RESTORER | SA_NODEFER;
		d.mask = 0;
	}
	return tell_kernel(sig, &d, NULL);
}

static void end_by(int sig)
{
	struct disposition d = { .handler = SIG_DFL };

	sim_exec_end();
	tell_kernel(sig, &d, NULL);
	SIM_DOOR3(SYS_tgkill, SIM_DOOR3(SYS_getpid, 0, 0, 0), SIM_DOOR3(SYS_gettid, 0, 0, 0), sig);
}

/* In the middle of a simulated call, or on the stack of a peer: the end of the call will raise it again. */
static bool put_off(int sig, const siginfo_t *info)
{
	struct sim_task *t = sim_current;

	if (!t || (!t->in_call && t->proc == sim_exec.w->program))
		return false;
	late[sig] = *info;
	is_late |= BIT(sig);
	__atomic_fetch_or(&sim_exec.w->program->arrived, BIT(sig), __ATOMIC_RELAXED);
	return true;
}

/* sigaction(2), si_code: who has sent it is told by these. */
void sim_exec_translate_sender(int sig, siginfo_t *info)
{
	if (info->si_code == SI_USER || info->si_code == SI_QUEUE || info->si_code == SI_TKILL ||
	    (sig == SIGCHLD && info->si_code > 0))
		info->si_pid = sim_exec_seen_pid(info->si_pid);
}

static void on_signal(int sig, siginfo_t *info, void *context)
{
	struct disposition d = believed[sig];

	sim_exec_translate_sender(sig, info);
	if (d.handler == SIG_DFL) {
		end_by(sig);
		return;
	}
	if (put_off(sig, info))
		return;
	if (is_late & BIT(sig)) {
		is_late &= ~BIT(sig);
		*info = late[sig];
	}
	if (d.flags & SA_RESETHAND) {
		believed[sig].handler = SIG_DFL;
		install(sig);
	}
	if (d.flags & SA_SIGINFO)
		d.action(sig, info, context);
	else
		d.handler(sig);
}

void sim_exec_other_sigsys(siginfo_t *info, void *context)
{
	if (believed[SIGSYS].handler != SIG_IGN)
		on_signal(SIGSYS, info, context);
}

long sim_exec_sigaction(const long *a)
{
	int sig = (int)a[0];
	const struct disposition *act = (const void *)a[1];
	struct disposition *old = (void *)a[2], wanted, was;

	if (!is_ours(sig) && sig != SIGSYS)
		return SIM_DOOR(SYS_rt_sigaction, a[0], a[1], a[2], a[3], 0, 0);
	if (a[3] != SIM_EXEC_SIGSET_BYTES)
		return -EINVAL;
	was = believed[sig];
	if (act && sim_copy_from_user(&wanted, act, sizeof wanted))
		return -EFAULT;
	if (act) {
		believed[sig] = wanted;
		believed[sig].mask &= ~BIT(SIGSYS);
		if (sig != SIGSYS)
			install(sig);
	}
	return old && sim_copy_to_user(old, &was, sizeof was) ? -EFAULT : 0;
}

bool sim_exec_expects_signal(bool idle)
{
	static const int by_others[] = { SIGCHLD, SIGUSR1, SIGUSR2 };
	static const int by_users[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGCONT, SIGIO };

	for (size_t i = 0; i < sizeof by_others / sizeof by_others[0]; i++)
		if (has_handler(by_others[i]))
			return true;
	for (int sig = SIGRTMIN; sig < NSIG; sig++)
		if (has_handler(sig))
			return true;
	for (size_t i = 0; idle && i < sizeof by_users / sizeof by_users[0]; i++)
		if (has_handler(by_users[i]))
			return true;
	return false;
}

const void *sim_exec_mask(const void *mask, uint64_t *room)
{
	if (!mask || sim_copy_from_user(room, mask, sizeof *room))
		return mask;
	*room &= ~BIT(SIGSYS);
	return room;
}

void sim_exec_signals_init(void)
{
	for (int sig = 1; sig < NSIG; sig++) {
		if (!is_ours(sig) || tell_kernel(sig, NULL, &believed[sig]))
			continue;
		if (believed[sig].handler == SIG_DFL && ends_by_default(sig))
			install(sig);
	}
}
