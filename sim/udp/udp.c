/* SPDX-License-Identifier: MIT */
/* UDP sockets as objects: names, options, readiness, life and death; see udp.h. Sending and receiving stand
 * apart. */
#include "sim/udp/udp.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/ioctl.h>

#include "sim/base/uaccess.h"
#include "sim/sock/option.h"
#include "sim/udp/udp_internal.h"

int sim_udp_init(struct sim_udp *udp, struct sim_ip *ip)
{
	udp->ip = ip;
	ip->net->udp = udp;
	return sim_ports_init(&udp->ports, ip, false);
}

void sim_udp_fini(struct sim_udp *udp)
{
	sim_ports_fini(&udp->ports);
}

int sim_udp_sock_new(struct sim_net *net, int domain, struct sim_sock **sk)
{
	struct sim_udp_sock *us = sim_arena_alloc(net->ctx->arena, sizeof *us);

	if (!us)
		return -ENOMEM;
	sim_inet_init(&us->in, net, SIM_SOCK_UDP, domain, SOCK_DGRAM, IPPROTO_UDP);
	sim_packet_queue_init(&us->rcvq);
	*sk = &us->in.sk;
	return 0;
}

static struct sim_ports *ports_of(const struct sim_sock *sk)
{
	return &sk->net->udp->ports;
}

/* RFC 2133's sockaddr_in6, which had no scope, is long enough; an IPv6 socket takes IPv4's name where
 * `mixed`. */
int sim_udp_check_len(struct sim_udp_sock *us, struct sim_task *t, const struct sim_sockaddr *a, bool mixed)
{
	bool six = us->in.sk.domain == AF_INET6 && !(mixed && a->family == AF_INET);
	uint16_t need = six ? sizeof(struct sockaddr_in6) - 4 : sizeof(struct sockaddr_in);

	if (__builtin_expect(a->raw_len >= need, 1))
		return 0;
	return sim_sock_fail(&us->in.sk, t, EINVAL, SIM_WHY_BAD_ADDRESS_LEN, SIM_NEVER_NS, a->raw_len, need,
			     sizeof(struct sockaddr_storage), 0);
}

static int udp_bind(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *a)
{
	int err = sim_udp_check_len(sim_udp_of(sk), t, a, false);

	if (err)
		return err;
	sim_udp_of(sk)->way.route.generation = 0;
	return sim_ports_bind(ports_of(sk), &sim_udp_of(sk)->in, t, a);
}

/* Linux, __udp_disconnect: forgets the peer, and what the program did not choose. */
static int udp_disconnect(struct sim_udp_sock *us)
{
	us->way.route.generation = 0;
	us->flow4.is_other = false;
	sim_ports_disconnect(ports_of(&us->in.sk), &us->in);
	return 0;
}

/* Linux looks the way up where the pending datagram's stands, which goes to the new peer then; also if that
 * fails. */
static void redirect(struct sim_udp_sock *us, const struct sim_sockaddr *a, int err)
{
	struct sim_inet *in = &us->in;

	if (err == -EINVAL || err == -EAFNOSUPPORT)
		return; /* it did not come so far */
	us->flow4 = (struct sim_udp_flow){ err ? a->addr : in->raddr, a->port, err != 0, !err };
	if (!us->cork)
		return;
	if (err) {
		us->cork->way.raddr = a->addr;
		us->cork->way.rport = a->port;
		us->cork->way.flow = 0;
		return;
	}
	us->cork->way = (struct sim_udp_way){ .raddr = in->raddr, .rport = in->rport, .route = in->route };
	us->cork->way.route.src = in->laddr;
}

static int udp_connect(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *a, bool nonblock)
{
	struct sim_udp_sock *us = sim_udp_of(sk);
	int err = 0;

	(void)nonblock;
	if (a->family == AF_UNSPEC)
		return udp_disconnect(us);
	if (!us->in.lport)
		err = sim_ports_autobind(ports_of(sk), &us->in, t);
	if (!err && a->family == AF_INET && us->in.v6only)
		err = sim_sock_fail(sk, t, EAFNOSUPPORT, SIM_WHY_BAD_FAMILY, SIM_NEVER_NS, a->family,
				    sk->domain, 0, 0);
	if (!err)
		err = sim_udp_check_len(us, t, a, true);
	if (err)
		return err;
	us->way.route.generation = 0;
	err = sim_ports_connect(ports_of(sk), &us->in, t, a);
	if (sk->domain == AF_INET)
		redirect(us, a, err);
	return err;
}

static int not_supported(struct sim_sock *sk, struct sim_task *t)
{
	return sim_sock_fail(sk, t, EOPNOTSUPP, SIM_WHY_NOT_SUPPORTED, SIM_NEVER_NS, 0, 0, 0, 0);
}

static int udp_listen(struct sim_sock *sk, struct sim_task *t, int backlog)
{
	(void)backlog;
	return not_supported(sk, t);
}

static int udp_accept(struct sim_sock *sk, struct sim_task *t, bool nonblock, struct sim_sock **child)
{
	(void)nonblock;
	(void)child;
	return not_supported(sk, t);
}

/* Linux: an unconnected socket is told ENOTCONN, and is shut down all the same. */
static int udp_shutdown(struct sim_sock *sk, struct sim_task *t, int how)
{
	if (how < SHUT_RD || how > SHUT_RDWR)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 2, how, 0, 0);
	if (how != SHUT_RD)
		sim_udp_of(sk)->shut_ns = sim_now(sk->net->ctx);
	sk->shutdown |= (uint8_t)(how + 1); /* SHUT_RD is 0, SHUT_WR 1, SHUT_RDWR 2 */
	sim_sock_notify(sk, EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLHUP);
	if (sim_inet_is_connected(&sim_udp_of(sk)->in))
		return 0;
	return sim_sock_fail(sk, t, ENOTCONN, SIM_WHY_NOT_CONNECTED, SIM_NEVER_NS, 0, 0, 0, 0);
}

static uint32_t udp_poll(struct sim_sock *sk)
{
	struct sim_udp_sock *us = sim_udp_of(sk);
	uint32_t events = sim_sock_err_events(sk);

	if (sk->shutdown & SIM_SHUT_RD)
		events |= EPOLLRDHUP | EPOLLIN | EPOLLRDNORM;
	if (sk->shutdown == SIM_SHUT_BOTH)
		events |= EPOLLHUP;
	if (us->rcvq.head)
		events |= EPOLLIN | EPOLLRDNORM;
	if (sim_udp_is_writable(us))
		events |= EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND;
	return events;
}

static int udp_ioctl(struct sim_sock *sk, struct sim_task *t, unsigned long request, int *value)
{
	switch (request) {
	case FIONREAD: *value = (int)sim_udp_first_len(sim_udp_of(sk)); return 0;
	case TIOCOUTQ: *value = (int)sk->wmem_bytes; return 0;
	default:
		return sim_sock_fail(sk, t, ENOTTY, SIM_WHY_NOT_SUPPORTED, SIM_NEVER_NS, (int64_t)request, 0,
				     0, 0);
	}
}

static void udp_release(struct sim_sock *sk, struct sim_task *t)
{
	struct sim_udp_sock *us = sim_udp_of(sk);

	(void)t;
	sim_ports_release(ports_of(sk), &us->in);
	sim_udp_uncork(us);
	sim_packet_queue_free(&us->rcvq, sim_sock_arena(sk));
	us->num_reader = 0;
	us->deficit_bytes = 0;
	sim_errq_purge(sk);
	sk->rmem_bytes = 0;
}

static void udp_destroy(struct sim_sock *sk)
{
	sim_sock_fini(sk);
	sim_arena_free(sim_sock_arena(sk), sk, sizeof(struct sim_udp_sock));
}

static void udp_view(struct sim_sock *sk, struct sim_sock_view *v)
{
	const struct sim_udp_sock *us = sim_udp_of(sk);

	v->netid = "udp";
	v->state = sim_inet_is_connected(&us->in) ? "ESTAB" : "UNCONN";
	v->recv_q = sk->rmem_bytes - us->deficit_bytes;
	v->send_q = sk->wmem_bytes;
	sim_inet_getname(sk, NULL, &v->local, false);
	if (sim_inet_getname(sk, NULL, &v->peer, true))
		v->peer.family = 0;
}

static void udp_room_changed(struct sim_sock *sk)
{
	sim_sock_notify(sk, EPOLLOUT | EPOLLWRNORM);
}

/* ---- IPPROTO_UDP options ---- */

/* Linux's numbers; not in every libc's headers. */
enum {
	OPT_UDP_CORK = 1,
	OPT_UDP_ENCAP = 100,
	OPT_NO_CHECK6_TX = 101,
	OPT_NO_CHECK6_RX = 102,
	OPT_UDP_SEGMENT = 103,
};

static const struct sim_option_doc udp_options[] = {
	{ IPPROTO_UDP, OPT_UDP_CORK, "UDP_CORK", SIM_FIDELITY_SIMULATED },
	{ IPPROTO_UDP, OPT_UDP_ENCAP, "UDP_ENCAP", SIM_FIDELITY_ABSENT },
	{ IPPROTO_UDP, OPT_NO_CHECK6_TX, "UDP_NO_CHECK6_TX", SIM_FIDELITY_ABSENT },
	{ IPPROTO_UDP, OPT_NO_CHECK6_RX, "UDP_NO_CHECK6_RX", SIM_FIDELITY_ABSENT },
	{ IPPROTO_UDP, OPT_UDP_SEGMENT, "UDP_SEGMENT", SIM_FIDELITY_SIMULATED },
	{ IPPROTO_UDP, SIM_UDP_GRO, "UDP_GRO", SIM_FIDELITY_SIMULATED },
};

enum { NUM_UDP_OPTIONS = sizeof udp_options / sizeof udp_options[0] };

bool sim_udp_option_doc(size_t n, struct sim_option_doc *doc)
{
	if (n >= NUM_UDP_OPTIONS)
		return false;
	*doc = udp_options[n];
	return true;
}

static int no_option(struct sim_sock *sk, struct sim_task *t, int name)
{
	for (unsigned i = 0; i < NUM_UDP_OPTIONS; i++)
		if (udp_options[i].name == name)
			return sim_sock_fail(sk, t, ENOPROTOOPT, SIM_WHY_NOT_SIMULATED, SIM_NEVER_NS, name,
					     IPPROTO_UDP, 0, 0);
	return sim_sock_fail(sk, t, ENOPROTOOPT, SIM_WHY_NO_OPTION, SIM_NEVER_NS, IPPROTO_UDP, name, 0, 0);
}

static int udp_setopt(struct sim_sock *sk, struct sim_task *t, int level, int name, const void *val,
		      socklen_t len)
{
	struct sim_udp_sock *us = sim_udp_of(sk);
	int v;

	if (level != IPPROTO_UDP)
		return sim_inet_setopt(sk, t, level, name, val, len);
	if (len < sizeof v)
		return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 5, len, 0, 0);
	if (sim_copy_from_user(&v, val, sizeof v))
		return sim_sock_fail(sk, t, EFAULT, SIM_WHY_BAD_POINTER, SIM_NEVER_NS,
				     (int64_t)(uintptr_t)val, 0, 0, 0);
	switch (name) {
	case OPT_UDP_CORK:
		us->cork_option = v != 0;
		if (!v)
			sim_udp_push_pending(us, t); /* as on Linux, its errors are lost */
		return 0;
	case OPT_UDP_SEGMENT:
		if (v < 0 || v > UINT16_MAX)
			return sim_sock_fail(sk, t, EINVAL, SIM_WHY_BAD_ARGUMENT, SIM_NEVER_NS, 4, v, 0, 0);
		us->segment_bytes = (uint16_t)v;
		return 0;
	case SIM_UDP_GRO:
		sk->tells = v ? sk->tells | SIM_TELL_GRO : sk->tells & ~(uint32_t)SIM_TELL_GRO;
		return 0;
	default: return no_option(sk, t, name);
	}
}

static int udp_getopt(struct sim_sock *sk, struct sim_task *t, int level, int name, void *val, socklen_t *len)
{
	int v;

	if (level != IPPROTO_UDP)
		return sim_inet_getopt(sk, t, level, name, val, len);
	switch (name) {
	case OPT_UDP_CORK: v = sim_udp_of(sk)->cork_option; break;
	case OPT_UDP_SEGMENT: v = sim_udp_of(sk)->segment_bytes; break;
	case SIM_UDP_GRO: v = (sk->tells & SIM_TELL_GRO) != 0; break;
	default: return no_option(sk, t, name);
	}
	if (*len > sizeof v)
		*len = sizeof v;
	memcpy(val, &v, *len);
	return 0;
}

const struct sim_sock_ops sim_udp_sock_ops = {
	.bind = udp_bind,
	.connect = udp_connect,
	.listen = udp_listen,
	.accept = udp_accept,
	.send = sim_udp_send,
	.recv = sim_udp_recv,
	.shutdown = udp_shutdown,
	.poll = udp_poll,
	.getname = sim_inet_getname,
	.setopt = udp_setopt,
	.getopt = udp_getopt,
	.ioctl = udp_ioctl,
	.release = udp_release,
	.destroy = udp_destroy,
	.view = udp_view,
	.room_changed = udp_room_changed,
};

const struct sim_ip_protocol sim_udp_protocol = {
	.deliver = sim_udp_deliver,
	.error = sim_udp_error,
	.departed = sim_udp_departed,
};
