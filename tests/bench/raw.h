/* SPDX-License-Identifier: MIT */
/*
 * raw.h - system calls that no interposed libc name can touch.
 *
 * Owns: the three calls the benchmark makes for itself (read and write of its pipes, the clock).  The
 * simulation defines read, write, clock_gettime and perhaps syscall(2) itself, so the instruction is
 * written out: what is measured never goes through what is being measured.
 * x86-64 Linux, syscall(2): number in rax, arguments in rdi, rsi, rdx; rcx and r11 are lost.
 */
#ifndef TESTS_BENCH_RAW_H
#define TESTS_BENCH_RAW_H

#include <stddef.h>
#include <stdint.h>
#include <sys/syscall.h>
#include <time.h>

static inline long raw_syscall3(long number, long a, long b, long c)
{
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "a"(number), "D"(a), "S"(b), "d"(c)
			 : "rcx", "r11", "memory");
	return result;
}

/* raw_cpu_ns: processor time of this thread, user and system. */
static inline uint64_t raw_cpu_ns(void)
{
	struct timespec ts;

	raw_syscall3(SYS_clock_gettime, CLOCK_THREAD_CPUTIME_ID, (long)&ts, 0);
	return (uint64_t)ts.tv_sec * 1000000000u + (uint64_t)ts.tv_nsec;
}

static inline long raw_read(int fd, void *buf, size_t len)
{
	return raw_syscall3(SYS_read, fd, (long)buf, (long)len);
}

static inline long raw_write(int fd, const void *buf, size_t len)
{
	return raw_syscall3(SYS_write, fd, (long)buf, (long)len);
}

#endif
