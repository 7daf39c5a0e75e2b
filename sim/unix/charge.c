/* SPDX-License-Identifier: MIT */
/*
 * What a sender is charged for what is queued, as Linux 6.18 counts it, and a stream's queue with its
 * charges.
 *
 * The numbers are the kernel's by experiment (SIOCOUTQ after one send of each length): 4 KiB pages, struct
 * sk_buff of 256 bytes, struct skb_shared_info of 320 behind the data of the head, kmalloc buckets of powers
 * of two.
 */
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/unix/private.h"

enum {
	PAGE_BYTES = 4096,
	SKB_BYTES = 256,
	SHARED_INFO_BYTES = 320,
	SMALL_HEAD_BYTES = 512,                              /* the least that a head takes */
	STREAM_HEAD_MAX = PAGE_BYTES - SHARED_INFO_BYTES,    /* SKB_MAX_HEAD(0) */
	STREAM_PAGES_MAX = 32768,                            /* UNIX_SKB_FRAGS_SZ */
	DGRAM_HEAD_MAX = 4 * PAGE_BYTES - SHARED_INFO_BYTES, /* SKB_MAX_ALLOC */
	DGRAM_PAGES_MAX = 17 * PAGE_BYTES,                   /* MAX_SKB_FRAGS */
	FIRST_CHARGES = 16,
};

static uint32_t page_align(uint32_t n)
{
	return (n + PAGE_BYTES - 1) & ~(uint32_t)(PAGE_BYTES - 1);
}

static uint32_t head_truesize(uint32_t len)
{
	uint32_t n = len + SHARED_INFO_BYTES;

	if (n <= SMALL_HEAD_BYTES)
		return SKB_BYTES + SMALL_HEAD_BYTES;
	return SKB_BYTES + (UINT32_C(1) << (32 - __builtin_clz(n - 1)));
}

uint32_t sim_unix_truesize(bool stream, uint32_t len)
{
	uint32_t paged = 0, head_max = stream ? STREAM_HEAD_MAX : DGRAM_HEAD_MAX;

	if (len > head_max) {
		paged = len - head_max;
		if (!stream && paged > DGRAM_PAGES_MAX)
			paged = DGRAM_PAGES_MAX;
		paged = page_align(paged);
		if (paged > len)
			paged = len;
	}
	return head_truesize(len - paged) + page_align(paged);
}

uint32_t sim_unix_truesize_of_pages(uint32_t len)
{
	return head_truesize(0) + len;
}

uint32_t sim_unix_chunk_bytes(int32_t sndbuf_bytes, bool by_pages)
{
	int32_t half = (sndbuf_bytes >> 1) - 64; /* "keep two messages in the pipe" */

	return by_pages || half < STREAM_HEAD_MAX + STREAM_PAGES_MAX ? (uint32_t)half
								     : STREAM_HEAD_MAX + STREAM_PAGES_MAX;
}

static struct sim_unix_charge *charge_at(struct sim_unix_stream *s, uint32_t i)
{
	if (!s->many)
		return &s->few[(s->first + i) & (SIM_UNIX_INLINE_CHARGES - 1)];
	return &s->many[(s->first + i) & (s->cap - 1)];
}

bool sim_unix_stream_reserve(struct sim_arena *a, struct sim_unix_stream *s)
{
	uint32_t cap = s->many ? s->cap : SIM_UNIX_INLINE_CHARGES,
		 bigger = cap < FIRST_CHARGES ? FIRST_CHARGES : cap * 2;
	struct sim_unix_charge *ring;

	if (s->num < cap)
		return true;
	ring = sim_arena_alloc_raw(a, bigger * sizeof *ring);
	if (!ring)
		return false;
	for (uint32_t i = 0; i < s->num; i++)
		ring[i] = *charge_at(s, i);
	if (s->many)
		sim_arena_free(a, s->many, s->cap * sizeof *ring);
	s->many = ring;
	s->cap = bigger;
	s->first = 0;
	return true;
}

void sim_unix_stream_push(struct sim_arena *a, struct sim_unix_stream *s, struct sim_bytes *run,
			  uint32_t truesize)
{
	struct sim_unix_charge *last = s->num ? charge_at(s, s->num - 1) : NULL;

	if (last && last->len == run->len && last->truesize == truesize)
		last->count++;
	else
		*charge_at(s, s->num++) = (struct sim_unix_charge){ run->len, truesize, 1 };
	if (!s->data.len) {
		s->data = *run;
		return;
	}
	/* The chain holds the slabs that follow: the run's own reference is one too many. */
	s->data.len += run->len;
	sim_slab_unref(a, run->slab);
}

static void drop_first(struct sim_unix_stream *s)
{
	uint32_t cap = s->many ? s->cap : SIM_UNIX_INLINE_CHARGES;

	s->first = (s->first + 1) & (cap - 1);
	s->num--;
}

uint32_t sim_unix_stream_pop(struct sim_arena *a, struct sim_unix_stream *s, uint32_t n)
{
	uint32_t freed = 0, left = n + s->head_used;

	sim_bytes_trim_front(a, &s->data, n);
	while (s->num) {
		struct sim_unix_charge *c = charge_at(s, 0);
		uint32_t whole = left == c->len ? 1 : left / c->len;

		if (whole < c->count) {
			c->count -= whole;
			freed += whole * c->truesize;
			left -= whole * c->len;
			break;
		}
		freed += c->count * c->truesize;
		left -= c->count * c->len;
		drop_first(s);
	}
	s->head_used = left;
	return freed;
}

uint32_t sim_unix_stream_boundary(const struct sim_unix_stream *s, uint32_t n)
{
	uint32_t end = 0, upto = n + s->head_used;

	for (uint32_t i = 0; i < s->num; i++) {
		const struct sim_unix_charge *c = charge_at((struct sim_unix_stream *)s, i);
		uint32_t whole = (upto - end) / c->len;

		end += (whole < c->count ? whole : c->count) * c->len;
		if (whole < c->count)
			break;
	}
	return end > s->head_used ? end - s->head_used : 0;
}

void sim_unix_stream_fini(struct sim_arena *a, struct sim_unix_stream *s)
{
	sim_bytes_release(a, &s->data);
	if (s->many)
		sim_arena_free(a, s->many, s->cap * sizeof *s->many);
	memset(s, 0, sizeof *s);
}
