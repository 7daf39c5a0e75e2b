/* SPDX-License-Identifier: MIT */
/* See jail.h. seccomp(2); the numbers are x86-64's. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/cmdline/jail.h"

#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#define ARG(n)        (offsetof(struct seccomp_data, args) + 8 * (n))
#define LOAD(offset)  BPF_STMT(BPF_LD | BPF_W | BPF_ABS, (offset))
#define ANSWER(errno) BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | (errno))
#define ALLOW         BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
/* The next two statements, a test and its answer, are passed over unless it is this call. */
#define UNLESS(nr, skipped) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (nr), 0, (skipped))

/* Numbers of the x32 ABI carry this bit; nobody needs them. */
#define X32_BIT 0x40000000u

static struct sock_filter filter[] = {
	LOAD(offsetof(struct seccomp_data, arch)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 1, 0),
	ANSWER(ENOSYS),
	LOAD(offsetof(struct seccomp_data, nr)),
	BPF_JUMP(BPF_JMP | BPF_JGE | BPF_K, X32_BIT, 0, 1),
	ANSWER(ENOSYS),

	/* socket(2), socketpair(2): only stream sockets of the Unix domain, which nobody can be reached by.
	 */
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_socket, 1, 0),
	UNLESS(SYS_socketpair, 8),
	LOAD(ARG(0)),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AF_UNIX, 1, 0),
	ANSWER(EAFNOSUPPORT),
	LOAD(ARG(1)),
	BPF_STMT(BPF_ALU | BPF_AND | BPF_K, 0xf),
	BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SOCK_STREAM, 1, 0),
	ANSWER(EAFNOSUPPORT),
	LOAD(offsetof(struct seccomp_data, nr)),

	UNLESS(SYS_connect, 1),
	ANSWER(ECONNREFUSED),
	UNLESS(SYS_listen, 1),
	ANSWER(EOPNOTSUPP),
	UNLESS(SYS_io_uring_setup, 1),
	ANSWER(ENOSYS),
	UNLESS(SYS_io_uring_enter, 1),
	ANSWER(ENOSYS),
	UNLESS(SYS_io_uring_register, 1),
	ANSWER(ENOSYS),
	ALLOW,
};

int sim_jail_enter(void)
{
	struct sock_fprog program = { sizeof filter / sizeof filter[0], filter };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program))
		return -errno;
	return 0;
}
