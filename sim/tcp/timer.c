/* SPDX-License-Identifier: MIT */
/*
 * Timers: retransmission (RFC 6298 5), probes of a closed window (RFC 9293 3.8.6.1), giving up (RFC
 * 1122 4.2.3.5, tcp(7): tcp_retries2, tcp_syn_retries, tcp_synack_retries), and the recovery that a loss
 * begins.
 */
#include <errno.h>

#include "sim/tcp/machine.h"

static void set_timer(struct sim_tcp_conn *c, uint32_t span_ms)
{
	sim_timer_set_ticks(sim_tcp_clock(c), &c->timer, span_ms * SIM_NS_PER_MS);
}

static uint32_t backed_off(uint32_t base_ms, unsigned backoff)
{
	uint64_t ms = (uint64_t)base_ms << (backoff < 20 ? backoff : 20);

	return ms < SIM_TCP_RTO_MAX_MS ? (uint32_t)ms : SIM_TCP_RTO_MAX_MS;
}

void sim_tcp_arm_retransmit(struct sim_tcp_conn *c)
{
	set_timer(c, c->rto_ms);
}

static void arm_probe(struct sim_tcp_conn *c)
{
	uint32_t base = c->rto_ms > SIM_TCP_RTO_MIN_MS ? c->rto_ms : SIM_TCP_RTO_MIN_MS;

	set_timer(c, backed_off(base, c->backoff));
}

/* Can the next segment go as it is? Otherwise the window, or the program's wish, holds it back. */
static bool is_blocked(const struct sim_tcp_conn *c)
{
	uint32_t unsent = sim_tcp_unsent(c), run = sim_tcp_joinable(c, c->snd_nxt, unsent),
		 mss = sim_tcp_conn_mss(c), need = run < mss ? run : mss;

	return need + !need > c->snd_wnd || (need && run == unsent && sim_tcp_holds_back(c, need, mss));
}

void sim_tcp_rearm(struct sim_tcp_conn *c)
{
	if (c->snd_una != c->snd_nxt) {
		sim_tcp_arm_retransmit(c); /* RFC 6298 5.3 */
	} else if (sim_tcp_has_unsent(c) && is_blocked(c)) {
		arm_probe(c);
	} else {
		c->backoff = 0;
		sim_timer_cancel(sim_tcp_clock(c), &c->timer); /* RFC 6298 5.2 */
	}
}

bool sim_tcp_conn_is_stuck(const struct sim_tcp_conn *c, int64_t since_ns)
{
	uint32_t since_ms = (uint32_t)((since_ns + SIM_NS_PER_MS - 1) / SIM_NS_PER_MS);

	if (!sim_timer_is_set(&c->timer) || c->timer.housekeeping)
		return true;
	/* num_retries: it counts probes, and an answer makes it 0. */
	return c->state != SIM_TCP_SYN_SENT && c->state != SIM_TCP_SYN_RECEIVED && c->snd_una == c->snd_nxt &&
	       sim_tcp_has_unsent(c) && is_blocked(c) && c->backoff && !c->num_retries &&
	       sim_seq_after(c->retrans_ms, since_ms);
}

/* ---- giving up ---- */

/* How long this many retransmissions take, each after twice the time of the one before, from 200 ms to 120 s.
 */
static uint64_t retries_span_ms(unsigned num_retries)
{
	uint64_t sum = 0, step = SIM_TCP_RTO_MIN_MS;

	for (unsigned i = 0; i <= num_retries; i++) {
		sum += step;
		step = step * 2 < SIM_TCP_RTO_MAX_MS ? step * 2 : SIM_TCP_RTO_MAX_MS;
	}
	return sum;
}

static bool took_too_long(const struct sim_tcp_conn *c)
{
	const struct sim_sysctls *sysctl = c->common->sysctl;
	uint32_t elapsed_ms = sim_tcp_now_ms(c) - c->retrans_ms;
	unsigned retries = (unsigned)sysctl->tcp_retries2;

	if (!c->num_retries)
		return false;
	if (c->user_timeout_ms && !c->orphan)
		return elapsed_ms >= c->user_timeout_ms; /* tcp(7), TCP_USER_TIMEOUT */
	if (c->orphan)
		retries = sysctl->tcp_orphan_retries ? (unsigned)sysctl->tcp_orphan_retries
						     : SIM_TCP_ORPHAN_RETRIES;
	return elapsed_ms >= retries_span_ms(retries);
}

static bool handshake_took_too_long(const struct sim_tcp_conn *c)
{
	const struct sim_sysctls *sysctl = c->common->sysctl;
	int most = c->syn_retries ? c->syn_retries : sysctl->tcp_syn_retries;

	if (c->state == SIM_TCP_SYN_SENT)
		most += sysctl->tcp_syn_linear_timeouts;
	else if (c->passive)
		most = sysctl->tcp_synack_retries;
	if (c->user_timeout_ms && !c->passive && c->num_retries)
		return sim_tcp_now_ms(c) - c->retrans_ms >= c->user_timeout_ms;
	return c->num_retries >= most;
}

static void give_up(struct sim_tcp_conn *c)
{
	int64_t since_ns = (int64_t)c->retrans_ms * SIM_NS_PER_MS; /* FIDELITY: wraps after 49 days */

	if (c->passive && c->state == SIM_TCP_SYN_RECEIVED) {
		sim_tcp_conn_drop(c);
		return;
	}
	/* RFC 1122 4.2.3.9: what ICMP said meanwhile explains it better. */
	if (c->soft_err)
		sim_tcp_die(c, c->soft_err, SIM_WHY_ICMP_UNREACHABLE, since_ns, 0, since_ns);
	else
		sim_tcp_die(c, ETIMEDOUT, SIM_WHY_TIMED_OUT, since_ns, c->num_retries + 1, since_ns);
}

/* ---- firing ---- */

static void count_retry(struct sim_tcp_conn *c)
{
	if (!c->num_retries)
		c->retrans_ms = sim_tcp_now_ms(c);
	if (c->num_retries < UINT8_MAX)
		c->num_retries++;
	sim_trace_write(&c->common->ctx->trace, SIM_TRACE_TIMER, c->common->host_id, c->id,
			SIM_TIMER_TCP_RETRANSMIT, c->num_retries);
}

static void back_off(struct sim_tcp_conn *c)
{
	/* FIDELITY: simulated: the first SYNs go a second apart (tcp_syn_linear_timeouts). */
	if (c->state == SIM_TCP_SYN_SENT && c->num_retries <= c->common->sysctl->tcp_syn_linear_timeouts)
		return;
	if (c->backoff < UINT8_MAX)
		c->backoff++;
	c->rto_ms = backed_off(c->rto_ms, 1); /* RFC 6298 5.5 */
}

static void handshake_timeout(struct sim_tcp_conn *c)
{
	if (handshake_took_too_long(c)) {
		give_up(c);
		return;
	}
	count_retry(c);
	if (c->num_total_retrans < UINT8_MAX)
		c->num_total_retrans++;
	c->rtt_timing = false;
	sim_tcp_send_syn(c);
	back_off(c);
	set_timer(c, c->rto_ms);
}

static void retransmit_timeout(struct sim_tcp_conn *c)
{
	if (took_too_long(c)) {
		give_up(c);
		return;
	}
	count_retry(c);
	sim_tcp_ccs[c->cc]->on_timeout(c);
	sim_tcp_enter_recovery(c, SIM_TCP_RECOVERY_TIMEOUT);
	back_off(c);
	set_timer(c, c->rto_ms); /* RFC 6298 5.6 */
}

/*
 * RFC 9293 3.8.6.1: as long as the peer answers, for ever. A window too small for a segment gets what it
 * takes; a segment that was held back goes.
 */
static void probe_timeout(struct sim_tcp_conn *c)
{
	if (took_too_long(c)) {
		give_up(c);
		return;
	}
	count_retry(c);
	if (sim_tcp_send_partial(c))
		return;
	if (c->backoff < UINT8_MAX)
		c->backoff++;
	arm_probe(c);
	sim_tcp_send_probe(c);
}

void sim_tcp_conn_on_timer(struct sim_tcp_conn *c)
{
	if (c->state == SIM_TCP_SYN_SENT || c->state == SIM_TCP_SYN_RECEIVED)
		handshake_timeout(c);
	else if (c->snd_una != c->snd_nxt)
		retransmit_timeout(c);
	else if (sim_tcp_may_send(c) && sim_tcp_has_unsent(c))
		probe_timeout(c);
}

/* ---- recovery: without SACK, RFC 6582's partial acknowledgements and RFC 6298's go-back ---- */

void sim_tcp_enter_recovery(struct sim_tcp_conn *c, enum sim_tcp_recovery how)
{
	struct sim_tcp_extra *x = sim_tcp_extra(c);
	uint32_t reached = sim_tcp_resend(c, c->snd_una);

	if (!x)
		return; /* each further loss then waits for the timer */
	x->recovery = (uint8_t)how;
	x->recover = c->snd_nxt;
	x->rtx_nxt = reached;
	x->num_dupacks = 0;
	if (how == SIM_TCP_RECOVERY_FAST) {
		sim_tcp_ccs[c->cc]->on_loss(c);
		sim_tcp_arm_retransmit(c);
	}
}

/* New data was acknowledged: the next gap, if the ACK does not reach what was sent when the loss was noticed.
 */
void sim_tcp_continue_recovery(struct sim_tcp_conn *c)
{
	struct sim_tcp_extra *x = c->extra;
	unsigned num = x->recovery == SIM_TCP_RECOVERY_TIMEOUT ? 2 : 1;

	if (!x->recovery)
		return;
	if (!sim_seq_before(c->snd_una, x->recover)) {
		x->recovery = SIM_TCP_RECOVERY_NONE;
		return;
	}
	if (x->recovery == SIM_TCP_RECOVERY_FAST)
		x->rtx_nxt = c->snd_una; /* RFC 6582 3.2, step 3: a partial acknowledgement */
	else
		x->rtx_nxt = sim_seq_max(x->rtx_nxt, c->snd_una);
	while (num-- && sim_seq_before(x->rtx_nxt, x->recover))
		x->rtx_nxt = sim_tcp_resend(c, x->rtx_nxt);
}
