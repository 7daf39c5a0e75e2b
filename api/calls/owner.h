/* SPDX-License-Identifier: MIT */
/* Who gets a file's signals, for fcntl(2) and ioctl(2): see owner.c. */
#ifndef API_CALLS_OWNER_H
#define API_CALLS_OWNER_H

#include "api/calls/gate.h"

/* A process, or with a minus sign its group; 0: nobody. 0, -EINVAL, -ESRCH. */
long sim_owner_set(struct sim_gate *g, int who);
/* The same way round. */
int sim_owner_get(const struct sim_gate *g);
/* fcntl(2)'s commands about it. False: it is none of them. */
bool sim_owner_fcntl(struct sim_gate *g, int cmd, long arg, long *result);

#endif
