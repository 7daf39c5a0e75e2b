/* SPDX-License-Identifier: MIT */
/* Descriptors, simulated and real, and what is done with them: see simsock_posix.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <unistd.h>

#include "api/posix/posix.h"
#include "sim/proc/epoll.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif
#ifndef CLOSE_RANGE_UNSHARE
#define CLOSE_RANGE_UNSHARE 2
#endif

enum { SENDFILE_PIECE_BYTES = 16384 };

static int close_real(int fd)
{
	if (fd >= 0 && fd == sim_posix_own_fd) {
		errno = EBADF;
		return -1;
	}
	if (fd >= 0)
		sim_epoll_forget_real(sim_current->proc->fds, (unsigned int)fd, (unsigned int)fd);
	return sim_libc()->close(fd);
}

int sim_close(int fd)
{
	if (!sim_current)
		return sim_libc()->close(fd);
	SIM_POSIX_FD(int, fd, close_real(fd), sim_call_close(t, fd));
}

/* The real ones of a range, in two pieces round the one that is ours. Simulated ones have real numbers too.
 */
static int close_real_range(unsigned int first, unsigned int last, int flags)
{
	unsigned int own = (unsigned int)sim_posix_own_fd;

	if (sim_posix_own_fd < 0 || own < first || own > last)
		return sim_libc()->close_range(first, last, flags);
	if (own > first && sim_libc()->close_range(first, own - 1, flags))
		return -1;
	return own < last ? sim_libc()->close_range(own + 1, last, flags) : 0;
}

int sim_close_range(unsigned int first, unsigned int last, int flags)
{
	struct sim_task *t = sim_current;

	if (!sim_libc()->close_range) {
		errno = ENOSYS;
		return -1;
	}
	if (!t || first > last || (flags & ~(CLOSE_RANGE_UNSHARE | CLOSE_RANGE_CLOEXEC)))
		return sim_libc()->close_range(first, last, flags);
	if (!(flags & CLOSE_RANGE_CLOEXEC))
		sim_epoll_forget_real(t->proc->fds, first, last);
	for (unsigned int fd = first; fd <= last && fd < (unsigned int)t->proc->fds->num_slots; fd++) {
		if (!sim_fd_is_simulated(t, (int)fd))
			continue;
		if (flags & CLOSE_RANGE_CLOEXEC)
			(void)sim_fcntl((int)fd, F_SETFD, FD_CLOEXEC);
		else
			(void)sim_close((int)fd);
	}
	return t->proc->fds->ops ? close_real_range(first, last, flags) : 0;
}

int sim_dup(int fd)
{
	SIM_POSIX_FD(int, fd, sim_libc()->dup(fd), sim_call_dup(t, fd));
}

/* A real file goes to a number that a simulated one has: that one is closed first, as dup2(2) would. */
static int make_room(int fd, int to)
{
	struct sim_task *t = sim_current;

	if (to >= 0 && to == sim_posix_own_fd) {
		errno = EBADF;
		return -1;
	}
	if (!t || !sim_fd_is_simulated(t, to) || sim_libc()->fcntl(fd, F_GETFD) < 0)
		return 0;
	return sim_close(to);
}

/* Closing may let other tasks run, one of which has given the number to a simulated file since. */
static bool is_simulated_now(int fd)
{
	return sim_current && sim_fd_is_simulated(sim_current, fd);
}

/* What stood at that number is closed by the copy, if there will be one. */
static void replace_real(int fd, int to)
{
	if (sim_current && to >= 0 && to != fd && sim_libc()->fcntl(fd, F_GETFD) >= 0)
		sim_epoll_forget_real(sim_current->proc->fds, (unsigned int)to, (unsigned int)to);
}

static int dup2_real(int fd, int to)
{
	if (make_room(fd, to))
		return -1;
	if (is_simulated_now(fd))
		return sim_dup2(fd, to);
	replace_real(fd, to);
	return sim_libc()->dup2(fd, to);
}

static int dup3_real(int fd, int to, int flags)
{
	if (flags & ~O_CLOEXEC) { /* before anything is closed */
		errno = EINVAL;
		return -1;
	}
	if (make_room(fd, to))
		return -1;
	if (is_simulated_now(fd))
		return sim_dup3(fd, to, flags);
	replace_real(fd, to);
	return sim_libc()->dup3(fd, to, flags);
}

int sim_dup2(int fd, int to)
{
	SIM_POSIX_FD(int, fd, dup2_real(fd, to), sim_call_dup3(t, SIM_CALL_DUP2, fd, to, 0));
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

off_t sim_lseek(int fd, off_t offset, int whence)
{
	SIM_POSIX_FD(off_t, fd, sim_libc()->lseek(fd, offset, whence), sim_call_lseek(t, fd, offset, whence));
}

/*
 * From a real file into a simulated socket, by pieces. Where it stands afterwards is where the socket
 * stopped. The file must be one that has places (sendfile(2): mmap-like), else EINVAL.
 */
/*
 * Linux 6.18: over UDP and IPv6 a datagram that a file's end made shorter than was asked for stays pending,
 * as by MSG_MORE.
 */
static int flags_of_last(struct sim_task *t, int to)
{
	const struct sim_file *f = sim_fd_file(t->proc->fds, to);

	/* A rule's delay or a wait may have let another task close it. */
	if (!f || f->kind != SIM_FILE_SOCK)
		return 0;
	return f->sk->domain == AF_INET6 && f->sk->type == SOCK_DGRAM ? MSG_MORE : 0;
}

static ssize_t send_pieces(struct sim_task *t, int to, int from, off_t *place, size_t len)
{
	char piece[SENDFILE_PIECE_BYTES];
	size_t sent = 0;

	while (sent < len) {
		size_t want = len - sent < sizeof piece ? len - sent : sizeof piece;
		ssize_t got = sim_libc()->pread(from, piece, want, *place);
		long r;

		if (got < 0)
			return sent ? (ssize_t)sent : -1;
		if (got == 0)
			break;
		do
			r = sim_call_sendto(t, SIM_CALL_SENDFILE, to, piece, (size_t)got,
					    (size_t)got < want ? flags_of_last(t, to) : 0, NULL, 0);
		while (sim_posix_again(t, &r));
		if (r < 0)
			return sent ? (ssize_t)sent : -1;
		*place += r;
		sent += (size_t)r;
		if (r < got)
			break;
	}
	return (ssize_t)sent;
}

/*
 * Whether it can be sent from, in the order in which sendfile(2) looks: 0 or a positive errno. It must be
 * open for reading; readable at a place, if one is given (pread(2)); and a file or a device.
 */
static int check_from(struct sim_task *t, int from, const off_t *at, size_t len)
{
	bool simulated = sim_fd_is_simulated(t, from);
	int flags = simulated ? O_RDWR : sim_libc()->fcntl(from, F_GETFL);
	struct stat st;

	if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
		return EBADF;
	if (at && (simulated || (sim_libc()->pread(from, NULL, 0, 0) < 0 && errno == ESPIPE)))
		return ESPIPE;
	/* Of nothing only what has a place is taken; an epoll set has one (lseek(2)). */
	if (!len)
		return (simulated ? sim_call_lseek(t, from, 0, SEEK_CUR)
				  : sim_libc()->lseek(from, 0, SEEK_CUR)) < 0
			       ? EINVAL
			       : 0;
	if (simulated || fstat_real(from, &st) < 0)
		return EINVAL;
	return S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode) ? 0 : EINVAL;
}

static bool is_writable(int real)
{
	int flags = sim_libc()->fcntl(real, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

ssize_t sim_sendfile(int to, int from, off_t *at, size_t len)
{
	struct sim_task *t = sim_current;
	off_t place;
	ssize_t r;
	int err;

	if (!t || (!sim_fd_is_simulated(t, to) && !sim_fd_is_simulated(t, from)))
		return sim_libc()->sendfile(to, from, at, len);
	err = check_from(t, from, at, len);
	/* FIDELITY: absent: from a socket into a pipe, which splice(2) could. */
	if (!sim_fd_is_simulated(t, to) && err == EINVAL && !is_writable(to))
		err = EBADF;
	if (err) {
		errno = err;
		return -1;
	}
	if (!len)
		return 0;
	place = at ? *at : sim_libc()->lseek(from, 0, SEEK_CUR);
	r = send_pieces(t, to, from, &place, len);
	if (r >= 0 && at)
		*at = place;
	else if (r >= 0)
		sim_libc()->lseek(from, place, SEEK_SET);
	return r;
}
