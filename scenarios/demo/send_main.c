/* SPDX-License-Identifier: MIT */
/*
 * send_main.c - the senders as a program: send naive|careful HOST PORT FILE.
 *
 * Owns: reading the file and saying how it went.  An ordinary program over real sockets.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/demo/senders.h"

static unsigned char *read_file(const char *path, size_t *len)
{
	unsigned char *data = NULL;
	size_t cap = 0, got;
	FILE *f = fopen(path, "rb");

	*len = 0;
	if (!f)
		return NULL;
	do {
		if (*len == cap) {
			unsigned char *more = realloc(data, cap = cap ? 2 * cap : 65536);

			if (!more)
				break;
			data = more;
		}
		got = fread(data + *len, 1, cap - *len, f);
		*len += got;
	} while (got);
	if (ferror(f) || *len == cap) {
		free(data);
		data = NULL;
	}
	fclose(f);
	return data;
}

int main(int argc, char **argv)
{
	unsigned char *data;
	size_t len;
	int status;

	if (argc != 5 || (strcmp(argv[1], "naive") && strcmp(argv[1], "careful"))) {
		fprintf(stderr, "usage: send naive|careful HOST PORT FILE\n");
		return 2;
	}
	data = read_file(argv[4], &len);
	if (!data) {
		fprintf(stderr, "send: %s: %s\n", argv[4], strerror(errno));
		return 2;
	}
	status = (argv[1][0] == 'n' ? naive_send_file : careful_send_file)(argv[2], argv[3], data, len);
	if (status)
		fprintf(stderr, "send: %s:%s: %s\n", argv[2], argv[3], strerror(errno));
	free(data);
	return status ? 1 : 0;
}
