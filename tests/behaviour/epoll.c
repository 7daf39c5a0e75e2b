/* SPDX-License-Identifier: MIT */
/*
 * epoll(7): level and edge triggering, one shot, the errors of epoll_ctl(2), nesting, and what duplicates and
 * closing do. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/epoll.h>
#include <sys/mman.h>

static int add(int ep, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e);
}

static int modify(int ep, int fd, uint32_t events)
{
	struct epoll_event e = { .events = events, .data.fd = fd };

	return epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e);
}

static int new_epoll(void)
{
	int ep = epoll_create1(0);

	assert_true(ep >= 0);
	return ep;
}

/* The events of the one descriptor that is ready now; 0 for none. */
static uint32_t one_event(int ep)
{
	struct epoll_event e[4];
	int n = epoll_wait(ep, e, 4, 0);

	assert_in_range(n, 0, 1);
	return n ? e[0].events : 0;
}

/* The same, waiting for it. */
static uint32_t next_event(int ep)
{
	struct epoll_event e[4];

	assert_int_equal(epoll_wait(ep, e, 4, 2000), 1);
	return e[0].events;
}

TEST(level_triggered_reports_as_long_as_it_holds)
{
	char b;
	int fd[2], ep = new_epoll();

	unix_pair(SOCK_STREAM, fd);
	assert_ok(add(ep, fd[0], EPOLLIN));
	assert_int_equal(one_event(ep), 0);
	assert_int_equal(send(fd[1], "ab", 2, 0), 2);
	assert_int_equal(one_event(ep), EPOLLIN);
	assert_int_equal(one_event(ep), EPOLLIN);
	assert_int_equal(recv(fd[0], &b, 1, 0), 1);
	assert_int_equal(one_event(ep), EPOLLIN);
	assert_int_equal(recv(fd[0], &b, 1, 0), 1);
	assert_int_equal(one_event(ep), 0);
	close_pair(fd);
	assert_ok(close(ep));
}

TEST(edge_triggered_reports_once_for_each_arrival)
{
	char b;
	int fd[2], ep = new_epoll();

	unix_pair(SOCK_STREAM, fd);
	assert_ok(add(ep, fd[0], EPOLLIN | EPOLLET));
	assert_int_equal(send(fd[1], "ab", 2, 0), 2);
	assert_int_equal(one_event(ep), EPOLLIN);
	assert_int_equal(one_event(ep), 0);
	assert_int_equal(recv(fd[0], &b, 1, 0), 1);
	assert_int_equal(one_event(ep), 0);
	assert_int_equal(send(fd[1], "c", 1, 0), 1);
	assert_int_equal(one_event(ep), EPOLLIN);
	close_pair(fd);
	assert_ok(close(ep));
}

TEST(edge_triggered_reports_what_holds_when_added)
{
	int fd[2], ep = new_epoll();

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_ok(add(ep, fd[0], EPOLLIN | EPOLLET));
	assert_int_equal(one_event(ep), EPOLLIN);
	assert_int_equal(one_event(ep), 0);
	close_pair(fd);
	assert_ok(close(ep));
}

TEST(edge_triggered_reports_again_when_modified)
{
	int fd[2], ep = new_epoll();

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_ok(add(ep, fd[0], EPOLLIN | EPOLLET));
	assert_int_equal(one_event(ep), EPOLLIN);
	assert_ok(modify(ep, fd[0], EPOLLIN | EPOLLET));
	assert_int_equal(one_event(ep), EPOLLIN);
	assert_int_equal(one_event(ep), 0);
	close_pair(fd);
	assert_ok(close(ep));
}

TEST(two_arrivals_before_a_wait_are_one_edge)
{
	int fd[2], ep = new_epoll();

	unix_pair(SOCK_STREAM, fd);
	assert_ok(add(ep, fd[0], EPOLLIN | EPOLLET));
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(send(fd[1], "y", 1, 0), 1);
	assert_int_equal(one_event(ep), EPOLLIN);
	assert_int_equal(one_event(ep), 0);
	close_pair(fd);
	assert_ok(close(ep));
}

TEST(edge_triggered_writable_returns_when_a_full_tcp_buffer_drains)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd[2], ep = new_epoll();
	size_t taken;

	assert_ok(set_int(listener, SOL_SOCKET, SO_RCVBUF, 8192));
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(set_int(fd[0], SOL_SOCKET, SO_SNDBUF, 8192));
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	assert_ok(add(ep, fd[0], EPOLLOUT | EPOLLET));
	assert_int_equal(one_event(ep), EPOLLOUT);
	taken = fill(fd[0], 4096);
	assert_int_equal(one_event(ep), 0);
	discard(fd[1], taken);
	assert_int_equal(next_event(ep), EPOLLOUT);
	tcp_end(fd);
	assert_ok(close(listener));
	assert_ok(close(ep));
}

TEST(edge_triggered_tcp_reports_data_then_end)
{
	char b[4];
	int fd[2], ep = new_epoll();

	tcp_pair(fd);
	assert_ok(add(ep, fd[0], EPOLLIN | EPOLLRDHUP | EPOLLET));
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(next_event(ep), EPOLLIN);
	assert_int_equal(recv(fd[0], b, sizeof(b), 0), 1);
	assert_ok(shutdown(fd[1], SHUT_WR));
	assert_int_equal(next_event(ep), EPOLLIN | EPOLLRDHUP);
	assert_int_equal(one_event(ep), 0);
	tcp_end(fd);
	assert_ok(close(ep));
}

TEST(one_shot_reports_once_until_modified)
{
	int fd[2], ep = new_epoll();

	unix_pair(SOCK_STREAM, fd);
	assert_ok(add(ep, fd[0], EPOLLIN | EPOLLONESHOT));
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(one_event(ep), EPOLLIN);
	assert_int_equal(one_event(ep), 0);
	assert_int_equal(send(fd[1], "y", 1, 0), 1);
	assert_int_equal(one_event(ep), 0);
	assert_ok(modify(ep, fd[0], EPOLLIN | EPOLLONESHOT));
	assert_int_equal(one_event(ep), EPOLLIN);
	close_pair(fd);
	assert_ok(close(ep));
}

TEST(disarmed_one_shot_hides_a_hangup_too)
{
	int fd[2], ep = new_epoll();

	unix_pair(SOCK_STREAM, fd);
	assert_ok(add(ep, fd[0], EPOLLOUT | EPOLLONESHOT));
	assert_int_equal(one_event(ep), EPOLLOUT);
	assert_ok(close(fd[1]));
	assert_int_equal(one_event(ep), 0);
	assert_ok(close(fd[0]));
	assert_ok(close(ep));
}

TEST(error_and_hangup_need_not_be_asked_for)
{
	int fd[2], ep = new_epoll();

	tcp_pair(fd);
	assert_ok(add(ep, fd[0], 0));
	assert_int_equal(one_event(ep), 0);
	tcp_abort(fd[1]);
	assert_int_equal(next_event(ep), EPOLLERR | EPOLLHUP);
	assert_ok(close(fd[0]));
	assert_ok(close(ep));
}

TEST(data_comes_back_as_it_was_given)
{
	struct epoll_event e = { .events = EPOLLOUT, .data.u64 = 0x0123456789abcdefULL };
	int fd = new_socket(AF_INET, SOCK_DGRAM), ep = new_epoll();

	assert_ok(epoll_ctl(ep, EPOLL_CTL_ADD, fd, &e));
	memset(&e, 0, sizeof(e));
	assert_int_equal(epoll_wait(ep, &e, 1, 0), 1);
	assert_true(e.data.u64 == 0x0123456789abcdefULL);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(modify_changes_events_and_data)
{
	struct epoll_event e = { .events = EPOLLOUT, .data.u32 = 7 };
	int fd = new_socket(AF_INET, SOCK_DGRAM), ep = new_epoll();

	assert_ok(add(ep, fd, EPOLLIN));
	assert_int_equal(one_event(ep), 0);
	assert_ok(epoll_ctl(ep, EPOLL_CTL_MOD, fd, &e));
	memset(&e, 0, sizeof(e));
	assert_int_equal(epoll_wait(ep, &e, 1, 0), 1);
	assert_int_equal(e.data.u32, 7);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(add_twice_is_eexist)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM), ep = new_epoll();

	assert_ok(add(ep, fd, EPOLLIN));
	assert_fails(add(ep, fd, EPOLLOUT), EEXIST);
	assert_int_equal(one_event(ep), 0);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(modify_or_delete_of_what_is_not_there_is_enoent)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM), ep = new_epoll();

	assert_fails(modify(ep, fd, EPOLLIN), ENOENT);
	assert_fails(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL), ENOENT);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(delete_takes_no_event_and_stops_reports)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM), ep = new_epoll();

	assert_ok(add(ep, fd, EPOLLOUT));
	assert_int_equal(one_event(ep), EPOLLOUT);
	assert_ok(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
	assert_int_equal(one_event(ep), 0);
	assert_ok(add(ep, fd, EPOLLOUT));
	assert_int_equal(one_event(ep), EPOLLOUT);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(an_edge_that_met_a_bad_page_is_told_again)
{
	struct epoll_event out[4], edge = { .events = EPOLLIN | EPOLLET };
	unsigned char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int ep = epoll_create1(0), fd[3][2];

	assert_true(page != MAP_FAILED);
	assert_ok(mprotect(page + 4096, 4096, PROT_NONE));
	for (int i = 0; i < 3; i++) {
		unix_pair(SOCK_STREAM, fd[i]);
		edge.data.u32 = (uint32_t)i;
		if (i == 2)
			edge.events = EPOLLIN | EPOLLONESHOT;
		assert_ok(epoll_ctl(ep, EPOLL_CTL_ADD, fd[i][0], &edge));
		assert_int_equal(send(fd[i][1], "x", 1, 0), 1);
	}
	assert_fails(epoll_wait(ep, (void *)(page + 4096), 4, 0), EFAULT);
	assert_int_equal(epoll_wait(ep, (void *)(page + 4096 - sizeof(out[0])), 4, 0), 1);
	assert_int_equal(epoll_wait(ep, out, 4, 0), 2);
	assert_int_equal(out[0].data.u32, 1);
	assert_int_equal(out[1].data.u32, 2);
	assert_int_equal(epoll_wait(ep, out, 4, 0), 0);
	for (int i = 0; i < 3; i++)
		close_pair(fd[i]);
	assert_ok(close(ep));
	assert_ok(munmap(page, 8192));
}

TEST(wrong_descriptors_are_ebadf)
{
	struct epoll_event e;
	int fd = new_socket(AF_INET, SOCK_DGRAM), ep = new_epoll();

	assert_fails(add(ep, 999, EPOLLIN), EBADF);
	assert_fails(add(999, fd, EPOLLIN), EBADF);
	assert_fails(epoll_wait(999, &e, 1, 0), EBADF);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(what_is_no_epoll_is_einval)
{
	struct epoll_event e;
	int fd = new_socket(AF_INET, SOCK_DGRAM), other = new_socket(AF_INET, SOCK_DGRAM);

	assert_fails(add(other, fd, EPOLLIN), EINVAL);
	assert_fails(epoll_wait(other, &e, 1, 0), EINVAL);
	assert_ok(close(fd));
	assert_ok(close(other));
}

TEST(epoll_in_itself_is_einval)
{
	int ep = new_epoll();

	assert_fails(add(ep, ep, EPOLLIN), EINVAL);
	assert_ok(close(ep));
}

TEST(unknown_operation_is_einval)
{
	struct epoll_event e = { .events = EPOLLIN };
	int fd = new_socket(AF_INET, SOCK_DGRAM), ep = new_epoll();

	assert_fails(epoll_ctl(ep, 99, fd, &e), EINVAL);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(regular_file_is_eperm)
{
	char path[64] = "/tmp/behXXXXXX";
	int file = mkstemp(path), ep = new_epoll();

	assert_true(file >= 0);
	assert_ok(unlink(path));
	assert_fails(add(ep, file, EPOLLIN), EPERM);
	assert_ok(close(file));
	assert_ok(close(ep));
}

TEST(event_at_a_wrong_address_is_efault)
{
	void *volatile bad = (void *)8;
	int fd = new_socket(AF_INET, SOCK_DGRAM), ep = new_epoll();

	assert_fails(epoll_ctl(ep, EPOLL_CTL_ADD, fd, NULL), EFAULT);
	assert_fails(epoll_ctl(ep, EPOLL_CTL_ADD, fd, bad), EFAULT);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(exclusive_is_accepted_by_add_and_refused_by_modify)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM), ep = new_epoll();

	assert_fails(add(ep, fd, EPOLLEXCLUSIVE | EPOLLONESHOT), EINVAL);
	assert_ok(add(ep, fd, EPOLLOUT | EPOLLEXCLUSIVE));
	assert_int_equal(one_event(ep), EPOLLOUT);
	assert_fails(modify(ep, fd, EPOLLOUT), EINVAL);
	assert_ok(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL));
	assert_ok(add(ep, fd, EPOLLOUT));
	assert_fails(modify(ep, fd, EPOLLOUT | EPOLLEXCLUSIVE), EINVAL);
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(wrong_maxevents_is_einval)
{
	static const volatile int wrong[] = { 0, -1, INT32_MAX };
	struct epoll_event e;
	int ep = new_epoll();

	for (int i = 0; i < 3; i++)
		assert_fails(epoll_wait(ep, &e, wrong[i], 0), EINVAL);
	assert_ok(close(ep));
}

TEST(create_refuses_wrong_arguments)
{
	int ep;

	assert_fails(epoll_create1(1), EINVAL);
	assert_fails(epoll_create(0), EINVAL);
	assert_fails(epoll_create(-1), EINVAL);
	ep = epoll_create(1);
	assert_true(ep >= 0);
	assert_int_equal(fcntl(ep, F_GETFD), 0);
	assert_ok(close(ep));
	ep = epoll_create1(EPOLL_CLOEXEC);
	assert_int_equal(fcntl(ep, F_GETFD), FD_CLOEXEC);
	assert_ok(close(ep));
}

TEST(maxevents_bounds_the_answer_and_the_rest_follows)
{
	struct epoll_event e[2];
	int fd[5], ep = new_epoll();
	bool seen[5] = { false };

	for (int i = 0; i < 5; i++) {
		struct epoll_event what = { .events = EPOLLOUT, .data.u32 = (uint32_t)i };

		fd[i] = new_socket(AF_INET, SOCK_DGRAM);
		assert_ok(epoll_ctl(ep, EPOLL_CTL_ADD, fd[i], &what));
	}
	for (int round = 0; round < 3; round++) {
		assert_int_equal(epoll_wait(ep, e, 2, 0), 2);
		seen[e[0].data.u32] = true;
		seen[e[1].data.u32] = true;
	}
	for (int i = 0; i < 5; i++) {
		assert_true(seen[i]);
		assert_ok(close(fd[i]));
	}
	assert_ok(close(ep));
}

TEST(ready_descriptors_come_in_the_order_they_became_ready)
{
	struct epoll_event e[4];
	int a[2], b[2], ep = new_epoll();

	unix_pair(SOCK_STREAM, a);
	unix_pair(SOCK_STREAM, b);
	assert_ok(add(ep, a[0], EPOLLIN));
	assert_ok(add(ep, b[0], EPOLLIN));
	assert_int_equal(send(b[1], "x", 1, 0), 1);
	assert_int_equal(send(a[1], "x", 1, 0), 1);
	assert_int_equal(epoll_wait(ep, e, 4, 0), 2);
	assert_int_equal(e[0].data.fd, b[0]);
	assert_int_equal(e[1].data.fd, a[0]);
	close_pair(a);
	close_pair(b);
	assert_ok(close(ep));
}

TEST(closing_the_only_descriptor_removes_it)
{
	int fd[2], ep = new_epoll(), again;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(add(ep, fd[0], EPOLLOUT));
	assert_ok(close(fd[0]));
	assert_int_equal(one_event(ep), 0);
	again = new_socket(AF_INET, SOCK_DGRAM);
	assert_int_equal(again, fd[0]);
	assert_ok(add(ep, again, EPOLLOUT));
	assert_int_equal(one_event(ep), EPOLLOUT);
	assert_ok(close(again));
	assert_ok(close(fd[1]));
	assert_ok(close(ep));
}

TEST(closing_one_duplicate_leaves_it_watched)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM), copy = dup(fd), ep = new_epoll();

	assert_ok(add(ep, fd, EPOLLOUT));
	assert_ok(close(fd));
	assert_int_equal(one_event(ep), EPOLLOUT);
	assert_fails(epoll_ctl(ep, EPOLL_CTL_DEL, fd, NULL), EBADF);
	assert_ok(close(copy));
	assert_int_equal(one_event(ep), 0);
	assert_ok(close(ep));
}

TEST(duplicates_can_be_watched_apart)
{
	struct epoll_event e[4];
	int fd = new_socket(AF_INET, SOCK_DGRAM), copy = dup(fd), ep = new_epoll();

	assert_ok(add(ep, fd, EPOLLOUT));
	assert_ok(add(ep, copy, EPOLLOUT));
	assert_int_equal(epoll_wait(ep, e, 4, 0), 2);
	assert_ok(close(copy));
	assert_ok(close(fd));
	assert_ok(close(ep));
}

TEST(epoll_is_readable_when_it_has_something_to_report)
{
	int fd[2], ep = new_epoll();

	unix_pair(SOCK_STREAM, fd);
	assert_ok(add(ep, fd[0], EPOLLIN));
	assert_int_equal(ready(ep, POLLIN | POLLOUT), 0);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(ready(ep, POLLIN | POLLOUT), POLLIN);
	close_pair(fd);
	assert_ok(close(ep));
}

TEST(nested_epoll_reports_through_the_outer_one)
{
	int fd[2], inner = new_epoll(), outer = new_epoll();

	unix_pair(SOCK_STREAM, fd);
	assert_ok(add(inner, fd[0], EPOLLIN));
	assert_ok(add(outer, inner, EPOLLIN));
	assert_int_equal(one_event(outer), 0);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(one_event(outer), EPOLLIN);
	assert_int_equal(one_event(inner), EPOLLIN);
	close_pair(fd);
	assert_ok(close(inner));
	assert_ok(close(outer));
}

TEST(epolls_that_watch_each_other_are_eloop)
{
	int a = new_epoll(), b = new_epoll();

	assert_ok(add(a, b, EPOLLIN));
	assert_fails(add(b, a, EPOLLIN), ELOOP);
	assert_ok(close(a));
	assert_ok(close(b));
}

TEST(chain_of_more_than_five_epolls_is_eloop)
{
	int ep[7], failed = 0;

	for (int i = 0; i < 7; i++)
		ep[i] = new_epoll();
	for (int i = 0; i < 6 && !failed; i++)
		if (add(ep[i + 1], ep[i], EPOLLIN) < 0) {
			assert_int_equal(errno, ELOOP);
			failed = i + 1;
		}
	assert_in_range(failed, 5, 6);
	for (int i = 0; i < 7; i++)
		assert_ok(close(ep[i]));
}

TEST(pipe_and_socket_share_a_set)
{
	struct epoll_event e[4];
	int p[2], fd[2], ep = new_epoll();

	assert_ok(pipe(p));
	unix_pair(SOCK_STREAM, fd);
	assert_ok(add(ep, p[0], EPOLLIN));
	assert_ok(add(ep, fd[0], EPOLLIN));
	assert_int_equal(epoll_wait(ep, e, 4, 0), 0);
	assert_int_equal(write(p[1], "x", 1), 1);
	assert_int_equal(epoll_wait(ep, e, 4, 1000), 1);
	assert_int_equal(e[0].data.fd, p[0]);
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(epoll_wait(ep, e, 4, 1000), 2);
	close_pair(p);
	close_pair(fd);
	assert_ok(close(ep));
}

TEST(listener_reports_a_waiting_connection)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
	int ep = new_epoll();

	assert_ok(add(ep, listener, EPOLLIN));
	assert_fails(connect4(fd, at), EINPROGRESS);
	assert_int_equal(next_event(ep), EPOLLIN);
	tcp_abort(fd);
	assert_ok(close(listener));
	assert_ok(close(ep));
}

TEST(connecting_socket_reports_completion_by_edge)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd = new_socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK);
	int ep = new_epoll();

	assert_ok(add(ep, fd, EPOLLIN | EPOLLOUT | EPOLLET));
	assert_int_equal(one_event(ep), EPOLLOUT | EPOLLHUP);
	assert_fails(connect4(fd, at), EINPROGRESS);
	assert_int_equal(next_event(ep), EPOLLOUT);
	assert_int_equal(one_event(ep), 0);
	tcp_abort(fd);
	assert_ok(close(listener));
	assert_ok(close(ep));
}

TEST(reading_an_epoll_is_einval)
{
	char b[8];
	int ep = new_epoll();

	assert_fails(read(ep, b, sizeof(b)), EINVAL);
	assert_fails(recv(ep, b, sizeof(b), 0), ENOTSOCK);
	assert_ok(close(ep));
}

TEST(one_socket_in_two_epolls_is_reported_by_both)
{
	int fd[2], a = new_epoll(), b = new_epoll();

	unix_pair(SOCK_STREAM, fd);
	assert_ok(add(a, fd[0], EPOLLIN | EPOLLET));
	assert_ok(add(b, fd[0], EPOLLIN));
	assert_int_equal(send(fd[1], "x", 1, 0), 1);
	assert_int_equal(one_event(a), EPOLLIN);
	assert_int_equal(one_event(b), EPOLLIN);
	close_pair(fd);
	assert_ok(close(a));
	assert_ok(close(b));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(level_triggered_reports_as_long_as_it_holds),
	DUAL_TEST(edge_triggered_reports_once_for_each_arrival),
	DUAL_TEST(edge_triggered_reports_what_holds_when_added),
	DUAL_TEST(edge_triggered_reports_again_when_modified),
	DUAL_TEST(two_arrivals_before_a_wait_are_one_edge),
	DUAL_TEST(edge_triggered_writable_returns_when_a_full_tcp_buffer_drains),
	DUAL_TEST(edge_triggered_tcp_reports_data_then_end),
	DUAL_TEST(one_shot_reports_once_until_modified),
	DUAL_TEST(disarmed_one_shot_hides_a_hangup_too),
	DUAL_TEST(error_and_hangup_need_not_be_asked_for),
	DUAL_TEST(data_comes_back_as_it_was_given),
	DUAL_TEST(modify_changes_events_and_data),
	DUAL_TEST(add_twice_is_eexist),
	DUAL_TEST(modify_or_delete_of_what_is_not_there_is_enoent),
	DUAL_TEST(delete_takes_no_event_and_stops_reports),
	DUAL_TEST(an_edge_that_met_a_bad_page_is_told_again),
	DUAL_TEST(wrong_descriptors_are_ebadf),
	DUAL_TEST(what_is_no_epoll_is_einval),
	DUAL_TEST(epoll_in_itself_is_einval),
	DUAL_TEST(unknown_operation_is_einval),
	DUAL_TEST(regular_file_is_eperm),
	DUAL_TEST(event_at_a_wrong_address_is_efault),
	DUAL_TEST(exclusive_is_accepted_by_add_and_refused_by_modify),
	DUAL_TEST(wrong_maxevents_is_einval),
	DUAL_TEST(create_refuses_wrong_arguments),
	DUAL_TEST(maxevents_bounds_the_answer_and_the_rest_follows),
	DUAL_TEST(ready_descriptors_come_in_the_order_they_became_ready),
	DUAL_TEST(closing_the_only_descriptor_removes_it),
	DUAL_TEST(closing_one_duplicate_leaves_it_watched),
	DUAL_TEST(duplicates_can_be_watched_apart),
	DUAL_TEST(epoll_is_readable_when_it_has_something_to_report),
	DUAL_TEST(nested_epoll_reports_through_the_outer_one),
	DUAL_TEST(epolls_that_watch_each_other_are_eloop),
	DUAL_TEST(chain_of_more_than_five_epolls_is_eloop),
	DUAL_TEST(pipe_and_socket_share_a_set),
	DUAL_TEST(listener_reports_a_waiting_connection),
	DUAL_TEST(connecting_socket_reports_completion_by_edge),
	DUAL_TEST(reading_an_epoll_is_einval),
	DUAL_TEST(one_socket_in_two_epolls_is_reported_by_both),
};

BEHAVIOUR_MAIN("epoll", tests)
