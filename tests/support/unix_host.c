/* SPDX-License-Identifier: MIT */
/* See unix_host.h. */
#include "tests/support/unix_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/uaccess.h"

enum { MEM_BYTES = 64 << 20, NUM_RECORDS = 64, BAD_POINTERS_BELOW = 4096 };

struct sim_unix_cred unix_host_cred;

/* ---- what the layers above supply ---- */

const struct sim_sock_ops *const sim_sock_ops[SIM_SOCK_NUM_KINDS] = {
	[SIM_SOCK_UNIX_STREAM] = &sim_unix_stream_ops,
	[SIM_SOCK_UNIX_DGRAM] = &sim_unix_dgram_ops,
	[SIM_SOCK_UNIX_SEQPACKET] = &sim_unix_seqpacket_ops,
};

sim_timer_fn *const sim_timer_fns[SIM_TIMER_NUM_KINDS] = { [SIM_TIMER_TASK] = sim_task_on_timer };
sim_wait_fn *const sim_wait_fns[SIM_WAIT_NUM_KINDS] = { [SIM_WAIT_TASK] = sim_task_on_wake };

const struct sim_unix_resolver *const sim_unix_resolvers[SIM_UNIX_NUM_PATHS] = {
	[SIM_UNIX_PATHS_VIRTUAL] = &sim_unix_tree_resolver,
};

struct sim_sock *sim_sock_peer(struct sim_sock *sk)
{
	return sim_unix_peer(sk);
}

void sim_sock_signal_urgent(struct sim_sock *sk)
{
	(void)sk;
}

void sim_unix_task_cred(struct sim_task *t, struct sim_unix_cred *cred)
{
	(void)t;
	*cred = unix_host_cred;
}

/* No message here carries descriptors. */
int sim_rights_may_depart(const struct sim_rights *r)
{
	(void)r;
	return 0;
}

void sim_rights_depart(struct sim_rights *r, struct sim_sock *to)
{
	(void)r;
	(void)to;
}

void sim_rights_arrive(struct sim_rights *r)
{
	(void)r;
}

struct sim_rights *sim_rights_copy(const struct sim_rights *r)
{
	(void)r;
	return NULL;
}

void sim_rights_free(struct sim_rights *r)
{
	assert_null(r);
}

size_t sim_copy_from_user(void *to, const void *user, size_t len)
{
	if ((uintptr_t)user < BAD_POINTERS_BELOW)
		return len;
	memcpy(to, user, len);
	return 0;
}

size_t sim_copy_to_user(void *user, const void *from, size_t len)
{
	if ((uintptr_t)user < BAD_POINTERS_BELOW)
		return len;
	memcpy(user, from, len);
	return 0;
}

/* ---- the host ---- */

static bool idle(struct sim_sched *s)
{
	struct unix_host *h = sim_container_of(s, struct unix_host, sched);
	void (*fn)(struct unix_host *) = h->while_blocked;

	h->while_blocked = NULL;
	if (fn) {
		fn(h);
		return true;
	}
	return sim_clock_step(&h->ctx.clock, SIM_NEVER_NS);
}

static int deadlock(struct sim_sched *s, struct sim_task *t)
{
	(void)s;
	(void)t;
	return -UNIX_HOST_DEADLOCK;
}

#define FIELD_DEFAULT(field, name, index, initial, min, max) .field = (initial),

void unix_host_init(struct unix_host *h)
{
	struct sim_sysctls sysctl = { SIM_SYSCTL_TABLE(FIELD_DEFAULT) };

	memset(h, 0, sizeof *h);
	h->mem = calloc(1, MEM_BYTES);
	assert_non_null(h->mem);
	h->ctx.arena = sim_arena_init(h->mem, MEM_BYTES);
	h->ctx.seed = 1;
	assert_int_equal(sim_clock_init(&h->ctx.clock, h->ctx.arena), 0);
	assert_int_equal(sim_trace_init(&h->ctx.trace, h->ctx.arena, &h->ctx.clock, NUM_RECORDS), 0);
	sim_sched_init(&h->sched, &h->ctx);
	h->sched.idle = idle;
	h->sched.deadlock = deadlock;
	h->task = sim_task_new(&h->sched, NULL, "test", true);
	assert_non_null(h->task);
	h->net.ctx = &h->ctx;
	h->net.host_id = 1;
	h->net.sysctl = sysctl;
	sim_list_init(&h->net.sockets);
	h->num_live_before = h->ctx.arena->num_live;
	assert_int_equal(sim_unix_init(&h->names, &h->net), 0);
	unix_host_cred = (struct sim_unix_cred){ 4711, 0, 0, 022, NULL };
}

void unix_host_fini(struct unix_host *h)
{
	assert_int_equal(h->net.num_sockets, 0);
	sim_unix_fini(&h->names);
	assert_int_equal(h->ctx.arena->num_live, h->num_live_before);
	free(h->mem);
}

struct sim_sock *unix_new(struct unix_host *h, int type)
{
	struct sim_sock *sk = NULL;

	assert_int_equal(sim_unix_sock_new(&h->net, type, &sk), 0);
	return sk;
}

void unix_pair_of(struct unix_host *h, int type, struct sim_sock *pair[2])
{
	assert_int_equal(sim_unix_pair_new(&h->net, type, pair), 0);
}

void unix_close(struct unix_host *h, struct sim_sock *sk)
{
	sk->dead = true;
	sim_sock_op(sk)->release(sk, h->task);
	sim_sock_put(sk);
}

struct sim_sockaddr unix_at(const char *name)
{
	struct sim_sockaddr a = { .family = AF_UNIX, .path_len = (uint16_t)strlen(name) };

	assert_true(a.path_len <= SIM_UNIX_PATH_MAX);
	memcpy(a.path, name, a.path_len);
	if (a.path[0] == '@')
		a.path[0] = '\0';
	return a;
}

ssize_t unix_send_to(struct unix_host *h, struct sim_sock *sk, const void *data, size_t len, int flags,
		     const char *name)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct sim_sockaddr to = unix_at(name ? name : "");
	struct sim_msg m = { .it = { &iov, 1, 0 }, .len = len, .flags = flags, .to = name ? &to : NULL };

	m.nonblock = flags & MSG_DONTWAIT;
	return sim_sock_op(sk)->send(sk, h->task, &m);
}

ssize_t unix_send(struct unix_host *h, struct sim_sock *sk, const void *data, size_t len, int flags)
{
	return unix_send_to(h, sk, data, len, flags, NULL);
}

ssize_t unix_recv(struct unix_host *h, struct sim_sock *sk, void *data, size_t len, int flags)
{
	struct iovec iov = { data, len };
	struct sim_msg m = {
		.it = { &iov, 1, 0 }, .len = len, .flags = flags, .nonblock = flags & MSG_DONTWAIT
	};

	return sim_sock_op(sk)->recv(sk, h->task, &m);
}

int unix_bind_to(struct unix_host *h, struct sim_sock *sk, const char *name)
{
	struct sim_sockaddr a = unix_at(name);

	return sim_sock_op(sk)->bind(sk, h->task, &a);
}

int unix_connect_to(struct unix_host *h, struct sim_sock *sk, const char *name, bool nonblock)
{
	struct sim_sockaddr a = unix_at(name);

	return sim_sock_op(sk)->connect(sk, h->task, &a, nonblock);
}

struct sim_sock *unix_listener_at(struct unix_host *h, int type, const char *name, int backlog)
{
	struct sim_sock *sk = unix_new(h, type);

	assert_int_equal(unix_bind_to(h, sk, name), 0);
	assert_int_equal(sim_sock_op(sk)->listen(sk, h->task, backlog), 0);
	return sk;
}

uint32_t unix_ready(struct sim_sock *sk)
{
	return sim_sock_op(sk)->poll(sk) & (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLRDHUP);
}
