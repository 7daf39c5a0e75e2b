/* SPDX-License-Identifier: MIT */
/*
 * api_examples_test.c - the three tests by which the control API was drawn, as they were drawn.
 *
 * Owns: that they go on reading like this.  They need what stands in front of them here and nothing more: a
 * send_all() of the user's, a text of 36 bytes, and Debian's libhiredis.so, unmodified.
 */
#include <errno.h>
#include <poll.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>
#include <hiredis/hiredis.h>

#include "simsock.h"
#include "simsock_cmocka.h"

#define TEXT "abcdefghijklmnopqrstuvwxyz0123456789"

/* The code under test of the first. */
static int send_all(int fd, const char *bytes, size_t len)
{
	while (len) {
		ssize_t sent = send(fd, bytes, len, 0);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		bytes += sent;
		len -= (size_t)sent;
	}
	return 0;
}

/* clang-format off */
static void third_send_returns_eintr(void **state)
{   int fd[2];
    sim_pair(fd, "tcp");
    sim_inject("%send:returns=10,10,EINTR,*");
    assert_int_equal(send_all(fd[0], TEXT, 36), 0);
    sim_assert_returns(sim_fd(fd[0]), "%send", "10 10 EINTR 16");
    sim_assert_sent(sim_fd(fd[0]), TEXT, 36);
}
static void eleventh_byte_waits_for_the_reader(void **state)
{   int fd[2]; char b[10];
    sim_pair(fd, "tcp nonblock");
    sim_capacity(sim_fd(fd[0]), 10);
    struct pollfd p = { fd[0], POLLOUT, 0 };
    assert_int_equal(send(fd[0], TEXT, 36, 0), 10);
    assert_int_equal(send(fd[0], TEXT, 1, 0), -1);
    sim_assert_why(EAGAIN, "peer-not-reading");
    sim_advance("1h");
    assert_int_equal(poll(&p, 1, 0), 0);
    assert_int_equal(recv(fd[1], b, 10, 0), 10);
    assert_int_equal(poll(&p, 1, 0), 1);
}
static void half_a_reply_then_reset(void **state)      /* Debian's libhiredis.so, unmodified */
{   sim_link("client", "server", "delay 20ms");
    sim_serve("server", 6379, "expect *1\\r\\n$4\\r\\nPING\\r\\n; send +PO; wait 50ms; rst");
    redisContext *c = redisConnect("server", 6379);
    assert_null(redisCommand(c, "PING"));
    sim_assert_why(ECONNRESET, "rst-received");
    assert_int_equal(sim_now_ns(), 130000000);
    redisFree(c);
}
/* clang-format on */

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(third_send_returns_eintr),
		sim_test(eleventh_byte_waits_for_the_reader),
		sim_test(half_a_reply_then_reset),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
