/* SPDX-License-Identifier: MIT */
/* A query in, a verdict out: which rules hold, which one wins, what it does. See rule.h. */
#include <errno.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/base/quantity.h"
#include "sim/fault/rule.h"

#define COUNTS_MIN 4

static bool peer_holds(const struct sim_fault_peer *p, const struct sim_fault_query *q)
{
	if (p->port && (!q->peer_addr || p->port != q->peer_port))
		return false;
	if (p->has_addr)
		return q->peer_addr && memcmp(p->addr, q->peer_addr, sizeof p->addr) == 0;
	return !p->host[0] || (q->peer_host && strcmp(p->host, q->peer_host) == 0);
}

static uint64_t moved_bytes(const struct sim_fault_query *q)
{
	unsigned traits = sim_call_info(q->call)->traits;

	if (traits & SIM_CALL_IS_SEND)
		return q->sent_bytes;
	if (traits & SIM_CALL_IS_RECV)
		return q->received_bytes;
	return q->sent_bytes + q->received_bytes;
}

/* The conditions that choose calls: what they choose is counted. */
static bool chooses(const struct sim_fault_spec *s, const struct sim_fault_query *q)
{
	if (!sim_call_set_has(&s->calls, q->call))
		return false;
	if (s->host[0] ? strcmp(s->host, q->host) != 0 : q->is_builtin)
		return false;
	if (s->fd >= 0 && s->fd != q->fd)
		return false;
	if (s->states && !(s->states >> q->state & 1))
		return false;
	if ((s->flags & q->flags) != s->flags)
		return false;
	if (s->after_bytes && moved_bytes(q) < s->after_bytes)
		return false;
	if (q->now_ns < s->from_ns || q->now_ns >= s->until_ns)
		return false;
	return !s->has_peer || peer_holds(&s->peer, q);
}

static struct sim_fault_count *count_of(struct sim_fault_rules *r, struct sim_fault_rule *rule,
					uint16_t host_id)
{
	uint32_t num = rule->num_counts ? rule->num_counts : COUNTS_MIN;
	struct sim_fault_count *counts;

	if (host_id < rule->num_counts)
		return &rule->counts[host_id];
	while (num <= host_id)
		num *= 2;
	counts = sim_arena_alloc(r->arena, num * sizeof *counts);
	if (!counts)
		return NULL;
	if (rule->num_counts) {
		memcpy(counts, rule->counts, rule->num_counts * sizeof *counts);
		sim_arena_free(r->arena, rule->counts, rule->num_counts * sizeof *counts);
	}
	rule->counts = counts;
	rule->num_counts = num;
	return &counts[host_id];
}

static bool is_its_turn(const struct sim_fault_spec *s, uint64_t nth)
{
	return nth >= s->when_first && nth <= s->when_last && (nth - s->when_first) % s->when_step == 0;
}

/* A share of what was asked for, but something. */
static uint64_t share_of(uint64_t requested, uint64_t ppb)
{
	uint64_t n = (uint64_t)((__uint128_t)requested * ppb / SIM_PPB_ONE);

	return n ? n : 1;
}

static uint64_t short_limit(const struct sim_fault_spec *s, const struct sim_fault_query *q)
{
	return s->result.kind == SIM_FAULT_SHARE ? share_of(q->requested, s->result.number)
						 : s->result.number;
}

/* One stream a rule and host: what one host does moves no number of another. */
static bool draws(struct sim_fault_rules *r, struct sim_fault_rule *rule, uint16_t host_id,
		  struct sim_fault_count *c)
{
	if (rule->spec->p_ppb == SIM_PPB_ONE)
		return true;
	if (!c->has_rng) {
		c->rng = sim_rng_stream(r->seed, SIM_PURPOSE_RULE,
					(uint64_t)host_id << 32 | (uint32_t)rule->id);
		c->has_rng = true;
	}
	return sim_rng_below(&c->rng, SIM_PPB_ONE) < rule->spec->p_ppb;
}

static bool matches(struct sim_fault_rules *r, struct sim_fault_rule *rule, struct sim_fault_count *c,
		    const struct sim_fault_query *q)
{
	const struct sim_fault_spec *s = rule->spec;

	if (s->once && rule->num_fired)
		return false;
	if (!is_its_turn(s, c->num_asked))
		return false;
	if (s->action == SIM_FAULT_DO_RETURNS && c->next_result == s->num_results)
		return false;
	/* A limit that limits nothing is no fault: the report must not say that it was tried. */
	if (s->action == SIM_FAULT_DO_SHORT && (q->is_message || short_limit(s, q) >= q->requested))
		return false;
	return draws(r, rule, q->host_id, c);
}

static void apply_result(const struct sim_fault_result *res, const struct sim_fault_query *q,
			 struct sim_fault_verdict *v)
{
	bool has_bytes = sim_call_info(q->call)->traits & SIM_CALL_HAS_BYTES;

	switch (res->kind) {
	case SIM_FAULT_AS_NETWORK: return;
	case SIM_FAULT_ERRNO:
		v->kind = SIM_FAULT_ERROR;
		v->err = res->err;
		return;
	case SIM_FAULT_NUMBER:
		if (!has_bytes || res->number == 0) {
			v->kind = SIM_FAULT_RETVAL;
			v->retval = (int64_t)res->number;
			return;
		}
		if (q->is_message)
			return;
		v->kind = SIM_FAULT_LIMIT;
		v->limit = res->number;
		return;
	case SIM_FAULT_SHARE:
		if (q->is_message)
			return;
		v->kind = SIM_FAULT_LIMIT;
		v->limit = share_of(q->requested, res->number);
		return;
	}
	SIM_UNREACHABLE("a result is of one of four kinds");
}

static void fire(struct sim_fault_rule *rule, struct sim_fault_count *c, const struct sim_fault_query *q,
		 struct sim_fault_verdict *v)
{
	const struct sim_fault_spec *s = rule->spec;

	v->rule_id = rule->id;
	v->signo = s->signo;
	v->delay_enter_ns = s->delay_enter_ns;
	v->delay_exit_ns = s->delay_exit_ns;
	switch (s->action) {
	case SIM_FAULT_DO_NOTHING: break;
	case SIM_FAULT_DO_ERROR:
		v->kind = SIM_FAULT_ERROR;
		v->err = s->result.err;
		break;
	case SIM_FAULT_DO_RETVAL:
		v->kind = SIM_FAULT_RETVAL;
		v->retval = (int64_t)s->result.number;
		break;
	case SIM_FAULT_DO_SHORT:
		v->kind = SIM_FAULT_LIMIT;
		v->limit = short_limit(s, q);
		break;
	case SIM_FAULT_DO_RETURNS: apply_result(&s->results[c->next_result++], q, v); break;
	}
	if (v->kind == SIM_FAULT_NONE && !v->signo && !v->delay_enter_ns && !v->delay_exit_ns)
		return; /* "*": nothing was done to this call */
	c->num_fired++;
	rule->num_fired++;
}

int sim_fault_ask(struct sim_fault_rules *r, const struct sim_fault_query *q, struct sim_fault_verdict *v)
{
	struct sim_fault_rule *winner = NULL;
	uint32_t i;

	memset(v, 0, sizeof *v);
	for (i = 0; i < r->num_rules; i++) {
		struct sim_fault_rule *rule = r->rules[i];
		struct sim_fault_count *c;

		if (!chooses(rule->spec, q))
			continue;
		c = count_of(r, rule, q->host_id);
		if (!c) {
			memset(v, 0, sizeof *v);
			return -ENOMEM;
		}
		c->num_asked++;
		rule->num_asked++;
		if (!matches(r, rule, c, q))
			continue;
		if (winner) {
			if (v->num_others < SIM_FAULT_OTHERS_MAX)
				v->others[v->num_others] = winner->id;
			v->num_others++;
		}
		winner = rule;
	}
	if (winner)
		fire(winner, &winner->counts[q->host_id], q, v);
	return 0;
}
