/* SPDX-License-Identifier: MIT */
/* The table of simulated calls and what is derived from it. See call.h. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE /* EAI_ADDRFAMILY, EAI_NODATA */
#endif
#include "sim/fault/call.h"

#include <errno.h>
#include <netdb.h>
#include <string.h>

#include "sim/base/assert.h"
#include "sim/base/diag.h"
#include "sim/base/names.h"

#define NUM(a) (sizeof(a) / sizeof(a)[0])

#define CALL_ERRS(id, name, traits, ...) static const int16_t errs_##id[] = { __VA_ARGS__, 0 };
SIM_CALL_TABLE(CALL_ERRS)

#define CALL_INFO(id, name, traits, ...) { name, traits, errs_##id },
const struct sim_call_info sim_call_infos[SIM_CALL_NUM] = { SIM_CALL_TABLE(CALL_INFO) };

struct class_name {
	const char *name;
	unsigned bits;
};

#define CLASS_NAME(name, bits) { name, bits },
static const struct class_name classes[] = { SIM_CALL_CLASS_TABLE(CLASS_NAME) };

struct err_name {
	const char *name;
	int err;
};

/* getaddrinfo(3) */
static const struct err_name eai_names[] = {
	{ "EAI_ADDRFAMILY", EAI_ADDRFAMILY }, { "EAI_AGAIN", EAI_AGAIN },
	{ "EAI_BADFLAGS", EAI_BADFLAGS },     { "EAI_FAIL", EAI_FAIL },
	{ "EAI_FAMILY", EAI_FAMILY },         { "EAI_MEMORY", EAI_MEMORY },
	{ "EAI_NODATA", EAI_NODATA },         { "EAI_NONAME", EAI_NONAME },
	{ "EAI_OVERFLOW", EAI_OVERFLOW },     { "EAI_SERVICE", EAI_SERVICE },
	{ "EAI_SYSTEM", EAI_SYSTEM },         { "EAI_SOCKTYPE", EAI_SOCKTYPE },
};

/* gethostbyname(3); NO_ADDRESS is another name of NO_DATA */
static const struct err_name h_errno_names[] = {
	{ "HOST_NOT_FOUND", HOST_NOT_FOUND }, { "TRY_AGAIN", TRY_AGAIN },
	{ "NO_RECOVERY", NO_RECOVERY },       { "NO_DATA", NO_DATA },
	{ "NO_ADDRESS", NO_ADDRESS },
};

int sim_call_by_name(const char *name, size_t len)
{
	int i;

	for (i = 0; i < SIM_CALL_NUM; i++) {
		if (strlen(sim_call_infos[i].name) == len && memcmp(sim_call_infos[i].name, name, len) == 0)
			return i;
	}
	return -1;
}

bool sim_call_documents(enum sim_call_id call, int err)
{
	const int16_t *e;

	for (e = sim_call_info(call)->errs; *e; e++) {
		if (*e == err)
			return true;
	}
	return false;
}

/* The names that the call's errors have, if they are no errnos. */
static const struct err_name *own_names(enum sim_call_id call, size_t *num)
{
	unsigned traits = sim_call_info(call)->traits;

	if (traits & SIM_CALL_ANSWERS_EAI) {
		*num = NUM(eai_names);
		return eai_names;
	}
	if (traits & SIM_CALL_ANSWERS_HE) {
		*num = NUM(h_errno_names);
		return h_errno_names;
	}
	*num = 0;
	return NULL;
}

const char *sim_call_err_name(enum sim_call_id call, int err)
{
	size_t num, i;
	const struct err_name *names = own_names(call, &num);

	if (!names)
		return sim_errno_name(err);
	for (i = 0; i < num; i++) {
		if (names[i].err == err)
			return names[i].name;
	}
	return NULL;
}

int sim_call_err_by_name(enum sim_call_id call, const char *name, size_t len)
{
	size_t num, i;
	const struct err_name *names = own_names(call, &num);

	if (!names)
		return sim_errno_by_name(name, len);
	for (i = 0; i < num; i++) {
		if (strlen(names[i].name) == len && memcmp(names[i].name, name, len) == 0)
			return names[i].err;
	}
	return 0;
}

static void add_class(struct sim_call_set *out, unsigned bits)
{
	int i;

	for (i = 0; i < SIM_CALL_NUM; i++) {
		if (sim_call_infos[i].traits & bits)
			sim_call_set_add(out, (enum sim_call_id)i);
	}
}

static const struct class_name *find_class(struct sim_slice name)
{
	size_t i;

	for (i = 0; i < NUM(classes); i++) {
		if (sim_slice_is(name, classes[i].name))
			return &classes[i];
	}
	return NULL;
}

static int parse_class(struct sim_slice in, struct sim_call_set *out, struct sim_diag *d)
{
	struct sim_slice name = sim_slice_sub(in, 1, in.len);
	const struct class_name *c = find_class(name);

	if (!c)
		return sim_diag_slice(
			d, in,
			"unknown class of calls \"" SIM_SLICE_FMT
			"\" (classes: %%send %%recv %%ready %%net %%desc %%sleep %%clock %%resolve "
			"%%host %%all)",
			SIM_SLICE_ARG(in));
	add_class(out, c->bits);
	return 0;
}

static int unknown_call(struct sim_slice in, struct sim_diag *d)
{
	struct sim_suggest s = sim_suggest_for(in);
	char near[SIM_SUGGEST_BYTES];
	int i;

	if (find_class(in))
		return sim_diag_slice(d, in,
				      "\"" SIM_SLICE_FMT "\" is a class of calls: write \"%%" SIM_SLICE_FMT
				      "\"",
				      SIM_SLICE_ARG(in), SIM_SLICE_ARG(in));
	if (sim_slice_text(in)[0] == '!')
		return sim_diag_slice(
			d, in, "\"!\" stands once, before the whole set: \"!send,recv\" is all but the two");
	for (i = 0; i < SIM_CALL_NUM; i++)
		sim_suggest_offer(&s, sim_call_infos[i].name);
	if (s.best)
		return sim_diag_slice(d, in, "unknown call \"" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(in),
				      sim_suggest_text(&s, near));
	return sim_diag_slice(
		d, in,
		"unknown call \"" SIM_SLICE_FMT
		"\": expected calls that are simulated (send, recv, connect, poll, ...) "
		"or classes of them (%%send %%recv %%ready %%net %%desc %%sleep %%clock %%resolve %%host)",
		SIM_SLICE_ARG(in));
}

static int parse_member(struct sim_slice in, struct sim_call_set *out, struct sim_diag *d)
{
	int call;

	if (in.len == 0)
		return sim_diag_slice(
			d, in, "a call's name is missing: the set looks like \"send,sendto\" or \"%%send\"");
	if (sim_slice_text(in)[0] == '%')
		return parse_class(in, out, d);
	if (sim_slice_is(in, "all")) {
		add_class(out, find_class(in)->bits);
		return 0;
	}
	call = sim_call_by_name(sim_slice_text(in), in.len);
	if (call < 0)
		return unknown_call(in, d);
	sim_call_set_add(out, (enum sim_call_id)call);
	return 0;
}

static bool negate(struct sim_call_set *s)
{
	struct sim_call_set all = { { 0 } };
	uint64_t any = 0;
	size_t i;

	add_class(&all, SIM_CALL_CLASSES);
	for (i = 0; i < SIM_CALL_SET_WORDS; i++) {
		s->bits[i] = all.bits[i] & ~s->bits[i];
		any |= s->bits[i];
	}
	return any != 0;
}

int sim_call_set_parse(struct sim_slice in, struct sim_call_set *out, struct sim_diag *d)
{
	bool negated = in.len && sim_slice_text(in)[0] == '!';
	struct sim_call_set set = { { 0 } };
	struct sim_slice rest = negated ? sim_slice_sub(in, 1, in.len) : in;
	size_t comma;
	int err;

	do {
		comma = sim_slice_find(rest, ',');
		err = parse_member(sim_slice_sub(rest, 0, comma), &set, d);
		if (err)
			return err;
		in = rest;
		rest = sim_slice_sub(rest, comma + 1, rest.len);
	} while (comma < in.len);
	if (negated && !negate(&set))
		return sim_diag_slice(d, in, "no call is left: \"!\" takes all of them away");
	*out = set;
	return 0;
}
