/* SPDX-License-Identifier: MIT */
/* readme_test.c - the test of ten lines that the README prints; below this comment the two are the same. */
#include "simsock_cmocka.h"
#include <sys/socket.h>

static void send_takes_seven_of_ten_bytes(void **state)
{
	int fd[2];
	sim_pair(fd, "tcp");
	sim_inject("send:returns=7,*");
	assert_int_equal(send(fd[0], "0123456789", 10, 0), 7);
	sim_assert_sent(sim_fd(fd[0]), "0123456", 7);
}
int main(void)
{
	const struct CMUnitTest tests[] = { sim_test(send_takes_seven_of_ten_bytes) };
	return cmocka_run_group_tests(tests, NULL, NULL);
}
