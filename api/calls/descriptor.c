/* SPDX-License-Identifier: MIT */
/* Descriptors: close(2), dup(2), dup2(2), dup3(2), fcntl(2), fstat(2), lseek(2) on simulated ones. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "api/calls/gate.h"
#include "api/calls/owner.h"
#include "sim/base/uaccess.h"
#include "sim/proc/epoll.h"

/* inode(7) numbers of sockets and of the anonymous inode that all epoll sets and timers share. */
enum { EPOLL_INODE = 1, SOCK_DEV = 9, BLOCK_BYTES = 4096 };

long sim_call_close(struct sim_task *t, int fd)
{
	struct sim_gate g;
	struct sim_file *f;

	if (sim_gate_enter(&g, t, SIM_CALL_CLOSE, fd, 0))
		return sim_gate_leave(&g, g.answer);
	f = sim_fd_remove(t->proc->fds, fd);
	if (!f)
		return sim_gate_leave(&g, sim_gate_fail(&g, EBADF, SIM_WHY_BAD_FD, fd, 0));
	/* The gate's own reference must not be the last, or a lingering close would block outside the call.
	 * It is of another file if the number changed hands while the call was delayed. */
	if (f == g.file) {
		f->refs--;
		g.file = NULL;
		g.sk = NULL; /* it may be gone in a moment; the record keeps its id */
	}
	sim_file_put(&g.w->ctx, f, t);
	return sim_gate_leave(&g, 0);
}

static long dup_from(struct sim_gate *g, int min, bool cloexec)
{
	struct sim_proc *p = g->t->proc;
	int fd;

	if (!g->file)
		return sim_gate_fail(g, EBADF, SIM_WHY_BAD_FD, g->fd, 0);
	fd = sim_fd_install(p->fds, p, sim_file_get(g->file), min, cloexec);
	if (fd < 0) {
		g->file->refs--;
		return sim_gate_fail(g, -fd, SIM_WHY_FD_LIMIT, p->fds->num_open, 0);
	}
	g->made_fd = fd;
	return fd;
}

long sim_call_dup(struct sim_task *t, int fd)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_DUP, fd, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, dup_from(&g, 0, false));
}

long sim_call_dup3(struct sim_task *t, enum sim_call_id id, int fd, int to, int flags)
{
	struct sim_proc *p = t->proc;
	struct sim_file *old;
	struct sim_gate g;
	int r;

	if (sim_gate_enter(&g, t, id, fd, 0))
		return sim_gate_leave(&g, g.answer);
	if (id == SIM_CALL_DUP3 && ((flags & ~O_CLOEXEC) || fd == to))
		return sim_gate_leave(&g, sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_ARGUMENT, 3, flags));
	if (!g.file)
		return sim_gate_leave(&g, sim_gate_fail(&g, EBADF, SIM_WHY_BAD_FD, fd, 0));
	if (to < 0 || to >= p->fds->limit)
		return sim_gate_leave(&g, sim_gate_fail(&g, EBADF, SIM_WHY_BAD_FD, to, 0));
	g.made_fd = to;
	if (fd == to)
		return sim_gate_leave(&g, to);
	old = sim_fd_remove(p->fds, to);
	if (!old)
		sim_epoll_forget_real(p->fds, (unsigned)to, (unsigned)to);
	r = sim_fd_install_at(p->fds, p, sim_file_get(g.file), to, (flags & O_CLOEXEC) != 0);
	if (r < 0) {
		g.file->refs--;
		g.made_fd = -1;
	}
	if (old)
		sim_file_put(&g.w->ctx, old, t);
	return sim_gate_leave(&g, r < 0 ? sim_gate_fail(&g, -r, SIM_WHY_BAD_FD, to, 0) : to);
}

static long get_status(const struct sim_file *f)
{
	return O_RDWR | (f->nonblock ? O_NONBLOCK : 0) | (f->async ? O_ASYNC : 0);
}

long sim_call_fcntl(struct sim_task *t, int fd, int cmd, long arg)
{
	struct sim_gate g;
	struct sim_fd *slot;
	long r;

	if (sim_gate_enter(&g, t, SIM_CALL_FCNTL, fd, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = (uint32_t)cmd;
	g.arg2 = (uint64_t)arg;
	if (!g.file)
		return sim_gate_leave(&g, sim_gate_fail(&g, EBADF, SIM_WHY_BAD_FD, fd, 0));
	slot = &t->proc->fds->slots[fd];
	switch (cmd) {
	case F_GETFL: return sim_gate_leave(&g, get_status(g.file));
	case F_SETFL:
		g.file->nonblock = (arg & O_NONBLOCK) != 0;
		g.file->async = g.sk && (arg & O_ASYNC); /* only a socket can tell of it */
		return sim_gate_leave(&g, 0);
	case F_GETFD: return sim_gate_leave(&g, slot->cloexec ? FD_CLOEXEC : 0);
	case F_SETFD: slot->cloexec = (arg & FD_CLOEXEC) != 0; return sim_gate_leave(&g, 0);
	case F_DUPFD:
	case F_DUPFD_CLOEXEC:
		if (arg < 0 || arg >= t->proc->fds->limit)
			return sim_gate_leave(&g, sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_ARGUMENT, 3, arg));
		return sim_gate_leave(&g, dup_from(&g, (int)arg, cmd == F_DUPFD_CLOEXEC));
	default:
		if (cmd == F_SETOWN)
			g.arg2 = 0; /* a real process's number is no part of a run */
		if (!sim_owner_fcntl(&g, cmd, arg, &r))
			r = sim_gate_fail(&g, EINVAL, SIM_WHY_NOT_SIMULATED, SIM_CALL_FCNTL, cmd);
		return sim_gate_leave(&g, r);
	}
}

long sim_call_fstat(struct sim_task *t, int fd, struct stat *st)
{
	struct sim_gate g;
	struct stat s;

	if (sim_gate_enter(&g, t, SIM_CALL_FSTAT, fd, 0))
		return sim_gate_leave(&g, g.answer);
	if (!g.file)
		return sim_gate_leave(&g, sim_gate_fail(&g, EBADF, SIM_WHY_BAD_FD, fd, 0));
	memset(&s, 0, sizeof s);
	s.st_dev = SOCK_DEV;
	s.st_ino = g.sk ? SIM_SOCK_FIRST_INODE + g.sk->id : EPOLL_INODE;
	s.st_mode = g.sk ? S_IFSOCK | 0777 : 0600;
	s.st_nlink = 1;
	s.st_uid = t->proc->uid;
	s.st_gid = t->proc->gid;
	s.st_blksize = BLOCK_BYTES;
	if (sim_copy_to_user(st, &s, sizeof s))
		return sim_gate_leave(&g, sim_gate_fail(&g, EFAULT, SIM_WHY_BAD_POINTER,
							(int64_t)(uintptr_t)st, 0));
	return sim_gate_leave(&g, 0);
}

long sim_call_lseek(struct sim_task *t, int fd, long offset, int whence)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_LSEEK, fd, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = (uint64_t)offset;
	g.arg2 = (uint32_t)whence;
	if (!g.file)
		return sim_gate_leave(&g, sim_gate_fail(&g, EBADF, SIM_WHY_BAD_FD, fd, 0));
	if ((unsigned)whence > SEEK_HOLE) /* the kernel's SEEK_MAX */
		return sim_gate_leave(&g, sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_ARGUMENT, 3, whence));
	if (!g.sk) /* noop_llseek() of the kernel: it stays at 0 */
		return sim_gate_leave(&g, 0);
	return sim_gate_leave(&g, sim_gate_fail(&g, ESPIPE, SIM_WHY_NOT_SUPPORTED, 0, 0));
}
