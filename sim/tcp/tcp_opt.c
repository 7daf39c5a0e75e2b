/* SPDX-License-Identifier: MIT */
/*
 * IPPROTO_TCP options: tcp(7), and for bounds the running kernel. One table, from which the documentation is
 * made too.
 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>

#include "sim/base/str.h"
#include "sim/base/uaccess.h"
#include "sim/sock/option.h"
#include "sim/tcp/sock.h"

enum {
	KEEPIDLE_DEFAULT_S = 7200,
	KEEPINTVL_DEFAULT_S = 75,
	KEEPCNT_DEFAULT = 9,
	KEEP_MAX_S = 32767,
	MSS_MAX = 32767,
	SYNCNT_MAX = 127,
	LINGER2_MAX_S = 120,
	RTO_MAX_S = 120,
	DEFER_ACCEPT_MAX = 255, /* SYN-ACKs */
	CONGESTION_NAME_BYTES = 16,
};

/* The names that may be chosen: FIDELITY: stored: none of them acts (cc.h). The first is the default. */
static const char *const congestion_names[] = { "cubic", "reno" };
enum { NUM_CONGESTION_NAMES = sizeof congestion_names / sizeof congestion_names[0] };

static struct sim_tcp_opts *opts_make(struct sim_tcp_sock *ts)
{
	if (!ts->opts)
		ts->opts = sim_arena_alloc(sim_sock_arena(&ts->in.sk), sizeof *ts->opts);
	return ts->opts;
}

/* ---- options that are numbers; set gives 0 or -errno ---- */

#define OPT_FIELD(field, initial)                                                 \
	static int get_##field(struct sim_tcp_sock *ts)                           \
	{                                                                         \
		return ts->opts && ts->opts->field ? ts->opts->field : (initial); \
	}                                                                         \
	static int store_##field(struct sim_tcp_sock *ts, int val)                \
	{                                                                         \
		struct sim_tcp_opts *o = opts_make(ts);                           \
                                                                                  \
		if (!o)                                                           \
			return -ENOMEM;                                           \
		o->field = val;                                                   \
		return 0;                                                         \
	}

OPT_FIELD(keepidle_s, KEEPIDLE_DEFAULT_S)
OPT_FIELD(keepintvl_s, KEEPINTVL_DEFAULT_S)
OPT_FIELD(keepcnt, KEEPCNT_DEFAULT)
OPT_FIELD(linger2_s, ts->in.sk.net->sysctl.tcp_fin_timeout)
OPT_FIELD(defer_accept_s, 0)
OPT_FIELD(notsent_lowat_bytes, 0)

static int get_nodelay(struct sim_tcp_sock *ts)
{
	return ts->conn.nodelay;
}

/* tcp(7): what waits goes at once. */
static int set_nodelay(struct sim_tcp_sock *ts, int val)
{
	ts->conn.nodelay = val != 0;
	if (val)
		sim_tcp_conn_flush(&ts->conn);
	return 0;
}

static int get_cork(struct sim_tcp_sock *ts)
{
	return ts->conn.corked;
}

static int set_cork(struct sim_tcp_sock *ts, int val)
{
	ts->conn.corked = val != 0;
	if (!val)
		sim_tcp_conn_flush(&ts->conn);
	return 0;
}

static int set_keepidle(struct sim_tcp_sock *ts, int val)
{
	return val < 1 || val > KEEP_MAX_S ? -EINVAL : store_keepidle_s(ts, val);
}

static int set_keepintvl(struct sim_tcp_sock *ts, int val)
{
	return val < 1 || val > KEEP_MAX_S ? -EINVAL : store_keepintvl_s(ts, val);
}

static int set_keepcnt(struct sim_tcp_sock *ts, int val)
{
	return val < 1 || val > 127 ? -EINVAL : store_keepcnt(ts, val);
}

static int set_linger2(struct sim_tcp_sock *ts, int val)
{
	return store_linger2_s(ts, val < 0 ? -1 : val > LINGER2_MAX_S ? LINGER2_MAX_S : val);
}

/* tcp(7): seconds, which the kernel keeps as a number of SYN-ACKs and gives back rounded up. */
static int set_defer_accept(struct sim_tcp_sock *ts, int val)
{
	int sum = 0, step = 1;

	for (int i = 0; i < DEFER_ACCEPT_MAX && sum < val; i++) {
		sum += step;
		step = 2 * step < RTO_MAX_S ? 2 * step : RTO_MAX_S;
	}
	return store_defer_accept_s(ts, sum);
}

static int get_maxseg(struct sim_tcp_sock *ts)
{
	const struct sim_tcp_conn *c = &ts->conn;

	if (sim_tcp_in_states(ts, 1u << SIM_TCP_CLOSED | 1u << SIM_TCP_LISTEN))
		return c->user_mss ? c->user_mss : SIM_TCP_MSS_DEFAULT;
	return (int)sim_tcp_conn_mss(c);
}

static int set_maxseg(struct sim_tcp_sock *ts, int val)
{
	if (val && (val < SIM_TCP_MSS_MIN || val > MSS_MAX))
		return -EINVAL;
	ts->conn.user_mss = (uint16_t)val;
	return 0;
}

static int get_syncnt(struct sim_tcp_sock *ts)
{
	return ts->conn.syn_retries ? ts->conn.syn_retries : ts->in.sk.net->sysctl.tcp_syn_retries;
}

static int set_syncnt(struct sim_tcp_sock *ts, int val)
{
	if (val < 1 || val > SYNCNT_MAX)
		return -EINVAL;
	ts->conn.syn_retries = (uint8_t)val;
	return 0;
}

static int get_user_timeout(struct sim_tcp_sock *ts)
{
	return (int)ts->conn.user_timeout_ms;
}

static int set_user_timeout(struct sim_tcp_sock *ts, int val)
{
	if (val < 0)
		return -EINVAL;
	ts->conn.user_timeout_ms = (uint32_t)val;
	return 0;
}

/* A send buffer that is held back by it may have room now. */
static int set_notsent_lowat(struct sim_tcp_sock *ts, int val)
{
	int err = store_notsent_lowat_bytes(ts, val);

	if (!err)
		sim_tcp_check_space(ts);
	return err;
}

static int get_quickack(struct sim_tcp_sock *ts)
{
	return !ts->conn.pingpong;
}

/* tcp(7): not permanent. */
static int set_quickack(struct sim_tcp_sock *ts, int val)
{
	ts->conn.pingpong = !val;
	if (val && sim_tcp_in_states(ts, 1u << SIM_TCP_ESTABLISHED | 1u << SIM_TCP_CLOSE_WAIT))
		sim_tcp_conn_ack_now(&ts->conn);
	return 0;
}

struct int_option {
	int name;
	const char *text;
	enum sim_fidelity fidelity;
	int (*get)(struct sim_tcp_sock *ts);
	int (*set)(struct sim_tcp_sock *ts, int val);
};

/* clang-format off */
static const struct int_option int_options[] = {
	{ TCP_NODELAY, "TCP_NODELAY", SIM_FIDELITY_SIMULATED, get_nodelay, set_nodelay },
	{ TCP_CORK, "TCP_CORK", SIM_FIDELITY_SIMULATED, get_cork, set_cork },
	{ TCP_MAXSEG, "TCP_MAXSEG", SIM_FIDELITY_SIMULATED, get_maxseg, set_maxseg },
	{ TCP_KEEPIDLE, "TCP_KEEPIDLE", SIM_FIDELITY_STORED, get_keepidle_s, set_keepidle },
	{ TCP_KEEPINTVL, "TCP_KEEPINTVL", SIM_FIDELITY_STORED, get_keepintvl_s, set_keepintvl },
	{ TCP_KEEPCNT, "TCP_KEEPCNT", SIM_FIDELITY_STORED, get_keepcnt, set_keepcnt },
	{ TCP_SYNCNT, "TCP_SYNCNT", SIM_FIDELITY_SIMULATED, get_syncnt, set_syncnt },
	{ TCP_LINGER2, "TCP_LINGER2", SIM_FIDELITY_SIMULATED, get_linger2_s, set_linger2 },
	{ TCP_DEFER_ACCEPT, "TCP_DEFER_ACCEPT", SIM_FIDELITY_STORED, get_defer_accept_s, set_defer_accept },
	{ TCP_NOTSENT_LOWAT, "TCP_NOTSENT_LOWAT", SIM_FIDELITY_SIMULATED, get_notsent_lowat_bytes,
	  set_notsent_lowat },
	{ TCP_QUICKACK, "TCP_QUICKACK", SIM_FIDELITY_SIMULATED, get_quickack, set_quickack },
	{ TCP_USER_TIMEOUT, "TCP_USER_TIMEOUT", SIM_FIDELITY_SIMULATED, get_user_timeout, set_user_timeout },
};

static const struct sim_option_doc other_options[] = {
	{ IPPROTO_TCP, TCP_INFO, "TCP_INFO", SIM_FIDELITY_SIMULATED },
	{ IPPROTO_TCP, TCP_CONGESTION, "TCP_CONGESTION", SIM_FIDELITY_STORED },
};
/* clang-format on */

enum {
	NUM_INT_OPTIONS = sizeof int_options / sizeof int_options[0],
	NUM_OTHER_OPTIONS = sizeof other_options / sizeof other_options[0],
};

bool sim_tcp_option_doc(size_t n, struct sim_option_doc *doc)
{
	if (n < NUM_INT_OPTIONS) {
		const struct int_option *o = &int_options[n];

		*doc = (struct sim_option_doc){ IPPROTO_TCP, o->name, o->text, o->fidelity };
		return true;
	}
	if (n - NUM_INT_OPTIONS >= NUM_OTHER_OPTIONS)
		return false;
	*doc = other_options[n - NUM_INT_OPTIONS];
	return true;
}

static const struct int_option *find_int(int name)
{
	for (unsigned i = 0; i < NUM_INT_OPTIONS; i++)
		if (int_options[i].name == name)
			return &int_options[i];
	return NULL;
}

/* ---- those with a structure of their own ---- */

static int set_congestion(struct sim_tcp_sock *ts, const void *val, socklen_t len)
{
	char name[CONGESTION_NAME_BYTES] = { 0 };
	struct sim_tcp_opts *o;

	if (len < 1)
		return -EINVAL;
	if (sim_copy_from_user(name, val, len < sizeof name - 1 ? len : sizeof name - 1))
		return -EFAULT;
	for (unsigned i = 0; i < NUM_CONGESTION_NAMES; i++) {
		if (strcmp(name, congestion_names[i]) != 0)
			continue;
		o = opts_make(ts);
		if (!o)
			return -ENOMEM;
		o->congestion = (uint8_t)i;
		return 0;
	}
	return -ENOENT;
}

static socklen_t get_congestion(struct sim_tcp_sock *ts, void *val, socklen_t len)
{
	char name[CONGESTION_NAME_BYTES] = { 0 };
	const char *now = congestion_names[ts->opts ? ts->opts->congestion : 0];

	sim_str_copy(name, sizeof name, now);
	len = len < sizeof name ? len : sizeof name;
	memcpy(val, name, len);
	return len;
}

/*
 * FIDELITY: simulated as far as <netinet/tcp.h> declares the structure; fields of what is not simulated
 * (SACK, congestion control, reordering) have the values of an idle Linux connection.
 */
static socklen_t get_info(struct sim_tcp_sock *ts, void *val, socklen_t len)
{
	const struct sim_tcp_conn *c = &ts->conn;
	uint32_t now_ms = (uint32_t)(sim_now(ts->in.sk.net->ctx) / SIM_NS_PER_MS), mss;
	struct tcp_info info;

	memset(&info, 0, sizeof info);
	info.tcpi_state = c->state;
	if (c->state == SIM_TCP_LISTEN) {
		info.tcpi_unacked = ts->listener->num_ready;
		info.tcpi_sacked = ts->listener->backlog;
	} else {
		mss = sim_tcp_conn_mss(c) ? sim_tcp_conn_mss(c) : SIM_TCP_MSS_DEFAULT;
		info.tcpi_ca_state = c->extra && c->extra->recovery
					     ? (c->extra->recovery == SIM_TCP_RECOVERY_FAST ? 3 : 4)
					     : 0;
		info.tcpi_retransmits = c->num_retries;
		info.tcpi_backoff = c->backoff;
		info.tcpi_options = (uint8_t)((c->ts_ok ? TCPI_OPT_TIMESTAMPS : 0) |
					      (c->wscale_ok ? TCPI_OPT_WSCALE : 0));
		info.tcpi_snd_wscale = c->snd_wscale;
		info.tcpi_rcv_wscale = c->rcv_wscale;
		info.tcpi_rto = c->rto_ms * 1000;
		info.tcpi_ato = c->ato_ms * 1000u;
		info.tcpi_snd_mss = mss;
		info.tcpi_rcv_mss = c->rcv_mss;
		info.tcpi_unacked = (sim_tcp_conn_in_flight(c) + mss - 1) / mss;
		info.tcpi_last_data_recv = c->ato_ms ? now_ms - c->last_rcv_ms : 0;
		info.tcpi_pmtu = ts->in.route.mtu_bytes < 65535 ? ts->in.route.mtu_bytes : 65535;
		info.tcpi_rcv_ssthresh = c->rcv_wnd;
		info.tcpi_rtt = c->srtt_us;
		info.tcpi_rttvar = c->rttvar_us;
		info.tcpi_snd_ssthresh = INT32_MAX;
		info.tcpi_snd_cwnd = 10;
		info.tcpi_advmss = c->advmss - (c->ts_ok ? (uint32_t)SIM_TCP_TS_LEN : 0);
		info.tcpi_reordering = 3;
		info.tcpi_rcv_space = (uint32_t)ts->in.sk.rcvbuf_bytes / 2;
		info.tcpi_total_retrans = c->num_total_retrans;
	}
	len = len < sizeof info ? len : sizeof info;
	memcpy(val, &info, len);
	return len;
}

/* ---- the calls ---- */

static int failed(struct sim_sock *sk, struct sim_task *t, int err, int level, int name)
{
	enum sim_why_key key = err == -ENOPROTOOPT ? SIM_WHY_NO_OPTION
			       : err == -EFAULT    ? SIM_WHY_BAD_POINTER
						   : SIM_WHY_BAD_ARGUMENT;

	return err ? sim_sock_fail(sk, t, -err, key, SIM_NEVER_NS, level, name, 0, 0) : 0;
}

int sim_tcp_sock_setopt(struct sim_sock *sk, struct sim_task *t, int level, int name, const void *val,
			socklen_t len)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	const struct int_option *o;
	int v;

	if (level != IPPROTO_TCP)
		return sim_inet_setopt(sk, t, level, name, val, len);
	if (name == TCP_CONGESTION)
		return failed(sk, t, set_congestion(ts, val, len), level, name);
	if (len < sizeof v)
		return failed(sk, t, -EINVAL, level, name);
	if (sim_copy_from_user(&v, val, sizeof v))
		return failed(sk, t, -EFAULT, level, name);
	o = find_int(name);
	if (!o)
		return failed(sk, t, -ENOPROTOOPT, level, name);
	return failed(sk, t, o->set(ts, v), level, name);
}

int sim_tcp_sock_getopt(struct sim_sock *sk, struct sim_task *t, int level, int name, void *val,
			socklen_t *len)
{
	struct sim_tcp_sock *ts = sim_tcp_sock_of(sk);
	const struct int_option *o;
	int v;

	if (level != IPPROTO_TCP)
		return sim_inet_getopt(sk, t, level, name, val, len);
	if (name == TCP_INFO) {
		*len = get_info(ts, val, *len);
		return 0;
	}
	if (name == TCP_CONGESTION) {
		*len = get_congestion(ts, val, *len);
		return 0;
	}
	o = find_int(name);
	if (!o)
		return failed(sk, t, -ENOPROTOOPT, level, name);
	v = o->get(ts);
	*len = *len < sizeof v ? *len : sizeof v;
	memcpy(val, &v, *len);
	return 0;
}
