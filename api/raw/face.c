/* SPDX-License-Identifier: MIT */
/* See face.h. signal(7) "Interruption of system calls"; close(2), dup2(2), epoll_ctl(2) on real descriptors.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/raw/face.h"

#include <fcntl.h>
#include <stdatomic.h>
#include <unistd.h>

#include "api/signals/signals.h"
#include "api/uaccess/uaccess.h"
#include "sim/base/str.h"
#include "sim/proc/epoll.h"

#ifndef CLOSE_RANGE_CLOEXEC
#define CLOSE_RANGE_CLOEXEC 4
#endif

/* ---- the process ---- */

int sim_face_own_fd = -1;
void (*sim_face_ended_hook)(void);

const char *sim_face_refusal =
	"this thread is no simulated task, and a world lives; a thread of control that shall have sockets is "
	"made with sim_spawn()";

static atomic_int num_worlds;
static atomic_flag told = ATOMIC_FLAG_INIT;
static atomic_bool has_signalfd;

/* Where getpid() is libc's, SO_PEERCRED tells what it tells; permissions of real paths are the user's. */
static void be_ourselves(struct sim_proc *p)
{
	p->pid = (uint32_t)getpid();
	p->uid = geteuid();
	p->gid = getegid();
}

void sim_face_world_began(void)
{
	atomic_fetch_add(&num_worlds, 1);
	sim_uaccess_install();
	if (sim_current && sim_current->proc->fds->ops)
		be_ourselves(sim_current->proc);
}

void sim_face_world_ended(void)
{
	if (atomic_fetch_sub(&num_worlds, 1) == 1 && sim_face_ended_hook)
		sim_face_ended_hook();
}

long sim_face_may_call(const char *call)
{
	char text[256];
	struct sim_str s = sim_str_on(text, sizeof text);
	int saved = errno;

	if (atomic_load_explicit(&num_worlds, memory_order_relaxed) == 0)
		return 0;
	if (!atomic_flag_test_and_set(&told)) {
		sim_str_printf(&s, "simsock: %s() is refused with EAFNOSUPPORT: %s\n", call,
			       sim_face_refusal);
		(void)!sim_libc()->write(STDERR_FILENO, s.buf, s.len);
	}
	errno = saved;
	return -EAFNOSUPPORT;
}

/* ---- on the way out ---- */

void (*sim_face_interrupted_hook)(void);

bool sim_face_settle(struct sim_task *t, long *result)
{
	enum sim_signals_seen seen = SIM_SIGNALS_NONE;

	if (t->interrupted && *result < 0 && sim_face_interrupted_hook)
		sim_face_interrupted_hook();
	if (t->proc->pending || t->proc->arrived || t->interrupted)
		seen = sim_signals_deliver(t);
	if (*result == -SIM_ERESTART) {
		if (seen != SIM_SIGNALS_INTERRUPTED)
			return true;
		*result = -EINTR;
	}
	return false;
}

/* ---- before real calls ---- */

void sim_face_has_signalfd(void)
{
	atomic_store_explicit(&has_signalfd, true, memory_order_relaxed);
}

long sim_face_before_read(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int status, saved = errno;
	long r;

	if (!sim_current || !atomic_load_explicit(&has_signalfd, memory_order_relaxed))
		return 0;
	status = sim_libc()->fcntl(fd, F_GETFL);
	errno = saved;
	if (status < 0 || status & O_NONBLOCK)
		return 0;
	do
		r = sim_call_poll(sim_current, SIM_CALL_POLL, &p, 1, NULL, NULL);
	while (sim_face_again(sim_current, &r));
	return r < 0 ? r : 0;
}

long sim_face_before_close(int fd)
{
	if (fd >= 0 && fd == sim_face_own_fd)
		return -EBADF;
	if (sim_current && fd >= 0)
		sim_epoll_forget_real(sim_current->proc->fds, (unsigned int)fd, (unsigned int)fd);
	return 0;
}

/* Closes, or marks, the simulated ones. */
void sim_face_before_close_range(unsigned int first, unsigned int last, int flags)
{
	struct sim_task *t = sim_current;
	bool only_marks = flags & CLOSE_RANGE_CLOEXEC;
	long r;

	if (!only_marks)
		sim_epoll_forget_real(t->proc->fds, first, last);
	for (unsigned int fd = first; fd <= last && fd < (unsigned int)t->proc->fds->num_slots; fd++) {
		if (!sim_fd_is_simulated(t, (int)fd))
			continue;
		do
			r = only_marks ? sim_call_fcntl(t, (int)fd, F_SETFD, FD_CLOEXEC)
				       : sim_call_close(t, (int)fd);
		while (sim_face_again(t, &r));
	}
}

static bool is_open(int real)
{
	int saved = errno, status = sim_libc()->fcntl(real, F_GETFD);

	errno = saved;
	return status >= 0;
}

long sim_face_before_dup(int fd, int to)
{
	struct sim_task *t = sim_current;
	long r;

	if (to >= 0 && to == sim_face_own_fd)
		return -EBADF;
	if (!t || to < 0 || !is_open(fd))
		return 0;
	/* It goes to a number that a simulated one has: that one is closed first, as dup2(2) would. */
	if (sim_fd_is_simulated(t, to)) {
		do
			r = sim_call_close(t, to);
		while (sim_face_again(t, &r));
		if (r < 0)
			return r;
		/* Closing may let other tasks run, one of which has given the number to a simulated file. */
		if (sim_fd_is_simulated(t, fd))
			return 1;
	}
	if (to != fd)
		sim_epoll_forget_real(t->proc->fds, (unsigned int)to, (unsigned int)to);
	return 0;
}

long sim_face_before_epoll_ctl(int epfd, int op, int fd, const struct epoll_event *ev)
{
	struct epoll_event copy;
	int saved = errno, in_none;

	if (!sim_current || !sim_fd_is_simulated(sim_current, fd) || !is_open(epfd))
		return 0;
	if (op != EPOLL_CTL_DEL && sim_copy_from_user(&copy, ev, sizeof copy))
		return -EFAULT;
	/* What is no set at all says so (EINVAL); the place-holder is in none. */
	in_none = sim_libc()->epoll_ctl(epfd, EPOLL_CTL_DEL, fd, NULL) ? errno : 0;
	errno = saved;
	return in_none == EINVAL ? -EINVAL : -EPERM;
}
