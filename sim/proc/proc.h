/* SPDX-License-Identifier: MIT */
/*
 * A simulated process: its host, descriptors, credentials, signals, interval timer, exit status, and its
 * tasks. A fatal signal ends this process and nothing else.
 */
#ifndef SIM_PROC_PROC_H
#define SIM_PROC_PROC_H

#include "sim/proc/alarm.h"
#include "sim/proc/file.h"

struct sim_dispositions;
struct sim_host;
struct sim_proc;

/* What the program would do with a signal: supplied by the embedder, who knows its dispositions and masks. */
enum sim_signal_action {
	SIM_SIGNAL_IGNORE,
	SIM_SIGNAL_HANDLER,         /* calls return EINTR */
	SIM_SIGNAL_HANDLER_RESTART, /* SA_RESTART */
	SIM_SIGNAL_FATAL,
	SIM_SIGNAL_BLOCKED,
};
enum sim_signal_action sim_signal_action(struct sim_proc *p, int sig);
/*
 * Supplied too: the program holds this signal back, and whoever looks at what it holds back (sigpending(2), a
 * real signalfd(2)) must see it from now on. `a` is the timer that raised it, NULL: none of timer_create's.
 * True: the embedder has it. False: it stays pending here.
 */
bool sim_signal_hold(struct sim_proc *p, int sig, struct sim_alarm *a);

/* A task that waits for signals and takes them: sigtimedwait(2). On the task's stack. */
struct sim_sigwait {
	struct sim_list node; /* of the process */
	struct sim_task *t;
	uint64_t set; /* bit sig - 1 */
};

struct sim_proc {
	struct sim_list node; /* of the world */
	struct sim_ctx *ctx;
	struct sim_host *host;
	struct sim_net *net; /* the host's */
	struct sim_fdtable *fds;
	struct sim_task *main; /* the task that takes its signals */
	uint32_t id;
	uint32_t pid;      /* what its sockets tell of it (SO_PEERCRED) */
	uint32_t uid, gid; /* 0: root, whom permissions do not bind */
	uint32_t umask;
	uint64_t pending; /* signals to be handled at the gate's exit: bit sig - 1 */
	uint64_t arrived; /* the embedder's: real signals that came in the middle of a call, to become pending
			   */
	uint64_t pending_plain; /* of pending, those that came from no timer of timer_create's, or not only */
	struct sim_list sigwaits;
	struct sim_dispositions *dispositions; /* the embedder's: its own; NULL: the program's */
	bool is_program;                       /* the program under test itself, which made the world */
	bool builtin;                          /* a scripted peer of ours: rules do not touch it */
	bool ended;
	int exit_status;                           /* as wait(2) tells */
	struct sim_alarm itimers[SIM_NUM_ITIMERS]; /* by ITIMER_* */
	struct sim_alarm *timers; /* SIM_POSIX_TIMERS_MAX of timer_create's; NULL: it has made none */
	char name[24];
};

struct sim_proc *sim_proc_new(struct sim_ctx *ctx, struct sim_host *host, struct sim_net *net,
			      struct sim_fdtable *fds, const char *name); /* NULL: no memory */
/* Closes its descriptors as an exit does; the struct stays until the world ends. */
void sim_proc_end(struct sim_proc *p, int exit_status, struct sim_task *t);

/*
 * A signal arrives: pending unless ignored, or held by the embedder. Who waits for it is woken, else the main
 * task is interrupted, unless the signal is blocked. What the program does with it is the result.
 */
enum sim_signal_action sim_proc_raise(struct sim_proc *p, int sig, struct sim_alarm *a);
static inline void sim_proc_signal(struct sim_proc *p, int sig)
{
	(void)sim_proc_raise(p, sig, NULL);
}

/* One pending signal of that number is dealt with now; *a: the timer that raised it, or NULL. False: there is
 * none, or its timer took it back. */
bool sim_proc_take_signal(struct sim_proc *p, int sig, struct sim_alarm **a);

#endif
