/* SPDX-License-Identifier: MIT */
/*
 * What every socket has: a table of operations, readiness and who waits for it, pending error, options,
 * buffer accounting, and the exact knobs of tests. Protocols embed struct sim_sock as their first member.
 *
 * Must not know protocols, descriptors and errno. Operations return -errno and leave a reason with the task
 * (sim_sock_fail()).
 */
#ifndef SIM_SOCK_SOCK_H
#define SIM_SOCK_SOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/types.h>

#include "sim/packet/address.h"
#include "sim/packet/bytes.h"
#include "sim/sock/cmsg.h"
#include "sim/sock/errq.h"
#include "sim/sock/net.h"
#include "sim/sock/scm.h"
#include "sim/task/task.h"

struct sim_file;
struct sim_sock;

/* The kinds of socket: index into sim_sock_ops[], which is defined where the families meet (host/). */
enum sim_sock_kind {
	SIM_SOCK_NONE,
	SIM_SOCK_UDP,
	SIM_SOCK_TCP,
	SIM_SOCK_UNIX_STREAM,
	SIM_SOCK_UNIX_DGRAM,
	SIM_SOCK_UNIX_SEQPACKET,
	SIM_SOCK_NUM_KINDS
};

enum { SIM_UNIX_PATH_MAX = 108 };

/* An address as the calls take it, decoded. */
struct sim_sockaddr {
	uint16_t family;  /* AF_INET, AF_INET6, AF_UNIX, AF_UNSPEC; 0 with an empty name */
	uint16_t port;    /* host order */
	uint16_t raw_len; /* as the program gave it: protocols check it against what their family needs */
	uint32_t scope_id;
	struct sim_addr addr; /* AF_INET as v4-mapped */
	uint16_t path_len;    /* AF_UNIX: bytes of path, abstract ones with their leading 0; 0: unnamed */
	char path[SIM_UNIX_PATH_MAX + 1]; /* pathnames terminated */
};

/* One send or receive, whichever call it came by. */
struct sim_msg {
	struct sim_iter it;            /* the user's buffers; moves as bytes are taken */
	size_t len;                    /* how many bytes are to be moved at most: a rule may have cut it */
	int flags;                     /* MSG_* of the call */
	bool nonblock;                 /* MSG_DONTWAIT or O_NONBLOCK */
	bool by_pages;                 /* sendfile(2): Linux queues the file's pages and copies nothing */
	bool again;                    /* send, out: what is due is to be handed over, then the rest sent */
	size_t done;                   /* send: what the parts before this one took */
	const struct sim_sockaddr *to; /* send: destination, NULL: none given */
	struct sim_sockaddr *from;     /* receive: to be filled in, NULL: not wanted (family 0 afterwards: no
					  name) */
	struct sim_scm *scm;           /* what goes along; NULL: nothing, or not wanted */
	int out_flags;                 /* receive: MSG_TRUNC, MSG_EOR, ... for msg_flags */
};

/* What the socket has moved: made when first needed. */
struct sim_sock_log {
	unsigned char *data;
	uint64_t num_bytes; /* all that passed */
	uint32_t kept_bytes, cap_bytes;
};

enum { SIM_SOCK_LOG_MAX_BYTES = 1 << 20 };

/* The tester's exact knobs: made when first needed. */
struct sim_sock_test {
	bool has_sndbuf, has_capacity;
	uint64_t sndbuf_bytes;   /* exact: room returns when acknowledged */
	uint64_t capacity_bytes; /* exact: room returns when the peer's program reads */
	uint64_t accepted_bytes; /* since the knob was set */
	uint64_t peer_read_bytes;
};

struct sim_sock {
	struct sim_net *net;
	struct sim_list node; /* net->sockets */
	uint32_t id;          /* in the world, from 1 */
	uint32_t refs;        /* one by the open file, more by the protocol: timers, queues */
	uint8_t kind;         /* enum sim_sock_kind */
	uint8_t domain;       /* AF_* */
	uint8_t type;         /* SOCK_*, without the flag bits */
	uint8_t protocol;     /* IPPROTO_* */
	uint8_t shutdown;     /* SIM_SHUT_* */
	bool dead;            /* no descriptor refers to it any more */
	bool reuseaddr : 1, reuseport : 1, keepalive : 1, broadcast : 1, dontroute : 1, oobinline : 1,
		linger : 1;
	bool sndbuf_locked : 1, rcvbuf_locked : 1; /* set by the program: no automatic tuning */
	bool passcred : 1, record : 1;
	bool new_stamps : 1;                /* SO_TIMESTAMP_NEW and kin */
	bool zerocopy : 1;                  /* SO_ZEROCOPY */
	bool select_errq : 1;               /* SO_SELECT_ERR_QUEUE */
	bool no_passrights : 1;             /* SO_PASSRIGHTS, the other way round */
	bool wants_memory : 1;              /* a sender waits until the host's sockets hold less: memory.h */
	bool no_sigpipe : 1;                /* made while simsock.sigpipe was "suppress" */
	int32_t err;                        /* SO_ERROR: pending, positive, taken by the first call */
	struct sim_reason err_why;          /* why it is pending */
	int32_t sndbuf_bytes, rcvbuf_bytes; /* as Linux holds them: doubled */
	int32_t rcvlowat_bytes;
	int32_t linger_s;
	int32_t priority, mark;
	uint32_t wmem_bytes, rmem_bytes;  /* queued, by truesize */
	uint32_t omem_bytes;              /* of what optmem_max limits */
	uint32_t tells;                   /* SIM_TELL_*: what a receive tells beside the bytes */
	uint32_t tsflags;                 /* SO_TIMESTAMPING: SOF_TIMESTAMPING_* */
	uint32_t tskey, zckey;            /* numbers of what is sent: SOF_TIMESTAMPING_OPT_ID, MSG_ZEROCOPY */
	uint32_t num_drops;               /* datagrams that found no room */
	uint32_t errq_bytes;              /* charged for the queue of errors, to the receive buffer */
	struct sim_sock_errq *errq;       /* NULL: nothing was ever queued */
	int64_t sndtimeo_ns, rcvtimeo_ns; /* 0: for ever; negative: not at all */
	struct sim_waitq wait;
	struct sim_sock_test *test;                   /* NULL: no knob set */
	struct sim_sock_log *sent, *delivered;        /* NULL until bytes moved while `record` is on */
	uint64_t num_sent_bytes, num_delivered_bytes; /* accepted from, and handed to the program, ever */
	uint32_t flow;                                /* trace id, 0: none yet */
	struct sim_file *file; /* the open file that it is, NULL: none (yet); the layer of files sets it */
	uint32_t bound_if;     /* interface index, 0: any; the place of SO_BINDTODEVICE, which is absent */
	int64_t made_ns;
};

enum { SIM_SHUT_RD = 1, SIM_SHUT_WR = 2, SIM_SHUT_BOTH = 3 };

/* What Linux 6.18 charges to optmem_max for a call with MSG_ZEROCOPY, and asks room for. */
enum { SIM_ZEROCOPY_TRUESIZE = 832, SIM_ZEROCOPY_ROOM = 576 };

/* Newer than some libc's headers: SOF_TIMESTAMPING_OPT_RX_FILTER, _TX_COMPLETION. */
enum { SIM_TIMESTAMPING_OPT_RX_FILTER = 1 << 17, SIM_TIMESTAMPING_TX_COMPLETION = 1 << 18 };

/* How a socket looks from outside: ss-like listing, dead-lock report, reasons. */
struct sim_sock_view {
	const char *netid; /* "tcp", "udp", "u_str", "u_dgr", "u_seq" */
	const char *state; /* as ss spells it: "ESTAB", "LISTEN", "UNCONN", "FIN-WAIT-1", ... */
	uint64_t recv_q, send_q;
	struct sim_sockaddr local, peer; /* family 0: none */
};

struct sim_sock_ops {
	int (*bind)(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *a);
	int (*connect)(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *a, bool nonblock);
	int (*listen)(struct sim_sock *sk, struct sim_task *t, int backlog);
	int (*accept)(struct sim_sock *sk, struct sim_task *t, bool nonblock, struct sim_sock **child);
	ssize_t (*send)(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m); /* bytes, or -errno */
	ssize_t (*recv)(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m);
	int (*shutdown)(struct sim_sock *sk, struct sim_task *t, int how); /* SHUT_RD, SHUT_WR, SHUT_RDWR */
	uint32_t (*poll)(struct sim_sock *sk);                             /* EPOLL* bits that hold now */
	int (*getname)(struct sim_sock *sk, struct sim_task *t, struct sim_sockaddr *a, bool peer);
	/* Options that sock/options.c does not know: -ENOPROTOOPT. *len is room, then size. */
	int (*setopt)(struct sim_sock *sk, struct sim_task *t, int level, int name, const void *val,
		      socklen_t len);
	int (*getopt)(struct sim_sock *sk, struct sim_task *t, int level, int name, void *val,
		      socklen_t *len);
	int (*ioctl)(struct sim_sock *sk, struct sim_task *t, unsigned long request, int *value);
	/* The last descriptor is closed. May block (SO_LINGER). The protocol finishes by itself and drops the
	 * references that it took; the caller drops the descriptor's after this. */
	void (*release)(struct sim_sock *sk, struct sim_task *t);
	void (*destroy)(struct sim_sock *sk); /* refs reached 0: give back what is the protocol's, and the
						 memory */
	void (*view)(struct sim_sock *sk, struct sim_sock_view *v);
	/* Where the layer of files notes which file is in flight in a message, of a connection that is not
	 * accepted its listener's: NULL where no queue can hold descriptors. */
	struct sim_file **(*file_slot)(struct sim_sock *sk);
	int (*take_soft_error)(struct sim_sock *sk); /* for SO_ERROR; NULL: has none */
	/* SOF_TIMESTAMPING_OPT_ID begins: what is sent is numbered from here; NULL: by message from 0. 0 or
	 * -EINVAL. */
	int (*number_stamps)(struct sim_sock *sk, bool of_stream);
	/* The exact send buffer or capacity was changed, or the peer's program read: room may have come. */
	void (*room_changed)(struct sim_sock *sk);
	/* NULL, or: SO_DONTROUTE was set; what was remembered of the way is void. */
	void (*way_changed)(struct sim_sock *sk);
};

/*
 * With EPIPE from a send, does a SIGPIPE go along? Only streams raise it (Unix seqpacket sockets never do),
 * and not for a send that was blocked when a Unix stream ended: after such a send MSG_NOSIGNAL stands in
 * out_flags.
 */
static inline bool sim_sock_epipe_signals(const struct sim_sock *sk, const struct sim_msg *m)
{
	return sk->type == SOCK_STREAM && !sk->no_sigpipe && !((m->flags | m->out_flags) & MSG_NOSIGNAL);
}

extern const struct sim_sock_ops *const sim_sock_ops[SIM_SOCK_NUM_KINDS];

static inline const struct sim_sock_ops *sim_sock_op(const struct sim_sock *sk)
{
	return sim_sock_ops[sk->kind];
}

/* For protocols: fills in what is common; the memory is theirs, zeroed. The socket joins net->sockets with
 * one ref. */
void sim_sock_init(struct sim_sock *sk, struct sim_net *net, enum sim_sock_kind kind, int domain, int type,
		   int protocol);
void sim_sock_fini(struct sim_sock *sk); /* called by ops->destroy: leaves the list, frees log and knobs */

static inline struct sim_sock *sim_sock_get(struct sim_sock *sk)
{
	sk->refs++;
	return sk;
}
void sim_sock_put(struct sim_sock *sk); /* at 0: ops->destroy */
/* No descriptor refers to it (any more): released, which may block (SO_LINGER; not with t NULL), and put. */
void sim_sock_close(struct sim_sock *sk, struct sim_task *t);

static inline struct sim_arena *sim_sock_arena(const struct sim_sock *sk)
{
	return sk->net->ctx->arena;
}

/* Readiness changed: wakes waiters (EPOLL* bits that may hold now). */
static inline void sim_sock_notify(struct sim_sock *sk, uint32_t events)
{
	sim_waitq_wake(&sk->wait, events);
}

/*
 * Returns -err and leaves the reason; `since_ns` may be SIM_NEVER_NS. Up to four arguments as the text of the
 * key names. return sim_sock_fail(sk, t, EAGAIN, SIM_WHY_SNDBUF_FULL, since, queued, limit, in_flight, 0);
 */
int sim_sock_fail(struct sim_sock *sk, struct sim_task *t, int err, enum sim_why_key key, int64_t since_ns,
		  int64_t arg0, int64_t arg1, int64_t arg2, int64_t arg3);

/* EPOLLERR while an error is pending or the queue of errors holds something. */
static inline uint32_t sim_sock_err_events(const struct sim_sock *sk)
{
	if (__builtin_expect(!sk->err && !(sk->errq && sk->errq->head), 1))
		return 0;
	return EPOLLERR | (sk->select_errq ? EPOLLPRI : 0);
}

/* A pending error with its reason, for the first call that comes; wakes waiters. */
void sim_sock_set_error(struct sim_sock *sk, int err, enum sim_why_key key, int64_t since_ns, int64_t arg0,
			int64_t arg1);
/* Takes the pending error: -errno with its reason left with the task, or 0. */
int sim_sock_take_error(struct sim_sock *sk, struct sim_task *t);

/*
 * Blocks until the socket tells of one of `events`, the deadline, or a signal: 0, -EAGAIN (deadline),
 * -SIM_ERESTART. Callers loop: while (!condition) { err = sim_sock_wait(...); if (err) ...; }.
 */
int sim_sock_wait(struct sim_sock *sk, struct sim_task *t, uint32_t events, int64_t deadline_ns);
/* Urgent data has come: SIGURG to whom fcntl(2), F_SETOWN named. Supplied by the layer of files. */
void sim_sock_signal_urgent(struct sim_sock *sk);
/* A call's deadline from SO_SNDTIMEO/SO_RCVTIMEO (0: SIM_NEVER_NS), rounded as Linux's timer wheel does. */
int64_t sim_sock_deadline(const struct sim_sock *sk, int64_t timeo_ns);

/*
 * What a send returns that was interrupted (or failed with err) when `moved` bytes were taken: their count;
 * EINTR where simsock.interrupted_send says so; with none moved, err.
 */
ssize_t sim_sock_stopped_send(struct sim_sock *sk, struct sim_task *t, int err, size_t moved);
/* send(2) on a connection-mode socket that is not connected, and on a datagram socket without a peer: the
 * errno, `linux` unless the host's switch says otherwise. */
int sim_sock_unconnected_errno(const struct sim_sock *sk, int linux_errno);
int sim_sock_no_destination_errno(const struct sim_sock *sk, int linux_errno);

/* The exact knobs: how many more bytes a send may take; SIZE_MAX when none is set. `unacked`: queued and not
 * acknowledged. */
size_t sim_sock_test_room(const struct sim_sock *sk, uint64_t unacked_bytes);
/* Bytes were accepted by a send, read by a receive: counts, logs (if recorded), and tells a peer with a
 * capacity. */
void sim_sock_note_sent(struct sim_sock *sk, const struct sim_bytes *run);
/* The last `len` of those were not sent after all, and the call says so. */
void sim_sock_take_back_sent(struct sim_sock *sk, uint32_t len);
void sim_sock_note_delivered(struct sim_sock *sk, const struct sim_bytes *run, uint32_t off, uint32_t len);
/* The other end of a connected socket, on whichever host, or NULL: supplied by world/, which alone sees all
 * hosts. */
struct sim_sock *sim_sock_peer(struct sim_sock *sk);
int sim_sock_set_exact(struct sim_sock *sk, bool capacity, uint64_t bytes); /* 0 or -ENOMEM */

/*
 * SOL_SOCKET options and those passed down; lengths checked as Linux does. The value that is set lies in the
 * program's memory, which may be bad: it is copied as late as Linux copies it. The first is asked before:
 * whether the socket has options of that level at all.
 */
int sim_sock_option_level(struct sim_sock *sk, struct sim_task *t, int level, bool set);
int sim_sock_setopt(struct sim_sock *sk, struct sim_task *t, int level, int name, const void *val,
		    socklen_t len);
int sim_sock_getopt(struct sim_sock *sk, struct sim_task *t, int level, int name, void *val, socklen_t *len);

#endif
