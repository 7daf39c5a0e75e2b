/* SPDX-License-Identifier: MIT */
/* See two_hosts.h. It supplies what the world otherwise does: the tables by index and the copies from the
 * user. */
#include "tests/support/two_hosts.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "sim/base/diag.h"
#include "sim/base/str.h"
#include "sim/base/uaccess.h"

enum { ARENA_BYTES = 64 << 20, NUM_RECORDS = 256 };

const struct sim_ip_protocol *net_other_protocol;

sim_timer_fn *const sim_timer_fns[SIM_TIMER_NUM_KINDS] = {
	[SIM_TIMER_TASK] = sim_task_on_timer,
	[SIM_TIMER_WIRE] = sim_wire_on_timer,
	[SIM_TIMER_IP] = sim_ip_on_timer,
	[SIM_TIMER_NEIGH] = sim_neigh_on_timer,
	[SIM_TIMER_NEIGH_AWAITED] = sim_neigh_on_timer,
};

sim_wait_fn *const sim_wait_fns[SIM_WAIT_NUM_KINDS] = {
	[SIM_WAIT_TASK] = sim_task_on_wake,
};

const struct sim_sock_ops *const sim_sock_ops[SIM_SOCK_NUM_KINDS] = {
	[SIM_SOCK_UDP] = &sim_udp_sock_ops,
};

const struct sim_ip_protocol *sim_ip_protocol(uint8_t proto)
{
	if (proto == IPPROTO_UDP)
		return &sim_udp_protocol;
	return proto == IPPROTO_TCP ? net_other_protocol : NULL;
}

struct sim_sock *sim_sock_peer(struct sim_sock *sk)
{
	(void)sk;
	return NULL;
}

/* The address 1 is bad, as a test may want. */
size_t sim_copy_from_user(void *to, const void *user, size_t len)
{
	if (user == (const void *)1)
		return len;
	memcpy(to, user, len);
	return 0;
}

size_t sim_copy_to_user(void *user, const void *from, size_t len)
{
	if (user == (void *)1)
		return len;
	memcpy(user, from, len);
	return 0;
}

static void see(void *ctx, const struct sim_trace_rec *r, const struct sim_packet *p)
{
	struct net_fixture *f = ctx;
	struct net_seen *s;

	if (!p)
		return;
	assert_true(f->num_seen < NET_MAX_SEEN);
	s = &f->seen[f->num_seen++];
	*s = (struct net_seen){ r->time_ns, r->kind, r->host, r->arg[0],      r->arg[5],
				p->proto,   0,       0,       p->payload.len, p->is_fragment };
	if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) {
		s->icmp_type = p->icmp.type;
		s->icmp_code = p->icmp.code;
	}
}

static void host_init(struct net_fixture *f, unsigned n)
{
	static const char *const names[NET_MAX_HOSTS] = { "one", "two", "three" };
	struct net_host *h = &f->hosts[n];

	h->net.ctx = &f->ctx;
	h->net.host_id = (uint16_t)(n + 1);
	sim_str_copy(h->net.name, sizeof h->net.name, names[n]);
	h->net.sysctl = (struct sim_sysctls){
#define NET_SYSCTL(field, name, index, initial, min, max) .field = (initial),
		SIM_SYSCTL_TABLE(NET_SYSCTL)
#undef NET_SYSCTL
	};
	sim_list_init(&h->net.sockets);
	assert_int_equal(sim_station_init(&f->fabric, &h->station, h->net.host_id, &h->ip), 0);
	assert_int_equal(sim_ip_init(&h->ip, &h->net, &h->station), 0);
	assert_int_equal(sim_udp_init(&h->udp, &h->ip), 0);
	h->eth0 = sim_ip_add_iface(&h->ip, "eth0", 1500);
	assert_int_equal(sim_ip_add_addr(&h->ip, h->eth0, sim_addr_v4(0x0a000001 + n), 24), 0);
	assert_int_equal(sim_ip_add_addr(&h->ip, h->eth0,
					 (struct sim_addr){ .b = { 0xfd, [15] = (uint8_t)(n + 1) } }, 64),
			 0);
}

struct net_fixture *net_new(unsigned num_hosts, uint64_t seed)
{
	struct net_fixture *f = calloc(1, sizeof *f);
	struct sim_arena *a;

	assert_non_null(f);
	f->mem = calloc(1, ARENA_BYTES);
	assert_non_null(f->mem);
	a = sim_arena_init(f->mem, ARENA_BYTES);
	f->ctx.arena = a;
	f->ctx.seed = seed;
	assert_int_equal(sim_clock_init(&f->ctx.clock, a), 0);
	assert_int_equal(sim_trace_init(&f->ctx.trace, a, &f->ctx.clock, NUM_RECORDS), 0);
	sim_trace_hash_start(&f->ctx.trace);
	assert_int_equal(sim_trace_attach(&f->ctx.trace, see, f), 0);
	sim_fabric_init(&f->fabric, &f->ctx);
	f->num_hosts = num_hosts;
	for (unsigned i = 0; i < num_hosts; i++)
		host_init(f, i);
	return f;
}

void net_free(struct net_fixture *f)
{
	for (unsigned i = 0; i < f->num_hosts; i++) {
		assert_int_equal(f->hosts[i].net.num_sockets, 0);
		sim_udp_fini(&f->hosts[i].udp);
		sim_ip_fini(&f->hosts[i].ip);
	}
	sim_fabric_fini(&f->fabric);
	sim_trace_fini(&f->ctx.trace, f->ctx.arena);
	sim_clock_fini(&f->ctx.clock);
	assert_int_equal(f->ctx.arena->num_live, 0);
	free(f->mem);
	free(f);
}

void net_drain(struct net_fixture *f)
{
	sim_fabric_drain(&f->fabric);
}

void net_run(struct net_fixture *f, int64_t until_ns)
{
	do
		sim_fabric_drain(&f->fabric);
	while (sim_clock_step(&f->ctx.clock, until_ns));
}

unsigned net_count(const struct net_fixture *f, enum sim_trace_kind kind, uint64_t extra)
{
	unsigned n = 0;

	for (unsigned i = 0; i < f->num_seen; i++)
		n += f->seen[i].kind == kind && (kind != SIM_TRACE_DROP || f->seen[i].extra == extra);
	return n;
}

const struct net_seen *net_last(const struct net_fixture *f, enum sim_trace_kind kind)
{
	for (unsigned i = f->num_seen; i-- > 0;)
		if (f->seen[i].kind == kind)
			return &f->seen[i];
	fail_msg("no packet of kind %d was seen", kind);
	return NULL;
}

struct sim_addr net_addr(const char *text)
{
	struct sim_addr a;

	assert_true(sim_addr_parse(text, &a));
	return a;
}

struct sim_sockaddr net_name(int family, const char *addr, uint16_t port)
{
	struct sim_sockaddr a = { .family = (uint16_t)family, .port = port, .addr = net_addr(addr) };

	a.raw_len = family == AF_INET6 ? sizeof(struct sockaddr_in6) : sizeof(struct sockaddr_in);

	return a;
}

void net_close(struct sim_sock *sk)
{
	sim_sock_op(sk)->release(sk, NULL);
	sim_sock_put(sk);
}

struct sim_wire *net_wire(struct net_fixture *f, unsigned from, unsigned to)
{
	struct sim_wire *w = sim_wire_get(&f->hosts[from].station, &f->hosts[to].station);

	assert_non_null(w);
	return w;
}

void net_set(struct net_fixture *f, unsigned from, unsigned to, const char *netem)
{
	struct sim_source src = sim_source_of("netem", netem);
	struct sim_netem n;
	struct sim_diag d;

	if (sim_netem_parse(sim_slice_all(&src), &n, &d))
		fail_msg("%s", d.text);
	sim_wire_set(net_wire(f, from, to), &n);
}
