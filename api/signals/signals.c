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

#include "api/libc/libc.h"
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

static bool get_disposition(const struct sim_proc *p, int sig, struct sigaction *sa)
{
	if (!p->dispositions)
		return !sigaction(sig, NULL, sa);
	*sa = p->dispositions->of[sig];
	return true;
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
	if (!get_disposition(p, sig, &sa))
		return SIM_SIGNAL_IGNORE;
	if (!(sa.sa_flags & SA_SIGINFO) && sa.sa_handler == SIG_IGN)
		return SIM_SIGNAL_IGNORE;
	if (!(sa.sa_flags & SA_SIGINFO) && sa.sa_handler == SIG_DFL)
		return is_ignored_by_default(sig) ? SIM_SIGNAL_IGNORE : SIM_SIGNAL_FATAL;
	return sa.sa_flags & SA_RESTART ? SIM_SIGNAL_HANDLER_RESTART : SIM_SIGNAL_HANDLER;
}

static bool is_itimers(int sig)
{
	return sig == SIGALRM || sig == SIGVTALRM || sig == SIGPROF;
}

/* As the kernel itself would have sent it: setitimer's and SIGURG by SI_KERNEL, SIGPIPE as if by the process.
 */
static siginfo_t info_of(int sig, const struct sim_alarm *a)
{
	siginfo_t info;

	memset(&info, 0, sizeof info);
	info.si_signo = sig;
	if (a) {
		info.si_code = SI_TIMER;
		info.si_timerid = a->id;
		info.si_overrun = a->state == SIM_ALARM_HELD ? a->overrun : a->last_overrun;
		info.si_value.sival_ptr = (void *)(uintptr_t)a->value;
	} else if (is_itimers(sig) || sig == SIGURG) {
		info.si_code = SI_KERNEL;
	} else {
		info.si_code = SI_USER;
		info.si_pid = getpid();
		info.si_uid = getuid();
	}
	return info;
}

static void reset_disposition(const struct sim_proc *p, int sig)
{
	struct sigaction reset = { .sa_handler = SIG_DFL };

	if (p->dispositions)
		p->dispositions->of[sig] = reset;
	else
		sigaction(sig, &reset, NULL);
}

/*
 * For dispositions that the kernel does not know, and where it may not be asked: ThreadSanitizer puts off
 * every signal but those it sees raised, and takes what a handler calls for calls at any odd moment. This is
 * no odd moment: the handler is a function like others, called with its mask in force.
 */
static bool call_handler(const struct sim_proc *p, int sig, siginfo_t info)
{
	struct sigaction sa;
	sigset_t block, old;
	ucontext_t context;

	if (!get_disposition(p, sig, &sa) || is_blocked(sig) || sa.sa_handler == SIG_DFL ||
	    sa.sa_handler == SIG_IGN)
		return false;
	if (sa.sa_flags & SA_RESETHAND)
		reset_disposition(p, sig);
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

/* Runs the handler before it returns: a signal that a thread sends to itself, unblocked, is delivered at
 * once. */
static void raise_for_real(const struct sim_proc *p, int sig, const struct sim_alarm *a)
{
	siginfo_t info = info_of(sig, a);

	if (p->dispositions) {
		(void)call_handler(p, sig, info);
		return;
	}
#ifdef SIGNALS_TSAN
	if (!call_handler(p, sig, info))
		raise(sig);
#else
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
			raise_for_real(p, sig, NULL);
		return;
	}
	sim_proc_end(p, sig, t);
	sim_task_exit(t);
}

/* ---- signals that the program holds back ---- */

/* Takes one of that number from those that the kernel holds back; false: it holds none. */
static bool take_real(int sig, siginfo_t *info)
{
	struct timespec none = { .tv_sec = 0 };
	int saved = errno;
	sigset_t only;
	bool took;

	sigemptyset(&only);
	sigaddset(&only, sig);
	took = sim_libc()->sigtimedwait(&only, info, &none) == sig;
	errno = saved;
	return took;
}

static void hold_real(siginfo_t *info)
{
	syscall(SYS_rt_tgsigqueueinfo, getpid(), syscall(SYS_gettid), info->si_signo, info);
}

static bool is_of(const siginfo_t *info, const struct sim_alarm *a)
{
	return info->si_code == SI_TIMER && info->si_timerid == a->id;
}

/*
 * The signal of this timer that the kernel holds back is taken from it. Others of that number, of which there
 * may be many, are put back as they were. False: it is not there any more, the program has had it.
 */
static bool take_back(const struct sim_alarm *a, siginfo_t *info)
{
	enum { MOST = SIM_POSIX_TIMERS_MAX };
	siginfo_t others[MOST];
	bool found = false;
	int num = 0;

	while (!found && num < MOST && take_real(a->sig, info)) {
		found = is_of(info, a);
		if (!found)
			others[num++] = *info;
	}
	for (int i = 0; i < num; i++)
		hold_real(&others[i]);
	return found;
}

/* Who waits for real descriptors looks again: one of them may be a signalfd(2). */
static void wake_readers(struct sim_proc *p)
{
	struct sim_list *node;

	if (!p->main)
		return;
	sim_list_each(node, &p->main->sched->all) {
		struct sim_task *t = sim_container_of(node, struct sim_task, all);

		if (t->real)
			sim_task_wake(t);
	}
}

bool sim_signal_hold(struct sim_proc *p, int sig, struct sim_alarm *a)
{
	siginfo_t info;

	/* Only the program's own are the kernel's to hold: sigpending(2), unblocking and signalfd(2) work. */
	if (!p->is_program)
		return false;
	if (a && a->state == SIM_ALARM_HELD && take_back(a, &info)) {
		info.si_overrun = ++a->overrun;
		hold_real(&info);
		return true;
	}
	if (a) {
		if (a->state == SIM_ALARM_HELD)
			sim_alarm_delivered(a);
		a->state = SIM_ALARM_HELD;
		a->overrun = 0;
	}
	raise_for_real(p, sig, a);
	wake_readers(p);
	return true;
}

void sim_signals_forget(struct sim_alarm *a)
{
	siginfo_t info;

	if (a->state != SIM_ALARM_HELD)
		return;
	(void)take_back(a, &info);
	a->state = SIM_ALARM_IDLE;
}

int sim_signals_overrun(struct sim_alarm *a)
{
	siginfo_t info;

	if (a->state == SIM_ALARM_HELD) {
		if (take_back(a, &info))
			hold_real(&info);
		else
			sim_alarm_delivered(a);
	}
	return a->last_overrun;
}

/* What the kernel has held back and gives away now may be of a timer of ours. */
static void note_taken(struct sim_proc *p, const siginfo_t *info)
{
	struct sim_alarm *a = info->si_code == SI_TIMER ? sim_alarm_find(p, info->si_timerid) : NULL;

	if (a && a->state == SIM_ALARM_HELD)
		sim_alarm_delivered(a);
}

static int lowest_real(uint64_t set)
{
	sigset_t pending;

	for (int sig = 1; !sigpending(&pending) && set && sig <= 64; sig++) {
		if ((set >> (sig - 1) & 1) && sigismember(&pending, sig) == 1)
			return sig;
	}
	return 0;
}

/* The lowest that a handler would run for, or that is blocked: what is fatal or ignored stays so (Linux). */
static int lowest_pending(struct sim_proc *p, uint64_t set)
{
	for (uint64_t left = p->pending & set; left; left &= left - 1) {
		int sig = __builtin_ctzll(left) + 1;
		enum sim_signal_action action = sim_signal_action(p, sig);

		if (action != SIM_SIGNAL_IGNORE && action != SIM_SIGNAL_FATAL)
			return sig;
	}
	return 0;
}

/* Real ones that came in the middle of a call are pending as others are. */
static void take_arrived(struct sim_proc *p)
{
	uint64_t arrived = __atomic_exchange_n(&p->arrived, 0, __ATOMIC_RELAXED);

	p->pending |= arrived;
	p->pending_plain |= arrived;
}

int sim_signals_take(struct sim_proc *p, uint64_t set, siginfo_t *info)
{
	struct sim_alarm *a;
	int real, sig;

	sim_alarm_unhold_all(p);
	take_arrived(p);
	for (;;) {
		real = p->is_program ? lowest_real(set) : 0;
		sig = lowest_pending(p, set);
		if (real && (!sig || real <= sig)) {
			if (take_real(real, info)) {
				note_taken(p, info);
				return real;
			}
		} else if (!sig) {
			return 0;
		} else if (sim_proc_take_signal(p, sig, &a)) {
			*info = info_of(sig, a);
			return sig;
		}
	}
}

/* ---- delivery ---- */

/* One that is pending: which handler ran, if any. */
static enum sim_signals_seen deliver_one(struct sim_task *t, int sig, enum sim_signal_action action)
{
	struct sim_alarm *a;

	if (!sim_proc_take_signal(t->proc, sig, &a) || action == SIM_SIGNAL_IGNORE)
		return SIM_SIGNALS_NONE;
	switch (action) {
	case SIM_SIGNAL_FATAL: end_process(t, sig); return SIM_SIGNALS_NONE;
	case SIM_SIGNAL_BLOCKED: (void)sim_signal_hold(t->proc, sig, a); return SIM_SIGNALS_NONE;
	default: raise_for_real(t->proc, sig, a);
	}
	return action == SIM_SIGNAL_HANDLER ? SIM_SIGNALS_INTERRUPTED : SIM_SIGNALS_RESTART;
}

enum sim_signals_seen sim_signals_deliver(struct sim_task *t)
{
	struct sim_proc *p = t->proc;
	enum sim_signals_seen seen = SIM_SIGNALS_NONE, one;
	uint64_t looked_at = 0, left;

	t->interrupted = false;
	take_arrived(p);
	/* Lowest first; a handler may make calls that raise more, or that have delivered what was left here.
	 */
	while ((left = p->pending & ~looked_at)) {
		int sig = __builtin_ctzll(left) + 1;
		enum sim_signal_action action = sim_signal_action(p, sig);

		if (action == SIM_SIGNAL_BLOCKED && !p->is_program) {
			looked_at |= UINT64_C(1) << (sig - 1);
			continue;
		}
		one = deliver_one(t, sig, action);
		if (one > seen)
			seen = one;
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
	sim_alarm_unhold_all(t->proc);
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
