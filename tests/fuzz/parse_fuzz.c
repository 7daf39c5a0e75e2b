/* SPDX-License-Identifier: MIT */
/*
 * Everything that reads what a user wrote, fed with anything: rules, netem descriptions, scripts of peers,
 * quantities. What is accepted must hold together and read back; what is refused must come with a message of
 * three lines whose caret stands in the line shown.
 *
 *	clang -g -fsanitize=fuzzer,address,undefined -iquote . tests/fuzz/parse_fuzz.c tests/support/fatal.c \
 *		sim/base/{diag,quantity,names,str,arena}.c sim/fault/{call,condition,match,parse,rule}.c \
 *		sim/link/netem.c scenarios/lang/serve.c
 */
#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "scenarios/lang/serve.h"
#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/base/diag.h"
#include "sim/base/quantity.h"
#include "sim/base/str.h"
#include "sim/fault/rule.h"
#include "sim/link/netem.h"
#include "tests/fuzz/fuzz.h"

#define ARENA_BYTES (256 << 10)

static void check_diag(const struct sim_diag *d, const char *text)
{
	const char *line = strchr(d->text, '\n'), *caret = line ? strchr(line + 1, '\n') : NULL;
	size_t len = strlen(text), i;

	SIM_ASSERT(d->line >= 1 && d->column >= 1 && d->column <= len + 1);
	SIM_ASSERT(d->message[0] && !strchr(d->message, '\n'));
	SIM_ASSERT(strlen(d->text) < SIM_DIAG_TEXT_BYTES - 1);
	SIM_ASSERT(line && caret && !strchr(caret + 1, '\n'));
	SIM_ASSERT(strchr(caret, '^') && strchr(caret, '^')[1] == '\0');
	SIM_ASSERT(strlen(caret) <= (size_t)(caret - line) + 1);
	for (i = 0; d->text[i]; i++)
		SIM_ASSERT(d->text[i] == '\n' || (d->text[i] >= ' ' && d->text[i] <= '~'));
}

static bool parse_addr(const char *text, uint8_t addr[16])
{
	memset(addr, text[0], 16);
	return text[0] != '9';
}

static void ask_all(struct sim_fault_rules *rules)
{
	static const uint8_t peer[16];
	struct sim_fault_verdict v;
	int call, round;

	for (call = 0; call < SIM_CALL_NUM; call++) {
		struct sim_fault_query q = {
			.call = (enum sim_call_id)call,
			.host = "client",
			.fd = 5,
			.peer_addr = peer,
			.peer_host = "server",
			.state = SIM_FAULT_ESTABLISHED,
			.requested = 100,
			.sent_bytes = UINT32_MAX,
			.now_ns = 1500000000,
		};

		for (round = 0; round < 3; round++) {
			SIM_ASSERT(sim_fault_ask(rules, &q, &v) == 0);
			SIM_ASSERT(sim_fault_any(rules, q.call) || !v.rule_id);
			SIM_ASSERT(v.kind != SIM_FAULT_LIMIT || v.limit > 0);
			SIM_ASSERT(v.kind != SIM_FAULT_ERROR || v.err);
			SIM_ASSERT(v.delay_enter_ns >= 0 && v.delay_exit_ns >= 0 && v.retval >= 0);
		}
	}
}

static void fuzz_rule(const char *text)
{
	struct sim_arena *a = sim_arena_init(calloc(1, ARENA_BYTES), ARENA_BYTES);
	struct sim_fault_rules rules;
	struct sim_diag d;
	int id;

	sim_fault_rules_init(&rules, a, 1);
	id = sim_fault_add(&rules, text, parse_addr, &d);
	if (id > 0)
		ask_all(&rules);
	else if (id == -EINVAL)
		check_diag(&d, text);
	sim_fault_rules_fini(&rules);
	SIM_ASSERT(a->num_live == 0);
	free(a);
}

static int parse_netem(const char *text, struct sim_netem *n, struct sim_diag *d)
{
	struct sim_source src = sim_source_of("link", text);

	return sim_netem_parse(sim_slice_all(&src), n, d);
}

static void fuzz_netem(const char *text)
{
	struct sim_netem n, again;
	struct sim_diag d;
	char buf[256];
	struct sim_str out = sim_str_on(buf, sizeof buf);

	if (parse_netem(text, &n, &d)) {
		check_diag(&d, text);
		return;
	}
	sim_netem_add(&out, &n);
	/* What a span of 19 digits is written as can't be read: more than 18 are refused. */
	if (n.delay_ns >= INT64_C(1000000000) << 29)
		return;
	SIM_ASSERT(parse_netem(buf, &again, NULL) == 0);
	SIM_ASSERT(n.delay_ns == again.delay_ns && n.loss_ppb == again.loss_ppb &&
		   n.rate_bps == again.rate_bps);
	SIM_ASSERT(n.limit_packets == again.limit_packets && n.mtu_bytes == again.mtu_bytes);
}

static void fuzz_serve(const char *text)
{
	size_t max_steps = sim_serve_max_steps(text), max_bytes = sim_serve_max_bytes(text);
	struct sim_serve_step *steps = calloc(max_steps, sizeof *steps);
	unsigned char *bytes = malloc(max_bytes);
	struct sim_diag d;
	int i, num = sim_serve_parse(text, steps, bytes, &d);

	if (num < 0)
		check_diag(&d, text);
	SIM_ASSERT(num == -EINVAL || (num > 0 && (size_t)num <= max_steps));
	for (i = 0; i < num; i++) {
		const struct sim_serve_step *s = &steps[i];

		SIM_ASSERT(s->at + s->len <= strlen(text));
		SIM_ASSERT(!s->bytes || (s->num_bytes && s->bytes + s->num_bytes <= bytes + max_bytes));
		SIM_ASSERT((s->kind == SIM_SERVE_WAIT) == (s->span_ns > 0));
	}
	free(steps);
	free(bytes);
}

static void fuzz_quantity(const char *text)
{
	struct sim_source src = sim_source_of("t", text);
	struct sim_slice all = sim_slice_all(&src);
	struct sim_diag d;
	uint64_t n;
	uint32_t ppb;
	int64_t ns;

	if (sim_parse_span(all, "span", SIM_SPAN_BARE_US, &ns, &d))
		check_diag(&d, text);
	else
		SIM_ASSERT(ns >= 0);
	if (sim_parse_size(all, "size", 1 << 30, &n, &d))
		check_diag(&d, text);
	else
		SIM_ASSERT(n <= 1 << 30);
	if (sim_parse_percent(all, "percent", &ppb, &d))
		check_diag(&d, text);
	else
		SIM_ASSERT(ppb <= SIM_PPB_ONE);
	if (sim_parse_rate(all, "rate", &n, &d))
		check_diag(&d, text);
	if (sim_parse_uint(all, "uint", 3, 300, &n, &d))
		check_diag(&d, text);
	else
		SIM_ASSERT(n >= 3 && n <= 300);
}

/* The first byte chooses the parser. */
const char *const sim_fuzz_seeds[] = {
	"0send:error=EINTR:when=3..9+2",
	"0%send:returns=10,50%,EINTR,!EXDEV,*:host=client:once",
	"0!%net,close:delay_enter=5ms:delay_exit=7:signal=SIGRTMIN+2:p=0.1%",
	"0write:short=80%:peer=10.0.0.2:80:state=established,syn-sent",
	"0recv:short=1k:peer=[::1]:443:fd=5:after=64KiB:during=1s..2s",
	"0getaddrinfo:error=EAI_AGAIN:when=2+",
	"0poll,select:retval=0:when=1..4",
	"1delay 20ms loss random 0.5% rate 10mbit limit 100 mtu 1400",
	"1delay 20ms 5ms distribution normal",
	"1loss gemodel 1% 10%",
	"2expect *1\\r\\n$4\\r\\nPING\\r\\n; send +PO; wait 50ms; rst",
	"2wait 1s; accept; read 64KiB; fill 10k; shutdown; discard; close; accept; echo; loop",
	"2send \" a; b\\x41\\101 \" ; expect a\\;b\\ ; close",
	"31.5s",
	"364KiB",
	"30.1%",
	"310mbit",
	"3300",
	NULL,
};

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const parsers[])(const char *text) = { fuzz_rule, fuzz_netem, fuzz_serve,
							     fuzz_quantity };
	char *text;

	if (size == 0)
		return 0;
	text = malloc(size);
	memcpy(text, data + 1, size - 1);
	text[size - 1] = '\0';
	parsers[data[0] % 4](text);
	free(text);
	return 0;
}
