/* SPDX-License-Identifier: MIT */
/* See door.h. System V ABI for x86-64, A.2: registers of a system call. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/door.h"

#include <sys/prctl.h>
#include <sys/syscall.h>

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#define PR_SYS_DISPATCH_OFF          0
#define PR_SYS_DISPATCH_ON           1
#endif

/* A section of its own: the kernel is told where it begins and how long it is. */
#define IN_DOOR __attribute__((naked, noinline, used, section("sim_door_text")))
extern const char door_begin[] __asm__("__start_sim_door_text") __attribute__((visibility("hidden")));
extern const char door_end[] __asm__("__stop_sim_door_text") __attribute__((visibility("hidden")));

IN_DOOR long sim_door(long a0 __attribute__((unused)), long a1 __attribute__((unused)),
		      long a2 __attribute__((unused)), long a3 __attribute__((unused)),
		      long a4 __attribute__((unused)), long a5 __attribute__((unused)),
		      long nr __attribute__((unused)))
{
	__asm__ volatile("movq 8(%rsp), %rax\n\t"
			 "movq %rcx, %r10\n\t"
			 "syscall\n\t"
			 "ret");
}

IN_DOOR void sim_door_sigreturn(void)
{
	__asm__ volatile("movl $15, %eax\n\t"
			 "syscall\n\t"
			 "ud2");
}

int sim_door_open_all(void)
{
	return (int)SIM_DOOR(SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_OFF, 0, 0, 0, 0);
}

int sim_door_close_all_others(void)
{
	return (int)SIM_DOOR(SYS_prctl, PR_SET_SYSCALL_USER_DISPATCH, PR_SYS_DISPATCH_ON, door_begin,
			     door_end - door_begin, 0, 0);
}
