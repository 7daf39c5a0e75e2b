/* SPDX-License-Identifier: MIT */
/*
 * A server of the files of a folder: HTTP/1.1, RFC 9110 and 9112. GET and HEAD, one connection for many
 * requests, single ranges. What it answers depends on the files and on virtual time alone: no Last-Modified
 * and no validator, therefore.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

#include "api/calls/calls.h"
#include "api/control/http.h"
#include "api/control/peer.h"
#include "api/control/peer_files.h"

enum { OUT_BYTES = 32 * 1024, ANSWER_BYTES = 1024 };

/* One connection: what has come and is not read yet, what is written and not sent yet. */
struct http {
	struct sim_peer *p;
	struct sim_task *t;
	int fd;
	bool broken; /* nothing more can be sent, or it would be wrong */
	size_t in_at, in_len;
	size_t out_len;
	struct sim_http_request r;
	char in[SIM_HTTP_HEAD_BYTES];
	char out[OUT_BYTES];
};

/* ---- bytes in and out ---- */

static void flush(struct http *h)
{
	if (h->out_len && !h->broken && !sim_peer_send_all(h->t, h->fd, h->out, h->out_len))
		h->broken = true;
	h->out_len = 0;
}

static void put(struct http *h, const char *p, size_t len)
{
	while (len && !h->broken) {
		size_t n = len < OUT_BYTES - h->out_len ? len : OUT_BYTES - h->out_len;

		memcpy(h->out + h->out_len, p, n);
		h->out_len += n;
		p += n;
		len -= n;
		if (h->out_len == OUT_BYTES)
			flush(h);
	}
}

/* More bytes behind those that are there, which are fewer than fit. What is answered goes first. False: none
 * will come. */
static bool fill(struct http *h)
{
	long n;

	flush(h);
	if (h->in_at) {
		memmove(h->in, h->in + h->in_at, h->in_len);
		h->in_at = 0;
	}
	if (h->broken)
		return false;
	n = sim_peer_receive(h->t, h->fd, h->in + h->in_len, sizeof h->in - h->in_len);
	if (n > 0)
		h->in_len += (size_t)n;
	return n > 0;
}

static void used(struct http *h, size_t len)
{
	h->in_at += len;
	h->in_len -= len;
}

/* ---- bodies that nobody wants ---- */

static bool skip_bytes(struct http *h, uint64_t len)
{
	for (;;) {
		size_t n = len < h->in_len ? (size_t)len : h->in_len;

		used(h, n);
		len -= n;
		if (!len)
			return true;
		if (!fill(h))
			return false;
	}
}

/* A line of a chunked body, without its end, good until the next bytes are asked for. */
static bool read_line(struct http *h, const char **line, size_t *len)
{
	const char *end;

	while (!(end = memchr(h->in + h->in_at, '\n', h->in_len)))
		if (h->in_len == sizeof h->in || !fill(h))
			return false;
	*line = h->in + h->in_at;
	*len = (size_t)(end - *line);
	used(h, *len + 1);
	if (*len && (*line)[*len - 1] == '\r')
		--*len;
	return true;
}

/* RFC 9112 7.1 */
static bool skip_chunks(struct http *h)
{
	const char *line;
	uint64_t size;
	size_t len;

	do {
		if (!read_line(h, &line, &len) || !sim_http_chunk_size(line, len, &size))
			return false;
		if (size && (!skip_bytes(h, size) || !read_line(h, &line, &len) || len))
			return false;
	} while (size);
	do
		if (!read_line(h, &line, &len))
			return false;
	while (len);
	return true;
}

/* False: the connection cannot go on after it. */
static bool skip_body(struct http *h)
{
	if (!h->r.chunked && !h->r.body_bytes)
		return true;
	/* RFC 9110 10.1.1: who expects to be told gets the answer at once, and may keep its body. */
	if (h->r.expects)
		return false;
	return h->r.chunked ? skip_chunks(h) : skip_bytes(h, h->r.body_bytes);
}

/* ---- answers ---- */

static const struct {
	int status;
	const char *text;
} statuses[] = {
	{ 200, "OK" },
	{ 206, "Partial Content" },
	{ 301, "Moved Permanently" },
	{ 400, "Bad Request" },
	{ 403, "Forbidden" },
	{ 404, "Not Found" },
	{ 405, "Method Not Allowed" },
	{ 414, "URI Too Long" },
	{ 416, "Range Not Satisfiable" },
	{ 431, "Request Header Fields Too Large" },
	{ 500, "Internal Server Error" },
	{ 501, "Not Implemented" },
	{ 505, "HTTP Version Not Supported" },
};

static const char *status_text(int status)
{
	size_t i = 0;

	while (statuses[i].status != status)
		i++;
	return statuses[i].text;
}

static const struct {
	const char *ending, *type;
} types[] = {
	{ "html", "text/html; charset=utf-8" },
	{ "htm", "text/html; charset=utf-8" },
	{ "txt", "text/plain; charset=utf-8" },
	{ "md", "text/markdown; charset=utf-8" },
	{ "css", "text/css; charset=utf-8" },
	{ "csv", "text/csv; charset=utf-8" },
	{ "js", "text/javascript; charset=utf-8" },
	{ "mjs", "text/javascript; charset=utf-8" },
	{ "json", "application/json" },
	{ "xml", "application/xml" },
	{ "pdf", "application/pdf" },
	{ "wasm", "application/wasm" },
	{ "gz", "application/gzip" },
	{ "zip", "application/zip" },
	{ "tar", "application/x-tar" },
	{ "png", "image/png" },
	{ "jpg", "image/jpeg" },
	{ "jpeg", "image/jpeg" },
	{ "gif", "image/gif" },
	{ "svg", "image/svg+xml" },
	{ "webp", "image/webp" },
	{ "ico", "image/vnd.microsoft.icon" },
};

static const char *type_of(const char *path)
{
	const char *slash = strrchr(path, '/'), *dot = strrchr(slash ? slash : path, '.');

	for (size_t i = 0; dot && i < sizeof types / sizeof types[0]; i++)
		if (!strcmp(dot + 1, types[i].ending))
			return types[i].type;
	return "application/octet-stream";
}

/* RFC 9110 5.6.7, in virtual time and in no locale. */
static void add_date(struct http *h, struct sim_str *out)
{
	static const char days[7][4] = { "Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat" };
	static const char months[12][4] = { "Jan", "Feb", "Mar", "Apr", "May", "Jun",
					    "Jul", "Aug", "Sep", "Oct", "Nov", "Dec" };
	struct timespec now;
	struct tm tm;

	if (sim_call_clock_gettime(h->t, SIM_CALL_CLOCK_GETTIME, CLOCK_REALTIME, &now) ||
	    !gmtime_r(&now.tv_sec, &tm))
		return;
	sim_str_printf(out, "Date: %s, %02d %s %d %02d:%02d:%02d GMT\r\n", days[tm.tm_wday], tm.tm_mday,
		       months[tm.tm_mon], tm.tm_year + 1900, tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* The head, with `more` lines of its own. */
static void put_head(struct http *h, int status, const char *type, uint64_t num_bytes, const char *more)
{
	char text[ANSWER_BYTES + 4 * SIM_HTTP_PATH_BYTES];
	struct sim_str out = sim_str_on(text, sizeof text);

	sim_str_printf(&out, "HTTP/1.1 %d %s\r\n", status, status_text(status));
	add_date(h, &out);
	sim_str_printf(&out, "Server: simsock\r\nContent-Type: %s\r\nContent-Length: %" PRIu64 "\r\n", type,
		       num_bytes);
	sim_str_add(&out, more);
	if (!h->r.keep_alive)
		sim_str_add(&out, "Connection: close\r\n");
	else if (h->r.is_1_0)
		sim_str_add(&out, "Connection: keep-alive\r\n");
	sim_str_add(&out, "\r\n");
	put(h, text, out.len);
}

static void answer_text(struct http *h, int status, const char *more)
{
	char text[80];
	struct sim_str body = sim_str_on(text, sizeof text);

	sim_str_printf(&body, "%d %s\n", status, status_text(status));
	put_head(h, status, "text/plain; charset=utf-8", body.len, more);
	if (h->r.method != SIM_HTTP_HEAD)
		put(h, text, body.len);
}

/* RFC 3986 2.3: what is not reserved stays as it is. */
static void add_encoded(struct sim_str *out, const char *text)
{
	for (; *text; text++) {
		char c = *text, lower = sim_to_lower(c);

		if (sim_is_digit(c) || (lower >= 'a' && lower <= 'z') || strchr("-._~/", c))
			sim_str_add_len(out, text, 1);
		else
			sim_str_printf(out, "%%%02X", (unsigned char)c);
	}
}

/* A directory has its slash, so that what its pages refer to is found. */
static void answer_moved(struct http *h)
{
	char more[16 + 3 * SIM_HTTP_PATH_BYTES];
	struct sim_str out = sim_str_on(more, sizeof more);

	sim_str_add(&out, "Location: /");
	add_encoded(&out, h->r.path);
	sim_str_add(&out, "/\r\n");
	answer_text(h, 301, more);
}

static void answer_errno(struct http *h, int err)
{
	answer_text(h, err == -EACCES || err == -EPERM ? 403 : 404, "");
}

/* ---- directories ---- */

static void write_escaped(FILE *f, const char *text)
{
	for (; *text; text++) {
		const char *as = *text == '<'   ? "&lt;"
				 : *text == '>' ? "&gt;"
				 : *text == '&' ? "&amp;"
						: NULL;

		if (as)
			fputs(as, f);
		else
			fputc(*text, f);
	}
}

static void write_listing(FILE *f, const char *path, const char *names, size_t len)
{
	fputs("<!DOCTYPE html>\n<title>/", f);
	write_escaped(f, path);
	fputs("</title>\n<ul>\n", f);
	for (const char *name = names; name < names + len; name += strlen(name) + 1) {
		char href[3 * 256 + 8];
		struct sim_str encoded = sim_str_on(href, sizeof href);

		add_encoded(&encoded, name);
		fprintf(f, "<li><a href=\"%s\">", href);
		write_escaped(f, name);
		fputs("</a>\n", f);
	}
	fputs("</ul>\n", f);
}

/* A block of the world's, for it is sent while others run: the world may go meanwhile. */
static char *make_listing(struct http *h, size_t *len)
{
	size_t names_len, text_len = 0;
	char *names = sim_peer_file_names(h->p->root, h->r.path, &names_len), *text = NULL, *copy = NULL;
	FILE *f = names ? open_memstream(&text, &text_len) : NULL;

	if (f) {
		write_listing(f, h->r.path, names, names_len);
		if (!fclose(f))
			copy = sim_peer_copy(h->p->c, text, text_len);
	}
	free(text);
	free(names);
	*len = text_len;
	return copy;
}

static void answer_listing(struct http *h)
{
	size_t len;
	char *text = make_listing(h, &len);

	if (!text) {
		answer_text(h, 403, "");
		return;
	}
	put_head(h, 200, "text/html; charset=utf-8", len, "");
	if (h->r.method != SIM_HTTP_HEAD)
		put(h, text, len);
	sim_arena_free(h->p->c->w->ctx.arena, text, len + 1);
}

/* ---- files ---- */

/* The range that is wanted of so many bytes: false, none of them. */
static bool find_range(const struct sim_http_request *r, uint64_t num_bytes, uint64_t *first, uint64_t *last)
{
	*first = 0;
	*last = num_bytes - 1;
	if (r->range == SIM_HTTP_SUFFIX) {
		if (r->last < num_bytes)
			*first = num_bytes - r->last;
		return num_bytes && r->last;
	}
	if (r->range == SIM_HTTP_FROM_TO) {
		*first = r->first;
		if (r->last < *last)
			*last = r->last;
		return r->first < num_bytes;
	}
	return true;
}

/* Whoever was promised more bytes than there are now learns it by the end of the connection. */
static void put_file(struct http *h, const char *path, const struct sim_peer_file *file, uint64_t at,
		     uint64_t len)
{
	while (len && !h->broken) {
		size_t room = OUT_BYTES - h->out_len;
		long n = sim_peer_file_read(h->p->root, path, file, at, h->out + h->out_len,
					    len < room ? (size_t)len : room);

		if (n <= 0) {
			flush(h);
			h->broken = true;
			return;
		}
		h->out_len += (size_t)n;
		at += (uint64_t)n;
		len -= (uint64_t)n;
		if (h->out_len == OUT_BYTES)
			flush(h);
	}
}

static void answer_file(struct http *h, const char *path, const struct sim_peer_file *file)
{
	uint64_t first, last, size = file->num_bytes;
	bool whole = h->r.range == SIM_HTTP_WHOLE;
	char more[160];
	struct sim_str out = sim_str_on(more, sizeof more);

	if (!find_range(&h->r, size, &first, &last)) {
		sim_str_printf(&out, "Content-Range: bytes */%" PRIu64 "\r\n", size);
		answer_text(h, 416, more);
		return;
	}
	sim_str_add(&out, "Accept-Ranges: bytes\r\n");
	if (!whole)
		sim_str_printf(&out, "Content-Range: bytes %" PRIu64 "-%" PRIu64 "/%" PRIu64 "\r\n", first,
			       last, size);
	put_head(h, whole ? 200 : 206, type_of(path), last - first + 1, more);
	if (h->r.method == SIM_HTTP_GET)
		put_file(h, path, file, first, last - first + 1);
}

static void answer_directory(struct http *h)
{
	char path[SIM_HTTP_PATH_BYTES + 16];
	struct sim_str out = sim_str_on(path, sizeof path);
	struct sim_peer_file file;

	sim_str_printf(&out, "%s%sindex.html", h->r.path, *h->r.path ? "/" : "");
	if (!sim_peer_file_stat(h->p->root, path, &file) && !file.is_dir)
		answer_file(h, path, &file);
	else
		answer_listing(h);
}

static void answer_path(struct http *h)
{
	struct sim_peer_file file;
	int err = sim_peer_file_stat(h->p->root, h->r.path, &file);

	if (err)
		answer_errno(h, err);
	else if (!file.is_dir && h->r.slash)
		answer_errno(h, -ENOENT);
	else if (!file.is_dir)
		answer_file(h, h->r.path, &file);
	else if (!h->r.slash)
		answer_moved(h);
	else
		answer_directory(h);
}

/* ---- requests ---- */

/* The head of a request stands in `in`: its length; 0: the connection ends; -1: it is too long. */
static long read_head(struct http *h)
{
	for (;;) {
		size_t len = sim_http_head_len(h->in + h->in_at, h->in_len);

		if (len)
			return (long)len;
		if (h->in_len == sizeof h->in)
			return -1;
		if (!fill(h))
			return 0;
	}
}

/* One request; false: the connection ends. */
static bool serve_request(struct http *h)
{
	long len = read_head(h);
	int status = len < 0 ? 431 : 0;

	if (!len)
		return false;
	memset(&h->r, 0, offsetof(struct sim_http_request, path));
	if (len > 0) {
		status = sim_http_parse(h->in + h->in_at, (size_t)len, &h->r);
		used(h, (size_t)len);
	}
	if (!status && !skip_body(h)) {
		h->r.keep_alive = false;
		status = h->r.expects ? 0 : 400;
	}
	if (status)
		h->r.keep_alive = false;
	if (status)
		answer_text(h, status, "");
	else if (h->r.method == SIM_HTTP_OTHER)
		answer_text(h, 405, "Allow: GET, HEAD\r\n");
	else
		answer_path(h);
	return h->r.keep_alive && !h->broken;
}

/* RFC 9112 9.6: with bytes unread a close would be a reset, and the last answer be lost. */
static void linger(struct http *h)
{
	flush(h);
	if (h->broken || sim_call_shutdown(h->t, h->fd, SHUT_WR))
		return;
	while (sim_peer_receive(h->t, h->fd, h->in, sizeof h->in) > 0)
		continue;
}

static void http_connection(struct sim_peer *p, struct sim_task *t, int fd)
{
	struct http *h = sim_peer_alloc(p->c, sizeof *h);
	int on = 1;

	h->p = p;
	h->t = t;
	h->fd = fd;
	/* The last piece of an answer shall not wait for the acknowledgement of the one before. */
	(void)sim_call_setsockopt(t, fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
	while (serve_request(h))
		continue;
	linger(h);
	sim_arena_free(p->c->w->ctx.arena, h, sizeof *h);
}

const struct sim_peer_ops sim_peer_http = { "http", http_connection, NULL };
