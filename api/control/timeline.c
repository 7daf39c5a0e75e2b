/* SPDX-License-Identifier: MIT */
/*
 * The time line: calls, packets, states, signals and tasks on one scale of virtual time, a line a record, as
 * they come. Packets as tcpdump(8) spells them, with sequence numbers counted from the first of their stream.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

#include "api/calls/calls.h"
#include "api/control/control.h"
#include "api/libc/libc.h"
#include "api/pcap/pcap.h"
#include "api/simsock.h"
#include "sim/base/names.h"
#include "sim/ip/neighbour.h"
#include "sim/link/link.h"
#include "sim/packet/packet.h"
#include "sim/tcp/conn.h"

enum { TIME_COLUMN = 11, HOST_COLUMN = 8 };

/* ---- packets ---- */

/* What a stream's numbers are counted from: that of its SYN, else of the first packet seen. */
static uint32_t *isn_of(struct sim_control *c, struct sim_addr src, uint16_t sport, struct sim_addr dst,
			uint16_t dport, bool syn, uint32_t seq)
{
	struct sim_isn *i;

	for (unsigned n = 0; n < c->num_isns && n < SIM_CONTROL_ISNS; n++) {
		i = &c->isns[n];
		if (i->sport == sport && i->dport == dport && sim_addr_equal(i->src, src) &&
		    sim_addr_equal(i->dst, dst)) {
			if (syn)
				i->isn = seq;
			return &i->isn;
		}
	}
	i = &c->isns[c->num_isns++ % SIM_CONTROL_ISNS];
	*i = (struct sim_isn){ src, dst, sport, dport, syn ? seq : seq - 1 };
	return &i->isn;
}

static void add_flags(struct sim_str *out, uint8_t flags)
{
	static const struct {
		uint8_t flag;
		char letter;
	} letters[] = {
		{ SIM_TCP_FIN, 'F' }, { SIM_TCP_SYN, 'S' }, { SIM_TCP_RST, 'R' }, { SIM_TCP_PSH, 'P' },
		{ SIM_TCP_URG, 'U' }, { SIM_TCP_ECE, 'E' }, { SIM_TCP_CWR, 'W' }, { SIM_TCP_ACK, '.' },
	};

	sim_str_add(out, " [");
	for (unsigned i = 0; i < sizeof letters / sizeof letters[0]; i++)
		if (flags & letters[i].flag)
			sim_str_printf(out, "%c", letters[i].letter);
	sim_str_add(out, "]");
}

static void add_tcp(struct sim_control *c, struct sim_str *out, const struct sim_packet *p)
{
	const struct sim_tcp_header *h = &p->tcp;
	bool syn = (h->flags & SIM_TCP_SYN) != 0;
	uint32_t seq = h->seq - *isn_of(c, p->src, p->sport, p->dst, p->dport, syn, h->seq);
	uint32_t len = p->payload.len;

	sim_str_printf(out, "TCP %u > %u", p->sport, p->dport);
	add_flags(out, h->flags);
	if (len)
		sim_str_printf(out, " seq %" PRIu32 ":%" PRIu32, seq, seq + len);
	else if (h->flags & (SIM_TCP_SYN | SIM_TCP_FIN | SIM_TCP_RST))
		sim_str_printf(out, " seq %" PRIu32, seq);
	if (h->flags & SIM_TCP_ACK)
		sim_str_printf(out, " ack %" PRIu32,
			       h->ack - *isn_of(c, p->dst, p->dport, p->src, p->sport, false, h->ack));
	sim_str_printf(out, " win %u", h->window);
	if (h->flags & SIM_TCP_URG)
		sim_str_printf(out, " urg %u", h->urgent);
	if (h->options & SIM_TCPOPT_MSS)
		sim_str_printf(out, " mss %u", h->mss);
	if (h->options & SIM_TCPOPT_WSCALE)
		sim_str_printf(out, " wscale %u", h->wscale);
	sim_str_printf(out, " len %" PRIu32, len);
}

static void add_hwaddr(struct sim_str *out, const uint8_t b[6])
{
	sim_str_printf(out, "%02x:%02x:%02x:%02x:%02x:%02x", b[0], b[1], b[2], b[3], b[4], b[5]);
}

static void add_arp(struct sim_str *out, const struct sim_packet *p)
{
	char target[64], sender[64];

	sim_addr_format(p->dst, target);
	sim_addr_format(p->src, sender);
	if (p->arp.op == SIM_ARP_REQUEST) {
		sim_str_printf(out, "ARP who-has %s tell %s%s", target, sender,
			       p->broadcast ? "" : " (unicast)");
		return;
	}
	sim_str_printf(out, "ARP reply %s is-at ", sender);
	add_hwaddr(out, p->arp.sha);
}

/* RFC 4861: whom a solicitation or an advertisement is about stands in what they carry. */
static void add_discovery(struct sim_str *out, const struct sim_packet *p)
{
	bool asks = p->icmp.type == SIM_ICMP6_SOLICITATION;
	struct sim_addr target;
	char text[64];

	if (p->proto != IPPROTO_ICMPV6 || p->payload.len < sizeof target.b ||
	    (!asks && p->icmp.type != SIM_ICMP6_ADVERTISEMENT))
		return;
	sim_bytes_read(&p->payload, 0, sizeof target.b, target.b);
	sim_str_printf(out, ", %s %s%s", asks ? "who has" : "here is", sim_addr_format(target, text),
		       asks && !p->broadcast ? " (unicast)" : "");
}

void sim_render_packet(struct sim_control *c, struct sim_str *out, const struct sim_packet *p)
{
	if (p->is_fragment && p->frag_off_bytes) {
		sim_str_printf(out, "IP fragment at %u len %" PRIu32 "%s", p->frag_off_bytes, p->payload.len,
			       p->more_fragments ? "+" : "");
		return;
	}
	if (p->is_arp) {
		add_arp(out, p);
		return;
	}
	switch (p->proto) {
	case IPPROTO_TCP: add_tcp(c, out, p); break;
	case IPPROTO_UDP:
		sim_str_printf(out, "UDP %u > %u len %" PRIu32, p->sport, p->dport, p->payload.len);
		break;
	case IPPROTO_ICMP:
	case IPPROTO_ICMPV6:
		sim_str_printf(out, "ICMP%s type %u code %u", p->proto == IPPROTO_ICMP ? "" : "v6",
			       p->icmp.type, p->icmp.code);
		add_discovery(out, p);
		break;
	default: sim_str_printf(out, "IP protocol %u len %" PRIu32, p->proto, p->payload.len);
	}
	if (p->is_fragment)
		sim_str_add(out, " (first fragment)");
}

static void add_end(struct sim_control *c, struct sim_str *out, struct sim_addr a, const char *self)
{
	struct sim_host *h = sim_world_host_of(c->w, a);
	char buf[64];

	sim_str_add(out, h ? h->net.name : sim_addr_is_loopback(a) ? self : sim_addr_format(a, buf));
}

/* On a way over others: which part of it. */
static void add_hop(struct sim_control *c, struct sim_str *out, const struct sim_packet *p)
{
	struct sim_host *from = sim_world_host_of(c->w, p->src), *to = sim_world_host_of(c->w, p->dst);

	if (!p->wire || p->broadcast || p->is_arp || sim_wire_is_loopback(p->wire) || !from || !to ||
	    (p->wire->from == &from->station && p->wire->to == &to->station))
		return;
	sim_str_printf(out, "   on %s > %s", sim_control_host_name(c, p->wire->from->id),
		       sim_control_host_name(c, p->wire->to->id));
}

static void add_packet_line(struct sim_control *c, struct sim_str *out, const struct sim_trace_rec *r,
			    const struct sim_packet *p)
{
	const char *self = sim_control_host_name(c, r->host);

	sim_str_printf(out, "%*s", HOST_COLUMN, "");
	add_end(c, out, p->src, self);
	sim_str_add(out, " > ");
	if (p->is_arp || (p->broadcast && sim_addr_is_multicast(p->dst)))
		sim_str_add(out, p->wire ? sim_control_host_name(c, p->wire->to->id) : "*");
	else
		add_end(c, out, p->dst, self);
	sim_str_add(out, "  ");
	sim_render_packet(c, out, p);
	add_hop(c, out, p);
	if (r->kind == SIM_TRACE_DROP) {
		sim_str_printf(out, "   DROPPED: %s", sim_drop_name((enum sim_drop)r->arg[5]));
	} else if (r->arg[5]) {
		sim_str_add(out, "   arrives ");
		sim_render_time(out, r->time_ns + (int64_t)r->arg[5]);
	}
}

/* ---- other records ---- */

static void add_state(struct sim_control *c, struct sim_str *out, const struct sim_trace_rec *r)
{
	sim_str_printf(out, "%-*s", HOST_COLUMN, sim_control_host_name(c, r->host));
	sim_str_printf(out, "socket #%u: %s > %s", r->obj, sim_tcp_state_name((unsigned)r->arg[0]),
		       sim_tcp_state_name((unsigned)r->arg[1]));
}

static void add_timer(struct sim_control *c, struct sim_str *out, const struct sim_trace_rec *r)
{
	sim_str_printf(out, "%-*s", HOST_COLUMN, sim_control_host_name(c, r->host));
	sim_str_printf(out, "socket #%u: retransmission timer, %u in a row", r->obj, (unsigned)r->arg[1]);
}

static void add_neighbour(struct sim_control *c, struct sim_str *out, const struct sim_trace_rec *r)
{
	struct sim_addr a;
	char text[64];

	memcpy(a.b, &r->arg[2], sizeof a.b);
	sim_str_printf(out, "%-*s", HOST_COLUMN, sim_control_host_name(c, r->host));
	sim_str_printf(out, "neighbour %s: %s > %s", sim_addr_format(a, text),
		       sim_nud_name((unsigned)r->arg[0]), sim_nud_name((unsigned)r->arg[1]));
}

static void add_signal(struct sim_control *c, struct sim_str *out, const struct sim_trace_rec *r)
{
	static const char *const done[] = { "ignored", "to a handler", "to a handler (SA_RESTART)", "ends it",
					    "blocked" };

	sim_str_printf(out, "%-*s--- ", HOST_COLUMN, sim_control_host_name(c, r->host));
	sim_signal_add(out, (int)r->arg[0]);
	sim_str_printf(out, " --- %s", r->arg[1] < sizeof done / sizeof done[0] ? done[r->arg[1]] : "");
}

static bool add_record(struct sim_control *c, struct sim_str *out, const struct sim_trace_rec *r,
		       const struct sim_packet *p)
{
	char call[SIM_LINE_BYTES];
	struct sim_str s = sim_str_on(call, sizeof call);
	size_t host;

	switch (r->kind) {
	case SIM_TRACE_CALL:
		if (sim_control_is_builtin(c, (uint32_t)(r->arg[0] >> 32)) && !r->arg[4])
			return false; /* how a scripted peer sets itself up */
		sim_render_call(c, &s, c->w->ctx.trace.num_written - 1, r);
		host = strcspn(call, " ");
		sim_str_printf(out, "%-*.*s%s", HOST_COLUMN, (int)host, call, call + host + 1);
		return true;
	case SIM_TRACE_SEND:
	case SIM_TRACE_DROP:
		if (p)
			add_packet_line(c, out, r, p);
		return p != NULL;
	case SIM_TRACE_STATE: add_state(c, out, r); return true;
	case SIM_TRACE_NEIGH: add_neighbour(c, out, r); return true;
	case SIM_TRACE_TIMER:
		if (r->arg[0] != SIM_TIMER_TCP_RETRANSMIT)
			return false;
		add_timer(c, out, r);
		return true;
	case SIM_TRACE_SIGNAL: add_signal(c, out, r); return true;
	default: return false;
	}
}

static void print_record(struct sim_control *c, const struct sim_trace_rec *r, const struct sim_packet *p)
{
	char line[SIM_LINE_BYTES], when[32];
	struct sim_str out = sim_str_on(line, sizeof line), t = sim_str_on(when, sizeof when);

	sim_render_time(&t, r->time_ns);
	sim_str_printf(&out, "%-*s ", TIME_COLUMN, when);
	if (!add_record(c, &out, r, p))
		return;
	fprintf(c->trace, "%s\n", line);
}

/* ---- the sink ---- */

static void keep_why(struct sim_control *c, const struct sim_trace_rec *r)
{
	uint64_t n = c->w->ctx.trace.num_written - 1;
	struct sim_control_why *slot = &c->whys[n % SIM_CONTROL_WHYS];

	slot->rec = n + 1;
	slot->why = c->w->sched.current->why;
	(void)r;
}

static void on_record(void *ctx, const struct sim_trace_rec *r, const struct sim_packet *p)
{
	struct sim_control *c = ctx;

	if (r->kind == SIM_TRACE_CALL) {
		if (r->obj && (int)(uint32_t)r->arg[3] >= 0 &&
		    !sim_control_is_builtin(c, (uint32_t)(r->arg[0] >> 32)))
			sim_control_saw_fd(c, (int)(uint32_t)r->arg[3], r->obj);
		if ((int64_t)r->arg[4] < 0 || r->arg[5] >> 32)
			keep_why(c, r);
	} else if (r->kind == SIM_TRACE_STATE && r->arg[1] == SIM_TCP_ESTABLISHED) {
		sim_control_sock_connected(c, r->obj);
	} else if (r->kind == SIM_TRACE_SOCKET && r->arg[0] == SIM_TRACE_ENDED) {
		struct sim_sock *sk = sim_world_find_sock(c->w, r->obj);

		if (sk)
			sim_control_sock_gone(c, sk);
	}
	if (c->trace)
		print_record(c, r, p);
}

void sim_control_collect(struct sim_control *c)
{
	if (c->sink_attached)
		return;
	c->whys = calloc(SIM_CONTROL_WHYS, sizeof *c->whys);
	if (!c->whys)
		sim_control_fail("out of memory");
	if (sim_trace_attach(&c->w->ctx.trace, on_record, c))
		sim_control_fail("too many sinks look at the trace");
	c->sink_attached = true;
}

static void close_trace(struct sim_control *c)
{
	if (!c->trace)
		return;
	fflush(c->trace);
	if (c->trace != stdout)
		sim_libc_fclose_high(c->trace);
	c->trace = NULL;
}

void sim_control_trace_to(struct sim_control *c, const char *path, bool append)
{
	close_trace(c);
	if (!path)
		return;
	sim_control_collect(c);
	c->trace = strcmp(path, "-") ? sim_libc_fopen_high(path, append ? "a" : "w") : stdout;
	if (!c->trace)
		sim_control_fail("sim_trace: %s: %s", path, strerror(errno));
}

void(sim_trace)(const char *path)
{
	sim_control_trace_to(sim_control_current("sim_trace"), path, false);
}

/* ---- captures ---- */

static void close_pcap(struct sim_control *c)
{
	int err = sim_pcap_close(c->pcap);

	c->pcap = NULL;
	if (err)
		fprintf(stderr, "simsock: the capture is not whole: %s\n", strerror(-err));
}

void sim_control_pcap_to(struct sim_control *c, const char *path)
{
	int err;

	close_pcap(c);
	if (!path)
		return;
	err = sim_pcap_open(&c->pcap, &c->w->ctx.trace, path);
	if (err)
		sim_control_fail("sim_pcap: %s: %s", path, strerror(-err));
}

void(sim_pcap)(const char *path)
{
	sim_control_pcap_to(sim_control_current("sim_pcap"), path);
}

void sim_control_flush_files(struct sim_control *c)
{
	if (c->trace && !ftrylockfile(c->trace)) {
		fflush(c->trace);
		funlockfile(c->trace);
	}
	sim_pcap_flush(c->pcap);
}

void sim_control_close_files(struct sim_control *c)
{
	close_trace(c);
	close_pcap(c);
}

uint64_t sim_trace_hash(void)
{
	struct sim_trace *t = &sim_control_current("sim_trace_hash")->w->ctx.trace;

	if (!t->hashing)
		sim_trace_hash_start(t);
	return t->hash;
}
