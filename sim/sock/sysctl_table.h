/* SPDX-License-Identifier: MIT */
/*
 * The sysctls of a host, under their Linux names: field, name, default, minimum, maximum. A three-valued one
 * (min, default, max) is three rows with an index. Defaults are those of Linux 6.18 on a machine with plenty
 * of memory.
 */
#ifndef SIM_SOCK_SYSCTL_TABLE_H
#define SIM_SOCK_SYSCTL_TABLE_H

/* clang-format off */
#define SIM_SYSCTL_TABLE(X) \
	X(core_wmem_default,	"net.core.wmem_default",		0, 212992, 4608, INT32_MAX) \
	X(core_wmem_max,	"net.core.wmem_max",			0, 4194304, 4608, INT32_MAX) \
	X(core_rmem_default,	"net.core.rmem_default",		0, 212992, 2304, INT32_MAX) \
	X(core_rmem_max,	"net.core.rmem_max",			0, 4194304, 2304, INT32_MAX) \
	X(core_optmem_max,	"net.core.optmem_max",			0, 131072, 0, INT32_MAX) \
	X(core_somaxconn,	"net.core.somaxconn",			0, 4096, 0, 65535) \
	X(tcp_wmem_min,		"net.ipv4.tcp_wmem",			0, 4096, 1, INT32_MAX) \
	X(tcp_wmem_default,	"net.ipv4.tcp_wmem",			1, 16384, 1, INT32_MAX) \
	X(tcp_wmem_max,		"net.ipv4.tcp_wmem",			2, 4194304, 1, INT32_MAX) \
	X(tcp_rmem_min,		"net.ipv4.tcp_rmem",			0, 4096, 1, INT32_MAX) \
	X(tcp_rmem_default,	"net.ipv4.tcp_rmem",			1, 131072, 1, INT32_MAX) \
	X(tcp_rmem_max,		"net.ipv4.tcp_rmem",			2, 33554432, 1, INT32_MAX) \
	X(ip_default_ttl,	"net.ipv4.ip_default_ttl",		0, 64, 1, 255) \
	X(ip6_hop_limit,	"net.ipv6.conf.all.hop_limit",		0, 64, 1, 255) \
	X(port_first,		"net.ipv4.ip_local_port_range",		0, 32768, 1, 65535) \
	X(port_last,		"net.ipv4.ip_local_port_range",		1, 60999, 1, 65535) \
	X(port_unprivileged,	"net.ipv4.ip_unprivileged_port_start",	0, 1024, 0, 65535) \
	X(ipfrag_time,		"net.ipv4.ipfrag_time",			0, 30, 1, 3600) \
	X(tcp_syn_retries,	"net.ipv4.tcp_syn_retries",		0, 6, 1, 127) \
	X(tcp_synack_retries,	"net.ipv4.tcp_synack_retries",		0, 5, 0, 255) \
	X(tcp_syn_linear_timeouts, "net.ipv4.tcp_syn_linear_timeouts",	0, 4, 0, 255) \
	X(tcp_retries2,		"net.ipv4.tcp_retries2",		0, 15, 0, 255) \
	X(tcp_orphan_retries,	"net.ipv4.tcp_orphan_retries",		0, 0, 0, 255) \
	X(tcp_fin_timeout,	"net.ipv4.tcp_fin_timeout",		0, 60, 0, 86400) \
	X(tcp_window_scaling,	"net.ipv4.tcp_window_scaling",		0, 1, 0, 1) \
	X(tcp_timestamps,	"net.ipv4.tcp_timestamps",		0, 1, 0, 2) \
	X(tcp_abort_on_overflow, "net.ipv4.tcp_abort_on_overflow",	0, 0, 0, 1) \
	X(tcp_fastopen,		"net.ipv4.tcp_fastopen",		0, 1, 0, INT32_MAX) \
	X(tcp_stdurg,		"net.ipv4.tcp_stdurg",			0, 0, 0, 1) \
	X(tcp_notsent_lowat,	"net.ipv4.tcp_notsent_lowat",		0, INT32_MAX, 0, INT32_MAX) \
	X(tcp_max_syn_backlog,	"net.ipv4.tcp_max_syn_backlog",		0, 4096, 0, INT32_MAX) \
	X(unix_max_dgram_qlen,	"net.unix.max_dgram_qlen",		0, 10, 0, INT32_MAX) \
	X(tcp_mem_low,		"net.ipv4.tcp_mem",			0, 287898, 0, INT32_MAX) \
	X(tcp_mem_pressure,	"net.ipv4.tcp_mem",			1, 383865, 0, INT32_MAX) \
	X(tcp_mem_max,		"net.ipv4.tcp_mem",			2, 575796, 0, INT32_MAX) \
	X(udp_mem_low,		"net.ipv4.udp_mem",			0, 575796, 0, INT32_MAX) \
	X(udp_mem_pressure,	"net.ipv4.udp_mem",			1, 767731, 0, INT32_MAX) \
	X(udp_mem_max,		"net.ipv4.udp_mem",			2, 1151592, 0, INT32_MAX) \
	X(neigh4_base_reachable_ms,	"net.ipv4.neigh.default.base_reachable_time_ms",	0, 30000, 0, INT32_MAX) \
	X(neigh4_delay_first_probe,	"net.ipv4.neigh.default.delay_first_probe_time",	0, 5, 0, 2147483) \
	X(neigh4_retrans_ms,	"net.ipv4.neigh.default.retrans_time_ms",	0, 1000, 0, INT32_MAX) \
	X(neigh4_ucast_solicit,	"net.ipv4.neigh.default.ucast_solicit",	0, 3, 0, 100) \
	X(neigh4_mcast_solicit,	"net.ipv4.neigh.default.mcast_solicit",	0, 3, 0, 100) \
	X(neigh4_mcast_resolicit,	"net.ipv4.neigh.default.mcast_resolicit",	0, 0, 0, 100) \
	X(neigh4_unres_qlen_bytes,	"net.ipv4.neigh.default.unres_qlen_bytes",	0, 212992, 0, INT32_MAX) \
	X(neigh4_gc_stale,	"net.ipv4.neigh.default.gc_stale_time",	0, 60, 0, 2147483) \
	X(neigh4_gc_thresh1,	"net.ipv4.neigh.default.gc_thresh1",	0, 128, 0, INT32_MAX) \
	X(neigh4_gc_thresh3,	"net.ipv4.neigh.default.gc_thresh3",	0, 1024, 0, INT32_MAX) \
	X(neigh4_locktime,	"net.ipv4.neigh.default.locktime",	0, 100, 0, 2147483) \
	X(neigh6_base_reachable_ms,	"net.ipv6.neigh.default.base_reachable_time_ms",	0, 30000, 0, INT32_MAX) \
	X(neigh6_delay_first_probe,	"net.ipv6.neigh.default.delay_first_probe_time",	0, 5, 0, 2147483) \
	X(neigh6_retrans_ms,	"net.ipv6.neigh.default.retrans_time_ms",	0, 1000, 0, INT32_MAX) \
	X(neigh6_ucast_solicit,	"net.ipv6.neigh.default.ucast_solicit",	0, 3, 0, 100) \
	X(neigh6_mcast_solicit,	"net.ipv6.neigh.default.mcast_solicit",	0, 3, 0, 100) \
	X(neigh6_mcast_resolicit,	"net.ipv6.neigh.default.mcast_resolicit",	0, 0, 0, 100) \
	X(neigh6_unres_qlen_bytes,	"net.ipv6.neigh.default.unres_qlen_bytes",	0, 212992, 0, INT32_MAX) \
	X(neigh6_gc_stale,	"net.ipv6.neigh.default.gc_stale_time",	0, 60, 0, 2147483) \
	X(neigh6_gc_thresh1,	"net.ipv6.neigh.default.gc_thresh1",	0, 128, 0, INT32_MAX) \
	X(neigh6_gc_thresh3,	"net.ipv6.neigh.default.gc_thresh3",	0, 1024, 0, INT32_MAX) \
	X(ip_forward,		"net.ipv4.ip_forward",			0, 0, 0, 1) \
	X(ip6_forwarding,	"net.ipv6.conf.all.forwarding",		0, 0, 0, 1) \
	X(keep_addr_on_down,	"net.ipv6.conf.all.keep_addr_on_down",	0, 0, 0, 1) \
	X(bindv6only,		"net.ipv6.bindv6only",			0, 0, 0, 1) \
	SIM_SWITCH_TABLE(X)

/* Where the specification allows more than one behaviour: 0 is Linux's. Values are words, or their numbers. */
#define SIM_SWITCH_TABLE(X) \
	X(sw_eisconn,		"simsock.eisconn",			0, 0, 0, 2) \
	X(sw_enobufs,		"simsock.enobufs",			0, 0, 0, 1) \
	X(sw_unconnected_send,	"simsock.unconnected_send",		0, 0, 0, 2) \
	X(sw_no_destination,	"simsock.no_destination",		0, 0, 0, 2) \
	X(sw_sigpipe,		"simsock.sigpipe",			0, 0, 0, 1) \
	X(sw_interrupted_send,	"simsock.interrupted_send",		0, 0, 0, 1) \
	X(sw_no_memory,		"simsock.no_memory",			0, 0, 0, 2) \
	X(mem_limit,		"simsock.mem_limit",			0, 0, 0, INT32_MAX) \
	X(sw_seqpacket_eor,	"simsock.seqpacket_eor",		0, 0, 0, 1) \
	X(sw_link_down,		"simsock.link_down",			0, 0, 0, 1)

/* The words of a sysctl that takes words, from 0 on. */
#define SIM_SYSCTL_WORDS_TABLE(X) \
	X("simsock.eisconn",		"linux", "always", "never") \
	X("simsock.enobufs",		"drop", "report") \
	X("simsock.unconnected_send",	"linux", "epipe", "enotconn") \
	X("simsock.no_destination",	"linux", "edestaddrreq", "enotconn") \
	X("simsock.sigpipe",		"raise", "suppress") \
	X("simsock.interrupted_send",	"count", "eintr") \
	X("simsock.no_memory",		"linux", "enomem", "enobufs") \
	X("simsock.seqpacket_eor",	"hide", "show") \
	X("simsock.link_down",		"enetunreach", "enetdown")

/* Of these, what is kept and given back without effect: memory pressure and users' ports are not simulated. */
#define SIM_SYSCTL_STORED_TABLE(X) \
	X("net.ipv4.tcp_mem", 0) \
	X("net.ipv4.tcp_mem", 1) \
	X("net.ipv4.udp_mem", 0) \
	X("net.ipv4.udp_mem", 1) \
	X("net.ipv4.tcp_rmem", 0) \
	X("net.ipv4.ip_unprivileged_port_start", 0)
/* clang-format on */

#endif
