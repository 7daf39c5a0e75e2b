/* SPDX-License-Identifier: MIT */
/*
 * Control messages: see scm.h. The order and the exact room are Linux 6.18's: ____sys_sendmsg(),
 * __scm_send(), scm_fp_copy(), put_cmsg(), scm_detach_fds(); of TCP and UDP sock_cmsg_send(),
 * udp_cmsg_send(), ip_cmsg_send(), ip6_datagram_send_ctl().
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/calls/scm.h"

#include <errno.h>
#include <limits.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/base/uaccess.h"
#include "sim/proc/rights.h"
#include "sim/sock/memory.h"

/* Up to here the kernel has a buffer on its stack and asks for no memory, which optmem_max would bound. */
enum { SMALL_CONTROL_BYTES = sizeof(struct cmsghdr) + 20, FAST_CONTROL_BYTES = 256 };

/* Not in every libc's headers. */
enum { TYPE_UDP_SEGMENT = 103, TYPE_TXTIME = 61, TYPE_TIMESTAMPING_NEW = 65, TYPE_IP_PROTOCOL = 52 };

#define NAMED(level, x) level, x, #x

/* clang-format off */
/* The columns: TCP, UDP over IPv4, UDP over IPv6, Unix. */
static const struct sim_scm_kind kinds[] = {
	{ NAMED(SOL_SOCKET, SCM_RIGHTS),	"IIIS" },
	{ NAMED(SOL_SOCKET, SCM_CREDENTIALS),	"IIIS" },
	{ NAMED(SOL_SOCKET, SO_MARK),		"AAAE" },
	{ NAMED(SOL_SOCKET, SO_PRIORITY),	"AAAE" },
	{ NAMED(SOL_SOCKET, SO_TIMESTAMPING),	"AAAE" },
	{ SOL_SOCKET, TYPE_TIMESTAMPING_NEW, "SO_TIMESTAMPING_NEW", "AAAE" },
	{ SOL_SOCKET, TYPE_TXTIME, "SCM_TXTIME", "EEEE" }, /* SO_TXTIME, which it needs, is absent */
	{ NAMED(IPPROTO_IP, IP_TOS),		"IAII" },
	{ NAMED(IPPROTO_IP, IP_TTL),		"IAII" },
	{ NAMED(IPPROTO_IP, IP_PKTINFO),	"IAII" },
	{ NAMED(IPPROTO_IP, IP_RETOPTS),	"IAII" },
	{ IPPROTO_IP, TYPE_IP_PROTOCOL, "IP_PROTOCOL", "IAII" },
	{ NAMED(IPPROTO_IPV6, IPV6_PKTINFO),	"IIAI" },
	{ NAMED(IPPROTO_IPV6, IPV6_2292PKTINFO), "IIAI" },
	{ NAMED(IPPROTO_IPV6, IPV6_HOPLIMIT),	"IIAI" },
	{ NAMED(IPPROTO_IPV6, IPV6_2292HOPLIMIT), "IIAI" },
	{ NAMED(IPPROTO_IPV6, IPV6_TCLASS),	"IIAI" },
	{ NAMED(IPPROTO_IPV6, IPV6_DONTFRAG),	"IIAI" },
	{ NAMED(IPPROTO_IPV6, IPV6_HOPOPTS),	"IIAI" },
	{ NAMED(IPPROTO_IPV6, IPV6_2292HOPOPTS), "IIAI" },
	{ NAMED(IPPROTO_IPV6, IPV6_RTHDR),	"IIAI" },
	{ NAMED(IPPROTO_IPV6, IPV6_2292RTHDR),	"IIAI" },
	{ NAMED(IPPROTO_IPV6, IPV6_RTHDRDSTOPTS), "IIAI" },
	{ NAMED(IPPROTO_IPV6, IPV6_DSTOPTS),	"IIAI" },
	{ NAMED(IPPROTO_IPV6, IPV6_2292DSTOPTS), "IIAI" },
	{ IPPROTO_UDP, TYPE_UDP_SEGMENT, "UDP_SEGMENT", "IAAI" },
};
/* clang-format on */

/* What each kind of socket does with a type that stands in no row, by level. */
static const struct {
	int level;
	const char *sent;
} levels[] = {
	{ SOL_SOCKET, "EEEE" },
	{ IPPROTO_IP, "IEII" },
	{ IPPROTO_IPV6, "IIEI" },
	{ IPPROTO_UDP, "IEEI" },
};

const struct sim_scm_kind *sim_scm_kind(size_t n)
{
	return n < sizeof kinds / sizeof kinds[0] ? &kinds[n] : NULL;
}

static const char *what_is_done(int level, int type)
{
	for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++)
		if (kinds[i].level == level && kinds[i].type == type)
			return kinds[i].sent;
	for (size_t i = 0; i < sizeof levels / sizeof levels[0]; i++)
		if (levels[i].level == level)
			return levels[i].sent;
	return "IIII";
}

/* ---- sending ---- */

/* One control message of those that are sent. */
struct message {
	size_t at; /* where its header begins */
	const unsigned char *data;
	size_t len;       /* of the data */
	struct cmsghdr h; /* last: it ends in an array of no length */
};

static long bad_message(struct sim_gate *g, const struct message *c, int err)
{
	long r = sim_gate_fail(g, err, err == EOPNOTSUPP ? SIM_WHY_NOT_SIMULATED : SIM_WHY_BAD_CONTROL,
			       err == EOPNOTSUPP ? SIM_CALL_SENDMSG : (int64_t)c->at, c->h.cmsg_level);

	g->t->why.arg[2] = c->h.cmsg_type;
	return r;
}

/* A number that is not passed. */
static long bad_right(struct sim_gate *g, int fd, int err)
{
	bool real = fd >= 0 && fd < 3 && !g->t->proc->fds->ops;

	if (err != EBADF)
		return sim_gate_fail(g, err, SIM_WHY_FD_LIMIT, g->t->proc->fds->num_open, 0);
	return sim_gate_fail(g, EBADF, real ? SIM_WHY_REAL_FD : SIM_WHY_BAD_FD, fd, 0);
}

/* scm_fp_copy(): those of several messages are one set. */
static long add_rights(struct sim_gate *g, const struct message *c, struct sim_scm *scm)
{
	size_t num = c->len / sizeof(int), had = scm->rights ? scm->rights->num : 0;

	if (!num)
		return 0;
	if (num > SIM_RIGHTS_MAX - had)
		return sim_gate_fail(g, EINVAL, SIM_WHY_TOO_MANY_FDS, (int64_t)(had + num), SIM_RIGHTS_MAX);
	if (!scm->rights)
		scm->rights = sim_rights_new(g->t->proc, SIM_RIGHTS_MAX);
	if (!scm->rights)
		return sim_gate_fail(g, ENOMEM, SIM_WHY_NO_MEMORY, 0, 0);
	if (!sim_net_has_memory(g->t->proc->net, 1)) /* Linux's scm_fp_copy() allocates */
		return sim_gate_fail(g, sim_net_no_memory_errno(g->t->proc->net, ENOMEM), SIM_WHY_HOST_MEMORY,
				     (int64_t)sim_net_memory_bytes(g->t->proc->net, SIM_SOCK_NONE),
				     g->t->proc->net->sysctl.mem_limit);
	for (size_t i = 0; i < num; i++) {
		int fd, err;

		memcpy(&fd, c->data + i * sizeof fd, sizeof fd);
		err = sim_rights_add(scm->rights, fd);
		if (err)
			return bad_right(g, fd, -err);
	}
	return 0;
}

static bool is_pid(struct sim_world *w, int32_t pid)
{
	struct sim_list *node;

	sim_list_each(node, &w->procs)
		if (sim_container_of(node, struct sim_proc, node)->pid == (uint32_t)pid)
			return true;
	return false;
}

/* scm_check_creds(). FIDELITY: simulated; the processes that live are those of this world. */
static long set_cred(struct sim_gate *g, const struct message *c, struct sim_scm *scm)
{
	const struct sim_proc *p = g->t->proc;
	struct sim_ucred cred;

	if (c->len != sizeof cred)
		return bad_message(g, c, EINVAL);
	memcpy(&cred, c->data, sizeof cred);
	if (cred.uid == UINT32_MAX || cred.gid == UINT32_MAX)
		return bad_message(g, c, EINVAL);
	if (p->uid && (cred.pid != (int32_t)p->pid || cred.uid != p->uid || cred.gid != p->gid)) {
		long r = sim_gate_fail(g, EPERM, SIM_WHY_OTHERS_CRED, cred.pid, cred.uid);

		g->t->why.arg[2] = cred.gid;
		return r;
	}
	if (!is_pid(g->w, cred.pid))
		return sim_gate_fail(g, ESRCH, SIM_WHY_NO_PROCESS, cred.pid, 0);
	scm->cred = cred;
	scm->has_cred = true;
	return 0;
}

static long read_unix(struct sim_gate *g, const struct message *c, char done, struct sim_scm *scm)
{
	if (done == SIM_SCM_REFUSED)
		return bad_message(g, c, EINVAL);
	if (done != SIM_SCM_SIMULATED)
		return 0;
	return c->h.cmsg_type == SCM_RIGHTS ? add_rights(g, c, scm) : set_cred(g, c, scm);
}

static int err_of(struct sim_gate *g, const struct message *c, char done)
{
	if (done == SIM_SCM_REFUSED)
		return (int)bad_message(g, c, EINVAL);
	return done == SIM_SCM_ABSENT ? (int)bad_message(g, c, EOPNOTSUPP) : 0;
}

/* Over TCP, and to an IPv4 address: from an IPv6 socket IPV6_PKTINFO counts there too (ip_cmsg_send()). */
static char to_v4(struct sim_gate *g, const struct message *c, const char *done)
{
	if (g->sk->kind == SIM_SOCK_TCP)
		return done[SIM_SCM_TCP];
	if (g->sk->domain == AF_INET6 && c->h.cmsg_level == IPPROTO_IPV6 && c->h.cmsg_type == IPV6_PKTINFO)
		return done[SIM_SCM_UDP6];
	return done[SIM_SCM_UDP4];
}

/* One message: a mistake in it is left in *scm. */
static void read_message(struct sim_gate *g, const struct message *c, struct sim_scm *scm)
{
	const char *done = what_is_done(c->h.cmsg_level, c->h.cmsg_type);

	if (g->sk->domain == AF_UNIX) {
		scm->err = (int)read_unix(g, c, done[SIM_SCM_UNIX], scm);
		return;
	}
	if (!scm->err)
		scm->err = err_of(g, c, to_v4(g, c, done));
	if (!scm->err6)
		scm->err6 = err_of(g, c, done[SIM_SCM_UDP6]);
}

/* for_each_cmsghdr(), CMSG_OK() */
static void read_all(struct sim_gate *g, const unsigned char *control, size_t len, struct sim_scm *scm)
{
	struct message c = { .at = 0 };

	while (len - c.at >= sizeof c.h && !(scm->err && (scm->err6 || g->sk->domain == AF_UNIX))) {
		memcpy(&c.h, control + c.at, sizeof c.h);
		if (c.h.cmsg_len < sizeof c.h || c.h.cmsg_len > len - c.at) {
			long r = bad_message(g, &c, EINVAL);

			scm->err = scm->err ? scm->err : (int)r;
			scm->err6 = scm->err6 ? scm->err6 : (int)r;
			return;
		}
		c.data = control + c.at + sizeof c.h;
		c.len = c.h.cmsg_len - sizeof c.h;
		read_message(g, &c, scm);
		if (CMSG_ALIGN(c.h.cmsg_len) >= len - c.at)
			return;
		c.at += CMSG_ALIGN(c.h.cmsg_len);
	}
}

long sim_scm_in(struct sim_gate *g, const struct msghdr *h, struct sim_scm *room, struct sim_scm **scm)
{
	size_t len = h->msg_controllen, max = (size_t)g->sk->net->sysctl.core_optmem_max;
	_Alignas(struct cmsghdr) unsigned char fast[FAST_CONTROL_BYTES];
	unsigned char *copy = fast;
	long r = 0;

	*scm = NULL;
	if (!len)
		return 0;
	/* sock_kmalloc(): all of it must stay below the limit. */
	if (len > INT_MAX || (len > SMALL_CONTROL_BYTES && len >= max))
		return sim_gate_fail(g, ENOBUFS, SIM_WHY_OPTMEM, (int64_t)len, (int64_t)max);
	if (len > sizeof fast)
		copy = sim_arena_alloc_raw(g->w->ctx.arena, len);
	if (!copy)
		return sim_gate_fail(g, ENOBUFS, SIM_WHY_NO_MEMORY, 0, 0);
	*room = (struct sim_scm){ .err = 0 };
	if (sim_copy_from_user(copy, h->msg_control, len))
		r = sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)h->msg_control, 0);
	else
		read_all(g, copy, len, room);
	if (copy != fast)
		sim_arena_free(g->w->ctx.arena, copy, len);
	if (room->err || room->err6 || room->rights || room->has_cred)
		*scm = room;
	return r;
}

/* ---- receiving ---- */

/* Where the next message is written. */
struct room {
	unsigned char *at; /* the program's */
	size_t len;
	bool is_cut;
};

static void advance(struct room *to, size_t len)
{
	len = len < to->len ? len : to->len;
	to->at += len;
	to->len -= len;
}

/* put_cmsg(): cut to the room there is, its length too; memory that cannot be written is passed over. */
static void put(struct room *to, int type, const void *data, size_t len)
{
	unsigned char whole[CMSG_SPACE(sizeof(struct sim_ucred))] = { 0 };
	struct cmsghdr c = { .cmsg_len = CMSG_LEN(len), .cmsg_level = SOL_SOCKET, .cmsg_type = type };

	if (to->len < sizeof c) {
		to->is_cut = true;
		return;
	}
	if (c.cmsg_len > to->len) {
		to->is_cut = true;
		c.cmsg_len = to->len;
	}
	memcpy(whole, &c, sizeof c);
	memcpy(whole + sizeof c, data, len);
	if (!sim_copy_to_user(to->at, whole, c.cmsg_len))
		advance(to, CMSG_SPACE(len));
}

/* One descriptor, made only if its number can be told. */
static bool give(struct sim_gate *g, struct sim_rights *rights, uint32_t i, unsigned char *to, bool cloexec)
{
	int fd = -1;

	if (sim_copy_to_user(to, &fd, sizeof fd))
		return false;
	fd = sim_rights_give(rights, i, g->t->proc, cloexec);
	return fd >= 0 && !sim_copy_to_user(to, &fd, sizeof fd);
}

/* scm_detach_fds(): as many as there is room for, in memory and in the table. */
static void put_rights(struct sim_gate *g, struct room *to, struct sim_rights *rights, bool cloexec)
{
	struct cmsghdr c = { .cmsg_level = SOL_SOCKET, .cmsg_type = SCM_RIGHTS };
	size_t fits = to->len > sizeof c ? (to->len - sizeof c) / sizeof(int) : 0;
	uint32_t num = 0;

	while (num < rights->num && num < fits &&
	       give(g, rights, num, to->at + sizeof c + num * sizeof(int), cloexec))
		num++;
	to->is_cut |= num < rights->num;
	if (!num)
		return;
	c.cmsg_len = CMSG_LEN(num * sizeof(int));
	if (!sim_copy_to_user(to->at, &c, sizeof c))
		advance(to, CMSG_SPACE(num * sizeof(int)));
}

void sim_scm_out(struct sim_gate *g, struct msghdr *h, struct sim_scm *scm)
{
	struct room to = { h->msg_control, h->msg_controllen, false };
	struct sim_rights *rights = scm->rights;

	h->msg_controllen = 0;
	if (!h->msg_control) {
		to.is_cut = true;
	} else {
		if (scm->has_cred)
			put(&to, SCM_CREDENTIALS, &scm->cred, sizeof scm->cred);
		if (rights)
			put_rights(g, &to, rights, (h->msg_flags & MSG_CMSG_CLOEXEC) != 0);
		h->msg_controllen = (size_t)(to.at - (unsigned char *)h->msg_control);
	}
	if (to.is_cut)
		h->msg_flags |= MSG_CTRUNC;
	scm->rights = NULL;
	sim_rights_free(rights);
}
