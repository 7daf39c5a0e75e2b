/* SPDX-License-Identifier: MIT */
/*
 * What `simsock exec` was told, as one text that goes through the environment to the preloaded library: a
 * line an option, its name, a blank, its value. The command line makes the world of it once, to find the
 * mistakes in it, and the library once more, for the program.
 */
#ifndef API_EXEC_OPTIONS_H
#define API_EXEC_OPTIONS_H

#include <stdbool.h>
#include <stddef.h>

struct sim_world;

#define SIM_EXEC_VARIABLE "SIMSOCK_EXEC"

/* A line of the text by its option's name, from *at on: its value (until the newline) and its length; false:
 * there is none. *at is then behind it. */
bool sim_exec_option(const char *text, const char *name, const char **at, const char **value, size_t *len);

/*
 * The world with its hosts, links, settings, peers and rules, current on this thread, the caller on the host
 * "client". `with_files`: the time line and the capture too. A mistake ends the program as simsock.h says.
 */
struct sim_world *sim_exec_make_world(const char *text, bool with_files);

#endif
