/* SPDX-License-Identifier: MIT */
/* Wires: when packets arrive, in which order, and which are dropped. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>

#include "tests/support/two_hosts.h"

static struct sim_packet *make(struct net_fixture *f, uint32_t payload_len)
{
	static const unsigned char data[60000];
	struct sim_packet *p = sim_packet_new(f->ctx.arena, &f->ctx.next_packet_id);
	struct sim_slab *tail = NULL;

	assert_non_null(p);
	p->proto = IPPROTO_UDP;
	p->src = net_addr("10.0.0.1");
	p->dst = net_addr("10.0.0.2");
	p->sport = 1;
	p->dport = 9;
	if (payload_len)
		assert_int_equal(sim_bytes_append_raw(f->ctx.arena, &tail, data, payload_len, &p->payload),
				 0);
	return p;
}

/* When the n-th arrival (from 0) was. */
static int64_t arrival_ns(const struct net_fixture *f, unsigned n)
{
	for (unsigned i = 0; i < f->num_seen; i++)
		if (f->seen[i].kind == SIM_TRACE_ARRIVE && f->seen[i].host == 2 && !n--)
			return f->seen[i].time_ns;
	fail_msg("so many have not arrived");
	return 0;
}

static void wire_without_delay_delivers_in_the_same_drain(void **state)
{
	struct net_fixture *f = net_new(2, 1);

	(void)state;
	assert_int_equal(sim_wire_send(net_wire(f, 0, 1), make(f, 10)), 0);
	assert_int_equal(sim_fabric_in_flight(&f->fabric), 1);
	net_drain(f);
	assert_int_equal(sim_now(&f->ctx), 0);
	assert_int_equal(net_count(f, SIM_TRACE_ARRIVE, 0), 2); /* and the ICMP error that it caused came back
								 */
	assert_int_equal(sim_fabric_in_flight(&f->fabric), 0);
	net_free(f);
}

static void delay_is_exact_and_the_order_kept(void **state)
{
	struct net_fixture *f = net_new(2, 1);

	(void)state;
	net_set(f, 0, 1, "delay 20ms");
	sim_wire_send(net_wire(f, 0, 1), make(f, 0));
	net_run(f, 5 * SIM_NS_PER_MS);
	sim_clock_step(&f->ctx.clock, 5 * SIM_NS_PER_MS);
	f->ctx.clock.now_ns = 5 * SIM_NS_PER_MS;
	net_set(f, 0, 1, "delay 1ms"); /* what is in flight keeps its time, and is not overtaken */
	sim_wire_send(net_wire(f, 0, 1), make(f, 0));
	assert_int_equal(f->ctx.clock.num_foreground, 1); /* only the head has a timer */
	net_run(f, SIM_NS_PER_S);
	assert_int_equal(arrival_ns(f, 0), 20 * SIM_NS_PER_MS);
	assert_int_equal(arrival_ns(f, 1), 20 * SIM_NS_PER_MS);
	net_free(f);
}

static void rate_spaces_packets_by_their_bits(void **state)
{
	struct net_fixture *f = net_new(2, 1);

	(void)state;
	net_set(f, 0, 1, "delay 10ms rate 1mbit");
	for (int i = 0; i < 3; i++)
		sim_wire_send(net_wire(f, 0, 1), make(f, 972)); /* 1000 bytes: 8 ms */
	net_run(f, SIM_NS_PER_S);
	for (int i = 0; i < 3; i++)
		assert_int_equal(arrival_ns(f, (unsigned)i), (18 + 8 * i) * SIM_NS_PER_MS);
	net_free(f);
}

static void queue_holds_its_limit_and_drops_the_rest(void **state)
{
	struct net_fixture *f = net_new(2, 1);

	(void)state;
	net_set(f, 0, 1, "delay 1ms limit 3");
	for (int i = 0; i < 5; i++)
		assert_int_equal(sim_wire_send(net_wire(f, 0, 1), make(f, 0)), i < 3 ? 0 : -ENOBUFS);
	assert_int_equal(net_count(f, SIM_TRACE_SEND, 0), 3);
	assert_int_equal(net_count(f, SIM_TRACE_DROP, SIM_DROP_QUEUE_FULL), 2);
	assert_int_equal(net_wire(f, 0, 1)->num_dropped, 2);
	net_run(f, SIM_NS_PER_S);
	assert_int_equal(sim_wire_send(net_wire(f, 0, 1), make(f, 0)), 0);
	net_free(f);
}

static unsigned lost_of_thousand(uint64_t seed)
{
	struct net_fixture *f = net_new(2, seed);
	unsigned n;

	net_set(f, 0, 1, "loss 10%");
	for (int i = 0; i < 1000; i++) {
		assert_int_equal(sim_wire_send(net_wire(f, 0, 1), make(f, 0)), 0);
		net_drain(f);
		f->num_seen = 0;
	}
	n = (unsigned)f->ctx.trace.dropped_by[SIM_DROP_LOSS];
	net_free(f);
	return n;
}

static void loss_is_random_by_the_seed(void **state)
{
	unsigned n = lost_of_thousand(1);

	(void)state;
	assert_in_range(n, 60, 140);
	assert_int_equal(lost_of_thousand(1), n);
	assert_int_not_equal(lost_of_thousand(2) * 1000 + lost_of_thousand(3), n * 1000 + n);
}

static void packet_over_the_mtu_is_dropped(void **state)
{
	struct net_fixture *f = net_new(2, 1);

	(void)state;
	net_set(f, 0, 1, "mtu 100");
	assert_int_equal(sim_wire_send(net_wire(f, 0, 1), make(f, 72)), 0);
	assert_int_equal(sim_wire_send(net_wire(f, 0, 1), make(f, 73)), -EMSGSIZE);
	assert_int_equal(net_count(f, SIM_TRACE_DROP, SIM_DROP_TOO_BIG), 1);
	net_drain(f);
	net_free(f);
}

static void station_that_is_down_gets_nothing(void **state)
{
	struct net_fixture *f = net_new(2, 1);

	(void)state;
	f->hosts[1].station.down = true;
	sim_wire_send(net_wire(f, 0, 1), make(f, 1));
	net_drain(f);
	assert_int_equal(net_count(f, SIM_TRACE_ARRIVE, 0), 0);
	assert_int_equal(net_count(f, SIM_TRACE_DROP, SIM_DROP_NO_HOST), 1);
	net_free(f);
}

static void wires_are_found_again_and_loopback_is_first(void **state)
{
	struct net_fixture *f = net_new(3, 1);

	(void)state;
	assert_ptr_equal(net_wire(f, 0, 1), net_wire(f, 0, 1));
	assert_ptr_not_equal(net_wire(f, 0, 1), net_wire(f, 1, 0));
	assert_ptr_equal(net_wire(f, 0, 0), f->hosts[0].station.wires);
	assert_true(sim_wire_is_loopback(f->hosts[0].station.wires));
	assert_int_equal(sim_wire_mtu(f->hosts[0].station.wires), 65536);
	assert_ptr_equal(sim_station_find(&f->fabric, 2), &f->hosts[1].station);
	assert_null(sim_station_find(&f->fabric, 9));
	net_free(f);
}

static void address_belongs_to_one_station(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_addr a = net_addr("10.9.9.9");

	(void)state;
	assert_null(sim_fabric_owner(&f->fabric, a));
	assert_int_equal(sim_station_claim(&f->hosts[0].station, a), 0);
	assert_ptr_equal(sim_fabric_owner(&f->fabric, a), &f->hosts[0].station);
	assert_int_equal(sim_station_claim(&f->hosts[1].station, a), -EEXIST);
	for (uint32_t i = 0; i < 100; i++)
		assert_int_equal(sim_station_claim(&f->hosts[1].station, sim_addr_v4(0x0b000000 + i)), 0);
	for (uint32_t i = 0; i < 100; i++)
		assert_ptr_equal(sim_fabric_owner(&f->fabric, sim_addr_v4(0x0b000000 + i)),
				 &f->hosts[1].station);
	net_free(f);
}

static void fabric_drops_what_is_in_flight_when_it_goes(void **state)
{
	struct net_fixture *f = net_new(2, 1);

	(void)state;
	net_set(f, 0, 1, "delay 1s");
	sim_wire_send(net_wire(f, 0, 1), make(f, 100));
	sim_wire_send(net_wire(f, 0, 0), make(f, 100));
	assert_int_equal(sim_fabric_in_flight(&f->fabric), 2);
	net_free(f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(wire_without_delay_delivers_in_the_same_drain),
	cmocka_unit_test(delay_is_exact_and_the_order_kept),
	cmocka_unit_test(rate_spaces_packets_by_their_bits),
	cmocka_unit_test(queue_holds_its_limit_and_drops_the_rest),
	cmocka_unit_test(loss_is_random_by_the_seed),
	cmocka_unit_test(packet_over_the_mtu_is_dropped),
	cmocka_unit_test(station_that_is_down_gets_nothing),
	cmocka_unit_test(wires_are_found_again_and_loopback_is_first),
	cmocka_unit_test(address_belongs_to_one_station),
	cmocka_unit_test(fabric_drops_what_is_in_flight_when_it_goes),
};

int main(void)
{
	return cmocka_run_group_tests_name("link", tests, NULL, NULL);
}
