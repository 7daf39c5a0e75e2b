/* SPDX-License-Identifier: MIT */
/* Rules as text: what they mean, and what is refused with which words (sim/fault/rule.h). */
#include "tests/unit/wrong.h"

#include <netdb.h>
#include <signal.h>
#include <sys/socket.h>

#include "sim/base/quantity.h"
#include "sim/fault/rule.h"

#define NUM(a) (sizeof(a) / sizeof(a)[0])
#define KEYS                                                                                 \
	"actions: error=ERRNO retval=N short=N returns=LIST signal=SIGNAL delay_enter=SPAN " \
	"delay_exit=SPAN; conditions: when=N p=N% host=NAME fd=N peer=ADDR:PORT state=NAME " \
	"flags=MSG_NAME after=BYTES during=T..T once"
#define STATES                                                                         \
	"states, as ss has them: established syn-sent syn-recv fin-wait-1 fin-wait-2 " \
	"time-wait closed close-wait last-ack listening closing connected synchronized"

static struct sim_fault_spec spec;

/* Enough of inet_pton(3) for these tests: "10.0.0.N" and "::N". */
static bool parse_addr(const char *text, uint8_t addr[16])
{
	unsigned n;
	char end;

	memset(addr, 0, 16);
	if (sscanf(text, "10.0.0.%u%c", &n, &end) == 1) {
		memcpy(addr + 10, "\377\377\012\0\0", 5);
	} else if (sscanf(text, "::%u%c", &n, &end) != 1) {
		return false;
	}
	addr[15] = (uint8_t)n;
	return true;
}

static int rule(const char *text, struct sim_diag *d)
{
	return sim_fault_parse(text, parse_addr, &spec, d);
}

static void reads(const char *text)
{
	struct sim_diag d;

	if (rule(text, &d))
		fail_msg("%s", d.text);
}

static const struct wrong wrong_rules[] = {
	{ "send:eror=EINTR", 6, "unknown action or condition \"eror\": did you mean \"error\"? (" KEYS ")" },
	{ "", 1, "empty: expected CALLS:ACTION, such as send:error=EINTR" },
	{ "send", 5, "no action: what shall happen to these calls? (" KEYS ")" },
	{ ":error=EINTR", 1, "a call's name is missing: the set looks like \"send,sendto\" or \"%send\"" },
	{ "sned:error=EINTR", 1, "unknown call \"sned\": did you mean \"send\"?" },
	{ "%snd:error=EINTR", 1,
	  "unknown class of calls \"%snd\" (classes: %send %recv %ready %net %desc %sleep "
	  "%clock %resolve %host %all)" },
	{ "net:error=EPIPE", 1, "\"net\" is a class of calls: write \"%net\"" },
	{ "frobnicate:error=EINTR", 1,
	  "unknown call \"frobnicate\": expected calls that are simulated (send, recv, "
	  "connect, poll, ...) or classes of them (%send %recv %ready %net %desc %sleep "
	  "%clock %resolve %host)" },
	{ "send,!recv:error=EINTR", 6,
	  "\"!\" stands once, before the whole set: \"!send,recv\" is all but the two" },
	{ "!all:error=EINTR", 2, "no call is left: \"!\" takes all of them away" },
	{ "send,,recv:error=EINTR", 6,
	  "a call's name is missing: the set looks like \"send,sendto\" or \"%send\"" },
	{ "send:", 6, "an action or condition is missing (" KEYS ")" },
	{ "send::error=EINTR", 6, "an action or condition is missing (" KEYS ")" },
	{ "send:error", 11, "error needs a value: error=..." },
	{ "send:error=", 12, "error needs an errno, such as error=EINTR" },
	{ "send:error=EINT", 12, "unknown errno \"EINT\": did you mean \"EINTR\"?" },
	{ "send:error=FOO", 12,
	  "unknown errno \"FOO\": expected a name such as EINTR, or "
	  "1..4095" },
	{ "send:error=eintr", 12, "unknown errno \"eintr\": did you mean \"EINTR\"?" },
	{ "send:error=EXDEV", 12,
	  "EXDEV is not documented for send: write error=!EXDEV to have it all the same" },
	{ "%net:error=EINTR", 12,
	  "EINTR is not documented for socket, socketpair, bind, listen and 5 more: write "
	  "error=!EINTR to have it all the same" },
	{ "sched_yield:error=EINTR", 19,
	  "EINTR is not documented for sched_yield: write error=!EINTR to have it all the same" },
	{ "send:error=0", 12, "errno is out of range: it goes from 1 to 4095" },
	{ "send:error=5000", 12, "errno is out of range: it goes from 1 to 4095" },
	{ "getaddrinfo:error=EINTR", 19,
	  "\"EINTR\" is no error of getaddrinfo, which answers EAI_ codes such as EAI_AGAIN" },
	{ "getaddrinfo:error=EAI_AGIAN", 19,
	  "\"EAI_AGIAN\" is no error of getaddrinfo: did you mean \"EAI_AGAIN\"?" },
	{ "gethostbyname:error=HOST_NOT_FUND", 21,
	  "\"HOST_NOT_FUND\" is no error of gethostbyname: did you mean \"HOST_NOT_FOUND\"?" },
	{ "send,getaddrinfo:error=EAI_AGAIN", 24,
	  "EAI_AGAIN is an error of resolver calls alone, not of send" },
	{ "send:retval=-1", 13, "retval can't be negative: a call that fails is error=ERRNO" },
	{ "send:retval=x", 13,
	  "\"x\" is no number: retval takes one from 0 to "
	  "9223372036854775807" },
	{ "getaddrinfo:retval=0", 20,
	  "retval can't give a number for getaddrinfo: it answers with names; use error=" },
	{ "send:short=0", 12, "short=0 would move nothing: for a call that says 0 write retval=0" },
	{ "send:short=0%", 12, "short=0% would move nothing, and a share is at least a byte: write short=1" },
	{ "send:short=100%", 12, "short=100% changes nothing: write less" },
	{ "send:short=101%", 12, "short is more than 100%" },
	{ "poll:short=1", 12, "short needs calls that move bytes (%send, %recv), not poll" },
	{ "%net:short=1", 12,
	  "short needs calls that move bytes (%send, %recv), not socket, socketpair, bind, "
	  "listen and 8 more" },
	{ "send:short=1k5", 13,
	  "\"k5\" is no unit of size: short takes B, k M G or KiB MiB GiB (1024), kB MB GB "
	  "(1000)" },
	{ "send:returns=", 14,
	  "a result is missing: returns looks like 10,50%,EINTR,* (*: as the network would)" },
	{ "send:returns=*", 14, "returns=* changes nothing: name a result before it" },
	{ "send:returns=10,,5", 17,
	  "a result is missing: returns looks like 10,50%,EINTR,* (*: as the network would)" },
	{ "send:returns=10,-1", 17, "a result can't be negative: a call that fails is written as EINTR" },
	{ "send:returns=10,FOO,*", 17, "unknown errno \"FOO\": expected a name such as EINTR, or 1..4095" },
	{ "send:returns=10,EXDEV", 17,
	  "EXDEV is not documented for send: write !EXDEV to have it all the same" },
	{ "poll:returns=50%", 14,
	  "a percent needs calls that move bytes (%send, %recv), "
	  "not poll" },
	{ "send:returns=200%", 14, "returns is more than 100%" },
	{ "send:signal=USR1", 13, "unknown signal \"USR1\": did you mean \"SIGUSR1\"?" },
	{ "send:signal=SIGUSR3", 13, "unknown signal \"SIGUSR3\": did you mean \"SIGUSR1\"?" },
	{ "send:signal=0", 13, "signal is out of range: it goes from 1 to 64" },
	{ "send:signal=65", 13, "signal is out of range: it goes from 1 to 64" },
	{ "send:signal=", 13, "signal needs a name, such as signal=SIGUSR1" },
	{ "send:delay_enter=0", 18, "delay_enter=0 changes nothing" },
	{ "send:delay_enter=5m", 19, "\"m\" is ambiguous: write \"min\" or \"ms\"" },
	{ "send:delay_enter=5 ms", 19, "a rule holds no blanks: its parts are separated by \":\"" },
	{ "send:delay_enter=-5ms", 18,
	  "delay_enter can't be negative: it looks like 5ms (units: ns us ms s min h d)" },
	{ "send:delay_exit=1.0000000001s", 17, "delay_exit is finer than a nanosecond" },
	{ "send:delay_exit=300000d", 17, "delay_exit is longer than 292 years" },
	{ "send:error=EINTR:when=0", 23, "the first call of when can't be 0: calls are counted from 1" },
	{ "send:error=EINTR:when=5..3", 23, "can never fire: the range of when ends before it begins" },
	{ "send:error=EINTR:when=1..0", 26, "the last call of when can't be 0: calls are counted from 1" },
	{ "send:error=EINTR:when=1+0", 25,
	  "the step of when can't be 0: calls are counted "
	  "from 1" },
	{ "send:error=EINTR:when=", 23,
	  "the first call of when is missing: when takes F, F..L, F+, F+S or F..L+S" },
	{ "send:error=EINTR:when=..4", 23,
	  "the first call of when is missing: when takes F, F..L, F+, F+S or F..L+S" },
	{ "send:error=EINTR:when=4..", 26,
	  "the last call of when is missing: when takes F, F..L, F+, F+S or F..L+S" },
	{ "send:error=EINTR:when=4.5", 24, "a range has two dots: when takes F, F..L, F+, F+S or F..L+S" },
	{ "send:error=EINTR:when=4-5", 24,
	  "\"4-5\" is no number: the first call of when takes one from 1 to 1000000000" },
	{ "send:error=EINTR:when=3+2+1", 26,
	  "\"2+1\" is no number: the step of when takes one from 1 to 1000000000" },
	{ "send:error=EINTR:p=0%", 20, "can never fire: p=0%" },
	{ "send:error=EINTR:p=10", 22, "p needs a percent sign: it looks like 5% or 0.1%" },
	{ "send:error=EINTR:p=0.00000000001%", 20, "p is finer than 0.0000001%" },
	{ "send:error=EINTR:p=200%", 20, "p is more than 100%" },
	{ "send:error=EINTR:host=", 23, "host needs a host's name" },
	{ "send:error=EINTR:host=a b", 24, "a rule holds no blanks: its parts are separated by \":\"" },
	{ "send:error=EINTR:fd=-1", 21, "\"-1\" is no number: fd takes one from 0 to 1048575" },
	{ "send:error=EINTR:fd=x", 21, "\"x\" is no number: fd takes one from 0 to 1048575" },
	{ "poll:error=EINTR:fd=4", 21,
	  "can never fire: fd looks at a call's one descriptor, and poll has none" },
	{ "socket:error=EMFILE:state=established", 27,
	  "can never fire: state looks at a call's one descriptor, and socket has none" },
	{ "send:error=EINTR:peer=", 23, "peer needs ADDRESS:PORT, such as 10.0.0.2:80, server:80 or :80" },
	{ "send:error=EINTR:peer=10.0.0:80", 23,
	  "\"10.0.0\" is no address: expected 10.0.0.2 or [2001:db8::2]" },
	{ "send:error=EINTR:peer=10.0.0.2:99999", 32, "port is out of range: it goes from 1 to 65535" },
	{ "send:error=EINTR:peer=10.0.0.2:http", 32,
	  "\"http\" is no number: port takes one from 1 to 65535" },
	{ "send:error=EINTR:peer=::1", 24,
	  "a port is missing behind \":\" (an IPv6 address needs brackets: [::1]:80)" },
	{ "send:error=EINTR:peer=[::1", 23,
	  "\"[\" without \"]\": expected [2001:db8::2] or [2001:db8::2]:80" },
	{ "send:error=EINTR:peer=[::1]80", 28, "expected \":\" and a port after \"]\"" },
	{ "send:error=EINTR:peer=[::g]:80", 24, "\"::g\" is no address: expected 10.0.0.2 or [2001:db8::2]" },
	{ "send:error=EINTR:state=estab", 24,
	  "unknown state \"estab\": did you mean \"established\"? (" STATES ")" },
	{ "send:error=EINTR:state=connectd", 24,
	  "unknown state \"connectd\": did you mean \"connected\"? (" STATES ")" },
	{ "send:error=EINTR:flags=MSG_DONTWAT", 24,
	  "unknown flag \"MSG_DONTWAT\": did you mean \"MSG_DONTWAIT\"?" },
	{ "send:error=EINTR:flags=MSG_MORE|", 33, "unknown flag \"\": expected a name such as MSG_DONTWAIT" },
	{ "write:error=EINTR:flags=MSG_MORE", 25,
	  "can never fire: flags looks at MSG_ flags, and write takes none" },
	{ "send:error=EINTR:after=64kb", 26,
	  "\"kb\" is ambiguous: write KiB MiB GiB (1024) or kB MB GB (1000)" },
	{ "send:error=EINTR:after=x", 24,
	  "\"x\" is no number: after looks like 1460, 10k "
	  "or 64KiB" },
	{ "send:error=EINTR:during=1s", 25,
	  "during needs two times with dots between: 1s..2s (from, until)" },
	{ "send:error=EINTR:during=2s..1s", 25, "can never fire: the time of during ends before it begins" },
	{ "send:error=EINTR:during=1..2", 26, "the beginning of during needs a unit: ns us ms s min h d" },
	{ "send:error=EINTR:during=..2s", 25,
	  "the beginning of during needs a value, such as 5ms (units: ns us ms s min h d)" },
	{ "send:error=EINTR:once=1", 22, "once takes no value" },
	{ "send:error=EINTR:error=EPIPE", 18, "error is given twice" },
	{ "send:error=EINTR:short=5", 18, "short= beside error=: a call has one result" },
	{ "send:when=3", 12, "no action: what shall happen to these calls? (" KEYS ")" },
	{ "send:error=EINTR:when=3:when=4", 25, "when is given twice" },
	{ "send:error=EINTR when=3", 17,
	  "a rule holds no blanks: its parts are separated "
	  "by \":\"" },
	{ "send:error=EINTR:peer=10.0.0.2:", 32,
	  "a port is missing behind \":\" (an IPv6 address needs brackets: [::1]:80)" },
	{ "getaddrinfo:error=FOO", 19,
	  "\"FOO\" is no error of getaddrinfo, which answers EAI_ codes such as EAI_AGAIN" },
	{ "gethostbyname:error=FOO", 21,
	  "\"FOO\" is no error of gethostbyname, which answers HOST_NOT_FOUND, TRY_AGAIN, "
	  "NO_RECOVERY or NO_DATA" },
};

static void wrong_rules_are_refused_with_a_caret(void **state)
{
	(void)state;
	check_wrong("rule", rule, wrong_rules, NUM(wrong_rules));
}

static void too_many_results_are_refused(void **state)
{
	char text[2000] = "send:returns=1";
	struct sim_diag d;
	int i;

	(void)state;
	for (i = 1; i < SIM_FAULT_RESULTS_MAX; i++)
		memcpy(text + strlen(text), ",1", 3);
	assert_int_equal(rule(text, NULL), 0);
	assert_int_equal(spec.num_results, SIM_FAULT_RESULTS_MAX);
	memcpy(text + strlen(text), ",1", 3);
	assert_int_equal(rule(text, &d), -EINVAL);
	assert_string_equal(d.message, "returns takes at most 256 results");
}

static void a_rule_without_conditions_is_for_every_call_of_the_program(void **state)
{
	(void)state;
	reads("send:error=EINTR");
	assert_true(sim_call_set_has(&spec.calls, SIM_CALL_SEND));
	assert_false(sim_call_set_has(&spec.calls, SIM_CALL_SENDTO));
	assert_int_equal(spec.action, SIM_FAULT_DO_ERROR);
	assert_int_equal(spec.result.err, EINTR);
	assert_int_equal(spec.signo, 0);
	assert_int_equal(spec.fd, -1);
	assert_string_equal(spec.host, "");
	assert_false(spec.has_peer);
	assert_int_equal(spec.p_ppb, SIM_PPB_ONE);
	assert_int_equal(spec.when_first, 1);
	assert_true(spec.when_last == SIM_FAULT_FOREVER);
	assert_int_equal(spec.when_step, 1);
	assert_true(spec.until_ns == INT64_MAX);
	assert_false(spec.once);
}

static void actions_are_read(void **state)
{
	(void)state;
	reads("send:error=!EXDEV");
	assert_int_equal(spec.result.err, EXDEV);
	reads("send:error=EWOULDBLOCK");
	assert_int_equal(spec.result.err, EAGAIN);
	reads("send:error=4");
	assert_int_equal(spec.result.err, EINTR);
	reads("send:error=!4095");
	assert_int_equal(spec.result.err, 4095);
	reads("getaddrinfo,getnameinfo:error=EAI_AGAIN");
	assert_int_equal(spec.result.err, EAI_AGAIN);
	reads("gethostbyname:error=TRY_AGAIN");
	assert_int_equal(spec.result.err, TRY_AGAIN);
	reads("send:retval=9223372036854775807");
	assert_int_equal(spec.action, SIM_FAULT_DO_RETVAL);
	assert_true(spec.result.number == INT64_MAX);
	reads("poll:retval=0");
	assert_int_equal(spec.result.number, 0);
	reads("%send:short=7");
	assert_int_equal(spec.action, SIM_FAULT_DO_SHORT);
	assert_int_equal(spec.result.kind, SIM_FAULT_NUMBER);
	assert_int_equal(spec.result.number, 7);
	reads("%recv:short=0.5%");
	assert_int_equal(spec.result.kind, SIM_FAULT_SHARE);
	assert_int_equal(spec.result.number, 5000000);
	reads("send:signal=SIGUSR1:delay_enter=5:delay_exit=2ms");
	assert_int_equal(spec.action, SIM_FAULT_DO_NOTHING);
	assert_int_equal(spec.signo, SIGUSR1);
	assert_int_equal(spec.delay_enter_ns, 5000);
	assert_int_equal(spec.delay_exit_ns, 2000000);
	reads("send:signal=64:error=EINTR");
	assert_int_equal(spec.signo, 64);
}

static void a_sequence_of_results_is_read(void **state)
{
	(void)state;
	reads("%send:returns=10,10,EINTR,*");
	assert_int_equal(spec.action, SIM_FAULT_DO_RETURNS);
	assert_int_equal(spec.num_results, 3);
	assert_int_equal(spec.results[1].kind, SIM_FAULT_NUMBER);
	assert_int_equal(spec.results[1].number, 10);
	assert_int_equal(spec.results[2].kind, SIM_FAULT_ERRNO);
	assert_int_equal(spec.results[2].err, EINTR);
	reads("send:returns=*,50%,1k,!EXDEV,*,*");
	assert_int_equal(spec.num_results, 4);
	assert_int_equal(spec.results[0].kind, SIM_FAULT_AS_NETWORK);
	assert_int_equal(spec.results[1].kind, SIM_FAULT_SHARE);
	assert_int_equal(spec.results[2].number, 1024);
	assert_int_equal(spec.results[3].err, EXDEV);
	reads("getaddrinfo:returns=EAI_AGAIN,EAI_AGAIN");
	assert_int_equal(spec.num_results, 2);
	reads("poll:returns=0,0,EINTR");
	assert_int_equal(spec.num_results, 3);
}

static void assert_when(const char *text, uint64_t first, uint64_t last, uint64_t step)
{
	reads(text);
	assert_true(spec.when_first == first);
	assert_true(spec.when_last == last);
	assert_true(spec.when_step == step);
}

static void when_has_the_forms_that_strace_has(void **state)
{
	(void)state;
	assert_when("send:error=EINTR:when=3", 3, 3, 1);
	assert_when("send:error=EINTR:when=3..9", 3, 9, 1);
	assert_when("send:error=EINTR:when=3..3", 3, 3, 1);
	assert_when("send:error=EINTR:when=3+", 3, SIM_FAULT_FOREVER, 1);
	assert_when("send:error=EINTR:when=3+2", 3, SIM_FAULT_FOREVER, 2);
	assert_when("send:error=EINTR:when=3..9+", 3, 9, 1);
	assert_when("send:error=EINTR:when=3..9+2", 3, 9, 2);
}

static void conditions_are_read(void **state)
{
	static const uint8_t v4[16] = { [10] = 255, 255, 10, 0, 0, 2 };

	(void)state;
	reads("send:error=EINTR:p=0.1%:host=client-1.lan:fd=5:after=64KiB:during=1s..2s:once");
	assert_int_equal(spec.p_ppb, 1000000);
	assert_string_equal(spec.host, "client-1.lan");
	assert_int_equal(spec.fd, 5);
	assert_int_equal(spec.after_bytes, 65536);
	assert_int_equal(spec.from_ns, 1000000000);
	assert_int_equal(spec.until_ns, 2000000000);
	assert_true(spec.once);
	reads("send:error=EINTR:during=1s..");
	assert_true(spec.until_ns == INT64_MAX);
	reads("send:error=EINTR:state=established,close-wait");
	assert_int_equal(spec.states, 1u << SIM_FAULT_ESTABLISHED | 1u << SIM_FAULT_CLOSE_WAIT);
	reads("send:error=EINTR:state=connected");
	assert_false(spec.states & (1u << SIM_FAULT_LISTEN | 1u << SIM_FAULT_CLOSED));
	reads("%send:error=EINTR:flags=MSG_OOB|MSG_DONTWAIT");
	assert_int_equal(spec.flags, MSG_OOB | MSG_DONTWAIT);
	reads("send:peer=10.0.0.2:80:error=EINTR");
	assert_true(spec.has_peer && spec.peer.has_addr);
	assert_memory_equal(spec.peer.addr, v4, 16);
	assert_int_equal(spec.peer.port, 80);
	assert_int_equal(spec.result.err, EINTR);
	reads("send:peer=10.0.0.2:error=EINTR");
	assert_int_equal(spec.peer.port, 0);
	reads("send:peer=[::1]:443:once:error=EINTR");
	assert_int_equal(spec.peer.addr[15], 1);
	assert_int_equal(spec.peer.port, 443);
	assert_true(spec.once);
	reads("send:peer=[::1]:once:error=EINTR");
	assert_int_equal(spec.peer.port, 0);
	reads("send:peer=:80:error=EINTR");
	assert_false(spec.peer.has_addr);
	assert_int_equal(spec.peer.port, 80);
	reads("send:error=EINTR:peer=server:80");
	assert_string_equal(spec.peer.host, "server");
	assert_int_equal(spec.peer.port, 80);
}

static void blanks_around_a_rule_do_not_matter(void **state)
{
	struct sim_diag d;

	(void)state;
	reads("  send:error=EINTR\n");
	assert_int_equal(rule("  send:eror=EINTR", &d), -EINVAL);
	assert_int_equal(d.column, 8);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(wrong_rules_are_refused_with_a_caret),
		cmocka_unit_test(too_many_results_are_refused),
		cmocka_unit_test(a_rule_without_conditions_is_for_every_call_of_the_program),
		cmocka_unit_test(actions_are_read),
		cmocka_unit_test(a_sequence_of_results_is_read),
		cmocka_unit_test(when_has_the_forms_that_strace_has),
		cmocka_unit_test(conditions_are_read),
		cmocka_unit_test(blanks_around_a_rule_do_not_matter),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
