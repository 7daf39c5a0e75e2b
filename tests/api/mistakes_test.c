/* SPDX-License-Identifier: MIT */
/*
 * Every kind of mistake that a user of the control API can make, and what it answers: the program ends with
 * status 2, the message names the place and shows a caret.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "simsock.h"
#include "tests/api/mistake.h"

/* ---- rules ---- */

MISTAKE(unknown_rule_key, sim_inject("send:eror=EINTR"),
	"rule: unknown action or condition \"eror\": did you mean \"error\"? (actions: error=ERRNO "
	"retval=N short=N returns=LIST signal=SIGNAL delay_enter=SPAN delay_exit=SPAN; conditions: "
	"when=N p=N% host=NAME fd=N peer=ADDR:PORT state=NAME flags=MSG_NAME after=BYTES during=T..T once)\n"
	"  send:eror=EINTR\n"
	"       ^")
MISTAKE(unknown_errno, sim_inject("send:error=EINTERNAL"),
	"rule: unknown errno \"EINTERNAL\": expected a name such as EINTR, or 1..4095\n"
	"  send:error=EINTERNAL\n"
	"             ^")
MISTAKE(undocumented_errno, sim_inject("send:error=EXDEV"),
	"rule: EXDEV is not documented for send: write error=!EXDEV to have it all the same\n"
	"  send:error=EXDEV\n"
	"             ^")
MISTAKE(rule_when_0, sim_inject("send:error=EINTR:when=0"),
	"rule: the first call of when can't be 0: calls are counted from 1\n"
	"  send:error=EINTR:when=0\n"
	"                        ^")
MISTAKE(unknown_call, sim_inject("sned:error=EINTR"),
	"rule: unknown call \"sned\": did you mean \"send\"?\n"
	"  sned:error=EINTR\n"
	"  ^")
MISTAKE(empty_rule, sim_inject(""),
	"rule: empty: expected CALLS:ACTION, such as send:error=EINTR\n"
	"  \n"
	"  ^")
MISTAKE(null_rule, sim_inject(NULL),
	"rule: empty: expected CALLS:ACTION, such as send:error=EINTR\n"
	"  \n"
	"  ^")
MISTAKE(fired_of_no_rule, sim_fired(3), "sim_fired: no rule has the id 3")
MISTAKE(uninject_of_no_rule, sim_uninject(3), "sim_uninject: no rule has the id 3")

/* ---- hosts and links ---- */

MISTAKE(link_without_hosts, sim_link("", "", "delay 20ms"),
	"link: no host is called \"\" (hosts: client, server)\n"
	"  \n"
	"  ^")
MISTAKE(link_to_unknown_host, sim_link("client", "sever", "delay 20ms"),
	"link: no host is called \"sever\": did you mean \"server\"? (hosts: client, server)\n"
	"  sever\n"
	"  ^")
MISTAKE(malformed_netem, sim_link("client", "server", "delay 20parsecs"),
	"link: \"parsecs\" is no unit of time: delay takes ns us ms s min h d\n"
	"  delay 20parsecs\n"
	"          ^")
MISTAKE(mtu_of_a_loopback, sim_link("client", "client", "delay 1ms mtu 1000"),
	"link: a loopback's MTU is 65536 and stays so: leave mtu out\n"
	"  delay 1ms mtu 1000\n"
	"  ^")
MISTAKE(unknown_netem_word, sim_link("client", "server", "dealy 20ms"),
	"link: unknown word \"dealy\": did you mean \"delay\"? (known are delay, loss, rate, limit, "
	"mtu)\n"
	"  dealy 20ms\n"
	"  ^")
MISTAKE(address_of_another_host, sim_host("third", "10.0.0.3/24 10.0.0.1/24"),
	"addresses: 10.0.0.1 belongs to \"client\" already\n"
	"  10.0.0.3/24 10.0.0.1/24\n"
	"              ^")
MISTAKE(address_twice, sim_host("third", "10.0.0.3/24, 10.0.0.3/24"),
	"addresses: 10.0.0.3 stands here twice\n"
	"  10.0.0.3/24, 10.0.0.3/24\n"
	"               ^")
MISTAKE(address_without_prefix, sim_host("third", "10.0.0.3"),
	"addresses: 10.0.0.3 needs its prefix, such as 10.0.0.3/24\n"
	"  10.0.0.3\n"
	"  ^")
MISTAKE(no_address, sim_host("third", ""),
	"addresses: a host needs an address with its prefix, such as 10.0.0.3/24\n"
	"  \n"
	"  ^")
MISTAKE(bad_address, sim_host("third", "10.0.0.300/24"),
	"addresses: \"10.0.0.300\" is no address: expected one with its prefix, such as 10.0.0.3/24 "
	"or fd00::3/64\n"
	"  10.0.0.300/24\n"
	"  ^")
MISTAKE(bad_prefix, sim_host("third", "10.0.0.3/33"),
	"addresses: prefix is out of range: it goes from 1 to 32\n"
	"  10.0.0.3/33\n"
	"           ^")
MISTAKE(bad_host_name, sim_host("third host", "10.0.0.3/24"),
	"host: a host's name consists of letters, digits, \"-\", \".\" and \"_\"\n"
	"  third host\n"
	"       ^")
MISTAKE(unknown_sysctl, sim_sysctl("client", "net.ipv4.tcp_wmen", "4096"),
	"sysctl name: unknown sysctl \"net.ipv4.tcp_wmen\": did you mean \"net.ipv4.tcp_wmem\"?\n"
	"  net.ipv4.tcp_wmen\n"
	"  ^")
MISTAKE(bad_sysctl_value, sim_sysctl("client", "net.ipv4.tcp_wmem", "4096 many 4194304"),
	"sysctl value: \"many\" is no number: net.ipv4.tcp_wmem takes one from 1 to 2147483647\n"
	"  4096 many 4194304\n"
	"       ^")

/* ---- peers ---- */

static int pair_fd[2];

MISTAKE(unknown_pair_word, sim_pair(pair_fd, "tcp nonblok"),
	"pair: unknown word \"nonblok\": did you mean \"nonblock\"? (expected tcp, tcp6, udp, udp6, "
	"unix or unix with stream, dgram or seqpacket, then nonblock, cloexec)\n"
	"  tcp nonblok\n"
	"      ^")
MISTAKE(pair_without_kind, sim_pair(pair_fd, ""),
	"pair: the kind of socket is missing: tcp, tcp6, udp, udp6 or unix\n"
	"  \n"
	"  ^")
MISTAKE(pair_of_two_kinds, sim_pair(pair_fd, "tcp udp"),
	"pair: the kind of socket was said already\n"
	"  tcp udp\n"
	"      ^")
MISTAKE(pair_word_of_another_kind, sim_pair(pair_fd, "tcp dgram"),
	"pair: \"dgram\" stands behind \"unix\" only\n"
	"  tcp dgram\n"
	"      ^")
MISTAKE(unknown_serve_step, sim_serve("server", 80, "expect PING; sned PONG"),
	"serve script: unknown step \"sned\": did you mean \"send\"? (steps: expect BYTES, read N, "
	"send BYTES, fill N, wait SPAN, echo, discard, shutdown, close, rst, accept, loop)\n"
	"  expect PING; sned PONG\n"
	"               ^")
MISTAKE(serve_on_unknown_host, sim_serve("nowhere", 80, "close"),
	"serve: no host is called \"nowhere\" (hosts: client, server)\n"
	"  nowhere\n"
	"  ^")
MISTAKE(serve_on_bad_port, sim_serve("server", 65536, "close"), "sim_serve: port 65536: expected 1 to 65535")

static void serve_twice(void)
{
	sim_serve("server", 80, "close");
	sim_serve("server", 80, "close");
}
MISTAKE(serve_on_a_port_in_use, serve_twice(), "sim_serve: bind on port 80 of \"server\": EADDRINUSE")
MISTAKE(spawn_without_function, sim_spawn("server", NULL, NULL), "sim_spawn: no function was given")
MISTAKE(status_of_no_process, sim_status(7), "sim_status: no spawned process has the number 7")

/* ---- selectors ---- */

MISTAKE(unknown_selector, sim_sndbuf("clinet", 10),
	"selector: \"clinet\" is neither a host nor a term: did you mean \"client\"? (terms: HOST, "
	"fd N, tcp, udp, unix, sport = N, dport = N, state NAME, all)\n"
	"  clinet\n"
	"  ^")
MISTAKE(empty_selector, sim_calls(""),
	"selector: an empty selector: write \"all\" for every socket\n"
	"  \n"
	"  ^")
MISTAKE(selector_with_two_hosts, sim_calls("client server"),
	"selector: a host was said already, and all terms must hold: name one\n"
	"  client server\n"
	"         ^")
MISTAKE(selector_that_ends_in_and, sim_calls("tcp and"),
	"selector: a term is missing behind \"and\"\n"
	"  tcp and\n"
	"         ^")
MISTAKE(exact_buffer_of_udp, sim_sndbuf("udp", 10),
	"sim_sndbuf: \"udp\" names UDP sockets: TCP and Unix streams have exact buffers")
MISTAKE(pair_of_two_types, sim_pair(pair_fd, "unix stream dgram"),
	"pair: the type of socket was said already\n"
	"  unix stream dgram\n"
	"              ^")
MISTAKE(host_named_like_a_term, sim_host("tcp", "10.0.0.9/24"),
	"host: \"tcp\" means something else already\n"
	"  tcp\n"
	"  ^")
MISTAKE(rule_for_an_unknown_host, sim_inject("send:error=EINTR:host=nobody"),
	"rule: no host is called \"nobody\" (hosts: client, server)\n"
	"  send:error=EINTR:host=nobody\n"
	"                        ^")
MISTAKE(rule_for_an_unknown_peer, sim_inject("send:error=EINTR:peer=sever:80"),
	"rule: no host is called \"sever\": did you mean \"server\"? (hosts: client, server)\n"
	"  send:error=EINTR:peer=sever:80\n"
	"                        ^")
MISTAKE(selector_with_or, sim_calls("client or server"),
	"selector: a selector is a list of terms that must all hold: no \"or\"\n"
	"  client or server\n"
	"         ^")
MISTAKE(selector_without_port, sim_calls("dport 80"),
	"selector: expected \"=\" and a port, such as dport = 80\n"
	"  dport 80\n"
	"        ^")
MISTAKE(selector_with_bad_port, sim_calls("dport = 80000"),
	"selector: port is out of range: it goes from 1 to 65535\n"
	"  dport = 80000\n"
	"          ^")
MISTAKE(selector_with_unknown_state, sim_calls("state etsablished"),
	"selector: unknown state \"etsablished\": did you mean \"established\"?\n"
	"  state etsablished\n"
	"        ^")
MISTAKE(selector_fd_without_number, sim_capacity("fd x", 10),
	"selector: \"x\" is no number: fd takes one from 0 to 1048575\n"
	"  fd x\n"
	"     ^")

/* ---- time ---- */

MISTAKE(span_without_unit, sim_advance("10"),
	"sim_advance: time span needs a unit: ns us ms s min h d\n"
	"  10\n"
	"    ^")
MISTAKE(bad_span, sim_advance("soon"),
	"sim_advance: \"soon\" is no number: time span looks like 5ms (units: ns us ms s min h d)\n"
	"  soon\n"
	"  ^")
MISTAKE(at_unknown_command, sim_at("+1s", "linc client server delay 1ms"),
	"sim_at: unknown command \"linc\": did you mean \"link\"? (commands: link A B NETEM; inject "
	"RULE; sysctl HOST NAME VALUE; iptables HOST RULE; ip6tables HOST RULE; ip HOST COMMAND; "
	"signal HOST SIGNAL; print TEXT)\n"
	"  linc client server delay 1ms\n"
	"  ^")
MISTAKE(at_bad_rule, sim_at("+1s", "inject send:eror=EINTR"),
	"rule: unknown action or condition \"eror\": did you mean \"error\"? (actions: error=ERRNO "
	"retval=N short=N returns=LIST signal=SIGNAL delay_enter=SPAN delay_exit=SPAN; conditions: "
	"when=N p=N% host=NAME fd=N peer=ADDR:PORT state=NAME flags=MSG_NAME after=BYTES during=T..T once)\n"
	"  send:eror=EINTR\n"
	"       ^")
MISTAKE(at_unknown_signal, sim_at("+1s", "signal client SIGFOO"),
	"sim_at: unknown signal \"SIGFOO\": did you mean \"SIGFPE\"?\n"
	"  signal client SIGFOO\n"
	"                ^")
MISTAKE(at_bad_sysctl, sim_at("+1s", "sysctl client net.core.wmem_max no"),
	"sysctl value: \"no\" is no number: net.core.wmem_max takes one from 4608 to 2147483647\n"
	"  no\n"
	"  ^")

static void at_the_past(void)
{
	sim_advance("2s");
	sim_at("1s", "print hello");
}
MISTAKE(at_a_time_that_is_past, at_the_past(),
	"sim_at: that is past: write +1s for a time from now\n"
	"  1s\n"
	"  ^")

/* ---- worlds ---- */

MISTAKE(second_world, sim_world_new(2),
	"sim_world_new: this thread has a world already: sim_world_free() it first")

static void child_without_world(void)
{
	sim_inject("send:error=EINTR");
}

static void no_world(void **state)
{
	(void)state;
	mistake_check(child_without_world, "sim_inject: no world is alive on this thread: "
					   "write the test as sim_test(fn), or call sim_world_new() first");
}

/* A variable of the environment that cannot be understood. */
#define BAD_ENV(name, variable, value, expected)       \
	static void name##_child(void)                 \
	{                                              \
		setenv(variable, value, 1);            \
		sim_world_new(0);                      \
	}                                              \
	static void name(void **state)                 \
	{                                              \
		(void)state;                           \
		mistake_check(name##_child, expected); \
	}

BAD_ENV(seed_that_is_no_number, "SIMSOCK_SEED", "lucky",
	"SIMSOCK_SEED: \"lucky\" is no number: the value takes one from 1 to 18446744073709551615\n"
	"  lucky\n"
	"  ^")
BAD_ENV(seed_0, "SIMSOCK_SEED", "0",
	"SIMSOCK_SEED: the value is out of range: it goes from 1 to 18446744073709551615\n"
	"  0\n"
	"  ^")
BAD_ENV(unknown_wire, "SIMSOCK_WIRE", "byte",
	"SIMSOCK_WIRE: unknown word \"byte\": expected \"bytes\" or \"fields\"")
BAD_ENV(unknown_sched, "SIMSOCK_SCHED", "random",
	"SIMSOCK_SCHED: unknown word \"random\": expected \"fifo\" or \"seeded\"")
BAD_ENV(unknown_mode, "SIMSOCK", "kernal", "SIMSOCK: unknown word \"kernal\": expected \"sim\" or \"kernel\"")
BAD_ENV(bad_arena, "SIMSOCK_ARENA", "1 gig",
	"SIMSOCK_ARENA: the value has a blank before its unit: write the two as one word\n"
	"  1 gig\n"
	"   ^")
BAD_ENV(small_arena, "SIMSOCK_ARENA", "4096", "SIMSOCK_ARENA: 4096 is too small: a world needs at least 1MiB")
BAD_ENV(bad_ring, "SIMSOCK_RING", "all",
	"SIMSOCK_RING: \"all\" is no number: the value takes one from 1 to 16777216\n"
	"  all\n"
	"  ^")

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unknown_rule_key),
		cmocka_unit_test(unknown_errno),
		cmocka_unit_test(undocumented_errno),
		cmocka_unit_test(rule_when_0),
		cmocka_unit_test(unknown_call),
		cmocka_unit_test(empty_rule),
		cmocka_unit_test(null_rule),
		cmocka_unit_test(fired_of_no_rule),
		cmocka_unit_test(uninject_of_no_rule),
		cmocka_unit_test(link_without_hosts),
		cmocka_unit_test(link_to_unknown_host),
		cmocka_unit_test(mtu_of_a_loopback),
		cmocka_unit_test(malformed_netem),
		cmocka_unit_test(unknown_netem_word),
		cmocka_unit_test(address_of_another_host),
		cmocka_unit_test(address_twice),
		cmocka_unit_test(address_without_prefix),
		cmocka_unit_test(no_address),
		cmocka_unit_test(bad_address),
		cmocka_unit_test(bad_prefix),
		cmocka_unit_test(bad_host_name),
		cmocka_unit_test(unknown_sysctl),
		cmocka_unit_test(bad_sysctl_value),
		cmocka_unit_test(unknown_pair_word),
		cmocka_unit_test(pair_without_kind),
		cmocka_unit_test(pair_of_two_kinds),
		cmocka_unit_test(pair_word_of_another_kind),
		cmocka_unit_test(unknown_serve_step),
		cmocka_unit_test(serve_on_unknown_host),
		cmocka_unit_test(serve_on_bad_port),
		cmocka_unit_test(serve_on_a_port_in_use),
		cmocka_unit_test(spawn_without_function),
		cmocka_unit_test(status_of_no_process),
		cmocka_unit_test(unknown_selector),
		cmocka_unit_test(empty_selector),
		cmocka_unit_test(selector_with_or),
		cmocka_unit_test(selector_with_two_hosts),
		cmocka_unit_test(selector_that_ends_in_and),
		cmocka_unit_test(exact_buffer_of_udp),
		cmocka_unit_test(pair_of_two_types),
		cmocka_unit_test(host_named_like_a_term),
		cmocka_unit_test(rule_for_an_unknown_host),
		cmocka_unit_test(rule_for_an_unknown_peer),
		cmocka_unit_test(selector_without_port),
		cmocka_unit_test(selector_with_bad_port),
		cmocka_unit_test(selector_with_unknown_state),
		cmocka_unit_test(selector_fd_without_number),
		cmocka_unit_test(span_without_unit),
		cmocka_unit_test(bad_span),
		cmocka_unit_test(at_unknown_command),
		cmocka_unit_test(at_bad_rule),
		cmocka_unit_test(at_unknown_signal),
		cmocka_unit_test(at_bad_sysctl),
		cmocka_unit_test(at_a_time_that_is_past),
		cmocka_unit_test(second_world),
		cmocka_unit_test(no_world),
		cmocka_unit_test(seed_that_is_no_number),
		cmocka_unit_test(seed_0),
		cmocka_unit_test(unknown_wire),
		cmocka_unit_test(unknown_sched),
		cmocka_unit_test(unknown_mode),
		cmocka_unit_test(bad_arena),
		cmocka_unit_test(small_arena),
		cmocka_unit_test(bad_ring),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
