/* SPDX-License-Identifier: MIT */
/*
 * Segments in: RFC 9293 3.10.7, with RFC 5961's care about resets and old ACKs and RFC 7323's timestamps.
 * Where they leave it open, as Linux does.
 */
#include <errno.h>

#include "sim/tcp/machine.h"

enum { PAWS_AGE_MAX_MS = 24 * 24 * 3600 * 1000 }; /* RFC 7323 5.5: an older TS.Recent says nothing */

static void done_with(struct sim_tcp_conn *c, struct sim_packet *p)
{
	sim_packet_free(sim_tcp_arena(c), p);
}

static uint32_t end_seq(const struct sim_packet *p)
{
	return p->tcp.seq + p->payload.len + !!(p->tcp.flags & SIM_TCP_SYN) + !!(p->tcp.flags & SIM_TCP_FIN);
}

/* ---- the handshake ---- */

static void learn_options(struct sim_tcp_conn *c, const struct sim_tcp_header *h)
{
	uint16_t mss = h->options & SIM_TCPOPT_MSS && h->mss ? h->mss : SIM_TCP_MSS_DEFAULT;

	if (mss < SIM_TCP_MSS_MIN)
		mss = SIM_TCP_MSS_MIN;
	c->peer_mss = c->user_mss && c->user_mss < mss ? c->user_mss : mss;
	/* RFC 7323 2.2, 3.2: only if both sides said so in their SYNs. */
	c->wscale_ok = c->wscale_ok && h->options & SIM_TCPOPT_WSCALE;
	c->snd_wscale = !c->wscale_ok ? 0 : h->wscale < SIM_TCP_MAX_WSCALE ? h->wscale : SIM_TCP_MAX_WSCALE;
	if (!c->wscale_ok)
		c->rcv_wscale = 0;
	c->ts_ok = c->ts_ok && h->options & SIM_TCPOPT_TIMESTAMPS;
	if (c->ts_ok) {
		c->ts_recent = h->ts_val;
		c->ts_recent_ms = sim_tcp_now_ms(c);
	}
	sim_tcp_update_mss(c);
}

static void take_window(struct sim_tcp_conn *c, uint32_t seq, uint32_t window)
{
	c->snd_wl1 = seq;
	if (window == c->snd_wnd)
		return;
	c->snd_wnd = window;
	if (window > c->max_window)
		c->max_window = window;
	if (!window)
		c->window_zero_ns = sim_tcp_now_ns(c);
	else
		c->window_zero_ns = SIM_NEVER_NS;
}

static void guess_rcv_mss(struct sim_tcp_conn *c)
{
	uint32_t mss = c->advmss < c->snd_mss ? c->advmss : c->snd_mss;

	if (mss > c->rcv_wnd / 2)
		mss = c->rcv_wnd / 2;
	if (mss > SIM_TCP_MSS_DEFAULT)
		mss = SIM_TCP_MSS_DEFAULT;
	c->rcv_mss = (uint16_t)(mss > SIM_TCP_MSS_MIN ? mss : SIM_TCP_MSS_MIN);
}

void sim_tcp_learn_syn(struct sim_tcp_conn *c, const struct sim_packet *p)
{
	const struct sim_tcp_header *h = &p->tcp;

	c->rcv_nxt = c->rcv_wup = h->seq + 1;
	learn_options(c, h);
	take_window(c, h->seq, h->window); /* RFC 7323 2.2: in a SYN it is not scaled */
}

static void sample_handshake(struct sim_tcp_conn *c)
{
	if (c->rtt_timing && !c->num_retries)
		sim_tcp_rtt_sample(c, sim_tcp_now_us(c) - c->rtt_sent_us);
	c->rtt_timing = false;
	c->num_retries = c->backoff = 0;
	sim_tcp_rto_from_rtt(c);
	sim_timer_cancel(sim_tcp_clock(c), &c->timer);
}

/* Our SYN is acknowledged and theirs has come. */
static void establish(struct sim_tcp_conn *c)
{
	c->snd_una = c->iss + 1;
	sample_handshake(c);
	guess_rcv_mss(c);
	sim_tcp_set_state(c, SIM_TCP_ESTABLISHED);
	if (c->fin_queued && c->state == SIM_TCP_ESTABLISHED)
		sim_tcp_set_state(c, SIM_TCP_FIN_WAIT_1);
}

static unsigned in_syn_sent(struct sim_tcp_conn *c, const struct sim_packet *p)
{
	const struct sim_tcp_header *h = &p->tcp;
	bool ack_ok = h->flags & SIM_TCP_ACK && h->ack == c->snd_nxt;

	/* RFC 9293 3.10.7.3, first: an ACK of what was not sent draws a reset. */
	if (h->flags & SIM_TCP_ACK && !ack_ok) {
		sim_tcp_send_rst_for(c, p);
		return SIM_DROP_SEQUENCE;
	}
	/* second */
	if (h->flags & SIM_TCP_RST) {
		if (!ack_ok)
			return SIM_DROP_SEQUENCE;
		sim_tcp_die(c, ECONNREFUSED, SIM_WHY_REFUSED, sim_tcp_now_ns(c), 0, 0);
		return SIM_DROP_NONE;
	}
	/* fifth */
	if (!(h->flags & SIM_TCP_SYN))
		return SIM_DROP_SEQUENCE;
	/* fourth */
	sim_tcp_learn_syn(c, p);
	if (ack_ok) {
		establish(c);
		sim_tcp_send_ack(c);
		sim_tcp_output(c);
		return SIM_DROP_NONE;
	}
	/* RFC 9293 3.5, figure 7: simultaneous open. */
	sim_tcp_set_state(c, SIM_TCP_SYN_RECEIVED);
	c->num_retries = c->backoff = 0;
	sim_tcp_send_syn(c);
	sim_tcp_arm_retransmit(c);
	return SIM_DROP_NONE;
}

/* ---- checks that all synchronized states share ---- */

static void reset_received(struct sim_tcp_conn *c)
{
	bool fin_unacked = c->fin_sent && c->snd_nxt == c->write_seq + 1 && c->snd_una != c->snd_nxt;
	uint32_t unacked = c->snd_nxt - c->snd_una - fin_unacked; /* bytes: the FIN is none */
	int64_t now = sim_tcp_now_ns(c);

	if (c->state == SIM_TCP_SYN_RECEIVED && c->passive)
		sim_tcp_conn_drop(c); /* RFC 9293 3.10.7.4, second: back to LISTEN */
	else if (c->state == SIM_TCP_SYN_RECEIVED)
		sim_tcp_die(c, ECONNREFUSED, SIM_WHY_REFUSED, now, 0, 0);
	else if (c->state == SIM_TCP_CLOSE_WAIT)
		sim_tcp_die(c, EPIPE, SIM_WHY_RST_RECEIVED, now, now, unacked); /* as Linux: the FIN came
										   before */
	else
		sim_tcp_die(c, ECONNRESET, SIM_WHY_RST_RECEIVED, now, now, unacked);
}

/* RFC 7323 5.3 R1: older than what was seen last. */
static bool paws_rejects(const struct sim_tcp_conn *c, const struct sim_tcp_header *h)
{
	return c->ts_ok && h->options & SIM_TCPOPT_TIMESTAMPS && (int32_t)(h->ts_val - c->ts_recent) < 0 &&
	       sim_tcp_now_ms(c) - c->ts_recent_ms < PAWS_AGE_MAX_MS;
}

/* RFC 7323 4.3 (2): only from a segment that covers the last ACK sent. */
static void keep_timestamp(struct sim_tcp_conn *c, const struct sim_tcp_header *h)
{
	if (!c->ts_ok || !(h->options & SIM_TCPOPT_TIMESTAMPS) || sim_seq_after(h->seq, c->rcv_wup))
		return;
	c->ts_recent = h->ts_val;
	c->ts_recent_ms = sim_tcp_now_ms(c);
}

/* A second SYN-ACK of a simultaneous open: RFC 9293 figure 7, line 5. */
static bool is_crossing_syn_ack(const struct sim_tcp_conn *c, const struct sim_packet *p)
{
	return c->state == SIM_TCP_SYN_RECEIVED && !c->passive && p->tcp.flags & SIM_TCP_ACK &&
	       !p->payload.len && p->tcp.seq + 1 == c->rcv_nxt && p->tcp.ack == c->snd_nxt;
}

/* RFC 9293 3.10.7.4, first to fourth. True: the segment goes on; else *drop says why not. */
static bool validate(struct sim_tcp_conn *c, const struct sim_packet *p, unsigned *drop)
{
	const struct sim_tcp_header *h = &p->tcp;

	*drop = SIM_DROP_SEQUENCE;
	if (paws_rejects(c, h) && !(h->flags & SIM_TCP_RST)) {
		sim_tcp_answer_unacceptable(c, p);
		return false;
	}
	if (sim_seq_before(end_seq(p), c->rcv_wup) ||
	    sim_seq_after(h->seq, c->rcv_nxt + sim_tcp_conn_rcv_window(c))) {
		if (!(h->flags & SIM_TCP_RST))
			sim_tcp_answer_unacceptable(c, p);
		return false;
	}
	if (h->flags & SIM_TCP_RST) {
		/* RFC 5961 3.2: exactly the next number, or a challenge. Behind a FIN the one before counts
		 * too. */
		if (h->seq == c->rcv_nxt || (c->fin_rcvd && h->seq == c->rcv_nxt - 1)) {
			*drop = SIM_DROP_NONE;
			reset_received(c);
		} else {
			sim_tcp_answer_unacceptable(c, p);
		}
		return false;
	}
	if (h->flags & SIM_TCP_SYN && !is_crossing_syn_ack(c, p)) {
		if (c->state == SIM_TCP_SYN_RECEIVED && !(h->flags & SIM_TCP_ACK) && h->seq + 1 == c->rcv_nxt)
			sim_tcp_send_syn(c); /* the SYN-ACK was lost */
		else
			sim_tcp_answer_unacceptable(c, p); /* RFC 5961 4.2 */
		return false;
	}
	return h->flags & SIM_TCP_ACK; /* fifth: without it, drop */
}

/* RFC 9293 3.10.7.4, fifth, SYN-RECEIVED STATE */
static bool in_syn_received(struct sim_tcp_conn *c, const struct sim_packet *p, unsigned *drop)
{
	const struct sim_tcp_header *h = &p->tcp;

	if (h->ack != c->snd_nxt) {
		sim_tcp_send_rst_for(c, p);
		*drop = SIM_DROP_SEQUENCE;
		return false;
	}
	if (c->passive && !sim_tcp_env_may_establish(c)) {
		*drop = SIM_DROP_BACKLOG;
		if (c->common->sysctl->tcp_abort_on_overflow) {
			sim_tcp_send_rst_for(c, p);
			sim_tcp_conn_drop(c);
		}
		return false;
	}
	take_window(c, h->seq, (uint32_t)h->window << (h->flags & SIM_TCP_SYN ? 0 : c->snd_wscale));
	establish(c);
	return true;
}

/* ---- acknowledgements ---- */

static void measure(struct sim_tcp_conn *c, const struct sim_tcp_header *h, bool retransmitted)
{
	if (c->rtt_timing && !sim_seq_before(h->ack, c->rtt_seq)) {
		c->rtt_timing = false;
		sim_tcp_rtt_sample(c, sim_tcp_now_us(c) - c->rtt_sent_us);
	} else if (retransmitted && c->ts_ok && h->options & SIM_TCPOPT_TIMESTAMPS && h->ts_ecr) {
		/* RFC 7323 4: the echo tells which transmission is acknowledged. */
		uint32_t rtt_ms = sim_tcp_ts_now(c) - h->ts_ecr;

		if (rtt_ms < INT32_MAX / 1000)
			sim_tcp_rtt_sample(c, rtt_ms * 1000);
	}
	if (c->backoff) {
		c->backoff = 0;
		sim_tcp_rto_from_rtt(c);
	}
}

static void acknowledged(struct sim_tcp_conn *c, const struct sim_tcp_header *h)
{
	uint32_t num = h->ack - c->snd_una, data = num;
	bool retransmitted = c->num_retries || (c->extra && c->extra->recovery);

	if (c->fin_sent && h->ack == c->snd_nxt)
		data--;
	c->snd_una = h->ack;
	if (__builtin_expect(c->urg_sending, 0))
		sim_tcp_urgent_acked(c);
	if (__builtin_expect(c->records, 0))
		sim_tcp_records_acked(c, c->snd_una);
	if (data)
		sim_tcp_trim_sndq(c, data);
	measure(c, h, retransmitted);
	c->num_retries = 0;
	c->soft_err = 0;
	sim_tcp_ccs[c->cc]->on_acked(c, data);
	if (c->extra) {
		c->extra->num_dupacks = 0;
		sim_tcp_continue_recovery(c);
	}
	sim_tcp_rearm(c);
	if (data)
		sim_tcp_env_acked(c, data);
}

/* RFC 5681 2: the definition of a duplicate acknowledgement. */
static void maybe_duplicate(struct sim_tcp_conn *c, const struct sim_packet *p, bool window_changed)
{
	struct sim_tcp_extra *x;

	if (p->payload.len || p->tcp.flags & SIM_TCP_FIN || window_changed || c->snd_una == c->snd_nxt)
		return;
	x = sim_tcp_extra(c);
	if (!x || x->recovery)
		return;
	if (++x->num_dupacks == 3) /* RFC 5681 3.2: fast retransmit */
		sim_tcp_enter_recovery(c, SIM_TCP_RECOVERY_FAST);
}

/* RFC 9293 3.10.7.4, fifth. False: the segment is dropped. */
static bool take_ack(struct sim_tcp_conn *c, const struct sim_packet *p)
{
	const struct sim_tcp_header *h = &p->tcp;
	uint32_t window = (uint32_t)h->window << (h->flags & SIM_TCP_SYN ? 0 : c->snd_wscale);
	bool changed = window != c->snd_wnd, is_new = sim_seq_after(h->ack, c->snd_una);

	if (sim_seq_after(h->ack, c->snd_nxt)) {
		sim_tcp_answer_unacceptable(c, p);
		return false;
	}
	if (sim_seq_before(h->ack, c->snd_una)) {
		if (c->snd_una - h->ack <= c->max_window)
			return true;               /* an old one: its text counts */
		sim_tcp_answer_unacceptable(c, p); /* RFC 5961 5.2 */
		return false;
	}
	/* RFC 9293 3.10.7.4: SND.WL1, so that old segments don't set the window. */
	if (is_new || sim_seq_after(h->seq, c->snd_wl1) ||
	    (h->seq == c->snd_wl1 && (window > c->snd_wnd || !window)))
		take_window(c, h->seq, window);
	if (is_new) {
		acknowledged(c, h);
		return true;
	}
	maybe_duplicate(c, p, changed);
	if (c->snd_una == c->snd_nxt) {
		c->num_retries = 0; /* the peer answers our probes: RFC 9293 3.8.6.1 */
		if (sim_tcp_has_unsent(c))
			sim_tcp_rearm(c);
	}
	return true;
}

/* Our FIN is acknowledged: what that means, state by state. */
static void fin_was_acked(struct sim_tcp_conn *c)
{
	switch (c->state) {
	case SIM_TCP_FIN_WAIT_1: sim_tcp_enter_fin_wait_2(c); break;
	case SIM_TCP_CLOSING: sim_tcp_enter_time_wait(c); break;
	case SIM_TCP_LAST_ACK: sim_tcp_set_state(c, SIM_TCP_CLOSED); break;
	default: break;
	}
}

/* ---- text ---- */

static void more_quick_acks(struct sim_tcp_conn *c)
{
	uint32_t num = c->rcv_wnd / (2u * c->rcv_mss);

	if (!num)
		num = 2;
	if (num > SIM_TCP_MAX_QUICKACKS)
		num = SIM_TCP_MAX_QUICKACKS;
	if (num > c->num_quick)
		c->num_quick = (uint8_t)num;
}

/* The peer's segments as they come: how large, and is it pausing? Linux's tcp_measure_rcv_mss,
 * tcp_event_data_recv. */
static void observe_data(struct sim_tcp_conn *c, uint32_t len, bool push)
{
	uint32_t now_ms = sim_tcp_now_ms(c), gap_ms = now_ms - c->last_rcv_ms;

	c->ack_due = true;
	if (len >= c->rcv_mss) {
		c->rcv_mss = (uint16_t)(len < c->advmss ? len : c->advmss);
		c->ack_pushed |= push;
	} else {
		c->ack_pushed2 |= c->ack_pushed;
		c->ack_pushed = true;
	}
	if (!c->ato_ms) {
		more_quick_acks(c); /* the first data: the peer may be in slow start */
		c->ato_ms = SIM_TCP_DELACK_MIN_MS;
	} else if (gap_ms <= SIM_TCP_DELACK_MIN_MS / 2) {
		c->ato_ms = (uint16_t)(c->ato_ms / 2 + SIM_TCP_DELACK_MIN_MS / 2);
	} else if (gap_ms < c->ato_ms) {
		c->ato_ms = (uint16_t)(c->ato_ms / 2 + gap_ms);
		if (c->ato_ms > c->rto_ms)
			c->ato_ms = (uint16_t)c->rto_ms;
	} else if (gap_ms > c->rto_ms) {
		more_quick_acks(c);
	}
	c->last_rcv_ms = now_ms;
}

/* RFC 9293 3.10.7.4, eighth. */
static void fin_arrived(struct sim_tcp_conn *c)
{
	c->rcv_nxt++;
	c->fin_rcvd = true;
	c->ack_due = true;
	sim_tcp_reasm_prune(c); /* nothing is valid behind it */
	switch (c->state) {
	case SIM_TCP_ESTABLISHED:
		c->pingpong = true; /* our own end is likely to follow: one segment for both */
		sim_tcp_set_state(c, SIM_TCP_CLOSE_WAIT);
		break;
	case SIM_TCP_FIN_WAIT_1:
		sim_tcp_send_ack(c);
		sim_tcp_set_state(c, SIM_TCP_CLOSING);
		break;
	case SIM_TCP_FIN_WAIT_2:
		sim_tcp_send_ack(c);
		sim_tcp_env_readable(c, true);
		sim_tcp_enter_time_wait(c);
		return;
	default: break;
	}
	sim_tcp_env_readable(c, true);
}

/* There is room as long as what is charged has not passed the buffer: the last one may pass it, as in Linux.
 */
static bool has_memory(struct sim_tcp_conn *c)
{
	uint32_t rcvbuf = sim_tcp_env_rcvbuf(c);

	if (c->rmem_bytes <= rcvbuf)
		return true;
	if (c->extra && c->extra->ooo)
		sim_tcp_reasm_prune(c); /* RFC 9293 does not promise to keep them */
	return c->rmem_bytes <= rcvbuf || !c->rcv_len;
}

static unsigned text_in_order(struct sim_tcp_conn *c, struct sim_packet *p, bool fin)
{
	uint32_t len = p->payload.len;

	if (!has_memory(c)) {
		c->ack_due = c->ack_now = c->ack_nomem = true;
		return SIM_DROP_RCVBUF;
	}
	if (len) {
		if (!sim_tcp_rcvq_append(c, &p->payload))
			return SIM_DROP_NO_MEMORY;
		observe_data(c, len, p->tcp.flags & SIM_TCP_PSH);
	}
	if (!fin && c->extra && c->extra->ooo) {
		fin = sim_tcp_reasm_pull(c);
		c->ack_now = true; /* RFC 5681 4.2: an ACK at once when a gap is filled */
	}
	if (fin)
		fin_arrived(c);
	else
		sim_tcp_env_readable(c, false);
	return SIM_DROP_NONE;
}

/* Cuts the segment to what is new and fits the window: RFC 9293 3.10.7.4, first. False: nothing is left. */
static bool cut_to_window(struct sim_tcp_conn *c, struct sim_packet *p, uint32_t *seq, bool *fin)
{
	uint32_t window_end = c->rcv_nxt + sim_tcp_conn_rcv_window(c), old, end;

	if (sim_seq_before(*seq, c->rcv_nxt)) {
		old = c->rcv_nxt - *seq;
		if (old >= p->payload.len + *fin)
			return false;
		sim_bytes_trim_front(sim_tcp_arena(c), &p->payload,
				     old < p->payload.len ? old : p->payload.len);
		*seq += old;
	}
	end = *seq + p->payload.len;
	if (p->payload.len && sim_seq_after(end, window_end)) {
		uint32_t over = end - window_end;

		if (over >= p->payload.len)
			return false;
		sim_bytes_trim_back(sim_tcp_arena(c), &p->payload, over);
		*fin = false;
	}
	return true;
}

/* RFC 9293 3.10.7.4, seventh and eighth. */
static unsigned take_text(struct sim_tcp_conn *c, struct sim_packet *p)
{
	uint32_t seq = p->tcp.seq + !!(p->tcp.flags & SIM_TCP_SYN);
	bool fin = p->tcp.flags & SIM_TCP_FIN;

	if (__builtin_expect(seq != c->rcv_nxt || p->payload.len > sim_tcp_conn_rcv_window(c), 0)) {
		if (!cut_to_window(c, p, &seq, &fin)) {
			more_quick_acks(c); /* a copy, or a probe of a full window: the peer wants to know */
			c->ack_due = c->ack_now = true;
			return SIM_DROP_SEQUENCE;
		}
	}
	if (seq == c->rcv_nxt)
		return text_in_order(c, p, fin);
	c->ack_due = c->ack_now = true; /* RFC 5681 4.2: tell of the gap at once */
	if (!has_memory(c))
		return SIM_DROP_RCVBUF;
	sim_tcp_reasm_insert(c, seq, &p->payload, fin);
	return SIM_DROP_NONE;
}

/* RFC 1122 4.2.2.13: data for a program that is gone draws a reset. True: it did. */
static bool abort_on_data(struct sim_tcp_conn *c, const struct sim_packet *p)
{
	if (!c->rcv_shut || !(c->state == SIM_TCP_FIN_WAIT_1 || c->state == SIM_TCP_FIN_WAIT_2) ||
	    !p->payload.len || !sim_seq_after(p->tcp.seq + p->payload.len, c->rcv_nxt))
		return false;
	sim_tcp_send_rst_for(c, p);
	sim_tcp_die(c, ECONNRESET, SIM_WHY_DATA_AFTER_CLOSE, sim_tcp_now_ns(c), p->payload.len, 0);
	return true;
}

static bool takes_text(const struct sim_tcp_conn *c)
{
	return c->state == SIM_TCP_ESTABLISHED || c->state == SIM_TCP_FIN_WAIT_1 ||
	       c->state == SIM_TCP_FIN_WAIT_2;
}

/*
 * As Linux: MSG_MORE holds until something comes that makes the sender look (tcp_data_snd_check()): all but a
 * segment with the data that was expected and nothing else, and of those the first, too.
 */
static bool was_plain_data(const struct sim_tcp_conn *c, uint32_t una, uint32_t wnd, bool is_plain)
{
	return is_plain && c->snd_una == una && c->snd_wnd == wnd;
}

/* All states from SYN_RECEIVED to LAST_ACK share their checks; what differs is in the leaves. */
static unsigned in_synchronized(struct sim_tcp_conn *c, struct sim_packet *p)
{
	unsigned drop = SIM_DROP_NONE;
	uint32_t una = c->snd_una, wnd = c->snd_wnd;
	bool plain = p->payload.len && c->ato_ms;

	if (!validate(c, p, &drop))
		return drop;
	if (c->state == SIM_TCP_SYN_RECEIVED && !in_syn_received(c, p, &drop))
		return drop;
	drop = SIM_DROP_NONE;
	keep_timestamp(c, &p->tcp);
	if (!take_ack(c, p))
		return SIM_DROP_SEQUENCE;
	if (c->fin_sent && c->snd_una == c->snd_nxt)
		fin_was_acked(c);
	if (c->state == SIM_TCP_CLOSED || c->state == SIM_TCP_TIME_WAIT)
		return drop;
	/* RFC 9293 3.10.7.4, sixth */
	if (__builtin_expect(p->tcp.flags & SIM_TCP_URG || c->urg_data == SIM_TCP_URG_NOTYET, 0))
		sim_tcp_urgent_input(c, p);
	if (p->payload.len || p->tcp.flags & SIM_TCP_FIN) {
		if (abort_on_data(c, p))
			return drop;
		if (takes_text(c))
			drop = take_text(c, p);
		else if (sim_seq_before(p->tcp.seq, c->rcv_nxt))
			c->ack_due = c->ack_now = true; /* a copy: our ACK was lost */
	}
	if (__builtin_expect(c->more, 0))
		c->more = was_plain_data(c, una, wnd, plain);
	if (sim_tcp_may_send(c))
		sim_tcp_output(c);
	sim_tcp_ack_check(c);
	return drop;
}

/* ---- TIME_WAIT ---- */

bool sim_tcp_conn_yields(const struct sim_tcp_conn *c, const struct sim_packet *syn)
{
	const struct sim_tcp_header *h = &syn->tcp;

	if (c->state != SIM_TCP_TIME_WAIT ||
	    (h->flags & (SIM_TCP_SYN | SIM_TCP_ACK | SIM_TCP_RST)) != SIM_TCP_SYN || paws_rejects(c, h))
		return false;
	/* RFC 1122 4.2.2.13 (b), RFC 6191 */
	return sim_seq_after(h->seq, c->rcv_nxt) ||
	       (c->ts_ok && h->options & SIM_TCPOPT_TIMESTAMPS && (int32_t)(h->ts_val - c->ts_recent) > 0);
}

/* RFC 9293 3.10.7.4: what may come is a retransmitted FIN: acknowledge, and count from the start. */
static unsigned in_time_wait(struct sim_tcp_conn *c, const struct sim_packet *p)
{
	const struct sim_tcp_header *h = &p->tcp;
	bool old = paws_rejects(c, h);

	if (!old && h->seq == c->rcv_nxt && (h->flags & SIM_TCP_RST || end_seq(p) == h->seq)) {
		/* FIDELITY: as Linux without tcp_rfc1337: a reset ends TIME_WAIT. */
		if (h->flags & SIM_TCP_RST)
			sim_tcp_set_state(c, SIM_TCP_CLOSED);
		else
			sim_tcp_start_lifetime(c, SIM_TCP_TIME_WAIT_MS);
		return SIM_DROP_NONE;
	}
	if (h->flags & SIM_TCP_RST)
		return SIM_DROP_SEQUENCE;
	if (old || h->flags & SIM_TCP_ACK)
		sim_tcp_start_lifetime(c, SIM_TCP_TIME_WAIT_MS);
	sim_tcp_answer_unacceptable(c, p);
	return SIM_DROP_NONE;
}

/* In FIN_WAIT_2 an orphan's last seconds run: any segment of the peer starts them anew only by what it
 * changes. */
void sim_tcp_conn_input(struct sim_tcp_conn *c, struct sim_packet *p)
{
	unsigned drop;

	switch (c->state) {
	case SIM_TCP_CLOSED:
	case SIM_TCP_LISTEN: drop = SIM_DROP_NO_SOCKET; break;
	case SIM_TCP_SYN_SENT: drop = in_syn_sent(c, p); break;
	case SIM_TCP_TIME_WAIT: drop = in_time_wait(c, p); break;
	default: drop = in_synchronized(c, p); break;
	}
	if (__builtin_expect(drop != SIM_DROP_NONE, 0))
		sim_tcp_env_drop(c, p, drop);
	else
		done_with(c, p);
}
