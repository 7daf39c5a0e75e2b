/* SPDX-License-Identifier: MIT */
/* What the two halves of the rules' parser share: parse.c (items, actions) and condition.c. Private. */
#ifndef SIM_FAULT_PARSE_H
#define SIM_FAULT_PARSE_H

#include "sim/base/diag.h"
#include "sim/fault/rule.h"

struct sim_str;

struct sim_fault_parser {
	struct sim_fault_spec *out;
	struct sim_slice call_set;
	sim_fault_addr_fn *parse_addr;
	struct sim_diag *d;
	unsigned seen; /* bits of enum key_id */
};

/* "recv, read and 3 more": those of the rule's calls that `picks` picks. Returns how many. */
unsigned sim_fault_list_calls(const struct sim_fault_parser *p, bool (*picks)(enum sim_call_id call, int arg),
			      int arg, struct sim_str *out);

/* The values of the conditions: 0, or -EINVAL with a diagnostic. */
int sim_fault_parse_when(struct sim_fault_parser *p, struct sim_slice value);
int sim_fault_parse_p(struct sim_fault_parser *p, struct sim_slice value);
int sim_fault_parse_host(struct sim_fault_parser *p, struct sim_slice value);
int sim_fault_parse_fd(struct sim_fault_parser *p, struct sim_slice value);
int sim_fault_parse_peer(struct sim_fault_parser *p, struct sim_slice value);
int sim_fault_parse_state(struct sim_fault_parser *p, struct sim_slice value);
int sim_fault_parse_flags(struct sim_fault_parser *p, struct sim_slice value);
int sim_fault_parse_after(struct sim_fault_parser *p, struct sim_slice value);
int sim_fault_parse_during(struct sim_fault_parser *p, struct sim_slice value);
int sim_fault_parse_once(struct sim_fault_parser *p, struct sim_slice value);

#endif
