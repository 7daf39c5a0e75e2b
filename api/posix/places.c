/* SPDX-License-Identifier: MIT */
/* What is for files and pipes, of simulated descriptors: see simsock_posix.h. pread(2), splice(2). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/posix/posix.h"

ssize_t sim_pread(int fd, void *buf, size_t len, off_t at)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->pread(fd, buf, len, at),
		     sim_call_at_place(t, SIM_CALL_PREAD, fd, at));
}

ssize_t sim_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->pwrite(fd, buf, len, at),
		     sim_call_at_place(t, SIM_CALL_PWRITE, fd, at));
}

ssize_t sim_preadv(int fd, const struct iovec *iov, int num, off_t at)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->preadv(fd, iov, num, at),
		     sim_call_at_place(t, SIM_CALL_PREADV, fd, at));
}

ssize_t sim_pwritev(int fd, const struct iovec *iov, int num, off_t at)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->pwritev(fd, iov, num, at),
		     sim_call_at_place(t, SIM_CALL_PWRITEV, fd, at));
}

/* preadv2(2): offset -1 is wherever the file stands, which is all that a socket knows. */
ssize_t sim_preadv2(int fd, const struct iovec *iov, int num, off_t at, int flags)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->preadv2(fd, iov, num, at, flags),
		     at == -1 ? sim_call_readv_as(t, SIM_CALL_PREADV2, fd, iov, num, flags)
			      : sim_call_at_place(t, SIM_CALL_PREADV2, fd, at));
}

ssize_t sim_pwritev2(int fd, const struct iovec *iov, int num, off_t at, int flags)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->pwritev2(fd, iov, num, at, flags),
		     at == -1 ? sim_call_writev_as(t, SIM_CALL_PWRITEV2, fd, iov, num, flags)
			      : sim_call_at_place(t, SIM_CALL_PWRITEV2, fd, at));
}

/* Of two descriptors the simulated one, -1: both are real. */
static int simulated_of(int from, int to)
{
	if (!sim_current)
		return -1;
	if (sim_fd_is_simulated(sim_current, from))
		return from;
	return sim_fd_is_simulated(sim_current, to) ? to : -1;
}

ssize_t sim_splice(int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned int flags)
{
	int fd = simulated_of(from, to);

	if (fd < 0)
		return sim_libc()->splice(from, from_at, to, to_at, len, flags);
	SIM_POSIX_RETURN(ssize_t, sim_current,
			 sim_call_splice(sim_current, SIM_CALL_SPLICE, fd, fd == from ? to : from, len,
					 flags));
}

ssize_t sim_tee(int from, int to, size_t len, unsigned int flags)
{
	int fd = simulated_of(from, to);

	if (fd < 0)
		return sim_libc()->tee(from, to, len, flags);
	SIM_POSIX_RETURN(ssize_t, sim_current,
			 sim_call_splice(sim_current, SIM_CALL_TEE, fd, fd == from ? to : from, len, flags));
}

ssize_t sim_vmsplice(int fd, const struct iovec *iov, size_t num, unsigned int flags)
{
	if (simulated_of(fd, fd) < 0)
		return sim_libc()->vmsplice(fd, iov, num, flags);
	SIM_POSIX_RETURN(ssize_t, sim_current,
			 sim_call_splice(sim_current, SIM_CALL_VMSPLICE, fd, -1, num, flags));
}

ssize_t sim_copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned int flags)
{
	int fd = simulated_of(from, to);

	if (fd < 0)
		return sim_libc()->copy_file_range(from, from_at, to, to_at, len, flags);
	SIM_POSIX_RETURN(ssize_t, sim_current,
			 sim_call_splice(sim_current, SIM_CALL_COPY_FILE_RANGE, fd, fd == from ? to : from,
					 len, flags));
}
