/* SPDX-License-Identifier: MIT */
/*
 * What goes along with bytes: descriptors (SCM_RIGHTS) and who sent them (SCM_CREDENTIALS, SO_PASSCRED), as
 * unix_scm_to_skb(), unix_maybe_add_creds() and unix_stream_read_generic() of Linux 6.18 handle them. Most
 * messages have none, and then nothing here is called.
 *
 * Must not know files, and how control messages look in the program's memory.
 */
#include <errno.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/unix/private.h"

static struct sim_ucred task_ucred(struct sim_task *t)
{
	struct sim_unix_cred who;

	sim_unix_task_cred(t, &who);
	return (struct sim_ucred){ who.pid, who.uid, who.gid };
}

int sim_unix_note_new(struct sim_unix_sock *u, struct sim_task *t, struct sim_scm *scm,
		      const struct sim_unix_sock *to, struct sim_unix_note **made)
{
	struct sim_unix_note *x;
	int err = scm && scm->rights ? sim_rights_may_depart(scm->rights) : 0;

	if (err)
		return sim_sock_fail(&u->sk, t, -err, SIM_WHY_TOO_MANY_REFS, SIM_NEVER_NS, 0, 0, 0, 0);
	x = sim_arena_alloc(sim_sock_arena(&u->sk), sizeof *x);
	if (!x)
		return sim_sock_fail(&u->sk, t, ENOBUFS, SIM_WHY_NO_MEMORY, SIM_NEVER_NS, 0, 0, 0, 0);
	if (scm && scm->has_cred) {
		x->cred = scm->cred;
		x->has_cred = true;
	}
	if (scm) {
		x->rights = scm->rights;
		scm->rights = NULL;
	}
	if (to)
		sim_unix_note_sender(u, t, x, to);
	*made = x;
	return 0;
}

/* unix_maybe_add_creds() */
void sim_unix_note_sender(struct sim_unix_sock *u, struct sim_task *t, struct sim_unix_note *x,
			  const struct sim_unix_sock *to)
{
	if (x->has_cred || !sim_unix_notes_sender(u, to))
		return;
	x->cred = task_ucred(t);
	x->has_cred = true;
}

void sim_unix_note_free(struct sim_arena *a, struct sim_unix_note *x)
{
	struct sim_rights *rights;

	if (!x)
		return;
	rights = x->rights;
	sim_arena_free(a, x, sizeof *x);
	sim_rights_free(rights);
}

int sim_unix_refuses_rights(struct sim_unix_sock *u, struct sim_task *t, const struct sim_unix_sock *other)
{
	if (!other->sk.no_passrights)
		return 0;
	return sim_sock_fail(&u->sk, t, EPERM, SIM_WHY_NO_PASSRIGHTS, SIM_NEVER_NS, 0, 0, 0, 0);
}

static struct sim_ucred cred_of(const struct sim_unix_note *x)
{
	return x && x->has_cred ? x->cred : SIM_UCRED_UNKNOWN;
}

void sim_unix_rights_receive(struct sim_rights *rights, struct sim_msg *m)
{
	if (m->flags & MSG_PEEK) {
		if (m->scm)
			m->scm->rights = sim_rights_copy(rights);
		return;
	}
	sim_rights_arrive(rights);
	if (m->scm)
		m->scm->rights = rights;
	else
		sim_rights_free(rights);
}

void sim_unix_note_receive(struct sim_unix_sock *u, struct sim_unix_note *x, struct sim_msg *m)
{
	if (m->scm && u->sk.passcred) {
		m->scm->cred = cred_of(x);
		m->scm->has_cred = true;
	}
	if (!x || !x->rights)
		return;
	sim_unix_rights_receive(x->rights, m);
	if (!(m->flags & MSG_PEEK))
		x->rights = NULL;
}

/* ---- along a stream ---- */

void sim_unix_notes_push(struct sim_unix_sock *to, struct sim_unix_note *x, uint32_t len)
{
	struct sim_unix_notes *s = &to->notes;
	struct sim_unix_note *last = s->last;

	x->len = len;
	if (!last) {
		x->gap = to->stream.data.len - len;
		s->first = s->last = x;
	} else if (!s->plain_len && !last->rights && !x->rights && last->has_cred == x->has_cred &&
		   sim_ucred_equal(last->cred, x->cred)) {
		last->len += len;
		sim_unix_note_free(sim_sock_arena(&to->sk), x);
		return;
	} else {
		x->gap = s->plain_len;
		last->next = x;
		s->last = x;
	}
	s->plain_len = 0;
	if (x->rights)
		sim_rights_depart(x->rights, &to->sk);
}

static uint32_t take_from(uint32_t *n, uint32_t *of)
{
	uint32_t taken = *n < *of ? *n : *of;

	*n -= taken;
	*of -= taken;
	return taken;
}

void sim_unix_notes_pop(struct sim_unix_sock *u, uint32_t n)
{
	struct sim_unix_notes *s = &u->notes;

	while (s->first && n) {
		struct sim_unix_note *x = s->first;

		take_from(&n, &x->gap);
		take_from(&n, &x->len);
		if (x->gap || x->len)
			return;
		s->first = x->next;
		sim_unix_note_free(sim_sock_arena(&u->sk), x);
	}
	if (s->first)
		return;
	s->last = NULL;
	s->plain_len = 0;
}

void sim_unix_notes_drop(struct sim_unix_sock *u)
{
	struct sim_unix_note *x;

	while ((x = u->notes.first)) {
		u->notes.first = x->next;
		sim_unix_note_free(sim_sock_arena(&u->sk), x);
	}
	u->notes.last = NULL;
}

/* What comes from different senders is not glued together. */
static bool same_sender(const struct sim_unix_sock *u, const struct sim_unix_note *x, struct sim_scm *seen)
{
	if (!u->sk.passcred)
		return true;
	if (!seen->has_cred) {
		seen->cred = cred_of(x);
		seen->has_cred = true;
	}
	return sim_ucred_equal(seen->cred, cred_of(x));
}

bool sim_unix_notes_next(const struct sim_unix_sock *u, struct sim_scm *seen, struct sim_unix_part *p)
{
	uint32_t end = p->off + p->len, rest = u->stream.data.len - end;
	struct sim_unix_note *x = p->is_first ? u->notes.first : p->following;

	if (!rest)
		return false;
	p->is_first = false;
	p->off = end;
	p->note = NULL;
	p->following = x;
	if (!x) {
		p->len = rest;
	} else if (x->gap && p->gap_of != x) {
		p->gap_of = x;
		p->len = x->gap;
	} else {
		p->note = x;
		p->len = x->len;
		p->following = x->next;
	}
	return same_sender(u, p->note, seen);
}
