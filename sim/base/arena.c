/* SPDX-License-Identifier: MIT */
/* The arena: see arena.h. Owns the free lists; knows nothing of what the blocks hold. */
#include "sim/base/arena.h"

#include <string.h>

#include "sim/base/assert.h"

#if defined(__SANITIZE_ADDRESS__)
#define ARENA_ASAN 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer)
#define ARENA_ASAN 1
#endif
#endif

#ifdef ARENA_ASAN
#include <sanitizer/asan_interface.h>
#define arena_poison(p, n)   ASAN_POISON_MEMORY_REGION(p, n)
#define arena_unpoison(p, n) ASAN_UNPOISON_MEMORY_REGION(p, n)
#else
#define arena_poison(p, n)   ((void)(p), (void)(n))
#define arena_unpoison(p, n) ((void)(p), (void)(n))
#endif

static unsigned large_class(size_t size_bytes)
{
	unsigned bits = 64 - (unsigned)__builtin_clzll(size_bytes - 1);

	return bits - 11; /* 2 KiB is class 0 */
}

size_t sim_arena_class_bytes(size_t size_bytes)
{
	if (size_bytes <= SIM_ARENA_SMALL_MAX_BYTES)
		return (size_bytes + SIM_ARENA_GRAIN_BYTES - 1) & ~(size_t)(SIM_ARENA_GRAIN_BYTES - 1);
	return (size_t)2048 << large_class(size_bytes);
}

static struct sim_arena_free **class_list(struct sim_arena *a, size_t class_bytes)
{
	if (class_bytes <= SIM_ARENA_SMALL_MAX_BYTES)
		return &a->free_small[class_bytes / SIM_ARENA_GRAIN_BYTES];
	return &a->free_large[large_class(class_bytes)];
}

struct sim_arena *sim_arena_init(void *mem, size_t size_bytes)
{
	struct sim_arena *a = mem;

	if (size_bytes < sizeof *a + 4096)
		return NULL;
	SIM_ASSERT(((uintptr_t)mem & (SIM_ARENA_GRAIN_BYTES - 1)) == 0);
	memset(a, 0, sizeof *a);
	a->base = mem;
	a->size_bytes = size_bytes;
	a->brk_bytes = sim_arena_class_bytes(sizeof *a);
	a->limit_bytes = size_bytes;
	return a;
}

size_t sim_arena_fini(struct sim_arena *a)
{
	arena_unpoison(a->base, a->brk_bytes);
	return a->brk_bytes;
}

void *sim_arena_alloc_any(struct sim_arena *a, size_t size_bytes)
{
	size_t n = sim_arena_class_bytes(size_bytes);
	struct sim_arena_free **list, *p;

	SIM_ASSERT(size_bytes > 0);
	if (size_bytes > a->size_bytes || n > a->limit_bytes || a->in_use_bytes > a->limit_bytes - n)
		return NULL;
	list = class_list(a, n);
	p = *list;
	if (p) {
		arena_unpoison(p, n);
		*list = p->next;
	} else {
		if (n > a->size_bytes - a->brk_bytes)
			return NULL;
		p = (void *)(a->base + a->brk_bytes);
		a->brk_bytes += n;
	}
	a->in_use_bytes += n;
	a->num_live++;
	return p;
}

void *sim_arena_alloc(struct sim_arena *a, size_t size_bytes)
{
	void *p = sim_arena_alloc_raw(a, size_bytes);

	if (p)
		memset(p, 0, size_bytes);
	return p;
}

void sim_arena_free_any(struct sim_arena *a, void *mem, size_t size_bytes)
{
	size_t n = sim_arena_class_bytes(size_bytes);
	struct sim_arena_free **list, *p = mem;

	if (!p)
		return;
	list = class_list(a, n);
	p->next = *list;
	*list = p;
	arena_poison(p, n);
	a->in_use_bytes -= n;
	a->num_live--;
}

void *sim_arena_resize(struct sim_arena *a, void *p, size_t old_bytes, size_t new_bytes)
{
	void *q;

	if (p && sim_arena_class_bytes(old_bytes) == sim_arena_class_bytes(new_bytes))
		return p;
	q = sim_arena_alloc_raw(a, new_bytes);
	if (q && p) {
		memcpy(q, p, old_bytes < new_bytes ? old_bytes : new_bytes);
		sim_arena_free(a, p, old_bytes);
	}
	return q;
}
