/* SPDX-License-Identifier: MIT */
/* Telling those that wait: see wait.h. */
#include "sim/task/wait.h"

#include <sys/epoll.h>

void sim_waitq_tell(struct sim_waitq *q, uint32_t events)
{
	struct sim_list *node, *following;

	sim_list_each_safe(node, following, &q->waits) {
		struct sim_wait *w = sim_container_of(node, struct sim_wait, node);

		if (!w->events || (events & (w->events | EPOLLERR | EPOLLHUP)))
			sim_wait_fns[w->kind](w, events);
	}
}
