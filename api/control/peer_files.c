/* SPDX-License-Identifier: MIT */
/* A folder of real files: see peer_files.h. proc(5), /proc/self/fd. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/control/peer_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "api/libc/libc.h"

#define OPEN_FLAGS (O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK)

enum { PROC_PATH_BYTES = 32 };

/* What it is that has been opened, by its real name: what links lead out of the folder is another's.
 * openat2(2) would refuse them too, but not every kernel has it, and what is served shall not depend on that.
 */
static bool is_beneath(const char *root, const char *proc_path)
{
	char real[PATH_MAX];
	ssize_t len = readlink(proc_path, real, sizeof real);
	size_t root_len = strlen(root);

	if (len <= 0 || (size_t)len >= sizeof real || (size_t)len < root_len ||
	    memcmp(real, root, root_len) != 0)
		return false;
	return root_len == 1 || (size_t)len == root_len || real[root_len] == '/';
}

static int look_at(int fd, struct sim_peer_file *file)
{
	struct stat st;

	if (fstatat(fd, "", &st, AT_EMPTY_PATH))
		return -errno;
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return -EACCES;
	file->dev = st.st_dev;
	file->ino = st.st_ino;
	file->num_bytes = (uint64_t)st.st_size;
	file->is_dir = S_ISDIR(st.st_mode);
	return 0;
}

/* A descriptor to read from, or -errno. What it is is known before it is opened: a device may act on that. */
static int open_beneath(const char *root, const char *path, struct sim_peer_file *file)
{
	char full[PATH_MAX], proc_path[PROC_PATH_BYTES];
	int place, fd;

	if ((size_t)snprintf(full, sizeof full, "%s/%s", root, path) >= sizeof full)
		return -ENAMETOOLONG;
	place = open(full, O_PATH | O_CLOEXEC);
	if (place < 0)
		return -errno;
	snprintf(proc_path, sizeof proc_path, "/proc/self/fd/%d", place);
	fd = is_beneath(root, proc_path) ? look_at(place, file) : -ENOENT;
	if (!fd) {
		fd = open(proc_path, OPEN_FLAGS);
		if (fd < 0)
			fd = -errno;
	}
	sim_libc()->close(place);
	return fd;
}

int sim_peer_file_stat(const char *root, const char *path, struct sim_peer_file *file)
{
	int fd = open_beneath(root, path, file);

	if (fd < 0)
		return fd;
	sim_libc()->close(fd);
	return 0;
}

long sim_peer_file_read(const char *root, const char *path, const struct sim_peer_file *file, uint64_t at,
			void *buf, size_t len)
{
	struct sim_peer_file now;
	int fd = open_beneath(root, path, &now);
	ssize_t n;

	if (fd < 0)
		return fd;
	if (len > file->num_bytes - at)
		len = file->num_bytes - at;
	if (now.dev != file->dev || now.ino != file->ino) {
		n = -EIO;
	} else {
		n = sim_libc()->pread(fd, buf, len, (off_t)at);
		n = n < 0 ? -errno : n == 0 ? -EIO : n;
	}
	sim_libc()->close(fd);
	return n;
}

/* ---- directories ---- */

struct names {
	char **list;
	size_t num, cap;
};

/* Owned by the list; false: no memory. */
static bool add_name(struct names *n, const char *name, bool is_dir)
{
	if (n->num == n->cap) {
		size_t cap = n->cap ? 2 * n->cap : 64;
		char **more = realloc(n->list, cap * sizeof *more);

		if (!more)
			return false;
		n->list = more;
		n->cap = cap;
	}
	n->list[n->num] = malloc(strlen(name) + 2);
	if (!n->list[n->num])
		return false;
	snprintf(n->list[n->num++], strlen(name) + 2, "%s%s", name, is_dir ? "/" : "");
	return true;
}

/* What a request for it would find, and no more: a link that leaves the folder leads nowhere. */
static bool take_entry(struct names *n, const char *root, const char *path, const char *name)
{
	char full[PATH_MAX];
	struct sim_peer_file file;

	if (!strcmp(name, ".") || !strcmp(name, "..") ||
	    (size_t)snprintf(full, sizeof full, "%s%s%s", path, *path ? "/" : "", name) >= sizeof full ||
	    sim_peer_file_stat(root, full, &file))
		return true;
	return add_name(n, name, file.is_dir);
}

static int by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *join(const struct names *n, size_t *len)
{
	size_t total = 0, at = 0;
	char *all;

	for (size_t i = 0; i < n->num; i++)
		total += strlen(n->list[i]) + 1;
	all = malloc(total + 1);
	for (size_t i = 0; all && i < n->num; i++) {
		size_t size = strlen(n->list[i]) + 1;

		memcpy(all + at, n->list[i], size);
		at += size;
	}
	*len = total;
	return all;
}

char *sim_peer_file_names(const char *root, const char *path, size_t *len)
{
	struct sim_peer_file file;
	int fd = open_beneath(root, path, &file);
	DIR *dir = fd >= 0 ? fdopendir(fd) : NULL;
	struct names n = { NULL, 0, 0 };
	struct dirent *entry;
	bool good = true;
	char *all;

	if (!dir) {
		if (fd >= 0)
			sim_libc()->close(fd);
		return NULL;
	}
	while (good && (entry = readdir(dir)))
		good = take_entry(&n, root, path, entry->d_name);
	closedir(dir);
	if (n.num)
		qsort(n.list, n.num, sizeof *n.list, by_bytes);
	all = good ? join(&n, len) : NULL;
	for (size_t i = 0; i < n.num; i++)
		free(n.list[i]);
	free(n.list);
	return all;
}
