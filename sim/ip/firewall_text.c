/* SPDX-License-Identifier: MIT */
/*
 * The words of iptables(8) and iptables-extensions(8) that the packet filter has, read and printed. What it
 * has not is refused by name.
 */
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/base/diag.h"
#include "sim/base/quantity.h"
#include "sim/base/str.h"
#include "sim/ip/firewall.h"
#include "sim/ip/firewall_internal.h"
#include "sim/ip/ip_internal.h"

#define NUM(a) (sizeof(a) / sizeof(a)[0])

enum { V4_BITS = 96, MAX_NUMBER = 65535, ADDR_TEXT_BYTES = 64 };

static const char *const chain_names[SIM_FW_NUM_CHAINS] = { "INPUT", "OUTPUT" };
static const char *const target_names[] = { "", "ACCEPT", "DROP", "REJECT", "RETURN" };

static const struct {
	const char *name;
	uint8_t flag;
} tcp_flags[] = { { "FIN", SIM_TCP_FIN }, { "SYN", SIM_TCP_SYN }, { "RST", SIM_TCP_RST },
		  { "PSH", SIM_TCP_PSH }, { "ACK", SIM_TCP_ACK }, { "URG", SIM_TCP_URG } };

enum { SYN_MASK = SIM_TCP_FIN | SIM_TCP_SYN | SIM_TCP_RST | SIM_TCP_ACK };

/* ICMP types by the names that iptables has for them; code -1: any. */
static const struct icmp_name {
	const char *name;
	bool v6;
	uint8_t type;
	int16_t code;
} icmp_names[] = {
	{ "echo-request", false, SIM_ICMP_ECHO, -1 },
	{ "ping", false, SIM_ICMP_ECHO, -1 },
	{ "echo-reply", false, SIM_ICMP_ECHO_REPLY, -1 },
	{ "pong", false, SIM_ICMP_ECHO_REPLY, -1 },
	{ "destination-unreachable", false, SIM_ICMP_UNREACHABLE, -1 },
	{ "network-unreachable", false, SIM_ICMP_UNREACHABLE, 0 },
	{ "host-unreachable", false, SIM_ICMP_UNREACHABLE, 1 },
	{ "protocol-unreachable", false, SIM_ICMP_UNREACHABLE, 2 },
	{ "port-unreachable", false, SIM_ICMP_UNREACHABLE, 3 },
	{ "fragmentation-needed", false, SIM_ICMP_UNREACHABLE, 4 },
	{ "time-exceeded", false, SIM_ICMP_TIME_EXCEEDED, -1 },
	{ "parameter-problem", false, SIM_ICMP_PARAMETER, -1 },
	{ "echo-request", true, SIM_ICMP6_ECHO, -1 },
	{ "echo-reply", true, SIM_ICMP6_ECHO_REPLY, -1 },
	{ "destination-unreachable", true, SIM_ICMP6_UNREACHABLE, -1 },
	{ "port-unreachable", true, SIM_ICMP6_UNREACHABLE, 4 },
	{ "packet-too-big", true, SIM_ICMP6_TOO_BIG, -1 },
	{ "time-exceeded", true, SIM_ICMP6_TIME_EXCEEDED, -1 },
};

/* The line word by word, and what it comes to. */
struct reader {
	struct sim_slice rest, word;
	struct sim_fw_command *c;
	struct sim_diag *d;
	sim_fw_resolve_fn *resolve;
	void *ctx;
	bool inverted;
	struct sim_slice ports, icmp, iface, reset; /* where a word stands that needs another */
	bool has_ports, has_icmp, has_iface_in, has_iface_out, has_target, has_reject;
};

static bool next(struct reader *r)
{
	size_t n = 0;

	r->rest = sim_slice_trim(r->rest);
	while (n < r->rest.len && !sim_is_blank(sim_slice_text(r->rest)[n]))
		n++;
	r->word = sim_slice_sub(r->rest, 0, n);
	r->rest = sim_slice_sub(r->rest, n, r->rest.len);
	return n > 0;
}

/* The value of an option: the next word, which must be there. */
static int value(struct reader *r, const char *what)
{
	struct sim_slice option = r->word;

	if (next(r) && !sim_slice_is(r->word, "!"))
		return 0;
	return sim_diag_slice(r->d, r->word, SIM_SLICE_FMT " needs %s", SIM_SLICE_ARG(option), what);
}

static bool not(struct reader * r, unsigned bit)
{
	if (r->inverted)
		r->c->rule.match.inverted |= (uint8_t)bit;
	r->inverted = false;
	return true;
}

static int unknown(struct reader *r, const char *what, const char *const *names, size_t num)
{
	struct sim_suggest s = sim_suggest_for(r->word);
	char hint[SIM_SUGGEST_BYTES], list[320];
	struct sim_str known = sim_str_on(list, sizeof list);

	for (size_t i = 0; i < num; i++) {
		if (!names[i] || !*names[i])
			continue;
		sim_suggest_offer(&s, names[i]);
		sim_str_printf(&known, "%s%s", known.len ? ", " : "", names[i]);
	}
	return sim_diag_slice(r->d, r->word, "unknown %s \"" SIM_SLICE_FMT "\"%s (expected %s)", what,
			      SIM_SLICE_ARG(r->word), sim_suggest_text(&s, hint), list);
}

/* ---- chains and targets ---- */

static int parse_chain(struct reader *r)
{
	if (!next(r))
		return sim_diag_slice(r->d, r->word, "a chain was expected: INPUT or OUTPUT");
	for (unsigned i = 0; i < SIM_FW_NUM_CHAINS; i++) {
		if (sim_slice_is(r->word, chain_names[i])) {
			r->c->first_chain = r->c->last_chain = (uint8_t)i;
			return 0;
		}
	}
	if (sim_slice_is(r->word, "FORWARD"))
		return sim_diag_slice(r->d, r->word,
				      "the chain FORWARD is not simulated: expected INPUT or OUTPUT");
	return unknown(r, "chain", chain_names, NUM(chain_names));
}

static int parse_target(struct reader *r)
{
	if (value(r, "a target: ACCEPT, DROP, REJECT or RETURN"))
		return -EINVAL;
	for (unsigned i = SIM_FW_ACCEPT; i < NUM(target_names); i++) {
		if (sim_slice_is(r->word, target_names[i])) {
			r->c->rule.target = (uint8_t)i;
			r->has_target = true;
			if (i == SIM_FW_REJECT && !r->has_reject)
				r->c->rule.reject = r->c->v6 ? SIM_FW_REJECT_V6 : SIM_FW_REJECT_V4;
			return 0;
		}
	}
	return unknown(r, "target", target_names, NUM(target_names));
}

static int parse_reject(struct reader *r)
{
	const char *names[SIM_FW_NUM_REJECTS] = { NULL };

	if (value(r, "what the sender is told, such as icmp-port-unreachable"))
		return -EINVAL;
	for (unsigned i = 0; i < SIM_FW_NUM_REJECTS; i++) {
		const struct sim_fw_reject *how = &sim_fw_rejects[i];

		if (how->v6 != r->c->v6)
			continue;
		names[i] = how->name;
		if (!sim_slice_is(r->word, how->name) &&
		    (!*how->other_name || !sim_slice_is(r->word, how->other_name)))
			continue;
		r->c->rule.reject = (uint8_t)i;
		r->has_reject = true;
		if (how->reset)
			r->reset = r->word;
		return 0;
	}
	return unknown(r, "answer", names, NUM(names));
}

/* ---- matches ---- */

static int parse_protocol(struct reader *r)
{
	static const struct {
		const char *name;
		uint8_t proto;
	} protocols[] = { { "tcp", IPPROTO_TCP },          { "udp", IPPROTO_UDP },
			  { "icmp", IPPROTO_ICMP },        { "icmpv6", IPPROTO_ICMPV6 },
			  { "ipv6-icmp", IPPROTO_ICMPV6 }, { "all", 0 } };
	const char *names[NUM(protocols)];
	uint64_t number;

	if (value(r, "a protocol, such as tcp") || !not(r, SIM_FW_NOT_PROTO))
		return -EINVAL;
	for (unsigned i = 0; i < NUM(protocols); i++) {
		names[i] = protocols[i].name;
		if (sim_slice_is(r->word, names[i])) {
			r->c->rule.match.proto = protocols[i].proto;
			return 0;
		}
	}
	if (!sim_is_digit(sim_slice_text(r->word)[0]))
		return unknown(r, "protocol", names, NUM(names));
	if (sim_parse_uint(r->word, "a protocol", 0, 255, &number, r->d))
		return -EINVAL;
	r->c->rule.match.proto = (uint8_t)number;
	return 0;
}

/* "255.255.0.0" as a prefix: how many bits; -1: it is none. */
static int mask_bits(const char *text)
{
	struct sim_addr a;
	uint32_t mask;

	if (!strchr(text, '.') || !sim_addr_parse(text, &a))
		return -1;
	mask = sim_addr_to_v4(a);
	return ~mask & (~mask + 1) ? -1 : __builtin_popcount(mask);
}

static int parse_prefix(struct reader *r, struct sim_slice in, uint8_t *len)
{
	char text[ADDR_TEXT_BYTES] = "";
	uint64_t bits;
	int by_mask;

	memcpy(text, sim_slice_text(in), in.len < sizeof text ? in.len : sizeof text - 1);
	by_mask = r->c->v6 ? -1 : mask_bits(text);
	if (by_mask >= 0)
		bits = (uint64_t)by_mask;
	else if (sim_parse_uint(in, "prefix", 0, r->c->v6 ? 128 : 32, &bits, r->d))
		return -EINVAL;
	/* All of its version: no term at all. */
	*len = bits || r->c->v6 ? (uint8_t)(bits + (r->c->v6 ? 0 : V4_BITS)) : 0;
	return 0;
}

static int parse_address(struct reader *r, struct sim_addr *a, uint8_t *len)
{
	size_t slash;
	struct sim_slice name;
	char text[ADDR_TEXT_BYTES] = "";

	if (value(r, "an address, such as 10.0.0.0/24, or a host"))
		return -EINVAL;
	slash = sim_slice_find(r->word, '/');
	name = sim_slice_sub(r->word, 0, slash);
	memcpy(text, sim_slice_text(name), name.len < sizeof text ? name.len : sizeof text - 1);
	if (!sim_addr_parse(text, a) && (!r->resolve || !r->resolve(r->ctx, name, r->c->v6, a)))
		return sim_diag_slice(r->d, name,
				      "\"" SIM_SLICE_FMT "\" is no address, and no host has that name",
				      SIM_SLICE_ARG(name));
	if (sim_addr_is_v4(*a) == r->c->v6)
		return sim_diag_slice(r->d, name, "\"" SIM_SLICE_FMT "\" is not of IPv%d: %s has the others",
				      SIM_SLICE_ARG(name), r->c->v6 ? 6 : 4,
				      r->c->v6 ? "iptables" : "ip6tables");
	*len = 128;
	if (slash < r->word.len && parse_prefix(r, sim_slice_sub(r->word, slash + 1, r->word.len), len))
		return -EINVAL;
	/* As iptables prints them: without the bits that do not count. */
	for (unsigned bit = *len; bit < 128; bit++)
		a->b[bit / 8] &= (uint8_t) ~(0x80 >> bit % 8);
	return 0;
}

static int parse_source(struct reader *r)
{
	bool ok = not(r, SIM_FW_NOT_SRC);

	return ok ? parse_address(r, &r->c->rule.match.src, &r->c->rule.match.src_len) : -EINVAL;
}

static int parse_destination(struct reader *r)
{
	bool ok = not(r, SIM_FW_NOT_DST);

	return ok ? parse_address(r, &r->c->rule.match.dst, &r->c->rule.match.dst_len) : -EINVAL;
}

static int parse_ports(struct reader *r, uint16_t range[2], bool *has)
{
	size_t colon;
	uint64_t first = 0, last = MAX_NUMBER;
	struct sim_slice lower, upper;

	r->ports = r->word;
	r->has_ports = true;
	if (value(r, "a port, or a range such as 1024:2047"))
		return -EINVAL;
	colon = sim_slice_find(r->word, ':');
	lower = sim_slice_sub(r->word, 0, colon);
	upper = sim_slice_sub(r->word, colon + 1, r->word.len);
	if (lower.len && sim_parse_uint(lower, "a port", 0, MAX_NUMBER, &first, r->d))
		return -EINVAL;
	if (colon == r->word.len)
		last = first;
	else if (upper.len && sim_parse_uint(upper, "a port", 0, MAX_NUMBER, &last, r->d))
		return -EINVAL;
	if (last < first)
		return sim_diag_slice(r->d, r->word, "the range of ports ends before it begins");
	range[0] = (uint16_t)first;
	range[1] = (uint16_t)last;
	*has = true;
	return 0;
}

static int parse_sport(struct reader *r)
{
	bool ok = not(r, SIM_FW_NOT_SPORT);

	return ok ? parse_ports(r, r->c->rule.match.sport, &r->c->rule.match.has_sport) : -EINVAL;
}

static int parse_dport(struct reader *r)
{
	bool ok = not(r, SIM_FW_NOT_DPORT);

	return ok ? parse_ports(r, r->c->rule.match.dport, &r->c->rule.match.has_dport) : -EINVAL;
}

static int parse_iface(struct reader *r)
{
	struct sim_fw_match *m = &r->c->rule.match;

	r->iface = r->word;
	not(r, SIM_FW_NOT_IFACE);
	if (value(r, "an interface, such as eth0"))
		return -EINVAL;
	if (r->word.len >= sizeof m->iface)
		return sim_diag_slice(r->d, r->word, "an interface's name has at most %zu letters",
				      sizeof m->iface - 1);
	memcpy(m->iface, sim_slice_text(r->word), r->word.len);
	m->iface_len = (uint8_t)(r->word.len + 1); /* its end too */
	if (m->iface[r->word.len - 1] == '+')
		m->iface_len = (uint8_t)(r->word.len - 1);
	return 0;
}

static int parse_in(struct reader *r)
{
	r->has_iface_in = true;
	return parse_iface(r);
}

static int parse_out(struct reader *r)
{
	r->has_iface_out = true;
	return parse_iface(r);
}

static int parse_flag_set(struct reader *r, uint8_t *set)
{
	struct sim_slice all = r->word;
	size_t at = 0;

	*set = 0;
	if (sim_slice_is(all, "NONE"))
		return 0;
	while (at <= all.len) {
		struct sim_slice left = sim_slice_sub(all, at, all.len), name;
		unsigned i;

		name = sim_slice_sub(left, 0, sim_slice_find(left, ','));
		for (i = 0; i < NUM(tcp_flags) && !sim_slice_is(name, tcp_flags[i].name); i++)
			;
		if (sim_slice_is(name, "ALL"))
			*set = 0x3f;
		else if (i == NUM(tcp_flags))
			return sim_diag_slice(
				r->d, name,
				"no flag of TCP: expected FIN, SYN, RST, PSH, ACK, URG, ALL or NONE");
		else
			*set |= tcp_flags[i].flag;
		at += name.len + 1;
	}
	return 0;
}

static int parse_flags(struct reader *r)
{
	struct sim_fw_match *m = &r->c->rule.match;

	r->ports = r->word;
	r->has_ports = true;
	not(r, SIM_FW_NOT_FLAGS);
	if (value(r, "which flags are looked at, and which of them must be set: SYN,ACK SYN") ||
	    parse_flag_set(r, &m->tcp_mask) ||
	    value(r, "behind the flags that are looked at those that are set") ||
	    parse_flag_set(r, &m->tcp_flags))
		return -EINVAL;
	return 0;
}

static int parse_syn(struct reader *r)
{
	r->ports = r->word;
	r->has_ports = true;
	not(r, SIM_FW_NOT_FLAGS);
	r->c->rule.match.tcp_mask = SYN_MASK;
	r->c->rule.match.tcp_flags = SIM_TCP_SYN;
	return 0;
}

static int parse_icmp(struct reader *r)
{
	struct sim_fw_match *m = &r->c->rule.match;
	const char *names[NUM(icmp_names)] = { NULL };
	size_t slash;
	uint64_t n;

	r->icmp = r->word;
	r->has_icmp = true;
	not(r, SIM_FW_NOT_ICMP);
	if (value(r, "a type of ICMP, such as echo-request or 3/3"))
		return -EINVAL;
	m->has_icmp = true;
	m->icmp_code = SIM_FW_ANY_CODE;
	for (unsigned i = 0; i < NUM(icmp_names); i++) {
		const struct icmp_name *x = &icmp_names[i];

		if (x->v6 != r->c->v6)
			continue;
		names[i] = x->name;
		if (!sim_slice_is(r->word, x->name))
			continue;
		m->icmp_type = x->type;
		m->icmp_code = x->code < 0 ? SIM_FW_ANY_CODE : (uint16_t)x->code;
		return 0;
	}
	if (!sim_is_digit(sim_slice_text(r->word)[0]))
		return unknown(r, "type of ICMP", names, NUM(names));
	slash = sim_slice_find(r->word, '/');
	if (sim_parse_uint(sim_slice_sub(r->word, 0, slash), "a type of ICMP", 0, 255, &n, r->d))
		return -EINVAL;
	m->icmp_type = (uint8_t)n;
	if (slash == r->word.len)
		return 0;
	if (sim_parse_uint(sim_slice_sub(r->word, slash + 1, r->word.len), "its code", 0, 255, &n, r->d))
		return -EINVAL;
	m->icmp_code = (uint16_t)n;
	return 0;
}

/* What -m names is there all the time; what would need more is not. */
static int parse_module(struct reader *r)
{
	static const char *const modules[] = { "tcp", "udp", "icmp", "icmp6" };

	if (value(r, "a match: tcp, udp or icmp"))
		return -EINVAL;
	for (unsigned i = 0; i < NUM(modules); i++)
		if (sim_slice_is(r->word, modules[i]))
			return 0;
	if (sim_slice_is(r->word, "state") || sim_slice_is(r->word, "conntrack"))
		return sim_diag_slice(
			r->d, r->word,
			"connections are not tracked: write --syn for what begins one, ! --syn for the rest");
	return unknown(r, "match", modules, NUM(modules));
}

static const struct option {
	const char *names[3];
	int (*parse)(struct reader *r);
	bool may_invert;
} rule_options[] = {
	{ { "-p", "--protocol", "--proto" }, parse_protocol, true },
	{ { "-s", "--source", "--src" }, parse_source, true },
	{ { "-d", "--destination", "--dst" }, parse_destination, true },
	{ { "-i", "--in-interface", NULL }, parse_in, true },
	{ { "-o", "--out-interface", NULL }, parse_out, true },
	{ { "--sport", "--source-port", NULL }, parse_sport, true },
	{ { "--dport", "--destination-port", NULL }, parse_dport, true },
	{ { "--syn", NULL, NULL }, parse_syn, true },
	{ { "--tcp-flags", NULL, NULL }, parse_flags, true },
	{ { "--icmp-type", "--icmpv6-type", NULL }, parse_icmp, true },
	{ { "-m", "--match", NULL }, parse_module, false },
	{ { "-j", "--jump", NULL }, parse_target, false },
	{ { "--reject-with", NULL, NULL }, parse_reject, false },
};

static const struct option *find_option(struct sim_slice word)
{
	for (unsigned i = 0; i < NUM(rule_options); i++)
		for (unsigned k = 0; k < NUM(rule_options[i].names) && rule_options[i].names[k]; k++)
			if (sim_slice_is(word, rule_options[i].names[k]))
				return &rule_options[i];
	return NULL;
}

static int unknown_option(struct reader *r)
{
	const char *names[NUM(rule_options)];

	for (unsigned i = 0; i < NUM(rule_options); i++)
		names[i] = rule_options[i].names[0];
	return unknown(r, "option", names, NUM(names));
}

/* ---- what goes together ---- */

static int check(struct reader *r)
{
	const struct sim_fw_rule *rule = &r->c->rule;
	const struct sim_fw_match *m = &rule->match;
	bool plain = !(m->inverted & SIM_FW_NOT_PROTO), tcp = m->proto == IPPROTO_TCP && plain,
	     udp = m->proto == IPPROTO_UDP && plain;

	if (r->has_ports && !tcp && (!udp || m->tcp_mask))
		return sim_diag_slice(r->d, r->ports, SIM_SLICE_FMT " needs -p tcp%s",
				      SIM_SLICE_ARG(r->ports), m->tcp_mask ? "" : " or -p udp");
	if (r->has_icmp && (!plain || m->proto != (r->c->v6 ? IPPROTO_ICMPV6 : IPPROTO_ICMP)))
		return sim_diag_slice(r->d, r->icmp, SIM_SLICE_FMT " needs -p icmp%s", SIM_SLICE_ARG(r->icmp),
				      r->c->v6 ? "v6" : "");
	if (r->has_iface_in && r->c->first_chain == SIM_FW_OUTPUT)
		return sim_diag_slice(r->d, r->iface, "-i does not go with OUTPUT, where nothing comes in");
	if (r->has_iface_out && r->c->first_chain == SIM_FW_INPUT)
		return sim_diag_slice(r->d, r->iface, "-o does not go with INPUT, where nothing goes out");
	if (r->has_reject && rule->target != SIM_FW_REJECT)
		return sim_diag_slice(r->d, r->word, "--reject-with needs -j REJECT");
	if (r->has_reject && sim_fw_rejects[rule->reject].reset && !tcp)
		return sim_diag_slice(r->d, r->reset, "tcp-reset needs -p tcp");
	return 0;
}

static int parse_rule(struct reader *r)
{
	while (next(r)) {
		const struct option *o;

		if (sim_slice_is(r->word, "!")) {
			r->inverted = true;
			if (!next(r))
				return sim_diag_slice(r->d, r->word,
						      "\"!\" stands before what does not hold");
		}
		o = find_option(r->word);
		if (!o)
			return unknown_option(r);
		if (r->inverted && !o->may_invert)
			return sim_diag_slice(r->d, r->word, "\"!\" does not go with %s", o->names[0]);
		if (o->parse(r))
			return -EINVAL;
	}
	return check(r);
}

/* ---- commands ---- */

static bool number_follows(const struct reader *r)
{
	struct sim_slice rest = sim_slice_trim(r->rest);

	return rest.len && sim_is_digit(sim_slice_text(rest)[0]);
}

static int parse_number(struct reader *r)
{
	uint64_t n;

	next(r);
	if (sim_parse_uint(r->word, "a rule's number", 1, MAX_NUMBER, &n, r->d))
		return -EINVAL;
	r->c->number = (uint32_t)n;
	return 0;
}

static int nothing_more(struct reader *r)
{
	if (!next(r))
		return 0;
	return sim_diag_slice(r->d, r->word, "\"" SIM_SLICE_FMT "\" is too much", SIM_SLICE_ARG(r->word));
}

static int parse_append(struct reader *r)
{
	return parse_chain(r) ? -EINVAL : parse_rule(r);
}

static int parse_insert(struct reader *r)
{
	if (parse_chain(r))
		return -EINVAL;
	r->c->number = 1;
	if (number_follows(r) && parse_number(r))
		return -EINVAL;
	return parse_rule(r);
}

static int parse_delete(struct reader *r)
{
	if (parse_chain(r))
		return -EINVAL;
	if (!number_follows(r))
		return parse_rule(r);
	return parse_number(r) ? -EINVAL : nothing_more(r);
}

static int parse_all_or_one(struct reader *r)
{
	r->c->last_chain = SIM_FW_NUM_CHAINS - 1;
	if (!sim_slice_trim(r->rest).len)
		return 0;
	return parse_chain(r) ? -EINVAL : nothing_more(r);
}

static int parse_policy(struct reader *r)
{
	if (parse_chain(r) || parse_target(r))
		return -EINVAL;
	if (r->c->rule.target != SIM_FW_ACCEPT && r->c->rule.target != SIM_FW_DROP)
		return sim_diag_slice(r->d, r->word, "a policy is ACCEPT or DROP");
	return nothing_more(r);
}

static const struct verb {
	const char *name, *long_name, *form;
	uint8_t op;
	int (*parse)(struct reader *r);
} verbs[] = {
	{ "-A", "--append", "-A CHAIN RULE", SIM_FW_APPEND, parse_append },
	{ "-I", "--insert", "-I CHAIN [NUMBER] RULE", SIM_FW_INSERT, parse_insert },
	{ "-D", "--delete", "-D CHAIN NUMBER|RULE", SIM_FW_DELETE, parse_delete },
	{ "-F", "--flush", "-F [CHAIN]", SIM_FW_FLUSH, parse_all_or_one },
	{ "-P", "--policy", "-P CHAIN ACCEPT|DROP", SIM_FW_POLICY, parse_policy },
	{ "-Z", "--zero", "-Z [CHAIN]", SIM_FW_ZERO, parse_all_or_one },
};

int sim_firewall_parse(struct sim_slice in, bool v6, sim_fw_resolve_fn *resolve, void *ctx,
		       struct sim_fw_command *out, struct sim_diag *d)
{
	struct reader r = { .rest = in, .c = out, .d = d, .resolve = resolve, .ctx = ctx };
	const char *forms[NUM(verbs)];

	memset(out, 0, sizeof *out);
	out->v6 = v6;
	next(&r);
	if (sim_slice_is(r.word, "-t")) {
		if (value(&r, "a table: filter"))
			return -EINVAL;
		if (!sim_slice_is(r.word, "filter"))
			return sim_diag_slice(d, r.word, "only the table filter is simulated");
		next(&r);
	}
	for (unsigned i = 0; i < NUM(verbs); i++) {
		forms[i] = verbs[i].form;
		if (!sim_slice_is(r.word, verbs[i].name) && !sim_slice_is(r.word, verbs[i].long_name))
			continue;
		out->op = verbs[i].op;
		return verbs[i].parse(&r);
	}
	return unknown(&r, "command", forms, NUM(forms));
}

/* ---- listing ---- */

static const char *bang(const struct sim_fw_match *m, unsigned bit)
{
	return m->inverted & bit ? " !" : "";
}

static void list_address(struct sim_str *out, const struct sim_fw_match *m, unsigned bit, const char *option,
			 struct sim_addr a, uint8_t len)
{
	char text[ADDR_TEXT_BYTES];

	if (len)
		sim_str_printf(out, "%s %s %s/%u", bang(m, bit), option, sim_addr_format(a, text),
			       sim_addr_is_v4(a) ? len - V4_BITS : len);
}

static void list_ports(struct sim_str *out, const struct sim_fw_match *m, unsigned bit, const char *option,
		       const uint16_t range[2])
{
	sim_str_printf(out, "%s %s %u", bang(m, bit), option, range[0]);
	if (range[1] != range[0])
		sim_str_printf(out, ":%u", range[1]);
}

static void list_flag_set(struct sim_str *out, uint8_t set)
{
	const char *between = " ";

	for (unsigned i = 0; i < NUM(tcp_flags); i++) {
		if (!(set & tcp_flags[i].flag))
			continue;
		sim_str_printf(out, "%s%s", between, tcp_flags[i].name);
		between = ",";
	}
	if (!set)
		sim_str_add(out, " NONE");
}

static void list_protocol(struct sim_str *out, const struct sim_fw_match *m, bool v6)
{
	bool tcp = m->proto == IPPROTO_TCP, udp = m->proto == IPPROTO_UDP;
	const char *name = tcp ? "tcp" : udp ? "udp" : m->proto == IPPROTO_ICMP ? "icmp" : "ipv6-icmp";

	if (!m->proto)
		return;
	sim_str_printf(out, "%s -p ", bang(m, SIM_FW_NOT_PROTO));
	if (tcp || udp || m->proto == IPPROTO_ICMP || m->proto == IPPROTO_ICMPV6)
		sim_str_add(out, name);
	else
		sim_str_printf(out, "%u", m->proto);
	if (m->has_sport || m->has_dport || m->tcp_mask)
		sim_str_printf(out, " -m %s", name);
	if (m->has_sport)
		list_ports(out, m, SIM_FW_NOT_SPORT, "--sport", m->sport);
	if (m->has_dport)
		list_ports(out, m, SIM_FW_NOT_DPORT, "--dport", m->dport);
	if (m->tcp_mask) {
		sim_str_printf(out, "%s --tcp-flags", bang(m, SIM_FW_NOT_FLAGS));
		list_flag_set(out, m->tcp_mask);
		list_flag_set(out, m->tcp_flags);
	}
	if (!m->has_icmp)
		return;
	sim_str_printf(out, " -m %s%s %s %u", v6 ? "icmp6" : "icmp", bang(m, SIM_FW_NOT_ICMP),
		       v6 ? "--icmpv6-type" : "--icmp-type", m->icmp_type);
	if (m->icmp_code != SIM_FW_ANY_CODE)
		sim_str_printf(out, "/%u", m->icmp_code);
}

static void list_rule(struct sim_str *out, const struct sim_fw_rule *r, unsigned chain, bool v6)
{
	const struct sim_fw_match *m = &r->match;

	sim_str_printf(out, "%s -A %s", v6 ? "ip6tables" : "iptables", chain_names[chain]);
	list_address(out, m, SIM_FW_NOT_SRC, "-s", m->src, m->src_len);
	list_address(out, m, SIM_FW_NOT_DST, "-d", m->dst, m->dst_len);
	if (m->iface_len)
		sim_str_printf(out, "%s %s %s", bang(m, SIM_FW_NOT_IFACE),
			       chain == SIM_FW_INPUT ? "-i" : "-o", m->iface);
	list_protocol(out, m, v6);
	sim_str_printf(out, " -c %" PRIu64 " %" PRIu64, r->num_packets, r->num_bytes);
	if (r->target != SIM_FW_NONE)
		sim_str_printf(out, " -j %s", target_names[r->target]);
	if (r->target == SIM_FW_REJECT)
		sim_str_printf(out, " --reject-with %s", sim_fw_rejects[r->reject].name);
	sim_str_add(out, "\n");
}

void sim_firewall_list(const struct sim_ip *ip, struct sim_str *out)
{
	for (unsigned v6 = 0; ip->firewall && v6 < 2; v6++) {
		for (unsigned i = 0; i < SIM_FW_NUM_CHAINS; i++) {
			const struct sim_fw_chain *c = &ip->firewall->chains[v6][i];

			if (!c->rules && c->policy == SIM_FW_ACCEPT)
				continue;
			sim_str_printf(out, "%s -P %s %s -c %" PRIu64 " %" PRIu64 "\n",
				       v6 ? "ip6tables" : "iptables", chain_names[i], target_names[c->policy],
				       c->num_packets, c->num_bytes);
			for (const struct sim_fw_rule *r = c->rules; r; r = r->next)
				list_rule(out, r, i, v6);
		}
	}
}
