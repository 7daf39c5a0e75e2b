/* SPDX-License-Identifier: MIT */
/* What the files of the machine share among themselves; see conn.h. */
#ifndef SIM_TCP_MACHINE_H
#define SIM_TCP_MACHINE_H

#include "sim/base/assert.h"
#include "sim/packet/packet.h"
#include "sim/tcp/cc.h"
#include "sim/tcp/conn.h"
#include "sim/tcp/env.h"
#include "sim/tcp/seq.h"

static inline struct sim_arena *sim_tcp_arena(const struct sim_tcp_conn *c)
{
	return c->common->ctx->arena;
}

static inline struct sim_clock *sim_tcp_clock(const struct sim_tcp_conn *c)
{
	return &c->common->ctx->clock;
}

static inline int64_t sim_tcp_now_ns(const struct sim_tcp_conn *c)
{
	return c->common->ctx->clock.now_ns;
}

static inline uint32_t sim_tcp_now_ms(const struct sim_tcp_conn *c)
{
	return (uint32_t)((uint64_t)sim_tcp_now_ns(c) / 1000000u);
}

static inline uint32_t sim_tcp_now_us(const struct sim_tcp_conn *c)
{
	return (uint32_t)((uint64_t)sim_tcp_now_ns(c) / 1000u);
}

/* RFC 7323 3: our timestamp clock ticks in milliseconds, from a place of its own for each connection. */
static inline uint32_t sim_tcp_ts_now(const struct sim_tcp_conn *c)
{
	return sim_tcp_now_ms(c) + c->iss * 0x9e3779b1u;
}

/* Bytes queued that were never sent. */
static inline uint32_t sim_tcp_unsent(const struct sim_tcp_conn *c)
{
	return c->fin_sent ? 0 : c->write_seq - c->snd_nxt;
}

static inline bool sim_tcp_has_unsent(const struct sim_tcp_conn *c)
{
	return !c->fin_sent && (c->write_seq != c->snd_nxt || c->fin_queued);
}

/* May data and FIN be sent in this state? */
static inline bool sim_tcp_may_send(const struct sim_tcp_conn *c)
{
	return 1u << c->state & (1u << SIM_TCP_ESTABLISHED | 1u << SIM_TCP_CLOSE_WAIT |
				 1u << SIM_TCP_FIN_WAIT_1 | 1u << SIM_TCP_CLOSING | 1u << SIM_TCP_LAST_ACK);
}

/* conn.c */
void sim_tcp_set_state(struct sim_tcp_conn *c, enum sim_tcp_state to);
void sim_tcp_die(struct sim_tcp_conn *c, int err, enum sim_why_key key, int64_t since_ns, int64_t arg0,
		 int64_t arg1);
struct sim_tcp_extra *sim_tcp_extra(struct sim_tcp_conn *c); /* NULL: no memory */
void sim_tcp_start_lifetime(struct sim_tcp_conn *c, int64_t span_ms);
void sim_tcp_enter_time_wait(struct sim_tcp_conn *c);
void sim_tcp_enter_fin_wait_2(struct sim_tcp_conn *c);
void sim_tcp_trim_sndq(struct sim_tcp_conn *c, uint32_t num_bytes);
void sim_tcp_update_mss(struct sim_tcp_conn *c);

/* input.c */
void sim_tcp_learn_syn(struct sim_tcp_conn *c, const struct sim_packet *p); /* the peer's ISN, window, options
									     */

/* output.c */
void sim_tcp_output(struct sim_tcp_conn *c);
bool sim_tcp_holds_back(const struct sim_tcp_conn *c, uint32_t len, uint32_t mss); /* a segment that is not
										      full */
void sim_tcp_send_syn(struct sim_tcp_conn *c);                                     /* or SYN-ACK, by state */
bool sim_tcp_send_partial(struct sim_tcp_conn *c); /* false: the window is 0 */
void sim_tcp_send_ack(struct sim_tcp_conn *c);
void sim_tcp_send_probe(struct sim_tcp_conn *c);
void sim_tcp_send_rst(struct sim_tcp_conn *c);                                 /* RST,ACK: we abort */
void sim_tcp_send_rst_for(struct sim_tcp_conn *c, const struct sim_packet *p); /* to a segment that can't be
										*/
void sim_tcp_answer_unacceptable(struct sim_tcp_conn *c, const struct sim_packet *p);
uint32_t sim_tcp_resend(struct sim_tcp_conn *c, uint32_t seq); /* one segment from seq on: how far it reached
								*/
uint32_t sim_tcp_select_window(const struct sim_tcp_conn *c);
uint8_t sim_tcp_pick_wscale(const struct sim_tcp_conn *c);
void sim_tcp_ack_check(struct sim_tcp_conn *c);

/* timer.c */
void sim_tcp_arm_retransmit(struct sim_tcp_conn *c);
void sim_tcp_rearm(struct sim_tcp_conn *c); /* after an ACK: retransmission, probe, or nothing */
void sim_tcp_enter_recovery(struct sim_tcp_conn *c, enum sim_tcp_recovery how);
void sim_tcp_continue_recovery(struct sim_tcp_conn *c);

/* urgent.c */
void sim_tcp_urgent_stamp(const struct sim_tcp_conn *c, struct sim_tcp_header *h); /* with urg_sending */
void sim_tcp_urgent_acked(struct sim_tcp_conn *c);                                 /* the same */
bool sim_tcp_urgent_worth_probing(const struct sim_tcp_conn *c);
void sim_tcp_urgent_input(struct sim_tcp_conn *c, const struct sim_packet *p); /* before its text is taken */

/* record.c: with c->records */
uint32_t sim_tcp_to_record_end(const struct sim_tcp_conn *c, uint32_t seq, uint32_t left);
/* Of a segment that ends there: is it to be pushed? */
bool sim_tcp_record_pushed(const struct sim_tcp_conn *c, uint32_t end, bool otherwise);
void sim_tcp_records_acked(struct sim_tcp_conn *c, uint32_t upto);

/* Of `left` bytes from seq on, those that one segment may hold but for its size. */
static inline uint32_t sim_tcp_joinable(const struct sim_tcp_conn *c, uint32_t seq, uint32_t left)
{
	return __builtin_expect(c->records, 0) ? sim_tcp_to_record_end(c, seq, left) : left;
}

/* rtt.c */
void sim_tcp_rtt_sample(struct sim_tcp_conn *c, uint32_t rtt_us);
void sim_tcp_rto_from_rtt(struct sim_tcp_conn *c);

/* reasm.c */
bool sim_tcp_rcvq_append(struct sim_tcp_conn *c, struct sim_bytes *b); /* takes b; false: no memory, b is gone
									*/
bool sim_tcp_reasm_insert(struct sim_tcp_conn *c, uint32_t seq, struct sim_bytes *b, bool fin); /* takes b */
bool sim_tcp_reasm_pull(struct sim_tcp_conn *c);  /* what has become in order; true: the FIN too */
void sim_tcp_reasm_prune(struct sim_tcp_conn *c); /* gives the out-of-order queue up */
void sim_tcp_rcvq_release(struct sim_tcp_conn *c);

#endif
