/* SPDX-License-Identifier: MIT */
/*
 * Names and addresses in text: getaddrinfo(3) and getnameinfo(3) with numbers and localhost, inet_pton(3). No
 * name server is asked. Plain libc only.
 */
#include "tests/behaviour/behaviour.h"

#include <netdb.h>

static int lookup(const char *node, const char *service, int family, int type, int flags,
		  struct addrinfo **list)
{
	struct addrinfo hints = { .ai_family = family, .ai_socktype = type, .ai_flags = flags };

	*list = NULL;
	return getaddrinfo(node, service, &hints, list);
}

TEST(numeric_ipv4_gives_one_address)
{
	struct addrinfo *list;
	struct sockaddr_in *at;

	assert_int_equal(lookup("127.0.0.1", "80", AF_UNSPEC, SOCK_STREAM, 0, &list), 0);
	assert_int_equal(list->ai_family, AF_INET);
	assert_int_equal(list->ai_socktype, SOCK_STREAM);
	assert_int_equal(list->ai_protocol, IPPROTO_TCP);
	assert_int_equal(list->ai_addrlen, sizeof(*at));
	at = (struct sockaddr_in *)list->ai_addr;
	assert_int_equal(at->sin_port, htons(80));
	assert_int_equal(at->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	assert_null(list->ai_next);
	freeaddrinfo(list);
}

TEST(numeric_ipv6_gives_one_address)
{
	struct addrinfo *list;
	struct sockaddr_in6 *at;

	assert_int_equal(lookup("::1", "53", AF_UNSPEC, SOCK_DGRAM, 0, &list), 0);
	assert_int_equal(list->ai_family, AF_INET6);
	assert_int_equal(list->ai_protocol, IPPROTO_UDP);
	at = (struct sockaddr_in6 *)list->ai_addr;
	assert_int_equal(at->sin6_port, htons(53));
	assert_memory_equal(&at->sin6_addr, &in6addr_loopback, sizeof(in6addr_loopback));
	assert_null(list->ai_next);
	freeaddrinfo(list);
}

TEST(no_type_gives_an_entry_for_each)
{
	struct addrinfo *list, *each;
	bool stream = false, dgram = false;

	assert_int_equal(lookup("127.0.0.1", "80", AF_INET, 0, 0, &list), 0);
	for (each = list; each; each = each->ai_next) {
		stream |= each->ai_socktype == SOCK_STREAM;
		dgram |= each->ai_socktype == SOCK_DGRAM;
	}
	assert_true(stream && dgram);
	freeaddrinfo(list);
}

TEST(no_node_is_loopback)
{
	struct addrinfo *list;

	assert_int_equal(lookup(NULL, "80", AF_INET, SOCK_STREAM, 0, &list), 0);
	assert_int_equal(((struct sockaddr_in *)list->ai_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	freeaddrinfo(list);
}

TEST(no_node_is_the_wildcard_when_passive)
{
	struct addrinfo *list;

	assert_int_equal(lookup(NULL, "0", AF_INET, SOCK_STREAM, AI_PASSIVE, &list), 0);
	assert_int_equal(((struct sockaddr_in *)list->ai_addr)->sin_addr.s_addr, htonl(INADDR_ANY));
	freeaddrinfo(list);
}

TEST(passive_with_a_node_is_the_node)
{
	struct addrinfo *list;

	assert_int_equal(lookup("127.0.0.1", "0", AF_INET, SOCK_STREAM, AI_PASSIVE, &list), 0);
	assert_int_equal(((struct sockaddr_in *)list->ai_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	freeaddrinfo(list);
}

TEST(neither_node_nor_service_is_noname)
{
	struct addrinfo *list;

	assert_int_equal(lookup(NULL, NULL, AF_INET, SOCK_STREAM, 0, &list), EAI_NONAME);
}

TEST(no_service_is_port_zero)
{
	struct addrinfo *list;

	assert_int_equal(lookup("127.0.0.1", NULL, AF_INET, SOCK_STREAM, 0, &list), 0);
	assert_int_equal(((struct sockaddr_in *)list->ai_addr)->sin_port, 0);
	freeaddrinfo(list);
}

TEST(localhost_is_loopback)
{
	struct addrinfo *list;

	assert_int_equal(lookup("localhost", "80", AF_INET, SOCK_STREAM, 0, &list), 0);
	assert_int_equal(((struct sockaddr_in *)list->ai_addr)->sin_addr.s_addr, htonl(INADDR_LOOPBACK));
	freeaddrinfo(list);
}

TEST(name_where_a_number_is_demanded_is_noname)
{
	struct addrinfo *list;

	assert_int_equal(lookup("localhost", "80", AF_INET, SOCK_STREAM, AI_NUMERICHOST, &list), EAI_NONAME);
	assert_int_equal(lookup("127.0.0.1", "http", AF_INET, SOCK_STREAM, AI_NUMERICSERV, &list),
			 EAI_NONAME);
}

TEST(name_under_invalid_is_noname)
{
	struct addrinfo *list;
	int error = lookup("no-such-host.invalid", "80", AF_INET, SOCK_STREAM, AI_NUMERICHOST, &list);

	assert_int_equal(error, EAI_NONAME);
}

TEST(address_of_the_other_family_is_addrfamily)
{
	struct addrinfo *list;

	assert_int_equal(lookup("127.0.0.1", "80", AF_INET6, SOCK_STREAM, 0, &list), EAI_ADDRFAMILY);
	assert_int_equal(lookup("::1", "80", AF_INET, SOCK_STREAM, 0, &list), EAI_ADDRFAMILY);
}

TEST(ipv4_for_an_ipv6_caller_is_mapped_when_asked)
{
	struct addrinfo *list;
	struct sockaddr_in6 *at;

	assert_int_equal(lookup("127.0.0.1", "80", AF_INET6, SOCK_STREAM, AI_V4MAPPED, &list), 0);
	at = (struct sockaddr_in6 *)list->ai_addr;
	assert_true(IN6_IS_ADDR_V4MAPPED(&at->sin6_addr));
	freeaddrinfo(list);
}

TEST(wrong_hints_are_refused)
{
	struct addrinfo *list;

	assert_int_equal(lookup("127.0.0.1", "80", 99, SOCK_STREAM, 0, &list), EAI_FAMILY);
	assert_int_equal(lookup("127.0.0.1", "80", AF_INET, 99, 0, &list), EAI_SOCKTYPE);
	assert_int_equal(lookup("127.0.0.1", "80", AF_INET, SOCK_STREAM, 0x40000000, &list), EAI_BADFLAGS);
	assert_int_equal(lookup(NULL, "80", AF_INET, SOCK_STREAM, AI_CANONNAME, &list), EAI_BADFLAGS);
}

TEST(canonical_name_of_a_number_is_the_number)
{
	struct addrinfo *list;

	assert_int_equal(lookup("127.0.0.1", "80", AF_INET, SOCK_STREAM, AI_CANONNAME, &list), 0);
	assert_string_equal(list->ai_canonname, "127.0.0.1");
	freeaddrinfo(list);
}

TEST(getnameinfo_gives_numbers)
{
	struct sockaddr_in at = at4("127.0.0.1", 8080);
	char host[64], service[16];

	assert_int_equal(getnameinfo((struct sockaddr *)&at, sizeof(at), host, sizeof(host), service,
				     sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV),
			 0);
	assert_string_equal(host, "127.0.0.1");
	assert_string_equal(service, "8080");
}

TEST(getnameinfo_gives_ipv6_numbers)
{
	struct sockaddr_in6 at = at6("::1", 1);
	char host[64], service[16];

	assert_int_equal(getnameinfo((struct sockaddr *)&at, sizeof(at), host, sizeof(host), service,
				     sizeof(service), NI_NUMERICHOST | NI_NUMERICSERV),
			 0);
	assert_string_equal(host, "::1");
	assert_string_equal(service, "1");
}

TEST(getnameinfo_without_room_is_overflow)
{
	struct sockaddr_in at = at4("127.0.0.1", 8080);
	char host[4];

	assert_int_equal(getnameinfo((struct sockaddr *)&at, sizeof(at), host, sizeof(host), NULL, 0,
				     NI_NUMERICHOST),
			 EAI_OVERFLOW);
}

TEST(getnameinfo_with_a_short_or_strange_address_is_family)
{
	struct sockaddr_in at = at4("127.0.0.1", 8080);
	char host[64];

	assert_int_equal(getnameinfo((struct sockaddr *)&at, 8, host, sizeof(host), NULL, 0, NI_NUMERICHOST),
			 EAI_FAMILY);
	at.sin_family = 99;
	assert_int_equal(getnameinfo((struct sockaddr *)&at, sizeof(at), host, sizeof(host), NULL, 0,
				     NI_NUMERICHOST),
			 EAI_FAMILY);
}

TEST(inet_pton_tells_good_from_bad)
{
	struct in6_addr a;

	assert_int_equal(inet_pton(AF_INET, "1.2.3.4", &a), 1);
	assert_int_equal(inet_pton(AF_INET, "1.2.3", &a), 0);
	assert_int_equal(inet_pton(AF_INET, "1.2.3.256", &a), 0);
	assert_int_equal(inet_pton(AF_INET6, "::ffff:1.2.3.4", &a), 1);
	assert_int_equal(inet_pton(AF_INET6, "1::2::3", &a), 0);
	assert_fails(inet_pton(99, "1.2.3.4", &a), EAFNOSUPPORT);
}

TEST(looked_up_address_connects)
{
	struct addrinfo *list;
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd;
	char port[8];

	snprintf(port, sizeof(port), "%d", ntohs(at.sin_port));
	assert_int_equal(lookup("localhost", port, AF_INET, SOCK_STREAM, 0, &list), 0);
	fd = socket(list->ai_family, list->ai_socktype, list->ai_protocol);
	assert_ok(connect(fd, list->ai_addr, list->ai_addrlen));
	freeaddrinfo(list);
	tcp_abort(fd);
	assert_ok(close(listener));
}

/* RFC 4007 11: "%" and the interface, by name for addresses that belong to a link, by number for all. */
TEST(a_scope_is_an_interface_by_name_or_number)
{
	static const struct {
		const char *node;
		int result;
		unsigned int scope_id;
	} rows[] = {
		{ "fe80::1%lo", 0, 1 },      { "fe80::1%1", 0, 1 },
		{ "fe80::1%77", 0, 77 },     { "ff02::1%lo", 0, 1 },
		{ "::1%5", 0, 5 },           { "fe80::1", 0, 0 },
		{ "::1%lo", EAI_NONAME, 0 }, { "fe80::1%nobody0", EAI_NONAME, 0 },
	};
	struct addrinfo *list;

	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		int r = lookup(rows[i].node, "80", AF_INET6, SOCK_STREAM, AI_NUMERICHOST, &list);

		assert_int_equal(r, rows[i].result);
		if (r)
			continue;
		assert_int_equal(((struct sockaddr_in6 *)list->ai_addr)->sin6_scope_id, rows[i].scope_id);
		freeaddrinfo(list);
	}
}

TEST(getnameinfo_names_the_interface_of_a_link)
{
	struct sockaddr_in6 at = at6("fe80::1", 80);
	char host[64];

	at.sin6_scope_id = 1;
	assert_int_equal(getnameinfo((struct sockaddr *)&at, sizeof(at), host, sizeof(host), NULL, 0,
				     NI_NUMERICHOST),
			 0);
	assert_string_equal(host, "fe80::1%lo");
	at.sin6_scope_id = 77;
	assert_int_equal(getnameinfo((struct sockaddr *)&at, sizeof(at), host, sizeof(host), NULL, 0,
				     NI_NUMERICHOST),
			 0);
	assert_string_equal(host, "fe80::1%77");
	at = at6("::1", 80);
	at.sin6_scope_id = 1;
	assert_int_equal(getnameinfo((struct sockaddr *)&at, sizeof(at), host, sizeof(host), NULL, 0,
				     NI_NUMERICHOST),
			 0);
	assert_string_equal(host, "::1%1");
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(numeric_ipv4_gives_one_address),
	DUAL_TEST(numeric_ipv6_gives_one_address),
	DUAL_TEST(no_type_gives_an_entry_for_each),
	DUAL_TEST(no_node_is_loopback),
	DUAL_TEST(no_node_is_the_wildcard_when_passive),
	DUAL_TEST(passive_with_a_node_is_the_node),
	DUAL_TEST(neither_node_nor_service_is_noname),
	DUAL_TEST(no_service_is_port_zero),
	DUAL_TEST(localhost_is_loopback),
	DUAL_TEST(name_where_a_number_is_demanded_is_noname),
	DUAL_TEST(name_under_invalid_is_noname),
	DUAL_TEST(address_of_the_other_family_is_addrfamily),
	DUAL_TEST(ipv4_for_an_ipv6_caller_is_mapped_when_asked),
	DUAL_TEST(wrong_hints_are_refused),
	DUAL_TEST(canonical_name_of_a_number_is_the_number),
	DUAL_TEST(getnameinfo_gives_numbers),
	DUAL_TEST(getnameinfo_gives_ipv6_numbers),
	DUAL_TEST(getnameinfo_without_room_is_overflow),
	DUAL_TEST(getnameinfo_with_a_short_or_strange_address_is_family),
	DUAL_TEST(inet_pton_tells_good_from_bad),
	DUAL_TEST(looked_up_address_connects),
	DUAL_TEST(a_scope_is_an_interface_by_name_or_number),
	DUAL_TEST(getnameinfo_names_the_interface_of_a_link),
};

BEHAVIOUR_MAIN("names", tests)
