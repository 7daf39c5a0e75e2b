/* SPDX-License-Identifier: MIT */
/* Code by index: the tables whose entries come from several layers, defined where all of them can be seen. */
#include "sim/ip/inet.h"
#include "sim/link/link.h"
#include "sim/proc/epoll.h"
#include "sim/proc/proc.h"
#include "sim/proc/timerfd.h"
#include "sim/tcp/tcp.h"
#include "sim/udp/udp.h"
#include "sim/unix/unix_domain.h"
#include "sim/world/world.h"

static void at_on_timer(struct sim_clock *c, struct sim_timer *t)
{
	struct sim_world *w = sim_container_of(c, struct sim_world, ctx.clock);

	w->on_at(w, t);
}

sim_timer_fn *const sim_timer_fns[SIM_TIMER_NUM_KINDS] = {
	[SIM_TIMER_TASK] = sim_task_on_timer,
	[SIM_TIMER_WIRE] = sim_wire_on_timer,
	[SIM_TIMER_IP] = sim_ip_on_timer,
	[SIM_TIMER_NEIGH] = sim_neigh_on_timer,
	[SIM_TIMER_NEIGH_AWAITED] = sim_neigh_on_timer,
	[SIM_TIMER_TCP_RETRANSMIT] = sim_tcp_on_retransmit_timer,
	[SIM_TIMER_TCP_DELACK] = sim_tcp_on_delack_timer,
	[SIM_TIMER_TCP_LIFETIME] = sim_tcp_on_lifetime_timer,
	[SIM_TIMER_ALARM] = sim_alarm_on_timer,
	[SIM_TIMER_ALARM_HELD] = sim_alarm_on_timer,
	[SIM_TIMER_TIMERFD] = sim_timerfd_on_timer,
	[SIM_TIMER_AT] = at_on_timer,
};

sim_wait_fn *const sim_wait_fns[SIM_WAIT_NUM_KINDS] = {
	[SIM_WAIT_TASK] = sim_task_on_wake,
	[SIM_WAIT_EPOLL] = sim_epoll_on_wake,
};

static struct sim_sock *inet_peer(struct sim_world *w, struct sim_inet *in)
{
	struct sim_host *h = sim_ip_is_local(in->ip, in->raddr)
				     ? sim_container_of(in->ip, struct sim_host, ip)
				     : sim_world_host_of(w, in->raddr);
	struct sim_inet *peer;

	if (!h || !in->rport)
		return NULL;
	if (in->sk.kind == SIM_SOCK_TCP)
		return sim_tcp_find(h->net.tcp, in->raddr, in->rport, in->laddr, in->lport);
	peer = sim_ports_find_tuple(&h->net.udp->ports, in->raddr, in->rport, in->laddr, in->lport);
	return peer ? &peer->sk : NULL;
}

struct sim_sock *sim_sock_peer(struct sim_sock *sk)
{
	struct sim_world *w = sim_container_of(sk->net->ctx, struct sim_world, ctx);

	switch (sk->kind) {
	case SIM_SOCK_TCP:
	case SIM_SOCK_UDP: return inet_peer(w, sim_container_of(sk, struct sim_inet, sk));
	default: return sim_unix_peer(sk);
	}
}

/* Supplied by a face that binds real inodes; without one, paths are virtual only. */
extern const struct sim_unix_resolver sim_unix_real_resolver __attribute__((weak));

const struct sim_unix_resolver *const sim_unix_resolvers[SIM_UNIX_NUM_PATHS] = {
	[SIM_UNIX_PATHS_VIRTUAL] = &sim_unix_tree_resolver,
	[SIM_UNIX_PATHS_REAL] = &sim_unix_real_resolver,
};

void sim_unix_task_cred(struct sim_task *t, struct sim_unix_cred *cred)
{
	*cred = (struct sim_unix_cred){ .umask = 022 };
	if (!t)
		return;
	cred->pid = (int32_t)t->proc->pid;
	cred->uid = t->proc->uid;
	cred->gid = t->proc->gid;
	cred->umask = t->proc->umask;
}
