/* SPDX-License-Identifier: MIT */
/*
 * What the sockets of one host share (a network namespace, in Linux's words): services of the world, sysctls,
 * the list of sockets. The protocols hang their own tables here; who sees only this header sees only that
 * they exist.
 */
#ifndef SIM_SOCK_NET_H
#define SIM_SOCK_NET_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/base/list.h"
#include "sim/sock/sysctl_table.h"
#include "sim/trace/ctx.h"

struct sim_ip;
struct sim_udp;
struct sim_tcp;
struct sim_unix;

struct sim_sysctls {
#define SIM_SYSCTL_FIELD(field, name, index, initial, min, max) int32_t field;
	SIM_SYSCTL_TABLE(SIM_SYSCTL_FIELD)
#undef SIM_SYSCTL_FIELD
};

/* Variations that the specification allows, sysctls "simsock.*": zero is Linux's choice. docs/switches.md */
enum { SIM_EISCONN_LINUX, SIM_EISCONN_ALWAYS, SIM_EISCONN_NEVER };
enum { SIM_ENOBUFS_DROP, SIM_ENOBUFS_REPORT };
enum { SIM_UNCONNECTED_SEND_LINUX, SIM_UNCONNECTED_SEND_EPIPE, SIM_UNCONNECTED_SEND_ENOTCONN };
enum { SIM_NO_DESTINATION_LINUX, SIM_NO_DESTINATION_EDESTADDRREQ, SIM_NO_DESTINATION_ENOTCONN };
enum { SIM_SIGPIPE_RAISE, SIM_SIGPIPE_SUPPRESS };
enum { SIM_NO_MEMORY_LINUX, SIM_NO_MEMORY_ENOMEM, SIM_NO_MEMORY_ENOBUFS };
enum { SIM_INTERRUPTED_SEND_COUNT, SIM_INTERRUPTED_SEND_EINTR };
enum { SIM_SEQPACKET_EOR_HIDE, SIM_SEQPACKET_EOR_SHOW };

struct sim_net {
	struct sim_ctx *ctx;
	uint16_t host_id; /* from 1 */
	char name[32];
	struct sim_sysctls sysctl;
	int64_t realtime_offset_ns; /* CLOCK_REALTIME - CLOCK_MONOTONIC */
	struct sim_list sockets;    /* sim_sock.node, in order of creation */
	uint32_t num_sockets;
	uint32_t num_memory_waiters; /* sockets with wants_memory: memory.h */
	bool record; /* new sockets keep what they send and deliver, for sim_sent() and sim_delivered() */
	struct sim_ip *ip;
	struct sim_udp *udp;
	struct sim_tcp *tcp;
	struct sim_unix *unix_domain;
};

#endif
