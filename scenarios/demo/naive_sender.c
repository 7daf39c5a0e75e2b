/* SPDX-License-Identifier: MIT */
/*
 * naive_sender.c - a sender that works on a good day.
 *
 * Owns: naive_send_file(), with the mistakes that send(2) warns of left in on purpose: the result of send()
 * is compared with -1 and with nothing else, an interrupted call is not made again, the answer is read with
 * one recv(), and SIGPIPE is left to kill the process.  Knows plain sockets only.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "scenarios/demo/senders.h"

#include <netdb.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/socket.h>
#include <unistd.h>

#define PIECE_BYTES 1000

static int connect_to(const char *host, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *found;
	int sndbuf_bytes = SENDER_SNDBUF_BYTES, fd;

	if (getaddrinfo(host, port, &hints, &found))
		return -1;
	fd = socket(found->ai_family, found->ai_socktype, found->ai_protocol);
	setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &sndbuf_bytes, sizeof(sndbuf_bytes));
	if (connect(fd, found->ai_addr, found->ai_addrlen)) {
		close(fd);
		fd = -1;
	}
	freeaddrinfo(found);
	return fd;
}

int naive_send_file(const char *host, const char *port, const void *data, size_t len)
{
	const unsigned char *bytes = data;
	unsigned char offset[8] = { 0 };
	size_t at = 0;
	int fd = connect_to(host, port), i;

	if (fd < 0)
		return -1;
	recv(fd, offset, sizeof(offset), 0);
	for (i = 0; i < 8; i++)
		at = at << 8 | offset[i];
	while (at < len) {
		size_t piece = len - at < PIECE_BYTES ? len - at : PIECE_BYTES;

		if (send(fd, bytes + at, piece, 0) == -1)
			perror("naive sender: send");
		at += piece;
	}
	close(fd);
	return 0;
}
