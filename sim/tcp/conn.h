/* SPDX-License-Identifier: MIT */
/*
 * One TCP connection as a machine without input and output of its own (RFC 9293): in go segments, the time
 * and what the program asks; out come segments, readiness and timer requests, through env.h and the world's
 * clock.
 *
 * Owns the connection's state, its send queue, its receive queue and what arrived out of order. Must not know
 * sockets, descriptors, hosts and how a segment reaches the other end.
 */
#ifndef SIM_TCP_CONN_H
#define SIM_TCP_CONN_H

#include <stdbool.h>
#include <stdint.h>

#include "sim/packet/bytes.h"
#include "sim/sock/net.h"
#include "sim/trace/ctx.h"

struct sim_packet;

/* RFC 9293 3.3.2; the numbers are those of tcpi_state (netinet/tcp.h). */
enum sim_tcp_state {
	SIM_TCP_ESTABLISHED = 1,
	SIM_TCP_SYN_SENT,
	SIM_TCP_SYN_RECEIVED,
	SIM_TCP_FIN_WAIT_1,
	SIM_TCP_FIN_WAIT_2,
	SIM_TCP_TIME_WAIT,
	SIM_TCP_CLOSED,
	SIM_TCP_CLOSE_WAIT,
	SIM_TCP_LAST_ACK,
	SIM_TCP_LISTEN,
	SIM_TCP_CLOSING,
	SIM_TCP_NUM_STATES
};

const char *sim_tcp_state_name(unsigned state); /* as ss(8) spells it: "ESTAB", "FIN-WAIT-1", "UNCONN", ... */

/* What the connections of one host share. */
struct sim_tcp_common {
	struct sim_ctx *ctx;
	const struct sim_sysctls *sysctl;
	uint16_t host_id;
};

/* Linux's constants: net/tcp.h as observed on 6.18. */
enum {
	SIM_TCP_RTO_INITIAL_MS = 1000,
	SIM_TCP_RTO_MIN_MS = 200,
	SIM_TCP_RTO_MAX_MS = 120000,
	SIM_TCP_DELACK_MIN_MS = 40,
	SIM_TCP_DELACK_MAX_MS = 200,
	SIM_TCP_TIME_WAIT_MS = 60000,
	SIM_TCP_MAX_QUICKACKS = 16,
	SIM_TCP_MSS_DEFAULT = 536, /* RFC 9293 3.7.1: without the option */
	SIM_TCP_MSS_MIN = 88,
	SIM_TCP_MAX_WSCALE = 14,    /* RFC 7323 2.3 */
	SIM_TCP_TS_LEN = 12,        /* the timestamps option, padded */
	SIM_TCP_SKB_OVERHEAD = 832, /* what a buffer without bytes is charged: struct sk_buff, its head,
				       shared info */
	SIM_TCP_ORPHAN_RETRIES = 8, /* when tcp_orphan_retries is 0 */
};

/* A run of bytes that waits: behind the first one of the receive queue, or out of order. */
struct sim_tcp_run {
	struct sim_tcp_run *next;
	struct sim_bytes bytes;
	uint32_t seq; /* out of order only, and so is fin */
	bool fin;
};

/* What is known of urgent data that comes: Linux's tp->urg_data. */
enum sim_tcp_urg {
	SIM_TCP_URG_NONE,
	SIM_TCP_URG_NOTYET, /* its place is known, the byte has not come */
	SIM_TCP_URG_VALID,
	SIM_TCP_URG_READ, /* out of band; reading has not passed its place */
};

enum sim_tcp_recovery { SIM_TCP_RECOVERY_NONE, SIM_TCP_RECOVERY_FAST, SIM_TCP_RECOVERY_TIMEOUT };

/* Where a record that was sent ends: see record.c. */
struct sim_tcp_record {
	struct sim_tcp_record *next;
	uint32_t end;
	bool pushed; /* some of it was sent without MSG_MORE */
};

/* What few connections need: made when first needed. */
struct sim_tcp_extra {
	struct sim_tcp_run *more, *more_last;          /* the receive queue behind rcvq */
	struct sim_tcp_run *ooo;                       /* by seq, disjoint */
	struct sim_tcp_record *records, *records_last; /* unacknowledged */
	uint32_t recover, rtx_nxt; /* loss recovery up to recover; what is sent again next */
	uint32_t last_oow_ms;      /* when an unacceptable segment was last answered */
	uint8_t num_dupacks;
	uint8_t recovery; /* enum sim_tcp_recovery */
	unsigned char urg_byte;
	uint32_t urg_seq; /* with urg_data: where the urgent byte stands */
	uint32_t snd_up;  /* with urg_sending: behind the last urgent byte, RFC 9293 3.3.1 */
	bool oow_answered;
};

struct sim_tcp_conn {
	struct sim_tcp_common *common;
	struct sim_tcp_extra *extra;    /* NULL until needed */
	uint32_t id;                    /* the socket's, for the trace; in TIME_WAIT the one it came from */
	uint8_t state;                  /* enum sim_tcp_state */
	uint8_t snd_wscale, rcv_wscale; /* RFC 7323 2.2; rcv_wscale is offered in the SYN */
	uint8_t urg_data;               /* enum sim_tcp_urg */
	uint8_t soft_err;               /* what ICMP said: reported instead of ETIMEDOUT */
	/* Sending, RFC 9293 3.3.1. */
	uint32_t iss, snd_una, snd_nxt;
	uint32_t write_seq; /* behind the last byte queued; the FIN comes there */
	uint32_t snd_wnd, snd_wl1, max_window;
	uint32_t push_seq; /* behind the last byte that was not queued by MSG_MORE */
	uint32_t snd_sml;  /* behind the last segment sent that was not full */
	/* A long send asks for a push in its middle, every so many bytes (0: it does not). */
	uint32_t push_from, push_every, push_until;
	uint32_t cursor_off; /* with cursor: where in the queue snd_nxt stands */
	struct sim_slab *cursor, *tail;
	struct sim_bytes sndq; /* snd_una (or iss + 1) up to write_seq */
	/* Receiving. */
	struct sim_bytes rcvq;    /* the first run */
	struct sim_slab *rcv_end; /* where the last run ends: borrowed */
	uint32_t rcv_end_off;
	uint32_t rcv_len;                             /* bytes in order and unread */
	uint32_t rmem_bytes;                          /* the same and what is out of order, by truesize */
	uint32_t rcv_nxt, rcv_wup, rcv_wnd;           /* rcv_wup: rcv_nxt when rcv_wnd was advertised */
	uint32_t ts_recent, ts_recent_ms;             /* RFC 7323 4.3 */
	uint16_t advmss, path_mss, peer_mss, snd_mss; /* snd_mss: payload of a full segment */
	uint16_t user_mss;                            /* TCP_MAXSEG, 0: none */
	/* Acknowledging. */
	uint16_t rcv_mss; /* the peer's segments as observed */
	uint16_t ato_ms;
	uint8_t num_quick;
	uint8_t cc; /* index into sim_tcp_ccs[] */
	uint32_t last_rcv_ms;
	/* Timing, RFC 6298. */
	uint32_t srtt_us, rttvar_us; /* srtt_us 0: no sample yet */
	uint32_t rto_ms;
	uint32_t rtt_seq, rtt_sent_us;
	uint32_t retrans_ms;          /* when the first retransmission of this series went */
	uint8_t num_retries, backoff; /* of retransmissions, or of probes */
	uint8_t num_total_retrans;
	uint8_t syn_retries; /* TCP_SYNCNT, 0: the sysctl */
	bool ts_ok : 1, wscale_ok : 1;
	bool fin_queued : 1, fin_sent : 1, fin_rcvd : 1;
	bool rtt_timing : 1;
	bool nodelay : 1, corked : 1; /* TCP_NODELAY, TCP_CORK */
	bool more : 1;                /* the last send said MSG_MORE */
	bool records : 1;             /* there are ends of records */
	bool urg_sending : 1;         /* urgent data was sent and is not acknowledged */
	bool ack_nomem : 1;           /* what came found no room: say so */
	bool ack_due : 1, ack_now : 1, ack_pushed : 1, ack_pushed2 : 1, pingpong : 1;
	bool passive : 1;         /* made by a listener */
	bool rcv_shut : 1;        /* the program reads no more */
	bool orphan : 1;          /* no program holds it */
	bool tail_held : 1;       /* the send queue is empty and its last slab kept for what comes */
	uint32_t user_timeout_ms; /* TCP_USER_TIMEOUT */
	int64_t window_zero_ns;   /* since when the peer's window has been 0; SIM_NEVER_NS: it is not */
	struct sim_timer timer;   /* retransmission or probe; once nothing is in flight any more, FIN_WAIT_2
				     and TIME_WAIT */
	struct sim_timer delack;
};

/* The ends of a connection as the machine needs to know them. */
struct sim_tcp_path {
	uint16_t mss_bytes; /* the interface's MTU less headers, at most 65,535 less headers */
	uint32_t isn;
};

/* Zeroed memory in, a closed connection out. */
void sim_tcp_conn_init(struct sim_tcp_conn *c, struct sim_tcp_common *common, uint32_t id);
void sim_tcp_conn_fini(struct sim_tcp_conn *c); /* gives back queues and timers, silently */

/* RFC 9293 3.10.1: active open, sends the SYN. */
void sim_tcp_conn_open(struct sim_tcp_conn *c, const struct sim_tcp_path *path);
/* RFC 9293 3.10.7.2: a SYN that a listener got (lent); sends the SYN-ACK. */
void sim_tcp_conn_open_passive(struct sim_tcp_conn *c, const struct sim_tcp_path *path,
			       const struct sim_packet *syn);

/* A segment for this connection: takes it. */
void sim_tcp_conn_input(struct sim_tcp_conn *c, struct sim_packet *p);
/* Would this SYN open a new connection in place of one in TIME_WAIT? (RFC 9293 3.10.7.4, RFC 6191) */
bool sim_tcp_conn_yields(const struct sim_tcp_conn *c, const struct sim_packet *syn);

/* Queues bytes and sends nothing yet: the run that was queued, borrowed. 0, -EFAULT, -ENOMEM. */
int sim_tcp_conn_queue(struct sim_tcp_conn *c, struct sim_iter *it, uint32_t len, struct sim_bytes *run);
/* MSG_EOR: the last byte queued ends a record; `more`: and MSG_MORE. */
void sim_tcp_conn_end_record(struct sim_tcp_conn *c, bool more);
void sim_tcp_conn_push(struct sim_tcp_conn *c, bool more); /* sends what may go; `more`: MSG_MORE */
void sim_tcp_conn_flush(struct sim_tcp_conn *c);    /* an option that held something back has changed */
void sim_tcp_conn_push_all(struct sim_tcp_conn *c); /* a last segment that is not full too: no room is left */

/* The first run to read, NULL if there is none; what was read is taken off. */
static inline const struct sim_bytes *sim_tcp_conn_first(const struct sim_tcp_conn *c)
{
	return c->rcvq.len ? &c->rcvq : NULL;
}
void sim_tcp_conn_consume(struct sim_tcp_conn *c, uint32_t len);
/* A call has read `copied` bytes: acknowledges or tells the new window if that is due. */
void sim_tcp_conn_did_read(struct sim_tcp_conn *c, uint32_t copied);

void sim_tcp_conn_shut_send(struct sim_tcp_conn *c); /* queues the FIN: RFC 9293 3.10.4 */
void sim_tcp_conn_abort(struct sim_tcp_conn *c);     /* RST, then CLOSED: RFC 9293 3.10.5 */
void sim_tcp_conn_drop(struct sim_tcp_conn *c);      /* CLOSED without a word */
void sim_tcp_conn_listen(struct sim_tcp_conn *c);    /* CLOSED becomes LISTEN: the rest is the embedder's */
void sim_tcp_conn_discard(struct sim_tcp_conn *c);   /* throws away what was received and not read */
void sim_tcp_conn_icmp(struct sim_tcp_conn *c, int err, int code, bool tell); /* a network's complaint */
void sim_tcp_conn_orphan(struct sim_tcp_conn *c);                 /* no program holds it any more */
void sim_tcp_conn_mtu(struct sim_tcp_conn *c, uint16_t path_mss); /* ICMP: the path is narrower; sends again
								   */
void sim_tcp_conn_narrow(struct sim_tcp_conn *c, uint16_t path_mss); /* the route is: for what comes */
/* Takes over the TIME_WAIT of `from`, whose program still holds its socket: that one is CLOSED. */
void sim_tcp_conn_inherit_time_wait(struct sim_tcp_conn *c, struct sim_tcp_conn *from);
void sim_tcp_conn_ack_now(struct sim_tcp_conn *c); /* sends an ACK if one is due */

/*
 * Nothing will come of its retransmission timer by itself: it is not set, or it probes a closed window and a
 * probe sent since then was answered with the window closed as before.
 */
bool sim_tcp_conn_is_stuck(const struct sim_tcp_conn *c, int64_t since_ns);

/* The sequence number of the first byte that was not read. */
static inline uint32_t sim_tcp_conn_copied_seq(const struct sim_tcp_conn *c)
{
	return c->rcv_nxt - c->fin_rcvd - c->rcv_len;
}

/* Urgent data: RFC 9293 3.8.5, see urgent.c. */
void sim_tcp_conn_mark_urgent(struct sim_tcp_conn *c);   /* the last byte queued is urgent */
void sim_tcp_conn_passed_urgent(struct sim_tcp_conn *c); /* bytes were read while urg_data is set */
void sim_tcp_conn_forget_urgent(struct sim_tcp_conn *c);

uint32_t sim_tcp_conn_mss(const struct sim_tcp_conn *c);        /* payload of a full segment at this moment */
uint32_t sim_tcp_conn_rcv_window(const struct sim_tcp_conn *c); /* what is left of the advertised one */

static inline uint32_t sim_tcp_conn_unacked(const struct sim_tcp_conn *c)
{
	return c->sndq.len;
}

static inline uint32_t sim_tcp_conn_in_flight(const struct sim_tcp_conn *c)
{
	return c->snd_nxt - c->snd_una;
}

/* What the timers do; whoever embeds the connection calls these. */
void sim_tcp_conn_on_timer(struct sim_tcp_conn *c);
void sim_tcp_conn_on_delack(struct sim_tcp_conn *c);
void sim_tcp_conn_on_lifetime(struct sim_tcp_conn *c);

#endif
