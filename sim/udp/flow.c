/* SPDX-License-Identifier: MIT */
/*
 * Where the datagrams of a connected IPv4 socket go astray, since its destination and that of its pending
 * datagram stand in one place: see struct sim_udp_flow. Only what is rare is here.
 */
#include "sim/udp/udp_internal.h"

void sim_udp_stray(struct sim_udp_sock *us)
{
	if (us->flow4.holds) {
		us->way.raddr = us->flow4.raddr;
		us->way.rport = us->flow4.rport;
		us->way.flow = 0;
	}
	us->flow4.holds = true;
}

void sim_udp_note_flow(struct sim_udp_sock *us)
{
	const struct sim_udp_way *way = &us->way;

	if (us->in.sk.domain != AF_INET || !sim_inet_is_connected(&us->in))
		return;
	us->flow4.raddr = way->raddr;
	us->flow4.rport = way->rport;
	us->flow4.is_other = way->rport != us->in.rport || !sim_addr_equal(way->raddr, us->in.raddr);
}
