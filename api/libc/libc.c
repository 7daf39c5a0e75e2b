/* SPDX-License-Identifier: MIT */
/* Finding the functions of libc.h. dlsym(3), RTLD_NEXT. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "api/libc/libc.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "api/libc/kernel.h"

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define LIBC_SANITIZED 1
#endif
#endif

struct sim_libc sim_libc_table;
bool sim_libc_is_known;

/*
 * clang links the sanitizers' own wrappers into the program, before us in no order of libraries; gcc's come
 * next as a library of theirs.
 */
static void *find(const char *name, const char *wrapper)
{
#ifdef LIBC_SANITIZED
	void *fn = dlsym(RTLD_DEFAULT, wrapper);

	if (fn)
		return fn;
#else
	(void)wrapper;
#endif
	return dlsym(RTLD_NEXT, name);
}

/* A program linked with -static has no C library behind us. */
static _Noreturn void refuse(void)
{
	static const char text[] = "simsock: the C library's own functions are not to be found: "
				   "simsock cannot be linked with -static\n";

	(void)SIM_KERNEL(SYS_write, STDERR_FILENO, text, sizeof text - 1);
	abort();
}

/* Twice at once, from two threads, finds the same. */
void sim_libc_find(void)
{
#define SIM_LIBC_FIND(result, name, params) \
	*(void **)&sim_libc_table.name = find(#name, "__interceptor_" #name);
	SIM_LIBC_TABLE(SIM_LIBC_FIND)
#undef SIM_LIBC_FIND
	if (!sim_libc_table.socket || !sim_libc_table.close)
		refuse();
	__atomic_store_n(&sim_libc_is_known, true, __ATOMIC_RELEASE);
}

/* ---- descriptors of our own ---- */

/* Not so high that the kernel's table would grow beyond a few pages. */
enum { HIGHEST_FD = 4095, FD_MARGIN = 64 };

void (*sim_libc_on_high)(int fd, bool is_open);

int sim_libc_put_high(int fd)
{
	struct rlimit limit;
	int high = HIGHEST_FD, put = -1;

	if (!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur <= HIGHEST_FD)
		high = (int)limit.rlim_cur - 1;
	while (put < 0 && high > fd) {
		put = sim_libc()->fcntl(fd, F_DUPFD_CLOEXEC, high);
		high = high > 2 * FD_MARGIN ? high - FD_MARGIN : high / 2;
	}
	sim_libc()->close(fd);
	if (put >= 0 && sim_libc_on_high)
		sim_libc_on_high(put, true);
	return put;
}

void sim_libc_close_high(int fd)
{
	if (sim_libc_on_high)
		sim_libc_on_high(fd, false);
	sim_libc()->close(fd);
}

FILE *sim_libc_fopen_high(const char *path, const char *mode)
{
	int how = mode[0] == 'a' ? O_APPEND : O_TRUNC;
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC | how, 0666);

	if (fd >= 0)
		fd = sim_libc_put_high(fd);
	return fd < 0 ? NULL : fdopen(fd, mode);
}

int sim_libc_fclose_high(FILE *f)
{
	if (sim_libc_on_high)
		sim_libc_on_high(fileno(f), false);
	return fclose(f);
}
