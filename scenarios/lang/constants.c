/* SPDX-License-Identifier: MIT */
/*
 * The constants that a scenario may name, with the values that the system's headers give them; errnos and
 * signals come from sim/base/names.h. Must not know what they are used for.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "scenarios/lang/script.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/errqueue.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <netinet/ip_icmp.h>
#include <netinet/tcp.h>
#include <netinet/udp.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "sim/base/names.h"
#include "sim/base/str.h"

/* Younger than some libc headers. */
#ifndef MSG_PROBE
#define MSG_PROBE 0x10
#endif
#ifndef MSG_SYN
#define MSG_SYN 0x400
#endif
#ifndef MSG_FIN
#define MSG_FIN 0x200
#endif
#ifndef MSG_RST
#define MSG_RST 0x1000
#endif
#ifndef MSG_PROXY
#define MSG_PROXY 0x20
#endif
#ifndef MSG_BATCH
#define MSG_BATCH 0x40000
#endif
#ifndef UIO_MAXIOV
#define UIO_MAXIOV 1024
#endif
#ifndef TCP_CM_INQ
#define TCP_CM_INQ TCP_INQ
#endif
#ifndef IP_LOCAL_PORT_RANGE
#define IP_LOCAL_PORT_RANGE 51
#endif
#ifndef SIOCOUTQNSD
#define SIOCOUTQNSD 0x894B
#endif
#ifndef UDP_NO_CHECK6_TX
#define UDP_NO_CHECK6_TX 101
#endif
#ifndef UDP_NO_CHECK6_RX
#define UDP_NO_CHECK6_RX 102
#endif
#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif
#ifndef MSG_ZEROCOPY
#define MSG_ZEROCOPY 0x4000000
#endif
#ifndef SO_EE_CODE_ZEROCOPY_COPIED
#define SO_EE_CODE_ZEROCOPY_COPIED 1
#endif
#ifndef TCP_TX_DELAY
#define TCP_TX_DELAY 37
#endif
#ifndef SO_EE_ORIGIN_ZEROCOPY
#define SO_EE_ORIGIN_ZEROCOPY 5
#endif
#ifndef SIOCINQ
#define SIOCINQ FIONREAD
#endif
#ifndef SIOCOUTQ
#define SIOCOUTQ TIOCOUTQ
#endif
#ifndef SOL_UDP
#define SOL_UDP 17
#endif
#ifndef EPOLLEXCLUSIVE
#define EPOLLEXCLUSIVE (1u << 28)
#endif

struct constant {
	const char *name;
	int64_t value;
};

#define C(name)                        \
	{                              \
#name, (int64_t)(name) \
	}
/* clang-format off */
static const struct constant constants[] = {
	/* packetdrill's own names */
	{ "CMSG_LEVEL_IP", SOL_IP }, { "CMSG_TYPE_RECVERR", IP_RECVERR }, { "SIG_DFL", 0 }, { "SIG_IGN", 1 },
	/* ours: a handler that notes the signal, for "expect signal" */
	{ "HANDLER", 2 },
	C(AF_UNSPEC), C(AF_UNIX), C(AF_LOCAL), C(AF_INET), C(AF_INET6), C(AF_NETLINK), C(AF_PACKET), C(PF_UNIX), C(PF_LOCAL), C(PF_INET), C(PF_INET6),
	C(SOCK_STREAM), C(SOCK_DGRAM), C(SOCK_RAW), C(SOCK_SEQPACKET), C(SOCK_RDM), C(SOCK_NONBLOCK), C(SOCK_CLOEXEC),
	C(IPPROTO_IP), C(IPPROTO_ICMP), C(IPPROTO_TCP), C(IPPROTO_UDP), C(IPPROTO_IPV6), C(IPPROTO_ICMPV6), C(IPPROTO_RAW), C(IPPROTO_UDPLITE), C(IPPROTO_SCTP),
	C(SOL_SOCKET), C(SOL_IP), C(SOL_IPV6), C(SOL_TCP), C(SOL_UDP),
	C(SO_ACCEPTCONN), C(SO_ATTACH_FILTER), C(SO_BINDTODEVICE), C(SO_BROADCAST), C(SO_BUSY_POLL), C(SO_DEBUG), C(SO_DOMAIN), C(SO_DONTROUTE), C(SO_ERROR), C(SO_INCOMING_CPU), C(SO_KEEPALIVE), C(SO_LINGER), C(SO_LOCK_FILTER), C(SO_MARK), C(SO_MAX_PACING_RATE), C(SO_NO_CHECK), C(SO_OOBINLINE), C(SO_PASSCRED), C(SO_PASSSEC), C(SO_PEEK_OFF), C(SO_PEERCRED), C(SO_PEERSEC), C(SO_PRIORITY), C(SO_PROTOCOL), C(SO_RCVBUF), C(SO_RCVBUFFORCE), C(SO_RCVLOWAT), C(SO_RCVTIMEO), C(SO_REUSEADDR), C(SO_REUSEPORT), C(SO_RXQ_OVFL), C(SO_SNDBUF), C(SO_SNDBUFFORCE), C(SO_SNDLOWAT), C(SO_SNDTIMEO), C(SO_TIMESTAMP), C(SO_TIMESTAMPING), C(SO_TIMESTAMPNS), C(SO_TYPE), C(SO_ZEROCOPY), C(SO_TXTIME),
	C(SCM_RIGHTS), C(SCM_CREDENTIALS), C(SCM_TIMESTAMP), C(SCM_TIMESTAMPNS), C(SCM_TIMESTAMPING), C(SCM_TXTIME),
	C(IP_ADD_MEMBERSHIP), C(IP_BIND_ADDRESS_NO_PORT), C(IP_DROP_MEMBERSHIP), C(IP_FREEBIND), C(IP_HDRINCL), C(IP_LOCAL_PORT_RANGE), C(IP_MTU), C(IP_MTU_DISCOVER), C(IP_MULTICAST_ALL), C(IP_MULTICAST_IF), C(IP_MULTICAST_LOOP), C(IP_MULTICAST_TTL), C(IP_NODEFRAG), C(IP_OPTIONS), C(IP_PKTINFO), C(IP_RECVERR), C(IP_RECVOPTS), C(IP_RECVORIGDSTADDR), C(IP_RECVTOS), C(IP_RECVTTL), C(IP_RETOPTS), C(IP_TOS), C(IP_TRANSPARENT), C(IP_TTL), C(IP_PMTUDISC_DONT), C(IP_PMTUDISC_WANT), C(IP_PMTUDISC_DO), C(IP_PMTUDISC_PROBE), C(IP_PMTUDISC_INTERFACE), C(IP_PMTUDISC_OMIT),
	C(IPV6_DONTFRAG), C(IPV6_FREEBIND), C(IPV6_HOPLIMIT), C(IPV6_JOIN_GROUP), C(IPV6_LEAVE_GROUP), C(IPV6_MTU), C(IPV6_MTU_DISCOVER), C(IPV6_MULTICAST_HOPS), C(IPV6_MULTICAST_IF), C(IPV6_MULTICAST_LOOP), C(IPV6_PKTINFO), C(IPV6_RECVERR), C(IPV6_RECVHOPLIMIT), C(IPV6_RECVPKTINFO), C(IPV6_RECVTCLASS), C(IPV6_TCLASS), C(IPV6_UNICAST_HOPS), C(IPV6_V6ONLY), C(IPV6_PMTUDISC_DONT), C(IPV6_PMTUDISC_WANT), C(IPV6_PMTUDISC_DO), C(IPV6_PMTUDISC_PROBE),
	C(TCP_CONGESTION), C(TCP_CORK), C(TCP_DEFER_ACCEPT), C(TCP_FASTOPEN), C(TCP_FASTOPEN_CONNECT), C(TCP_FASTOPEN_KEY), C(TCP_FASTOPEN_NO_COOKIE), C(TCP_INFO), C(TCP_INQ), C(TCP_KEEPCNT), C(TCP_KEEPIDLE), C(TCP_KEEPINTVL), C(TCP_LINGER2), C(TCP_MAXSEG), C(TCP_MD5SIG), C(TCP_NODELAY), C(TCP_NOTSENT_LOWAT), C(TCP_QUICKACK), C(TCP_REPAIR), C(TCP_SAVED_SYN), C(TCP_SAVE_SYN), C(TCP_SYNCNT), C(TCP_TIMESTAMP), C(TCP_ULP), C(TCP_USER_TIMEOUT), C(TCP_WINDOW_CLAMP), C(TCP_ZEROCOPY_RECEIVE), C(TCP_TX_DELAY), C(TCP_CM_INQ),
	C(UDP_CORK), C(UDP_SEGMENT), C(UDP_GRO), C(UDP_ENCAP), C(UDP_NO_CHECK6_TX), C(UDP_NO_CHECK6_RX),
	C(MSG_BATCH), C(MSG_CMSG_CLOEXEC), C(MSG_CONFIRM), C(MSG_CTRUNC), C(MSG_DONTROUTE), C(MSG_DONTWAIT), C(MSG_EOR), C(MSG_ERRQUEUE), C(MSG_FASTOPEN), C(MSG_FIN), C(MSG_MORE), C(MSG_NOSIGNAL), C(MSG_OOB), C(MSG_PEEK), C(MSG_PROXY), C(MSG_RST), C(MSG_SYN), C(MSG_TRUNC), C(MSG_WAITALL), C(MSG_WAITFORONE), C(MSG_ZEROCOPY), C(MSG_PROBE),
	C(SHUT_RD), C(SHUT_WR), C(SHUT_RDWR),
	C(POLLIN), C(POLLPRI), C(POLLOUT), C(POLLERR), C(POLLHUP), C(POLLNVAL), C(POLLRDNORM), C(POLLRDBAND), C(POLLWRNORM), C(POLLWRBAND), C(POLLMSG), C(POLLRDHUP),
	C(EPOLLIN), C(EPOLLPRI), C(EPOLLOUT), C(EPOLLERR), C(EPOLLHUP), C(EPOLLRDNORM), C(EPOLLRDBAND), C(EPOLLWRNORM), C(EPOLLWRBAND), C(EPOLLMSG), C(EPOLLRDHUP), C(EPOLLEXCLUSIVE), C(EPOLLWAKEUP), C(EPOLLONESHOT), C(EPOLLET), C(EPOLL_CTL_ADD), C(EPOLL_CTL_DEL), C(EPOLL_CTL_MOD), C(EPOLL_CLOEXEC),
	C(O_RDONLY), C(O_WRONLY), C(O_RDWR), C(O_APPEND), C(O_ASYNC), C(O_CLOEXEC), C(O_CREAT), C(O_DIRECT), C(O_DIRECTORY), C(O_EXCL), C(O_NONBLOCK), C(O_PATH), C(O_TRUNC),
	C(F_DUPFD), C(F_DUPFD_CLOEXEC), C(F_GETFD), C(F_GETFL), C(F_GETOWN), C(F_GETSIG), C(F_GETPIPE_SZ), C(F_SETFD), C(F_SETFL), C(F_SETOWN), C(F_SETPIPE_SZ), C(F_SETSIG), C(FD_CLOEXEC),
	C(FIOASYNC), C(FIONBIO), C(FIONREAD), C(TIOCOUTQ), C(SIOCINQ), C(SIOCOUTQ), C(SIOCOUTQNSD), C(SIOCATMARK), C(SIOCSPGRP), C(SIOCGPGRP),
	C(SPLICE_F_MOVE), C(SPLICE_F_NONBLOCK), C(SPLICE_F_MORE), C(SPLICE_F_GIFT),
	C(SO_EE_ORIGIN_NONE), C(SO_EE_ORIGIN_LOCAL), C(SO_EE_ORIGIN_ICMP), C(SO_EE_ORIGIN_ICMP6), C(SO_EE_ORIGIN_TXSTATUS), C(SO_EE_ORIGIN_ZEROCOPY), C(SO_EE_ORIGIN_TIMESTAMPING), C(SO_EE_CODE_ZEROCOPY_COPIED),
	C(SOF_TIMESTAMPING_TX_HARDWARE), C(SOF_TIMESTAMPING_TX_SOFTWARE), C(SOF_TIMESTAMPING_RX_HARDWARE), C(SOF_TIMESTAMPING_RX_SOFTWARE), C(SOF_TIMESTAMPING_SOFTWARE), C(SOF_TIMESTAMPING_SYS_HARDWARE), C(SOF_TIMESTAMPING_RAW_HARDWARE), C(SOF_TIMESTAMPING_OPT_ID), C(SOF_TIMESTAMPING_TX_SCHED), C(SOF_TIMESTAMPING_TX_ACK), C(SOF_TIMESTAMPING_OPT_CMSG), C(SOF_TIMESTAMPING_OPT_TSONLY), C(SCM_TSTAMP_SND), C(SCM_TSTAMP_SCHED), C(SCM_TSTAMP_ACK),
	C(SA_RESTART), C(SA_NODEFER), C(SA_RESETHAND), C(SA_SIGINFO), C(SA_ONSTACK), C(SA_NOCLDSTOP),
	C(INT_MAX), C(INT_MIN), C(UINT_MAX), C(SSIZE_MAX), C(SOMAXCONN), C(INADDR_ANY), C(INADDR_LOOPBACK), C(INADDR_BROADCAST), C(ICMP_DEST_UNREACH), C(ICMP_NET_UNREACH), C(ICMP_HOST_UNREACH), C(ICMP_PROT_UNREACH), C(ICMP_PORT_UNREACH), C(ICMP_FRAG_NEEDED), C(UIO_MAXIOV),
	C(ITIMER_REAL), C(ITIMER_VIRTUAL), C(ITIMER_PROF), C(CLOCK_REALTIME), C(CLOCK_MONOTONIC), C(SEEK_SET), C(SEEK_CUR), C(SEEK_END),
};
/* clang-format on */
enum { NUM_CONSTANTS = sizeof constants / sizeof constants[0] };

static bool is_word(const char *name, size_t len, const char *word)
{
	return strlen(word) == len && !memcmp(name, word, len);
}

bool sim_constant_by_name(const char *name, size_t len, int64_t *value)
{
	int n;

	for (size_t i = 0; i < NUM_CONSTANTS; i++) {
		if (is_word(name, len, constants[i].name)) {
			*value = constants[i].value;
			return true;
		}
	}
	n = sim_errno_by_name(name, len);
	if (!n)
		n = sim_signal_by_name(name, len);
	*value = n;
	return n != 0;
}

void sim_constant_suggest(struct sim_suggest *s)
{
	for (size_t i = 0; i < NUM_CONSTANTS; i++)
		sim_suggest_offer(s, constants[i].name);
	sim_errno_suggest(s);
	sim_signal_suggest(s);
}

static bool has_prefix(const char *name, const char *prefix)
{
	return !strncmp(name, prefix, strlen(prefix));
}

void sim_constant_add_bits(struct sim_str *out, const char *prefix, uint64_t bits)
{
	const char *sep = "";

	for (size_t i = 0; i < NUM_CONSTANTS; i++) {
		uint64_t value = (uint64_t)constants[i].value;

		if (!has_prefix(constants[i].name, prefix) || !value || (value & (value - 1)) ||
		    !(bits & value))
			continue;
		sim_str_printf(out, "%s%s", sep, constants[i].name);
		bits &= ~value;
		sep = "|";
	}
	if (bits || !*sep)
		sim_str_printf(out, bits ? "%s0x%llx" : "%s%llu", sep, (unsigned long long)bits);
}

const char *sim_constant_name(const char *prefix, int64_t value)
{
	for (size_t i = 0; i < NUM_CONSTANTS; i++)
		if (has_prefix(constants[i].name, prefix) && constants[i].value == value)
			return constants[i].name;
	return NULL;
}
