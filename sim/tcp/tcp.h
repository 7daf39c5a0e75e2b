/* SPDX-License-Identifier: MIT */
/*
 * TCP sockets of one host: tcp(7), RFC 9293. Owns ports and connections; the machine of a connection is in
 * conn.h.
 *
 * Must not know descriptors and processes.
 */
#ifndef SIM_TCP_TCP_H
#define SIM_TCP_TCP_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/ip/inet.h"
#include "sim/tcp/conn.h"

struct sim_tcp_listener;
struct sim_tcp_mark;
struct sim_tcp_opts;
struct sim_tcp_request;

/* What connect(2) knows of a socket beside its state: Linux's enum socket_state. */
enum sim_tcp_link { SIM_TCP_UNCONNECTED, SIM_TCP_CONNECTING, SIM_TCP_CONNECTED, SIM_TCP_DISCONNECTING };

struct sim_tcp_sock {
	struct sim_inet in;
	struct sim_tcp_conn conn;
	union {
		struct sim_tcp_listener *listener; /* in LISTEN */
		struct sim_tcp_request *request;   /* made by a listener, not yet accepted */
	};
	struct sim_tcp_mark *marks; /* NULL: nobody wants to hear of what was sent */
	int64_t arrived_ns;         /* when bytes last came while somebody asked for such times; 0: never */
	struct sim_tcp_opts *opts;  /* NULL: all as they are by default */
	uint32_t skb_room_bytes;    /* what the last buffer of the send queue still takes before a new one is
				       charged */
	uint32_t shut_ms;           /* when the program shut it down for writing */
	uint8_t link;               /* enum sim_tcp_link */
	bool held : 1;              /* the connection holds a reference */
	bool nospace : 1;           /* a send or poll found no room: tell when there is */
	bool confirm : 1; /* the peer has acknowledged: the next segment tells the neighbour cache */
};

struct sim_tcp {
	struct sim_tcp_common common;
	struct sim_ip *ip;
	struct sim_ports ports;
};

int sim_tcp_init(struct sim_tcp *tcp, struct sim_ip *ip); /* 0, -ENOMEM; sets ip->net->tcp */
void sim_tcp_fini(struct sim_tcp *tcp);

/* A closed socket with one reference. domain: AF_INET or AF_INET6. 0, -ENOMEM. */
int sim_tcp_sock_new(struct sim_net *net, int domain, struct sim_sock **sk);

extern const struct sim_sock_ops sim_tcp_sock_ops;    /* for sim_sock_ops[SIM_SOCK_TCP] */
extern const struct sim_ip_protocol sim_tcp_protocol; /* for sim_ip_protocol(IPPROTO_TCP) */

/* The socket of a connection, by its own end first. NULL: none. */
struct sim_sock *sim_tcp_find(struct sim_tcp *tcp, struct sim_addr laddr, uint16_t lport,
			      struct sim_addr raddr, uint16_t rport);

/* See sim_tcp_conn_is_stuck(): true of sockets that are not TCP's. */
bool sim_tcp_sock_is_stuck(struct sim_sock *sk, int64_t since_ns);

/* For sim_timer_fns[]: SIM_TIMER_TCP_RETRANSMIT, _DELACK, _LIFETIME. A connection being
 * made by a listener has a retransmission timer of its own. */
void sim_tcp_on_retransmit_timer(struct sim_clock *clock, struct sim_timer *timer);
void sim_tcp_on_delack_timer(struct sim_clock *clock, struct sim_timer *timer);
void sim_tcp_on_lifetime_timer(struct sim_clock *clock, struct sim_timer *timer);

struct sim_option_doc;
bool sim_tcp_option_doc(size_t n, struct sim_option_doc *doc); /* row n of IPPROTO_TCP's options */

#endif
