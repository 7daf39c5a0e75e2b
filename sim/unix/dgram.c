/* SPDX-License-Identifier: MIT */
/*
 * Messages: datagrams and sequenced packets, as unix_dgram_sendmsg() and __unix_dgram_recvmsg() of Linux 6.18
 * order their checks. A message is queued at its receiver and charged to its sender until it is read.
 */
#include <errno.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/unix/private.h"

enum { SNDBUF_RESERVE_BYTES = 32 }; /* what a message may not take of SO_SNDBUF */

/* ---- the queue ---- */

/* Those who found the queue full are told that it is shorter. */
static void tell_pollers(struct sim_unix_sock *u)
{
	struct sim_list *node, *following;

	sim_waitq_wake(&u->peer_wait, EPOLLOUT);
	sim_list_each_safe(node, following, &u->pollers) {
		struct sim_unix_sock *who = sim_container_of(node, struct sim_unix_sock, poller);

		sim_list_remove(node);
		sim_sock_notify(&who->sk, SIM_UNIX_WRITABLE);
	}
}

void sim_unix_dgram_forget(struct sim_unix_sock *u)
{
	sim_list_remove(&u->poller);
}

static struct sim_unix_msg *first_out(struct sim_unix_sock *u)
{
	struct sim_unix_msg *q = u->msgs.first;

	u->msgs.first = q->next;
	if (!q->next)
		u->msgs.last = NULL;
	u->num_queued--;
	return q;
}

static void msg_free(struct sim_unix_sock *u, struct sim_unix_msg *q)
{
	struct sim_arena *a = sim_sock_arena(&u->sk);
	struct sim_unix_sock *from = q->from;
	struct sim_unix_note *note = q->note;

	SIM_ASSERT(from->out_bytes >= q->run.len);
	from->out_bytes -= q->run.len;
	sim_bytes_release(a, &q->run);
	sim_unix_uncharge(from, q->truesize);
	sim_arena_free(a, q, sizeof *q);
	sim_sock_put(&from->sk);
	if (note)
		sim_unix_note_free(a, note);
}

void sim_unix_dgram_purge(struct sim_unix_sock *u)
{
	while (u->msgs.first)
		msg_free(u, first_out(u));
	tell_pollers(u);
}

/* ---- sending ---- */

/* More than this can never be sent in one message. */
static uint64_t longest(const struct sim_unix_sock *u)
{
	const struct sim_sock_test *x = u->sk.test;
	uint64_t most = (uint64_t)(uint32_t)u->sk.sndbuf_bytes - SNDBUF_RESERVE_BYTES;

	if (x && x->has_sndbuf)
		most = x->sndbuf_bytes;
	if (x && x->has_capacity && (!x->has_sndbuf || x->capacity_bytes < most))
		most = x->capacity_bytes;
	return most;
}

static int check_send(struct sim_unix_sock *u, struct sim_task *t, const struct sim_msg *m,
		      const struct sim_sockaddr *to)
{
	struct sim_sock *sk = &u->sk;
	int err = 0;

	if (m->flags & MSG_OOB)
		return sim_sock_fail(sk, t, EOPNOTSUPP, SIM_WHY_BAD_FLAGS, SIM_NEVER_NS, MSG_OOB, 0, 0, 0);
	if (to)
		err = sim_unix_check_addr(u, t, to);
	if (!err && sk->passcred)
		err = sim_unix_autobind(u, t);
	if (!err && m->len > longest(u))
		return sim_sock_fail(sk, t, EMSGSIZE, SIM_WHY_TOO_LONG, SIM_NEVER_NS, (int64_t)m->len,
				     (int64_t)longest(u), 0, 0);
	return err;
}

/* Copies and charges; nobody has it yet. */
static int make_msg(struct sim_unix_sock *u, struct sim_task *t, struct sim_msg *m,
		    struct sim_unix_msg **made)
{
	struct sim_arena *a = sim_sock_arena(&u->sk);
	struct sim_unix_msg *q;
	int err;

	if (__builtin_expect(!sim_net_has_memory(u->sk.net, sim_unix_truesize(false, (uint32_t)m->len)), 0))
		return sim_sock_no_memory(&u->sk, t, ENOBUFS);
	q = sim_arena_alloc(a, sizeof *q);
	err = q ? 0 : -ENOMEM;

	if (q && m->len) {
		struct sim_slab **tail = sim_unix_tail(u, m->len), *was = *tail;

		err = sim_bytes_append(a, tail, &m->it, m->len, &q->run);
		if (!err)
			sim_unix_tail_moved(u, was, *tail);
		else
			sim_arena_free(a, q, sizeof *q);
	}
	if (err == -ENOMEM)
		return sim_sock_fail(&u->sk, t, ENOBUFS, SIM_WHY_NO_MEMORY, SIM_NEVER_NS, 0, 0, 0, 0);
	if (err)
		return sim_sock_fail(&u->sk, t, EFAULT, SIM_WHY_BAD_POINTER, SIM_NEVER_NS,
				     (int64_t)(uintptr_t)m->it.iov->iov_base, 0, 0, 0);
	q->truesize = sim_unix_truesize(false, (uint32_t)m->len);
	q->sent_ns = sim_now(u->sk.net->ctx);
	q->eor = m->flags & MSG_EOR;
	u->sk.wmem_bytes += q->truesize;
	u->out_bytes += q->run.len;
	q->from = u;
	sim_sock_get(&u->sk);
	*made = q;
	if (__builtin_expect(m->scm != NULL, 0))
		return sim_unix_note_new(u, t, m->scm, NULL, &q->note);
	return 0;
}

/* The connected receiver is closed: the connection ends here. */
static int receiver_gone(struct sim_unix_sock *u, struct sim_task *t, struct sim_unix_sock *other)
{
	struct sim_sock *sk = &u->sk;

	if (sk->type == SOCK_SEQPACKET)
		return sim_sock_fail(sk, t, EPIPE, SIM_WHY_PEER_GONE, u->peer_gone_ns, u->peer_gone_ns, 0, 0,
				     0);
	sim_sock_get(&other->sk);
	sim_unix_set_peer(u, NULL);
	sim_unix_dgram_forget(u);
	sim_sock_notify(sk, SIM_UNIX_WRITABLE);
	u->state = SIM_UNIX_CLOSED;
	sim_unix_dgram_disconnected(u, other);
	sim_sock_put(&other->sk);
	return sim_sock_fail(sk, t, ECONNREFUSED, SIM_WHY_REFUSED_UNIX, SIM_NEVER_NS, 0, 0, 0, 0);
}

static int find_receiver(struct sim_unix_sock *u, struct sim_task *t, const struct sim_sockaddr *to,
			 struct sim_unix_sock **other)
{
	struct sim_sock *sk = &u->sk;

	if (to)
		return sim_unix_find(u, t, to, other);
	*other = u->peer;
	if (!u->peer)
		return sim_sock_fail(sk, t, sim_sock_no_destination_errno(sk, ENOTCONN),
				     SIM_WHY_NO_DESTINATION, SIM_NEVER_NS, 0, 0, 0, 0);
	return 0;
}

/* May the receiver have it? */
static int check_receiver(struct sim_unix_sock *u, struct sim_task *t, struct sim_unix_sock *other,
			  const struct sim_unix_msg *q)
{
	struct sim_sock *sk = &u->sk;

	if (!sim_unix_may_send(u, other))
		return sim_sock_fail(sk, t, EPERM, SIM_WHY_PEER_ELSEWHERE, SIM_NEVER_NS, 0, 0, 0, 0);
	if (other->released)
		return receiver_gone(u, t, other);
	if (other->sk.shutdown & SIM_SHUT_RD)
		return sim_sock_fail(sk, t, EPIPE, SIM_WHY_PEER_GONE, SIM_NEVER_NS, sim_now(sk->net->ctx), 0,
				     0, 0);
	if (q->note && q->note->rights)
		return sim_unix_refuses_rights(u, t, other);
	return 0;
}

static int receiver_full(struct sim_unix_sock *u, struct sim_task *t, struct sim_unix_sock *other,
			 bool timed_out)
{
	struct sim_sock *sk = &u->sk;

	if (u->peer == other && sim_list_empty(&u->poller))
		sim_list_append(&other->pollers, &u->poller);
	if (timed_out)
		return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_SNDTIMEO, SIM_NEVER_NS, sk->sndtimeo_ns,
				     sk->wmem_bytes, sk->sndbuf_bytes, 0);
	return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_PEER_QUEUE_FULL, SIM_NEVER_NS, other->num_queued,
			     (int64_t)other->backlog + 1, 0, 0);
}

/* Finds the receiver and waits for a place in its queue; borrowed, and good until the task blocks again. */
static int await_receiver(struct sim_unix_sock *u, struct sim_task *t, const struct sim_msg *m,
			  const struct sim_sockaddr *to, const struct sim_unix_msg *q,
			  struct sim_unix_sock **found)
{
	struct sim_sock *sk = &u->sk;
	struct sim_unix_sock *other;
	int64_t deadline_ns = 0;
	bool timed_out = false;
	int err = find_receiver(u, t, to, &other);

	while (!err) {
		err = check_receiver(u, t, other, q);
		if (err)
			break;
		if (other == u || other->peer == u || !sim_unix_queue_full(other)) {
			*found = other;
			return 0;
		}
		if (m->nonblock || timed_out)
			return receiver_full(u, t, other, timed_out);
		if (!deadline_ns)
			deadline_ns = sim_sock_deadline(sk, sk->sndtimeo_ns);
		sim_sock_get(&other->sk);
		err = sim_unix_wait_for_peer(u, other, t, deadline_ns);
		timed_out = err == -EAGAIN;
		if (timed_out)
			err = 0;
		/* Whoever closed meanwhile: by name it is looked for anew, a peer is gone. */
		if (!err && other->released && u->peer != other) {
			sim_sock_put(&other->sk);
			if (!to)
				return sim_sock_fail(sk, t, ECONNRESET, SIM_WHY_PEER_GONE, SIM_NEVER_NS,
						     sim_now(sk->net->ctx), 0, 0, 0);
			err = find_receiver(u, t, to, &other);
			continue;
		}
		sim_sock_put(&other->sk);
	}
	return err;
}

/* Who sends, if it is to be known. */
static int note_sender(struct sim_unix_sock *u, struct sim_task *t, struct sim_unix_msg *q,
		       struct sim_unix_sock *other)
{
	if (__builtin_expect(!q->note && !sim_unix_notes_sender(u, other), 1))
		return 0;
	if (!q->note)
		return sim_unix_note_new(u, t, NULL, other, &q->note);
	sim_unix_note_sender(u, t, q->note, other);
	return 0;
}

static void queue_msg(struct sim_unix_sock *other, struct sim_unix_msg *q)
{
	if (q->note && q->note->rights)
		sim_rights_depart(q->note->rights, &other->sk);
	if (other->msgs.last)
		other->msgs.last->next = q;
	else
		other->msgs.first = q;
	other->msgs.last = q;
	other->num_queued++;
	other->last_data_ns = sim_now(other->sk.net->ctx);
	sim_sock_notify(&other->sk, SIM_UNIX_READABLE);
}

static ssize_t send_msg(struct sim_unix_sock *u, struct sim_task *t, struct sim_msg *m,
			const struct sim_sockaddr *to)
{
	struct sim_unix_sock *other = NULL;
	struct sim_unix_msg *q = NULL;
	size_t size = m->len;
	int err = m->scm ? m->scm->err : 0;

	if (!err)
		err = check_send(u, t, m, to);
	if (!err)
		err = sim_unix_wait_for_room(u, t, m, true, &size);
	if (!err)
		err = make_msg(u, t, m, &q);
	if (err && !q)
		return err;
	if (!err)
		err = await_receiver(u, t, m, to, q, &other);
	if (!err)
		err = note_sender(u, t, q, other);
	if (err) {
		msg_free(u, q);
		return err;
	}
	sim_sock_note_sent(&u->sk, &q->run);
	queue_msg(other, q);
	return (ssize_t)m->len;
}

ssize_t sim_unix_dgram_send(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m)
{
	m->out_flags = 0;
	return send_msg(sim_unix_of(sk), t, m, m->to);
}

static int not_connected(struct sim_unix_sock *u, struct sim_task *t)
{
	return sim_sock_fail(&u->sk, t, ENOTCONN, SIM_WHY_NOT_CONNECTED, SIM_NEVER_NS, u->state, 0, 0, 0);
}

/* A destination is ignored, as the kernel does, unless the host is switched. */
ssize_t sim_unix_seqpacket_send(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m)
{
	struct sim_unix_sock *u = sim_unix_of(sk);
	int err = sim_sock_take_error(sk, t);

	m->out_flags = 0;
	if (err)
		return err;
	if (u->state != SIM_UNIX_CONNECTED)
		return sim_sock_fail(sk, t, sim_sock_unconnected_errno(sk, ENOTCONN), SIM_WHY_NOT_CONNECTED,
				     SIM_NEVER_NS, u->state, 0, 0, 0);
	if (m->to && sk->net->sysctl.sw_eisconn == SIM_EISCONN_ALWAYS)
		return sim_sock_fail(sk, t, EISCONN, SIM_WHY_ALREADY_CONNECTED, SIM_NEVER_NS, 0, 0, 0, 0);
	return send_msg(u, t, m, NULL);
}

/* ---- receiving ---- */

static int no_message(struct sim_unix_sock *u, struct sim_task *t, bool timed_out)
{
	struct sim_sock *sk = &u->sk;

	/* The end of the records, also for who does not wait. */
	if (sk->type == SOCK_SEQPACKET && (sk->shutdown & SIM_SHUT_RD))
		return 0;
	if (timed_out)
		return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_RCVTIMEO, SIM_NEVER_NS, sk->rcvtimeo_ns, 0, 0, 0);
	return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_RCVBUF_EMPTY, u->last_data_ns, u->last_data_ns, 0, 0, 0);
}

/* 1: there is a message; 0: the end; -errno. A pending error goes before what is queued. */
static int wait_for_message(struct sim_unix_sock *u, struct sim_task *t, const struct sim_msg *m)
{
	struct sim_sock *sk = &u->sk;
	int64_t deadline_ns = 0;

	for (;;) {
		int err = sim_sock_take_error(sk, t);

		if (err)
			return err;
		if (u->msgs.first)
			return 1;
		if (m->nonblock)
			return no_message(u, t, false);
		if (sk->shutdown & SIM_SHUT_RD)
			return 0;
		if (!deadline_ns)
			deadline_ns = sim_sock_deadline(sk, sk->rcvtimeo_ns);
		err = sim_sock_wait(sk, t, EPOLLIN, deadline_ns);
		if (err == -EAGAIN && !u->msgs.first)
			return no_message(u, t, true);
		if (err && err != -EAGAIN)
			return sim_unix_interrupted(err, sk->rcvtimeo_ns);
	}
}

/* What was cut off counts as read for the sender's capacity; the log has what was copied. */
static void note_read(struct sim_unix_sock *u, struct sim_unix_msg *q, uint32_t copied)
{
	struct sim_sock_test *x = q->from->sk.test;
	uint64_t read = x ? x->peer_read_bytes : 0;

	sim_sock_note_delivered(&u->sk, &q->run, 0, copied);
	if (!x || !x->has_capacity)
		return;
	x->peer_read_bytes = read + q->run.len < x->accepted_bytes ? read + q->run.len : x->accepted_bytes;
	if (sim_unix_writable(q->from))
		sim_sock_notify(&q->from->sk, SIM_UNIX_WRITABLE);
}

ssize_t sim_unix_dgram_recv(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m)
{
	struct sim_unix_sock *u = sim_unix_of(sk);
	struct sim_unix_msg *q;
	uint32_t size, whole;
	int err;

	m->out_flags = 0;
	if (m->from)
		m->from->family = 0;
	if (m->flags & MSG_OOB)
		return sim_sock_fail(sk, t, EOPNOTSUPP, SIM_WHY_BAD_FLAGS, SIM_NEVER_NS, MSG_OOB, 0, 0, 0);
	err = wait_for_message(u, t, m);
	if (err <= 0)
		return err;
	q = m->flags & MSG_PEEK ? u->msgs.first : first_out(u);
	whole = q->run.len;
	size = whole < m->len ? whole : (uint32_t)m->len;
	if (size < whole)
		m->out_flags |= MSG_TRUNC;
	if (q->eor && sk->type == SOCK_SEQPACKET && sk->net->sysctl.sw_seqpacket_eor)
		m->out_flags |= MSG_EOR; /* recvmsg(3p); Linux takes the flag and does not show it */
	if (m->from)
		sim_unix_name_of(q->from, m->from);
	err = sim_bytes_to_user(&q->run, 0, size, &m->it);
	if (__builtin_expect(sk->tells, 0) && !err)
		sim_cmsg_put_stamps(sk, m, q->sent_ns, false);
	if (__builtin_expect(q->note || sk->passcred, 0) && !err)
		sim_unix_note_receive(u, q->note, m);
	if (!(m->flags & MSG_PEEK)) {
		/* Also when the copy failed: the kernel has taken it off the queue by then. */
		note_read(u, q, err ? 0 : size);
		msg_free(u, q);
		tell_pollers(u);
	}
	if (err)
		return sim_sock_fail(sk, t, EFAULT, SIM_WHY_BAD_POINTER, SIM_NEVER_NS,
				     m->it.num ? (int64_t)(uintptr_t)m->it.iov->iov_base : 0, 0, 0, 0);
	return m->flags & MSG_TRUNC ? whole : size;
}

ssize_t sim_unix_seqpacket_recv(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m)
{
	struct sim_unix_sock *u = sim_unix_of(sk);

	if (u->state != SIM_UNIX_CONNECTED) {
		m->out_flags = 0;
		if (m->from)
			m->from->family = 0;
		return not_connected(u, t);
	}
	return sim_unix_dgram_recv(sk, t, m);
}

/* ---- readiness ---- */

/* unix_dgram_poll(): a full queue at the one we are connected to, and who does not send to us, takes EPOLLOUT
 * away. */
uint32_t sim_unix_dgram_poll(struct sim_sock *sk)
{
	struct sim_unix_sock *u = sim_unix_of(sk), *other = u->peer;
	uint32_t mask = sim_unix_common_poll(u);

	if (!sim_unix_writable(u))
		return mask;
	if (other && other->peer != u && sim_unix_queue_full(other) && !other->released) {
		if (sim_list_empty(&u->poller))
			sim_list_append(&other->pollers, &u->poller);
		return mask;
	}
	return mask | EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
}
