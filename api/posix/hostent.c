/* SPDX-License-Identifier: MIT */
/* gethostbyname(3) and kin over the world's names: one struct hostent, its lists and its addresses in one
 * buffer. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <stdalign.h>
#include <string.h>

#include "api/calls/name.h"
#include "api/posix/posix.h"
#include "api/posix/resolve.h"

enum { STATIC_BUF_BYTES = 2048 };

void *sim_posix_cut(struct sim_posix_cutter *c, size_t bytes, size_t align)
{
	size_t gap = -(uintptr_t)c->at & (align - 1);
	char *p;

	if (c->left < gap || c->left - gap < bytes)
		return NULL;
	p = c->at + gap;
	c->at = p + bytes;
	c->left -= gap + bytes;
	return p;
}

static int len_of(int family)
{
	return family == AF_INET ? (int)sizeof(struct in_addr) : (int)sizeof(struct in6_addr);
}

/* 0 or ERANGE. */
static int fill(struct hostent *h, struct sim_posix_cutter *c, const char *name, int family,
		const struct sim_addr *addrs, int num)
{
	size_t name_bytes = strlen(name) + 1;
	char **lists = sim_posix_cut(c, ((size_t)num + 2) * sizeof *lists, alignof(char *));
	char *bytes = sim_posix_cut(c, (size_t)num * (size_t)len_of(family), alignof(struct in6_addr));
	char *own_name = sim_posix_cut(c, name_bytes, 1);

	if (!lists || !bytes || !own_name)
		return ERANGE;
	memcpy(own_name, name, name_bytes);
	h->h_name = own_name;
	h->h_addrtype = family;
	h->h_length = len_of(family);
	h->h_addr_list = lists;
	for (int i = 0; i < num; i++) {
		lists[i] = bytes + i * len_of(family);
		memcpy(lists[i], addrs[i].b + (family == AF_INET ? 12 : 0), (size_t)len_of(family));
	}
	lists[num] = NULL;
	lists[num + 1] = NULL;
	h->h_aliases = &lists[num + 1];
	return 0;
}

/* What the functions with _r return and leave in *err. */
static int answer_none(int code, int *err)
{
	*err = code;
	return code == TRY_AGAIN ? EAGAIN : 0;
}

static int answer(struct hostent *ret, struct sim_posix_cutter *c, const char *name, int family,
		  const struct sim_addr *addrs, int num, struct hostent **result, int *err)
{
	if (fill(ret, c, name, family, addrs, num)) {
		*err = NETDB_INTERNAL;
		return ERANGE;
	}
	*result = ret;
	*err = NETDB_SUCCESS;
	return 0;
}

static int by_name(struct sim_task *t, enum sim_call_id id, const char *name, int family, struct hostent *ret,
		   struct sim_posix_cutter c, struct hostent **result, int *err)
{
	struct sim_addr addrs[SIM_RESOLVE_MAX];
	struct in_addr in;
	char text[INET_ADDRSTRLEN];
	const char *question = inet_aton(name, &in) ? inet_ntop(AF_INET, &in, text, sizeof text) : name;
	int kept = 0;
	long r;

	*result = NULL;
	if (family != AF_INET && family != AF_INET6) {
		*err = NETDB_INTERNAL;
		return EAFNOSUPPORT;
	}
	r = sim_posix_resolve(t, id, question, addrs, SIM_RESOLVE_MAX);
	if (sim_resolve_ruled(r))
		return answer_none(sim_resolve_ruled(r), err);
	if (r < 0)
		return answer_none(HOST_NOT_FOUND, err);
	for (int i = 0; i < r; i++) {
		if (sim_addr_is_v4(addrs[i]) == (family == AF_INET))
			addrs[kept++] = addrs[i];
	}
	if (!kept)
		return answer_none(NO_DATA, err);
	return answer(ret, &c, name, family, addrs, kept, result, err);
}

static int by_addr(struct sim_task *t, enum sim_call_id id, const void *addr, socklen_t len, int family,
		   struct hostent *ret, struct sim_posix_cutter c, struct hostent **result, int *err)
{
	char name[NI_MAXHOST];
	struct sim_addr a;
	long r, done = 0;

	*result = NULL;
	if ((family != AF_INET && family != AF_INET6) || len != (socklen_t)len_of(family)) {
		*err = NETDB_INTERNAL;
		return EINVAL;
	}
	a = sim_addr_v4(0);
	memcpy(a.b + (family == AF_INET ? 12 : 0), addr, len);
	r = sim_call_resolve_addr(t, id, a, name, sizeof name);
	(void)sim_posix_again(t, &done);
	if (sim_resolve_ruled(r))
		return answer_none(sim_resolve_ruled(r), err);
	if (r < 0)
		return answer_none(HOST_NOT_FOUND, err);
	return answer(ret, &c, name, family, &a, 1, result, err);
}

/* The functions without _r keep their answer until the next call on the thread. */
static __thread struct hostent static_entry;
static __thread char static_buf[STATIC_BUF_BYTES];
static __thread int next_entry; /* of gethostent(3) */

static struct sim_posix_cutter static_cutter(void)
{
	return (struct sim_posix_cutter){ static_buf, sizeof static_buf };
}

/* No world on this thread, and libc's resolver would go to the real network. */
static bool refused(const char *call)
{
	if (sim_posix_may_use_libc(call))
		return false;
	h_errno = NETDB_INTERNAL;
	return true;
}

struct hostent *sim_gethostbyname(const char *name)
{
	struct hostent *result;

	if (!sim_current)
		return refused("gethostbyname") ? NULL : sim_libc()->gethostbyname(name);
	(void)by_name(sim_current, SIM_CALL_GETHOSTBYNAME, name, AF_INET, &static_entry, static_cutter(),
		      &result, &h_errno);
	return result;
}

struct hostent *sim_gethostbyname2(const char *name, int family)
{
	struct hostent *result;

	if (!sim_current)
		return refused("gethostbyname2") ? NULL : sim_libc()->gethostbyname2(name, family);
	(void)by_name(sim_current, SIM_CALL_GETHOSTBYNAME2, name, family, &static_entry, static_cutter(),
		      &result, &h_errno);
	return result;
}

struct hostent *sim_gethostbyaddr(const void *addr, socklen_t len, int family)
{
	struct hostent *result;

	if (!sim_current)
		return refused("gethostbyaddr") ? NULL : sim_libc()->gethostbyaddr(addr, len, family);
	(void)by_addr(sim_current, SIM_CALL_GETHOSTBYADDR, addr, len, family, &static_entry, static_cutter(),
		      &result, &h_errno);
	return result;
}

int sim_gethostbyname_r(const char *name, struct hostent *ret, char *buf, size_t buf_len,
			struct hostent **result, int *err)
{
	if (!sim_current)
		return refused("gethostbyname_r")
			       ? EAFNOSUPPORT
			       : sim_libc()->gethostbyname_r(name, ret, buf, buf_len, result, err);
	return by_name(sim_current, SIM_CALL_GETHOSTBYNAME_R, name, AF_INET, ret,
		       (struct sim_posix_cutter){ buf, buf_len }, result, err);
}

int sim_gethostbyname2_r(const char *name, int family, struct hostent *ret, char *buf, size_t buf_len,
			 struct hostent **result, int *err)
{
	if (!sim_current)
		return refused("gethostbyname2_r")
			       ? EAFNOSUPPORT
			       : sim_libc()->gethostbyname2_r(name, family, ret, buf, buf_len, result, err);
	return by_name(sim_current, SIM_CALL_GETHOSTBYNAME2_R, name, family, ret,
		       (struct sim_posix_cutter){ buf, buf_len }, result, err);
}

int sim_gethostbyaddr_r(const void *addr, socklen_t len, int family, struct hostent *ret, char *buf,
			size_t buf_len, struct hostent **result, int *err)
{
	if (!sim_current)
		return refused("gethostbyaddr_r") ? EAFNOSUPPORT
						  : sim_libc()->gethostbyaddr_r(addr, len, family, ret, buf,
										buf_len, result, err);
	return by_addr(sim_current, SIM_CALL_GETHOSTBYADDR_R, addr, len, family, ret,
		       (struct sim_posix_cutter){ buf, buf_len }, result, err);
}

/* ---- one after the other: "localhost", then the hosts in the order in which they were made ---- */

void sim_sethostent(int stay_open)
{
	next_entry = 0;
	if (!sim_current && sim_posix_may_use_libc("sethostent"))
		sim_libc()->sethostent(stay_open);
}

void sim_endhostent(void)
{
	next_entry = 0;
	if (!sim_current && sim_posix_may_use_libc("endhostent"))
		sim_libc()->endhostent();
}

/* Keeps IPv4's addresses, as hosts(5) is read; of a host that has none IPv6's. How many; which in *family. */
static int keep_one_family(struct sim_addr *addrs, int num, int *family)
{
	int kept = 0;

	*family = AF_INET6;
	for (int i = 0; i < num; i++)
		if (sim_addr_is_v4(addrs[i]))
			*family = AF_INET;
	for (int i = 0; i < num; i++)
		if (sim_addr_is_v4(addrs[i]) == (*family == AF_INET))
			addrs[kept++] = addrs[i];
	return kept;
}

/* What had no room is told again. */
static int next_host(struct hostent *ret, struct sim_posix_cutter c, struct hostent **result, int *err)
{
	struct sim_addr addrs[SIM_RESOLVE_MAX];
	struct sim_task *t = sim_current;
	char name[NI_MAXHOST];
	long done = 0, r = sim_call_gethostent(t, next_entry, name, sizeof name, addrs, SIM_RESOLVE_MAX);
	int num, family, failed;

	*result = NULL;
	(void)sim_posix_again(t, &done);
	if (r < 0) {
		*err = sim_resolve_ruled(r) ? sim_resolve_ruled(r) : HOST_NOT_FOUND;
		return ENOENT;
	}
	num = keep_one_family(addrs, (int)r, &family);
	failed = answer(ret, &c, name, family, addrs, num, result, err);
	if (!failed)
		next_entry++;
	return failed;
}

struct hostent *sim_gethostent(void)
{
	struct hostent *result;

	if (!sim_current)
		return refused("gethostent") ? NULL : sim_libc()->gethostent();
	(void)next_host(&static_entry, static_cutter(), &result, &h_errno);
	return result;
}

int sim_gethostent_r(struct hostent *ret, char *buf, size_t buf_len, struct hostent **result, int *err)
{
	if (!sim_current)
		return refused("gethostent_r") ? EAFNOSUPPORT
					       : sim_libc()->gethostent_r(ret, buf, buf_len, result, err);
	return next_host(ret, (struct sim_posix_cutter){ buf, buf_len }, result, err);
}
