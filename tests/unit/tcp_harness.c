/* SPDX-License-Identifier: MIT */
/* TCP's machine on a bench: see tcp_harness.h. */
#include "tests/unit/tcp_harness.h"

#include "sim/base/uaccess.h"
#include "sim/sock/net.h"
#include "sim/tcp/env.h"

#define PIECE_BYTES (16 << 20)

struct bench_end bench_a, bench_b;
struct sim_ctx bench_ctx;
static _Alignas(16) unsigned char piece[PIECE_BYTES];

size_t sim_copy_from_user(void *to, const void *user, size_t len)
{
	memcpy(to, user, len);
	return 0;
}

size_t sim_copy_to_user(void *user, const void *from, size_t len)
{
	memcpy(user, from, len);
	return 0;
}

static struct bench_end *end_of(const struct sim_tcp_conn *c)
{
	return c == &bench_a.c ? &bench_a : &bench_b;
}

static struct bench_end *other(const struct bench_end *e)
{
	return e == &bench_a ? &bench_b : &bench_a;
}

static uint32_t isn_of(const struct bench_end *e)
{
	return e == &bench_a ? BENCH_ISN_A : BENCH_ISN_B;
}

/* ---- what the machine asks for ---- */

void sim_tcp_env_send(struct sim_tcp_conn *c, struct sim_packet *p)
{
	p->sent_ns = sim_now(&bench_ctx);
	sim_packet_queue_push(&end_of(c)->sent, p);
}

void sim_tcp_env_drop(struct sim_tcp_conn *c, struct sim_packet *p, unsigned drop)
{
	end_of(c)->num_drops[drop]++;
	sim_packet_free(bench_ctx.arena, p);
}

uint32_t sim_tcp_env_rcvbuf(const struct sim_tcp_conn *c)
{
	return end_of(c)->rcvbuf_bytes;
}

bool sim_tcp_env_rcvbuf_locked(const struct sim_tcp_conn *c)
{
	return end_of(c)->rcvbuf_locked;
}

uint32_t sim_tcp_env_rcvlowat(const struct sim_tcp_conn *c)
{
	(void)c;
	return 1;
}

void sim_tcp_env_readable(struct sim_tcp_conn *c, bool fin)
{
	end_of(c)->num_readable++;
	end_of(c)->fin_seen |= fin;
}

void sim_tcp_env_urgent(struct sim_tcp_conn *c)
{
	end_of(c)->num_urgent++;
}

void sim_tcp_env_readable_urgent(struct sim_tcp_conn *c)
{
	end_of(c)->num_readable++;
}

bool sim_tcp_env_oobinline(const struct sim_tcp_conn *c)
{
	(void)c;
	return false;
}

void sim_tcp_env_skip_urgent(struct sim_tcp_conn *c)
{
	sim_tcp_conn_consume(c, 1);
}

void sim_tcp_env_acked(struct sim_tcp_conn *c, uint32_t num_bytes)
{
	end_of(c)->num_acked_bytes += num_bytes;
}

void sim_tcp_env_error(struct sim_tcp_conn *c, int err, enum sim_why_key key, int64_t since_ns, int64_t arg0,
		       int64_t arg1)
{
	(void)since_ns;
	(void)arg0;
	(void)arg1;
	end_of(c)->err = err;
	end_of(c)->why = key;
}

int64_t sim_tcp_env_fin_timeout_ms(const struct sim_tcp_conn *c)
{
	return end_of(c)->fin_timeout_ms;
}

bool sim_tcp_env_may_establish(struct sim_tcp_conn *c)
{
	return !end_of(c)->may_not_establish;
}

void sim_tcp_env_state(struct sim_tcp_conn *c, unsigned old)
{
	assert_int_not_equal(c->state, old);
}

static void on_timer(struct sim_clock *clock, struct sim_timer *t)
{
	(void)clock;
	sim_tcp_conn_on_timer(sim_container_of(t, struct sim_tcp_conn, timer));
}

static void on_delack(struct sim_clock *clock, struct sim_timer *t)
{
	(void)clock;
	sim_tcp_conn_on_delack(sim_container_of(t, struct sim_tcp_conn, delack));
}

static void on_lifetime(struct sim_clock *clock, struct sim_timer *t)
{
	(void)clock;
	sim_tcp_conn_on_lifetime(sim_container_of(t, struct sim_tcp_conn, timer));
}

sim_timer_fn *const sim_timer_fns[SIM_TIMER_NUM_KINDS] = {
	[SIM_TIMER_TCP_RETRANSMIT] = on_timer,
	[SIM_TIMER_TCP_DELACK] = on_delack,
	[SIM_TIMER_TCP_LIFETIME] = on_lifetime,
};

/* ---- the bench ---- */

static void end_init(struct bench_end *e, uint32_t id)
{
	memset(e, 0, sizeof *e);
#define INITIAL(field, name, index, initial, min, max) e->sysctl.field = (initial);
	SIM_SYSCTL_TABLE(INITIAL)
#undef INITIAL
	e->common = (struct sim_tcp_common){ &bench_ctx, &e->sysctl, (uint16_t)id };
	e->rcvbuf_bytes = 131072;
	e->fin_timeout_ms = 60000;
	sim_packet_queue_init(&e->sent);
	sim_tcp_conn_init(&e->c, &e->common, id);
}

int bench_setup(void **state)
{
	(void)state;
	memset(&bench_ctx, 0, sizeof bench_ctx);
	bench_ctx.arena = sim_arena_init(piece, sizeof piece);
	bench_ctx.next_packet_id = 1;
	if (!bench_ctx.arena || sim_clock_init(&bench_ctx.clock, bench_ctx.arena) ||
	    sim_trace_init(&bench_ctx.trace, bench_ctx.arena, &bench_ctx.clock, 64))
		return -1;
	end_init(&bench_a, 1);
	end_init(&bench_b, 2);
	return 0;
}

int bench_teardown(void **state)
{
	size_t left;

	(void)state;
	bench_flush(&bench_a);
	bench_flush(&bench_b);
	sim_tcp_conn_fini(&bench_a.c);
	sim_tcp_conn_fini(&bench_b.c);
	if (bench_a.c.rmem_bytes || bench_b.c.rmem_bytes)
		return -1;
	if (bench_ctx.clock.num_foreground || bench_ctx.clock.num_housekeeping)
		return -1;
	sim_trace_fini(&bench_ctx.trace, bench_ctx.arena);
	sim_clock_fini(&bench_ctx.clock);
	left = bench_ctx.arena->num_live;
	sim_arena_fini(bench_ctx.arena);
	return left ? -1 : 0;
}

static struct sim_tcp_path path_of(const struct bench_end *e)
{
	return (struct sim_tcp_path){ BENCH_MSS, isn_of(e) };
}

void bench_open(struct bench_end *e)
{
	struct sim_tcp_path path = path_of(e);

	sim_tcp_conn_open(&e->c, &path);
}

struct sim_packet *bench_pop(struct bench_end *e)
{
	return sim_packet_queue_pop(&e->sent);
}

void bench_give(struct bench_end *to, struct sim_packet *p)
{
	struct sim_tcp_path path = path_of(to);

	if (to->c.state == SIM_TCP_CLOSED && p->tcp.flags == SIM_TCP_SYN) {
		sim_tcp_conn_open_passive(&to->c, &path, p);
		sim_packet_free(bench_ctx.arena, p);
		return;
	}
	sim_tcp_conn_input(&to->c, p);
}

void bench_carry(void)
{
	struct sim_packet *p;

	for (;;) {
		if ((p = bench_pop(&bench_a)))
			bench_give(&bench_b, p);
		else if ((p = bench_pop(&bench_b)))
			bench_give(&bench_a, p);
		else
			return;
	}
}

void bench_connect(void)
{
	bench_open(&bench_a);
	bench_carry();
	assert_state(&bench_a, ESTABLISHED);
	assert_state(&bench_b, ESTABLISHED);
}

void bench_establish_alone(struct bench_end *e, uint16_t peer_window, unsigned peer_wscale)
{
	struct sim_packet *p;

	bench_open(e);
	bench_flush(e);
	p = sim_packet_new(bench_ctx.arena, &bench_ctx.next_packet_id);
	assert_non_null(p);
	p->tcp.seq = isn_of(other(e));
	p->tcp.ack = isn_of(e) + 1;
	p->tcp.flags = SYN | ACK;
	p->tcp.window = peer_window;
	p->tcp.options = SIM_TCPOPT_MSS | SIM_TCPOPT_WSCALE;
	p->tcp.mss = BENCH_MSS;
	p->tcp.wscale = (uint8_t)peer_wscale;
	bench_give(e, p);
	bench_flush(e);
	assert_state(e, ESTABLISHED);
}

static struct bench_seg describe(const struct bench_end *e, const struct sim_packet *p)
{
	const struct sim_tcp_header *h = &p->tcp;
	struct bench_seg s = {
		.at_ns = p->sent_ns,
		.seq = h->seq - isn_of(e),
		.ack = h->flags & ACK ? h->ack - isn_of(other(e)) : 0,
		.len = p->payload.len,
		.window = h->window,
		.flags = h->flags,
		.options = h->options,
		.mss = h->mss,
		.wscale = h->wscale,
		.ts_val = h->ts_val,
		.ts_ecr = h->ts_ecr,
	};

	if (s.len)
		sim_bytes_read(&p->payload, 0, 1, &s.first);
	return s;
}

struct bench_seg bench_take(struct bench_end *e)
{
	struct sim_packet *p = bench_pop(e);
	struct bench_seg s = { 0 };

	if (p)
		s = describe(e, p);
	sim_packet_free(bench_ctx.arena, p);
	return s;
}

bool bench_sent_nothing(const struct bench_end *e)
{
	return !e->sent.len;
}

void bench_flush(struct bench_end *e)
{
	sim_packet_queue_free(&e->sent, bench_ctx.arena);
	sim_packet_queue_init(&e->sent);
}

void bench_run_ns(int64_t span_ns)
{
	int64_t until_ns = sim_now(&bench_ctx) + span_ns;

	while (sim_clock_step(&bench_ctx.clock, until_ns))
		;
	bench_ctx.clock.now_ns = until_ns;
}

int64_t bench_next_timer_ms(int64_t span_ms)
{
	if (!sim_clock_step(&bench_ctx.clock, sim_now(&bench_ctx) + span_ms * SIM_NS_PER_MS))
		return -1;
	return sim_now(&bench_ctx) / SIM_NS_PER_MS;
}

unsigned char bench_pattern(uint32_t seq)
{
	return (unsigned char)(seq * 31 + (seq >> 8) * 7 + 1);
}

void bench_hand(struct bench_end *to, struct bench_hand h)
{
	struct sim_packet *p = sim_packet_new(bench_ctx.arena, &bench_ctx.next_packet_id);
	unsigned char data[65536];
	struct sim_slab *tail = NULL;

	assert_non_null(p);
	assert_true(h.len <= sizeof data);
	for (uint32_t i = 0; i < h.len; i++)
		data[i] = h.data ? (unsigned char)h.data[i] : bench_pattern(h.seq + i);
	p->tcp.seq = h.seq + isn_of(other(to));
	p->tcp.ack = h.flags & ACK ? h.ack + isn_of(to) : 0;
	p->tcp.flags = (uint8_t)h.flags;
	p->tcp.window = h.window ? h.window : 1000;
	if (h.has_ts) {
		p->tcp.options = SIM_TCPOPT_TIMESTAMPS;
		p->tcp.ts_val = h.ts_val;
	}
	if (h.len)
		assert_int_equal(sim_bytes_append_raw(bench_ctx.arena, &tail, data, h.len, &p->payload), 0);
	bench_give(to, p);
}

void bench_send(struct bench_end *e, uint32_t len)
{
	static unsigned char data[1 << 20];
	uint32_t seq = e->c.write_seq - isn_of(e);
	struct iovec iov = { data, len };
	struct sim_iter it = { &iov, 1, 0 };
	struct sim_bytes run;

	assert_true(len <= sizeof data);
	for (uint32_t i = 0; i < len; i++)
		data[i] = bench_pattern(seq + i);
	assert_int_equal(sim_tcp_conn_queue(&e->c, &it, len, &run), 0);
	sim_tcp_conn_push(&e->c, false);
}

uint32_t bench_read(struct bench_end *e, uint32_t len)
{
	uint32_t seq = e->c.rcv_nxt - e->c.fin_rcvd - e->c.rcv_len - isn_of(other(e)), copied = 0;
	const struct sim_bytes *run;

	while (copied < len && (run = sim_tcp_conn_first(&e->c))) {
		unsigned char data[4096];
		uint32_t n = run->len < len - copied ? run->len : len - copied;

		if (n > sizeof data)
			n = sizeof data;
		sim_bytes_read(run, 0, n, data);
		for (uint32_t i = 0; i < n; i++, seq++)
			if (data[i] != bench_pattern(seq))
				fail_msg("byte %u is %u, not %u", seq, data[i], bench_pattern(seq));
		sim_tcp_conn_consume(&e->c, n);
		copied += n;
	}
	sim_tcp_conn_did_read(&e->c, copied);
	return copied;
}
