/* SPDX-License-Identifier: MIT */
/*
 * Threads of the program: each is a task of its process, carried by the real thread that libc makes. One runs
 * at any moment; whoever blocks hands a baton over, so that the order is the scheduler's and the same in
 * every run. Where libc would wait in the kernel for another thread (futex(2): mutexes, condition variables,
 * semaphores, joining), the task blocks instead. pthread_create(3), pthread_join(3).
 *
 * A thread is given the processor only when another makes a call: one that waits by looking at memory again
 * and again, without any call, would wait for ever. It is watched for by the processor time that it takes.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/exec.h"

#include <dlfcn.h>
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <setjmp.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <threads.h>
#include <time.h>

#include "api/calls/calls.h"
#include "api/calls/clocks.h"
#include "api/control/control.h"
#include "api/dropin/define.h"
#include "api/exec/door.h"
#include "api/raw/face.h"
#include "api/simsock.h"
#include "sim/base/uaccess.h"

/* A real thread and its turn. */
struct baton {
	uint32_t go;         /* futex(2): 1: it is this thread's turn */
	struct sim_task *to; /* which of the tasks that it carries */
};

struct thread {
	struct sim_list node;
	struct baton baton;
	pthread_t id;
	struct sim_task *task;
	struct sim_waitq joiners;
	void *(*fn)(void *);
	void *arg;
	jmp_buf out;
	bool ended, detached;
};

static struct sim_list threads = { &threads, &threads };
static struct baton main_baton; /* of the main task's thread, which carries the fibers too */
static __thread struct thread *self;
static char carried_by_thread; /* its address stands as the carrier of such tasks */
static bool is_making, is_joining;
static uint64_t num_turns; /* batons handed over */
static bool main_has_left;

/* ---- handing over ---- */

static void give(struct baton *b, struct sim_task *to)
{
	b->to = to;
	num_turns++;
	__atomic_store_n(&b->go, 1, __ATOMIC_RELEASE);
	SIM_DOOR3(SYS_futex, &b->go, FUTEX_WAKE_PRIVATE, 1);
}

static struct sim_task *await(struct baton *b)
{
	while (!__atomic_load_n(&b->go, __ATOMIC_ACQUIRE))
		SIM_DOOR(SYS_futex, &b->go, FUTEX_WAIT_PRIVATE, 0, NULL, 0, 0);
	b->go = 0;
	return b->to;
}

static struct thread *thread_of(const struct sim_task *t)
{
	struct sim_list *node;

	sim_list_each(node, &threads) {
		struct thread *th = sim_container_of(node, struct thread, node);

		if (th->task == t)
			return th;
	}
	return NULL;
}

/* A thread that has ended goes back to leave(), and from there to libc. */
static void switch_from_thread(struct sim_task *from, struct sim_task *to)
{
	struct thread *th = thread_of(to);
	bool is_dead = from->state == SIM_TASK_DEAD;

	give(th ? &th->baton : &main_baton, to);
	if (is_dead)
		longjmp(self->out, 1);
	(void)await(&self->baton);
}

static void switch_to(struct sim_task *from, struct sim_task *to)
{
	struct thread *th = thread_of(to);

	if (self) {
		switch_from_thread(from, to);
		return;
	}
	if (th) {
		give(&th->baton, to);
		to = await(&main_baton);
		sim_current = to;
	}
	if (to != from)
		sim_control_carriers.switch_to(from, to);
}

static void free_carrier(struct sim_task *t)
{
	if (t->carrier != &carried_by_thread)
		sim_control_carriers.free(t);
}

static const struct sim_carrier_ops carriers = { switch_to, free_carrier };

/* ---- a thread that never hands over ---- */

enum { WATCH_EVERY_S = 10, WATCHES_TO_THE_END = 3 };

/* Has nothing been called for so long, though there are others? */
void sim_exec_watch(void)
{
	static uint64_t seen_turns;
	static unsigned num_idle;
	uint64_t now = num_turns + sim_exec.num_served + sim_exec.w->num_calls;

	num_idle = now == seen_turns && !sim_list_empty(&threads) ? num_idle + 1 : 0;
	seen_turns = now;
	if (num_idle < WATCHES_TO_THE_END)
		return;
	sim_exec_say(
		"a thread of %s has run for %d s of processor time without any call, and no other can: one "
		"that waits by looking at memory again and again cannot be simulated",
		sim_exec.name, WATCH_EVERY_S * WATCHES_TO_THE_END);
	sim_exec_end();
	SIM_DOOR3(SYS_exit_group, SIM_EXIT_DEADLOCK, 0, 0);
}

/* timer_create(2) of the processor time of all threads; it tells by SIGSYS, which is ours. */
static void begin_watching(void)
{
	static bool begun;
	struct sigevent by_sigsys = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGSYS };
	struct itimerspec every = { { WATCH_EVERY_S, 0 }, { WATCH_EVERY_S, 0 } };
	int timer;

	if (begun || SIM_DOOR3(SYS_timer_create, CLOCK_PROCESS_CPUTIME_ID, &by_sigsys, &timer))
		return;
	begun = true;
	SIM_DOOR(SYS_timer_settime, timer, 0, &every, NULL, 0, 0);
}

/* ---- beginning and ending ---- */

/* The task ends here, and the thread goes on without one: what libc does at its end is the kernel's. */
static void leave(void *arg)
{
	struct thread *th = arg;
	struct sim_task *t = th->task;

	th->ended = true;
	th->task = NULL;
	sim_waitq_wake(&th->joiners, EPOLLHUP);
	if (main_has_left)
		sim_task_wake(sim_exec.w->main_task);
	if (th->detached)
		sim_list_remove(&th->node);
	if (!setjmp(th->out))
		sim_task_exit(t);
	sim_current = NULL;
	(void)sim_door_open_all();
	if (th->detached)
		free(th);
}

static void *thread_main(void *arg)
{
	struct thread *th = arg;
	void *result;

	self = th;
	(void)await(&th->baton);
	(void)sim_door_close_all_others();
	sim_current = th->task;
	sim_task_entered(th->task);
	pthread_cleanup_push(leave, th);
	result = th->fn(th->arg);
	pthread_cleanup_pop(1);
	return result;
}

static bool is_detached(const pthread_attr_t *attr)
{
	int state = PTHREAD_CREATE_JOINABLE;

	return attr && !pthread_attr_getdetachstate(attr, &state) && state == PTHREAD_CREATE_DETACHED;
}

static struct thread *thread_new(void *(*fn)(void *), void *arg)
{
	struct sim_world *w = sim_exec.w;
	struct thread *th = calloc(1, sizeof *th);

	if (!th)
		return NULL;
	th->task = sim_task_new(&w->sched, w->program, "thread", false);
	if (!th->task) {
		free(th);
		return NULL;
	}
	th->task->carrier = &carried_by_thread;
	th->fn = fn;
	th->arg = arg;
	sim_waitq_init(&th->joiners);
	sim_list_append(&threads, &th->node);
	begin_watching();
	w->sched.carriers = &carriers;
	return th;
}

static void thread_free(struct thread *th)
{
	sim_list_remove(&th->node);
	free(th);
}

bool sim_exec_is_making_thread(void)
{
	return is_making;
}

typedef int create_fn(pthread_t *id, const pthread_attr_t *attr, void *(*fn)(void *), void *arg);
typedef int join_fn(pthread_t id, void **result);
typedef int detach_fn(pthread_t id);

int sim_exec_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
	SIM_AS("pthread_create");
int sim_exec_pthread_create(pthread_t *id, const pthread_attr_t *attr, void *(*fn)(void *), void *arg)
{
	create_fn *real = (create_fn *)dlsym(RTLD_NEXT, "pthread_create");
	struct thread *th;
	int err;

	if (!sim_current)
		return real(id, attr, fn, arg);
	if (!sim_exec.has_dispatch) {
		sim_exec_say("%s starts a thread: without Syscall User Dispatch (Linux 5.11) only one is "
			     "simulated; it is refused with EAGAIN",
			     sim_exec.name);
		return EAGAIN;
	}
	th = thread_new(fn, arg);
	if (!th)
		return EAGAIN;
	th->detached = is_detached(attr);
	is_making = true;
	err = real(&th->id, attr, thread_main, th);
	is_making = false;
	if (err) {
		sim_task_free(th->task);
		thread_free(th);
		return err;
	}
	*id = th->id;
	return 0;
}

static struct thread *find(pthread_t id)
{
	struct sim_list *node;

	sim_list_each(node, &threads) {
		struct thread *th = sim_container_of(node, struct thread, node);

		if (pthread_equal(th->id, id))
			return th;
	}
	return NULL;
}

int sim_exec_pthread_detach(pthread_t id) SIM_AS("pthread_detach");
int sim_exec_pthread_detach(pthread_t id)
{
	detach_fn *real = (detach_fn *)dlsym(RTLD_NEXT, "pthread_detach");
	struct thread *th = sim_current ? find(id) : NULL;
	int err = real(id);

	if (!th || err)
		return err;
	if (th->ended)
		sim_list_remove(&th->node); /* its last instructions may still need it */
	else
		th->detached = true;
	return 0;
}

int sim_exec_pthread_join(pthread_t id, void **result) SIM_AS("pthread_join");
int sim_exec_pthread_join(pthread_t id, void **result)
{
	join_fn *real = (join_fn *)dlsym(RTLD_NEXT, "pthread_join");
	struct thread *th = sim_current ? find(id) : NULL;
	struct sim_wait wait;
	int err;

	if (!th)
		return real(id, result);
	sim_waitq_add(&th->joiners, &wait, SIM_WAIT_TASK, sim_current, 0);
	while (!th->ended)
		(void)sim_task_block(sim_current, SIM_NEVER_NS);
	sim_waitq_remove(&wait);
	/* It is on its last instructions, and the kernel tells when they are over. */
	is_joining = true;
	err = real(id, result);
	is_joining = false;
	thread_free(th);
	return err;
}

/* pthread_cancel(3): who waits in a simulated call is woken, and looks before it waits again. */
int sim_exec_pthread_cancel(pthread_t id) SIM_AS("pthread_cancel");
int sim_exec_pthread_cancel(pthread_t id)
{
	detach_fn *real = (detach_fn *)dlsym(RTLD_NEXT, "pthread_cancel");
	struct thread *th = sim_current ? find(id) : NULL;
	int err;

	sim_face_interrupted_hook = pthread_testcancel;
	err = real(id);
	if (!err && th && th->task && th->task->state == SIM_TASK_BLOCKED)
		sim_task_interrupt(th->task);
	return err;
}

/* ---- threads.h: C11's, which libc makes without asking us ---- */

struct c11 {
	thrd_start_t fn;
	void *arg;
};

static void *c11_main(void *arg)
{
	struct c11 c = *(struct c11 *)arg;

	free(arg);
	return (void *)(intptr_t)c.fn(c.arg);
}

int sim_exec_thrd_create(thrd_t *id, thrd_start_t fn, void *arg) SIM_AS("thrd_create");
int sim_exec_thrd_create(thrd_t *id, thrd_start_t fn, void *arg)
{
	struct c11 *c = malloc(sizeof *c);
	int err;

	if (!c)
		return thrd_nomem;
	*c = (struct c11){ fn, arg };
	err = sim_exec_pthread_create(id, NULL, c11_main, c);
	if (!err)
		return thrd_success;
	free(c);
	return err == ENOMEM ? thrd_nomem : thrd_error;
}

int sim_exec_thrd_join(thrd_t id, int *result) SIM_AS("thrd_join");
int sim_exec_thrd_join(thrd_t id, int *result)
{
	void *value;

	if (sim_exec_pthread_join(id, &value))
		return thrd_error;
	if (result)
		*result = (int)(intptr_t)value;
	return thrd_success;
}

int sim_exec_thrd_detach(thrd_t id) SIM_AS("thrd_detach");
int sim_exec_thrd_detach(thrd_t id)
{
	return sim_exec_pthread_detach(id) ? thrd_error : thrd_success;
}

static bool is_any_running(void)
{
	struct sim_list *node;

	sim_list_each(node, &threads) {
		if (!sim_container_of(node, struct thread, node)->ended)
			return true;
	}
	return false;
}

void sim_exec_outlive_main(void)
{
	if (!sim_current || sim_current != sim_exec.w->main_task)
		return;
	main_has_left = true;
	while (is_any_running())
		(void)sim_task_block(sim_current, SIM_NEVER_NS);
}

/* ---- futex(2) ---- */

struct sleeper {
	struct sim_list node;
	const uint32_t *at;
	uint32_t bits;
	struct sim_task *task;
	bool woken;
};

static struct sim_list sleepers = { &sleepers, &sleepers };

/* When the wait ends: a span (FUTEX_WAIT), or a time of one of the two clocks. */
static long deadline_of(const long *a, int64_t *deadline_ns)
{
	int op = (int)a[1], command = op & FUTEX_CMD_MASK;
	struct timespec ts;
	int64_t ns;

	*deadline_ns = SIM_NEVER_NS;
	if (!a[3])
		return 0;
	if (sim_copy_from_user(&ts, (const void *)a[3], sizeof ts))
		return -EFAULT;
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= SIM_NS_PER_S)
		return -EINVAL;
	if (ts.tv_sec > SIM_NEVER_NS / SIM_NS_PER_S / 4)
		return 0;
	ns = ts.tv_sec * SIM_NS_PER_S + ts.tv_nsec;
	if (command == FUTEX_WAIT)
		ns += sim_now(&sim_exec.w->ctx);
	else if (op & FUTEX_CLOCK_REALTIME)
		ns -= SIM_CLOCK_EPOCH_NS + sim_current->proc->host->net.realtime_offset_ns;
	else
		ns -= SIM_CLOCK_START_NS;
	*deadline_ns = ns;
	return 0;
}

static long futex_wait(const long *a, uint32_t bits)
{
	struct sleeper s = { .at = (const uint32_t *)a[0], .bits = bits, .task = sim_current };
	int64_t deadline_ns;
	uint32_t value;
	long r = deadline_of(a, &deadline_ns);

	if (r)
		return r;
	if (sim_copy_from_user(&value, s.at, sizeof value))
		return -EFAULT;
	if (value != (uint32_t)a[2])
		return -EAGAIN;
	sim_list_append(&sleepers, &s.node);
	while (!s.woken && !r) {
		r = sim_now(&sim_exec.w->ctx) >= deadline_ns ? -ETIMEDOUT
							     : sim_task_block(sim_current, deadline_ns);
		if (r == -SIM_ERESTART)
			r = -EINTR;
	}
	sim_list_remove(&s.node);
	return s.woken ? 0 : r;
}

static long futex_wake(const long *a, uint32_t bits)
{
	struct sim_list *node;
	long num = 0;

	sim_list_each(node, &sleepers) {
		struct sleeper *s = sim_container_of(node, struct sleeper, node);

		if (num >= a[2])
			break;
		if (s->woken || s->at != (const uint32_t *)a[0] || !(s->bits & bits))
			continue;
		s->woken = true;
		sim_task_wake(s->task);
		num++;
	}
	return num ? num : SIM_DOOR(SYS_futex, a[0], a[1], a[2], a[3], a[4], a[5]);
}

bool sim_exec_futex(const long *a, long *r)
{
	if (!sim_current || is_joining)
		return false;
	switch ((int)a[1] & FUTEX_CMD_MASK) {
	case FUTEX_WAIT: *r = futex_wait(a, FUTEX_BITSET_MATCH_ANY); return true;
	case FUTEX_WAIT_BITSET: *r = futex_wait(a, (uint32_t)a[5]); return true;
	case FUTEX_WAKE: *r = futex_wake(a, FUTEX_BITSET_MATCH_ANY); return true;
	case FUTEX_WAKE_BITSET: *r = futex_wake(a, (uint32_t)a[5]); return true;
	default: return false;
	}
}
