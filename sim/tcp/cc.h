/* SPDX-License-Identifier: MIT */
/*
 * Congestion control as a table of functions, one small file an algorithm (RFC 5681 names the events). A
 * connection holds an index into sim_tcp_ccs[].
 */
#ifndef SIM_TCP_CC_H
#define SIM_TCP_CC_H

#include <stdint.h>

struct sim_tcp_conn;

struct sim_tcp_cc {
	const char *name;
	uint32_t (*window_bytes)(const struct sim_tcp_conn *c); /* how much may be in flight */
	void (*on_acked)(struct sim_tcp_conn *c, uint32_t num_bytes);
	void (*on_loss)(struct sim_tcp_conn *c);    /* three duplicate ACKs: recovery begins */
	void (*on_timeout)(struct sim_tcp_conn *c); /* the retransmission timer fired */
};

enum { SIM_TCP_CC_NONE, SIM_TCP_NUM_CCS };
extern const struct sim_tcp_cc *const sim_tcp_ccs[SIM_TCP_NUM_CCS];

#endif
