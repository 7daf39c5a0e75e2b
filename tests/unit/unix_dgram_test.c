/* SPDX-License-Identifier: MIT */
/* Unix datagrams and records where the behaviour suites cannot look: blocking, exact knobs, bad pointers,
 * reasons. */
#include "tests/support/unix_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>

static struct unix_host h;
static struct sim_sock *pair[2], *receiver, *sender;

static int fresh(void **state)
{
	(void)state;
	unix_host_init(&h);
	return 0;
}

static int gone(void **state)
{
	(void)state;
	unix_host_fini(&h);
	return 0;
}

static void one_way(void)
{
	receiver = unix_new(&h, SOCK_DGRAM);
	sender = unix_new(&h, SOCK_DGRAM);
	assert_int_equal(unix_bind_to(&h, receiver, "@receiver"), 0);
	assert_int_equal(unix_connect_to(&h, sender, "@receiver", false), 0);
}

static void fill_queue(void)
{
	while (unix_send(&h, sender, "x", 1, MSG_DONTWAIT) == 1)
		;
}

static void read_one(struct unix_host *host)
{
	char b;

	assert_int_equal(unix_recv(host, receiver, &b, 1, 0), 1);
}

static void close_receiver(struct unix_host *host)
{
	unix_close(host, receiver);
}

static void send_to_a_full_queue_waits_for_the_reader(void **state)
{
	(void)state;
	one_way();
	fill_queue();
	assert_int_equal(h.task->why.key, SIM_WHY_PEER_QUEUE_FULL);
	assert_int_equal(h.task->why.arg[0], 11);
	h.while_blocked = read_one;
	assert_int_equal(unix_send(&h, sender, "x", 1, 0), 1);
	unix_close(&h, sender);
	unix_close(&h, receiver);
}

static void queue_length_is_a_sysctl(void **state)
{
	int n = 0;

	(void)state;
	h.net.sysctl.unix_max_dgram_qlen = 2;
	one_way();
	while (unix_send(&h, sender, "x", 1, MSG_DONTWAIT) == 1)
		n++;
	assert_int_equal(n, 3);
	unix_close(&h, sender);
	unix_close(&h, receiver);
}

static void send_that_waits_for_a_receiver_that_closes_is_refused(void **state)
{
	(void)state;
	one_way();
	fill_queue();
	h.while_blocked = close_receiver;
	assert_int_equal(unix_send(&h, sender, "x", 1, 0), -ECONNREFUSED);
	assert_int_equal(sender->wmem_bytes, 0);
	assert_int_equal(unix_send(&h, sender, "x", 1, 0), -ENOTCONN);
	unix_close(&h, sender);
}

static void send_by_name_that_waits_for_one_that_closes_is_looked_for_anew(void **state)
{
	struct sim_sock *stranger;

	(void)state;
	one_way();
	fill_queue();
	stranger = unix_new(&h, SOCK_DGRAM);
	h.while_blocked = close_receiver;
	assert_int_equal(unix_send_to(&h, stranger, "x", 1, 0, "@receiver"), -ECONNREFUSED);
	assert_int_equal(stranger->wmem_bytes, 0);
	unix_close(&h, stranger);
	unix_close(&h, sender);
}

static void sndtimeo_bounds_the_wait_for_a_full_queue(void **state)
{
	(void)state;
	one_way();
	fill_queue();
	sender->sndtimeo_ns = SIM_NS_PER_S;
	assert_int_equal(unix_send(&h, sender, "x", 1, 0), -EAGAIN);
	assert_int_equal(h.task->why.key, SIM_WHY_SNDTIMEO);
	assert_true(h.ctx.clock.now_ns >= SIM_NS_PER_S);
	unix_close(&h, sender);
	unix_close(&h, receiver);
}

static void poll_of_a_sender_is_told_when_the_receiver_reads(void **state)
{
	struct sim_wait w;

	(void)state;
	one_way();
	fill_queue();
	assert_int_equal(unix_ready(sender), 0);
	/* The task itself waits, blocked: it is made ready by the reader. */
	sim_waitq_add(&sender->wait, &w, SIM_WAIT_TASK, h.task, EPOLLOUT);
	h.while_blocked = read_one;
	assert_int_equal(sim_task_block(h.task, SIM_NEVER_NS), 0);
	sim_waitq_remove(&w);
	assert_int_equal(unix_ready(sender), EPOLLOUT);
	unix_close(&h, sender);
	unix_close(&h, receiver);
}

static void capacity_counts_whole_messages(void **state)
{
	char b[16];

	(void)state;
	unix_pair_of(&h, SOCK_DGRAM, pair);
	assert_int_equal(sim_sock_set_exact(pair[0], true, 10), 0);
	assert_int_equal(unix_send(&h, pair[0], "0123456789a", 11, 0), -EMSGSIZE);
	assert_int_equal(unix_send(&h, pair[0], "0123456", 7, MSG_DONTWAIT), 7);
	assert_int_equal(unix_send(&h, pair[0], "0123456", 7, MSG_DONTWAIT), -EAGAIN);
	assert_int_equal(unix_send(&h, pair[0], "012", 3, MSG_DONTWAIT), 3);
	assert_false(unix_ready(pair[0]) & EPOLLOUT);
	assert_int_equal(unix_recv(&h, pair[1], b, 2, 0), 2); /* the rest of it is lost, and read for the
								 sender */
	assert_int_equal(unix_send(&h, pair[0], "0123456", 7, MSG_DONTWAIT), 7);
	unix_close(&h, pair[0]);
	unix_close(&h, pair[1]);
}

static void exact_sndbuf_returns_when_read(void **state)
{
	char b[16];

	(void)state;
	one_way();
	assert_int_equal(sim_sock_set_exact(sender, false, 4), 0);
	assert_int_equal(unix_send(&h, sender, "abc", 3, MSG_DONTWAIT), 3);
	assert_int_equal(unix_send(&h, sender, "de", 2, MSG_DONTWAIT), -EAGAIN);
	assert_int_equal(unix_recv(&h, receiver, b, sizeof b, 0), 3);
	assert_int_equal(unix_send(&h, sender, "de", 2, MSG_DONTWAIT), 2);
	unix_close(&h, sender);
	unix_close(&h, receiver);
}

static void message_that_cannot_be_copied_out_is_lost(void **state)
{
	char b;

	(void)state;
	unix_pair_of(&h, SOCK_SEQPACKET, pair);
	assert_int_equal(unix_send(&h, pair[0], "abc", 3, 0), 3);
	assert_int_equal(unix_recv(&h, pair[1], (void *)8, 3, MSG_PEEK), -EFAULT);
	assert_int_equal(unix_recv(&h, pair[1], (void *)8, 3, 0), -EFAULT);
	assert_int_equal(unix_recv(&h, pair[1], &b, 1, MSG_DONTWAIT), -EAGAIN);
	assert_int_equal(unix_send(&h, pair[0], (void *)8, 3, 0), -EFAULT);
	assert_int_equal(pair[0]->wmem_bytes, 0);
	unix_close(&h, pair[0]);
	unix_close(&h, pair[1]);
}

static void senders_name_is_the_one_it_has_when_read(void **state)
{
	struct sim_sockaddr from;
	struct iovec iov;
	struct sim_msg m = { .from = &from };
	char b;

	(void)state;
	one_way();
	iov = (struct iovec){ &b, 1 };
	m.it = (struct sim_iter){ &iov, 1, 0 };
	m.len = 1;
	assert_int_equal(unix_send(&h, sender, "x", 1, 0), 1);
	assert_int_equal(unix_bind_to(&h, sender, "@late"), 0);
	unix_close(&h, sender);
	assert_int_equal(sim_sock_op(receiver)->recv(receiver, h.task, &m), 1);
	assert_int_equal(from.family, AF_UNIX);
	assert_int_equal(from.path_len, 5);
	assert_memory_equal(from.path, "\0late", 5);
	unix_close(&h, receiver);
}

static void small_messages_hold_no_more_memory_than_they_need(void **state)
{
	struct sim_sock *lazy;
	size_t before;
	char b;

	(void)state;
	one_way();
	lazy = unix_new(&h, SOCK_DGRAM);
	assert_int_equal(unix_bind_to(&h, lazy, "@lazy"), 0);
	assert_int_equal(unix_send_to(&h, sender, "kept", 4, 0, "@lazy"), 4);
	assert_int_equal(unix_send(&h, sender, "x", 1, 0), 1);
	before = h.ctx.arena->in_use_bytes;
	/* What follows the unread message in time does not follow it in memory. */
	for (int i = 0; i < 5000; i++) {
		assert_int_equal(unix_send(&h, sender, "x", 1, 0), 1);
		assert_int_equal(unix_recv(&h, receiver, &b, 1, 0), 1);
	}
	assert_true(h.ctx.arena->in_use_bytes <= before + 4096);
	unix_close(&h, lazy);
	unix_close(&h, sender);
	unix_close(&h, receiver);
}

static void socket_connected_to_itself_goes_away(void **state)
{
	char b[4];

	(void)state;
	sender = unix_new(&h, SOCK_DGRAM);
	assert_int_equal(unix_bind_to(&h, sender, "@self"), 0);
	assert_int_equal(unix_connect_to(&h, sender, "@self", false), 0);
	assert_int_equal(unix_send(&h, sender, "me", 2, 0), 2);
	assert_int_equal(unix_recv(&h, sender, b, sizeof b, 0), 2);
	assert_int_equal(unix_send(&h, sender, "me", 2, 0), 2);
	unix_close(&h, sender);
}

static void shut_reader(struct unix_host *host)
{
	assert_int_equal(sim_sock_op(pair[1])->shutdown(pair[1], host->task, SHUT_RD), 0);
}

static void blocked_recv_ends_when_reading_is_shut_down(void **state)
{
	char b;

	(void)state;
	unix_pair_of(&h, SOCK_DGRAM, pair);
	h.while_blocked = shut_reader;
	assert_int_equal(unix_recv(&h, pair[1], &b, 1, 0), 0);
	assert_int_equal(unix_recv(&h, pair[1], &b, 1, MSG_DONTWAIT), -EAGAIN);
	unix_close(&h, pair[0]);
	unix_close(&h, pair[1]);
}

#define DGRAM_TEST(fn) cmocka_unit_test_setup_teardown(fn, fresh, gone)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		DGRAM_TEST(send_to_a_full_queue_waits_for_the_reader),
		DGRAM_TEST(queue_length_is_a_sysctl),
		DGRAM_TEST(send_that_waits_for_a_receiver_that_closes_is_refused),
		DGRAM_TEST(send_by_name_that_waits_for_one_that_closes_is_looked_for_anew),
		DGRAM_TEST(sndtimeo_bounds_the_wait_for_a_full_queue),
		DGRAM_TEST(poll_of_a_sender_is_told_when_the_receiver_reads),
		DGRAM_TEST(capacity_counts_whole_messages),
		DGRAM_TEST(exact_sndbuf_returns_when_read),
		DGRAM_TEST(message_that_cannot_be_copied_out_is_lost),
		DGRAM_TEST(senders_name_is_the_one_it_has_when_read),
		DGRAM_TEST(small_messages_hold_no_more_memory_than_they_need),
		DGRAM_TEST(socket_connected_to_itself_goes_away),
		DGRAM_TEST(blocked_recv_ends_when_reading_is_shut_down),
	};

	return cmocka_run_group_tests_name("unix_dgram", tests, NULL, NULL);
}
