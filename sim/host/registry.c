/* SPDX-License-Identifier: MIT */
/*
 * Which protocols there are: the table of socket operations, the table by which IP finds its transports, and
 * socket(2)'s choice among them.
 */
#include <errno.h>
#include <netinet/in.h>

#include "sim/host/host.h"
#include "sim/sock/memory.h"
#include "sim/tcp/tcp.h"
#include "sim/udp/udp.h"
#include "sim/unix/unix_domain.h"

const struct sim_sock_ops *const sim_sock_ops[SIM_SOCK_NUM_KINDS] = {
	[SIM_SOCK_UDP] = &sim_udp_sock_ops,
	[SIM_SOCK_TCP] = &sim_tcp_sock_ops,
	[SIM_SOCK_UNIX_STREAM] = &sim_unix_stream_ops,
	[SIM_SOCK_UNIX_DGRAM] = &sim_unix_dgram_ops,
	[SIM_SOCK_UNIX_SEQPACKET] = &sim_unix_seqpacket_ops,
};

const struct sim_ip_protocol *sim_ip_protocol(uint8_t proto)
{
	switch (proto) {
	case IPPROTO_UDP: return &sim_udp_protocol;
	case IPPROTO_TCP: return &sim_tcp_protocol;
	default: return NULL;
	}
}

static int inet_socket(struct sim_net *net, int domain, int type, int protocol, struct sim_sock **sk)
{
	switch (type) {
	case SOCK_STREAM:
		if (protocol != 0 && protocol != IPPROTO_TCP)
			return -EPROTONOSUPPORT;
		return sim_tcp_sock_new(net, domain, sk);
	case SOCK_DGRAM:
		/* icmp(7): net.ipv4.ping_group_range admits nobody unless it is changed. */
		if (protocol == (domain == AF_INET ? IPPROTO_ICMP : IPPROTO_ICMPV6))
			return -EACCES;
		if (protocol != 0 && protocol != IPPROTO_UDP)
			return -EPROTONOSUPPORT;
		return sim_udp_sock_new(net, domain, sk);
	case SOCK_RAW:
		/* raw(7): only with CAP_NET_RAW, which no simulated user has: raw sockets are not simulated.
		 */
		return protocol ? -EPERM : -EPROTONOSUPPORT;
	default: return -ESOCKTNOSUPPORT;
	}
}

/* unix(7): the one protocol has two names. Types are the family's own business. */
static int unix_protocol(int protocol)
{
	return protocol == 0 || protocol == PF_UNIX ? 0 : -EPROTONOSUPPORT;
}

static int check(int domain, int type)
{
	if (domain < 0 || domain >= AF_MAX)
		return -EAFNOSUPPORT;
	return type < 0 || type > SOCK_PACKET ? -EINVAL : 0;
}

int sim_host_socket(struct sim_net *net, int domain, int type, int protocol, struct sim_sock **sk)
{
	int err = check(domain, type);

	if (err)
		return err;
	/* socket(2), ENOBUFS or ENOMEM: as the families of Linux choose. */
	if (!sim_net_has_memory(net, 1) && (domain == AF_INET || domain == AF_INET6 || domain == AF_UNIX))
		return -sim_net_no_memory_errno(net, domain == AF_UNIX ? ENOMEM : ENOBUFS);
	switch (domain) {
	case AF_INET:
	case AF_INET6:
		if (protocol < 0 || protocol >= IPPROTO_MAX)
			return -EINVAL;
		return inet_socket(net, domain, type, protocol, sk);
	case AF_UNIX: err = unix_protocol(protocol); return err ? err : sim_unix_sock_new(net, type, sk);
	default: return -EAFNOSUPPORT;
	}
}

static int unix_pair(struct sim_net *net, struct sim_task *t, int type, int protocol,
		     struct sim_sock *pair[2])
{
	int err = unix_protocol(protocol);

	if (!err && !sim_net_has_memory(net, 1))
		err = -sim_net_no_memory_errno(net, ENOMEM);
	if (!err)
		err = sim_unix_pair_new(net, type, pair);
	if (!err)
		sim_unix_pair_owned_by(pair, t);
	return err;
}

int sim_host_socketpair(struct sim_net *net, struct sim_task *t, int domain, int type, int protocol,
			struct sim_sock *pair[2])
{
	struct sim_sock *probe;
	int err = check(domain, type);

	if (err)
		return err;
	if (domain == AF_UNIX)
		return unix_pair(net, t, type, protocol, pair);
	/* The kernel makes the sockets before it asks whether they can be paired: its errors come first. */
	err = sim_host_socket(net, domain, type, protocol, &probe);
	if (err)
		return err;
	sim_sock_close(probe, NULL);
	return -EOPNOTSUPP;
}
