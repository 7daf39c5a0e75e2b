/* SPDX-License-Identifier: MIT */
/* Packets as structures, and their records in the trace: see packet.h. Knows no byte order and no checksum
 * (wire.c). */
#include "sim/packet/packet.h"

#include <netinet/in.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/clock/clock.h"

/* Zeroed in steps that become a few wide stores: a call of memset, or rep stos, takes longer than all of
 * them. */
enum { ZERO_STEP = 64, NUM_ZEROED = offsetof(struct sim_packet, tcp.sack) };

_Static_assert(NUM_ZEROED > 2 * ZERO_STEP && NUM_ZEROED <= 3 * ZERO_STEP, "three steps");

struct sim_packet *sim_packet_new(struct sim_arena *a, uint64_t *next_id)
{
	struct sim_packet *p = sim_arena_alloc_raw(a, sizeof *p);
	unsigned char *bytes = (void *)p;

	if (!p)
		return NULL;
	memset(bytes, 0, ZERO_STEP);
	memset(bytes + ZERO_STEP, 0, ZERO_STEP);
	memset(bytes + 2 * ZERO_STEP, 0, NUM_ZEROED - 2 * ZERO_STEP);
	p->id = ++*next_id;
	return p;
}

struct sim_packet *sim_packet_clone(struct sim_arena *a, uint64_t *next_id, const struct sim_packet *from)
{
	struct sim_packet *p = sim_arena_alloc_raw(a, sizeof *p);

	if (!p)
		return NULL;
	memcpy(p, from, sizeof *p);
	p->next = NULL;
	p->charged_to = NULL;
	p->id = ++*next_id;
	if (p->payload.slab)
		sim_slab_ref(p->payload.slab);
	return p;
}

void sim_packet_free(struct sim_arena *a, struct sim_packet *p)
{
	if (!p)
		return;
	if (p->payload.slab)
		sim_slab_unref(a, p->payload.slab);
	sim_arena_free(a, p, sizeof *p);
}

void sim_packet_queue_free(struct sim_packet_queue *q, struct sim_arena *a)
{
	struct sim_packet *p;

	while ((p = sim_packet_queue_pop(q)) != NULL)
		sim_packet_free(a, p);
}

/*
 * As Linux lays them out: a SYN has mss, sackOK and timestamps, nop and wscale, where sackOK takes the place
 * of the timestamps' two nops; a later segment has nop nop timestamps, nop nop sack.
 */
uint32_t sim_tcp_options_len(const struct sim_tcp_header *h)
{
	uint32_t len = 0;

	if (h->options & SIM_TCPOPT_MSS)
		len += 4;
	if (h->options & SIM_TCPOPT_TIMESTAMPS)
		len += 12;
	else if (h->options & SIM_TCPOPT_SACK_PERMITTED)
		len += 4;
	if (h->options & SIM_TCPOPT_WSCALE)
		len += 4;
	if ((h->options & SIM_TCPOPT_SACK) && h->num_sack)
		len += 4 + 8 * (uint32_t)h->num_sack;
	return len;
}

uint32_t sim_flow_define(struct sim_trace *t, uint16_t host, const struct sim_packet *p)
{
	uint32_t flow = ++t->next_flow;
	struct sim_trace_rec *r = sim_trace_open(t, t->clock->now_ns, SIM_TRACE_FLOW, host, flow);

	memcpy(&r->arg[0], p->src.b, sizeof p->src);
	memcpy(&r->arg[2], p->dst.b, sizeof p->dst);
	r->arg[4] = (uint64_t)p->proto | (uint64_t)p->sport << 16 | (uint64_t)p->dport << 32;
	if (p->is_arp)
		r->arg[4] |= SIM_FLOW_IS_ARP;
	r->arg[5] = 0;
	sim_trace_commit(t, r, NULL);
	return flow;
}

void sim_packet_trace(struct sim_trace *t, enum sim_trace_kind kind, uint16_t host, struct sim_packet *p,
		      uint64_t extra)
{
	uint64_t flags = 0, place = 0, window = 0;
	struct sim_trace_rec *r;

	if (__builtin_expect(!p->flow, 0))
		p->flow = sim_flow_define(t, host, p);
	if (__builtin_expect(p->is_fragment, 0)) {
		place = p->frag_off_bytes | (uint64_t)p->more_fragments << 32;
	} else if (p->proto == IPPROTO_TCP) {
		flags = p->tcp.flags;
		place = (uint64_t)p->tcp.seq | (uint64_t)p->tcp.ack << 32;
		window = p->tcp.window | (uint64_t)p->tcp.urgent << 16;
	} else if (p->proto == IPPROTO_ICMP || p->proto == IPPROTO_ICMPV6) {
		flags = p->icmp.type;
		place = p->icmp.code;
	} else if (__builtin_expect(p->is_arp, 0)) {
		flags = p->arp.op;
	}
	r = sim_trace_open(t, t->clock->now_ns, kind, host, p->flow);
	r->arg[0] = p->id;
	r->arg[1] = (uint64_t)p->proto | flags << 8 | (uint64_t)p->payload.len << 32;
	r->arg[2] = place;
	r->arg[3] = window | (uint64_t)p->iface << 32;
	r->arg[4] = __builtin_expect(t->want_digest, 0) ? sim_bytes_digest(&p->payload) : 0;
	r->arg[5] = extra;
	if (__builtin_expect(kind == SIM_TRACE_DROP, 0))
		t->dropped_by[extra]++;
	sim_trace_commit(t, r, p);
}
