/* SPDX-License-Identifier: MIT */
/*
 * Open files and descriptors: what a number refers to. A file is a socket, an epoll set or a timer; several
 * descriptors may share one (dup(2)). One table serves all tasks of one program, since they share an address
 * space; each descriptor remembers the process that opened it, so that it is closed when that process ends.
 *
 * Owns files (counted) and the table. Numbers may be reserved by the embedder beside real ones.
 */
#ifndef SIM_PROC_FILE_H
#define SIM_PROC_FILE_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/sock/sock.h"

struct sim_epoll;
struct sim_proc;
struct sim_timerfd;

enum sim_file_kind { SIM_FILE_SOCK, SIM_FILE_EPOLL, SIM_FILE_TIMERFD };

/* Who gets the file's signals: fcntl(2), F_SETOWN. */
struct sim_owner {
	struct sim_proc *proc; /* NULL: nobody */
	int32_t pid;           /* as it was given: the process's, a thread's, a group's */
	uint8_t type;          /* F_OWNER_* */
	uint8_t sig;           /* F_SETSIG */
};

struct sim_file {
	uint32_t refs;
	uint32_t kind : 4;         /* enum sim_file_kind */
	uint32_t nonblock : 1;     /* O_NONBLOCK */
	uint32_t async : 1;        /* O_ASYNC: stored */
	uint32_t is_reached : 1;   /* by the collector of what is in flight */
	uint32_t num_flights : 25; /* of refs: by descriptors in messages that nobody has received */
	struct sim_owner owner;
	struct sim_list watches; /* epoll items on this file: they go when its last descriptor does */
	union {
		struct sim_sock *sk; /* with a reference */
		struct sim_epoll *ep;
		struct sim_timerfd *tfd;
	};
};

struct sim_fd {
	struct sim_file *file; /* NULL: free */
	uint32_t proc_id;      /* who opened it */
	bool cloexec;
};

/*
 * Reserves numbers in the program's real table. take: the lowest free number >= min, or -errno. take_at:
 * exactly fd (whatever it was is closed). drop: it is free again. NULL table: numbers are the simulation's
 * own, from 3.
 *
 * Real descriptors in messages (SCM_RIGHTS). hold: a duplicate of the program's fd, out of the way of
 * lowest-number-first, or -EBADF; to be dropped. give: a duplicate of a held one at the lowest free number,
 * or -errno. limit: RLIMIT_NOFILE.
 */
struct sim_fd_ops {
	int (*take)(int min, bool cloexec);
	int (*take_at)(int fd, bool cloexec);
	void (*drop)(int fd);
	int (*hold)(int fd);
	int (*give)(int held_fd, bool cloexec);
	uint32_t (*limit)(void);
};

struct sim_fdtable {
	struct sim_ctx *ctx;
	const struct sim_fd_ops *ops;
	struct sim_fd *slots;
	int num_slots;
	int num_open;
	int first_free; /* no free slot below it (own numbers only) */
	int limit;      /* RLIMIT_NOFILE */
};

int sim_fdtable_init(struct sim_fdtable *ft, struct sim_ctx *ctx, const struct sim_fd_ops *ops); /* 0, -ENOMEM
												  */

static inline struct sim_file *sim_fd_file(const struct sim_fdtable *ft, int fd)
{
	return (unsigned)fd < (unsigned)ft->num_slots ? ft->slots[fd].file : NULL;
}

/* A new file on a socket (takes the caller's reference). NULL: no memory, nothing taken. */
struct sim_file *sim_file_new_sock(struct sim_ctx *ctx, struct sim_sock *sk, bool nonblock);
struct sim_file *sim_file_get(struct sim_file *f);
/* At 0 the socket is released, which may block (SO_LINGER). */
void sim_file_put(struct sim_ctx *ctx, struct sim_file *f, struct sim_task *t);

uint32_t sim_file_poll(struct sim_file *f); /* EPOLL* bits */
struct sim_waitq *sim_file_waitq(struct sim_file *f);

/* read(2) of a file that is no socket: bytes, or -errno with its reason. May block. */
long sim_file_read(struct sim_file *f, struct sim_task *t, struct sim_msg *m);
/* What a descriptor of that kind is called: "a socket", "an epoll set", "a timer". */
const char *sim_file_kind_name(const struct sim_file *f);

/* Puts a file (one reference) at the lowest free number >= min: the number, -EMFILE, -ENOMEM. */
int sim_fd_install(struct sim_fdtable *ft, struct sim_proc *p, struct sim_file *f, int min, bool cloexec);
/* Whether there is a number left for a new descriptor: 0 or -EMFILE. */
int sim_fd_check_room(struct sim_fdtable *ft);
/* dup2(2): at exactly this number, which must hold nothing simulated. */
int sim_fd_install_at(struct sim_fdtable *ft, struct sim_proc *p, struct sim_file *f, int fd, bool cloexec);
/* Takes the file out (the caller gets its reference): NULL if there is none. */
struct sim_file *sim_fd_remove(struct sim_fdtable *ft, int fd);
/* This real number has become something real: a file that still stood there was closed without our seeing. */
void sim_fd_forget(struct sim_fdtable *ft, int fd);

#endif
