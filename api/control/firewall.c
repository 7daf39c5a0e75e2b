/* SPDX-License-Identifier: MIT */
/* A host's packet filter by iptables(8)'s words: sim_iptables(), sim_ip6tables(), sim_iptables_rules(). */
#include "api/control/control.h"

#include <errno.h>
#include <stdlib.h>

#include "api/simsock.h"
#include "sim/ip/firewall.h"

enum { LISTING_BYTES = 16384 };

/* A host's first address of that version. */
static bool address_of(void *ctx, struct sim_slice name, bool v6, struct sim_addr *a)
{
	struct sim_host *h = sim_control_find_host(ctx, name, NULL);

	for (uint32_t i = 0; h && i < h->ip.num_ifaces; i++) {
		const struct sim_iface *f = &h->ip.ifaces[i];

		for (uint32_t k = 0; k < f->num_addrs && !f->loopback; k++) {
			*a = f->addrs[k].addr;
			if (sim_addr_is_v4(*a) != v6)
				return true;
		}
	}
	return false;
}

int sim_control_parse_firewall(struct sim_control *c, struct sim_slice text, bool v6,
			       struct sim_fw_command *out, struct sim_diag *d)
{
	return sim_firewall_parse(text, v6, address_of, c, out, d);
}

void sim_control_firewall(struct sim_host *h, const struct sim_fw_command *cmd, struct sim_slice text)
{
	struct sim_diag d;

	switch (sim_firewall_apply(&h->ip, cmd)) {
	case 0: return;
	case -ENOENT:
		sim_diag_slice(&d, text, "there is no such rule in that chain of %s", h->net.name);
		sim_control_fail_diag(&d);
	default: sim_control_fail("the world's memory is used up (SIMSOCK_ARENA)");
	}
}

static void set(const char *what, const char *host, const char *line, bool v6)
{
	struct sim_control *c = sim_control_current(what);
	struct sim_host *h = sim_control_host(c, v6 ? "ip6tables" : "iptables", host);
	struct sim_source src = sim_source_of(v6 ? "ip6tables" : "iptables", line ? line : "");
	struct sim_slice all = sim_slice_all(&src);
	struct sim_fw_command cmd;
	struct sim_diag d;

	if (sim_control_parse_firewall(c, all, v6, &cmd, &d))
		sim_control_fail_diag(&d);
	sim_control_firewall(h, &cmd, all);
}

void(sim_iptables)(const char *host, const char *rule)
{
	set("sim_iptables", host, rule, false);
}

void(sim_ip6tables)(const char *host, const char *rule)
{
	set("sim_ip6tables", host, rule, true);
}

const char *(sim_iptables_rules)(const char *host)
{
	struct sim_control *c = sim_control_current("sim_iptables_rules");
	struct sim_host *h = sim_control_host(c, "iptables", host);
	struct sim_str out;

	if (!c->firewall_text)
		c->firewall_text = malloc(LISTING_BYTES);
	if (!c->firewall_text)
		sim_control_fail("out of memory");
	out = sim_str_on(c->firewall_text, LISTING_BYTES);
	sim_firewall_list(&h->ip, &out);
	return c->firewall_text;
}
