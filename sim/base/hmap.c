/* SPDX-License-Identifier: MIT */
/* The hash map: see hmap.h. */
#include "sim/base/hmap.h"

#include <errno.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"

enum { FIRST_NUM_BUCKETS = 16 };

int sim_hmap_init(struct sim_hmap *m, struct sim_arena *a)
{
	m->buckets = sim_arena_alloc(a, FIRST_NUM_BUCKETS * sizeof *m->buckets);
	m->mask = FIRST_NUM_BUCKETS - 1;
	m->num_nodes = 0;
	return m->buckets ? 0 : -ENOMEM;
}

void sim_hmap_fini(struct sim_hmap *m, struct sim_arena *a)
{
	if (m->buckets)
		sim_arena_free(a, m->buckets, (m->mask + (size_t)1) * sizeof *m->buckets);
	m->buckets = NULL;
}

static void grow(struct sim_hmap *m, struct sim_arena *a)
{
	size_t old = m->mask + (size_t)1;
	struct sim_hnode **to = sim_arena_alloc(a, old * 2 * sizeof *to);

	if (!to)
		return;
	for (size_t i = 0; i < old; i++) {
		struct sim_hnode **lo = &to[i], **hi = &to[i + old], *n;

		for (n = m->buckets[i]; n; n = n->next) {
			struct sim_hnode ***tail = n->hash & old ? &hi : &lo;

			**tail = n;
			*tail = &n->next;
		}
		*lo = *hi = NULL;
	}
	sim_arena_free(a, m->buckets, old * sizeof *m->buckets);
	m->buckets = to;
	m->mask = (uint32_t)(old * 2 - 1);
}

void sim_hmap_insert(struct sim_hmap *m, struct sim_arena *a, struct sim_hnode *n, uint32_t hash)
{
	struct sim_hnode **b;

	SIM_ASSERT(!n->in_map);
	if (m->num_nodes > m->mask)
		grow(m, a);
	b = &m->buckets[hash & m->mask];
	n->hash = hash;
	n->in_map = 1;
	n->next = *b;
	*b = n;
	m->num_nodes++;
}

void sim_hmap_remove(struct sim_hmap *m, struct sim_hnode *n)
{
	struct sim_hnode **b;

	if (!n->in_map)
		return;
	b = &m->buckets[n->hash & m->mask];
	while (*b != n)
		b = &(*b)->next;
	*b = n->next;
	n->in_map = 0;
	m->num_nodes--;
}
