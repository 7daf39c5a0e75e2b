/* SPDX-License-Identifier: MIT */
/*
 * Services and protocols by name and number: getservbyname(3), getprotobyname(3) and kin, with names that
 * every Linux has. The kernel's run needs /etc/services and /etc/protocols, and is skipped without. Plain
 * libc only.
 */
#include "tests/behaviour/behaviour.h"

#include <netdb.h>

static void need(const char *path)
{
	if (behaviour_on_kernel() && access(path, R_OK)) {
		print_message("skipped: this system has no %s\n", path);
		skip();
	}
}

static const struct known {
	const char *name, *protocol;
	int port;
} known[] = {
	{ "echo", "tcp", 7 },   { "discard", "udp", 9 }, { "chargen", "tcp", 19 }, { "ftp", "tcp", 21 },
	{ "ssh", "tcp", 22 },   { "telnet", "tcp", 23 }, { "smtp", "tcp", 25 },    { "domain", "udp", 53 },
	{ "tftp", "udp", 69 },  { "http", "tcp", 80 },   { "pop3", "tcp", 110 },   { "ntp", "udp", 123 },
	{ "snmp", "udp", 161 }, { "https", "tcp", 443 }, { "imaps", "tcp", 993 },
};

TEST(services_are_found_by_name_and_by_port)
{
	need("/etc/services");
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		struct servent *s = getservbyname(known[i].name, known[i].protocol);

		assert_non_null(s);
		assert_string_equal(s->s_name, known[i].name);
		assert_string_equal(s->s_proto, known[i].protocol);
		assert_int_equal(ntohs((uint16_t)s->s_port), known[i].port);
		s = getservbyport(htons((uint16_t)known[i].port), known[i].protocol);
		assert_non_null(s);
		assert_string_equal(s->s_name, known[i].name);
	}
}

TEST(without_a_protocol_tcp_comes_first)
{
	struct servent *s;

	need("/etc/services");
	s = getservbyname("domain", NULL);
	assert_non_null(s);
	assert_string_equal(s->s_proto, "tcp");
	s = getservbyname("tftp", NULL);
	assert_non_null(s);
	assert_string_equal(s->s_proto, "udp");
	s = getservbyport(htons(53), NULL);
	assert_non_null(s);
	assert_string_equal(s->s_proto, "tcp");
}

TEST(an_alias_finds_the_service)
{
	struct servent *s;

	need("/etc/services");
	s = getservbyname("sink", "tcp");
	assert_non_null(s);
	assert_string_equal(s->s_name, "discard");
	assert_string_equal(s->s_aliases[0], "sink");
}

TEST(what_no_service_is_called_is_nothing)
{
	struct servent entry, *s = &entry;
	char buf[1024];

	assert_null(getservbyname("no-such-service", "tcp"));
	assert_null(getservbyname("tftp", "tcp"));
	assert_null(getservbyname("http", "nonsense"));
	assert_null(getservbyport(htons(1), "nonsense"));
	assert_int_equal(getservbyname_r("no-such-service", NULL, &entry, buf, sizeof(buf), &s), 0);
	assert_null(s);
}

TEST(an_entry_lies_in_the_callers_buffer)
{
	struct servent entry, *s = NULL;
	char buf[1024];

	need("/etc/services");
	assert_int_equal(getservbyname_r("ssh", "tcp", &entry, buf, sizeof(buf), &s), 0);
	assert_ptr_equal(s, &entry);
	assert_true(s->s_name >= buf && s->s_name < buf + sizeof(buf));
	assert_int_equal(getservbyport_r(htons(22), "tcp", &entry, buf, sizeof(buf), &s), 0);
	assert_string_equal(s->s_name, "ssh");
	assert_int_equal(getservbyname_r("ssh", "tcp", &entry, buf, 4, &s), ERANGE);
	assert_null(s);
}

TEST(services_are_listed_to_their_end)
{
	struct servent entry, *s;
	char buf[1024];
	int num = 0, err;

	need("/etc/services");
	setservent(0);
	while (getservent())
		num++;
	assert_true(num > 50);
	setservent(0);
	while (!(err = getservent_r(&entry, buf, sizeof(buf), &s)))
		num--;
	assert_int_equal(err, ENOENT);
	assert_int_equal(num, 0);
	endservent();
}

TEST(protocols_are_found_by_name_and_by_number)
{
	static const struct {
		const char *name, *alias;
		int number;
	} rows[] = { { "ip", "IP", 0 }, { "icmp", "ICMP", 1 }, { "tcp", "TCP", 6 }, { "udp", "UDP", 17 } };
	struct protoent entry, *p;
	char buf[1024];

	need("/etc/protocols");
	for (int i = 0; i < 4; i++) {
		p = getprotobyname(rows[i].name);
		assert_non_null(p);
		assert_int_equal(p->p_proto, rows[i].number);
		assert_string_equal(p->p_aliases[0], rows[i].alias);
		p = getprotobyname(rows[i].alias);
		assert_non_null(p);
		assert_string_equal(p->p_name, rows[i].name);
		p = getprotobynumber(rows[i].number);
		assert_non_null(p);
		assert_string_equal(p->p_name, rows[i].name);
		assert_int_equal(getprotobynumber_r(rows[i].number, &entry, buf, sizeof(buf), &p), 0);
		assert_ptr_equal(p, &entry);
		assert_int_equal(getprotobyname_r(rows[i].name, &entry, buf, 2, &p), ERANGE);
		assert_null(p);
	}
	assert_null(getprotobyname("no-such-protocol"));
	assert_null(getprotobynumber(253));
}

TEST(getaddrinfo_knows_the_same_services)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *list = NULL;
	char service[32];

	need("/etc/services");
	assert_int_equal(getaddrinfo("127.0.0.1", "http", &hints, &list), 0);
	assert_int_equal(((struct sockaddr_in *)list->ai_addr)->sin_port, htons(80));
	assert_int_equal(getnameinfo(list->ai_addr, list->ai_addrlen, NULL, 0, service, sizeof(service), 0),
			 0);
	assert_string_equal(service, "http");
	freeaddrinfo(list);
	hints.ai_socktype = SOCK_DGRAM;
	assert_int_equal(getaddrinfo("127.0.0.1", "telnet", &hints, &list), EAI_SERVICE);
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(services_are_found_by_name_and_by_port),
	DUAL_TEST(without_a_protocol_tcp_comes_first),
	DUAL_TEST(an_alias_finds_the_service),
	DUAL_TEST(what_no_service_is_called_is_nothing),
	DUAL_TEST(an_entry_lies_in_the_callers_buffer),
	DUAL_TEST(services_are_listed_to_their_end),
	DUAL_TEST(protocols_are_found_by_name_and_by_number),
	DUAL_TEST(getaddrinfo_knows_the_same_services),
};

BEHAVIOUR_MAIN("services", tests)
