/* SPDX-License-Identifier: MIT */
/*
 * Packets to bytes and back: see wire.h. RFC 791 3.1, RFC 8200 3 and 4.5, RFC 768, RFC 9293 3.1, RFC 7323,
 * RFC 2018, RFC 792, RFC 4443, RFC 826. Must not know what the packets mean.
 */
#include "sim/packet/wire.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/base/checksum.h"
#include "sim/packet/packet.h"

enum {
	V4_DF = 0x4000,
	V4_MF = 0x2000,
	V4_OFFSET_MASK = 0x1fff,
	PROTO_V6_FRAGMENT = 44,
};

/* TCP option kinds and lengths. */
enum {
	OPT_END = 0,
	OPT_NOP = 1,
	OPT_MSS = 2,
	OPT_WSCALE = 3,
	OPT_SACK_PERMITTED = 4,
	OPT_SACK = 5,
	OPT_TIMESTAMPS = 8
};
enum { LEN_MSS = 4, LEN_WSCALE = 3, LEN_SACK_PERMITTED = 2, LEN_TIMESTAMPS = 10 };

static void put16(unsigned char *b, uint32_t v)
{
	b[0] = (unsigned char)(v >> 8);
	b[1] = (unsigned char)v;
}

static void put32(unsigned char *b, uint32_t v)
{
	put16(b, v >> 16);
	put16(b + 2, v);
}

static uint16_t get16(const unsigned char *b)
{
	return (uint16_t)(b[0] << 8 | b[1]);
}

static uint32_t get32(const unsigned char *b)
{
	return (uint32_t)get16(b) << 16 | get16(b + 2);
}

/* The pseudo header of RFC 9293 3.1 and RFC 8200 8.1; ICMPv4 has none. */
static void add_pseudo(struct sim_csum *c, const struct sim_packet *p, uint32_t len)
{
	unsigned char tail[8];

	if (sim_packet_is_v4(p)) {
		if (p->proto == IPPROTO_ICMP)
			return;
		sim_csum_add(c, p->src.b + 12, 4);
		sim_csum_add(c, p->dst.b + 12, 4);
	} else {
		sim_csum_add(c, p->src.b, 16);
		sim_csum_add(c, p->dst.b, 16);
	}
	put32(tail, len);
	put32(tail + 4, p->proto);
	sim_csum_add(c, tail, sizeof tail);
}

static void add_payload(struct sim_csum *c, const struct sim_bytes *run, uint32_t from)
{
	const unsigned char *piece;
	uint32_t n;

	while ((piece = sim_bytes_piece(run, from, &n)) != NULL) {
		sim_csum_add(c, piece, n);
		from += n;
	}
}

/* ---- transports, to bytes ---- */

static unsigned char *put_timestamps(unsigned char *b, const struct sim_tcp_header *h)
{
	b[0] = OPT_TIMESTAMPS;
	b[1] = LEN_TIMESTAMPS;
	put32(b + 2, h->ts_val);
	put32(b + 6, h->ts_ecr);
	return b + LEN_TIMESTAMPS;
}

static unsigned char *put_nops(unsigned char *b, unsigned num)
{
	memset(b, OPT_NOP, num);
	return b + num;
}

static unsigned char *put_sack_permitted(unsigned char *b)
{
	b[0] = OPT_SACK_PERMITTED;
	b[1] = LEN_SACK_PERMITTED;
	return b + LEN_SACK_PERMITTED;
}

/* The order is Linux's: see sim_tcp_options_len(). */
static void put_tcp_options(unsigned char *b, const struct sim_tcp_header *h)
{
	if (h->options & SIM_TCPOPT_MSS) {
		b[0] = OPT_MSS;
		b[1] = LEN_MSS;
		put16(b + 2, h->mss);
		b += LEN_MSS;
	}
	if (h->options & (SIM_TCPOPT_TIMESTAMPS | SIM_TCPOPT_SACK_PERMITTED)) {
		b = h->options & SIM_TCPOPT_SACK_PERMITTED && h->options & SIM_TCPOPT_TIMESTAMPS
			    ? put_sack_permitted(b)
			    : put_nops(b, 2);
		b = h->options & SIM_TCPOPT_TIMESTAMPS ? put_timestamps(b, h) : put_sack_permitted(b);
	}
	if (h->options & SIM_TCPOPT_WSCALE) {
		b = put_nops(b, 1);
		b[0] = OPT_WSCALE;
		b[1] = LEN_WSCALE;
		b[2] = h->wscale;
		b += LEN_WSCALE;
	}
	if ((h->options & SIM_TCPOPT_SACK) && h->num_sack) {
		b = put_nops(b, 2);
		b[0] = OPT_SACK;
		b[1] = (unsigned char)(2 + 8 * h->num_sack);
		for (unsigned i = 0; i < h->num_sack; i++) {
			put32(b + 2 + 8 * i, h->sack[i].start);
			put32(b + 6 + 8 * i, h->sack[i].end);
		}
	}
}

static size_t put_tcp(const struct sim_packet *p, unsigned char *b)
{
	const struct sim_tcp_header *h = &p->tcp;
	size_t len = SIM_TCP_HEADER_LEN + sim_tcp_options_len(h);

	SIM_ASSERT(len <= SIM_WIRE_MAX_TRANSPORT_BYTES);
	put16(b, p->sport);
	put16(b + 2, p->dport);
	put32(b + 4, h->seq);
	put32(b + 8, h->ack);
	b[12] = (unsigned char)(len / 4 << 4);
	b[13] = h->flags;
	put16(b + 14, h->window);
	put16(b + 16, 0);
	put16(b + 18, h->urgent);
	put_tcp_options(b + SIM_TCP_HEADER_LEN, h);
	return len;
}

/* Echo's identifier and number, or the flags of neighbour discovery, stand where errors have the MTU. */
static bool has_id(const struct sim_packet *p)
{
	uint8_t type = p->icmp.type;

	if (p->proto == IPPROTO_ICMP)
		return type == SIM_ICMP_ECHO || type == SIM_ICMP_ECHO_REPLY;
	return type == SIM_ICMP6_ECHO || type == SIM_ICMP6_ECHO_REPLY || type == SIM_ICMP6_SOLICITATION ||
	       type == SIM_ICMP6_ADVERTISEMENT;
}

static size_t put_icmp(const struct sim_packet *p, unsigned char *b)
{
	const struct sim_icmp_header *h = &p->icmp;

	memset(b, 0, SIM_ICMP_HEADER_LEN);
	b[0] = h->type;
	b[1] = h->code;
	if (has_id(p)) {
		put16(b + 4, h->id);
		put16(b + 6, h->seq);
	} else {
		put16(b + 6, h->mtu);
	}
	return SIM_ICMP_HEADER_LEN;
}

/* Where the checksum stands in the header of a transport; 0: it has none. */
static size_t csum_offset(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_UDP: return 6;
	case IPPROTO_TCP: return 16;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: return 2;
	default: return 0;
	}
}

size_t sim_wire_emit_transport(const struct sim_packet *p, unsigned char *b)
{
	struct sim_csum c = { 0, 0 };
	size_t len, at = csum_offset(p->proto);
	uint16_t sum;

	switch (p->proto) {
	case IPPROTO_UDP:
		len = SIM_UDP_HEADER_LEN;
		put16(b, p->sport);
		put16(b + 2, p->dport);
		put16(b + 4, SIM_UDP_HEADER_LEN + p->payload.len);
		put16(b + 6, 0);
		break;
	case IPPROTO_TCP: len = put_tcp(p, b); break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6: len = put_icmp(p, b); break;
	default: return 0;
	}
	add_pseudo(&c, p, (uint32_t)len + p->payload.len);
	sim_csum_add(&c, b, len);
	add_payload(&c, &p->payload, 0);
	sum = sim_csum_fold(&c);
	if (p->csum == SIM_CSUM_BAD)
		sum ^= sum == 0x0100 ? 0x0200 : 0x0100;
	/* RFC 768: a computed zero is sent as all ones, since zero says that there is none. */
	if (p->proto == IPPROTO_UDP && sum == 0)
		sum = 0xffff;
	put16(b + at, sum);
	return len;
}

/* ---- IP, to bytes ---- */

static size_t put_v4(const struct sim_packet *p, unsigned char *b, uint32_t total)
{
	struct sim_csum c = { 0, 0 };
	uint32_t frag = p->is_fragment ? p->frag_off_bytes / 8u : 0;

	if (p->dont_fragment)
		frag |= V4_DF;
	if (p->more_fragments)
		frag |= V4_MF;
	b[0] = 0x45;
	b[1] = p->tos;
	put16(b + 2, total);
	put16(b + 4, p->ip_id);
	put16(b + 6, frag);
	b[8] = p->ttl;
	b[9] = p->proto;
	put16(b + 10, 0);
	memcpy(b + 12, p->src.b + 12, 4);
	memcpy(b + 16, p->dst.b + 12, 4);
	sim_csum_add(&c, b, SIM_IPV4_HEADER_LEN);
	put16(b + 10, sim_csum_fold(&c));
	return SIM_IPV4_HEADER_LEN;
}

static size_t put_v6(const struct sim_packet *p, unsigned char *b, uint32_t total)
{
	put32(b, 6u << 28 | (uint32_t)p->tos << 20);
	put16(b + 4, total - SIM_IPV6_HEADER_LEN);
	b[6] = p->is_fragment ? PROTO_V6_FRAGMENT : p->proto;
	b[7] = p->ttl;
	memcpy(b + 8, p->src.b, 16);
	memcpy(b + 24, p->dst.b, 16);
	if (!p->is_fragment)
		return SIM_IPV6_HEADER_LEN;
	b[40] = p->proto;
	b[41] = 0;
	put16(b + 42, p->frag_off_bytes | (p->more_fragments ? 1u : 0u));
	put32(b + 44, p->ip_id);
	return SIM_IPV6_HEADER_LEN + SIM_IPV6_FRAGMENT_LEN;
}

size_t sim_wire_emit(const struct sim_packet *p, unsigned char *buf, size_t cap)
{
	uint32_t total = sim_packet_link_len(p);
	size_t len;

	SIM_ASSERT(cap >= total);
	if (p->is_arp) {
		sim_wire_emit_arp(p, buf);
		return total;
	}
	SIM_ASSERT(total <= (sim_packet_is_v4(p) ? 65535u : SIM_IPV6_HEADER_LEN + 65535u));
	len = sim_packet_is_v4(p) ? put_v4(p, buf, total) : put_v6(p, buf, total);
	if (!p->is_fragment)
		len += sim_wire_emit_transport(p, buf + len);
	sim_bytes_read(&p->payload, 0, p->payload.len, buf + len);
	return total;
}

/* ---- ARP ---- */

enum { ARP_ETHERNET = 1, ARP_IPV4 = 0x0800, ARP_SHA = 8, ARP_SPA = 14, ARP_THA = 18, ARP_TPA = 24 };

void sim_wire_emit_arp(const struct sim_packet *p, unsigned char *b)
{
	put16(b, ARP_ETHERNET);
	put16(b + 2, ARP_IPV4);
	b[4] = sizeof p->arp.sha;
	b[5] = 4;
	put16(b + 6, p->arp.op);
	memcpy(b + ARP_SHA, p->arp.sha, sizeof p->arp.sha);
	memcpy(b + ARP_SPA, p->src.b + 12, 4);
	memcpy(b + ARP_THA, p->arp.tha, sizeof p->arp.tha);
	memcpy(b + ARP_TPA, p->dst.b + 12, 4);
}

int sim_wire_parse_arp(const unsigned char *b, size_t len, struct sim_packet *p)
{
	p->payload = (struct sim_bytes){ NULL, 0, 0 };
	if (len < SIM_ARP_LEN || get16(b) != ARP_ETHERNET || get16(b + 2) != ARP_IPV4 ||
	    b[4] != sizeof p->arp.sha || b[5] != 4)
		return -EINVAL;
	p->arp.op = get16(b + 6);
	memcpy(p->arp.sha, b + ARP_SHA, sizeof p->arp.sha);
	memcpy(p->arp.tha, b + ARP_THA, sizeof p->arp.tha);
	p->src = sim_addr_v4(get32(b + ARP_SPA));
	p->dst = sim_addr_v4(get32(b + ARP_TPA));
	return 0;
}

/* ---- transports, from bytes ---- */

static void get_tcp_option(struct sim_tcp_header *h, const unsigned char *b, unsigned len)
{
	switch (b[0]) {
	case OPT_MSS:
		if (len != LEN_MSS)
			return;
		h->options |= SIM_TCPOPT_MSS;
		h->mss = get16(b + 2);
		return;
	case OPT_WSCALE:
		if (len != LEN_WSCALE)
			return;
		h->options |= SIM_TCPOPT_WSCALE;
		h->wscale = b[2];
		return;
	case OPT_SACK_PERMITTED:
		if (len == LEN_SACK_PERMITTED)
			h->options |= SIM_TCPOPT_SACK_PERMITTED;
		return;
	case OPT_TIMESTAMPS:
		if (len != LEN_TIMESTAMPS)
			return;
		h->options |= SIM_TCPOPT_TIMESTAMPS;
		h->ts_val = get32(b + 2);
		h->ts_ecr = get32(b + 6);
		return;
	case OPT_SACK:
		if (len < 10 || (len - 2) % 8 || len > 2 + 8 * 4)
			return;
		h->options |= SIM_TCPOPT_SACK;
		h->num_sack = (uint8_t)((len - 2) / 8);
		for (unsigned i = 0; i < h->num_sack; i++) {
			h->sack[i].start = get32(b + 2 + 8 * i);
			h->sack[i].end = get32(b + 6 + 8 * i);
		}
		return;
	default: return;
	}
}

/* RFC 9293 3.1: an option whose length is impossible ends the list. */
static void get_tcp_options(struct sim_tcp_header *h, const unsigned char *b, size_t len)
{
	while (len && *b != OPT_END) {
		if (*b == OPT_NOP) {
			b++;
			len--;
			continue;
		}
		if (len < 2 || b[1] < 2 || b[1] > len)
			return;
		get_tcp_option(h, b, b[1]);
		len -= b[1];
		b += b[1];
	}
}

static int get_tcp(struct sim_packet *p, const unsigned char *b, uint32_t len, uint32_t *header_len)
{
	struct sim_tcp_header *h = &p->tcp;

	if (len < SIM_TCP_HEADER_LEN)
		return -EINVAL;
	*header_len = (b[12] >> 4) * 4u;
	if (*header_len < SIM_TCP_HEADER_LEN || *header_len > len)
		return -EINVAL;
	p->sport = get16(b);
	p->dport = get16(b + 2);
	memset(h, 0, sizeof *h);
	h->seq = get32(b + 4);
	h->ack = get32(b + 8);
	h->flags = b[13];
	h->window = get16(b + 14);
	h->urgent = get16(b + 18);
	get_tcp_options(h, b + SIM_TCP_HEADER_LEN, *header_len - SIM_TCP_HEADER_LEN);
	/* Packed tighter than Linux packs them there may be more than we could send on. */
	while (sim_tcp_options_len(h) > SIM_WIRE_MAX_TRANSPORT_BYTES - SIM_TCP_HEADER_LEN)
		h->num_sack--;
	return 0;
}

static int get_udp(struct sim_arena *a, struct sim_packet *p, const unsigned char *b, uint32_t len)
{
	uint32_t udp_len;

	if (len < SIM_UDP_HEADER_LEN)
		return -EINVAL;
	udp_len = get16(b + 4);
	if (udp_len < SIM_UDP_HEADER_LEN || udp_len > len)
		return -EINVAL;
	p->sport = get16(b);
	p->dport = get16(b + 2);
	sim_bytes_trim_back(a, &p->payload, len - udp_len);
	return 0;
}

static int get_icmp(struct sim_packet *p, const unsigned char *b, uint32_t len)
{
	struct sim_icmp_header *h = &p->icmp;

	if (len < SIM_ICMP_HEADER_LEN)
		return -EINVAL;
	memset(h, 0, sizeof *h);
	h->type = b[0];
	h->code = b[1];
	if (has_id(p)) {
		h->id = get16(b + 4);
		h->seq = get16(b + 6);
	} else {
		h->mtu = get16(b + 6);
	}
	return 0;
}

/* Over all of the payload as it stands, header included: 0 folds to right. */
static bool csum_is_right(const struct sim_packet *p, const unsigned char *header)
{
	struct sim_csum c = { 0, 0 };

	if (p->proto == IPPROTO_UDP && get16(header + 6) == 0)
		return sim_packet_is_v4(p); /* RFC 768: none; RFC 8200 8.1: not allowed */
	add_pseudo(&c, p, p->payload.len);
	add_payload(&c, &p->payload, 0);
	return sim_csum_fold(&c) == 0;
}

int sim_wire_parse_transport(struct sim_arena *a, struct sim_packet *p)
{
	unsigned char header[SIM_WIRE_MAX_TRANSPORT_BYTES];
	uint32_t len = p->payload.len, header_len = SIM_UDP_HEADER_LEN;
	int err = 0;

	p->csum = SIM_CSUM_GOOD;
	if (!csum_offset(p->proto))
		return 0;
	memset(header, 0, sizeof header);
	sim_bytes_read(&p->payload, 0, len < sizeof header ? len : (uint32_t)sizeof header, header);
	switch (p->proto) {
	case IPPROTO_UDP: err = get_udp(a, p, header, len); break;
	case IPPROTO_TCP: err = get_tcp(p, header, len, &header_len); break;
	default:
		header_len = SIM_ICMP_HEADER_LEN;
		err = get_icmp(p, header, len);
		break;
	}
	if (err)
		return err;
	if (!csum_is_right(p, header))
		p->csum = SIM_CSUM_BAD;
	sim_bytes_trim_front(a, &p->payload, header_len);
	if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6)
		sim_wire_parse_quoted(p);
	return 0;
}

/* ---- IP, from bytes ---- */

/* Where things stand in an IP header. */
struct layout {
	uint32_t header_len; /* all of it, with options and extension headers */
	uint32_t total_len;
};

static int get_v4(const unsigned char *b, size_t len, struct sim_packet *p, struct layout *l)
{
	uint32_t frag;

	if (len < SIM_IPV4_HEADER_LEN)
		return -EINVAL;
	l->header_len = (b[0] & 0x0f) * 4u;
	l->total_len = get16(b + 2);
	if (l->header_len < SIM_IPV4_HEADER_LEN || l->header_len > l->total_len || l->total_len > len)
		return -EINVAL;
	p->src = sim_addr_v4(get32(b + 12));
	p->dst = sim_addr_v4(get32(b + 16));
	p->tos = b[1];
	p->ip_id = get16(b + 4);
	frag = get16(b + 6);
	p->dont_fragment = (frag & V4_DF) != 0;
	p->more_fragments = (frag & V4_MF) != 0;
	p->frag_off_bytes = (uint16_t)((frag & V4_OFFSET_MASK) * 8);
	p->is_fragment = p->more_fragments || p->frag_off_bytes;
	p->ttl = b[8];
	p->proto = b[9];
	return 0;
}

static bool v4_csum_is_right(const unsigned char *b, const struct layout *l)
{
	struct sim_csum c = { 0, 0 };

	sim_csum_add(&c, b, l->header_len);
	return sim_csum_fold(&c) == 0;
}

static int get_v6(const unsigned char *b, size_t len, struct sim_packet *p, struct layout *l)
{
	if (len < SIM_IPV6_HEADER_LEN)
		return -EINVAL;
	l->header_len = SIM_IPV6_HEADER_LEN;
	l->total_len = SIM_IPV6_HEADER_LEN + (uint32_t)get16(b + 4);
	if (l->total_len > len)
		return -EINVAL;
	memcpy(p->src.b, b + 8, 16);
	memcpy(p->dst.b, b + 24, 16);
	if (sim_addr_is_v4(p->src) || sim_addr_is_v4(p->dst))
		return -EINVAL; /* RFC 4291 2.5.5.2: mapped addresses never stand on a wire */
	p->tos = (uint8_t)(get32(b) >> 20);
	p->ttl = b[7];
	p->proto = b[6];
	p->ip_id = 0;
	p->dont_fragment = p->more_fragments = p->is_fragment = false;
	p->frag_off_bytes = 0;
	if (p->proto != PROTO_V6_FRAGMENT)
		return 0;
	l->header_len += SIM_IPV6_FRAGMENT_LEN;
	if (l->header_len > l->total_len)
		return -EINVAL;
	p->proto = b[40];
	if (p->proto == PROTO_V6_FRAGMENT)
		return -EINVAL;
	p->more_fragments = b[43] & 1;
	p->frag_off_bytes = (uint16_t)(get16(b + 42) & ~7u);
	p->ip_id = get32(b + 44);
	p->is_fragment = p->more_fragments || p->frag_off_bytes; /* RFC 6946: an atomic one is whole */
	return 0;
}

/* The ports of a first fragment, for who wants to know whose it is. */
static void get_fragment_ports(struct sim_packet *p, const unsigned char *b, uint32_t len)
{
	p->l4_len_bytes = 0;
	p->sport = p->dport = 0;
	p->csum = SIM_CSUM_GOOD;
	if (p->frag_off_bytes || len < SIM_UDP_HEADER_LEN ||
	    (p->proto != IPPROTO_UDP && p->proto != IPPROTO_TCP))
		return;
	p->sport = get16(b);
	p->dport = get16(b + 2);
	p->l4_len_bytes = p->proto == IPPROTO_UDP ? SIM_UDP_HEADER_LEN : len > 12 ? (b[12] >> 4) * 4u : 0;
}

int sim_wire_parse(struct sim_arena *a, const unsigned char *buf, size_t len, struct sim_packet *p)
{
	struct sim_slab *tail = NULL;
	struct layout l;
	uint32_t payload_len;
	bool v4;
	int err;

	p->payload = (struct sim_bytes){ NULL, 0, 0 };
	p->l4_len_bytes = 0;
	if (!len)
		return -EINVAL;
	v4 = buf[0] >> 4 == 4;
	if (!v4 && buf[0] >> 4 != 6)
		return -EINVAL;
	err = v4 ? get_v4(buf, len, p, &l) : get_v6(buf, len, p, &l);
	if (err)
		return err;
	if (v4 && !v4_csum_is_right(buf, &l))
		return -EBADMSG;
	payload_len = l.total_len - l.header_len;
	p->sport = p->dport = 0;
	if (payload_len && sim_bytes_append_raw(a, &tail, buf + l.header_len, payload_len, &p->payload))
		return -ENOMEM;
	if (p->is_fragment) {
		get_fragment_ports(p, buf + l.header_len, payload_len);
		return 0;
	}
	err = sim_wire_parse_transport(a, p);
	if (err)
		sim_bytes_release(a, &p->payload);
	return err;
}

/* ---- quotations ---- */

static bool is_error(const struct sim_packet *p)
{
	uint8_t type = p->icmp.type;

	if (p->proto == IPPROTO_ICMP)
		return type == SIM_ICMP_UNREACHABLE || type == SIM_ICMP_TIME_EXCEEDED ||
		       type == SIM_ICMP_PARAMETER;
	return p->proto == IPPROTO_ICMPV6 && type && type < SIM_ICMP6_ECHO;
}

void sim_wire_parse_quoted(struct sim_packet *p)
{
	unsigned char b[SIM_IPV6_HEADER_LEN + SIM_IPV6_FRAGMENT_LEN + SIM_TCP_HEADER_LEN];
	struct sim_icmp_header *h = &p->icmp;
	struct sim_packet quoted;
	uint32_t len = p->payload.len < sizeof b ? p->payload.len : (uint32_t)sizeof b, at;

	if (!is_error(p))
		return;
	memset(b, 0, sizeof b);
	sim_bytes_read(&p->payload, 0, len, b);
	if (p->proto == IPPROTO_ICMP) {
		at = (b[0] & 0x0f) * 4u;
		if (len < SIM_IPV4_HEADER_LEN || b[0] >> 4 != 4 || at < SIM_IPV4_HEADER_LEN ||
		    (get16(b + 6) & V4_OFFSET_MASK))
			return;
		quoted.src = sim_addr_v4(get32(b + 12));
		quoted.dst = sim_addr_v4(get32(b + 16));
		quoted.proto = b[9];
	} else {
		at = SIM_IPV6_HEADER_LEN;
		if (len < SIM_IPV6_HEADER_LEN || b[0] >> 4 != 6)
			return;
		memcpy(quoted.src.b, b + 8, 16);
		memcpy(quoted.dst.b, b + 24, 16);
		quoted.proto = b[6];
		if (quoted.proto == PROTO_V6_FRAGMENT) {
			if (get16(b + 42) & ~7u)
				return;
			quoted.proto = b[40];
			at += SIM_IPV6_FRAGMENT_LEN;
		}
	}
	h->quoted_proto = quoted.proto;
	h->quoted_src = quoted.src;
	h->quoted_dst = quoted.dst;
	if (at + 8 > len) /* RFC 792: at least 8 bytes of what was in it */
		return;
	h->quoted_sport = get16(b + at);
	h->quoted_dport = get16(b + at + 2);
	if (quoted.proto == IPPROTO_TCP)
		h->quoted_seq = get32(b + at + 4);
}
