/* SPDX-License-Identifier: MIT */
/*
 * The libc names themselves: whatever in this process calls send(), calls us, program and libraries alike.
 * Each only passes on to the function of simsock_posix.h, which asks whether a world is current and whose the
 * descriptor is.
 *
 * Knows no sockets. The definitions carry their names by an assembler label, so that no header's prototype,
 * macro or fortified inline form of the same name stands in the way.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <limits.h>
#include <stdarg.h>

#include "api/dropin/define.h"
#include "api/posix/posix.h"

/* glibc's answer to a fortified call whose buffer is too small; it does not return. */
extern void __chk_fail(void) __attribute__((noreturn));

/* ---- sockets ---- */

int sim_dropin_socket(int domain, int type, int protocol) SIM_AS("socket");
int sim_dropin_socket(int domain, int type, int protocol)
{
	return sim_socket(domain, type, protocol);
}

int sim_dropin_socketpair(int domain, int type, int protocol, int *fds) SIM_AS("socketpair");
int sim_dropin_socketpair(int domain, int type, int protocol, int *fds)
{
	return sim_socketpair(domain, type, protocol, fds);
}

int sim_dropin_bind(int fd, const struct sockaddr *addr, socklen_t len) SIM_AS("bind");
int sim_dropin_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	return sim_bind(fd, addr, len);
}

int sim_dropin_listen(int fd, int backlog) SIM_AS("listen");
int sim_dropin_listen(int fd, int backlog)
{
	return sim_listen(fd, backlog);
}

int sim_dropin_connect(int fd, const struct sockaddr *addr, socklen_t len) SIM_AS("connect");
int sim_dropin_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return sim_connect(fd, addr, len);
}

int sim_dropin___connect(int fd, const struct sockaddr *addr, socklen_t len) SIM_AS("__connect");
int sim_dropin___connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	return sim_connect(fd, addr, len);
}

int sim_dropin_accept(int fd, struct sockaddr *addr, socklen_t *len) SIM_AS("accept");
int sim_dropin_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	return sim_accept(fd, addr, len);
}

int sim_dropin_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags) SIM_AS("accept4");
int sim_dropin_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	return sim_accept4(fd, addr, len, flags);
}

int sim_dropin_shutdown(int fd, int how) SIM_AS("shutdown");
int sim_dropin_shutdown(int fd, int how)
{
	return sim_shutdown(fd, how);
}

int sim_dropin_getsockname(int fd, struct sockaddr *addr, socklen_t *len) SIM_AS("getsockname");
int sim_dropin_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	return sim_getsockname(fd, addr, len);
}

int sim_dropin_getpeername(int fd, struct sockaddr *addr, socklen_t *len) SIM_AS("getpeername");
int sim_dropin_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	return sim_getpeername(fd, addr, len);
}

int sim_dropin_getsockopt(int fd, int level, int name, void *val, socklen_t *len) SIM_AS("getsockopt");
int sim_dropin_getsockopt(int fd, int level, int name, void *val, socklen_t *len)
{
	return sim_getsockopt(fd, level, name, val, len);
}

int sim_dropin_setsockopt(int fd, int level, int name, const void *val, socklen_t len) SIM_AS("setsockopt");
int sim_dropin_setsockopt(int fd, int level, int name, const void *val, socklen_t len)
{
	return sim_setsockopt(fd, level, name, val, len);
}

int sim_dropin_sockatmark(int fd) SIM_AS("sockatmark");
int sim_dropin_sockatmark(int fd)
{
	return sim_sockatmark(fd);
}

/* ---- data ---- */

ssize_t sim_dropin_send(int fd, const void *buf, size_t len, int flags) SIM_AS("send");
ssize_t sim_dropin_send(int fd, const void *buf, size_t len, int flags)
{
	return sim_send(fd, buf, len, flags);
}

ssize_t sim_dropin___send(int fd, const void *buf, size_t len, int flags) SIM_AS("__send");
ssize_t sim_dropin___send(int fd, const void *buf, size_t len, int flags)
{
	return sim_send(fd, buf, len, flags);
}

ssize_t sim_dropin_sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
			  socklen_t to_len) SIM_AS("sendto");
ssize_t sim_dropin_sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
			  socklen_t to_len)
{
	return sim_sendto(fd, buf, len, flags, to, to_len);
}

ssize_t sim_dropin_sendmsg(int fd, const struct msghdr *msg, int flags) SIM_AS("sendmsg");
ssize_t sim_dropin_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	return sim_sendmsg(fd, msg, flags);
}

int sim_dropin_sendmmsg(int fd, struct mmsghdr *msgs, unsigned int num, int flags) SIM_AS("sendmmsg");
int sim_dropin_sendmmsg(int fd, struct mmsghdr *msgs, unsigned int num, int flags)
{
	return sim_sendmmsg(fd, msgs, num, flags);
}

ssize_t sim_dropin_sendfile(int to, int from, off_t *at, size_t len) SIM_AS("sendfile");
ssize_t sim_dropin_sendfile(int to, int from, off_t *at, size_t len)
{
	return sim_sendfile(to, from, at, len);
}

ssize_t sim_dropin_sendfile64(int to, int from, off_t *at, size_t len) SIM_AS("sendfile64");
ssize_t sim_dropin_sendfile64(int to, int from, off_t *at, size_t len)
{
	return sim_sendfile(to, from, at, len);
}

ssize_t sim_dropin_write(int fd, const void *buf, size_t len) SIM_AS("write");
ssize_t sim_dropin_write(int fd, const void *buf, size_t len)
{
	return sim_write(fd, buf, len);
}

ssize_t sim_dropin___write(int fd, const void *buf, size_t len) SIM_AS("__write");
ssize_t sim_dropin___write(int fd, const void *buf, size_t len)
{
	return sim_write(fd, buf, len);
}

ssize_t sim_dropin_writev(int fd, const struct iovec *iov, int num) SIM_AS("writev");
ssize_t sim_dropin_writev(int fd, const struct iovec *iov, int num)
{
	return sim_writev(fd, iov, num);
}

ssize_t sim_dropin_recv(int fd, void *buf, size_t len, int flags) SIM_AS("recv");
ssize_t sim_dropin_recv(int fd, void *buf, size_t len, int flags)
{
	return sim_recv(fd, buf, len, flags);
}

ssize_t sim_dropin___recv(int fd, void *buf, size_t len, int flags) SIM_AS("__recv");
ssize_t sim_dropin___recv(int fd, void *buf, size_t len, int flags)
{
	return sim_recv(fd, buf, len, flags);
}

ssize_t sim_dropin___recv_chk(int fd, void *buf, size_t len, size_t room, int flags) SIM_AS("__recv_chk");
ssize_t sim_dropin___recv_chk(int fd, void *buf, size_t len, size_t room, int flags)
{
	if (len > room)
		__chk_fail();
	return sim_recv(fd, buf, len, flags);
}

ssize_t sim_dropin_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from,
			    socklen_t *from_len) SIM_AS("recvfrom");
ssize_t sim_dropin_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from,
			    socklen_t *from_len)
{
	return sim_recvfrom(fd, buf, len, flags, from, from_len);
}

ssize_t sim_dropin___recvfrom_chk(int fd, void *buf, size_t len, size_t room, int flags,
				  struct sockaddr *from, socklen_t *from_len) SIM_AS("__recvfrom_chk");
ssize_t sim_dropin___recvfrom_chk(int fd, void *buf, size_t len, size_t room, int flags,
				  struct sockaddr *from, socklen_t *from_len)
{
	if (len > room)
		__chk_fail();
	return sim_recvfrom(fd, buf, len, flags, from, from_len);
}

ssize_t sim_dropin_recvmsg(int fd, struct msghdr *msg, int flags) SIM_AS("recvmsg");
ssize_t sim_dropin_recvmsg(int fd, struct msghdr *msg, int flags)
{
	return sim_recvmsg(fd, msg, flags);
}

int sim_dropin_recvmmsg(int fd, struct mmsghdr *msgs, unsigned int num, int flags, struct timespec *timeout)
	SIM_AS("recvmmsg");
int sim_dropin_recvmmsg(int fd, struct mmsghdr *msgs, unsigned int num, int flags, struct timespec *timeout)
{
	return sim_recvmmsg(fd, msgs, num, flags, timeout);
}

ssize_t sim_dropin_read(int fd, void *buf, size_t len) SIM_AS("read");
ssize_t sim_dropin_read(int fd, void *buf, size_t len)
{
	return sim_read(fd, buf, len);
}

ssize_t sim_dropin___read(int fd, void *buf, size_t len) SIM_AS("__read");
ssize_t sim_dropin___read(int fd, void *buf, size_t len)
{
	return sim_read(fd, buf, len);
}

ssize_t sim_dropin___read_chk(int fd, void *buf, size_t len, size_t room) SIM_AS("__read_chk");
ssize_t sim_dropin___read_chk(int fd, void *buf, size_t len, size_t room)
{
	if (len > room)
		__chk_fail();
	return sim_read(fd, buf, len);
}

ssize_t sim_dropin_readv(int fd, const struct iovec *iov, int num) SIM_AS("readv");
ssize_t sim_dropin_readv(int fd, const struct iovec *iov, int num)
{
	return sim_readv(fd, iov, num);
}

/* ---- descriptors ---- */

int sim_dropin_close(int fd) SIM_AS("close");
int sim_dropin_close(int fd)
{
	return sim_close(fd);
}

int sim_dropin___close(int fd) SIM_AS("__close");
int sim_dropin___close(int fd)
{
	return sim_close(fd);
}

int sim_dropin_close_range(unsigned int first, unsigned int last, int flags) SIM_AS("close_range");
int sim_dropin_close_range(unsigned int first, unsigned int last, int flags)
{
	return sim_close_range(first, last, flags);
}

void sim_dropin_closefrom(int first) SIM_AS("closefrom");
void sim_dropin_closefrom(int first)
{
	(void)sim_close_range(first < 0 ? 0 : (unsigned int)first, UINT_MAX, 0);
}

int sim_dropin_dup(int fd) SIM_AS("dup");
int sim_dropin_dup(int fd)
{
	return sim_dup(fd);
}

int sim_dropin_dup2(int fd, int to) SIM_AS("dup2");
int sim_dropin_dup2(int fd, int to)
{
	return sim_dup2(fd, to);
}

int sim_dropin___dup2(int fd, int to) SIM_AS("__dup2");
int sim_dropin___dup2(int fd, int to)
{
	return sim_dup2(fd, to);
}

int sim_dropin_dup3(int fd, int to, int flags) SIM_AS("dup3");
int sim_dropin_dup3(int fd, int to, int flags)
{
	return sim_dup3(fd, to, flags);
}

/* Whatever follows the command is passed on as it came: see sim_fcntl(). */
#define PASS_FCNTL(fd, cmd)                         \
	do {                                        \
		va_list ap;                         \
		long arg;                           \
                                                    \
		va_start(ap, cmd);                  \
		arg = va_arg(ap, long);             \
		va_end(ap);                         \
		return sim_fcntl((fd), (cmd), arg); \
	} while (0)

int sim_dropin_fcntl(int fd, int cmd, ...) SIM_AS("fcntl");
int sim_dropin_fcntl(int fd, int cmd, ...)
{
	PASS_FCNTL(fd, cmd);
}

int sim_dropin___fcntl(int fd, int cmd, ...) SIM_AS("__fcntl");
int sim_dropin___fcntl(int fd, int cmd, ...)
{
	PASS_FCNTL(fd, cmd);
}

int sim_dropin_fcntl64(int fd, int cmd, ...) SIM_AS("fcntl64");
int sim_dropin_fcntl64(int fd, int cmd, ...)
{
	PASS_FCNTL(fd, cmd);
}

int sim_dropin_ioctl(int fd, unsigned long request, ...) SIM_AS("ioctl");
int sim_dropin_ioctl(int fd, unsigned long request, ...)
{
	va_list ap;
	void *arg;

	va_start(ap, request);
	arg = va_arg(ap, void *);
	va_end(ap);
	return sim_ioctl(fd, request, arg);
}

int sim_dropin_fstat(int fd, struct stat *st) SIM_AS("fstat");
int sim_dropin_fstat(int fd, struct stat *st)
{
	return sim_fstat(fd, st);
}

int sim_dropin_fstat64(int fd, struct stat *st) SIM_AS("fstat64");
int sim_dropin_fstat64(int fd, struct stat *st)
{
	return sim_fstat(fd, st);
}

/* What fstat() was before glibc 2.33; on x86-64 there is one version of the structure. */
int sim_dropin___fxstat(int version, int fd, struct stat *st) SIM_AS("__fxstat");
int sim_dropin___fxstat(int version, int fd, struct stat *st)
{
	(void)version;
	return sim_fstat(fd, st);
}

int sim_dropin___fxstat64(int version, int fd, struct stat *st) SIM_AS("__fxstat64");
int sim_dropin___fxstat64(int version, int fd, struct stat *st)
{
	(void)version;
	return sim_fstat(fd, st);
}

off_t sim_dropin_lseek(int fd, off_t offset, int whence) SIM_AS("lseek");
off_t sim_dropin_lseek(int fd, off_t offset, int whence)
{
	return sim_lseek(fd, offset, whence);
}

off_t sim_dropin___lseek(int fd, off_t offset, int whence) SIM_AS("__lseek");
off_t sim_dropin___lseek(int fd, off_t offset, int whence)
{
	return sim_lseek(fd, offset, whence);
}

off_t sim_dropin_lseek64(int fd, off_t offset, int whence) SIM_AS("lseek64");
off_t sim_dropin_lseek64(int fd, off_t offset, int whence)
{
	return sim_lseek(fd, offset, whence);
}

/* ---- readiness ---- */

int sim_dropin_poll(struct pollfd *fds, nfds_t num, int timeout_ms) SIM_AS("poll");
int sim_dropin_poll(struct pollfd *fds, nfds_t num, int timeout_ms)
{
	return sim_poll(fds, num, timeout_ms);
}

int sim_dropin___poll(struct pollfd *fds, nfds_t num, int timeout_ms) SIM_AS("__poll");
int sim_dropin___poll(struct pollfd *fds, nfds_t num, int timeout_ms)
{
	return sim_poll(fds, num, timeout_ms);
}

int sim_dropin___poll_chk(struct pollfd *fds, nfds_t num, int timeout_ms, size_t room) SIM_AS("__poll_chk");
int sim_dropin___poll_chk(struct pollfd *fds, nfds_t num, int timeout_ms, size_t room)
{
	if (room / sizeof *fds < num)
		__chk_fail();
	return sim_poll(fds, num, timeout_ms);
}

int sim_dropin_ppoll(struct pollfd *fds, nfds_t num, const struct timespec *timeout, const sigset_t *mask)
	SIM_AS("ppoll");
int sim_dropin_ppoll(struct pollfd *fds, nfds_t num, const struct timespec *timeout, const sigset_t *mask)
{
	return sim_ppoll(fds, num, timeout, mask);
}

int sim_dropin___ppoll_chk(struct pollfd *fds, nfds_t num, const struct timespec *timeout,
			   const sigset_t *mask, size_t room) SIM_AS("__ppoll_chk");
int sim_dropin___ppoll_chk(struct pollfd *fds, nfds_t num, const struct timespec *timeout,
			   const sigset_t *mask, size_t room)
{
	if (room / sizeof *fds < num)
		__chk_fail();
	return sim_ppoll(fds, num, timeout, mask);
}

int sim_dropin_select(int num, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout) SIM_AS("select");
int sim_dropin_select(int num, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout)
{
	return sim_select(num, rd, wr, ex, timeout);
}

int sim_dropin___select(int num, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout)
	SIM_AS("__select");
int sim_dropin___select(int num, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout)
{
	return sim_select(num, rd, wr, ex, timeout);
}

int sim_dropin_pselect(int num, fd_set *rd, fd_set *wr, fd_set *ex, const struct timespec *timeout,
		       const sigset_t *mask) SIM_AS("pselect");
int sim_dropin_pselect(int num, fd_set *rd, fd_set *wr, fd_set *ex, const struct timespec *timeout,
		       const sigset_t *mask)
{
	return sim_pselect(num, rd, wr, ex, timeout, mask);
}

int sim_dropin_epoll_create(int size) SIM_AS("epoll_create");
int sim_dropin_epoll_create(int size)
{
	return sim_epoll_create(size);
}

int sim_dropin_epoll_create1(int flags) SIM_AS("epoll_create1");
int sim_dropin_epoll_create1(int flags)
{
	return sim_epoll_create1(flags);
}

int sim_dropin_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev) SIM_AS("epoll_ctl");
int sim_dropin_epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	return sim_epoll_ctl(epfd, op, fd, ev);
}

int sim_dropin_epoll_wait(int epfd, struct epoll_event *out, int max, int timeout_ms) SIM_AS("epoll_wait");
int sim_dropin_epoll_wait(int epfd, struct epoll_event *out, int max, int timeout_ms)
{
	return sim_epoll_wait(epfd, out, max, timeout_ms);
}

int sim_dropin_epoll_pwait(int epfd, struct epoll_event *out, int max, int timeout_ms, const sigset_t *mask)
	SIM_AS("epoll_pwait");
int sim_dropin_epoll_pwait(int epfd, struct epoll_event *out, int max, int timeout_ms, const sigset_t *mask)
{
	return sim_epoll_pwait(epfd, out, max, timeout_ms, mask);
}

int sim_dropin_epoll_pwait2(int epfd, struct epoll_event *out, int max, const struct timespec *timeout,
			    const sigset_t *mask) SIM_AS("epoll_pwait2");
int sim_dropin_epoll_pwait2(int epfd, struct epoll_event *out, int max, const struct timespec *timeout,
			    const sigset_t *mask)
{
	return sim_epoll_pwait2(epfd, out, max, timeout, mask);
}

/* ---- the drop-in face itself ---- */

/* Which object defines it is asked, not which address: in a shared library our own name means whoever stands
 * in front. */
bool sim_dropin_is_in_place(void)
{
	static const char of_ours;
	void *found = dlsym(RTLD_DEFAULT, "socket");
	Dl_info first, own;

	return found && dladdr(found, &first) && dladdr(&of_ours, &own) && first.dli_fbase == own.dli_fbase;
}
