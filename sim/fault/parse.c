/* SPDX-License-Identifier: MIT */
/*
 * A rule as text: strace's CALLSET:KEY[=VALUE]:... read into a spec, and refused if it can never fire. See
 * rule.h.
 *
 * Keys stand in one table; each has a function that reads its value. What needs all keys to be known is
 * checked at the end, with the caret at the key that is to blame.
 */
#include "sim/fault/parse.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sim/base/diag.h"
#include "sim/base/names.h"
#include "sim/base/quantity.h"
#include "sim/base/str.h"
#include "sim/fault/rule.h"

#define NUM(a)     (sizeof(a) / sizeof(a)[0])
#define ERRNO_MAX  4095 /* strace(1): a numeric error */
#define SIGNAL_MAX 64
#define KEYS                                                                                 \
	"actions: error=ERRNO retval=N short=N returns=LIST signal=SIGNAL delay_enter=SPAN " \
	"delay_exit=SPAN; conditions: when=N p=N% host=NAME fd=N peer=ADDR:PORT state=NAME " \
	"flags=MSG_NAME after=BYTES during=T..T once"

enum key_id {
	KEY_ERROR,
	KEY_RETVAL,
	KEY_SHORT,
	KEY_RETURNS,
	KEY_SIGNAL,
	KEY_DELAY_ENTER,
	KEY_DELAY_EXIT,
	KEY_WHEN,
	KEY_P,
	KEY_HOST,
	KEY_FD,
	KEY_PEER,
	KEY_STATE,
	KEY_FLAGS,
	KEY_AFTER,
	KEY_DURING,
	KEY_ONCE,
	NUM_KEYS
};

struct key {
	const char *name;
	bool has_value;
	int (*parse)(struct sim_fault_parser *p, struct sim_slice value);
};

unsigned sim_fault_list_calls(const struct sim_fault_parser *p, bool (*picks)(enum sim_call_id call, int arg),
			      int arg, struct sim_str *out)
{
	unsigned num = 0;
	int i;

	for (i = 0; i < SIM_CALL_NUM; i++) {
		if (!sim_call_set_has(&p->out->calls, (enum sim_call_id)i) ||
		    !picks((enum sim_call_id)i, arg))
			continue;
		if (num < 4)
			sim_str_printf(out, "%s%s", num ? ", " : "", sim_call_name((enum sim_call_id)i));
		num++;
	}
	if (num > 4)
		sim_str_printf(out, " and %u more", num - 4);
	return num;
}

static bool lacks_error(enum sim_call_id call, int err)
{
	return !sim_call_documents(call, err);
}

static bool lacks_bytes(enum sim_call_id call, int unused)
{
	(void)unused;
	return !(sim_call_info(call)->traits & SIM_CALL_HAS_BYTES);
}

static bool is_resolver(enum sim_call_id call, int unused)
{
	(void)unused;
	return sim_call_info(call)->traits & (SIM_CALL_ANSWERS_EAI | SIM_CALL_ANSWERS_HE);
}

/* A call whose errors have names of their own does not know this one. */
static int no_resolver_error(struct sim_fault_parser *p, struct sim_slice name, enum sim_call_id call)
{
	bool is_eai = sim_call_info(call)->traits & SIM_CALL_ANSWERS_EAI;
	struct sim_suggest s = sim_suggest_for(name);
	const int16_t *e = sim_call_info(call)->errs;
	char near[SIM_SUGGEST_BYTES];

	for (; *e; e++)
		sim_suggest_offer(&s, sim_call_err_name(call, *e));
	return sim_diag_slice(p->d, name, "\"" SIM_SLICE_FMT "\" is no error of %s%s", SIM_SLICE_ARG(name),
			      sim_call_name(call),
			      s.best   ? sim_suggest_text(&s, near)
			      : is_eai ? ", which answers EAI_ codes such as EAI_AGAIN"
				       : ", which answers HOST_NOT_FOUND, TRY_AGAIN, NO_RECOVERY or NO_DATA");
}

static int no_error_name(struct sim_fault_parser *p, struct sim_slice name, enum sim_call_id call)
{
	struct sim_suggest s = sim_suggest_for(name);
	char near[SIM_SUGGEST_BYTES];

	if (is_resolver(call, 0))
		return no_resolver_error(p, name, call);
	if (sim_call_err_by_name(SIM_CALL_GETADDRINFO, sim_slice_text(name), name.len) ||
	    sim_call_err_by_name(SIM_CALL_GETHOSTBYNAME, sim_slice_text(name), name.len))
		return sim_diag_slice(p->d, name,
				      SIM_SLICE_FMT " is an error of resolver calls alone, not of %s",
				      SIM_SLICE_ARG(name), sim_call_name(call));
	sim_errno_suggest(&s);
	return sim_diag_slice(p->d, name, "unknown errno \"" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(name),
			      s.best ? sim_suggest_text(&s, near)
				     : ": expected a name such as EINTR, or 1..4095");
}

static bool begins_with_digit(struct sim_slice s)
{
	return s.len && sim_is_digit(sim_slice_text(s)[0]);
}

/* The number that every call of the set gives this name. */
static int error_number(struct sim_fault_parser *p, struct sim_slice name, int *err)
{
	int i;

	for (i = 0; i < SIM_CALL_NUM; i++) {
		enum sim_call_id call = (enum sim_call_id)i;
		uint64_t number;

		if (!sim_call_set_has(&p->out->calls, call))
			continue;
		if (begins_with_digit(name) && !is_resolver(call, 0)) {
			if (sim_parse_uint(name, "errno", 1, ERRNO_MAX, &number, p->d))
				return -EINVAL;
			*err = (int)number;
			continue;
		}
		*err = sim_call_err_by_name(call, sim_slice_text(name), name.len);
		if (!*err)
			return no_error_name(p, name, call);
	}
	return 0;
}

static int read_error(struct sim_fault_parser *p, const char *key, struct sim_slice value, int *err)
{
	bool forced = value.len && sim_slice_text(value)[0] == '!';
	struct sim_slice name = forced ? sim_slice_sub(value, 1, value.len) : value;
	char buf[160];
	struct sim_str lacking = sim_str_on(buf, sizeof buf);

	if (name.len == 0)
		return sim_diag_slice(p->d, name, "%s needs an errno, such as %s=EINTR", key, key);
	if (error_number(p, name, err))
		return -EINVAL;
	if (forced || !sim_fault_list_calls(p, lacks_error, *err, &lacking))
		return 0;
	return sim_diag_slice(p->d, name,
			      SIM_SLICE_FMT " is not documented for %s: write %s" SIM_SLICE_FMT
					    " to have it all the same",
			      SIM_SLICE_ARG(name), buf, strcmp(key, "error") == 0 ? "error=!" : "!",
			      SIM_SLICE_ARG(name));
}

static int parse_error(struct sim_fault_parser *p, struct sim_slice value)
{
	p->out->action = SIM_FAULT_DO_ERROR;
	p->out->result.kind = SIM_FAULT_ERRNO;
	return read_error(p, "error", value, &p->out->result.err);
}

/* A resolver's result is a pointer or an EAI_ code. */
static int check_numbers_suit(struct sim_fault_parser *p, struct sim_slice value, const char *key)
{
	char buf[160];
	struct sim_str resolvers = sim_str_on(buf, sizeof buf);

	if (!sim_fault_list_calls(p, is_resolver, 0, &resolvers))
		return 0;
	return sim_diag_slice(p->d, value,
			      "%s can't give a number for %s: it answers with names; use error=", key, buf);
}

static int parse_retval(struct sim_fault_parser *p, struct sim_slice value)
{
	p->out->action = SIM_FAULT_DO_RETVAL;
	p->out->result.kind = SIM_FAULT_NUMBER;
	if (value.len && sim_slice_text(value)[0] == '-')
		return sim_diag_slice(p->d, value,
				      "retval can't be negative: a call that fails is error=ERRNO");
	if (check_numbers_suit(p, value, "retval"))
		return -EINVAL;
	return sim_parse_uint(value, "retval", 0, INT64_MAX, &p->out->result.number, p->d);
}

static bool ends_with_percent(struct sim_slice s)
{
	return s.len && sim_slice_text(s)[s.len - 1] == '%';
}

static int read_share(struct sim_fault_parser *p, const char *key, struct sim_slice value,
		      struct sim_fault_result *res)
{
	uint32_t ppb;

	if (sim_parse_percent(value, key, &ppb, p->d))
		return -EINVAL;
	if (ppb == 0)
		return sim_diag_slice(p->d, value,
				      "%s=0%% would move nothing, and a share is at least a byte: write %s=1",
				      key, key);
	res->kind = SIM_FAULT_SHARE;
	res->number = ppb;
	return 0;
}

static int check_moves_bytes(struct sim_fault_parser *p, struct sim_slice value, const char *key)
{
	char buf[160];
	struct sim_str lacking = sim_str_on(buf, sizeof buf);

	if (!sim_fault_list_calls(p, lacks_bytes, 0, &lacking))
		return 0;
	return sim_diag_slice(p->d, value, "%s needs calls that move bytes (%%send, %%recv), not %s", key,
			      buf);
}

static int parse_short(struct sim_fault_parser *p, struct sim_slice value)
{
	struct sim_fault_result *res = &p->out->result;

	p->out->action = SIM_FAULT_DO_SHORT;
	if (check_moves_bytes(p, value, "short"))
		return -EINVAL;
	if (ends_with_percent(value)) {
		if (read_share(p, "short", value, res))
			return -EINVAL;
		if (res->number == SIM_PPB_ONE)
			return sim_diag_slice(p->d, value, "short=100%% changes nothing: write less");
		return 0;
	}
	res->kind = SIM_FAULT_NUMBER;
	if (sim_parse_size(value, "short", INT64_MAX, &res->number, p->d))
		return -EINVAL;
	if (res->number == 0)
		return sim_diag_slice(p->d, value,
				      "short=0 would move nothing: for a call that says 0 write retval=0");
	return 0;
}

static int parse_result(struct sim_fault_parser *p, struct sim_slice value, struct sim_fault_result *res)
{
	memset(res, 0, sizeof *res);
	if (value.len == 0)
		return sim_diag_slice(
			p->d, value,
			"a result is missing: returns looks like 10,50%%,EINTR,* (*: as the network would)");
	if (sim_slice_is(value, "*"))
		return 0;
	if (sim_slice_text(value)[0] == '-')
		return sim_diag_slice(p->d, value,
				      "a result can't be negative: a call that fails is written as EINTR");
	if (begins_with_digit(value)) {
		if (check_numbers_suit(p, value, "returns"))
			return -EINVAL;
		if (ends_with_percent(value))
			return check_moves_bytes(p, value, "a percent")
				       ? -EINVAL
				       : read_share(p, "returns", value, res);
		res->kind = SIM_FAULT_NUMBER;
		return sim_parse_size(value, "returns", INT64_MAX, &res->number, p->d);
	}
	res->kind = SIM_FAULT_ERRNO;
	return read_error(p, "returns", value, &res->err);
}

static int parse_returns(struct sim_fault_parser *p, struct sim_slice value)
{
	struct sim_fault_spec *s = p->out;
	struct sim_slice rest = value;
	size_t comma;

	s->action = SIM_FAULT_DO_RETURNS;
	for (;;) {
		comma = sim_slice_find(rest, ',');
		if (s->num_results == SIM_FAULT_RESULTS_MAX)
			return sim_diag_slice(p->d, rest, "returns takes at most %d results",
					      SIM_FAULT_RESULTS_MAX);
		if (parse_result(p, sim_slice_sub(rest, 0, comma), &s->results[s->num_results]))
			return -EINVAL;
		s->num_results++;
		if (comma == rest.len)
			break;
		rest = sim_slice_sub(rest, comma + 1, rest.len);
	}
	/* After the end all is as the network would: a star there says the same. */
	while (s->num_results && s->results[s->num_results - 1].kind == SIM_FAULT_AS_NETWORK)
		s->num_results--;
	if (s->num_results == 0)
		return sim_diag_slice(p->d, value, "returns=* changes nothing: name a result before it");
	return 0;
}

static int parse_signal(struct sim_fault_parser *p, struct sim_slice value)
{
	struct sim_suggest s = sim_suggest_for(value);
	char near[SIM_SUGGEST_BYTES], with_sig[40];
	struct sim_str full = sim_str_on(with_sig, sizeof with_sig);
	uint64_t number;

	if (value.len == 0)
		return sim_diag_slice(p->d, value, "signal needs a name, such as signal=SIGUSR1");
	if (begins_with_digit(value)) {
		if (sim_parse_uint(value, "signal", 1, SIGNAL_MAX, &number, p->d))
			return -EINVAL;
		p->out->signo = (int)number;
		return 0;
	}
	p->out->signo = sim_signal_by_name(sim_slice_text(value), value.len);
	if (p->out->signo)
		return 0;
	sim_str_printf(&full, "SIG" SIM_SLICE_FMT, SIM_SLICE_ARG(value));
	if (sim_signal_by_name(full.buf, full.len))
		return sim_diag_slice(p->d, value,
				      "unknown signal \"" SIM_SLICE_FMT "\": did you mean \"%s\"?",
				      SIM_SLICE_ARG(value), full.buf);
	sim_signal_suggest(&s);
	return sim_diag_slice(p->d, value, "unknown signal \"" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(value),
			      s.best ? sim_suggest_text(&s, near)
				     : ": expected a name such as SIGUSR1, or 1..64");
}

static int read_delay(struct sim_fault_parser *p, const char *key, struct sim_slice value, int64_t *out_ns)
{
	if (sim_parse_span(value, key, SIM_SPAN_BARE_US, out_ns, p->d))
		return -EINVAL;
	if (*out_ns == 0)
		return sim_diag_slice(p->d, value, "%s=0 changes nothing", key);
	return 0;
}

static int parse_delay_enter(struct sim_fault_parser *p, struct sim_slice value)
{
	return read_delay(p, "delay_enter", value, &p->out->delay_enter_ns);
}

static int parse_delay_exit(struct sim_fault_parser *p, struct sim_slice value)
{
	return read_delay(p, "delay_exit", value, &p->out->delay_exit_ns);
}

static const struct key keys[NUM_KEYS] = {
	[KEY_ERROR] = { "error", true, parse_error },
	[KEY_RETVAL] = { "retval", true, parse_retval },
	[KEY_SHORT] = { "short", true, parse_short },
	[KEY_RETURNS] = { "returns", true, parse_returns },
	[KEY_SIGNAL] = { "signal", true, parse_signal },
	[KEY_DELAY_ENTER] = { "delay_enter", true, parse_delay_enter },
	[KEY_DELAY_EXIT] = { "delay_exit", true, parse_delay_exit },
	[KEY_WHEN] = { "when", true, sim_fault_parse_when },
	[KEY_P] = { "p", true, sim_fault_parse_p },
	[KEY_HOST] = { "host", true, sim_fault_parse_host },
	[KEY_FD] = { "fd", true, sim_fault_parse_fd },
	[KEY_PEER] = { "peer", true, sim_fault_parse_peer },
	[KEY_STATE] = { "state", true, sim_fault_parse_state },
	[KEY_FLAGS] = { "flags", true, sim_fault_parse_flags },
	[KEY_AFTER] = { "after", true, sim_fault_parse_after },
	[KEY_DURING] = { "during", true, sim_fault_parse_during },
	[KEY_ONCE] = { "once", false, sim_fault_parse_once },
};

static int unknown_key(struct sim_fault_parser *p, struct sim_slice name)
{
	struct sim_suggest s = sim_suggest_for(name);
	char near[SIM_SUGGEST_BYTES];
	size_t i;

	if (name.len == 0)
		return sim_diag_slice(p->d, name, "an action or condition is missing (%s)", KEYS);
	for (i = 0; i < NUM_KEYS; i++)
		sim_suggest_offer(&s, keys[i].name);
	return sim_diag_slice(p->d, name, "unknown action or condition \"" SIM_SLICE_FMT "\"%s (%s)",
			      SIM_SLICE_ARG(name), sim_suggest_text(&s, near), KEYS);
}

/* Of the first four actions a call can take one: it has one result. */
static int check_one_result(struct sim_fault_parser *p, enum key_id id, struct sim_slice item)
{
	int other;

	if (id > KEY_RETURNS)
		return 0;
	for (other = KEY_ERROR; other <= KEY_RETURNS; other++) {
		if (p->seen & 1u << other)
			return sim_diag_slice(p->d, item, "%s= beside %s=: a call has one result",
					      keys[id].name, keys[other].name);
	}
	return 0;
}

static int parse_item(struct sim_fault_parser *p, struct sim_slice item)
{
	size_t eq = sim_slice_find(item, '=');
	struct sim_slice name = sim_slice_sub(item, 0, eq);
	bool has_value = eq < item.len;
	unsigned id = 0;

	while (id < NUM_KEYS && !sim_slice_is(name, keys[id].name))
		id++;
	if (id == NUM_KEYS)
		return unknown_key(p, name);
	if (p->seen & 1u << id)
		return sim_diag_slice(p->d, item, "%s is given twice", keys[id].name);
	if (check_one_result(p, (enum key_id)id, item))
		return -EINVAL;
	if (has_value && !keys[id].has_value)
		return sim_diag_at(p->d, item.src, item.at + eq, "%s takes no value", keys[id].name);
	if (!has_value && keys[id].has_value)
		return sim_diag_at(p->d, item.src, item.at + item.len, "%s needs a value: %s=...",
				   keys[id].name, keys[id].name);
	p->seen |= 1u << id;
	return keys[id].parse(p, sim_slice_sub(item, eq + 1, item.len));
}

/* Whether what follows the colon after an address is a port and no key. */
static bool is_port(struct sim_slice rest)
{
	struct sim_slice item = sim_slice_sub(rest, 0, sim_slice_find(rest, ':'));

	return sim_slice_find(item, '=') == item.len && !sim_slice_is(item, "once");
}

/* To the next colon; but colons in brackets, and the one before the port of peer=, belong to the item. */
static size_t item_len(struct sim_slice rest)
{
	const char *text = sim_slice_text(rest);
	bool is_peer = rest.len >= 5 && memcmp(text, "peer=", 5) == 0;
	bool bracketed = false;
	size_t i;

	for (i = 0; i < rest.len; i++) {
		if (text[i] == '[' || text[i] == ']')
			bracketed = is_peer && text[i] == '[';
		if (text[i] != ':' || bracketed)
			continue;
		if (!is_peer || !is_port(sim_slice_sub(rest, i + 1, rest.len)))
			break;
		is_peer = false;
	}
	return i;
}

/* Nothing in a rule holds one, and a value that does would get a message that misleads. */
static int check_no_blank(struct sim_slice in, struct sim_diag *d)
{
	const char *text = sim_slice_text(in);
	size_t i;

	for (i = 0; i < in.len; i++) {
		if (text[i] == ' ' || text[i] == '\t' || text[i] == '\n')
			return sim_diag_at(d, in.src, in.at + i,
					   "a rule holds no blanks: its parts are separated by \":\"");
	}
	return 0;
}

static int check_does_something(struct sim_fault_parser *p, const struct sim_source *src)
{
	const unsigned actions = (1u << (KEY_DELAY_EXIT + 1)) - 1;

	if (p->seen & actions)
		return 0;
	return sim_diag_at(p->d, src, src->len, "no action: what shall happen to these calls? (%s)", KEYS);
}

static void spec_init(struct sim_fault_spec *s)
{
	memset(s, 0, offsetof(struct sim_fault_spec, results));
	s->fd = -1;
	s->until_ns = INT64_MAX;
	s->when_first = s->when_step = 1;
	s->when_last = SIM_FAULT_FOREVER;
	s->p_ppb = SIM_PPB_ONE;
}

int sim_fault_parse(const char *text, sim_fault_addr_fn *parse_addr, struct sim_fault_spec *out,
		    struct sim_diag *d)
{
	struct sim_source src = sim_source_of("rule", text);
	struct sim_slice rest = sim_slice_trim(sim_slice_all(&src));
	size_t len = sim_slice_find(rest, ':');
	struct sim_fault_parser p = {
		.out = out, .parse_addr = parse_addr, .d = d, .call_set = sim_slice_sub(rest, 0, len)
	};

	spec_init(out);
	if (rest.len == 0)
		return sim_diag_slice(d, rest, "empty: expected CALLS:ACTION, such as send:error=EINTR");
	if (check_no_blank(rest, d) || sim_call_set_parse(p.call_set, &out->calls, d))
		return -EINVAL;
	while (len < rest.len) {
		rest = sim_slice_sub(rest, len + 1, rest.len);
		len = item_len(rest);
		if (parse_item(&p, sim_slice_sub(rest, 0, len)))
			return -EINVAL;
	}
	return check_does_something(&p, &src);
}
