/* SPDX-License-Identifier: MIT */
/*
 * Hosts, wires and sysctls by name, and tasks on them: sim_host(), sim_link(), sim_sysctl(), sim_spawn().
 * Nothing is half applied: what is said is read and checked whole before any of it is done.
 */
#include "api/control/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/calls/calls.h"
#include "api/carrier/fiber.h"
#include "api/simsock.h"
#include "sim/base/quantity.h"
#include "sim/link/netem.h"
#include "sim/unix/unix_domain.h"

enum { MAX_ADDRS = SIM_IFACE_MAX_ADDRS, ADDR_TEXT_BYTES = 64 };

struct addr {
	struct sim_addr addr;
	unsigned prefix_len;
	struct sim_slice text;
};

const char *sim_control_host_name(const struct sim_control *c, uint16_t host_id)
{
	struct sim_list *node;

	sim_list_each(node, &c->w->hosts) {
		struct sim_host *h = sim_container_of(node, struct sim_host, node);

		if (h->net.host_id == host_id)
			return h->net.name;
	}
	return "";
}

void sim_control_list_hosts(struct sim_control *c, struct sim_str *out)
{
	struct sim_list *node;

	sim_list_each(node, &c->w->hosts) {
		struct sim_host *h = sim_container_of(node, struct sim_host, node);

		sim_str_printf(out, "%s%s", node->prev == &c->w->hosts ? "" : ", ", h->net.name);
	}
}

struct sim_host *sim_control_find_host(struct sim_control *c, struct sim_slice name, struct sim_diag *d)
{
	struct sim_suggest s = sim_suggest_for(name);
	char hint[SIM_SUGGEST_BYTES], known[256];
	struct sim_str list = sim_str_on(known, sizeof known);
	struct sim_list *node;

	sim_list_each(node, &c->w->hosts) {
		struct sim_host *h = sim_container_of(node, struct sim_host, node);

		if (sim_slice_is(name, h->net.name))
			return h;
		sim_suggest_offer(&s, h->net.name);
	}
	sim_control_list_hosts(c, &list);
	sim_diag_slice(d, name, "no host is called \"" SIM_SLICE_FMT "\"%s (hosts: %s)", SIM_SLICE_ARG(name),
		       sim_suggest_text(&s, hint), known);
	return NULL;
}

struct sim_host *sim_control_host(struct sim_control *c, const char *what, const char *name)
{
	struct sim_source src = sim_source_of(what, name ? name : "");
	struct sim_diag d;
	struct sim_host *h = sim_control_find_host(c, sim_slice_all(&src), &d);

	if (!h)
		sim_control_fail_diag(&d);
	return h;
}

/* ---- addresses ---- */

static int parse_addr(struct sim_slice word, struct addr *out, struct sim_diag *d)
{
	size_t slash = sim_slice_find(word, '/');
	struct sim_slice prefix = sim_slice_sub(word, slash + 1, word.len);
	char text[ADDR_TEXT_BYTES];
	uint64_t len;

	out->text = sim_slice_sub(word, 0, slash);
	if (out->text.len >= sizeof text)
		return sim_diag_slice(d, word, "no address: \"" SIM_SLICE_FMT "\"", SIM_SLICE_ARG(word));
	memcpy(text, sim_slice_text(word), slash);
	text[slash] = '\0';
	if (!sim_addr_parse(text, &out->addr))
		return sim_diag_slice(
			d, word,
			"\"%s\" is no address: expected one with its prefix, such as 10.0.0.3/24 or "
			"fd00::3/64",
			text);
	if (slash == word.len)
		return sim_diag_slice(d, word, "%s needs its prefix, such as %s/%u", text, text,
				      sim_addr_is_v4(out->addr) ? 24u : 64u);
	if (sim_parse_uint(prefix, "prefix", 1, sim_addr_is_v4(out->addr) ? 32 : 128, &len, d))
		return -EINVAL;
	out->prefix_len = (unsigned)len;
	if (sim_addr_is_any(out->addr) || sim_addr_is_loopback(out->addr) || sim_addr_is_multicast(out->addr))
		return sim_diag_slice(d, word, "%s cannot be a host's own address", text);
	return 0;
}

static int check_free(struct sim_control *c, const struct addr *addrs, unsigned n, struct sim_diag *d)
{
	const struct addr *a = &addrs[n];
	struct sim_host *owner = sim_world_host_of(c->w, a->addr);

	if (owner)
		return sim_diag_slice(d, a->text, SIM_SLICE_FMT " belongs to \"%s\" already",
				      SIM_SLICE_ARG(a->text), owner->net.name);
	for (unsigned i = 0; i < n; i++)
		if (sim_addr_equal(addrs[i].addr, a->addr))
			return sim_diag_slice(d, a->text, SIM_SLICE_FMT " stands here twice",
					      SIM_SLICE_ARG(a->text));
	return 0;
}

static bool is_separator(char ch)
{
	return ch == ' ' || ch == ',' || ch == '\t' || ch == '\n';
}

/* How many, or -EINVAL. */
static int parse_addrs(struct sim_control *c, struct sim_slice in, struct addr out[MAX_ADDRS],
		       struct sim_diag *d)
{
	const char *p = sim_slice_text(in);
	size_t at = 0, end;
	unsigned n = 0;

	for (;;) {
		while (at < in.len && is_separator(p[at]))
			at++;
		if (at == in.len)
			break;
		for (end = at; end < in.len && !is_separator(p[end]); end++)
			;
		if (n == MAX_ADDRS)
			return sim_diag_slice(d, sim_slice_sub(in, at, end - at),
					      "a host has at most %d addresses", MAX_ADDRS);
		if (parse_addr(sim_slice_sub(in, at, end - at), &out[n], d) || check_free(c, out, n, d))
			return -EINVAL;
		n++;
		at = end;
	}
	if (!n)
		return sim_diag_slice(d, in, "a host needs an address with its prefix, such as 10.0.0.3/24");
	return (int)n;
}

static int check_name(struct sim_slice name, struct sim_diag *d)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-._";
	/* Every host itself, and what selectors understand. */
	static const char *const taken[] = { "localhost", "all", "and", "fd",    "tcp",   "udp",
					     "unix",      "or",  "not", "sport", "dport", "state" };
	struct sim_addr a;

	if (!name.len)
		return sim_diag_slice(d, name, "a host needs a name");
	if (name.len >= sizeof((struct sim_net *)0)->name)
		return sim_diag_slice(d, name, "a host's name has at most %zu letters",
				      sizeof((struct sim_net *)0)->name - 1);
	for (size_t i = 0; i < name.len; i++)
		if (!strchr(letters, sim_slice_text(name)[i]))
			return sim_diag_slice(
				d, sim_slice_sub(name, i, 1),
				"a host's name consists of letters, digits, \"-\", \".\" and \"_\"");
	if (sim_addr_parse(sim_slice_text(name), &a))
		return sim_diag_slice(d, name, "an address is no name");
	for (size_t i = 0; i < sizeof taken / sizeof taken[0]; i++)
		if (sim_slice_is(name, taken[i]))
			return sim_diag_slice(d, name, "\"%s\" means something else already", taken[i]);
	return 0;
}

void sim_control_add_host(struct sim_control *c, const char *name, const char *addrs)
{
	struct sim_source name_src = sim_source_of("host", name), src = sim_source_of("addresses", addrs);
	struct sim_host *h = sim_world_find_host(c->w, name);
	struct addr parsed[MAX_ADDRS];
	struct sim_diag d;
	int num;

	if (check_name(sim_slice_all(&name_src), &d))
		sim_control_fail_diag(&d);
	num = parse_addrs(c, sim_slice_all(&src), parsed, &d);
	if (num < 0)
		sim_control_fail_diag(&d);
	if (!h) {
		if (sim_world_add_host(c->w, name, &h))
			sim_control_fail("host %s: the world's memory is used up (SIMSOCK_ARENA)", name);
		/* Where the libc names are ours, paths are real ones. */
		if (sim_unix_resolvers[SIM_UNIX_PATHS_REAL])
			h->net.unix_domain->paths = SIM_UNIX_PATHS_REAL;
	}
	for (int i = 0; i < num; i++)
		if (sim_world_add_addr(c->w, h, parsed[i].addr, parsed[i].prefix_len))
			sim_control_fail("host %s: it has too many addresses: at most %d", name, MAX_ADDRS);
}

void(sim_host)(const char *name, const char *addrs)
{
	sim_control_add_host(sim_control_current("sim_host"), name ? name : "", addrs ? addrs : "");
}

/* ---- wires, sysctls ---- */

int sim_control_parse_link(const struct sim_host *a, const struct sim_host *b, struct sim_slice text,
			   struct sim_netem *out, struct sim_diag *d)
{
	int err = sim_netem_parse(text, out, d);

	if (!err && a == b && out->mtu_bytes != SIM_NETEM_MTU_DEFAULT)
		return sim_diag_slice(d, text, "a loopback's MTU is %d and stays so: leave mtu out",
				      SIM_LOOPBACK_MTU);
	return err;
}

void sim_control_link(struct sim_host *a, struct sim_host *b, const struct sim_netem *netem)
{
	struct sim_wire *there = sim_wire_get(&a->station, &b->station);
	struct sim_wire *back = sim_wire_get(&b->station, &a->station);

	if (!there || !back)
		sim_control_fail("sim_link: the world's memory is used up (SIMSOCK_ARENA)");
	sim_wire_set(there, netem);
	if (back != there)
		sim_wire_set(back, netem);
}

void(sim_link)(const char *a, const char *b, const char *netem)
{
	struct sim_control *c = sim_control_current("sim_link");
	struct sim_host *from = sim_control_host(c, "link", a), *to = sim_control_host(c, "link", b);
	struct sim_source src = sim_source_of("link", netem ? netem : "");
	struct sim_netem parsed;
	struct sim_diag d;

	if (sim_control_parse_link(from, to, sim_slice_all(&src), &parsed, &d))
		sim_control_fail_diag(&d);
	sim_control_link(from, to, &parsed);
}

void(sim_sysctl)(const char *host, const char *name, const char *value)
{
	struct sim_control *c = sim_control_current("sim_sysctl");
	struct sim_host *h = sim_control_host(c, "sysctl", host);
	struct sim_diag d;

	if (!sim_host_sysctl_set(h, name ? name : "", value ? value : "", &d))
		sim_control_fail_diag(&d);
}

/* ---- tasks ---- */

struct start {
	void (*fn)(void *);
	void *arg;
};

static void task_main(void *arg)
{
	struct start s = *(struct start *)arg;
	struct sim_task *t = sim_current;
	struct sim_world *w = sim_world_of(t);

	sim_arena_free(w->ctx.arena, arg, sizeof s);
	s.fn(s.arg);
	if (t == t->proc->main)
		sim_proc_end(t->proc, 0, t);
	sim_world_settle(w);
}

static void note_builtin(struct sim_control *c, uint32_t id)
{
	if (c->num_builtin_tasks == c->cap_builtin_tasks) {
		uint32_t cap = c->cap_builtin_tasks ? c->cap_builtin_tasks * 2 : 16;
		uint32_t *bigger = realloc(c->builtin_tasks, cap * sizeof *bigger);

		if (!bigger)
			sim_control_fail("out of memory");
		c->builtin_tasks = bigger;
		c->cap_builtin_tasks = cap;
	}
	c->builtin_tasks[c->num_builtin_tasks++] = id;
}

/* Ids only grow: the list is sorted. */
bool sim_control_is_builtin(const struct sim_control *c, uint32_t task_id)
{
	uint32_t from = 0, to = c->num_builtin_tasks;

	while (from < to) {
		uint32_t middle = from + (to - from) / 2;

		if (c->builtin_tasks[middle] == task_id)
			return true;
		if (c->builtin_tasks[middle] < task_id)
			from = middle + 1;
		else
			to = middle;
	}
	return false;
}

struct sim_task *sim_control_start_task(struct sim_control *c, struct sim_proc *p, const char *name,
					void (*fn)(void *), void *arg)
{
	struct sim_world *w = c->w;
	struct start *s = sim_arena_alloc(w->ctx.arena, sizeof *s);
	struct sim_task *t = s ? sim_task_new(&w->sched, p, name, false) : NULL;

	if (!t)
		sim_control_fail("%s: the world's memory is used up (SIMSOCK_ARENA)", name);
	s->fn = fn;
	s->arg = arg;
	if (!p->main)
		p->main = t;
	t->daemon = p->builtin;
	if (p->builtin)
		note_builtin(c, t->id);
	if (sim_fiber_start(t, task_main, s))
		sim_control_fail("%s: no memory for a stack", name);
	return t;
}

struct sim_task *sim_control_start(struct sim_control *c, struct sim_host *h, const char *name, bool builtin,
				   void (*fn)(void *), void *arg)
{
	struct sim_proc *p = sim_world_add_proc(c->w, h, name, builtin);

	if (!p)
		sim_control_fail("%s: the world's memory is used up (SIMSOCK_ARENA)", name);
	return sim_control_start_task(c, p, name, fn, arg);
}

int(sim_spawn)(const char *host, void (*fn)(void *), void *arg)
{
	struct sim_control *c = sim_control_current("sim_spawn");
	struct sim_host *h = sim_control_host(c, "spawn", host);
	char name[24];
	struct sim_str s = sim_str_on(name, sizeof name);

	if (!fn)
		sim_control_fail("sim_spawn: no function was given");
	sim_str_printf(&s, "process %u", c->w->next_proc_id + 1);
	return (int)sim_control_start(c, h, name, false, fn, arg)->proc->id;
}

int(sim_status)(int proc)
{
	struct sim_control *c = sim_control_current("sim_status");
	struct sim_list *node;

	sim_list_each(node, &c->w->procs) {
		struct sim_proc *p = sim_container_of(node, struct sim_proc, node);

		if (p->id == (uint32_t)proc && !p->builtin && !p->is_program)
			return p->ended ? p->exit_status : -1;
	}
	sim_control_fail("sim_status: no spawned process has the number %d", proc);
}
