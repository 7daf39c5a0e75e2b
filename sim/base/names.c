/* SPDX-License-Identifier: MIT */
/* Tables of names: see names.h. Both ways from one table each. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* SIGSTKFLT, SIGPOLL */
#endif
#include "sim/base/names.h"

#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/socket.h>

#include "sim/base/str.h"

/* glibc keeps 32 and 33 for itself: what programs call SIGRTMIN is 34 (signal(7)). */
#define RT_MIN 34
#define RT_MAX 64

static const char *const errno_names[] = {
	[EPERM] = "EPERM",
	[ENOENT] = "ENOENT",
	[ESRCH] = "ESRCH",
	[EINTR] = "EINTR",
	[EIO] = "EIO",
	[ENXIO] = "ENXIO",
	[E2BIG] = "E2BIG",
	[ENOEXEC] = "ENOEXEC",
	[EBADF] = "EBADF",
	[ECHILD] = "ECHILD",
	[EAGAIN] = "EAGAIN",
	[ENOMEM] = "ENOMEM",
	[EACCES] = "EACCES",
	[EFAULT] = "EFAULT",
	[ENOTBLK] = "ENOTBLK",
	[EBUSY] = "EBUSY",
	[EEXIST] = "EEXIST",
	[EXDEV] = "EXDEV",
	[ENODEV] = "ENODEV",
	[ENOTDIR] = "ENOTDIR",
	[EISDIR] = "EISDIR",
	[EINVAL] = "EINVAL",
	[ENFILE] = "ENFILE",
	[EMFILE] = "EMFILE",
	[ENOTTY] = "ENOTTY",
	[ETXTBSY] = "ETXTBSY",
	[EFBIG] = "EFBIG",
	[ENOSPC] = "ENOSPC",
	[ESPIPE] = "ESPIPE",
	[EROFS] = "EROFS",
	[EMLINK] = "EMLINK",
	[EPIPE] = "EPIPE",
	[EDOM] = "EDOM",
	[ERANGE] = "ERANGE",
	[EDEADLK] = "EDEADLK",
	[ENAMETOOLONG] = "ENAMETOOLONG",
	[ENOLCK] = "ENOLCK",
	[ENOSYS] = "ENOSYS",
	[ENOTEMPTY] = "ENOTEMPTY",
	[ELOOP] = "ELOOP",
	[ENOMSG] = "ENOMSG",
	[EIDRM] = "EIDRM",
	[ECHRNG] = "ECHRNG",
	[EL2NSYNC] = "EL2NSYNC",
	[EL3HLT] = "EL3HLT",
	[EL3RST] = "EL3RST",
	[ELNRNG] = "ELNRNG",
	[EUNATCH] = "EUNATCH",
	[ENOCSI] = "ENOCSI",
	[EL2HLT] = "EL2HLT",
	[EBADE] = "EBADE",
	[EBADR] = "EBADR",
	[EXFULL] = "EXFULL",
	[ENOANO] = "ENOANO",
	[EBADRQC] = "EBADRQC",
	[EBADSLT] = "EBADSLT",
	[EBFONT] = "EBFONT",
	[ENOSTR] = "ENOSTR",
	[ENODATA] = "ENODATA",
	[ETIME] = "ETIME",
	[ENOSR] = "ENOSR",
	[ENONET] = "ENONET",
	[ENOPKG] = "ENOPKG",
	[EREMOTE] = "EREMOTE",
	[ENOLINK] = "ENOLINK",
	[EADV] = "EADV",
	[ESRMNT] = "ESRMNT",
	[ECOMM] = "ECOMM",
	[EPROTO] = "EPROTO",
	[EMULTIHOP] = "EMULTIHOP",
	[EDOTDOT] = "EDOTDOT",
	[EBADMSG] = "EBADMSG",
	[EOVERFLOW] = "EOVERFLOW",
	[ENOTUNIQ] = "ENOTUNIQ",
	[EBADFD] = "EBADFD",
	[EREMCHG] = "EREMCHG",
	[ELIBACC] = "ELIBACC",
	[ELIBBAD] = "ELIBBAD",
	[ELIBSCN] = "ELIBSCN",
	[ELIBMAX] = "ELIBMAX",
	[ELIBEXEC] = "ELIBEXEC",
	[EILSEQ] = "EILSEQ",
	[ERESTART] = "ERESTART",
	[ESTRPIPE] = "ESTRPIPE",
	[EUSERS] = "EUSERS",
	[ENOTSOCK] = "ENOTSOCK",
	[EDESTADDRREQ] = "EDESTADDRREQ",
	[EMSGSIZE] = "EMSGSIZE",
	[EPROTOTYPE] = "EPROTOTYPE",
	[ENOPROTOOPT] = "ENOPROTOOPT",
	[EPROTONOSUPPORT] = "EPROTONOSUPPORT",
	[ESOCKTNOSUPPORT] = "ESOCKTNOSUPPORT",
	[EOPNOTSUPP] = "EOPNOTSUPP",
	[EPFNOSUPPORT] = "EPFNOSUPPORT",
	[EAFNOSUPPORT] = "EAFNOSUPPORT",
	[EADDRINUSE] = "EADDRINUSE",
	[EADDRNOTAVAIL] = "EADDRNOTAVAIL",
	[ENETDOWN] = "ENETDOWN",
	[ENETUNREACH] = "ENETUNREACH",
	[ENETRESET] = "ENETRESET",
	[ECONNABORTED] = "ECONNABORTED",
	[ECONNRESET] = "ECONNRESET",
	[ENOBUFS] = "ENOBUFS",
	[EISCONN] = "EISCONN",
	[ENOTCONN] = "ENOTCONN",
	[ESHUTDOWN] = "ESHUTDOWN",
	[ETOOMANYREFS] = "ETOOMANYREFS",
	[ETIMEDOUT] = "ETIMEDOUT",
	[ECONNREFUSED] = "ECONNREFUSED",
	[EHOSTDOWN] = "EHOSTDOWN",
	[EHOSTUNREACH] = "EHOSTUNREACH",
	[EALREADY] = "EALREADY",
	[EINPROGRESS] = "EINPROGRESS",
	[ESTALE] = "ESTALE",
	[EUCLEAN] = "EUCLEAN",
	[ENOTNAM] = "ENOTNAM",
	[ENAVAIL] = "ENAVAIL",
	[EISNAM] = "EISNAM",
	[EREMOTEIO] = "EREMOTEIO",
	[EDQUOT] = "EDQUOT",
	[ENOMEDIUM] = "ENOMEDIUM",
	[EMEDIUMTYPE] = "EMEDIUMTYPE",
	[ECANCELED] = "ECANCELED",
	[ENOKEY] = "ENOKEY",
	[EKEYEXPIRED] = "EKEYEXPIRED",
	[EKEYREVOKED] = "EKEYREVOKED",
	[EKEYREJECTED] = "EKEYREJECTED",
	[EOWNERDEAD] = "EOWNERDEAD",
	[ENOTRECOVERABLE] = "ENOTRECOVERABLE",
	[ERFKILL] = "ERFKILL",
	[EHWPOISON] = "EHWPOISON",
};

struct alias {
	const char *name;
	int number;
};

static const struct alias errno_aliases[] = {
	{ "EWOULDBLOCK", EWOULDBLOCK },
	{ "EDEADLOCK", EDEADLOCK },
	{ "ENOTSUP", ENOTSUP },
};

static const char *const signal_names[] = {
	[SIGHUP] = "SIGHUP",   [SIGINT] = "SIGINT",       [SIGQUIT] = "SIGQUIT", [SIGILL] = "SIGILL",
	[SIGTRAP] = "SIGTRAP", [SIGABRT] = "SIGABRT",     [SIGBUS] = "SIGBUS",   [SIGFPE] = "SIGFPE",
	[SIGKILL] = "SIGKILL", [SIGUSR1] = "SIGUSR1",     [SIGSEGV] = "SIGSEGV", [SIGUSR2] = "SIGUSR2",
	[SIGPIPE] = "SIGPIPE", [SIGALRM] = "SIGALRM",     [SIGTERM] = "SIGTERM", [SIGSTKFLT] = "SIGSTKFLT",
	[SIGCHLD] = "SIGCHLD", [SIGCONT] = "SIGCONT",     [SIGSTOP] = "SIGSTOP", [SIGTSTP] = "SIGTSTP",
	[SIGTTIN] = "SIGTTIN", [SIGTTOU] = "SIGTTOU",     [SIGURG] = "SIGURG",   [SIGXCPU] = "SIGXCPU",
	[SIGXFSZ] = "SIGXFSZ", [SIGVTALRM] = "SIGVTALRM", [SIGPROF] = "SIGPROF", [SIGWINCH] = "SIGWINCH",
	[SIGIO] = "SIGIO",     [SIGPWR] = "SIGPWR",       [SIGSYS] = "SIGSYS",
};

static const struct alias signal_aliases[] = {
	{ "SIGIOT", SIGIOT },
	{ "SIGPOLL", SIGPOLL },
	{ "SIGCLD", SIGCHLD },
};

/* The last two are not in every libc's headers. */
static const struct alias msg_flag_names[] = {
	{ "MSG_OOB", MSG_OOB },
	{ "MSG_PEEK", MSG_PEEK },
	{ "MSG_DONTROUTE", MSG_DONTROUTE },
	{ "MSG_CTRUNC", MSG_CTRUNC },
	{ "MSG_TRUNC", MSG_TRUNC },
	{ "MSG_DONTWAIT", MSG_DONTWAIT },
	{ "MSG_EOR", MSG_EOR },
	{ "MSG_WAITALL", MSG_WAITALL },
	{ "MSG_FIN", MSG_FIN },
	{ "MSG_SYN", MSG_SYN },
	{ "MSG_CONFIRM", MSG_CONFIRM },
	{ "MSG_RST", MSG_RST },
	{ "MSG_ERRQUEUE", MSG_ERRQUEUE },
	{ "MSG_NOSIGNAL", MSG_NOSIGNAL },
	{ "MSG_MORE", MSG_MORE },
	{ "MSG_WAITFORONE", MSG_WAITFORONE },
	{ "MSG_ZEROCOPY", MSG_ZEROCOPY },
	{ "MSG_FASTOPEN", MSG_FASTOPEN },
	{ "MSG_CMSG_CLOEXEC", MSG_CMSG_CLOEXEC },
	{ "MSG_PROBE", 0x10 },
	{ "MSG_BATCH", 0x40000 },
};

#define NUM(a) (sizeof(a) / sizeof(a)[0])

static int find_name(const char *const *names, size_t num, const struct alias *aliases, size_t num_aliases,
		     const char *name, size_t len)
{
	size_t i;

	for (i = 0; i < num; i++) {
		if (names[i] && strlen(names[i]) == len && memcmp(names[i], name, len) == 0)
			return (int)i;
	}
	for (i = 0; i < num_aliases; i++) {
		if (strlen(aliases[i].name) == len && memcmp(aliases[i].name, name, len) == 0)
			return aliases[i].number;
	}
	return 0;
}

const char *sim_errno_name(int err)
{
	if (err <= 0 || (size_t)err >= NUM(errno_names))
		return NULL;
	return errno_names[err];
}

int sim_errno_by_name(const char *name, size_t len)
{
	return find_name(errno_names, NUM(errno_names), errno_aliases, NUM(errno_aliases), name, len);
}

void sim_errno_suggest(struct sim_suggest *s)
{
	size_t i;

	for (i = 0; i < NUM(errno_names); i++) {
		if (errno_names[i])
			sim_suggest_offer(s, errno_names[i]);
	}
	for (i = 0; i < NUM(errno_aliases); i++)
		sim_suggest_offer(s, errno_aliases[i].name);
}

const char *sim_signal_name(int signo)
{
	if (signo <= 0 || (size_t)signo >= NUM(signal_names))
		return NULL;
	return signal_names[signo];
}

void sim_signal_add(struct sim_str *out, int signo)
{
	const char *name = sim_signal_name(signo);

	if (name)
		sim_str_add(out, name);
	else if (signo == RT_MIN)
		sim_str_add(out, "SIGRTMIN");
	else if (signo > RT_MIN && signo <= RT_MAX)
		sim_str_printf(out, "SIGRTMIN+%d", signo - RT_MIN);
	else
		sim_str_printf(out, "signal %d", signo);
}

/* "SIGRTMIN", "SIGRTMIN+3", "SIGRTMAX", "SIGRTMAX-2". */
static int realtime_by_name(const char *name, size_t len)
{
	bool from_max = len >= 8 && memcmp(name, "SIGRTMAX", 8) == 0;
	int n = 0;
	size_t i;

	if (len < 8 || (!from_max && memcmp(name, "SIGRTMIN", 8) != 0))
		return 0;
	if (len == 9 || len > 11 || (len > 9 && name[8] != (from_max ? '-' : '+')))
		return 0;
	for (i = 9; i < len; i++) {
		if (name[i] < '0' || name[i] > '9')
			return 0;
		n = n * 10 + (name[i] - '0');
	}
	if (n > RT_MAX - RT_MIN)
		return 0;
	return from_max ? RT_MAX - n : RT_MIN + n;
}

int sim_signal_by_name(const char *name, size_t len)
{
	int signo =
		find_name(signal_names, NUM(signal_names), signal_aliases, NUM(signal_aliases), name, len);

	return signo ? signo : realtime_by_name(name, len);
}

void sim_signal_suggest(struct sim_suggest *s)
{
	size_t i;

	for (i = 0; i < NUM(signal_names); i++) {
		if (signal_names[i])
			sim_suggest_offer(s, signal_names[i]);
	}
	sim_suggest_offer(s, "SIGRTMIN");
	sim_suggest_offer(s, "SIGRTMAX");
}

const char *sim_msg_flag_name(unsigned flag)
{
	size_t i;

	for (i = 0; i < NUM(msg_flag_names); i++) {
		if ((unsigned)msg_flag_names[i].number == flag)
			return msg_flag_names[i].name;
	}
	return NULL;
}

unsigned sim_msg_flag_by_name(const char *name, size_t len)
{
	return (unsigned)find_name(NULL, 0, msg_flag_names, NUM(msg_flag_names), name, len);
}

void sim_msg_flag_suggest(struct sim_suggest *s)
{
	size_t i;

	for (i = 0; i < NUM(msg_flag_names); i++)
		sim_suggest_offer(s, msg_flag_names[i].name);
}
