/* SPDX-License-Identifier: MIT */
/*
 * Names of Unix-domain sockets, unix(7): paths, abstract names, autobind, unnamed sockets, and the lengths
 * that getsockname and getpeername give; SO_PEERCRED. Plain sockets only.
 */
#include "tests/behaviour/behaviour.h"

enum { NAME_AT = offsetof(struct sockaddr_un, sun_path) };

static socklen_t name_of(int fd, struct sockaddr_un *at)
{
	socklen_t len = sizeof(*at);

	memset(at, 0, sizeof(*at));
	assert_ok(getsockname(fd, (struct sockaddr *)at, &len));
	return len;
}

TEST(fresh_socket_is_unnamed)
{
	struct sockaddr_un at;
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_int_equal(name_of(fd, &at), sizeof(sa_family_t));
	assert_int_equal(at.sun_family, AF_UNIX);
	assert_ok(close(fd));
}

TEST(pair_is_unnamed_on_both_sides)
{
	struct sockaddr_un at;
	socklen_t len = sizeof(at);
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(name_of(fd[0], &at), sizeof(sa_family_t));
	assert_ok(getpeername(fd[0], (struct sockaddr *)&at, &len));
	assert_int_equal(len, sizeof(sa_family_t));
	close_pair(fd);
}

TEST(path_name_has_its_length_and_a_terminating_zero)
{
	struct sockaddr_un at, got;
	struct unix_dir dir;
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	unix_dir_make(&dir);
	at = unix_name(&dir, "s");
	assert_ok(bind_unix(fd, at));
	assert_int_equal(name_of(fd, &got), NAME_AT + strlen(at.sun_path) + 1);
	assert_string_equal(got.sun_path, at.sun_path);
	assert_ok(close(fd));
	assert_ok(unlink(at.sun_path));
	unix_dir_remove(&dir);
}

TEST(path_without_terminating_zero_names_the_same_socket)
{
	struct sockaddr_un at, got;
	struct unix_dir dir;
	socklen_t len;
	int fd = new_socket(AF_UNIX, SOCK_DGRAM), other = new_socket(AF_UNIX, SOCK_DGRAM);

	unix_dir_make(&dir);
	at = unix_name(&dir, "s");
	len = (socklen_t)(NAME_AT + strlen(at.sun_path));
	assert_ok(bind(fd, (struct sockaddr *)&at, len));
	assert_int_equal(name_of(fd, &got), len + 1);
	assert_ok(connect_unix(other, at));
	assert_ok(close(fd));
	assert_ok(close(other));
	assert_ok(unlink(at.sun_path));
	unix_dir_remove(&dir);
}

TEST(bind_makes_a_socket_file)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	struct stat st;
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	unix_dir_make(&dir);
	at = unix_name(&dir, "s");
	assert_ok(bind_unix(fd, at));
	assert_ok(stat(at.sun_path, &st));
	assert_true(S_ISSOCK(st.st_mode));
	assert_ok(close(fd));
	assert_ok(stat(at.sun_path, &st));
	assert_ok(unlink(at.sun_path));
	unix_dir_remove(&dir);
}

TEST(bind_applies_the_umask)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	struct stat st;
	int fd = new_socket(AF_UNIX, SOCK_STREAM);
	mode_t before;

	unix_dir_make(&dir);
	at = unix_name(&dir, "s");
	before = umask(027);
	assert_ok(bind_unix(fd, at));
	umask(before);
	assert_ok(stat(at.sun_path, &st));
	assert_int_equal(st.st_mode & 0777, 0750);
	assert_ok(close(fd));
	assert_ok(unlink(at.sun_path));
	unix_dir_remove(&dir);
}

TEST(path_outlives_its_socket_and_stays_in_use)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	unix_dir_make(&dir);
	at = unix_name(&dir, "s");
	assert_ok(bind_unix(fd, at));
	assert_ok(close(fd));
	fd = new_socket(AF_UNIX, SOCK_STREAM);
	assert_fails(bind_unix(fd, at), EADDRINUSE);
	assert_fails(connect_unix(fd, at), ECONNREFUSED);
	assert_ok(unlink(at.sun_path));
	assert_fails(connect_unix(fd, at), ENOENT);
	assert_ok(bind_unix(fd, at));
	assert_ok(close(fd));
	assert_ok(unlink(at.sun_path));
	unix_dir_remove(&dir);
}

TEST(unlinked_path_is_gone_but_its_connections_live)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	int listener = new_socket(AF_UNIX, SOCK_STREAM), fd = new_socket(AF_UNIX, SOCK_STREAM);
	int late = new_socket(AF_UNIX, SOCK_STREAM), peer;
	char b;

	unix_dir_make(&dir);
	at = unix_name(&dir, "s");
	assert_ok(bind_unix(listener, at));
	assert_ok(listen(listener, 1));
	assert_ok(connect_unix(fd, at));
	assert_ok(unlink(at.sun_path));
	assert_fails(connect_unix(late, at), ENOENT);
	peer = accept(listener, NULL, NULL);
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(recv(peer, &b, 1, 0), 1);
	assert_ok(close(fd));
	assert_ok(close(late));
	assert_ok(close(peer));
	assert_ok(close(listener));
	unix_dir_remove(&dir);
}

TEST(renamed_path_names_the_same_socket)
{
	struct sockaddr_un at, moved;
	struct unix_dir dir;
	int listener = new_socket(AF_UNIX, SOCK_STREAM), fd = new_socket(AF_UNIX, SOCK_STREAM);

	unix_dir_make(&dir);
	at = unix_name(&dir, "s");
	moved = unix_name(&dir, "t");
	assert_ok(bind_unix(listener, at));
	assert_ok(listen(listener, 1));
	assert_ok(rename(at.sun_path, moved.sun_path));
	assert_fails(connect_unix(fd, at), ENOENT);
	assert_ok(connect_unix(fd, moved));
	assert_ok(close(fd));
	assert_ok(close(listener));
	assert_ok(unlink(moved.sun_path));
	unix_dir_remove(&dir);
}

TEST(bind_in_a_missing_directory_is_enoent)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	unix_dir_make(&dir);
	at = unix_name(&dir, "missing/s");
	assert_fails(bind_unix(fd, at), ENOENT);
	assert_ok(close(fd));
	unix_dir_remove(&dir);
}

TEST(bind_through_a_file_is_enotdir)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	int fd = new_socket(AF_UNIX, SOCK_STREAM), other = new_socket(AF_UNIX, SOCK_STREAM);

	unix_dir_make(&dir);
	at = unix_name(&dir, "s");
	assert_ok(bind_unix(other, at));
	assert_fails(bind_unix(fd, unix_name(&dir, "s/t")), ENOTDIR);
	assert_ok(close(fd));
	assert_ok(close(other));
	assert_ok(unlink(at.sun_path));
	unix_dir_remove(&dir);
}

TEST(connect_to_a_plain_file_is_econnrefused)
{
	struct sockaddr_un at;
	struct unix_dir dir;
	int fd = new_socket(AF_UNIX, SOCK_STREAM), file;

	unix_dir_make(&dir);
	at = unix_name(&dir, "file");
	file = open(at.sun_path, O_CREAT | O_WRONLY, 0600);
	assert_true(file >= 0);
	assert_fails(connect_unix(fd, at), ECONNREFUSED);
	assert_fails(bind_unix(fd, at), EADDRINUSE);
	assert_ok(close(file));
	assert_ok(close(fd));
	assert_ok(unlink(at.sun_path));
	unix_dir_remove(&dir);
}

TEST(relative_path_is_kept_as_given)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX }, got;
	struct unix_dir dir;
	char cwd[4096];
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	unix_dir_make(&dir);
	assert_non_null(getcwd(cwd, sizeof(cwd)));
	assert_ok(chdir(dir.path));
	memcpy(at.sun_path, "rel", 4);
	assert_ok(bind_unix(fd, at));
	assert_int_equal(name_of(fd, &got), NAME_AT + 4);
	assert_string_equal(got.sun_path, "rel");
	assert_ok(unlink("rel"));
	assert_ok(chdir(cwd));
	assert_ok(close(fd));
	unix_dir_remove(&dir);
}

TEST(abstract_name_counts_every_byte_of_its_length)
{
	struct sockaddr_un at, got;
	socklen_t len = abstract_name(&at, "exact");
	int fd = new_socket(AF_UNIX, SOCK_DGRAM), longer = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_ok(bind(fd, (struct sockaddr *)&at, len));
	assert_int_equal(name_of(fd, &got), len);
	assert_memory_equal(&got, &at, len);
	assert_ok(bind(longer, (struct sockaddr *)&at, len + 1));
	assert_int_equal(name_of(longer, &got), len + 1);
	assert_ok(close(fd));
	assert_ok(close(longer));
}

TEST(abstract_name_taken_is_eaddrinuse_and_freed_by_close)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "taken");
	int fd = new_socket(AF_UNIX, SOCK_DGRAM), second = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_ok(bind(fd, (struct sockaddr *)&at, len));
	assert_fails(bind(second, (struct sockaddr *)&at, len), EADDRINUSE);
	assert_ok(close(fd));
	assert_ok(bind(second, (struct sockaddr *)&at, len));
	assert_ok(close(second));
}

TEST(abstract_names_are_apart_for_each_type)
{
	struct sockaddr_un at;
	socklen_t len = abstract_name(&at, "types");
	int dgram = new_socket(AF_UNIX, SOCK_DGRAM), stream = new_socket(AF_UNIX, SOCK_STREAM);

	assert_ok(bind(dgram, (struct sockaddr *)&at, len));
	assert_ok(bind(stream, (struct sockaddr *)&at, len));
	assert_ok(close(dgram));
	assert_ok(close(stream));
}

TEST(full_length_name_fits)
{
	struct sockaddr_un at, got;
	socklen_t len = abstract_name(&at, "long");
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);

	memset((char *)&at + len, 'x', sizeof(at) - len);
	assert_ok(bind(fd, (struct sockaddr *)&at, sizeof(at)));
	assert_int_equal(name_of(fd, &got), sizeof(at));
	assert_memory_equal(&got, &at, sizeof(at));
	assert_ok(close(fd));
}

TEST(name_over_the_full_length_is_einval)
{
	char room[sizeof(struct sockaddr_un) + 8];
	struct sockaddr_un at;
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);

	abstract_name(&at, "toolong");
	memset(room, 0, sizeof(room));
	memcpy(room, &at, sizeof(at));
	assert_fails(bind(fd, (struct sockaddr *)room, sizeof(at) + 1), EINVAL);
	assert_fails(connect(fd, (struct sockaddr *)room, sizeof(at) + 1), EINVAL);
	assert_ok(close(fd));
}

TEST(bind_of_the_family_alone_chooses_an_abstract_name)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX }, got;
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_ok(bind(fd, (struct sockaddr *)&at, sizeof(sa_family_t)));
	assert_int_equal(name_of(fd, &got), NAME_AT + 6);
	assert_int_equal(got.sun_path[0], 0);
	for (int i = 1; i < 6; i++)
		assert_true(strchr("0123456789abcdef", got.sun_path[i]) && got.sun_path[i]);
	assert_ok(close(fd));
}

TEST(two_autobound_sockets_have_different_names)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX }, a, b;
	int first = new_socket(AF_UNIX, SOCK_DGRAM), second = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_ok(bind(first, (struct sockaddr *)&at, sizeof(sa_family_t)));
	assert_ok(bind(second, (struct sockaddr *)&at, sizeof(sa_family_t)));
	name_of(first, &a);
	name_of(second, &b);
	assert_memory_not_equal(a.sun_path, b.sun_path, 6);
	assert_ok(close(first));
	assert_ok(close(second));
}

TEST(autobind_of_a_named_socket_succeeds_and_changes_nothing)
{
	struct sockaddr_un at, none = { .sun_family = AF_UNIX }, got;
	socklen_t len = abstract_name(&at, "named");
	int fd = new_socket(AF_UNIX, SOCK_DGRAM);

	assert_ok(bind(fd, (struct sockaddr *)&at, len));
	assert_ok(bind(fd, (struct sockaddr *)&none, sizeof(sa_family_t)));
	assert_int_equal(name_of(fd, &got), len);
	assert_ok(close(fd));
}

TEST(bind_twice_is_einval)
{
	struct sockaddr_un at, second;
	socklen_t len = abstract_name(&at, "one"), second_len = abstract_name(&second, "two");
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_ok(bind(fd, (struct sockaddr *)&at, len));
	assert_fails(bind(fd, (struct sockaddr *)&second, second_len), EINVAL);
	assert_ok(close(fd));
}

TEST(wrong_family_is_einval)
{
	struct sockaddr_un at = { .sun_family = AF_INET };
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	memcpy(at.sun_path, "x", 2);
	assert_fails(bind_unix(fd, at), EINVAL);
	assert_fails(connect_unix(fd, at), EINVAL);
	assert_ok(close(fd));
}

TEST(connect_to_the_family_alone_is_einval)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_fails(connect(fd, (struct sockaddr *)&at, sizeof(sa_family_t)), EINVAL);
	assert_ok(close(fd));
}

TEST(accepted_socket_has_the_listeners_name_and_the_client_sees_it)
{
	struct sockaddr_un at, got;
	socklen_t len = abstract_name(&at, "names"), got_len = sizeof(got);
	int listener = new_socket(AF_UNIX, SOCK_STREAM), fd = new_socket(AF_UNIX, SOCK_STREAM), peer;

	assert_ok(bind(listener, (struct sockaddr *)&at, len));
	assert_ok(listen(listener, 1));
	assert_ok(connect(fd, (struct sockaddr *)&at, len));
	peer = accept(listener, NULL, NULL);
	assert_int_equal(name_of(peer, &got), len);
	assert_memory_equal(&got, &at, len);
	assert_ok(getpeername(fd, (struct sockaddr *)&got, &got_len));
	assert_int_equal(got_len, len);
	assert_memory_equal(&got, &at, len);
	assert_ok(close(fd));
	assert_ok(close(peer));
	assert_ok(close(listener));
}

TEST(listener_that_is_closed_still_names_its_connections)
{
	struct sockaddr_un at, got;
	socklen_t len = abstract_name(&at, "kept"), got_len = sizeof(got);
	int listener = new_socket(AF_UNIX, SOCK_STREAM), fd = new_socket(AF_UNIX, SOCK_STREAM), peer;

	assert_ok(bind(listener, (struct sockaddr *)&at, len));
	assert_ok(listen(listener, 1));
	assert_ok(connect(fd, (struct sockaddr *)&at, len));
	peer = accept(listener, NULL, NULL);
	assert_ok(close(listener));
	assert_ok(getpeername(fd, (struct sockaddr *)&got, &got_len));
	assert_int_equal(got_len, len);
	assert_ok(close(fd));
	assert_ok(close(peer));
}

TEST(getpeername_without_a_peer_is_enotconn)
{
	struct sockaddr_un at;
	socklen_t len = sizeof(at);
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_fails(getpeername(fd, (struct sockaddr *)&at, &len), ENOTCONN);
	assert_ok(close(fd));
}

TEST(peercred_names_this_process)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int fd[2];

	unix_pair(SOCK_STREAM, fd);
	assert_ok(getsockopt(fd[0], SOL_SOCKET, SO_PEERCRED, &cred, &len));
	assert_int_equal(len, sizeof(cred));
	assert_int_equal(cred.pid, getpid());
	assert_int_equal(cred.uid, geteuid());
	assert_int_equal(cred.gid, getegid());
	close_pair(fd);
}

TEST(peercred_without_a_peer_is_empty)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);
	int fd = new_socket(AF_UNIX, SOCK_STREAM);

	assert_ok(getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len));
	assert_int_equal(cred.pid, 0);
	assert_int_equal(cred.uid, (uid_t)-1);
	assert_int_equal(cred.gid, (gid_t)-1);
	assert_ok(close(fd));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(fresh_socket_is_unnamed),
	DUAL_TEST(pair_is_unnamed_on_both_sides),
	DUAL_TEST(path_name_has_its_length_and_a_terminating_zero),
	DUAL_TEST(path_without_terminating_zero_names_the_same_socket),
	DUAL_TEST(bind_makes_a_socket_file),
	DUAL_TEST(bind_applies_the_umask),
	DUAL_TEST(path_outlives_its_socket_and_stays_in_use),
	DUAL_TEST(unlinked_path_is_gone_but_its_connections_live),
	DUAL_TEST(renamed_path_names_the_same_socket),
	DUAL_TEST(bind_in_a_missing_directory_is_enoent),
	DUAL_TEST(bind_through_a_file_is_enotdir),
	DUAL_TEST(connect_to_a_plain_file_is_econnrefused),
	DUAL_TEST(relative_path_is_kept_as_given),
	DUAL_TEST(abstract_name_counts_every_byte_of_its_length),
	DUAL_TEST(abstract_name_taken_is_eaddrinuse_and_freed_by_close),
	DUAL_TEST(abstract_names_are_apart_for_each_type),
	DUAL_TEST(full_length_name_fits),
	DUAL_TEST(name_over_the_full_length_is_einval),
	DUAL_TEST(bind_of_the_family_alone_chooses_an_abstract_name),
	DUAL_TEST(two_autobound_sockets_have_different_names),
	DUAL_TEST(autobind_of_a_named_socket_succeeds_and_changes_nothing),
	DUAL_TEST(bind_twice_is_einval),
	DUAL_TEST(wrong_family_is_einval),
	DUAL_TEST(connect_to_the_family_alone_is_einval),
	DUAL_TEST(accepted_socket_has_the_listeners_name_and_the_client_sees_it),
	DUAL_TEST(listener_that_is_closed_still_names_its_connections),
	DUAL_TEST(getpeername_without_a_peer_is_enotconn),
	DUAL_TEST(peercred_names_this_process),
	DUAL_TEST(peercred_without_a_peer_is_empty),
};

BEHAVIOUR_MAIN("unix_paths", tests)
