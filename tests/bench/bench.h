/* SPDX-License-Identifier: MIT */
/*
 * bench.h - what a row of the benchmark is.
 *
 * Owns: the shape of a row and how it gives up.  Knows nothing of the runner.
 */
#ifndef TESTS_BENCH_BENCH_H
#define TESTS_BENCH_BENCH_H

#include <stddef.h>
#include <stdint.h>

/*
 * struct bench_row - one kind of work.  `setup` makes what the row needs and `teardown` undoes it; neither is
 * measured.  Exactly one of `run` (does n operations; processor time is taken round it) and `bytes` (makes n
 * objects and returns the bytes they hold together) is set.
 */
struct bench_row {
	const char *name;
	void (*setup)(void *arg);
	void (*run)(void *arg, uint64_t n);
	uint64_t (*bytes)(void *arg, uint64_t n);
	void (*teardown)(void *arg);
};

/* bench_rows: every row that this build has; bench_num_rows of them. */
extern const struct bench_row bench_rows[];
extern const size_t bench_num_rows;

/* bench_arg: the one argument that all rows share: their descriptors and buffers. */
void *bench_arg(void);

/* bench_fail: answer "err WHAT: strerror(errno)" to the runner and exit. */
_Noreturn void bench_fail(const char *what);

/* bench_world_open, bench_world_close: make and free the world that the rows run in; nothing on the kernel.
 */
void bench_world_open(void);
void bench_world_close(void);

/* bench_settle: let virtual time pass so that connections in TIME_WAIT go away; nothing on the kernel. */
void bench_settle(void);

/* bench_memory_bytes: memory that sockets take now: the world's arena, or what the kernel says of itself. */
uint64_t bench_memory_bytes(void);

#endif
