/* SPDX-License-Identifier: MIT */
/* The IP stack of a host: addresses as text, routes and their sources, what is sent and what is let in. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>

#include "sim/base/random.h"
#include "tests/support/two_hosts.h"

static void texts_of_addresses(void **state)
{
	static const struct {
		const char *text, *canonical; /* NULL: refused */
	} rows[] = {
		{ "0.0.0.0", "0.0.0.0" },
		{ "255.255.255.255", "255.255.255.255" },
		{ "::ffff:10.0.0.1", "10.0.0.1" },
		{ "::", "::" },
		{ "::1", "::1" },
		{ "1::", "1::" },
		{ "fd00:0:0:1::2", "fd00:0:0:1::2" },
		{ "2001:DB8:0:0:1:0:0:1", "2001:db8::1:0:0:1" },
		{ "1:0:0:2:0:0:0:3", "1:0:0:2::3" },
		{ "1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7:8" },
		{ "1:2:3:4:5:6:7::", "1:2:3:4:5:6:7:0" },
		{ "64:ff9b::1.2.3.4", "64:ff9b::102:304" },
		{ "", NULL },
		{ "1.2.3", NULL },
		{ "1.2.3.4.5", NULL },
		{ "1.2.3.256", NULL },
		{ "01.2.3.4", NULL },
		{ "1.2.3.4 ", NULL },
		{ ":", NULL },
		{ ":::", NULL },
		{ "1:", NULL },
		{ ":1", NULL },
		{ "1::2::3", NULL },
		{ "12345::", NULL },
		{ "1:2:3:4:5:6:7", NULL },
		{ "1:2:3:4:5:6:7:8:9", NULL },
		{ "1:2:3:4:5:6:7:8::", NULL },
		{ "g::", NULL },
		{ "1:2:3:4:5:6:7:1.2.3.4", NULL },
	};
	char buf[64];

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sim_addr a;
		struct in6_addr libc;

		if (sim_addr_parse(rows[i].text, &a) != (rows[i].canonical != NULL))
			fail_msg("\"%s\"", rows[i].text);
		if (!rows[i].canonical)
			continue;
		assert_string_equal(sim_addr_format(a, buf), rows[i].canonical);
		if (strchr(rows[i].text, ':')) {
			assert_int_equal(inet_pton(AF_INET6, rows[i].text, &libc), 1);
			assert_memory_equal(&libc, &a, 16);
		}
	}
}

/* The same as libc's, on random texts that are nearly addresses. */
static void texts_are_read_as_libc_reads_them(void **state)
{
	static const char letters[] = "0123456789abcF:::..";
	struct sim_rng rng = sim_rng_stream(1, SIM_PURPOSE_USER, 0);
	unsigned good = 0;

	(void)state;
	for (int i = 0; i < 300000; i++) {
		char text[20];
		size_t len = sim_rng_below(&rng, sizeof text);
		struct sim_addr a;
		struct in6_addr six;
		struct in_addr four;
		bool want4, want6;

		for (size_t k = 0; k < len; k++)
			text[k] = letters[sim_rng_below(&rng, sizeof letters - 1)];
		text[len] = '\0';
		want6 = inet_pton(AF_INET6, text, &six) == 1;
		want4 = inet_pton(AF_INET, text, &four) == 1;
		if (sim_addr_parse(text, &a) != (want4 || want6))
			fail_msg("\"%s\": libc says %d", text, want4 || want6);
		if (want6)
			assert_memory_equal(&a, &six, 16);
		if (want4)
			assert_memory_equal(a.b + 12, &four, 4);
		good += want4 || want6;
	}
	assert_true(good > 100);
}

static int route(struct net_fixture *f, const char *dst, const char *src, uint32_t bound_if,
		 struct sim_route *r)
{
	struct sim_addr d = net_addr(dst);
	struct sim_addr none = sim_addr_is_v4(d) ? sim_addr_v4(0) : sim_addr_v6_any();

	return sim_ip_route(&f->hosts[0].ip, d, src ? net_addr(src) : none, bound_if, false, r);
}

/* Destination, source if the socket has one, then what is found. Sources as Linux chooses them. */
static void ways_and_their_sources(void **state)
{
	static const struct {
		const char *dst, *src;
		uint32_t bound_if;
		int err;
		const char *want_src;
		uint8_t iface;
		bool local;
	} rows[] = {
		{ "127.0.0.1", NULL, 0, 0, "127.0.0.1", 1, true },
		{ "127.0.0.2", NULL, 0, 0, "127.0.0.1", 1, true },
		{ "::1", NULL, 0, 0, "::1", 1, true },
		{ "10.0.0.1", NULL, 0, 0, "10.0.0.1", 1, true },
		{ "fd00::1", NULL, 0, 0, "fd00::1", 1, true },
		{ "10.0.0.2", NULL, 0, 0, "10.0.0.1", 2, false },
		{ "fd00::2", NULL, 0, 0, "fd00::1", 2, false },
		{ "10.0.0.99", NULL, 0, 0, "10.0.0.1", 2, false },
		{ "8.8.8.8", NULL, 0, -ENETUNREACH, NULL, 0, false },
		{ "2001:db8::1", NULL, 0, -ENETUNREACH, NULL, 0, false },
		{ "224.0.0.1", NULL, 0, -ENETUNREACH, NULL, 0, false },
		{ "ff02::1", NULL, 0, -ENETUNREACH, NULL, 0, false },
		{ "10.0.0.2", "127.0.0.1", 0, -EINVAL, NULL, 0, false },
		{ "10.0.0.2", "9.9.9.9", 0, -ENETUNREACH, NULL, 0, false },
		{ "10.0.0.1", "127.0.0.1", 0, 0, "10.0.0.1", 1, true },
		{ "8.8.8.8", NULL, 2, 0, "10.0.0.1", 2, false },
		{ "10.0.0.2", NULL, 1, -ENETUNREACH, NULL, 0, false },
		{ "10.0.0.255", NULL, 0, 0, "10.0.0.1", 2, false },
		{ "255.255.255.255", NULL, 0, 0, "10.0.0.1", 2, false },
	};
	struct net_fixture *f = net_new(2, 1);

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct sim_route r;
		int err = route(f, rows[i].dst, rows[i].src, rows[i].bound_if, &r);

		if (err != rows[i].err)
			fail_msg("%s: %d", rows[i].dst, err);
		if (err)
			continue;
		if (!sim_addr_equal(r.src, net_addr(rows[i].want_src)) || r.iface != rows[i].iface ||
		    r.local != rows[i].local)
			fail_msg("%s: another way", rows[i].dst);
		assert_true(sim_route_is_valid(&f->hosts[0].ip, &r));
		assert_int_equal(r.mtu_bytes, rows[i].iface == 1 ? 65536 : 1500);
	}
	net_free(f);
}

static void host_alone_reaches_only_itself(void **state)
{
	struct net_fixture *f = net_new(1, 1);
	struct sim_route r;

	(void)state;
	f->hosts[0].ip.num_ifaces = 1;
	assert_int_equal(route(f, "127.0.0.1", NULL, 0, &r), 0);
	assert_int_equal(route(f, "10.0.0.2", NULL, 0, &r), -ENETUNREACH);
	assert_int_equal(route(f, "255.255.255.255", NULL, 0, &r), -ENETUNREACH);
	assert_int_equal(route(f, "127.255.255.255", NULL, 0, &r), 0);
	assert_true(r.broadcast);
	net_free(f);
}

static void longest_prefix_then_least_metric_wins(void **state)
{
	struct net_fixture *f = net_new(3, 1);
	struct sim_ip *ip = &f->hosts[0].ip;
	struct sim_ip_route way = { .dst = net_addr("0.0.0.0"), .gateway = net_addr("10.0.0.2") };
	struct sim_route r;
	uint32_t before = ip->generation;

	(void)state;
	assert_int_equal(sim_ip_add_route(ip, &way), 0);
	assert_true(ip->generation > before);
	assert_int_equal(sim_ip_add_route(ip, &way), -EEXIST);
	assert_int_equal(route(f, "8.8.8.8", NULL, 0, &r), 0);
	assert_ptr_equal(r.wire, net_wire(f, 0, 1));
	way.gateway = net_addr("10.0.0.3");
	way.metric = 5;
	assert_int_equal(sim_ip_add_route(ip, &way), 0);
	assert_int_equal(route(f, "8.8.8.8", NULL, 0, &r), 0);
	assert_ptr_equal(r.wire, net_wire(f, 0, 1));
	way.dst = net_addr("8.8.0.0");
	way.prefix_len = 16;
	way.mtu_bytes = 1000;
	assert_int_equal(sim_ip_add_route(ip, &way), 0);
	assert_int_equal(route(f, "8.8.8.8", NULL, 0, &r), 0);
	assert_ptr_equal(r.wire, net_wire(f, 0, 2));
	assert_int_equal(r.mtu_bytes, 1000);
	assert_int_equal(sim_ip_route(ip, net_addr("8.8.8.8"), sim_addr_v4(0), 0, true, &r), -ENETUNREACH);
	way.gateway = net_addr("9.9.9.9");
	assert_int_equal(sim_ip_add_route(ip, &way), -ENETUNREACH);
	net_free(f);
}

static void change_of_a_wire_voids_what_was_found(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_route r;

	(void)state;
	assert_int_equal(route(f, "10.0.0.2", NULL, 0, &r), 0);
	net_set(f, 0, 1, "mtu 900");
	assert_false(sim_route_is_valid(&f->hosts[0].ip, &r));
	assert_int_equal(route(f, "10.0.0.2", NULL, 0, &r), 0);
	assert_int_equal(r.mtu_bytes, 900);
	net_free(f);
}

static void ipv6_needs_a_link_of_1280_bytes(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_route r;

	(void)state;
	net_set(f, 0, 1, "mtu 1280");
	assert_int_equal(route(f, "fd00::2", NULL, 0, &r), 0);
	assert_int_equal(r.mtu_bytes, 1280);
	net_set(f, 0, 1, "mtu 1279");
	assert_int_equal(route(f, "fd00::2", NULL, 0, &r), -ENETUNREACH);
	assert_int_equal(route(f, "10.0.0.2", NULL, 0, &r), 0);
	assert_int_equal(r.mtu_bytes, 1279);
	net_free(f);
}

static void addresses_are_one_hosts_alone(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_ip *ip = &f->hosts[0].ip;

	(void)state;
	assert_int_equal(sim_ip_add_addr(ip, f->hosts[0].eth0, net_addr("10.0.0.1"), 24), -EEXIST);
	assert_int_equal(sim_ip_add_addr(ip, f->hosts[0].eth0, net_addr("10.0.0.2"), 24), -EEXIST);
	assert_int_equal(sim_ip_add_addr(ip, f->hosts[0].eth0, net_addr("10.0.0.9"), 33), -EINVAL);
	assert_int_equal(sim_ip_add_addr(ip, f->hosts[0].eth0, net_addr("224.0.0.1"), 24), -EINVAL);
	assert_int_equal(sim_ip_add_addr(ip, f->hosts[0].eth0, net_addr("0.0.0.0"), 24), -EINVAL);
	for (uint32_t i = 2; i < SIM_IFACE_MAX_ADDRS; i++)
		assert_int_equal(sim_ip_add_addr(ip, f->hosts[0].eth0, sim_addr_v4(0x0a000100 + i), 120), 0);
	assert_int_equal(sim_ip_add_addr(ip, f->hosts[0].eth0, net_addr("10.0.9.9"), 24), -ENOSPC);
	assert_non_null(sim_ip_add_iface(ip, "eth1", 1500));
	assert_non_null(sim_ip_add_iface(ip, "eth2", 1500));
	assert_null(sim_ip_add_iface(ip, "eth3", 1500));
	assert_true(sim_ip_is_local(ip, net_addr("127.9.9.9")));
	assert_true(sim_ip_is_local(ip, net_addr("10.0.1.2")));
	assert_false(sim_ip_is_local(ip, net_addr("10.0.0.2")));
	assert_true(sim_ip_is_broadcast(ip, net_addr("10.0.0.255")));
	assert_false(sim_ip_is_broadcast(ip, net_addr("10.0.0.1")));
	net_free(f);
}

static struct sim_packet *make(struct net_fixture *f, const char *src, const char *dst)
{
	struct sim_packet *p = sim_packet_new(f->ctx.arena, &f->ctx.next_packet_id);

	assert_non_null(p);
	p->src = net_addr(src);
	p->dst = net_addr(dst);
	p->proto = IPPROTO_UDP;
	p->sport = 1;
	p->dport = 9;
	return p;
}

/* RFC 1122 3.2.1.3: addresses of the loopback never come from outside. */
static void strangers_packets_are_let_by(void **state)
{
	static const char *const pairs[][2] = {
		{ "127.0.0.1", "10.0.0.2" },
		{ "10.0.0.1", "127.0.0.1" },
		{ "10.0.0.1", "10.0.0.3" },
		{ "fd00::1", "fd00::9" },
	};
	struct net_fixture *f = net_new(2, 1);

	(void)state;
	for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
		assert_int_equal(sim_wire_send(net_wire(f, 0, 1), make(f, pairs[i][0], pairs[i][1])), 0);
		net_drain(f);
		assert_int_equal(net_count(f, SIM_TRACE_DROP, SIM_DROP_NO_ROUTE), i + 1);
	}
	assert_int_equal(net_count(f, SIM_TRACE_SEND, 0), 4); /* nobody is told */
	net_free(f);
}

static void bad_checksum_is_dropped(void **state)
{
	for (int bytes = 0; bytes < 2; bytes++) {
		struct net_fixture *f = net_new(2, 1);
		struct sim_packet *p = make(f, "10.0.0.1", "10.0.0.2");

		(void)state;
		f->fabric.wire_bytes = bytes;
		p->csum = SIM_CSUM_BAD;
		sim_wire_send(net_wire(f, 0, 1), p);
		net_drain(f);
		assert_int_equal(net_count(f, SIM_TRACE_DROP, SIM_DROP_CHECKSUM), 1);
		net_free(f);
	}
}

static void packet_that_must_not_be_cut_is_emsgsize(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_packet *p = make(f, "10.0.0.1", "10.0.0.2");
	struct sim_slab *tail = NULL;
	static const char data[2000];
	struct sim_route r;

	(void)state;
	assert_int_equal(sim_bytes_append_raw(f->ctx.arena, &tail, data, sizeof data, &p->payload), 0);
	p->dont_fragment = true;
	assert_int_equal(route(f, "10.0.0.2", NULL, 0, &r), 0);
	assert_int_equal(sim_ip_send(&f->hosts[0].ip, &r, p), -EMSGSIZE);
	assert_int_equal(net_count(f, SIM_TRACE_DROP, SIM_DROP_TOO_BIG), 1);
	net_free(f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(texts_of_addresses),
	cmocka_unit_test(texts_are_read_as_libc_reads_them),
	cmocka_unit_test(ways_and_their_sources),
	cmocka_unit_test(host_alone_reaches_only_itself),
	cmocka_unit_test(longest_prefix_then_least_metric_wins),
	cmocka_unit_test(change_of_a_wire_voids_what_was_found),
	cmocka_unit_test(ipv6_needs_a_link_of_1280_bytes),
	cmocka_unit_test(addresses_are_one_hosts_alone),
	cmocka_unit_test(strangers_packets_are_let_by),
	cmocka_unit_test(bad_checksum_is_dropped),
	cmocka_unit_test(packet_that_must_not_be_cut_is_emsgsize),
};

int main(void)
{
	return cmocka_run_group_tests_name("ip", tests, NULL, NULL);
}
