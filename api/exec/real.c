/* SPDX-License-Identifier: MIT */
/*
 * Real descriptors of the program, through the door: files, pipes, terminals. Most are the kernel's to
 *answer. Some are not, so that the program sees the same in every run: random	/dev/urandom: bytes from the
 *seed ahead	standard input that is a pipe or a socket: a read gets all it asked for, up to the end, and is
 *		always ready, whenever the bytes come. What has been looked at and not read is one byte.
 *	out	standard output and error that are pipes or sockets: always ready, whoever reads them
 *	internal	both ends are the program's own: nobody else makes it ready
 *	own	the library's: the program can neither close nor replace it
 * Owns what is known of each number. read(2), poll(2), dup(2), pipe(7).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/exec.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "api/exec/door.h"
#include "api/libc/kernel.h"
#include "api/libc/libc.h"
#include "sim/base/uaccess.h"

enum { MAX_FDS = 4608 }; /* more than the highest of our own */

static unsigned char tags[MAX_FDS]; /* enum sim_exec_tag */

/* The one byte of standard input that was looked at. */
static struct {
	bool has, ended;
	unsigned char byte;
} ahead;

void sim_exec_tag(int fd, enum sim_exec_tag tag)
{
	if (fd >= 0 && fd < MAX_FDS)
		tags[fd] = (unsigned char)tag;
}

static enum sim_exec_tag tag_of(long fd)
{
	return fd >= 0 && fd < MAX_FDS ? (enum sim_exec_tag)tags[fd] : SIM_EXEC_PLAIN;
}

static mode_t mode_of(int fd)
{
	struct stat st;

	return SIM_DOOR3(SYS_fstat, fd, &st, 0) ? 0 : st.st_mode;
}

bool sim_exec_is_terminal(int fd)
{
	char termios[64];

	return S_ISCHR(mode_of(fd)) && SIM_DOOR3(SYS_ioctl, fd, 0x5401 /* TCGETS */, termios) == 0;
}

bool sim_exec_is_foreign(int fd)
{
	mode_t mode;

	switch (tag_of(fd)) {
	case SIM_EXEC_OWN: return sim_exec_is_sender(fd);
	case SIM_EXEC_RANDOM:
	case SIM_EXEC_AHEAD:
	case SIM_EXEC_OUT: return false;
	case SIM_EXEC_INTERNAL:
		if (!sim_exec.num_children)
			return false;
		break;
	case SIM_EXEC_PLAIN: break;
	}
	mode = mode_of(fd);
	return S_ISFIFO(mode) || S_ISSOCK(mode) || (S_ISCHR(mode) && sim_exec_is_terminal(fd));
}

/* ---- standard input, read in advance ---- */

/* Whatever O_NONBLOCK says. */
static long read_waiting(int fd, void *buf, size_t len)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	long n;

	while ((n = SIM_DOOR3(SYS_read, fd, buf, len)) == -EAGAIN) {
		n = SIM_DOOR3(SYS_poll, &p, 1, -1);
		if (n < 0)
			break;
	}
	return n;
}

/* Waits for the next byte or the end. 0 or -errno. */
static long look_ahead(int fd)
{
	long n;

	if (ahead.has || ahead.ended)
		return 0;
	n = read_waiting(fd, &ahead.byte, 1);
	if (n < 0)
		return n;
	ahead.has = n > 0;
	ahead.ended = n == 0;
	return 0;
}

static long read_ahead(int fd, char *buf, size_t len)
{
	size_t done;
	long n = len ? look_ahead(fd) : 0;

	if (n < 0 || !len || ahead.ended)
		return n;
	if (sim_copy_to_user(buf, &ahead.byte, 1))
		return -EFAULT;
	ahead.has = false;
	for (done = 1; done < len; done += (size_t)n) {
		n = read_waiting(fd, buf + done, len - done);
		if (n <= 0) {
			ahead.ended = n == 0;
			break;
		}
	}
	return (long)done;
}

static long read_tagged(int fd, void *buf, size_t len)
{
	return tag_of(fd) == SIM_EXEC_RANDOM ? sim_exec_give_random(buf, len) : read_ahead(fd, buf, len);
}

static long read_tagged_vector(int fd, const struct iovec *user, long num)
{
	struct iovec v;
	long done = 0, n;

	for (long i = 0; i < num; i++) {
		if (sim_copy_from_user(&v, &user[i], sizeof v))
			return done ? done : -EFAULT;
		n = read_tagged(fd, v.iov_base, v.iov_len);
		if (n < 0)
			return done ? done : n;
		done += n;
		if ((size_t)n < v.iov_len)
			break;
	}
	return done;
}

/* ---- readiness ---- */

/* What a tagged descriptor answers without asking who stands behind it. */
static short ready_now(struct pollfd *p)
{
	struct pollfd out;

	switch (tag_of(p->fd)) {
	case SIM_EXEC_AHEAD:
		if (p->events & (POLLIN | POLLRDNORM))
			(void)look_ahead(p->fd);
		if (ahead.ended && S_ISFIFO(mode_of(p->fd)))
			return POLLHUP;
		return ahead.has || ahead.ended ? p->events & (POLLIN | POLLRDNORM) : 0;
	case SIM_EXEC_OUT:
		out = *p;
		(void)SIM_DOOR3(SYS_poll, &out, 1, p->events & (POLLOUT | POLLWRNORM) ? -1 : 0);
		return out.revents;
	default: return 0;
	}
}

static bool is_answered_here(int fd)
{
	return tag_of(fd) == SIM_EXEC_AHEAD || tag_of(fd) == SIM_EXEC_OUT;
}

/* Whoever looks looks at one, without waiting; whoever waits has found none of these ready. */
static long poll_real(struct pollfd *fds, nfds_t num, int timeout_ms)
{
	if (num == 1 && timeout_ms == 0 && is_answered_here(fds->fd)) {
		fds->revents = ready_now(fds);
		return fds->revents != 0;
	}
	return SIM_DOOR3(SYS_poll, fds, num, timeout_ms);
}

/* ---- numbers come and go ---- */

static long note_copy(long from, long fd)
{
	if (fd >= 0) /* the numbers of simulated files are copies of one of ours, and the program's */
		sim_exec_tag((int)fd, tag_of(from) == SIM_EXEC_OWN ? SIM_EXEC_PLAIN : tag_of(from));
	return fd;
}

static long close_one(const long *a)
{
	long r;

	if (tag_of(a[0]) == SIM_EXEC_OWN)
		return -EBADF;
	r = SIM_DOOR3(SYS_close, a[0], 0, 0);
	sim_exec_tag((int)a[0], SIM_EXEC_PLAIN);
	return r;
}

/* None of them is our own. */
static long close_piece(unsigned first, unsigned last, long flags)
{
	long r = SIM_DOOR3(SYS_close_range, first, last, flags);

	if (!r && !(flags & 4 /* CLOSE_RANGE_CLOEXEC */) && first < MAX_FDS)
		memset(tags + first, SIM_EXEC_PLAIN, (last < MAX_FDS ? last + 1 : MAX_FDS) - first);
	return r;
}

static long close_many(const long *a)
{
	unsigned first = (unsigned)a[0], last = (unsigned)a[1];
	long r = 0;

	for (unsigned fd = first; !r && fd <= last && fd < MAX_FDS; fd++) {
		if (tag_of(fd) != SIM_EXEC_OWN)
			continue;
		if (fd > first)
			r = close_piece(first, fd - 1, a[2]);
		if (fd == last)
			return r;
		first = fd + 1;
	}
	return r ? r : close_piece(first, last, a[2]);
}

static long make_pipe(long nr, const long *a)
{
	int *fds = (void *)a[0];
	long r = SIM_DOOR3(nr, fds, nr == SYS_pipe2 ? a[1] : 0, 0);

	if (r)
		return r;
	sim_exec_tag(fds[0], SIM_EXEC_INTERNAL);
	sim_exec_tag(fds[1], SIM_EXEC_INTERNAL);
	return 0;
}

/* connect(2) and listen(2) of a real socket, one that the program was started with: nothing goes out by it.
 */
static long refuse(const char *call, int fd, int err)
{
	socklen_t len = sizeof(int);
	int type;
	long r = SIM_DOOR(SYS_getsockopt, fd, SOL_SOCKET, SO_TYPE, &type, &len, 0);

	if (r)
		return r;
	if (sim_exec.w) /* else it is a peer of ours that looks whether a socket's file is left over */
		sim_exec_say("%s: %s() of descriptor %d, a real socket, is refused", sim_exec.name, call, fd);
	return -err;
}

/* The kernel looks at the address before it asks what the descriptor is. */
static long refuse_connect(const long *a)
{
	struct sockaddr_storage address;
	socklen_t len = (socklen_t)a[2];
	long r = SIM_DOOR3(SYS_fcntl, a[0], F_GETFD, 0);

	if (r < 0)
		return r;
	if (len > sizeof address)
		return -EINVAL;
	if (sim_copy_from_user(&address, (const void *)a[1], len))
		return -EFAULT;
	return refuse("connect", (int)a[0], ECONNREFUSED);
}

long sim_exec_real(long nr, const long *a)
{
	bool is_tagged = tag_of(a[0]) == SIM_EXEC_RANDOM || tag_of(a[0]) == SIM_EXEC_AHEAD;
	long r = 0;

	switch (nr) {
	case SYS_read:
		if (is_tagged)
			return read_tagged((int)a[0], (void *)a[1], (size_t)a[2]);
		r = sim_exec_block((int)a[0], POLLIN);
		break;
	case SYS_readv:
		if (is_tagged)
			return read_tagged_vector((int)a[0], (const void *)a[1], a[2]);
		r = sim_exec_block((int)a[0], POLLIN);
		break;
	case SYS_write:
	case SYS_writev:
		if (tag_of(a[0]) != SIM_EXEC_OUT)
			r = sim_exec_block((int)a[0], POLLOUT);
		break;
	case SYS_pread64:
		if (tag_of(a[0]) == SIM_EXEC_RANDOM)
			return sim_exec_give_random((void *)a[1], (size_t)a[2]);
		break;
	case SYS_poll: return poll_real((void *)a[0], (nfds_t)a[1], (int)a[2]);
	case SYS_close: return close_one(a);
	case SYS_close_range: return close_many(a);
	case SYS_dup: return note_copy(a[0], SIM_DOOR3(nr, a[0], 0, 0));
	case SYS_dup2:
	case SYS_dup3:
		if (tag_of(a[1]) == SIM_EXEC_OWN) /* as if no number were so high */
			return -EBADF;
		return note_copy(a[0], SIM_DOOR3(nr, a[0], a[1], a[2]));
	case SYS_fcntl:
		r = SIM_DOOR3(nr, a[0], a[1], a[2]);
		return a[1] == F_DUPFD || a[1] == F_DUPFD_CLOEXEC ? note_copy(a[0], r) : r;
	case SYS_connect: return refuse_connect(a);
	case SYS_listen: return refuse("listen", (int)a[0], EOPNOTSUPP);
	case SYS_pipe:
	case SYS_pipe2: return make_pipe(nr, a);
	default: break;
	}
	return r ? r : SIM_DOOR(nr, a[0], a[1], a[2], a[3], a[4], a[5]);
}

static void tag_own(int fd, bool is_open)
{
	sim_exec_tag(fd, is_open ? SIM_EXEC_OWN : SIM_EXEC_PLAIN);
}

static void tag_standard(void)
{
	mode_t mode = mode_of(STDIN_FILENO);

	if (S_ISFIFO(mode) || S_ISSOCK(mode))
		sim_exec_tag(STDIN_FILENO, SIM_EXEC_AHEAD);
	for (int fd = STDOUT_FILENO; fd <= STDERR_FILENO; fd++) {
		mode = mode_of(fd);
		if (S_ISFIFO(mode) || S_ISSOCK(mode))
			sim_exec_tag(fd, SIM_EXEC_OUT);
	}
}

/* ---- libc's functions ---- */

static long with_errno(long r)
{
	if (r >= 0 || r < -4095)
		return r;
	errno = (int)-r;
	return -1;
}

#define ARGS(...) ((long[6]){ __VA_ARGS__ })
#define A(x)      (long)(uintptr_t)(x)

/* X(result, name, parameters, number, arguments) */
#define REAL_TABLE(X)                                                                                        \
	X(int, socket, (int d, int t, int p), SYS_socket, ARGS(d, t, p))                                     \
	X(int, socketpair, (int d, int t, int p, int *v), SYS_socketpair, ARGS(d, t, p, A(v)))               \
	X(int, bind, (int fd, const struct sockaddr *s, socklen_t n), SYS_bind, ARGS(fd, A(s), n))           \
	X(int, listen, (int fd, int n), SYS_listen, ARGS(fd, n))                                             \
	X(int, accept, (int fd, struct sockaddr *s, socklen_t *n), SYS_accept, ARGS(fd, A(s), A(n)))         \
	X(int, accept4, (int fd, struct sockaddr *s, socklen_t *n, int f), SYS_accept4,                      \
	  ARGS(fd, A(s), A(n), f))                                                                           \
	X(int, connect, (int fd, const struct sockaddr *s, socklen_t n), SYS_connect, ARGS(fd, A(s), n))     \
	X(int, shutdown, (int fd, int how), SYS_shutdown, ARGS(fd, how))                                     \
	X(int, close, (int fd), SYS_close, ARGS(fd))                                                         \
	X(int, close_range, (unsigned a, unsigned b, int f), SYS_close_range, ARGS(a, b, f))                 \
	X(ssize_t, send, (int fd, const void *b, size_t n, int f), SYS_sendto, ARGS(fd, A(b), A(n), f))      \
	X(ssize_t, sendto, (int fd, const void *b, size_t n, int f, const struct sockaddr *s, socklen_t sl), \
	  SYS_sendto, ARGS(fd, A(b), A(n), f, A(s), sl))                                                     \
	X(ssize_t, sendmsg, (int fd, const struct msghdr *m, int f), SYS_sendmsg, ARGS(fd, A(m), f))         \
	X(int, sendmmsg, (int fd, struct mmsghdr *m, unsigned n, int f), SYS_sendmmsg, ARGS(fd, A(m), n, f)) \
	X(ssize_t, recv, (int fd, void *b, size_t n, int f), SYS_recvfrom, ARGS(fd, A(b), A(n), f))          \
	X(ssize_t, recvfrom, (int fd, void *b, size_t n, int f, struct sockaddr *s, socklen_t *sl),          \
	  SYS_recvfrom, ARGS(fd, A(b), A(n), f, A(s), A(sl)))                                                \
	X(ssize_t, recvmsg, (int fd, struct msghdr *m, int f), SYS_recvmsg, ARGS(fd, A(m), f))               \
	X(int, recvmmsg, (int fd, struct mmsghdr *m, unsigned n, int f, struct timespec *t), SYS_recvmmsg,   \
	  ARGS(fd, A(m), n, f, A(t)))                                                                        \
	X(ssize_t, read, (int fd, void *b, size_t n), SYS_read, ARGS(fd, A(b), A(n)))                        \
	X(ssize_t, write, (int fd, const void *b, size_t n), SYS_write, ARGS(fd, A(b), A(n)))                \
	X(ssize_t, readv, (int fd, const struct iovec *v, int n), SYS_readv, ARGS(fd, A(v), n))              \
	X(ssize_t, writev, (int fd, const struct iovec *v, int n), SYS_writev, ARGS(fd, A(v), n))            \
	X(ssize_t, pread, (int fd, void *b, size_t n, off_t at), SYS_pread64, ARGS(fd, A(b), A(n), at))      \
	X(ssize_t, sendfile, (int to, int from, off_t *at, size_t n), SYS_sendfile,                          \
	  ARGS(to, from, A(at), A(n)))                                                                       \
	X(int, getsockopt, (int fd, int l, int o, void *v, socklen_t *n), SYS_getsockopt,                    \
	  ARGS(fd, l, o, A(v), A(n)))                                                                        \
	X(int, setsockopt, (int fd, int l, int o, const void *v, socklen_t n), SYS_setsockopt,               \
	  ARGS(fd, l, o, A(v), n))                                                                           \
	X(int, getsockname, (int fd, struct sockaddr *s, socklen_t *n), SYS_getsockname,                     \
	  ARGS(fd, A(s), A(n)))                                                                              \
	X(int, getpeername, (int fd, struct sockaddr *s, socklen_t *n), SYS_getpeername,                     \
	  ARGS(fd, A(s), A(n)))                                                                              \
	X(int, dup, (int fd), SYS_dup, ARGS(fd))                                                             \
	X(int, dup2, (int fd, int to), SYS_dup2, ARGS(fd, to))                                               \
	X(int, dup3, (int fd, int to, int f), SYS_dup3, ARGS(fd, to, f))                                     \
	X(int, fstat, (int fd, struct stat *st), SYS_fstat, ARGS(fd, A(st)))                                 \
	X(off_t, lseek, (int fd, off_t at, int w), SYS_lseek, ARGS(fd, at, w))                               \
	X(int, poll, (struct pollfd * v, nfds_t n, int ms), SYS_poll, ARGS(A(v), A(n), ms))                  \
	X(int, epoll_ctl, (int ep, int op, int fd, struct epoll_event *e), SYS_epoll_ctl,                    \
	  ARGS(ep, op, fd, A(e)))                                                                            \
	X(int, epoll_wait, (int ep, struct epoll_event *e, int n, int ms), SYS_epoll_wait,                   \
	  ARGS(ep, A(e), n, ms))

#define DEFINE(result, name, params, nr, args)                      \
	static result real_##name params                            \
	{                                                           \
		return (result)with_errno(sim_exec_real(nr, args)); \
	}
REAL_TABLE(DEFINE)
#undef DEFINE

/* What follows the command is passed on as it came: see sim_fcntl(). */
static int real_fcntl(int fd, int cmd, ...)
{
	va_list ap;
	long arg;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	return (int)with_errno(sim_exec_real(SYS_fcntl, ARGS(fd, cmd, arg)));
}

static int real_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	long arg;

	va_start(ap, request);
	arg = va_arg(ap, long);
	va_end(ap);
	return (int)with_errno(sim_exec_real(SYS_ioctl, ARGS(fd, (long)request, arg)));
}

static int real_ppoll(struct pollfd *fds, nfds_t num, const struct timespec *timeout, const sigset_t *mask)
{
	struct timespec left; /* the kernel leaves in it what is left */

	if (timeout)
		left = *timeout;
	return (int)with_errno(sim_exec_real(SYS_ppoll, ARGS(A(fds), A(num), A(timeout ? &left : NULL),
							     A(mask), SIM_EXEC_SIGSET_BYTES)));
}

/* The signals module takes what the kernel holds back: it must not come back to itself. */
static int real_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout)
{
	long sig =
		sim_exec_real(SYS_rt_sigtimedwait, ARGS(A(set), A(info), A(timeout), SIM_EXEC_SIGSET_BYTES));

	if (sig > 0 && info)
		sim_exec_translate_sender((int)sig, info);
	return (int)with_errno(sig);
}

void sim_exec_real_install(void)
{
	(void)sim_libc(); /* found before it is replaced */
#define REPLACE(result, name, params, nr, args) sim_libc_table.name = real_##name;
	REAL_TABLE(REPLACE)
#undef REPLACE
	sim_libc_table.fcntl = real_fcntl;
	sim_libc_table.ioctl = real_ioctl;
	sim_libc_table.ppoll = real_ppoll;
	sim_libc_table.sigtimedwait = real_sigtimedwait;
	sim_kernel = sim_exec_real;
	tag_standard();
	sim_libc_on_high = tag_own;
	if (sim_exec.stderr_fd > STDERR_FILENO)
		tag_own(sim_exec.stderr_fd, true);
}
