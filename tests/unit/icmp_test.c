/* SPDX-License-Identifier: MIT */
/* ICMP: echo, who may be told of errors, what a transport hears and with which errno, path MTU. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>

#include "sim/packet/wire.h"
#include "tests/support/two_hosts.h"

/* What the transport was told last. */
static struct {
	unsigned num;
	int err;
	bool fatal;
	uint16_t sport, dport;
} heard;

static void hear(struct sim_ip *ip, const struct sim_packet *icmp, int err, bool fatal)
{
	(void)ip;
	heard.num++;
	heard.err = err;
	heard.fatal = fatal;
	heard.sport = icmp->icmp.quoted_sport;
	heard.dport = icmp->icmp.quoted_dport;
}

static void take(struct sim_ip *ip, struct sim_packet *p)
{
	sim_packet_free(ip->net->ctx->arena, p);
}

static const struct sim_ip_protocol transport = { .deliver = take, .error = hear };

static struct sim_packet *make(struct net_fixture *f, uint8_t proto, bool six)
{
	struct sim_packet *p = sim_packet_new(f->ctx.arena, &f->ctx.next_packet_id);

	assert_non_null(p);
	p->proto = proto;
	p->src = net_addr(six ? "fd00::1" : "10.0.0.1");
	p->dst = net_addr(six ? "fd00::2" : "10.0.0.2");
	p->ttl = 64;
	p->sport = 11;
	p->dport = 22;
	return p;
}

static void send_from_first(struct net_fixture *f, struct sim_packet *p)
{
	assert_int_equal(sim_wire_send(net_wire(f, 0, 1), p), 0);
	net_drain(f);
}

static void echo_is_answered_with_the_same(void **state)
{
	for (int six = 0; six < 2; six++) {
		struct net_fixture *f = net_new(2, 1);
		struct sim_packet *p = make(f, six ? IPPROTO_ICMPV6 : IPPROTO_ICMP, six);
		struct sim_slab *tail = NULL;

		(void)state;
		p->icmp.type = six ? SIM_ICMP6_ECHO : SIM_ICMP_ECHO;
		p->icmp.id = 3;
		p->icmp.seq = 4;
		assert_int_equal(sim_bytes_append_raw(f->ctx.arena, &tail, "ping", 4, &p->payload), 0);
		send_from_first(f, p);
		assert_int_equal(net_last(f, SIM_TRACE_ARRIVE)->host, 1);
		assert_int_equal(net_last(f, SIM_TRACE_ARRIVE)->icmp_type,
				 six ? SIM_ICMP6_ECHO_REPLY : SIM_ICMP_ECHO_REPLY);
		assert_int_equal(net_last(f, SIM_TRACE_ARRIVE)->payload_len, 4);
		assert_int_equal(net_count(f, SIM_TRACE_SEND, 0), 2);
		net_free(f);
	}
}

/* RFC 1122 3.2.2: a storm can't begin. */
static void no_error_about_errors_broadcasts_and_later_fragments(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_ip *ip = &f->hosts[1].ip;
	struct sim_packet *p = make(f, IPPROTO_UDP, false);

	(void)state;
	sim_icmp_send_error(ip, p, SIM_ICMP_UNREACHABLE, 3, 0);
	assert_int_equal(net_count(f, SIM_TRACE_SEND, 0), 1);
	p->broadcast = true;
	sim_icmp_send_error(ip, p, SIM_ICMP_UNREACHABLE, 3, 0);
	p->broadcast = false;
	p->dst = net_addr("224.0.0.1");
	sim_icmp_send_error(ip, p, SIM_ICMP_UNREACHABLE, 3, 0);
	p->dst = net_addr("10.0.0.2");
	p->src = net_addr("0.0.0.0");
	sim_icmp_send_error(ip, p, SIM_ICMP_UNREACHABLE, 3, 0);
	p->src = net_addr("10.0.0.1");
	p->is_fragment = true;
	p->frag_off_bytes = 8;
	sim_icmp_send_error(ip, p, SIM_ICMP_UNREACHABLE, 3, 0);
	p->is_fragment = false;
	p->frag_off_bytes = 0;
	p->proto = IPPROTO_ICMP;
	p->icmp.type = SIM_ICMP_TIME_EXCEEDED;
	sim_icmp_send_error(ip, p, SIM_ICMP_UNREACHABLE, 3, 0);
	assert_int_equal(net_count(f, SIM_TRACE_SEND, 0), 1);
	p->icmp.type = SIM_ICMP_ECHO;
	sim_icmp_send_error(ip, p, SIM_ICMP_UNREACHABLE, 3, 0);
	assert_int_equal(net_count(f, SIM_TRACE_SEND, 0), 2);
	sim_packet_free(f->ctx.arena, p);
	net_drain(f);
	net_free(f);
}

static void unknown_protocol_is_told(void **state)
{
	struct net_fixture *f = net_new(2, 1);

	(void)state;
	send_from_first(f, make(f, 99, false));
	assert_int_equal(net_last(f, SIM_TRACE_SEND)->icmp_type, SIM_ICMP_UNREACHABLE);
	assert_int_equal(net_last(f, SIM_TRACE_SEND)->icmp_code, SIM_ICMP_UNREACHABLE_PROTOCOL);
	net_free(f);
}

/* The second host reports an error about a packet that the first has sent. */
static void report(struct net_fixture *f, bool six, uint8_t type, uint8_t code, uint16_t mtu)
{
	struct sim_packet *p = make(f, IPPROTO_TCP, six);

	heard.num = 0;
	sim_icmp_send_error(&f->hosts[1].ip, p, type, code, mtu);
	sim_packet_free(f->ctx.arena, p);
	net_drain(f);
}

/* icmp(7), Linux's tables. */
static void errnos_are_linuxs(void **state)
{
	static const struct {
		bool six;
		uint8_t type, code;
		int err; /* 0: nobody hears of it */
		bool fatal;
	} rows[] = {
		{ false, 3, 0, ENETUNREACH, false },  { false, 3, 1, EHOSTUNREACH, false },
		{ false, 3, 2, ENOPROTOOPT, true },   { false, 3, 3, ECONNREFUSED, true },
		{ false, 3, 4, EMSGSIZE, false },     { false, 3, 5, EOPNOTSUPP, false },
		{ false, 3, 6, ENETUNREACH, true },   { false, 3, 7, EHOSTDOWN, true },
		{ false, 3, 8, ENONET, true },        { false, 3, 9, ENETUNREACH, true },
		{ false, 3, 10, EHOSTUNREACH, true }, { false, 3, 13, EHOSTUNREACH, true },
		{ false, 3, 16, 0, false },           { false, 11, 0, EHOSTUNREACH, false },
		{ false, 12, 0, EPROTO, true },       { false, 5, 0, 0, false },
		{ true, 1, 0, ENETUNREACH, false },   { true, 1, 1, EACCES, true },
		{ true, 1, 3, EHOSTUNREACH, false },  { true, 1, 4, ECONNREFUSED, true },
		{ true, 2, 0, EMSGSIZE, false },      { true, 3, 0, EHOSTUNREACH, false },
		{ true, 4, 0, EPROTO, true },
	};
	struct net_fixture *f = net_new(2, 1);

	(void)state;
	net_other_protocol = &transport;
	for (int bytes = 0; bytes < 2; bytes++) {
		f->fabric.wire_bytes = bytes;
		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			report(f, rows[i].six, rows[i].type, rows[i].code, 0);
			if (heard.num != (rows[i].err != 0) ||
			    (heard.num && (heard.err != rows[i].err || heard.fatal != rows[i].fatal)))
				fail_msg("type %u code %u: %u, %d", rows[i].type, rows[i].code, heard.num,
					 heard.err);
			if (heard.num) {
				assert_int_equal(heard.sport, 11);
				assert_int_equal(heard.dport, 22);
			}
		}
	}
	net_other_protocol = NULL;
	net_free(f);
}

static void error_about_somebody_elses_packet_is_ignored(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_packet *p = make(f, IPPROTO_TCP, false), *e = make(f, IPPROTO_ICMP, false);
	static unsigned char buf[SIM_WIRE_MAX_BYTES];
	struct sim_slab *tail = NULL;
	size_t len;

	(void)state;
	net_other_protocol = &transport;
	heard.num = 0;
	p->src = net_addr("10.0.0.77");
	len = sim_wire_emit(p, buf, sizeof buf);
	e->icmp.type = SIM_ICMP_UNREACHABLE;
	e->icmp.code = 3;
	assert_int_equal(sim_bytes_append_raw(f->ctx.arena, &tail, buf, len, &e->payload), 0);
	sim_wire_parse_quoted(e);
	assert_int_equal(e->icmp.quoted_proto, IPPROTO_TCP);
	send_from_first(f, e);
	assert_int_equal(heard.num, 0);
	sim_packet_free(f->ctx.arena, p);
	net_other_protocol = NULL;
	net_free(f);
}

static uint32_t mtu_to_second(struct net_fixture *f, bool six)
{
	struct sim_route r;

	assert_int_equal(sim_ip_route(&f->hosts[0].ip, net_addr(six ? "fd00::2" : "10.0.0.2"),
				      six ? sim_addr_v6_any() : sim_addr_v4(0), 0, false, &r),
			 0);
	return r.mtu_bytes;
}

static void path_mtu_is_learnt_and_forgotten_in_ten_minutes(void **state)
{
	struct net_fixture *f = net_new(2, 1);

	(void)state;
	net_other_protocol = &transport;
	report(f, false, SIM_ICMP_UNREACHABLE, SIM_ICMP_UNREACHABLE_TOO_BIG, 1200);
	assert_int_equal(mtu_to_second(f, false), 1200);
	assert_int_equal(mtu_to_second(f, true), 1500);
	report(f, false, SIM_ICMP_UNREACHABLE, SIM_ICMP_UNREACHABLE_TOO_BIG, 100);
	assert_int_equal(mtu_to_second(f, false), 552);
	report(f, true, SIM_ICMP6_TOO_BIG, 0, 600);
	assert_int_equal(mtu_to_second(f, true), 1280);
	f->ctx.clock.now_ns = 600 * SIM_NS_PER_S;
	assert_int_equal(mtu_to_second(f, false), 1500);
	net_other_protocol = NULL;
	net_free(f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(echo_is_answered_with_the_same),
	cmocka_unit_test(no_error_about_errors_broadcasts_and_later_fragments),
	cmocka_unit_test(unknown_protocol_is_told),
	cmocka_unit_test(errnos_are_linuxs),
	cmocka_unit_test(error_about_somebody_elses_packet_is_ignored),
	cmocka_unit_test(path_mtu_is_learnt_and_forgotten_in_ten_minutes),
};

int main(void)
{
	return cmocka_run_group_tests_name("icmp", tests, NULL, NULL);
}
