/* SPDX-License-Identifier: MIT */
/*
 * The head of an HTTP request, fed with anything. Where it ends does not depend on what follows; a path that
 *is accepted stays in the folder, whatever it was made of.
 *
 *	clang -g -fsanitize=fuzzer,address,undefined -iquote . tests/fuzz/http_fuzz.c tests/support/fatal.c \
 *		sim/base/str.c api/control/http.c
 */
#include <stdlib.h>
#include <string.h>

#include "api/control/http.h"
#include "sim/base/assert.h"
#include "tests/fuzz/fuzz.h"

static void check_path(const char *path)
{
	SIM_ASSERT(strlen(path) < SIM_HTTP_PATH_BYTES);
	if (!*path)
		return;
	SIM_ASSERT(path[0] != '/' && path[strlen(path) - 1] != '/');
	while (path) {
		const char *slash = strchr(path, '/');
		size_t len = slash ? (size_t)(slash - path) : strlen(path);

		SIM_ASSERT(len && !(len == 1 && path[0] == '.') && !(len == 2 && !memcmp(path, "..", 2)));
		path = slash ? slash + 1 : NULL;
	}
}

static void check_request(const struct sim_http_request *r)
{
	check_path(r->path);
	SIM_ASSERT(*r->path || r->slash || r->method == SIM_HTTP_OTHER);
	SIM_ASSERT(!r->chunked || !r->body_bytes);
	SIM_ASSERT(r->range != SIM_HTTP_FROM_TO || r->first <= r->last);
	SIM_ASSERT(r->range == SIM_HTTP_WHOLE || r->method == SIM_HTTP_GET);
}

const char *const sim_fuzz_seeds[] = {
	"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
	"\r\nGET /a%20b/./c/../%2e%2e//d?q HTTP/1.1\nHost: x\nConnection: close, keep-alive\n\n",
	"HEAD http://host/a/.. HTTP/1.0\r\nConnection: keep-alive\r\nRange: bytes=0-1\r\n\r\n",
	"GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=-500\r\nIf-Range: x\r\n\r\n",
	"GET /a HTTP/1.1\r\nHost: x\r\nRange: bytes=10-\r\n\r\nGET /b HTTP/1.1\r\n",
	"POST /x HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\nExpect: 100-continue\r\n\r\n",
	"PUT * HTTP/1.1\r\nHost: x\r\nContent-Length: 18446744073709551615\r\n\r\n",
	"1aF; ext=1\r\n",
	NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct sim_http_request *r = malloc(sizeof *r);
	char *text = malloc(size ? size : 1); /* of just that size: a byte more that is read is seen */
	size_t len;
	uint64_t chunk;

	memcpy(text, data, size);
	len = sim_http_head_len(text, size);
	SIM_ASSERT(len <= size && (!len || sim_http_head_len(text, len) == len));
	if (!sim_http_parse(text, len ? len : size, r))
		check_request(r);
	(void)sim_http_chunk_size(text, size, &chunk);
	free(text);
	free(r);
	return 0;
}
