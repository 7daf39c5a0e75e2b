/* SPDX-License-Identifier: MIT */
/*
 * What UDP and TCP sockets have in common: addresses and ports, binding rules, the tables by which arriving
 * packets find their socket. bind(2), ip(7), ipv6(7), Linux's inet_csk_get_port and udp_lib_get_port as
 * observed.
 *
 * Must not know either protocol.
 */
#ifndef SIM_IP_INET_H
#define SIM_IP_INET_H

#include "sim/base/hmap.h"
#include "sim/ip/ip.h"
#include "sim/sock/sock.h"

struct sim_port;

struct sim_inet {
	struct sim_sock sk;
	struct sim_ip *ip;
	struct sim_port *port;        /* the local port that it is on, NULL: none */
	struct sim_list in_port;      /* of the port: bound or connected */
	struct sim_hnode by_tuple;    /* connected: hashed by both ends */
	struct sim_addr laddr, raddr; /* any: not set. An AF_INET socket holds v4-mapped addresses */
	uint16_t lport, rport;        /* 0: none */
	uint16_t last_lport; /* TCP: which it had when it gave it back: getsockname(2) still tells of it */
	bool addr_bound, port_bound; /* the program chose the address, the port: kept over a disconnect */
	bool yields;                 /* TCP keeps it: in TIME_WAIT, and who connects anew may take its ends */
	bool listening;              /* TCP keeps it: a listener shares its port with no other binder */
	bool hears_only; /* bound to a broadcast or multicast address: no source of what it sends */
	bool v6only, recverr, recverr6, freebind;
	bool recverr_rfc4884, recverr6_rfc4884;
	bool transparent, bind_no_port;
	bool dontfrag;                       /* IPV6_DONTFRAG */
	uint8_t mtu_discover, mtu_discover6; /* IP_PMTUDISC_* */
	uint8_t ttl;                         /* IPv4's; 0: the host's default */
	uint8_t tos, tclass;                 /* IPv4's, IPv6's */
	int16_t hops;                        /* IPv6's; -1: the host's default */
	uint16_t bind_family;                /* of the address that bind was given; 0: none */
	struct sim_route route;              /* to raddr, when connected */
};

/* One local port number, while a socket has it. */
struct sim_port {
	struct sim_hnode node;
	struct sim_list bound, connected; /* newest first */
	uint16_t number;
	bool by_connect; /* only connect(2) gave it out: may be given out again to other destinations */
};

/* One protocol's ports on one host. */
struct sim_ports {
	struct sim_ip *ip;
	struct sim_hmap by_port, by_tuple;
	struct sim_rng rng; /* ephemeral ports */
	bool listeners;     /* TCP's rules: SO_REUSEADDR shares a port unless somebody listens */
};

int sim_ports_init(struct sim_ports *ps, struct sim_ip *ip, bool tcp); /* 0, -ENOMEM */
void sim_ports_fini(struct sim_ports *ps);

/*
 * bind(2): checks family, locality of the address, conflicts; port 0 takes an ephemeral one. Everybody may
 * bind to every port, as root may. 0, -EINVAL (bound already), -EADDRINUSE, -EADDRNOTAVAIL, -EACCES,
 * -EAFNOSUPPORT, with reasons.
 */
int sim_ports_bind(struct sim_ports *ps, struct sim_inet *in, struct sim_task *t,
		   const struct sim_sockaddr *a);
/* listen(2) of a bound socket: may it, beside the others on its port? 0 or -EADDRINUSE. */
int sim_ports_may_listen(struct sim_ports *ps, struct sim_inet *in, struct sim_task *t);
/* Without a bind: an ephemeral port on any address. 0 or -EAGAIN (UDP) / -EADDRNOTAVAIL (TCP connect). */
int sim_ports_autobind(struct sim_ports *ps, struct sim_inet *in, struct sim_task *t);
/* Sets raddr and rport, chooses laddr by the route if any, takes a port, joins the table of tuples.
 * 0, -ENETUNREACH, -EHOSTUNREACH, -EADDRNOTAVAIL, -EADDRINUSE. */
int sim_ports_connect(struct sim_ports *ps, struct sim_inet *in, struct sim_task *t,
		      const struct sim_sockaddr *a);
/* Joins both tables with addresses and ports already in place: a connection made by a listener. */
void sim_ports_adopt(struct sim_ports *ps, struct sim_inet *in);
void sim_ports_disconnect(struct sim_ports *ps, struct sim_inet *in); /* leaves the tuple table; keeps a bound
									 port */
void sim_ports_release(struct sim_ports *ps, struct sim_inet *in);    /* leaves both */

/* Who gets a packet: the connected socket, else the best bound one (exact address before any; never one
 * connected elsewhere). UDP with several: the one that scores best, SO_REUSEPORT by hash. NULL: nobody. */
struct sim_inet *sim_ports_find_tuple(struct sim_ports *ps, struct sim_addr laddr, uint16_t lport,
				      struct sim_addr raddr, uint16_t rport);
struct sim_inet *sim_ports_find_bound(struct sim_ports *ps, struct sim_addr laddr, uint16_t lport,
				      uint8_t iface, bool (*wants)(const struct sim_inet *in));
/* The same for a packet that arrived: of several with SO_REUSEPORT, by the hash of its addresses. wants:
 * NULL: all. */
struct sim_inet *sim_ports_find_receiver(struct sim_ports *ps, const struct sim_packet *p,
					 bool (*wants)(const struct sim_inet *in));

/* Calls `fn` for every bound socket that hears a broadcast, with the packet lent. */
void sim_ports_each_receiver(struct sim_ports *ps, const struct sim_packet *p,
			     void (*fn)(struct sim_inet *in, const struct sim_packet *p));

static inline bool sim_inet_is_connected(const struct sim_inet *in)
{
	return in->by_tuple.in_map;
}

/* The local port as getsockname(2) tells it. */
static inline uint16_t sim_inet_told_port(const struct sim_inet *in)
{
	return in->lport ? in->lport : in->last_lport;
}

/* The source of what it sends: any if it is bound to none, or to an address that is only listened at. */
static inline struct sim_addr sim_inet_source(const struct sim_inet *in)
{
	if (__builtin_expect(in->hears_only, 0))
		return sim_addr_is_v4(in->laddr) ? sim_addr_v4(0) : sim_addr_v6_any();
	return in->laddr;
}

/* Time to live, type of service and DF of a packet from this socket, by its options. */
void sim_inet_mark(const struct sim_inet *in, const struct sim_route *r, struct sim_packet *p);

void sim_inet_init(struct sim_inet *in, struct sim_net *net, enum sim_sock_kind kind, int domain, int type,
		   int protocol);
int sim_inet_getname(struct sim_sock *sk, struct sim_task *t, struct sim_sockaddr *a, bool peer); /* -ENOTCONN
												   */
/* IPPROTO_IP and IPPROTO_IPV6 options common to both. */
int sim_inet_setopt(struct sim_sock *sk, struct sim_task *t, int level, int name, const void *val,
		    socklen_t len);
int sim_inet_getopt(struct sim_sock *sk, struct sim_task *t, int level, int name, void *val, socklen_t *len);
/* socket(7), SO_PRIORITY: what a type of service sets it to. */
int32_t sim_inet_priority(uint8_t tos);

/* ---- control messages that are received: inet_tell.c ---- */

/* Of a packet that arrived, or of one that an error is about. */
struct sim_told {
	struct sim_addr dst, specific; /* specific: the address of this host that it came to, IPv4's alone */
	uint16_t dport;
	bool has_ports; /* dport stands */
	uint8_t ttl, tos, iface;
};

/* What the socket's options ask for. */
void sim_inet_tell(const struct sim_inet *in, struct sim_msg *m, const struct sim_told *x);

/* ---- the queue of errors: inet_error.c ---- */

/* Linux's SCM_TSTAMP_*. */
enum sim_stamp { SIM_STAMP_SENT, SIM_STAMP_SCHED, SIM_STAMP_ACK };

/* An error of this host about what was to be sent to an address, if IP_RECVERR (IPV6_RECVERR) asks for it;
 * `info` is the MTU for EMSGSIZE. */
void sim_inet_local_error(struct sim_inet *in, int err, struct sim_addr to, uint16_t port, uint32_t info);
/* An error of the network, lent; the socket asks for it. */
void sim_inet_icmp_error(struct sim_inet *in, const struct sim_packet *icmp, int err,
			 const struct sim_reason *why);
/* The time at which this packet (lent) is queued or leaves, now; key: its number with
 * SOF_TIMESTAMPING_OPT_ID. */
void sim_inet_tx_stamp(struct sim_inet *in, struct sim_packet *p, enum sim_stamp kind, uint32_t key);
/* recvmsg(2) with MSG_ERRQUEUE: bytes, -EAGAIN (at once, whatever O_NONBLOCK says), -EFAULT. */
ssize_t sim_inet_recv_error(struct sim_inet *in, struct sim_task *t, struct sim_msg *m);

struct sim_option_doc;
bool sim_inet_option_doc(size_t n, struct sim_option_doc *doc); /* row n of these options */
/* Checks family and length class of an address given to this socket, maps AF_INET into AF_INET6 sockets and
 * any to loopback: 0, -EAFNOSUPPORT, -EINVAL, -ENETUNREACH (v6only). */
int sim_inet_check_peer(struct sim_inet *in, struct sim_task *t, const struct sim_sockaddr *a,
			struct sim_addr *addr);

#endif
