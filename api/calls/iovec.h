/* SPDX-License-Identifier: MIT */
/* iovec arrays and message headers brought in from the program's memory, as Linux's import_iovec does. */
#ifndef API_CALLS_IOVEC_H
#define API_CALLS_IOVEC_H

#include "api/calls/gate.h"

enum {
	SIM_IOV_FAST = 8,   /* on the stack; more come from the arena */
	SIM_IOV_MAX = 1024, /* UIO_MAXIOV */
};

/* The most that one call moves: Linux's MAX_RW_COUNT, with 4 KiB pages. */
#define SIM_RW_MAX_BYTES ((size_t)0x7ffff000)

/* Linux's access_ok(): whether all of it lies where a program's memory can be; says nothing of what is there.
 */
#define SIM_USER_END ((uintptr_t)0x7ffffffff000)

static inline bool sim_can_be_users(const void *p, size_t len)
{
	return (uintptr_t)p <= SIM_USER_END && len <= SIM_USER_END - (uintptr_t)p;
}

struct sim_iovec_copy {
	struct iovec fast[SIM_IOV_FAST];
	struct iovec *iov; /* fast, or a block of the arena */
	size_t num;
	size_t total_bytes; /* at most SIM_RW_MAX_BYTES */
};

/* 0; -EFAULT; -EINVAL: a length is negative; too_many (negative errno) if num is over SIM_IOV_MAX; -ENOMEM.
 */
long sim_iovec_in(struct sim_gate *g, const struct iovec *iov, size_t num, int too_many,
		  struct sim_iovec_copy *c);
void sim_iovec_done(struct sim_gate *g, struct sim_iovec_copy *c);

/* How many bytes a message asks for, which only rules want to know before the call begins: 0 if no rule names
 * it. */
uint64_t sim_msg_asked_for(struct sim_task *t, enum sim_call_id id, const struct msghdr *msg);

#endif
