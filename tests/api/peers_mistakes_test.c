/* SPDX-License-Identifier: MIT */
/* What sim_peer() answers to strings that it cannot understand, or cannot do: the whole message, with its
 * caret. */
#include "api/libc/kernel.h"
#include "tests/api/mistake.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#define FORMS    "HOST:PORT, tcp:HOST:PORT, udp:HOST:PORT, unix:/PATH, unix:@NAME, unix-dgram:/PATH"
#define SERVICES "(services: echo, discard, chargen, http:DIRECTORY, script:FILE, do SCRIPT)"

MISTAKE(peer_without_address, sim_peer("", "echo"),
	"peer: expected an address with its port or path: " FORMS "\n"
	"  \n"
	"  ^")
MISTAKE(peer_without_port, sim_peer("server", "echo"),
	"peer: expected an address with its port or path: " FORMS "\n"
	"  server\n"
	"  ^")
MISTAKE(peer_with_an_empty_port, sim_peer("server:", "echo"),
	"peer: the port is missing: a number from 1 to 65535, or a service's name\n"
	"  server:\n"
	"         ^")
MISTAKE(peer_without_host, sim_peer(":80", "echo"),
	"peer: the host is missing: expected " FORMS "\n"
	"  :80\n"
	"  ^")
MISTAKE(peer_on_unknown_host, sim_peer("sever:80", "echo"),
	"peer: no host is called \"sever\": did you mean \"server\"? (hosts: client, server)\n"
	"  sever:80\n"
	"  ^")
MISTAKE(peer_on_unknown_address, sim_peer("udp:10.0.0.77:80", "echo"),
	"peer: no host has the address 10.0.0.77 (hosts: client, server)\n"
	"  udp:10.0.0.77:80\n"
	"      ^")
MISTAKE(peer_on_any_address, sim_peer("0.0.0.0:80", "echo"),
	"peer: 0.0.0.0 is no host's address: name the host, or one that it has\n"
	"  0.0.0.0:80\n"
	"  ^")
MISTAKE(peer_on_port_0, sim_peer("server:0", "echo"),
	"peer: port is out of range: it goes from 1 to 65535\n"
	"  server:0\n"
	"         ^")
MISTAKE(peer_on_port_65536, sim_peer("tcp:server:65536", "echo"),
	"peer: port is out of range: it goes from 1 to 65535\n"
	"  tcp:server:65536\n"
	"             ^")
MISTAKE(peer_on_unknown_port, sim_peer("server:htpp", "echo"),
	"peer: \"htpp\" is no port: expected a number from 1 to 65535, or a service's name\n"
	"  server:htpp\n"
	"         ^")
MISTAKE(peer_without_brackets, sim_peer("fd00::2:80", "echo"),
	"peer: an IPv6 address stands in brackets: [fd00::2]:80\n"
	"  fd00::2:80\n"
	"  ^")
MISTAKE(peer_with_an_open_bracket, sim_peer("[fd00::2:80", "echo"),
	"peer: a bracket without its end: [fd00::2]:80\n"
	"  [fd00::2:80\n"
	"  ^")
MISTAKE(peer_with_text_behind_the_bracket, sim_peer("[fd00::2]x:80", "echo"),
	"peer: behind the bracket expected a colon and the port: [fd00::2]:80\n"
	"  [fd00::2]x:80\n"
	"           ^")
MISTAKE(peer_with_a_name_in_brackets, sim_peer("[server]:80", "echo"),
	"peer: \"server\" is no IPv6 address: brackets enclose one\n"
	"  [server]:80\n"
	"   ^")
MISTAKE(peer_on_unknown_transport, sim_peer("upd:server:80", "echo"),
	"peer: unknown transport \"upd\": did you mean \"udp\"? (expected " FORMS ")\n"
	"  upd:server:80\n"
	"  ^")
MISTAKE(peer_without_path, sim_peer("unix:", "echo"),
	"peer: a path, or \"@\" and an abstract name, is missing\n"
	"  unix:\n"
	"       ^")
MISTAKE(peer_without_abstract_name, sim_peer("unix-dgram:@", "echo"),
	"peer: a path, or \"@\" and an abstract name, is missing\n"
	"  unix-dgram:@\n"
	"             ^")
MISTAKE(peer_in_a_missing_directory, sim_peer("unix:/nowhere/s", "echo"),
	"peer: bind: ENOENT: its directory is not there\n"
	"  unix:/nowhere/s\n"
	"  ^")
MISTAKE(peer_without_service, sim_peer("server:80", ""),
	"peer: the service is missing " SERVICES "\n"
	"  \n"
	"  ^")
MISTAKE(peer_with_unknown_service, sim_peer("server:80", "ehco"),
	"peer: unknown service \"ehco\": did you mean \"echo\"? " SERVICES "\n"
	"  ehco\n"
	"  ^")
MISTAKE(peer_with_too_much, sim_peer("server:80", "echo:7"),
	"peer: echo takes nothing behind it\n"
	"  echo:7\n"
	"      ^")
MISTAKE(peer_http_without_directory, sim_peer("server:80", "http"),
	"peer: http needs the directory that it serves: http:DIRECTORY\n"
	"  http\n"
	"      ^")
MISTAKE(peer_http_with_an_empty_directory, sim_peer("server:80", "http:"),
	"peer: http needs the directory that it serves: http:DIRECTORY\n"
	"  http:\n"
	"      ^")
MISTAKE(peer_http_of_nothing, sim_peer("server:80", "http:/nowhere/at/all"),
	"peer: /nowhere/at/all: No such file or directory\n"
	"  http:/nowhere/at/all\n"
	"       ^")
MISTAKE(peer_http_of_a_file, sim_peer("server:80", "http:/dev/null"),
	"peer: /dev/null: Not a directory\n"
	"  http:/dev/null\n"
	"       ^")
MISTAKE(peer_http_by_datagrams, sim_peer("udp:server:80", "http:/"),
	"peer: http needs a stream: tcp or unix\n"
	"  http:/\n"
	"  ^")
MISTAKE(peer_script_by_datagrams, sim_peer("unix-dgram:@x", "do echo"),
	"peer: do needs a stream: tcp or unix\n"
	"  do echo\n"
	"  ^")
MISTAKE(peer_script_without_file, sim_peer("server:80", "script:"),
	"peer: script needs the file that it is in: script:FILE\n"
	"  script:\n"
	"        ^")
MISTAKE(peer_script_of_nothing, sim_peer("server:80", "script:/nowhere"),
	"peer: /nowhere: No such file or directory\n"
	"  script:/nowhere\n"
	"         ^")
MISTAKE(peer_script_of_a_directory, sim_peer("server:80", "script:/"),
	"peer: /: Is a directory\n"
	"  script:/\n"
	"         ^")
MISTAKE(peer_do_without_script, sim_peer("server:80", "do"),
	"peer: do needs the script: do SCRIPT\n"
	"  do\n"
	"    ^")

MISTAKE(peer_with_a_wrong_script, sim_peer("server:80", "do expect PING; sned PONG"),
	"script: unknown step \"sned\": did you mean \"send\"? (steps: expect BYTES, read N, send "
	"BYTES, fill N, wait SPAN, echo, discard, shutdown, close, rst, accept, loop)\n"
	"  expect PING; sned PONG\n"
	"               ^")

MISTAKE(peer_with_a_wrong_script_file, sim_peer("server:80", "script:wrong"),
	"wrong:3:3: unknown step \"sned\": did you mean \"send\"? (steps: expect BYTES, read N, send "
	"BYTES, fill N, wait SPAN, echo, discard, shutdown, close, rst, accept, loop)\n"
	"    sned PONG\n"
	"    ^")

MISTAKE(peer_with_a_script_that_is_no_text, sim_peer("server:80", "script:/proc/self/cmdline"),
	"peer: /proc/self/cmdline: no script: it holds a byte 0\n"
	"  script:/proc/self/cmdline\n"
	"         ^")

/* One address holds one peer, however it is spelt. */
static void peer_twice(const char *first, const char *second)
{
	sim_peer(first, "echo");
	sim_peer(second, "discard");
}
MISTAKE(peer_on_a_port_in_use, peer_twice("server:80", "tcp:10.0.0.2:80"),
	"peer: bind: EADDRINUSE: somebody has it already\n"
	"  tcp:10.0.0.2:80\n"
	"  ^")
MISTAKE(peer_on_a_udp_port_in_use, peer_twice("udp:[fd00::2]:7", "udp:server:7"),
	"peer: bind: EADDRINUSE: somebody has it already\n"
	"  udp:server:7\n"
	"  ^")
MISTAKE(peer_on_a_name_in_use, peer_twice("unix:@x", "unix:@x"),
	"peer: bind: EADDRINUSE: somebody has it already\n"
	"  unix:@x\n"
	"  ^")
MISTAKE(peer_on_a_path_in_use, peer_twice("unix:both", "unix-dgram:both"),
	"peer: bind: EADDRINUSE: somebody has it already\n"
	"  unix-dgram:both\n"
	"  ^")
MISTAKE(peer_on_a_file, sim_peer("unix:wrong", "echo"),
	"peer: bind: EADDRINUSE: somebody has it already\n"
	"  unix:wrong\n"
	"  ^")

/* A server of the kernel's listens there. */
static void peer_on_a_real_server(void)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "real" };
	long fd = SIM_KERNEL(SYS_socket, AF_UNIX, SOCK_STREAM, 0);

	if (!SIM_KERNEL(SYS_bind, fd, &a, sizeof a) && !SIM_KERNEL(SYS_listen, fd, 1))
		sim_peer("unix:real", "echo");
}
MISTAKE(peer_on_the_path_of_a_real_server, peer_on_a_real_server(),
	"peer: bind: EADDRINUSE: somebody has it already\n"
	"  unix:real\n"
	"  ^")
MISTAKE(peer_with_a_long_path,
	sim_peer("unix:@0123456789012345678901234567890123456789012345678901234567890123456789"
		 "01234567890123456789012345678901234567",
		 "echo"),
	"peer: 109 bytes are too long: the path of a socket has at most 107\n"
	"  unix:@012345678901234567890123456789012345678901234567890123456789012345...\n"
	"       ^")

/* A directory of the test's own is the working directory, with a script in it. */
static char folder[] = "/tmp/simsock.XXXXXX";

static int make_script(void **state)
{
	FILE *f;

	(void)state;
	if (!mkdtemp(folder) || chdir(folder))
		return -1;
	f = fopen("wrong", "w");
	return !f ||
			       fputs("expect PING;\nwait 1ms;\n"
				     "  sned PONG\n",
				     f) < 0 ||
			       fclose(f)
		       ? -1
		       : 0;
}

static int remove_script(void **state)
{
	(void)state;
	return unlink("wrong") || unlink("both") || unlink("real") || chdir("/") || rmdir(folder) ? -1 : 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(peer_without_address),
		cmocka_unit_test(peer_without_port),
		cmocka_unit_test(peer_with_an_empty_port),
		cmocka_unit_test(peer_without_host),
		cmocka_unit_test(peer_on_unknown_host),
		cmocka_unit_test(peer_on_unknown_address),
		cmocka_unit_test(peer_on_any_address),
		cmocka_unit_test(peer_on_port_0),
		cmocka_unit_test(peer_on_port_65536),
		cmocka_unit_test(peer_on_unknown_port),
		cmocka_unit_test(peer_without_brackets),
		cmocka_unit_test(peer_with_an_open_bracket),
		cmocka_unit_test(peer_with_text_behind_the_bracket),
		cmocka_unit_test(peer_with_a_name_in_brackets),
		cmocka_unit_test(peer_on_unknown_transport),
		cmocka_unit_test(peer_without_path),
		cmocka_unit_test(peer_without_abstract_name),
		cmocka_unit_test(peer_in_a_missing_directory),
		cmocka_unit_test(peer_without_service),
		cmocka_unit_test(peer_with_unknown_service),
		cmocka_unit_test(peer_with_too_much),
		cmocka_unit_test(peer_http_without_directory),
		cmocka_unit_test(peer_http_with_an_empty_directory),
		cmocka_unit_test(peer_http_of_nothing),
		cmocka_unit_test(peer_http_of_a_file),
		cmocka_unit_test(peer_http_by_datagrams),
		cmocka_unit_test(peer_script_by_datagrams),
		cmocka_unit_test(peer_script_without_file),
		cmocka_unit_test(peer_script_of_nothing),
		cmocka_unit_test(peer_script_of_a_directory),
		cmocka_unit_test(peer_do_without_script),
		cmocka_unit_test(peer_with_a_wrong_script),
		cmocka_unit_test(peer_with_a_wrong_script_file),
		cmocka_unit_test(peer_with_a_script_that_is_no_text),
		cmocka_unit_test(peer_on_a_port_in_use),
		cmocka_unit_test(peer_on_a_udp_port_in_use),
		cmocka_unit_test(peer_on_a_name_in_use),
		cmocka_unit_test(peer_on_a_path_in_use),
		cmocka_unit_test(peer_on_a_file),
		cmocka_unit_test(peer_on_the_path_of_a_real_server),
		cmocka_unit_test(peer_with_a_long_path),
	};

	return cmocka_run_group_tests(tests, make_script, remove_script);
}
