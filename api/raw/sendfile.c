/* SPDX-License-Identifier: MIT */
/*
 * sendfile(2) from a real file into a simulated socket, by pieces, for all faces. Where the file stands
 * afterwards is where the socket stopped. The file must be one that has places (sendfile(2): mmap-like), else
 * EINVAL.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include "api/raw/face.h"
#include "sim/base/uaccess.h"

/* Linux moves a file's pages through a pipe of 16. */
enum { PIECE_BYTES = 65536 };

/*
 * Linux 6.18: over UDP and IPv6 a datagram that a file's end made shorter than was asked for stays pending,
 * as by MSG_MORE.
 */
static int flags_of_last(struct sim_task *t, int to)
{
	const struct sim_file *f = sim_fd_file(t->proc->fds, to);

	/* A rule's delay or a wait may have let another task close it. */
	if (!f || f->kind != SIM_FILE_SOCK)
		return 0;
	return f->sk->domain == AF_INET6 && f->sk->type == SOCK_DGRAM ? MSG_MORE : 0;
}

/* Each but the last says that more comes: send(2), MSG_MORE. */
static long send_pieces(struct sim_task *t, int to, int from, off_t *place, size_t len, char *piece)
{
	size_t sent = 0;

	while (sent < len) {
		size_t left = len - sent, want = left < PIECE_BYTES ? left : PIECE_BYTES;
		ssize_t got = sim_libc()->pread(from, piece, want, *place);
		long r;
		int flags;

		if (got < 0)
			return sent ? (long)sent : -errno;
		if (got == 0)
			break;
		flags = (size_t)got < want ? flags_of_last(t, to) : want < left ? MSG_MORE : 0;
		do
			r = sim_call_sendto(t, SIM_CALL_SENDFILE, to, piece, (size_t)got, flags, NULL, 0);
		while (sim_face_again(t, &r));
		if (r < 0)
			return sent ? (long)sent : r;
		*place += r;
		sent += (size_t)r;
		if (r < got)
			break;
	}
	return (long)sent;
}

static int fstat_real(int fd, struct stat *st)
{
	return sim_libc()->fstat ? sim_libc()->fstat(fd, st) : sim_libc()->__fxstat(1, fd, st);
}

/*
 * Whether it can be sent from, in the order in which sendfile(2) looks: 0 or a positive errno. It must be
 * open for reading; readable at a place, if one is given (pread(2)); and a file or a device.
 */
static int check_from(struct sim_task *t, int from, bool at, size_t len)
{
	bool simulated = sim_fd_is_simulated(t, from);
	int flags = simulated ? O_RDWR : sim_libc()->fcntl(from, F_GETFL);
	struct stat st;

	if (flags < 0 || (flags & O_ACCMODE) == O_WRONLY)
		return EBADF;
	if (at && (simulated || (sim_libc()->pread(from, NULL, 0, 0) < 0 && errno == ESPIPE)))
		return ESPIPE;
	/* Of nothing only what has a place is taken; an epoll set has one (lseek(2)). */
	if (!len)
		return (simulated ? sim_call_lseek(t, from, 0, SEEK_CUR)
				  : sim_libc()->lseek(from, 0, SEEK_CUR)) < 0
			       ? EINVAL
			       : 0;
	if (simulated || fstat_real(from, &st) < 0)
		return EINVAL;
	return S_ISREG(st.st_mode) || S_ISBLK(st.st_mode) || S_ISCHR(st.st_mode) ? 0 : EINVAL;
}

static bool is_writable(int real)
{
	int flags = sim_libc()->fcntl(real, F_GETFL);

	return flags >= 0 && (flags & O_ACCMODE) != O_RDONLY;
}

static long send_file(struct sim_task *t, int to, int from, off_t *at, size_t len)
{
	int err = check_from(t, from, at != NULL, len);
	char *piece;
	off_t place;
	long r;

	/* FIDELITY: absent: from a socket into a pipe, which splice(2) could. */
	if (!sim_fd_is_simulated(t, to) && err == EINVAL && !is_writable(to))
		err = EBADF;
	if (err)
		return sim_call_fail(t, SIM_CALL_SENDFILE, to, err,
				     err == EBADF    ? SIM_WHY_BAD_FD
				     : err == ESPIPE ? SIM_WHY_NO_PLACES
						     : SIM_WHY_NOT_SUPPORTED,
				     from);
	if (!len)
		return 0;
	place = at ? *at : sim_libc()->lseek(from, 0, SEEK_CUR);
	piece = malloc(len < PIECE_BYTES ? len : PIECE_BYTES); /* too large for a task's stack */
	if (!piece)
		return -ENOMEM;
	r = send_pieces(t, to, from, &place, len, piece);
	free(piece);
	if (r >= 0 && at)
		*at = place;
	else if (r >= 0)
		sim_libc()->lseek(from, place, SEEK_SET);
	return r;
}

bool sim_face_sends_file(int to, int from)
{
	return sim_current &&
	       (sim_fd_is_simulated(sim_current, to) || sim_fd_is_simulated(sim_current, from));
}

long sim_face_sendfile(struct sim_task *t, int to, int from, off_t *at, size_t len)
{
	int saved = errno;
	off_t place;
	long r;

	if (at && sim_copy_from_user(&place, at, sizeof place))
		r = sim_call_fail(t, SIM_CALL_SENDFILE, to, EFAULT, SIM_WHY_BAD_POINTER,
				  (int64_t)(uintptr_t)at);
	else
		r = send_file(t, to, from, at ? &place : NULL, len);
	if (at && r >= 0 && sim_copy_to_user(at, &place, sizeof place))
		r = -EFAULT;
	errno = saved;
	return r;
}
