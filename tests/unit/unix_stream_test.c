/* SPDX-License-Identifier: MIT */
/*
 * Unix streams where the behaviour suites cannot look: blocking with virtual time, exact knobs, bad pointers,
 * reasons, when SIGPIPE goes along, memory.
 */
#include "tests/support/unix_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static struct unix_host h;
static struct sim_sock *pair[2];
static char block[1 << 20], sink[1 << 20];

static int fresh(void **state)
{
	(void)state;
	unix_host_init(&h);
	unix_pair_of(&h, SOCK_STREAM, pair);
	return 0;
}

static void close_both(void)
{
	unix_close(&h, pair[0]);
	unix_close(&h, pair[1]);
}

static int gone(void **state)
{
	(void)state;
	unix_host_fini(&h);
	return 0;
}

static void send_all_from_peer(struct unix_host *host)
{
	assert_int_equal(unix_send(host, pair[1], "later", 5, 0), 5);
}

static void recv_blocks_until_something_comes(void **state)
{
	char b[8];

	(void)state;
	h.while_blocked = send_all_from_peer;
	assert_int_equal(unix_recv(&h, pair[0], b, sizeof b, 0), 5);
	close_both();
}

static void recv_that_nobody_can_wake_is_a_deadlock(void **state)
{
	char b[8];

	(void)state;
	assert_int_equal(unix_recv(&h, pair[0], b, sizeof b, 0), -UNIX_HOST_DEADLOCK);
	close_both();
}

static void rcvtimeo_is_eagain_at_its_tick(void **state)
{
	char b[8];

	(void)state;
	pair[0]->rcvtimeo_ns = 5 * SIM_NS_PER_MS;
	assert_int_equal(unix_recv(&h, pair[0], b, sizeof b, 0), -EAGAIN);
	assert_true(h.ctx.clock.now_ns >= 5 * SIM_NS_PER_MS && h.ctx.clock.now_ns < 10 * SIM_NS_PER_MS);
	assert_int_equal(h.task->why.key, SIM_WHY_RCVTIMEO);
	close_both();
}

static void waitall_gathers(void **state)
{
	char b[8];

	(void)state;
	assert_int_equal(unix_send(&h, pair[1], "abc", 3, 0), 3);
	h.while_blocked = send_all_from_peer;
	assert_int_equal(unix_recv(&h, pair[0], b, 8, MSG_WAITALL), 8);
	assert_memory_equal(b, "abclater", 8);
	close_both();
}

static void drain(struct unix_host *host)
{
	while (unix_recv(host, pair[1], sink, sizeof sink, MSG_DONTWAIT) > 0)
		;
}

static void drain_again(struct unix_host *host)
{
	drain(host);
	host->while_blocked = drain_again;
}

static void blocking_send_queues_everything(void **state)
{
	(void)state;
	h.while_blocked = drain_again;
	assert_int_equal(unix_send(&h, pair[0], block, sizeof block, 0), sizeof block);
	h.while_blocked = NULL;
	close_both();
}

static void sndtimeo_gives_what_was_taken(void **state)
{
	(void)state;
	pair[0]->sndtimeo_ns = 20 * SIM_NS_PER_MS;
	assert_int_equal(unix_send(&h, pair[0], block, sizeof block, 0), 219264);
	assert_int_equal(unix_send(&h, pair[0], block, sizeof block, 0), -EAGAIN);
	assert_int_equal(h.task->why.key, SIM_WHY_SNDTIMEO);
	close_both();
}

static void interrupt(struct unix_host *host)
{
	sim_task_interrupt(host->task);
}

static void signal_restarts_unless_a_timeout_is_set(void **state)
{
	char b;

	(void)state;
	h.while_blocked = interrupt;
	assert_int_equal(unix_recv(&h, pair[0], &b, 1, 0), -SIM_ERESTART);
	h.task->interrupted = false;
	pair[0]->rcvtimeo_ns = SIM_NS_PER_S;
	h.while_blocked = interrupt;
	assert_int_equal(unix_recv(&h, pair[0], &b, 1, 0), -EINTR);
	h.task->interrupted = false;
	close_both();
}

static void interrupted_send_gives_what_was_taken(void **state)
{
	(void)state;
	h.while_blocked = interrupt;
	assert_int_equal(unix_send(&h, pair[0], block, sizeof block, 0), 219264);
	h.task->interrupted = false;
	close_both();
}

static void shut_peer_reading(struct unix_host *host)
{
	assert_int_equal(sim_sock_op(pair[1])->shutdown(pair[1], host->task, SHUT_RD), 0);
}

/* unix_stream_sendmsg(): the signal goes along only with the check before the loop. */
static void send_that_was_blocked_when_the_peer_stopped_reading_raises_no_sigpipe(void **state)
{
	struct iovec iov = { block, 1 };
	struct sim_msg m = { .it = { &iov, 1, 0 }, .len = 1 };

	(void)state;
	while (unix_send(&h, pair[0], block, sizeof block, MSG_DONTWAIT) > 0)
		;
	h.while_blocked = shut_peer_reading;
	assert_int_equal(sim_sock_op(pair[0])->send(pair[0], h.task, &m), -EPIPE);
	assert_false(sim_sock_epipe_signals(pair[0], &m));
	assert_int_equal(sim_sock_op(pair[0])->send(pair[0], h.task, &m), -EPIPE);
	assert_true(sim_sock_epipe_signals(pair[0], &m));
	close_both();
}

static void capacity_takes_so_many_bytes_and_returns_when_read(void **state)
{
	char b[16];

	(void)state;
	assert_int_equal(sim_sock_set_exact(pair[0], true, 10), 0);
	assert_int_equal(unix_send(&h, pair[0], "0123456789abcdef", 16, MSG_DONTWAIT), 10);
	assert_int_equal(unix_send(&h, pair[0], "x", 1, MSG_DONTWAIT), -EAGAIN);
	assert_int_equal(h.task->why.key, SIM_WHY_PEER_NOT_READING);
	assert_int_equal(h.task->why.arg[0], 10);
	assert_false(unix_ready(pair[0]) & EPOLLOUT);
	assert_int_equal(unix_recv(&h, pair[1], b, 4, 0), 4);
	assert_true(unix_ready(pair[0]) & EPOLLOUT);
	assert_int_equal(unix_send(&h, pair[0], "abcdef", 6, MSG_DONTWAIT), 4);
	close_both();
}

static void exact_sndbuf_replaces_linuxs_rule(void **state)
{
	(void)state;
	assert_int_equal(sim_sock_set_exact(pair[0], false, 1000000), 0);
	assert_int_equal(unix_send(&h, pair[0], block, sizeof block, MSG_DONTWAIT), 1000000);
	assert_int_equal(unix_send(&h, pair[0], block, 1, MSG_DONTWAIT), -EAGAIN);
	assert_int_equal(h.task->why.key, SIM_WHY_SNDBUF_FULL);
	close_both();
}

static void send_from_a_bad_pointer_takes_nothing_of_its_buffer(void **state)
{
	struct iovec iov[2] = { { block, 100 }, { (void *)8, 100 } };
	struct sim_msg m = { .it = { iov, 2, 0 }, .len = 200 };

	(void)state;
	assert_int_equal(sim_sock_op(pair[0])->send(pair[0], h.task, &m), -EFAULT);
	assert_int_equal(pair[0]->wmem_bytes, 0);
	assert_false(unix_ready(pair[1]) & EPOLLIN);
	close_both();
}

static void recv_into_a_bad_pointer_keeps_the_buffer_that_failed(void **state)
{
	char b[4];
	struct iovec iov[2] = { { b, 4 }, { (void *)8, 4 } };
	struct sim_msg m = { .it = { iov, 2, 0 }, .len = 8 };

	(void)state;
	assert_int_equal(unix_send(&h, pair[0], "abc", 3, 0), 3);
	assert_int_equal(unix_send(&h, pair[0], "defg", 4, 0), 4);
	assert_int_equal(sim_sock_op(pair[1])->recv(pair[1], h.task, &m), 3);
	assert_int_equal(unix_recv(&h, pair[1], (void *)8, 4, 0), -EFAULT);
	assert_int_equal(unix_recv(&h, pair[1], b, 4, 0), 4);
	assert_memory_equal(b, "defg", 4);
	close_both();
}

static void urgent_byte_that_nobody_sent_has_its_reason(void **state)
{
	char b;

	(void)state;
	assert_int_equal(unix_recv(&h, pair[0], &b, 1, MSG_OOB), -EINVAL);
	assert_int_equal(h.task->why.key, SIM_WHY_NO_URGENT_DATA);
	assert_int_equal(unix_send(&h, pair[1], "x", 1, MSG_OOB), 1);
	assert_int_equal(unix_recv(&h, pair[0], &b, 1, MSG_OOB), 1);
	assert_int_equal(b, 'x');
	close_both();
}

static void data_keep_their_order_over_many_slabs(void **state)
{
	uint32_t sent = 0, seen = 0;

	(void)state;
	for (unsigned round = 1; round < 200; round++) {
		ssize_t n;

		for (unsigned i = 0; i < round * 37; i++)
			block[i] = (char)((sent + i) * 7 + ((sent + i) >> 9));
		n = unix_send(&h, pair[0], block, round * 37, MSG_DONTWAIT);
		sent += n > 0 ? (uint32_t)n : 0;
		n = unix_recv(&h, pair[1], sink, round % 3 ? round * 30 : round * 60, MSG_DONTWAIT);
		for (ssize_t i = 0; i < n; i++, seen++)
			assert_int_equal(sink[i], (char)(seen * 7 + (seen >> 9)));
	}
	assert_true(seen > 100000);
	close_both();
}

static void take_one(struct unix_host *host)
{
	struct sim_sock *child;

	assert_int_equal(sim_sock_op(pair[0])->accept(pair[0], host->task, true, &child), 0);
	unix_close(host, child);
}

static void connect_waits_for_room_in_the_listeners_queue(void **state)
{
	struct sim_sock *client[3];

	(void)state;
	close_both();
	pair[0] = unix_listener_at(&h, SOCK_STREAM, "@full", 0);
	for (int i = 0; i < 3; i++)
		client[i] = unix_new(&h, SOCK_STREAM);
	assert_int_equal(unix_connect_to(&h, client[0], "@full", false), 0);
	assert_int_equal(unix_connect_to(&h, client[1], "@full", true), -EAGAIN);
	assert_int_equal(h.task->why.key, SIM_WHY_LISTEN_QUEUE_FULL);
	h.while_blocked = take_one;
	assert_int_equal(unix_connect_to(&h, client[1], "@full", false), 0);
	client[2]->sndtimeo_ns = SIM_NS_PER_S;
	assert_int_equal(unix_connect_to(&h, client[2], "@full", false), -EAGAIN);
	assert_true(h.ctx.clock.now_ns >= SIM_NS_PER_S);
	unix_close(&h, pair[0]);
	for (int i = 0; i < 3; i++)
		unix_close(&h, client[i]);
}

static void close_listener(struct unix_host *host)
{
	unix_close(host, pair[0]);
}

static void connect_that_waits_is_refused_when_the_listener_closes(void **state)
{
	struct sim_sock *client[2];

	(void)state;
	close_both();
	pair[0] = unix_listener_at(&h, SOCK_SEQPACKET, "/tmp/full", 0);
	for (int i = 0; i < 2; i++)
		client[i] = unix_new(&h, SOCK_SEQPACKET);
	assert_int_equal(unix_connect_to(&h, client[0], "/tmp/full", false), 0);
	h.while_blocked = close_listener;
	assert_int_equal(unix_connect_to(&h, client[1], "/tmp/full", false), -ECONNREFUSED);
	assert_int_equal(client[0]->err, ECONNRESET);
	unix_close(&h, client[0]);
	unix_close(&h, client[1]);
}

#define STREAM_TEST(fn) cmocka_unit_test_setup_teardown(fn, fresh, gone)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		STREAM_TEST(recv_blocks_until_something_comes),
		STREAM_TEST(recv_that_nobody_can_wake_is_a_deadlock),
		STREAM_TEST(rcvtimeo_is_eagain_at_its_tick),
		STREAM_TEST(waitall_gathers),
		STREAM_TEST(blocking_send_queues_everything),
		STREAM_TEST(sndtimeo_gives_what_was_taken),
		STREAM_TEST(signal_restarts_unless_a_timeout_is_set),
		STREAM_TEST(interrupted_send_gives_what_was_taken),
		STREAM_TEST(send_that_was_blocked_when_the_peer_stopped_reading_raises_no_sigpipe),
		STREAM_TEST(capacity_takes_so_many_bytes_and_returns_when_read),
		STREAM_TEST(exact_sndbuf_replaces_linuxs_rule),
		STREAM_TEST(send_from_a_bad_pointer_takes_nothing_of_its_buffer),
		STREAM_TEST(recv_into_a_bad_pointer_keeps_the_buffer_that_failed),
		STREAM_TEST(urgent_byte_that_nobody_sent_has_its_reason),
		STREAM_TEST(data_keep_their_order_over_many_slabs),
		STREAM_TEST(connect_waits_for_room_in_the_listeners_queue),
		STREAM_TEST(connect_that_waits_is_refused_when_the_listener_closes),
	};

	return cmocka_run_group_tests_name("unix_stream", tests, NULL, NULL);
}
