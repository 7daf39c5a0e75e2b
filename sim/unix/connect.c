/* SPDX-License-Identifier: MIT */
/*
 * connect(2), listen(2), accept(2) on Unix sockets. A stream's connection is there when connect returns: the
 * other end waits in the listener's queue and may be written to before it is accepted. Must not know how data
 * are queued.
 */
#include <errno.h>

#include "sim/unix/private.h"

int sim_unix_listen(struct sim_sock *sk, struct sim_task *t, int backlog)
{
	struct sim_unix_sock *u = sim_unix_of(sk);
	int max = sk->net->sysctl.core_somaxconn;

	if ((unsigned)backlog > (unsigned)max)
		backlog = max;
	if (!u->addr)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_NOT_BOUND, SIM_NEVER_NS, 0, 0, 0, 0);
	if (u->state == SIM_UNIX_CONNECTED)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_ALREADY_CONNECTED, SIM_NEVER_NS, 0, 0, 0, 0);
	if (backlog > u->backlog)
		sim_waitq_wake(&u->peer_wait, EPOLLOUT);
	u->backlog = backlog;
	u->state = SIM_UNIX_LISTENING;
	sim_unix_task_cred(t, &u->cred);
	return 0;
}

int sim_unix_no_listen(struct sim_sock *sk, struct sim_task *t, int backlog)
{
	(void)backlog;
	return sim_sock_fail(sk, t, EOPNOTSUPP, SIM_WHY_NOT_SUPPORTED, SIM_NEVER_NS, 0, 0, 0, 0);
}

int sim_unix_no_accept(struct sim_sock *sk, struct sim_task *t, bool nonblock, struct sim_sock **child)
{
	(void)nonblock;
	(void)child;
	return sim_sock_fail(sk, t, EOPNOTSUPP, SIM_WHY_NOT_SUPPORTED, SIM_NEVER_NS, 0, 0, 0, 0);
}

static struct sim_unix_sock *take_waiting(struct sim_unix_sock *u)
{
	struct sim_unix_sock *child = u->first_waiting;

	u->first_waiting = child->next_waiting;
	if (!u->first_waiting)
		u->last_waiting = NULL;
	child->next_waiting = NULL;
	child->listener = NULL;
	u->num_queued--;
	return child;
}

int sim_unix_accept(struct sim_sock *sk, struct sim_task *t, bool nonblock, struct sim_sock **child)
{
	struct sim_unix_sock *u = sim_unix_of(sk);
	int64_t deadline_ns = 0;

	if (u->state != SIM_UNIX_LISTENING)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_NOT_LISTENING, SIM_NEVER_NS, 0, 0, 0, 0);
	while (!u->first_waiting) {
		int err = sim_sock_take_error(sk, t);

		if (err)
			return err;
		if (nonblock)
			return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_ACCEPT_EMPTY, SIM_NEVER_NS, u->backlog, 0,
					     0, 0);
		if (sk->shutdown & SIM_SHUT_RD)
			return sim_sock_fail(sk, t, EINVAL, SIM_WHY_NOT_LISTENING, SIM_NEVER_NS, 0, 0, 0, 0);
		if (!deadline_ns)
			deadline_ns = sim_sock_deadline(sk, sk->rcvtimeo_ns);
		err = sim_sock_wait(sk, t, EPOLLIN, deadline_ns);
		if (err == -EAGAIN && !u->first_waiting)
			return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_RCVTIMEO, SIM_NEVER_NS, sk->rcvtimeo_ns,
					     0, 0, 0);
		if (err && err != -EAGAIN)
			return sim_unix_interrupted(err, sk->rcvtimeo_ns);
	}
	*child = &take_waiting(u)->sk;
	sim_waitq_wake(&u->peer_wait, EPOLLOUT);
	return 0;
}

/* The listener of that name with room in its queue; waits for room. */
static int find_listener(struct sim_unix_sock *u, struct sim_task *t, const struct sim_sockaddr *a,
			 bool nonblock, struct sim_unix_sock **found)
{
	struct sim_sock *sk = &u->sk;
	int64_t deadline_ns = 0;
	bool expired = nonblock;

	for (;;) {
		struct sim_unix_sock *other;
		int err = sim_unix_find(u, t, a, &other);

		if (err)
			return err;
		if (other->state != SIM_UNIX_LISTENING || (other->sk.shutdown & SIM_SHUT_RD))
			return sim_sock_fail(sk, t, ECONNREFUSED, SIM_WHY_REFUSED_UNIX, SIM_NEVER_NS, 0, 0, 0,
					     0);
		if (!sim_unix_queue_full(other)) {
			*found = other;
			return 0;
		}
		if (expired)
			return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_LISTEN_QUEUE_FULL, SIM_NEVER_NS,
					     other->num_queued, (int64_t)other->backlog + 1, 0, 0);
		if (!deadline_ns)
			deadline_ns = sim_sock_deadline(sk, sk->sndtimeo_ns);
		err = sim_unix_wait_for_peer(u, other, t, deadline_ns);
		if (err && err != -EAGAIN)
			return err;
		expired = err == -EAGAIN;
	}
}

/* The end that the listener's program will accept. */
static struct sim_unix_sock *new_child(struct sim_unix_sock *u, struct sim_unix_sock *listener,
				       struct sim_task *t)
{
	struct sim_unix_sock *child = sim_unix_alloc(listener->sk.net, u->sk.type);

	if (!child)
		return NULL;
	child->state = SIM_UNIX_CONNECTED;
	child->addr = listener->addr;
	child->addr->refs++;
	child->sk.passcred = listener->sk.passcred;
	child->sk.no_passrights = listener->sk.no_passrights;
	child->listener = listener;
	sim_unix_task_cred(t, &child->cred);
	sim_unix_set_peer(child, u);
	if (listener->last_waiting)
		listener->last_waiting->next_waiting = child;
	else
		listener->first_waiting = child;
	listener->last_waiting = child;
	listener->num_queued++;
	return child;
}

int sim_unix_connect(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *a, bool nonblock)
{
	struct sim_unix_sock *u = sim_unix_of(sk), *listener = NULL, *child;
	int err = sim_unix_check_addr(u, t, a);

	if (!err && sk->passcred)
		err = sim_unix_autobind(u, t);
	if (!err)
		err = find_listener(u, t, a, nonblock, &listener);
	if (err)
		return err;
	if (u->state == SIM_UNIX_CONNECTED)
		return sim_sock_fail(sk, t, EISCONN, SIM_WHY_ALREADY_CONNECTED, SIM_NEVER_NS, 0, 0, 0, 0);
	if (u->state == SIM_UNIX_LISTENING)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_NOT_CONNECTED, SIM_NEVER_NS, u->state, 0, 0, 0);
	child = new_child(u, listener, t);
	if (!child)
		return sim_sock_fail(sk, t, ENOMEM, SIM_WHY_NO_MEMORY, SIM_NEVER_NS, 0, 0, 0, 0);
	u->cred = listener->cred;
	u->state = SIM_UNIX_CONNECTED;
	sim_unix_set_peer(u, child);
	sim_sock_notify(&listener->sk, SIM_UNIX_READABLE);
	return 0;
}

/* ---- datagrams ---- */

bool sim_unix_may_send(const struct sim_unix_sock *u, const struct sim_unix_sock *to)
{
	return !to->peer || to->peer == u;
}

void sim_unix_dgram_disconnected(struct sim_unix_sock *u, struct sim_unix_sock *peer)
{
	if (u->num_queued) {
		sim_unix_dgram_purge(u);
		sim_waitq_wake(&u->peer_wait, EPOLLOUT);
		if (!peer->released && peer->peer == u)
			sim_sock_set_error(&peer->sk, ECONNRESET, SIM_WHY_PEER_CLOSED_UNREAD,
					   sim_now(u->sk.net->ctx), 0, 0);
	}
	if (!peer->peer)
		peer->state = SIM_UNIX_CLOSED;
}

static void change_peer(struct sim_unix_sock *u, struct sim_unix_sock *other)
{
	struct sim_unix_sock *old = u->peer;

	if (!old) {
		sim_unix_set_peer(u, other);
		return;
	}
	sim_sock_get(&old->sk);
	sim_unix_set_peer(u, other);
	if (!other)
		u->state = SIM_UNIX_CLOSED;
	sim_unix_dgram_forget(u);
	sim_sock_notify(&u->sk, SIM_UNIX_WRITABLE);
	if (old != other)
		sim_unix_dgram_disconnected(u, old);
	sim_sock_put(&old->sk);
}

int sim_unix_dgram_connect(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *a,
			   bool nonblock)
{
	struct sim_unix_sock *u = sim_unix_of(sk), *other = NULL;
	int err;

	(void)nonblock;
	if (a->family != AF_UNSPEC) {
		err = sim_unix_check_addr(u, t, a);
		if (!err && sk->passcred)
			err = sim_unix_autobind(u, t);
		if (!err)
			err = sim_unix_find(u, t, a, &other);
		if (err)
			return err;
		if (!sim_unix_may_send(u, other))
			return sim_sock_fail(sk, t, EPERM, SIM_WHY_PEER_ELSEWHERE, SIM_NEVER_NS, 0, 0, 0, 0);
		u->state = other->state = SIM_UNIX_CONNECTED;
	}
	change_peer(u, other);
	return 0;
}
