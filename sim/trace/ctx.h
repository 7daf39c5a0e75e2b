/* SPDX-License-Identifier: MIT */
/* What every layer of one world may use: its memory, its time, its trace, its seed. The world owns all of it.
 */
#ifndef SIM_TRACE_CTX_H
#define SIM_TRACE_CTX_H

#include <stdint.h>

#include "sim/base/arena.h"
#include "sim/clock/clock.h"
#include "sim/trace/trace.h"

struct sim_flight;

struct sim_ctx {
	struct sim_arena *arena;
	uint64_t seed;
	struct sim_clock clock;
	struct sim_trace trace;
	uint64_t next_packet_id; /* ids begin at 1 */
	uint32_t next_sock_id;
	uint32_t next_task_id;
	uint32_t num_capacity_knobs; /* sockets with the exact capacity set: only then do readers look for
					their peers */
	struct sim_flight *flight;   /* descriptors in messages (proc/rights.h); NULL: there never were any */
};

static inline int64_t sim_now(const struct sim_ctx *ctx)
{
	return ctx->clock.now_ns;
}

#endif
