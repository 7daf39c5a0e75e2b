/* SPDX-License-Identifier: MIT */
/* clang-format off */
/*
 * Rules for calls, in strace's syntax (strace(1), Tampering) with conditions and actions of our own beside:
 *
 *	send,sendto:error=ENOBUFS:when=3..9+2
 *	%send:returns=10,10,EINTR,*:host=client
 *	!%net:delay_enter=5ms:p=1%
 *
 * A query goes in (which call, on what, how much), a verdict comes out (what the gate shall do instead or besides).
 *
 * CALLSET   names and %classes with commas between; "!" before it means all but these; "all".
 *
 * Actions, of the first four one:
 *	error=ERRNO		the call did not happen and fails so; for resolver calls EAI_ and h_errno names.
 *				What the call's manual page does not document needs error=!ERRNO
 *	retval=N		the call did not happen and says N
 *	short=N, short=N%	at most N bytes, or of what was asked for (rounded down, at least 1), are moved
 *	returns=R,R,...		one result a call that the rule fires at: N or N% as with short (on a call that
 *				moves no bytes: as with retval; 0 is always a retval), ERRNO as with error, * as the
 *				network would. After the last: as the network would, for ever
 *	signal=SIGNAL		raised on entering
 *	delay_enter=SPAN	virtual time before
 *	delay_exit=SPAN		and after; a bare number is microseconds, as strace has it
 *
 * Conditions, all of which must hold:
 *	host=NAME fd=N peer=ADDR:PORT state=NAME,... flags=MSG_NAME|...	choose calls,
 *	after=BYTES during=T..T							and so do these
 *	when=F, F..L, F+, F+S, F..L+S	of the calls so chosen, the Fth and so on; counted per host
 *	p=1%				of those, one in so many, drawn from the seed
 *	once				and then never again
 *
 * peer= takes an address or a host's name, a port, or both ("10.0.0.2", ":80", "[::1]:80", "server:80"). state= takes
 * ss(8)'s names. flags= holds when all of those flags are given to the call. after= looks at the bytes that the socket has moved in the call's direction, of a call without one
 * at both. during= is from (inclusive) to (exclusive); "1s.." has no end.
 *
 * Unlike strace's, the count of a rule runs over all the calls it names together: "the third %send" is the third of
 * any of them. What cannot ever fire is refused.
 *
 * Owns the rules and their counts. Must not know sockets, packets, or who asks.
 */
/* clang-format on */
#ifndef SIM_FAULT_RULE_H
#define SIM_FAULT_RULE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/random.h"
#include "sim/fault/call.h"

struct sim_arena;
struct sim_diag;

#define SIM_FAULT_NAME_BYTES  65 /* a host's name with its terminator */
#define SIM_FAULT_RESULTS_MAX 256
#define SIM_FAULT_FOREVER     UINT64_MAX

enum sim_fault_action {
	SIM_FAULT_DO_NOTHING, /* a signal or a delay alone */
	SIM_FAULT_DO_ERROR,
	SIM_FAULT_DO_RETVAL,
	SIM_FAULT_DO_SHORT,
	SIM_FAULT_DO_RETURNS,
};

enum sim_fault_result_kind {
	SIM_FAULT_AS_NETWORK,
	SIM_FAULT_NUMBER,
	SIM_FAULT_SHARE,
	SIM_FAULT_ERRNO,
};

struct sim_fault_result {
	enum sim_fault_result_kind kind;
	int err;         /* ERRNO: as the call numbers its errors */
	uint64_t number; /* NUMBER; of SHARE parts per thousand million */
};

struct sim_fault_peer {
	bool has_addr;
	uint8_t addr[16];                /* IPv4 as ::ffff:a.b.c.d */
	char host[SIM_FAULT_NAME_BYTES]; /* "": any */
	uint16_t port;                   /* 0: any */
};

/* What a rule says. */
struct sim_fault_spec {
	struct sim_call_set calls;
	enum sim_fault_action action;
	struct sim_fault_result result; /* of ERROR, RETVAL, SHORT */
	unsigned num_results;           /* of RETURNS; no AS_NETWORK at the end */
	int signo;                      /* 0: none */
	int64_t delay_enter_ns, delay_exit_ns;

	char host[SIM_FAULT_NAME_BYTES]; /* "": any host of the program under test */
	int fd;                          /* -1: any */
	bool has_peer;
	struct sim_fault_peer peer;
	uint16_t states; /* bits of enum sim_fault_state; 0: any */
	unsigned flags;  /* MSG_*, all of which the call must have; 0: any */
	uint64_t after_bytes;
	int64_t from_ns, until_ns; /* INT64_MAX: for ever */
	uint64_t when_first, when_last, when_step;
	uint32_t p_ppb;
	bool once;

	struct sim_fault_result results[SIM_FAULT_RESULTS_MAX];
};

/* Numbered as Linux's enum in net/tcp_states.h, which is what TCP_INFO shows too. */
enum sim_fault_state {
	SIM_FAULT_STATE_NONE, /* not a socket */
	SIM_FAULT_ESTABLISHED,
	SIM_FAULT_SYN_SENT,
	SIM_FAULT_SYN_RECV,
	SIM_FAULT_FIN_WAIT1,
	SIM_FAULT_FIN_WAIT2,
	SIM_FAULT_TIME_WAIT,
	SIM_FAULT_CLOSED, /* also a UDP socket that is not connected */
	SIM_FAULT_CLOSE_WAIT,
	SIM_FAULT_LAST_ACK,
	SIM_FAULT_LISTEN,
	SIM_FAULT_CLOSING,
};

/* inet_pton(3)'s forms into 16 bytes (IPv4 as ::ffff:a.b.c.d). Addresses lie above this layer: the caller
 * brings it. */
typedef bool sim_fault_addr_fn(const char *text, uint8_t addr[16]);

/* Reads a rule: 0, or -EINVAL with a diagnostic. parse_addr may be NULL: peer= then takes names alone. */
int sim_fault_parse(const char *text, sim_fault_addr_fn *parse_addr, struct sim_fault_spec *out,
		    struct sim_diag *d);

/* Of one host: the calls that the conditions chose, and at how many of them the rule fired. */
struct sim_fault_count {
	uint64_t num_asked;
	uint64_t num_fired;
	uint32_t next_result; /* of returns= */
	bool has_rng;
	struct sim_rng rng;
};

struct sim_fault_rule {
	int id; /* from 1, never used again */
	const char *text;
	size_t text_bytes;
	struct sim_fault_spec *spec;
	size_t spec_bytes;
	uint64_t num_asked, num_fired;  /* of all hosts */
	struct sim_fault_count *counts; /* by host's id */
	uint32_t num_counts;
};

struct sim_fault_rules {
	struct sim_arena *arena;
	uint64_t seed;
	struct sim_fault_rule **rules; /* in the order they were added */
	uint32_t num_rules, cap_rules;
	int next_id;
	struct sim_call_set calls; /* those that any rule names */
};

void sim_fault_rules_init(struct sim_fault_rules *r, struct sim_arena *a, uint64_t seed);
void sim_fault_rules_fini(struct sim_fault_rules *r);

/* The new rule's id, > 0; -EINVAL with a diagnostic, -ENOMEM. */
int sim_fault_add(struct sim_fault_rules *r, const char *text, sim_fault_addr_fn *parse_addr,
		  struct sim_diag *d);

/* 0 or -ENOENT. */
int sim_fault_remove(struct sim_fault_rules *r, int id);

/* NULL if there is none (any more). */
const struct sim_fault_rule *sim_fault_find(const struct sim_fault_rules *r, int id);

/* The rule that was added next after the one with this id (0: the first), or NULL: for reports. */
const struct sim_fault_rule *sim_fault_next(const struct sim_fault_rules *r, int id);

/* One test for a call that no rule names. */
static inline bool sim_fault_any(const struct sim_fault_rules *r, enum sim_call_id call)
{
	return __builtin_expect(sim_call_set_has(&r->calls, call), 0);
}

struct sim_fault_query {
	enum sim_call_id call;
	uint16_t host_id; /* small and dense: counts are kept by it */
	const char *host; /* its name */
	bool is_builtin;  /* made by a peer of ours: only a rule that names its host acts on it */
	bool is_message;  /* the socket keeps messages whole: a short transfer can't be. Not for sendmmsg,
			     recvmmsg */
	int fd;           /* -1: none */
	enum sim_fault_state state;
	unsigned flags;           /* MSG_* of the call */
	const uint8_t *peer_addr; /* 16 bytes; NULL: not connected, or not by IP */
	const char *peer_host;    /* whose address that is, if anybody's; NULL */
	uint16_t peer_port;
	uint64_t sent_bytes, received_bytes; /* by this socket until now */
	uint64_t requested;                  /* bytes; of sendmmsg and recvmmsg messages */
	int64_t now_ns;
};

enum sim_fault_kind {
	SIM_FAULT_NONE,   /* the call takes place; perhaps delayed, perhaps with a signal */
	SIM_FAULT_ERROR,  /* it does not, and fails with err */
	SIM_FAULT_RETVAL, /* it does not, and says retval */
	SIM_FAULT_LIMIT,  /* it takes place with at most `limit` of what was asked for */
};

#define SIM_FAULT_OTHERS_MAX 6

struct sim_fault_verdict {
	enum sim_fault_kind kind;
	int err; /* > 0 an errno; of resolver calls as they number theirs: EAI_ codes are negative */
	int64_t retval;
	uint64_t limit; /* bytes (of sendmmsg and recvmmsg messages), > 0; may be more than was asked for */
	int signo;      /* 0: none */
	int64_t delay_enter_ns, delay_exit_ns;
	int rule_id;                      /* whose verdict it is; 0: no rule's */
	uint32_t num_others;              /* rules that matched too and gave way, for being older */
	int others[SIM_FAULT_OTHERS_MAX]; /* the first of these */
};

/*
 * Asks all rules about one call, which counts. Of those that match, the newest wins, and only it counts as
 * having fired. 0, or -ENOMEM when there is no memory to count for this host; the verdict is then none.
 */
int sim_fault_ask(struct sim_fault_rules *r, const struct sim_fault_query *q, struct sim_fault_verdict *v);

#endif
