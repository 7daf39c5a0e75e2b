/* SPDX-License-Identifier: MIT */
/* See cmsg.h. put_cmsg() and __sock_recv_timestamp() of Linux 6.18, as observed. */
#include "sim/sock/cmsg.h"

#include <linux/net_tstamp.h>
#include <string.h>

#include "sim/base/assert.h"
#include "sim/sock/sock.h"

/* Linux's numbers; in libc's headers their names depend on the width of time_t. */
enum {
	TYPE_TIMESTAMP_OLD = 29,
	TYPE_TIMESTAMPNS_OLD = 35,
	TYPE_TIMESTAMPING_OLD = 37,
	TYPE_TIMESTAMP_NEW = 63,
	TYPE_TIMESTAMPNS_NEW = 64,
	TYPE_TIMESTAMPING_NEW = 65,
};

void sim_cmsg_put(struct sim_msg *m, int level, int type, const void *data, size_t len)
{
	struct sim_cmsgs *to = m->scm ? m->scm->got : NULL;
	struct sim_cmsg c = { level, type, (uint32_t)len };
	uint32_t whole = (uint32_t)(sizeof c + ((len + 3) & ~(size_t)3));

	if (!to)
		return;
	SIM_ASSERT(to->used_bytes + whole <= sizeof to->bytes);
	memcpy(to->bytes + to->used_bytes, &c, sizeof c);
	memcpy(to->bytes + to->used_bytes + sizeof c, data, len);
	to->used_bytes += whole;
}

/* On a 64-bit host the old forms and the new ones are alike but in their numbers. */
void sim_cmsg_put_stamps(struct sim_sock *sk, struct sim_msg *m, int64_t at_ns, int from_queue)
{
	int64_t real_ns = SIM_CLOCK_EPOCH_NS + sk->net->realtime_offset_ns + at_ns;
	int64_t at[2] = { real_ns / SIM_NS_PER_S, real_ns % SIM_NS_PER_S };
	int64_t stamps[6] = { at[0], at[1] }; /* software, an old use, hardware */
	bool is_new = sk->new_stamps;

	if (sk->tells & SIM_TELL_TIMESTAMP) {
		if (sk->tells & SIM_TELL_NANOSECONDS) {
			sim_cmsg_put(m, SOL_SOCKET, is_new ? TYPE_TIMESTAMPNS_NEW : TYPE_TIMESTAMPNS_OLD, at,
				     sizeof at);
		} else {
			at[1] /= SIM_NS_PER_US;
			sim_cmsg_put(m, SOL_SOCKET, is_new ? TYPE_TIMESTAMP_NEW : TYPE_TIMESTAMP_OLD, at,
				     sizeof at);
		}
	}
	/* timestamping.rst: SOF_TIMESTAMPING_OPT_RX_FILTER asks that only what was asked for be told. */
	if (sk->tsflags & SOF_TIMESTAMPING_SOFTWARE &&
	    (from_queue || sk->tsflags & SOF_TIMESTAMPING_RX_SOFTWARE ||
	     !(sk->tsflags & SIM_TIMESTAMPING_OPT_RX_FILTER)))
		sim_cmsg_put(m, SOL_SOCKET, is_new ? TYPE_TIMESTAMPING_NEW : TYPE_TIMESTAMPING_OLD, stamps,
			     sizeof stamps);
}
