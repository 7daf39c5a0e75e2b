/* SPDX-License-Identifier: MIT */
/*
 * Which control messages may be sent, as one table, and what each of TCP and UDP says: cmsg(3), ip(7),
 * ipv6(7), udp(7), RFC 3542, timestamping.rst; lengths, ranges and errnos as Linux 6.18 answers when asked.
 *
 * Must not know how messages follow each other (scm.c), and what a protocol makes of them.
 */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <linux/net_tstamp.h>
#include <netinet/in.h>
#include <string.h>

#include "api/calls/scm.h"
#include "sim/ip/inet.h"

/* Not in every libc's headers. */
enum {
	TYPE_UDP_SEGMENT = 103,
	TYPE_TXTIME = 61,
	TYPE_TIMESTAMPING_OLD = 37,
	TYPE_TIMESTAMPING_NEW = 65,
	TYPE_DEVMEM_DMABUF = 79,
	TYPE_TS_OPT_ID = 81,
	TYPE_IP_PROTOCOL = 52,
	TYPE_FLOWINFO = 11,
};

enum { MAX_PRIORITY_OF_ANYBODY = 6 };

/* struct in_pktinfo and struct in6_pktinfo, which <netinet/in.h> has for _GNU_SOURCE alone. */
enum { PKTINFO_BYTES = 12, PKTINFO6_BYTES = 20 };

static int int_of(const struct sim_scm_message *c)
{
	int v;

	memcpy(&v, c->data, sizeof v);
	return v;
}

/* ---- SOL_SOCKET ---- */

static int read_mark(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	if (g->t->proc->uid) /* CAP_NET_ADMIN or CAP_NET_RAW */
		return -EPERM;
	if (c->len != sizeof(int))
		return -EINVAL;
	scm->send->mark = int_of(c);
	scm->send->has_mark = true;
	return 0;
}

static int read_priority(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	if (c->len != sizeof(int))
		return -EINVAL;
	if (g->t->proc->uid && (unsigned)int_of(c) > MAX_PRIORITY_OF_ANYBODY)
		return -EPERM;
	scm->send->priority = int_of(c);
	scm->send->has_priority = true;
	return 0;
}

static int read_timestamping(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	unsigned flags;

	(void)g;
	if (c->len != sizeof flags)
		return -EINVAL;
	flags = (unsigned)int_of(c);
	if (flags & ~(unsigned)(SOF_TIMESTAMPING_TX_RECORD_MASK | SIM_TIMESTAMPING_TX_COMPLETION))
		return -EINVAL;
	scm->send->tsflags = flags;
	scm->send->has_tsflags = true;
	return 0;
}

static int read_ts_id(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	if (g->sk->kind == SIM_SOCK_TCP || !(g->sk->tsflags & SOF_TIMESTAMPING_OPT_ID) ||
	    c->len != sizeof(int))
		return -EINVAL;
	scm->send->ts_id = (uint32_t)int_of(c);
	scm->send->has_ts_id = true;
	return 0;
}

/* Names memory of a device, of which there is none: only zero, which is none, passes over TCP. */
static int read_dmabuf(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	(void)scm;
	if (c->len != sizeof(int) || (g->sk->kind == SIM_SOCK_TCP && int_of(c)))
		return -EINVAL;
	return 0;
}

/* ---- IPPROTO_IP ---- */

static int read_tos(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	int v;

	(void)g;
	if (c->len == 1)
		v = *c->data;
	else if (c->len == sizeof v)
		v = int_of(c);
	else
		return -EINVAL;
	if (v < 0 || v > 255)
		return -EINVAL;
	scm->send->v4.tos = (int16_t)v;
	return 0;
}

static int read_ttl(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	(void)g;
	if (c->len != sizeof(int) || int_of(c) < 1 || int_of(c) > 255)
		return -EINVAL;
	scm->send->v4.ttl = (int16_t)int_of(c);
	return 0;
}

/* ip(7): a protocol number, which raw sockets alone use. */
static int read_protocol(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	(void)g;
	(void)scm;
	return c->len == sizeof(int) && int_of(c) >= 1 && int_of(c) <= 255 ? 0 : -EINVAL;
}

static void set_pktinfo4(struct sim_scm *scm, uint32_t iface, struct sim_addr src)
{
	scm->send->v4.src = src;
	scm->send->v4.has_src = true;
	if (iface)
		scm->send->v4.iface = iface;
}

static int read_pktinfo(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	uint32_t word[2]; /* ipi_ifindex, ipi_spec_dst; ipi_addr is not looked at */

	(void)g;
	if (c->len != PKTINFO_BYTES)
		return -EINVAL;
	memcpy(word, c->data, sizeof word);
	set_pktinfo4(scm, word[0], sim_addr_v4(ntohl(word[1])));
	return 0;
}

/* Options of IPv4's header are not simulated, but none of them is none. */
static int read_retopts(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	enum { MAX_OPTIONS = 40, END = 0, NOP = 1, FIRST_WITH_LENGTH = 2 };
	size_t len = c->len < MAX_OPTIONS ? c->len : MAX_OPTIONS, at = 0;

	(void)g;
	(void)scm;
	while (at < len && c->data[at] != END) {
		if (c->data[at] == NOP) {
			at++;
			continue;
		}
		if (at + 1 == len || c->data[at + 1] < FIRST_WITH_LENGTH || c->data[at + 1] > len - at)
			return -EINVAL;
		at += c->data[at + 1];
	}
	return len ? -EOPNOTSUPP : 0;
}

/* ---- IPPROTO_IPV6 ---- */

/* To an IPv4 address from an IPv6 socket: ip_cmsg_send(). */
static int read_pktinfo_mapped(const struct sim_scm_message *c, struct sim_scm *scm)
{
	struct sim_addr src;
	uint32_t iface;

	if (c->len < PKTINFO6_BYTES)
		return -EINVAL;
	memcpy(src.b, c->data, sizeof src.b);
	memcpy(&iface, c->data + sizeof src.b, sizeof iface);
	if (!sim_addr_is_v4(src))
		return -EINVAL;
	set_pktinfo4(scm, iface, src);
	return 0;
}

/* ip6_datagram_send_ctl(): the address must be the host's. */
static int read_pktinfo6(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	const struct sim_inet *in = (const struct sim_inet *)g->sk;
	struct sim_addr src;
	uint32_t iface;
	bool is_link_local;

	if (c->len < PKTINFO6_BYTES)
		return -EINVAL;
	memcpy(src.b, c->data, sizeof src.b);
	memcpy(&iface, c->data + sizeof src.b, sizeof iface);
	if (iface && in->sk.bound_if && iface != in->sk.bound_if)
		return -EINVAL;
	is_link_local = src.b[0] == 0xfe && (src.b[1] & 0xc0) == 0x80;
	if (iface && !sim_ip_iface(in->ip, iface))
		return -ENODEV;
	if (!iface && !in->sk.bound_if && is_link_local)
		return -EINVAL;
	if (!sim_addr_is_any(src) && (sim_addr_is_v4(src) || !sim_ip_is_local(in->ip, src)))
		return -EINVAL;
	if (iface)
		scm->send->v6.iface = iface;
	if (!sim_addr_is_any(src)) {
		scm->send->v6.src = src;
		scm->send->v6.has_src = true;
	}
	return 0;
}

static int read_hoplimit(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	(void)g;
	if (c->len != sizeof(int) || int_of(c) < -1 || int_of(c) > 255)
		return -EINVAL;
	scm->send->v6.ttl = (int16_t)int_of(c);
	return 0;
}

static int read_tclass(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	(void)g;
	if (c->len != sizeof(int) || int_of(c) < -1 || int_of(c) > 255)
		return -EINVAL;
	/* RFC 3542 6.5 has -1 for the kernel's default; Linux 6.18 sends all bits set. */
	scm->send->v6.tos = (uint8_t)int_of(c);
	return 0;
}

static int read_dontfrag(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	(void)g;
	if (c->len != sizeof(int) || int_of(c) < 0 || int_of(c) > 1)
		return -EINVAL;
	scm->send->v6.dontfrag = (int8_t)int_of(c);
	return 0;
}

/* FIDELITY: stored: packets carry no flow label. */
static int read_flowinfo(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	(void)g;
	(void)scm;
	return c->len < sizeof(int) ? -EINVAL : 0;
}

/* Extension headers: their length must be true; they are not simulated. */
static int read_extension(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	enum { LEAST = 8 };

	(void)scm;
	if (c->len < LEAST || c->len < ((size_t)c->data[1] + 1) * LEAST)
		return -EINVAL;
	return g->t->proc->uid ? -EPERM : -EOPNOTSUPP;
}

/* Of routing headers Linux 6.18 takes only those of segment routing and of mobility, neither of which is
 * here. */
static int read_routing(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	(void)g;
	(void)c;
	(void)scm;
	return -EINVAL;
}

/* ---- IPPROTO_UDP ---- */

static int read_segment(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	(void)g;
	if (c->len != sizeof scm->send->segment_bytes)
		return -EINVAL;
	memcpy(&scm->send->segment_bytes, c->data, sizeof scm->send->segment_bytes);
	scm->send->has_segment = true;
	return 0;
}

/* ---- the table ---- */

#define NAMED(level, x) level, x, #x

/* clang-format off */
/* The columns: TCP, UDP over IPv4, UDP over IPv6, Unix. */
static const struct sim_scm_kind kinds[] = {
	{ NAMED(SOL_SOCKET, SCM_RIGHTS),	"IIIS", NULL }, /* these two: scm.c */
	{ NAMED(SOL_SOCKET, SCM_CREDENTIALS),	"IIIS", NULL },
	{ NAMED(SOL_SOCKET, SO_MARK),		"SSSE", read_mark },
	{ NAMED(SOL_SOCKET, SO_PRIORITY),	"SSSE", read_priority },
	{ SOL_SOCKET, TYPE_TIMESTAMPING_OLD, "SO_TIMESTAMPING", "SSSE", read_timestamping },
	{ SOL_SOCKET, TYPE_TIMESTAMPING_NEW, "SO_TIMESTAMPING_NEW", "SSSE", read_timestamping },
	{ SOL_SOCKET, TYPE_TXTIME, "SCM_TXTIME", "EEEE", NULL }, /* SO_TXTIME, which it needs, is absent */
	{ SOL_SOCKET, TYPE_DEVMEM_DMABUF, "SCM_DEVMEM_DMABUF", "SSSE", read_dmabuf },
	{ SOL_SOCKET, TYPE_TS_OPT_ID, "SCM_TS_OPT_ID", "ESSE", read_ts_id },
	{ NAMED(IPPROTO_IP, IP_TOS),		"ISII", read_tos },
	{ NAMED(IPPROTO_IP, IP_TTL),		"ISII", read_ttl },
	{ NAMED(IPPROTO_IP, IP_PKTINFO),	"ISII", read_pktinfo },
	{ NAMED(IPPROTO_IP, IP_RETOPTS),	"IAII", read_retopts },
	{ IPPROTO_IP, TYPE_IP_PROTOCOL, "IP_PROTOCOL", "ISII", read_protocol },
	{ NAMED(IPPROTO_IPV6, IPV6_PKTINFO),	"IISI", read_pktinfo6 },
	{ NAMED(IPPROTO_IPV6, IPV6_2292PKTINFO), "IISI", read_pktinfo6 },
	{ NAMED(IPPROTO_IPV6, IPV6_HOPLIMIT),	"IISI", read_hoplimit },
	{ NAMED(IPPROTO_IPV6, IPV6_2292HOPLIMIT), "IISI", read_hoplimit },
	{ NAMED(IPPROTO_IPV6, IPV6_TCLASS),	"IISI", read_tclass },
	{ NAMED(IPPROTO_IPV6, IPV6_DONTFRAG),	"IISI", read_dontfrag },
	{ IPPROTO_IPV6, TYPE_FLOWINFO, "IPV6_FLOWINFO", "IIsI", read_flowinfo },
	{ NAMED(IPPROTO_IPV6, IPV6_HOPOPTS),	"IIAI", read_extension },
	{ NAMED(IPPROTO_IPV6, IPV6_2292HOPOPTS), "IIAI", read_extension },
	{ NAMED(IPPROTO_IPV6, IPV6_RTHDR),	"IIEI", read_routing },
	{ NAMED(IPPROTO_IPV6, IPV6_2292RTHDR),	"IIEI", read_routing },
	{ NAMED(IPPROTO_IPV6, IPV6_RTHDRDSTOPTS), "IIAI", read_extension },
	{ NAMED(IPPROTO_IPV6, IPV6_DSTOPTS),	"IIAI", read_extension },
	{ NAMED(IPPROTO_IPV6, IPV6_2292DSTOPTS), "IIAI", read_extension },
	{ IPPROTO_UDP, TYPE_UDP_SEGMENT, "UDP_SEGMENT", "ISSI", read_segment },
};
/* clang-format on */

/* What each kind of socket does with a type that stands in no row, by level. */
static const struct sim_scm_kind levels[] = {
	{ SOL_SOCKET, 0, NULL, "EEEE", NULL },
	{ IPPROTO_IP, 0, NULL, "IEII", NULL },
	{ IPPROTO_IPV6, 0, NULL, "IIEI", NULL },
	{ IPPROTO_UDP, 0, NULL, "IEEI", NULL },
};

#define NUM(a) (sizeof(a) / sizeof(a)[0])

const struct sim_scm_kind *sim_scm_kind(size_t n)
{
	return n < NUM(kinds) ? &kinds[n] : NULL;
}

const struct sim_scm_kind *sim_scm_kind_of(int level, int type)
{
	static const struct sim_scm_kind others = { 0, 0, NULL, "IIII", NULL };

	for (size_t i = 0; i < NUM(kinds); i++)
		if (kinds[i].level == level && kinds[i].type == type)
			return &kinds[i];
	for (size_t i = 0; i < NUM(levels); i++)
		if (levels[i].level == level)
			return &levels[i];
	return &others;
}

/* Over TCP, and to an IPv4 address. From an IPv6 socket IPV6_PKTINFO counts there too (ip_cmsg_send()). */
int sim_scm_read_v4(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	const struct sim_scm_kind *k = sim_scm_kind_of(c->h.cmsg_level, c->h.cmsg_type);
	char done = k->sent[g->sk->kind == SIM_SOCK_TCP ? SIM_SCM_TCP : SIM_SCM_UDP4];

	if (g->sk->kind == SIM_SOCK_UDP && g->sk->domain == AF_INET6 && k->read == read_pktinfo6 &&
	    k->type == IPV6_PKTINFO)
		return read_pktinfo_mapped(c, scm);
	if (done == SIM_SCM_IGNORED)
		return 0;
	return done == SIM_SCM_REFUSED || !k->read ? -EINVAL : k->read(g, c, scm);
}

int sim_scm_read_v6(struct sim_gate *g, const struct sim_scm_message *c, struct sim_scm *scm)
{
	const struct sim_scm_kind *k = sim_scm_kind_of(c->h.cmsg_level, c->h.cmsg_type);
	char done = k->sent[SIM_SCM_UDP6];

	if (done == SIM_SCM_IGNORED)
		return 0;
	return done == SIM_SCM_REFUSED || !k->read ? -EINVAL : k->read(g, c, scm);
}
