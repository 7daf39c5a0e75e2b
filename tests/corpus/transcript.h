/* SPDX-License-Identifier: MIT */
/*
 * The transcript of a corpus program: a line a call, made so that two machines that behave alike print the
 * same bytes. Owns how results, errors, addresses and data are written; makes no call on a socket.
 *
 * What differs from run to run is written as a symbol: ports that the system chose by who has them
 * (port-of-7), abstract names that it chose in the order of appearance (@auto#1).
 */
#ifndef TESTS_CORPUS_TRANSCRIPT_H
#define TESTS_CORPUS_TRANSCRIPT_H

#include <stddef.h>
#include <stdint.h>

/* Begins the line of a call that was made: its words, then its result. Right after the call, for errno. */
__attribute__((format(printf, 2, 3))) void said(long result, const char *fmt, ...);
/* More of the line of the last call. */
__attribute__((format(printf, 1, 2))) void also(const char *fmt, ...);
/* The last call's line is over. */
void end_line(void);
/* A handler: the signal is told with the call after which it is seen. */
void count_signal(int sig);

/* FNV-1a: which bytes came, in short. */
uint32_t digest(const void *data, size_t len);

/* Texts that live until the line is written. An address as it was given to, or came back from, a descriptor.
 */
const char *addr_text(int of, const void *addr, size_t len);
const char *msg_text(int flags);
const char *events_text(unsigned events);

#endif
