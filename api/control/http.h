/* SPDX-License-Identifier: MIT */
/*
 * The head of an HTTP/1.1 request, read: RFC 9112, and of RFC 9110 what a server of files needs. Owns
 * nothing; must not know a socket or a file.
 */
#ifndef API_CONTROL_HTTP_H
#define API_CONTROL_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum sim_http_method { SIM_HTTP_GET, SIM_HTTP_HEAD, SIM_HTTP_OTHER /* known, but not for files */ };
enum sim_http_range { SIM_HTTP_WHOLE, SIM_HTTP_FROM_TO, SIM_HTTP_SUFFIX };

enum { SIM_HTTP_PATH_BYTES = 2048, SIM_HTTP_HEAD_BYTES = 8192 };

struct sim_http_request {
	enum sim_http_method method;
	bool is_1_0;
	bool keep_alive;
	bool expects; /* 100-continue: its body may never come */
	bool chunked; /* how its body comes; else it has body_bytes */
	uint64_t body_bytes;
	enum sim_http_range range;
	uint64_t first, last; /* last: UINT64_MAX for the end; SUFFIX: of the last `last` bytes */
	bool slash;           /* the path ends with one */
	/* Decoded, relative, without ".", "..", and slashes at either end; "" for the root. */
	char path[SIM_HTTP_PATH_BYTES];
};

/*
 * How long the head is that `text` begins with, its empty line with it; 0: it does not end here. RFC
 * 9112 2.2: a line may end with LF alone.
 */
size_t sim_http_head_len(const char *text, size_t len);

/* 0, or the status to be answered (400, 414, 501, 505): then the connection cannot go on. Empty lines before
 * the request are passed over. */
int sim_http_parse(const char *head, size_t len, struct sim_http_request *r);

/* "1a; ext": a chunk's size. False: it is none. */
bool sim_http_chunk_size(const char *line, size_t len, uint64_t *size);

#endif
