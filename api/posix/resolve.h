/* SPDX-License-Identifier: MIT */
/* What the families of calls that resolve names share. */
#ifndef API_POSIX_RESOLVE_H
#define API_POSIX_RESOLVE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/calls/calls.h"

/* sim_call_resolve(), and then the handlers of signals. */
long sim_posix_resolve(struct sim_task *t, enum sim_call_id id, const char *name, struct sim_addr *out,
		       int max);

/* Services by name and number, "tcp" or "udp" (services.c). False, NULL: there is none. */
bool sim_posix_service_port(const char *name, const char *protocol, uint16_t *port);
const char *sim_posix_service_name(uint16_t port, const char *protocol);

/* Cuts pieces from a caller's buffer (hostent.c). NULL: no room is left. */
struct sim_posix_cutter {
	char *at;
	size_t left;
};
void *sim_posix_cut(struct sim_posix_cutter *c, size_t bytes, size_t align);

#endif
