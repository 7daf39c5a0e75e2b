/* SPDX-License-Identifier: MIT */
/*
 * The table from numbers of system calls to the functions of simsock_raw.h, and for time and places to those
 * of simsock_posix.h, whose form is evened out here: see syscall.h. The numbers are x86-64's.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/posix/syscall.h"

#include <fcntl.h>
#include <string.h>
#include <sys/syscall.h>

#include "api/posix/posix.h"
#include "api/raw/simsock_raw.h"
#include "sim/base/uaccess.h"

#ifndef SYS_close_range
#define SYS_close_range 436
#endif
#ifndef SYS_epoll_pwait2
#define SYS_epoll_pwait2 441
#endif
#ifndef SYS_io_uring_setup
#define SYS_io_uring_setup    425
#define SYS_io_uring_enter    426
#define SYS_io_uring_register 427
#endif

/* The kernel's own idea of a signal set. */
enum { KERNEL_SIGSET_BYTES = 8 };

/*
 * Which calls are the simulation's: any, or those on a descriptor of its own, which is the first argument or
 * also the second or third; or those on a timer of its own.
 */
enum syscall_scope { ALWAYS, ON_FD, ON_FD_1, ON_FD_2, ON_TIMER };

struct syscall_row {
	long (*call)(const long *a); /* NULL: no row */
	enum syscall_scope scope;
};

#define P(n) ((void *)(uintptr_t)a[n])
#define I(n) ((int)a[n])
#define Z(n) ((size_t)a[n])
#define U(n) ((unsigned)a[n])

/* clang-format off */
#define SIM_SYSCALL_TABLE(X) \
	X(SYS_socket, ALWAYS, sys_socket(I(0), I(1), I(2))) \
	X(SYS_socketpair, ALWAYS, sys_socketpair(I(0), I(1), I(2), P(3))) \
	X(SYS_bind, ON_FD, sys_bind(I(0), P(1), U(2))) \
	X(SYS_listen, ON_FD, sys_listen(I(0), I(1))) \
	X(SYS_connect, ON_FD, sys_connect(I(0), P(1), U(2))) \
	X(SYS_accept, ON_FD, sys_accept(I(0), P(1), P(2))) \
	X(SYS_accept4, ON_FD, sys_accept4(I(0), P(1), P(2), I(3))) \
	X(SYS_shutdown, ON_FD, sys_shutdown(I(0), I(1))) \
	X(SYS_getsockname, ON_FD, sys_getsockname(I(0), P(1), P(2))) \
	X(SYS_getpeername, ON_FD, sys_getpeername(I(0), P(1), P(2))) \
	X(SYS_getsockopt, ON_FD, sys_getsockopt(I(0), I(1), I(2), P(3), P(4))) \
	X(SYS_setsockopt, ON_FD, sys_setsockopt(I(0), I(1), I(2), P(3), U(4))) \
	X(SYS_sendto, ON_FD, sys_sendto(I(0), P(1), Z(2), I(3), P(4), U(5))) \
	X(SYS_sendmsg, ON_FD, sys_sendmsg(I(0), P(1), I(2))) \
	X(SYS_sendmmsg, ON_FD, sys_sendmmsg(I(0), P(1), U(2), I(3))) \
	X(SYS_recvfrom, ON_FD, sys_recvfrom(I(0), P(1), Z(2), I(3), P(4), P(5))) \
	X(SYS_recvmsg, ON_FD, sys_recvmsg(I(0), P(1), I(2))) \
	X(SYS_recvmmsg, ON_FD, sys_recvmmsg(I(0), P(1), U(2), I(3), P(4))) \
	X(SYS_read, ALWAYS, sys_read(I(0), P(1), Z(2))) \
	X(SYS_write, ON_FD, sys_write(I(0), P(1), Z(2))) \
	X(SYS_readv, ALWAYS, sys_readv(I(0), P(1), I(2))) \
	X(SYS_writev, ON_FD, sys_writev(I(0), P(1), I(2))) \
	X(SYS_sendfile, ON_FD_1, sys_sendfile(I(0), I(1), P(2), Z(3))) \
	X(SYS_close, ALWAYS, sys_close(I(0))) \
	X(SYS_close_range, ALWAYS, sys_close_range(U(0), U(1), I(2))) \
	X(SYS_dup, ON_FD, sys_dup(I(0))) \
	X(SYS_dup2, ALWAYS, sys_dup2(I(0), I(1))) \
	X(SYS_dup3, ALWAYS, sys_dup3(I(0), I(1), I(2))) \
	X(SYS_fcntl, ON_FD, sys_fcntl(I(0), I(1), a[2])) \
	X(SYS_ioctl, ON_FD, sys_ioctl(I(0), (unsigned long)a[1], P(2))) \
	X(SYS_fstat, ON_FD, sys_fstat(I(0), P(1))) \
	X(SYS_newfstatat, ON_FD, E(stat_at(a))) \
	X(SYS_statx, ON_FD, E(statx_at(a))) \
	X(SYS_lseek, ON_FD, sys_lseek(I(0), a[1], I(2))) \
	X(SYS_poll, ALWAYS, sys_poll(P(0), (nfds_t)a[1], I(2))) \
	X(SYS_ppoll, ALWAYS, sys_ppoll(P(0), (nfds_t)a[1], P(2), P(3), Z(4))) \
	X(SYS_select, ALWAYS, sys_select(I(0), P(1), P(2), P(3), P(4))) \
	X(SYS_pselect6, ALWAYS, sys_pselect6(I(0), P(1), P(2), P(3), P(4), P(5))) \
	X(SYS_epoll_create, ALWAYS, sys_epoll_create(I(0))) \
	X(SYS_epoll_create1, ALWAYS, sys_epoll_create1(I(0))) \
	X(SYS_epoll_ctl, ALWAYS, sys_epoll_ctl(I(0), I(1), I(2), P(3))) \
	X(SYS_epoll_wait, ON_FD, sys_epoll_wait(I(0), P(1), I(2), I(3))) \
	X(SYS_epoll_pwait, ON_FD, sys_epoll_pwait(I(0), P(1), I(2), I(3), P(4), Z(5))) \
	X(SYS_epoll_pwait2, ON_FD, sys_epoll_pwait2(I(0), P(1), I(2), P(3), P(4), Z(5))) \
	X(SYS_nanosleep, ALWAYS, E(sim_nanosleep(P(0), P(1)))) \
	X(SYS_clock_nanosleep, ALWAYS, E(clock_sleep(a))) \
	X(SYS_pause, ALWAYS, E(sim_pause())) \
	X(SYS_rt_sigsuspend, ALWAYS, E(Z(1) == KERNEL_SIGSET_BYTES ? kernel_sigsuspend(a) : invalid())) \
	X(SYS_sched_yield, ALWAYS, E(sim_sched_yield())) \
	X(SYS_alarm, ALWAYS, E((long)sim_alarm(U(0)))) \
	X(SYS_setitimer, ALWAYS, E(sim_setitimer(I(0), P(1), P(2)))) \
	X(SYS_getitimer, ALWAYS, E(sim_getitimer(I(0), P(1)))) \
	X(SYS_clock_gettime, ALWAYS, E(sim_clock_gettime(I(0), P(1)))) \
	X(SYS_clock_getres, ALWAYS, E(sim_clock_getres(I(0), P(1)))) \
	X(SYS_gettimeofday, ALWAYS, E(sim_gettimeofday(P(0), P(1)))) \
	X(SYS_time, ALWAYS, E(sim_time(P(0)))) \
	X(SYS_uname, ALWAYS, E(sim_uname(P(0)))) \
	X(SYS_sethostname, ALWAYS, E(sim_sethostname(P(0), Z(1)))) \
	X(SYS_setdomainname, ALWAYS, E(sim_setdomainname(P(0), Z(1)))) \
	X(SYS_times, ALWAYS, E(sim_times(P(0)))) \
	X(SYS_clock_settime, ALWAYS, E(sim_clock_settime(I(0), P(1)))) \
	X(SYS_settimeofday, ALWAYS, E(sim_settimeofday(P(0), P(1)))) \
	X(SYS_adjtimex, ALWAYS, E(sim_adjtimex(P(0)))) \
	X(SYS_clock_adjtime, ALWAYS, E(sim_clock_adjtime(I(0), P(1)))) \
	X(SYS_timerfd_create, ALWAYS, E(sim_timerfd_create(I(0), I(1)))) \
	X(SYS_timerfd_settime, ON_FD, E(sim_timerfd_settime(I(0), I(1), P(2), P(3)))) \
	X(SYS_timerfd_gettime, ON_FD, E(sim_timerfd_gettime(I(0), P(1)))) \
	X(SYS_timer_create, ALWAYS, E(make_timer(a))) \
	X(SYS_timer_delete, ON_TIMER, E(sim_timer_delete(timer_of(a)))) \
	X(SYS_timer_settime, ON_TIMER, E(sim_timer_settime(timer_of(a), I(1), P(2), P(3)))) \
	X(SYS_timer_gettime, ON_TIMER, E(sim_timer_gettime(timer_of(a), P(1)))) \
	X(SYS_timer_getoverrun, ON_TIMER, E(sim_timer_getoverrun(timer_of(a)))) \
	X(SYS_rt_sigtimedwait, ALWAYS, \
	  E(Z(3) == KERNEL_SIGSET_BYTES ? sim_sigtimedwait(P(0), P(1), P(2)) : invalid())) \
	X(SYS_pread64, ON_FD, E(sim_pread(I(0), P(1), Z(2), a[3]))) \
	X(SYS_pwrite64, ON_FD, E(sim_pwrite(I(0), P(1), Z(2), a[3]))) \
	X(SYS_preadv, ON_FD, E(sim_preadv(I(0), P(1), I(2), a[3]))) \
	X(SYS_pwritev, ON_FD, E(sim_pwritev(I(0), P(1), I(2), a[3]))) \
	X(SYS_preadv2, ON_FD, E(sim_preadv2(I(0), P(1), I(2), a[3], I(5)))) \
	X(SYS_pwritev2, ON_FD, E(sim_pwritev2(I(0), P(1), I(2), a[3], I(5)))) \
	X(SYS_splice, ON_FD_2, E(sim_splice(I(0), P(1), I(2), P(3), Z(4), U(5)))) \
	X(SYS_tee, ON_FD_1, E(sim_tee(I(0), I(1), Z(2), U(3)))) \
	X(SYS_vmsplice, ON_FD, E(sim_vmsplice(I(0), P(1), Z(2), U(3)))) \
	X(SYS_copy_file_range, ON_FD_2, E(sim_copy_file_range(I(0), P(1), I(2), P(3), Z(4), U(5))))
/* clang-format on */

/* A function of libc's form: what the kernel would answer. */
static long E(long r)
{
	return r == -1 ? -errno : r;
}

static long invalid(void)
{
	errno = EINVAL;
	return -1;
}

/* The kernel's number of a timer is what libc makes a pointer of. */
static timer_t timer_of(const long *a)
{
	return (timer_t)(uintptr_t)U(0);
}

static long make_timer(const long *a)
{
	timer_t timer;
	int id;

	if (sim_timer_create(I(0), P(1), &timer))
		return -1;
	id = (int)(uintptr_t)timer;
	if (!sim_copy_to_user(P(2), &id, sizeof id))
		return 0;
	(void)sim_timer_delete(timer);
	errno = EFAULT;
	return -1;
}

/* Of libc's functions the only one that returns its error. */
static long clock_sleep(const long *a)
{
	int err = sim_clock_nanosleep(I(0), I(1), P(2), P(3));

	if (!err)
		return 0;
	errno = err;
	return -1;
}

/* A set of signals as the kernel takes it: it is shorter than libc's. */
static long kernel_sigsuspend(const long *a)
{
	sigset_t mask;

	sigemptyset(&mask);
	if (!sim_copy_from_user(&mask, P(0), KERNEL_SIGSET_BYTES))
		return sim_sigsuspend(&mask);
	errno = EFAULT;
	return -1;
}

/* "" with AT_EMPTY_PATH: the descriptor itself, which is how libc asks. Any other name is below a directory.
 */
static bool is_fd_itself(const char *path, int flags)
{
	char first;

	return flags & AT_EMPTY_PATH && (!path || (!sim_copy_from_user(&first, path, 1) && !first));
}

static long stat_at(const long *a)
{
	if (is_fd_itself(P(1), I(3)))
		return sim_fstat(I(0), P(2));
	errno = ENOTDIR;
	return -1;
}

static long statx_at(const long *a)
{
	struct stat st;
	struct statx x;

	if (!is_fd_itself(P(1), I(2))) {
		errno = ENOTDIR;
		return -1;
	}
	if (sim_fstat(I(0), &st))
		return -1;
	memset(&x, 0, sizeof x);
	x.stx_mask = STATX_BASIC_STATS;
	x.stx_blksize = (uint32_t)st.st_blksize;
	x.stx_nlink = (uint32_t)st.st_nlink;
	x.stx_uid = st.st_uid;
	x.stx_gid = st.st_gid;
	x.stx_mode = (uint16_t)st.st_mode;
	x.stx_ino = st.st_ino;
	x.stx_dev_minor = (uint32_t)st.st_dev;
	if (!sim_copy_to_user(P(4), &x, sizeof x))
		return 0;
	errno = EFAULT;
	return -1;
}

#define DEFINE(nr, scope, body)              \
	static long call_##nr(const long *a) \
	{                                    \
		(void)a;                     \
		return (long)(body);         \
	}
#define DEFINE_ALL SIM_SYSCALL_TABLE(DEFINE)
DEFINE_ALL
#undef DEFINE_ALL
#undef DEFINE

enum { NUM_ROWS = 512 };

static const struct syscall_row rows[NUM_ROWS] = {
#define ROW(nr, scope, body) [nr] = { call_##nr, scope },
	SIM_SYSCALL_TABLE(ROW)
#undef ROW
};

static bool is_simulated(enum syscall_scope scope, const long *a)
{
	switch (scope) {
	case ALWAYS: return true;
	case ON_TIMER: return sim_timer_is_simulated(sim_current, I(0));
	case ON_FD_1:
		if (sim_fd_is_simulated(sim_current, I(1)))
			return true;
		break;
	case ON_FD_2:
		if (sim_fd_is_simulated(sim_current, I(2)))
			return true;
		break;
	case ON_FD: break;
	}
	return sim_fd_is_simulated(sim_current, I(0));
}

bool sim_posix_serve(long nr, const long args[SIM_SYSCALL_NUM_ARGS], long *result)
{
	const struct syscall_row *row = nr >= 0 && nr < NUM_ROWS ? &rows[nr] : NULL;
	int saved = errno;

	if (!sim_current || !row || !row->call)
		return false;
	if (!is_simulated(row->scope, args))
		return false;
	*result = row->call(args);
	errno = saved;
	return true;
}

/* On a descriptor, which is the first argument: what Linux 6.18 answers of a socket; ENOSYS: it would obey.
 */
#define ABSENT_ON_FD(X)                \
	X(SYS_fsync, EINVAL)           \
	X(SYS_fdatasync, EINVAL)       \
	X(SYS_ftruncate, EINVAL)       \
	X(SYS_readahead, EINVAL)       \
	X(SYS_sync_file_range, ESPIPE) \
	X(SYS_fallocate, ENODEV)       \
	X(SYS_getdents, ENOTDIR)       \
	X(SYS_getdents64, ENOTDIR)     \
	X(SYS_fchdir, ENOTDIR)         \
	X(SYS_flock, ENOSYS)           \
	X(SYS_fchmod, ENOSYS)          \
	X(SYS_fchown, ENOSYS)          \
	X(SYS_fstatfs, ENOSYS)         \
	X(SYS_syncfs, ENOSYS)          \
	X(SYS_fadvise64, ENOSYS)       \
	X(SYS_fgetxattr, ENOSYS)       \
	X(SYS_fsetxattr, ENOSYS)       \
	X(SYS_flistxattr, ENOSYS)      \
	X(SYS_fremovexattr, ENOSYS)

static int absent_error(long nr)
{
	switch (nr) {
#define ABSENT(nr, err) \
	case nr: return err;
		ABSENT_ON_FD(ABSENT)
#undef ABSENT
	default: return 0;
	}
}

bool sim_posix_refuses(long nr, const long args[SIM_SYSCALL_NUM_ARGS], long *result)
{
	bool past_us = nr == SYS_io_uring_setup || nr == SYS_io_uring_enter || nr == SYS_io_uring_register;
	int err = past_us ? ENOSYS : absent_error(nr);

	if (!sim_current || !err || (!past_us && !sim_fd_is_simulated(sim_current, (int)args[0])))
		return false;
	do
		*result = sim_call_absent(sim_current, nr, past_us ? -1 : (int)args[0], err);
	while (sim_face_again(sim_current, result));
	return true;
}
