/* SPDX-License-Identifier: MIT */
/*
 * sim_pair(): two connected sockets, made by the sockets' own operations and not by calls, so that neither
 * rules nor the list of calls know of them. Under SIMSOCK=kernel the same over the real loopback.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/control/control.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "api/calls/calls.h"
#include "api/simsock.h"
#include "sim/base/names.h"

struct pair_kind {
	int domain, type;
	bool nonblock, cloexec;
	bool type_said; /* behind "unix" */
};

static const struct {
	const char *name;
	int domain, type; /* 0: left as it is */
	bool follows;     /* only behind "unix" */
} words[] = {
	{ "tcp", AF_INET, SOCK_STREAM, false },
	{ "tcp6", AF_INET6, SOCK_STREAM, false },
	{ "udp", AF_INET, SOCK_DGRAM, false },
	{ "udp6", AF_INET6, SOCK_DGRAM, false },
	{ "unix", AF_UNIX, SOCK_STREAM, false },
	{ "stream", 0, SOCK_STREAM, true },
	{ "dgram", 0, SOCK_DGRAM, true },
	{ "seqpacket", 0, SOCK_SEQPACKET, true },
	{ "nonblock", 0, 0, false },
	{ "cloexec", 0, 0, false },
};
enum { NUM_WORDS = sizeof words / sizeof words[0] };

static int unknown_word(struct sim_slice word, struct sim_diag *d)
{
	struct sim_suggest s = sim_suggest_for(word);
	char hint[SIM_SUGGEST_BYTES];

	for (unsigned i = 0; i < NUM_WORDS; i++)
		sim_suggest_offer(&s, words[i].name);
	return sim_diag_slice(d, word,
			      "unknown word \"" SIM_SLICE_FMT
			      "\"%s (expected tcp, tcp6, udp, udp6, unix or unix with "
			      "stream, dgram or seqpacket, then nonblock, cloexec)",
			      SIM_SLICE_ARG(word), sim_suggest_text(&s, hint));
}

static int take_word(struct sim_slice word, struct pair_kind *k, struct sim_diag *d)
{
	unsigned i;

	for (i = 0; i < NUM_WORDS && !sim_slice_is(word, words[i].name); i++)
		;
	if (i == NUM_WORDS)
		return unknown_word(word, d);
	if (words[i].domain && k->domain)
		return sim_diag_slice(d, word, "the kind of socket was said already");
	if (words[i].follows && k->domain != AF_UNIX)
		return sim_diag_slice(d, word, "\"%s\" stands behind \"unix\" only", words[i].name);
	if (words[i].follows && k->type_said)
		return sim_diag_slice(d, word, "the type of socket was said already");
	k->type_said |= words[i].follows;
	if (words[i].domain)
		k->domain = words[i].domain;
	if (words[i].type)
		k->type = words[i].type;
	k->nonblock |= !strcmp(words[i].name, "nonblock");
	k->cloexec |= !strcmp(words[i].name, "cloexec");
	return 0;
}

static struct pair_kind parse_kind(const char *text)
{
	struct sim_source src = sim_source_of("pair", text);
	struct sim_slice rest = sim_slice_trim(sim_slice_all(&src));
	struct pair_kind k = { 0, 0, false, false, false };
	struct sim_diag d;

	while (rest.len) {
		size_t n = sim_slice_find(rest, ' ');

		if (take_word(sim_slice_sub(rest, 0, n), &k, &d))
			sim_control_fail_diag(&d);
		rest = sim_slice_trim(sim_slice_sub(rest, n, rest.len));
	}
	if (k.domain)
		return k;
	sim_diag_slice(&d, rest, "the kind of socket is missing: tcp, tcp6, udp, udp6 or unix");
	sim_control_fail_diag(&d);
}

/* ---- simulated ---- */

static void must(int err, const char *what)
{
	const char *name = err ? sim_errno_name(-err) : NULL;

	if (!err)
		return;
	if (err == -SIM_ERESTART)
		name = "EINTR";
	sim_control_fail("sim_pair: %s: %s", what, name ? name : "failed");
}

static struct sim_sockaddr addr_of(struct sim_control *c, const char *host, int domain)
{
	struct sim_host *h = sim_control_host(c, "pair", host);
	struct sim_sockaddr a;

	memset(&a, 0, sizeof a);
	a.family = (uint16_t)domain;
	a.raw_len = domain == AF_INET ? sizeof(struct sockaddr_in) : sizeof(struct sockaddr_in6);
	for (uint32_t i = 0; i < h->ip.num_ifaces; i++) {
		const struct sim_iface *f = &h->ip.ifaces[i];

		for (uint32_t n = 0; n < f->num_addrs && !f->loopback; n++) {
			a.addr = f->addrs[n].addr;
			if (sim_addr_is_v4(a.addr) == (domain == AF_INET))
				return a;
		}
	}
	sim_control_fail("sim_pair: host \"%s\" has no %s address", host,
			 domain == AF_INET ? "IPv4" : "IPv6");
}

static struct sim_sock *new_sock(struct sim_control *c, const char *host, const struct pair_kind *k)
{
	struct sim_sock *sk;

	must(sim_host_socket(&sim_control_host(c, "pair", host)->net, k->domain, k->type, 0, &sk), "socket");
	return sk;
}

/* Binds to any port on the host's address; the address with it. */
static struct sim_sockaddr bind_any(struct sim_control *c, struct sim_sock *sk, const char *host, int domain)
{
	struct sim_sockaddr a = addr_of(c, host, domain);
	uint16_t len = a.raw_len;

	must(sim_sock_op(sk)->bind(sk, sim_current, &a), "bind");
	must(sim_sock_op(sk)->getname(sk, sim_current, &a, false), "getsockname");
	a.raw_len = len;
	return a;
}

static void pair_tcp(struct sim_control *c, const struct pair_kind *k, struct sim_sock *pair[2])
{
	struct sim_task *t = sim_current;
	struct sim_sock *listener = new_sock(c, "server", k);
	struct sim_sockaddr a = bind_any(c, listener, "server", k->domain);

	must(sim_sock_op(listener)->listen(listener, t, 1), "listen");
	pair[0] = new_sock(c, "client", k);
	must(sim_sock_op(pair[0])->connect(pair[0], t, &a, false), "connect");
	must(sim_sock_op(listener)->accept(listener, t, false, &pair[1]), "accept");
	sim_sock_close(listener, t);
}

static void pair_udp(struct sim_control *c, const struct pair_kind *k, struct sim_sock *pair[2])
{
	static const char *const hosts[2] = { "client", "server" };
	struct sim_sockaddr a[2];

	for (int i = 0; i < 2; i++) {
		pair[i] = new_sock(c, hosts[i], k);
		a[i] = bind_any(c, pair[i], hosts[i], k->domain);
	}
	for (int i = 0; i < 2; i++)
		must(sim_sock_op(pair[i])->connect(pair[i], sim_current, &a[1 - i], false), "connect");
}

static void note_pair_sock(struct sim_control *c, uint32_t id)
{
	if (c->num_pair_socks == c->cap_pair_socks) {
		unsigned cap = c->cap_pair_socks ? c->cap_pair_socks * 2 : 8;
		uint32_t *bigger = realloc(c->pair_socks, cap * sizeof *bigger);

		if (!bigger)
			sim_control_fail("out of memory");
		c->pair_socks = bigger;
		c->cap_pair_socks = cap;
	}
	c->pair_socks[c->num_pair_socks++] = id;
}

static int install(struct sim_control *c, struct sim_sock *sk, const struct pair_kind *k)
{
	struct sim_proc *p = sim_current->proc;
	struct sim_file *f = sim_file_new_sock(&c->w->ctx, sk, k->nonblock);
	int fd = f ? sim_fd_install(p->fds, p, f, 0, k->cloexec) : -ENOMEM;

	must(fd < 0 ? fd : 0, "no descriptor");
	note_pair_sock(c, sk->id);
	sim_control_saw_fd(c, fd, sk->id);
	if (c->w->on_socket)
		c->w->on_socket(c->w, sk);
	return fd;
}

static void pair_simulated(struct sim_control *c, int fd[2], const struct pair_kind *k)
{
	struct sim_sock *pair[2];

	if (k->domain == AF_UNIX)
		must(sim_host_socketpair(sim_current->proc->net, sim_current, k->domain, k->type, 0, pair),
		     "socketpair");
	else if (k->type == SOCK_STREAM)
		pair_tcp(c, k, pair);
	else
		pair_udp(c, k, pair);
	for (int i = 0; i < 2; i++)
		fd[i] = install(c, pair[i], k);
	sim_world_settle(c->w);
}

/* ---- on the kernel ---- */

static void must_real(int result, const char *what)
{
	if (result < 0)
		sim_control_fail("sim_pair: %s: %s", what, strerror(errno));
}

static void bind_real(int fd, int domain, struct sockaddr_storage *a, socklen_t *len)
{
	struct sockaddr_in6 *v6 = (void *)a;
	struct sockaddr_in *v4 = (void *)a;

	memset(a, 0, sizeof *a);
	a->ss_family = (sa_family_t)domain;
	if (domain == AF_INET)
		v4->sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	else
		v6->sin6_addr = in6addr_loopback;
	*len = domain == AF_INET ? sizeof *v4 : sizeof *v6;
	must_real(bind(fd, (struct sockaddr *)a, *len), "bind");
	must_real(getsockname(fd, (struct sockaddr *)a, len), "getsockname");
}

static int socket_real(const struct pair_kind *k)
{
	int fd = socket(k->domain, k->type | (k->cloexec ? SOCK_CLOEXEC : 0), 0);

	must_real(fd, "socket");
	return fd;
}

static void inet_real(int fd[2], const struct pair_kind *k)
{
	struct sockaddr_storage a[2];
	socklen_t len[2];
	int other = socket_real(k);

	fd[0] = socket_real(k);
	bind_real(other, k->domain, &a[1], &len[1]);
	if (k->type == SOCK_DGRAM) {
		bind_real(fd[0], k->domain, &a[0], &len[0]);
		must_real(connect(other, (struct sockaddr *)&a[0], len[0]), "connect");
		must_real(connect(fd[0], (struct sockaddr *)&a[1], len[1]), "connect");
		fd[1] = other;
		return;
	}
	must_real(listen(other, 1), "listen");
	must_real(connect(fd[0], (struct sockaddr *)&a[1], len[1]), "connect");
	fd[1] = accept4(other, NULL, NULL, k->cloexec ? SOCK_CLOEXEC : 0);
	must_real(fd[1], "accept");
	close(other);
}

static void pair_real(int fd[2], const struct pair_kind *k)
{
	int on = 1;

	if (k->domain == AF_UNIX)
		must_real(socketpair(AF_UNIX, k->type | (k->cloexec ? SOCK_CLOEXEC : 0), 0, fd),
			  "socketpair");
	else
		inet_real(fd, k);
	for (int i = 0; i < 2 && k->nonblock; i++)
		must_real(ioctl(fd[i], FIONBIO, &on), "FIONBIO");
}

void(sim_pair)(int fd[2], const char *kind)
{
	struct sim_control *c = sim_control_peek();
	struct pair_kind k = parse_kind(kind ? kind : "");

	if (!c && sim_control_is_kernel())
		pair_real(fd, &k);
	else
		pair_simulated(sim_control_current("sim_pair"), fd, &k);
}
