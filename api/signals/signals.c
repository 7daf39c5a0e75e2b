/* SPDX-License-Identifier: MIT */
/* Delivery and masks: see signals.h. signal(7), sigaction(2), rt_tgsigqueueinfo(2). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "api/signals/signals.h"

#include <errno.h>
#include <string.h>
#include <sys/syscall.h>
#include <ucontext.h>
#include <unistd.h>

#include "sim/base/uaccess.h"

#if defined(__has_feature)
#if __has_feature(thread_sanitizer)
#define SIGNALS_TSAN 1
#endif
#endif
#ifdef __SANITIZE_THREAD__
#define SIGNALS_TSAN 1
#endif

int (*sim_fatal_signal_hook)(struct sim_proc *p, int sig);

/* signal(7): what the default disposition of a signal is; stopping the program is left out. */
static bool is_ignored_by_default(int sig)
{
	static const int ignored[] = {
		SIGCHLD, SIGCONT, SIGURG, SIGWINCH, SIGSTOP, SIGTSTP, SIGTTIN, SIGTTOU
	};

	for (size_t i = 0; i < sizeof ignored / sizeof ignored[0]; i++) {
		if (ignored[i] == sig)
			return true;
	}
	return false;
}

static bool is_blocked(int sig)
{
	sigset_t mask;

	return sig != SIGKILL && sig != SIGSTOP && !pthread_sigmask(SIG_BLOCK, NULL, &mask) &&
	       sigismember(&mask, sig) == 1;
}

enum sim_signal_action sim_signal_action(struct sim_proc *p, int sig)
{
	struct sigaction sa;

	if (p->builtin)
		return SIM_SIGNAL_IGNORE;
	if (sig == SIGKILL)
		return SIM_SIGNAL_FATAL;
	/* A blocked signal is kept even if it is ignored: it may have a handler when it is unblocked. */
	if (is_blocked(sig))
		return SIM_SIGNAL_BLOCKED;
	if (sigaction(sig, NULL, &sa))
		return SIM_SIGNAL_IGNORE;
	if (!(sa.sa_flags & SA_SIGINFO) && sa.sa_handler == SIG_IGN)
		return SIM_SIGNAL_IGNORE;
	if (!(sa.sa_flags & SA_SIGINFO) && sa.sa_handler == SIG_DFL)
		return is_ignored_by_default(sig) ? SIM_SIGNAL_IGNORE : SIM_SIGNAL_FATAL;
	return sa.sa_flags & SA_RESTART ? SIM_SIGNAL_HANDLER_RESTART : SIM_SIGNAL_HANDLER;
}

/* As the kernel itself would have sent it: timers by SI_KERNEL, SIGPIPE as if by the process. */
static siginfo_t info_of(int sig)
{
	siginfo_t info;

	memset(&info, 0, sizeof info);
	info.si_signo = sig;
	info.si_code = sig == SIGALRM ? SI_KERNEL : SI_USER;
	info.si_pid = getpid();
	info.si_uid = getuid();
	return info;
}

#ifdef SIGNALS_TSAN
/*
 * ThreadSanitizer puts off every signal but those it sees raised, and takes what a handler calls for calls at
 * any odd moment. This is no odd moment: the handler is a function like others, called with its mask in
 * force.
 */
static bool call_handler(int sig)
{
	siginfo_t info = info_of(sig);
	struct sigaction sa, reset = { .sa_handler = SIG_DFL };
	sigset_t block, old;
	ucontext_t context;

	if (sigaction(sig, NULL, &sa) || is_blocked(sig) || sa.sa_handler == SIG_DFL ||
	    sa.sa_handler == SIG_IGN)
		return false;
	if (sa.sa_flags & SA_RESETHAND)
		sigaction(sig, &reset, NULL);
	block = sa.sa_mask;
	if (!(sa.sa_flags & SA_NODEFER))
		sigaddset(&block, sig);
	pthread_sigmask(SIG_BLOCK, &block, &old);
	memset(&context, 0, sizeof context);
	context.uc_sigmask = old;
	if (sa.sa_flags & SA_SIGINFO)
		sa.sa_sigaction(sig, &info, &context);
	else
		sa.sa_handler(sig);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return true;
}
#endif

/* Runs the handler before it returns: a signal that a thread sends to itself, unblocked, is delivered at
 * once. */
static void raise_for_real(int sig)
{
#ifdef SIGNALS_TSAN
	if (!call_handler(sig))
		raise(sig);
#else
	siginfo_t info = info_of(sig);

	if (syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), sig, &info))
		raise(sig);
	/* valgrind delivers only at calls that it expects signals of. */
	(void)is_blocked(sig);
#endif
}

static void end_process(struct sim_task *t, int sig)
{
	struct sim_proc *p = t->proc;

	if (p->is_program) {
		if (!sim_fatal_signal_hook || !sim_fatal_signal_hook(p, sig))
			raise_for_real(sig);
		return;
	}
	sim_proc_end(p, sig, t);
	sim_task_exit(t);
}

enum sim_signals_seen sim_signals_deliver(struct sim_task *t)
{
	struct sim_proc *p = t->proc;
	enum sim_signals_seen seen = SIM_SIGNALS_NONE;
	uint64_t looked_at = 0, left;

	t->interrupted = false;
	p->pending |= __atomic_exchange_n(&p->arrived, 0, __ATOMIC_RELAXED);
	/* Lowest first; a handler may make calls that raise more, or that have delivered what was left here.
	 */
	while ((left = p->pending & ~looked_at)) {
		int sig = __builtin_ctzll(left) + 1;
		enum sim_signal_action action = sim_signal_action(p, sig);
		uint64_t bit = UINT64_C(1) << (sig - 1);

		/* The kernel can hold it back as well, and then sigpending(2), sigwait(3) and unblocking
		 * work. */
		if (action == SIM_SIGNAL_BLOCKED && !p->is_program) {
			looked_at |= bit;
			continue;
		}
		p->pending &= ~bit;
		if (action == SIM_SIGNAL_FATAL) {
			end_process(t, sig);
		} else if (action != SIM_SIGNAL_IGNORE) {
			raise_for_real(sig);
			if (action == SIM_SIGNAL_HANDLER)
				seen = SIM_SIGNALS_INTERRUPTED;
			else if (action == SIM_SIGNAL_HANDLER_RESTART && seen == SIM_SIGNALS_NONE)
				seen = SIM_SIGNALS_RESTART;
		}
	}
	t->interrupted = false;
	return seen;
}

/* A signal that the kernel holds back and the new mask lets through runs its handler when the mask is set. */
static bool lets_real_one_through(const sigset_t *mask)
{
	sigset_t pending;

	if (sigpending(&pending))
		return false;
	for (int sig = 1; sig < NSIG; sig++) {
		if (sigismember(&pending, sig) == 1 && sigismember(mask, sig) == 0)
			return true;
	}
	return false;
}

int sim_signals_mask_swap(struct sim_signals_mask *m, struct sim_task *t, const sigset_t *mask)
{
	sigset_t wanted;

	m->is_swapped = false;
	if (!mask)
		return 0;
	sigemptyset(&wanted);
	/* The kernel's set is the first 8 bytes of the C library's. */
	if (sim_copy_from_user(&wanted, mask, 8))
		return -EFAULT;
	if (lets_real_one_through(&wanted))
		t->interrupted = true;
	if (pthread_sigmask(SIG_SETMASK, &wanted, &m->old))
		return -EINVAL;
	m->is_swapped = true;
	for (int sig = 1; sig <= 64; sig++) {
		if ((t->proc->pending >> (sig - 1) & 1) &&
		    sim_signal_action(t->proc, sig) != SIM_SIGNAL_BLOCKED)
			t->interrupted = true;
	}
	return 0;
}

void sim_signals_mask_restore(struct sim_signals_mask *m, struct sim_task *t, long result)
{
	if (!m->is_swapped)
		return;
	if (result == -EINTR)
		sim_signals_deliver(t);
	pthread_sigmask(SIG_SETMASK, &m->old, NULL);
}
