/* SPDX-License-Identifier: MIT */
/* Epoll sets: see epoll.h. epoll_ctl(2), epoll_wait(2). */
#include "sim/proc/epoll.h"

#include <errno.h>

#include "sim/base/assert.h"

enum { MAX_NESTING = 4 }; /* sets in sets, above and below: Linux 6.18 answers ELOOP beyond */

/* Bits that are no events but ways of telling. */
#define WAYS (EPOLLET | EPOLLONESHOT | EPOLLWAKEUP | EPOLLEXCLUSIVE)
/* epoll_ctl(2): what may stand beside EPOLLEXCLUSIVE. */
#define EXCLUSIVE_OK (EPOLLIN | EPOLLOUT | EPOLLERR | EPOLLHUP | EPOLLWAKEUP | EPOLLET | EPOLLEXCLUSIVE)

struct sim_epoll_item {
	struct sim_list node;       /* ep->items */
	struct sim_list ready_node; /* ep->ready, when it may be ready */
	struct sim_list file_node;  /* file->watches; real ones: ep->real */
	struct sim_hnode by_key;
	struct sim_wait wait;
	struct sim_epoll *ep;
	struct sim_file *file; /* NULL: a real descriptor */
	struct epoll_event event;
	int fd;
	bool disabled;      /* EPOLLONESHOT has fired */
	uint32_t last_real; /* edge triggered real descriptor: what was last told */
	uint32_t told_by;   /* which collecting told of it last, and as which of its events */
	int told_at;
};

struct sim_epoll *sim_epoll_new_set(struct sim_ctx *ctx)
{
	struct sim_epoll *ep = sim_arena_alloc(ctx->arena, sizeof *ep);

	if (!ep)
		return NULL;
	ep->ctx = ctx;
	if (sim_hmap_init(&ep->by_key, ctx->arena)) {
		sim_arena_free(ctx->arena, ep, sizeof *ep);
		return NULL;
	}
	sim_list_init(&ep->items);
	sim_list_init(&ep->ready);
	sim_list_init(&ep->real);
	sim_waitq_init(&ep->wait);
	return ep;
}

static uint32_t item_events(struct sim_epoll_item *it)
{
	uint32_t want = (it->event.events & ~WAYS) | EPOLLERR | EPOLLHUP, now;

	if (it->disabled)
		return 0;
	if (it->file)
		return sim_file_poll(it->file) & want;
	now = sim_real_ready(it->fd, want);
	return now == SIM_REAL_BAD ? 0 : now & want;
}

static void mark_ready(struct sim_epoll_item *it)
{
	if (sim_list_empty(&it->ready_node))
		sim_list_append(&it->ep->ready, &it->ready_node);
	/* Even if it was in the list: who waits may have found it there not ready. */
	sim_waitq_wake(&it->ep->wait, EPOLLIN | EPOLLRDNORM);
}

void sim_epoll_on_wake(struct sim_wait *w, uint32_t events)
{
	(void)events;
	mark_ready(w->owner);
}

static void item_free(struct sim_epoll_item *it)
{
	struct sim_epoll *ep = it->ep;

	sim_hmap_remove(&ep->by_key, &it->by_key);
	if (it->file)
		sim_waitq_remove(&it->wait);
	sim_list_remove(&it->node);
	sim_list_remove(&it->ready_node);
	sim_list_remove(&it->file_node);
	ep->num_items--;
	sim_arena_free(ep->ctx->arena, it, sizeof *it);
}

void sim_epoll_free(struct sim_epoll *ep)
{
	struct sim_list *node, *following;

	sim_list_each_safe(node, following, &ep->items)
		item_free(sim_container_of(node, struct sim_epoll_item, node));
	SIM_ASSERT(sim_list_empty(&ep->wait.waits));
	sim_hmap_fini(&ep->by_key, ep->ctx->arena);
	sim_arena_free(ep->ctx->arena, ep, sizeof *ep);
}

void sim_epoll_forget(struct sim_file *f)
{
	struct sim_list *node, *following;

	sim_list_each_safe(node, following, &f->watches)
		item_free(sim_container_of(node, struct sim_epoll_item, file_node));
}

void sim_epoll_forget_real(struct sim_fdtable *ft, unsigned first, unsigned last)
{
	for (int i = 0; i < ft->num_slots; i++) {
		struct sim_file *f = ft->slots[i].file;
		struct sim_list *node, *following;

		if (!f || f->kind != SIM_FILE_EPOLL)
			continue;
		sim_list_each_safe(node, following, &f->ep->real) {
			struct sim_epoll_item *it = sim_container_of(node, struct sim_epoll_item, file_node);

			if ((unsigned)it->fd >= first && (unsigned)it->fd <= last)
				item_free(it);
		}
	}
}

/* By descriptor alone: the same number may stand for another file later, so the file is compared too. */
static struct sim_epoll_item *find(struct sim_epoll *ep, struct sim_file *file, int fd)
{
	struct sim_hnode *n;

	for (n = sim_hmap_first(&ep->by_key, (uint32_t)fd); n; n = sim_hmap_next(n)) {
		struct sim_epoll_item *it = sim_container_of(n, struct sim_epoll_item, by_key);

		if (it->file == file && it->fd == fd)
			return it;
	}
	return NULL;
}

/* How deep sets nest below this one; more than MAX_NESTING if `seek` is among them. */
static int depth_below(struct sim_epoll *ep, const struct sim_epoll *seek)
{
	struct sim_list *node;
	int deepest = 0;

	if (ep == seek)
		return MAX_NESTING + 1;
	sim_list_each(node, &ep->items) {
		struct sim_epoll_item *it = sim_container_of(node, struct sim_epoll_item, node);

		if (it->file && it->file->kind == SIM_FILE_EPOLL) {
			int d = 1 + depth_below(it->file->ep, seek);

			deepest = d > deepest ? d : deepest;
		}
	}
	return deepest;
}

/* In how many sets, one in the other, this one stands. */
static int depth_above(const struct sim_epoll *ep)
{
	struct sim_list *node;
	int highest = 0;

	sim_list_each(node, &ep->wait.waits) {
		struct sim_wait *wait = sim_container_of(node, struct sim_wait, node);

		if (wait->kind == SIM_WAIT_EPOLL) {
			int d = 1 + depth_above(((struct sim_epoll_item *)wait->owner)->ep);

			highest = d > highest ? d : highest;
		}
	}
	return highest;
}

/* As Linux: who came last hears first, and EPOLLEXCLUSIVE after all others. */
static void watch(struct sim_epoll_item *it, struct sim_file *target, uint32_t events)
{
	struct sim_waitq *q = sim_file_waitq(target);

	if (events & EPOLLEXCLUSIVE)
		sim_waitq_add(q, &it->wait, SIM_WAIT_EPOLL, it, events & ~WAYS);
	else
		sim_waitq_add_first(q, &it->wait, SIM_WAIT_EPOLL, it, events & ~WAYS);
}

static int add(struct sim_epoll *ep, struct sim_file *target, int fd, const struct epoll_event *ev)
{
	struct sim_epoll_item *it;

	if (target && target->kind == SIM_FILE_EPOLL &&
	    depth_above(ep) + 1 + depth_below(target->ep, ep) > MAX_NESTING)
		return -ELOOP;
	it = sim_arena_alloc(ep->ctx->arena, sizeof *it);
	if (!it)
		return -ENOMEM;
	it->ep = ep;
	it->file = target;
	it->fd = fd;
	it->event = *ev;
	sim_list_append(&ep->items, &it->node);
	sim_list_init(&it->ready_node);
	sim_hmap_insert(&ep->by_key, ep->ctx->arena, &it->by_key, (uint32_t)fd);
	ep->num_items++;
	if (target) {
		sim_list_append(&target->watches, &it->file_node);
		watch(it, target, ev->events);
	} else {
		sim_list_append(&ep->real, &it->file_node);
	}
	if (item_events(it))
		mark_ready(it);
	return 0;
}

static int modify(struct sim_epoll_item *it, const struct epoll_event *ev)
{
	/* epoll_ctl(2): what was added with EPOLLEXCLUSIVE cannot be modified. */
	if (it->event.events & EPOLLEXCLUSIVE)
		return -EINVAL;
	it->event = *ev;
	it->wait.events = ev->events & ~WAYS;
	it->disabled = false;
	it->last_real = 0;
	if (item_events(it))
		mark_ready(it);
	return 0;
}

int sim_epoll_change(struct sim_epoll *ep, int op, struct sim_file *target, int fd,
		     const struct epoll_event *ev)
{
	struct sim_epoll_item *it;

	if (target && target->kind == SIM_FILE_EPOLL && target->ep == ep)
		return -EINVAL;
	if (op == EPOLL_CTL_ADD && (ev->events & EPOLLEXCLUSIVE) &&
	    ((ev->events & ~EXCLUSIVE_OK) || (target && target->kind == SIM_FILE_EPOLL)))
		return -EINVAL;
	/* EPOLLEXCLUSIVE may be given on ADD only. */
	if (op == EPOLL_CTL_MOD && (ev->events & EPOLLEXCLUSIVE))
		return -EINVAL;
	it = find(ep, target, fd);
	switch (op) {
	case EPOLL_CTL_ADD: return it ? -EEXIST : add(ep, target, fd, ev);
	case EPOLL_CTL_MOD: return it ? modify(it, ev) : -ENOENT;
	case EPOLL_CTL_DEL:
		if (!it)
			return -ENOENT;
		item_free(it);
		return 0;
	default: return -EINVAL;
	}
}

/* Real descriptors tell nobody: look at each. */
static void look_at_real(struct sim_epoll *ep)
{
	struct sim_list *node;

	sim_list_each(node, &ep->real) {
		struct sim_epoll_item *it = sim_container_of(node, struct sim_epoll_item, file_node);
		uint32_t now = item_events(it);

		if (now && (!(it->event.events & EPOLLET) || (now & ~it->last_real)))
			mark_ready(it);
		it->last_real = now;
	}
}

bool sim_epoll_has_ready(struct sim_epoll *ep)
{
	struct sim_list *node;

	if (!sim_list_empty(&ep->real))
		look_at_real(ep);
	while ((node = sim_list_first(&ep->ready))) {
		if (item_events(sim_container_of(node, struct sim_epoll_item, ready_node)))
			return true;
		sim_list_remove(node); /* it was told of something that is over: it comes back when told again
					*/
	}
	return false;
}

int sim_epoll_collect(struct sim_epoll *ep, struct epoll_event *out, int max)
{
	struct sim_list *last, *node;
	int n = 0;

	if (!sim_list_empty(&ep->real))
		look_at_real(ep);
	ep->num_collects++;
	last = ep->ready.prev; /* what is put back comes after it and is not told twice */
	while (n < max && (node = sim_list_first(&ep->ready))) {
		struct sim_epoll_item *it = sim_container_of(node, struct sim_epoll_item, ready_node);
		uint32_t events = item_events(it);

		sim_list_remove(node);
		if (events) {
			it->told_by = ep->num_collects;
			it->told_at = n;
			out[n].events = events;
			out[n++].data = it->event.data;
			if (it->event.events & EPOLLONESHOT)
				it->disabled = true;
			else if (!(it->event.events & EPOLLET))
				sim_list_append(&ep->ready, node);
		}
		if (node == last)
			break;
	}
	return n;
}

static struct sim_epoll_item *told_at(struct sim_epoll *ep, int n)
{
	struct sim_list *node;

	sim_list_each(node, &ep->items) {
		struct sim_epoll_item *it = sim_container_of(node, struct sim_epoll_item, node);

		if (it->told_by == ep->num_collects && it->told_at == n)
			return it;
	}
	return NULL;
}

/* In their order, before all that became ready since: as ep_send_events() puts them back. */
void sim_epoll_untell(struct sim_epoll *ep, int n)
{
	struct sim_epoll_item *it;
	struct sim_list *before = sim_list_empty(&ep->ready) ? &ep->ready : ep->ready.next;

	for (; (it = told_at(ep, n)); n++) {
		it->disabled = false;
		if (before == &it->ready_node)
			before = before->next;
		sim_list_remove(&it->ready_node);
		sim_list_insert(&it->ready_node, before);
	}
}
