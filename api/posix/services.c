/* SPDX-License-Identifier: MIT */
/*
 * Services and protocols by name and number: getservbyname(3), getprotobyname(3) and kin. One table of IANA's
 * names that people use, the same on every machine: /etc/services and its like are the machine's.
 * getaddrinfo(3) and getnameinfo(3) look here too. No call of the kernel is behind these names, so that they
 * do not pass the gate.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <netdb.h>
#include <stdalign.h>
#include <string.h>

#include "api/posix/posix.h"
#include "api/posix/resolve.h"

/* How a service is spoken to. */
enum { TCP = 1, UDP = 2, BOTH = TCP | UDP };

struct row {
	const char *name;
	uint16_t number;
	uint8_t by;        /* services only */
	const char *alias; /* NULL: none */
};

static const struct row services[] = {
	{ "echo", 7, BOTH, NULL },
	{ "discard", 9, BOTH, "sink" },
	{ "systat", 11, TCP, "users" },
	{ "daytime", 13, BOTH, NULL },
	{ "qotd", 17, TCP, "quote" },
	{ "chargen", 19, BOTH, "ttytst" },
	{ "ftp-data", 20, TCP, NULL },
	{ "ftp", 21, TCP, NULL },
	{ "ssh", 22, TCP, NULL },
	{ "telnet", 23, TCP, NULL },
	{ "smtp", 25, TCP, "mail" },
	{ "time", 37, BOTH, "timserver" },
	{ "whois", 43, TCP, "nicname" },
	{ "tacacs", 49, BOTH, NULL },
	{ "domain", 53, BOTH, NULL },
	{ "bootps", 67, UDP, NULL },
	{ "bootpc", 68, UDP, NULL },
	{ "tftp", 69, UDP, NULL },
	{ "gopher", 70, TCP, NULL },
	{ "finger", 79, TCP, NULL },
	{ "http", 80, TCP, "www" },
	{ "kerberos", 88, BOTH, "krb5" },
	{ "pop3", 110, TCP, "pop-3" },
	{ "sunrpc", 111, BOTH, "portmapper" },
	{ "auth", 113, TCP, "ident" },
	{ "nntp", 119, TCP, NULL },
	{ "ntp", 123, UDP, NULL },
	{ "netbios-ns", 137, UDP, NULL },
	{ "netbios-dgm", 138, UDP, NULL },
	{ "netbios-ssn", 139, TCP, NULL },
	{ "imap", 143, TCP, "imap2" },
	{ "snmp", 161, BOTH, NULL },
	{ "snmp-trap", 162, BOTH, "snmptrap" },
	{ "bgp", 179, TCP, NULL },
	{ "ldap", 389, BOTH, NULL },
	{ "https", 443, BOTH, NULL },
	{ "microsoft-ds", 445, BOTH, NULL },
	{ "submissions", 465, TCP, "smtps" },
	{ "exec", 512, TCP, NULL },
	{ "login", 513, TCP, NULL },
	{ "shell", 514, TCP, "cmd" },
	{ "syslog", 514, UDP, NULL },
	{ "printer", 515, TCP, "spooler" },
	{ "submission", 587, TCP, NULL },
	{ "ldaps", 636, BOTH, NULL },
	{ "domain-s", 853, BOTH, NULL },
	{ "rsync", 873, TCP, NULL },
	{ "ftps", 990, TCP, NULL },
	{ "telnets", 992, TCP, NULL },
	{ "imaps", 993, TCP, NULL },
	{ "pop3s", 995, TCP, NULL },
	{ "socks", 1080, TCP, NULL },
	{ "openvpn", 1194, BOTH, NULL },
	{ "ms-sql-s", 1433, TCP, NULL },
	{ "radius", 1812, BOTH, NULL },
	{ "radius-acct", 1813, BOTH, "radacct" },
	{ "mqtt", 1883, TCP, NULL },
	{ "nfs", 2049, BOTH, NULL },
	{ "mysql", 3306, TCP, NULL },
	{ "ms-wbt-server", 3389, TCP, NULL },
	{ "svn", 3690, TCP, "subversion" },
	{ "sip", 5060, BOTH, NULL },
	{ "sip-tls", 5061, BOTH, "sips" },
	{ "xmpp-client", 5222, TCP, NULL },
	{ "xmpp-server", 5269, TCP, NULL },
	{ "mdns", 5353, UDP, NULL },
	{ "postgresql", 5432, TCP, "postgres" },
	{ "amqps", 5671, TCP, NULL },
	{ "amqp", 5672, BOTH, NULL },
	{ "coap", 5683, UDP, NULL },
	{ "x11", 6000, TCP, NULL },
	{ "redis", 6379, TCP, NULL },
	{ "http-alt", 8080, BOTH, "webcache" },
	{ "secure-mqtt", 8883, TCP, NULL },
	{ "git", 9418, TCP, NULL },
	{ "memcache", 11211, BOTH, NULL },
};

static const struct row protocols[] = {
	{ "ip", 0, 0, "IP" },       { "icmp", 1, 0, "ICMP" },
	{ "igmp", 2, 0, "IGMP" },   { "tcp", 6, 0, "TCP" },
	{ "udp", 17, 0, "UDP" },    { "dccp", 33, 0, "DCCP" },
	{ "ipv6", 41, 0, "IPv6" },  { "rsvp", 46, 0, "RSVP" },
	{ "gre", 47, 0, "GRE" },    { "esp", 50, 0, "ESP" },
	{ "ah", 51, 0, "AH" },      { "ipv6-icmp", 58, 0, "IPv6-ICMP" },
	{ "sctp", 132, 0, "SCTP" }, { "udplite", 136, 0, "UDPLite" },
};

enum {
	NUM_SERVICES = sizeof services / sizeof services[0],
	NUM_PROTOCOLS = sizeof protocols / sizeof protocols[0]
};

/* A name, an alias, and a protocol's name are what an entry holds. */
enum { STATIC_BUF_BYTES = 128 };

/* ---- looking ---- */

/* Which of them a service found by `wanted` (NULL: any) is told with; 0: it is not spoken to so. */
static int by_of(const struct row *r, const char *wanted)
{
	if ((r->by & TCP) && (!wanted || !strcmp(wanted, "tcp")))
		return TCP;
	return (r->by & UDP) && (!wanted || !strcmp(wanted, "udp")) ? UDP : 0;
}

static bool is_called(const struct row *r, const char *name)
{
	return !strcmp(r->name, name) || (r->alias && !strcmp(r->alias, name));
}

/* What an entry is made of: a row, and for a service the protocol. */
struct found {
	const struct row *row; /* NULL: nothing */
	int by;
};

static struct found service_by_name(const char *name, const char *protocol)
{
	for (int i = 0; i < NUM_SERVICES; i++)
		if (is_called(&services[i], name) && by_of(&services[i], protocol))
			return (struct found){ &services[i], by_of(&services[i], protocol) };
	return (struct found){ NULL, 0 };
}

static struct found service_by_port(int port, const char *protocol)
{
	for (int i = 0; i < NUM_SERVICES; i++)
		if (services[i].number == ntohs((uint16_t)port) && by_of(&services[i], protocol))
			return (struct found){ &services[i], by_of(&services[i], protocol) };
	return (struct found){ NULL, 0 };
}

/* One after the other: a service has an entry for each protocol. */
static struct found service_at(int n)
{
	for (int i = 0; i < NUM_SERVICES; i++)
		for (int by = TCP; by <= UDP; by++)
			if ((services[i].by & by) && n-- == 0)
				return (struct found){ &services[i], by };
	return (struct found){ NULL, 0 };
}

static struct found protocol_by_name(const char *name)
{
	for (int i = 0; i < NUM_PROTOCOLS; i++)
		if (is_called(&protocols[i], name))
			return (struct found){ &protocols[i], 0 };
	return (struct found){ NULL, 0 };
}

static struct found protocol_by_number(int number)
{
	for (int i = 0; i < NUM_PROTOCOLS; i++)
		if (protocols[i].number == number)
			return (struct found){ &protocols[i], 0 };
	return (struct found){ NULL, 0 };
}

static struct found protocol_at(int n)
{
	return (struct found){ n < NUM_PROTOCOLS ? &protocols[n] : NULL, 0 };
}

bool sim_posix_service_port(const char *name, const char *protocol, uint16_t *port)
{
	struct found f = service_by_name(name, protocol);

	if (f.row)
		*port = f.row->number;
	return f.row != NULL;
}

const char *sim_posix_service_name(uint16_t port, const char *protocol)
{
	struct found f = service_by_port(htons(port), protocol);

	return f.row ? f.row->name : NULL;
}

/* ---- telling ---- */

static char *copy(struct sim_posix_cutter *c, const char *text)
{
	char *to = sim_posix_cut(c, strlen(text) + 1, 1);

	if (to)
		memcpy(to, text, strlen(text) + 1);
	return to;
}

/* The strings of an entry, in the caller's buffer. 0 or ERANGE. */
static int fill_names(struct found f, struct sim_posix_cutter *c, char **name, char ***aliases)
{
	char **list = sim_posix_cut(c, 2 * sizeof *list, alignof(char *));

	*name = copy(c, f.row->name);
	if (!list || !*name)
		return ERANGE;
	list[0] = f.row->alias ? copy(c, f.row->alias) : NULL;
	list[1] = NULL;
	*aliases = list;
	return f.row->alias && !list[0] ? ERANGE : 0;
}

static int tell_service(struct found f, struct servent *ret, char *buf, size_t len, struct servent **result)
{
	struct sim_posix_cutter c = { buf, len };

	*result = NULL;
	if (!f.row)
		return 0;
	ret->s_proto = copy(&c, f.by == TCP ? "tcp" : "udp");
	ret->s_port = htons(f.row->number);
	if (!ret->s_proto || fill_names(f, &c, &ret->s_name, &ret->s_aliases))
		return ERANGE;
	*result = ret;
	return 0;
}

static int tell_protocol(struct found f, struct protoent *ret, char *buf, size_t len,
			 struct protoent **result)
{
	struct sim_posix_cutter c = { buf, len };

	*result = NULL;
	if (!f.row)
		return 0;
	ret->p_proto = f.row->number;
	if (fill_names(f, &c, &ret->p_name, &ret->p_aliases))
		return ERANGE;
	*result = ret;
	return 0;
}

/* The functions without _r keep their answer until the next call on the thread. */
static __thread struct {
	struct servent service;
	struct protoent protocol;
	char service_buf[STATIC_BUF_BYTES], protocol_buf[STATIC_BUF_BYTES];
	int next_service, next_protocol;
} own;

static struct servent *own_service(struct found f)
{
	struct servent *result;

	(void)tell_service(f, &own.service, own.service_buf, sizeof own.service_buf, &result);
	return result;
}

static struct protoent *own_protocol(struct found f)
{
	struct protoent *result;

	(void)tell_protocol(f, &own.protocol, own.protocol_buf, sizeof own.protocol_buf, &result);
	return result;
}

/* ---- services ---- */

struct servent *sim_getservbyname(const char *name, const char *protocol)
{
	return sim_current ? own_service(service_by_name(name, protocol))
			   : sim_libc()->getservbyname(name, protocol);
}

struct servent *sim_getservbyport(int port, const char *protocol)
{
	return sim_current ? own_service(service_by_port(port, protocol))
			   : sim_libc()->getservbyport(port, protocol);
}

int sim_getservbyname_r(const char *name, const char *protocol, struct servent *ret, char *buf, size_t len,
			struct servent **result)
{
	return sim_current ? tell_service(service_by_name(name, protocol), ret, buf, len, result)
			   : sim_libc()->getservbyname_r(name, protocol, ret, buf, len, result);
}

int sim_getservbyport_r(int port, const char *protocol, struct servent *ret, char *buf, size_t len,
			struct servent **result)
{
	return sim_current ? tell_service(service_by_port(port, protocol), ret, buf, len, result)
			   : sim_libc()->getservbyport_r(port, protocol, ret, buf, len, result);
}

void sim_setservent(int stay_open)
{
	own.next_service = 0;
	if (!sim_current)
		sim_libc()->setservent(stay_open);
}

void sim_endservent(void)
{
	own.next_service = 0;
	if (!sim_current)
		sim_libc()->endservent();
}

struct servent *sim_getservent(void)
{
	return sim_current ? own_service(service_at(own.next_service++)) : sim_libc()->getservent();
}

/* An entry that had no room is told again. */
int sim_getservent_r(struct servent *ret, char *buf, size_t len, struct servent **result)
{
	int err;

	if (!sim_current)
		return sim_libc()->getservent_r(ret, buf, len, result);
	err = tell_service(service_at(own.next_service), ret, buf, len, result);
	if (*result)
		own.next_service++;
	return *result || err ? err : ENOENT;
}

/* ---- protocols ---- */

struct protoent *sim_getprotobyname(const char *name)
{
	return sim_current ? own_protocol(protocol_by_name(name)) : sim_libc()->getprotobyname(name);
}

struct protoent *sim_getprotobynumber(int number)
{
	return sim_current ? own_protocol(protocol_by_number(number)) : sim_libc()->getprotobynumber(number);
}

int sim_getprotobyname_r(const char *name, struct protoent *ret, char *buf, size_t len,
			 struct protoent **result)
{
	return sim_current ? tell_protocol(protocol_by_name(name), ret, buf, len, result)
			   : sim_libc()->getprotobyname_r(name, ret, buf, len, result);
}

int sim_getprotobynumber_r(int number, struct protoent *ret, char *buf, size_t len, struct protoent **result)
{
	return sim_current ? tell_protocol(protocol_by_number(number), ret, buf, len, result)
			   : sim_libc()->getprotobynumber_r(number, ret, buf, len, result);
}

void sim_setprotoent(int stay_open)
{
	own.next_protocol = 0;
	if (!sim_current)
		sim_libc()->setprotoent(stay_open);
}

void sim_endprotoent(void)
{
	own.next_protocol = 0;
	if (!sim_current)
		sim_libc()->endprotoent();
}

struct protoent *sim_getprotoent(void)
{
	return sim_current ? own_protocol(protocol_at(own.next_protocol++)) : sim_libc()->getprotoent();
}

int sim_getprotoent_r(struct protoent *ret, char *buf, size_t len, struct protoent **result)
{
	int err;

	if (!sim_current)
		return sim_libc()->getprotoent_r(ret, buf, len, result);
	err = tell_protocol(protocol_at(own.next_protocol), ret, buf, len, result);
	if (*result)
		own.next_protocol++;
	return *result || err ? err : ENOENT;
}
