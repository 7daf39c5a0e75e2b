/* SPDX-License-Identifier: MIT */
/* See kernel.h. System V ABI for x86-64, A.2.1: registers of a system call; rcx and r11 are lost. */
#include "api/libc/kernel.h"

static long call(long nr, const long args[SIM_SYSCALL_NUM_ARGS])
{
	register long r10 __asm__("r10") = args[3];
	register long r8 __asm__("r8") = args[4];
	register long r9 __asm__("r9") = args[5];
	long r;

	__asm__ volatile("syscall"
			 : "=a"(r)
			 : "a"(nr), "D"(args[0]), "S"(args[1]), "d"(args[2]), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return r;
}

long (*sim_kernel)(long nr, const long args[SIM_SYSCALL_NUM_ARGS]) = call;
