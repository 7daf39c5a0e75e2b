/* SPDX-License-Identifier: MIT */
/*
 * Who answers a system call of the program: this library (who the program is, its luck, its children, its
 * end), the simulation (api/posix/syscall.h), or the kernel, for real descriptors and for what concerns no
 * network. syscalls(2).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "api/calls/calls.h"
#include "api/exec/door.h"
#include "api/posix/syscall.h"
#include "sim/base/str.h"
#include "sim/base/uaccess.h"

#ifndef PR_SET_SYSCALL_USER_DISPATCH
#define PR_SET_SYSCALL_USER_DISPATCH 59
#endif
#ifndef SYS_clone3
#define SYS_clone3 435
#endif

enum { PATH_BYTES = 64 };

/* ---- files that tell of luck, of processes or of descriptors ---- */

/* Not a byte beyond the end is read: it may be somebody else's. */
void sim_exec_copy_string(char *to, size_t cap, const char *user)
{
	size_t len = 0;

	while (len + 1 < cap && !sim_copy_from_user(to + len, user + len, 1) && to[len])
		len++;
	to[len] = '\0';
}

/* The path's beginning, "" if it is no string. */
static const char *short_path(const void *user, char path[PATH_BYTES])
{
	sim_exec_copy_string(path, PATH_BYTES, user);
	return path;
}

static bool is_random_device(const void *user)
{
	char path[PATH_BYTES];
	const char *p = short_path(user, path);

	return !strcmp(p, "/dev/urandom") || !strcmp(p, "/dev/random");
}

/* Where the path stands among the arguments of a call that proc(5) could be asked by; -1: it is none. */
static int path_of_call(long nr)
{
	switch (nr) {
	case SYS_open:
	case SYS_stat:
	case SYS_lstat:
	case SYS_access:
	case SYS_readlink:
	case SYS_chdir: return 0;
	case SYS_openat:
	case SYS_newfstatat:
	case SYS_statx:
	case SYS_faccessat:
	case SYS_faccessat2:
	case SYS_readlinkat: return 1;
	default: return -1;
	}
}

/* "/proc/1001/..." with the number that the program knows becomes the kernel's, in `room`. */
static void translate_path(long nr, long *a, char room[PATH_BYTES + 16])
{
	int at = path_of_call(nr);
	char path[PATH_BYTES];
	struct sim_str s;
	long seen = 0;
	const char *p;

	if (at < 0 || strncmp(short_path((const void *)a[at], path), "/proc/", 6) != 0)
		return;
	for (p = path + 6; *p >= '0' && *p <= '9' && seen < 10000000; p++)
		seen = seen * 10 + (*p - '0');
	if (!seen || (*p && *p != '/') || strlen(path) == PATH_BYTES - 1)
		return;
	s = sim_str_on(room, PATH_BYTES + 16);
	if ((pid_t)seen == sim_exec.virtual_pid)
		sim_str_printf(&s, "/proc/self%s", p);
	else
		sim_str_printf(&s, "/proc/%d%s", sim_exec_real_pid((pid_t)seen), p);
	a[at] = (long)room;
}

static long open_file(long nr, const long *a)
{
	long fd = sim_exec_real(nr, a);

	if (fd >= 0 && is_random_device((const void *)a[nr == SYS_open ? 0 : 1]))
		sim_exec_tag((int)fd, SIM_EXEC_RANDOM);
	return fd;
}

/* "/proc/self/fd/5": 5; -1: it is something else. */
static int fd_of_path(const char *p)
{
	static const char *const starts[] = { "/proc/self/fd/", "/dev/fd/", "/proc/thread-self/fd/" };
	int fd = 0;

	for (unsigned i = 0; i < sizeof starts / sizeof starts[0]; i++) {
		size_t len = strlen(starts[i]);

		if (strncmp(p, starts[i], len) != 0)
			continue;
		for (p += len; *p >= '0' && *p <= '9' && fd < 100000; p++)
			fd = fd * 10 + (*p - '0');
		return *p ? -1 : fd;
	}
	return -1;
}

/* stat(2) by such a path, which follows the link: the simulated descriptor itself. False: it is none. */
static bool stat_by_path(long nr, const long *a, long *r)
{
	int at = path_of_call(nr);
	long flags = nr == SYS_stat ? 0 : a[nr == SYS_statx ? 2 : 3];
	char path[PATH_BYTES];
	int fd = fd_of_path(short_path((const void *)a[at], path));
	long of_fd[6] = { fd, (long)"", a[2], a[3], a[4], 0 };

	if (fd < 0 || flags & AT_SYMLINK_NOFOLLOW)
		return false;
	of_fd[nr == SYS_statx ? 2 : 3] = flags | AT_EMPTY_PATH;
	if (nr != SYS_stat)
		return sim_posix_serve(nr, of_fd, r);
	of_fd[1] = a[1];
	return sim_posix_serve(SYS_fstat, of_fd, r);
}

/* proc(5): "socket:[INODE]", "anon_inode:[eventpoll]"; the inode is the one that fstat(2) tells. */
static long read_link(long nr, const long *a)
{
	int at = nr == SYS_readlink ? 0 : 1;
	char path[PATH_BYTES], text[PATH_BYTES];
	struct sim_str s = sim_str_on(text, sizeof text);
	int fd = fd_of_path(short_path((const void *)a[at], path));
	struct sim_file *f = sim_current && fd >= 0 ? sim_fd_file(sim_current->proc->fds, fd) : NULL;
	size_t room = (size_t)a[at + 2];

	if (!f)
		return sim_exec_real(nr, a);
	if (f->kind == SIM_FILE_SOCK)
		sim_str_printf(&s, "socket:[%u]", SIM_SOCK_FIRST_INODE + f->sk->id);
	else
		sim_str_add(&s,
			    f->kind == SIM_FILE_TIMERFD ? "anon_inode:[timerfd]" : "anon_inode:[eventpoll]");
	if (!room)
		return -EINVAL;
	if (room > s.len)
		room = s.len;
	return sim_copy_to_user((void *)a[at + 1], text, room) ? -EFAULT : (long)room;
}

/* ---- processes ---- */

/* Calls whose first argument is a process, and tgkill's kind, whose second is one too. */
static long by_pid(long nr, long *a, bool second)
{
	a[0] = sim_exec_real_pid((pid_t)a[0]);
	if (second)
		a[1] = sim_exec_real_pid((pid_t)a[1]);
	return SIM_DOOR(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

/* Calls that answer with a process, of which a[0] is asked. */
static long to_pid(long nr, const long *a)
{
	long r = SIM_DOOR3(nr, sim_exec_real_pid((pid_t)a[0]), 0, 0);

	return r > 0 ? sim_exec_seen_pid((pid_t)r) : r;
}

static long wait_for_pid(long *a)
{
	long r;

	a[0] = sim_exec_real_pid((pid_t)a[0]);
	r = sim_exec_block_for_child(SYS_wait4, a, 2);
	return r > 0 ? sim_exec_seen_pid((pid_t)r) : r;
}

static long wait_for_id(long *a)
{
	siginfo_t *info = (void *)a[2];
	long r;

	if (a[0] == P_PID || a[0] == P_PGID)
		a[1] = sim_exec_real_pid((pid_t)a[1]);
	r = sim_exec_block_for_child(SYS_waitid, a, 3);
	if (!r && info && info->si_pid > 0)
		info->si_pid = sim_exec_seen_pid(info->si_pid);
	return r;
}

static long process_control(const long *a)
{
	if (a[0] == PR_SET_SYSCALL_USER_DISPATCH)
		return -EINVAL;
	if (a[0] == PR_SET_PTRACER)
		return SIM_DOOR3(SYS_prctl, a[0], sim_exec_real_pid((pid_t)a[1]), 0);
	return SIM_DOOR(SYS_prctl, a[0], a[1], a[2], a[3], a[4], 0);
}

/* What is this library's to answer; false: it is not. */
static bool serve_ours(long nr, long *a, long *r)
{
	static const long fork_args[] = { SIGCHLD, 0, 0, 0, 0, 0 };

	switch (nr) {
	/* io_uring(7) would carry calls past everybody; programs fall back to the calls themselves. */
	case SYS_io_uring_setup:
	case SYS_io_uring_enter:
	case SYS_io_uring_register: *r = -ENOSYS; break;
	case SYS_rt_sigaction: *r = sim_exec_sigaction(a); break;
	case SYS_exit:
		sim_exec_outlive_main();
		/* fall through */
	case SYS_exit_group:
		sim_exec_end();
		*r = SIM_DOOR3(SYS_exit_group, a[0], 0, 0);
		break;
	case SYS_fork:
	case SYS_vfork: *r = sim_exec_fork(fork_args); break;
	case SYS_clone: *r = sim_exec_fork(a); break;
	case SYS_clone3: *r = -ENOSYS; break; /* libc then calls clone(2) */
	case SYS_execve: *r = sim_exec_execve(a, false); break;
	case SYS_execveat: *r = sim_exec_execve(a, true); break;
	case SYS_getpid:
	case SYS_gettid: *r = sim_exec.is_loading ? sim_exec.pid : sim_exec.virtual_pid; break;
	case SYS_getppid: *r = sim_exec.virtual_pid - 1; break;
	case SYS_kill:
	case SYS_tkill:
	case SYS_rt_sigqueueinfo:
	case SYS_prlimit64:
	case SYS_sched_getaffinity:
	case SYS_sched_setaffinity:
	case SYS_sched_getscheduler:
	case SYS_sched_getparam:
	case SYS_pidfd_open: *r = by_pid(nr, a, false); break;
	case SYS_getpgid:
	case SYS_getsid:
	case SYS_getpgrp:
	case SYS_setsid: *r = to_pid(nr, a); break;
	case SYS_setpgid:
	case SYS_tgkill:
	case SYS_rt_tgsigqueueinfo: *r = by_pid(nr, a, true); break;
	case SYS_wait4: *r = wait_for_pid(a); break;
	case SYS_waitid: *r = wait_for_id(a); break;
	case SYS_getrandom: *r = sim_exec_give_random((void *)a[0], (size_t)a[1]); break;
	case SYS_open:
	case SYS_openat: *r = open_file(nr, a); break;
	case SYS_readlink:
	case SYS_readlinkat: *r = read_link(nr, a); break;
	case SYS_stat:
	case SYS_statx:
	case SYS_newfstatat: return stat_by_path(nr, a, r);
	case SYS_futex: return sim_exec_futex(a, r);
	case SYS_prctl: *r = process_control(a); break;
	default: return false;
	}
	return true;
}

long sim_exec_serve(long nr, long *a)
{
	char path[PATH_BYTES + 16];
	long r;

	sim_exec.num_served++;
	translate_path(nr, a, path);
	if (serve_ours(nr, a, &r) || sim_posix_serve(nr, a, &r))
		return r;
	return sim_exec_real(nr, a);
}
