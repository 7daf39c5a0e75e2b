/* SPDX-License-Identifier: MIT */
/*
 * The object face: a socket as a value with what can be done to it. On the virtual network while a world is
 * current on the calling thread, on real sockets otherwise (and under SIMSOCK=kernel).
 *
 *	struct sim_object s = SIM_OBJECT_INIT;
 *
 *	s.suppress_sigpipe = true;
 *	if (sim_object_open(&s, AF_INET, SOCK_STREAM, 0) || sim_object_connect(&s, addr, len))
 *		...
 *	n = sim_object_send(&s, src, src_len, 0);
 *	sim_object_close(&s);
 *
 * Results are -1 with errno set on failure; the errors are those of the manual page that is named, in
 * section 2, and docs/man/simsock-send.7 tells what each of send's means. Of an object without a socket
 * every function but open, pair and attach is EBADF. Those marked "blocks" wait unless O_NONBLOCK or
 * MSG_DONTWAIT: then other tasks run and virtual time moves, and no wall time passes.
 *
 * Ownership: an object owns its descriptor; sim_object_close() closes it, nothing else does. Nothing is
 * allocated. An object may be copied or moved as a value: the copies name one descriptor, which one of them
 * closes. `src` and addresses are only read, and not kept. An object is no lock: two threads that use one
 * see what two threads with one descriptor see.
 */
#ifndef SIMSOCK_OBJECT_H
#define SIMSOCK_OBJECT_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/types.h>

#ifdef __cplusplus
extern "C" {
#endif

struct sim_object {
	int fd; /* -1: none. To be looked at, as by poll(2); open, attach and close change it */
	bool suppress_sigpipe; /* sends have MSG_NOSIGNAL set in flags; may be changed at any time */
};

/* No socket; SIGPIPE is raised. */
#define SIM_OBJECT_INIT   \
	{                 \
		-1, false \
	}

/*
 * A new socket; a pair of Unix ones that are connected to each other. 0. socket(2), socketpair(2).
 *
 * EBUSY: the object has a socket already, and keeps it.
 */
int sim_object_open(struct sim_object *o, int domain, int type, int protocol);
int sim_object_pair(struct sim_object *a, struct sim_object *b, int type);

/*
 * Takes over a descriptor, simulated or real, which is the object's from then on. 0. On failure it stays the
 * caller's. EBUSY: the object has a socket already. EBADF, ENOTSOCK: `fd` is none.
 */
int sim_object_attach(struct sim_object *o, int fd);
/* Gives the descriptor to the caller, who closes it; the object has none then. -1, EBADF: it had none. */
int sim_object_detach(struct sim_object *o);

/* 0. bind(2), listen(2), connect(2), which blocks. */
int sim_object_bind(struct sim_object *o, const struct sockaddr *addr, socklen_t len);
int sim_object_listen(struct sim_object *o, int backlog);
int sim_object_connect(struct sim_object *o, const struct sockaddr *addr, socklen_t len);

/*
 * The next connection, into an object without a socket, which is as the listener in suppress_sigpipe. 0.
 * addr, len: whose it is; NULL is legal. Blocks. accept(2). EBUSY: `made` has a socket already.
 */
int sim_object_accept(struct sim_object *o, struct sim_object *made, struct sockaddr *addr, socklen_t *len);

/*
 * Transmits src to the connected peer: as many bytes of it as possible, which is what one send(2) takes.
 * Gives their number.
 *
 * Of a stream: all of src, for which it blocks as long as the send buffer is full; fewer if the socket does
 * not block (as many as there is room for), or if a signal, SO_SNDTIMEO or an error comes after some bytes:
 * the next call tells which. Of datagrams and records: all of src as one, or nothing.
 *
 * flags: MSG_DONTROUTE, MSG_DONTWAIT, MSG_EOR, MSG_MORE, MSG_NOSIGNAL, MSG_OOB, MSG_CONFIRM, as send(2) has
 * them. A stream that the other end has broken, or that was shut down, is EPIPE and raises SIGPIPE, unless
 * MSG_NOSIGNAL is in flags or suppress_sigpipe is true.
 *
 * EAGAIN, EWOULDBLOCK  it would block, and must not; SO_SNDTIMEO has passed
 * EACCES           a broadcast address without SO_BROADCAST; the peer's Unix path may not be written
 * EBADF            the object has no socket
 * ECONNREFUSED     what an earlier datagram met; the Unix peer has gone
 * ECONNRESET       the peer has reset the connection
 * EDESTADDRREQ, ENOTCONN   not connected
 * EFAULT           src cannot be read
 * EINTR            a signal before anything was taken
 * EMSGSIZE         a datagram that is too long
 * ENOBUFS, ENOMEM  the device's queue is full, where the host says so; no memory
 * EOPNOTSUPP       a flag that does not fit the type
 * EPIPE            shut down, or broken
 * ENETUNREACH, EHOSTUNREACH, ETIMEDOUT, EPERM   the network; a firewall
 */
ssize_t sim_object_send(struct sim_object *o, const void *src, size_t len, int flags);

/* The same to a recipient of its own: sendto(2). EISCONN, EINVAL, EAFNOSUPPORT and a path's errors besides.
 */
ssize_t sim_object_send_to(struct sim_object *o, const void *src, size_t len, int flags,
			   const struct sockaddr *to, socklen_t to_len);
/* Gathered, with a recipient and control data: sendmsg(2). EMSGSIZE: more than 1024 pieces. */
ssize_t sim_object_send_msg(struct sim_object *o, const struct msghdr *msg, int flags);

/*
 * len bytes of the file `from`, at *at, which moves on, or with `at` NULL at the file's own place.
 * sendfile(2) has no flags; with suppress_sigpipe the SIGPIPE that it raises in this thread is taken away
 * before the function returns, and one that was pending before stays.
 *
 * EBADF, EINVAL, ESPIPE    `from` is not open for reading, is no file, has no places
 */
ssize_t sim_object_send_file(struct sim_object *o, int from, off_t *at, size_t len);

/* Bytes; 0: the end of a stream. Blocks. recv(2), recvfrom(2). */
ssize_t sim_object_recv(struct sim_object *o, void *buf, size_t len, int flags);
ssize_t sim_object_recv_from(struct sim_object *o, void *buf, size_t len, int flags, struct sockaddr *from,
			     socklen_t *from_len);

/* 0. how: SHUT_RD, SHUT_WR, SHUT_RDWR. shutdown(2): ENOTCONN, EINVAL. */
int sim_object_shutdown(struct sim_object *o, int how);

/*
 * 0. The object has no socket afterwards, whatever the result: close(2) is not called again. Blocks only with
 * SO_LINGER. suppress_sigpipe stays.
 */
int sim_object_close(struct sim_object *o);

#ifdef __cplusplus
}
#endif

#endif
