/* SPDX-License-Identifier: MIT */
/*
 * Datagrams to built-in peers: each is answered to where it came from before the next is taken. A socket is
 * bound to one address, so that the answer comes from the address that was asked (udp(7)). An answer that
 * nobody takes is lost: the sender has no name, or is gone.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <string.h>
#include <sys/socket.h>

#include "api/calls/calls.h"
#include "api/control/peer.h"

struct box {
	unsigned char *bytes;
	size_t cap_bytes;
};

/* UDP's all fit; a Unix datagram may be as large as its sender's buffer, and is echoed whole. */
static void make_room(const struct sim_peer_listener *l, struct sim_task *t, struct box *box)
{
	long len = sim_call_recvfrom(t, SIM_CALL_RECV, l->fd, NULL, 0, MSG_PEEK | MSG_TRUNC, NULL, NULL);

	if (len < 0)
		sim_peer_fail(l->p, "recv", len);
	if ((size_t)len <= box->cap_bytes)
		return;
	sim_arena_free(l->p->c->w->ctx.arena, box->bytes, box->cap_bytes);
	box->cap_bytes = (size_t)len;
	box->bytes = sim_peer_alloc(l->p->c, box->cap_bytes);
}

void sim_peer_dgram_main(void *arg)
{
	struct sim_peer_listener *l = arg;
	struct sim_peer *p = l->p;
	struct sim_task *t = sim_current;
	struct box box = { sim_peer_alloc(p->c, SIM_PEER_DGRAM_BYTES), SIM_PEER_DGRAM_BYTES };

	for (;;) {
		struct sockaddr_storage from;
		socklen_t from_len = sizeof from;
		long n;

		make_room(l, t, &box);
		n = sim_call_recvfrom(t, SIM_CALL_RECVFROM, l->fd, box.bytes, box.cap_bytes, 0,
				      (struct sockaddr *)&from, &from_len);
		if (n < 0)
			sim_peer_fail(p, "recvfrom", n);
		n = p->ops->datagram(p, box.bytes, (size_t)n);
		if (n >= 0 && from_len)
			(void)sim_call_sendto(t, SIM_CALL_SENDTO, l->fd, box.bytes, (size_t)n, MSG_NOSIGNAL,
					      (struct sockaddr *)&from, from_len);
	}
}
