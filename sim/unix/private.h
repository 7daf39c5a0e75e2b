/* SPDX-License-Identifier: MIT */
/* What the files of this directory share: the socket, its queues, its name. Nobody else includes it. */
#ifndef SIM_UNIX_PRIVATE_H
#define SIM_UNIX_PRIVATE_H

#include "sim/sock/memory.h"
#include "sim/unix/unix_domain.h"

enum { SIM_UNIX_TREE_DEV = 1 }; /* struct sim_unix_inode.dev of the virtual tree */

/* What is told to who waits, in all of its names: POLLRDNORM alone may be waited for. */
enum { SIM_UNIX_READABLE = EPOLLIN | EPOLLRDNORM, SIM_UNIX_WRITABLE = EPOLLOUT | EPOLLWRNORM | EPOLLWRBAND };

enum sim_unix_state { SIM_UNIX_CLOSED, SIM_UNIX_CONNECTED, SIM_UNIX_LISTENING };

/* A name. Shared by a listener and the sockets that it accepts. */
struct sim_unix_addr {
	uint32_t refs;
	uint16_t len; /* bytes of path; pathnames without their terminator */
	char path[SIM_UNIX_PATH_MAX + 1];
};

/* `count` buffers in a row that hold `len` bytes and cost `truesize` each. */
struct sim_unix_charge {
	uint32_t len, truesize, count;
};

enum { SIM_UNIX_INLINE_CHARGES = 2 };

/*
 * What a stream has received and not read. All of it comes from one sender out of one chain of slabs, so that
 * it is one run, however many sends there were; what the sender is charged for each buffer stands beside it.
 */
struct sim_unix_stream {
	struct sim_bytes data;
	struct sim_unix_charge few[SIM_UNIX_INLINE_CHARGES];
	struct sim_unix_charge *many; /* a ring of cap, once few do not suffice */
	uint32_t first, num, cap;
	uint32_t head_used; /* bytes of the first buffer that were read */
};

/* What goes along with a message, or with a part of a stream: see note.c. */
struct sim_unix_note {
	struct sim_unix_note *next;
	struct sim_rights *rights; /* owned */
	struct sim_ucred cred;
	bool has_cred;
	uint32_t gap, len; /* streams: bytes before it of which there is nothing to tell, and its own */
};

/* The notes on what is queued in a stream, in its order. */
struct sim_unix_notes {
	struct sim_unix_note *first, *last;
	uint32_t plain_len; /* bytes behind the last one */
};

/* Where urgent bytes stand: see oob.c. */
struct sim_unix_oob;

/* A part of a stream's queue of which the same is to be told. Zeroed but for is_first to begin. */
struct sim_unix_part {
	uint32_t off, len;
	struct sim_unix_note *note; /* NULL: nothing */
	struct sim_unix_note *following, *gap_of;
	bool is_first;
};

/* A datagram or record that waits to be read. */
struct sim_unix_msg {
	struct sim_unix_msg *next;
	struct sim_unix_sock *from; /* a reference held */
	struct sim_unix_note *note; /* NULL: none */
	struct sim_bytes run;
	uint32_t truesize;
	int64_t sent_ns;
	bool eor; /* sent with MSG_EOR */
};

struct sim_unix_sock {
	struct sim_sock sk;
	struct sim_unix_sock *peer; /* a reference held */
	struct sim_unix_addr *addr;
	struct sim_slab *tail; /* where the last send ended; a reference held */
	int64_t last_data_ns;  /* when something came to be read; SIM_NEVER_NS: never */
	int64_t shut_ns;       /* when the end of sending was said, by whichever side */
	int64_t peer_gone_ns;  /* when the peer closed; SIM_NEVER_NS */
	uint64_t out_bytes;    /* datagrams: payload sent and not yet read */
	uint8_t state;         /* enum sim_unix_state */
	bool released;         /* its descriptor is closed: Linux's SOCK_DEAD */
	int32_t backlog;       /* the queue is full when it is longer than this: Linux's sk_max_ack_backlog */
	uint32_t num_queued;   /* messages, or connections not accepted */
	union {
		struct sim_unix_stream stream;
		struct {
			struct sim_unix_msg *first, *last;
		} msgs;
	};
	struct sim_unix_notes notes;    /* streams */
	struct sim_unix_oob *oob;       /* streams; NULL: nothing urgent ever came */
	struct sim_unix_sock *listener; /* in whose queue it waits to be accepted; NULL */
	struct sim_file *file;          /* for file_slot: the layer of files looks at it */
	struct sim_unix_sock *first_waiting, *last_waiting; /* listener: connections not accepted */
	struct sim_unix_sock *next_waiting;
	struct sim_waitq peer_wait; /* tasks that wait for room in this socket's queue */
	struct sim_list pollers;    /* sockets that found this one's queue full: .poller */
	struct sim_list poller;
	struct sim_hnode by_name;
	struct sim_unix_inode inode;
	struct sim_unix_cred cred; /* SO_PEERCRED; of a listener: its own */
};

static inline struct sim_unix_sock *sim_unix_of(struct sim_sock *sk)
{
	return (struct sim_unix_sock *)sk;
}

/* ---- charge.c ---- */
bool sim_unix_stream_reserve(struct sim_arena *a, struct sim_unix_stream *s);
void sim_unix_stream_push(struct sim_arena *a, struct sim_unix_stream *s, struct sim_bytes *run,
			  uint32_t truesize);
/* The first n bytes were read: gives what the sender is no longer charged for. */
uint32_t sim_unix_stream_pop(struct sim_arena *a, struct sim_unix_stream *s, uint32_t n);
/* The end of the last buffer that lies wholly within the first n bytes. */
uint32_t sim_unix_stream_boundary(const struct sim_unix_stream *s, uint32_t n);
void sim_unix_stream_fini(struct sim_arena *a, struct sim_unix_stream *s);

/* Most often there is one buffer, and it is read whole: without a call. */
static inline bool sim_unix_stream_pop_only(struct sim_arena *a, struct sim_unix_stream *s, uint32_t n,
					    uint32_t *freed)
{
	const struct sim_unix_charge *c = s->many ? &s->many[s->first] : &s->few[s->first];

	if (s->num != 1 || c->count != 1 || n != s->data.len)
		return false;
	*freed = c->truesize;
	s->num = 0;
	s->head_used = 0;
	sim_slab_unref(a, s->data.slab);
	s->data = (struct sim_bytes){ NULL, 0, 0 };
	return true;
}

/* The same for the first buffer to be queued. */
static inline bool sim_unix_stream_push_only(struct sim_unix_stream *s, const struct sim_bytes *run,
					     uint32_t truesize)
{
	if (s->num)
		return false;
	*(s->many ? &s->many[s->first] : &s->few[s->first]) =
		(struct sim_unix_charge){ run->len, truesize, 1 };
	s->num = 1;
	s->data = *run;
	return true;
}

/* ---- note.c ---- */

/* Is it noted who sends from u to `to`? Also for a connection that may turn SO_PASSCRED on when it is
 * accepted. */
static inline bool sim_unix_notes_sender(const struct sim_unix_sock *u, const struct sim_unix_sock *to)
{
	return u->sk.passcred || to->sk.passcred || to->listener;
}

/* Takes the rights out of scm (may be NULL); `to` NULL: not known yet. 0, -ETOOMANYREFS, -ENOBUFS. */
int sim_unix_note_new(struct sim_unix_sock *u, struct sim_task *t, struct sim_scm *scm,
		      const struct sim_unix_sock *to, struct sim_unix_note **made);
void sim_unix_note_sender(struct sim_unix_sock *u, struct sim_task *t, struct sim_unix_note *x,
			  const struct sim_unix_sock *to);
void sim_unix_note_free(struct sim_arena *a, struct sim_unix_note *x); /* NULL is legal; releases files */
int sim_unix_refuses_rights(struct sim_unix_sock *u, struct sim_task *t, const struct sim_unix_sock *other);
/* Hands over, or for MSG_PEEK duplicates; who has no place for descriptors (m->scm NULL) loses them. */
void sim_unix_rights_receive(struct sim_rights *rights, struct sim_msg *m);
/* To the reader of a message with this note, NULL: with none. */
void sim_unix_note_receive(struct sim_unix_sock *u, struct sim_unix_note *x, struct sim_msg *m);
/* The last `len` bytes queued have it. Becomes the queue's. */
void sim_unix_notes_push(struct sim_unix_sock *to, struct sim_unix_note *x, uint32_t len);
void sim_unix_notes_pop(struct sim_unix_sock *u, uint32_t n); /* the first n bytes were read */
void sim_unix_notes_drop(struct sim_unix_sock *u);
/* The part after *p. False: there is none, or it comes from another sender than `seen` has. */
bool sim_unix_notes_next(const struct sim_unix_sock *u, struct sim_scm *seen, struct sim_unix_part *p);

/* ---- oob.c: all but the first and the looks only with u->oob ---- */
bool sim_unix_oob_reserve(struct sim_unix_sock *to); /* for one urgent byte; false: no memory */
void sim_unix_oob_pushed(struct sim_unix_sock *to);  /* the last byte queued is urgent */
/* The first n bytes leave the queue: what of their charge was given back before. */
uint32_t sim_unix_oob_consumed(struct sim_unix_sock *u, uint32_t n);
uint32_t sim_unix_oob_uncharged(const struct sim_unix_sock *u); /* the same of all that is queued */
void sim_unix_oob_fini(struct sim_unix_sock *u);
bool sim_unix_oob_is_pending(const struct sim_unix_sock *u);
bool sim_unix_oob_at_mark(const struct sim_unix_sock *u);
uint32_t sim_unix_oob_unread(const struct sim_unix_sock *u);
uint32_t sim_unix_oob_left(const struct sim_unix_sock *u);
/* Before the next step of a read: true: it ends here. *room: as far as that step may go. */
bool sim_unix_oob_pass(struct sim_unix_sock *u, bool copied, size_t *room);
bool sim_unix_oob_nothing_to_peek(const struct sim_unix_sock *u);
ssize_t sim_unix_oob_peek(struct sim_unix_sock *u, struct sim_msg *m, struct sim_scm *seen); /* or -EFAULT */
ssize_t sim_unix_recv_urgent(struct sim_unix_sock *u, struct sim_task *t, struct sim_msg *m);

/* ---- socket.c ---- */
void sim_unix_set_peer(struct sim_unix_sock *u, struct sim_unix_sock *peer); /* takes and drops references */
struct sim_unix_sock *sim_unix_alloc(struct sim_net *net, int type);
void sim_unix_release(struct sim_sock *sk, struct sim_task *t);
bool sim_unix_queue_full(const struct sim_unix_sock *u);
bool sim_unix_writable(struct sim_unix_sock *u);
uint32_t sim_unix_common_poll(struct sim_unix_sock *u);
uint32_t sim_unix_dgram_poll(struct sim_sock *sk);
/* The sender is charged less: wakes who waits to write, if Linux would. */
void sim_unix_uncharge(struct sim_unix_sock *u, uint32_t truesize);
/* Where the next send appends; at most `fits` bytes follow for which no chain may grow (0: it may). */
struct sim_slab **sim_unix_tail(struct sim_unix_sock *u, size_t fits);
void sim_unix_tail_moved(struct sim_unix_sock *u, struct sim_slab *was, struct sim_slab *now);
/* Until the other's queue is shorter: 0, -EAGAIN (deadline), -EINTR, -SIM_ERESTART. */
int sim_unix_wait_for_peer(struct sim_unix_sock *u, struct sim_unix_sock *other, struct sim_task *t,
			   int64_t deadline_ns);
/* Until a buffer may be charged: 0 or -errno with its reason. `*size` is cut to what an exact knob leaves. */
int sim_unix_wait_for_room(struct sim_unix_sock *u, struct sim_task *t, struct sim_msg *m, bool whole,
			   size_t *size);
/* Linux's sock_intr_errno(): with a timeout set, the call is not restarted. */
int sim_unix_interrupted(int err, int64_t timeo_ns);

/* ---- names.c ---- */
int sim_unix_bind(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *a);
int sim_unix_autobind(struct sim_unix_sock *u, struct sim_task *t);
void sim_unix_unbind(struct sim_unix_sock *u); /* nobody finds it any more; it keeps its name */
void sim_unix_addr_put(struct sim_arena *a, struct sim_unix_addr *addr);
int sim_unix_getname(struct sim_sock *sk, struct sim_task *t, struct sim_sockaddr *a, bool peer);
void sim_unix_name_of(const struct sim_unix_sock *u, struct sim_sockaddr *a);
int sim_unix_check_addr(struct sim_unix_sock *u, struct sim_task *t, const struct sim_sockaddr *a);
/* The socket of that name and of u's type: 0, -ECONNREFUSED, -EPROTOTYPE, or the resolver's. Borrowed. */
int sim_unix_find(struct sim_unix_sock *u, struct sim_task *t, const struct sim_sockaddr *a,
		  struct sim_unix_sock **found);

/* ---- tree.c ---- */
int sim_unix_tree_init(struct sim_unix *u); /* 0 or -ENOMEM */
void sim_unix_tree_fini(struct sim_unix *u);

/* ---- connect.c ---- */
int sim_unix_connect(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *a, bool nonblock);
int sim_unix_listen(struct sim_sock *sk, struct sim_task *t, int backlog);
int sim_unix_accept(struct sim_sock *sk, struct sim_task *t, bool nonblock, struct sim_sock **child);
int sim_unix_dgram_connect(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *a,
			   bool nonblock);
int sim_unix_no_listen(struct sim_sock *sk, struct sim_task *t, int backlog);
int sim_unix_no_accept(struct sim_sock *sk, struct sim_task *t, bool nonblock, struct sim_sock **child);
/* A datagram socket may send to one that has no peer, or whose peer it is. */
bool sim_unix_may_send(const struct sim_unix_sock *u, const struct sim_unix_sock *to);
/* u gave up its datagram peer: what that had sent to it is lost, and that hears of it. */
void sim_unix_dgram_disconnected(struct sim_unix_sock *u, struct sim_unix_sock *peer);

/* ---- stream.c, dgram.c ---- */
ssize_t sim_unix_stream_send(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m);
void sim_unix_stream_consume(struct sim_unix_sock *u, uint32_t n); /* takes the first bytes out of the queue
								    */
ssize_t sim_unix_stream_recv(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m);
ssize_t sim_unix_dgram_send(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m);
ssize_t sim_unix_dgram_recv(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m);
ssize_t sim_unix_seqpacket_send(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m);
ssize_t sim_unix_seqpacket_recv(struct sim_sock *sk, struct sim_task *t, struct sim_msg *m);
void sim_unix_dgram_purge(struct sim_unix_sock *u);
void sim_unix_dgram_forget(struct sim_unix_sock *u); /* no longer among those who wait for room at a receiver
						      */

#endif
