/* SPDX-License-Identifier: MIT */
/* How TCP carries bytes: RFC 9293 3.8, 3.10.7.4; RFC 6298, 5681, 7323, 1122; Linux's delays and windows. */
#include "tests/unit/tcp_harness.h"

#include <errno.h>

#include "sim/base/random.h"

static void bytes_arrive_and_are_acknowledged(void **state)
{
	(void)state;
	bench_connect();
	bench_send(&bench_a, 10000);
	bench_carry();
	assert_int_equal(bench_b.c.rcv_len, 10000);
	assert_int_equal(bench_read(&bench_b, 10000), 10000);
	bench_carry();
	bench_run_ns(SIM_NS_PER_S);
	bench_carry();
	assert_int_equal(bench_a.num_acked_bytes, 10000);
	assert_int_equal(bench_next_timer_ms(3600000), -1);
}

static void a_send_is_cut_into_full_segments_and_the_last_is_pushed(void **state)
{
	(void)state;
	bench_connect();
	bench_send(&bench_a, 3000);
	assert_seg(bench_take(&bench_a), ACK, 1, 1, 1448);
	assert_seg(bench_take(&bench_a), ACK, 1449, 1, 1448);
	assert_seg(bench_take(&bench_a), ACK | PUSH, 2897, 1, 104);
	assert_true(bench_sent_nothing(&bench_a));
}

static void the_window_limits_what_is_in_flight(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	bench_send(&bench_a, 10000);
	assert_seg(bench_take(&bench_a), ACK, 1, 1, 1460);
	assert_seg(bench_take(&bench_a), ACK, 1461, 1, 1460);
	assert_true(bench_sent_nothing(&bench_a)); /* 1,080 more would be no full segment */
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1461, .flags = ACK, .window = 4000 });
	assert_seg(bench_take(&bench_a), ACK, 2921, 1, 1460);
	bench_flush(&bench_a);
}

static void no_segment_is_more_than_half_the_peers_window(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	assert_int_equal(sim_tcp_conn_mss(&bench_a.c), 500);
	bench_send(&bench_a, 10000);
	assert_int_equal(bench_take(&bench_a).len, 500);
	assert_int_equal(bench_take(&bench_a).len, 500);
	assert_true(bench_sent_nothing(&bench_a));
}

static void a_scaled_window_is_larger(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 7);
	assert_int_equal(bench_a.c.snd_wnd, 1000); /* RFC 7323 2.2: not in a SYN */
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .flags = ACK, .window = 1000 });
	assert_int_equal(bench_a.c.snd_wnd, 128000);
}

static void an_old_segment_does_not_set_the_window(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	bench_hand(&bench_a,
		   (struct bench_hand){ .seq = 1, .ack = 1, .len = 10, .flags = ACK, .window = 3000 });
	bench_hand(&bench_a,
		   (struct bench_hand){ .seq = 11, .ack = 1, .len = 10, .flags = ACK, .window = 2000 });
	assert_int_equal(bench_a.c.snd_wnd, 2000);
	bench_hand(&bench_a,
		   (struct bench_hand){ .seq = 1, .ack = 1, .len = 15, .flags = ACK, .window = 4000 });
	assert_int_equal(bench_a.c.snd_wnd, 2000);
}

/* ---- retransmission ---- */

static void lost_data_goes_again_after_ever_longer_times(void **state)
{
	static const int64_t after_ms[] = { 201, 402, 804, 1608, 3216 };
	int64_t last_ms = 0;

	(void)state;
	bench_connect();
	bench_send(&bench_a, 100);
	bench_flush(&bench_a);
	for (unsigned i = 0; i < sizeof after_ms / sizeof after_ms[0]; i++) {
		int64_t fired_ms = bench_next_timer_ms(100000);

		assert_in_range(fired_ms - last_ms, after_ms[i], after_ms[i] + after_ms[i] / 8 + 8);
		assert_seg(bench_take(&bench_a), ACK | PUSH, 1, 1, 100);
		last_ms = fired_ms;
	}
}

static void the_timeout_follows_the_round_trip_time(void **state)
{
	(void)state;
	bench_open(&bench_a);
	bench_run_ns(100 * SIM_NS_PER_MS);
	bench_carry();
	assert_int_equal(bench_a.c.srtt_us, 100000);
	assert_int_equal(bench_a.c.rto_ms, 300); /* 100 + max(4 * 50, 200) */
	bench_send(&bench_a, 10);
	bench_run_ns(100 * SIM_NS_PER_MS);
	bench_carry();
	bench_run_ns(100 * SIM_NS_PER_MS);
	bench_carry();
	assert_int_equal(bench_a.c.rttvar_us, 37500);
	assert_int_equal(bench_a.c.rto_ms, 300);
}

static void retransmitted_bytes_are_not_timed(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	bench_send(&bench_a, 100);
	bench_run_ns(5 * SIM_NS_PER_S);
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 101, .flags = ACK });
	assert_int_equal(bench_a.c.srtt_us, 1); /* of the handshake: RFC 6298 3 */
	assert_int_equal(bench_a.c.backoff, 0);
	assert_int_equal(bench_a.c.rto_ms, 201);
}

static void data_never_acknowledged_times_the_connection_out(void **state)
{
	unsigned num = 0;

	(void)state;
	bench_connect();
	bench_send(&bench_a, 100);
	bench_flush(&bench_a);
	while (bench_a.c.state == SIM_TCP_ESTABLISHED) {
		assert_true(bench_next_timer_ms(200000) > 0);
		num += !bench_sent_nothing(&bench_a);
		bench_flush(&bench_a);
	}
	assert_int_equal(num, 15); /* tcp(7), tcp_retries2 */
	assert_int_equal(bench_a.err, ETIMEDOUT);
	assert_in_range(sim_now(&bench_ctx) / SIM_NS_PER_S, 924, 1100);
}

static void user_timeout_ends_it_sooner(void **state)
{
	(void)state;
	bench_connect();
	bench_a.c.user_timeout_ms = 3000;
	bench_send(&bench_a, 100);
	while (bench_a.c.state == SIM_TCP_ESTABLISHED)
		assert_true(bench_next_timer_ms(200000) > 0);
	assert_int_equal(bench_a.err, ETIMEDOUT);
	assert_in_range(sim_now(&bench_ctx) / SIM_NS_PER_MS, 3000, 8000);
}

static void three_duplicate_acks_bring_the_lost_segment_at_once(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 20000, 0);
	bench_send(&bench_a, 1460 * 6);
	bench_flush(&bench_a);
	for (int i = 0; i < 2; i++)
		bench_hand(&bench_a,
			   (struct bench_hand){ .seq = 1, .ack = 1, .flags = ACK, .window = 20000 });
	assert_true(bench_sent_nothing(&bench_a));
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .flags = ACK, .window = 20000 });
	assert_seg(bench_take(&bench_a), ACK, 1, 1, 1460);
	assert_true(bench_sent_nothing(&bench_a));
	/* RFC 6582: a partial acknowledgement brings the next gap. */
	bench_hand(&bench_a,
		   (struct bench_hand){ .seq = 1, .ack = 1 + 2 * 1460, .flags = ACK, .window = 20000 });
	assert_seg(bench_take(&bench_a), ACK, 1 + 2 * 1460, 1, 1460);
	bench_hand(&bench_a,
		   (struct bench_hand){ .seq = 1, .ack = 1 + 6 * 1460, .flags = ACK, .window = 20000 });
	assert_true(bench_sent_nothing(&bench_a));
	assert_int_equal(bench_next_timer_ms(3600000), -1);
}

static void after_a_timeout_all_that_was_lost_goes_again(void **state)
{
	(void)state;
	bench_connect();
	bench_send(&bench_a, 20000);
	bench_flush(&bench_a);
	for (int i = 0; i < 20 && bench_b.c.rcv_len < 20000; i++) {
		assert_true(bench_next_timer_ms(1000) > 0);
		bench_carry();
	}
	assert_int_equal(bench_read(&bench_b, 20000), 20000);
	bench_carry();
	assert_true(sim_now(&bench_ctx) < 2 * SIM_NS_PER_S); /* not one timeout a segment */
}

/* ---- segments that are not full ---- */

static void one_segment_that_is_not_full_waits_for_the_ack_of_another(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 20000, 0);
	bench_send(&bench_a, 10);
	assert_seg(bench_take(&bench_a), ACK | PUSH, 1, 1, 10);
	bench_send(&bench_a, 10);
	bench_send(&bench_a, 1460);
	assert_seg(bench_take(&bench_a), ACK, 11, 1, 1460); /* a full one goes: Nagle holds back the others */
	assert_true(bench_sent_nothing(&bench_a));
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 11, .flags = ACK, .window = 20000 });
	assert_seg(bench_take(&bench_a), ACK | PUSH, 1471, 1, 10);
}

static void nodelay_holds_nothing_back(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 20000, 0);
	bench_a.c.nodelay = true;
	bench_send(&bench_a, 10);
	bench_send(&bench_a, 10);
	assert_int_equal(bench_take(&bench_a).len, 10);
	assert_int_equal(bench_take(&bench_a).len, 10);
}

static void a_corked_segment_goes_after_two_hundred_milliseconds(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 20000, 0);
	bench_a.c.corked = true;
	bench_send(&bench_a, 10);
	assert_true(bench_sent_nothing(&bench_a));
	assert_in_range(bench_next_timer_ms(1000), 200, 235);
	assert_seg(bench_take(&bench_a), ACK | PUSH, 1, 1, 10);
}

static void a_fin_takes_along_what_was_held_back(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 20000, 0);
	bench_a.c.corked = true;
	bench_send(&bench_a, 10);
	sim_tcp_conn_shut_send(&bench_a.c);
	assert_seg(bench_take(&bench_a), ACK | PUSH | FIN, 1, 1, 10);
}

/* ---- the closed window ---- */

static void a_window_too_small_for_a_segment_gets_what_it_takes(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 1000, 0);
	bench_send(&bench_a, 2000);
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1001, .flags = ACK, .window = 1 });
	assert_true(bench_sent_nothing(&bench_a));
	/* The timer overrides: RFC 9293 3.8.6.2.1. */
	assert_in_range(bench_next_timer_ms(100000), 201, 235);
	assert_seg(bench_take(&bench_a), ACK | SIM_TCP_PSH, 1001, 1, 1);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1002, .flags = ACK, .window = 500 });
	assert_seg(bench_take(&bench_a), ACK, 1002, 1, 500);
}

static void close_window_of(struct bench_end *e, uint32_t ack)
{
	struct sim_packet *p = sim_packet_new(bench_ctx.arena, &bench_ctx.next_packet_id);

	p->tcp.seq = BENCH_ISN_B + 1;
	p->tcp.ack = BENCH_ISN_A + ack;
	p->tcp.flags = ACK;
	p->tcp.window = 0;
	bench_give(e, p);
}

static void a_zero_window_is_probed_ever_more_rarely_for_ever(void **state)
{
	static const int64_t after_ms[] = { 201, 402, 804, 1608 };
	int64_t last_ms = 0;

	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	close_window_of(&bench_a, 1);
	assert_int_equal(bench_a.c.window_zero_ns, 0);
	bench_send(&bench_a, 2000);
	assert_true(bench_sent_nothing(&bench_a));
	for (unsigned i = 0; i < 4; i++) {
		int64_t fired_ms = bench_next_timer_ms(100000);

		assert_in_range(fired_ms - last_ms, after_ms[i], after_ms[i] + after_ms[i] / 8 + 8);
		assert_seg(bench_take(&bench_a), ACK, 0, 1, 0); /* SND.UNA - 1, no bytes */
		close_window_of(&bench_a, 1);
		last_ms = fired_ms;
	}
	for (int i = 0; i < 30; i++) {
		assert_true(bench_next_timer_ms(200000) > 0);
		close_window_of(&bench_a, 1);
	}
	assert_state(&bench_a, ESTABLISHED);
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .flags = ACK, .window = 4000 });
	assert_seg(bench_take(&bench_a), ACK, 1, 1, 1460);
	assert_seg(bench_take(&bench_a), ACK | PUSH, 1461, 1, 540);
	assert_int_equal(bench_a.c.window_zero_ns, SIM_NEVER_NS);
}

static void unanswered_probes_time_the_connection_out(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	close_window_of(&bench_a, 1);
	bench_send(&bench_a, 2000);
	while (bench_a.c.state == SIM_TCP_ESTABLISHED) {
		assert_true(bench_next_timer_ms(200000) > 0);
		bench_flush(&bench_a);
	}
	assert_int_equal(bench_a.err, ETIMEDOUT);
}

static void carry_for_seconds(int num)
{
	bench_carry();
	for (; num; num--) {
		bench_run_ns(SIM_NS_PER_S);
		bench_carry();
	}
}

static void a_reader_who_stops_closes_the_window_and_reading_opens_it(void **state)
{
	(void)state;
	bench_connect();
	bench_send(&bench_a, 200000);
	carry_for_seconds(20);
	assert_in_range(bench_b.c.rcv_len, 100000, 131072); /* the kernel: 113,450 less one buffer */
	assert_int_equal(bench_a.c.snd_wnd, 0);
	assert_int_equal(bench_b.num_drops[SIM_DROP_RCVBUF], 0);
	while (bench_a.num_acked_bytes < 200000) {
		assert_int_equal(bench_read(&bench_b, 20000) > 0, true);
		bench_carry();
		if (!bench_b.c.rcv_len)
			bench_run_ns(SIM_NS_PER_S);
		bench_carry();
	}
}

static void reading_a_little_of_a_full_buffer_tells_nothing(void **state)
{
	(void)state;
	bench_connect();
	bench_send(&bench_a, 200000);
	carry_for_seconds(20);
	bench_read(&bench_b, 1);
	assert_true(bench_sent_nothing(&bench_b)); /* RFC 9293 3.8.6.2.2 */
	bench_read(&bench_b, 40000);
	assert_false(bench_sent_nothing(&bench_b));
	bench_flush(&bench_a);
}

/* ---- what comes out of order ---- */

static void a_gap_is_told_at_once_and_filled_in_order(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 101, .ack = 1, .len = 100, .flags = ACK });
	assert_seg(bench_take(&bench_a), ACK, 1, 1, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 301, .ack = 1, .len = 100, .flags = ACK });
	assert_seg(bench_take(&bench_a), ACK, 1, 1, 0);
	assert_int_equal(bench_a.c.rcv_len, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .len = 100, .flags = ACK });
	assert_seg(bench_take(&bench_a), ACK, 1, 201, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 151, .ack = 1, .len = 200, .flags = ACK });
	assert_seg(bench_take(&bench_a), ACK, 1, 401, 0);
	assert_int_equal(bench_read(&bench_a, 1000), 400);
}

static void a_copy_is_dropped_and_acknowledged(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .len = 100, .flags = ACK });
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .len = 100, .flags = ACK });
	assert_seg(bench_take(&bench_a), ACK, 1, 101, 0);
	assert_int_equal(bench_read(&bench_a, 1000), 100);
}

static void bytes_beyond_the_window_are_cut(void **state)
{
	(void)state;
	bench_a.rcvbuf_bytes = 2304;
	bench_establish_alone(&bench_a, 4000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .len = 3000, .flags = ACK });
	assert_int_equal(bench_a.c.rcv_len, bench_a.c.rcv_nxt - BENCH_ISN_B - 1);
	assert_in_range(bench_a.c.rcv_len, 1000, 2304);
	bench_flush(&bench_a);
}

/* Any pieces in any order, overlapping as they like: every byte comes once, in its place. */
static void any_overlapping_pieces_in_any_order_make_the_stream(void **state)
{
	enum { TOTAL = 20000, ROUNDS = 5 };

	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	for (uint32_t round = 0, base = 1; round < ROUNDS; round++, base += TOTAL) {
		struct sim_rng rng = sim_rng_stream(7, SIM_PURPOSE_USER, round);

		while (bench_a.c.rcv_nxt - BENCH_ISN_B < base + TOTAL) {
			uint32_t at = (uint32_t)sim_rng_below(&rng, TOTAL),
				 len = (uint32_t)sim_rng_below(&rng, 3000) + 1;

			if (at + len > TOTAL)
				len = TOTAL - at;
			bench_hand(&bench_a, (struct bench_hand){
						     .seq = base + at, .ack = 1, .len = len, .flags = ACK });
			bench_flush(&bench_a);
			if (sim_rng_below(&rng, 4) == 0)
				bench_read(&bench_a, 500);
		}
		bench_read(&bench_a, UINT32_MAX);
		bench_flush(&bench_a);
		assert_int_equal(bench_a.c.rmem_bytes, 0);
	}
}

static void a_buffer_full_of_pieces_gives_them_up_for_what_comes_in_order(void **state)
{
	(void)state;
	bench_a.rcvbuf_bytes = 20000;
	bench_establish_alone(&bench_a, 4000, 0);
	for (uint32_t seq = 3; seq < 200; seq += 2)
		bench_hand(&bench_a, (struct bench_hand){ .seq = seq, .ack = 1, .len = 1, .flags = ACK });
	assert_in_range(bench_a.c.rmem_bytes, 1, 20000 + 833); /* each is charged a buffer: RFC 9293 lets them
								  go */
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .len = 2, .flags = ACK });
	assert_true(bench_a.c.rcv_len >= 2);
	bench_flush(&bench_a);
}

/* ---- acknowledgements ---- */

static void the_first_segments_are_acknowledged_at_once(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .len = 10, .flags = ACK | PUSH });
	assert_seg(bench_take(&bench_a), ACK, 1, 11, 0);
}

static void a_reply_carries_the_acknowledgement(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .len = 1, .flags = ACK | PUSH });
	bench_read(&bench_a, 1);
	bench_send(&bench_a, 1);
	bench_flush(&bench_a);
	/* From now on it is a conversation. */
	bench_hand(&bench_a, (struct bench_hand){ .seq = 2, .ack = 2, .len = 1, .flags = ACK | PUSH });
	bench_read(&bench_a, 1);
	assert_true(bench_sent_nothing(&bench_a));
	bench_send(&bench_a, 1);
	assert_seg(bench_take(&bench_a), ACK | PUSH, 2, 3, 1);
	assert_true(bench_sent_nothing(&bench_a));
}

static void without_a_reply_it_goes_after_forty_milliseconds(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	bench_a.c.pingpong = true;
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .len = 1, .flags = ACK | PUSH });
	assert_true(bench_sent_nothing(&bench_a));
	assert_int_equal(bench_next_timer_ms(1000), 40);
	assert_seg(bench_take(&bench_a), ACK, 1, 2, 0);
}

static void every_second_full_segment_is_acknowledged(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	bench_a.c.pingpong = true;
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .len = 1460, .flags = ACK });
	assert_true(bench_sent_nothing(&bench_a));
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1461, .ack = 1, .len = 1460, .flags = ACK });
	assert_seg(bench_take(&bench_a), ACK, 1, 2921, 0); /* RFC 9293 3.8.6.3 */
}

static void an_ack_of_what_was_not_sent_is_answered_and_dropped(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 500, .len = 10, .flags = ACK });
	assert_seg(bench_take(&bench_a), ACK, 1, 1, 0);
	assert_int_equal(bench_a.c.rcv_len, 0);
}

static void unacceptable_empty_segments_are_answered_twice_a_second_at_most(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	for (int i = 0; i < 10; i++)
		bench_hand(&bench_a, (struct bench_hand){ .seq = 1000000, .ack = 1, .flags = ACK });
	assert_seg(bench_take(&bench_a), ACK, 1, 1, 0);
	assert_true(bench_sent_nothing(&bench_a));
	bench_run_ns(500 * SIM_NS_PER_MS);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1000000, .ack = 1, .flags = ACK });
	assert_false(bench_sent_nothing(&bench_a));
}

static void an_older_timestamp_is_rejected(void **state)
{
	struct bench_seg s;

	(void)state;
	bench_connect();
	bench_run_ns(SIM_NS_PER_S);
	bench_hand(&bench_b, (struct bench_hand){ .seq = 1,
						  .ack = 1,
						  .len = 5,
						  .flags = ACK,
						  .has_ts = true,
						  .ts_val = bench_b.c.ts_recent + 100 });
	assert_int_equal(bench_b.c.rcv_len, 5);
	s = bench_take(&bench_b);
	assert_int_equal(s.ts_ecr, bench_b.c.ts_recent);
	bench_hand(&bench_b, (struct bench_hand){ .seq = 6,
						  .ack = 1,
						  .len = 5,
						  .flags = ACK,
						  .has_ts = true,
						  .ts_val = bench_b.c.ts_recent - 1 });
	assert_int_equal(bench_b.c.rcv_len, 5); /* RFC 7323 5.3 */
	assert_seg(bench_take(&bench_b), ACK, 1, 6, 0);
}

static void a_narrower_path_sends_smaller_segments_again(void **state)
{
	(void)state;
	bench_establish_alone(&bench_a, 8000, 0);
	bench_send(&bench_a, 1460);
	bench_flush(&bench_a);
	sim_tcp_conn_mtu(&bench_a.c, 536);
	assert_seg(bench_take(&bench_a), ACK, 1, 1, 536);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 537, .flags = ACK, .window = 8000 });
	assert_seg(bench_take(&bench_a), ACK, 537, 1, 536);
	bench_flush(&bench_a);
}

static void a_promise_that_cannot_be_kept_is_taken_back(void **state)
{
	struct bench_seg s;

	(void)state;
	bench_establish_alone(&bench_a, 4000, 0);
	bench_a.rcvbuf_bytes = 2304; /* the program made it smaller */
	bench_hand(&bench_a, (struct bench_hand){ .seq = 1, .ack = 1, .len = 3000, .flags = ACK });
	bench_flush(&bench_a);
	bench_hand(&bench_a, (struct bench_hand){ .seq = 3001, .ack = 1, .len = 3000, .flags = ACK });
	assert_int_equal(bench_a.num_drops[SIM_DROP_RCVBUF], 1);
	s = bench_take(&bench_a);
	assert_seg(s, ACK, 1, 3001, 0);
	assert_int_equal(s.window, 0);
}

static void a_stream_survives_any_loss(void **state)
{
	enum { TOTAL = 300000 };
	struct sim_rng rng = sim_rng_stream(11, SIM_PURPOSE_USER, 0);
	uint32_t got = 0;

	(void)state;
	bench_connect();
	bench_send(&bench_a, TOTAL);
	for (int i = 0; i < 20000 && got < TOTAL; i++) {
		struct bench_end *from = sim_rng_below(&rng, 2) ? &bench_a : &bench_b;
		struct sim_packet *p = bench_pop(from);

		if (!p && bench_sent_nothing(&bench_a) && bench_sent_nothing(&bench_b))
			bench_next_timer_ms(1000000);
		else if (p && sim_rng_below(&rng, 10) == 0)
			sim_packet_free(bench_ctx.arena, p);
		else if (p)
			bench_give(from == &bench_a ? &bench_b : &bench_a, p);
		got += bench_read(&bench_b, 1000);
	}
	assert_int_equal(got, TOTAL);
}

static const struct CMUnitTest tests[] = {
	TCP_TEST(bytes_arrive_and_are_acknowledged),
	TCP_TEST(a_send_is_cut_into_full_segments_and_the_last_is_pushed),
	TCP_TEST(the_window_limits_what_is_in_flight),
	TCP_TEST(no_segment_is_more_than_half_the_peers_window),
	TCP_TEST(a_scaled_window_is_larger),
	TCP_TEST(an_old_segment_does_not_set_the_window),
	TCP_TEST(lost_data_goes_again_after_ever_longer_times),
	TCP_TEST(the_timeout_follows_the_round_trip_time),
	TCP_TEST(retransmitted_bytes_are_not_timed),
	TCP_TEST(data_never_acknowledged_times_the_connection_out),
	TCP_TEST(user_timeout_ends_it_sooner),
	TCP_TEST(three_duplicate_acks_bring_the_lost_segment_at_once),
	TCP_TEST(after_a_timeout_all_that_was_lost_goes_again),
	TCP_TEST(one_segment_that_is_not_full_waits_for_the_ack_of_another),
	TCP_TEST(nodelay_holds_nothing_back),
	TCP_TEST(a_corked_segment_goes_after_two_hundred_milliseconds),
	TCP_TEST(a_fin_takes_along_what_was_held_back),
	TCP_TEST(a_window_too_small_for_a_segment_gets_what_it_takes),
	TCP_TEST(a_zero_window_is_probed_ever_more_rarely_for_ever),
	TCP_TEST(unanswered_probes_time_the_connection_out),
	TCP_TEST(a_reader_who_stops_closes_the_window_and_reading_opens_it),
	TCP_TEST(reading_a_little_of_a_full_buffer_tells_nothing),
	TCP_TEST(a_gap_is_told_at_once_and_filled_in_order),
	TCP_TEST(a_copy_is_dropped_and_acknowledged),
	TCP_TEST(bytes_beyond_the_window_are_cut),
	TCP_TEST(any_overlapping_pieces_in_any_order_make_the_stream),
	TCP_TEST(a_buffer_full_of_pieces_gives_them_up_for_what_comes_in_order),
	TCP_TEST(the_first_segments_are_acknowledged_at_once),
	TCP_TEST(a_reply_carries_the_acknowledgement),
	TCP_TEST(without_a_reply_it_goes_after_forty_milliseconds),
	TCP_TEST(every_second_full_segment_is_acknowledged),
	TCP_TEST(an_ack_of_what_was_not_sent_is_answered_and_dropped),
	TCP_TEST(unacceptable_empty_segments_are_answered_twice_a_second_at_most),
	TCP_TEST(an_older_timestamp_is_rejected),
	TCP_TEST(a_narrower_path_sends_smaller_segments_again),
	TCP_TEST(a_promise_that_cannot_be_kept_is_taken_back),
	TCP_TEST(a_stream_survives_any_loss),
};

int main(void)
{
	return cmocka_run_group_tests_name("tcp_data", tests, NULL, NULL);
}
