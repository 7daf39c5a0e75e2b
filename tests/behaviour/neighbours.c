/* SPDX-License-Identifier: MIT */
/*
 * The neighbour cache as ip-neighbour(8) shows it: what a packet does to an entry, what MSG_CONFIRM (send(2))
 * and a connection's progress spare, who is told that nobody answers. arp(7). On a network of the suite's
 * own: segment.h.
 */
#include "tests/behaviour/segment.h"

static void send_to(const char *to, int flags)
{
	bool six = strchr(to, ':') != NULL;
	int fd = new_socket(six ? AF_INET6 : AF_INET, SOCK_DGRAM);

	assert_int_equal(six ? sendto6(fd, "x", 1, flags, at6(to, ECHO_PORT))
			     : sendto4(fd, "x", 1, flags, at4(to, ECHO_PORT)),
			 1);
	assert_ok(close(fd));
}

TEST(first_packet_makes_the_neighbour_reachable)
{
	segment_begin();
	assert_string_equal(neighbour_state("10.0.0.254"), "none");
	send_to("10.0.0.254", 0);
	send_to("fd00::fe", 0);
	settle();
	assert_string_equal(neighbour_state("10.0.0.254"), "REACHABLE");
	assert_string_equal(neighbour_state("fd00::fe"), "REACHABLE");
	segment_end();
}

TEST(gateway_is_the_neighbour_of_what_is_behind_it)
{
	segment_begin();
	send_to("10.0.9.2", 0);
	settle();
	assert_string_equal(neighbour_state("10.0.9.2"), "none");
	assert_string_equal(neighbour_state("10.0.0.254"), "REACHABLE");
	segment_end();
}

TEST(nobody_answers_and_the_sender_hears_of_it)
{
	int fd, six;

	segment_begin();
	neighbour_sysctl("ipv4", "retrans_time_ms", "50");
	neighbour_sysctl("ipv6", "retrans_time_ms", "50");
	fd = new_socket(AF_INET, SOCK_DGRAM);
	six = new_socket(AF_INET6, SOCK_DGRAM);
	assert_ok(set_int(fd, IPPROTO_IP, IP_RECVERR, 1));
	assert_ok(set_int(six, IPPROTO_IPV6, IPV6_RECVERR, 1));
	assert_ok(connect4(fd, at4("10.0.0.99", ECHO_PORT)));
	assert_ok(connect6(six, at6("fd00::99", ECHO_PORT)));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(send(six, "x", 1, 0), 1);
	assert_string_equal(neighbour_state("10.0.0.99"), "INCOMPLETE");
	assert_string_equal(neighbour_state("fd00::99"), "INCOMPLETE");
	pass_ms(250); /* three questions, 50 ms apart */
	assert_string_equal(neighbour_state("10.0.0.99"), "FAILED");
	assert_string_equal(neighbour_state("fd00::99"), "FAILED");
	assert_int_equal(pending_error(fd), EHOSTUNREACH);
	assert_int_equal(pending_error(six), EHOSTUNREACH);
	assert_ok(close(fd));
	assert_ok(close(six));
	segment_end();
}

/*
 * Each neighbour is nobody's: what is not confirmed can only be probed. The confirmation counts when it comes
 * after the packet that made the entry DELAY.
 */
TEST(stale_neighbour_is_probed_unless_confirmed)
{
	static const char *const names[] = { "10.0.0.71", "10.0.0.72", "10.0.0.73", "fd00::71", "fd00::72" };
	char command[120];

	segment_begin();
	neighbour_sysctl("ipv4", "delay_first_probe_time", "1");
	neighbour_sysctl("ipv6", "delay_first_probe_time", "1");
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
		snprintf(command, sizeof(command),
			 "neigh replace %s lladdr 02:00:00:00:77:0%u nud stale dev eth0", names[i], i);
		on_host("client", command);
	}
	for (unsigned i = 0; i < sizeof(names) / sizeof(names[0]); i++)
		if (strcmp(names[i], "10.0.0.73"))
			send_to(names[i], 0);
	assert_string_equal(neighbour_state("10.0.0.71"), "DELAY");
	assert_string_equal(neighbour_state("10.0.0.72"), "DELAY");
	assert_string_equal(neighbour_state("fd00::71"), "DELAY");
	pass_ms(400);
	send_to("10.0.0.71", 0);
	send_to("10.0.0.72", MSG_CONFIRM);
	send_to("fd00::71", 0);
	send_to("fd00::72", MSG_CONFIRM);
	assert_string_equal(neighbour_state("10.0.0.72"), "DELAY");
	pass_ms(900);
	assert_string_equal(neighbour_state("10.0.0.71"), "PROBE");
	assert_string_equal(neighbour_state("10.0.0.72"), "REACHABLE");
	assert_string_equal(neighbour_state("10.0.0.73"), "STALE"); /* nobody has used it */
	assert_string_equal(neighbour_state("fd00::71"), "PROBE");
	assert_string_equal(neighbour_state("fd00::72"), "REACHABLE");
	segment_end();
}

TEST(probe_that_is_not_answered_fails)
{
	segment_begin();
	neighbour_sysctl("ipv4", "delay_first_probe_time", "0");
	neighbour_sysctl("ipv4", "retrans_time_ms", "20");
	on_host("client", "neigh replace 10.0.0.71 lladdr 02:00:00:00:77:01 nud stale dev eth0");
	on_host("client", "neigh replace 10.0.0.254 lladdr 02:00:00:00:77:01 nud stale dev eth0");
	send_to("10.0.0.71", 0);
	pass_ms(200);
	assert_string_equal(neighbour_state("10.0.0.71"), "FAILED");
	/* The next packet asks all again. */
	neighbour_sysctl("ipv4", "retrans_time_ms", "1000");
	send_to("10.0.0.71", 0);
	assert_string_equal(neighbour_state("10.0.0.71"), "INCOMPLETE");
	segment_end();
}

TEST(probe_that_is_answered_is_reachable)
{
	segment_begin();
	send_to("10.0.0.254", 0);
	settle();
	neighbour_sysctl("ipv4", "delay_first_probe_time", "0");
	neighbour_sysctl("ipv4", "base_reachable_time_ms", "400"); /* 200 to 600 ms */
	on_host("client", "neigh flush dev eth0");
	send_to("10.0.0.254", 0);
	settle();
	assert_string_equal(neighbour_state("10.0.0.254"), "REACHABLE");
	pass_ms(800);
	assert_string_equal(neighbour_state("10.0.0.254"), "STALE");
	send_to("10.0.0.254", 0);
	pass_ms(30);
	assert_string_equal(neighbour_state("10.0.0.254"), "REACHABLE");
	segment_end();
}

TEST(reachable_and_used_not_long_ago_is_delayed)
{
	segment_begin();
	neighbour_sysctl("ipv4", "base_reachable_time_ms", "100");
	send_to("10.0.0.254", 0);
	pass_ms(200);
	assert_string_equal(neighbour_state("10.0.0.254"), "DELAY"); /* used within delay_first_probe_time */
	segment_end();
}

/* tcp(7) says nothing of it; Linux: what the peer acknowledges, the neighbour must have carried. */
TEST(progress_of_a_connection_confirms)
{
	char b[8];
	int fd;

	segment_begin();
	neighbour_sysctl("ipv4", "delay_first_probe_time", "1");
	neighbour_sysctl("ipv4", "ucast_solicit", "0"); /* a probe would fail at once */
	fd = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd, at4("10.0.9.2", ECHO_PORT)));
	neighbour_sysctl("ipv4", "base_reachable_time_ms", "100");
	pass_ms(50);
	for (int i = 0; i < 8; i++) { /* each send tells of the one before */
		assert_int_equal(send(fd, "abc", 3, 0), 3);
		assert_true(await(fd, POLLIN) & POLLIN);
		assert_int_equal(recv(fd, b, sizeof(b), 0), 3);
		pass_ms(20);
	}
	assert_string_not_equal(neighbour_state("10.0.0.254"), "FAILED");
	assert_string_not_equal(neighbour_state("10.0.0.254"), "INCOMPLETE");
	tcp_abort(fd);
	segment_end();
}

TEST(permanent_neighbour_is_asked_nothing)
{
	int fd;

	segment_begin();
	on_host("client", "neigh add 10.0.0.254 lladdr 02:00:00:00:77:01 dev eth0");
	fd = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(connect4(fd, at4("10.0.0.254", ECHO_PORT)));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	pass_ms(30);
	assert_int_equal(ready(fd, POLLIN), 0); /* nobody has that link-layer address */
	assert_string_equal(neighbour_state("10.0.0.254"), "PERMANENT");
	on_host("client", "neigh flush dev eth0");
	assert_string_equal(neighbour_state("10.0.0.254"), "PERMANENT");
	on_host("client", "neigh del 10.0.0.254 dev eth0");
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_true(await(fd, POLLIN) & POLLIN);
	assert_ok(close(fd));
	segment_end();
}

TEST(link_down_forgets_neighbours)
{
	segment_begin();
	send_to("10.0.0.254", 0);
	on_host("client", "neigh add 10.0.0.5 lladdr 02:00:00:00:77:01 dev eth0");
	settle();
	on_host("client", "link set dev eth0 down");
	assert_string_equal(neighbour_state("10.0.0.254"), "none");
	assert_string_equal(neighbour_state("10.0.0.5"), "none");
	segment_end();
}

TEST(confirm_is_taken_by_every_socket)
{
	char b[8];
	int fd;

	segment_begin();
	fd = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd, at4("10.0.9.2", ECHO_PORT)));
	assert_int_equal(send(fd, "abc", 3, MSG_CONFIRM), 3);
	assert_true(await(fd, POLLIN) & POLLIN);
	assert_int_equal(recv(fd, b, sizeof(b), 0), 3);
	tcp_abort(fd);
	fd = new_socket(AF_INET, SOCK_DGRAM);
	assert_int_equal(sendto4(fd, "abc", 3, MSG_CONFIRM, at4("10.0.9.2", ECHO_PORT)), 3);
	assert_true(await(fd, POLLIN) & POLLIN);
	assert_ok(close(fd));
	segment_end();
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(first_packet_makes_the_neighbour_reachable),
	DUAL_TEST(gateway_is_the_neighbour_of_what_is_behind_it),
	DUAL_TEST(nobody_answers_and_the_sender_hears_of_it),
	DUAL_TEST(stale_neighbour_is_probed_unless_confirmed),
	DUAL_TEST(probe_that_is_not_answered_fails),
	DUAL_TEST(probe_that_is_answered_is_reachable),
	DUAL_TEST(reachable_and_used_not_long_ago_is_delayed),
	DUAL_TEST(progress_of_a_connection_confirms),
	DUAL_TEST(permanent_neighbour_is_asked_nothing),
	DUAL_TEST(link_down_forgets_neighbours),
	DUAL_TEST(confirm_is_taken_by_every_socket),
};

BEHAVIOUR_MAIN("neighbours", tests)
