/* SPDX-License-Identifier: MIT */
/*
 * The last words, whichever way the program ends: what it has open is closed as the kernel would, so that its
 * peers and the capture see the end; then the summary. Also how this library speaks at all.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/exec/exec.h"

#include <inttypes.h>
#include <stdarg.h>
#include <sys/syscall.h>

#include "api/calls/calls.h"
#include "api/calls/real.h"
#include "api/control/control.h"
#include "api/exec/door.h"
#include "sim/base/str.h"

static void put(const char *text, size_t len)
{
	while (len) {
		long n = SIM_DOOR3(SYS_write, sim_exec.stderr_fd, text, len);

		if (n <= 0)
			return;
		text += n;
		len -= (size_t)n;
	}
}

void sim_exec_say(const char *fmt, ...)
{
	char text[1024];
	struct sim_str s = sim_str_on(text, sizeof text - 1);
	va_list ap;

	sim_str_add(&s, "simsock: exec: ");
	va_start(ap, fmt);
	sim_str_vprintf(&s, fmt, ap);
	va_end(ap);
	text[s.len++] = '\n';
	put(text, s.len);
}

static uint64_t num_calls(void)
{
	uint64_t num = 0;
	struct sim_list *node;

	sim_list_each(node, &sim_exec.w->sched.all) {
		const struct sim_task *t = sim_container_of(node, struct sim_task, all);

		if (!t->proc->builtin)
			num += t->num_calls;
	}
	return num;
}

static const char *s_of(uint64_t n)
{
	return n == 1 ? "" : "s";
}

static void add_rules(struct sim_str *out)
{
	const struct sim_fault_rules *rules = &sim_exec.w->rules;
	unsigned num = 0, fired = 0;
	uint64_t times = 0;

	for (const struct sim_fault_rule *r = sim_fault_next(rules, 0); r; r = sim_fault_next(rules, r->id)) {
		num++;
		fired += r->num_fired != 0;
		times += r->num_fired;
	}
	if (num)
		sim_str_printf(out, "%u of %u rule%s fired (%" PRIu64 " time%s), ", fired, num, s_of(num),
			       times, s_of(times));
}

static void tell_of_idle_rules(void)
{
	const struct sim_fault_rules *rules = &sim_exec.w->rules;

	for (const struct sim_fault_rule *r = sim_fault_next(rules, 0); r; r = sim_fault_next(rules, r->id)) {
		if (!r->num_fired)
			sim_exec_say("rule %d never fired: %s (%" PRIu64 " calls were asked)", r->id, r->text,
				     r->num_asked);
	}
}

static void summarise(int64_t now_ns)
{
	uint64_t calls = num_calls(), packets = sim_exec.w->ctx.next_packet_id - 1;
	char text[256];
	struct sim_str s = sim_str_on(text, sizeof text);

	sim_str_printf(&s, "%" PRIu64 " call%s, %" PRIu64 " packet%s, ", calls, s_of(calls), packets,
		       s_of(packets));
	add_rules(&s);
	if (sim_exec.num_children)
		sim_str_printf(&s, "%u child%s without simulated sockets, ", sim_exec.num_children,
			       sim_exec.num_children == 1 ? "" : "ren");
	if (sim_real_num_paced)
		sim_str_add(&s, "waited for others in real time, ");
	sim_str_add(&s, "virtual time ");
	sim_render_time(&s, now_ns);
	sim_str_printf(&s, "s, seed %" PRIu64, sim_exec.w->ctx.seed);
	sim_exec_say("%s", s.buf);
}

/* Not in the middle of a call, where the world is not whole: then it stays as it is. */
static bool can_go_on(const struct sim_world *w)
{
	return sim_current && sim_current->proc == w->program && !sim_current->in_call;
}

void sim_exec_end(void)
{
	struct sim_world *w = sim_exec.w;
	int64_t now_ns;

	if (!w || sim_exec.ended || sim_exec.is_child)
		return;
	sim_exec.ended = true;
	now_ns = sim_now(&w->ctx);
	if (can_go_on(w)) {
		sim_proc_end(w->program, 0, sim_current);
		sim_control_let_arrive(w);
	}
	sim_control_close_files(sim_exec.c);
	if (!sim_exec.is_quiet) {
		tell_of_idle_rules();
		summarise(now_ns);
	}
	sim_current = NULL;
}
