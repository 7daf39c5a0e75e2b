/* SPDX-License-Identifier: MIT */
/*
 * The calls of which the faces differ in nothing but the form of the result and in whose the real call is:
 * the raw face (socket.c here) and the posix face (api/posix/socket.c) are made of this table. Calls whose
 * parameters differ between libc and the kernel stand in the faces themselves.
 */
#ifndef API_RAW_TABLE_H
#define API_RAW_TABLE_H

#include <sys/syscall.h>

#include "api/raw/face.h"

/* clang-format off */
/*
 * X(result in libc, name, parameters, real arguments, number of the system call, what precedes the real call
 *   (0, or -errno and there is none), the simulated call, in which `t` is the task)
 *
 * FD: of a call on one descriptor, `fd`, which decides who answers; ANY: of any other.
 */
#define SIM_FACE_TABLE(FD, ANY) \
	ANY(int, socket, (int domain, int type, int protocol), (domain, type, protocol), \
	    SYS_socket, sim_face_may_call("socket"), sim_call_socket(t, domain, type, protocol)) \
	ANY(int, socketpair, (int domain, int type, int protocol, int fds[2]), (domain, type, protocol, fds), \
	    SYS_socketpair, sim_face_may_call("socketpair"), sim_call_socketpair(t, domain, type, protocol, fds)) \
	FD(int, bind, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len), \
	   SYS_bind, 0, sim_call_bind(t, fd, addr, len)) \
	FD(int, listen, (int fd, int backlog), (fd, backlog), SYS_listen, 0, sim_call_listen(t, fd, backlog)) \
	FD(int, connect, (int fd, const struct sockaddr *addr, socklen_t len), (fd, addr, len), \
	   SYS_connect, 0, sim_call_connect(t, fd, addr, len)) \
	FD(int, accept, (int fd, struct sockaddr *addr, socklen_t *len), (fd, addr, len), \
	   SYS_accept, 0, sim_call_accept(t, SIM_CALL_ACCEPT, fd, addr, len, 0)) \
	FD(int, accept4, (int fd, struct sockaddr *addr, socklen_t *len, int flags), (fd, addr, len, flags), \
	   SYS_accept4, 0, sim_call_accept(t, SIM_CALL_ACCEPT4, fd, addr, len, flags)) \
	FD(int, shutdown, (int fd, int how), (fd, how), SYS_shutdown, 0, sim_call_shutdown(t, fd, how)) \
	FD(int, getsockname, (int fd, struct sockaddr *addr, socklen_t *len), (fd, addr, len), \
	   SYS_getsockname, 0, sim_call_getname(t, SIM_CALL_GETSOCKNAME, fd, addr, len)) \
	FD(int, getpeername, (int fd, struct sockaddr *addr, socklen_t *len), (fd, addr, len), \
	   SYS_getpeername, 0, sim_call_getname(t, SIM_CALL_GETPEERNAME, fd, addr, len)) \
	FD(int, getsockopt, (int fd, int level, int name, void *val, socklen_t *len), (fd, level, name, val, len), \
	   SYS_getsockopt, 0, sim_call_getsockopt(t, fd, level, name, val, len)) \
	FD(int, setsockopt, (int fd, int level, int name, const void *val, socklen_t len), \
	   (fd, level, name, val, len), SYS_setsockopt, 0, sim_call_setsockopt(t, fd, level, name, val, len)) \
	\
	FD(ssize_t, send, (int fd, const void *buf, size_t len, int flags), (fd, buf, len, flags), \
	   SYS_sendto, 0, sim_call_sendto(t, SIM_CALL_SEND, fd, buf, len, flags, NULL, 0)) \
	FD(ssize_t, sendto, \
	   (int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, socklen_t to_len), \
	   (fd, buf, len, flags, to, to_len), \
	   SYS_sendto, 0, sim_call_sendto(t, SIM_CALL_SENDTO, fd, buf, len, flags, to, to_len)) \
	FD(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags), (fd, msg, flags), \
	   SYS_sendmsg, 0, sim_call_sendmsg(t, fd, msg, flags)) \
	FD(int, sendmmsg, (int fd, struct mmsghdr *msgs, unsigned int num, int flags), (fd, msgs, num, flags), \
	   SYS_sendmmsg, 0, sim_call_sendmmsg(t, fd, msgs, num, flags)) \
	FD(ssize_t, write, (int fd, const void *buf, size_t len), (fd, buf, len), \
	   SYS_write, 0, sim_call_sendto(t, SIM_CALL_WRITE, fd, buf, len, 0, NULL, 0)) \
	FD(ssize_t, writev, (int fd, const struct iovec *iov, int num), (fd, iov, num), \
	   SYS_writev, 0, sim_call_writev(t, fd, iov, num)) \
	FD(ssize_t, recv, (int fd, void *buf, size_t len, int flags), (fd, buf, len, flags), \
	   SYS_recvfrom, 0, sim_call_recvfrom(t, SIM_CALL_RECV, fd, buf, len, flags, NULL, NULL)) \
	FD(ssize_t, recvfrom, \
	   (int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *from_len), \
	   (fd, buf, len, flags, from, from_len), \
	   SYS_recvfrom, 0, sim_call_recvfrom(t, SIM_CALL_RECVFROM, fd, buf, len, flags, from, from_len)) \
	FD(ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags), (fd, msg, flags), \
	   SYS_recvmsg, 0, sim_call_recvmsg(t, fd, msg, flags)) \
	FD(int, recvmmsg, (int fd, struct mmsghdr *msgs, unsigned int num, int flags, struct timespec *timeout), \
	   (fd, msgs, num, flags, timeout), SYS_recvmmsg, 0, sim_call_recvmmsg(t, fd, msgs, num, flags, timeout)) \
	FD(ssize_t, read, (int fd, void *buf, size_t len), (fd, buf, len), \
	   SYS_read, sim_face_before_read(fd), sim_call_recvfrom(t, SIM_CALL_READ, fd, buf, len, 0, NULL, NULL)) \
	FD(ssize_t, readv, (int fd, const struct iovec *iov, int num), (fd, iov, num), \
	   SYS_readv, sim_face_before_read(fd), sim_call_readv(t, fd, iov, num)) \
	\
	FD(int, close, (int fd), (fd), SYS_close, sim_face_before_close(fd), sim_call_close(t, fd)) \
	FD(int, dup, (int fd), (fd), SYS_dup, 0, sim_call_dup(t, fd)) \
	FD(off_t, lseek, (int fd, off_t offset, int whence), (fd, offset, whence), \
	   SYS_lseek, 0, sim_call_lseek(t, fd, offset, whence)) \
	\
	ANY(int, poll, (struct pollfd *fds, nfds_t num, int timeout_ms), (fds, num, timeout_ms), \
	    SYS_poll, 0, sim_call_poll(t, SIM_CALL_POLL, fds, num, \
				       sim_face_span_of_ms(timeout_ms, &(struct timespec){ 0 }), NULL)) \
	/* epoll_create(2): the size means nothing but must be more than 0. A flag that does not exist fails alike. */ \
	ANY(int, epoll_create, (int size), (size), \
	    SYS_epoll_create, 0, sim_call_epoll_create(t, SIM_CALL_EPOLL_CREATE, size > 0 ? 0 : 1)) \
	ANY(int, epoll_create1, (int flags), (flags), \
	    SYS_epoll_create1, 0, sim_call_epoll_create(t, SIM_CALL_EPOLL_CREATE1, flags)) \
	FD(int, epoll_ctl, (int fd, int op, int member, struct epoll_event *ev), (fd, op, member, ev), \
	   SYS_epoll_ctl, sim_face_before_epoll_ctl(fd, op, member, ev), \
	   sim_call_epoll_ctl(t, fd, op, member, ev)) \
	FD(int, epoll_wait, (int fd, struct epoll_event *out, int max, int timeout_ms), (fd, out, max, timeout_ms), \
	   SYS_epoll_wait, 0, sim_call_epoll_wait(t, SIM_CALL_EPOLL_WAIT, fd, out, max, \
						  sim_face_span_of_ms(timeout_ms, &(struct timespec){ 0 }), NULL))
/* clang-format on */

#endif
