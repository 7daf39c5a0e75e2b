/* SPDX-License-Identifier: MIT */
/*
 * syslog(3) on the virtual network: a datagram, or what a stream's reader would see, to /dev/log of the
 * virtual host. Whoever binds a socket there is its daemon; without one the message is lost, silently as
 * syslog has it. What is written is glibc's form (RFC 3164's without the host).
 *
 * FIDELITY: a connection is made for each message instead of kept, so that no world leaves a descriptor open:
 * LOG_NDELAY is stored. LOG_CONS is absent: a virtual host has no console.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

#include "api/posix/posix.h"

/* Of glibc's own message about a priority that there is not: options taken for a facility. */
enum { OWN_PRIORITY = LOG_ERR | LOG_CONS | LOG_PERROR | LOG_PID };

/* What openlog(3) said; a process has one of it. The mask is in libc's hands. */
static struct {
	const char *ident; /* the program's; NULL: its name */
	int option, facility;
} opened = { NULL, 0, LOG_USER };

void sim_openlog(const char *ident, int option, int facility)
{
	if (ident)
		opened.ident = ident;
	opened.option = option;
	if (facility && !(facility & ~LOG_FACMASK))
		opened.facility = facility;
	/* It may be used after the world has gone; the real socket is not to be opened now. */
	sim_libc()->openlog(ident, option & ~LOG_NDELAY, facility);
}

void sim_closelog(void)
{
	opened.ident = NULL;
	sim_libc()->closelog();
}

/* ---- one message ---- */

/* "Jan  1 00:00:07", in whichever zone the program is. */
static void stamp(const struct sim_task *t, char text[32])
{
	static const char months[] = "JanFebMarAprMayJunJulAugSepOctNovDec";
	int64_t now_ns = sim_now(t->sched->ctx) + t->proc->host->net.realtime_offset_ns;
	time_t now_s = (time_t)(now_ns / SIM_NS_PER_S);
	struct tm tm;

	localtime_r(&now_s, &tm);
	snprintf(text, 32, "%.3s %2d %02d:%02d:%02d", months + (size_t)tm.tm_mon % 12 * 3, tm.tm_mday,
		 tm.tm_hour, tm.tm_min, tm.tm_sec);
}

/* "IDENT[PID]: TEXT", or NULL. */
static char *body_of(const struct sim_task *t, const char *format, va_list ap)
{
	const char *ident = opened.ident ? opened.ident : program_invocation_short_name;
	char pid[16] = "", *text, *body;

	if (vasprintf(&text, format, ap) < 0)
		return NULL;
	if (opened.option & LOG_PID)
		snprintf(pid, sizeof pid, "[%u]", t->proc->pid);
	if (asprintf(&body, "%s%s: %s", ident, pid, text) < 0)
		body = NULL;
	free(text);
	return body;
}

/* LOG_PERROR: with one end of line. */
static void copy_to_stderr(const char *body)
{
	size_t len = strlen(body);
	struct iovec iov[2] = { { (void *)(uintptr_t)body, len }, { (void *)(uintptr_t) "\n", 1 } };

	(void)!sim_writev(STDERR_FILENO, iov, len && body[len - 1] == '\n' ? 1 : 2);
}

/* A daemon that reads a stream finds the end of each message by its zero byte. False: it has another type. */
static bool send_as(int type, const char *record)
{
	static const struct sockaddr_un log = { .sun_family = AF_UNIX, .sun_path = _PATH_LOG };
	int fd = sim_socket(AF_UNIX, type | SOCK_CLOEXEC, 0);
	bool other_type = false;

	if (fd < 0)
		return true;
	if (!sim_connect(fd, (const struct sockaddr *)&log, sizeof log))
		(void)sim_send(fd, record, strlen(record) + (type == SOCK_STREAM), MSG_NOSIGNAL);
	else
		other_type = errno == EPROTOTYPE;
	(void)sim_close(fd);
	return !other_type;
}

static void deliver(const struct sim_task *t, int priority, const char *body)
{
	char when[32], *record;

	stamp(t, when);
	if (asprintf(&record, "<%d>%s %s", priority, when, body) < 0)
		return;
	if (!send_as(SOCK_DGRAM, record))
		(void)send_as(SOCK_STREAM, record);
	free(record);
}

static void log_one(const struct sim_task *t, int priority, const char *format, va_list ap)
{
	char *body;

	if (!(sim_libc()->setlogmask(0) & LOG_MASK(LOG_PRI(priority))))
		return;
	if (!(priority & LOG_FACMASK))
		priority |= opened.facility;
	body = body_of(t, format, ap);
	if (!body)
		return;
	if (opened.option & LOG_PERROR)
		copy_to_stderr(body);
	deliver(t, priority, body);
	free(body);
}

void sim_vsyslog(int priority, const char *format, va_list ap)
{
	struct sim_task *t = sim_current;
	int saved = errno;

	if (!t) {
		if (sim_posix_may_use_libc("syslog"))
			sim_libc()->vsyslog(priority, format, ap);
		errno = saved;
		return;
	}
	if (priority & ~(LOG_PRIMASK | LOG_FACMASK)) {
		sim_syslog(OWN_PRIORITY, "syslog: unknown facility/priority: %x", (unsigned)priority);
		priority &= LOG_PRIMASK | LOG_FACMASK;
	}
	errno = saved; /* for %m */
	log_one(t, priority, format, ap);
	errno = saved;
}

void sim_syslog(int priority, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);
	sim_vsyslog(priority, format, ap);
	va_end(ap);
}
