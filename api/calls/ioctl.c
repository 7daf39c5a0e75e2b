/* SPDX-License-Identifier: MIT */
/*
 * ioctl(2) on simulated descriptors: one table of requests, each with the size and the direction of what it
 * is given, and who does it. netdevice(7), ioctl_list(2), tty_ioctl(2); what is answered on which family, and
 * the order of errors, asked of Linux 6.18.
 *
 * Must not know protocols: what is a socket's own is its operation's.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <net/if.h>
#include <net/if_arp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/timerfd.h>

#include "api/calls/flags.h"
#include "api/calls/gate.h"
#include "api/calls/owner.h"
#include "sim/base/uaccess.h"
#include "sim/proc/timerfd.h"

/* The kernel's linux/timerfd.h, which not every C library's header knows. */
#ifndef TFD_IOC_SET_TICKS
#define TFD_IOC_SET_TICKS _IOW('T', 0, uint64_t)
#endif

/* Not in every libc's headers. */
enum { REQUEST_OUTQNSD = 0x894b, TX_QUEUE_PACKETS = 1000 };

union argument {
	int value;
	uint64_t ticks;
	struct ifreq ifr;
	struct ifconf ifc;
};

enum direction { NOTHING = 0, IN = 1, OUT = 2, BOTH = 3 };

/* Families that know a request; others: ENOTTY. */
enum { V4 = 1, V6 = 2, LOCAL = 4, ANY_SOCKET = V4 | V6 | LOCAL, ANY_FILE = 8 | ANY_SOCKET, TIMER = 16 };

struct request {
	struct sim_number_info info;
	uint8_t families;
	uint8_t direction;
	uint8_t size_bytes;
	/* Works on a copy, which goes back if it answers 0. Where interfaces are the subject, `i` is the one
	 * that the name means. NULL: absent. */
	long (*handle)(struct sim_gate *g, unsigned long number, union argument *arg);
	long (*of_iface)(struct sim_gate *g, const struct sim_iface *i, struct ifreq *r);
};

/* ---- of the descriptor, the file, the socket ---- */

static long set_nonblock(struct sim_gate *g, unsigned long number, union argument *arg)
{
	(void)number;
	g->file->nonblock = arg->value != 0;
	return 0;
}

static long set_async(struct sim_gate *g, unsigned long number, union argument *arg)
{
	(void)number;
	if (!g->sk && arg->value) /* only a socket can tell of it */
		return sim_gate_fail(g, ENOTTY, SIM_WHY_NOT_SUPPORTED, 0, 0);
	g->file->async = arg->value != 0;
	return 0;
}

static long set_owner(struct sim_gate *g, unsigned long number, union argument *arg)
{
	(void)number;
	return sim_owner_set(g, arg->value);
}

static long tell_owner(struct sim_gate *g, unsigned long number, union argument *arg)
{
	(void)number;
	arg->value = sim_owner_get(g);
	return 0;
}

static long set_cloexec(struct sim_gate *g, unsigned long number, union argument *arg)
{
	(void)arg;
	g->t->proc->fds->slots[g->fd].cloexec = number == FIOCLEX;
	return 0;
}

/* timerfd_create(2), ioctl: EINVAL of 0 expirations. */
static long set_ticks(struct sim_gate *g, unsigned long number, union argument *arg)
{
	(void)number;
	if (!arg->ticks)
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 3, 0);
	sim_timerfd_set_ticks(g->file->tfd, arg->ticks);
	return 0;
}

static long not_simulated(struct sim_gate *g)
{
	/* Linux 6.18: an epoll set has requests of its own, and does not know any other. */
	return sim_gate_fail(g, g->file->kind == SIM_FILE_EPOLL ? EINVAL : ENOTTY, SIM_WHY_NOT_SIMULATED,
			     SIM_CALL_IOCTL, 0);
}

static long ask_socket(struct sim_gate *g, unsigned long number, union argument *arg)
{
	if (!g->sk || !sim_sock_op(g->sk)->ioctl)
		return not_simulated(g);
	return sim_sock_op(g->sk)->ioctl(g->sk, g->t, number, &arg->value);
}

/* ---- of interfaces: netdevice(7) ---- */

static struct sim_ip *ip_of(const struct sim_gate *g)
{
	return &g->t->proc->host->ip;
}

/* An alias, "eth0:1", is its interface's as far as no address is asked for. */
static const struct sim_iface *iface_of(const struct sim_gate *g, const struct ifreq *r)
{
	return sim_iface_by_name(ip_of(g), r->ifr_name, strcspn(r->ifr_name, ":"));
}

static long no_iface(struct sim_gate *g)
{
	return sim_gate_fail(g, ENODEV, SIM_WHY_NO_INTERFACE, 0, 0);
}

static void put_v4(struct sockaddr *to, uint32_t host_order)
{
	struct sockaddr_in *in = (void *)to;

	memset(in, 0, sizeof *in);
	in->sin_family = AF_INET;
	in->sin_addr.s_addr = htonl(host_order);
}

static long tell_name(struct sim_gate *g, unsigned long number, union argument *arg)
{
	const struct sim_iface *i = sim_ip_iface(ip_of(g), (uint32_t)arg->ifr.ifr_ifindex);

	(void)number;
	if (!i)
		return no_iface(g);
	memset(arg->ifr.ifr_name, 0, sizeof arg->ifr.ifr_name);
	memcpy(arg->ifr.ifr_name, i->name, strlen(i->name));
	return 0;
}

static long tell_index(struct sim_gate *g, const struct sim_iface *i, struct ifreq *r)
{
	(void)g;
	r->ifr_ifindex = i->index;
	return 0;
}

static long tell_flags(struct sim_gate *g, const struct sim_iface *i, struct ifreq *r)
{
	(void)g;
	r->ifr_flags = (short)(sim_iface_flags(i) & 0xffff);
	return 0;
}

static long tell_mtu(struct sim_gate *g, const struct sim_iface *i, struct ifreq *r)
{
	(void)g;
	r->ifr_mtu = (int)i->mtu_bytes;
	return 0;
}

static long tell_metric(struct sim_gate *g, const struct sim_iface *i, struct ifreq *r)
{
	(void)g;
	(void)i;
	r->ifr_metric = 0; /* netdevice(7): never anything else on Linux */
	return 0;
}

static long tell_queue_len(struct sim_gate *g, const struct sim_iface *i, struct ifreq *r)
{
	(void)g;
	(void)i;
	r->ifr_qlen = TX_QUEUE_PACKETS;
	return 0;
}

static long tell_hwaddr(struct sim_gate *g, const struct sim_iface *i, struct ifreq *r)
{
	r->ifr_hwaddr.sa_family = i->loopback ? ARPHRD_LOOPBACK : ARPHRD_ETHER;
	sim_iface_hwaddr(ip_of(g), i, (uint8_t *)r->ifr_hwaddr.sa_data);
	return 0;
}

/* No interface has memory or an interrupt to tell of. What pads the structure stays as it was. */
static long tell_map(struct sim_gate *g, const struct sim_iface *i, struct ifreq *r)
{
	(void)g;
	(void)i;
	r->ifr_map.mem_start = r->ifr_map.mem_end = 0;
	r->ifr_map.base_addr = 0;
	r->ifr_map.irq = r->ifr_map.dma = r->ifr_map.port = 0;
	return 0;
}

/*
 * The address that is meant: the one that the request itself holds, as 4.3BSD had it, if the interface has
 * it, else its first. Addresses stand under the interface's own name, never an alias's.
 */
static const struct sim_iface_addr *addr_of(const struct sim_iface *i, const struct ifreq *r)
{
	const struct sockaddr_in *in = (const void *)&r->ifr_addr;
	const struct sim_iface_addr *a;

	if (strchr(r->ifr_name, ':'))
		return NULL;
	for (uint32_t n = 0; in->sin_family == AF_INET && (a = sim_iface_v4_addr(i, n)); n++)
		if (sim_addr_to_v4(a->addr) == ntohl(in->sin_addr.s_addr))
			return a;
	return sim_iface_v4_addr(i, 0);
}

static long no_addr(struct sim_gate *g)
{
	return sim_gate_fail(g, EADDRNOTAVAIL, SIM_WHY_NO_IFACE_ADDR, 0, 0);
}

static long tell_addr(struct sim_gate *g, const struct sim_iface *i, struct ifreq *r)
{
	const struct sim_iface_addr *a = addr_of(i, r);

	if (!a)
		return no_addr(g);
	put_v4(&r->ifr_addr, sim_addr_to_v4(a->addr));
	return 0;
}

static long tell_netmask(struct sim_gate *g, const struct sim_iface *i, struct ifreq *r)
{
	const struct sim_iface_addr *a = addr_of(i, r);

	if (!a)
		return no_addr(g);
	put_v4(&r->ifr_netmask, sim_iface_v4_mask(a));
	return 0;
}

static long tell_broadcast(struct sim_gate *g, const struct sim_iface *i, struct ifreq *r)
{
	const struct sim_iface_addr *a = addr_of(i, r);

	if (!a)
		return no_addr(g);
	put_v4(&r->ifr_broadaddr, sim_iface_v4_broadcast(i, a));
	return 0;
}

/* Privileges of the network are nobody's here, not even uid 0's: an interface is the test's to shape. */
static long refuse(struct sim_gate *g, unsigned long number, union argument *arg)
{
	(void)arg;
	/* ipv6(7)'s structure begins with an address, and what stands behind it is no interface's number. */
	if (number == SIOCSIFDSTADDR && g->sk->domain == AF_INET6)
		return no_iface(g);
	return sim_gate_fail(g, EPERM, SIM_WHY_PRIVILEGE, 0, 0);
}

struct conf {
	char *to;
	int room_bytes, used_bytes;
};

/* 0 or -EFAULT. */
static int put_conf(struct conf *c, const struct sim_iface *i, const struct sim_iface_addr *a)
{
	struct ifreq r;

	memset(&r, 0, sizeof r);
	memcpy(r.ifr_name, i->name, strlen(i->name));
	put_v4(&r.ifr_addr, sim_addr_to_v4(a->addr));
	if (c->to && c->room_bytes - c->used_bytes < (int)sizeof r)
		return 0;
	if (c->to && sim_copy_to_user(c->to + c->used_bytes, &r, sizeof r))
		return -EFAULT;
	c->used_bytes += (int)sizeof r;
	return 0;
}

/* Only IPv4's addresses. Without a place to put them it tells how much room they need. */
static long tell_conf(struct sim_gate *g, unsigned long number, union argument *arg)
{
	struct conf c = { arg->ifc.ifc_buf, arg->ifc.ifc_len, 0 };
	const struct sim_ip *ip = ip_of(g);
	const struct sim_iface_addr *a;

	(void)number;
	for (uint32_t k = 0; k < ip->num_ifaces; k++)
		for (uint32_t n = 0; (a = sim_iface_v4_addr(&ip->ifaces[k], n)); n++)
			if (put_conf(&c, &ip->ifaces[k], a))
				return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)c.to,
						     0);
	arg->ifc.ifc_len = c.used_bytes;
	return 0;
}

/* ---- the table ---- */

/* Rows by what they are given. The name of a request is taken here, before it becomes a number. */
#define NUMBER(x, fidelity, direction, handle, note)                                                     \
	{                                                                                                \
		{ x, #x, SIM_FIDELITY_##fidelity, note }, ANY_FILE, direction, sizeof(int), handle, NULL \
	}
#define PLAIN(x, handle)                                                                    \
	{                                                                                   \
		{ x, #x, SIM_FIDELITY_SIMULATED, NULL }, ANY_FILE, NOTHING, 0, handle, NULL \
	}
#define STRUCT(x, type, handle)                                                                       \
	{                                                                                             \
		{ x, #x, SIM_FIDELITY_SIMULATED, NULL }, ANY_SOCKET, BOTH, sizeof(type), handle, NULL \
	}
#define IFREQ(x, where, of_iface, note)                                                                    \
	{                                                                                                  \
		{ x, #x, SIM_FIDELITY_SIMULATED, note }, where, BOTH, sizeof(struct ifreq), NULL, of_iface \
	}
#define REFUSED(x, where)                                                                     \
	{                                                                                     \
		{ x, #x, SIM_FIDELITY_SIMULATED, "EPERM: no simulated user may" }, where, IN, \
			sizeof(struct ifreq), refuse, NULL                                    \
	}
#define OWNER(x, direction, handle)                                                                       \
	{                                                                                                 \
		{ x, #x, SIM_FIDELITY_SIMULATED, NULL }, ANY_SOCKET, direction, sizeof(int), handle, NULL \
	}
#define ABSENT(x)                                                               \
	{                                                                       \
		{ x, #x, SIM_FIDELITY_ABSENT, NULL }, 0, NOTHING, 0, NULL, NULL \
	}

/* clang-format off */
static const struct request requests[] = {
	NUMBER(FIONREAD, SIMULATED, OUT, ask_socket, "SIOCINQ"),
	NUMBER(TIOCOUTQ, SIMULATED, OUT, ask_socket, "SIOCOUTQ"),
	{ { REQUEST_OUTQNSD, "SIOCOUTQNSD", SIM_FIDELITY_SIMULATED, "TCP" }, ANY_FILE, OUT, sizeof(int), ask_socket,
	  NULL },
	NUMBER(SIOCATMARK, SIMULATED, OUT, ask_socket, "streams"),
	NUMBER(FIONBIO, SIMULATED, IN, set_nonblock, NULL),
	NUMBER(FIOASYNC, STORED, IN, set_async, "no SIGIO"),
	{ { TFD_IOC_SET_TICKS, "TFD_IOC_SET_TICKS", SIM_FIDELITY_SIMULATED, "timerfd" }, TIMER, IN, sizeof(uint64_t),
	  set_ticks, NULL },
	PLAIN(FIOCLEX, set_cloexec),
	PLAIN(FIONCLEX, set_cloexec),
	OWNER(SIOCGPGRP, OUT, tell_owner),
	OWNER(SIOCSPGRP, IN, set_owner),
	OWNER(FIOGETOWN, OUT, tell_owner),
	OWNER(FIOSETOWN, IN, set_owner),
	STRUCT(SIOCGIFCONF, struct ifconf, tell_conf),
	STRUCT(SIOCGIFNAME, struct ifreq, tell_name),
	IFREQ(SIOCGIFINDEX, ANY_SOCKET, tell_index, NULL),
	IFREQ(SIOCGIFFLAGS, ANY_SOCKET, tell_flags, NULL),
	IFREQ(SIOCGIFADDR, V4, tell_addr, "AF_INET"),
	IFREQ(SIOCGIFNETMASK, V4, tell_netmask, "AF_INET"),
	IFREQ(SIOCGIFBRDADDR, V4, tell_broadcast, "AF_INET"),
	IFREQ(SIOCGIFDSTADDR, V4, tell_addr, "AF_INET"),
	IFREQ(SIOCGIFMTU, ANY_SOCKET, tell_mtu, NULL),
	IFREQ(SIOCGIFHWADDR, ANY_SOCKET, tell_hwaddr, "from the host's id and the interface's index"),
	IFREQ(SIOCGIFTXQLEN, ANY_SOCKET, tell_queue_len, NULL),
	IFREQ(SIOCGIFMETRIC, ANY_SOCKET, tell_metric, NULL),
	IFREQ(SIOCGIFMAP, ANY_SOCKET, tell_map, NULL),
	REFUSED(SIOCSIFNAME, ANY_SOCKET),
	REFUSED(SIOCSIFFLAGS, ANY_SOCKET),
	REFUSED(SIOCSIFADDR, V4 | V6),
	REFUSED(SIOCSIFNETMASK, V4),
	REFUSED(SIOCSIFBRDADDR, V4),
	REFUSED(SIOCSIFDSTADDR, V4 | V6),
	REFUSED(SIOCSIFMTU, ANY_SOCKET),
	REFUSED(SIOCSIFHWADDR, ANY_SOCKET),
	REFUSED(SIOCSIFHWBROADCAST, ANY_SOCKET),
	REFUSED(SIOCSIFTXQLEN, ANY_SOCKET),
	REFUSED(SIOCSIFMETRIC, ANY_SOCKET),
	REFUSED(SIOCSIFMAP, ANY_SOCKET),
	REFUSED(SIOCADDMULTI, ANY_SOCKET),
	REFUSED(SIOCDELMULTI, ANY_SOCKET),
	REFUSED(SIOCDIFADDR, V6),
	REFUSED(SIOCADDRT, V4 | V6),
	REFUSED(SIOCDELRT, V4 | V6),
	REFUSED(SIOCSARP, V4),
	REFUSED(SIOCDARP, V4),
	ABSENT(SIOCGARP),
};
/* clang-format on */

enum { NUM_REQUESTS = sizeof requests / sizeof requests[0] };

const struct sim_number_info *sim_ioctl_request(size_t n)
{
	return n < NUM_REQUESTS ? &requests[n].info : NULL;
}

static const struct request *find(unsigned long number)
{
	for (size_t i = 0; i < NUM_REQUESTS; i++)
		if (requests[i].info.number == number)
			return &requests[i];
	return NULL;
}

const char *sim_ioctl_name(unsigned long number)
{
	const struct request *r = find(number);

	return r ? r->info.name : NULL;
}

/* ---- the call ---- */

static bool knows(const struct request *r, const struct sim_file *f, const struct sim_sock *sk)
{
	if (!sk)
		return r->families == ANY_FILE || (r->families == TIMER && f->kind == SIM_FILE_TIMERFD);
	return r->families & (sk->domain == AF_INET ? V4 : sk->domain == AF_INET6 ? V6 : LOCAL);
}

static long do_of_iface(struct sim_gate *g, const struct request *r, struct ifreq *ifr)
{
	const struct sim_iface *i;

	ifr->ifr_name[IFNAMSIZ - 1] = '\0';
	memcpy(&g->arg2, ifr->ifr_name, sizeof g->arg2); /* for the trace */
	i = iface_of(g, ifr);
	return i ? r->of_iface(g, i, ifr) : no_iface(g);
}

static long do_request(struct sim_gate *g, const struct request *r, void *user)
{
	union argument arg;
	long result;

	memset(&arg, 0, sizeof arg);
	if ((r->direction & IN) && sim_copy_from_user(&arg, user, r->size_bytes))
		return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)user, 0);
	if (!knows(r, g->file, g->sk))
		return sim_gate_fail(g, ENOTTY, SIM_WHY_NOT_SUPPORTED, 0, 0);
	result = r->of_iface ? do_of_iface(g, r, &arg.ifr) : r->handle(g, r->info.number, &arg);
	if (!result && (r->direction & OUT) && sim_copy_to_user(user, &arg, r->size_bytes))
		return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)user, 0);
	return result;
}

long sim_call_ioctl(struct sim_task *t, int fd, unsigned long number, void *arg)
{
	const struct request *r = find(number);
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_IOCTL, fd, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = number;
	if (!g.file)
		return sim_gate_leave(&g, sim_gate_fail(&g, EBADF, SIM_WHY_BAD_FD, fd, 0));
	if (!r || (!r->handle && !r->of_iface) || (!g.sk && !knows(r, g.file, NULL)))
		return sim_gate_leave(&g, not_simulated(&g));
	return sim_gate_leave(&g, do_request(&g, r, arg));
}
