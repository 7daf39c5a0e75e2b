/* SPDX-License-Identifier: MIT */
/* The tables of flags, commands and requests: well-formed, and printed as strace prints them. */
#include "api/calls/flags.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <fcntl.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>

#include "sim/base/names.h"
#include "sim/base/str.h"

static const char *flags_text(int flags)
{
	static char text[512];
	struct sim_str out = sim_str_on(text, sizeof text);

	sim_msg_flags_add(&out, flags);
	return text;
}

static void flags_print_as_strace_prints_them(void **state)
{
	(void)state;
	assert_string_equal(flags_text(0), "0");
	assert_string_equal(flags_text(MSG_NOSIGNAL), "MSG_NOSIGNAL");
	assert_string_equal(flags_text(MSG_NOSIGNAL | MSG_DONTWAIT), "MSG_DONTWAIT|MSG_NOSIGNAL");
	assert_string_equal(flags_text(MSG_PEEK | 0x10000000), "MSG_PEEK|0x10000000");
	assert_string_equal(flags_text(0x10000000), "0x10000000");
	assert_non_null(strstr(flags_text(-1), "MSG_CMSG_CLOEXEC|0x"));
}

static void every_flag_is_one_bit_and_stands_once(void **state)
{
	const struct sim_msg_flag *f, *other;

	(void)state;
	for (size_t n = 0; (f = sim_msg_flag(n)); n++) {
		assert_true(f->flag && !((unsigned)f->flag & ((unsigned)f->flag - 1)));
		assert_int_equal(strncmp(sim_msg_flag_name((unsigned)f->flag), "MSG_", 4), 0);
		for (size_t i = 0; i < n; i++) {
			other = sim_msg_flag(i);
			assert_int_not_equal(other->flag, f->flag);
			assert_string_not_equal(sim_msg_flag_name((unsigned)other->flag),
						sim_msg_flag_name((unsigned)f->flag));
		}
	}
}

static void every_flag_says_what_each_kind_of_socket_makes_of_it(void **state)
{
	static const char letters[] = { SIM_FLAG_SIMULATED, SIM_FLAG_STORED, SIM_FLAG_NO_EFFECT,
					SIM_FLAG_REFUSED,   SIM_FLAG_ABSENT, '\0' };
	const struct sim_msg_flag *f;

	(void)state;
	for (size_t n = 0; (f = sim_msg_flag(n)); n++) {
		assert_int_equal(strlen(f->send), SIM_FLAG_NUM_SOCKETS);
		assert_int_equal(strlen(f->recv), SIM_FLAG_NUM_SOCKETS);
		assert_int_equal(strspn(f->send, letters), SIM_FLAG_NUM_SOCKETS);
		assert_int_equal(strspn(f->recv, letters), SIM_FLAG_NUM_SOCKETS);
	}
}

static void check_numbers(const struct sim_number_info *(*row)(size_t n))
{
	for (size_t n = 0; row(n); n++) {
		for (size_t i = 0; i < n; i++) {
			assert_true(row(i)->number != row(n)->number);
			assert_string_not_equal(row(i)->name, row(n)->name);
		}
	}
	assert_non_null(row(0));
}

static void commands_and_requests_stand_once_and_have_names(void **state)
{
	(void)state;
	check_numbers(sim_fcntl_command);
	check_numbers(sim_ioctl_request);
	assert_string_equal(sim_fcntl_name(F_SETFL), "F_SETFL");
	assert_string_equal(sim_ioctl_name(FIONBIO), "FIONBIO");
	assert_string_equal(sim_ioctl_name(SIOCGIFADDR), "SIOCGIFADDR");
	assert_string_equal(sim_ioctl_name(SIOCSIFMTU), "SIOCSIFMTU");
	for (size_t n = 0; sim_ioctl_request(n); n++)
		assert_true(sim_ioctl_request(n)->name[0] > '9');
	assert_null(sim_fcntl_name(-1));
	assert_null(sim_ioctl_name(0));
}

static void options_of_all_levels_come_one_after_the_other(void **state)
{
	struct sim_option_doc doc, other;
	size_t n;

	(void)state;
	for (n = 0; sim_all_options_doc(n, &doc); n++) {
		assert_non_null(doc.text);
		for (size_t i = 0; i < n; i++) {
			assert_true(sim_all_options_doc(i, &other));
			assert_true(other.level != doc.level || other.name != doc.name);
		}
	}
	assert_true(n > 50);
	assert_false(sim_all_options_doc(n + 1, &doc));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(flags_print_as_strace_prints_them),
		cmocka_unit_test(every_flag_is_one_bit_and_stands_once),
		cmocka_unit_test(every_flag_says_what_each_kind_of_socket_makes_of_it),
		cmocka_unit_test(commands_and_requests_stand_once_and_have_names),
		cmocka_unit_test(options_of_all_levels_come_one_after_the_other),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
