/* SPDX-License-Identifier: MIT */
/* Where a datagram goes: the address that the call names or the socket is connected to, and the way there.
 * The order of checks is Linux's (udp_sendmsg, udpv6_sendmsg). */
#include <errno.h>
#include <netinet/in.h>

#include "sim/udp/udp_internal.h"

static int no_route(struct sim_udp_sock *us, struct sim_task *t, struct sim_addr src, int err)
{
	const struct sim_udp_way *way = &us->way;
	struct sim_sock *sk = &us->in.sk;
	enum sim_why_key why;

	if (err == -ENOMEM)
		return sim_sock_fail(sk, t, ENOMEM, SIM_WHY_NO_MEMORY, SIM_NEVER_NS, 0, 0, 0, 0);
	why = sim_ip_why_no_route(us->in.ip, way->raddr, src, way->bound_if, way->dontroute, err);
	return sim_sock_fail(sk, t, sim_ip_no_route_errno(us->in.ip, why, err), why, SIM_NEVER_NS, 5, 0,
			     (int64_t)way->raddr.d[0], (int64_t)way->raddr.d[1]);
}

/* IP_PKTINFO names a source: it must be this host's, but the errno is not that of a socket's own address. */
static int check_named_source(const struct sim_inet *in, struct sim_addr src)
{
	if (sim_addr_is_multicast(src) || (sim_addr_is_v4(src) && sim_addr_to_v4(src) == INADDR_BROADCAST))
		return -EINVAL;
	return sim_addr_is_any(src) || sim_ip_is_local(in->ip, src) ? 0 : -ENETUNREACH;
}

/* By IP_PKTINFO and IPV6_PKTINFO: looked up for this one datagram. */
static int find_named_way(struct sim_udp_sock *us, struct sim_task *t, const struct sim_scm_send *s,
			  bool dontroute)
{
	struct sim_inet *in = &us->in;
	struct sim_udp_way *way = &us->way;
	const struct sim_scm_ip *by = sim_udp_is_v4(way) ? &s->v4 : &s->v6;
	struct sim_addr src = by->has_src ? by->src : sim_inet_source(in);
	uint32_t iface = by->iface ? by->iface : in->sk.bound_if;
	int err = 0;

	if (by->has_src)
		err = check_named_source(in, src);
	if (!err && iface && !sim_ip_iface(in->ip, iface))
		return sim_sock_fail(&in->sk, t, ENODEV, SIM_WHY_NO_INTERFACE, SIM_NEVER_NS, 0, 0, 0, 0);
	if (!err)
		err = sim_ip_route(in->ip, way->raddr, src, iface, dontroute, &way->route);
	if (err)
		return no_route(us, t, src, err);
	if (!sim_addr_is_any(src))
		way->route.src = src;
	way->route.generation = 0; /* not for the next */
	return 0;
}

/* Other control messages leave the way as it is. */
static bool names_way(const struct sim_scm_send *s, bool v4)
{
	const struct sim_scm_ip *by = v4 ? &s->v4 : &s->v6;

	return by->has_src || by->iface;
}

static bool is_known_way(const struct sim_udp_sock *us, struct sim_addr raddr, uint16_t rport, bool dontroute)
{
	const struct sim_udp_way *way = &us->way;

	return sim_route_is_valid(us->in.ip, &way->route) && way->rport == rport &&
	       sim_addr_equal(way->raddr, raddr) && way->bound_if == us->in.sk.bound_if &&
	       way->dontroute == dontroute;
}

static int find_way(struct sim_udp_sock *us, struct sim_task *t, struct sim_addr raddr, uint16_t rport,
		    const struct sim_msg *m)
{
	struct sim_inet *in = &us->in;
	struct sim_udp_way *way = &us->way;
	bool dontroute = in->sk.dontroute || (m->flags & MSG_DONTROUTE);
	bool named = __builtin_expect(m->scm != NULL, 0) && names_way(m->scm->send, sim_addr_is_v4(raddr));
	struct sim_addr src;
	int err;

	if (!named && is_known_way(us, raddr, rport, dontroute))
		return 0;
	way->route.generation = 0;
	way->raddr = raddr;
	way->rport = rport;
	way->bound_if = in->sk.bound_if;
	way->dontroute = dontroute;
	way->flow = 0;
	if (named)
		return find_named_way(us, t, m->scm->send, dontroute);
	src = sim_inet_source(in);
	err = sim_ip_route(in->ip, raddr, src, in->sk.bound_if, dontroute, &way->route);
	if (err)
		return no_route(us, t, src, err);
	/* Kept with what is corked: the socket's own may be of another family when it goes. */
	if (!sim_addr_is_any(src))
		way->route.src = src;
	return 0;
}

/* The checks of udp_sendmsg() that come before the destination. */
int sim_udp_check_call(struct sim_udp_sock *us, struct sim_task *t, const struct sim_msg *m)
{
	struct sim_sock *sk = &us->in.sk;

	if (__builtin_expect(m->len > SIM_UDP_MAX_LEN, 0))
		return sim_sock_fail(sk, t, EMSGSIZE, SIM_WHY_TOO_LONG, SIM_NEVER_NS, (int64_t)m->len,
				     SIM_UDP_MAX_LEN - 20 - 8, 0, 0);
	if (__builtin_expect(m->flags & MSG_OOB, 0))
		return sim_sock_fail(sk, t, EOPNOTSUPP, SIM_WHY_BAD_FLAGS, SIM_NEVER_NS, MSG_OOB, 0, 0, 0);
	return 0;
}

/* The address that the call names: where it goes, in us->way. */
static int way_to_named(struct sim_udp_sock *us, struct sim_task *t, const struct sim_sockaddr *to,
			const struct sim_msg *m)
{
	struct sim_sock *sk = &us->in.sk;
	struct sim_addr raddr;
	int err = sim_udp_check_len(us, t, to, true);

	if (err)
		return err;
	if (sk->domain == AF_INET6 && to->family != AF_INET6 && to->family != AF_INET)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_FAMILY, SIM_NEVER_NS, to->family, sk->domain,
				     0, 0);
	err = sim_inet_check_peer(&us->in, t, to, &raddr);
	/* An IPv6 socket looks at the flags and the length only when it sends IPv4. */
	if (!err && sk->domain == AF_INET6 && sim_addr_is_v4(raddr))
		err = sim_udp_check_call(us, t, m);
	if (err)
		return err;
	if (!to->port)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 5, 0, 0, 0);
	return find_way(us, t, raddr, to->port, m);
}

static int way_to_peer(struct sim_udp_sock *us, struct sim_task *t, const struct sim_msg *m)
{
	struct sim_inet *in = &us->in;
	int err;

	if (!sim_inet_is_connected(in))
		return sim_sock_fail(&in->sk, t, sim_sock_no_destination_errno(&in->sk, EDESTADDRREQ),
				     SIM_WHY_NO_DESTINATION, SIM_NEVER_NS, 0, 0, 0, 0);
	err = find_way(us, t, in->raddr, in->rport, m);
	if (__builtin_expect(us->flow4.is_other, 0) && !err && !us->cork_option && !in->sk.dontroute &&
	    !(m->flags & (MSG_MORE | MSG_DONTROUTE)))
		sim_udp_stray(us);
	return err;
}

int sim_udp_find_destination(struct sim_udp_sock *us, struct sim_task *t, const struct sim_msg *m)
{
	const struct sim_sockaddr *to = m->to;
	bool six = us->in.sk.domain == AF_INET6;
	int err;

	if (to && six && to->raw_len < sizeof(sa_family_t))
		return sim_sock_fail(&us->in.sk, t, EINVAL, SIM_WHY_BAD_ADDRESS_LEN, SIM_NEVER_NS,
				     to->raw_len, sizeof(sa_family_t), 0, 0);
	/* IPv6 takes a name of no family for none; but then IPv4 is not tried. */
	if (to && six && to->family == AF_UNSPEC) {
		if (sim_inet_is_connected(&us->in) && sim_addr_is_v4(us->in.raddr))
			return sim_sock_fail(&us->in.sk, t, ENETUNREACH, SIM_WHY_UNREACHABLE, SIM_NEVER_NS, 0,
					     0, 0, 0);
		to = NULL;
	}
	if (!six) {
		err = sim_udp_check_call(us, t, m);
		if (err)
			return err;
	}
	err = to ? way_to_named(us, t, to, m) : way_to_peer(us, t, m);
	if (err)
		return err;
	/* An IPv6 socket finds MSG_OOB wrong only when it sends IPv4. */
	if (six && sim_udp_is_v4(&us->way)) {
		err = sim_udp_check_call(us, t, m);
		if (err)
			return err;
	}
	if (__builtin_expect(us->way.route.broadcast, 0) && !us->in.sk.broadcast)
		return sim_sock_fail(&us->in.sk, t, EACCES, SIM_WHY_BROADCAST, SIM_NEVER_NS, 0, 0, 0, 0);
	return 0;
}
