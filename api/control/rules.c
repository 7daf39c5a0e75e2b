/* SPDX-License-Identifier: MIT */
/* Rules for calls as the control API has them, and what moves virtual time. */
#include "api/control/control.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "api/calls/calls.h"
#include "api/signals/signals.h"
#include "api/simsock.h"
#include "sim/base/quantity.h"

bool sim_control_parse_inet(const char *text, uint8_t addr[16])
{
	struct sim_addr a;

	if (!sim_addr_parse(text, &a))
		return false;
	memcpy(addr, a.b, sizeof a.b);
	return true;
}

/* What a rule had done when it was taken back: sim_fired() goes on answering. */
static void retire(struct sim_control *c, int id, uint32_t num_fired)
{
	if ((uint32_t)id > c->num_retired) {
		uint32_t *bigger = realloc(c->retired, (size_t)id * sizeof *bigger);

		if (!bigger)
			sim_control_fail("out of memory");
		memset(bigger + c->num_retired, 0, ((size_t)id - c->num_retired) * sizeof *bigger);
		c->retired = bigger;
		c->num_retired = (uint32_t)id;
	}
	c->retired[id - 1] = num_fired + 1;
}

/* A host that a condition names must be there, or the rule could never fire. */
static void check_host(struct sim_control *c, int id, const char *rule, const char *key)
{
	struct sim_source src = sim_source_of("rule", rule);
	struct sim_slice all = sim_slice_all(&src);
	const char *at = strstr(rule, key);
	size_t from = at ? (size_t)(at - rule) + strlen(key) : 0;
	struct sim_slice name = sim_slice_sub(all, from, all.len);
	struct sim_diag d;

	name = sim_slice_sub(name, 0, sim_slice_find(name, ':'));
	if (!at || sim_control_find_host(c, name, &d))
		return;
	(void)sim_fault_remove(&c->w->rules, id);
	sim_control_fail_diag(&d);
}

int(sim_inject)(const char *rule)
{
	struct sim_control *c = sim_control_current("sim_inject");
	const struct sim_fault_spec *spec;
	struct sim_diag d;
	int id = sim_fault_add(&c->w->rules, rule ? rule : "", sim_control_parse_inet, &d);

	if (id == -EINVAL)
		sim_control_fail_diag(&d);
	if (id < 0)
		sim_control_fail("sim_inject: the world's memory is used up (SIMSOCK_ARENA)");
	spec = sim_fault_find(&c->w->rules, id)->spec;
	if (spec->host[0])
		check_host(c, id, rule, ":host=");
	if (spec->has_peer && spec->peer.host[0])
		check_host(c, id, rule, ":peer=");
	return id;
}

int(sim_fired)(int id)
{
	struct sim_control *c = sim_control_current("sim_fired");
	const struct sim_fault_rule *r = sim_fault_find(&c->w->rules, id);

	if (r)
		return (int)r->num_fired;
	if (id < 1 || (uint32_t)id > c->num_retired || !c->retired[id - 1])
		sim_control_fail("sim_fired: no rule has the id %d", id);
	return (int)(c->retired[id - 1] - 1);
}

void(sim_uninject)(int id)
{
	struct sim_control *c = sim_control_current("sim_uninject");
	const struct sim_fault_rule *r = sim_fault_find(&c->w->rules, id);

	if (!r)
		sim_control_fail("sim_uninject: no rule has the id %d", id);
	retire(c, id, (uint32_t)r->num_fired);
	(void)sim_fault_remove(&c->w->rules, id);
}

/* ---- time ---- */

int64_t sim_now_ns(void)
{
	return sim_control_current("sim_now_ns")->w->ctx.clock.now_ns;
}

void sim_control_sleep(struct sim_control *c, int64_t span_ns)
{
	struct sim_task *t = sim_current;
	int64_t until_ns = c->w->ctx.clock.now_ns + span_ns;
	int err;

	t->on.call = SIM_CALL_NANOSLEEP;
	t->on.fd = -1;
	t->on.sock_id = 0;
	do {
		err = sim_task_block(t, until_ns);
		if (err == -SIM_ERESTART)
			(void)sim_signals_deliver(t);
	} while ((!err || err == -SIM_ERESTART) && c->w->ctx.clock.now_ns < until_ns);
	sim_world_settle(c->w);
}

void(sim_advance)(const char *span)
{
	struct sim_control *c = sim_control_current("sim_advance");
	struct sim_source src = sim_source_of("sim_advance", span ? span : "");
	struct sim_diag d;
	int64_t span_ns;

	if (sim_parse_span(sim_slice_trim(sim_slice_all(&src)), "time span", SIM_SPAN_NEEDS_UNIT, &span_ns,
			   &d))
		sim_control_fail_diag(&d);
	if (span_ns >= SIM_NEVER_NS - c->w->ctx.clock.now_ns)
		sim_control_fail("sim_advance: \"%s\" is later than time goes", span);
	sim_control_sleep(c, span_ns);
}

void(sim_run)(void)
{
	sim_world_run(sim_control_current("sim_run")->w);
}
