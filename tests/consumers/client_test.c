/* SPDX-License-Identifier: MIT */
/* A test as a user writes it: cc client_test.c client.c simsock.c -lcmocka && ./a.out */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "client.h"
#include "simsock.h"
#include "simsock_cmocka.h"

#define TEXT "thirty-six bytes for a test to send."

static void third_send_returns_eintr(void **state)
{
	int fd[2];

	(void)state;
	sim_pair(fd, "tcp");
	sim_inject("%send:returns=10,10,EINTR,*");
	assert_int_equal(send_all(fd[0], TEXT, 36), 0);
	sim_assert_returns(sim_fd(fd[0]), "%send", "10 10 EINTR 16");
	sim_assert_sent(sim_fd(fd[0]), TEXT, 36);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(third_send_returns_eintr),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
