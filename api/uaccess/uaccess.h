/* SPDX-License-Identifier: MIT */
/*
 * The embedder's side of sim/base/uaccess.h: copies from and to the program's memory that answer EFAULT where
 * the kernel would, instead of killing the program. An instruction that faults inside the copy is recognised
 * by a handler of SIGSEGV and SIGBUS, which lets the copy end there; any other fault goes to the handler that
 * was there before.
 *
 * In a build with AddressSanitizer a copy that would touch poisoned memory is reported as the program's own
 * access.
 */
#ifndef API_UACCESS_UACCESS_H
#define API_UACCESS_UACCESS_H

#include "sim/base/uaccess.h"

#include <signal.h>
#include <stdbool.h>

/*
 * Installs the handlers, or puts them back in front if the program has replaced them since; done whenever a
 * world is made. Cheap when they stand.
 */
void sim_uaccess_install(void);

/* Called before such a signal ends the program by default; NULL: nothing. */
extern void (*sim_uaccess_fatal_hook)(void);

/*
 * sigaction(2) of SIGSEGV or SIGBUS while our handler stands: the program's own is kept behind it. False: it
 * is not ours to answer. A face whose name sigaction() is calls this first; without it a program that
 * installs its own handler while a world lives loses EFAULT.
 */
bool sim_uaccess_sigaction(int sig, const struct sigaction *act, struct sigaction *old);

#endif
