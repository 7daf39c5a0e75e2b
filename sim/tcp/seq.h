/* SPDX-License-Identifier: MIT */
/* Sequence numbers: 32 bits that wrap (RFC 9293 3.4). Owns nothing. */
#ifndef SIM_TCP_SEQ_H
#define SIM_TCP_SEQ_H

#include <stdbool.h>
#include <stdint.h>

static inline bool sim_seq_before(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) < 0;
}

static inline bool sim_seq_after(uint32_t a, uint32_t b)
{
	return (int32_t)(a - b) > 0;
}

/* low <= x <= high on the circle. */
static inline bool sim_seq_between(uint32_t x, uint32_t low, uint32_t high)
{
	return high - low >= x - low;
}

static inline uint32_t sim_seq_max(uint32_t a, uint32_t b)
{
	return sim_seq_after(a, b) ? a : b;
}

#endif
