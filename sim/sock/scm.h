/* SPDX-License-Identifier: MIT */
/*
 * What goes along with the bytes of a message: descriptors in flight and the sender's credentials, unix(7)
 * "Ancillary messages", decoded from and to be made into cmsg(3)'s form by whoever knows the program's
 * memory.
 *
 * Must not know files: a set of descriptors in flight is opaque here, and the layer that knows files supplies
 * what can be done with it.
 */
#ifndef SIM_SOCK_SCM_H
#define SIM_SOCK_SCM_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/packet/address.h"

struct sim_cmsgs;
struct sim_rights;
struct sim_sock;

/* struct ucred, which <sys/socket.h> has for _GNU_SOURCE alone. */
struct sim_ucred {
	int32_t pid;
	uint32_t uid, gid;
};

/* What a reader is told of a sender that nobody noted: no process, and overflowuid. */
#define SIM_UCRED_UNKNOWN ((struct sim_ucred){ 0, 65534, 65534 })

static inline bool sim_ucred_equal(struct sim_ucred a, struct sim_ucred b)
{
	return a.pid == b.pid && a.uid == b.uid && a.gid == b.gid;
}

/* IP_PKTINFO, IP_TTL, IP_TOS; IPV6_PKTINFO, IPV6_HOPLIMIT, IPV6_TCLASS, IPV6_DONTFRAG: of one family. */
struct sim_scm_ip {
	struct sim_addr src; /* with has_src; any: the route chooses, whatever the socket is bound to */
	uint32_t iface;      /* 0: not named */
	bool has_src;
	int16_t ttl, tos; /* -1: not named */
	int8_t dontfrag;  /* -1: not named */
};

/* What control messages say of one send over IP. */
struct sim_scm_send {
	struct sim_scm_ip v4, v6; /* by the family of the destination */
	int32_t mark, priority;   /* with has_mark, has_priority */
	uint32_t tsflags;         /* with has_tsflags: SOF_TIMESTAMPING_TX_* */
	uint32_t ts_id;           /* with has_ts_id */
	uint16_t segment_bytes;   /* with has_segment: UDP_SEGMENT */
	bool has_mark, has_priority, has_tsflags, has_ts_id, has_segment;
};

/*
 * Of one call. Sending: what the program gave; a protocol that takes the rights leaves NULL there. Receiving:
 * filled in; credentials only under SO_PASSCRED.
 */
struct sim_scm {
	struct sim_rights *rights; /* NULL: none; owned by whoever holds this */
	struct sim_ucred cred;
	bool has_cred;
	/* Sending: what is wrong with the control messages, for the protocol to answer where Linux looks at
	 * them; the reason stands with the task already. 0 or -errno. */
	int err;                   /* Unix, TCP, and UDP over IPv4 */
	int err6;                  /* UDP over IPv6 */
	struct sim_scm_send *send; /* TCP, UDP: what they said, NULL: nothing that counts */
	struct sim_cmsgs *got; /* receiving: what else is told, before rights and credentials; NULL: nowhere
				*/
};

/* ---- supplied by the layer that knows files: proc/rights.c ---- */

/* A user has no more in flight than RLIMIT_NOFILE, unless it is root: 0 or -ETOOMANYREFS. */
int sim_rights_may_depart(const struct sim_rights *r);
/* They are in the queue of `to`; whoever receives them says arrive, or frees them. */
void sim_rights_depart(struct sim_rights *r, struct sim_sock *to);
void sim_rights_arrive(struct sim_rights *r);
/* For MSG_PEEK: the same files once more, not in flight. NULL: no memory. */
struct sim_rights *sim_rights_copy(const struct sim_rights *r);
/* Closes what was not taken out; NULL is legal. Sockets may be released by it, but not those whose reference
 * the caller holds. */
void sim_rights_free(struct sim_rights *r);

#endif
