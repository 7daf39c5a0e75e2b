/* SPDX-License-Identifier: MIT */
/*
 * child.h - a bench program at the other end of two pipes.
 *
 * Owns: starting it, asking it for one slice at a time, starting it again after it gave up.  Knows nothing of
 * goals and statistics.
 */
#ifndef TESTS_BENCH_CHILD_H
#define TESTS_BENCH_CHILD_H

#include <stdint.h>
#include <stdio.h>
#include <sys/types.h>

struct bench_child {
	const char *path;
	pid_t pid; /* 0: not running */
	FILE *to, *from;
	char error[256]; /* why the last bench_child_run failed */
};

/* bench_child_run: cost (ns, or bytes) of `n` operations of `row`; -1 with child->error set when it gave up.
 */
int64_t bench_child_run(struct bench_child *child, const char *row, uint64_t n);

/* bench_child_stop: closes the pipes and waits for it.  Safe when it does not run. */
void bench_child_stop(struct bench_child *child);

/*
 * bench_count_instructions: instructions of one operation of `row`, as valgrind's callgrind counts them: runs
 * of n and of 3n operations, the difference divided by 2n.  -1 when valgrind or the program gave up.
 */
double bench_count_instructions(const char *path, const char *row, unsigned n);

/* bench_floor_cost: processor ns of one operation of a floor program's row "floor.NAME.MODE"; -1: no answer.
 */
double bench_floor_cost(const char *path, const char *name, const char *mode);

#endif
