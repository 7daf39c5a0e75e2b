/* SPDX-License-Identifier: MIT */
/*
 * The queue of errors that recvmsg(2) with MSG_ERRQUEUE reads: ip(7), IP_RECVERR; Linux's timestamping.rst
 * and msg_zerocopy.rst. Errors of the network, of this host, times at which something was sent, and what
 * MSG_ZEROCOPY has done with.
 *
 * A queue belongs to its socket. Must not know who puts what into it.
 */
#ifndef SIM_SOCK_ERRQ_H
#define SIM_SOCK_ERRQ_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/packet/address.h"
#include "sim/packet/bytes.h"
#include "sim/task/why.h"

struct sim_sock;

/* Linux's SO_EE_ORIGIN_*. */
enum sim_err_origin {
	SIM_ERR_LOCAL = 1,
	SIM_ERR_ICMP = 2,
	SIM_ERR_ICMP6 = 3,
	SIM_ERR_TIMESTAMPING = 4,
	SIM_ERR_ZEROCOPY = 5,
};

struct sim_sock_err {
	struct sim_sock_err *next;
	/* struct sock_extended_err */
	uint32_t err; /* positive errno */
	uint8_t origin, type, code;
	uint32_t info, data;
	struct sim_bytes bytes; /* what is read as data: of the packet that it is about */
	uint32_t truesize_bytes;
	int64_t at_ns;
	bool has_name;      /* msg_name is told: where the packet went */
	bool has_packet;    /* of the packet that brought it: offender and what IP_PKTINFO and kin tell */
	bool v4;            /* of IPv4 */
	struct sim_addr to; /* msg_name */
	uint16_t port;
	struct sim_addr src, dst; /* of that packet; src is the offender */
	bool own;                 /* that packet is one that this host sent */
	uint8_t ttl, tos, iface;
	struct sim_reason why; /* for SO_ERROR and the next call, if that is told of it */
};

struct sim_sock_errq {
	struct sim_sock_err *head, *last;
};

/*
 * Copies *e, whose reference to bytes it takes, and wakes who polls. -ENOMEM: the receive buffer is full (or
 * no memory): the bytes are released.
 */
int sim_errq_push(struct sim_sock *sk, const struct sim_sock_err *e);
/*
 * The first, which the caller frees; NULL: none. As Linux: an error of the network that comes next becomes
 * the socket's pending one; without such a next one it is no longer pending.
 */
struct sim_sock_err *sim_errq_pop(struct sim_sock *sk);
void sim_errq_free_one(struct sim_sock *sk, struct sim_sock_err *e);
void sim_errq_purge(struct sim_sock *sk); /* throws away what is there */
void sim_errq_free(struct sim_sock *sk);  /* the same, and the queue */

/*
 * MSG_ZEROCOPY: the calls numbered from `first` to `last` have been done with; joined to the last entry,
 * where that fits.
 */
void sim_errq_zerocopy_done(struct sim_sock *sk, uint32_t first, uint32_t last, bool copied);

#endif
