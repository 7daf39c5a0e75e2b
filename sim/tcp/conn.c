/* SPDX-License-Identifier: MIT */
/*
 * A connection's life: how it is made and ended, its state and the edges between states, its send queue. See
 * conn.h. RFC 9293 3.3.2, 3.10.
 */
#include "sim/tcp/conn.h"

#include <errno.h>

#include "sim/base/arena.h"
#include "sim/tcp/machine.h"

enum { TAIL_KEPT_MAX_BYTES = 256 }; /* a bigger slab is not kept for an idle connection */

static const char *const state_names[SIM_TCP_NUM_STATES] = {
	[0] = "UNKNOWN",
	[SIM_TCP_ESTABLISHED] = "ESTAB",
	[SIM_TCP_SYN_SENT] = "SYN-SENT",
	[SIM_TCP_SYN_RECEIVED] = "SYN-RECV",
	[SIM_TCP_FIN_WAIT_1] = "FIN-WAIT-1",
	[SIM_TCP_FIN_WAIT_2] = "FIN-WAIT-2",
	[SIM_TCP_TIME_WAIT] = "TIME-WAIT",
	[SIM_TCP_CLOSED] = "UNCONN",
	[SIM_TCP_CLOSE_WAIT] = "CLOSE-WAIT",
	[SIM_TCP_LAST_ACK] = "LAST-ACK",
	[SIM_TCP_LISTEN] = "LISTEN",
	[SIM_TCP_CLOSING] = "CLOSING",
};

#define TO(state) (1u << (SIM_TCP_##state))

/* RFC 9293 figure 5, with the edges that end a connection at once. */
static const uint16_t edges[SIM_TCP_NUM_STATES] = {
	[SIM_TCP_CLOSED] = TO(LISTEN) | TO(SYN_SENT) | TO(SYN_RECEIVED) | TO(TIME_WAIT),
	[SIM_TCP_LISTEN] = TO(CLOSED),
	[SIM_TCP_SYN_SENT] = TO(SYN_RECEIVED) | TO(ESTABLISHED) | TO(CLOSED),
	[SIM_TCP_SYN_RECEIVED] = TO(ESTABLISHED) | TO(CLOSED),
	[SIM_TCP_ESTABLISHED] = TO(FIN_WAIT_1) | TO(CLOSE_WAIT) | TO(CLOSED),
	[SIM_TCP_FIN_WAIT_1] = TO(FIN_WAIT_2) | TO(CLOSING) | TO(TIME_WAIT) | TO(CLOSED),
	[SIM_TCP_FIN_WAIT_2] = TO(TIME_WAIT) | TO(CLOSED),
	[SIM_TCP_CLOSE_WAIT] = TO(LAST_ACK) | TO(CLOSED),
	[SIM_TCP_CLOSING] = TO(TIME_WAIT) | TO(CLOSED),
	[SIM_TCP_LAST_ACK] = TO(CLOSED),
	[SIM_TCP_TIME_WAIT] = TO(CLOSED),
};

const char *sim_tcp_state_name(unsigned state)
{
	return state_names[state < SIM_TCP_NUM_STATES ? state : 0];
}

void sim_tcp_conn_init(struct sim_tcp_conn *c, struct sim_tcp_common *common, uint32_t id)
{
	c->common = common;
	c->id = id;
	c->state = SIM_TCP_CLOSED;
	c->rto_ms = SIM_TCP_RTO_INITIAL_MS;
	c->window_zero_ns = SIM_NEVER_NS;
	sim_timer_init(&c->timer, SIM_TIMER_TCP_RETRANSMIT, false);
	sim_timer_init(&c->delack, SIM_TIMER_TCP_DELACK, false);
}

static void release_sndq(struct sim_tcp_conn *c)
{
	sim_bytes_release(sim_tcp_arena(c), &c->sndq);
	if (c->tail_held)
		sim_slab_unref(sim_tcp_arena(c), c->tail);
	c->tail_held = false;
	c->cursor = c->tail = NULL;
	if (c->records)
		sim_tcp_records_acked(c, c->write_seq);
}

void sim_tcp_conn_fini(struct sim_tcp_conn *c)
{
	release_sndq(c);
	sim_tcp_rcvq_release(c);
	sim_tcp_reasm_prune(c);
	sim_arena_free(sim_tcp_arena(c), c->extra, sizeof *c->extra);
	c->extra = NULL;
	sim_timer_fini(sim_tcp_clock(c), &c->timer);
	sim_timer_fini(sim_tcp_clock(c), &c->delack);
}

struct sim_tcp_extra *sim_tcp_extra(struct sim_tcp_conn *c)
{
	if (!c->extra)
		c->extra = sim_arena_alloc(sim_tcp_arena(c), sizeof *c->extra);
	return c->extra;
}

static void stop_timers(struct sim_tcp_conn *c)
{
	sim_timer_cancel(sim_tcp_clock(c), &c->timer);
	sim_timer_cancel(sim_tcp_clock(c), &c->delack);
}

/* The one place where the state changes. */
static void change_state(struct sim_tcp_conn *c, enum sim_tcp_state to, bool tell)
{
	unsigned old = c->state;

	SIM_ASSERT(edges[old] & 1u << to);
	c->state = (uint8_t)to;
	if (tell)
		sim_trace_write(&c->common->ctx->trace, SIM_TRACE_STATE, c->common->host_id, c->id, old,
				(uint64_t)to);
	if (to == SIM_TCP_CLOSED) {
		stop_timers(c);
		release_sndq(c);
		sim_tcp_reasm_prune(c);
	}
	sim_tcp_env_state(c, old);
}

void sim_tcp_set_state(struct sim_tcp_conn *c, enum sim_tcp_state to)
{
	change_state(c, to, true);
}

void sim_tcp_die(struct sim_tcp_conn *c, int err, enum sim_why_key key, int64_t since_ns, int64_t arg0,
		 int64_t arg1)
{
	sim_tcp_env_error(c, err, key, since_ns, arg0, arg1);
	sim_tcp_set_state(c, SIM_TCP_CLOSED);
}

/* Full segments: what the peer takes and the path carries, less the option that every segment has. */
void sim_tcp_update_mss(struct sim_tcp_conn *c)
{
	uint16_t mss = c->peer_mss < c->path_mss ? c->peer_mss : c->path_mss;

	c->snd_mss = (uint16_t)(mss - (c->ts_ok ? SIM_TCP_TS_LEN : 0));
}

uint32_t sim_tcp_conn_mss(const struct sim_tcp_conn *c)
{
	uint32_t half = c->max_window > SIM_TCP_MSS_DEFAULT ? c->max_window / 2 : c->max_window;

	/* As Linux: never more than half of the largest window that the peer has shown. */
	return half && c->snd_mss > half ? (half > 48 ? half : 48) : c->snd_mss;
}

/* What both kinds of open share. */
static void prepare(struct sim_tcp_conn *c, const struct sim_tcp_path *path)
{
	const struct sim_sysctls *sysctl = c->common->sysctl;
	uint16_t user = c->user_mss;

	c->iss = path->isn;
	c->snd_una = c->iss;
	c->snd_nxt = c->write_seq = c->iss + 1;
	c->snd_wnd = c->max_window = 0;
	c->path_mss = path->mss_bytes;
	c->advmss = user && user < path->mss_bytes ? user : path->mss_bytes;
	c->peer_mss = SIM_TCP_MSS_DEFAULT;
	c->rcv_mss = SIM_TCP_MSS_DEFAULT;
	c->ts_ok = sysctl->tcp_timestamps != 0;
	c->wscale_ok = sysctl->tcp_window_scaling != 0;
	c->rcv_wscale = c->wscale_ok ? sim_tcp_pick_wscale(c) : 0;
	c->rto_ms = SIM_TCP_RTO_INITIAL_MS;
	c->srtt_us = c->rttvar_us = 0;
	c->backoff = c->num_retries = c->num_total_retrans = 0;
	c->fin_queued = c->fin_sent = c->fin_rcvd = false;
	c->ack_due = c->ack_now = c->ack_pushed = c->ack_pushed2 = c->pingpong = false;
	c->ato_ms = 0;
	c->more = c->ack_nomem = false;
	c->push_seq = c->iss;
	c->snd_sml = c->snd_una;
	c->num_quick = 0;
	c->soft_err = 0;
	sim_tcp_conn_forget_urgent(c);
	c->window_zero_ns = SIM_NEVER_NS;
	c->orphan = c->rcv_shut = false;
	c->timer.kind = SIM_TIMER_TCP_RETRANSMIT; /* of the connection before it may have had another */
	c->timer.housekeeping = false;
	sim_tcp_update_mss(c);
	c->rtt_timing = true;
	c->rtt_seq = c->snd_nxt;
	c->rtt_sent_us = sim_tcp_now_us(c);
}

void sim_tcp_conn_open(struct sim_tcp_conn *c, const struct sim_tcp_path *path)
{
	prepare(c, path);
	c->passive = false;
	sim_tcp_set_state(c, SIM_TCP_SYN_SENT);
	sim_tcp_send_syn(c);
	sim_tcp_arm_retransmit(c);
}

void sim_tcp_conn_open_passive(struct sim_tcp_conn *c, const struct sim_tcp_path *path,
			       const struct sim_packet *syn)
{
	prepare(c, path);
	c->passive = true;
	sim_tcp_learn_syn(c, syn);
	sim_tcp_set_state(c, SIM_TCP_SYN_RECEIVED);
	sim_tcp_send_syn(c);
	sim_tcp_arm_retransmit(c);
}

/* ---- the send queue ---- */

int sim_tcp_conn_queue(struct sim_tcp_conn *c, struct sim_iter *it, uint32_t len, struct sim_bytes *run)
{
	struct sim_arena *a = sim_tcp_arena(c);
	struct sim_slab *held = c->tail_held ? c->tail : NULL;
	int err = sim_bytes_append(a, &c->tail, it, len, run);

	if (err)
		return err;
	if (!c->sndq.len) {
		c->sndq = *run;
		c->cursor = run->slab;
		c->cursor_off = run->off;
		if (held)
			sim_slab_unref(a, held);
		c->tail_held = false;
	} else {
		c->sndq.len += len;
		sim_slab_unref(a, run->slab); /* the queue's own reference reaches it */
	}
	c->write_seq += len;
	return 0;
}

void sim_tcp_trim_sndq(struct sim_tcp_conn *c, uint32_t num_bytes)
{
	struct sim_arena *a = sim_tcp_arena(c);

	if (num_bytes == c->sndq.len) {
		bool keep = c->tail->cap_bytes <= TAIL_KEPT_MAX_BYTES && !c->fin_queued;

		if (keep)
			sim_slab_ref(c->tail);
		sim_bytes_release(a, &c->sndq);
		c->push_every = 0;
		c->tail_held = keep;
		c->cursor = NULL;
		if (!keep)
			c->tail = NULL;
		return;
	}
	sim_bytes_trim_front(a, &c->sndq, num_bytes);
	if (c->snd_una == c->snd_nxt) {
		/* The cursor's slab may be gone: what is unsent begins where the queue does. */
		c->cursor = c->sndq.slab;
		c->cursor_off = c->sndq.off;
	}
}

void sim_tcp_conn_push(struct sim_tcp_conn *c, bool more)
{
	c->more = more;
	if (!more)
		c->push_seq = c->write_seq;
	if (sim_tcp_may_send(c))
		sim_tcp_output(c);
}

void sim_tcp_conn_flush(struct sim_tcp_conn *c)
{
	bool corked = c->corked;

	/* tcp(7), TCP_NODELAY: also what TCP_CORK holds. */
	c->more = false;
	c->corked = corked && !c->nodelay;
	if (sim_tcp_may_send(c))
		sim_tcp_output(c);
	c->corked = corked;
}

void sim_tcp_conn_push_all(struct sim_tcp_conn *c)
{
	bool nodelay = c->nodelay, corked = c->corked;

	c->nodelay = true;
	c->corked = false;
	sim_tcp_conn_push(c, false);
	c->nodelay = nodelay;
	c->corked = corked;
}

/* ---- ends ---- */

/* RFC 9293 3.10.4 */
void sim_tcp_conn_shut_send(struct sim_tcp_conn *c)
{
	if (c->fin_queued)
		return;
	switch (c->state) {
	case SIM_TCP_SYN_RECEIVED: c->fin_queued = true; return; /* sent once ESTABLISHED */
	case SIM_TCP_ESTABLISHED:
		c->fin_queued = true;
		sim_tcp_set_state(c, SIM_TCP_FIN_WAIT_1);
		break;
	case SIM_TCP_CLOSE_WAIT:
		c->fin_queued = true;
		sim_tcp_set_state(c, SIM_TCP_LAST_ACK);
		break;
	default: return;
	}
	sim_tcp_output(c);
}

/* RFC 9293 3.10.5: <SEQ=SND.NXT><CTL=RST> where the peer holds a connection. */
void sim_tcp_conn_abort(struct sim_tcp_conn *c)
{
	switch (c->state) {
	case SIM_TCP_CLOSED: return;
	case SIM_TCP_SYN_RECEIVED:
	case SIM_TCP_ESTABLISHED:
	case SIM_TCP_FIN_WAIT_1:
	case SIM_TCP_FIN_WAIT_2:
	case SIM_TCP_CLOSE_WAIT: sim_tcp_send_rst(c); break;
	case SIM_TCP_CLOSING:
	case SIM_TCP_LAST_ACK:
		/* As Linux: only if the FIN has not gone yet. */
		if (!c->fin_sent)
			sim_tcp_send_rst(c);
		break;
	default: break;
	}
	sim_tcp_set_state(c, SIM_TCP_CLOSED);
}

void sim_tcp_conn_drop(struct sim_tcp_conn *c)
{
	if (c->state != SIM_TCP_CLOSED)
		sim_tcp_set_state(c, SIM_TCP_CLOSED);
}

void sim_tcp_conn_orphan(struct sim_tcp_conn *c)
{
	c->orphan = true;
	c->rcv_shut = true;
	if (c->state == SIM_TCP_FIN_WAIT_2)
		sim_tcp_enter_fin_wait_2(c);
}

/* The one timer counts the connection's last seconds: housekeeping, since nobody waits for them. */
void sim_tcp_start_lifetime(struct sim_tcp_conn *c, int64_t span_ms)
{
	stop_timers(c);
	c->timer.kind = SIM_TIMER_TCP_LIFETIME;
	c->timer.housekeeping = true;
	sim_timer_set_ticks(sim_tcp_clock(c), &c->timer, span_ms * SIM_NS_PER_MS);
}

/* In FIN_WAIT_2 already, or now: an orphan waits for the peer's FIN only so long (tcp(7), tcp_fin_timeout).
 */
void sim_tcp_enter_fin_wait_2(struct sim_tcp_conn *c)
{
	int64_t span_ms, rto_span_ms = (int64_t)c->rto_ms * 7 / 2;

	if (c->state != SIM_TCP_FIN_WAIT_2)
		sim_tcp_set_state(c, SIM_TCP_FIN_WAIT_2);
	if (!c->orphan)
		return;
	span_ms = sim_tcp_env_fin_timeout_ms(c);
	if (span_ms < 0) {
		sim_tcp_conn_abort(c);
		return;
	}
	sim_tcp_start_lifetime(c, span_ms > rto_span_ms ? span_ms : rto_span_ms);
}

void sim_tcp_enter_time_wait(struct sim_tcp_conn *c)
{
	sim_tcp_start_lifetime(c, SIM_TCP_TIME_WAIT_MS);
	sim_tcp_set_state(c, SIM_TCP_TIME_WAIT);
}

void sim_tcp_conn_inherit_time_wait(struct sim_tcp_conn *c, struct sim_tcp_conn *from)
{
	c->id = from->id; /* one connection, and the trace tells it as one */
	c->iss = from->iss;
	c->snd_una = from->snd_una;
	c->snd_nxt = c->write_seq = from->snd_nxt;
	c->snd_wscale = from->snd_wscale;
	c->rcv_wscale = from->rcv_wscale;
	c->rcv_nxt = c->rcv_wup = from->rcv_nxt;
	c->rcv_wnd = from->rcv_wnd;
	c->ts_ok = from->ts_ok;
	c->ts_recent = from->ts_recent;
	c->ts_recent_ms = from->ts_recent_ms;
	c->fin_queued = c->fin_sent = c->fin_rcvd = true;
	c->orphan = c->rcv_shut = true;
	sim_tcp_start_lifetime(c, SIM_TCP_TIME_WAIT_MS);
	change_state(c, SIM_TCP_TIME_WAIT, false);
	change_state(from, SIM_TCP_CLOSED, false);
}

void sim_tcp_conn_on_lifetime(struct sim_tcp_conn *c)
{
	SIM_ASSERT(c->state == SIM_TCP_FIN_WAIT_2 || c->state == SIM_TCP_TIME_WAIT);
	sim_trace_write(&c->common->ctx->trace, SIM_TRACE_TIMER, c->common->host_id, c->id,
			SIM_TIMER_TCP_LIFETIME, 1);
	sim_tcp_set_state(c, SIM_TCP_CLOSED);
}

void sim_tcp_conn_narrow(struct sim_tcp_conn *c, uint16_t path_mss)
{
	c->path_mss = path_mss > SIM_TCP_MSS_MIN ? path_mss : SIM_TCP_MSS_MIN;
	sim_tcp_update_mss(c);
}

void sim_tcp_conn_mtu(struct sim_tcp_conn *c, uint16_t path_mss)
{
	if (path_mss >= c->path_mss)
		return;
	sim_tcp_conn_narrow(c, path_mss);
	/* RFC 1191 6.5: what was too big goes again at once. */
	if (sim_tcp_may_send(c) && c->snd_una != c->snd_nxt)
		sim_tcp_enter_recovery(c, SIM_TCP_RECOVERY_TIMEOUT);
}

void sim_tcp_conn_listen(struct sim_tcp_conn *c)
{
	sim_tcp_set_state(c, SIM_TCP_LISTEN);
}

void sim_tcp_conn_discard(struct sim_tcp_conn *c)
{
	sim_tcp_rcvq_release(c);
}

/* RFC 1122 4.2.3.9, RFC 5461: before the connection stands it ends the attempt, later it is remembered only.
 */
void sim_tcp_conn_icmp(struct sim_tcp_conn *c, int err, int code, bool tell)
{
	int64_t now = sim_tcp_now_ns(c);

	if (c->state == SIM_TCP_SYN_SENT || (c->state == SIM_TCP_SYN_RECEIVED && !c->passive))
		sim_tcp_die(c, err, SIM_WHY_ICMP_UNREACHABLE, now, code, now);
	else if (c->state == SIM_TCP_SYN_RECEIVED)
		sim_tcp_conn_drop(c);
	else if (tell)
		sim_tcp_env_error(c, err, SIM_WHY_ICMP_UNREACHABLE, now, code, now);
	else
		c->soft_err = (uint8_t)err;
}
