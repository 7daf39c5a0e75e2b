/* SPDX-License-Identifier: MIT */
/* Memory of a host's sockets: see memory.h. */
#include "sim/sock/memory.h"

#include <errno.h>

uint64_t sim_net_memory_bytes(const struct sim_net *net, enum sim_sock_kind kind)
{
	uint64_t sum = 0;
	struct sim_list *node;

	sim_list_each(node, &net->sockets) {
		const struct sim_sock *sk = sim_container_of(node, struct sim_sock, node);

		if (kind == SIM_SOCK_NONE || sk->kind == kind)
			sum += (uint64_t)sk->wmem_bytes + sk->rmem_bytes;
	}
	return sum;
}

bool sim_net_memory_left(const struct sim_net *net, uint32_t more_bytes)
{
	return sim_net_memory_bytes(net, SIM_SOCK_NONE) + more_bytes <= (uint64_t)net->sysctl.mem_limit;
}

bool sim_net_has_pages(const struct sim_net *net, enum sim_sock_kind kind, int32_t max_pages,
		       uint32_t more_bytes)
{
	return sim_net_memory_bytes(net, kind) + more_bytes <= (uint64_t)max_pages * SIM_MEM_PAGE_BYTES;
}

int sim_net_no_memory_errno(const struct sim_net *net, int linux_errno)
{
	switch (net->sysctl.sw_no_memory) {
	case SIM_NO_MEMORY_ENOMEM: return ENOMEM;
	case SIM_NO_MEMORY_ENOBUFS: return ENOBUFS;
	default: return linux_errno;
	}
}

int sim_sock_no_memory(struct sim_sock *sk, struct sim_task *t, int linux_errno)
{
	return sim_sock_fail(sk, t, sim_net_no_memory_errno(sk->net, linux_errno), SIM_WHY_HOST_MEMORY,
			     SIM_NEVER_NS, (int64_t)sim_net_memory_bytes(sk->net, SIM_SOCK_NONE),
			     sk->net->sysctl.mem_limit, 0, 0);
}

void sim_net_memory_freed_wake(struct sim_net *net)
{
	struct sim_list *node;

	net->num_memory_waiters = 0;
	sim_list_each(node, &net->sockets) {
		struct sim_sock *sk = sim_container_of(node, struct sim_sock, node);

		if (!sk->wants_memory)
			continue;
		sk->wants_memory = false;
		sim_sock_notify(sk, EPOLLOUT | EPOLLWRNORM);
	}
}
