/* SPDX-License-Identifier: MIT */
/*
 * The object face: see simsock_object.h. Adds to the posix face whose a descriptor is, and that SIGPIPE can
 * be suppressed; knows no more of sockets. send(2), sendfile(2), sigtimedwait(2).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/object/simsock_object.h"

#include <errno.h>
#include <signal.h>
#include <time.h>

#include "api/posix/simsock_posix.h"

static int is_taken(const struct sim_object *o)
{
	if (o->fd < 0)
		return 0;
	errno = EBUSY;
	return 1;
}

/* A new descriptor, or -1, into an object without one. */
static int put(struct sim_object *o, int fd)
{
	if (fd < 0)
		return -1;
	o->fd = fd;
	return 0;
}

int sim_object_open(struct sim_object *o, int domain, int type, int protocol)
{
	return is_taken(o) ? -1 : put(o, sim_socket(domain, type, protocol));
}

int sim_object_pair(struct sim_object *a, struct sim_object *b, int type)
{
	int fd[2];

	if (is_taken(a) || is_taken(b) || sim_socketpair(AF_UNIX, type, 0, fd))
		return -1;
	a->fd = fd[0];
	b->fd = fd[1];
	return 0;
}

int sim_object_attach(struct sim_object *o, int fd)
{
	int type;
	socklen_t len = sizeof type;

	if (is_taken(o) || sim_getsockopt(fd, SOL_SOCKET, SO_TYPE, &type, &len))
		return -1;
	return put(o, fd);
}

int sim_object_detach(struct sim_object *o)
{
	int fd = o->fd;

	if (fd < 0)
		errno = EBADF;
	o->fd = -1;
	return fd;
}

int sim_object_bind(struct sim_object *o, const struct sockaddr *addr, socklen_t len)
{
	return sim_bind(o->fd, addr, len);
}

int sim_object_listen(struct sim_object *o, int backlog)
{
	return sim_listen(o->fd, backlog);
}

int sim_object_connect(struct sim_object *o, const struct sockaddr *addr, socklen_t len)
{
	return sim_connect(o->fd, addr, len);
}

int sim_object_accept(struct sim_object *o, struct sim_object *made, struct sockaddr *addr, socklen_t *len)
{
	if (is_taken(made) || put(made, sim_accept(o->fd, addr, len)))
		return -1;
	made->suppress_sigpipe = o->suppress_sigpipe;
	return 0;
}

static int flags_of(const struct sim_object *o, int flags)
{
	return o->suppress_sigpipe ? flags | MSG_NOSIGNAL : flags;
}

ssize_t sim_object_send(struct sim_object *o, const void *src, size_t len, int flags)
{
	return sim_send(o->fd, src, len, flags_of(o, flags));
}

ssize_t sim_object_send_to(struct sim_object *o, const void *src, size_t len, int flags,
			   const struct sockaddr *to, socklen_t to_len)
{
	return sim_sendto(o->fd, src, len, flags_of(o, flags), to, to_len);
}

ssize_t sim_object_send_msg(struct sim_object *o, const struct msghdr *msg, int flags)
{
	return sim_sendmsg(o->fd, msg, flags_of(o, flags));
}

/* Held back while the file is sent, and taken if that has raised it: a mask belongs to the thread. */
static ssize_t send_file_quietly(int to, int from, off_t *at, size_t len)
{
	static const struct timespec at_once;
	sigset_t pipe_only, before, pending;
	ssize_t r;
	int err;

	sigemptyset(&pipe_only);
	sigaddset(&pipe_only, SIGPIPE);
	pthread_sigmask(SIG_BLOCK, &pipe_only, &before);
	sigemptyset(&pending);
	sigpending(&pending);
	r = sim_sendfile(to, from, at, len);
	err = errno;
	if (r < 0 && err == EPIPE && !sigismember(&pending, SIGPIPE))
		while (sim_sigtimedwait(&pipe_only, NULL, &at_once) < 0 && errno == EINTR)
			;
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	errno = err;
	return r;
}

ssize_t sim_object_send_file(struct sim_object *o, int from, off_t *at, size_t len)
{
	return o->suppress_sigpipe ? send_file_quietly(o->fd, from, at, len)
				   : sim_sendfile(o->fd, from, at, len);
}

ssize_t sim_object_recv(struct sim_object *o, void *buf, size_t len, int flags)
{
	return sim_recv(o->fd, buf, len, flags);
}

ssize_t sim_object_recv_from(struct sim_object *o, void *buf, size_t len, int flags, struct sockaddr *from,
			     socklen_t *from_len)
{
	return sim_recvfrom(o->fd, buf, len, flags, from, from_len);
}

int sim_object_shutdown(struct sim_object *o, int how)
{
	return sim_shutdown(o->fd, how);
}

/* close(2): the number is free even where it fails, and may be another's at once. */
int sim_object_close(struct sim_object *o)
{
	int fd = o->fd;

	o->fd = -1;
	return sim_close(fd);
}
