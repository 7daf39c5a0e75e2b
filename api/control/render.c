/* SPDX-License-Identifier: MIT */
/*
 * Trace records and reasons as text: calls as strace(1) prints them, reasons by the texts of
 * sim/task/why_table.h. The records hold numbers only; names come from the same tables that parse them.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/control/control.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "api/calls/calls.h"
#include "api/calls/flags.h"
#include "api/simsock.h"
#include "sim/base/names.h"
#include "sim/base/quantity.h"
#include "sim/ip/ip.h"
#include "sim/sock/option.h"
#include "sim/tcp/conn.h"

enum { CALLS_SHOWN_MAX_BYTES = 256, REASON_COLUMN = 40 };

/* "1.204", with as many digits as it needs: three, six or nine. */
void sim_render_time(struct sim_str *out, int64_t time_ns)
{
	int64_t s = time_ns / SIM_NS_PER_S, ns = time_ns % SIM_NS_PER_S;

	if (time_ns == SIM_NEVER_NS)
		sim_str_add(out, "never");
	else if (ns % SIM_NS_PER_MS == 0)
		sim_str_printf(out, "%" PRId64 ".%03" PRId64, s, ns / SIM_NS_PER_MS);
	else if (ns % SIM_NS_PER_US == 0)
		sim_str_printf(out, "%" PRId64 ".%06" PRId64, s, ns / SIM_NS_PER_US);
	else
		sim_str_printf(out, "%" PRId64 ".%09" PRId64, s, ns);
}

void sim_render_name(struct sim_str *out, const struct sim_sockaddr *a)
{
	char buf[64];

	if (a->family == AF_UNIX) {
		if (!a->path_len)
			sim_str_add(out, "*");
		else if (!a->path[0])
			sim_str_printf(out, "@%.*s", a->path_len - 1, a->path + 1);
		else
			sim_str_printf(out, "%.*s", a->path_len, a->path);
		return;
	}
	if (!a->family && !a->port) {
		sim_str_add(out, "*:*");
		return;
	}
	if (sim_addr_is_any(a->addr))
		sim_str_add(out, sim_addr_is_v4(a->addr) ? "0.0.0.0" : a->family == AF_INET6 ? "[::]" : "*");
	else
		sim_str_printf(out, sim_addr_is_v4(a->addr) ? "%s" : "[%s]", sim_addr_format(a->addr, buf));
	if (a->port)
		sim_str_printf(out, ":%u", a->port);
	else
		sim_str_add(out, ":*");
}

/* ---- names of arguments ---- */

struct name {
	int64_t value;
	const char *text;
};

#define NAME(x)       \
	{             \
		x, #x \
	}
static const struct name families[] = {
	NAME(AF_UNSPEC), NAME(AF_UNIX), NAME(AF_INET), NAME(AF_INET6), { 0, NULL }
};
static const struct name types[] = {
	NAME(SOCK_STREAM), NAME(SOCK_DGRAM), NAME(SOCK_RAW), NAME(SOCK_SEQPACKET), { 0, NULL }
};
static const struct name type_flags[] = { NAME(SOCK_NONBLOCK), NAME(SOCK_CLOEXEC), { 0, NULL } };
static const struct name hows[] = { NAME(SHUT_RD), NAME(SHUT_WR), NAME(SHUT_RDWR), { 0, NULL } };
static const struct name status_flags[] = {
	NAME(O_NONBLOCK), NAME(O_RDWR), NAME(O_APPEND), NAME(O_ASYNC), { 0, NULL }
};
static const struct name epoll_ops[] = {
	NAME(EPOLL_CTL_ADD), NAME(EPOLL_CTL_DEL), NAME(EPOLL_CTL_MOD), { 0, NULL }
};
static const struct name whences[] = { NAME(SEEK_SET), NAME(SEEK_CUR), NAME(SEEK_END), { 0, NULL } };
static const struct name clocks[] = {
	NAME(CLOCK_REALTIME),          NAME(CLOCK_MONOTONIC), NAME(CLOCK_PROCESS_CPUTIME_ID),
	NAME(CLOCK_THREAD_CPUTIME_ID), NAME(CLOCK_BOOTTIME),  NAME(CLOCK_REALTIME_ALARM),
	NAME(CLOCK_BOOTTIME_ALARM),    NAME(CLOCK_TAI),       { 0, NULL },
};
static const struct name timerfd_flags[] = { NAME(TFD_NONBLOCK), NAME(TFD_CLOEXEC), { 0, NULL } };
static const struct name levels[] = { NAME(SOL_SOCKET),  NAME(IPPROTO_IP),   NAME(IPPROTO_TCP),
				      NAME(IPPROTO_UDP), NAME(IPPROTO_IPV6), { 0, NULL } };
#undef NAME

static void add_name(struct sim_str *out, const struct name *names, int64_t value)
{
	for (; names->text; names++) {
		if (names->value == value) {
			sim_str_add(out, names->text);
			return;
		}
	}
	sim_str_printf(out, "%" PRId64, value);
}

/* Names of bits with "|" between; what has no name as a number. */
static void add_bits(struct sim_str *out, const struct name *names, uint64_t bits)
{
	const char *sep = "";

	for (; names->text; names++) {
		if (!names->value || (bits & (uint64_t)names->value) != (uint64_t)names->value)
			continue;
		sim_str_printf(out, "%s%s", sep, names->text);
		bits &= ~(uint64_t)names->value;
		sep = "|";
	}
	if (bits || !*sep)
		sim_str_printf(out, bits ? "%s0x%" PRIx64 : "%s%" PRIu64, sep, bits);
}

static void add_option(struct sim_str *out, int level, int name)
{
	struct sim_option_doc doc;

	for (size_t i = 0; sim_all_options_doc(i, &doc); i++) {
		if (doc.level == level && doc.name == name) {
			sim_str_add(out, doc.text);
			return;
		}
	}
	sim_str_printf(out, "%d", name);
}

/* ---- the arguments of a call ---- */

struct call {
	enum sim_call_id id;
	unsigned family, port;
	uint64_t arg1, arg2;
	int fd, made_fd, rule_id;
	unsigned why_key;
	int64_t result;
	uint32_t task_id, sock_id;
};

static struct call decode(const struct sim_trace_rec *r)
{
	struct call k = {
		.id = (enum sim_call_id)(r->arg[0] & 0xff),
		.family = (unsigned)(r->arg[0] >> 8 & 0xff),
		.port = (unsigned)(r->arg[0] >> 16 & 0xffff),
		.arg1 = r->arg[1],
		.arg2 = r->arg[2],
		.fd = (int)(uint32_t)r->arg[3],
		.made_fd = (int)(uint32_t)(r->arg[3] >> 32),
		.rule_id = (int)(r->arg[5] >> 32),
		.why_key = (unsigned)(r->arg[5] & 0xffffffff),
		.result = (int64_t)r->arg[4],
		.task_id = (uint32_t)(r->arg[0] >> 32),
		.sock_id = r->obj,
	};

	return k;
}

/* The address in the record of a call that is about one; false: it has none. */
static bool address_of(const struct call *k, struct sim_sockaddr *a)
{
	if (k->family != AF_INET && k->family != AF_INET6)
		return false;
	memset(a, 0, sizeof *a);
	a->family = (uint16_t)k->family;
	a->port = (uint16_t)k->port;
	a->addr.d[0] = k->arg1;
	a->addr.d[1] = k->arg2;
	return true;
}

/* Paths are too long for a record: the socket still has it, if it is still there. */
static void add_path(struct sim_control *c, struct sim_str *out, const struct call *k)
{
	struct sim_sock *sk = k->sock_id && k->result >= 0 ? sim_world_find_sock(c->w, k->sock_id) : NULL;
	bool peer = k->id == SIM_CALL_CONNECT || k->id == SIM_CALL_GETPEERNAME;
	struct sim_sock_view v;
	const struct sim_sockaddr *a = peer ? &v.peer : &v.local;

	memset(&v, 0, sizeof v);
	if (sk && k->id != SIM_CALL_ACCEPT && k->id != SIM_CALL_ACCEPT4)
		sim_sock_op(sk)->view(sk, &v);
	if (a->path_len)
		sim_render_name(out, a);
	else
		add_name(out, families, k->family);
}

static void add_address(struct sim_control *c, struct sim_str *out, const struct call *k)
{
	struct sim_sockaddr a;

	if (address_of(k, &a))
		sim_render_name(out, &a);
	else if (k->family == AF_UNIX)
		add_path(c, out, k);
	else
		add_name(out, families, k->family);
}

/* Names to be resolved: how they begin stands in the record. */
static void add_looked_up(struct sim_control *c, struct sim_str *out, const struct call *k)
{
	char name[sizeof k->arg1 + sizeof k->arg2 + 1] = "";

	if (k->family) {
		add_address(c, out, k);
		return;
	}
	memcpy(name, &k->arg1, sizeof k->arg1);
	memcpy(name + sizeof k->arg1, &k->arg2, sizeof k->arg2);
	sim_str_printf(out, "\"%s\"%s", name, k->port > strlen(name) ? "..." : "");
}

static void add_socket_args(struct sim_str *out, const struct call *k)
{
	uint32_t type = (uint32_t)(k->arg1 >> 32);

	add_name(out, families, (int32_t)k->arg1);
	sim_str_add(out, ", ");
	add_name(out, types, type & 0xf);
	if (type & ~0xfu) {
		sim_str_add(out, "|");
		add_bits(out, type_flags, type & ~0xfu);
	}
	sim_str_printf(out, ", %d", (int)k->arg2);
}

static void add_clock_args(struct sim_str *out, const struct call *k)
{
	add_name(out, clocks, (int32_t)k->arg1);
	if (k->id == SIM_CALL_TIMERFD_CREATE) {
		sim_str_add(out, ", ");
		add_bits(out, timerfd_flags, k->arg2);
	}
}

static void add_option_args(struct sim_str *out, const struct call *k)
{
	int level = (int)k->arg1, name = (int)(k->arg1 >> 32);

	add_name(out, levels, level);
	sim_str_add(out, ", ");
	add_option(out, level, name);
	sim_str_printf(out, ", %d", (int)k->arg2);
}

static void add_ioctl_args(struct sim_str *out, const struct call *k)
{
	const char *name = sim_ioctl_name(k->arg1);
	char iface[sizeof k->arg2 + 1] = "";

	if (name)
		sim_str_add(out, name);
	else
		sim_str_printf(out, "0x%" PRIx64, k->arg1);
	/* Of an interface's name a record keeps 8 letters. */
	memcpy(iface, &k->arg2, sizeof k->arg2);
	if (iface[0])
		sim_str_printf(out, ", \"%s\"", iface);
}

static void add_fcntl_args(struct sim_str *out, const struct call *k)
{
	const char *name = sim_fcntl_name((int)k->arg1);

	if (name)
		sim_str_add(out, name);
	else
		sim_str_printf(out, "%d", (int)k->arg1);
	if ((int)k->arg1 == F_SETFL) {
		sim_str_add(out, ", ");
		add_bits(out, status_flags, k->arg2);
	} else if ((int)k->arg1 != F_GETFL && (int)k->arg1 != F_GETFD) {
		sim_str_printf(out, ", %" PRId64, (int64_t)k->arg2);
	}
}

/* Sends and receives: bytes, flags if any, and the port of a recipient. */
static void add_data_args(struct sim_str *out, const struct call *k)
{
	sim_str_printf(out, "%" PRIu64, k->arg1);
	if (k->arg2) {
		sim_str_add(out, ", ");
		sim_msg_flags_add(out, (int)k->arg2);
	}
	if (k->port)
		sim_str_printf(out, ", to port %u", k->port);
}

/* What stands behind the descriptor. */
static void add_args(struct sim_control *c, struct sim_str *out, const struct call *k)
{
	unsigned traits = sim_call_info(k->id)->traits;

	switch (k->id) {
	case SIM_CALL_SOCKET:
	case SIM_CALL_SOCKETPAIR: add_socket_args(out, k); break;
	case SIM_CALL_BIND:
	case SIM_CALL_CONNECT: add_address(c, out, k); break;
	case SIM_CALL_ACCEPT:
	case SIM_CALL_ACCEPT4:
	case SIM_CALL_GETSOCKNAME:
	case SIM_CALL_GETPEERNAME:
		if (k->family)
			add_address(c, out, k);
		break;
	case SIM_CALL_TIMERFD_CREATE:
	case SIM_CALL_TIMER_CREATE: add_clock_args(out, k); break;
	case SIM_CALL_LISTEN: sim_str_printf(out, "%d", (int)k->arg1); break;
	case SIM_CALL_SHUTDOWN: add_name(out, hows, (int)k->arg1); break;
	case SIM_CALL_GETSOCKOPT:
	case SIM_CALL_SETSOCKOPT: add_option_args(out, k); break;
	case SIM_CALL_FCNTL: add_fcntl_args(out, k); break;
	case SIM_CALL_IOCTL: add_ioctl_args(out, k); break;
	case SIM_CALL_IF_NAMETOINDEX: add_looked_up(c, out, k); break;
	case SIM_CALL_GETHOSTENT:
	case SIM_CALL_GETNETBYNAME:
	case SIM_CALL_GETNETBYADDR:
	case SIM_CALL_GETNETENT:
	case SIM_CALL_RES_INIT:
	case SIM_CALL_RES_QUERY:
	case SIM_CALL_RES_SEARCH:
	case SIM_CALL_RES_QUERYDOMAIN: break; /* what they are asked is not looked at */
	case SIM_CALL_SYSCALL:
	case SIM_CALL_IF_INDEXTONAME: sim_str_printf(out, "%u", (unsigned)k->arg1); break;
	case SIM_CALL_EPOLL_CTL: add_name(out, epoll_ops, (int)k->arg1); break;
	case SIM_CALL_LSEEK:
		sim_str_printf(out, "%" PRId64 ", ", (int64_t)k->arg1);
		add_name(out, whences, (int)k->arg2);
		break;
	default:
		if (traits & SIM_CALL_HAS_BYTES)
			add_data_args(out, k);
		else if ((traits & SIM_CALL_IS_SLEEP) && k->arg1)
			sim_span_add(out, (int64_t)k->arg1);
		else if (traits & SIM_CALL_IS_READY)
			sim_str_printf(out, "%" PRIu64, k->arg1);
		else if (traits & SIM_CALL_IS_RESOLVE)
			add_looked_up(c, out, k);
	}
}

/* The error that the call answered, in its own numbering; NULL: none, or without a name. */
static const char *error_of(const struct call *k)
{
	bool is_eai = sim_call_info(k->id)->traits & SIM_CALL_ANSWERS_EAI;

	return k->result < 0 ? sim_call_err_name(k->id, (int)(is_eai ? k->result : -k->result)) : NULL;
}

static void add_result(struct sim_control *c, struct sim_str *out, const struct call *k)
{
	unsigned traits = sim_call_info(k->id)->traits;
	const char *name = error_of(k);

	if (k->made_fd >= 0)
		sim_str_printf(out, " = %d", sim_render_fd(c, k->task_id, k->made_fd));
	else if (traits & SIM_CALL_IS_RESOLVE && k->result > 0)
		sim_str_printf(out, " = 0 (%" PRId64 " address%s)", k->result, k->result > 1 ? "es" : "");
	else if (k->result == -SIM_ERESTART)
		sim_str_add(out, " = ? ERESTARTSYS");
	else if (k->result >= 0 || (traits & SIM_CALL_ANSWERS_EAI))
		sim_str_printf(out, " = %" PRId64, k->result);
	else
		sim_str_add(out, " = -1");
	if (name)
		sim_str_printf(out, " %s", name);
}

/* ---- reasons ---- */

struct why_text {
	struct sim_control *c;
	struct sim_str *out;
	const struct sim_reason *why;
	struct sim_sock *sk;
	const struct call *call; /* NULL: not known */
};

static void add_named(struct why_text *t, const char *word, size_t len)
{
	bool peer = len == 4 && !memcmp(word, "peer", 4);
	struct sim_sock_view v;

	memset(&v, 0, sizeof v);
	/* A socket whose connect(2) failed has no peer, but the call named one. */
	if (!peer || !t->call || t->call->id != SIM_CALL_CONNECT || !address_of(t->call, &v.peer))
		if (t->sk)
			sim_sock_op(t->sk)->view(t->sk, &v);
	sim_render_name(t->out, peer ? &v.peer : &v.local);
}

/* The destination of the call, in two arguments; where it stands in none, the peer. */
static void add_destination(struct why_text *t, unsigned n)
{
	struct sim_addr a = { .d = { (uint64_t)t->why->arg[n], (uint64_t)t->why->arg[n + 1] } };
	char buf[64];

	if (a.d[0] || a.d[1])
		sim_str_add(t->out, sim_addr_format(a, buf));
	else
		add_named(t, "peer", 4);
}

/* {0} a number, {0t} a time, {0e} an errno, {0s} a state, {2a} an address. */
static void add_argument(struct why_text *t, const char *word, size_t len)
{
	unsigned n = (unsigned)(word[0] - '0');
	int64_t value = n < 4 ? t->why->arg[n] : 0;

	if (len == 1)
		sim_str_printf(t->out, "%" PRId64, value);
	else if (word[1] == 't')
		sim_render_time(t->out, value);
	else if (word[1] == 'e')
		sim_str_add(t->out, sim_errno_name((int)value) ? sim_errno_name((int)value) : "?");
	else if (word[1] == 's')
		sim_str_add(t->out, sim_tcp_state_name((unsigned)value));
	else if (word[1] == 'a' && n < 3)
		add_destination(t, n);
}

static bool is_about_fd(uint32_t key)
{
	return key == SIM_WHY_BAD_FD || key == SIM_WHY_NOT_SOCKET || key == SIM_WHY_REAL_FD;
}

static void render_why(struct sim_control *c, struct sim_str *out, const struct sim_reason *why,
		       const struct call *k)
{
	struct sim_reason shown = *why;
	struct why_text t = { c, out, &shown, why->sock_id ? sim_world_find_sock(c->w, why->sock_id) : NULL,
			      k };
	const char *p = sim_why_text(why->key), *end;

	if (k && is_about_fd(why->key))
		shown.arg[0] = sim_render_fd(c, k->task_id, (int)why->arg[0]);

	while (*p) {
		size_t plain = strcspn(p, "{");

		sim_str_add_len(out, p, plain);
		p += plain;
		if (!*p)
			break;
		end = strchr(p, '}');
		if (!end)
			break;
		if (p[1] >= '0' && p[1] <= '9')
			add_argument(&t, p + 1, (size_t)(end - p - 1));
		else
			add_named(&t, p + 1, (size_t)(end - p - 1));
		p = end + 1;
	}
}

static const struct sim_reason *why_of(struct sim_control *c, uint64_t n)
{
	const struct sim_control_why *slot = c->whys ? &c->whys[n % SIM_CONTROL_WHYS] : NULL;

	return slot && slot->rec == n + 1 ? &slot->why : NULL;
}

/* "injected, call 3; nothing was queued": shorter than the whole text, as a line has room for it. */
static void add_reason(struct sim_control *c, struct sim_str *out, const struct call *k, uint64_t n)
{
	const struct sim_reason *why = why_of(c, n);
	bool sends = (sim_call_info(k->id)->traits & SIM_CALL_IS_SEND) != 0;

	if (k->why_key == SIM_WHY_NONE || k->why_key >= SIM_WHY_NUM)
		return;
	sim_str_add(out, "   ");
	if (k->why_key == SIM_WHY_INJECTED) {
		sim_str_printf(out, "injected by rule %d", k->rule_id);
		if (why && why->arg[1])
			sim_str_printf(out, ", call %" PRId64, why->arg[1]);
		if (k->result < 0 && sends)
			sim_str_add(out, "; nothing was queued");
		return;
	}
	if (why)
		render_why(c, out, why, k);
	else
		sim_str_add(out, sim_why_name(k->why_key));
}

int sim_render_fd(struct sim_control *c, uint32_t task_id, int fd)
{
	return c->number_fd ? c->number_fd(c, task_id, fd) : fd;
}

static void add_call(struct sim_control *c, struct sim_str *out, const struct call *k)
{
	char args[CALLS_SHOWN_MAX_BYTES];
	struct sim_str a = sim_str_on(args, sizeof args);

	add_args(c, &a, k);
	sim_str_printf(out, "%s(", sim_call_name(k->id));
	if (k->fd >= 0)
		sim_str_printf(out, a.len ? "%d, " : "%d", sim_render_fd(c, k->task_id, k->fd));
	sim_str_printf(out, "%s)", args);
}

void sim_render_call(struct sim_control *c, struct sim_str *out, uint64_t n, const struct sim_trace_rec *r)
{
	struct call k = decode(r);

	if ((unsigned)k.id >= SIM_CALL_NUM)
		return;
	sim_str_printf(out, "%s ", sim_control_host_name(c, r->host));
	add_call(c, out, &k);
	add_result(c, out, &k);
	if (k.result < 0 || k.rule_id)
		add_reason(c, out, &k, n);
}

/* ---- the list of calls ---- */

/* Does the record belong to what the selector names? By the socket as it is now, or by what was known of it.
 */
static bool record_matches(struct sim_control *c, const struct sim_selector *sel,
			   const struct sim_trace_rec *r)
{
	struct call k = decode(r);
	struct sim_sock *sk;

	if (sim_control_is_builtin(c, k.task_id))
		return false;
	if (!sel) /* a report: reading the clock explains nothing and would push out what does */
		return !(sim_call_info(k.id)->traits & SIM_CALL_IS_CLOCK);
	if (sel->host && sel->host->net.host_id != r->host)
		return false;
	if (sel->fd >= 0 && (sel->sock_id && r->obj ? sel->sock_id != r->obj : sel->fd != k.fd))
		return false;
	if (!sel->kind && !sel->sport && !sel->dport && !sel->state[0])
		return true;
	sk = r->obj ? sim_world_find_sock(c->w, r->obj) : NULL;
	return sk && sim_selector_matches(c, sel, sk);
}

static bool is_shown(struct sim_control *c, const struct sim_selector *sel, const struct sim_trace_rec *r)
{
	return r && r->kind == SIM_TRACE_CALL && record_matches(c, sel, r);
}

void sim_render_last_calls(struct sim_control *c, struct sim_str *out, const struct sim_selector *sel,
			   unsigned num)
{
	const struct sim_trace *tr = &c->w->ctx.trace;
	uint64_t n = tr->num_written;
	unsigned found = 0;

	while (n && found < num && sim_trace_get(tr, n - 1))
		found += is_shown(c, sel, sim_trace_get(tr, --n));
	for (; n < tr->num_written; n++) {
		const struct sim_trace_rec *r = sim_trace_get(tr, n);

		if (!is_shown(c, sel, r))
			continue;
		sim_render_time(out, r->time_ns);
		sim_str_add(out, " ");
		sim_render_call(c, out, n, r);
		sim_str_add(out, "\n");
	}
}

const char *(sim_calls)(const char *sel)
{
	struct sim_control *c = sim_control_current("sim_calls");
	uint32_t num = c->w->ctx.trace.ring_mask;
	struct sim_selector s;
	struct sim_str out;

	sim_selector_parse(c, sel, &s);
	if (!c->calls_text) {
		c->calls_text_bytes = (size_t)num * 160 + 1;
		c->calls_text = malloc(c->calls_text_bytes);
		if (!c->calls_text)
			sim_control_fail("out of memory");
	}
	out = sim_str_on(c->calls_text, c->calls_text_bytes);
	sim_render_last_calls(c, &out, &s, num);
	return c->calls_text;
}

/* The last call of a task that failed or came up short, as a record. */
static const struct sim_trace_rec *last_failed(struct sim_control *c, const struct sim_task *t)
{
	const struct sim_trace *tr = &c->w->ctx.trace;
	const struct sim_trace_rec *r;

	for (uint64_t n = tr->num_written; n && (r = sim_trace_get(tr, n - 1)); n--) {
		struct call k;

		if (r->kind != SIM_TRACE_CALL)
			continue;
		k = decode(r);
		if (k.task_id == t->id && k.why_key == t->why.key && (k.result < 0 || k.rule_id))
			return r;
	}
	return NULL;
}

const struct sim_why *sim_explain(void)
{
	static __thread struct sim_why answer;
	struct sim_control *c = sim_control_current("sim_explain");
	const struct sim_reason *why = &sim_current->why;
	const struct sim_trace_rec *r = why->key ? last_failed(c, sim_current) : NULL;
	struct sim_str out = sim_str_on(c->why_text, sizeof c->why_text);
	struct call k;

	answer = (struct sim_why){ 0, sim_why_name(why->key), c->why_text,
				   why->since_ns == SIM_NEVER_NS ? -1 : why->since_ns };
	if (r) {
		k = decode(r);
		answer.err = k.result < 0 ? (int)-k.result : 0;
		if (answer.err == SIM_ERESTART)
			answer.err = EINTR;
		if (sim_call_info(k.id)->traits & SIM_CALL_IS_RESOLVE)
			answer.err = 0; /* another numbering */
		add_call(c, &out, &k);
		add_result(c, &out, &k);
		sim_str_add(&out, ": ");
	}
	render_why(c, &out, why, r ? &k : NULL);
	if (!why->key) {
		out = sim_str_on(c->why_text, sizeof c->why_text);
		sim_str_add(&out, "no call has failed or come up short");
	}
	return &answer;
}

void sim_render_last_call_of(struct sim_control *c, struct sim_str *out, const struct sim_task *t)
{
	const struct sim_trace *tr = &c->w->ctx.trace;
	const struct sim_trace_rec *r;

	for (uint64_t n = tr->num_written; n && (r = sim_trace_get(tr, n - 1)); n--) {
		struct call k;

		if (r->kind != SIM_TRACE_CALL)
			continue;
		k = decode(r);
		if (k.task_id != t->id)
			continue;
		sim_str_add(out, " in ");
		add_call(c, out, &k);
		add_result(c, out, &k);
		return;
	}
}

static void add_plain_result(struct sim_str *out, const struct call *k)
{
	const char *name = error_of(k);

	if (out->len)
		sim_str_add(out, " ");
	if (k->made_fd >= 0)
		sim_str_printf(out, "%d", k->made_fd);
	else if (k->result == -SIM_ERESTART)
		sim_str_add(out, "EINTR");
	else if (name)
		sim_str_add(out, name);
	else
		sim_str_printf(out, "%" PRId64, k->result);
}

void sim_render_results(struct sim_control *c, struct sim_str *out, const char *sel, const char *call)
{
	const struct sim_trace *tr = &c->w->ctx.trace;
	uint64_t n = tr->num_written > tr->ring_mask ? tr->num_written - tr->ring_mask : 0;
	struct sim_source src = sim_source_of("calls", call);
	struct sim_call_set set;
	struct sim_selector s;
	struct sim_diag d;

	sim_selector_parse(c, sel, &s);
	if (sim_call_set_parse(sim_slice_all(&src), &set, &d))
		sim_control_fail_diag(&d);
	for (; n < tr->num_written; n++) {
		const struct sim_trace_rec *r = sim_trace_get(tr, n);
		struct call k;

		if (!is_shown(c, &s, r))
			continue;
		k = decode(r);
		if (sim_call_set_has(&set, k.id))
			add_plain_result(out, &k);
	}
}
