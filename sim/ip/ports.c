/* SPDX-License-Identifier: MIT */
/*
 * Ports: who has which, who may share, and who gets what arrives: see inet.h. bind(2), ip(7), socket(7) on
 * SO_REUSEADDR and SO_REUSEPORT; Linux's inet_csk_bind_conflict, udp_lib_lport_inuse and compute_score as
 * observed.
 */
#include <errno.h>
#include <netinet/in.h>

#include "sim/base/assert.h"
#include "sim/ip/inet.h"
#include "sim/ip/ip_internal.h"

static uint32_t port_hash(uint16_t number)
{
	return number * 0x9e3779b1u >> 8;
}

static uint32_t tuple_hash(struct sim_addr l, uint16_t lport, struct sim_addr r, uint16_t rport)
{
	uint64_t ports = (uint64_t)lport << 16 | rport;

	return (uint32_t)(sim_mix(l.d[1] ^ ports ^ 0x9e3779b97f4a7c15u, r.d[1] ^ 0xc2b2ae3d27d4eb4fu) ^
			  (l.d[0] * 31 + r.d[0]));
}

int sim_ports_init(struct sim_ports *ps, struct sim_ip *ip, bool tcp)
{
	struct sim_arena *a = sim_ip_arena(ip);

	ps->ip = ip;
	ps->listeners = tcp;
	ps->rng =
		sim_rng_stream(sim_ip_ctx(ip)->seed, SIM_PURPOSE_PORT, (uint64_t)ip->net->host_id << 1 | tcp);
	if (sim_hmap_init(&ps->by_port, a))
		return -ENOMEM;
	if (sim_hmap_init(&ps->by_tuple, a)) {
		sim_hmap_fini(&ps->by_port, a);
		return -ENOMEM;
	}
	return 0;
}

void sim_ports_fini(struct sim_ports *ps)
{
	SIM_ASSERT(ps->by_port.num_nodes == 0 && ps->by_tuple.num_nodes == 0);
	sim_hmap_fini(&ps->by_port, sim_ip_arena(ps->ip));
	sim_hmap_fini(&ps->by_tuple, sim_ip_arena(ps->ip));
}

/* ---- ports as objects ---- */

static struct sim_port *port_find(const struct sim_ports *ps, uint16_t number)
{
	struct sim_hnode *n = sim_hmap_first(&ps->by_port, port_hash(number));

	for (; n; n = sim_hmap_next(n)) {
		struct sim_port *port = sim_container_of(n, struct sim_port, node);

		if (port->number == number)
			return port;
	}
	return NULL;
}

static struct sim_port *port_get(struct sim_ports *ps, uint16_t number, bool by_connect)
{
	struct sim_port *port = port_find(ps, number);

	if (port) {
		port->by_connect &= by_connect;
		return port;
	}
	port = sim_arena_alloc(sim_ip_arena(ps->ip), sizeof *port);
	if (!port)
		return NULL;
	port->number = number;
	port->by_connect = by_connect;
	sim_list_init(&port->bound);
	sim_list_init(&port->connected);
	sim_hmap_insert(&ps->by_port, sim_ip_arena(ps->ip), &port->node, port_hash(number));
	return port;
}

static void put_first(struct sim_list *list, struct sim_list *node)
{
	sim_list_insert(node, list->next);
}

static int join_port(struct sim_ports *ps, struct sim_inet *in, uint16_t number, bool by_connect)
{
	struct sim_port *port = port_get(ps, number, by_connect);

	if (!port)
		return -ENOMEM;
	in->port = port;
	in->lport = number;
	put_first(sim_inet_is_connected(in) ? &port->connected : &port->bound, &in->in_port);
	return 0;
}

static void leave_port(struct sim_ports *ps, struct sim_inet *in)
{
	struct sim_port *port = in->port;

	if (ps->listeners && in->lport)
		in->last_lport = in->lport;
	in->lport = 0;
	in->port = NULL;
	if (!port)
		return;
	sim_list_remove(&in->in_port);
	if (!sim_list_empty(&port->bound) || !sim_list_empty(&port->connected))
		return;
	sim_hmap_remove(&ps->by_port, &port->node);
	sim_arena_free(sim_ip_arena(ps->ip), port, sizeof *port);
}

static void join_tuples(struct sim_ports *ps, struct sim_inet *in)
{
	sim_hmap_insert(&ps->by_tuple, sim_ip_arena(ps->ip), &in->by_tuple,
			tuple_hash(in->laddr, in->lport, in->raddr, in->rport));
	if (in->port) {
		sim_list_remove(&in->in_port);
		put_first(&in->port->connected, &in->in_port);
	}
}

static void leave_tuples(struct sim_ports *ps, struct sim_inet *in)
{
	if (!sim_inet_is_connected(in))
		return;
	sim_hmap_remove(&ps->by_tuple, &in->by_tuple);
	if (in->port) {
		sim_list_remove(&in->in_port);
		put_first(&in->port->bound, &in->in_port);
	}
}

/* ---- conflicts ---- */

/* Could one datagram be for both of these addresses? */
static bool addrs_clash(const struct sim_inet *x, const struct sim_inet *y)
{
	struct sim_addr a = x->laddr, b = y->laddr;
	bool a4 = sim_addr_is_v4(a), b4 = sim_addr_is_v4(b);

	if (a4 && b4)
		return sim_addr_equal(a, b) || sim_addr_is_any(a) || sim_addr_is_any(b);
	if (!b4 && sim_addr_is_any(b) && !(y->v6only && a4))
		return true;
	/* As Linux: whoever was bound to no IPv6 address of its own could hear IPv4, even if it is connected
	 * now. */
	if (a4 && sim_addr_is_any(a) && !y->v6only)
		return true;
	if (!a4 && sim_addr_is_any(a) && !(x->v6only && b4))
		return true;
	return sim_addr_equal(a, b);
}

/* `automatic`: the port is chosen for the program, so that nothing is shared. */
static bool conflicts(const struct sim_ports *ps, const struct sim_inet *in, const struct sim_inet *other,
		      bool automatic)
{
	const struct sim_sock *x = &in->sk, *y = &other->sk;

	if (in == other || (x->bound_if && y->bound_if && x->bound_if != y->bound_if))
		return false;
	if (!addrs_clash(in, other))
		return false;
	if (x->reuseaddr && y->reuseaddr && !(ps->listeners && other->listening))
		return automatic;
	return automatic || !x->reuseport || !y->reuseport;
}

static const struct sim_inet *conflict_in(const struct sim_ports *ps, const struct sim_inet *in,
					  const struct sim_list *list, bool automatic)
{
	const struct sim_list *node;

	sim_list_each(node, list) {
		const struct sim_inet *other = sim_container_of(node, const struct sim_inet, in_port);

		if (conflicts(ps, in, other, automatic))
			return other;
	}
	return NULL;
}

static const struct sim_inet *conflict_on(const struct sim_ports *ps, const struct sim_inet *in,
					  uint16_t number, bool automatic)
{
	const struct sim_port *port = port_find(ps, number);
	const struct sim_inet *other;

	if (!port)
		return NULL;
	other = conflict_in(ps, in, &port->bound, automatic);
	return other ? other : conflict_in(ps, in, &port->connected, automatic);
}

/* ---- ephemeral ports ---- */

/* May this number be given out? For TCP's connect, to a destination that no other has from it. */
static bool is_free(struct sim_ports *ps, const struct sim_inet *in, uint16_t number, bool for_connect)
{
	const struct sim_port *port = port_find(ps, number);

	if (!port)
		return true;
	if (!for_connect)
		return !conflict_on(ps, in, number, true);
	return port->by_connect && !sim_ports_find_tuple(ps, in->laddr, number, in->raddr, in->rport);
}

/*
 * A number from net.ipv4.ip_local_port_range, from a random one on; 0: all are taken. As on Linux, TCP's
 * connect first tries numbers of the parity of the range's first, and its bind the others, so that they stay
 * out of each other's way.
 */
static uint16_t choose_port(struct sim_ports *ps, const struct sim_inet *in, bool for_connect)
{
	const struct sim_sysctls *sysctl = &ps->ip->net->sysctl;
	uint32_t first = (uint32_t)sysctl->port_first, num, start, step = ps->listeners ? 2 : 1;

	if (sysctl->port_last < sysctl->port_first)
		return 0;
	num = (uint32_t)(sysctl->port_last - sysctl->port_first + 1);
	start = (uint32_t)sim_rng_below(&ps->rng, num);
	for (uint32_t pass = 0; pass < step; pass++) {
		uint32_t parity = for_connect ? pass : step - 1 - pass;

		for (uint32_t i = parity; i < num; i += step) {
			uint32_t at = start + i - parity;
			uint16_t number;

			at -= at % step;
			number = (uint16_t)(first + (at + parity) % (num + num % step));
			if (number - first < num && is_free(ps, in, number, for_connect))
				return number;
		}
	}
	return 0;
}

static int no_ports(struct sim_ports *ps, struct sim_inet *in, struct sim_task *t, int err)
{
	return sim_sock_fail(&in->sk, t, err, SIM_WHY_NO_PORTS, SIM_NEVER_NS, ps->ip->net->sysctl.port_first,
			     ps->ip->net->sysctl.port_last, 0, 0);
}

static int no_memory(struct sim_inet *in, struct sim_task *t)
{
	return sim_sock_fail(&in->sk, t, ENOMEM, SIM_WHY_NO_MEMORY, SIM_NEVER_NS, 0, 0, 0, 0);
}

int sim_ports_autobind(struct sim_ports *ps, struct sim_inet *in, struct sim_task *t)
{
	uint16_t number = choose_port(ps, in, false);

	if (!number)
		return no_ports(ps, in, t, ps->listeners ? EADDRNOTAVAIL : EAGAIN);
	return join_port(ps, in, number, false) ? no_memory(in, t) : 0;
}

/* ---- bind(2) ---- */

static int bad_argument(struct sim_inet *in, struct sim_task *t)
{
	return sim_sock_fail(&in->sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 2, 0, 0, 0);
}

static int bad_family(struct sim_inet *in, struct sim_task *t, int family)
{
	return sim_sock_fail(&in->sk, t, EAFNOSUPPORT, SIM_WHY_BAD_FAMILY, SIM_NEVER_NS, family,
			     in->sk.domain, 0, 0);
}

static bool may_bind_to(const struct sim_inet *in, struct sim_addr a)
{
	return in->freebind || sim_addr_is_any(a) || sim_ip_is_local(in->ip, a) || sim_addr_is_multicast(a) ||
	       sim_ip_is_broadcast(in->ip, a);
}

static bool is_link_local(struct sim_addr a)
{
	return a.b[0] == 0xfe && (a.b[1] & 0xc0) == 0x80;
}

/* Checks an address given to bind in the order that Linux does, which is another for IPv6. */
static int check_bind(struct sim_inet *in, struct sim_task *t, const struct sim_sockaddr *a)
{
	bool v6 = in->sk.domain == AF_INET6, v4_addr = sim_addr_is_v4(a->addr);

	if (v6 ? a->family != AF_INET6
	       : a->family != AF_INET && !(a->family == AF_UNSPEC && sim_addr_is_any(a->addr)))
		return bad_family(in, t, a->family);
	if (v6) {
		if (in->lport)
			return sim_sock_fail(&in->sk, t, EINVAL, SIM_WHY_ALREADY_BOUND, SIM_NEVER_NS, 0, 0, 0,
					     0);
		if ((v4_addr && in->v6only) || (is_link_local(a->addr) && !a->scope_id) ||
		    (in->sk.type == SOCK_STREAM && !v4_addr && sim_addr_is_multicast(a->addr)))
			return bad_argument(in, t);
	}
	if (!may_bind_to(in, a->addr))
		return sim_sock_fail(&in->sk, t, EADDRNOTAVAIL, SIM_WHY_ADDR_NOT_LOCAL, SIM_NEVER_NS, 0, 0, 0,
				     0);
	if (in->lport)
		return sim_sock_fail(&in->sk, t, EINVAL, SIM_WHY_ALREADY_BOUND, SIM_NEVER_NS, 0, 0, 0, 0);
	return 0;
}

static int take_port(struct sim_ports *ps, struct sim_inet *in, struct sim_task *t, uint16_t number)
{
	const struct sim_inet *other;

	if (!number) {
		number = choose_port(ps, in, false);
		if (!number)
			return no_ports(ps, in, t, EADDRINUSE);
	} else {
		other = conflict_on(ps, in, number, false);
		if (other)
			return sim_sock_fail(&in->sk, t, EADDRINUSE, SIM_WHY_ADDR_IN_USE, other->sk.made_ns,
					     other->sk.id, 0, 0, 0);
	}
	return join_port(ps, in, number, false) ? no_memory(in, t) : 0;
}

int sim_ports_bind(struct sim_ports *ps, struct sim_inet *in, struct sim_task *t,
		   const struct sim_sockaddr *a)
{
	struct sim_addr none = in->sk.domain == AF_INET ? sim_addr_v4(0) : sim_addr_v6_any();
	bool was_v6only = in->v6only;
	int err = check_bind(in, t, a);

	if (err)
		return err;
	in->laddr = a->addr;
	/* ipv6(7): a socket with an IPv6 address of its own hears no IPv4. */
	if (!sim_addr_is_v4(a->addr) && !sim_addr_is_any(a->addr))
		in->v6only = true;
	in->raddr = none;
	in->rport = 0;
	err = take_port(ps, in, t, a->port);
	if (err) {
		in->laddr = none; /* what a connection that has ended left there is gone too */
		in->v6only = was_v6only;
		return err;
	}
	in->addr_bound = !sim_addr_is_any(a->addr);
	in->hears_only = sim_addr_is_multicast(a->addr) || sim_ip_is_broadcast(in->ip, a->addr);
	in->port_bound = a->port != 0;
	in->bind_family = (uint16_t)in->sk.domain;
	return 0;
}

int sim_ports_may_listen(struct sim_ports *ps, struct sim_inet *in, struct sim_task *t)
{
	const struct sim_inet *other = in->port ? conflict_in(ps, in, &in->port->bound, false) : NULL;

	if (!other && in->port)
		other = conflict_in(ps, in, &in->port->connected, false);
	if (!other)
		return 0;
	return sim_sock_fail(&in->sk, t, EADDRINUSE, SIM_WHY_ADDR_IN_USE, other->sk.made_ns, other->sk.id, 0,
			     0, 0);
}

/* ---- connect(2) ---- */

static int route_to(struct sim_ports *ps, struct sim_inet *in, struct sim_task *t, struct sim_addr raddr,
		    struct sim_route *r)
{
	struct sim_addr src = sim_inet_source(in);
	int err = sim_ip_route(in->ip, raddr, src, in->sk.bound_if, in->sk.dontroute, r);
	enum sim_why_key why;

	if (!err && r->broadcast && ps->listeners)
		err = -ENETUNREACH;
	if (!err && r->broadcast && !in->sk.broadcast)
		return sim_sock_fail(&in->sk, t, EACCES, SIM_WHY_BROADCAST, SIM_NEVER_NS, 0, 0, 0, 0);
	if (!err && sim_addr_is_any(src) && sim_addr_is_any(r->src))
		err = -EADDRNOTAVAIL;
	switch (-err) {
	case 0: return 0;
	case ENOMEM: return no_memory(in, t);
	case EADDRNOTAVAIL:
		return sim_sock_fail(&in->sk, t, -err, SIM_WHY_ADDR_NOT_LOCAL, SIM_NEVER_NS, 0, 0, 0, 0);
	default:
		why = sim_ip_why_no_route(in->ip, raddr, src, in->sk.bound_if, in->sk.dontroute, err);
		return sim_sock_fail(&in->sk, t, sim_ip_no_route_errno(in->ip, why, err), why, SIM_NEVER_NS,
				     2, 0, (int64_t)raddr.d[0], (int64_t)raddr.d[1]);
	}
}

/* TCP: both ends together must be nobody else's. */
static int take_tuple(struct sim_ports *ps, struct sim_inet *in, struct sim_task *t)
{
	struct sim_inet *other;
	uint16_t number;

	if (in->lport) {
		other = ps->listeners ? sim_ports_find_tuple(ps, in->laddr, in->lport, in->raddr, in->rport)
				      : NULL;
		if (!other || other == in)
			return 0;
		/* Linux's tcp_twsk_unique(): with timestamps the new is told from the old. */
		if (other->yields) {
			sim_ports_release(ps, other);
			return 0;
		}
		return sim_sock_fail(&in->sk, t, EADDRNOTAVAIL, SIM_WHY_ADDR_IN_USE, other->sk.made_ns,
				     other->sk.id, 0, 0, 0);
	}
	number = choose_port(ps, in, ps->listeners);
	if (!number)
		return no_ports(ps, in, t, ps->listeners ? EADDRNOTAVAIL : EAGAIN);
	return join_port(ps, in, number, ps->listeners) ? no_memory(in, t) : 0;
}

int sim_ports_connect(struct sim_ports *ps, struct sim_inet *in, struct sim_task *t,
		      const struct sim_sockaddr *a)
{
	struct sim_addr laddr = in->laddr, raddr, old_raddr = in->raddr;
	uint16_t old_rport = in->rport;
	bool was_connected = sim_inet_is_connected(in);
	struct sim_route r;
	int err;

	if (in->sk.domain == AF_INET6 && a->family == AF_INET && (ps->listeners || in->v6only))
		return bad_family(in, t, a->family);
	err = sim_inet_check_peer(in, t, a, &raddr);
	if (!err)
		err = route_to(ps, in, t, raddr, &r);
	if (err)
		return err;
	leave_tuples(ps, in);
	if (sim_addr_is_any(laddr))
		in->laddr = r.src;
	in->raddr = raddr;
	in->rport = a->port;
	err = take_tuple(ps, in, t);
	if (err) {
		in->laddr = laddr;
		in->raddr = old_raddr;
		in->rport = old_rport;
		if (was_connected)
			join_tuples(ps, in);
		return err;
	}
	in->route = r;
	join_tuples(ps, in);
	return 0;
}

void sim_ports_adopt(struct sim_ports *ps, struct sim_inet *in)
{
	uint16_t number = in->lport;

	/* Its port is its listener's: there already. Without memory for a new one it lives without. */
	if (number && join_port(ps, in, number, false))
		in->port = NULL;
	if (in->rport)
		join_tuples(ps, in);
}

void sim_ports_disconnect(struct sim_ports *ps, struct sim_inet *in)
{
	struct sim_addr none = in->sk.domain == AF_INET ? sim_addr_v4(0) : sim_addr_v6_any();

	leave_tuples(ps, in);
	in->raddr = none;
	in->rport = 0;
	in->route.generation = 0;
	if (!in->addr_bound)
		in->laddr = none;
	if (!in->port_bound)
		leave_port(ps, in);
}

void sim_ports_release(struct sim_ports *ps, struct sim_inet *in)
{
	leave_tuples(ps, in);
	leave_port(ps, in);
}

/* ---- who gets it ---- */

struct sim_inet *sim_ports_find_tuple(struct sim_ports *ps, struct sim_addr laddr, uint16_t lport,
				      struct sim_addr raddr, uint16_t rport)
{
	struct sim_hnode *n = sim_hmap_first(&ps->by_tuple, tuple_hash(laddr, lport, raddr, rport));

	for (; n; n = sim_hmap_next(n)) {
		struct sim_inet *in = sim_container_of(n, struct sim_inet, by_tuple);

		if (((in->laddr.d[0] ^ laddr.d[0]) | (in->laddr.d[1] ^ laddr.d[1]) |
		     (in->raddr.d[0] ^ raddr.d[0]) | (in->raddr.d[1] ^ raddr.d[1])) == 0 &&
		    in->lport == lport && in->rport == rport)
			return in;
	}
	return NULL;
}

/* How well a bound socket fits; 0: not at all. */
static unsigned score(const struct sim_inet *in, struct sim_addr laddr, uint8_t iface)
{
	unsigned s;

	if (sim_addr_equal(in->laddr, laddr))
		s = 8;
	else if (!sim_addr_is_any(in->laddr))
		return 0;
	else if (sim_addr_is_v4(in->laddr))
		s = sim_addr_is_v4(laddr) ? 2 : 0;
	else
		s = !(in->v6only && sim_addr_is_v4(laddr));
	if (!s || !in->sk.bound_if)
		return s;
	return in->sk.bound_if == iface ? s + 4 : 0;
}

static struct sim_inet *find_bound(struct sim_ports *ps, struct sim_addr laddr, uint16_t lport, uint8_t iface,
				   bool (*wants)(const struct sim_inet *in), uint32_t hash)
{
	const struct sim_port *port = port_find(ps, lport);
	struct sim_inet *best = NULL;
	unsigned best_score = 0, num_best = 0, pick;
	struct sim_list *node;

	if (!port)
		return NULL;
	sim_list_each(node, &port->bound) {
		struct sim_inet *in = sim_container_of(node, struct sim_inet, in_port);
		unsigned s = score(in, laddr, iface);

		if (!s || s < best_score || (wants && !wants(in)))
			continue;
		num_best = s == best_score ? num_best + 1 : 1;
		if (s > best_score)
			best = in;
		best_score = s;
	}
	if (num_best < 2 || !best->sk.reuseport)
		return best;
	/* socket(7), SO_REUSEPORT: spread over all by the packet's addresses, in the order of binding. */
	pick = (unsigned)((uint64_t)hash * num_best >> 32);
	for (node = port->bound.prev; node != &port->bound; node = node->prev) {
		struct sim_inet *in = sim_container_of(node, struct sim_inet, in_port);

		if (score(in, laddr, iface) == best_score && (!wants || wants(in)) && !pick--)
			return in;
	}
	return best;
}

struct sim_inet *sim_ports_find_bound(struct sim_ports *ps, struct sim_addr laddr, uint16_t lport,
				      uint8_t iface, bool (*wants)(const struct sim_inet *in))
{
	return find_bound(ps, laddr, lport, iface, wants, 0);
}

/* Linux: one that is connected to port 0 takes what comes from that address, whatever its port. */
static struct sim_inet *find_without_port(struct sim_ports *ps, const struct sim_packet *p)
{
	const struct sim_port *port = port_find(ps, p->dport);
	struct sim_list *node;

	if (!port || ps->listeners)
		return NULL;
	sim_list_each(node, &port->connected) {
		struct sim_inet *in = sim_container_of(node, struct sim_inet, in_port);

		if (!in->rport && sim_addr_equal(in->raddr, p->src) && score(in, p->dst, p->iface))
			return in;
	}
	return NULL;
}

struct sim_inet *sim_ports_find_receiver(struct sim_ports *ps, const struct sim_packet *p,
					 bool (*wants)(const struct sim_inet *in))
{
	struct sim_inet *in = find_without_port(ps, p);

	if (in && (!wants || wants(in)))
		return in;
	return find_bound(ps, p->dst, p->dport, p->iface, wants,
			  tuple_hash(p->dst, p->dport, p->src, p->sport));
}

void sim_ports_each_receiver(struct sim_ports *ps, const struct sim_packet *p,
			     void (*fn)(struct sim_inet *in, const struct sim_packet *p))
{
	const struct sim_port *port = port_find(ps, p->dport);
	struct sim_list *node;

	if (!port)
		return;
	sim_list_each(node, &port->bound) {
		struct sim_inet *in = sim_container_of(node, struct sim_inet, in_port);

		if (score(in, p->dst, p->iface))
			fn(in, p);
	}
}
