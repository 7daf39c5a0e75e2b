/* SPDX-License-Identifier: MIT */
/*
 * Copies from and to memory of the program under test, which may be bad. Supplied by whoever embeds the
 * network (api/), as a kernel's copy_from_user is supplied by its architecture.
 */
#ifndef SIM_BASE_UACCESS_H
#define SIM_BASE_UACCESS_H

#include <stddef.h>

/* How many bytes were NOT copied: 0 is success, anything else means EFAULT from there on. */
size_t sim_copy_from_user(void *to, const void *user, size_t len);
size_t sim_copy_to_user(void *user, const void *from, size_t len);

#endif
