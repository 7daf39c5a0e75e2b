/* SPDX-License-Identifier: MIT */
/* The capture file: see pcap.h. The format is draft-ietf-opsawg-pcap, in the machine's byte order as it
 * allows. */
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include "api/pcap/pcap.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "api/libc/libc.h"
#include "sim/clock/clock.h"
#include "sim/ip/ip.h"
#include "sim/packet/packet.h"
#include "sim/packet/wire.h"
#include "sim/trace/trace.h"

enum { LINKTYPE_ETHERNET = 1, SNAPLEN = 262144, PCAP_MAJOR = 2, PCAP_MINOR = 4 };

#define MAGIC_NANOSECONDS 0xa1b23c4du

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t reserved[2];
	uint32_t snaplen, linktype;
};

struct record_header {
	uint32_t seconds, nanoseconds;
	uint32_t captured_len, original_len;
};

struct sim_pcap {
	FILE *file;
	struct sim_trace *trace;
	int err; /* the first that happened, negative */
	unsigned char buf[SIM_FRAME_HEADER_BYTES + SIM_WIRE_MAX_BYTES];
};

static void write_or_remember(struct sim_pcap *pcap, const void *data, size_t len)
{
	if (!pcap->err && fwrite(data, 1, len, pcap->file) != len)
		pcap->err = errno ? -errno : -EIO;
}

static void sink(void *ctx, const struct sim_trace_rec *r, const struct sim_packet *p)
{
	struct sim_pcap *pcap = ctx;
	struct record_header h;

	if (r->kind != SIM_TRACE_SEND || !p)
		return;
	h.seconds = (uint32_t)(r->time_ns / SIM_NS_PER_S);
	h.nanoseconds = (uint32_t)(r->time_ns % SIM_NS_PER_S);
	sim_iface_frame(p, pcap->buf);
	h.captured_len = h.original_len =
		SIM_FRAME_HEADER_BYTES +
		(uint32_t)sim_wire_emit(p, pcap->buf + SIM_FRAME_HEADER_BYTES, SIM_WIRE_MAX_BYTES);
	write_or_remember(pcap, &h, sizeof h);
	write_or_remember(pcap, pcap->buf, h.captured_len);
}

int sim_pcap_open(struct sim_pcap **out, struct sim_trace *trace, const char *path)
{
	const struct file_header h = { MAGIC_NANOSECONDS, PCAP_MAJOR, PCAP_MINOR,
				       { 0, 0 },          SNAPLEN,    LINKTYPE_ETHERNET };
	struct sim_pcap *pcap = malloc(sizeof *pcap);
	int err;

	if (!pcap)
		return -ENOMEM;
	pcap->trace = trace;
	pcap->err = 0;
	pcap->file = sim_libc_fopen_high(path, "w");
	if (!pcap->file) {
		err = -errno;
		free(pcap);
		return err;
	}
	write_or_remember(pcap, &h, sizeof h);
	err = sim_trace_attach(trace, sink, pcap);
	if (err) {
		sim_libc_fclose_high(pcap->file);
		free(pcap);
		return err;
	}
	*out = pcap;
	return 0;
}

void sim_pcap_flush(struct sim_pcap *pcap)
{
	if (!pcap || ftrylockfile(pcap->file))
		return;
	if (fflush(pcap->file) && !pcap->err)
		pcap->err = -errno;
	funlockfile(pcap->file);
}

int sim_pcap_close(struct sim_pcap *pcap)
{
	int err;

	if (!pcap)
		return 0;
	sim_trace_detach(pcap->trace, sink, pcap);
	err = pcap->err;
	if (sim_libc_fclose_high(pcap->file) && !err)
		err = -errno;
	free(pcap);
	return err;
}
