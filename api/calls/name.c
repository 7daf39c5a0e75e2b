/* SPDX-License-Identifier: MIT */
/*
 * Names of the world: getaddrinfo(3), gethostbyname(3) and kin ask here, and never a real server, file or
 * daemon. Every host knows every other by its name, itself as "localhost" too, and everybody by numeric
 * address.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/calls/name.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <strings.h>

#include "api/calls/gate.h"
#include "sim/base/str.h"
#include "sim/base/uaccess.h"

enum { NAME_MAX_BYTES = 256 };

struct found {
	struct sim_addr *out;
	int num, max;
};

static void found_add(struct found *f, struct sim_addr a)
{
	if (f->num < f->max)
		f->out[f->num++] = a;
}

static struct sim_addr loopback_v6(void)
{
	struct sim_addr a = { .b = { [15] = 1 } };

	return a;
}

static void add_loopback(struct found *f)
{
	found_add(f, loopback_v6());
	found_add(f, sim_addr_v4(0x7f000001));
}

static void add_host(struct found *f, const struct sim_host *h)
{
	for (uint32_t i = 0; i < h->ip.num_ifaces; i++) {
		const struct sim_iface *iface = &h->ip.ifaces[i];

		for (uint32_t k = 0; !iface->loopback && k < iface->num_addrs; k++)
			found_add(f, iface->addrs[k].addr);
	}
}

/* Names are compared as DNS does; the dot that ends an absolute name is no part of it. */
static bool same_name(const char *name, size_t len, const char *host)
{
	return strlen(host) == len && !strncasecmp(name, host, len);
}

static struct sim_host *find_host(struct sim_world *w, const char *name, size_t len)
{
	struct sim_list *node;

	sim_list_each(node, &w->hosts) {
		struct sim_host *h = sim_container_of(node, struct sim_host, node);

		if (same_name(name, len, h->net.name))
			return h;
	}
	return NULL;
}

static void look_up(struct sim_gate *g, const char *name, struct found *f)
{
	struct sim_host *own = g->t->proc->host, *h;
	size_t len = strlen(name);
	struct sim_addr a;

	if (sim_addr_parse(name, &a)) {
		found_add(f, a);
		return;
	}
	if (len && name[len - 1] == '.')
		len--;
	if (same_name(name, len, "localhost")) {
		add_loopback(f);
		return;
	}
	h = find_host(g->w, name, len);
	if (!h)
		return;
	add_host(f, h);
	if (!f->num && h == own)
		add_loopback(f);
}

/* Errors come negated from the gate, values as they are: both name a code. */
static long ruled(const struct sim_gate *g)
{
	long code = g->answer < 0 ? -g->answer : g->answer;

	return code ? -SIM_RESOLVE_RULED - code : 0;
}

/* For the trace: the error in the call's own numbering, negative. */
static long leave_ruled(struct sim_gate *g)
{
	long r = ruled(g);

	sim_gate_leave(g, r ? r + SIM_RESOLVE_RULED : 0);
	return r;
}

static long unknown(struct sim_gate *g)
{
	bool is_eai = sim_call_info(g->id)->traits & SIM_CALL_ANSWERS_EAI;

	(void)sim_gate_fail(g, ENOENT, SIM_WHY_NO_NAME, 0, 0);
	sim_gate_leave(g, is_eai ? EAI_NONAME : -HOST_NOT_FOUND);
	return -ENOENT;
}

/* The trace keeps how a name begins, and how long it is. */
static void trace_name(struct sim_gate *g, const char *name)
{
	size_t len = strlen(name), kept = len < 8 ? len : 8;

	g->arg0 = (uint64_t)len << 8;
	g->arg1 = g->arg2 = 0;
	memcpy(&g->arg1, name, kept);
	memcpy(&g->arg2, name + kept, len - kept < 8 ? len - kept : 8);
}

static long bad_pointer(struct sim_gate *g, const void *p)
{
	return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)p, 0);
}

/* A name as the program gave it: byte by byte, since it may end just before memory that it may not touch. */
static long name_in(const char *user, char *name)
{
	for (size_t i = 0; i < NAME_MAX_BYTES; i++) {
		if (sim_copy_from_user(&name[i], &user[i], 1))
			return -EFAULT;
		if (!name[i])
			return 0;
	}
	return -ENOENT;
}

long sim_call_resolve(struct sim_task *t, enum sim_call_id id, const char *user, struct sim_addr *out,
		      int max)
{
	struct found f = { out, 0, max };
	char name[NAME_MAX_BYTES];
	struct sim_gate g;
	bool answered;
	long r;

	answered = sim_gate_enter(&g, t, id, -1, 0);
	r = name_in(user, name);
	trace_name(&g, r ? "" : name);
	if (answered)
		return leave_ruled(&g);
	if (r == -EFAULT)
		return sim_gate_leave(&g, bad_pointer(&g, user));
	if (!r)
		look_up(&g, name, &f);
	return f.num ? sim_gate_leave(&g, f.num) : unknown(&g);
}

static const char *name_of(struct sim_gate *g, struct sim_addr a)
{
	struct sim_host *h;

	if (sim_addr_is_loopback(a))
		return "localhost";
	h = sim_world_host_of(g->w, a);
	return h ? h->net.name : NULL;
}

long sim_call_resolve_addr(struct sim_task *t, enum sim_call_id id, struct sim_addr a, char *name, size_t cap)
{
	bool answered;
	const char *found;
	struct sim_gate g;
	struct sim_sockaddr asked;

	memset(&asked, 0, offsetof(struct sim_sockaddr, path));
	asked.family = sim_addr_is_v4(a) ? AF_INET : AF_INET6;
	asked.addr = a;
	answered = sim_gate_enter(&g, t, id, -1, 0);
	sim_gate_names(&g, &asked);
	if (answered)
		return leave_ruled(&g);
	found = name_of(&g, a);
	if (!found)
		return unknown(&g);
	if (cap)
		sim_str_copy(name, cap, found);
	return sim_gate_leave(&g, 0);
}

static struct sim_host *nth_host(struct sim_world *w, int n)
{
	struct sim_list *node;

	sim_list_each(node, &w->hosts)
		if (n-- == 0)
			return sim_container_of(node, struct sim_host, node);
	return NULL;
}

long sim_call_gethostent(struct sim_task *t, int n, char *name, size_t cap, struct sim_addr *out, int max)
{
	struct found f = { out, 0, max };
	struct sim_host *h = NULL;
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_GETHOSTENT, -1, 0))
		return leave_ruled(&g);
	if (n == 0)
		add_loopback(&f);
	else
		h = nth_host(g.w, n - 1);
	if (h)
		add_host(&f, h);
	else if (n)
		return unknown(&g);
	sim_str_copy(name, cap, h ? h->net.name : "localhost");
	return sim_gate_leave(&g, f.num);
}
