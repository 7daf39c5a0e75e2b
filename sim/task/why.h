/* SPDX-License-Identifier: MIT */
/*
 * Why a call failed or came up short: whoever returns an errno leaves one of these with the task. Keys and
 * their texts stand in one table (why_table.h); the face renders (sim_explain()). In a text, {0} to {5} are
 * the arguments as numbers, {0t} as a time, {0e} as an errno's name, {0s} as a socket state, {peer} and
 * {local} the socket's addresses.
 */
#ifndef SIM_TASK_WHY_H
#define SIM_TASK_WHY_H

#include <stdint.h>

#include "sim/task/why_table.h"

enum sim_why_key {
	SIM_WHY_NONE,
#define SIM_WHY_ENUM(id, key, text) SIM_WHY_##id,
	SIM_WHY_TABLE(SIM_WHY_ENUM)
#undef SIM_WHY_ENUM
		SIM_WHY_NUM
};

struct sim_reason {
	uint32_t key;     /* enum sim_why_key */
	uint32_t sock_id; /* 0: none */
	int64_t since_ns; /* when the cause began; SIM_NEVER_NS: not known */
	int64_t arg[4];
};

const char *sim_why_name(enum sim_why_key key); /* "peer-not-reading" */
const char *sim_why_text(enum sim_why_key key);

#endif
