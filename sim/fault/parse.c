/* SPDX-License-Identifier: MIT */
/*
 * A rule as text: strace's CALLSET:KEY[=VALUE]:... read into a spec, and refused if it can never fire. See
 * rule.h.
 *
 * Keys stand in one table; each has a function that reads its value. What needs all keys to be known is
 * checked at the end, with the caret at the key that is to blame.
 */
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
#define FD_MAX     1048575
#define KEYS                                                                                 \
	"actions: error=ERRNO retval=N short=N returns=LIST signal=SIGNAL delay_enter=SPAN " \
	"delay_exit=SPAN; conditions: when=N p=N% host=NAME fd=N peer=ADDR:PORT state=NAME " \
	"after=BYTES during=T..T once"

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
	KEY_AFTER,
	KEY_DURING,
	KEY_ONCE,
	NUM_KEYS
};

struct parser {
	struct sim_fault_spec *out;
	struct sim_slice call_set;
	sim_fault_addr_fn *parse_addr;
	struct sim_diag *d;
	unsigned seen; /* bits of enum key_id */
};

struct key {
	const char *name;
	bool has_value;
	int (*parse)(struct parser *p, struct sim_slice value);
};

/* "recv, read and 3 more": those of the rule's calls that `wanted` picks. Returns how many. */
static unsigned list_calls(const struct parser *p, bool (*picks)(enum sim_call_id call, int arg), int arg,
			   struct sim_str *out)
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

static bool has_fd(enum sim_call_id call, int unused)
{
	(void)unused;
	return sim_call_info(call)->traits & SIM_CALL_HAS_FD;
}

static bool is_resolver(enum sim_call_id call, int unused)
{
	(void)unused;
	return sim_call_info(call)->traits & (SIM_CALL_ANSWERS_EAI | SIM_CALL_ANSWERS_HE);
}

static int no_error_name(struct parser *p, struct sim_slice name, enum sim_call_id call)
{
	struct sim_suggest s = sim_suggest_for(name);
	const int16_t *e = sim_call_info(call)->errs;
	char near[SIM_SUGGEST_BYTES];

	if (is_resolver(call, 0)) {
		for (; *e; e++)
			sim_suggest_offer(&s, sim_call_err_name(call, *e));
		return sim_diag_slice(
			p->d, name, "\"" SIM_SLICE_FMT "\" is no error of %s%s (it answers %s, such as %s)",
			SIM_SLICE_ARG(name), sim_call_name(call), sim_suggest_text(&s, near),
			sim_call_info(call)->traits & SIM_CALL_ANSWERS_EAI ? "EAI_ codes" : "h_errno",
			sim_call_info(call)->traits & SIM_CALL_ANSWERS_EAI ? "EAI_AGAIN" : "TRY_AGAIN");
	}
	sim_errno_suggest(&s);
	return sim_diag_slice(p->d, name, "unknown errno \"" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(name),
			      s.best ? sim_suggest_text(&s, near)
				     : ": expected a name such as EINTR, or 1..4095");
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

static bool begins_with_digit(struct sim_slice s)
{
	return s.len && is_digit(sim_slice_text(s)[0]);
}

/* The number that every call of the set gives this name. */
static int error_number(struct parser *p, struct sim_slice name, int *err)
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

static int read_error(struct parser *p, const char *key, struct sim_slice value, int *err)
{
	bool forced = value.len && sim_slice_text(value)[0] == '!';
	struct sim_slice name = forced ? sim_slice_sub(value, 1, value.len) : value;
	char buf[160];
	struct sim_str lacking = sim_str_on(buf, sizeof buf);

	if (name.len == 0)
		return sim_diag_slice(p->d, name, "%s needs an errno, such as %s=EINTR", key, key);
	if (error_number(p, name, err))
		return -EINVAL;
	if (forced || !list_calls(p, lacks_error, *err, &lacking))
		return 0;
	return sim_diag_slice(p->d, name,
			      SIM_SLICE_FMT " is not documented for %s: write %s" SIM_SLICE_FMT
					    " to have it all the same",
			      SIM_SLICE_ARG(name), buf, strcmp(key, "error") == 0 ? "error=!" : "!",
			      SIM_SLICE_ARG(name));
}

static int parse_error(struct parser *p, struct sim_slice value)
{
	p->out->action = SIM_FAULT_DO_ERROR;
	p->out->result.kind = SIM_FAULT_ERRNO;
	return read_error(p, "error", value, &p->out->result.err);
}

/* A resolver's result is a pointer or an EAI_ code. */
static int check_numbers_suit(struct parser *p, struct sim_slice value, const char *key)
{
	char buf[160];
	struct sim_str resolvers = sim_str_on(buf, sizeof buf);

	if (!list_calls(p, is_resolver, 0, &resolvers))
		return 0;
	return sim_diag_slice(p->d, value,
			      "%s can't give a number for %s: it answers with names; use error=", key, buf);
}

static int parse_retval(struct parser *p, struct sim_slice value)
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

static int read_share(struct parser *p, const char *key, struct sim_slice value, struct sim_fault_result *res)
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

static int check_moves_bytes(struct parser *p, struct sim_slice value, const char *key)
{
	char buf[160];
	struct sim_str lacking = sim_str_on(buf, sizeof buf);

	if (!list_calls(p, lacks_bytes, 0, &lacking))
		return 0;
	return sim_diag_slice(p->d, value, "%s needs calls that move bytes (%%send, %%recv), not %s", key,
			      buf);
}

static int parse_short(struct parser *p, struct sim_slice value)
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

static int parse_result(struct parser *p, struct sim_slice value, struct sim_fault_result *res)
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

static int parse_returns(struct parser *p, struct sim_slice value)
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

static int parse_signal(struct parser *p, struct sim_slice value)
{
	struct sim_suggest s = sim_suggest_for(value);
	char near[SIM_SUGGEST_BYTES], with_sig[40];
	struct sim_str full = sim_str_on(with_sig, sizeof with_sig);
	uint64_t number;

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

static int read_delay(struct parser *p, const char *key, struct sim_slice value, int64_t *out_ns)
{
	if (sim_parse_span(value, key, SIM_SPAN_BARE_US, out_ns, p->d))
		return -EINVAL;
	if (*out_ns == 0)
		return sim_diag_slice(p->d, value, "%s=0 changes nothing", key);
	return 0;
}

static int parse_delay_enter(struct parser *p, struct sim_slice value)
{
	return read_delay(p, "delay_enter", value, &p->out->delay_enter_ns);
}

static int parse_delay_exit(struct parser *p, struct sim_slice value)
{
	return read_delay(p, "delay_exit", value, &p->out->delay_exit_ns);
}

#define WHEN_MAX   1000000000
#define WHEN_FORMS "when takes F, F..L, F+, F+S or F..L+S"

static int when_number(struct parser *p, struct sim_slice in, const char *what, uint64_t *out)
{
	if (in.len == 0)
		return sim_diag_slice(p->d, in, "%s is missing: " WHEN_FORMS, what);
	if (sim_slice_is(in, "0"))
		return sim_diag_slice(p->d, in, "%s can't be 0: calls are counted from 1", what);
	return sim_parse_uint(in, what, 1, WHEN_MAX, out, p->d);
}

/* strace(1): first[..last][+[step]] */
static int parse_when(struct parser *p, struct sim_slice value)
{
	struct sim_fault_spec *s = p->out;
	size_t plus = sim_slice_find(value, '+');
	struct sim_slice range = sim_slice_sub(value, 0, plus),
			 step = sim_slice_sub(value, plus + 1, value.len);
	size_t dot = sim_slice_find(range, '.');
	struct sim_slice last = sim_slice_sub(range, dot + 2, range.len);
	bool has_last = dot < range.len, has_plus = plus < value.len;

	if (when_number(p, sim_slice_sub(range, 0, dot), "the first call of when", &s->when_first))
		return -EINVAL;
	s->when_last = has_last || has_plus ? SIM_FAULT_FOREVER : s->when_first;
	if (has_last) {
		if (dot + 1 == range.len || sim_slice_text(range)[dot + 1] != '.')
			return sim_diag_at(p->d, range.src, range.at + dot,
					   "a range has two dots: " WHEN_FORMS);
		if (when_number(p, last, "the last call of when", &s->when_last))
			return -EINVAL;
		if (s->when_last < s->when_first)
			return sim_diag_slice(p->d, value,
					      "can never fire: the range of when ends before it begins");
	}
	s->when_step = 1;
	return step.len ? when_number(p, step, "the step of when", &s->when_step) : 0;
}

static int parse_p(struct parser *p, struct sim_slice value)
{
	if (sim_parse_percent(value, "p", &p->out->p_ppb, p->d))
		return -EINVAL;
	if (p->out->p_ppb == 0)
		return sim_diag_slice(p->d, value, "can never fire: p=0%%");
	return 0;
}

static bool is_name_char(char c)
{
	return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
	       c == '.';
}

static int read_name(struct parser *p, const char *key, struct sim_slice value,
		     char out[SIM_FAULT_NAME_BYTES])
{
	size_t i;

	if (value.len == 0)
		return sim_diag_slice(p->d, value, "%s needs a host's name", key);
	if (value.len >= SIM_FAULT_NAME_BYTES)
		return sim_diag_slice(p->d, value, "a host's name has at most %d characters",
				      SIM_FAULT_NAME_BYTES - 1);
	for (i = 0; i < value.len; i++) {
		if (!is_name_char(sim_slice_text(value)[i]))
			return sim_diag_at(p->d, value.src, value.at + i,
					   "\"%c\" can't be in a host's name: letters, digits, - _ and . can",
					   sim_slice_text(value)[i]);
	}
	memcpy(out, sim_slice_text(value), value.len);
	out[value.len] = '\0';
	return 0;
}

static int parse_host(struct parser *p, struct sim_slice value)
{
	return read_name(p, "host", value, p->out->host);
}

static int check_has_fd(struct parser *p, struct sim_slice value, const char *key)
{
	char buf[160];
	struct sim_str calls = sim_str_on(buf, sizeof buf);

	if (list_calls(p, has_fd, 0, &calls))
		return 0;
	return sim_diag_slice(p->d, value,
			      "can never fire: %s looks at a call's one descriptor, and " SIM_SLICE_FMT
			      " has none",
			      key, SIM_SLICE_ARG(p->call_set));
}

static int parse_fd(struct parser *p, struct sim_slice value)
{
	uint64_t number;

	if (check_has_fd(p, value, "fd") || sim_parse_uint(value, "fd", 0, FD_MAX, &number, p->d))
		return -EINVAL;
	p->out->fd = (int)number;
	return 0;
}

static bool looks_like_address(struct sim_slice s)
{
	size_t i;

	for (i = 0; i < s.len; i++) {
		if (!is_digit(sim_slice_text(s)[i]) && sim_slice_text(s)[i] != '.')
			return false;
	}
	return s.len > 0;
}

static int read_peer_address(struct parser *p, struct sim_slice in, bool bracketed)
{
	struct sim_fault_peer *peer = &p->out->peer;
	char text[64];

	if (!bracketed && !looks_like_address(in))
		return read_name(p, "peer", in, peer->host);
	if (in.len < sizeof text) {
		memcpy(text, sim_slice_text(in), in.len);
		text[in.len] = '\0';
		peer->has_addr = p->parse_addr && p->parse_addr(text, peer->addr);
	}
	if (!peer->has_addr)
		return sim_diag_slice(p->d, in,
				      "\"" SIM_SLICE_FMT
				      "\" is no address: expected 10.0.0.2 or [2001:db8::2]",
				      SIM_SLICE_ARG(in));
	return 0;
}

/* "10.0.0.2", "10.0.0.2:80", "[::1]:80", "server:80", ":80" */
static int parse_peer(struct parser *p, struct sim_slice value)
{
	bool bracketed = value.len && sim_slice_text(value)[0] == '[';
	size_t end = bracketed ? sim_slice_find(value, ']') : sim_slice_find(value, ':');
	struct sim_slice addr = sim_slice_sub(value, bracketed, end - bracketed), port;
	uint64_t number;

	p->out->has_peer = true;
	if (check_has_fd(p, value, "peer"))
		return -EINVAL;
	if (bracketed && end == value.len)
		return sim_diag_slice(p->d, value,
				      "\"[\" without \"]\": expected [2001:db8::2] or [2001:db8::2]:80");
	port = sim_slice_sub(value, end + bracketed, value.len);
	if (value.len == 0)
		return sim_diag_slice(p->d, value,
				      "peer needs ADDRESS:PORT, such as 10.0.0.2:80, server:80 or :80");
	if ((addr.len || bracketed) && read_peer_address(p, addr, bracketed))
		return -EINVAL;
	if (port.len == 0)
		return 0;
	if (sim_slice_text(port)[0] != ':')
		return sim_diag_slice(p->d, port, "expected \":\" and a port after \"]\"");
	if (sim_parse_uint(sim_slice_sub(port, 1, port.len), "port", 1, 65535, &number, p->d))
		return -EINVAL;
	p->out->peer.port = (uint16_t)number;
	return 0;
}

struct state_name {
	const char *name;
	unsigned bits;
};

#define BIT(state) (1u << SIM_FAULT_##state)
#define SYNCHRONIZED                                                                           \
	(BIT(ESTABLISHED) | BIT(SYN_RECV) | BIT(FIN_WAIT1) | BIT(FIN_WAIT2) | BIT(TIME_WAIT) | \
	 BIT(CLOSE_WAIT) | BIT(LAST_ACK) | BIT(CLOSING))

/* ss(8), STATE-FILTER */
static const struct state_name state_names[] = {
	{ "established", BIT(ESTABLISHED) },
	{ "syn-sent", BIT(SYN_SENT) },
	{ "syn-recv", BIT(SYN_RECV) },
	{ "fin-wait-1", BIT(FIN_WAIT1) },
	{ "fin-wait-2", BIT(FIN_WAIT2) },
	{ "time-wait", BIT(TIME_WAIT) },
	{ "closed", BIT(CLOSED) },
	{ "close-wait", BIT(CLOSE_WAIT) },
	{ "last-ack", BIT(LAST_ACK) },
	{ "listening", BIT(LISTEN) },
	{ "closing", BIT(CLOSING) },
	{ "synchronized", SYNCHRONIZED },
	{ "connected", SYNCHRONIZED | BIT(SYN_SENT) },
};

static int parse_one_state(struct parser *p, struct sim_slice name)
{
	struct sim_suggest s = sim_suggest_for(name);
	char near[SIM_SUGGEST_BYTES];
	size_t i;

	for (i = 0; i < NUM(state_names); i++) {
		if (sim_slice_is(name, state_names[i].name)) {
			p->out->states |= (uint16_t)state_names[i].bits;
			return 0;
		}
		sim_suggest_offer(&s, state_names[i].name);
	}
	return sim_diag_slice(
		p->d, name,
		"unknown state \"" SIM_SLICE_FMT
		"\"%s (states, as ss has them: established syn-sent syn-recv "
		"fin-wait-1 fin-wait-2 time-wait closed close-wait last-ack listening closing connected "
		"synchronized)",
		SIM_SLICE_ARG(name), sim_suggest_text(&s, near));
}

static int parse_state(struct parser *p, struct sim_slice value)
{
	size_t comma;

	if (check_has_fd(p, value, "state"))
		return -EINVAL;
	for (;;) {
		comma = sim_slice_find(value, ',');
		if (parse_one_state(p, sim_slice_sub(value, 0, comma)))
			return -EINVAL;
		if (comma == value.len)
			return 0;
		value = sim_slice_sub(value, comma + 1, value.len);
	}
}

static int parse_after(struct parser *p, struct sim_slice value)
{
	if (check_has_fd(p, value, "after"))
		return -EINVAL;
	return sim_parse_size(value, "after", INT64_MAX, &p->out->after_bytes, p->d);
}

static int parse_during(struct parser *p, struct sim_slice value)
{
	struct sim_fault_spec *s = p->out;
	size_t dot = 0;
	struct sim_slice until;

	while (dot + 1 < value.len && memcmp(sim_slice_text(value) + dot, "..", 2) != 0)
		dot++;
	if (dot + 1 >= value.len)
		return sim_diag_slice(p->d, value,
				      "during needs two times with dots between: 1s..2s (from, until)");
	until = sim_slice_sub(value, dot + 2, value.len);
	if (sim_parse_span(sim_slice_sub(value, 0, dot), "the beginning of during", SIM_SPAN_NEEDS_UNIT,
			   &s->from_ns, p->d))
		return -EINVAL;
	if (until.len && sim_parse_span(until, "the end of during", SIM_SPAN_NEEDS_UNIT, &s->until_ns, p->d))
		return -EINVAL;
	if (s->until_ns <= s->from_ns)
		return sim_diag_slice(p->d, value,
				      "can never fire: the time of during ends before it begins");
	return 0;
}

static int parse_once(struct parser *p, struct sim_slice value)
{
	(void)value;
	p->out->once = true;
	return 0;
}

static const struct key keys[NUM_KEYS] = {
	[KEY_ERROR] = { "error", true, parse_error },
	[KEY_RETVAL] = { "retval", true, parse_retval },
	[KEY_SHORT] = { "short", true, parse_short },
	[KEY_RETURNS] = { "returns", true, parse_returns },
	[KEY_SIGNAL] = { "signal", true, parse_signal },
	[KEY_DELAY_ENTER] = { "delay_enter", true, parse_delay_enter },
	[KEY_DELAY_EXIT] = { "delay_exit", true, parse_delay_exit },
	[KEY_WHEN] = { "when", true, parse_when },
	[KEY_P] = { "p", true, parse_p },
	[KEY_HOST] = { "host", true, parse_host },
	[KEY_FD] = { "fd", true, parse_fd },
	[KEY_PEER] = { "peer", true, parse_peer },
	[KEY_STATE] = { "state", true, parse_state },
	[KEY_AFTER] = { "after", true, parse_after },
	[KEY_DURING] = { "during", true, parse_during },
	[KEY_ONCE] = { "once", false, parse_once },
};

static int unknown_key(struct parser *p, struct sim_slice name)
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
static int check_one_result(struct parser *p, enum key_id id, struct sim_slice item)
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

static int parse_item(struct parser *p, struct sim_slice item)
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
		if (!is_peer || i + 1 == rest.len || !is_digit(text[i + 1]))
			break;
		is_peer = false;
	}
	return i;
}

static int check_does_something(struct parser *p, const struct sim_source *src)
{
	const unsigned actions = (1u << (KEY_DELAY_EXIT + 1)) - 1;

	if (p->seen & actions)
		return 0;
	return sim_diag_at(p->d, src, src->len, "no action: the rule says when, but not what (%s)", KEYS);
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
	struct parser p = {
		.out = out, .parse_addr = parse_addr, .d = d, .call_set = sim_slice_sub(rest, 0, len)
	};

	spec_init(out);
	if (rest.len == 0)
		return sim_diag_slice(d, rest, "empty: expected CALLS:ACTION, such as send:error=EINTR");
	if (sim_call_set_parse(p.call_set, &out->calls, d))
		return -EINVAL;
	while (len < rest.len) {
		rest = sim_slice_sub(rest, len + 1, rest.len);
		len = item_len(rest);
		if (parse_item(&p, sim_slice_sub(rest, 0, len)))
			return -EINVAL;
	}
	return check_does_something(&p, &src);
}
