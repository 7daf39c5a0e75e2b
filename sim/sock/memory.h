/* SPDX-License-Identifier: MIT */
/*
 * How much memory the sockets of a host hold, and the limits to it: simsock.mem_limit in bytes, over all of
 * them, as if the kernel's allocator had no more; net.ipv4.tcp_mem and udp_mem in pages (tcp(7), udp(7)).
 * Held is what is queued, by truesize.
 *
 * It is added up when a limit is set and asked for, so that nothing is counted where there is none.
 *
 * FIDELITY: a TCP buffer is granted whole; the first two numbers (pressure) are stored; receiving TCP
 * sockets are not held back; bytes are not rounded to each socket's pages.
 */
#ifndef SIM_SOCK_MEMORY_H
#define SIM_SOCK_MEMORY_H

#include "sim/sock/sock.h"

enum {
	SIM_MEM_PAGE_BYTES = 4096,
	SIM_MEM_PLENTY_PAGES = 1 << 18, /* more than a world has: where nobody has set less, nothing is added
					   up */
};

/* Which sockets: of one kind, or SIM_SOCK_NONE for all. */
uint64_t sim_net_memory_bytes(const struct sim_net *net, enum sim_sock_kind kind);

bool sim_net_memory_left(const struct sim_net *net, uint32_t more_bytes);

/* Would so many bytes more keep within simsock.mem_limit? */
static inline bool sim_net_has_memory(const struct sim_net *net, uint32_t more_bytes)
{
	return __builtin_expect(!net->sysctl.mem_limit, 1) || sim_net_memory_left(net, more_bytes);
}

/* The same for the third number of tcp_mem or udp_mem, in pages, and the sockets of that kind. */
bool sim_net_has_pages(const struct sim_net *net, enum sim_sock_kind kind, int32_t max_pages,
		       uint32_t more_bytes);

/* The errno of a call that finds no memory: Linux's, unless simsock.no_memory says otherwise. */
int sim_net_no_memory_errno(const struct sim_net *net, int linux_errno);
int sim_sock_no_memory(struct sim_sock *sk, struct sim_task *t, int linux_errno);

/* Some was given back: who waits for it looks again. */
void sim_net_memory_freed_wake(struct sim_net *net);
static inline void sim_net_memory_freed(struct sim_net *net)
{
	if (__builtin_expect(net->num_memory_waiters, 0))
		sim_net_memory_freed_wake(net);
}

#endif
