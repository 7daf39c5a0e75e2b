/* SPDX-License-Identifier: MIT */
/* Names of Unix sockets: the virtual tree and its permissions, autobind, credentials. */
#include "tests/support/unix_host.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <ctype.h>
#include <errno.h>
#include <string.h>

static struct unix_host h;

static int fresh(void **state)
{
	(void)state;
	unix_host_init(&h);
	return 0;
}

static int gone(void **state)
{
	(void)state;
	unix_host_fini(&h);
	return 0;
}

static int bind_once(const char *path)
{
	struct sim_sock *sk = unix_new(&h, SOCK_STREAM);
	int err = unix_bind_to(&h, sk, path);

	unix_close(&h, sk);
	return err;
}

static int connect_once(const char *path)
{
	struct sim_sock *sk = unix_new(&h, SOCK_STREAM);
	int err = unix_connect_to(&h, sk, path, true);

	unix_close(&h, sk);
	return err;
}

/* The kernel's answers, in a directory that holds the plain file "file" and nothing else. */
static void paths_answer_as_the_kernels_do(void **state)
{
	static const struct {
		const char *path;
		int connect, bind, connect_after;
	} rows[] = {
		{ "/tmp/d/nodir/x", -ENOENT, -ENOENT, -ENOENT },
		{ "/tmp/d/file/x", -ENOTDIR, -ENOTDIR, -ENOTDIR },
		{ "/tmp/d/file", -ECONNREFUSED, -EADDRINUSE, -ECONNREFUSED },
		{ "/tmp/d", -ECONNREFUSED, -EADDRINUSE, -ECONNREFUSED },
		{ "/", -ECONNREFUSED, -EADDRINUSE, -ECONNREFUSED },
		{ "/tmp/d/x/", -ENOENT, -ENOENT, -ENOENT },
		{ "x", -ENOENT, 0, -ECONNREFUSED },
		{ ".", -ECONNREFUSED, -EADDRINUSE, -ECONNREFUSED },
		{ "..", -ECONNREFUSED, -EADDRINUSE, -ECONNREFUSED },
		{ "./x", -ECONNREFUSED, -EADDRINUSE, -ECONNREFUSED },
		{ "../d/y", -ENOENT, 0, -ECONNREFUSED },
		{ "/tmp/d/file/", -ENOTDIR, -EADDRINUSE, -ENOTDIR },
		{ "/tmp/d/z/.", -ENOENT, -ENOENT, -ENOENT },
		{ "//tmp//d///y", -ECONNREFUSED, -EADDRINUSE, -ECONNREFUSED },
	};

	(void)state;
	assert_int_equal(sim_unix_mkdir(&h.names, &unix_host_cred, "/tmp/d", 0777, false), 0);
	assert_int_equal(sim_unix_mkfile(&h.names, &unix_host_cred, "/tmp/d/file", 0666), 0);
	unix_host_cred.cwd = "/tmp/d";
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(connect_once(rows[i].path), rows[i].connect);
		assert_int_equal(bind_once(rows[i].path), rows[i].bind);
		assert_int_equal(connect_once(rows[i].path), rows[i].connect_after);
	}
}

/* The kernel's answers again: path_resolution(7). */
static void symbolic_links_are_followed(void **state)
{
	static const struct {
		const char *target, *path;
	} links[] = {
		{ "/tmp/s", "/tmp/to" },        { "to", "/tmp/to-to" },
		{ "loop", "/tmp/loop" },        { "b", "/tmp/a" },
		{ "../tmp/a", "/tmp/b" },       { "/tmp", "/tmp/dir" },
		{ "nothing", "/tmp/dangling" }, { "/tmp/dir", "/tmp/dir2" },
	};
	static const struct {
		const char *path;
		int connect, bind;
	} rows[] = {
		{ "/tmp/to", 0, -EADDRINUSE },
		{ "/tmp/to-to", 0, -EADDRINUSE },
		{ "/tmp/dir2/to-to", 0, -EADDRINUSE },
		{ "/tmp/to/", -ENOTDIR, -EADDRINUSE },
		{ "/tmp/to/x", -ENOTDIR, -ENOTDIR },
		{ "/tmp/loop", -ELOOP, -EADDRINUSE },
		{ "/tmp/a", -ELOOP, -EADDRINUSE },
		{ "/tmp/a/x", -ELOOP, -ELOOP },
		{ "/tmp/dangling", -ENOENT, -EADDRINUSE },
		{ "/tmp/dangling/x", -ENOENT, -ENOENT },
	};
	struct sim_sock *sk = unix_listener_at(&h, SOCK_STREAM, "/tmp/s", 4);
	char long_name[300];

	(void)state;
	for (unsigned i = 0; i < sizeof links / sizeof links[0]; i++)
		assert_int_equal(sim_unix_symlink(&h.names, &unix_host_cred, links[i].target, links[i].path),
				 0);
	for (unsigned i = 0; i < sizeof rows / sizeof rows[0]; i++) {
		assert_int_equal(connect_once(rows[i].path), rows[i].connect);
		assert_int_equal(bind_once(rows[i].path), rows[i].bind);
	}
	memset(long_name, 'x', sizeof long_name);
	long_name[sizeof long_name - 1] = '\0';
	assert_int_equal(sim_unix_symlink(&h.names, &unix_host_cred, long_name, "/tmp/long"), 0);
	assert_int_equal(connect_once("/tmp/long"), -ENAMETOOLONG);
	assert_int_equal(sim_unix_symlink(&h.names, &unix_host_cred, "x", "/tmp/to"), -EEXIST);
	assert_int_equal(sim_unix_symlink(&h.names, &unix_host_cred, "", "/tmp/empty"), -ENOENT);
	/* The link goes, not what it leads to; a name of its own for either. */
	assert_int_equal(sim_unix_unlink(&h.names, &unix_host_cred, "/tmp/to"), 0);
	assert_int_equal(connect_once("/tmp/to-to"), -ENOENT);
	assert_int_equal(sim_unix_rename(&h.names, &unix_host_cred, "/tmp/to-to", "/tmp/to2"), 0);
	assert_int_equal(connect_once("/tmp/to2"), -ENOENT);
	assert_int_equal(connect_once("/tmp/s"), 0);
	unix_close(&h, sk);
}

static void entry_stays_until_it_is_unlinked(void **state)
{
	struct sim_sock *sk;

	(void)state;
	assert_int_equal(bind_once("/run/s"), 0);
	assert_int_equal(connect_once("/run/s"), -ECONNREFUSED);
	assert_int_equal(bind_once("/run/s"), -EADDRINUSE);
	assert_int_equal(sim_unix_unlink(&h.names, &unix_host_cred, "/run/s"), 0);
	assert_int_equal(connect_once("/run/s"), -ENOENT);
	sk = unix_listener_at(&h, SOCK_STREAM, "/run/s", 1);
	assert_int_equal(connect_once("/var/run/s"), 0);
	assert_int_equal(sim_unix_unlink(&h.names, &unix_host_cred, "/var/run/s"), 0);
	assert_int_equal(connect_once("/run/s"), -ENOENT);
	assert_int_equal(bind_once("/run/s"), 0); /* another inode, beside the first that lives on */
	unix_close(&h, sk);
}

static void permissions_are_the_owners_and_roots(void **state)
{
	struct sim_unix_stat st;
	struct sim_sock *sk;

	(void)state;
	assert_int_equal(sim_unix_mkdir(&h.names, &unix_host_cred, "/secret", 0700, false), 0);
	sk = unix_listener_at(&h, SOCK_STREAM, "/tmp/roots", 4);
	assert_int_equal(sim_unix_stat(&h.names, &unix_host_cred, "/tmp/roots", &st), 0);
	assert_int_equal(st.mode, 0755);
	assert_int_equal(st.kind, SIM_UNIX_SOCKET);
	unix_host_cred.uid = unix_host_cred.gid = 1000;
	assert_int_equal(connect_once("/tmp/roots"), -EACCES);
	assert_int_equal(h.task->why.key, SIM_WHY_ACCESS);
	assert_int_equal(bind_once("/run/mine"), -EACCES);
	assert_int_equal(bind_once("/secret/x"), -EACCES);
	assert_int_equal(connect_once("/secret/x"), -EACCES);
	assert_int_equal(bind_once("/tmp/mine"), 0);
	assert_int_equal(sim_unix_unlink(&h.names, &unix_host_cred, "/tmp/roots"), -EPERM);
	assert_int_equal(sim_unix_chmod(&h.names, &unix_host_cred, "/tmp/roots", 0777), -EPERM);
	assert_int_equal(sim_unix_unlink(&h.names, &unix_host_cred, "/tmp/mine"), 0);
	unix_host_cred.uid = 0;
	assert_int_equal(sim_unix_chmod(&h.names, &unix_host_cred, "/tmp/roots", 0777), 0);
	unix_host_cred.uid = 1000;
	assert_int_equal(connect_once("/tmp/roots"), 0);
	unix_close(&h, sk);
}

static void directories_are_made_and_removed(void **state)
{
	struct sim_unix_stat st;

	(void)state;
	assert_int_equal(sim_unix_mkdir(&h.names, &unix_host_cred, "/a/b/c", 0755, false), -ENOENT);
	assert_int_equal(sim_unix_mkdir(&h.names, &unix_host_cred, "/a/b/c", 0755, true), 0);
	assert_int_equal(sim_unix_mkdir(&h.names, &unix_host_cred, "/a/b/c", 0755, true), -EEXIST);
	assert_int_equal(sim_unix_rmdir(&h.names, &unix_host_cred, "/a/b"), -ENOTEMPTY);
	assert_int_equal(sim_unix_unlink(&h.names, &unix_host_cred, "/a/b/c"), -EISDIR);
	assert_int_equal(sim_unix_rmdir(&h.names, &unix_host_cred, "/a/b/c/"), 0);
	assert_int_equal(sim_unix_stat(&h.names, &unix_host_cred, "/a/b/c", &st), -ENOENT);
	assert_int_equal(sim_unix_rmdir(&h.names, &unix_host_cred, "/"), -EBUSY);
}

static void rename_keeps_the_inode(void **state)
{
	struct sim_sock *sk = unix_listener_at(&h, SOCK_STREAM, "/tmp/old", 4);

	(void)state;
	assert_int_equal(bind_once("/tmp/other"), 0);
	assert_int_equal(sim_unix_rename(&h.names, &unix_host_cred, "/tmp/old", "/tmp/other"), 0);
	assert_int_equal(connect_once("/tmp/old"), -ENOENT);
	assert_int_equal(connect_once("/tmp/other"), 0);
	assert_int_equal(sim_unix_rename(&h.names, &unix_host_cred, "/tmp/old", "/tmp/x"), -ENOENT);
	assert_int_equal(sim_unix_rename(&h.names, &unix_host_cred, "/tmp/other", "/run"), -EISDIR);
	unix_close(&h, sk);
}

static void second_bind_leaves_no_entry(void **state)
{
	struct sim_sock *sk = unix_new(&h, SOCK_STREAM);
	struct sim_unix_stat st;

	(void)state;
	assert_int_equal(unix_bind_to(&h, sk, "/tmp/one"), 0);
	assert_int_equal(unix_bind_to(&h, sk, "/tmp/one"), -EADDRINUSE);
	assert_int_equal(unix_bind_to(&h, sk, "/tmp/two"), -EINVAL);
	assert_int_equal(h.task->why.key, SIM_WHY_ALREADY_BOUND);
	assert_int_equal(sim_unix_stat(&h.names, &unix_host_cred, "/tmp/two", &st), -ENOENT);
	unix_close(&h, sk);
}

static void autobind(char name[6])
{
	struct sim_sock *sk = unix_new(&h, SOCK_DGRAM);
	struct sim_sockaddr a;

	assert_int_equal(unix_bind_to(&h, sk, ""), 0);
	assert_int_equal(sim_sock_op(sk)->getname(sk, h.task, &a, false), 0);
	assert_int_equal(a.path_len, 6);
	assert_int_equal(a.path[0], 0);
	memcpy(name, a.path + 1, 5);
	name[5] = '\0';
	for (int i = 0; i < 5; i++)
		assert_true(isdigit(name[i]) || (name[i] >= 'a' && name[i] <= 'f'));
	unix_close(&h, sk);
}

static void autobind_draws_from_the_seed(void **state)
{
	char first[6], second[6], again[6];

	(void)state;
	autobind(first);
	autobind(second);
	assert_string_not_equal(first, second);
	unix_host_fini(&h);
	unix_host_init(&h);
	autobind(again);
	assert_string_equal(first, again);
}

static void passcred_binds_a_sender(void **state)
{
	struct sim_sock *receiver = unix_new(&h, SOCK_DGRAM), *sender = unix_new(&h, SOCK_DGRAM);
	struct sim_sockaddr a;

	(void)state;
	assert_int_equal(unix_bind_to(&h, receiver, "@r"), 0);
	sender->passcred = true;
	assert_int_equal(unix_send_to(&h, sender, "x", 1, 0, "@r"), 1);
	assert_int_equal(sim_sock_op(sender)->getname(sender, h.task, &a, false), 0);
	assert_int_equal(a.path_len, 6);
	unix_close(&h, sender);
	unix_close(&h, receiver);
}

static void abstract_names_are_a_space_for_each_type(void **state)
{
	struct sim_sock *stream = unix_new(&h, SOCK_STREAM), *dgram = unix_new(&h, SOCK_DGRAM);

	(void)state;
	assert_int_equal(unix_bind_to(&h, stream, "@same"), 0);
	assert_int_equal(unix_bind_to(&h, dgram, "@same"), 0);
	unix_close(&h, stream);
	assert_int_equal(bind_once("@same"), 0);
	unix_close(&h, dgram);
}

struct ucred_abi {
	int32_t pid;
	uint32_t uid, gid;
};

static struct ucred_abi peercred(struct sim_sock *sk)
{
	struct ucred_abi c;
	socklen_t len = sizeof c;

	assert_int_equal(sim_sock_getopt(sk, h.task, SOL_SOCKET, SO_PEERCRED, &c, &len), 0);
	assert_int_equal(len, sizeof c);
	return c;
}

static void peercred_is_who_listened_and_who_connected(void **state)
{
	struct sim_sock *listener, *client, *child;

	(void)state;
	unix_host_cred = (struct sim_unix_cred){ 10, 1, 2, 0, NULL };
	listener = unix_listener_at(&h, SOCK_STREAM, "@l", 1);
	unix_host_cred = (struct sim_unix_cred){ 20, 3, 4, 0, NULL };
	client = unix_new(&h, SOCK_STREAM);
	assert_int_equal(peercred(client).pid, 0);
	assert_int_equal(peercred(client).uid, UINT32_MAX);
	assert_int_equal(unix_connect_to(&h, client, "@l", false), 0);
	unix_host_cred = (struct sim_unix_cred){ 30, 5, 6, 0, NULL };
	assert_int_equal(sim_sock_op(listener)->accept(listener, h.task, true, &child), 0);
	assert_int_equal(peercred(client).pid, 10);
	assert_int_equal(peercred(client).gid, 2);
	assert_int_equal(peercred(child).pid, 20);
	assert_int_equal(peercred(child).uid, 3);
	unix_close(&h, child);
	unix_close(&h, client);
	unix_close(&h, listener);
}

static void types_that_do_not_exist_are_refused(void **state)
{
	struct sim_sock *sk;

	(void)state;
	assert_int_equal(sim_unix_sock_new(&h.net, SOCK_RDM, &sk), -ESOCKTNOSUPPORT);
	assert_int_equal(sim_unix_sock_new(&h.net, SOCK_RAW, &sk), 0);
	assert_int_equal(sk->type, SOCK_DGRAM);
	unix_close(&h, sk);
}

static void no_memory_is_an_errno_and_loses_nothing(void **state)
{
	struct sim_sock *pair[2], *none[2];
	size_t limit = h.ctx.arena->limit_bytes;

	(void)state;
	unix_pair_of(&h, SOCK_DGRAM, pair);
	h.ctx.arena->limit_bytes = h.ctx.arena->in_use_bytes;
	assert_int_equal(sim_unix_pair_new(&h.net, SOCK_STREAM, none), -ENOMEM);
	assert_int_equal(unix_send(&h, pair[0], "x", 1, 0), -ENOBUFS);
	assert_int_equal(unix_bind_to(&h, pair[0], "/tmp/x"), -ENOMEM);
	h.ctx.arena->limit_bytes = limit;
	assert_int_equal(unix_send(&h, pair[0], "x", 1, 0), 1);
	unix_close(&h, pair[0]);
	unix_close(&h, pair[1]);
}

#define NAMES_TEST(fn) cmocka_unit_test_setup_teardown(fn, fresh, gone)

int main(void)
{
	static const struct CMUnitTest tests[] = {
		NAMES_TEST(paths_answer_as_the_kernels_do),
		NAMES_TEST(symbolic_links_are_followed),
		NAMES_TEST(entry_stays_until_it_is_unlinked),
		NAMES_TEST(permissions_are_the_owners_and_roots),
		NAMES_TEST(directories_are_made_and_removed),
		NAMES_TEST(rename_keeps_the_inode),
		NAMES_TEST(second_bind_leaves_no_entry),
		NAMES_TEST(autobind_draws_from_the_seed),
		NAMES_TEST(passcred_binds_a_sender),
		NAMES_TEST(abstract_names_are_a_space_for_each_type),
		NAMES_TEST(peercred_is_who_listened_and_who_connected),
		NAMES_TEST(types_that_do_not_exist_are_refused),
		NAMES_TEST(no_memory_is_an_errno_and_loses_nothing),
	};

	return cmocka_run_group_tests_name("unix_names", tests, NULL, NULL);
}
