/* SPDX-License-Identifier: MIT */
/*
 * Library mode for sources that say send() and mean the simulation: include this after every other header,
 * and the calls below are those of simsock_posix.h. No libc name is ours then, no real descriptor is reserved
 * for a simulated one and no system call is made; in return simulated numbers begin at 3 of their own, beside
 * the real ones, and other objects of the process (libraries) keep libc's network.
 *
 * Only calls are redirected: a function whose address is taken is libc's, and so is a member of that name.
 */
#ifndef SIMSOCK_REDIRECT_H
#define SIMSOCK_REDIRECT_H

#include "simsock_posix.h"

/* clang-format off */
#define socket(...) sim_socket(__VA_ARGS__)
#define socketpair(...) sim_socketpair(__VA_ARGS__)
#define bind(...) sim_bind(__VA_ARGS__)
#define listen(...) sim_listen(__VA_ARGS__)
#define shutdown(...) sim_shutdown(__VA_ARGS__)
#define getsockname(...) sim_getsockname(__VA_ARGS__)
#define getpeername(...) sim_getpeername(__VA_ARGS__)
#define getsockopt(...) sim_getsockopt(__VA_ARGS__)
#define setsockopt(...) sim_setsockopt(__VA_ARGS__)
#define sockatmark(...) sim_sockatmark(__VA_ARGS__)
#define connect(...) sim_connect(__VA_ARGS__)
#define accept(...) sim_accept(__VA_ARGS__)
#define accept4(...) sim_accept4(__VA_ARGS__)
#define send(...) sim_send(__VA_ARGS__)
#define sendto(...) sim_sendto(__VA_ARGS__)
#define sendmsg(...) sim_sendmsg(__VA_ARGS__)
#define sendmmsg(...) sim_sendmmsg(__VA_ARGS__)
#define write(...) sim_write(__VA_ARGS__)
#define writev(...) sim_writev(__VA_ARGS__)
#define sendfile(...) sim_sendfile(__VA_ARGS__)
#define recv(...) sim_recv(__VA_ARGS__)
#define recvfrom(...) sim_recvfrom(__VA_ARGS__)
#define recvmsg(...) sim_recvmsg(__VA_ARGS__)
#define recvmmsg(...) sim_recvmmsg(__VA_ARGS__)
#define read(...) sim_read(__VA_ARGS__)
#define readv(...) sim_readv(__VA_ARGS__)
#define close(...) sim_close(__VA_ARGS__)
#define close_range(...) sim_close_range(__VA_ARGS__)
#define dup(...) sim_dup(__VA_ARGS__)
#define dup2(...) sim_dup2(__VA_ARGS__)
#define dup3(...) sim_dup3(__VA_ARGS__)
#define fcntl(...) sim_fcntl(__VA_ARGS__)
#define ioctl(...) sim_ioctl(__VA_ARGS__)
#define fstat(...) sim_fstat(__VA_ARGS__)
#define lseek(...) sim_lseek(__VA_ARGS__)
#define poll(...) sim_poll(__VA_ARGS__)
#define ppoll(...) sim_ppoll(__VA_ARGS__)
#define select(...) sim_select(__VA_ARGS__)
#define pselect(...) sim_pselect(__VA_ARGS__)
#define epoll_create(...) sim_epoll_create(__VA_ARGS__)
#define epoll_create1(...) sim_epoll_create1(__VA_ARGS__)
#define epoll_ctl(...) sim_epoll_ctl(__VA_ARGS__)
#define epoll_wait(...) sim_epoll_wait(__VA_ARGS__)
#define epoll_pwait(...) sim_epoll_pwait(__VA_ARGS__)
#define epoll_pwait2(...) sim_epoll_pwait2(__VA_ARGS__)
#define sleep(...) sim_sleep(__VA_ARGS__)
#define usleep(...) sim_usleep(__VA_ARGS__)
#define nanosleep(...) sim_nanosleep(__VA_ARGS__)
#define clock_nanosleep(...) sim_clock_nanosleep(__VA_ARGS__)
#define pause() sim_pause()
#define sigsuspend(...) sim_sigsuspend(__VA_ARGS__)
#define sched_yield() sim_sched_yield()
#define alarm(...) sim_alarm(__VA_ARGS__)
#define ualarm(...) sim_ualarm(__VA_ARGS__)
#define setitimer(...) sim_setitimer(__VA_ARGS__)
#define getitimer(...) sim_getitimer(__VA_ARGS__)
#define clock_gettime(...) sim_clock_gettime(__VA_ARGS__)
#define clock_getres(...) sim_clock_getres(__VA_ARGS__)
#define gettimeofday(...) sim_gettimeofday(__VA_ARGS__)
#define time(...) sim_time(__VA_ARGS__)
#define timespec_get(...) sim_timespec_get(__VA_ARGS__)
#define clock() sim_clock()
#define getaddrinfo(...) sim_getaddrinfo(__VA_ARGS__)
#define freeaddrinfo(...) sim_freeaddrinfo(__VA_ARGS__)
#define getnameinfo(...) sim_getnameinfo(__VA_ARGS__)
#define gethostbyname(...) sim_gethostbyname(__VA_ARGS__)
#define gethostbyname2(...) sim_gethostbyname2(__VA_ARGS__)
#define gethostbyaddr(...) sim_gethostbyaddr(__VA_ARGS__)
#define gethostbyname_r(...) sim_gethostbyname_r(__VA_ARGS__)
#define gethostbyname2_r(...) sim_gethostbyname2_r(__VA_ARGS__)
#define gethostbyaddr_r(...) sim_gethostbyaddr_r(__VA_ARGS__)
/* clang-format on */

#endif
