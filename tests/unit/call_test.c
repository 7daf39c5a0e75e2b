/* SPDX-License-Identifier: MIT */
/* The table of simulated calls and sets of them (sim/fault/call.h). */
#include <errno.h>
#include <netdb.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/base/diag.h"
#include "sim/fault/call.h"

static void every_call_is_found_by_its_name(void **state)
{
	int call;

	(void)state;
	for (call = 0; call < SIM_CALL_NUM; call++) {
		const char *name = sim_call_name((enum sim_call_id)call);

		assert_int_equal(sim_call_by_name(name, strlen(name)), call);
	}
	assert_int_equal(sim_call_by_name("sendx", 5), -1);
	assert_int_equal(sim_call_by_name("sendx", 4), SIM_CALL_SEND);
	assert_int_equal(sim_call_by_name("", 0), -1);
}

static void every_error_of_the_table_has_a_name_and_stands_once(void **state)
{
	int call;

	(void)state;
	for (call = 0; call < SIM_CALL_NUM; call++) {
		enum sim_call_id id = (enum sim_call_id)call;
		const int16_t *e, *other;

		for (e = sim_call_info(id)->errs; *e; e++) {
			const char *name = sim_call_err_name(id, *e);

			assert_non_null(name);
			assert_int_equal(sim_call_err_by_name(id, name, strlen(name)), *e);
			assert_true(sim_call_documents(id, *e));
			for (other = e + 1; *other; other++)
				assert_int_not_equal(*e, *other);
		}
	}
}

static void every_call_is_of_some_class(void **state)
{
	int call;

	(void)state;
	for (call = 0; call < SIM_CALL_NUM; call++)
		assert_int_not_equal(sim_call_info((enum sim_call_id)call)->traits & SIM_CALL_CLASSES, 0);
}

static void what_moves_bytes_is_send_or_recv_and_has_a_descriptor(void **state)
{
	int call;

	(void)state;
	for (call = 0; call < SIM_CALL_NUM; call++) {
		unsigned t = sim_call_info((enum sim_call_id)call)->traits;

		assert_int_equal(!!(t & SIM_CALL_HAS_BYTES), !!(t & (SIM_CALL_IS_SEND | SIM_CALL_IS_RECV)));
		if (t & SIM_CALL_HAS_BYTES)
			assert_true(t & SIM_CALL_HAS_FD);
	}
}

static void manual_pages_are_followed(void **state)
{
	(void)state;
	assert_true(sim_call_documents(SIM_CALL_SEND, EPIPE));
	assert_true(sim_call_documents(SIM_CALL_SEND, ENOBUFS));
	assert_true(sim_call_documents(SIM_CALL_WRITE, ENOSPC));
	assert_false(sim_call_documents(SIM_CALL_SEND, ENOSPC));
	assert_true(sim_call_documents(SIM_CALL_RECV, ECONNRESET));
	assert_false(sim_call_documents(SIM_CALL_RECV, EPIPE));
	assert_true(sim_call_documents(SIM_CALL_ACCEPT, ECONNABORTED));
	assert_true(sim_call_documents(SIM_CALL_CONNECT, EINPROGRESS));
	assert_true(sim_call_documents(SIM_CALL_CLOSE, EIO));
	assert_true(sim_call_documents(SIM_CALL_POLL, EINTR));
	assert_false(sim_call_documents(SIM_CALL_POLL, EBADF));
	assert_false(sim_call_documents(SIM_CALL_SCHED_YIELD, EINTR));
	assert_true(sim_call_documents(SIM_CALL_GETADDRINFO, EAI_AGAIN));
	assert_false(sim_call_documents(SIM_CALL_GETADDRINFO, EINTR));
	assert_true(sim_call_documents(SIM_CALL_GETHOSTBYNAME_R, TRY_AGAIN));
	assert_string_equal(sim_call_err_name(SIM_CALL_GETADDRINFO, EAI_AGAIN), "EAI_AGAIN");
	assert_string_equal(sim_call_err_name(SIM_CALL_GETHOSTBYNAME, TRY_AGAIN), "TRY_AGAIN");
	assert_string_equal(sim_call_err_name(SIM_CALL_SEND, ENOENT), "ENOENT");
	assert_null(sim_call_err_name(SIM_CALL_GETADDRINFO, ENOENT));
}

static struct sim_call_set set(const char *text)
{
	struct sim_source src = sim_source_of("set", text);
	struct sim_call_set s;
	struct sim_diag d;

	if (sim_call_set_parse(sim_slice_all(&src), &s, &d))
		fail_msg("%s", d.text);
	return s;
}

static unsigned count(struct sim_call_set s)
{
	unsigned num = 0;
	size_t i;

	for (i = 0; i < SIM_CALL_SET_WORDS; i++)
		num += (unsigned)__builtin_popcountll(s.bits[i]);
	return num;
}

static void assert_members(const char *text, const char *members)
{
	struct sim_call_set s = set(text);
	unsigned num = 0;
	size_t len;

	while (*members) {
		int call;

		len = strcspn(members, " ");
		call = sim_call_by_name(members, len);
		assert_true(call >= 0);
		if (!sim_call_set_has(&s, (enum sim_call_id)call))
			fail_msg("%s lacks %s", text, sim_call_name((enum sim_call_id)call));
		num++;
		members += len + (members[len] == ' ');
	}
	assert_int_equal(count(s), num);
}

static void sets_hold_what_they_name(void **state)
{
	(void)state;
	assert_members("send", "send");
	assert_members("send,recv,send", "send recv");
	assert_members("%send", "send sendto sendmsg sendmmsg write writev pwritev2 sendfile");
	assert_members("%recv", "recv recvfrom recvmsg recvmmsg read readv preadv2");
	assert_members("%ready", "poll ppoll select pselect epoll_wait epoll_pwait epoll_pwait2");
	assert_members("%net",
		       "socket socketpair bind listen accept accept4 connect shutdown send sendto sendmsg "
		       "sendmmsg recv recvfrom recvmsg recvmmsg sendfile getsockopt setsockopt getsockname "
		       "getpeername");
	assert_members("%resolve", "getaddrinfo getnameinfo gethostbyname gethostbyname_r gethostbyname2 "
				   "gethostbyname2_r gethostbyaddr gethostbyaddr_r gethostent "
				   "getnetbyname getnetbyaddr getnetent res_init res_query res_search "
				   "res_querydomain");
	assert_members("%host", "getifaddrs if_nametoindex if_indextoname if_nameindex uname gethostname "
				"sethostname getdomainname setdomainname gethostid res_send "
				"setnetgrent innetgr ether_hostton ether_ntohost rcmd rexec "
				"rresvport ruserok");
	assert_members("%recv,close", "recv recvfrom recvmsg recvmmsg read readv preadv2 close");
	assert_int_equal(count(set("%all")), SIM_CALL_NUM);
	assert_int_equal(count(set("all")), SIM_CALL_NUM);
	assert_int_equal(count(set("%network")), count(set("%net")));
}

static void an_exclamation_mark_takes_all_but_the_set(void **state)
{
	struct sim_call_set s = set("!%send,close");

	(void)state;
	assert_int_equal(count(s), SIM_CALL_NUM - 9);
	assert_false(sim_call_set_has(&s, SIM_CALL_SEND));
	assert_false(sim_call_set_has(&s, SIM_CALL_CLOSE));
	assert_true(sim_call_set_has(&s, SIM_CALL_RECV));
	assert_true(sim_call_set_has(&s, SIM_CALL_LSEEK));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_call_is_found_by_its_name),
		cmocka_unit_test(every_error_of_the_table_has_a_name_and_stands_once),
		cmocka_unit_test(every_call_is_of_some_class),
		cmocka_unit_test(what_moves_bytes_is_send_or_recv_and_has_a_descriptor),
		cmocka_unit_test(manual_pages_are_followed),
		cmocka_unit_test(sets_hold_what_they_name),
		cmocka_unit_test(an_exclamation_mark_takes_all_but_the_set),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
