/* SPDX-License-Identifier: MIT */
/* Sysctls by name: what is read and written, what is refused, and the words in which a user gets to know. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <string.h>

#include "sim/base/diag.h"
#include "sim/host/host.h"

enum { VALUE_BYTES = 64 };

/* Of a host only its sysctls are looked at. */
static struct sim_host host;

static int fresh(void **state)
{
	(void)state;
	memset(&host, 0, sizeof host);
#define INITIAL(field, name, index, initial, min, max) host.net.sysctl.field = (initial);
	SIM_SYSCTL_TABLE(INITIAL)
#undef INITIAL
	return 0;
}

static const char *value_of(const char *name)
{
	static char value[VALUE_BYTES];

	assert_true(sim_host_sysctl_get(&host, name, value, sizeof value));
	return value;
}

static void set(const char *name, const char *value)
{
	struct sim_diag d;

	if (!sim_host_sysctl_set(&host, name, value, &d))
		fail_msg("%s", d.text);
}

static void refuses(const char *name, const char *value, const char *text)
{
	struct sim_host before = host;
	struct sim_diag d;

	assert_false(sim_host_sysctl_set(&host, name, value, &d));
	assert_string_equal(d.text, text);
	/* Nothing is half applied, and nobody has to want the message. */
	assert_memory_equal(&host, &before, sizeof host);
	assert_false(sim_host_sysctl_set(&host, name, value, NULL));
}

static void one_number_is_written_and_read(void **state)
{
	(void)state;
	assert_string_equal(value_of("net.core.somaxconn"), "4096");
	set("net.core.somaxconn", "5");
	assert_string_equal(value_of("net.core.somaxconn"), "5");
	assert_int_equal(host.net.sysctl.core_somaxconn, 5);
	set("net.core.somaxconn", "  7\n");
	assert_int_equal(host.net.sysctl.core_somaxconn, 7);
}

static void three_numbers_are_written_and_read_as_sysctl_does(void **state)
{
	(void)state;
	assert_string_equal(value_of("net.ipv4.tcp_wmem"), "4096\t16384\t4194304");
	set("net.ipv4.tcp_wmem", "1 2\t3");
	assert_string_equal(value_of("net.ipv4.tcp_wmem"), "1\t2\t3");
	assert_int_equal(host.net.sysctl.tcp_wmem_max, 3);
	assert_string_equal(value_of("net.ipv4.ip_local_port_range"), "32768\t60999");
	set("net.ipv4.ip_local_port_range", "40000 40000");
	assert_int_equal(host.net.sysctl.port_last, 40000);
}

/* Whoever writes back what was read must not be refused: every default lies within its bounds. */
static void every_default_can_be_written_back(void **state)
{
	static const char *const names[] = {
#define NAME(field, name, index, initial, min, max) name,
		SIM_SYSCTL_TABLE(NAME)
#undef NAME
	};

	(void)state;
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
		set(names[i], value_of(names[i]));
}

static void an_unknown_name_suggests_the_nearest(void **state)
{
	(void)state;
	refuses("net.ipv4.tcp_wmen", "1 2 3",
		"sysctl name: unknown sysctl \"net.ipv4.tcp_wmen\": did you mean \"net.ipv4.tcp_wmem\"?\n"
		"  net.ipv4.tcp_wmen\n"
		"  ^");
	refuses("nothing.like.it", "1",
		"sysctl name: unknown sysctl \"nothing.like.it\"\n"
		"  nothing.like.it\n"
		"  ^");
	refuses("", "1",
		"sysctl name: unknown sysctl \"\"\n"
		"  \n"
		"  ^");
	assert_false(sim_host_sysctl_get(&host, "net.ipv4.tcp_wmen", (char[8]){ 0 }, 8));
}

static void a_switch_takes_words_and_their_numbers(void **state)
{
	(void)state;
	assert_string_equal(value_of("simsock.eisconn"), "linux");
	set("simsock.eisconn", "never");
	assert_int_equal(host.net.sysctl.sw_eisconn, SIM_EISCONN_NEVER);
	assert_string_equal(value_of("simsock.eisconn"), "never");
	set("simsock.eisconn", "1");
	assert_string_equal(value_of("simsock.eisconn"), "always");
	refuses("simsock.eisconn", "alwys",
		"sysctl value: simsock.eisconn is linux, always or never, not \"alwys\": "
		"did you mean \"always\"?\n"
		"  alwys\n"
		"  ^");
	refuses("simsock.enobufs", "2",
		"sysctl value: simsock.enobufs is out of range: it goes from 0 to 1\n"
		"  2\n"
		"  ^");
}

static void a_value_that_is_no_number_is_shown(void **state)
{
	(void)state;
	refuses("net.core.somaxconn", "12x",
		"sysctl value: \"12x\" is no number: net.core.somaxconn takes one from 0 to 65535\n"
		"  12x\n"
		"    ^");
	refuses("net.core.somaxconn", "-1",
		"sysctl value: \"-1\" is no number: net.core.somaxconn takes one from 0 to 65535\n"
		"  -1\n"
		"  ^");
	refuses("net.core.somaxconn", "",
		"sysctl value: net.core.somaxconn needs a number from 0 to 65535\n"
		"  \n"
		"  ^");
}

static void a_number_out_of_range_is_shown_with_the_range(void **state)
{
	(void)state;
	refuses("net.core.somaxconn", "65536",
		"sysctl value: net.core.somaxconn is out of range: it goes from 0 to 65535\n"
		"  65536\n"
		"  ^");
	refuses("net.ipv4.tcp_rmem", "4096 0 100",
		"sysctl value: net.ipv4.tcp_rmem is out of range: it goes from 1 to 2147483647\n"
		"  4096 0 100\n"
		"       ^");
	refuses("net.core.optmem_max", "99999999999999999999",
		"sysctl value: net.core.optmem_max is out of range: it goes from 0 to 2147483647\n"
		"  99999999999999999999\n"
		"  ^");
}

static void too_few_and_too_many_numbers_are_told(void **state)
{
	(void)state;
	refuses("net.ipv4.tcp_wmem", "4096 16384",
		"sysctl value: net.ipv4.tcp_wmem takes 3 numbers, and only 2 stand here\n"
		"  4096 16384\n"
		"            ^");
	refuses("net.ipv4.tcp_wmem", "4096 16384 3 4",
		"sysctl value: net.ipv4.tcp_wmem takes 3 numbers: \"4\" is too much\n"
		"  4096 16384 3 4\n"
		"               ^");
	refuses("net.core.somaxconn", "1 2",
		"sysctl value: net.core.somaxconn takes 1 number: \"2\" is too much\n"
		"  1 2\n"
		"    ^");
}

static void a_range_that_ends_before_it_begins_is_refused(void **state)
{
	(void)state;
	refuses("net.ipv4.ip_local_port_range", "60999 32768",
		"sysctl value: the range of ports ends at 32768, before it begins at 60999\n"
		"  60999 32768\n"
		"  ^");
}

#define T(name) cmocka_unit_test_setup(name, fresh)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(one_number_is_written_and_read),
		T(three_numbers_are_written_and_read_as_sysctl_does),
		T(every_default_can_be_written_back),
		T(an_unknown_name_suggests_the_nearest),
		T(a_switch_takes_words_and_their_numbers),
		T(a_value_that_is_no_number_is_shown),
		T(a_number_out_of_range_is_shown_with_the_range),
		T(too_few_and_too_many_numbers_are_told),
		T(a_range_that_ends_before_it_begins_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
