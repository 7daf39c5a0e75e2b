/* SPDX-License-Identifier: MIT */
/* The libc names of what is for files and pipes, and of more names of calls of dropin.c: see there. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/dropin/define.h"
#include "api/posix/posix.h"

/* glibc's answer to a fortified call whose buffer is too small; it does not return. */
extern void __chk_fail(void) __attribute__((noreturn));
/* flag: 0, or what the fortified dprintf(3) was given. */
extern int __vasprintf_chk(char **text, int flag, const char *format, va_list ap);

/* ---- what is for files and pipes ---- */

ssize_t sim_dropin_pread(int fd, void *buf, size_t len, off_t at) SIM_AS("pread");
ssize_t sim_dropin_pread(int fd, void *buf, size_t len, off_t at)
{
	return sim_pread(fd, buf, len, at);
}

ssize_t sim_dropin_pread64(int fd, void *buf, size_t len, off_t at) SIM_AS("pread64");
ssize_t sim_dropin_pread64(int fd, void *buf, size_t len, off_t at)
{
	return sim_pread(fd, buf, len, at);
}

ssize_t sim_dropin___pread64(int fd, void *buf, size_t len, off_t at) SIM_AS("__pread64");
ssize_t sim_dropin___pread64(int fd, void *buf, size_t len, off_t at)
{
	return sim_pread(fd, buf, len, at);
}

ssize_t sim_dropin___libc_pread(int fd, void *buf, size_t len, off_t at) SIM_AS("__libc_pread");
ssize_t sim_dropin___libc_pread(int fd, void *buf, size_t len, off_t at)
{
	return sim_pread(fd, buf, len, at);
}

ssize_t sim_dropin_pwrite(int fd, const void *buf, size_t len, off_t at) SIM_AS("pwrite");
ssize_t sim_dropin_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	return sim_pwrite(fd, buf, len, at);
}

ssize_t sim_dropin_pwrite64(int fd, const void *buf, size_t len, off_t at) SIM_AS("pwrite64");
ssize_t sim_dropin_pwrite64(int fd, const void *buf, size_t len, off_t at)
{
	return sim_pwrite(fd, buf, len, at);
}

ssize_t sim_dropin___pwrite64(int fd, const void *buf, size_t len, off_t at) SIM_AS("__pwrite64");
ssize_t sim_dropin___pwrite64(int fd, const void *buf, size_t len, off_t at)
{
	return sim_pwrite(fd, buf, len, at);
}

ssize_t sim_dropin___libc_pwrite(int fd, const void *buf, size_t len, off_t at) SIM_AS("__libc_pwrite");
ssize_t sim_dropin___libc_pwrite(int fd, const void *buf, size_t len, off_t at)
{
	return sim_pwrite(fd, buf, len, at);
}

ssize_t sim_dropin___pread_chk(int fd, void *buf, size_t len, off_t at, size_t room) SIM_AS("__pread_chk");
ssize_t sim_dropin___pread_chk(int fd, void *buf, size_t len, off_t at, size_t room)
{
	if (len > room)
		__chk_fail();
	return sim_pread(fd, buf, len, at);
}

ssize_t sim_dropin___pread64_chk(int fd, void *buf, size_t len, off_t at, size_t room)
	SIM_AS("__pread64_chk");
ssize_t sim_dropin___pread64_chk(int fd, void *buf, size_t len, off_t at, size_t room)
{
	if (len > room)
		__chk_fail();
	return sim_pread(fd, buf, len, at);
}

ssize_t sim_dropin_preadv(int fd, const struct iovec *iov, int num, off_t at) SIM_AS("preadv");
ssize_t sim_dropin_preadv(int fd, const struct iovec *iov, int num, off_t at)
{
	return sim_preadv(fd, iov, num, at);
}

ssize_t sim_dropin_preadv64(int fd, const struct iovec *iov, int num, off_t at) SIM_AS("preadv64");
ssize_t sim_dropin_preadv64(int fd, const struct iovec *iov, int num, off_t at)
{
	return sim_preadv(fd, iov, num, at);
}

ssize_t sim_dropin_pwritev(int fd, const struct iovec *iov, int num, off_t at) SIM_AS("pwritev");
ssize_t sim_dropin_pwritev(int fd, const struct iovec *iov, int num, off_t at)
{
	return sim_pwritev(fd, iov, num, at);
}

ssize_t sim_dropin_pwritev64(int fd, const struct iovec *iov, int num, off_t at) SIM_AS("pwritev64");
ssize_t sim_dropin_pwritev64(int fd, const struct iovec *iov, int num, off_t at)
{
	return sim_pwritev(fd, iov, num, at);
}

ssize_t sim_dropin_preadv2(int fd, const struct iovec *iov, int num, off_t at, int flags) SIM_AS("preadv2");
ssize_t sim_dropin_preadv2(int fd, const struct iovec *iov, int num, off_t at, int flags)
{
	return sim_preadv2(fd, iov, num, at, flags);
}

ssize_t sim_dropin_preadv64v2(int fd, const struct iovec *iov, int num, off_t at, int flags)
	SIM_AS("preadv64v2");
ssize_t sim_dropin_preadv64v2(int fd, const struct iovec *iov, int num, off_t at, int flags)
{
	return sim_preadv2(fd, iov, num, at, flags);
}

ssize_t sim_dropin_pwritev2(int fd, const struct iovec *iov, int num, off_t at, int flags) SIM_AS("pwritev2");
ssize_t sim_dropin_pwritev2(int fd, const struct iovec *iov, int num, off_t at, int flags)
{
	return sim_pwritev2(fd, iov, num, at, flags);
}

ssize_t sim_dropin_pwritev64v2(int fd, const struct iovec *iov, int num, off_t at, int flags)
	SIM_AS("pwritev64v2");
ssize_t sim_dropin_pwritev64v2(int fd, const struct iovec *iov, int num, off_t at, int flags)
{
	return sim_pwritev2(fd, iov, num, at, flags);
}

ssize_t sim_dropin_splice(int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned int flags)
	SIM_AS("splice");
ssize_t sim_dropin_splice(int from, off_t *from_at, int to, off_t *to_at, size_t len, unsigned int flags)
{
	return sim_splice(from, from_at, to, to_at, len, flags);
}

ssize_t sim_dropin_tee(int from, int to, size_t len, unsigned int flags) SIM_AS("tee");
ssize_t sim_dropin_tee(int from, int to, size_t len, unsigned int flags)
{
	return sim_tee(from, to, len, flags);
}

ssize_t sim_dropin_vmsplice(int fd, const struct iovec *iov, size_t num, unsigned int flags)
	SIM_AS("vmsplice");
ssize_t sim_dropin_vmsplice(int fd, const struct iovec *iov, size_t num, unsigned int flags)
{
	return sim_vmsplice(fd, iov, num, flags);
}

ssize_t sim_dropin_copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t len,
				   unsigned int flags) SIM_AS("copy_file_range");
ssize_t sim_dropin_copy_file_range(int from, off_t *from_at, int to, off_t *to_at, size_t len,
				   unsigned int flags)
{
	return sim_copy_file_range(from, from_at, to, to_at, len, flags);
}

/* ---- other names, by which libraries of the C library's call ---- */

int sim_dropin___socket(int domain, int type, int protocol) SIM_AS("__socket");
int sim_dropin___socket(int domain, int type, int protocol)
{
	return sim_socket(domain, type, protocol);
}

int sim_dropin___sendmmsg(int fd, struct mmsghdr *msgs, unsigned int num, int flags) SIM_AS("__sendmmsg");
int sim_dropin___sendmmsg(int fd, struct mmsghdr *msgs, unsigned int num, int flags)
{
	return sim_sendmmsg(fd, msgs, num, flags);
}

ssize_t sim_dropin___read_nocancel(int fd, void *buf, size_t len) SIM_AS("__read_nocancel");
ssize_t sim_dropin___read_nocancel(int fd, void *buf, size_t len)
{
	return sim_read(fd, buf, len);
}

ssize_t sim_dropin___write_nocancel(int fd, const void *buf, size_t len) SIM_AS("__write_nocancel");
ssize_t sim_dropin___write_nocancel(int fd, const void *buf, size_t len)
{
	return sim_write(fd, buf, len);
}

ssize_t sim_dropin___pread64_nocancel(int fd, void *buf, size_t len, off_t at) SIM_AS("__pread64_nocancel");
ssize_t sim_dropin___pread64_nocancel(int fd, void *buf, size_t len, off_t at)
{
	return sim_pread(fd, buf, len, at);
}

int sim_dropin___close_nocancel(int fd) SIM_AS("__close_nocancel");
int sim_dropin___close_nocancel(int fd)
{
	return sim_close(fd);
}

int sim_dropin___libc_fcntl64(int fd, int cmd, ...) SIM_AS("__libc_fcntl64");
int sim_dropin___libc_fcntl64(int fd, int cmd, ...)
{
	va_list ap;
	long arg;

	va_start(ap, cmd);
	arg = va_arg(ap, long);
	va_end(ap);
	return sim_fcntl(fd, cmd, arg);
}

/* ---- dprintf(3), which the C library's own would write past us ---- */

/* All of it, as stdio writes: in several calls if one takes a part only. */
static int write_text(int fd, const char *text, int len)
{
	for (int done = 0; done < len;) {
		ssize_t n = sim_write(fd, text + done, (size_t)(len - done));

		if (n < 0)
			return -1;
		done += (int)n;
	}
	return len;
}

static int write_formatted(int fd, int flag, const char *format, va_list ap)
{
	char *text = NULL;
	int len = __vasprintf_chk(&text, flag, format, ap);

	if (len >= 0)
		len = write_text(fd, text, len);
	free(text);
	return len;
}

int sim_dropin_vdprintf(int fd, const char *format, va_list ap) SIM_AS("vdprintf");
int sim_dropin_vdprintf(int fd, const char *format, va_list ap)
{
	return write_formatted(fd, 0, format, ap);
}

int sim_dropin___vdprintf_chk(int fd, int flag, const char *format, va_list ap) SIM_AS("__vdprintf_chk");
int sim_dropin___vdprintf_chk(int fd, int flag, const char *format, va_list ap)
{
	return write_formatted(fd, flag, format, ap);
}

int sim_dropin_dprintf(int fd, const char *format, ...) SIM_AS("dprintf");
int sim_dropin_dprintf(int fd, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = write_formatted(fd, 0, format, ap);
	va_end(ap);
	return r;
}

int sim_dropin___dprintf_chk(int fd, int flag, const char *format, ...) SIM_AS("__dprintf_chk");
int sim_dropin___dprintf_chk(int fd, int flag, const char *format, ...)
{
	va_list ap;
	int r;

	va_start(ap, format);
	r = write_formatted(fd, flag, format, ap);
	va_end(ap);
	return r;
}
