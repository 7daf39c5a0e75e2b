/* SPDX-License-Identifier: MIT */
/* The ring of records, the sinks, the running hash: see trace.h. */
#include "sim/trace/trace.h"

#include <errno.h>
#include <string.h>

#include "sim/base/arena.h"
#include "sim/base/assert.h"
#include "sim/base/random.h"
#include "sim/clock/clock.h"

static const char *const drop_names[SIM_DROP_NUM] = {
	[SIM_DROP_NONE] = "none",
	[SIM_DROP_LOSS] = "lost on the wire",
	[SIM_DROP_QUEUE_FULL] = "queue full",
	[SIM_DROP_NO_ROUTE] = "no route",
	[SIM_DROP_NO_HOST] = "no such host",
	[SIM_DROP_NO_SOCKET] = "no socket",
	[SIM_DROP_RCVBUF] = "receive buffer full",
	[SIM_DROP_CHECKSUM] = "bad checksum",
	[SIM_DROP_MALFORMED] = "malformed",
	[SIM_DROP_TTL] = "time to live exceeded",
	[SIM_DROP_BACKLOG] = "listen queue full",
	[SIM_DROP_SEQUENCE] = "sequence not acceptable",
	[SIM_DROP_REASSEMBLY] = "fragments incomplete",
	[SIM_DROP_TOO_BIG] = "larger than the MTU",
	[SIM_DROP_NO_MEMORY] = "out of memory",
	[SIM_DROP_FIREWALL] = "firewall",
	[SIM_DROP_LINK_DOWN] = "link down",
	[SIM_DROP_LINK_ADDRESS] = "nobody has the link-layer address",
};

const char *sim_drop_name(enum sim_drop d)
{
	return (unsigned)d < SIM_DROP_NUM ? drop_names[d] : "unknown";
}

int sim_trace_init(struct sim_trace *t, struct sim_arena *a, const struct sim_clock *clock,
		   uint32_t num_records)
{
	SIM_ASSERT(num_records && !(num_records & (num_records - 1)));
	memset(t, 0, sizeof *t);
	t->clock = clock;
	t->ring_mask = num_records - 1;
	t->ring = sim_arena_alloc_raw(a, num_records * sizeof *t->ring);
	return t->ring ? 0 : -ENOMEM;
}

void sim_trace_fini(struct sim_trace *t, struct sim_arena *a)
{
	sim_arena_free(a, t->ring, (t->ring_mask + (size_t)1) * sizeof *t->ring);
	t->ring = NULL;
}

int sim_trace_attach(struct sim_trace *t, sim_trace_sink_fn *fn, void *ctx)
{
	if (t->num_sinks == SIM_TRACE_MAX_SINKS)
		return -ENOSPC;
	t->sinks[t->num_sinks].fn = fn;
	t->sinks[t->num_sinks++].ctx = ctx;
	return 0;
}

void sim_trace_detach(struct sim_trace *t, sim_trace_sink_fn *fn, void *ctx)
{
	for (uint32_t i = 0; i < t->num_sinks; i++) {
		if (t->sinks[i].fn != fn || t->sinks[i].ctx != ctx)
			continue;
		t->num_sinks--;
		memmove(&t->sinks[i], &t->sinks[i + 1], (t->num_sinks - i) * sizeof t->sinks[0]);
		return;
	}
}

void sim_trace_hash_start(struct sim_trace *t)
{
	t->hashing = t->want_digest = true;
	t->hash = 0x452821e638d01377u;
}

static void hash_record(struct sim_trace *t, const struct sim_trace_rec *r)
{
	uint64_t h = t->hash, head = (uint64_t)r->kind | (uint64_t)r->host << 16 | (uint64_t)r->obj << 32;
	uint64_t arg3 = r->kind == SIM_TRACE_CALL ? 0 : r->arg[3];

	h = sim_mix(h ^ (uint64_t)r->time_ns, head ^ 0x9e3779b97f4a7c15u);
	h = sim_mix(h ^ r->arg[0], r->arg[1] ^ 0xc2b2ae3d27d4eb4fu);
	h = sim_mix(h ^ r->arg[2], arg3 ^ 0xc2b2ae3d27d4eb4fu);
	h = sim_mix(h ^ r->arg[4], r->arg[5] ^ 0xc2b2ae3d27d4eb4fu);
	t->hash = h;
}

void sim_trace_tell(struct sim_trace *t, const struct sim_trace_rec *r, const struct sim_packet *p)
{
	if (t->hashing)
		hash_record(t, r);
	for (uint32_t i = 0; i < t->num_sinks; i++)
		t->sinks[i].fn(t->sinks[i].ctx, r, p);
}

void sim_trace_write(struct sim_trace *t, enum sim_trace_kind kind, uint16_t host, uint32_t obj,
		     uint64_t arg0, uint64_t arg1)
{
	struct sim_trace_rec *r = sim_trace_open(t, t->clock->now_ns, kind, host, obj);

	memset(r->arg, 0, sizeof r->arg);
	r->arg[0] = arg0;
	r->arg[1] = arg1;
	sim_trace_commit(t, r, NULL);
}

const struct sim_trace_rec *sim_trace_get(const struct sim_trace *t, uint64_t n)
{
	if (n >= t->num_written || t->num_written - n > t->ring_mask)
		return NULL;
	return &t->ring[n & t->ring_mask];
}
