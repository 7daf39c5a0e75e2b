/* SPDX-License-Identifier: MIT */
/* select(2), pselect(2). Never restarted after a handler; then, and after an error, the sets are as they
 * were. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <poll.h>
#include <string.h>

#include "api/calls/gate.h"
#include "api/calls/ready.h"
#include "api/signals/signals.h"
#include "sim/base/uaccess.h"

enum { NUM_SETS = 3, WORD_BITS = 64, FAST_WORDS = 16 };

/* As fs/select.c groups them; errors wake readers and writers. */
#define READABLE    (POLLRDNORM | POLLRDBAND | POLLIN | POLLHUP | POLLERR)
#define WRITABLE    (POLLWRBAND | POLLWRNORM | POLLOUT | POLLERR)
#define EXCEPTIONAL POLLPRI

static const uint32_t events_of[NUM_SETS] = { READABLE, WRITABLE, EXCEPTIONAL };

struct sets {
	fd_set *user[NUM_SETS];
	uint32_t num_words;
	uint64_t *words[NUM_SETS]; /* those of user[] that are not NULL */
	uint64_t fast[NUM_SETS][FAST_WORDS];
};

static bool has(const struct sets *s, int set, int fd)
{
	return s->words[set] && (s->words[set][fd / WORD_BITS] >> (fd % WORD_BITS) & 1);
}

/* What lies beyond `num` in the last word is not asked for, and not told. */
static long sets_in(struct sim_gate *g, struct sets *s, int num)
{
	size_t bytes = s->num_words * sizeof(uint64_t);
	uint64_t last = num % WORD_BITS ? (UINT64_C(1) << num % WORD_BITS) - 1 : UINT64_MAX;

	for (int i = 0; i < NUM_SETS; i++) {
		if (!s->user[i] || !bytes)
			continue;
		s->words[i] = s->fast[i];
		if (s->num_words > FAST_WORDS)
			s->words[i] = sim_arena_alloc_raw(g->w->ctx.arena, bytes);
		if (!s->words[i])
			return sim_gate_fail(g, ENOMEM, SIM_WHY_NO_MEMORY, 0, 0);
		if (sim_copy_from_user(s->words[i], s->user[i], bytes))
			return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)s->user[i],
					     0);
		s->words[i][s->num_words - 1] &= last;
	}
	return 0;
}

static void sets_fini(struct sim_gate *g, struct sets *s)
{
	for (int i = 0; i < NUM_SETS; i++) {
		if (s->words[i] && s->words[i] != s->fast[i])
			sim_arena_free(g->w->ctx.arena, s->words[i], s->num_words * sizeof(uint64_t));
	}
}

static uint64_t any_of(const struct sets *s, uint32_t word)
{
	uint64_t bits = 0;

	for (int i = 0; i < NUM_SETS; i++)
		bits |= s->words[i] ? s->words[i][word] : 0;
	return bits;
}

/* The descriptors that stand in any set. */
static long gather(struct sim_gate *g, const struct sets *s, struct sim_ready_set *ready)
{
	uint32_t cap = 0;
	long err;

	for (uint32_t w = 0; w < s->num_words; w++)
		cap += (uint32_t)__builtin_popcountll(any_of(s, w));
	err = sim_ready_init(g, ready, cap);
	for (uint32_t w = 0; !err && w < s->num_words; w++) {
		for (uint64_t bits = any_of(s, w); bits; bits &= bits - 1) {
			int fd = (int)(w * WORD_BITS) + __builtin_ctzll(bits);
			uint32_t want = 0;

			for (int i = 0; i < NUM_SETS; i++)
				want |= has(s, i, fd) ? events_of[i] : 0;
			sim_ready_add(ready, fd, want);
		}
	}
	return err;
}

static long find_bad(struct sim_gate *g, const struct sim_ready_set *ready)
{
	for (uint32_t i = 0; i < ready->num; i++) {
		if (ready->items[i].got == SIM_READY_BAD)
			return sim_gate_fail(g, EBADF, SIM_WHY_BAD_FD, ready->items[i].fd, 0);
	}
	return 0;
}

/* Each bit counts. */
static long sets_out(struct sim_gate *g, struct sets *s, const struct sim_ready_set *ready)
{
	size_t bytes = s->num_words * sizeof(uint64_t);
	long n = 0;

	for (int i = 0; i < NUM_SETS; i++) {
		if (!s->words[i])
			continue;
		for (uint32_t k = 0; k < ready->num; k++) {
			const struct sim_ready_item *it = &ready->items[k];
			uint64_t bit = UINT64_C(1) << (it->fd % WORD_BITS),
				 *word = &s->words[i][it->fd / WORD_BITS];

			if ((*word & bit) && (it->got & events_of[i]))
				n++;
			else
				*word &= ~bit;
		}
		if (sim_copy_to_user(s->user[i], s->words[i], bytes))
			return sim_gate_fail(g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)s->user[i],
					     0);
	}
	return n;
}

static long do_select(struct sim_gate *g, struct sets *s, int num, int64_t deadline_ns)
{
	struct sim_ready_set ready = { .items = NULL };
	long r = sets_in(g, s, num);

	if (!r)
		r = gather(g, s, &ready);
	if (!r)
		r = sim_ready_wait(g, &ready, deadline_ns);
	if (r > 0 && find_bad(g, &ready))
		r = -EBADF;
	if (r >= 0)
		r = sets_out(g, s, &ready);
	sim_ready_fini(g, &ready);
	sets_fini(g, s);
	return r;
}

static void tell_time_left(struct sim_gate *g, int64_t deadline_ns, struct timespec *left)
{
	int64_t left_ns = deadline_ns - sim_now(&g->w->ctx);

	if (left_ns < 0)
		left_ns = 0;
	left->tv_sec = left_ns / SIM_NS_PER_S;
	left->tv_nsec = left_ns % SIM_NS_PER_S;
}

long sim_call_select(struct sim_task *t, enum sim_call_id id, int num, fd_set *rd, fd_set *wr, fd_set *ex,
		     const struct timespec *timeout, const sigset_t *mask, struct timespec *left)
{
	struct sim_gate g;
	struct sim_signals_mask m; /* large: only the word that tells is set */
	struct sets s = { .user = { rd, wr, ex } };
	int64_t deadline_ns = SIM_NEVER_NS;
	long r;

	m.is_swapped = false;
	if (sim_gate_enter(&g, t, id, -1, num < 0 ? 0 : (uint64_t)num))
		return sim_gate_leave(&g, g.answer);
	r = sim_gate_deadline(&g, timeout, &deadline_ns);
	if (!r && sim_signals_mask_swap(&m, t, mask))
		r = sim_gate_fail(&g, EFAULT, SIM_WHY_BAD_POINTER, (int64_t)(uintptr_t)mask, 0);
	if (!r && num < 0)
		r = sim_gate_fail(&g, EINVAL, SIM_WHY_BAD_ARGUMENT, 1, num);
	if (num > t->proc->fds->limit)
		num = t->proc->fds->limit;
	s.num_words = num > 0 ? ((uint32_t)num + WORD_BITS - 1) / WORD_BITS : 0;
	if (!r)
		r = do_select(&g, &s, num, deadline_ns);
	if (left && deadline_ns != SIM_NEVER_NS)
		tell_time_left(&g, deadline_ns, left);
	r = sim_gate_leave(&g, r);
	sim_signals_mask_restore(&m, t, r);
	return r;
}
