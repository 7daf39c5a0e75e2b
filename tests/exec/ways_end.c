/* SPDX-License-Identifier: MIT */
/*
 * A program that does what its argument says and ends in that way: ways_ends.sh looks at what is left.
 * Plain C.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

/* A connection over which five bytes have gone. */
static void talk(int fd[2])
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(at);
	int listener = socket(AF_INET, SOCK_STREAM, 0);
	char b[5];

	fd[0] = socket(AF_INET, SOCK_STREAM, 0);
	if (bind(listener, (struct sockaddr *)&at, len) || listen(listener, 1) ||
	    getsockname(listener, (struct sockaddr *)&at, &len) ||
	    connect(fd[0], (struct sockaddr *)&at, len))
		exit(99);
	fd[1] = accept(listener, NULL, NULL);
	if (send(fd[0], "hello", 5, 0) != 5 || recv(fd[1], b, 5, MSG_WAITALL) != 5)
		exit(98);
	close(listener);
}

static pthread_mutex_t lock[2] = { PTHREAD_MUTEX_INITIALIZER, PTHREAD_MUTEX_INITIALIZER };

static void *lock_crosswise(void *arg)
{
	int first = arg != NULL;

	pthread_mutex_lock(&lock[first]);
	usleep(1000);
	pthread_mutex_lock(&lock[!first]);
	return NULL;
}

static void *exit_here(void *arg)
{
	exit(*(int *)arg);
}

static void *sleep_on(void *arg)
{
	for (int i = 0; i < 1000000; i++)
		sleep(1000);
	return arg;
}

/* What standard input has, and whether poll(2) told the truth of it. */
static int read_input(void)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };
	char b[64];
	ssize_t n;
	size_t total = 0;

	for (;;) {
		int r = poll(&p, 1, -1);

		printf("poll %d %s%s%s\n", r, p.revents & POLLIN ? "in" : "",
		       p.revents & POLLHUP ? "hup" : "", p.revents & POLLNVAL ? "nval" : "");
		n = read(0, b, sizeof(b));
		if (n <= 0)
			break;
		total += (size_t)n;
		printf("read %zd\n", n);
	}
	printf("end %s, %zu in all\n", n ? strerror(errno) : "of file", total);
	return 0;
}

/* Polls a terminal for a second: how much of it really passed is for the caller to see. */
static int poll_terminal(void)
{
	struct pollfd p = { .fd = 0, .events = POLLIN };
	struct timespec from, to;
	int n;

	clock_gettime(CLOCK_MONOTONIC, &from);
	n = poll(&p, 1, 1000);
	clock_gettime(CLOCK_MONOTONIC, &to);
	printf("%d after %ld ms\n", n,
	       (to.tv_sec - from.tv_sec) * 1000 + (to.tv_nsec - from.tv_nsec) / 1000000);
	return 0;
}

static void spin(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	for (;;)
		poll(&p, 1, 0);
}

static void end_by_thread(const char *how)
{
	static int status = 9;
	pthread_t id[2];

	if (!strcmp(how, "locks")) {
		pthread_create(&id[0], NULL, lock_crosswise, NULL);
		pthread_create(&id[1], NULL, lock_crosswise, &status);
		pthread_join(id[0], NULL);
	} else if (!strcmp(how, "thread-exit")) {
		pthread_create(&id[0], NULL, exit_here, &status);
		pthread_join(id[0], NULL);
	} else if (!strcmp(how, "detached")) {
		pthread_create(&id[0], NULL, sleep_on, NULL);
		pthread_detach(id[0]);
		usleep(1000);
		exit(10);
	} else if (!strcmp(how, "main-leaves")) {
		pthread_create(&id[0], NULL, exit_here, &status);
		pthread_exit(NULL);
	}
}

int main(int argc, char **argv)
{
	const char *how = argc > 1 ? argv[1] : "";
	int fd[2];

	if (!strcmp(how, "input"))
		return read_input();
	if (!strcmp(how, "terminal"))
		return poll_terminal();
	talk(fd);
	if (!strcmp(how, "exit"))
		exit(3);
	if (!strcmp(how, "return"))
		return 4;
	if (!strcmp(how, "_exit"))
		_exit(5);
	if (!strcmp(how, "number"))
		syscall(SYS_exit_group, 6);
	if (!strcmp(how, "abort"))
		abort();
	if (!strcmp(how, "segv"))
		*(volatile int *)8 = 1;
	if (!strcmp(how, "efault-then-segv") && send(fd[0], (void *)8, 1, 0) < 0 && errno == EFAULT)
		*(volatile int *)8 = 1;
	if (!strcmp(how, "fpe"))
		raise(SIGFPE);
	if (!strcmp(how, "kill"))
		kill(getpid(), SIGKILL);
	if (!strcmp(how, "term"))
		for (printf("ready\n"), fflush(stdout);;)
			usleep(1000), kill(getppid(), 0);
	if (!strcmp(how, "alarm"))
		alarm(5), pause();
	if (!strcmp(how, "pipe"))
		shutdown(fd[0], SHUT_WR), send(fd[0], "x", 1, 0);
	if (!strcmp(how, "deadlock"))
		recv(fd[0], &(char){ 0 }, 1, 0);
	if (!strcmp(how, "spin"))
		spin(fd[0]);
	end_by_thread(how);
	return 77;
}
