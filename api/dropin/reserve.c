/* SPDX-License-Identifier: MIT */
/*
 * Real numbers for simulated descriptors: each is a duplicate of one Unix socket that is connected to
 * nothing, so that numbers never collide, lseek(2) and mmap(2) answer as of a socket, and a system call that
 * slips past us fails. The socket itself stands at a high number, out of the way of lowest-number-first.
 * And real descriptors while they are in flight in a message.
 * fcntl(2), F_DUPFD; dup3(2).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <sys/resource.h>

#include "api/libc/libc.h"
#include "api/raw/face.h"

/* 0 or -errno. */
static int make_own(void)
{
	int fd, high;

	if (sim_face_own_fd >= 0)
		return 0;
	fd = sim_libc()->socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	high = sim_libc_put_high(fd);
	if (high < 0)
		return -EMFILE;
	sim_face_own_fd = high;
	return 0;
}

static int take(int min, bool cloexec)
{
	int saved = errno, err = make_own(), fd;

	if (err)
		return err;
	fd = sim_libc()->fcntl(sim_face_own_fd, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, min);
	if (fd < 0)
		fd = -errno;
	errno = saved;
	return fd;
}

static int take_at(int fd, bool cloexec)
{
	int saved = errno, err = make_own(), got;

	if (err)
		return err;
	if (fd == sim_face_own_fd) {
		/* The program wants the very number: our own moves away. */
		sim_face_own_fd = sim_libc()->fcntl(fd, F_DUPFD_CLOEXEC, fd + 1);
		if (sim_face_own_fd < 0) {
			sim_face_own_fd = fd;
			errno = saved;
			return -EBUSY;
		}
	}
	got = sim_libc()->dup3(sim_face_own_fd, fd, cloexec ? O_CLOEXEC : 0);
	if (got < 0)
		got = -errno;
	errno = saved;
	return got;
}

static void drop(int fd)
{
	int saved = errno;

	sim_libc_close_high(fd); /* it may be one that is held */
	errno = saved;
}

/* ---- real descriptors in messages, SCM_RIGHTS ---- */

/* A duplicate that stands high, as our own files do. */
static int hold(int fd)
{
	int saved = errno, held = -EBADF, duplicate;

	if (fd != sim_face_own_fd) {
		duplicate = sim_libc()->fcntl(fd, F_DUPFD_CLOEXEC, 0);
		held = duplicate < 0 ? -errno : sim_libc_put_high(duplicate);
		if (held == -1)
			held = -errno;
	}
	errno = saved;
	return held;
}

static int give(int held_fd, bool cloexec)
{
	int saved = errno, fd = sim_libc()->fcntl(held_fd, cloexec ? F_DUPFD_CLOEXEC : F_DUPFD, 0);

	if (fd < 0)
		fd = -errno;
	errno = saved;
	return fd;
}

static uint32_t limit(void)
{
	struct rlimit r;

	return getrlimit(RLIMIT_NOFILE, &r) || r.rlim_cur > INT32_MAX ? INT32_MAX : (uint32_t)r.rlim_cur;
}

static const struct sim_fd_ops reserving = {
	.take = take,
	.take_at = take_at,
	.drop = drop,
	.hold = hold,
	.give = give,
	.limit = limit,
};

const struct sim_fd_ops *sim_face_fd_ops(void)
{
	return &reserving;
}
