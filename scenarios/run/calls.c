/* SPDX-License-Identifier: MIT */
/*
 * The calls that a scenario can make: a row each, with the kinds of its arguments and the function behind it.
 * What a kind means is kinds.c's. The functions are those of the posix face: -1 and errno.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "scenarios/run/calls.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/uio.h>
#include <unistd.h>

#include "api/calls/calls.h"
#include "api/posix/simsock_posix.h"
#include "api/simsock.h"
#include "sim/unix/unix_domain.h"

/* ---- paths of the virtual tree, as the process that makes the call ---- */

static long tree_result(int err)
{
	if (!err)
		return 0;
	errno = -err;
	return -1;
}

static struct sim_unix *tree(struct sim_unix_cred *who)
{
	sim_unix_task_cred(sim_current, who);
	return sim_current->proc->net->unix_domain;
}

static long do_mkdir(const long *a)
{
	struct sim_unix_cred who;

	return tree_result(sim_unix_mkdir(tree(&who), &who, (const char *)a[0], (uint32_t)a[1], false));
}

static long do_mknod(const long *a)
{
	struct sim_unix_cred who;

	return tree_result(sim_unix_mkfile(tree(&who), &who, (const char *)a[0], (uint32_t)a[1]));
}

static long do_symlink(const long *a)
{
	struct sim_unix_cred who;

	return tree_result(sim_unix_symlink(tree(&who), &who, (const char *)a[0], (const char *)a[1]));
}

static long do_chmod(const long *a)
{
	struct sim_unix_cred who;

	return tree_result(sim_unix_chmod(tree(&who), &who, (const char *)a[0], (uint32_t)a[1]));
}

static long do_chown(const long *a)
{
	struct sim_unix_cred who;

	return tree_result(
		sim_unix_chown(tree(&who), &who, (const char *)a[0], (uint32_t)a[1], (uint32_t)a[2]));
}

static long do_unlink(const long *a)
{
	struct sim_unix_cred who;

	return tree_result(sim_unix_unlink(tree(&who), &who, (const char *)a[0]));
}

static long do_rmdir(const long *a)
{
	struct sim_unix_cred who;

	return tree_result(sim_unix_rmdir(tree(&who), &who, (const char *)a[0]));
}

static long do_rename(const long *a)
{
	struct sim_unix_cred who;

	return tree_result(sim_unix_rename(tree(&who), &who, (const char *)a[0], (const char *)a[1]));
}

static long do_umask(const long *a)
{
	uint32_t before = sim_current->proc->umask;

	sim_current->proc->umask = (uint32_t)a[0] & 0777;
	return (long)before;
}

/* ---- the rest ---- */

#define CALL(name, expr)                \
	static long name(const long *a) \
	{                               \
		(void)a;                \
		return (long)(expr);    \
	}
#define P(n) ((void *)a[n])
#define I(n) ((int)a[n])
#define Z(n) ((size_t)a[n])
#define L(n) ((socklen_t)a[n])

CALL(do_socket, sim_socket(I(0), I(1), I(2)))
CALL(do_socketpair, sim_socketpair(I(0), I(1), I(2), P(3)))
CALL(do_bind, sim_bind(I(0), P(1), L(2)))
CALL(do_listen, sim_listen(I(0), I(1)))
CALL(do_accept, sim_accept(I(0), P(1), P(2)))
CALL(do_accept4, sim_accept4(I(0), P(1), P(2), I(3)))
CALL(do_connect, sim_connect(I(0), P(1), L(2)))
CALL(do_shutdown, sim_shutdown(I(0), I(1)))
CALL(do_getsockname, sim_getsockname(I(0), P(1), P(2)))
CALL(do_getpeername, sim_getpeername(I(0), P(1), P(2)))
CALL(do_setsockopt, sim_setsockopt(I(0), I(1), I(2), P(3), L(4)))
CALL(do_getsockopt, sim_getsockopt(I(0), I(1), I(2), P(3), P(4)))
CALL(do_send, sim_send(I(0), P(1), Z(2), I(3)))
CALL(do_sendto, sim_sendto(I(0), P(1), Z(2), I(3), P(4), L(5)))
CALL(do_sendmsg, sim_sendmsg(I(0), P(1), I(2)))
CALL(do_sendmmsg, sim_sendmmsg(I(0), P(1), (unsigned)a[2], I(3)))
CALL(do_write, sim_write(I(0), P(1), Z(2)))
CALL(do_writev, sim_writev(I(0), P(1), I(2)))
CALL(do_sendfile, sim_sendfile(I(0), I(1), P(2), Z(3)))
CALL(do_recv, sim_recv(I(0), P(1), Z(2), I(3)))
CALL(do_recvfrom, sim_recvfrom(I(0), P(1), Z(2), I(3), P(4), P(5)))
CALL(do_recvmmsg, sim_recvmmsg(I(0), P(1), (unsigned)a[2], I(3), P(4)))
CALL(do_recvmsg, sim_recvmsg(I(0), P(1), I(2)))
CALL(do_read, sim_read(I(0), P(1), Z(2)))
CALL(do_readv, sim_readv(I(0), P(1), I(2)))
CALL(do_close, sim_close(I(0)))
CALL(do_dup, sim_dup(I(0)))
CALL(do_fcntl, sim_fcntl(I(0), I(1), a[2]))
CALL(do_ioctl, sim_ioctl(I(0), (unsigned long)a[1], P(2)))
CALL(do_sockatmark, sim_sockatmark(I(0)))
CALL(do_splice, sim_splice(I(0), P(1), I(2), P(3), Z(4), (unsigned)a[5]))
CALL(do_poll, sim_poll(P(0), (nfds_t)a[1], I(2)))
CALL(do_select, sim_select(I(0), P(1), P(2), P(3), P(4)))
CALL(do_epoll_create, sim_epoll_create(I(0)))
CALL(do_epoll_create1, sim_epoll_create1(I(0)))
CALL(do_epoll_ctl, sim_epoll_ctl(I(0), I(1), I(2), P(3)))
CALL(do_epoll_wait, sim_epoll_wait(I(0), P(1), I(2), I(3)))
CALL(do_alarm, sim_alarm((unsigned)a[0]))
CALL(do_getitimer, sim_getitimer(I(0), P(1)))
CALL(do_setitimer, sim_setitimer(I(0), P(1), P(2)))
CALL(do_nanosleep, sim_nanosleep(P(0), P(1)))
CALL(do_dup2, sim_scn_dup2(I(0), a[1]))
CALL(do_pause, sim_pause())
CALL(do_timerfd_create, sim_timerfd_create(I(0), I(1)))
CALL(do_open, sim_scn_open(P(0), I(1), I(2)))
CALL(do_pipe, sim_scn_pipe(P(0), 0))
CALL(do_pipe2, sim_scn_pipe(P(0), I(1)))
CALL(do_sigaction, sim_scn_sigaction(I(0), (int)(a[1] & 0xff), (int)(a[1] >> 8)))

/* { name, function, kinds of the arguments, how many at least, makes a descriptor, symbols of its result } */
static const struct sim_call_row rows[] = {
	{ "accept", do_accept, { K_FD, K_ADDR_OUT, K_LEN_INOUT }, 3, true, NULL },
	{ "accept4", do_accept4, { K_FD, K_ADDR_OUT, K_LEN_INOUT, K_INT }, 4, true, NULL },
	{ "alarm", do_alarm, { K_INT }, 1, false, NULL },
	{ "bind", do_bind, { K_FD, K_ADDR_LOCAL, K_ADDR_LEN }, 3, false, NULL },
	{ "chmod", do_chmod, { K_PATH, K_INT }, 2, false, NULL },
	{ "chown", do_chown, { K_PATH, K_INT, K_INT }, 3, false, NULL },
	{ "close", do_close, { K_FD }, 1, false, NULL },
	{ "connect", do_connect, { K_FD, K_ADDR_REMOTE, K_ADDR_LEN }, 3, false, NULL },
	{ "dup", do_dup, { K_FD }, 1, true, NULL },
	{ "dup2", do_dup2, { K_FD, K_INT }, 2, false, NULL },
	{ "epoll_create", do_epoll_create, { K_INT }, 1, true, NULL },
	{ "epoll_create1", do_epoll_create1, { K_INT }, 1, true, NULL },
	{ "epoll_ctl", do_epoll_ctl, { K_FD, K_INT, K_FD, K_EPOLL_EVENT }, 3, false, NULL },
	{ "epoll_wait", do_epoll_wait, { K_FD, K_EPOLL_EVENTS, K_INT, K_INT }, 4, false, NULL },
	{ "fcntl", do_fcntl, { K_FD, K_INT, K_FCNTL_ARG }, 2, false, "O_" },
	{ "getitimer", do_getitimer, { K_INT, K_ITIMERVAL_OUT }, 2, false, NULL },
	{ "getpeername", do_getpeername, { K_FD, K_ADDR_OUT, K_LEN_INOUT }, 3, false, NULL },
	{ "getsockname", do_getsockname, { K_FD, K_ADDR_OUT, K_LEN_INOUT }, 3, false, NULL },
	{ "getsockopt", do_getsockopt, { K_FD, K_INT, K_INT, K_OPT_OUT, K_LEN_INOUT }, 5, false, NULL },
	{ "ioctl", do_ioctl, { K_FD, K_INT, K_INT_INOUT }, 2, false, NULL },
	{ "listen", do_listen, { K_FD, K_INT }, 2, false, NULL },
	{ "mkdir", do_mkdir, { K_PATH, K_INT }, 2, false, NULL },
	{ "mknod", do_mknod, { K_PATH, K_INT, K_INT }, 2, false, NULL },
	{ "nanosleep", do_nanosleep, { K_TIMESPEC, K_TIME_LEFT }, 2, false, NULL },
	{ "open", do_open, { K_PATH, K_INT, K_INT }, 2, true, NULL },
	{ "pause", do_pause, { K_NONE }, 0, false, NULL },
	{ "pipe", do_pipe, { K_FD_PAIR }, 1, false, NULL },
	{ "pipe2", do_pipe2, { K_FD_PAIR, K_INT }, 2, false, NULL },
	{ "poll", do_poll, { K_POLLFDS, K_INT, K_INT }, 3, false, NULL },
	{ "read", do_read, { K_FD, K_BUF_OUT, K_SIZE }, 3, false, NULL },
	{ "readv", do_readv, { K_FD, K_IOV_OUT, K_INT }, 3, false, NULL },
	{ "recv", do_recv, { K_FD, K_BUF_OUT, K_SIZE, K_INT }, 4, false, NULL },
	{ "recvfrom",
	  do_recvfrom,
	  { K_FD, K_BUF_OUT, K_SIZE, K_INT, K_ADDR_OUT, K_LEN_INOUT },
	  6,
	  false,
	  NULL },
	{ "recvmmsg", do_recvmmsg, { K_FD, K_MMSG_OUT, K_INT, K_INT, K_TIMESPEC }, 5, false, NULL },
	{ "recvmsg", do_recvmsg, { K_FD, K_MSG_OUT, K_INT }, 3, false, NULL },
	{ "rename", do_rename, { K_PATH, K_PATH }, 2, false, NULL },
	{ "rmdir", do_rmdir, { K_PATH }, 1, false, NULL },
	{ "select", do_select, { K_NFDS, K_FDSET, K_FDSET, K_FDSET, K_TIMEVAL }, 5, false, NULL },
	{ "send", do_send, { K_FD, K_BUF_IN, K_SIZE, K_INT }, 4, false, NULL },
	{ "sendfile", do_sendfile, { K_FD, K_FD, K_LONG_INOUT, K_SIZE }, 4, false, NULL },
	{ "sendmmsg", do_sendmmsg, { K_FD, K_MMSG, K_INT, K_INT }, 4, false, NULL },
	{ "sendmsg", do_sendmsg, { K_FD, K_MSG_IN, K_INT }, 3, false, NULL },
	{ "sendto", do_sendto, { K_FD, K_BUF_IN, K_SIZE, K_INT, K_ADDR_REMOTE, K_ADDR_LEN }, 6, false, NULL },
	{ "setitimer", do_setitimer, { K_INT, K_ITIMERVAL, K_ITIMERVAL_OUT }, 3, false, NULL },
	{ "setsockopt", do_setsockopt, { K_FD, K_INT, K_INT, K_OPT_IN, K_OPT_LEN }, 5, false, NULL },
	{ "shutdown", do_shutdown, { K_FD, K_INT }, 2, false, NULL },
	{ "sigaction", do_sigaction, { K_INT, K_SIGACTION, K_NULL }, 2, false, NULL },
	{ "sockatmark", do_sockatmark, { K_FD }, 1, false, NULL },
	{ "socket", do_socket, { K_FAMILY, K_INT, K_INT }, 3, true, NULL },
	{ "socketpair", do_socketpair, { K_INT, K_INT, K_INT, K_FD_PAIR }, 4, false, NULL },
	{ "splice", do_splice, { K_FD, K_LONG_INOUT, K_FD, K_LONG_INOUT, K_SIZE, K_INT }, 6, false, NULL },
	{ "symlink", do_symlink, { K_PATH, K_PATH }, 2, false, NULL },
	{ "timerfd_create", do_timerfd_create, { K_INT, K_INT }, 2, true, NULL },
	{ "umask", do_umask, { K_INT }, 1, false, NULL },
	{ "unlink", do_unlink, { K_PATH }, 1, false, NULL },
	{ "write", do_write, { K_FD, K_BUF_IN, K_SIZE }, 3, false, NULL },
	{ "writev", do_writev, { K_FD, K_IOV_IN, K_INT }, 3, false, NULL },
};
enum { NUM_ROWS = sizeof rows / sizeof rows[0] };

const struct sim_call_row *sim_scn_call_row(struct sim_slice name)
{
	for (size_t i = 0; i < NUM_ROWS; i++)
		if (sim_slice_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

static unsigned num_args(const struct sim_call_row *row)
{
	unsigned n = 0;

	while (n < SIM_SCRIPT_MAX_ARGS && row->kinds[n] != K_NONE)
		n++;
	return n;
}

void sim_scn_check_call(struct sim_scenario *s, const struct sim_event *ev)
{
	const struct sim_call_row *row = sim_scn_call_row(ev->name);
	struct sim_suggest near = sim_suggest_for(ev->name);
	char hint[SIM_SUGGEST_BYTES];
	unsigned most, i = 0;

	if (!row) {
		for (i = 0; i < NUM_ROWS; i++)
			sim_suggest_offer(&near, rows[i].name);
		sim_script_error(s->script, ev->name, "unknown call \"" SIM_SLICE_FMT "\"%s",
				 SIM_SLICE_ARG(ev->name), sim_suggest_text(&near, hint));
		return;
	}
	most = num_args(row);
	if (ev->num_args < row->min_args || ev->num_args > most) {
		sim_script_error(s->script, ev->name,
				 row->min_args == most ? "%s() takes %u arguments, found %u"
						       : "%s() takes at least %u arguments, found %u",
				 row->name, row->min_args, ev->num_args);
		return;
	}
	for (const struct sim_expr *e = ev->args; e; e = e->next, i++)
		if (!sim_kind_accepts(row->kinds[i], e))
			sim_script_error(s->script, e->at, "argument %u of %s(): expected %s, found %s",
					 i + 1, row->name, sim_kind_form(row->kinds[i]),
					 sim_expr_kind_name(e->kind));
}

bool sim_scn_makes_fd(const struct sim_job *j)
{
	bool dups = !strcmp(j->row->name, "fcntl") && j->ev->num_args > 1 &&
		    (j->ev->args->next->value == 0 || j->ev->args->next->value == 1030);

	return j->row->makes_fd || dups; /* F_DUPFD, F_DUPFD_CLOEXEC */
}

void sim_scn_marshal(struct sim_job *j)
{
	const struct sim_expr *e = j->ev->args;

	j->row = sim_scn_call_row(j->ev->name);
	for (unsigned i = 0; e && i < SIM_SCRIPT_MAX_ARGS; i++, e = e->next)
		j->args[i].e = e;
	for (unsigned i = 0; i < j->ev->num_args; i++)
		sim_kind_fill(j, i);
}

/* A call on a real descriptor, a file or a pipe, leaves no reason; of ENOTSOCK there is but one. */
static void keep_own_why(struct sim_job *j)
{
	struct sim_str out = sim_str_on(j->why_text, sizeof j->why_text);

	if (j->err != ENOTSOCK || j->row->kinds[0] != K_FD)
		return;
	j->why_err = ENOTSOCK;
	sim_str_copy(j->why_key, sizeof j->why_key, sim_why_name(SIM_WHY_NOT_SOCKET));
	sim_str_printf(&out, "descriptor %lld is not a socket", (long long)j->ev->args->value);
}

/* Why the task's last call failed: asked where it failed. */
static void keep_why(struct sim_job *j)
{
	const struct sim_why *why;
	const char *text;

	if (!sim_current->why.key) {
		keep_own_why(j);
		return;
	}
	why = sim_explain();
	j->why_err = why->err;
	sim_str_copy(j->why_key, sizeof j->why_key, why->key);
	/* What stands before the reason, the call and its result, the script says better. */
	text = strstr(why->text, ") = ");
	text = text ? strstr(text, ": ") : NULL;
	sim_str_copy(j->why_text, sizeof j->why_text, text ? text + 2 : why->text);
}

void sim_scn_make_call(struct sim_job *j)
{
	long a[SIM_SCRIPT_MAX_ARGS] = { 0 };

	for (unsigned i = 0; i < j->ev->num_args; i++)
		a[i] = j->args[i].word;
	sim_current->why.key = SIM_WHY_NONE;
	errno = 0;
	j->result = j->row->fn(a);
	j->err = j->result == -1 ? errno : 0;
	keep_why(j);
	/* A call on a real descriptor leaves what it raised behind. */
	if (sim_current->proc->pending | sim_current->proc->arrived)
		(void)sim_signals_deliver(sim_current);
}

/* ---- the outcome ---- */

static bool meets(const struct sim_result *r, int64_t got)
{
	switch (r->op) {
	case SIM_RESULT_EQ: return got == r->value;
	case SIM_RESULT_NE: return got != r->value;
	case SIM_RESULT_LT: return got < r->value;
	case SIM_RESULT_LE: return got <= r->value;
	case SIM_RESULT_GT: return got > r->value;
	case SIM_RESULT_GE: return got >= r->value;
	default: return true;
	}
}

static void add_result(struct sim_str *out, const struct sim_job *j)
{
	if (j->row->prefix && j->result > 0 && j->ev->num_args == 2)
		sim_constant_add_bits(out, j->row->prefix, (uint64_t)j->result);
	else
		sim_scn_add_result(out, j);
}

static void compare_result(struct sim_job *j)
{
	const struct sim_result *r = &j->ev->result;
	bool makes_fd = sim_scn_makes_fd(j) && r->op == SIM_RESULT_EQ && r->value >= 0;
	char want[256], got[256];
	struct sim_str a = sim_str_on(want, sizeof want), b = sim_str_on(got, sizeof got);
	bool same = makes_fd ? j->result >= 0 : meets(r, j->result);

	if (same && (!r->err || (j->result == -1 && j->err == r->err)))
		return;
	sim_scn_add_slice(&a, r->at);
	add_result(&b, j);
	sim_job_differs(j, r->at, want, got);
}

static void bind_made_fd(struct sim_job *j)
{
	int64_t number = j->ev->result.op == SIM_RESULT_EQ ? j->ev->result.value : j->result;

	if (j->result < 0 || !sim_scn_makes_fd(j) || j->differs)
		return;
	if (!sim_scn_bind_fd(j->actor, number, (int)j->result))
		sim_job_differs(j, j->ev->result.at, "a number that is free",
				"one that is open in this script");
}

/* The number is free again in the script. */
static void unbind_closed_fd(struct sim_job *j)
{
	int64_t fd = j->ev->num_args ? j->ev->args->value : -1;

	if (!strcmp(j->row->name, "close") && j->result == 0 && fd >= 0 && fd < SIM_SCN_MAX_FD)
		j->actor->fds[fd] = -1;
}

void sim_scn_check_outcome(struct sim_job *j)
{
	compare_result(j);
	bind_made_fd(j);
	unbind_closed_fd(j);
	for (unsigned i = 0; i < j->ev->num_args; i++)
		sim_kind_compare(j, i);
	if (j->differs)
		sim_scn_fail_job(j);
}
