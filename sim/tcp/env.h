/* SPDX-License-Identifier: MIT */
/*
 * What the machine (conn.h) asks of whoever embeds it: sockets (tcp_sock.c), or a unit test. Bound when
 * linking, so that a connection holds no pointer to code and a call costs a call.
 *
 * None of these may free the connection or call back into it, but where said otherwise.
 */
#ifndef SIM_TCP_ENV_H
#define SIM_TCP_ENV_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/task/why.h"

struct sim_packet;
struct sim_tcp_conn;

/* A segment leaves; header and payload stand, addresses and ports are the taker's. Takes it. */
void sim_tcp_env_send(struct sim_tcp_conn *c, struct sim_packet *p);

/* A segment that arrived is of no use (enum sim_drop): for the trace; takes it. */
void sim_tcp_env_drop(struct sim_tcp_conn *c, struct sim_packet *p, unsigned drop);

uint32_t sim_tcp_env_rcvbuf(const struct sim_tcp_conn *c);    /* SO_RCVBUF as Linux holds it */
bool sim_tcp_env_rcvbuf_locked(const struct sim_tcp_conn *c); /* the program chose it: it will not grow */
uint32_t sim_tcp_env_rcvlowat(const struct sim_tcp_conn *c);

/* Bytes came, or the peer's FIN; `fin`: nothing comes any more. */
void sim_tcp_env_readable(struct sim_tcp_conn *c, bool fin);
/* Urgent data is announced: for a signal. Its byte has come. */
void sim_tcp_env_urgent(struct sim_tcp_conn *c);
void sim_tcp_env_readable_urgent(struct sim_tcp_conn *c);
bool sim_tcp_env_oobinline(const struct sim_tcp_conn *c); /* SO_OOBINLINE */
/* Takes the first unread byte off, which nobody reads in the stream: may call sim_tcp_conn_consume(). */
void sim_tcp_env_skip_urgent(struct sim_tcp_conn *c);
/* This many bytes left the send queue: the peer has them. */
void sim_tcp_env_acked(struct sim_tcp_conn *c, uint32_t num_bytes);
/* For the program's next call: the connection dies of this (CLOSED comes next), or only tells (IP_RECVERR).
 */
void sim_tcp_env_error(struct sim_tcp_conn *c, int err, enum sim_why_key key, int64_t since_ns, int64_t arg0,
		       int64_t arg1);

/* How long an orphan may wait in FIN_WAIT_2 (tcp_fin_timeout, TCP_LINGER2); negative: not at all. */
int64_t sim_tcp_env_fin_timeout_ms(const struct sim_tcp_conn *c);

/* May a connection that a listener made become ESTABLISHED? (Its accept queue may be full.) */
bool sim_tcp_env_may_establish(struct sim_tcp_conn *c);
/* The state has changed. On CLOSED the references may go; on TIME_WAIT sim_tcp_conn_inherit_time_wait() may
 * be called. */
void sim_tcp_env_state(struct sim_tcp_conn *c, unsigned old);

#endif
