/* SPDX-License-Identifier: MIT */
/*
 * Names that would ask a server or a database of the machine, and that the virtual network has nothing
 * behind: while a world lives they fail as the manual has it, with a reason. Without one they are libc's.
 * What getaddrinfo and kin answer stands in the posix face.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <netdb.h>
#include <netinet/ether.h>
#include <resolv.h>

#include "api/dropin/define.h"
#include "api/posix/posix.h"

/* The macros of headers, so that names can be said; libc's own are found as res_query and kin. */
#undef res_init
#undef res_ninit
#undef res_query
#undef res_nquery
#undef res_search
#undef res_nsearch
#undef res_querydomain
#undef res_nquerydomain
#undef res_send
#undef res_nsend

/* A name of libc's; the function behind it; its type, parameters and their names; as which call it fails,
 * with which errno or h_errno, and what it answers then. */
/* clang-format off */
#define REFUSE(label, real, type, params, args, call, code, failed) \
	type sim_dropin_##label params SIM_AS(#label);              \
	type sim_dropin_##label params                              \
	{                                                           \
		if (!sim_current && sim_posix_may_use_libc(#real))  \
			return sim_libc()->real args;               \
		if (sim_current)                                    \
			sim_posix_refuse(SIM_CALL_##call, code);    \
		else                                                \
			h_errno = NETDB_INTERNAL;                   \
		return failed;                                      \
	}
/* clang-format on */

/* ---- the resolver of libresolv, which is libc since 2.34: there is no name server ---- */

#define QUESTION unsigned char *answer, int len

#define RES_QUERY(label, real)                                                      \
	REFUSE(label, real, int, (const char *name, int class, int type, QUESTION), \
	       (name, class, type, answer, len), RES_QUERY, NO_RECOVERY, -1)
RES_QUERY(res_query, res_query)
RES_QUERY(__res_query, res_query)

#define RES_SEARCH(label, real)                                                     \
	REFUSE(label, real, int, (const char *name, int class, int type, QUESTION), \
	       (name, class, type, answer, len), RES_SEARCH, NO_RECOVERY, -1)
RES_SEARCH(res_search, res_search)
RES_SEARCH(__res_search, res_search)

#define RES_QUERYDOMAIN(label, real)                                                                    \
	REFUSE(label, real, int, (const char *name, const char *domain, int class, int type, QUESTION), \
	       (name, domain, class, type, answer, len), RES_QUERYDOMAIN, NO_RECOVERY, -1)
RES_QUERYDOMAIN(res_querydomain, res_querydomain)
RES_QUERYDOMAIN(__res_querydomain, res_querydomain)

#define RES_NQUERY(label, real)                                                                      \
	REFUSE(label, real, int, (res_state state, const char *name, int class, int type, QUESTION), \
	       (state, name, class, type, answer, len), RES_QUERY, NO_RECOVERY,                      \
	       (state->res_h_errno = h_errno, -1))
RES_NQUERY(res_nquery, res_nquery)
RES_NQUERY(__res_nquery, res_nquery)

#define RES_NSEARCH(label, real)                                                                     \
	REFUSE(label, real, int, (res_state state, const char *name, int class, int type, QUESTION), \
	       (state, name, class, type, answer, len), RES_SEARCH, NO_RECOVERY,                     \
	       (state->res_h_errno = h_errno, -1))
RES_NSEARCH(res_nsearch, res_nsearch)
RES_NSEARCH(__res_nsearch, res_nsearch)

#define RES_NQUERYDOMAIN(label, real)                                                                  \
	REFUSE(label, real, int,                                                                       \
	       (res_state state, const char *name, const char *domain, int class, int type, QUESTION), \
	       (state, name, domain, class, type, answer, len), RES_QUERYDOMAIN, NO_RECOVERY,          \
	       (state->res_h_errno = h_errno, -1))
RES_NQUERYDOMAIN(res_nquerydomain, res_nquerydomain)
RES_NQUERYDOMAIN(__res_nquerydomain, res_nquerydomain)

/* As if no server listened. */
#define RES_SEND(label, real)                                                       \
	REFUSE(label, real, int, (const unsigned char *msg, int msg_len, QUESTION), \
	       (msg, msg_len, answer, len), RES_SEND, ECONNREFUSED, -1)
RES_SEND(res_send, res_send)
RES_SEND(__res_send, res_send)

#define RES_NSEND(label, real)                                                                       \
	REFUSE(label, real, int, (res_state state, const unsigned char *msg, int msg_len, QUESTION), \
	       (state, msg, msg_len, answer, len), RES_SEND, ECONNREFUSED, -1)
RES_NSEND(res_nsend, res_nsend)
RES_NSEND(__res_nsend, res_nsend)

/* It would read which servers the machine asks. */
REFUSE(res_init, __res_init, int, (void), (), RES_INIT, NO_RECOVERY, -1)
REFUSE(__res_init, __res_init, int, (void), (), RES_INIT, NO_RECOVERY, -1)
REFUSE(res_ninit, __res_ninit, int, (res_state state), (state), RES_INIT, NO_RECOVERY, -1)
REFUSE(__res_ninit, __res_ninit, int, (res_state state), (state), RES_INIT, NO_RECOVERY, -1)

/* ---- networks by name: a world has none ---- */

REFUSE(getnetbyname, getnetbyname, struct netent *, (const char *name), (name), GETNETBYNAME, HOST_NOT_FOUND,
       NULL)
REFUSE(getnetbyaddr, getnetbyaddr, struct netent *, (uint32_t net, int family), (net, family), GETNETBYADDR,
       HOST_NOT_FOUND, NULL)
REFUSE(getnetent, getnetent, struct netent *, (void), (), GETNETENT, HOST_NOT_FOUND, NULL)

#define NET_BUFFER struct netent *ret, char *buf, size_t len, struct netent **result, int *err

/* 0: nothing was found, and *err says why; a list that has ended is ENOENT. */
REFUSE(getnetbyname_r, getnetbyname_r, int, (const char *name, NET_BUFFER),
       (name, ret, buf, len, result, err), GETNETBYNAME, HOST_NOT_FOUND, (*result = NULL, *err = h_errno, 0))
REFUSE(getnetbyaddr_r, getnetbyaddr_r, int, (uint32_t net, int family, NET_BUFFER),
       (net, family, ret, buf, len, result, err), GETNETBYADDR, HOST_NOT_FOUND,
       (*result = NULL, *err = h_errno, 0))
REFUSE(getnetent_r, getnetent_r, int, (NET_BUFFER), (ret, buf, len, result, err), GETNETENT, HOST_NOT_FOUND,
       (*result = NULL, *err = h_errno, ENOENT))

/* ---- netgroups and Ethernet addresses by name: NIS's, of old ---- */

REFUSE(setnetgrent, setnetgrent, int, (const char *group), (group), SETNETGRENT, ENOENT, 0)
REFUSE(innetgr, innetgr, int, (const char *group, const char *host, const char *user, const char *domain),
       (group, host, user, domain), INNETGR, ENOENT, 0)
REFUSE(ether_hostton, ether_hostton, int, (const char *host, struct ether_addr *addr), (host, addr),
       ETHER_HOSTTON, ENOENT, -1)
REFUSE(ether_ntohost, ether_ntohost, int, (char *host, const struct ether_addr *addr), (host, addr),
       ETHER_NTOHOST, ENOENT, -1)

/* ---- rcmd(3), rexec(3): they make sockets by calls that no name reaches ---- */

#define RCMD_PARAMS \
	char **host, unsigned short port, const char *here, const char *there, const char *cmd, int *err_fd
REFUSE(rcmd, rcmd, int, (RCMD_PARAMS), (host, port, here, there, cmd, err_fd), RCMD, EAFNOSUPPORT, -1)
REFUSE(rcmd_af, rcmd_af, int, (RCMD_PARAMS, sa_family_t family),
       (host, port, here, there, cmd, err_fd, family), RCMD, EAFNOSUPPORT, -1)

#define REXEC_PARAMS \
	char **host, int port, const char *user, const char *password, const char *cmd, int *err_fd
REFUSE(rexec, rexec, int, (REXEC_PARAMS), (host, port, user, password, cmd, err_fd), REXEC, EAFNOSUPPORT, -1)
REFUSE(rexec_af, rexec_af, int, (REXEC_PARAMS, sa_family_t family),
       (host, port, user, password, cmd, err_fd, family), REXEC, EAFNOSUPPORT, -1)

REFUSE(rresvport, rresvport, int, (int *port), (port), RRESVPORT, EAFNOSUPPORT, -1)
REFUSE(rresvport_af, rresvport_af, int, (int *port, sa_family_t family), (port, family), RRESVPORT,
       EAFNOSUPPORT, -1)

REFUSE(ruserok, ruserok, int, (const char *host, int super, const char *there, const char *here),
       (host, super, there, here), RUSEROK, EACCES, -1)
REFUSE(ruserok_af, ruserok_af, int,
       (const char *host, int super, const char *there, const char *here, sa_family_t family),
       (host, super, there, here, family), RUSEROK, EACCES, -1)
REFUSE(iruserok, iruserok, int, (uint32_t addr, int super, const char *there, const char *here),
       (addr, super, there, here), RUSEROK, EACCES, -1)
REFUSE(iruserok_af, iruserok_af, int,
       (const void *addr, int super, const char *there, const char *here, sa_family_t family),
       (addr, super, there, here, family), RUSEROK, EACCES, -1)
