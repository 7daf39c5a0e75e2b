/* SPDX-License-Identifier: MIT */
/*
 * The script of a peer, as sim_serve() takes it: steps with ";" between, done one after the other.
 *
 *	expect BYTES	reads exactly these bytes; other bytes, or the end of the stream, are the test's
 *failure read N		reads and drops N bytes, whatever they are ("read 64KiB") send BYTES sends
 *these bytes fill N		sends N bytes of a pattern: the nth of one fill is sim_serve_pattern(n) wait
 *SPAN	lets virtual time pass ("wait 50ms")
 *	echo		sends back what it reads, until the peer has shut down its side
 *	discard		reads and drops, until the peer has shut down its side
 *	shutdown	ends its own side (FIN) and can still read
 *	close		closes the connection (FIN; RST if bytes are unread, as Linux does)
 *	rst		resets the connection (SO_LINGER of no time, and close)
 *	accept		takes the next connection from the backlog
 *	loop		the last one: begins again
 *
 * The port listens from the beginning, so that a client can connect whatever the script does. The first step
 *is to take a connection, unless the script says "accept" itself: "wait 1s; rst" resets a second after the
 *connection was taken, "wait 1s; accept; rst" leaves it in the backlog for the first second. After close and
 *rst nothing but accept, wait and loop can follow. "loop" goes on with the connection if it is open both ways
 *still (and passes over the accept), else it closes it and takes the next; when the peer ends the connection
 *just where a round would begin with reading, that is no failure, and the next one is taken. The end of the
 *script leaves the connection open and reads no more.
 *
 * BYTES are text with C's escapes: \r \n \t \0 \a \b \f \v \e \\ \" \; \xHH \ooo, and "\ " for a blank at the
 *edge: blanks at both ends are dropped. In quotes, which then enclose all of it, blanks and ";" stand for
 *themselves: send "a; b ".
 *
 * Owns nothing. Must not know a socket: sim_serve()'s runner does what the steps say.
 */
#ifndef SCENARIOS_LANG_SERVE_H
#define SCENARIOS_LANG_SERVE_H

#include <stddef.h>
#include <stdint.h>

struct sim_diag;
struct sim_source;

enum sim_serve_kind {
	SIM_SERVE_EXPECT,
	SIM_SERVE_READ,
	SIM_SERVE_SEND,
	SIM_SERVE_FILL,
	SIM_SERVE_WAIT,
	SIM_SERVE_ECHO,
	SIM_SERVE_DISCARD,
	SIM_SERVE_SHUTDOWN,
	SIM_SERVE_CLOSE,
	SIM_SERVE_RST,
	SIM_SERVE_ACCEPT, /* also where it was implied: then the first step, of length 0 */
	SIM_SERVE_LOOP,
	SIM_SERVE_NUM_KINDS
};

const char *sim_serve_kind_name(enum sim_serve_kind kind);

struct sim_serve_step {
	enum sim_serve_kind kind;
	uint64_t num_bytes;         /* EXPECT, SEND: of `bytes`, > 0; READ, FILL: > 0 */
	const unsigned char *bytes; /* EXPECT, SEND: in the caller's memory, not terminated */
	int64_t span_ns;            /* WAIT */
	size_t at; /* where the step stands in the script, and how long it is: for messages */
	size_t len;
};

/* What sim_serve_parse() needs at most for this script. */
size_t sim_serve_max_steps(const char *script);
size_t sim_serve_max_bytes(const char *script);

/*
 * Reads a script into `steps` and the bytes it names into `bytes`, which have the room that the two functions
 * above say. The number of steps, > 0; or -EINVAL with a diagnostic.
 */
int sim_serve_parse(const char *script, struct sim_serve_step *steps, unsigned char *bytes,
		    struct sim_diag *d);
/* The same of a text with a name of its own: a file's. */
int sim_serve_parse_source(const struct sim_source *src, struct sim_serve_step *steps, unsigned char *bytes,
			   struct sim_diag *d);

/* Of a period (251) that no power of two divides, so that bytes out of place show. */
static inline unsigned char sim_serve_pattern(uint64_t n)
{
	return (unsigned char)(n % 251);
}

#endif
