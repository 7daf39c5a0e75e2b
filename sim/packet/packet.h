/* SPDX-License-Identifier: MIT */
/*
 * A packet in flight: its headers parsed, its payload by reference. Bytes and checksums are made only when
 * something looks (wire.h). A packet has one owner at a time; handing it on gives it away.
 *
 * Must not know sockets, hosts and links.
 */
#ifndef SIM_PACKET_PACKET_H
#define SIM_PACKET_PACKET_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>

#include "sim/packet/address.h"
#include "sim/packet/bytes.h"
#include "sim/trace/trace.h"

struct sim_arena;
struct sim_wire;

/* RFC 9293 3.1: the control bits as they stand in the header. */
enum {
	SIM_TCP_FIN = 0x01,
	SIM_TCP_SYN = 0x02,
	SIM_TCP_RST = 0x04,
	SIM_TCP_PSH = 0x08,
	SIM_TCP_ACK = 0x10,
	SIM_TCP_URG = 0x20,
	SIM_TCP_ECE = 0x40,
	SIM_TCP_CWR = 0x80,
};

/* Which options a segment carries: bits of tcp_options. */
enum {
	SIM_TCPOPT_MSS = 0x01,
	SIM_TCPOPT_WSCALE = 0x02,
	SIM_TCPOPT_SACK_PERMITTED = 0x04,
	SIM_TCPOPT_TIMESTAMPS = 0x08,
	SIM_TCPOPT_SACK = 0x10,
};

struct sim_tcp_header {
	uint32_t seq, ack;
	uint8_t flags;
	uint8_t options; /* SIM_TCPOPT_* */
	uint16_t window; /* as on the wire: not scaled */
	uint16_t urgent;
	uint16_t mss;
	uint8_t wscale;
	uint8_t num_sack;
	uint32_t ts_val, ts_ecr;
	struct {
		uint32_t start, end;
	} sack[4];
};

/* ICMP types that are used (RFC 792, RFC 4443). */
enum {
	SIM_ICMP_ECHO_REPLY = 0,
	SIM_ICMP_UNREACHABLE = 3,
	SIM_ICMP_ECHO = 8,
	SIM_ICMP_TIME_EXCEEDED = 11,
	SIM_ICMP_PARAMETER = 12,
	SIM_ICMP6_UNREACHABLE = 1,
	SIM_ICMP6_TOO_BIG = 2,
	SIM_ICMP6_TIME_EXCEEDED = 3,
	SIM_ICMP6_PARAMETER = 4,
	SIM_ICMP6_ECHO = 128,
	SIM_ICMP6_ECHO_REPLY = 129,
	SIM_ICMP6_SOLICITATION = 135, /* RFC 4861: target and option are the payload */
	SIM_ICMP6_ADVERTISEMENT = 136,
};

/* Codes of destination unreachable. */
enum {
	SIM_ICMP_UNREACHABLE_HOST = 1,
	SIM_ICMP_UNREACHABLE_PROTOCOL = 2,
	SIM_ICMP_UNREACHABLE_PORT = 3,
	SIM_ICMP_UNREACHABLE_TOO_BIG = 4, /* fragmentation needed, and DF set */
	SIM_ICMP_UNREACHABLE_FILTERED = 13,
	SIM_ICMP6_UNREACHABLE_PROHIBITED = 1,
	SIM_ICMP6_UNREACHABLE_ADDRESS = 3,
	SIM_ICMP6_UNREACHABLE_PORT = 4,
};

struct sim_icmp_header {
	uint8_t type, code; /* of ICMPv4 or ICMPv6, by the packet's family */
	uint16_t mtu;       /* destination unreachable/fragmentation needed; packet too big */
	uint16_t id, seq;   /* echo; neighbour discovery: id has the flags */
	/* Of the packet that an error is about, as quoted in its payload. */
	uint8_t quoted_proto;
	uint16_t quoted_sport, quoted_dport;
	uint32_t quoted_seq;
	struct sim_addr quoted_src, quoted_dst;
};

/* Of a UDP datagram, what goes along beside the wire: as long as it stays on this host. */
struct sim_udp_extra {
	uint32_t num_drops; /* in the receive queue: datagrams that its socket had lost before it came */
	int32_t mark, priority;
	uint32_t tskey, zc_first, zc_last; /* with stamps, zerocopy */
	uint16_t segment_bytes; /* several datagrams of this length in one: UDP_SEGMENT over loopback; 0: one
				 */
	bool stamps, zerocopy;  /* its sender is told when it departs, and that its bytes are done with */
};

/* RFC 826: what the IPv4 addresses, which are the packet's, do not say. */
enum { SIM_ARP_REQUEST = 1, SIM_ARP_REPLY = 2, SIM_ARP_LEN = 28 };
struct sim_arp_header {
	uint16_t op;
	uint8_t sha[6], tha[6]; /* hardware addresses of sender and target */
};

/* Whether the transport checksum is right: computed when bytes are made, so a packet on its way just carries
 * a word. */
enum sim_csum_state { SIM_CSUM_GOOD, SIM_CSUM_BAD };

struct sim_packet {
	struct sim_packet *next; /* for the one queue that it is in */
	uint64_t id; /* its number in the world, from 1: a copy made by the network gets its own */
	int64_t sent_ns;
	int64_t due_ns;        /* when it arrives: while it is on a wire */
	int64_t departs_ns;    /* when its last bit has left the sender: the same */
	struct sim_wire *wire; /* the one it is on or came by */
	void *charged_to; /* whose send buffer it fills until it departs, NULL: nobody's (its protocol knows)
			   */
	struct sim_addr src, dst;
	uint16_t sport, dport; /* UDP, TCP; host order */
	uint8_t proto;         /* IPPROTO_* */
	uint8_t ttl, tos;
	uint8_t csum;            /* enum sim_csum_state */
	uint32_t ip_id;          /* IPv4 has 16 bits of it */
	uint16_t frag_off_bytes; /* fragment: where its payload lies in the datagram's IP payload */
	bool more_fragments, dont_fragment;
	bool broadcast;   /* sent to everybody on the segment */
	bool ttl_is_zero; /* IPV6_HOPLIMIT may say so; else a ttl of 0 is the host's default */
	bool is_arp;      /* no IP packet: ARP's, about src and dst; no payload */
	bool confirm;     /* its sender knows that the next hop is there: until it has left */
	bool is_fragment; /* then ports stand only in the first, and payload is a part of the IP payload */
	uint8_t iface;    /* index of the interface it leaves by, then of that it came in by */
	uint32_t l4_len_bytes;   /* fragments only: length of the first one's transport header, inside payload
				  */
	uint32_t truesize_bytes; /* what a receive queue is charged for it, 0: not yet known */
	uint32_t charged_bytes, charged_payload_bytes; /* of charged_to's send buffer */
	uint32_t flow;                                 /* trace id of its flow, 0: none */
	struct sim_bytes payload;
	union {
		struct sim_tcp_header tcp;
		struct sim_icmp_header icmp;
		struct sim_udp_extra udp;
		struct sim_arp_header arp;
	};
};

/* Fields zeroed (but for the entries of sack[]), id given. NULL: no memory. */
struct sim_packet *sim_packet_new(struct sim_arena *a, uint64_t *next_id);
/* A copy that shares the payload; it charges nobody. */
struct sim_packet *sim_packet_clone(struct sim_arena *a, uint64_t *next_id, const struct sim_packet *from);
void sim_packet_free(struct sim_arena *a, struct sim_packet *p); /* NULL is legal */

/* Lengths in bytes as they are on the wire. */
enum {
	SIM_IPV4_HEADER_LEN = 20,
	SIM_IPV6_HEADER_LEN = 40,
	SIM_IPV6_FRAGMENT_LEN = 8,
	SIM_UDP_HEADER_LEN = 8,
	SIM_TCP_HEADER_LEN = 20,
	SIM_ICMP_HEADER_LEN = 8,
};

uint32_t sim_tcp_options_len(const struct sim_tcp_header *h); /* padded to 4 */

static inline bool sim_packet_is_v4(const struct sim_packet *p)
{
	return sim_addr_is_v4(p->dst);
}

static inline uint32_t sim_packet_l3_header_len(const struct sim_packet *p)
{
	if (sim_packet_is_v4(p))
		return SIM_IPV4_HEADER_LEN;
	return SIM_IPV6_HEADER_LEN + (p->is_fragment ? SIM_IPV6_FRAGMENT_LEN : 0);
}

/* With TCP options, padded; 0 for a fragment, in whose payload it stands. */
static inline uint32_t sim_packet_l4_header_len(const struct sim_packet *p)
{
	if (p->is_fragment)
		return 0;
	switch (p->proto) {
	case IPPROTO_UDP: return SIM_UDP_HEADER_LEN;
	case IPPROTO_TCP: return SIM_TCP_HEADER_LEN + (p->tcp.options ? sim_tcp_options_len(&p->tcp) : 0);
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: return SIM_ICMP_HEADER_LEN;
	default: return 0;
	}
}

/* All of the IP packet. */
static inline uint32_t sim_packet_ip_len(const struct sim_packet *p)
{
	return sim_packet_l3_header_len(p) + sim_packet_l4_header_len(p) + p->payload.len;
}

/* What it is on a link, without the link's own header. */
static inline uint32_t sim_packet_link_len(const struct sim_packet *p)
{
	return p->is_arp ? (uint32_t)SIM_ARP_LEN : sim_packet_ip_len(p);
}

/* A first-in-first-out queue of packets, which owns them. */
struct sim_packet_queue {
	struct sim_packet *head, **tail;
	uint32_t len;
	uint32_t num_bytes; /* of payload */
};

static inline void sim_packet_queue_init(struct sim_packet_queue *q)
{
	q->head = NULL;
	q->tail = &q->head;
	q->len = q->num_bytes = 0;
}

static inline void sim_packet_queue_push(struct sim_packet_queue *q, struct sim_packet *p)
{
	p->next = NULL;
	*q->tail = p;
	q->tail = &p->next;
	q->len++;
	q->num_bytes += p->payload.len;
}

static inline struct sim_packet *sim_packet_queue_pop(struct sim_packet_queue *q)
{
	struct sim_packet *p = q->head;

	if (p) {
		q->head = p->next;
		if (!q->head)
			q->tail = &q->head;
		q->len--;
		q->num_bytes -= p->payload.len;
		p->next = NULL;
	}
	return p;
}

void sim_packet_queue_free(struct sim_packet_queue *q, struct sim_arena *a); /* frees what is in it */

/*
 * Trace records about packets: kind is SIM_TRACE_SEND, _ARRIVE or _DROP, extra is arg[5]. A packet without a
 * flow gets one defined. Sockets define theirs once and mark their packets with it.
 */
enum { SIM_FLOW_IS_ARP = 0x100 }; /* beside the protocol of a flow's record */
void sim_packet_trace(struct sim_trace *t, enum sim_trace_kind kind, uint16_t host, struct sim_packet *p,
		      uint64_t extra);
uint32_t sim_flow_define(struct sim_trace *t, uint16_t host, const struct sim_packet *p);

#endif
