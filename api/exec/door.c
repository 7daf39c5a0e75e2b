/* SPDX-License-Identifier: MIT */
/* See door.h. System V ABI for x86-64, A.2: registers of a system call. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/door.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <stdint.h>
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

/* The numbers of x86-64: socket(2) to getsockopt(2) stand in a row. */
#define LOAD(member)           BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member))
#define LOAD_HIGH(member)      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, member) + 4)
#define JUMP(test, k, yes, no) BPF_JUMP(BPF_JMP | (test) | BPF_K, (k), (yes), (no))

int sim_door_close_to_sockets(void)
{
	uint64_t begin = (uintptr_t)door_begin, end = (uintptr_t)door_end;
	struct sock_filter filter[] = {
		LOAD_HIGH(instruction_pointer),
		JUMP(BPF_JEQ, (uint32_t)(begin >> 32), 0, 3),
		LOAD(instruction_pointer),
		JUMP(BPF_JGE, (uint32_t)begin, 0, 1),
		JUMP(BPF_JGT, (uint32_t)end, 0, 5), /* in the door: allowed */
		LOAD(nr),
		JUMP(BPF_JGE, SYS_socket, 0, 1),
		JUMP(BPF_JGT, SYS_getsockopt, 0, 4),
		JUMP(BPF_JEQ, SYS_accept4, 3, 0),
		JUMP(BPF_JEQ, SYS_sendmmsg, 2, 0),
		JUMP(BPF_JEQ, SYS_recvmmsg, 1, 0),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_TRAP),
	};
	struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };
	long r = SIM_DOOR(SYS_prctl, PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0);

	return (int)(r ? r : SIM_DOOR(SYS_prctl, PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0, 0));
}
