/* SPDX-License-Identifier: MIT */
/*
 * The cells of the matrix: what its dimensions are, which combinations make sense, which of them are taken,
 * and their names. Makes no call on a socket: it is the same list wherever it runs.
 */
#ifndef TESTS_MATRIX_CELLS_H
#define TESTS_MATRIX_CELLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "tests/corpus/drawn.h"

/* X(identifier, text) */
#define MATRIX_STATES(X)                    \
	X(FRESH, "fresh")                   \
	X(BOUND, "bound")                   \
	X(CONNECTING, "connecting")         \
	X(CONNECTED, "connected")           \
	X(PEER_SHUT_WR, "peer-half-closed") \
	X(PEER_SHUT_RD, "peer-shut-read")   \
	X(PEER_CLOSED, "peer-closed")       \
	X(PEER_RESET, "peer-reset")         \
	X(SHUT_READ, "shut-read")           \
	X(SHUT_WRITE, "shut-write")         \
	X(SHUT_BOTH, "shut-both")           \
	X(ERROR_PENDING, "error-pending")   \
	X(LISTENING, "listening")           \
	X(FULL, "full")

#define MATRIX_CALLS(X)         \
	X(SEND, "send")         \
	X(SENDTO, "sendto")     \
	X(SENDMSG, "sendmsg")   \
	X(SENDMMSG, "sendmmsg") \
	X(WRITE, "write")       \
	X(WRITEV, "writev")     \
	X(SENDFILE, "sendfile")

#define MATRIX_SIZES(X)        \
	X(SIZE_0, "0")         \
	X(SIZE_1, "1")         \
	X(SIZE_MSS, "mss")     \
	X(SIZE_BUF, "buf")     \
	X(SIZE_BUF1, "buf+1")  \
	X(SIZE_65507, "65507") \
	X(SIZE_65508, "65508")

#define MATRIX_ADDRS(X)                    \
	X(ADDR_NONE, "none")               \
	X(ADDR_GOOD, "good")               \
	X(ADDR_SHORT, "short")             \
	X(ADDR_FAMILY, "wrong-family")     \
	X(ADDR_UNREACHABLE, "unreachable") \
	X(ADDR_NOBODY, "nobody")           \
	X(ADDR_UNSPEC, "unspec")

#define MATRIX_ENUM(id, text) id,
enum state { MATRIX_STATES(MATRIX_ENUM) NUM_STATES };
enum call { MATRIX_CALLS(MATRIX_ENUM) NUM_CALLS };
enum size { MATRIX_SIZES(MATRIX_ENUM) NUM_SIZES };
enum addr { MATRIX_ADDRS(MATRIX_ENUM) NUM_ADDRS };
#undef MATRIX_ENUM

struct cell {
	enum family family;
	enum state state;
	enum call call;
	unsigned flags;
	enum size size;
	bool blocking;
	enum addr addr;
};

enum { CELL_NAME_BYTES = 160 };

/* "tcp4/connected/sendto/MORE+EOR/mss/block/good" */
void cell_name(const struct cell *c, char name[CELL_NAME_BYTES]);

/* Of the name alone: what a sample is drawn by. */
uint32_t cell_hash(const struct cell *c);

/* Calls visit with each cell that is taken, always in the same order. */
void cells_each(void (*visit)(const struct cell *c));

#endif
