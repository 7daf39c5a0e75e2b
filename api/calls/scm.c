/* SPDX-License-Identifier: MIT */
/*
 * Control messages: see scm.h. The order and the exact room are Linux 6.18's: ____sys_sendmsg(),
 * __scm_send(), scm_fp_copy(), put_cmsg(), scm_detach_fds(). What those of TCP and UDP say is read in
 * scm_kinds.c.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/calls/scm.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#include "sim/base/uaccess.h"
#include "sim/proc/rights.h"
#include "sim/sock/memory.h"

/* Up to here the kernel has a buffer on its stack and asks for no memory, which optmem_max would bound. */
enum { SMALL_CONTROL_BYTES = sizeof(struct cmsghdr) + 20, FAST_CONTROL_BYTES = 256 };

/* The longest that is received: IPV6_RECVERR with both of its addresses, and times. */
enum { MAX_DATA_BYTES = 64 };

/* ---- sending ---- */

static long bad_message(struct sim_gate *g, const struct sim_scm_message *c, int err)
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
static long add_rights(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
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
static long set_cred(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
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

static long read_unix(struct sim_gate *g, const struct sim_scm_message *c, char done, struct sim_scm *scm)
{
	if (done == SIM_SCM_REFUSED)
		return bad_message(g, c, EINVAL);
	if (done != SIM_SCM_SIMULATED)
		return 0;
	return c->h.cmsg_type == SCM_RIGHTS ? add_rights(g, c, scm) : set_cred(g, c, scm);
}

/* The reason of what a kind of message answered. */
static int explain(struct sim_gate *g, const struct sim_scm_message *c, int err)
{
	switch (err) {
	case 0: return 0;
	case -EPERM: return (int)sim_gate_fail(g, EPERM, SIM_WHY_NEEDS_ROOT, 0, 0);
	case -ENODEV: return (int)sim_gate_fail(g, ENODEV, SIM_WHY_NO_INTERFACE, 0, 0);
	default: return (int)bad_message(g, c, -err);
	}
}

/* One message: a mistake in it is left in *scm. */
static void read_message(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	if (g->sk->domain == AF_UNIX) {
		const struct sim_scm_kind *k = sim_scm_kind_of(c->h.cmsg_level, c->h.cmsg_type);

		scm->err = (int)read_unix(g, c, k->sent[SIM_SCM_UNIX], scm);
		return;
	}
	if (!scm->err)
		scm->err = explain(g, c, sim_scm_read_v4(g, c, scm));
	if (!scm->err6 && g->sk->domain == AF_INET6 && g->sk->kind == SIM_SOCK_UDP)
		scm->err6 = explain(g, c, sim_scm_read_v6(g, c, scm));
}

static bool needs_no_more(const struct sim_gate *g, const struct sim_scm *scm)
{
	return scm->err && (scm->err6 || g->sk->domain == AF_UNIX);
}

/* for_each_cmsghdr(), CMSG_OK() */
static void read_all(struct sim_gate *g, const unsigned char *control, size_t len, struct sim_scm *scm)
{
	struct sim_scm_message c = { .at = 0 };

	while (len - c.at >= sizeof c.h && !needs_no_more(g, scm)) {
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

long sim_scm_in(struct sim_gate *g, const struct msghdr *h, struct sim_scm_room *room, struct sim_scm **scm)
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
	room->send = (struct sim_scm_send){ .v4 = { .ttl = -1, .tos = -1, .dontfrag = -1 },
					    .v6 = { .ttl = -1, .tos = -1, .dontfrag = -1 } };
	room->scm = (struct sim_scm){ .send = &room->send };
	if (sim_copy_from_user(copy, h->msg_control, len))
		r = sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)h->msg_control, 0);
	else
		read_all(g, copy, len, &room->scm);
	if (copy != fast)
		sim_arena_free(g->w->ctx.arena, copy, len);
	if (g->sk->domain != AF_UNIX || room->scm.err || room->scm.rights || room->scm.has_cred)
		*scm = &room->scm;
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
static void put(struct room *to, int level, int type, const void *data, size_t len)
{
	unsigned char whole[CMSG_SPACE(MAX_DATA_BYTES)] = { 0 };
	struct cmsghdr c = { .cmsg_len = CMSG_LEN(len), .cmsg_level = level, .cmsg_type = type };

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

static void put_all(struct room *to, const struct sim_cmsgs *got)
{
	struct sim_cmsg c;

	for (uint32_t at = 0; at < got->used_bytes; at += (uint32_t)sizeof c + ((c.len + 3) & ~3u)) {
		memcpy(&c, got->bytes + at, sizeof c);
		put(to, c.level, c.type, got->bytes + at + sizeof c, c.len);
	}
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
		if (scm->got)
			put_all(&to, scm->got);
		if (scm->has_cred)
			put(&to, SOL_SOCKET, SCM_CREDENTIALS, &scm->cred, sizeof scm->cred);
		if (rights)
			put_rights(g, &to, rights, (h->msg_flags & MSG_CMSG_CLOEXEC) != 0);
		h->msg_controllen = (size_t)(to.at - (unsigned char *)h->msg_control);
	}
	if (to.is_cut)
		h->msg_flags |= MSG_CTRUNC;
	scm->rights = NULL;
	sim_rights_free(rights);
}
