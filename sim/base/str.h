/* SPDX-License-Identifier: MIT */
/* Text built into a buffer of fixed size: never overruns, always terminated, remembers that it was cut short.
 */
#ifndef SIM_BASE_STR_H
#define SIM_BASE_STR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>

struct sim_str {
	char *buf;
	size_t cap_bytes; /* > 0, with the terminator */
	size_t len;
	bool truncated;
};

static inline struct sim_str sim_str_on(char *buf, size_t cap_bytes)
{
	struct sim_str s = { buf, cap_bytes, 0, false };

	buf[0] = '\0';
	return s;
}

void sim_str_printf(struct sim_str *s, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void sim_str_vprintf(struct sim_str *s, const char *fmt, va_list ap) __attribute__((format(printf, 2, 0)));
void sim_str_add(struct sim_str *s, const char *text);
void sim_str_add_len(struct sim_str *s, const char *text, size_t len);
void sim_str_copy(char *to, size_t cap_bytes, const char *from); /* cut to fit, always terminated */

/* As the C locale has them, whatever the program's is. */
static inline bool sim_is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static inline bool sim_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static inline char sim_to_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

#endif
