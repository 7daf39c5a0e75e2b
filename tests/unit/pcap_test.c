/* SPDX-License-Identifier: MIT */
/*
 * Captures: the file's form, the stamps, and what tshark says of it (no malformed packet, no wrong checksum).
 * Without tshark that last test is skipped.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>
#include <errno.h>
#include <netinet/in.h>
#include <unistd.h>

#include "api/pcap/pcap.h"
#include "tests/support/two_hosts.h"

enum { NUM_DATAGRAMS = 30 };

static char path[300];

static void make_path(void)
{
	const char *dir = getenv("TEST_TMPDIR");

	assert_true(snprintf(path, sizeof path, "%s/capture-%d.pcap", dir ? dir : "/tmp", (int)getpid()) <
		    (int)sizeof path);
}

static struct sim_packet *segment(struct net_fixture *f, bool six, uint8_t flags, const char *data)
{
	struct sim_packet *p = sim_packet_new(f->ctx.arena, &f->ctx.next_packet_id);
	struct sim_slab *tail = NULL;

	p->proto = IPPROTO_TCP;
	p->src = net_addr(six ? "fd00::1" : "10.0.0.1");
	p->dst = net_addr(six ? "fd00::2" : "10.0.0.2");
	p->sport = 40000;
	p->dport = 80;
	p->ttl = 64;
	p->tcp.seq = flags & SIM_TCP_SYN ? 1000 : 1001;
	p->tcp.flags = flags;
	p->tcp.window = 64240;
	p->tcp.options = SIM_TCPOPT_TIMESTAMPS;
	if (flags & SIM_TCP_SYN)
		p->tcp.options |= SIM_TCPOPT_MSS | SIM_TCPOPT_WSCALE | SIM_TCPOPT_SACK_PERMITTED;
	p->tcp.mss = 1460;
	p->tcp.wscale = 7;
	if (*data)
		assert_int_equal(sim_bytes_append_raw(f->ctx.arena, &tail, data, strlen(data), &p->payload),
				 0);
	return p;
}

static void drop_it(struct sim_ip *ip, struct sim_packet *p)
{
	sim_packet_free(ip->net->ctx->arena, p);
}

static const struct sim_ip_protocol deaf = { .deliver = drop_it };

/* UDP of many sizes both ways and families, refusals, fragments, TCP's options, lost packets. */
static unsigned traffic(void)
{
	struct net_fixture *f = net_new(2, 1);
	struct sim_sock *four, *six;
	struct sim_pcap *pcap;
	static char data[5000];
	unsigned num_sent;

	net_other_protocol = &deaf;
	assert_int_equal(sim_pcap_open(&pcap, &f->ctx.trace, path), 0);
	net_set(f, 0, 1, "delay 1500us loss 5%");
	assert_int_equal(sim_udp_sock_new(&f->hosts[0].net, AF_INET, &four), 0);
	assert_int_equal(sim_udp_sock_new(&f->hosts[0].net, AF_INET6, &six), 0);
	for (int i = 0; i < NUM_DATAGRAMS; i++) {
		struct sim_sockaddr a = net_name(AF_INET, i % 3 ? "10.0.0.2" : "127.0.0.1", 9);
		struct sim_sockaddr b = net_name(AF_INET6, i % 3 ? "fd00::2" : "::1", 9);
		size_t len = (size_t)i * i * 5;
		struct iovec iov = { data, len };
		struct sim_msg m = { .it = { &iov, 1, 0 }, .len = len, .nonblock = true, .to = &a };

		assert_int_equal(sim_udp_sock_ops.send(four, NULL, &m), len);
		m.it = (struct sim_iter){ &iov, 1, 0 };
		m.to = &b;
		assert_int_equal(sim_udp_sock_ops.send(six, NULL, &m), len);
		net_run(f, sim_now(&f->ctx) + 3 * SIM_NS_PER_S);
	}
	for (int i = 0; i < 2; i++) {
		sim_wire_send(net_wire(f, 0, 1), segment(f, i, SIM_TCP_SYN, ""));
		sim_wire_send(net_wire(f, 0, 1), segment(f, i, SIM_TCP_ACK | SIM_TCP_PSH, "hello"));
	}
	net_run(f, 200 * SIM_NS_PER_S);
	net_close(four);
	net_close(six);
	num_sent = net_count(f, SIM_TRACE_SEND, 0);
	assert_int_equal(sim_pcap_close(pcap), 0);
	net_other_protocol = NULL;
	net_free(f);
	return num_sent;
}

static void file_holds_every_packet_sent(void **state)
{
	unsigned num_sent, num = 0;
	uint32_t head[6], rec[4];
	uint64_t last_ns = 0;
	FILE *file;

	(void)state;
	make_path();
	num_sent = traffic();
	file = fopen(path, "rb");
	assert_non_null(file);
	assert_int_equal(fread(head, sizeof head, 1, file), 1);
	assert_int_equal(head[0], 0xa1b23c4d);
	assert_int_equal(head[1], 2 | 4 << 16);
	assert_int_equal(head[5], 1);
	while (fread(rec, sizeof rec, 1, file) == 1) {
		uint64_t at_ns = (uint64_t)rec[0] * 1000000000 + rec[1];

		assert_true(at_ns >= last_ns);
		assert_true(rec[1] < 1000000000);
		assert_int_equal(rec[2], rec[3]);
		assert_int_equal(fseek(file, (long)rec[2], SEEK_CUR), 0);
		last_ns = at_ns;
		num++;
	}
	assert_int_equal(num, num_sent);
	assert_true(num > 100);
	assert_true(last_ns > 0);
	fclose(file);
	remove(path);
}

static void tshark_finds_nothing_wrong(void **state)
{
	char command[1200], line[400];
	unsigned num_sent, num = 0, num_bad = 0;
	FILE *out;

	(void)state;
	if (system("command -v tshark >/dev/null 2>&1"))
		skip();
	make_path();
	num_sent = traffic();
	snprintf(command, sizeof command,
		 "HOME=%.*s tshark -n -r %s "
		 "-o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE -o ip.check_checksum:TRUE "
		 "-T fields -e frame.number -e _ws.malformed -e ip.checksum.status "
		 "-e udp.checksum.status -e tcp.checksum.status -e icmp.checksum.status "
		 "-e icmpv6.checksum.status -E separator=, -E occurrence=a "
		 "-E aggregator=: 2>/dev/null",
		 (int)(strrchr(path, '/') - path), path, path);
	out = popen(command, "r");
	assert_non_null(out);
	while (fgets(line, sizeof line, out)) {
		const char *rest = strchr(line, ',');

		num++;
		assert_non_null(rest);
		/* 0 is bad; malformed has a text. 1 is good, 2 not checked (quoted and cut packets). */
		for (; *rest && *rest != '\n'; rest++)
			num_bad += *rest != ',' && *rest != ':' && *rest != '1' && *rest != '2';
	}
	assert_int_equal(pclose(out), 0);
	assert_int_equal(num_bad, 0);
	assert_int_equal(num, num_sent);
	remove(path);
}

static void errors_of_the_file_are_told(void **state)
{
	struct net_fixture *f = net_new(1, 1);
	struct sim_pcap *pcap;

	(void)state;
	assert_int_equal(sim_pcap_open(&pcap, &f->ctx.trace, "/nowhere/at/all.pcap"), -ENOENT);
	assert_int_equal(sim_pcap_close(NULL), 0);
	if (!access("/dev/full", W_OK)) {
		assert_int_equal(sim_pcap_open(&pcap, &f->ctx.trace, "/dev/full"), 0);
		assert_int_equal(sim_pcap_close(pcap), -ENOSPC);
	}
	assert_int_equal(f->ctx.trace.num_sinks, 1);
	net_free(f);
}

static const struct CMUnitTest tests[] = {
	cmocka_unit_test(file_holds_every_packet_sent),
	cmocka_unit_test(tshark_finds_nothing_wrong),
	cmocka_unit_test(errors_of_the_file_are_told),
};

int main(void)
{
	return cmocka_run_group_tests_name("pcap", tests, NULL, NULL);
}
