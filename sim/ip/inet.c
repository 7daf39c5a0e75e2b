/* SPDX-License-Identifier: MIT */
/* What UDP and TCP sockets have in common, but for ports (ports.c) and options (inet_options.c): see inet.h.
 */
#include "sim/ip/inet.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/ip/ip_internal.h"

void sim_inet_init(struct sim_inet *in, struct sim_net *net, enum sim_sock_kind kind, int domain, int type,
		   int protocol)
{
	sim_sock_init(&in->sk, net, kind, domain, type, protocol);
	in->ip = net->ip;
	sim_list_init(&in->in_port);
	in->laddr = in->raddr = domain == AF_INET ? sim_addr_v4(0) : sim_addr_v6_any();
	in->v6only = domain == AF_INET6 && net->sysctl.bindv6only;
	in->mtu_discover = IP_PMTUDISC_WANT;
	in->mtu_discover6 = IPV6_PMTUDISC_WANT;
	in->hops = -1;
}

int sim_inet_getname(struct sim_sock *sk, struct sim_task *t, struct sim_sockaddr *a, bool peer)
{
	const struct sim_inet *in = (const struct sim_inet *)sk;

	a->family = sk->domain;
	a->scope_id = 0;
	a->path_len = 0;
	if (!peer) {
		a->addr = in->laddr;
		a->port = sim_inet_told_port(in);
		return 0;
	}
	if (!sim_inet_is_connected(in) || !in->rport)
		return sim_sock_fail(sk, t, ENOTCONN, SIM_WHY_NOT_CONNECTED, SIM_NEVER_NS, 0, 0, 0, 0);
	a->addr = in->raddr;
	a->port = in->rport;
	return 0;
}

static int bad_family(struct sim_inet *in, struct sim_task *t, int family)
{
	return sim_sock_fail(&in->sk, t, EAFNOSUPPORT, SIM_WHY_BAD_FAMILY, SIM_NEVER_NS, family,
			     in->sk.domain, 0, 0);
}

/* Linux: the wildcard as a destination is this host, at the socket's own address if it has one. */
static struct sim_addr concrete_v4(const struct sim_inet *in, struct sim_addr a)
{
	if (!sim_addr_is_any(a))
		return a;
	return sim_addr_is_v4(in->laddr) && !sim_addr_is_any(in->laddr) ? in->laddr
									: sim_addr_v4(INADDR_LOOPBACK);
}

static int check_v6(struct sim_inet *in, struct sim_task *t, const struct sim_sockaddr *a,
		    struct sim_addr *addr)
{
	bool own_is_v4 = sim_addr_is_v4(in->laddr);

	if (a->family != AF_INET6 && a->family != AF_INET)
		return bad_family(in, t, a->family);
	*addr = a->addr;
	if (!sim_addr_is_v4(*addr) && sim_addr_is_any(*addr))
		*addr = own_is_v4 ? sim_addr_v4(INADDR_LOOPBACK) : sim_addr_v6_loopback();
	if (sim_addr_is_v4(*addr)) {
		if (in->v6only)
			return sim_sock_fail(&in->sk, t, ENETUNREACH, SIM_WHY_UNREACHABLE, SIM_NEVER_NS, 0, 0,
					     0, 0);
		*addr = concrete_v4(in, *addr);
		return 0;
	}
	if (own_is_v4)
		return bad_family(in, t, AF_INET6);
	if (addr->b[0] == 0xfe && (addr->b[1] & 0xc0) == 0x80 && !a->scope_id && !in->sk.bound_if)
		return sim_sock_fail(&in->sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 2, 0, 0, 0);
	return 0;
}

int sim_inet_check_peer(struct sim_inet *in, struct sim_task *t, const struct sim_sockaddr *a,
			struct sim_addr *addr)
{
	if (in->sk.domain == AF_INET6)
		return check_v6(in, t, a, addr);
	if (a->family != AF_INET && a->family != AF_UNSPEC)
		return bad_family(in, t, a->family);
	*addr = concrete_v4(in, a->addr);
	return 0;
}

void sim_inet_mark(const struct sim_inet *in, const struct sim_route *r, struct sim_packet *p)
{
	if (sim_packet_is_v4(p)) {
		uint8_t d = in->mtu_discover;

		p->ttl = in->ttl;
		p->tos = in->tos;
		/* ip(7): DO and PROBE never fragment; WANT sets DF while the packet fits. */
		p->dont_fragment = d == IP_PMTUDISC_DO || d == IP_PMTUDISC_PROBE ||
				   (d == IP_PMTUDISC_WANT && sim_packet_ip_len(p) <= r->mtu_bytes);
		return;
	}
	p->ttl = in->hops < 0 ? 0 : (uint8_t)in->hops;
	p->ttl_is_zero = !in->hops;
	p->tos = in->tclass;
	p->dont_fragment = in->dontfrag || in->mtu_discover6 == IPV6_PMTUDISC_DO ||
			   in->mtu_discover6 == IPV6_PMTUDISC_PROBE;
}
