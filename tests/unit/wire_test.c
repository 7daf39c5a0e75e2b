/* SPDX-License-Identifier: MIT */
/* Packets as bytes: known packets byte by byte, random ones there and back, and what is malformed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>

#include "sim/base/random.h"
#include "sim/packet/wire.h"
#include "tests/support/two_hosts.h"

static unsigned char bytes[SIM_WIRE_MAX_BYTES];

static void set_payload(struct net_fixture *f, struct sim_packet *p, const void *data, size_t len)
{
	struct sim_slab *tail = NULL;

	if (len)
		assert_int_equal(sim_bytes_append_raw(f->ctx.arena, &tail, data, len, &p->payload), 0);
}

static struct sim_packet *make(struct net_fixture *f, uint8_t proto, const char *src, const char *dst)
{
	struct sim_packet *p = sim_packet_new(f->ctx.arena, &f->ctx.next_packet_id);

	assert_non_null(p);
	p->proto = proto;
	p->src = net_addr(src);
	p->dst = net_addr(dst);
	p->ttl = 64;
	return p;
}

/* A datagram of "hi", its sums worked out apart from this code. */
static void udp_packet_byte_by_byte(void **state)
{
	static const unsigned char want[] = {
		0x45, 0x00, 0x00, 0x1e, 0x00, 0x01, 0x40, 0x00, 0x40, 0x11, 0x3c, 0xcc, 0x7f, 0x00, 0x00,
		0x01, 0x7f, 0x00, 0x00, 0x01, 0x03, 0xe8, 0x07, 0xd0, 0x00, 0x0a, 0x8d, 0xb6, 'h',  'i',
	};
	struct net_fixture *f = net_new(0, 1);
	struct sim_packet *p = make(f, IPPROTO_UDP, "127.0.0.1", "127.0.0.1");

	(void)state;
	p->sport = 1000;
	p->dport = 2000;
	p->ip_id = 1;
	p->dont_fragment = true;
	set_payload(f, p, "hi", 2);
	assert_int_equal(sim_wire_emit(p, bytes, sizeof bytes), sizeof want);
	assert_memory_equal(bytes, want, sizeof want);
	sim_packet_free(f->ctx.arena, p);
	net_free(f);
}

/* Linux's order: mss, sackOK, TS, nop, wscale; without timestamps nop nop sackOK; in data nop nop TS. */
static void tcp_options_stand_as_linux_lays_them_out(void **state)
{
	static const struct {
		uint8_t options, num_sack;
		unsigned len;
		unsigned char want[40];
	} rows[] = {
		{ SIM_TCPOPT_MSS | SIM_TCPOPT_SACK_PERMITTED | SIM_TCPOPT_TIMESTAMPS | SIM_TCPOPT_WSCALE,
		  0,
		  20,
		  { 2, 4, 5, 0xb4, 4, 2, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7 } },
		{ SIM_TCPOPT_MSS | SIM_TCPOPT_TIMESTAMPS | SIM_TCPOPT_WSCALE,
		  0,
		  20,
		  { 2, 4, 5, 0xb4, 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2, 1, 3, 3, 7 } },
		{ SIM_TCPOPT_MSS | SIM_TCPOPT_SACK_PERMITTED | SIM_TCPOPT_WSCALE,
		  0,
		  12,
		  { 2, 4, 5, 0xb4, 1, 1, 4, 2, 1, 3, 3, 7 } },
		{ SIM_TCPOPT_MSS | SIM_TCPOPT_WSCALE, 0, 8, { 2, 4, 5, 0xb4, 1, 3, 3, 7 } },
		{ SIM_TCPOPT_TIMESTAMPS, 0, 12, { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2 } },
		{ SIM_TCPOPT_TIMESTAMPS | SIM_TCPOPT_SACK, 1, 24, { 1, 1, 8, 10, 0, 0, 0, 1, 0, 0, 0, 2,
								    1, 1, 5, 10, 0, 0, 0, 9, 0, 0, 0, 10 } },
	};
	struct net_fixture *f = net_new(0, 1);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sim_packet *p = make(f, IPPROTO_TCP, "10.0.0.1", "10.0.0.2");

		p->tcp = (struct sim_tcp_header){ .options = rows[i].options,
						  .mss = 1460,
						  .wscale = 7,
						  .ts_val = 1,
						  .ts_ecr = 2,
						  .num_sack = rows[i].num_sack };
		p->tcp.sack[0].start = 9;
		p->tcp.sack[0].end = 10;
		assert_int_equal(sim_wire_emit(p, bytes, sizeof bytes), 40 + rows[i].len);
		assert_int_equal(bytes[32] >> 4, (20 + rows[i].len) / 4);
		assert_memory_equal(bytes + 40, rows[i].want, rows[i].len);
		sim_packet_free(f->ctx.arena, p);
	}
	net_free(f);
}

/* ---- there and back ---- */

static struct sim_rng rng;

static uint32_t pick(uint32_t bound)
{
	return (uint32_t)sim_rng_below(&rng, bound);
}

static void random_tcp(struct sim_tcp_header *h)
{
	static const uint8_t sets[] = { 0,
					SIM_TCPOPT_TIMESTAMPS,
					SIM_TCPOPT_SACK,
					SIM_TCPOPT_TIMESTAMPS | SIM_TCPOPT_SACK,
					SIM_TCPOPT_MSS,
					SIM_TCPOPT_MSS | SIM_TCPOPT_WSCALE,
					SIM_TCPOPT_MSS | SIM_TCPOPT_SACK_PERMITTED,
					SIM_TCPOPT_MSS | SIM_TCPOPT_SACK_PERMITTED | SIM_TCPOPT_WSCALE,
					SIM_TCPOPT_MSS | SIM_TCPOPT_SACK_PERMITTED | SIM_TCPOPT_WSCALE |
						SIM_TCPOPT_TIMESTAMPS };

	memset(h, 0, sizeof *h);
	h->seq = (uint32_t)sim_rng_next(&rng);
	h->ack = (uint32_t)sim_rng_next(&rng);
	h->flags = (uint8_t)sim_rng_next(&rng);
	h->window = (uint16_t)sim_rng_next(&rng);
	h->urgent = (uint16_t)sim_rng_next(&rng);
	h->options = sets[pick(sizeof sets)];
	if (h->options & SIM_TCPOPT_MSS)
		h->mss = (uint16_t)sim_rng_next(&rng);
	if (h->options & SIM_TCPOPT_WSCALE)
		h->wscale = (uint8_t)pick(15);
	if (h->options & SIM_TCPOPT_TIMESTAMPS) {
		h->ts_val = (uint32_t)sim_rng_next(&rng);
		h->ts_ecr = (uint32_t)sim_rng_next(&rng);
	}
	if (h->options & SIM_TCPOPT_SACK)
		h->num_sack = (uint8_t)(1 + pick(h->options & SIM_TCPOPT_TIMESTAMPS ? 3 : 4));
	for (unsigned i = 0; i < h->num_sack; i++) {
		h->sack[i].start = (uint32_t)sim_rng_next(&rng);
		h->sack[i].end = (uint32_t)sim_rng_next(&rng);
	}
}

static void random_icmp(struct sim_packet *p)
{
	static const uint8_t v4[] = { SIM_ICMP_ECHO, SIM_ICMP_ECHO_REPLY, SIM_ICMP_UNREACHABLE,
				      SIM_ICMP_TIME_EXCEEDED };
	static const uint8_t v6[] = { SIM_ICMP6_ECHO, SIM_ICMP6_ECHO_REPLY, SIM_ICMP6_UNREACHABLE,
				      SIM_ICMP6_TOO_BIG };

	memset(&p->icmp, 0, sizeof p->icmp);
	p->icmp.type = p->proto == IPPROTO_ICMP ? v4[pick(4)] : v6[pick(4)];
	p->icmp.code = (uint8_t)pick(16);
	if (p->icmp.type == SIM_ICMP_ECHO || p->icmp.type == SIM_ICMP_ECHO_REPLY ||
	    p->icmp.type >= SIM_ICMP6_ECHO) {
		p->icmp.id = (uint16_t)sim_rng_next(&rng);
		p->icmp.seq = (uint16_t)sim_rng_next(&rng);
	} else {
		p->icmp.mtu = (uint16_t)sim_rng_next(&rng);
	}
}

static struct sim_packet *random_packet(struct net_fixture *f)
{
	static const uint8_t protos[] = { IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP, 99 };
	static unsigned char data[65535];
	bool v4 = pick(2);
	struct sim_packet *p = make(f, protos[pick(4)], "::", v4 ? "0.0.0.0" : "::");
	uint32_t len = pick(8) ? pick(2000) : pick(65000);

	for (unsigned i = v4 ? 12 : 0; i < 16; i++) {
		p->src.b[i] = (uint8_t)sim_rng_next(&rng);
		p->dst.b[i] = (uint8_t)sim_rng_next(&rng);
	}
	if (v4)
		p->src.w[2] = p->dst.w[2];
	if (p->proto == IPPROTO_ICMP && !v4)
		p->proto = IPPROTO_ICMPV6;
	p->ttl = (uint8_t)sim_rng_next(&rng);
	p->tos = (uint8_t)sim_rng_next(&rng);
	p->dont_fragment = v4 && pick(2);
	p->ip_id = v4 ? pick(65536) : 0;
	p->is_fragment = pick(4) == 0;
	if (p->is_fragment) {
		p->more_fragments = pick(2);
		p->frag_off_bytes = (uint16_t)(pick(8191) * 8);
		if (!p->more_fragments && !p->frag_off_bytes)
			p->frag_off_bytes = 8;
		p->ip_id = v4 ? pick(65536) : (uint32_t)sim_rng_next(&rng);
		if (!p->frag_off_bytes)
			p->proto = 99; /* whose first fragment has no ports to find */
	} else if (p->proto == IPPROTO_TCP) {
		random_tcp(&p->tcp);
	} else if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) {
		random_icmp(p);
	}
	if (!p->is_fragment && (p->proto == IPPROTO_UDP || p->proto == IPPROTO_TCP)) {
		p->sport = (uint16_t)sim_rng_next(&rng);
		p->dport = (uint16_t)sim_rng_next(&rng);
	}
	if (!p->is_fragment && p->proto != 99)
		p->csum = pick(4) ? SIM_CSUM_GOOD : SIM_CSUM_BAD;
	for (uint32_t i = 0; i < len; i++)
		data[i] = (unsigned char)(i * 7 + (i >> 8) + len);
	set_payload(f, p, data, len);
	return p;
}

#define assert_same(field) assert_int_equal(p->field, q->field)

static void assert_same_packet(const struct sim_packet *p, const struct sim_packet *q)
{
	assert_true(sim_addr_equal(p->src, q->src));
	assert_true(sim_addr_equal(p->dst, q->dst));
	assert_same(sport);
	assert_same(dport);
	assert_same(proto);
	assert_same(ttl);
	assert_same(tos);
	assert_same(csum);
	assert_same(ip_id);
	assert_same(frag_off_bytes);
	assert_same(more_fragments);
	assert_same(dont_fragment);
	assert_same(is_fragment);
	assert_same(payload.len);
	assert_int_equal(sim_bytes_digest(&p->payload), sim_bytes_digest(&q->payload));
	if (p->is_fragment)
		return;
	if (p->proto == IPPROTO_TCP) {
		assert_memory_equal(&p->tcp, &q->tcp, offsetof(struct sim_tcp_header, sack));
		assert_memory_equal(p->tcp.sack, q->tcp.sack, p->tcp.num_sack * sizeof p->tcp.sack[0]);
	} else if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) {
		assert_same(icmp.type);
		assert_same(icmp.code);
		assert_same(icmp.mtu);
		assert_same(icmp.id);
		assert_same(icmp.seq);
	}
}

static void random_packets_come_back_the_same(void **state)
{
	struct net_fixture *f = net_new(0, 1);

	(void)state;
	rng = sim_rng_stream(1, SIM_PURPOSE_USER, 0);
	for (int i = 0; i < 3000; i++) {
		struct sim_packet *p = random_packet(f),
				  *q = sim_packet_new(f->ctx.arena, &f->ctx.next_packet_id);
		size_t len = sim_wire_emit(p, bytes, sizeof bytes);

		assert_int_equal(len, sim_packet_ip_len(p));
		assert_int_equal(sim_wire_parse(f->ctx.arena, bytes, len, q), 0);
		assert_same_packet(p, q);
		sim_packet_free(f->ctx.arena, p);
		sim_packet_free(f->ctx.arena, q);
	}
	net_free(f);
}

/* ---- checksums ---- */

static void any_flipped_bit_is_noticed(void **state)
{
	static const uint8_t protos[] = { IPPROTO_UDP, IPPROTO_TCP, IPPROTO_ICMP };
	struct net_fixture *f = net_new(0, 1);

	(void)state;
	for (unsigned k = 0; k < 6; k++) {
		struct sim_packet *p = make(f, protos[k % 3], k < 3 ? "10.0.0.1" : "fd00::1",
					    k < 3 ? "10.0.0.2" : "fd00::2");
		struct sim_packet *q = sim_packet_new(f->ctx.arena, &f->ctx.next_packet_id);
		size_t len, l3 = k < 3 ? 20 : 40;

		if (k == 5)
			p->proto = IPPROTO_ICMPV6;
		if (k % 3 == 2)
			p->icmp.type = k < 3 ? SIM_ICMP_ECHO : SIM_ICMP6_ECHO;
		set_payload(f, p, "some data", 9);
		len = sim_wire_emit(p, bytes, sizeof bytes);
		for (size_t bit = 0; bit < len * 8; bit++) {
			int err;

			bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
			err = sim_wire_parse(f->ctx.arena, bytes, len, q);
			/* IPv6's header has no checksum: class, flow label and hop limit may change unseen.
			 */
			if (bit == 5) /* 4 becomes 6: another header altogether */
				assert_int_equal(bytes[0] >> 4, k < 3 ? 6 : 4);
			else if (bit / 8 < 20 && l3 == 20)
				assert_int_not_equal(err, 0);
			else if (bit / 8 >= l3)
				assert_true(err || q->csum == SIM_CSUM_BAD);
			sim_bytes_release(f->ctx.arena, &q->payload);
			bytes[bit / 8] ^= (unsigned char)(1u << bit % 8);
		}
		sim_packet_free(f->ctx.arena, p);
		sim_packet_free(f->ctx.arena, q);
	}
	net_free(f);
}

static void udp_without_checksum_is_right_for_ipv4_alone(void **state)
{
	struct net_fixture *f = net_new(0, 1);

	(void)state;
	for (int six = 0; six < 2; six++) {
		struct sim_packet *p = make(f, IPPROTO_UDP, six ? "::1" : "127.0.0.1",
					    six ? "::1" : "127.0.0.1"),
				  *q;
		size_t len, at = (six ? 40 : 20) + 6;

		len = sim_wire_emit(p, bytes, sizeof bytes);
		bytes[at] = bytes[at + 1] = 0;
		q = sim_packet_new(f->ctx.arena, &f->ctx.next_packet_id);
		assert_int_equal(sim_wire_parse(f->ctx.arena, bytes, len, q), 0);
		assert_int_equal(q->csum, six ? SIM_CSUM_BAD : SIM_CSUM_GOOD);
		sim_packet_free(f->ctx.arena, p);
		sim_packet_free(f->ctx.arena, q);
	}
	net_free(f);
}

/* RFC 768: a sum that comes out as zero is sent as all ones. */
static void udp_checksum_of_zero_is_sent_as_ones(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	struct sim_packet *p = make(f, IPPROTO_UDP, "10.0.0.1", "10.0.0.2");
	unsigned char data[2] = { 0, 0 };
	unsigned sum;

	(void)state;
	set_payload(f, p, data, 2);
	sim_wire_emit(p, bytes, sizeof bytes);
	sum = (unsigned)bytes[26] << 8 | bytes[27];
	p->payload.slab->data[p->payload.off] = (unsigned char)(sum >> 8);
	p->payload.slab->data[p->payload.off + 1] = (unsigned char)sum;
	sim_wire_emit(p, bytes, sizeof bytes);
	assert_int_equal((unsigned)bytes[26] << 8 | bytes[27], 0xffff);
	sim_packet_free(f->ctx.arena, p);
	net_free(f);
}

/* ---- malformed ---- */

static void malformed_headers_are_refused(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	struct sim_packet *p = make(f, IPPROTO_TCP, "10.0.0.1", "10.0.0.2"), *q = make(f, 0, "::", "::");
	size_t len = sim_wire_emit(p, bytes, sizeof bytes);

	(void)state;
	for (size_t n = 0; n < len; n++)
		assert_int_equal(sim_wire_parse(f->ctx.arena, bytes, n, q), -EINVAL);
	assert_int_equal(sim_wire_parse(f->ctx.arena, bytes, len, q), 0);
	bytes[32] = 4 << 4; /* a TCP header of 16 bytes */
	assert_int_equal(sim_wire_parse(f->ctx.arena, bytes, len, q), -EINVAL);
	bytes[32] = 6 << 4; /* longer than what there is */
	assert_int_equal(sim_wire_parse(f->ctx.arena, bytes, len, q), -EINVAL);
	bytes[8]++; /* TTL, and the header's checksum as it was */
	assert_int_equal(sim_wire_parse(f->ctx.arena, bytes, len, q), -EBADMSG);
	bytes[0] = 0x55;
	assert_int_equal(sim_wire_parse(f->ctx.arena, bytes, len, q), -EINVAL);
	sim_packet_free(f->ctx.arena, p);
	sim_packet_free(f->ctx.arena, q);
	net_free(f);
}

static void quotation_names_the_packet_it_is_about(void **state)
{
	struct net_fixture *f = net_new(0, 1);

	(void)state;
	for (int six = 0; six < 2; six++) {
		struct sim_packet *p =
			make(f, IPPROTO_TCP, six ? "fd00::1" : "10.0.0.1", six ? "fd00::2" : "10.0.0.2");
		struct sim_packet *e = make(f, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP,
					    six ? "fd00::2" : "10.0.0.2", six ? "fd00::1" : "10.0.0.1");
		size_t len;

		p->sport = 11;
		p->dport = 22;
		p->tcp.seq = 33;
		len = sim_wire_emit(p, bytes, sizeof bytes);
		e->icmp.type = six ? SIM_ICMP6_UNREACHABLE : SIM_ICMP_UNREACHABLE;
		set_payload(f, e, bytes, len);
		len = sim_wire_emit(e, bytes, sizeof bytes);
		sim_bytes_release(f->ctx.arena, &e->payload);
		memset(&e->icmp, 0, sizeof e->icmp);
		assert_int_equal(sim_wire_parse(f->ctx.arena, bytes, len, e), 0);
		assert_int_equal(e->icmp.quoted_proto, IPPROTO_TCP);
		assert_int_equal(e->icmp.quoted_sport, 11);
		assert_int_equal(e->icmp.quoted_dport, 22);
		assert_int_equal(e->icmp.quoted_seq, 33);
		assert_true(sim_addr_equal(e->icmp.quoted_src, p->src));
		assert_true(sim_addr_equal(e->icmp.quoted_dst, p->dst));
		sim_packet_free(f->ctx.arena, p);
		sim_packet_free(f->ctx.arena, e);
	}
	net_free(f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(udp_packet_byte_by_byte),
	cmocka_unit_test(tcp_options_stand_as_linux_lays_them_out),
	cmocka_unit_test(random_packets_come_back_the_same),
	cmocka_unit_test(any_flipped_bit_is_noticed),
	cmocka_unit_test(udp_without_checksum_is_right_for_ipv4_alone),
	cmocka_unit_test(udp_checksum_of_zero_is_sent_as_ones),
	cmocka_unit_test(malformed_headers_are_refused),
	cmocka_unit_test(quotation_names_the_packet_it_is_about),
};

int main(void)
{
	return cmocka_run_group_tests_name("wire", tests, NULL, NULL);
}
