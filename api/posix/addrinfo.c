/* SPDX-License-Identifier: MIT */
/*
 * getaddrinfo(3) and getnameinfo(3) over the world's names; the order of what they tell is RFC 6724's as far
 * as two families and one source make it. Each element is one block of malloc(3)'s and its name another, as
 * glibc has it, so that either side's freeaddrinfo() takes either side's list.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>

#include "api/calls/name.h"
#include "api/posix/posix.h"
#include "api/posix/resolve.h"

#define KNOWN_FLAGS                                                                                  \
	(AI_PASSIVE | AI_CANONNAME | AI_NUMERICHOST | AI_ADDRCONFIG | AI_V4MAPPED | AI_NUMERICSERV | \
	 AI_ALL | AI_IDN | AI_CANONIDN)
#define KNOWN_NI_FLAGS (NI_NUMERICHOST | NI_NUMERICSERV | NI_NOFQDN | NI_NAMEREQD | NI_DGRAM | NI_IDN)

/* What a socket type and a protocol make of each other, in the order in which they are told. */
static const struct kind {
	int type, protocol;
	const char *service; /* the protocol's name in the table of services; NULL: it has none */
} kinds[] = {
	{ SOCK_STREAM, IPPROTO_TCP, "tcp" },
	{ SOCK_DGRAM, IPPROTO_UDP, "udp" },
	{ SOCK_RAW, 0, NULL },
};
enum { NUM_KINDS = sizeof kinds / sizeof kinds[0] };

/* One question, and its answer as it grows. */
struct query {
	int flags, family, type, protocol;
	const char *service;
	uint16_t ports[NUM_KINDS];
	bool wanted[NUM_KINDS];
	struct sim_addr addrs[SIM_RESOLVE_MAX];
	int num;
	const char *canonical;
	uint32_t scope_id; /* of a link-local address */
	struct addrinfo *first, **end;
};

long sim_posix_resolve(struct sim_task *t, enum sim_call_id id, const char *name, struct sim_addr *out,
		       int max)
{
	long r = sim_call_resolve(t, id, name, out, max), done = 0;

	(void)sim_posix_again(t, &done);
	return r;
}

/* 0, or an EAI_ code. */
static int choose_kinds(struct query *q)
{
	bool any = false;

	for (int i = 0; i < NUM_KINDS; i++) {
		bool raw = kinds[i].type == SOCK_RAW;

		q->wanted[i] = (!q->type || q->type == kinds[i].type) &&
			       (!q->protocol || raw || q->protocol == kinds[i].protocol);
		any |= q->wanted[i];
	}
	if (any)
		return 0;
	return q->type ? EAI_SOCKTYPE : EAI_SERVICE;
}

static int find_ports(struct query *q)
{
	bool any = false;
	char *end;
	unsigned long number;

	if (!q->service)
		return 0;
	number = strtoul(q->service, &end, 10);
	if (!*end) {
		for (int i = 0; i < NUM_KINDS; i++)
			q->ports[i] = (uint16_t)number;
		return 0;
	}
	if (q->flags & AI_NUMERICSERV)
		return EAI_NONAME;
	for (int i = 0; i < NUM_KINDS; i++) {
		q->wanted[i] = q->wanted[i] && kinds[i].service &&
			       sim_posix_service_port(q->service, kinds[i].service, &q->ports[i]);
		any |= q->wanted[i];
	}
	return any ? 0 : EAI_SERVICE;
}

/* Does the host itself have an address of that family, beside loopback's? */
static bool has_family(const struct sim_task *t, bool v4)
{
	const struct sim_ip *ip = &t->proc->host->ip;

	for (uint32_t i = 0; i < ip->num_ifaces; i++) {
		for (uint32_t k = 0; !ip->ifaces[i].loopback && k < ip->ifaces[i].num_addrs; k++) {
			if (sim_addr_is_v4(ip->ifaces[i].addrs[k].addr) == v4)
				return true;
		}
	}
	return false;
}

static void keep_only(struct query *q, bool v4)
{
	int kept = 0;

	for (int i = 0; i < q->num; i++) {
		if (sim_addr_is_v4(q->addrs[i]) == v4)
			q->addrs[kept++] = q->addrs[i];
	}
	q->num = kept;
}

/* RFC 6724: first those that can be reached from here, and then IPv6 before IPv4. */
static void sort(const struct sim_task *t, struct query *q)
{
	struct sim_addr sorted[SIM_RESOLVE_MAX];
	bool v4_first = q->num && !sim_addr_is_loopback(q->addrs[0]) && !has_family(t, false);
	int n = 0;

	for (int pass = 0; pass < 2; pass++) {
		for (int i = 0; i < q->num; i++) {
			if (sim_addr_is_v4(q->addrs[i]) == (v4_first == (pass == 0)))
				sorted[n++] = q->addrs[i];
		}
	}
	memcpy(q->addrs, sorted, (size_t)n * sizeof sorted[0]);
}

/* Keeps what the hints allow. 0, or an EAI_ code. */
static int filter(const struct sim_task *t, struct query *q, int none)
{
	bool any_v6 = false;

	for (int i = 0; i < q->num; i++)
		any_v6 |= !sim_addr_is_v4(q->addrs[i]);
	if (q->family == AF_INET)
		keep_only(q, true);
	else if (q->family == AF_INET6 && (!(q->flags & AI_V4MAPPED) || (any_v6 && !(q->flags & AI_ALL))))
		keep_only(q, false);
	if (q->flags & AI_ADDRCONFIG) {
		if (!has_family(t, true) && has_family(t, false))
			keep_only(q, false);
		else if (!has_family(t, false) && has_family(t, true))
			keep_only(q, true);
	}
	sort(t, q);
	return q->num ? 0 : none;
}

static int find_own_addresses(struct sim_task *t, struct query *q)
{
	/* Rules are asked for this question too, and its record stands in the trace. */
	long r = sim_posix_resolve(t, SIM_CALL_GETADDRINFO, "localhost", q->addrs, SIM_RESOLVE_MAX);

	if (sim_resolve_ruled(r))
		return -sim_resolve_ruled(r);
	if (q->flags & AI_PASSIVE) {
		q->addrs[0] = sim_addr_v4(INADDR_ANY);
		q->addrs[1] = sim_addr_v6_any();
		q->num = 2;
	} else {
		q->num = r > 0 ? (int)r : 0;
	}
	if (q->family == AF_INET || q->family == AF_INET6)
		keep_only(q, q->family == AF_INET);
	return q->num ? 0 : EAI_NONAME;
}

/* inet_aton(3) takes more forms than inet_pton(3), and a link-local address may name its interface. */
static const char *plain_number(const char *node, char text[64])
{
	const char *percent = strchr(node, '%');
	struct in_addr in;

	if (inet_aton(node, &in))
		return inet_ntop(AF_INET, &in, text, 64);
	if (percent && percent - node < 64) {
		memcpy(text, node, (size_t)(percent - node));
		text[percent - node] = '\0';
		return text;
	}
	return node;
}

/* RFC 4007: what belongs to one link: fe80::/10, ff02::/16. */
static bool has_link_scope(struct sim_addr a)
{
	return (a.b[0] == 0xfe && (a.b[1] & 0xc0) == 0x80) || (a.b[0] == 0xff && (a.b[1] & 0x0f) == 2);
}

/* Behind "%": the host's interface by name, where the address belongs to a link, or a number. False: neither.
 */
static bool parse_scope(const struct sim_task *t, const char *node, struct sim_addr a, uint32_t *scope_id)
{
	const char *scope = strchr(node, '%');
	const struct sim_iface *i;
	char *end;

	if (!scope)
		return true;
	scope++;
	i = has_link_scope(a) ? sim_iface_by_name(&t->proc->host->ip, scope, strlen(scope)) : NULL;
	if (i) {
		*scope_id = i->index;
		return true;
	}
	*scope_id = (uint32_t)strtoul(scope, &end, 10);
	return *scope >= '0' && *scope <= '9' && !*end;
}

static int find_addresses(struct sim_task *t, struct query *q, const char *node)
{
	char text[64];
	const char *name = plain_number(node, text);
	struct sim_addr a;
	bool number = sim_addr_parse(name, &a);
	long r;

	q->canonical = node;
	if (number && !sim_addr_is_v4(a) && !parse_scope(t, node, a, &q->scope_id))
		return EAI_NONAME;
	r = sim_posix_resolve(t, SIM_CALL_GETADDRINFO, name, q->addrs, SIM_RESOLVE_MAX);
	if (sim_resolve_ruled(r))
		return -sim_resolve_ruled(r);
	if (r < 0 || ((q->flags & AI_NUMERICHOST) && !number))
		return EAI_NONAME;
	q->num = (int)r;
	return filter(t, q, number ? EAI_ADDRFAMILY : EAI_NODATA);
}

static socklen_t fill_sockaddr(const struct query *q, struct sim_addr a, uint16_t port, void *to)
{
	struct sockaddr_in *v4 = to;
	struct sockaddr_in6 *v6 = to;

	if (sim_addr_is_v4(a) && q->family != AF_INET6) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		v4->sin_addr.s_addr = htonl(sim_addr_to_v4(a));
		return sizeof *v4;
	}
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	v6->sin6_scope_id = q->scope_id;
	memcpy(&v6->sin6_addr, &a, sizeof a);
	return sizeof *v6;
}

static int append(struct query *q, struct sim_addr a, int kind)
{
	struct addrinfo *ai = calloc(1, sizeof *ai + sizeof(struct sockaddr_in6));

	if (!ai)
		return EAI_MEMORY;
	ai->ai_flags = q->flags;
	ai->ai_socktype = kinds[kind].type;
	ai->ai_protocol = kinds[kind].type == SOCK_RAW ? q->protocol : kinds[kind].protocol;
	ai->ai_addr = (struct sockaddr *)(ai + 1);
	ai->ai_addrlen = fill_sockaddr(q, a, q->ports[kind], ai->ai_addr);
	ai->ai_family = ai->ai_addr->sa_family;
	*q->end = ai;
	q->end = &ai->ai_next;
	return 0;
}

static int build(struct query *q)
{
	int err = 0;

	q->end = &q->first;
	for (int i = 0; i < q->num; i++) {
		for (int k = 0; k < NUM_KINDS && !err; k++)
			err = q->wanted[k] ? append(q, q->addrs[i], k) : 0;
	}
	if (!err && (q->flags & AI_CANONNAME)) {
		q->first->ai_canonname = strdup(q->canonical);
		err = q->first->ai_canonname ? 0 : EAI_MEMORY;
	}
	if (err)
		sim_freeaddrinfo(q->first);
	return err;
}

static int check_question(const struct query *q, const char *node, const char *service)
{
	if (!node && !service)
		return EAI_NONAME;
	if ((q->flags & ~KNOWN_FLAGS) || ((q->flags & AI_CANONNAME) && !node))
		return EAI_BADFLAGS;
	if (q->family != AF_UNSPEC && q->family != AF_INET && q->family != AF_INET6)
		return EAI_FAMILY;
	return 0;
}

int sim_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		    struct addrinfo **list)
{
	struct sim_task *t = sim_current;
	struct query q = { .flags = AI_V4MAPPED | AI_ADDRCONFIG };
	int err;

	if (!t)
		return sim_posix_may_use_libc("getaddrinfo")
			       ? sim_libc()->getaddrinfo(node, service, hints, list)
			       : EAI_SYSTEM;
	if (hints) {
		q.flags = hints->ai_flags;
		q.family = hints->ai_family;
		q.type = hints->ai_socktype;
		q.protocol = hints->ai_protocol;
	}
	/* glibc takes "*" for no name, and no service for port 0. */
	if (node && !strcmp(node, "*"))
		node = NULL;
	q.service = service && !strcmp(service, "*") ? NULL : service;
	err = check_question(&q, node, q.service);
	if (!err)
		err = choose_kinds(&q);
	if (!err)
		err = find_ports(&q);
	if (!err)
		err = node ? find_addresses(t, &q, node) : find_own_addresses(t, &q);
	if (!err)
		err = build(&q);
	if (!err)
		*list = q.first;
	return err;
}

void sim_freeaddrinfo(struct addrinfo *list)
{
	while (list) {
		struct addrinfo *next = list->ai_next;

		free(list->ai_canonname);
		free(list);
		list = next;
	}
}

/*
 * getaddrinfo_a(3): names are answered at once, so that who waits finds the answer there, and gai_error(3)
 * and gai_suspend(3) are libc's. FIDELITY: absent: to be told by a signal or a thread.
 */
int sim_getaddrinfo_a(int mode, struct gaicb *list[], int num, struct sigevent *notice)
{
	if (!sim_current)
		return sim_posix_may_use_libc("getaddrinfo_a")
			       ? sim_libc()->getaddrinfo_a(mode, list, num, notice)
			       : EAI_SYSTEM;
	if (mode != GAI_WAIT && mode != GAI_NOWAIT) {
		errno = EINVAL;
		return EAI_SYSTEM;
	}
	if (mode == GAI_NOWAIT && notice && notice->sigev_notify != SIGEV_NONE) {
		errno = ENOSYS;
		return EAI_SYSTEM;
	}
	for (int i = 0; i < num; i++)
		if (list[i])
			list[i]->__return = sim_getaddrinfo(list[i]->ar_name, list[i]->ar_service,
							    list[i]->ar_request, &list[i]->ar_result);
	return 0;
}

static int put(char *to, socklen_t cap, const char *text)
{
	size_t len = strlen(text);

	if (len >= cap)
		return EAI_OVERFLOW;
	memcpy(to, text, len + 1);
	return 0;
}

/* The interface's name where the address belongs to a link, else its number. */
static void add_scope(const struct sim_task *t, struct sim_addr a, uint32_t scope_id, char *text, size_t cap)
{
	const struct sim_iface *i = has_link_scope(a) ? sim_ip_iface(&t->proc->host->ip, scope_id) : NULL;
	size_t len = strlen(text);

	if (i)
		snprintf(text + len, cap - len, "%%%s", i->name);
	else
		snprintf(text + len, cap - len, "%%%u", scope_id);
}

/* The name of an address, or its number. */
static int tell_host(struct sim_task *t, struct sim_addr a, const struct sockaddr *addr, char *host,
		     socklen_t cap, int flags)
{
	char text[NI_MAXHOST];
	const struct sockaddr_in *v4 = (const void *)addr;
	const struct sockaddr_in6 *v6 = (const void *)addr;

	if (!(flags & NI_NUMERICHOST)) {
		long r = sim_call_resolve_addr(t, SIM_CALL_GETNAMEINFO, a, text, sizeof text), done = 0;

		(void)sim_posix_again(t, &done);
		if (sim_resolve_ruled(r))
			return -sim_resolve_ruled(r);
		if (r == 0)
			return put(host, cap, text);
		if (flags & NI_NAMEREQD)
			return EAI_NONAME;
	}
	if (addr->sa_family == AF_INET)
		inet_ntop(AF_INET, &v4->sin_addr, text, sizeof text);
	else
		inet_ntop(AF_INET6, &v6->sin6_addr, text, sizeof text);
	if (addr->sa_family == AF_INET6 && v6->sin6_scope_id)
		add_scope(t, a, v6->sin6_scope_id, text, sizeof text);
	return put(host, cap, text);
}

static int tell_service(uint16_t port, char *service, socklen_t cap, int flags)
{
	const char *name = sim_posix_service_name(port, flags & NI_DGRAM ? "udp" : "tcp");
	char text[16];

	if (!(flags & NI_NUMERICSERV) && name)
		return put(service, cap, name);
	snprintf(text, sizeof text, "%u", port);
	return put(service, cap, text);
}

static int tell_unix(const struct sockaddr *addr, socklen_t len, char *host, socklen_t host_cap,
		     char *service, socklen_t service_cap)
{
	char path[sizeof(struct sockaddr_un)];
	size_t n = len > offsetof(struct sockaddr_un, sun_path) ? len - offsetof(struct sockaddr_un, sun_path)
								: 0;
	int err = 0;

	memcpy(path, ((const struct sockaddr_un *)addr)->sun_path, n);
	path[n] = '\0';
	if (host && host_cap)
		err = put(host, host_cap, "localhost");
	if (!err && service && service_cap)
		err = put(service, service_cap, path);
	return err;
}

int sim_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, socklen_t host_len, char *service,
		    socklen_t service_len, int flags)
{
	struct sim_task *t = sim_current;
	struct sim_addr a;
	uint16_t port;
	int err = 0;

	if (!t) {
		/* A name is asked of the network, a number of nobody. */
		if (!(flags & NI_NUMERICHOST) && !sim_posix_may_use_libc("getnameinfo"))
			return EAI_SYSTEM;
		return sim_libc()->getnameinfo(addr, len, host, host_len, service, service_len, flags);
	}
	if (flags & ~KNOWN_NI_FLAGS)
		return EAI_BADFLAGS;
	if (!addr || len < sizeof addr->sa_family)
		return EAI_FAMILY;
	if ((flags & NI_NAMEREQD) && !host && !service)
		return EAI_NONAME;
	if (addr->sa_family == AF_UNIX && len <= sizeof(struct sockaddr_un))
		return tell_unix(addr, len, host, host_len, service, service_len);
	if (addr->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
		a = sim_addr_v4(ntohl(((const struct sockaddr_in *)addr)->sin_addr.s_addr));
		port = ntohs(((const struct sockaddr_in *)addr)->sin_port);
	} else if (addr->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
		memcpy(&a, &((const struct sockaddr_in6 *)addr)->sin6_addr, sizeof a);
		port = ntohs(((const struct sockaddr_in6 *)addr)->sin6_port);
	} else {
		return EAI_FAMILY;
	}
	if (host && host_len)
		err = tell_host(t, a, addr, host, host_len, flags);
	if (!err && service && service_len)
		err = tell_service(port, service, service_len, flags);
	return err;
}
