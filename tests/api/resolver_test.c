/* SPDX-License-Identifier: MIT */
/*
 * Names that ask servers and databases: what the world's hosts answer, and that the rest fails closed and
 * says why. getaddrinfo_a(3), gethostent(3), getnetbyname(3), resolver(3), innetgr(3), ether_hostton(3),
 * rcmd(3).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "simsock_cmocka.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <netinet/ether.h>
#include <netinet/in.h>
#include <resolv.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

static void hosts_are_listed_one_after_the_other(void **state)
{
	static const char *const expected[][2] = { { "localhost", "127.0.0.1" },
						   { "client", "10.0.0.1" },
						   { "server", "10.0.0.2" },
						   { "six", "fd00::6" } };
	struct hostent entry, *h;
	char text[INET6_ADDRSTRLEN], buf[512];
	int err;

	(void)state;
	sim_host("six", "fd00::6/64");
	sethostent(1);
	for (int i = 0; i < 4; i++) {
		h = gethostent();
		assert_non_null(h);
		assert_string_equal(h->h_name, expected[i][0]);
		assert_string_equal(inet_ntop(h->h_addrtype, h->h_addr_list[0], text, sizeof text),
				    expected[i][1]);
	}
	h_errno = 0;
	assert_null(gethostent());
	assert_int_equal(h_errno, HOST_NOT_FOUND);
	endhostent();
	assert_int_equal(gethostent_r(&entry, buf, 4, &h, &err), ERANGE);
	assert_int_equal(gethostent_r(&entry, buf, sizeof buf, &h, &err), 0);
	assert_string_equal(h->h_name, "localhost");
	sethostent(0);
}

static void getaddrinfo_a_answers_at_once(void **state)
{
	struct gaicb known = { .ar_name = "server", .ar_service = "http" }, unknown = { .ar_name = "nobody" };
	struct gaicb *list[] = { &known, NULL, &unknown };
	const struct gaicb *asked[] = { &known, &unknown };
	struct sigevent by_signal = { .sigev_notify = SIGEV_SIGNAL, .sigev_signo = SIGUSR1 };

	(void)state;
	assert_int_equal(getaddrinfo_a(GAI_WAIT, list, 3, NULL), 0);
	assert_int_equal(gai_error(&known), 0);
	assert_int_equal(gai_error(&unknown), EAI_NONAME);
	assert_int_equal(((struct sockaddr_in *)known.ar_result->ai_addr)->sin_port, htons(80));
	freeaddrinfo(known.ar_result);
	assert_int_equal(getaddrinfo_a(GAI_NOWAIT, list, 1, NULL), 0);
	assert_int_equal(gai_suspend(asked, 1, NULL), EAI_ALLDONE);
	freeaddrinfo(known.ar_result);
	assert_int_equal(getaddrinfo_a(77, list, 1, NULL), EAI_SYSTEM);
	assert_int_equal(errno, EINVAL);
	assert_int_equal(getaddrinfo_a(GAI_NOWAIT, list, 1, &by_signal), EAI_SYSTEM);
	assert_int_equal(errno, ENOSYS);
}

static void the_resolver_has_no_server(void **state)
{
	static const unsigned char query[12];
	unsigned char answer[512];
	struct __res_state own;

	(void)state;
	memset(&own, 0, sizeof own);
	h_errno = 0;
	assert_int_equal(res_query("server", C_IN, T_A, answer, sizeof answer), -1);
	assert_int_equal(h_errno, NO_RECOVERY);
	assert_string_equal(sim_explain()->key, "no-server");
	assert_int_equal(res_search("server", C_IN, T_A, answer, sizeof answer), -1);
	assert_int_equal(res_querydomain("server", "example", C_IN, T_A, answer, sizeof answer), -1);
	assert_int_equal(res_nquery(&own, "server", C_IN, T_A, answer, sizeof answer), -1);
	assert_int_equal(own.res_h_errno, NO_RECOVERY);
	assert_int_equal(res_nsearch(&own, "server", C_IN, T_A, answer, sizeof answer), -1);
	assert_int_equal(res_nquerydomain(&own, "a", "b", C_IN, T_A, answer, sizeof answer), -1);
	assert_int_equal(res_send(query, sizeof query, answer, sizeof answer), -1);
	assert_int_equal(errno, ECONNREFUSED);
	assert_int_equal(res_nsend(&own, query, sizeof query, answer, sizeof answer), -1);
	assert_int_equal(res_init(), -1);
	assert_int_equal(res_ninit(&own), -1);
}

static void a_rule_may_choose_how_the_resolver_fails(void **state)
{
	unsigned char answer[512];

	(void)state;
	sim_inject("res_query:error=TRY_AGAIN");
	assert_int_equal(res_query("server", C_IN, T_A, answer, sizeof answer), -1);
	assert_int_equal(h_errno, TRY_AGAIN);
}

static void no_network_has_a_name(void **state)
{
	struct netent entry, *n = &entry;
	char buf[256];
	int err = 0;

	(void)state;
	h_errno = 0;
	assert_null(getnetbyname("loopback"));
	assert_int_equal(h_errno, HOST_NOT_FOUND);
	assert_null(getnetbyaddr(127, AF_INET));
	assert_int_equal(getnetbyname_r("loopback", &entry, buf, sizeof buf, &n, &err), 0);
	assert_null(n);
	assert_int_equal(err, HOST_NOT_FOUND);
	assert_null(getnetent());
	n = &entry;
	assert_int_equal(getnetent_r(&entry, buf, sizeof buf, &n, &err), ENOENT);
	assert_null(n);
}

static void databases_of_the_machine_are_not_asked(void **state)
{
	struct ether_addr addr;
	char name[256];

	(void)state;
	assert_int_equal(setnetgrent("group"), 0);
	assert_int_equal(innetgr("group", NULL, NULL, NULL), 0);
	assert_int_equal(ether_hostton("server", &addr), -1);
	memset(&addr, 2, sizeof addr);
	assert_int_equal(ether_ntohost(name, &addr), -1);
	assert_string_equal(sim_explain()->key, "no-server");
}

static void remote_commands_get_no_socket(void **state)
{
	char server[] = "server", *host = server;
	int port = 1023;

	(void)state;
	assert_int_equal(rcmd(&host, htons(514), "me", "you", "true", NULL), -1);
	sim_assert_why(EAFNOSUPPORT, "no-server");
	assert_int_equal(rexec(&host, htons(512), "me", "secret", "true", NULL), -1);
	assert_int_equal(rresvport(&port), -1);
	assert_int_equal(ruserok("server", 0, "me", "you"), -1);
	sim_assert_why(EACCES, "no-server");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(hosts_are_listed_one_after_the_other),
		sim_test(getaddrinfo_a_answers_at_once),
		sim_test(the_resolver_has_no_server),
		sim_test(a_rule_may_choose_how_the_resolver_fails),
		sim_test(no_network_has_a_name),
		sim_test(databases_of_the_machine_are_not_asked),
		sim_test(remote_commands_get_no_socket),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
