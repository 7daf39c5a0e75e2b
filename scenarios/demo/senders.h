/* SPDX-License-Identifier: MIT */
/*
 * senders.h - two ways to send a file over TCP, as people write them.
 *
 * Owns: the two prototypes.  Plain sockets; knows nothing of any simulation.  The receiver's protocol stands
 * in receiver.h.
 */
#ifndef SCENARIOS_DEMO_SENDERS_H
#define SCENARIOS_DEMO_SENDERS_H

#include <stddef.h>

/* The send buffer that both ask for, so that a file does not fit at once. */
#define SENDER_SNDBUF_BYTES 4096

/*
 * naive_send_file: connect, and send in pieces without looking closely at what send() says.  Returns 0 as
 * soon as it has gone through the data, arrived or not; -1 when it could not connect.  May die of SIGPIPE.
 */
int naive_send_file(const char *host, const char *port, const void *data, size_t len);

/*
 * careful_send_file: the same, until the receiver has said that it holds all of it.  Goes on after short
 * sends, EINTR and EAGAIN; connects again after a reset and resumes where the receiver stands.  Returns 0, or
 * -1 with errno when it got no further in several connections.
 */
int careful_send_file(const char *host, const char *port, const void *data, size_t len);

#endif
