/* SPDX-License-Identifier: MIT */
/*
 * kv_client_test.c - how a user tests a client with simsock:
 *
 *   cc kv_client_test.c kv_client.c simsock.c -lcmocka && ./a.out                       one test fails
 *   cc -DKV_CLIENT_FIXED kv_client_test.c kv_client.c simsock.c -lcmocka && ./a.out     all pass
 *
 * Owns: the example.  The first test finds the client's mistake by one rule, a send that takes 10 of 20
 * bytes; over real sockets it would pass on every day on which there is room.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "simsock.h"
#include "simsock_cmocka.h"

#include "kv_client.h"

#define SET_COLOUR "SET colour 4\r\nblue\r\n"

static void set_survives_a_short_send(void **state)
{
	struct kv kv;
	int fd[2];

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[1], "OK\r\n", 4, 0), 4); /* the answer lies ready */
	kv_attach(&kv, fd[0]);
	sim_inject("%send:returns=10,*");
	assert_int_equal(kv_set(&kv, "colour", "blue", 4), 0);
	sim_assert_sent(sim_fd(fd[0]), SET_COLOUR, sizeof(SET_COLOUR) - 1);
}

static void get_survives_a_short_send_and_a_signal(void **state)
{
	struct kv kv;
	char value[8];
	int fd[2];

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[1], "VALUE 4\r\nblue\r\n", 15, 0), 15);
	kv_attach(&kv, fd[0]);
	sim_inject("%send:returns=3,EINTR,*");
	assert_int_equal(kv_get(&kv, "colour", value, sizeof(value)), 4);
	assert_memory_equal(value, "blue", 4);
	sim_assert_sent(sim_fd(fd[0]), "GET colour\r\n", 12);
}

static void get_joins_a_reply_that_comes_in_pieces(void **state)
{
	struct kv kv;
	char value[8];

	(void)state;
	sim_link("client", "server", "delay 20ms");
	sim_serve(
		"server", 7070,
		"expect GET colour\\r\\n; send VALUE 4\\r; wait 50ms; send \\nbl; wait 50ms; send ue\\r\\n");
	assert_int_equal(kv_open(&kv, "server", "7070"), 0);
	assert_int_equal(kv_get(&kv, "colour", value, sizeof(value)), 4);
	assert_memory_equal(value, "blue", 4);
	kv_close(&kv);
}

static void get_reports_a_reset_in_the_middle_of_a_value(void **state)
{
	struct kv kv;
	char value[8];

	(void)state;
	sim_serve("server", 7070, "expect GET colour\\r\\n; send VALUE 4\\r\\nbl; wait 50ms; rst");
	assert_int_equal(kv_open(&kv, "server", "7070"), 0);
	assert_int_equal(kv_get(&kv, "colour", value, sizeof(value)), -1);
	assert_int_equal(errno, ECONNRESET);
	sim_assert_why(ECONNRESET, "rst-received");
	kv_close(&kv);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(set_survives_a_short_send),
		sim_test(get_survives_a_short_send_and_a_signal),
		sim_test(get_joins_a_reply_that_comes_in_pieces),
		sim_test(get_reports_a_reset_in_the_middle_of_a_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
