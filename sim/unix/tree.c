/* SPDX-License-Identifier: MIT */
/*
 * The virtual tree of a host: directories, sockets, plain files and symbolic links with owner and mode,
 * walked as path_resolution(7) says. Root (uid 0) is exempt from permissions. A new host has "/", "/dev",
 * "/tmp" (1777), "/run", "/var" and "/var/run", which is "/run".
 *
 * Must not know sockets: an entry lives until it is unlinked, whether or not its socket does.
 */
#include <errno.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/unix/private.h"

struct sim_unix_node {
	struct sim_hnode by_name;
	struct sim_list all;
	struct sim_unix_node *parent; /* the root's is itself */
	struct sim_unix_node *same;   /* another name for that directory */
	uint64_t ino;
	uint32_t mode, uid, gid;
	uint32_t num_children;
	uint8_t kind; /* enum sim_unix_node_kind */
	uint8_t name_len;
	uint16_t target_len; /* of a link: its text stands behind the name, terminated */
	char name[];
};

enum {
	MAY_EXEC = 1,
	MAY_WRITE = 2,
	STICKY = 01000,
	NAME_MAX_BYTES = 255,
	PATH_MAX_BYTES = 4096,
	MAX_LINKS = 40
};

static const struct sim_unix_cred root_cred = { 0, 0, 0, 0, NULL };

static uint32_t hash_name(const struct sim_unix_node *parent, const char *name, size_t len)
{
	uint64_t h = parent->ino * UINT64_C(0x9e3779b97f4a7c15) ^ len;

	for (size_t i = 0; i < len; i++)
		h = (h ^ (unsigned char)name[i]) * UINT64_C(0x100000001b3);
	return (uint32_t)(h ^ h >> 32);
}

static struct sim_unix_node *child_of(struct sim_unix_tree *tree, const struct sim_unix_node *parent,
				      const char *name, size_t len)
{
	struct sim_hnode *h = sim_hmap_first(&tree->by_name, hash_name(parent, name, len));

	for (; h; h = sim_hmap_next(h)) {
		struct sim_unix_node *n = sim_container_of(h, struct sim_unix_node, by_name);

		if (n->parent == parent && n->name_len == len && !memcmp(n->name, name, len))
			return n->same ? n->same : n;
	}
	return NULL;
}

static size_t node_bytes(const struct sim_unix_node *n)
{
	return sizeof *n + n->name_len + (n->kind == SIM_UNIX_LINK ? n->target_len + 1u : 0);
}

/* target: of a link, else NULL. */
static struct sim_unix_node *node_new(struct sim_unix *u, struct sim_unix_node *parent, const char *name,
				      size_t len, enum sim_unix_node_kind kind, const char *target)
{
	struct sim_arena *a = u->net->ctx->arena;
	size_t target_len = target ? strlen(target) : 0;
	struct sim_unix_node *n = sim_arena_alloc(a, sizeof *n + len + (target ? target_len + 1 : 0));

	if (!n)
		return NULL;
	if (target)
		memcpy(n->name + len, target, target_len + 1);
	n->target_len = (uint16_t)target_len;
	n->ino = ++u->tree.next_ino;
	n->kind = (uint8_t)kind;
	n->name_len = (uint8_t)len;
	memcpy(n->name, name, len);
	sim_list_append(&u->tree.all, &n->all);
	n->parent = parent ? parent : n;
	if (parent) {
		parent->num_children++;
		sim_hmap_insert(&u->tree.by_name, a, &n->by_name, hash_name(parent, name, len));
	}
	return n;
}

static void node_free(struct sim_unix *u, struct sim_unix_node *n)
{
	sim_hmap_remove(&u->tree.by_name, &n->by_name);
	sim_list_remove(&n->all);
	n->parent->num_children--;
	sim_arena_free(u->net->ctx->arena, n, node_bytes(n));
}

static bool allowed(const struct sim_unix_node *n, const struct sim_unix_cred *who, uint32_t want)
{
	uint32_t bits = who->uid == n->uid ? n->mode >> 6 : who->gid == n->gid ? n->mode >> 3 : n->mode;

	return who->uid == 0 || (bits & want) == want;
}

/* ---- walking ---- */

/* Where a path leads: the directory, its last part, and what is there (NULL: nothing). */
struct place {
	struct sim_unix_node *dir, *node;
	const char *name; /* the last part; of "/", "." and ".." there is none: len 0 */
	size_t len;
	bool slash; /* something like "name/" */
};

static size_t part_len(const char *path)
{
	size_t n = 0;

	while (path[n] && path[n] != '/')
		n++;
	return n;
}

static const char *skip_slashes(const char *path)
{
	while (*path == '/')
		path++;
	return path;
}

/* One part of a path: what it names in `dir`, NULL if nothing. */
static int step(struct sim_unix_tree *tree, const struct sim_unix_cred *who, struct sim_unix_node *dir,
		const char *name, size_t len, struct sim_unix_node **found)
{
	if (dir->kind != SIM_UNIX_DIR)
		return -ENOTDIR;
	if (!allowed(dir, who, MAY_EXEC))
		return -EACCES;
	if (len > NAME_MAX_BYTES)
		return -ENAMETOOLONG;
	if (len == 1 && name[0] == '.')
		*found = dir;
	else if (len == 2 && name[0] == '.' && name[1] == '.')
		*found = dir->parent;
	else
		*found = child_of(tree, dir, name, len);
	return 0;
}

static bool is_dots(const char *name, size_t len)
{
	return (len == 1 && name[0] == '.') || (len == 2 && name[0] == '.' && name[1] == '.');
}

static int walk_from(struct sim_unix_tree *tree, const struct sim_unix_cred *who, struct sim_unix_node *dir,
		     const char *path, unsigned *num_links, struct place *p);

/* What a link leads to, NULL if nothing is there; anything else is itself. */
static int follow(struct sim_unix_tree *tree, const struct sim_unix_cred *who, unsigned *num_links,
		  struct sim_unix_node **node)
{
	while (*node && (*node)->kind == SIM_UNIX_LINK) {
		const char *target = (*node)->name + (*node)->name_len;
		struct place p;
		int err;

		if (++*num_links > MAX_LINKS)
			return -ELOOP;
		err = walk_from(tree, who, *target == '/' ? tree->root : (*node)->parent, target, num_links,
				&p);
		if (err)
			return err;
		*node = p.node;
	}
	return 0;
}

/* A link with a slash behind it. At the end of the path one to nothing stands for itself: its name is taken.
 */
static int pass_link(struct sim_unix_tree *tree, const struct sim_unix_cred *who, unsigned *num_links,
		     bool goes_on, struct sim_unix_node **node)
{
	struct sim_unix_node *to = *node;
	int err = follow(tree, who, num_links, &to);

	if (!err && (to || goes_on))
		*node = to;
	return err;
}

/* Links on the way are followed; one at the end is not, but with a slash behind it. */
static int walk_from(struct sim_unix_tree *tree, const struct sim_unix_cred *who, struct sim_unix_node *dir,
		     const char *path, unsigned *num_links, struct place *p)
{
	*p = (struct place){ dir, dir, NULL, 0, false };
	for (path = skip_slashes(path); *path;) {
		size_t len = part_len(path);
		const char *rest = skip_slashes(path + len);
		int err;

		if (!p->node)
			return -ENOENT;
		p->dir = p->node;
		err = step(tree, who, p->dir, path, len, &p->node);
		if (!err && path[len] == '/')
			err = pass_link(tree, who, num_links, *rest, &p->node);
		if (err)
			return err;
		p->name = path;
		p->len = is_dots(path, len) ? 0 : len;
		p->slash = path[len] == '/';
		path = rest;
	}
	return 0;
}

static int walk(struct sim_unix *u, const struct sim_unix_cred *who, const char *path, struct place *p)
{
	struct sim_unix_node *from = u->tree.root;
	unsigned num_links = 0;
	int err;

	if (!*path)
		return -ENOENT;
	if (*path != '/' && who->cwd) {
		err = walk_from(&u->tree, &root_cred, from, who->cwd, &num_links, p);
		if (!err)
			err = follow(&u->tree, &root_cred, &num_links, &p->node);
		if (err)
			return err;
		if (!p->node)
			return -ENOENT;
		from = p->node;
	}
	return walk_from(&u->tree, who, from, path, &num_links, p);
}

/* The thing itself, which must be there; "name/" must be a directory. */
static int find(struct sim_unix *u, const struct sim_unix_cred *who, const char *path,
		struct sim_unix_node **n)
{
	unsigned num_links = 0;
	struct place p;
	int err = walk(u, who, path, &p);

	if (!err)
		err = follow(&u->tree, who, &num_links, &p.node);
	if (err)
		return err;
	if (!p.node)
		return -ENOENT;
	if (p.slash && p.node->kind != SIM_UNIX_DIR)
		return -ENOTDIR;
	*n = p.node;
	return 0;
}

static int make(struct sim_unix *u, const struct sim_unix_cred *who, const char *path,
		enum sim_unix_node_kind kind, uint32_t mode, const char *target, struct sim_unix_node **made)
{
	struct place p;
	int err = walk(u, who, path, &p);

	if (err)
		return err;
	if (p.node)
		return -EEXIST;
	if (p.slash && kind != SIM_UNIX_DIR)
		return -ENOENT;
	if (!allowed(p.dir, who, MAY_WRITE | MAY_EXEC))
		return -EACCES;
	*made = node_new(u, p.dir, p.name, p.len, kind, target);
	if (!*made)
		return -ENOMEM;
	(*made)->mode = mode & ~who->umask;
	(*made)->uid = who->uid;
	(*made)->gid = who->gid;
	return 0;
}

/* unlink(2), EPERM: a sticky directory lets only the owners take things away. */
static int may_remove(const struct sim_unix_cred *who, const struct place *p)
{
	if (!allowed(p->dir, who, MAY_WRITE | MAY_EXEC))
		return -EACCES;
	if ((p->dir->mode & STICKY) && who->uid != 0 && who->uid != p->dir->uid && who->uid != p->node->uid)
		return -EPERM;
	return 0;
}

static int remove_at(struct sim_unix *u, const struct sim_unix_cred *who, const struct place *p)
{
	int err = may_remove(who, p);

	if (!err)
		node_free(u, p->node);
	return err;
}

/* ---- the resolver ---- */

static struct sim_unix_inode inode_of(const struct sim_unix_node *n)
{
	return (struct sim_unix_inode){ SIM_UNIX_TREE_DEV, n->ino };
}

static int tree_bind(struct sim_unix *u, const struct sim_unix_cred *who, const char *path,
		     struct sim_unix_inode *made)
{
	struct sim_unix_node *n;
	int err = make(u, who, path, SIM_UNIX_SOCKET, 0777, NULL, &n);

	if (err)
		return err == -EEXIST ? -EADDRINUSE : err;
	*made = inode_of(n);
	return 0;
}

static void tree_unbind(struct sim_unix *u, const struct sim_unix_cred *who, const char *path)
{
	struct place p;

	if (!walk(u, who, path, &p) && p.node && p.node->kind == SIM_UNIX_SOCKET)
		node_free(u, p.node);
}

static int tree_lookup(struct sim_unix *u, const struct sim_unix_cred *who, const char *path,
		       struct sim_unix_inode *found)
{
	struct sim_unix_node *n;
	int err = find(u, who, path, &n);

	if (err)
		return err;
	if (!allowed(n, who, MAY_WRITE))
		return -EACCES;
	if (n->kind != SIM_UNIX_SOCKET)
		return -ECONNREFUSED;
	*found = inode_of(n);
	return 0;
}

const struct sim_unix_resolver sim_unix_tree_resolver = { tree_bind, tree_unbind, tree_lookup };

/* ---- for the control API ---- */

/* Makes the directories before the last part of `path` as they are missing. */
static int make_parents(struct sim_unix *u, const struct sim_unix_cred *who, const char *path)
{
	char prefix[1024];
	struct sim_unix_node *made;
	size_t len = strlen(path);

	if (len >= sizeof prefix)
		return -ENAMETOOLONG;
	for (size_t i = 1; i < len; i++) {
		int err;

		if (path[i] != '/')
			continue;
		memcpy(prefix, path, i);
		prefix[i] = '\0';
		err = make(u, who, prefix, SIM_UNIX_DIR, 0777, NULL, &made);
		if (err && err != -EEXIST)
			return err;
	}
	return 0;
}

int sim_unix_mkdir(struct sim_unix *u, const struct sim_unix_cred *who, const char *path, uint32_t mode,
		   bool parents)
{
	struct sim_unix_node *made;
	int err = parents ? make_parents(u, who, path) : 0;

	return err ? err : make(u, who, path, SIM_UNIX_DIR, mode & 07777, NULL, &made);
}

int sim_unix_mkfile(struct sim_unix *u, const struct sim_unix_cred *who, const char *path, uint32_t mode)
{
	struct sim_unix_node *made;

	return make(u, who, path, SIM_UNIX_FILE, mode & 07777, NULL, &made);
}

int sim_unix_symlink(struct sim_unix *u, const struct sim_unix_cred *who, const char *target,
		     const char *path)
{
	struct sim_unix_cred no_mask = *who;
	struct sim_unix_node *made;

	if (!*target)
		return -ENOENT;
	if (strnlen(target, PATH_MAX_BYTES) == PATH_MAX_BYTES)
		return -ENAMETOOLONG;
	no_mask.umask = 0;
	return make(u, &no_mask, path, SIM_UNIX_LINK, 0777, target, &made);
}

int sim_unix_unlink(struct sim_unix *u, const struct sim_unix_cred *who, const char *path)
{
	struct place p;
	int err = walk(u, who, path, &p);

	if (err)
		return err;
	if (!p.node)
		return -ENOENT;
	if (p.node->kind == SIM_UNIX_DIR)
		return -EISDIR;
	return p.slash ? -ENOTDIR : remove_at(u, who, &p);
}

int sim_unix_rmdir(struct sim_unix *u, const struct sim_unix_cred *who, const char *path)
{
	struct place p;
	int err = walk(u, who, path, &p);

	if (err)
		return err;
	if (!p.node)
		return -ENOENT;
	if (p.node->kind != SIM_UNIX_DIR)
		return -ENOTDIR;
	if (!p.len || p.node->parent != p.dir) /* "/", ".", "..", and the second name of a directory */
		return -EBUSY;
	if (p.node->num_children)
		return -ENOTEMPTY;
	return remove_at(u, who, &p);
}

/* The inode under its new name, and neither the old name nor what had the new one. */
static int move(struct sim_unix *u, struct sim_unix_node *n, const struct place *to)
{
	struct sim_unix_node *made = node_new(u, to->dir, to->name, to->len, (enum sim_unix_node_kind)n->kind,
					      n->kind == SIM_UNIX_LINK ? n->name + n->name_len : NULL);

	if (!made)
		return -ENOMEM;
	made->ino = n->ino;
	made->mode = n->mode;
	made->uid = n->uid;
	made->gid = n->gid;
	if (to->node)
		node_free(u, to->node);
	node_free(u, n);
	return 0;
}

int sim_unix_rename(struct sim_unix *u, const struct sim_unix_cred *who, const char *from, const char *to)
{
	struct place old, new;
	int err = walk(u, who, from, &old);

	if (!err)
		err = walk(u, who, to, &new);
	if (err)
		return err;
	if (!old.node)
		return -ENOENT;
	if (old.node->kind == SIM_UNIX_DIR || old.slash)
		return old.slash ? -ENOTDIR : -EOPNOTSUPP; /* FIDELITY: absent for directories */
	if (new.slash)
		return -ENOTDIR;
	if (new.node == old.node)
		return 0;
	if (new.node &&new.node->kind == SIM_UNIX_DIR)
		return -EISDIR;
	if (!allowed(new.dir, who, MAY_WRITE | MAY_EXEC))
		return -EACCES;
	err = may_remove(who, &old);
	if (!err && new.node)
		err = may_remove(who, &new);
	return err ? err : move(u, old.node, &new);
}

int sim_unix_chmod(struct sim_unix *u, const struct sim_unix_cred *who, const char *path, uint32_t mode)
{
	struct sim_unix_node *n;
	int err = find(u, who, path, &n);

	if (err)
		return err;
	if (who->uid != 0 && who->uid != n->uid)
		return -EPERM;
	n->mode = mode & 07777;
	return 0;
}

int sim_unix_chown(struct sim_unix *u, const struct sim_unix_cred *who, const char *path, uint32_t uid,
		   uint32_t gid)
{
	struct sim_unix_node *n;
	int err = find(u, who, path, &n);
	bool owns, keeps_uid, keeps_gid;

	if (err)
		return err;
	owns = who->uid == n->uid;
	keeps_uid = uid == UINT32_MAX || (owns && uid == n->uid);
	keeps_gid = gid == UINT32_MAX || (owns && (gid == n->gid || gid == who->gid));
	if (who->uid != 0 && !(keeps_uid && keeps_gid))
		return -EPERM;
	if (uid != UINT32_MAX)
		n->uid = uid;
	if (gid != UINT32_MAX)
		n->gid = gid;
	/* Root's too: chown(2), a changed owner does not take the program's rights along. */
	if (n->kind != SIM_UNIX_DIR)
		n->mode &= n->mode & 0010 ? ~06000u : ~04000u;
	return 0;
}

int sim_unix_stat(struct sim_unix *u, const struct sim_unix_cred *who, const char *path,
		  struct sim_unix_stat *st)
{
	struct sim_unix_node *n;
	int err = find(u, who, path, &n);

	if (err)
		return err;
	*st = (struct sim_unix_stat){ n->ino, n->mode, n->uid, n->gid, (enum sim_unix_node_kind)n->kind };
	return 0;
}

/* ---- a new host's tree ---- */

static const struct {
	const char *path;
	uint32_t mode;
} first_dirs[] = { { "/dev", 0755 }, { "/tmp", 01777 }, { "/run", 0755 }, { "/var", 0755 } };

int sim_unix_tree_init(struct sim_unix *u)
{
	struct sim_unix_tree *tree = &u->tree;
	struct sim_unix_node *var, *run, *alias;

	sim_list_init(&tree->all);
	if (sim_hmap_init(&tree->by_name, u->net->ctx->arena))
		return -ENOMEM;
	tree->root = node_new(u, NULL, "", 0, SIM_UNIX_DIR, NULL);
	if (!tree->root)
		goto no_memory;
	tree->root->mode = 0755;
	for (unsigned i = 0; i < sizeof first_dirs / sizeof first_dirs[0]; i++)
		if (sim_unix_mkdir(u, &root_cred, first_dirs[i].path, first_dirs[i].mode, false))
			goto no_memory;
	var = child_of(tree, tree->root, "var", 3);
	run = child_of(tree, tree->root, "run", 3);
	alias = node_new(u, var, "run", 3, SIM_UNIX_DIR, NULL);
	if (!alias)
		goto no_memory;
	alias->same = run;
	return 0;
no_memory:
	sim_unix_tree_fini(u);
	return -ENOMEM;
}

void sim_unix_tree_fini(struct sim_unix *u)
{
	struct sim_arena *a = u->net->ctx->arena;
	struct sim_list *node, *following;

	sim_list_each_safe(node, following, &u->tree.all) {
		struct sim_unix_node *n = sim_container_of(node, struct sim_unix_node, all);

		sim_arena_free(a, n, node_bytes(n));
	}
	sim_list_init(&u->tree.all);
	sim_hmap_fini(&u->tree.by_name, a);
	u->tree.root = NULL;
}
