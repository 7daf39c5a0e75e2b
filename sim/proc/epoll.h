/* SPDX-License-Identifier: MIT */
/*
 * epoll(7): sets of (file, descriptor), level and edge triggered, one-shot, nested. Items wait on their
 * file's wait queue and put themselves on the set's ready list, so that a wait costs what is ready, not what
 * is watched. Real descriptors of the program can be members too: they are asked through sim_real_ready().
 *
 * FIDELITY: stored: EPOLLEXCLUSIVE, which lets the kernel wake as few as one of several sets: here all of
 * them hear. EPOLLWAKEUP has no effect: no virtual host sleeps.
 */
#ifndef SIM_PROC_EPOLL_H
#define SIM_PROC_EPOLL_H

#include <sys/epoll.h>

#include "sim/base/hmap.h"
#include "sim/proc/file.h"

struct sim_epoll_item;

struct sim_epoll {
	struct sim_ctx *ctx;
	struct sim_list items; /* in order of adding */
	struct sim_list ready;
	struct sim_list real;   /* items on real descriptors */
	struct sim_hmap by_key; /* hashed by descriptor */
	struct sim_waitq wait;
	uint32_t num_items;
	uint32_t num_collects;
};

/* Supplied by the embedder: which of `events` hold on a real descriptor now (no waiting); SIM_REAL_BAD: it is
 * none. */
#define SIM_REAL_BAD UINT32_MAX
uint32_t sim_real_ready(int fd, uint32_t events);

struct sim_file *sim_epoll_new(struct sim_ctx *ctx);      /* an open file on a new set; NULL: no memory */
struct sim_epoll *sim_epoll_new_set(struct sim_ctx *ctx); /* the set alone, for file.c */
void sim_epoll_free(struct sim_epoll *ep);

/* `target` NULL: fd is a real descriptor. 0, -EEXIST, -ENOENT, -EINVAL, -ELOOP, -ENOMEM, -EPERM. */
int sim_epoll_change(struct sim_epoll *ep, int op, struct sim_file *target, int fd,
		     const struct epoll_event *ev);

/* What is ready now, without waiting: how many of max were filled in. */
int sim_epoll_collect(struct sim_epoll *ep, struct epoll_event *out, int max);
/* Of what was collected last, all from the nth on did not reach the program: it is ready again. */
void sim_epoll_untell(struct sim_epoll *ep, int n);
bool sim_epoll_has_ready(struct sim_epoll *ep);

/* The file's last descriptor is gone: its items leave their sets. */
void sim_epoll_forget(struct sim_file *f);
/*
 * Real descriptors from first to last are closed: they leave all sets of the table. FIDELITY: on Linux each
 * stays while a duplicate of it is open.
 */
void sim_epoll_forget_real(struct sim_fdtable *ft, unsigned first, unsigned last);

void sim_epoll_on_wake(struct sim_wait *w, uint32_t events); /* table entry: see sim_wait_fns */

#endif
