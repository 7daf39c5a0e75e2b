/* SPDX-License-Identifier: MIT */
/* A mistake of a user of the control API, made in a child process, and the message that it must be told by.
 */
#ifndef TESTS_API_MISTAKE_H
#define TESTS_API_MISTAKE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/wait.h>

#include <cmocka.h>

#include "simsock.h"
#include "tests/api/child.h"

/* The message behind the place; it must be the whole output. */
static inline void mistake_check(void (*fn)(void), const char *expected)
{
	static struct child c;
	static const char mark[] = ": simsock: ";
	char *text;

	child_run(&c, fn);
	text = strstr(c.text, mark);
	if (!text || !WIFEXITED(c.status) || WEXITSTATUS(c.status) != SIM_EXIT_MISTAKE)
		fail_msg("status %#x, printed: %s", (unsigned)c.status, c.text);
	text += strlen(mark);
	text[strlen(text) - 1] = '\0'; /* the newline */
	assert_string_equal(text, expected);
}

/* Runs the statement in a fresh world of a child process. What it prints begins with "FILE:LINE: simsock: ".
 */
#define MISTAKE(name, statement, expected)             \
	static void name##_child(void)                 \
	{                                              \
		sim_world_new(1);                      \
		statement;                             \
	}                                              \
	static void name(void **state)                 \
	{                                              \
		(void)state;                           \
		mistake_check(name##_child, expected); \
	}

#endif
