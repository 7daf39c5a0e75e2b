/* SPDX-License-Identifier: MIT */
/*
 * Children and programs in one's place: fork(2) and kin, execve(2), wait(2), numbers of processes. A child
 * under `simsock exec` has no sockets; those of the parent work on. Plain calls only.
 */
#include "tests/behaviour/behaviour.h"

#include <linux/sched.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>

extern char **environ;

static const char *self; /* this program, for execve(2) */

static void works(const int fd[2])
{
	char byte = 0;

	assert_int_equal(send(fd[0], "w", 1, 0), 1);
	assert_int_equal(recv(fd[1], &byte, 1, 0), 1);
	assert_int_equal(byte, 'w');
}

static int status_of(pid_t pid)
{
	int status = -1;

	assert_int_equal(waitpid(pid, &status, 0), pid);
	return status;
}

static void exited(pid_t pid, int expected)
{
	int status = status_of(pid);

	assert_true(WIFEXITED(status));
	assert_int_equal(WEXITSTATUS(status), expected);
}

/* ---- in a child: no cmocka there, the exit status says it ---- */

static const int families[][3] = {
	{ AF_INET, SOCK_STREAM, 0 },
	{ AF_INET, SOCK_DGRAM, 0 },
	{ AF_INET6, SOCK_STREAM, 0 },
	{ AF_INET6, SOCK_DGRAM, 0 },
	{ AF_INET, SOCK_RAW, 1 },
	{ AF_NETLINK, SOCK_RAW, 0 },
	{ AF_PACKET, SOCK_RAW, 0 },
	{ AF_UNIX, SOCK_DGRAM, 0 },
	{ AF_UNIX, SOCK_SEQPACKET, 0 },
	{ 40 /* AF_VSOCK */, SOCK_STREAM, 0 },
	{ 38 /* AF_ALG */, SOCK_SEQPACKET, 0 },
};

enum { NUM_FAMILIES = sizeof(families) / sizeof(families[0]) };

/* 0: every family is refused. */
static int try_families(bool by_number)
{
	for (int i = 0; i < NUM_FAMILIES; i++) {
		const int *f = families[i];
		long fd = by_number ? syscall(SYS_socket, f[0], f[1], f[2]) : socket(f[0], f[1], f[2]);

		if (fd >= 0 || errno != EAFNOSUPPORT)
			return i + 1;
	}
	return 0;
}

/* 0: what the parent has open answers nothing and reaches nobody. */
static int try_inherited(const int fd[2])
{
	char byte;

	if (send(fd[0], "c", 1, MSG_NOSIGNAL) >= 0 || write(fd[0], "c", 1) >= 0)
		return 20;
	if (recv(fd[1], &byte, 1, MSG_DONTWAIT) >= 0)
		return 21;
	if (syscall(SYS_sendto, fd[0], "c", 1, MSG_NOSIGNAL, NULL, 0) >= 0)
		return 22;
	return 0;
}

TEST(a_child_has_no_sockets)
{
	int fd[2];
	pid_t pid;

	if (!behaviour_is_simulated())
		skip();
	tcp_pair(fd);
	pid = fork();
	if (pid == 0) {
		int r = try_families(false);

		r = r ? r : try_families(true);
		r = r ? r : try_inherited(fd);
		_exit(r);
	}
	exited(pid, 0);
	works(fd);
	assert_int_equal(recv(fd[1], &(char){ 0 }, 1, MSG_DONTWAIT), -1);
	tcp_end(fd);
}

TEST(a_child_cannot_reach_out_by_a_socket_it_may_have)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	int status, p[2];
	pid_t pid;

	if (!behaviour_is_simulated())
		skip();
	pid = fork();
	if (pid == 0) {
		int fd = (int)syscall(SYS_socket, AF_UNIX, SOCK_STREAM, 0);

		if (fd >= 0 && (!connect(fd, (void *)&a, sizeof(a)) || errno != ECONNREFUSED))
			_exit(1);
		if (fd >= 0 && (!syscall(SYS_connect, fd, &a, sizeof(a)) || errno != ECONNREFUSED))
			_exit(2);
		if (fd >= 0 && (!syscall(SYS_listen, fd, 1) || errno != EOPNOTSUPP))
			_exit(3);
		if (syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, p) == 0 && write(p[0], "x", 1) != 1)
			_exit(4);
		if (syscall(SYS_io_uring_setup, 4, NULL) != -1 || errno != ENOSYS)
			_exit(5);
		_exit(0);
	}
	status = status_of(pid);
	assert_int_equal(status, 0);
}

/* ---- the ways to a child ---- */

TEST(fork_and_a_pipe)
{
	int fd[2], p[2];
	char text[8] = "";
	pid_t pid;

	tcp_pair(fd);
	assert_ok(pipe(p));
	pid = fork();
	if (pid == 0) {
		close(p[0]);
		_exit(dprintf(p[1], "child") == 5 ? 7 : 1);
	}
	assert_true(pid > getpid());
	assert_ok(close(p[1]));
	assert_int_equal(read(p[0], text, sizeof(text)), 5);
	assert_int_equal(read(p[0], text, sizeof(text)), 0);
	assert_string_equal(text, "child");
	exited(pid, 7);
	works(fd);
	assert_ok(close(p[0]));
	tcp_end(fd);
}

TEST(poll_waits_for_a_child_and_a_socket)
{
	struct pollfd set[2];
	int fd[2], p[2];
	pid_t pid;

	unix_pair(SOCK_STREAM, fd);
	assert_ok(pipe(p));
	pid = fork();
	if (pid == 0)
		_exit(system("sleep 0.05") || write(p[1], "x", 1) != 1);
	set[0] = (struct pollfd){ .fd = fd[0], .events = POLLIN };
	set[1] = (struct pollfd){ .fd = p[0], .events = POLLIN };
	assert_int_equal(poll(set, 2, -1), 1);
	assert_int_equal(set[1].revents, POLLIN);
	exited(pid, 0);
	works(fd);
	close_pair(p);
	close_pair(fd);
}

TEST(vfork_and_exec)
{
	int fd[2];
	pid_t pid;

	tcp_pair(fd);
	pid = vfork();
	if (pid == 0) {
		execl("/bin/sh", "sh", "-c", "exit 3", (char *)NULL);
		_exit(99);
	}
	exited(pid, 3);
	works(fd);
	tcp_end(fd);
}

TEST(posix_spawn_with_actions)
{
	posix_spawn_file_actions_t actions;
	char *args[] = { (char *)"sh", (char *)"-c", (char *)"echo spawned; exit 4", NULL };
	char text[16] = "";
	int fd[2], p[2];
	pid_t pid;

	tcp_pair(fd);
	assert_ok(pipe(p));
	assert_ok(posix_spawn_file_actions_init(&actions));
	assert_ok(posix_spawn_file_actions_adddup2(&actions, p[1], 1));
	assert_ok(posix_spawn_file_actions_addclose(&actions, p[0]));
	assert_ok(posix_spawnp(&pid, "sh", &actions, NULL, args, environ));
	assert_ok(posix_spawn_file_actions_destroy(&actions));
	assert_ok(close(p[1]));
	assert_int_equal(read(p[0], text, sizeof(text)), 8);
	assert_string_equal(text, "spawned\n");
	exited(pid, 4);
	assert_int_equal(posix_spawn(&pid, "/no/such/program", NULL, NULL, args, environ), ENOENT);
	works(fd);
	assert_ok(close(p[0]));
	tcp_end(fd);
}

TEST(system_and_popen)
{
	char line[32] = "";
	int fd[2];
	FILE *f;

	tcp_pair(fd);
	assert_int_equal(WEXITSTATUS(system("exit 5")), 5);
	f = popen("echo out; cat /dev/null", "r");
	assert_non_null(f);
	assert_non_null(fgets(line, sizeof(line), f));
	assert_string_equal(line, "out\n");
	assert_ok(pclose(f));
	f = popen("read x; test \"$x\" = in", "w");
	assert_non_null(f);
	assert_int_equal(fputs("in\n", f), 1);
	assert_ok(pclose(f));
	works(fd);
	tcp_end(fd);
}

TEST(a_daemon_forks_twice)
{
	int fd[2], p[2], grandchild = 0;
	pid_t pid;

	tcp_pair(fd);
	assert_ok(pipe(p));
	pid = fork();
	if (pid == 0) {
		int own = setsid() > 0;

		pid = fork();
		if (pid == 0) {
			int r = own && getppid() > 0;

			_exit(write(p[1], &r, sizeof(r)) != sizeof(r));
		}
		_exit(pid < 0);
	}
	exited(pid, 0);
	assert_ok(close(p[1]));
	assert_int_equal(read(p[0], &grandchild, sizeof(grandchild)), sizeof(grandchild));
	assert_true(grandchild);
	assert_ok(close(p[0]));
	works(fd);
	tcp_end(fd);
}

TEST(clone_by_number)
{
	pid_t pid = (pid_t)syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(6);
	exited(pid, 6);
	pid = (pid_t)syscall(SYS_fork);
	if (pid == 0)
		_exit(7);
	exited(pid, 7);
}

/* ---- another program in one's place ---- */

/* What the program does that took a child's place: its mode is its argument. */
static int in_place(const char *mode)
{
	int fd[2], before = atoi(mode);

	if (behaviour_is_simulated() && before > 2 && recv(before, &(char){ 0 }, 1, MSG_DONTWAIT) >= 0)
		return 31;
	if (behaviour_is_simulated())
		return try_families(true);
	tcp_pair(fd);
	works(fd);
	tcp_end(fd);
	return 0;
}

TEST(a_childs_program_has_no_sockets_either)
{
	char mode[16];
	int fd[2];
	pid_t pid;

	tcp_pair(fd);
	snprintf(mode, sizeof(mode), "%d", fd[1]);
	pid = fork();
	if (pid == 0) {
		execl(self, self, mode, (char *)NULL);
		_exit(99);
	}
	exited(pid, 0);
	works(fd);
	tcp_end(fd);
}

TEST(execve_that_fails_changes_nothing)
{
	char *args[] = { (char *)"x", NULL };
	int fd[2];

	tcp_pair(fd);
	assert_fails(execve("/no/such/program", args, environ), ENOENT);
	assert_fails(execve("/etc/passwd", args, environ), EACCES);
	assert_fails(execv("/", args), EACCES);
	works(fd);
	tcp_end(fd);
}

/* ---- who is whose ---- */

TEST(numbers_of_processes)
{
	int p[2];
	pid_t got[3], pid;

	assert_ok(pipe(p));
	assert_int_equal(syscall(SYS_getpid), getpid());
	assert_int_equal(gettid(), getpid());
	assert_int_equal(syscall(SYS_gettid), gettid());
	assert_true(getppid() > 0 && getppid() != getpid());
	pid = fork();
	if (pid == 0) {
		pid_t mine[3] = { getpid(), getppid(), gettid() };

		_exit(write(p[1], mine, sizeof(mine)) != sizeof(mine));
	}
	assert_int_equal(read(p[0], got, sizeof(got)), sizeof(got));
	exited(pid, 0);
	close_pair(p);
	assert_int_equal(got[0], got[2]);
	if (behaviour_is_simulated()) { /* a child sees the kernel's own numbers */
		assert_ok(kill(got[1], 0));
		return;
	}
	assert_int_equal(got[0], pid);
	assert_int_equal(got[1], getpid());
}

TEST(groups_and_sessions)
{
	pid_t pid;

	assert_int_equal(getpgid(0), getpgrp());
	assert_int_equal(getpgid(getpid()), getpgrp());
	assert_true(getsid(0) > 0);
	pid = fork();
	if (pid == 0) {
		pause();
		_exit(1);
	}
	assert_ok(setpgid(pid, pid));
	assert_int_equal(getpgid(pid), pid);
	assert_ok(kill(-pid, SIGKILL));
	assert_int_equal(status_of(-pid < 0 ? pid : 0), SIGKILL);
}

TEST(a_child_is_killed)
{
	int status = 0;
	siginfo_t info;
	pid_t pid = fork();

	if (pid == 0) {
		pause();
		_exit(1);
	}
	assert_ok(kill(pid, 0));
	assert_int_equal(waitpid(pid, &status, WNOHANG), 0);
	assert_ok(kill(pid, SIGTERM));
	memset(&info, 0, sizeof(info));
	assert_ok(waitid(P_PID, (id_t)pid, &info, WEXITED | WNOWAIT));
	assert_int_equal(info.si_pid, pid);
	assert_int_equal(info.si_code, CLD_KILLED);
	assert_int_equal(wait(&status), pid);
	assert_true(WIFSIGNALED(status));
	assert_int_equal(WTERMSIG(status), SIGTERM);
	assert_fails(kill(pid, 0), ESRCH);
	assert_fails(waitpid(pid, &status, 0), ECHILD);
	assert_fails(wait(NULL), ECHILD);
}

static volatile sig_atomic_t num_children;
static volatile pid_t signalled_by;

static void on_child(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	(void)context;
	num_children++;
	signalled_by = info->si_pid;
}

TEST(sigchld_interrupts_a_wait_on_a_socket)
{
	struct sigaction sa = { .sa_sigaction = on_child, .sa_flags = SA_SIGINFO };
	int fd[2];
	pid_t pid;

	tcp_pair(fd);
	assert_ok(sigaction(SIGCHLD, &sa, NULL));
	num_children = 0;
	pid = fork();
	if (pid == 0)
		_exit(system("sleep 0.1"));
	assert_fails(recv(fd[0], &(char){ 0 }, 1, 0), EINTR);
	assert_int_equal(num_children, 1);
	assert_int_equal(signalled_by, pid);
	signal(SIGCHLD, SIG_DFL);
	exited(pid, 0);
	works(fd);
	tcp_end(fd);
}

TEST(a_child_signals_its_parent_in_recv)
{
	struct sigaction sa = { .sa_sigaction = on_child, .sa_flags = SA_SIGINFO };
	int fd[2];
	pid_t pid;

	tcp_pair(fd);
	assert_ok(sigaction(SIGUSR1, &sa, NULL));
	pid = fork();
	if (pid == 0) {
		union sigval v = { .sival_int = 5 };

		(void)!system("sleep 0.1");
		_exit(sigqueue(getppid(), SIGUSR1, v));
	}
	assert_fails(syscall(SYS_recvfrom, fd[0], &(char){ 0 }, 1, 0, NULL, NULL), EINTR);
	assert_int_equal(signalled_by, pid);
	exited(pid, 0);
	signal(SIGUSR1, SIG_DFL);
	works(fd);
	tcp_end(fd);
}

TEST(signals_to_oneself)
{
	struct sigaction sa = { .sa_sigaction = on_child, .sa_flags = SA_SIGINFO };
	union sigval v = { .sival_int = 9 };

	num_children = 0;
	assert_ok(sigaction(SIGUSR1, &sa, NULL));
	assert_ok(kill(getpid(), SIGUSR1));
	assert_ok(raise(SIGUSR1));
	assert_ok(tgkill(getpid(), gettid(), SIGUSR1));
	assert_ok(syscall(SYS_tkill, gettid(), SIGUSR1));
	assert_ok(sigqueue(getpid(), SIGUSR1, v));
	assert_int_equal(num_children, 5);
	assert_int_equal(signalled_by, getpid());
	signal(SIGUSR1, SIG_DFL);
}

/* ---- and in this one's, at the very end ---- */

static int replace_oneself(void)
{
	char *args[] = { (char *)self, (char *)"again", NULL };

	fflush(NULL);
	execve(self, args, environ);
	return 1;
}

static int second_life(void)
{
	int fd[2];

	tcp_pair(fd);
	works(fd);
	tcp_end(fd);
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_child_has_no_sockets),
		cmocka_unit_test(a_child_cannot_reach_out_by_a_socket_it_may_have),
		cmocka_unit_test(fork_and_a_pipe),
		cmocka_unit_test(poll_waits_for_a_child_and_a_socket),
		cmocka_unit_test(vfork_and_exec),
		cmocka_unit_test(posix_spawn_with_actions),
		cmocka_unit_test(system_and_popen),
		cmocka_unit_test(a_daemon_forks_twice),
		cmocka_unit_test(clone_by_number),
		cmocka_unit_test(a_childs_program_has_no_sockets_either),
		cmocka_unit_test(execve_that_fails_changes_nothing),
		cmocka_unit_test(numbers_of_processes),
		cmocka_unit_test(groups_and_sessions),
		cmocka_unit_test(a_child_is_killed),
		cmocka_unit_test(sigchld_interrupts_a_wait_on_a_socket),
		cmocka_unit_test(a_child_signals_its_parent_in_recv),
		cmocka_unit_test(signals_to_oneself),
	};
	int failed;

	self = argv[0];
	if (argc > 1)
		return strcmp(argv[1], "again") == 0 ? second_life() : in_place(argv[1]);
	failed = cmocka_run_group_tests_name("processes", tests, NULL, NULL);
	return failed ? behaviour_result(failed) : replace_oneself();
}
