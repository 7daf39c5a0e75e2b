/* SPDX-License-Identifier: MIT */
/* poll(2), ppoll(2). Never restarted after a handler (signal(7)). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>

#include "api/calls/gate.h"
#include "api/calls/ready.h"
#include "api/signals/signals.h"
#include "sim/base/uaccess.h"

static long bad_pointer(struct sim_gate *g, const void *p)
{
	return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)p, 0);
}

static long poll_in(struct sim_gate *g, struct sim_ready_set *s, const struct pollfd *fds, uint32_t num)
{
	for (uint32_t i = 0; i < num; i++) {
		struct pollfd p;

		if (sim_copy_from_user(&p, &fds[i], sizeof p))
			return bad_pointer(g, &fds[i]);
		sim_ready_add(s, p.fd, (uint16_t)p.events | POLLERR | POLLHUP);
	}
	return 0;
}

static long poll_out(struct sim_gate *g, const struct sim_ready_set *s, struct pollfd *fds, long n)
{
	for (uint32_t i = 0; i < s->num; i++) {
		short revents = (short)s->items[i].got;

		if (sim_copy_to_user(&fds[i].revents, &revents, sizeof revents))
			return bad_pointer(g, &fds[i]);
	}
	return n;
}

static long do_poll(struct sim_gate *g, struct pollfd *fds, uint32_t num, int64_t deadline_ns)
{
	struct sim_ready_set s;
	long r = sim_ready_init(g, &s, num);

	if (r)
		return r;
	r = poll_in(g, &s, fds, num);
	if (!r) {
		r = sim_ready_wait(g, &s, deadline_ns);
		r = poll_out(g, &s, fds, r);
	}
	sim_ready_fini(g, &s);
	return r;
}

long sim_call_poll(struct sim_task *t, enum sim_call_id id, struct pollfd *fds, nfds_t num,
		   const struct timespec *timeout, const sigset_t *mask)
{
	struct sim_gate g;
	struct sim_signals_mask m; /* large: only the word that tells is set */
	int64_t deadline_ns;
	long r;

	m.is_swapped = false;
	if (sim_gate_enter(&g, t, id, -1, num))
		return sim_gate_leave(&g, g.answer);
	r = sim_gate_deadline(&g, timeout, &deadline_ns);
	if (!r && sim_signals_mask_swap(&m, t, mask))
		r = bad_pointer(&g, mask);
	/* poll(2), EINVAL: more than RLIMIT_NOFILE. */
	if (!r && num > (nfds_t)t->proc->fds->limit)
		r = sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_ARGUMENT, 2, (int64_t)num);
	if (!r)
		r = do_poll(&g, fds, (uint32_t)num, deadline_ns);
	r = sim_gate_leave(&g, r);
	sim_signals_mask_restore(&m, t, r);
	return r;
}
