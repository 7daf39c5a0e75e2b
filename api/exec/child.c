/* SPDX-License-Identifier: MIT */
/*
 * What becomes of the simulation when the program forks or another program takes its place: fork(2),
 * vfork(2), clone(2), execve(2).
 *
 * A child has no simulated sockets. Its memory holds a copy of the world, which nobody looks at any more; the
 * kernel has ended the dispatch of its system calls, and the filter that `simsock exec` put in force
 * (api/cmdline/jail.c) keeps it off every network. A program that takes this one's place is simulated in
 * turn, in a new world.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/exec.h"

#include <errno.h>
#include <linux/sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "api/calls/calls.h"
#include "api/control/control.h"
#include "api/exec/door.h"
#include "api/exec/program.h"
#include "api/raw/face.h"
#include "sim/base/str.h"
#include "sim/base/uaccess.h"

/* "3, 5 and 2 more" of the open ones; how many there are. */
static unsigned list_open(struct sim_str *out, bool surviving_exec)
{
	enum { SHOWN = 4 };
	const struct sim_fdtable *ft = &sim_exec.w->fds;
	unsigned num = 0;

	for (int fd = 0; fd < ft->num_slots; fd++) {
		const struct sim_fd *slot = &ft->slots[fd];

		if (!slot->file || slot->proc_id != sim_exec.w->program->id ||
		    (surviving_exec && slot->cloexec))
			continue;
		if (num++ < SHOWN)
			sim_str_printf(out, "%s%d", num > 1 ? ", " : "", fd);
	}
	if (num > SHOWN)
		sim_str_printf(out, " and %u more", num - SHOWN);
	return num;
}

static void tell_of_fork(void)
{
	static bool told;
	char text[128];
	struct sim_str open_fds = sim_str_on(text, sizeof text);

	if (told || !list_open(&open_fds, false))
		return;
	told = true;
	sim_exec_say("%s forked: a child has no simulated sockets; its copies of descriptor %s are dead",
		     sim_exec.name, open_fds.buf);
}

static void be_child(void)
{
	sim_exec.is_child = true;
	sim_exec.w = NULL;
	sim_current = NULL;
	sim_face_refusal = "this process is a child of the simulated program, and has no sockets";
}

/* On a stack of its own, where a thread begins as if its parent's call had returned there. */
static long come_back_on(long stack)
{
	stack -= (long)sizeof stack;
	*(long *)stack = sim_exec.fork_returns_to;
	return stack;
}

/* pthread_create(3) has a task for it; any other way to a thread is not simulated. */
static long make_thread(const long *a)
{
	if (!sim_exec_is_making_thread()) {
		sim_exec_say(
			"%s starts a thread otherwise than by pthread_create(): it is refused with EAGAIN",
			sim_exec.name);
		return -EAGAIN;
	}
	return SIM_DOOR(SYS_clone, a[0], come_back_on(a[1]), a[2], a[3], a[4], 0);
}

/* A signal that found the child before it knows that it is one would end the parent's files. */
static long copy_process(long flags, const long *a)
{
	const uint64_t all = ~UINT64_C(0);
	uint64_t mask;
	long pid;

	SIM_DOOR(SYS_rt_sigprocmask, SIG_SETMASK, &all, &mask, SIM_EXEC_SIGSET_BYTES, 0, 0);
	pid = SIM_DOOR(SYS_clone, flags, 0, a[2], a[3], a[4], 0);
	if (pid == 0)
		be_child();
	SIM_DOOR(SYS_rt_sigprocmask, SIG_SETMASK, &mask, NULL, SIM_EXEC_SIGSET_BYTES, 0, 0);
	return pid;
}

/*
 * A child that shares the program's memory until it runs another program (vfork) would share the world too:
 * it gets a copy instead. One that has a stack of its own (posix_spawn of libc) makes only system calls,
 * which are the kernel's: it comes back on its stack to where the call was made.
 */
long sim_exec_fork(const long *a)
{
	long flags = a[0], stack = a[1], pid;

	if (flags & CLONE_THREAD)
		return make_thread(a);
	tell_of_fork();
	if (stack)
		stack = come_back_on(stack);
	else
		flags &= ~(long)(CLONE_VM | CLONE_VFORK);
	pid = stack ? SIM_DOOR(SYS_clone, flags, stack, a[2], a[3], a[4], 0) : copy_process(flags, a);
	if (pid <= 0)
		return pid;
	sim_exec.num_children++;
	sim_exec_add_child((pid_t)pid);
	/* What lives in our memory and runs no other program is somebody's helper, no child. */
	if (!(flags & CLONE_VM) || flags & CLONE_VFORK)
		sim_exec_senders_add((pid_t)pid);
	return sim_exec_seen_pid((pid_t)pid);
}

/* ---- another program in this one's place ---- */

/* The i-th of the strings that a program is given; NULL: the end. 0 or -EFAULT. */
static long variable_at(char *const *given, size_t i, char **variable)
{
	*variable = NULL;
	return given && sim_copy_from_user(variable, &given[i], sizeof *variable) ? -EFAULT : 0;
}

static bool is_preload(const char *variable)
{
	static const char name[] = "LD_PRELOAD=";
	char start[sizeof name];

	sim_exec_copy_string(start, sizeof start, variable);
	return strcmp(start, name) == 0;
}

/* The variables that make the next program simulated, before those that it is given. 0 or -errno. */
static long with_ours(char *const *given, char ***result)
{
	size_t num = 0, at = 0;
	char *variable, **all;
	long r;

	while (!(r = variable_at(given, num, &variable)) && variable)
		num++;
	if (r)
		return r;
	all = malloc((num + 3) * sizeof *all);
	if (!all)
		return -ENOMEM;
	for (char **ours = sim_exec.env_add; *ours; ours++)
		all[at++] = *ours;
	for (size_t i = 0; i < num; i++) {
		if (!is_preload(given[i]))
			all[at++] = given[i];
	}
	all[at] = NULL;
	*result = all;
	return 0;
}

long sim_exec_execve(const long *a, bool at)
{
	char text[128], why[SIM_PROGRAM_TEXT_BYTES];
	struct sim_str open_fds = sim_str_on(text, sizeof text);
	const char *path = (const char *)a[at ? 1 : 0];
	char *const *given = (char *const *)a[at ? 3 : 2];
	struct stat st;
	char **env;
	long r;

	if (list_open(&open_fds, true))
		sim_exec_say("%s runs another program in its place: descriptor %s is dead there",
			     sim_exec.name, open_fds.buf);
	/* A shell tries one directory of PATH after the other. */
	if (!at && !access(path, X_OK) && !stat(path, &st) && S_ISREG(st.st_mode) &&
	    sim_program_check(path, why, sizeof why))
		sim_exec_say("%s; it runs without any sockets", why);
	r = with_ours(given, &env);
	if (r)
		return r;
	sim_control_flush_files(sim_exec.c);
	r = at ? SIM_DOOR(SYS_execveat, a[0], a[1], a[2], env, a[4], 0)
	       : SIM_DOOR3(SYS_execve, a[0], a[1], env);
	free(env);
	return r;
}
