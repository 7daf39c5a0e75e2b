/* SPDX-License-Identifier: MIT */
/*
 * What the parts of the control API share, and what test frameworks hook into. One struct sim_control goes
 * with each world; it holds what belongs to the process that looks (files, texts, hooks), so it lies outside
 * the world's arena.
 *
 * Private to api/: programs see simsock.h.
 */
#ifndef API_CONTROL_CONTROL_H
#define API_CONTROL_CONTROL_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "sim/base/list.h"
#include "sim/base/str.h"
#include "sim/base/diag.h"
#include "sim/packet/address.h"
#include "sim/task/why.h"
#include "sim/world/world.h"

/* Room for a reason rendered in full. */
enum { SIM_WHY_TEXT_BYTES = 640, SIM_LINE_BYTES = 1024, SIM_REPORT_BYTES = 16384 };

/* A test framework that is told of failures: both do not return. */
struct sim_test_hooks {
	/* On the main task's stack. text: one or more lines without a newline at the end. */
	void (*fail)(const char *file, int line, const char *text) __attribute__((noreturn));
	void (*skip)(const char *file, int line, const char *text) __attribute__((noreturn));
};

/* One TCP stream of packets, for relative sequence numbers. */
struct sim_isn {
	struct sim_addr src, dst;
	uint16_t sport, dport;
	uint32_t isn;
};

enum { SIM_CONTROL_WHYS = 256, SIM_CONTROL_ISNS = 64 };

struct sim_control_why {
	uint64_t rec; /* number of the call's record, + 1 */
	struct sim_reason why;
};

/* What a socket that is gone had moved. */
struct sim_control_grave {
	uint32_t sock_id;
	uint16_t host_id;
	uint8_t kind; /* enum sim_sock_kind */
	struct sim_sock_log *sent, *delivered;
};

struct sim_pcap;

struct sim_control {
	struct sim_world *w;
	void *mem;
	size_t mem_bytes;
	struct sim_list knobs;   /* sndbuf, capacity: for sockets to come */
	struct sim_list ats;     /* sim_at() lines to come */
	uint32_t *builtin_tasks; /* ids: what they do is not the program's */
	uint32_t num_builtin_tasks, cap_builtin_tasks;
	uint32_t *pair_socks; /* ids of sockets made by sim_pair(): no leak */
	unsigned num_pair_socks, cap_pair_socks;
	uint32_t *retired; /* by id - 1: 1 + how often a rule that was taken back had fired */
	uint32_t num_retired;
	uint32_t *fd_socks; /* by descriptor: the last socket seen there */
	unsigned num_fd_socks;
	uint32_t *peers; /* by socket id: the peer's id; 0: not known */
	uint32_t num_peers;
	struct sim_control_grave *graves;
	unsigned num_graves;
	char why_text[SIM_WHY_TEXT_BYTES];
	struct sim_control_why *whys; /* of the last failed calls, when collecting */
	struct sim_isn isns[SIM_CONTROL_ISNS];
	unsigned num_isns;
	/* The number of a task's descriptor in texts, when others than the process's are to be shown. NULL:
	 * its own. */
	int (*number_fd)(struct sim_control *c, uint32_t task_id, int fd);
	FILE *trace;
	struct sim_pcap *pcap;
	char *calls_text, *sockets_text, *firewall_text, *ip_text, *report;
	size_t calls_text_bytes, sockets_text_bytes;
	bool sink_attached, reporting;
	/* A failure on another task's stack: main is to tell of it. */
	bool failed_elsewhere;
	struct {
		const char *file;
		int line;
		void (*act)(struct sim_control *c, const char *file, int line);
	} failure;
};

/* This thread's world; fails, naming `what`, when there is none. */
struct sim_control *sim_control_current(const char *what);
struct sim_control *sim_control_of(struct sim_world *w);
/* NULL: none. */
struct sim_control *sim_control_peek(void);

bool sim_control_is_kernel(void); /* SIMSOCK=kernel */

/* Set by a test framework while its test runs on this thread; NULL: none does. */
void sim_control_set_hooks(const struct sim_test_hooks *hooks);

/* What of the user's is being done now, such as "exec: --link": a mistake names it. NULL: nothing special. */
void sim_control_doing(const char *what);
/* The user's mistake, or the test's failure: tells it and does not return. */
_Noreturn void sim_control_fail(const char *fmt, ...) __attribute__((format(printf, 1, 2)));
_Noreturn void sim_control_fail_diag(const struct sim_diag *d);
_Noreturn void sim_control_skip(const char *what);
/* What ends a program without a framework with another status than SIM_EXIT_MISTAKE. */
_Noreturn void sim_control_end(int status, const char *text);

/*
 * Runs act(c, file, line) on the main task's stack, from whatever task; it must not return. For assertions
 * that fail in a spawned task.
 */
_Noreturn void sim_control_on_main(struct sim_control *c, const char *file, int line,
				   void (*act)(struct sim_control *c, const char *file, int line));

/* Where the last control call stood. */
void sim_control_where(const char **file, int *line);

/* The world's hooks: see world.h. */
int sim_control_on_deadlock(struct sim_world *w, struct sim_task *t);
int sim_control_on_spin(struct sim_world *w, struct sim_task *t);
void sim_control_on_socket(struct sim_world *w, struct sim_sock *sk);
void sim_control_on_at(struct sim_world *w, struct sim_timer *timer);
extern const struct sim_carrier_ops sim_control_carriers;

/* As sim_world_new(), but with these hosts, and whatever SIMSOCK says; the program runs on the first. */
struct sim_control_host {
	const char *name, *addrs;
};
struct sim_world *sim_control_world(uint64_t seed, const struct sim_control_host *hosts, unsigned num);

/* Hosts and tasks. */
struct sim_netem;
/* NULL and a diagnostic: no such host. */
struct sim_host *sim_control_find_host(struct sim_control *c, struct sim_slice name, struct sim_diag *d);
/* What sim_link() is given, read and checked: 0, or -EINVAL and a diagnostic. */
int sim_control_parse_link(const struct sim_host *a, const struct sim_host *b, struct sim_slice text,
			   struct sim_netem *out, struct sim_diag *d);
void sim_control_link(struct sim_host *a, struct sim_host *b, const struct sim_netem *netem);
struct sim_fw_command;
/* iptables(8)'s words behind its name: 0, or -EINVAL and a diagnostic. */
int sim_control_parse_firewall(struct sim_control *c, struct sim_slice text, bool v6,
			       struct sim_fw_command *out, struct sim_diag *d);
/* `text` is what cmd was read from, for the mistake that only shows now. */
void sim_control_firewall(struct sim_host *h, const struct sim_fw_command *cmd, struct sim_slice text);
struct sim_host *sim_control_host(struct sim_control *c, const char *what, const char *name); /* fails if
												 unknown */
void sim_control_add_host(struct sim_control *c, const char *name, const char *addrs);
/* A task in a new process that runs fn(arg) when its turn comes. */
struct sim_task *sim_control_start(struct sim_control *c, struct sim_host *h, const char *name, bool builtin,
				   void (*fn)(void *), void *arg);
/* One more task of a process. It ends for itself; the process ends with its first. */
struct sim_task *sim_control_start_task(struct sim_control *c, struct sim_proc *p, const char *name,
					void (*fn)(void *), void *arg);
bool sim_control_is_builtin(const struct sim_control *c, uint32_t task_id);

void sim_control_list_hosts(struct sim_control *c, struct sim_str *out); /* "client, server" */
void sim_control_list_ats(struct sim_control *c, struct sim_str *out); /* lines of sim_at() that are still to
									  come */
bool sim_control_parse_inet(const char *text, uint8_t addr[16]);

/* Selectors. */
struct sim_selector {
	struct sim_host *host; /* NULL: any */
	int fd;                /* -1: any */
	uint32_t sock_id;      /* fd's socket when it was parsed; 0: none */
	int kind;              /* 't' 'u' 'x'; 0: any */
	uint16_t sport, dport; /* 0: any */
	char state[16];        /* as a view has it; "": any */
};
void sim_selector_parse(struct sim_control *c, const char *text, struct sim_selector *sel); /* fails on a
											       mistake */
bool sim_selector_matches(struct sim_control *c, const struct sim_selector *sel, struct sim_sock *sk);
/* Bytes of all selected sockets: see sim_sent(). */
size_t sim_control_moved(struct sim_control *c, const char *text, bool delivered, void *buf, size_t cap);

/* A call has shown which socket a descriptor is. */
void sim_control_saw_fd(struct sim_control *c, int fd, uint32_t sock_id);
/* Whose peer it is can be asked now, and not any more when one of the two is gone. */
void sim_control_sock_connected(struct sim_control *c, uint32_t sock_id);
/* A socket is about to go: what it has moved is kept. */
void sim_control_sock_gone(struct sim_control *c, struct sim_sock *sk);

/* Rendering. All add to `out` and end without a newline. */
void sim_render_time(struct sim_str *out, int64_t time_ns);
void sim_render_name(struct sim_str *out, const struct sim_sockaddr *a); /* "10.0.0.1:80", "*" for none */
int sim_render_fd(struct sim_control *c, uint32_t task_id, int fd);      /* as it is to be shown */
void sim_render_call(struct sim_control *c, struct sim_str *out, uint64_t n, const struct sim_trace_rec *r);
void sim_render_packet(struct sim_control *c, struct sim_str *out, const struct sim_packet *p);
void sim_render_sock(struct sim_control *c, struct sim_str *out, struct sim_sock *sk);
void sim_render_blocked(struct sim_control *c, struct sim_str *out, struct sim_task *t); /* t first, then the
											    rest */
/* The last num calls of the program under test, a line each, every line ended. */
void sim_render_last_calls(struct sim_control *c, struct sim_str *out, const struct sim_selector *sel,
			   unsigned num);
/* " in send(5, 36) = -1 EPIPE": the last call of a task. */
void sim_render_last_call_of(struct sim_control *c, struct sim_str *out, const struct sim_task *t);
/* "10 10 EINTR 16": results of calls named as in a rule, oldest first. Fails on a mistake in sel or call. */
void sim_render_results(struct sim_control *c, struct sim_str *out, const char *sel, const char *call);
const char *sim_control_host_name(const struct sim_control *c, uint16_t host_id);

/* Time line. Collecting keeps the reasons of failed calls, for sim_render_call(). */
void sim_control_collect(struct sim_control *c);
void sim_control_trace_to(struct sim_control *c, const char *path, bool append); /* NULL: ends it */
void sim_control_pcap_to(struct sim_control *c, const char *path);               /* NULL: ends it */
void sim_control_flush_files(struct sim_control *c); /* unless their locks are held */
void sim_control_close_files(struct sim_control *c);

/* What is on the way arrives, for a minute of virtual time at most: peers see the end of connections. [time]
 */
void sim_control_let_arrive(struct sim_world *w);

/* What a test that passed has left behind, a line each ended by a newline; nothing: all is well. [time] */
void sim_control_left_over(struct sim_control *c, struct sim_str *out);

/* Virtual sleep of the calling task. */
void sim_control_sleep(struct sim_control *c, int64_t span_ns);

#endif
