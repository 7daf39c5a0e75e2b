/* SPDX-License-Identifier: MIT */
/*
 * What a wire does to packets, in tc-netem(8)'s words: "delay 20ms loss 1% rate 10mbit limit 100 mtu 1400".
 *
 * FIDELITY: delay, loss (random), rate, limit, mtu are simulated. netem's jitter, correlation and
 * distribution, duplicate, corrupt, reorder, gap, loss state and gemodel, ecn and slot are absent: refused by
 * name.
 *
 * Must not know a wire: this is the configuration alone.
 */
#ifndef SIM_LINK_NETEM_H
#define SIM_LINK_NETEM_H

#include <stdint.h>

#define SIM_NETEM_LIMIT_DEFAULT 1000 /* tc-netem(8) */
#define SIM_NETEM_MTU_DEFAULT   1500
#define SIM_NETEM_MTU_MIN       68 /* RFC 791; a link of less than 1280 carries no IPv6 (RFC 8200 5) */
#define SIM_NETEM_MTU_MAX       65536

struct sim_netem {
	int64_t delay_ns;
	uint32_t loss_ppb;      /* of 1,000,000,000 packets so many are lost */
	uint32_t limit_packets; /* in flight and queued at most, from 1 */
	uint64_t rate_bps;      /* bits a second; 0: no limit */
	uint32_t mtu_bytes;     /* of an IP packet; our word, tc has it at the interface */
};

/* No delay, no loss, no rate, the default limit and MTU. */
struct sim_netem sim_netem_default(void);

struct sim_diag;
struct sim_slice;
struct sim_str;

/*
 * Reads a whole description; what it does not name has its default, and an empty one is all defaults. A bare
 * number after delay means microseconds and after rate bits a second, as in tc. 0, or -EINVAL with a
 * diagnostic and *out as it was.
 */
int sim_netem_parse(struct sim_slice in, struct sim_netem *out, struct sim_diag *d);

/* The description that reads back as the same: delay always, the rest where it is not the default. */
void sim_netem_add(struct sim_str *out, const struct sim_netem *n);

#endif
