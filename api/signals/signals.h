/* SPDX-License-Identifier: MIT */
/*
 * Signals that simulated things raise (SIGPIPE of a send, SIGALRM of a virtual timer, a rule's) reach the
 * program's real handlers here: signal(7), sigaction(2). They are pending at the process until a call leaves
 * the gate; then the world is consistent, a handler may make calls of its own and may leave by siglongjmp(3).
 *
 * The real dispositions and the real mask of the thread decide. A simulated process that is not the program
 * under test shares both with it, unless it was given dispositions of its own; a fatal signal ends only that
 * process.
 */
#ifndef API_SIGNALS_SIGNALS_H
#define API_SIGNALS_SIGNALS_H

#include <signal.h>

#include "sim/proc/proc.h"
#include "sim/task/task.h"

/*
 * What a process that is not the program does with signals, by number; zeroed, all is the default. Belongs to
 * who sets sim_proc.dispositions, and must outlive the process.
 */
struct sim_dispositions {
	struct sigaction of[NSIG];
};

enum sim_signals_seen {
	SIM_SIGNALS_NONE,        /* no handler ran: what was interrupted goes on */
	SIM_SIGNALS_RESTART,     /* only handlers with SA_RESTART */
	SIM_SIGNALS_INTERRUPTED, /* a handler without: EINTR */
};

/*
 * Runs what is pending at the task's process and not blocked. The task is not interrupted any more. Does not
 * return if a signal ends the process.
 */
enum sim_signals_seen sim_signals_deliver(struct sim_task *t);

/*
 * One of the signals in `set` (bit sig - 1) that is pending or held back is taken, as sigtimedwait(2) takes
 * it: its number and what is known of it, 0: there is none. Never waits.
 */
int sim_signals_take(struct sim_proc *p, uint64_t set, siginfo_t *info);

/* A timer of timer_create(2)'s is about to be set anew or deleted: a signal of it that is held back is none
 * any more. */
void sim_signals_forget(struct sim_alarm *a);
/* timer_getoverrun(2); what the kernel held back for the program may have been delivered unseen. */
int sim_signals_overrun(struct sim_alarm *a);

/*
 * A signal is about to end the program under test. A result other than 0: it was dealt with (a test has
 * failed), the call goes on. 0, or no hook: the signal is raised for real, its disposition being the default.
 */
extern int (*sim_fatal_signal_hook)(struct sim_proc *p, int sig);

/*
 * The signal mask of ppoll(2), pselect(2), epoll_pwait(2), sigsuspend(2): in force for the time of the call,
 * and until the handlers that end it have run.
 */
struct sim_signals_mask {
	sigset_t old;
	bool is_swapped;
};

/* `mask` NULL: nothing changes. What was pending and is blocked no more interrupts the task. 0 or -EFAULT. */
int sim_signals_mask_swap(struct sim_signals_mask *m, struct sim_task *t, const sigset_t *mask);
/* Runs handlers if the call's result is -EINTR, then puts the old mask back. */
void sim_signals_mask_restore(struct sim_signals_mask *m, struct sim_task *t, long result);

#endif
