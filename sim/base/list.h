/* SPDX-License-Identifier: MIT */
/* An intrusive doubly linked ring. The head is a node too; an empty list points at itself. Owns nothing. */
#ifndef SIM_BASE_LIST_H
#define SIM_BASE_LIST_H

#include <stdbool.h>
#include <stddef.h>

struct sim_list {
	struct sim_list *next, *prev;
};

#define sim_container_of(ptr, type, member) ((type *)((char *)(ptr)-offsetof(type, member)))

/* Walks from first to last; `node` may be removed in the body of the _safe form, other nodes may not. */
#define sim_list_each(node, head) for ((node) = (head)->next; (node) != (head); (node) = (node)->next)
#define sim_list_each_safe(node, following, head)                                 \
	for ((node) = (head)->next, (following) = (node)->next; (node) != (head); \
	     (node) = (following), (following) = (node)->next)

static inline void sim_list_init(struct sim_list *l)
{
	l->next = l->prev = l;
}

static inline bool sim_list_empty(const struct sim_list *l)
{
	return l->next == l;
}

static inline void sim_list_insert(struct sim_list *node, struct sim_list *before)
{
	node->prev = before->prev;
	node->next = before;
	before->prev->next = node;
	before->prev = node;
}

static inline void sim_list_append(struct sim_list *head, struct sim_list *node)
{
	sim_list_insert(node, head);
}

/* Leaves the node pointing at itself, so that removing twice is harmless. */
static inline void sim_list_remove(struct sim_list *node)
{
	node->prev->next = node->next;
	node->next->prev = node->prev;
	sim_list_init(node);
}

static inline struct sim_list *sim_list_first(const struct sim_list *head)
{
	return head->next == head ? NULL : head->next;
}

#endif
