/* SPDX-License-Identifier: MIT */
/*
 * The socket options that corpus programs get and set. Those that docs/fidelity.md calls absent are not
 * here, nor those of which it says "stored" and whose effect a program would see.
 */
#ifndef TESTS_CORPUS_OPTIONS_H
#define TESTS_CORPUS_OPTIONS_H

#include <linux/in6.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <stdbool.h>
#include <sys/socket.h>
#include <sys/time.h>

enum when {
	ANY_TIME,  /* set on any socket */
	NOT_TCP,   /* TIMING: on TCP it would change when data moves */
	NEW_ALONE, /* set on a socket that moves no data: TIMING, or drawn by the kernel (SO_REUSEPORT's
		      receiver) */
	NEVER,     /* only read */
};

struct option {
	const char *text;
	int level, name;
	enum when when;
	int min, max; /* values that are drawn */
	socklen_t size;
	bool text_value;
	bool exact;     /* only with its own length and range */
	bool is_cached; /* TIMING, or of what the kernel remembers: read only of a new socket */
};

#define OPTION(level, name, when, min, max)                                          \
	{                                                                            \
#name, level, name, when, min, max, sizeof(int), false, false, false \
	}
#define CACHED(level, name, when, min, max)                                         \
	{                                                                           \
#name, level, name, when, min, max, sizeof(int), false, false, true \
	}
#define WITH_SIZE(level, name, when, size)                                \
	{                                                                 \
#name, level, name, when, 0, 2, size, false, false, false \
	}

static const struct option options[] = {
	OPTION(SOL_SOCKET, SO_TYPE, ANY_TIME, 0, 2),
	OPTION(SOL_SOCKET, SO_DOMAIN, ANY_TIME, 0, 2),
	OPTION(SOL_SOCKET, SO_PROTOCOL, ANY_TIME, 0, 2),
	OPTION(SOL_SOCKET, SO_ERROR, ANY_TIME, 0, 2),
	OPTION(SOL_SOCKET, SO_ACCEPTCONN, ANY_TIME, 0, 2),
	OPTION(SOL_SOCKET, SO_REUSEADDR, ANY_TIME, 0, 1),
	OPTION(SOL_SOCKET, SO_REUSEPORT, NEW_ALONE, 0, 1),
	OPTION(SOL_SOCKET, SO_SNDBUF, NEW_ALONE, 0, 300000),
	OPTION(SOL_SOCKET, SO_RCVBUF, NEW_ALONE, 0, 300000),
	OPTION(SOL_SOCKET, SO_RCVLOWAT, NEW_ALONE, 0, 20),
	OPTION(SOL_SOCKET, SO_SNDLOWAT, ANY_TIME, 0, 20),
	OPTION(SOL_SOCKET, SO_BROADCAST, ANY_TIME, 0, 1),
	OPTION(SOL_SOCKET, SO_DONTROUTE, ANY_TIME, 0, 1),
	OPTION(SOL_SOCKET, SO_KEEPALIVE, ANY_TIME, 0, 1),
	OPTION(SOL_SOCKET, SO_OOBINLINE, ANY_TIME, 0, 1),
	OPTION(SOL_SOCKET, SO_PASSCRED, NEVER, 0, 1),
	OPTION(SOL_SOCKET, SO_TIMESTAMP, NEVER, 0, 1),
	OPTION(SOL_SOCKET, SO_PRIORITY, ANY_TIME, 0, 6),
	OPTION(SOL_SOCKET, SO_MARK, ANY_TIME, 0, 100),
	WITH_SIZE(SOL_SOCKET, SO_LINGER, NEW_ALONE, sizeof(struct linger)),
	WITH_SIZE(SOL_SOCKET, SO_RCVTIMEO, NEW_ALONE, sizeof(struct timeval)),
	WITH_SIZE(SOL_SOCKET, SO_SNDTIMEO, NEW_ALONE, sizeof(struct timeval)),
	WITH_SIZE(SOL_SOCKET, SO_PEERCRED, ANY_TIME, sizeof(struct ucred)),
	OPTION(SOL_SOCKET, 9999, ANY_TIME, 0, 2),
	OPTION(IPPROTO_IP, IP_TTL, ANY_TIME, 0, 300),
	OPTION(IPPROTO_IP, IP_TOS, ANY_TIME, 0, 255),
	OPTION(IPPROTO_IP, IP_MTU_DISCOVER, NEW_ALONE, 0, 6),
	CACHED(IPPROTO_IP, IP_MTU, ANY_TIME, 0, 2),
	OPTION(IPPROTO_IP, IP_RECVERR, NEVER, 0, 1),
	OPTION(IPPROTO_IP, IP_FREEBIND, NEW_ALONE, 0, 1),
	OPTION(IPPROTO_IP, 9999, ANY_TIME, 0, 2),
	OPTION(IPPROTO_IPV6, IPV6_V6ONLY, ANY_TIME, 0, 1),
	OPTION(IPPROTO_IPV6, IPV6_UNICAST_HOPS, ANY_TIME, -1, 256),
	OPTION(IPPROTO_IPV6, IPV6_TCLASS, ANY_TIME, -1, 256),
	OPTION(IPPROTO_IPV6, IPV6_MTU_DISCOVER, NEW_ALONE, 0, 6),
	CACHED(IPPROTO_IPV6, IPV6_MTU, NEVER, 0, 2),
	OPTION(IPPROTO_IPV6, IPV6_DONTFRAG, NEW_ALONE, 0, 1),
	OPTION(IPPROTO_IPV6, 9999, ANY_TIME, 0, 2),
	OPTION(IPPROTO_TCP, TCP_NODELAY, NEW_ALONE, 0, 1),
	OPTION(IPPROTO_TCP, TCP_CORK, NEW_ALONE, 0, 1),
	CACHED(IPPROTO_TCP, TCP_MAXSEG, NEW_ALONE, 80, 2000),
	OPTION(IPPROTO_TCP, TCP_KEEPIDLE, ANY_TIME, 1, 1000),
	OPTION(IPPROTO_TCP, TCP_KEEPINTVL, ANY_TIME, 1, 1000),
	OPTION(IPPROTO_TCP, TCP_KEEPCNT, ANY_TIME, 1, 127),
	OPTION(IPPROTO_TCP, TCP_SYNCNT, ANY_TIME, 1, 127),
	OPTION(IPPROTO_TCP, TCP_LINGER2, NEW_ALONE, 0, 200),
	OPTION(IPPROTO_TCP, TCP_DEFER_ACCEPT, NEW_ALONE, 0, 200),
	OPTION(IPPROTO_TCP, TCP_USER_TIMEOUT, NEW_ALONE, 0, 100000),
	WITH_SIZE(IPPROTO_TCP, TCP_INFO, ANY_TIME, 104),
	{ "TCP_CONGESTION", IPPROTO_TCP, TCP_CONGESTION, NEW_ALONE, 0, 2, 16, true, false, false },
	OPTION(IPPROTO_TCP, 9999, ANY_TIME, 0, 2),
	OPTION(IPPROTO_UDP, UDP_CORK, NEW_ALONE, 0, 1),
	OPTION(IPPROTO_UDP, 9999, ANY_TIME, 0, 2),
	OPTION(77, 1, ANY_TIME, 0, 2),
};

#undef OPTION
#undef CACHED
#undef WITH_SIZE

#endif
