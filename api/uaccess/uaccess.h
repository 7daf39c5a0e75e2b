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

/*
 * Installs the handlers, or puts them back in front if the program has replaced them since; done whenever a
 * world is made. Cheap when they stand. A program that installs its own while a world lives loses EFAULT, not
 * correctness.
 */
void sim_uaccess_install(void);

#endif
