/* SPDX-License-Identifier: MIT */
/*
 * SOL_SOCKET options: socket(7), and for lengths and rounding the running kernel. Options of the int kind
 * stand in one table; those with a structure of their own have a pair of functions. The rest goes down to the
 * protocol.
 */
#include <errno.h>
#include <linux/sock_diag.h>
#include <limits.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/time.h>

#include "sim/base/uaccess.h"
#include "sim/sock/option.h"
#include "sim/sock/sock.h"

/* Newer than some libc's headers. */
#ifndef SO_PASSPIDFD
#define SO_PASSPIDFD 76
#endif
#ifndef SO_PASSRIGHTS
#define SO_PASSRIGHTS 83
#endif
#ifndef SO_RCVMARK
#define SO_RCVMARK 75
#endif
#ifndef SO_RCVPRIORITY
#define SO_RCVPRIORITY 82
#endif

/* Linux's numbers; in libc's headers their names depend on the width of time_t. */
enum {
	OPT_TIMESTAMP_OLD = 29,
	OPT_TIMESTAMPNS_OLD = 35,
	OPT_TIMESTAMPING_OLD = 37,
	OPT_TIMESTAMP_NEW = 63,
	OPT_TIMESTAMPNS_NEW = 64,
	OPT_TIMESTAMPING_NEW = 65,
};

/* socket(7): the kernel's minima, for 64-bit Linux 6.18. */
enum { MIN_SNDBUF_BYTES = 4608, MIN_RCVBUF_BYTES = 2304 };

struct int_option {
	int name;
	const char *text;
	enum sim_fidelity fidelity;
	int (*get)(struct sim_sock *sk);          /* NULL: cannot be read */
	int (*set)(struct sim_sock *sk, int val); /* 0 or -errno; NULL: cannot be set (ENOPROTOOPT) */
	bool unix_only;                           /* EOPNOTSUPP elsewhere */
};

#define FLAG_OPTION(field)                                   \
	static int get_##field(struct sim_sock *sk)          \
	{                                                    \
		return sk->field;                            \
	}                                                    \
	static int set_##field(struct sim_sock *sk, int val) \
	{                                                    \
		sk->field = val != 0;                        \
		return 0;                                    \
	}

FLAG_OPTION(reuseaddr)
FLAG_OPTION(keepalive)
FLAG_OPTION(broadcast)

static int get_dontroute(struct sim_sock *sk)
{
	return sk->dontroute;
}

static int set_dontroute(struct sim_sock *sk, int val)
{
	sk->dontroute = val != 0;
	if (sim_sock_op(sk)->way_changed)
		sim_sock_op(sk)->way_changed(sk);
	return 0;
}

FLAG_OPTION(oobinline)
FLAG_OPTION(passcred)

static int get_passrights(struct sim_sock *sk)
{
	return !sk->no_passrights;
}

static int set_passrights(struct sim_sock *sk, int val)
{
	sk->no_passrights = !val;
	return 0;
}

static int get_reuseport(struct sim_sock *sk)
{
	return sk->reuseport;
}

static int set_reuseport(struct sim_sock *sk, int val)
{
	/* Only where ports are shared; switching off what cannot be on is no mistake. */
	if (val && sk->domain == AF_UNIX)
		return -EOPNOTSUPP;
	sk->reuseport = val != 0;
	return 0;
}

static int get_type(struct sim_sock *sk)
{
	return sk->type;
}

static int get_domain(struct sim_sock *sk)
{
	return sk->domain;
}

static int get_protocol(struct sim_sock *sk)
{
	return sk->protocol;
}

static int get_error(struct sim_sock *sk)
{
	int err = sk->err;

	sk->err = 0;
	/* Linux: with no error pending, what the network said of a connection that goes on. */
	if (!err && sim_sock_op(sk)->take_soft_error)
		err = sim_sock_op(sk)->take_soft_error(sk);
	return err;
}

static int get_acceptconn(struct sim_sock *sk)
{
	struct sim_sock_view v;

	memset(&v, 0, sizeof v);
	sim_sock_op(sk)->view(sk, &v);
	return v.state && strcmp(v.state, "LISTEN") == 0;
}

static int get_sndbuf(struct sim_sock *sk)
{
	return sk->sndbuf_bytes;
}

static int set_sndbuf_to(struct sim_sock *sk, int val)
{
	if (val > INT_MAX / 2)
		val = INT_MAX / 2;
	if (val < 0)
		val = 0;
	sk->sndbuf_bytes = val * 2 > MIN_SNDBUF_BYTES ? val * 2 : MIN_SNDBUF_BYTES;
	sk->sndbuf_locked = true;
	sim_sock_notify(sk, EPOLLOUT);
	return 0;
}

static int set_sndbuf(struct sim_sock *sk, int val)
{
	int max = sk->net->sysctl.core_wmem_max;

	/* The kernel compares unsigned: a negative size is the greatest. */
	return set_sndbuf_to(sk, (unsigned)val > (unsigned)max ? max : val);
}

static int get_rcvbuf(struct sim_sock *sk)
{
	return sk->rcvbuf_bytes;
}

static int set_rcvbuf_to(struct sim_sock *sk, int val)
{
	if (val > INT_MAX / 2)
		val = INT_MAX / 2;
	if (val < 0)
		val = 0;
	sk->rcvbuf_bytes = val * 2 > MIN_RCVBUF_BYTES ? val * 2 : MIN_RCVBUF_BYTES;
	sk->rcvbuf_locked = true;
	return 0;
}

static int set_rcvbuf(struct sim_sock *sk, int val)
{
	int max = sk->net->sysctl.core_rmem_max;

	return set_rcvbuf_to(sk, (unsigned)val > (unsigned)max ? max : val);
}

static int get_rcvlowat(struct sim_sock *sk)
{
	return sk->rcvlowat_bytes;
}

static int set_rcvlowat(struct sim_sock *sk, int val)
{
	const struct sim_sysctls *s = &sk->net->sysctl;
	int most = (sk->rcvbuf_locked ? sk->rcvbuf_bytes : s->tcp_rmem_max) / 2;

	if (val < 0)
		val = INT_MAX;
	/* tcp_set_rcvlowat(): not more than the buffer can come to hold, and it comes to hold that much. */
	if (sk->protocol == IPPROTO_TCP) {
		val = val < most ? val : most;
		if (!sk->rcvbuf_locked && 2 * val > sk->rcvbuf_bytes)
			sk->rcvbuf_bytes = 2 * val;
	}
	sk->rcvlowat_bytes = val ? val : 1;
	return 0;
}

static int get_sndlowat(struct sim_sock *sk)
{
	(void)sk;
	return 1; /* socket(7): not changeable on Linux */
}

static int get_priority(struct sim_sock *sk)
{
	return sk->priority;
}

static int set_priority(struct sim_sock *sk, int val)
{
	sk->priority = val;
	return 0;
}

static int get_mark(struct sim_sock *sk)
{
	return sk->mark;
}

static int set_mark(struct sim_sock *sk, int val)
{
	sk->mark = val;
	return 0;
}

#define TELL_OPTION(name, bit)                              \
	static int get_##name(struct sim_sock *sk)          \
	{                                                   \
		return (sk->tells & (bit)) != 0;            \
	}                                                   \
	static int set_##name(struct sim_sock *sk, int val) \
	{                                                   \
		if (val)                                    \
			sk->tells |= (bit);                 \
		else                                        \
			sk->tells &= ~(uint32_t)(bit);      \
		return 0;                                   \
	}

TELL_OPTION(rxq_ovfl, SIM_TELL_RXQ_OVFL)
TELL_OPTION(rcvmark, SIM_TELL_MARK)
TELL_OPTION(rcvpriority, SIM_TELL_PRIORITY)

/* The four are one setting: what was set last counts. */
static int set_stamps(struct sim_sock *sk, int val, bool is_new, bool nanoseconds)
{
	sk->tells &= ~(uint32_t)(SIM_TELL_TIMESTAMP | SIM_TELL_NANOSECONDS);
	if (!val)
		return 0;
	sk->tells |= SIM_TELL_TIMESTAMP | (nanoseconds ? SIM_TELL_NANOSECONDS : 0);
	sk->new_stamps = is_new;
	return 0;
}

static int get_stamps(const struct sim_sock *sk, bool is_new, bool nanoseconds)
{
	bool has_nanoseconds = sk->tells & SIM_TELL_NANOSECONDS;

	if (!(sk->tells & SIM_TELL_TIMESTAMP) || sk->new_stamps != is_new)
		return 0;
	return nanoseconds ? has_nanoseconds : is_new || !has_nanoseconds; /* as Linux, SO_TIMESTAMP_NEW says
									       1 for both */
}

#define STAMP_OPTION(name, is_new, nanoseconds)                  \
	static int get_##name(struct sim_sock *sk)               \
	{                                                        \
		return get_stamps(sk, is_new, nanoseconds);      \
	}                                                        \
	static int set_##name(struct sim_sock *sk, int val)      \
	{                                                        \
		return set_stamps(sk, val, is_new, nanoseconds); \
	}

STAMP_OPTION(timestamp_old, false, false)
STAMP_OPTION(timestamp_new, true, false)
STAMP_OPTION(timestampns_old, false, true)
STAMP_OPTION(timestampns_new, true, true)

static int get_select_errq(struct sim_sock *sk)
{
	return sk->select_errq;
}

static int set_select_errq(struct sim_sock *sk, int val)
{
	sk->select_errq = val != 0;
	return 0;
}

static int get_zerocopy(struct sim_sock *sk)
{
	return sk->zerocopy;
}

/* msg_zerocopy.rst: TCP and UDP. */
static int set_zerocopy(struct sim_sock *sk, int val)
{
	if (sk->domain == AF_UNIX)
		return -EOPNOTSUPP;
	if (val < 0 || val > 1)
		return -EINVAL;
	sk->zerocopy = val;
	return 0;
}

static const struct int_option int_options[] = {
	{ SO_TYPE, "SO_TYPE", SIM_FIDELITY_SIMULATED, get_type, NULL, false },
	{ SO_DOMAIN, "SO_DOMAIN", SIM_FIDELITY_SIMULATED, get_domain, NULL, false },
	{ SO_PROTOCOL, "SO_PROTOCOL", SIM_FIDELITY_SIMULATED, get_protocol, NULL, false },
	{ SO_ERROR, "SO_ERROR", SIM_FIDELITY_SIMULATED, get_error, NULL, false },
	{ SO_ACCEPTCONN, "SO_ACCEPTCONN", SIM_FIDELITY_SIMULATED, get_acceptconn, NULL, false },
	{ SO_REUSEADDR, "SO_REUSEADDR", SIM_FIDELITY_SIMULATED, get_reuseaddr, set_reuseaddr, false },
	{ SO_REUSEPORT, "SO_REUSEPORT", SIM_FIDELITY_SIMULATED, get_reuseport, set_reuseport, false },
	{ SO_SNDBUF, "SO_SNDBUF", SIM_FIDELITY_SIMULATED, get_sndbuf, set_sndbuf, false },
	{ SO_RCVBUF, "SO_RCVBUF", SIM_FIDELITY_SIMULATED, get_rcvbuf, set_rcvbuf, false },
	{ SO_SNDBUFFORCE, "SO_SNDBUFFORCE", SIM_FIDELITY_SIMULATED, NULL, set_sndbuf_to, false },
	{ SO_RCVBUFFORCE, "SO_RCVBUFFORCE", SIM_FIDELITY_SIMULATED, NULL, set_rcvbuf_to, false },
	{ SO_RCVLOWAT, "SO_RCVLOWAT", SIM_FIDELITY_SIMULATED, get_rcvlowat, set_rcvlowat, false },
	{ SO_SNDLOWAT, "SO_SNDLOWAT", SIM_FIDELITY_SIMULATED, get_sndlowat, NULL, false },
	{ SO_BROADCAST, "SO_BROADCAST", SIM_FIDELITY_SIMULATED, get_broadcast, set_broadcast, false },
	{ SO_DONTROUTE, "SO_DONTROUTE", SIM_FIDELITY_SIMULATED, get_dontroute, set_dontroute, false },
	{ SO_KEEPALIVE, "SO_KEEPALIVE", SIM_FIDELITY_STORED, get_keepalive, set_keepalive, false },
	{ SO_OOBINLINE, "SO_OOBINLINE", SIM_FIDELITY_STORED, get_oobinline, set_oobinline, false },
	{ SO_PASSCRED, "SO_PASSCRED", SIM_FIDELITY_SIMULATED, get_passcred, set_passcred, true },
	{ SO_PASSRIGHTS, "SO_PASSRIGHTS", SIM_FIDELITY_SIMULATED, get_passrights, set_passrights, true },
	{ OPT_TIMESTAMP_OLD, "SO_TIMESTAMP", SIM_FIDELITY_SIMULATED, get_timestamp_old, set_timestamp_old,
	  false },
	{ OPT_TIMESTAMP_NEW, "SO_TIMESTAMP_NEW", SIM_FIDELITY_SIMULATED, get_timestamp_new, set_timestamp_new,
	  false },
	{ OPT_TIMESTAMPNS_OLD, "SO_TIMESTAMPNS", SIM_FIDELITY_SIMULATED, get_timestampns_old,
	  set_timestampns_old, false },
	{ OPT_TIMESTAMPNS_NEW, "SO_TIMESTAMPNS_NEW", SIM_FIDELITY_SIMULATED, get_timestampns_new,
	  set_timestampns_new, false },
	{ SO_RXQ_OVFL, "SO_RXQ_OVFL", SIM_FIDELITY_SIMULATED, get_rxq_ovfl, set_rxq_ovfl, false },
	{ SO_RCVMARK, "SO_RCVMARK", SIM_FIDELITY_SIMULATED, get_rcvmark, set_rcvmark, false },
	{ SO_RCVPRIORITY, "SO_RCVPRIORITY", SIM_FIDELITY_SIMULATED, get_rcvpriority, set_rcvpriority, false },
	{ SO_SELECT_ERR_QUEUE, "SO_SELECT_ERR_QUEUE", SIM_FIDELITY_SIMULATED, get_select_errq,
	  set_select_errq, false },
	{ SO_ZEROCOPY, "SO_ZEROCOPY", SIM_FIDELITY_SIMULATED, get_zerocopy, set_zerocopy, false },
	{ SO_PRIORITY, "SO_PRIORITY", SIM_FIDELITY_STORED, get_priority, set_priority, false },
	{ SO_MARK, "SO_MARK", SIM_FIDELITY_STORED, get_mark, set_mark, false },
};

enum { NUM_INT_OPTIONS = sizeof int_options / sizeof int_options[0] };

static const struct sim_option_doc other_options[] = {
	{ SOL_SOCKET, SO_LINGER, "SO_LINGER", SIM_FIDELITY_SIMULATED },
	{ SOL_SOCKET, SO_MEMINFO, "SO_MEMINFO", SIM_FIDELITY_SIMULATED },
	{ SOL_SOCKET, SO_RCVTIMEO, "SO_RCVTIMEO", SIM_FIDELITY_SIMULATED },
	{ SOL_SOCKET, SO_SNDTIMEO, "SO_SNDTIMEO", SIM_FIDELITY_SIMULATED },
	{ SOL_SOCKET, OPT_TIMESTAMPING_OLD, "SO_TIMESTAMPING", SIM_FIDELITY_SIMULATED },
	{ SOL_SOCKET, OPT_TIMESTAMPING_NEW, "SO_TIMESTAMPING_NEW", SIM_FIDELITY_SIMULATED },
	{ SOL_SOCKET, SO_PEERCRED, "SO_PEERCRED", SIM_FIDELITY_SIMULATED }, /* Unix sockets answer it
									       themselves */
};

enum { NUM_OTHER_OPTIONS = sizeof other_options / sizeof other_options[0] };

/* What Linux has and we do not, for the documentation: ENOPROTOOPT, as for a name that nobody knows. */
#define ABSENT(name)                                         \
	{                                                    \
		SOL_SOCKET, name, #name, SIM_FIDELITY_ABSENT \
	}
static const struct sim_option_doc absent_options[] = {
	ABSENT(SO_ATTACH_BPF),      ABSENT(SO_ATTACH_FILTER), ABSENT(SO_BINDTODEVICE), ABSENT(SO_BUSY_POLL),
	ABSENT(SO_COOKIE),          ABSENT(SO_DEBUG),         ABSENT(SO_INCOMING_CPU), ABSENT(SO_LOCK_FILTER),
	ABSENT(SO_MAX_PACING_RATE), ABSENT(SO_NO_CHECK),      ABSENT(SO_PASSSEC),      ABSENT(SO_PEEK_OFF),
	ABSENT(SO_PEERGROUPS),      ABSENT(SO_PEERNAME),      ABSENT(SO_PEERSEC),      ABSENT(SO_TXTIME),
	ABSENT(SO_PASSPIDFD),
};
#undef ABSENT

enum { NUM_ABSENT_OPTIONS = sizeof absent_options / sizeof absent_options[0] };

bool sim_sock_option_doc(size_t n, struct sim_option_doc *doc)
{
	if (n < NUM_INT_OPTIONS) {
		const struct int_option *o = &int_options[n];

		*doc = (struct sim_option_doc){ SOL_SOCKET, o->name, o->text, o->fidelity };
		return true;
	}
	n -= NUM_INT_OPTIONS;
	if (n >= NUM_OTHER_OPTIONS + NUM_ABSENT_OPTIONS)
		return false;
	*doc = n < NUM_OTHER_OPTIONS ? other_options[n] : absent_options[n - NUM_OTHER_OPTIONS];
	return true;
}

static const struct int_option *find_int(int name)
{
	for (unsigned i = 0; i < NUM_INT_OPTIONS; i++)
		if (int_options[i].name == name)
			return &int_options[i];
	return NULL;
}

/* timestamping.rst; what Linux 6.18 refuses. FIDELITY: stored: times of hardware, which there is none. */
static int set_timestamping(struct sim_sock *sk, uint32_t flags, bool is_new)
{
	const uint32_t all = (1u << 19) - 1, id_tcp = 1 << 16;
	int err = 0;

	if (flags & ~all || (flags & id_tcp && !(flags & SOF_TIMESTAMPING_OPT_ID)) ||
	    (flags & SOF_TIMESTAMPING_OPT_STATS && !(flags & SOF_TIMESTAMPING_OPT_TSONLY)))
		return -EINVAL;
	if (flags & SOF_TIMESTAMPING_OPT_ID & ~sk->tsflags) {
		sk->tskey = 0;
		if (sim_sock_op(sk)->number_stamps)
			err = sim_sock_op(sk)->number_stamps(sk, (flags & id_tcp) != 0);
	}
	if (!err && flags & (1 << 15)) /* SOF_TIMESTAMPING_BIND_PHC: no device has a clock */
		err = -EOPNOTSUPP;
	if (err)
		return err;
	sk->tsflags = flags;
	sk->new_stamps = is_new;
	sk->tells &= ~(uint32_t)SIM_TELL_TIMESTAMPING;
	if (flags & SOF_TIMESTAMPING_SOFTWARE)
		sk->tells |= SIM_TELL_TIMESTAMPING;
	return 0;
}

static int set_linger(struct sim_sock *sk, const void *val, socklen_t len)
{
	struct linger l;

	if (len < sizeof l)
		return -EINVAL;
	if (sim_copy_from_user(&l, val, sizeof l))
		return -EFAULT;
	sk->linger = l.l_onoff != 0;
	sk->linger_s = l.l_onoff ? l.l_linger : sk->linger_s;
	return 0;
}

static int set_timeout(int64_t *timeo_ns, const void *val, socklen_t len)
{
	struct timeval tv;

	if (len < sizeof tv)
		return -EINVAL;
	if (sim_copy_from_user(&tv, val, sizeof tv))
		return -EFAULT;
	if (tv.tv_usec < 0 || tv.tv_usec >= 1000000)
		return -EDOM;
	if (tv.tv_sec < 0)
		*timeo_ns = -1;
	else if (tv.tv_sec > INT64_MAX / SIM_NS_PER_S - 2)
		*timeo_ns = 0;
	else
		*timeo_ns = tv.tv_sec * SIM_NS_PER_S + tv.tv_usec * SIM_NS_PER_US;
	return 0;
}

static struct timeval get_timeout(int64_t timeo_ns)
{
	struct timeval tv = { 0, 0 };

	if (timeo_ns > 0) {
		/* The kernel keeps ticks: what is read back is rounded up to them. */
		int64_t ticks = (timeo_ns + SIM_TICK_NS - 1) / SIM_TICK_NS;

		tv.tv_sec = ticks / SIM_HZ;
		tv.tv_usec = ticks % SIM_HZ * (1000000 / SIM_HZ);
	}
	return tv;
}

static int set_socket(struct sim_sock *sk, int name, const void *val, socklen_t len)
{
	const struct int_option *o = find_int(name);
	int v;

	if (len < sizeof v)
		return -EINVAL;
	if (sim_copy_from_user(&v, val, sizeof v))
		return -EFAULT;
	switch (name) {
	case SO_LINGER: return set_linger(sk, val, len);
	case SO_RCVTIMEO: return set_timeout(&sk->rcvtimeo_ns, val, len);
	case SO_SNDTIMEO: return set_timeout(&sk->sndtimeo_ns, val, len);
	case OPT_TIMESTAMPING_OLD:
	case OPT_TIMESTAMPING_NEW: return set_timestamping(sk, (uint32_t)v, name == OPT_TIMESTAMPING_NEW);
	default: break;
	}
	if (!o || !o->set)
		return -ENOPROTOOPT;
	if (o->unix_only && sk->domain != AF_UNIX)
		return -EOPNOTSUPP;
	return o->set(sk, v);
}

static int fail(struct sim_sock *sk, struct sim_task *t, int err, int level, int name)
{
	enum sim_why_key key = err == -ENOPROTOOPT  ? SIM_WHY_NO_OPTION
			       : err == -EOPNOTSUPP ? SIM_WHY_NOT_SUPPORTED
			       : err == -EFAULT     ? SIM_WHY_BAD_POINTER
						    : SIM_WHY_BAD_ARGUMENT;

	return sim_sock_fail(sk, t, -err, key, SIM_NEVER_NS, level, name, 0, 0);
}

/*
 * Whether the socket knows options of that level at all; asked before anything of the program's is read, as
 * in Linux's functions: who is asked for a level of its own hands on to IP, and that to nobody.
 */
int sim_sock_option_level(struct sim_sock *sk, struct sim_task *t, int level, bool set)
{
	int err = ENOPROTOOPT;

	if (level == SOL_SOCKET)
		return 0;
	if (sk->domain == AF_UNIX)
		err = EOPNOTSUPP;
	else if (level == sk->protocol || level == IPPROTO_IP ||
		 (level == IPPROTO_IPV6 && sk->domain == AF_INET6))
		return 0;
	else if (!set && sk->domain == AF_INET)
		err = EOPNOTSUPP;
	return sim_sock_fail(sk, t, err, SIM_WHY_NO_OPTION, SIM_NEVER_NS, level, 0, 0, 0);
}

int sim_sock_setopt(struct sim_sock *sk, struct sim_task *t, int level, int name, const void *val,
		    socklen_t len)
{
	int err;

	if ((int)len < 0)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 5, (int)len, 0, 0);
	err = sim_sock_option_level(sk, t, level, true);
	if (err)
		return err;
	if (level != SOL_SOCKET)
		return sim_sock_op(sk)->setopt(sk, t, level, name, val, len);
	err = set_socket(sk, name, val, len);
	return err ? fail(sk, t, err, level, name) : 0;
}

static void put(void *val, socklen_t *len, const void *from, socklen_t size)
{
	if (*len > size)
		*len = size;
	memcpy(val, from, *len);
}

/* sk_get_meminfo(). FIDELITY: of TCP nothing tells what is in flight from what is queued; no memory is kept
 * in advance, and there is no backlog. */
static void fill_meminfo(const struct sim_sock *sk, uint32_t v[SK_MEMINFO_VARS])
{
	memset(v, 0, SK_MEMINFO_VARS * sizeof *v);
	v[SK_MEMINFO_RMEM_ALLOC] = sk->rmem_bytes + sk->errq_bytes;
	v[SK_MEMINFO_RCVBUF] = (uint32_t)sk->rcvbuf_bytes;
	v[sk->type == SOCK_STREAM && sk->domain != AF_UNIX ? SK_MEMINFO_WMEM_QUEUED : SK_MEMINFO_WMEM_ALLOC] =
		sk->wmem_bytes;
	v[SK_MEMINFO_SNDBUF] = (uint32_t)sk->sndbuf_bytes;
	v[SK_MEMINFO_OPTMEM] = sk->omem_bytes;
	v[SK_MEMINFO_DROPS] = sk->num_drops;
}

static int get_socket(struct sim_sock *sk, int name, void *val, socklen_t *len)
{
	const struct int_option *o = find_int(name);
	static const struct { /* struct ucred: nobody */
		int32_t pid;
		uint32_t uid, gid;
	} nobody = { 0, UINT32_MAX, UINT32_MAX };
	struct linger l = { sk->linger, sk->linger_s };
	uint32_t meminfo[SK_MEMINFO_VARS];
	uint32_t stamping[2] = { sk->tsflags, 0 }; /* struct so_timestamping */
	struct timeval tv;
	int v;

	switch (name) {
	case OPT_TIMESTAMPING_OLD:
	case OPT_TIMESTAMPING_NEW:
		if (name == OPT_TIMESTAMPING_NEW && !sk->new_stamps)
			stamping[0] = 0;
		put(val, len, stamping, sizeof stamping);
		return 0;
	case SO_LINGER: put(val, len, &l, sizeof l); return 0;
	case SO_MEMINFO:
		fill_meminfo(sk, meminfo);
		put(val, len, meminfo, sizeof meminfo);
		return 0;
	case SO_RCVTIMEO:
	case SO_SNDTIMEO:
		tv = get_timeout(name == SO_RCVTIMEO ? sk->rcvtimeo_ns : sk->sndtimeo_ns);
		put(val, len, &tv, sizeof tv);
		return 0;
	case SO_PEERCRED: /* Unix sockets know who it is, and answer it themselves */
		if (sk->domain == AF_UNIX)
			break;
		put(val, len, &nobody, sizeof nobody);
		return 0;
	default: break;
	}
	if (!o || !o->get)
		return -ENOPROTOOPT;
	if (o->unix_only && sk->domain != AF_UNIX)
		return -EOPNOTSUPP;
	v = o->get(sk);
	put(val, len, &v, sizeof v);
	return 0;
}

int sim_sock_getopt(struct sim_sock *sk, struct sim_task *t, int level, int name, void *val, socklen_t *len)
{
	int err = -ENOPROTOOPT;

	/* Linux 6.18: of all only IPv6's own take a negative room for a great one. */
	if ((int)*len < 0 && level == IPPROTO_IPV6)
		*len = INT_MAX;
	if ((int)*len < 0)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 5, (int)*len, 0, 0);
	if (level == SOL_SOCKET)
		err = get_socket(sk, name, val, len);
	/* Of SOL_SOCKET only Unix sockets have one of their own, SO_PEERCRED. */
	if (err == -ENOPROTOOPT && sim_sock_op(sk)->getopt && (level != SOL_SOCKET || sk->domain == AF_UNIX))
		return sim_sock_op(sk)->getopt(sk, t, level, name, val, len);
	return err ? fail(sk, t, err, level, name) : 0;
}
