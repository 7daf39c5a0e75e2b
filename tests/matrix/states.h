/* SPDX-License-Identifier: MIT */
/* The states of the matrix: sockets made anew for each cell, brought where the call finds them. */
#ifndef TESTS_MATRIX_STATES_H
#define TESTS_MATRIX_STATES_H

#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "tests/matrix/cells.h"

union place {
	struct sockaddr_storage ss;
	struct sockaddr sa;
	struct sockaddr_in in;
	struct sockaddr_in6 in6;
	struct sockaddr_un un;
};

/* The sockets of a cell; -1: there is none. */
struct ends {
	int self;     /* what the call is made on */
	int peer;     /* what it is connected to, if that is open */
	int good;     /* whom the good address names: a listener if the type has one */
	int other[2]; /* what only has to be there */
	union place good_at;
	socklen_t good_len;
};

/* How long a blocking call may take before it says EAGAIN (SO_SNDTIMEO). */
enum { SEND_TIMEOUT_MS = 4 };

void ends_make(struct ends *e, const struct cell *c);
void ends_close(struct ends *e);

/* The address that the call is given; its length, 0: none. */
socklen_t place_of(union place *p, const struct ends *e, const struct cell *c);

/* Nothing here may fail: says where it did, and ends the program. */
#define must(condition) ((condition) ? (void)0 : must_failed(#condition, __FILE__, __LINE__))
void must_failed(const char *what, const char *file, int line) __attribute__((noreturn));
/* For must_failed(). */
extern const char *cell_at_work;

#endif
