/* SPDX-License-Identifier: MIT */
/* Packets as structures: lengths, queues, clones, records in the trace. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>
#include <netinet/in.h>

#include "tests/support/two_hosts.h"

static struct sim_packet *make(struct net_fixture *f, uint8_t proto, const char *data)
{
	struct sim_packet *p = sim_packet_new(f->ctx.arena, &f->ctx.next_packet_id);
	struct sim_slab *tail = NULL;

	assert_non_null(p);
	p->proto = proto;
	p->src = net_addr("10.0.0.1");
	p->dst = net_addr("10.0.0.2");
	if (*data)
		assert_int_equal(sim_bytes_append_raw(f->ctx.arena, &tail, data, strlen(data), &p->payload),
				 0);
	return p;
}

static void new_packet_is_zeroed_and_numbered(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	struct sim_packet *p = make(f, IPPROTO_TCP, "x"), *q;

	(void)state;
	memset(&p->tcp, 0xff, sizeof p->tcp);
	p->ttl = 9;
	p->broadcast = true;
	sim_packet_free(f->ctx.arena, p);
	q = make(f, IPPROTO_TCP, "");
	assert_ptr_equal(p, q);
	assert_int_equal(q->id, 2);
	assert_int_equal(q->ttl, 0);
	assert_false(q->broadcast);
	assert_null(q->payload.slab);
	assert_int_equal(q->tcp.seq | q->tcp.flags | q->tcp.options | q->tcp.num_sack | q->tcp.ts_val |
				 q->tcp.ts_ecr,
			 0);
	sim_packet_free(f->ctx.arena, q);
	sim_packet_free(f->ctx.arena, NULL);
	net_free(f);
}

static void lengths_are_those_of_the_wire(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	struct sim_packet *p = make(f, IPPROTO_UDP, "abc");

	(void)state;
	assert_int_equal(sim_packet_ip_len(p), 20 + 8 + 3);
	p->dst = net_addr("::1");
	assert_int_equal(sim_packet_ip_len(p), 40 + 8 + 3);
	p->is_fragment = true;
	assert_int_equal(sim_packet_ip_len(p), 40 + 8 + 3); /* a fragment header, and no UDP header of its own
							     */
	p->is_fragment = false;
	p->proto = IPPROTO_TCP;
	assert_int_equal(sim_packet_l4_header_len(p), 20);
	p->tcp.options =
		SIM_TCPOPT_MSS | SIM_TCPOPT_WSCALE | SIM_TCPOPT_SACK_PERMITTED | SIM_TCPOPT_TIMESTAMPS;
	assert_int_equal(sim_packet_l4_header_len(p), 40);
	p->tcp.options = SIM_TCPOPT_MSS | SIM_TCPOPT_WSCALE | SIM_TCPOPT_SACK_PERMITTED;
	assert_int_equal(sim_packet_l4_header_len(p), 32);
	p->tcp.options = SIM_TCPOPT_MSS | SIM_TCPOPT_WSCALE;
	assert_int_equal(sim_packet_l4_header_len(p), 28);
	p->tcp.options = SIM_TCPOPT_TIMESTAMPS | SIM_TCPOPT_SACK;
	p->tcp.num_sack = 3;
	assert_int_equal(sim_packet_l4_header_len(p), 60);
	p->proto = 99;
	assert_int_equal(sim_packet_l4_header_len(p), 0);
	sim_packet_free(f->ctx.arena, p);
	net_free(f);
}

static void clone_shares_the_payload_and_not_the_charge(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	struct sim_packet *p = make(f, IPPROTO_UDP, "abc"), *q;

	(void)state;
	p->charged_to = f;
	q = sim_packet_clone(f->ctx.arena, &f->ctx.next_packet_id, p);
	assert_ptr_equal(q->payload.slab, p->payload.slab);
	assert_int_equal(q->payload.slab->refs, 2);
	assert_null(q->charged_to);
	assert_int_equal(q->id, 2);
	sim_packet_free(f->ctx.arena, p);
	sim_packet_free(f->ctx.arena, q);
	net_free(f);
}

static void queue_is_first_in_first_out_and_counts(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	struct sim_packet *p = make(f, IPPROTO_UDP, "abc"), *q = make(f, IPPROTO_UDP, "de");
	struct sim_packet_queue queue;

	(void)state;
	sim_packet_queue_init(&queue);
	assert_null(sim_packet_queue_pop(&queue));
	sim_packet_queue_push(&queue, p);
	sim_packet_queue_push(&queue, q);
	assert_int_equal(queue.len, 2);
	assert_int_equal(queue.num_bytes, 5);
	assert_ptr_equal(sim_packet_queue_pop(&queue), p);
	assert_int_equal(queue.num_bytes, 2);
	sim_packet_queue_push(&queue, p);
	sim_packet_queue_free(&queue, f->ctx.arena);
	assert_int_equal(queue.len, 0);
	net_free(f);
}

static void trace_defines_a_flow_once_and_counts_drops(void **state)
{
	struct net_fixture *f = net_new(0, 1);
	struct sim_packet *p = make(f, IPPROTO_TCP, "abc");
	const struct sim_trace_rec *r;

	(void)state;
	p->sport = 1;
	p->dport = 2;
	p->iface = 2;
	p->tcp = (struct sim_tcp_header){ .seq = 5, .ack = 6, .flags = SIM_TCP_ACK, .window = 7 };
	sim_packet_trace(&f->ctx.trace, SIM_TRACE_SEND, 3, p, 11);
	sim_packet_trace(&f->ctx.trace, SIM_TRACE_DROP, 3, p, SIM_DROP_LOSS);
	r = sim_trace_get(&f->ctx.trace, 0);
	assert_int_equal(r->kind, SIM_TRACE_FLOW);
	assert_int_equal(r->obj, 1);
	assert_memory_equal(&r->arg[0], &p->src, 16);
	assert_memory_equal(&r->arg[2], &p->dst, 16);
	assert_int_equal(r->arg[4], IPPROTO_TCP | 1 << 16 | UINT64_C(2) << 32);
	r = sim_trace_get(&f->ctx.trace, 1);
	assert_int_equal(r->kind, SIM_TRACE_SEND);
	assert_int_equal(r->host, 3);
	assert_int_equal(r->obj, 1);
	assert_int_equal(r->arg[0], p->id);
	assert_int_equal(r->arg[1], IPPROTO_TCP | SIM_TCP_ACK << 8 | UINT64_C(3) << 32);
	assert_int_equal(r->arg[2], 5 | UINT64_C(6) << 32);
	assert_int_equal(r->arg[3], 7 | UINT64_C(2) << 32);
	assert_int_equal(r->arg[4], sim_bytes_digest(&p->payload));
	assert_int_equal(r->arg[5], 11);
	assert_int_equal(f->ctx.trace.num_written, 3);
	assert_int_equal(f->ctx.trace.dropped_by[SIM_DROP_LOSS], 1);
	sim_packet_free(f->ctx.arena, p);
	net_free(f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(new_packet_is_zeroed_and_numbered),
	cmocka_unit_test(lengths_are_those_of_the_wire),
	cmocka_unit_test(clone_shares_the_payload_and_not_the_charge),
	cmocka_unit_test(queue_is_first_in_first_out_and_counts),
	cmocka_unit_test(trace_defines_a_flow_once_and_counts_drops),
};

int main(void)
{
	return cmocka_run_group_tests_name("packet", tests, NULL, NULL);
}
