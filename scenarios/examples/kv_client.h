/* SPDX-License-Identifier: MIT */
/*
 * kv_client.h - a client for a key-value store that talks in lines.
 *
 *   SET key length CRLF value CRLF   ->  OK CRLF
 *   GET key CRLF                     ->  VALUE length CRLF value CRLF, or NONE CRLF
 *   DEL key CRLF                     ->  OK CRLF, or NONE CRLF
 *
 * Owns: the connection and the protocol.  Plain sockets; knows nothing of any simulation.
 */
#ifndef SCENARIOS_EXAMPLES_KV_CLIENT_H
#define SCENARIOS_EXAMPLES_KV_CLIENT_H

#include <stddef.h>
#include <sys/types.h>

#define KV_KEY_MAX 64

struct kv {
	int fd;
	size_t len; /* bytes of `buf` that were read and not used yet */
	char buf[512];
};

/* kv_open: connect to host and port.  0, or -1 with errno. */
int kv_open(struct kv *kv, const char *host, const char *port);

/* kv_attach: use a connected socket; kv_close will close it. */
void kv_attach(struct kv *kv, int fd);

void kv_close(struct kv *kv);

/* kv_set: 0 when the store has said OK, else -1 with errno. */
int kv_set(struct kv *kv, const char *key, const void *value, size_t len);

/* kv_get: length of the value, of which up to `cap` bytes are in `value`; -1 with errno, ENOENT: no such key.
 */
ssize_t kv_get(struct kv *kv, const char *key, void *value, size_t cap);

/* kv_del: 0, or -1 with errno, ENOENT: no such key. */
int kv_del(struct kv *kv, const char *key);

#endif
