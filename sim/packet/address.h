/* SPDX-License-Identifier: MIT */
/* Network addresses inside: always 16 bytes in network order, IPv4 as ::ffff:a.b.c.d (RFC 4291 2.5.5.2). */
#ifndef SIM_PACKET_ADDRESS_H
#define SIM_PACKET_ADDRESS_H

#include <stdbool.h>
#include <stdint.h>

struct sim_addr {
	union {
		uint8_t b[16];
		uint32_t w[4];
		uint64_t d[2];
	};
};

static inline bool sim_addr_equal(struct sim_addr x, struct sim_addr y)
{
	return ((x.d[0] ^ y.d[0]) | (x.d[1] ^ y.d[1])) == 0;
}

static inline struct sim_addr sim_addr_v4(uint32_t host_order)
{
	struct sim_addr a = { .w = { 0, 0, __builtin_bswap32(0xffff), __builtin_bswap32(host_order) } };

	return a;
}

static inline bool sim_addr_is_v4(struct sim_addr a)
{
	return a.d[0] == 0 && a.w[2] == __builtin_bswap32(0xffff);
}

static inline uint32_t sim_addr_to_v4(struct sim_addr a) /* host order */
{
	return __builtin_bswap32(a.w[3]);
}

static inline struct sim_addr sim_addr_v6_any(void)
{
	struct sim_addr a = { .d = { 0, 0 } };

	return a;
}

static inline struct sim_addr sim_addr_v6_loopback(void)
{
	struct sim_addr a = { .b = { [15] = 1 } };

	return a;
}

/* 0.0.0.0 or :: */
static inline bool sim_addr_is_any(struct sim_addr a)
{
	return a.d[0] == 0 && (a.d[1] == 0 || (sim_addr_is_v4(a) && a.w[3] == 0));
}

static inline bool sim_addr_is_loopback(struct sim_addr a)
{
	return sim_addr_is_v4(a) ? a.b[12] == 127 : a.d[0] == 0 && a.d[1] == __builtin_bswap64(1);
}

static inline bool sim_addr_is_multicast(struct sim_addr a)
{
	return sim_addr_is_v4(a) ? (a.b[12] & 0xf0) == 0xe0 : a.b[0] == 0xff;
}

#endif
