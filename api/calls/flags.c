/* SPDX-License-Identifier: MIT */
/* The tables: see flags.h. send(2), recv(2), tcp(7), udp(7), unix(7), fcntl(2), asked of
 * Linux 6.18. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/calls/flags.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/socket.h>

#include "sim/base/names.h"
#include "sim/base/str.h"
#include "sim/ip/inet.h"
#include "sim/tcp/tcp.h"
#include "sim/udp/udp.h"

/* Not in every libc's headers. */
enum { FLAG_PROBE = 0x10, FLAG_BATCH = 0x40000 };

#define NOWHERE  "-----"
#define NAMED(x) x, #x

/* clang-format off */
/* The columns: TCP, UDP, Unix stream, datagram, seqpacket. */
static const struct sim_msg_flag msg_flags[] = {
	{ MSG_OOB,           "SESEE", "S-SEE", "urgent data" },
	{ MSG_PEEK,          NOWHERE, "SSSSS", NULL },
	{ MSG_DONTROUTE,     "-S---", NOWHERE, "IPv4; IPv6 ignores it, on Linux too" },
	{ MSG_CTRUNC,        NOWHERE, "SSSSS", "reported in msg_flags: there was no room for control messages" },
	{ FLAG_PROBE,        "-S---", NOWHERE, "looks the way up and sends nothing" },
	{ MSG_TRUNC,         NOWHERE, "SS-SS", "reported in msg_flags for datagrams and records" },
	{ MSG_DONTWAIT,      "SSSSS", "SSSSS", NULL },
	{ MSG_EOR,           "S---S", "----S", "TCP: no segment goes across it; seqpacket: shown with simsock.seqpacket_eor" },
	{ MSG_WAITALL,       NOWHERE, "S-S--", NULL },
	{ MSG_FIN,           NOWHERE, NOWHERE, NULL },
	{ MSG_SYN,           NOWHERE, NOWHERE, NULL },
	{ MSG_CONFIRM,       "-S---", NOWHERE, "confirms the neighbour, on an interface with arp on" },
	{ MSG_RST,           NOWHERE, NOWHERE, NULL },
	{ MSG_ERRQUEUE,      NOWHERE, "SS---", NULL },
	{ MSG_NOSIGNAL,      "S-S--", NOWHERE, NULL },
	{ MSG_MORE,          "SS---", NOWHERE, NULL },
	{ MSG_WAITFORONE,    NOWHERE, "SSSSS", "recvmmsg" },
	{ FLAG_BATCH,        NOWHERE, NOWHERE, NULL },
	{ MSG_ZEROCOPY,      "SS---", NOWHERE, "with SO_ZEROCOPY; the bytes are copied all the same" },
	{ MSG_FASTOPEN,      "S----", NOWHERE, "connects; no cookies, so that data follows the handshake" },
	{ MSG_CMSG_CLOEXEC,  NOWHERE, "ssSSS", "recvmsg, recvmmsg" },
};

static const struct sim_number_info fcntl_commands[] = {
	{ NAMED(F_DUPFD),	  SIM_FIDELITY_SIMULATED, NULL },
	{ NAMED(F_DUPFD_CLOEXEC), SIM_FIDELITY_SIMULATED, NULL },
	{ NAMED(F_GETFD),	  SIM_FIDELITY_SIMULATED, NULL },
	{ NAMED(F_SETFD),	  SIM_FIDELITY_SIMULATED, NULL },
	{ NAMED(F_GETFL),	  SIM_FIDELITY_SIMULATED, NULL },
	{ NAMED(F_SETFL),	  SIM_FIDELITY_SIMULATED, "O_ASYNC is stored: no SIGIO" },
	{ NAMED(F_GETOWN),	  SIM_FIDELITY_SIMULATED, NULL },
	{ NAMED(F_SETOWN),	  SIM_FIDELITY_SIMULATED, "SIGURG; no SIGIO" },
	{ NAMED(F_GETOWN_EX),	  SIM_FIDELITY_SIMULATED, NULL },
	{ NAMED(F_SETOWN_EX),	  SIM_FIDELITY_SIMULATED, "a thread stands for its process" },
	{ NAMED(F_GETSIG),	  SIM_FIDELITY_SIMULATED, NULL },
	{ NAMED(F_SETSIG),	  SIM_FIDELITY_STORED, "no SIGIO" },
	{ NAMED(F_GETLK),	  SIM_FIDELITY_ABSENT, NULL },
	{ NAMED(F_SETLK),	  SIM_FIDELITY_ABSENT, NULL },
	{ NAMED(F_SETLKW),	  SIM_FIDELITY_ABSENT, NULL },
};
/* clang-format on */

#define NUM_ROWS(table) (sizeof(table) / sizeof(table)[0])

const struct sim_msg_flag *sim_msg_flag(size_t n)
{
	return n < NUM_ROWS(msg_flags) ? &msg_flags[n] : NULL;
}

void sim_msg_flags_add(struct sim_str *out, int flags)
{
	unsigned left = (unsigned)flags;
	const char *sep = "";

	for (unsigned bit = 1; bit; bit <<= 1) {
		const char *name = left & bit ? sim_msg_flag_name(bit) : NULL;

		if (!name)
			continue;
		sim_str_printf(out, "%s%s", sep, name);
		left &= ~bit;
		sep = "|";
	}
	if (left)
		sim_str_printf(out, "%s0x%x", sep, left);
	else if (!*sep)
		sim_str_add(out, "0");
}

const struct sim_number_info *sim_fcntl_command(size_t n)
{
	return n < NUM_ROWS(fcntl_commands) ? &fcntl_commands[n] : NULL;
}

const char *sim_fcntl_name(int command)
{
	for (size_t i = 0; i < NUM_ROWS(fcntl_commands); i++)
		if (fcntl_commands[i].number == (uint64_t)command)
			return fcntl_commands[i].name;
	return NULL;
}

static size_t num_rows(bool (*row)(size_t n, struct sim_option_doc *doc))
{
	struct sim_option_doc doc;
	size_t n = 0;

	while (row(n, &doc))
		n++;
	return n;
}

bool sim_all_options_doc(size_t n, struct sim_option_doc *doc)
{
	static bool (*const layers[])(size_t n, struct sim_option_doc * doc) = {
		sim_sock_option_doc,
		sim_inet_option_doc,
		sim_tcp_option_doc,
		sim_udp_option_doc,
	};

	for (size_t i = 0; i < NUM_ROWS(layers); i++) {
		size_t num = num_rows(layers[i]);

		if (n < num)
			return layers[i](n, doc);
		n -= num;
	}
	return false;
}
