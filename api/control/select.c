/* SPDX-License-Identifier: MIT */
/*
 * Selectors, the exact knobs that wait for sockets to come, and what sockets have moved, also those that are
 * gone: a socket's log is taken over when it goes, so that a test can look at what was sent after the code
 * under test has closed it.
 */
#include "api/control/control.h"

#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "api/calls/calls.h"
#include "api/simsock.h"
#include "sim/base/quantity.h"
#include "sim/ip/inet.h"

enum { SELECTOR_TERMS_MAX = 8, NUM_FD_TEXTS = 4, FD_TEXT_BYTES = 16, MAX_FD = 1 << 20, MAX_GRAVES = 256 };

/* One knob for sockets yet to be made. */
struct knob {
	struct sim_list node;
	struct sim_selector sel;
	bool capacity;
	uint64_t bytes;
};

static const char *const states[][2] = {
	{ "established", "ESTAB" },     { "estab", "ESTAB" },           { "syn-sent", "SYN-SENT" },
	{ "syn-recv", "SYN-RECV" },     { "fin-wait-1", "FIN-WAIT-1" }, { "fin-wait-2", "FIN-WAIT-2" },
	{ "time-wait", "TIME-WAIT" },   { "closed", "UNCONN" },         { "unconn", "UNCONN" },
	{ "close-wait", "CLOSE-WAIT" }, { "last-ack", "LAST-ACK" },     { "listen", "LISTEN" },
	{ "listening", "LISTEN" },      { "closing", "CLOSING" },
};
enum { NUM_STATES = sizeof states / sizeof states[0] };

const char *sim_fd(int fd)
{
	static __thread char texts[NUM_FD_TEXTS][FD_TEXT_BYTES];
	static __thread unsigned next;
	char *text = texts[next++ % NUM_FD_TEXTS];
	struct sim_str s = sim_str_on(text, FD_TEXT_BYTES);

	sim_str_printf(&s, "fd %d", fd);
	return text;
}

/* ---- descriptors that are closed by now ---- */

void sim_control_saw_fd(struct sim_control *c, int fd, uint32_t sock_id)
{
	if (fd < 0 || fd >= MAX_FD)
		return;
	if ((unsigned)fd >= c->num_fd_socks) {
		unsigned num = (unsigned)fd < 64 ? 64 : (unsigned)fd * 2;
		uint32_t *bigger = realloc(c->fd_socks, num * sizeof *bigger);

		if (!bigger)
			return;
		memset(bigger + c->num_fd_socks, 0, (num - c->num_fd_socks) * sizeof *bigger);
		c->fd_socks = bigger;
		c->num_fd_socks = num;
	}
	c->fd_socks[fd] = sock_id;
}

/* The socket of a descriptor, or the one that it last was; 0: none that is known. */
static uint32_t sock_of_fd(struct sim_control *c, int fd)
{
	struct sim_file *f = sim_fd_file(&c->w->fds, fd);

	if (f)
		return f->kind == SIM_FILE_SOCK ? f->sk->id : 0;
	return fd >= 0 && (unsigned)fd < c->num_fd_socks ? c->fd_socks[fd] : 0;
}

static uint32_t peer_of(const struct sim_control *c, uint32_t sock_id)
{
	return sock_id < c->num_peers ? c->peers[sock_id] : 0;
}

static bool grow_peers(struct sim_control *c, uint32_t id)
{
	uint32_t num = c->num_peers ? c->num_peers : 64;
	uint32_t *bigger;

	if (id < c->num_peers)
		return true;
	while (num <= id)
		num *= 2;
	bigger = realloc(c->peers, num * sizeof *bigger);
	if (!bigger)
		return false;
	memset(bigger + c->num_peers, 0, (num - c->num_peers) * sizeof *bigger);
	c->peers = bigger;
	c->num_peers = num;
	return true;
}

void sim_control_sock_connected(struct sim_control *c, uint32_t sock_id)
{
	struct sim_sock *sk = sim_world_find_sock(c->w, sock_id), *peer = sk ? sim_sock_peer(sk) : NULL;

	if (!peer || !grow_peers(c, sock_id) || !grow_peers(c, peer->id))
		return;
	c->peers[sock_id] = peer->id;
	c->peers[peer->id] = sock_id;
}

void sim_control_sock_gone(struct sim_control *c, struct sim_sock *sk)
{
	if (!c->graves)
		c->graves = calloc(MAX_GRAVES, sizeof *c->graves);
	if (!c->graves)
		return;
	c->graves[c->num_graves++ % MAX_GRAVES] = (struct sim_control_grave){ .sock_id = sk->id,
									      .host_id = sk->net->host_id,
									      .kind = sk->kind,
									      .sent = sk->sent,
									      .delivered = sk->delivered };
	sk->sent = sk->delivered = NULL;
}

/* ---- parsing ---- */

static char kind_letter(enum sim_sock_kind kind)
{
	return kind == SIM_SOCK_TCP ? 't' : kind == SIM_SOCK_UDP ? 'u' : 'x';
}

struct reader {
	struct sim_control *c;
	struct sim_slice rest;
	struct sim_diag *d;
};

static bool is_word(char ch)
{
	return isalnum((unsigned char)ch) || ch == '-' || ch == '_' || ch == '.' || ch == ':' || ch == '%';
}

/* The next word, "=" or other sign; of length 0 at the end. */
static struct sim_slice next(struct reader *r)
{
	struct sim_slice s = sim_slice_trim(r->rest);
	const char *p = sim_slice_text(s);
	size_t n = 0;

	while (n < s.len && is_word(p[n]))
		n++;
	if (!n && s.len)
		n = s.len > 1 && p[0] == '=' && p[1] == '=' ? 2 : 1;
	r->rest = sim_slice_sub(s, n, s.len);
	return sim_slice_sub(s, 0, n);
}

/* All terms must hold: of two of a kind only one could. */
static int said_twice(struct reader *r, struct sim_slice word, const char *what)
{
	return sim_diag_slice(r->d, word, "%s was said already, and all terms must hold: name one", what);
}

static int parse_fd(struct reader *r, struct sim_selector *out)
{
	struct sim_slice word = next(r);
	uint64_t fd;

	if (sim_parse_uint(word, "fd", 0, MAX_FD - 1, &fd, r->d))
		return -EINVAL;
	out->fd = (int)fd;
	out->sock_id = sock_of_fd(r->c, out->fd);
	return 0;
}

static int parse_port(struct reader *r, uint16_t *port)
{
	struct sim_slice word = next(r);
	uint64_t n;

	if (!sim_slice_is(word, "=") && !sim_slice_is(word, "==") && !sim_slice_is(word, "eq"))
		return sim_diag_slice(r->d, word, "expected \"=\" and a port, such as dport = 80");
	word = next(r);
	if (word.len && *sim_slice_text(word) == ':')
		word = sim_slice_sub(word, 1, word.len);
	if (sim_parse_uint(word, "port", 1, 65535, &n, r->d))
		return -EINVAL;
	*port = (uint16_t)n;
	return 0;
}

static int parse_state(struct reader *r, struct sim_selector *out)
{
	struct sim_slice word = next(r);
	struct sim_suggest s = sim_suggest_for(word);
	char hint[SIM_SUGGEST_BYTES];

	for (unsigned i = 0; i < NUM_STATES; i++) {
		if (strlen(states[i][0]) == word.len &&
		    !strncasecmp(states[i][0], sim_slice_text(word), word.len)) {
			sim_str_copy(out->state, sizeof out->state, states[i][1]);
			return 0;
		}
		sim_suggest_offer(&s, states[i][0]);
	}
	return sim_diag_slice(r->d, word, "unknown state \"" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(word),
			      sim_suggest_text(&s, hint));
}

static int unknown_term(struct reader *r, struct sim_slice word)
{
	static const char *const terms[] = { "fd", "tcp", "udp", "unix", "sport", "dport", "state", "all" };
	struct sim_suggest s = sim_suggest_for(word);
	char hint[SIM_SUGGEST_BYTES];
	struct sim_list *node;

	if (sim_slice_is(word, "or") || sim_slice_is(word, "not") || sim_slice_is(word, "("))
		return sim_diag_slice(r->d, word,
				      "a selector is a list of terms that must all hold: no \"" SIM_SLICE_FMT
				      "\"",
				      SIM_SLICE_ARG(word));
	for (unsigned i = 0; i < sizeof terms / sizeof terms[0]; i++)
		sim_suggest_offer(&s, terms[i]);
	sim_list_each(node, &r->c->w->hosts)
		sim_suggest_offer(&s, sim_container_of(node, struct sim_host, node)->net.name);
	return sim_diag_slice(r->d, word,
			      "\"" SIM_SLICE_FMT
			      "\" is neither a host nor a term%s (terms: HOST, fd N, tcp, udp, unix, "
			      "sport = N, dport = N, state NAME, all)",
			      SIM_SLICE_ARG(word), sim_suggest_text(&s, hint));
}

static int parse_term(struct reader *r, struct sim_slice word, struct sim_selector *out)
{
	char name[sizeof((struct sim_net *)0)->name];

	if (sim_slice_is(word, "all"))
		return 0;
	if (sim_slice_is(word, "fd"))
		return out->fd >= 0 ? said_twice(r, word, "fd") : parse_fd(r, out);
	if (sim_slice_is(word, "sport"))
		return out->sport ? said_twice(r, word, "sport") : parse_port(r, &out->sport);
	if (sim_slice_is(word, "dport"))
		return out->dport ? said_twice(r, word, "dport") : parse_port(r, &out->dport);
	if (sim_slice_is(word, "state"))
		return out->state[0] ? said_twice(r, word, "state") : parse_state(r, out);
	if (sim_slice_is(word, "tcp") || sim_slice_is(word, "udp") || sim_slice_is(word, "unix")) {
		if (out->kind)
			return said_twice(r, word, "tcp, udp or unix");
		out->kind = sim_slice_is(word, "unix") ? 'x' : *sim_slice_text(word);
		return 0;
	}
	if (word.len >= sizeof name)
		return unknown_term(r, word);
	memcpy(name, sim_slice_text(word), word.len);
	name[word.len] = '\0';
	if (out->host && sim_world_find_host(r->c->w, name))
		return said_twice(r, word, "a host");
	out->host = sim_world_find_host(r->c->w, name);
	return out->host ? 0 : unknown_term(r, word);
}

/* Terms, with "and" between them or not. */
static int parse_terms(struct reader *r, struct sim_selector *out)
{
	struct sim_slice word = next(r);

	if (!word.len)
		return sim_diag_slice(r->d, word, "an empty selector: write \"all\" for every socket");
	while (word.len) {
		if (parse_term(r, word, out))
			return -EINVAL;
		word = next(r);
		if (!sim_slice_is(word, "and"))
			continue;
		word = next(r);
		if (!word.len)
			return sim_diag_slice(r->d, word, "a term is missing behind \"and\"");
	}
	return 0;
}

void sim_selector_parse(struct sim_control *c, const char *text, struct sim_selector *sel)
{
	struct sim_source src = sim_source_of("selector", text ? text : "");
	struct sim_diag d;
	struct reader r = { c, sim_slice_all(&src), &d };

	*sel = (struct sim_selector){ .fd = -1 };
	if (parse_terms(&r, sel))
		sim_control_fail_diag(&d);
}

/* ---- matching ---- */

static void view_of(struct sim_sock *sk, struct sim_sock_view *v)
{
	memset(v, 0, sizeof *v);
	sim_sock_op(sk)->view(sk, v);
}

bool sim_selector_matches(struct sim_control *c, const struct sim_selector *sel, struct sim_sock *sk)
{
	struct sim_sock_view v;

	if ((sel->host && sk->net != &sel->host->net) || (sel->kind && sel->kind != kind_letter(sk->kind)))
		return false;
	if (sel->fd >= 0) {
		struct sim_file *f = sim_fd_file(&c->w->fds, sel->fd);

		if (sel->sock_id ? sel->sock_id != sk->id : !f || f->kind != SIM_FILE_SOCK || f->sk != sk)
			return false;
	}
	if (!sel->sport && !sel->dport && !sel->state[0])
		return true;
	view_of(sk, &v);
	return (!sel->sport || v.local.port == sel->sport) && (!sel->dport || v.peer.port == sel->dport) &&
	       (!sel->state[0] || (v.state && !strcmp(v.state, sel->state)));
}

/* ---- knobs ---- */

static void set_exact(struct sim_sock *sk, bool capacity, uint64_t bytes)
{
	if (sim_sock_set_exact(sk, capacity, bytes))
		sim_control_fail("%s: the world's memory is used up (SIMSOCK_ARENA)",
				 capacity ? "sim_capacity" : "sim_sndbuf");
}

static bool takes_knobs(const struct sim_sock *sk)
{
	return sk->kind == SIM_SOCK_TCP || sk->kind == SIM_SOCK_UNIX_STREAM;
}

static void set_knob(const char *what, bool capacity, const char *sel, size_t bytes)
{
	struct sim_control *c = sim_control_current(what);
	struct sim_list *h, *s;
	struct knob *k;

	k = sim_arena_alloc(c->w->ctx.arena, sizeof *k);
	if (!k)
		sim_control_fail("%s: the world's memory is used up (SIMSOCK_ARENA)", what);
	sim_selector_parse(c, sel, &k->sel);
	if (k->sel.kind == 'u')
		sim_control_fail("%s: \"%s\" names UDP sockets: TCP and Unix streams have exact buffers",
				 what, sel);
	k->capacity = capacity;
	k->bytes = bytes;
	if (k->sel.sock_id) {
		struct sim_sock *sk = sim_world_find_sock(c->w, k->sel.sock_id);

		if (!sk || !takes_knobs(sk))
			sim_control_fail(
				"%s: %s is no stream socket: TCP and Unix streams have exact buffers", what,
				sel);
	}
	sim_list_each(h, &c->w->hosts) {
		struct sim_host *host = sim_container_of(h, struct sim_host, node);

		sim_list_each(s, &host->net.sockets) {
			struct sim_sock *sk = sim_container_of(s, struct sim_sock, node);

			if (takes_knobs(sk) && sim_selector_matches(c, &k->sel, sk))
				set_exact(sk, capacity, bytes);
		}
	}
	sim_list_append(&c->knobs, &k->node);
	c->w->on_socket = sim_control_on_socket;
}

void(sim_sndbuf)(const char *sel, size_t bytes)
{
	set_knob("sim_sndbuf", false, sel, bytes);
}

void(sim_capacity)(const char *sel, size_t bytes)
{
	set_knob("sim_capacity", true, sel, bytes);
}

/* The last knob of a kind that matches holds; setting it again to the same changes nothing. */
void sim_control_on_socket(struct sim_world *w, struct sim_sock *sk)
{
	struct sim_control *c = sim_control_of(w);
	struct sim_list *node;
	const struct knob *last[2] = { NULL, NULL };

	if (!takes_knobs(sk))
		return;
	sim_list_each(node, &c->knobs) {
		struct knob *k = sim_container_of(node, struct knob, node);

		if (sim_selector_matches(c, &k->sel, sk))
			last[k->capacity] = k;
	}
	for (int i = 0; i < 2; i++)
		if (last[i])
			set_exact(sk, last[i]->capacity, last[i]->bytes);
}

/* ---- what was moved ---- */

struct sink {
	unsigned char *buf;
	size_t cap, total;
};

static void add_log(struct sink *out, const struct sim_sock_log *log)
{
	size_t n;

	if (!log)
		return;
	if (out->total < out->cap && log->kept_bytes) {
		n = out->cap - out->total < log->kept_bytes ? out->cap - out->total : log->kept_bytes;
		memcpy(out->buf + out->total, log->data, n);
	}
	out->total += log->num_bytes;
}

static const struct sim_control_grave *grave_of(struct sim_control *c, uint32_t sock_id)
{
	for (unsigned i = 0; c->graves && i < c->num_graves && i < MAX_GRAVES; i++)
		if (c->graves[i].sock_id == sock_id)
			return &c->graves[i];
	return NULL;
}

/* What the other end of a socket has read. */
static void add_delivered(struct sim_control *c, struct sink *out, uint32_t peer_id)
{
	struct sim_sock *peer = peer_id ? sim_world_find_sock(c->w, peer_id) : NULL;
	const struct sim_control_grave *g = peer_id && !peer ? grave_of(c, peer_id) : NULL;

	if (peer)
		add_log(out, peer->delivered);
	else if (g)
		add_log(out, g->delivered);
}

static bool grave_matches(const struct sim_selector *sel, const struct sim_control_grave *g)
{
	if ((sel->host && g->host_id != sel->host->net.host_id) ||
	    (sel->kind && sel->kind != kind_letter(g->kind)))
		return false;
	return !sel->sport && !sel->dport && !sel->state[0] && (sel->fd < 0 || sel->sock_id == g->sock_id);
}

size_t sim_control_moved(struct sim_control *c, const char *text, bool delivered, void *buf, size_t cap)
{
	struct sink out = { buf, buf ? cap : 0, 0 };
	struct sim_selector sel;
	uint32_t last = c->w->ctx.next_sock_id;

	sim_selector_parse(c, text, &sel);
	for (uint32_t id = 1; id <= last; id++) {
		struct sim_sock *sk = sim_world_find_sock(c->w, id);
		const struct sim_control_grave *g = sk ? NULL : grave_of(c, id);
		struct sim_sock *peer;

		if (sk ? !sim_selector_matches(c, &sel, sk) : !g || !grave_matches(&sel, g))
			continue;
		peer = sk && delivered ? sim_sock_peer(sk) : NULL;
		if (delivered)
			add_delivered(c, &out, peer ? peer->id : peer_of(c, id));
		else
			add_log(&out, sk ? sk->sent : g->sent);
	}
	return out.total;
}

size_t(sim_sent)(const char *sel, void *buf, size_t cap)
{
	return sim_control_moved(sim_control_current("sim_sent"), sel, false, buf, cap);
}

size_t(sim_delivered)(const char *sel, void *buf, size_t cap)
{
	return sim_control_moved(sim_control_current("sim_delivered"), sel, true, buf, cap);
}
