/* SPDX-License-Identifier: MIT */
/*
 * Children that live and may send the program a signal: while it handles any that they would, the end of all
 * simulated events is no dead-lock, and virtual time keeps to the wall clock. Each is watched by a descriptor
 * that says when it has ended: pidfd_open(2), waitid(2).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/exec.h"

#include <errno.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "api/calls/calls.h"
#include "api/calls/real.h"
#include "api/exec/door.h"
#include "api/libc/libc.h"

enum { MAX_SENDERS = 64, UNWATCHED = -1 };

/* The youngest children; more are rarely waited for by signals. */
static struct sender {
	pid_t pid;
	int fd; /* UNWATCHED: nobody has waited since it was forked off */
} senders[MAX_SENDERS];
static unsigned num_senders;

static void forget(unsigned i)
{
	if (senders[i].fd >= 0)
		SIM_DOOR3(SYS_close, senders[i].fd, 0, 0);
	senders[i] = senders[--num_senders];
}

void sim_exec_senders_add(pid_t real)
{
	if (num_senders == MAX_SENDERS)
		forget(0);
	senders[num_senders++] = (struct sender){ real, UNWATCHED };
}

/* The kernel has sent SIGCHLD before it says that one has ended. */
static bool has_ended(struct sender *s)
{
	siginfo_t info = { .si_pid = 0 };

	if (s->fd < 0) {
		int fd = (int)SIM_DOOR3(SYS_pidfd_open, s->pid, 0, 0);

		s->fd = fd < 0 ? UNWATCHED : sim_libc_put_high(fd);
	}
	return s->fd < 0 ||
	       SIM_DOOR(SYS_waitid, P_PIDFD, s->fd, &info, WEXITED | WNOHANG | WNOWAIT, NULL, 0) < 0 ||
	       info.si_pid;
}

uint32_t sim_exec_senders_living(struct pollfd *fds)
{
	if (!fds) {
		for (unsigned i = num_senders; i--;)
			if (has_ended(&senders[i]))
				forget(i);
	}
	for (unsigned i = 0; fds && i < num_senders; i++)
		fds[i] = (struct pollfd){ .fd = senders[i].fd, .events = POLLIN };
	return num_senders;
}

bool sim_exec_is_sender_pid(pid_t real)
{
	for (unsigned i = 0; i < num_senders; i++)
		if (senders[i].pid == real)
			return true;
	return false;
}

bool sim_exec_is_sender(int fd)
{
	for (unsigned i = 0; i < num_senders; i++)
		if (senders[i].fd == fd)
			return true;
	return false;
}

static uint32_t expected(struct pollfd *fds, bool idle)
{
	return num_senders && sim_exec_expects_signal(idle) ? sim_exec_senders_living(fds) : 0;
}

static bool has_arrived(uint64_t blocked)
{
	return __atomic_load_n(&sim_exec.w->program->arrived, __ATOMIC_RELAXED) & ~blocked;
}

/* Signals are held back from here until the kernel waits. One that came together with what ended the wait
 * counts first: the end of the child that sent it is the last that is heard of it. */
static int wait_for_any(struct pollfd *fds, uint32_t num, const struct timespec *limit)
{
	const uint64_t all = ~UINT64_C(0);
	struct timespec left = limit ? *limit : (struct timespec){ 0 };
	uint64_t mask;
	long n;

	SIM_DOOR(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, SIM_EXEC_SIGSET_BYTES, 0, 0);
	if (has_arrived(mask))
		n = -EINTR;
	else
		n = SIM_DOOR(SYS_ppoll, fds, num, limit ? &left : NULL, &mask, SIM_EXEC_SIGSET_BYTES, 0);
	SIM_DOOR(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, SIM_EXEC_SIGSET_BYTES, 0, 0);
	return n < 0 || has_arrived(mask) ? -1 : (int)n;
}

void sim_exec_senders_install(void)
{
	sim_real_senders = expected;
	sim_real_poll = wait_for_any;
}
