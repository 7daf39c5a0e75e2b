/* SPDX-License-Identifier: MIT */
/* What every socket has, but for its options (options.c): see sock.h. */
#include "sim/sock/sock.h"

#include <errno.h>
#include <string.h>

#include "sim/base/assert.h"
#include "sim/sock/memory.h"

enum { LOG_FIRST_BYTES = 256 };

void sim_sock_init(struct sim_sock *sk, struct sim_net *net, enum sim_sock_kind kind, int domain, int type,
		   int protocol)
{
	struct sim_trace_rec *r;

	sk->net = net;
	sk->id = ++net->ctx->next_sock_id;
	sk->refs = 1;
	sk->kind = (uint8_t)kind;
	sk->domain = (uint8_t)domain;
	sk->type = (uint8_t)type;
	sk->protocol = (uint8_t)protocol;
	sk->sndbuf_bytes = net->sysctl.core_wmem_default;
	sk->rcvbuf_bytes = net->sysctl.core_rmem_default;
	sk->rcvlowat_bytes = 1;
	sk->record = net->record;
	sk->no_sigpipe = net->sysctl.sw_sigpipe == SIM_SIGPIPE_SUPPRESS;
	sk->made_ns = sim_now(net->ctx);
	sim_waitq_init(&sk->wait);
	sim_list_append(&net->sockets, &sk->node);
	net->num_sockets++;
	r = sim_trace_open(&net->ctx->trace, sk->made_ns, SIM_TRACE_SOCKET, net->host_id, sk->id);
	r->arg[0] = SIM_TRACE_BEGAN;
	r->arg[1] = (uint64_t)(unsigned)domain | (uint64_t)(unsigned)type << 16 |
		    (uint64_t)(unsigned)protocol << 32;
	r->arg[2] = r->arg[3] = r->arg[4] = r->arg[5] = 0;
	sim_trace_commit(&net->ctx->trace, r, NULL);
}

static void log_free(struct sim_arena *a, struct sim_sock_log *log)
{
	if (!log)
		return;
	if (log->data)
		sim_arena_free(a, log->data, log->cap_bytes);
	sim_arena_free(a, log, sizeof *log);
}

void sim_sock_fini(struct sim_sock *sk)
{
	struct sim_arena *a = sim_sock_arena(sk);

	SIM_ASSERT(sim_list_empty(&sk->wait.waits));
	sim_trace_write(&sk->net->ctx->trace, SIM_TRACE_SOCKET, sk->net->host_id, sk->id, SIM_TRACE_ENDED, 0);
	sim_list_remove(&sk->node);
	sk->net->num_sockets--;
	sim_net_memory_freed(sk->net);
	sim_errq_free(sk);
	if (sk->test) {
		sk->net->ctx->num_capacity_knobs -= sk->test->has_capacity;
		sim_arena_free(a, sk->test, sizeof *sk->test);
	}
	log_free(a, sk->sent);
	log_free(a, sk->delivered);
}

void sim_sock_put(struct sim_sock *sk)
{
	SIM_ASSERT(sk->refs > 0);
	if (--sk->refs == 0)
		sim_sock_op(sk)->destroy(sk);
}

void sim_sock_close(struct sim_sock *sk, struct sim_task *t)
{
	sk->dead = true;
	sim_sock_op(sk)->release(sk, t);
	sim_sock_put(sk);
}

int sim_sock_fail(struct sim_sock *sk, struct sim_task *t, int err, enum sim_why_key key, int64_t since_ns,
		  int64_t arg0, int64_t arg1, int64_t arg2, int64_t arg3)
{
	if (t)
		t->why = (struct sim_reason){ key, sk ? sk->id : 0, since_ns, { arg0, arg1, arg2, arg3 } };
	return -err;
}

void sim_sock_set_error(struct sim_sock *sk, int err, enum sim_why_key key, int64_t since_ns, int64_t arg0,
			int64_t arg1)
{
	sk->err = err;
	sk->err_why = (struct sim_reason){ key, sk->id, since_ns, { arg0, arg1, 0, 0 } };
	sim_sock_notify(sk, EPOLLERR | EPOLLIN | EPOLLOUT | EPOLLHUP);
}

int sim_sock_take_error(struct sim_sock *sk, struct sim_task *t)
{
	int err = sk->err;

	if (__builtin_expect(err == 0, 1))
		return 0;
	sk->err = 0;
	if (t)
		t->why = sk->err_why;
	return -err;
}

ssize_t sim_sock_stopped_send(struct sim_sock *sk, struct sim_task *t, int err, size_t moved)
{
	if (!moved)
		return err;
	if ((err != -SIM_ERESTART && err != -EINTR) ||
	    sk->net->sysctl.sw_interrupted_send != SIM_INTERRUPTED_SEND_EINTR)
		return (ssize_t)moved;
	/* Never restarted: what was taken would go twice. */
	return sim_sock_fail(sk, t, EINTR, SIM_WHY_SIGNAL_LATE, SIM_NEVER_NS, (int64_t)moved, 0, 0, 0);
}

int sim_sock_unconnected_errno(const struct sim_sock *sk, int linux_errno)
{
	switch (sk->net->sysctl.sw_unconnected_send) {
	case SIM_UNCONNECTED_SEND_EPIPE: return EPIPE;
	case SIM_UNCONNECTED_SEND_ENOTCONN: return ENOTCONN;
	default: return linux_errno;
	}
}

int sim_sock_no_destination_errno(const struct sim_sock *sk, int linux_errno)
{
	switch (sk->net->sysctl.sw_no_destination) {
	case SIM_NO_DESTINATION_EDESTADDRREQ: return EDESTADDRREQ;
	case SIM_NO_DESTINATION_ENOTCONN: return ENOTCONN;
	default: return linux_errno;
	}
}

int sim_sock_wait(struct sim_sock *sk, struct sim_task *t, uint32_t events, int64_t deadline_ns)
{
	struct sim_wait w;
	int err;

	sim_waitq_add(&sk->wait, &w, SIM_WAIT_TASK, t, events);
	t->on.sock_id = sk->id;
	t->on.events = events;
	err = sim_task_block(t, deadline_ns);
	sim_waitq_remove(&w);
	return err == -ETIMEDOUT ? -EAGAIN : err;
}

int64_t sim_sock_deadline(const struct sim_sock *sk, int64_t timeo_ns)
{
	int64_t now_ns = sim_now(sk->net->ctx);

	if (timeo_ns == 0)
		return SIM_NEVER_NS;
	return timeo_ns < 0 ? now_ns : sim_clock_round_ticks(now_ns, timeo_ns);
}

size_t sim_sock_test_room(const struct sim_sock *sk, uint64_t unacked_bytes)
{
	const struct sim_sock_test *x = sk->test;
	uint64_t room = SIZE_MAX, unread;

	if (__builtin_expect(!x, 1))
		return SIZE_MAX;
	if (x->has_sndbuf)
		room = x->sndbuf_bytes > unacked_bytes ? x->sndbuf_bytes - unacked_bytes : 0;
	if (x->has_capacity) {
		unread = x->accepted_bytes - x->peer_read_bytes;
		if (room > x->capacity_bytes - unread)
			room = x->capacity_bytes - unread;
		if (unread >= x->capacity_bytes)
			room = 0;
	}
	return room;
}

static struct sim_sock_test *test_of(struct sim_sock *sk)
{
	if (!sk->test)
		sk->test = sim_arena_alloc(sim_sock_arena(sk), sizeof *sk->test);
	return sk->test;
}

int sim_sock_set_exact(struct sim_sock *sk, bool capacity, uint64_t bytes)
{
	struct sim_sock_test *x = test_of(sk);

	if (!x)
		return -ENOMEM;
	if (capacity) {
		sk->net->ctx->num_capacity_knobs += !x->has_capacity;
		x->has_capacity = true;
		x->capacity_bytes = bytes;
	} else {
		x->has_sndbuf = true;
		x->sndbuf_bytes = bytes;
	}
	if (sim_sock_op(sk)->room_changed)
		sim_sock_op(sk)->room_changed(sk);
	return 0;
}

/* Keeps the first SIM_SOCK_LOG_MAX_BYTES; after that only counts. */
static void log_bytes(struct sim_sock *sk, struct sim_sock_log **where, const struct sim_bytes *run,
		      uint32_t off, uint32_t len)
{
	struct sim_arena *a = sim_sock_arena(sk);
	struct sim_sock_log *log = *where;
	uint32_t room, cap;

	if (!log) {
		log = *where = sim_arena_alloc(a, sizeof *log);
		if (!log)
			return;
	}
	log->num_bytes += len;
	room = SIM_SOCK_LOG_MAX_BYTES - log->kept_bytes;
	if (log->kept_bytes != log->num_bytes - len)
		return; /* a gap: what follows is not kept either */
	if (len > room)
		len = room;
	for (cap = log->cap_bytes ? log->cap_bytes : LOG_FIRST_BYTES; cap < log->kept_bytes + len;)
		cap *= 2;
	if (cap != log->cap_bytes) {
		unsigned char *bigger = sim_arena_resize(a, log->data, log->cap_bytes, cap);

		if (!bigger)
			return;
		log->data = bigger;
		log->cap_bytes = cap;
	}
	sim_bytes_read(run, off, len, log->data + log->kept_bytes);
	log->kept_bytes += len;
}

void sim_sock_note_sent(struct sim_sock *sk, const struct sim_bytes *run)
{
	sk->num_sent_bytes += run->len;
	if (sk->test && sk->test->has_capacity)
		sk->test->accepted_bytes += run->len;
	if (sk->record && run->len)
		log_bytes(sk, &sk->sent, run, 0, run->len);
}

static void tell_peer_of_room(struct sim_sock *sk, uint32_t len)
{
	struct sim_sock *peer = sim_sock_peer(sk);
	struct sim_sock_test *x = peer ? peer->test : NULL;

	if (!x || !x->has_capacity)
		return;
	x->peer_read_bytes += len;
	if (x->peer_read_bytes > x->accepted_bytes) /* it read what was sent before the knob was set */
		x->peer_read_bytes = x->accepted_bytes;
	if (sim_sock_op(peer)->room_changed)
		sim_sock_op(peer)->room_changed(peer);
}

void sim_sock_take_back_sent(struct sim_sock *sk, uint32_t len)
{
	struct sim_sock_log *log = sk->sent;

	sk->num_sent_bytes -= len;
	if (sk->test && sk->test->has_capacity)
		sk->test->accepted_bytes -= len;
	if (!sk->record || !log)
		return;
	log->num_bytes -= len;
	if (log->kept_bytes > log->num_bytes)
		log->kept_bytes = (uint32_t)log->num_bytes;
}

void sim_sock_note_delivered(struct sim_sock *sk, const struct sim_bytes *run, uint32_t off, uint32_t len)
{
	sk->num_delivered_bytes += len;
	if (sk->record && len)
		log_bytes(sk, &sk->delivered, run, off, len);
	if (__builtin_expect(sk->net->ctx->num_capacity_knobs > 0, 0))
		tell_peer_of_room(sk, len);
}
