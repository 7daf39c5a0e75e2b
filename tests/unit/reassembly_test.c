/* SPDX-License-Identifier: MIT */
/* Fragments into datagrams: any order, duplicates, overlaps, gaps, limits. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "sim/packet/wire.h"
#include "tests/support/two_hosts.h"

enum { LEN = 4000, HEADER = 8 };

static unsigned char datagram[65536]; /* UDP header and LEN bytes of payload, as bytes */

struct whole {
	struct net_fixture *f;
	struct sim_sock *sk;
};

/* The receiver listens at port 9 of the second host. */
static struct whole whole_new(void)
{
	struct whole w = { net_new(2, 1), NULL };
	struct sim_sockaddr a = net_name(AF_INET, "0.0.0.0", 9);
	struct sim_packet *p = sim_packet_new(w.f->ctx.arena, &w.f->ctx.next_packet_id);
	struct sim_slab *tail = NULL;

	net_set(w.f, 0, 1, "mtu 9000");
	for (size_t i = 0; i < LEN; i++)
		datagram[HEADER + i] = (unsigned char)(i * 13 + (i >> 8));
	p->proto = IPPROTO_UDP;
	p->src = net_addr("10.0.0.1");
	p->dst = net_addr("10.0.0.2");
	p->sport = 7;
	p->dport = 9;
	assert_int_equal(sim_bytes_append_raw(w.f->ctx.arena, &tail, datagram + HEADER, LEN, &p->payload), 0);
	assert_int_equal(sim_wire_emit_transport(p, datagram), HEADER);
	sim_packet_free(w.f->ctx.arena, p);
	assert_int_equal(sim_udp_sock_new(&w.f->hosts[1].net, AF_INET, &w.sk), 0);
	assert_int_equal(sim_udp_sock_ops.bind(w.sk, NULL, &a), 0);
	return w;
}

static void whole_free(struct whole *w)
{
	net_close(w->sk);
	net_free(w->f);
}

static void send_part(struct whole *w, uint32_t id, uint32_t from, uint32_t len, bool more)
{
	struct sim_packet *p = sim_packet_new(w->f->ctx.arena, &w->f->ctx.next_packet_id);
	struct sim_slab *tail = NULL;

	p->proto = IPPROTO_UDP;
	p->src = net_addr("10.0.0.1");
	p->dst = net_addr("10.0.0.2");
	p->ttl = 64;
	p->ip_id = id;
	p->is_fragment = true;
	p->frag_off_bytes = (uint16_t)from;
	p->more_fragments = more;
	p->l4_len_bytes = from ? 0 : HEADER;
	if (len)
		assert_int_equal(
			sim_bytes_append_raw(w->f->ctx.arena, &tail, datagram + from, len, &p->payload), 0);
	assert_int_equal(sim_wire_send(net_wire(w->f, 0, 1), p), 0);
	net_drain(w->f);
}

/* How many whole datagrams have come, each checked. */
static int num_whole(struct whole *w)
{
	static unsigned char in[65536];
	struct iovec iov;
	int n = 0;

	for (;; n++) {
		struct sim_msg m = { .it = { &iov, 1, 0 }, .len = sizeof in, .nonblock = true };

		iov = (struct iovec){ in, sizeof in };
		if (sim_udp_sock_ops.recv(w->sk, NULL, &m) < 0)
			return n;
		assert_memory_equal(in, datagram + HEADER, LEN);
	}
}

static void parts_in_any_order_make_it_whole(void **state)
{
	static const int orders[6][3] = { { 0, 1, 2 }, { 0, 2, 1 }, { 1, 0, 2 },
					  { 1, 2, 0 }, { 2, 0, 1 }, { 2, 1, 0 } };

	(void)state;
	for (int bytes = 0; bytes < 2; bytes++) {
		struct whole w = whole_new();

		w.f->fabric.wire_bytes = bytes;
		for (uint32_t i = 0; i < 6; i++) {
			for (int k = 0; k < 3; k++) {
				assert_int_equal(num_whole(&w), 0);
				send_part(&w, i, (uint32_t)orders[i][k] * 1480,
					  orders[i][k] < 2 ? 1480 : HEADER + LEN - 2960, orders[i][k] < 2);
			}
			assert_int_equal(num_whole(&w), 1);
		}
		assert_int_equal(w.f->hosts[1].ip.num_reassembly_bytes, 0);
		assert_int_equal(w.f->ctx.clock.num_housekeeping, 0);
		whole_free(&w);
	}
}

static void duplicates_are_dropped_and_do_no_harm(void **state)
{
	struct whole w = whole_new();

	(void)state;
	send_part(&w, 1, 0, 1480, true);
	send_part(&w, 1, 0, 1480, true);
	send_part(&w, 1, 2960, HEADER + LEN - 2960, false);
	send_part(&w, 1, 2960, HEADER + LEN - 2960, false);
	send_part(&w, 1, 1480, 1480, true);
	assert_int_equal(num_whole(&w), 1);
	assert_int_equal(net_count(w.f, SIM_TRACE_DROP, SIM_DROP_REASSEMBLY), 2);
	whole_free(&w);
}

/* RFC 5722, as Linux does for IPv4 too. */
static void overlap_loses_the_whole_datagram(void **state)
{
	static const struct {
		uint32_t from, len;
		bool more;
	} overlaps[] = {
		{ 8, 8, true }, { 1472, 16, true },   { 0, 1488, true },
		{ 0, 8, true }, { 1480, 800, false }, { 3200, 4096, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof overlaps / sizeof overlaps[0]; i++) {
		struct whole w = whole_new();

		send_part(&w, 1, 0, 1480, true);
		send_part(&w, 1, 2960, HEADER + LEN - 2960, false);
		if (overlaps[i].from + overlaps[i].len <= HEADER + LEN)
			send_part(&w, 1, overlaps[i].from, overlaps[i].len, overlaps[i].more);
		else
			send_part(&w, 1, 4008, 8, true); /* beyond the end that is known */
		assert_int_equal(w.f->hosts[1].ip.num_reassembly_bytes, 0);
		send_part(&w, 1, 1480, 1480, true);
		assert_int_equal(num_whole(&w), 0);
		whole_free(&w);
	}
}

static void malformed_fragments_are_dropped(void **state)
{
	struct whole w = whole_new();

	(void)state;
	send_part(&w, 1, 0, 0, true);
	send_part(&w, 1, 0, 1479, true);
	send_part(&w, 1, 65528, 8, false);
	assert_int_equal(net_count(w.f, SIM_TRACE_DROP, SIM_DROP_MALFORMED), 3);
	assert_int_equal(w.f->ctx.clock.num_housekeeping, 0);
	whole_free(&w);
}

static void incomplete_is_dropped_after_thirty_seconds_and_told(void **state)
{
	struct whole w = whole_new();

	(void)state;
	send_part(&w, 1, 0, 1480, true);
	assert_int_equal(w.f->ctx.clock.num_foreground, 0); /* keeps no world alive */
	net_run(w.f, 10 * SIM_NS_PER_S);
	w.f->ctx.clock.now_ns = 10 * SIM_NS_PER_S;
	send_part(&w, 2, 1480, 1480, true);
	net_run(w.f, 30 * SIM_NS_PER_S - 1);
	assert_int_equal(net_count(w.f, SIM_TRACE_DROP, SIM_DROP_REASSEMBLY), 0);
	net_run(w.f, 30 * SIM_NS_PER_S);
	assert_int_equal(net_count(w.f, SIM_TRACE_DROP, SIM_DROP_REASSEMBLY), 1);
	assert_int_equal(net_last(w.f, SIM_TRACE_SEND)->icmp_type, SIM_ICMP_TIME_EXCEEDED);
	assert_int_equal(net_last(w.f, SIM_TRACE_SEND)->icmp_code, 1);
	net_run(w.f, 40 * SIM_NS_PER_S);
	assert_int_equal(net_count(w.f, SIM_TRACE_DROP, SIM_DROP_REASSEMBLY), 2);
	assert_int_equal(w.f->hosts[1].ip.num_reassembly_bytes, 0);
	whole_free(&w);
}

static void memory_for_fragments_is_bounded(void **state)
{
	struct whole w = whole_new();

	(void)state;
	for (uint32_t i = 0; i < 1200; i++) {
		send_part(&w, i, 0, 4000, true);
		w.f->num_seen = 0;
	}
	assert_in_range(w.f->hosts[1].ip.num_reassembly_bytes, 4000000, 4 << 20);
	assert_true(w.f->ctx.trace.dropped_by[SIM_DROP_REASSEMBLY] > 100);
	whole_free(&w);
}

static void wrong_checksum_over_the_whole_is_dropped(void **state)
{
	struct whole w = whole_new();

	(void)state;
	datagram[HEADER + 3000] ^= 1;
	send_part(&w, 1, 0, 1480, true);
	send_part(&w, 1, 1480, HEADER + LEN - 1480, false);
	assert_int_equal(net_count(w.f, SIM_TRACE_DROP, SIM_DROP_CHECKSUM), 1);
	assert_int_equal(num_whole(&w), 0);
	whole_free(&w);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(parts_in_any_order_make_it_whole),
	cmocka_unit_test(duplicates_are_dropped_and_do_no_harm),
	cmocka_unit_test(overlap_loses_the_whole_datagram),
	cmocka_unit_test(malformed_fragments_are_dropped),
	cmocka_unit_test(incomplete_is_dropped_after_thirty_seconds_and_told),
	cmocka_unit_test(memory_for_fragments_is_bounded),
	cmocka_unit_test(wrong_checksum_over_the_whole_is_dropped),
};

int main(void)
{
	return cmocka_run_group_tests_name("reassembly", tests, NULL, NULL);
}
