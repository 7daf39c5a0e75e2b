/* SPDX-License-Identifier: MIT */
/*
 * TCP on one host: who gets a segment, what nobody gets (RFC 9293 3.10.7.1), what ICMP says (RFC
 * 1122 4.2.3.9), and the timers' way to their connections.
 */
#include "sim/tcp/tcp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

#include "sim/tcp/seq.h"
#include "sim/tcp/sock.h"

enum { TIME_WAIT_ISN_STEP = 65535 + 2 }; /* RFC 1122 4.2.2.13: beyond what the old connection may have used */

int sim_tcp_init(struct sim_tcp *tcp, struct sim_ip *ip)
{
	struct sim_net *net = ip->net;

	tcp->common = (struct sim_tcp_common){ net->ctx, &net->sysctl, net->host_id };
	tcp->ip = ip;
	net->tcp = tcp;
	return sim_ports_init(&tcp->ports, ip, true);
}

void sim_tcp_fini(struct sim_tcp *tcp)
{
	sim_ports_fini(&tcp->ports);
}

static struct sim_tcp_sock *find(struct sim_tcp *tcp, struct sim_addr laddr, uint16_t lport,
				 struct sim_addr raddr, uint16_t rport)
{
	return (struct sim_tcp_sock *)sim_ports_find_tuple(&tcp->ports, laddr, lport, raddr, rport);
}

struct sim_sock *sim_tcp_find(struct sim_tcp *tcp, struct sim_addr laddr, uint16_t lport,
			      struct sim_addr raddr, uint16_t rport)
{
	struct sim_tcp_sock *ts = find(tcp, laddr, lport, raddr, rport);

	return ts ? &ts->in.sk : NULL;
}

void sim_tcp_drop_packet(struct sim_net *net, struct sim_packet *p, unsigned drop)
{
	sim_packet_trace(&net->ctx->trace, SIM_TRACE_DROP, net->host_id, p, drop);
	sim_packet_free(net->ctx->arena, p);
}

/* ---- what nobody wants ---- */

/* RFC 9293 3.10.7.1: CLOSED answers everything but a reset by a reset. */
void sim_tcp_reply_rst(struct sim_tcp *tcp, const struct sim_packet *p)
{
	struct sim_ctx *ctx = tcp->common.ctx;
	const struct sim_tcp_header *h = &p->tcp;
	struct sim_packet *r;
	struct sim_route route;

	if (h->flags & SIM_TCP_RST || sim_addr_is_multicast(p->dst) ||
	    sim_ip_route(tcp->ip, p->src, p->dst, 0, false, &route))
		return;
	r = sim_packet_new(ctx->arena, &ctx->next_packet_id);
	if (!r)
		return;
	r->src = p->dst;
	r->dst = p->src;
	r->sport = p->dport;
	r->dport = p->sport;
	r->proto = IPPROTO_TCP;
	r->dont_fragment = true;
	if (h->flags & SIM_TCP_ACK) {
		r->tcp.seq = h->ack; /* <SEQ=SEG.ACK><CTL=RST> */
		r->tcp.flags = SIM_TCP_RST;
	} else {
		r->tcp.ack =
			h->seq + p->payload.len + !!(h->flags & SIM_TCP_SYN) + !!(h->flags & SIM_TCP_FIN);
		r->tcp.flags = SIM_TCP_RST | SIM_TCP_ACK; /* <SEQ=0><ACK=SEG.SEQ+SEG.LEN><CTL=RST,ACK> */
	}
	sim_ip_send(tcp->ip, &route, r);
}

/* ---- delivery ---- */

static bool is_listening(const struct sim_inet *in)
{
	return in->listening;
}

static struct sim_tcp_sock *find_listener(struct sim_tcp *tcp, const struct sim_packet *p)
{
	return (struct sim_tcp_sock *)sim_ports_find_receiver(&tcp->ports, p, is_listening);
}

/* A SYN for a connection in TIME_WAIT that may make room, if somebody listens: true if it did; takes p then.
 */
static bool reopen(struct sim_tcp *tcp, struct sim_tcp_sock *old, struct sim_packet *p)
{
	struct sim_tcp_sock *listener;
	uint32_t isn = old->conn.snd_nxt + TIME_WAIT_ISN_STEP;

	if (!sim_tcp_conn_yields(&old->conn, p))
		return false;
	listener = find_listener(tcp, p);
	if (!listener)
		return false;
	sim_tcp_conn_drop(&old->conn);
	sim_tcp_listen_input(listener, p, true, isn);
	return true;
}

static void deliver(struct sim_ip *ip, struct sim_packet *p)
{
	struct sim_tcp *tcp = ip->net->tcp;
	struct sim_tcp_sock *ts;

	if (__builtin_expect(p->csum == SIM_CSUM_BAD, 0)) {
		sim_tcp_drop_packet(ip->net, p, SIM_DROP_CHECKSUM);
		return;
	}
	ts = find(tcp, p->dst, p->dport, p->src, p->sport);
	if (ts) {
		sim_sock_get(&ts->in.sk);
		if (__builtin_expect(ts->conn.state != SIM_TCP_TIME_WAIT, 1) || !reopen(tcp, ts, p))
			sim_tcp_conn_input(&ts->conn, p);
		sim_tcp_check_space(ts); /* what it let go out counts too */
		sim_sock_put(&ts->in.sk);
		return;
	}
	ts = find_listener(tcp, p);
	if (ts) {
		sim_tcp_listen_input(ts, p, false, 0);
		return;
	}
	sim_tcp_reply_rst(tcp, p);
	sim_tcp_drop_packet(ip->net, p, SIM_DROP_NO_SOCKET);
}

/* ---- ICMP ---- */

/* tcp_v4_err(): while a connection is made the error is queued whatever IP_RECVERR says, later never. */
static void queue_error(struct sim_tcp_sock *ts, const struct sim_packet *icmp, int err)
{
	int64_t now_ns = sim_now(ts->in.sk.net->ctx);
	struct sim_reason why = {
		SIM_WHY_ICMP_UNREACHABLE, ts->in.sk.id, now_ns, { icmp->icmp.code, now_ns, 0, 0 }
	};

	if (ts->conn.state == SIM_TCP_SYN_SENT)
		sim_inet_icmp_error(&ts->in, icmp, err, &why);
}

static void icmp_error(struct sim_ip *ip, const struct sim_packet *icmp, int err, bool fatal)
{
	const struct sim_icmp_header *h = &icmp->icmp;
	struct sim_tcp_sock *ts =
		find(ip->net->tcp, h->quoted_src, h->quoted_sport, h->quoted_dst, h->quoted_dport);
	uint16_t headers = sim_addr_is_v4(h->quoted_src) ? 40 : 60;

	(void)fatal;
	/* RFC 5927 4.1: only about what is in flight. */
	if (!ts || ts->conn.state == SIM_TCP_TIME_WAIT ||
	    !sim_seq_between(h->quoted_seq, ts->conn.snd_una, ts->conn.snd_nxt))
		return;
	sim_sock_get(&ts->in.sk);
	if (err == EMSGSIZE) {
		if (h->mtu > headers)
			sim_tcp_conn_mtu(&ts->conn, (uint16_t)(h->mtu - headers));
	} else {
		queue_error(ts, icmp, err);
		sim_tcp_conn_icmp(&ts->conn, err, h->code, ts->in.recverr);
	}
	sim_sock_put(&ts->in.sk);
}

const struct sim_ip_protocol sim_tcp_protocol = { .deliver = deliver, .error = icmp_error };

/* ---- timers ---- */

static void fire(struct sim_tcp_conn *c, void (*what)(struct sim_tcp_conn *c))
{
	struct sim_sock *sk = sim_sock_get(&sim_tcp_sock_of_conn(c)->in.sk);

	what(c);
	sim_sock_put(sk);
}

void sim_tcp_on_retransmit_timer(struct sim_clock *clock, struct sim_timer *timer)
{
	(void)clock;
	fire(sim_container_of(timer, struct sim_tcp_conn, timer), sim_tcp_conn_on_timer);
}

void sim_tcp_on_lifetime_timer(struct sim_clock *clock, struct sim_timer *timer)
{
	(void)clock;
	fire(sim_container_of(timer, struct sim_tcp_conn, timer), sim_tcp_conn_on_lifetime);
}

void sim_tcp_on_delack_timer(struct sim_clock *clock, struct sim_timer *timer)
{
	(void)clock;
	fire(sim_container_of(timer, struct sim_tcp_conn, delack), sim_tcp_conn_on_delack);
}
