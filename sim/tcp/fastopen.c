/* SPDX-License-Identifier: MIT */
/*
 * MSG_FASTOPEN: a send that connects first. tcp(7), tcp_fastopen; RFC 7413; Linux's tcp_sendmsg_fastopen().
 *
 * FIDELITY: simulated is what a program sees where no cookie is known, as is the case with every listener
 * that has no TCP_FASTOPEN: the data follows the handshake. Absent: the option in the SYN that asks for a
 * cookie, cookies, data in the SYN, TCP_FASTOPEN, TCP_FASTOPEN_CONNECT.
 */
#include <errno.h>

#include "sim/tcp/sock.h"

enum { CLIENT_ENABLE = 1 }; /* of net.ipv4.tcp_fastopen */

int sim_tcp_fastopen(struct sim_tcp_sock *ts, struct sim_task *t, const struct sim_msg *m)
{
	const struct sim_sockaddr nowhere = { .family = AF_INET }, *to = m->to ? m->to : &nowhere;
	struct sim_sock *sk = &ts->in.sk;
	bool has_family = !m->to || to->raw_len >= sizeof(sa_family_t);

	if (!(sk->net->sysctl.tcp_fastopen & CLIENT_ENABLE) || (has_family && to->family == AF_UNSPEC))
		return sim_sock_fail(sk, t, EOPNOTSUPP, SIM_WHY_BAD_FLAGS, SIM_NEVER_NS, MSG_FASTOPEN, 0, 0,
				     0);
	if (!has_family)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ADDRESS_LEN, SIM_NEVER_NS, to->raw_len,
				     sizeof(struct sockaddr_in), sizeof(struct sockaddr_storage), 0);
	return sim_tcp_sock_ops.connect(sk, t, to, m->nonblock);
}
