/* SPDX-License-Identifier: MIT */
/* Finding the functions of libc.h. dlsym(3), RTLD_NEXT. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif

#include "api/libc/libc.h"

#include <dlfcn.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

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

	(void)!syscall(SYS_write, STDERR_FILENO, text, sizeof text - 1);
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
