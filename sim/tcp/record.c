/* SPDX-License-Identifier: MIT */
/*
 * MSG_EOR: send(2) ends a record there, and no segment goes across its end, neither when it is sent nor when
 * it is sent again. The bytes stay one stream; owned here is where records end, until that is acknowledged.
 */
#include "sim/tcp/machine.h"

void sim_tcp_conn_end_record(struct sim_tcp_conn *c, bool more)
{
	uint32_t begin = c->records ? c->extra->records_last->end : c->snd_nxt;
	struct sim_tcp_extra *x = sim_tcp_extra(c);
	struct sim_tcp_record *r = x ? sim_arena_alloc_raw(sim_tcp_arena(c), sizeof *r) : NULL;

	if (!r)
		return; /* no memory: it may be joined with what follows */
	*r = (struct sim_tcp_record){ NULL, c->write_seq, !more || sim_seq_after(c->push_seq, begin) };
	if (c->records)
		x->records_last->next = r;
	else
		x->records = r;
	x->records_last = r;
	c->records = true;
}

uint32_t sim_tcp_to_record_end(const struct sim_tcp_conn *c, uint32_t seq, uint32_t left)
{
	for (const struct sim_tcp_record *r = c->extra->records; r; r = r->next)
		if (sim_seq_after(r->end, seq))
			return r->end - seq < left ? r->end - seq : left;
	return left;
}

bool sim_tcp_record_pushed(const struct sim_tcp_conn *c, uint32_t end, bool otherwise)
{
	for (const struct sim_tcp_record *r = c->extra->records; r; r = r->next)
		if (r->end == end)
			return r->pushed;
	return otherwise;
}

void sim_tcp_records_acked(struct sim_tcp_conn *c, uint32_t upto)
{
	struct sim_tcp_record *r;

	while ((r = c->extra->records) && !sim_seq_after(r->end, upto)) {
		c->extra->records = r->next;
		sim_arena_free(sim_tcp_arena(c), r, sizeof *r);
	}
	c->records = r != NULL;
}
