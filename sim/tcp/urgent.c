/* SPDX-License-Identifier: MIT */
/*
 * Urgent data (RFC 9293 3.8.5, RFC 6093, tcp(7)) as Linux keeps it: of what the pointer marks, one byte is
 * out of band; where the pointer points is the mark.
 *
 * Owns the pointer of what is sent, and of what came the mark and the byte. Must not know the calls that ask
 * for them (tcp_oob.c).
 */
#include "sim/tcp/machine.h"

enum { POINTER_MAX = 0xffff };

/* ---- sending ---- */

void sim_tcp_conn_mark_urgent(struct sim_tcp_conn *c)
{
	struct sim_tcp_extra *x = sim_tcp_extra(c);

	if (!x)
		return; /* no memory: the bytes go as ordinary ones */
	x->snd_up = c->write_seq;
	c->urg_sending = true;
}

/* Every segment before the pointer tells of it: RFC 6093 4. */
void sim_tcp_urgent_stamp(const struct sim_tcp_conn *c, struct sim_tcp_header *h)
{
	uint32_t up = c->extra->snd_up;

	if (!sim_seq_before(h->seq, up))
		return;
	if (up - h->seq <= POINTER_MAX)
		h->urgent = (uint16_t)(up - h->seq);
	else if (sim_seq_after(h->seq + POINTER_MAX, c->snd_nxt))
		h->urgent = POINTER_MAX; /* as far as it can: there is more */
	else
		return;
	h->flags |= SIM_TCP_URG;
}

void sim_tcp_urgent_acked(struct sim_tcp_conn *c)
{
	if (!sim_seq_after(c->extra->snd_up, c->snd_una))
		c->urg_sending = false;
}

/* A closed window takes no byte, but the pointer: Linux's tcp_write_wakeup(). */
bool sim_tcp_urgent_worth_probing(const struct sim_tcp_conn *c)
{
	uint32_t ahead;

	if (!c->urg_sending)
		return false;
	ahead = c->extra->snd_up - c->snd_una;
	return ahead >= 1 && ahead <= POINTER_MAX;
}

/* ---- receiving ---- */

/* Linux's tcp_check_urg(): is this a pointer that is not known yet? */
static void take_pointer(struct sim_tcp_conn *c, const struct sim_tcp_header *h)
{
	struct sim_tcp_extra *x = sim_tcp_extra(c);
	uint32_t at = h->seq + h->urgent, next = sim_tcp_conn_copied_seq(c);

	if (!x)
		return;
	/* RFC 6093 4: by default it points behind the urgent byte; tcp(7), tcp_stdurg: at it. */
	if (h->urgent && !c->common->sysctl->tcp_stdurg)
		at--;
	if (sim_seq_after(next, at) || sim_seq_before(at, c->rcv_nxt))
		return; /* it was read, or was told before */
	if (c->urg_data && !sim_seq_after(at, x->urg_seq))
		return;
	sim_tcp_env_urgent(c);
	/* The reader stands right before an older one, which would have become an ordinary byte. */
	if (c->urg_data && x->urg_seq == next && !sim_tcp_env_oobinline(c) && next != c->rcv_nxt)
		sim_tcp_env_skip_urgent(c);
	c->urg_data = SIM_TCP_URG_NOTYET;
	x->urg_seq = at;
}

void sim_tcp_urgent_input(struct sim_tcp_conn *c, const struct sim_packet *p)
{
	uint32_t off;

	if (p->tcp.flags & SIM_TCP_URG)
		take_pointer(c, &p->tcp);
	if (c->urg_data != SIM_TCP_URG_NOTYET)
		return;
	off = c->extra->urg_seq - p->tcp.seq - !!(p->tcp.flags & SIM_TCP_SYN);
	if (off >= p->payload.len)
		return;
	sim_bytes_read(&p->payload, off, 1, &c->extra->urg_byte);
	c->urg_data = SIM_TCP_URG_VALID;
	sim_tcp_env_readable_urgent(c);
}

void sim_tcp_conn_forget_urgent(struct sim_tcp_conn *c)
{
	c->urg_data = SIM_TCP_URG_NONE;
	c->urg_sending = false;
}

void sim_tcp_conn_passed_urgent(struct sim_tcp_conn *c)
{
	if (sim_seq_after(sim_tcp_conn_copied_seq(c), c->extra->urg_seq))
		c->urg_data = SIM_TCP_URG_NONE;
}
