/* SPDX-License-Identifier: MIT */
/* What a test that passed has left behind: sockets, rules, events still to come. */
#include <inttypes.h>
#include <string.h>

#include "api/calls/calls.h"
#include "api/control/control.h"

/* What is on the way may arrive: peers see the end of their connections. A task that never sleeps long ends
 * it. */
#define SETTLE_NS (60 * SIM_NS_PER_S)

void sim_control_let_arrive(struct sim_world *w)
{
	int64_t until_ns = w->ctx.clock.now_ns + SETTLE_NS;

	for (;;) {
		sim_world_settle(w);
		if (!sim_list_empty(&w->sched.ready))
			sim_task_yield(sim_current);
		else if (!w->ctx.clock.num_foreground || !sim_clock_step(&w->ctx.clock, until_ns))
			return;
	}
}

static bool is_pairs(const struct sim_control *c, uint32_t sock_id)
{
	for (unsigned i = 0; i < c->num_pair_socks; i++)
		if (c->pair_socks[i] == sock_id)
			return true;
	return false;
}

static void add_sockets(struct sim_control *c, struct sim_str *out)
{
	const struct sim_fdtable *ft = &c->w->fds;

	for (int fd = 0; fd < ft->num_slots; fd++) {
		const struct sim_file *f = ft->slots[fd].file;

		if (!f || ft->slots[fd].proc_id != c->w->program->id)
			continue;
		if (f->kind != SIM_FILE_SOCK) {
			sim_str_printf(out, "descriptor %d is still open: %s\n", fd, sim_file_kind_name(f));
		} else if (!is_pairs(c, f->sk->id)) {
			sim_str_printf(out, "descriptor %d is still open: ", fd);
			sim_render_sock(c, out, f->sk);
			sim_str_add(out, "\n");
		}
	}
}

static void add_rules(struct sim_control *c, struct sim_str *out)
{
	const struct sim_fault_rule *r;
	int id = 0;

	for (; (r = sim_fault_next(&c->w->rules, id)); id = r->id)
		if (!r->num_fired)
			sim_str_printf(out, "rule %d never fired: %s (%" PRIu64 " calls were asked)\n", r->id,
				       r->text, r->num_asked);
}

static void add_timer(const struct sim_alarm *a, const char *what, struct sim_str *out)
{
	if (!sim_timer_is_set(&a->timer))
		return;
	sim_str_printf(out, "%s is still set, for ", what);
	sim_render_time(out, a->timer.due_ns);
	sim_str_add(out, "\n");
}

static void add_timers(const struct sim_proc *p, struct sim_str *out)
{
	static const char *const names[SIM_NUM_ITIMERS] = { "an alarm", "ITIMER_VIRTUAL", "ITIMER_PROF" };

	for (int i = 0; i < SIM_NUM_ITIMERS; i++)
		add_timer(&p->itimers[i], names[i], out);
	for (int i = 0; p->timers && i < SIM_POSIX_TIMERS_MAX; i++) {
		if (p->timers[i].used)
			add_timer(&p->timers[i], "a timer of timer_create's", out);
	}
}

void sim_control_left_over(struct sim_control *c, struct sim_str *out)
{
	add_timers(c->w->program, out);
	sim_control_list_ats(c, out);
	if (!out->len)
		sim_control_let_arrive(c->w);
	add_sockets(c, out);
	add_rules(c, out);
}
