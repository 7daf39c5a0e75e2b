/* SPDX-License-Identifier: MIT */
/*
 * receiver.h - what takes the file.
 *
 * Owns: the protocol, one connection after the other: the receiver says how many bytes it holds (8 bytes,
 * big-endian), takes bytes until the sender ends its side, and says again how many it holds.  A sender that
 * was cut off so learns where to go on.  Plain sockets; knows nothing of any simulation.
 */
#ifndef SCENARIOS_DEMO_RECEIVER_H
#define SCENARIOS_DEMO_RECEIVER_H

#include <stddef.h>

/*
 * struct receiver - the sink, which is the caller's, and when to stop.  Zero what you do not need.
 */
struct receiver {
	unsigned char *data; /* bytes go here; `len` of `cap` hold something */
	size_t cap, len;
	size_t enough_bytes;      /* receiver_serve returns after the connection that reached it; 0: never */
	unsigned connections_max; /* ... or after so many; 0: any number */
	size_t reset_at_bytes;    /* on holding so many, cut the connection with a reset, once; 0: do not */
	unsigned num_connections; /* so far */
	unsigned num_cut;         /* of those, the ones that did not end in order */
};

/* receiver_listen: a listening descriptor on host (NULL: any address) and port; -1 with errno. */
int receiver_listen(const char *host, const char *port);

/* receiver_serve: accept and take, one at a time.  0 when `r` says so, -1 with errno when accept cannot go
 * on. */
int receiver_serve(int listener, struct receiver *r);

#endif
