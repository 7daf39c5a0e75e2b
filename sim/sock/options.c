/* SPDX-License-Identifier: MIT */
/*
 * SOL_SOCKET options: socket(7), and for lengths and rounding the running kernel. Options of the int kind stand in one
 * table; those with a structure of their own have a pair of functions. The rest goes down to the protocol.
 */
#include <errno.h>
#include <limits.h>
#include <string.h>
#include <sys/time.h>

#include "sim/sock/option.h"
#include "sim/sock/sock.h"

/* socket(7): the kernel's minima, for 64-bit Linux 6.18. */
enum { MIN_SNDBUF_BYTES = 4608, MIN_RCVBUF_BYTES = 2304 };

struct int_option {
	int name;
	const char *text;
	enum sim_fidelity fidelity;
	int (*get)(struct sim_sock *sk); /* NULL: cannot be read */
	int (*set)(struct sim_sock *sk, int val); /* 0 or -errno; NULL: cannot be set (ENOPROTOOPT) */
};

#define FLAG_OPTION(field)                                                                                             \
	static int get_##field(struct sim_sock *sk)                                                                    \
	{                                                                                                              \
		return sk->field;                                                                                      \
	}                                                                                                              \
	static int set_##field(struct sim_sock *sk, int val)                                                           \
	{                                                                                                              \
		sk->field = val != 0;                                                                                  \
		return 0;                                                                                              \
	}

FLAG_OPTION(reuseaddr)
FLAG_OPTION(reuseport)
FLAG_OPTION(keepalive)
FLAG_OPTION(broadcast)
FLAG_OPTION(dontroute)
FLAG_OPTION(oobinline)
FLAG_OPTION(passcred)
FLAG_OPTION(timestamp)

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
	sk->rcvlowat_bytes = val < 0 ? INT_MAX : val ? val : 1;
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

static const struct int_option int_options[] = {
	{ SO_TYPE, "SO_TYPE", SIM_FIDELITY_SIMULATED, get_type, NULL },
	{ SO_DOMAIN, "SO_DOMAIN", SIM_FIDELITY_SIMULATED, get_domain, NULL },
	{ SO_PROTOCOL, "SO_PROTOCOL", SIM_FIDELITY_SIMULATED, get_protocol, NULL },
	{ SO_ERROR, "SO_ERROR", SIM_FIDELITY_SIMULATED, get_error, NULL },
	{ SO_ACCEPTCONN, "SO_ACCEPTCONN", SIM_FIDELITY_SIMULATED, get_acceptconn, NULL },
	{ SO_REUSEADDR, "SO_REUSEADDR", SIM_FIDELITY_SIMULATED, get_reuseaddr, set_reuseaddr },
	{ SO_REUSEPORT, "SO_REUSEPORT", SIM_FIDELITY_SIMULATED, get_reuseport, set_reuseport },
	{ SO_SNDBUF, "SO_SNDBUF", SIM_FIDELITY_SIMULATED, get_sndbuf, set_sndbuf },
	{ SO_RCVBUF, "SO_RCVBUF", SIM_FIDELITY_SIMULATED, get_rcvbuf, set_rcvbuf },
	{ SO_SNDBUFFORCE, "SO_SNDBUFFORCE", SIM_FIDELITY_SIMULATED, NULL, set_sndbuf_to },
	{ SO_RCVBUFFORCE, "SO_RCVBUFFORCE", SIM_FIDELITY_SIMULATED, NULL, set_rcvbuf_to },
	{ SO_RCVLOWAT, "SO_RCVLOWAT", SIM_FIDELITY_SIMULATED, get_rcvlowat, set_rcvlowat },
	{ SO_SNDLOWAT, "SO_SNDLOWAT", SIM_FIDELITY_SIMULATED, get_sndlowat, NULL },
	{ SO_BROADCAST, "SO_BROADCAST", SIM_FIDELITY_SIMULATED, get_broadcast, set_broadcast },
	{ SO_DONTROUTE, "SO_DONTROUTE", SIM_FIDELITY_SIMULATED, get_dontroute, set_dontroute },
	{ SO_KEEPALIVE, "SO_KEEPALIVE", SIM_FIDELITY_STORED, get_keepalive, set_keepalive },
	{ SO_OOBINLINE, "SO_OOBINLINE", SIM_FIDELITY_STORED, get_oobinline, set_oobinline },
	{ SO_PASSCRED, "SO_PASSCRED", SIM_FIDELITY_STORED, get_passcred, set_passcred },
	{ SO_TIMESTAMP, "SO_TIMESTAMP", SIM_FIDELITY_STORED, get_timestamp, set_timestamp },
	{ SO_PRIORITY, "SO_PRIORITY", SIM_FIDELITY_STORED, get_priority, set_priority },
	{ SO_MARK, "SO_MARK", SIM_FIDELITY_STORED, get_mark, set_mark },
};

enum { NUM_INT_OPTIONS = sizeof int_options / sizeof int_options[0] };

static const struct sim_option_doc other_options[] = {
	{ SOL_SOCKET, SO_LINGER, "SO_LINGER", SIM_FIDELITY_SIMULATED },
	{ SOL_SOCKET, SO_RCVTIMEO, "SO_RCVTIMEO", SIM_FIDELITY_SIMULATED },
	{ SOL_SOCKET, SO_SNDTIMEO, "SO_SNDTIMEO", SIM_FIDELITY_SIMULATED },
};

enum { NUM_OTHER_OPTIONS = sizeof other_options / sizeof other_options[0] };

_Bool sim_sock_option_doc(size_t n, struct sim_option_doc *doc)
{
	if (n < NUM_INT_OPTIONS) {
		const struct int_option *o = &int_options[n];

		*doc = (struct sim_option_doc){ SOL_SOCKET, o->name, o->text, o->fidelity };
		return true;
	}
	n -= NUM_INT_OPTIONS;
	if (n >= NUM_OTHER_OPTIONS)
		return false;
	*doc = other_options[n];
	return true;
}

static const struct int_option *find_int(int name)
{
	for (unsigned i = 0; i < NUM_INT_OPTIONS; i++)
		if (int_options[i].name == name)
			return &int_options[i];
	return NULL;
}

static int set_linger(struct sim_sock *sk, const void *val, socklen_t len)
{
	struct linger l;

	if (len < sizeof l)
		return -EINVAL;
	memcpy(&l, val, sizeof l);
	sk->linger = l.l_onoff != 0;
	sk->linger_s = l.l_onoff ? l.l_linger : sk->linger_s;
	return 0;
}

static int set_timeout(int64_t *timeo_ns, const void *val, socklen_t len)
{
	struct timeval tv;

	if (len < sizeof tv)
		return -EINVAL;
	memcpy(&tv, val, sizeof tv);
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
	switch (name) {
	case SO_LINGER:
		return set_linger(sk, val, len);
	case SO_RCVTIMEO:
		return set_timeout(&sk->rcvtimeo_ns, val, len);
	case SO_SNDTIMEO:
		return set_timeout(&sk->sndtimeo_ns, val, len);
	default:
		break;
	}
	if (!o || !o->set)
		return -ENOPROTOOPT;
	memcpy(&v, val, sizeof v);
	return o->set(sk, v);
}

int sim_sock_setopt(struct sim_sock *sk, struct sim_task *t, int level, int name, const void *val, socklen_t len)
{
	int err;

	if ((int)len < 0)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 5, (int)len, 0, 0);
	if (level != SOL_SOCKET) {
		if (sim_sock_op(sk)->setopt)
			return sim_sock_op(sk)->setopt(sk, t, level, name, val, len);
		return sim_sock_fail(sk, t, ENOPROTOOPT, SIM_WHY_NO_OPTION, SIM_NEVER_NS, level, name, 0, 0);
	}
	err = set_socket(sk, name, val, len);
	if (err == -ENOPROTOOPT && sim_sock_op(sk)->setopt)
		return sim_sock_op(sk)->setopt(sk, t, level, name, val, len);
	if (err)
		sim_sock_fail(sk, t, -err, err == -ENOPROTOOPT ? SIM_WHY_NO_OPTION : SIM_WHY_BAD_ARGUMENT,
			      SIM_NEVER_NS, level, name, 0, 0);
	return err;
}

static socklen_t get_socket(struct sim_sock *sk, int name, void *val, socklen_t room)
{
	const struct int_option *o = find_int(name);
	struct linger l = { sk->linger, sk->linger_s };
	struct timeval tv;
	int v;

	switch (name) {
	case SO_LINGER:
		room = room < sizeof l ? room : sizeof l;
		memcpy(val, &l, room);
		return room;
	case SO_RCVTIMEO:
	case SO_SNDTIMEO:
		tv = get_timeout(name == SO_RCVTIMEO ? sk->rcvtimeo_ns : sk->sndtimeo_ns);
		room = room < sizeof tv ? room : sizeof tv;
		memcpy(val, &tv, room);
		return room;
	default:
		break;
	}
	if (!o || !o->get)
		return (socklen_t)-1;
	v = o->get(sk);
	room = room < sizeof v ? room : sizeof v;
	memcpy(val, &v, room);
	return room;
}

int sim_sock_getopt(struct sim_sock *sk, struct sim_task *t, int level, int name, void *val, socklen_t *len)
{
	socklen_t n;

	if ((int)*len < 0)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 5, (int)*len, 0, 0);
	if (level == SOL_SOCKET) {
		n = get_socket(sk, name, val, *len);
		if (n != (socklen_t)-1) {
			*len = n;
			return 0;
		}
	}
	if (sim_sock_op(sk)->getopt)
		return sim_sock_op(sk)->getopt(sk, t, level, name, val, len);
	return sim_sock_fail(sk, t, ENOPROTOOPT, SIM_WHY_NO_OPTION, SIM_NEVER_NS, level, name, 0, 0);
}
