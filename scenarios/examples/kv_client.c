/* SPDX-License-Identifier: MIT */
/*
 * kv_client.c - the client of kv_client.h, with one mistake that no good day shows: see send_parts().
 *
 * Owns: the protocol.  Plain sockets; built with KV_CLIENT_FIXED the mistake is mended, so that the test
 * beside it can be seen to fail and to pass.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "kv_client.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

int kv_open(struct kv *kv, const char *host, const char *port)
{
	struct addrinfo hints = { .ai_family = AF_UNSPEC, .ai_socktype = SOCK_STREAM };
	struct addrinfo *found, *each;
	int fd = -1, saved;

	if (getaddrinfo(host, port, &hints, &found)) {
		errno = EHOSTUNREACH;
		return -1;
	}
	for (each = found; each && fd < 0; each = each->ai_next) {
		fd = socket(each->ai_family, each->ai_socktype | SOCK_CLOEXEC, each->ai_protocol);
		if (fd >= 0 && connect(fd, each->ai_addr, each->ai_addrlen)) {
			saved = errno;
			close(fd);
			errno = saved;
			fd = -1;
		}
	}
	saved = errno;
	freeaddrinfo(found);
	errno = saved;
	if (fd < 0)
		return -1;
	kv_attach(kv, fd);
	return 0;
}

void kv_attach(struct kv *kv, int fd)
{
	kv->fd = fd;
	kv->len = 0;
}

void kv_close(struct kv *kv)
{
	if (kv->fd >= 0)
		close(kv->fd);
	kv->fd = -1;
}

/* A request without a value: one line. */
static int send_line(struct kv *kv, const char *line, size_t len)
{
	while (len) {
		ssize_t sent = send(kv->fd, line, len, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		line += sent;
		len -= (size_t)sent;
	}
	return 0;
}

/* A request with a value: all its parts in one call, so that they share a segment. */
#ifdef KV_CLIENT_FIXED
static int send_parts(struct kv *kv, struct iovec *part, size_t num)
{
	struct msghdr message = { .msg_iov = part, .msg_iovlen = num };

	while (message.msg_iovlen) {
		ssize_t sent = sendmsg(kv->fd, &message, MSG_NOSIGNAL);

		if (sent < 0 && errno == EINTR)
			continue;
		if (sent < 0)
			return -1;
		while (message.msg_iovlen && (size_t)sent >= message.msg_iov->iov_len) {
			sent -= (ssize_t)message.msg_iov->iov_len;
			message.msg_iov++;
			message.msg_iovlen--;
		}
		if (message.msg_iovlen) {
			message.msg_iov->iov_base = (char *)message.msg_iov->iov_base + sent;
			message.msg_iov->iov_len -= (size_t)sent;
		}
	}
	return 0;
}
#else
static int send_parts(struct kv *kv, struct iovec *part, size_t num)
{
	struct msghdr message = { .msg_iov = part, .msg_iovlen = num };
	ssize_t sent;

	do {
		sent = sendmsg(kv->fd, &message, MSG_NOSIGNAL);
	} while (sent < 0 && errno == EINTR);
	return sent < 0 ? -1 : 0; /* the mistake: sendmsg() may take a part and say so */
}
#endif

/* More bytes into the buffer.  0, or -1 with errno; a peer that is gone is ECONNRESET either way. */
static int fill(struct kv *kv)
{
	ssize_t got;

	if (kv->len == sizeof(kv->buf)) {
		errno = EMSGSIZE;
		return -1;
	}
	do {
		got = recv(kv->fd, kv->buf + kv->len, sizeof(kv->buf) - kv->len, 0);
	} while (got < 0 && errno == EINTR);
	if (got == 0)
		errno = ECONNRESET;
	if (got <= 0)
		return -1;
	kv->len += (size_t)got;
	return 0;
}

static void take(struct kv *kv, void *out, size_t len)
{
	if (out)
		memcpy(out, kv->buf, len);
	kv->len -= len;
	memmove(kv->buf, kv->buf + len, kv->len);
}

/* One line, without its CRLF, as a string. */
static int read_line(struct kv *kv, char *line, size_t cap)
{
	char *end;
	size_t len;

	while (!(end = memmem(kv->buf, kv->len, "\r\n", 2)))
		if (fill(kv))
			return -1;
	len = (size_t)(end - kv->buf);
	if (len >= cap) {
		errno = EMSGSIZE;
		return -1;
	}
	take(kv, line, len);
	line[len] = '\0';
	take(kv, NULL, 2);
	return 0;
}

/* `len` bytes, of which the first `cap` are kept. */
static int read_bytes(struct kv *kv, char *out, size_t cap, size_t len)
{
	size_t at = 0;

	while (at < len) {
		size_t now = len - at < kv->len ? len - at : kv->len;

		if (!now) {
			if (fill(kv))
				return -1;
			continue;
		}
		if (at < cap && now > cap - at)
			now = cap - at;
		take(kv, at < cap ? out + at : NULL, now);
		at += now;
	}
	return 0;
}

static int read_ok(struct kv *kv)
{
	char line[128];

	if (read_line(kv, line, sizeof(line)))
		return -1;
	if (!strcmp(line, "OK"))
		return 0;
	errno = strcmp(line, "NONE") ? EPROTO : ENOENT;
	return -1;
}

/* "VERB key" and what follows it, into `line`; its length, or 0 with errno. */
static size_t make_line(char *line, size_t cap, const char *verb, const char *key, const char *rest)
{
	int len;

	if (!*key || strlen(key) > KV_KEY_MAX || strpbrk(key, " \r\n")) {
		errno = EINVAL;
		return 0;
	}
	len = snprintf(line, cap, "%s %s%s\r\n", verb, key, rest);
	return (size_t)len;
}

int kv_set(struct kv *kv, const char *key, const void *value, size_t len)
{
	char line[128], rest[32];
	struct iovec part[3];
	size_t line_len;

	snprintf(rest, sizeof(rest), " %zu", len);
	line_len = make_line(line, sizeof(line), "SET", key, rest);
	if (!line_len)
		return -1;
	part[0] = (struct iovec){ line, line_len };
	part[1] = (struct iovec){ (void *)value, len };
	part[2] = (struct iovec){ (char[]){ "\r\n" }, 2 };
	return send_parts(kv, part, 3) ? -1 : read_ok(kv);
}

ssize_t kv_get(struct kv *kv, const char *key, void *value, size_t cap)
{
	char line[128], crlf[2];
	size_t line_len = make_line(line, sizeof(line), "GET", key, ""), len;

	if (!line_len || send_line(kv, line, line_len) || read_line(kv, line, sizeof(line)))
		return -1;
	if (sscanf(line, "VALUE %zu", &len) != 1) {
		errno = strcmp(line, "NONE") ? EPROTO : ENOENT;
		return -1;
	}
	if (read_bytes(kv, value, cap, len) || read_bytes(kv, crlf, 2, 2))
		return -1;
	return (ssize_t)len;
}

int kv_del(struct kv *kv, const char *key)
{
	char line[128];
	size_t line_len = make_line(line, sizeof(line), "DEL", key, "");

	if (!line_len || send_line(kv, line, line_len))
		return -1;
	return read_ok(kv);
}
