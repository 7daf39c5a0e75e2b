/* SPDX-License-Identifier: MIT */
/*
 * The socket calls of libc under names of our own: sim_send() is send(), on the simulated network. For
 * programs that choose their network by a table of functions or by "simsock_redirect.h", without any libc
 * name being ours.
 *
 * Every function has the prototype, the result (-1 with errno set, but where said) and the errors of the
 * function whose name it carries; the manual page of that name is its documentation, and what is simulated of
 * it stands in the generated table. All of them but those that only read a clock can move virtual time, by
 * what a rule or the world's cost of a call says; those marked "blocks" do when they must wait: then other
 * tasks run and the world's events happen, and no wall time passes. Handlers of signals that the simulation
 * raised run before a call returns.
 *
 * With no world current on the calling thread each is libc's own function. Of those that take a descriptor,
 * one that is not simulated is passed on to libc too: any, when the drop-in face reserves real numbers; 0, 1
 * and 2 otherwise, since the simulation then numbers by itself from 3 on. EFAULT is answered as the kernel
 * does it.
 */
#ifndef SIMSOCK_POSIX_H
#define SIMSOCK_POSIX_H

#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/types.h>
#include <time.h>

#ifdef __cplusplus
extern "C" {
#endif

struct addrinfo;
struct epoll_event;
struct gaicb;
struct hostent;
struct if_nameindex;
struct ifaddrs;
struct iovec;
struct itimerspec;
struct itimerval;
struct mmsghdr;
struct protoent;
struct servent;
struct sigevent;
struct stat;
struct timex;
struct timezone;
struct tms;
struct timespec;
struct timeval;
struct utsname;

/*
 * socket(2), socketpair(2), bind(2), listen(2), shutdown(2), getsockname(2), getpeername(2), getsockopt(2),
 * setsockopt(2). Families other than AF_INET, AF_INET6 and AF_UNIX: EAFNOSUPPORT, never the real one; so too
 * on a thread that is no task while a world lives.
 */
int sim_socket(int domain, int type, int protocol);
int sim_socketpair(int domain, int type, int protocol, int fds[2]);
int sim_bind(int fd, const struct sockaddr *addr, socklen_t len);
int sim_listen(int fd, int backlog);
int sim_shutdown(int fd, int how);
int sim_getsockname(int fd, struct sockaddr *addr, socklen_t *len);
int sim_getpeername(int fd, struct sockaddr *addr, socklen_t *len);
int sim_getsockopt(int fd, int level, int name, void *val, socklen_t *len);
int sim_setsockopt(int fd, int level, int name, const void *val, socklen_t len);
int sim_sockatmark(int fd);

/* connect(2), accept(2), accept4(2). Block. Restarted after a handler with SA_RESTART. */
int sim_connect(int fd, const struct sockaddr *addr, socklen_t len);
int sim_accept(int fd, struct sockaddr *addr, socklen_t *len);
int sim_accept4(int fd, struct sockaddr *addr, socklen_t *len, int flags);

/*
 * send(2), sendto(2), sendmsg(2), sendmmsg(2), write(2), writev(2), sendfile(2). Block while the send buffer
 * is full. EPIPE on a stream raises SIGPIPE unless MSG_NOSIGNAL is given. Restarted with SA_RESTART if
 * nothing was taken yet.
 */
ssize_t sim_send(int fd, const void *buf, size_t len, int flags);
ssize_t sim_sendto(int fd, const void *buf, size_t len, int flags, const struct sockaddr *to,
		   socklen_t to_len);
ssize_t sim_sendmsg(int fd, const struct msghdr *msg, int flags);
int sim_sendmmsg(int fd, struct mmsghdr *msgs, unsigned int num, int flags);
ssize_t sim_write(int fd, const void *buf, size_t len);
ssize_t sim_writev(int fd, const struct iovec *iov, int num);
ssize_t sim_sendfile(int to, int from, off_t *at, size_t len);

/* recv(2), recvfrom(2), recvmsg(2), recvmmsg(2), read(2), readv(2). Block while there is nothing to read. */
ssize_t sim_recv(int fd, void *buf, size_t len, int flags);
ssize_t sim_recvfrom(int fd, void *buf, size_t len, int flags, struct sockaddr *from, socklen_t *from_len);
ssize_t sim_recvmsg(int fd, struct msghdr *msg, int flags);
int sim_recvmmsg(int fd, struct mmsghdr *msgs, unsigned int num, int flags, struct timespec *timeout);
ssize_t sim_read(int fd, void *buf, size_t len);
ssize_t sim_readv(int fd, const struct iovec *iov, int num);

/*
 * close(2), close_range(2), dup(2), dup2(2), dup3(2), fcntl(2), ioctl(2), fstat(2), lseek(2). close blocks
 * only with SO_LINGER. A range is closed in both worlds.
 */
int sim_close(int fd);
int sim_close_range(unsigned int first, unsigned int last, int flags);
int sim_dup(int fd);
int sim_dup2(int fd, int to);
int sim_dup3(int fd, int to, int flags);
int sim_fcntl(int fd, int cmd, ...);
int sim_ioctl(int fd, unsigned long request, ...);
int sim_fstat(int fd, struct stat *st);
off_t sim_lseek(int fd, off_t offset, int whence);

/*
 * pread(2), pwrite(2), preadv(2), splice(2), tee(2), vmsplice(2), copy_file_range(2): of a simulated
 * descriptor ESPIPE, EINVAL, EBADF, as of what is no file and no pipe. preadv2 and pwritev2 at offset -1 are
 * readv and writev, and RWF_NOWAIT does not block. splice between a socket and a pipe is absent: EINVAL.
 */
ssize_t sim_pread(int fd, void *buf, size_t len, off_t at);
ssize_t sim_pwrite(int fd, const void *buf, size_t len, off_t at);
ssize_t sim_preadv(int fd, const struct iovec *iov, int num, off_t at);
ssize_t sim_pwritev(int fd, const struct iovec *iov, int num, off_t at);
ssize_t sim_preadv2(int fd, const struct iovec *iov, int num, off_t at, int flags);
ssize_t sim_pwritev2(int fd, const struct iovec *iov, int num, off_t at, int flags);
ssize_t sim_splice(int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned int flags);
ssize_t sim_tee(int from, int to, size_t len, unsigned int flags);
ssize_t sim_vmsplice(int fd, const struct iovec *iov, size_t num, unsigned int flags);
ssize_t sim_copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned int flags);

/*
 * poll(2), ppoll(2), select(2), pselect(2), epoll_create(2), epoll_ctl(2), epoll_wait(2) and kin. Block.
 * Simulated and real descriptors may stand in one set; a real one is asked without waiting, and waited for in
 * wall time only when nothing else can happen. Timeouts are virtual and exact. Never restarted: EINTR.
 */
int sim_poll(struct pollfd *fds, nfds_t num, int timeout_ms);
int sim_ppoll(struct pollfd *fds, nfds_t num, const struct timespec *timeout, const sigset_t *mask);
int sim_select(int num, fd_set *rd, fd_set *wr, fd_set *ex, struct timeval *timeout);
int sim_pselect(int num, fd_set *rd, fd_set *wr, fd_set *ex, const struct timespec *timeout,
		const sigset_t *mask);
int sim_epoll_create(int size);
int sim_epoll_create1(int flags);
int sim_epoll_ctl(int fd, int op, int member, struct epoll_event *ev);
int sim_epoll_wait(int epfd, struct epoll_event *out, int max, int timeout_ms);
int sim_epoll_pwait(int epfd, struct epoll_event *out, int max, int timeout_ms, const sigset_t *mask);
int sim_epoll_pwait2(int epfd, struct epoll_event *out, int max, const struct timespec *timeout,
		     const sigset_t *mask);

/*
 * sleep(3), usleep(3), nanosleep(2), clock_nanosleep(2), pause(2), sigsuspend(2), sched_yield(2). Block, in
 * virtual time. sleep returns the seconds left, clock_nanosleep the error itself.
 */
unsigned int sim_sleep(unsigned int span_s);
int sim_usleep(unsigned int span_us);
int sim_nanosleep(const struct timespec *span, struct timespec *left);
int sim_clock_nanosleep(int clock_id, int flags, const struct timespec *span, struct timespec *left);
int sim_pause(void);
int sim_sigsuspend(const sigset_t *mask);
int sim_sched_yield(void);

/* alarm(2), ualarm(3), setitimer(2), getitimer(2): each simulated process has its own. CPU time is virtual.
 */
unsigned int sim_alarm(unsigned int span_s);
unsigned int sim_ualarm(unsigned int first_us, unsigned int interval_us);
int sim_setitimer(int which, const struct itimerval *to, struct itimerval *old);
int sim_getitimer(int which, struct itimerval *now);

/*
 * timerfd_create(2), timerfd_settime(2), timerfd_gettime(2): a timer that is read, in virtual time; a
 * simulated descriptor, for sets of poll and epoll too. TFD_TIMER_CANCEL_ON_SET is stored: no virtual clock
 * is ever set.
 */
int sim_timerfd_create(int clock_id, int flags);
int sim_timerfd_settime(int fd, int flags, const struct itimerspec *to, struct itimerspec *old);
int sim_timerfd_gettime(int fd, struct itimerspec *now);

/*
 * timer_create(2), timer_settime(2), timer_gettime(2), timer_getoverrun(2), timer_delete(2): at most 64 a
 * process (EAGAIN). SIGEV_SIGNAL, SIGEV_NONE, SIGEV_THREAD_ID of the caller; SIGEV_THREAD is ENOTSUP.
 */
int sim_timer_create(int clock_id, struct sigevent *ev, timer_t *timer);
int sim_timer_delete(timer_t timer);
int sim_timer_settime(timer_t timer, int flags, const struct itimerspec *to, struct itimerspec *old);
int sim_timer_gettime(timer_t timer, struct itimerspec *now);
int sim_timer_getoverrun(timer_t timer);

/*
 * sigtimedwait(2), sigwaitinfo(2), sigwait(3), sigpause(3) of BSD and of X/Open. Block, in virtual time: a
 * signal that is pending here or that the kernel holds back for the program is taken, and one that comes
 * later wakes. sigwait returns the error itself and goes on after a handler. signalfd(2) is the kernel's; a
 * read of one waits in virtual time.
 */
#if defined(_POSIX_C_SOURCE) && _POSIX_C_SOURCE >= 199309L /* else there is no siginfo_t */
int sim_sigtimedwait(const sigset_t *set, siginfo_t *info, const struct timespec *timeout);
int sim_sigwaitinfo(const sigset_t *set, siginfo_t *info);
#endif
int sim_sigwait(const sigset_t *set, int *sig);
int sim_sigpause(int mask);
int sim_xpg_sigpause(int sig);
int sim_signalfd(int fd, const sigset_t *set, int flags);

/*
 * clock_gettime(2), clock_getres(2), gettimeofday(2), time(2), timespec_get(3), clock(3), times(2). A world
 * begins at 2030-01-01T00:00:00Z, 1000 s after its hosts booted; CPU time is virtual time.
 */
int sim_clock_gettime(int clock_id, struct timespec *ts);
int sim_clock_getres(int clock_id, struct timespec *ts);
int sim_gettimeofday(struct timeval *tv, void *zone);
time_t sim_time(time_t *t);
int sim_timespec_get(struct timespec *ts, int base);
clock_t sim_clock(void);
clock_t sim_times(struct tms *tms);

/* clock_settime(2), settimeofday(2), adjtime(3), adjtimex(2), clock_adjtime(2): EPERM, for root too. */
int sim_clock_settime(int clock_id, const struct timespec *ts);
int sim_settimeofday(const struct timeval *tv, const struct timezone *zone);
int sim_adjtime(const struct timeval *by, struct timeval *left);
int sim_adjtimex(struct timex *tx);
int sim_clock_adjtime(int clock_id, struct timex *tx);

/*
 * getaddrinfo(3), getnameinfo(3), gethostbyname(3) and kin: answered from the names of the world's hosts,
 * "localhost" and numeric addresses; services as getservbyname below. EAI_ codes and h_errno
 * as libc has them.
 */
int sim_getaddrinfo(const char *node, const char *service, const struct addrinfo *hints,
		    struct addrinfo **list);
void sim_freeaddrinfo(struct addrinfo *list);
int sim_getnameinfo(const struct sockaddr *addr, socklen_t len, char *host, socklen_t host_len, char *service,
		    socklen_t service_len, int flags);
struct hostent *sim_gethostbyname(const char *name);
struct hostent *sim_gethostbyname2(const char *name, int family);
struct hostent *sim_gethostbyaddr(const void *addr, socklen_t len, int family);
int sim_gethostbyname_r(const char *name, struct hostent *ret, char *buf, size_t buf_len,
			struct hostent **result, int *err);
int sim_gethostbyname2_r(const char *name, int family, struct hostent *ret, char *buf, size_t buf_len,
			 struct hostent **result, int *err);
int sim_gethostbyaddr_r(const void *addr, socklen_t len, int family, struct hostent *ret, char *buf,
			size_t buf_len, struct hostent **result, int *err);

/* gethostent(3): "localhost", then the world's hosts. getaddrinfo_a(3): answered at once; ENOSYS by signal or
 * thread. */
void sim_sethostent(int stay_open);
void sim_endhostent(void);
struct hostent *sim_gethostent(void);
int sim_gethostent_r(struct hostent *ret, char *buf, size_t buf_len, struct hostent **result, int *err);
int sim_getaddrinfo_a(int mode, struct gaicb *list[], int num, struct sigevent *notice);

/*
 * getifaddrs(3), if_nametoindex(3), if_nameindex(3): the virtual host's interfaces, link entries first, then
 * the addresses of IPv4, then of IPv6; ifa_data is NULL. Lists are freed by the functions here or by libc's,
 * also after the world has gone.
 */
int sim_getifaddrs(struct ifaddrs **list);
void sim_freeifaddrs(struct ifaddrs *list);
unsigned int sim_if_nametoindex(const char *name);
char *sim_if_indextoname(unsigned int index, char *name);
struct if_nameindex *sim_if_nameindex(void);
void sim_if_freenameindex(struct if_nameindex *list);

/*
 * uname(2), gethostname(2), sethostname(2), getdomainname(2), setdomainname(2), gethostid(3): the virtual
 * host's name, which nobody may change (EPERM). The release is Linux 6.18's, whatever the machine runs;
 * gethostid comes from the first IPv4 address.
 */
int sim_uname(struct utsname *name);
int sim_gethostname(char *name, size_t len);
int sim_sethostname(const char *name, size_t len);
int sim_getdomainname(char *name, size_t len);
int sim_setdomainname(const char *name, size_t len);
long sim_gethostid(void);

/*
 * getservbyname(3), getprotobyname(3) and kin: from a table of the names that people use, the same on every
 * machine. Rules do not reach them.
 */
struct servent *sim_getservbyname(const char *name, const char *protocol);
struct servent *sim_getservbyport(int port, const char *protocol);
int sim_getservbyname_r(const char *name, const char *protocol, struct servent *ret, char *buf, size_t len,
			struct servent **result);
int sim_getservbyport_r(int port, const char *protocol, struct servent *ret, char *buf, size_t len,
			struct servent **result);
void sim_setservent(int stay_open);
void sim_endservent(void);
struct servent *sim_getservent(void);
int sim_getservent_r(struct servent *ret, char *buf, size_t len, struct servent **result);
struct protoent *sim_getprotobyname(const char *name);
struct protoent *sim_getprotobynumber(int number);
int sim_getprotobyname_r(const char *name, struct protoent *ret, char *buf, size_t len,
			 struct protoent **result);
int sim_getprotobynumber_r(int number, struct protoent *ret, char *buf, size_t len, struct protoent **result);
void sim_setprotoent(int stay_open);
void sim_endprotoent(void);
struct protoent *sim_getprotoent(void);
int sim_getprotoent_r(struct protoent *ret, char *buf, size_t len, struct protoent **result);

/*
 * syslog(3): a datagram to /dev/log of the virtual host, lost if nobody has bound a socket there. errno stays
 * as it was. LOG_NDELAY and LOG_CONS are without effect; setlogmask(3) is libc's.
 */
void sim_openlog(const char *ident, int option, int facility);
void sim_closelog(void);
#ifdef __GNUC__
__attribute__((format(printf, 2, 3)))
#endif
void sim_syslog(int priority, const char *format, ...);
void sim_vsyslog(int priority, const char *format, va_list ap);

#ifdef __cplusplus
}
#endif

#endif
