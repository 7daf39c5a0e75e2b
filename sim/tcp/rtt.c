/* SPDX-License-Identifier: MIT */
/*
 * Round-trip time and the retransmission timeout: RFC 6298, with Linux's floor (the variance term is never
 * below 200 ms) and ceiling. Integers: SRTT and RTTVAR in microseconds.
 */
#include "sim/tcp/machine.h"

/* RFC 6298 2.2, 2.3 */
void sim_tcp_rtt_sample(struct sim_tcp_conn *c, uint32_t rtt_us)
{
	uint32_t r = rtt_us ? rtt_us : 1, diff;

	if (!c->srtt_us) {
		c->srtt_us = r;       /* SRTT <- R */
		c->rttvar_us = r / 2; /* RTTVAR <- R/2 */
	} else {
		diff = c->srtt_us > r ? c->srtt_us - r : r - c->srtt_us;
		/* RTTVAR <- (1 - 1/4) * RTTVAR + 1/4 * |SRTT - R'| */
		c->rttvar_us = c->rttvar_us - c->rttvar_us / 4 + diff / 4;
		/* SRTT <- (1 - 1/8) * SRTT + 1/8 * R' */
		c->srtt_us = c->srtt_us - c->srtt_us / 8 + r / 8;
		if (!c->srtt_us)
			c->srtt_us = 1;
	}
	sim_tcp_rto_from_rtt(c);
}

/* RFC 6298 2.3: RTO <- SRTT + max(G, K*RTTVAR), K = 4, with 200 ms for G */
void sim_tcp_rto_from_rtt(struct sim_tcp_conn *c)
{
	uint64_t var_us = 4 * (uint64_t)c->rttvar_us, rto_ms;

	if (!c->srtt_us) {
		c->rto_ms = SIM_TCP_RTO_INITIAL_MS; /* RFC 6298 2.1 */
		return;
	}
	if (var_us < SIM_TCP_RTO_MIN_MS * 1000u)
		var_us = SIM_TCP_RTO_MIN_MS * 1000u;
	rto_ms = (c->srtt_us + var_us + 999) / 1000;
	c->rto_ms = rto_ms < SIM_TCP_RTO_MAX_MS ? (uint32_t)rto_ms : SIM_TCP_RTO_MAX_MS;
}
