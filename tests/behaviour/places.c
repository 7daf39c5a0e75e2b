/* SPDX-License-Identifier: MIT */
/*
 * What is for files and pipes, of sockets and epoll sets: pread(2), pwrite(2), preadv2(2), splice(2), tee(2),
 * vmsplice(2), copy_file_range(2).
 */
#include "tests/behaviour/behaviour.h"

#include <sys/epoll.h>

/* An address that nothing has; volatile, so that no compiler warns of it. */
static void *volatile nowhere = (void *)8;

TEST(offsets_are_espipe)
{
	char b[8] = "";
	struct iovec v = { b, sizeof(b) };
	int sv[2], ep = epoll_create1(0);

	unix_pair(SOCK_STREAM, sv);
	assert_fails(pread(sv[0], b, sizeof(b), 0), ESPIPE);
	assert_fails(pread(sv[0], nowhere, sizeof(b), 0), ESPIPE);
	assert_fails(pread(sv[0], b, 0, 0), ESPIPE);
	assert_fails(pread(ep, b, sizeof(b), 0), ESPIPE);
	assert_fails(pwrite(sv[0], b, sizeof(b), 0), ESPIPE);
	assert_fails(preadv(sv[0], &v, 1, 0), ESPIPE);
	assert_fails(preadv(sv[0], &v, 0, 0), ESPIPE);
	assert_fails(pwritev(sv[0], &v, 1, 0), ESPIPE);
	assert_fails(preadv2(sv[0], &v, 1, 0, RWF_NOWAIT), ESPIPE);
	assert_fails(pwritev2(sv[0], &v, 1, 0, 0), ESPIPE);
	close_pair(sv);
	assert_ok(close(ep));
}

TEST(negative_offsets_are_einval_before_anything_else)
{
	char b[8] = "";
	struct iovec v = { b, sizeof(b) };
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(pread(fd, b, sizeof(b), -1), EINVAL);
	assert_fails(pwrite(fd, b, sizeof(b), -1), EINVAL);
	assert_fails(preadv(fd, &v, 1, -1), EINVAL);
	assert_fails(preadv2(fd, &v, 1, -2, 0), EINVAL);
	assert_fails(pread(1000, b, sizeof(b), -1), EINVAL);
	assert_fails(pread(1000, b, sizeof(b), 0), EBADF);
	assert_ok(close(fd));
}

TEST(preadv2_without_an_offset_is_readv)
{
	char a[2], b[3];
	struct iovec v[2] = { { a, sizeof(a) }, { b, sizeof(b) } };
	int sv[2];

	unix_pair(SOCK_STREAM, sv);
	assert_fails(preadv2(sv[0], v, 2, -1, RWF_NOWAIT), EAGAIN);
	assert_fails(preadv2(sv[0], v, 2, -1, RWF_NOWAIT | RWF_HIPRI), EAGAIN);
	v[0] = piece("ab", 2);
	v[1] = piece("cde", 3);
	assert_int_equal(pwritev2(sv[1], v, 2, -1, 0), 5);
	v[0] = (struct iovec){ a, sizeof(a) };
	v[1] = (struct iovec){ b, sizeof(b) };
	assert_int_equal(preadv2(sv[0], v, 2, -1, 0), 5);
	assert_memory_equal(a, "ab", 2);
	assert_memory_equal(b, "cde", 3);
	close_pair(sv);
}

TEST(pwritev2_takes_the_flags_of_files_without_effect)
{
	static const int flags[] = { RWF_APPEND, RWF_DSYNC, RWF_SYNC, RWF_NOWAIT, RWF_HIPRI };
	struct iovec v = piece("x", 1);
	int sv[2];

	unix_pair(SOCK_STREAM, sv);
	for (size_t i = 0; i < sizeof(flags) / sizeof(flags[0]); i++)
		assert_int_equal(pwritev2(sv[0], &v, 1, -1, flags[i]), 1);
	assert_fails(pwritev2(sv[0], &v, 1, -1, 0x40), EOPNOTSUPP);
	assert_fails(preadv2(sv[0], &v, 1, -1, 0x4000), EOPNOTSUPP);
	discard(sv[1], 5);
	close_pair(sv);
}

TEST(pwritev2_with_nowait_does_not_wait)
{
	struct iovec v = piece("x", 1);
	int sv[2];

	unix_pair(SOCK_STREAM, sv);
	fill(sv[0], 4096);
	assert_fails(pwritev2(sv[0], &v, 1, -1, RWF_NOWAIT), EAGAIN);
	close_pair(sv);
}

TEST(splice_of_two_sockets_is_einval)
{
	off_t at = 0;
	int sv[2], p[2], ep = epoll_create1(0);

	unix_pair(SOCK_STREAM, sv);
	assert_ok(pipe(p));
	assert_fails(splice(sv[0], NULL, sv[1], NULL, 8, 0), EINVAL);
	assert_fails(splice(sv[0], &at, p[1], NULL, 8, 0), EINVAL);
	assert_fails(splice(p[0], NULL, ep, NULL, 8, SPLICE_F_NONBLOCK), EINVAL);
	assert_fails(splice(sv[0], NULL, p[1], NULL, 8, 0x100), EINVAL);
	assert_fails(splice(sv[0], NULL, 1000, NULL, 8, 0), EBADF);
	assert_int_equal(splice(sv[0], NULL, p[1], NULL, 0, 0), 0);
	close_pair(sv);
	close_pair(p);
	assert_ok(close(ep));
}

TEST(tee_is_for_pipes)
{
	int sv[2], p[2];

	unix_pair(SOCK_STREAM, sv);
	assert_ok(pipe(p));
	assert_fails(tee(sv[0], sv[1], 8, 0), EINVAL);
	assert_fails(tee(sv[0], p[1], 8, 0), EINVAL);
	assert_fails(tee(p[0], sv[0], 8, 0), EINVAL);
	assert_fails(tee(sv[0], p[1], 8, 0x100), EINVAL);
	assert_fails(tee(sv[0], 1000, 8, 0), EBADF);
	assert_int_equal(tee(sv[0], p[1], 0, 0), 0);
	close_pair(sv);
	close_pair(p);
}

TEST(vmsplice_is_for_pipes)
{
	struct iovec v = piece("x", 1);
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_fails(vmsplice(fd, &v, 1, 0), EBADF);
	assert_fails(vmsplice(fd, &v, 1, 0x100), EINVAL);
	assert_int_equal(vmsplice(fd, &v, 0, 0), 0);
	assert_ok(close(fd));
}

TEST(copy_file_range_is_for_files)
{
	off_t at = 0;
	FILE *f = tmpfile();
	int sv[2];

	assert_non_null(f);
	unix_pair(SOCK_STREAM, sv);
	assert_fails(copy_file_range(sv[0], NULL, sv[1], NULL, 8, 0), EINVAL);
	assert_fails(copy_file_range(sv[0], NULL, fileno(f), NULL, 8, 0), EINVAL);
	assert_fails(copy_file_range(fileno(f), NULL, sv[0], NULL, 8, 0), EINVAL);
	assert_fails(copy_file_range(fileno(f), &at, sv[0], &at, 0, 0), EINVAL);
	assert_fails(copy_file_range(fileno(f), NULL, sv[0], NULL, 8, 1), EINVAL);
	close_pair(sv);
	assert_ok(fclose(f));
}

TEST(lseek_is_espipe_of_a_socket_and_0_of_a_set)
{
	int fd = new_socket(AF_INET, SOCK_STREAM), ep = epoll_create1(0);

	assert_fails(lseek(fd, 0, SEEK_SET), ESPIPE);
	assert_fails(lseek(fd, 0, 5), EINVAL);
	assert_int_equal(lseek(ep, 3, SEEK_CUR), 0);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(offsets_are_espipe),
	DUAL_TEST(negative_offsets_are_einval_before_anything_else),
	DUAL_TEST(preadv2_without_an_offset_is_readv),
	DUAL_TEST(pwritev2_takes_the_flags_of_files_without_effect),
	DUAL_TEST(pwritev2_with_nowait_does_not_wait),
	DUAL_TEST(splice_of_two_sockets_is_einval),
	DUAL_TEST(tee_is_for_pipes),
	DUAL_TEST(vmsplice_is_for_pipes),
	DUAL_TEST(copy_file_range_is_for_files),
	DUAL_TEST(lseek_is_espipe_of_a_socket_and_0_of_a_set),
};

BEHAVIOUR_MAIN("places", tests)
