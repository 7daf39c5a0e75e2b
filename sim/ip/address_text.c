/* SPDX-License-Identifier: MIT */
/* Addresses as text and back: inet_pton(3), inet_ntop(3), RFC 4291 2.2, RFC 5952. Knows no sockets. */
#include <string.h>

#include "sim/base/str.h"
#include "sim/ip/ip.h"

static bool parse_v4(const char *s, uint32_t *out)
{
	uint32_t v = 0;

	for (unsigned part = 0; part < 4; part++) {
		unsigned n = 0, digits = 0;

		for (; *s >= '0' && *s <= '9'; s++) {
			if (digits++ && n == 0)
				return false; /* no leading zeros: they might mean octal */
			n = n * 10 + (unsigned)(*s - '0');
			if (n > 255)
				return false;
		}
		if (!digits || *s != (part < 3 ? '.' : '\0'))
			return false;
		s += part < 3;
		v = v << 8 | n;
	}
	*out = v;
	return true;
}

static int hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* One group of up to four digits; returns where it ends, NULL: none. */
static const char *parse_group(const char *s, uint16_t *group)
{
	unsigned v = 0, digits = 0;

	for (; hex_value(*s) >= 0; s++) {
		if (++digits > 4)
			return NULL;
		v = v << 4 | (unsigned)hex_value(*s);
	}
	*group = (uint16_t)v;
	return digits ? s : NULL;
}

static bool parse_v6(const char *s, struct sim_addr *a)
{
	uint16_t groups[8];
	int num = 0, gap = -1;
	uint32_t v4;

	if (s[0] == ':' && s[1] != ':')
		return false;
	while (*s) {
		const char *end;

		if (s[0] == ':' && s[1] == ':') {
			if (gap >= 0)
				return false;
			gap = num;
			s += 2;
			continue;
		}
		if (num == 8)
			return false;
		if (num <= 6 && parse_v4(s, &v4)) {
			groups[num++] = (uint16_t)(v4 >> 16);
			groups[num++] = (uint16_t)v4;
			break;
		}
		end = parse_group(s, &groups[num++]);
		if (!end || (*end && *end != ':') || (*end == ':' && !end[1]))
			return false;
		s = end;
		if (*s == ':' && s[1] != ':')
			s++;
	}
	if (gap < 0 ? num != 8 : num == 8)
		return false;
	memset(a, 0, sizeof *a);
	for (int i = 0; i < num; i++) {
		int at = gap >= 0 && i >= gap ? 8 - num + i : i;

		a->b[2 * at] = (uint8_t)(groups[i] >> 8);
		a->b[2 * at + 1] = (uint8_t)groups[i];
	}
	return true;
}

bool sim_addr_parse(const char *text, struct sim_addr *a)
{
	uint32_t v4;

	if (parse_v4(text, &v4)) {
		*a = sim_addr_v4(v4);
		return true;
	}
	return parse_v6(text, a);
}

/* The longest run of at least two groups of zero, the first of equals. */
static int longest_zeros(const uint16_t *groups, int *len)
{
	int best = -1;

	*len = 1;
	for (int i = 0; i < 8; i++) {
		int n = 0;

		while (i + n < 8 && !groups[i + n])
			n++;
		if (n > *len) {
			best = i;
			*len = n;
		}
		i += n;
	}
	return best;
}

const char *sim_addr_format(struct sim_addr a, char buf[64])
{
	struct sim_str s = sim_str_on(buf, 64);
	uint16_t groups[8];
	int gap, gap_len;

	if (sim_addr_is_v4(a)) {
		sim_str_printf(&s, "%u.%u.%u.%u", a.b[12], a.b[13], a.b[14], a.b[15]);
		return buf;
	}
	for (int i = 0; i < 8; i++)
		groups[i] = (uint16_t)(a.b[2 * i] << 8 | a.b[2 * i + 1]);
	gap = longest_zeros(groups, &gap_len);
	for (int i = 0; i < 8; i++) {
		if (i == gap) {
			sim_str_add(&s, "::");
			i += gap_len - 1;
			continue;
		}
		sim_str_printf(&s, i && i != gap + gap_len ? ":%x" : "%x", groups[i]);
	}
	return buf;
}
