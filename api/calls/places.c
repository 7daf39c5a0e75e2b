/* SPDX-License-Identifier: MIT */
/*
 * What is for files with places, or for pipes, and what it answers of a simulated descriptor: pread(2),
 * preadv(2), splice(2), tee(2), vmsplice(2), copy_file_range(2).
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <fcntl.h>

#include "api/calls/gate.h"
#include "api/calls/real.h"

long sim_call_at_place(struct sim_task *t, enum sim_call_id id, int fd, int64_t at)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, id, fd, 0))
		return sim_gate_leave(&g, g.answer);
	/* The offset is looked at before the descriptor. */
	if (at < 0)
		return sim_gate_leave(&g, sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_ARGUMENT, 4, at));
	if (!g.file)
		return sim_gate_leave(&g, sim_gate_fail(&g, EBADF, SIM_WHY_BAD_FD, fd, 0));
	return sim_gate_leave(&g, sim_gate_fail(&g, ESPIPE, SIM_WHY_NO_PLACES, 0, 0));
}

static bool is_open(struct sim_gate *g, int fd)
{
	return sim_fd_is_simulated(g->t, fd) || (fd >= 0 && sim_real_ready(fd, 0) != SIM_REAL_BAD);
}

static long do_splice(struct sim_gate *g, int other, size_t len, unsigned flags)
{
	const unsigned known = SPLICE_F_MOVE | SPLICE_F_NONBLOCK | SPLICE_F_MORE | SPLICE_F_GIFT;
	bool has_flags = g->id != SIM_CALL_COPY_FILE_RANGE;

	if (g->id == SIM_CALL_SPLICE && !len)
		return 0;
	if (flags & ~(has_flags ? known : 0))
		return sim_gate_fail(g, EINVAL, SIM_WHY_BAD_ARGUMENT, 6, flags);
	if (!len && has_flags)
		return 0;
	if (g->id != SIM_CALL_VMSPLICE && !is_open(g, other))
		return sim_gate_fail(g, EBADF, SIM_WHY_BAD_FD, other, 0);
	if (g->id == SIM_CALL_VMSPLICE) /* EBADF: fd does not refer to a pipe */
		return sim_gate_fail(g, EBADF, SIM_WHY_NOT_SUPPORTED, 0, 0);
	if (g->id == SIM_CALL_SPLICE && g->sk && !sim_fd_is_simulated(g->t, other))
		return sim_gate_fail(g, EINVAL, SIM_WHY_NOT_SIMULATED, SIM_CALL_SPLICE, 0);
	return sim_gate_fail(g, EINVAL, SIM_WHY_NOT_SUPPORTED, 0, 0);
}

long sim_call_splice(struct sim_task *t, enum sim_call_id id, int fd, int other, size_t len, unsigned flags)
{
	struct sim_gate g;

	if (sim_gate_enter(&g, t, id, fd, 0))
		return sim_gate_leave(&g, g.answer);
	return sim_gate_leave(&g, do_splice(&g, other, len, flags));
}
