/* SPDX-License-Identifier: MIT */
/*
 * Scenarios, fed with anything. What is read lies within the text; what is refused comes with a message whose
 * caret stands in the line shown; nothing crashes and nothing leaks.
 *
 *	clang -g -fsanitize=fuzzer,address,undefined -iquote . tests/fuzz/script_fuzz.c tests/support/fatal.c
 *\ sim/base/{diag,quantity,names,str}.c scenarios/lang/{constants,control,escape,expr,lexer,parse,when}.c
 */
#include <stdlib.h>
#include <string.h>

#include "scenarios/lang/script.h"
#include "sim/base/assert.h"
#include "tests/fuzz/fuzz.h"

const char *const sim_fuzz_seeds[] = {
	"--ip_version=ipv6\n`../common/defaults.sh\nsysctl -q a.b=\"1 2\"`\n"
	"0 socket(..., SOCK_STREAM, IPPROTO_TCP) = 3\n",
	"+0 sendmsg(3, {msg_name(...)=..., msg_iov(2)=[{..., 10}, {\"x\\0y\", 3}], msg_flags=0,\n"
	" msg_control=[{cmsg_level=SOL_SOCKET, cmsg_type=SCM_RIGHTS, cmsg_data=[4, 5]}]}, "
	"MSG_OOB|MSG_EOR) = 10\n",
	"+.1...0.25 server: connect(3, {sa_family = AF_INET, sin_port = htons(80), "
	"sin_addr = inet_addr(\"10.0.0.2\")}, 16) = -1 EINPROGRESS (Operation now in progress)\n",
	"+0 < S 0:0(0) win 32792 <mss 1000,sackOK,nop,\n nop,nop,wscale 7>\n"
	"+.2~+.3 > . 1:1(0) ack 1 <...>\n* > F. 1:1(0)\n",
	"host db 10.0.0.9/24\nlink client db delay 20ms // comment\ninject send:error=EINTR:once\n"
	"alice: explain EAGAIN x\n",
	"+0 send(3, (void *)1, -(1 << 3) + ~0x1f * (2 | 07), 0) >= 0\n+1 %{ assert x == 1 }%\n"
	"/* c */ +0 a(\n) = ?",
	NULL,
};

static void check_slice(const struct sim_script *s, struct sim_slice at)
{
	SIM_ASSERT(!at.src || (at.src == &s->src && at.at <= s->src.len && at.len <= s->src.len - at.at));
}

static void check_expr(const struct sim_script *s, const struct sim_expr *e, unsigned depth)
{
	unsigned num = 0;

	SIM_ASSERT(depth <= SIM_SCRIPT_MAX_DEPTH + 1);
	check_slice(s, e->at);
	check_slice(s, e->field);
	SIM_ASSERT(e->kind < SIM_EXPR_NUM_KINDS);
	SIM_ASSERT(e->kind != SIM_EXPR_STRING || e->text[e->text_len] == '\0');
	if (e->extent)
		check_expr(s, e->extent, depth + 1);
	for (const struct sim_expr *f = e->first; f; f = f->next, num++)
		check_expr(s, f, depth + 1);
	SIM_ASSERT(num == e->num);
}

static void check_event(const struct sim_script *s, const struct sim_event *ev)
{
	unsigned num = 0;

	check_slice(s, ev->at);
	check_slice(s, ev->who);
	check_slice(s, ev->rest);
	check_slice(s, ev->call);
	check_slice(s, ev->result.at);
	SIM_ASSERT(ev->when.ns >= 0 && ev->when.end_ns >= ev->when.ns);
	for (const struct sim_expr *e = ev->args; e; e = e->next, num++)
		check_expr(s, e, 0);
	SIM_ASSERT(num == ev->num_args);
}

static void check_error(const struct sim_script *s, const struct sim_diag *d)
{
	const char *line = strchr(d->text, '\n'), *caret = line ? strchr(line + 1, '\n') : NULL;

	SIM_ASSERT(d->line >= 1 && d->column >= 1 && d->column <= s->src.len + 1);
	SIM_ASSERT(d->message[0] && !strchr(d->message, '\n'));
	SIM_ASSERT(line && caret && strchr(caret, '^') && strchr(caret, '^')[1] == '\0');
	SIM_ASSERT(strlen(caret) <= (size_t)(caret - line) + 1);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	char *text = malloc(size ? size : 1);
	struct sim_script *s;

	memcpy(text, data, size);
	s = sim_script_parse("f.pkt", text, size);
	free(text);
	SIM_ASSERT(s);
	for (unsigned i = 0; i < s->num_errors && i < SIM_SCRIPT_MAX_ERRORS; i++)
		check_error(s, &s->errors[i]);
	for (unsigned i = 0; !s->num_errors && i < s->num_events; i++)
		check_event(s, &s->events[i]);
	sim_script_free(s);
	return 0;
}
