/* SPDX-License-Identifier: MIT */
/*
 * The one gate: every simulated call, whichever face it came through, is one of these functions. Here rules
 * are asked, time is charged, the trace is written, reasons are kept, and what became due runs before the
 * call returns.
 *
 * They return the result or -errno, never touch errno and never raise a signal. -SIM_ERESTART: a signal is to
 * be handled; the face runs the handler (sim_face_signals()) and either calls again (SA_RESTART) or answers
 * EINTR.
 *
 * `t` is the current task (sim_current). Pointers are the program's and may be bad: -EFAULT. `id` tells under
 * which name the call came, for rules and trace, where several share a function.
 */
#ifndef API_CALLS_CALLS_H
#define API_CALLS_CALLS_H

#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/epoll.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/times.h>
#include <time.h>

#include "sim/fault/call.h"
#include "sim/task/task.h"
#include "sim/world/world.h"

struct mmsghdr;
struct utsname;

/* The task that runs on this OS thread; NULL: no world is current here, and the faces are libc's own. */
extern __thread struct sim_task *sim_current __attribute__((tls_model("initial-exec")));

/* Is this number a simulated descriptor? The faces ask before anything else. */
static inline bool sim_fd_is_simulated(const struct sim_task *t, int fd)
{
	return sim_fd_file(t->proc->fds, fd) != NULL;
}

/* What fstat(2) tells of a socket: this and its id. */
enum { SIM_SOCK_FIRST_INODE = 100000 };

/* Sockets: socket.c */
long sim_call_socket(struct sim_task *t, int domain, int type, int protocol);
long sim_call_socketpair(struct sim_task *t, int domain, int type, int protocol, int *fds);
long sim_call_bind(struct sim_task *t, int fd, const struct sockaddr *addr, socklen_t len);
long sim_call_listen(struct sim_task *t, int fd, int backlog);
long sim_call_connect(struct sim_task *t, int fd, const struct sockaddr *addr, socklen_t len);
long sim_call_accept(struct sim_task *t, enum sim_call_id id, int fd, struct sockaddr *addr, socklen_t *len,
		     int flags);
long sim_call_shutdown(struct sim_task *t, int fd, int how);
long sim_call_getname(struct sim_task *t, enum sim_call_id id, int fd, struct sockaddr *addr, socklen_t *len);
long sim_call_setsockopt(struct sim_task *t, int fd, int level, int name, const void *val, socklen_t len);
long sim_call_getsockopt(struct sim_task *t, int fd, int level, int name, void *val, socklen_t *len);

/* Data: send.c, recv.c. write and read: flags 0, no address. */
long sim_call_sendto(struct sim_task *t, enum sim_call_id id, int fd, const void *buf, size_t len, int flags,
		     const struct sockaddr *to, socklen_t to_len);
long sim_call_sendmsg(struct sim_task *t, int fd, const struct msghdr *msg, int flags);
long sim_call_sendmmsg(struct sim_task *t, int fd, struct mmsghdr *msgs, unsigned num, int flags);
long sim_call_recvfrom(struct sim_task *t, enum sim_call_id id, int fd, void *buf, size_t len, int flags,
		       struct sockaddr *from, socklen_t *from_len);
long sim_call_recvmsg(struct sim_task *t, int fd, struct msghdr *msg, int flags);
long sim_call_recvmmsg(struct sim_task *t, int fd, struct mmsghdr *msgs, unsigned num, int flags,
		       struct timespec *timeout);
/* id: readv, or preadv2 at offset -1 with its flags (RWF_*); the same of writing. */
long sim_call_readv_as(struct sim_task *t, enum sim_call_id id, int fd, const struct iovec *iov, int num,
		       int flags);
long sim_call_writev_as(struct sim_task *t, enum sim_call_id id, int fd, const struct iovec *iov, int num,
			int flags);
static inline long sim_call_readv(struct sim_task *t, int fd, const struct iovec *iov, int num)
{
	return sim_call_readv_as(t, SIM_CALL_READV, fd, iov, num, 0);
}
static inline long sim_call_writev(struct sim_task *t, int fd, const struct iovec *iov, int num)
{
	return sim_call_writev_as(t, SIM_CALL_WRITEV, fd, iov, num, 0);
}

/* Descriptors: descriptor.c */
long sim_call_close(struct sim_task *t, int fd);
long sim_call_dup(struct sim_task *t, int fd);
/* id: dup2 or dup3; from `fd` (simulated) to `to`, which may be free, simulated or real. */
long sim_call_dup3(struct sim_task *t, enum sim_call_id id, int fd, int to, int flags);
long sim_call_fcntl(struct sim_task *t, int fd, int cmd, long arg);
long sim_call_fstat(struct sim_task *t, int fd, struct stat *st);
long sim_call_lseek(struct sim_task *t, int fd, long offset, int whence);
/* ioctl.c */
long sim_call_ioctl(struct sim_task *t, int fd, unsigned long number, void *arg);

/* Readiness: poll.c, select.c, epoll.c. Sets may mix simulated and real descriptors. timeout NULL: for ever.
 */
long sim_call_poll(struct sim_task *t, enum sim_call_id id, struct pollfd *fds, nfds_t num,
		   const struct timespec *timeout, const sigset_t *mask);
long sim_call_select(struct sim_task *t, enum sim_call_id id, int num, fd_set *rd, fd_set *wr, fd_set *ex,
		     const struct timespec *timeout, const sigset_t *mask, struct timespec *left);
long sim_call_epoll_create(struct sim_task *t, enum sim_call_id id, int flags);
long sim_call_epoll_ctl(struct sim_task *t, int epfd, int op, int fd, struct epoll_event *ev);
long sim_call_epoll_wait(struct sim_task *t, enum sim_call_id id, int epfd, struct epoll_event *out, int max,
			 const struct timespec *timeout, const sigset_t *mask);

/* Time: time.c. clock: CLOCK_*; times are virtual. */
long sim_call_nanosleep(struct sim_task *t, enum sim_call_id id, int clock, int flags,
			const struct timespec *span, struct timespec *left);
long sim_call_clock_gettime(struct sim_task *t, enum sim_call_id id, int clock, struct timespec *ts);
long sim_call_clock_getres(struct sim_task *t, int clock, struct timespec *ts);
long sim_call_setitimer(struct sim_task *t, enum sim_call_id id, int which, const struct itimerval *to,
			struct itimerval *old);
long sim_call_getitimer(struct sim_task *t, int which, struct itimerval *now);
long sim_call_pause(struct sim_task *t);
long sim_call_sched_yield(struct sim_task *t);
/* id: clock_settime, settimeofday, adjtime, adjtimex, clock_adjtime. FIDELITY: absent: EPERM, for root too.
 */
long sim_call_set_clock(struct sim_task *t, enum sim_call_id id);
/* times(2): *now is the result, which may be any number; 0 or -errno. */
long sim_call_times(struct sim_task *t, struct tms *user, clock_t *now);

/* Timers that are read: timerfd.c. */
long sim_call_timerfd_create(struct sim_task *t, int clock, int flags);
long sim_call_timerfd_settime(struct sim_task *t, int fd, int flags, const struct itimerspec *to,
			      struct itimerspec *old);
long sim_call_timerfd_gettime(struct sim_task *t, int fd, struct itimerspec *now);

/* Timers that raise signals: timer.c. An id is the kernel's number, and says itself whether it is ours. */
bool sim_timer_is_simulated(const struct sim_task *t, int id);
long sim_call_timer_create(struct sim_task *t, int clock, const struct sigevent *ev, int *id);
long sim_call_timer_delete(struct sim_task *t, int id);
long sim_call_timer_settime(struct sim_task *t, int id, int flags, const struct itimerspec *to,
			    struct itimerspec *old);
long sim_call_timer_gettime(struct sim_task *t, int id, struct itimerspec *now);
long sim_call_timer_getoverrun(struct sim_task *t, int id);

/* Signals waited for: sigwait.c. The signal's number. info, timeout: NULL is legal. Never restarted. */
long sim_call_sigtimedwait(struct sim_task *t, enum sim_call_id id, const sigset_t *set, siginfo_t *info,
			   const struct timespec *timeout);

/*
 * What a program asks about its host: host.c. The first is for what tells of the host as it is, in a form
 * that the faces build: 0, or what a rule says. Names: IF_NAMESIZE bytes of room.
 */
long sim_call_own_host(struct sim_task *t, enum sim_call_id id, const struct sim_host **host);
long sim_call_if_nametoindex(struct sim_task *t, const char *user);
long sim_call_if_indextoname(struct sim_task *t, unsigned index, char *name);
long sim_call_uname(struct sim_task *t, struct utsname *user);
long sim_call_gethostname(struct sim_task *t, char *user, size_t len);
long sim_call_getdomainname(struct sim_task *t, char *user, size_t len);
/* Fails with that code, in the call's own numbering, unless a rule answers: nothing is behind the name. */
long sim_call_refuse(struct sim_task *t, enum sim_call_id id, int code);
/* The same of a system call that is not simulated, on a descriptor or (-1) at all. */
long sim_call_absent(struct sim_task *t, long nr, int fd, int err);
/* The same of what only a face can tell: -err for this reason. fd: -1: none. */
long sim_call_fail(struct sim_task *t, enum sim_call_id id, int fd, int err, enum sim_why_key why,
		   int64_t arg);
/* id: sethostname, setdomainname */
long sim_call_set_name(struct sim_task *t, enum sim_call_id id);

/*
 * What is for files and pipes alone: places.c. pread(2) and kin at an offset; and splice(2), tee(2),
 * vmsplice(2), copy_file_range(2) of a simulated descriptor `fd` and another one (vmsplice: none). FIDELITY:
 * absent: splice between a socket and a pipe, EINVAL as of a file that cannot.
 */
long sim_call_at_place(struct sim_task *t, enum sim_call_id id, int fd, int64_t at);
long sim_call_splice(struct sim_task *t, enum sim_call_id id, int fd, int other, size_t len, unsigned flags);

/*
 * Names: name.c. What getaddrinfo(3) and kin ask: the addresses of a host by name (or of its numeric form),
 * in order, at most max; how many, or -ENOENT. And the name of an address. No allocation: the faces build
 * their structures.
 */
long sim_call_resolve(struct sim_task *t, enum sim_call_id id, const char *user, struct sim_addr *out,
		      int max);
long sim_call_resolve_addr(struct sim_task *t, enum sim_call_id id, struct sim_addr a, char *name,
			   size_t cap);
/* gethostent(3): name and addresses of the n-th that there is, "localhost" first; -ENOENT past the last. */
long sim_call_gethostent(struct sim_task *t, int n, char *name, size_t cap, struct sim_addr *out, int max);

#endif
