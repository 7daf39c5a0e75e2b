/* SPDX-License-Identifier: MIT */
/*
 * Bytes of a stream: send(2), recv(2) as unix_stream_sendmsg() and unix_stream_read_generic() of Linux 6.18
 * order their checks. Must not know names and connecting.
 */
#include <errno.h>

#include "sim/unix/private.h"

static int not_connected(struct sim_unix_sock *u, struct sim_task *t)
{
	return sim_sock_fail(&u->sk, t, sim_sock_unconnected_errno(&u->sk, ENOTCONN), SIM_WHY_NOT_CONNECTED,
			     SIM_NEVER_NS, u->state, 0, 0, 0);
}

static int check_send(struct sim_unix_sock *u, struct sim_task *t, const struct sim_msg *m)
{
	struct sim_sock *sk = &u->sk;

	if ((m->flags & MSG_OOB) && !m->len)
		return sim_sock_fail(sk, t, EOPNOTSUPP, SIM_WHY_BAD_FLAGS, SIM_NEVER_NS, MSG_OOB, 0, 0, 0);
	if (m->to && u->state == SIM_UNIX_CONNECTED && sk->net->sysctl.sw_eisconn != SIM_EISCONN_NEVER)
		return sim_sock_fail(sk, t, EISCONN, SIM_WHY_ALREADY_CONNECTED, SIM_NEVER_NS, 0, 0, 0, 0);
	if (m->to && u->state != SIM_UNIX_CONNECTED)
		return sim_sock_fail(sk, t, EOPNOTSUPP, SIM_WHY_NOT_SUPPORTED, SIM_NEVER_NS, 0, 0, 0, 0);
	if (!u->peer)
		return not_connected(u, t);
	if (sk->shutdown & SIM_SHUT_WR)
		return sim_sock_fail(sk, t, EPIPE,
				     u->peer_gone_ns != SIM_NEVER_NS ? SIM_WHY_PEER_GONE : SIM_WHY_SHUT_WR,
				     u->shut_ns, u->shut_ns, 0, 0, 0);
	return 0;
}

/* Nothing of what sim_unix_wait_for_room() looks at stands in the way. */
static bool has_room(const struct sim_sock *sk)
{
	return !sk->err && !sk->test && !(sk->shutdown & SIM_SHUT_WR) &&
	       sk->wmem_bytes < (uint32_t)sk->sndbuf_bytes;
}

/* Does anything go along? */
static bool has_note(const struct sim_unix_sock *u, const struct sim_msg *m)
{
	return m->scm || sim_unix_notes_sender(u, u->peer);
}

/* What goes along with one buffer. Descriptors go with the first. */
static __attribute__((noinline, cold)) int note_chunk(struct sim_unix_sock *u, struct sim_task *t,
						      struct sim_msg *m, struct sim_unix_note **x)
{
	int err = m->scm && m->scm->rights ? sim_unix_refuses_rights(u, t, u->peer) : 0;

	return err ? err : sim_unix_note_new(u, t, m->scm, u->peer, x);
}

/* One buffer: into the peer's queue. */
static int send_chunk(struct sim_unix_sock *u, struct sim_task *t, struct sim_msg *m, size_t size)
{
	struct sim_unix_note *note = NULL;
	struct sim_arena *a = sim_sock_arena(&u->sk);
	struct sim_unix_sock *peer = u->peer;
	struct sim_slab **tail = sim_unix_tail(u, 0), *was = *tail;
	uint32_t truesize = m->by_pages ? sim_unix_truesize_of_pages((uint32_t)size)
					: sim_unix_truesize(true, (uint32_t)size);
	struct sim_bytes run;
	int err;

	if (__builtin_expect(!sim_net_has_memory(u->sk.net, truesize), 0))
		return sim_sock_no_memory(&u->sk, t, ENOBUFS);
	if (peer->stream.num && !sim_unix_stream_reserve(a, &peer->stream))
		return sim_sock_fail(&u->sk, t, ENOBUFS, SIM_WHY_NO_MEMORY, SIM_NEVER_NS, 0, 0, 0, 0);
	if (__builtin_expect(has_note(u, m), 0)) {
		err = note_chunk(u, t, m, &note);
		if (err)
			return err;
	}
	err = sim_bytes_append(a, tail, &m->it, size, &run);
	if (err && note)
		sim_unix_note_free(a, note);
	if (err == -ENOMEM)
		return sim_sock_fail(&u->sk, t, ENOBUFS, SIM_WHY_NO_MEMORY, SIM_NEVER_NS, 0, 0, 0, 0);
	if (err)
		return sim_sock_fail(&u->sk, t, EFAULT, SIM_WHY_BAD_POINTER, SIM_NEVER_NS,
				     (int64_t)(uintptr_t)m->it.iov->iov_base, 0, 0, 0);
	if (was != *tail)
		sim_unix_tail_moved(u, was, *tail);
	u->sk.wmem_bytes += truesize;
	if (u->sk.record || u->sk.test)
		sim_sock_note_sent(&u->sk, &run);
	if (!sim_unix_stream_push_only(&peer->stream, &run, truesize))
		sim_unix_stream_push(a, &peer->stream, &run, truesize);
	if (__builtin_expect(note != NULL, 0))
		sim_unix_notes_push(peer, note, (uint32_t)size);
	else if (__builtin_expect(peer->notes.first != NULL, 0))
		peer->notes.plain_len += (uint32_t)size;
	peer->last_data_ns = sim_now(u->sk.net->ctx);
	sim_sock_notify(&peer->sk,
			SIM_UNIX_READABLE | (sim_unix_oob_is_pending(peer) ? (uint32_t)EPOLLPRI : 0));
	return 0;
}

/* The last byte of an urgent send: a buffer of its own. */
static __attribute__((noinline, cold)) int send_urgent(struct sim_unix_sock *u, struct sim_task *t,
						       struct sim_msg *m)
{
	struct sim_unix_sock *peer = u->peer;
	size_t size = 1;
	int err = 0;

	if (!has_room(&u->sk))
		err = sim_unix_wait_for_room(u, t, m, false, &size);
	if (!err && !sim_unix_oob_reserve(peer))
		err = sim_sock_fail(&u->sk, t, ENOBUFS, SIM_WHY_NO_MEMORY, SIM_NEVER_NS, 0, 0, 0, 0);
	if (!err)
		err = send_chunk(u, t, m, 1);
	if (err)
		return err;
	sim_unix_oob_pushed(peer);
	sim_sock_notify(&peer->sk, SIM_UNIX_READABLE | EPOLLPRI);
	return 0;
}

ssize_t sim_unix_stream_send(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m)
{
	struct sim_unix_sock *u = sim_unix_of(sk);
	size_t sent = 0, len;
	int err;

	m->out_flags = 0;
	err = __builtin_expect(m->scm != NULL, 0) && m->scm->err ? m->scm->err : check_send(u, t, m);
	if (err)
		return err;
	len = m->len - !!(m->flags & MSG_OOB);
	while (sent < len) {
		size_t size = sim_unix_chunk_bytes(sk->sndbuf_bytes, m->by_pages);

		if (size > len - sent)
			size = len - sent;
		if (!has_room(sk))
			err = sim_unix_wait_for_room(u, t, m, false, &size);
		if (!err)
			err = send_chunk(u, t, m, size);
		if (err)
			return sim_sock_stopped_send(sk, t, err, sent);
		sent += size;
	}
	if (__builtin_expect(m->flags & MSG_OOB, 0)) {
		err = send_urgent(u, t, m);
		if (err)
			return sent ? (ssize_t)sent : err;
		sent++;
	}
	return (ssize_t)sent;
}

/* ---- receiving ---- */

static int bad_pointer(struct sim_unix_sock *u, struct sim_task *t, const struct sim_msg *m)
{
	return sim_sock_fail(&u->sk, t, EFAULT, SIM_WHY_BAD_POINTER, SIM_NEVER_NS,
			     m->it.num ? (int64_t)(uintptr_t)m->it.iov->iov_base : 0, 0, 0, 0);
}

/* Takes the first n bytes out of the queue; their copies are with the reader. */
static inline __attribute__((always_inline)) void consume(struct sim_unix_sock *u, uint32_t n)
{
	struct sim_arena *a = sim_sock_arena(&u->sk);
	uint32_t freed;

	if (u->sk.record || u->sk.net->ctx->num_capacity_knobs)
		sim_sock_note_delivered(&u->sk, &u->stream.data, 0, n);
	if (!sim_unix_stream_pop_only(a, &u->stream, n, &freed))
		freed = sim_unix_stream_pop(a, &u->stream, n);
	if (__builtin_expect(u->oob != NULL, 0))
		freed -= sim_unix_oob_consumed(u, n);
	if (freed && u->peer)
		sim_unix_uncharge(u->peer, freed);
	if (__builtin_expect(u->notes.first != NULL, 0))
		sim_unix_notes_pop(u, n);
}

void sim_unix_stream_consume(struct sim_unix_sock *u, uint32_t n)
{
	consume(u, n);
}

/*
 * Up to `room` bytes of what is queued, *n of them taken: 0 or -EFAULT. The kernel copies buffer by buffer:
 * one in whose middle the copy fails stays queued whole.
 */
static inline __attribute__((always_inline)) int take(struct sim_unix_sock *u, struct sim_msg *m, size_t room,
						      uint32_t *n)
{
	struct sim_iter before = m->it;
	int err;

	*n = u->stream.data.len < room ? u->stream.data.len : (uint32_t)room;
	err = sim_bytes_to_user(&u->stream.data, 0, *n, &m->it);
	if (err)
		*n = sim_unix_stream_boundary(&u->stream,
					      (uint32_t)(sim_iter_total(&before) - sim_iter_total(&m->it)));
	if (!(m->flags & MSG_PEEK) && *n)
		consume(u, *n);
	return err;
}

static int nothing_to_read(struct sim_unix_sock *u, struct sim_task *t, bool timed_out)
{
	if (timed_out)
		return sim_sock_fail(&u->sk, t, EAGAIN, SIM_WHY_RCVTIMEO, SIM_NEVER_NS, u->sk.rcvtimeo_ns, 0,
				     0, 0);
	return sim_sock_fail(&u->sk, t, EAGAIN, SIM_WHY_RCVBUF_EMPTY, u->last_data_ns, u->last_data_ns, 0, 0,
			     0);
}

/*
 * The same where something goes along with the bytes, or is to be told of them: unix_stream_read_generic()
 * reads on into a buffer with descriptors and not past it, and not from one sender to the next. 1: stop here.
 */
static int take_noted(struct sim_unix_sock *u, struct sim_msg *m, struct sim_scm *seen, size_t room,
		      uint32_t *n)
{
	struct sim_unix_part p = { .is_first = true };
	struct sim_rights *rights;
	int err;

	*n = 0;
	if (!sim_unix_notes_next(u, seen, &p))
		return 1;
	rights = p.note ? p.note->rights : NULL;
	if (rights)
		p.note->rights = NULL; /* the note goes with its last byte */
	err = take(u, m, room < p.len ? room : p.len, n);
	if (!rights)
		return err;
	if (err) {
		p.note->rights = rights;
		return err;
	}
	sim_unix_rights_receive(rights, m);
	return 1;
}

/*
 * MSG_PEEK there: the bytes, or -EFAULT. As in the kernel's loop, a full buffer does not end it: it goes on
 * until it finds descriptors.
 */
static ssize_t peek_noted(struct sim_unix_sock *u, struct sim_msg *m, struct sim_scm *seen)
{
	struct sim_unix_part p = { .is_first = true };
	size_t copied = 0;

	while (sim_unix_notes_next(u, seen, &p)) {
		uint32_t n = p.len < m->len - copied ? p.len : (uint32_t)(m->len - copied), moved;
		struct sim_iter before = m->it;

		if (sim_bytes_to_user(&u->stream.data, p.off, n, &m->it)) {
			moved = (uint32_t)(sim_iter_total(&before) - sim_iter_total(&m->it));
			n = sim_unix_stream_boundary(&u->stream, p.off + moved);
			return n ? (ssize_t)n : -EFAULT;
		}
		copied += n;
		if (p.note && p.note->rights) {
			sim_unix_rights_receive(p.note->rights, m);
			break;
		}
	}
	return (ssize_t)copied;
}

/* Is there nothing to be read? What was read out of band, and to a look the urgent byte, do not count. */
static bool is_empty(const struct sim_unix_sock *u, const struct sim_msg *m)
{
	return !u->stream.data.len || (__builtin_expect(u->oob != NULL, 0) && m->flags & MSG_PEEK &&
				       sim_unix_oob_nothing_to_peek(u));
}

/* The queue is empty: 1: something came; 0: the stream has ended; -errno. */
static int wait_for_data(struct sim_unix_sock *u, struct sim_task *t, const struct sim_msg *m,
			 int64_t *deadline_ns)
{
	struct sim_sock *sk = &u->sk;
	int err = sim_sock_take_error(sk, t);

	if (err)
		return err;
	if (sk->shutdown & SIM_SHUT_RD)
		return 0;
	if (m->nonblock)
		return nothing_to_read(u, t, false);
	if (!*deadline_ns)
		*deadline_ns = sim_sock_deadline(sk, sk->rcvtimeo_ns);
	err = sim_sock_wait(sk, t, EPOLLIN, *deadline_ns);
	if (err == -EAGAIN && is_empty(u, m))
		return nothing_to_read(u, t, true);
	if (err && err != -EAGAIN)
		return sim_unix_interrupted(err, sk->rcvtimeo_ns);
	return 1;
}

/* sock_rcvlowat() */
static size_t target_bytes(const struct sim_sock *sk, const struct sim_msg *m)
{
	size_t low = (size_t)sk->rcvlowat_bytes;

	if ((m->flags & MSG_WAITALL) || low > m->len)
		low = m->len;
	return low ? low : 1;
}

static void name_sender(const struct sim_unix_sock *u, struct sim_msg *m)
{
	if (m->from && u->peer)
		sim_unix_name_of(u->peer, m->from);
}

/* 1: stop here. */
static __attribute__((noinline, cold)) int receive_noted(struct sim_unix_sock *u, struct sim_msg *m,
							 struct sim_scm *seen, size_t room, uint32_t *n)
{
	ssize_t r;

	if (!(m->flags & MSG_PEEK))
		return take_noted(u, m, seen, room, n);
	r = peek_noted(u, m, seen);
	*n = r < 0 ? 0 : (uint32_t)r;
	return r < 0 ? (int)r : 1;
}

/* What the call returns when nothing more comes: the end, a timeout, a signal (err <= 0). */
static __attribute__((noinline, cold)) ssize_t no_more(struct sim_unix_sock *u, struct sim_msg *m,
						       size_t copied, int err)
{
	/* Linux tells zeroes of the end of a stream, and after a signal nothing at all. */
	if (m->scm && u->sk.passcred && !err && !m->scm->has_cred) {
		m->scm->cred = (struct sim_ucred){ 0, 0, 0 };
		m->scm->has_cred = true;
	} else if (m->scm && (err == -EINTR || err == -SIM_ERESTART)) {
		m->scm->has_cred = false;
	}
	return copied ? (ssize_t)copied : err;
}

static inline __attribute__((always_inline)) int check_recv(struct sim_unix_sock *u, struct sim_task *t,
							    struct sim_msg *m)
{
	m->out_flags = 0;
	if (m->from)
		m->from->family = 0;
	if (u->state != SIM_UNIX_CONNECTED)
		return sim_sock_fail(&u->sk, t, EINVAL, SIM_WHY_NOT_CONNECTED, SIM_NEVER_NS, u->state, 0, 0,
				     0);
	return 0;
}

/* The next step of a read; 1: stop here, as the kernel does. */
static inline __attribute__((always_inline)) int next_step(struct sim_unix_sock *u, struct sim_msg *m,
							   struct sim_scm *seen, size_t room, uint32_t *n)
{
	if (__builtin_expect(u->oob && m->flags & MSG_PEEK, 0)) {
		ssize_t r = sim_unix_oob_peek(u, m, seen);

		*n = r < 0 ? 0 : (uint32_t)r;
		return r < 0 ? (int)r : 1;
	}
	if (__builtin_expect(u->notes.first || u->sk.passcred, 0))
		return receive_noted(u, m, seen, room, n);
	return take(u, m, room, n);
}

ssize_t sim_unix_stream_recv(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m)
{
	struct sim_unix_sock *u = sim_unix_of(sk);
	size_t copied = 0, target = target_bytes(sk, m);
	int64_t deadline_ns = 0;
	struct sim_scm own, *seen = m->scm ? m->scm : &own;
	int err = check_recv(u, t, m);

	own.has_cred = false;
	if (err)
		return err;
	if (__builtin_expect(m->flags & MSG_OOB, 0))
		return sim_unix_recv_urgent(u, t, m);
	for (;;) {
		size_t room = m->len - copied;
		uint32_t n;

		if (__builtin_expect(u->oob != NULL, 0) && !(m->flags & MSG_PEEK) &&
		    sim_unix_oob_pass(u, copied > 0, &room))
			return (ssize_t)copied;
		if (is_empty(u, m)) {
			if (copied >= target)
				return (ssize_t)copied;
			err = wait_for_data(u, t, m, &deadline_ns);
			if (err <= 0)
				return no_more(u, m, copied, err);
			continue;
		}
		name_sender(u, m);
		err = next_step(u, m, seen, room, &n);
		copied += n;
		if (err < 0)
			return copied ? (ssize_t)copied : bad_pointer(u, t, m);
		if (err || copied >= m->len || (m->flags & MSG_PEEK))
			return (ssize_t)copied;
	}
}
