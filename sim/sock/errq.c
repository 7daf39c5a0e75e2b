/* SPDX-License-Identifier: MIT */
/* See errq.h. sock_queue_err_skb(), sock_dequeue_err_skb() and __msg_zerocopy_callback() of Linux 6.18. */
#include "sim/sock/errq.h"

#include <errno.h>

#include "sim/sock/sock.h"

enum { CODE_ZEROCOPY_COPIED = 1 };

static bool is_of_network(const struct sim_sock_err *e)
{
	return e->origin == SIM_ERR_ICMP || e->origin == SIM_ERR_ICMP6;
}

static struct sim_sock_errq *queue_of(struct sim_sock *sk)
{
	if (!sk->errq)
		sk->errq = sim_arena_alloc(sim_sock_arena(sk), sizeof *sk->errq);
	return sk->errq;
}

int sim_errq_push(struct sim_sock *sk, const struct sim_sock_err *e)
{
	struct sim_arena *a = sim_sock_arena(sk);
	struct sim_sock_errq *q = queue_of(sk);
	struct sim_sock_err *mine = NULL;

	if (q && !sk->dead &&
	    sk->rmem_bytes + sk->errq_bytes + e->truesize_bytes < (uint32_t)sk->rcvbuf_bytes)
		mine = sim_arena_alloc(a, sizeof *mine);
	if (!mine) {
		struct sim_bytes lost = e->bytes;

		sim_bytes_release(a, &lost);
		return -ENOMEM;
	}
	*mine = *e;
	mine->next = NULL;
	if (q->last)
		q->last->next = mine;
	else
		q->head = mine;
	q->last = mine;
	sk->errq_bytes += mine->truesize_bytes;
	sim_sock_notify(sk, EPOLLERR);
	return 0;
}

struct sim_sock_err *sim_errq_pop(struct sim_sock *sk)
{
	struct sim_sock_errq *q = sk->errq;
	struct sim_sock_err *e = q ? q->head : NULL;

	if (!e)
		return NULL;
	q->head = e->next;
	if (!q->head)
		q->last = NULL;
	sk->errq_bytes -= e->truesize_bytes;
	if (q->head && is_of_network(q->head)) {
		sk->err = (int32_t)q->head->err;
		sk->err_why = q->head->why;
	} else if (is_of_network(e)) {
		sk->err = 0;
	}
	if (q->head)
		sim_sock_notify(sk, EPOLLERR);
	return e;
}

void sim_errq_free_one(struct sim_sock *sk, struct sim_sock_err *e)
{
	sim_bytes_release(sim_sock_arena(sk), &e->bytes);
	sim_arena_free(sim_sock_arena(sk), e, sizeof *e);
}

void sim_errq_purge(struct sim_sock *sk)
{
	struct sim_sock_err *e;

	while (sk->errq && (e = sk->errq->head)) {
		sk->errq->head = e->next;
		sk->errq_bytes -= e->truesize_bytes;
		sim_errq_free_one(sk, e);
	}
	if (sk->errq)
		sk->errq->last = NULL;
}

void sim_errq_free(struct sim_sock *sk)
{
	sim_errq_purge(sk);
	if (sk->errq)
		sim_arena_free(sim_sock_arena(sk), sk->errq, sizeof *sk->errq);
	sk->errq = NULL;
}

/* skb_zerocopy_notify_extend() */
static bool joins(const struct sim_sock_err *last, uint32_t first, uint8_t code)
{
	return last && last->origin == SIM_ERR_ZEROCOPY && last->code == code && last->data + 1 == first;
}

void sim_errq_zerocopy_done(struct sim_sock *sk, uint32_t first, uint32_t last, bool copied)
{
	struct sim_sock_err e = { .origin = SIM_ERR_ZEROCOPY,
				  .code = copied ? CODE_ZEROCOPY_COPIED : 0,
				  .info = first,
				  .data = last };

	sk->omem_bytes -= SIM_ZEROCOPY_TRUESIZE;
	if (sk->dead)
		return;
	if (sk->errq && joins(sk->errq->last, first, e.code)) {
		sk->errq->last->data = last;
		sim_sock_notify(sk, EPOLLERR);
		return;
	}
	sim_errq_push(sk, &e);
}
