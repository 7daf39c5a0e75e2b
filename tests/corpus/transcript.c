/* SPDX-License-Identifier: MIT */
/* The transcript: see transcript.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "tests/corpus/transcript.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>

#include "tests/corpus/drawn.h"

enum { FIRST_CHOSEN_PORT = 32768, MAX_LINE = 4096, NUM_TEXTS = 8, TEXT_BYTES = 200 };

static char line[MAX_LINE];
static size_t line_len;
static unsigned line_number;
static volatile sig_atomic_t num_signals[65];

/* More of the line of the last call. */
__attribute__((format(printf, 1, 2))) void also(const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(line + line_len, sizeof line - line_len, fmt, ap);
	va_end(ap);
	line_len = line_len + (size_t)n < sizeof line ? line_len + (size_t)n : sizeof line - 1;
}

void end_line(void)
{
	if (line_len)
		printf("%s\n", line);
	line_len = 0;
	line[0] = '\0';
}

/* Signals that came since the last call was told. */
static void say_signals(void)
{
	for (int sig = 1; sig < (int)NUM_OF(num_signals); sig++) {
		if (sig == SIGALRM && num_signals[sig]) /* TIMING: how often */
			also(" (ALRM)");
		else if (num_signals[sig])
			also(" (%s x%d)", sigabbrev_np(sig), (int)num_signals[sig]);
		num_signals[sig] = 0;
	}
}

/* Begins the line of a call that was made: its words, then its result. Right after the call, for errno. */
__attribute__((format(printf, 2, 3))) void said(long result, const char *fmt, ...)
{
	int err = errno;
	char words[MAX_LINE / 2];
	va_list ap;

	end_line();
	va_start(ap, fmt);
	vsnprintf(words, sizeof words, fmt, ap);
	va_end(ap);
	also("%u %s = ", ++line_number, words);
	if (result == -1)
		also("-1 %s", strerrorname_np(err) ? strerrorname_np(err) : "E?");
	else
		also("%ld", result);
	say_signals();
}

/* Room for a piece of text that lives until the line is written. */
static char *next_text(void)
{
	static char texts[NUM_TEXTS][TEXT_BYTES];
	static unsigned at;

	return texts[at++ % NUM_TEXTS];
}

/* FNV-1a: which bytes came, in short. */
uint32_t digest(const void *data, size_t len)
{
	const unsigned char *p = data;
	uint32_t h = 2166136261u;

	for (size_t i = 0; i < len; i++)
		h = (h ^ p[i]) * 16777619u;
	return h;
}

struct flag_name {
	unsigned bit;
	const char *name;
};

static const char *flags_text(unsigned flags, const struct flag_name *names)
{
	char *text = next_text();
	size_t len = 0;

	text[0] = '\0';
	for (; names->name; names++) {
		if (!(flags & names->bit))
			continue;
		len += (size_t)snprintf(text + len, TEXT_BYTES - len, "%s%s", len ? "|" : "", names->name);
		flags &= ~names->bit;
	}
	if (flags || !len)
		snprintf(text + len, TEXT_BYTES - len, "%s%#x", len ? "|" : "", flags);
	return text;
}

#define BIT(prefix, name)           \
	{                           \
		prefix##name, #name \
	}

const char *msg_text(int flags)
{
	static const struct flag_name names[] = {
		BIT(MSG_, OOB),        BIT(MSG_, PEEK),     BIT(MSG_, DONTROUTE), BIT(MSG_, CTRUNC),
		BIT(MSG_, TRUNC),      BIT(MSG_, DONTWAIT), BIT(MSG_, EOR),       BIT(MSG_, WAITALL),
		BIT(MSG_, CONFIRM),    BIT(MSG_, ERRQUEUE), BIT(MSG_, NOSIGNAL),  BIT(MSG_, MORE),
		BIT(MSG_, WAITFORONE), { 0, NULL },
	};

	return flags_text((unsigned)flags, names);
}

/* EPOLLIN and its kin have the values of POLLIN and its kin. */
const char *events_text(unsigned events)
{
	static const struct flag_name names[] = {
		BIT(POLL, IN),       BIT(POLL, PRI),        BIT(POLL, OUT),    BIT(POLL, ERR),
		BIT(POLL, HUP),      BIT(POLL, NVAL),       BIT(POLL, RDNORM), BIT(POLL, RDBAND),
		BIT(POLL, WRNORM),   BIT(POLL, WRBAND),     BIT(POLL, RDHUP),  BIT(EPOLL, ET),
		BIT(EPOLL, ONESHOT), BIT(EPOLL, EXCLUSIVE), { 0, NULL },
	};

	return flags_text(events, names);
}

/* Ports that the system chose are random, and may come again: told is which of our sockets has it now. */
static const char *port_text(int of, const void *addr)
{
	unsigned port = ntohs(((const struct sockaddr_in *)addr)->sin_port); /* at the same place in both */
	char *text = next_text();
	int holder;

	if (port < FIRST_CHOSEN_PORT) {
		snprintf(text, TEXT_BYTES, "%u", port);
		return text;
	}
	holder = holder_of_port(of, addr);
	if (holder < 0)
		snprintf(text, TEXT_BYTES, "port-of-nobody");
	else
		snprintf(text, TEXT_BYTES, "port-of-%d", holder);
	return text;
}

/* unix(7), autobind: five hexadecimal digits that the kernel chose. */
static bool is_auto_name(const char *name, size_t len)
{
	if (len < 2 || len > 8 || name[0])
		return false;
	for (size_t i = 1; i < len && i < 6; i++)
		if (!isxdigit((unsigned char)name[i]) || isupper((unsigned char)name[i]))
			return false;
	return true;
}

static const char *auto_text(const char *name)
{
	static char seen[64][6];
	static unsigned num;
	char *text = next_text();
	unsigned i = 0;

	while (i < num && memcmp(seen[i], name, 6) != 0)
		i++;
	if (i == num && num < 63)
		memcpy(seen[num++], name, 6);
	snprintf(text, TEXT_BYTES, "@auto#%u", i + 1);
	return text;
}

static const char *unix_text(const struct sockaddr_un *un, size_t len)
{
	size_t n = len > offsetof(struct sockaddr_un, sun_path) ? len - offsetof(struct sockaddr_un, sun_path)
								: 0;
	char *text;

	if (!n)
		return "unix:unnamed";
	if (is_auto_name(un->sun_path, n))
		return n == 6 ? auto_text(un->sun_path) : "@auto, cut";
	text = next_text();
	if (n > 40)
		snprintf(text, TEXT_BYTES, "unix:%zu-bytes-%08x", n, digest(un->sun_path, n));
	else if (un->sun_path[0])
		snprintf(text, TEXT_BYTES, "unix:%.*s%s", (int)n, un->sun_path,
			 strnlen(un->sun_path, n) < n ? "" : "(no 0)");
	else
		snprintf(text, TEXT_BYTES, "unix:@%.*s", (int)n - 1, un->sun_path + 1);
	return text;
}

static const char *inet6_text(int of, const struct sockaddr_in6 *in6)
{
	char addr[INET6_ADDRSTRLEN], *text = next_text();

	inet_ntop(AF_INET6, &in6->sin6_addr, addr, sizeof addr);
	snprintf(text, TEXT_BYTES, "[%s]:%s", addr, port_text(of, in6));
	if (in6->sin6_flowinfo || in6->sin6_scope_id)
		snprintf(text + strlen(text), TEXT_BYTES - strlen(text), ",flow %#x,scope %u",
			 ntohl(in6->sin6_flowinfo), in6->sin6_scope_id);
	return text;
}

/* An address as it was given or came back, with its length. */
const char *addr_text(int of, const void *addr, size_t len)
{
	const struct sockaddr *sa = addr;
	char inet[INET_ADDRSTRLEN], *text = next_text();

	if (len < sizeof sa->sa_family) {
		snprintf(text, TEXT_BYTES, "nothing/%zu", len);
	} else if (sa->sa_family == AF_UNIX) {
		snprintf(text, TEXT_BYTES, "%s/%zu", unix_text(addr, len), len);
	} else if (sa->sa_family == AF_INET && len >= sizeof(struct sockaddr_in)) {
		const struct sockaddr_in *in = addr;

		inet_ntop(AF_INET, &in->sin_addr, inet, sizeof inet);
		snprintf(text, TEXT_BYTES, "%s:%s/%zu", inet, port_text(of, in), len);
	} else if (sa->sa_family == AF_INET6 && len >= sizeof(struct sockaddr_in6)) {
		snprintf(text, TEXT_BYTES, "%s/%zu", inet6_text(of, addr), len);
	} else {
		snprintf(text, TEXT_BYTES, "family %d/%zu", sa->sa_family, len);
	}
	return text;
}

void count_signal(int sig)
{
	num_signals[sig]++;
}
