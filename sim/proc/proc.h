/* SPDX-License-Identifier: MIT */
/*
 * A simulated process: its host, descriptors, credentials, signals, interval timer, exit status, and its
 * tasks. A fatal signal ends this process and nothing else.
 */
#ifndef SIM_PROC_PROC_H
#define SIM_PROC_PROC_H

#include "sim/proc/file.h"

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
	bool is_program;  /* the program under test itself, which made the world */
	bool builtin;     /* a scripted peer of ours: rules do not touch it */
	bool ended;
	int exit_status;        /* as wait(2) tells */
	struct sim_timer alarm; /* ITIMER_REAL */
	int64_t alarm_interval_ns;
	char name[24];
};

struct sim_proc *sim_proc_new(struct sim_ctx *ctx, struct sim_host *host, struct sim_net *net,
			      struct sim_fdtable *fds, const char *name); /* NULL: no memory */
/* Closes its descriptors as an exit does; the struct stays until the world ends. */
void sim_proc_end(struct sim_proc *p, int exit_status, struct sim_task *t);

/* A signal arrives: pending unless ignored; the main task is interrupted unless it is blocked. */
void sim_proc_signal(struct sim_proc *p, int sig);

/* setitimer(ITIMER_REAL): sets, and tells what was left before. 0 ns: off. */
void sim_proc_alarm(struct sim_proc *p, int64_t first_ns, int64_t interval_ns, int64_t *left_ns,
		    int64_t *old_interval_ns);
void sim_proc_on_alarm(struct sim_clock *c, struct sim_timer *t);

#endif
