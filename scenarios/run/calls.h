/* SPDX-License-Identifier: MIT */
/* The kinds of arguments that calls have, and the rows of the table of calls. Private to run/. */
#ifndef SCENARIOS_RUN_CALLS_H
#define SCENARIOS_RUN_CALLS_H

#include "scenarios/run/scenario.h"

enum sim_kind {
	K_NONE,
	K_INT,
	K_NULL, /* NULL, or "..." */
	K_FD,
	K_FAMILY,     /* "...": the script's version of IP */
	K_SIZE,       /* of the buffer before it; "...": as long as it is */
	K_BUF_IN,     /* the call reads it */
	K_BUF_OUT,    /* the call fills it; a string is what is expected there */
	K_ADDR_LOCAL, /* "...": this host's, port 8080 */
	K_ADDR_REMOTE,
	K_ADDR_LEN,
	K_ADDR_OUT,
	K_LEN_INOUT, /* [16] */
	K_OPT_IN,    /* setsockopt(2)'s value: [1], a struct, a string */
	K_OPT_LEN,
	K_OPT_OUT,
	K_INT_INOUT, /* [4] */
	K_LONG_INOUT,
	K_IOV_IN,
	K_IOV_OUT,
	K_MSG_IN,
	K_MSG_OUT,
	K_MMSG,
	K_MMSG_OUT,
	K_POLLFDS,
	K_EPOLL_EVENT,
	K_EPOLL_EVENTS, /* what is expected: a struct, or a list of them */
	K_NFDS,
	K_FDSET,
	K_TIMEVAL,
	K_TIMESPEC,
	K_TIME_LEFT, /* nanosleep(2)'s, of a call that a signal ended */
	K_ITIMERVAL,
	K_ITIMERVAL_OUT,
	K_PATH,
	K_FD_PAIR,
	K_SIGACTION,
	K_FCNTL_ARG,
	K_NUM
};

struct sim_call_row {
	const char *name;
	long (*fn)(const long *args);
	enum sim_kind kinds[SIM_SCRIPT_MAX_ARGS];
	unsigned min_args;
	bool makes_fd;
	const char *prefix; /* of symbols, for messages about its result; NULL: a number */
};

bool sim_kind_accepts(enum sim_kind kind, const struct sim_expr *e);
const char *sim_kind_form(enum sim_kind kind); /* "a descriptor, such as 3" */
void sim_kind_fill(struct sim_job *j, unsigned n);
void sim_kind_compare(struct sim_job *j, unsigned n);

#endif
