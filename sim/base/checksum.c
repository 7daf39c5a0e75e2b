/* SPDX-License-Identifier: MIT */
/* RFC 1071, section 2: sums of 16-bit words, big-endian places, any grouping. */
#include "sim/base/checksum.h"

static uint64_t fold32(uint64_t s)
{
	s = (s & 0xffffffffu) + (s >> 32);
	return (s & 0xffffffffu) + (s >> 32);
}

static uint16_t fold16(uint64_t s)
{
	s = fold32(s);
	s = (s & 0xffff) + (s >> 16);
	s = (s & 0xffff) + (s >> 16);
	return (uint16_t)s;
}

void sim_csum_add(struct sim_csum *c, const void *data, size_t len)
{
	const unsigned char *p = data;
	uint64_t s = 0;

	if (c->odd && len) {
		c->sum += *p++;
		c->odd = 0;
		len--;
	}
	for (; len >= 4; len -= 4, p += 4)
		s += (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
	if (len >= 2) {
		s += (uint32_t)p[0] << 8 | p[1];
		p += 2;
		len -= 2;
	}
	if (len) {
		s += (uint32_t)*p << 8;
		c->odd = 1;
	}
	c->sum = fold32(c->sum + fold32(s));
}

void sim_csum_add16(struct sim_csum *c, uint16_t host_order)
{
	c->sum += host_order;
}

uint16_t sim_csum_fold(const struct sim_csum *c)
{
	return (uint16_t)~fold16(c->sum);
}
