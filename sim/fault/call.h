/* SPDX-License-Identifier: MIT */
/*
 * The table of simulated calls: name, classes, what a rule may ask of it, and the errors that its manual
 * pages document. Names, parsers, the sweep and the documentation are derived from it; nothing else lists
 * calls.
 *
 * "Documented" means: by the call's own page in section 2 or 3, by the pages of the protocols that it refers
 * to (ip(7), tcp(7), udp(7), unix(7)), or by POSIX's page of that name. send(2) and write(2) differ in the
 * flags alone on a socket, so that what send may answer, write, writev and sendfile may too; the same of recv
 * and read.
 */
#ifndef SIM_FAULT_CALL_H
#define SIM_FAULT_CALL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/base/assert.h"

/* Classes, as a rule names them with a percent sign; %net and %desc as strace has them. */
#define SIM_CALL_IS_SEND    0x0001u
#define SIM_CALL_IS_RECV    0x0002u
#define SIM_CALL_IS_READY   0x0004u
#define SIM_CALL_IS_NET     0x0008u
#define SIM_CALL_IS_DESC    0x0010u
#define SIM_CALL_IS_SLEEP   0x0020u
#define SIM_CALL_IS_CLOCK   0x0040u
#define SIM_CALL_IS_RESOLVE 0x0080u
#define SIM_CALL_IS_HOST    0x1000u
#define SIM_CALL_CLASSES    0x10ffu
/* Traits. */
#define SIM_CALL_HAS_FD 0x0100u /* works on one descriptor: fd=, peer=, state=, after= apply */
#define SIM_CALL_HAS_BYTES \
	0x0200u /* moves bytes and says how many: short= and numbers in returns= limit it */
#define SIM_CALL_ANSWERS_EAI 0x0400u /* its errors are getaddrinfo(3)'s EAI_ codes */
#define SIM_CALL_ANSWERS_HE  0x0800u /* its errors are gethostbyname(3)'s h_errno */

/* X(name of a class, bit) */
#define SIM_CALL_CLASS_TABLE(X)           \
	X("send", SIM_CALL_IS_SEND)       \
	X("recv", SIM_CALL_IS_RECV)       \
	X("ready", SIM_CALL_IS_READY)     \
	X("net", SIM_CALL_IS_NET)         \
	X("network", SIM_CALL_IS_NET)     \
	X("desc", SIM_CALL_IS_DESC)       \
	X("sleep", SIM_CALL_IS_SLEEP)     \
	X("clock", SIM_CALL_IS_CLOCK)     \
	X("resolve", SIM_CALL_IS_RESOLVE) \
	X("host", SIM_CALL_IS_HOST)       \
	X("all", SIM_CALL_CLASSES)

/* Short for the table below. */
#define SIM_C_SOCK (SIM_CALL_IS_NET | SIM_CALL_HAS_FD)
#define SIM_C_OUT  (SIM_CALL_IS_SEND | SIM_CALL_HAS_FD | SIM_CALL_HAS_BYTES)
#define SIM_C_IN   (SIM_CALL_IS_RECV | SIM_CALL_HAS_FD | SIM_CALL_HAS_BYTES)
#define SIM_C_FILE (SIM_CALL_IS_DESC | SIM_CALL_HAS_FD)
#define SIM_C_POLL (SIM_CALL_IS_READY | SIM_CALL_IS_DESC)
#define SIM_C_NAME (SIM_CALL_IS_RESOLVE | SIM_CALL_ANSWERS_EAI)
#define SIM_C_HOST (SIM_CALL_IS_RESOLVE | SIM_CALL_ANSWERS_HE)

/* send(2); tcp(7) ETIMEDOUT; udp(7), unix(7) ECONNREFUSED; ip(7) EHOSTUNREACH, EPERM; send(3p) ENETDOWN and
 * ENETUNREACH, EIO */
#define SIM_E_SEND                                                                                       \
	EACCES, EAGAIN, EALREADY, EBADF, ECONNREFUSED, ECONNRESET, EDESTADDRREQ, EFAULT, EHOSTUNREACH,   \
		EINTR, EINVAL, EIO, EISCONN, EMSGSIZE, ENETDOWN, ENETUNREACH, ENOBUFS, ENOMEM, ENOTCONN, \
		ENOTSOCK, EOPNOTSUPP, EPERM, EPIPE, ETIMEDOUT
/* sendto(3p): what an address adds; unix(7) ENOENT, EPROTOTYPE */
#define SIM_E_SENDTO SIM_E_SEND, EADDRNOTAVAIL, EAFNOSUPPORT, ENOENT, EPROTOTYPE
/* unix(7): what passing descriptors and credentials adds */
#define SIM_E_SENDMSG SIM_E_SENDTO, ESRCH, ETOOMANYREFS
#define SIM_E_WRITE   SIM_E_SEND, EDQUOT, EFBIG, ENOSPC
/* recv(2); tcp(7) ETIMEDOUT; unix(7) ECONNRESET; ip(7) EHOSTUNREACH, ENOBUFS; recv(3p) EIO, EOPNOTSUPP */
#define SIM_E_RECV                                                                                   \
	EAGAIN, EBADF, ECONNREFUSED, ECONNRESET, EFAULT, EHOSTUNREACH, EINTR, EINVAL, EIO, ENETDOWN, \
		ENETUNREACH, ENOBUFS, ENOMEM, ENOTCONN, ENOTSOCK, EOPNOTSUPP, ETIMEDOUT
#define SIM_E_RECVMSG SIM_E_RECV, EMFILE, EMSGSIZE
#define SIM_E_READ    SIM_E_RECV, EISDIR
#define SIM_E_NEW_FD  EMFILE, ENFILE, ENOBUFS, ENOMEM
/* accept(2) also passes on what has befallen the new connection */
#define SIM_E_ACCEPT                                                                                        \
	EAGAIN, EBADF, ECONNABORTED, EFAULT, EHOSTDOWN, EHOSTUNREACH, EINTR, EINVAL, ENETDOWN, ENETUNREACH, \
		ENONET, ENOPROTOOPT, ENOTSOCK, EOPNOTSUPP, EPERM, EPROTO, ETIMEDOUT, SIM_E_NEW_FD
#define SIM_E_SELECT EBADF, EINTR, EINVAL, ENOMEM
#define SIM_E_POLL   EFAULT, EINTR, EINVAL, ENOMEM
#define SIM_E_EPWAIT EBADF, EFAULT, EINTR, EINVAL
/* pread(2): what read(2) and lseek(2) may answer */
#define SIM_E_PLACE EAGAIN, EBADF, EFAULT, EINTR, EINVAL, EIO, EISDIR, ENXIO, EOVERFLOW, ESPIPE
#define SIM_E_GAI   EAI_AGAIN, EAI_BADFLAGS, EAI_FAIL, EAI_FAMILY, EAI_MEMORY, EAI_NONAME, EAI_SYSTEM
#define SIM_E_HOST  HOST_NOT_FOUND, NO_DATA, NO_RECOVERY, TRY_AGAIN
/* getifaddrs(3), if_nametoindex(3): what the socket answers that they ask by, and malloc(3) */
#define SIM_E_IFACES EACCES, EAFNOSUPPORT, SIM_E_NEW_FD

/*
 * X(ID, name, classes and traits, errors...): 0 alone stands for "never fails". The errors are names of
 * constants that only call.c needs to know.
 */
#define SIM_CALL_TABLE(X)                                                                                    \
	X(SOCKET, "socket", SIM_CALL_IS_NET, EACCES, EAFNOSUPPORT, EINVAL, EPROTONOSUPPORT, ESOCKTNOSUPPORT, \
	  SIM_E_NEW_FD)                                                                                      \
	X(SOCKETPAIR, "socketpair", SIM_CALL_IS_NET, EAFNOSUPPORT, EFAULT, EINVAL, EOPNOTSUPP,               \
	  EPROTONOSUPPORT, ESOCKTNOSUPPORT, SIM_E_NEW_FD)                                                    \
	X(BIND, "bind", SIM_C_SOCK, EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EBADF, EFAULT, EINVAL,  \
	  ELOOP, ENAMETOOLONG, ENOENT, ENOMEM, ENOTDIR, ENOTSOCK, EROFS)                                     \
	X(LISTEN, "listen", SIM_C_SOCK, EADDRINUSE, EBADF, EINVAL, ENOTSOCK, EOPNOTSUPP)                     \
	X(ACCEPT, "accept", SIM_C_SOCK, SIM_E_ACCEPT)                                                        \
	X(ACCEPT4, "accept4", SIM_C_SOCK, SIM_E_ACCEPT)                                                      \
	X(CONNECT, "connect", SIM_C_SOCK, EACCES, EADDRINUSE, EADDRNOTAVAIL, EAFNOSUPPORT, EAGAIN, EALREADY, \
	  EBADF, ECONNREFUSED, ECONNRESET, EFAULT, EHOSTUNREACH, EINPROGRESS, EINTR, EINVAL, EISCONN,        \
	  ENETDOWN, ENETUNREACH, ENOBUFS, ENOENT, ENOTSOCK, EPERM, EPROTOTYPE, ETIMEDOUT)                    \
	X(SHUTDOWN, "shutdown", SIM_C_SOCK, EBADF, EINVAL, ENOBUFS, ENOTCONN, ENOTSOCK)                      \
	X(CLOSE, "close", SIM_C_FILE, EBADF, EDQUOT, EINTR, EIO, ENOSPC)                                     \
	X(SEND, "send", SIM_C_OUT | SIM_CALL_IS_NET, SIM_E_SEND)                                             \
	X(SENDTO, "sendto", SIM_C_OUT | SIM_CALL_IS_NET, SIM_E_SENDTO)                                       \
	X(SENDMSG, "sendmsg", SIM_C_OUT | SIM_CALL_IS_NET, SIM_E_SENDMSG)                                    \
	X(SENDMMSG, "sendmmsg", SIM_C_OUT | SIM_CALL_IS_NET, SIM_E_SENDMSG)                                  \
	X(RECV, "recv", SIM_C_IN | SIM_CALL_IS_NET, SIM_E_RECV)                                              \
	X(RECVFROM, "recvfrom", SIM_C_IN | SIM_CALL_IS_NET, SIM_E_RECV)                                      \
	X(RECVMSG, "recvmsg", SIM_C_IN | SIM_CALL_IS_NET, SIM_E_RECVMSG)                                     \
	X(RECVMMSG, "recvmmsg", SIM_C_IN | SIM_CALL_IS_NET, SIM_E_RECVMSG)                                   \
	X(READ, "read", SIM_C_IN | SIM_CALL_IS_DESC, SIM_E_READ)                                             \
	X(WRITE, "write", SIM_C_OUT | SIM_CALL_IS_DESC, SIM_E_WRITE)                                         \
	X(READV, "readv", SIM_C_IN | SIM_CALL_IS_DESC, SIM_E_READ)                                           \
	X(WRITEV, "writev", SIM_C_OUT | SIM_CALL_IS_DESC, SIM_E_WRITE)                                       \
	X(SENDFILE, "sendfile", SIM_C_OUT | SIM_CALL_IS_NET | SIM_CALL_IS_DESC, SIM_E_SEND, EOVERFLOW,       \
	  ESPIPE)                                                                                            \
	X(GETSOCKOPT, "getsockopt", SIM_C_SOCK, EBADF, EFAULT, EINVAL, ENOPROTOOPT, ENOTSOCK)                \
	X(SETSOCKOPT, "setsockopt", SIM_C_SOCK, EBADF, EDOM, EFAULT, EINVAL, EISCONN, ENOBUFS, ENOMEM,       \
	  ENOPROTOOPT, ENOTSOCK, EPERM)                                                                      \
	X(GETSOCKNAME, "getsockname", SIM_C_SOCK, EBADF, EFAULT, EINVAL, ENOBUFS, ENOTSOCK)                  \
	X(GETPEERNAME, "getpeername", SIM_C_SOCK, EBADF, EFAULT, EINVAL, ENOBUFS, ENOTCONN, ENOTSOCK)        \
	X(FCNTL, "fcntl", SIM_C_FILE, EACCES, EAGAIN, EBADF, EBUSY, EDEADLK, EFAULT, EINTR, EINVAL, EMFILE,  \
	  ENOLCK, ENOTDIR, EPERM, ESRCH)                                                                     \
	X(IOCTL, "ioctl", SIM_C_FILE, EADDRNOTAVAIL, EBADF, EFAULT, EINVAL, ENODEV, ENOTTY, EPERM, ESRCH)    \
	X(DUP, "dup", SIM_C_FILE, EBADF, EMFILE)                                                             \
	X(DUP2, "dup2", SIM_C_FILE, EBADF, EBUSY, EINTR)                                                     \
	X(DUP3, "dup3", SIM_C_FILE, EBADF, EBUSY, EINTR, EINVAL)                                             \
	X(POLL, "poll", SIM_C_POLL, SIM_E_POLL)                                                              \
	X(PPOLL, "ppoll", SIM_C_POLL, SIM_E_POLL)                                                            \
	X(SELECT, "select", SIM_C_POLL, SIM_E_SELECT)                                                        \
	X(PSELECT, "pselect", SIM_C_POLL, SIM_E_SELECT)                                                      \
	X(EPOLL_CREATE, "epoll_create", SIM_CALL_IS_DESC, EINVAL, EMFILE, ENFILE, ENOMEM)                    \
	X(EPOLL_CREATE1, "epoll_create1", SIM_CALL_IS_DESC, EINVAL, EMFILE, ENFILE, ENOMEM)                  \
	X(EPOLL_CTL, "epoll_ctl", SIM_C_FILE, EBADF, EEXIST, EINVAL, ELOOP, ENOENT, ENOMEM, ENOSPC, EPERM)   \
	X(EPOLL_WAIT, "epoll_wait", SIM_C_POLL | SIM_CALL_HAS_FD, SIM_E_EPWAIT)                              \
	X(EPOLL_PWAIT, "epoll_pwait", SIM_C_POLL | SIM_CALL_HAS_FD, SIM_E_EPWAIT)                            \
	X(EPOLL_PWAIT2, "epoll_pwait2", SIM_C_POLL | SIM_CALL_HAS_FD, SIM_E_EPWAIT)                          \
	X(SLEEP, "sleep", SIM_CALL_IS_SLEEP, 0)                                                              \
	X(USLEEP, "usleep", SIM_CALL_IS_SLEEP, EINTR, EINVAL)                                                \
	X(NANOSLEEP, "nanosleep", SIM_CALL_IS_SLEEP, EFAULT, EINTR, EINVAL)                                  \
	X(CLOCK_NANOSLEEP, "clock_nanosleep", SIM_CALL_IS_SLEEP, EFAULT, EINTR, EINVAL, ENOTSUP)             \
	X(PAUSE, "pause", SIM_CALL_IS_SLEEP, EINTR)                                                          \
	X(SIGSUSPEND, "sigsuspend", SIM_CALL_IS_SLEEP, EFAULT, EINTR)                                        \
	X(SCHED_YIELD, "sched_yield", SIM_CALL_IS_SLEEP, 0)                                                  \
	X(ALARM, "alarm", SIM_CALL_IS_CLOCK, 0)                                                              \
	X(SETITIMER, "setitimer", SIM_CALL_IS_CLOCK, EFAULT, EINVAL)                                         \
	X(GETITIMER, "getitimer", SIM_CALL_IS_CLOCK, EFAULT, EINVAL)                                         \
	X(CLOCK_GETTIME, "clock_gettime", SIM_CALL_IS_CLOCK, EFAULT, EINVAL, ENODEV, ENOTSUP)                \
	X(CLOCK_GETRES, "clock_getres", SIM_CALL_IS_CLOCK, EFAULT, EINVAL, ENODEV, ENOTSUP)                  \
	X(GETTIMEOFDAY, "gettimeofday", SIM_CALL_IS_CLOCK, EFAULT)                                           \
	X(TIME, "time", SIM_CALL_IS_CLOCK, EFAULT)                                                           \
	X(TIMESPEC_GET, "timespec_get", SIM_CALL_IS_CLOCK, 0)                                                \
	X(CLOCK, "clock", SIM_CALL_IS_CLOCK, 0)                                                              \
	X(GETADDRINFO, "getaddrinfo", SIM_C_NAME, SIM_E_GAI, EAI_ADDRFAMILY, EAI_NODATA, EAI_SERVICE,        \
	  EAI_SOCKTYPE)                                                                                      \
	X(GETNAMEINFO, "getnameinfo", SIM_C_NAME, SIM_E_GAI, EAI_OVERFLOW)                                   \
	X(GETHOSTBYNAME, "gethostbyname", SIM_C_HOST, SIM_E_HOST)                                            \
	X(GETHOSTBYNAME_R, "gethostbyname_r", SIM_C_HOST, SIM_E_HOST)                                        \
	X(GETHOSTBYNAME2, "gethostbyname2", SIM_C_HOST, SIM_E_HOST)                                          \
	X(GETHOSTBYNAME2_R, "gethostbyname2_r", SIM_C_HOST, SIM_E_HOST)                                      \
	X(GETHOSTBYADDR, "gethostbyaddr", SIM_C_HOST, SIM_E_HOST)                                            \
	X(GETHOSTBYADDR_R, "gethostbyaddr_r", SIM_C_HOST, SIM_E_HOST)                                        \
	X(FSTAT, "fstat", SIM_C_FILE, EBADF, EFAULT, ENOMEM, EOVERFLOW)                                      \
	X(LSEEK, "lseek", SIM_C_FILE, EBADF, EINVAL, ENXIO, EOVERFLOW, ESPIPE)                               \
	X(GETIFADDRS, "getifaddrs", SIM_CALL_IS_HOST, SIM_E_IFACES)                                          \
	X(IF_NAMETOINDEX, "if_nametoindex", SIM_CALL_IS_HOST, SIM_E_IFACES, ENODEV)                          \
	X(IF_INDEXTONAME, "if_indextoname", SIM_CALL_IS_HOST, SIM_E_IFACES, ENXIO)                           \
	X(IF_NAMEINDEX, "if_nameindex", SIM_CALL_IS_HOST, SIM_E_IFACES)                                      \
	X(UNAME, "uname", SIM_CALL_IS_HOST, EFAULT)                                                          \
	X(GETHOSTNAME, "gethostname", SIM_CALL_IS_HOST, EFAULT, EINVAL, ENAMETOOLONG, EPERM)                 \
	X(SETHOSTNAME, "sethostname", SIM_CALL_IS_HOST, EFAULT, EINVAL, EPERM)                               \
	X(GETDOMAINNAME, "getdomainname", SIM_CALL_IS_HOST, EFAULT, EINVAL)                                  \
	X(SETDOMAINNAME, "setdomainname", SIM_CALL_IS_HOST, EFAULT, EINVAL, EPERM)                           \
	X(GETHOSTID, "gethostid", SIM_CALL_IS_HOST, 0)                                                       \
	X(GETHOSTENT, "gethostent", SIM_C_HOST, SIM_E_HOST)                                                  \
	X(GETNETBYNAME, "getnetbyname", SIM_C_HOST, SIM_E_HOST)                                              \
	X(GETNETBYADDR, "getnetbyaddr", SIM_C_HOST, SIM_E_HOST)                                              \
	X(GETNETENT, "getnetent", SIM_C_HOST, SIM_E_HOST)                                                    \
	X(RES_INIT, "res_init", SIM_C_HOST, SIM_E_HOST)                                                      \
	X(RES_QUERY, "res_query", SIM_C_HOST, SIM_E_HOST)                                                    \
	X(RES_SEARCH, "res_search", SIM_C_HOST, SIM_E_HOST)                                                  \
	X(RES_QUERYDOMAIN, "res_querydomain", SIM_C_HOST, SIM_E_HOST)                                        \
	X(RES_SEND, "res_send", SIM_CALL_IS_HOST, ECONNREFUSED, EMSGSIZE, ETIMEDOUT)                         \
	X(SETNETGRENT, "setnetgrent", SIM_CALL_IS_HOST, ENOENT)                                              \
	X(INNETGR, "innetgr", SIM_CALL_IS_HOST, ENOENT)                                                      \
	X(ETHER_HOSTTON, "ether_hostton", SIM_CALL_IS_HOST, ENOENT)                                          \
	X(ETHER_NTOHOST, "ether_ntohost", SIM_CALL_IS_HOST, ENOENT)                                          \
	X(RCMD, "rcmd", SIM_CALL_IS_HOST, SIM_E_IFACES, EAGAIN, ECONNREFUSED)                                \
	X(REXEC, "rexec", SIM_CALL_IS_HOST, SIM_E_IFACES, ECONNREFUSED)                                      \
	X(RRESVPORT, "rresvport", SIM_CALL_IS_HOST, SIM_E_IFACES, EAGAIN)                                    \
	X(RUSEROK, "ruserok", SIM_CALL_IS_HOST, EACCES)                                                      \
	X(TIMERFD_CREATE, "timerfd_create", SIM_CALL_IS_DESC, EINVAL, EMFILE, ENFILE, ENODEV, ENOMEM, EPERM) \
	X(TIMERFD_SETTIME, "timerfd_settime", SIM_C_FILE, EBADF, ECANCELED, EFAULT, EINVAL)                  \
	X(TIMERFD_GETTIME, "timerfd_gettime", SIM_C_FILE | SIM_CALL_IS_CLOCK, EBADF, EFAULT, EINVAL)         \
	X(TIMER_CREATE, "timer_create", SIM_CALL_IS_CLOCK, EAGAIN, EINVAL, ENOMEM, ENOTSUP, EPERM)           \
	X(TIMER_DELETE, "timer_delete", SIM_CALL_IS_CLOCK, EINVAL)                                           \
	X(TIMER_SETTIME, "timer_settime", SIM_CALL_IS_CLOCK, EFAULT, EINVAL)                                 \
	X(TIMER_GETTIME, "timer_gettime", SIM_CALL_IS_CLOCK, EFAULT, EINVAL)                                 \
	X(TIMER_GETOVERRUN, "timer_getoverrun", SIM_CALL_IS_CLOCK, EINVAL)                                   \
	X(TIMES, "times", SIM_CALL_IS_CLOCK, EFAULT)                                                         \
	X(CLOCK_SETTIME, "clock_settime", SIM_CALL_IS_CLOCK, EACCES, EFAULT, EINVAL, ENOTSUP, EPERM)         \
	X(SETTIMEOFDAY, "settimeofday", SIM_CALL_IS_CLOCK, EFAULT, EINVAL, EPERM)                            \
	X(ADJTIME, "adjtime", SIM_CALL_IS_CLOCK, EINVAL, EPERM)                                              \
	X(ADJTIMEX, "adjtimex", SIM_CALL_IS_CLOCK, EFAULT, EINVAL, EPERM)                                    \
	X(CLOCK_ADJTIME, "clock_adjtime", SIM_CALL_IS_CLOCK, EFAULT, EINVAL, EOPNOTSUPP, EPERM)              \
	X(SIGTIMEDWAIT, "sigtimedwait", SIM_CALL_IS_SLEEP, EAGAIN, EINTR, EINVAL)                            \
	X(SIGWAITINFO, "sigwaitinfo", SIM_CALL_IS_SLEEP, EINTR, EINVAL)                                      \
	X(SIGWAIT, "sigwait", SIM_CALL_IS_SLEEP, EINVAL)                                                     \
	X(PREAD, "pread", SIM_C_FILE, SIM_E_PLACE)                                                           \
	X(PWRITE, "pwrite", SIM_C_FILE, SIM_E_PLACE)                                                         \
	X(PREADV, "preadv", SIM_C_FILE, SIM_E_PLACE)                                                         \
	X(PWRITEV, "pwritev", SIM_C_FILE, SIM_E_PLACE)                                                       \
	X(PREADV2, "preadv2", SIM_C_IN | SIM_CALL_IS_DESC, SIM_E_READ, ENXIO, EOVERFLOW, ESPIPE)             \
	X(PWRITEV2, "pwritev2", SIM_C_OUT | SIM_CALL_IS_DESC, SIM_E_WRITE, ENXIO, EOVERFLOW, ESPIPE)         \
	X(SPLICE, "splice", SIM_C_FILE, EAGAIN, EBADF, EINVAL, ENOMEM, ESPIPE)                               \
	X(TEE, "tee", SIM_C_FILE, EAGAIN, EINVAL, ENOMEM)                                                    \
	X(VMSPLICE, "vmsplice", SIM_C_FILE, EAGAIN, EBADF, EINVAL, ENOMEM)                                   \
	X(COPY_FILE_RANGE, "copy_file_range", SIM_C_FILE, EBADF, EFBIG, EINVAL, EIO, EISDIR, ENOMEM, ENOSPC, \
	  EOPNOTSUPP, EOVERFLOW, EPERM, ETXTBSY, EXDEV)                                                      \
	/* By a number that nothing else stands for: syscall(2). */                                          \
	X(SYSCALL, "syscall", SIM_C_FILE, EINVAL, ENODEV, ENOSYS, ENOTDIR, ESPIPE)

#define SIM_CALL_ENUM(id, name, traits, ...) SIM_CALL_##id,
enum sim_call_id { SIM_CALL_TABLE(SIM_CALL_ENUM) SIM_CALL_NUM };
#undef SIM_CALL_ENUM

struct sim_call_info {
	const char *name; /* libc's: what a program calls and strace-like output prints */
	unsigned traits;
	const int16_t *errs; /* ends with 0; in the call's own numbering: errno, EAI_ code or h_errno; none
				twice */
};

extern const struct sim_call_info sim_call_infos[SIM_CALL_NUM];

static inline const struct sim_call_info *sim_call_info(enum sim_call_id call)
{
	SIM_ASSERT((unsigned)call < SIM_CALL_NUM);
	return &sim_call_infos[call];
}

static inline const char *sim_call_name(enum sim_call_id call)
{
	return sim_call_info(call)->name;
}

/* -1 for what is no simulated call. */
int sim_call_by_name(const char *name, size_t len);

/* Whether the call's manual pages know this error (numbered as the call numbers its errors). */
bool sim_call_documents(enum sim_call_id call, int err);

/* Names of errors in the call's own numbering: "EAGAIN", "EAI_AGAIN", "TRY_AGAIN"; NULL and 0 for none. */
const char *sim_call_err_name(enum sim_call_id call, int err);
int sim_call_err_by_name(enum sim_call_id call, const char *name, size_t len);

/* Which calls a rule names, as bits. */
#define SIM_CALL_SET_WORDS ((SIM_CALL_NUM + 63) / 64)

struct sim_call_set {
	uint64_t bits[SIM_CALL_SET_WORDS];
};

static inline bool sim_call_set_has(const struct sim_call_set *s, enum sim_call_id call)
{
	return s->bits[call / 64] >> (call % 64) & 1;
}

static inline void sim_call_set_add(struct sim_call_set *s, enum sim_call_id call)
{
	s->bits[call / 64] |= UINT64_C(1) << (call % 64);
}

struct sim_diag;
struct sim_slice;
struct sim_suggest;
struct sim_str;

/* strace's way to name calls: "send,sendto", "%send,close", "!%net" (all but), "all". 0, or -EINVAL and a
 * diagnostic. */
int sim_call_set_parse(struct sim_slice in, struct sim_call_set *out, struct sim_diag *d);

#endif
