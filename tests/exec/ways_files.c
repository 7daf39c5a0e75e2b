/* SPDX-License-Identifier: MIT */
/*
 * Sockets behind stdio, beside files, pipes, eventfd, timerfd and signalfd, and as files of /proc/self/fd and
 * of the file system. On the kernel and under `simsock exec`. Plain calls only.
 */
#include "tests/behaviour/behaviour.h"

#include <dirent.h>
#include <stdarg.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/select.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

static void expect(int fd, const char *text)
{
	char got[128] = "";
	size_t len = strlen(text), done = 0;

	while (done < len) {
		ssize_t n = recv(fd, got + done, len - done, 0);

		assert_true(n > 0);
		done += (size_t)n;
	}
	assert_string_equal(got, text);
}

static int say(FILE *f, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vfprintf(f, fmt, ap);
	va_end(ap);
	return n;
}

/* ---- stdio ---- */

TEST(stdio_writes_to_a_socket)
{
	int fd[2];
	FILE *f;

	tcp_pair(fd);
	f = fdopen(fd[0], "w");
	assert_non_null(f);
	assert_int_equal(fprintf(f, "%d\n", 1), 2);
	assert_int_equal(say(f, "%s", "two\n"), 4);
	assert_true(fputs("three\n", f) >= 0);
	assert_int_equal(fputc('4', f), '4');
	assert_int_equal(fwrite("56", 1, 2, f), 2);
	assert_int_equal(ready(fd[1], POLLIN), 0); /* it is in the buffer */
	assert_ok(fflush(f));
	expect(fd[1], "1\ntwo\nthree\n456");
	assert_int_equal(dprintf(fd[0], "%05d", 42), 5);
	expect(fd[1], "00042");
	assert_ok(fclose(f));
	assert_int_equal(read(fd[1], &(char){ 0 }, 1), 0);
	assert_ok(close(fd[1]));
}

TEST(stdio_reads_from_a_socket)
{
	int fd[2];
	char line[16] = "", *grown = NULL;
	size_t cap = 0;
	FILE *f;

	tcp_pair(fd);
	f = fdopen(fd[1], "r");
	assert_int_equal(send(fd[0], "one\ntwo\nthree", 13, 0), 13);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_string_equal(line, "one\n");
	assert_int_equal(getline(&grown, &cap, f), 4);
	assert_string_equal(grown, "two\n");
	assert_int_equal(fgetc(f), 't');
	assert_ok(shutdown(fd[0], SHUT_WR));
	memset(line, 0, sizeof(line));
	assert_int_equal(fread(line, 1, 10, f), 4);
	assert_string_equal(line, "hree");
	assert_true(feof(f));
	assert_false(ferror(f));
	free(grown);
	assert_ok(fclose(f));
	assert_ok(close(fd[0]));
}

TEST(stdio_reads_and_writes_one_socket)
{
	int fd[2], a, b;
	FILE *f;

	unix_pair(SOCK_STREAM, fd);
	f = fdopen(fd[0], "r+");
	assert_int_equal(fprintf(f, "%d %d\n", 7, 8), 4);
	assert_ok(fflush(f));
	expect(fd[1], "7 8\n");
	assert_int_equal(send(fd[1], "9 10\n", 5, 0), 5);
	assert_int_equal(fscanf(f, "%d %d", &a, &b), 2);
	assert_int_equal(a * 100 + b, 910);
	assert_ok(fclose(f));
	assert_ok(close(fd[1]));
}

static FILE *with_buffering(int fd, int mode)
{
	static char room[256]; /* libc writes through what is shorter than 128 */
	FILE *f = fdopen(dup(fd), "w");

	assert_non_null(f);
	assert_ok(setvbuf(f, mode == _IONBF ? NULL : room, mode, sizeof(room)));
	return f;
}

TEST(every_buffering_of_stdio)
{
	int fd[2];
	FILE *f;

	unix_pair(SOCK_STREAM, fd);
	f = with_buffering(fd[0], _IONBF);
	assert_int_equal(fputc('a', f), 'a');
	expect(fd[1], "a");
	assert_ok(fclose(f));
	f = with_buffering(fd[0], _IOLBF);
	assert_true(fputs("bc\n", f) >= 0);
	expect(fd[1], "bc\n");
	assert_ok(fclose(f));
	f = with_buffering(fd[0], _IOFBF);
	assert_true(fputs("d\n", f) >= 0);
	assert_int_equal(ready(fd[1], POLLIN), 0);
	assert_ok(fclose(f));
	expect(fd[1], "d\n");
	close_pair(fd);
}

TEST(stdio_has_the_errors_of_the_socket)
{
	int fd[2];
	FILE *f;

	unix_pair(SOCK_STREAM, fd);
	f = fdopen(fd[0], "w");
	signal(SIGPIPE, SIG_IGN);
	assert_ok(close(fd[1]));
	assert_true(fputs("x", f) >= 0);
	errno = 0;
	assert_int_equal(fflush(f), EOF);
	assert_int_equal(errno, EPIPE);
	assert_true(ferror(f));
	assert_ok(fclose(f));
	signal(SIGPIPE, SIG_DFL);
}

TEST(fclose_gives_the_number_to_a_file)
{
	struct stat st;
	int fd[2], file;
	FILE *f;

	unix_pair(SOCK_STREAM, fd);
	f = fdopen(fd[0], "w");
	assert_ok(fclose(f));
	file = open("/dev/null", O_RDWR);
	assert_int_equal(file, fd[0]);
	assert_ok(fstat(file, &st));
	assert_true(S_ISCHR(st.st_mode));
	assert_int_equal(write(file, "x", 1), 1);
	assert_fails(send(file, "x", 1, 0), ENOTSOCK);
	assert_int_equal(recv(fd[1], &(char){ 0 }, 1, 0), 0);
	assert_ok(close(file));
	assert_ok(close(fd[1]));
}

TEST(freopen_turns_a_socket_into_a_file)
{
	int fd[2];
	FILE *f;

	unix_pair(SOCK_STREAM, fd);
	f = fdopen(fd[0], "w");
	assert_true(fputs("last", f) >= 0);
	f = freopen("/dev/null", "w", f);
	assert_non_null(f);
	assert_true(fputs("lost", f) >= 0);
	expect(fd[1], "last");
	assert_int_equal(recv(fd[1], &(char){ 0 }, 1, 0), 0);
	assert_ok(fclose(f));
	assert_ok(close(fd[1]));
}

TEST(perror_and_printf_onto_a_socket)
{
	int fd[2], err = dup(STDERR_FILENO), out;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(fflush(stdout));
	out = dup(STDOUT_FILENO);
	assert_int_equal(dup2(fd[0], STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(dup2(fd[0], STDOUT_FILENO), STDOUT_FILENO);
	errno = ENOENT;
	perror("here");
	printf("%s\n", "there");
	fflush(stdout);
	assert_int_equal(dup2(err, STDERR_FILENO), STDERR_FILENO);
	assert_int_equal(dup2(out, STDOUT_FILENO), STDOUT_FILENO);
	expect(fd[1], "here: No such file or directory\nthere\n");
	assert_ok(close(err));
	assert_ok(close(out));
	close_pair(fd);
}

/* ---- one set of all kinds ---- */

enum { SOCKET, PIPE, EVENT, SIGNAL, FILE_, NUM_KINDS };

struct mixed {
	int fd[NUM_KINDS];
	int socket, pipe; /* the other ends */
};

static void mixed_open(struct mixed *m)
{
	int s[2], p[2];
	sigset_t set;

	unix_pair(SOCK_STREAM, s);
	assert_ok(pipe(p));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	assert_ok(sigprocmask(SIG_BLOCK, &set, NULL));
	*m = (struct mixed){ { s[0], p[0], eventfd(0, 0), signalfd(-1, &set, 0), -1 }, s[1], p[1] };
	m->fd[FILE_] = open("/proc/self/exe", O_RDONLY);
	for (int i = 0; i < NUM_KINDS; i++)
		assert_true(m->fd[i] >= 0);
}

static void mixed_stir(struct mixed *m)
{
	assert_int_equal(send(m->socket, "s", 1, 0), 1);
	assert_int_equal(write(m->pipe, "p", 1), 1);
	assert_ok(eventfd_write(m->fd[EVENT], 3));
	assert_ok(raise(SIGUSR2));
}

static void mixed_close(struct mixed *m)
{
	struct signalfd_siginfo info;
	eventfd_t value;
	sigset_t set;
	char byte;

	assert_int_equal(read(m->fd[SIGNAL], &info, sizeof(info)), sizeof(info));
	assert_int_equal(info.ssi_signo, SIGUSR2);
	assert_ok(eventfd_read(m->fd[EVENT], &value));
	assert_int_equal(value, 3);
	assert_int_equal(read(m->fd[PIPE], &byte, 1), 1);
	assert_int_equal(byte, 'p');
	assert_int_equal(read(m->fd[SOCKET], &byte, 1), 1);
	assert_int_equal(byte, 's');
	for (int i = 0; i < NUM_KINDS; i++)
		assert_ok(close(m->fd[i]));
	assert_ok(close(m->socket));
	assert_ok(close(m->pipe));
	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	assert_ok(sigprocmask(SIG_UNBLOCK, &set, NULL));
}

TEST(one_poll_of_all_kinds)
{
	struct pollfd p[NUM_KINDS];
	struct mixed m;

	mixed_open(&m);
	for (int i = 0; i < NUM_KINDS; i++)
		p[i] = (struct pollfd){ .fd = m.fd[i], .events = POLLIN };
	assert_int_equal(poll(p, NUM_KINDS, 0), 1); /* a file is always ready */
	assert_int_equal(p[FILE_].revents, POLLIN);
	mixed_stir(&m);
	assert_int_equal(poll(p, NUM_KINDS, 1000), NUM_KINDS);
	for (int i = 0; i < NUM_KINDS; i++)
		assert_int_equal(p[i].revents, POLLIN);
	mixed_close(&m);
}

TEST(one_select_of_all_kinds)
{
	struct timeval none = { 0, 0 };
	struct mixed m;
	fd_set set;
	int max = 0;

	mixed_open(&m);
	FD_ZERO(&set);
	for (int i = 0; i < NUM_KINDS; i++) {
		FD_SET(m.fd[i], &set);
		max = m.fd[i] > max ? m.fd[i] : max;
	}
	mixed_stir(&m);
	assert_int_equal(select(max + 1, &set, NULL, NULL, &none), NUM_KINDS);
	FD_CLR(m.fd[SOCKET], &set);
	assert_int_equal(select(max + 1, NULL, &set, NULL, &none), 2); /* the file, the eventfd */
	assert_true(FD_ISSET(m.fd[EVENT], &set));
	mixed_close(&m);
}

TEST(one_epoll_of_all_kinds)
{
	struct epoll_event e = { .events = EPOLLIN }, got[NUM_KINDS];
	int ep = epoll_create1(0), n;
	unsigned seen = 0;
	struct mixed m;

	mixed_open(&m);
	for (int i = 0; i < FILE_; i++) {
		e.data.u32 = (uint32_t)i;
		assert_ok(epoll_ctl(ep, EPOLL_CTL_ADD, m.fd[i], &e));
	}
	assert_fails(epoll_ctl(ep, EPOLL_CTL_ADD, m.fd[FILE_], &e), EPERM);
	assert_int_equal(epoll_wait(ep, got, NUM_KINDS, 0), 0);
	mixed_stir(&m);
	n = epoll_wait(ep, got, NUM_KINDS, 1000);
	for (int i = 0; i < n; i++)
		seen |= 1u << got[i].data.u32;
	assert_int_equal(seen, (1u << FILE_) - 1);
	mixed_close(&m);
	assert_ok(close(ep));
}

TEST(a_timerfd_among_sockets)
{
	struct itimerspec when = { .it_value = { 0, 5000000 } };
	int fd[2], t = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	struct pollfd p[2];
	uint64_t num = 0;

	unix_pair(SOCK_STREAM, fd);
	p[0] = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = t, .events = POLLIN };
	assert_fails(read(t, &num, sizeof(num)), EAGAIN);
	assert_ok(timerfd_settime(t, 0, &when, NULL));
	assert_int_equal(poll(p, 2, -1), 1);
	assert_int_equal(p[1].revents, POLLIN);
	assert_int_equal(read(t, &num, sizeof(num)), sizeof(num));
	assert_int_equal(num, 1);
	assert_ok(close(t));
	close_pair(fd);
}

static int self_pipe[2];

static void to_self_pipe(int sig)
{
	char byte = (char)sig;

	assert_int_equal(write(self_pipe[1], &byte, 1), 1);
}

TEST(a_handler_wakes_poll_by_a_pipe)
{
	struct sigaction sa = { .sa_handler = to_self_pipe, .sa_flags = SA_RESTART };
	struct pollfd p[2];
	int fd[2], n;
	char byte;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(pipe(self_pipe));
	assert_ok(sigaction(SIGALRM, &sa, NULL));
	p[0] = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	p[1] = (struct pollfd){ .fd = self_pipe[0], .events = POLLIN };
	alarm(1);
	n = poll(p, 2, -1);
	if (n < 0) { /* poll(2) is never begun again */
		assert_int_equal(errno, EINTR);
		n = poll(p, 2, -1);
	}
	assert_int_equal(n, 1);
	assert_int_equal(p[1].revents, POLLIN);
	assert_int_equal(read(self_pipe[0], &byte, 1), 1);
	assert_int_equal(byte, SIGALRM);
	signal(SIGALRM, SIG_DFL);
	close_pair(self_pipe);
	close_pair(fd);
}

/* ---- numbers ---- */

TEST(close_range_closes_a_mixture)
{
	int s[2], p[2], file, e;
	char byte;

	unix_pair(SOCK_STREAM, s);
	assert_ok(pipe(p));
	file = open("/dev/null", O_RDONLY);
	e = eventfd(0, 0);
	assert_int_equal(dup2(s[1], 60), 60);
	assert_ok(close_range((unsigned)s[0], (unsigned)e, 0));
	for (int fd = s[0]; fd <= e; fd++)
		assert_fails(fcntl(fd, F_GETFD), EBADF);
	assert_fails(fcntl(file, F_GETFD), EBADF);
	assert_int_equal(read(60, &byte, 1), 0);
	assert_int_equal(open("/dev/null", O_RDONLY), s[0]);
	assert_ok(close(s[0]));
	assert_ok(close(60));
}

TEST(close_range_marks_a_mixture)
{
	int s[2], p[2];

	unix_pair(SOCK_STREAM, s);
	assert_ok(pipe(p));
	assert_ok(close_range((unsigned)s[0], (unsigned)p[1], 4 /* CLOSE_RANGE_CLOEXEC */));
	for (int fd = s[0]; fd <= p[1]; fd++)
		assert_int_equal(fcntl(fd, F_GETFD), FD_CLOEXEC);
	assert_int_equal(write(s[0], "x", 1), 1);
	close_pair(s);
	close_pair(p);
}

TEST(closefrom_closes_all_above)
{
	int s[2], p[2];

	unix_pair(SOCK_STREAM, s);
	assert_ok(pipe(p));
	assert_int_equal(dup2(s[0], 61), 61);
	closefrom(s[0]);
	assert_fails(fcntl(s[0], F_GETFD), EBADF);
	assert_fails(fcntl(p[1], F_GETFD), EBADF);
	assert_fails(fcntl(61, F_GETFD), EBADF);
	unix_pair(SOCK_STREAM, p);
	assert_int_equal(p[0], s[0]);
	close_pair(p);
}

TEST(closing_every_number_is_what_daemons_do)
{
	int s[2], null;

	unix_pair(SOCK_STREAM, s);
	for (int fd = s[0]; fd < 5000; fd++)
		(void)close(fd);
	null = open("/dev/null", O_RDONLY);
	assert_int_equal(null, s[0]);
	assert_ok(close(null));
	unix_pair(SOCK_STREAM, s);
	assert_int_equal(write(s[0], "x", 1), 1);
	close_pair(s);
}

/* ---- /proc/self/fd ---- */

static bool is_listed(const char *folder, int fd)
{
	DIR *d = opendir(folder);
	const struct dirent *e;
	bool found = false;

	assert_non_null(d);
	while ((e = readdir(d)))
		found |= e->d_name[0] != '.' && atoi(e->d_name) == fd;
	assert_ok(closedir(d));
	return found;
}

static void link_of(int fd, const char *folder, char *text, size_t cap)
{
	char path[64];
	ssize_t n;

	snprintf(path, sizeof(path), "%s/%d", folder, fd);
	n = readlink(path, text, cap - 1);
	assert_true(n > 0);
	text[n] = '\0';
}

TEST(proc_lists_sockets_with_their_inodes)
{
	char text[64], expected[64];
	struct stat st, other;
	int fd[2], ep = epoll_create1(0);

	unix_pair(SOCK_STREAM, fd);
	assert_true(is_listed("/proc/self/fd", fd[0]));
	assert_true(is_listed("/dev/fd", fd[1]));
	assert_ok(fstat(fd[0], &st));
	snprintf(expected, sizeof(expected), "socket:[%lu]", (unsigned long)st.st_ino);
	link_of(fd[0], "/proc/self/fd", text, sizeof(text));
	assert_string_equal(text, expected);
	link_of(fd[0], "/dev/fd", text, sizeof(text));
	assert_string_equal(text, expected);
	link_of(ep, "/proc/self/fd", text, sizeof(text));
	assert_string_equal(text, "anon_inode:[eventpoll]");
	assert_ok(stat("/proc/self/fd/0", &other));
	snprintf(expected, sizeof(expected), "/proc/self/fd/%d", fd[0]);
	assert_ok(stat(expected, &other));
	assert_true(S_ISSOCK(other.st_mode));
	assert_int_equal(other.st_ino, st.st_ino);
	assert_fails(open(expected, O_RDONLY), ENXIO);
	close_pair(fd);
	assert_false(is_listed("/proc/self/fd", fd[1]));
	assert_ok(close(ep));
}

TEST(proc_by_the_number_of_the_process)
{
	char folder[64], text[64], expected[64];
	struct stat st;
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(fstat(fd[0], &st));
	snprintf(expected, sizeof(expected), "socket:[%lu]", (unsigned long)st.st_ino);
	snprintf(folder, sizeof(folder), "/proc/%d/fd", getpid());
	link_of(fd[0], folder, text, sizeof(text));
	assert_string_equal(text, expected);
	close_pair(fd);
}

/* ---- names in the file system ---- */

/* A relative one: that of a test's folder may be longer than a socket's can be. */
static struct sockaddr_un path_of(const char *name)
{
	const char *dir = getenv("TEST_TMPDIR");
	struct sockaddr_un a = { .sun_family = AF_UNIX };

	assert_ok(chdir(dir ? dir : "/tmp"));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s%d", name, getpid());
	return a;
}

static int bound_to(const struct sockaddr_un *a)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_ok(bind(fd, (const struct sockaddr *)a, sizeof(*a)));
	assert_ok(listen(fd, 4));
	return fd;
}

static int reach(const struct sockaddr_un *a)
{
	int fd = new_socket(AF_UNIX, SOCK_STREAM), r = connect(fd, (const void *)a, sizeof(*a)) ? errno : 0;

	assert_ok(close(fd));
	return r;
}

TEST(a_bound_path_is_a_socket_of_the_file_system)
{
	struct sockaddr_un a = path_of("s"), other = path_of("t");
	struct stat st;
	int fd = bound_to(&a);

	assert_ok(stat(a.sun_path, &st));
	assert_true(S_ISSOCK(st.st_mode));
	assert_ok(access(a.sun_path, F_OK));
	assert_ok(lstat(a.sun_path, &st));
	assert_fails(open(a.sun_path, O_RDWR), ENXIO);
	assert_ok(chmod(a.sun_path, 0600));
	assert_ok(stat(a.sun_path, &st));
	assert_int_equal(st.st_mode & 07777, 0600);
	assert_ok(reach(&a));
	assert_ok(rename(a.sun_path, other.sun_path));
	assert_int_equal(reach(&a), ENOENT);
	assert_ok(reach(&other));
	assert_ok(unlink(other.sun_path));
	assert_int_equal(reach(&other), ENOENT);
	assert_fails(stat(other.sun_path, &st), ENOENT);
	assert_ok(close(fd));
}

TEST(a_path_outlives_its_socket)
{
	struct sockaddr_un a = path_of("u");
	int fd = bound_to(&a), again = new_socket(AF_UNIX, SOCK_STREAM);

	assert_ok(close(fd));
	assert_int_equal(reach(&a), ECONNREFUSED);
	assert_fails(bind(again, (struct sockaddr *)&a, sizeof(a)), EADDRINUSE);
	assert_ok(remove(a.sun_path));
	assert_ok(bind(again, (struct sockaddr *)&a, sizeof(a)));
	assert_ok(close(again));
	assert_ok(remove(a.sun_path));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(stdio_writes_to_a_socket),
		cmocka_unit_test(stdio_reads_from_a_socket),
		cmocka_unit_test(stdio_reads_and_writes_one_socket),
		cmocka_unit_test(every_buffering_of_stdio),
		cmocka_unit_test(stdio_has_the_errors_of_the_socket),
		cmocka_unit_test(fclose_gives_the_number_to_a_file),
		cmocka_unit_test(freopen_turns_a_socket_into_a_file),
		cmocka_unit_test(perror_and_printf_onto_a_socket),
		cmocka_unit_test(one_poll_of_all_kinds),
		cmocka_unit_test(one_select_of_all_kinds),
		cmocka_unit_test(one_epoll_of_all_kinds),
		cmocka_unit_test(a_timerfd_among_sockets),
		cmocka_unit_test(a_handler_wakes_poll_by_a_pipe),
		cmocka_unit_test(close_range_closes_a_mixture),
		cmocka_unit_test(close_range_marks_a_mixture),
		cmocka_unit_test(closefrom_closes_all_above),
		cmocka_unit_test(closing_every_number_is_what_daemons_do),
		cmocka_unit_test(proc_lists_sockets_with_their_inodes),
		cmocka_unit_test(proc_by_the_number_of_the_process),
		cmocka_unit_test(a_bound_path_is_a_socket_of_the_file_system),
		cmocka_unit_test(a_path_outlives_its_socket),
	};

	return behaviour_result(cmocka_run_group_tests_name("sockets among files", tests, NULL, NULL));
}
