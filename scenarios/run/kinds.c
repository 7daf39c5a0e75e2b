/* SPDX-License-Identifier: MIT */
/*
 * Kinds of arguments: which literals they take, how these become what the call is given, and what is compared
 * when the call is done.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/time.h>
#include <sys/uio.h>

#include "scenarios/run/calls.h"

#define BIT(kind) (1u << (kind))
enum {
	INT = BIT(SIM_EXPR_INT),
	STRING = BIT(SIM_EXPR_STRING),
	DOTS = BIT(SIM_EXPR_ELLIPSIS),
	LIST = BIT(SIM_EXPR_LIST),
	STRUCT = BIT(SIM_EXPR_STRUCT),
	POINTER = BIT(SIM_EXPR_POINTER),
	MADE = BIT(SIM_EXPR_CALL),
	NIL = BIT(SIM_EXPR_NUM_KINDS) /* NULL, but no other number */
};

static const struct kind {
	unsigned accepts;
	const char *form;
	void (*fill)(struct sim_job *j, struct sim_arg *a, unsigned n);
	void (*compare)(struct sim_job *j, struct sim_arg *a, unsigned n);
} kinds[K_NUM];

bool sim_kind_accepts(enum sim_kind kind, const struct sim_expr *e)
{
	bool is_nil = e->is_null || (e->kind == SIM_EXPR_INT && !e->value);
	unsigned is = is_nil ? NIL | INT : BIT(e->kind);

	return (kinds[kind].accepts & is) != 0;
}

const char *sim_kind_form(enum sim_kind kind)
{
	return kinds[kind].form;
}

void sim_kind_fill(struct sim_job *j, unsigned n)
{
	struct sim_arg *a = &j->args[n];

	/* Pointers to nowhere are given as they are, whatever the call wants there. */
	if (a->e->kind == SIM_EXPR_POINTER || a->e->is_null ||
	    (a->e->kind == SIM_EXPR_INT && !(kinds[j->row->kinds[n]].accepts & INT))) {
		a->word = a->e->value;
		return;
	}
	kinds[j->row->kinds[n]].fill(j, a, n);
}

void sim_kind_compare(struct sim_job *j, unsigned n)
{
	struct sim_arg *a = &j->args[n];

	if (kinds[j->row->kinds[n]].compare && a->mem)
		kinds[j->row->kinds[n]].compare(j, a, n);
}

static void *give(struct sim_job *j, struct sim_arg *a, size_t bytes)
{
	a->mem = sim_job_alloc(j, bytes);
	a->len = bytes;
	a->word = (long)a->mem;
	return a->mem;
}

static const struct sim_expr *only(const struct sim_expr *e)
{
	return e->kind == SIM_EXPR_LIST ? e->first : e;
}

/* ---- numbers ---- */

static void fill_int(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)j;
	(void)n;
	a->word = a->e->value;
}

static void fill_fd(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	a->word = sim_scn_fd(j->actor, a->e->value);
}

static void fill_family(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	a->word = a->e->kind == SIM_EXPR_ELLIPSIS ? (j->scn->is_v6 ? AF_INET6 : AF_INET) : a->e->value;
}

static void fill_int_inout(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct sim_expr *v = only(a->e);
	int value = v && v->kind == SIM_EXPR_INT ? (int)v->value : 0;

	(void)n;
	memcpy(give(j, a, sizeof value), &value, sizeof value);
}

static void compare_int_inout(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct sim_expr *v = only(a->e);
	int got;

	(void)n;
	memcpy(&got, a->mem, sizeof got);
	if (j->result >= 0 && v && v->kind == SIM_EXPR_INT && (int)v->value != got)
		sim_job_differs_int(j, v, NULL, got);
}

static void fill_long_inout(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct sim_expr *v = only(a->e);
	int64_t value = v && v->kind == SIM_EXPR_INT ? v->value : 0;

	(void)n;
	memcpy(give(j, a, sizeof value), &value, sizeof value);
}

/* ---- buffers ---- */

/* The size that stands right behind a buffer; "...": its own. */
static size_t size_behind(struct sim_job *j, unsigned n)
{
	const struct sim_expr *e = n + 1 < j->ev->num_args ? j->args[n + 1].e : NULL;

	if (e && e->kind == SIM_EXPR_INT)
		return (size_t)e->value;
	return 0;
}

static void fill_size(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	a->word = a->e->kind == SIM_EXPR_INT ? a->e->value : (long)(n ? j->args[n - 1].len : 0);
}

static void fill_buf_in(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	a->word = (long)sim_job_bytes(j, a->e, size_behind(j, n), &a->len);
}

static void fill_buf_out(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	size_t len = size_behind(j, n), made;

	if (!sim_expr_is_place(a->e)) {
		if (a->e->kind == SIM_EXPR_STRING && len < a->e->text_len)
			len = a->e->text_len;
		(void)give(j, a, len < (64u << 20) ? len : 64u << 20);
		return;
	}
	a->mem = sim_job_bytes(j, a->e, len, &made);
	a->len = len;
	a->word = (long)a->mem;
}

static void compare_buf(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	size_t asked = size_behind(j, n), got = j->result > 0 ? (size_t)j->result : 0;

	/* With MSG_TRUNC the result is longer than what came. */
	if (got > asked)
		got = asked;
	if (j->result >= 0)
		sim_job_compare_bytes(j, a->e, a->mem, got);
}

static void fill_iov_in(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	a->word = (long)sim_fill_iov(j, a->e, false, &a->len);
}

static void fill_iov_out(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	a->mem = sim_fill_iov(j, a->e, true, &a->len);
	a->word = (long)a->mem;
}

static void compare_iov(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	if (j->result >= 0)
		sim_compare_iov(j, a->e, a->mem, a->len, (size_t)j->result);
}

/* ---- addresses ---- */

static void fill_addr(struct sim_job *j, struct sim_arg *a, bool remote)
{
	struct sockaddr_storage *out = give(j, a, sizeof *out);

	a->len = sim_fill_sockaddr(j, a->e, remote, out);
}

static void fill_addr_local(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	fill_addr(j, a, false);
}

static void fill_addr_remote(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	fill_addr(j, a, true);
}

static void fill_addr_out(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	(void)give(j, a, sizeof(struct sockaddr_storage));
}

static void compare_addr_out(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	socklen_t len = sizeof(struct sockaddr_storage);

	if (n + 1 < j->ev->num_args && j->args[n + 1].mem)
		memcpy(&len, j->args[n + 1].mem, sizeof len);
	if (j->result >= 0)
		sim_compare_sockaddr(j, a->e, a->mem, len);
}

static void fill_len_inout(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct sim_expr *v = only(a->e);
	socklen_t len = v && v->kind == SIM_EXPR_INT ? (socklen_t)v->value
			: n                          ? (socklen_t)j->args[n - 1].len
						     : 0;

	memcpy(give(j, a, sizeof len), &len, sizeof len);
}

/* ---- options ---- */

static enum sim_layout_id option_layout(const struct sim_job *j)
{
	static const struct {
		int level, name;
		enum sim_layout_id id;
	} known[] = {
		{ SOL_SOCKET, SO_LINGER, SIM_LAYOUT_LINGER },
		{ SOL_SOCKET, SO_SNDTIMEO, SIM_LAYOUT_TIMEVAL },
		{ SOL_SOCKET, SO_RCVTIMEO, SIM_LAYOUT_TIMEVAL },
		{ SOL_SOCKET, SO_PEERCRED, SIM_LAYOUT_UCRED },
		{ SOL_IP, IP_ADD_MEMBERSHIP, SIM_LAYOUT_MREQ },
		{ SOL_IP, IP_DROP_MEMBERSHIP, SIM_LAYOUT_MREQ },
		{ SOL_IP, IP_MULTICAST_IF, SIM_LAYOUT_MREQ },
	};

	for (size_t i = 0; i < sizeof known / sizeof known[0]; i++)
		if (known[i].level == j->args[1].word && known[i].name == j->args[2].word)
			return known[i].id;
	return SIM_LAYOUT_NONE;
}

static void fill_opt_in(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	enum sim_layout_id id = option_layout(j);
	const struct sim_expr *v;
	size_t i = 0, len = size_behind(j, n);
	int *ints;

	if (a->e->kind == SIM_EXPR_STRING) {
		memcpy(give(j, a, a->e->text_len > len ? a->e->text_len : len), a->e->text, a->e->text_len);
		a->len = a->e->text_len;
		return;
	}
	if (a->e->kind == SIM_EXPR_STRUCT ||
	    (id != SIM_LAYOUT_NONE && only(a->e) && only(a->e)->kind == SIM_EXPR_STRUCT)) {
		if (id == SIM_LAYOUT_NONE)
			sim_scn_mistake(j->scn, a->e->at, "no struct is known for this option: write [1]");
		sim_layout_fill(j, id, only(a->e), give(j, a, sim_layout_bytes(id)));
		return;
	}
	if (a->e->kind == SIM_EXPR_ELLIPSIS) {
		(void)give(j, a, len);
		return;
	}
	/* At least as much memory as the length promises. */
	ints = give(j, a,
		    a->e->num * sizeof *ints > len ? a->e->num * sizeof *ints
		    : len < 65536                  ? len
						   : 65536);
	a->len = a->e->num * sizeof *ints;
	for (v = a->e->first; v; v = v->next)
		ints[i++] = (int)v->value;
}

static void fill_opt_out(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct sim_expr *e = n + 1 < j->ev->num_args ? only(j->args[n + 1].e) : NULL;
	enum sim_layout_id id = option_layout(j);
	size_t len = e && e->kind == SIM_EXPR_INT && e->value > 0 ? (size_t)e->value : 0;
	size_t natural = a->e->kind == SIM_EXPR_STRUCT && id != SIM_LAYOUT_NONE ? sim_layout_bytes(id)
			 : a->e->kind == SIM_EXPR_STRING                        ? 64
										: sizeof(int);

	(void)give(j, a, len > 4096 ? len < 65536 ? len : 65536 : 4096);
	a->len = natural;
}

static void compare_opt_out(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	enum sim_layout_id id = option_layout(j);
	const struct sim_expr *v = only(a->e);
	int got;

	(void)n;
	if (j->result < 0 || !v)
		return;
	if (v->kind == SIM_EXPR_STRUCT && id != SIM_LAYOUT_NONE)
		sim_layout_compare(j, id, v, a->mem);
	else if (v->kind == SIM_EXPR_STRING)
		sim_job_compare_bytes(j, v, a->mem, strnlen(a->mem, 4096));
	memcpy(&got, a->mem, sizeof got);
	if (v->kind == SIM_EXPR_INT && (int)v->value != got)
		sim_job_differs_int(
			j, v, j->args[2].word == SO_ERROR && j->args[1].word == SOL_SOCKET ? "E" : NULL, got);
}

/* ---- messages ---- */

static void fill_msg_in(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	sim_fill_msg(j, a->e, false, give(j, a, sizeof(struct msghdr)));
}

static void fill_msg_out(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	sim_fill_msg(j, a->e, true, give(j, a, sizeof(struct msghdr)));
}

static void compare_msg_out(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	sim_compare_msg(j, a->e, a->mem, j->result);
}

static const struct sim_expr *header_of(const struct sim_expr *v)
{
	const struct sim_expr *h = v->kind == SIM_EXPR_STRUCT ? sim_struct_field(v, "msg_hdr", 0) : NULL;

	return h && h->kind == SIM_EXPR_STRUCT ? h : v;
}

static void fill_messages(struct sim_job *j, struct sim_arg *a, bool is_out)
{
	struct mmsghdr *m = give(j, a, (a->e->num ? a->e->num : 1) * sizeof *m);

	for (const struct sim_expr *v = a->e->first; v; v = v->next, m++)
		sim_fill_msg(j, header_of(v), is_out, &m->msg_hdr);
}

static void fill_mmsg(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	fill_messages(j, a, false);
}

static void fill_mmsg_out(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	fill_messages(j, a, true);
}

static void compare_mmsg(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct mmsghdr *m = a->mem;
	long i = 0;

	(void)n;
	for (const struct sim_expr *v = a->e->first; v && i < j->result; v = v->next, i++) {
		const struct sim_expr *len = sim_struct_field(v, "msg_len", 1);

		if (len && len->kind == SIM_EXPR_INT && len->value != m[i].msg_len)
			sim_job_differs_int(j, len, NULL, m[i].msg_len);
	}
}

static void compare_mmsg_out(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct mmsghdr *m = a->mem;
	long i = 0;

	compare_mmsg(j, a, n);
	for (const struct sim_expr *v = a->e->first; v && i < j->result; v = v->next, i++)
		sim_compare_msg(j, header_of(v), &m[i].msg_hdr, m[i].msg_len);
}

/* ---- readiness ---- */

static void fill_pollfds(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	struct pollfd *p = give(j, a, (a->e->num ? a->e->num : 1) * sizeof *p);

	(void)n;
	for (const struct sim_expr *v = a->e->first; v; v = v->next, p++) {
		sim_layout_fill(j, SIM_LAYOUT_POLLFD, v, p);
		p->revents = 0;
	}
}

static void compare_pollfds(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct pollfd *p = a->mem;

	(void)n;
	for (const struct sim_expr *v = a->e->first; v && j->result >= 0; v = v->next, p++)
		sim_layout_compare(j, SIM_LAYOUT_POLLFD, v, p);
}

static void fill_epoll_event(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	sim_layout_fill(j, SIM_LAYOUT_EPOLL_EVENT, a->e, give(j, a, sizeof(struct epoll_event)));
}

static void fill_epoll_events(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	long max = n + 1 < j->ev->num_args ? (long)j->args[n + 1].e->value : 1;

	(void)give(j, a, (max > 0 && max < 4096 ? (size_t)max : 1) * sizeof(struct epoll_event));
}

static void compare_epoll_events(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct epoll_event *ev = a->mem;
	const struct sim_expr *v = only(a->e);

	(void)n;
	for (long i = 0; v && i < j->result; i++, v = a->e->kind == SIM_EXPR_LIST ? v->next : NULL)
		sim_layout_compare(j, SIM_LAYOUT_EPOLL_EVENT, v, &ev[i]);
}

/* {in=[3, 4], out=[3]}, or what is asked alone: [3, 4] */
static const struct sim_expr *set_of(const struct sim_expr *e, const char *which, unsigned place)
{
	const struct sim_expr *v = e->kind == SIM_EXPR_STRUCT ? sim_struct_field(e, which, place) : e;

	return v && v->kind == SIM_EXPR_LIST ? v : NULL;
}

static void fill_fdset(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct sim_expr *set = set_of(a->e, "in", 0);
	fd_set *out = give(j, a, sizeof *out);

	(void)n;
	FD_ZERO(out);
	for (const struct sim_expr *v = set ? set->first : NULL; v; v = v->next) {
		int fd = sim_scn_fd(j->actor, v->value);

		if (fd < 0 || fd >= FD_SETSIZE)
			sim_scn_mistake(j->scn, v->at, "a set holds no descriptor that is not open");
		FD_SET(fd, out);
		if (j->args[0].word <= fd)
			j->args[0].word = fd + 1;
	}
}

static void compare_fdset(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct sim_expr *in = set_of(a->e, "in", 0);
	const struct sim_expr *out = a->e->kind == SIM_EXPR_STRUCT ? set_of(a->e, "out", 1) : NULL;
	fd_set *set = a->mem;

	(void)n;
	for (const struct sim_expr *v = in ? in->first : NULL; out && v && j->result >= 0; v = v->next) {
		bool wanted = false, got = FD_ISSET(sim_scn_fd(j->actor, v->value), set);

		for (const struct sim_expr *w = out->first; w; w = w->next)
			wanted |= w->value == v->value;
		if (wanted != got)
			sim_job_differs(j, out->at, wanted ? "ready" : "not ready",
					got ? "ready" : "not ready");
	}
}

static void fill_timeval(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	sim_layout_fill(j, SIM_LAYOUT_TIMEVAL, only(a->e), give(j, a, sizeof(struct timeval)));
}

static void fill_timespec(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	sim_layout_fill(j, SIM_LAYOUT_TIMESPEC, only(a->e), give(j, a, sizeof(struct timespec)));
}

static void fill_time_left(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	(void)give(j, a, sizeof(struct timespec));
}

static void compare_time_left(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	if (j->result == -1 && j->err == EINTR && a->e->kind == SIM_EXPR_STRUCT)
		sim_layout_compare(j, SIM_LAYOUT_TIMESPEC, a->e, a->mem);
}

/* {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=1, tv_usec=0}} */
static const struct sim_expr *time_in(struct sim_job *j, const struct sim_expr *e, const char *name,
				      unsigned place)
{
	const struct sim_expr *v = sim_struct_field(e, name, place);

	if (!v || v->kind != SIM_EXPR_STRUCT)
		sim_scn_mistake(j->scn, v ? v->at : e->at,
				"expected %s={tv_sec=..., tv_usec=...} of a struct itimerval", name);
	return v;
}

static void fill_itimerval(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	struct itimerval *t = give(j, a, sizeof *t);

	(void)n;
	sim_layout_fill(j, SIM_LAYOUT_TIMEVAL, time_in(j, a->e, "it_interval", 0), &t->it_interval);
	sim_layout_fill(j, SIM_LAYOUT_TIMEVAL, time_in(j, a->e, "it_value", 1), &t->it_value);
}

static void fill_itimerval_out(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	(void)give(j, a, sizeof(struct itimerval));
}

static void compare_itimerval(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct itimerval *t = a->mem;

	(void)n;
	if (j->result < 0 || a->e->kind != SIM_EXPR_STRUCT)
		return;
	sim_layout_compare(j, SIM_LAYOUT_TIMEVAL, time_in(j, a->e, "it_interval", 0), &t->it_interval);
	sim_layout_compare(j, SIM_LAYOUT_TIMEVAL, time_in(j, a->e, "it_value", 1), &t->it_value);
}

/* ---- the rest ---- */

static void fill_path(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	size_t len;
	const void *text = sim_job_bytes(j, a->e, 0, &len);

	(void)n;
	memcpy(give(j, a, len + 1), text, len);
}

static void fill_fd_pair(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	(void)give(j, a, 2 * sizeof(int));
}

static void bind_fd_pair(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const int *fds = a->mem;
	const struct sim_expr *v = a->e->first;

	(void)n;
	for (int i = 0; j->result == 0 && v && i < 2; i++, v = v->next)
		if (!sim_scn_bind_fd(j->actor, v->value, fds[i]))
			sim_job_differs(j, v->at, "a number that is free", "one that is open in this script");
}

/* The handler's kind and the flags in one word: sim_scn_sigaction() makes the rest. */
static void fill_sigaction(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	const struct sim_expr *h =
		a->e->kind == SIM_EXPR_STRUCT ? sim_struct_field(a->e, "sa_handler", 0) : NULL;

	(void)n;
	if (!h || h->kind != SIM_EXPR_INT || h->value < 0 || h->value > 2)
		sim_scn_mistake(
			j->scn, h ? h->at : a->e->at,
			"expected {sa_handler=HANDLER}, or SIG_DFL or SIG_IGN, with sa_flags=SA_RESTART");
	a->word = h->value | (long)sim_struct_int(a->e, "sa_flags", 1, 0) << 8;
}

static void fill_fcntl_arg(struct sim_job *j, struct sim_arg *a, unsigned n)
{
	(void)n;
	/* A descriptor at or above; and the processes of a scenario have no other names than their own. */
	a->word = j->args[1].word == F_SETOWN ? j->actor->proc->pid : a->e->value;
}

static const struct kind kinds[K_NUM] = {
	[K_INT] = { INT, "a number", fill_int, NULL },
	[K_NULL] = { NIL | DOTS, "NULL", fill_int, NULL },
	[K_FD] = { INT, "a descriptor, such as 3", fill_fd, NULL },
	[K_FAMILY] = { INT | DOTS, "a family, such as AF_INET", fill_family, NULL },
	[K_SIZE] = { INT | DOTS, "a number of bytes", fill_size, NULL },
	[K_BUF_IN] = { DOTS | STRING | MADE | POINTER | NIL,
		       "a buffer: ..., \"text\", NULL, BADPTR, page_end(10)", fill_buf_in, NULL },
	[K_BUF_OUT] = { DOTS | STRING | MADE | POINTER | NIL,
			"a buffer: ..., or what is expected there, such as \"text\"", fill_buf_out,
			compare_buf },
	[K_ADDR_LOCAL] = { DOTS | STRUCT | POINTER | NIL, "an address: ..., or {sa_family = AF_INET, ...}",
			   fill_addr_local, NULL },
	[K_ADDR_REMOTE] = { DOTS | STRUCT | POINTER | NIL, "an address: ..., or {sa_family = AF_INET, ...}",
			    fill_addr_remote, NULL },
	[K_ADDR_LEN] = { INT | DOTS, "the address's length: ..., or a number", fill_size, NULL },
	[K_ADDR_OUT] = { DOTS | STRUCT | POINTER | NIL, "an address: ..., or the one that is expected",
			 fill_addr_out, compare_addr_out },
	[K_LEN_INOUT] = { DOTS | LIST | POINTER | NIL, "a length: ..., or [16]", fill_len_inout, NULL },
	[K_OPT_IN] = { LIST | STRUCT | STRING | DOTS | POINTER | NIL, "the option's value: [1], or a struct",
		       fill_opt_in, NULL },
	[K_OPT_LEN] = { INT | DOTS, "the value's length: 4, or ...", fill_size, NULL },
	[K_OPT_OUT] = { LIST | STRUCT | STRING | DOTS | POINTER | NIL,
			"the value that is expected: [1], a struct, or ...", fill_opt_out, compare_opt_out },
	[K_INT_INOUT] = { LIST | DOTS | POINTER | NIL, "a number in brackets, such as [10]", fill_int_inout,
			  compare_int_inout },
	[K_LONG_INOUT] = { LIST | DOTS | POINTER | NIL, "NULL, or an offset such as [0]", fill_long_inout,
			   NULL },
	[K_IOV_IN] = { LIST | POINTER | NIL, "a list of buffers, such as [{..., 10}]", fill_iov_in, NULL },
	[K_IOV_OUT] = { LIST | POINTER | NIL, "a list of buffers, such as [{..., 10}]", fill_iov_out,
			compare_iov },
	[K_MSG_IN] = { STRUCT | POINTER | NIL, "a message: {msg_iov(1)=[{..., 10}], ...}", fill_msg_in,
		       NULL },
	[K_MSG_OUT] = { STRUCT | POINTER | NIL, "a message: {msg_iov(1)=[{..., 10}], ...}", fill_msg_out,
			compare_msg_out },
	[K_MMSG] = { LIST | POINTER | NIL, "a list of messages: [{msg_hdr={...}, msg_len=10}]", fill_mmsg,
		     compare_mmsg },
	[K_MMSG_OUT] = { LIST | POINTER | NIL, "a list of messages: [{msg_hdr={...}, msg_len=10}]",
			 fill_mmsg_out, compare_mmsg_out },
	[K_POLLFDS] = { LIST | POINTER | NIL, "a list: [{fd=3, events=POLLIN, revents=POLLIN}]", fill_pollfds,
			compare_pollfds },
	[K_EPOLL_EVENT] = { STRUCT | POINTER | NIL, "an event: {events=EPOLLIN, fd=3}", fill_epoll_event,
			    NULL },
	[K_EPOLL_EVENTS] = { STRUCT | LIST | DOTS | POINTER | NIL,
			     "what is expected: {events=EPOLLIN, fd=3}, or a list of these",
			     fill_epoll_events, compare_epoll_events },
	[K_NFDS] = { INT | DOTS, "a number, or ...", fill_int, NULL },
	[K_FDSET] = { LIST | STRUCT | POINTER | NIL, "a set: [3, 4], {in=[3, 4], out=[3]}, NULL", fill_fdset,
		      compare_fdset },
	[K_TIMEVAL] = { STRUCT | LIST | POINTER | NIL, "a time: {tv_sec=1, tv_usec=0}, NULL", fill_timeval,
			NULL },
	[K_TIMESPEC] = { STRUCT | POINTER | NIL, "a time: {tv_sec=1, tv_nsec=0}", fill_timespec, NULL },
	[K_TIME_LEFT] = { STRUCT | DOTS | POINTER | NIL,
			  "NULL, or the time that is left: {tv_sec=1, tv_nsec=0}", fill_time_left,
			  compare_time_left },
	[K_ITIMERVAL] = { STRUCT | POINTER | NIL,
			  "a timer: {it_interval={tv_sec=0, tv_usec=0}, it_value={tv_sec=1, tv_usec=0}}",
			  fill_itimerval, NULL },
	[K_ITIMERVAL_OUT] = { STRUCT | DOTS | POINTER | NIL,
			      "NULL, ..., or what is expected: {it_interval={0, 0}, it_value={1, 0}}",
			      fill_itimerval_out, compare_itimerval },
	[K_PATH] = { STRING | MADE | POINTER | NIL, "a path, such as \"/tmp/x\"", fill_path, NULL },
	[K_FD_PAIR] = { LIST | POINTER | NIL, "two descriptors, such as [3, 4]", fill_fd_pair, bind_fd_pair },
	[K_SIGACTION] = { STRUCT | POINTER | NIL, "a struct: {sa_handler=HANDLER, sa_flags=SA_RESTART}",
			  fill_sigaction, NULL },
	[K_FCNTL_ARG] = { INT | DOTS, "a number", fill_fcntl_arg, NULL },
};
