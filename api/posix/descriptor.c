/* SPDX-License-Identifier: MIT */
/* Descriptors whose calls libc and the kernel do not have alike: see simsock_posix.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdarg.h>

#include "api/posix/posix.h"
#include "api/raw/simsock_raw.h"

int sim_close_range(unsigned int first, unsigned int last, int flags)
{
	if (!sim_libc()->close_range)
		return (int)sim_posix_result(-ENOSYS);
	if (!sim_current)
		return sim_libc()->close_range(first, last, flags);
	return (int)sim_posix_result(sys_close_range(first, last, flags));
}

static int dup2_real(int fd, int to)
{
	long r = sim_face_before_dup(fd, to);

	if (r < 0)
		return (int)sim_posix_result(r);
	return r ? sim_dup2(fd, to) : sim_libc()->dup2(fd, to);
}

int sim_dup2(int fd, int to)
{
	SIM_POSIX_FD(int, fd, dup2_real(fd, to), sim_call_dup3(t, SIM_CALL_DUP2, fd, to, 0));
}

static int dup3_real(int fd, int to, int flags)
{
	long r = sim_current && flags & ~O_CLOEXEC ? -EINVAL /* before anything is closed */
						   : sim_face_before_dup(fd, to);

	if (r < 0)
		return (int)sim_posix_result(r);
	return r ? sim_dup3(fd, to, flags) : sim_libc()->dup3(fd, to, flags);
}

int sim_dup3(int fd, int to, int flags)
{
	SIM_POSIX_FD(int, fd, dup3_real(fd, to, flags), sim_call_dup3(t, SIM_CALL_DUP3, fd, to, flags));
}

int sim_fcntl(int fd, int cmd, ...)
{
	va_list ap;
	long arg;

	/* Whether there is one, and of which type, depends on cmd; on this machine all of them are passed
	 * alike. */
	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	/* As the C library does: a group's number is negative, and would look like an error's. */
	if (cmd == F_GETOWN && sim_current && sim_fd_is_simulated(sim_current, fd)) {
		struct f_owner_ex ex;

		if (sim_fcntl(fd, F_GETOWN_EX, &ex))
			return -1;
		return ex.type == F_OWNER_PGRP ? -ex.pid : ex.pid;
	}
	SIM_POSIX_FD(int, fd, sim_libc()->fcntl(fd, cmd, arg), sim_call_fcntl(t, fd, cmd, arg));
}

int sim_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	SIM_POSIX_FD(int, fd, sim_libc()->ioctl(fd, request, arg), sim_call_ioctl(t, fd, request, arg));
}

/* Before glibc 2.33 fstat was no function but an inline call of another. */
static int fstat_real(int fd, struct stat *st)
{
	return sim_libc()->fstat ? sim_libc()->fstat(fd, st) : sim_libc()->__fxstat(1, fd, st);
}

int sim_fstat(int fd, struct stat *st)
{
	SIM_POSIX_FD(int, fd, fstat_real(fd, st), sim_call_fstat(t, fd, st));
}

ssize_t sim_sendfile(int to, int from, off_t *at, size_t len)
{
	if (!sim_face_sends_file(to, from))
		return sim_libc()->sendfile(to, from, at, len);
	return sim_posix_result(sim_face_sendfile(sim_current, to, from, at, len));
}
