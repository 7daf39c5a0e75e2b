/* SPDX-License-Identifier: MIT */
/* Heads of requests: see http.h. What two readers could understand differently is refused: RFC 9112 11.2. */
#include "api/control/http.h"

#include <string.h>

#include "sim/base/str.h"

struct text {
	const char *p;
	size_t len;
};

struct head {
	struct sim_http_request *r;
	unsigned num_hosts;
	bool has_length, has_coding, has_if_range;
};

/* ---- pieces ---- */

static struct text text_of(const char *p, size_t len)
{
	struct text t = { p, len };

	return t;
}

static bool is(struct text t, const char *word)
{
	return t.len == strlen(word) && !memcmp(t.p, word, t.len);
}

static bool is_nocase(struct text t, const char *word)
{
	size_t i;

	for (i = 0; i < t.len && word[i] && sim_to_lower(t.p[i]) == sim_to_lower(word[i]); i++)
		;
	return i == t.len && !word[i];
}

static struct text trim(struct text t)
{
	while (t.len && (t.p[0] == ' ' || t.p[0] == '\t')) {
		t.p++;
		t.len--;
	}
	while (t.len && (t.p[t.len - 1] == ' ' || t.p[t.len - 1] == '\t'))
		t.len--;
	return t;
}

/* Up to `end` or all of it; what is behind `end` stays. */
static struct text cut(struct text *rest, char end)
{
	const char *at = rest->len ? memchr(rest->p, end, rest->len) : NULL;
	struct text t = text_of(rest->p, at ? (size_t)(at - rest->p) : rest->len);
	size_t used = t.len + (at != NULL);

	rest->p += used;
	rest->len -= used;
	return t;
}

static struct text cut_line(struct text *rest)
{
	struct text line = cut(rest, '\n');

	if (line.len && line.p[line.len - 1] == '\r')
		line.len--;
	return line;
}

/* RFC 9110 5.6.2 */
static bool is_token(struct text t)
{
	for (size_t i = 0; i < t.len; i++) {
		char c = t.p[i];

		if (!sim_is_digit(c) && !(sim_to_lower(c) >= 'a' && sim_to_lower(c) <= 'z') &&
		    !(c && strchr("!#$%&'*+-.^_`|~", c)))
			return false;
	}
	return t.len > 0;
}

/* Digits, saturating. */
static bool number(struct text t, uint64_t *value)
{
	*value = 0;
	for (size_t i = 0; i < t.len; i++) {
		unsigned digit = (unsigned)(t.p[i] - '0');

		if (!sim_is_digit(t.p[i]))
			return false;
		*value = *value > (UINT64_MAX - digit) / 10 ? UINT64_MAX : *value * 10 + digit;
	}
	return t.len > 0;
}

static int hex(char c)
{
	if (sim_is_digit(c))
		return c - '0';
	c = sim_to_lower(c);
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

size_t sim_http_head_len(const char *text, size_t len)
{
	struct text rest = text_of(text, len);
	bool begun = false;

	while (rest.len && memchr(rest.p, '\n', rest.len)) {
		struct text line = cut_line(&rest);

		if (!line.len && begun)
			return len - rest.len;
		begun |= line.len > 0;
	}
	return 0;
}

bool sim_http_chunk_size(const char *line, size_t len, uint64_t *size)
{
	struct text rest = text_of(line, len), digits = trim(cut(&rest, ';'));

	*size = 0;
	for (size_t i = 0; i < digits.len; i++) {
		int digit = hex(digits.p[i]);

		if (digit < 0 || *size >> 60)
			return false;
		*size = *size << 4 | (unsigned)digit;
	}
	return digits.len > 0;
}

/* ---- the target ---- */

/* One segment of the path, percent-encoded, behind what r->path holds: 0 or a status. */
static int add_segment(struct sim_http_request *r, size_t *path_len, struct text in)
{
	char *out = r->path + *path_len;
	size_t room = sizeof r->path - *path_len, n = 0;

	for (size_t i = 0; i < in.len; i++) {
		int c = (unsigned char)in.p[i];

		if (c == '%') {
			int high = i + 2 < in.len ? hex(in.p[i + 1]) : -1;
			int low = high >= 0 ? hex(in.p[i + 2]) : -1;

			if (low < 0)
				return 400;
			c = high << 4 | low;
			i += 2;
		}
		/* A name can hold neither. */
		if (c == '\0' || c == '/')
			return 400;
		if (n + 2 >= room)
			return 414;
		out[n++] = (char)c;
	}
	out[n++] = '/';
	*path_len += n;
	return 0;
}

/* "." and "..", also when they came percent-encoded: RFC 3986 5.2.4; above the root there is nothing. */
static int resolve_dots(struct sim_http_request *r, size_t *path_len, size_t from)
{
	struct text last = text_of(r->path + from, *path_len - from - 1);

	if (!last.len || is(last, ".")) {
		*path_len = from;
	} else if (is(last, "..")) {
		if (!from)
			return 400;
		for (from--; from && r->path[from - 1] != '/'; from--)
			;
		*path_len = from;
	}
	return 0;
}

static int parse_path(struct sim_http_request *r, struct text path)
{
	size_t len = 0;
	int status = 0;

	r->slash = false;
	while (path.len && !status) {
		size_t from = len;
		struct text segment = cut(&path, '/');
		bool more = segment.p + segment.len < path.p;

		status = add_segment(r, &len, segment);
		if (status)
			break;
		r->slash = more || len - from == 1 || is(text_of(r->path + from, len - from), "./") ||
			   is(text_of(r->path + from, len - from), "../");
		status = resolve_dots(r, &len, from);
	}
	r->path[len ? len - 1 : 0] = '\0';
	r->slash |= !len;
	return status;
}

/* RFC 9112 3.2: origin-form, absolute-form; the others are for methods that files do not have. */
static int parse_target(struct sim_http_request *r, struct text target)
{
	struct text path;

	if (target.len > 7 && is_nocase(text_of(target.p, 7), "http://")) {
		struct text rest = text_of(target.p + 7, target.len - 7);
		const char *slash = memchr(rest.p, '/', rest.len);

		target = slash ? text_of(slash, rest.len - (size_t)(slash - rest.p)) : text_of("/", 1);
	}
	path = cut(&target, '?');
	if (path.len && path.p[0] == '/')
		return parse_path(r, text_of(path.p + 1, path.len - 1));
	return r->method == SIM_HTTP_OTHER ? 0 : 400;
}

/* ---- the first line ---- */

static int parse_method(struct sim_http_request *r, struct text word)
{
	static const char *const others[] = {
		"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "CONNECT", "TRACE"
	};

	if (is(word, "GET"))
		r->method = SIM_HTTP_GET;
	else if (is(word, "HEAD"))
		r->method = SIM_HTTP_HEAD;
	else
		r->method = SIM_HTTP_OTHER;
	if (r->method != SIM_HTTP_OTHER)
		return 0;
	for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
		if (is(word, others[i]))
			return 0;
	return is_token(word) ? 501 : 400;
}

static int parse_version(struct sim_http_request *r, struct text v)
{
	if (v.len != 8 || memcmp(v.p, "HTTP/", 5) != 0 || !sim_is_digit(v.p[5]) || v.p[6] != '.' ||
	    !sim_is_digit(v.p[7]))
		return 400;
	if (v.p[5] != '1')
		return 505;
	r->is_1_0 = v.p[7] == '0';
	r->keep_alive = !r->is_1_0;
	return 0;
}

static int parse_first_line(struct sim_http_request *r, struct text line)
{
	struct text method = cut(&line, ' '), target = cut(&line, ' ');
	int status = parse_version(r, line);

	if (!status)
		status = parse_method(r, method);
	if (!status && !target.len)
		status = 400;
	return status ? status : parse_target(r, target);
}

/* ---- fields: each answers 0 or a status ---- */

static int take_host(struct head *h, struct text value)
{
	(void)value;
	return h->num_hosts++ ? 400 : 0;
}

static int take_length(struct head *h, struct text value)
{
	uint64_t n;

	if (!number(value, &n) || n == UINT64_MAX || (h->has_length && n != h->r->body_bytes))
		return 400;
	h->has_length = true;
	h->r->body_bytes = n;
	return 0;
}

/* RFC 9112 6.1: only "chunked" is understood. */
static int take_coding(struct head *h, struct text value)
{
	if (!is_nocase(value, "chunked"))
		return 501;
	if (h->has_coding || h->r->is_1_0)
		return 400;
	h->has_coding = h->r->chunked = true;
	return 0;
}

static int take_connection(struct head *h, struct text value)
{
	bool close = false, keep = false;

	while (value.len) {
		struct text word = trim(cut(&value, ','));

		close |= is_nocase(word, "close");
		keep |= is_nocase(word, "keep-alive");
	}
	if (close)
		h->r->keep_alive = false;
	else if (keep && h->r->is_1_0)
		h->r->keep_alive = true;
	return 0;
}

static int take_expect(struct head *h, struct text value)
{
	h->r->expects |= is_nocase(value, "100-continue");
	return 0;
}

/* RFC 9110 14.2: a range that cannot be understood, and several, are as none. */
static int take_range(struct head *h, struct text value)
{
	struct text unit = cut(&value, '='), first = cut(&value, '-');
	struct sim_http_request *r = h->r;

	r->range = SIM_HTTP_WHOLE;
	value = trim(value);
	first = trim(first);
	if (!is_nocase(unit, "bytes"))
		return 0;
	if (!first.len) {
		if (number(value, &r->last))
			r->range = SIM_HTTP_SUFFIX;
		return 0;
	}
	if (!number(first, &r->first))
		return 0;
	if (!value.len)
		r->last = UINT64_MAX;
	else if (!number(value, &r->last) || r->last < r->first)
		return 0;
	r->range = SIM_HTTP_FROM_TO;
	return 0;
}

/* There are no validators, so that none can match: RFC 9110 13.1.5. */
static int take_if_range(struct head *h, struct text value)
{
	(void)value;
	h->has_if_range = true;
	return 0;
}

static const struct {
	const char *name;
	int (*take)(struct head *h, struct text value);
} fields[] = {
	{ "Host", take_host },
	{ "Content-Length", take_length },
	{ "Connection", take_connection },
	{ "Transfer-Encoding", take_coding },
	{ "Expect", take_expect },
	{ "Range", take_range },
	{ "If-Range", take_if_range },
};

/* RFC 9112 5.1: no blank before the colon; 5.2: no line that goes on. */
static int parse_field(struct head *h, struct text line)
{
	struct text value = line, name = cut(&value, ':');

	if (name.len == line.len || !is_token(name) || memchr(line.p, '\0', line.len))
		return 400;
	for (size_t i = 0; i < sizeof fields / sizeof fields[0]; i++)
		if (is_nocase(name, fields[i].name))
			return fields[i].take(h, trim(value));
	return 0;
}

int sim_http_parse(const char *head, size_t len, struct sim_http_request *r)
{
	struct text rest = text_of(head, len), line;
	struct head h = { .r = r };
	int status;

	memset(r, 0, sizeof *r);
	do
		line = cut_line(&rest);
	while (!line.len && rest.len);
	status = parse_first_line(r, line);
	while (!status && rest.len) {
		line = cut_line(&rest);
		if (line.len)
			status = parse_field(&h, line);
	}
	if (status)
		return status;
	/* RFC 9112 3.2 and 6.1 */
	if ((!r->is_1_0 && !h.num_hosts) || (h.has_length && h.has_coding))
		return 400;
	if (h.has_if_range || r->method != SIM_HTTP_GET)
		r->range = SIM_HTTP_WHOLE;
	return 0;
}
