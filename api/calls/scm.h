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
 * -EFAULT, -ENOBUFS. A mistake that the protocol looks at in its turn is left in room->err. Whatever happens
 * then, sim_scm_done().
 */
long sim_scm_in(struct sim_gate *g, const struct msghdr *h, struct sim_scm *room, struct sim_scm **scm);
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
#define SIM_SCM_IGNORED   'I' /* on Linux too */
#define SIM_SCM_REFUSED   'E' /* EINVAL, on Linux too */
#define SIM_SCM_ABSENT    'A' /* Linux knows it, here it is EOPNOTSUPP */

struct sim_scm_kind {
	int level, type;
	const char *name;
	const char *sent; /* SIM_SCM_NUM_SOCKETS letters */
};

/* Row n; NULL past the last. */
const struct sim_scm_kind *sim_scm_kind(size_t n);

#endif
