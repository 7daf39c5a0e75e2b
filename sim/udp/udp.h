/* SPDX-License-Identifier: MIT */
/*
 * UDP: datagrams between sockets. udp(7), RFC 768; order of checks, accounting of buffers and treatment of
 * errors as Linux 6.18 has them.
 *
 * FIDELITY: simulated: connected and unconnected sockets, broadcast, MSG_PEEK, MSG_TRUNC, MSG_MORE, UDP_CORK,
 * control messages, the queue of errors, UDP_SEGMENT, UDP_GRO (of what UDP_SEGMENT sent on the same host).
 * Absent: multicast.
 */
#ifndef SIM_UDP_UDP_H
#define SIM_UDP_UDP_H

#include "sim/ip/inet.h"

/* One host's. */
struct sim_udp {
	struct sim_ip *ip;
	struct sim_ports ports;
};

/* What a datagram is sent with beside its bytes, by options and control messages. */
struct sim_udp_with {
	int16_t ttl, tos; /* -1: the socket's */
	int8_t dontfrag;  /* the same */
	bool has_ts_id, zerocopy;
	uint16_t segment_bytes; /* UDP_SEGMENT; 0: one datagram */
	int32_t mark, priority;
	uint32_t tsflags; /* SOF_TIMESTAMPING_* that ask for times of sending */
	uint32_t ts_id;
	uint32_t zc_first, zc_num; /* numbers of the calls with MSG_ZEROCOPY; num 0: none yet */
};

/* Where an unconnected socket sent last: the next datagram often goes there too. */
struct sim_udp_way {
	struct sim_addr raddr;
	uint16_t rport;
	bool dontroute;
	bool confirm; /* MSG_CONFIRM, of the datagram at hand */
	uint32_t bound_if;
	uint32_t flow;          /* trace id, 0: none yet */
	struct sim_route route; /* its src is the datagram's */
};

/*
 * IPv4 alone: Linux keeps the destination of a connected socket and that of its pending datagram in one
 * place. So one that was begun for another destination, or a connect(2) that failed, sends astray what the
 * connected socket sends afterwards.
 */
struct sim_udp_flow {
	struct sim_addr raddr;
	uint16_t rport;
	bool is_other; /* than the peer */
	bool holds;    /* plain sends go there: not the first one after connect(2) failed */
};

/* A datagram that MSG_MORE or UDP_CORK still holds back. */
struct sim_udp_cork {
	struct sim_udp_way way;
	struct sim_bytes run;
	struct sim_slab *tail;
	uint32_t charged_bytes; /* by truesize, until it is sent */
	bool is_plain;          /* `with` says nothing */
	struct sim_udp_with with;
};

struct sim_udp_sock {
	struct sim_inet in;
	struct sim_packet_queue rcvq;
	/* Linux moves all that has arrived to a reader's queue at once, and gives room back only when that is
	 * empty or a quarter of the buffer was read: how many of rcvq's first are there, and what is read and
	 * still charged. */
	uint32_t num_reader;
	uint32_t deficit_bytes;
	int64_t last_ns;       /* when a datagram last arrived; 0: none has */
	int64_t shut_ns;       /* when it was last shut down for writing */
	uint32_t unsent_bytes; /* payload that charges the send buffer */
	bool cork_option;
	uint16_t segment_bytes;    /* UDP_SEGMENT */
	struct sim_udp_cork *cork; /* NULL: none pending */
	struct sim_udp_way way;
	struct sim_udp_flow flow4;
};

int sim_udp_init(struct sim_udp *udp, struct sim_ip *ip); /* 0, -ENOMEM */
void sim_udp_fini(struct sim_udp *udp);                   /* no socket is left */

/* 0, -ENOMEM. domain: AF_INET or AF_INET6. */
int sim_udp_sock_new(struct sim_net *net, int domain, struct sim_sock **sk);

extern const struct sim_sock_ops sim_udp_sock_ops;
extern const struct sim_ip_protocol sim_udp_protocol;

struct sim_option_doc;
bool sim_udp_option_doc(size_t n, struct sim_option_doc *doc); /* row n of IPPROTO_UDP's options */

#endif
