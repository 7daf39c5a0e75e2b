/* SPDX-License-Identifier: MIT */
/* What the files of udp/ share and nobody else sees. */
#ifndef SIM_UDP_UDP_INTERNAL_H
#define SIM_UDP_UDP_INTERNAL_H

#include "sim/udp/udp.h"

/* Linux's number; not in every libc's headers. */
enum { SIM_UDP_GRO = 104 };

enum { SIM_UDP_MAX_LEN = 65535 }; /* RFC 768: Length */

static inline struct sim_udp_sock *sim_udp_of(struct sim_sock *sk)
{
	return (struct sim_udp_sock *)sk;
}

static inline bool sim_udp_is_v4(const struct sim_udp_way *way)
{
	return sim_addr_is_v4(way->raddr);
}

/* way.c */
/* The checks of a call that come before its destination: 0 or -errno. */
int sim_udp_check_call(struct sim_udp_sock *us, struct sim_task *t, const struct sim_msg *m);
/* Into us->way: 0 or -errno. */
int sim_udp_find_destination(struct sim_udp_sock *us, struct sim_task *t, const struct sim_msg *m);

/* send.c */
ssize_t sim_udp_send(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m);
void sim_udp_uncork(struct sim_udp_sock *us);                          /* throws away what is pending */
int sim_udp_push_pending(struct sim_udp_sock *us, struct sim_task *t); /* sends it: 0 or -errno */
bool sim_udp_is_writable(const struct sim_udp_sock *us);
void sim_udp_departed(struct sim_ip *ip, struct sim_packet *p);

/* flow.c */
void sim_udp_stray(struct sim_udp_sock *us); /* a plain send, whose way to the peer stands: where it really
						goes */
void sim_udp_note_flow(struct sim_udp_sock *us); /* a datagram is about to be held back, if nothing is wrong
						    with it */

/* receive.c */
int sim_udp_check_len(struct sim_udp_sock *us, struct sim_task *t, const struct sim_sockaddr *a, bool mixed);

ssize_t sim_udp_recv(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m);
void sim_udp_deliver(struct sim_ip *ip, struct sim_packet *p);
void sim_udp_error(struct sim_ip *ip, const struct sim_packet *icmp, int err, bool fatal);
uint32_t sim_udp_first_len(struct sim_udp_sock *us); /* FIONREAD */

#endif
