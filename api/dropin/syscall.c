/* SPDX-License-Identifier: MIT */
/*
 * syscall(2), by number: what the simulation has is served by the functions of the raw face, with libc's
 * result; what it has not fails on a simulated descriptor; everything else is libc's, which is jumped to with
 * the caller's own frame, so that vfork(2) and clone(2) return where they must. x86-64.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/syscall.h>

#include "api/dropin/define.h"
#include "api/posix/posix.h"
#include "api/posix/syscall.h"

#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup 425
#endif

#define HIDDEN __attribute__((visibility("hidden")))

/* Both are named by the instructions below. */
HIDDEN extern long (*sim_dropin_libc_syscall)(long nr, ...);
__attribute__((used)) long (*sim_dropin_libc_syscall)(long nr, ...);

/* A thread that is no task gets no sockets by number either, nor what carries calls past us. */
static bool is_refused(long nr)
{
	bool makes_socket = nr == SYS_socket || nr == SYS_socketpair;

	if ((!makes_socket && nr != SYS_io_uring_setup) || sim_posix_may_use_libc("syscall"))
		return false;
	errno = makes_socket ? EAFNOSUPPORT : ENOSYS;
	return true;
}

/* True: it is answered, the result stands in args[0] and errno is set. */
HIDDEN bool sim_dropin_by_number(long nr, long args[SIM_SYSCALL_NUM_ARGS]);
__attribute__((used)) bool sim_dropin_by_number(long nr, long args[SIM_SYSCALL_NUM_ARGS])
{
	long r;

	if (sim_current && (sim_posix_serve(nr, args, &r) || sim_posix_refuses(nr, args, &r))) {
		args[0] = sim_posix_result(r);
		return true;
	}
	if (!sim_current && is_refused(nr)) {
		args[0] = -1;
		return true;
	}
	sim_dropin_libc_syscall = sim_libc()->syscall;
	return false;
}

/*
 * Not variadic: a compiler would keep registers first. Pushed are the arguments in the order in which they
 * make an array of six, below it the number.
 */
long sim_dropin_syscall(long nr, long a0, long a1, long a2, long a3, long a4, long a5) SIM_AS("syscall");
__attribute__((naked, noinline, used)) long sim_dropin_syscall(
	long nr __attribute__((unused)), long a0 __attribute__((unused)), long a1 __attribute__((unused)),
	long a2 __attribute__((unused)), long a3 __attribute__((unused)), long a4 __attribute__((unused)),
	long a5 __attribute__((unused)))
{
	__asm__ volatile("pushq 8(%rsp)\n\t"
			 "pushq %r9\n\t"
			 "pushq %r8\n\t"
			 "pushq %rcx\n\t"
			 "pushq %rdx\n\t"
			 "pushq %rsi\n\t"
			 "pushq %rdi\n\t"
			 ".cfi_adjust_cfa_offset 56\n\t"
			 "leaq 8(%rsp), %rsi\n\t"
			 "call sim_dropin_by_number\n\t"
			 "testb %al, %al\n\t"
			 "popq %rdi\n\t"
			 "popq %rsi\n\t"
			 "popq %rdx\n\t"
			 "popq %rcx\n\t"
			 "popq %r8\n\t"
			 "popq %r9\n\t"
			 "leaq 8(%rsp), %rsp\n\t"
			 ".cfi_adjust_cfa_offset -56\n\t"
			 "jz 1f\n\t"
			 "movq %rsi, %rax\n\t"
			 "ret\n"
			 "1:\n\t"
			 "jmpq *sim_dropin_libc_syscall(%rip)");
}
