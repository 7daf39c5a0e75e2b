/* SPDX-License-Identifier: MIT */
/*
 * What happened, as records of 64 bytes, in a ring of the last ones and to sinks as they come. Formats
 * nothing: the faces render. Records hold object ids, never descriptors that the system chose, process ids or
 * pointers, so that the hash over them is the same on every machine.
 */
#ifndef SIM_TRACE_TRACE_H
#define SIM_TRACE_TRACE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_arena;
struct sim_clock;
struct sim_packet;

/* The kinds, and what arg[] holds. All numbers; `obj` is a socket's id unless said otherwise. */
enum sim_trace_kind {
	SIM_TRACE_NONE,
	SIM_TRACE_CALL, /* obj: socket or 0. [0] call id | family << 8 | port << 16 | task id << 32, [1] bytes
			   asked for, or an address's first half, [2] flags, or its second half, [3]
			   descriptor | descriptor made << 32 (not hashed), [4] result (int64; of calls that
			   make a descriptor 0), [5] rule id << 32 | reason key */
	SIM_TRACE_SEND, /* a packet leaves a host. obj: flow. [0] packet id, [1] proto | flags << 8 | payload
			   << 32, [2] seq | ack << 32, [3] window | interface << 32, [4] payload digest (only
			   if a sink asked), [5] delay_ns until it arrives */
	SIM_TRACE_ARRIVE, /* ... arrives at a host: the same */
	SIM_TRACE_DROP,   /* ... is dropped: the same, with [5] enum sim_drop */
	SIM_TRACE_FLOW,   /* obj: flow id. [0..1] source address, [2..3] destination, [4] proto | ports << 16,
			     << 32 */
	SIM_TRACE_STATE,  /* a connection's state. [0] old, [1] new (enum sim_tcp_state) */
	SIM_TRACE_TIMER,  /* a protocol timer fires. [0] enum sim_timer_kind, [1] how many times in a row */
	SIM_TRACE_SIGNAL, /* obj: process. [0] signal, [1] what is done: enum sim_signal_action (proc/proc.h)
			   */
	SIM_TRACE_RULE,   /* obj: rule id. [0] call id, [1] how many other rules matched and gave way */
	SIM_TRACE_TASK,   /* obj: task. [0] enum sim_trace_life */
	SIM_TRACE_SOCKET, /* [0] enum sim_trace_life; [1] domain | type << 16 | protocol << 32 */
	SIM_TRACE_NEIGH, /* a neighbour's state. obj: interface. [0] old, [1] new (enum sim_nud_state), [2..3]
			    address */
	SIM_TRACE_NUM_KINDS
};

enum sim_trace_life { SIM_TRACE_BEGAN = 1, SIM_TRACE_ENDED };

/* Why a packet was dropped. */
enum sim_drop {
	SIM_DROP_NONE,
	SIM_DROP_LOSS,       /* the wire's netem loss */
	SIM_DROP_QUEUE_FULL, /* the interface's queue or the wire's limit */
	SIM_DROP_NO_ROUTE,
	SIM_DROP_NO_HOST,   /* nobody has that address */
	SIM_DROP_NO_SOCKET, /* UDP: ICMP port unreachable follows; TCP: RST follows */
	SIM_DROP_RCVBUF,    /* the socket's receive buffer is full */
	SIM_DROP_CHECKSUM,
	SIM_DROP_MALFORMED,
	SIM_DROP_TTL,
	SIM_DROP_BACKLOG,    /* the listener's queue is full */
	SIM_DROP_SEQUENCE,   /* TCP: not acceptable */
	SIM_DROP_REASSEMBLY, /* fragments that never became whole */
	SIM_DROP_TOO_BIG,    /* over the MTU and may not be fragmented */
	SIM_DROP_NO_MEMORY,
	SIM_DROP_FIREWALL,     /* a rule of the host's, or the policy of its chain */
	SIM_DROP_LINK_DOWN,    /* the interface that it came to is down */
	SIM_DROP_LINK_ADDRESS, /* no station has the link-layer address */
	SIM_DROP_NUM
};

struct sim_trace_rec {
	int64_t time_ns;
	uint16_t kind;
	uint16_t host;
	uint32_t obj;
	uint64_t arg[6];
};

/* `p` is the packet of SEND, ARRIVE and DROP, else NULL; both are only lent. */
typedef void sim_trace_sink_fn(void *ctx, const struct sim_trace_rec *rec, const struct sim_packet *p);

enum { SIM_TRACE_MAX_SINKS = 8 };

struct sim_trace {
	struct sim_trace_rec *ring;
	uint64_t num_written; /* since the world began; the ring holds the last ones */
	uint32_t ring_mask;
	uint32_t num_sinks;
	uint32_t next_flow;
	bool want_digest; /* a sink wants payload digests */
	uint64_t hash;    /* running, when sim_trace_hash_start() was called */
	bool hashing;
	struct {
		sim_trace_sink_fn *fn;
		void *ctx;
	} sinks[SIM_TRACE_MAX_SINKS]; /* of the process that looks: not shared */
	const struct sim_clock *clock;
	uint64_t dropped_by[SIM_DROP_NUM]; /* how many packets */
};

/* num_records is a power of two. 0 or -ENOMEM. */
int sim_trace_init(struct sim_trace *t, struct sim_arena *a, const struct sim_clock *clock,
		   uint32_t num_records);
void sim_trace_fini(struct sim_trace *t, struct sim_arena *a);

/* 0, or -ENOSPC when all places are taken. */
int sim_trace_attach(struct sim_trace *t, sim_trace_sink_fn *fn, void *ctx);
void sim_trace_detach(struct sim_trace *t, sim_trace_sink_fn *fn, void *ctx);
void sim_trace_hash_start(struct sim_trace *t);

/* A record to fill in; finish it with sim_trace_commit(). Exactly one is open at a time. */
static inline struct sim_trace_rec *sim_trace_open(struct sim_trace *t, int64_t time_ns,
						   enum sim_trace_kind kind, uint16_t host, uint32_t obj)
{
	struct sim_trace_rec *r = &t->ring[t->num_written & t->ring_mask];

	r->time_ns = time_ns;
	r->kind = (uint16_t)kind;
	r->host = host;
	r->obj = obj;
	return r;
}

void sim_trace_tell(struct sim_trace *t, const struct sim_trace_rec *r, const struct sim_packet *p);

static inline void sim_trace_commit(struct sim_trace *t, const struct sim_trace_rec *r,
				    const struct sim_packet *p)
{
	t->num_written++;
	if (__builtin_expect(t->num_sinks || t->hashing, 0))
		sim_trace_tell(t, r, p);
}

/* The whole of it, for what is not hot. */
void sim_trace_write(struct sim_trace *t, enum sim_trace_kind kind, uint16_t host, uint32_t obj,
		     uint64_t arg0, uint64_t arg1);

/* Record number n (from 0), NULL if it is gone or not yet written. One place of the ring is the open
 * record's. */
const struct sim_trace_rec *sim_trace_get(const struct sim_trace *t, uint64_t n);

const char *sim_drop_name(enum sim_drop d);

#endif
