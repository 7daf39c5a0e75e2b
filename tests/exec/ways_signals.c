/* SPDX-License-Identifier: MIT */
/*
 * Signals around calls on sockets: handlers that make calls, that jump out of one, on a stack of their own,
 * with every flag; masks; faults of the program itself. Plain calls only.
 */
#include "tests/behaviour/behaviour.h"

#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/select.h>
#include <sys/syscall.h>
#include <sys/time.h>

static int handler_fd = -1;
static volatile sig_atomic_t num_handled;
static sigjmp_buf out;

static void handle(int sig, void (*handler)(int), int flags)
{
	struct sigaction sa = { .sa_handler = handler, .sa_flags = flags };

	num_handled = 0;
	assert_ok(sigaction(sig, &sa, NULL));
}

static void alarm_in_ms(int ms)
{
	struct itimerval t = { .it_value = { ms / 1000, ms % 1000 * 1000 } };

	assert_ok(setitimer(ITIMER_REAL, &t, NULL));
}

static void count(int sig)
{
	(void)sig;
	num_handled++;
}

/* ---- handlers that make calls ---- */

static void send_a_byte(int sig)
{
	int saved = errno;

	(void)sig;
	num_handled++;
	(void)!send(handler_fd, "h", 1, 0);
	errno = saved;
}

TEST(a_handler_sends_to_whom_it_interrupted)
{
	char byte = 0;
	int fd[2];

	tcp_pair(fd);
	handler_fd = fd[0];
	handle(SIGALRM, send_a_byte, SA_RESTART);
	alarm_in_ms(20);
	assert_int_equal(recv(fd[1], &byte, 1, 0), 1);
	assert_int_equal(byte, 'h');
	alarm_in_ms(20);
	assert_int_equal(syscall(SYS_read, fd[1], &byte, 1), 1);
	assert_int_equal(num_handled, 2);
	tcp_end(fd);
}

static void open_and_close(int sig)
{
	int fd[2];

	(void)sig;
	num_handled++;
	tcp_pair(fd);
	tcp_end(fd);
}

TEST(a_handler_makes_connections_of_its_own)
{
	int fd[2];

	tcp_pair(fd);
	handle(SIGALRM, open_and_close, 0);
	alarm_in_ms(20);
	assert_fails(recv(fd[1], &(char){ 0 }, 1, 0), EINTR);
	assert_int_equal(num_handled, 1);
	assert_ok(raise(SIGALRM));
	assert_int_equal(num_handled, 2);
	tcp_end(fd);
}

/* ---- jumps ---- */

static void jump(int sig)
{
	siglongjmp(out, sig);
}

static void jump_from(int fd, long (*wait)(int fd))
{
	sigset_t now;

	handle(SIGALRM, jump, 0);
	if (sigsetjmp(out, 1) == 0) {
		alarm_in_ms(20);
		(void)wait(fd);
		fail_msg("the call returned");
	}
	assert_ok(sigprocmask(SIG_BLOCK, NULL, &now));
	assert_int_equal(sigismember(&now, SIGALRM), 0);
}

static long by_recv(int fd)
{
	return recv(fd, &(char){ 0 }, 1, 0);
}

static long by_number(int fd)
{
	return syscall(SYS_recvfrom, fd, &(char){ 0 }, 1, 0, NULL, NULL);
}

static long by_poll(int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };

	return poll(&p, 1, -1);
}

static long by_select(int fd)
{
	fd_set set;

	FD_ZERO(&set);
	FD_SET(fd, &set);
	return select(fd + 1, &set, NULL, NULL, NULL);
}

static long by_stdio(int fd)
{
	FILE *f = fdopen(fd, "r");

	return fgetc(f);
}

static long by_sleep(int fd)
{
	(void)fd;
	return sleep(1000);
}

static long by_pause(int fd)
{
	(void)fd;
	return pause();
}

TEST(a_handler_jumps_out_of_every_wait)
{
	static long (*const waits[])(int fd) = { by_recv, by_number, by_poll, by_select, by_sleep, by_pause };
	char byte = 0;
	int fd[2];

	tcp_pair(fd);
	for (int round = 0; round < 3; round++)
		for (size_t i = 0; i < sizeof(waits) / sizeof(waits[0]); i++)
			jump_from(fd[1], waits[i]);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(recv(fd[1], &byte, 1, 0), 1);
	tcp_end(fd);
}

TEST(a_handler_jumps_out_of_stdio)
{
	int fd[2], copy;

	unix_pair(SOCK_STREAM, fd);
	copy = dup(fd[1]);
	jump_from(copy, by_stdio);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(recv(fd[1], &(char){ 0 }, 1, 0), 1);
	assert_ok(close(copy));
	close_pair(fd);
}

TEST(a_jump_without_the_mask_leaves_it)
{
	sigset_t now, none;

	handle(SIGALRM, jump, 0);
	if (sigsetjmp(out, 0) == 0) {
		alarm_in_ms(5);
		pause();
	}
	assert_ok(sigprocmask(SIG_BLOCK, NULL, &now));
	assert_int_equal(sigismember(&now, SIGALRM), 1);
	sigemptyset(&none);
	assert_ok(sigprocmask(SIG_SETMASK, &none, NULL));
}

/* ---- flags ---- */

static void *stack_low;
static size_t stack_bytes;
static volatile sig_atomic_t was_on_stack;

static void look_at_stack(int sig)
{
	char here;

	was_on_stack = (char *)&here >= (char *)stack_low && (char *)&here < (char *)stack_low + stack_bytes;
	send_a_byte(sig);
}

TEST(a_handler_on_its_own_stack_makes_calls)
{
	stack_t ss = { .ss_size = 256 * 1024 }, old;
	char byte;
	int fd[2];

	ss.ss_sp = stack_low = malloc(ss.ss_size);
	stack_bytes = ss.ss_size;
	assert_ok(sigaltstack(&ss, NULL));
	assert_ok(sigaltstack(NULL, &old));
	assert_ptr_equal(old.ss_sp, ss.ss_sp);
	tcp_pair(fd);
	handler_fd = fd[0];
	handle(SIGALRM, look_at_stack, SA_ONSTACK | SA_RESTART);
	alarm_in_ms(20);
	assert_int_equal(recv(fd[1], &byte, 1, 0), 1);
	assert_true(was_on_stack);
	was_on_stack = 0;
	alarm_in_ms(20);
	assert_int_equal(syscall(SYS_read, fd[1], &byte, 1), 1);
	assert_true(was_on_stack);
	was_on_stack = 0;
	assert_ok(raise(SIGALRM));
	assert_true(was_on_stack);
	ss.ss_flags = SS_DISABLE;
	assert_ok(sigaltstack(&ss, NULL));
	assert_ok(raise(SIGALRM));
	assert_false(was_on_stack);
	tcp_end(fd);
	free(stack_low);
}

static siginfo_t seen;

static void with_info(int sig, siginfo_t *info, void *context)
{
	(void)sig;
	assert_non_null(context);
	seen = *info;
	num_handled++;
}

TEST(siginfo_tells_what_came)
{
	struct sigaction sa = { .sa_sigaction = with_info, .sa_flags = SA_SIGINFO }, old;
	union sigval v = { .sival_int = 77 };
	int fd[2];

	assert_ok(sigaction(SIGALRM, &sa, NULL));
	assert_ok(sigaction(SIGUSR1, &sa, NULL));
	assert_ok(sigaction(SIGUSR1, NULL, &old));
	assert_ptr_equal(old.sa_sigaction, with_info);
	assert_true(old.sa_flags & SA_SIGINFO);
	tcp_pair(fd);
	alarm_in_ms(5);
	assert_fails(recv(fd[1], &(char){ 0 }, 1, 0), EINTR);
	assert_int_equal(seen.si_signo, SIGALRM);
	assert_int_equal(seen.si_code, SI_KERNEL);
	assert_ok(sigqueue(getpid(), SIGUSR1, v));
	assert_int_equal(seen.si_code, SI_QUEUE);
	assert_int_equal(seen.si_value.sival_int, 77);
	assert_int_equal(seen.si_pid, getpid());
	assert_int_equal(seen.si_uid, getuid());
	assert_ok(raise(SIGUSR1));
	assert_int_equal(seen.si_code, SI_TKILL);
	assert_ok(kill(getpid(), SIGUSR1));
	assert_int_equal(seen.si_code, SI_USER);
	assert_int_equal(seen.si_pid, getpid());
	tcp_end(fd);
	signal(SIGUSR1, SIG_DFL);
}

TEST(sigpipe_reaches_its_handler)
{
	int fd[2];

	handle(SIGPIPE, count, 0);
	unix_pair(SOCK_STREAM, fd);
	assert_ok(close(fd[1]));
	assert_fails(send(fd[0], "x", 1, 0), EPIPE);
	assert_int_equal(num_handled, 1);
	assert_fails(syscall(SYS_write, fd[0], "x", 1), EPIPE);
	assert_int_equal(num_handled, 2);
	assert_fails(send(fd[0], "x", 1, MSG_NOSIGNAL), EPIPE);
	assert_int_equal(num_handled, 2);
	assert_ok(close(fd[0]));
	signal(SIGPIPE, SIG_DFL);
}

TEST(resethand_handles_once)
{
	struct sigaction now;

	handle(SIGUSR1, count, (int)SA_RESETHAND);
	assert_ok(raise(SIGUSR1));
	assert_int_equal(num_handled, 1);
	assert_ok(sigaction(SIGUSR1, NULL, &now));
	assert_ptr_equal(now.sa_handler, SIG_DFL);
	handle(SIGALRM, count, (int)SA_RESETHAND);
	alarm_in_ms(5);
	assert_int_equal(pause(), -1);
	assert_ok(sigaction(SIGALRM, NULL, &now));
	assert_ptr_equal(now.sa_handler, SIG_DFL);
}

static volatile sig_atomic_t depth, depth_max; /* libc says that raise(3) calls nothing of ours */

static void raise_again(int sig)
{
	depth++;
	if (depth > depth_max)
		depth_max = depth;
	if (num_handled++ < 3)
		raise(sig);
	depth--;
}

TEST(nodefer_nests_and_the_default_waits)
{
	depth_max = 0;
	handle(SIGUSR1, raise_again, SA_NODEFER);
	assert_ok(raise(SIGUSR1));
	assert_int_equal(num_handled, 4);
	assert_int_equal(depth_max, 4);
	depth_max = 0;
	handle(SIGUSR1, raise_again, 0);
	assert_ok(raise(SIGUSR1));
	assert_int_equal(num_handled, 4);
	assert_int_equal(depth_max, 1);
	signal(SIGUSR1, SIG_DFL);
}

static void raise_other(int sig)
{
	num_handled++;
	if (sig == SIGUSR1) {
		depth = num_handled;
		raise(SIGUSR2);
		depth = num_handled - depth; /* 0: the other waits for the end of this one */
	}
}

TEST(a_handlers_mask_holds_back_others)
{
	struct sigaction sa = { .sa_handler = raise_other };

	sigaddset(&sa.sa_mask, SIGUSR2);
	handle(SIGUSR2, raise_other, 0);
	assert_ok(sigaction(SIGUSR1, &sa, NULL));
	assert_ok(raise(SIGUSR1));
	assert_int_equal(depth, 0);
	assert_int_equal(num_handled, 2);
	signal(SIGUSR1, SIG_DFL);
	signal(SIGUSR2, SIG_DFL);
}

/* ---- masks ---- */

TEST(calls_work_with_every_signal_blocked)
{
	sigset_t all, old, now;
	char byte;
	int fd[2];

	sigfillset(&all);
	assert_ok(sigprocmask(SIG_SETMASK, &all, &old));
	tcp_pair(fd);
	assert_int_equal(syscall(SYS_sendto, fd[0], "x", 1, 0, NULL, 0), 1);
	assert_int_equal(syscall(SYS_read, fd[1], &byte, 1), 1);
	assert_ok(sigprocmask(SIG_BLOCK, NULL, &now));
	assert_int_equal(sigismember(&now, SIGUSR1), 1);
	assert_int_equal(sigismember(&now, SIGKILL), 0);
	handle(SIGALRM, count, 0);
	alarm_in_ms(5);
	assert_int_equal(poll(NULL, 0, 20), 0);
	assert_int_equal(num_handled, 0);
	assert_ok(sigpending(&now));
	assert_int_equal(sigismember(&now, SIGALRM), 1);
	assert_ok(sigprocmask(SIG_SETMASK, &old, NULL));
	assert_int_equal(num_handled, 1);
	tcp_end(fd);
}

TEST(the_masks_of_waits_let_through_what_they_should)
{
	sigset_t block, empty, old;
	struct timespec s10 = { .tv_sec = 10 };
	struct epoll_event e;
	int ep = epoll_create1(0);

	sigemptyset(&empty);
	sigemptyset(&block);
	sigaddset(&block, SIGALRM);
	assert_ok(sigprocmask(SIG_BLOCK, &block, &old));
	handle(SIGALRM, count, 0);
	alarm_in_ms(5);
	assert_fails(ppoll(NULL, 0, &s10, &empty), EINTR);
	alarm_in_ms(5);
	assert_fails(syscall(SYS_ppoll, NULL, 0, &s10, &empty, 8), EINTR);
	alarm_in_ms(5);
	assert_fails(pselect(0, NULL, NULL, NULL, NULL, &empty), EINTR);
	alarm_in_ms(5);
	assert_fails(epoll_pwait(ep, &e, 1, -1, &empty), EINTR);
	alarm_in_ms(5);
	assert_fails(sigsuspend(&empty), EINTR);
	assert_int_equal(num_handled, 5);
	assert_ok(raise(SIGALRM));
	assert_int_equal(num_handled, 5);
	assert_fails(sigsuspend(&empty), EINTR);
	assert_ok(sigprocmask(SIG_BLOCK, NULL, &block));
	assert_int_equal(sigismember(&block, SIGALRM), 1);
	assert_ok(sigprocmask(SIG_SETMASK, &old, NULL));
	assert_int_equal(num_handled, 6);
	assert_ok(close(ep));
}

/* ---- faults of the program ---- */

static void *volatile fault_at;

static void on_fault(int sig, siginfo_t *info, void *context)
{
	(void)context;
	fault_at = info->si_addr;
	siglongjmp(out, sig);
}

TEST(a_fault_of_the_program_reaches_its_handler)
{
	struct sigaction sa = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO }, old_segv, old_bus;
	char *page = mmap(NULL, 4096, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int fd[2];

	assert_ok(sigaction(SIGSEGV, &sa, &old_segv));
	assert_ok(sigaction(SIGBUS, &sa, &old_bus));
	unix_pair(SOCK_STREAM, fd);
	for (int i = 0; i < 3; i++) {
		assert_fails(send(fd[0], page, 5, 0), EFAULT);
		if (sigsetjmp(out, 1) == 0) {
			*(volatile char *)(page + 8) = 1;
			fail_msg("no fault");
		}
		assert_ptr_equal(fault_at, page + 8);
	}
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_fails(syscall(SYS_read, fd[1], page, 1), EFAULT);
	assert_ok(sigaction(SIGSEGV, &old_segv, NULL));
	assert_ok(sigaction(SIGBUS, &old_bus, NULL));
	close_pair(fd);
	assert_ok(munmap(page, 4096));
}

TEST(a_file_that_ends_before_its_map_is_efault)
{
	FILE *f = tmpfile();
	char *map;
	int fd[2];

	assert_ok(ftruncate(fileno(f), 8192));
	map = mmap(NULL, 8192, PROT_READ, MAP_SHARED, fileno(f), 0);
	assert_ok(ftruncate(fileno(f), 4096));
	unix_pair(SOCK_STREAM, fd);
	assert_fails(send(fd[0], map + 4096, 10, 0), EFAULT);
	assert_int_equal(send(fd[0], map, 10, 0), 10);
	close_pair(fd);
	assert_ok(munmap(map, 8192));
	assert_ok(fclose(f));
}

TEST(sigsys_is_the_programs_too)
{
	struct sigaction sa = { .sa_handler = count }, old;
	int fd[2];

	num_handled = 0;
	assert_ok(sigaction(SIGSYS, &sa, NULL));
	assert_ok(sigaction(SIGSYS, NULL, &old));
	assert_ptr_equal(old.sa_handler, count);
	unix_pair(SOCK_STREAM, fd);
	assert_int_equal(syscall(SYS_write, fd[0], "x", 1), 1);
	assert_int_equal(num_handled, 0);
	assert_ok(kill(getpid(), SIGSYS));
	assert_int_equal(num_handled, 1);
	signal(SIGSYS, SIG_DFL);
	close_pair(fd);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_handler_sends_to_whom_it_interrupted),
		cmocka_unit_test(a_handler_makes_connections_of_its_own),
		cmocka_unit_test(a_handler_jumps_out_of_every_wait),
		cmocka_unit_test(a_handler_jumps_out_of_stdio),
		cmocka_unit_test(a_jump_without_the_mask_leaves_it),
		cmocka_unit_test(a_handler_on_its_own_stack_makes_calls),
		cmocka_unit_test(siginfo_tells_what_came),
		cmocka_unit_test(sigpipe_reaches_its_handler),
		cmocka_unit_test(resethand_handles_once),
		cmocka_unit_test(nodefer_nests_and_the_default_waits),
		cmocka_unit_test(a_handlers_mask_holds_back_others),
		cmocka_unit_test(calls_work_with_every_signal_blocked),
		cmocka_unit_test(the_masks_of_waits_let_through_what_they_should),
		cmocka_unit_test(a_fault_of_the_program_reaches_its_handler),
		cmocka_unit_test(a_file_that_ends_before_its_map_is_efault),
		cmocka_unit_test(sigsys_is_the_programs_too),
	};

	return behaviour_result(cmocka_run_group_tests_name("signals", tests, NULL, NULL));
}
