/* SPDX-License-Identifier: MIT */
/* How a libc name is defined: under another identifier, so that no header's idea of it stands in the way. */
#ifndef API_DROPIN_DEFINE_H
#define API_DROPIN_DEFINE_H

#define SIM_AS(name) __asm__(name) __attribute__((visibility("default")))

#endif
