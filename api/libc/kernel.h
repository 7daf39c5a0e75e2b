/* SPDX-License-Identifier: MIT */
/* The kernel's own system calls, past every name of libc's. syscall(2). Knows nothing simulated. */
#ifndef API_LIBC_KERNEL_H
#define API_LIBC_KERNEL_H

enum { SIM_SYSCALL_NUM_ARGS = 6 };

/*
 * What the kernel leaves in the register: a result or -errno. errno is not touched. `simsock exec` puts its
 * own in place, which lets the call through its net and knows which descriptors are not the program's alone.
 */
extern long (*sim_kernel)(long nr, const long args[SIM_SYSCALL_NUM_ARGS]);

/* The same with arguments of any integer or pointer type; those that are left out are 0. */
#define SIM_KERNEL(...) SIM_KERNEL_PADDED(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define SIM_KERNEL_PADDED(nr, a0, a1, a2, a3, a4, a5, ...) \
	sim_kernel((nr),                                   \
		   (const long[]){ (long)(a0), (long)(a1), (long)(a2), (long)(a3), (long)(a4), (long)(a5) })
/* With the arguments in parentheses. */
#define SIM_KERNEL_WITH(nr, args) SIM_KERNEL_UNPACK(nr, SIM_KERNEL_BARE args)
#define SIM_KERNEL_BARE(...)      __VA_ARGS__
#define SIM_KERNEL_UNPACK(...)    SIM_KERNEL(__VA_ARGS__)

#endif
