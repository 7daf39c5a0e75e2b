/* SPDX-License-Identifier: MIT */
/* Bounded text: see str.h. */
#include "sim/base/str.h"

#include <stdio.h>
#include <string.h>

void sim_str_add_len(struct sim_str *s, const char *text, size_t len)
{
	size_t room = s->cap_bytes - 1 - s->len;

	if (len > room) {
		len = room;
		s->truncated = true;
	}
	memcpy(s->buf + s->len, text, len);
	s->len += len;
	s->buf[s->len] = '\0';
}

void sim_str_add(struct sim_str *s, const char *text)
{
	sim_str_add_len(s, text, strlen(text));
}

void sim_str_vprintf(struct sim_str *s, const char *fmt, va_list ap)
{
	size_t room = s->cap_bytes - s->len;
	int n = vsnprintf(s->buf + s->len, room, fmt, ap);

	if (n < 0)
		return;
	if ((size_t)n >= room) {
		s->truncated = true;
		n = (int)(room - 1);
	}
	s->len += (size_t)n;
}

void sim_str_printf(struct sim_str *s, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	sim_str_vprintf(s, fmt, ap);
	va_end(ap);
}

void sim_str_copy(char *to, size_t cap_bytes, const char *from)
{
	struct sim_str s = sim_str_on(to, cap_bytes);

	sim_str_add(&s, from);
}
