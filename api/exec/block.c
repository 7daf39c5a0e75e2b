/* SPDX-License-Identifier: MIT */
/*
 * Calls on real things that would block in the kernel: reading a pipe that another thread of the program
 * writes, waiting for a child. The task waits as one on a socket does, so that others run and virtual time
 * goes on; then the call is made, which no longer blocks. signal(7): they are begun again under SA_RESTART.
 *
 * FIDELITY: a write to a pipe of more than is free blocks in the kernel once it has begun.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "api/calls/calls.h"
#include "api/exec/door.h"
#include "api/raw/face.h"

enum { MAX_CHILDREN = 64 };

/* Not in the middle of a simulated call, which may read a file itself, nor while the world is made, whose
 * peers may. */
static bool may_wait(void)
{
	return sim_exec.w && sim_current && !sim_current->in_call && sim_current->proc == sim_exec.w->program;
}

/* What is not open for the call fails at once. */
static bool is_open_for(long flags, short events)
{
	return (flags & O_ACCMODE) != (events & POLLOUT ? O_RDONLY : O_WRONLY);
}

/* Pipes, sockets, terminals, and what has no kind at all (eventfd, signalfd, inotify). */
static bool may_block(int fd, short events)
{
	struct stat st;
	long flags = SIM_DOOR3(SYS_fcntl, fd, F_GETFL, 0);

	if (flags < 0 || flags & O_NONBLOCK || !is_open_for(flags, events) ||
	    SIM_DOOR3(SYS_fstat, fd, &st, 0))
		return false;
	return S_ISFIFO(st.st_mode) || S_ISSOCK(st.st_mode) || !(st.st_mode & S_IFMT) ||
	       (S_ISCHR(st.st_mode) && sim_exec_is_terminal(fd));
}

static long wait_for(struct pollfd *fds, uint32_t num)
{
	struct sim_task *t = sim_current;
	long r;

	do {
		r = sim_call_poll(t, SIM_CALL_POLL, fds, num, NULL, NULL);
		if (r == -EINTR)
			r = -SIM_ERESTART;
	} while (sim_face_again(t, &r));
	return r < 0 ? r : 0;
}

long sim_exec_block(int fd, short events)
{
	struct pollfd p = { .fd = fd, .events = events };

	if (!may_wait() || !may_block(fd, events) || SIM_DOOR3(SYS_poll, &p, 1, 0))
		return 0;
	return wait_for(&p, 1);
}

static bool is_over(long nr, const long *a, long r)
{
	const siginfo_t *info = (const void *)a[2];

	return r || (nr == SYS_waitid && (!info || info->si_pid));
}

/* Whoever waits for one child by its number; else for any. */
static bool is_watched(long nr, const long *a)
{
	pid_t pid = nr == SYS_wait4 ? (pid_t)a[0] : a[0] == P_PID ? (pid_t)a[1] : -1;

	return pid <= 0 || sim_exec_is_sender_pid(pid);
}

long sim_exec_block_for_child(long nr, const long *a, int options)
{
	struct pollfd fds[MAX_CHILDREN];
	long now[6] = { a[0], a[1], a[2], a[3], a[4], a[5] }, r;

	if (a[options] & WNOHANG || !may_wait() || !is_watched(nr, a))
		return SIM_DOOR(nr, a[0], a[1], a[2], a[3], a[4], 0);
	now[options] |= WNOHANG;
	for (;;) {
		uint32_t num = sim_exec_senders_living(NULL);

		r = SIM_DOOR(nr, now[0], now[1], now[2], now[3], now[4], 0);
		if (is_over(nr, a, r) || !num)
			break;
		r = wait_for(fds, sim_exec_senders_living(fds));
		if (r)
			return r;
	}
	/* One that is not watched, or waited for by a stop. */
	return is_over(nr, a, r) ? r : SIM_DOOR(nr, a[0], a[1], a[2], a[3], a[4], 0);
}
