/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the preloaded library share: the program that runs on a virtual host, its world, and the
 * pieces of the kernel that are answered here. Private to api/exec/.
 */
#ifndef API_EXEC_EXEC_H
#define API_EXEC_EXEC_H

#ifndef _GNU_SOURCE
#error "exec.h speaks of what only _GNU_SOURCE shows"
#endif

#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <poll.h>
#include <sys/types.h>

#include "sim/base/random.h"

struct sim_control;
struct sim_world;

struct sim_exec {
	struct sim_control *c;
	struct sim_world *w;
	pid_t pid;             /* the real one */
	pid_t virtual_pid;     /* the one that the program sees: the same in every run */
	const char *name;      /* of the program, for our words */
	bool ended;            /* the last words are said */
	bool has_dispatch;     /* every system call comes to us, and not only those of sockets */
	bool is_quiet;         /* no summary */
	bool is_loading;       /* libfaketime, which names what it shares by the process id */
	bool is_child;         /* forked off: it has no simulated sockets */
	unsigned num_children; /* any: pipes may have ends in other processes */
	uint64_t num_served;   /* system calls */
	long fork_returns_to;  /* where the system call that is being answered stands in the program */
	int stderr_fd;         /* where our own words go, whatever the program does to its 2 */
	char **env_add;        /* for a program that takes this one's place: NULL-terminated "NAME=VALUE" */
	char *options;         /* SIMSOCK_EXEC */
	struct sim_rng random; /* getrandom(2), /dev/urandom */
};

extern struct sim_exec sim_exec;

/* ---- trap.c: system calls from outside the door ---- */

/*
 * Dispatch: from then on every system call of this thread, libc's own too, comes to sim_exec_serve(). Without
 * it only those of sockets do. 0, or -errno: this kernel cannot.
 */
int sim_exec_trap(bool dispatch);

/* ---- disposition.c: signals as the program sees them ---- */

/* Takes over what the program was started with. */
void sim_exec_signals_init(void);
/* rt_sigaction(2), and the masks of other calls (may be NULL): SIGSYS is never blocked. */
long sim_exec_sigaction(const long *a);
/* Who has sent it, as the program knows him. */
void sim_exec_translate_sender(int sig, siginfo_t *info);
const void *sim_exec_mask(const void *mask, uint64_t *room);
#define SIM_EXEC_SIGSET_BYTES 8
/* SIGSYS that is not ours, by kill(2): the program's handler or its end. */
void sim_exec_other_sigsys(siginfo_t *info, void *context);

/* ---- serve.c: who answers ---- */

/* The beginning of a string of the program's, "" if it is none. */
void sim_exec_copy_string(char *to, size_t cap, const char *user);
/* What the kernel would leave in the register. */
long sim_exec_serve(long nr, long *a);

/* ---- real.c: real descriptors ---- */

/* libc's own functions become system calls through the door, with what this file says of some descriptors. */
void sim_exec_real_install(void);
/* A system call on real things: the result or -errno. */
long sim_exec_real(long nr, const long *a);
/* Descriptors that the kernel is not to answer for alone: see real.c. */
enum sim_exec_tag {
	SIM_EXEC_PLAIN,
	SIM_EXEC_RANDOM,
	SIM_EXEC_INTERNAL,
	SIM_EXEC_AHEAD,
	SIM_EXEC_OUT,
	SIM_EXEC_OWN,
};
void sim_exec_tag(int fd, enum sim_exec_tag tag);
bool sim_exec_is_terminal(int fd);
/* Could a real descriptor change by what somebody outside does? Waiting for it is then a matter of real time.
 */
bool sim_exec_is_foreign(int fd);

/* ---- identity.c: who the program is, and its luck ---- */

void sim_exec_fill_random(void *buf, size_t len);
/* The same into the program's memory: how many bytes, or -EFAULT. */
long sim_exec_give_random(void *user, size_t len);
/* Translate between what the program sees and what the kernel knows: this process and its children. */
pid_t sim_exec_real_pid(pid_t seen);
pid_t sim_exec_seen_pid(pid_t real);
/* Its place in the order of children gives a child its number. */
void sim_exec_add_child(pid_t real);

/* ---- senders.c: who outside may send the program a signal ---- */

void sim_exec_senders_install(void);
void sim_exec_senders_add(pid_t real);
uint32_t sim_exec_senders_living(struct pollfd *fds);
bool sim_exec_is_sender(int fd);
bool sim_exec_is_sender_pid(pid_t real);
/* disposition.c: has the program a handler that another process would call? `idle`: or one that it could. */
bool sim_exec_expects_signal(bool idle);

/* ---- child.c: fork(2), execve(2), threads ---- */

long sim_exec_fork(const long *a); /* clone(2)'s arguments */
long sim_exec_execve(const long *a, bool at);

/* ---- wall.c ---- */

void sim_exec_show_wall_clock(void);

/* ---- thread.c ---- */

/* Is the clone(2) that is being answered pthread_create(3)'s, which has a task for it? */
bool sim_exec_is_making_thread(void);
/* The processor time of another while is used up. */
void sim_exec_watch(void);
/* exit(2) of the main thread, whose stack carries the world: returns when no other thread is left. */
void sim_exec_outlive_main(void);
/* futex(2): false: the kernel's. */
bool sim_exec_futex(const long *a, long *r);

/* ---- block.c: real calls that would block ---- */

/* Before a read(2) or write(2) of a real descriptor: waits as the simulated calls do. 0, or -EINTR. */
long sim_exec_block(int fd, short events);
/* wait4(2), waitid(2), whose options stand at `options`. */
long sim_exec_block_for_child(long nr, const long *a, int options);

/* ---- end.c: how it ended ---- */

/* Whichever way the program ends: files are finished and the summary is printed, once. */
void sim_exec_end(void);
void sim_exec_say(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

#endif
