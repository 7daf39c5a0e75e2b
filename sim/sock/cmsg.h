/* SPDX-License-Identifier: MIT */
/*
 * Control messages that a receive gives beside those of unix(7): the protocols write them here, in Linux's
 * order, and who knows the program's memory brings them into cmsg(3)'s form, cut to the room there is. And
 * what a socket must have been asked for to give each (struct sim_sock, tells).
 *
 * Must not know the program's memory, and which protocol says what.
 */
#ifndef SIM_SOCK_CMSG_H
#define SIM_SOCK_CMSG_H

#include <stddef.h>
#include <stdint.h>

struct sim_msg;
struct sim_sock;

/* Of SOL_SOCKET, then of IPPROTO_IP, IPPROTO_IPV6 and IPPROTO_UDP. None: a receive looks no further. */
enum {
	SIM_TELL_TIMESTAMP = 1 << 0,   /* SO_TIMESTAMP and kin */
	SIM_TELL_NANOSECONDS = 1 << 1, /* that it was SO_TIMESTAMPNS */
	SIM_TELL_TIMESTAMPING = 1 << 2,
	SIM_TELL_RXQ_OVFL = 1 << 3,
	SIM_TELL_MARK = 1 << 4,
	SIM_TELL_PRIORITY = 1 << 5,
	SIM_TELL_PKTINFO = 1 << 8,
	SIM_TELL_TTL = 1 << 9,
	SIM_TELL_TOS = 1 << 10,
	SIM_TELL_ORIGDSTADDR = 1 << 11,
	SIM_TELL_FRAGSIZE = 1 << 12,
	SIM_TELL_PKTINFO6 = 1 << 16,
	SIM_TELL_HOPLIMIT6 = 1 << 17,
	SIM_TELL_TCLASS6 = 1 << 18,
	SIM_TELL_OLD_PKTINFO6 = 1 << 19, /* RFC 2292's */
	SIM_TELL_OLD_HOPLIMIT6 = 1 << 20,
	SIM_TELL_ORIGDSTADDR6 = 1 << 21,
	SIM_TELL_FRAGSIZE6 = 1 << 22,
	SIM_TELL_GRO = 1 << 24,
};
#define SIM_TELL_STAMPS ((uint32_t)(SIM_TELL_TIMESTAMP | SIM_TELL_TIMESTAMPING))
#define SIM_TELL_V4     ((uint32_t)0x0000ff00)
#define SIM_TELL_V6     ((uint32_t)0x00ff0000)

/* More than all that one receive can give. */
enum { SIM_CMSGS_MAX_BYTES = 640 };

struct sim_cmsg {
	int32_t level, type;
	uint32_t len; /* of the data that follow, padded to 4 */
};

struct sim_cmsgs {
	uint32_t used_bytes;
	_Alignas(struct sim_cmsg) unsigned char bytes[SIM_CMSGS_MAX_BYTES];
};

/* The call did not ask for control messages (m->scm NULL): nothing happens. */
void sim_cmsg_put(struct sim_msg *m, int level, int type, const void *data, size_t len);

/*
 * SO_TIMESTAMP, SO_TIMESTAMPNS and SO_TIMESTAMPING of what came, or left, at `at_ns` of virtual time.
 * from_queue: it is of the queue of errors, whose stamps need SOF_TIMESTAMPING_SOFTWARE alone.
 */
void sim_cmsg_put_stamps(struct sim_sock *sk, struct sim_msg *m, int64_t at_ns, int from_queue);

#endif
