/* SPDX-License-Identifier: MIT */
/*
 * Hosts with loopback, eth0, IP and UDP on one segment, for tests of packet/, link/, ip/ and udp/ without the
 * world, processes and TCP: 10.0.0.1/24 and fd00::1/64 is the first, .2 the second, ... It also counts, keeps
 * and gives out what packets the trace tells of.
 */
#ifndef SIM_TESTS_SUPPORT_TWO_HOSTS_H
#define SIM_TESTS_SUPPORT_TWO_HOSTS_H

#include "sim/link/link.h"
#include "sim/ip/inet.h"
#include "sim/udp/udp.h"

enum { NET_MAX_HOSTS = 3, NET_MAX_SEEN = 4096 };

struct net_host {
	struct sim_net net;
	struct sim_station station;
	struct sim_ip ip;
	struct sim_udp udp;
	struct sim_iface *eth0;
};

struct net_seen {
	int64_t time_ns;
	uint16_t kind, host;
	uint64_t packet_id, extra;
	uint8_t proto, icmp_type, icmp_code;
	uint32_t payload_len;
	bool is_fragment;
};

/* All in one piece, so that the test's memory is what it was when it is gone. */
struct net_fixture {
	struct sim_ctx ctx;
	struct sim_fabric fabric;
	struct net_host hosts[NET_MAX_HOSTS];
	unsigned num_hosts;
	struct net_seen seen[NET_MAX_SEEN];
	unsigned num_seen;
	void *mem;
};

struct net_fixture *net_new(unsigned num_hosts, uint64_t seed);
void net_free(struct net_fixture *f); /* fails the test if anything is left in the arena */

void net_drain(struct net_fixture *f);                 /* what is due now */
void net_run(struct net_fixture *f, int64_t until_ns); /* and later */
unsigned net_count(const struct net_fixture *f, enum sim_trace_kind kind, uint64_t extra); /* extra:
											      SIM_TRACE_DROP
											    */
const struct net_seen *net_last(const struct net_fixture *f, enum sim_trace_kind kind);

struct sim_addr net_addr(const char *text);
struct sim_sockaddr net_name(int family, const char *addr, uint16_t port);
void net_close(struct sim_sock *sk); /* as the last descriptor's close does */
struct sim_wire *net_wire(struct net_fixture *f, unsigned from, unsigned to);
void net_set(struct net_fixture *f, unsigned from, unsigned to, const char *netem);

/* What ip/ gets for a protocol that UDP is not: tests may put their own here. */
extern const struct sim_ip_protocol *net_other_protocol;

#endif
