/* SPDX-License-Identifier: MIT */
/* How TCP connections end: RFC 9293 3.6, 3.10.4, 3.10.5, 3.10.7.4; RFC 5961; TIME_WAIT; Linux's orphans. */
#include "tests/unit/tcp_harness.h"

#include <errno.h>

static void one_end_closes_after_the_other(void **state)
{
	(void)state;
	bench_connect();
	sim_tcp_conn_shut_send(&bench_a.c);
	assert_state(&bench_a, FIN_WAIT_1);
	assert_seg(bench_take(&bench_a), FIN | ACK, 1, 1, 0);
	bench_hand(&bench_b, (struct bench_hand){ .seq = 1, .ack = 1, .flags = FIN | ACK });
	assert_state(&bench_b, CLOSE_WAIT);
	assert_true(bench_b.fin_seen);
	assert_in_range(bench_next_timer_ms(100), 1, 2); /* the ACK waits a tick for our own FIN */
	bench_carry();
	assert_state(&bench_a, FIN_WAIT_2);
	sim_tcp_conn_shut_send(&bench_b.c);
	assert_state(&bench_b, LAST_ACK);
	bench_carry();
	assert_state(&bench_a, TIME_WAIT);
	assert_state(&bench_b, CLOSED);
	assert_int_equal(bench_a.err, 0);
	assert_int_equal(bench_b.err, 0);
	assert_int_equal(bench_ctx.clock.num_foreground, 0);
	bench_run_ns(70 * SIM_NS_PER_S);
	assert_state(&bench_a, CLOSED);
}

static void a_quick_close_carries_the_ack_of_the_fin(void **state)
{
	(void)state;
	bench_connect();
	sim_tcp_conn_shut_send(&bench_a.c);
	bench_give(&bench_b, bench_pop(&bench_a));
	assert_true(bench_sent_nothing(&bench_b));
	sim_tcp_conn_shut_send(&bench_b.c);
	assert_seg(bench_take(&bench_b), FIN | ACK, 1, 2, 0);
	assert_true(bench_sent_nothing(&bench_b));
}

static void both_ends_close_at_once(void **state)
{
	(void)state;
	bench_connect();
	sim_tcp_conn_shut_send(&bench_a.c);
	sim_tcp_conn_shut_send(&bench_b.c);
	bench_give(&bench_b, bench_pop(&bench_a));
	assert_state(&bench_b, CLOSING);
	bench_carry();
	assert_state(&bench_a, TIME_WAIT);
	assert_state(&bench_b, TIME_WAIT);
}

static void the_fin_rides_on_the_last_bytes(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	bench_send(&bench_a, 1200);
	bench_flush(&bench_a);
	sim_tcp_conn_shut_send(&bench_a.c);
	assert_true(bench_sent_nothing(&bench_a));
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1001, .flags = ACK, .window = 1000 });
	assert_seg(bench_take(&bench_a), FIN | PUSH | ACK, 1001, 1, 200);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1202, .flags = ACK });
	assert_state(&bench_a, FIN_WAIT_2);
}

static void fin_and_its_ack_in_one_segment_lead_to_time_wait(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	sim_tcp_conn_shut_send(&bench_a.c);
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 2, .flags = FIN | ACK });
	assert_state(&bench_a, TIME_WAIT);
	assert_seg(bench_take(&bench_a), ACK, 2, 2, 0);
}

static void a_fin_out_of_order_waits_for_the_bytes_before_it(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 51, .ack = 1, .len = 50, .flags = FIN | ACK });
	assert_state(&bench_a, ESTABLISHED);
	assert_false(bench_a.fin_seen);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .len = 50, .flags = ACK });
	assert_state(&bench_a, CLOSE_WAIT);
	assert_int_equal(bench_read(&bench_a, 1000), 100);
	bench_flush(&bench_a);
}

static void a_half_closed_connection_still_receives(void **state)
{
	(void)state;
	bench_connect();
	sim_tcp_conn_shut_send(&bench_a.c);
	bench_carry();
	bench_send(&bench_b, 5000);
	bench_carry();
	assert_int_equal(bench_read(&bench_a, 5000), 5000);
	bench_carry();
	assert_state(&bench_a, FIN_WAIT_2);
	assert_state(&bench_b, CLOSE_WAIT);
}

static void a_lost_fin_goes_again(void **state)
{
	(void)state;
	bench_connect();
	sim_tcp_conn_shut_send(&bench_a.c);
	bench_flush(&bench_a);
	assert_in_range(bench_next_timer_ms(1000), 201, 235);
	assert_seg(bench_take(&bench_a), FIN | ACK, 1, 1, 0);
}

static void a_fin_does_not_pass_a_closed_window(void **state)
{
	struct sim_packet *p;

	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	p = sim_packet_new(bench_ctx.arena, &bench_ctx.next_packet_id);
	p->tcp.seq = BENCH_ISN_B + 1;
	p->tcp.ack = BENCH_ISN_A + 1;
	p->tcp.flags = ACK;
	bench_give(&bench_a, p);
	sim_tcp_conn_shut_send(&bench_a.c);
	assert_true(bench_sent_nothing(&bench_a));
	assert_in_range(bench_next_timer_ms(1000), 201, 235);
	assert_seg(bench_take(&bench_a), ACK, 0, 1, 0); /* a probe */
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .flags = ACK });
	assert_seg(bench_take(&bench_a), FIN | ACK, 1, 1, 0);
}

/* ---- TIME_WAIT ---- */

static void into_time_wait(struct bench_end *e)
{
	bench_establish_alone(e, 1000, 0);
	sim_tcp_conn_shut_send(&e->c);
	bench_hand(e, (struct bench_hand){ .seq = 1, .ack = 2, .flags = FIN | ACK });
	bench_flush(e);
	assert_state(e, TIME_WAIT);
}

static void time_wait_lasts_a_minute_and_keeps_no_world_alive(void **state)
{
	(void)state;
	into_time_wait(&bench_a);
	assert_int_equal(bench_ctx.clock.num_foreground, 0);
	assert_int_equal(bench_ctx.clock.num_housekeeping, 1);
	assert_in_range(bench_next_timer_ms(100000), 60000, 67500);
	assert_state(&bench_a, CLOSED);
}

static void a_repeated_fin_is_acknowledged_and_begins_the_minute_anew(void **state)
{
	(void)state;
	into_time_wait(&bench_a);
	bench_run_ns(30 * SIM_NS_PER_S);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 2, .flags = FIN | ACK });
	assert_seg(bench_take(&bench_a), ACK, 2, 2, 0);
	assert_in_range(bench_next_timer_ms(200000), 90000, 97500);
}

static void a_reset_ends_time_wait(void **state)
{
	(void)state;
	into_time_wait(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 2, .ack = 2, .flags = RST | ACK });
	assert_state(&bench_a, CLOSED);
}

static bool yields_to(uint32_t seq)
{
	struct sim_packet *p = sim_packet_new(bench_ctx.arena, &bench_ctx.next_packet_id);
	bool yields;

	p->tcp.seq = BENCH_ISN_B + seq;
	p->tcp.flags = SYN;
	yields = sim_tcp_conn_yields(&bench_a.c, p);
	sim_packet_free(bench_ctx.arena, p);
	return yields;
}

static void time_wait_yields_to_a_syn_that_is_newer(void **state)
{
	(void)state;
	into_time_wait(&bench_a);
	assert_true(yields_to(1000));
	assert_false(yields_to(1));
}

/* ---- resets ---- */

static void the_exact_reset_ends_a_connection(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .flags = RST });
	assert_state(&bench_a, CLOSED);
	assert_int_equal(bench_a.err, ECONNRESET);
	assert_int_equal(bench_a.why, SIM_WHY_RST_RECEIVED);
}

static void a_reset_elsewhere_in_the_window_is_challenged(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 50, .flags = RST });
	assert_state(&bench_a, ESTABLISHED);
	assert_seg(bench_take(&bench_a), ACK, 1, 1, 0); /* RFC 5961 3.2 */
}

static void a_reset_outside_the_window_is_ignored(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1000000, .flags = RST });
	assert_state(&bench_a, ESTABLISHED);
	assert_true(bench_sent_nothing(&bench_a));
}

static void a_syn_within_a_connection_is_challenged(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 5, .flags = SYN });
	assert_state(&bench_a, ESTABLISHED);
	assert_seg(bench_take(&bench_a), ACK, 1, 1, 0); /* RFC 5961 4.2 */
}

static void a_reset_after_the_peers_fin_is_a_broken_pipe(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .flags = FIN | ACK });
	bench_hand(&bench_a, (struct bench_hand){ .seq = 2, .flags = RST });
	assert_state(&bench_a, CLOSED);
	assert_int_equal(bench_a.err, EPIPE);
	bench_flush(&bench_a);
}

static void bytes_received_before_a_reset_stay(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .len = 10, .flags = ACK });
	bench_hand(&bench_a, (struct bench_hand){ .seq = 11, .flags = RST });
	assert_state(&bench_a, CLOSED);
	assert_int_equal(bench_read(&bench_a, 100), 10);
	bench_flush(&bench_a);
}

static void an_abort_sends_a_reset_with_the_next_number(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	bench_send(&bench_a, 100);
	bench_flush(&bench_a);
	sim_tcp_conn_abort(&bench_a.c);
	assert_state(&bench_a, CLOSED);
	assert_seg(bench_take(&bench_a), RST | ACK, 101, 1, 0);
	assert_int_equal(bench_a.err, 0);
	assert_int_equal(bench_next_timer_ms(3600000), -1);
}

static void an_attempt_given_up_says_nothing(void **state)
{
	(void)state;
	bench_open(&bench_a);
	bench_flush(&bench_a);
	sim_tcp_conn_abort(&bench_a.c);
	assert_state(&bench_a, CLOSED);
	assert_true(bench_sent_nothing(&bench_a));
}

/* ---- orphans ---- */

static void data_for_nobody_draws_a_reset(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	sim_tcp_conn_shut_send(&bench_a.c);
	sim_tcp_conn_orphan(&bench_a.c);
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 2, .len = 5, .flags = ACK });
	assert_seg(bench_take(&bench_a), RST, 2, 0, 0); /* RFC 1122 4.2.2.13 */
	assert_state(&bench_a, CLOSED);
}

static void an_orphan_waits_for_the_fin_only_a_minute(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	sim_tcp_conn_shut_send(&bench_a.c);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 2, .flags = ACK });
	assert_state(&bench_a, FIN_WAIT_2);
	assert_int_equal(bench_next_timer_ms(3600000), -1); /* a program may wait for ever */
	sim_tcp_conn_orphan(&bench_a.c);
	assert_int_equal(bench_ctx.clock.num_foreground, 0);
	assert_in_range(bench_next_timer_ms(100000), 60000, 67500);
	assert_state(&bench_a, CLOSED);
	bench_flush(&bench_a);
}

static void an_orphan_whose_fin_comes_goes_through_time_wait(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	sim_tcp_conn_shut_send(&bench_a.c);
	sim_tcp_conn_orphan(&bench_a.c);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 2, .flags = ACK });
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 2, .flags = FIN | ACK });
	assert_state(&bench_a, TIME_WAIT);
	assert_seg(bench_take(&bench_a), ACK, 2, 2, 0);
}

static void without_lingering_the_last_state_is_left_at_once(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	bench_a.fin_timeout_ms = -1000;
	sim_tcp_conn_shut_send(&bench_a.c);
	sim_tcp_conn_orphan(&bench_a.c);
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 2, .flags = ACK });
	assert_state(&bench_a, CLOSED); /* tcp(7), TCP_LINGER2 */
	assert_int_equal(bench_take(&bench_a).flags, RST | ACK);
}

static void an_orphan_gives_up_sooner(void **state)
{
	(void)state;
	bench_connect();
	bench_send(&bench_a, 100);
	sim_tcp_conn_shut_send(&bench_a.c);
	sim_tcp_conn_orphan(&bench_a.c);
	while (bench_a.c.state != SIM_TCP_CLOSED) {
		assert_true(bench_next_timer_ms(200000) > 0);
		bench_flush(&bench_a);
	}
	assert_in_range(sim_now(&bench_ctx) / SIM_NS_PER_S, 102, 240);
}

static void a_time_wait_can_be_handed_over(void **state)
{
	(void)state;
	into_time_wait(&bench_a);
	bench_b.c.common = &bench_b.common;
	sim_tcp_conn_inherit_time_wait(&bench_b.c, &bench_a.c);
	sim_tcp_conn_drop(&bench_a.c);
	assert_state(&bench_a, CLOSED);
	assert_state(&bench_b, TIME_WAIT);
	assert_in_range(bench_next_timer_ms(100000), 60000, 67500);
	assert_state(&bench_b, CLOSED);
}

static const struct CMUnitTest tests[] = {
	TCP_TEST(one_end_closes_after_the_other),
	TCP_TEST(a_quick_close_carries_the_ack_of_the_fin),
	TCP_TEST(both_ends_close_at_once),
	TCP_TEST(the_fin_rides_on_the_last_bytes),
	TCP_TEST(fin_and_its_ack_in_one_segment_lead_to_time_wait),
	TCP_TEST(a_fin_out_of_order_waits_for_the_bytes_before_it),
	TCP_TEST(a_half_closed_connection_still_receives),
	TCP_TEST(a_lost_fin_goes_again),
	TCP_TEST(a_fin_does_not_pass_a_closed_window),
	TCP_TEST(time_wait_lasts_a_minute_and_keeps_no_world_alive),
	TCP_TEST(a_repeated_fin_is_acknowledged_and_begins_the_minute_anew),
	TCP_TEST(a_reset_ends_time_wait),
	TCP_TEST(time_wait_yields_to_a_syn_that_is_newer),
	TCP_TEST(the_exact_reset_ends_a_connection),
	TCP_TEST(a_reset_elsewhere_in_the_window_is_challenged),
	TCP_TEST(a_reset_outside_the_window_is_ignored),
	TCP_TEST(a_syn_within_a_connection_is_challenged),
	TCP_TEST(a_reset_after_the_peers_fin_is_a_broken_pipe),
	TCP_TEST(bytes_received_before_a_reset_stay),
	TCP_TEST(an_abort_sends_a_reset_with_the_next_number),
	TCP_TEST(an_attempt_given_up_says_nothing),
	TCP_TEST(data_for_nobody_draws_a_reset),
	TCP_TEST(an_orphan_waits_for_the_fin_only_a_minute),
	TCP_TEST(an_orphan_whose_fin_comes_goes_through_time_wait),
	TCP_TEST(without_lingering_the_last_state_is_left_at_once),
	TCP_TEST(an_orphan_gives_up_sooner),
	TCP_TEST(a_time_wait_can_be_handed_over),
};

int main(void)
{
	return cmocka_run_group_tests_name("tcp_close", tests, NULL, NULL);
}
