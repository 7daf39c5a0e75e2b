/* SPDX-License-Identifier: MIT */
/* See program.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/program.h"

#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "sim/base/str.h"

enum { MAX_SCRIPTS = 4, HEAD_BYTES = 256, MAX_SEGMENTS = 64 };

/* ---- PATH ---- */

static int is_program(const char *path)
{
	struct stat st;

	if (stat(path, &st))
		return -errno;
	if (S_ISDIR(st.st_mode))
		return -EISDIR;
	if (!S_ISREG(st.st_mode))
		return -EACCES;
	return access(path, X_OK) ? -errno : 0;
}

int sim_program_find(const char *name, char *path, size_t cap)
{
	const char *dirs = getenv("PATH"), *end;
	int err = -ENOENT;

	if (strchr(name, '/')) {
		sim_str_copy(path, cap, name);
		return is_program(path);
	}
	for (dirs = dirs ? dirs : "/bin:/usr/bin"; *name; dirs = end + 1) {
		struct sim_str s = sim_str_on(path, cap);
		int r;

		end = strchrnul(dirs, ':');
		sim_str_printf(&s, "%.*s%s%s", (int)(end - dirs), dirs, end == dirs ? "" : "/", name);
		r = s.truncated ? -ENAMETOOLONG : is_program(path);
		if (!r)
			return 0;
		if (r == -EACCES) /* a directory of that name is passed over, as the shell does */
			err = r;
		if (!*end)
			break;
	}
	return err;
}

/* ---- what kind of file it is ---- */

struct image {
	int fd;
	Elf64_Ehdr head;
	Elf64_Phdr segments[MAX_SEGMENTS];
	unsigned num_segments;
};

static bool read_at(int fd, void *buf, size_t len, uint64_t at)
{
	return pread(fd, buf, len, (off_t)at) == (ssize_t)len;
}

static bool read_segments(struct image *m)
{
	m->num_segments = m->head.e_phnum < MAX_SEGMENTS ? m->head.e_phnum : MAX_SEGMENTS;
	return m->head.e_phentsize == sizeof m->segments[0] &&
	       read_at(m->fd, m->segments, m->num_segments * sizeof m->segments[0], m->head.e_phoff);
}

static const Elf64_Phdr *segment(const struct image *m, uint32_t type)
{
	for (unsigned i = 0; i < m->num_segments; i++) {
		if (m->segments[i].p_type == type)
			return &m->segments[i];
	}
	return NULL;
}

static int refuse(char *why, size_t cap, const char *path, const char *what)
{
	struct sim_str s = sim_str_on(why, cap);

	sim_str_printf(&s, "%s %s", path, what);
	return -1;
}

static int check_elf(struct image *m, const char *path, char *why, size_t cap)
{
	if (m->head.e_ident[EI_CLASS] != ELFCLASS64 || m->head.e_machine != EM_X86_64)
		return refuse(why, cap, path,
			      "is a program of another architecture than x86-64: "
			      "build or install it for this machine");
	if (!read_segments(m))
		return refuse(why, cap, path, "is no whole ELF program: build or copy it again");
	if (!segment(m, PT_INTERP))
		return refuse(why, cap, path,
			      "is linked statically, so that no library can be put before its own: "
			      "use a dynamically linked build of it");
	return 0;
}

static int check_privileges(const char *path, const struct stat *st, char *why, size_t cap)
{
	char caps[64];

	if (((st->st_mode & S_ISUID) && st->st_uid != geteuid()) ||
	    ((st->st_mode & S_ISGID) && st->st_gid != getegid()))
		return refuse(why, cap, path,
			      "is setuid or setgid, and the loader ignores preloaded libraries there: "
			      "run a copy of it without that bit");
	if (geteuid() != 0 && getxattr(path, "security.capability", caps, sizeof caps) > 0)
		return refuse(why, cap, path,
			      "has file capabilities, and the loader ignores preloaded libraries there: "
			      "run a copy of it without them");
	return 0;
}

/* "#!/usr/bin/python3 -u": the interpreter's path into next. */
static bool is_script(const char *head, size_t len, char *next, size_t cap)
{
	struct sim_str s = sim_str_on(next, cap);
	size_t at = 2, end;

	if (len < 3 || head[0] != '#' || head[1] != '!')
		return false;
	while (at < len && (head[at] == ' ' || head[at] == '\t'))
		at++;
	for (end = at; end < len && !strchr(" \t\n", head[end]); end++)
		;
	sim_str_add_len(&s, head + at, end - at);
	return end > at;
}

static int check_file(const char *path, char *next, char *why, size_t cap)
{
	struct image m = { .fd = open(path, O_RDONLY | O_CLOEXEC) };
	char head[HEAD_BYTES];
	struct stat st;
	ssize_t len;
	int r;

	next[0] = '\0';
	if (m.fd < 0 || fstat(m.fd, &st)) {
		r = refuse(why, cap, path,
			   errno == ENOENT   ? "is not there: install it, or correct the script's first line"
			   : errno == EACCES ? "cannot be read: chmod +r it, or run a copy of yours"
					     : strerror(errno));
	} else if ((len = pread(m.fd, head, sizeof head, 0)) >= (ssize_t)sizeof m.head &&
		   !memcmp(head, ELFMAG, SELFMAG)) {
		memcpy(&m.head, head, sizeof m.head);
		r = check_elf(&m, path, why, cap);
		if (!r)
			r = check_privileges(path, &st, why, cap);
	} else if (is_script(head, len > 0 ? (size_t)len : 0, next, PATH_MAX)) {
		r = 0;
	} else {
		r = refuse(why, cap, path,
			   "is neither an ELF program nor a script that begins with #!: "
			   "name its interpreter, such as: sh FILE");
	}
	if (m.fd >= 0)
		close(m.fd);
	return r;
}

int sim_program_check(const char *path, char *why, size_t cap)
{
	char here[PATH_MAX], next[PATH_MAX], reason[SIM_PROGRAM_TEXT_BYTES];
	struct sim_str s = sim_str_on(why, cap);

	sim_str_copy(here, sizeof here, path);
	for (int i = 0; i <= MAX_SCRIPTS; i++) {
		if (check_file(here, next, reason, sizeof reason)) {
			sim_str_printf(&s, "%s%s%s", i ? path : "", i ? " is a script, and " : "", reason);
			return -1;
		}
		if (!next[0])
			return 0;
		sim_str_copy(here, sizeof here, next);
	}
	return refuse(why, cap, path, "is a script of a script of a script: too many interpreters");
}

/* ---- what it needs ---- */

static uint64_t offset_of(const struct image *m, uint64_t address)
{
	for (unsigned i = 0; i < m->num_segments; i++) {
		const Elf64_Phdr *p = &m->segments[i];

		if (p->p_type == PT_LOAD && address >= p->p_vaddr && address - p->p_vaddr < p->p_filesz)
			return p->p_offset + (address - p->p_vaddr);
	}
	return 0;
}

/* DT_NEEDED names of the dynamic section, of which one begins with `start`. */
static bool find_needed(struct image *m, const char *start, char *buf, size_t cap)
{
	const Elf64_Phdr *dynamic = segment(m, PT_DYNAMIC);
	uint64_t strings = 0, num = dynamic ? dynamic->p_filesz / sizeof(Elf64_Dyn) : 0;
	Elf64_Dyn d;

	for (uint64_t i = 0; i < num; i++)
		if (read_at(m->fd, &d, sizeof d, dynamic->p_offset + i * sizeof d) && d.d_tag == DT_STRTAB)
			strings = offset_of(m, d.d_un.d_ptr);
	for (uint64_t i = 0; strings && i < num; i++) {
		ssize_t got;

		if (!read_at(m->fd, &d, sizeof d, dynamic->p_offset + i * sizeof d) || d.d_tag != DT_NEEDED)
			continue;
		got = pread(m->fd, buf, cap - 1, (off_t)(strings + d.d_un.d_val));
		if (got <= 0)
			continue;
		buf[got] = '\0';
		if (strncmp(buf, start, strlen(start)) == 0)
			return true;
	}
	return false;
}

const char *sim_program_first_library(const char *path, char *buf, size_t cap)
{
	struct image m = { .fd = open(path, O_RDONLY | O_CLOEXEC) };
	bool found = false;

	if (m.fd < 0)
		return NULL;
	if (read_at(m.fd, &m.head, sizeof m.head, 0) && !memcmp(m.head.e_ident, ELFMAG, SELFMAG) &&
	    m.head.e_ident[EI_CLASS] == ELFCLASS64 && read_segments(&m))
		found = find_needed(&m, "libasan.so", buf, cap);
	close(m.fd);
	return found ? buf : NULL;
}
