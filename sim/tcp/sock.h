/* SPDX-License-Identifier: MIT */
/* What the files around TCP sockets share among themselves; see tcp.h. */
#ifndef SIM_TCP_SOCK_H
#define SIM_TCP_SOCK_H

#include "sim/base/assert.h"
#include "sim/tcp/tcp.h"

/* A connection that a listener makes, until it is accepted. */
struct sim_tcp_request {
	struct sim_list node; /* of the listener: pending or ready */
	struct sim_tcp_sock *listener, *child;
	bool ready;
};

struct sim_tcp_listener {
	struct sim_list pending, ready; /* SYN_RECEIVED; to be accepted, oldest first */
	uint32_t num_pending, num_ready;
	uint32_t backlog;
};

/* Options that few programs set. Zero is not always the default: see sim_tcp_opts_of(). */
struct sim_tcp_opts {
	uint8_t congestion;                       /* index into the names that are known */
	int32_t keepidle_s, keepintvl_s, keepcnt; /* 0: tcp(7)'s default */
	int32_t linger2_s;                        /* 0: tcp_fin_timeout; -1: none */
	int32_t defer_accept_s;
	int32_t notsent_lowat_bytes; /* 0: tcp_notsent_lowat */
};

static inline struct sim_tcp_sock *sim_tcp_sock_of(struct sim_sock *sk)
{
	return (struct sim_tcp_sock *)sk;
}

static inline struct sim_tcp_sock *sim_tcp_sock_of_conn(const struct sim_tcp_conn *c)
{
	return (struct sim_tcp_sock *)((char *)(uintptr_t)c - offsetof(struct sim_tcp_sock, conn));
}

static inline struct sim_tcp *sim_tcp_of(const struct sim_tcp_sock *ts)
{
	return ts->in.sk.net->tcp;
}

static inline bool sim_tcp_in_states(const struct sim_tcp_sock *ts, unsigned states)
{
	return 1u << ts->conn.state & states;
}

/* tcp_sock.c */
void sim_tcp_hold(struct sim_tcp_sock *ts); /* the connection lives by itself from now on */
void sim_tcp_find_path(struct sim_tcp_sock *ts, struct sim_tcp_path *path);
void sim_tcp_disconnect(struct sim_tcp_sock *ts);
int sim_tcp_interrupted(int err, int64_t deadline_ns); /* what sim_sock_wait() gave, as Linux's
							  sock_intr_errno */
int sim_tcp_fail(struct sim_tcp_sock *ts, struct sim_task *t, int err, enum sim_why_key key);

/*
 * marks.c: a call whose end somebody wants to hear of. Begun before its bytes are queued (0 or -ENOBUFS),
 * then either ended (with the number of bytes that were queued) or aborted.
 */
bool sim_tcp_wants_mark(const struct sim_tcp_sock *ts, const struct sim_msg *m);
int sim_tcp_mark_begin(struct sim_tcp_sock *ts, struct sim_task *t, const struct sim_msg *m,
		       struct sim_tcp_mark **made);
void sim_tcp_mark_end(struct sim_tcp_sock *ts, struct sim_tcp_mark *x, size_t num_bytes);
void sim_tcp_mark_abort(struct sim_tcp_sock *ts, struct sim_tcp_mark *x);
void sim_tcp_marks_sent(struct sim_tcp_sock *ts, struct sim_packet *p); /* it leaves; lent */
void sim_tcp_marks_acked(struct sim_tcp_sock *ts);                      /* snd_una has moved */
void sim_tcp_marks_drop(struct sim_tcp_sock *ts);                       /* the connection has ended */

/* SOF_TIMESTAMPING_OPT_ID begins: counted from what is not yet acknowledged, or from what is sent next. */
int sim_tcp_number_stamps(struct sim_sock *sk, bool of_stream);

/* tcp_io.c */
ssize_t sim_tcp_sock_send(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m);
ssize_t sim_tcp_sock_recv(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m);
bool sim_tcp_is_writable(const struct sim_tcp_sock *ts);
void sim_tcp_check_space(struct sim_tcp_sock *ts); /* tells who waits for room, if there is */
void sim_tcp_expand_sndbuf(struct sim_tcp_sock *ts);

/* fastopen.c */
#ifndef MSG_FASTOPEN
#define MSG_FASTOPEN 0x20000000
#endif
int sim_tcp_fastopen(struct sim_tcp_sock *ts, struct sim_task *t, const struct sim_msg *m); /* connects */

/* tcp_oob.c */
ssize_t sim_tcp_recv_urgent(struct sim_tcp_sock *ts, struct sim_task *t, struct sim_msg *m); /* MSG_OOB */
/* Urgent data is known of: does its byte stand `ahead` bytes behind what was read? */
bool sim_tcp_at_mark(const struct sim_tcp_sock *ts, size_t ahead);
/* How many of `left` bytes one step may read from there; at the mark the byte is passed, or by a look, *ahead
 * moves on. */
size_t sim_tcp_until_mark(struct sim_tcp_sock *ts, bool peek, size_t *ahead, size_t left);
bool sim_tcp_is_readable_at_mark(const struct sim_tcp_sock *ts); /* or it does not stand there */
uint32_t sim_tcp_num_unread(const struct sim_tcp_sock *ts);      /* FIONREAD */

/* tcp_opt.c */
int sim_tcp_sock_setopt(struct sim_sock *sk, struct sim_task *t, int level, int name, const void *val,
			socklen_t len);
int sim_tcp_sock_getopt(struct sim_sock *sk, struct sim_task *t, int level, int name, void *val,
			socklen_t *len);

/* listen.c */
int sim_tcp_sock_listen(struct sim_sock *sk, struct sim_task *t, int backlog);
int sim_tcp_sock_accept(struct sim_sock *sk, struct sim_task *t, bool nonblock, struct sim_sock **child);
void sim_tcp_listen_input(struct sim_tcp_sock *ts, struct sim_packet *p, bool has_isn, uint32_t isn); /* takes
													 p */
void sim_tcp_listen_stop(struct sim_tcp_sock *ts); /* ends all that was not accepted, and listening */
void sim_tcp_request_established(struct sim_tcp_sock *child);
void sim_tcp_request_died(struct sim_tcp_sock *child); /* before it was established */

/* tcp.c */
void sim_tcp_reply_rst(struct sim_tcp *tcp, const struct sim_packet *p);
void sim_tcp_drop_packet(struct sim_net *net, struct sim_packet *p, unsigned drop); /* takes p */
struct sim_tcp_sock *sim_tcp_sock_alloc(struct sim_net *net, int domain);

#endif
