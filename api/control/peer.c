/* SPDX-License-Identifier: MIT */
/*
 * sim_peer(): what its two strings say, read and checked whole before anything is done; then the process, its
 * sockets and its tasks.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/control/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "api/calls/calls.h"
#include "api/libc/libc.h"
#include "api/simsock.h"
#include "sim/base/names.h"
#include "sim/base/quantity.h"
#include "sim/unix/unix_domain.h"

enum { BACKLOG = 4096, NAME_BYTES = 64, MAX_PLACES = 32, SCRIPT_MAX_BYTES = 1 << 20 };

#define FORMS "HOST:PORT, tcp:HOST:PORT, udp:HOST:PORT, unix:/PATH, unix:@NAME, unix-dgram:/PATH"

/* Where it listens: one socket each. */
struct places {
	struct sim_host *host;
	int type;
	unsigned num;
	struct sim_sockaddr at[MAX_PLACES];
};

static const struct transport {
	const char *name;
	bool is_unix;
	int type;
} transports[] = {
	{ "tcp", false, SOCK_STREAM },
	{ "udp", false, SOCK_DGRAM },
	{ "unix", true, SOCK_STREAM },
	{ "unix-dgram", true, SOCK_DGRAM },
};
enum { NUM_TRANSPORTS = sizeof transports / sizeof transports[0] };

/* ---- addresses ---- */

/* The slice as a string; false: it is too long. */
static bool text_of(struct sim_slice s, char text[NAME_BYTES])
{
	if (s.len >= NAME_BYTES)
		return false;
	memcpy(text, sim_slice_text(s), s.len);
	text[s.len] = '\0';
	return true;
}

static int parse_unix(struct sim_slice in, struct places *out, struct sim_diag *d)
{
	struct sim_sockaddr *a = &out->at[0];
	bool abstract = in.len && sim_slice_text(in)[0] == '@';

	if (in.len <= abstract)
		return sim_diag_slice(d, in, "a path, or \"@\" and an abstract name, is missing");
	/* unix(7): 108 bytes with the terminator, or with the 0 that abstract names begin with. */
	if (in.len >= SIM_UNIX_PATH_MAX)
		return sim_diag_slice(d, in, "%zu bytes are too long: the path of a socket has at most %d",
				      in.len, SIM_UNIX_PATH_MAX - 1);
	a->family = AF_UNIX;
	a->path_len = (uint16_t)in.len;
	a->raw_len = (uint16_t)(offsetof(struct sockaddr_un, sun_path) + a->path_len + !abstract);
	memcpy(a->path, sim_slice_text(in), in.len);
	if (abstract)
		a->path[0] = '\0';
	out->num = 1;
	out->host = sim_current->proc->host;
	return 0;
}

static int parse_port(struct sim_slice in, int type, uint16_t *port, struct sim_diag *d)
{
	char name[NAME_BYTES], buf[1024];
	struct servent entry, *found = NULL;
	uint64_t number;

	if (!in.len)
		return sim_diag_slice(d, in,
				      "the port is missing: a number from 1 to 65535, or a service's name");
	if (sim_is_digit(sim_slice_text(in)[0])) {
		if (sim_parse_uint(in, "port", 1, 65535, &number, d))
			return -EINVAL;
		*port = (uint16_t)number;
		return 0;
	}
	if (!text_of(in, name) ||
	    getservbyname_r(name, type == SOCK_STREAM ? "tcp" : "udp", &entry, buf, sizeof buf, &found) ||
	    !found)
		return sim_diag_slice(d, in,
				      "\"" SIM_SLICE_FMT
				      "\" is no port: expected a number from 1 to 65535, or a "
				      "service's name",
				      SIM_SLICE_ARG(in));
	*port = ntohs((uint16_t)found->s_port);
	return 0;
}

static struct sim_sockaddr place_of(struct sim_addr addr, uint16_t port)
{
	struct sim_sockaddr a = sim_peer_any(port);

	a.addr = addr;
	if (sim_addr_is_v4(addr)) {
		a.family = AF_INET;
		a.raw_len = sizeof(struct sockaddr_in);
	}
	return a;
}

static int place_at_address(struct sim_control *c, struct sim_slice text, struct sim_addr a, uint16_t port,
			    struct places *out, struct sim_diag *d)
{
	char known[256];
	struct sim_str list = sim_str_on(known, sizeof known);

	out->host = sim_addr_is_loopback(a) ? sim_current->proc->host : sim_world_host_of(c->w, a);
	if (!out->host) {
		sim_control_list_hosts(c, &list);
		return sim_diag_slice(d, text, "no host has the address " SIM_SLICE_FMT " (hosts: %s)",
				      SIM_SLICE_ARG(text), known);
	}
	out->at[0] = place_of(a, port);
	out->num = 1;
	return 0;
}

/* Streams know which address they were made to; an answer to a datagram comes from the socket's own. */
static int place_at_host(struct sim_host *h, struct sim_slice text, uint16_t port, struct places *out,
			 struct sim_diag *d)
{
	out->host = h;
	if (out->type == SOCK_STREAM) {
		out->at[0] = sim_peer_any(port);
		out->num = 1;
		return 0;
	}
	for (uint32_t i = 0; i < h->ip.num_ifaces; i++) {
		for (uint32_t n = 0; n < h->ip.ifaces[i].num_addrs; n++) {
			if (out->num == MAX_PLACES)
				return sim_diag_slice(d, text, "it has more than %d addresses: name one",
						      MAX_PLACES);
			out->at[out->num++] = place_of(h->ip.ifaces[i].addrs[n].addr, port);
		}
	}
	return 0;
}

/* "server", "10.0.0.2", "[fd00::2]" */
static int parse_host(struct sim_control *c, struct sim_slice in, uint16_t port, struct places *out,
		      struct sim_diag *d)
{
	bool brackets = in.len && sim_slice_text(in)[0] == '[';
	struct sim_slice bare = brackets ? sim_slice_sub(in, 1, in.len - 2) : in;
	char text[NAME_BYTES];
	struct sim_host *h;
	struct sim_addr a;
	bool is_addr = text_of(bare, text) && sim_addr_parse(text, &a);

	if (brackets && (!is_addr || sim_addr_is_v4(a)))
		return sim_diag_slice(d, bare,
				      "\"" SIM_SLICE_FMT "\" is no IPv6 address: brackets enclose one",
				      SIM_SLICE_ARG(bare));
	if (is_addr && (sim_addr_is_any(a) || sim_addr_is_multicast(a)))
		return sim_diag_slice(d, bare, "%s is no host's address: name the host, or one that it has",
				      text);
	if (is_addr)
		return place_at_address(c, bare, a, port, out, d);
	h = sim_slice_is(in, "localhost") ? sim_current->proc->host : sim_control_find_host(c, in, d);
	return h ? place_at_host(h, in, port, out, d) : -EINVAL;
}

static int no_port(struct sim_slice in, struct sim_diag *d)
{
	return sim_diag_slice(d, in, "expected an address with its port or path: %s", FORMS);
}

/* What stands before the last colon holds another: an address without brackets, or a transport. */
static int two_colons(struct sim_slice in, struct sim_slice host, struct sim_diag *d)
{
	struct sim_slice word = sim_slice_sub(host, 0, sim_slice_find(host, ':'));
	struct sim_suggest s = sim_suggest_for(word);
	char text[NAME_BYTES], hint[SIM_SUGGEST_BYTES];
	struct sim_addr a;

	if ((text_of(host, text) && sim_addr_parse(text, &a)) ||
	    (text_of(in, text) && sim_addr_parse(text, &a)))
		return sim_diag_slice(d, host, "an IPv6 address stands in brackets: [fd00::2]:80");
	for (unsigned i = 0; i < NUM_TRANSPORTS; i++)
		sim_suggest_offer(&s, transports[i].name);
	return sim_diag_slice(d, word, "unknown transport \"" SIM_SLICE_FMT "\"%s (expected %s)",
			      SIM_SLICE_ARG(word), sim_suggest_text(&s, hint), FORMS);
}

/* "server:80", "[fd00::2]:80" */
static int parse_inet(struct sim_control *c, struct sim_slice in, struct places *out, struct sim_diag *d)
{
	const char *p = sim_slice_text(in);
	size_t colon = in.len, end = sim_slice_find(in, ']');
	bool brackets = in.len && p[0] == '[';
	struct sim_slice host;
	uint16_t port;

	if (brackets && end == in.len)
		return sim_diag_slice(d, in, "a bracket without its end: [fd00::2]:80");
	while (colon && p[colon - 1] != ':')
		colon--;
	if (!colon || (brackets && colon <= end))
		return no_port(in, d);
	host = sim_slice_sub(in, 0, colon - 1);
	if (brackets && end + 1 != host.len)
		return sim_diag_slice(d, sim_slice_sub(in, end + 1, 1),
				      "behind the bracket expected a colon and the port: [fd00::2]:80");
	if (!brackets && sim_slice_find(host, ':') < host.len)
		return two_colons(in, host, d);
	if (!host.len)
		return sim_diag_slice(d, in, "the host is missing: expected %s", FORMS);
	if (parse_port(sim_slice_sub(in, colon, in.len), out->type, &port, d))
		return -EINVAL;
	return parse_host(c, host, port, out, d);
}

static int parse_places(struct sim_control *c, struct sim_slice in, struct places *out, struct sim_diag *d)
{
	size_t colon = sim_slice_find(in, ':');
	struct sim_slice word = sim_slice_sub(in, 0, colon);

	memset(out, 0, sizeof *out);
	if (colon == in.len)
		return no_port(in, d);
	for (unsigned i = 0; i < NUM_TRANSPORTS; i++) {
		if (!sim_slice_is(word, transports[i].name))
			continue;
		out->type = transports[i].type;
		in = sim_slice_sub(in, colon + 1, in.len);
		return transports[i].is_unix ? parse_unix(in, out, d) : parse_inet(c, in, out, d);
	}
	out->type = SOCK_STREAM;
	return parse_inet(c, in, out, d);
}

/* ---- services ---- */

/* What is read of one. */
struct service {
	const struct sim_peer_ops *ops; /* NULL: a script */
	struct sim_peer_script *script;
	const char *root;
};

struct reader {
	struct sim_control *c;
	const char *where;
	int type; /* SOCK_STREAM, SOCK_DGRAM */
	struct sim_diag *d;
};

static char *path_of(struct reader *r, struct sim_slice arg)
{
	return sim_peer_copy(r->c, sim_slice_text(arg), arg.len);
}

static int read_root(struct reader *r, struct sim_slice arg, struct service *out)
{
	char *path = path_of(r, arg), *real = realpath(path, NULL);
	struct stat st;
	int err = real ? 0 : errno;

	if (real && stat(real, &st))
		err = errno;
	else if (real && !S_ISDIR(st.st_mode))
		err = ENOTDIR;
	if (!err)
		out->root = sim_peer_copy(r->c, real, strlen(real));
	free(real);
	return err ? sim_diag_slice(r->d, arg, "%s: %s", path, strerror(err)) : 0;
}

/* All of it into `text`: how much, or -errno. */
static long read_file(const char *path, char *text, size_t cap)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	size_t len = 0;
	ssize_t n = -1;

	if (fd < 0)
		return -errno;
	while (len < cap && (n = sim_libc()->read(fd, text + len, cap - len)) > 0)
		len += (size_t)n;
	n = n < 0 ? -errno : (ssize_t)len;
	sim_libc()->close(fd);
	return n;
}

static int read_script_file(struct reader *r, struct sim_slice arg, struct service *out)
{
	char *path = path_of(r, arg), *text = malloc(SCRIPT_MAX_BYTES);
	long len = text ? read_file(path, text, SCRIPT_MAX_BYTES) : -ENOMEM;
	struct sim_source src = { path, text, len > 0 ? (size_t)len : 0, true };
	int err = 0;

	if (len < 0) {
		err = sim_diag_slice(r->d, arg, "%s: %s", path, strerror((int)-len));
	} else if (len == SCRIPT_MAX_BYTES) {
		err = sim_diag_slice(r->d, arg, "%s: too long for a script: it has at most %d bytes", path,
				     SCRIPT_MAX_BYTES - 1);
	} else if (memchr(text, '\0', (size_t)len)) {
		err = sim_diag_slice(r->d, arg, "%s: no script: it holds a byte 0", path);
	} else {
		text[len] = '\0';
		out->script = sim_peer_script_new(r->c, &src, r->where, r->d);
		err = out->script ? 0 : -EINVAL;
	}
	free(text);
	return err;
}

static int read_script(struct reader *r, struct sim_slice arg, struct service *out)
{
	struct sim_source src = sim_source_of("script", sim_slice_text(arg));

	out->script = sim_peer_script_new(r->c, &src, r->where, r->d);
	return out->script ? 0 : -EINVAL;
}

#define SERVICES "echo, discard, chargen, http:DIRECTORY, script:FILE, do SCRIPT"

static const struct service_word {
	const char *name;
	char separator; /* before what follows; 0: nothing does */
	const char *missing;
	const struct sim_peer_ops *ops;
	int (*read)(struct reader *r, struct sim_slice arg, struct service *out);
} words[] = {
	{ "echo", 0, NULL, &sim_peer_echo, NULL },
	{ "discard", 0, NULL, &sim_peer_discard, NULL },
	{ "chargen", 0, NULL, &sim_peer_chargen, NULL },
	{ "http", ':', "http needs the directory that it serves: http:DIRECTORY", &sim_peer_http, read_root },
	{ "script", ':', "script needs the file that it is in: script:FILE", NULL, read_script_file },
	{ "do", ' ', "do needs the script: do SCRIPT", NULL, read_script },
};
enum { NUM_WORDS = sizeof words / sizeof words[0] };

static int unknown_service(struct sim_slice word, struct sim_diag *d)
{
	struct sim_suggest s = sim_suggest_for(word);
	char hint[SIM_SUGGEST_BYTES];

	for (unsigned i = 0; i < NUM_WORDS; i++)
		sim_suggest_offer(&s, words[i].name);
	return sim_diag_slice(d, word, "unknown service \"" SIM_SLICE_FMT "\"%s (services: %s)",
			      SIM_SLICE_ARG(word), sim_suggest_text(&s, hint), SERVICES);
}

static int parse_service(struct reader *r, struct sim_slice in, struct service *out)
{
	const char *p = sim_slice_text(in);
	struct sim_slice word, arg;
	size_t len = 0;
	unsigned i;

	while (len < in.len && p[len] != ':' && !sim_is_blank(p[len]))
		len++;
	word = sim_slice_sub(in, 0, len);
	arg = sim_slice_sub(in, len + 1, in.len);
	if (!len)
		return sim_diag_slice(r->d, in, "the service is missing (services: %s)", SERVICES);
	for (i = 0; i < NUM_WORDS && !sim_slice_is(word, words[i].name); i++)
		;
	if (i == NUM_WORDS)
		return unknown_service(word, r->d);
	out->ops = words[i].ops;
	if (r->type == SOCK_DGRAM && !(out->ops && out->ops->datagram))
		return sim_diag_slice(r->d, word, "%s needs a stream: tcp or unix", words[i].name);
	if (!words[i].separator)
		return len == in.len ? 0
				     : sim_diag_slice(r->d, sim_slice_sub(in, len, 1),
						      "%s takes nothing behind it", words[i].name);
	if (!arg.len || (words[i].separator == ':') != (p[len] == ':'))
		return sim_diag_slice(r->d, sim_slice_sub(in, len, 1), "%s", words[i].missing);
	return words[i].read(r, arg, out);
}

/* ---- the process ---- */

static struct sim_peer_listener *listener_new(struct sim_peer *p)
{
	struct sim_peer_listener *l = sim_peer_alloc(p->c, sizeof *l);

	l->p = p;
	return l;
}

/* The place is taken, or there is no directory for it. */
static _Noreturn void fail_at(struct sim_slice addr, const char *step, int result)
{
	const char *name = sim_errno_name(-result);
	struct sim_diag d;

	sim_diag_slice(&d, addr, "%s: %s%s", step, name ? name : "failed",
		       result == -EADDRINUSE ? ": somebody has it already"
		       : result == -ENOENT   ? ": its directory is not there"
					     : "");
	sim_control_fail_diag(&d);
}

/* ---- socket files that are left over ---- */

static bool refuses_simulated(struct sim_task *t, int type, const struct sim_sockaddr *at)
{
	struct sim_sock *sk;
	int err = sim_host_socket(t->proc->net, AF_UNIX, type, 0, &sk);

	if (err)
		return false;
	err = sim_sock_op(sk)->connect(sk, t, at, true);
	sim_sock_close(sk, NULL);
	return err == -ECONNREFUSED;
}

static bool refuses_real(int type, const struct sim_sockaddr *at)
{
	struct sockaddr_un un = { .sun_family = AF_UNIX };
	int fd = sim_libc()->socket(AF_UNIX, type | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	bool refuses;

	memcpy(un.sun_path, at->path, at->path_len);
	refuses = fd >= 0 && sim_libc()->connect(fd, (struct sockaddr *)&un, at->raw_len) < 0 &&
		  errno == ECONNREFUSED;
	if (fd >= 0)
		sim_libc()->close(fd);
	return refuses;
}

/*
 * Where paths are real, the file of an earlier run's socket is there still, as that of a server that was
 * killed. Such a server removes it when it finds nobody there.
 */
static bool remove_left_over(struct sim_task *t, int type, const struct sim_sockaddr *at)
{
	struct stat st;

	return at->family == AF_UNIX && at->path[0] &&
	       t->proc->net->unix_domain->paths == SIM_UNIX_PATHS_REAL &&
	       fstatat(AT_FDCWD, at->path, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISSOCK(st.st_mode) &&
	       refuses_simulated(t, type, at) && refuses_real(type, at) && unlink(at->path) == 0;
}

static int open_place(struct sim_control *c, struct sim_task *t, const struct places *places, unsigned i,
		      struct sim_slice addr)
{
	const char *step;
	int fd = sim_peer_listen(c, t, places->type, &places->at[i], BACKLOG, &step);
	if (fd == -EADDRINUSE && remove_left_over(t, places->type, &places->at[i]))
		fd = sim_peer_listen(c, t, places->type, &places->at[i], BACKLOG, &step);
	if (fd < 0)
		fail_at(addr, step, fd);
	return fd;
}

static void start_script(struct sim_control *c, const struct places *places, struct sim_peer_script *script,
			 struct sim_slice addr)
{
	struct sim_task *t = sim_control_start(c, places->host, "script", true, sim_peer_script_main, script);

	sim_peer_script_listens(script, open_place(c, t, places, 0, addr));
}

static void start_peer(struct sim_control *c, const struct places *places, const struct service *service,
		       const char *where, struct sim_slice addr)
{
	void (*run)(void *) = places->type == SOCK_STREAM ? sim_peer_accept_main : sim_peer_dgram_main;
	struct sim_peer *p = sim_peer_alloc(c, sizeof *p);

	p->c = c;
	p->ops = service->ops;
	p->where = where;
	sim_control_where(&p->file, &p->line);
	p->root = service->root;
	for (unsigned i = 0; i < places->num; i++) {
		struct sim_peer_listener *l = listener_new(p);
		struct sim_task *t = i ? sim_control_start_task(c, p->proc, p->ops->name, run, l)
				       : sim_control_start(c, places->host, p->ops->name, true, run, l);

		p->proc = t->proc;
		l->fd = open_place(c, t, places, i, addr);
	}
	p->rng = sim_rng_stream(c->w->ctx.seed, SIM_PURPOSE_USER, p->proc->id);
}

void(sim_peer)(const char *addr, const char *service)
{
	struct sim_control *c = sim_control_current("sim_peer");
	struct sim_source addr_src = sim_source_of("peer", addr ? addr : ""),
			  src = sim_source_of("peer", service ? service : "");
	struct sim_slice at = sim_slice_all(&addr_src);
	struct service what = { NULL, NULL, NULL };
	struct places places;
	struct sim_diag d;
	struct reader r = { .c = c, .d = &d };

	if (parse_places(c, at, &places, &d))
		sim_control_fail_diag(&d);
	r.where = sim_peer_copy(c, addr_src.text, addr_src.len);
	r.type = places.type;
	if (parse_service(&r, sim_slice_all(&src), &what))
		sim_control_fail_diag(&d);
	if (what.ops)
		start_peer(c, &places, &what, r.where, at);
	else
		start_script(c, &places, what.script, at);
}
