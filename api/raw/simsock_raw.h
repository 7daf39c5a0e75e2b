/* SPDX-License-Identifier: MIT */
/*
 * The raw face: the system calls of sockets as the kernel has them, for programs without a C library between.
 * sys_send(fd, buf, len, 0) is sys_write(fd, buf, len).
 *
 * Result: what the call gives (0 or more), or -errno (-4095 to -1). The variable errno is never touched. The
 * manual page of the call's name, in section 2, is its documentation; where it has "C library/kernel
 * differences" the kernel's side holds: sets of signals are 8 bytes and their size is an argument, sys_ppoll
 * and sys_pselect6 leave in *timeout what is left of it, sys_epoll_pwait2 does not. x86-64.
 *
 * With a world current on the calling thread the calls are those of the virtual network; each may run other
 * tasks, and can move virtual time by what a rule or the world's cost of a call says. Those marked "blocks"
 * also do when they must wait; no wall time passes. Handlers of signals run before a call returns. With no
 * world, or under SIMSOCK=kernel, each is the kernel's own system call; so is one on a descriptor that is not
 * simulated: any, when the drop-in face reserves real numbers; 0, 1 and 2 otherwise, since the simulation
 * then numbers by itself from 3 on. On a thread that is no task while a world lives elsewhere sys_socket and
 * sys_socketpair are -EAFNOSUPPORT.
 *
 * Pointers are the caller's and may be bad: -EFAULT, never a crash. Nothing is kept after a call has
 * returned, and nothing is allocated for the caller. Every -errno has its reason in sim_explain()
 * ("simsock.h").
 *
 * The linker knows the functions as sim_sys_NAME, so that a program may have a sys_NAME of its own.
 */
#ifndef SIMSOCK_RAW_H
#define SIMSOCK_RAW_H

#include <poll.h>
#include <stddef.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct epoll_event;
struct iovec;
struct mmsghdr;
struct stat;
struct timespec;
struct timeval;

#define SIM_SYS(name) __asm__("sim_" #name)

/*
 * The new descriptor(s). AF_INET, AF_INET6 and AF_UNIX; SOCK_NONBLOCK and SOCK_CLOEXEC in `type`.
 *
 * -EAFNOSUPPORT     another family, which is never the real one
 * -EINVAL           unknown bits in `type`, or a family out of range
 * -EPROTONOSUPPORT, -ESOCKTNOSUPPORT   a protocol or type that the family does not have
 * -EOPNOTSUPP       sys_socketpair: of a family other than AF_UNIX
 * -EMFILE           RLIMIT_NOFILE
 * -ENOMEM           the world's memory is used up
 * -EFAULT           `fds`
 */
long sys_socket(int domain, int type, int protocol) SIM_SYS(sys_socket);
long sys_socketpair(int domain, int type, int protocol, int fds[2]) SIM_SYS(sys_socketpair);

/*
 * 0. Of all calls on one descriptor -EBADF: it is not open; -ENOTSOCK: it is no socket.
 *
 * -EADDRINUSE       the address or path is taken; no port is left
 * -EADDRNOTAVAIL    no interface has it; -EACCES: a port below 1024, a directory that may not be written
 * -EINVAL           bound already; a wrong length; sys_listen: connected
 * -EAFNOSUPPORT     an address of another family
 * -ENOENT, -ENOTDIR, -ELOOP, -ENAMETOOLONG   the path
 * -EOPNOTSUPP       sys_listen: a type without connections
 */
long sys_bind(int fd, const struct sockaddr *addr, socklen_t len) SIM_SYS(sys_bind);
long sys_listen(int fd, int backlog) SIM_SYS(sys_listen);

/*
 * 0; sys_accept: the new descriptor, and in *addr whose it is, in *len the true length. Block; restarted
 * after a handler with SA_RESTART, else -EINTR.
 *
 * -EINPROGRESS      non-blocking: under way; -EALREADY: the second time; -EISCONN: connected
 * -ECONNREFUSED     nobody listens there; -ETIMEDOUT: no answer
 * -ENETUNREACH, -EHOSTUNREACH   no route; no neighbour answers
 * -EAGAIN           sys_accept: non-blocking or SO_RCVTIMEO, and nothing waits; a Unix listener's queue is
 * full -EPROTOTYPE       a Unix socket of another type; -ENOENT, -EACCES: its path -EINVAL sys_accept: not
 * listening; unknown flags
 */
long sys_connect(int fd, const struct sockaddr *addr, socklen_t len) SIM_SYS(sys_connect);
long sys_accept(int fd, struct sockaddr *addr, socklen_t *len) SIM_SYS(sys_accept);
long sys_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags) SIM_SYS(sys_accept4);

/*
 * How many bytes were taken: on a stream at least 1 and, of a call that blocks and is not interrupted, all of
 * them; of a datagram all. sys_sendmmsg: messages, each with its bytes in msg_len. Block while the send
 * buffer is full, unless O_NONBLOCK or MSG_DONTWAIT; restarted with SA_RESTART if nothing was taken yet.
 *
 * sys_write(fd, buf, len) is sys_send(fd, buf, len, 0), and sys_writev is sys_sendmsg without address and
 * control data, but for these, as Linux has it: what is no socket is -EINVAL or is written, not -ENOTSOCK;
 * more than 1024 pieces are -EINVAL, not -EMSGSIZE; sys_writev of no bytes at all is 0 and sends nothing;
 * a length over SSIZE_MAX is -EINVAL of sys_write, and -EFAULT or less of sys_send, which cuts it to
 * 0x7ffff000.
 *
 * -EAGAIN           it would block; SO_SNDTIMEO has passed; no ephemeral port is left
 * -EPIPE            shut down for writing, or the other end is gone; on a stream SIGPIPE as well, unless
 *                   MSG_NOSIGNAL; a stream that never was connected
 * -ECONNRESET       the peer has reset the connection: told once
 * -ENOTCONN, -EDESTADDRREQ   not connected and no address, by type
 * -EISCONN          an address, and the socket is connected (a Unix stream)
 * -EMSGSIZE         a datagram that is too long for the protocol, the path or the buffer; too many pieces
 * -EOPNOTSUPP       MSG_OOB of a type that has none; an address of a Unix stream that is not connected
 * -ECONNREFUSED     what an earlier datagram met; a Unix name that nobody has
 * -EACCES, -ENOENT, -EPROTOTYPE, -ENOTDIR, -ELOOP, -ENAMETOOLONG   a Unix path; -EACCES: broadcast
 * -EINVAL           an address's length, a control message, a negative length of a piece
 * -ENOBUFS          control data beyond net.core.optmem_max; a full device queue, where the host says so
 * -EINTR            a signal before anything was taken
 * -ENETUNREACH, -EHOSTUNREACH, -ETIMEDOUT, -EPERM, -ENOMEM   see docs/man/simsock-send.7
 */
long sys_send(int fd, const void *buf, size_t len, int flags) SIM_SYS(sys_send);
long sys_sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t to_len)
	SIM_SYS(sys_sendto);
long sys_sendmsg(int fd, const struct msghdr *msg, int flags) SIM_SYS(sys_sendmsg);
long sys_sendmmsg(int fd, struct mmsghdr *msgs, unsigned int num, int flags) SIM_SYS(sys_sendmmsg);
long sys_write(int fd, const void *buf, size_t len) SIM_SYS(sys_write);
long sys_writev(int fd, const struct iovec *iov, int num) SIM_SYS(sys_writev);

/*
 * From the file `from`, at *at, which moves on, or with `at` NULL at its own place. Bytes, which may be
 * fewer. Blocks as sys_send; flags there are none, so that a broken stream always raises SIGPIPE.
 *
 * -EBADF            `from` is not open for reading; -ESPIPE: `at`, and it has no places
 * -EINVAL           `from` is no file and no device; and all of sys_send's
 */
long sys_sendfile(int to, int from, off_t *at, size_t len) SIM_SYS(sys_sendfile);

/*
 * Bytes, 0 at the end of a stream; sys_recvmmsg: messages. Block while there is nothing to read, unless
 * O_NONBLOCK or MSG_DONTWAIT; restarted with SA_RESTART.
 *
 * -EAGAIN           there is nothing to read; SO_RCVTIMEO has passed
 * -ECONNREFUSED     what an earlier datagram met; -ECONNRESET, -ETIMEDOUT, -EHOSTUNREACH: the connection
 * -ENOTCONN         a stream that is not connected
 * -EINVAL           MSG_OOB and there is none; a bad *from_len; of sys_read: a descriptor that is not read
 * -EINTR            a signal before anything came
 */
long sys_recv(int fd, void *buf, size_t len, int flags) SIM_SYS(sys_recv);
long sys_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *from_len)
	SIM_SYS(sys_recvfrom);
long sys_recvmsg(int fd, struct msghdr *msg, int flags) SIM_SYS(sys_recvmsg);
long sys_recvmmsg(int fd, struct mmsghdr *msgs, unsigned int num, int flags, struct timespec *timeout)
	SIM_SYS(sys_recvmmsg);
long sys_read(int fd, void *buf, size_t len) SIM_SYS(sys_read);
long sys_readv(int fd, const struct iovec *iov, int num) SIM_SYS(sys_readv);

/* 0. -ENOTCONN: sys_shutdown, sys_getpeername: there is no peer. -EINVAL: `how`, a bad *len. */
long sys_shutdown(int fd, int how) SIM_SYS(sys_shutdown);
long sys_getsockname(int fd, struct sockaddr *addr, socklen_t *len) SIM_SYS(sys_getsockname);
long sys_getpeername(int fd, struct sockaddr *addr, socklen_t *len) SIM_SYS(sys_getpeername);

/* 0. -ENOPROTOOPT: no such option; -EINVAL: its length or value; -EDOM: a time; docs/fidelity.md lists them.
 */
long sys_getsockopt(int fd, int level, int name, void *val, socklen_t *len) SIM_SYS(sys_getsockopt);
long sys_setsockopt(int fd, int level, int name, const void *val, socklen_t len) SIM_SYS(sys_setsockopt);

/*
 * sys_close: 0; blocks only with SO_LINGER. sys_close_range: 0; a range is closed in both worlds. sys_dup and
 * kin, F_DUPFD: the new descriptor. -EMFILE: RLIMIT_NOFILE; -EBADF: `to` is out of range; -EINVAL: flags,
 * fd == to of sys_dup3, a command or request that is not simulated (-ENOTTY of sys_ioctl).
 * sys_fcntl: `arg` is a number, or a pointer as a number. sys_lseek: -ESPIPE of a socket.
 */
long sys_close(int fd) SIM_SYS(sys_close);
long sys_close_range(unsigned int first, unsigned int last, int flags) SIM_SYS(sys_close_range);
long sys_dup(int fd) SIM_SYS(sys_dup);
long sys_dup2(int fd, int to) SIM_SYS(sys_dup2);
long sys_dup3(int fd, int to, int flags) SIM_SYS(sys_dup3);
long sys_fcntl(int fd, int cmd, long arg) SIM_SYS(sys_fcntl);
long sys_ioctl(int fd, unsigned long request, void *arg) SIM_SYS(sys_ioctl);
long sys_fstat(int fd, struct stat *st) SIM_SYS(sys_fstat);
long sys_lseek(int fd, off_t offset, int whence) SIM_SYS(sys_lseek);

/* The sixth argument of sys_pselect6. */
struct sim_sys_sigset {
	const void *mask; /* NULL: the mask stays */
	size_t mask_bytes;
};

/*
 * How many are ready, 0: the time has passed (select counts bits). Block; never restarted: -EINTR. Simulated
 * and real descriptors may stand in one set. `mask`: 8 bytes, `mask_bytes` 8; NULL: the mask stays.
 *
 * -EINVAL           a time, a size of a mask, a number of descriptors, a maximum of 0
 * -EBADF            sys_select: a descriptor is not open; sys_epoll_wait: `epfd`
 * -EEXIST, -ENOENT, -EPERM, -ELOOP   sys_epoll_ctl: in the set already, not in it, a file, a ring of sets
 */
long sys_poll(struct pollfd *fds, nfds_t num, int timeout_ms) SIM_SYS(sys_poll);
long sys_ppoll(struct pollfd *fds, nfds_t num, struct timespec *timeout, const void *mask, size_t mask_bytes)
	SIM_SYS(sys_ppoll);
long sys_select(int num, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout) SIM_SYS(sys_select);
long sys_pselect6(int num, fd_set *rd, fd_set *wr, fd_set *ex, struct timespec *timeout,
		  const struct sim_sys_sigset *mask) SIM_SYS(sys_pselect6);
long sys_epoll_create(int size) SIM_SYS(sys_epoll_create);
long sys_epoll_create1(int flags) SIM_SYS(sys_epoll_create1);
long sys_epoll_ctl(int fd, int op, int member, struct epoll_event *ev) SIM_SYS(sys_epoll_ctl);
long sys_epoll_wait(int epfd, struct epoll_event *out, int max, int timeout_ms) SIM_SYS(sys_epoll_wait);
long sys_epoll_pwait(int epfd, struct epoll_event *out, int max, int timeout_ms, const void *mask,
		     size_t mask_bytes) SIM_SYS(sys_epoll_pwait);
long sys_epoll_pwait2(int epfd, struct epoll_event *out, int max, const struct timespec *timeout,
		      const void *mask, size_t mask_bytes) SIM_SYS(sys_epoll_pwait2);

#undef SIM_SYS

#ifdef __cplusplus
}
#endif

#endif
