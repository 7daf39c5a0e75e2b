/* SPDX-License-Identifier: MIT */
/*
 * The outer wall of `simsock exec`: a seccomp(2) filter, which a program and all its children keep. In it no
 * socket of a network can be made at all, and none of the Unix domain can be connected: whatever slips past
 * the preloaded library, a child, a static program, fails instead of reaching anybody.
 */
#ifndef API_CMDLINE_JAIL_H
#define API_CMDLINE_JAIL_H

/* 0 or -errno. For good: privileges can't be gained any more either (PR_SET_NO_NEW_PRIVS). */
int sim_jail_enter(void);

#endif
