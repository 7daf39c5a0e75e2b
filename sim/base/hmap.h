/* SPDX-License-Identifier: MIT */
/*
 * An intrusive hash map: nodes live in what they index, the key stays with the owner. Never walked whole
 * (whoever needs an order keeps a list); newer nodes of one hash come first. Owns only its array of buckets.
 */
#ifndef SIM_BASE_HMAP_H
#define SIM_BASE_HMAP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_arena;

struct sim_hnode {
	struct sim_hnode *next;
	uint32_t hash;
	uint32_t in_map; /* 1 while it is in one */
};

struct sim_hmap {
	struct sim_hnode **buckets;
	uint32_t mask; /* number of buckets - 1 */
	uint32_t num_nodes;
};

/* 0 or -ENOMEM. */
int sim_hmap_init(struct sim_hmap *m, struct sim_arena *a);
void sim_hmap_fini(struct sim_hmap *m, struct sim_arena *a);

/* Grows as needed; when there is no memory to grow it only gets slower. */
void sim_hmap_insert(struct sim_hmap *m, struct sim_arena *a, struct sim_hnode *n, uint32_t hash);
void sim_hmap_remove(struct sim_hmap *m, struct sim_hnode *n); /* not in a map: nothing happens */

static inline struct sim_hnode *sim_hnode_match(struct sim_hnode *n, uint32_t hash)
{
	while (n && n->hash != hash)
		n = n->next;
	return n;
}

static inline struct sim_hnode *sim_hmap_first(const struct sim_hmap *m, uint32_t hash)
{
	return sim_hnode_match(m->buckets[hash & m->mask], hash);
}

static inline struct sim_hnode *sim_hmap_next(const struct sim_hnode *n)
{
	return sim_hnode_match(n->next, n->hash);
}

#endif
