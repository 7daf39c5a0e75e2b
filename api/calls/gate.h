/* SPDX-License-Identifier: MIT */
/*
 * Entering and leaving a simulated call. Every function of calls.h has this form:
 *
 *	struct sim_gate g;
 *	if (sim_gate_enter(&g, t, SIM_CALL_SEND, fd, len))	// a rule answered, or time for a signal
 *		return sim_gate_leave(&g, g.answer);
 *	... the work, with g.file and g.sk looked up (NULL if fd is not theirs) ...
 *	return sim_gate_leave(&g, result);
 *
 * Entering looks the descriptor up, charges the call's cost, asks the rules (delays before, signals, errors,
 *limits); leaving runs what is due, delays after, guards against spinning and writes the trace record.
 */
#ifndef API_CALLS_GATE_H
#define API_CALLS_GATE_H

#include "api/calls/calls.h"

/* What belongs together in the trace record stands together, so that it is moved together. */
struct sim_gate {
	struct sim_task *t;
	struct sim_world *w;
	struct sim_file *file; /* NULL: not simulated; a reference is held until the call is left */
	struct sim_sock *sk;   /* NULL: not a simulated socket */
	uint32_t sock_id;      /* its id, 0: none */
	enum sim_call_id id;
	int fd;              /* -1: none */
	int made_fd;         /* the descriptor that the call made, -1: none */
	uint64_t requested;  /* what the call asks for: bytes, messages, descriptors */
	uint64_t limit;      /* by a rule: at most so much of it; UINT64_MAX: no limit */
	uint64_t arg1, arg2; /* for the trace (see SIM_TRACE_CALL): bytes asked for, or an address's first
				half; flags, or its second half */
	uint64_t arg0;       /* family | port << 8 */
	int64_t delay_exit_ns;
	int rule_id;      /* whose verdict it was; 0: no rule's */
	bool breaks_pipe; /* SIGPIPE comes with the answer, and after it on the time line: signal(7) */
	bool answered;    /* a rule answered instead of the call ... */
	long answer;      /* ... this */
};

/* The rest of entering, for a world whose calls cost time or that has rules for this call. */
bool sim_gate_enter_slowly(struct sim_gate *g);

/* True: do not do the call, leave with g->answer. */
static inline bool sim_gate_enter(struct sim_gate *g, struct sim_task *t, enum sim_call_id id, int fd,
				  uint64_t requested)
{
	struct sim_world *w = sim_world_of(t);
	struct sim_file *file = sim_fd_file(t->proc->fds, fd);

	*g = (struct sim_gate){ .t = t,
				.w = w,
				.id = id,
				.fd = fd,
				.file = file,
				.requested = requested,
				.limit = UINT64_MAX,
				.arg1 = requested,
				.made_fd = -1 };
	if (file) {
		file->refs++;
		if (file->kind == SIM_FILE_SOCK) {
			g->sk = file->sk;
			g->sock_id = file->sk->id;
		}
	}
	t->on.call = (uint16_t)id;
	t->on.fd = fd;
	t->on.sock_id = 0;
	t->in_call = true;
	t->num_calls++;
	w->num_calls++;
	if (__builtin_expect(w->call_cost_ns || sim_fault_any(&w->rules, id), 0))
		return sim_gate_enter_slowly(g);
	return false;
}

/* The same of a call that names an address, which may be NULL: rules with peer= look at it. */
static inline bool sim_gate_enter_to(struct sim_gate *g, struct sim_task *t, enum sim_call_id id, int fd,
				     uint64_t requested, const struct sockaddr *to, socklen_t to_len)
{
	bool answered;

	t->to = to;
	t->to_len = to_len;
	answered = sim_gate_enter(g, t, id, fd, requested);
	t->to = NULL;
	return answered;
}

/* The result as the face is to see it. */
long sim_gate_leave(struct sim_gate *g, long result);

/* -EBADF or -ENOTSOCK with its reason, for g->sk == NULL. */
long sim_gate_no_socket(struct sim_gate *g);

/* -err with a reason that needs no socket. */
long sim_gate_fail(struct sim_gate *g, int err, enum sim_why_key key, int64_t arg0, int64_t arg1);

/* Addresses to and from the program's memory: decoded, checked as Linux checks before the protocol sees them.
 * 0, -EFAULT, -EINVAL. */
int sim_gate_addr_in(struct sim_gate *g, const struct sockaddr *addr, socklen_t len, struct sim_sockaddr *a);
/* *len is room, then the true length, as accept(2) says. */
int sim_gate_addr_out(struct sim_gate *g, const struct sim_sockaddr *a, struct sockaddr *addr,
		      socklen_t *len);

/* preadv2(2)'s flags: 0, or -EOPNOTSUPP of one that a socket does not take. */
long sim_gate_rw_flags(struct sim_gate *g, int flags);

/* The call is about this address, which it made or found by itself: for the trace. */
void sim_gate_names(struct sim_gate *g, const struct sim_sockaddr *a);

/* A timeout given as a span: the deadline in virtual time (NULL: SIM_NEVER_NS), or -EFAULT, -EINVAL. */
int sim_gate_deadline(struct sim_gate *g, const struct timespec *span, int64_t *deadline_ns);

#endif
