/* SPDX-License-Identifier: MIT */
/* The functions of simsock_raw.h that table.h lists. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/raw/raw.h"
#include "api/raw/table.h"

/* `before` is asked once, and is 0 of most calls. */
#define REAL(nr, before, args)                           \
	({                                               \
		long err = (before);                     \
                                                         \
		err ? err : SIM_KERNEL_WITH((nr), args); \
	})

#define DEFINE_FD(type, name, params, args, nr, before, call) \
	long sys_##name params                                \
	{                                                     \
		SIM_RAW_FD(fd, REAL(nr, before, args), call); \
	}
#define DEFINE_ANY(type, name, params, args, nr, before, call) \
	long sys_##name params                                 \
	{                                                      \
		SIM_RAW_PLAIN(REAL(nr, before, args), call);   \
	}
SIM_FACE_TABLE(DEFINE_FD, DEFINE_ANY)
