/* SPDX-License-Identifier: MIT */
/* sim_ip(): what it shows, and what it answers to what cannot be. What it does to packets is
 * tests/behaviour's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "simsock.h"
#include "simsock_cmocka.h"
#include "tests/api/mistake.h"

MISTAKE(unknown_object, sim_ip("client", "rote add default via 10.0.0.2"),
	"ip: unknown object \"rote\": did you mean \"route\"? (expected one of route, address, link, "
	"neighbour)\n"
	"  rote add default via 10.0.0.2\n"
	"  ^")
MISTAKE(unknown_verb, sim_ip("client", "route ad-d default via 10.0.0.2"),
	"ip: unknown command \"ad-d\": did you mean \"add\"? (expected one of show, list, lst, ls, add, "
	"replace, change, delete, del, flush, set)\n"
	"  route ad-d default via 10.0.0.2\n"
	"        ^")
MISTAKE(gateway_on_no_network, sim_ip("client", "route add default via 10.7.0.1"),
	"ip: the gateway is on no network that this host is connected to\n"
	"  route add default via 10.7.0.1\n"
	"                        ^")
MISTAKE(bits_behind_the_prefix, sim_ip("client", "route add 10.5.0.1/16 via 10.0.0.2"),
	"ip: the destination has bits behind its prefix: the network is 10.5.0.0/16\n"
	"  route add 10.5.0.1/16 via 10.0.0.2\n"
	"            ^")
MISTAKE(route_to_nowhere, sim_ip("client", "route add 10.5.0.0/16"),
	"ip: a route needs \"via GATEWAY\" or \"dev INTERFACE\"\n"
	"  route add 10.5.0.0/16\n"
	"                       ^")
MISTAKE(no_such_route, sim_ip("client", "route del 10.5.0.0/16"),
	"ip: there is no such route\n"
	"  route del 10.5.0.0/16\n"
	"            ^")
MISTAKE(no_such_interface, sim_ip("client", "link set dev eth7 up"),
	"ip: \"client\" has no interface \"eth7\" (interfaces: lo, eth0)\n"
	"  link set dev eth7 up\n"
	"               ^")
MISTAKE(mtu_too_small, sim_ip("client", "link set eth0 mtu 67"),
	"ip: mtu is out of range: it goes from 68 to 65535\n"
	"  link set eth0 mtu 67\n"
	"                    ^")
MISTAKE(address_of_another, sim_ip("client", "addr add 10.0.0.2/24"),
	"ip: the address belongs to \"server\" already\n"
	"  addr add 10.0.0.2/24\n"
	"           ^")
MISTAKE(no_lladdr, sim_ip("client", "neigh add 10.0.0.9 lladdr 02:00:00"),
	"ip: \"02:00:00\" is no link-layer address: expected one such as 02:00:00:00:02:02\n"
	"  neigh add 10.0.0.9 lladdr 02:00:00\n"
	"                            ^")
MISTAKE(at_a_mistake, sim_at("+1s", "ip client link set eth0 sideways"),
	"sim_at: unknown setting of a link \"sideways\" (expected one of up, down, mtu, txqueuelen, qlen, "
	"arp)\n"
	"  ip client link set eth0 sideways\n"
	"                          ^")

static void shows_what_ip_8_prints(void **state)
{
	(void)state;
	assert_string_equal(sim_ip("client", "route add 10.9.0.0/16 via 10.0.0.2 metric 5 mtu 1400"), "");
	sim_ip("client", "ro a unreachable 10.10.0.0/16");
	sim_ip("client", "route add default via 10.0.0.2");
	assert_string_equal(sim_ip("client", "route"),
			    "default via 10.0.0.2 dev eth0\n"
			    "10.0.0.0/24 dev eth0 proto kernel scope link src 10.0.0.1\n"
			    "10.9.0.0/16 via 10.0.0.2 dev eth0 metric 5 mtu 1400\n"
			    "unreachable 10.10.0.0/16\n");
	sim_ip("client", "route add fd09::/64 via fd00::2");
	assert_string_equal(sim_ip("client", "-6 route show"),
			    "fd00::/64 dev eth0 proto kernel metric 256 pref medium\n"
			    "fd09::/64 via fd00::2 dev eth0 metric 1024 pref medium\n");
	sim_ip("client", "neigh add 10.0.0.9 lladdr 02:00:00:00:09:02 dev eth0");
	assert_string_equal(sim_ip("client", "neigh"),
			    "10.0.0.9 dev eth0 lladdr 02:00:00:00:09:02 PERMANENT\n");
	sim_ip("client", "link set dev eth0 mtu 1400 txqueuelen 5 down");
	assert_string_equal(
		sim_ip("client", "link show dev eth0"),
		"2: eth0: <BROADCAST,MULTICAST> mtu 1400 qdisc pfifo_fast state DOWN mode DEFAULT "
		"group default qlen 5\n"
		"    link/ether 02:00:00:00:01:02 brd ff:ff:ff:ff:ff:ff\n");
	assert_string_equal(sim_ip("client", "route"), "unreachable 10.10.0.0/16\n");
}

static void line_of_sim_at_comes_to_pass(void **state)
{
	(void)state;
	sim_at("+1s", "ip client link set dev eth0 down");
	assert_string_not_equal(sim_ip("client", "route"), "");
	sim_advance("2s");
	assert_string_equal(sim_ip("client", "route"), "");
}

static void transmit_queue_is_as_long_as_said(void **state)
{
	char b[1000] = { 0 };
	int fd[2], n = 0;

	(void)state;
	sim_pair(fd, "udp nonblock");
	sim_link("client", "server", "rate 1mbit");
	sim_ip("client", "link set eth0 txqueuelen 4");
	for (int i = 0; i < 10; i++)
		assert_int_equal(send(fd[0], b, sizeof b, 0), sizeof b);
	sim_advance("1s");
	while (recv(fd[1], b, sizeof b, 0) > 0)
		n++;
	assert_int_equal(n, 4);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_object),        cmocka_unit_test(unknown_verb),
		cmocka_unit_test(gateway_on_no_network), cmocka_unit_test(bits_behind_the_prefix),
		cmocka_unit_test(route_to_nowhere),      cmocka_unit_test(no_such_route),
		cmocka_unit_test(no_such_interface),     cmocka_unit_test(mtu_too_small),
		cmocka_unit_test(address_of_another),    cmocka_unit_test(no_lladdr),
		cmocka_unit_test(at_a_mistake),          sim_test(shows_what_ip_8_prints),
		sim_test(line_of_sim_at_comes_to_pass),  sim_test(transmit_queue_is_as_long_as_said),
	};

	return cmocka_run_group_tests_name("ip", tests, NULL, NULL);
}
