/* SPDX-License-Identifier: MIT */
/* Entering and leaving calls: see gate.h. The only place where rules are asked and call records are written.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/calls/gate.h"

#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <string.h>
#include <sys/uio.h>
#include <sys/un.h>

#include "sim/base/uaccess.h"
#include "sim/ip/inet.h"

__thread struct sim_task *sim_current __attribute__((tls_model("initial-exec")));

/* A loop that only reads the clock moves time by this much at a spin. */
#define SPIN_STEP_NS SIM_NS_PER_MS
/* After so many jumps over idle time without anything left to happen, the spin is reported. */
enum { SPIN_REPORT_FACTOR = 100 };

/* Virtual time passes for the caller alone; others run and events happen meanwhile. */
static __attribute__((noinline, cold)) void pass_time(struct sim_task *t, int64_t span_ns)
{
	int64_t until_ns = sim_now(t->sched->ctx) + span_ns;
	bool was_interrupted = t->interrupted;

	/* A delay is not a blocking call: a signal in it waits for the gate's exit. */
	t->interrupted = false;
	while (sim_now(t->sched->ctx) < until_ns) {
		int err = sim_task_block(t, until_ns);

		was_interrupted |= t->interrupted;
		t->interrupted = false;
		if (err && err != -ETIMEDOUT && err != -SIM_ERESTART)
			break;
	}
	t->interrupted = was_interrupted;
}

static enum sim_fault_state fault_state(struct sim_sock *sk)
{
	static const struct {
		const char *name;
		enum sim_fault_state state;
	} names[] = {
		{ "ESTAB", SIM_FAULT_ESTABLISHED },    { "SYN-SENT", SIM_FAULT_SYN_SENT },
		{ "SYN-RECV", SIM_FAULT_SYN_RECV },    { "FIN-WAIT-1", SIM_FAULT_FIN_WAIT1 },
		{ "FIN-WAIT-2", SIM_FAULT_FIN_WAIT2 }, { "TIME-WAIT", SIM_FAULT_TIME_WAIT },
		{ "UNCONN", SIM_FAULT_CLOSED },        { "CLOSE-WAIT", SIM_FAULT_CLOSE_WAIT },
		{ "LAST-ACK", SIM_FAULT_LAST_ACK },    { "LISTEN", SIM_FAULT_LISTEN },
		{ "CLOSING", SIM_FAULT_CLOSING },
	};
	struct sim_sock_view v;

	memset(&v, 0, sizeof v);
	sim_sock_op(sk)->view(sk, &v);
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++)
		if (v.state && strcmp(v.state, names[i].name) == 0)
			return names[i].state;
	return SIM_FAULT_CLOSED;
}

/* Whom the call names, or whom the socket is connected to. False: nobody with an address. */
static bool find_peer(const struct sim_gate *g, struct sim_addr *addr, uint16_t *port)
{
	const struct sim_inet *in = sim_container_of(g->sk, struct sim_inet, sk);
	struct sockaddr_storage ss = { .ss_family = AF_UNSPEC };
	const struct sockaddr_in *v4 = (const void *)&ss;
	const struct sockaddr_in6 *v6 = (const void *)&ss;
	uint32_t len = g->t->to_len;

	if (g->sk->kind != SIM_SOCK_TCP && g->sk->kind != SIM_SOCK_UDP)
		return false;
	if (g->t->to && len <= sizeof ss && !sim_copy_from_user(&ss, g->t->to, len)) {
		if (ss.ss_family == AF_INET && len >= sizeof *v4) {
			*addr = sim_addr_v4(ntohl(v4->sin_addr.s_addr));
			*port = ntohs(v4->sin_port);
			return true;
		}
		if (ss.ss_family == AF_INET6 && len >= sizeof *v6) {
			memcpy(addr->b, &v6->sin6_addr, sizeof addr->b);
			*port = ntohs(v6->sin6_port);
			return true;
		}
	}
	*addr = in->raddr;
	*port = in->rport;
	return in->rport != 0;
}

/* `addr` is the query's. */
static void describe_socket(struct sim_gate *g, struct sim_fault_query *q, struct sim_addr *addr)
{
	struct sim_sock *sk = g->sk;
	struct sim_host *peer;

	q->state = fault_state(sk);
	q->is_message = sk->type != SOCK_STREAM && g->id != SIM_CALL_SENDMMSG && g->id != SIM_CALL_RECVMMSG;
	q->sent_bytes = sk->num_sent_bytes;
	q->received_bytes = sk->num_delivered_bytes;
	if (!find_peer(g, addr, &q->peer_port))
		return;
	q->peer_addr = addr->b;
	peer = sim_world_host_of(g->w, *addr);
	q->peer_host = peer ? peer->net.name : NULL;
}

static void apply_verdict(struct sim_gate *g, const struct sim_fault_verdict *v)
{
	struct sim_trace *tr = &g->w->ctx.trace;
	const struct sim_fault_rule *rule = sim_fault_find(&g->w->rules, v->rule_id);

	sim_trace_write(tr, SIM_TRACE_RULE, g->t->proc->net->host_id, (uint32_t)v->rule_id, g->id,
			v->num_others);
	g->rule_id = v->rule_id;
	g->delay_exit_ns = v->delay_exit_ns;
	if (v->delay_enter_ns)
		pass_time(g->t, v->delay_enter_ns);
	if (v->signo)
		sim_proc_signal(g->t->proc, v->signo);
	g->t->why = (struct sim_reason){ SIM_WHY_INJECTED,
					 g->sock_id,
					 SIM_NEVER_NS,
					 { v->rule_id, rule ? (int64_t)rule->num_asked : 0, 0, 0 } };
	switch (v->kind) {
	case SIM_FAULT_ERROR: g->answer = -v->err; break;
	case SIM_FAULT_RETVAL: g->answer = v->retval; break;
	case SIM_FAULT_LIMIT: g->limit = v->limit; break;
	case SIM_FAULT_NONE: break;
	}
	g->answered = v->kind == SIM_FAULT_ERROR || v->kind == SIM_FAULT_RETVAL;
}

static void ask_rules(struct sim_gate *g)
{
	struct sim_proc *p = g->t->proc;
	struct sim_fault_verdict v;
	struct sim_addr peer;
	struct sim_fault_query q = {
		.call = g->id,
		.host_id = p->net->host_id,
		.host = p->net->name,
		.is_builtin = p->builtin,
		.fd = g->fd,
		.flags = g->t->msg_flags,
		.requested = g->requested,
		.now_ns = sim_now(&g->w->ctx),
	};

	if (g->sk)
		describe_socket(g, &q, &peer);
	if (sim_fault_ask(&g->w->rules, &q, &v) == 0 && v.rule_id)
		apply_verdict(g, &v);
}

bool sim_gate_enter_slowly(struct sim_gate *g)
{
	if (g->w->call_cost_ns)
		pass_time(g->t, g->w->call_cost_ns);
	if (sim_fault_any(&g->w->rules, g->id))
		ask_rules(g);
	return g->answered;
}

/*
 * Another spin_limit calls at one instant got nobody further. First others have their turn; if that did not
 * help, time jumps to the next event; if there is none, a loop that reads the clock sees it move, and any
 * other is reported.
 */
static __attribute__((noinline, cold)) void spun(struct sim_gate *g)
{
	struct sim_task *t = g->t;
	struct sim_world *w = g->w;

	if (!sim_list_empty(&w->sched.ready)) {
		sim_task_yield(t);
		if (t->num_spins < 2 * w->spin_limit)
			return;
	}
	if (w->sched.idle(&w->sched)) {
		; /* something has happened, and not only what goes on for ever */
	} else if (sim_call_info(g->id)->traits & SIM_CALL_IS_CLOCK) {
		sim_clock_pass(&w->ctx.clock, sim_now(&w->ctx) + SPIN_STEP_NS);
	} else {
		if (t->num_spins >= w->spin_limit * SPIN_REPORT_FACTOR && w->on_spin) {
			t->num_spins = 0;
			(void)w->on_spin(w, t);
		}
		return;
	}
	sim_world_settle(w);
	t->num_spins = 0;
}

enum effect { PROGRESS, NO_PROGRESS, NEITHER };

/*
 * Did the call get the program further? A loop that only asks (is it ready, what time is it), or is told to
 * try again, or reads the same end of file, does not, though nothing is wrong with any one call of it. Calls
 * that do neither, as closing a descriptor, must not make such a loop look useful.
 */
static enum effect effect_of(const struct sim_gate *g, long result)
{
	unsigned traits = sim_call_info(g->id)->traits;

	if (result == -EAGAIN || (result < 0 && g->answered) ||
	    (traits & (SIM_CALL_IS_READY | SIM_CALL_IS_CLOCK)))
		return NO_PROGRESS;
	if (traits & (SIM_CALL_IS_SEND | SIM_CALL_IS_RECV))
		return result > 0                                   ? PROGRESS
		       : result == 0 && (traits & SIM_CALL_IS_RECV) ? NO_PROGRESS
								    : NEITHER;
	switch (g->id) {
	case SIM_CALL_CONNECT:
	case SIM_CALL_ACCEPT:
	case SIM_CALL_ACCEPT4:
	case SIM_CALL_SOCKETPAIR: return result >= 0 ? PROGRESS : NEITHER;
	case SIM_CALL_SCHED_YIELD:
	case SIM_CALL_NANOSLEEP:
	case SIM_CALL_CLOCK_NANOSLEEP: /* of no time at all: else time has moved, and that counts by itself */
		return NO_PROGRESS;
	default: return NEITHER;
	}
}

static void guard_against_spinning(struct sim_gate *g)
{
	struct sim_task *t = g->t;
	int64_t now_ns = sim_now(&g->w->ctx);

	if (t->spin_since_ns != now_ns) {
		t->spin_since_ns = now_ns;
		t->num_spins = 0;
	}
	if (g->w->spin_limit && ++t->num_spins % g->w->spin_limit == 0)
		spun(g);
}

/* What moves bytes, as most calls do, is progress; for the rest it must be looked at. */
static bool has_moved_bytes(const struct sim_gate *g, long result)
{
	return result > 0 && sim_call_info(g->id)->traits & (SIM_CALL_IS_SEND | SIM_CALL_IS_RECV);
}

static __attribute__((noinline)) void note_effect(struct sim_gate *g, long result)
{
	switch (effect_of(g, result)) {
	case PROGRESS:
		g->t->num_spins = 0;
		g->w->num_quiet = 0;
		break;
	case NO_PROGRESS: guard_against_spinning(g); break;
	case NEITHER: break;
	}
}

/* EINTR, or what becomes it unless the call is begun again: which signal it was. */
static __attribute__((noinline, cold)) void blame_signal(struct sim_gate *g)
{
	uint64_t pending = g->t->proc->pending | g->t->proc->arrived;
	int64_t now_ns = sim_now(&g->w->ctx);

	if (g->t->why.key == SIM_WHY_SIGNAL_LATE) /* the socket has said more */
		return;
	g->t->why = (struct sim_reason){ SIM_WHY_SIGNAL,
					 g->sock_id,
					 now_ns,
					 { pending ? __builtin_ctzll(pending) + 1 : 0, now_ns, 0, 0 } };
}

static void write_record(struct sim_gate *g, long result)
{
	struct sim_trace *tr = &g->w->ctx.trace;
	struct sim_trace_rec *r =
		sim_trace_open(tr, sim_now(&g->w->ctx), SIM_TRACE_CALL, g->t->proc->net->host_id, g->sock_id);

	r->arg[0] = (uint64_t)g->id | g->arg0 << 8 | (uint64_t)g->t->id << 32;
	r->arg[1] = g->arg1;
	r->arg[2] = g->arg2;
	r->arg[3] = (uint32_t)g->fd | (uint64_t)(uint32_t)g->made_fd << 32;
	r->arg[4] = g->made_fd >= 0 ? 0 : (uint64_t)result;
	r->arg[5] = 0;
	if (__builtin_expect(result < 0 || g->rule_id, 0))
		r->arg[5] = (uint64_t)(uint32_t)g->rule_id << 32 | g->t->why.key;
	sim_trace_commit(tr, r, NULL);
}

/* It was closed while this call was in it: the socket is released now. */
static __attribute__((noinline, cold)) void put_last(struct sim_gate *g)
{
	g->file->refs = 1;
	sim_file_put(&g->w->ctx, g->file, g->t);
	sim_world_settle(g->w);
}

long sim_gate_leave(struct sim_gate *g, long result)
{
	struct sim_world *w = g->w;

	if (__builtin_expect(!sim_world_is_settled(w), 0))
		sim_world_settle(w);
	if (__builtin_expect(g->delay_exit_ns != 0, 0))
		pass_time(g->t, g->delay_exit_ns);
	if (__builtin_expect(has_moved_bytes(g, result), 1)) {
		g->t->num_spins = 0;
		w->num_quiet = 0;
	} else {
		note_effect(g, result);
	}
	if (__builtin_expect((result == -SIM_ERESTART || result == -EINTR) && !g->answered, 0))
		blame_signal(g);
	write_record(g, result);
	if (__builtin_expect(g->breaks_pipe, 0))
		sim_proc_signal(g->t->proc, SIGPIPE);
	if (g->file && __builtin_expect(--g->file->refs == 0, 0))
		put_last(g);
	g->t->in_call = false;
	g->t->msg_flags = 0;
	return result;
}

long sim_gate_fail(struct sim_gate *g, int err, enum sim_why_key key, int64_t arg0, int64_t arg1)
{
	g->t->why = (struct sim_reason){ key, g->sk ? g->sk->id : 0, SIM_NEVER_NS, { arg0, arg1, 0, 0 } };
	return -err;
}

long sim_gate_no_socket(struct sim_gate *g)
{
	if (g->file)
		return sim_gate_fail(g, ENOTSOCK, SIM_WHY_NOT_SOCKET, g->fd, 0);
	return sim_gate_fail(g, EBADF, SIM_WHY_BAD_FD, g->fd, 0);
}

/* Where there are no blocks and no end, only RWF_NOWAIT means anything; RWF_ATOMIC and RWF_DONTCACHE are for
 * files that know them. */
long sim_gate_rw_flags(struct sim_gate *g, int flags)
{
	enum { RW_NOAPPEND = 0x20 };
	int known = RWF_HIPRI | RWF_DSYNC | RWF_SYNC | RWF_NOWAIT | RWF_APPEND | RW_NOAPPEND;

	return flags & ~known ? sim_gate_fail(g, EOPNOTSUPP, SIM_WHY_BAD_ARGUMENT, 5, flags) : 0;
}

static void decode_unix(const struct sockaddr_un *un, socklen_t len, struct sim_sockaddr *a)
{
	size_t room = sizeof un->sun_path, n = len > offsetof(struct sockaddr_un, sun_path)
						       ? len - offsetof(struct sockaddr_un, sun_path)
						       : 0;

	if (n > room) { /* too long for any name: the protocol says so */
		a->path_len = (uint16_t)n;
		return;
	}
	/* unix(7): a pathname ends at its first zero byte; an abstract name is all of its bytes. */
	if (n && un->sun_path[0])
		n = strnlen(un->sun_path, n);
	a->path_len = (uint16_t)n;
	memcpy(a->path, un->sun_path, n);
	a->path[n] = '\0';
}

void sim_gate_names(struct sim_gate *g, const struct sim_sockaddr *a)
{
	g->arg0 = (uint64_t)(a->family & 0xff) | (uint64_t)a->port << 8;
	if (a->family != AF_UNIX) {
		g->arg1 = a->addr.d[0];
		g->arg2 = a->addr.d[1];
	}
}

int sim_gate_addr_in(struct sim_gate *g, const struct sockaddr *addr, socklen_t len, struct sim_sockaddr *a)
{
	struct sockaddr_storage ss;
	const struct sockaddr_in *v4 = (const void *)&ss;
	const struct sockaddr_in6 *v6 = (const void *)&ss;

	if (len > sizeof ss)
		return (int)sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ADDRESS_LEN, (int)len, 0);
	memset(&ss, 0, sizeof ss);
	if (len && sim_copy_from_user(&ss, addr, len))
		return (int)sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)addr, 0);
	memset(a, 0, offsetof(struct sim_sockaddr, path));
	a->path[0] = '\0';
	a->raw_len = (uint16_t)len;
	a->family = len >= sizeof ss.ss_family ? ss.ss_family : AF_UNSPEC;
	switch (a->family) {
	case AF_UNSPEC: /* some calls take it for AF_INET */
	case AF_INET:
		a->addr = sim_addr_v4(ntohl(v4->sin_addr.s_addr));
		a->port = ntohs(v4->sin_port);
		break;
	case AF_INET6:
		memcpy(&a->addr, &v6->sin6_addr, sizeof a->addr);
		a->port = ntohs(v6->sin6_port);
		a->scope_id = v6->sin6_scope_id;
		break;
	case AF_UNIX: decode_unix((const void *)&ss, len, a); break;
	default: break;
	}
	sim_gate_names(g, a);
	return 0;
}

static socklen_t encode(const struct sim_sockaddr *a, struct sockaddr_storage *ss)
{
	struct sockaddr_in *v4 = (void *)ss;
	struct sockaddr_in6 *v6 = (void *)ss;
	struct sockaddr_un *un = (void *)ss;

	memset(ss, 0, sizeof *ss);
	ss->ss_family = a->family;
	switch (a->family) {
	case AF_INET:
		v4->sin_port = htons(a->port);
		v4->sin_addr.s_addr = htonl(sim_addr_to_v4(a->addr));
		return sizeof *v4;
	case AF_INET6:
		v6->sin6_port = htons(a->port);
		memcpy(&v6->sin6_addr, &a->addr, sizeof a->addr);
		v6->sin6_scope_id = a->scope_id;
		return sizeof *v6;
	case AF_UNIX:
		memcpy(un->sun_path, a->path, a->path_len);
		/* unix(7): a pathname's length counts the terminating zero byte; an unnamed socket is its
		 * family. */
		return (socklen_t)(offsetof(struct sockaddr_un, sun_path) + a->path_len +
				   (a->path_len && a->path[0] ? 1 : 0));
	default: return 0;
	}
}

int sim_gate_addr_out(struct sim_gate *g, const struct sim_sockaddr *a, struct sockaddr *addr, socklen_t *len)
{
	struct sockaddr_storage ss;
	socklen_t room, n = encode(a, &ss), put;

	if (sim_copy_from_user(&room, len, sizeof room))
		return (int)sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)len, 0);
	if ((int)room < 0)
		return (int)sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ADDRESS_LEN, (int)room, 0);
	put = room < n ? room : n;
	if ((put && sim_copy_to_user(addr, &ss, put)) || sim_copy_to_user(len, &n, sizeof n))
		return (int)sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)addr, 0);
	return 0;
}

int sim_gate_deadline(struct sim_gate *g, const struct timespec *span, int64_t *deadline_ns)
{
	struct timespec ts;
	int64_t now_ns = sim_now(&g->w->ctx);

	*deadline_ns = SIM_NEVER_NS;
	if (!span)
		return 0;
	if (sim_copy_from_user(&ts, span, sizeof ts))
		return (int)sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)span, 0);
	if (ts.tv_sec < 0 || ts.tv_nsec < 0 || ts.tv_nsec >= SIM_NS_PER_S)
		return (int)sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 3, ts.tv_nsec);
	if (ts.tv_sec < (SIM_NEVER_NS - now_ns) / SIM_NS_PER_S - 1)
		*deadline_ns = now_ns + ts.tv_sec * SIM_NS_PER_S + ts.tv_nsec;
	return 0;
}
