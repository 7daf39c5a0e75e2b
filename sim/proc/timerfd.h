/* SPDX-License-Identifier: MIT */
/*
 * timerfd_create(2): a timer that is read. As Linux has it, a periodic timer expires once and then counts by
 * the clock: a read, a look at what is left, or setting it anew makes it tick again, so that one that nobody
 * reads costs nothing and wakes an edge triggered epoll set once.
 *
 * FIDELITY: stored: TFD_TIMER_CANCEL_ON_SET. No call of a program sets a virtual clock, so that nothing is
 * ever cancelled (ECANCELED).
 */
#ifndef SIM_PROC_TIMERFD_H
#define SIM_PROC_TIMERFD_H

#include "sim/proc/file.h"

struct sim_timerfd {
	struct sim_ctx *ctx;
	struct sim_timer timer;
	struct sim_waitq wait;
	int64_t next_ns; /* when it expires, or has expired last; SIM_NEVER_NS: it is off */
	int64_t interval_ns;
	uint64_t num_expired; /* since it was last read */
	int clock;            /* the program's number of it, for whoever sets the timer */
	bool expired;         /* and, if periodic, not yet ticking again */
	bool cancel_on_set;   /* TFD_TIMER_CANCEL_ON_SET */
};

/* An open file on a new timer that is off. NULL: no memory. */
struct sim_file *sim_timerfd_new(struct sim_ctx *ctx, int clock, bool nonblock);
/* The timer alone, for file.c. */
struct sim_timerfd *sim_timerfd_alloc(struct sim_ctx *ctx, int clock);
void sim_timerfd_free(struct sim_timerfd *tfd);

/* first_ns: in the world's time, may have passed; SIM_NEVER_NS: off. Nothing has expired. 0 or -ENOMEM. */
int sim_timerfd_set(struct sim_timerfd *tfd, int64_t first_ns, int64_t interval_ns);

/* How long until it expires next, 0: it is off or has expired for good. */
int64_t sim_timerfd_left(struct sim_timerfd *tfd);

/* TFD_IOC_SET_TICKS: as if it had expired so often, more than 0. */
void sim_timerfd_set_ticks(struct sim_timerfd *tfd, uint64_t num);

/* read(2): 8 bytes, -EINVAL, -EAGAIN, -EFAULT, -SIM_ERESTART, or what a dead-lock answers. May block. */
long sim_timerfd_read(struct sim_timerfd *tfd, struct sim_task *t, struct sim_msg *m);

static inline uint32_t sim_timerfd_poll(const struct sim_timerfd *tfd)
{
	return tfd->num_expired ? 0x001u : 0; /* EPOLLIN and nothing else */
}

void sim_timerfd_on_timer(struct sim_clock *c, struct sim_timer *t); /* table entry: see sim_timer_fns */

#endif
