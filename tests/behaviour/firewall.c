/* SPDX-License-Identifier: MIT */
/*
 * What a packet filter does to its own host's sockets: iptables(8), chains INPUT and OUTPUT. On the kernel in
 * a network namespace of the suite's own, by the program iptables; without the one or the other it is
 * skipped.
 */
#include "tests/behaviour/own_host.h"

#include <netinet/ip.h>
#include <netinet/ip_icmp.h>
#include <netinet/udp.h>

enum { PORT = 7053 };

static bool have_iptables(void)
{
	static int have = -1;

	if (have < 0)
		have = system("iptables -S >/dev/null 2>&1") == 0;
	return have;
}

static void command(const char *program, const char *rule)
{
	char line[256];

	snprintf(line, sizeof(line), "%s %s", program, rule);
	assert_ok(system(line));
}

static void firewall(const char *rule)
{
#ifdef SIMSOCK_DUAL
	if (!behaviour_on_kernel()) {
		sim_iptables("client", rule);
		return;
	}
#endif
	command("iptables", rule);
}

static void firewall6(const char *rule)
{
#ifdef SIMSOCK_DUAL
	if (!behaviour_on_kernel()) {
		sim_ip6tables("client", rule);
		return;
	}
#endif
	command("ip6tables", rule);
}

/* First in each test: no rule, or skipped. */
static void begin(void)
{
	own_host();
	if (behaviour_on_kernel() && !have_iptables())
		skip();
	firewall("-F");
	firewall6("-F");
}

static struct sockaddr_in here(void)
{
	return at4("127.0.0.1", PORT);
}

/* A receiver at PORT, and a sender that is connected to it. */
static void datagram_pair(int fd[2])
{
	fd[1] = new_socket(AF_INET, SOCK_DGRAM);
	fd[0] = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(bind4(fd[1], here()));
	assert_ok(connect4(fd[0], here()));
	set_nonblock(fd[0]);
	set_nonblock(fd[1]);
}

static int listener(void)
{
	int fd = new_socket(AF_INET, SOCK_STREAM);

	assert_ok(set_int(fd, SOL_SOCKET, SO_REUSEADDR, 1));
	assert_ok(bind4(fd, here()));
	assert_ok(listen(fd, 5));
	return fd;
}

static void stream_pair(int fd[2])
{
	int l = listener();

	fd[0] = new_socket(AF_INET, SOCK_STREAM);
	assert_ok(connect4(fd[0], here()));
	fd[1] = accept(l, NULL, NULL);
	assert_true(fd[1] >= 0);
	assert_ok(close(l));
	set_nonblock(fd[0]);
	set_nonblock(fd[1]);
}

static void reset_and_close(const int fd[2])
{
	struct linger now = { 1, 0 };

	assert_ok(setsockopt(fd[0], SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	assert_ok(setsockopt(fd[1], SOL_SOCKET, SO_LINGER, &now, sizeof(now)));
	close_pair(fd);
}

/* ---- datagrams ---- */

TEST(output_drop_of_a_datagram_is_eperm_and_nothing_goes)
{
	struct sigaction before = signal_count(SIGPIPE, 0);
	int fd[2], other;
	char b;

	begin();
	datagram_pair(fd);
	other = new_socket(AF_INET, SOCK_DGRAM);
	firewall("-A OUTPUT -p udp --dport 7053 -j DROP");
	assert_fails(send(fd[0], "x", 1, 0), EPERM);
	assert_fails(write(fd[0], "x", 1), EPERM);
	assert_fails(sendto4(other, "x", 1, 0, here()), EPERM);
	assert_int_equal(pending_error(fd[0]), 0);
	settle();
	assert_fails(recv(fd[1], &b, 1, 0), EAGAIN);
	assert_int_equal(signals_seen, 0);
	firewall("-D OUTPUT 1");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	await(fd[1], POLLIN);
	assert_int_equal(recv(fd[1], &b, 1, 0), 1);
	close_pair(fd);
	assert_ok(close(other));
	signal_restore(SIGPIPE, before);
}

TEST(output_drop_holds_for_the_datagram_before_it_is_cut_into_fragments)
{
	static char block[60000];
	int fd[2];

	begin();
	datagram_pair(fd);
	firewall("-A OUTPUT -p udp --dport 7053 -j DROP");
	assert_fails(send(fd[0], block, sizeof(block), 0), EPERM);
	close_pair(fd);
}

TEST(output_drop_of_what_was_gathered_is_eperm_for_the_call_that_sends_it)
{
	int fd[2];

	begin();
	datagram_pair(fd);
	firewall("-A OUTPUT -p udp -d 127.0.0.1 -j DROP");
	assert_int_equal(send(fd[0], "ab", 2, MSG_MORE), 2);
	assert_fails(send(fd[0], "cd", 2, 0), EPERM);
	close_pair(fd);
}

TEST(ipv4s_rules_do_not_hold_for_ipv6)
{
	struct sockaddr_in6 to = at6("::1", PORT);
	int fd;

	begin();
	fd = new_socket(AF_INET6, SOCK_DGRAM);
	firewall("-A OUTPUT -p udp --dport 7053 -j DROP");
	assert_int_equal(sendto6(fd, "x", 1, 0, to), 1);
	firewall6("-A OUTPUT -p udp --dport 7053 -j DROP");
	assert_fails(sendto6(fd, "x", 1, 0, to), EPERM);
	assert_ok(close(fd));
}

TEST(input_drop_of_a_datagram_is_silent)
{
	int fd[2];
	char b;

	begin();
	datagram_pair(fd);
	firewall("-A INPUT -p udp --dport 7053 -j DROP");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(pending_error(fd[0]), 0);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	settle();
	assert_fails(recv(fd[1], &b, 1, 0), EAGAIN);
	close_pair(fd);
}

static const struct reject {
	const char *with;
	int tcp, udp; /* what connect() hears, and a connected datagram socket; 0: nothing */
} rejects[] = {
	{ "", ECONNREFUSED, ECONNREFUSED },
	{ " --reject-with icmp-port-unreachable", ECONNREFUSED, ECONNREFUSED },
	{ " --reject-with icmp-net-unreachable", ENETUNREACH, 0 },
	{ " --reject-with icmp-host-unreachable", EHOSTUNREACH, 0 },
	{ " --reject-with icmp-proto-unreachable", ENOPROTOOPT, ENOPROTOOPT },
	{ " --reject-with icmp-net-prohibited", ENETUNREACH, ENETUNREACH },
	{ " --reject-with icmp-host-prohibited", EHOSTUNREACH, EHOSTUNREACH },
	{ " --reject-with icmp-admin-prohibited", EHOSTUNREACH, EHOSTUNREACH },
};
enum { NUM_REJECTS = sizeof(rejects) / sizeof(rejects[0]) };

static void reject(const char *chain_and_match, const struct reject *r)
{
	char rule[160];

	firewall("-F");
	snprintf(rule, sizeof(rule), "-A %s -j REJECT%s", chain_and_match, r->with);
	firewall(rule);
}

TEST(input_reject_of_a_datagram_is_told_by_the_next_call)
{
	begin();
	for (int i = 0; i < NUM_REJECTS; i++) {
		int fd[2];

		datagram_pair(fd);
		reject("INPUT -p udp --dport 7053", &rejects[i]);
		assert_int_equal(send(fd[0], "x", 1, 0), 1);
		assert_int_equal(pending_error(fd[0]), rejects[i].udp);
		close_pair(fd);
	}
}

/*
 * What routers of old say of a host that they do not know: ICMP destination unreachable, code 7. Nobody sends
 * it nowadays, iptables neither: on the kernel it is made by hand, with the datagram's headers in it.
 */
static void host_unknown(const struct sockaddr_in *from)
{
	struct {
		struct icmphdr icmp;
		struct iphdr ip;
		struct udphdr udp;
	} m = { .icmp = { .type = ICMP_DEST_UNREACH, .code = ICMP_HOST_UNKNOWN },
		.ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP } };
	struct sockaddr_in to = here();
	uint16_t words[sizeof(m) / 2];
	uint32_t sum = 0;
	int fd = socket(AF_INET, SOCK_RAW, IPPROTO_ICMP);

	assert_true(fd >= 0);
	m.ip.saddr = m.ip.daddr = to.sin_addr.s_addr;
	m.ip.tot_len = htons(sizeof(m.ip) + sizeof(m.udp) + 1);
	m.udp.source = from->sin_port;
	m.udp.dest = to.sin_port;
	memcpy(words, &m, sizeof(m));
	for (size_t i = 0; i < sizeof(m) / 2; i++)
		sum += words[i];
	m.icmp.checksum = (uint16_t) ~((sum & 0xffff) + (sum >> 16));
	assert_int_equal(sendto(fd, &m, sizeof(m), 0, (struct sockaddr *)&to, sizeof(to)), sizeof(m));
	assert_ok(close(fd));
}

TEST(host_unknown_is_ehostdown_at_the_next_call)
{
	struct sockaddr_in from;
	socklen_t len = sizeof(from);
	int fd[2];

	own_host();
	if (!behaviour_on_kernel() || have_iptables())
		firewall("-F");
	datagram_pair(fd);
	assert_ok(getsockname(fd[0], (struct sockaddr *)&from, &len));
	if (!behaviour_on_kernel())
		firewall("-A INPUT -p udp --dport 7053 -j REJECT --reject-with icmp-host-unknown");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	if (behaviour_on_kernel())
		host_unknown(&from);
	assert_fails(send(fd[0], "x", 1, 0), EHOSTDOWN);
	assert_int_equal(pending_error(fd[0]), 0);
	close_pair(fd);
}

TEST(output_reject_of_a_datagram_is_eperm_and_then_what_it_says)
{
	begin();
	for (int i = 0; i < NUM_REJECTS; i++) {
		int fd[2], other = new_socket(AF_INET, SOCK_DGRAM);

		datagram_pair(fd);
		reject("OUTPUT -p udp --dport 7053", &rejects[i]);
		assert_fails(send(fd[0], "x", 1, 0), EPERM);
		if (rejects[i].udp)
			assert_fails(send(fd[0], "x", 1, 0), rejects[i].udp);
		assert_fails(send(fd[0], "x", 1, 0), EPERM);
		(void)pending_error(fd[0]);
		assert_fails(sendto4(other, "x", 1, 0, here()), EPERM);
		assert_int_equal(pending_error(other), 0);
		close_pair(fd);
		assert_ok(close(other));
	}
}

TEST(reject_that_also_meets_its_own_answer_is_not_told)
{
	int fd[2];

	begin();
	datagram_pair(fd);
	firewall("-A OUTPUT -j REJECT");
	assert_fails(send(fd[0], "x", 1, 0), EPERM);
	assert_int_equal(pending_error(fd[0]), 0);
	assert_fails(send(fd[0], "x", 1, 0), EPERM);
	close_pair(fd);
}

/* ---- connections ---- */

TEST(dropped_syn_is_not_told)
{
	static const char *const chains[] = { "-A OUTPUT -p tcp --dport 7053 -j DROP",
					      "-A INPUT -p tcp --dport 7053 -j DROP" };
	int l;

	begin();
	l = listener();
	for (int i = 0; i < 2; i++) {
		int fd = new_socket(AF_INET, SOCK_STREAM);

		begin();
		set_nonblock(fd);
		firewall(chains[i]);
		assert_fails(connect4(fd, here()), EINPROGRESS);
		settle();
		assert_int_equal(pending_error(fd), 0);
		assert_int_equal(ready(fd, POLLOUT), 0);
		assert_ok(close(fd));
	}
	assert_ok(close(l));
}

TEST(rejected_syn_tells_connect_what_it_says)
{
	static const char *const matches[] = { "OUTPUT -p tcp --dport 7053", "INPUT -p tcp --dport 7053" };
	static const struct reject reset = { " --reject-with tcp-reset", ECONNREFUSED, 0 };
	int l;

	begin();
	l = listener();
	for (int k = 0; k < 2; k++)
		for (int i = 0; i <= NUM_REJECTS; i++) {
			const struct reject *r = i < NUM_REJECTS ? &rejects[i] : &reset;
			int fd = new_socket(AF_INET, SOCK_STREAM);

			set_nonblock(fd);
			reject(matches[k], r);
			assert_fails(connect4(fd, here()), EINPROGRESS);
			settle();
			assert_int_equal(pending_error(fd), r->tcp);
			assert_ok(close(fd));
		}
	assert_ok(close(l));
}

TEST(syn_alone_can_be_refused_and_connections_go_on)
{
	int fd[2], other;
	char b;

	begin();
	stream_pair(fd);
	firewall("-A INPUT -p tcp --syn --dport 7053 -j REJECT --reject-with tcp-reset");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	await(fd[1], POLLIN);
	assert_int_equal(recv(fd[1], &b, 1, 0), 1);
	other = new_socket(AF_INET, SOCK_STREAM);
	assert_fails(connect4(other, here()), ECONNREFUSED);
	assert_ok(close(other));
	reset_and_close(fd);
}

TEST(dropped_segments_are_sent_again_once_they_may)
{
	static const char *const chains[] = { "-A OUTPUT -p tcp --dport 7053 -j DROP",
					      "-A INPUT -p tcp --dport 7053 -j DROP" };
	char b[8];

	for (int i = 0; i < 2; i++) {
		int fd[2];

		begin();
		stream_pair(fd);
		firewall(chains[i]);
		assert_int_equal(send(fd[0], "abc", 3, 0), 3);
		assert_int_equal(send(fd[0], "def", 3, 0), 3);
		assert_int_equal(pending_error(fd[0]), 0);
		settle();
		assert_fails(recv(fd[1], b, sizeof(b), 0), EAGAIN);
		assert_int_equal(send(fd[1], "z", 1, 0), 1); /* the other way is free */
		await(fd[0], POLLIN);
		assert_int_equal(recv(fd[0], b, sizeof(b), 0), 1);
		firewall("-F");
		assert_int_equal(await(fd[1], POLLIN), POLLIN);
		assert_int_equal(recv(fd[1], b, sizeof(b), MSG_PEEK) >= 3, 1);
		reset_and_close(fd);
	}
}

TEST(rejected_segments_leave_a_soft_error_and_the_connection)
{
	int fd[2];
	char b[8];

	begin();
	stream_pair(fd);
	firewall("-A INPUT -p tcp --dport 7053 -j REJECT --reject-with icmp-host-prohibited");
	assert_int_equal(send(fd[0], "abc", 3, 0), 3);
	assert_int_equal(pending_error(fd[0]), EHOSTUNREACH);
	assert_int_equal(pending_error(fd[0]), 0);
	assert_fails(recv(fd[0], b, sizeof(b), 0), EAGAIN);
	assert_int_equal(send(fd[0], "def", 3, 0), 3);
	firewall("-F");
	assert_int_equal(await(fd[1], POLLIN), POLLIN);
	assert_int_equal(tcp_state(fd[0]), TCP_ESTABLISHED);
	reset_and_close(fd);
}

TEST(reset_for_an_answer_ends_the_senders_side)
{
	static const char *const chains[] = {
		"-A OUTPUT -p tcp --dport 7053 -j REJECT --reject-with tcp-reset",
		"-A INPUT -p tcp --dport 7053 -j REJECT --reject-with tcp-reset"
	};
	char b[8];

	for (int i = 0; i < 2; i++) {
		int fd[2];

		begin();
		stream_pair(fd);
		firewall(chains[i]);
		assert_int_equal(send(fd[0], "abc", 3, 0), 3);
		await(fd[0], POLLIN);
		assert_int_equal(pending_error(fd[0]), ECONNRESET);
		assert_fails(send(fd[0], "def", 3, MSG_NOSIGNAL), EPIPE);
		assert_int_equal(recv(fd[0], b, sizeof(b), 0), 0);
		assert_fails(recv(fd[1], b, sizeof(b), 0), EAGAIN);
		reset_and_close(fd);
	}
}

/* ---- rules ---- */

TEST(first_rule_that_matches_decides)
{
	int fd[2];

	begin();
	datagram_pair(fd);
	firewall("-A OUTPUT -p udp --dport 7000:7100 -j DROP");
	firewall("-I OUTPUT -p udp --dport 7053 -j ACCEPT");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	firewall("-I OUTPUT 1 -p udp ! --dport 7054 -j DROP");
	assert_fails(send(fd[0], "x", 1, 0), EPERM);
	firewall("-D OUTPUT -p udp ! --dport 7054 -j DROP");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	firewall("-D OUTPUT 1");
	assert_fails(send(fd[0], "x", 1, 0), EPERM);
	close_pair(fd);
}

TEST(addresses_and_interfaces_match)
{
	static const struct {
		const char *rule;
		bool drops;
	} table[] = {
		{ "-A OUTPUT -d 127.0.0.0/8 -p udp -j DROP", true },
		{ "-A OUTPUT -d 127.0.0.0/255.0.0.0 -p udp -j DROP", true },
		{ "-A OUTPUT -d 128.0.0.0/8 -p udp -j DROP", false },
		{ "-A OUTPUT ! -d 128.0.0.0/8 -p udp -j DROP", true },
		{ "-A OUTPUT -s 127.0.0.1 -j DROP", true },
		{ "-A OUTPUT ! -s 127.0.0.1 -j DROP", false },
		{ "-A OUTPUT -o lo -j DROP", true },
		{ "-A OUTPUT -o l+ -j DROP", true },
		{ "-A OUTPUT -o eth0 -j DROP", false },
		{ "-A OUTPUT ! -o eth0 -j DROP", true },
		{ "-A OUTPUT ! -p tcp -j DROP", true },
		{ "-A OUTPUT -p 17 -j DROP", true },
		{ "-A OUTPUT -p udp --sport 0:65535 --dport 7053: -j DROP", true },
		{ "-A OUTPUT -p udp --dport :7052 -j DROP", false },
		{ "-A OUTPUT -p tcp -j DROP", false },
		{ "-A OUTPUT -p udp -j RETURN", false },
		{ "-A OUTPUT -p udp", false },
		{ "-A INPUT -i lo -p tcp -j DROP", false },
	};
	int fd[2];

	begin();
	datagram_pair(fd);
	for (size_t i = 0; i < sizeof(table) / sizeof(table[0]); i++) {
		firewall("-F");
		firewall(table[i].rule);
		if (table[i].drops)
			assert_fails(send(fd[0], "x", 1, 0), EPERM);
		else
			assert_int_equal(send(fd[0], "x", 1, 0), 1);
	}
	close_pair(fd);
}

TEST(policy_decides_where_no_rule_does)
{
	int fd[2];

	begin();
	datagram_pair(fd);
	firewall("-P OUTPUT DROP");
	assert_fails(send(fd[0], "x", 1, 0), EPERM);
	firewall("-A OUTPUT -p udp -j ACCEPT");
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	firewall("-P OUTPUT ACCEPT");
	close_pair(fd);
}

TEST(refusal_itself_can_be_filtered)
{
	int fd;

	begin();
	fd = new_socket(AF_INET, SOCK_DGRAM);
	assert_ok(connect4(fd, here()));
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	firewall("-A INPUT -p icmp --icmp-type port-unreachable -j DROP");
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(pending_error(fd), 0);
	firewall("-F");
	firewall("-A OUTPUT -p icmp --icmp-type 3/3 -j DROP");
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(pending_error(fd), 0);
	firewall("-F");
	firewall("-A OUTPUT -p icmp --icmp-type 3/1 -j DROP");
	assert_int_equal(send(fd, "x", 1, 0), 1);
	assert_int_equal(pending_error(fd), ECONNREFUSED);
	assert_ok(close(fd));
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(output_drop_of_a_datagram_is_eperm_and_nothing_goes),
	DUAL_TEST(output_drop_holds_for_the_datagram_before_it_is_cut_into_fragments),
	DUAL_TEST(output_drop_of_what_was_gathered_is_eperm_for_the_call_that_sends_it),
	DUAL_TEST(ipv4s_rules_do_not_hold_for_ipv6),
	DUAL_TEST(input_drop_of_a_datagram_is_silent),
	DUAL_TEST(input_reject_of_a_datagram_is_told_by_the_next_call),
	DUAL_TEST(host_unknown_is_ehostdown_at_the_next_call),
	DUAL_TEST(output_reject_of_a_datagram_is_eperm_and_then_what_it_says),
	DUAL_TEST(reject_that_also_meets_its_own_answer_is_not_told),
	DUAL_TEST(dropped_syn_is_not_told),
	DUAL_TEST(rejected_syn_tells_connect_what_it_says),
	DUAL_TEST(syn_alone_can_be_refused_and_connections_go_on),
	DUAL_TEST(dropped_segments_are_sent_again_once_they_may),
	DUAL_TEST(rejected_segments_leave_a_soft_error_and_the_connection),
	DUAL_TEST(reset_for_an_answer_ends_the_senders_side),
	DUAL_TEST(first_rule_that_matches_decides),
	DUAL_TEST(addresses_and_interfaces_match),
	DUAL_TEST(policy_decides_where_no_rule_does),
	DUAL_TEST(refusal_itself_can_be_filtered),
};

BEHAVIOUR_MAIN("firewall", tests)
