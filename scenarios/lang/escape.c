/* SPDX-License-Identifier: MIT */
/* Escapes, read: see escape.h. Must not know what they stand in. */
#include "scenarios/lang/escape.h"

#include <limits.h>
#include <stdbool.h>
#include <string.h>

static bool is_hex(char c)
{
	return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
}

static unsigned hex_value(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)((c | 0x20) - 'a' + 10);
}

/* The one after a backslash, for those that stand for one other. -1: none. */
static int simple_escape(char c)
{
	static const char from[] = "rntabfve\\\"; ";
	static const char to[] = "\r\n\t\a\b\f\v\033\\\"; ";
	const char *at = c ? strchr(from, c) : NULL;

	return at ? (unsigned char)to[at - from] : -1;
}

static bool is_octal(char c)
{
	return c >= '0' && c <= '7';
}

int sim_escape_parse(struct sim_slice in, unsigned char *out, size_t *len, struct sim_diag *d)
{
	const char *t = sim_slice_text(in);
	unsigned value = 0;
	int simple;

	if (in.len == 0)
		return sim_diag_at(d, in.src, in.at - 1,
				   "a backslash with nothing behind it: write \\\\ for one");
	simple = simple_escape(t[0]);
	*len = 1;
	if (simple >= 0) {
		*out = (unsigned char)simple;
		return 0;
	}
	if (t[0] == 'x') {
		if (in.len < 3 || !is_hex(t[1]) || !is_hex(t[2]))
			return sim_diag_at(d, in.src, in.at - 1,
					   "\\x needs two hexadecimal digits, such as \\x0d");
		*out = (unsigned char)(hex_value(t[1]) << 4 | hex_value(t[2]));
		*len = 3;
		return 0;
	}
	if (!is_octal(t[0]))
		return sim_diag_at(d, in.src, in.at - 1,
				   "unknown escape \"\\%c\" (escapes: \\r \\n \\t \\0 \\\\ \\\" \\; \\xHH)",
				   t[0]);
	for (*len = 0; *len < 3 && *len < in.len && is_octal(t[*len]); (*len)++)
		value = value * 8 + (unsigned)(t[*len] - '0');
	if (value > UCHAR_MAX)
		return sim_diag_at(d, in.src, in.at - 1,
				   "\\" SIM_SLICE_FMT " is no byte: octal escapes end at \\377",
				   SIM_SLICE_ARG(sim_slice_sub(in, 0, *len)));
	*out = (unsigned char)value;
	return 0;
}
