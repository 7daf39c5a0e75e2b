/* SPDX-License-Identifier: MIT */
/*
 * A folder of real files, read by pieces: nothing of it stays open between two calls, so that no descriptor
 * takes a number from the program, or is left when the world goes. What lies outside the folder is not found,
 * whether by ".." or by a symbolic link.
 *
 * Must not know HTTP, and no socket.
 */
#ifndef API_CONTROL_PEER_FILES_H
#define API_CONTROL_PEER_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct sim_peer_file {
	uint64_t dev, ino;
	uint64_t num_bytes;
	bool is_dir;
};

/* `path` is relative to the folder `root`; "": the folder. 0; -EACCES: may not be read, or is neither file
 * nor directory; else -errno: it is not found. */
int sim_peer_file_stat(const char *root, const char *path, struct sim_peer_file *file);
/* Bytes of the same file, of those num_bytes that it had: how many, > 0; -errno, -EIO: it has changed. */
long sim_peer_file_read(const char *root, const char *path, const struct sim_peer_file *file, uint64_t at,
			void *buf, size_t len);
/* The names in a directory, sorted by their bytes, each terminated, directories with a slash behind: a block
 * of malloc's and its length. NULL: no memory, or it cannot be read. */
char *sim_peer_file_names(const char *root, const char *path, size_t *len);

#endif
