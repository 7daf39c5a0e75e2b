/* SPDX-License-Identifier: MIT */
/*
 * What Linux 6.18 charges a sender, as a table, and how much a pair takes before EAGAIN. The same rows are
 * asked of the running kernel too, if it is the reference.
 */
#include "tests/support/unix_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/utsname.h>
#include <unistd.h>

enum { BIG_BYTES = 1 << 20 };

static char data[BIG_BYTES];

/* The first length of each step that costs that much in one buffer. */
static const struct {
	bool stream;
	uint32_t len, truesize;
} charges[] = {
	{ true, 1, 768 },         { true, 192, 768 },        { true, 193, 1280 },
	{ true, 705, 2304 },      { true, 1729, 4352 },      { true, 3776, 4352 },
	{ true, 3777, 4864 },     { true, 4289, 5376 },      { true, 7873, 8960 },
	{ true, 8385, 9472 },     { true, 16065, 17152 },    { true, 32449, 33536 },
	{ true, 36544, 37120 },   { false, 0, 768 },         { false, 193, 1280 },
	{ false, 3777, 8448 },    { false, 7873, 16640 },    { false, 16064, 16640 },
	{ false, 16065, 20736 },  { false, 61121, 65792 },   { false, 85696, 86272 },
	{ false, 85697, 102656 }, { false, 102081, 135424 }, { false, 134849, 200960 },
};

/* How many bytes a stream pair takes with nobody reading, in sends of that size. */
static const struct {
	int type;
	uint32_t write;
	uint64_t bytes;
	uint32_t outq;
} fills[] = {
	{ SOCK_STREAM, 1, 278, 213504 },         { SOCK_STREAM, 100, 27800, 213504 },
	{ SOCK_STREAM, 1000, 93000, 214272 },    { SOCK_STREAM, 4096, 180224, 214016 },
	{ SOCK_STREAM, 16384, 212992, 222976 },  { SOCK_STREAM, 65536, 233152, 238336 },
	{ SOCK_STREAM, 131072, 240704, 245504 }, { SOCK_STREAM, 1000000, 219264, 222720 },
	{ SOCK_DGRAM, 1, 278, 213504 },          { SOCK_DGRAM, 1000, 93000, 214272 },
	{ SOCK_DGRAM, 4096, 106496, 219648 },    { SOCK_DGRAM, 65536, 262144, 279552 },
	{ SOCK_SEQPACKET, 1000, 93000, 214272 },
};

enum { NUM_CHARGES = sizeof charges / sizeof charges[0], NUM_FILLS = sizeof fills / sizeof fills[0] };

static void one_buffer_is_charged_by_bucket_and_page(void **state)
{
	(void)state;
	for (unsigned i = 0; i < NUM_CHARGES; i++)
		assert_int_equal(sim_unix_truesize(charges[i].stream, charges[i].len), charges[i].truesize);
}

static void stream_is_cut_into_buffers(void **state)
{
	(void)state;
	assert_int_equal(sim_unix_chunk_bytes(212992, false), 36544);
	assert_int_equal(sim_unix_chunk_bytes(4608, false), 2240);
	assert_int_equal(sim_unix_chunk_bytes(212992, true), 106432); /* sendfile(2) copies nothing */
}

static void pair_takes_what_the_sndbuf_allows(void **state)
{
	struct sim_sock *pair[2];
	struct unix_host h;

	(void)state;
	unix_host_init(&h);
	for (unsigned i = 0; i < NUM_FILLS; i++) {
		uint64_t bytes = 0;
		ssize_t n;

		unix_pair_of(&h, fills[i].type, pair);
		while ((n = unix_send(&h, pair[0], data, fills[i].write, MSG_DONTWAIT)) > 0)
			bytes += (uint64_t)n;
		assert_int_equal(n, -EAGAIN);
		assert_int_equal(bytes, fills[i].bytes);
		assert_int_equal(pair[0]->wmem_bytes, fills[i].outq);
		unix_close(&h, pair[0]);
		unix_close(&h, pair[1]);
	}
	unix_host_fini(&h);
}

static bool on_reference_kernel(void)
{
	struct utsname name;

	return !uname(&name) && !strncmp(name.release, "6.18.", 5);
}

static int kernel_outq(int fd)
{
	int n = -1;

	assert_int_equal(ioctl(fd, TIOCOUTQ, &n), 0);
	return n;
}

static void kernel_charges_the_same(void **state)
{
	(void)state;
	if (!on_reference_kernel())
		skip();
	for (unsigned i = 0; i < NUM_CHARGES; i++) {
		int type = charges[i].stream ? SOCK_STREAM : SOCK_SEQPACKET, fd[2];

		assert_int_equal(socketpair(AF_UNIX, type | SOCK_NONBLOCK, 0, fd), 0);
		assert_int_equal(send(fd[0], data, charges[i].len, 0), charges[i].len);
		assert_int_equal(kernel_outq(fd[0]), charges[i].truesize);
		close(fd[0]);
		close(fd[1]);
	}
}

static void kernel_takes_the_same(void **state)
{
	(void)state;
	if (!on_reference_kernel())
		skip();
	for (unsigned i = 0; i < NUM_FILLS; i++) {
		uint64_t bytes = 0;
		ssize_t n;
		int fd[2];

		assert_int_equal(socketpair(AF_UNIX, fills[i].type | SOCK_NONBLOCK, 0, fd), 0);
		while ((n = send(fd[0], data, fills[i].write, 0)) > 0)
			bytes += (uint64_t)n;
		assert_int_equal(bytes, fills[i].bytes);
		assert_int_equal(kernel_outq(fd[0]), fills[i].outq);
		close(fd[0]);
		close(fd[1]);
	}
}

/* The queue is charged buffer by buffer however it is read. */
static void charge_goes_when_a_buffer_is_read_to_its_end(void **state)
{
	struct sim_sock *pair[2];
	struct unix_host h;
	char b[64];

	(void)state;
	unix_host_init(&h);
	unix_pair_of(&h, SOCK_STREAM, pair);
	for (unsigned len = 1; len <= 20; len++)
		assert_int_equal(unix_send(&h, pair[0], data, len, 0), len);
	assert_int_equal(pair[0]->wmem_bytes, 20 * 768);
	assert_int_equal(unix_recv(&h, pair[1], b, 2, 0), 2); /* 1 of 1, 1 of 2 */
	assert_int_equal(pair[0]->wmem_bytes, 19 * 768);
	assert_int_equal(unix_recv(&h, pair[1], b, 4, 0), 4); /* the rest of 2, 3 of 3 */
	assert_int_equal(pair[0]->wmem_bytes, 17 * 768);
	assert_int_equal(unix_recv(&h, pair[1], b, 4, MSG_PEEK), 4);
	assert_int_equal(pair[0]->wmem_bytes, 17 * 768);
	unix_close(&h, pair[1]);
	assert_int_equal(pair[0]->wmem_bytes, 0);
	unix_close(&h, pair[0]);
	unix_host_fini(&h);
}

int main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(one_buffer_is_charged_by_bucket_and_page),
		cmocka_unit_test(stream_is_cut_into_buffers),
		cmocka_unit_test(pair_takes_what_the_sndbuf_allows),
		cmocka_unit_test(kernel_charges_the_same),
		cmocka_unit_test(kernel_takes_the_same),
		cmocka_unit_test(charge_goes_when_a_buffer_is_read_to_its_end),
	};

	return cmocka_run_group_tests_name("unix_charge", tests, NULL, NULL);
}
