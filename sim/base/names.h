/* SPDX-License-Identifier: MIT */
/*
 * Names of errnos and signals both ways, as Linux on x86-64 has them (errno(3), signal(7)); aliases are
 * understood (EWOULDBLOCK, SIGPOLL) and never given back. Names of the flags of send(2) and recv(2).
 */
#ifndef SIM_BASE_NAMES_H
#define SIM_BASE_NAMES_H

#include <stddef.h>

#include "sim/base/diag.h"

struct sim_str;

/* NULL for what is no errno. */
const char *sim_errno_name(int err);
/* 0 for what is no name of one. */
int sim_errno_by_name(const char *name, size_t len);
void sim_errno_suggest(struct sim_suggest *s);

/* NULL for what is no standard signal; real-time signals have a name only in sim_signal_add(). */
const char *sim_signal_name(int signo);
void sim_signal_add(struct sim_str *out, int signo); /* "SIGUSR1", "SIGRTMIN+2" */
int sim_signal_by_name(const char *name, size_t len);
void sim_signal_suggest(struct sim_suggest *s);

/* One MSG_ flag; NULL for what is none, 0 for what is no name of one. */
const char *sim_msg_flag_name(unsigned flag);
unsigned sim_msg_flag_by_name(const char *name, size_t len);
void sim_msg_flag_suggest(struct sim_suggest *s);

#endif
