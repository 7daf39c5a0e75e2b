/* SPDX-License-Identifier: MIT */
/*
 * No congestion control: what is in flight is limited by the peer's window and the buffers alone. Honest for
 * links that do not lose by overload.
 *
 * FIDELITY: absent: slow start, congestion avoidance and fast recovery's window (RFC 5681, 9438); Linux
 * starts with ten segments (RFC 6928).
 */
#include "sim/tcp/cc.h"

static uint32_t unlimited(const struct sim_tcp_conn *c)
{
	(void)c;
	return UINT32_C(1) << 30;
}

static void on_acked(struct sim_tcp_conn *c, uint32_t num_bytes)
{
	(void)c;
	(void)num_bytes;
}

static void on_loss(struct sim_tcp_conn *c)
{
	(void)c;
}

static const struct sim_tcp_cc cc_none = { "none", unlimited, on_acked, on_loss, on_loss };

const struct sim_tcp_cc *const sim_tcp_ccs[SIM_TCP_NUM_CCS] = { [SIM_TCP_CC_NONE] = &cc_none };
