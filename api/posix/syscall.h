/* SPDX-License-Identifier: MIT */
/*
 * System calls by number: what a program asks the kernel for past libc's names, by syscall(2) or from inside
 * libc itself, is served by the same functions as the names. syscall(2), syscalls(2).
 */
#ifndef API_POSIX_SYSCALL_H
#define API_POSIX_SYSCALL_H

#include <stdbool.h>

#include "api/libc/kernel.h"

/*
 * True: it is one of those that the simulation serves for the current task, and *result is what the kernel
 * would leave in the register: a result or -errno. errno is as it was. False: nothing was done, the call is
 * the kernel's; for one on a descriptor that means that the descriptor is not simulated.
 */
bool sim_posix_serve(long nr, const long args[SIM_SYSCALL_NUM_ARGS], long *result);

/*
 * True: it is one that would carry calls past the simulation, io_uring_setup(2) and kin (ENOSYS), or one on a
 * simulated descriptor that is not simulated and must not be the kernel's: the errno that Linux answers of a
 * socket, ENOSYS where it would do something. False: as above.
 */
bool sim_posix_refuses(long nr, const long args[SIM_SYSCALL_NUM_ARGS], long *result);

#endif
