/* SPDX-License-Identifier: MIT */
/*
 * SIGURG, and to whom it goes: fcntl(2), F_SETOWN and kin; socket(7), ioctls FIOSETOWN, SIOCSPGRP. Plain
 * sockets only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/ioctl.h>

#ifndef FIOSETOWN
#define FIOSETOWN 0x8901
#define SIOCSPGRP 0x8902
#define FIOGETOWN 0x8903
#define SIOCGPGRP 0x8904
#endif

enum { NO_SUCH_PID = 0x3ffffff };

static void send_urgent(int fd)
{
	assert_int_equal(send(fd, "u", 1, MSG_OOB), 1);
	settle();
}

static int owner_by_ioctl(int fd, unsigned long request)
{
	int owner = -1;

	assert_ok(ioctl(fd, request, &owner));
	return owner;
}

static void both_kinds(void (*body)(int fd[2]))
{
	int fd[2];

	tcp_pair(fd);
	body(fd);
	tcp_end(fd);
	unix_pair(SOCK_STREAM, fd);
	body(fd);
	close_pair(fd);
}

/* ---- the signal ---- */

static void owner_gets_it(int fd[2])
{
	struct sigaction before = signal_count(SIGURG, SA_RESTART);

	assert_ok(fcntl(fd[1], F_SETOWN, getpid()));
	send_urgent(fd[0]);
	assert_int_equal(signals_seen, 1);
	send_urgent(fd[0]);
	assert_int_equal(signals_seen, 2);
	assert_int_equal(send(fd[0], "a", 1, 0), 1);
	settle();
	assert_int_equal(signals_seen, 2);
	signal_restore(SIGURG, before);
}

TEST(owner_gets_sigurg_for_each_urgent_byte)
{
	both_kinds(owner_gets_it);
}

static void nobody_gets_it(int fd[2])
{
	struct sigaction before = signal_count(SIGURG, SA_RESTART);

	send_urgent(fd[0]);
	assert_int_equal(signals_seen, 0);
	assert_ok(fcntl(fd[1], F_SETOWN, getpid()));
	assert_int_equal(signals_seen, 0);
	assert_ok(fcntl(fd[1], F_SETOWN, 0));
	send_urgent(fd[0]);
	assert_int_equal(signals_seen, 0);
	signal_restore(SIGURG, before);
}

TEST(without_an_owner_there_is_no_sigurg)
{
	both_kinds(nobody_gets_it);
}

static void by_default_it_is_ignored(int fd[2])
{
	assert_ok(fcntl(fd[1], F_SETOWN, getpid()));
	send_urgent(fd[0]);
}

TEST(sigurg_is_ignored_by_default)
{
	both_kinds(by_default_it_is_ignored);
}

static void in_line_too(int fd[2])
{
	struct sigaction before = signal_count(SIGURG, SA_RESTART);

	assert_ok(set_int(fd[1], SOL_SOCKET, SO_OOBINLINE, 1));
	assert_ok(fcntl(fd[1], F_SETOWN, getpid()));
	send_urgent(fd[0]);
	assert_int_equal(signals_seen, 1);
	signal_restore(SIGURG, before);
}

TEST(sigurg_comes_with_so_oobinline_too)
{
	both_kinds(in_line_too);
}

static void the_group_gets_it(int fd[2])
{
	struct sigaction before = signal_count(SIGURG, SA_RESTART);

	assert_ok(fcntl(fd[1], F_SETOWN, -getpgrp()));
	assert_int_equal(fcntl(fd[1], F_GETOWN), -getpgrp());
	send_urgent(fd[0]);
	assert_int_equal(signals_seen, 1);
	signal_restore(SIGURG, before);
}

TEST(group_of_the_owner_gets_sigurg)
{
	both_kinds(the_group_gets_it);
}

static void blocked(int fd[2])
{
	struct sigaction before = signal_count(SIGURG, SA_RESTART);
	struct timespec now = { 0, 0 };
	sigset_t set, old, pending;
	siginfo_t info;

	sigemptyset(&set);
	sigaddset(&set, SIGURG);
	assert_ok(sigprocmask(SIG_BLOCK, &set, &old));
	assert_ok(fcntl(fd[1], F_SETOWN, getpid()));
	send_urgent(fd[0]);
	assert_ok(sigpending(&pending));
	assert_int_equal(sigismember(&pending, SIGURG), 1);
	assert_int_equal(sigtimedwait(&set, &info, &now), SIGURG);
	assert_int_equal(info.si_code, SI_KERNEL);
	assert_ok(sigprocmask(SIG_SETMASK, &old, NULL));
	assert_int_equal(signals_seen, 0);
	signal_restore(SIGURG, before);
}

TEST(blocked_sigurg_is_waited_for)
{
	both_kinds(blocked);
}

/* fcntl(2), F_SETSIG is about SIGIO: urgent data has a signal of its own. */
static void setsig_does_not_change_it(int fd[2])
{
	struct sigaction before = signal_count(SIGURG, SA_RESTART);

	assert_ok(fcntl(fd[1], F_SETOWN, getpid()));
	assert_ok(fcntl(fd[1], F_SETSIG, SIGUSR1));
	send_urgent(fd[0]);
	assert_int_equal(signals_seen, 1);
	signal_restore(SIGURG, before);
}

TEST(f_setsig_does_not_change_sigurg)
{
	both_kinds(setsig_does_not_change_it);
}

TEST(handler_reads_the_urgent_byte_and_finds_the_mark)
{
	struct sigaction before = signal_count(SIGURG, SA_RESTART);
	char b[8];
	int fd[2];

	tcp_pair(fd);
	assert_ok(fcntl(fd[1], F_SETOWN, getpid()));
	assert_int_equal(send(fd[0], "abu", 3, MSG_OOB), 3);
	await(fd[1], POLLPRI);
	assert_int_equal(signals_seen, 1);
	while (!sockatmark(fd[1]))
		assert_true(read(fd[1], b, sizeof(b)) > 0);
	assert_int_equal(recv(fd[1], b, 1, MSG_OOB), 1);
	assert_int_equal(b[0], 'u');
	signal_restore(SIGURG, before);
	tcp_end(fd);
}

/* ---- the owner ---- */

TEST(owner_is_nobody_at_first)
{
	struct f_owner_ex ex = { -1, -1 };
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(fcntl(fd, F_GETOWN), 0);
	assert_ok(fcntl(fd, F_GETOWN_EX, &ex));
	assert_int_equal(ex.type, F_OWNER_TID);
	assert_int_equal(ex.pid, 0);
	assert_int_equal(owner_by_ioctl(fd, FIOGETOWN), 0);
	assert_int_equal(owner_by_ioctl(fd, SIOCGPGRP), 0);
	assert_ok(close(fd));
}

TEST(owner_is_told_as_it_was_set)
{
	static const int types[] = { SOCK_STREAM, SOCK_DGRAM };

	for (int i = 0; i < 2; i++) {
		int fd = new_socket(AF_INET, types[i]);

		assert_ok(fcntl(fd, F_SETOWN, getpid()));
		assert_int_equal(fcntl(fd, F_GETOWN), getpid());
		assert_int_equal(owner_by_ioctl(fd, FIOGETOWN), getpid());
		assert_ok(fcntl(fd, F_SETOWN, 0));
		assert_int_equal(fcntl(fd, F_GETOWN), 0);
		assert_ok(close(fd));
	}
}

TEST(owner_by_ioctl_is_the_same_owner)
{
	static const unsigned long requests[] = { FIOSETOWN, SIOCSPGRP };

	for (int i = 0; i < 2; i++) {
		int fd = new_socket(AF_INET, SOCK_STREAM), who = getpid();

		assert_ok(ioctl(fd, requests[i], &who));
		assert_int_equal(fcntl(fd, F_GETOWN), getpid());
		assert_int_equal(owner_by_ioctl(fd, SIOCGPGRP), getpid());
		who = -getpgrp();
		assert_ok(ioctl(fd, requests[i], &who));
		assert_int_equal(fcntl(fd, F_GETOWN), -getpgrp());
		assert_int_equal(owner_by_ioctl(fd, FIOGETOWN), -getpgrp());
		assert_fails(ioctl(fd, requests[i], (void *)1), EFAULT);
		assert_ok(close(fd));
	}
}

TEST(owner_ex_says_what_kind)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);
	struct f_owner_ex ex = { F_OWNER_PID, getpid() }, got;

	assert_ok(fcntl(fd, F_SETOWN_EX, &ex));
	assert_ok(fcntl(fd, F_GETOWN_EX, &got));
	assert_int_equal(got.type, F_OWNER_PID);
	assert_int_equal(got.pid, getpid());
	ex = (struct f_owner_ex){ F_OWNER_PGRP, getpgrp() };
	assert_ok(fcntl(fd, F_SETOWN_EX, &ex));
	assert_ok(fcntl(fd, F_GETOWN_EX, &got));
	assert_int_equal(got.type, F_OWNER_PGRP);
	assert_int_equal(got.pid, getpgrp());
	assert_int_equal(fcntl(fd, F_GETOWN), -getpgrp());
	ex = (struct f_owner_ex){ F_OWNER_TID, getpid() };
	assert_ok(fcntl(fd, F_SETOWN_EX, &ex));
	assert_ok(fcntl(fd, F_GETOWN_EX, &got));
	assert_int_equal(got.type, F_OWNER_TID);
	assert_int_equal(fcntl(fd, F_GETOWN), getpid());
	ex.type = 7;
	assert_fails(fcntl(fd, F_SETOWN_EX, &ex), EINVAL);
	assert_fails(fcntl(fd, F_SETOWN_EX, (void *)1), EFAULT);
	assert_fails(fcntl(fd, F_GETOWN_EX, (void *)1), EFAULT);
	assert_int_equal(fcntl(fd, F_GETOWN), getpid());
	assert_ok(close(fd));
}

static void owner_thread_gets_it(int fd[2])
{
	struct sigaction before = signal_count(SIGURG, SA_RESTART);
	struct f_owner_ex ex = { F_OWNER_TID, getpid() };

	assert_ok(fcntl(fd[1], F_SETOWN_EX, &ex));
	send_urgent(fd[0]);
	assert_int_equal(signals_seen, 1);
	signal_restore(SIGURG, before);
}

TEST(owner_that_is_a_thread_gets_sigurg)
{
	both_kinds(owner_thread_gets_it);
}

TEST(owner_that_does_not_exist)
{
	struct f_owner_ex ex = { F_OWNER_PID, NO_SUCH_PID };
	int fd = new_socket(AF_INET, SOCK_STREAM), who = NO_SUCH_PID;

	assert_ok(fcntl(fd, F_SETOWN, getpid()));
	assert_fails(fcntl(fd, F_SETOWN, NO_SUCH_PID), ESRCH);
	assert_fails(fcntl(fd, F_SETOWN, -NO_SUCH_PID), ESRCH);
	assert_fails(fcntl(fd, F_SETOWN_EX, &ex), ESRCH);
	assert_fails(ioctl(fd, FIOSETOWN, &who), ESRCH);
	who = -NO_SUCH_PID;
	assert_fails(ioctl(fd, SIOCSPGRP, &who), ESRCH);
	assert_fails(fcntl(fd, F_SETOWN, INT32_MIN), EINVAL);
	assert_int_equal(fcntl(fd, F_GETOWN), getpid());
	assert_ok(close(fd));
}

TEST(owner_is_shared_by_duplicates_and_not_inherited)
{
	struct sockaddr_in at;
	int listener = tcp_listener(&at, 1), fd[2], other;

	assert_ok(fcntl(listener, F_SETOWN, getpid()));
	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd[0], at));
	fd[1] = accept(listener, NULL, NULL);
	assert_int_equal(fcntl(fd[1], F_GETOWN), 0);
	other = dup(fd[1]);
	assert_ok(fcntl(other, F_SETOWN, getpid()));
	assert_int_equal(fcntl(fd[1], F_GETOWN), getpid());
	assert_ok(close(other));
	assert_int_equal(fcntl(fd[1], F_GETOWN), getpid());
	assert_ok(close(listener));
	tcp_end(fd);
}

TEST(signal_to_be_sent_instead_of_sigio)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_int_equal(fcntl(fd, F_GETSIG), 0);
	assert_ok(fcntl(fd, F_SETSIG, SIGRTMIN));
	assert_int_equal(fcntl(fd, F_GETSIG), SIGRTMIN);
	assert_fails(fcntl(fd, F_SETSIG, 65), EINVAL);
	assert_fails(fcntl(fd, F_SETSIG, -1), EINVAL);
	assert_int_equal(fcntl(fd, F_GETSIG), SIGRTMIN);
	assert_ok(fcntl(fd, F_SETSIG, 0));
	assert_int_equal(fcntl(fd, F_GETSIG), 0);
	assert_ok(close(fd));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(owner_gets_sigurg_for_each_urgent_byte),
	DUAL_TEST(without_an_owner_there_is_no_sigurg),
	DUAL_TEST(sigurg_is_ignored_by_default),
	DUAL_TEST(sigurg_comes_with_so_oobinline_too),
	DUAL_TEST(group_of_the_owner_gets_sigurg),
	DUAL_TEST(blocked_sigurg_is_waited_for),
	DUAL_TEST(f_setsig_does_not_change_sigurg),
	DUAL_TEST(handler_reads_the_urgent_byte_and_finds_the_mark),
	DUAL_TEST(owner_is_nobody_at_first),
	DUAL_TEST(owner_is_told_as_it_was_set),
	DUAL_TEST(owner_by_ioctl_is_the_same_owner),
	DUAL_TEST(owner_ex_says_what_kind),
	DUAL_TEST(owner_that_is_a_thread_gets_sigurg),
	DUAL_TEST(owner_that_does_not_exist),
	DUAL_TEST(owner_is_shared_by_duplicates_and_not_inherited),
	DUAL_TEST(signal_to_be_sent_instead_of_sigio),
};

BEHAVIOUR_MAIN("urgent_signal", tests)
