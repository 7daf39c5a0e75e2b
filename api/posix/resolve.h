/* SPDX-License-Identifier: MIT */
/* What the two families of resolver calls share. */
#ifndef API_POSIX_RESOLVE_H
#define API_POSIX_RESOLVE_H

#include "api/calls/calls.h"

/* sim_call_resolve(), and then the handlers of signals. */
long sim_posix_resolve(struct sim_task *t, enum sim_call_id id, const char *name, struct sim_addr *out,
		       int max);

#endif
