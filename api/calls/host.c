/* SPDX-License-Identifier: MIT */
/*
 * What a program asks about the host that it runs on: its interfaces and its names, as the world has them and
 * never as the machine has them. uname(2), gethostname(2), getdomainname(2), if_nametoindex(3),
 * getifaddrs(3).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <net/if.h>
#include <string.h>
#include <sys/utsname.h>

#include "api/calls/gate.h"
#include "sim/base/str.h"
#include "sim/base/uaccess.h"

/* What is simulated, on every machine alike. A host is in no NIS domain. */
static const char release[] = "6.18.0", version[] = "#1 SMP PREEMPT_DYNAMIC", no_domain[] = "(none)";

static long bad_pointer(struct sim_gate *g, const void *p)
{
	return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)p, 0);
}

long sim_call_own_host(struct sim_task *t, enum sim_call_id id, const struct sim_host **host)
{
	struct sim_gate g;

	*host = t->proc->host;
	if (sim_gate_enter(&g, t, id, -1, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, 0);
}

/* ---- interfaces ---- */

/* For the trace: how the name begins. It ends where the program's does, or where no interface's name goes on.
 */
static long iface_name_in(struct sim_gate *g, const char *user, char name[IF_NAMESIZE + 1])
{
	memset(name, 0, IF_NAMESIZE + 1);
	for (size_t i = 0; i < IF_NAMESIZE; i++) {
		if (sim_copy_from_user(&name[i], &user[i], 1))
			return bad_pointer(g, user);
		if (!name[i])
			break;
	}
	memcpy(&g->arg1, name, sizeof g->arg1);
	memcpy(&g->arg2, name + sizeof g->arg1, sizeof g->arg2);
	return 0;
}

long sim_call_if_nametoindex(struct sim_task *t, const char *user)
{
	char name[IF_NAMESIZE + 1];
	const struct sim_iface *i;
	struct sim_gate g;
	bool answered = sim_gate_enter(&g, t, SIM_CALL_IF_NAMETOINDEX, -1, 0);
	long r = iface_name_in(&g, user, name);

	if (answered || r)
		return sim_gate_leave(&g, answered ? g.answer : r);
	/* An alias, "eth0:1", is its interface: the request by which libc asks takes it so. */
	i = sim_iface_by_name(&t->proc->host->ip, name, strcspn(name, ":"));
	if (!i || name[IF_NAMESIZE - 1])
		return sim_gate_leave(&g, sim_gate_fail(&g, ENODEV, SIM_WHY_NO_INTERFACE, 0, 0));
	return sim_gate_leave(&g, i->index);
}

long sim_call_if_indextoname(struct sim_task *t, unsigned index, char *name)
{
	const struct sim_iface *i;
	struct sim_gate g;
	bool answered = sim_gate_enter(&g, t, SIM_CALL_IF_INDEXTONAME, -1, 0);

	g.arg1 = index;
	if (answered)
		return sim_gate_leave(&g, g.answer);
	i = sim_ip_iface(&t->proc->host->ip, index);
	if (!i)
		return sim_gate_leave(&g, sim_gate_fail(&g, ENXIO, SIM_WHY_NO_INTERFACE, 0, 0));
	if (sim_copy_to_user(name, i->name, sizeof i->name))
		return sim_gate_leave(&g, bad_pointer(&g, name));
	return sim_gate_leave(&g, 0);
}

/* ---- names ---- */

long sim_call_uname(struct sim_task *t, struct utsname *user)
{
	struct utsname u;
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_UNAME, -1, 0))
		return sim_gate_leave(&g, g.answer);
	memset(&u, 0, sizeof u);
	sim_str_copy(u.sysname, sizeof u.sysname, "Linux");
	sim_str_copy(u.nodename, sizeof u.nodename, t->proc->net->name);
	sim_str_copy(u.release, sizeof u.release, release);
	sim_str_copy(u.version, sizeof u.version, version);
	sim_str_copy(u.machine, sizeof u.machine, "x86_64");
	sim_str_copy(u.domainname, sizeof u.domainname, no_domain);
	if (sim_copy_to_user(user, &u, sizeof u))
		return sim_gate_leave(&g, bad_pointer(&g, user));
	return sim_gate_leave(&g, 0);
}

/* As much of the name as there is room for, with its end if that is among it. */
static long put_name(struct sim_gate *g, const char *name, char *user, size_t len)
{
	size_t bytes = strlen(name) + 1;

	if (len && sim_copy_to_user(user, name, len < bytes ? len : bytes))
		return bad_pointer(g, user);
	return 0;
}

long sim_call_gethostname(struct sim_task *t, char *user, size_t len)
{
	const char *name = t->proc->net->name;
	struct sim_gate g;
	long r;

	if (sim_gate_enter(&g, t, SIM_CALL_GETHOSTNAME, -1, 0))
		return sim_gate_leave(&g, g.answer);
	r = put_name(&g, name, user, len);
	if (!r && len <= strlen(name))
		r = sim_gate_fail(&g, ENAMETOOLONG, SIM_WHY_BAD_ARGUMENT, 2, (int64_t)len);
	return sim_gate_leave(&g, r);
}

long sim_call_getdomainname(struct sim_task *t, char *user, size_t len)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_GETDOMAINNAME, -1, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, put_name(&g, no_domain, user, len));
}

/* sethostname(2), setdomainname(2): the privilege is asked for before anything else. */
long sim_call_set_name(struct sim_task *t, enum sim_call_id id)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, id, -1, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, sim_gate_fail(&g, EPERM, SIM_WHY_PRIVILEGE, 0, 0));
}

/* ---- what nothing is behind ---- */

long sim_call_fail(struct sim_task *t, enum sim_call_id id, int fd, int err, enum sim_why_key why,
		   int64_t arg)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, id, fd, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, sim_gate_fail(&g, err, why, arg, 0));
}

long sim_call_absent(struct sim_task *t, long nr, int fd, int err)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, SIM_CALL_SYSCALL, fd, 0))
		return sim_gate_leave(&g, g.answer);
	g.arg1 = (uint64_t)nr;
	return sim_gate_leave(&g, sim_gate_fail(&g, err, SIM_WHY_NOT_SIMULATED, nr, 0));
}

long sim_call_refuse(struct sim_task *t, enum sim_call_id id, int code)
{
	return sim_call_fail(t, id, -1, code, SIM_WHY_NO_SERVER, 0);
}
