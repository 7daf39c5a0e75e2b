/* SPDX-License-Identifier: MIT */
/*
 * Listening sockets: listen(2), accept(2), the queue of those that wait to be accepted. RFC
 * 9293 3.10.2, 3.10.7.2; full queues as Linux treats them (tcp(7), tcp_abort_on_overflow).
 *
 * FIDELITY: absent: SYN cookies: Linux answers with one where we drop a SYN since tcp_max_syn_backlog is
 * reached.
 */
#include <errno.h>

#include "sim/tcp/env.h"
#include "sim/tcp/sock.h"

int sim_tcp_sock_listen(struct sim_sock *sk, struct sim_task *t, int backlog)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	struct sim_ports *ports = &sim_tcp_of(ts)->ports;
	unsigned most = (unsigned)sk->net->sysctl.core_somaxconn, num = (unsigned)backlog;
	int err;

	if (ts->link != SIM_TCP_UNCONNECTED ||
	    !sim_tcp_in_states(ts, 1u << SIM_TCP_CLOSED | 1u << SIM_TCP_LISTEN))
		return sim_tcp_fail(ts, t, EINVAL, SIM_WHY_ALREADY_CONNECTED);
	if (num > most)
		num = most; /* a negative backlog too: listen(2) on Linux compares without sign */
	if (ts->conn.state == SIM_TCP_LISTEN) {
		ts->listener->backlog = num;
		return 0;
	}
	err = ts->in.lport ? sim_ports_may_listen(ports, &ts->in, t) : sim_ports_autobind(ports, &ts->in, t);
	if (err)
		return err;
	ts->listener = sim_arena_alloc(sim_sock_arena(sk), sizeof *ts->listener);
	if (!ts->listener)
		return sim_tcp_fail(ts, t, ENOMEM, SIM_WHY_NO_MEMORY);
	sim_list_init(&ts->listener->pending);
	sim_list_init(&ts->listener->ready);
	ts->listener->backlog = num;
	ts->in.listening = true;
	sim_tcp_conn_listen(&ts->conn);
	return 0;
}

/* ---- connections on their way in ---- */

/* As Linux's clone of the listener: all that was set before holds for the connection too. */
static void inherit(struct sim_tcp_sock *child, const struct sim_tcp_sock *from)
{
	struct sim_sock *sk = &child->in.sk;
	const struct sim_sock *l = &from->in.sk;

	sk->shutdown = l->shutdown; /* of a listener that was shut before: its connections are at once */
	child->conn.rcv_shut = from->conn.rcv_shut;
	sk->reuseaddr = l->reuseaddr;
	sk->reuseport = l->reuseport;
	sk->keepalive = l->keepalive;
	sk->broadcast = l->broadcast;
	sk->dontroute = l->dontroute;
	sk->oobinline = l->oobinline;
	sk->linger = l->linger;
	sk->linger_s = l->linger_s;
	sk->sndbuf_locked = l->sndbuf_locked;
	sk->rcvbuf_locked = l->rcvbuf_locked;
	sk->sndbuf_bytes = l->sndbuf_bytes;
	sk->rcvbuf_bytes = l->rcvbuf_bytes;
	sk->rcvlowat_bytes = l->rcvlowat_bytes;
	sk->tells = l->tells;
	sk->tsflags = l->tsflags;
	sk->new_stamps = l->new_stamps;
	sk->zerocopy = l->zerocopy;
	sk->select_errq = l->select_errq;
	sk->record = l->record;
	sk->priority = l->priority;
	sk->mark = l->mark;
	sk->sndtimeo_ns = l->sndtimeo_ns;
	sk->rcvtimeo_ns = l->rcvtimeo_ns;
	sk->bound_if = l->bound_if;
	child->in.v6only = from->in.v6only;
	child->in.recverr = from->in.recverr;
	child->in.recverr6 = from->in.recverr6;
	child->in.freebind = from->in.freebind;
	child->in.dontfrag = from->in.dontfrag;
	child->in.mtu_discover = from->in.mtu_discover;
	child->in.mtu_discover6 = from->in.mtu_discover6;
	child->in.ttl = from->in.ttl;
	child->in.tos = from->in.tos;
	child->in.tclass = from->in.tclass;
	child->in.hops = from->in.hops;
	child->in.bind_family = from->in.bind_family;
	child->conn.nodelay = from->conn.nodelay;
	child->conn.corked = from->conn.corked;
	child->conn.user_mss = from->conn.user_mss;
	child->conn.syn_retries = from->conn.syn_retries;
	child->conn.user_timeout_ms = from->conn.user_timeout_ms;
}

static bool copy_opts(struct sim_tcp_sock *child, const struct sim_tcp_sock *from)
{
	if (!from->opts)
		return true;
	child->opts = sim_arena_alloc_raw(sim_sock_arena(&child->in.sk), sizeof *child->opts);
	if (child->opts)
		*child->opts = *from->opts;
	return child->opts;
}

static struct sim_tcp_sock *child_new(struct sim_tcp_sock *ts, const struct sim_packet *syn)
{
	struct sim_net *net = ts->in.sk.net;
	struct sim_tcp_sock *child = sim_tcp_sock_alloc(net, ts->in.sk.domain);
	struct sim_tcp_request *r = sim_arena_alloc_raw(net->ctx->arena, sizeof *r);

	if (!child || !r || !copy_opts(child, ts)) {
		sim_arena_free(net->ctx->arena, r, sizeof *r);
		if (child)
			sim_sock_put(&child->in.sk);
		return NULL;
	}
	inherit(child, ts);
	child->in.laddr = syn->dst;
	child->in.lport = syn->dport;
	child->in.addr_bound = ts->in.addr_bound; /* the port is its own to give back, the address is not */
	child->in.raddr = syn->src;
	child->in.rport = syn->sport;
	child->link = SIM_TCP_CONNECTED;
	child->request = r;
	*r = (struct sim_tcp_request){ .listener = ts, .child = child };
	sim_list_append(&ts->listener->pending, &r->node);
	ts->listener->num_pending++;
	return child;
}

static void refuse(struct sim_tcp_sock *ts, struct sim_packet *p, unsigned drop)
{
	sim_tcp_drop_packet(ts->in.sk.net, p, drop);
}

static void take_syn(struct sim_tcp_sock *ts, struct sim_packet *p, bool has_isn, uint32_t isn)
{
	struct sim_tcp *tcp = sim_tcp_of(ts);
	struct sim_tcp_listener *l = ts->listener;
	struct sim_tcp_sock *child;
	struct sim_tcp_path path;
	struct sim_route route;

	if (l->num_ready > l->backlog ||
	    l->num_pending >= (uint32_t)ts->in.sk.net->sysctl.tcp_max_syn_backlog) {
		refuse(ts, p, SIM_DROP_BACKLOG);
		return;
	}
	if (sim_ip_route(tcp->ip, p->src, p->dst, ts->in.sk.bound_if, ts->in.sk.dontroute, &route)) {
		refuse(ts, p, SIM_DROP_NO_ROUTE);
		return;
	}
	child = child_new(ts, p);
	if (!child) {
		refuse(ts, p, SIM_DROP_NO_MEMORY);
		return;
	}
	child->in.route = route;
	sim_ports_adopt(&tcp->ports, &child->in);
	sim_tcp_find_path(child, &path);
	if (has_isn)
		path.isn = isn;
	sim_tcp_hold(child);
	sim_tcp_conn_open_passive(&child->conn, &path, p);
	sim_packet_free(sim_sock_arena(&ts->in.sk), p);
}

/* RFC 9293 3.10.7.2 */
void sim_tcp_listen_input(struct sim_tcp_sock *ts, struct sim_packet *p, bool has_isn, uint32_t isn)
{
	unsigned flags = p->tcp.flags;

	if (flags & SIM_TCP_RST) {
		refuse(ts, p, SIM_DROP_SEQUENCE);
	} else if (flags & SIM_TCP_ACK) {
		sim_tcp_reply_rst(sim_tcp_of(ts), p);
		refuse(ts, p, SIM_DROP_SEQUENCE);
	} else if (!(flags & SIM_TCP_SYN) || flags & SIM_TCP_FIN || sim_addr_is_multicast(p->dst)) {
		refuse(ts, p, SIM_DROP_SEQUENCE);
	} else {
		take_syn(ts, p, has_isn, isn);
	}
}

/* ---- the queue ---- */

static void leave_queue(struct sim_tcp_request *r)
{
	struct sim_tcp_listener *l = r->listener->listener;

	sim_list_remove(&r->node);
	if (r->ready)
		l->num_ready--;
	else
		l->num_pending--;
}

static struct sim_tcp_sock *request_end(struct sim_tcp_request *r)
{
	struct sim_tcp_sock *child = r->child;

	leave_queue(r);
	child->request = NULL;
	sim_arena_free(sim_sock_arena(&child->in.sk), r, sizeof *r);
	return child;
}

void sim_tcp_request_established(struct sim_tcp_sock *child)
{
	struct sim_tcp_request *r = child->request;
	struct sim_tcp_sock *ts = r->listener;

	leave_queue(r);
	r->ready = true;
	sim_list_append(&ts->listener->ready, &r->node);
	ts->listener->num_ready++;
	sim_sock_notify(&ts->in.sk, EPOLLIN | EPOLLRDNORM);
}

void sim_tcp_request_died(struct sim_tcp_sock *child)
{
	/* One that was established stays: accept(2) gives it, and its first call fails. */
	if (child->request && !child->request->ready)
		sim_sock_put(&request_end(child->request)->in.sk);
}

bool sim_tcp_env_may_establish(struct sim_tcp_conn *c)
{
	const struct sim_tcp_request *r = sim_tcp_sock_of_conn(c)->request;

	return !r || r->listener->listener->num_ready <= r->listener->listener->backlog;
}

int sim_tcp_sock_accept(struct sim_sock *sk, struct sim_task *t, bool nonblock, struct sim_sock **child)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	int64_t deadline_ns = nonblock ? 0 : sim_sock_deadline(sk, sk->rcvtimeo_ns);
	int err;

	for (;;) {
		if (ts->conn.state != SIM_TCP_LISTEN)
			return sim_tcp_fail(ts, t, EINVAL, SIM_WHY_NOT_LISTENING);
		if (ts->listener->num_ready)
			break;
		err = nonblock ? -EAGAIN : sim_sock_wait(sk, t, EPOLLIN, deadline_ns);
		if (err && err != -EAGAIN)
			return sim_tcp_interrupted(err, deadline_ns);
		/* Another task may have ended the listening meanwhile. */
		if (err && ts->conn.state == SIM_TCP_LISTEN)
			return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_ACCEPT_EMPTY, SIM_NEVER_NS,
					     ts->listener->backlog, 0, 0, 0);
	}
	*child =
		&request_end(sim_container_of(ts->listener->ready.next, struct sim_tcp_request, node))->in.sk;
	return 0;
}

static void end_all(struct sim_list *list, bool reset)
{
	while (!sim_list_empty(list)) {
		struct sim_tcp_sock *child =
			request_end(sim_container_of(list->next, struct sim_tcp_request, node));

		child->in.sk.dead = true;
		sim_tcp_conn_discard(&child->conn);
		if (reset)
			sim_tcp_conn_abort(&child->conn);
		else
			sim_tcp_conn_drop(&child->conn);
		sim_sock_put(&child->in.sk);
	}
}

/* As Linux: who was not accepted is reset, who was still shaking hands is forgotten. */
void sim_tcp_listen_stop(struct sim_tcp_sock *ts)
{
	struct sim_tcp_listener *l = ts->listener;

	end_all(&l->pending, false);
	end_all(&l->ready, true);
	ts->in.listening = false;
	ts->listener = NULL;
	sim_arena_free(sim_sock_arena(&ts->in.sk), l, sizeof *l);
	sim_tcp_conn_drop(&ts->conn);
}
