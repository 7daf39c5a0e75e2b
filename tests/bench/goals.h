/* SPDX-License-Identifier: MIT */
/*
 * goals.h - what the benchmark is held to, one row of the table each.
 *
 * Owns: the goals and which row of a floor program (the least work such a stack could do) each is set beside.
 * Must not know: how anything is measured.  A goal of 0 is no goal.
 */
#ifndef TESTS_BENCH_GOALS_H
#define TESTS_BENCH_GOALS_H

struct bench_goal {
	const char *row;
	const char *unit;
	double ratio_min;       /* kernel cost over simulation cost */
	double cost_max;        /* of the simulation, in `unit` */
	const char *floor_row;  /* "floor.NAME.MODE" without both ends */
	double floor_ratio_max; /* simulation cost over the floor's, where the goal is said so */
	unsigned count;         /* operations for one counting of instructions */
};

static const struct bench_goal bench_goals[] = {
	{ "udp_64", "ns", 35, 90, "udp.64", 0, 2000 },
	{ "tcp_ping_pong", "ns", 33, 270, "tcp.pp.1", 0, 2000 },
	{ "tcp_64k_mss1460", "ns", 1.5, 0, "tcp.65536.mss1460.2copies", 1.3, 100 },
	{ "tcp_64k_mss64k", "ns", 3.5, 0, "tcp.65536.mss65535.2copies", 1.3, 100 },
	{ "unix_ping_pong", "ns", 30, 0, NULL, 0, 2000 },
	{ "connect_accept_close", "ns", 40, 900, "conn", 0, 512 },
	{ "socketpair_close", "ns", 80, 110, NULL, 0, 2000 },
	{ "send_full_eagain", "ns", 30, 0, "err.eagain.recv", 0, 2000 },
	{ "send_bad_ebadf", "ns", 16, 0, "err.ebadf", 0, 2000 },
	{ "epoll_1_of_10000", "ns", 15, 0, "epoll", 0, 2000 },
	{ "tcp_idle_pair_bytes", "B", 0, 1280, NULL, 0, 0 },
	{ "world_new_free", "ns", 0, 50000, NULL, 0, 50 },
};

#define BENCH_NUM_GOALS (sizeof(bench_goals) / sizeof(bench_goals[0]))

#endif
