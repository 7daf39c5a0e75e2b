/* SPDX-License-Identifier: MIT */
/*
 * Where the library begins, before the program does: the world is made of what `simsock exec` was told, and
 * the net is spread under libc. Without that variable in the environment it does nothing. ld.so(8)
 * LD_PRELOAD.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "api/calls/calls.h"
#include "api/calls/real.h"
#include "api/control/control.h"
#include "api/exec/door.h"
#include "api/exec/options.h"
#include "api/libc/libc.h"
#include "api/signals/signals.h"
#include "api/uaccess/uaccess.h"
#include "sim/base/str.h"

enum { VIRTUAL_PID = 1001 };

struct sim_exec sim_exec;

/* In the array itself: some programs define getenv(3) and unsetenv(3) for themselves (bash). */
static char **find_variable(char **env, const char *name)
{
	size_t len = strlen(name);

	for (; env && *env; env++) {
		if (strncmp(*env, name, len) == 0 && (*env)[len] == '=')
			return env;
	}
	return NULL;
}

static void remove_variable(char **env, const char *name)
{
	char **at;

	while ((at = find_variable(env, name))) {
		do
			at[0] = at[1];
		while (*at++);
	}
}

/* What makes the next program simulated as well; gone from what this one sees of its environment. */
static void take_environment(char **env)
{
	static char preload[8192], variable[65536], theirs[8192];
	static char *add[] = { variable, preload, NULL };
	char **at = find_variable(env, "LD_PRELOAD");
	struct sim_str s = sim_str_on(theirs, sizeof theirs);
	const char *from = NULL, *value;
	size_t len;

	sim_str_copy(preload, sizeof preload, at ? *at : "LD_PRELOAD=");
	sim_str_copy(variable, sizeof variable, *find_variable(env, SIM_EXEC_VARIABLE));
	sim_exec.env_add = add;
	sim_exec.options = variable + strlen(SIM_EXEC_VARIABLE "=");
	remove_variable(env, SIM_EXEC_VARIABLE);
	if (at && sim_exec_option(sim_exec.options, "preload", &from, &value, &len)) {
		sim_str_printf(&s, "LD_PRELOAD=%.*s", (int)len, value);
		*at = theirs; /* what the user had preloaded himself */
	} else {
		remove_variable(env, "LD_PRELOAD");
	}
}

static void be_the_program(const char *name)
{
	const char *slash = strrchr(name, '/');

	sim_exec.name = slash ? slash + 1 : name;
	sim_exec.pid = (pid_t)SIM_DOOR3(SYS_getpid, 0, 0, 0);
	sim_exec.virtual_pid = VIRTUAL_PID;
	sim_exec.stderr_fd = (int)SIM_DOOR3(SYS_fcntl, STDERR_FILENO, F_DUPFD_CLOEXEC, 0);
	if (sim_exec.stderr_fd >= 0)
		sim_exec.stderr_fd = sim_libc_put_high(sim_exec.stderr_fd);
	if (sim_exec.stderr_fd < 0)
		sim_exec.stderr_fd = STDERR_FILENO;
}

/* getauxval(3), AT_RANDOM: some programs seed themselves with these bytes of the kernel's. */
static void replace_auxiliary_luck(uint64_t seed)
{
	struct sim_rng random = sim_rng_stream(seed, SIM_PURPOSE_PROGRAM, 1);
	uint64_t words[2] = { sim_rng_next(&random), 0 };
	void *bytes = (void *)getauxval(AT_RANDOM);

	words[1] = sim_rng_next(&random);
	if (bytes)
		memcpy(bytes, words, sizeof words);
}

static int on_fatal_signal(struct sim_proc *p, int sig)
{
	(void)p;
	(void)sig;
	sim_exec_end();
	return 0;
}

/* Under libc. A kernel older than 5.11 has no dispatch: then what is not a call of sockets is the kernel's.
 */
static void spread_net(void)
{
	const char *at = NULL, *value;
	size_t len;
	bool told = sim_exec_option(sim_exec.options, "net", &at, &value, &len);
	bool wants_seccomp = told && strncmp(value, "seccomp", len) == 0;
	int err = wants_seccomp ? -ENOSYS : sim_exec_trap(true);

	sim_exec.has_dispatch = !err;
	if (err && !told)
		sim_exec_say(
			"this kernel has no Syscall User Dispatch (Linux 5.11): stdio on sockets, threads, "
			"process ids and getrandom() are not simulated");
	if (err && (!told || wants_seccomp))
		err = sim_exec_trap(false);
	if (!err)
		return;
	sim_exec_say("this kernel cannot dispatch system calls: %s", strerror(-err));
	_exit(126);
}

/* Where exit_group(2) does not come to us. */
__attribute__((destructor)) static void stop(void)
{
	if (!sim_exec.has_dispatch)
		sim_exec_end();
}

__attribute__((constructor)) static void start(int argc, char **argv, char **env)
{
	const char *at = NULL, *value;
	size_t len;

	if (!find_variable(env, SIM_EXEC_VARIABLE))
		return;
	take_environment(env);
	be_the_program(argc > 0 ? argv[0] : "program");
	sim_exec.is_quiet = sim_exec_option(sim_exec.options, "quiet", &at, &value, &len);
	sim_exec_real_install();
	sim_exec.w = sim_exec_make_world(sim_exec.options, true);
	sim_exec.c = sim_control_of(sim_exec.w);
	sim_exec.w->program->pid = (uint32_t)sim_exec.virtual_pid;
	sim_exec.random = sim_rng_stream(sim_exec.w->ctx.seed, SIM_PURPOSE_PROGRAM, 0);
	replace_auxiliary_luck(sim_exec.w->ctx.seed);
	sim_fatal_signal_hook = on_fatal_signal;
	sim_uaccess_fatal_hook = sim_exec_end;
	sim_real_is_foreign = sim_exec_is_foreign;
	sim_exec_senders_install();
	sim_exec_show_wall_clock();
	sim_exec_signals_init();
	spread_net();
}
