/* SPDX-License-Identifier: MIT */
/* From a transport to a wire: identification, fragmentation (RFC 791 3.2, RFC 8200 4.5), broadcasts. */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/base/assert.h"
#include "sim/ip/firewall.h"
#include "sim/ip/ip_internal.h"
#include "sim/ip/neighbour.h"
#include "sim/packet/wire.h"

/*
 * Linux 6.18's allocations for a datagram, as its SO_MEMINFO tells: a head that holds data and overhead, of
 * 576 bytes or a power of two from 1024, or, past 16 KiB, of 576 with the data in pages.
 */
enum {
	TRUESIZE_STRUCT = 256,
	TRUESIZE_SMALL_HEAD = 576,
	TRUESIZE_FIRST_HEAD = 1024,
	TRUESIZE_LAST_HEAD = 16384,
	TRUESIZE_OVERHEAD_V4 = 379,
	TRUESIZE_OVERHEAD_V6 = 392,
};

uint32_t sim_ip_truesize(uint32_t payload_len, bool v4)
{
	uint32_t need = payload_len + (v4 ? TRUESIZE_OVERHEAD_V4 : TRUESIZE_OVERHEAD_V6);

	if (need <= TRUESIZE_SMALL_HEAD)
		return TRUESIZE_STRUCT + TRUESIZE_SMALL_HEAD;
	if (need >= TRUESIZE_LAST_HEAD)
		return TRUESIZE_STRUCT + TRUESIZE_SMALL_HEAD + payload_len;
	if (need <= TRUESIZE_FIRST_HEAD)
		return TRUESIZE_STRUCT + TRUESIZE_FIRST_HEAD;
	return TRUESIZE_STRUCT + (1u << (32 - __builtin_clz(need - 1)));
}

static void set_id(struct sim_ip *ip, struct sim_packet *p)
{
	uint64_t id = sim_rng_next(&ip->id_rng);

	p->ip_id = sim_packet_is_v4(p) ? (uint16_t)id : (uint32_t)id;
}

static int send_one(struct sim_ip *ip, const struct sim_route *r, struct sim_packet *p)
{
	if (__builtin_expect(r->wire != NULL, 1))
		return sim_wire_send(r->wire, p);
	return sim_neigh_output(ip, r, p);
}

static void clone_to_all(struct sim_ip *ip, const struct sim_packet *p)
{
	struct sim_station *self = ip->station;
	struct sim_ctx *ctx = sim_ip_ctx(ip);
	struct sim_list *node;

	sim_list_each(node, &self->fabric->stations) {
		struct sim_station *st = sim_container_of(node, struct sim_station, node);
		struct sim_wire *w = sim_wire_get(self, st);
		struct sim_packet *copy =
			w && st != self ? sim_packet_clone(ctx->arena, &ctx->next_packet_id, p) : NULL;

		if (copy)
			sim_wire_send(w, copy);
	}
}

void sim_ip_send_to_all(struct sim_ip *ip, struct sim_packet *p)
{
	p->broadcast = true;
	p->flow = sim_flow_define(&sim_ip_ctx(ip)->trace, ip->net->host_id, p);
	clone_to_all(ip, p);
	sim_packet_free(sim_ip_arena(ip), p);
}

/* The stations that hear a broadcast: all others, and the sender's own sockets over loopback. */
static int send_broadcast(struct sim_ip *ip, const struct sim_route *r, struct sim_packet *p)
{
	p->broadcast = true;
	if (r->wire)
		return sim_wire_send(r->wire, p);
	clone_to_all(ip, p);
	return sim_wire_send(ip->station->wires, p);
}

/* Bytes [off, off + n) of the IP payload whose transport header is `header`. */
static int cut(struct sim_ip *ip, const struct sim_packet *p, const unsigned char *header,
	       uint32_t header_len, uint32_t off, uint32_t n, struct sim_bytes *out)
{
	struct sim_arena *a = sim_ip_arena(ip);
	struct sim_slab *tail = NULL;
	struct sim_bytes piece;
	uint32_t from_header = off < header_len ? header_len - off : 0, done = 0, len = 0;
	const unsigned char *data;

	if (!from_header) {
		*out = sim_bytes_slice(&p->payload, off - header_len, n);
		return 0;
	}
	if (from_header > n)
		from_header = n;
	if (sim_bytes_append_raw(a, &tail, header + off, from_header, out))
		return -ENOMEM;
	n -= from_header;
	while (done < n) {
		data = sim_bytes_piece(&p->payload, done, &len);
		if (len > n - done)
			len = n - done;
		if (sim_bytes_append_raw(a, &tail, data, len, &piece)) {
			sim_bytes_release(a, out);
			return -ENOMEM;
		}
		sim_bytes_release(a, &piece);
		done += len;
		out->len += len;
	}
	return 0;
}

static struct sim_packet *fragment_new(struct sim_ip *ip, const struct sim_packet *p,
				       const unsigned char *header, uint32_t header_len, uint32_t off,
				       uint32_t n)
{
	struct sim_ctx *ctx = sim_ip_ctx(ip);
	struct sim_packet *f = sim_packet_clone(ctx->arena, &ctx->next_packet_id, p);

	if (!f)
		return NULL;
	sim_bytes_release(ctx->arena, &f->payload);
	if (cut(ip, p, header, header_len, off, n, &f->payload)) {
		sim_packet_free(ctx->arena, f);
		return NULL;
	}
	/* A fragment that is cut again (RFC 791 3.2) begins where it lay. */
	f->is_fragment = true;
	f->frag_off_bytes = (uint16_t)(p->frag_off_bytes + off);
	f->more_fragments = p->more_fragments || off + n < header_len + p->payload.len;
	f->l4_len_bytes = off ? 0 : p->is_fragment ? p->l4_len_bytes : header_len;
	if (off)
		f->sport = f->dport = 0;
	f->csum = SIM_CSUM_GOOD; /* the transport's checksum is bytes now, right or wrong */
	f->truesize_bytes = 0;
	return f;
}

static int send_fragments(struct sim_ip *ip, const struct sim_route *r, struct sim_packet *p)
{
	unsigned char header[SIM_WIRE_MAX_TRANSPORT_BYTES];
	uint32_t header_len = p->is_fragment ? 0 : (uint32_t)sim_wire_emit_transport(p, header),
		 total = header_len + p->payload.len;
	uint32_t room = (r->mtu_bytes - (sim_packet_is_v4(p) ? 20 : 48)) & ~7u, n;
	struct sim_ctx *ctx = sim_ip_ctx(ip);
	int result = 0, err;

	if (!p->flow)
		p->flow = sim_flow_define(&ctx->trace, ip->net->host_id, p);
	for (uint32_t off = 0; off < total; off += n) {
		struct sim_packet *f;

		n = total - off < room ? total - off : room;
		f = fragment_new(ip, p, header, header_len, off, n);
		if (!f) {
			result = -ENOBUFS;
			break;
		}
		if (off + n == total) { /* the last to leave ends the charge of all */
			f->charged_to = p->charged_to;
			p->charged_to = NULL;
		}
		err = r->broadcast ? send_broadcast(ip, r, f) : send_one(ip, r, f);
		if (err)
			result = err;
	}
	if (p->charged_to)
		sim_station_departed(ip->station, p);
	sim_packet_free(ctx->arena, p);
	return result;
}

int sim_ip_send(struct sim_ip *ip, const struct sim_route *r, struct sim_packet *p)
{
	bool v4 = sim_packet_is_v4(p);

	p->iface = r->iface;
	if (!p->ttl && !p->ttl_is_zero)
		p->ttl = (uint8_t)(v4 ? ip->net->sysctl.ip_default_ttl : ip->net->sysctl.ip6_hop_limit);
	if (__builtin_expect(ip->firewall != NULL, 0) && sim_firewall_ask(ip, SIM_FW_OUTPUT, p)) {
		if (p->charged_to)
			sim_station_departed(ip->station, p);
		sim_ip_drop(ip, p, SIM_DROP_FIREWALL);
		return -EPERM;
	}
	if (__builtin_expect(sim_packet_ip_len(p) > r->mtu_bytes, 0)) {
		if (!p->dont_fragment) {
			set_id(ip, p);
			return send_fragments(ip, r, p);
		}
		if (p->charged_to)
			sim_station_departed(ip->station, p);
		sim_ip_drop(ip, p, SIM_DROP_TOO_BIG);
		return -EMSGSIZE;
	}
	if (v4 && !p->dont_fragment)
		set_id(ip, p); /* RFC 6864: one that can't be fragmented needs none */
	return __builtin_expect(r->broadcast, 0) ? send_broadcast(ip, r, p) : send_one(ip, r, p);
}

int sim_ip_send_on(struct sim_ip *ip, const struct sim_route *r, struct sim_packet *p)
{
	p->iface = r->iface;
	return sim_packet_ip_len(p) > r->mtu_bytes ? send_fragments(ip, r, p) : send_one(ip, r, p);
}
