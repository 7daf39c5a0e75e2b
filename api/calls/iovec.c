/* SPDX-License-Identifier: MIT */
/* See iovec.h. readv(2), sendmsg(2). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/calls/iovec.h"

#include <errno.h>

#include "sim/base/uaccess.h"
#include "sim/sock/memory.h"

long sim_iovec_in(struct sim_gate *g, const struct iovec *iov, size_t num, int too_many,
		  struct sim_iovec_copy *c)
{
	size_t bytes = num * sizeof *iov;

	c->iov = c->fast;
	c->num = 0;
	c->total_bytes = 0;
	if (num > SIM_IOV_MAX)
		return sim_gate_fail(g, -too_many, SIM_WHY_TOO_MANY_IOV, (int64_t)num, SIM_IOV_MAX);
	if (num > SIM_IOV_FAST) {
		const struct sim_net *net = g->t->proc->net;

		/* Linux's import_iovec() allocates for more than eight. */
		if (!sim_net_has_memory(net, (uint32_t)bytes))
			return sim_gate_fail(g, sim_net_no_memory_errno(net, ENOMEM), SIM_WHY_HOST_MEMORY,
					     (int64_t)sim_net_memory_bytes(net, SIM_SOCK_NONE),
					     net->sysctl.mem_limit);
		c->iov = sim_arena_alloc_raw(g->w->ctx.arena, bytes);
		if (!c->iov)
			return sim_gate_fail(g, ENOMEM, SIM_WHY_NO_MEMORY, 0, 0);
	}
	c->num = num;
	if (num && sim_copy_from_user(c->iov, iov, bytes)) {
		sim_iovec_done(g, c);
		return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)iov, 0);
	}
	for (size_t i = 0; i < num; i++) {
		if ((ssize_t)c->iov[i].iov_len < 0) {
			sim_iovec_done(g, c);
			return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 2, (int64_t)i);
		}
		/* One piece is cut before it is looked at, several are not: import_iovec(). */
		if (!sim_can_be_users(c->iov[i].iov_base, num == 1 && c->iov[i].iov_len > SIM_RW_MAX_BYTES
								  ? SIM_RW_MAX_BYTES
								  : c->iov[i].iov_len)) {
			sim_iovec_done(g, c);
			return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER,
					     (int64_t)(uintptr_t)c->iov[i].iov_base, 0);
		}
		if (c->iov[i].iov_len > SIM_RW_MAX_BYTES - c->total_bytes)
			c->iov[i].iov_len = SIM_RW_MAX_BYTES - c->total_bytes;
		c->total_bytes += c->iov[i].iov_len;
	}
	return 0;
}

void sim_iovec_done(struct sim_gate *g, struct sim_iovec_copy *c)
{
	if (c->iov != c->fast)
		sim_arena_free(g->w->ctx.arena, c->iov, c->num * sizeof *c->iov);
	c->iov = c->fast;
}

uint64_t sim_msg_asked_for(struct sim_task *t, enum sim_call_id id, const struct msghdr *msg)
{
	struct msghdr h;
	uint64_t n = 0;

	if (!sim_fault_any(&sim_world_of(t)->rules, id) || sim_copy_from_user(&h, msg, sizeof h))
		return 0;
	for (size_t i = 0; i < h.msg_iovlen && i < SIM_IOV_MAX; i++) {
		struct iovec v;

		if (sim_copy_from_user(&v, h.msg_iov + i, sizeof v))
			return n;
		n += v.iov_len;
	}
	return n;
}
