/* SPDX-License-Identifier: MIT */
/* Timers that are read: see timerfd.h. timerfd_create(2). */
#include "sim/proc/timerfd.h"

#include <errno.h>
#include <sys/epoll.h>

#include "sim/base/assert.h"

struct sim_timerfd *sim_timerfd_alloc(struct sim_ctx *ctx, int clock)
{
	struct sim_timerfd *tfd = sim_arena_alloc(ctx->arena, sizeof *tfd);

	if (!tfd)
		return NULL;
	tfd->ctx = ctx;
	tfd->clock = clock;
	tfd->next_ns = SIM_NEVER_NS;
	sim_timer_init(&tfd->timer, SIM_TIMER_TIMERFD, false);
	sim_waitq_init(&tfd->wait);
	return tfd;
}

void sim_timerfd_free(struct sim_timerfd *tfd)
{
	SIM_ASSERT(sim_list_empty(&tfd->wait.waits));
	sim_timer_fini(&tfd->ctx->clock, &tfd->timer);
	sim_arena_free(tfd->ctx->arena, tfd, sizeof *tfd);
}

int sim_timerfd_set(struct sim_timerfd *tfd, int64_t first_ns, int64_t interval_ns)
{
	struct sim_clock *c = &tfd->ctx->clock;

	if (first_ns == SIM_NEVER_NS)
		sim_timer_cancel(c, &tfd->timer);
	else if (sim_timer_set(c, &tfd->timer, first_ns))
		return -ENOMEM;
	tfd->next_ns = first_ns;
	tfd->interval_ns = interval_ns;
	tfd->num_expired = 0;
	tfd->expired = false;
	return 0;
}

void sim_timerfd_on_timer(struct sim_clock *c, struct sim_timer *t)
{
	struct sim_timerfd *tfd = sim_container_of(t, struct sim_timerfd, timer);

	(void)c;
	tfd->expired = true;
	tfd->num_expired++;
	sim_waitq_wake(&tfd->wait, EPOLLIN);
}

/* A periodic timer that has expired ticks again: what has passed since counts. */
static void catch_up(struct sim_timerfd *tfd)
{
	struct sim_clock *c = &tfd->ctx->clock;
	int64_t missed;

	if (!tfd->expired || !tfd->interval_ns)
		return;
	missed = (c->now_ns - tfd->next_ns) / tfd->interval_ns;
	tfd->num_expired += (uint64_t)missed;
	tfd->next_ns += missed * tfd->interval_ns;
	tfd->next_ns = tfd->interval_ns < SIM_NEVER_NS - tfd->next_ns ? tfd->next_ns + tfd->interval_ns
								      : SIM_NEVER_NS - 1;
	tfd->expired = false;
	(void)sim_timer_set(c, &tfd->timer, tfd->next_ns); /* it has been in the heap */
}

int64_t sim_timerfd_left(struct sim_timerfd *tfd)
{
	catch_up(tfd);
	return sim_timer_is_set(&tfd->timer) ? tfd->next_ns - tfd->ctx->clock.now_ns : 0;
}

void sim_timerfd_set_ticks(struct sim_timerfd *tfd, uint64_t num)
{
	tfd->num_expired = num;
	sim_waitq_wake(&tfd->wait, EPOLLIN);
}

/* Until it has expired. 0, or -errno with its reason. */
static long await(struct sim_timerfd *tfd, struct sim_task *t, bool nonblock)
{
	struct sim_wait wait;
	int err = 0;

	if (tfd->num_expired)
		return 0;
	t->why = (struct sim_reason){ sim_timer_is_set(&tfd->timer) ? SIM_WHY_NOT_EXPIRED : SIM_WHY_TIMER_OFF,
				      0,
				      SIM_NEVER_NS,
				      { tfd->next_ns, 0, 0, 0 } };
	if (nonblock)
		return -EAGAIN;
	sim_waitq_add(&tfd->wait, &wait, SIM_WAIT_TASK, t, EPOLLIN);
	t->on.events = EPOLLIN;
	while (!err && !tfd->num_expired)
		err = sim_task_block(t, SIM_NEVER_NS);
	sim_waitq_remove(&wait);
	return tfd->num_expired ? 0 : err;
}

long sim_timerfd_read(struct sim_timerfd *tfd, struct sim_task *t, struct sim_msg *m)
{
	uint64_t num;
	long r;

	if (m->len < sizeof num) {
		t->why = (struct sim_reason){
			SIM_WHY_TOO_SHORT, 0, SIM_NEVER_NS, { (int64_t)m->len, sizeof num, 0, 0 }
		};
		return -EINVAL;
	}
	r = await(tfd, t, m->nonblock);
	if (r)
		return r;
	catch_up(tfd);
	num = tfd->num_expired;
	tfd->num_expired = 0;
	tfd->expired = false;
	/* As Linux does, what cannot be told is lost. */
	if (sim_iter_to_user(&m->it, &num, sizeof num)) {
		t->why = (struct sim_reason){ SIM_WHY_BAD_POINTER, 0, SIM_NEVER_NS, { 0, 0, 0, 0 } };
		return -EFAULT;
	}
	return sizeof num;
}
