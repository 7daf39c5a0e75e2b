/* SPDX-License-Identifier: MIT */
/* The rules of a world: kept, found, removed. See rule.h; parse.c reads them, match.c asks them. */
#include "sim/fault/rule.h"

#include <errno.h>
#include <string.h>

#include "sim/base/arena.h"

#define RULES_MIN 8

void sim_fault_rules_init(struct sim_fault_rules *r, struct sim_arena *a, uint64_t seed)
{
	memset(r, 0, sizeof *r);
	r->arena = a;
	r->seed = seed;
	r->next_id = 1;
}

/* What a rule needs of its spec: the results that it has, not those that it might have. */
static size_t spec_bytes(const struct sim_fault_spec *s)
{
	return offsetof(struct sim_fault_spec, results) + s->num_results * sizeof s->results[0];
}

static void free_rule(struct sim_arena *a, struct sim_fault_rule *rule)
{
	if (rule->text)
		sim_arena_free(a, (void *)(uintptr_t)rule->text, rule->text_bytes);
	if (rule->spec)
		sim_arena_free(a, rule->spec, rule->spec_bytes);
	if (rule->counts)
		sim_arena_free(a, rule->counts, rule->num_counts * sizeof *rule->counts);
	sim_arena_free(a, rule, sizeof *rule);
}

void sim_fault_rules_fini(struct sim_fault_rules *r)
{
	uint32_t i;

	for (i = 0; i < r->num_rules; i++)
		free_rule(r->arena, r->rules[i]);
	if (r->rules)
		sim_arena_free(r->arena, r->rules, r->cap_rules * sizeof(struct sim_fault_rule *));
	memset(r, 0, sizeof *r);
}

static struct sim_fault_rule *new_rule(struct sim_arena *a, const char *text,
				       const struct sim_fault_spec *spec)
{
	struct sim_fault_rule *rule = sim_arena_alloc(a, sizeof *rule);
	char *copy;

	if (!rule)
		return NULL;
	rule->text_bytes = strlen(text) + 1;
	rule->spec_bytes = spec_bytes(spec);
	rule->text = copy = sim_arena_alloc(a, rule->text_bytes);
	rule->spec = sim_arena_alloc(a, rule->spec_bytes);
	if (!copy || !rule->spec) {
		free_rule(a, rule);
		return NULL;
	}
	memcpy(copy, text, rule->text_bytes);
	memcpy(rule->spec, spec, rule->spec_bytes);
	return rule;
}

static int make_room(struct sim_fault_rules *r)
{
	uint32_t cap = r->cap_rules ? r->cap_rules * 2 : RULES_MIN;
	struct sim_fault_rule **rules;

	if (r->num_rules < r->cap_rules)
		return 0;
	rules = sim_arena_alloc(r->arena, cap * sizeof(struct sim_fault_rule *));
	if (!rules)
		return -ENOMEM;
	if (r->rules) {
		memcpy(rules, r->rules, r->num_rules * sizeof(struct sim_fault_rule *));
		sim_arena_free(r->arena, r->rules, r->cap_rules * sizeof(struct sim_fault_rule *));
	}
	r->rules = rules;
	r->cap_rules = cap;
	return 0;
}

static void remember_calls(struct sim_fault_rules *r, const struct sim_fault_rule *rule)
{
	size_t i;

	for (i = 0; i < SIM_CALL_SET_WORDS; i++)
		r->calls.bits[i] |= rule->spec->calls.bits[i];
}

int sim_fault_add(struct sim_fault_rules *r, const char *text, sim_fault_addr_fn *parse_addr,
		  struct sim_diag *d)
{
	struct sim_fault_spec spec;
	struct sim_fault_rule *rule;
	int err = sim_fault_parse(text, parse_addr, &spec, d);

	if (err)
		return err;
	if (make_room(r))
		return -ENOMEM;
	rule = new_rule(r->arena, text, &spec);
	if (!rule)
		return -ENOMEM;
	rule->id = r->next_id++;
	r->rules[r->num_rules++] = rule;
	remember_calls(r, rule);
	return rule->id;
}

/* Ids rise in the order of the rules: the first place whose id is not below this one. */
static uint32_t place_of(const struct sim_fault_rules *r, int id)
{
	uint32_t i = 0;

	while (i < r->num_rules && r->rules[i]->id < id)
		i++;
	return i;
}

int sim_fault_remove(struct sim_fault_rules *r, int id)
{
	uint32_t i = place_of(r, id);

	if (i == r->num_rules || r->rules[i]->id != id)
		return -ENOENT;
	free_rule(r->arena, r->rules[i]);
	r->num_rules--;
	memmove(&r->rules[i], &r->rules[i + 1], (r->num_rules - i) * sizeof(struct sim_fault_rule *));
	memset(&r->calls, 0, sizeof r->calls);
	for (i = 0; i < r->num_rules; i++)
		remember_calls(r, r->rules[i]);
	return 0;
}

const struct sim_fault_rule *sim_fault_find(const struct sim_fault_rules *r, int id)
{
	uint32_t i = place_of(r, id);

	return i < r->num_rules && r->rules[i]->id == id ? r->rules[i] : NULL;
}

const struct sim_fault_rule *sim_fault_next(const struct sim_fault_rules *r, int id)
{
	uint32_t i = place_of(r, id < 0 ? 0 : id + 1);

	return i < r->num_rules ? r->rules[i] : NULL;
}
