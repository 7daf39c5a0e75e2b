/* SPDX-License-Identifier: MIT */
/*
 * Unix-domain sockets, unix(7): stream, datagram and sequenced-packet sockets of one host, their names
 * (abstract, pathnames, chosen by autobind, none) and pairs of them. Everything happens inside the calls: no
 * packet, no timer.
 *
 * Owns the table of names of a host and what is queued between its sockets. Must not know IP, descriptors,
 * processes and whether a path is a real one: paths go through a resolver, credentials come from
 * sim_unix_task_cred().
 *
 * The order of checks is Linux 6.18's. FIDELITY: absent is SCM_PIDFD; a message is
 * at most as old as the world, so that SCM_SECURITY has nothing to tell.
 */
#ifndef SIM_UNIX_UNIX_DOMAIN_H
#define SIM_UNIX_UNIX_DOMAIN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/hmap.h"
#include "sim/base/list.h"
#include "sim/base/random.h"
#include "sim/sock/sock.h"

struct sim_unix;
struct sim_unix_node;

/* Who asks: of the process whose task makes the call. */
struct sim_unix_cred {
	int32_t pid;
	uint32_t uid, gid;
	uint32_t umask;
	const char *cwd; /* for relative paths in the virtual tree; NULL: "/" */
};

/* Supplied by the layer that knows processes. `t` may be NULL: the answer is root's, pid 0. */
void sim_unix_task_cred(struct sim_task *t, struct sim_unix_cred *cred);

/* What a path leads to: sockets are found by it, however the path is spelt. */
struct sim_unix_inode {
	uint64_t dev, ino;
};

/* How paths are understood. `path` is terminated. All return 0 or -errno as path_resolution(7) has them. */
struct sim_unix_resolver {
	/* Makes a socket inode with mode 0777 & ~umask: -EADDRINUSE if the path exists; -ENOENT, -ENOTDIR,
	 * -EACCES. */
	int (*bind)(struct sim_unix *u, const struct sim_unix_cred *who, const char *path,
		    struct sim_unix_inode *made);
	/* Takes back what bind made, when the name cannot be used after all. */
	void (*unbind)(struct sim_unix *u, const struct sim_unix_cred *who, const char *path);
	/* Follows the path to a socket that `who` may write to: -ECONNREFUSED if it is something else. */
	int (*lookup)(struct sim_unix *u, const struct sim_unix_cred *who, const char *path,
		      struct sim_unix_inode *found);
};

enum sim_unix_paths {
	SIM_UNIX_PATHS_VIRTUAL, /* a tree of the host's own: sim_unix_tree_resolver */
	SIM_UNIX_PATHS_REAL,    /* the face binds a placeholder in the real file system */
	SIM_UNIX_NUM_PATHS
};

extern const struct sim_unix_resolver sim_unix_tree_resolver;
/* Defined where all layers meet; a NULL one may not be chosen. */
extern const struct sim_unix_resolver *const sim_unix_resolvers[SIM_UNIX_NUM_PATHS];

/* The tree of names of a host: directories and sockets, and plain files that stand in the way. */
struct sim_unix_tree {
	struct sim_hmap by_name; /* struct sim_unix_node, by parent and name */
	struct sim_list all;
	struct sim_unix_node *root;
	uint64_t next_ino;
};

struct sim_unix {
	struct sim_net *net;
	struct sim_hmap bound; /* struct sim_unix_sock.by_name: abstract ones and pathnames */
	struct sim_rng rng;    /* autobind's */
	struct sim_unix_tree tree;
	uint8_t paths; /* enum sim_unix_paths */
};

/* A host's Unix names; becomes net->unix_domain. 0 or -ENOMEM. */
int sim_unix_init(struct sim_unix *u, struct sim_net *net);
void sim_unix_fini(struct sim_unix *u); /* every socket is gone before */

extern const struct sim_sock_ops sim_unix_stream_ops, sim_unix_dgram_ops, sim_unix_seqpacket_ops;

/*
 * socket(2) and socketpair(2): SOCK_STREAM, SOCK_DGRAM (SOCK_RAW is the same), SOCK_SEQPACKET. One reference
 * each, the caller's. 0, -ENOMEM, -ESOCKTNOSUPPORT.
 */
int sim_unix_sock_new(struct sim_net *net, int type, struct sim_sock **sk);
int sim_unix_pair_new(struct sim_net *net, int type, struct sim_sock *pair[2]);
/* socketpair(2) records who made the pair: SO_PEERCRED. Until then it answers as for an unconnected socket.
 */
void sim_unix_pair_owned_by(struct sim_sock *pair[2], struct sim_task *t);

/* Whom a socket sends to, or NULL: for sim_sock_peer(). Borrowed. */
struct sim_sock *sim_unix_peer(struct sim_sock *sk);

/*
 * What Linux 6.18 charges a sender for one buffer of `len` payload bytes, by experiment (SIOCOUTQ after one
 * send): struct sk_buff, the head rounded up to its kmalloc bucket, and whole pages. A stream is cut into
 * buffers of at most sim_unix_chunk_bytes(), each charged for itself.
 */
uint32_t sim_unix_truesize(bool stream, uint32_t len);
uint32_t sim_unix_truesize_of_pages(uint32_t len); /* of a stream that was given pages by sendfile(2) */
uint32_t sim_unix_chunk_bytes(int32_t sndbuf_bytes, bool by_pages);

/* ---- the virtual tree, for the control API and the faces; 0 or -errno ---- */

enum sim_unix_node_kind { SIM_UNIX_DIR, SIM_UNIX_SOCKET, SIM_UNIX_FILE, SIM_UNIX_LINK };

struct sim_unix_stat {
	uint64_t ino;
	uint32_t mode, uid, gid; /* mode: permission bits only */
	enum sim_unix_node_kind kind;
};

/* A directory, with all its missing parents if `parents`. -EEXIST. */
int sim_unix_mkdir(struct sim_unix *u, const struct sim_unix_cred *who, const char *path, uint32_t mode,
		   bool parents);
/* A plain file: stands in the way of bind, refuses connect. */
int sim_unix_mkfile(struct sim_unix *u, const struct sim_unix_cred *who, const char *path, uint32_t mode);
/* A symbolic link: -EEXIST, -ENOENT of an empty target; nothing need be at the target. */
int sim_unix_symlink(struct sim_unix *u, const struct sim_unix_cred *who, const char *target,
		     const char *path);
/* unlink(2), and for an empty directory rmdir(2). The socket itself lives on, nobody finds it any more. */
int sim_unix_unlink(struct sim_unix *u, const struct sim_unix_cred *who, const char *path);
int sim_unix_rmdir(struct sim_unix *u, const struct sim_unix_cred *who, const char *path);
/* rename(2) of a socket or file: the inode stays, what had the new path is gone. */
int sim_unix_rename(struct sim_unix *u, const struct sim_unix_cred *who, const char *from, const char *to);
int sim_unix_chmod(struct sim_unix *u, const struct sim_unix_cred *who, const char *path, uint32_t mode);
/* chown(2); UINT32_MAX: stays. -EPERM: neither root's, nor the owner giving it to the own group. */
int sim_unix_chown(struct sim_unix *u, const struct sim_unix_cred *who, const char *path, uint32_t uid,
		   uint32_t gid);
int sim_unix_stat(struct sim_unix *u, const struct sim_unix_cred *who, const char *path,
		  struct sim_unix_stat *st);

#endif
