/* SPDX-License-Identifier: MIT */
/*
 * What IP tells of a packet that a socket receives, as control messages: ip(7), ipv6(7), RFC 3542; in the
 * order of Linux 6.18's ip_cmsg_recv_offset(), ip6_datagram_recv_common_ctl() and
 * ip6_datagram_recv_specific_ctl().
 */
#include <netinet/in.h>
#include <string.h>

#include "sim/ip/inet.h"
#include "sim/ip/ip_internal.h"

enum { TYPE_IPV6_ORIGDSTADDR = 74, TYPE_IP_ORIGDSTADDR = 20 };

static void tell_v4(const struct sim_inet *in, struct sim_msg *m, const struct sim_told *x)
{
	uint32_t tells = in->sk.tells;

	if (tells & SIM_TELL_PKTINFO) {
		uint32_t info[3] = { x->iface, htonl(sim_addr_to_v4(x->specific)), x->dst.w[3] };

		sim_cmsg_put(m, IPPROTO_IP, IP_PKTINFO, info, sizeof info);
	}
	if (tells & SIM_TELL_TTL) {
		int ttl = x->ttl;

		sim_cmsg_put(m, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
	}
	if (tells & SIM_TELL_TOS)
		sim_cmsg_put(m, IPPROTO_IP, IP_TOS, &x->tos, sizeof x->tos);
	if (tells & SIM_TELL_ORIGDSTADDR && x->has_ports) {
		struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(x->dport) };

		a.sin_addr.s_addr = x->dst.w[3];
		sim_cmsg_put(m, IPPROTO_IP, TYPE_IP_ORIGDSTADDR, &a, sizeof a);
	}
}

static void tell_pktinfo6(struct sim_msg *m, const struct sim_told *x, int type)
{
	unsigned char info[20]; /* struct in6_pktinfo */
	uint32_t iface = x->iface;

	memcpy(info, x->dst.b, sizeof x->dst.b);
	memcpy(info + sizeof x->dst.b, &iface, sizeof iface);
	sim_cmsg_put(m, IPPROTO_IPV6, type, info, sizeof info);
}

static void tell_v6(const struct sim_inet *in, struct sim_msg *m, const struct sim_told *x)
{
	uint32_t tells = in->sk.tells;
	int hops = x->ttl, tclass = x->tos;

	if (tells & SIM_TELL_HOPLIMIT6)
		sim_cmsg_put(m, IPPROTO_IPV6, IPV6_HOPLIMIT, &hops, sizeof hops);
	if (tells & SIM_TELL_TCLASS6)
		sim_cmsg_put(m, IPPROTO_IPV6, IPV6_TCLASS, &tclass, sizeof tclass);
	if (tells & SIM_TELL_OLD_PKTINFO6)
		tell_pktinfo6(m, x, IPV6_2292PKTINFO);
	if (tells & SIM_TELL_OLD_HOPLIMIT6)
		sim_cmsg_put(m, IPPROTO_IPV6, IPV6_2292HOPLIMIT, &hops, sizeof hops);
	if (tells & SIM_TELL_ORIGDSTADDR6 && x->has_ports) {
		struct sockaddr_in6 a = { .sin6_family = AF_INET6, .sin6_port = htons(x->dport) };

		memcpy(&a.sin6_addr, x->dst.b, sizeof a.sin6_addr);
		sim_cmsg_put(m, IPPROTO_IPV6, TYPE_IPV6_ORIGDSTADDR, &a, sizeof a);
	}
}

void sim_inet_tell(const struct sim_inet *in, struct sim_msg *m, const struct sim_told *x)
{
	bool v4 = sim_addr_is_v4(x->dst);

	if (!(in->sk.tells & (SIM_TELL_V4 | SIM_TELL_V6)))
		return;
	if (in->sk.domain == AF_INET6 && in->sk.tells & SIM_TELL_PKTINFO6)
		tell_pktinfo6(m, x, IPV6_PKTINFO);
	if (v4)
		tell_v4(in, m, x);
	else
		tell_v6(in, m, x);
}
