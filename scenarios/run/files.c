/* SPDX-License-Identifier: MIT */
/*
 * What is no socket: files of the scenario's own, in memory, and pipes. Nothing of the machine's is opened
 * but /dev/null and /dev/zero. memfd_create(2), open(2), pipe(2).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "scenarios/lang/serve.h"
#include "scenarios/run/scenario.h"

static struct sim_scn_file *find(struct sim_scenario *s, const char *name)
{
	struct sim_scn_file *f = s->files;

	while (f && strcmp(f->name, name))
		f = f->next;
	return f;
}

static struct sim_scn_file *add(struct sim_scenario *s, const char *name)
{
	struct sim_scn_file *f = calloc(1, sizeof *f);

	if (!f)
		sim_control_fail("out of memory");
	sim_str_copy(f->name, sizeof f->name, name);
	f->fd = memfd_create("scenario", MFD_CLOEXEC);
	f->next = s->files;
	s->files = f;
	return f;
}

void sim_scn_add_file(struct sim_scenario *s, struct sim_slice name, uint64_t bytes)
{
	char text[256];
	struct sim_str out = sim_str_on(text, sizeof text);
	struct sim_scn_file *f;
	unsigned char chunk[4096];

	sim_str_add_len(&out, sim_slice_text(name), name.len);
	f = find(s, text);
	if (!f)
		f = add(s, text);
	if (f->fd < 0 || ftruncate(f->fd, 0))
		sim_scn_mistake(s, name, "the file cannot be made: %s", strerror(errno));
	for (uint64_t at = 0; at < bytes;) {
		size_t n = bytes - at < sizeof chunk ? (size_t)(bytes - at) : sizeof chunk;

		for (size_t i = 0; i < n; i++)
			chunk[i] = sim_serve_pattern(at + i);
		if (pwrite(f->fd, chunk, n, (off_t)at) != (ssize_t)n)
			sim_scn_mistake(s, name, "the file cannot be written: %s", strerror(errno));
		at += n;
	}
}

static bool is_of_machine(const char *path)
{
	return !strcmp(path, "/dev/null") || !strcmp(path, "/dev/zero");
}

int sim_scn_open(const char *path, int flags, int mode)
{
	struct sim_scenario *s = sim_scn_now();
	struct sim_scn_file *f = find(s, path);
	char link[64];
	struct sim_str out = sim_str_on(link, sizeof link);
	int fd;

	(void)mode;
	if (!f && !is_of_machine(path)) {
		if (!(flags & O_CREAT)) {
			errno = ENOENT;
			return -1;
		}
		f = add(s, path);
	} else if (f && (flags & O_CREAT) && (flags & O_EXCL)) {
		errno = EEXIST;
		return -1;
	}
	sim_str_printf(&out, "/proc/self/fd/%d", f ? f->fd : -1);
	fd = open(f ? link : path, (flags & ~(O_CREAT | O_EXCL)) | O_CLOEXEC);
	if (fd >= 0)
		sim_scn_note_real_fd(s, fd);
	return fd;
}

int sim_scn_pipe(int fds[2], int flags)
{
	struct sim_scenario *s = sim_scn_now();

	if (pipe2(fds, flags | O_CLOEXEC))
		return -1;
	sim_scn_note_real_fd(s, fds[0]);
	sim_scn_note_real_fd(s, fds[1]);
	return 0;
}
