/* SPDX-License-Identifier: MIT */
/*
 * A host's routes, addresses, interfaces and neighbours in ip(8)'s words: read, done, shown. ip-route(8),
 * ip-address(8), ip-link(8), ip-neighbour(8).
 *
 *	route add|replace|del [TYPE] DST [via GW] [dev NAME] [metric N] [mtu N] [onlink]   route flush
 *	addr add|del A[/P] [dev NAME]   addr flush dev NAME
 *	link add NAME   link set [dev] NAME [up|down] [mtu N] [txqueuelen N] [arp on|off]
 *	neigh add|replace|del A [lladdr MAC] [dev NAME] [nud STATE]   neigh flush [dev NAME]
 *	route|addr|link|neigh [show] [dev NAME]
 *
 * with "-4" or "-6" in front. An interface that is not named is eth0. Each object and verb may be cut short
 *as ip(8) takes them. Must not know whose time it is, nor who shows the mistakes.
 */
#ifndef SIM_HOST_IP_WORDS_H
#define SIM_HOST_IP_WORDS_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/diag.h"
#include "sim/base/str.h"
#include "sim/host/host.h"

enum sim_ip_object { SIM_IP_ROUTE, SIM_IP_ADDR, SIM_IP_LINK, SIM_IP_NEIGH, SIM_IP_NUM_OBJECTS };
enum sim_ip_verb {
	SIM_IP_SHOW,
	SIM_IP_ADD,
	SIM_IP_REPLACE,
	SIM_IP_DEL,
	SIM_IP_FLUSH,
	SIM_IP_SET,
	SIM_IP_NUM_VERBS
};

/* One command, read. Its slices borrow the text. */
struct sim_ip_command {
	uint8_t object, verb;
	uint8_t family;                         /* 4, 6; 0: not said */
	struct sim_slice subject, dev, gateway; /* DST, A; NAME; GW: for messages, empty if not said */
	struct sim_ip_route route;
	struct sim_addr addr;
	unsigned prefix_len; /* of addr, as it was written */
	bool has_up, up, has_arp, arp, has_lladdr, has_nud;
	uint32_t mtu_bytes, txqueuelen_packets; /* 0: not said */
	uint8_t nud;                            /* enum sim_nud_state */
	uint8_t lladdr[SIM_HWADDR_BYTES];
};

/* 0, or -EINVAL and a diagnostic. Looks at no host. */
int sim_ip_command_parse(struct sim_slice text, struct sim_ip_command *out, struct sim_diag *d);
/* Does it, or adds to `out` what it shows. 0, or -EINVAL and a diagnostic: then nothing was done. */
int sim_ip_command_run(struct sim_host *h, const struct sim_ip_command *cmd, struct sim_str *out,
		       struct sim_diag *d);
/* ip_show.c: the same for SIM_IP_SHOW. dev: NULL: all. */
void sim_ip_show(struct sim_host *h, const struct sim_ip_command *cmd, const struct sim_iface *dev,
		 struct sim_str *out);

#endif
