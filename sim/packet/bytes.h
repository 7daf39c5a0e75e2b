/* SPDX-License-Identifier: MIT */
/*
 * Payload. What a program sends is copied once into slabs and from there once out to the reader; in between
 * only references move. A slab may have a successor in the same stream of bytes and holds a reference on it,
 * so that a run of bytes that crosses slabs is named by its first slab, an offset and a length.
 *
 * Owns the slabs, by counted references. Knows nothing of sockets and packets.
 */
#ifndef SIM_PACKET_BYTES_H
#define SIM_PACKET_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct sim_arena;

struct sim_slab {
	struct sim_slab *next; /* what follows in the stream, with a reference held; NULL at the end */
	uint32_t refs;
	uint32_t cap_bytes;
	uint32_t used_bytes; /* only the owner of the stream's tail appends */
	uint32_t pad;
	unsigned char data[];
};

/* A run of bytes: `len` of them from `off` in `slab` and its successors. Holds one reference unless said
 * otherwise. */
struct sim_bytes {
	struct sim_slab *slab; /* NULL only if len is 0 */
	uint32_t off;
	uint32_t len;
};

/* Where in the user's iovec array the next byte is. */
struct sim_iter {
	const struct iovec *iov;
	size_t num; /* elements left, the current one included */
	size_t off; /* into the current one */
};

/*
 * Appends up to `len` bytes from the user's memory to the stream whose last slab is *tail (NULL: a new
 * stream; else the caller holds it by what precedes). Returns the run with a reference of its own, and moves
 * *tail; `it` moves on. -EFAULT: a bad pointer; -ENOMEM: no memory; then nothing was appended and `it` stands
 * where it stood.
 */
int sim_bytes_append(struct sim_arena *a, struct sim_slab **tail, struct sim_iter *it, size_t len,
		     struct sim_bytes *run);

/* The same from memory of our own (scripted peers, ICMP quotations): 0 or -ENOMEM. */
int sim_bytes_append_raw(struct sim_arena *a, struct sim_slab **tail, const void *data, size_t len,
			 struct sim_bytes *run);

/* A part of a run, with a reference of its own. off + len must lie within. */
struct sim_bytes sim_bytes_slice(const struct sim_bytes *from, uint32_t off, uint32_t len);

/* Drops the first n bytes of a run; at n == len the reference is gone and the run empty. */
void sim_bytes_trim_front(struct sim_arena *a, struct sim_bytes *run, uint32_t n);
/* Drops the last n bytes. */
void sim_bytes_trim_back(struct sim_arena *a, struct sim_bytes *run, uint32_t n);

/* Gives the reference back; the run is empty then. */
void sim_bytes_release(struct sim_arena *a, struct sim_bytes *run);

/* Does `b` begin where `a` ends, in the same stream? Then a.len may simply grow by b.len. */
bool sim_bytes_adjoin(const struct sim_bytes *a, const struct sim_bytes *b);

/* Copies out to the user's iovec: 0 or -EFAULT (what was copied before stays copied, `it` moved so far). */
int sim_bytes_to_user(const struct sim_bytes *run, uint32_t off, uint32_t len, struct sim_iter *it);
/* Copies out to memory of our own. */
void sim_bytes_read(const struct sim_bytes *run, uint32_t off, uint32_t len, void *to);

/*
 * Walks the pieces of a run: for (p = sim_bytes_piece(run, 0, &n); p; p = sim_bytes_piece(run, done, &n))
 * with done the bytes seen. Linear from the start of the run.
 */
const unsigned char *sim_bytes_piece(const struct sim_bytes *run, uint32_t off, uint32_t *len);

/* A private copy of a run (corruption copies on write): *run refers to it. 0 or -ENOMEM. */
int sim_bytes_unshare(struct sim_arena *a, struct sim_bytes *run);

/* A digest of the content, the same however the bytes are cut into slabs. */
uint64_t sim_bytes_digest(const struct sim_bytes *run);

static inline struct sim_slab *sim_slab_ref(struct sim_slab *s)
{
	s->refs++;
	return s;
}

void sim_slab_free(struct sim_arena *a, struct sim_slab *s); /* the last reference is gone: what it holds too
							      */

static inline void sim_slab_unref(struct sim_arena *a, struct sim_slab *s) /* NULL is legal */
{
	if (s && --s->refs == 0)
		sim_slab_free(a, s);
}

/* Copies out to the user's memory from our own: 0 or -EFAULT; the iterator moves. */
int sim_iter_to_user(struct sim_iter *it, const void *from, size_t len);

size_t sim_iter_total(const struct sim_iter *it); /* bytes left in it */

#endif
