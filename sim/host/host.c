/* SPDX-License-Identifier: MIT */
/* Making hosts: see host.h. */
#include "sim/host/host.h"

#include "sim/base/str.h"
#include "sim/tcp/tcp.h"
#include "sim/udp/udp.h"
#include "sim/unix/unix_domain.h"

static void net_init(struct sim_net *net, struct sim_ctx *ctx, uint16_t id, const char *name)
{
	net->ctx = ctx;
	net->host_id = id;
	sim_str_copy(net->name, sizeof net->name, name);
#define SYSCTL_INITIAL(field, text, index, initial, min, max) net->sysctl.field = initial;
	SIM_SYSCTL_TABLE(SYSCTL_INITIAL)
#undef SYSCTL_INITIAL
	sim_list_init(&net->sockets);
}

struct sim_host *sim_host_new(struct sim_ctx *ctx, struct sim_fabric *fabric, uint16_t id, const char *name)
{
	struct sim_host *h = sim_arena_alloc(ctx->arena, sizeof *h);
	struct sim_unix *unix_domain;
	struct sim_udp *udp;
	struct sim_tcp *tcp;

	if (!h)
		return NULL;
	sim_list_init(&h->node);
	net_init(&h->net, ctx, id, name);
	udp = sim_arena_alloc(ctx->arena, sizeof *udp);
	tcp = sim_arena_alloc(ctx->arena, sizeof *tcp);
	unix_domain = sim_arena_alloc(ctx->arena, sizeof *unix_domain);
	/* What is half made stays in the arena: the world that has no memory for a host is not made. */
	if (!udp || !tcp || !unix_domain || sim_station_init(fabric, &h->station, id, &h->ip) ||
	    sim_ip_init(&h->ip, &h->net, &h->station) || sim_udp_init(udp, &h->ip) ||
	    sim_tcp_init(tcp, &h->ip) || sim_unix_init(unix_domain, &h->net))
		return NULL;
	return h;
}
