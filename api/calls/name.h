/* SPDX-License-Identifier: MIT */
/*
 * What sim_call_resolve() and sim_call_resolve_addr() answer: how many addresses, or 0 and up; -ENOENT: the
 * world has no such name or address; or what a rule says, in the numbering of the call that it was asked for:
 * EAI_* without their sign for getaddrinfo(3) and getnameinfo(3), h_errno for gethostbyname(3) and kin.
 */
#ifndef API_CALLS_NAME_H
#define API_CALLS_NAME_H

#define SIM_RESOLVE_RULED 0x10000

/* The code of a rule's answer, 0 if it was none. */
static inline int sim_resolve_ruled(long answer)
{
	return answer < -SIM_RESOLVE_RULED ? (int)(-answer - SIM_RESOLVE_RULED) : 0;
}

/* As many as any name has. */
enum { SIM_RESOLVE_MAX = 32 };

#endif
