/* SPDX-License-Identifier: MIT */
/* How TCP connections begin: RFC 9293 3.5, 3.10.7.2 to 3.10.7.4, RFC 7323; Linux's retries. */
#include "tests/unit/tcp_harness.h"

#include <errno.h>

static void a_syn_offers_mss_timestamps_and_scaling(void **state)
{
	struct bench_seg s;

	(void)state;
	bench_open(&bench_a);
	assert_state(&bench_a, SYN_SENT);
	s = bench_take(&bench_a);
	assert_seg(s, SYN, 0, 0, 0);
	assert_int_equal(s.options, SIM_TCPOPT_MSS | SIM_TCPOPT_WSCALE | SIM_TCPOPT_TIMESTAMPS);
	assert_int_equal(s.mss, 1460);
	assert_int_equal(s.wscale, 10);
	assert_int_equal(s.window, 64240); /* 44 segments of 1,460: half of 131,072 */
	assert_int_equal(s.ts_ecr, 0);
}

static void three_segments_establish_a_connection(void **state)
{
	struct bench_seg s;
	struct sim_packet *p;

	(void)state;
	bench_open(&bench_a);
	bench_give(&bench_b, bench_pop(&bench_a));
	assert_state(&bench_b, SYN_RECEIVED);
	p = bench_pop(&bench_b);
	assert_int_equal(p->tcp.flags, SYN | ACK);
	assert_int_equal(p->tcp.ack, BENCH_ISN_A + 1);
	assert_int_equal(p->tcp.window, 65160); /* 45 segments of 1,448 */
	bench_give(&bench_a, p);
	assert_state(&bench_a, ESTABLISHED);
	assert_state(&bench_b, SYN_RECEIVED);
	s = bench_take(&bench_a);
	assert_seg(s, ACK, 1, 1, 0);
	assert_int_equal(s.window, 64);
	bench_hand(&bench_b, (struct bench_hand){ .seq = 1, .ack = 1, .flags = ACK });
	assert_state(&bench_b, ESTABLISHED);
	assert_true(bench_sent_nothing(&bench_a) && bench_sent_nothing(&bench_b));
	assert_int_equal(bench_next_timer_ms(3600000), -1);
}

static void the_window_scale_counts_from_the_second_segment_on(void **state)
{
	(void)state;
	bench_connect();
	assert_int_equal(bench_a.c.snd_wnd, 65160);
	assert_int_equal(bench_b.c.snd_wnd, 65536); /* 64 << 10 */
	assert_int_equal(bench_a.c.snd_wscale, 10);
	assert_int_equal(bench_a.c.snd_mss, 1448);
}

static void without_the_peers_options_nothing_is_scaled_or_stamped(void **state)
{
	struct bench_seg s;

	(void)state;
	bench_open(&bench_a);
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 0, .ack = 1, .flags = SYN | ACK, .window = 5000 });
	assert_state(&bench_a, ESTABLISHED);
	s = bench_take(&bench_a);
	assert_int_equal(s.options, 0);
	assert_int_equal(s.window, 64240);
	assert_int_equal(bench_a.c.snd_mss, 536); /* RFC 9293 3.7.1 */
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .flags = ACK, .window = 6000 });
	assert_int_equal(bench_a.c.snd_wnd, 6000);
}

static void sysctls_switch_options_off(void **state)
{
	(void)state;
	bench_a.sysctl.tcp_timestamps = bench_a.sysctl.tcp_window_scaling = 0;
	bench_open(&bench_a);
	assert_int_equal(bench_take(&bench_a).options, SIM_TCPOPT_MSS);
}

static void a_small_mss_of_the_program_is_offered_and_kept(void **state)
{
	(void)state;
	bench_a.c.user_mss = 500;
	bench_open(&bench_a);
	assert_int_equal(((struct sim_packet *)bench_a.sent.head)->tcp.mss, 500);
	bench_carry();
	assert_int_equal(bench_a.c.snd_mss, 488);
	assert_int_equal(bench_b.c.snd_mss, 488);
}

static void a_receive_buffer_of_the_programs_choice_needs_no_scale(void **state)
{
	struct bench_seg s;

	(void)state;
	bench_a.rcvbuf_bytes = 8192;
	bench_a.rcvbuf_locked = true;
	bench_open(&bench_a);
	s = bench_take(&bench_a);
	assert_int_equal(s.wscale, 0);
	assert_int_equal(s.window, 2920);
}

static void both_ends_may_open_at_once(void **state)
{
	struct sim_packet *from_a, *from_b;

	(void)state;
	bench_open(&bench_a);
	bench_open(&bench_b);
	from_a = bench_pop(&bench_a);
	from_b = bench_pop(&bench_b);
	bench_give(&bench_b, from_a);
	bench_give(&bench_a, from_b);
	assert_state(&bench_a, SYN_RECEIVED);
	assert_state(&bench_b, SYN_RECEIVED);
	bench_carry();
	assert_state(&bench_a, ESTABLISHED);
	assert_state(&bench_b, ESTABLISHED);
	bench_send(&bench_a, 100);
	bench_carry();
	assert_int_equal(bench_read(&bench_b, 100), 100);
}

static void a_syn_that_meets_itself_connects_to_itself(void **state)
{
	struct sim_packet *p;

	(void)state;
	bench_open(&bench_a);
	while ((p = bench_pop(&bench_a)))
		sim_tcp_conn_input(&bench_a.c, p);
	assert_state(&bench_a, ESTABLISHED);
	bench_send(&bench_a, 4);
	while ((p = bench_pop(&bench_a)))
		sim_tcp_conn_input(&bench_a.c, p);
	assert_int_equal(bench_a.c.rcv_len, 4);
	assert_int_equal(sim_tcp_conn_unacked(&bench_a.c), 0);
}

static void syns_are_repeated_each_second_then_ever_more_rarely(void **state)
{
	static const int64_t at_ms[] = { 1000, 2000, 3000, 4000, 5000, 7000, 11000 };

	(void)state;
	bench_open(&bench_a);
	bench_flush(&bench_a);
	for (unsigned i = 0; i < sizeof at_ms / sizeof at_ms[0]; i++) {
		int64_t fired_ms = bench_next_timer_ms(100000);

		/* The wheel is late by at most an eighth. */
		assert_in_range(fired_ms, at_ms[i], at_ms[i] + at_ms[i] / 8);
		assert_seg(bench_take(&bench_a), SYN, 0, 0, 0);
	}
}

static void a_syn_without_answer_times_out_after_ten_repeats(void **state)
{
	unsigned num = 0;

	(void)state;
	bench_open(&bench_a);
	bench_flush(&bench_a);
	while (bench_a.c.state == SIM_TCP_SYN_SENT) {
		assert_true(bench_next_timer_ms(200000) > 0);
		num += !bench_sent_nothing(&bench_a);
		bench_flush(&bench_a);
	}
	assert_int_equal(num, 10);
	assert_int_equal(bench_a.err, ETIMEDOUT);
	assert_int_equal(bench_a.why, SIM_WHY_TIMED_OUT);
	assert_in_range(sim_now(&bench_ctx) / SIM_NS_PER_S, 131, 145);
}

static void syn_retries_of_the_program_are_kept(void **state)
{
	unsigned num = 0;

	(void)state;
	bench_a.c.syn_retries = 1;
	bench_open(&bench_a);
	bench_flush(&bench_a);
	while (bench_a.c.state == SIM_TCP_SYN_SENT) {
		assert_true(bench_next_timer_ms(200000) > 0);
		num += !bench_sent_nothing(&bench_a);
		bench_flush(&bench_a);
	}
	assert_int_equal(num, 5); /* and the four linear ones */
}

static void a_syn_ack_is_repeated_five_times_then_forgotten(void **state)
{
	unsigned num = 0;

	(void)state;
	bench_hand(&bench_b, (struct bench_hand){ .seq = 0, .flags = SYN });
	bench_flush(&bench_b);
	while (bench_b.c.state == SIM_TCP_SYN_RECEIVED) {
		assert_true(bench_next_timer_ms(200000) > 0);
		if (!bench_sent_nothing(&bench_b)) {
			num++;
			assert_int_equal(bench_take(&bench_b).flags, SYN | ACK);
		}
	}
	assert_int_equal(num, 5);
	assert_int_equal(bench_b.err, 0);
	assert_state(&bench_b, CLOSED);
}

static void a_repeated_syn_draws_the_syn_ack_again(void **state)
{
	(void)state;
	bench_hand(&bench_b, (struct bench_hand){ .seq = 0, .flags = SYN });
	bench_flush(&bench_b);
	bench_hand(&bench_b, (struct bench_hand){ .seq = 0, .flags = SYN });
	assert_seg(bench_take(&bench_b), SYN | ACK, 0, 1, 0);
	assert_state(&bench_b, SYN_RECEIVED);
}

static void a_full_accept_queue_ignores_the_last_ack(void **state)
{
	(void)state;
	bench_b.may_not_establish = true;
	bench_open(&bench_a);
	bench_carry();
	assert_state(&bench_a, ESTABLISHED);
	assert_state(&bench_b, SYN_RECEIVED);
	assert_int_equal(bench_b.num_drops[SIM_DROP_BACKLOG], 1);
	bench_b.may_not_establish = false;
	assert_in_range(bench_next_timer_ms(2000), 1000, 1100); /* the SYN-ACK goes again, and draws the ACK
								   again */
	bench_carry();
	assert_state(&bench_b, ESTABLISHED);
}

static void a_reset_answers_a_syn_with_refused(void **state)
{
	(void)state;
	bench_open(&bench_a);
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 0, .ack = 1, .flags = RST | ACK });
	assert_state(&bench_a, CLOSED);
	assert_int_equal(bench_a.err, ECONNREFUSED);
	assert_int_equal(bench_a.why, SIM_WHY_REFUSED);
}

static void a_reset_without_the_right_ack_refuses_nothing(void **state)
{
	(void)state;
	bench_open(&bench_a);
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 0, .flags = RST });
	bench_hand(&bench_a, (struct bench_hand){ .seq = 0, .ack = 7, .flags = RST | ACK });
	assert_state(&bench_a, SYN_SENT);
	assert_true(bench_sent_nothing(&bench_a));
}

static void an_ack_of_nothing_sent_draws_a_reset_in_syn_sent(void **state)
{
	(void)state;
	bench_open(&bench_a);
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 0, .ack = 99, .flags = SYN | ACK });
	assert_seg(bench_take(&bench_a), RST, 99, 0, 0);
	assert_state(&bench_a, SYN_SENT);
}

static void a_wrong_ack_draws_a_reset_in_syn_received(void **state)
{
	(void)state;
	bench_hand(&bench_b, (struct bench_hand){ .seq = 0, .flags = SYN });
	bench_flush(&bench_b);
	bench_hand(&bench_b, (struct bench_hand){ .seq = 1, .ack = 5, .flags = ACK });
	assert_seg(bench_take(&bench_b), RST, 5, 0, 0);
	assert_state(&bench_b, SYN_RECEIVED);
}

static void a_reset_in_syn_received_forgets_the_connection(void **state)
{
	(void)state;
	bench_hand(&bench_b, (struct bench_hand){ .seq = 0, .flags = SYN });
	bench_hand(&bench_b, (struct bench_hand){ .seq = 1, .flags = RST });
	assert_state(&bench_b, CLOSED);
	assert_int_equal(bench_b.err, 0);
}

static void data_and_fin_may_come_with_the_last_ack(void **state)
{
	(void)state;
	bench_hand(&bench_b, (struct bench_hand){ .seq = 0, .flags = SYN });
	bench_flush(&bench_b);
	bench_hand(&bench_b, (struct bench_hand){ .seq = 1, .ack = 1, .len = 20, .flags = ACK | PUSH | FIN });
	assert_state(&bench_b, CLOSE_WAIT);
	assert_int_equal(bench_read(&bench_b, 100), 20);
	assert_true(bench_b.fin_seen);
}

static const struct CMUnitTest tests[] = {
	TCP_TEST(a_syn_offers_mss_timestamps_and_scaling),
	TCP_TEST(three_segments_establish_a_connection),
	TCP_TEST(the_window_scale_counts_from_the_second_segment_on),
	TCP_TEST(without_the_peers_options_nothing_is_scaled_or_stamped),
	TCP_TEST(sysctls_switch_options_off),
	TCP_TEST(a_small_mss_of_the_program_is_offered_and_kept),
	TCP_TEST(a_receive_buffer_of_the_programs_choice_needs_no_scale),
	TCP_TEST(both_ends_may_open_at_once),
	TCP_TEST(a_syn_that_meets_itself_connects_to_itself),
	TCP_TEST(syns_are_repeated_each_second_then_ever_more_rarely),
	TCP_TEST(a_syn_without_answer_times_out_after_ten_repeats),
	TCP_TEST(syn_retries_of_the_program_are_kept),
	TCP_TEST(a_syn_ack_is_repeated_five_times_then_forgotten),
	TCP_TEST(a_repeated_syn_draws_the_syn_ack_again),
	TCP_TEST(a_full_accept_queue_ignores_the_last_ack),
	TCP_TEST(a_reset_answers_a_syn_with_refused),
	TCP_TEST(a_reset_without_the_right_ack_refuses_nothing),
	TCP_TEST(an_ack_of_nothing_sent_draws_a_reset_in_syn_sent),
	TCP_TEST(a_wrong_ack_draws_a_reset_in_syn_received),
	TCP_TEST(a_reset_in_syn_received_forgets_the_connection),
	TCP_TEST(data_and_fin_may_come_with_the_last_ack),
};

int main(void)
{
	return cmocka_run_group_tests_name("tcp_handshake", tests, NULL, NULL);
}
