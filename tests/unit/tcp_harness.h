/* SPDX-License-Identifier: MIT */
/*
 * TCP's machine on a bench: two ends, or one end and segments made by hand, a wire that a test holds in its
 * hands, and what the machine asks of its surroundings (sim/tcp/env.h) recorded. Sequence numbers are told
 * relative to the ISNs.
 */
#ifndef TESTS_UNIT_TCP_HARNESS_H
#define TESTS_UNIT_TCP_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "sim/clock/clock.h"
#include "sim/packet/packet.h"
#include "sim/task/why.h"
#include "sim/tcp/conn.h"
#include "sim/trace/ctx.h"

enum { BENCH_ISN_A = 1000, BENCH_ISN_B = 0xfffffff0u, BENCH_MSS = 1460 };

struct bench_end {
	struct sim_tcp_conn c;
	struct sim_tcp_common common;
	struct sim_sysctls sysctl;
	struct sim_packet_queue sent;
	uint32_t rcvbuf_bytes;
	uint32_t num_acked_bytes, num_readable;
	unsigned num_urgent; /* announcements of urgent data */
	bool fin_seen, may_not_establish, rcvbuf_locked;
	int err; /* what the program's next call would get */
	enum sim_why_key why;
	uint32_t num_drops[SIM_DROP_NUM];
	int64_t fin_timeout_ms;
};

/* A segment as it left: numbers relative to the ISNs of both sides. */
struct bench_seg {
	int64_t at_ns;
	uint32_t seq, ack, len, window;
	uint8_t flags, options;
	uint16_t mss;
	uint8_t wscale;
	uint32_t ts_val, ts_ecr;
	unsigned char first; /* of the payload */
};

extern struct bench_end bench_a, bench_b;
extern struct sim_ctx bench_ctx;

int bench_setup(void **state);
int bench_teardown(void **state); /* fails if a packet, a timer or a byte of memory is left */

void bench_open(struct bench_end *e); /* active */
void bench_connect(void);             /* both, by the whole handshake */
/* The end stands in ESTABLISHED although the other does not exist: its handshake was made by hand. */
void bench_establish_alone(struct bench_end *e, uint16_t peer_window, unsigned peer_wscale);

/* The next segment that this end sent; flags 0 and seq 0: it sent none. */
struct bench_seg bench_take(struct bench_end *e);
bool bench_sent_nothing(const struct bench_end *e);
void bench_flush(struct bench_end *e); /* forgets what it sent */

struct sim_packet *bench_pop(struct bench_end *e);           /* the packet itself, NULL: none */
void bench_give(struct bench_end *to, struct sim_packet *p); /* arrives */
void bench_carry(void);                                      /* all that both sent, until all is quiet */
void bench_run_ns(int64_t span_ns);                          /* time passes, nothing is carried */
/* The next timer, at most span_ms from now: when, from the world's beginning, in ms; -1: there is none. */
int64_t bench_next_timer_ms(int64_t span_ms);

/* A segment made by hand arrives at `to`: seq and ack relative to the ISNs (seq to the other's, ack to its
 * own). */
struct bench_hand {
	uint32_t seq, ack, len;
	unsigned flags;
	uint16_t window;
	bool has_ts;
	uint32_t ts_val;
	const char *data; /* len bytes, NULL: a pattern by sequence number */
};
void bench_hand(struct bench_end *to, struct bench_hand h);

unsigned char bench_pattern(uint32_t seq);              /* the byte at that relative number */
void bench_send(struct bench_end *e, uint32_t len);     /* the program sends: pattern, by sequence number */
uint32_t bench_read(struct bench_end *e, uint32_t len); /* the program reads, and the pattern is checked: how
							   much */

#define assert_state(end, name) \
	assert_string_equal(sim_tcp_state_name((end)->c.state), sim_tcp_state_name(SIM_TCP_##name))
#define assert_seg(seg, want_flags, want_seq, want_ack, want_len) \
	do {                                                      \
		struct bench_seg the_seg = (seg);                 \
                                                                  \
		assert_int_equal(the_seg.flags, (want_flags));    \
		assert_int_equal(the_seg.seq, (want_seq));        \
		assert_int_equal(the_seg.ack, (want_ack));        \
		assert_int_equal(the_seg.len, (want_len));        \
	} while (0)

#define FIN  SIM_TCP_FIN
#define SYN  SIM_TCP_SYN
#define RST  SIM_TCP_RST
#define PUSH SIM_TCP_PSH
#define ACK  SIM_TCP_ACK

#define TCP_TEST(name) cmocka_unit_test_setup_teardown(name, bench_setup, bench_teardown)

#endif
