/* SPDX-License-Identifier: MIT */
/*
 * Socket options as tables, from which the calls and the documentation are both made: what is simulated, what
 * is only stored (kept and returned, without effect). What stands in no table does not exist: ENOPROTOOPT.
 */
#ifndef SIM_SOCK_OPTION_H
#define SIM_SOCK_OPTION_H

#include <stdbool.h>
#include <stddef.h>

enum sim_fidelity { SIM_FIDELITY_SIMULATED, SIM_FIDELITY_STORED, SIM_FIDELITY_ABSENT };

struct sim_option_doc {
	int level, name;
	const char *text; /* "SO_KEEPALIVE" */
	enum sim_fidelity fidelity;
};

/* Row n of a layer's options, false past the last: sock/ has SOL_SOCKET's, ip/ and tcp/ their own functions
 * alike. */
bool sim_sock_option_doc(size_t n, struct sim_option_doc *doc);

#endif
