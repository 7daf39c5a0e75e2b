/* SPDX-License-Identifier: MIT */
/*
 * What calls take by number, as tables: MSG_* flags with what each kind of socket makes of them, fcntl(2)
 * commands, ioctl(2) requests, socket options of all levels. The trace prints names from here, and so does
 * the generated list of what is simulated (simsock fidelity). Whoever teaches a protocol another flag changes
 * its row.
 */
#ifndef API_CALLS_FLAGS_H
#define API_CALLS_FLAGS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "sim/sock/option.h"

struct sim_str;

/* The columns of send[] and recv[]. */
enum sim_flag_socket {
	SIM_FLAG_TCP,
	SIM_FLAG_UDP,
	SIM_FLAG_UNIX_STREAM,
	SIM_FLAG_UNIX_DGRAM,
	SIM_FLAG_UNIX_SEQPACKET,
	SIM_FLAG_NUM_SOCKETS
};

/* One letter a kind of socket. */
#define SIM_FLAG_SIMULATED 'S'
#define SIM_FLAG_STORED    's' /* taken, without the effect that Linux gives it */
#define SIM_FLAG_NO_EFFECT '-' /* nor has it any on Linux */
#define SIM_FLAG_REFUSED   'E' /* EOPNOTSUPP or EINVAL, on Linux too */
#define SIM_FLAG_ABSENT    'A' /* Linux knows it, and we fail */

struct sim_msg_flag {
	int flag;                /* its name: sim_msg_flag_name() */
	const char *send, *recv; /* SIM_FLAG_NUM_SOCKETS letters */
	const char *note;        /* NULL: none */
};

/* Row n in the order in which strace prints them; NULL past the last. */
const struct sim_msg_flag *sim_msg_flag(size_t n);
/* "MSG_DONTWAIT|MSG_NOSIGNAL", what has no name as a number behind; no flag at all: "0". */
void sim_msg_flags_add(struct sim_str *out, int flags);

struct sim_number_info {
	uint64_t number;
	const char *name;
	enum sim_fidelity fidelity;
	const char *note; /* NULL: none */
};

/* Rows; NULL past the last. What is absent fails: EINVAL, ENOTTY. ioctl's stand in ioctl.c. */
const struct sim_number_info *sim_fcntl_command(size_t n);
const struct sim_number_info *sim_ioctl_request(size_t n);
/* NULL: it stands in no row. */
const char *sim_fcntl_name(int command);
const char *sim_ioctl_name(unsigned long number);

/* The options of all levels, one after the other; false past the last. */
bool sim_all_options_doc(size_t n, struct sim_option_doc *doc);

#endif
