/* SPDX-License-Identifier: MIT */
/* A function run in a child process, and all that it printed: for what ends the process. */
#ifndef TESTS_API_CHILD_H
#define TESTS_API_CHILD_H

#include <stddef.h>

struct child {
	int status; /* as wait(2) tells */
	char text[16384];
};

/* Standard output and error of fn together. When fn returns the child exits with 0. */
void child_run(struct child *c, void (*fn)(void));

/* It ended with this exit status and printed exactly this; fails the cmocka test if not. */
#define assert_child(fn, status, text) assert_child_at(fn, status, text, __FILE__, __LINE__)
void assert_child_at(void (*fn)(void), int status, const char *text, const char *file, int line);

#endif
