/* SPDX-License-Identifier: MIT */
/*
 * Pathnames of simulated Unix sockets where the libc names are ours: each is a real socket inode, made by a
 * real bind(2) that nobody listens at, so that unlink, stat, chmod and rename by the program work, and
 * permissions are the real ones. unix(7), path_resolution(7). The inode is held for as long as a world lives:
 * its number is how the simulation knows it, and must not be given to another file.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/libc/libc.h"
#include "api/raw/face.h"
#include "sim/unix/unix_domain.h"

/* The inodes that are held, as descriptors with high numbers. */
static int *held;
static size_t num_held, cap_held;

static void forget_all(void)
{
	for (size_t i = 0; i < num_held; i++)
		sim_libc_close_high(held[i]);
	free(held);
	held = NULL;
	num_held = cap_held = 0;
}

static void hold(const char *path)
{
	int fd = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), high;

	if (fd < 0)
		return;
	high = sim_libc_put_high(fd);
	if (high < 0)
		return;
	if (num_held == cap_held) {
		size_t cap = cap_held ? 2 * cap_held : 16;
		int *more = realloc(held, cap * sizeof *more);

		if (!more) {
			sim_libc_close_high(high);
			return;
		}
		held = more;
		cap_held = cap;
	}
	held[num_held++] = high;
	sim_face_ended_hook = forget_all;
}

static int inode_of(const char *path, struct sim_unix_inode *inode)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (!S_ISSOCK(st.st_mode))
		return -ECONNREFUSED;
	inode->dev = st.st_dev;
	inode->ino = st.st_ino;
	return 0;
}

static int bind_placeholder(const char *path)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	size_t len = strnlen(path, sizeof un.sun_path);
	int fd = sim_libc()->socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0), err = 0;

	if (fd < 0)
		return -errno;
	memcpy(un.sun_path, path, len);
	if (sim_libc()->bind(fd, (struct sockaddr *)&un,
			     (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len)))
		err = -errno;
	sim_libc()->close(fd);
	return err;
}

static int real_bind(struct sim_unix *u, const struct sim_unix_cred *who, const char *path,
		     struct sim_unix_inode *made)
{
	int saved = errno, err = bind_placeholder(path);

	(void)u;
	(void)who;
	if (!err) {
		err = inode_of(path, made);
		hold(path);
	}
	errno = saved;
	return err;
}

static void real_unbind(struct sim_unix *u, const struct sim_unix_cred *who, const char *path)
{
	int saved = errno;

	(void)u;
	(void)who;
	(void)unlink(path);
	errno = saved;
}

static int real_lookup(struct sim_unix *u, const struct sim_unix_cred *who, const char *path,
		       struct sim_unix_inode *found)
{
	int saved = errno, err;

	(void)u;
	(void)who;
	/* unix_find_bsd(): permission to write goes before what kind of file it is. */
	err = faccessat(AT_FDCWD, path, W_OK, AT_EACCESS) ? -errno : inode_of(path, found);
	errno = saved;
	return err;
}

const struct sim_unix_resolver sim_unix_real_resolver = { real_bind, real_unbind, real_lookup };
