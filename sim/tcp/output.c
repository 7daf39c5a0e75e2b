/* SPDX-License-Identifier: MIT */
/*
 * Segments out: what may be sent now, how a segment is made, the window that it advertises, when an ACK goes
 * by itself. RFC 9293 3.8, RFC 7323, RFC 1122 4.2.3.2; where they leave it open, as Linux does.
 */
#include "sim/tcp/machine.h"

/* ---- the receive window ---- */

/* Half of the buffer is for bytes, the other for what holds them (tcp(7), tcp_adv_win_scale's default). */
static int64_t window_space(int64_t bytes)
{
	return bytes / 2;
}

/* Large enough for the largest buffer that this may ever become: RFC 7323 2.3, Linux's
 * tcp_select_initial_window. */
uint8_t sim_tcp_pick_wscale(const struct sim_tcp_conn *c)
{
	const struct sim_sysctls *sysctl = c->common->sysctl;
	int64_t space = window_space(sim_tcp_env_rcvbuf(c));
	int scale;

	if (!sim_tcp_env_rcvbuf_locked(c)) {
		space = space > sysctl->tcp_rmem_max ? space : sysctl->tcp_rmem_max;
		space = space > sysctl->core_rmem_max ? space : sysctl->core_rmem_max;
	}
	scale = 31 - __builtin_clz((uint32_t)space | 1) - 15;
	return (uint8_t)(scale < 0 ? 0 : scale > SIM_TCP_MAX_WSCALE ? SIM_TCP_MAX_WSCALE : scale);
}

/* What is ever offered: whole segments. */
static int64_t window_limit(const struct sim_tcp_conn *c, int64_t space)
{
	int64_t mss = c->advmss - (c->state != SIM_TCP_SYN_SENT && c->ts_ok ? SIM_TCP_TS_LEN : 0);

	return space > mss ? space - space % mss : space;
}

/* Of a SYN: no more than fits unscaled (RFC 7323 2.2). */
static uint32_t initial_window(const struct sim_tcp_conn *c)
{
	int64_t space = window_limit(c, window_space(sim_tcp_env_rcvbuf(c)));

	return space < 65535 ? (uint32_t)space : 65535;
}

uint32_t sim_tcp_conn_rcv_window(const struct sim_tcp_conn *c)
{
	uint32_t left = c->rcv_wup + c->rcv_wnd - c->rcv_nxt;

	return (int32_t)left > 0 ? left : 0;
}

/* What could be offered now: RFC 9293 3.8.6.2.2, avoiding the silly window syndrome as Linux's
 * __tcp_select_window. */
uint32_t sim_tcp_select_window(const struct sim_tcp_conn *c)
{
	int64_t rcvbuf = sim_tcp_env_rcvbuf(c), full = window_space(rcvbuf);
	int64_t space = window_space(rcvbuf - (int64_t)c->rmem_bytes), mss = c->rcv_mss;
	uint32_t grain = 1u << c->rcv_wscale;

	if (mss > full)
		mss = full;
	if (space < 0)
		space = 0;
	if (space < full / 2) {
		space -= space % grain;
		if (space < full / 16 || space < mss)
			return 0;
	}
	/* FIDELITY: the buffer does not grow by itself (tcp(7), tcp_moderate_rcvbuf), nor does its share. */
	full = window_limit(c, full);
	if (space > full)
		space = full;
	if (c->rcv_wscale)
		return (uint32_t)((space + grain - 1) / grain * grain);
	if (c->rcv_wnd <= space - mss || c->rcv_wnd > space)
		return (uint32_t)(mss ? space - space % mss : 0);
	if (mss == full && space > c->rcv_wnd + full / 2)
		return (uint32_t)space;
	return c->rcv_wnd;
}

/* RFC 9293 3.8.6: a window once offered is not taken back. Gives the field as it stands in the header. */
static uint16_t advertise(struct sim_tcp_conn *c)
{
	uint32_t current = sim_tcp_conn_rcv_window(c), fresh = sim_tcp_select_window(c),
		 limit = 65535u << c->rcv_wscale;
	uint32_t grain = 1u << c->rcv_wscale;

	if (c->ack_nomem) { /* but when what it promised found no room after all: as Linux */
		c->ack_nomem = false;
		c->rcv_wnd = 0;
		c->rcv_wup = c->rcv_nxt;
		return 0;
	}
	if (fresh < current)
		fresh = (current + grain - 1) / grain * grain;
	c->rcv_wnd = fresh < limit ? fresh : limit;
	c->rcv_wup = c->rcv_nxt;
	return (uint16_t)(c->rcv_wnd >> c->rcv_wscale);
}

/* ---- making segments ---- */

static void ack_was_sent(struct sim_tcp_conn *c)
{
	if (c->num_quick)
		c->num_quick--;
	c->ack_due = c->ack_now = c->ack_pushed = c->ack_pushed2 = false;
	sim_timer_cancel(sim_tcp_clock(c), &c->delack);
}

static void add_timestamps(struct sim_tcp_conn *c, struct sim_tcp_header *h)
{
	h->options |= SIM_TCPOPT_TIMESTAMPS; /* RFC 7323 3.2 */
	h->ts_val = sim_tcp_ts_now(c);
	h->ts_ecr = h->flags & SIM_TCP_ACK ? c->ts_recent : 0;
}

static struct sim_packet *segment(struct sim_tcp_conn *c, uint32_t seq, unsigned flags)
{
	struct sim_ctx *ctx = c->common->ctx;
	struct sim_packet *p = sim_packet_new(ctx->arena, &ctx->next_packet_id);
	struct sim_tcp_header *h;

	if (!p)
		return NULL; /* as if it were lost: the timer sends it again */
	h = &p->tcp;
	h->seq = seq;
	h->flags = (uint8_t)flags;
	h->ack = c->rcv_nxt;
	h->window = advertise(c);
	if (c->ts_ok)
		add_timestamps(c, h);
	if (__builtin_expect(c->urg_sending, 0))
		sim_tcp_urgent_stamp(c, h);
	ack_was_sent(c);
	return p;
}

/*
 * The SYN, or the SYN-ACK in SYN_RECEIVED. FIDELITY: absent: SACK (RFC 2018), so that the option sackOK,
 * which Linux sends, is not offered; ECN, TCP Fast Open.
 */
void sim_tcp_send_syn(struct sim_tcp_conn *c)
{
	struct sim_ctx *ctx = c->common->ctx;
	struct sim_packet *p = sim_packet_new(ctx->arena, &ctx->next_packet_id);
	bool answer = c->state == SIM_TCP_SYN_RECEIVED;
	struct sim_tcp_header *h;

	c->rcv_wnd = initial_window(c);
	c->rcv_wup = c->rcv_nxt;
	if (!p)
		return;
	h = &p->tcp;
	h->seq = c->iss;
	h->flags = (uint8_t)(SIM_TCP_SYN | (answer ? SIM_TCP_ACK : 0));
	h->ack = answer ? c->rcv_nxt : 0;
	h->window = (uint16_t)c->rcv_wnd; /* RFC 7323 2.2: never scaled */
	h->options = SIM_TCPOPT_MSS;
	h->mss = c->advmss;
	if (c->wscale_ok) {
		h->options |= SIM_TCPOPT_WSCALE;
		h->wscale = c->rcv_wscale;
	}
	if (c->ts_ok)
		add_timestamps(c, h);
	sim_tcp_env_send(c, p);
}

/* A number that the peer takes although it shrank its window: RFC 9293 3.8.6, Linux's tcp_acceptable_seq. */
static uint32_t acceptable_seq(const struct sim_tcp_conn *c)
{
	uint32_t end = c->snd_una + c->snd_wnd;

	return sim_seq_before(end, c->snd_nxt) && c->snd_nxt - end >= 1u << c->rcv_wscale ? end : c->snd_nxt;
}

void sim_tcp_send_ack(struct sim_tcp_conn *c)
{
	struct sim_packet *p = segment(c, acceptable_seq(c), SIM_TCP_ACK);

	if (p)
		sim_tcp_env_send(c, p);
}

/* RFC 9293 3.8.6.1: the old byte's place makes the peer answer. */
void sim_tcp_send_probe(struct sim_tcp_conn *c)
{
	struct sim_packet *p;

	if (sim_tcp_urgent_worth_probing(c)) {
		p = segment(c, c->snd_una, SIM_TCP_ACK);
		if (p)
			sim_tcp_env_send(c, p);
	}
	p = segment(c, c->snd_una - 1, SIM_TCP_ACK);
	if (p)
		sim_tcp_env_send(c, p);
}

void sim_tcp_send_rst(struct sim_tcp_conn *c)
{
	struct sim_packet *p = segment(c, acceptable_seq(c), SIM_TCP_RST | SIM_TCP_ACK);

	if (p)
		sim_tcp_env_send(c, p);
}

/* RFC 9293 3.10.7.3, 3.10.7.4: <SEQ=SEG.ACK><CTL=RST> */
void sim_tcp_send_rst_for(struct sim_tcp_conn *c, const struct sim_packet *p)
{
	struct sim_ctx *ctx = c->common->ctx;
	struct sim_packet *r;

	if (p->tcp.flags & SIM_TCP_RST)
		return;
	r = sim_packet_new(ctx->arena, &ctx->next_packet_id);
	if (!r)
		return;
	r->tcp.seq = p->tcp.ack;
	r->tcp.flags = SIM_TCP_RST;
	if (c->ts_ok)
		add_timestamps(c, &r->tcp);
	sim_tcp_env_send(c, r);
}

/*
 * RFC 9293 3.10.7.4: an unacceptable segment is answered by an ACK; RFC 5961 3.2, 4.2: challenge ACKs. Those
 * without data only every 500 ms (Linux's tcp_invalid_ratelimit), or two ends that disagree would answer each
 * other for ever.
 */
void sim_tcp_answer_unacceptable(struct sim_tcp_conn *c, const struct sim_packet *p)
{
	struct sim_tcp_extra *x = sim_tcp_extra(c);
	uint32_t now_ms = sim_tcp_now_ms(c);

	if (!p->payload.len || p->tcp.flags & SIM_TCP_SYN) {
		if (!x || (x->oow_answered && now_ms - x->last_oow_ms < 500))
			return;
		x->oow_answered = true;
		x->last_oow_ms = now_ms;
	}
	sim_tcp_send_ack(c);
}

/* ---- sending data ---- */

static void data_was_sent(struct sim_tcp_conn *c, uint32_t seq, uint32_t end)
{
	uint32_t now_ms = sim_tcp_now_ms(c);

	/* A reply soon after what it replies to: acknowledgements can ride on replies. */
	if (c->ato_ms && now_ms - c->last_rcv_ms < c->ato_ms)
		c->pingpong = true;
	if (!c->rtt_timing) {
		c->rtt_timing = true;
		c->rtt_seq = end;
		c->rtt_sent_us = sim_tcp_now_us(c);
	}
	/* RFC 6298 5.1 */
	if (seq == c->snd_una)
		sim_tcp_arm_retransmit(c);
}

static void advance_cursor(struct sim_tcp_conn *c, uint32_t len)
{
	struct sim_slab *s = c->cursor;
	uint32_t off = c->cursor_off + len;

	while (off >= s->used_bytes && s->next) {
		off -= s->used_bytes;
		s = s->next;
	}
	c->cursor = s;
	c->cursor_off = off;
}

/* Linux's forced_push(): the receiver of a long send is not left waiting for its end. */
static bool is_pushed(const struct sim_tcp_conn *c, uint32_t len)
{
	uint32_t at = c->snd_nxt - c->push_from;

	if (__builtin_expect(!c->push_every, 1) || !sim_seq_before(c->snd_nxt, c->push_until))
		return false;
	return (int32_t)at >= 0 && at / c->push_every != (at + len) / c->push_every;
}

/* RFC 9293 3.9.1.2: the last byte of what the program gave is in it, unless it said that more comes. */
static unsigned push_flag(const struct sim_tcp_conn *c, uint32_t seq, uint32_t len)
{
	bool push = c->push_seq - seq - 1 < len || is_pushed(c, len);

	if (__builtin_expect(c->records, 0))
		push = sim_tcp_record_pushed(c, seq + len, push);
	return push ? SIM_TCP_PSH : 0u;
}

/* The next segment of what was never sent: len bytes of it, with the FIN if `fin`. */
static void send_new(struct sim_tcp_conn *c, uint32_t len, bool fin)
{
	unsigned flags = SIM_TCP_ACK | push_flag(c, c->snd_nxt, len) | (fin ? SIM_TCP_FIN : 0u);
	struct sim_packet *p = segment(c, c->snd_nxt, flags);
	uint32_t seq = c->snd_nxt;

	if (len) {
		struct sim_bytes unsent = { c->cursor, c->cursor_off, c->write_seq - c->snd_nxt };

		if (p)
			p->payload = sim_bytes_slice(&unsent, 0, len);
		advance_cursor(c, len);
	}
	c->snd_nxt += len + fin;
	if (len < sim_tcp_conn_mss(c))
		c->snd_sml = c->snd_nxt;
	if (fin)
		c->fin_sent = true;
	data_was_sent(c, seq, c->snd_nxt);
	if (p)
		sim_tcp_env_send(c, p);
}

/*
 * A segment that is not full: waits for what tcp(7) says (TCP_CORK, MSG_MORE), and by Nagle's algorithm (RFC
 * 9293 3.7.4) as long as another such one is not acknowledged (Minshall's form, as Linux has it). Urgent
 * data waits for nothing.
 */
bool sim_tcp_holds_back(const struct sim_tcp_conn *c, uint32_t len, uint32_t mss)
{
	if (len >= mss || c->fin_queued || c->urg_sending)
		return false;
	if (c->corked || c->more)
		return true;
	return !c->nodelay && c->snd_una != c->snd_nxt && sim_seq_after(c->snd_sml, c->snd_una);
}

/* RFC 9293 3.8.6.2.1: full segments, or all there is, within the window; else the probe timer overrides. */
void sim_tcp_output(struct sim_tcp_conn *c)
{
	uint32_t cwnd, mss;

	if (!sim_tcp_has_unsent(c))
		return;
	cwnd = sim_tcp_ccs[c->cc]->window_bytes(c);
	mss = sim_tcp_conn_mss(c);
	while (sim_tcp_has_unsent(c)) {
		uint32_t unsent = sim_tcp_unsent(c), run = sim_tcp_joinable(c, c->snd_nxt, unsent);
		uint32_t len = run < mss ? run : mss;
		uint32_t wnd = c->snd_wnd < cwnd ? c->snd_wnd : cwnd, flying = sim_tcp_conn_in_flight(c);
		uint32_t usable = wnd > flying ? wnd - flying : 0;
		bool fin = c->fin_queued && len == unsent && len + 1 <= usable;

		/* A record that others follow waits for nothing: no more can come to it. */
		if (len > usable || (!len && !fin) || (run == unsent && sim_tcp_holds_back(c, len, mss)))
			break;
		send_new(c, len, fin);
	}
	if (sim_tcp_has_unsent(c) && c->snd_una == c->snd_nxt && !sim_timer_is_set(&c->timer))
		sim_tcp_rearm(c);
}

/* What the window takes although it is no full segment: the probe timer has fired. */
bool sim_tcp_send_partial(struct sim_tcp_conn *c)
{
	uint32_t unsent = sim_tcp_unsent(c), mss = sim_tcp_conn_mss(c), flying = sim_tcp_conn_in_flight(c);
	uint32_t usable = c->snd_wnd > flying ? c->snd_wnd - flying : 0;
	uint32_t run = sim_tcp_joinable(c, c->snd_nxt, unsent), len = run < mss ? run : mss;

	if (!usable)
		return false;
	if (len > usable)
		len = usable;
	c->push_seq = c->snd_nxt + len; /* tcp_write_wakeup() */
	send_new(c, len, c->fin_queued && len == unsent && len + 1 <= usable);
	return true;
}

/* RFC 9293 3.8.1: one segment again, as the queue holds it now. */
uint32_t sim_tcp_resend(struct sim_tcp_conn *c, uint32_t seq)
{
	uint32_t data_end = c->fin_sent ? c->snd_nxt - 1 : c->snd_nxt, left = data_end - seq,
		 mss = sim_tcp_conn_mss(c);
	uint32_t run = sim_tcp_joinable(c, seq, left), len = run < mss ? run : mss;
	bool fin = c->fin_sent && len == left;
	unsigned flags = SIM_TCP_ACK | push_flag(c, seq, len) | (fin ? SIM_TCP_FIN : 0u);
	struct sim_packet *p = segment(c, seq, flags);

	c->rtt_timing = false; /* RFC 6298 3: Karn's algorithm */
	if (c->num_total_retrans < UINT8_MAX)
		c->num_total_retrans++;
	if (p) {
		if (len)
			p->payload = sim_bytes_slice(&c->sndq, seq - c->snd_una, len);
		sim_tcp_env_send(c, p);
	}
	return seq + len + fin;
}

/* ---- when an ACK goes by itself: RFC 9293 3.8.6.3 ---- */

static void delay_ack(struct sim_tcp_conn *c)
{
	uint32_t ato_ms = c->ato_ms ? c->ato_ms : 1, max_ms = 500;

	if (ato_ms > SIM_TCP_DELACK_MIN_MS) {
		if (c->pingpong || c->ack_pushed)
			max_ms = SIM_TCP_DELACK_MAX_MS;
		if (c->srtt_us) {
			uint32_t rtt_ms = c->srtt_us / 1000;

			if (rtt_ms < SIM_TCP_DELACK_MIN_MS)
				rtt_ms = SIM_TCP_DELACK_MIN_MS;
			if (rtt_ms < max_ms)
				max_ms = rtt_ms;
		}
		if (ato_ms > max_ms)
			ato_ms = max_ms;
	}
	if (!sim_timer_is_set(&c->delack))
		sim_timer_set_ticks(sim_tcp_clock(c), &c->delack, ato_ms * SIM_NS_PER_MS);
}

/* After a segment was taken in and what could be sent was sent. */
void sim_tcp_ack_check(struct sim_tcp_conn *c)
{
	uint32_t unacked = c->rcv_nxt - c->rcv_wup;
	bool quick = c->num_quick && !c->pingpong;

	if (!c->ack_due)
		return;
	if (quick || c->ack_now || (c->extra && c->extra->ooo) ||
	    (unacked > c->rcv_mss &&
	     (c->rcv_len < sim_tcp_env_rcvlowat(c) || sim_tcp_select_window(c) >= c->rcv_wnd)))
		sim_tcp_send_ack(c);
	else
		delay_ack(c);
}

void sim_tcp_conn_ack_now(struct sim_tcp_conn *c)
{
	if (c->ack_due)
		sim_tcp_send_ack(c);
}

/* RFC 9293 3.8.6.2.2: the program made room. As Linux's tcp_cleanup_rbuf. */
void sim_tcp_conn_did_read(struct sim_tcp_conn *c, uint32_t copied)
{
	bool ack = false;

	if (!(1u << c->state &
	      (1u << SIM_TCP_ESTABLISHED | 1u << SIM_TCP_FIN_WAIT_1 | 1u << SIM_TCP_FIN_WAIT_2)) &&
	    !c->ack_due)
		return;
	if (c->ack_due)
		ack = c->rcv_nxt - c->rcv_wup > c->rcv_mss ||
		      (copied && !c->rcv_len && (c->ack_pushed2 || (c->ack_pushed && !c->pingpong)));
	if (copied && !ack && !c->rcv_shut && !c->fin_rcvd) {
		uint32_t now = sim_tcp_conn_rcv_window(c);

		/* Worth telling if the window at least doubles. */
		if (2 * (uint64_t)now <= (uint64_t)window_space(sim_tcp_env_rcvbuf(c))) {
			uint32_t fresh = sim_tcp_select_window(c);

			ack = fresh && fresh >= 2 * (uint64_t)now;
		}
	}
	if (ack)
		sim_tcp_send_ack(c);
}

void sim_tcp_conn_on_delack(struct sim_tcp_conn *c)
{
	if (!c->ack_due || c->state == SIM_TCP_CLOSED)
		return;
	if (c->pingpong) {
		/* No reply came in time: not interactive after all. */
		c->pingpong = false;
		c->ato_ms = SIM_TCP_DELACK_MIN_MS;
	} else {
		uint32_t ato_ms = 2u * c->ato_ms;

		c->ato_ms = (uint16_t)(ato_ms < c->rto_ms ? ato_ms : c->rto_ms < 65535 ? c->rto_ms : 65535);
	}
	sim_trace_write(&c->common->ctx->trace, SIM_TRACE_TIMER, c->common->host_id, c->id,
			SIM_TIMER_TCP_DELACK, 1);
	sim_tcp_send_ack(c);
}
