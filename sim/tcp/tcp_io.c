/* SPDX-License-Identifier: MIT */
/*
 * send(2) and recv(2) of TCP sockets: what is taken and what is refused, blocking, the send buffer as Linux
 * accounts it. tcp(7), send(2), recv(2); the order of checks as the running kernel has it.
 *
 * FIDELITY: ignored as on Linux: MSG_DONTROUTE, MSG_CONFIRM, MSG_ZEROCOPY without SO_ZEROCOPY.
 */
#include <errno.h>
#include <netinet/in.h>

#include "sim/sock/memory.h"
#include "sim/tcp/env.h"
#include "sim/tcp/sock.h"

enum {
	SEGMENTATION_MAX_BYTES = 65535 - 256, /* what one buffer of the send queue holds at most */
	INITIAL_CWND = 10,                    /* RFC 6928 */
	HEADROOM_BYTES = 256 + 320,           /* headers, and what stands behind the data */
	SKB_BYTES = 256,
	SEND_STEP_MAX_BYTES = 1 << 24, /* one look at the room grants no more */
	SEND_STEP_MAX_SKBS = 16,       /* nor more buffers: Linux then looks at what came in */
};

int sim_tcp_interrupted(int err, int64_t deadline_ns)
{
	/* signal(7): a call with a timeout is not restarted. */
	return err == -SIM_ERESTART && deadline_ns != SIM_NEVER_NS ? -EINTR : err;
}

/* ---- the send buffer ---- */

/* Linux's tcp_sndbuf_expand at the start of a connection: twice ten segments' worth. */
void sim_tcp_expand_sndbuf(struct sim_tcp_sock *ts)
{
	struct sim_sock *sk = &ts->in.sk;
	const struct sim_tcp_conn *c = &ts->conn;
	uint32_t mss = c->peer_mss > c->snd_mss ? c->peer_mss : c->snd_mss, per = SKB_BYTES;
	int64_t want;

	if (sk->sndbuf_locked)
		return;
	per += 1u << (32 - __builtin_clz(mss + HEADROOM_BYTES - 1));
	/* FIDELITY: there it stays: Linux lets it grow with the congestion window, which we have not. */
	want = 2 * INITIAL_CWND * (int64_t)per;
	if (want > sk->net->sysctl.tcp_wmem_max)
		want = sk->net->sysctl.tcp_wmem_max;
	if (sk->sndbuf_bytes < want)
		sk->sndbuf_bytes = (int32_t)want;
}

/* How many bytes one buffer takes: whole segments, at most half of the peer's largest window. */
static uint32_t size_goal(const struct sim_tcp_conn *c, int flags)
{
	uint32_t mss = sim_tcp_conn_mss(c), most = c->max_window / 2;

	if (flags & MSG_OOB)
		return mss;
	if (most > SEGMENTATION_MAX_BYTES)
		most = SEGMENTATION_MAX_BYTES;
	return most > mss ? most - most % mss : mss;
}

/* tcp(7), TCP_NOTSENT_LOWAT: with so much not sent yet no new buffer is begun. */
static uint32_t notsent_lowat(const struct sim_tcp_sock *ts)
{
	if (__builtin_expect(ts->opts && ts->opts->notsent_lowat_bytes, 0))
		return (uint32_t)ts->opts->notsent_lowat_bytes;
	return (uint32_t)ts->in.sk.net->sysctl.tcp_notsent_lowat;
}

/*
 * For a new buffer of `size` bytes beside `more` that are granted already. tcp(7), tcp_mem: at the third
 * number a sender has what it has, but for tcp_wmem's first number, and for what would fill its buffer.
 */
static bool has_memory(const struct sim_tcp_sock *ts, uint32_t more, uint32_t size)
{
	const struct sim_sock *sk = &ts->in.sk;
	const struct sim_sysctls *s = &sk->net->sysctl;
	int64_t mine = (int64_t)sk->wmem_bytes + more;

	size += SIM_TCP_SKB_OVERHEAD;
	if (__builtin_expect(s->tcp_mem_max < SIM_MEM_PLENTY_PAGES, 0) && mine >= s->tcp_wmem_min &&
	    mine + size < sk->sndbuf_bytes &&
	    !sim_net_has_pages(sk->net, SIM_SOCK_TCP, s->tcp_mem_max, more + size))
		return false;
	return sim_net_has_memory(sk->net, more + size);
}

/*
 * How many of `left` bytes may be queued now. As Linux: room is looked for only when a new buffer is begun,
 * so that the limit may be passed by less than one. The charge for new buffers is made; that for bytes is the
 * caller's.
 */
static uint32_t grant(struct sim_tcp_sock *ts, size_t left, int flags, bool *step_over)
{
	struct sim_sock *sk = &ts->in.sk;
	const struct sim_tcp_conn *c = &ts->conn;
	uint32_t goal = 0, num = 0, num_skbs = 0, limit, lowat = notsent_lowat(ts);

	if (__builtin_expect(sk->test != NULL, 0)) {
		size_t room = sim_sock_test_room(sk, sim_tcp_conn_unacked(c));

		left = left < room ? left : room;
	}
	limit = left < SEND_STEP_MAX_BYTES ? (uint32_t)left : SEND_STEP_MAX_BYTES;
	if (__builtin_expect(sk->test && sk->test->has_sndbuf, 0))
		return limit;
	if (c->snd_nxt == c->write_seq)
		ts->skb_room_bytes = 0; /* what was sent takes no more */
	while (num < limit) {
		uint32_t n = limit - num;

		if (!ts->skb_room_bytes) {
			if ((int64_t)sk->wmem_bytes + num >= sk->sndbuf_bytes)
				break;
			if (num_skbs++ == SEND_STEP_MAX_SKBS && step_over) {
				*step_over = true;
				break;
			}
			/* What was granted is sent first, and may make that less. */
			if (__builtin_expect(lowat < INT32_MAX, 0) &&
			    (num || c->write_seq - c->snd_nxt >= lowat))
				break;
			goal = goal ? goal : size_goal(c, flags);
			if (__builtin_expect(!has_memory(ts, num, n < goal ? n : goal), 0))
				break;
			ts->skb_room_bytes = goal;
			sk->wmem_bytes += SIM_TCP_SKB_OVERHEAD;
		}
		if (n > ts->skb_room_bytes)
			n = ts->skb_room_bytes;
		ts->skb_room_bytes -= n;
		num += n;
	}
	return num;
}

/* The peer has num_bytes more: buffers that hold nothing else are gone, the rest in proportion. */
void sim_tcp_env_acked(struct sim_tcp_conn *c, uint32_t num_bytes)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of_conn(c);
	struct sim_sock *sk = &ts->in.sk;
	uint32_t left = sim_tcp_conn_unacked(c), had = left + num_bytes, overhead;

	ts->confirm = true; /* Linux, tcp_ack: forward progress */
	if (!left) {
		sk->wmem_bytes = 0;
	} else {
		overhead = sk->wmem_bytes > had ? (sk->wmem_bytes - had) / SIM_TCP_SKB_OVERHEAD : 0;
		overhead -= (uint32_t)((uint64_t)overhead * num_bytes / had);
		sk->wmem_bytes = left + overhead * SIM_TCP_SKB_OVERHEAD;
	}
	sim_net_memory_freed(sk->net);
	if (__builtin_expect(ts->marks != NULL, 0))
		sim_tcp_marks_acked(ts);
	sim_tcp_check_space(ts);
}

void sim_tcp_check_space(struct sim_tcp_sock *ts)
{
	if (__builtin_expect(ts->nospace, 0) && sim_tcp_is_writable(ts)) {
		ts->nospace = false;
		sim_sock_notify(&ts->in.sk, EPOLLOUT | EPOLLWRNORM);
	}
}

/* poll(2): a third of the buffer is free, and less than half of tcp_notsent_lowat waits to be sent. */
bool sim_tcp_is_writable(const struct sim_tcp_sock *ts)
{
	const struct sim_sock *sk = &ts->in.sk;
	int64_t queued = sk->wmem_bytes;
	/* Of a connection that was refused the SYN stands behind all that was queued. */
	int32_t unsent = (int32_t)(ts->conn.write_seq - ts->conn.snd_nxt);

	if (__builtin_expect(sk->test != NULL, 0)) {
		if (!sim_sock_test_room(sk, sim_tcp_conn_unacked(&ts->conn)))
			return false;
		if (sk->test->has_sndbuf)
			return true;
	}
	return sk->sndbuf_bytes - queued >= queued / 2 && queued < sk->sndbuf_bytes &&
	       2 * (int64_t)unsent < notsent_lowat(ts);
}

/* ---- send ---- */

/* Why nothing can be taken, for the reason of EAGAIN. */
static int no_room(struct sim_tcp_sock *ts, struct sim_task *t, bool timed_out)
{
	struct sim_sock *sk = &ts->in.sk;
	const struct sim_tcp_conn *c = &ts->conn;
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
		queued = sim_tcp_conn_unacked(c);
		limit = (int64_t)x->sndbuf_bytes;
	}
	if (timed_out)
		return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_SNDTIMEO, SIM_NEVER_NS, sk->sndtimeo_ns, queued,
				     limit, 0);
	if (!c->snd_wnd)
		return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_PEER_WINDOW_ZERO, c->window_zero_ns, queued,
				     limit, c->window_zero_ns, 0);
	return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_SNDBUF_FULL, SIM_NEVER_NS, queued, limit,
			     sim_tcp_conn_in_flight(c), 0);
}

/* send(2), EPIPE: but the pending error comes first. */
static int broken_pipe(struct sim_tcp_sock *ts, struct sim_task *t)
{
	struct sim_sock *sk = &ts->in.sk;
	int err = sim_sock_take_error(sk, t);
	int64_t since_ns = (int64_t)ts->shut_ms * SIM_NS_PER_MS;

	if (err)
		return err;
	if (sk->err_why.key && t) {
		t->why = sk->err_why; /* what a call before this one was told */
		return -EPIPE;
	}
	if (sk->shutdown & SIM_SHUT_WR)
		return sim_sock_fail(sk, t, EPIPE, SIM_WHY_SHUT_WR, since_ns, since_ns, 0, 0, 0);
	return sim_sock_fail(sk, t, EPIPE, SIM_WHY_NOT_CONNECTED, SIM_NEVER_NS, ts->conn.state, 0, 0, 0);
}

/* A connection on its way is waited for; none at all is EPIPE (or ENOTCONN, where a host is switched to it).
 */
static int wait_connected(struct sim_tcp_sock *ts, struct sim_task *t, const struct sim_msg *m)
{
	struct sim_sock *sk = &ts->in.sk;
	int64_t deadline_ns = m->nonblock ? 0 : sim_sock_deadline(sk, sk->sndtimeo_ns);
	int err;

	while (!sim_tcp_in_states(ts, 1u << SIM_TCP_ESTABLISHED | 1u << SIM_TCP_CLOSE_WAIT)) {
		err = sim_sock_take_error(sk, t);
		if (err)
			return err;
		if (!sim_tcp_in_states(ts, 1u << SIM_TCP_SYN_SENT | 1u << SIM_TCP_SYN_RECEIVED)) {
			if (ts->link == SIM_TCP_UNCONNECTED && sim_sock_unconnected_errno(sk, EPIPE) != EPIPE)
				return sim_tcp_fail(ts, t, ENOTCONN, SIM_WHY_NOT_CONNECTED);
			return broken_pipe(ts, t);
		}
		err = m->nonblock ? -EAGAIN : sim_sock_wait(sk, t, EPOLLOUT, deadline_ns);
		if (err == -EAGAIN)
			return sim_tcp_fail(ts, t, EAGAIN, SIM_WHY_CONNECT_IN_PROGRESS);
		if (err)
			return sim_tcp_interrupted(err, deadline_ns);
	}
	return 0;
}

static int check_flags(struct sim_tcp_sock *ts, struct sim_task *t, const struct sim_msg *m)
{
	struct sim_sock *sk = &ts->in.sk;

	if (__builtin_expect(m->to && sk->net->sysctl.sw_eisconn == SIM_EISCONN_ALWAYS &&
				     ts->link == SIM_TCP_CONNECTED,
			     0))
		return sim_tcp_fail(ts, t, EISCONN, SIM_WHY_ALREADY_CONNECTED);
	return __builtin_expect(m->flags & MSG_FASTOPEN, 0) ? sim_tcp_fastopen(ts, t, m) : 0;
}

/* Of a send that is longer than half of the peer's largest window: where Linux pushes in its middle. */
static void mark_pushes(struct sim_tcp_conn *c, const struct sim_msg *m, size_t left)
{
	uint32_t goal, half = c->max_window / 2;

	if (__builtin_expect(left <= half, 1))
		return;
	goal = size_goal(c, m->flags);
	if (!m->done || !c->push_every) {
		c->push_from = c->write_seq;
		c->push_every = goal * (half / goal + 1);
	}
	c->push_until = c->write_seq + (left < SEND_STEP_MAX_BYTES ? (uint32_t)left : SEND_STEP_MAX_BYTES);
}

/* What a send can go back to when its memory turns out to be bad. */
struct charge {
	struct sim_iter it;
	uint32_t skb_room_bytes, wmem_bytes;
};

static struct charge remember(const struct sim_tcp_sock *ts, const struct sim_msg *m)
{
	return (struct charge){ m->it, ts->skb_room_bytes, ts->in.sk.wmem_bytes };
}

static void go_back(struct sim_tcp_sock *ts, struct sim_msg *m, const struct charge *was)
{
	m->it = was->it;
	ts->skb_room_bytes = was->skb_room_bytes;
	ts->in.sk.wmem_bytes = was->wmem_bytes;
}

static int queue_bytes(struct sim_tcp_sock *ts, struct sim_msg *m, uint32_t num)
{
	struct sim_sock *sk = &ts->in.sk;
	struct sim_bytes run;
	int err = sim_tcp_conn_queue(&ts->conn, &m->it, num, &run);

	if (err)
		return err;
	sk->wmem_bytes += num;
	sim_sock_note_sent(sk, &run);
	return 0;
}

/*
 * A page of what was to be queued is bad: the kernel, which copies buffer by buffer, has queued what fills
 * the buffers before it. *num of them; -EFAULT when none is left to fill.
 */
static int queue_before_fault(struct sim_tcp_sock *ts, struct sim_msg *m, uint32_t *num)
{
	uint32_t want = *num;
	struct charge was;
	int err = 0;

	for (*num = 0; *num < want;) {
		uint32_t room = ts->skb_room_bytes ? ts->skb_room_bytes : size_goal(&ts->conn, m->flags), n;

		was = remember(ts, m);
		n = grant(ts, want - *num < room ? want - *num : room, m->flags, NULL);
		err = n ? queue_bytes(ts, m, n) : -EFAULT;
		if (err) {
			go_back(ts, m, &was);
			break;
		}
		*num += n;
	}
	return err;
}

/* Nothing was granted although the buffer has room: the host has no memory for it. */
static bool is_out_of_memory(const struct sim_tcp_sock *ts)
{
	return !ts->in.sk.test && (int64_t)ts->in.sk.wmem_bytes < ts->in.sk.sndbuf_bytes &&
	       ts->conn.write_seq - ts->conn.snd_nxt < notsent_lowat(ts);
}

/* Nothing more can be taken now: waits, or says why not. 0: look again. */
static int wait_room(struct sim_tcp_sock *ts, struct sim_task *t, const struct sim_msg *m, bool copied,
		     int64_t *deadline_ns)
{
	struct sim_sock *sk = &ts->in.sk;
	int err;

	ts->nospace = true;
	if (copied && m->flags & MSG_OOB)
		sim_tcp_conn_mark_urgent(&ts->conn);
	if (copied)
		sim_tcp_conn_push_all(&ts->conn);
	if (__builtin_expect(is_out_of_memory(ts), 0)) {
		if (m->nonblock || sk->net->sysctl.sw_no_memory)
			return sim_sock_no_memory(sk, t, EAGAIN);
		/* FIDELITY: Linux looks again every 2 to 200 ms; here when some is given back. */
		sk->wants_memory = true;
		sk->net->num_memory_waiters++;
	}
	if (m->nonblock)
		return no_room(ts, t, false);
	if (!*deadline_ns)
		*deadline_ns = sim_sock_deadline(sk, sk->sndtimeo_ns);
	err = sim_sock_wait(sk, t, EPOLLOUT, *deadline_ns);
	return err == -EAGAIN ? no_room(ts, t, true) : err ? sim_tcp_interrupted(err, *deadline_ns) : 0;
}

/*
 * Queues all of it, or as much as it can: how much; 0 with *err. `by_steps`: the call may stop on its way, to
 * look at what came in (m->again).
 */
static size_t queue_all(struct sim_tcp_sock *ts, struct sim_task *t, struct sim_msg *m, bool by_steps,
			int *err)
{
	struct sim_sock *sk = &ts->in.sk;
	size_t left = m->len, copied = 0;
	int64_t deadline_ns = 0;

	for (;;) {
		struct charge was = remember(ts, m);
		uint32_t num;

		if (__builtin_expect(sk->err || sk->shutdown & SIM_SHUT_WR, 0)) {
			*err = copied || m->done ? 0 : broken_pipe(ts, t);
			break;
		}
		if (!left)
			break;
		num = grant(ts, left, m->flags, by_steps ? &m->again : NULL);
		*err = num ? queue_bytes(ts, m, num) : wait_room(ts, t, m, copied, &deadline_ns);
		if (__builtin_expect(*err == -EFAULT, 0)) {
			go_back(ts, m, &was);
			*err = queue_before_fault(ts, m, &num);
			copied += *err ? num : 0;
		}
		if (*err) {
			m->again = false;
			break;
		}
		left -= num;
		copied += num;
		if (__builtin_expect(m->again, 0))
			break;
		if (__builtin_expect(left && notsent_lowat(ts) < INT32_MAX, 0))
			sim_tcp_conn_push(&ts->conn, false);
	}
	if (*err == -EFAULT || *err == -ENOMEM)
		sim_tcp_fail(ts, t, -*err, *err == -EFAULT ? SIM_WHY_BAD_POINTER : SIM_WHY_NO_MEMORY);
	return copied;
}

/* What the flags say of the last byte. A record ends only with the last one of the call. */
static void mark_end(struct sim_tcp_sock *ts, int flags, bool all)
{
	if (flags & MSG_OOB)
		sim_tcp_conn_mark_urgent(&ts->conn);
	if (!(flags & MSG_EOR) || !all)
		return;
	sim_tcp_conn_end_record(&ts->conn, flags & MSG_MORE);
	ts->skb_room_bytes = 0;
}

ssize_t sim_tcp_sock_send(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	struct sim_tcp_mark *mark = NULL;
	size_t copied;
	int err = check_flags(ts, t, m);

	if (!err && !m->done && !sim_tcp_in_states(ts, 1u << SIM_TCP_ESTABLISHED | 1u << SIM_TCP_CLOSE_WAIT))
		err = wait_connected(ts, t, m);
	if (!err && m->scm)
		err = m->scm->err;
	if (!err && __builtin_expect((m->scm || sk->tsflags || sk->zerocopy) && sim_tcp_wants_mark(ts, m), 0))
		err = sim_tcp_mark_begin(ts, t, m, &mark);
	if (err)
		return err;
	mark_pushes(&ts->conn, m, m->len);
	copied = queue_all(ts, t, m, !mark, &err);
	if (m->again) {
		sim_tcp_conn_push_all(&ts->conn);
		return (ssize_t)copied;
	}
	if (__builtin_expect(mark != NULL, 0)) {
		if (copied)
			sim_tcp_mark_end(ts, mark, copied);
		else
			sim_tcp_mark_abort(ts, mark);
	}
	if (!copied)
		return err;
	if (__builtin_expect(m->flags & (MSG_OOB | MSG_EOR), 0))
		mark_end(ts, m->flags, copied == m->len);
	sim_tcp_conn_push(&ts->conn, m->flags & MSG_MORE);
	return sim_sock_stopped_send(sk, t, err, copied);
}

/* ---- recv ---- */

/* Bytes are there: copies up to `left` of them from `off` on, and takes them off unless it only looks. */
static ssize_t copy_out(struct sim_tcp_sock *ts, struct sim_msg *m, const struct sim_bytes *run, uint32_t off,
			size_t left)
{
	uint32_t num = run->len - off;

	if (num > left)
		num = (uint32_t)left;
	if (num && !(m->flags & MSG_TRUNC) && sim_bytes_to_user(run, off, num, &m->it))
		return -EFAULT;
	if (m->flags & MSG_PEEK)
		return num;
	sim_sock_note_delivered(&ts->in.sk, run, off, num);
	sim_tcp_conn_consume(&ts->conn, num);
	ts->in.sk.rmem_bytes = ts->conn.rmem_bytes;
	sim_net_memory_freed(ts->in.sk.net);
	return num;
}

/* What is there, from byte `skip` of the queue on (which only a look has). -EFAULT only if nothing was
 * copied. */
static ssize_t take(struct sim_tcp_sock *ts, struct sim_msg *m, size_t skip, size_t left)
{
	const struct sim_tcp_run *more = ts->conn.extra ? ts->conn.extra->more : NULL;
	const struct sim_bytes *run = sim_tcp_conn_first(&ts->conn);
	size_t done = 0;
	ssize_t n;

	while (run && left) {
		bool peek = m->flags & MSG_PEEK;

		if (skip >= run->len) {
			skip -= run->len;
			n = 0;
		} else {
			n = copy_out(ts, m, run, (uint32_t)skip, left);
			skip = 0;
		}
		if (n < 0)
			return done ? (ssize_t)done : n;
		done += (size_t)n;
		left -= (size_t)n;
		if (!peek) {
			run = sim_tcp_conn_first(&ts->conn);
			continue;
		}
		run = more ? &more->bytes : NULL;
		more = more ? more->next : NULL;
	}
	return (ssize_t)done;
}

static int nothing_to_read(struct sim_tcp_sock *ts, struct sim_task *t, bool timed_out)
{
	struct sim_sock *sk = &ts->in.sk;
	int64_t last_ns = ts->conn.ato_ms ? (int64_t)ts->conn.last_rcv_ms * SIM_NS_PER_MS : sk->made_ns;

	if (timed_out)
		return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_RCVTIMEO, last_ns, sk->rcvtimeo_ns, 0, 0, 0);
	return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_RCVBUF_EMPTY, last_ns, last_ns, 0, 0, 0);
}

/* Nothing was read and nothing is there: 1 to wait, 0 for the end of the stream, or -errno. */
static int why_empty(struct sim_tcp_sock *ts, struct sim_task *t, const struct sim_msg *m)
{
	struct sim_sock *sk = &ts->in.sk;

	if (ts->conn.fin_rcvd)
		return 0; /* the peer ended before anything else happened */
	if (sk->err)
		return sim_sock_take_error(sk, t);
	if (sk->shutdown & SIM_SHUT_RD)
		return 0;
	if (ts->conn.state == SIM_TCP_CLOSED)
		return sim_tcp_fail(ts, t, ENOTCONN, SIM_WHY_NOT_CONNECTED);
	return m->nonblock ? nothing_to_read(ts, t, false) : 1;
}

/* Some was read and more is wanted: is there anything to wait for? */
static bool may_get_more(const struct sim_tcp_sock *ts, const struct sim_task *t, const struct sim_msg *m)
{
	const struct sim_sock *sk = &ts->in.sk;

	return !m->nonblock && !sk->err && ts->conn.state != SIM_TCP_CLOSED &&
	       !(sk->shutdown & SIM_SHUT_RD) && !(t && t->interrupted);
}

static int check_recv(struct sim_tcp_sock *ts, struct sim_task *t, struct sim_msg *m)
{
	if (m->from)
		m->from->family = 0; /* recv(2): a connected stream gives no address */
	if (__builtin_expect(ts->conn.state == SIM_TCP_LISTEN, 0))
		return sim_tcp_fail(ts, t, ENOTCONN, SIM_WHY_NOT_CONNECTED);
	return 0;
}

static size_t read_target(const struct sim_sock *sk, const struct sim_msg *m)
{
	size_t low = (size_t)sk->rcvlowat_bytes,
	       target = m->flags & MSG_WAITALL || m->len < low ? m->len : low;

	return target ? target : 1;
}

ssize_t sim_tcp_sock_recv(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	size_t copied = 0, ahead = 0, target = read_target(sk, m);
	bool peek = m->flags & MSG_PEEK;
	int64_t deadline_ns = 0;
	ssize_t n;
	int err;

	if (__builtin_expect(m->flags & MSG_ERRQUEUE, 0))
		return sim_inet_recv_error(&ts->in, t, m);
	err = check_recv(ts, t, m);
	if (err)
		return err;
	if (__builtin_expect(m->flags & MSG_OOB, 0))
		return sim_tcp_recv_urgent(ts, t, m);
	for (;;) {
		if (__builtin_expect(ts->conn.urg_data, 0) && copied && sim_tcp_at_mark(ts, ahead))
			break;
		if (ts->conn.rcv_len > ahead) {
			size_t left = m->len - copied;

			if (__builtin_expect(ts->conn.urg_data, 0) && left) {
				left = sim_tcp_until_mark(ts, peek, &ahead, left);
				if (!left)
					continue; /* the urgent byte was all there is */
			}
			n = take(ts, m, ahead, left);
			if (n < 0) {
				err = copied ? 0 : sim_tcp_fail(ts, t, EFAULT, SIM_WHY_BAD_POINTER);
				break;
			}
			copied += (size_t)n;
			if (peek)
				ahead += (size_t)n;
			else if (__builtin_expect(ts->conn.urg_data, 0))
				sim_tcp_conn_passed_urgent(&ts->conn);
			if (copied >= m->len)
				break;
			if (__builtin_expect((size_t)n == left && left, 0))
				continue; /* up to the mark */
		}
		if (copied >= target || (copied && !may_get_more(ts, t, m)))
			break;
		err = copied ? 1 : why_empty(ts, t, m);
		if (err <= 0)
			break;
		if (!(m->flags & MSG_PEEK))
			sim_tcp_conn_did_read(&ts->conn, (uint32_t)copied);
		if (!deadline_ns)
			deadline_ns = sim_sock_deadline(sk, sk->rcvtimeo_ns);
		err = sim_sock_wait(sk, t, EPOLLIN, deadline_ns);
		if (err) {
			err = err == -EAGAIN ? nothing_to_read(ts, t, true)
					     : sim_tcp_interrupted(err, deadline_ns);
			break;
		}
	}
	if (copied && !(m->flags & MSG_PEEK))
		sim_tcp_conn_did_read(&ts->conn, (uint32_t)copied);
	/* FIDELITY: the time is that of what came last, also if that was not read yet. */
	if (__builtin_expect(copied && sk->tells & SIM_TELL_STAMPS && ts->arrived_ns, 0))
		sim_cmsg_put_stamps(sk, m, ts->arrived_ns, false);
	return copied ? (ssize_t)copied : err;
}
