/* SPDX-License-Identifier: MIT */
/* The conditions of a rule, as text: see rule.h. Each function reads the value of one key. */
#include <errno.h>
#include <inttypes.h>
#include <string.h>

#include "sim/base/diag.h"
#include "sim/base/names.h"
#include "sim/base/quantity.h"
#include "sim/base/str.h"
#include "sim/fault/parse.h"
#include "sim/fault/rule.h"

#define NUM(a)     (sizeof(a) / sizeof(a)[0])
#define FD_MAX     1048575
#define WHEN_MAX   1000000000
#define WHEN_FORMS "when takes F, F..L, F+, F+S or F..L+S"

static int when_number(struct sim_fault_parser *p, struct sim_slice in, const char *what, uint64_t *out)
{
	if (in.len == 0)
		return sim_diag_slice(p->d, in, "%s is missing: " WHEN_FORMS, what);
	if (sim_slice_is(in, "0"))
		return sim_diag_slice(p->d, in, "%s can't be 0: calls are counted from 1", what);
	return sim_parse_uint(in, what, 1, WHEN_MAX, out, p->d);
}

/* strace(1): first[..last][+[step]] */
int sim_fault_parse_when(struct sim_fault_parser *p, struct sim_slice value)
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

int sim_fault_parse_p(struct sim_fault_parser *p, struct sim_slice value)
{
	if (sim_parse_percent(value, "p", &p->out->p_ppb, p->d))
		return -EINVAL;
	if (p->out->p_ppb == 0)
		return sim_diag_slice(p->d, value, "can never fire: p=0%%");
	return 0;
}

static bool is_name_char(char c)
{
	return sim_is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '-' || c == '_' ||
	       c == '.';
}

static int read_name(struct sim_fault_parser *p, const char *key, struct sim_slice value,
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

int sim_fault_parse_host(struct sim_fault_parser *p, struct sim_slice value)
{
	return read_name(p, "host", value, p->out->host);
}

static bool has_fd(enum sim_call_id call, int unused)
{
	(void)unused;
	return sim_call_info(call)->traits & SIM_CALL_HAS_FD;
}

static int check_has_fd(struct sim_fault_parser *p, struct sim_slice value, const char *key)
{
	char buf[160];
	struct sim_str calls = sim_str_on(buf, sizeof buf);

	if (sim_fault_list_calls(p, has_fd, 0, &calls))
		return 0;
	return sim_diag_slice(p->d, value,
			      "can never fire: %s looks at a call's one descriptor, and " SIM_SLICE_FMT
			      " has none",
			      key, SIM_SLICE_ARG(p->call_set));
}

int sim_fault_parse_fd(struct sim_fault_parser *p, struct sim_slice value)
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
		if (!sim_is_digit(sim_slice_text(s)[i]) && sim_slice_text(s)[i] != '.')
			return false;
	}
	return s.len > 0;
}

static int read_peer_address(struct sim_fault_parser *p, struct sim_slice in, bool bracketed)
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
int sim_fault_parse_peer(struct sim_fault_parser *p, struct sim_slice value)
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
	if (port.len == 1)
		return sim_diag_at(
			p->d, port.src, port.at + 1,
			"a port is missing behind \":\" (an IPv6 address needs brackets: [::1]:80)");
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

static int parse_one_state(struct sim_fault_parser *p, struct sim_slice name)
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

int sim_fault_parse_state(struct sim_fault_parser *p, struct sim_slice value)
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

static bool has_flags(enum sim_call_id call, int unused)
{
	(void)unused;
	switch (call) {
	case SIM_CALL_SEND:
	case SIM_CALL_SENDTO:
	case SIM_CALL_SENDMSG:
	case SIM_CALL_SENDMMSG:
	case SIM_CALL_RECV:
	case SIM_CALL_RECVFROM:
	case SIM_CALL_RECVMSG:
	case SIM_CALL_RECVMMSG: return true;
	default: return false;
	}
}

static int parse_one_flag(struct sim_fault_parser *p, struct sim_slice name)
{
	unsigned bit = sim_msg_flag_by_name(sim_slice_text(name), name.len);
	struct sim_suggest s = sim_suggest_for(name);
	char near[SIM_SUGGEST_BYTES];

	if (bit) {
		p->out->flags |= bit;
		return 0;
	}
	sim_msg_flag_suggest(&s);
	return sim_diag_slice(p->d, name, "unknown flag \"" SIM_SLICE_FMT "\"%s", SIM_SLICE_ARG(name),
			      s.best ? sim_suggest_text(&s, near) : ": expected a name such as MSG_DONTWAIT");
}

/* All of them must be in the call's flags: "MSG_MORE", "MSG_OOB|MSG_DONTWAIT". */
int sim_fault_parse_flags(struct sim_fault_parser *p, struct sim_slice value)
{
	char buf[160];
	struct sim_str calls = sim_str_on(buf, sizeof buf);
	size_t bar;

	if (sim_fault_list_calls(p, has_flags, 0, &calls) == 0)
		return sim_diag_slice(p->d, value,
				      "can never fire: flags looks at MSG_ flags, and " SIM_SLICE_FMT
				      " takes none",
				      SIM_SLICE_ARG(p->call_set));
	for (;;) {
		bar = sim_slice_find(value, '|');
		if (parse_one_flag(p, sim_slice_sub(value, 0, bar)))
			return -EINVAL;
		if (bar == value.len)
			return 0;
		value = sim_slice_sub(value, bar + 1, value.len);
	}
}

int sim_fault_parse_after(struct sim_fault_parser *p, struct sim_slice value)
{
	if (check_has_fd(p, value, "after"))
		return -EINVAL;
	return sim_parse_size(value, "after", INT64_MAX, &p->out->after_bytes, p->d);
}

int sim_fault_parse_during(struct sim_fault_parser *p, struct sim_slice value)
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

int sim_fault_parse_once(struct sim_fault_parser *p, struct sim_slice value)
{
	(void)value;
	p->out->once = true;
	return 0;
}
