/* SPDX-License-Identifier: MIT */
/* What the packet filter's two files share: the words of --reject-with. */
#ifndef SIM_IP_FIREWALL_INTERNAL_H
#define SIM_IP_FIREWALL_INTERNAL_H

#include <stdbool.h>
#include <stdint.h>

struct sim_fw_reject {
	const char *name, *other_name;
	bool v6, reset;
	uint8_t type, code;
};

/* iptables-extensions(8), REJECT; the first of each version is the default. */
extern const struct sim_fw_reject sim_fw_rejects[];
enum { SIM_FW_NUM_REJECTS = 17, SIM_FW_REJECT_V4 = 0, SIM_FW_REJECT_V6 = 10 };

#endif
