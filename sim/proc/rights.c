/* SPDX-License-Identifier: MIT */
/* Descriptors in flight: see rights.h. unix(7), sendmsg(2), ETOOMANYREFS. */
#include "sim/proc/rights.h"

#include <errno.h>

#include "sim/base/assert.h"
#include "sim/proc/proc.h"

/* Of a world; made when first needed. */
struct sim_flight {
	struct sim_list all;   /* struct sim_rights.node */
	struct sim_list dying; /* freed, and their files not yet put */
	uint32_t num;          /* descriptors in flight */
	bool is_draining;
	bool must_collect; /* a socket went meanwhile */
};

static size_t size_of(uint32_t cap)
{
	return sizeof(struct sim_rights) + cap * sizeof(struct sim_right);
}

static struct sim_flight *flight_of(const struct sim_rights *r)
{
	return r->proc->ctx->flight;
}

static struct sim_rights *rights_of(struct sim_list *node)
{
	return sim_container_of(node, struct sim_rights, node);
}

struct sim_rights *sim_rights_new(struct sim_proc *p, uint32_t cap)
{
	struct sim_ctx *ctx = p->ctx;
	struct sim_rights *r;

	if (!ctx->flight) {
		ctx->flight = sim_arena_alloc(ctx->arena, sizeof *ctx->flight);
		if (!ctx->flight)
			return NULL;
		sim_list_init(&ctx->flight->all);
		sim_list_init(&ctx->flight->dying);
	}
	r = sim_arena_alloc(ctx->arena, size_of(cap));
	if (!r)
		return NULL;
	r->proc = p;
	r->cap = cap;
	sim_list_init(&r->node);
	sim_list_append(&ctx->flight->all, &r->node);
	return r;
}

/* From a queue back to the file by which it is reached: for the collector. */
static void note_file(struct sim_file *f)
{
	if (f->kind == SIM_FILE_SOCK && sim_sock_op(f->sk)->file_slot)
		*sim_sock_op(f->sk)->file_slot(f->sk) = f;
}

int sim_rights_add(struct sim_rights *r, int fd)
{
	struct sim_fdtable *ft = r->proc->fds;
	struct sim_file *f = sim_fd_file(ft, fd);
	int held = -1;

	SIM_ASSERT(r->num < r->cap);
	if (f) {
		sim_file_get(f);
		note_file(f);
	} else {
		held = ft->ops && fd >= 0 ? ft->ops->hold(fd) : -EBADF;
		if (held < 0)
			return held;
	}
	r->of[r->num++] = (struct sim_right){ f, held };
	return 0;
}

int sim_rights_give(const struct sim_rights *r, uint32_t i, struct sim_proc *p, bool cloexec)
{
	const struct sim_right *right = &r->of[i];
	int fd;

	SIM_ASSERT(i < r->num);
	if (!right->file) {
		fd = p->fds->ops->give(right->held_fd, cloexec);
		if (fd >= 0)
			sim_fd_forget(p->fds, fd);
		return fd;
	}
	fd = sim_fd_install(p->fds, p, sim_file_get(right->file), 0, cloexec);
	if (fd < 0)
		right->file->refs--;
	return fd;
}

struct sim_rights *sim_rights_copy(const struct sim_rights *r)
{
	struct sim_rights *copy = sim_rights_new(r->proc, r->num);

	if (!copy)
		return NULL;
	for (uint32_t i = 0; i < r->num; i++) {
		struct sim_right right = r->of[i];

		if (right.file)
			sim_file_get(right.file);
		else
			right.held_fd = r->proc->fds->ops->hold(right.held_fd);
		if (!right.file && right.held_fd < 0)
			break;
		copy->of[copy->num++] = right;
	}
	return copy;
}

/* ---- on the way ---- */

/* unix_attach_fds(): counted before the new ones, for each user. */
int sim_rights_may_depart(const struct sim_rights *r)
{
	const struct sim_flight *flight = flight_of(r);
	struct sim_fdtable *ft = r->proc->fds;
	uint32_t limit, num = 0;
	struct sim_list *node;

	if (r->proc->uid == 0) /* CAP_SYS_RESOURCE */
		return 0;
	limit = ft->ops ? ft->ops->limit() : (uint32_t)ft->limit;
	if (flight->num <= limit)
		return 0;
	sim_list_each(node, &flight->all) {
		const struct sim_rights *other = rights_of(node);

		if (other->holder && other->proc->uid == r->proc->uid)
			num += other->num;
	}
	return num > limit ? -ETOOMANYREFS : 0;
}

static void count_flights(struct sim_rights *r, int by)
{
	flight_of(r)->num += (uint32_t)by * r->num;
	for (uint32_t i = 0; i < r->num; i++) {
		struct sim_file *f = r->of[i].file;

		if (!f)
			continue;
		f->num_flights += (uint32_t)by;
		SIM_ASSERT(f->num_flights <= f->refs);
	}
}

void sim_rights_depart(struct sim_rights *r, struct sim_sock *to)
{
	SIM_ASSERT(!r->holder);
	r->holder = to;
	count_flights(r, 1);
}

void sim_rights_arrive(struct sim_rights *r)
{
	SIM_ASSERT(r->holder && flight_of(r)->num >= r->num);
	count_flights(r, -1);
	r->holder = NULL;
}

/* ---- the end of them ---- */

static void put_all(struct sim_rights *r)
{
	struct sim_ctx *ctx = r->proc->ctx;

	while (r->num) {
		struct sim_right right = r->of[--r->num];

		if (right.file)
			sim_file_put(ctx, right.file, NULL);
		else
			r->proc->fds->ops->drop(right.held_fd);
	}
}

static void put_lost(struct sim_ctx *ctx);

/*
 * One set after the other, however deep sockets lie in each other's queues: putting a file may free more
 * sets, which only join the list.
 */
static void drain(struct sim_ctx *ctx)
{
	struct sim_flight *flight = ctx->flight;

	if (flight->is_draining)
		return;
	flight->is_draining = true;
	for (;;) {
		while (!sim_list_empty(&flight->dying)) {
			struct sim_rights *r = rights_of(sim_list_first(&flight->dying));

			put_all(r);
			sim_list_remove(&r->node);
			sim_arena_free(ctx->arena, r, size_of(r->cap));
		}
		if (!flight->must_collect)
			break;
		flight->must_collect = false;
		put_lost(ctx);
	}
	flight->is_draining = false;
}

void sim_rights_free(struct sim_rights *r)
{
	if (!r)
		return;
	if (r->holder)
		sim_rights_arrive(r);
	sim_list_remove(&r->node);
	sim_list_append(&flight_of(r)->dying, &r->node);
	drain(r->proc->ctx);
}

void sim_rights_give_back(struct sim_ctx *ctx)
{
	struct sim_list *node;

	if (!ctx->flight)
		return;
	sim_list_each(node, &ctx->flight->all) {
		struct sim_rights *r = rights_of(node);

		for (uint32_t i = 0; i < r->num; i++)
			if (!r->of[i].file)
				r->proc->fds->ops->drop(r->of[i].held_fd);
	}
}

/* ---- the collector ---- */

/* Nothing but queues refers to it. */
static bool is_adrift(const struct sim_file *f)
{
	return f->num_flights && f->refs == f->num_flights;
}

/* Can somebody still receive them? A file that was never in flight is held by a descriptor. */
static bool is_within_reach(const struct sim_rights *r)
{
	const struct sim_file *f = *sim_sock_op(r->holder)->file_slot(r->holder);

	return !f || !is_adrift(f) || f->is_reached;
}

static bool any_adrift(struct sim_flight *flight)
{
	bool any = false;
	struct sim_list *node;

	sim_list_each(node, &flight->all) {
		struct sim_rights *r = rights_of(node);

		r->is_reached = !r->holder;
		for (uint32_t i = 0; r->holder && i < r->num; i++) {
			struct sim_file *f = r->of[i].file;

			if (!f)
				continue;
			f->is_reached = false;
			any |= is_adrift(f) && f->kind == SIM_FILE_SOCK && f->sk->domain == AF_UNIX;
		}
	}
	return any;
}

static bool mark(struct sim_rights *r)
{
	if (r->is_reached || !is_within_reach(r))
		return false;
	r->is_reached = true;
	for (uint32_t i = 0; i < r->num; i++)
		if (r->of[i].file)
			r->of[i].file->is_reached = true;
	return true;
}

/* There and back, so that a chain of sockets in each other's queues is walked at once. */
static bool mark_reached(struct sim_flight *flight)
{
	struct sim_list *head = &flight->all, *node;
	bool found = false;

	for (node = head->next; node != head; node = node->next)
		found |= mark(rights_of(node));
	for (node = head->prev; node != head; node = node->prev)
		found |= mark(rights_of(node));
	return found;
}

static struct sim_rights *first_lost(struct sim_flight *flight)
{
	struct sim_list *node;

	sim_list_each(node, &flight->all)
		if (!rights_of(node)->is_reached)
			return rights_of(node);
	return NULL;
}

/* What nobody can receive is put; the sets themselves stay with their queues, which go with their sockets. */
static void put_lost(struct sim_ctx *ctx)
{
	struct sim_flight *flight = ctx->flight;
	struct sim_rights *r;

	if (!any_adrift(flight))
		return;
	while (mark_reached(flight))
		continue;
	while ((r = first_lost(flight))) {
		r->is_reached = true;
		sim_rights_arrive(r); /* whoever frees it meanwhile finds it done */
		put_all(r);
	}
}

void sim_rights_collect(struct sim_ctx *ctx)
{
	struct sim_flight *flight = ctx->flight;

	if (!flight || !flight->num)
		return;
	flight->must_collect = true;
	drain(ctx);
}
