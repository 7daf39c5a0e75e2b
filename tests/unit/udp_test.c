/* SPDX-License-Identifier: MIT */
/* UDP sockets without a world: delivery, buffers, errors, corking, what goes on the wire. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include "tests/support/two_hosts.h"

static struct sim_task task; /* takes reasons only */

static struct sim_sock *udp_new(struct net_fixture *f, unsigned host, int domain)
{
	struct sim_sock *sk;

	assert_int_equal(sim_udp_sock_new(&f->hosts[host].net, domain, &sk), 0);
	return sk;
}

static int udp_bind(struct sim_sock *sk, const char *addr, uint16_t port)
{
	struct sim_sockaddr a = net_name(sk->domain, addr, port);

	return sim_udp_sock_ops.bind(sk, &task, &a);
}

static int udp_connect(struct sim_sock *sk, const char *addr, uint16_t port)
{
	struct sim_sockaddr a = net_name(sk->domain, addr, port);

	return sim_udp_sock_ops.connect(sk, &task, &a, true);
}

static ssize_t udp_send(struct sim_sock *sk, const void *data, size_t len, int flags,
			const struct sim_sockaddr *to)
{
	struct iovec iov = { (void *)(uintptr_t)data, len };
	struct sim_msg m = { .it = { &iov, 1, 0 }, .len = len, .flags = flags, .nonblock = true, .to = to };

	return sim_udp_sock_ops.send(sk, &task, &m);
}

static ssize_t udp_recv(struct sim_sock *sk, void *data, size_t cap, int flags, struct sim_sockaddr *from)
{
	struct iovec iov = { data, cap };
	struct sim_msg m = {
		.it = { &iov, 1, 0 }, .len = cap, .flags = flags, .nonblock = true, .from = from
	};

	return sim_udp_sock_ops.recv(sk, &task, &m);
}

struct pair {
	struct net_fixture *f;
	struct sim_sock *a, *b;
};

/* Two on one host, each connected to the other. */
static struct pair pair_new(int domain)
{
	const char *addr = domain == AF_INET ? "127.0.0.1" : "::1";
	struct pair p = { net_new(2, 1), NULL, NULL };

	p.a = udp_new(p.f, 0, domain);
	p.b = udp_new(p.f, 0, domain);
	assert_int_equal(udp_bind(p.a, addr, 1000), 0);
	assert_int_equal(udp_bind(p.b, addr, 2000), 0);
	assert_int_equal(udp_connect(p.a, addr, 2000), 0);
	assert_int_equal(udp_connect(p.b, addr, 1000), 0);
	return p;
}

static void pair_free(struct pair *p)
{
	net_close(p->a);
	net_close(p->b);
	net_free(p->f);
}

static void datagram_crosses_loopback_at_once(void **state)
{
	struct pair p = pair_new(AF_INET);
	struct sim_sockaddr from;
	char buf[16];

	(void)state;
	assert_int_equal(udp_send(p.a, "hello", 5, 0, NULL), 5);
	net_drain(p.f);
	assert_int_equal(udp_recv(p.b, buf, sizeof buf, 0, &from), 5);
	assert_memory_equal(buf, "hello", 5);
	assert_int_equal(from.family, AF_INET);
	assert_int_equal(from.port, 1000);
	assert_true(sim_addr_equal(from.addr, net_addr("127.0.0.1")));
	assert_int_equal(sim_now(&p.f->ctx), 0);
	assert_int_equal(udp_recv(p.b, buf, sizeof buf, 0, NULL), -EAGAIN);
	assert_int_equal(task.why.key, SIM_WHY_RCVBUF_EMPTY);
	pair_free(&p);
}

/* What SO_MEMINFO of Linux 6.18 tells after one datagram of each length, IPv4 and IPv6. */
static void receive_buffer_is_charged_as_linux_does(void **state)
{
	static const struct {
		uint32_t len, v4, v6;
	} rows[] = {
		{ 0, 832, 832 },         { 184, 832, 832 },       { 185, 832, 1280 },
		{ 197, 832, 1280 },      { 198, 1280, 1280 },     { 645, 1280, 2304 },
		{ 646, 2304, 2304 },     { 1670, 4352, 4352 },    { 3717, 4352, 8448 },
		{ 7813, 8448, 16640 },   { 15991, 16640, 16640 }, { 15992, 16640, 16824 },
		{ 16004, 16640, 16836 }, { 16005, 16837, 16837 }, { 60000, 60832, 60832 },
	};
	static char data[65536];

	(void)state;
	for (int six = 0; six < 2; six++) {
		struct pair p = pair_new(six ? AF_INET6 : AF_INET);

		for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
			assert_int_equal(udp_send(p.a, data, rows[i].len, 0, NULL), rows[i].len);
			net_drain(p.f);
			assert_int_equal(p.b->rmem_bytes, six ? rows[i].v6 : rows[i].v4);
			assert_int_equal(udp_recv(p.b, data, sizeof data, 0, NULL), rows[i].len);
			assert_int_equal(p.b->rmem_bytes, 0);
		}
		pair_free(&p);
	}
}

/* The same: 40 datagrams of 100 bytes into SO_RCVBUF 8000, then one read at a time. */
static void room_comes_back_in_quarters(void **state)
{
	static const uint32_t after[] = { 15808, 15808, 15808, 15808, 11648, 11648, 11648, 11648, 11648, 7488,
					  7488,  7488,  7488,  7488,  3328,  3328,  3328,  3328,  0 };
	struct pair p = pair_new(AF_INET);
	char data[100] = { 0 };

	(void)state;
	p.b->rcvbuf_bytes = 16000;
	for (int i = 0; i < 40; i++)
		assert_int_equal(udp_send(p.a, data, sizeof data, 0, NULL), sizeof data);
	net_drain(p.f);
	assert_int_equal(p.b->rmem_bytes, 15808);
	assert_int_equal(net_count(p.f, SIM_TRACE_DROP, SIM_DROP_RCVBUF), 21);
	for (size_t i = 0; i < sizeof after / sizeof after[0]; i++) {
		assert_int_equal(udp_recv(p.b, data, sizeof data, 0, NULL), sizeof data);
		assert_int_equal(p.b->rmem_bytes, after[i]);
	}
	assert_int_equal(udp_recv(p.b, data, sizeof data, 0, NULL), -EAGAIN);
	pair_free(&p);
}

static void one_datagram_fits_any_receive_buffer(void **state)
{
	static char data[60000];
	struct pair p = pair_new(AF_INET);

	(void)state;
	p.b->rcvbuf_bytes = 2304;
	assert_int_equal(udp_send(p.a, data, sizeof data, 0, NULL), sizeof data);
	assert_int_equal(udp_send(p.a, data, 1, 0, NULL), 1);
	net_drain(p.f);
	assert_int_equal(udp_recv(p.b, data, sizeof data, 0, NULL), sizeof data);
	assert_int_equal(udp_recv(p.b, data, sizeof data, 0, NULL), -EAGAIN);
	pair_free(&p);
}

static void peek_and_trunc(void **state)
{
	struct pair p = pair_new(AF_INET);
	char buf[8];

	(void)state;
	assert_int_equal(udp_send(p.a, "abcdef", 6, 0, NULL), 6);
	net_drain(p.f);
	assert_int_equal(udp_recv(p.b, buf, 2, MSG_PEEK, NULL), 2);
	assert_int_equal(udp_recv(p.b, buf, 2, MSG_PEEK | MSG_TRUNC, NULL), 6);
	assert_int_equal(udp_recv(p.b, buf, 2, 0, NULL), 2);
	assert_int_equal(udp_recv(p.b, buf, 2, 0, NULL), -EAGAIN);
	pair_free(&p);
}

static void bad_pointers_are_efault_and_a_read_loses_the_datagram(void **state)
{
	struct pair p = pair_new(AF_INET);
	char buf[8];

	(void)state;
	assert_int_equal(udp_send(p.a, (void *)1, 3, 0, NULL), -EFAULT);
	assert_int_equal(udp_send(p.a, "abc", 3, 0, NULL), 3);
	net_drain(p.f);
	assert_int_equal(udp_recv(p.b, (void *)1, 8, 0, NULL), -EFAULT);
	assert_int_equal(udp_recv(p.b, buf, sizeof buf, 0, NULL), -EAGAIN);
	pair_free(&p);
}

static void nobody_there_refuses_a_connected_sender(void **state)
{
	for (int six = 0; six < 2; six++) {
		struct pair p = pair_new(six ? AF_INET6 : AF_INET);
		char buf[8];

		(void)state;
		net_close(p.b);
		assert_int_equal(udp_send(p.a, "x", 1, 0, NULL), 1);
		net_drain(p.f);
		assert_int_equal(net_count(p.f, SIM_TRACE_DROP, SIM_DROP_NO_SOCKET), 1);
		assert_true(sim_udp_sock_ops.poll(p.a) & EPOLLERR);
		assert_int_equal(udp_recv(p.a, buf, sizeof buf, 0, NULL), -ECONNREFUSED);
		assert_int_equal(task.why.key, SIM_WHY_REFUSED_ICMP);
		assert_int_equal(udp_recv(p.a, buf, sizeof buf, 0, NULL), -EAGAIN);
		p.b = udp_new(p.f, 0, AF_INET);
		pair_free(&p);
	}
}

static void refusal_comes_back_over_a_wire(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_sock *sk = udp_new(f, 0, AF_INET);
	static char data[3000];

	(void)state;
	net_set(f, 0, 1, "delay 5ms");
	net_set(f, 1, 0, "delay 7ms");
	assert_int_equal(udp_connect(sk, "10.0.0.2", 9), 0);
	assert_int_equal(udp_send(sk, data, sizeof data, 0, NULL), sizeof data);
	net_run(f, SIM_NS_PER_S);
	assert_int_equal(sk->err, ECONNREFUSED);
	assert_int_equal(sk->err_why.since_ns, 12 * SIM_NS_PER_MS);
	assert_int_equal(net_last(f, SIM_TRACE_ARRIVE)->icmp_type, SIM_ICMP_UNREACHABLE);
	assert_int_equal(net_last(f, SIM_TRACE_ARRIVE)->payload_len, 548);
	net_close(sk);
	net_free(f);
}

static void unreachable_neighbour_fails_after_three_seconds(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_sock *sk = udp_new(f, 0, AF_INET);

	(void)state;
	((struct sim_inet *)sk)->recverr = true;
	assert_int_equal(udp_connect(sk, "10.0.0.77", 9), 0);
	assert_int_equal(udp_send(sk, "x", 1, 0, NULL), 1);
	assert_true(f->ctx.clock.num_foreground > 0);
	net_run(f, 2999 * SIM_NS_PER_MS);
	assert_int_equal(sk->err, 0);
	net_run(f, 3000 * SIM_NS_PER_MS);
	assert_int_equal(sk->err, EHOSTUNREACH);
	assert_int_equal(net_count(f, SIM_TRACE_DROP, SIM_DROP_NO_HOST), 1);
	assert_int_equal(sk->wmem_bytes, 0);
	net_close(sk);
	net_free(f);
}

static void host_that_comes_in_time_gets_what_waited(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_sock *a = udp_new(f, 0, AF_INET), *b = udp_new(f, 1, AF_INET);
	struct sim_sockaddr to = net_name(AF_INET, "10.0.0.77", 9);
	char buf[4];

	(void)state;
	assert_int_equal(udp_bind(b, "0.0.0.0", 9), 0);
	assert_int_equal(udp_send(a, "x", 1, 0, &to), 1);
	assert_int_equal(sim_ip_add_addr(&f->hosts[1].ip, f->hosts[1].eth0, net_addr("10.0.0.77"), 24), 0);
	assert_int_equal(udp_send(a, "y", 1, 0, &to), 1);
	net_run(f, 4 * SIM_NS_PER_S);
	assert_int_equal(udp_recv(b, buf, sizeof buf, 0, NULL), 1);
	assert_int_equal(buf[0], 'x');
	assert_int_equal(udp_recv(b, buf, sizeof buf, 0, NULL), 1);
	assert_int_equal(buf[0], 'y');
	net_close(a);
	net_close(b);
	net_free(f);
}

static void slow_wire_fills_the_send_buffer(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_sock *sk = udp_new(f, 0, AF_INET), *to = udp_new(f, 1, AF_INET);
	char data[972] = { 0 }; /* with headers 1000 bytes: 8 ms at 1 mbit */
	int sent = 0;

	(void)state;
	net_set(f, 0, 1, "delay 1s rate 1000000");
	assert_int_equal(udp_bind(to, "10.0.0.2", 9), 0);
	assert_int_equal(udp_connect(sk, "10.0.0.2", 9), 0);
	sk->sndbuf_bytes = 4608;
	while (udp_send(sk, data, sizeof data, 0, NULL) > 0)
		sent++;
	assert_int_equal(sent, 2); /* 2304 each: the second reaches the limit */
	assert_int_equal(task.why.key, SIM_WHY_SNDBUF_FULL);
	assert_false(sim_udp_sock_ops.poll(sk) & EPOLLOUT);
	net_run(f, 8 * SIM_NS_PER_MS - 1);
	assert_int_equal(sk->wmem_bytes, 4608);
	net_run(f, 8 * SIM_NS_PER_MS);
	assert_int_equal(sk->wmem_bytes, 2304);
	assert_int_equal(udp_send(sk, data, sizeof data, 0, NULL), sizeof data);
	net_run(f, SIM_NS_PER_S);
	assert_int_equal(sk->wmem_bytes, 0);
	assert_true(sim_udp_sock_ops.poll(sk) & EPOLLOUT);
	assert_int_equal(udp_recv(to, data, sizeof data, 0, NULL), -EAGAIN);
	net_run(f, 1008 * SIM_NS_PER_MS);
	assert_int_equal(udp_recv(to, data, sizeof data, 0, NULL), sizeof data);
	net_run(f, 2 * SIM_NS_PER_S);
	net_close(sk);
	net_close(to);
	net_free(f);
}

static void closed_socket_outlives_what_it_sent(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_sock *sk = udp_new(f, 0, AF_INET);

	(void)state;
	net_set(f, 0, 1, "rate 1000");
	assert_int_equal(udp_connect(sk, "10.0.0.2", 9), 0);
	assert_int_equal(udp_send(sk, "x", 1, 0, NULL), 1);
	net_close(sk);
	assert_int_equal(f->hosts[0].net.num_sockets, 1);
	net_run(f, SIM_NS_PER_S);
	assert_int_equal(f->hosts[0].net.num_sockets, 0);
	net_free(f);
}

static void full_device_queue_is_silent_unless_asked(void **state)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_sock *sk = udp_new(f, 0, AF_INET);

	(void)state;
	net_set(f, 0, 1, "delay 1s limit 1");
	assert_int_equal(udp_connect(sk, "10.0.0.2", 9), 0);
	assert_int_equal(udp_send(sk, "x", 1, 0, NULL), 1);
	assert_int_equal(udp_send(sk, "x", 1, 0, NULL), 1);
	assert_int_equal(net_count(f, SIM_TRACE_DROP, SIM_DROP_QUEUE_FULL), 1);
	f->hosts[0].net.sysctl.sw_enobufs = SIM_ENOBUFS_REPORT;
	assert_int_equal(udp_send(sk, "x", 1, 0, NULL), -ENOBUFS);
	assert_int_equal(task.why.key, SIM_WHY_QUEUE_DROP);
	net_close(sk);
	net_free(f);
}

static void large_datagram_goes_in_fragments_and_comes_out_whole(void **state)
{
	static unsigned char data[65507], in[65535];

	(void)state;
	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (unsigned char)(i * 31 + (i >> 8));
	for (int six = 0; six < 2; six++) {
		struct net_fixture *f = net_new(2, 1);
		struct sim_sock *a = udp_new(f, 0, six ? AF_INET6 : AF_INET);
		struct sim_sock *b = udp_new(f, 1, six ? AF_INET6 : AF_INET);
		const char *to = six ? "fd00::2" : "10.0.0.2";

		assert_int_equal(udp_bind(b, to, 9), 0);
		assert_int_equal(udp_connect(a, to, 9), 0);
		assert_int_equal(udp_send(a, data, sizeof data, 0, NULL), sizeof data);
		net_drain(f);
		assert_int_equal(net_count(f, SIM_TRACE_SEND, 0), six ? 46 : 45);
		assert_int_equal(udp_recv(b, in, sizeof in, 0, NULL), sizeof data);
		assert_memory_equal(in, data, sizeof data);
		assert_int_equal(udp_send(a, data, six ? 65528 : 65508, 0, NULL), -EMSGSIZE);
		((struct sim_inet *)a)->mtu_discover = ((struct sim_inet *)a)->mtu_discover6 = IP_PMTUDISC_DO;
		assert_int_equal(udp_send(a, data, six ? 1453 : 1473, 0, NULL), -EMSGSIZE);
		assert_int_equal(udp_send(a, data, six ? 1452 : 1472, 0, NULL), six ? 1452 : 1472);
		net_close(a);
		net_close(b);
		net_free(f);
	}
}

static void largest_ipv6_datagram_crosses_loopback_in_two_fragments(void **state)
{
	static char data[65527];
	struct pair p = pair_new(AF_INET6);

	(void)state;
	assert_int_equal(udp_send(p.a, data, sizeof data, 0, NULL), sizeof data);
	net_drain(p.f);
	assert_int_equal(net_count(p.f, SIM_TRACE_SEND, 0), 2);
	assert_int_equal(p.b->rmem_bytes, 67144); /* as Linux has it */
	assert_int_equal(udp_recv(p.b, data, sizeof data, 0, NULL), sizeof data);
	pair_free(&p);
}

static void more_and_cork_gather(void **state)
{
	struct pair p = pair_new(AF_INET);
	int on = 1, off = 0;
	char buf[16];

	(void)state;
	assert_int_equal(udp_send(p.a, "one", 3, MSG_MORE, NULL), 3);
	assert_int_equal(udp_send(p.a, "two", 3, MSG_MORE, NULL), 3);
	net_drain(p.f);
	assert_int_equal(udp_recv(p.b, buf, sizeof buf, 0, NULL), -EAGAIN);
	assert_int_equal(udp_send(p.a, "end", 3, 0, NULL), 3);
	net_drain(p.f);
	assert_int_equal(udp_recv(p.b, buf, sizeof buf, 0, NULL), 9);
	assert_memory_equal(buf, "onetwoend", 9);
	assert_int_equal(sim_udp_sock_ops.setopt(p.a, &task, IPPROTO_UDP, 1, &on, sizeof on), 0);
	assert_int_equal(udp_send(p.a, "", 0, 0, NULL), 0);
	assert_int_equal(udp_send(p.a, "x", 1, 0, NULL), 1);
	assert_int_equal(sim_udp_sock_ops.setopt(p.a, &task, IPPROTO_UDP, 1, &off, sizeof off), 0);
	net_drain(p.f);
	assert_int_equal(udp_recv(p.b, buf, sizeof buf, 0, NULL), 1);
	assert_int_equal(udp_send(p.a, "lost", 4, MSG_MORE, NULL), 4);
	pair_free(&p);
}

static void hear(struct net_fixture *f, struct sim_sock *sk, int want)
{
	char buf[4];

	(void)f;
	for (int i = 0; i < want; i++)
		assert_int_equal(udp_recv(sk, buf, sizeof buf, 0, NULL), 1);
	assert_int_equal(udp_recv(sk, buf, sizeof buf, 0, NULL), -EAGAIN);
}

static void broadcast_reaches_all_stations_and_all_sockets(void **state)
{
	struct net_fixture *f = net_new(3, 1);
	struct sim_sock *from = udp_new(f, 0, AF_INET), *own = udp_new(f, 0, AF_INET),
			*b = udp_new(f, 1, AF_INET), *b2 = udp_new(f, 1, AF_INET),
			*exact = udp_new(f, 2, AF_INET);
	struct sim_sockaddr all = net_name(AF_INET, "255.255.255.255", 9),
			    net = net_name(AF_INET, "10.0.0.255", 9);

	(void)state;
	b->reuseaddr = b2->reuseaddr = true;
	assert_int_equal(udp_bind(own, "0.0.0.0", 9), 0);
	assert_int_equal(udp_bind(b, "0.0.0.0", 9), 0);
	assert_int_equal(udp_bind(b2, "0.0.0.0", 9), 0);
	assert_int_equal(udp_bind(exact, "10.0.0.3", 9), 0);
	assert_int_equal(udp_send(from, "x", 1, 0, &all), -EACCES);
	assert_int_equal(task.why.key, SIM_WHY_BROADCAST);
	from->broadcast = true;
	assert_int_equal(udp_send(from, "x", 1, 0, &all), 1);
	assert_int_equal(udp_send(from, "x", 1, 0, &net), 1);
	net_drain(f);
	hear(f, own, 2);
	hear(f, b, 2);
	hear(f, b2, 2);
	hear(f, exact, 0);
	net_close(from);
	net_close(own);
	net_close(b);
	net_close(b2);
	net_close(exact);
	net_free(f);
}

static void exact_knobs_bound_a_datagram_socket(void **state)
{
	struct pair p = pair_new(AF_INET);

	(void)state;
	assert_int_equal(sim_sock_set_exact(p.a, true, 10), 0);
	assert_int_equal(udp_send(p.a, "0123456789x", 11, 0, NULL), -EMSGSIZE);
	assert_int_equal(udp_send(p.a, "012345", 6, 0, NULL), 6);
	assert_int_equal(udp_send(p.a, "01234", 5, 0, NULL), -EAGAIN);
	assert_int_equal(task.why.key, SIM_WHY_PEER_NOT_READING);
	assert_int_equal(udp_send(p.a, "0123", 4, 0, NULL), 4);
	assert_false(sim_udp_sock_ops.poll(p.a) & EPOLLOUT);
	net_drain(p.f);
	pair_free(&p);
}

/* As Linux answered when asked. */
static void shutdown_of_an_unconnected_socket_fails_and_works(void **state)
{
	struct net_fixture *f = net_new(1, 1);
	struct sim_sock *sk = udp_new(f, 0, AF_INET);
	struct sim_sockaddr to = net_name(AF_INET, "127.0.0.1", 9);

	(void)state;
	assert_int_equal(sim_udp_sock_ops.shutdown(sk, &task, SHUT_WR), -ENOTCONN);
	assert_int_equal(udp_send(sk, "x", 1, 0, &to), -EPIPE);
	assert_int_equal(sim_udp_sock_ops.poll(sk) & (EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLRDHUP), EPOLLOUT);
	assert_int_equal(sim_udp_sock_ops.shutdown(sk, &task, SHUT_RD), -ENOTCONN);
	assert_int_equal(sim_udp_sock_ops.poll(sk) & (EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLRDHUP),
			 EPOLLIN | EPOLLOUT | EPOLLHUP | EPOLLRDHUP);
	assert_int_equal(sim_udp_sock_ops.shutdown(sk, &task, 3), -EINVAL);
	net_close(sk);
	net_free(f);
}

/* The order of checks, as Linux answered when asked. */
static void order_of_errors(void **state)
{
	struct net_fixture *f = net_new(1, 1);
	struct sim_sock *sk = udp_new(f, 0, AF_INET), *six = udp_new(f, 0, AF_INET6);
	struct sim_sockaddr zero = net_name(AF_INET, "127.0.0.1", 0), one = net_name(AF_INET, "127.0.0.1", 9),
			    away = net_name(AF_INET, "8.8.8.8", 9), unspec = one, other = one,
			    six_one = net_name(AF_INET6, "::1", 9);
	static char data[70000];

	(void)state;
	unspec.family = AF_UNSPEC;
	other.family = AF_UNIX;
	assert_int_equal(udp_send(sk, "x", 1, 0, NULL), -EDESTADDRREQ);
	assert_int_not_equal(((struct sim_inet *)sk)->lport, 0); /* bound all the same */
	assert_int_equal(udp_send(sk, "x", 1, 0, &zero), -EINVAL);
	assert_int_equal(udp_send(sk, "x", 1, MSG_OOB, &one), -EOPNOTSUPP);
	assert_int_equal(udp_send(sk, data, 65508, MSG_OOB, &one), -EOPNOTSUPP);
	assert_int_equal(udp_send(sk, data, 65536, MSG_OOB, &one), -EMSGSIZE);
	assert_int_equal(udp_send(sk, "x", 1, 0, &away), -ENETUNREACH);
	assert_int_equal(udp_send(sk, "x", 1, 0, &other), -EAFNOSUPPORT);
	assert_int_equal(udp_send(sk, "x", 1, 0, &unspec), 1);
	assert_int_equal(udp_send(six, "x", 1, MSG_OOB, &six_one), 1);
	assert_int_equal(udp_send(six, "x", 1, MSG_OOB, &one), -EOPNOTSUPP);
	assert_int_equal(udp_send(six, "x", 1, 0, &unspec), -EDESTADDRREQ);
	assert_int_equal(udp_send(six, "x", 1, 0, &other), -EINVAL);
	net_drain(f);
	assert_int_equal(udp_connect(sk, "127.0.0.1", 9), 0);
	assert_int_equal(udp_send(sk, "x", 1, 0, NULL), 1);
	net_drain(f);
	/* A pending error yields to what is wrong with the call. */
	assert_int_equal(udp_send(sk, data, 65508, 0, NULL), -EMSGSIZE);
	assert_int_equal(udp_send(sk, "x", 1, 0, &zero), -EINVAL);
	assert_int_equal(udp_send(sk, "x", 1, 0, NULL), -ECONNREFUSED);
	net_close(sk);
	net_close(six);
	net_free(f);
}

static void ioctls_and_listen(void **state)
{
	struct pair p = pair_new(AF_INET);
	int n = -1;

	(void)state;
	assert_int_equal(udp_send(p.a, "abc", 3, 0, NULL), 3);
	net_drain(p.f);
	assert_int_equal(sim_udp_sock_ops.ioctl(p.b, &task, FIONREAD, &n), 0);
	assert_int_equal(n, 3);
	assert_int_equal(sim_udp_sock_ops.ioctl(p.b, &task, TIOCOUTQ, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(sim_udp_sock_ops.ioctl(p.b, &task, 0x1234, &n), -ENOTTY);
	assert_int_equal(sim_udp_sock_ops.listen(p.b, &task, 1), -EOPNOTSUPP);
	assert_int_equal(sim_udp_sock_ops.accept(p.b, &task, true, NULL), -EOPNOTSUPP);
	pair_free(&p);
}

/* The same traffic, loss and fragments included; what differs is only how packets travel. */
static uint64_t traffic_hash(bool wire_bytes, uint64_t seed)
{
	struct net_fixture *f = net_new(2, seed);
	struct sim_sock *a = udp_new(f, 0, AF_INET), *b = udp_new(f, 1, AF_INET6),
			*c = udp_new(f, 1, AF_INET6);
	static unsigned char data[20000];
	uint64_t hash;

	f->fabric.wire_bytes = wire_bytes;
	net_set(f, 0, 1, "delay 3ms loss 10% rate 50mbit limit 40");
	assert_int_equal(udp_bind(b, "::", 9), 0);
	assert_int_equal(udp_connect(c, "fd00::1", 7), 0);
	assert_int_equal(udp_connect(a, "10.0.0.2", 9), 0);
	for (unsigned i = 0; i < 100; i++) {
		memset(data, (int)i, sizeof data);
		udp_send(a, data, i * 97, 0, NULL);
		udp_send(c, data, i * 211 % sizeof data, 0, NULL);
		net_run(f, sim_now(&f->ctx) + SIM_NS_PER_MS);
		udp_recv(b, data, sizeof data, 0, NULL);
		f->num_seen = 0;
	}
	net_run(f, sim_now(&f->ctx) + 100 * SIM_NS_PER_S);
	hash = f->ctx.trace.hash;
	net_close(a);
	net_close(b);
	net_close(c);
	net_free(f);
	return hash;
}

static void bytes_on_the_wire_change_nothing(void **state)
{
	(void)state;
	assert_int_equal(traffic_hash(false, 7), traffic_hash(true, 7));
	assert_int_equal(traffic_hash(false, 7), traffic_hash(false, 7));
	assert_int_not_equal(traffic_hash(false, 7), traffic_hash(false, 8));
}

static void memory_runs_out_and_nothing_leaks(void **state)
{
	(void)state;
	for (size_t room = 0; room < 1200; room += 16) {
		struct pair p = pair_new(AF_INET);
		struct sim_arena *a = p.f->ctx.arena;
		char buf[300] = { 0 };

		a->limit_bytes = a->in_use_bytes + room;
		udp_send(p.a, buf, sizeof buf, 0, NULL);
		udp_send(p.a, buf, sizeof buf, MSG_MORE, NULL);
		udp_send(p.a, buf, sizeof buf, 0, NULL);
		net_drain(p.f);
		a->limit_bytes = a->size_bytes;
		pair_free(&p);
	}
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(datagram_crosses_loopback_at_once),
	cmocka_unit_test(receive_buffer_is_charged_as_linux_does),
	cmocka_unit_test(room_comes_back_in_quarters),
	cmocka_unit_test(one_datagram_fits_any_receive_buffer),
	cmocka_unit_test(peek_and_trunc),
	cmocka_unit_test(bad_pointers_are_efault_and_a_read_loses_the_datagram),
	cmocka_unit_test(nobody_there_refuses_a_connected_sender),
	cmocka_unit_test(refusal_comes_back_over_a_wire),
	cmocka_unit_test(unreachable_neighbour_fails_after_three_seconds),
	cmocka_unit_test(host_that_comes_in_time_gets_what_waited),
	cmocka_unit_test(slow_wire_fills_the_send_buffer),
	cmocka_unit_test(closed_socket_outlives_what_it_sent),
	cmocka_unit_test(full_device_queue_is_silent_unless_asked),
	cmocka_unit_test(large_datagram_goes_in_fragments_and_comes_out_whole),
	cmocka_unit_test(largest_ipv6_datagram_crosses_loopback_in_two_fragments),
	cmocka_unit_test(more_and_cork_gather),
	cmocka_unit_test(broadcast_reaches_all_stations_and_all_sockets),
	cmocka_unit_test(exact_knobs_bound_a_datagram_socket),
	cmocka_unit_test(shutdown_of_an_unconnected_socket_fails_and_works),
	cmocka_unit_test(order_of_errors),
	cmocka_unit_test(ioctls_and_listen),
	cmocka_unit_test(bytes_on_the_wire_change_nothing),
	cmocka_unit_test(memory_runs_out_and_nothing_leaks),
};

int main(void)
{
	return cmocka_run_group_tests_name("udp", tests, NULL, NULL);
}
