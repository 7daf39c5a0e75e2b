/* SPDX-License-Identifier: MIT */
/* Times of arrival and of sending: socket(7), SO_TIMESTAMP; Linux's timestamping.rst. */
#include "tests/behaviour/control.h"

#include <linux/errqueue.h>
#include <linux/net_tstamp.h>

/* Linux's numbers; libc's names of them depend on the width of time_t. */
enum {
	TIMESTAMP_OLD = 29,
	TIMESTAMPNS_OLD = 35,
	TIMESTAMPING_OLD = 37,
	TIMESTAMP_NEW = 63,
	TIMESTAMPNS_NEW = 64,
	TIMESTAMPING_NEW = 65,
	TS_OPT_ID = 81,
};

enum {
	SOFTWARE = SOF_TIMESTAMPING_SOFTWARE,
	RX = SOF_TIMESTAMPING_RX_SOFTWARE,
	TX = SOF_TIMESTAMPING_TX_SOFTWARE
};

/* Is that time, of seconds and a part, now? */
static void assert_is_now(const struct cmsghdr *c, int64_t parts)
{
	struct timespec now;
	int64_t at[2];

	memcpy(at, CMSG_DATA(c), sizeof(at));
	assert_ok(clock_gettime(CLOCK_REALTIME, &now));
	assert_in_range(at[0], now.tv_sec - 2, now.tv_sec);
	assert_in_range(at[1], 0, parts - 1);
}

/* The kernel begins to note times a moment after it was asked to. */
static void begin(int from, int to)
{
	struct message m;

	for (int i = 0; i < 100; i++) {
		assert_int_equal(send(from, "x", 1, 0), 1);
		await(to, POLLIN);
		assert_int_equal(message_receive(to, &m, 0), 1);
		if (message_count(&m))
			return;
		settle();
	}
}

TEST(four_options_are_one_setting)
{
	static const int options[] = { TIMESTAMP_OLD, TIMESTAMPNS_OLD, TIMESTAMP_NEW, TIMESTAMPNS_NEW };
	static const int reads[4][4] = { { 1, 0, 0, 0 }, { 0, 1, 0, 0 }, { 0, 0, 1, 0 }, { 0, 0, 1, 1 } };
	int fd = new_socket(AF_INET, SOCK_DGRAM);

	for (int i = 0; i < 4; i++) {
		assert_ok(set_int(fd, SOL_SOCKET, options[i], 1));
		for (int k = 0; k < 4; k++)
			assert_int_equal(get_int(fd, SOL_SOCKET, options[k]), reads[i][k]);
	}
	assert_ok(set_int(fd, SOL_SOCKET, TIMESTAMPNS_OLD, 0));
	for (int k = 0; k < 4; k++)
		assert_int_equal(get_int(fd, SOL_SOCKET, options[k]), 0);
	assert_ok(close(fd));
}

TEST(datagram_tells_when_it_came)
{
	static const struct {
		int option;
		int64_t parts;
	} forms[] = { { TIMESTAMP_OLD, 1000000 },
		      { TIMESTAMPNS_OLD, 1000000000 },
		      { TIMESTAMP_NEW, 1000000 },
		      { TIMESTAMPNS_NEW, 1000000000 } };
	struct message m;
	int fd[2];

	udp_pair(fd);
	for (int i = 0; i < 4; i++) {
		assert_ok(set_int(fd[1], SOL_SOCKET, forms[i].option, 1));
		assert_int_equal(send(fd[0], "x", 1, 0), 1);
		assert_int_equal(message_receive(fd[1], &m, 0), 1);
		assert_int_equal(message_count(&m), 1);
		assert_int_equal(message_at(&m, 0, SOL_SOCKET, forms[i].option)->cmsg_len, CMSG_LEN(16));
		assert_is_now(CMSG_FIRSTHDR(&m.h), forms[i].parts);
	}
	close_pair(fd);
}

TEST(timestamping_has_room_for_three)
{
	int64_t times[6];
	struct message m;
	int fd[2];

	udp_pair(fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, TIMESTAMPING_OLD, RX | SOFTWARE));
	begin(fd[0], fd[1]);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(message_receive(fd[1], &m, 0), 1);
	assert_int_equal(message_count(&m), 1);
	assert_int_equal(message_at(&m, 0, SOL_SOCKET, TIMESTAMPING_OLD)->cmsg_len, CMSG_LEN(sizeof(times)));
	assert_is_now(CMSG_FIRSTHDR(&m.h), 1000000000);
	memcpy(times, CMSG_DATA(CMSG_FIRSTHDR(&m.h)), sizeof(times));
	for (int i = 2; i < 6; i++)
		assert_int_equal(times[i], 0);
	assert_ok(set_int(fd[1], SOL_SOCKET, TIMESTAMPING_NEW, RX | SOFTWARE));
	begin(fd[0], fd[1]);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(message_receive(fd[1], &m, 0), 1);
	message_at(&m, 0, SOL_SOCKET, TIMESTAMPING_NEW);
	/* Not asked to be reported. */
	assert_ok(set_int(fd[1], SOL_SOCKET, TIMESTAMPING_OLD, RX));
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(message_receive(fd[1], &m, 0), 1);
	assert_int_equal(message_count(&m), 0);
	close_pair(fd);
}

TEST(timestamping_flags_that_are_refused)
{
	int fd = new_socket(AF_INET, SOCK_DGRAM), tcp = new_socket(AF_INET, SOCK_STREAM);
	uint32_t back[2];
	socklen_t len = sizeof(back);

	assert_fails(set_int(fd, SOL_SOCKET, TIMESTAMPING_OLD, 1 << 19), EINVAL);
	assert_fails(set_int(fd, SOL_SOCKET, TIMESTAMPING_OLD, SOF_TIMESTAMPING_OPT_STATS), EINVAL);
	assert_fails(set_int(fd, SOL_SOCKET, TIMESTAMPING_OLD, 1 << 16), EINVAL);
	assert_fails(set_int(fd, SOL_SOCKET, TIMESTAMPING_OLD, 1 << 15), EOPNOTSUPP);
	assert_ok(set_int(fd, SOL_SOCKET, TIMESTAMPING_OLD, SOF_TIMESTAMPING_OPT_ID | SOFTWARE));
	assert_ok(getsockopt(fd, SOL_SOCKET, TIMESTAMPING_OLD, back, &len));
	assert_int_equal(len, 8);
	assert_int_equal(back[0], SOF_TIMESTAMPING_OPT_ID | SOFTWARE);
	assert_int_equal(back[1], 0);
	assert_fails(set_int(tcp, SOL_SOCKET, TIMESTAMPING_OLD, SOF_TIMESTAMPING_OPT_ID), EINVAL);
	assert_ok(close(tcp));
	assert_ok(close(fd));
}

/* One entry: which moment, and which number. Gives the number of bytes. */
static ssize_t read_stamp(int fd, struct message *m, uint32_t kind, uint32_t key)
{
	struct sock_extended_err e;
	ssize_t n = message_receive(fd, m, MSG_ERRQUEUE);

	assert_true(n >= 0);
	assert_is_now(message_at(m, 0, SOL_SOCKET, TIMESTAMPING_OLD), 1000000000);
	memcpy(&e, CMSG_DATA(message_at(m, message_count(m) - 1, IPPROTO_IP, IP_RECVERR)), sizeof(e));
	assert_int_equal(e.ee_errno, ENOMSG);
	assert_int_equal(e.ee_origin, SO_EE_ORIGIN_TIMESTAMPING);
	assert_int_equal(e.ee_type, 0);
	assert_int_equal(e.ee_info, kind);
	assert_int_equal(e.ee_data, key);
	return n;
}

TEST(sending_is_told_with_the_packet)
{
	enum { HEADERS = 14 + 20 + 8 };
	struct message m;
	int fd[2];

	udp_pair(fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, TIMESTAMPING_OLD,
			  TX | SOF_TIMESTAMPING_TX_SCHED | SOFTWARE | SOF_TIMESTAMPING_OPT_ID));
	assert_int_equal(send(fd[0], "stamp", 5, 0), 5);
	assert_true(ready(fd[0], POLLOUT) & POLLERR);
	assert_int_equal(pending_error(fd[0]), 0);
	assert_int_equal(read_stamp(fd[0], &m, SCM_TSTAMP_SCHED, 0), HEADERS + 5);
	assert_int_equal((unsigned char)m.data[12], 0x08);
	assert_int_equal((unsigned char)m.data[14], 0x45);
	assert_memory_equal(m.data + HEADERS, "stamp", 5);
	assert_int_equal(read_stamp(fd[0], &m, SCM_TSTAMP_SND, 0), HEADERS + 5);
	assert_int_equal(send(fd[0], "stamp", 5, 0), 5);
	read_stamp(fd[0], &m, SCM_TSTAMP_SCHED, 1);
	read_stamp(fd[0], &m, SCM_TSTAMP_SND, 1);
	assert_fails(message_receive(fd[0], &m, MSG_ERRQUEUE), EAGAIN);
	close_pair(fd);
}

TEST(tsonly_leaves_the_packet_out_and_cmsg_adds_what_is_known)
{
	struct in_pktinfo info;
	struct message m;
	int fd[2];

	udp_pair(fd);
	assert_ok(set_int(fd[0], IPPROTO_IP, IP_PKTINFO, 1));
	assert_ok(set_int(fd[0], SOL_SOCKET, TIMESTAMPING_OLD,
			  TX | SOFTWARE | SOF_TIMESTAMPING_OPT_TSONLY | SOF_TIMESTAMPING_OPT_CMSG));
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(read_stamp(fd[0], &m, SCM_TSTAMP_SND, 0), 0);
	assert_int_equal(message_count(&m), 2);
	assert_ok(set_int(fd[0], SOL_SOCKET, TIMESTAMPING_OLD, TX | SOFTWARE | SOF_TIMESTAMPING_OPT_CMSG));
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(read_stamp(fd[0], &m, SCM_TSTAMP_SND, 0), 43);
	assert_int_equal(message_count(&m), 3);
	memcpy(&info, CMSG_DATA(message_at(&m, 1, IPPROTO_IP, IP_PKTINFO)), sizeof(info));
	assert_int_equal(info.ipi_ifindex, 1);
	assert_int_equal(info.ipi_spec_dst.s_addr, htonl(INADDR_LOOPBACK));
	close_pair(fd);
}

TEST(without_software_the_entry_comes_without_a_time)
{
	struct message m;
	int fd[2];

	udp_pair(fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, TIMESTAMPING_OLD, TX));
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_int_equal(message_receive(fd[0], &m, MSG_ERRQUEUE), 43);
	assert_int_equal(message_count(&m), 1);
	message_at(&m, 0, IPPROTO_IP, IP_RECVERR);
	close_pair(fd);
}

TEST(control_message_asks_for_one_datagram)
{
	uint32_t flags = TX, number = 4711;
	struct message m;
	int fd[2];

	udp_pair(fd);
	assert_fails(send_with(fd[0], NULL, 0, "x", 1, SOL_SOCKET, TS_OPT_ID, &number, 4), EINVAL);
	assert_ok(set_int(fd[0], SOL_SOCKET, TIMESTAMPING_OLD, SOFTWARE | SOF_TIMESTAMPING_OPT_ID));
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	assert_fails(message_receive(fd[0], &m, MSG_ERRQUEUE), EAGAIN);
	assert_int_equal(send_with(fd[0], NULL, 0, "x", 1, SOL_SOCKET, TIMESTAMPING_OLD, &flags, 4), 1);
	read_stamp(fd[0], &m, SCM_TSTAMP_SND, 0);
	message_init(&m, "x", 1);
	message_add(&m, SOL_SOCKET, TIMESTAMPING_OLD, &flags, 4);
	message_add(&m, SOL_SOCKET, TS_OPT_ID, &number, 4);
	assert_int_equal(sendmsg(fd[0], &m.h, 0), 1);
	read_stamp(fd[0], &m, SCM_TSTAMP_SND, 4711);
	flags = SOFTWARE;
	assert_fails(send_with(fd[0], NULL, 0, "x", 1, SOL_SOCKET, TIMESTAMPING_OLD, &flags, 4), EINVAL);
	close_pair(fd);
}

TEST(tcp_tells_of_the_last_byte_of_a_call)
{
	struct message m;
	int fd[2];
	char b[16];

	tcp_pair(fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, TIMESTAMPING_OLD,
			  TX | SOF_TIMESTAMPING_TX_SCHED | SOF_TIMESTAMPING_TX_ACK | SOFTWARE |
				  SOF_TIMESTAMPING_OPT_ID | SOF_TIMESTAMPING_OPT_TSONLY));
	assert_int_equal(send(fd[0], "stamps", 6, 0), 6);
	read_stamp(fd[0], &m, SCM_TSTAMP_SCHED, 5);
	read_stamp(fd[0], &m, SCM_TSTAMP_SND, 5);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 6);
	await(fd[0], 0);
	read_stamp(fd[0], &m, SCM_TSTAMP_ACK, 5);
	assert_int_equal(send(fd[0], "more", 4, 0), 4);
	read_stamp(fd[0], &m, SCM_TSTAMP_SCHED, 9);
	tcp_end(fd);
}

TEST(tcp_gives_the_bytes_back_when_they_are_acknowledged)
{
	struct message m;
	int fd[2];
	char b[16];

	tcp_pair(fd);
	assert_ok(set_int(fd[0], SOL_SOCKET, TIMESTAMPING_OLD, SOF_TIMESTAMPING_TX_ACK | SOFTWARE));
	assert_int_equal(send(fd[0], "stamps", 6, 0), 6);
	assert_int_equal(recv(fd[1], b, sizeof(b), 0), 6);
	await(fd[0], 0);
	assert_int_equal(read_stamp(fd[0], &m, SCM_TSTAMP_ACK, 0), 6);
	assert_memory_equal(m.data, "stamps", 6);
	tcp_end(fd);
}

TEST(stream_tells_when_bytes_came)
{
	struct message m;
	int fd[2];

	tcp_pair(fd);
	assert_ok(set_int(fd[1], SOL_SOCKET, TIMESTAMP_OLD, 1));
	begin(fd[0], fd[1]);
	assert_int_equal(send(fd[0], "x", 1, 0), 1);
	await(fd[1], POLLIN);
	assert_int_equal(message_receive(fd[1], &m, 0), 1);
	assert_int_equal(message_count(&m), 1);
	assert_is_now(message_at(&m, 0, SOL_SOCKET, TIMESTAMP_OLD), 1000000);
	tcp_end(fd);
}

TEST(unix_records_have_times_and_streams_have_not)
{
	static const int types[] = { SOCK_DGRAM, SOCK_SEQPACKET, SOCK_STREAM };
	struct message m;
	int fd[2];

	for (int i = 0; i < 3; i++) {
		unix_pair(types[i], fd);
		assert_ok(set_int(fd[1], SOL_SOCKET, TIMESTAMP_OLD, 1));
		assert_ok(set_int(fd[1], SOL_SOCKET, SO_PASSCRED, 1));
		assert_int_equal(send(fd[0], "x", 1, 0), 1);
		assert_int_equal(message_receive(fd[1], &m, 0), 1);
		assert_int_equal(message_count(&m), i < 2 ? 2 : 1);
		if (i < 2)
			assert_is_now(message_at(&m, 0, SOL_SOCKET, TIMESTAMP_OLD), 1000000);
		message_at(&m, i < 2, SOL_SOCKET, SCM_CREDENTIALS);
		close_pair(fd);
	}
}

static const struct CMUnitTest tests[] = {
	DUAL_TEST(four_options_are_one_setting),
	DUAL_TEST(datagram_tells_when_it_came),
	DUAL_TEST(timestamping_has_room_for_three),
	DUAL_TEST(timestamping_flags_that_are_refused),
	DUAL_TEST(sending_is_told_with_the_packet),
	DUAL_TEST(tsonly_leaves_the_packet_out_and_cmsg_adds_what_is_known),
	DUAL_TEST(without_software_the_entry_comes_without_a_time),
	DUAL_TEST(control_message_asks_for_one_datagram),
	DUAL_TEST(tcp_tells_of_the_last_byte_of_a_call),
	DUAL_TEST(tcp_gives_the_bytes_back_when_they_are_acknowledged),
	DUAL_TEST(stream_tells_when_bytes_came),
	DUAL_TEST(unix_records_have_times_and_streams_have_not),
};

BEHAVIOUR_MAIN("timestamps", tests)
