/* SPDX-License-Identifier: MIT */
/* Descriptors, simulated and real, whose calls are not alike in libc and in the kernel: see simsock_raw.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <sys/syscall.h>

#include "api/raw/raw.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif
#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE 2
#endif
#ifndef SYS_close_range
#define SYS_close_range 436
#endif

/* The real ones of a range, in two pieces round the one that is kept. Simulated ones have real numbers too.
 */
static long close_real_range(unsigned int first, unsigned int last, int flags)
{
	unsigned int own = (unsigned int)sim_face_own_fd;
	long r = 0;

	if (sim_face_own_fd < 0 || own < first || own > last)
		return SIM_KERNEL(SYS_close_range, first, last, flags);
	if (own > first)
		r = SIM_KERNEL(SYS_close_range, first, own - 1, flags);
	return !r && own < last ? SIM_KERNEL(SYS_close_range, own + 1, last, flags) : r;
}

long sys_close_range(unsigned int first, unsigned int last, int flags)
{
	struct sim_task *t = sim_current;

	if (!t || first > last || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)))
		return SIM_KERNEL(SYS_close_range, first, last, flags);
	sim_face_before_close_range(first, last, flags);
	return t->proc->fds->ops ? close_real_range(first, last, flags) : 0;
}

static long dup_real(int fd, int to, long nr, int flags)
{
	long r = sim_face_before_dup(fd, to);

	if (r < 0)
		return r;
	if (r)
		return nr == SYS_dup2 ? sys_dup2(fd, to) : sys_dup3(fd, to, flags);
	return SIM_KERNEL(nr, fd, to, flags);
}

long sys_dup2(int fd, int to)
{
	SIM_RAW_FD(fd, dup_real(fd, to, SYS_dup2, 0), sim_call_dup3(t, SIM_CALL_DUP2, fd, to, 0));
}

/* dup3(2), EINVAL: before anything is closed. */
static long dup3_real(int fd, int to, int flags)
{
	return flags & ~O_CLOEXEC || fd == to ? -EINVAL : dup_real(fd, to, SYS_dup3, flags);
}

long sys_dup3(int fd, int to, int flags)
{
	SIM_RAW_FD(fd, dup3_real(fd, to, flags), sim_call_dup3(t, SIM_CALL_DUP3, fd, to, flags));
}

long sys_fcntl(int fd, int cmd, long arg)
{
	SIM_RAW_FD(fd, SIM_KERNEL(SYS_fcntl, fd, cmd, arg), sim_call_fcntl(t, fd, cmd, arg));
}

long sys_ioctl(int fd, unsigned long request, void *arg)
{
	SIM_RAW_FD(fd, SIM_KERNEL(SYS_ioctl, fd, request, arg), sim_call_ioctl(t, fd, request, arg));
}

/* On x86-64 the kernel's structure is libc's. */
long sys_fstat(int fd, struct stat *st)
{
	SIM_RAW_FD(fd, SIM_KERNEL(SYS_fstat, fd, st), sim_call_fstat(t, fd, st));
}

long sys_sendfile(int to, int from, off_t *at, size_t len)
{
	return sim_face_sends_file(to, from) ? sim_face_sendfile(sim_current, to, from, at, len)
					     : SIM_KERNEL(SYS_sendfile, to, from, at, len);
}
