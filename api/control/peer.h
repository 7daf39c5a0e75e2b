/* SPDX-License-Identifier: MIT */
/*
 * What built-in peers share: sockets that listen, whole sends, the runners of services. A peer is a process
 * of its own that waits for ever without that being a dead-lock, and that rules leave alone.
 *
 * Private to control/. peer.c reads addresses and services, peer_sock.c owns the sockets, serve.c runs
 * scripts, peer_stream.c connections, peer_dgram.c datagrams, peer_http.c a folder.
 */
#ifndef API_CONTROL_PEER_H
#define API_CONTROL_PEER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "api/control/control.h"

struct sim_peer;
struct sim_peer_worker;

/* What is done with a connection, and with a datagram; NULL: it is not for those. */
struct sim_peer_ops {
	const char *name;
	void (*connection)(struct sim_peer *p, struct sim_task *t, int fd); /* does not close it */
	/* `dgram` has room for SIM_PEER_DGRAM_BYTES at least: how many bytes to answer with; -1: none. */
	long (*datagram)(struct sim_peer *p, unsigned char *dgram, size_t len);
};

enum { SIM_PEER_DGRAM_BYTES = 65536, SIM_PEER_CHUNK_BYTES = 4096 };

struct sim_peer {
	struct sim_control *c;
	struct sim_proc *proc;
	const struct sim_peer_ops *ops;
	const char *where; /* as its address was written, for messages */
	const char *file;  /* where it was asked for: for failures */
	int line;
	const char *root;             /* http: the folder */
	struct sim_peer_worker *idle; /* who wait for a connection */
	struct sim_task *starved; /* takes connections, but for want of descriptors; NULL: it does not want */
	unsigned num_busy;
	uint64_t num_answers; /* datagrams that chargen has answered */
	struct sim_rng rng;
};

/* One socket of it, and the task that waits there. */
struct sim_peer_listener {
	struct sim_peer *p;
	int fd;
};

/* The entry points of tasks. arg: struct sim_peer_listener. */
void sim_peer_accept_main(void *arg);
void sim_peer_dgram_main(void *arg);

extern const struct sim_peer_ops sim_peer_echo, sim_peer_discard, sim_peer_chargen, sim_peer_http;

/* Memory of the world; fails if there is none. */
void *sim_peer_alloc(struct sim_control *c, size_t len);
char *sim_peer_copy(struct sim_control *c, const char *text, size_t len);
/* What a peer cannot go on without has failed: the test fails. */
_Noreturn void sim_peer_fail(const struct sim_peer *p, const char *what, long result);

/* ---- sockets: t is the peer's task, which need not be the one that runs ---- */

/* Opens, binds and for streams listens: a descriptor of t's process, or -errno; *step: which step failed. */
int sim_peer_listen(struct sim_control *c, struct sim_task *t, int type, const struct sim_sockaddr *at,
		    int backlog, const char **step);
/* Every address of the host, those of IPv4 as mapped ones. */
struct sim_sockaddr sim_peer_any(int port);

/* ---- calls of the task that runs ---- */

long sim_peer_receive(struct sim_task *t, int fd, void *buf, size_t len);
/* False: the other side is gone, and what is left is lost. */
bool sim_peer_send_all(struct sim_task *t, int fd, const void *buf, size_t len);
void sim_peer_close(struct sim_task *t, int fd, bool reset);

/* ---- scripts: serve.c ---- */

struct sim_peer_script;

/* The script, which `src` names and holds, read and copied. NULL and a diagnostic: a mistake. */
struct sim_peer_script *sim_peer_script_new(struct sim_control *c, const struct sim_source *src,
					    const char *where, struct sim_diag *d);
void sim_peer_script_main(void *arg);
/* Before it runs: the socket that it takes connections from. */
void sim_peer_script_listens(struct sim_peer_script *script, int fd);

#endif
