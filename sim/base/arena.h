/* SPDX-License-Identifier: MIT */
/*
 * One piece of memory that a world owns whole, cut into blocks by size class. What is freed goes to a list of
 * its class (poisoned for AddressSanitizer) and comes back first; nothing is ever given back to the system
 * one by one, so that dropping the piece drops the world. Steady state allocates nothing new.
 *
 * Must not know where the piece comes from: whoever embeds the network supplies zeroed memory.
 */
#ifndef SIM_BASE_ARENA_H
#define SIM_BASE_ARENA_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SIM_ARENA_GRAIN_BYTES     16
#define SIM_ARENA_SMALL_MAX_BYTES 1024
#define SIM_ARENA_NUM_SMALL       (SIM_ARENA_SMALL_MAX_BYTES / SIM_ARENA_GRAIN_BYTES + 1)
#define SIM_ARENA_NUM_LARGE       24 /* powers of two from 2 KiB up */

#if defined(__SANITIZE_ADDRESS__)
#define SIM_ARENA_POISONS true
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define SIM_ARENA_POISONS true
#endif
#endif
#ifndef SIM_ARENA_POISONS
#define SIM_ARENA_POISONS false
#endif

struct sim_arena_free {
	struct sim_arena_free *next;
};

struct sim_arena {
	unsigned char *base;
	size_t size_bytes;   /* of the whole piece */
	size_t brk_bytes;    /* handed out at least once, from base */
	size_t in_use_bytes; /* allocated now, rounded up to classes */
	size_t limit_bytes;  /* in_use may not pass this: running out of memory can be tried */
	uint64_t num_live;   /* allocations not yet freed */
	struct sim_arena_free *free_small[SIM_ARENA_NUM_SMALL];
	struct sim_arena_free *free_large[SIM_ARENA_NUM_LARGE];
};

/* Lays an arena at the head of `mem` (16-byte aligned, zeroed) and returns it: mem itself. NULL if it is too
 * small. */
struct sim_arena *sim_arena_init(void *mem, size_t size_bytes);

/* The world is over: nothing is poisoned any more. How many bytes from the beginning of the piece were ever
 * used. */
size_t sim_arena_fini(struct sim_arena *a);

/* A zeroed block, 16-byte aligned, or NULL when the arena is exhausted or its limit reached. size_bytes > 0.
 */
void *sim_arena_alloc(struct sim_arena *a, size_t size_bytes);

/* The two below for every size: behind their short ways. */
void *sim_arena_alloc_any(struct sim_arena *a, size_t size_bytes);
void sim_arena_free_any(struct sim_arena *a, void *mem, size_t size_bytes);

/* Whether a block of this class may be taken from or put on its list without further ado. */
static inline bool sim_arena_is_short(size_t size_bytes)
{
	return !SIM_ARENA_POISONS && size_bytes <= SIM_ARENA_SMALL_MAX_BYTES;
}

/* The same without the zeroing. */
static inline void *sim_arena_alloc_raw(struct sim_arena *a, size_t size_bytes)
{
	size_t i = (size_bytes + SIM_ARENA_GRAIN_BYTES - 1) / SIM_ARENA_GRAIN_BYTES,
	       n = i * SIM_ARENA_GRAIN_BYTES;
	struct sim_arena_free *p;

	if (!sim_arena_is_short(size_bytes) || !a->free_small[i] || a->in_use_bytes + n > a->limit_bytes)
		return sim_arena_alloc_any(a, size_bytes);
	p = a->free_small[i];
	a->free_small[i] = p->next;
	a->in_use_bytes += n;
	a->num_live++;
	return p;
}

/* `size_bytes` as it was asked for. p may be NULL. */
static inline void sim_arena_free(struct sim_arena *a, void *p, size_t size_bytes)
{
	size_t i = (size_bytes + SIM_ARENA_GRAIN_BYTES - 1) / SIM_ARENA_GRAIN_BYTES;
	struct sim_arena_free *f = p;

	if (!sim_arena_is_short(size_bytes) || !p) {
		sim_arena_free_any(a, p, size_bytes);
		return;
	}
	f->next = a->free_small[i];
	a->free_small[i] = f;
	a->in_use_bytes -= i * SIM_ARENA_GRAIN_BYTES;
	a->num_live--;
}

/* A block of new_bytes with the old one's content (as much as fits); NULL leaves the old one as it was. */
void *sim_arena_resize(struct sim_arena *a, void *p, size_t old_bytes, size_t new_bytes);

/* How many bytes a block asked for with this size really holds. */
size_t sim_arena_class_bytes(size_t size_bytes);

#endif
