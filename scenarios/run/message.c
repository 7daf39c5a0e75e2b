/* SPDX-License-Identifier: MIT */
/* Vectors, message headers, control messages: sendmsg(2), recvmsg(2), cmsg(3). */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/uio.h>
#include <unistd.h>

#include "scenarios/run/scenario.h"

#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif

enum { CONTROL_ROOM_BYTES = 1024 };

/* ---- vectors ---- */

struct iovec *sim_fill_iov(struct sim_job *j, const struct sim_expr *e, bool is_out, size_t *num)
{
	const struct sim_expr *v;
	struct iovec *iov;
	size_t n = 0;

	*num = 0;
	if (e->kind == SIM_EXPR_POINTER || e->is_null)
		return (struct iovec *)(uintptr_t)e->value;
	if (e->kind != SIM_EXPR_LIST)
		sim_scn_mistake(j->scn, e->at, "expected a list of buffers, such as [{..., 10}], found %s",
				sim_expr_kind_name(e->kind));
	iov = sim_job_alloc(j, e->num * sizeof *iov);
	for (v = e->first; v; v = v->next, n++) {
		const struct sim_expr *base =
			v->kind == SIM_EXPR_STRUCT ? sim_struct_field(v, "iov_base", 0) : NULL;
		size_t len, made;

		if (!base)
			sim_scn_mistake(j->scn, v->at, "expected a buffer and its length, such as {..., 10}");
		len = (size_t)sim_struct_int(v, "iov_len", 1, -1);
		if (v->num < 2)
			len = base->kind == SIM_EXPR_STRING ? base->text_len : 0;
		iov[n].iov_base = is_out && !sim_expr_is_place(base) ? sim_job_alloc(j, len)
								     : sim_job_bytes(j, base, len, &made);
		iov[n].iov_len = len;
	}
	*num = n;
	return iov;
}

void sim_compare_iov(struct sim_job *j, const struct sim_expr *e, const struct iovec *iov, size_t num,
		     size_t got_len)
{
	const struct sim_expr *v = e->kind == SIM_EXPR_LIST ? e->first : NULL;

	for (size_t i = 0; v && i < num; i++, v = v->next) {
		size_t n = got_len < iov[i].iov_len ? got_len : iov[i].iov_len;

		got_len -= n;
		sim_job_compare_bytes(j, sim_struct_field(v, "iov_base", 0), iov[i].iov_base, n);
	}
}

/* ---- control messages ---- */

/* What the data of a control message is. */
static enum sim_layout_id layout_of(int level, int type, size_t *int_bytes)
{
	static const struct {
		int level, type;
		enum sim_layout_id id;
		size_t int_bytes;
	} known[] = {
		{ SOL_SOCKET, SCM_CREDENTIALS, SIM_LAYOUT_UCRED, 0 },
		{ SOL_SOCKET, SCM_TIMESTAMP, SIM_LAYOUT_TIMEVAL, 0 },
		{ SOL_SOCKET, SCM_TIMESTAMPNS, SIM_LAYOUT_TIMESPEC, 0 },
		{ SOL_SOCKET, SCM_TIMESTAMPING, SIM_LAYOUT_TIMESPEC, 0 },
		{ SOL_IP, IP_PKTINFO, SIM_LAYOUT_PKTINFO, 0 },
		{ SOL_IP, IP_RECVERR, SIM_LAYOUT_EXTENDED_ERR, 0 },
		{ SOL_IPV6, IPV6_PKTINFO, SIM_LAYOUT_PKTINFO6, 0 },
		{ SOL_IPV6, IPV6_RECVERR, SIM_LAYOUT_EXTENDED_ERR, 0 },
		{ SOL_UDP, UDP_SEGMENT, SIM_LAYOUT_NONE, 2 },
	};

	*int_bytes = sizeof(int);
	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
		if (known[i].level != level || known[i].type != type)
			continue;
		if (known[i].int_bytes)
			*int_bytes = known[i].int_bytes;
		return known[i].id;
	}
	return SIM_LAYOUT_NONE;
}

/* The data into `out` (NULL: only its length). */
static size_t fill_data(struct sim_job *j, int level, int type, const struct sim_expr *e, unsigned char *out)
{
	size_t int_bytes, n = 0;
	enum sim_layout_id id = layout_of(level, type, &int_bytes);

	if (!e)
		return 0;
	switch (e->kind) {
	case SIM_EXPR_STRUCT:
		if (id == SIM_LAYOUT_NONE)
			sim_scn_mistake(j->scn, e->at,
					"no struct is known for that cmsg_level and cmsg_type");
		if (out)
			sim_layout_fill(j, id, e, out);
		return sim_layout_bytes(id);
	case SIM_EXPR_LIST:
		for (const struct sim_expr *v = e->first; v; v = v->next, n++) {
			int value = level == SOL_SOCKET && type == SCM_RIGHTS ? sim_scn_fd(j->actor, v->value)
									      : (int)v->value;

			if (out)
				memcpy(out + n * sizeof value, &value, sizeof value);
		}
		return n * sizeof(int);
	case SIM_EXPR_STRING:
		if (out)
			memcpy(out, e->text, e->text_len);
		return e->text_len;
	case SIM_EXPR_INT:
		if (out)
			memcpy(out, &e->value, int_bytes);
		return int_bytes;
	default: return 0;
	}
}

static void check_cmsg(struct sim_job *j, const struct sim_expr *v)
{
	if (v->kind != SIM_EXPR_STRUCT || !sim_struct_field(v, "cmsg_level", 0) ||
	    !sim_struct_field(v, "cmsg_type", 1))
		sim_scn_mistake(j->scn, v->at, "expected {cmsg_level=..., cmsg_type=..., cmsg_data=...}");
}

static const struct sim_expr *data_of(const struct sim_expr *v)
{
	return sim_struct_field(v, "cmsg_data", 2);
}

static void fill_control(struct sim_job *j, const struct sim_expr *e, struct msghdr *m)
{
	size_t total = 0;
	unsigned char *at;

	if (e->kind == SIM_EXPR_POINTER || e->is_null) {
		m->msg_control = (void *)(uintptr_t)e->value;
		return;
	}
	if (e->kind != SIM_EXPR_LIST)
		sim_scn_mistake(j->scn, e->at, "expected a list of control messages, found %s",
				sim_expr_kind_name(e->kind));
	for (const struct sim_expr *v = e->first; v; v = v->next) {
		check_cmsg(j, v);
		total += CMSG_SPACE(fill_data(j, (int)sim_struct_int(v, "cmsg_level", 0, 0),
					      (int)sim_struct_int(v, "cmsg_type", 1, 0), data_of(v), NULL));
	}
	at = sim_job_alloc(j, total);
	m->msg_control = at;
	m->msg_controllen = total;
	for (const struct sim_expr *v = e->first; v; v = v->next) {
		struct cmsghdr *c = (struct cmsghdr *)at;
		size_t len;

		c->cmsg_level = (int)sim_struct_int(v, "cmsg_level", 0, 0);
		c->cmsg_type = (int)sim_struct_int(v, "cmsg_type", 1, 0);
		len = fill_data(j, c->cmsg_level, c->cmsg_type, data_of(v), CMSG_DATA(c));
		c->cmsg_len = (size_t)sim_struct_int(v, "cmsg_len", 3, (int64_t)CMSG_LEN(len));
		at += CMSG_SPACE(len);
	}
}

/* Descriptors that came have the numbers that the script names. */
static void bind_rights(struct sim_job *j, const struct sim_expr *e, const struct cmsghdr *c)
{
	size_t num = (c->cmsg_len - CMSG_LEN(0)) / sizeof(int);
	const struct sim_expr *v = e && e->kind == SIM_EXPR_LIST ? e->first : NULL;
	char want[32], got[32];
	struct sim_str a = sim_str_on(want, sizeof want), b = sim_str_on(got, sizeof got);

	for (size_t i = 0; i < num; i++, v = v ? v->next : NULL) {
		int fd;

		memcpy(&fd, CMSG_DATA(c) + i * sizeof fd, sizeof fd);
		if (v && !sim_scn_bind_fd(j->actor, v->value, fd))
			sim_job_differs(j, v->at, "a number that is free", "one that is open");
	}
	if (e && e->kind == SIM_EXPR_LIST && num != e->num) {
		sim_str_printf(&a, "%u descriptors", e->num);
		sim_str_printf(&b, "%zu descriptors", num);
		sim_job_differs(j, e->at, want, got);
	}
}

static void compare_data(struct sim_job *j, const struct sim_expr *e, const struct cmsghdr *c)
{
	size_t int_bytes, len = c->cmsg_len - CMSG_LEN(0);
	enum sim_layout_id id = layout_of(c->cmsg_level, c->cmsg_type, &int_bytes);
	unsigned char room[256] = { 0 };
	int64_t value = 0;

	if (c->cmsg_level == SOL_SOCKET && c->cmsg_type == SCM_RIGHTS) {
		bind_rights(j, e, c);
		return;
	}
	if (!e)
		return;
	memcpy(room, CMSG_DATA(c), len < sizeof room ? len : sizeof room);
	if (e->kind == SIM_EXPR_STRUCT && id != SIM_LAYOUT_NONE) {
		sim_layout_compare(j, id, e, room);
	} else if (e->kind == SIM_EXPR_INT) {
		memcpy(&value, room, len < int_bytes ? len : int_bytes);
		if (value != e->value)
			sim_job_differs_int(j, e, NULL, value);
	} else if (e->kind == SIM_EXPR_STRING) {
		sim_job_compare_bytes(j, e, room, len < sizeof room ? len : sizeof room);
	}
}

static void add_kind(struct sim_str *out, int level, int type)
{
	sim_str_printf(out, "{cmsg_level=%d, cmsg_type=%d}", level, type);
}

static void compare_control(struct sim_job *j, const struct sim_expr *e, const struct msghdr *m)
{
	const struct sim_expr *v = e && e->kind == SIM_EXPR_LIST ? e->first : NULL;
	char want[96], got[96];
	struct sim_str a = sim_str_on(want, sizeof want), b = sim_str_on(got, sizeof got);
	struct cmsghdr *c = m->msg_controllen >= sizeof *c ? CMSG_FIRSTHDR(m) : NULL;

	for (; c && v; c = CMSG_NXTHDR((struct msghdr *)(uintptr_t)m, c), v = v->next) {
		check_cmsg(j, v);
		if (c->cmsg_level != sim_struct_int(v, "cmsg_level", 0, 0) ||
		    c->cmsg_type != sim_struct_int(v, "cmsg_type", 1, 0))
			break;
		compare_data(j, data_of(v), c);
	}
	if (!e || e->kind != SIM_EXPR_LIST || (!c && !v))
		return;
	if (v)
		add_kind(&a, (int)sim_struct_int(v, "cmsg_level", 0, 0),
			 (int)sim_struct_int(v, "cmsg_type", 1, 0));
	else
		sim_str_add(&a, "no more control messages");
	if (c)
		add_kind(&b, c->cmsg_level, c->cmsg_type);
	else
		sim_str_add(&b, "no more control messages");
	sim_job_differs(j, v ? v->at : e->at, want, got);
}

/* ---- headers ---- */

static void check_fields(struct sim_job *j, const struct sim_expr *e)
{
	static const char *const names[] = { "msg_name",    "msg_namelen",    "msg_iov",   "msg_iovlen",
					     "msg_control", "msg_controllen", "msg_flags", NULL };

	if (e->kind != SIM_EXPR_STRUCT)
		sim_scn_mistake(j->scn, e->at,
				"expected a message, such as {msg_name(...)=..., msg_iov(1)=[{..., 10}], "
				"msg_flags=0}, found %s",
				sim_expr_kind_name(e->kind));
	for (const struct sim_expr *f = e->first; f; f = f->next) {
		struct sim_suggest s = sim_suggest_for(f->field);
		char hint[SIM_SUGGEST_BYTES];
		unsigned i = 0;

		for (; names[i] && !sim_slice_is(f->field, names[i]); i++)
			sim_suggest_offer(&s, names[i]);
		if (!names[i])
			sim_scn_mistake(j->scn, f->field.len ? f->field : f->at,
					"struct msghdr has no field \"" SIM_SLICE_FMT "\"%s",
					SIM_SLICE_ARG(f->field), sim_suggest_text(&s, hint));
	}
}

static const struct sim_expr *field(const struct sim_expr *e, const char *name)
{
	return sim_struct_field(e, name, 99);
}

static void fill_name(struct sim_job *j, const struct sim_expr *f, bool is_out, struct msghdr *m)
{
	struct sockaddr_storage *a;

	if (f->kind == SIM_EXPR_POINTER) {
		m->msg_name = (void *)(uintptr_t)f->value;
		m->msg_namelen = sizeof(struct sockaddr_in);
	} else if (!f->is_null && (is_out || f->kind != SIM_EXPR_ELLIPSIS)) {
		a = sim_job_alloc(j, sizeof *a);
		m->msg_name = a;
		m->msg_namelen = is_out ? sizeof *a : sim_fill_sockaddr(j, f, true, a);
	}
	if (f->extent && f->extent->kind == SIM_EXPR_INT)
		m->msg_namelen = (socklen_t)f->extent->value;
}

void sim_fill_msg(struct sim_job *j, const struct sim_expr *e, bool is_out, struct msghdr *m)
{
	const struct sim_expr *name, *iov, *control;

	check_fields(j, e);
	memset(m, 0, sizeof *m);
	name = field(e, "msg_name");
	iov = field(e, "msg_iov");
	control = field(e, "msg_control");
	if (name)
		fill_name(j, name, is_out, m);
	if (iov) {
		m->msg_iov = sim_fill_iov(j, iov, is_out, &m->msg_iovlen);
		if (iov->extent && iov->extent->kind == SIM_EXPR_INT)
			m->msg_iovlen = (size_t)iov->extent->value;
	}
	if (control && (!is_out || control->kind == SIM_EXPR_POINTER)) {
		fill_control(j, control, m);
	} else if (control) {
		m->msg_control = sim_job_alloc(j, CONTROL_ROOM_BYTES);
		m->msg_controllen = CONTROL_ROOM_BYTES;
	}
	if (control && control->extent && control->extent->kind == SIM_EXPR_INT)
		m->msg_controllen = (size_t)control->extent->value;
	m->msg_namelen = (socklen_t)sim_struct_int(e, "msg_namelen", 99, m->msg_namelen);
	m->msg_iovlen = (size_t)sim_struct_int(e, "msg_iovlen", 99, (int64_t)m->msg_iovlen);
	m->msg_controllen = (size_t)sim_struct_int(e, "msg_controllen", 99, (int64_t)m->msg_controllen);
	m->msg_flags = (int)sim_struct_int(e, "msg_flags", 99, 0);
}

void sim_compare_msg(struct sim_job *j, const struct sim_expr *e, const struct msghdr *m, long result)
{
	const struct sim_expr *name = field(e, "msg_name"), *iov = field(e, "msg_iov"),
			      *flags = field(e, "msg_flags");

	if (result < 0)
		return;
	if (flags && flags->kind == SIM_EXPR_INT && flags->value != m->msg_flags)
		sim_job_differs_int(j, flags, "MSG_", m->msg_flags);
	compare_control(j, field(e, "msg_control"), m);
	if (iov && m->msg_iov)
		sim_compare_iov(j, iov, m->msg_iov, m->msg_iovlen, (size_t)result);
	if (name && name->kind == SIM_EXPR_STRUCT && m->msg_name)
		sim_compare_sockaddr(j, name, m->msg_name, m->msg_namelen);
}
