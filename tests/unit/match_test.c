/* SPDX-License-Identifier: MIT */
/* Rules asked: which one wins, what it says, what is counted (sim/fault/rule.h). */
#include <errno.h>
#include <netdb.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <cmocka.h>

#include "sim/base/arena.h"
#include "sim/base/diag.h"
#include "sim/fault/rule.h"

#define ARENA_BYTES (1 << 20)
#define SEED        7
#define CLIENT      1
#define SERVER      2

static struct sim_arena *arena;
static struct sim_fault_rules rules;
static struct sim_fault_query query;
static struct sim_fault_verdict verdict;
static const uint8_t peer[16] = { [10] = 255, 255, 10, 0, 0, 2 };

static int setup(void **state)
{
	(void)state;
	arena = sim_arena_init(calloc(1, ARENA_BYTES), ARENA_BYTES);
	sim_fault_rules_init(&rules, arena, SEED);
	query = (struct sim_fault_query){
		.call = SIM_CALL_SEND,
		.host_id = CLIENT,
		.host = "client",
		.fd = 5,
		.state = SIM_FAULT_ESTABLISHED,
		.peer_addr = peer,
		.peer_host = "server",
		.peer_port = 80,
		.requested = 36,
	};
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	sim_fault_rules_fini(&rules);
	assert_int_equal(arena->num_live, 0);
	free(arena);
	return 0;
}

static bool parse_addr(const char *text, uint8_t addr[16])
{
	memcpy(addr, peer, 16);
	return strcmp(text, "10.0.0.2") == 0;
}

static int add(const char *text)
{
	struct sim_diag d;
	int id = sim_fault_add(&rules, text, parse_addr, &d);

	if (id < 0)
		fail_msg("%s", d.text);
	return id;
}

static const struct sim_fault_verdict *ask(void)
{
	assert_int_equal(sim_fault_ask(&rules, &query, &verdict), 0);
	return &verdict;
}

/* The verdicts of so many calls: "." none, "E" error, "R" retval, "L" limit, "+" none but a signal or delay.
 */
static const char *ask_times(int times)
{
	static char got[128];
	int i;

	for (i = 0; i < times; i++) {
		const struct sim_fault_verdict *v = ask();

		got[i] = ".ERL"[v->kind];
		if (v->kind == SIM_FAULT_NONE && (v->signo || v->delay_enter_ns || v->delay_exit_ns))
			got[i] = '+';
	}
	got[times] = '\0';
	return got;
}

static void no_rule_gives_no_verdict(void **state)
{
	(void)state;
	assert_false(sim_fault_any(&rules, SIM_CALL_SEND));
	assert_string_equal(ask_times(3), "...");
	assert_int_equal(verdict.rule_id, 0);
}

static void a_rule_is_for_the_calls_that_it_names(void **state)
{
	int id = add("%send:error=EPIPE");

	(void)state;
	assert_true(sim_fault_any(&rules, SIM_CALL_SEND));
	assert_true(sim_fault_any(&rules, SIM_CALL_WRITEV));
	assert_false(sim_fault_any(&rules, SIM_CALL_RECV));
	assert_int_equal(ask()->kind, SIM_FAULT_ERROR);
	assert_int_equal(verdict.err, EPIPE);
	assert_int_equal(verdict.rule_id, id);
	query.call = SIM_CALL_RECV;
	assert_int_equal(ask()->kind, SIM_FAULT_NONE);
}

static void when_picks_calls_by_number(void **state)
{
	static const struct {
		const char *rule, *got;
	} rows[] = {
		{ "send:error=EINTR:when=1", "E........." },
		{ "send:error=EINTR:when=3", "..E......." },
		{ "send:error=EINTR:when=3..5", "..EEE....." },
		{ "send:error=EINTR:when=3+", "..EEEEEEEE" },
		{ "send:error=EINTR:when=3+3", "..E..E..E." },
		{ "send:error=EINTR:when=2..7+2", ".E.E.E...." },
		{ "send:error=EINTR:when=2..7+", ".EEEEEE..." },
		{ "send:error=EINTR:once", "E........." },
		{ "send:error=EINTR:when=4+:once", "...E......" },
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		int id = add(rows[i].rule);

		assert_string_equal(ask_times(10), rows[i].got);
		assert_int_equal(sim_fault_remove(&rules, id), 0);
	}
}

static void results_come_in_sequence_and_then_the_network_again(void **state)
{
	int id = add("%send:returns=10,50%,EINTR,*,0,5,*");

	(void)state;
	assert_int_equal(ask()->kind, SIM_FAULT_LIMIT);
	assert_int_equal(verdict.limit, 10);
	assert_int_equal(ask()->limit, 18);
	assert_int_equal(ask()->kind, SIM_FAULT_ERROR);
	assert_int_equal(verdict.err, EINTR);
	assert_int_equal(ask()->kind, SIM_FAULT_NONE);
	assert_int_equal(ask()->kind, SIM_FAULT_RETVAL);
	assert_int_equal(verdict.retval, 0);
	assert_int_equal(ask()->limit, 5);
	assert_string_equal(ask_times(3), "...");
	assert_int_equal(sim_fault_find(&rules, id)->num_asked, 9);
	assert_int_equal(sim_fault_find(&rules, id)->num_fired, 5);
}

static void a_number_limits_bytes_and_is_the_result_of_other_calls(void **state)
{
	(void)state;
	add("%send,poll:returns=3,3");
	assert_int_equal(ask()->kind, SIM_FAULT_LIMIT);
	query.call = SIM_CALL_POLL;
	assert_int_equal(ask()->kind, SIM_FAULT_RETVAL);
	assert_int_equal(verdict.retval, 3);
}

static void a_short_transfer_is_rounded_down_but_never_to_nothing(void **state)
{
	int share = add("send:short=80%");

	(void)state;
	assert_int_equal(ask()->limit, 28); /* of 36 */
	query.requested = 2;
	assert_int_equal(ask()->limit, 1);
	query.requested = UINT64_MAX;
	assert_true(ask()->limit == UINT64_MAX / 5 * 4);
	sim_fault_remove(&rules, share);
	share = add("send:short=10%");
	query.requested = 5; /* a tenth is less than a byte */
	assert_int_equal(ask()->limit, 1);
	sim_fault_remove(&rules, share);
	add("send:short=7");
	query.requested = 36;
	assert_int_equal(ask()->limit, 7);
}

static void a_limit_that_limits_nothing_has_not_fired(void **state)
{
	int id = add("send:short=7");

	(void)state;
	query.requested = 7;
	assert_string_equal(ask_times(2), "..");
	query.requested = 0;
	assert_string_equal(ask_times(1), ".");
	query.requested = 8;
	query.is_message = true;
	assert_string_equal(ask_times(1), ".");
	assert_int_equal(sim_fault_find(&rules, id)->num_fired, 0);
	query.is_message = false;
	assert_string_equal(ask_times(1), "L");
	assert_int_equal(sim_fault_find(&rules, id)->num_asked, 5);
	assert_int_equal(sim_fault_find(&rules, id)->num_fired, 1);
}

static void a_message_is_never_cut_by_a_sequence(void **state)
{
	(void)state;
	query.is_message = true;
	add("send:returns=3,50%,EINTR");
	assert_string_equal(ask_times(4), "..E.");
}

static void signals_and_delays_go_with_any_result(void **state)
{
	(void)state;
	add("send:error=EINTR:signal=SIGUSR1:delay_enter=5ms:delay_exit=7:when=1");
	add("send:delay_enter=1ns:when=2");
	assert_int_equal(ask()->kind, SIM_FAULT_ERROR);
	assert_int_equal(verdict.signo, SIGUSR1);
	assert_int_equal(verdict.delay_enter_ns, 5000000);
	assert_int_equal(verdict.delay_exit_ns, 7000);
	assert_int_equal(ask()->kind, SIM_FAULT_NONE);
	assert_int_equal(verdict.rule_id, 2);
	assert_int_equal(verdict.delay_enter_ns, 1);
	assert_int_equal(sim_fault_find(&rules, 2)->num_fired, 1);
}

static void an_error_may_be_of_the_resolvers_own_kind(void **state)
{
	(void)state;
	add("getaddrinfo:error=EAI_AGAIN");
	add("gethostbyname:error=TRY_AGAIN");
	query.call = SIM_CALL_GETADDRINFO;
	assert_int_equal(ask()->err, EAI_AGAIN);
	query.call = SIM_CALL_GETHOSTBYNAME;
	assert_int_equal(ask()->err, TRY_AGAIN);
}

static void conditions_choose_the_calls_that_are_counted(void **state)
{
	int id = add("send:error=EINTR:fd=6:when=2");

	(void)state;
	assert_string_equal(ask_times(3), "...");
	assert_int_equal(sim_fault_find(&rules, id)->num_asked, 0);
	query.fd = 6;
	assert_string_equal(ask_times(3), ".E.");
	assert_int_equal(sim_fault_find(&rules, id)->num_asked, 3);
}

static void all_flags_of_a_rule_must_be_the_calls(void **state)
{
	(void)state;
	add("send:error=EINTR:flags=MSG_MORE|MSG_DONTWAIT");
	query.flags = MSG_MORE;
	assert_string_equal(ask_times(1), ".");
	query.flags = MSG_MORE | MSG_DONTWAIT | MSG_NOSIGNAL;
	assert_string_equal(ask_times(1), "E");
	query.flags = 0;
	assert_string_equal(ask_times(1), ".");
}

static void every_condition_must_hold(void **state)
{
	(void)state;
	add("send:error=EINTR:host=client:peer=10.0.0.2:80:state=established:after=100:during=1s..2s");
	query.sent_bytes = 100;
	query.now_ns = 1000000000;
	assert_string_equal(ask_times(1), "E");
	query.now_ns = 999999999;
	assert_string_equal(ask_times(1), ".");
	query.now_ns = 2000000000;
	assert_string_equal(ask_times(1), ".");
	query.now_ns = 1999999999;
	query.sent_bytes = 99;
	query.received_bytes = 1000;
	assert_string_equal(ask_times(1), ".");
	query.sent_bytes = 1000;
	query.state = SIM_FAULT_CLOSE_WAIT;
	assert_string_equal(ask_times(1), ".");
	query.state = SIM_FAULT_ESTABLISHED;
	query.peer_port = 81;
	assert_string_equal(ask_times(1), ".");
	query.peer_port = 80;
	query.peer_addr = NULL;
	assert_string_equal(ask_times(1), ".");
	query.peer_addr = peer;
	query.host = "server";
	assert_string_equal(ask_times(1), ".");
	query.host = "client";
	assert_string_equal(ask_times(1), "E");
}

static void a_peer_is_named_by_address_name_or_port(void **state)
{
	static const uint8_t other[16] = { [10] = 255, 255, 10, 0, 0, 3 };
	static const char *const texts[] = {
		"send:error=EINTR:peer=10.0.0.2", "send:error=EINTR:peer=10.0.0.2:80",
		"send:error=EINTR:peer=server",   "send:error=EINTR:peer=server:80",
		"send:error=EINTR:peer=:80",
	};
	size_t i;

	(void)state;
	for (i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		int id = add(texts[i]);

		query.peer_addr = peer;
		query.peer_host = "server";
		query.peer_port = 80;
		assert_string_equal(ask_times(1), "E");
		query.peer_addr = other;
		query.peer_host = NULL;
		query.peer_port = 8080;
		assert_string_equal(ask_times(1), ".");
		query.peer_addr = NULL;
		assert_string_equal(ask_times(1), ".");
		sim_fault_remove(&rules, id);
	}
}

static void after_looks_at_the_calls_own_direction(void **state)
{
	(void)state;
	add("%recv,%send,shutdown:error=!EINTR:after=10");
	query.sent_bytes = 6;
	query.received_bytes = 4;
	assert_string_equal(ask_times(1), ".");
	query.call = SIM_CALL_SHUTDOWN;
	assert_string_equal(ask_times(1), "E");
	query.call = SIM_CALL_READ;
	query.received_bytes = 10;
	assert_string_equal(ask_times(1), "E");
	query.call = SIM_CALL_WRITE;
	assert_string_equal(ask_times(1), ".");
}

static void counts_are_kept_per_host(void **state)
{
	int id = add("send:error=EINTR:when=2");

	(void)state;
	assert_string_equal(ask_times(1), ".");
	query.host_id = SERVER;
	query.host = "server";
	assert_string_equal(ask_times(2), ".E");
	query.host_id = CLIENT;
	query.host = "client";
	assert_string_equal(ask_times(1), "E");
	query.host_id = 900;
	query.host = "far";
	assert_string_equal(ask_times(2), ".E");
	query.host_id = SERVER;
	assert_string_equal(ask_times(2), "..");
	assert_int_equal(sim_fault_find(&rules, id)->num_fired, 3);
}

static void a_peer_of_ours_is_left_alone_unless_its_host_is_named(void **state)
{
	(void)state;
	add("send:error=EINTR");
	query.is_builtin = true;
	query.host = "server";
	query.host_id = SERVER;
	assert_string_equal(ask_times(2), "..");
	assert_int_equal(sim_fault_find(&rules, 1)->num_asked, 0);
	add("send:error=EPIPE:host=server");
	assert_string_equal(ask_times(2), "EE");
	assert_int_equal(verdict.err, EPIPE);
}

static void the_later_rule_wins_and_the_verdict_names_the_others(void **state)
{
	(void)state;
	add("send:error=EINTR");
	add("send:error=EPIPE:when=2+");
	add("%net:delay_enter=1ms:when=3");
	assert_int_equal(ask()->err, EINTR);
	assert_int_equal(verdict.num_others, 0);
	assert_int_equal(ask()->err, EPIPE);
	assert_int_equal(verdict.num_others, 1);
	assert_int_equal(verdict.others[0], 1);
	assert_int_equal(ask()->kind, SIM_FAULT_NONE);
	assert_int_equal(verdict.rule_id, 3);
	assert_int_equal(verdict.num_others, 2);
	assert_int_equal(verdict.others[0], 1);
	assert_int_equal(verdict.others[1], 2);
	assert_int_equal(sim_fault_find(&rules, 1)->num_asked, 3);
	assert_int_equal(sim_fault_find(&rules, 1)->num_fired, 1);
	assert_int_equal(sim_fault_find(&rules, 2)->num_fired, 1);
}

static void more_others_than_there_is_room_for_are_counted(void **state)
{
	int i;

	(void)state;
	for (i = 0; i < 12; i++)
		add("send:error=EINTR");
	assert_int_equal(ask()->rule_id, 12);
	assert_int_equal(verdict.num_others, 11);
	assert_int_equal(verdict.others[SIM_FAULT_OTHERS_MAX - 1], SIM_FAULT_OTHERS_MAX);
}

static void a_rule_that_gives_way_keeps_its_results(void **state)
{
	(void)state;
	add("send:returns=10,EPIPE");
	add("send:error=EINTR:when=2");
	assert_int_equal(ask()->limit, 10);
	assert_int_equal(ask()->err, EINTR);
	assert_int_equal(ask()->err, EPIPE);
	assert_string_equal(ask_times(1), ".");
}

static void chance_is_drawn_from_the_seed_and_the_rule_alone(void **state)
{
	char alone[101], beside[101], server[101];
	int id, fired = 0, i;

	(void)state;
	id = add("send:error=EINTR:p=30%");
	memcpy(alone, ask_times(100), 101);
	for (i = 0; i < 100; i++)
		fired += alone[i] == 'E';
	assert_in_range(fired, 15, 45);
	assert_int_equal(sim_fault_find(&rules, id)->num_fired, fired);

	/* The same rule in another world with another rule beside it, whose draws are its own. */
	sim_fault_rules_fini(&rules);
	sim_fault_rules_init(&rules, arena, SEED);
	add("send:error=EINTR:p=30%");
	add("recv:error=EINTR:p=50%");
	for (i = 0; i < 100; i++) {
		query.call = SIM_CALL_RECV;
		ask();
		query.call = SIM_CALL_SEND;
		query.host_id = SERVER;
		server[i] = ask()->kind == SIM_FAULT_ERROR ? 'E' : '.';
		query.host_id = CLIENT;
		beside[i] = ask()->kind == SIM_FAULT_ERROR ? 'E' : '.';
	}
	beside[100] = server[100] = '\0';
	assert_string_equal(beside, alone);
	assert_string_not_equal(server, alone);

	sim_fault_rules_fini(&rules);
	sim_fault_rules_init(&rules, arena, SEED + 1);
	add("send:error=EINTR:p=30%");
	assert_string_not_equal(ask_times(100), alone);
}

static void a_rule_removed_is_asked_no_more(void **state)
{
	int first = add("send:error=EINTR"), second = add("recv:error=EINTR"),
	    third = add("send:error=EPIPE");

	(void)state;
	assert_int_equal(sim_fault_remove(&rules, third), 0);
	assert_int_equal(sim_fault_remove(&rules, third), -ENOENT);
	assert_null(sim_fault_find(&rules, third));
	assert_int_equal(ask()->rule_id, first);
	assert_int_equal(sim_fault_remove(&rules, first), 0);
	assert_false(sim_fault_any(&rules, SIM_CALL_SEND));
	assert_true(sim_fault_any(&rules, SIM_CALL_RECV));
	assert_string_equal(ask_times(1), ".");
	assert_int_equal(add("send:error=EINTR"), third + 1);
	assert_int_equal(sim_fault_next(&rules, 0)->id, second);
	assert_int_equal(sim_fault_next(&rules, second)->id, third + 1);
	assert_null(sim_fault_next(&rules, third + 1));
	assert_string_equal(sim_fault_find(&rules, second)->text, "recv:error=EINTR");
	assert_int_equal(sim_fault_remove(&rules, 0), -ENOENT);
	assert_int_equal(sim_fault_remove(&rules, -5), -ENOENT);
}

static void a_wrong_rule_adds_nothing(void **state)
{
	struct sim_diag d;

	(void)state;
	assert_int_equal(sim_fault_add(&rules, "send:error=EINTR:when=0", parse_addr, &d), -EINVAL);
	assert_int_equal(d.column, 23);
	assert_false(sim_fault_any(&rules, SIM_CALL_SEND));
	assert_null(sim_fault_next(&rules, 0));
}

static void without_memory_nothing_is_half_added(void **state)
{
	uint64_t live;
	int err, i;

	(void)state;
	for (i = 0; i < 8; i++)
		add("send:error=EINTR");
	live = arena->num_live;
	arena->limit_bytes = arena->in_use_bytes;
	for (;; arena->limit_bytes += 16) {
		err = sim_fault_add(&rules, "recv:returns=1,2,EINTR", parse_addr, NULL);
		if (err != -ENOMEM)
			break;
		/* A longer array of rules may stay; a rule does not. */
		assert_in_range(arena->num_live, live, live + 1);
		assert_null(sim_fault_find(&rules, 9));
		assert_false(sim_fault_any(&rules, SIM_CALL_RECV));
	}
	assert_int_equal(err, 9);
	query.call = SIM_CALL_RECV;
	arena->limit_bytes = arena->in_use_bytes;
	assert_int_equal(sim_fault_ask(&rules, &query, &verdict), -ENOMEM);
	assert_int_equal(verdict.kind, SIM_FAULT_NONE);
	assert_int_equal(verdict.rule_id, 0);
	arena->limit_bytes = ARENA_BYTES;
	assert_string_equal(ask_times(1), "L");
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(no_rule_gives_no_verdict),
		TEST(a_rule_is_for_the_calls_that_it_names),
		TEST(when_picks_calls_by_number),
		TEST(results_come_in_sequence_and_then_the_network_again),
		TEST(a_number_limits_bytes_and_is_the_result_of_other_calls),
		TEST(a_short_transfer_is_rounded_down_but_never_to_nothing),
		TEST(a_limit_that_limits_nothing_has_not_fired),
		TEST(a_message_is_never_cut_by_a_sequence),
		TEST(signals_and_delays_go_with_any_result),
		TEST(an_error_may_be_of_the_resolvers_own_kind),
		TEST(conditions_choose_the_calls_that_are_counted),
		TEST(all_flags_of_a_rule_must_be_the_calls),
		TEST(every_condition_must_hold),
		TEST(a_peer_is_named_by_address_name_or_port),
		TEST(after_looks_at_the_calls_own_direction),
		TEST(counts_are_kept_per_host),
		TEST(a_peer_of_ours_is_left_alone_unless_its_host_is_named),
		TEST(the_later_rule_wins_and_the_verdict_names_the_others),
		TEST(more_others_than_there_is_room_for_are_counted),
		TEST(a_rule_that_gives_way_keeps_its_results),
		TEST(chance_is_drawn_from_the_seed_and_the_rule_alone),
		TEST(a_rule_removed_is_asked_no_more),
		TEST(a_wrong_rule_adds_nothing),
		TEST(without_memory_nothing_is_half_added),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
