/* SPDX-License-Identifier: MIT */
/*
 * Control messages between the program's memory and struct sim_scm: cmsg(3), unix(7), scm_send() and
 * scm_recv() of Linux. Which there are stands in one table.
 */
#ifndef API_CALLS_SCM_H
#define API_CALLS_SCM_H

#include "api/calls/gate.h"

/*
 * Reads what sendmsg(2) was given. 0: *scm points to `room`, or to nothing if there is nothing to tell;
 * -EFAULT, -ENOBUFS. A mistake that the protocol looks at in its turn is left in scm.err. Whatever happens
 * then, sim_scm_done().
 */
struct sim_scm_room {
	struct sim_scm scm;
	struct sim_scm_send send;
};
long sim_scm_in(struct sim_gate *g, const struct msghdr *h, struct sim_scm_room *room, struct sim_scm **scm);
static inline void sim_scm_done(struct sim_scm *scm)
{
	if (__builtin_expect(scm != NULL, 0))
		sim_rights_free(scm->rights);
}

/*
 * Writes what was received to h->msg_control, making descriptors: h->msg_controllen is what was written, and
 * h->msg_flags gets MSG_CTRUNC if something did not fit. Nothing is left in scm.
 */
void sim_scm_out(struct sim_gate *g, struct msghdr *h, struct sim_scm *scm);

/* The columns of what a kind of socket does with a control message that is sent. */
enum sim_scm_socket { SIM_SCM_TCP, SIM_SCM_UDP4, SIM_SCM_UDP6, SIM_SCM_UNIX, SIM_SCM_NUM_SOCKETS };

#define SIM_SCM_SIMULATED 'S'
#define SIM_SCM_STORED    's' /* taken, without the effect that Linux gives it */
#define SIM_SCM_IGNORED   'I' /* on Linux too */
#define SIM_SCM_REFUSED   'E' /* EINVAL, on Linux too */
#define SIM_SCM_ABSENT    'A' /* Linux knows it, here it is EOPNOTSUPP, if its form is right */

/* One control message of those that are sent. */
struct sim_scm_message {
	size_t at; /* where its header begins */
	const unsigned char *data;
	size_t len;       /* of the data */
	struct cmsghdr h; /* last: it ends in an array of no length */
};

struct sim_scm_kind {
	int level, type;
	const char *name;
	const char *sent; /* SIM_SCM_NUM_SOCKETS letters */
	/* Of an IP socket: notes in scm->send what the message says. 0; -EINVAL, -EPERM, -ENODEV;
	 * -EOPNOTSUPP: absent. */
	int (*read)(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm);
};

/* Row n; NULL past the last. */
const struct sim_scm_kind *sim_scm_kind(size_t n);
/* The row of a type, or that of all others of its level. */
const struct sim_scm_kind *sim_scm_kind_of(int level, int type);
/* A message of a TCP socket or towards IPv4; of a UDP socket towards IPv6. As sim_scm_kind.read. */
int sim_scm_read_v4(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm);
int sim_scm_read_v6(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm);

#endif
