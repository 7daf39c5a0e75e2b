/* SPDX-License-Identifier: MIT */
/* The cells: see cells.h. */
#include "tests/matrix/cells.h"

#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

/*
 * Of cells with one flag those with one byte to nobody in particular or to a good address are all taken, of
 * the others one in ONE_FLAG; of those with a pair of flags one in TWO_FLAGS.
 */
enum { ONE_FLAG = 12, TWO_FLAGS = 700 };

#define MATRIX_TEXT(id, text) text,
static const char *const state_names[] = { MATRIX_STATES(MATRIX_TEXT) };
static const char *const call_names[] = { MATRIX_CALLS(MATRIX_TEXT) };
static const char *const size_names[] = { MATRIX_SIZES(MATRIX_TEXT) };
static const char *const addr_names[] = { MATRIX_ADDRS(MATRIX_TEXT) };
#undef MATRIX_TEXT

/* By bit: <linux/socket.h>; those without a name in <sys/socket.h> are the kernel's own. */
static const char *const flag_names[32] = {
	"OOB",          "PEEK",
	"DONTROUTE",    "CTRUNC",
	"PROBE",        "TRUNC",
	"DONTWAIT",     "EOR",
	"WAITALL",      "FIN",
	"SYN",          "CONFIRM",
	"RST",          "ERRQUEUE",
	"NOSIGNAL",     "MORE",
	"WAITFORONE",   "SENDPAGE_NOPOLICY",
	"BATCH",        "NO_SHARED_FRAGS",
	"DECRYPTED",    "bit21",
	"bit22",        "bit23",
	"bit24",        "SOCK_DEVMEM",
	"ZEROCOPY",     "SPLICE_PAGES",
	"bit28",        "FASTOPEN",
	"CMSG_CLOEXEC", "CMSG_COMPAT",
};

static size_t append(char *name, size_t at, const char *before, const char *text)
{
	return at + (size_t)snprintf(name + at, CELL_NAME_BYTES - at, "%s%s", before, text);
}

void cell_name(const struct cell *c, char name[CELL_NAME_BYTES])
{
	size_t at = 0;
	const char *before = "/";

	at = append(name, at, "", families[c->family].name);
	at = append(name, at, "/", state_names[c->state]);
	at = append(name, at, "/", call_names[c->call]);
	for (int bit = 0; bit < 32; bit++) {
		if (!(c->flags & 1u << bit))
			continue;
		at = append(name, at, before, flag_names[bit]);
		before = "+";
	}
	if (!c->flags)
		at = append(name, at, "/", "0");
	at = append(name, at, "/", size_names[c->size]);
	at = append(name, at, "/", c->blocking ? "block" : "nonblock");
	append(name, at, "/", addr_names[c->addr]);
}

uint32_t cell_hash(const struct cell *c)
{
	const unsigned parts[] = { c->family, c->state, c->call, c->flags, c->size, c->blocking, c->addr };
	uint64_t h = 0;

	for (unsigned i = 0; i < NUM_OF(parts); i++) {
		h = (h ^ parts[i]) * UINT64_C(0x9e3779b97f4a7c15);
		h ^= h >> 29;
	}
	return (uint32_t)(h >> 16);
}

/* ---- what makes sense ---- */

static bool state_makes_sense(enum family f, enum state s)
{
	bool tcp = f == TCP4 || f == TCP6, udp = f == UDP4 || f == UDP6, dgram = udp || f == UNIX_DGRAM;

	switch (s) {
	case CONNECTING: return tcp; /* connect(2) of Unix sockets is over at once */
	case PEER_RESET: return tcp; /* of Unix streams it is what error-pending is */
	case LISTENING: return !dgram;
	case FULL:
		return !tcp && !udp; /* TIMING: TCP's hangs on acknowledgements; UDP has none on loopback */
	default: return true;
	}
}

static bool takes_flags(enum call call)
{
	return call <= SENDMMSG;
}

static bool takes_address(enum call call)
{
	return call == SENDTO || call == SENDMSG || call == SENDMMSG;
}

static bool is_taken(const struct cell *c)
{
	int num_flags = __builtin_popcount(c->flags);

	if (num_flags == 2)
		return cell_hash(c) % TWO_FLAGS == 0;
	if (num_flags == 1)
		return (c->size == SIZE_1 && c->addr <= ADDR_GOOD) || cell_hash(c) % ONE_FLAG == 0;
	return true;
}

/* ---- all of them ---- */

static void with_flags(struct cell *c, unsigned flags, void (*visit)(const struct cell *c))
{
	c->flags = flags;
	for (c->size = 0; c->size < NUM_SIZES; c->size++)
		for (int blocking = 0; blocking < 2; blocking++)
			for (c->addr = 0; c->addr < (takes_address(c->call) ? NUM_ADDRS : 1); c->addr++) {
				c->blocking = blocking;
				if (is_taken(c))
					visit(c);
			}
}

static void with_call(struct cell *c, void (*visit)(const struct cell *c))
{
	with_flags(c, 0, visit);
	for (int i = 0; takes_flags(c->call) && i < 32; i++) {
		with_flags(c, 1u << i, visit);
		for (int j = 0; j < i; j++)
			with_flags(c, 1u << i | 1u << j, visit);
	}
}

void cells_each(void (*visit)(const struct cell *c))
{
	struct cell c;

	for (c.family = 0; c.family < NUM_FAMILIES; c.family++)
		for (c.state = 0; c.state < NUM_STATES; c.state++) {
			if (!state_makes_sense(c.family, c.state))
				continue;
			for (c.call = 0; c.call < NUM_CALLS; c.call++)
				with_call(&c, visit);
		}
}
