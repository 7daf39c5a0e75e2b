/* SPDX-License-Identifier: MIT */
/*
 * The options of IPPROTO_IP and IPPROTO_IPV6, as one table: ip(7), ipv6(7); lengths and ranges as Linux 6.18
 * has them when asked. What is absent fails with ENOPROTOOPT and says that it is not simulated.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <string.h>

#include "sim/base/uaccess.h"
#include "sim/ip/inet.h"
#include "sim/ip/ip_internal.h"
#include "sim/sock/option.h"

/* Linux's numbers; not in every libc's headers. */
enum {
	OPT_IP_FREEBIND = 15,
	OPT_IP_BIND_ADDRESS_NO_PORT = 24,
	OPT_IPV6_FREEBIND = 78,
	OPT_IPV6_DONTFRAG = 62,
	OPT_IP_ORIGDSTADDR = 20,
	OPT_IP_RECVERR_RFC4884 = 26,
	OPT_IPV6_RECVERR_RFC4884 = 31,
	OPT_IPV6_ORIGDSTADDR = 74,
};

/* What a value's length must be. */
enum length_rule {
	ANY_LENGTH,  /* from 4 bytes an int, from 1 a byte, none: 0 */
	ONE_BYTE,    /* the same, but at least one */
	INT_OR_ZERO, /* below 4 bytes the value is 0 */
	INT,         /* at least 4 */
};

struct option {
	int level, name;
	const char *text;
	enum sim_fidelity fidelity;
	enum length_rule length;
	int min, max;
	int (*get)(struct sim_inet *in);          /* the value, or -errno: no value is negative */
	int (*set)(struct sim_inet *in, int val); /* NULL: only read */
};

static int get_ttl(struct sim_inet *in)
{
	return in->ttl ? in->ttl : in->ip->net->sysctl.ip_default_ttl;
}

static int set_ttl(struct sim_inet *in, int val)
{
	if (val == 0)
		return -EINVAL;
	in->ttl = val < 0 ? 0 : (uint8_t)val;
	return 0;
}

/* RFC 3168: congestion notification in a stream's packets is the kernel's. */
static uint8_t traffic_class(const struct sim_inet *in, uint8_t old, int val)
{
	return in->sk.type == SOCK_STREAM ? (uint8_t)((val & ~3) | (old & 3)) : (uint8_t)val;
}

static int get_tos(struct sim_inet *in)
{
	return in->tos;
}

int32_t sim_inet_priority(uint8_t tos)
{
	static const int32_t of_quarter[] = { 0, 2, 6, 4 }; /* the kernel's ip_tos2prio */

	return of_quarter[(tos & IPTOS_TOS_MASK) >> 3];
}

static int set_tos(struct sim_inet *in, int val)
{
	uint8_t tos = traffic_class(in, in->tos, val);

	if (tos != in->tos)
		in->sk.priority = sim_inet_priority(tos);
	in->tos = tos;
	return 0;
}

static int get_tclass(struct sim_inet *in)
{
	return in->tclass;
}

static int set_tclass(struct sim_inet *in, int val)
{
	in->tclass = traffic_class(in, in->tclass, val < 0 ? 0 : val);
	return 0;
}

static int get_hops(struct sim_inet *in)
{
	return in->hops < 0 ? in->ip->net->sysctl.ip6_hop_limit : in->hops;
}

static int set_hops(struct sim_inet *in, int val)
{
	in->hops = (int16_t)val;
	return 0;
}

static int get_mtu_discover(struct sim_inet *in)
{
	return in->mtu_discover;
}

static int set_mtu_discover(struct sim_inet *in, int val)
{
	in->mtu_discover = (uint8_t)val;
	return 0;
}

static int get_mtu_discover6(struct sim_inet *in)
{
	return in->mtu_discover6;
}

static int set_mtu_discover6(struct sim_inet *in, int val)
{
	in->mtu_discover6 = (uint8_t)val;
	return 0;
}

static int get_mtu(struct sim_inet *in)
{
	struct sim_route r;
	int err;

	/* A connection that has ended still has its way, until it is dissolved. */
	if (sim_addr_is_any(in->raddr))
		return -ENOTCONN;
	err = sim_ip_route(in->ip, in->raddr, in->laddr, in->sk.bound_if, in->sk.dontroute, &r);
	return err ? -ENOTCONN : (int)r.mtu_bytes;
}

/* No IPv4 packet is longer than its length can say, whatever the interface carries. */
static int get_mtu4(struct sim_inet *in)
{
	int mtu = get_mtu(in);

	return mtu > IP_MAXPACKET && sim_addr_is_v4(in->raddr) ? IP_MAXPACKET : mtu;
}

static int get_v6only(struct sim_inet *in)
{
	return in->v6only;
}

static int set_v6only(struct sim_inet *in, int val)
{
	if (in->lport)
		return -EINVAL;
	in->v6only = val != 0;
	return 0;
}

#define GET_INET_FLAG(field)                        \
	static int get_##field(struct sim_inet *in) \
	{                                           \
		return in->field;                   \
	}
#define INET_FLAG(field)                                     \
	GET_INET_FLAG(field)                                 \
	static int set_##field(struct sim_inet *in, int val) \
	{                                                    \
		in->field = val != 0;                        \
		return 0;                                    \
	}

/* Linux: switching it off throws away what is queued. */
#define RECVERR_FLAG(field)                                  \
	GET_INET_FLAG(field)                                 \
	static int set_##field(struct sim_inet *in, int val) \
	{                                                    \
		in->field = val != 0;                        \
		if (!val)                                    \
			sim_errq_purge(&in->sk);             \
		return 0;                                    \
	}

RECVERR_FLAG(recverr)
RECVERR_FLAG(recverr6)
INET_FLAG(freebind)
INET_FLAG(dontfrag)

INET_FLAG(recverr_rfc4884)
INET_FLAG(recverr6_rfc4884)
INET_FLAG(transparent)
INET_FLAG(bind_no_port)

/* What a receive is to tell: one bit of the socket's. */
#define TELL_FLAG(name, bit)                                \
	static int get_##name(struct sim_inet *in)          \
	{                                                   \
		return (in->sk.tells & (bit)) != 0;         \
	}                                                   \
	static int set_##name(struct sim_inet *in, int val) \
	{                                                   \
		if (val)                                    \
			in->sk.tells |= (bit);              \
		else                                        \
			in->sk.tells &= ~(uint32_t)(bit);   \
		return 0;                                   \
	}

TELL_FLAG(pktinfo, SIM_TELL_PKTINFO)
TELL_FLAG(recvttl, SIM_TELL_TTL)
TELL_FLAG(recvtos, SIM_TELL_TOS)
TELL_FLAG(origdst, SIM_TELL_ORIGDSTADDR)
TELL_FLAG(pktinfo6, SIM_TELL_PKTINFO6)
TELL_FLAG(hoplimit6, SIM_TELL_HOPLIMIT6)
TELL_FLAG(tclass6, SIM_TELL_TCLASS6)
TELL_FLAG(old_pktinfo6, SIM_TELL_OLD_PKTINFO6)
TELL_FLAG(old_hoplimit6, SIM_TELL_OLD_HOPLIMIT6)
TELL_FLAG(origdst6, SIM_TELL_ORIGDSTADDR6)

/* clang-format off */
#define V4(name) IPPROTO_IP, name, #name
#define V6(name) IPPROTO_IPV6, name, #name
#define SIMULATED SIM_FIDELITY_SIMULATED
#define ABSENT SIM_FIDELITY_ABSENT, INT, 0, 0, NULL, NULL
static const struct option options[] = {
	{ V4(IP_TTL), SIMULATED, ONE_BYTE, -1, 255, get_ttl, set_ttl },
	{ V4(IP_TOS), SIMULATED, ANY_LENGTH, INT32_MIN, INT32_MAX, get_tos, set_tos },
	{ V4(IP_MTU_DISCOVER), SIMULATED, ANY_LENGTH, 0, 5, get_mtu_discover, set_mtu_discover },
	{ V4(IP_MTU), SIMULATED, ANY_LENGTH, 0, 0, get_mtu4, NULL },
	{ V4(IP_RECVERR), SIMULATED, ANY_LENGTH, INT32_MIN, INT32_MAX, get_recverr, set_recverr },
	{ IPPROTO_IP, OPT_IP_FREEBIND, "IP_FREEBIND", SIMULATED, ONE_BYTE, INT32_MIN, INT32_MAX, get_freebind,
	  set_freebind },
	{ V4(IP_OPTIONS), ABSENT },
	{ V4(IP_PKTINFO), SIMULATED, ANY_LENGTH, INT32_MIN, INT32_MAX, get_pktinfo, set_pktinfo },
	{ V4(IP_RECVTTL), SIMULATED, ANY_LENGTH, INT32_MIN, INT32_MAX, get_recvttl, set_recvttl },
	{ V4(IP_RECVTOS), SIMULATED, ANY_LENGTH, INT32_MIN, INT32_MAX, get_recvtos, set_recvtos },
	{ IPPROTO_IP, OPT_IP_ORIGDSTADDR, "IP_RECVORIGDSTADDR", SIMULATED, ANY_LENGTH, INT32_MIN, INT32_MAX, get_origdst, set_origdst },
	/* ICMP extensions (RFC 4884) are never received. */
	{ IPPROTO_IP, OPT_IP_RECVERR_RFC4884, "IP_RECVERR_RFC4884", SIM_FIDELITY_STORED, INT, 0, 1, get_recverr_rfc4884,
	  set_recverr_rfc4884 },
	{ V4(IP_TRANSPARENT), SIM_FIDELITY_STORED, ONE_BYTE, INT32_MIN, INT32_MAX, get_transparent, set_transparent },
	{ IPPROTO_IP, OPT_IP_BIND_ADDRESS_NO_PORT, "IP_BIND_ADDRESS_NO_PORT", SIM_FIDELITY_STORED, ANY_LENGTH, INT32_MIN,
	  INT32_MAX, get_bind_no_port, set_bind_no_port },
	{ V4(IP_MULTICAST_IF), ABSENT },
	{ V4(IP_MULTICAST_TTL), ABSENT },
	{ V4(IP_MULTICAST_LOOP), ABSENT },
	{ V4(IP_ADD_MEMBERSHIP), ABSENT },
	{ V4(IP_DROP_MEMBERSHIP), ABSENT },
	{ V6(IPV6_V6ONLY), SIMULATED, INT, INT32_MIN, INT32_MAX, get_v6only, set_v6only },
	{ V6(IPV6_UNICAST_HOPS), SIMULATED, INT, -1, 255, get_hops, set_hops },
	{ V6(IPV6_TCLASS), SIMULATED, INT, -1, 255, get_tclass, set_tclass },
	{ V6(IPV6_MTU_DISCOVER), SIMULATED, INT, 0, 5, get_mtu_discover6, set_mtu_discover6 },
	{ V6(IPV6_MTU), SIMULATED, INT, 0, 0, get_mtu, NULL },
	{ V6(IPV6_RECVERR), SIMULATED, INT, INT32_MIN, INT32_MAX, get_recverr6, set_recverr6 },
	{ IPPROTO_IPV6, OPT_IPV6_DONTFRAG, "IPV6_DONTFRAG", SIMULATED, INT_OR_ZERO, INT32_MIN, INT32_MAX, get_dontfrag,
	  set_dontfrag },
	{ IPPROTO_IPV6, OPT_IPV6_FREEBIND, "IPV6_FREEBIND", SIMULATED, INT, INT32_MIN, INT32_MAX, get_freebind,
	  set_freebind },
	{ V6(IPV6_RECVPKTINFO), SIMULATED, INT, INT32_MIN, INT32_MAX, get_pktinfo6, set_pktinfo6 },
	{ V6(IPV6_RECVHOPLIMIT), SIMULATED, INT, INT32_MIN, INT32_MAX, get_hoplimit6, set_hoplimit6 },
	{ V6(IPV6_RECVTCLASS), SIMULATED, INT, INT32_MIN, INT32_MAX, get_tclass6, set_tclass6 },
	{ V6(IPV6_2292PKTINFO), SIMULATED, INT, INT32_MIN, INT32_MAX, get_old_pktinfo6, set_old_pktinfo6 },
	{ V6(IPV6_2292HOPLIMIT), SIMULATED, INT, INT32_MIN, INT32_MAX, get_old_hoplimit6, set_old_hoplimit6 },
	{ IPPROTO_IPV6, OPT_IPV6_ORIGDSTADDR, "IPV6_RECVORIGDSTADDR", SIMULATED, INT, INT32_MIN, INT32_MAX, get_origdst6, set_origdst6 },
	{ IPPROTO_IPV6, OPT_IPV6_RECVERR_RFC4884, "IPV6_RECVERR_RFC4884", SIM_FIDELITY_STORED, INT, 0, 1,
	  get_recverr6_rfc4884, set_recverr6_rfc4884 },
	{ V6(IPV6_MULTICAST_IF), ABSENT },
	{ V6(IPV6_MULTICAST_HOPS), ABSENT },
	{ V6(IPV6_MULTICAST_LOOP), ABSENT },
	{ V6(IPV6_JOIN_GROUP), ABSENT },
	{ V6(IPV6_LEAVE_GROUP), ABSENT },
};
/* clang-format on */

enum { NUM_OPTIONS = sizeof options / sizeof options[0] };

bool sim_inet_option_doc(size_t n, struct sim_option_doc *doc)
{
	if (n >= NUM_OPTIONS)
		return false;
	*doc = (struct sim_option_doc){ options[n].level, options[n].name, options[n].text,
					options[n].fidelity };
	return true;
}

static const struct option *find_option(int level, int name)
{
	for (unsigned i = 0; i < NUM_OPTIONS; i++)
		if (options[i].level == level && options[i].name == name)
			return &options[i];
	return NULL;
}

static int no_option(struct sim_sock *sk, struct sim_task *t, int err, int level, int name,
		     const struct option *o)
{
	if (o && o->fidelity == SIM_FIDELITY_ABSENT)
		return sim_sock_fail(sk, t, err, SIM_WHY_NOT_SIMULATED, SIM_NEVER_NS, name, level, 0, 0);
	return sim_sock_fail(sk, t, err, SIM_WHY_NO_OPTION, SIM_NEVER_NS, level, name, 0, 0);
}

static int bad_value(struct sim_sock *sk, struct sim_task *t, int64_t val)
{
	return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 4, val, 0, 0);
}

/* 0, -EINVAL: too short, or -EFAULT. */
static int read_value(enum length_rule rule, const void *val, socklen_t len, int *v)
{
	unsigned char byte = 0;

	*v = 0;
	if (len >= sizeof *v)
		return sim_copy_from_user(v, val, sizeof *v) ? -EFAULT : 0;
	if (rule == INT || (rule == ONE_BYTE && !len))
		return -EINVAL;
	if (len && rule != INT_OR_ZERO && sim_copy_from_user(&byte, val, sizeof byte))
		return -EFAULT;
	*v = byte;
	return 0;
}

static int bad_pointer(struct sim_sock *sk, struct sim_task *t, const void *val)
{
	return sim_sock_fail(sk, t, EFAULT, SIM_WHY_BAD_POINTER, SIM_NEVER_NS, (int64_t)(uintptr_t)val, 0, 0,
			     0);
}

int sim_inet_setopt(struct sim_sock *sk, struct sim_task *t, int level, int name, const void *val,
		    socklen_t len)
{
	const struct option *o = find_option(level, name);
	int v, err;

	/* Of an IPv6 option the value is read first, whether it is known or not, and NULL is 0. */
	if (level == IPPROTO_IPV6 && val && len >= sizeof v && sim_copy_from_user(&v, val, sizeof v))
		return bad_pointer(sk, t, val);
	if (!o || !o->get)
		return no_option(sk, t, ENOPROTOOPT, level, name, o);
	if (!o->set)
		return level == IPPROTO_IPV6 ? bad_value(sk, t, 0)
					     : no_option(sk, t, ENOPROTOOPT, level, name, o);
	v = 0;
	err = level == IPPROTO_IPV6 && !val && len >= sizeof v ? 0 : read_value(o->length, val, len, &v);
	if (err == -EFAULT)
		return bad_pointer(sk, t, val);
	if (err)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 5, len, 0, 0);
	if (v < o->min || v > o->max)
		return bad_value(sk, t, v);
	err = o->set((struct sim_inet *)sk, v);
	return err ? bad_value(sk, t, v) : 0;
}

int sim_inet_getopt(struct sim_sock *sk, struct sim_task *t, int level, int name, void *val, socklen_t *len)
{
	const struct option *o = find_option(level, name);
	unsigned char byte;
	int v;

	if (!o || !o->get)
		return no_option(sk, t, ENOPROTOOPT, level, name, o);
	v = o->get((struct sim_inet *)sk);
	if (v < 0)
		return sim_sock_fail(sk, t, -v, SIM_WHY_NOT_CONNECTED, SIM_NEVER_NS, 0, 0, 0, 0);
	if (level == IPPROTO_IP && *len > 0 && *len < sizeof v && v <= 255) {
		byte = (unsigned char)v;
		memcpy(val, &byte, sizeof byte);
		*len = sizeof byte;
		return 0;
	}
	if (*len > sizeof v)
		*len = sizeof v;
	memcpy(val, &v, *len);
	return 0;
}
