/* SPDX-License-Identifier: MIT */
/*
 * Numbers that differ from run to run on a real machine and do not here: process ids (the program's and its
 * children's) and random bytes. Knows nothing of how they are asked for.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/exec.h"

#include <errno.h>
#include <string.h>

#include "sim/base/uaccess.h"

enum { MAX_CHILDREN = 1024 };

/* By place in the order of forks; the oldest are forgotten first. */
static pid_t children[MAX_CHILDREN];
static unsigned num_children;

void sim_exec_fill_random(void *buf, size_t len)
{
	unsigned char *p = buf;

	while (len) {
		uint64_t word = sim_rng_next(&sim_exec.random);
		size_t n = len < sizeof word ? len : sizeof word;

		memcpy(p, &word, n);
		p += n;
		len -= n;
	}
}

long sim_exec_give_random(void *user, size_t len)
{
	unsigned char piece[256];
	size_t done = 0;

	while (done < len) {
		size_t n = len - done < sizeof piece ? len - done : sizeof piece;

		sim_exec_fill_random(piece, n);
		if (sim_copy_to_user((char *)user + done, piece, n))
			return done ? (long)done : -EFAULT;
		done += n;
	}
	return (long)done;
}

void sim_exec_add_child(pid_t real)
{
	children[num_children++ % MAX_CHILDREN] = real;
}

static pid_t number_of(unsigned i)
{
	return sim_exec.virtual_pid + 1 + (pid_t)i;
}

pid_t sim_exec_seen_pid(pid_t real)
{
	if (real == sim_exec.pid)
		return sim_exec.virtual_pid;
	for (unsigned n = 0; n < num_children && n < MAX_CHILDREN; n++) {
		unsigned i = num_children - 1 - n;

		if (children[i % MAX_CHILDREN] == real)
			return number_of(i);
	}
	return real;
}

pid_t sim_exec_real_pid(pid_t seen)
{
	pid_t who = seen < 0 ? -seen : seen, real = who;

	if (seen == 0 || seen == -1)
		return seen;
	if (who == sim_exec.virtual_pid)
		real = sim_exec.pid;
	else if (who > sim_exec.virtual_pid && (unsigned)(who - sim_exec.virtual_pid) <= num_children)
		real = children[(unsigned)(who - sim_exec.virtual_pid - 1) % MAX_CHILDREN];
	return seen < 0 ? -real : real;
}
