/* SPDX-License-Identifier: MIT */
/*
 * Real descriptors among simulated ones: asked with poll(2) and no timeout, and really waited for only when
 * nothing simulated can happen any more. Knows nothing of what the numbers are: files, pipes, terminals.
 */
#ifndef API_CALLS_REAL_H
#define API_CALLS_REAL_H

#include <poll.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/proc/epoll.h"
#include "sim/world/world.h"

/* What one waiting call asked of real descriptors, directly or through an epoll set. */
struct sim_real_asked {
	struct sim_task *t;
	struct pollfd *fds; /* the world's memory */
	uint32_t num, cap;
};

/*
 * Between these two whatever the task asks through sim_real_ready() is noted; stop returns whether anything
 * was. Not nested. Start forgets what was noted before.
 */
void sim_real_note_start(struct sim_real_asked *a, struct sim_task *t);
bool sim_real_note_stop(struct sim_real_asked *a);
void sim_real_fini(struct sim_real_asked *a);

/*
 * Nothing simulated can happen any more. Waits until a real descriptor is ready that a blocked task of this
 * world waits for, wakes the task and returns true: go on. False: no task waits for any, this is a dead-lock.
 */
bool sim_real_wait(struct sim_world *w);

/*
 * Could somebody outside the program make this descriptor ready? NULL: nothing is known of any. While a
 * blocked task waits for one that it says is, virtual time keeps to the wall clock.
 */
extern bool (*sim_real_is_foreign)(int fd);
/* How often somebody outside was waited for: such a run need not be the same again. */
extern unsigned sim_real_num_paced;

/*
 * Processes that may yet send the program a signal that it handles, as descriptors that become readable when
 * one ends: their number, and they themselves unless fds is NULL. `idle`: nothing else can happen any more.
 * NULL: nobody outside is known.
 */
extern uint32_t (*sim_real_senders)(struct pollfd *fds, bool idle);

/* ppoll(2), which a signal ends that came after the wait was decided on, too. NULL: libc's. */
extern int (*sim_real_poll)(struct pollfd *fds, uint32_t num, const struct timespec *limit);

/* The world's hook on_jump: see world.h. */
bool sim_real_on_jump(struct sim_world *w, int64_t due_ns);

#endif
