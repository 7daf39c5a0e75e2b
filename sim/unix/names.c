/* SPDX-License-Identifier: MIT */
/*
 * Names: bind(2), autobind, getsockname(2), getpeername(2), and finding the socket of a name. unix(7),
 * "Address format". Abstract names are a name space for each type; pathnames are known by the inode they lead
 * to. Must not know how a path is walked: that is the resolver's.
 */
#include <errno.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/unix/private.h"

enum { AUTOBIND_NAMES = 1 << 20, AUTOBIND_DIGITS = 5 };

static const struct sim_unix_resolver *resolver(const struct sim_unix *u)
{
	SIM_ASSERT(u->paths < SIM_UNIX_NUM_PATHS && sim_unix_resolvers[u->paths]);
	return sim_unix_resolvers[u->paths];
}

static struct sim_unix *space_of(const struct sim_unix_sock *u)
{
	return u->sk.net->unix_domain;
}

int sim_unix_init(struct sim_unix *u, struct sim_net *net)
{
	struct sim_arena *a = net->ctx->arena;

	memset(u, 0, sizeof *u);
	u->net = net;
	/* A host's ports are drawn for (PORT, host): the top bit keeps these streams apart. */
	u->rng = sim_rng_stream(net->ctx->seed, SIM_PURPOSE_PORT, UINT64_C(1) << 63 | net->host_id);
	if (sim_hmap_init(&u->bound, a))
		return -ENOMEM;
	if (sim_unix_tree_init(u)) {
		sim_hmap_fini(&u->bound, a);
		return -ENOMEM;
	}
	net->unix_domain = u;
	return 0;
}

void sim_unix_fini(struct sim_unix *u)
{
	SIM_ASSERT(u->bound.num_nodes == 0);
	sim_unix_tree_fini(u);
	sim_hmap_fini(&u->bound, u->net->ctx->arena);
	u->net->unix_domain = NULL;
}

/* ---- the table ---- */

static uint32_t fold(uint64_t h)
{
	return (uint32_t)(h ^ h >> 32);
}

static uint32_t hash_abstract(int type, const char *name, size_t len)
{
	uint64_t h = (uint64_t)type << 32 ^ len;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
	return fold(sim_mix(h, UINT64_C(0x9e3779b97f4a7c15)));
}

static uint32_t hash_inode(struct sim_unix_inode i)
{
	return fold(sim_mix(i.ino ^ UINT64_C(0x9e3779b97f4a7c15), i.dev ^ UINT64_C(0xd1b54a32d192ed03)));
}

static bool is_abstract(const struct sim_unix_addr *a)
{
	return a->path[0] == '\0';
}

static struct sim_unix_sock *find_abstract(struct sim_unix *space, int type, const char *name, size_t len)
{
	struct sim_hnode *n = sim_hmap_first(&space->bound, hash_abstract(type, name, len));

	for (; n; n = sim_hmap_next(n)) {
		struct sim_unix_sock *u = sim_container_of(n, struct sim_unix_sock, by_name);

		if (is_abstract(u->addr) && u->sk.type == type && u->addr->len == len &&
		    !memcmp(u->addr->path, name, len))
			return u;
	}
	return NULL;
}

static struct sim_unix_sock *find_inode(struct sim_unix *space, struct sim_unix_inode i)
{
	struct sim_hnode *n = sim_hmap_first(&space->bound, hash_inode(i));

	for (; n; n = sim_hmap_next(n)) {
		struct sim_unix_sock *u = sim_container_of(n, struct sim_unix_sock, by_name);

		if (!is_abstract(u->addr) && u->inode.dev == i.dev && u->inode.ino == i.ino)
			return u;
	}
	return NULL;
}

void sim_unix_unbind(struct sim_unix_sock *u)
{
	if (u->by_name.in_map)
		sim_hmap_remove(&space_of(u)->bound, &u->by_name);
}

static struct sim_unix_addr *addr_new(struct sim_arena *a, const char *path, size_t len)
{
	struct sim_unix_addr *addr = sim_arena_alloc(a, sizeof *addr);

	if (!addr)
		return NULL;
	addr->refs = 1;
	addr->len = (uint16_t)len;
	memcpy(addr->path, path, len);
	return addr;
}

void sim_unix_addr_put(struct sim_arena *a, struct sim_unix_addr *addr)
{
	if (addr && --addr->refs == 0)
		sim_arena_free(a, addr, sizeof *addr);
}

/* ---- addresses of calls ---- */

/* unix_validate_addr(): connect and sendto want a name. */
int sim_unix_check_addr(struct sim_unix_sock *u, struct sim_task *t, const struct sim_sockaddr *a)
{
	if (a->family != AF_UNIX)
		return sim_sock_fail(&u->sk, t, EINVAL, SIM_WHY_BAD_FAMILY, SIM_NEVER_NS, a->family, AF_UNIX,
				     0, 0);
	if (!a->path_len || a->path_len > SIM_UNIX_PATH_MAX)
		return sim_sock_fail(&u->sk, t, EINVAL, SIM_WHY_BAD_ADDRESS_LEN, SIM_NEVER_NS,
				     a->path_len + 2, 3, SIM_UNIX_PATH_MAX + 2, 0);
	return 0;
}

static enum sim_why_key why_of(int err)
{
	switch (err) {
	case -EADDRINUSE: return SIM_WHY_ADDR_IN_USE;
	case -EACCES:
	case -EPERM: return SIM_WHY_ACCESS;
	case -ENOMEM: return SIM_WHY_NO_MEMORY;
	case -ECONNREFUSED: return SIM_WHY_REFUSED_UNIX;
	default: return SIM_WHY_NO_SUCH_PATH;
	}
}

static int fail_path(struct sim_unix_sock *u, struct sim_task *t, int err)
{
	return sim_sock_fail(&u->sk, t, -err, why_of(err), SIM_NEVER_NS, 0, 0, 0, 0);
}

/* A pathname ends at its first NUL, whatever length the call gave. */
static size_t pathname(const struct sim_sockaddr *a, char to[SIM_UNIX_PATH_MAX + 1])
{
	size_t len = strnlen(a->path, a->path_len);

	memcpy(to, a->path, len);
	to[len] = '\0';
	return len;
}

int sim_unix_find(struct sim_unix_sock *u, struct sim_task *t, const struct sim_sockaddr *a,
		  struct sim_unix_sock **found)
{
	struct sim_unix *space = space_of(u);
	char path[SIM_UNIX_PATH_MAX + 1];
	struct sim_unix_inode inode;
	struct sim_unix_cred who;
	int err;

	if (a->path[0] == '\0') {
		*found = find_abstract(space, u->sk.type, a->path, a->path_len);
		return *found ? 0 : fail_path(u, t, -ECONNREFUSED);
	}
	pathname(a, path);
	sim_unix_task_cred(t, &who);
	err = resolver(space)->lookup(space, &who, path, &inode);
	if (err)
		return fail_path(u, t, err);
	*found = find_inode(space, inode);
	if (!*found)
		return fail_path(u, t, -ECONNREFUSED);
	if ((*found)->sk.type != u->sk.type)
		return sim_sock_fail(&u->sk, t, EPROTOTYPE, SIM_WHY_WRONG_TYPE, SIM_NEVER_NS,
				     (*found)->sk.type, u->sk.type, 0, 0);
	return 0;
}

/* ---- binding ---- */

static int already_bound(struct sim_unix_sock *u, struct sim_task *t)
{
	return sim_sock_fail(&u->sk, t, EINVAL, SIM_WHY_ALREADY_BOUND, SIM_NEVER_NS, 0, 0, 0, 0);
}

/* The socket has that name from now on. */
static void enter(struct sim_unix_sock *u, struct sim_unix_addr *addr, uint32_t hash)
{
	struct sim_unix *space = space_of(u);

	u->addr = addr;
	sim_hmap_insert(&space->bound, space->net->ctx->arena, &u->by_name, hash);
}

static int bind_abstract(struct sim_unix_sock *u, struct sim_task *t, const char *name, size_t len)
{
	struct sim_unix_sock *other;
	struct sim_unix_addr *addr;

	if (u->addr)
		return already_bound(u, t);
	other = find_abstract(space_of(u), u->sk.type, name, len);
	if (other)
		return sim_sock_fail(&u->sk, t, EADDRINUSE, SIM_WHY_ADDR_IN_USE, SIM_NEVER_NS, other->sk.id,
				     0, 0, 0);
	addr = addr_new(sim_sock_arena(&u->sk), name, len);
	if (!addr)
		return fail_path(u, t, -ENOMEM);
	enter(u, addr, hash_abstract(u->sk.type, name, len));
	return 0;
}

/* unix_bind_bsd(): the inode is made first, so that a path in use goes before a socket that is bound already.
 */
static int bind_path(struct sim_unix_sock *u, struct sim_task *t, const struct sim_sockaddr *a)
{
	struct sim_arena *arena = sim_sock_arena(&u->sk);
	struct sim_unix *space = space_of(u);
	char path[SIM_UNIX_PATH_MAX + 1];
	size_t len = pathname(a, path);
	struct sim_unix_addr *addr = addr_new(arena, path, len);
	struct sim_unix_inode inode;
	struct sim_unix_cred who;
	int err;

	if (!addr)
		return fail_path(u, t, -ENOMEM);
	sim_unix_task_cred(t, &who);
	err = resolver(space)->bind(space, &who, path, &inode);
	if (!err && u->addr) {
		resolver(space)->unbind(space, &who, path);
		sim_unix_addr_put(arena, addr);
		return already_bound(u, t);
	}
	if (err) {
		sim_unix_addr_put(arena, addr);
		return fail_path(u, t, err);
	}
	u->inode = inode;
	enter(u, addr, hash_inode(inode));
	return 0;
}

int sim_unix_autobind(struct sim_unix_sock *u, struct sim_task *t)
{
	static const char digits[] = "0123456789abcdef";
	struct sim_unix *space = space_of(u);
	uint32_t first, n;

	if (u->addr)
		return 0;
	first = (uint32_t)sim_rng_below(&space->rng, AUTOBIND_NAMES);
	for (n = 0; n < AUTOBIND_NAMES; n++) {
		uint32_t number = (first + n) % AUTOBIND_NAMES;
		char name[1 + AUTOBIND_DIGITS] = { 0 };

		for (unsigned i = 0; i < AUTOBIND_DIGITS; i++)
			name[AUTOBIND_DIGITS - i] = digits[number >> (4 * i) & 15];
		if (!find_abstract(space, u->sk.type, name, sizeof name))
			return bind_abstract(u, t, name, sizeof name);
	}
	return sim_sock_fail(&u->sk, t, ENOSPC, SIM_WHY_NO_NAMES, SIM_NEVER_NS, 0, 0, 0, 0);
}

int sim_unix_bind(struct sim_sock *sk, struct sim_task *t, const struct sim_sockaddr *a)
{
	struct sim_unix_sock *u = sim_unix_of(sk);
	int err;

	if (a->family == AF_UNIX && !a->path_len)
		return sim_unix_autobind(u, t);
	err = sim_unix_check_addr(u, t, a);
	if (err)
		return err;
	return a->path[0] ? bind_path(u, t, a) : bind_abstract(u, t, a->path, a->path_len);
}

/* ---- asking for names ---- */

/* family 0: it has none. */
void sim_unix_name_of(const struct sim_unix_sock *u, struct sim_sockaddr *a)
{
	a->family = 0;
	a->path_len = 0;
	if (!u->addr)
		return;
	a->family = AF_UNIX;
	a->path_len = u->addr->len;
	memcpy(a->path, u->addr->path, sizeof a->path);
}

int sim_unix_getname(struct sim_sock *sk, struct sim_task *t, struct sim_sockaddr *a, bool peer)
{
	struct sim_unix_sock *u = sim_unix_of(sk);

	if (peer && !u->peer)
		return sim_sock_fail(sk, t, ENOTCONN, SIM_WHY_NOT_CONNECTED, SIM_NEVER_NS, u->state, 0, 0, 0);
	sim_unix_name_of(peer ? u->peer : u, a);
	a->family = AF_UNIX; /* an unnamed one has its family only */
	return 0;
}
