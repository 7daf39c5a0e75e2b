/* SPDX-License-Identifier: MIT */
/*
 * Descriptors in flight: files (and real descriptors) that a message took out of one process's hands and
 * nobody has received yet. unix(7), SCM_RIGHTS.
 *
 * Owns the references of what is in flight, and finds the sockets that are held by nothing but each other's
 * queues. What queues do with a set of them stands in sim/sock/scm.h.
 */
#ifndef SIM_PROC_RIGHTS_H
#define SIM_PROC_RIGHTS_H

#include "sim/proc/file.h"
#include "sim/sock/scm.h"

enum { SIM_RIGHTS_MAX = 253 }; /* SCM_MAX_FD */

/* A file, or a real descriptor that the face holds meanwhile. */
struct sim_right {
	struct sim_file *file; /* a reference; NULL: a real one */
	int held_fd;
};

struct sim_rights {
	struct sim_list node;    /* of the world's, from new to free */
	struct sim_proc *proc;   /* whose they were */
	struct sim_sock *holder; /* in whose queue they are, borrowed; NULL: not in flight */
	bool is_reached;         /* by the collector */
	uint32_t num, cap;
	struct sim_right of[];
};

/* An empty set with room for `cap`. NULL: no memory. */
struct sim_rights *sim_rights_new(struct sim_proc *p, uint32_t cap);
/* A duplicate of a descriptor of the process: 0, -EBADF, and what the face says of real ones. */
int sim_rights_add(struct sim_rights *r, int fd);
/* The i-th of them as a new descriptor of p, the lowest free number; the set keeps its own. -EMFILE, -ENOMEM.
 */
int sim_rights_give(const struct sim_rights *r, uint32_t i, struct sim_proc *p, bool cloexec);

/* A Unix socket was closed: those that only queues of such sockets hold go too, as unix_gc() of Linux sees
 * to. */
void sim_rights_collect(struct sim_ctx *ctx);
/* The world ends: gives real descriptors back. */
void sim_rights_give_back(struct sim_ctx *ctx);

#endif
