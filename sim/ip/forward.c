/* SPDX-License-Identifier: MIT */
/*
 * A packet that comes from outside and is for somebody else: sent on, if net.ipv4.ip_forward or
 * net.ipv6.conf.all.forwarding says so, and its sender told where that fails. RFC 1812 5, RFC 8200 5, Linux's
 * ip_forward and ip6_forward. One sysctl a family rules all interfaces.
 *
 * FIDELITY: absent: ICMP redirects (a packet that leaves by the interface it came in by is just sent on),
 * source routes, rate limits of ICMP.
 */
#include <errno.h>
#include <netinet/in.h>

#include "sim/ip/ip_internal.h"
#include "sim/ip/neighbour.h"

/* Linux, ip_error and ip6_pkt_discard: what the sender is told when there is no way, by the errno. */
static void tell_no_way(struct sim_ip *ip, const struct sim_packet *p, int err)
{
	bool v4 = sim_packet_is_v4(p);

	switch (-err) {
	case ENETUNREACH:
		sim_icmp_send_error(ip, p, v4 ? SIM_ICMP_UNREACHABLE : SIM_ICMP6_UNREACHABLE, 0, 0);
		break;
	case EHOSTUNREACH: /* IPv6 tells it as no route */
		sim_icmp_send_error(ip, p, v4 ? SIM_ICMP_UNREACHABLE : SIM_ICMP6_UNREACHABLE,
				    v4 ? SIM_ICMP_UNREACHABLE_HOST : 0, 0);
		break;
	case EACCES:
		sim_icmp_send_error(ip, p, v4 ? SIM_ICMP_UNREACHABLE : SIM_ICMP6_UNREACHABLE,
				    v4 ? SIM_ICMP_UNREACHABLE_FILTERED : SIM_ICMP6_UNREACHABLE_PROHIBITED, 0);
		break;
	default: break; /* a black hole */
	}
}

static bool may_forward(const struct sim_ip *ip, const struct sim_packet *p)
{
	bool on = sim_packet_is_v4(p) ? ip->net->sysctl.ip_forward : ip->net->sysctl.ip6_forwarding;

	return on && !p->broadcast && !sim_addr_is_multicast(p->dst) && !sim_addr_is_multicast(p->src) &&
	       !sim_addr_is_any(p->src) && !sim_addr_is_loopback(p->src) && !sim_addr_is_loopback(p->dst) &&
	       p->csum != SIM_CSUM_BAD;
}

/* Too large for the next link, and may not be cut: RFC 1191 4, RFC 8201. */
static void tell_too_big(struct sim_ip *ip, const struct sim_packet *p, uint32_t mtu_bytes)
{
	bool v4 = sim_packet_is_v4(p);

	sim_icmp_send_error(ip, p, v4 ? SIM_ICMP_UNREACHABLE : SIM_ICMP6_TOO_BIG,
			    v4 ? SIM_ICMP_UNREACHABLE_TOO_BIG : 0,
			    (uint16_t)(mtu_bytes < UINT16_MAX ? mtu_bytes : UINT16_MAX));
}

void sim_ip_forward(struct sim_ip *ip, struct sim_packet *p)
{
	bool v4 = sim_packet_is_v4(p);
	struct sim_route r;
	int err;

	if (__builtin_expect(p->is_arp, 0)) {
		sim_arp_receive(ip, p); /* who asks for another may be known here all the same */
		return;
	}
	if (p->broadcast && p->proto == IPPROTO_ICMPV6 && p->icmp.type == SIM_ICMP6_SOLICITATION) {
		sim_nd_receive(ip, p);
		return;
	}
	if (!may_forward(ip, p)) {
		sim_ip_drop(ip, p, SIM_DROP_NO_ROUTE);
		return;
	}
	err = sim_ip_route(ip, p->dst, v4 ? sim_addr_v4(0) : sim_addr_v6_any(), 0, false, &r);
	if (!err && r.broadcast)
		err = -EINVAL; /* net.ipv4.conf.all.bc_forwarding is 0 */
	if (err) {
		tell_no_way(ip, p, err);
		sim_ip_drop(ip, p, SIM_DROP_NO_ROUTE);
		return;
	}
	if (p->ttl <= 1) {
		sim_icmp_send_error(ip, p, v4 ? SIM_ICMP_TIME_EXCEEDED : SIM_ICMP6_TIME_EXCEEDED, 0, 0);
		sim_ip_drop(ip, p, SIM_DROP_TTL);
		return;
	}
	if (sim_packet_ip_len(p) > r.mtu_bytes && (!v4 || p->dont_fragment)) {
		tell_too_big(ip, p, r.mtu_bytes);
		sim_ip_drop(ip, p, SIM_DROP_TOO_BIG);
		return;
	}
	p->ttl--;
	sim_ip_send_on(ip, &r, p);
}
