/* SPDX-License-Identifier: MIT */
/* The table of reasons: see why_table.h. */
#include "sim/task/why.h"

static const struct {
	const char *name, *text;
} rows[SIM_WHY_NUM] = { [SIM_WHY_NONE] = { "none", "no reason was recorded" },
#define ROW(id, name, text) [SIM_WHY_##id] = { name, text },
			SIM_WHY_TABLE(ROW)
#undef ROW
};

const char *sim_why_name(enum sim_why_key key)
{
	return (unsigned)key < SIM_WHY_NUM ? rows[key].name : "unknown";
}

const char *sim_why_text(enum sim_why_key key)
{
	return (unsigned)key < SIM_WHY_NUM ? rows[key].text : "";
}
