/* SPDX-License-Identifier: MIT */
/*
 * Simulated processes of a scenario, their tasks, descriptors and signals. A task waits for a call, makes it,
 * and says so to the conductor, which is the world's main task. The process's first task is the one that
 * takes its signals, so the first call that blocks is the one that they interrupt. signal(7).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "api/calls/calls.h"
#include "api/posix/simsock_posix.h"
#include "api/simsock.h"
#include "scenarios/run/calls.h"
#include "sim/fault/call.h"

/* ---- signals ---- */

/* Handlers know no context: there is one run at a time. */
static struct sim_scenario *current;
static struct sigaction before;

static struct sim_actor *calling_actor(void)
{
	return current && sim_current ? sim_scn_actor_of(current, sim_current->proc) : NULL;
}

static void note_signal(int sig)
{
	struct sim_actor *a = calling_actor();

	if (a)
		a->seen |= UINT64_C(1) << (sig - 1);
}

static void set_disposition(struct sim_actor *a, int sig, int handler, int flags)
{
	struct sigaction *sa = &a->signals.of[sig];

	memset(sa, 0, sizeof *sa);
	sa->sa_handler = handler == 0 ? SIG_DFL : handler == 1 ? SIG_IGN : note_signal;
	sa->sa_flags = flags;
}

int sim_scn_sigaction(int sig, int handler, int flags)
{
	if (sig < 1 || sig >= NSIG || sig == SIGKILL || sig == SIGSTOP) {
		errno = EINVAL;
		return -1;
	}
	set_disposition(calling_actor(), sig, handler, flags);
	return 0;
}

/* What the kernel raises at a real descriptor, the write end of a pipe, is the calling process's. */
static void on_real_signal(int sig)
{
	struct sim_actor *a = calling_actor();

	if (a)
		__atomic_fetch_or(&a->proc->arrived, UINT64_C(1) << (sig - 1), __ATOMIC_RELAXED);
}

struct sim_scenario *sim_scn_now(void)
{
	return current;
}

void sim_scn_signals_begin(struct sim_scenario *s)
{
	struct sigaction sa = { .sa_handler = on_real_signal, .sa_flags = SA_RESTART };

	current = s;
	sigemptyset(&sa.sa_mask);
	(void)sigaction(SIGPIPE, &sa, &before);
}

void sim_scn_signals_end(void)
{
	(void)sigaction(SIGPIPE, &before, NULL);
	current = NULL;
}

/* Those that scenarios are about are noted, where programs would die of them or never see them. */
static void give_dispositions(struct sim_actor *a)
{
	static const int noted[] = { SIGPIPE, SIGURG, SIGIO };

	for (size_t i = 0; i < sizeof noted / sizeof noted[0]; i++)
		set_disposition(a, noted[i], 2, SA_RESTART);
	a->proc->dispositions = &a->signals;
}

/* ---- processes ---- */

struct sim_actor *sim_scn_actor_of(struct sim_scenario *s, const struct sim_proc *p)
{
	struct sim_actor *a = s->actors;

	while (a && a->proc != p)
		a = a->next;
	return a;
}

struct sim_actor *sim_scn_actor(struct sim_scenario *s, struct sim_slice who)
{
	struct sim_actor *a = s->actors;

	while (a && who.len && !sim_slice_is(who, a->name))
		a = a->next;
	return a;
}

static void wait_for_job(struct sim_worker *wk)
{
	while (!wk->job) {
		wk->task->daemon = true; /* nobody hangs who waits for a line */
		if (sim_task_block(wk->task, SIM_NEVER_NS) == -SIM_ERESTART)
			(void)sim_signals_deliver(wk->task);
	}
	wk->task->daemon = false;
}

static void worker_main(void *arg)
{
	struct sim_worker *wk = arg;

	wk->task = sim_current;
	for (;;) {
		struct sim_job *j;

		wait_for_job(wk);
		j = wk->job;
		sim_scn_make_call(j);
		wk->job = NULL;
		j->end_ns = j->scn->w->ctx.clock.now_ns;
		j->done = true;
		sim_task_wake(j->scn->w->main_task);
	}
}

static struct sim_worker *add_worker(struct sim_actor *a)
{
	struct sim_worker *wk = calloc(1, sizeof *wk), **tail = &a->workers;

	if (!wk)
		sim_control_fail("out of memory");
	wk->actor = a;
	while (*tail)
		tail = &(*tail)->next;
	*tail = wk;
	if (a->proc) {
		wk->task = sim_control_start_task(a->scn->c, a->proc, a->name, worker_main, wk);
	} else {
		wk->task = sim_control_start(a->scn->c, a->host, a->name, false, worker_main, wk);
		a->proc = wk->task->proc;
	}
	wk->task_id = wk->task->id;
	return wk;
}

struct sim_actor *sim_scn_add_actor(struct sim_scenario *s, const char *name, struct sim_host *h)
{
	struct sim_actor *a = calloc(1, sizeof *a), **tail = &s->actors;

	if (!a)
		sim_control_fail("out of memory");
	sim_str_copy(a->name, sizeof a->name, name);
	a->scn = s;
	a->host = h;
	for (int i = 0; i < SIM_SCN_MAX_FD; i++)
		a->fds[i] = -1;
	while (*tail)
		tail = &(*tail)->next;
	*tail = a;
	(void)add_worker(a);
	give_dispositions(a);
	return a;
}

/* ---- calls ---- */

void sim_scn_settle(struct sim_scenario *s)
{
	struct sim_task *t = s->w->main_task;

	for (;;) {
		if (!sim_list_empty(&s->w->sched.ready))
			sim_task_yield(t);
		else if (!sim_world_is_settled(s->w))
			sim_world_settle(s->w);
		else
			return;
	}
}

void sim_scn_start(struct sim_job *j)
{
	struct sim_worker *wk = j->actor->workers;

	while (wk && wk->job)
		wk = wk->next;
	if (!wk)
		wk = add_worker(j->actor);
	wk->job = j;
	j->begin_ns = j->scn->w->ctx.clock.now_ns;
	j->actor->seen = 0;
	sim_task_wake(wk->task);
	sim_scn_settle(j->scn);
}

/* A call has ended since, or its process has. */
static bool has_any_ended(const struct sim_scenario *s)
{
	const struct sim_job *j = s->running;

	while (j && !j->done && !j->actor->proc->ended)
		j = j->next;
	return j != NULL;
}

void sim_scn_sleep_until(struct sim_scenario *s, int64_t time_ns)
{
	struct sim_task *t = s->w->main_task;

	sim_scn_settle(s);
	while (s->w->ctx.clock.now_ns < time_ns && !(time_ns == SIM_NEVER_NS && has_any_ended(s))) {
		t->on.call = SIM_CALL_NANOSLEEP;
		t->on.fd = -1;
		t->on.sock_id = 0;
		if (sim_task_block(t, time_ns) == -SIM_ERESTART)
			(void)sim_signals_deliver(t);
	}
	sim_scn_settle(s);
}

/* ---- descriptors ---- */

/* No process has so many: what is not open is EBADF. */
enum { NOBODYS_FD = 1 << 20 };

int sim_scn_fd(const struct sim_actor *a, int64_t fd)
{
	if (fd < 0 || fd > INT32_MAX)
		return (int)fd;
	if (fd < SIM_SCN_MAX_FD && a->fds[fd] >= 0)
		return a->fds[fd];
	return fd < NOBODYS_FD ? NOBODYS_FD + (int)fd : (int)fd;
}

int sim_scn_script_fd(const struct sim_actor *a, int real_fd)
{
	for (int i = 0; i < SIM_SCN_MAX_FD && real_fd >= 0; i++)
		if (a->fds[i] == real_fd)
			return i;
	return real_fd >= NOBODYS_FD ? real_fd - NOBODYS_FD : -1;
}

/* The number that a call gives to what it makes; -1: it says none. */
static int number_made(const struct sim_job *j)
{
	if (!strcmp(j->row->name, "dup2"))
		return (int)j->args[1].word;
	if (sim_scn_makes_fd(j) && j->ev->result.op == SIM_RESULT_EQ)
		return (int)j->ev->result.value;
	return -1;
}

/* What has no number yet is made by the worker's call. */
static int number_of(const struct sim_worker *wk, int fd)
{
	int known = sim_scn_script_fd(wk->actor, fd);

	if (known < 0 && wk->job)
		known = number_made(wk->job);
	return known < 0 ? fd : known;
}

int sim_scn_number_fd(struct sim_control *c, uint32_t task_id, int fd)
{
	(void)c;
	for (const struct sim_actor *a = sim_scn_now()->actors; a && fd >= 0; a = a->next)
		for (const struct sim_worker *wk = a->workers; wk; wk = wk->next)
			if (wk->task_id == task_id)
				return number_of(wk, fd);
	return fd;
}

bool sim_scn_bind_fd(struct sim_actor *a, int64_t script_fd, int real_fd)
{
	if (script_fd < 0 || script_fd >= SIM_SCN_MAX_FD || a->fds[script_fd] >= 0)
		return false;
	a->fds[script_fd] = real_fd;
	return true;
}

/* The number is the script's choice: what is open there is replaced, else any descriptor takes it. */
int sim_scn_dup2(int real_fd, int64_t to)
{
	struct sim_actor *a = calling_actor();
	int made;

	if (to < 0 || to >= SIM_SCN_MAX_FD)
		return sim_dup2(real_fd, -1);
	made = a->fds[to] >= 0 ? sim_dup2(real_fd, a->fds[to]) : sim_dup(real_fd);
	if (made < 0)
		return -1;
	a->fds[to] = made;
	return (int)to;
}

void sim_scn_note_real_fd(struct sim_scenario *s, int fd)
{
	int *more = realloc(s->real_fds, (s->num_real_fds + 1) * sizeof *more);

	if (!more)
		return;
	s->real_fds = more;
	s->real_fds[s->num_real_fds++] = fd;
}
