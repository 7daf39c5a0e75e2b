/* SPDX-License-Identifier: MIT */
/*
 * What has arrived: the queue of bytes in order, and those that came too early (RFC 9293 3.10.7.4, seventh).
 * Runs that follow each other in one stream of slabs become one. Owns references to slabs, not packets.
 */
#include "sim/tcp/machine.h"

static uint32_t charge(uint32_t len)
{
	return len + SIM_TCP_SKB_OVERHEAD;
}

/* Remembers the slab in which the last byte lies: it lives as long as that byte is unread. */
static void remember_end(struct sim_tcp_conn *c, const struct sim_bytes *b)
{
	struct sim_slab *s = b->slab;
	uint32_t end = b->off + b->len;

	while (end > s->used_bytes) {
		end -= s->used_bytes;
		s = s->next;
	}
	c->rcv_end = s;
	c->rcv_end_off = end;
}

static struct sim_bytes *last_run(struct sim_tcp_conn *c)
{
	return c->extra && c->extra->more_last ? &c->extra->more_last->bytes : &c->rcvq;
}

static struct sim_tcp_run *run_new(struct sim_tcp_conn *c, struct sim_bytes b)
{
	struct sim_tcp_run *r = sim_arena_alloc_raw(sim_tcp_arena(c), sizeof *r);

	if (r)
		*r = (struct sim_tcp_run){ NULL, b, 0, false };
	return r;
}

static bool append_run(struct sim_tcp_conn *c, const struct sim_bytes *b)
{
	struct sim_tcp_extra *x = sim_tcp_extra(c);
	struct sim_tcp_run *r = x ? run_new(c, *b) : NULL;

	if (!r)
		return false;
	if (x->more_last)
		x->more_last->next = r;
	else
		x->more = r;
	x->more_last = r;
	return true;
}

bool sim_tcp_rcvq_append(struct sim_tcp_conn *c, struct sim_bytes *b)
{
	uint32_t len = b->len;

	if (!c->rcv_len) {
		c->rcvq = *b;
		c->rmem_bytes += charge(len);
		remember_end(c, b);
	} else {
		struct sim_bytes end = { c->rcv_end, c->rcv_end_off, 0 };
		bool adjoin = sim_bytes_adjoin(&end, b);

		if (!adjoin && !append_run(c, b)) {
			sim_bytes_release(sim_tcp_arena(c), b);
			return false;
		}
		remember_end(c, b);
		/* As Linux coalesces: one buffer's overhead for all that is in order, however the bytes lie.
		 */
		c->rmem_bytes += len;
		if (adjoin) {
			last_run(c)->len += len;
			sim_bytes_release(sim_tcp_arena(c), b);
		}
	}
	c->rcv_len += len;
	c->rcv_nxt += len;
	*b = (struct sim_bytes){ NULL, 0, 0 };
	return true;
}

static void next_run(struct sim_tcp_conn *c)
{
	struct sim_tcp_extra *x = c->extra;
	struct sim_tcp_run *r = x ? x->more : NULL;

	if (!r) {
		c->rmem_bytes -= SIM_TCP_SKB_OVERHEAD;
		return;
	}
	c->rcvq = r->bytes;
	x->more = r->next;
	if (!x->more)
		x->more_last = NULL;
	sim_arena_free(sim_tcp_arena(c), r, sizeof *r);
}

void sim_tcp_conn_consume(struct sim_tcp_conn *c, uint32_t len)
{
	SIM_ASSERT(len <= c->rcvq.len);
	sim_bytes_trim_front(sim_tcp_arena(c), &c->rcvq, len);
	c->rcv_len -= len;
	c->rmem_bytes -= len;
	if (len && !c->rcvq.len)
		next_run(c);
}

void sim_tcp_rcvq_release(struct sim_tcp_conn *c)
{
	while (c->rcv_len)
		sim_tcp_conn_consume(c, c->rcvq.len);
}

static void free_run(struct sim_tcp_conn *c, struct sim_tcp_run *r)
{
	c->rmem_bytes -= charge(r->bytes.len);
	sim_bytes_release(sim_tcp_arena(c), &r->bytes);
	sim_arena_free(sim_tcp_arena(c), r, sizeof *r);
}

static uint32_t run_end(const struct sim_tcp_run *r)
{
	return r->seq + r->bytes.len + r->fin;
}

/* Drops what the new run [seq, end) covers whole or at its front; RFC 9293: the parts that are new are kept.
 */
static void cut_followers(struct sim_tcp_conn *c, struct sim_tcp_run **at, uint32_t end)
{
	struct sim_tcp_run *r;

	while ((r = *at) && sim_seq_before(r->seq, end)) {
		uint32_t overlap = end - r->seq;

		if (!sim_seq_after(run_end(r), end)) {
			*at = r->next;
			free_run(c, r);
			continue;
		}
		if (overlap > r->bytes.len)
			overlap = r->bytes.len;
		sim_bytes_trim_front(sim_tcp_arena(c), &r->bytes, overlap);
		c->rmem_bytes -= overlap;
		r->seq += overlap;
		return;
	}
}

bool sim_tcp_reasm_insert(struct sim_tcp_conn *c, uint32_t seq, struct sim_bytes *b, bool fin)
{
	struct sim_tcp_extra *x = sim_tcp_extra(c);
	struct sim_tcp_run **at, *r;

	if (!x)
		goto drop;
	for (at = &x->ooo; *at && !sim_seq_after((*at)->seq, seq); at = &(*at)->next) {
		uint32_t end = run_end(*at), overlap = end - seq;

		if (!sim_seq_after(end, seq))
			continue;
		if (overlap >= b->len + fin)
			goto drop; /* nothing new in it */
		if (overlap > b->len)
			overlap = b->len;
		sim_bytes_trim_front(sim_tcp_arena(c), b, overlap);
		seq += overlap;
	}
	r = run_new(c, *b);
	if (!r)
		goto drop;
	*b = (struct sim_bytes){ NULL, 0, 0 };
	r->seq = seq;
	r->fin = fin;
	c->rmem_bytes += charge(r->bytes.len);
	cut_followers(c, at, run_end(r));
	r->next = *at;
	*at = r;
	return true;
drop:
	sim_bytes_release(sim_tcp_arena(c), b);
	return false;
}

bool sim_tcp_reasm_pull(struct sim_tcp_conn *c)
{
	struct sim_tcp_extra *x = c->extra;
	struct sim_tcp_run *r;
	bool fin = false;

	while (x && (r = x->ooo) && !sim_seq_after(r->seq, c->rcv_nxt) && !fin) {
		uint32_t old = c->rcv_nxt - r->seq;
		bool useful = sim_seq_after(run_end(r), c->rcv_nxt);

		x->ooo = r->next;
		c->rmem_bytes -= charge(r->bytes.len);
		if (useful) {
			sim_bytes_trim_front(sim_tcp_arena(c), &r->bytes,
					     old < r->bytes.len ? old : r->bytes.len);
			fin = r->fin;
			if (r->bytes.len && !sim_tcp_rcvq_append(c, &r->bytes))
				fin = false;
		}
		sim_bytes_release(sim_tcp_arena(c), &r->bytes);
		sim_arena_free(sim_tcp_arena(c), r, sizeof *r);
	}
	return fin;
}

void sim_tcp_reasm_prune(struct sim_tcp_conn *c)
{
	struct sim_tcp_run *r;

	while (c->extra && (r = c->extra->ooo)) {
		c->extra->ooo = r->next;
		free_run(c, r);
	}
}
