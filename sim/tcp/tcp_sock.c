/* SPDX-License-Identifier: MIT */
/*
 * TCP sockets: made, bound, connected, shut down, closed; and the machine's way out to IP and to the program.
 * connect(2), shutdown(2), close(2), tcp(7), socket(7) on SO_LINGER; the order of checks as the running
 * kernel has it.
 */
#include <errno.h>
#include <linux/sockios.h>
#include <netinet/in.h>
#include <sys/ioctl.h>

#include "sim/tcp/env.h"
#include "sim/tcp/sock.h"

#define S(state) (1u << (SIM_TCP_##state))

int sim_tcp_fail(struct sim_tcp_sock *ts, struct sim_task *t, int err, enum sim_why_key key)
{
	return sim_sock_fail(&ts->in.sk, t, err, key, SIM_NEVER_NS, ts->conn.state, 0, 0, 0);
}

struct sim_tcp_sock *sim_tcp_sock_alloc(struct sim_net *net, int domain)
{
	struct sim_tcp_sock *ts = sim_arena_alloc(net->ctx->arena, sizeof *ts);
	struct sim_sock *sk;

	if (!ts)
		return NULL;
	sim_inet_init(&ts->in, net, SIM_SOCK_TCP, domain, SOCK_STREAM, IPPROTO_TCP);
	sk = &ts->in.sk;
	sk->sndbuf_bytes = net->sysctl.tcp_wmem_default;
	sk->rcvbuf_bytes = net->sysctl.tcp_rmem_default;
	sim_tcp_conn_init(&ts->conn, &net->tcp->common, sk->id);
	return ts;
}

int sim_tcp_sock_new(struct sim_net *net, int domain, struct sim_sock **sk)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_alloc(net, domain);

	if (!ts)
		return -ENOMEM;
	*sk = &ts->in.sk;
	return 0;
}

static void destroy(struct sim_sock *sk)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	struct sim_arena *a = sim_sock_arena(sk);

	SIM_ASSERT(!ts->held);
	sim_tcp_marks_drop(ts);
	sim_tcp_conn_fini(&ts->conn);
	sim_ports_release(&sim_tcp_of(ts)->ports, &ts->in);
	sim_arena_free(a, ts->opts, sizeof *ts->opts);
	sim_sock_fini(sk);
	sim_arena_free(a, ts, sizeof *ts);
}

void sim_tcp_hold(struct sim_tcp_sock *ts)
{
	SIM_ASSERT(!ts->held);
	ts->held = true;
	sim_sock_get(&ts->in.sk);
}

/* ---- what the machine asks for: env.h ---- */

static uint16_t path_mss(const struct sim_tcp_sock *ts)
{
	bool v4 = sim_addr_is_v4(ts->in.raddr);
	/* Whatever the interface carries: IPv4's length counts its own header, IPv6's does not. */
	uint32_t mtu = ts->in.route.mtu_bytes, most = v4 ? 65535 : 65535 + 40;

	return (uint16_t)((mtu < most ? mtu : most) - (v4 ? 40 : 60));
}

/* RFC 6528: a clock of 4 microseconds, as RFC 9293 3.4.1 wants it, plus a secret function of both ends. */
void sim_tcp_find_path(struct sim_tcp_sock *ts, struct sim_tcp_path *path)
{
	const struct sim_inet *in = &ts->in;
	struct sim_ctx *ctx = in->sk.net->ctx;
	uint64_t key =
		sim_mix(in->laddr.d[0] ^ in->raddr.d[1] ^ 0xa0761d6478bd642fu, in->laddr.d[1] ^ in->lport);
	struct sim_rng rng;

	key ^= sim_mix(in->raddr.d[0] ^ in->rport ^ 0xe7037ed1a0b428dbu,
		       in->raddr.d[1] ^ (uint64_t)in->lport << 16);
	rng = sim_rng_stream(ctx->seed, SIM_PURPOSE_ISN, key);
	path->isn = (uint32_t)(sim_rng_next(&rng) + (uint64_t)sim_now(ctx) / 4000u);
	path->mss_bytes = path_mss(ts);
}

/* The way may have changed since: looks again. */
static bool find_route(struct sim_tcp_sock *ts)
{
	struct sim_inet *in = &ts->in;
	int err = sim_ip_route(in->ip, in->raddr, in->laddr, in->sk.bound_if, in->sk.dontroute, &in->route);

	if (err) {
		in->route.generation = 0;
		ts->conn.soft_err = (uint8_t)-err;
		return false;
	}
	if (path_mss(ts) < ts->conn.path_mss)
		sim_tcp_conn_narrow(&ts->conn, path_mss(ts));
	return true;
}

void sim_tcp_env_send(struct sim_tcp_conn *c, struct sim_packet *p)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of_conn(c);
	struct sim_inet *in = &ts->in;
	struct sim_sock *sk = &in->sk;

	p->src = in->laddr;
	p->dst = in->raddr;
	p->sport = in->lport;
	p->dport = in->rport;
	p->proto = IPPROTO_TCP;
	p->truesize_bytes = p->payload.len + SIM_TCP_SKB_OVERHEAD;
	if (__builtin_expect(!sim_route_is_valid(in->ip, &in->route), 0) && !find_route(ts)) {
		sim_tcp_drop_packet(sk->net, p, SIM_DROP_NO_ROUTE);
		return;
	}
	if (__builtin_expect(!sk->flow, 0))
		sk->flow = sim_flow_define(&sk->net->ctx->trace, sk->net->host_id, p);
	p->flow = sk->flow;
	p->confirm = ts->confirm; /* Linux, sk_dst_pending_confirm */
	ts->confirm = false;
	sim_inet_mark(in, &in->route, p);
	if (__builtin_expect(ts->marks != NULL, 0))
		sim_tcp_marks_sent(ts, p);
	/* A full queue on the way is a loss like others: the timer sends it again. */
	sim_ip_send(in->ip, &in->route, p);
}

void sim_tcp_env_drop(struct sim_tcp_conn *c, struct sim_packet *p, unsigned drop)
{
	sim_tcp_drop_packet(sim_tcp_sock_of_conn(c)->in.sk.net, p, drop);
}

uint32_t sim_tcp_env_rcvbuf(const struct sim_tcp_conn *c)
{
	return (uint32_t)sim_tcp_sock_of_conn(c)->in.sk.rcvbuf_bytes;
}

bool sim_tcp_env_rcvbuf_locked(const struct sim_tcp_conn *c)
{
	return sim_tcp_sock_of_conn(c)->in.sk.rcvbuf_locked;
}

uint32_t sim_tcp_env_rcvlowat(const struct sim_tcp_conn *c)
{
	return (uint32_t)sim_tcp_sock_of_conn(c)->in.sk.rcvlowat_bytes;
}

static uint32_t readable_events(const struct sim_tcp_sock *ts)
{
	const struct sim_tcp_conn *c = &ts->conn;

	if (!c->rcv_len || (__builtin_expect(c->urg_data, 0) && !sim_tcp_is_readable_at_mark(ts)))
		return 0;
	if (c->rcv_len >= (uint32_t)ts->in.sk.rcvlowat_bytes || sim_tcp_conn_rcv_window(c) <= c->rcv_mss)
		return EPOLLIN | EPOLLRDNORM;
	return 0;
}

void sim_tcp_env_readable(struct sim_tcp_conn *c, bool fin)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of_conn(c);
	struct sim_sock *sk = &ts->in.sk;

	sk->rmem_bytes = c->rmem_bytes;
	if (__builtin_expect(sk->tells, 0))
		ts->arrived_ns = sim_now(sk->net->ctx);
	if (fin) {
		sk->shutdown |= SIM_SHUT_RD;
		sim_sock_notify(sk, EPOLLIN | EPOLLRDNORM | EPOLLRDHUP |
					    (sk->shutdown == SIM_SHUT_BOTH ? (uint32_t)EPOLLHUP : 0));
		return;
	}
	if (!sim_list_empty(&sk->wait.waits) && readable_events(ts))
		sim_sock_notify(sk, EPOLLIN | EPOLLRDNORM |
					    (c->urg_data == SIM_TCP_URG_VALID ? (uint32_t)EPOLLPRI : 0));
}

void sim_tcp_env_error(struct sim_tcp_conn *c, int err, enum sim_why_key key, int64_t since_ns, int64_t arg0,
		       int64_t arg1)
{
	sim_sock_set_error(&sim_tcp_sock_of_conn(c)->in.sk, err, key, since_ns, arg0, arg1);
}

int64_t sim_tcp_env_fin_timeout_ms(const struct sim_tcp_conn *c)
{
	const struct sim_tcp_sock *ts = sim_tcp_sock_of_conn(c);
	int32_t linger2_s = ts->opts ? ts->opts->linger2_s : 0;

	return linger2_s ? linger2_s * INT64_C(1000) : ts->in.sk.net->sysctl.tcp_fin_timeout * INT64_C(1000);
}

static void established(struct sim_tcp_sock *ts)
{
	sim_tcp_expand_sndbuf(ts);
	if (ts->conn.passive && ts->request)
		sim_tcp_request_established(ts);
	sim_sock_notify(&ts->in.sk, EPOLLOUT | EPOLLWRNORM);
}

/*
 * The tables forget it, its reasons don't: ends stay readable in the socket until it is dissolved. A port
 * that bind(2) did not name is given back, so that another can be bound (the kernel's tcp_set_state).
 */
static void leave_tables(struct sim_tcp_sock *ts)
{
	struct sim_inet *in = &ts->in;
	struct sim_addr laddr = in->laddr, raddr = in->raddr;
	uint16_t rport = in->rport;

	sim_ports_disconnect(&sim_tcp_of(ts)->ports, in);
	in->laddr = laddr;
	in->raddr = raddr;
	in->rport = rport;
}

static void closed(struct sim_tcp_sock *ts, unsigned old)
{
	struct sim_sock *sk = &ts->in.sk;

	if (old == SIM_TCP_LISTEN)
		return;
	sk->shutdown = SIM_SHUT_BOTH;
	sk->wmem_bytes = 0;
	ts->skb_room_bytes = 0;
	sim_tcp_marks_drop(ts);
	leave_tables(ts);
	sim_sock_notify(sk, EPOLLIN | EPOLLRDNORM | EPOLLRDHUP | EPOLLOUT | EPOLLWRNORM | EPOLLHUP);
	if (ts->conn.passive)
		sim_tcp_request_died(ts);
	if (ts->held) {
		ts->held = false;
		sim_sock_put(sk);
	}
}

/*
 * As Linux: TIME_WAIT is nothing that a program sees. A socket that it still holds is closed at once, and
 * another, which nobody holds, keeps both ends for a minute.
 */
static void hand_over_time_wait(struct sim_tcp_sock *ts)
{
	struct sim_sock *sk = &ts->in.sk;
	struct sim_tcp_sock *twin = sim_tcp_sock_alloc(sk->net, sk->domain);
	struct sim_ports *ports = &sim_tcp_of(ts)->ports;
	struct sim_inet *in = &ts->in;
	bool by_connect = in->port && in->port->by_connect;

	if (twin) {
		twin->in.laddr = in->laddr;
		twin->in.raddr = in->raddr;
		twin->in.lport = in->lport;
		twin->in.rport = in->rport;
		twin->in.route = in->route;
		twin->in.v6only = in->v6only;
		twin->in.sk.reuseaddr = sk->reuseaddr;
		twin->in.sk.reuseport = sk->reuseport;
		twin->in.sk.bound_if = sk->bound_if;
		twin->in.sk.flow = sk->flow;
		twin->in.sk.shutdown = SIM_SHUT_BOTH;
		twin->in.sk.dead = true;
		twin->in.yields = ts->conn.ts_ok;
		twin->held = true; /* its only reference */
		sim_tcp_conn_inherit_time_wait(&twin->conn, &ts->conn);
		sim_ports_adopt(ports, &twin->in);
		if (twin->in.port)
			twin->in.port->by_connect = by_connect;
	} else {
		sim_tcp_conn_drop(&ts->conn);
	}
}

void sim_tcp_env_state(struct sim_tcp_conn *c, unsigned old)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of_conn(c);
	struct sim_sock *sk = &ts->in.sk;

	ts->confirm |= c->state == SIM_TCP_ESTABLISHED; /* our SYN was acknowledged */
	switch (c->state) {
	case SIM_TCP_SYN_RECEIVED:
		/* A simultaneous open: as Linux, what was shut before is shut again once it is open. */
		if (sk->shutdown & SIM_SHUT_WR)
			sim_tcp_conn_shut_send(c);
		break;
	case SIM_TCP_ESTABLISHED: established(ts); break;
	case SIM_TCP_FIN_WAIT_2:
		sim_sock_notify(sk, EPOLLOUT | EPOLLWRNORM); /* a close that lingers waits for it */
		break;
	case SIM_TCP_TIME_WAIT:
		ts->in.yields = sk->dead && c->ts_ok;
		if (!sk->dead)
			hand_over_time_wait(ts);
		else if (!c->orphan)
			sim_sock_notify(sk, EPOLLOUT | EPOLLWRNORM);
		break;
	case SIM_TCP_CLOSED: closed(ts, old); break;
	default: break;
	}
}

/* ---- bind, connect ---- */

static int check_len(struct sim_tcp_sock *ts, struct sim_task *t, const struct sim_sockaddr *a)
{
	/* RFC 2133's sockaddr_in6 had no scope. */
	uint16_t need =
		ts->in.sk.domain == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6) - 4;

	if (a->raw_len >= need)
		return 0;
	return sim_sock_fail(&ts->in.sk, t, EINVAL, SIM_WHY_BAD_ADDRESS_LEN, SIM_NEVER_NS, a->raw_len, need,
			     sizeof(struct sockaddr_storage), 0);
}

static int sock_bind(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *a)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	int err = check_len(ts, t, a);

	if (err)
		return err;
	return sim_ports_bind(&sim_tcp_of(ts)->ports, &ts->in, t, a);
}

static int start_connect(struct sim_tcp_sock *ts, struct sim_task *t, const struct sim_sockaddr *a)
{
	struct sim_tcp_path path;
	int err = check_len(ts, t, a);

	if (!err)
		err = sim_ports_connect(&sim_tcp_of(ts)->ports, &ts->in, t, a);
	if (err)
		return err;
	ts->in.sk.err = 0;
	ts->in.sk.err_why = (struct sim_reason){ 0 };
	ts->in.sk.flow = 0;
	ts->link = SIM_TCP_CONNECTING;
	sim_tcp_find_path(ts, &path);
	sim_tcp_hold(ts);
	sim_tcp_conn_open(&ts->conn, &path);
	return 0;
}

/* connect(2) with AF_UNSPEC, and what a failed connect leaves: a socket as it was before, bound if it was
 * bound. */
void sim_tcp_disconnect(struct sim_tcp_sock *ts)
{
	struct sim_sock *sk = &ts->in.sk;
	bool was_closed = ts->conn.state == SIM_TCP_CLOSED, port_bound = ts->in.port_bound;
	bool was_open = sim_tcp_in_states(ts, S(SYN_SENT) | S(SYN_RECEIVED) | S(ESTABLISHED) | S(FIN_WAIT_1) |
						      S(FIN_WAIT_2) | S(CLOSE_WAIT));

	if (ts->conn.state == SIM_TCP_LISTEN)
		sim_tcp_listen_stop(ts);
	else
		sim_tcp_conn_abort(&ts->conn);
	if (was_open) {
		sk->err = ECONNRESET;
		sk->err_why = (struct sim_reason){ SIM_WHY_NOT_CONNECTED, sk->id, SIM_NEVER_NS, { 0 } };
	}
	sim_tcp_conn_discard(&ts->conn);
	sim_tcp_conn_forget_urgent(&ts->conn);
	ts->conn.rcv_shut = ts->conn.fin_rcvd = false;
	sk->rmem_bytes = 0;
	sk->shutdown = 0;
	/* A port goes when the state changes to CLOSED; one that was bound since then stays. */
	ts->in.port_bound |= was_closed;
	sim_ports_disconnect(&sim_tcp_of(ts)->ports, &ts->in);
	ts->in.port_bound = port_bound;
	ts->link = SIM_TCP_UNCONNECTED;
}

/* The attempt is under way: waits for its end unless it is not to. */
static int wait_connect(struct sim_tcp_sock *ts, struct sim_task *t, bool nonblock, int in_progress)
{
	struct sim_sock *sk = &ts->in.sk;
	int64_t deadline_ns = nonblock ? 0 : sim_sock_deadline(sk, sk->sndtimeo_ns);
	int err;

	while (sim_tcp_in_states(ts, S(SYN_SENT) | S(SYN_RECEIVED))) {
		int64_t since_ns = sim_now(sk->net->ctx);

		err = nonblock ? -EAGAIN : sim_sock_wait(sk, t, EPOLLOUT, deadline_ns);
		if (err == -EAGAIN)
			return sim_sock_fail(sk, t, in_progress, SIM_WHY_CONNECT_IN_PROGRESS, since_ns,
					     since_ns, 0, 0, 0);
		if (err)
			return sim_tcp_interrupted(err, deadline_ns);
	}
	if (ts->conn.state != SIM_TCP_CLOSED) {
		ts->link = SIM_TCP_CONNECTED;
		return 0;
	}
	err = sim_sock_take_error(sk, t);
	if (!err)
		err = sim_tcp_fail(ts, t, ECONNABORTED, SIM_WHY_NOT_CONNECTED);
	sim_tcp_disconnect(ts);
	return err;
}

static int sock_connect(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *a, bool nonblock)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	int in_progress = EALREADY, err;

	if (a->family == AF_UNSPEC) {
		sim_tcp_disconnect(ts);
		return 0;
	}
	if (ts->link == SIM_TCP_CONNECTED || ts->link == SIM_TCP_DISCONNECTING ||
	    (ts->link == SIM_TCP_UNCONNECTED && ts->conn.state != SIM_TCP_CLOSED))
		return sim_tcp_fail(ts, t, ts->link == SIM_TCP_DISCONNECTING ? EINVAL : EISCONN,
				    SIM_WHY_ALREADY_CONNECTED);
	if (ts->link == SIM_TCP_UNCONNECTED) {
		err = start_connect(ts, t, a);
		if (err)
			return err;
		in_progress = EINPROGRESS;
	}
	return wait_connect(ts, t, nonblock, in_progress);
}

/* ---- shutdown, close ---- */

static int sock_shutdown(struct sim_sock *sk, struct sim_task *t, int how)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	unsigned bits = how == SHUT_RD ? SIM_SHUT_RD : how == SHUT_WR ? SIM_SHUT_WR : SIM_SHUT_BOTH;
	int err = 0;

	if (how < SHUT_RD || how > SHUT_RDWR)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 2, how, 0, 0);
	/* inet_shutdown(): who is on the way, or was refused and not told yet, can only be dissolved from now
	 * on. */
	if (ts->link == SIM_TCP_CONNECTING)
		ts->link = sim_tcp_in_states(ts, S(SYN_SENT) | S(SYN_RECEIVED) | S(CLOSED))
				   ? SIM_TCP_DISCONNECTING
				   : SIM_TCP_CONNECTED;
	switch (ts->conn.state) {
	case SIM_TCP_LISTEN:
		if (bits & SIM_SHUT_RD)
			sim_tcp_disconnect(ts);
		break;
	case SIM_TCP_SYN_SENT: sim_tcp_disconnect(ts); break;
	default:
		if (ts->conn.state == SIM_TCP_CLOSED)
			err = sim_tcp_fail(ts, t, ENOTCONN, SIM_WHY_NOT_CONNECTED);
		sk->shutdown |= (uint8_t)bits;
		ts->conn.rcv_shut |= !!(bits & SIM_SHUT_RD);
		if (bits & SIM_SHUT_WR) {
			ts->shut_ms = (uint32_t)(sim_now(sk->net->ctx) / SIM_NS_PER_MS);
			sim_tcp_conn_shut_send(&ts->conn);
		}
		break;
	}
	sim_sock_notify(sk, EPOLLIN | EPOLLRDNORM | EPOLLRDHUP | EPOLLOUT | EPOLLWRNORM | EPOLLHUP);
	return err;
}

/* socket(7), SO_LINGER: until the peer has acknowledged all, or the time is over, or a signal comes. */
static void linger(struct sim_tcp_sock *ts, struct sim_task *t)
{
	struct sim_sock *sk = &ts->in.sk;
	int64_t deadline_ns = sim_clock_round_ticks(sim_now(sk->net->ctx), sk->linger_s * SIM_NS_PER_S);

	while (sim_tcp_in_states(ts, S(FIN_WAIT_1) | S(CLOSING) | S(LAST_ACK)))
		if (sim_sock_wait(sk, t, 0, deadline_ns))
			break;
}

static void close_connection(struct sim_tcp_sock *ts, struct sim_task *t)
{
	struct sim_sock *sk = &ts->in.sk;
	bool unread = ts->conn.rcv_len > 0;

	sk->shutdown = SIM_SHUT_BOTH;
	sim_tcp_conn_discard(&ts->conn);
	if (ts->conn.state == SIM_TCP_CLOSED)
		return;
	/* RFC 2525 2.17: bytes are lost, and the peer is told. RFC 9293 3.10.5 for the other two. */
	if (unread || (sk->linger && !sk->linger_s) || ts->conn.state == SIM_TCP_SYN_SENT) {
		sim_tcp_conn_abort(&ts->conn);
		return;
	}
	sim_tcp_conn_shut_send(&ts->conn);
	if (sk->linger && t)
		linger(ts, t);
}

static void sock_release(struct sim_sock *sk, struct sim_task *t)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);

	sk->dead = true;
	if (ts->conn.state == SIM_TCP_LISTEN)
		sim_tcp_listen_stop(ts);
	else
		close_connection(ts, t);
	sim_tcp_conn_orphan(&ts->conn);
	if (ts->conn.state == SIM_TCP_CLOSED)
		sim_ports_release(&sim_tcp_of(ts)->ports, &ts->in);
}

/* ---- looking ---- */

/* poll(2), and what Linux's tcp_poll says in each state. */
static uint32_t sock_poll(struct sim_sock *sk)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	uint32_t events = 0;

	if (ts->conn.state == SIM_TCP_LISTEN)
		return ts->listener->num_ready ? EPOLLIN | EPOLLRDNORM : 0;
	if (sk->shutdown == SIM_SHUT_BOTH || ts->conn.state == SIM_TCP_CLOSED)
		events |= EPOLLHUP;
	if (sk->shutdown & SIM_SHUT_RD)
		events |= EPOLLIN | EPOLLRDNORM | EPOLLRDHUP;
	if (!sim_tcp_in_states(ts, S(SYN_SENT) | S(SYN_RECEIVED))) {
		events |= readable_events(ts);
		if (sk->shutdown & SIM_SHUT_WR || sim_tcp_is_writable(ts))
			events |= EPOLLOUT | EPOLLWRNORM;
		else
			ts->nospace = true;
		if (ts->conn.urg_data == SIM_TCP_URG_VALID)
			events |= EPOLLPRI;
	}
	return events | (sim_sock_err_events(sk) & (uint32_t)~EPOLLPRI);
}

static int sock_getname(struct sim_sock *sk, struct sim_task *t, struct sim_sockaddr *a, bool peer)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);

	if (peer && sim_tcp_in_states(ts, S(CLOSED) | S(SYN_SENT) | S(LISTEN)))
		return sim_tcp_fail(ts, t, ENOTCONN, SIM_WHY_NOT_CONNECTED);
	return sim_inet_getname(sk, t, a, peer);
}

static int sock_ioctl(struct sim_sock *sk, struct sim_task *t, unsigned long request, int *value)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	const struct sim_tcp_conn *c = &ts->conn;
	bool young = sim_tcp_in_states(ts, S(SYN_SENT) | S(SYN_RECEIVED));

	switch (request) {
	case FIONREAD: /* SIOCINQ */
	case SIOCOUTQ: /* TIOCOUTQ */
	case SIOCOUTQNSD:
		if (c->state == SIM_TCP_LISTEN)
			return sim_sock_fail(sk, t, EINVAL, SIM_WHY_NOT_CONNECTED, SIM_NEVER_NS, c->state, 0,
					     0, 0);
		if (young)
			*value = 0;
		else if (request == FIONREAD)
			*value = (int)sim_tcp_num_unread(ts);
		else if (request == SIOCOUTQ)
			*value = (int)(c->write_seq + c->fin_queued - c->snd_una) *
				 (c->state != SIM_TCP_CLOSED);
		else
			*value = (int)(c->write_seq + c->fin_queued - c->snd_nxt) *
				 (c->state != SIM_TCP_CLOSED);
		return 0;
	case SIOCATMARK: *value = sim_tcp_at_mark(ts, 0); return 0;
	default: return sim_sock_fail(sk, t, ENOTTY, SIM_WHY_NOT_SUPPORTED, SIM_NEVER_NS, 0, 0, 0, 0);
	}
}

static void sock_view(struct sim_sock *sk, struct sim_sock_view *v)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	const struct sim_tcp_conn *c = &ts->conn;

	v->netid = "tcp";
	v->state = sim_tcp_state_name(c->state);
	if (c->state == SIM_TCP_LISTEN) { /* as ss(8) has it */
		v->recv_q = ts->listener->num_ready;
		v->send_q = ts->listener->backlog;
	} else {
		v->recv_q = c->rcv_len;
		v->send_q = sim_tcp_conn_unacked(c);
	}
	v->local.family = sim_inet_told_port(&ts->in) ? sk->domain : 0;
	v->local.addr = ts->in.laddr;
	v->local.port = sim_inet_told_port(&ts->in);
	v->peer.family = ts->in.rport ? sk->domain : 0;
	v->peer.addr = ts->in.raddr;
	v->peer.port = ts->in.rport;
}

bool sim_tcp_sock_is_stuck(struct sim_sock *sk, int64_t since_ns)
{
	return sk->kind != SIM_SOCK_TCP || sim_tcp_conn_is_stuck(&sim_tcp_sock_of(sk)->conn, since_ns);
}

static void sock_room_changed(struct sim_sock *sk)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);

	if (sim_tcp_in_states(ts, S(ESTABLISHED) | S(CLOSE_WAIT)) && sim_tcp_is_writable(ts)) {
		ts->nospace = false;
		sim_sock_notify(sk, EPOLLOUT | EPOLLWRNORM);
	}
}

static int take_soft_error(struct sim_sock *sk)
{
	struct sim_tcp_conn *c = &sim_tcp_sock_of(sk)->conn;
	int err = c->soft_err;

	c->soft_err = 0;
	return err;
}

/* Linux, sk_dst_reset: the next segment looks for its way anew. */
static void sock_way_changed(struct sim_sock *sk)
{
	sim_tcp_sock_of(sk)->in.route.generation = 0;
}

const struct sim_sock_ops sim_tcp_sock_ops = {
	.bind = sock_bind,
	.connect = sock_connect,
	.listen = sim_tcp_sock_listen,
	.accept = sim_tcp_sock_accept,
	.send = sim_tcp_sock_send,
	.recv = sim_tcp_sock_recv,
	.shutdown = sock_shutdown,
	.poll = sock_poll,
	.getname = sock_getname,
	.setopt = sim_tcp_sock_setopt,
	.getopt = sim_tcp_sock_getopt,
	.ioctl = sock_ioctl,
	.release = sock_release,
	.destroy = destroy,
	.view = sock_view,
	.number_stamps = sim_tcp_number_stamps,
	.room_changed = sock_room_changed,
	.take_soft_error = take_soft_error,
	.way_changed = sock_way_changed,
};
