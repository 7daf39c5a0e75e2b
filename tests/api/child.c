/* SPDX-License-Identifier: MIT */
/* See child.h. */
#include "tests/api/child.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

void child_run(struct child *c, void (*fn)(void))
{
	size_t len = 0;
	ssize_t n;
	int fd[2];
	pid_t pid;

	assert_int_equal(pipe(fd), 0);
	fflush(NULL);
	pid = fork();
	assert_true(pid >= 0);
	if (!pid) {
		dup2(fd[1], STDOUT_FILENO);
		dup2(fd[1], STDERR_FILENO);
		close(fd[0]);
		close(fd[1]);
		fn();
		fflush(NULL);
		_exit(0);
	}
	close(fd[1]);
	while (len < sizeof c->text - 1 && (n = read(fd[0], c->text + len, sizeof c->text - 1 - len)) > 0)
		len += (size_t)n;
	c->text[len] = '\0';
	close(fd[0]);
	assert_int_equal(waitpid(pid, &c->status, 0), pid);
}

void assert_child_at(void (*fn)(void), int status, const char *text, const char *file, int line)
{
	static struct child c;

	child_run(&c, fn);
	if (!WIFEXITED(c.status) || WEXITSTATUS(c.status) != status || strcmp(c.text, text) != 0) {
		print_error("status %#x, expected exit %d; printed:\n%s\nexpected:\n%s\n", (unsigned)c.status,
			    status, c.text, text);
		_fail(file, line);
	}
}
