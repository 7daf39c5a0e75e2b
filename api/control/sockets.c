/* SPDX-License-Identifier: MIT */
/* Sockets as ss(8) lists them, and who waits for what: the report of a dead-lock. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/control/control.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "api/calls/calls.h"
#include "api/simsock.h"

enum { SOCKETS_TEXT_BYTES = 65536, NAME_BYTES = 160, SPINNING_MAX_SOCKETS = 10 };

static void add_padded(struct sim_str *out, const struct sim_sockaddr *a)
{
	char name[NAME_BYTES];
	struct sim_str n = sim_str_on(name, sizeof name);

	sim_render_name(&n, a);
	sim_str_printf(out, " %-24s", name);
}

void sim_render_sock(struct sim_control *c, struct sim_str *out, struct sim_sock *sk)
{
	struct sim_sock_view v;

	(void)c;
	memset(&v, 0, sizeof v);
	sim_sock_op(sk)->view(sk, &v);
	sim_str_printf(out, "%-5s %-10s %-6" PRIu64 " %-6" PRIu64, v.netid ? v.netid : "?",
		       v.state ? v.state : "?", v.recv_q, v.send_q);
	add_padded(out, &v.local);
	add_padded(out, &v.peer);
	while (out->len && out->buf[out->len - 1] == ' ')
		out->buf[--out->len] = '\0';
}

const char *sim_sockets(void)
{
	struct sim_control *c = sim_control_current("sim_sockets");
	struct sim_list *h, *s;
	struct sim_str out;

	if (!c->sockets_text) {
		c->sockets_text_bytes = SOCKETS_TEXT_BYTES;
		c->sockets_text = malloc(c->sockets_text_bytes);
		if (!c->sockets_text)
			sim_control_fail("out of memory");
	}
	out = sim_str_on(c->sockets_text, c->sockets_text_bytes);
	sim_str_printf(&out, "%-8s %-5s %-10s %-6s %-6s %-24s %s\n", "Host", "Netid", "State", "Recv-Q",
		       "Send-Q", "Local Address:Port", "Peer Address:Port");
	sim_list_each(h, &c->w->hosts) {
		struct sim_host *host = sim_container_of(h, struct sim_host, node);

		sim_list_each(s, &host->net.sockets) {
			sim_str_printf(&out, "%-8s ", host->net.name);
			sim_render_sock(c, &out, sim_container_of(s, struct sim_sock, node));
			sim_str_add(&out, "\n");
		}
	}
	return c->sockets_text;
}

/* ---- who waits ---- */

static void add_sock_line(struct sim_control *c, struct sim_str *out, const char *what, struct sim_sock *sk)
{
	sim_str_printf(out, "    %s on %s: ", what, sk->net->name);
	sim_render_sock(c, out, sk);
	sim_str_add(out, "\n");
}

static void add_both_ends(struct sim_control *c, struct sim_str *out, struct sim_sock *sk)
{
	struct sim_sock *peer = sim_sock_peer(sk);

	add_sock_line(c, out, "its socket", sk);
	if (peer)
		add_sock_line(c, out, "the peer", peer);
	else
		sim_str_add(out, "    there is no peer\n");
}

static void add_waiting(struct sim_control *c, struct sim_str *out, const struct sim_task *t)
{
	const struct sim_blocked_on *on = &t->on;
	struct sim_sock *sk = on->sock_id ? sim_world_find_sock(c->w, on->sock_id) : NULL;

	sim_str_printf(out, "  %s (%s) waits in %s(", t->name, t->proc->net->name, sim_call_name(on->call));
	if (on->fd >= 0)
		sim_str_printf(out, "%d", sim_render_fd(c, t->id, on->fd));
	sim_str_add(out, ") since ");
	sim_render_time(out, on->since_ns);
	sim_str_add(out, on->deadline_ns == SIM_NEVER_NS ? " without a time limit\n" : "\n");
	if (sk)
		add_both_ends(c, out, sk);
}

/* It runs: what it asks again and again is its last call, about one socket or about all that it has. */
static void add_spinning(struct sim_control *c, struct sim_str *out, const struct sim_task *t)
{
	const struct sim_fdtable *fds = t->proc->fds;
	const struct sim_file *f = sim_fd_file(fds, t->on.fd);
	unsigned num = 0;

	sim_str_printf(out, "  %s (%s) calls %s(", t->name, t->proc->net->name, sim_call_name(t->on.call));
	if (t->on.fd >= 0)
		sim_str_printf(out, "%d", sim_render_fd(c, t->id, t->on.fd));
	sim_str_add(out, ") without end\n");
	if (f && f->kind == SIM_FILE_SOCK) {
		add_both_ends(c, out, f->sk);
		return;
	}
	for (int fd = 0; fd < fds->num_slots && num < SPINNING_MAX_SOCKETS; fd++) {
		const struct sim_fd *slot = &fds->slots[fd];

		if (!slot->file || slot->file->kind != SIM_FILE_SOCK || slot->proc_id != t->proc->id)
			continue;
		add_sock_line(c, out, "its socket", slot->file->sk);
		num++;
	}
}

void sim_render_blocked(struct sim_control *c, struct sim_str *out, struct sim_task *first)
{
	struct sim_list *node;

	if (first->state != SIM_TASK_DEAD && !first->daemon)
		(first->state == SIM_TASK_BLOCKED ? add_waiting : add_spinning)(c, out, first);
	sim_list_each(node, &c->w->sched.all) {
		struct sim_task *t = sim_container_of(node, struct sim_task, all);

		if (t != first && t->state == SIM_TASK_BLOCKED && !t->daemon)
			add_waiting(c, out, t);
	}
}
