/* SPDX-License-Identifier: MIT */
/*
 * What the three types of Unix socket share: making, pairing, closing, shutdown(2), readiness, room to send,
 * options, ioctl(2). unix(7), socketpair(2). Must not know how messages are queued (stream.c, dgram.c) and
 * names (names.c).
 */
#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/unix/private.h"

/* A larger slab is given back when all of it was read. */
enum { KEEP_SLAB_MAX_BYTES = 4096 };

struct sim_unix_sock *sim_unix_alloc(struct sim_net *net, int type)
{
	struct sim_unix_sock *u = sim_arena_alloc(net->ctx->arena, sizeof *u);
	enum sim_sock_kind kind = type == SOCK_STREAM  ? SIM_SOCK_UNIX_STREAM
				  : type == SOCK_DGRAM ? SIM_SOCK_UNIX_DGRAM
						       : SIM_SOCK_UNIX_SEQPACKET;

	if (!u)
		return NULL;
	sim_sock_init(&u->sk, net, kind, AF_UNIX, type, 0);
	u->backlog = net->sysctl.unix_max_dgram_qlen;
	u->last_data_ns = u->sk.made_ns;
	u->shut_ns = u->peer_gone_ns = SIM_NEVER_NS;
	u->cred.uid = u->cred.gid = UINT32_MAX;
	sim_waitq_init(&u->peer_wait);
	sim_list_init(&u->pollers);
	sim_list_init(&u->poller);
	return u;
}

static int known_type(int type)
{
	if (type == SOCK_RAW) /* as BSD had it */
		return SOCK_DGRAM;
	return type == SOCK_STREAM || type == SOCK_DGRAM || type == SOCK_SEQPACKET ? type : -ESOCKTNOSUPPORT;
}

int sim_unix_sock_new(struct sim_net *net, int type, struct sim_sock **sk)
{
	struct sim_unix_sock *u;

	type = known_type(type);
	if (type < 0)
		return type;
	u = sim_unix_alloc(net, type);
	if (!u)
		return -ENOMEM;
	*sk = &u->sk;
	return 0;
}

int sim_unix_pair_new(struct sim_net *net, int type, struct sim_sock *pair[2])
{
	struct sim_unix_sock *a, *b;

	type = known_type(type);
	if (type < 0)
		return type;
	a = sim_unix_alloc(net, type);
	if (!a)
		return -ENOMEM;
	b = sim_unix_alloc(net, type);
	if (!b) {
		sim_sock_put(&a->sk);
		return -ENOMEM;
	}
	sim_unix_set_peer(a, b);
	sim_unix_set_peer(b, a);
	a->state = b->state = SIM_UNIX_CONNECTED;
	pair[0] = &a->sk;
	pair[1] = &b->sk;
	return 0;
}

void sim_unix_pair_owned_by(struct sim_sock *pair[2], struct sim_task *t)
{
	sim_unix_task_cred(t, &sim_unix_of(pair[0])->cred);
	sim_unix_of(pair[1])->cred = sim_unix_of(pair[0])->cred;
}

void sim_unix_set_peer(struct sim_unix_sock *u, struct sim_unix_sock *peer)
{
	struct sim_unix_sock *old = u->peer;

	u->peer = peer;
	if (peer)
		sim_sock_get(&peer->sk);
	if (old)
		sim_sock_put(&old->sk);
}

struct sim_sock *sim_unix_peer(struct sim_sock *sk)
{
	struct sim_unix_sock *u = sim_unix_of(sk);

	return u->peer ? &u->peer->sk : NULL;
}

bool sim_unix_queue_full(const struct sim_unix_sock *u)
{
	return u->num_queued > (uint32_t)u->backlog;
}

/* ---- room to send ---- */

/* What was sent and not yet read. */
static uint64_t unread_by_others(const struct sim_unix_sock *u)
{
	if (u->sk.type == SOCK_STREAM)
		return u->peer ? u->peer->stream.data.len : 0;
	return u->out_bytes;
}

/* What an exact knob leaves; SIZE_MAX: no knob, Linux's rule holds. */
static size_t exact_room(const struct sim_unix_sock *u)
{
	if (__builtin_expect(!u->sk.test, 1))
		return SIZE_MAX;
	return sim_sock_test_room(&u->sk, unread_by_others(u));
}

bool sim_unix_writable(struct sim_unix_sock *u)
{
	size_t room = exact_room(u);

	if (u->state == SIM_UNIX_LISTENING)
		return false;
	if (room != SIZE_MAX)
		return room > 0;
	/* Linux's unix_writable(); the one is the socket's own hold on its buffer count. */
	return ((uint64_t)u->sk.wmem_bytes + 1) * 4 <= (uint64_t)u->sk.sndbuf_bytes;
}

void sim_unix_uncharge(struct sim_unix_sock *u, uint32_t truesize)
{
	SIM_ASSERT(truesize <= u->sk.wmem_bytes);
	u->sk.wmem_bytes -= truesize;
	sim_net_memory_freed(u->sk.net);
	if (!u->sk.wmem_bytes && u->tail && u->tail->cap_bytes > KEEP_SLAB_MAX_BYTES) {
		sim_slab_unref(sim_sock_arena(&u->sk), u->tail);
		u->tail = NULL;
	}
	if (!sim_list_empty(&u->sk.wait.waits) && sim_unix_writable(u))
		sim_sock_notify(&u->sk, SIM_UNIX_WRITABLE);
}

static void room_changed(struct sim_sock *sk)
{
	if (sim_unix_writable(sim_unix_of(sk)))
		sim_sock_notify(sk, SIM_UNIX_WRITABLE);
}

int sim_unix_interrupted(int err, int64_t timeo_ns)
{
	return err == -SIM_ERESTART && timeo_ns ? -EINTR : err;
}

static int no_room(struct sim_unix_sock *u, struct sim_task *t, bool timed_out)
{
	struct sim_sock *sk = &u->sk;
	const struct sim_sock_test *x = sk->test;
	int64_t queued = sk->wmem_bytes, limit = sk->sndbuf_bytes;
	uint64_t unread = x && x->has_capacity ? x->accepted_bytes - x->peer_read_bytes : 0;
	bool is_capacity = x && x->has_capacity && unread >= x->capacity_bytes;

	if (is_capacity && !timed_out)
		return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_PEER_NOT_READING, SIM_NEVER_NS, (int64_t)unread,
				     (int64_t)x->capacity_bytes, 0, 0);
	if (is_capacity) {
		queued = (int64_t)unread;
		limit = (int64_t)x->capacity_bytes;
	} else if (x && x->has_sndbuf) {
		queued = (int64_t)unread_by_others(u);
		limit = (int64_t)x->sndbuf_bytes;
	}
	if (timed_out)
		return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_SNDTIMEO, SIM_NEVER_NS, sk->sndtimeo_ns, queued,
				     limit, 0);
	return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_SNDBUF_FULL, SIM_NEVER_NS, queued, limit, 0, 0);
}

/* sock_alloc_send_pskb(): the pending error first, then the shutdown, then room. */
int sim_unix_wait_for_room(struct sim_unix_sock *u, struct sim_task *t, struct sim_msg *m, bool whole,
			   size_t *size)
{
	struct sim_sock *sk = &u->sk;
	int64_t deadline_ns = 0;
	bool waited = false;

	for (;;) {
		int err = sim_sock_take_error(sk, t);
		size_t room;

		if (err)
			return err;
		if (sk->shutdown & SIM_SHUT_WR)
			return sim_sock_fail(sk, t, EPIPE,
					     u->peer_gone_ns != SIM_NEVER_NS ? SIM_WHY_PEER_GONE
									     : SIM_WHY_SHUT_WR,
					     u->shut_ns, u->shut_ns, 0, 0, 0);
		room = exact_room(u);
		if (room == SIZE_MAX) {
			if (sk->wmem_bytes < (uint32_t)sk->sndbuf_bytes)
				return 0;
		} else if (room >= *size || (room && !whole)) {
			if (*size > room)
				*size = room;
			return 0;
		}
		if (m->nonblock)
			return no_room(u, t, false);
		if (!waited)
			deadline_ns = sim_sock_deadline(sk, sk->sndtimeo_ns);
		waited = true;
		err = sim_sock_wait(sk, t, EPOLLOUT, deadline_ns);
		m->out_flags |= MSG_NOSIGNAL; /* only the check before waiting raises SIGPIPE */
		if (err == -EAGAIN)
			return no_room(u, t, true);
		if (err)
			return sim_unix_interrupted(err, sk->sndtimeo_ns);
	}
}

int sim_unix_wait_for_peer(struct sim_unix_sock *u, struct sim_unix_sock *other, struct sim_task *t,
			   int64_t deadline_ns)
{
	struct sim_wait w;
	int err;

	sim_sock_get(&other->sk);
	sim_waitq_add(&other->peer_wait, &w, SIM_WAIT_TASK, t, 0);
	t->on.sock_id = u->sk.id;
	t->on.events = EPOLLOUT;
	err = sim_task_block(t, deadline_ns);
	sim_waitq_remove(&w);
	sim_sock_put(&other->sk);
	return err == -ETIMEDOUT ? -EAGAIN : sim_unix_interrupted(err, u->sk.sndtimeo_ns);
}

/* ---- slabs ---- */

struct sim_slab **sim_unix_tail(struct sim_unix_sock *u, size_t fits)
{
	struct sim_slab *s = u->tail;

	if (!s)
		return &u->tail;
	if (s->refs == 1) /* all of it was read: from the beginning again */
		s->used_bytes = 0;
	if (fits && s->cap_bytes - s->used_bytes < fits) {
		sim_slab_unref(sim_sock_arena(&u->sk), s);
		u->tail = NULL;
	}
	return &u->tail;
}

/* An append moved u->tail: the reference moves along. */
void sim_unix_tail_moved(struct sim_unix_sock *u, struct sim_slab *was, struct sim_slab *now)
{
	if (was == now)
		return;
	sim_slab_ref(now);
	sim_slab_unref(sim_sock_arena(&u->sk), was);
}

/* ---- ends ---- */

static void shut(struct sim_unix_sock *u, unsigned how)
{
	if (how & SIM_SHUT_WR & ~u->sk.shutdown)
		u->shut_ns = sim_now(u->sk.net->ctx);
	u->sk.shutdown |= (uint8_t)how;
	sim_sock_notify(&u->sk, SIM_UNIX_READABLE | SIM_UNIX_WRITABLE | EPOLLRDHUP | EPOLLHUP);
}

static int unix_shutdown(struct sim_sock *sk, struct sim_task *t, int how)
{
	struct sim_unix_sock *u = sim_unix_of(sk);
	unsigned mode = (unsigned)how + 1;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 2, how, 0, 0);
	shut(u, mode);
	if (u->peer && sk->type != SOCK_DGRAM)
		shut(u->peer,
		     (mode & SIM_SHUT_RD ? SIM_SHUT_WR : 0) | (mode & SIM_SHUT_WR ? SIM_SHUT_RD : 0));
	return 0;
}

/* What is unread, as unix_release_sock() looks at it: a first record without a byte does not count. */
static uint64_t left_unread(const struct sim_unix_sock *u)
{
	const struct sim_unix_msg *first = u->msgs.first;

	if (u->sk.type == SOCK_STREAM)
		return sim_unix_oob_left(u);
	return u->num_queued - (first && !first->run.len);
}

/* The other end of a stream or of records hears that this one is closed. */
static void tell_peer_closed(struct sim_unix_sock *u, struct sim_unix_sock *peer, bool never_accepted)
{
	uint64_t unread = u->state == SIM_UNIX_LISTENING ? 0 : left_unread(u);

	peer->peer_gone_ns = sim_now(u->sk.net->ctx);
	if (unread || never_accepted)
		sim_sock_set_error(&peer->sk, ECONNRESET, SIM_WHY_PEER_CLOSED_UNREAD, peer->peer_gone_ns,
				   (int64_t)unread, 0);
	shut(peer, SIM_SHUT_BOTH);
}

static void drop_queue(struct sim_unix_sock *u, struct sim_unix_sock *peer)
{
	struct sim_arena *a = sim_sock_arena(&u->sk);
	uint32_t freed;

	if (u->sk.type != SOCK_STREAM) {
		sim_unix_dgram_purge(u);
		return;
	}
	if (u->stream.data.len) {
		freed = sim_unix_stream_pop(a, &u->stream, u->stream.data.len) - sim_unix_oob_uncharged(u);
		if (peer)
			sim_unix_uncharge(peer, freed);
	}
	sim_unix_stream_fini(a, &u->stream);
	sim_unix_oob_fini(u);
	sim_unix_notes_drop(u);
}

static void release_sock(struct sim_unix_sock *u, bool never_accepted);

static void drop_waiting(struct sim_unix_sock *u)
{
	struct sim_unix_sock *child;

	while ((child = u->first_waiting)) {
		u->first_waiting = child->next_waiting;
		u->num_queued--;
		child->listener = NULL;
		release_sock(child, true);
		sim_sock_put(&child->sk);
	}
	u->last_waiting = NULL;
}

/* unix_release_sock() */
static void release_sock(struct sim_unix_sock *u, bool never_accepted)
{
	struct sim_unix_sock *peer = u->peer;
	struct sim_sock *sk = &u->sk;

	SIM_ASSERT(!u->released);
	sim_unix_unbind(u);
	u->released = sk->dead = true;
	sk->shutdown = SIM_SHUT_BOTH;
	if (peer)
		sim_sock_get(&peer->sk); /* until the end of this function */
	sim_unix_set_peer(u, NULL);
	sim_waitq_wake(&u->peer_wait, EPOLLOUT);
	if (peer && sk->type != SOCK_DGRAM && !peer->released)
		tell_peer_closed(u, peer, never_accepted);
	if (sk->type != SOCK_STREAM)
		sim_unix_dgram_forget(u);
	if (u->state == SIM_UNIX_LISTENING)
		drop_waiting(u);
	u->state = SIM_UNIX_CLOSED;
	drop_queue(u, peer);
	if (peer)
		sim_sock_put(&peer->sk);
}

void sim_unix_release(struct sim_sock *sk, struct sim_task *t)
{
	(void)t;
	release_sock(sim_unix_of(sk), false);
}

static void destroy(struct sim_sock *sk)
{
	struct sim_unix_sock *u = sim_unix_of(sk);
	struct sim_arena *a = sim_sock_arena(sk);

	if (!u->released) /* made and never opened */
		release_sock(u, false);
	SIM_ASSERT(sk->wmem_bytes == 0 && sim_list_empty(&u->peer_wait.waits));
	sim_slab_unref(a, u->tail);
	sim_unix_addr_put(a, u->addr);
	sim_sock_fini(sk);
	sim_arena_free(a, u, sizeof *u);
}

/* ---- readiness ---- */

/* unix_poll() but for the room to write. */
uint32_t sim_unix_common_poll(struct sim_unix_sock *u)
{
	uint32_t mask = 0, shutdown = u->sk.shutdown;

	if (u->sk.err)
		mask |= EPOLLERR;
	if (shutdown == SIM_SHUT_BOTH)
		mask |= EPOLLHUP;
	if (shutdown & SIM_SHUT_RD)
		mask |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	if (u->num_queued || (u->sk.type == SOCK_STREAM && u->stream.data.len))
		mask |= EPOLLIN | EPOLLRDNORM;
	if (sim_unix_oob_is_pending(u))
		mask |= EPOLLPRI;
	if (u->sk.type != SOCK_DGRAM && u->state == SIM_UNIX_CLOSED)
		mask |= EPOLLHUP;
	return mask;
}

static uint32_t stream_poll(struct sim_sock *sk)
{
	struct sim_unix_sock *u = sim_unix_of(sk);
	uint32_t mask = sim_unix_common_poll(u);

	if (sim_unix_writable(u))
		mask |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	return mask;
}

/* ---- options and ioctls ---- */

static int unix_getopt(struct sim_sock *sk, struct sim_task *t, int level, int name, void *val,
		       socklen_t *len)
{
	const struct sim_unix_cred *c = &sim_unix_of(sk)->cred;
	struct { /* struct ucred */
		int32_t pid;
		uint32_t uid, gid;
	} cred = { c->pid, c->uid, c->gid };

	if (name != SO_PEERCRED)
		return sim_sock_fail(sk, t, ENOPROTOOPT, SIM_WHY_NO_OPTION, SIM_NEVER_NS, level, name, 0, 0);
	if (*len > sizeof cred)
		*len = sizeof cred;
	memcpy(val, &cred, *len);
	return 0;
}

/* SIOCINQ: all of it for what is connected, the next datagram else. */
static int unread_bytes(struct sim_unix_sock *u)
{
	int64_t n = 0;

	if (u->sk.type == SOCK_STREAM)
		return (int)(u->oob ? sim_unix_oob_unread(u) : u->stream.data.len);
	for (struct sim_unix_msg *m = u->msgs.first; m; m = m->next) {
		n += m->run.len;
		if (u->sk.type == SOCK_DGRAM)
			break;
	}
	return (int)n;
}

static int unix_ioctl(struct sim_sock *sk, struct sim_task *t, unsigned long request, int *value)
{
	struct sim_unix_sock *u = sim_unix_of(sk);

	switch (request) {
	case FIONREAD:
		if (u->state == SIM_UNIX_LISTENING)
			return sim_sock_fail(sk, t, EINVAL, SIM_WHY_NOT_CONNECTED, SIM_NEVER_NS, u->state, 0,
					     0, 0);
		*value = unread_bytes(u);
		return 0;
	case TIOCOUTQ: *value = (int)sk->wmem_bytes; return 0;
	case SIOCATMARK:
		if (sk->type != SOCK_STREAM)
			return sim_sock_fail(sk, t, EOPNOTSUPP, SIM_WHY_NOT_SUPPORTED, SIM_NEVER_NS, 0, 0, 0,
					     0);
		*value = sim_unix_oob_at_mark(u);
		return 0;
	default:
		return sim_sock_fail(sk, t, ENOTTY, SIM_WHY_NOT_SUPPORTED, SIM_NEVER_NS, (int64_t)request, 0,
				     0, 0);
	}
}

/* ss(8): what is unread in bytes, what was sent in the kernel's charge; a listener shows its queue. */
static void view(struct sim_sock *sk, struct sim_sock_view *v)
{
	static const char *const names[] = {
		[SIM_UNIX_CLOSED] = "UNCONN", [SIM_UNIX_CONNECTED] = "ESTAB", [SIM_UNIX_LISTENING] = "LISTEN"
	};
	struct sim_unix_sock *u = sim_unix_of(sk);

	v->netid = sk->type == SOCK_STREAM ? "u_str" : sk->type == SOCK_DGRAM ? "u_dgr" : "u_seq";
	v->state = names[u->state];
	if (u->state == SIM_UNIX_LISTENING) {
		v->recv_q = u->num_queued;
		v->send_q = (uint64_t)(uint32_t)u->backlog;
	} else {
		v->recv_q = (uint64_t)unread_bytes(u);
		v->send_q = sk->wmem_bytes;
	}
	sim_unix_name_of(u, &v->local);
	if (u->peer)
		sim_unix_name_of(u->peer, &v->peer);
}

static struct sim_file **file_slot(struct sim_sock *sk)
{
	struct sim_unix_sock *u = sim_unix_of(sk);

	return u->listener ? &u->listener->file : &u->file;
}

#define UNIX_COMMON_OPS                                                                              \
	.bind = sim_unix_bind, .shutdown = unix_shutdown, .getname = sim_unix_getname,               \
	.getopt = unix_getopt, .ioctl = unix_ioctl, .release = sim_unix_release, .destroy = destroy, \
	.view = view, .room_changed = room_changed, .file_slot = file_slot

const struct sim_sock_ops sim_unix_stream_ops = {
	UNIX_COMMON_OPS,           .connect = sim_unix_connect,  .listen = sim_unix_listen,
	.accept = sim_unix_accept, .send = sim_unix_stream_send, .recv = sim_unix_stream_recv,
	.poll = stream_poll,
};

const struct sim_sock_ops sim_unix_seqpacket_ops = {
	UNIX_COMMON_OPS,
	.connect = sim_unix_connect,
	.listen = sim_unix_listen,
	.accept = sim_unix_accept,
	.send = sim_unix_seqpacket_send,
	.recv = sim_unix_seqpacket_recv,
	.poll = sim_unix_dgram_poll,
};

const struct sim_sock_ops sim_unix_dgram_ops = {
	UNIX_COMMON_OPS,
	.connect = sim_unix_dgram_connect,
	.listen = sim_unix_no_listen,
	.accept = sim_unix_no_accept,
	.send = sim_unix_dgram_send,
	.recv = sim_unix_dgram_recv,
	.poll = sim_unix_dgram_poll,
};
