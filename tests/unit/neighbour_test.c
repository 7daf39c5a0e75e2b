/* SPDX-License-Identifier: MIT */
/* The neighbour cache's state machine: RFC 4861 7.3.2 with Linux's timers, ARP's and discovery's packets. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>

#include "sim/ip/neighbour.h"
#include "sim/packet/wire.h"
#include "tests/support/two_hosts.h"

static const uint8_t somebody[SIM_HWADDR_BYTES] = { 2, 0, 0, 0, 2, 2 };
static const uint8_t another[SIM_HWADDR_BYTES] = { 2, 0, 0, 0, 3, 2 };

static struct net_fixture *asking(void)
{
	struct net_fixture *f = net_new(3, 1);

	for (unsigned i = 0; i < f->num_hosts; i++)
		sim_iface_set_arp(&f->hosts[i].ip, f->hosts[i].eth0, true);
	return f;
}

static unsigned state(struct net_fixture *f, unsigned host, const char *addr)
{
	struct sim_neigh *n = sim_neigh_find(&f->hosts[host].ip, 2, net_addr(addr));

	return n ? n->state : SIM_NUD_NONE;
}

static void send_from(struct net_fixture *f, const char *to, bool confirm)
{
	struct sim_ip *ip = &f->hosts[0].ip;
	struct sim_packet *p = sim_packet_new(f->ctx.arena, &f->ctx.next_packet_id);
	struct sim_addr dst = net_addr(to);
	struct sim_route r;

	assert_int_equal(sim_ip_route(ip, dst, sim_addr_is_v4(dst) ? sim_addr_v4(0) : sim_addr_v6_any(), 0,
				      false, &r),
			 0);
	assert_null(r.wire);
	p->src = r.src;
	p->dst = dst;
	p->proto = IPPROTO_UDP;
	p->sport = p->dport = 9;
	p->confirm = confirm;
	assert_int_equal(sim_ip_send(ip, &r, p), 0);
	net_drain(f);
}

static void run_for(struct net_fixture *f, int64_t span_ns)
{
	/* A timer of the test's own is not needed: the clock stops at the last event. */
	net_run(f, sim_now(&f->ctx) + span_ns);
	sim_clock_pass(&f->ctx.clock, sim_now(&f->ctx) + span_ns);
}

static void question_answer_and_both_know(void **unused)
{
	struct net_fixture *f = asking();

	(void)unused;
	send_from(f, "10.0.0.2", false);
	assert_int_equal(state(f, 0, "10.0.0.2"), SIM_NUD_REACHABLE);
	/* Who was asked knows who asked, and answered its datagram (port unreachable) already. */
	assert_int_equal(state(f, 1, "10.0.0.1"), SIM_NUD_DELAY);
	assert_int_equal(state(f, 2, "10.0.0.1"), SIM_NUD_NONE);
	send_from(f, "fd00::2", false);
	assert_int_equal(state(f, 0, "fd00::2"), SIM_NUD_REACHABLE);
	assert_int_equal(state(f, 1, "fd00::1"), SIM_NUD_DELAY);
	net_free(f);
}

static void nobody_is_asked_three_times_and_fails(void **unused)
{
	struct net_fixture *f = asking();

	(void)unused;
	send_from(f, "10.0.0.9", false);
	assert_int_equal(state(f, 0, "10.0.0.9"), SIM_NUD_INCOMPLETE);
	assert_int_equal(f->ctx.clock.num_foreground, 1); /* somebody waits */
	net_run(f, 10 * SIM_NS_PER_S);
	assert_int_equal(sim_now(&f->ctx), 3 * SIM_NS_PER_S);
	assert_int_equal(state(f, 0, "10.0.0.9"), SIM_NUD_FAILED);
	assert_int_equal(net_count(f, SIM_TRACE_SEND, 0), 3 * 2); /* to two others each */
	assert_int_equal(net_count(f, SIM_TRACE_DROP, SIM_DROP_NO_HOST), 1);
	net_free(f);
}

static void lost_questions_are_asked_again(void **unused)
{
	struct net_fixture *f = asking();

	(void)unused;
	net_set(f, 0, 1, "loss 100%");
	send_from(f, "10.0.0.2", false);
	net_set(f, 0, 1, "");
	assert_int_equal(state(f, 0, "10.0.0.2"), SIM_NUD_INCOMPLETE);
	net_run(f, SIM_NS_PER_S);
	assert_int_equal(state(f, 0, "10.0.0.2"), SIM_NUD_REACHABLE);
	net_free(f);
}

static void reachable_time_is_half_to_one_and_a_half(void **unused)
{
	struct net_fixture *f = asking();
	int64_t first = sim_neigh_reachable_ns(&f->hosts[0].ip, 2, true);

	(void)unused;
	for (unsigned host = 0; host < 3; host++) {
		int64_t v4 = sim_neigh_reachable_ns(&f->hosts[host].ip, 2, true);

		assert_true(v4 >= 15 * SIM_NS_PER_S && v4 < 45 * SIM_NS_PER_S);
	}
	assert_true(first != sim_neigh_reachable_ns(&f->hosts[1].ip, 2, true));
	assert_int_equal(first, sim_neigh_reachable_ns(&f->hosts[0].ip, 2, true));
	f->hosts[0].net.sysctl.neigh4_base_reachable_ms = 0;
	assert_int_equal(sim_neigh_reachable_ns(&f->hosts[0].ip, 2, true), 0);
	net_free(f);
}

static void stale_delay_probe_reachable(void **unused)
{
	struct net_fixture *f = asking();
	struct sim_ip *ip = &f->hosts[0].ip;
	struct sim_neigh *n;

	(void)unused;
	send_from(f, "10.0.0.2", false);
	assert_int_equal(f->ctx.clock.num_foreground, 0); /* the cache alone keeps no world alive */
	n = sim_neigh_find(ip, 2, net_addr("10.0.0.2"));
	net_run(f, sim_neigh_reachable_ns(ip, 2, true) + 1);
	assert_int_equal(n->state, SIM_NUD_STALE);
	send_from(f, "10.0.0.2", false);
	assert_int_equal(n->state, SIM_NUD_DELAY);
	n->confirmed_ns = 0;
	net_set(f, 0, 1, "loss 100%");
	net_run(f, sim_now(&f->ctx) + 5 * SIM_NS_PER_S);
	assert_int_equal(n->state, SIM_NUD_PROBE);
	net_set(f, 0, 1, "");
	net_run(f, sim_now(&f->ctx) + SIM_NS_PER_S);
	assert_int_equal(n->state, SIM_NUD_REACHABLE);
	net_free(f);
}

static void confirmation_in_time_spares_the_probe(void **unused)
{
	struct net_fixture *f = asking();
	struct sim_neigh *n = sim_neigh_get(&f->hosts[0].ip, 2, net_addr("10.0.0.2"));
	unsigned before;

	(void)unused;
	sim_neigh_update(n, somebody, SIM_NUD_STALE, SIM_NEIGH_ADMIN);
	f->hosts[1].ip.net->sysctl.neigh4_delay_first_probe = 1000; /* it asks nothing meanwhile */
	send_from(f, "10.0.0.2", true);                             /* too early */
	assert_int_equal(n->state, SIM_NUD_DELAY);
	run_for(f, SIM_NS_PER_S);
	send_from(f, "10.0.0.2", true);
	before = net_count(f, SIM_TRACE_SEND, 0);
	net_run(f, 6 * SIM_NS_PER_S);
	assert_int_equal(n->state, SIM_NUD_REACHABLE);
	assert_int_equal(net_count(f, SIM_TRACE_SEND, 0), before);
	net_free(f);
}

/* RFC 4861 7.2.5, Linux's __neigh_update. */
static void news_of_another_address(void **unused)
{
	static const struct {
		enum sim_nud_state before, news;
		unsigned flags;
		enum sim_nud_state after;
		bool taken;
	} rows[] = {
		{ SIM_NUD_REACHABLE, SIM_NUD_STALE, 0, SIM_NUD_REACHABLE, false },
		{ SIM_NUD_REACHABLE, SIM_NUD_STALE, SIM_NEIGH_WEAK_OVERRIDE, SIM_NUD_STALE, false },
		{ SIM_NUD_REACHABLE, SIM_NUD_REACHABLE, SIM_NEIGH_OVERRIDE, SIM_NUD_REACHABLE, true },
		{ SIM_NUD_REACHABLE, SIM_NUD_STALE, SIM_NEIGH_OVERRIDE, SIM_NUD_STALE, true },
		{ SIM_NUD_STALE, SIM_NUD_REACHABLE, SIM_NEIGH_WEAK_OVERRIDE, SIM_NUD_STALE, false },
		{ SIM_NUD_PERMANENT, SIM_NUD_REACHABLE, SIM_NEIGH_OVERRIDE, SIM_NUD_PERMANENT, false },
		{ SIM_NUD_PERMANENT, SIM_NUD_STALE, SIM_NEIGH_ADMIN, SIM_NUD_STALE, true },
		{ SIM_NUD_FAILED, SIM_NUD_STALE, 0, SIM_NUD_STALE, true },
	};
	struct net_fixture *f = asking();

	(void)unused;
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sim_neigh *n = sim_neigh_get(&f->hosts[0].ip, 2, net_addr("10.0.0.2"));

		sim_neigh_update(n, somebody, rows[i].before, SIM_NEIGH_ADMIN);
		n->state = (uint8_t)rows[i].before;
		sim_neigh_update(n, another, rows[i].news, rows[i].flags);
		if (n->state != rows[i].after || !memcmp(n->lladdr, another, sizeof another) != rows[i].taken)
			fail_msg("row %u: %s", i, sim_nud_name(n->state));
		sim_neigh_free(n);
	}
	net_free(f);
}

static void waiting_packets_have_room_for_so_many_bytes(void **unused)
{
	struct net_fixture *f = asking();

	(void)unused;
	f->hosts[0].net.sysctl.neigh4_unres_qlen_bytes = 3 * (int32_t)sim_ip_truesize(0, true);
	for (int i = 0; i < 5; i++)
		send_from(f, "10.0.0.9", false);
	assert_int_equal(net_count(f, SIM_TRACE_DROP, SIM_DROP_QUEUE_FULL), 2);
	assert_int_equal(sim_neigh_find(&f->hosts[0].ip, 2, net_addr("10.0.0.9"))->waiting.len, 3);
	net_free(f);
}

static void cache_has_a_limit(void **unused)
{
	struct net_fixture *f = asking();
	struct sim_ip *ip = &f->hosts[0].ip;

	(void)unused;
	f->hosts[0].net.sysctl.neigh4_gc_thresh3 = 2;
	f->hosts[0].net.sysctl.neigh4_gc_thresh1 = 0;
	assert_non_null(sim_neigh_get(ip, 2, net_addr("10.0.0.8")));
	assert_non_null(sim_neigh_get(ip, 2, net_addr("10.0.0.9")));
	assert_null(sim_neigh_get(ip, 2, net_addr("10.0.0.10")));
	assert_non_null(sim_neigh_get(ip, 2, net_addr("fd00::10"))); /* each family its own */
	sim_neigh_find(ip, 2, net_addr("10.0.0.8"))->state = SIM_NUD_FAILED;
	assert_non_null(sim_neigh_get(ip, 2, net_addr("10.0.0.10")));
	assert_null(sim_neigh_find(ip, 2, net_addr("10.0.0.8")));
	net_free(f);
}

static void same_states_when_every_packet_is_bytes(void **unused)
{
	struct net_fixture *f = asking();

	(void)unused;
	f->fabric.wire_bytes = true;
	send_from(f, "10.0.0.2", false);
	send_from(f, "fd00::2", false);
	assert_int_equal(state(f, 0, "10.0.0.2"), SIM_NUD_REACHABLE);
	assert_int_equal(state(f, 0, "fd00::2"), SIM_NUD_REACHABLE);
	net_free(f);
}

static void arp_as_rfc_826_draws_it(void **unused)
{
	static const unsigned char want[SIM_ARP_LEN] = { 0,  1, 8, 0, 6, 4, 0, 1, 2, 0, 0,  0, 2, 2,
							 10, 0, 0, 1, 0, 0, 0, 0, 0, 0, 10, 0, 0, 2 };
	struct sim_packet p, back;
	unsigned char bytes[SIM_ARP_LEN];

	(void)unused;
	memset(&p, 0, sizeof p);
	memset(&back, 0, sizeof back);
	p.is_arp = true;
	p.arp.op = SIM_ARP_REQUEST;
	memcpy(p.arp.sha, somebody, sizeof somebody);
	p.src = net_addr("10.0.0.1");
	p.dst = net_addr("10.0.0.2");
	assert_int_equal(sim_wire_emit(&p, bytes, sizeof bytes), SIM_ARP_LEN);
	assert_memory_equal(bytes, want, sizeof want);
	assert_int_equal(sim_wire_parse_arp(bytes, sizeof bytes, &back), 0);
	assert_memory_equal(&back.arp, &p.arp, sizeof p.arp);
	assert_true(sim_addr_equal(back.src, p.src) && sim_addr_equal(back.dst, p.dst));
	assert_int_equal(sim_wire_parse_arp(bytes, sizeof bytes - 1, &back), -EINVAL);
	bytes[1] = 6; /* IEEE 802 networks: not ours */
	assert_int_equal(sim_wire_parse_arp(bytes, sizeof bytes, &back), -EINVAL);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(question_answer_and_both_know),
	cmocka_unit_test(nobody_is_asked_three_times_and_fails),
	cmocka_unit_test(lost_questions_are_asked_again),
	cmocka_unit_test(reachable_time_is_half_to_one_and_a_half),
	cmocka_unit_test(stale_delay_probe_reachable),
	cmocka_unit_test(confirmation_in_time_spares_the_probe),
	cmocka_unit_test(news_of_another_address),
	cmocka_unit_test(waiting_packets_have_room_for_so_many_bytes),
	cmocka_unit_test(cache_has_a_limit),
	cmocka_unit_test(same_states_when_every_packet_is_bytes),
	cmocka_unit_test(arp_as_rfc_826_draws_it),
};

int main(void)
{
	return cmocka_run_group_tests_name("neighbour", tests, NULL, NULL);
}
