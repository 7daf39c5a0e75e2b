/* SPDX-License-Identifier: MIT */
/*
 * Datagrams from fragments: RFC 791 3.2, RFC 8200 4.5. As Linux has it, fragments that overlap without being
 * the same lose the whole datagram (RFC 5722, for IPv4 too).
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/ip/ip_internal.h"
#include "sim/packet/wire.h"

enum {
	MAX_DATAGRAM_BYTES = 65535,
	MAX_HELD_BYTES = 4 << 20, /* net.ipv4.ipfrag_high_thresh */
};

#define V6_TIMEOUT_NS (60 * SIM_NS_PER_S) /* net.ipv6.ip6frag_time */

struct datagram {
	struct sim_list node;
	struct sim_addr src, dst;
	uint32_t id;
	uint8_t proto;
	bool last_seen;
	int64_t expires_ns;
	uint32_t total_bytes; /* once the last has come */
	uint32_t held_bytes;
	struct sim_packet *parts; /* in order of their offsets */
};

static struct datagram *find(struct sim_ip *ip, const struct sim_packet *p)
{
	struct sim_list *node;

	sim_list_each(node, &ip->reassembly) {
		struct datagram *d = sim_container_of(node, struct datagram, node);

		if (d->id == p->ip_id && d->proto == p->proto && sim_addr_equal(d->src, p->src) &&
		    sim_addr_equal(d->dst, p->dst))
			return d;
	}
	return NULL;
}

/* Sets the one timer for the datagram that expires first. */
static int set_timer(struct sim_ip *ip)
{
	struct sim_timer *t = &ip->reassembly_timer;
	struct sim_clock *c = &sim_ip_ctx(ip)->clock;
	int64_t first_ns = SIM_NEVER_NS;
	struct sim_list *node;

	sim_list_each(node, &ip->reassembly) {
		struct datagram *d = sim_container_of(node, struct datagram, node);

		if (d->expires_ns < first_ns)
			first_ns = d->expires_ns;
	}
	if (first_ns == SIM_NEVER_NS) {
		sim_timer_cancel(c, t);
		return 0;
	}
	return first_ns == t->due_ns ? 0 : sim_timer_set(c, t, first_ns);
}

static void datagram_free(struct sim_ip *ip, struct datagram *d)
{
	sim_list_remove(&d->node);
	ip->num_reassembly_bytes -= d->held_bytes;
	sim_arena_free(sim_ip_arena(ip), d, sizeof *d);
}

static void drop_all(struct sim_ip *ip, struct datagram *d, enum sim_drop why)
{
	struct sim_packet *p;

	while ((p = d->parts) != NULL) {
		d->parts = p->next;
		sim_ip_drop(ip, p, why);
	}
	datagram_free(ip, d);
}

static struct datagram *datagram_new(struct sim_ip *ip, const struct sim_packet *p)
{
	struct datagram *d = sim_arena_alloc(sim_ip_arena(ip), sizeof *d);
	bool v4 = sim_packet_is_v4(p);

	if (!d)
		return NULL;
	d->src = p->src;
	d->dst = p->dst;
	d->id = p->ip_id;
	d->proto = p->proto;
	d->expires_ns =
		sim_now(sim_ip_ctx(ip)) + (v4 ? ip->net->sysctl.ipfrag_time * SIM_NS_PER_S : V6_TIMEOUT_NS);
	sim_list_append(&ip->reassembly, &d->node);
	if (set_timer(ip)) {
		datagram_free(ip, d);
		return NULL;
	}
	return d;
}

enum placing { PLACED, DUPLICATE, OVERLAP };

static enum placing place(struct datagram *d, struct sim_packet *p)
{
	uint32_t from = p->frag_off_bytes, to = from + p->payload.len;
	struct sim_packet **at = &d->parts;

	if (d->last_seen && (to > d->total_bytes || (!p->more_fragments && to != d->total_bytes)))
		return OVERLAP;
	while (*at && (*at)->frag_off_bytes < from) {
		if ((uint32_t)(*at)->frag_off_bytes + (*at)->payload.len > from)
			return OVERLAP;
		at = &(*at)->next;
	}
	if (*at && (*at)->frag_off_bytes < to)
		return (*at)->frag_off_bytes == from && (*at)->payload.len == p->payload.len ? DUPLICATE
											     : OVERLAP;
	if (!p->more_fragments && *at)
		return OVERLAP; /* something lies behind what says to be the last */
	p->next = *at;
	*at = p;
	return PLACED;
}

/* All of the parts as one run. */
static int join(struct sim_ip *ip, const struct datagram *d, struct sim_bytes *run)
{
	struct sim_arena *a = sim_ip_arena(ip);
	struct sim_slab *tail = NULL;
	struct sim_bytes piece;

	*run = (struct sim_bytes){ NULL, 0, 0 };
	for (const struct sim_packet *p = d->parts; p; p = p->next) {
		const unsigned char *data;
		uint32_t done = 0, n;

		for (; (data = sim_bytes_piece(&p->payload, done, &n)) != NULL; done += n) {
			if (sim_bytes_append_raw(a, &tail, data, n, &piece)) {
				sim_bytes_release(a, run);
				return -ENOMEM;
			}
			if (run->slab)
				sim_bytes_release(a, &piece);
			else
				*run = (struct sim_bytes){ piece.slab, piece.off, 0 };
			run->len += n;
		}
	}
	return 0;
}

/* The first part becomes the datagram; the others go. */
static struct sim_packet *complete(struct sim_ip *ip, struct datagram *d)
{
	struct sim_arena *a = sim_ip_arena(ip);
	struct sim_packet *whole = d->parts, *p;
	struct sim_bytes run;
	uint32_t truesize = 0;

	if (join(ip, d, &run)) {
		drop_all(ip, d, SIM_DROP_NO_MEMORY);
		return NULL;
	}
	for (p = d->parts; p; p = p->next)
		truesize += sim_ip_truesize(p->payload.len - (p->frag_off_bytes ? 0 : p->l4_len_bytes),
					    sim_packet_is_v4(p));
	while ((p = whole->next) != NULL) {
		whole->next = p->next;
		sim_packet_free(a, p);
	}
	datagram_free(ip, d);
	set_timer(ip);
	sim_bytes_release(a, &whole->payload);
	whole->payload = run;
	whole->is_fragment = whole->more_fragments = false;
	whole->truesize_bytes = truesize;
	if (sim_wire_parse_transport(a, whole)) {
		sim_ip_drop(ip, whole, SIM_DROP_MALFORMED);
		return NULL;
	}
	return whole;
}

static bool is_malformed(const struct sim_packet *p)
{
	return !p->payload.len || (p->more_fragments && p->payload.len % 8) ||
	       p->frag_off_bytes + p->payload.len > MAX_DATAGRAM_BYTES;
}

struct sim_packet *sim_reassemble(struct sim_ip *ip, struct sim_packet *p)
{
	struct datagram *d;

	if (is_malformed(p)) {
		sim_ip_drop(ip, p, SIM_DROP_MALFORMED);
		return NULL;
	}
	d = find(ip, p);
	if (ip->num_reassembly_bytes + p->payload.len > MAX_HELD_BYTES ||
	    (!d && !(d = datagram_new(ip, p)))) {
		sim_ip_drop(ip, p, SIM_DROP_REASSEMBLY);
		return NULL;
	}
	switch (place(d, p)) {
	case DUPLICATE: sim_ip_drop(ip, p, SIM_DROP_REASSEMBLY); return NULL;
	case OVERLAP:
		sim_ip_drop(ip, p, SIM_DROP_REASSEMBLY);
		drop_all(ip, d, SIM_DROP_REASSEMBLY);
		set_timer(ip);
		return NULL;
	default: break;
	}
	d->held_bytes += p->payload.len;
	ip->num_reassembly_bytes += p->payload.len;
	if (!p->more_fragments) {
		d->last_seen = true;
		d->total_bytes = p->frag_off_bytes + p->payload.len;
	}
	return d->last_seen && d->held_bytes == d->total_bytes ? complete(ip, d) : NULL;
}

/* RFC 792, RFC 4443 3.3: told to the sender only if the first fragment has come. */
static void expire(struct sim_ip *ip, struct datagram *d)
{
	const struct sim_packet *first = d->parts;

	if (first && first->frag_off_bytes == 0)
		sim_icmp_send_error(
			ip, first, sim_packet_is_v4(first) ? SIM_ICMP_TIME_EXCEEDED : SIM_ICMP6_TIME_EXCEEDED,
			1, 0);
	drop_all(ip, d, SIM_DROP_REASSEMBLY);
}

void sim_reassembly_fired(struct sim_ip *ip)
{
	int64_t now_ns = sim_now(sim_ip_ctx(ip));
	struct sim_list *node, *following;

	sim_list_each_safe(node, following, &ip->reassembly) {
		struct datagram *d = sim_container_of(node, struct datagram, node);

		if (d->expires_ns <= now_ns)
			expire(ip, d);
	}
	set_timer(ip);
}

void sim_reassembly_free(struct sim_ip *ip)
{
	struct sim_list *first;

	while ((first = sim_list_first(&ip->reassembly)) != NULL) {
		struct datagram *d = sim_container_of(first, struct datagram, node);

		while (d->parts) {
			struct sim_packet *p = d->parts;

			d->parts = p->next;
			sim_packet_free(sim_ip_arena(ip), p);
		}
		datagram_free(ip, d);
	}
}
