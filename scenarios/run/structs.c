/* SPDX-License-Identifier: MIT */
/*
 * Struct literals into memory and back: a table of fields for each struct, and addresses, which have a shape
 * a family.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <linux/errqueue.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/time.h>
#include <sys/un.h>

#include "scenarios/run/scenario.h"

enum as { AS_INT, AS_FD, AS_ADDR4, AS_ADDR6 };

struct field {
	const char *name;
	size_t offset, bytes;
	enum as as;
	const char *prefix; /* of the symbols that are its bits, for messages */
};

#define MEMBER(type, member) offsetof(type, member), sizeof(((type *)0)->member)

static const struct field linger_fields[] = {
	{ "onoff", MEMBER(struct linger, l_onoff), AS_INT, NULL },
	{ "linger", MEMBER(struct linger, l_linger), AS_INT, NULL },
	{ "l_onoff", MEMBER(struct linger, l_onoff), AS_INT, NULL },
	{ "l_linger", MEMBER(struct linger, l_linger), AS_INT, NULL },
	{ NULL, 0, 0, AS_INT, NULL },
};
static const struct field timeval_fields[] = {
	{ "tv_sec", MEMBER(struct timeval, tv_sec), AS_INT, NULL },
	{ "tv_usec", MEMBER(struct timeval, tv_usec), AS_INT, NULL },
	{ NULL, 0, 0, AS_INT, NULL },
};
static const struct field timespec_fields[] = {
	{ "tv_sec", MEMBER(struct timespec, tv_sec), AS_INT, NULL },
	{ "tv_nsec", MEMBER(struct timespec, tv_nsec), AS_INT, NULL },
	{ "scm_sec", MEMBER(struct timespec, tv_sec), AS_INT, NULL },
	{ "scm_nsec", MEMBER(struct timespec, tv_nsec), AS_INT, NULL },
	{ NULL, 0, 0, AS_INT, NULL },
};
static const struct field ucred_fields[] = {
	{ "pid", MEMBER(struct ucred, pid), AS_INT, NULL },
	{ "uid", MEMBER(struct ucred, uid), AS_INT, NULL },
	{ "gid", MEMBER(struct ucred, gid), AS_INT, NULL },
	{ NULL, 0, 0, AS_INT, NULL },
};
static const struct field pktinfo_fields[] = {
	{ "ipi_ifindex", MEMBER(struct in_pktinfo, ipi_ifindex), AS_INT, NULL },
	{ "ipi_spec_dst", MEMBER(struct in_pktinfo, ipi_spec_dst), AS_ADDR4, NULL },
	{ "ipi_addr", MEMBER(struct in_pktinfo, ipi_addr), AS_ADDR4, NULL },
	{ NULL, 0, 0, AS_INT, NULL },
};
static const struct field pktinfo6_fields[] = {
	{ "ipi6_addr", MEMBER(struct in6_pktinfo, ipi6_addr), AS_ADDR6, NULL },
	{ "ipi6_ifindex", MEMBER(struct in6_pktinfo, ipi6_ifindex), AS_INT, NULL },
	{ NULL, 0, 0, AS_INT, NULL },
};
static const struct field extended_err_fields[] = {
	{ "ee_errno", MEMBER(struct sock_extended_err, ee_errno), AS_INT, "E" },
	{ "ee_origin", MEMBER(struct sock_extended_err, ee_origin), AS_INT, "SO_EE_ORIGIN_" },
	{ "ee_type", MEMBER(struct sock_extended_err, ee_type), AS_INT, NULL },
	{ "ee_code", MEMBER(struct sock_extended_err, ee_code), AS_INT, NULL },
	{ "ee_info", MEMBER(struct sock_extended_err, ee_info), AS_INT, NULL },
	{ "ee_data", MEMBER(struct sock_extended_err, ee_data), AS_INT, NULL },
	/* The offender, right behind it. */
	{ "offender", sizeof(struct sock_extended_err) + offsetof(struct sockaddr_in, sin_addr), 4, AS_ADDR4,
	  NULL },
	{ NULL, 0, 0, AS_INT, NULL },
};
static const struct field pollfd_fields[] = {
	{ "fd", MEMBER(struct pollfd, fd), AS_FD, NULL },
	{ "events", MEMBER(struct pollfd, events), AS_INT, "POLL" },
	{ "revents", MEMBER(struct pollfd, revents), AS_INT, "POLL" },
	{ NULL, 0, 0, AS_INT, NULL },
};
/* What a set tells of a descriptor is what it was given: the script's own number. */
static const struct field epoll_event_fields[] = {
	{ "events", MEMBER(struct epoll_event, events), AS_INT, "EPOLL" },
	{ "fd", MEMBER(struct epoll_event, data), AS_INT, NULL },
	{ "ptr", MEMBER(struct epoll_event, data), AS_INT, NULL },
	{ "u32", MEMBER(struct epoll_event, data), AS_INT, NULL },
	{ "u64", MEMBER(struct epoll_event, data), AS_INT, NULL },
	{ NULL, 0, 0, AS_INT, NULL },
};
static const struct field mreq_fields[] = {
	{ "imr_multiaddr", MEMBER(struct ip_mreqn, imr_multiaddr), AS_ADDR4, NULL },
	{ "imr_address", MEMBER(struct ip_mreqn, imr_address), AS_ADDR4, NULL },
	{ "imr_ifindex", MEMBER(struct ip_mreqn, imr_ifindex), AS_INT, NULL },
	{ NULL, 0, 0, AS_INT, NULL },
};

static const struct layout {
	const char *name;
	size_t bytes;
	const struct field *fields;
} layouts[] = {
	[SIM_LAYOUT_LINGER] = { "struct linger", sizeof(struct linger), linger_fields },
	[SIM_LAYOUT_TIMEVAL] = { "struct timeval", sizeof(struct timeval), timeval_fields },
	[SIM_LAYOUT_TIMESPEC] = { "struct timespec", sizeof(struct timespec), timespec_fields },
	[SIM_LAYOUT_UCRED] = { "struct ucred", sizeof(struct ucred), ucred_fields },
	[SIM_LAYOUT_PKTINFO] = { "struct in_pktinfo", sizeof(struct in_pktinfo), pktinfo_fields },
	[SIM_LAYOUT_PKTINFO6] = { "struct in6_pktinfo", sizeof(struct in6_pktinfo), pktinfo6_fields },
	[SIM_LAYOUT_EXTENDED_ERR] = { "struct sock_extended_err",
				      sizeof(struct sock_extended_err) + sizeof(struct sockaddr_in),
				      extended_err_fields },
	[SIM_LAYOUT_POLLFD] = { "struct pollfd", sizeof(struct pollfd), pollfd_fields },
	[SIM_LAYOUT_EPOLL_EVENT] = { "struct epoll_event", sizeof(struct epoll_event), epoll_event_fields },
	[SIM_LAYOUT_MREQ] = { "struct ip_mreqn", sizeof(struct ip_mreqn), mreq_fields },
};

size_t sim_layout_bytes(enum sim_layout_id id)
{
	return layouts[id].bytes;
}

/* ---- addresses of one family ---- */

/* "10.0.0.2", "fd00::2", or a host's name: bytes in network order. */
static void put_address(struct sim_job *j, const struct sim_expr *e, bool v6, unsigned char *out)
{
	char text[96];
	struct sim_str s = sim_str_on(text, sizeof text);
	struct sim_host *h;
	struct sim_addr a;
	uint64_t number = (uint64_t)e->value;

	if (e->kind == SIM_EXPR_INT) {
		memcpy(out, &number, v6 ? sizeof number : 4);
		return;
	}
	if (e->kind == SIM_EXPR_CALL && !strcmp(e->name, "inet_pton") && e->num >= 2)
		e = e->first->next;
	if (e->kind != SIM_EXPR_STRING)
		sim_scn_mistake(j->scn, e->at, "expected an address as a string, found %s",
				sim_expr_kind_name(e->kind));
	sim_str_add_len(&s, (const char *)e->text, e->text_len);
	if (inet_pton(v6 ? AF_INET6 : AF_INET, text, out) == 1)
		return;
	h = sim_world_find_host(j->scn->w, text);
	for (uint32_t i = 0; h && i < h->ip.num_ifaces; i++) {
		for (uint32_t k = 0; k < h->ip.ifaces[i].num_addrs; k++) {
			a = h->ip.ifaces[i].addrs[k].addr;
			if (sim_addr_is_loopback(a) || sim_addr_is_v4(a) == v6)
				continue;
			(void)inet_pton(v6 ? AF_INET6 : AF_INET, sim_addr_format(a, text), out);
			return;
		}
	}
	sim_scn_mistake(j->scn, e->at, "\"%s\" is neither an %s address nor a host with one", text,
			v6 ? "IPv6" : "IPv4");
}

/* ---- fields ---- */

const struct sim_expr *sim_struct_field(const struct sim_expr *e, const char *name, unsigned place)
{
	unsigned n = 0;

	for (const struct sim_expr *f = e->first; f; f = f->next, n++)
		if (f->field.len ? sim_slice_is(f->field, name) : n == place)
			return f;
	return NULL;
}

int64_t sim_struct_int(const struct sim_expr *e, const char *name, unsigned place, int64_t otherwise)
{
	const struct sim_expr *f = sim_struct_field(e, name, place);

	return f && f->kind == SIM_EXPR_INT ? f->value : otherwise;
}

static const struct field *field_of(struct sim_job *j, const struct layout *l, const struct sim_expr *f,
				    unsigned place)
{
	struct sim_suggest s = sim_suggest_for(f->field);
	char hint[SIM_SUGGEST_BYTES], known[256];
	struct sim_str out = sim_str_on(known, sizeof known);

	for (unsigned i = 0; l->fields[i].name; i++) {
		if (f->field.len ? sim_slice_is(f->field, l->fields[i].name) : i == place)
			return &l->fields[i];
		sim_suggest_offer(&s, l->fields[i].name);
		sim_str_printf(&out, "%s%s", i ? ", " : "", l->fields[i].name);
	}
	if (!f->field.len)
		sim_scn_mistake(j->scn, f->at, "too many values: %s has %s", l->name, known);
	sim_scn_mistake(j->scn, f->field, "%s has no field \"" SIM_SLICE_FMT "\"%s (fields: %s)", l->name,
			SIM_SLICE_ARG(f->field), sim_suggest_text(&s, hint), known);
}

static void put_int(unsigned char *at, size_t bytes, int64_t value)
{
	memcpy(at, &value, bytes < sizeof value ? bytes : sizeof value);
}

static int64_t get_int(const unsigned char *at, size_t bytes)
{
	int64_t value = 0;

	memcpy(&value, at, bytes < sizeof value ? bytes : sizeof value);
	return value;
}

static void put_field(struct sim_job *j, const struct field *f, const struct sim_expr *e, unsigned char *mem)
{
	if (e->kind == SIM_EXPR_ELLIPSIS)
		return;
	if (f->as == AS_ADDR4 || f->as == AS_ADDR6) {
		put_address(j, e, f->as == AS_ADDR6, mem + f->offset);
		return;
	}
	if (e->kind != SIM_EXPR_INT)
		sim_scn_mistake(j->scn, e->at, "expected a number, found %s", sim_expr_kind_name(e->kind));
	put_int(mem + f->offset, f->bytes, f->as == AS_FD ? sim_scn_fd(j->actor, e->value) : e->value);
}

void sim_layout_fill(struct sim_job *j, enum sim_layout_id id, const struct sim_expr *e, void *mem)
{
	const struct layout *l = &layouts[id];
	unsigned place = 0;

	if (e->kind != SIM_EXPR_STRUCT)
		sim_scn_mistake(j->scn, e->at, "expected a %s, such as {%s=...}, found %s", l->name,
				l->fields[0].name, sim_expr_kind_name(e->kind));
	for (const struct sim_expr *f = e->first; f; f = f->next, place++)
		put_field(j, field_of(j, l, f, place), f, mem);
}

static void compare_address(struct sim_job *j, const struct sim_expr *e, bool v6, const unsigned char *got)
{
	unsigned char want[16];
	char a[64] = "", b[64] = "";

	put_address(j, e, v6, want);
	if (!memcmp(want, got, v6 ? 16 : 4))
		return;
	inet_ntop(v6 ? AF_INET6 : AF_INET, want, a, sizeof a);
	inet_ntop(v6 ? AF_INET6 : AF_INET, got, b, sizeof b);
	sim_job_differs(j, e->at, a, b);
}

void sim_layout_compare(struct sim_job *j, enum sim_layout_id id, const struct sim_expr *e, const void *mem)
{
	const struct layout *l = &layouts[id];
	const unsigned char *at = mem;
	unsigned place = 0;

	if (e->kind != SIM_EXPR_STRUCT)
		return;
	for (const struct sim_expr *v = e->first; v; v = v->next, place++) {
		const struct field *f = field_of(j, l, v, place);
		int64_t mask = f->bytes >= 8 ? -1 : (INT64_C(1) << f->bytes * 8) - 1, got;

		if (v->kind == SIM_EXPR_ELLIPSIS || f->as == AS_FD)
			continue;
		if (f->as != AS_INT) {
			compare_address(j, v, f->as == AS_ADDR6, at + f->offset);
			continue;
		}
		got = get_int(at + f->offset, f->bytes);
		if (v->kind == SIM_EXPR_INT && (v->value & mask) != got)
			sim_job_differs_int(j, v, f->prefix, got);
	}
}

/* ---- struct sockaddr ---- */

static struct sim_addr default_address(struct sim_job *j, bool remote, bool v6)
{
	const char *name = remote ? strcmp(j->actor->host->net.name, "server") ? "server" : "client"
				  : j->actor->host->net.name;
	struct sim_host *h = sim_world_find_host(j->scn->w, name);

	for (uint32_t i = 0; h && i < h->ip.num_ifaces; i++)
		for (uint32_t k = 0; k < h->ip.ifaces[i].num_addrs; k++)
			if (!h->ip.ifaces[i].loopback && sim_addr_is_v4(h->ip.ifaces[i].addrs[k].addr) != v6)
				return h->ip.ifaces[i].addrs[k].addr;
	sim_scn_mistake(j->scn, j->ev->call, "\"...\" stands for an address that host \"%s\" has not", name);
}

static socklen_t fill_default(struct sim_job *j, bool remote, struct sockaddr_storage *out)
{
	struct sockaddr_in *in = (struct sockaddr_in *)out;
	struct sockaddr_in6 *in6 = (struct sockaddr_in6 *)out;
	struct sim_addr a = default_address(j, remote, j->scn->is_v6);
	char text[64];

	if (j->scn->is_v6) {
		in6->sin6_family = AF_INET6;
		in6->sin6_port = htons(SIM_SCN_PORT);
		(void)inet_pton(AF_INET6, sim_addr_format(a, text), &in6->sin6_addr);
		return sizeof *in6;
	}
	in->sin_family = AF_INET;
	in->sin_port = htons(SIM_SCN_PORT);
	(void)inet_pton(AF_INET, sim_addr_format(a, text), &in->sin_addr);
	return sizeof *in;
}

static void check_fields(struct sim_job *j, const struct sim_expr *e, const char *const *names,
			 const char *what)
{
	for (const struct sim_expr *f = e->first; f; f = f->next) {
		struct sim_suggest s = sim_suggest_for(f->field);
		char hint[SIM_SUGGEST_BYTES];
		unsigned i = 0;

		while (names[i] &&
		       !(f->field.len ? sim_slice_is(f->field, names[i]) : f->kind == SIM_EXPR_CALL)) {
			sim_suggest_offer(&s, names[i]);
			i++;
		}
		if (!names[i])
			sim_scn_mistake(j->scn, f->field.len ? f->field : f->at,
					"%s has no field \"" SIM_SLICE_FMT "\"%s", what,
					SIM_SLICE_ARG(f->field), sim_suggest_text(&s, hint));
	}
}

static socklen_t fill_in(struct sim_job *j, const struct sim_expr *e, struct sockaddr_in *in)
{
	static const char *const names[] = { "sa_family", "sin_family", "sin_port", "sin_addr", NULL };
	const struct sim_expr *a = sim_struct_field(e, "sin_addr", 9);

	check_fields(j, e, names, "struct sockaddr_in");
	in->sin_port = (uint16_t)sim_struct_int(e, "sin_port", 9, 0);
	if (a)
		put_address(j, a, false, (unsigned char *)&in->sin_addr);
	return sizeof *in;
}

static socklen_t fill_in6(struct sim_job *j, const struct sim_expr *e, struct sockaddr_in6 *in)
{
	static const char *const names[] = { "sa_family",     "sin6_family",   "sin6_port", "sin6_addr",
					     "sin6_flowinfo", "sin6_scope_id", NULL };
	const struct sim_expr *a = sim_struct_field(e, "sin6_addr", 9);

	check_fields(j, e, names, "struct sockaddr_in6");
	in->sin6_port = (uint16_t)sim_struct_int(e, "sin6_port", 9, 0);
	in->sin6_flowinfo = (uint32_t)sim_struct_int(e, "sin6_flowinfo", 9, 0);
	in->sin6_scope_id = (uint32_t)sim_struct_int(e, "sin6_scope_id", 9, 0);
	for (const struct sim_expr *f = e->first; !a && f; f = f->next)
		if (f->kind == SIM_EXPR_CALL)
			a = f; /* strace's inet_pton(AF_INET6, "::1", &sin6_addr) */
	if (a)
		put_address(j, a, true, (unsigned char *)&in->sin6_addr);
	return sizeof *in;
}

static socklen_t fill_un(struct sim_job *j, const struct sim_expr *e, struct sockaddr_un *un)
{
	static const char *const names[] = { "sa_family", "sun_family", "sun_path", NULL };
	const struct sim_expr *p = sim_struct_field(e, "sun_path", 9);
	size_t len;

	check_fields(j, e, names, "struct sockaddr_un");
	if (!p)
		return offsetof(struct sockaddr_un, sun_path);
	if (p->kind != SIM_EXPR_STRING)
		sim_scn_mistake(j->scn, p->at, "expected the path as a string, found %s",
				sim_expr_kind_name(p->kind));
	len = p->text_len < sizeof un->sun_path ? p->text_len : sizeof un->sun_path;
	memcpy(un->sun_path, p->text, len);
	/* A path has its end with it if there is room; an abstract name has none. */
	return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + len +
			   (len && un->sun_path[0] && len < sizeof un->sun_path));
}

socklen_t sim_fill_sockaddr(struct sim_job *j, const struct sim_expr *e, bool remote,
			    struct sockaddr_storage *out)
{
	const struct sim_expr *f;

	memset(out, 0, sizeof *out);
	if (e->kind == SIM_EXPR_ELLIPSIS)
		return fill_default(j, remote, out);
	if (e->kind != SIM_EXPR_STRUCT)
		sim_scn_mistake(j->scn, e->at,
				"expected an address, such as {sa_family = AF_INET, sin_port = htons(80), "
				"sin_addr = inet_addr(\"10.0.0.2\")}, found %s",
				sim_expr_kind_name(e->kind));
	f = e->first;
	if (!f || f->kind != SIM_EXPR_INT ||
	    (f->field.len && !sim_slice_is(f->field, "sa_family") && !sim_slice_is(f->field, "sin_family") &&
	     !sim_slice_is(f->field, "sin6_family") && !sim_slice_is(f->field, "sun_family")))
		sim_scn_mistake(j->scn, f ? f->at : e->at, "an address begins with sa_family");
	out->ss_family = (sa_family_t)f->value;
	switch (f->value) {
	case AF_INET6: return fill_in6(j, e, (struct sockaddr_in6 *)out);
	case AF_UNIX: return fill_un(j, e, (struct sockaddr_un *)out);
	default: return fill_in(j, e, (struct sockaddr_in *)out);
	}
}

static void add_sockaddr(struct sim_str *out, const struct sockaddr_storage *a, socklen_t len)
{
	const struct sockaddr_in *in = (const void *)a;
	const struct sockaddr_in6 *in6 = (const void *)a;
	const struct sockaddr_un *un = (const void *)a;
	char text[64] = "";
	size_t path = len > offsetof(struct sockaddr_un, sun_path)
			      ? len - offsetof(struct sockaddr_un, sun_path)
			      : 0;

	if (len < sizeof a->ss_family) {
		sim_str_add(out, "no address");
	} else if (a->ss_family == AF_INET) {
		inet_ntop(AF_INET, &in->sin_addr, text, sizeof text);
		sim_str_printf(out,
			       "{sa_family = AF_INET, sin_port = htons(%u), sin_addr = inet_addr(\"%s\")}",
			       ntohs(in->sin_port), text);
	} else if (a->ss_family == AF_INET6) {
		inet_ntop(AF_INET6, &in6->sin6_addr, text, sizeof text);
		sim_str_printf(out, "{sa_family = AF_INET6, sin6_port = htons(%u), sin6_addr = \"%s\"}",
			       ntohs(in6->sin6_port), text);
	} else if (a->ss_family == AF_UNIX) {
		sim_str_add(out, "{sa_family = AF_UNIX");
		if (path)
			sim_str_printf(out, ", sun_path = \"%s%.*s\"", un->sun_path[0] ? "" : "\\0",
				       (int)(un->sun_path[0] ? strnlen(un->sun_path, path) : path - 1),
				       un->sun_path + !un->sun_path[0]);
		sim_str_add(out, "}");
	} else {
		sim_str_printf(out, "{sa_family = %u}", a->ss_family);
	}
}

void sim_compare_sockaddr(struct sim_job *j, const struct sim_expr *e, const struct sockaddr_storage *got,
			  socklen_t len)
{
	char a[SIM_SCN_TEXT_BYTES], b[SIM_SCN_TEXT_BYTES];
	struct sim_str want_text = sim_str_on(a, sizeof a), got_text = sim_str_on(b, sizeof b);
	struct sockaddr_storage want;
	socklen_t want_len;

	if (e->kind != SIM_EXPR_STRUCT)
		return;
	want_len = sim_fill_sockaddr(j, e, true, &want);
	if (len > sizeof *got)
		len = sizeof *got;
	add_sockaddr(&want_text, &want, want_len);
	add_sockaddr(&got_text, got, len);
	if (strcmp(a, b))
		sim_job_differs(j, e->at, a, b);
}
