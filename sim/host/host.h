/* SPDX-License-Identifier: MIT */
/*
 * A host: a network namespace with its interfaces and one instance of each protocol, and the registry that
 * makes sockets of (domain, type, protocol). It alone sees all protocols.
 */
#ifndef SIM_HOST_HOST_H
#define SIM_HOST_HOST_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/ip/ip.h"
#include "sim/sock/sock.h"

struct sim_proc;

struct sim_host {
	struct sim_list node; /* of the world, in order of creation */
	struct sim_net net;   /* through which its protocols are reached */
	struct sim_station station;
	struct sim_ip ip;
	struct sim_proc *proc; /* the process that tasks spawned here belong to, NULL: none yet */
};

/* NULL: no memory. The host has its loopback and no other interface. */
struct sim_host *sim_host_new(struct sim_ctx *ctx, struct sim_fabric *fabric, uint16_t id, const char *name);

/* socket(2): 0, -EAFNOSUPPORT, -EINVAL, -EPROTONOSUPPORT, -ESOCKTNOSUPPORT, -ENOMEM, -EPERM. type without
 * flags. */
int sim_host_socket(struct sim_net *net, int domain, int type, int protocol, struct sim_sock **sk);
/* socketpair(2): the same, -EOPNOTSUPP. `t` makes it: SO_PEERCRED tells of its process. */
int sim_host_socketpair(struct sim_net *net, struct sim_task *t, int domain, int type, int protocol,
			struct sim_sock *pair[2]);

/* The value of a sysctl by name, in Linux's form ("4096 16384 4194304" for several). */
struct sim_diag;
bool sim_host_sysctl_set(struct sim_host *h, const char *name, const char *value, struct sim_diag *diag);
bool sim_host_sysctl_get(const struct sim_host *h, const char *name, char *buf, size_t cap);
const char *sim_host_sysctl_name(unsigned n); /* of those that there are, from 0; NULL: no more */

#endif
