/* SPDX-License-Identifier: MIT */
/* The functions of simsock_posix.h that api/raw/table.h lists: sockets, what moves through them, readiness.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/ioctl.h>

#include "api/posix/posix.h"
#include "api/raw/table.h"

#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif

int sim_sockatmark(int fd)
{
	int at = 0;

	return sim_ioctl(fd, SIOCATMARK, &at) < 0 ? -1 : at;
}

#define REAL(name, before, args) (sim_posix_ok(before) ? sim_libc()->name args : -1)

#define DEFINE_FD(type, name, params, args, nr, before, call)           \
	type sim_##name params                                          \
	{                                                               \
		SIM_POSIX_FD(type, fd, REAL(name, before, args), call); \
	}
#define DEFINE_ANY(type, name, params, args, nr, before, call)         \
	type sim_##name params                                         \
	{                                                              \
		SIM_POSIX_PLAIN(type, REAL(name, before, args), call); \
	}
SIM_FACE_TABLE(DEFINE_FD, DEFINE_ANY)
