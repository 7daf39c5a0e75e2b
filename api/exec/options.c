/* SPDX-License-Identifier: MIT */
/*
 * The world of `simsock exec` made of its options: see options.h. The program's host is "client"; every host
 * that a peer or a link names and nobody has given addresses gets some of 10.0.0.0/24 and fd00::/64, "server"
 * the same as in simsock.h.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/options.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "api/control/control.h"
#include "api/simsock.h"
#include "sim/base/str.h"

enum { MAX_HOSTS = 200, NAME_BYTES = 64, VALUE_BYTES = 4096 };

bool sim_exec_option(const char *text, const char *name, const char **at, const char **value, size_t *len)
{
	size_t name_len = strlen(name);

	for (const char *p = *at ? *at : text; *p;) {
		const char *end = strchrnul(p, '\n'), *next = *end ? end + 1 : end;

		if (strncmp(p, name, name_len) == 0 && p[name_len] == ' ') {
			*value = p + name_len + 1;
			*len = (size_t)(end - *value);
			*at = next;
			return true;
		}
		p = next;
	}
	return false;
}

/* The option's next value as a string of its own; NULL: no more. */
static const char *next_value(const char *text, const char *name, const char **at, char buf[VALUE_BYTES])
{
	struct sim_str s = sim_str_on(buf, VALUE_BYTES);
	const char *value;
	size_t len;

	if (!sim_exec_option(text, name, at, &value, &len))
		return NULL;
	sim_str_add_len(&s, value, len);
	if (s.truncated)
		sim_control_fail("%s: a value of %zu bytes is too long", name, len);
	return buf;
}

/* Up to the first of one of these characters; *rest is behind it, or NULL. */
static char *cut(char *value, const char *at, char **rest)
{
	char *end = strpbrk(value, at);

	*rest = end ? end + 1 : NULL;
	if (end)
		*end = '\0';
	return value;
}

/* ---- hosts ---- */

struct host_list {
	struct sim_control_host hosts[MAX_HOSTS];
	char names[MAX_HOSTS][NAME_BYTES];
	char addrs[MAX_HOSTS][VALUE_BYTES / 16];
	unsigned num;
};

static struct sim_control_host *find(struct host_list *l, const char *name)
{
	for (unsigned i = 0; i < l->num; i++) {
		if (strcmp(l->names[i], name) == 0)
			return &l->hosts[i];
	}
	return NULL;
}

static void add(struct host_list *l, const char *name, const char *addrs)
{
	if (l->num == MAX_HOSTS)
		sim_control_fail("at most %d hosts", MAX_HOSTS);
	sim_str_copy(l->names[l->num], sizeof l->names[0], name);
	sim_str_copy(l->addrs[l->num], sizeof l->addrs[0], addrs);
	l->hosts[l->num].name = l->names[l->num];
	l->hosts[l->num].addrs = l->addrs[l->num];
	l->num++;
}

static bool is_address(const char *text)
{
	struct in6_addr a;

	return inet_pton(AF_INET, text, &a) == 1 || inet_pton(AF_INET6, text, &a) == 1;
}

/* An address without its prefix is one of a network as large as ours. */
static void with_prefixes(char *addrs, struct sim_str *out)
{
	char *word, *save = NULL;

	for (word = strtok_r(addrs, ", ", &save); word; word = strtok_r(NULL, ", ", &save)) {
		const char *prefix = strchr(word, '/') ? "" : strchr(word, ':') ? "/64" : "/24";

		sim_str_printf(out, "%s%s%s", out->len ? " " : "", word, prefix);
	}
}

/* Is this address, without a prefix, among those that were said? */
static const char *owner_of(const struct host_list *l, const char *addr)
{
	size_t len = strlen(addr);

	for (unsigned i = 0; i < l->num; i++) {
		const char *p = l->addrs[i];

		while ((p = strstr(p, addr))) {
			if ((p == l->addrs[i] || p[-1] == ' ') && (p[len] == '/' || p[len] == ' ' || !p[len]))
				return l->names[i];
			p += len;
		}
	}
	return NULL;
}

static void add_at_next_address(struct host_list *l, const char *name)
{
	char v4[32], both[64];
	struct sim_str s4 = sim_str_on(v4, sizeof v4), s = sim_str_on(both, sizeof both);
	unsigned last = 2;

	for (;; last++) {
		s4.len = 0;
		sim_str_printf(&s4, "10.0.0.%u", last);
		if (!owner_of(l, v4) && (last != 2 || strcmp(name, "server") == 0))
			break;
		if (last == 254)
			sim_control_fail(
				"host %s: no address of 10.0.0.0/24 is left for it: give it one with --host",
				name);
	}
	sim_str_printf(&s, "%s/24 fd00::%x/64", v4, last);
	add(l, name, both);
}

/* A host that is named, or whose address is, and that nobody has described. */
static void want_host(struct host_list *l, const char *name)
{
	char made_up[NAME_BYTES], addrs[64];
	struct sim_str n = sim_str_on(made_up, sizeof made_up), a = sim_str_on(addrs, sizeof addrs);

	if (!*name || find(l, name) || strcmp(name, "localhost") == 0)
		return;
	if (!is_address(name)) {
		add_at_next_address(l, name);
		return;
	}
	if (owner_of(l, name) || strcmp(name, "127.0.0.1") == 0 || strcmp(name, "::1") == 0)
		return;
	if (strcmp(name, "10.0.0.2") == 0 || strcmp(name, "fd00::2") == 0) {
		add_at_next_address(l, "server");
		return;
	}
	sim_str_printf(&n, "peer%u", l->num);
	sim_str_printf(&a, "%s%s", name, strchr(name, ':') ? "/64" : "/24");
	add(l, made_up, addrs);
}

/* "udp:server:7", "[fd00::2]:80", "server:7": the host. "unix:..." has none. */
static char *host_of_peer(char *addr)
{
	char *end;

	if (strncmp(addr, "unix:", 5) == 0 || strncmp(addr, "unix-dgram:", 11) == 0)
		return NULL;
	if (strncmp(addr, "tcp:", 4) == 0 || strncmp(addr, "udp:", 4) == 0)
		addr += 4;
	if (*addr == '[') {
		end = strchr(++addr, ']');
	} else {
		end = strrchr(addr, ':');
	}
	if (end)
		*end = '\0';
	return end ? addr : NULL;
}

static void said_hosts(struct host_list *l, const char *text)
{
	char value[VALUE_BYTES], addrs[VALUE_BYTES / 16], *rest;
	const char *at = NULL;

	while (next_value(text, "host", &at, value)) {
		struct sim_str s = sim_str_on(addrs, sizeof addrs);
		char *name = cut(value, "=", &rest);

		if (!rest || !*name || !*rest)
			sim_control_fail(
				"%s%s%s: expected NAME=ADDRESS[,ADDRESS...], such as server=10.0.0.2", name,
				rest ? "=" : "", rest ? rest : "");
		if (strlen(name) >= NAME_BYTES || find(l, name))
			sim_control_fail("%s: %s", name,
					 find(l, name) ? "this host is given twice: write all its addresses "
							 "behind one name, with commas between"
						       : "the name is too long");
		with_prefixes(rest, &s);
		add(l, name, addrs);
	}
}

static void implied_hosts(struct host_list *l, const char *text)
{
	char value[VALUE_BYTES], *rest, *host;
	const char *at = NULL;

	while (next_value(text, "peer", &at, value)) {
		host = host_of_peer(cut(value, "=", &rest));
		if (rest && host && strlen(host) < NAME_BYTES)
			want_host(l, host);
	}
	at = NULL;
	while (next_value(text, "link", &at, value)) {
		host = cut(value, " ", &rest);
		want_host(l, host);
		if (rest)
			want_host(l, cut(rest, " ", &rest));
	}
}

/* The program's host first, the others in the order in which they were said. */
static void put_client_first(struct host_list *l)
{
	struct sim_control_host *at = find(l, "client"), client = *at;

	for (; at > l->hosts; at--)
		at[0] = at[-1];
	*at = client;
}

static struct host_list *list_hosts(const char *text)
{
	struct host_list *l = calloc(1, sizeof *l);

	if (!l)
		sim_control_fail("out of memory");
	said_hosts(l, text);
	if (!find(l, "client"))
		add(l, "client", "10.0.0.1/24 fd00::1/64");
	implied_hosts(l, text);
	put_client_first(l);
	return l;
}

/* ---- the rest ---- */

static void make_links(const char *text)
{
	char value[VALUE_BYTES], *b, *netem;
	const char *at = NULL;

	while (next_value(text, "link", &at, value)) {
		char *a = cut(value, " ", &b);

		b = b ? cut(b, " ", &netem) : NULL;
		if (!b)
			sim_control_fail("%s: expected two hosts and tc-netem's words, such as "
					 "--link client server 'delay 20ms'",
					 a);
		(sim_link)(a, b, netem ? netem : "");
	}
}

static void set_sysctls(const struct host_list *l, const char *text)
{
	char value[VALUE_BYTES], *setting;
	const char *at = NULL;

	while (next_value(text, "sysctl", &at, value)) {
		char *host = strchr(value, ':') && strchr(value, ':') < strchrnul(value, '=')
				     ? cut(value, ":", &setting)
				     : NULL;
		char *name = cut(host ? setting : value, "=", &setting);

		if (!setting)
			sim_control_fail("%s: expected [HOST:]NAME=VALUE, such as net.ipv4.tcp_syn_retries=2",
					 name);
		if (host)
			(sim_sysctl)(host, name, setting);
		for (unsigned i = 0; !host && i < l->num; i++)
			(sim_sysctl)(l->hosts[i].name, name, setting);
	}
}

/* "server:-A INPUT ...": a host's; else the program's. Rules begin with a dash, and names have no blank. */
static void set_firewalls(const char *text, const char *option,
			  void (*set)(const char *host, const char *rule))
{
	char value[VALUE_BYTES], *rule;
	const char *at = NULL;

	while (next_value(text, option, &at, value)) {
		bool has_host = *value != '-' && value[strcspn(value, ": ")] == ':';
		char *host = has_host ? cut(value, ":", &rule) : NULL;

		set(host ? host : "client", host ? rule : value);
	}
}

static void run_ip(const char *text)
{
	char value[VALUE_BYTES], *command;
	const char *at = NULL;

	while (next_value(text, "ip", &at, value)) {
		char *host = cut(value, ":", &command);

		if (!command || strchr(host, ' '))
			sim_control_fail("%s: expected HOST:COMMAND, such as 'client:route del default'",
					 host);
		(void)(sim_ip)(host, command);
	}
}

static void start_peers(const char *text)
{
	char value[VALUE_BYTES], *service;
	const char *at = NULL;

	while (next_value(text, "peer", &at, value)) {
		char *addr = cut(value, "=", &service);

		if (!service || !*service)
			sim_control_fail("%s: expected ADDRESS=SERVICE, such as server:7=echo", addr);
		(sim_peer)(addr, service);
	}
}

static uint64_t seed_of(const char *text)
{
	char value[VALUE_BYTES];
	const char *at = NULL, *seed = next_value(text, "seed", &at, value);

	return seed ? strtoull(seed, NULL, 10) : 0;
}

struct sim_world *sim_exec_make_world(const char *text, bool with_files)
{
	struct host_list *l;
	struct sim_world *w;
	struct sim_control *c;
	char value[VALUE_BYTES];
	const char *at = NULL;

	sim_control_doing("exec: --host");
	l = list_hosts(text);
	w = sim_control_world(seed_of(text), l->hosts, l->num);
	c = sim_control_of(w);
	sim_control_doing("exec: --link");
	make_links(text);
	sim_control_doing("exec: --sysctl");
	set_sysctls(l, text);
	sim_control_doing("exec: --iptables");
	set_firewalls(text, "iptables", (sim_iptables));
	sim_control_doing("exec: --ip6tables");
	set_firewalls(text, "ip6tables", (sim_ip6tables));
	sim_control_doing("exec: --ip");
	run_ip(text);
	sim_control_doing("exec: --peer");
	start_peers(text);
	free(l);
	sim_control_doing("exec: --inject");
	while (next_value(text, "inject", &at, value))
		(void)(sim_inject)(value);
	sim_control_doing(NULL);
	at = NULL;
	if (with_files && next_value(text, "trace", &at, value))
		sim_control_trace_to(c, value, false);
	at = NULL;
	if (with_files && next_value(text, "pcap", &at, value))
		sim_control_pcap_to(c, value);
	return w;
}
