/* SPDX-License-Identifier: MIT */
/*
 * child.c - running the programs that are measured: as children over pipes, under callgrind, and a floor
 * program with BB_ONLY in its environment.  Must not know: goals, statistics.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tests/bench/child.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#define ANSWER_MAX_MS 60000

static int child_start(struct bench_child *child)
{
	int down[2], up[2];

	/* No child may hold another's pipes: it would never see their end. */
	if (pipe2(down, O_CLOEXEC) || pipe2(up, O_CLOEXEC))
		return -1;
	child->pid = fork();
	if (child->pid < 0)
		return -1;
	if (!child->pid) {
		dup2(down[0], 0);
		dup2(up[1], 1);
		setenv("SIMSOCK_RECORD", "0", 1); /* sockets keep no copy of what they move */
		setenv("SIMSOCK_SPIN", "0", 1);   /* the rows of errors ask again and again on purpose */
		execl(child->path, child->path, (char *)NULL);
		dprintf(1, "err %s: %s\n", child->path, strerror(errno));
		_exit(127);
	}
	close(down[0]);
	close(up[1]);
	child->to = fdopen(down[1], "w");
	child->from = fdopen(up[0], "r");
	return child->to && child->from ? 0 : -1;
}

void bench_child_stop(struct bench_child *child)
{
	if (!child->pid)
		return;
	if (child->to)
		fclose(child->to);
	if (child->from)
		fclose(child->from);
	waitpid(child->pid, NULL, 0);
	child->pid = 0;
	child->to = child->from = NULL;
}

/* It is gone: say with what it went, unless it said so itself. */
static void explain_end(struct bench_child *child)
{
	int status = 0;

	fclose(child->to);
	fclose(child->from);
	child->to = child->from = NULL;
	waitpid(child->pid, &status, 0);
	child->pid = 0;
	if (child->error[0])
		return;
	if (WIFSIGNALED(status))
		snprintf(child->error, sizeof(child->error), "killed: %s", strsignal(WTERMSIG(status)));
	else
		snprintf(child->error, sizeof(child->error), "exited %d without an answer",
			 WEXITSTATUS(status));
}

/* One line answers one line, so nothing lies in the stream's buffer when this is asked. */
static int is_answering(const struct bench_child *child)
{
	struct pollfd p = { .fd = fileno(child->from), .events = POLLIN };
	int ready;

	do {
		ready = poll(&p, 1, ANSWER_MAX_MS);
	} while (ready < 0 && errno == EINTR);
	return ready > 0;
}

int64_t bench_child_run(struct bench_child *child, const char *row, uint64_t n)
{
	char line[256];
	unsigned long long cost;

	child->error[0] = '\0';
	if (!child->pid && child_start(child)) {
		snprintf(child->error, sizeof(child->error), "cannot start it: %s", strerror(errno));
		return -1;
	}
	fprintf(child->to, "run %s %llu\n", row, (unsigned long long)n);
	fflush(child->to);
	if (!is_answering(child)) {
		snprintf(child->error, sizeof(child->error), "no answer in %d s", ANSWER_MAX_MS / 1000);
		kill(child->pid, SIGKILL);
		explain_end(child);
		return -1;
	}
	if (!fgets(line, sizeof(line), child->from)) {
		explain_end(child);
		return -1;
	}
	if (sscanf(line, "ok %llu", &cost) == 1)
		return (int64_t)cost;
	line[strcspn(line, "\n")] = '\0';
	snprintf(child->error, sizeof(child->error), "%s", strncmp(line, "err ", 4) ? line : line + 4);
	bench_child_stop(child);
	return -1;
}

/* Run argv with `env` ("NAME=value", NULL-ended) added; give the last number after `key` in its output. */
static double number_in_output(char *const *argv, char *const *env, const char *key, unsigned skip_fields)
{
	char line[512];
	double number = -1;
	int up[2];
	pid_t pid;
	FILE *from;

	if (pipe(up))
		return -1;
	pid = fork();
	if (pid < 0)
		return -1;
	if (!pid) {
		for (; *env; env++)
			putenv(*env);
		dup2(up[1], 1);
		dup2(up[1], 2);
		close(up[0]);
		close(up[1]);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(up[1]);
	from = fdopen(up[0], "r");
	while (from && fgets(line, sizeof(line), from)) {
		const char *at = strstr(line, key);
		unsigned skip = skip_fields;

		if (!at)
			continue;
		for (at += strlen(key); skip && *at; at++)
			skip -= *at == ',';
		number = strtod(at, NULL);
	}
	if (from)
		fclose(from);
	waitpid(pid, NULL, 0);
	return number;
}

static double instructions(const char *path, const char *row, unsigned n)
{
	char count[16];
	char *argv[] = { (char[]){ "valgrind" },
			 (char[]){ "--tool=callgrind" },
			 (char[]){ "--callgrind-out-file=/dev/null" },
			 (char *)(uintptr_t)path,
			 (char[]){ "once" },
			 (char *)(uintptr_t)row,
			 count,
			 NULL };
	char *env[] = { (char[]){ "SIMSOCK_RECORD=0" }, (char[]){ "SIMSOCK_SPIN=0" }, NULL };

	snprintf(count, sizeof(count), "%u", n);
	return number_in_output(argv, env, "Collected :", 0);
}

double bench_count_instructions(const char *path, const char *row, unsigned n)
{
	double few = instructions(path, row, n), many = instructions(path, row, 3 * n);

	return few < 0 || many < 0 ? -1 : (many - few) / (2.0 * n);
}

double bench_floor_cost(const char *path, const char *name, const char *mode)
{
	char only[96], key[96];
	char *argv[] = { (char *)(uintptr_t)path, NULL };
	char *env[] = { only, NULL };

	snprintf(only, sizeof(only), "BB_ONLY=floor.%s.%s", name, mode);
	snprintf(key, sizeof(key), "floor.%s.%s,", name, mode);
	return number_in_output(argv, env, key, 3); /* wall median, min, max, then processor time */
}
