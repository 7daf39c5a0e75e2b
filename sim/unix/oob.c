/* SPDX-License-Identifier: MIT */
/*
 * MSG_OOB on streams, as Linux 6.18's queue_oob(), manage_oob() and unix_stream_recv_urg() have it. The
 * kernel queues the last byte of an urgent send as a buffer of its own; who reads it out of band leaves an
 * empty buffer there, a mark. Here the byte that was read stays in the queue too, and is passed over.
 *
 * Owns where the marks and the urgent byte stand. Most streams have none, and then nothing here is called.
 */
#include <errno.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/unix/private.h"

/* Bytes in the queue that were read out of band, in a row: the kernel keeps one empty buffer for them. */
struct mark {
	struct mark *next;
	uint32_t at, num; /* all but one of them are charged to the sender no more */
};

struct sim_unix_oob {
	struct mark *marks; /* by place, never side by side */
	struct mark *spare; /* for the urgent byte when it is read */
	bool pending;       /* an urgent byte waits */
	uint32_t at;        /* where it stands: behind all marks */
	uint32_t num_read, num_dropped;
};

bool sim_unix_oob_reserve(struct sim_unix_sock *to)
{
	struct sim_arena *a = sim_sock_arena(&to->sk);

	if (!to->oob)
		to->oob = sim_arena_alloc(a, sizeof *to->oob);
	if (to->oob && !to->oob->spare)
		to->oob->spare = sim_arena_alloc(a, sizeof *to->oob->spare);
	return to->oob && to->oob->spare;
}

/* An older one that nobody has read has become an ordinary byte. */
void sim_unix_oob_pushed(struct sim_unix_sock *to)
{
	to->oob->pending = true;
	to->oob->at = to->stream.data.len - 1;
	sim_sock_signal_urgent(&to->sk);
}

void sim_unix_oob_fini(struct sim_unix_sock *u)
{
	struct sim_arena *a = sim_sock_arena(&u->sk);
	struct mark *k;

	if (!u->oob)
		return;
	while ((k = u->oob->marks)) {
		u->oob->marks = k->next;
		sim_arena_free(a, k, sizeof *k);
	}
	sim_arena_free(a, u->oob->spare, sizeof *u->oob->spare);
	sim_arena_free(a, u->oob, sizeof *u->oob);
	u->oob = NULL;
}

static uint32_t uncharged(const struct mark *k)
{
	return (k->num - 1) * sim_unix_truesize(true, 1);
}

uint32_t sim_unix_oob_uncharged(const struct sim_unix_sock *u)
{
	uint32_t sum = 0;

	for (const struct mark *k = u->oob ? u->oob->marks : NULL; k; k = k->next)
		sum += uncharged(k);
	return sum;
}

uint32_t sim_unix_oob_consumed(struct sim_unix_sock *u, uint32_t n)
{
	struct sim_unix_oob *o = u->oob;
	struct mark *k = o->marks;
	uint32_t before = 0;

	if (k && !k->at) {
		SIM_ASSERT(n == k->num);
		before = uncharged(k);
		o->num_read -= n;
		o->marks = k->next;
		sim_arena_free(sim_sock_arena(&u->sk), k, sizeof *k);
	}
	for (k = o->marks; k; k = k->next)
		k->at -= n;
	o->at -= n;
	return before;
}

/* ---- looking ---- */

bool sim_unix_oob_is_pending(const struct sim_unix_sock *u)
{
	return u->oob && u->oob->pending;
}

static uint32_t mark_in_front(const struct sim_unix_sock *u)
{
	const struct mark *k = u->oob ? u->oob->marks : NULL;

	return k && !k->at ? k->num : 0;
}

/* SIOCATMARK: at the urgent byte, or at a mark behind which no newer one hides. */
bool sim_unix_oob_at_mark(const struct sim_unix_sock *u)
{
	uint32_t front;

	if (!u->oob || !u->stream.data.len)
		return false;
	front = mark_in_front(u);
	return u->oob->pending ? u->oob->at == front : front;
}

/* FIONREAD. As in Linux 6.18, a byte that reading drops is counted for ever. */
uint32_t sim_unix_oob_unread(const struct sim_unix_sock *u)
{
	return u->stream.data.len - u->oob->num_read + u->oob->num_dropped;
}

/* unix_release_sock(): an empty buffer in front does not count. */
uint32_t sim_unix_oob_left(const struct sim_unix_sock *u)
{
	return u->stream.data.len - mark_in_front(u);
}

/* ---- reading past marks ---- */

/* How far reading from `off` on goes before it has to look again. */
static uint32_t until_next(const struct sim_unix_sock *u, uint32_t off)
{
	const struct sim_unix_oob *o = u->oob;

	for (const struct mark *k = o->marks; k; k = k->next)
		if (k->at > off)
			return k->at - off;
	if (o->pending && o->at > off)
		return o->at - off;
	return u->stream.data.len - off;
}

bool sim_unix_oob_pass(struct sim_unix_sock *u, bool copied, size_t *room)
{
	struct sim_unix_oob *o = u->oob;
	uint32_t front = mark_in_front(u), most;

	if (!u->stream.data.len)
		return false;
	if (front) {
		if (copied && !o->pending)
			return true;
		sim_unix_stream_consume(u, front);
	}
	if (o->pending && !o->at) {
		if (copied)
			return true;
		o->pending = false;
		if (!u->sk.oobinline) {
			o->num_dropped++;
			sim_unix_stream_consume(u, 1);
		}
	}
	most = until_next(u, 0);
	if (*room > most)
		*room = most;
	return false;
}

/* The same for MSG_PEEK, which moves *off only. */
static bool look_past(const struct sim_unix_sock *u, uint32_t *off, bool copied)
{
	const struct sim_unix_oob *o = u->oob;

	for (const struct mark *k = o->marks; k; k = k->next) {
		if (k->at != *off)
			continue;
		if (copied && !o->pending)
			return true;
		*off += k->num;
		break;
	}
	if (o->pending && o->at == *off) {
		if (copied)
			return true;
		if (!u->sk.oobinline)
			++*off;
	}
	return *off == u->stream.data.len;
}

bool sim_unix_oob_nothing_to_peek(const struct sim_unix_sock *u)
{
	uint32_t off = 0;

	return look_past(u, &off, false);
}

ssize_t sim_unix_oob_peek(struct sim_unix_sock *u, struct sim_msg *m, struct sim_scm *seen)
{
	struct sim_unix_part p = { .is_first = true };
	uint32_t off = 0, n;
	size_t copied = 0;

	while (copied < m->len && !look_past(u, &off, copied > 0)) {
		while (p.off + p.len <= off)
			if (!sim_unix_notes_next(u, seen, &p))
				return (ssize_t)copied;
		n = until_next(u, off);
		if (n > p.off + p.len - off)
			n = p.off + p.len - off;
		if (n > m->len - copied)
			n = (uint32_t)(m->len - copied);
		if (sim_bytes_to_user(&u->stream.data, off, n, &m->it))
			return copied ? (ssize_t)copied : -EFAULT;
		copied += n;
		off += n;
		if (p.note && p.note->rights) {
			sim_unix_rights_receive(p.note->rights, m);
			break;
		}
	}
	return (ssize_t)copied;
}

/* ---- recv with MSG_OOB ---- */

/* Its place becomes a mark, or a part of the one before it. */
static void leave_mark(struct sim_unix_sock *u)
{
	struct sim_unix_oob *o = u->oob;
	struct mark **end = &o->marks, *last = NULL;

	for (; *end; end = &last->next)
		last = *end;
	o->pending = false;
	o->num_read++;
	if (last && last->at + last->num == o->at) {
		last->num++; /* the kernel frees the older empty buffer */
		if (u->peer)
			sim_unix_uncharge(u->peer, sim_unix_truesize(true, 1));
		return;
	}
	*o->spare = (struct mark){ NULL, o->at, 1 };
	*end = o->spare;
	o->spare = NULL;
}

ssize_t sim_unix_recv_urgent(struct sim_unix_sock *u, struct sim_task *t, struct sim_msg *m)
{
	unsigned char byte;

	if (u->sk.oobinline || !sim_unix_oob_is_pending(u))
		return sim_sock_fail(&u->sk, t, EINVAL, SIM_WHY_NO_URGENT_DATA, SIM_NEVER_NS, u->sk.oobinline,
				     0, 0, 0);
	sim_bytes_read(&u->stream.data, u->oob->at, 1, &byte);
	if (!(m->flags & MSG_PEEK))
		leave_mark(u);
	if (m->len && sim_iter_to_user(&m->it, &byte, 1))
		return sim_sock_fail(&u->sk, t, EFAULT, SIM_WHY_BAD_POINTER, SIM_NEVER_NS,
				     (int64_t)(uintptr_t)m->it.iov->iov_base, 0, 0, 0);
	m->out_flags |= MSG_OOB;
	return 1;
}
