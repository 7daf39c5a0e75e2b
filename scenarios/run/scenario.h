/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the runner share. The world's main task is the conductor: it waits for the time of each
 * event and gives calls to tasks of simulated processes. A process has as many tasks as calls of it are
 * blocked at the same time. Private to run/.
 */
#ifndef SCENARIOS_RUN_SCENARIO_H
#define SCENARIOS_RUN_SCENARIO_H

#ifndef _GNU_SOURCE
#error "scenario.h needs _GNU_SOURCE"
#endif

#include <setjmp.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "api/control/control.h"
#include "api/signals/signals.h"
#include "scenarios/lang/script.h"
#include "scenarios/run/run.h"
#include "sim/base/str.h"

enum {
	SIM_SCN_MAX_FD = 1024,
	SIM_SCN_NAME_BYTES = 32,
	SIM_SCN_TEXT_BYTES = 512,
	SIM_SCN_PORT = 8080 /* where packetdrill's "..." is */
};

struct sim_actor;
struct sim_call_row;
struct sim_ladder;

struct sim_block {
	struct sim_block *next;
	size_t mapped_bytes; /* of a mapping instead */
	void *mapping;
	_Alignas(16) unsigned char bytes[];
};

/* One argument, marshalled. */
struct sim_arg {
	const struct sim_expr *e;
	long word;  /* what the call is given */
	void *mem;  /* what it points to, NULL: nothing of ours */
	size_t len; /* of mem */
};

/* One call, from its line to its check. */
struct sim_job {
	struct sim_job *next; /* of those that are not done */
	struct sim_scenario *scn;
	struct sim_actor *actor;
	const struct sim_event *ev;
	const struct sim_call_row *row;
	struct sim_arg args[SIM_SCRIPT_MAX_ARGS];
	struct sim_block *blocks;
	bool done;
	int64_t begin_ns, end_ns;
	int64_t due_ns; /* when it is to return; SIM_NEVER_NS: whenever */
	long result;
	int err; /* of result -1 */
	/* Why it failed or came up short. */
	int why_err;
	char why_key[48], why_text[SIM_WHY_TEXT_BYTES];
	/* The first thing that was not as expected. */
	bool differs;
	struct sim_slice differs_at;
	char want[SIM_SCN_TEXT_BYTES], got[SIM_SCN_TEXT_BYTES];
};

/* A task of a process, that makes its calls. */
struct sim_worker {
	struct sim_worker *next;
	struct sim_actor *actor;
	struct sim_task *task; /* gone with its process */
	uint32_t task_id;
	struct sim_job *job; /* NULL: idle */
};

/* A simulated process that lines can name. */
struct sim_actor {
	struct sim_actor *next;
	char name[SIM_SCN_NAME_BYTES];
	struct sim_scenario *scn;
	struct sim_host *host;
	struct sim_proc *proc;
	struct sim_worker *workers;
	int fds[SIM_SCN_MAX_FD]; /* by the script's number; -1: not open */
	struct sim_dispositions signals;
	uint64_t seen;        /* signals that its handlers saw: bit sig - 1 */
	struct sim_job *last; /* the call that was checked last: for "explain" */
};

struct sim_scn_file {
	struct sim_scn_file *next;
	char name[256];
	int fd;
};

struct sim_scenario {
	struct sim_script *script;
	const struct sim_run_options *options;
	struct sim_world *w;
	struct sim_control *c;
	struct sim_actor *actors;
	struct sim_job *running, *all; /* `all`: kept until the end, by `kept` */
	struct sim_scn_file *files;
	struct sim_block *copies; /* texts */
	struct sim_ladder *ladder;
	int *real_fds; /* files, pipes: closed at the end */
	unsigned num_real_fds;
	int rules[64]; /* ids of inject lines, and where they stand */
	const struct sim_event *rule_events[64];
	unsigned num_rules;
	const struct sim_event *ev; /* that is being done */
	const struct sim_actor *last_actor;
	bool in_control; /* a failure now is a mistake in this line */
	bool is_v6;
	int64_t last_ns; /* when the event before was due */
	int64_t tolerance_ns;
	enum sim_run_outcome outcome;
	sigjmp_buf out;
};

/* ---- report.c: how a run ends early; these do not return ---- */

_Noreturn void sim_scn_mistake(struct sim_scenario *s, struct sim_slice at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
_Noreturn void sim_scn_fail(struct sim_scenario *s, struct sim_slice at, const char *fmt, ...)
	__attribute__((format(printf, 3, 4)));
/* The same of several lines. */
_Noreturn void sim_scn_fail_text(struct sim_scenario *s, struct sim_slice at, const char *text);
/* A call whose outcome is not the one that was expected. */
_Noreturn void sim_scn_fail_job(struct sim_job *j);
void sim_scn_print_errors(const struct sim_scenario *s);
/* "-1 EAGAIN (Resource temporarily unavailable)", "3": as scripts write it. */
void sim_scn_add_result(struct sim_str *out, const struct sim_job *j);
/* The text of a slice on one line. */
void sim_scn_add_slice(struct sim_str *out, struct sim_slice s);

/* ---- actor.c ---- */

struct sim_actor *sim_scn_add_actor(struct sim_scenario *s, const char *name, struct sim_host *h);
/* Of a line: who was named, or the first. NULL: nobody of that name. */
struct sim_actor *sim_scn_actor(struct sim_scenario *s, struct sim_slice who);
struct sim_actor *sim_scn_actor_of(struct sim_scenario *s, const struct sim_proc *p);
/* Gives the call to an idle task of its process, which runs until it is done or blocks for longer than now.
 */
void sim_scn_start(struct sim_job *j);
/* Whatever can happen without time passing happens. */
void sim_scn_settle(struct sim_scenario *s);
void sim_scn_sleep_until(struct sim_scenario *s, int64_t time_ns);
void sim_scn_signals_begin(struct sim_scenario *s);
void sim_scn_signals_end(void);
struct sim_scenario *sim_scn_now(void); /* the one that runs */
/* sigaction(2) of the process that calls, with what a script says of the handler: 0 SIG_DFL, 1 SIG_IGN, 2 one
 * that notes. 0 or -1. */
int sim_scn_sigaction(int sig, int handler, int flags);
/* A script's descriptor: the real one, or a number that is nobody's. */
int sim_scn_fd(const struct sim_actor *a, int64_t script_fd);
/* The script's number of a real one; -1: none. */
int sim_scn_script_fd(const struct sim_actor *a, int real_fd);
/* sim_control.number_fd: texts have the script's numbers. */
int sim_scn_number_fd(struct sim_control *c, uint32_t task_id, int fd);
/* A new descriptor has this number in the script. False: the number is taken, or too high. */
bool sim_scn_bind_fd(struct sim_actor *a, int64_t script_fd, int real_fd);
/* dup2(2) of the process that calls; `to` is the script's number. */
int sim_scn_dup2(int real_fd, int64_t to);
void sim_scn_note_real_fd(struct sim_scenario *s, int fd);

/* ---- calls.c ---- */

/* Mistakes that can be seen before anything runs are noted with the script. */
void sim_scn_check_call(struct sim_scenario *s, const struct sim_event *ev);
const struct sim_call_row *sim_scn_call_row(struct sim_slice name);
void sim_scn_marshal(struct sim_job *j);
void sim_scn_make_call(struct sim_job *j); /* on the stack of its task */
void sim_scn_check_outcome(struct sim_job *j);
bool sim_scn_makes_fd(const struct sim_job *j);

/* ---- args.c: memory of a call ---- */

void *sim_job_alloc(struct sim_job *j, size_t bytes); /* zeroed, never NULL */
void sim_job_free(struct sim_job *j);
/* The first difference is kept. */
void sim_job_differs(struct sim_job *j, struct sim_slice at, const char *want, const char *got);
void sim_job_differs_int(struct sim_job *j, const struct sim_expr *e, const char *prefix, int64_t got);
/* A pointer, or a buffer that stands at a certain place: it says nothing about what is expected there. */
bool sim_expr_is_place(const struct sim_expr *e);
/* A buffer that a call reads, of at least `len` bytes as `e` says. */
void *sim_job_bytes(struct sim_job *j, const struct sim_expr *e, size_t len, size_t *out_len);
/* What arrived in a buffer that a call filled. */
void sim_job_compare_bytes(struct sim_job *j, const struct sim_expr *e, const void *got, size_t got_len);

/* ---- structs.c ---- */

enum sim_layout_id {
	SIM_LAYOUT_LINGER,
	SIM_LAYOUT_TIMEVAL,
	SIM_LAYOUT_TIMESPEC,
	SIM_LAYOUT_UCRED,
	SIM_LAYOUT_PKTINFO,
	SIM_LAYOUT_PKTINFO6,
	SIM_LAYOUT_EXTENDED_ERR,
	SIM_LAYOUT_POLLFD,
	SIM_LAYOUT_EPOLL_EVENT,
	SIM_LAYOUT_MREQ,
	SIM_LAYOUT_NONE
};
size_t sim_layout_bytes(enum sim_layout_id id);
/* A struct literal into memory; a field that there is not is a mistake. */
void sim_layout_fill(struct sim_job *j, enum sim_layout_id id, const struct sim_expr *e, void *mem);
void sim_layout_compare(struct sim_job *j, enum sim_layout_id id, const struct sim_expr *e, const void *mem);
/* The field of that name, or by its place if it is written without; NULL: it is not there. */
const struct sim_expr *sim_struct_field(const struct sim_expr *e, const char *name, unsigned place);
int64_t sim_struct_int(const struct sim_expr *e, const char *name, unsigned place, int64_t otherwise);

/* An address literal, or "..." (the usual one: `remote` of a peer, else a local one). Its natural length. */
socklen_t sim_fill_sockaddr(struct sim_job *j, const struct sim_expr *e, bool remote,
			    struct sockaddr_storage *out);
void sim_compare_sockaddr(struct sim_job *j, const struct sim_expr *e, const struct sockaddr_storage *got,
			  socklen_t len);

/* ---- message.c ---- */

struct iovec;
struct iovec *sim_fill_iov(struct sim_job *j, const struct sim_expr *e, bool is_out, size_t *num);
void sim_compare_iov(struct sim_job *j, const struct sim_expr *e, const struct iovec *iov, size_t num,
		     size_t got_len);
void sim_fill_msg(struct sim_job *j, const struct sim_expr *e, bool is_out, struct msghdr *m);
void sim_compare_msg(struct sim_job *j, const struct sim_expr *e, const struct msghdr *m, long result);

/* ---- files.c: files of the scenario, real descriptors ---- */

void sim_scn_add_file(struct sim_scenario *s, struct sim_slice name, uint64_t bytes);
int sim_scn_open(const char *path, int flags, int mode);
int sim_scn_pipe(int fds[2], int flags);

/* ---- control.c ---- */

void sim_scn_control(struct sim_scenario *s, const struct sim_event *ev);
void sim_scn_options(struct sim_scenario *s);
void sim_scn_check_rules(struct sim_scenario *s);

/* ---- ladder.c ---- */

struct sim_ladder *sim_ladder_begin(struct sim_scenario *s);
void sim_ladder_end(struct sim_ladder *l); /* NULL is legal */

#endif
