/* SPDX-License-Identifier: MIT */
/* The Internet checksum (RFC 1071) over pieces of any length. Owns nothing. */
#ifndef SIM_BASE_CHECKSUM_H
#define SIM_BASE_CHECKSUM_H

#include <stddef.h>
#include <stdint.h>

/* A sum under way: pieces may be odd, the running sum remembers on which side the next byte falls. */
struct sim_csum {
	uint64_t sum;
	unsigned odd;
};

void sim_csum_add(struct sim_csum *c, const void *data, size_t len);
void sim_csum_add16(struct sim_csum *c, uint16_t host_order); /* only at an even place */
uint16_t sim_csum_fold(const struct sim_csum *c); /* complemented, host order: 0 over correct data */

#endif
