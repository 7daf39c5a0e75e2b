/* SPDX-License-Identifier: MIT */
/*
 * Packets from any bytes. What parses must be emitted again and parse to the same; so must what is a
 * quotation in an ICMP error, fragments, options in any order. Input that begins with "hex:" is read as
 * hexadecimal digits, and the checksum of an IPv4 header is put right first, so that more gets through.
 *
 *	clang -g -fsanitize=fuzzer,address,undefined -iquote . tests/fuzz/wire_fuzz.c tests/support/fatal.c \
 *		sim/packet/{bytes,packet,wire}.c sim/base/{arena,checksum}.c sim/trace/trace.c
 */
#include <errno.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/base/checksum.h"
#include "sim/base/uaccess.h"
#include "sim/packet/packet.h"
#include "sim/packet/wire.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_BYTES (1 << 20)

/* clang-format off */
const char *const sim_fuzz_seeds[] = {
	/* UDP, IPv4 */
	"hex:4500001e000140004011000a7f0000017f00000103e807d0000a8db66869",
	/* a SYN with all options */
	"hex:4500003c000140004006000a0a0000010a00000200500051000003e800000000a002faf0000000000204"
	"05b40402080a00000001000000000103030701",
	/* a segment with timestamps and SACK */
	"hex:45000048000140004006000a0a0000010a00000200500051000003e800000001d010faf0000000000101"
	"080a00000001000000020101050a000000010000000200000000",
	/* ICMP port unreachable about a datagram */
	"hex:4500003800010000400100000a0000020a00000103030000000000004500001c000140004011000a0a00"
	"00010a0000020001000900080000",
	/* UDP, IPv6 */
	"hex:60000000000a1140fd000000000000000000000000000001fd00000000000000000000000000000203e8"
	"07d0000a00006869",
	/* a fragment of IPv6 */
	"hex:6000000000102c40fd000000000000000000000000000001fd0000000000000000000000000000021100"
	"0001000000010102030405060708",
	/* a fragment of IPv4 */
	"hex:4500001c00012001401100000a0000010a0000020102030405060708",
	NULL,
};
/* clang-format on */

/* The user's memory is ours here. */
size_t sim_copy_from_user(void *to, const void *user, size_t len)
{
	memcpy(to, user, len);
	return 0;
}

size_t sim_copy_to_user(void *user, const void *from, size_t len)
{
	memcpy(user, from, len);
	return 0;
}

static size_t decode(const uint8_t *data, size_t size, unsigned char *out, size_t cap)
{
	static const char digits[] = "0123456789abcdef";
	size_t len = 0;

	if (size < 4 || memcmp(data, "hex:", 4) != 0) {
		len = size < cap ? size : cap;
		memcpy(out, data, len);
		return len;
	}
	for (size_t i = 4; i + 1 < size && len < cap; i += 2) {
		const char *hi = data[i] ? strchr(digits, data[i]) : NULL;
		const char *lo = data[i + 1] ? strchr(digits, data[i + 1]) : NULL;

		out[len++] = (unsigned char)((hi ? hi - digits : data[i] & 15) << 4 |
					     (lo ? lo - digits : data[i + 1] & 15));
	}
	return len;
}

static void right_the_sum(unsigned char *b, size_t len)
{
	struct sim_csum c = { 0, 0 };
	size_t header = (b[0] & 15) * 4u;
	uint16_t sum;

	if (b[0] >> 4 != 4 || header < 20 || header > len)
		return;
	b[10] = b[11] = 0;
	sim_csum_add(&c, b, header);
	sum = sim_csum_fold(&c);
	b[10] = (unsigned char)(sum >> 8);
	b[11] = (unsigned char)sum;
}

static void check_same(const struct sim_packet *p, const struct sim_packet *q)
{
	SIM_ASSERT(sim_addr_equal(p->src, q->src) && sim_addr_equal(p->dst, q->dst));
	SIM_ASSERT(p->proto == q->proto && p->ttl == q->ttl && p->tos == q->tos && p->csum == q->csum);
	SIM_ASSERT(p->sport == q->sport && p->dport == q->dport);
	SIM_ASSERT(p->is_fragment == q->is_fragment && p->more_fragments == q->more_fragments);
	SIM_ASSERT(p->frag_off_bytes == q->frag_off_bytes && p->dont_fragment == q->dont_fragment);
	SIM_ASSERT(p->payload.len == q->payload.len &&
		   sim_bytes_digest(&p->payload) == sim_bytes_digest(&q->payload));
	SIM_ASSERT(p->l4_len_bytes == q->l4_len_bytes);
	if (p->is_fragment)
		return;
	if (p->proto == IPPROTO_TCP) {
		SIM_ASSERT(p->tcp.seq == q->tcp.seq && p->tcp.ack == q->tcp.ack &&
			   p->tcp.flags == q->tcp.flags);
		SIM_ASSERT(p->tcp.mss == q->tcp.mss && p->tcp.ts_val == q->tcp.ts_val &&
			   p->tcp.ts_ecr == q->tcp.ts_ecr);
		SIM_ASSERT(p->tcp.num_sack == q->tcp.num_sack && p->tcp.window == q->tcp.window);
	}
	if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) {
		SIM_ASSERT(p->icmp.type == q->icmp.type && p->icmp.code == q->icmp.code);
		SIM_ASSERT(p->icmp.quoted_proto == q->icmp.quoted_proto &&
			   p->icmp.quoted_dport == q->icmp.quoted_dport);
	}
}

static void there_and_back(struct sim_arena *a, const unsigned char *in, size_t len)
{
	static unsigned char out[SIM_WIRE_MAX_BYTES];
	uint64_t id = 0;
	struct sim_packet *p = sim_packet_new(a, &id), *q = sim_packet_new(a, &id);
	int err;

	SIM_ASSERT(p && q);
	err = sim_wire_parse(a, in, len, p);
	SIM_ASSERT(err == 0 || err == -EINVAL || err == -EBADMSG);
	if (!err) {
		size_t n = sim_wire_emit(p, out, sizeof out);

		SIM_ASSERT(n == sim_packet_ip_len(p));
		SIM_ASSERT(sim_wire_parse(a, out, n, q) == 0);
		check_same(p, q);
	}
	sim_packet_free(a, p);
	sim_packet_free(a, q);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static unsigned char in[65536 + 64];
	void *mem = calloc(1, ARENA_BYTES);
	struct sim_arena *a = mem ? sim_arena_init(mem, ARENA_BYTES) : NULL;
	size_t len = decode(data, size, in, sizeof in);

	SIM_ASSERT(a);
	there_and_back(a, in, len);
	if (len)
		right_the_sum(in, len);
	there_and_back(a, in, len);
	SIM_ASSERT(a->num_live == 0);
	free(mem);
	return 0;
}
