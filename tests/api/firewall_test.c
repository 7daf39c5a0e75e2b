/* SPDX-License-Identifier: MIT */
/*
 * sim_iptables(): reasons, counts, the listing, rules at a time, the trace, and mistakes. What rules do to
 * sockets is tests/behaviour/firewall.c.
 */
#include "simsock_cmocka.h"

#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "tests/api/mistake.h"

static void a_dropped_datagram_says_which_rule_and_is_not_sent(void **state)
{
	int fd[2];

	(void)state;
	sim_pair(fd, "udp");
	sim_iptables("client", "-A OUTPUT -p tcp -j DROP");
	sim_iptables("client", "-A OUTPUT -p udp -d server -j DROP");
	assert_int_equal(send(fd[0], "abc", 3, 0), -1);
	sim_assert_why(EPERM, "firewall");
	assert_non_null(strstr(sim_explain()->text, "rule 2 of OUTPUT"));
	sim_iptables("client", "-F");
	sim_iptables("client", "-P OUTPUT DROP");
	assert_int_equal(send(fd[0], "abc", 3, 0), -1);
	assert_non_null(strstr(sim_explain()->text, "rule 0 of OUTPUT"));
	assert_int_equal(sim_sent(sim_fd(fd[0]), NULL, 0), 0);
	sim_iptables("client", "-P OUTPUT ACCEPT");
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(sim_sent(sim_fd(fd[0]), NULL, 0), 3);
	close(fd[0]);
	close(fd[1]);
}

static void rules_are_listed_with_what_they_counted(void **state)
{
	int fd[2];

	(void)state;
	assert_string_equal(sim_iptables_rules("client"), "");
	sim_pair(fd, "udp");
	sim_iptables("client", "-t filter -A OUTPUT -p udp --dport 53 -j DROP");
	sim_iptables("client", "-A OUTPUT -p udp -m udp ! --sport 1:3 -d 10.0.0.7/16");
	sim_iptables("client",
		     "--append INPUT --protocol tcp --syn ! --source 10.0.0.0/255.255.255.0 --jump REJECT");
	sim_iptables("client", "-A INPUT -i eth+ -p icmp ! --icmp-type 3/3 -j RETURN");
	sim_ip6tables("client", "-P INPUT DROP");
	sim_ip6tables("client", "-A INPUT -p icmpv6 --icmpv6-type echo-request -s fd00::/64 -j ACCEPT");
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_string_equal(
		sim_iptables_rules("client"),
		"iptables -P INPUT ACCEPT -c 0 0\n"
		"iptables -A INPUT ! -s 10.0.0.0/24 -p tcp -m tcp --tcp-flags FIN,SYN,RST,ACK SYN "
		"-c 0 0 -j REJECT --reject-with icmp-port-unreachable\n"
		"iptables -A INPUT -i eth+ -p icmp -m icmp ! --icmp-type 3/3 -c 0 0 -j RETURN\n"
		"iptables -P OUTPUT ACCEPT -c 1 31\n"
		"iptables -A OUTPUT -p udp -m udp --dport 53 -c 0 0 -j DROP\n"
		"iptables -A OUTPUT -d 10.0.0.0/16 -p udp -m udp ! --sport 1:3 -c 1 31\n"
		"ip6tables -P INPUT DROP -c 0 0\n"
		"ip6tables -A INPUT -s fd00::/64 -p ipv6-icmp -m icmp6 --icmpv6-type 128 -c 0 0 -j "
		"ACCEPT\n");
	sim_iptables("client", "-Z");
	assert_non_null(strstr(sim_iptables_rules("client"), "-P OUTPUT ACCEPT -c 0 0\n"));
	sim_iptables("client", "-F INPUT");
	assert_null(strstr(sim_iptables_rules("client"), "iptables -P INPUT ACCEPT"));
	close(fd[0]);
	close(fd[1]);
}

static void a_rule_can_come_and_go_at_a_time(void **state)
{
	int fd[2];

	(void)state;
	sim_pair(fd, "udp6");
	sim_at("+1s", "ip6tables client -A OUTPUT -p udp -j DROP");
	sim_at("+2s", "ip6tables client -D OUTPUT 1");
	sim_at("+3s", "iptables server -P INPUT DROP");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	sim_advance("1500ms");
	assert_int_equal(send(fd[0], "x", 1, 0), -1);
	sim_advance("1s");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	sim_advance("1s");
	assert_non_null(strstr(sim_iptables_rules("server"), "-P INPUT DROP"));
	close(fd[0]);
	close(fd[1]);
}

static void another_hosts_firewall_refuses_in_its_name(void **state)
{
	struct sockaddr_in to = { .sin_family = AF_INET,
				  .sin_port = htons(7),
				  .sin_addr.s_addr = htonl(0x0a000002) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	(void)state;
	sim_link("client", "server", "delay 10ms");
	sim_iptables("server", "-A INPUT -p tcp --dport 7 -j REJECT --reject-with icmp-host-prohibited");
	assert_int_equal(connect(fd, (struct sockaddr *)&to, sizeof(to)), -1);
	sim_assert_why(EHOSTUNREACH, "icmp-unreachable");
	assert_int_equal(sim_now_ns(), 20000000);
	close(fd);
}

/* icmp(7): of all that a network can say only "host unknown" is EHOSTDOWN. */
static void host_unknown_is_ehostdown(void **state)
{
	int fd[2];

	(void)state;
	sim_pair(fd, "udp");
	sim_iptables("server", "-A INPUT -p udp -j REJECT --reject-with icmp-host-unknown");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(send(fd[0], "x", 1, 0), -1);
	sim_assert_why(EHOSTDOWN, "icmp-unreachable");
	close(fd[0]);
	close(fd[1]);
}

static void the_time_line_shows_what_was_dropped(void **state)
{
	char path[] = "/tmp/simsock.XXXXXX", text[4096] = "";
	int out = mkstemp(path), fd[2];

	(void)state;
	sim_trace(path);
	sim_pair(fd, "udp");
	sim_iptables("server", "-A INPUT -p udp -j DROP");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	sim_trace(NULL);
	assert_true(pread(out, text, sizeof(text) - 1, 0) > 0);
	if (!strstr(text, "firewall"))
		fail_msg("%s", text);
	close(out);
	unlink(path);
	close(fd[0]);
	close(fd[1]);
}

/* ---- mistakes ---- */

#define WRONG(name, rule, expected) MISTAKE(name, sim_iptables("client", rule), "iptables: " expected)

WRONG(no_command, "",
      "unknown command \"\" (expected -A CHAIN RULE, -I CHAIN [NUMBER] RULE, -D CHAIN NUMBER|RULE, "
      "-F [CHAIN], -P CHAIN ACCEPT|DROP, -Z [CHAIN])\n"
      "  \n"
      "  ^")
WRONG(unknown_chain, "-A OUTPT -j DROP",
      "unknown chain \"OUTPT\": did you mean \"OUTPUT\"? (expected INPUT, OUTPUT)\n"
      "  -A OUTPT -j DROP\n"
      "     ^")
WRONG(no_chain, "-A",
      "a chain was expected: INPUT or OUTPUT\n"
      "  -A\n"
      "    ^")
WRONG(other_table, "-t nat -A OUTPUT -j DROP",
      "only the table filter is simulated\n"
      "  -t nat -A OUTPUT -j DROP\n"
      "     ^")
WRONG(forward, "-A FORWARD -j DROP",
      "the chain FORWARD is not simulated: expected INPUT or OUTPUT\n"
      "  -A FORWARD -j DROP\n"
      "     ^")
WRONG(unknown_target, "-A OUTPUT -j DRP",
      "unknown target \"DRP\": did you mean \"DROP\"? (expected ACCEPT, DROP, REJECT, RETURN)\n"
      "  -A OUTPUT -j DRP\n"
      "               ^")
WRONG(no_target, "-A OUTPUT -j",
      "-j needs a target: ACCEPT, DROP, REJECT or RETURN\n"
      "  -A OUTPUT -j\n"
      "              ^")
WRONG(unknown_option, "-A OUTPUT -p udp --dprt 53 -j DROP",
      "unknown option \"--dprt\": did you mean \"--dport\"? (expected -p, -s, -d, -i, -o, --sport, --dport, "
      "--syn, --tcp-flags, --icmp-type, -m, -j, --reject-with)\n"
      "  -A OUTPUT -p udp --dprt 53 -j DROP\n"
      "                   ^")
WRONG(port_without_protocol, "-A OUTPUT --dport 53 -j DROP",
      "--dport needs -p tcp or -p udp\n"
      "  -A OUTPUT --dport 53 -j DROP\n"
      "            ^")
WRONG(port_out_of_range, "-A OUTPUT -p udp --dport 70000 -j DROP",
      "a port is out of range: it goes from 0 to 65535\n"
      "  -A OUTPUT -p udp --dport 70000 -j DROP\n"
      "                           ^")
WRONG(ports_backward, "-A OUTPUT -p udp --dport 9:7 -j DROP",
      "the range of ports ends before it begins\n"
      "  -A OUTPUT -p udp --dport 9:7 -j DROP\n"
      "                           ^")
WRONG(unknown_protocol, "-A OUTPUT -p upd -j DROP",
      "unknown protocol \"upd\": did you mean \"udp\"? (expected tcp, udp, icmp, icmpv6, ipv6-icmp, all)\n"
      "  -A OUTPUT -p upd -j DROP\n"
      "               ^")
WRONG(unknown_address, "-A OUTPUT -d sever -j DROP",
      "\"sever\" is no address, and no host has that name\n"
      "  -A OUTPUT -d sever -j DROP\n"
      "               ^")
WRONG(other_version, "-A OUTPUT -d fd00::2 -j DROP",
      "\"fd00::2\" is not of IPv4: ip6tables has the others\n"
      "  -A OUTPUT -d fd00::2 -j DROP\n"
      "               ^")
WRONG(prefix_too_long, "-A OUTPUT -d 10.0.0.0/33 -j DROP",
      "prefix is out of range: it goes from 0 to 32\n"
      "  -A OUTPUT -d 10.0.0.0/33 -j DROP\n"
      "                        ^")
WRONG(way_in_of_output, "-A OUTPUT -i eth0 -j DROP",
      "-i does not go with OUTPUT, where nothing comes in\n"
      "  -A OUTPUT -i eth0 -j DROP\n"
      "            ^")
WRONG(reset_of_udp, "-A INPUT -p udp -j REJECT --reject-with tcp-reset",
      "tcp-reset needs -p tcp\n"
      "  -A INPUT -p udp -j REJECT --reject-with tcp-reset\n"
      "                                          ^")
WRONG(unknown_answer, "-A INPUT -j REJECT --reject-with icmp6-no-route",
      "unknown answer \"icmp6-no-route\" (expected icmp-port-unreachable, icmp-net-unreachable, "
      "icmp-host-unreachable, icmp-proto-unreachable, icmp-net-prohibited, icmp-host-prohibited, "
      "icmp-admin-prohibited, tcp-reset, icmp-net-unknown, icmp-host-unknown)\n"
      "  -A INPUT -j REJECT --reject-with icmp6-no-route\n"
      "                                   ^")
WRONG(states, "-A INPUT -m state --state ESTABLISHED -j ACCEPT",
      "connections are not tracked: write --syn for what begins one, ! --syn for the rest\n"
      "  -A INPUT -m state --state ESTABLISHED -j ACCEPT\n"
      "              ^")
WRONG(no_such_rule, "-D OUTPUT 1",
      "there is no such rule in that chain of client\n"
      "  -D OUTPUT 1\n"
      "  ^")
WRONG(bad_policy, "-P INPUT REJECT",
      "a policy is ACCEPT or DROP\n"
      "  -P INPUT REJECT\n"
      "           ^")
MISTAKE(rule_of_nobody, sim_ip6tables("sever", "-F"),
	"ip6tables: no host is called \"sever\": did you mean \"server\"? (hosts: client, server)\n"
	"  sever\n"
	"  ^")
MISTAKE(rule_at_a_time, sim_at("1s", "iptables client -A OUTPUT -j DORP"),
	"sim_at: unknown target \"DORP\": did you mean \"DROP\"? (expected ACCEPT, DROP, REJECT, RETURN)\n"
	"  iptables client -A OUTPUT -j DORP\n"
	"                               ^")

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(a_dropped_datagram_says_which_rule_and_is_not_sent),
		sim_test(rules_are_listed_with_what_they_counted),
		sim_test(a_rule_can_come_and_go_at_a_time),
		sim_test(another_hosts_firewall_refuses_in_its_name),
		sim_test(host_unknown_is_ehostdown),
		sim_test(the_time_line_shows_what_was_dropped),
		cmocka_unit_test(no_command),
		cmocka_unit_test(unknown_chain),
		cmocka_unit_test(no_chain),
		cmocka_unit_test(other_table),
		cmocka_unit_test(forward),
		cmocka_unit_test(unknown_target),
		cmocka_unit_test(no_target),
		cmocka_unit_test(unknown_option),
		cmocka_unit_test(port_without_protocol),
		cmocka_unit_test(port_out_of_range),
		cmocka_unit_test(ports_backward),
		cmocka_unit_test(unknown_protocol),
		cmocka_unit_test(unknown_address),
		cmocka_unit_test(other_version),
		cmocka_unit_test(prefix_too_long),
		cmocka_unit_test(way_in_of_output),
		cmocka_unit_test(reset_of_udp),
		cmocka_unit_test(unknown_answer),
		cmocka_unit_test(states),
		cmocka_unit_test(no_such_rule),
		cmocka_unit_test(bad_policy),
		cmocka_unit_test(rule_of_nobody),
		cmocka_unit_test(rule_at_a_time),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
