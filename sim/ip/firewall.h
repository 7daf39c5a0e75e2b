/* SPDX-License-Identifier: MIT */
/*
 * A host's packet filter, iptables(8) and ip6tables(8): the chains INPUT and OUTPUT of the table "filter",
 * one set for each IP version. A packet of this host's passes OUTPUT before it is fragmented (netfilter's
 * LOCAL_OUT), one for this host INPUT once it is whole (LOCAL_IN). No rule sees connections: there is no
 * conntrack.
 *
 * Owns rules and their counts. Must not know sockets: what a sender hears is the errno of sim_ip_send().
 */
#ifndef SIM_IP_FIREWALL_H
#define SIM_IP_FIREWALL_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/packet/address.h"

struct sim_diag;
struct sim_ip;
struct sim_packet;
struct sim_slice;
struct sim_str;

enum sim_fw_chain_id { SIM_FW_INPUT, SIM_FW_OUTPUT, SIM_FW_NUM_CHAINS };
/* NONE: the rule counts, and the next one is asked. */
enum sim_fw_target { SIM_FW_NONE, SIM_FW_ACCEPT, SIM_FW_DROP, SIM_FW_REJECT, SIM_FW_RETURN };

/* Which of a match's terms are said the other way round: "! -s 10.0.0.9". */
enum {
	SIM_FW_NOT_PROTO = 1 << 0,
	SIM_FW_NOT_SRC = 1 << 1,
	SIM_FW_NOT_DST = 1 << 2,
	SIM_FW_NOT_IFACE = 1 << 3,
	SIM_FW_NOT_SPORT = 1 << 4,
	SIM_FW_NOT_DPORT = 1 << 5,
	SIM_FW_NOT_FLAGS = 1 << 6,
	SIM_FW_NOT_ICMP = 1 << 7,
};

enum { SIM_FW_ANY_CODE = 256, SIM_FW_IFACE_BYTES = 16 };

struct sim_fw_match {
	struct sim_addr src, dst;
	uint8_t src_len, dst_len; /* prefixes as of 128; 0: any */
	uint8_t proto;            /* IPPROTO_*, 0: any */
	uint8_t inverted;         /* SIM_FW_NOT_* */
	uint16_t sport[2], dport[2];
	uint8_t tcp_mask, tcp_flags; /* those of mask must be as flags; mask 0: any */
	bool has_icmp, has_sport, has_dport;
	uint8_t icmp_type;
	uint16_t icmp_code;             /* or SIM_FW_ANY_CODE */
	char iface[SIM_FW_IFACE_BYTES]; /* of INPUT by which it came, of OUTPUT by which it goes; "": any */
	uint8_t iface_len;              /* how much of it must match: "eth+" matches by 3 */
};

struct sim_fw_rule {
	struct sim_fw_rule *next;
	struct sim_fw_match match;
	uint8_t target; /* enum sim_fw_target */
	uint8_t reject; /* index into the table of --reject-with's words */
	uint64_t num_packets, num_bytes;
};

struct sim_fw_chain {
	struct sim_fw_rule *rules;
	uint8_t policy; /* SIM_FW_ACCEPT or SIM_FW_DROP */
	uint64_t num_packets, num_bytes;
};

/* Made with the first command. */
struct sim_firewall {
	struct sim_fw_chain chains[2][SIM_FW_NUM_CHAINS]; /* by version: [0] IPv4, [1] IPv6 */
	uint32_t last_rule; /* which one dropped the last packet, from 1; 0: the chain's policy */
};

enum sim_fw_op { SIM_FW_APPEND, SIM_FW_INSERT, SIM_FW_DELETE, SIM_FW_FLUSH, SIM_FW_POLICY, SIM_FW_ZERO };

/* One command, read. */
struct sim_fw_command {
	uint8_t op; /* enum sim_fw_op */
	bool v6;
	uint8_t first_chain, last_chain;
	uint32_t number; /* -I and -D: from 1; 0: -D by the rule's text */
	struct sim_fw_rule rule;
};

/* A host's address by its name, of that IP version; supplied by who knows names. */
typedef bool sim_fw_resolve_fn(void *ctx, struct sim_slice name, bool v6, struct sim_addr *a);

/* iptables(8)'s words behind its name: "-A OUTPUT -p udp --dport 53 -j DROP". 0 or -EINVAL. */
int sim_firewall_parse(struct sim_slice in, bool v6, sim_fw_resolve_fn *resolve, void *ctx,
		       struct sim_fw_command *out, struct sim_diag *d);
/* 0; -ENOENT: -D, -I of a rule that is not there; -ENOMEM. */
int sim_firewall_apply(struct sim_ip *ip, const struct sim_fw_command *c);
void sim_firewall_free(struct sim_ip *ip);
/* All rules and policies with their counts, as iptables -S -v prints them. */
void sim_firewall_list(const struct sim_ip *ip, struct sim_str *out);

/*
 * 0: it may pass; -EPERM: it may not, and a REJECT has been answered. The packet is lent; ip->firewall is not
 * NULL.
 */
int sim_firewall_ask(struct sim_ip *ip, enum sim_fw_chain_id id, struct sim_packet *p);

#endif
