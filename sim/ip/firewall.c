/* SPDX-License-Identifier: MIT */
/* The packet filter at work: matching, counting, refusing. See firewall.h; its words are in firewall_text.c.
 */
#include "sim/ip/firewall.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/base/assert.h"
#include "sim/ip/firewall_internal.h"
#include "sim/ip/ip_internal.h"

const struct sim_fw_reject sim_fw_rejects[SIM_FW_NUM_REJECTS] = {
	{ "icmp-port-unreachable", "port-unreach", false, false, SIM_ICMP_UNREACHABLE, 3 },
	{ "icmp-net-unreachable", "net-unreach", false, false, SIM_ICMP_UNREACHABLE, 0 },
	{ "icmp-host-unreachable", "host-unreach", false, false, SIM_ICMP_UNREACHABLE, 1 },
	{ "icmp-proto-unreachable", "proto-unreach", false, false, SIM_ICMP_UNREACHABLE, 2 },
	{ "icmp-net-prohibited", "net-prohib", false, false, SIM_ICMP_UNREACHABLE, 9 },
	{ "icmp-host-prohibited", "host-prohib", false, false, SIM_ICMP_UNREACHABLE, 10 },
	{ "icmp-admin-prohibited", "admin-prohib", false, false, SIM_ICMP_UNREACHABLE, 13 },
	{ "tcp-reset", "tcp-rst", false, true, 0, 0 },
	/* Ours, where no iptables has them: what routers of old said, and the way to EHOSTDOWN (RFC
	   1122 3.2.2.1). */
	{ "icmp-net-unknown", "", false, false, SIM_ICMP_UNREACHABLE, 6 },
	{ "icmp-host-unknown", "", false, false, SIM_ICMP_UNREACHABLE, 7 },
	{ "icmp6-port-unreachable", "port-unreach", true, false, SIM_ICMP6_UNREACHABLE, 4 },
	{ "icmp6-no-route", "no-route", true, false, SIM_ICMP6_UNREACHABLE, 0 },
	{ "icmp6-adm-prohibited", "adm-prohibited", true, false, SIM_ICMP6_UNREACHABLE, 1 },
	{ "icmp6-addr-unreachable", "addr-unreach", true, false, SIM_ICMP6_UNREACHABLE, 3 },
	{ "icmp6-policy-fail", "policy-fail", true, false, SIM_ICMP6_UNREACHABLE, 5 },
	{ "icmp6-reject-route", "reject-route", true, false, SIM_ICMP6_UNREACHABLE, 6 },
	{ "tcp-reset", "tcp-rst", true, true, 0, 0 },
};

/* ---- matching ---- */

static bool term(const struct sim_fw_match *m, unsigned not_bit, bool holds)
{
	return holds != !!(m->inverted & not_bit);
}

static bool in_range(const uint16_t range[2], uint16_t port)
{
	return port >= range[0] && port <= range[1];
}

static bool ports_match(const struct sim_fw_match *m, const struct sim_packet *p)
{
	if (m->has_sport && !term(m, SIM_FW_NOT_SPORT, in_range(m->sport, p->sport)))
		return false;
	if (m->has_dport && !term(m, SIM_FW_NOT_DPORT, in_range(m->dport, p->dport)))
		return false;
	return !m->tcp_mask || term(m, SIM_FW_NOT_FLAGS, (p->tcp.flags & m->tcp_mask) == m->tcp_flags);
}

static bool icmp_matches(const struct sim_fw_match *m, const struct sim_packet *p)
{
	bool same = p->icmp.type == m->icmp_type &&
		    (m->icmp_code == SIM_FW_ANY_CODE || p->icmp.code == m->icmp_code);

	return !m->has_icmp || term(m, SIM_FW_NOT_ICMP, same);
}

static bool rule_matches(const struct sim_ip *ip, const struct sim_fw_match *m, const struct sim_packet *p)
{
	if (m->proto && !term(m, SIM_FW_NOT_PROTO, p->proto == m->proto))
		return false;
	if (m->src_len && !term(m, SIM_FW_NOT_SRC, sim_ip_prefix_matches(p->src, m->src, m->src_len)))
		return false;
	if (m->dst_len && !term(m, SIM_FW_NOT_DST, sim_ip_prefix_matches(p->dst, m->dst, m->dst_len)))
		return false;
	if (m->iface_len) {
		const char *name = ip->ifaces[p->iface - 1].name;

		if (!term(m, SIM_FW_NOT_IFACE, strncmp(name, m->iface, m->iface_len) == 0))
			return false;
	}
	return ports_match(m, p) && icmp_matches(m, p);
}

/* ---- refusing ---- */

/* RFC 9293 3.5.2, group 1: as the receiver of the segment would, which it never reaches. */
static void answer_reset(struct sim_ip *ip, const struct sim_packet *about, bool ours)
{
	struct sim_ctx *ctx = sim_ip_ctx(ip);
	const struct sim_tcp_header *h = &about->tcp;
	struct sim_packet *rst;
	struct sim_route r;

	if (about->proto != IPPROTO_TCP || (h->flags & SIM_TCP_RST) || about->broadcast)
		return;
	rst = sim_packet_new(ctx->arena, &ctx->next_packet_id);
	if (!rst)
		return;
	rst->src = about->dst;
	rst->dst = about->src;
	rst->sport = about->dport;
	rst->dport = about->sport;
	rst->proto = IPPROTO_TCP;
	rst->dont_fragment = true;
	rst->tcp.flags = SIM_TCP_RST;
	if (h->flags & SIM_TCP_ACK) {
		rst->tcp.seq = h->ack;
	} else {
		rst->tcp.flags |= SIM_TCP_ACK;
		rst->tcp.ack =
			h->seq + about->payload.len + !!(h->flags & SIM_TCP_SYN) + !!(h->flags & SIM_TCP_FIN);
	}
	if (ours) { /* in the name of who would have got it: no way out has such a source */
		rst->ttl = (uint8_t)ip->net->sysctl.ip_default_ttl;
		rst->iface = ip->ifaces[0].index;
		sim_wire_send(ip->station->wires, rst);
	} else if (sim_ip_route(ip, rst->dst, rst->src, 0, false, &r) == 0) {
		sim_ip_send(ip, &r, rst);
	} else {
		sim_packet_free(ctx->arena, rst);
	}
}

static void refuse(struct sim_ip *ip, const struct sim_fw_rule *r, const struct sim_packet *p, bool ours)
{
	const struct sim_fw_reject *how = &sim_fw_rejects[r->reject];

	if (how->reset)
		answer_reset(ip, p, ours);
	else
		sim_icmp_send_error(ip, p, how->type, how->code, 0);
}

int sim_firewall_ask(struct sim_ip *ip, enum sim_fw_chain_id id, struct sim_packet *p)
{
	struct sim_firewall *fw = ip->firewall;
	struct sim_fw_chain *chain = &fw->chains[!sim_packet_is_v4(p)][id];
	uint32_t number = 1;

	for (struct sim_fw_rule *r = chain->rules; r; r = r->next, number++) {
		if (!rule_matches(ip, &r->match, p))
			continue;
		r->num_packets++;
		r->num_bytes += sim_packet_ip_len(p);
		if (r->target == SIM_FW_ACCEPT)
			return 0;
		if (r->target == SIM_FW_NONE)
			continue;
		if (r->target == SIM_FW_RETURN)
			break;
		fw->last_rule = number;
		if (r->target == SIM_FW_REJECT)
			refuse(ip, r, p, id == SIM_FW_OUTPUT);
		fw->last_rule = number; /* what was answered may have met a rule itself */
		return -EPERM;
	}
	chain->num_packets++;
	chain->num_bytes += sim_packet_ip_len(p);
	if (chain->policy == SIM_FW_ACCEPT)
		return 0;
	fw->last_rule = 0;
	return -EPERM;
}

/* ---- changing ---- */

static bool same_ports(const uint16_t a[2], const uint16_t b[2])
{
	return a[0] == b[0] && a[1] == b[1];
}

static bool same_match(const struct sim_fw_match *a, const struct sim_fw_match *b)
{
	return sim_addr_equal(a->src, b->src) && sim_addr_equal(a->dst, b->dst) && a->src_len == b->src_len &&
	       a->dst_len == b->dst_len && a->proto == b->proto && a->inverted == b->inverted &&
	       same_ports(a->sport, b->sport) && same_ports(a->dport, b->dport) &&
	       a->tcp_mask == b->tcp_mask && a->tcp_flags == b->tcp_flags && a->has_icmp == b->has_icmp &&
	       a->has_sport == b->has_sport && a->has_dport == b->has_dport && a->icmp_type == b->icmp_type &&
	       a->icmp_code == b->icmp_code && a->iface_len == b->iface_len &&
	       strcmp(a->iface, b->iface) == 0;
}

static bool same_rule(const struct sim_fw_rule *a, const struct sim_fw_rule *b)
{
	return a->target == b->target && a->reject == b->reject && same_match(&a->match, &b->match);
}

/* The link that rule `number` hangs on, or the end for one more than there are; NULL: further than that. */
static struct sim_fw_rule **place_of(struct sim_fw_chain *chain, uint32_t number)
{
	struct sim_fw_rule **at = &chain->rules;

	while (--number) {
		if (!*at)
			return NULL;
		at = &(*at)->next;
	}
	return at;
}

static int insert(struct sim_ip *ip, struct sim_fw_rule **at, const struct sim_fw_rule *rule)
{
	struct sim_fw_rule *r = at ? sim_arena_alloc(sim_ip_arena(ip), sizeof *r) : NULL;

	if (!r)
		return at ? -ENOMEM : -ENOENT;
	*r = *rule;
	r->num_packets = r->num_bytes = 0;
	r->next = *at;
	*at = r;
	return 0;
}

static int delete_at(struct sim_ip *ip, struct sim_fw_rule **at)
{
	struct sim_fw_rule *r = at ? *at : NULL;

	if (!r)
		return -ENOENT;
	*at = r->next;
	sim_arena_free(sim_ip_arena(ip), r, sizeof *r);
	return 0;
}

static struct sim_fw_rule **find_rule(struct sim_fw_chain *chain, const struct sim_fw_rule *rule, bool to_end)
{
	struct sim_fw_rule **at = &chain->rules;

	while (*at && (to_end || !same_rule(*at, rule)))
		at = &(*at)->next;
	return at;
}

static void zero(struct sim_fw_chain *chain)
{
	chain->num_packets = chain->num_bytes = 0;
	for (struct sim_fw_rule *r = chain->rules; r; r = r->next)
		r->num_packets = r->num_bytes = 0;
}

static int apply_to(struct sim_ip *ip, struct sim_fw_chain *chain, const struct sim_fw_command *c)
{
	switch (c->op) {
	case SIM_FW_APPEND: return insert(ip, find_rule(chain, NULL, true), &c->rule);
	case SIM_FW_INSERT: return insert(ip, place_of(chain, c->number), &c->rule);
	case SIM_FW_DELETE:
		return delete_at(ip,
				 c->number ? place_of(chain, c->number) : find_rule(chain, &c->rule, false));
	case SIM_FW_FLUSH:
		while (chain->rules)
			delete_at(ip, &chain->rules);
		return 0;
	case SIM_FW_POLICY: chain->policy = c->rule.target; return 0;
	default: zero(chain); return 0;
	}
}

int sim_firewall_apply(struct sim_ip *ip, const struct sim_fw_command *c)
{
	int err = 0;

	if (!ip->firewall) {
		ip->firewall = sim_arena_alloc(sim_ip_arena(ip), sizeof *ip->firewall);
		if (!ip->firewall)
			return -ENOMEM;
		for (int i = 0; i < 2 * SIM_FW_NUM_CHAINS; i++)
			ip->firewall->chains[i / SIM_FW_NUM_CHAINS][i % SIM_FW_NUM_CHAINS].policy =
				SIM_FW_ACCEPT;
	}
	for (unsigned i = c->first_chain; i <= c->last_chain && !err; i++)
		err = apply_to(ip, &ip->firewall->chains[c->v6][i], c);
	return err;
}

void sim_firewall_free(struct sim_ip *ip)
{
	struct sim_fw_command flush = { .op = SIM_FW_FLUSH };

	if (!ip->firewall)
		return;
	for (int v6 = 0; v6 < 2; v6++)
		for (int i = 0; i < SIM_FW_NUM_CHAINS; i++)
			apply_to(ip, &ip->firewall->chains[v6][i], &flush);
	sim_arena_free(sim_ip_arena(ip), ip->firewall, sizeof *ip->firewall);
	ip->firewall = NULL;
}
