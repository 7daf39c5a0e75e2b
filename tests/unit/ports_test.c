/* SPDX-License-Identifier: MIT */
/* Ports: who may share one, which is chosen, who gets what arrives; options of IPPROTO_IP and IPPROTO_IPV6.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>

#include "sim/sock/option.h"
#include "tests/support/two_hosts.h"

static struct sim_task task;

struct ports {
	struct net_fixture *f;
	struct sim_ports tcp;
	struct sim_ports *udp;
};

static struct ports ports_new(void)
{
	struct ports p = { .f = net_new(2, 1) };

	assert_int_equal(sim_ports_init(&p.tcp, &p.f->hosts[0].ip, true), 0);
	p.udp = &p.f->hosts[0].udp.ports;
	return p;
}

static void ports_free(struct ports *p)
{
	sim_ports_fini(&p->tcp);
	net_free(p->f);
}

/* An endpoint without a protocol's machine: a UDP socket that TCP's ports may hold too. */
static struct sim_inet *inet_new(struct ports *p, int domain)
{
	struct sim_sock *sk;

	assert_int_equal(sim_udp_sock_new(&p->f->hosts[0].net, domain, &sk), 0);
	return (struct sim_inet *)sk;
}

static void inet_free(struct sim_ports *ps, struct sim_inet *in)
{
	sim_ports_release(ps, in);
	net_close(&in->sk);
}

static int bind_to(struct sim_ports *ps, struct sim_inet *in, const char *addr, uint16_t port)
{
	struct sim_sockaddr a = net_name(in->sk.domain, addr, port);

	return sim_ports_bind(ps, in, &task, &a);
}

static int connect_to(struct sim_ports *ps, struct sim_inet *in, const char *addr, uint16_t port)
{
	struct sim_sockaddr a = net_name(in->sk.domain, addr, port);

	return sim_ports_connect(ps, in, &task, &a);
}

enum { REUSEADDR = 1, REUSEPORT = 2, LISTENING = 4, V6ONLY = 8 };

static void set_flags(struct sim_inet *in, unsigned flags)
{
	in->sk.reuseaddr = flags & REUSEADDR;
	in->sk.reuseport = flags & REUSEPORT;
	in->listening = flags & LISTENING;
	in->v6only = flags & V6ONLY;
}

/* Each row was asked of Linux 6.18 with two sockets: may the second have the port of the first? */
static void two_on_one_port(void **state)
{
	static const struct {
		bool tcp;
		const char *first;
		unsigned first_flags;
		const char *second;
		unsigned second_flags;
		bool allowed;
	} rows[] = {
		{ false, "127.0.0.1", 0, "127.0.0.1", 0, false },
		{ false, "127.0.0.1", 0, "127.0.0.2", 0, true },
		{ false, "127.0.0.1", 0, "0.0.0.0", 0, false },
		{ false, "0.0.0.0", 0, "127.0.0.1", 0, false },
		{ false, "127.0.0.1", REUSEADDR, "127.0.0.1", 0, false },
		{ false, "127.0.0.1", REUSEADDR, "127.0.0.1", REUSEADDR, true },
		{ false, "127.0.0.1", REUSEPORT, "127.0.0.1", REUSEPORT, true },
		{ false, "127.0.0.1", REUSEPORT, "127.0.0.1", REUSEADDR, false },
		{ false, "::", 0, "0.0.0.0", 0, false },
		{ false, "::", 0, "127.0.0.1", 0, false },
		{ false, "::", V6ONLY, "127.0.0.1", 0, true },
		{ false, "0.0.0.0", 0, "::", 0, false },
		{ false, "0.0.0.0", 0, "::", V6ONLY, true },
		{ false, "0.0.0.0", 0, "::1", 0, true },
		{ false, "::1", 0, "::1", 0, false },
		{ false, "::1", 0, "::", 0, false },
		{ true, "127.0.0.1", 0, "127.0.0.1", 0, false },
		{ true, "127.0.0.1", REUSEADDR, "127.0.0.1", REUSEADDR, true },
		{ true, "127.0.0.1", REUSEADDR | LISTENING, "127.0.0.1", REUSEADDR, false },
		{ true, "127.0.0.1", REUSEADDR | LISTENING, "127.0.0.2", REUSEADDR, true },
		{ true, "0.0.0.0", REUSEADDR | LISTENING, "127.0.0.2", REUSEADDR, false },
		{ true, "127.0.0.1", REUSEPORT | LISTENING, "127.0.0.1", REUSEPORT, true },
		{ true, "127.0.0.1", REUSEPORT | LISTENING, "127.0.0.1", 0, false },
		{ true, "::", LISTENING, "0.0.0.0", 0, false },
		{ true, "::", LISTENING | V6ONLY, "0.0.0.0", 0, true },
	};

	(void)state;
	for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		struct ports p = ports_new();
		struct sim_ports *ps = rows[i].tcp ? &p.tcp : p.udp;
		struct sim_inet *x = inet_new(&p, strchr(rows[i].first, ':') ? AF_INET6 : AF_INET);
		struct sim_inet *y = inet_new(&p, strchr(rows[i].second, ':') ? AF_INET6 : AF_INET);
		int err;

		set_flags(x, rows[i].first_flags);
		set_flags(y, rows[i].second_flags);
		assert_int_equal(bind_to(ps, x, rows[i].first, 5000), 0);
		err = bind_to(ps, y, rows[i].second, 5000);
		if (err != (rows[i].allowed ? 0 : -EADDRINUSE))
			fail_msg("row %zu: %d", i, err);
		if (err) {
			assert_int_equal(task.why.key, SIM_WHY_ADDR_IN_USE);
			assert_int_equal(task.why.arg[0], x->sk.id);
			assert_int_equal(y->lport, 0);
			assert_true(sim_addr_is_any(y->laddr));
		}
		inet_free(ps, x);
		inet_free(ps, y);
		ports_free(&p);
	}
}

static void second_to_listen_is_refused(void **state)
{
	struct ports p = ports_new();
	struct sim_inet *x = inet_new(&p, AF_INET), *y = inet_new(&p, AF_INET);

	(void)state;
	set_flags(x, REUSEADDR);
	set_flags(y, REUSEADDR);
	assert_int_equal(bind_to(&p.tcp, x, "0.0.0.0", 80), 0);
	assert_int_equal(bind_to(&p.tcp, y, "0.0.0.0", 80), 0);
	assert_int_equal(sim_ports_may_listen(&p.tcp, x, &task), 0);
	x->listening = true;
	assert_int_equal(sim_ports_may_listen(&p.tcp, y, &task), -EADDRINUSE);
	inet_free(&p.tcp, x);
	assert_int_equal(sim_ports_may_listen(&p.tcp, y, &task), 0);
	inet_free(&p.tcp, y);
	ports_free(&p);
}

static void bind_checks_family_and_place(void **state)
{
	struct ports p = ports_new();
	struct sim_inet *in = inet_new(&p, AF_INET), *six = inet_new(&p, AF_INET6);
	struct sim_sockaddr a = net_name(AF_INET6, "::1", 1), b = net_name(AF_UNSPEC, "127.0.0.1", 1);

	(void)state;
	assert_int_equal(sim_ports_bind(p.udp, in, &task, &a), -EAFNOSUPPORT);
	assert_int_equal(sim_ports_bind(p.udp, in, &task, &b), -EAFNOSUPPORT);
	assert_int_equal(bind_to(p.udp, in, "10.0.0.2", 1), -EADDRNOTAVAIL);
	assert_int_equal(task.why.key, SIM_WHY_ADDR_NOT_LOCAL);
	b.addr = net_addr("0.0.0.0");
	assert_int_equal(sim_ports_bind(p.udp, in, &task, &b), 0);
	assert_int_equal(bind_to(p.udp, in, "127.0.0.1", 2), -EINVAL);
	assert_int_equal(bind_to(p.udp, in, "9.9.9.9", 2), -EADDRNOTAVAIL); /* checked before */
	assert_int_equal(bind_to(p.udp, six, "fe80::1", 2), -EINVAL);
	assert_int_equal(bind_to(p.udp, six, "fd00::2", 2), -EADDRNOTAVAIL);
	assert_int_equal(bind_to(p.udp, six, "fd00::1", 2), 0);
	assert_true(six->v6only); /* ipv6(7) */
	inet_free(p.udp, in);
	in = inet_new(&p, AF_INET);
	in->freebind = true;
	assert_int_equal(bind_to(p.udp, in, "9.9.9.9", 2), 0);
	inet_free(p.udp, in);
	inet_free(p.udp, six);
	ports_free(&p);
}

static void every_ephemeral_port_is_given_once(void **state)
{
	for (int tcp = 0; tcp < 2; tcp++) {
		struct ports p = ports_new();
		struct sim_ports *ps = tcp ? &p.tcp : p.udp;
		struct sim_inet *in[10];
		bool seen[9] = { false };

		(void)state;
		p.f->hosts[0].net.sysctl.port_first = 40000;
		p.f->hosts[0].net.sysctl.port_last = 40008;
		for (int i = 0; i < 9; i++) {
			in[i] = inet_new(&p, AF_INET);
			assert_int_equal(bind_to(ps, in[i], "127.0.0.1", 0), 0);
			assert_in_range(in[i]->lport, 40000, 40008);
			assert_false(seen[in[i]->lport - 40000]);
			seen[in[i]->lport - 40000] = true;
			assert_false(in[i]->port_bound);
			assert_true(in[i]->addr_bound);
		}
		in[9] = inet_new(&p, AF_INET);
		assert_int_equal(bind_to(ps, in[9], "127.0.0.1", 0), -EADDRINUSE);
		assert_int_equal(sim_ports_autobind(ps, in[9], &task), tcp ? -EADDRNOTAVAIL : -EAGAIN);
		assert_int_equal(task.why.key, SIM_WHY_NO_PORTS);
		assert_int_equal(bind_to(ps, in[9], "127.0.0.2", 0), 0); /* on another address there are as
									    many */
		for (int i = 0; i < 10; i++)
			inet_free(ps, in[i]);
		ports_free(&p);
	}
}

static void tcp_connect_gives_one_port_to_many_destinations(void **state)
{
	struct ports p = ports_new();
	struct sim_inet *in[4], *bound = inet_new(&p, AF_INET);

	(void)state;
	p.f->hosts[0].net.sysctl.port_first = 40000;
	p.f->hosts[0].net.sysctl.port_last = 40001;
	assert_int_equal(bind_to(&p.tcp, bound, "0.0.0.0", 40001), 0);
	for (int i = 0; i < 4; i++)
		in[i] = inet_new(&p, AF_INET);
	assert_int_equal(connect_to(&p.tcp, in[0], "10.0.0.2", 80), 0);
	assert_int_equal(connect_to(&p.tcp, in[1], "10.0.0.2", 81), 0);
	assert_int_equal(in[0]->lport, 40000);
	assert_int_equal(in[1]->lport, 40000);
	assert_true(sim_addr_equal(in[0]->laddr, net_addr("10.0.0.1")));
	assert_int_equal(connect_to(&p.tcp, in[2], "10.0.0.2", 80), -EADDRNOTAVAIL);
	assert_true(sim_addr_is_any(in[2]->laddr));
	assert_int_equal(in[2]->rport, 0);
	inet_free(&p.tcp, in[0]);
	assert_int_equal(connect_to(&p.tcp, in[2], "10.0.0.2", 80), 0);
	assert_ptr_equal(sim_ports_find_tuple(&p.tcp, net_addr("10.0.0.1"), 40000, net_addr("10.0.0.2"), 80),
			 in[2]);
	assert_null(sim_ports_find_tuple(&p.tcp, net_addr("10.0.0.1"), 40000, net_addr("10.0.0.2"), 82));
	for (int i = 1; i < 4; i++)
		inet_free(&p.tcp, in[i]);
	inet_free(&p.tcp, bound);
	ports_free(&p);
}

static void unconnect_keeps_what_was_asked_for(void **state)
{
	struct ports p = ports_new();
	struct sim_inet *in = inet_new(&p, AF_INET);

	(void)state;
	assert_int_equal(bind_to(p.udp, in, "127.0.0.1", 0), 0);
	assert_int_equal(connect_to(p.udp, in, "127.0.0.1", 9), 0);
	sim_ports_disconnect(p.udp, in);
	assert_int_equal(in->lport, 0);
	assert_true(sim_addr_equal(in->laddr, net_addr("127.0.0.1")));
	assert_int_equal(connect_to(p.udp, in, "10.0.0.2", 9), -EINVAL);
	inet_free(p.udp, in);
	in = inet_new(&p, AF_INET);
	assert_int_equal(bind_to(p.udp, in, "0.0.0.0", 77), 0);
	assert_int_equal(connect_to(p.udp, in, "10.0.0.2", 9), 0);
	sim_ports_disconnect(p.udp, in);
	assert_int_equal(in->lport, 77);
	assert_true(sim_addr_is_any(in->laddr));
	inet_free(p.udp, in);
	ports_free(&p);
}

static struct sim_inet *receiver(struct ports *p, const char *dst, uint16_t port, uint16_t sport)
{
	struct sim_packet packet;

	memset(&packet, 0, sizeof packet);
	packet.src = net_addr("10.0.0.2");
	packet.dst = net_addr(dst);
	packet.sport = sport;
	packet.dport = port;
	packet.iface = 2;
	return sim_ports_find_receiver(p->udp, &packet, NULL);
}

static void nearest_binding_gets_it(void **state)
{
	struct ports p = ports_new();
	struct sim_inet *exact = inet_new(&p, AF_INET), *any = inet_new(&p, AF_INET),
			*six = inet_new(&p, AF_INET6), *only = inet_new(&p, AF_INET6),
			*device = inet_new(&p, AF_INET);

	(void)state;
	exact->sk.reuseaddr = any->sk.reuseaddr = six->sk.reuseaddr = only->sk.reuseaddr =
		device->sk.reuseaddr = true;
	only->v6only = true;
	assert_int_equal(bind_to(p.udp, six, "::", 9), 0);
	assert_ptr_equal(receiver(&p, "10.0.0.1", 9, 1), six);
	assert_ptr_equal(receiver(&p, "fd00::1", 9, 1), six);
	assert_int_equal(bind_to(p.udp, only, "::", 9), 0);
	assert_ptr_equal(receiver(&p, "10.0.0.1", 9, 1), six);
	assert_ptr_equal(receiver(&p, "fd00::1", 9, 1), only); /* the last of two as good */
	assert_int_equal(bind_to(p.udp, any, "0.0.0.0", 9), 0);
	assert_ptr_equal(receiver(&p, "10.0.0.1", 9, 1), any);
	assert_int_equal(bind_to(p.udp, exact, "10.0.0.1", 9), 0);
	assert_ptr_equal(receiver(&p, "10.0.0.1", 9, 1), exact);
	assert_ptr_equal(receiver(&p, "127.0.0.1", 9, 1), any);
	device->sk.bound_if = 1;
	assert_int_equal(bind_to(p.udp, device, "10.0.0.1", 9), 0);
	assert_ptr_equal(receiver(&p, "10.0.0.1", 9, 1), exact); /* it came in by eth0 */
	device->sk.bound_if = 2;
	assert_ptr_equal(receiver(&p, "10.0.0.1", 9, 1), device);
	assert_null(receiver(&p, "10.0.0.1", 10, 1));
	/* One that is connected elsewhere is not for everybody. */
	assert_int_equal(connect_to(p.udp, exact, "10.0.0.2", 55), 0);
	assert_int_equal(connect_to(p.udp, device, "10.0.0.2", 56), 0);
	assert_ptr_equal(receiver(&p, "10.0.0.1", 9, 1), any);
	inet_free(p.udp, exact);
	inet_free(p.udp, any);
	inet_free(p.udp, six);
	inet_free(p.udp, only);
	inet_free(p.udp, device);
	ports_free(&p);
}

static void reuseport_spreads_by_the_sender(void **state)
{
	struct ports p = ports_new();
	struct sim_inet *in[4];
	unsigned got[4] = { 0 };

	(void)state;
	for (int i = 0; i < 4; i++) {
		in[i] = inet_new(&p, AF_INET);
		in[i]->sk.reuseport = true;
		assert_int_equal(bind_to(p.udp, in[i], "0.0.0.0", 9), 0);
	}
	for (uint16_t sport = 1; sport <= 400; sport++) {
		struct sim_inet *to = receiver(&p, "10.0.0.1", 9, sport);

		assert_ptr_equal(to, receiver(&p, "10.0.0.1", 9, sport));
		for (int i = 0; i < 4; i++)
			got[i] += to == in[i];
	}
	for (int i = 0; i < 4; i++) {
		assert_in_range(got[i], 50, 150);
		inet_free(p.udp, in[i]);
	}
	ports_free(&p);
}

static void adopted_connections_share_their_listeners_port(void **state)
{
	struct ports p = ports_new();
	struct sim_inet *listener = inet_new(&p, AF_INET), *child = inet_new(&p, AF_INET);

	(void)state;
	assert_int_equal(bind_to(&p.tcp, listener, "0.0.0.0", 80), 0);
	child->laddr = net_addr("10.0.0.1");
	child->lport = 80;
	child->raddr = net_addr("10.0.0.2");
	child->rport = 1234;
	sim_ports_adopt(&p.tcp, child);
	assert_ptr_equal(sim_ports_find_tuple(&p.tcp, child->laddr, 80, child->raddr, 1234), child);
	assert_ptr_equal(sim_ports_find_bound(&p.tcp, child->laddr, 80, 2, NULL), listener);
	inet_free(&p.tcp, listener);
	assert_null(sim_ports_find_bound(&p.tcp, child->laddr, 80, 2, NULL));
	listener = inet_new(&p, AF_INET);
	assert_int_equal(bind_to(&p.tcp, listener, "0.0.0.0", 80), -EADDRINUSE);
	inet_free(&p.tcp, child);
	assert_int_equal(bind_to(&p.tcp, listener, "0.0.0.0", 80), 0);
	inet_free(&p.tcp, listener);
	ports_free(&p);
}

/* As Linux answered when asked. */
static void peers_of_the_other_family(void **state)
{
	struct ports p = ports_new();
	struct sim_inet *six = inet_new(&p, AF_INET6), *bound = inet_new(&p, AF_INET6),
			*mapped = inet_new(&p, AF_INET6);
	struct sim_sockaddr four = net_name(AF_INET, "127.0.0.1", 9), any = net_name(AF_INET6, "::", 9);

	(void)state;
	assert_int_equal(sim_ports_connect(p.udp, six, &task, &any), 0);
	assert_true(sim_addr_equal(six->raddr, net_addr("::1")));
	sim_ports_disconnect(p.udp, six);
	assert_int_equal(sim_ports_connect(p.udp, six, &task, &four), 0);
	assert_true(sim_addr_equal(six->laddr, net_addr("127.0.0.1")));
	sim_ports_disconnect(p.udp, six);
	assert_int_equal(sim_ports_connect(&p.tcp, six, &task, &four), -EAFNOSUPPORT);
	assert_int_equal(bind_to(p.udp, bound, "::1", 0), 0);
	assert_int_equal(sim_ports_connect(p.udp, bound, &task, &four), -EAFNOSUPPORT);
	assert_int_equal(connect_to(p.udp, bound, "::ffff:127.0.0.1", 9), -ENETUNREACH);
	assert_int_equal(bind_to(p.udp, mapped, "::ffff:127.0.0.1", 0), 0);
	assert_int_equal(connect_to(p.udp, mapped, "::1", 9), -EAFNOSUPPORT);
	assert_int_equal(connect_to(p.udp, mapped, "::", 9), 0);
	assert_true(sim_addr_equal(mapped->raddr, net_addr("127.0.0.1")));
	inet_free(p.udp, six);
	inet_free(p.udp, bound);
	inet_free(p.udp, mapped);
	ports_free(&p);
}

/* ---- options ---- */

static int set(struct sim_inet *in, int level, int name, int val, socklen_t len)
{
	return sim_inet_setopt(&in->sk, &task, level, name, &val, len);
}

static int get(struct sim_inet *in, int level, int name)
{
	int val = -1;
	socklen_t len = sizeof val;
	int err = sim_inet_getopt(&in->sk, &task, level, name, &val, &len);

	return err ? err : val;
}

/* Lengths, ranges and defaults as Linux 6.18 answered when asked. */
static void options_have_linuxs_lengths_and_ranges(void **state)
{
	struct ports p = ports_new();
	struct sim_inet *in = inet_new(&p, AF_INET), *six = inet_new(&p, AF_INET6);
	unsigned char small[3] = { 0x55, 0x55, 0x55 };
	socklen_t len;

	(void)state;
	assert_int_equal(get(in, IPPROTO_IP, IP_TTL), 64);
	assert_int_equal(set(in, IPPROTO_IP, IP_TTL, 0, 4), -EINVAL);
	assert_int_equal(set(in, IPPROTO_IP, IP_TTL, 256, 4), -EINVAL);
	assert_int_equal(set(in, IPPROTO_IP, IP_TTL, -2, 4), -EINVAL);
	assert_int_equal(set(in, IPPROTO_IP, IP_TTL, 5, 0), -EINVAL);
	assert_int_equal(set(in, IPPROTO_IP, IP_TTL, 5, 1), 0);
	assert_int_equal(get(in, IPPROTO_IP, IP_TTL), 5);
	assert_int_equal(set(in, IPPROTO_IP, IP_TTL, -1, 4), 0);
	assert_int_equal(get(in, IPPROTO_IP, IP_TTL), 64);
	assert_int_equal(set(in, IPPROTO_IP, IP_TOS, 300, 4), 0);
	assert_int_equal(get(in, IPPROTO_IP, IP_TOS), 44);
	assert_int_equal(set(in, IPPROTO_IP, IP_TOS, 0, 0), 0);
	assert_int_equal(get(in, IPPROTO_IP, IP_MTU_DISCOVER), IP_PMTUDISC_WANT);
	assert_int_equal(set(in, IPPROTO_IP, IP_MTU_DISCOVER, 6, 4), -EINVAL);
	assert_int_equal(get(in, IPPROTO_IP, IP_MTU), -ENOTCONN);
	assert_int_equal(set(in, IPPROTO_IP, IP_MTU, 1, 4), -ENOPROTOOPT);
	assert_int_equal(set(in, IPPROTO_IP, IP_OPTIONS, 1, 4), -ENOPROTOOPT);
	assert_int_equal(task.why.key, SIM_WHY_NOT_SIMULATED);
	assert_int_equal(set(in, IPPROTO_IP, 120, 1, 4), -ENOPROTOOPT);
	assert_int_equal(task.why.key, SIM_WHY_NO_OPTION);
	assert_int_equal(sim_sock_option_level(&in->sk, &task, IPPROTO_IPV6, true), -ENOPROTOOPT);
	assert_int_equal(sim_sock_option_level(&in->sk, &task, IPPROTO_IPV6, false), -EOPNOTSUPP);
	assert_int_equal(sim_sock_option_level(&six->sk, &task, IPPROTO_IP, false), 0);
	len = 3;
	assert_int_equal(sim_inet_getopt(&in->sk, &task, IPPROTO_IP, IP_TTL, small, &len), 0);
	assert_int_equal(len, 1);
	assert_int_equal(small[0], 64);
	assert_int_equal(small[1], 0x55);
	assert_int_equal(set(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 5, 3), -EINVAL);
	assert_int_equal(set(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, 5, 4), 0);
	assert_int_equal(get(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 5);
	assert_int_equal(set(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS, -1, 4), 0);
	assert_int_equal(get(six, IPPROTO_IPV6, IPV6_UNICAST_HOPS), 64);
	assert_int_equal(set(six, IPPROTO_IPV6, IPV6_TCLASS, 256, 4), -EINVAL);
	assert_int_equal(set(six, IPPROTO_IPV6, IPV6_TCLASS, -1, 4), 0);
	assert_int_equal(get(six, IPPROTO_IP, IP_TTL), 64); /* an IPv6 socket has IPv4's too */
	len = 3;
	assert_int_equal(sim_inet_getopt(&six->sk, &task, IPPROTO_IPV6, IPV6_UNICAST_HOPS, small, &len), 0);
	assert_int_equal(len, 3);
	assert_int_equal(small[1], 0);
	assert_int_equal(set(six, IPPROTO_IPV6, IPV6_V6ONLY, 1, 4), 0);
	assert_int_equal(bind_to(p.udp, six, "::", 9), 0);
	assert_int_equal(set(six, IPPROTO_IPV6, IPV6_V6ONLY, 0, 4), -EINVAL);
	assert_int_equal(connect_to(p.udp, in, "10.0.0.2", 9), 0);
	assert_int_equal(get(in, IPPROTO_IP, IP_MTU), 1500);
	inet_free(p.udp, in);
	inet_free(p.udp, six);
	ports_free(&p);
}

static void every_option_is_documented_and_absent_ones_fail(void **state)
{
	struct ports p = ports_new();
	struct sim_inet *six = inet_new(&p, AF_INET6);
	struct sim_option_doc doc;
	size_t n = 0, absent = 0;

	(void)state;
	for (; sim_inet_option_doc(n, &doc); n++) {
		assert_non_null(doc.text);
		if (doc.fidelity != SIM_FIDELITY_ABSENT)
			continue;
		absent++;
		assert_int_equal(set(six, doc.level, doc.name, 1, 4), -ENOPROTOOPT);
		assert_int_equal(get(six, doc.level, doc.name), -ENOPROTOOPT);
	}
	assert_true(n > 20 && absent > 10);
	inet_free(p.udp, six);
	ports_free(&p);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(two_on_one_port),
	cmocka_unit_test(second_to_listen_is_refused),
	cmocka_unit_test(bind_checks_family_and_place),
	cmocka_unit_test(every_ephemeral_port_is_given_once),
	cmocka_unit_test(tcp_connect_gives_one_port_to_many_destinations),
	cmocka_unit_test(unconnect_keeps_what_was_asked_for),
	cmocka_unit_test(nearest_binding_gets_it),
	cmocka_unit_test(reuseport_spreads_by_the_sender),
	cmocka_unit_test(adopted_connections_share_their_listeners_port),
	cmocka_unit_test(peers_of_the_other_family),
	cmocka_unit_test(options_have_linuxs_lengths_and_ranges),
	cmocka_unit_test(every_option_is_documented_and_absent_ones_fail),
};

int main(void)
{
	return cmocka_run_group_tests_name("ports", tests, NULL, NULL);
}
