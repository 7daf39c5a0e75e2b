/* SPDX-License-Identifier: MIT */
/*
 * A host that has Unix sockets and nothing else, with one task, for tests of sim/unix: every table that the
 * layers above would define is defined in unix_host.c. What happens while the task is blocked is said by the
 * test.
 */
#ifndef SIMSOCK_TESTS_SUPPORT_UNIX_HOST_H
#define SIMSOCK_TESTS_SUPPORT_UNIX_HOST_H

#include "sim/sock/sock.h"
#include "sim/task/task.h"
#include "sim/trace/ctx.h"
#include "sim/unix/unix_domain.h"

struct unix_host {
	struct sim_ctx ctx;
	struct sim_sched sched;
	struct sim_net net;
	struct sim_unix names;
	struct sim_task *task;
	void *mem;
	uint64_t num_live_before;
	void (*while_blocked)(struct unix_host *h); /* called once when the task blocks; then timers run */
};

enum { UNIX_HOST_DEADLOCK = 9999 }; /* what a blocked call returns, negated, when nothing can wake it */

/* Who the task's process is; tests change it. */
extern struct sim_unix_cred unix_host_cred;

void unix_host_init(struct unix_host *h);
/* Asserts that no socket is left and that everything was freed. */
void unix_host_fini(struct unix_host *h);

struct sim_sock *unix_new(struct unix_host *h, int type);
void unix_pair_of(struct unix_host *h, int type, struct sim_sock *pair[2]);
void unix_close(struct unix_host *h, struct sim_sock *sk); /* as the last descriptor's close does */

/* "@name" is abstract, "" has a family only. */
struct sim_sockaddr unix_at(const char *name);

ssize_t unix_send(struct unix_host *h, struct sim_sock *sk, const void *data, size_t len, int flags);
ssize_t unix_send_to(struct unix_host *h, struct sim_sock *sk, const void *data, size_t len, int flags,
		     const char *name);
ssize_t unix_recv(struct unix_host *h, struct sim_sock *sk, void *data, size_t len, int flags);
int unix_bind_to(struct unix_host *h, struct sim_sock *sk, const char *name);
int unix_connect_to(struct unix_host *h, struct sim_sock *sk, const char *name, bool nonblock);
struct sim_sock *unix_listener_at(struct unix_host *h, int type, const char *name, int backlog);
uint32_t unix_ready(struct sim_sock *sk); /* EPOLLIN, OUT, ERR, HUP, RDHUP of what poll says */

#endif
