/* SPDX-License-Identifier: MIT */
/* What the control API does, a behaviour a test: peers, buffers, rules, time, and what can be asked
 * afterwards. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/libc/kernel.h"
#include "simsock_cmocka.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MS INT64_C(1000000)

static int connect_to(const char *address, int port)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
	int fd = socket(AF_INET, SOCK_STREAM, 0);

	assert_true(fd >= 0);
	assert_int_equal(inet_pton(AF_INET, address, &a.sin_addr), 1);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof a), 0);
	return fd;
}

static void assert_reads(int fd, const char *text)
{
	char buf[64] = "";
	size_t len = 0;

	while (len < strlen(text)) {
		ssize_t n = recv(fd, buf + len, strlen(text) - len, 0);

		assert_true(n > 0);
		len += (size_t)n;
	}
	assert_string_equal(buf, text);
}

/* ---- pairs ---- */

static void assert_pair_talks(const char *kind)
{
	int fd[2];

	sim_pair(fd, kind);
	assert_int_equal(send(fd[0], "ping", 4, 0), 4);
	assert_reads(fd[1], "ping");
	assert_int_equal(send(fd[1], "pong", 4, 0), 4);
	assert_reads(fd[0], "pong");
}

static void pairs_of_every_kind_talk(void **state)
{
	(void)state;
	assert_pair_talks("tcp");
	assert_pair_talks("tcp6");
	assert_pair_talks("udp");
	assert_pair_talks("udp6");
	assert_pair_talks("unix");
	assert_pair_talks("unix stream");
	assert_pair_talks("unix dgram cloexec");
	assert_pair_talks("  unix   seqpacket ");
}

static void a_nonblock_pair_does_not_wait(void **state)
{
	char b;
	int fd[2];

	(void)state;
	sim_pair(fd, "tcp nonblock");
	assert_int_equal(recv(fd[0], &b, 1, 0), -1);
	assert_int_equal(errno, EAGAIN);
	sim_assert_why(EAGAIN, "nothing-to-read");
}

static void a_pair_is_no_call_and_no_rule_sees_it(void **state)
{
	int fd[2], rule = sim_inject("%net:error=!EIO");

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(sim_fired(rule), 0);
	assert_string_equal(sim_calls("all"), "");
	sim_uninject(rule);
}

static void a_tcp_pair_takes_the_time_of_its_handshake(void **state)
{
	int fd[2];

	(void)state;
	sim_link("client", "server", "delay 20ms");
	sim_pair(fd, "tcp");
	assert_int_equal(sim_now_ns(), 60 * MS);
}

/* ---- hosts and links ---- */

static void a_link_delays_both_ways(void **state)
{
	int fd[2];

	(void)state;
	sim_pair(fd, "udp");
	sim_link("client", "server", "delay 7ms");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_reads(fd[1], "x");
	assert_int_equal(sim_now_ns(), 7 * MS);
	assert_int_equal(send(fd[1], "y", 1, 0), 1);
	assert_reads(fd[0], "y");
	assert_int_equal(sim_now_ns(), 14 * MS);
}

static void a_third_host_is_on_the_segment(void **state)
{
	int fd;

	(void)state;
	sim_host("third", "10.0.0.3/24 fd00::3/64");
	sim_serve("third", 80, "send hello");
	fd = connect_to("10.0.0.3", 80);
	assert_reads(fd, "hello");
	close(fd);
}

static void a_sysctl_holds_for_later_sockets(void **state)
{
	int fd, got = 0;
	socklen_t len = sizeof got;

	(void)state;
	sim_sysctl("client", "net.ipv4.tcp_wmem", "4096 20000 4194304");
	fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &got, &len), 0);
	assert_int_equal(got, 20000);
	close(fd);
}

/* ---- scripted peers ---- */

static void a_script_is_followed_step_by_step(void **state)
{
	int fd;
	char b;

	(void)state;
	sim_serve("server", 7, "expect hello\\n; send world\\n; wait 50ms; send again; close");
	fd = connect_to("10.0.0.2", 7);
	assert_int_equal(send(fd, "hello\n", 6, 0), 6);
	assert_reads(fd, "world\n");
	assert_int_equal(sim_now_ns(), 0);
	assert_reads(fd, "again");
	assert_int_equal(sim_now_ns(), 50 * MS);
	assert_int_equal(recv(fd, &b, 1, 0), 0);
	close(fd);
}

static void a_script_loops_over_connections(void **state)
{
	(void)state;
	sim_serve("server", 7, "expect ping; send pong; loop");
	for (int i = 0; i < 3; i++) {
		int fd = connect_to("10.0.0.2", 7);

		for (int n = 0; n < 2; n++) {
			assert_int_equal(send(fd, "ping", 4, 0), 4);
			assert_reads(fd, "pong");
		}
		close(fd);
	}
}

static void a_script_echoes_and_discards(void **state)
{
	int fd;

	(void)state;
	sim_serve("server", 7, "echo");
	sim_serve("server", 9, "discard; send done; close");
	fd = connect_to("10.0.0.2", 7);
	assert_int_equal(send(fd, "abc", 3, 0), 3);
	assert_reads(fd, "abc");
	close(fd);
	fd = connect_to("10.0.0.2", 9);
	assert_int_equal(send(fd, "abc", 3, 0), 3);
	assert_int_equal(shutdown(fd, SHUT_WR), 0);
	assert_reads(fd, "done");
	close(fd);
}

static void a_script_fills_with_a_pattern(void **state)
{
	unsigned char got[1000];
	size_t len = 0;
	int fd;

	(void)state;
	sim_serve("server", 7, "read 2; fill 1000; rst");
	fd = connect_to("10.0.0.2", 7);
	assert_int_equal(send(fd, "go", 2, 0), 2);
	while (len < sizeof got) {
		ssize_t n = recv(fd, got + len, sizeof got - len, 0);

		assert_true(n > 0);
		len += (size_t)n;
	}
	for (size_t i = 0; i < sizeof got; i++)
		assert_int_equal(got[i], i % 251);
	close(fd);
}

static void rules_leave_scripted_peers_alone(void **state)
{
	int fd, rule;

	(void)state;
	sim_serve("server", 7, "expect hi; send ho; close");
	fd = connect_to("10.0.0.2", 7);
	rule = sim_inject("%send,%recv:error=EINTR:when=1");
	assert_int_equal(send(fd, "hi", 2, 0), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(send(fd, "hi", 2, 0), 2);
	assert_reads(fd, "ho");
	assert_int_equal(sim_fired(rule), 1);
	close(fd);
}

/* ---- spawned processes ---- */

struct talk {
	int listener_ready;
	char got[8];
};

static void serve_one(void *arg)
{
	struct talk *t = arg;
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(99) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), fd;

	assert_int_equal(bind(listener, (struct sockaddr *)&a, sizeof a), 0);
	assert_int_equal(listen(listener, 1), 0);
	t->listener_ready = 1;
	fd = accept(listener, NULL, NULL);
	assert_true(fd >= 0);
	assert_int_equal(recv(fd, t->got, sizeof t->got, 0), 5);
	/* Nothing is closed here: the end of the process does. */
}

static void a_spawned_process_serves_and_its_end_closes(void **state)
{
	struct talk t = { 0, "" };
	int proc = sim_spawn("server", serve_one, &t), fd;
	char b;

	(void)state;
	assert_int_equal(sim_status(proc), -1);
	sim_run();
	assert_int_equal(t.listener_ready, 1);
	fd = connect_to("10.0.0.2", 99);
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	assert_int_equal(recv(fd, &b, 1, 0), 0);
	assert_string_equal(t.got, "hello");
	assert_int_equal(sim_status(proc), 0);
	close(fd);
}

static void send_into_the_void(void *arg)
{
	int *fd = arg;

	(void)send(*fd, "x", 1, 0);
	(void)send(*fd, "y", 1, 0);
	*fd = -1;
}

static void a_fatal_signal_ends_the_spawned_process_alone(void **state)
{
	int fd[2], end, proc;

	(void)state;
	sim_pair(fd, "unix");
	end = fd[0];
	close(fd[1]);
	proc = sim_spawn("client", send_into_the_void, &end);
	sim_run();
	assert_int_not_equal(end, -1);
	assert_true(WIFSIGNALED(sim_status(proc)));
	assert_int_equal(WTERMSIG(sim_status(proc)), SIGPIPE);
}

/* ---- exact buffers ---- */

static void an_exact_send_buffer_empties_when_the_peer_acknowledges(void **state)
{
	int fd[2];

	(void)state;
	sim_pair(fd, "tcp nonblock");
	sim_link("client", "server", "delay 10ms");
	sim_sndbuf(sim_fd(fd[0]), 4);
	assert_int_equal(send(fd[0], "123456", 6, 0), 4);
	assert_int_equal(send(fd[0], "56", 2, 0), -1);
	sim_assert_why(EAGAIN, "sndbuf-full");
	sim_advance("1s"); /* there and back, and delayed acknowledgements */
	assert_int_equal(send(fd[0], "56", 2, 0), 2);
}

static void a_knob_waits_for_sockets_to_come(void **state)
{
	int fd;

	(void)state;
	sim_serve("server", 80, "wait 1h");
	sim_capacity("client dport = 80", 3);
	fd = connect_to("10.0.0.2", 80);
	assert_int_equal(send(fd, "12345", 5, MSG_DONTWAIT), 3);
	assert_int_equal(send(fd, "45", 2, MSG_DONTWAIT), -1);
	sim_assert_why(EAGAIN, "peer-not-reading");
	close(fd);
}

/* ---- rules ---- */

static void a_rule_taken_back_fires_no_more_and_is_remembered(void **state)
{
	int fd[2], rule;

	(void)state;
	sim_pair(fd, "tcp");
	rule = sim_inject("send:error=ENOBUFS");
	assert_int_equal(send(fd[0], "x", 1, 0), -1);
	assert_int_equal(errno, ENOBUFS);
	sim_assert_why(ENOBUFS, "injected");
	sim_uninject(rule);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(sim_fired(rule), 1);
	sim_assert_returns(sim_fd(fd[0]), "send", "ENOBUFS 1");
}

/* ---- time ---- */

static void an_hour_passes_at_once(void **state)
{
	(void)state;
	sim_advance("1h");
	assert_int_equal(sim_now_ns(), INT64_C(3600) * 1000 * MS);
	sim_advance("1.5ms");
	assert_int_equal(sim_now_ns(), INT64_C(3600) * 1000 * MS + 1500000);
}

static void lines_come_to_pass_at_their_time(void **state)
{
	int fd[2], handled = 0;

	(void)state;
	(void)handled;
	sim_pair(fd, "udp");
	sim_at("+1s", "link client server delay 5ms");
	sim_at("2s", "inject send:error=ENOBUFS:once");
	assert_int_equal(send(fd[0], "a", 1, 0), 1);
	assert_reads(fd[1], "a");
	assert_int_equal(sim_now_ns(), 0);
	sim_advance("1s");
	assert_int_equal(send(fd[0], "b", 1, 0), 1);
	assert_reads(fd[1], "b");
	assert_int_equal(sim_now_ns(), 1005 * MS);
	sim_advance("995ms");
	assert_int_equal(send(fd[0], "c", 1, 0), -1);
	assert_int_equal(errno, ENOBUFS);
}

static int num_signals;

static void count_signal(int sig)
{
	(void)sig;
	num_signals++;
}

static void a_signal_line_interrupts_the_program(void **state)
{
	int fd[2];
	char b;
	struct sigaction act = { .sa_handler = count_signal }, old;

	(void)state;
	num_signals = 0;
	sigaction(SIGUSR1, &act, &old);
	sim_pair(fd, "tcp");
	sim_at("+3s", "signal client SIGUSR1");
	assert_int_equal(recv(fd[0], &b, 1, 0), -1);
	assert_int_equal(errno, EINTR);
	assert_int_equal(num_signals, 1);
	assert_int_equal(sim_now_ns(), 3000 * MS);
	sigaction(SIGUSR1, &old, NULL);
}

static void waiting_for_a_real_descriptor_too_is_no_dead_lock(void **state)
{
	struct timespec real_ns = { 0, 20 * MS };
	struct pollfd p[2];
	int fd[2], real[2];
	pid_t pid;

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(pipe(real), 0);
	pid = fork();
	if (!pid) {
		/* Past the virtual clock. */
		SIM_KERNEL(SYS_nanosleep, &real_ns, NULL);
		_exit(write(real[1], "x", 1) == 1 ? 0 : 1);
	}
	p[0] = (struct pollfd){ fd[0], POLLIN, 0 };
	p[1] = (struct pollfd){ real[0], POLLIN, 0 };
	assert_int_equal(poll(p, 2, -1), 1);
	assert_int_equal(p[0].revents, 0);
	assert_int_equal(p[1].revents, POLLIN);
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	close(real[0]);
	close(real[1]);
}

/* ---- what happened ---- */

static void bytes_sent_and_delivered_are_known(void **state)
{
	int fd[2];
	char buf[16] = "";

	(void)state;
	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[0], "hello ", 6, 0), 6);
	assert_int_equal(send(fd[0], "world", 5, 0), 5);
	assert_reads(fd[1], "hello");
	assert_int_equal(sim_sent(sim_fd(fd[0]), buf, sizeof buf), 11);
	assert_string_equal(buf, "hello world");
	assert_int_equal(sim_sent(sim_fd(fd[0]), NULL, 0), 11);
	sim_assert_delivered(sim_fd(fd[0]), "hello", 5);
	sim_assert_delivered(sim_fd(fd[1]), "", 0);
}

static void bytes_sent_are_known_after_the_close(void **state)
{
	int fd;

	(void)state;
	sim_serve("server", 80, "expect hello; close");
	fd = connect_to("10.0.0.2", 80);
	assert_int_equal(send(fd, "hello", 5, 0), 5);
	assert_int_equal(close(fd), 0);
	sim_run();
	sim_advance("5min");
	sim_assert_sent(sim_fd(fd), "hello", 5);
	sim_assert_sent("client", "hello", 5);
	sim_assert_delivered(sim_fd(fd), "hello", 5);
}

static void calls_read_as_strace_prints_them(void **state)
{
	struct sockaddr_in a = { .sin_family = AF_INET, .sin_port = htons(80) };
	char want[1024];
	int fd, one = 1;

	(void)state;
	sim_serve("server", 80, "send abc; wait 1s; send def");
	sim_inject("send:returns=2,EINTR");
	fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	inet_pton(AF_INET, "10.0.0.2", &a.sin_addr);
	assert_int_equal(setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof one), 0);
	(void)connect(fd, (struct sockaddr *)&a, sizeof a);
	sim_advance("1.5s");
	assert_int_equal(send(fd, "hello", 5, MSG_NOSIGNAL), 2);
	assert_int_equal(send(fd, "llo", 3, 0), -1);
	assert_reads(fd, "abcdef");
	shutdown(fd, SHUT_WR);
	close(fd);
	snprintf(want, sizeof want,
		 "0.000 client socket(AF_INET, SOCK_STREAM|SOCK_NONBLOCK, 0) = %d\n"
		 "0.000 client setsockopt(%d, SOL_SOCKET, SO_KEEPALIVE, 1) = 0\n"
		 "0.000 client connect(%d, 10.0.0.2:80) = -1 EINPROGRESS   "
		 "the connection attempt begun at t=0.000 is "
		 "still under way\n"
		 "1.500 client send(%d, 5, MSG_NOSIGNAL) = 2   cut to 2 bytes by rule 1\n"
		 "1.500 client send(%d, 3) = -1 EINTR   injected by rule 1, call 2; nothing was queued\n"
		 "1.500 client recv(%d, 6) = 6\n"
		 "1.500 client shutdown(%d, SHUT_WR) = 0\n"
		 "1.500 client close(%d) = 0\n",
		 fd, fd, fd, fd, fd, fd, fd, fd);
	assert_string_equal(sim_calls("client"), want);
}

static void explain_says_which_call_and_why(void **state)
{
	const struct sim_why *why = sim_explain();
	char want[128];
	int fd[2];

	(void)state;
	assert_int_equal(why->err, 0);
	assert_string_equal(why->key, "none");
	sim_pair(fd, "tcp nonblock");
	sim_sndbuf(sim_fd(fd[0]), 2);
	sim_link("client", "server", "delay 1s");
	assert_int_equal(send(fd[0], "abc", 3, 0), 2);
	assert_int_equal(send(fd[0], "c", 1, 0), -1);
	why = sim_explain();
	assert_int_equal(why->err, EAGAIN);
	assert_string_equal(why->key, "sndbuf-full");
	snprintf(want, sizeof want,
		 "send(%d, 1) = -1 EAGAIN: send buffer full: 2 of 2 bytes queued; 2 in flight", fd[0]);
	assert_string_equal(why->text, want);
}

static void sockets_are_listed_as_ss_does(void **state)
{
	int fd[2];
	const char *text;

	(void)state;
	sim_pair(fd, "tcp");
	sim_serve("server", 80, "close");
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	text = sim_sockets();
	assert_non_null(strstr(text, "Host     Netid State      Recv-Q Send-Q Local Address:Port"));
	assert_non_null(strstr(text, "client   tcp   ESTAB      0      0      10.0.0.1:"));
	assert_non_null(strstr(text, "server   tcp   ESTAB      3      0      10.0.0.2:"));
	assert_non_null(strstr(text, "server   tcp   LISTEN"));
}

/* A file of the real file system, read whole. */
static void read_file(const char *path, char *text, size_t cap)
{
	FILE *f = fopen(path, "r");
	size_t len;

	assert_non_null(f);
	len = fread(text, 1, cap - 1, f);
	text[len] = '\0';
	fclose(f);
}

static void assert_in_order(const char *text, const char *const *pieces)
{
	for (const char *at = text; *pieces; pieces++) {
		at = strstr(at, *pieces);
		if (!at)
			fail_msg("\"%s\" is missing in:\n%s", *pieces, text);
		at += strlen(*pieces);
	}
}

static void the_time_line_has_calls_and_packets_on_one_scale(void **state)
{
	static const char *const pieces[] = { "0.000               client > server  UDP ",
					      " len 5   arrives 0.005\n",
					      "0.000       client  send(",
					      ", 5) = 5\n",
					      "0.005       client  recv(",
					      ", 5) = 5\n",
					      "0.005               client > server  UDP ",
					      " len 4   DROPPED: lost on the wire\n",
					      "0.005       client  send(",
					      ", 4) = 4\n",
					      NULL };
	char path[] = "/tmp/simsock_trace_XXXXXX", text[4096];
	int fd[2], file = mkstemp(path);

	(void)state;
	sim_pair(fd, "udp");
	sim_link("client", "server", "delay 5ms");
	sim_trace(path);
	assert_int_equal(send(fd[0], "hello", 5, 0), 5);
	assert_reads(fd[1], "hello");
	sim_link("client", "server", "loss 100%");
	assert_int_equal(send(fd[0], "lost", 4, 0), 4);
	sim_trace(NULL);
	assert_int_equal(send(fd[0], "not seen", 8, 0), 8);
	read_file(path, text, sizeof text);
	assert_in_order(text, pieces);
	assert_null(strstr(text, ", 8)"));
	close(file);
	unlink(path);
}

static void a_capture_has_a_record_for_every_packet(void **state)
{
	char path[] = "/tmp/simsock_pcap_XXXXXX", bytes[4096];
	const uint32_t magic = 0xa1b23c4d;
	int fd[2], file = mkstemp(path);

	(void)state;
	sim_pair(fd, "udp");
	sim_pcap(path);
	assert_int_equal(send(fd[0], "hello", 5, 0), 5);
	assert_int_equal(send(fd[0], "again", 5, 0), 5);
	sim_pcap(NULL);
	/* A header of 24 bytes; for each packet 16, Ethernet's 14, IPv4's 20, UDP's 8 and the payload. */
	assert_int_equal(read(file, bytes, sizeof bytes), 24 + 2 * (16 + 14 + 20 + 8 + 5));
	assert_memory_equal(bytes, &magic, sizeof magic);
	close(file);
	unlink(path);
}

static uint64_t hash_of_some_traffic(void)
{
	int fd[2];

	sim_pair(fd, "tcp");
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_reads(fd[1], "abc");
	return sim_trace_hash();
}

static uint64_t first_hash;

/* Lowest-number-first is the program's: files of ours stand out of its way. */
static void a_time_line_and_a_capture_take_no_low_descriptor(void **state)
{
	char path[2][64] = { "/tmp/simsock-trace-XXXXXX", "/tmp/simsock-pcap-XXXXXX" };
	int lowest;

	(void)state;
	close(mkstemp(path[0]));
	close(mkstemp(path[1]));
	lowest = dup(0);
	close(lowest);
	sim_trace(path[0]);
	sim_pcap(path[1]);
	assert_int_equal(socket(AF_INET, SOCK_DGRAM, 0), lowest);
	assert_int_equal(close(lowest), 0);
	sim_trace(NULL);
	sim_pcap(NULL);
	unlink(path[0]);
	unlink(path[1]);
}

static void the_hash_of_a_run(void **state)
{
	(void)state;
	first_hash = hash_of_some_traffic();
	assert_true(sim_seed() != 0);
	assert_true(sim_world_memory_bytes() > 0);
}

static void the_same_run_has_the_same_hash(void **state)
{
	(void)state;
	assert_true(hash_of_some_traffic() == first_hash);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		sim_test(pairs_of_every_kind_talk),
		sim_test(a_nonblock_pair_does_not_wait),
		sim_test(a_pair_is_no_call_and_no_rule_sees_it),
		sim_test(a_tcp_pair_takes_the_time_of_its_handshake),
		sim_test(a_link_delays_both_ways),
		sim_test(a_third_host_is_on_the_segment),
		sim_test(a_sysctl_holds_for_later_sockets),
		sim_test(a_script_is_followed_step_by_step),
		sim_test(a_script_loops_over_connections),
		sim_test(a_script_echoes_and_discards),
		sim_test(a_script_fills_with_a_pattern),
		sim_test(rules_leave_scripted_peers_alone),
		sim_test(a_spawned_process_serves_and_its_end_closes),
		sim_test(a_fatal_signal_ends_the_spawned_process_alone),
		sim_test(an_exact_send_buffer_empties_when_the_peer_acknowledges),
		sim_test(a_knob_waits_for_sockets_to_come),
		sim_test(a_rule_taken_back_fires_no_more_and_is_remembered),
		sim_test(an_hour_passes_at_once),
		sim_test(lines_come_to_pass_at_their_time),
		sim_test(a_signal_line_interrupts_the_program),
		sim_test(waiting_for_a_real_descriptor_too_is_no_dead_lock),
		sim_test(bytes_sent_and_delivered_are_known),
		sim_test(bytes_sent_are_known_after_the_close),
		sim_test(calls_read_as_strace_prints_them),
		sim_test(explain_says_which_call_and_why),
		sim_test(sockets_are_listed_as_ss_does),
		sim_test(the_time_line_has_calls_and_packets_on_one_scale),
		sim_test(a_capture_has_a_record_for_every_packet),
		sim_test(a_time_line_and_a_capture_take_no_low_descriptor),
		sim_test(the_hash_of_a_run),
		sim_test(the_same_run_has_the_same_hash),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
