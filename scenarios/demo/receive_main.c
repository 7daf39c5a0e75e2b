/* SPDX-License-Identifier: MIT */
/*
 * receive_main.c - the receiver as a program: receive PORT BYTES OUTPUT [RESET_AT].
 *
 * Owns: the command line and the output file.  An ordinary program over real sockets: it ends when it holds
 * BYTES bytes, and with RESET_AT cuts the connection once, at that many.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "scenarios/demo/receiver.h"

static size_t count_of(const char *text)
{
	char *end;
	unsigned long long n = strtoull(text, &end, 10);

	if (!*text || *end || *text == '-' || !n) {
		fprintf(stderr, "receive: expected a number of bytes above 0, got \"%s\"\n", text);
		exit(2);
	}
	return (size_t)n;
}

static int write_file(const char *path, const struct receiver *r)
{
	FILE *f = fopen(path, "wb");
	size_t written;

	if (!f)
		return -1;
	written = fwrite(r->data, 1, r->len, f);
	return fclose(f) || written != r->len ? -1 : 0;
}

int main(int argc, char **argv)
{
	struct receiver r = { 0 };
	int listener;

	if (argc != 4 && argc != 5) {
		fprintf(stderr, "usage: receive PORT BYTES OUTPUT [RESET_AT]\n");
		return 2;
	}
	r.cap = r.enough_bytes = count_of(argv[2]);
	r.reset_at_bytes = argc == 5 ? count_of(argv[4]) : 0;
	r.data = malloc(r.cap);
	listener = r.data ? receiver_listen(NULL, argv[1]) : -1;
	if (listener < 0 || receiver_serve(listener, &r) || write_file(argv[3], &r)) {
		fprintf(stderr, "receive: %s\n", strerror(errno));
		return 1;
	}
	printf("%zu bytes in %u connections, %u cut\n", r.len, r.num_connections, r.num_cut);
	close(listener);
	free(r.data);
	return 0;
}
