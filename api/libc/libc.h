/* SPDX-License-Identifier: MIT */
/*
 * The C library's own functions, whichever names are ours in this process: found behind us with dlsym(3),
 * once. What a descriptor that is not simulated, and a process without a world, is served by.
 *
 * Must not know simulated things. A function that this C library does not have is NULL.
 */
#ifndef API_LIBC_LIBC_H
#define API_LIBC_LIBC_H

#ifndef _GNU_SOURCE
#error "libc.h speaks of what only _GNU_SOURCE shows"
#endif

#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <sys/types.h>
#include <sys/uio.h>
#include <time.h>

struct __res_state;
struct ether_addr;
struct if_nameindex;
struct ifaddrs;
struct utsname;
struct timex;

/* clang-format off */
/* X(result, name, parameters). Where the headers know a parameter by a transparent union it is a plain pointer. */
#define SIM_LIBC_TABLE(X) \
	X(int, socket, (int domain, int type, int protocol)) \
	X(int, socketpair, (int domain, int type, int protocol, int *fds)) \
	X(int, bind, (int fd, const struct sockaddr *addr, socklen_t len)) \
	X(int, listen, (int fd, int backlog)) \
	X(int, accept, (int fd, struct sockaddr *addr, socklen_t *len)) \
	X(int, accept4, (int fd, struct sockaddr *addr, socklen_t *len, int flags)) \
	X(int, connect, (int fd, const struct sockaddr *addr, socklen_t len)) \
	X(int, shutdown, (int fd, int how)) \
	X(int, close, (int fd)) \
	X(int, close_range, (unsigned first, unsigned last, int flags)) \
	X(ssize_t, send, (int fd, const void *buf, size_t len, int flags)) \
	X(ssize_t, sendto, (int fd, const void *buf, size_t len, int flags, const struct sockaddr *to, \
			    socklen_t to_len)) \
	X(ssize_t, sendmsg, (int fd, const struct msghdr *msg, int flags)) \
	X(int, sendmmsg, (int fd, struct mmsghdr *msgs, unsigned num, int flags)) \
	X(ssize_t, recv, (int fd, void *buf, size_t len, int flags)) \
	X(ssize_t, recvfrom, (int fd, void *buf, size_t len, int flags, struct sockaddr *from, \
			      socklen_t *from_len)) \
	X(ssize_t, recvmsg, (int fd, struct msghdr *msg, int flags)) \
	X(int, recvmmsg, (int fd, struct mmsghdr *msgs, unsigned num, int flags, struct timespec *timeout)) \
	X(ssize_t, read, (int fd, void *buf, size_t len)) \
	X(ssize_t, write, (int fd, const void *buf, size_t len)) \
	X(ssize_t, readv, (int fd, const struct iovec *iov, int num)) \
	X(ssize_t, writev, (int fd, const struct iovec *iov, int num)) \
	X(ssize_t, pread, (int fd, void *buf, size_t len, off_t at)) \
	X(ssize_t, sendfile, (int to, int from, off_t *at, size_t len)) \
	X(int, getsockopt, (int fd, int level, int name, void *val, socklen_t *len)) \
	X(int, setsockopt, (int fd, int level, int name, const void *val, socklen_t len)) \
	X(int, getsockname, (int fd, struct sockaddr *addr, socklen_t *len)) \
	X(int, getpeername, (int fd, struct sockaddr *addr, socklen_t *len)) \
	X(int, fcntl, (int fd, int cmd, ...)) \
	X(int, ioctl, (int fd, unsigned long request, ...)) \
	X(int, dup, (int fd)) \
	X(int, dup2, (int fd, int to)) \
	X(int, dup3, (int fd, int to, int flags)) \
	X(int, fstat, (int fd, struct stat *st)) \
	X(int, __fxstat, (int version, int fd, struct stat *st)) \
	X(off_t, lseek, (int fd, off_t offset, int whence)) \
	X(int, sockatmark, (int fd)) \
	X(int, poll, (struct pollfd *fds, nfds_t num, int timeout_ms)) \
	X(int, ppoll, (struct pollfd *fds, nfds_t num, const struct timespec *timeout, const sigset_t *mask)) \
	X(int, select, (int num, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout)) \
	X(int, pselect, (int num, fd_set *rd, fd_set *wr, fd_set *ex, const struct timespec *timeout, \
			 const sigset_t *mask)) \
	X(int, epoll_create, (int size)) \
	X(int, epoll_create1, (int flags)) \
	X(int, epoll_ctl, (int epfd, int op, int fd, struct epoll_event *ev)) \
	X(int, epoll_wait, (int epfd, struct epoll_event *out, int max, int timeout_ms)) \
	X(int, epoll_pwait, (int epfd, struct epoll_event *out, int max, int timeout_ms, const sigset_t *mask)) \
	X(int, epoll_pwait2, (int epfd, struct epoll_event *out, int max, const struct timespec *timeout, \
			      const sigset_t *mask)) \
	X(unsigned, sleep, (unsigned span_s)) \
	X(int, usleep, (useconds_t span_us)) \
	X(int, nanosleep, (const struct timespec *span, struct timespec *left)) \
	X(int, clock_nanosleep, (clockid_t clock, int flags, const struct timespec *span, struct timespec *left)) \
	X(unsigned, alarm, (unsigned span_s)) \
	X(useconds_t, ualarm, (useconds_t first_us, useconds_t interval_us)) \
	X(int, setitimer, (int which, const struct itimerval *to, struct itimerval *old)) \
	X(int, getitimer, (int which, struct itimerval *now)) \
	X(int, pause, (void)) \
	X(int, sigsuspend, (const sigset_t *mask)) \
	X(int, sched_yield, (void)) \
	X(int, clock_gettime, (clockid_t clock, struct timespec *ts)) \
	X(int, clock_getres, (clockid_t clock, struct timespec *ts)) \
	X(int, gettimeofday, (struct timeval *tv, void *zone)) \
	X(time_t, time, (time_t *t)) \
	X(int, timespec_get, (struct timespec *ts, int base)) \
	X(clock_t, clock, (void)) \
	X(int, getaddrinfo, (const char *node, const char *service, const struct addrinfo *hints, \
			     struct addrinfo **list)) \
	X(void, freeaddrinfo, (struct addrinfo *list)) \
	X(int, getnameinfo, (const struct sockaddr *addr, socklen_t len, char *host, socklen_t host_len, \
			     char *service, socklen_t service_len, int flags)) \
	X(struct hostent *, gethostbyname, (const char *name)) \
	X(struct hostent *, gethostbyname2, (const char *name, int family)) \
	X(struct hostent *, gethostbyaddr, (const void *addr, socklen_t len, int family)) \
	X(int, gethostbyname_r, (const char *name, struct hostent *ret, char *buf, size_t buf_len, \
				 struct hostent **result, int *err)) \
	X(int, gethostbyname2_r, (const char *name, int family, struct hostent *ret, char *buf, size_t buf_len, \
				  struct hostent **result, int *err)) \
	X(int, gethostbyaddr_r, (const void *addr, socklen_t len, int family, struct hostent *ret, char *buf, \
				 size_t buf_len, struct hostent **result, int *err)) \
	X(int, getifaddrs, (struct ifaddrs **list)) \
	X(unsigned, if_nametoindex, (const char *name)) \
	X(char *, if_indextoname, (unsigned index, char *name)) \
	X(struct if_nameindex *, if_nameindex, (void)) \
	X(int, uname, (struct utsname *name)) \
	X(int, gethostname, (char *name, size_t len)) \
	X(int, sethostname, (const char *name, size_t len)) \
	X(int, getdomainname, (char *name, size_t len)) \
	X(int, setdomainname, (const char *name, size_t len)) \
	X(long, gethostid, (void)) \
	X(struct servent *, getservbyname, (const char *name, const char *protocol)) \
	X(struct servent *, getservbyport, (int port, const char *protocol)) \
	X(int, getservbyname_r, (const char *name, const char *protocol, struct servent *ret, char *buf, size_t len, struct servent **result)) \
	X(int, getservbyport_r, (int port, const char *protocol, struct servent *ret, char *buf, size_t len, struct servent **result)) \
	X(void, setservent, (int stay_open)) \
	X(void, endservent, (void)) \
	X(struct servent *, getservent, (void)) \
	X(int, getservent_r, (struct servent *ret, char *buf, size_t len, struct servent **result)) \
	X(struct protoent *, getprotobyname, (const char *name)) \
	X(struct protoent *, getprotobynumber, (int number)) \
	X(int, getprotobyname_r, (const char *name, struct protoent *ret, char *buf, size_t len, struct protoent **result)) \
	X(int, getprotobynumber_r, (int number, struct protoent *ret, char *buf, size_t len, struct protoent **result)) \
	X(void, setprotoent, (int stay_open)) \
	X(void, endprotoent, (void)) \
	X(struct protoent *, getprotoent, (void)) \
	X(int, getprotoent_r, (struct protoent *ret, char *buf, size_t len, struct protoent **result)) \
	X(void, openlog, (const char *ident, int option, int facility)) \
	X(void, closelog, (void)) \
	X(int, setlogmask, (int mask)) \
	X(void, vsyslog, (int priority, const char *format, va_list ap)) \
	X(void, sethostent, (int stay_open)) \
	X(void, endhostent, (void)) \
	X(struct hostent *, gethostent, (void)) \
	X(int, gethostent_r, (struct hostent *ret, char *buf, size_t buf_len, \
			struct hostent **result, int *err)) \
	X(int, getaddrinfo_a, (int mode, struct gaicb *list[], int num, struct sigevent *notice)) \
	X(int, res_query, (const char *name, int class, int type, unsigned char *answer, int len)) \
	X(int, res_search, (const char *name, int class, int type, unsigned char *answer, int len)) \
	X(int, res_querydomain, (const char *name, const char *domain, int class, int type, \
			unsigned char *answer, int len)) \
	X(int, res_nquery, (struct __res_state *state, const char *name, int class, int type, \
			unsigned char *answer, int len)) \
	X(int, res_nsearch, (struct __res_state *state, const char *name, int class, int type, \
			unsigned char *answer, int len)) \
	X(int, res_nquerydomain, (struct __res_state *state, const char *name, const char *domain, \
			int class, int type, unsigned char *answer, int len)) \
	X(int, res_send, (const unsigned char *msg, int msg_len, unsigned char *answer, int len)) \
	X(int, res_nsend, (struct __res_state *state, const unsigned char *msg, int msg_len, \
			unsigned char *answer, int len)) \
	X(int, __res_init, (void)) \
	X(int, __res_ninit, (struct __res_state *state)) \
	X(struct netent *, getnetbyname, (const char *name)) \
	X(struct netent *, getnetbyaddr, (uint32_t net, int family)) \
	X(struct netent *, getnetent, (void)) \
	X(int, getnetbyname_r, (const char *name, struct netent *ret, char *buf, size_t len, \
			struct netent **result, int *err)) \
	X(int, getnetbyaddr_r, (uint32_t net, int family, struct netent *ret, char *buf, \
			size_t len, struct netent **result, int *err)) \
	X(int, getnetent_r, (struct netent *ret, char *buf, size_t len, struct netent **result, int *err)) \
	X(int, setnetgrent, (const char *group)) \
	X(int, innetgr, (const char *group, const char *host, const char *user, const char *domain)) \
	X(int, ether_hostton, (const char *host, struct ether_addr *addr)) \
	X(int, ether_ntohost, (char *host, const struct ether_addr *addr)) \
	X(int, rcmd, (char **host, unsigned short port, const char *here, const char *there, \
			const char *cmd, int *err_fd)) \
	X(int, rcmd_af, (char **host, unsigned short port, const char *here, const char *there, \
			const char *cmd, int *err_fd, sa_family_t family)) \
	X(int, rexec, (char **host, int port, const char *user, const char *password, \
			const char *cmd, int *err_fd)) \
	X(int, rexec_af, (char **host, int port, const char *user, const char *password, \
			const char *cmd, int *err_fd, sa_family_t family)) \
	X(int, rresvport, (int *port)) \
	X(int, rresvport_af, (int *port, sa_family_t family)) \
	X(int, ruserok, (const char *host, int super, const char *there, const char *here)) \
	X(int, ruserok_af, (const char *host, int super, const char *there, const char *here, \
			sa_family_t family)) \
	X(int, iruserok, (uint32_t addr, int super, const char *there, const char *here)) \
	X(int, iruserok_af, (const void *addr, int super, const char *there, const char *here, \
			sa_family_t family)) \
	X(int, sigaction, (int sig, const struct sigaction *act, struct sigaction *old)) \
	X(sighandler_t, signal, (int sig, sighandler_t handler)) \
	X(int, sigtimedwait, (const sigset_t *set, siginfo_t *info, const struct timespec *timeout)) \
	X(int, sigwaitinfo, (const sigset_t *set, siginfo_t *info)) \
	X(int, sigwait, (const sigset_t *set, int *sig)) \
	X(int, sigpause, (int mask)) \
	X(int, __xpg_sigpause, (int sig)) \
	X(int, signalfd, (int fd, const sigset_t *set, int flags)) \
	X(int, timerfd_create, (clockid_t clock, int flags)) \
	X(int, timerfd_settime, (int fd, int flags, const struct itimerspec *to, struct itimerspec *old)) \
	X(int, timerfd_gettime, (int fd, struct itimerspec *now)) \
	X(int, timer_create, (clockid_t clock, struct sigevent *ev, timer_t *timer)) \
	X(int, timer_delete, (timer_t timer)) \
	X(int, timer_settime, (timer_t timer, int flags, const struct itimerspec *to, struct itimerspec *old)) \
	X(int, timer_gettime, (timer_t timer, struct itimerspec *now)) \
	X(int, timer_getoverrun, (timer_t timer)) \
	X(clock_t, times, (struct tms *tms)) \
	X(int, clock_settime, (clockid_t clock, const struct timespec *ts)) \
	X(int, settimeofday, (const struct timeval *tv, const struct timezone *zone)) \
	X(int, adjtime, (const struct timeval *by, struct timeval *left)) \
	X(int, adjtimex, (struct timex *tx)) \
	X(int, clock_adjtime, (clockid_t clock, struct timex *tx)) \
	X(ssize_t, pwrite, (int fd, const void *buf, size_t len, off_t at)) \
	X(ssize_t, preadv, (int fd, const struct iovec *iov, int num, off_t at)) \
	X(ssize_t, pwritev, (int fd, const struct iovec *iov, int num, off_t at)) \
	X(ssize_t, preadv2, (int fd, const struct iovec *iov, int num, off_t at, int flags)) \
	X(ssize_t, pwritev2, (int fd, const struct iovec *iov, int num, off_t at, int flags)) \
	X(ssize_t, splice, (int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned flags)) \
	X(ssize_t, tee, (int from, int to, size_t len, unsigned flags)) \
	X(ssize_t, vmsplice, (int fd, const struct iovec *iov, size_t num, unsigned flags)) \
	X(long, syscall, (long nr, ...)) \
	X(ssize_t, copy_file_range, (int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned flags))
/* clang-format on */

struct sim_libc {
#define SIM_LIBC_MEMBER(result, name, params) result(*name) params;
	SIM_LIBC_TABLE(SIM_LIBC_MEMBER)
#undef SIM_LIBC_MEMBER
};

extern struct sim_libc sim_libc_table;
extern bool sim_libc_is_known;
void sim_libc_find(void);

static inline const struct sim_libc *sim_libc(void)
{
	if (__builtin_expect(!sim_libc_is_known, 0))
		sim_libc_find();
	return &sim_libc_table;
}

/*
 * Moves a real descriptor to a high number, out of the way of lowest-number-first and of a program that
 * closes what it does not know: the new number; -1 with errno: there is none. The old one is closed.
 */
int sim_libc_put_high(int fd);
void sim_libc_close_high(int fd);
/* Is told of each, and before it is closed. NULL: nobody asks. */
extern void (*sim_libc_on_high)(int fd, bool is_open);
/* fopen(3) for writing ("w" or "a"), at a high number. NULL with errno. */
FILE *sim_libc_fopen_high(const char *path, const char *mode);
int sim_libc_fclose_high(FILE *f);

#endif
