/* SPDX-License-Identifier: MIT */
/*
 * Timers of a process that raise signals: setitimer(2)'s three, and timer_create(2)'s. CPU time is virtual
 * time (api/calls/clocks.h), so that ITIMER_VIRTUAL and ITIMER_PROF go on while the process waits.
 *
 * A timer of timer_create's has one signal under way at most; what expires meanwhile is its overrun.
 *
 * FIDELITY: of several timers that share one standard signal (not a real-time one), which is blocked, the
 * program sees one signal: Linux keeps one for each.
 */
#ifndef SIM_PROC_ALARM_H
#define SIM_PROC_ALARM_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/clock/clock.h"

struct sim_proc;

/* setitimer(2): ITIMER_REAL, ITIMER_VIRTUAL, ITIMER_PROF. */
enum { SIM_NUM_ITIMERS = 3 };

/* As many of timer_create's as a process may have: EAGAIN beyond. Linux bounds them by RLIMIT_SIGPENDING. */
enum { SIM_POSIX_TIMERS_MAX = 64 };

enum sim_alarm_state {
	SIM_ALARM_IDLE,   /* no signal of it is under way */
	SIM_ALARM_RAISED, /* pending at the process: sim_proc_take_signal() */
	SIM_ALARM_HELD,   /* the embedder keeps it for the program: sim_signal_hold() */
};

struct sim_alarm {
	struct sim_timer timer;
	struct sim_proc *p;
	int64_t next_ns; /* when it expires next, SIM_NEVER_NS: off */
	int64_t interval_ns;
	int64_t raised_ns; /* when the signal under way was raised */
	uint64_t value;    /* what its signal carries: sigevent(3type)'s sigev_value */
	int id;            /* timer_create's; -1: it is one of setitimer's */
	int clock;         /* the program's number of it */
	int overrun;       /* of the signal under way */
	int last_overrun;  /* of the signal that was delivered last: timer_getoverrun(2) */
	uint8_t sig;       /* 0: none, SIGEV_NONE */
	uint8_t state;     /* enum sim_alarm_state */
	bool used;
};

void sim_alarm_init(struct sim_alarm *a, struct sim_proc *p, int sig);

/* first_ns: in the world's time, may have passed; SIM_NEVER_NS: off. A signal under way is taken back, unless
 * it is held. 0 or -ENOMEM. */
int sim_alarm_set(struct sim_alarm *a, int64_t first_ns, int64_t interval_ns);
/* How long until it expires next, 0: it is off or has expired for good. */
int64_t sim_alarm_left(const struct sim_alarm *a);

/* timer_create(2): a timer that is off. -EAGAIN: there are too many; -ENOMEM. */
int sim_alarm_new(struct sim_proc *p, int clock, int sig, uint64_t value, struct sim_alarm **made);
struct sim_alarm *sim_alarm_find(const struct sim_proc *p, int id); /* NULL: there is none */
void sim_alarm_free(struct sim_alarm *a);

/* The one of timer_create's whose signal `sig` is pending at the process for longest; NULL: none. */
struct sim_alarm *sim_alarm_raised(const struct sim_proc *p, int sig);
/* Its signal reaches the program. */
void sim_alarm_delivered(struct sim_alarm *a);

/* The program looks at signals anew: what was held back may not be any more, and is waited for again. */
void sim_alarm_unhold_all(struct sim_proc *p);
void sim_alarm_end_all(struct sim_proc *p); /* off, all of them */

void sim_alarm_on_timer(struct sim_clock *c, struct sim_timer *t); /* table entry: see sim_timer_fns */

#endif
