/* SPDX-License-Identifier: MIT */
/*
 * SOL_SOCKET options of a socket that has no others, held against sockets of the running kernel: the same
 * values are given to both, and both must answer alike. Linux 6.18 is the reference; on another kernel a
 * difference is reported and fails nothing.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "sim/sock/option.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/utsname.h>
#include <unistd.h>

#include "tests/support/small_world.h"

enum { NO_SUCH_OPTION = 999, VALUE_BYTES = 64 };

static struct small_world w;
static struct fake_sock *ours;
static int theirs;

static const struct kind {
	const char *text;
	int domain, type, protocol;
} kinds[] = {
	{ "AF_INET SOCK_STREAM", AF_INET, SOCK_STREAM, 6 },
	{ "AF_INET SOCK_DGRAM", AF_INET, SOCK_DGRAM, 17 },
	{ "AF_INET6 SOCK_STREAM", AF_INET6, SOCK_STREAM, 6 },
	{ "AF_UNIX SOCK_STREAM", AF_UNIX, SOCK_STREAM, 0 },
	{ "AF_UNIX SOCK_DGRAM", AF_UNIX, SOCK_DGRAM, 0 },
	{ "AF_UNIX SOCK_SEQPACKET", AF_UNIX, SOCK_SEQPACKET, 0 },
};

static bool is_reference_kernel(void)
{
	struct utsname u;

	return uname(&u) == 0 && strncmp(u.release, "6.18.", 5) == 0;
}

static int32_t kernel_sysctl(const char *path)
{
	FILE *f = fopen(path, "r");
	int value = 0;

	assert_non_null(f);
	assert_int_equal(fscanf(f, "%d", &value), 1);
	fclose(f);
	return value;
}

static void open_both(const struct kind *k)
{
	small_world_init(&w, 1);
	w.net.sysctl.core_wmem_max = kernel_sysctl("/proc/sys/net/core/wmem_max");
	w.net.sysctl.core_rmem_max = kernel_sysctl("/proc/sys/net/core/rmem_max");
	w.net.sysctl.core_wmem_default = kernel_sysctl("/proc/sys/net/core/wmem_default");
	w.net.sysctl.core_rmem_default = kernel_sysctl("/proc/sys/net/core/rmem_default");
	ours = fake_sock_new(&w, k->domain, k->type, k->protocol);
	theirs = socket(k->domain, k->type, 0);
	assert_true(theirs >= 0);
}

static void close_both(void)
{
	close(theirs);
	sim_sock_put(&ours->sk);
	small_world_fini(&w);
}

/* What both answer: 0 or -errno, and for a get the bytes and how many. */
struct answer {
	int err;
	socklen_t len;
	unsigned char value[VALUE_BYTES];
};

static struct answer set_ours(int name, const void *val, socklen_t len)
{
	return (struct answer){ .err = sim_sock_setopt(&ours->sk, w.task, SOL_SOCKET, name, val, len) };
}

static struct answer set_theirs(int name, const void *val, socklen_t len)
{
	return (struct answer){ .err = setsockopt(theirs, SOL_SOCKET, name, val, len) ? -errno : 0 };
}

static struct answer get_ours(int name, socklen_t len)
{
	struct answer a = { .len = len };

	a.err = sim_sock_getopt(&ours->sk, w.task, SOL_SOCKET, name, a.value, &a.len);
	return a;
}

static struct answer get_theirs(int name, socklen_t len)
{
	struct answer a = { .len = len };

	a.err = getsockopt(theirs, SOL_SOCKET, name, a.value, &a.len) ? -errno : 0;
	return a;
}

static const char *answer_text(const struct answer *a, char buf[128])
{
	int64_t words[2];

	memcpy(words, a->value, sizeof words);
	if (a->err)
		snprintf(buf, 128, "%s", strerrorname_np(-a->err));
	else
		snprintf(buf, 128, "0, %u bytes: %#llx %#llx", a->len, (long long)words[0],
			 (long long)words[1]);
	return buf;
}

static void must_agree(const struct kind *k, const char *what, const char *name, const struct answer *our,
		       const struct answer *their)
{
	char a[128], b[128];

	/* Without the privilege the kernel can't be asked. */
	if (their->err == -EPERM)
		return;
	if (our->err == their->err &&
	    (our->err || (our->len == their->len && memcmp(our->value, their->value, VALUE_BYTES) == 0)))
		return;
	print_message("%s: %s %s: we answer %s, the kernel %s\n", k->text, what, name, answer_text(our, a),
		      answer_text(their, b));
	if (is_reference_kernel())
		fail();
}

static void set_both(const struct kind *k, const char *text, int name, const void *val, socklen_t len)
{
	struct answer our = set_ours(name, val, len), their = set_theirs(name, val, len);

	must_agree(k, "set", text, &our, &their);
}

static void get_both(const struct kind *k, const char *text, int name, socklen_t len)
{
	struct answer our = get_ours(name, len), their = get_theirs(name, len);

	must_agree(k, "get", text, &our, &their);
}

enum { TIMESTAMPING_OLD = 37, TIMESTAMPING_NEW = 65 };

/* tcp(7) has default buffers of its own, both cap SO_RCVLOWAT there, and SO_TIMESTAMPING numbers bytes of a
 * connection alone: the protocol's affair, tested with it. */
static bool is_the_protocols(const struct kind *k, int name)
{
	return k->type == SOCK_STREAM && k->domain != AF_UNIX &&
	       (name == SO_SNDBUF || name == SO_RCVBUF || name == SO_RCVLOWAT || name == SO_MEMINFO ||
		name == TIMESTAMPING_OLD || name == TIMESTAMPING_NEW);
}

static void defaults_are_the_kernels(void **state)
{
	struct sim_option_doc doc;

	(void)state;
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		open_both(&kinds[i]);
		for (size_t n = 0; sim_sock_option_doc(n, &doc); n++)
			if (doc.fidelity != SIM_FIDELITY_ABSENT && doc.name != SO_PEERCRED &&
			    !is_the_protocols(&kinds[i], doc.name))
				get_both(&kinds[i], doc.text, doc.name, VALUE_BYTES);
		close_both();
	}
}

static void what_is_set_reads_back_as_from_the_kernel(void **state)
{
	static const int values[] = { 1, 0, 7, -1, 1000, 2304, 5000, 100000, 300000, INT_MAX, INT_MIN };
	struct sim_option_doc doc;

	(void)state;
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		open_both(&kinds[i]);
		for (size_t n = 0; sim_sock_option_doc(n, &doc); n++) {
			if (doc.fidelity == SIM_FIDELITY_ABSENT || doc.name == SO_PEERCRED)
				continue;
			for (unsigned v = 0; v < sizeof values / sizeof values[0]; v++) {
				if (is_the_protocols(&kinds[i], doc.name) &&
				    (doc.name == SO_MEMINFO || values[v] > 1000 || values[v] < 0 ||
				     (values[v] == 1000 && doc.name != SO_RCVLOWAT)))
					continue;
				set_both(&kinds[i], doc.text, doc.name, &values[v], sizeof values[v]);
				get_both(&kinds[i], doc.text, doc.name, sizeof(int));
			}
		}
		/* What the privileged ones have set is read under the other name. */
		get_both(&kinds[i], "SO_SNDBUF", SO_SNDBUF, sizeof(int));
		close_both();
	}
}

static void lengths_are_checked_as_by_the_kernel(void **state)
{
	static const int names[] = { SO_REUSEADDR, SO_LINGER,   SO_RCVTIMEO,    SO_SNDTIMEO,   SO_TYPE,
				     SO_ERROR,     SO_PASSCRED, SO_SNDBUFFORCE, NO_SUCH_OPTION };
	int value[6] = { 1, 1, 1, 1, 1, 1 };
	char text[32];

	(void)state;
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		open_both(&kinds[i]);
		for (unsigned n = 0; n < sizeof names / sizeof names[0]; n++) {
			for (socklen_t len = 0; len <= 20; len++) {
				snprintf(text, sizeof text, "option %d of %u bytes", names[n], len);
				set_both(&kinds[i], text, names[n], value, len);
				get_both(&kinds[i], text, names[n], len);
			}
			set_both(&kinds[i], "negative length", names[n], value, (socklen_t)-1);
			get_both(&kinds[i], "negative length", names[n], (socklen_t)-1);
		}
		close_both();
	}
}

static void linger_keeps_its_seconds(void **state)
{
	static const struct linger values[] = { { 1, 5 }, { 0, 9 },       { 1, 0 },
						{ 2, 3 }, { 1, INT_MAX }, { 0, 0 } };

	(void)state;
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		open_both(&kinds[i]);
		for (unsigned v = 0; v < sizeof values / sizeof values[0]; v++) {
			set_both(&kinds[i], "SO_LINGER", SO_LINGER, &values[v], sizeof values[v]);
			get_both(&kinds[i], "SO_LINGER", SO_LINGER, VALUE_BYTES);
		}
		close_both();
	}
}

/* Times that are whole ticks whatever HZ the kernel was built with: 100, 250, 300 or 1000. */
static void timeouts_read_back_as_they_were_set(void **state)
{
	static const struct timeval values[] = { { 1, 500000 },   { 0, 20000 },        { 0, 0 },
						 { 3, 0 },        { 0, 1000000 },      { 0, -1 },
						 { -1, 0 },       { -5, 5 },           { 0, 999999 },
						 { LONG_MAX, 0 }, { LONG_MAX, 999999 } };
	static const int names[] = { SO_RCVTIMEO, SO_SNDTIMEO };

	(void)state;
	for (unsigned i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
		open_both(&kinds[i]);
		for (unsigned n = 0; n < 2; n++) {
			for (unsigned v = 0; v < sizeof values / sizeof values[0]; v++) {
				set_both(&kinds[i], n ? "SO_SNDTIMEO" : "SO_RCVTIMEO", names[n], &values[v],
					 sizeof values[v]);
				get_both(&kinds[i], n ? "SO_SNDTIMEO" : "SO_RCVTIMEO", names[n], VALUE_BYTES);
			}
		}
		close_both();
	}
}

static void a_timeout_is_rounded_up_to_a_tick_when_read(void **state)
{
	struct timeval tv = { 0, 1 };
	struct answer a;

	(void)state;
	open_both(&kinds[0]);
	assert_int_equal(set_ours(SO_RCVTIMEO, &tv, sizeof tv).err, 0);
	a = get_ours(SO_RCVTIMEO, sizeof tv);
	memcpy(&tv, a.value, sizeof tv);
	assert_int_equal(tv.tv_sec, 0);
	assert_int_equal(tv.tv_usec, 1000);
	close_both();
}

/* ---- what no kernel is needed for ---- */

static void so_error_is_taken_once(void **state)
{
	int err = -1;

	(void)state;
	open_both(&kinds[0]);
	sim_sock_set_error(&ours->sk, ECONNREFUSED, SIM_WHY_REFUSED, 0, 0, 0);
	memcpy(&err, get_ours(SO_ERROR, sizeof err).value, sizeof err);
	assert_int_equal(err, ECONNREFUSED);
	memcpy(&err, get_ours(SO_ERROR, sizeof err).value, sizeof err);
	assert_int_equal(err, 0);
	close_both();
}

static void a_listener_says_so(void **state)
{
	int v = -1;

	(void)state;
	open_both(&kinds[0]);
	ours->listening = true;
	memcpy(&v, get_ours(SO_ACCEPTCONN, sizeof v).value, sizeof v);
	assert_int_equal(v, 1);
	close_both();
}

static void what_is_absent_fails_closed_with_a_reason(void **state)
{
	struct sim_option_doc doc;
	unsigned num_absent = 0;
	int v = 1;

	(void)state;
	open_both(&kinds[0]);
	for (size_t n = 0; sim_sock_option_doc(n, &doc); n++) {
		if (doc.fidelity != SIM_FIDELITY_ABSENT)
			continue;
		num_absent++;
		w.task->why.key = SIM_WHY_NONE;
		assert_int_equal(set_ours(doc.name, &v, sizeof v).err, -ENOPROTOOPT);
		assert_int_equal(w.task->why.key, SIM_WHY_NO_OPTION);
		assert_int_equal(get_ours(doc.name, sizeof v).err, -ENOPROTOOPT);
	}
	assert_true(num_absent > 0);
	close_both();
}

static void no_option_is_documented_twice(void **state)
{
	struct sim_option_doc doc, other;

	(void)state;
	for (size_t n = 0; sim_sock_option_doc(n, &doc); n++) {
		assert_int_equal(doc.level, SOL_SOCKET);
		for (size_t i = 0; i < n; i++) {
			assert_true(sim_sock_option_doc(i, &other));
			assert_int_not_equal(doc.name, other.name);
			assert_string_not_equal(doc.text, other.text);
		}
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(defaults_are_the_kernels),
		cmocka_unit_test(what_is_set_reads_back_as_from_the_kernel),
		cmocka_unit_test(lengths_are_checked_as_by_the_kernel),
		cmocka_unit_test(linger_keeps_its_seconds),
		cmocka_unit_test(timeouts_read_back_as_they_were_set),
		cmocka_unit_test(a_timeout_is_rounded_up_to_a_tick_when_read),
		cmocka_unit_test(so_error_is_taken_once),
		cmocka_unit_test(a_listener_says_so),
		cmocka_unit_test(what_is_absent_fails_closed_with_a_reason),
		cmocka_unit_test(no_option_is_documented_twice),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
