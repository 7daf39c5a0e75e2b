/* SPDX-License-Identifier: MIT */
/*
 * The door: the only instructions of this process whose system calls the kernel takes. Every other one, in
 * the program, in its libraries and in libc, is handed to trap.c. Syscall User Dispatch: the kernel's
 * Documentation/admin-guide/syscall-user-dispatch.rst, prctl(2) PR_SET_SYSCALL_USER_DISPATCH.
 */
#ifndef API_EXEC_DOOR_H
#define API_EXEC_DOOR_H

#include <stddef.h>

/* A system call: the result or -errno. Touches no errno. */
long sim_door(long a0, long a1, long a2, long a3, long a4, long a5, long nr);

#define SIM_DOOR(nr, a0, a1, a2, a3, a4, a5) \
	sim_door((long)(a0), (long)(a1), (long)(a2), (long)(a3), (long)(a4), (long)(a5), (nr))
#define SIM_DOOR3(nr, a0, a1, a2) SIM_DOOR(nr, a0, a1, a2, 0, 0, 0)

/* Where a trapped rt_sigreturn(2) goes on, its frame at the stack pointer; and what handlers return to. */
void sim_door_sigreturn(void);

/* From now on system calls from elsewhere raise SIGSYS on this thread. 0 or -errno: this kernel cannot. */
int sim_door_close_all_others(void);
/* For such a kernel: only calls of sockets do, by seccomp(2), for good and for children too. 0 or -errno. */
int sim_door_close_to_sockets(void);
/* This thread's calls are the kernel's again. */
int sim_door_open_all(void);

#endif
