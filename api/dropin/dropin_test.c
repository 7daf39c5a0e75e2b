/* SPDX-License-Identifier: MIT */
/*
 * What only a process whose libc names are ours can show: simulated and real descriptors side by side,
 * threads that are no tasks, numbers, real waits, faults, and a program that was not linked with simsock but
 * preloads it.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "simsock_cmocka.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

/* As <bits/socket2.h> and kin declare them, for a program built with _FORTIFY_SOURCE. */
ssize_t __recv_chk(int fd, void *buf, size_t len, size_t room, int flags);
ssize_t __read_chk(int fd, void *buf, size_t len, size_t room);
int __poll_chk(struct pollfd *fds, nfds_t num, int timeout_ms, size_t room);

static double wall_s(void)
{
	struct stat st;
	int fd = memfd_create("now", MFD_CLOEXEC);

	/* Clocks are virtual here; the kernel stamps files by its own. */
	assert_true(fd >= 0);
	assert_int_equal(write(fd, "x", 1), 1);
	assert_int_equal(fstat(fd, &st), 0);
	close(fd);
	return (double)st.st_mtim.tv_sec + (double)st.st_mtim.tv_nsec / 1e9;
}

static void one_poll_set_holds_both_kinds(void **state)
{
	int sock[2], pipe_fd[2];
	struct pollfd p[2];

	(void)state;
	sim_pair(sock, "tcp");
	assert_int_equal(pipe(pipe_fd), 0);
	p[0] = (struct pollfd){ .fd = sock[1], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = pipe_fd[0], .events = POLLIN };
	assert_int_equal(poll(p, 2, 0), 0);
	assert_int_equal(write(pipe_fd[1], "x", 1), 1);
	assert_int_equal(poll(p, 2, 60000), 1);
	assert_int_equal(p[1].revents, POLLIN);
	assert_int_equal(send(sock[0], "y", 1, 0), 1);
	assert_int_equal(poll(p, 2, -1), 2);
	assert_int_equal(sim_now_ns(), 0);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

static void timeout_on_real_descriptors_alone_is_virtual(void **state)
{
	int pipe_fd[2];
	struct pollfd p;
	double began = wall_s();

	(void)state;
	assert_int_equal(pipe(pipe_fd), 0);
	p = (struct pollfd){ .fd = pipe_fd[0], .events = POLLIN };
	assert_int_equal(poll(&p, 1, 3600 * 1000), 0);
	assert_int_equal(sim_now_ns(), INT64_C(3600) * 1000000000);
	assert_true(wall_s() - began < 60);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

static void *write_later(void *arg)
{
	struct timespec ts = { .tv_nsec = 30000000 };

	nanosleep(&ts, NULL);
	assert_int_equal(write(*(int *)arg, "x", 1), 1);
	return NULL;
}

/* Nothing simulated can happen, but somebody outside may write: that is no dead-lock. */
static void waiting_for_a_real_descriptor_waits_really(void **state)
{
	int sock[2], pipe_fd[2], ep = epoll_create1(0);
	struct epoll_event ev = { .events = EPOLLIN, .data.fd = 7 }, got;
	struct pollfd p[2];
	pthread_t writer;
	char b;

	(void)state;
	sim_pair(sock, "tcp");
	assert_int_equal(pipe(pipe_fd), 0);
	p[0] = (struct pollfd){ .fd = sock[1], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = pipe_fd[0], .events = POLLIN };
	pthread_create(&writer, NULL, write_later, &pipe_fd[1]);
	assert_int_equal(poll(p, 2, -1), 1);
	pthread_join(writer, NULL);
	assert_int_equal(read(pipe_fd[0], &b, 1), 1);

	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_ADD, pipe_fd[0], &ev), 0);
	assert_int_equal(epoll_ctl(ep, EPOLL_CTL_ADD, sock[1], &ev), 0);
	pthread_create(&writer, NULL, write_later, &pipe_fd[1]);
	assert_int_equal(epoll_wait(ep, &got, 1, -1), 1);
	pthread_join(writer, NULL);
	assert_int_equal(got.data.fd, 7);
	assert_int_equal(sim_now_ns(), 0);
	close(ep);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

static void select_takes_both_kinds_and_tells_the_time_left(void **state)
{
	int sock[2], pipe_fd[2];
	struct timeval tv = { .tv_sec = 5 };
	fd_set rd;

	(void)state;
	sim_pair(sock, "unix stream");
	assert_int_equal(pipe(pipe_fd), 0);
	FD_ZERO(&rd);
	FD_SET(sock[0], &rd);
	FD_SET(pipe_fd[0], &rd);
	assert_int_equal(select(64, &rd, NULL, NULL, &tv), 0);
	assert_int_equal(tv.tv_sec, 0);
	assert_false(FD_ISSET(pipe_fd[0], &rd));
	assert_int_equal(write(pipe_fd[1], "x", 1), 1);
	FD_SET(sock[0], &rd);
	FD_SET(pipe_fd[0], &rd);
	tv = (struct timeval){ .tv_sec = 5 };
	assert_int_equal(select(64, &rd, NULL, NULL, &tv), 1);
	assert_true(FD_ISSET(pipe_fd[0], &rd));
	assert_int_equal(tv.tv_sec, 5);
	close(pipe_fd[0]);
	close(pipe_fd[1]);
}

static void numbers_are_the_lowest_free_ones_of_both_kinds(void **state)
{
	int file = open("/dev/null", O_RDONLY), sock = socket(AF_INET, SOCK_STREAM, 0), second;

	(void)state;
	assert_int_equal(sock, file + 1);
	close(file);
	second = socket(AF_INET6, SOCK_DGRAM, 0);
	assert_int_equal(second, file);
	assert_int_equal(open("/dev/null", O_RDONLY), sock + 1);
	close(second);
	close(sock);
	close(sock + 1);
}

static void dup2_goes_from_either_kind_onto_the_other(void **state)
{
	int sock[2], file = open("/dev/null", O_WRONLY), copy;
	struct stat st;
	char b;

	(void)state;
	sim_pair(sock, "tcp");
	copy = dup(file);
	assert_int_equal(dup2(sock[0], copy), copy);
	assert_int_equal(write(copy, "x", 1), 1);
	assert_int_equal(read(sock[1], &b, 1), 1);
	assert_int_equal(dup2(file, copy), copy);
	assert_int_equal(fstat(copy, &st), 0);
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(write(copy, "x", 1), 1);
	assert_int_equal(recv(sock[1], &b, 1, MSG_DONTWAIT), -1);
	close(copy);
	close(file);
}

static void a_range_is_closed_in_both_worlds(void **state)
{
	int first = socket(AF_INET, SOCK_STREAM, 0), file = open("/dev/null", O_RDONLY);
	int last = socket(AF_INET, SOCK_STREAM, 0), again;

	(void)state;
	assert_true(first >= 0 && file == first + 1 && last == first + 2);
	assert_int_equal(close_range((unsigned)first, (unsigned)last, 0), 0);
	for (int fd = first; fd <= last; fd++) {
		assert_int_equal(close(fd), -1);
		assert_int_equal(errno, EBADF);
	}
	/* What reserves the numbers stands outside every range. */
	assert_int_equal(close_range((unsigned)first, ~0u, 0), 0);
	again = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(again, first);
	close(again);
}

static void closing_every_number_leaves_the_simulation_working(void **state)
{
	int fd[2];

	(void)state;
	for (int i = 3; i < 5000; i++)
		close(i);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	assert_int_equal(fd[0], 3);
	close(fd[0]);
	close(fd[1]);
}

static void bad_descriptor_is_explained(void **state)
{
	(void)state;
	assert_int_equal(send(77, "x", 1, 0), -1);
	sim_assert_why(EBADF, "bad-descriptor");
}

static void bad_pointers_are_efault(void **state)
{
	int fd[2];
	char *page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0), b[16];

	(void)state;
	assert_int_equal(munmap(page + 4096, 4096), 0);
	sim_pair(fd, "unix dgram");
	assert_int_equal(send(fd[0], page + 4090, 10, 0), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(recv(fd[1], b, sizeof b, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	assert_int_equal(munmap(page, 4096), 0);
}

static volatile sig_atomic_t num_faults;
static sigjmp_buf after_fault;

static void on_fault(int sig)
{
	(void)sig;
	num_faults++;
	siglongjmp(after_fault, 1);
}

/* The program's own handler of faults, set while the world lives, hears of its own faults alone. */
static void program_may_handle_faults_itself(void **state)
{
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	struct sigaction sa = { .sa_handler = on_fault }, old, got;
	int fd[2];

	(void)state;
	num_faults = 0;
	sim_pair(fd, "tcp");
	assert_int_equal(sigaction(SIGSEGV, &sa, &old), 0);
	assert_int_equal(send(fd[0], page, 1, 0), -1);
	assert_int_equal(errno, EFAULT);
	assert_int_equal(num_faults, 0);
	if (!sigsetjmp(after_fault, 1))
		*(volatile char *)page = 1;
	assert_int_equal(num_faults, 1);
	assert_int_equal(sigaction(SIGSEGV, &old, &got), 0);
	assert_ptr_equal(got.sa_handler, on_fault);
	munmap(page, 4096);
}

static void fortified_calls_are_simulated_too(void **state)
{
	struct pollfd p;
	int fd[2];
	char b[2];

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[0], "xy", 2, 0), 2);
	p = (struct pollfd){ .fd = fd[1], .events = POLLIN };
	assert_int_equal(__poll_chk(&p, 1, -1, sizeof p), 1);
	assert_int_equal(__recv_chk(fd[1], b, 1, sizeof b, 0), 1);
	assert_int_equal(__read_chk(fd[1], b, 1, sizeof b), 1);
}

static void fortified_call_with_too_little_room_ends_the_program(void **state)
{
	int status, fd[2];
	char b[2];
	pid_t pid;

	(void)state;
	sim_pair(fd, "tcp");
	pid = fork();
	if (!pid) {
		signal(SIGABRT, SIG_DFL);
		close(STDERR_FILENO);
		(void)__recv_chk(fd[1], b, 3, sizeof b, 0);
		_exit(0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_true(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static void *try_socket(void *arg)
{
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	*(int *)arg = fd < 0 ? errno : 0;
	return NULL;
}

static void thread_that_is_no_task_gets_no_socket(void **state)
{
	pthread_t thread;
	int err = 0;

	(void)state;
	pthread_create(&thread, NULL, try_socket, &err);
	pthread_join(thread, NULL);
	assert_int_equal(err, EAFNOSUPPORT);
}

static void *try_names(void *arg)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	struct addrinfo *list;
	char host[NI_MAXHOST];
	int *err = arg;

	err[0] = getnameinfo((struct sockaddr *)&a, sizeof a, host, sizeof host, NULL, 0, 0);
	err[1] = getaddrinfo("localhost", NULL, NULL, &list);
	err[2] = gethostbyname("localhost") ? 0 : h_errno;
	/* Of a number no network is asked. */
	err[3] = getnameinfo((struct sockaddr *)&a, sizeof a, host, sizeof host, NULL, 0, NI_NUMERICHOST);
	return NULL;
}

static void thread_that_is_no_task_asks_no_real_name_server(void **state)
{
	int err[4] = { 0, 0, 0, -1 };
	pthread_t thread;

	(void)state;
	pthread_create(&thread, NULL, try_names, err);
	pthread_join(thread, NULL);
	assert_int_equal(err[0], EAI_SYSTEM);
	assert_int_equal(err[1], EAI_SYSTEM);
	assert_int_equal(err[2], NETDB_INTERNAL);
	assert_int_equal(err[3], 0);
}

static void families_that_are_not_simulated_do_not_reach_the_real_network(void **state)
{
	(void)state;
	assert_int_equal(socket(AF_PACKET, SOCK_RAW, 0), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
	assert_int_equal(socket(AF_NETLINK, SOCK_RAW, 0), -1);
	assert_int_equal(errno, EAFNOSUPPORT);
}

static void a_file_is_sent_from_its_place(void **state)
{
	int fd[2], file = memfd_create("file", MFD_CLOEXEC);
	off_t at = 2;
	char b[16];

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(write(file, "0123456789", 10), 10);
	assert_int_equal(sendfile(fd[0], file, &at, 4), 4);
	assert_int_equal(at, 6);
	assert_int_equal(lseek(file, 0, SEEK_SET), 0);
	assert_int_equal(sendfile(fd[0], file, NULL, 100), 10);
	assert_int_equal(lseek(file, 0, SEEK_CUR), 10);
	assert_int_equal(recv(fd[1], b, sizeof b, 0), 14);
	assert_memory_equal(b, "23450123456789", 14);
	close(file);
}

static void clocks_begin_at_fixed_times(void **state)
{
	struct timespec ts;
	struct timeval tv;

	(void)state;
	assert_int_equal(clock_gettime(CLOCK_MONOTONIC, &ts), 0);
	assert_int_equal(ts.tv_sec, 1000);
	assert_int_equal(gettimeofday(&tv, NULL), 0);
	assert_int_equal(tv.tv_sec, 1893456000);
	assert_int_equal(sleep(86400), 0);
	assert_int_equal(time(NULL), 1893456000 + 86400);
}

static void a_loop_that_only_reads_the_clock_ends(void **state)
{
	struct timespec began, now;

	(void)state;
	clock_gettime(CLOCK_MONOTONIC, &began);
	do
		clock_gettime(CLOCK_MONOTONIC, &now);
	while (now.tv_sec < began.tv_sec + 1);
	assert_true(sim_now_ns() >= 1000000000);
}

static bool task_went_on;

static void die_of_sigpipe(void *arg)
{
	(void)arg;
	task_went_on = false;
	for (int fd = 3; fd < 64; fd++) {
		if (shutdown(fd, SHUT_WR) == 0)
			send(fd, "x", 1, 0);
	}
	task_went_on = true;
}

static void spawned_process_dies_of_sigpipe_alone(void **state)
{
	int fd[2];
	char b;

	(void)state;
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, fd), 0);
	sim_spawn("server", die_of_sigpipe, NULL);
	assert_int_equal(recv(fd[1], &b, 1, 0), 0);
	assert_false(task_went_on);
	close(fd[0]);
	close(fd[1]);
}

static void names_are_the_worlds(void **state)
{
	struct addrinfo hints = { .ai_socktype = SOCK_STREAM }, *list;
	struct hostent *h;

	(void)state;
	assert_int_equal(getaddrinfo("server", "80", &hints, &list), 0);
	assert_int_equal(list->ai_family, AF_INET6);
	assert_int_equal(list->ai_next->ai_family, AF_INET);
	assert_null(list->ai_next->ai_next);
	freeaddrinfo(list);
	assert_int_equal(getaddrinfo("www.example.org", "80", &hints, &list), EAI_NONAME);
	h = gethostbyname("SERVER.");
	assert_non_null(h);
	assert_memory_equal(h->h_addr_list[0], "\x0a\x00\x00\x02", 4);
	sim_inject("getaddrinfo:error=EAI_AGAIN:when=1");
	assert_int_equal(getaddrinfo("server", "80", &hints, &list), EAI_AGAIN);
	sim_inject("gethostbyname:error=TRY_AGAIN:when=1");
	assert_null(gethostbyname("server"));
	assert_int_equal(h_errno, TRY_AGAIN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(one_poll_set_holds_both_kinds),
		sim_test(timeout_on_real_descriptors_alone_is_virtual),
		sim_test(waiting_for_a_real_descriptor_waits_really),
		sim_test(select_takes_both_kinds_and_tells_the_time_left),
		sim_test(numbers_are_the_lowest_free_ones_of_both_kinds),
		sim_test(dup2_goes_from_either_kind_onto_the_other),
		sim_test(a_range_is_closed_in_both_worlds),
		sim_test(closing_every_number_leaves_the_simulation_working),
		sim_test(bad_descriptor_is_explained),
		sim_test(bad_pointers_are_efault),
		sim_test(program_may_handle_faults_itself),
		sim_test(fortified_calls_are_simulated_too),
		sim_test(fortified_call_with_too_little_room_ends_the_program),
		sim_test(thread_that_is_no_task_gets_no_socket),
		sim_test(thread_that_is_no_task_asks_no_real_name_server),
		sim_test(families_that_are_not_simulated_do_not_reach_the_real_network),
		sim_test(a_file_is_sent_from_its_place),
		sim_test(clocks_begin_at_fixed_times),
		sim_test(a_loop_that_only_reads_the_clock_ends),
		sim_test(spawned_process_dies_of_sigpipe_alone),
		sim_test(names_are_the_worlds),
	};

	return cmocka_run_group_tests_name("drop-in", tests, NULL, NULL);
}
