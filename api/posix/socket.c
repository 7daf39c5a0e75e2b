/* SPDX-License-Identifier: MIT */
/* Sockets and what moves through them: see simsock_posix.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <sys/ioctl.h>

#include "api/posix/posix.h"

#ifndef SIOCATMARK
#define SIOCATMARK 0x8905
#endif

int sim_socket(int domain, int type, int protocol)
{
	SIM_POSIX_PLAIN(int,
			sim_posix_may_use_libc("socket") ? sim_libc()->socket(domain, type, protocol) : -1,
			sim_call_socket(t, domain, type, protocol));
}

int sim_socketpair(int domain, int type, int protocol, int fds[2])
{
	SIM_POSIX_PLAIN(int,
			sim_posix_may_use_libc("socketpair")
				? sim_libc()->socketpair(domain, type, protocol, fds)
				: -1,
			sim_call_socketpair(t, domain, type, protocol, fds));
}

int sim_bind(int fd, const struct sockaddr *addr, socklen_t len)
{
	SIM_POSIX_FD(int, fd, sim_libc()->bind(fd, addr, len), sim_call_bind(t, fd, addr, len));
}

int sim_listen(int fd, int backlog)
{
	SIM_POSIX_FD(int, fd, sim_libc()->listen(fd, backlog), sim_call_listen(t, fd, backlog));
}

int sim_shutdown(int fd, int how)
{
	SIM_POSIX_FD(int, fd, sim_libc()->shutdown(fd, how), sim_call_shutdown(t, fd, how));
}

int sim_getsockname(int fd, struct sockaddr *addr, socklen_t *len)
{
	SIM_POSIX_FD(int, fd, sim_libc()->getsockname(fd, addr, len),
		     sim_call_getname(t, SIM_CALL_GETSOCKNAME, fd, addr, len));
}

int sim_getpeername(int fd, struct sockaddr *addr, socklen_t *len)
{
	SIM_POSIX_FD(int, fd, sim_libc()->getpeername(fd, addr, len),
		     sim_call_getname(t, SIM_CALL_GETPEERNAME, fd, addr, len));
}

int sim_getsockopt(int fd, int level, int name, void *val, socklen_t *len)
{
	SIM_POSIX_FD(int, fd, sim_libc()->getsockopt(fd, level, name, val, len),
		     sim_call_getsockopt(t, fd, level, name, val, len));
}

int sim_setsockopt(int fd, int level, int name, const void *val, socklen_t len)
{
	SIM_POSIX_FD(int, fd, sim_libc()->setsockopt(fd, level, name, val, len),
		     sim_call_setsockopt(t, fd, level, name, val, len));
}

int sim_sockatmark(int fd)
{
	int at = 0;

	return sim_ioctl(fd, SIOCATMARK, &at) < 0 ? -1 : at;
}

int sim_connect(int fd, const struct sockaddr *addr, socklen_t len)
{
	SIM_POSIX_FD(int, fd, sim_libc()->connect(fd, addr, len), sim_call_connect(t, fd, addr, len));
}

int sim_accept(int fd, struct sockaddr *addr, socklen_t *len)
{
	SIM_POSIX_FD(int, fd, sim_libc()->accept(fd, addr, len),
		     sim_call_accept(t, SIM_CALL_ACCEPT, fd, addr, len, 0));
}

int sim_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags)
{
	SIM_POSIX_FD(int, fd, sim_libc()->accept4(fd, addr, len, flags),
		     sim_call_accept(t, SIM_CALL_ACCEPT4, fd, addr, len, flags));
}

ssize_t sim_send(int fd, const void *buf, size_t len, int flags)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->send(fd, buf, len, flags),
		     sim_call_sendto(t, SIM_CALL_SEND, fd, buf, len, flags, NULL, 0));
}

ssize_t sim_sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
		   socklen_t to_len)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->sendto(fd, buf, len, flags, to, to_len),
		     sim_call_sendto(t, SIM_CALL_SENDTO, fd, buf, len, flags, to, to_len));
}

ssize_t sim_sendmsg(int fd, const struct msghdr *msg, int flags)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->sendmsg(fd, msg, flags), sim_call_sendmsg(t, fd, msg, flags));
}

int sim_sendmmsg(int fd, struct mmsghdr *msgs, unsigned int num, int flags)
{
	SIM_POSIX_FD(int, fd, sim_libc()->sendmmsg(fd, msgs, num, flags),
		     sim_call_sendmmsg(t, fd, msgs, num, flags));
}

ssize_t sim_write(int fd, const void *buf, size_t len)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->write(fd, buf, len),
		     sim_call_sendto(t, SIM_CALL_WRITE, fd, buf, len, 0, NULL, 0));
}

ssize_t sim_writev(int fd, const struct iovec *iov, int num)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->writev(fd, iov, num), sim_call_writev(t, fd, iov, num));
}

ssize_t sim_recv(int fd, void *buf, size_t len, int flags)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->recv(fd, buf, len, flags),
		     sim_call_recvfrom(t, SIM_CALL_RECV, fd, buf, len, flags, NULL, NULL));
}

ssize_t sim_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *from_len)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->recvfrom(fd, buf, len, flags, from, from_len),
		     sim_call_recvfrom(t, SIM_CALL_RECVFROM, fd, buf, len, flags, from, from_len));
}

ssize_t sim_recvmsg(int fd, struct msghdr *msg, int flags)
{
	SIM_POSIX_FD(ssize_t, fd, sim_libc()->recvmsg(fd, msg, flags), sim_call_recvmsg(t, fd, msg, flags));
}

int sim_recvmmsg(int fd, struct mmsghdr *msgs, unsigned int num, int flags, struct timespec *timeout)
{
	SIM_POSIX_FD(int, fd, sim_libc()->recvmmsg(fd, msgs, num, flags, timeout),
		     sim_call_recvmmsg(t, fd, msgs, num, flags, timeout));
}

ssize_t sim_read(int fd, void *buf, size_t len)
{
	SIM_POSIX_FD(ssize_t, fd, sim_posix_wait_to_read(fd) ? sim_libc()->read(fd, buf, len) : -1,
		     sim_call_recvfrom(t, SIM_CALL_READ, fd, buf, len, 0, NULL, NULL));
}

ssize_t sim_readv(int fd, const struct iovec *iov, int num)
{
	SIM_POSIX_FD(ssize_t, fd, sim_posix_wait_to_read(fd) ? sim_libc()->readv(fd, iov, num) : -1,
		     sim_call_readv(t, fd, iov, num));
}
