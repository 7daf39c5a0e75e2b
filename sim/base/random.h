/* SPDX-License-Identifier: MIT */
/*
 * Random numbers as keyed streams: (seed, purpose, object) gives a stream of its own, so that drawing more
 * for one purpose moves no number of another. One draw an expression: C does not order the arguments of a
 * call.
 */
#ifndef SIM_BASE_RANDOM_H
#define SIM_BASE_RANDOM_H

#include <stdint.h>

enum sim_purpose {
	SIM_PURPOSE_ISN = 1,
	SIM_PURPOSE_PORT,
	SIM_PURPOSE_RULE,
	SIM_PURPOSE_LINK,
	SIM_PURPOSE_SCHED,
	SIM_PURPOSE_IP_ID,
	SIM_PURPOSE_USER,
	SIM_PURPOSE_PROGRAM,   /* what a program draws itself: getrandom(2) */
	SIM_PURPOSE_NEIGHBOUR, /* how long a neighbour stays reachable */
};

struct sim_rng {
	uint64_t state;
};

/* Folds a 64 by 64 bit product: the mixing step of the streams and of the tables. */
static inline uint64_t sim_mix(uint64_t a, uint64_t b)
{
	__uint128_t p = (__uint128_t)a * b;

	return (uint64_t)p ^ (uint64_t)(p >> 64);
}

static inline uint64_t sim_rng_next(struct sim_rng *r)
{
	r->state += 0x9e3779b97f4a7c15u;
	return sim_mix(r->state ^ 0xd1b54a32d192ed03u, r->state ^ 0x8bb84b93962eacc9u);
}

static inline struct sim_rng sim_rng_stream(uint64_t seed, enum sim_purpose purpose, uint64_t object)
{
	struct sim_rng r = { seed ^ 0x2d358dccaa6c78a5u };

	r.state = sim_rng_next(&r) ^ (uint64_t)purpose * 0x9fb21c651e98df25u;
	r.state = sim_rng_next(&r) ^ object;
	r.state = sim_rng_next(&r);
	return r;
}

/* A number below `bound` (which is not 0). */
static inline uint64_t sim_rng_below(struct sim_rng *r, uint64_t bound)
{
	return (uint64_t)((__uint128_t)sim_rng_next(r) * bound >> 64);
}

#endif
